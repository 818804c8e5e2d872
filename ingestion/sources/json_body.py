"""What the JSON protocols share: a body becomes typed rows, or an error that names the row it is about."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

import msgspec

from ingestion.errors import PayloadRejected
from ingestion.sources.typed import LOOK_AT_PUBLISHER

T = TypeVar("T")
Said: TypeAlias = Callable[[Mapping[str, Any]], str]
"""Says in words which row it is given; a field may be missing, and of any type."""

INGEST_LATER = "ingest again when the publisher's update is through"
# A row stands in a list that is a field of the answer, or the second element of it.
ROW = re.compile(r"`\$(?:\.(?P<field>\w+)|\[(?P<element>\d+)\])\[(?P<row>\d+)\]")
YEAR = re.compile(r"[0-9]{4}")


def by(*names: str) -> Said:
    """Says the fields of these names."""
    return lambda row: " ".join(str(row.get(name)) for name in names)


def decode(body: bytes, decoder: msgspec.json.Decoder[T], where: str, said: Said | None = None) -> T:
    """Type a body; ``said`` names the row that a finding is about.

    Raises:
        PayloadRejected: the body is not what the decoder describes.
    """
    try:
        return decoder.decode(body)
    except UnicodeDecodeError as error:
        raise PayloadRejected(f"the text is no UTF-8 ({error})", where, LOOK_AT_PUBLISHER) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise PayloadRejected(_finding(body, error, said), where, LOOK_AT_PUBLISHER) from error


def _finding(body: bytes, error: Exception, said: Said | None) -> str:
    start = body[:200].lstrip().lower()
    if not start:
        return "the body is empty"
    if start.startswith(b"<"):
        return f"{'HTML' if b'html' in start else 'XML'} came instead of JSON"
    row = _row_meant(body, str(error))
    if row is None or said is None:
        return str(error)
    return f"{error}, that is {said(row) if isinstance(row, dict) else str(row)[:80]}"


def _row_meant(body: bytes, error: str) -> object:
    """The row that the decoder's finding (``... - at `$.items[3].year```) is about; None where it is about none."""
    found = ROW.search(error)
    if found is None:
        return None
    try:
        rows = json.loads(body)[found["field"] or int(found["element"])]
        return rows[int(found["row"])]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None  # the finding came before the place where the body breaks


def year(period: str, of_row: str, where: str) -> int:
    """A period that must be a year; ``of_row`` says the row it stands in.

    Raises:
        PayloadRejected: it is none.
    """
    if not YEAR.fullmatch(period):
        raise PayloadRejected(f"a period is no year: '{period[:20]}' in {of_row}", where, LOOK_AT_PUBLISHER)
    return int(period)


def digest(content: object) -> str:
    """What marks this version of decoded content, where the publisher sets no mark."""
    return "sha256:" + hashlib.sha256(msgspec.json.encode(content)).hexdigest()[:16]
