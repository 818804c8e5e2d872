"""Faults of the World Bank's API: its questions, figures, lists and JSON documents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.faults.registry import Fault, register
from sandbox.providers import Request
from sandbox.worlds import Entry, Place, Series, World

NOBODYS_CODE = Place(code="QQQ", iso2="Q9", name="Nowhere in particular", is_aggregate=False)
OUTSIDE_EVERY_BOUND = "-987654321"
FAR_FUTURE = "2999"
PAGE_SIZES = ("per_page", "limit", "top")
ROWS = ("records", "items", "value")
"""What UIS, UNHCR and Data360 call their rows."""


# --- request: the question is understood wrongly -------------------------------------------------------------


def _with_query(request: Request, **changes: str) -> Request:
    return replace(request, query={**request.query, **changes})


@register("request", amount=5000)
def page_size_cap(fault: Fault, request: Request) -> Request:
    """Answers at most AMOUNT (5000) rows per page, whatever per_page, limit or top asks for."""
    asked = {name: request.query[name] for name in PAGE_SIZES if request.query.get(name, "").isdecimal()}
    beyond = {name: str(int(fault.amount)) for name, number in asked.items() if int(number) > fault.amount}
    return _with_query(request, **beyond)


@register("request")
def repeated_page(_fault: Fault, request: Request) -> Request:
    """Answers page 2 with page 1 once more, header included, as a stale cache does."""
    return _with_query(request, page="1") if request.query.get("page") == "2" else request


# --- world: the figures are wrong ----------------------------------------------------------------------------


def _first_known(series: Series) -> tuple[int, int] | None:
    """Place and year of the first figure that is not null."""
    for place, row in enumerate(series.cells):
        for year, cell in enumerate(row):
            if cell != "null":
                return place, year
    return None


def _with_cell(series: Series, text: str) -> Series:
    found = _first_known(series)
    if found is None:
        return series
    place, year = found
    row = (*series.cells[place][:year], text, *series.cells[place][year + 1 :])
    return replace(series, cells=(*series.cells[:place], row, *series.cells[place + 1 :]))


@register("series")
def value_not_a_number(_fault: Fault, series: Series, _world: World) -> Series:
    """The first known figure of an indicator is the text "n/a"."""
    return _with_cell(series, '"n/a"')


@register("series")
def out_of_range(_fault: Fault, series: Series, _world: World) -> Series:
    """The first known figure of an indicator is far below every plausible bound."""
    return _with_cell(series, OUTSIDE_EVERY_BOUND)


@register("series")
def future_year(_fault: Fault, series: Series, _world: World) -> Series:
    """The newest year of an indicator is called 2999."""
    return replace(series, years=(FAR_FUTURE, *series.years[1:]))


@register("series")
def duplicate_key(_fault: Fault, series: Series, _world: World) -> Series:
    """The last economy carries the codes of the one before it, so that every key of that one comes twice."""
    return replace(series, places=(*series.places[:-1], series.places[-2]))


@register("series")
def unknown_country(_fault: Fault, series: Series, _world: World) -> Series:
    """The last economy carries a code that nobody knows (Q9, QQQ)."""
    return replace(series, places=(*series.places[:-1], NOBODYS_CODE))


@register("series")
def rows_halved(_fault: Fault, series: Series, _world: World) -> Series:
    """Every second economy is gone, and the header's total agrees."""
    return replace(series, places=series.places[::2], cells=series.cells[::2])


@register("series")
def wrong_indicator(_fault: Fault, series: Series, world: World) -> Series:
    """Answers another indicator of the same source than the one asked for, as a stale cache does."""
    entries = [entry for entry in world.listing("indicator") or [] if entry["source"]["id"] == series.source_id]
    others = [entry for entry in entries if entry["id"] != series.indicator_id]
    served = next((entry["id"] for entry in others if world.status(entry["id"]) == "served"), None)
    if served is not None:
        return world.series(served)
    return replace(series, indicator_id=others[0]["id"], indicator_name=others[0]["name"])  # the archive: a wrong label


@register("list")
def aggregate_like_country(_fault: Fault, name: str, entries: list[Entry]) -> list[Entry]:
    """The country list shows AFE (Africa Eastern and Southern) with a region and an income group, like an economy."""
    if name != "country":
        return entries
    model = next(entry for entry in entries if entry["region"]["id"] == "SSF")
    kept = ("region", "adminregion", "incomeLevel", "lendingType", "capitalCity", "longitude", "latitude")
    disguise = {key: model[key] for key in kept}
    return [{**entry, **disguise} if entry["id"] == "AFE" else entry for entry in entries]


@register("list")
def country_list_halved(_fault: Fault, name: str, entries: list[Entry]) -> list[Entry]:
    """Every second entry of the country list is gone."""
    return entries[::2] if name == "country" else entries


# --- document: the JSON is wrong -----------------------------------------------------------------------------


def rows_of(document: Any) -> list[dict[str, Any]]:
    """The rows of a data page or the entries of a list, whatever the publisher calls them; none when there are none."""
    if isinstance(document, dict):
        source = document.get("source")
        of_archive = source.get("data", []) if isinstance(source, dict) else []
        return next((document[name] for name in ROWS if document.get(name)), of_archive)
    return (document[1] or []) if len(document) == 2 else []


def _header(document: Any) -> dict[str, Any]:
    """Where the World Bank announces pages and totals; no other publisher's document has it."""
    header = document if isinstance(document, dict) else document[0]
    return header if "per_page" in header else {}


@register("document")
def missing_page_2(_fault: Fault, document: Any, request: Request) -> Any:
    """Answers page 2 with pages 0 and null instead of rows."""
    empty = {"page": 0, "pages": 0, "per_page": 0, "total": 0}
    if request.query.get("page") != "2" or not _header(document):
        return document
    if isinstance(document, dict):
        return {**empty, "source": None}
    return [{**empty, "sourceid": None, "lastupdated": None}, None]


@register("document")
def total_changes(_fault: Fault, document: Any, request: Request) -> Any:
    """Each page names another total: one row more than the page before."""
    page = int(request.query.get("page", "1"))
    header = _header(document)
    if header:
        header["total"] = type(header["total"])(int(header["total"]) + page - 1)  # some lists send it as text
    return document


@register("document")
def new_field(_fault: Fault, document: Any, _request: Request) -> Any:
    """Every row has one more field, ``footnote``."""
    for row in rows_of(document):
        row["footnote"] = ""
    return document


@register("document")
def missing_field(_fault: Fault, document: Any, _request: Request) -> Any:
    """No row has its field of figures (``value``, ``OBS_VALUE``, the last one); entries of lists lack ``name``."""
    for row in rows_of(document):
        row.pop(next((name for name in ("value", "OBS_VALUE", "name") if name in row), list(row)[-1]), None)
    return document
