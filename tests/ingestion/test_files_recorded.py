"""The recorded files, read by the protocol and independently of it: counts, sums and spot cells agree."""

from __future__ import annotations

import csv
import gzip
import math
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from ingestion import ledger
from ingestion.catalog import Catalog, load_catalog
from ingestion.home import Home
from ingestion.origin import Origin
from ingestion.pipeline import Pipeline
from ingestion.sources import protocol_of
from sandbox.server import serve
from sandbox.worlds.recorded import RecordedWorld
from tests.ingestion.files_case import refused
from tests.ingestion.reading import read
from tests.shared_data import SHARED_DATA, needs_shared_data

pytestmark = [needs_shared_data, pytest.mark.slow]

SPOTS = 20
REVERSED = SHARED_DATA / "world_bank" / "bilateral" / "gbmd_as_found_years_reversed.csv.gz"
Key = tuple[Any, ...]
Figures = dict[Key, float | None]


@cache
def world() -> RecordedWorld:
    return RecordedWorld(SHARED_DATA)


def as_read(dataset_id: str, *key: str) -> Figures:
    """The first measure by key, as the protocol reads what the recorded origin serves."""
    dataset = load_catalog().dataset(dataset_id)
    address = dataset.endpoint.replace("inbox:", "inbox/").removeprefix("https://")
    file = world().file(address)
    assert file is not None
    table = read(protocol_of(dataset), dataset, dataset.parts[0], [file.content])
    assert table.column_names == [column.name for column in dataset.columns]
    columns = [table[name].to_pylist() for name in (*(key or dataset.key), dataset.measures[0])]
    figures = {cells[:-1]: cells[-1] for cells in zip(*columns, strict=True)}
    assert len(figures) == len(table)
    return figures


def assert_same(found: Figures, expected: Figures, rows: int) -> None:
    """The same keys, the same number of values, the same sum, and the same at twenty places taken at random."""
    assert len(found) == len(expected) == rows
    assert found.keys() == expected.keys()
    known = [value for value in expected.values() if value is not None]
    assert sum(value is not None for value in found.values()) == len(known)
    assert math.isclose(sum(value or 0 for value in found.values()), math.fsum(known), rel_tol=1e-12)
    for key in random.Random(7).sample(sorted(expected), SPOTS):  # noqa: S311 (a choice, no secret)
        assert found[key] == expected[key], key


def desa_cells(name: str, code_column: int, n_years: int) -> Iterator[tuple[Key, float | None]]:
    book = openpyxl.load_workbook(SHARED_DATA / "un_desa" / name, read_only=True)
    rows = book["Table 1"].iter_rows(min_row=11, min_col=1, max_col=6 + 3 * n_years, values_only=True)
    header = next(rows)
    for row in rows:
        for block, sex in enumerate(("both sexes combined", "males", "females")):
            for place in range(5 + block * n_years, 5 + (block + 1) * n_years):
                value = row[place]
                known = float(value) if isinstance(value, (int, float)) else None
                yield (str(row[code_column]), sex, header[place]), known


@pytest.mark.parametrize(
    ("dataset_id", "name", "code_column", "n_years", "n_areas"),
    [
        ("undesa_stock_by_destination", "ims2024_stock_by_sex_and_destination.xlsx", 4, 8, 287),
        # One of the 283 rows repeats another under a second heading.
        ("undesa_stock_by_destination_2020", "ims2020_stock_by_sex_and_destination.xlsx", 3, 7, 282),
    ],
)
def test_un_desa(dataset_id: str, name: str, code_column: int, n_years: int, n_areas: int) -> None:
    expected = dict(desa_cells(name, code_column, n_years))
    found = as_read(dataset_id)
    assert_same(found, expected, n_areas * n_years * 3)
    world_2020 = found["900", "both sexes combined", 2020]
    assert world_2020 == (275_284_032 if n_years == 8 else 280_598_105)


def test_iab_rates() -> None:
    frame = pd.read_stata(SHARED_DATA / "iab" / "iabbd_8010_v1_emigration.dta")
    rows = zip(frame.ccode_origin, frame.gender, frame.year, frame.high_rate, strict=True)
    expected: Figures = {(code, gender, int(year)): float(rate) for code, gender, year, rate in rows}
    found = as_read("iab_emigration_rates")
    assert_same(found, expected, 4116)
    assert round(found["GUY", "Male and Female", 2000] or 0, 4) == 0.9924


