"""The marts on recorded figures of the World Bank: numbers that anybody can look up."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.home import Home
from tests.dbt.made_up_lake import FIRST_LOAD, figure, run_dbt_build, write_changes
from tests.shared_data import SHARED_DATA, needs_shared_data

pytestmark = needs_shared_data
FOLDER = SHARED_DATA / "world_bank"
POPULATION = FOLDER / "wdi_csv" / "API_SP.POP.TOTL_DS2_en_csv_v2_33112.csv"
EMIGRATION = FOLDER / "wdi_2013_csv" / "SM.EMI.TERT.ZS_WDI.csv"
BODY = FOLDER / "api_responses" / "wb_SP_POP_TOTL.json"


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts of the population series of July 2026 and the emigration series of the 2013 edition."""
    home = Home(tmp_path_factory.mktemp("recorded"))
    (home.root / "origin.json").write_text(json.dumps({"kind": "recorded", "origin": "../shared/data"}))
    write_changes(home, "wb_wdi", _population(), FIRST_LOAD)
    write_changes(home, "wb_archive", _emigration(), FIRST_LOAD)
    selected = ("--select", "+fct_indicator_value", "+mart_skilled_emigration", "--indirect-selection", "cautious")
    done = run_dbt_build(home, tmp_path_factory.mktemp("build"), *selected, "--exclude-resource-type", "unit_test")
    assert done.exit_code == 0, done.log
    with duckdb.connect(str(done.database), read_only=True) as connection:
        connection.execute("set schema = 'marts'")
        yield connection


def _wide_rows(path: Path) -> Iterator[tuple[str, int, float | None]]:
    """Country code, year and value of a by-indicator file, in the order of the file."""
    with path.open(encoding="utf-8-sig", newline="") as handle:
        lines = list(csv.reader(handle))
    start = next(index for index, line in enumerate(lines) if line[:1] == ["Country Name"])
    for line in lines[start + 1 :]:
        for label, value in zip(lines[start][4:], line[4:], strict=True):
            if label.isdigit():
                yield line[1], int(label), float(value) if value else None


def _population() -> list[dict[str, Any]]:
    return [figure("SP.POP.TOTL", code, year, value) for code, year, value in _wide_rows(POPULATION)]


def _emigration() -> list[dict[str, Any]]:
    return [
        {
            "part": "SM.EMI.TERT.ZS",
            "series_id": "SM.EMI.TERT.ZS",
            "series_name": "",
            "country_id": code,
            "year": year,
            "version_id": "201312",
            "value": value,
            "change": "insert",
            "published": "201312",
            "receipt": "r",
        }
        for code, year, value in _wide_rows(EMIGRATION)
    ]


def test_skilled_emigration_begins_with_guyana_and_ends_with_oman(marts: duckdb.DuckDBPyConnection) -> None:
    found = marts.sql(
        """
        select origin_iso3, method_id, rate_high_pct from mart_skilled_emigration
        where year = 2000 order by rate_high_pct desc
        """
    ).fetchall()
    assert found[0] == ("GUY", "dlm_2009", 89.24)
    assert found[-1] == ("OMN", "dlm_2009", 0.37)
    # the codes of 2013, ROM and ZAR among them, all stand under a country
    assert {"ROU", "COD", "TLS"} <= {origin for origin, _, _ in found}


def test_population_is_of_217_economies_and_equals_the_recorded_body(marts: duckdb.DuckDBPyConnection) -> None:
    economies = marts.sql(
        "select distinct iso3 from fct_indicator_value where indicator_code = 'SP.POP.TOTL'"
    ).fetchall()
    assert len(economies) == 217
    facts = {
        (iso3, year): value
        for iso3, year, value in marts.sql(
            """
            select iso3, year, value from fct_indicator_value
            where indicator_code = 'SP.POP.TOTL' and year between 2010 and 2022
            """
        ).fetchall()
    }
    recorded = {
        (row["countryiso3code"], int(row["date"])): row["value"]
        for row in json.loads(BODY.read_text(encoding="utf-8"))[1]
        if (row["countryiso3code"],) in economies
    }
    assert len(recorded) == 217 * 13
    assert facts == recorded
