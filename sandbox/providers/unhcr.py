"""The wire format of UNHCR's Refugee Data Finder API, as recorded bodies show it.

Types are mixed: zero is the text "0", not reported is "-", every other number is an integer, and ``total`` is an empty
array or an object. A country that is neither asked for nor spread out (``coo_all``, ``coa_all``) is summed over and
stands as "-". ``coo`` and ``coa`` are UNHCR's own codes unless ``cf_type=ISO`` is sent; a code that nobody has is an
empty answer. Not spoken: ``columns[]``, ``download`` and the split of demographics by kind of population.
https://api.unhcr.org/docs/refugee-statistics.html
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.providers import Answer, Request, not_recorded
from sandbox.worlds import World

HOSTS: tuple[str, ...] = ("api.unhcr.org",)
BASE = ("population", "v1")
COUNTRY_FIELDS = {side: tuple(f"{side}{suffix}" for suffix in ("_id", "_name", "", "_iso")) for side in ("coo", "coa")}
DIMENSIONS = ("procedure_type", "app_type", "dec_level", "app_pc", "dec_pc")
WITH_TOTAL = ("asylum-applications", "asylum-decisions", "solutions")
"""Endpoints whose ``total`` is an object with the sums over all pages."""
NOT_REPORTED = "-"
USUAL_LIMIT = 100
JSON = {"Content-Type": "application/json; charset=utf-8"}


def subjects(request: Request) -> frozenset[str]:
    """The name of the endpoint."""
    return frozenset(request.path[2:3])


def answer(world: World, request: Request) -> Answer:
    """A page of items."""
    if request.path[:2] != BASE or len(request.path) != 3:
        return Answer(404, JSON, msgspec.json.encode({"error": "Not Found"}))
    endpoint = request.path[2]
    table = world.table(f"unhcr/{endpoint}")
    if table is None:
        return not_recorded(world, f"endpoint {endpoint}")
    limit, page = _number(request, "limit", USUAL_LIMIT), _number(request, "page", 1)
    rows = _summed(_select(table.rows, request), request)
    on_page = rows.slice((page - 1) * limit, limit)
    document = {
        "page": page,
        "short-url": _short(request),
        "maxPages": -(-rows.num_rows // limit),
        "total": _totals(rows) if endpoint in WITH_TOTAL else [],
        "items": _items(on_page),
    }
    return Answer(200, JSON, msgspec.json.encode(document))


def _number(request: Request, name: str, usual: int) -> int:
    text = request.query.get(name, "")
    return int(text) if re.fullmatch(r"[1-9]\d{0,8}", text) else usual


def _is_spread(request: Request, side: str) -> bool:
    return request.query.get(f"{side}_all", "").lower() == "true"


def _select(rows: pa.Table, request: Request) -> pa.Table:
    """The years and countries asked for; ``coo_all`` and ``coa_all`` override ``coo`` and ``coa``."""
    first, last = request.query.get("yearfrom") or "0000", request.query.get("yearto") or "9999"
    years = rows.column("year")
    rows = rows.filter(pc.and_(pc.greater_equal(years, first), pc.less_equal(years, last)))
    if request.query.get("year"):
        rows = rows.filter(pc.is_in(rows.column("year"), pa.array(request.query["year"].split(","))))
    suffix = "_iso" if request.query.get("cf_type", "").upper() == "ISO" else ""
    for side in COUNTRY_FIELDS:
        asked = request.query.get(side)
        if asked and not _is_spread(request, side):
            rows = rows.filter(pc.is_in(rows.column(f"{side}{suffix}"), pa.array(asked.split(","))))
    return rows


def _measures(rows: pa.Table) -> list[str]:
    return [field.name for field in rows.schema if field.type == pa.float64()]


def _summed(rows: pa.Table, request: Request) -> pa.Table:
    """Sums over the countries that are neither asked for nor spread out."""
    hidden = [side for side in COUNTRY_FIELDS if not request.query.get(side) and not _is_spread(request, side)]
    if not hidden:
        return rows
    gone = {name for side in hidden for name in COUNTRY_FIELDS[side]}
    measures = _measures(rows)
    kept = [name for name in rows.column_names if name not in gone and name not in measures]
    # One thread keeps the order of the rows.
    summed = rows.group_by(kept, use_threads=False).aggregate([(name, "sum") for name in measures])
    columns = {}
    for name in rows.column_names:
        if name in gone:
            columns[name] = pa.array([NOT_REPORTED] * summed.num_rows, pa.string())
        else:
            columns[name] = summed.column(f"{name}_sum" if name in measures else name)
    return pa.table(columns)


def _totals(rows: pa.Table) -> dict[str, int]:
    return {name: int(pc.sum(rows.column(name)).as_py() or 0) for name in _measures(rows)}


def _items(rows: pa.Table) -> list[dict[str, Any]]:
    measures = _measures(rows)
    columns: dict[str, Sequence[Any]] = {}
    for name in rows.column_names:
        values = rows.column(name).to_pylist()
        if name in measures:
            columns[name] = [_count(value) for value in values]
        elif name == "year" or name.endswith("_id"):
            columns[name] = [int(value) if value != NOT_REPORTED else value for value in values]
        else:
            columns[name] = values
    names = tuple(columns)
    return [dict(zip(names, item, strict=True)) for item in zip(*columns.values(), strict=True)]


def _count(value: float | None) -> int | str:
    if value is None:
        return NOT_REPORTED
    return int(value) or "0"


def _short(request: Request) -> str:
    """Six characters that name the question."""
    asked = sorted((name, value) for name, value in request.query.items() if name not in ("limit", "page"))
    return f"{zlib.crc32(str(asked).encode()):08X}"[:6]
