"""MPIDR scholarly migration: the table of countries.

Rows without a country code are left out: the publisher has dropped which territory they are of, several of one year
stand there side by side, and no total needs them (the pairs of countries do not hold them either).
"""

from __future__ import annotations

import duckdb

from ingestion.catalog import Dataset, Part
from ingestion.http import Body
from ingestion.sources import Batch
from ingestion.sources.files import tables


def countries(connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, body: Body) -> Batch:
    """Country by year; names, region, income and population are the World Bank's and are not taken."""
    names = [column.name for column in dataset.columns]
    rows = tables.text_table(connection, body, names, tables.where_of(dataset, part), ignore_others=True)
    return tables.typed(rows.filter("countrycode is not null"), dataset, {})


SHAPES = {"mpidr_countries": countries}
