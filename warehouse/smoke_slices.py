"""What the smallest real request of each protocol is, and what its answer must look like at first sight.

A dataset is asked for through its cheapest part (the one with the lowest row floor), and, where the protocol can ask
for less than a part, for a slice of it. The slice is cut at the address, so that fetching, reading and judging stay
the protocol's own:

* World Bank indicators: two economies in place of all; Namibia is one of them, whose code is ``NA``.
* OECD, Eurostat, ILOSTAT: the newest years only. The key stays whole, because a key is what is most often wrong.
* UNHCR: three years in place of all since 1951, so that the sums and one page of pairs come.
* Data360: one economy in place of all.
* UIS: a whole indicator. Its metadata announce the records of the whole indicator, so a slice would look cut.
* Lists of countries and codes, archives: whole, they are small.
* Files: whole. A workbook's directory stands at its end and a packed table has no usable beginning; layout, sheet
  names and the licence sentence can be read from nothing less, and the first load makes the same request anyway.

What holds for a whole part only (floors, sums over all rows) is not expected of a slice.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from ingestion import clock
from ingestion.catalog import Dataset, Part
from ingestion.http import Answer

Narrow = Callable[[str], str]

# Newest figures come one to three years late.
YEARS_OF_A_SLICE = 3
JSON = ("application/json",)
SDMX_CSV = ("text/csv", "application/csv", "application/vnd.sdmx.data+csv", "application/octet-stream")
SDMX = (*SDMX_CSV, *JSON, "application/vnd.sdmx.", "application/xml", "text/xml", "application/gzip")
FORMS: dict[str, tuple[str, ...]] = {
    "world": JSON,  # world_bank_country, _indicator, _archive
    "uis": JSON,
    "unhcr": JSON,
    "data360": JSON,
    "oecd": SDMX,
    "eurostat": SDMX,
    "ilo": SDMX,
    "sdmx": SDMX,
}
"""First word of the protocol -> beginnings of the content types that may come."""
FILES = ("file", "lehd")
"""Protocols whose answers are files: servers call them as they like, and a mark of their version must come."""


@dataclass(frozen=True)
class Slice:
    """The smallest piece of a dataset that can be asked for.

    ``dataset`` has ``part`` alone, without what only a whole part can hold to.
    """

    dataset: Dataset
    part: Part
    says: str
    narrow: Narrow | None


def smallest(dataset: Dataset) -> Slice:
    """The cheapest part, cut down where its protocol allows it."""
    part = min(dataset.parts, key=lambda part: part.row_floor)
    says, narrow = _cut(dataset)
    if narrow is None:
        return Slice(dataset.model_copy(update={"parts": (part,)}), part, f"{part.id}, whole", None)
    small = part.model_copy(update={"row_floor": 1, "value_floor": 0})
    kept = tuple(expectation for expectation in dataset.expectations if expectation.compare is None)
    cut = dataset.model_copy(update={"parts": (small,), "expectations": kept})
    return Slice(cut, small, f"{part.id}, {says}", narrow)


def whole_part(piece: Slice, dataset: Dataset) -> Slice:
    """The same part uncut, for when the slice is empty (a frozen table has no new years)."""
    part = dataset.part(piece.part.id)
    return Slice(dataset.model_copy(update={"parts": (part,)}), part, f"{part.id}, whole", None)


def _cut(dataset: Dataset) -> tuple[str, Narrow | None]:
    first, last = _years()
    years = f"{first} to {last}"
    cuts: dict[str, tuple[str, Narrow]] = {
        "world_bank_indicator": ("Namibia and Serbia", lambda url: url.replace("/country/all/", "/country/NAM;SRB/")),
        "oecd": (years, _with_periods),
        "eurostat": (years, _with_periods),
        "ilo": (years, _with_periods),
        "unhcr": (years, lambda url: re.sub(r"yearFrom=\d+", f"yearFrom={first}", url)),
        "data360": ("Serbia", lambda url: _with(url, REF_AREA="SRB") if "INDICATOR=" in url else url),
    }
    return cuts.get(dataset.protocol, cuts.get(dataset.protocol.partition("_")[0], ("", None)))


def _years() -> tuple[int, int]:
    this_year = clock.now().year
    return this_year - YEARS_OF_A_SLICE, this_year - 1


def _with_periods(url: str) -> str:
    """A data query for the newest years; other questions (constraints, tables of contents) stay as they are."""
    if "/data/" not in url:
        return url
    first, last = map(str, _years())
    if "/statistics/" in url:  # Eurostat's JSON-stat service has names of its own
        return _with(url, sinceTimePeriod=first, untilTimePeriod=last)
    return _with(url, startPeriod=first, endPeriod=last)


def _with(url: str, **parameters: str) -> str:
    """The address with these query parameters, in place of those of the same name."""
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in parameters]
    return parts._replace(query=urlencode([*kept, *parameters.items()], safe="/,:;+*@")).geturl()


def looks_wrong(answer: Answer, dataset: Dataset) -> str | None:
    """What is unexpected about an answer before its body is read: its content type, or a file without a mark."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    if answer.url.startswith("inbox:"):
        return None
    came = headers.get("content-type", "")
    forms = FORMS.get(dataset.protocol.partition("_")[0])
    if forms and not came.startswith(forms):
        return f"content type '{came}' came where {forms[0]} was expected"
    if dataset.protocol in FILES and came.startswith("text/html"):
        return "a web page came in place of the file"
    if dataset.protocol in FILES and not headers.keys() & {"etag", "last-modified"}:
        return "neither ETag nor Last-Modified came, so every night downloads the file to know that it is the same"
    return None
