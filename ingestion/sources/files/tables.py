"""Tables of the file formats: columns found by their header names, cells typed strictly, nothing left out in silence.

The order of columns is free. A name that is missing, or one that the catalog does not know, ends the reading: a
publisher who renames a column means something by it.
"""

from __future__ import annotations

import csv
import io
import json
import math
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

import duckdb
import pyarrow as pa

from ingestion.catalog import Column, Dataset, Part
from ingestion.errors import PayloadRejected
from ingestion.http import Body
from ingestion.lake import quoted
from ingestion.sources.files.arrival import GZIP_MARK, gunzipped, opened

Cell = Any
"""A cell of a workbook as calamine gives it: str, int, float, bool or a date; an empty one is ``""``."""

COMPARE = "compare the file with the publisher's notes; if the change is meant, mend the catalog entry"
LEGACY_MARK = bytes.fromhex("d0cf11e0a1b11ae1")
"""First bytes of the old binary workbooks."""
WORKBOOK_PART = "xl/workbook.xml"
"""What every ``.xlsx`` holds."""
LEGACY_SECONDS = 120
ROWS_SEARCHED_FOR_HEADER = 60
CELLS_QUOTED = 6


def where_of(dataset: Dataset, part: Part) -> str:
    """``dataset/part``, as every error names its place."""
    return f"{dataset.id}/{part.id}"


def check_header(
    found: Sequence[str], wanted: Sequence[str], where: str, ignored: Sequence[str] = (), ignore_others: bool = False
) -> None:
    """Know that a header holds the wanted names once each, in any order, and no unknown ones.

    Raises:
        PayloadRejected: it does not; names what is missing and what stands there instead.
    """
    missing = [name for name in wanted if name not in found]
    strangers = [] if ignore_others else [name for name in found if name not in (*wanted, *ignored)]
    twice = sorted({name for name in wanted if found.count(name) > 1})
    if not (missing or strangers or twice):
        return
    said = []
    if missing:
        said.append(f"the header has no column {_listed(missing)}")
    if strangers:
        said.append(f"the header has a column {_listed(strangers)} that nobody knows")
    if twice:
        said.append(f"the header has twice {_listed(twice)}")
    raise PayloadRejected("; ".join(said), where, COMPARE)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:CELLS_QUOTED])
    return shown + (f" and {len(names) - CELLS_QUOTED} more" if len(names) > CELLS_QUOTED else "")


# --- text --------------------------------------------------------------------------------------------------


def text_table(
    connection: duckdb.DuckDBPyConnection,
    body: Body,
    columns: Sequence[str],
    where: str,
    member: str | None = None,
    ignored: Sequence[str] = (),
    ignore_others: bool = False,
) -> duckdb.DuckDBPyRelation:
    """The wanted columns of a CSV file in UTF-8, all VARCHAR, an empty cell null; read when the rows are asked for.

    A ``member`` of a zip archive, and a file compressed twice, are read here and now, of which only the wanted
    columns are held.

    Raises:
        PayloadRejected: it is no such text, its header is another, or there is nothing below it.
    """
    try:
        with _stream(body, member, where) as stream:
            header = _header(stream, where)
        check_header(header, columns, where, ignored, ignore_others)
        if member or _layers(body) > 1:
            with _stream(body, member, where) as stream:
                return connection.from_arrow(_arrow_table(stream, columns))
    except (pa.ArrowInvalid, UnicodeDecodeError, csv.Error, zlib.error, EOFError, OSError) as error:
        raise PayloadRejected(f"the text cannot be read ({error})", where, COMPARE) from error
    # Numbered names: a header may hold names that differ in case only, and no text of a file becomes a name in SQL.
    relation = connection.read_csv(
        str(body.path),
        columns={f"c{place}": "VARCHAR" for place in range(len(header))},
        auto_detect=False,
        header=True,
        quotechar='"',
        escapechar='"',
        compression="gzip" if _layers(body) else "none",
    )
    return relation.project(", ".join(f"c{header.index(name)} as {quoted(name)}" for name in columns))


def _layers(body: Body) -> int:
    """How many times the stored bytes are gzipped: in transfer, as a file, both or not at all."""
    return (body.encoding == "gzip") + body.head().startswith(GZIP_MARK)


def _stream(body: Body, member: str | None, where: str) -> IO[bytes]:
    stream = opened(body)
    if member:
        return member_of(stream, member, where)
    return gunzipped(stream) if body.head().startswith(GZIP_MARK) else stream


def member_of(stream: IO[bytes], member: str, where: str) -> IO[bytes]:
    """A member of a zip archive as a stream.

    Raises:
        PayloadRejected: the file is no archive, or has no such member.
    """
    try:
        archive = zipfile.ZipFile(stream)
        return archive.open(member)
    except zipfile.BadZipFile as error:
        raise PayloadRejected(f"it is no zip archive ({error})", where, COMPARE) from error
    except KeyError as error:
        found = _listed(archive.namelist())
        raise PayloadRejected(f"the archive has no member '{member}', but {found}", where, COMPARE) from error


