"""The World Bank's Data360 API: observations of one indicator as flat SDMX-like records, 1,000 at a time.

``OBS_VALUE`` is a text. Totals stand among the parts, under ``WLD``. There is no mark of a version, so the count and
the first page are one. An indicator that the API does not know has a count of 0.
https://github.com/worldbank/open-api-specs
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlencode

import duckdb
import msgspec
import pyarrow as pa

from ingestion.catalog import Dataset, Part
from ingestion.errors import PayloadRejected
from ingestion.http import Body, Client
from ingestion.sources import Fetched, Mark, Probe
from ingestion.sources.json_body import INGEST_LATER, by, decode, digest, year
from ingestion.sources.typed import LOOK_AT_PUBLISHER, table

RECORDS_PER_PAGE = 1000
PLACE = by("REF_AREA", "COMP_BREAKDOWN_1", "TIME_PERIOD")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class Observation(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One record. What the lake leaves out (formats, comments, sources) is checked for all the same."""

    OBS_VALUE: str | None
    TIME_FORMAT: str | None
    UNIT_MULT: int
    COMMENT_OBS: str | None
    OBS_STATUS: str
    OBS_CONF: str | None
    AGG_METHOD: str | None
    DECIMALS: str | int | None
    COMMENT_TS: str | None
    DATA_SOURCE: str | None
    LATEST_DATA: bool
    DATABASE_ID: str
    INDICATOR: str
    REF_AREA: str
    SEX: str
    AGE: str
    URBANISATION: str
    COMP_BREAKDOWN_1: str
    COMP_BREAKDOWN_2: str
    COMP_BREAKDOWN_3: str
    TIME_PERIOD: str
    FREQ: str
    UNIT_MEASURE: str
    UNIT_TYPE: str | None


class Page(msgspec.Struct):
    """An answer: how many records match, and some of them."""

    count: int
    value: list[Observation]


PAGE = msgspec.json.Decoder(Page)


class Observations:
    """``/data360/data``: a part is an indicator."""

    def probe(self, client: Client, dataset: Dataset, known: Mapping[str, Mark]) -> Probe:
        """The first page of each part; nothing smaller tells whether it changed."""
        unchanged = set()
        for part, mark in known.items():
            where = f"{dataset.id}/{part}, probe"
            page = decode(client.ask(self._url(dataset, part, skip=0), where), PAGE, where, PLACE)
            if digest(page) == mark.version:
                unchanged.add(part)
        return Probe(None, frozenset(unchanged))

    def fetch(self, client: Client, dataset: Dataset, part: Part, fetched: Fetched) -> None:
        """Every page of the indicator."""
        arrived, first = 0, None
        while first is None or arrived < first.count:
            where = f"{dataset.id}/{part.id}, records from {arrived:,}"
            answer = client.get(self._url(dataset, part.id, skip=arrived), where)
            fetched.answers.append(answer)
            page = decode(answer.content(), PAGE, where, PLACE)
            if not page.value:
                what = f"no records came, and {page.count:,} are announced"
                raise PayloadRejected(what, where, LOOK_AT_PUBLISHER)
            first = first or page
            if page.count != first.count:
                what = f"the count changed between pages, from {first.count:,} to {page.count:,}"
                raise PayloadRejected(what, where, INGEST_LATER)
            arrived += len(page.value)
        fetched.version = digest(first)

    def _url(self, dataset: Dataset, indicator: str, skip: int) -> str:
        asked = {"DATABASE_ID": dataset.parameters["database"], "INDICATOR": indicator, "skip": skip}
        return f"{dataset.endpoint}?{urlencode(asked | {'top': RECORDS_PER_PAGE})}"

    def read(
        self, _connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, bodies: list[Body]
    ) -> pa.Table:
        """Records in the order sent, as many as announced; ``TIME_PERIOD`` becomes the year."""
        where = f"{dataset.id}/{part.id}"
        pages = [decode(body.content(), PAGE, where, PLACE) for body in bodies]
        rows = [row for page in pages for row in page.value]
        if any(page.count != len(rows) for page in pages):
            announced = " and ".join(f"{count:,}" for count in sorted({page.count for page in pages}))
            what = f"{len(rows):,} records came where {announced} were announced"
            raise PayloadRejected(what, where, LOOK_AT_PUBLISHER)
        strangers = sorted({f"{row.DATABASE_ID} {row.INDICATOR}" for row in rows})
        if strangers != [f"{dataset.parameters['database']} {part.id}"]:
            raise PayloadRejected(f"records of {', '.join(strangers)} came instead", where, LOOK_AT_PUBLISHER)
        cells = {column.name: [getattr(row, column.name) for row in rows] for column in dataset.columns}
        cells["OBS_VALUE"] = [_number(row, where) for row in rows]
        cells["TIME_PERIOD"] = [year(row.TIME_PERIOD, _said(row), where) for row in rows]
        return table(dataset, cells, where)


def _number(row: Observation, where: str) -> float | None:
    """The figure; null is not known, and a text that is no number is an error."""
    if row.OBS_VALUE is None:
        return None
    if not NUMBER.fullmatch(row.OBS_VALUE):
        raise PayloadRejected(f"OBS_VALUE is '{row.OBS_VALUE}' in {_said(row)}", where, LOOK_AT_PUBLISHER)
    return float(row.OBS_VALUE)


def _said(row: Observation) -> str:
    return f"{row.REF_AREA} {row.COMP_BREAKDOWN_1} {row.TIME_PERIOD}"
