"""A built release under test: its rows by query, and the rows of the lake it must have kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb

from ingestion.catalog import load_catalog
from ingestion.home import Home

Row = dict[str, Any]


@dataclass
class Warehouse:
    """One release, opened read-only with the marts in reach by bare name."""

    home: Home
    database: Path
    connection: duckdb.DuckDBPyConnection = field(init=False)

    def __enter__(self) -> Warehouse:
        self.connection = duckdb.connect(str(self.database), read_only=True)
        self.connection.execute("set schema = 'marts'")
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.connection.close()

    def rows(self, query: str, **values: Any) -> list[Row]:
        """The rows of a query, by column name."""
        found = self.connection.execute(query, values) if values else self.connection.execute(query)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def tuples(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return (self.connection.execute(query, values) if values else self.connection.execute(query)).fetchall()

    def value(self, query: str, **values: Any) -> Any:
        """The one cell of a query."""
        ((found,),) = self.tuples(query, **values)
        return found

    def by_key(self, query: str, n_key: int) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """The rest of each row under its first ``n_key`` columns, which no two rows share."""
        rows = self.tuples(query)
        found = {row[:n_key]: row[n_key:] for row in rows}
        assert len(found) == len(rows)
        return found

    def in_force(self, dataset_id: str, measure: str | None = None) -> int:
        """How many rows of a dataset the lake has in force, counted without dbt: all, or those with that measure."""
        dataset = load_catalog().dataset(dataset_id)
        files = [str(path) for path in (self.home.lake / dataset_id).glob("*.parquet")]
        if not files:
            return 0
        key = ", ".join(f'"{name}"' for name in ("part", *dataset.key))
        counted = f'"{measure}"' if measure else "*"
        query = f"""
            with changes as (
                select *, row_number() over (partition by {key} order by recorded_at desc) as nth_newest
                from read_parquet($files, union_by_name = true)
            )
            select count({counted}) from changes where nth_newest = 1 and change <> 'withdraw'
        """
        with duckdb.connect() as connection:
            ((found,),) = connection.execute(query, {"files": files}).fetchall()
        return int(found)
