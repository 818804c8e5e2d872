"""Lets a protocol ask a local server, as the pipeline does, and reads what came."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from ingestion.catalog import load_catalog
from ingestion.home import Home
from ingestion.http import Client
from ingestion.origin import Origin
from ingestion.sources import Fetched, protocol_of
from ingestion.validation.measure import comparison_frame


def client_of(dataset_id: str, base_url: str, folder: Path) -> Client:
    """A client of the dataset's source whose requests go to the local server."""
    origin = Origin("stand-in", base_url, base_url)
    return Client(Home(folder), origin, load_catalog().source_of(dataset_id), folder / "drafts")


def fetch(client: Client, dataset_id: str, part_id: str) -> Fetched:
    """The answers to one part's download."""
    dataset = load_catalog().dataset(dataset_id)
    fetched = Fetched()
    protocol_of(dataset).fetch(client, dataset, dataset.part(part_id), fetched)
    return fetched


def load(client: Client, dataset_id: str, part_id: str) -> pa.Table:
    """One part, downloaded and typed."""
    dataset = load_catalog().dataset(dataset_id)
    fetched = fetch(client, dataset_id, part_id)
    with duckdb.connect() as connection:
        bodies = [answer.body for answer in fetched.answers]
        rows = protocol_of(dataset).read(connection, dataset, dataset.part(part_id), bodies)
        return rows.to_arrow_table() if isinstance(rows, duckdb.DuckDBPyRelation) else rows


def broken_expectations(dataset_id: str, tables: Mapping[str, pa.Table]) -> set[str]:
    """Names of the catalogued expectations that these parts do not meet."""
    dataset = load_catalog().dataset(dataset_id)
    marked = [table.append_column("part", pa.array([part] * len(table))) for part, table in tables.items()]
    batch = pa.concat_tables(marked).unify_dictionaries()
    broken = set()
    with duckdb.connect() as connection:
        connection.register("batch", batch)
        for expectation in dataset.expectations:
            if expectation.no_row_where:
                counted = connection.execute(f"select count(*) from batch where {expectation.no_row_where}").fetchone()
                is_broken = counted != (0,)
            else:
                gaps = comparison_frame(connection, "batch", expectation)["gap"]
                is_broken = bool((gaps > expectation.tolerance).any() or gaps.isna().any())
            if is_broken:
                broken.add(expectation.name)
    return broken
