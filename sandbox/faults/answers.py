"""Faults of answers: status, headers or bytes are wrong, whoever the publisher is, or as one publisher is known to."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from sandbox.faults.registry import Fault, register
from sandbox.faults.tables import SPOILT
from sandbox.providers import Answer

ELSEWHERE = "https://elsewhere.invalid/moved"
BLOCK = b" " * 65536
SPOILT_ON_THE_WIRE = re.compile(rb'"?' + str(SPOILT).encode() + rb'(?:\.0+)?"?')
# First columns of SDMX-CSV: OECD and ILO, OECD with labels, Eurostat.
CSV_BEGINNINGS = (b"STRUCTURE", b"DATAFLOW")
LEADING = ("STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION", "DATAFLOW", "LAST UPDATE")
JSON = {"Content-Type": "application/json;charset=utf-8"}
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}


def _message(number: str, key: str, value: str) -> Answer:
    document = [{"message": [{"id": number, "key": key, "value": value}]}]
    return Answer(200, JSON, json.dumps(document, separators=(",", ":")).encode())


@register("answer")
def error_120(_fault: Fault, _answer: Answer) -> Answer:
    """HTTP 200 with the publisher's error 120, invalid value."""
    return _message("120", "Invalid value", "The provided parameter value is not valid")


@register("answer")
def error_175(_fault: Fault, _answer: Answer) -> Answer:
    """HTTP 200 with the publisher's error 175, deleted or archived."""
    sentence = "The indicator was not found. It may have been deleted or archived."
    return _message("175", "Invalid format", sentence)


@register("answer")
def html_instead_of_json(_fault: Fault, _answer: Answer) -> Answer:
    """HTTP 200 with a maintenance page in HTML."""
    page = b"<!DOCTYPE html><html><body><h1>Scheduled maintenance</h1></body></html>"
    return Answer(200, {"Content-Type": "text/html; charset=utf-8"}, page)


