"""The wire format of the World Bank's Data360 API, as its OpenAPI description and quoted answers show it.

An answer holds at most 1,000 records. ``OBS_VALUE`` is a text with at most six decimals. The remittance figures are in
millions of US$ although ``UNIT_MULT`` is 0. An unknown indicator is an empty answer with a count of 0.
https://github.com/worldbank/open-api-specs
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.providers import Answer, Request, not_recorded
from sandbox.worlds import World

HOSTS: tuple[str, ...] = ("data360api.worldbank.org",)
MODULES = {"WB_KNOMAD": "knomad"}
"""Which module of a world has the tables of a database."""
MOST_RECORDS = 1000
JSON = {"Content-Type": "application/json; charset=utf-8"}
FILTERS = ("REF_AREA", "COMP_BREAKDOWN_1", "TIME_PERIOD")


def subjects(request: Request) -> frozenset[str]:
    """The indicator asked for."""
    return frozenset({request.query.get("indicator", "")})


def answer(world: World, request: Request) -> Answer:
    """A page of records."""
    if tuple(segment.lower() for segment in request.path) != ("data360", "data"):
        return Answer(404, JSON, b"")
    database, indicator = request.query.get("database_id", ""), request.query.get("indicator", "")
    if not database:
        problem = {"title": "One or more validation errors occurred.", "status": 400}
        return Answer(400, JSON, msgspec.json.encode(problem))
    table = world.table(f"{MODULES[database]}/{indicator}") if database in MODULES else None
    if table is None and world.figures == "recorded":
        return not_recorded(world, f"indicator {indicator}")
    rows = _select(table.rows, request) if table else pa.table({name: [] for name in (*FILTERS, "OBS_VALUE")})
    newest = pc.max(table.rows.column("TIME_PERIOD")).as_py() if table else None
    skip, top = _number(request, "skip", 0), _number(request, "top", MOST_RECORDS)
    on_page = rows.slice(skip, min(top, MOST_RECORDS)).to_pylist()
    value = [_record(database, indicator, row, row["TIME_PERIOD"] == newest) for row in on_page]
    return Answer(200, JSON, msgspec.json.encode({"count": rows.num_rows, "value": value}))


def _number(request: Request, name: str, usual: int) -> int:
    text = request.query.get(name, "")
    return int(text) if re.fullmatch(r"\d{1,9}", text) else usual


def _select(rows: pa.Table, request: Request) -> pa.Table:
    """The records whose codes are asked for, within the period asked for."""
    for name in FILTERS:
        asked = request.query.get(name.lower())
        if asked:
            rows = rows.filter(pc.is_in(rows.column(name), pa.array(asked.split(","))))
    first, last = request.query.get("timeperiodfrom") or "0000", request.query.get("timeperiodto") or "9999"
    years = rows.column("TIME_PERIOD")
    return rows.filter(pc.and_(pc.greater_equal(years, first), pc.less_equal(years, last)))


def _record(database: str, indicator: str, row: dict[str, Any], is_newest: bool) -> dict[str, Any]:
    return {
        "OBS_VALUE": None if row["OBS_VALUE"] is None else _text(row["OBS_VALUE"]),
        "TIME_FORMAT": "P1Y",
        "UNIT_MULT": 0,
        "COMMENT_OBS": None,
        "OBS_STATUS": "A",
        "OBS_CONF": "PU",
        "AGG_METHOD": "W_AVG",
        "DECIMALS": "2",
        "COMMENT_TS": None,
        "DATA_SOURCE": None,
        "LATEST_DATA": is_newest,
        "DATABASE_ID": database,
        "INDICATOR": indicator,
        "REF_AREA": row["REF_AREA"],
        "SEX": "_T",
        "AGE": "_T",
        "URBANISATION": "_T",
        "COMP_BREAKDOWN_1": row["COMP_BREAKDOWN_1"],
        "COMP_BREAKDOWN_2": "_Z",
        "COMP_BREAKDOWN_3": "_Z",
        "TIME_PERIOD": row["TIME_PERIOD"],
        "FREQ": "A",
        "UNIT_MEASURE": "USD_CUR",
        "UNIT_TYPE": None,
    }


def _text(value: float) -> str:
    """At most six decimals, none that are zero."""
    return f"{value:.6f}".rstrip("0").rstrip(".")
