"""What a file must be before anybody reads it: a whole file, no web page, and not larger inside than we let in.

A zip archive (a workbook ``.xlsx`` is one too) can declare one size and hold another, hold itself many times over, or
span more cells than any memory has; each is found here by streaming, and nothing is ever unpacked to disk.
"""

from __future__ import annotations

import copy
import gzip
import re
import struct
import zipfile
import zlib
from typing import IO, Any, cast

from ingestion.errors import PayloadRejected
from ingestion.http import CHUNK_BYTES, Body

GZIP_MARK = b"\x1f\x8b"
ZIP_MARK = b"PK\x03\x04"
EMPTY_ZIP_MARK = b"PK\x05\x06"
PAGE_MARKS = (b"<!doctype html", b"<html")
WORKBOOK_MEMBER = "[Content_Types].xml"
ARCHIVE_SUFFIXES = (".zip", ".gz", ".7z", ".rar", ".bz2", ".xz", ".tar", ".tgz")
MOST_CELLS = 20_000_000
"""Positions that the cells of one sheet may span; readers hold the whole rectangle, empty ones included."""
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError)
"""What the standard library raises over archives that are none, or broken ones."""
_CELL = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\br=["']([A-Z]+)[0-9]""")
_ERROR = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\bt=["']e["'][^<>]*>""")
_NOT_COMPUTED = re.compile(
    rb"""<(?:\w+:)?c\s(?![^<>]*\bt=["']str["'])[^<>]*>"""
    rb"""<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*(?:/>|></(?:\w+:)?v>))?\s*</(?:\w+:)?c>"""
)
_PLACE = re.compile(rb"""\br=["']([A-Z]+[0-9]+)""")
_ROW = re.compile(rb"""<(?:\w+:)?(?:c\s[^<>]*?\br=["'][A-Z]+|row\s[^<>]*?\br=["'])([0-9]+)""")
SHEET_CHUNK_BYTES = 1 << 20
TAIL_BYTES = 1 << 14
"""A cell may begin in one chunk of a sheet and end in the next; a formula has 8,192 characters at most."""
_NAME_INNER_FILE = "take the inner file out, and offer it by itself"
_LOOK_AT_FILE = "look at the file; if it is right, raise largest_payload_bytes of its source"


def opened(body: Body) -> IO[bytes]:
    """The body as a stream of decoded bytes."""
    stored = body.path.open("rb")
    return gunzipped(stored) if body.encoding == "gzip" else stored


def gunzipped(stream: IO[bytes]) -> IO[bytes]:
    """What a stream of gzip opens to."""
    return cast(IO[bytes], gzip.GzipFile(fileobj=stream, mode="rb"))


def check(body: Body, cap: int, where: str) -> None:
    """Refuse what cannot be a file of figures, or is one beyond ``cap`` bytes when opened.

    Raises:
        PayloadRejected: it is empty, a web page, cut off, encrypted, an archive of archives, or too large inside.
    """
    head = body.head()
    if not head:
        raise PayloadRejected("the file is empty", where, "ingest again; if it stays, look at the publisher's page")
    if head.lstrip().lower().startswith(PAGE_MARKS):
        raise PayloadRejected(
            "a web page came in place of the file", where, "check the catalog's endpoint on the publisher's page"
        )
    try:
        with opened(body) as stream:
            if head.startswith((ZIP_MARK, EMPTY_ZIP_MARK)):
                _check_archive(stream, cap, where)
            elif head.startswith(GZIP_MARK):
                _check_stream(gunzipped(stream), cap, where)
    except _DAMAGE as error:
        raise PayloadRejected(
            f"the archive is damaged or cut off ({error})", where, "ingest again; if it stays, report it"
        ) from error


def _check_archive(stream: IO[bytes], cap: int, where: str) -> None:
    with zipfile.ZipFile(stream) as archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        if len({info.filename for info in members}) < len(members):
            raise PayloadRejected("two files of the archive have one name", where, _NAME_INNER_FILE)
        declared = sum(info.file_size for info in members)
        if declared > cap:
            raise PayloadRejected(f"the archive declares {declared:,} bytes, beyond {cap:,}", where, _LOOK_AT_FILE)
        is_workbook = WORKBOOK_MEMBER in archive.namelist()
        for info in members:
            place = f"{where}, member {info.filename}"
            if info.flag_bits & 0x1:
                raise PayloadRejected("it is encrypted", place, "get the file as the publisher offers it to everybody")
            _check_member(archive, info, cap, place)
            if not is_workbook:
                _refuse_archive_inside(archive, info, cap, place)


def _check_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, cap: int, place: str) -> None:
    """Stream a member to its real end, whatever its header declares."""
    undeclared: Any = copy.copy(info)
    undeclared.file_size, undeclared.CRC = cap + 1, None
    size, tail, width, height = 0, b"", 0, 0
    with archive.open(undeclared) as member:
        while chunk := member.read(SHEET_CHUNK_BYTES):
            size += len(chunk)
            # Any member may be a sheet: what is one, a list inside the workbook says.
            seen = tail + chunk
            tail = seen[-TAIL_BYTES:]
            _refuse_unreadable_cells(seen, place)
            width = max(width, max(map(_column, set(_CELL.findall(seen))), default=1))
            height = max(height, max(map(int, _ROW.findall(seen)), default=0))
    if size != info.file_size:
        raise PayloadRejected(f"it declares {info.file_size:,} bytes and holds {size:,} or more", place, _LOOK_AT_FILE)
    if width * height > MOST_CELLS:
        raise PayloadRejected(
            f"its cells span {height:,} rows and {width:,} columns",
            place,
            "look for a stray cell; report it if it stays",
        )


def _refuse_unreadable_cells(sheet: bytes, place: str) -> None:
    """Refuse cells that the reader of workbooks takes for empty ones, though they are not."""
    for pattern, what in ((_ERROR, "holds an error"), (_NOT_COMPUTED, "holds a formula without its result")):
        found = pattern.search(sheet)
        if found:
            cell = _PLACE.search(found[0])
            name = cell[1].decode() if cell else "without a place"
            raise PayloadRejected(
                f"cell {name} {what}", place, "open the workbook; if it is the publisher's own fault, tell them"
            )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _refuse_archive_inside(archive: zipfile.ZipFile, info: zipfile.ZipInfo, cap: int, place: str) -> None:
    """A workbook is the only archive that may stand in an archive; it must be a sound one."""
    with archive.open(info) as member:
        head = member.read(len(ZIP_MARK))
        if head.startswith(ZIP_MARK) and info.filename.lower().endswith(".xlsx"):
            member.seek(0)
            _check_archive(member, cap, place)
        elif head.startswith((ZIP_MARK, GZIP_MARK)) or info.filename.lower().endswith(ARCHIVE_SUFFIXES):
            raise PayloadRejected("it is an archive inside an archive", place, _NAME_INNER_FILE)


def _check_stream(stream: IO[bytes], cap: int, where: str) -> None:
    size = 0
    with stream:
        while chunk := stream.read(CHUNK_BYTES):
            if not size and chunk.startswith((ZIP_MARK, GZIP_MARK)):
                raise PayloadRejected("it is an archive inside an archive", where, _NAME_INNER_FILE)
            size += len(chunk)
            if size > cap:
                raise PayloadRejected(f"the file opens to more than {cap:,} bytes", where, _LOOK_AT_FILE)
