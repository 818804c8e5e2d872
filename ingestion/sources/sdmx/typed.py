"""Observations collected by column name, typed strictly into the catalog's columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

from ingestion.catalog import Column, Dataset
from ingestion.errors import PayloadRejected

Cell = str | float | int | None

LOOK_AT_PUBLISHER = "compare the landed payload with the publisher's page, then ingest again"
MEND_CATALOG = "compare the publisher's structure with the catalog's columns, and mend the catalog if it is the newer"
ARROW_TYPES = {
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "DATE": pa.date32(),
}


class Observations:
    """Cells by column name, one list per column, all of one length."""

    def __init__(self) -> None:
        self.n_rows = 0
        self.columns: dict[str, list[Cell]] = {}

    def add(self, row: Mapping[str, Cell]) -> None:
        """Append one observation; what it does not hold is null."""
        for name, cell in row.items():
            column = self.columns.get(name)
            if column is None:
                column = self.columns[name] = []
            if len(column) < self.n_rows:
                column.extend([None] * (self.n_rows - len(column)))
            column.append(cell)
        self.n_rows += 1

    def table(self, dataset: Dataset, where: str) -> pa.Table:
        """The catalog's columns, in order, of the catalog's types.

        Raises:
            PayloadRejected: no observation, a name the catalog does not know, a cell that is not of its type, or
                nothing where the catalog promises something.
        """
        if not self.n_rows:
            raise PayloadRejected("the answer holds no observations", where, LOOK_AT_PUBLISHER)
        refuse_unknown(self.columns, dataset, where)
        arrays = []
        for column in dataset.columns:
            cells = self.columns.get(column.name, [])
            arrays.append(_typed(column, [*cells, *[None] * (self.n_rows - len(cells))], where))
        return pa.table(arrays, names=[column.name for column in dataset.columns])


def refuse_unknown(names: Iterable[str], dataset: Dataset, where: str) -> None:
    """Name what the publisher sends and the catalog does not know.

    Raises:
        PayloadRejected: there is such a name.
    """
    catalogued = {column.name for column in dataset.columns}
    unknown = [name for name in names if name not in catalogued]
    if unknown:
        raise PayloadRejected(f"the catalog knows no column {', '.join(unknown)}", where, MEND_CATALOG)


def _typed(column: Column, cells: Sequence[Cell], where: str) -> pa.Array:
    place = f"{where}, column {column.name}"
    if not column.nullable and None in cells:
        row = cells.index(None) + 1
        raise PayloadRejected(f"nothing in observation {row:,}", place, LOOK_AT_PUBLISHER)
    kind = ARROW_TYPES[column.type]
    try:
        if column.type == "DOUBLE" and not any(isinstance(cell, str) for cell in cells):
            if any(isinstance(cell, bool) for cell in cells):
                raise pa.ArrowInvalid("a truth value came instead of a number")
            return pa.array(cells, kind)
        # Arrow's own parser of text is strict: no rounding to whole numbers, no blanks, no thousands separators.
        return pa.array([None if cell is None else str(cell) for cell in cells], pa.string()).cast(kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise PayloadRejected(f"a value is no {column.type}: {error}", place, LOOK_AT_PUBLISHER) from error
