"""The releases of whole origins, built once for all tests of the marts, whichever worker comes first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.catalog import load_catalog
from ingestion.home import Home
from sandbox.worlds.synthetic import SyntheticWorld
from tests.marts.warehouse import Warehouse
from tests.shared_data import SHARED_DATA
from tests.whole_origins import recorded_night, room, sandbox_night
from warehouse.build import build_into
from warehouse.inputs import collect_inputs

# What spares a developer minutes: folders with the homes, or the warehouses built of them, of `recorded` and `sandbox`.
HOMES, WAREHOUSES = "BRAINDRAIN_TEST_HOMES", "BRAINDRAIN_TEST_WAREHOUSES"


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The marts of all recorded figures."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the folder of recorded figures ../shared/data is not here")
    home = ready_made("recorded") or recorded_night(tmp_path_factory).home
    with built("recorded", home, tmp_path_factory) as warehouse:
        yield warehouse


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The marts of the synthetic world: of a home that is ready, or as its night has published them."""
    home = ready_made("sandbox")
    if home:
        release = built("sandbox", home, tmp_path_factory)
    else:
        night = sandbox_night(tmp_path_factory)
        release = Warehouse(night.home, night.release / "warehouse.duckdb")
    with release as warehouse:
        yield warehouse


@pytest.fixture(scope="session")
def world() -> SyntheticWorld:
    """What is behind every figure of the sandbox."""
    return SyntheticWorld()


def ready_made(kind: str) -> Home | None:
    """The home that a developer has of that origin."""
    return Home(Path(os.environ[HOMES]) / kind) if HOMES in os.environ else None


def built(kind: str, home: Home, factory: pytest.TempPathFactory) -> Warehouse:
    """The release of a home: the first worker builds, the others wait for it."""
    if WAREHOUSES in os.environ:
        return Warehouse(home, Path(os.environ[WAREHOUSES]) / f"{kind}.duckdb")
    with room(factory, f"release-{kind}") as folder:
        release = folder / "release"
        if not (release / "release.json").exists():
            build_into(release, f"{kind}-release", home, collect_inputs(home, load_catalog()), None)
    return Warehouse(home, release / "warehouse.duckdb")
