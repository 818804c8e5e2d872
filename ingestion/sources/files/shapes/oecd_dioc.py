"""Immigrants in OECD countries (DIOC): persons of one round by destination, birthplace and education.

The rounds break the same persons down by other things as well (nationality, detailed education, source): persons are
summed over what the dataset has no column for, so that the persons of the file are the persons of the table. A cell
that a reporter leaves empty (one codes age by census groups, another by those of the labour force survey) is the code
``-``.
"""

from __future__ import annotations

import duckdb

from ingestion.catalog import Dataset, Part
from ingestion.http import Body
from ingestion.lake import quoted
from ingestion.sources import Batch
from ingestion.sources.files import tables
from ingestion.sources.files.tables import Cell

NOT_CODED = "-"
PERSONS = "number"


def persons(connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, body: Body) -> Batch:
    """Persons by the codes of the catalog's key, from text."""
    names = [column.name for column in dataset.columns]
    rows = tables.text_table(connection, body, names, tables.where_of(dataset, part), ignore_others=True)
    return _summed(rows, dataset)


def persons_of_first_sheet(connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, body: Body) -> Batch:
    """Persons by the codes of the catalog's key, from the first sheet of a workbook."""
    import pyarrow as pa

    names = [column.name for column in dataset.columns]
    book = tables.Workbook(body, tables.where_of(dataset, part))
    rows = book.sheet(book.sheet_names[0]).table(1, names, ignore_others=True)
    columns: list[tuple[Cell, ...]] = list(zip(*rows, strict=True)) or [() for _ in names]
    words = {
        name: pa.array([tables.text(cell) or None for cell in cells], pa.string())
        for name, cells in zip(names, columns, strict=True)
    }
    return _summed(connection.from_arrow(pa.table(words)), dataset)


def _summed(rows: duckdb.DuckDBPyRelation, dataset: Dataset) -> duckdb.DuckDBPyRelation:
    """Cast strictly, then summed over what the key does not hold."""
    key = ", ".join(quoted(name) for name in dataset.key)
    coded = ", ".join(f"coalesce(trim({quoted(name)}), '{NOT_CODED}') as {quoted(name)}" for name in dataset.key)
    counted = f"coalesce({quoted(PERSONS)}, error('a row has no {PERSONS}')) as {quoted(PERSONS)}"
    typed = tables.typed(rows.project(f"{coded}, {counted}"), dataset, {})
    return typed.aggregate(f"{key}, sum({quoted(PERSONS)}) as {quoted(PERSONS)}", key)


SHAPES = {"dioc_persons": persons, "dioc_persons_of_first_sheet": persons_of_first_sheet}
