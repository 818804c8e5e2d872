"""Candidate to readers: put a release in force by one rename, take it back, clear old ones away.

``current`` is the truth: the release it leads to is in force. What follows from it (the log of
publications, the door by which BI reads, the views) is brought in line by ``settle``, which
every command here begins and ends with, so a kill at any instruction is mended by the next.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ingestion import clock
from ingestion.errors import HomeError
from ingestion.home import Home, sync
from warehouse.build import release_lock
from warehouse.doors import OPEN_FOR, is_open, open_door, turn
from warehouse.publications import Publication, append_publication, read_publications, release_ids_published
from warehouse.release import Release, find_in_force, find_release, finished_in, in_force
from warehouse.views import write_views

RELEASES_KEPT = 7
REJECTED_KEPT = 5


def publish(home: Home, release: Release) -> Release:
    """Put an audited candidate, or a kept release, in force; doing it twice changes nothing.

    Raises:
        HomeError: it has not passed its audit, or another process is at it.
    """
    with release_lock(home):
        settle(home)
        if not release.is_audited:
            raise HomeError("it has not passed its audit", f"release {release.id}", "run `braindrain publish`")
        sync_tree(release.folder)
        moved = move_into_releases(home, release)
        turn(home.current, moved.folder.relative_to(home.root))
        settle(home)
        return moved


def settle(home: Home) -> None:
    """Bring the log, the door and the views in line with ``current``. The caller holds the release lock."""
    release = find_in_force(home)
    if release is None:
        return
    publications = read_publications(home)
    if not publications or publications[-1].release_id != release.id:
        number = publications[-1].number + 1 if publications else 1
        publications.append(Publication(number, clock.iso(clock.now()), release.id))
        append_publication(home, publications[-1])
    if not is_open(home, publications[-1]):
        open_door(home, publications)
    write_views(home, release)


def mend(home: Home) -> None:
    """Finish what a killed publication began.

    Raises:
        HomeError: another process is at it.
    """
    with release_lock(home):
        settle(home)


def rollback(home: Home, release_id: str | None = None) -> Release:
    """Put an earlier release in force again: the one named, or the one before the one in force.

    Raises:
        NothingPublished: nothing is in force.
        HomeError: the release is not kept, or there is no earlier one.
    """
    with release_lock(home):
        settle(home)
        target = find_release(home, release_id) if release_id else _before(home, in_force(home))
        turn(home.current, target.folder.relative_to(home.root))
        settle(home)
        return target


def _before(home: Home, current: Release) -> Release:
    earlier = [release for release in finished_in(home.releases) if release.id < current.id]
    if not earlier:
        raise HomeError("no earlier release is kept", f"release {current.id}", "run `braindrain releases` for the list")
    return earlier[-1]


def list_releases(home: Home) -> list[Release]:
    """Every kept release, oldest first."""
    return finished_in(home.releases)


def waiting_candidate(home: Home) -> Release | None:
    """The newest build that waits for audit or publication, also one that a kill left among the releases."""
    published = release_ids_published(home)
    waiting = [release for release in list_releases(home) if release.id not in published]
    waiting += finished_in(home.candidates)
    return max(waiting, key=lambda release: release.id, default=None)


def prune(home: Home, keep: int = RELEASES_KEPT) -> list[str]:
    """Remove all but the newest releases and rejected candidates; give the ids of what went.

    What is in force stays, and so does what was in force shortly before it: a long query may
    still be reading it.

    Raises:
        HomeError: another process is at it.
    """
    if keep < 1:
        raise HomeError(f"asked to keep {keep} releases", str(home.releases), "keep at least one")
    with release_lock(home):
        settle(home)
        recent = [publication.release_id for publication in read_publications(home)[-OPEN_FOR:]]
        releases = list_releases(home)
        kept = {release.id for release in releases[-keep:]} | set(recent[-2:])
        gone = [release.folder for release in releases if release.id not in kept]
        gone += sorted(path for path in home.rejected.glob("*") if path.is_dir())[:-REJECTED_KEPT]
        for half_gone in home.releases.glob(".*.gone"):
            shutil.rmtree(half_gone)
        for folder in gone:
            remove_whole(folder)
        return [folder.name for folder in gone]


def remove_whole(folder: Path) -> None:
    """Remove a release so that no half of one is ever found: it loses its name first."""
    doomed = folder.with_name(f".{folder.name}.gone")
    if doomed.exists():
        shutil.rmtree(doomed)
    folder.rename(doomed)
    shutil.rmtree(doomed)


def move_into_releases(home: Home, release: Release) -> Release:
    """Give the candidate its place among the releases, durably; a release that has it stays."""
    place = home.releases / release.id
    if release.folder != place:
        home.releases.mkdir(parents=True, exist_ok=True)
        release.folder.rename(place)
        sync(home.releases)
        sync(home.candidates)
    return Release(place, release.facts)


def sync_tree(folder: Path) -> None:
    """Make every file and folder below durable."""
    for parent, _, files in os.walk(folder):
        for name in files:
            descriptor = os.open(Path(parent) / name, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        sync(Path(parent))
