"""Faults on demand: each makes the sandbox misbehave in one way that publishers have been seen to.

A fault is asked for as ``NAME``, ``NAME:TARGET``, ``NAME=AMOUNT`` or ``NAME:TARGET=AMOUNT``. TARGET is an
indicator id, the name of a list (``country``, ``versions``, …) or a host; without it the fault hits
everything of its kind. AMOUNT is a number that its description names. ``python -m sandbox faults`` lists them.

There are five stages at which a fault steps in: request (the question is understood wrongly), series and list (the
world's figures or lists are wrong), document (the JSON is wrong), answer (status, headers or bytes are wrong).
"""

from __future__ import annotations

import gzip
import json
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sandbox.errors import SandboxError
from sandbox.providers import Answer, Request
from sandbox.worlds import Edition, Entry, Place, Series, Status, World

NOBODYS_CODE = Place(code="QQQ", iso2="Q9", name="Nowhere in particular", is_aggregate=False)
OUTSIDE_EVERY_BOUND = "-987654321"
FAR_FUTURE = "2999"
ELSEWHERE = "https://elsewhere.invalid/moved"
BLOCK = b" " * 65536


@dataclass
class Fault:
    """A fault that is switched on."""

    name: str
    target: str | None
    amount: float
    seen: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def is_first(self) -> bool:
        """Whether this is the first request the fault meets."""
        with self.lock:
            self.seen += 1
            return self.seen == 1

    def hits(self, subjects: frozenset[str]) -> bool:
        """Whether a request about these subjects is its prey."""
        return self.target is None or self.target in subjects


Change = TypeVar("Change", bound=Callable[..., Any])


@dataclass(frozen=True)
class FaultKind:
    """An entry of the registry."""

    name: str
    stage: str
    change: Callable[..., Any]
    default_amount: float

    @property
    def description(self) -> str:
        """What it does, in a sentence."""
        return " ".join((self.change.__doc__ or "").split())


KINDS: dict[str, FaultKind] = {}


def _register(stage: str, amount: float = 0) -> Callable[[Change], Change]:
    def enter(change: Change) -> Change:
        name = change.__name__
        KINDS[name] = FaultKind(name, stage, change, amount)
        return change

    return enter


def parse_fault(text: str) -> Fault:
    """Read ``NAME[:TARGET][=AMOUNT]``.

    Raises:
        SandboxError: no such fault, or the amount is not a number.
    """
    rest, equals, amount = text.partition("=")
    name, _, target = rest.partition(":")
    if name not in KINDS:
        raise SandboxError(f"there is no fault '{name}'", "sandbox faults", f"use one of {', '.join(sorted(KINDS))}")
    try:
        number = float(amount) if equals else KINDS[name].default_amount
    except ValueError as error:
        next_step = f"write a number, such as {name}=2"
        raise SandboxError(f"'{amount}' is not a number", f"sandbox fault '{text}'", next_step) from error
    return Fault(name, target or None, number)


# --- request: the question is understood wrongly -------------------------------------------------------------


def _with_query(request: Request, **changes: str) -> Request:
    return replace(request, query={**request.query, **changes})


@_register("request", amount=5000)
def page_size_cap(fault: Fault, request: Request) -> Request:
    """Answers at most AMOUNT (5000) rows per page, whatever per_page asks for."""
    asked = request.query.get("per_page", "")
    is_beyond = asked.isdecimal() and int(asked) > fault.amount
    return _with_query(request, per_page=str(int(fault.amount))) if is_beyond else request


@_register("request")
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


@_register("series")
def value_not_a_number(_fault: Fault, series: Series, _world: World) -> Series:
    """The first known figure of an indicator is the text "n/a"."""
    return _with_cell(series, '"n/a"')


@_register("series")
def out_of_range(_fault: Fault, series: Series, _world: World) -> Series:
    """The first known figure of an indicator is far below every plausible bound."""
    return _with_cell(series, OUTSIDE_EVERY_BOUND)


@_register("series")
def future_year(_fault: Fault, series: Series, _world: World) -> Series:
    """The newest year of an indicator is called 2999."""
    return replace(series, years=(FAR_FUTURE, *series.years[1:]))


@_register("series")
def duplicate_key(_fault: Fault, series: Series, _world: World) -> Series:
    """The last economy carries the codes of the one before it, so that every key of that one comes twice."""
    return replace(series, places=(*series.places[:-1], series.places[-2]))


@_register("series")
def unknown_country(_fault: Fault, series: Series, _world: World) -> Series:
    """The last economy carries a code that nobody knows (Q9, QQQ)."""
    return replace(series, places=(*series.places[:-1], NOBODYS_CODE))


@_register("series")
def rows_halved(_fault: Fault, series: Series, _world: World) -> Series:
    """Every second economy is gone, and the header's total agrees."""
    return replace(series, places=series.places[::2], cells=series.cells[::2])


