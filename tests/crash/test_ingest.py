"""kill -9 before every durable step of a night: the next night ends where an undisturbed one does."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingestion import lake, ledger
from ingestion.home import Home
from ingestion.landing import Landing
from sandbox.worlds.synthetic import SyntheticWorld
from tests.ingestion.small_world import night, small_catalog

pytestmark = pytest.mark.slow

State = dict[str, list[tuple[object, ...]]]


def state_of(home: Home) -> State:
    """The rows in force, by dataset."""
    found = {}
    with lake.connect(home) as connection:
        for dataset in small_catalog().datasets:
            lake.create_in_force(connection, home, dataset, [part.id for part in dataset.parts], "now")
            found[dataset.id] = connection.sql("select * from now order by all").fetchall()
    return found


def in_child(work: Callable[[], None]) -> int:
    """Run in a forked child (so that imports are paid once); give how it ended, negative for a signal."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # a fork must not run on in the parent's test, whatever happened
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def count_steps(monkeypatch: pytest.MonkeyPatch, before_step: Callable[[int], None]) -> list[str]:
    """Call ``before_step(number)`` before every call that makes something durable or visible."""
    steps: list[str] = []

    def counted(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def step(*arguments: Any, **named: Any) -> Any:
            steps.append(name)
            before_step(len(steps))
            return original(*arguments, **named)

        monkeypatch.setattr(owner, name, step)

    counted(os, "fsync")
    counted(Path, "rename")
    counted(Path, "replace")
    counted(Path, "unlink")
    return steps


def kill_at(number: int) -> Callable[[int], None]:
    def strike(step: int) -> None:
        if step == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return strike


def test_a_night_killed_anywhere_is_made_good_by_the_next(tmp_path: Path) -> None:
    first, later = SyntheticWorld(), SyntheticWorld(vintage=2)
    with night(first, tmp_path / "before") as (pipeline, _):
        pipeline.ingest(["wb_wdi"])
    shutil.copytree(tmp_path / "before", tmp_path / "undisturbed")
    with night(later, tmp_path / "undisturbed") as (pipeline, _), pytest.MonkeyPatch.context() as patches:
        steps = count_steps(patches, lambda step: None)
        pipeline.ingest(["wb_wdi"])
    before, undisturbed = state_of(Home(tmp_path / "before")), state_of(Home(tmp_path / "undisturbed"))
    assert before != undisturbed
    assert len(steps) > 10

    for number in range(1, len(steps) + 1):
        home = Home(tmp_path / "killed")
        shutil.rmtree(home.root, ignore_errors=True)
        shutil.copytree(tmp_path / "before", home.root)
        with night(later, home.root) as (pipeline, _):

            def killed_night(number: int = number) -> None:
                with pytest.MonkeyPatch.context() as patches:
                    count_steps(patches, kill_at(number))
                    pipeline.ingest(["wb_wdi"])

            assert in_child(killed_night) == -signal.SIGKILL
            for dataset, rows in state_of(home).items():
                assert rows in (before[dataset], undisturbed[dataset]), f"step {number}: half a load of {dataset}"
            pipeline.ingest(["wb_wdi"])
        assert state_of(home) == undisturbed, f"step {number} ({steps[number - 1]})"
        assert_consistent(home)


def assert_consistent(home: Home) -> None:
    """Every receipt has its payloads, every event its receipt, and no draft is left."""
    landing = Landing(home)
    for dataset in small_catalog().datasets:
        for receipt in landing.receipts(dataset.id):
            assert all(landing.body(payload).content() for payload in receipt.payloads)
        for event in ledger.read_events(home, dataset.id):
            assert landing.receipt(dataset.id, event.part, f"{event.receipt}").part == event.part
    assert not list(home.landing.rglob("*.draft"))
