"""Where state lives: one folder per kind of origin, stamped so that two origins never mix."""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ingestion.errors import HomeError

SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]*")
LOCK_HELD = "another process is working on it"
LOOK_AGAIN_SECONDS = 0.2


@dataclass(frozen=True)
class Home:
    """The rooms of ``BRAINDRAIN_HOME``; every path the project writes to is named here."""

    root: Path

    @property
    def landing(self) -> Path:
        """Raw payloads and their receipts; immutable."""
        return self.root / "landing"

    @property
    def lake(self) -> Path:
        """Parquet change log, one folder per dataset."""
        return self.root / "lake"

    @property
    def quarantine(self) -> Path:
        """Rejected batches with their verdicts."""
        return self.root / "quarantine"

    @property
    def ledger(self) -> Path:
        """What happened to each part of each dataset, one file per dataset."""
        return self.root / "ledger"

    @property
    def budgets(self) -> Path:
        """When each provider was asked, kept across processes and days."""
        return self.root / "budgets"

    @property
    def validations(self) -> Path:
        """great-expectations results and Data Docs."""
        return self.root / "validations"

    @property
    def candidates(self) -> Path:
        """Releases under construction."""
        return self.root / "candidates"

    @property
    def releases(self) -> Path:
        """Published releases, newest last by name."""
        return self.root / "releases"

    @property
    def rejected(self) -> Path:
        """Candidates that failed their audit, with the verdict."""
        return self.root / "rejected"

    @property
    def current(self) -> Path:
        """Symlink to the release in force; repointed by one rename."""
        return self.root / "current"

    @property
    def marts_database(self) -> Path:
        """The DuckDB file of views that BI tools open once."""
        return self.root / "marts.duckdb"

    @property
    def doors(self) -> Path:
        """The folders through which the views of ``marts.duckdb`` read, one per publication."""
        return self.root / "doors"

    @property
    def publications(self) -> Path:
        """Which release was put in force when, one line each."""
        return self.root / "publications.jsonl"

    @property
    def as_of(self) -> Path:
        """Releases built as of an earlier moment, for questions that ask so."""
        return self.root / "as_of"

    @property
    def inbox(self) -> Path:
        """Where people place files that their publisher offers at no stable address."""
        return self.root / "inbox"

    @property
    def scratch(self) -> Path:
        """Where DuckDB works: batches on their way into the lake, and what does not fit its memory."""
        return self.root / "scratch"

    @property
    def origin_stamp(self) -> Path:
        """Which origin the home belongs to."""
        return self.root / "origin.json"

    @property
    def is_synthetic(self) -> bool:
        """Whether figures of a simulated world were ever taken in here; if so they are labelled."""
        if not self.origin_stamp.exists():
            return False
        stamp = json.loads(self.origin_stamp.read_text())
        return bool(stamp["kind"] == "sandbox" or stamp.get("synthetic"))

    def mark_synthetic(self) -> None:
        """Note that figures of a simulated world were taken in."""
        if self.origin_stamp.exists() and not self.is_synthetic:
            stamp = json.loads(self.origin_stamp.read_text()) | {"synthetic": True}
            write_atomically(self.origin_stamp, json.dumps(stamp).encode())

    @contextmanager
    def lock(self, name: str, where: str, patience_seconds: float = 0) -> Iterator[None]:
        """Hold the named lock of this home, or say after some patience that it cannot be had.

        The lock is the kernel's, so it is gone when its holder dies, however it dies.
        """
        deadline = time.monotonic() + patience_seconds
        folder = self.root / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{name}.lock").open("w") as handle:
            while not _locked(handle):
                if time.monotonic() >= deadline:
                    raise HomeError(LOCK_HELD, where, "wait for it to end, then run this again")
                time.sleep(LOOK_AGAIN_SECONDS)
            yield


def _locked(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_atomically(path: Path, content: bytes) -> None:
    """Write a whole file so that a reader, or a crash, sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    with draft.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Make a file's bytes, or a folder's entries, durable (a rename is not, until its folder is synced)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_home(root: Path, origin_kind: str, origin: str) -> Home:
    """Open the home, stamping it with its origin on first use.

    Raises:
        HomeError: the home already belongs to another origin.
    """
    home = Home(root)
    stamp = home.origin_stamp
    if stamp.exists():
        found = json.loads(stamp.read_text())
        if found["kind"] != origin_kind:
            raise HomeError(
                f"it holds figures of origin '{found['kind']}' and was asked to take figures of origin '{origin_kind}'",
                str(root),
                "set BRAINDRAIN_HOME to another folder, or ORIGIN to the one it was made with",
            )
    else:
        write_atomically(stamp, json.dumps({"kind": origin_kind, "origin": origin}).encode())
    return home


def path_of(room: Path, *names: str) -> Path:
    """The path of these names below a room.

    Raises:
        HomeError: a name cannot be a file's.
    """
    for name in names:
        if not SAFE_NAME.fullmatch(name):
            raise HomeError(f"'{name}' cannot be a file name", str(room), "name it with letters, digits, . _ @ -")
    return room.joinpath(*names)
