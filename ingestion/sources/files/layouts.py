"""Tables that need no code: the catalog entry says how they are written (``Dataset.parameters``).

``layout`` is csv, workbook, stata or parquet. ``rename`` gives the file's column names where the catalog's differ
(``value=v, year=t``), ``ignored`` the columns that may stand there and are not taken, ``ignore_others`` takes only the
catalog's out of a wide table, ``not_known`` is the text that means so. A list is separated by ``|`` where a name
holds a comma. csv: ``member`` (of a zip archive); workbook: ``sheet``, ``header_row``, ``member``.
"""

from __future__ import annotations

from functools import partial

import duckdb
import pyarrow as pa

from ingestion.catalog import Column, Dataset, Part
from ingestion.http import Body
from ingestion.sources import Batch
from ingestion.sources.files import tables
from ingestion.sources.files.tables import Cell, Workbook
from ingestion.sources.typed import table


def listed(parameter: str | None) -> list[str]:
    """The names of a list in a catalog parameter."""
    if not parameter:
        return []
    return [name.strip() for name in parameter.split("|" if "|" in parameter else ",")]


def renamed(dataset: Dataset) -> dict[str, str]:
    """The file's name of each column."""
    pairs = dict(pair.split("=", 1) for pair in listed(dataset.parameters.get("rename")))
    return {column.name: pairs.get(column.name, column.name) for column in dataset.columns}


def csv(connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, body: Body) -> Batch:
    """A table of text."""
    said, names = dataset.parameters, renamed(dataset)
    where = tables.where_of(dataset, part)
    relation = tables.text_table(connection, body, list(names.values()), where, said.get("member"), *_leave(dataset))
    return tables.typed(relation, dataset, names, said.get("not_known"))


def workbook(connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, body: Body) -> Batch:  # noqa: ARG001
    """A sheet of a workbook."""
    said, names = dataset.parameters, renamed(dataset)
    sheet = Workbook(body, tables.where_of(dataset, part), said.get("member")).sheet(said["sheet"])
    header_row = int(said.get("header_row", 1))
    rows = sheet.table(header_row, list(names.values()), *_leave(dataset))
    columns: list[tuple[Cell, ...]] = list(zip(*rows, strict=True)) or [() for _ in names]
    cells = {
        column.name: _typed(column, of_column, f"{sheet.where}, column '{names[column.name]}'", header_row, dataset)
        for column, of_column in zip(dataset.columns, columns, strict=True)
    }
    return table(dataset, cells, sheet.where)


def _typed(column: Column, cells: tuple[Cell, ...], where: str, header_row: int, dataset: Dataset) -> list[Cell]:
    null = dataset.parameters.get("not_known") if column.nullable else None

    def place(position: int) -> str:
        return f"{where}, row {header_row + 1 + position}"

    if column.type == "DOUBLE":
        return [tables.number(cell, partial(place, i), null) for i, cell in enumerate(cells)]
    if column.type in ("INTEGER", "BIGINT"):
        return [tables.whole(cell, partial(place, i), null) for i, cell in enumerate(cells)]
    words = [tables.text(cell) for cell in cells]
    return [None if said in ("", null) else said for said in words]


def stata(connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, body: Body) -> Batch:
    """A Stata file."""
    names = renamed(dataset)
    where = tables.where_of(dataset, part)
    stored: pa.Table = tables.stata_table(body, list(names.values()), where, *_leave(dataset))
    return tables.typed(connection.from_arrow(stored), dataset, names, dataset.parameters.get("not_known"))


def parquet(connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, body: Body) -> Batch:
    """A Parquet file."""
    names = renamed(dataset)
    where = tables.where_of(dataset, part)
    relation = tables.parquet_table(connection, body, list(names.values()), where, *_leave(dataset))
    return tables.typed(relation, dataset, names, dataset.parameters.get("not_known"))


def _leave(dataset: Dataset) -> tuple[list[str], bool]:
    """The columns that may be left, and whether any may."""
    return listed(dataset.parameters.get("ignored")), dataset.parameters.get("ignore_others") == "true"
