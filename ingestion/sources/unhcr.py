"""UNHCR's Refugee Data Finder API: pairs of country of origin (``coo``) and country of asylum (``coa``) by year.

Every country stands there twice, under UNHCR's own code and under its ISO code, and only the second can be joined
(``ARE`` is UNHCR's Egypt). Numbers are integers, zero is the text ``"0"``, and ``"-"`` is not reported. A question
that does not ask for every pair gets sums with ``"-"`` in place of the country: the sums by year are a small answer
that moves with the data, so they serve as the mark of a version, and the pairs must add up to them, so that no page
can be lost. A revision that leaves every sum as it was does not move the mark.
https://api.unhcr.org/docs/refugee-statistics.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import urlencode

import duckdb
import msgspec
import pyarrow as pa

from ingestion import clock
from ingestion.catalog import Column, Dataset, Part
from ingestion.errors import PayloadRejected
from ingestion.http import Body, Client
from ingestion.sources import Fetched, Mark, Probe
from ingestion.sources.json_body import INGEST_LATER, Said, by, decode, digest
from ingestion.sources.typed import LOOK_AT_PUBLISHER, table

ROWS_PER_PAGE = 20000
NOT_REPORTED = "-"
COUNTRIES = ("coo_iso", "coa_iso")
LABELS = ("coo_id", "coo_name", "coa_id", "coa_name")
"""Fields of an item that say nothing its codes do not say; they are checked for and left out."""
EVERY_PAIR = {"coo_all": "true", "coa_all": "true"}
FIELD_TYPES: dict[str, Any] = {"VARCHAR": str, "INTEGER": int, "DOUBLE": int | str}


class Page(msgspec.Struct):
    """The envelope with its items unread."""

    page: int
    maxPages: int  # noqa: N815 (the publisher's spelling)
    items: list[msgspec.Raw]


PAGE = msgspec.json.Decoder(Page)


@cache
def items_of(columns: tuple[Column, ...]) -> msgspec.json.Decoder[Any]:
    """A decoder of answers whose items have the catalog's columns and the labels, and no other field."""
    fields = [(column.name, FIELD_TYPES[column.type]) for column in columns]
    fields += [(name, int | str) for name in LABELS]
    item = msgspec.defstruct("Item", fields, forbid_unknown_fields=True, gc=False)
    return msgspec.json.Decoder(msgspec.defstruct("Items", [("items", list[item])]))  # type: ignore[valid-type]


class Pairs:
    """``/population/v1/{endpoint}/``: every pair of every year; a dataset has one part."""

    def probe(self, client: Client, dataset: Dataset, known: Mapping[str, Mark]) -> Probe:
        """The sums by year: a small answer that moves with the data."""
        if not known:
            return Probe(None, frozenset())
        where = f"{dataset.id}, probe"
        version = _version(dataset, client.ask(self._url(dataset, {}, page=1), where), where)
        return Probe(version, frozenset(part for part, mark in known.items() if mark.version == version))

    def fetch(self, client: Client, dataset: Dataset, part: Part, fetched: Fetched) -> None:
        """The sums by year, then every page of the pairs."""
        where = f"{dataset.id}/{part.id}"
        answer = client.get(self._url(dataset, {}, page=1), f"{where}, sums")
        fetched.answers.append(answer)
        fetched.version = fetched.edition = _version(dataset, answer.content(), f"{where}, sums")
        page, first = 1, None
        while first is None or page <= first.maxPages:
            at = f"{where}, page {page}"
            answer = client.get(self._url(dataset, EVERY_PAIR, page), at)
            fetched.answers.append(answer)
            got = decode(answer.content(), PAGE, at)
            first = first or got
            _refuse_wrong_page(got, page, first, at)
            page += 1

    def _url(self, dataset: Dataset, of_pairs: Mapping[str, str], page: int) -> str:
        asked = {
            "limit": ROWS_PER_PAGE,
            "page": page,
            "yearFrom": dataset.parameters["first_year"],
            "yearTo": clock.now().year,
            **of_pairs,
            "cf_type": "ISO",
        }
        return f"{dataset.endpoint}/?{urlencode(asked)}"

    def read(
        self, _connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, bodies: list[Body]
    ) -> pa.Table:
        """Pairs in the order sent; they add up to the publisher's own sums, or a page is lost."""
        where = f"{dataset.id}/{part.id}"
        sums = _table(dataset, [bodies[0]], f"{where}, sums", by("year"))
        pairs = _table(dataset, bodies[1:], where, by("year", *COUNTRIES))
        sums_among = sum(pairs.column(name).to_pylist().count(NOT_REPORTED) for name in COUNTRIES)
        if sums_among:
            what = f"{sums_among:,} codes of countries are '-': sums over countries came among the pairs"
            raise PayloadRejected(what, where, LOOK_AT_PUBLISHER)
        _refuse_lost_rows(dataset, pairs, sums, where)
        return pairs