@_register("series")
def wrong_indicator(_fault: Fault, series: Series, world: World) -> Series:
    """Answers another indicator of the same source than the one asked for, as a stale cache does."""
    entries = [entry for entry in world.listing("indicator") or [] if entry["source"]["id"] == series.source_id]
    others = [entry for entry in entries if entry["id"] != series.indicator_id]
    served = next((entry["id"] for entry in others if world.status(entry["id"]) == "served"), None)
    if served is not None:
        return world.series(served)
    return replace(series, indicator_id=others[0]["id"], indicator_name=others[0]["name"])  # the archive: a wrong label


@_register("list")
def aggregate_like_country(_fault: Fault, name: str, entries: list[Entry]) -> list[Entry]:
    """The country list shows AFE (Africa Eastern and Southern) with a region and an income group, like an economy."""
    if name != "country":
        return entries
    model = next(entry for entry in entries if entry["region"]["id"] == "SSF")
    kept = ("region", "adminregion", "incomeLevel", "lendingType", "capitalCity", "longitude", "latitude")
    disguise = {key: model[key] for key in kept}
    return [{**entry, **disguise} if entry["id"] == "AFE" else entry for entry in entries]


@_register("list")
def country_list_halved(_fault: Fault, name: str, entries: list[Entry]) -> list[Entry]:
    """Every second entry of the country list is gone."""
    return entries[::2] if name == "country" else entries


# --- document: the JSON is wrong -----------------------------------------------------------------------------


def _rows(document: Any) -> list[dict[str, Any]]:
    """The rows of a data page (today's or the archive's) or the entries of a list; none when there are none."""
    if isinstance(document, dict):
        source = document.get("source")
        return source.get("data", []) if isinstance(source, dict) else []
    return (document[1] or []) if len(document) == 2 else []


def _header(document: Any) -> dict[str, Any]:
    return document if isinstance(document, dict) else document[0]


@_register("document")
def missing_page_2(_fault: Fault, document: Any, request: Request) -> Any:
    """Answers page 2 with pages 0 and null instead of rows."""
    empty = {"page": 0, "pages": 0, "per_page": 0, "total": 0}
    if request.query.get("page") != "2":
        return document
    if isinstance(document, dict):
        return {**empty, "source": None}
    return [{**empty, "sourceid": None, "lastupdated": None}, None]


@_register("document")
def total_changes(_fault: Fault, document: Any, request: Request) -> Any:
    """Each page names another total: one row more than the page before."""
    page = int(request.query.get("page", "1"))
    header = _header(document)
    header["total"] = type(header["total"])(int(header["total"]) + page - 1)  # some lists send it as text
    return document


@_register("document")
def new_field(_fault: Fault, document: Any, _request: Request) -> Any:
    """Every row has one more field, ``footnote``."""
    for row in _rows(document):
        row["footnote"] = ""
    return document


@_register("document")
def missing_field(_fault: Fault, document: Any, _request: Request) -> Any:
    """No row has the field ``value``; entries of lists lack ``name``."""
    for row in _rows(document):
        row.pop("value" if "value" in row else "name", None)
    return document


# --- answer: status, headers or bytes are wrong --------------------------------------------------------------

JSON = {"Content-Type": "application/json;charset=utf-8"}
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}


def _message(number: str, key: str, value: str) -> Answer:
    document = [{"message": [{"id": number, "key": key, "value": value}]}]
    return Answer(200, JSON, json.dumps(document, separators=(",", ":")).encode())


@_register("answer")
def error_120(_fault: Fault, _answer: Answer) -> Answer:
    """HTTP 200 with the publisher's error 120, invalid value."""
    return _message("120", "Invalid value", "The provided parameter value is not valid")


@_register("answer")
def error_175(_fault: Fault, _answer: Answer) -> Answer:
    """HTTP 200 with the publisher's error 175, deleted or archived."""
    sentence = "The indicator was not found. It may have been deleted or archived."
    return _message("175", "Invalid format", sentence)


@_register("answer")
def html_instead_of_json(_fault: Fault, _answer: Answer) -> Answer:
    """HTTP 200 with a maintenance page in HTML."""
    page = b"<!DOCTYPE html><html><body><h1>Scheduled maintenance</h1></body></html>"
    return Answer(200, {"Content-Type": "text/html; charset=utf-8"}, page)