@register("answer")
def truncated_gzip(_fault: Fault, answer: Answer) -> Answer:
    """The body is gzip and stops halfway; Content-Length agrees with the half."""
    packed = gzip.compress(answer.body, 1, mtime=0)
    headers = {**answer.headers, "Content-Encoding": "gzip"}
    return replace(answer, headers=headers, body=packed[: len(packed) // 2], is_encoded=True)


@register("answer")
def truncated_json(_fault: Fault, answer: Answer) -> Answer:
    """The JSON stops halfway; Content-Length agrees with the half."""
    return replace(answer, body=answer.body[: len(answer.body) // 2])


@register("answer")
def empty_body(_fault: Fault, answer: Answer) -> Answer:
    """HTTP 200 and not a single byte."""
    return replace(answer, body=b"")


@register("answer")
def http_500(_fault: Fault, _answer: Answer) -> Answer:
    """HTTP 500, every time."""
    return Answer(500, PLAIN, b"Internal Server Error\n")


@register("answer")
def http_500_once(fault: Fault, answer: Answer) -> Answer:
    """HTTP 500 for the first request it meets, then all is well."""
    return http_500(fault, answer) if fault.is_first() else answer


@register("answer")
def http_429_once(fault: Fault, answer: Answer) -> Answer:
    """HTTP 429 with Retry-After 1 for the first request it meets, then all is well."""
    return Answer(429, {**PLAIN, "Retry-After": "1"}, b"Too Many Requests\n") if fault.is_first() else answer


@register("answer")
def http_404(_fault: Fault, _answer: Answer) -> Answer:
    """HTTP 404, every time."""
    return Answer(404, PLAIN, b"Not Found\n")


@register("answer")
def redirect_elsewhere(_fault: Fault, _answer: Answer) -> Answer:
    """HTTP 302 to another host."""
    return Answer(302, {**PLAIN, "Location": ELSEWHERE}, b"")


@register("answer", amount=5)
def slow(fault: Fault, answer: Answer) -> Answer:
    """Waits AMOUNT (5) seconds before it answers."""
    threading.Event().wait(fault.amount)
    return answer


@register("answer")
def connection_reset(_fault: Fault, answer: Answer) -> Answer:
    """Breaks the connection in the middle of the body."""
    return replace(answer, bytes_before_reset=len(answer.body) // 2)


@register("answer")
def server_down(_fault: Fault, answer: Answer) -> Answer:
    """Closes the connection without a word; TARGET is a host, and then only that host is down."""
    return replace(answer, is_silent=True)


def _endless() -> Iterator[bytes]:
    yield b"["
    while True:
        yield BLOCK


@register("answer")
def oversized(_fault: Fault, answer: Answer) -> Answer:
    """A body that never ends."""
    return replace(answer, stream=_endless(), is_encoded=True)


def _endless_gzip() -> Iterator[bytes]:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    for block in _endless():
        packed = packer.compress(block)
        if packed:
            yield packed


@register("answer")
def gzip_bomb(_fault: Fault, answer: Answer) -> Answer:
    """A gzip body that unpacks to a thousand times its size and never ends."""
    return replace(
        answer, headers={**answer.headers, "Content-Encoding": "gzip"}, stream=_endless_gzip(), is_encoded=True
    )


# --- what single publishers are known to do -----------------------------------------------------------------

OECD_DOWNLOADS = b"You have exceeded the number of requests for data downloads permitted in the OECD Data API.\n"
OECD_REQUESTS = b"You have exceeded the number of requests currently permitted in the OECD Data API.\n"
ASYNCHRONOUS = b'{"warning": {"status": 413, "label": "ASYNCHRONOUS_RESPONSE. It will be treated asynchronously."}}'


@register("answer")
def refusal_as_200(_fault: Fault, _answer: Answer) -> Answer:
    """HTTP 200 with the sentence of a refused download as its body, as the OECD does beyond its hourly limit."""
    return Answer(200, PLAIN, OECD_DOWNLOADS)


@register("answer")
def refusal_as_200_once(fault: Fault, answer: Answer) -> Answer:
    """HTTP 200 with the sentence of a refused download for the first request it meets, then all is well."""
    return Answer(200, PLAIN, OECD_DOWNLOADS) if fault.is_first() else answer


@register("answer")
def http_429_retry_after_0(_fault: Fault, _answer: Answer) -> Answer:
    """HTTP 429 with Retry-After 0, every time, as the OECD does on too many requests."""
    return Answer(429, {**PLAIN, "Retry-After": "0"}, OECD_REQUESTS)


@register("answer", amount=9)
def wrong_key_arity(fault: Fault, _answer: Answer) -> Answer:
    """HTTP 422: the key of the query has too few parts, and the flow has AMOUNT (9) dimensions."""
    said = f"Not enough key values in query, expecting {fault.amount:.0f} got 1"
    return Answer(422, PLAIN, said.encode())


@register("answer")
def no_records(_fault: Fault, _answer: Answer) -> Answer:
    """HTTP 404 NoRecordsFound, as the OECD answers when nothing matches the key."""
    return Answer(404, PLAIN, b"NoRecordsFound")


@register("answer")
def async_413_in_200(_fault: Fault, _answer: Answer) -> Answer:
    """HTTP 200 with a warning inside that the answer comes later (413), as Eurostat does with heavy questions."""
    return Answer(200, JSON, ASYNCHRONOUS)


@register("answer")
def async_413(_fault: Fault, _answer: Answer) -> Answer:
    """HTTP 413 with the same warning, every time."""
    return Answer(413, JSON, ASYNCHRONOUS)


@register("answer")
def async_413_once(fault: Fault, answer: Answer) -> Answer:
    """HTTP 413 with the same warning for the first request it meets, then all is well."""
    return async_413(fault, answer) if fault.is_first() else answer


@register("answer")
def uis_hint(_fault: Fault, answer: Answer) -> Answer:
    """HTTP 200 without a record and with a hint that the unit could not be found, as UIS answers a wrong question."""
    document = _document(answer)
    if "records" not in document:
        return answer
    hint = {"code": "UIS::HINT::003", "message": "The geoUnit could not be found, QQQ"}
    return replace(answer, body=json.dumps({**document, "hints": [hint], "records": []}).encode())


@register("answer")
def unhcr_empty(_fault: Fault, answer: Answer) -> Answer:
    """HTTP 200 without an item, as UNHCR answers codes that it does not know (ISO codes without cf_type=ISO)."""
    document = _document(answer)
    if "items" not in document:
        return answer
    return replace(answer, body=json.dumps({**document, "maxPages": 0, "items": []}).encode())


def _document(answer: Answer) -> dict[str, Any]:
    """The JSON object of an answer; an empty one where there is none."""
    document = json.loads(answer.body) if answer.headers.get("Content-Type", "").startswith("application/json") else {}
    return document if isinstance(document, dict) else {}


# --- what any publisher of text tables may do ----------------------------------------------------------------


@register("answer")
def value_not_a_number(_fault: Fault, answer: Answer) -> Answer:
    """The figure that the table's fault marked is the text "n/a" on the wire."""
    is_json = "json" in answer.headers.get("Content-Type", "")
    return _with_body(answer, lambda body: SPOILT_ON_THE_WIRE.sub(b'"n/a"' if is_json else b"n/a", body))


@register("answer", amount=1_000_000)
def rows_cut_off(fault: Fault, answer: Answer) -> Answer:
    """A CSV ends after AMOUNT (1,000,000) rows, and nothing says so, as the OECD cuts large answers."""

    def cut(rows: list[list[str]]) -> list[list[str]]:
        return rows[: int(fault.amount) + 1]

    return _with_csv(answer, cut)


@register("answer")
def columns_reordered(_fault: Fault, answer: Answer) -> Answer:
    """The columns of a CSV stand in reverse order (the leading ones of SDMX lead); nothing else differs."""

    def turn(rows: list[list[str]]) -> list[list[str]]:
        led = sum(name in LEADING for name in rows[0])
        return [[*row[:led], *row[led:][::-1]] for row in rows]

    return _with_csv(answer, turn)


@register("answer")
def column_renamed(_fault: Fault, answer: Answer) -> Answer:
    """The column of figures of a CSV (OBS_VALUE, else the last one) has another name."""

    def rename(rows: list[list[str]]) -> list[list[str]]:
        renamed = "OBS_VALUE" if "OBS_VALUE" in rows[0] else rows[0][-1]
        return [[f"{name}_NEW" if name == renamed else name for name in rows[0]], *rows[1:]]

    return _with_csv(answer, rename)


def _with_csv(answer: Answer, change: Callable[[list[list[str]]], list[list[str]]]) -> Answer:
    """The answer with its CSV changed; as it was, when it is none, or a file (the stage of files sees to those)."""

    def rewritten(body: bytes) -> bytes:
        if not body.startswith(CSV_BEGINNINGS):
            return body
        out = io.StringIO(newline="")
        rows = list(csv.reader(io.StringIO(body.decode("utf-8"))))
        csv.writer(out, lineterminator="\r\n").writerows(change(rows))
        return out.getvalue().encode()

    return _with_body(answer, rewritten)


def _with_body(answer: Answer, change: Callable[[bytes], bytes]) -> Answer:
    """The answer with its body changed, also inside a gzip file."""
    if answer.stream is not None or not answer.body:
        return answer
    is_packed = answer.body.startswith(b"\x1f\x8b")
    body = gzip.decompress(answer.body) if is_packed else answer.body
    changed = change(body)
    if changed == body:
        return answer
    return replace(answer, body=gzip.compress(changed, 1, mtime=0) if is_packed else changed)
