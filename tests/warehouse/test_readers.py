"""Readers in a loop while releases change under them: no error, no mixture, no reconnecting."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event as ProcessEvent
from multiprocessing.synchronize import Semaphore
from pathlib import Path

import duckdb
import pytest

from ingestion.home import Home
from tests.warehouse.made_up import RATES, build_and_publish, new_home, record
from warehouse.publish import publish, rollback
from warehouse.release import Release

pytestmark = pytest.mark.usefixtures("without_dbt")
READERS = 10
PUBLICATIONS = 25
SECONDS_TO_BEGIN = 120
REST_SECONDS = 0.01
"""Between two questions of a reader, so that all of them together leave some time to whoever publishes."""

ONE_MART = """
    select min(release_id), max(release_id), count(*), min(n_rows), max(n_rows), sum(number), min(length(filler))
    from mart_large
"""
JOINED = """
    select count(*) from mart_skilled_emigration inner join dim_country on origin_iso3 = iso3
    inner join mart_large on number = year
"""


def judged(row: tuple[object, ...] | None) -> str:
    """Whether one query over one mart saw one release, whole."""
    assert row is not None
    least, greatest, counted, smallest, largest, total, letters = row
    assert isinstance(counted, int)
    whole = (least, counted, largest, total, letters) == (
        *(greatest, smallest, counted),
        counted * (counted - 1) // 2,
        3 + counted % 17,
    )
    return str(least) if whole else f"mixture: {row}"


def read_for_ever(path: str, is_read_only: bool, stop: threading.Event | ProcessEvent) -> Counter[str]:
    """One connection, opened once, asking until told to stop; what it saw, counted."""
    seen: Counter[str] = Counter()
    with duckdb.connect(path, read_only=is_read_only) as connection:
        while not stop.is_set():
            try:
                seen[judged(connection.execute(ONE_MART).fetchone())] += 1
                joined = connection.execute(JOINED).fetchone()
                seen["joined" if joined == (3,) else f"joined {joined}"] += 1
            except duckdb.Error as error:
                seen[f"error: {error}"] += 1
            time.sleep(REST_SECONDS)
    return seen


def read_in_process(
    path: str, begun: Semaphore, stop: ProcessEvent, results: multiprocessing.Queue[Counter[str]]
) -> None:
    """The same in a process of its own, which says when it is there."""
    begun.release()
    results.put(read_for_ever(path, True, stop))


@contextmanager
def reading_threads(path: Path, seen: Counter[str]) -> Iterator[None]:
    stop = threading.Event()
    found: list[Counter[str]] = []
    threads = [
        threading.Thread(target=lambda: found.append(read_for_ever(str(path), False, stop))) for _ in range(READERS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
    for thread in threads:
        thread.join()
    assert len(found) == READERS
    seen.update(sum(found, Counter()))


@contextmanager
def reading_processes(path: Path, seen: Counter[str]) -> Iterator[None]:
    context = multiprocessing.get_context("spawn")
    begun, stop, results = context.Semaphore(0), context.Event(), context.Queue()
    arguments = (str(path), begun, stop, results)
    processes = [context.Process(target=read_in_process, args=arguments) for _ in range(READERS // 2)]
    for process in processes:
        process.start()
    try:
        assert all(begun.acquire(timeout=SECONDS_TO_BEGIN) for _ in processes)
        yield
    finally:
        stop.set()
    seen.update(sum((results.get(timeout=60) for _ in processes), Counter()))
    for process in processes:
        process.join()


def five_releases(home: Home) -> list[Release]:
    """Five of them, each with figures of its own, published one after the other."""
    releases = [build_and_publish(home, "20260101T000000Z-00000001")]
    for day in range(2, 6):
        record(home, day, {**RATES, ("GUY", 2000): 60.0 + day})
        releases.append(build_and_publish(home, f"202601{day:02}T000000Z-{day:08}"))
    return releases


def test_readers_never_notice_a_publication(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads read one home, processes another, while both are published to by turns."""
    other = new_home(tmp_path / "other")
    record(other, 1)
    released = {each: five_releases(each) for each in (home, other)}
    monkeypatch.undo()  # from here on, turns are as far apart as they really are
    seen: dict[Home, Counter[str]] = {home: Counter(), other: Counter()}
    with reading_processes(other.marts_database, seen[other]), reading_threads(home.marts_database, seen[home]):
        for turn in range(PUBLICATIONS):
            for each, releases in released.items():
                publish(each, releases[turn % len(releases)])
    for each, releases in released.items():
        expected = {*(release.id for release in releases), "joined"}
        assert {what: count for what, count in seen[each].items() if what not in expected} == {}
        assert set(seen[each]) == expected


def test_a_connection_is_not_poisoned_by_what_it_read_before(home: Home) -> None:
    """DuckDB keeps blocks of files by path; the same path must never mean other bytes."""
    releases = [build_and_publish(home, "20260101T000000Z-00000001")]
    for day in (2, 3):
        record(home, day, {**RATES, ("GUY", 2000): 60.0 + day})
        releases.append(build_and_publish(home, f"202601{day:02}T000000Z-{day:08}"))
    with duckdb.connect(str(home.marts_database)) as connection:
        for turn in range(30):
            release = releases[turn % 3]
            rollback(home, release.id)
            assert judged(connection.execute(ONE_MART).fetchone()) == release.id


def test_a_query_that_began_before_a_publication_ends_on_its_release(home: Home) -> None:
    first = build_and_publish(home, "20260101T000000Z-00000001")
    with duckdb.connect(str(home.marts_database)) as connection:
        # A statement prepared before keeps the path it found; the path must go on meaning the same file.
        connection.execute("prepare question as select min(release_id), count(*), min(n_rows) from mart_large")
        for day in (2, 3, 4):
            record(home, day, {**RATES, ("GUY", 2000): 60.0 + day})
            newest = build_and_publish(home, f"202601{day:02}T000000Z-{day:08}")
            row = connection.execute("execute question").fetchone()
            assert row is not None
            assert row[0] in (first.id, newest.id)
            assert row[1] == row[2]
