"""The quality marts: what they say of loads, judgements and coverage, counted a second time without dbt."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest

from ingestion import clock, ledger
from ingestion.catalog import load_catalog
from ingestion.home import Home
from tests.marts.warehouse import Row, Warehouse
from warehouse.inputs import DBT_PROJECT, JUDGEMENTS_READ, collect_inputs

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


@pytest.mark.parametrize(
    ("fact", "role", "place", "series", "figure"),
    [
        ("fct_attainment", "country", "iso3", "measure", "value"),
        ("fct_indicator_value", "country", "iso3", "indicator_code", "value"),
        ("fct_migration_flow", "reporter", "reporter_iso3", "measure", "persons"),
        ("fct_skilled_emigration", "origin", "origin_iso3", "measure", "value"),
    ],
)
@pytest.mark.parametrize("scope", ["country", "year"])
def test_coverage_is_that_of_the_rows_of_the_fact(
    sandbox: Warehouse, fact: str, role: str, place: str, series: str, figure: str, scope: str
) -> None:
    own, other = (place, "year") if scope == "country" else ("year", place)
    expected = Counter(
        (dataset_id, name)
        for dataset_id, name, _ in sandbox.tuples(
            f"select distinct dataset_id, {series}, {other} from {fact}"
            + (f" where {figure} is not null" if scope == "country" else "")
        )
    )
    if (fact, scope) == ("fct_indicator_value", "year"):
        # an indicator is for the world, so who has no row is missing
        everybody = sandbox.value(
            "select count(*) from (select iso3 from fct_indicator_value union"
            " select iso3 from dim_country where is_listed and entity_type in ('sovereign', 'territory'))"
        )
        expected = Counter(dict.fromkeys(expected, everybody))
    counted = {}
    for dataset_id, name, of, *facts in sandbox.tuples(
        f"""
        select
            dataset_id, {series}, {own}, count(*), count({figure}),
            count(distinct case when {figure} is not null then {other} end),
            min(case when {figure} is not null then year end), max(case when {figure} is not null then year end),
            count(case when estimate_kind <> 'observed' then {figure} end), max(published), max(recorded_at)
        from {fact} group by 1, 2, 3
        """
    ):
        n_obs, n_non_null, n_covered, first_year, latest_year, n_not_observed, published, recorded_at = facts
        n_expected = expected[dataset_id, name]
        ratio, pct = (n_covered / n_expected, 100 * n_covered / n_expected) if n_expected else (None, None)
        not_observed_pct = 100 * n_not_observed / n_non_null if n_non_null else None
        counts = (n_obs, n_non_null, n_covered, n_expected, ratio, pct)
        counted[dataset_id, name, of] = (*counts, first_year, latest_year, not_observed_pct, published, recorded_at, 0)
    found = sandbox.by_key(
        f"""
        select
            dataset_id, series, {"iso3" if scope == "country" else "year"}, n_obs, n_non_null, n_covered, n_expected,
            coverage_ratio, coverage_pct, first_year, latest_year, not_observed_pct, last_published,
            last_recorded_at, n_parts_held_back
        from mart_data_coverage where fact = '{fact}' and place_role = '{role}' and scope = '{scope}'
        """,
        n_key=3,
    )
    assert counted
    assert found == counted


def test_freshness_is_what_the_catalog_and_the_ledger_say(sandbox: Warehouse) -> None:
    expected: dict[tuple[str, str], Row] = {}
    for source in load_catalog().sources:
        for dataset in source.datasets:
            latest = ledger.latest_by_part(sandbox.home, dataset.id)
            for part in dataset.parts:
                event = latest[part.id]
                at = datetime.fromisoformat(event.at).replace(tzinfo=None)
                is_loaded = event.outcome == ledger.LOADED
                is_dated = is_loaded and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", event.version or "")
                expected[dataset.id, part.id] = {
                    "part_title": part.title,
                    "dataset_title": dataset.title,
                    "publisher": source.publisher,
                    "cadence": dataset.cadence,
                    "release_calendar": dataset.release_calendar,
                    "status": "in_force" if is_loaded else event.outcome,
                    "has_rows_in_force": is_loaded,
                    "published": event.version,
                    "published_on": date.fromisoformat(event.version or "") if is_dated else None,
                    "recorded_at": at if is_loaded else None,
                    "n_rows": event.rows if is_loaded else 0,
                    "n_figures": event.figures if is_loaded else 0,
                    "last_event_at": at,
                    "last_outcome": event.outcome,
                    "message": event.message,
                    "next_step": event.next_step,
                    "source_id": source.id,
                    "licence": source.licence.name,
                    "is_publishable": source.licence.redistributable,
                }
    newest = max(facts["recorded_at"] for facts in expected.values() if facts["recorded_at"])
    for facts in expected.values():
        published_on, recorded_at = facts["published_on"], facts["recorded_at"]
        facts["newest_recorded_at"] = newest
        facts["days_since_published"] = (newest.date() - published_on).days if published_on else None
        facts["age_days"] = (newest.date() - recorded_at.date()).days if recorded_at else None
    rows = sandbox.rows("select * exclude (release_id, is_synthetic) from mart_source_freshness")
    assert {(row.pop("dataset_id"), row.pop("part")): row for row in rows} == expected


def test_corrections_are_those_that_are_declared(sandbox: Warehouse) -> None:
    with (DBT_PROJECT / "seeds" / "correction.csv").open(encoding="utf-8", newline="") as handle:
        declared = {
            line["correction_id"]: {name: text or None for name, text in line.items()}
            for line in csv.DictReader(handle)
        }
    titles = {dataset.id: dataset.title for source in load_catalog().sources for dataset in source.datasets}
    rows = sandbox.rows("select * from mart_corrections")
    assert [{name: row[name] for name in declared[row["correction_id"]]} for row in rows] == [
        declared[row["correction_id"]] for row in rows
    ]
    assert {row["correction_id"]: row["dataset_title"] for row in rows} == {
        name: titles[str(line["dataset_id"])] for name, line in declared.items()
    }


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
            "select source_code, corrected_iso3, status, n_rows_in_force, n_rows_in_error from mart_corrections"
            " where handled_by = 'bridge'",
            n_key=1,
        )
        # seven years by three sexes
        assert swapped == {("GIN",): ("GNB", "needed", 21, 21), ("GNB",): ("GIN", "needed", 21, 21)}
        assert warehouse.value("select count(*) from mart_corrections where status = 'expired'") == 0
