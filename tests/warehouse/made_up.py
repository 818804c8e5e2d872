"""A small home with a small lake, and a stand-in for dbt that builds small marts from it."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion import clock, lake, ledger
from ingestion.catalog import load_catalog
from ingestion.home import Home, open_home
from warehouse.build import build_candidate
from warehouse.dbt import DbtResult, Node, Progress
from warehouse.publish import publish
from warehouse.release import Release

CATALOG = load_catalog()
DATASET = CATALOG.dataset("wb_archive")
PART = "SM.EMI.TERT.ZS"
Rates = Mapping[tuple[str, int], float | None]
RATES: Rates = {("GUY", 2000): 89.24, ("OMN", 2000): 0.37, ("SRB", 2000): None, ("JAM", 2000): 84.69}
PASSED = {"check": "none", "passed": True}

MARTS = """
    create schema marts;
    create table marts.dim_country as
    select
        col0 as iso3, col1 as name_en, col2 as entity_type,
        $release as release_id, $synthetic as is_synthetic
    from (values
        ('GUY', 'Guyana', 'sovereign'), ('OMN', 'Oman', 'sovereign'), ('SRB', 'Serbia', 'sovereign'),
        ('JAM', 'Jamaica', 'sovereign'), ('WLD', 'World', 'aggregate')
    );
    create table marts.fct_indicator_value as
    with ranked as (
        select *, row_number() over (partition by series_id, country_id, year order by recorded_at desc) as age
        from read_parquet($lake) where $as_of is null or recorded_at <= $as_of::timestamp
    )
    select
        'wb_archive' as dataset_id, series_id as indicator_code, country_id as iso3, year, value,
        $release as release_id, $synthetic as is_synthetic
    from ranked where age = 1 and change <> 'withdraw';
    create table marts.mart_skilled_emigration as
    select
        iso3 as origin_iso3, year, 'T' as sex, 'dlm_2009' as method_id,
        value / 100 as rate_high, value as rate_high_pct, dataset_id, true as is_publishable,
        release_id, is_synthetic
    from marts.fct_indicator_value where value is not null;
    create table marts.mart_large as
    with size as (select 4000 + 1919 * count(distinct recorded_at)::integer as n_rows from read_parquet($lake))
    select
        number, n_rows, repeat(chr(65 + (number * n_rows % 23)::integer), 3 + n_rows % 17) as filler,
        $release as release_id, $synthetic as is_synthetic
    from size, range(n_rows) as numbers(number);
    comment on table marts.mart_skilled_emigration is 'Who''s abroad.';
    comment on column marts.mart_skilled_emigration.rate_high_pct is 'Rate. Unit: percent. Source: catalog.';
"""
KEYS = {
    "dim_country": ["iso3"],
    "fct_indicator_value": ["iso3", "indicator_code", "year"],
    "mart_skilled_emigration": ["origin_iso3", "year", "sex", "method_id"],
    "mart_large": ["number"],
}


def new_home(folder: Path, kind: str = "recorded") -> Home:
    """A stamped home without figures."""
    return open_home(folder, kind, kind)


def record(home: Home, day: int, rates: Rates = RATES) -> None:
    """Take rates into the lake on a day of January 2026, as the pipeline would."""
    moment = datetime(2026, 1, 1, tzinfo=UTC).replace(day=day)
    with lake.connect(home) as connection:
        connection.execute(
            "create table batch (part varchar, series_id varchar, series_name varchar, country_id varchar, "
            "year integer, version_id varchar, value double, change varchar, recorded_at timestamp, "
            "published varchar, receipt varchar)"
        )
        stamp = ("insert", moment.replace(tzinfo=None), "201312", f"r{day}")
        rows = [(PART, PART, "rate", *key, "201312", value, *stamp) for key, value in rates.items()]
        connection.executemany("insert into batch values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        lake.create_in_force(connection, home, DATASET, [PART], "previous")
        lake.accept(connection, home, DATASET, "batch", "previous", moment)
    event = ledger.Event(
        at=clock.iso(moment), dataset=DATASET.id, part=PART, title="rate", outcome=ledger.LOADED, rows=len(rates)
    )
    ledger.append_events(home, DATASET.id, [event])
    ledger.mark_checked(home, DATASET.id, clock.iso(moment))


def small_dbt(
    work: Path,
    database: Path,
    lake: Path,
    inputs: Path,
    variables: dict[str, Any],
    progress: Progress | None = None,
) -> DbtResult:
    """In place of ``warehouse.dbt.run_dbt``: four marts, in this process, in a fraction of a second."""
    (work / "target").mkdir()
    assert (inputs / "sources.parquet").exists()
    values = {
        "release": variables["release_id"],
        "synthetic": variables["is_synthetic"],
        "as_of": variables["as_of"],
        "lake": f"{glob.escape(str(lake / DATASET.id))}/*.parquet",
    }
    with duckdb.connect(str(database)) as connection:
        for statement in duckdb.extract_statements(MARTS):
            wanted = {name: values[name] for name in statement.named_parameters}
            connection.execute(statement, wanted)
    if progress:
        progress("mart_large", 4, 4)
    return DbtResult(0, [Node("mart_large", "model", "success", 0.1, "from no other", "OK")], KEYS, "")


@pytest.fixture
def without_dbt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build small marts instead of running dbt, and publish one right after the other."""
    monkeypatch.setattr("warehouse.doors.APART", timedelta(0))
    monkeypatch.setattr("warehouse.build.run_dbt", small_dbt)


def build_and_publish(home: Home, release_id: str | None = None) -> Release:
    """Build and put in force, without the audit (which has its own tests)."""
    candidate = build_candidate(home, CATALOG, release_id=release_id)
    return publish(home, candidate.release.with_facts(audits=[PASSED]))


def marts_of(release: Release) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every mart, without the release id."""
    with duckdb.connect() as connection:
        return {
            name: connection.execute(
                "select * exclude (release_id) from read_parquet($path)", {"path": release.mart_source(name)}
            ).fetchall()
            for name in release.marts
        }
