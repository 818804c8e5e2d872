"""What the marts say about a lake whose every row is known."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingestion.home import Home
from tests.dbt.made_up_lake import (
    AGGREGATES,
    ECONOMIES,
    RELEASE_ID,
    SECOND_LOAD,
    TERRITORIES,
    YEARS,
    Build,
    figure,
    made_up_home,
    marts_of,
    run_dbt_build,
    write_changes,
)


def test_every_mart_says_its_release_and_that_it_is_synthetic(
    build: Build, warehouse: duckdb.DuckDBPyConnection
) -> None:
    for mart in marts_of(build.manifest):
        name = mart["name"]
        found = warehouse.sql(f"select distinct release_id, is_synthetic from {name}").fetchall()
        # Those of publishers that this lake lacks are empty here; tests/marts sees them full.
        assert found in ([], [(RELEASE_ID, True)]), name


def test_comments_stand_in_the_database_and_say_synthetic(build: Build, warehouse: duckdb.DuckDBPyConnection) -> None:
    tables = dict(
        warehouse.sql("select table_name, comment from duckdb_tables() where schema_name = 'marts'").fetchall()
    )
    assert set(tables) == {mart["name"] for mart in marts_of(build.manifest)}
    assert [name for name, comment in tables.items() if not (comment or "").startswith("SYNTHETIC")] == []
    columns = warehouse.sql(
        "select table_name || '.' || column_name from duckdb_columns() where schema_name = 'marts' and comment is null"
    ).fetchall()
    assert columns == []


def test_country_facts_hold_every_economy_and_no_aggregate(warehouse: duckdb.DuckDBPyConnection) -> None:
    def economies(fact: str) -> set[str]:
        query = f"select distinct iso3 from {fact} where indicator_code = 'SP.POP.TOTL'"
        return {iso3 for (iso3,) in warehouse.sql(query).fetchall()}

    assert economies("fct_indicator_value") == {*ECONOMIES, *TERRITORIES}
    assert economies("fct_indicator_value_aggregate") == set(AGGREGATES)


def test_old_spellings_stand_under_todays_key(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.sql(
        """
        select origin_iso3, rate_high, rate_high_pct, change_since_prev_round_pp, age_floor, method_id
        from mart_skilled_emigration where year = 2000 order by rate_high_pct desc
        """
    ).fetchall()
    assert found == [
        ("GUY", 0.89125, 89.13, -1.875, 25, "dlm_2009"),
        ("JAM", 0.8475, 84.75, None, 25, "dlm_2009"),
        ("ROU", 0.1125, 11.25, 2.75, 25, "dlm_2009"),
        ("COD", 0.095, 9.5, None, 25, "dlm_2009"),
        ("OMN", 0.00375, 0.38, None, 25, "dlm_2009"),
    ]


def test_namibia_is_no_missing_value(warehouse: duckdb.DuckDBPyConnection) -> None:
    name, region = warehouse.sql("select name_en, region_name from dim_country where iso3 = 'NAM'").fetchall()[0]
    assert (name, region) == ("Namibia", "Europe & Central Asia")
    row = warehouse.sql("select count(*) from fct_indicator_value where iso3 = 'NAM'").fetchone()
    assert row is not None and row[0] > len(YEARS)


def test_a_series_the_publisher_replaced_stands_in_for_its_successor(warehouse: duckdb.DuckDBPyConnection) -> None:
    differing = warehouse.sql(
        """
        select count(*), count(*) filter (where abs(profile.refugees_from_persons - round(facts.value)) > 0)
        from mart_country_year_profile as profile
        inner join fct_indicator_value as facts using (iso3, year)
        where facts.indicator_code = 'SM.POP.REFG.OR' and facts.value is not null
        """
    ).fetchall()[0]
    assert differing[0] > 400
    assert differing[1] == 0


def test_revisions_name_what_moved(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.sql(
        """
        select iso3, year, change_kind, new_value, published_old, published_new, recorded_at
        from mart_revisions where iso3 is not null order by iso3
        """
    ).fetchall()
    moment = SECOND_LOAD.replace(tzinfo=None)
    assert found == [
        ("NAM", 2015, "emptied", None, "2025-12-01", "2026-01-20", moment),
        ("ROU", 2015, "revised", 1_000_000.0, "2025-12-01", "2026-01-20", moment),
        ("SRB", 2015, "withdrawn", None, "2025-12-01", "2026-01-20", moment),
        ("UKR", 2021, "added", 2_000_000.0, None, "2026-01-20", moment),
    ]
    aggregates = warehouse.sql("select key_text, new_value from mart_revisions where iso3 is null").fetchall()
    assert aggregates == [("indicator_id SP.POP.TOTL; country_id 1W; year 2015", 9e9)]


def test_freshness_tells_what_is_withdrawn_and_what_waits(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.sql(
        """
        select part, status, has_rows_in_force, age_days, message, next_step from mart_source_freshness
        where dataset_id like 'wb_%'
            and part in ('SP.POP.TOTL', 'SM.POP.RHCR.EO', 'GOV_WGI_RL.EST', 'SE.TER.ENRL', 'all') order by part
        """
    ).fetchall()
    assert found == [
        ("GOV_WGI_RL.EST", "quarantined", True, 31, "half the rows", "look"),
        ("SE.TER.ENRL", "not_loaded", False, None, None, None),
        ("SM.POP.RHCR.EO", "withdrawn", False, None, "it is gone", "wait"),
        ("SP.POP.TOTL", "in_force", True, 0, None, None),
        ("all", "in_force", True, 31, None, None),
    ]


def test_as_of_is_byte_for_byte_what_was_built_then(
    build: Build, build_as_of_the_first_load: Build, build_after_the_first_load: Build
) -> None:
    """The same knowledge gives the same bytes, whether later changes are in the lake or not, build after build."""

    def bytes_of(done: Build) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(done.marts.glob("*.parquet"))}

    then, as_of, now = map(bytes_of, (build_after_the_first_load, build_as_of_the_first_load, build))
    assert len(then) == len(marts_of(build.manifest))
    assert [name for name in then if then[name] != as_of[name]] == []
    moved = {name for name in then if then[name] != now[name]}
    assert {"fct_indicator_value.parquet", "mart_revisions.parquet", "mart_source_freshness.parquet"} <= moved
    assert "mart_skilled_emigration.parquet" not in moved


def test_an_unmapped_code_stops_the_build_by_name(tmp_path: Path) -> None:
    home: Home = made_up_home(tmp_path / "home", second_load=False)
    rows = [
        figure("SP.POP.TOTL", "ROU", 2015, 5.0, country_id="Q9"),
        figure("SP.POP.TOTL", "ROU", 2015, 5.0, country_id="'7"),
    ]
    write_changes(home, "wb_wdi", rows, SECOND_LOAD)
    selected = ("--select", "+fct_indicator_value", "--indirect-selection", "cautious")
    done = run_dbt_build(home, tmp_path / "build", *selected, "--exclude-resource-type", "unit_test")
    assert done.exit_code == 1
    said = " ".join(done.log.split())
    assert "codes that the bridge lacks: wb_wdi: world_bank_iso2code ''7'; wb_wdi: world_bank_iso2code 'Q9'" in said
    assert "add a line per code to dbt_project/seeds/country_code.csv (code_system,source_code,iso3,note)" in said
    with duckdb.connect(str(done.database), read_only=True) as connection:
        built = connection.execute("select count(*) from duckdb_tables() where table_name like 'fct_%'").fetchone()
    assert built == (0,)


def test_rows_that_break_a_rule_stop_the_build_by_the_rule(tmp_path: Path) -> None:
    home: Home = made_up_home(tmp_path / "home", second_load=False)
    said_of_all = {"freq": "A", "age": "Y20-64", "sex": "T", "unit": "PC", "TIME_PERIOD": 2024, "part": "all"}
    said_of_all |= {"change": "insert", "published": "v", "receipt": "r"}
    shares = {"EU27_2020_FOR": 140.0, "NEU27_2020_FOR": -1.0, "FOR": 40.0}
    rows = [said_of_all | {"citizen": group, "geo": "DE", "OBS_VALUE": share} for group, share in shares.items()]
    write_changes(home, "eurostat_lfsa_eoqgan", [*rows, rows[-1]], SECOND_LOAD)
    selected = ("--select", "+fct_overqualification", "--indirect-selection", "cautious")
    done = run_dbt_build(home, tmp_path / "build", *selected, "--exclude-resource-type", "unit_test")
    assert done.exit_code == 1
    said = " ".join(done.log.split())
    shared = "key (iso3, year, sex, age_group, origin_group, basis) is shared (1)"
    assert f"rows of fct_overqualification break: {shared}; rate_pct between 0 and 100 (2)." in said


@pytest.mark.parametrize("mart", ["mart_rankings", "mart_push_pull_country_year", "mart_country_year_profile"])
def test_derived_marts_hold_no_aggregate(mart: str, warehouse: duckdb.DuckDBPyConnection) -> None:
    found = {iso3 for (iso3,) in warehouse.sql(f"select distinct iso3 from {mart}").fetchall()}
    assert found
    assert found <= {*ECONOMIES, *TERRITORIES}
