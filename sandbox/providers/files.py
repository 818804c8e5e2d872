"""Files for download, as web servers offer them: an ETag, a Last-Modified date, 304 for who has it already.

``inbox`` is no publisher's host: it plays the person who places by hand the files that have no stable address.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime

from sandbox.providers import Answer, Request, not_recorded
from sandbox.worlds import File, World

HOSTS: tuple[str, ...] = (
    "barrolee.github.io",
    "datacatalogfiles.worldbank.org",
    "inbox",
    "lehd.ces.census.gov",
    "raw.githubusercontent.com",
    "webfs.oecd.org",
    "www.un.org",
    "www.v-dem.net",
    "www.worldbank.org",
)
BROWSERS_ONLY = ("www.un.org",)
"""Hosts that turn away clients whose User-Agent is not a browser's."""
BROWSER = "Mozilla/"
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "gz": "application/gzip",
    "txt": "text/plain; charset=utf-8",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


def subjects(request: Request) -> frozenset[str]:
    """The address and the name of the file."""
    return frozenset({"/".join((request.host, *request.path)), *request.path[-1:]})


def answer(world: World, request: Request) -> Answer:
    """The file, 304 when the client has that version, or 403 where it is not let in."""
    address = "/".join((request.host, *request.path))
    if request.host in BROWSERS_ONLY and not request.headers.get("user-agent", "").startswith(BROWSER):
        return Answer(403, {"Content-Type": "text/html"}, b"<html><head><title>403 Forbidden</title></head></html>\n")
    found = world.file(address)
    if found is None:
        return not_recorded(world, f"file {address}")
    marks = validators(found)
    if request.headers.get("if-none-match") == marks["ETag"]:
        return Answer(304, marks)
    if request.headers.get("if-modified-since") == marks["Last-Modified"]:
        return Answer(304, marks)
    suffix = request.path[-1].rpartition(".")[2].lower()
    headers = {"Content-Type": CONTENT_TYPES.get(suffix, "application/octet-stream"), **marks}
    # Archives and workbooks are compressed already.
    return Answer(200, headers, found.content, is_encoded=suffix in ("gz", "zip", "xlsx"))


def validators(file: File) -> dict[str, str]:
    """What marks the version of a file."""
    moment = datetime.fromisoformat(file.updated)
    at = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    digest = hashlib.sha256(file.content).hexdigest()[:32]
    return {"ETag": f'"{digest}"', "Last-Modified": format_datetime(at, usegmt=True)}