def _header(stream: IO[bytes], where: str) -> list[str]:
    with io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as lines:
        header = next(csv.reader(islice(lines, 1)), None)
        has_rows = any(line.strip() for line in lines)
    if header is None:
        raise PayloadRejected("the file is empty", where, COMPARE)
    if not has_rows:
        raise PayloadRejected("there is no row below the header", where, COMPARE)
    return header


def _arrow_table(stream: IO[bytes], columns: Sequence[str]) -> pa.Table:
    from pyarrow import csv as arrow_csv

    return arrow_csv.open_csv(
        pa.PythonFile(stream, mode="r"),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()),
            include_columns=list(columns),
            null_values=[""],
            strings_can_be_null=True,
        ),
    ).read_all()


# --- stored tables -----------------------------------------------------------------------------------------


def stata_table(
    body: Body, columns: Sequence[str], where: str, ignored: Sequence[str] = (), ignore_others: bool = False
) -> pa.Table:
    """The wanted columns of a Stata file in its own types; a missing value is null.

    Raises:
        PayloadRejected: it is no Stata file, or has other columns.
    """
    import pandas as pd

    try:
        frame = pd.read_stata(io.BytesIO(body.content()), convert_categoricals=False, convert_dates=False)
    except Exception as error:  # whatever bytes pandas stumbles over, the file is what is wrong
        raise PayloadRejected(f"it is no whole Stata file ({error})", where, COMPARE) from error
    check_header([str(name) for name in frame.columns], columns, where, ignored, ignore_others)
    return pa.Table.from_pandas(frame[list(columns)], preserve_index=False)


def parquet_table(
    connection: duckdb.DuckDBPyConnection,
    body: Body,
    columns: Sequence[str],
    where: str,
    ignored: Sequence[str] = (),
    ignore_others: bool = False,
) -> duckdb.DuckDBPyRelation:
    """The wanted columns of a Parquet file in its own types; rows are read when they are asked for.

    Raises:
        PayloadRejected: it is no Parquet file, or has other columns.
    """
    import pyarrow.parquet as pq

    source: Any = io.BytesIO(body.content()) if body.encoding else body.path
    try:
        stored = pq.ParquetFile(source)
        check_header(stored.schema_arrow.names, columns, where, ignored, ignore_others)
        if body.encoding:
            return connection.from_arrow(stored.read(columns=list(columns)))
    except pa.ArrowException as error:
        raise PayloadRejected(f"it is no whole Parquet file ({error})", where, COMPARE) from error
    return connection.read_parquet(str(body.path)).project(", ".join(quoted(name) for name in columns))


# --- types -------------------------------------------------------------------------------------------------


def typed(
    relation: duckdb.DuckDBPyRelation, dataset: Dataset, names: Mapping[str, str], null: str | None = None
) -> duckdb.DuckDBPyRelation:
    """The catalog's columns, cast strictly from those of the file (``names``: catalog's -> file's, where they differ).

    ``null`` is the text that means "not known" in a nullable column. A whole number may be written ``2015.0``; any
    other text in place of a number is an error when the rows are read.
    """
    return relation.project(
        ", ".join(
            f"{_cast(quoted(names.get(column.name, column.name)), column, null)} as {quoted(column.name)}"
            for column in dataset.columns
        )
    )


def _cast(name: str, column: Column, null: str | None) -> str:
    if null is not None and column.nullable:
        marker = null.replace("'", "''")
        name = f"nullif(cast({name} as varchar), '{marker}')"
    if column.type in ("INTEGER", "BIGINT"):
        text = f"cast({name} as varchar)"
        is_whole = f"regexp_full_match({text}, '\\s*[+-]?[0-9]+(\\.0*)?\\s*')"
        said = _said(text, f"is no whole number of column {column.name}")
        return f"case when {name} is null or {is_whole} then cast({name} as {column.type}) else {said} end"
    if column.type == "DOUBLE":
        number = f"cast({name} as double)"
        said = _said(f"cast({name} as varchar)", f"is no number of column {column.name}")
        return f"case when {name} is null or isfinite({number}) then {number} else {said} end"
    return f"cast({name} as {column.type})"


def _said(text: str, finding: str) -> str:
    words = finding.replace("'", "''")
    return f"error(concat('''', {text}, ''' {words}'))"


# --- workbooks ---------------------------------------------------------------------------------------------


def _legacy_sheets(content: bytes, where: str) -> dict[str, list[list[Cell]]]:
    """The cells of an old binary workbook, read by a process that may die of it."""
    command = [sys.executable, str(Path(__file__).with_name("legacy.py"))]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=LEGACY_SECONDS)  # noqa: S603 (our own file)
    except subprocess.TimeoutExpired as error:
        raise PayloadRejected("it is no whole workbook (reading it takes for ever)", where, COMPARE) from error
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise PayloadRejected(f"it is no whole workbook ({words[-1] if words else 'the reader died'})", where, COMPARE)
    sheets: dict[str, list[list[Cell]]] = json.loads(done.stdout)
    return sheets


