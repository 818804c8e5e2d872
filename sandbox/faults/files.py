"""Faults of files for download: the bytes are wrong, or the table inside a CSV, a packed CSV or a workbook is.

Tables are changed in ``.csv``, ``.csv.gz``, ``.xlsx`` (its largest sheet) and in a ``.zip`` that holds one of these;
other files stay as they are.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sandbox.faults.registry import Fault, register
from sandbox.faults.tables import FAR_FUTURE, NOBODYS_CODE, OUTSIDE_EVERY_BOUND
from sandbox.worlds import File

NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
YEAR = re.compile(r"(YR?)?(?:1[89]|20)\d\d")
CODE = re.compile(r"[A-Za-z]{2,3}")
FEWEST_COUNTRIES = 20
BLOCK_BYTES = 1 << 20

Cells = list[list[Any]]


@dataclass
class Grid:
    """A table in a file: its rows, and where its header stands among them."""

    rows: Cells
    header: int

    @property
    def data(self) -> range:
        """Positions of the rows behind the header."""
        return range(self.header + 1, len(self.rows))

    def largest_figure(self) -> tuple[int, int]:
        """Row and column of the largest figure, which no reader leaves out: fractions before counts, years never."""
        years = self.year_column()
        found = [
            (number != int(number), abs(number), row, column)
            for row in self.data
            for column, cell in enumerate(self.rows[row])
            if column != years and (number := _number(cell)) is not None
        ]
        _, _, row, column = max(found)
        return row, column

    def year_column(self) -> int | None:
        """The column whose cells are years."""
        for column in range(len(self.rows[self.header])):
            cells = [row[column] for row in self.rows[self.header + 1 :] if column < len(row)]
            if cells and all(YEAR.fullmatch(_text(cell)) for cell in cells):
                return column
        return None

    def year_headings(self) -> list[int]:
        """The columns that are called after a year."""
        return [i for i, cell in enumerate(self.rows[self.header]) if YEAR.fullmatch(_text(cell))]


def _number(cell: Any) -> float | None:
    """A cell as a number, if it is one."""
    if isinstance(cell, str):
        return float(cell) if NUMBER.fullmatch(cell) else None
    return float(cell) if isinstance(cell, (int, float)) else None


def _text(cell: Any) -> str:
    """A cell as text; a year in a workbook may be a float."""
    if isinstance(cell, float) and cell == int(cell):
        return str(int(cell))
    return "" if cell is None else str(cell)


def _grid(rows: Cells) -> Grid:
    """The header is the last row before the first one with figures; years may be headings themselves."""
    first = next((i for i, row in enumerate(rows) if i and any(map(_is_figure, row))), 1)
    return Grid(rows, first - 1)


def _is_figure(cell: Any) -> bool:
    return _number(cell) is not None and not YEAR.fullmatch(_text(cell))


def _change_grid(file: File, change: Callable[[Grid], None]) -> File:
    """The file with its table changed; as it was, when it holds none that can be."""
    changed = _changed(file.content, change)
    return file if changed is None else replace(file, content=changed)


def _changed(content: bytes, change: Callable[[Grid], None]) -> bytes | None:
    if content.startswith(b"\x1f\x8b"):
        inside = _changed(gzip.decompress(content), change)
        return None if inside is None else gzip.compress(inside, 6, mtime=0)
    if not content.startswith(b"PK"):
        return _changed_csv(content, change)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        if "[Content_Types].xml" in names:
            return _changed_workbook(content, change)
        members = {name: archive.read(name) for name in names}
    for name in names:
        inside = _changed(members[name], change) if name.lower().endswith((".csv", ".xlsx")) else None
        if inside is not None:
            return _zip({**members, name: inside})
    return None


def _changed_csv(content: bytes, change: Callable[[Grid], None]) -> bytes | None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    first = text.partition("\n")[0]
    comma = max(",;\t", key=first.count)
    if comma not in first:
        return None
    grid = _grid(list(csv.reader(io.StringIO(text), delimiter=comma)))
    change(grid)
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=comma, lineterminator="\r\n" if first.endswith("\r") else "\n").writerows(grid.rows)
    return out.getvalue().encode("utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "utf-8")


def _changed_workbook(content: bytes, change: Callable[[Grid], None]) -> bytes:
    import openpyxl  # takes a third of a second to import

    workbook = openpyxl.load_workbook(io.BytesIO(content))
    sheet = max(workbook.worksheets, key=lambda sheet: sheet.max_row * sheet.max_column)
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))
    grid = _grid([list(row) for row in sheet.iter_rows(values_only=True)])
    change(grid)
    sheet.delete_rows(1, sheet.max_row)
    for number, row in enumerate(grid.rows, 1):
        for column, cell in enumerate(row, 1):
            if cell is not None:
                sheet.cell(number, column, cell)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


# --- the table inside is wrong -------------------------------------------------------------------------------


@register("file")
def value_not_a_number(_fault: Fault, file: File) -> File:
    """The largest figure is the text "n/a"."""
    return _change_grid(file, lambda grid: _set_largest_figure(grid, "n/a"))


@register("file")
def out_of_range(_fault: Fault, file: File) -> File:
    """The largest figure is far below every plausible bound."""
    return _change_grid(file, lambda grid: _set_largest_figure(grid, int(OUTSIDE_EVERY_BOUND)))


def _set_largest_figure(grid: Grid, cell: Any) -> None:
    row, column = grid.largest_figure()
    grid.rows[row][column] = cell


@register("file")
def duplicate_key(_fault: Fault, file: File) -> File:
    """The first row comes twice."""
    return _change_grid(file, lambda grid: grid.rows.insert(grid.header + 1, list(grid.rows[grid.header + 1])))


@register("file")
def rows_halved(_fault: Fault, file: File) -> File:
    """Every second row is gone."""

    def halve(grid: Grid) -> None:
        grid.rows[grid.header + 1 :] = grid.rows[grid.header + 1 :: 2]

    return _change_grid(file, halve)


@register("file")
def unknown_country(_fault: Fault, file: File) -> File:
    """The country of the last row carries a code that nobody knows (QQQ, or QQ where codes have two letters)."""

    def recode(grid: Grid) -> None:
        for column in range(len(grid.rows[grid.header])):
            codes = [_text(grid.rows[row][column]) for row in grid.data if column < len(grid.rows[row])]
            if len(set(codes)) >= FEWEST_COUNTRIES and all(CODE.fullmatch(code) for code in codes if code):
                last = next(code for code in reversed(codes) if code)
                nobodys = NOBODYS_CODE[: len(last)] if last.isupper() else NOBODYS_CODE[: len(last)].lower()
                for row in grid.data:
                    if _text(grid.rows[row][column]) == last:
                        grid.rows[row][column] = nobodys
                return

    return _change_grid(file, recode)


@register("file")
def future_year(_fault: Fault, file: File) -> File:
    """The newest year is called 2999."""

    def rename(grid: Grid) -> None:
        column = grid.year_column()
        if column is not None:
            newest = max(_text(grid.rows[row][column]) for row in grid.data)
            for row in grid.data:
                if _text(grid.rows[row][column]) == newest:
                    grid.rows[row][column] = _like(grid.rows[row][column], FAR_FUTURE)
        elif grid.year_headings():
            last = grid.year_headings()[-1]
            grid.rows[grid.header][last] = _like(grid.rows[grid.header][last], FAR_FUTURE)

    return _change_grid(file, rename)


@register("file")
def years_reversed(_fault: Fault, file: File) -> File:
    """The years of every series stand in reverse order: the newest figure under the oldest year."""

    def turn(grid: Grid) -> None:
        column = grid.year_column()
        if column is not None:
            years = sorted({_text(grid.rows[row][column]) for row in grid.data})
            other = dict(zip(years, reversed(years), strict=True))
            for row in grid.data:
                cell = grid.rows[row][column]
                grid.rows[row][column] = _like(cell, other[_text(cell)])
        headings = grid.year_headings()
        cells = [grid.rows[grid.header][i] for i in headings]
        for i, cell in zip(headings, reversed(cells), strict=True):
            grid.rows[grid.header][i] = cell

    return _change_grid(file, turn)


def _like(cell: Any, year: str) -> Any:
    """A year in the form of the cell that it replaces."""
    return re.sub(r"\d{4}", year, cell) if isinstance(cell, str) else type(cell)(year)


@register("file")
def column_renamed(_fault: Fault, file: File) -> File:
    """The column that holds the largest figure has another name."""

    def rename(grid: Grid) -> None:
        _, column = grid.largest_figure()
        header = grid.rows[grid.header]
        header[column] = f"{_text(header[column])}_NEW"

    return _change_grid(file, rename)


@register("file")
def columns_reordered(_fault: Fault, file: File) -> File:
    """The columns of a CSV stand in reverse order; nothing else differs."""

    def turn(grid: Grid) -> None:
        grid.rows[:] = [row[::-1] for row in grid.rows]

    return file if file.content.startswith(b"PK") else _change_grid(file, turn)


@register("file")
def moved_header(_fault: Fault, file: File) -> File:
    """Three rows of notes stand above the table, and everything is one column further to the right."""

    def move(grid: Grid) -> None:
        notes = [["", "Note to this edition"], ["", "The table was moved"], []]
        grid.rows[:] = [*notes, *(["", *row] for row in grid.rows)]

    return _change_grid(file, move)


# --- the bytes are wrong -------------------------------------------------------------------------------------


@register("file")
def truncated_file(_fault: Fault, file: File) -> File:
    """The file stops halfway, and Content-Length and ETag agree with the half."""
    return replace(file, content=file.content[: len(file.content) // 2])


@register("file", amount=1000)
def zip_bomb(fault: Fault, file: File) -> File:
    """An archive (a workbook too) whose first member unpacks to AMOUNT (1000) million bytes of zeros."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        names = _members(file.content)
        with archive.open(names[0], "w", force_zip64=True) as member:
            for _ in range(int(fault.amount * 1_000_000) // BLOCK_BYTES + 1):
                member.write(bytes(BLOCK_BYTES))
        for name in names[1:]:
            archive.writestr(name, b"")
    return replace(file, content=out.getvalue())


def _members(content: bytes) -> list[str]:
    """The names in an archive, those of a workbook first that a reader looks at last; a made-up one if it is none."""
    if not content.startswith(b"PK"):
        return ["bomb.csv"]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return sorted(archive.namelist(), key=lambda name: (not name.startswith("xl/worksheets"), name))
