"""Global Bilateral Migration Database: one column per census round, unfolded to one row per year."""

from __future__ import annotations

import duckdb

from ingestion.catalog import Dataset, Part
from ingestion.http import Body
from ingestion.sources import Batch
from ingestion.sources.files import tables

YEARS = (1960, 1970, 1980, 1990, 2000)
PAIR = ("sex", "destcode", "origincode")


def bilateral(connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, body: Body) -> Batch:
    """Persons by sex, destination, origin and round; territories without data in a round stay as nulls."""
    names = [f"Y{year}" for year in YEARS]
    wide = tables.text_table(connection, body, [*PAIR, *names], tables.where_of(dataset, part))
    long = wide.query(
        "wide",
        f"select {', '.join(PAIR)}, unnest([{', '.join(map(str, YEARS))}]) as year, "  # noqa: S608
        f"unnest([{', '.join(names)}]) as stock from wide",
    )
    return tables.typed(long, dataset, {})


SHAPES = {"gbmd_bilateral": bilateral}
