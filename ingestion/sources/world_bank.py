"""The World Bank's Indicators API v2: data, the country list, and the database archives.

An answer is a JSON array of a header and rows, and errors come as HTTP 200 with a message in
place of the header. Bodies are typed strictly: a field that is new or missing, and a value
that is no number, are errors that name their place.
https://datahelpdesk.worldbank.org/knowledgebase/articles/898581
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

import duckdb
import msgspec
import pyarrow as pa

from ingestion.catalog import Dataset, Part
from ingestion.errors import Absent, PayloadRejected, SeriesWithdrawn
from ingestion.http import Body, Client
from ingestion.sources import Fetched, Mark, Probe, json_body
from ingestion.sources.json_body import INGEST_LATER, year
from ingestion.sources.typed import LOOK_AT_PUBLISHER, Cell, table

T = TypeVar("T")

ROWS_PER_PAGE = 20000
ENTRIES_PER_PAGE = 400
# The documentation allows 60 indicators and 1,500 characters between two slashes.
INDICATORS_PER_CALL = 60
# 120: the id is unknown; 175: it was deleted or moved to the archives.
GONE = ("120", "175")
# An edition that lists a series but lost its figures holds fewer; the frozen rate has 444.
FEWEST_ARCHIVED_VALUES = 100

# The country list and the archives send some of their numbers as text.
Count = Annotated[int, msgspec.Meta(ge=0)] | Annotated[str, msgspec.Meta(pattern="^[0-9]{1,9}$")]


class Header(msgspec.Struct):
    """Element 0 of an answer; ``lastupdated`` only where figures are asked for."""

    page: Count
    pages: Count
    total: Count
    lastupdated: str | None = None


class Named(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """An id with its name."""

    id: str
    value: str


class Observation(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One cell: economy by year."""

    indicator: Named
    country: Named
    countryiso3code: str
    date: str
    value: float | None
    unit: str
    obs_status: str
    decimal: int


class Group(msgspec.Struct, forbid_unknown_fields=True):
    """A region, income level or lending type of an economy."""

    id: str
    iso2code: str
    value: str


class Economy(msgspec.Struct, forbid_unknown_fields=True):
    """One entry of the country list: an economy or an aggregate."""

    id: str
    iso2Code: str  # noqa: N815 (the publisher's spelling)
    name: str
    region: Group
    adminregion: Group
    incomeLevel: Group  # noqa: N815
    lendingType: Group  # noqa: N815
    capitalCity: str  # noqa: N815
    longitude: str
    latitude: str


class Coordinate(msgspec.Struct, forbid_unknown_fields=True):
    """One dimension value of an archived cell."""

    concept: str
    id: str
    value: str


class ArchivedCell(msgspec.Struct, forbid_unknown_fields=True):
    """One archived cell: series by country by time by version."""

    variable: list[Coordinate]
    value: float | None


class Variable(msgspec.Struct):
    """One value of a concept, e.g. an edition."""

    id: str
    value: str


class Concept(msgspec.Struct):
    """A dimension of the archives with its values."""

    id: str
    variable: list[Variable]


class ArchiveSource(msgspec.Struct):
    """The archives' own envelope; ``data`` in data calls, ``concept`` in catalogue calls."""

    data: list[ArchivedCell] = msgspec.field(default_factory=list)
    concept: list[Concept] = msgspec.field(default_factory=list)


class ArchivePage(msgspec.Struct):
    """An answer of the archives: an object, and not an array as everywhere else."""

    page: Count
    pages: Count
    total: Count
    source: ArchiveSource | list[ArchiveSource]

    @property
    def sources(self) -> list[ArchiveSource]:
        """The envelopes, however they are wrapped."""
        return self.source if isinstance(self.source, list) else [self.source]


class Message(msgspec.Struct):
    """Why the publisher refused."""

    id: str
    value: str


class Refusal(msgspec.Struct):
    """An error body; it comes as HTTP 200."""

    message: list[Message]


HEADER_ONLY = msgspec.json.Decoder(tuple[Header, msgspec.Raw])
OBSERVATIONS = msgspec.json.Decoder(tuple[Header, list[Observation] | None])
ECONOMIES = msgspec.json.Decoder(tuple[Header, list[Economy] | None])
ARCHIVE = msgspec.json.Decoder(ArchivePage)
REFUSAL = msgspec.json.Decoder(tuple[Refusal])


