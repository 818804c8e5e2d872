"""Queries read one release and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.home import Home
from tests.warehouse.made_up import build_and_publish
from warehouse.query import WrongQuery, run_select
from warehouse.release import Release

pytestmark = pytest.mark.usefixtures("without_dbt")


@pytest.fixture
def release(home: Home) -> Release:
    return build_and_publish(home)


def test_rows_come_with_names_and_types(release: Release) -> None:
    answer = run_select(release, "select origin_iso3, rate_high_pct from mart_skilled_emigration order by 2 desc")
    assert answer.to_json()[0] == {"origin_iso3": "GUY", "rate_high_pct": 89.24}
    assert (answer.columns, answer.types) == (["origin_iso3", "rate_high_pct"], ["VARCHAR", "DOUBLE"])
    assert not answer.is_cut


def test_a_limit_is_kept_and_said(release: Release) -> None:
    answer = run_select(release, "select iso3 from dim_country order by 1", limit=2)
    assert (answer.rows, answer.is_cut) == ([("GUY",), ("JAM",)], True)
    assert not run_select(release, "select iso3 from dim_country", limit=5).is_cut


@pytest.mark.parametrize(
    "sql",
    [
        "describe dim_country",
        "show tables",
        "summarize dim_country",
        "with a as (select 1) from a",
        "from dim_country",
        "values (1)",
    ],
)
def test_every_way_of_reading_is_a_select(release: Release, sql: str) -> None:
    assert run_select(release, sql).rows


@pytest.mark.parametrize(
    "sql",
    [
        "drop table dim_country",
        "create table x as select 1",
        "insert into dim_country select * from dim_country",
        "copy dim_country to 'stolen.csv'",
        "attach 'other.duckdb'",
        "set threads = 1",
        "pragma database_size; select 1",
        "select 1; drop table dim_country",
        "",
    ],
)
def test_anything_but_one_select_is_refused(release: Release, sql: str) -> None:
    with pytest.raises(WrongQuery, match="marts are only read"):
        run_select(release, sql)


@pytest.mark.parametrize("function", ["read_text", "read_csv", "read_parquet", "glob"])
def test_no_other_file_can_be_read(release: Release, tmp_path: Path, function: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    with pytest.raises(WrongQuery, match="file system operations are disabled"):
        run_select(release, f"select * from {function}('{secret}')")


def test_a_variable_of_this_program_is_no_table(release: Release) -> None:
    with pytest.raises(WrongQuery, match="Table with name statement does not exist"):
        run_select(release, "select * from statement")


def test_a_mistake_is_said_in_one_sentence(release: Release) -> None:
    with pytest.raises(WrongQuery) as caught:
        run_select(release, "select nothing from dim_country")
    assert "\n" not in str(caught.value)
    assert 'Referenced column "nothing" not found' in str(caught.value)
    with pytest.raises(WrongQuery, match="syntax error"):
        run_select(release, "selec 1")
