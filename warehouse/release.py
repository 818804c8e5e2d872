"""What a release is: a folder with ``warehouse.duckdb``, ``marts/*.parquet`` and ``release.json``.

A release under construction (a candidate) has the same shape. ``release.json`` is written
last, so a folder without it is a build that did not end.
"""

from __future__ import annotations

import glob
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.errors import HomeError
from ingestion.home import Home, write_atomically

FACTS_FILE = "release.json"
SYNTHETIC_NOTICE = "SYNTHETIC: a simulated world, made up for trying the warehouse; nobody published these figures."


class NothingPublished(HomeError):
    """The home holds no release in force yet."""


@dataclass(frozen=True)
class Release:
    """A finished build: its folder and what ``release.json`` says about it.

    ``facts`` holds release_id, created_at, as_of, origin, synthetic, inputs_checksum, inputs,
    previous, accepted_change, marts (name to rows, bytes, sha256, comment, key, columns), dbt
    (verdict of every model and test) and, once audited, audits.
    """

    folder: Path
    facts: dict[str, Any]

    @property
    def id(self) -> str:
        """Release id, ``YYYYMMDDTHHMMSSZ-`` and eight hex digits of the inputs checksum."""
        return str(self.facts["release_id"])

    @property
    def is_synthetic(self) -> bool:
        """Whether the figures come from the simulated world."""
        return bool(self.facts["synthetic"])

    @property
    def is_audited(self) -> bool:
        """Whether the audit ran and let it pass."""
        return bool(self.facts.get("audits")) and all(verdict["passed"] for verdict in self.facts["audits"])

    @property
    def inputs_checksum(self) -> str:
        """sha256 over everything the marts are made from."""
        return str(self.facts["inputs_checksum"])

    @property
    def marts(self) -> dict[str, dict[str, Any]]:
        """Facts of each mart by name, in order of name."""
        return dict(self.facts["marts"])

    @property
    def database(self) -> Path:
        """The DuckDB file that is this release, whole."""
        return self.folder / "warehouse.duckdb"

    def mart_file(self, mart: str) -> Path:
        """The Parquet file of a mart."""
        return self.folder / "marts" / f"{mart}.parquet"

    def mart_source(self, mart: str) -> str:
        """The Parquet file of a mart as DuckDB's readers want it: they take brackets and stars for a pattern."""
        return glob.escape(str(self.mart_file(mart)))

    def with_facts(self, **facts: Any) -> Release:
        """Write further facts into ``release.json`` and give the release that has them."""
        changed = Release(self.folder, {**self.facts, **facts})
        write_facts(self.folder, changed.facts)
        return changed


def write_facts(folder: Path, facts: dict[str, Any]) -> None:
    """Write ``release.json``, whole or not at all."""
    text = json.dumps(facts, indent=2, ensure_ascii=False)
    write_atomically(folder / FACTS_FILE, (text + "\n").encode())


def read_release(folder: Path) -> Release:
    """The release of a folder.

    Raises:
        HomeError: the folder holds no finished release.
    """
    path = folder / FACTS_FILE
    try:
        return Release(folder, json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise HomeError("it has no release.json", str(folder), "run `braindrain releases` for what there is") from None


def finished_in(room: Path) -> list[Release]:
    """Every finished release of a room (``releases``, ``candidates``), oldest first."""
    # A name that begins with a dot is a folder on its way out.
    return [read_release(path.parent) for path in sorted(room.glob(f"[!.]*/{FACTS_FILE}"))]


def find_in_force(home: Home) -> Release | None:
    """The release that ``current`` leads to, or None before the first publication."""
    if not home.current.is_symlink():
        return None
    return read_release(home.current.resolve())


def in_force(home: Home) -> Release:
    """The release that ``current`` leads to.

    Raises:
        NothingPublished: there is none yet.
    """
    release = find_in_force(home)
    if release is None:
        raise NothingPublished("nothing is published here yet", str(home.root), "run `braindrain refresh`")
    return release


def find_built(home: Home, release_id: str) -> Release:
    """A finished build by its id: a candidate that waits, or a release that is kept.

    Raises:
        HomeError: there is none of that id.
    """
    for release in (*finished_in(home.candidates), *finished_in(home.releases)):
        if release.id == release_id:
            return release
    raise HomeError(f"no build '{release_id}' is kept", str(home.root), "run `braindrain build`, then this again")


def find_release(home: Home, release_id: str) -> Release:
    """A published release by its id.

    Raises:
        HomeError: no release of that id is kept.
    """
    for release in finished_in(home.releases):
        if release.id == release_id:
            return release
    raise HomeError(f"no release '{release_id}' is kept", str(home.releases), "run `braindrain releases` for the ids")