def _version(dataset: Dataset, sums: bytes, where: str) -> str:
    """The mark of a version: only the items, for the envelope may move without them."""
    items = decode(sums, items_of(dataset.columns), where, by("year")).items
    if not items:
        raise PayloadRejected("the answer holds no sums", where, LOOK_AT_PUBLISHER)
    return digest(items)


def _refuse_wrong_page(got: Page, page: int, first: Page, where: str) -> None:
    """Every page is the one asked for, of as many as the first one said, and all but the last are full."""
    if got.page != page:
        what = f"page {got.page} of {got.maxPages} came where page {page} was asked for"
        raise PayloadRejected(what, where, LOOK_AT_PUBLISHER)
    if got.maxPages != first.maxPages:
        what = f"the number of pages changed between pages, from {first.maxPages} to {got.maxPages}"
        raise PayloadRejected(what, where, INGEST_LATER)
    is_last = page == first.maxPages
    if not got.items or len(got.items) > len(first.items) or (len(got.items) < len(first.items) and not is_last):
        what = f"{len(got.items):,} items came on page {page} of {got.maxPages}, and {len(first.items):,} on the first"
        raise PayloadRejected(what, where, LOOK_AT_PUBLISHER)


def _table(dataset: Dataset, bodies: Sequence[Body], where: str, said: Said) -> pa.Table:
    """The items of these pages as the catalog's columns."""
    items = [item for body in bodies for item in decode(body.content(), items_of(dataset.columns), where, said).items]
    cells = {column.name: [getattr(item, column.name) for item in items] for column in dataset.columns}
    for name in (column.name for column in dataset.columns if column.type == "DOUBLE"):
        cells[name] = _counts(cells[name], name, items, where)
    return table(dataset, cells, where)


def _counts(sent: Sequence[int | str], name: str, items: Sequence[Any], where: str) -> list[float | None]:
    """Persons; texts are ``"0"``, another number, or not reported."""
    counts: list[float | None] = []
    for position, value in enumerate(sent):
        if isinstance(value, str) and value != NOT_REPORTED and not (value.isascii() and value.isdigit()):
            item = items[position]
            what = f"{name} is '{value}' in {item.year}, origin {item.coo_iso}, asylum {item.coa_iso}"
            raise PayloadRejected(what, where, LOOK_AT_PUBLISHER)
        if value == NOT_REPORTED:
            counts.append(None)
        else:
            counts.append(float(value) if isinstance(value, str) else value)
    return counts


def _refuse_lost_rows(dataset: Dataset, pairs: pa.Table, sums: pa.Table, where: str) -> None:
    """Pairs of a year (and procedure, where there is one) add up to the sum that the publisher gives for it."""
    groups = [name for name in dataset.key if name not in COUNTRIES]
    measures = [column.name for column in dataset.columns if column.type == "DOUBLE"]
    found, expected = (_added_up(rows, groups, measures) for rows in (pairs, sums))
    for group in sorted(found.keys() | expected.keys(), key=str):
        for name, has, should in zip(measures, found.get(group, ()), expected.get(group, ()), strict=False):
            if has != should:
                what = (
                    f"the pairs of {_said(group)} add up to {has:,.0f} {name}, and the publisher's sum is {should:,.0f}"
                )
                raise PayloadRejected(what, where, INGEST_LATER)
        if (group in found) != (group in expected):
            which = "no pairs came" if group in expected else "the publisher has no sum"
            raise PayloadRejected(f"{which} for {_said(group)}", where, INGEST_LATER)


def _said(group: tuple[Any, ...]) -> str:
    return " ".join(map(str, group))


def _added_up(rows: pa.Table, groups: list[str], measures: list[str]) -> dict[tuple[Any, ...], tuple[float, ...]]:
    """Sums of the measures by group; what is not reported adds nothing."""
    added = rows.group_by(groups).aggregate([(name, "sum") for name in measures])
    keys = zip(*(added.column(name).to_pylist() for name in groups), strict=True)
    values = zip(
        *([value or 0.0 for value in added.column(f"{name}_sum").to_pylist()] for name in measures), strict=True
    )
    return dict(zip(keys, values, strict=True))
