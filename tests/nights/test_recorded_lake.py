"""All recorded figures in one lake: what is in force there equals the publishers' files, read independently."""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import pytest

from ingestion import ledger
from ingestion.catalog import load_catalog
from ingestion.home import Home
from ingestion.ledger import Event
from ingestion.origin import PROJECT_ROOT
from tests.nights.independent import READINGS, RETIRED, Cells, Figures, Key, Reading
from tests.shared_data import needs_shared_data
from tests.whole_origins import recorded_night

pytestmark = needs_shared_data

SPOTS = 20
NAMIBIA = {
    "wb_country": ("iso2_code", "NA"),
    "wb_wdi": ("country_id", "NA"),
    "wb_wgi": ("country_id", "NA"),
    "linkedin_country": ("base_country_code", "na"),
    "linkedin_skill": ("country_code", "na"),
}
"""Datasets with Namibia in the recorded file under the letters that many readers take for "not available"."""
WITHOUT_NAMIBIA = {
    *("eurostat_lfsa_eoqgan", "eurostat_migr_imm1ctz", "eurostat_migr_emi1ctz"),
    *("eurostat_migr_pop1ctz", "eurostat_migr_resfirst", "linkedin_industry"),
}
"""Datasets in whose code system NA is Namibia and whose recorded file does not mention it."""


@dataclass(frozen=True)
class Night:
    """The home after the whole recorded origin was loaded, and what became of every part."""

    home: Home
    events: list[Event]

    def in_force(self, reading: Reading) -> Figures:
        """The figures of a dataset as its change files have them: of each key the newest row, unless withdrawn."""
        key = ", ".join(f'"{name}"' for name in ("part", *reading.dataset.key))
        measures = ", ".join(f'"{name}"' for name in reading.names)
        query = f"""
            with changes as (
                select *, row_number() over (partition by {key} order by recorded_at desc) as rank_of_change
                from read_parquet($files)
            )
            select {key}, {measures} from changes where rank_of_change = 1 and change <> 'withdraw'
        """
        files = [str(path) for path in (self.home.lake / reading.dataset_id).glob("*.parquet")]
        with duckdb.connect() as connection:
            rows = connection.execute(query, {"files": files}).fetchall()
        width = len(reading.dataset.key) + 1
        return {row[:width]: row[width:] for row in rows if not reading.parts or row[0] in reading.parts}

    def parts(self, dataset_id: str) -> set[str]:
        """The parts that the change files of a dataset speak of."""
        files = [str(path) for path in (self.home.lake / dataset_id).glob("*.parquet")]
        with duckdb.connect() as connection:
            rows = connection.execute("select distinct part from read_parquet($files)", {"files": files}).fetchall()
        return {part for (part,) in rows}


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    found = recorded_night(tmp_path_factory)
    return Night(found.home, found.events)


def test_every_part_is_loaded_or_absent_or_withdrawn(night: Night) -> None:
    asked = {(dataset.id, part.id) for dataset in load_catalog().datasets for part in dataset.parts}
    assert {(event.dataset, event.part) for event in night.events} == asked
    wanted = {ledger.LOADED, ledger.ABSENT, ledger.WITHDRAWN}
    assert [f"{event.outcome}: {event.message}" for event in night.events if event.outcome not in wanted] == []
    assert {event.part for event in night.events if event.outcome == ledger.WITHDRAWN} == RETIRED
    absent = [event for event in night.events if event.outcome == ledger.ABSENT]
    assert all("no recording of" in f"{event.message}" for event in absent)


def test_every_loaded_part_is_compared(night: Night) -> None:
    loaded = {(event.dataset, event.part) for event in night.events if event.outcome == ledger.LOADED}
    assert {dataset for dataset, _ in loaded} == {reading.dataset_id for reading in READINGS}
    for reading in READINGS:
        parts = {part for dataset, part in loaded if dataset == reading.dataset_id}
        assert night.parts(reading.dataset_id) == parts
        assert set(reading.parts) <= parts


@pytest.mark.parametrize("reading", READINGS, ids=str)
def test_the_lake_holds_what_the_file_says(reading: Reading, night: Night) -> None:
    found, expected = night.in_force(reading), reading.read()
    assert len(found) == len(expected) == reading.rows
    assert found.keys() == expected.keys()
    for place, name in enumerate(reading.names):
        of_file, of_lake = (column(figures.values(), place) for figures in (expected, found))
        assert len(of_lake) == len(of_file), name
        assert math.isclose(math.fsum(of_lake), math.fsum(of_file), rel_tol=1e-12, abs_tol=1e-6), name
    for key in random.Random(reading.dataset_id).sample(sorted(expected), SPOTS):  # noqa: S311 (a choice of cells)
        assert found[key] == expected[key], key
    assert [key for key in expected if found[key] != expected[key]][:SPOTS] == []


def column(rows: Iterable[Cells], place: int) -> list[float]:
    """The known figures of one measure; a text counts as none."""
    cells = [row[place] for row in rows]
    return [float(cell) for cell in cells if isinstance(cell, (int, float))]


@pytest.mark.parametrize("dataset_id", NAMIBIA)
def test_na_is_namibia_and_no_missing_value(dataset_id: str, night: Night) -> None:
    name, code = NAMIBIA[dataset_id]
    reading = next(each for each in READINGS if each.dataset_id == dataset_id)
    places = [*reading.dataset.key, *reading.names]

    def rows_of_namibia(figures: Figures) -> set[Key]:
        return {key for key, cells in figures.items() if (*key[1:], *cells)[places.index(name)] == code}

    expected = rows_of_namibia(reading.read())
    assert expected
    assert rows_of_namibia(night.in_force(reading)) == expected


def test_every_dataset_that_can_hold_namibia_so_is_listed(night: Night) -> None:
    with (PROJECT_ROOT / "dbt_project" / "seeds" / "country_code.csv").open(encoding="utf-8", newline="") as lines:
        systems = {row["code_system"] for row in csv.DictReader(lines) if row["source_code"].upper() == "NA"}
    loaded = {event.dataset for event in night.events if event.outcome == ledger.LOADED}
    can_hold = {
        dataset.id
        for dataset in load_catalog().datasets
        if dataset.id in loaded and any(column.code_system in systems for column in dataset.columns)
    }
    assert can_hold | {"wb_country"} == NAMIBIA.keys() | WITHOUT_NAMIBIA
    assert not NAMIBIA.keys() & WITHOUT_NAMIBIA
