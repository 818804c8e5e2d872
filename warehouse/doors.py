"""The doors through which BI reads: why the views of ``marts.duckdb`` do not read ``current/marts`` directly.

DuckDB opens a Parquet file by its path more than once in one query: for the footer when the
query is planned, then again in each thread that scans (seen in 1.5.5 with strace). If the
path leads elsewhere in between, the footer of one release is applied to the bytes of another.
Measured with six readers and 30 turns of a symlink: 1,256 of 4,613 queries failed, and
afterwards every query of the open connection failed for good ("don't know what type"),
because the cache of file blocks, which is kept by path, held a mixture.

So a path, once DuckDB has it, must always lead to the same bytes, and only the question
"which path?" may have a new answer. A view asks it with a glob:

    doors/current/**/<mart>.<shape>.parquet   where file_index = 0

``doors/current`` leads to the door of the newest publication, folder ``doors/<n>``. In it
stand, named so that the newest sorts first,

* the folder of publication n, with a link to each of its marts;
* the folder of publication n - 1, likewise, and of any other that was in force within the
  last seconds: a query that listed an earlier door just before a turn looks at the folders
  it found through the new one, and must find them as they were;
* links to the folders of older publications: ``**`` does not follow links, so they are not
  found any more, but a query that took such a path earlier can go on opening it.

The glob gives the newest first, ``file_index = 0`` keeps it alone. The same six readers: no
error and no mixture in 7,932 queries during 235 turns, and none after. ``<shape>`` is a
checksum of the mart's columns, so that files of one glob always have the same columns.
Needs DuckDB 1.3 or newer (``file_index``).
"""

from __future__ import annotations

import glob
import hashlib
import json
import shutil
import time
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from ingestion import clock
from ingestion.home import Home, sync
from warehouse.publications import Publication
from warehouse.release import FACTS_FILE, Release, read_release

# How many publications back a path stays open for a query that began before; doors kept for that.
OPEN_FOR = 64
KEPT = 2 * OPEN_FOR
# For how long after a turn the glob still finds what was in force before it, and how far turns
# are apart: the first bounds how long a glob (microseconds) may take, both how many files it finds.
FOUND_FOR = timedelta(seconds=15)
APART = timedelta(seconds=1)
# Folder names count down, because the glob sorts upward and the newest must come first.
LAST_NUMBER = 99_999_999
SHAPE_DIGITS = 8


def shape_of(mart: dict[str, Any]) -> str:
    """Checksum of a mart's column names and types, as ``release.json`` describes it."""
    columns = [(column["name"], column["type"]) for column in mart["columns"]]
    return hashlib.sha256(json.dumps(columns).encode()).hexdigest()[:SHAPE_DIGITS]


def pattern_of(home: Home, name: str, mart: dict[str, Any]) -> str:
    """The glob by which a view finds the newest file of a mart."""
    doors = glob.escape(str((home.doors / "current").absolute()))
    return f"{doors}/**/{name}.{shape_of(mart)}.parquet"


def is_open(home: Home, publication: Publication) -> bool:
    """Whether readers come in by the door of this publication."""
    current = home.doors / "current"
    return current.is_symlink() and current.readlink() == Path(str(publication.number))


def open_door(home: Home, publications: list[Publication]) -> None:
    """Make the door of the newest publication whole, then lead readers to it by one rename."""
    newest = publications[-1].number
    doors = home.doors
    draft = doors / f".{newest}.draft"
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(parents=True)
    _lay_out(home, publications[-1], draft / _name(newest))
    for publication, successor in pairwise(publications[-OPEN_FOR:]):
        folder = draft / _name(publication.number)
        if clock.now() - datetime.fromisoformat(successor.at) < FOUND_FOR:
            _lay_out(home, publication, folder)
        else:
            folder.symlink_to(Path("..") / str(publication.number) / folder.name)
    sync(draft)
    door = doors / str(newest)
    if door.exists():  # made whole by a process that died before the turn
        shutil.rmtree(door)
    draft.rename(door)
    current = doors / "current"
    if current.is_symlink():
        since_last_turn = time.time() - current.lstat().st_mtime
        # A clock that was set back must not keep anybody waiting for longer.
        time.sleep(min(max(APART.total_seconds() - since_last_turn, 0), APART.total_seconds()))
    turn(current, Path(str(newest)))
    _clear_old(doors, newest)


def turn(link: Path, target: Path) -> None:
    """Point a symlink elsewhere by one rename, durably."""
    draft = link.with_name(f".{link.name}.draft")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.replace(link)
    sync(link.parent)


def _name(number: int) -> str:
    return str(LAST_NUMBER - number)


def _lay_out(home: Home, publication: Publication, folder: Path) -> None:
    """A folder of links to the marts of one publication; empty if its release is no longer kept."""
    folder.mkdir()
    if (home.releases / publication.release_id / FACTS_FILE).exists():
        release: Release = read_release(home.releases / publication.release_id)
        for name, mart in release.marts.items():
            target = Path("../../..") / "releases" / release.id / "marts" / f"{name}.parquet"
            (folder / f"{name}.{shape_of(mart)}.parquet").symlink_to(target)
    sync(folder)


def _clear_old(doors: Path, newest: int) -> None:
    for door in doors.iterdir():
        if door.name.isdigit() and int(door.name) <= newest - KEPT:
            shutil.rmtree(door)