@_register("answer")
def truncated_gzip(_fault: Fault, answer: Answer) -> Answer:
    """The body is gzip and stops halfway; Content-Length agrees with the half."""
    packed = gzip.compress(answer.body, 1, mtime=0)
    headers = {**answer.headers, "Content-Encoding": "gzip"}
    return replace(answer, headers=headers, body=packed[: len(packed) // 2], is_encoded=True)


@_register("answer")
def truncated_json(_fault: Fault, answer: Answer) -> Answer:
    """The JSON stops halfway; Content-Length agrees with the half."""
    return replace(answer, body=answer.body[: len(answer.body) // 2])


@_register("answer")
def empty_body(_fault: Fault, answer: Answer) -> Answer:
    """HTTP 200 and not a single byte."""
    return replace(answer, body=b"")


@_register("answer")
def http_500(_fault: Fault, _answer: Answer) -> Answer:
    """HTTP 500, every time."""
    return Answer(500, PLAIN, b"Internal Server Error\n")


@_register("answer")
def http_500_once(fault: Fault, answer: Answer) -> Answer:
    """HTTP 500 for the first request it meets, then all is well."""
    return http_500(fault, answer) if fault.is_first() else answer


@_register("answer")
def http_429_once(fault: Fault, answer: Answer) -> Answer:
    """HTTP 429 with Retry-After 1 for the first request it meets, then all is well."""
    return Answer(429, {**PLAIN, "Retry-After": "1"}, b"Too Many Requests\n") if fault.is_first() else answer


@_register("answer")
def http_404(_fault: Fault, _answer: Answer) -> Answer:
    """HTTP 404, every time."""
    return Answer(404, PLAIN, b"Not Found\n")


@_register("answer")
def redirect_elsewhere(_fault: Fault, _answer: Answer) -> Answer:
    """HTTP 302 to another host."""
    return Answer(302, {**PLAIN, "Location": ELSEWHERE}, b"")


@_register("answer", amount=5)
def slow(fault: Fault, answer: Answer) -> Answer:
    """Waits AMOUNT (5) seconds before it answers."""
    threading.Event().wait(fault.amount)
    return answer


@_register("answer")
def connection_reset(_fault: Fault, answer: Answer) -> Answer:
    """Breaks the connection in the middle of the body."""
    return replace(answer, bytes_before_reset=len(answer.body) // 2)


@_register("answer")
def server_down(_fault: Fault, answer: Answer) -> Answer:
    """Closes the connection without a word; TARGET is a host, and then only that host is down."""
    return replace(answer, is_silent=True)


def _endless() -> Iterator[bytes]:
    yield b"["
    while True:
        yield BLOCK


@_register("answer")
def oversized(_fault: Fault, answer: Answer) -> Answer:
    """A body that never ends."""
    return replace(answer, stream=_endless(), is_encoded=True)


def _endless_gzip() -> Iterator[bytes]:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    for block in _endless():
        packed = packer.compress(block)
        if packed:
            yield packed


@_register("answer")
def gzip_bomb(_fault: Fault, answer: Answer) -> Answer:
    """A gzip body that unpacks to a thousand times its size and never ends."""
    return replace(
        answer, headers={**answer.headers, "Content-Encoding": "gzip"}, stream=_endless_gzip(), is_encoded=True
    )


# --- putting them to work ------------------------------------------------------------------------------------


class FaultyWorld:
    """A world whose figures and lists pass through the faults that are switched on."""

    def __init__(self, world: World, faults: Sequence[Fault]) -> None:
        self._world = world
        self._faults = faults
        self.figures = world.figures

    def _of(self, stage: str, subject: str) -> list[Fault]:
        return _hitting(self._faults, stage, frozenset({subject}))

    def listing(self, name: str) -> list[Entry] | None:
        """The list, after the faults."""
        entries = self._world.listing(name)
        for fault in self._of("list", name) if entries is not None else []:
            entries = KINDS[fault.name].change(fault, name, entries)
        return entries

    def status(self, indicator_id: str) -> Status:
        """As the world says."""
        return self._world.status(indicator_id)

    def series(self, indicator_id: str) -> Series:
        """The series, after the faults."""
        return self._spoil(self._world.series(indicator_id), indicator_id)

    def editions(self) -> tuple[Edition, ...]:
        """As the world says."""
        return self._world.editions()

    def is_archived(self, series_id: str) -> bool:
        """As the world says."""
        return self._world.is_archived(series_id)

    def archived_series(self, series_id: str, edition_id: str) -> Series | None:
        """The series of that edition, after the faults."""
        series = self._world.archived_series(series_id, edition_id)
        return None if series is None else self._spoil(series, series_id)

    def _spoil(self, series: Series, asked_id: str) -> Series:
        for fault in self._of("series", asked_id):
            series = KINDS[fault.name].change(fault, series, self._world)
        return series


def change_request(faults: Sequence[Fault], subjects: frozenset[str], request: Request) -> Request:
    """The request as the faulty publisher understands it."""
    for fault in _hitting(faults, "request", subjects):
        request = KINDS[fault.name].change(fault, request)
    return request


def change_answer(faults: Sequence[Fault], subjects: frozenset[str], request: Request, answer: Answer) -> Answer:
    """The answer as the faulty publisher sends it."""
    about_documents = _hitting(faults, "document", subjects)
    if about_documents and answer.headers.get("Content-Type") == JSON["Content-Type"]:
        document = json.loads(answer.body)
        for fault in about_documents if _rows(document) else []:
            document = KINDS[fault.name].change(fault, document, request)
        answer = replace(answer, body=json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
    for fault in _hitting(faults, "answer", subjects):
        answer = KINDS[fault.name].change(fault, answer)
    return answer


def _hitting(faults: Sequence[Fault], stage: str, subjects: frozenset[str]) -> list[Fault]:
    return [fault for fault in faults if KINDS[fault.name].stage == stage and fault.hits(subjects)]
