"""What every fault test starts from: a world, and a home after one good night in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion import http
from sandbox.worlds.synthetic import SyntheticWorld
from tests.faults.held_back import good_night


@pytest.fixture(scope="module")
def world() -> SyntheticWorld:
    return SyntheticWorld()


@pytest.fixture(scope="module")
def yesterday(request: pytest.FixtureRequest, world: SyntheticWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home after a night on which everything in the module's CATALOG was loaded."""
    return good_night(world, tmp_path_factory.mktemp("yesterday"), request.module.CATALOG)


@pytest.fixture(autouse=True)
def in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again at once."""
    monkeypatch.setattr(http, "BACKOFF_SECONDS", 0.01)
