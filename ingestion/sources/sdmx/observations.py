"""Observations collected by column name, which become the catalog's columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from ingestion.catalog import Dataset
from ingestion.errors import PayloadRejected
from ingestion.sources.typed import LOOK_AT_PUBLISHER, Cell, table

MEND_CATALOG = "compare the publisher's structure with the catalog's columns, and mend the catalog if it is the newer"


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
        cells = {column.name: self.columns.get(column.name, []) for column in dataset.columns}
        whole = {name: [*known, *[None] * (self.n_rows - len(known))] for name, known in cells.items()}
        return table(dataset, whole, where)


def refuse_unknown(names: Iterable[str], dataset: Dataset, where: str) -> None:
    """Name what the publisher sends and the catalog does not know.

    Raises:
        PayloadRejected: there is such a name.
    """
    catalogued = {column.name for column in dataset.columns}
    unknown = [name[:80] or "without a name" for name in names if name not in catalogued]
    if unknown:
        raise PayloadRejected(f"the catalog knows no column {', '.join(unknown)}", where, MEND_CATALOG)
