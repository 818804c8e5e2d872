"""Cells that a protocol has collected become the catalog's columns, in one place and strictly.

Nothing is rounded, guessed or turned into null on the way: a cell that is not of its column's type, or a missing one
where the catalog promises something, ends the reading. (Text that DuckDB reads lazily is typed by DuckDB's own strict
casts, in ``sdmx.csv_message`` and ``files.tables``.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.catalog import Column, Dataset
from ingestion.errors import PayloadRejected

Cell = str | float | int | date | None

LOOK_AT_PUBLISHER = "compare the landed payload with the publisher's page, then ingest again"
ARROW_TYPES = {
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "DATE": pa.date32(),
}
"""Arrow's type of each type a catalogued column may have."""


def table(dataset: Dataset, cells: Mapping[str, Sequence[Cell]], where: str) -> pa.Table:
    """The catalog's columns, in order, of the catalog's types; ``cells`` holds a list for each, all of one length.

    Texts are kept as they are, ``NA`` too, in dictionaries. Numbers may come as numbers or as their text.

    Raises:
        PayloadRejected: there is no row, a cell is not of its column's type, or missing where the catalog promises
            something.
    """
    if not any(map(len, cells.values())):
        raise PayloadRejected("there is no row", where, LOOK_AT_PUBLISHER)
    return pa.table({column.name: _array(column, cells[column.name], where) for column in dataset.columns})


def _array(column: Column, cells: Sequence[Cell], where: str) -> pa.Array:
    place = f"{where}, column {column.name}"
    if not column.nullable and None in cells:
        raise PayloadRejected(f"nothing in row {cells.index(None) + 1:,}", place, LOOK_AT_PUBLISHER)
    try:
        if any(isinstance(cell, bool) for cell in cells):
            raise pa.ArrowInvalid("a truth value")
        if column.type == "VARCHAR":
            return pa.array(cells, pa.string()).dictionary_encode()
        array = _parsed(cells, column)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise PayloadRejected(f"a value is no {column.type}: {error}", place, LOOK_AT_PUBLISHER) from error
    if column.type == "DOUBLE":
        _refuse_infinite(array, place)
    return array


def _parsed(cells: Sequence[Cell], column: Column) -> pa.Array:
    kind = ARROW_TYPES[column.type]
    if column.type == "DOUBLE" and not any(isinstance(cell, str) for cell in cells):
        return pa.array(cells, kind)
    # Arrow's own parser of text is strict: no rounding to whole numbers, no blanks, no thousands separators.
    return pa.array([None if cell is None else str(cell) for cell in cells], pa.string()).cast(kind)


def _refuse_infinite(array: pa.Array, place: str) -> None:
    """Arrow's parser knows ``NaN`` and ``inf``, and takes ``1e400`` for the latter; none of them is a figure."""
    position = pc.index(pc.is_finite(array), False).as_py()
    if position >= 0:
        what = f"{array[position].as_py()} in row {position + 1:,}, which is no figure"
        raise PayloadRejected(what, place, LOOK_AT_PUBLISHER)
