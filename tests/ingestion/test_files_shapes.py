"""The shapes of UN DESA, IAB and the bilateral migration database: what they accept, and what they refuse and say."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from python_calamine import CalamineWorkbook

from ingestion import ledger
from ingestion.catalog import Catalog, Dataset, load_catalog
from ingestion.home import Home
from ingestion.origin import Origin
from ingestion.pipeline import Pipeline
from ingestion.sources import protocol_of
from sandbox.server import serve
from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.workbooks import xlsx
from tests.ingestion.files_case import refused
from tests.ingestion.reading import read

pytestmark = pytest.mark.slow

Rows = list[list[Any]]
Change = Callable[[Rows], None]

HEADER, TITLES = 10, 7
"""Positions of the rows in UN DESA's sheet, from 0."""


@cache
def served(dataset_id: str) -> bytes:
    dataset = load_catalog().dataset(dataset_id)
    file = SyntheticWorld().file(dataset.endpoint.replace("inbox:", "inbox/").removeprefix("https://"))
    assert file is not None
    return file.content


@cache
def cells(dataset_id: str) -> dict[str, Rows]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(served(dataset_id)))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def changed(dataset_id: str, sheet: str, change: Change) -> bytes:
    """The sandbox's workbook with one sheet changed."""
    sheets = {
        name: [[cell if cell != "" else None for cell in row] for row in rows]
        for name, rows in cells(dataset_id).items()
    }
    change(sheets[sheet])
    return xlsx(sheets)


def _or_none(cell: Any) -> Any:
    return None if cell == "" else cell


def rows(dataset: Dataset, content: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read(protocol_of(dataset), dataset, dataset.parts[0], [content]).to_pylist()
    return found


# --- UN DESA -----------------------------------------------------------------------------------------------


def desa() -> Dataset:
    return load_catalog().dataset("undesa_stock_by_destination")


def read_desa(change: Change) -> list[dict[str, Any]]:
    return rows(desa(), changed("undesa_stock_by_destination", "Table 1", change))


def test_columns_in_another_order_are_the_same_table() -> None:
    def swap(sheet: Rows) -> None:
        for row in sheet[HEADER:]:
            row[3], row[4] = row[4], row[3]
        # Males before both sexes, titles and figures alike.
        for row in sheet[TITLES:]:
            row[5:13], row[13:21] = row[13:21], row[5:13]

    def by_key(found: list[dict[str, Any]]) -> dict[Any, Any]:
        return {(row["location_code"], row["sex"], row["year"]): (row["persons"], row["data_type"]) for row in found}

    assert by_key(read_desa(swap)) == by_key(rows(desa(), served("undesa_stock_by_destination")))


def set_cell(row: int, column: int, value: Any) -> Change:
    def change(sheet: Rows) -> None:
        sheet[row][column] = value

    return change


def add_row_above(sheet: Rows) -> None:
    sheet.insert(0, [None])


def repeat_with_other_figures(sheet: Rows) -> None:
    sheet.append([*sheet[-1][:-1], 1])


def drop_newest_males(sheet: Rows) -> None:
    for row in sheet[TITLES + 1 :]:
        del row[20]
        row.append(None)
    sheet[TITLES][20], sheet[TITLES][21] = sheet[TITLES][21], None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (add_row_above, r"sheet 'Table 1'.*row 11 should hold the header .*; the header is in row 12"),
        (set_cell(HEADER, 4, "M49 code"), "no column 'Location code'; .*'M49 code' that nobody knows"),
        (set_cell(HEADER, 3, "Type"), "no column 'Data type'; .*'Type' that nobody knows"),
        (set_cell(TITLES, 13, "Migrants, men"), "titles of the three blocks"),
        (drop_newest_males, "the three blocks have different years"),
        (set_cell(HEADER, 6, 1996), "the three blocks have different years"),
        (set_cell(HEADER, 6, "1995*"), r"row 11, column 7: '1995\*' is no number"),
        (set_cell(HEADER + 9, 8, "n/a"), "row 20, column 9: 'n/a' is no number"),
        (repeat_with_other_figures, "has other figures than in row"),
    ],
)
def test_a_changed_layout_is_refused_with_its_place(change: Change, words: str) -> None:
    with refused(words):
        read_desa(change)


def test_not_available_is_not_zero() -> None:
    def change(sheet: Rows) -> None:
        sheet[HEADER + 9][5], sheet[HEADER + 9][6], sheet[HEADER + 9][7] = "..", 0, None

    number = str(int(cells("undesa_stock_by_destination")["Table 1"][HEADER + 9][4]))
    found = [row["persons"] for row in read_desa(change) if row["location_code"] == number]
    assert found[:3] == [None, 0, None] and found[3] is not None


# --- IAB ---------------------------------------------------------------------------------------------------


