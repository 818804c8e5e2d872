"""The data API of the UNESCO Institute for Statistics: one indicator, every geographical unit, every year.

The API publishes releases as a whole: ``/versions/default`` names the one in force, a data call may name the one it
wants, and so a load is reproducible. What is wrong with a question stands in ``hints`` beside HTTP 200: an unknown
indicator is ``UIS::HINT::001``, an unknown unit ``UIS::HINT::003``, a period without data ``UIS::HINT::004``. A
parameter that the API does not know is dropped without a word. More than 100,000 records in an answer are an error.
https://api.uis.unesco.org/api/public/documentation/
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import duckdb
import msgspec
import pyarrow as pa

from ingestion.catalog import Dataset, Part
from ingestion.errors import PayloadRejected, SeriesWithdrawn
from ingestion.http import Body, Client
from ingestion.sources import Fetched, Mark, Probe
from ingestion.sources.json_body import by, decode
from ingestion.sources.typed import LOOK_AT_PUBLISHER, table

UNKNOWN_INDICATOR = "UIS::HINT::001"


class Version(msgspec.Struct):
    """A release, such as ``20260507-91260335``."""

    version: str


class Hint(msgspec.Struct):
    """What the API says about a question that it did not answer as asked."""

    code: str
    message: str


class Record(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One figure; ``magnitude`` NA and NIL and ``qualifier`` UIS_EST are words, not missing values."""

    indicatorId: str  # noqa: N815 (the publisher's spelling)
    geoUnit: str  # noqa: N815
    year: int
    value: float | None
    magnitude: str | None
    qualifier: str | None


class Availability(msgspec.Struct):
    """How many records an indicator has in the release."""

    totalRecordCount: int  # noqa: N815


class Metadata(msgspec.Struct):
    """What the API says of an indicator beside its records, when asked to."""

    indicatorCode: str  # noqa: N815
    dataAvailability: Availability  # noqa: N815


class Envelope(msgspec.Struct):
    """A data answer with its records unread."""

    hints: list[Hint]
    records: msgspec.Raw


class Answer(msgspec.Struct):
    """A data answer."""

    hints: list[Hint]
    records: list[Record]
    indicatorMetadata: list[Metadata]  # noqa: N815


VERSION = msgspec.json.Decoder(Version)
ENVELOPE = msgspec.json.Decoder(Envelope)
ANSWER = msgspec.json.Decoder(Answer)


class Indicators:
    """``/data/indicators``: a part is an indicator, in the API's spelling of its id."""

    def probe(self, client: Client, dataset: Dataset, known: Mapping[str, Mark]) -> Probe:
        """One question for all datasets: which release is in force."""
        if not known:
            return Probe(None, frozenset())
        version = self._release_in_force(client, dataset, f"{dataset.id}, probe")
        return Probe(version, frozenset(part for part, mark in known.items() if mark.version == version))

    def fetch(self, client: Client, dataset: Dataset, part: Part, fetched: Fetched) -> None:
        """Every record of the indicator in the release in force, in one answer."""
        where = f"{dataset.id}/{part.id}"
        fetched.version = fetched.edition = self._release_in_force(client, dataset, where)
        asked = {"indicator": part.id, "version": fetched.version, "indicatorMetadata": "true"}
        fetched.answers.append(client.get(f"{dataset.endpoint}?{urlencode(asked)}", where))
        _refuse_hints(decode(fetched.answers[0].content(), ENVELOPE, where).hints, where)

    def _release_in_force(self, client: Client, dataset: Dataset, where: str) -> str:
        return decode(client.ask(dataset.parameters["versions"], where), VERSION, where).version

    def read(
        self, _connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, bodies: list[Body]
    ) -> pa.Table:
        """Records in the order sent, no fewer than the API's own metadata announce."""
        where = f"{dataset.id}/{part.id}"
        answer = decode(bodies[0].content(), ANSWER, where, by("geoUnit", "year"))
        _refuse_hints(answer.hints, where)
        records = answer.records
        if not records:
            raise PayloadRejected("the answer holds no records, and no hint says why", where, LOOK_AT_PUBLISHER)
        strangers = sorted({record.indicatorId for record in records} - {part.id})
        if strangers:
            raise PayloadRejected(f"records of {', '.join(strangers)} came instead", where, LOOK_AT_PUBLISHER)
        _refuse_lost_records(len(records), part.id, answer.indicatorMetadata, where)
        cells = {column.name: [getattr(record, column.name) for record in records] for column in dataset.columns}
        return table(dataset, cells, where)


def _refuse_lost_records(found: int, indicator: str, metadata: list[Metadata], where: str) -> None:
    """The API counts an indicator's records in its own metadata; fewer of them are not all."""
    counts = [about.dataAvailability.totalRecordCount for about in metadata if about.indicatorCode == indicator]
    if not counts:
        raise PayloadRejected("the metadata that count the records did not come", where, LOOK_AT_PUBLISHER)
    if found < sum(counts):
        what = f"{found:,} records came where {sum(counts):,} were announced"
        raise PayloadRejected(what, where, LOOK_AT_PUBLISHER)


def _refuse_hints(hints: list[Hint], where: str) -> None:
    """A hint says that the answer is not the one asked for."""
    said = "; ".join(f"{hint.code} {hint.message}" for hint in hints)
    if any(hint.code == UNKNOWN_INDICATOR for hint in hints):
        raise SeriesWithdrawn(
            f"the publisher answers: {said}", where, "look for a successor in the publisher's list of indicators"
        )
    if hints:
        raise PayloadRejected(f"the publisher answers: {said}", where, LOOK_AT_PUBLISHER)
