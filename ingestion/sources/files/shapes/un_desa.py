"""UN DESA migrant stock: names and codes on the left, then three blocks of years, for both sexes, males and females."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import duckdb

from ingestion.catalog import Dataset, Part
from ingestion.errors import PayloadRejected
from ingestion.http import Body
from ingestion.sources import Batch
from ingestion.sources.files import layouts, tables
from ingestion.sources.files.tables import Cell, Sheet
from ingestion.sources.typed import table

BLOCKS = {
    "International migrant stock at mid-year, both sexes combined": "both sexes combined",
    "International migrant stock at mid-year, males": "males",
    "International migrant stock at mid-year, females": "females",
}
"""Title over a block -> the sex, in the publisher's words."""
UNFOLDED = ("sex", "year", "persons")
NOT_AVAILABLE = ".."


@dataclass(frozen=True)
class _Block:
    sex: str
    years: dict[int, int]
    """Year -> position of its column."""


def stock(connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, body: Body) -> Batch:  # noqa: ARG001
    """Persons by area (or pair of areas), sex and year.

    ``..`` and an empty cell are not known. An area that stands under two headings with the same figures is one area.
    """
    said = dataset.parameters
    sheet = tables.Workbook(body, tables.where_of(dataset, part)).sheet(said["sheet"])
    header_row = int(said["header_row"])
    names = {name: header for name, header in layouts.renamed(dataset).items() if name not in UNFOLDED}
    header = sheet.header(header_row, list(names.values()))
    blocks, width = _blocks(sheet, header, header_row)
    place = f"{sheet.where}, row {header_row}"
    named = [name for name in header[:width] if name]  # the running number has no name
    tables.check_header(named, list(names.values()), place, layouts.listed(said.get("ignored")))
    positions = {name: header.index(title) for name, title in names.items()}
    figures: dict[str, list[Cell]] = {column.name: [] for column in dataset.columns}
    for number, row in _areas(sheet, header_row, [positions[name] for name in dataset.key if name in positions]):
        for block in blocks:
            for year, column in block.years.items():
                where = partial(_place, sheet, number, column)
                for name, position in positions.items():
                    figures[name].append(tables.text(row[position]) or None)
                figures["sex"].append(block.sex)
                figures["year"].append(year)
                figures["persons"].append(tables.number(row[column], where, NOT_AVAILABLE))
    return table(dataset, figures, sheet.where)


def _blocks(sheet: Sheet, header: list[str], header_row: int) -> tuple[list[_Block], int]:
    """The three blocks, and how many columns stand left of them.

    Raises:
        PayloadRejected: their titles are not above the header, or their years differ.
    """
    for number in range(header_row - 1, 0, -1):
        titles = [tables.text(cell) for cell in sheet.row(number)]
        if set(BLOCKS) <= set(titles):
            break
    else:
        what = f"no row above the header in row {header_row} holds the titles of the three blocks of years"
        raise PayloadRejected(f"{what} ({', '.join(BLOCKS)})", sheet.where, tables.COMPARE)
    starts = {title: titles.index(title) for title in BLOCKS}
    width = min(starts.values())
    blocks = []
    for title, sex in BLOCKS.items():
        end = min((start for start in starts.values() if start > starts[title]), default=len(header))
        years = {}
        for column in range(starts[title], end):
            year = tables.whole(header[column] and _number(header[column]), partial(_place, sheet, header_row, column))
            if year is not None:
                years[year] = column
        blocks.append(_Block(sex, years))
    if not blocks[0].years or any(list(block.years) != list(blocks[0].years) for block in blocks):
        found = "; ".join(f"{block.sex}: {', '.join(map(str, block.years))}" for block in blocks)
        raise PayloadRejected(f"the three blocks have different years ({found})", sheet.where, tables.COMPARE)
    return blocks, width


def _number(said: str) -> Cell:
    return float(said) if said.isdecimal() else said


def _areas(sheet: Sheet, header_row: int, key: list[int]) -> list[tuple[int, list[Cell]]]:
    """Number and cells of each row, repetitions left out.

    Raises:
        PayloadRejected: an area stands twice with different figures.
    """
    seen: dict[tuple[str, ...], tuple[int, list[Cell]]] = {}
    first_figure = max(key) + 1
    for number, row in enumerate(sheet.rows[header_row:], start=header_row + 1):
        if all(cell == "" for cell in row):
            continue
        area = tuple(tables.text(row[position]) for position in key)
        if area in seen and seen[area][1][first_figure:] != row[first_figure:]:
            what = f"area {' / '.join(area)} has other figures than in row {seen[area][0]}"
            raise PayloadRejected(what, f"{sheet.where}, row {number}", tables.COMPARE)
        seen.setdefault(area, (number, row))
    return list(seen.values())


def _place(sheet: Sheet, row: int, column: int) -> str:
    return f"{sheet.where}, row {row}, column {column + 1}"


SHAPES = {"un_desa_stock": stock}