def _refuse_other_archives(content: bytes, where: str) -> None:
    """The reader takes other spreadsheets too (``.xlsb``, ``.ods``), whose extent nobody has checked on arrival."""
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except zipfile.BadZipFile as error:
        raise PayloadRejected(f"it is no whole workbook ({error})", where, COMPARE) from error
    if WORKBOOK_PART not in names:
        raise PayloadRejected(
            f"it is no workbook of the formats .xls and .xlsx, but holds {_listed(names)}", where, COMPARE
        )


@contextmanager
def _whole_workbook(where: str) -> Iterator[None]:
    """Say whatever the reader stumbles over as our own error; its failed assertions are no ``Exception``."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise PayloadRejected(f"it is no whole workbook ({error})", where, COMPARE) from error
        raise


class Workbook:
    """A workbook, ``.xls`` or ``.xlsx`` by its content, whatever it is called."""

    def __init__(self, body: Body, where: str, member: str | None = None) -> None:
        """Open it.

        Raises:
            PayloadRejected: it is no whole workbook, or the archive has no such member.
        """
        self.where = where
        if member:
            with opened(body) as stream, member_of(stream, member, where) as inner:
                content = inner.read()
        else:
            content = body.content()
        self._sheets: dict[str, list[list[Cell]]] | None = None
        if content.startswith(LEGACY_MARK):
            self._sheets = _legacy_sheets(content, where)
            return
        _refuse_other_archives(content, where)
        from python_calamine import CalamineWorkbook

        with _whole_workbook(where):
            self._book = CalamineWorkbook.from_filelike(io.BytesIO(content))

    @property
    def sheet_names(self) -> list[str]:
        """Names of the sheets, in their order."""
        return list(self._book.sheet_names if self._sheets is None else self._sheets)

    def sheet(self, name: str) -> Sheet:
        """A sheet with all its cells from A1 on.

        Raises:
            PayloadRejected: there is none of that name, or it cannot be read.
        """
        if name not in self.sheet_names:
            what = f"the workbook has no sheet '{name}', but {_listed(self.sheet_names)}"
            raise PayloadRejected(what, self.where, COMPARE)
        place = f"{self.where}, sheet '{name}'"
        if self._sheets is not None:
            return Sheet(place, self._sheets[name])
        with _whole_workbook(place):
            rows = self._book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        return Sheet(place, [list(row) for row in rows])


@dataclass(frozen=True)
class Sheet:
    """The cells of a sheet; rows are numbered from 1 as on the screen."""

    where: str
    rows: list[list[Cell]]

    def row(self, number: int) -> list[Cell]:
        """One row; empty beyond the last."""
        return self.rows[number - 1] if number <= len(self.rows) else []

    def header(self, header_row: int, columns: Sequence[str]) -> list[str]:
        """The names in the header's row, where the wanted columns must be named.

        Raises:
            PayloadRejected: none of them stands there; says what does, and where the header went.
        """
        names = [text(cell) for cell in self.row(header_row)]
        if any(name in names for name in columns):
            return names
        shown = _listed([name for name in names if name]) or "nothing"
        what = f"row {header_row} should hold the header ({_listed(columns)}), and there stands {shown}"
        for number, row in enumerate(self.rows[:ROWS_SEARCHED_FOR_HEADER], start=1):
            if set(columns) <= {text(cell) for cell in row}:
                what += f"; the header is in row {number}"
                break
        raise PayloadRejected(what, self.where, COMPARE)

    def table(
        self, header_row: int, columns: Sequence[str], ignored: Sequence[str] = (), ignore_others: bool = False
    ) -> list[list[Cell]]:
        """The rows below the header, in each the cells of the wanted columns in the order wanted.

        Rows and columns without any content around the table are none of it: some programs save thousands of them.

        Raises:
            PayloadRejected: the header stands elsewhere or has other names.
        """
        names = self.header(header_row, columns)
        below = self.rows[header_row:]
        while below and not any(cell != "" for cell in below[-1]):
            below.pop()
        named = [
            name
            for place, name in enumerate(names)
            if name or any(row[place] != "" for row in below if place < len(row))
        ]
        check_header(named, columns, f"{self.where}, row {header_row}", ignored, ignore_others)
        places = [names.index(name) for name in columns]
        return [[row[place] for place in places] for row in below]


def text(cell: Cell) -> str:
    """A cell as text without blanks around it; a whole number without ``.0``."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def number(cell: Cell, where: Callable[[], str], null: str | None = None) -> float | None:
    """A cell as a number; None where it is empty or holds the mark ``null``.

    Raises:
        PayloadRejected: it holds something else.
    """
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and math.isfinite(cell):
        return float(cell)
    said = str(cell).strip()
    if said in ("", null):
        return None
    raise PayloadRejected(f"'{said}' is no number", where(), COMPARE)


def whole(cell: Cell, where: Callable[[], str], null: str | None = None) -> int | None:
    """A cell as a whole number; None as above.

    Raises:
        PayloadRejected: it holds something else.
    """
    value = number(cell, where, null)
    if value is not None and not value.is_integer():
        raise PayloadRejected(f"'{value}' is no whole number", where(), COMPARE)
    return None if value is None else int(value)