def test_iab_stock() -> None:
    sheets = pd.read_excel(SHARED_DATA / "iab" / "iabbd_8010_v1_gender.xls", sheet_name=None, header=None)
    expected: Figures = {}
    for destination, frame in sheets.items():
        if destination == "Explanatory note":
            continue
        years = frame.iloc[0, 1:].ffill()
        for _, row in frame.iloc[2:].iterrows():
            if isinstance(row[0], str):
                for place in range(1, 22):
                    expected[destination, row[0], frame.iat[1, place], int(years[place])] = float(row[place])
    found = as_read("iab_bilateral_stock")
    assert_same(found, expected, 20 * 197 * 21)
    for year, people in ((1980, 37_894_342), (2010, 89_344_754)):
        totals = [found[d, "Total immigration stock", "Total", year] for d in sheets if d != "Explanatory note"]
        assert sum(value or 0 for value in totals) == people


def test_an_old_binary_workbook_that_is_cut_off_is_refused() -> None:
    dataset = load_catalog().dataset("iab_bilateral_stock")
    content = (SHARED_DATA / "iab" / "iabbd_8010_v1_gender.xls").read_bytes()
    for kept in (512, 5_000, len(content) // 2):
        with refused("no whole workbook"):
            read(protocol_of(dataset), dataset, dataset.parts[0], [content[:kept]])


def test_governance() -> None:
    book = openpyxl.load_workbook(SHARED_DATA / "world_bank" / "wgi" / "wgidataset.xlsx", read_only=True)
    expected: Figures = {
        (str(code), str(indicator), int(str(year))): float(estimate) if isinstance(estimate, (int, float)) else None
        for _, code, _, year, indicator, estimate in book.worksheets[0].iter_rows(
            min_row=2, max_col=6, values_only=True
        )
    }
    found = as_read("wgi_workbook")
    assert_same(found, expected, 32_100)
    assert sum(value is None for value in found.values()) == 1_126
    assert round(found["IND", "pv", 2023] or 0, 6) == -0.635077


def test_global_bilateral_migration() -> None:
    """The file with its labels put right equals the long table that others derived from it."""
    path = SHARED_DATA / "world_bank" / "bilateral" / "gbmd_1960_2000_long.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        expected: Figures = {
            (row["sex"], row["destcode"], row["origincode"], int(row["year"])): float(row["stock"])
            if row["stock"]
            else None
            for row in csv.DictReader(lines)
        }
    found = as_read("gbmd_bilateral")
    assert_same(found, expected, 535_920)
    assert sum(value is None for value in found.values()) == 25_160


# --- through the pipeline ----------------------------------------------------------------------------------

SOURCES = ("un_desa", "gbmd")
RECORDED = ("undesa_stock_by_destination", "undesa_stock_by_destination_2020", "gbmd_bilateral")


def small_catalog() -> Catalog:
    return Catalog(sources=tuple(load_catalog().source(source) for source in SOURCES))


def pipeline(home: Path, base_url: str) -> Pipeline:
    return Pipeline(Home(home), Origin("stand-in", base_url, base_url), small_catalog())


@pytest.mark.slow
def test_recorded_files_are_taken_in_and_then_only_probed(tmp_path: Path) -> None:
    with serve(world()) as sandbox:
        first = pipeline(tmp_path, sandbox.base_url)
        for dataset in first.catalog.datasets:
            (event,) = first.load(dataset.id, ["all"]).parts
            expected = ledger.LOADED if dataset.id in RECORDED else ledger.ABSENT
            assert event.outcome == expected, event.message
        sandbox.requests.clear()
        second = pipeline(tmp_path, sandbox.base_url)
        assert [second.probe(dataset_id).changed for dataset_id in RECORDED] == [[], [], []]
        assert len(sandbox.requests) == len(RECORDED)


@pytest.mark.slow
def test_the_copy_with_its_years_in_reverse_is_held_back(tmp_path: Path) -> None:
    placed = tmp_path / "inbox" / "gbmd" / "gbmd_1960_2000.csv.gz"
    placed.parent.mkdir(parents=True)
    placed.write_bytes(REVERSED.read_bytes())
    with serve(world()) as sandbox:
        (event,) = pipeline(tmp_path, sandbox.base_url).load("gbmd_bilateral", ["all"]).parts
    assert event.outcome == ledger.QUARANTINED
    assert event.message is not None and "the world's migrants became fewer" in event.message
    assert "labelled in reverse" in event.message
