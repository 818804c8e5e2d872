"""The wire format of the World Bank's Indicators API v2, as recorded bodies and its documentation show it.

Pages it rests on: https://datahelpdesk.worldbank.org/knowledgebase/articles/898581 (call structures),
https://datahelpdesk.worldbank.org/knowledgebase/articles/1886674 (advanced data queries: source 57).
Errors are HTTP 200. Without ``format=json`` the API answers XML; here that is a header without rows.
Not spoken: ``mrv``, ``mrnev`` and ``gapfill`` get HTTP 501, so that nobody takes a whole table for the newest values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from xml.sax.saxutils import quoteattr

from sandbox.providers import Answer, Request, not_recorded
from sandbox.worlds import Edition, Series, World

HOSTS: tuple[str, ...] = ("api.worldbank.org",)
ARCHIVE = "57"
ARCHIVE_NAME = "WDI Database Archives"
MOST_INDICATORS_PER_REQUEST = 60

INVALID_VALUE = {"id": "120", "key": "Invalid value", "value": "The provided parameter value is not valid"}
ARCHIVED = {
    "id": "175",
    "key": "Invalid format",
    "value": "The indicator was not found. It may have been deleted or archived.",
}
NO_DATA = [{"page": 0, "pages": 0, "per_page": 0, "total": 0, "sourceid": None, "lastupdated": None}, None]

LISTS = {
    "country": "country",
    "countries": "country",
    "indicator": "indicator",
    "indicators": "indicator",
    "source": "source",
    "sources": "source",
    "region": "region",
    "regions": "region",
    "incomelevel": "incomeLevel",
    "incomelevels": "incomeLevel",
    "lendingtype": "lendingType",
    "lendingtypes": "lendingType",
    "topic": "topic",
    "topics": "topic",
    "language": "language",
    "languages": "language",
}
LISTS_WITH_TOTAL_AS_TEXT = frozenset({"indicator"})


class InvalidValue(Exception):
    """The request holds a value that the publisher answers with error 120."""


class IndicatorRetired(Exception):
    """The request names an indicator that the publisher answers with error 175."""


class NotRecorded(Exception):
    """The request names an indicator that the publisher has and the world does not."""


@dataclass(frozen=True)
class Paging:
    """Which page of how many rows was asked for; both count from 1."""

    page: int
    per_page: int

    def pages(self, total: int) -> int:
        """How many pages that many rows make."""
        return -(-total // self.per_page)

    def slice(self) -> tuple[int, int]:
        """First row and the row behind the last, counted from 0."""
        return (self.page - 1) * self.per_page, self.page * self.per_page


def subjects(request: Request) -> frozenset[str]:
    """What a request is about: indicator ids, or the name of a list; faults aim at these."""
    path = [segment.lower() for segment in request.path]
    if path[3:4] in (["indicator"], ["indicators"]):
        return frozenset(";".join(request.path[4:5]).split(";"))
    if "series" in path:
        return frozenset(request.path[path.index("series") + 1 :][:1])
    if path[1:3] == ["sources", ARCHIVE]:
        return frozenset({"versions"})
    return frozenset({LISTS.get(path[1], path[1])}) if len(path) > 1 else frozenset()


def answer(world: World, request: Request) -> Answer:
    """Answer a request as the publisher does, errors included."""
    if {"mrv", "mrnev", "gapfill"} & set(request.query):
        sentence = "The sandbox does not speak mrv, mrnev and gapfill. Next: ask with date= instead.\n"
        return Answer(501, {"Content-Type": "text/plain; charset=utf-8"}, sentence.encode())
    try:
        return _route(world, request)
    except InvalidValue:
        return _json([{"message": [INVALID_VALUE]}])
    except IndicatorRetired:
        return _json([{"message": [ARCHIVED]}])
    except NotRecorded as missing:
        return not_recorded(world, f"indicator {missing}")


def _route(world: World, request: Request) -> Answer:
    if len(request.path) < 2 or request.path[0].lower() != "v2":
        raise InvalidValue
    path = tuple(segment.lower() for segment in request.path[1:])
    if path[0] in ("country", "countries") and len(path) == 4 and path[2] in ("indicator", "indicators"):
        return _data(world, request, countries=request.path[2], indicators=request.path[4])
    if path[:2] == ("sources", ARCHIVE) and len(path) > 2:
        return _archive(world, request)
    if path[0] in LISTS and len(path) <= 2:
        return _list(world, request, LISTS[path[0]], request.path[2] if len(path) == 2 else None)
    raise InvalidValue


def _paging(request: Request) -> Paging:
    values = [request.query.get("page", "1"), request.query.get("per_page", "50")]
    if not all(re.fullmatch(r"[1-9]\d{0,8}", value) for value in values):
        raise InvalidValue
    return Paging(int(values[0]), int(values[1]))


def _wants_json(request: Request) -> bool:
    return request.query.get("format", "xml").lower() == "json"


def _dump(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _json(document: Any) -> Answer:
    return _json_text(_dump(document))


def _json_text(text: str) -> Answer:
    return Answer(200, {"Content-Type": "application/json;charset=utf-8"}, text.encode())


def _xml(root: str, header: dict[str, Any]) -> Answer:
    attributes = "".join(f" {name}={quoteattr(str(value))}" for name, value in header.items())
    text = f'<?xml version="1.0" encoding="utf-8"?><wb:{root}{attributes} xmlns:wb="http://www.worldbank.org" />'
    return Answer(200, {"Content-Type": "text/xml; charset=utf-8"}, text.encode())


# --- lists ---------------------------------------------------------------------------------------------------


def _list(world: World, request: Request, name: str, wanted: str | None) -> Answer:
    entries = world.listing(name)
    if entries is None:
        raise InvalidValue
    if wanted is not None and wanted.lower() != "all":
        codes = set(wanted.lower().split(";"))
        entries = [entry for entry in entries if codes & _codes_of(name, entry)]
        if not entries:
            raise InvalidValue
    paging = _paging(request)
    total: int | str = str(len(entries)) if name in LISTS_WITH_TOTAL_AS_TEXT else len(entries)
    header = {
        "page": paging.page,
        "pages": paging.pages(len(entries)),
        "per_page": str(paging.per_page),
        "total": total,
    }
    first, end = paging.slice()
    return _json([header, entries[first:end]]) if _wants_json(request) else _xml(name, header)


def _codes_of(name: str, entry: dict[str, Any]) -> set[str]:
    names = ("id", "iso2Code") if name == "country" else ("id", "code", "iso2code")
    return {str(entry[key]).lower() for key in names if entry.get(key)}


# --- data of today -------------------------------------------------------------------------------------------


def _data(world: World, request: Request, countries: str, indicators: str) -> Answer:
    paging = _paging(request)
    table = [_select(series, countries, request) for series in _asked_series(world, request, indicators)]
    total = sum(len(series.places) * len(series.years) for series in table)
    if not total:
        return _json(NO_DATA) if _wants_json(request) else _xml("data", {"page": 0, "pages": 0, "total": 0})
    header = {
        "page": paging.page,
        "pages": paging.pages(total),
        "per_page": paging.per_page,
        "total": total,
        "sourceid": table[0].source_id,
        "lastupdated": max(series.last_updated for series in table),
    }
    if not _wants_json(request):
        return _xml("data", header)
    rows = ",".join(_rows_between(table, *paging.slice()))
    return _json_text(f"[{_dump(header)},[{rows}]]")


def _asked_series(world: World, request: Request, indicators: str) -> list[Series]:
    ids = [indicator for indicator in indicators.split(";") if indicator]
    source = request.query.get("source")
    if not ids or len(ids) > MOST_INDICATORS_PER_REQUEST or (len(ids) > 1 and source is None):
        raise InvalidValue
    states = [world.status(indicator) for indicator in ids]
    if "unknown" in states:
        raise InvalidValue
    if "retired" in states:
        raise IndicatorRetired
    if "unrecorded" in states:
        raise NotRecorded(ids[states.index("unrecorded")])
    table = [world.series(indicator) for indicator in ids]
    if source is not None and any(series.source_id != source for series in table):
        raise InvalidValue
    return table


def _select(series: Series, countries: str, request: Request) -> Series:
    """Only the asked countries and years; a year that does not exist is no error, it has no rows."""
    first, last = _years(request.query.get("date"))
    years = [i for i, year in enumerate(series.years) if first <= int(year) <= last]
    places = _places(series, countries)
    if len(years) == len(series.years) and len(places) == len(series.places):
        return series
    return replace(
        series,
        places=tuple(series.places[i] for i in places),
        years=tuple(series.years[i] for i in years),
        cells=tuple(tuple(series.cells[place][year] for year in years) for place in places),
    )


def _years(date: str | None) -> tuple[int, int]:
    if date is None:
        return 0, 9999
    match = re.fullmatch(r"(\d{4})(?::(\d{4}))?", date)
    if match is None:
        raise InvalidValue
    years = sorted(int(year) for year in (match[1], match[2] or match[1]))
    return years[0], years[1]


def _places(series: Series, countries: str) -> list[int]:
    if countries.lower() == "all":
        return list(range(len(series.places)))
    wanted = {code.lower() for code in countries.split(";") if code}
    codes = [{place.code.lower(), place.iso2.lower()} for place in series.places]
    if not wanted or not wanted <= set().union(*codes):
        raise InvalidValue
    return [i for i, both in enumerate(codes) if both & wanted]


def _rows_between(table: Sequence[Series], first: int, end: int) -> Iterator[str]:
    """JSON text of the rows first..end (counted over all series) without building any other row."""
    passed = 0
    for series in table:
        width = len(series.years)
        size = width * len(series.places)
        if not size:
            continue
        start, stop = max(first - passed, 0), min(end - passed, size)
        for place in range(start // width, -(-stop // width) if stop > start else 0):
            low, high = max(start - place * width, 0), min(stop - place * width, width)
            yield _rows_of_place(series, place, low, high)
        passed += size


def _rows_of_place(series: Series, index: int, low: int, high: int) -> str:
    place = series.places[index]
    indicator = {"id": series.indicator_id, "value": series.indicator_name}
    country = {"id": place.iso2, "value": place.name}
    head = _dump({"indicator": indicator, "country": country, "countryiso3code": place.iso3_on_the_wire})
    head = f'{head[:-1]},"date":"'
    tail = f',"unit":"","obs_status":"","decimal":{series.decimals}}}'
    pairs = zip(series.years[low:high], series.cells[index][low:high], strict=True)
    return ",".join([f'{head}{year}","value":{cell}{tail}' for year, cell in pairs])


# --- archive (source 57) -------------------------------------------------------------------------------------


def _archive(world: World, request: Request) -> Answer:
    path = [segment for segment in request.path[3:] if segment.lower() != "data"]
    if len(path) == 1 and path[0].lower() in ("version", "versions"):
        return _editions(world, request)
    asked = {name.lower(): value for name, value in zip(path[::2], path[1::2], strict=False)}
    editions = {edition.id: edition for edition in world.editions()}
    is_whole = set(asked) == {"series", "country", "version", "time"} and len(path) == 8
    if not is_whole or asked["country"].lower() != "all" or asked["time"].lower() != "all":
        raise InvalidValue
    if asked["version"] not in editions or not world.is_archived(asked["series"]):
        raise InvalidValue
    return _archived(world, request, asked["series"], editions[asked["version"]])


def _archive_header(paging: Paging, total: int) -> dict[str, Any]:
    return {"page": paging.page, "pages": paging.pages(total), "per_page": paging.per_page, "total": total}


def _editions(world: World, request: Request) -> Answer:
    variables = [{"id": edition.id, "value": edition.label} for edition in world.editions()]
    paging = _paging(request)
    header = _archive_header(paging, len(variables))
    if not _wants_json(request):
        return _xml("data", header)
    first, end = paging.slice()
    concept = {"id": "version", "name": "version", "variable": variables[first:end]}
    return _json({**header, "source": [{"id": ARCHIVE, "name": ARCHIVE_NAME, "concept": [concept]}]})


def _archived(world: World, request: Request, series_id: str, edition: Edition) -> Answer:
    series = world.archived_series(series_id, edition.id)
    paging = _paging(request)
    total = len(series.places) * len(series.years) if series else 0
    header = _archive_header(paging, total)
    if series:
        header["lastupdated"] = series.last_updated
    if not _wants_json(request):
        return _xml("data", header)
    rows = ",".join(_archive_rows(series, edition, *paging.slice())) if series else ""
    source = _dump({"id": ARCHIVE, "name": ARCHIVE_NAME})
    return _json_text(f'{_dump(header)[:-1]},"source":{source[:-1]},"data":[{rows}]}}}}')


def _archive_rows(series: Series, edition: Edition, first: int, end: int) -> Iterator[str]:
    version = _dump({"concept": "Version", "id": edition.id, "value": edition.label})
    subject = _dump({"concept": "Series", "id": series.indicator_id, "value": series.indicator_name})
    times = [_dump({"concept": "Time", "id": f"YR{year}", "value": year}) for year in series.years]
    width = len(times)
    for row in range(first, min(end, width * len(series.places))):
        place, year = divmod(row, width)
        where = series.places[place]
        country = _dump({"concept": "Country", "id": where.code, "value": where.name})
        yield f'{{"variable":[{country},{version},{subject},{times[year]}],"value":{series.cells[place][year]}}}'
