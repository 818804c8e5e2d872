"""Two recorded downloads of one flow, loaded in turn: the lake notes what the two files differ by, and no more."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion import ledger
from ingestion.home import Home
from ingestion.ledger import Event
from ingestion.origin import Origin
from ingestion.pipeline import Pipeline
from sandbox.server import serve
from sandbox.worlds import World
from sandbox.worlds.recorded import RecordedWorld
from tests.faults.held_back import catalog_of
from tests.sandbox.test_oecd import OlderRecordings
from tests.shared_data import SHARED_DATA, needs_shared_data

pytestmark = needs_shared_data

DATASET, PART = "oecd_mig", "B11"
FOLDER = SHARED_DATA / "oecd" / "sdmx_csv"
OLDER, NEWER = FOLDER / "DF_MIG_B11_world_2025-02.csv", FOLDER / "DF_MIG_B11_world_2026-03.csv"
KEY = ("REF_AREA", "CITIZENSHIP", "SEX", "TIME_PERIOD")
Cells = dict[tuple[Any, ...], float]


def cells_of(path: Path) -> Cells:
    """The figures of a download."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    cells = {(*(row[name] for name in KEY[:-1]), int(row["TIME_PERIOD"])): float(row["OBS_VALUE"]) for row in rows}
    assert len(cells) == len(rows)
    return cells


def load(home: Home, world: World) -> Event:
    """One night on which the publisher's world is this."""
    with serve(world) as sandbox:
        origin = Origin("stand-in", sandbox.base_url, sandbox.base_url)
        (report,) = Pipeline(home, origin, catalog_of({DATASET: [PART]})).ingest()
    (event,) = report.parts
    assert event.outcome == ledger.LOADED, event.message
    return event


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Event, Event]:
    """The home after two nights, and what came of each."""
    home = Home(tmp_path_factory.mktemp("vintages"))
    return home, load(home, OlderRecordings(SHARED_DATA)), load(home, RecordedWorld(SHARED_DATA))


def changes(file: Path, kind: str) -> Cells:
    """The rows of one kind in a change file of the lake."""
    columns = ", ".join(f'"{name}"' for name in (*KEY, "OBS_VALUE"))
    with duckdb.connect() as connection:
        query = f"select {columns} from read_parquet($file) where change = $kind"
        rows = connection.execute(query, {"file": str(file), "kind": kind}).fetchall()
    return {row[:-1]: row[-1] for row in rows}


def test_the_second_file_of_the_lake_is_the_difference_of_the_downloads(nights: tuple[Home, Event, Event]) -> None:
    home, _, _ = nights
    older, newer = cells_of(OLDER), cells_of(NEWER)
    first, second = sorted((home.lake / DATASET).glob("*.parquet"))
    assert (changes(first, "revise"), changes(first, "withdraw")) == ({}, {})
    assert changes(first, "insert") == older
    revised = {key: newer[key] for key in older.keys() & newer.keys() if older[key] != newer[key]}
    assert len(revised) == 53
    assert changes(second, "revise") == revised
    added = {key: newer[key] for key in newer.keys() - older.keys()}
    assert len(added) == 431
    assert changes(second, "insert") == added
    assert older.keys() <= newer.keys()
    assert changes(second, "withdraw") == {}


def test_the_ledger_counts_the_difference(nights: tuple[Home, Event, Event]) -> None:
    _, first, second = nights
    assert (first.rows, first.inserted, first.revised, first.withdrawn) == (393, 393, 0, 0)
    assert (second.rows, second.inserted, second.revised, second.withdrawn) == (824, 431, 53, 0)