class Indicators:
    """``/v2/country/all/indicator/{id}``: one indicator, every economy and aggregate, every year."""

    def probe(self, client: Client, dataset: Dataset, known: Mapping[str, Mark]) -> Probe:
        """One question for all known indicators; one for each only if that answer is not plain.

        The header's ``lastupdated`` is the only mark of an edition the publisher sets.
        """
        versions = {part: mark.version for part, mark in known.items() if mark.version}
        if not versions:
            return Probe(None, frozenset())
        newest = max(versions.values())
        ids = tuple(versions)
        calls = [ids[start : start + INDICATORS_PER_CALL] for start in range(0, len(ids), INDICATORS_PER_CALL)]
        editions = {self._edition(client, dataset, call) for call in calls}
        if editions == {newest}:
            return Probe(newest, frozenset(versions))
        now = {part: self._edition(client, dataset, (part,)) for part in versions}
        unchanged = frozenset(part for part, version in versions.items() if now[part] == version)
        return Probe(max((edition for edition in now.values() if edition), default=None), unchanged)

    def _edition(self, client: Client, dataset: Dataset, parts: tuple[str, ...]) -> str | None:
        """The ``lastupdated`` of an answer with these indicators; None if the publisher refuses the call.

        None too where a local origin has no recording (any more) of one of them.
        """
        asked: dict[str, str | int] = {"format": "json", "per_page": 1}
        if len(parts) > 1:
            asked["source"] = dataset.parameters["source"]
        where = f"{dataset.id}, probe"
        try:
            body = client.ask(f"{dataset.endpoint}/{';'.join(parts)}?{urlencode(asked)}", where)
        except Absent:
            return None
        try:
            header, _ = _decode(body, HEADER_ONLY, where)
        except (SeriesWithdrawn, PayloadRejected):
            # Not an answer to pass over: the caller then asks for each part, or loads it and judges in full.
            return None
        return header.lastupdated

    def fetch(self, client: Client, dataset: Dataset, part: Part, fetched: Fetched) -> None:
        """Every page of one indicator."""

        def url_of(page: int) -> str:
            asked = {"format": "json", "per_page": ROWS_PER_PAGE, "page": page}
            return f"{dataset.endpoint}/{part.id}?{urlencode(asked)}"

        def header_of(body: bytes, where: str) -> Header:
            header, rows = _decode(body, HEADER_ONLY, where)
            if bytes(rows).strip() in (b"null", b"[]"):
                raise PayloadRejected("the answer holds no rows", where, LOOK_AT_PUBLISHER)
            if header.lastupdated is None:
                raise PayloadRejected("the header does not say lastupdated", where, LOOK_AT_PUBLISHER)
            if fetched.version not in (None, header.lastupdated):
                what = f"the edition changed between pages, from {fetched.version} to {header.lastupdated}"
                raise PayloadRejected(what, where, INGEST_LATER)
            fetched.version = fetched.edition = header.lastupdated
            return header

        _fetch_pages(client, url_of, header_of, f"{dataset.id}/{part.id}", fetched)

    def read(
        self, _connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, bodies: list[Body]
    ) -> pa.Table:
        """Rows in the order sent; ``date`` becomes the year."""
        place = f"{dataset.id}/{part.id}"
        rows = _announced(bodies, OBSERVATIONS, "rows", place)
        strangers = sorted({row.indicator.id for row in rows} - {part.id})
        if strangers:
            raise PayloadRejected(f"rows of {', '.join(strangers)} came instead", place, "ingest again with --force")
        columns: dict[str, Sequence[Cell]] = {
            "indicator_id": [row.indicator.id for row in rows],
            "indicator_name": [row.indicator.value for row in rows],
            "country_id": [row.country.id for row in rows],
            "countryiso3code": [row.countryiso3code for row in rows],
            "year": [year(row.date, row.country.value, place) for row in rows],
            "value": [row.value for row in rows],
            "unit": [row.unit for row in rows],
            "obs_status": [row.obs_status for row in rows],
            "decimal": [row.decimal for row in rows],
        }
        return table(dataset, columns, place)


