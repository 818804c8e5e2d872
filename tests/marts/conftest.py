"""Whole origins, ingested and built once for all tests of the marts, whichever worker comes first."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.catalog import load_catalog
from ingestion.home import Home
from ingestion.pipeline import open_pipeline
from sandbox.worlds.synthetic import SyntheticWorld
from tests.marts.warehouse import Warehouse
from tests.shared_data import SHARED_DATA
from warehouse.build import build_into
from warehouse.inputs import collect_inputs

# What spares a developer minutes: folders with the homes, or the warehouses built of them, of `recorded` and `sandbox`.
HOMES, WAREHOUSES = "BRAINDRAIN_TEST_HOMES", "BRAINDRAIN_TEST_WAREHOUSES"


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The marts of all recorded figures."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the folder of recorded figures ../shared/data is not here")
    with built("recorded", str(SHARED_DATA), tmp_path_factory) as warehouse:
        yield warehouse


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The marts of the synthetic world."""
    with built("sandbox", "sandbox", tmp_path_factory) as warehouse:
        yield warehouse


@pytest.fixture(scope="session")
def world() -> SyntheticWorld:
    """What is behind every figure of the sandbox."""
    return SyntheticWorld()


def built(kind: str, origin: str, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The release of an origin: the first worker ingests and builds, the others wait for it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "releases" / kind
    shared.joinpath("releases").mkdir(exist_ok=True)
    with (shared / "releases" / f"{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        home = ingested(kind, origin, shared)
        if WAREHOUSES in os.environ:
            return Warehouse(home, Path(os.environ[WAREHOUSES]) / f"{kind}.duckdb")
        if not (folder / "release.json").exists():
            build_into(folder, f"{kind}-release", home, collect_inputs(home, load_catalog()), None)
    return Warehouse(home, folder / "warehouse.duckdb")


def ingested(kind: str, origin: str, shared: Path) -> Home:
    """The home with everything the origin has; every part of it was loaded, withdrawn or absent."""
    if HOMES in os.environ:
        return Home(Path(os.environ[HOMES]) / kind)
    home = Home(shared / "releases" / f"{kind}-home")
    if not home.root.exists():
        with open_pipeline(origin, home.root) as pipeline:
            reports = pipeline.ingest()
        assert [report.error for report in reports if report.error] == []
    return home
