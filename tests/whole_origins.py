"""Whole origins, each taken in once for all tests, whichever worker comes first.

The homes are shared: who changes one works on a copy of it.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from ingestion.home import Home
from ingestion.ledger import Event
from ingestion.origin import PROJECT_ROOT
from ingestion.pipeline import open_pipeline
from tests.shared_data import SHARED_DATA


@dataclass(frozen=True)
class RecordedNight:
    """All recorded figures, taken in: the home, and what became of every part."""

    home: Home
    events: list[Event]


@dataclass(frozen=True)
class SandboxNight:
    """`braindrain refresh` of the synthetic world, as a person calls it: the home, exit code and what was said."""

    home: Home
    code: int
    said: str

    @property
    def release(self) -> Path:
        """The folder of the release in force."""
        assert self.code == 0, self.said
        return self.home.current.resolve()


def recorded_night(factory: pytest.TempPathFactory) -> RecordedNight:
    """The whole recorded origin in a home."""
    with room(factory, "recorded") as folder:
        home, notes = Home(folder / "home"), folder / "night.json"
        if not notes.exists():
            with open_pipeline(str(SHARED_DATA), home.root) as pipeline:
                reports = pipeline.ingest()
            assert [report.error for report in reports if report.error] == []
            notes.write_text(json.dumps([asdict(event) for report in reports for event in report.parts]))
        return RecordedNight(home, [Event(**facts) for facts in json.loads(notes.read_text())])


def sandbox_night(factory: pytest.TempPathFactory) -> SandboxNight:
    """The whole synthetic world in a home, and its release in force."""
    with room(factory, "sandbox") as folder:
        home, notes = Home(folder / "home"), folder / "night.json"
        if not notes.exists():
            environment = os.environ | {"BRAINDRAIN_HOME": str(home.root), "ORIGIN": "sandbox"}
            ended = subprocess.run(
                [sys.executable, "-m", "warehouse.cli", "refresh"],
                cwd=PROJECT_ROOT,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            notes.write_text(json.dumps({"code": ended.returncode, "said": ended.stdout + ended.stderr}))
        return SandboxNight(home, **json.loads(notes.read_text()))


@contextmanager
def room(factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """A folder that all workers of this run share, for one of them at a time."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "origins" / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