class CountryList:
    """``/v2/country``: economies and aggregates. It has no edition mark, so its content is its version."""

    def probe(self, client: Client, dataset: Dataset, known: Mapping[str, Mark]) -> Probe:
        """The list itself: it is one small page, and nothing smaller tells whether it changed."""
        if not known:
            return Probe(None, frozenset())
        version = _digest([client.ask(self._url(dataset, 1), f"{dataset.id}, probe")])
        return Probe(version, frozenset(part for part, mark in known.items() if mark.version == version))

    def fetch(self, client: Client, dataset: Dataset, part: Part, fetched: Fetched) -> None:
        """Every page of the list."""

        def header_of(body: bytes, where: str) -> Header:
            header, _ = _decode(body, HEADER_ONLY, where)
            return header

        _fetch_pages(client, lambda page: self._url(dataset, page), header_of, f"{dataset.id}/{part.id}", fetched)
        fetched.version = fetched.edition = _digest([answer.content() for answer in fetched.answers])

    def read(
        self, _connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, bodies: list[Body]
    ) -> pa.Table:
        """One row per entry, in the order sent."""
        place = f"{dataset.id}/{part.id}"
        entries = _announced(bodies, ECONOMIES, "entries", place)
        columns: dict[str, Sequence[Cell]] = {
            "id": [entry.id for entry in entries],
            "iso2_code": [entry.iso2Code for entry in entries],
            # Two region names end in a space on the wire.
            "name": [entry.name.strip() for entry in entries],
            "region_id": [entry.region.id for entry in entries],
            "region_name": [entry.region.value.strip() for entry in entries],
            "income_level_id": [entry.incomeLevel.id for entry in entries],
            "income_level_name": [entry.incomeLevel.value.strip() for entry in entries],
            "lending_type_id": [entry.lendingType.id or None for entry in entries],
            "capital_city": [entry.capitalCity or None for entry in entries],
        }
        return table(dataset, columns, place)

    def _url(self, dataset: Dataset, page: int) -> str:
        return f"{dataset.endpoint}?{urlencode({'format': 'json', 'per_page': ENTRIES_PER_PAGE, 'page': page})}"


class Archive:
    """``/v2/sources/57``: series taken out of the collections, edition by edition.

    A series disappears from later editions, so the newest edition that still holds its
    figures is the one to read.
    """

    def probe(self, client: Client, dataset: Dataset, known: Mapping[str, Mark]) -> Probe:
        """The list of editions: without a new one, nothing can have changed."""
        if not known:
            return Probe(None, frozenset())
        where = f"{dataset.id}, list of editions"
        newest = _editions(client.ask(self._editions_url(dataset), where), where)[0]
        return Probe(newest, frozenset(part for part, mark in known.items() if mark.edition == newest))

    def fetch(self, client: Client, dataset: Dataset, part: Part, fetched: Fetched) -> None:
        """Every page of the series in the newest edition that holds it."""
        where = f"{dataset.id}/{part.id}, list of editions"
        fetched.answers.append(client.get(self._editions_url(dataset), where))
        editions = _editions(fetched.answers[0].content(), where)
        fetched.edition = editions[0]
        for edition in editions:
            # Neither the list nor an edition without the series is a payload of it.
            fetched.discard()
            if self._fetch_edition(client, dataset, part, edition, fetched):
                fetched.version = edition
                return
        raise SeriesWithdrawn(
            f"none of {len(editions)} editions holds {FEWEST_ARCHIVED_VALUES} figures of it",
            f"{dataset.id}/{part.id}",
            "place the publisher's bulk file, or take the part out of the catalog",
        )

    def _fetch_edition(self, client: Client, dataset: Dataset, part: Part, edition: str, fetched: Fetched) -> bool:
        """Download the series from one edition; False if that edition does not hold it."""

        def url_of(page: int) -> str:
            asked = {"format": "json", "per_page": ROWS_PER_PAGE, "page": page}
            series = f"{dataset.endpoint}/series/{part.id}/country/all/version/{edition}/time/all"
            return f"{series}?{urlencode(asked)}"

        def header_of(body: bytes, where: str) -> Header:
            page = _decode(body, ARCHIVE, where)
            return Header(page=page.page, pages=page.pages, total=page.total)

        try:
            _fetch_pages(client, url_of, header_of, f"{dataset.id}/{part.id}, edition {edition}", fetched)
        except SeriesWithdrawn:
            return False
        cells = [cell for answer in fetched.answers for cell in _cells(answer.content(), f"{dataset.id}/{part.id}")]
        return sum(cell.value is not None for cell in cells) > FEWEST_ARCHIVED_VALUES

    def _editions_url(self, dataset: Dataset) -> str:
        return f"{dataset.endpoint}/version?{urlencode({'format': 'json', 'per_page': 300})}"

    def read(
        self, _connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, bodies: list[Body]
    ) -> pa.Table:
        """One row per cell, in the order sent; time ids such as YR2000 become years."""
        place = f"{dataset.id}/{part.id}"
        total = int(_decode(bodies[0].content(), ARCHIVE, place).total)
        cells = [cell for body in bodies for cell in _cells(body.content(), place)]
        if len(cells) != total:
            raise PayloadRejected(f"{len(cells):,} cells came where {total:,} were announced", place, LOOK_AT_PUBLISHER)
        try:
            placed = [{coordinate.concept.lower(): coordinate for coordinate in cell.variable} for cell in cells]
            columns: dict[str, Sequence[Cell]] = {
                "series_id": [at["series"].id for at in placed],
                "series_name": [at["series"].value for at in placed],
                "country_id": [at["country"].id for at in placed],
                "year": [year(at["time"].id.removeprefix("YR"), at["country"].id, place) for at in placed],
                "version_id": [at["version"].id for at in placed],
                "value": [cell.value for cell in cells],
            }
        except KeyError as error:
            raise PayloadRejected(f"a cell has no dimension {error}", place, LOOK_AT_PUBLISHER) from error
        return table(dataset, columns, place)


