"""The quality marts: what they say of loads, judgements and coverage, counted a second time without dbt."""

from __future__ import annotations

import json
from pathlib import Path

from ingestion import clock
from ingestion.catalog import load_catalog
from ingestion.home import Home
from tests.marts.warehouse import Warehouse
from warehouse.inputs import JUDGEMENTS_READ, collect_inputs

# No figures, but the spans in which there are any; and what is known of loads.
NOT_COUNTED = {"fct_job_to_job_window", "fct_load_audit", "fct_expectation_result"}


def test_every_fact_is_counted(sandbox: Warehouse) -> None:
    tables = sandbox.tuples("select table_name from duckdb_tables() where schema_name = 'marts'")
    facts = {name for (name,) in tables if name.startswith("fct_") and not name.endswith("_aggregate")}
    counted = {fact for (fact,) in sandbox.tuples("select distinct fact from mart_data_coverage")}
    assert counted == facts - NOT_COUNTED


def test_coverage_counts_every_row_of_a_fact_by_country_and_by_year(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        for fact, role, scope, n_obs in warehouse.tuples(
            "select fact, place_role, scope, sum(n_obs) from mart_data_coverage group by all"
        ):
            assert n_obs == warehouse.value(f"select count(*) from {fact}"), (fact, role, scope)


def test_coverage_of_a_pair_is_that_of_its_rows(sandbox: Warehouse) -> None:
    found = sandbox.rows(
        """
        select * from mart_data_coverage
        where fact = 'fct_scholar_flow' and place_role = 'origin' and iso3 = 'ROU'
        """
    )
    (row,) = found
    years = sandbox.tuples("select distinct year from fct_scholar_flow where origin_iso3 = 'ROU' and moves is not null")
    assert row["n_covered"] == len(years)
    assert row["n_expected"] == sandbox.value("select count(distinct year) from fct_scholar_flow")
    assert row["latest_year"] == max(year for (year,) in years)


def test_every_event_of_the_ledger_is_there(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        lines = sum(len(path.read_text("utf-8").splitlines()) for path in warehouse.home.ledger.glob("*.jsonl"))
        assert warehouse.value("select count(*) from fct_load_audit") == lines


def test_every_rule_that_was_judged_is_there(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        judged = {
            (folder.name, result["expectation_config"]["meta"]["rule"], result["success"])
            for folder in warehouse.home.validations.iterdir()
            for path in folder.glob("*.json")
            for result in json.loads(path.read_text("utf-8"))["results"]
        }
        found = warehouse.tuples("select distinct dataset_id, rule_name, is_held from fct_expectation_result")
        assert set(found) == judged


def test_a_build_reads_the_newest_judgements_up_to_its_moment(tmp_path: Path, sandbox: Warehouse) -> None:
    dataset = "mpidr_scholars"
    (kept,) = (sandbox.home.validations / dataset).glob("*.json")
    home = Home(tmp_path)
    home.lake.mkdir()
    (home.lake / dataset).symlink_to(sandbox.home.lake / dataset)
    (home.root / "origin.json").write_text((sandbox.home.root / "origin.json").read_text("utf-8"))
    (home.validations / dataset).mkdir(parents=True)
    moments = [clock.parse_compact(f"20991{month % 10}01T000000000000Z") for month in range(3)]
    moments = [moment.replace(day=day) for moment in moments for day in range(1, 8)]
    for moment in moments:
        (home.validations / dataset / f"{clock.compact(moment)}.json").write_text(kept.read_text("utf-8"))

    def judged(as_of: int) -> list[str]:
        table = collect_inputs(home, load_catalog(), moments[as_of]).tables["expectations"]
        return sorted({f"{row['recorded_at']:%Y%m%d}" for row in table.to_pylist()})

    said = [f"{moment:%Y%m%d}" for moment in moments]
    assert judged(-1) == said[-JUDGEMENTS_READ:]
    assert judged(3) == said[:4]


def test_known_errors_are_still_in_the_data(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        swapped = warehouse.by_key(
            "select source_code, corrected_iso3, status, n_rows_in_error from mart_corrections"
            " where handled_by = 'bridge'",
            n_key=1,
        )
        # seven years by three sexes
        assert swapped == {("GIN",): ("GNB", "needed", 21), ("GNB",): ("GIN", "needed", 21)}
        assert warehouse.value("select count(*) from mart_corrections where status = 'expired'") == 0
