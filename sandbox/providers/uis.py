"""The wire format of the data API of the UNESCO Institute for Statistics, as recorded bodies show it.

Everything asked for wrongly is HTTP 200 with ``hints``; parameters that the API does not know are dropped silently.
More than 100,000 records are an error. Not spoken: ``footnotes`` and the definitions.
https://api.uis.unesco.org/api/public/documentation/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.providers import Answer, Request, not_recorded
from sandbox.worlds import Table, World

HOSTS: tuple[str, ...] = ("api.uis.unesco.org",)
BASE = ("api", "public")
MOST_RECORDS = 100_000
JSON = {"Content-Type": "application/json; charset=utf-8"}
RECORD_FIELDS = ("indicatorId", "geoUnit", "year", "value", "magnitude", "qualifier")


def subjects(request: Request) -> frozenset[str]:
    """The ids of the indicators asked for, or ``versions``."""
    if request.path[2:3] == ("versions",):
        return frozenset({"versions"})
    return frozenset(request.repeated.get("indicator", ()))


def answer(world: World, request: Request) -> Answer:
    """A release, or records."""
    path = tuple(segment.lower() for segment in request.path)
    if path == (*BASE, "versions", "default"):
        return _json(_versions(world)[0])
    if path == (*BASE, "versions"):
        return _json(_versions(world))
    if path == (*BASE, "data", "indicators"):
        return _data(world, request)
    return _json({"statusCode": 404, "message": f"Cannot GET /{'/'.join(request.path)}"}, 404)


def _json(document: Any, status: int = 200) -> Answer:
    return Answer(status, JSON, msgspec.json.encode(document))


def _bad_request(message: str) -> Answer:
    return _json({"statusCode": 400, "message": message, "error": "Bad Request"}, 400)


def _versions(world: World) -> list[dict[str, Any]]:
    """The releases, the default one first."""
    table = world.table("uis/versions")
    return [
        {
            "version": row["version"],
            "publicationDate": f"{row['published']}T12:00:00.000Z",
            "description": row["description"],
            "themeDataStatus": [
                {"theme": "EDUCATION", "lastUpdate": _american(row["published"]), "description": row["description"]}
            ],
        }
        for row in (table.rows.to_pylist() if table else [])
    ]


def _american(date: str) -> str:
    """Month, day, year, as the API writes dates of updates."""
    year, month, day = date[:10].split("-")
    return f"{month}/{day}/{year}"


def _data(world: World, request: Request) -> Answer:
    indicators = request.repeated.get("indicator", ())
    if not indicators:
        return _bad_request("At least an indicator or a geoUnit is required")
    version = request.query.get("version")
    if version is not None and version not in {known["version"] for known in _versions(world)}:
        return _bad_request(f"The version could not be found, {version}")
    tables = {indicator: world.table(f"uis/{indicator}") for indicator in indicators}
    missing = [indicator for indicator, table in tables.items() if table is None]
    if missing and world.figures == "recorded":
        return not_recorded(world, f"indicator {missing[0]}")
    hints = [_hint("001", f"The indicator could not be found, {indicator}") for indicator in missing]
    hints += _geo_unit_hints(world, request)
    found = {indicator: table for indicator, table in tables.items() if table is not None}
    selected = {indicator: _select(table.rows, request) for indicator, table in found.items()}
    hints += [
        _hint("004", f"No data for the given time range, available time range for indicator {_range(indicator, table)}")
        for indicator, table in found.items()
        if not hints and not selected[indicator].num_rows and {"start", "end"} & set(request.query)
    ]
    if sum(rows.num_rows for rows in selected.values()) > MOST_RECORDS:
        return _bad_request(f"Too many records requested, the limit is {MOST_RECORDS}")
    wants_metadata = request.query.get("indicatormetadata", "").lower() == "true"
    return _json(
        {
            "hints": hints,
            "records": [record for rows in selected.values() for record in _records(rows)],
            "indicatorMetadata": [_metadata(*entry) for entry in found.items()] if wants_metadata else [],
        }
    )


def _hint(number: str, message: str) -> dict[str, str]:
    return {"code": f"UIS::HINT::{number}", "message": message}


def _geo_unit_hints(world: World, request: Request) -> list[dict[str, str]]:
    known = world.table("uis/geounits")
    codes = set(known.rows.column("id").to_pylist()) if known else set()
    asked = request.repeated.get("geounit", ())
    return [_hint("003", f"The geoUnit could not be found, {code}") for code in asked if code not in codes]


def _range(indicator: str, table: Table) -> str:
    years = table.rows.column("year").to_pylist()
    return f"{indicator}= start: {min(years)}, end: {max(years)}"


def _select(rows: pa.Table, request: Request) -> pa.Table:
    """The units, kinds of units and years asked for."""
    asked = request.repeated.get("geounit", ())
    if asked:
        rows = rows.filter(pc.is_in(rows.column("geoUnit"), pa.array(asked)))
    kind = request.query.get("geounittype", "").upper()
    if kind in ("NATIONAL", "REGIONAL"):
        is_national = pc.equal(pc.utf8_length(rows.column("geoUnit")), 3)
        rows = rows.filter(is_national if kind == "NATIONAL" else pc.invert(is_national))
    first, last = request.query.get("start", "0000"), request.query.get("end", "9999")
    years = rows.column("year")
    return rows.filter(pc.and_(pc.greater_equal(years, first), pc.less_equal(years, last)))


def _records(rows: pa.Table) -> list[dict[str, Any]]:
    """Records with the figure as the API writes it: a whole number without a point."""
    columns: dict[str, Sequence[Any]] = {name: rows.column(name).to_pylist() for name in RECORD_FIELDS}
    columns["year"] = [int(year) for year in columns["year"]]
    columns["value"] = [int(value) if value is not None and value % 1 == 0 else value for value in columns["value"]]
    return [dict(zip(RECORD_FIELDS, record, strict=True)) for record in zip(*columns.values(), strict=True)]


def _metadata(indicator: str, table: Table) -> dict[str, Any]:
    """What the API says of an indicator; the count is of the whole indicator, whatever part of it was asked for."""
    years = [int(year) for year in table.rows.column("year").to_pylist()]
    units = table.rows.column("geoUnit").to_pylist()
    kinds = sorted({"NATIONAL" if len(unit) == 3 else "REGIONAL" for unit in units})
    return {
        "indicatorCode": indicator,
        "name": table.labels["indicatorId"][indicator],
        "theme": "EDUCATION",
        "lastDataUpdate": _american(table.updated),
        "lastDataUpdateDescription": f"Data release of {table.updated[:7]}",
        "dataAvailability": {
            "totalRecordCount": len(years),
            "timeLine": {"min": min(years), "max": max(years)},
            "geoUnits": {"types": kinds},
        },
    }
