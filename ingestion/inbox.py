"""The inbox: files that a person places by hand, because their publisher offers no stable address.

A catalog entry names such a file ``inbox:<source>/<file name>``; it belongs at ``<home>/inbox/<source>/<file name>``.
Where it is not there and the origin is local, the origin's own hand is asked for it (host ``inbox``).
"""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path

from ingestion import clock
from ingestion.errors import Absent, CatalogError, PayloadRejected, ProviderUnavailable
from ingestion.home import Home
from ingestion.http import CHUNK_BYTES, Answer, Client

PREFIX = "inbox:"
DIGEST_MARK = "sha256:"
PLACED = 200
"""A placed file counts as answered, in the words of HTTP."""


def is_address(address: str) -> bool:
    """Whether the address names a file of the inbox."""
    return address.startswith(PREFIX)


def placed_file(home: Home, address: str) -> Path:
    """Where the file belongs.

    Raises:
        CatalogError: the address is not ``inbox:<source>/<file name>``.
    """
    segments = address.removeprefix(PREFIX).split("/")
    if len(segments) != 2 or any(segment in ("", ".", "..") for segment in segments):
        raise CatalogError(f"'{address}' names no file of the inbox", "catalog", "write inbox:<source>/<file name>")
    return home.inbox / segments[0] / segments[1]


def holds(home: Home, address: str) -> bool:
    """Whether the address names a file of the inbox, and it is there."""
    return is_address(address) and placed_file(home, address).is_file()


def take(client: Client, address: str, where: str) -> Answer:
    """A copy of the placed file among the drafts, or what the hand of a local origin gives.

    Raises:
        Absent: the file is not there.
        PayloadRejected: it is empty or beyond the source's size cap.
        ProviderUnavailable: it changed while it was copied.
    """
    placed = placed_file(client.home, address)
    if placed.is_file():
        return _copy(client, placed, address, where)
    if client.origin.base_url is not None:
        return client.get(_hand(address), where)
    raise Absent(
        f"no file {placed.name} in the inbox",
        where,
        f"download it from {client.source.homepage} and place it at {placed}",
    )


def is_changed(client: Client, address: str, where: str, version: str) -> bool:
    """Whether the file is another than the one of that version.

    A file that was taken and is gone from the inbox since is no change. Each file is looked at once a night.
    """
    placed = placed_file(client.home, address)
    if placed.is_file():
        if address not in client.known:
            with placed.open("rb") as opened:
                client.known[address] = (
                    f"{DIGEST_MARK}{hashlib.file_digest(opened, 'sha256').hexdigest()[:16]}".encode()
                )
        return client.known[address] != version.encode()
    if client.origin.base_url is None:
        return False
    try:
        return client.ask_if_changed(_hand(address), where, version)
    except Absent:
        return False


def _hand(address: str) -> str:
    return f"https://inbox/{address.removeprefix(PREFIX)}"


def _copy(client: Client, placed: Path, address: str, where: str) -> Answer:
    client.drafts.mkdir(parents=True, exist_ok=True)
    draft = client.drafts / f"{uuid.uuid4().hex}.draft"
    cap = client.source.largest_payload_bytes
    digest = hashlib.sha256()
    size = 0
    with placed.open("rb") as source, draft.open("wb") as copy:
        before = os.fstat(source.fileno())
        while size <= cap and (chunk := source.read(CHUNK_BYTES)):
            copy.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    answer = Answer(address, PLACED, {}, clock.iso(clock.now()), digest.hexdigest(), size, "", draft)
    if not 0 < size <= cap:
        found = f"{placed} passes {cap:,} bytes" if size else f"{placed} is empty"
        error = PayloadRejected(found, where, f"place the file as {client.source.homepage} offers it")
        error.answer = answer
        raise error
    after = placed.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size != after.st_size:
        raise ProviderUnavailable(f"{placed} changed while it was copied", where, "ingest again when it is in place")
    return answer