def read_iab(change: Change, sheet: str = "FRA") -> list[dict[str, Any]]:
    dataset = load_catalog().dataset("iab_bilateral_stock")
    return rows(dataset, changed("iab_bilateral_stock", sheet, change))


def test_shares_are_not_read_as_people_and_a_stray_zero_is_left() -> None:
    found = read_iab(lambda sheet: sheet.append([None] * 13 + [0]))
    assert {row["origin"] for row in found if not 0 <= row["persons"] == int(row["persons"])} == set()
    assert len({row["origin"] for row in found}) == 195


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (set_cell(3, 2, 517_000), "sheet 'FRA', row 4, column 3: 517000.0 stands where the share of a sex"),
        (lambda sheet: sheet.__delitem__(3), "stands where the share of a sex"),
        (lambda sheet: sheet.__delitem__(slice(4, None)), "the sheet ends in row 4"),
        (lambda sheet: sheet.insert(0, [None]), "row 2 should hold the header"),
        (set_cell(1, 2, "Men"), "'Men' stands where 'M-Total' is expected"),
        (set_cell(1, 2, "F-Total"), "'F-Total' stands where 'M-Total' is expected"),
        (set_cell(0, 1, None), r"'Total' stands where 'Total' is expected \(no year stands over it\)"),
        (set_cell(2, 1, 0), "stands where the share of a sex in the total is expected \\(None\\)"),
        (set_cell(2, 2, "n/a"), "row 3, column 3: 'n/a' is no number"),
        (set_cell(0, 1, "1980s"), "'1980s' is no number"),
        (set_cell(2, 0, "Total"), "row 3 with 'Total immigration stock'"),
        (set_cell(20, 5, "n/a"), "row 21, column 6: 'n/a' is no number"),
        (set_cell(20, 0, None), "stands in a row without an origin"),
    ],
)
def test_a_changed_sheet_is_refused_with_its_place(change: Change, words: str) -> None:
    with refused(words):
        read_iab(change)


@pytest.mark.parametrize("kept", [100, 5_000, 0.5, 0.99])
@pytest.mark.parametrize(
    "dataset_id", ["iab_bilateral_stock", "iab_emigration_rates", "wgi_workbook", "dlm_emigration"]
)
def test_a_file_that_is_cut_off_is_refused(dataset_id: str, kept: float) -> None:
    content = served(dataset_id)
    cut = content[: int(kept * len(content)) if kept < 1 else int(kept)]
    with refused("no whole|no zip archive"):
        rows(load_catalog().dataset(dataset_id), cut)


# --- bilateral migration database --------------------------------------------------------------------------


def test_years_are_unfolded_by_name_and_nulls_kept() -> None:
    dataset = load_catalog().dataset("gbmd_bilateral")
    content = b"origincode,Y2000,Y1990,Y1980,Y1970,Y1960,destcode,sex\nNAM,5,4,3,2,1,ZAF,Male\nzzz,,,,,,CHI,Female\n"
    found = rows(dataset, gzip.compress(content))
    assert [(row["origincode"], row["year"], row["stock"]) for row in found] == [
        *(("NAM", year, i) for i, year in enumerate((1960, 1970, 1980, 1990, 2000), start=1)),
        *(("zzz", year, None) for year in (1960, 1970, 1980, 1990, 2000)),
    ]
    with refused("no column 'Y1960'; .*'1960' that nobody knows"):
        rows(dataset, content.replace(b"Y1960", b"1960"))
    with pytest.raises(duckdb.ConversionException, match=r"'\.\.'"):
        rows(dataset, content.replace(b",5,", b",..,"))


# --- a night -----------------------------------------------------------------------------------------------

SOURCES = ("adovor", "dlm", "gbmd", "iab", "un_desa", "wgi")


@pytest.mark.slow
def test_the_sandbox_gives_every_file_and_the_second_night_only_asks(tmp_path: Path) -> None:
    catalog = Catalog(sources=tuple(load_catalog().source(source) for source in SOURCES))
    with serve(SyntheticWorld()) as sandbox:
        origin = Origin("stand-in", sandbox.base_url, sandbox.base_url)
        first = Pipeline(Home(tmp_path), origin, catalog)
        outcomes = {dataset.id: first.load(dataset.id, ["all"]).parts[0] for dataset in catalog.datasets}
        refusals = {name: event.message for name, event in outcomes.items() if event.outcome != ledger.LOADED}
        assert refusals == {}
        assert len(sandbox.requests) == len(catalog.datasets)
        second = Pipeline(Home(tmp_path), origin, catalog)
        assert [second.probe(dataset.id).changed for dataset in catalog.datasets] == [[]] * len(catalog.datasets)
        assert len(sandbox.requests) == 2 * len(catalog.datasets)
