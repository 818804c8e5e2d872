"""What the JSON protocols share: a body becomes typed rows, or an error that names the row it is about."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import TypeVar

import msgspec
import pyarrow as pa

from ingestion.errors import PayloadRejected

T = TypeVar("T")

LOOK_AT_PUBLISHER = "compare the landed payload with the publisher's page, then ingest again"
INGEST_LATER = "ingest again when the publisher's update is through"


def decode(body: bytes, decoder: msgspec.json.Decoder[T], where: str, place: Sequence[str] = ()) -> T:
    """Type a body; ``place`` are the fields that say which row a finding is about.

    Raises:
        PayloadRejected: the body is not what the decoder describes.
    """
    try:
        return decoder.decode(body)
    except msgspec.DecodeError as error:
        start = body[:200].lstrip().lower()
        what = f"{error}{_named_row(body, str(error), place)}"
        if not start:
            what = "the body is empty"
        elif start.startswith(b"<"):
            what = f"{'HTML' if b'html' in start else 'XML'} came instead of JSON"
        raise PayloadRejected(what, where, LOOK_AT_PUBLISHER) from error


def _named_row(body: bytes, error: str, place: Sequence[str]) -> str:
    """Which row the decoder's finding (``... - at `$.items[3].year```) is about."""
    found = re.search(r"`\$\.(\w+)\[(\d+)\]", error)
    if not found:
        return ""
    row = json.loads(body)[found[1]][int(found[2])]
    if not isinstance(row, dict):
        return f", that is {str(row)[:80]}"
    return ", that is " + " ".join(str(row.get(name)) for name in place)


def text_column(values: Sequence[str | None]) -> pa.Array:
    """A column of codes; every text is kept as it is, ``NA`` too."""
    return pa.array(values, pa.string()).dictionary_encode()


def digest(content: object) -> str:
    """What marks this version of decoded content, where the publisher sets no mark."""
    return "sha256:" + hashlib.sha256(msgspec.json.encode(content)).hexdigest()[:16]
