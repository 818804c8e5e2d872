"""The made-up lake, built once for all tests of the dbt project, whichever worker comes first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from ingestion.home import Home
from tests.dbt.made_up_lake import FIRST_LOAD, Build, made_up_home, read_build, run_dbt_build
from tests.whole_origins import room

MODELS_ONLY = ("--exclude-resource-type", "test", "unit_test")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with both vintages."""
    with room(tmp_path_factory, "made-up") as folder:
        made = Home(folder / "home")
        return made if made.root.exists() else made_up_home(made.root, second_load=True)


@pytest.fixture(scope="session")
def build(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Everything of the project built on both vintages: seeds, models, data tests and unit tests."""
    with room(tmp_path_factory, "made-up") as folder:
        notes = folder / "build.json"
        if not notes.exists():
            done = run_dbt_build(home, folder / "build")
            notes.write_text(json.dumps({"exit_code": done.exit_code, "log": done.log}))
        done = read_build(folder / "build", **json.loads(notes.read_text()))
    assert done.exit_code == 0, done.log
    return done


@pytest.fixture(scope="session")
def build_as_of_the_first_load(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Both vintages are in the lake, but the build is to know only what was recorded by the first load."""
    done = run_dbt_build(home, tmp_path_factory.mktemp("as_of"), *MODELS_ONLY, as_of=FIRST_LOAD)
    assert done.exit_code == 0, done.log
    return done


@pytest.fixture(scope="session")
def build_after_the_first_load(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Only the first vintage was ever recorded."""
    home = made_up_home(tmp_path_factory.mktemp("homes") / "first", second_load=False)
    done = run_dbt_build(home, tmp_path_factory.mktemp("first"), *MODELS_ONLY, as_of=None)
    assert done.exit_code == 0, done.log
    return done


@pytest.fixture
def warehouse(build: Build) -> Iterator[duckdb.DuckDBPyConnection]:
    """The built database, read only, with the marts in reach by bare name."""
    with _opened(build.database) as connection:
        yield connection


def _opened(database: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(database), read_only=True)
    connection.execute("set schema = 'marts'")
    return connection
