"""The lake: an append-only log from which every state can be read back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from ingestion import lake
from ingestion.catalog import load_catalog
from ingestion.home import Home

DATASET = load_catalog().dataset("wb_archive")
Rows = dict[tuple[str, int], float | None]


@pytest.fixture
def connection(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    return lake.connect(Home(tmp_path))


def accept(connection: duckdb.DuckDBPyConnection, home: Home, day: int, rows: Rows) -> dict[str, lake.Changes]:
    """Load rows (country, year) -> value on a day of January 2026."""
    connection.execute(
        "create or replace table batch (part varchar, series_id varchar, series_name varchar, country_id varchar, "
        "year integer, version_id varchar, value double, change varchar, recorded_at timestamp, published varchar, "
        "receipt varchar)"
    )
    for (country, year), value in rows.items():
        connection.execute(
            "insert into batch values ('SM.EMI.TERT.ZS', 'SM.EMI.TERT.ZS', 'rate', ?, ?, '201312', ?, 'insert', ?, "
            "'201312', ?)",
            [country, year, value, datetime(2026, 1, day), f"receipt-{day}"],  # noqa: DTZ001 (stored without a zone)
        )
    lake.create_in_force(connection, home, DATASET, ["SM.EMI.TERT.ZS"], "previous")
    moment = datetime(2026, 1, day, tzinfo=UTC)
    return lake.accept(connection, home, DATASET, "batch", "previous", moment)


def in_force(connection: duckdb.DuckDBPyConnection, home: Home) -> Rows:
    lake.create_in_force(connection, home, DATASET, ["SM.EMI.TERT.ZS"], "now")
    return {
        (country, year): v for country, year, v in connection.sql("select country_id, year, value from now").fetchall()
    }


def test_only_changes_are_logged(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    home = Home(tmp_path)
    first: Rows = {("GUY", 2000): 89.2, ("OMN", 2000): 0.4, ("SRB", 2000): None}
    second: Rows = {("GUY", 2000): 89.3, ("SRB", 2000): None, ("JAM", 2000): 84.7}
    assert accept(connection, home, 1, first) == {"SM.EMI.TERT.ZS": lake.Changes(inserted=3)}
    assert accept(connection, home, 2, first) == {}
    assert accept(connection, home, 3, second) == {"SM.EMI.TERT.ZS": lake.Changes(inserted=1, revised=1, withdrawn=1)}
    assert len(lake.lake_files(home, DATASET)) == 2
    assert in_force(connection, home) == second


def test_a_row_leads_back_to_its_receipt_also_when_withdrawn(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    accept(connection, home, 1, {("GUY", 2000): 89.2, ("OMN", 2000): 0.4})
    accept(connection, home, 2, {("GUY", 2000): 89.2})
    log = connection.sql(
        f"select country_id, change, value, receipt, recorded_at from read_parquet('{home.lake}/wb_archive/*.parquet') "
        "order by recorded_at, country_id"
    ).fetchall()
    assert log == [
        ("GUY", "insert", 89.2, "receipt-1", datetime(2026, 1, 1)),  # noqa: DTZ001 (stored as UTC without a zone)
        ("OMN", "insert", 0.4, "receipt-1", datetime(2026, 1, 1)),  # noqa: DTZ001
        ("OMN", "withdraw", None, "receipt-2", datetime(2026, 1, 2)),  # noqa: DTZ001
    ]


def test_a_value_that_returns_is_an_insert_again(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    home = Home(tmp_path)
    both: Rows = {("GUY", 2000): 89.2, ("OMN", 2000): 0.4}
    accept(connection, home, 1, both)
    accept(connection, home, 2, {("GUY", 2000): 89.2})
    assert accept(connection, home, 3, both) == {"SM.EMI.TERT.ZS": lake.Changes(inserted=1)}
    assert in_force(connection, home) == both


def test_a_null_that_gets_a_value_is_a_revision(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    home = Home(tmp_path)
    accept(connection, home, 1, {("GUY", 2000): None})
    assert accept(connection, home, 2, {("GUY", 2000): 0.0}) == {"SM.EMI.TERT.ZS": lake.Changes(revised=1)}
    assert in_force(connection, home) == {("GUY", 2000): 0.0}


def test_an_unfinished_file_is_not_seen(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    home = Home(tmp_path)
    accept(connection, home, 1, {("GUY", 2000): 89.2})
    (home.lake / "wb_archive" / ".20260102T000000000000Z.parquet.draft").write_bytes(b"half a file")
    assert in_force(connection, home) == {("GUY", 2000): 89.2}
