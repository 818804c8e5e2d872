"""Reads bodies as the pipeline does, from files, into an Arrow table."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from ingestion.catalog import Dataset, Part
from ingestion.http import Body
from ingestion.sources import SourceProtocol


def read(protocol: SourceProtocol, dataset: Dataset, part: Part, bodies: Sequence[bytes]) -> pa.Table:
    """The batch of these bodies.

    Raises:
        PayloadRejected: the protocol refuses one.
        duckdb.Error: a lazy relation finds a value that is not of its type.
    """
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        stored = []
        for number, content in enumerate(bodies):
            path = Path(folder) / str(number)
            path.write_bytes(content)
            stored.append(Body(path, ""))
        rows = protocol.read(connection, dataset, part, stored)
        return rows.to_arrow_table() if isinstance(rows, duckdb.DuckDBPyRelation) else rows
