"""Batches as the sources make them, in DuckDB, for spoiling."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from ingestion.catalog import Dataset, load_catalog
from ingestion.home import Home
from ingestion.validation import Finding, Verdict, judge
from ingestion.validation.bridge import SEEDS, load_bridge

RECORDED_AT = "20261121T040000000000Z"
YEARS = (2020, 2021, 2022, 2023, 2024)


def dataset(dataset_id: str) -> Dataset:
    """A dataset of the catalog."""
    return load_catalog().dataset(dataset_id)


def create_indicators(connection: duckdb.DuckDBPyConnection, parts: Sequence[str]) -> None:
    """Table ``batch``: these parts of wb_wdi, dense by economy and year, every tenth value missing."""
    wdi = dataset("wb_wdi")
    connection.execute("create or replace table place (country_id varchar, countryiso3code varchar)")
    connection.executemany("insert into place values (?, ?)", economies())
    connection.execute("create or replace table series (part varchar, title varchar, least double, span double)")
    for part in (wdi.part(part) for part in parts):
        least = part.bounds.minimum or 0
        span = (part.bounds.maximum or 1_000_000) - least
        connection.execute("insert into series values (?, ?, ?, ?)", [part.id, part.title, least, span])
    connection.execute(
        """
        create or replace table batch as
        select
            part as indicator_id, title as indicator_name, country_id, countryiso3code, "year"::integer as "year",
            case when hash(country_id, "year") % 10 > 0
                then least + span * (0.2 + 0.6 * (hash(country_id, "year") % 1000) / 1000)
            end as "value",
            '' as unit, '' as obs_status, 0 as "decimal", part, '2026-07-13' as published, 'r1' as receipt
        from series, place, (select unnest($years) as "year")
        """,
        {"years": list(YEARS)},
    )


def economies() -> list[tuple[str, str]]:
    """Two- and three-letter code of every economy and aggregate; the three-letter one blank for income groups."""
    bridge = load_bridge(SEEDS)
    alpha3 = {iso3: code for code, iso3 in bridge.codes("world_bank_id").items() if code == iso3}
    alpha2 = {iso3: code for code, iso3 in bridge.codes("world_bank_iso2code").items() if iso3 in alpha3}
    blank = ("XD", "XM", "XN", "XT", "XY")
    return [(code, "" if code in blank else alpha3[iso3]) for iso3, code in sorted(alpha2.items())]


def create_countries(connection: duckdb.DuckDBPyConnection) -> None:
    """Table ``batch``: a list of economies and aggregates as the publisher sends it."""
    bridge = load_bridge(SEEDS)
    rows = []
    for code, iso3 in bridge.codes("world_bank_id").items():
        country = bridge.is_country(iso3)
        region = ("ECS", "Europe & Central Asia") if country else ("NA", "Aggregates")
        income = ("UMC", "Upper middle income") if country else ("NA", "Aggregates")
        rows.append((code, code[:2], bridge.name_by_iso3[iso3], *region, *income, None, None, "all"))
    connection.execute(
        """
        create or replace table batch (
            id varchar, iso2_code varchar, name varchar, region_id varchar, region_name varchar,
            income_level_id varchar, income_level_name varchar, lending_type_id varchar, capital_city varchar,
            part varchar
        )
        """
    )
    connection.executemany("insert into batch values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def create_archive(connection: duckdb.DuckDBPyConnection) -> None:
    """Table ``batch``: SM.EMI.TERT.ZS with figures in 1990 and 2000 only, as the archive holds it."""
    codes = sorted(load_bridge(SEEDS).codes("world_bank_id"))
    connection.execute("create or replace table place (country_id varchar)")
    connection.executemany("insert into place values (?)", [[code] for code in codes])
    connection.execute(
        """
        create or replace table batch as
        select
            'SM.EMI.TERT.ZS' as series_id, 'Emigration rate of tertiary educated' as series_name, country_id,
            "year"::integer as "year", '201312' as version_id,
            case when "year" in (1990, 2000) then 0.37::double + hash(country_id, "year") % 85 end as "value",
            'SM.EMI.TERT.ZS' as part
        from place, (select unnest(range(1985, 2013)) as "year")
        """
    )


def keep_as_previous(connection: duckdb.DuckDBPyConnection) -> None:
    """The batch as it is now becomes what is in force."""
    connection.execute("create or replace table previous as select * from batch")


def judged(home: Home, connection: duckdb.DuckDBPyConnection, dataset_id: str = "wb_wdi") -> Verdict:
    """The verdict on table ``batch`` against table ``previous``, where there is one."""
    tables = {row[0] for row in connection.execute("show tables").fetchall()}
    previous = "previous" if "previous" in tables else None
    return judge(home, dataset(dataset_id), connection, "batch", previous, RECORDED_AT)


def only(verdict: Verdict, expectation: str) -> Finding:
    """The one finding of that expectation."""
    (finding,) = (finding for finding in verdict.findings if finding.expectation == expectation)
    return finding
