"""IAB brain-drain data: the workbook of migrant stocks, one sheet per destination.

The first row of a sheet has the years, each over three columns (total, male, female), the second the names of these,
the third the printed total, the fourth the shares of the sexes in it, which are no persons. One sheet has a stray zero
below its table.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import duckdb

from ingestion.catalog import Dataset, Part
from ingestion.errors import PayloadRejected
from ingestion.http import Body
from ingestion.sources import Batch
from ingestion.sources.files import tables
from ingestion.sources.files.tables import Cell, Sheet
from ingestion.sources.typed import table

NOTE_SHEET = "Explanatory note"
SEXES = ("Total", "M-Total", "F-Total")
BASES = ("Country of birth", "Citizenship")
TOTAL = "Total immigration stock"
TOTAL_ROW, SHARES_ROW, FIRST_ORIGIN_ROW = 3, 4, 5
SHARES_TOLERANCE = 0.001
Figures = dict[str, list[Cell]]


def bilateral_stock(connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, body: Body) -> Batch:  # noqa: ARG001
    """Persons by destination (name of the sheet), origin, year and sex; the printed total is a row of its own."""
    book = tables.Workbook(body, tables.where_of(dataset, part))
    figures: Figures = {column.name: [] for column in dataset.columns}
    for name in book.sheet_names:
        if name != NOTE_SHEET:
            _add_sheet(figures, name, book.sheet(name))
    return table(dataset, figures, book.where)


def _add_sheet(figures: Figures, destination: str, sheet: Sheet) -> None:
    basis, columns = _columns(sheet)
    _check_shares(sheet, columns)
    for number in [TOTAL_ROW, *range(FIRST_ORIGIN_ROW, len(sheet.rows) + 1)]:
        row = sheet.row(number)
        origin = tables.text(row[0])
        if not origin:
            _refuse_figures_without_origin(sheet, number)
            continue
        for place, year, sex in columns:
            where = partial(_place, sheet, number, place)
            for name, value in (
                ("destination", destination),
                ("basis", basis),
                ("origin", origin),
                ("year", year),
                ("sex", sex),
                ("persons", tables.number(row[place], where)),
            ):
                figures[name].append(value)


def _columns(sheet: Sheet) -> tuple[str, list[tuple[int, int, str]]]:
    """What the origins are, and position, year and sex of each column.

    Raises:
        PayloadRejected: the two header rows are others.
    """
    header = [tables.text(cell) for cell in sheet.header(2, BASES)]
    if len(sheet.rows) < FIRST_ORIGIN_ROW:
        raise PayloadRejected(f"the sheet ends in row {len(sheet.rows)}", sheet.where, tables.COMPARE)
    if header[0] not in BASES or tables.text(sheet.row(TOTAL_ROW)[0]) != TOTAL:
        what = f"row 2 should begin with one of {BASES} and row 3 with '{TOTAL}'; they begin with "
        what += f"'{header[0]}' and '{sheet.row(TOTAL_ROW)[0]}'"
        raise PayloadRejected(what, sheet.where, tables.COMPARE)
    columns, year = [], None
    for place, sex in enumerate(header[1:], start=1):
        year = tables.whole(sheet.row(1)[place], partial(_place, sheet, 1, place)) or year
        expected = SEXES[(place - 1) % len(SEXES)]
        if sex != expected or year is None:
            over = "no year stands over it" if year is None else f"under {year}"
            what = f"'{sex}' stands where '{expected}' is expected ({over})"
            raise PayloadRejected(what, _place(sheet, 2, place), tables.COMPARE)
        columns.append((place, year, sex))
    return header[0], columns


def _check_shares(sheet: Sheet, columns: list[tuple[int, int, str]]) -> None:
    """Know that the fourth row holds the sexes' shares in the total, so that leaving it out loses no persons.

    Raises:
        PayloadRejected: it holds something else.
    """
    for place, _, sex in columns:
        where: Callable[[], str] = partial(_place, sheet, SHARES_ROW, place)
        found = tables.number(sheet.row(SHARES_ROW)[place], where)
        expected = None if sex == SEXES[0] else _share(sheet, place, place - SEXES.index(sex))
        if (found is None) != (expected is None) or (found and expected and abs(found - expected) > SHARES_TOLERANCE):
            what = f"{found} stands where the share of a sex in the total is expected ({expected})"
            raise PayloadRejected(what, where(), tables.COMPARE)


def _share(sheet: Sheet, of_sex: int, of_both: int) -> float | None:
    """What part of the printed total one sex is; None where there is nobody."""
    row = sheet.row(TOTAL_ROW)
    part, whole = (tables.number(row[place], partial(_place, sheet, TOTAL_ROW, place)) for place in (of_sex, of_both))
    return part / whole if part is not None and whole else None


def _refuse_figures_without_origin(sheet: Sheet, number: int) -> None:
    for place, cell in enumerate(sheet.row(number)):
        if cell not in ("", 0):
            what = f"'{cell}' stands in a row without an origin"
            raise PayloadRejected(what, _place(sheet, number, place), tables.COMPARE)


def _place(sheet: Sheet, row: int, column: int) -> str:
    return f"{sheet.where}, row {row}, column {column + 1}"


SHAPES = {"iab_bilateral_stock": bilateral_stock}
