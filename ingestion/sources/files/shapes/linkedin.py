"""LinkedIn talent migration: three sheets of one workbook, a column per year, turned into a row per year.

The sheets hold more empty rows and columns than full ones; these are no part of the tables.
"""

from __future__ import annotations

from functools import partial

import duckdb

from ingestion.catalog import Dataset, Part
from ingestion.http import Body
from ingestion.sources import Batch
from ingestion.sources.files import tables
from ingestion.sources.files.layouts import listed
from ingestion.sources.files.tables import Cell
from ingestion.sources.typed import table

YEARS = range(2015, 2020)
YEAR, RATE = "year", "net_per_10K"
HEADER_ROW = 1


def per_year(connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, body: Body) -> Batch:  # noqa: ARG001
    """The sheet that the catalog names: its codes, the year, and the rate of that year.

    Raises:
        PayloadRejected: the sheet has other columns, or a rate is no number.
    """
    codes = [column.name for column in dataset.columns if column.name not in (YEAR, RATE)]
    rates = [f"{RATE}_{year}" for year in YEARS]
    book = tables.Workbook(body, tables.where_of(dataset, part))
    sheet = book.sheet(dataset.parameters["sheet"])
    rows = sheet.table(HEADER_ROW, [*codes, *rates], listed(dataset.parameters["ignored"]))
    long: dict[str, list[Cell]] = {column.name: [] for column in dataset.columns}
    for number, row in enumerate(rows, start=HEADER_ROW + 1):
        words = [tables.text(cell) for cell in row[: len(codes)]]
        for year, rate in zip(YEARS, row[len(codes) :], strict=True):
            for name, word in zip(codes, words, strict=True):
                long[name].append(word)
            long[YEAR].append(year)
            long[RATE].append(tables.number(rate, partial(_place, sheet.where, number, year)))
    return table(dataset, long, sheet.where)


def _place(where: str, row: int, year: int) -> str:
    return f"{where}, row {row}, {RATE}_{year}"


SHAPES = {"linkedin_per_year": per_year}