def _fetch_pages(
    client: Client,
    url_of: Callable[[int], str],
    header_of: Callable[[bytes, str], Header],
    place: str,
    fetched: Fetched,
) -> None:
    """Download pages until the last one the header announces; every page must be the one asked for."""
    page, first = 1, None
    while first is None or page <= int(first.pages):
        where = f"{place}, page {page}"
        answer = client.get(url_of(page), where)
        fetched.answers.append(answer)
        header = header_of(answer.content(), where)
        if int(header.page) != page:
            raise PayloadRejected(
                f"page {header.page} of {header.pages} came where page {page} was asked for", where, LOOK_AT_PUBLISHER
            )
        first = first or header
        if (int(header.total), int(header.pages)) != (int(first.total), int(first.pages)):
            raise PayloadRejected(
                f"the total changed between pages, from {first.total} rows on {first.pages} pages "
                f"to {header.total} on {header.pages}",
                where,
                INGEST_LATER,
            )
        page += 1


def _announced(
    bodies: list[Body], decoder: msgspec.json.Decoder[tuple[Header, list[T] | None]], noun: str, place: str
) -> list[T]:
    """The elements of every page, as many as the last header announces."""
    elements: list[T] = []
    total = 0
    for page, body in enumerate(bodies, start=1):
        header, on_page = _decode(body.content(), decoder, f"{place}, page {page}")
        total = int(header.total)
        elements.extend(on_page or [])
    if len(elements) != total:
        what = f"{len(elements):,} {noun} came where {total:,} were announced"
        raise PayloadRejected(what, place, LOOK_AT_PUBLISHER)
    return elements


def _decode(body: bytes, decoder: msgspec.json.Decoder[T], where: str) -> T:
    """Type a body, or say what it is instead."""
    try:
        return json_body.decode(body, decoder, where, _said)
    except PayloadRejected:
        _raise_if_refusal(body, where)
        raise


def _said(row: Mapping[str, Any]) -> str:
    """Economy and year of a row, however damaged it is."""
    country = row.get("country")
    name = f"{country.get('value')} ({country.get('id')})" if isinstance(country, dict) else str(row)[:80]
    return f"{name} {row.get('date', '')}".rstrip()


def _raise_if_refusal(body: bytes, where: str) -> None:
    try:
        (refusal,) = REFUSAL.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return  # not a refusal; the caller says what it is
    said = "; ".join(f"{message.id} {message.value}" for message in refusal.message)
    if any(message.id in GONE for message in refusal.message):
        raise SeriesWithdrawn(
            f"the publisher answers: {said}", where, "look for a successor in the publisher's list of indicators"
        )
    raise PayloadRejected(f"the publisher answers: {said}", where, LOOK_AT_PUBLISHER)


def _editions(body: bytes, where: str) -> list[str]:
    """Every edition (YYYYMM) that the archives list, newest first."""
    try:
        page = _decode(body, ARCHIVE, where)
    except SeriesWithdrawn as error:
        # What is refused is the list; that says nothing about any series.
        raise PayloadRejected(error.what, where, LOOK_AT_PUBLISHER) from error
    variables = [
        variable
        for source in page.sources
        for concept in source.concept
        if concept.id.lower() == "version"
        for variable in concept.variable
    ]
    dated = {variable.id for variable in variables if re.fullmatch(r"\d{6}", variable.id)}
    if not dated:
        raise PayloadRejected("the list names no edition", where, LOOK_AT_PUBLISHER)
    return sorted(dated, reverse=True)


def _cells(body: bytes, where: str) -> list[ArchivedCell]:
    page = _decode(body, ARCHIVE, where)
    return [cell for source in page.sources for cell in source.data]


def _digest(bodies: list[bytes]) -> str:
    return "sha256:" + hashlib.sha256(b"".join(bodies)).hexdigest()[:16]
