"""Fragile States Index: one row per country, year and indicator.

Rows of the code ``Change from Previous Year`` are left out: they are differences of the total, not scores of 0 to 10,
and stand in two of the years only.
"""

from __future__ import annotations

import duckdb

from ingestion.catalog import Dataset, Part
from ingestion.http import Body
from ingestion.sources import Batch
from ingestion.sources.files import tables

LABEL = "indicator"
NO_INDICATOR = "Change from Previous Year"


def indicators(connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, body: Body) -> Batch:
    """Score, and the country's total and rank of that year beside it."""
    names = [column.name for column in dataset.columns]
    rows = tables.text_table(connection, body, names, tables.where_of(dataset, part), ignored=[LABEL])
    return tables.typed(rows.filter(f"code is distinct from '{NO_INDICATOR}'"), dataset, {})


SHAPES = {"fsi_indicators": indicators}
