"""Every DAG parses, is thin, and says what it is; nothing heavy is imported before a task runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from ingestion.catalog import load_catalog
from tests.dags.conftest import DAGS

INGEST, PUBLISH, MAINTAIN = "ingest_world_bank", "publish_marts", "maintain_warehouse"
HEAVY = ("duckdb", "great_expectations", "dbt", "pandas", "pyarrow", "requests", "warehouse", "ingestion.pipeline")
MOST_LINES = 60
MOST_SECONDS_TO_PARSE = 5  # a file takes tenths of a second; a heavy import takes several


@pytest.fixture(scope="module")
def bag() -> Any:
    """Every DAG, as the DAG processor parses them."""
    # Airflow 3.3.2 sets this to parse one DAG by itself, and leaves it set.
    os.environ.pop("_AIRFLOW_PARSING_CONTEXT_DAG_ID", None)
    from airflow.dag_processing.dagbag import BundleDagBag

    return BundleDagBag(dag_folder=DAGS, bundle_path=DAGS, bundle_name="dags-folder")


def test_every_file_parses_and_gives_its_dags(bag: Any) -> None:
    assert bag.import_errors == {}
    assert sorted(bag.dags) == sorted([MAINTAIN, PUBLISH, *(f"ingest_{s.id}" for s in load_catalog().sources)])


def test_only_files_with_a_dag_are_parsed(bag: Any) -> None:
    assert sorted(stat.file.strip("/") for stat in bag.dagbag_stats) == ["ingest.py", "maintain.py", "publish.py"]


@pytest.mark.parametrize("path", sorted(DAGS.glob("*.py")), ids=lambda path: path.name)
def test_files_are_thin(path: Any) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_parsing_is_fast(bag: Any) -> None:
    assert sum((stat.duration for stat in bag.dagbag_stats), timedelta()).total_seconds() < MOST_SECONDS_TO_PARSE


def test_nothing_heavy_is_imported_before_a_task_runs() -> None:
    code = (
        "import json, sys, airflow.sdk; before = set(sys.modules); import ingest, publish, maintain;"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(DAGS)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    imported = json.loads(done.stdout.splitlines()[-1])
    assert "ingestion.catalog" in imported
    assert [name for name in imported if name.startswith(HEAVY)] == []


@pytest.mark.parametrize("dag_id", [*(f"ingest_{s.id}" for s in load_catalog().sources), PUBLISH, MAINTAIN])
def test_a_dag_says_what_it_is(bag: Any, dag_id: str) -> None:
    dag = bag.dags[dag_id]
    assert dag.owner == "data-engineering"
    assert dag.tags
    assert dag.description
    for heading in ("### What", "### From where", "### When it is red", "### Parameters"):
        assert heading in dag.doc_md
    assert list(dag.params)
    for name in dag.params:
        assert f"`{name}`:" in dag.doc_md
        assert dag.params.get_param(name).description


@pytest.mark.parametrize("dag_id", [INGEST, PUBLISH, MAINTAIN])
def test_a_missed_night_is_not_made_up_for(bag: Any, dag_id: str) -> None:
    dag = bag.dags[dag_id]
    assert dag.catchup is False
    assert dag.max_active_runs == 1


def test_the_ingest_dag_comes_from_the_catalog(bag: Any) -> None:
    source = load_catalog().source("world_bank")
    dag = bag.dags[INGEST]
    assert dag.timetable.expression == source.schedule
    assert source.licence.url in dag.doc_md
    for dataset in source.datasets:
        assert f"`{dataset.id}`" in dag.doc_md
    assert dag.params.get_param("dataset").schema["enum"] == ["all", *(dataset.id for dataset in source.datasets)]


def test_one_probe_asks_and_every_changed_dataset_goes_its_own_way(bag: Any) -> None:
    dag = bag.dags[INGEST]
    assert dag.get_task("probe").downstream_task_ids == {"dataset.load", "dataset.verdict"}
    assert dag.get_task("dataset.load").downstream_task_ids == {"dataset.verdict"}
    for task_id in ("dataset.load", "dataset.verdict"):
        assert "dataset_id" in dag.get_task(task_id).map_index_template


def test_publish_follows_any_dataset_and_the_clock(bag: Any) -> None:
    dag = bag.dags[PUBLISH]
    assert type(dag.timetable.asset_condition).__name__ == "AssetAny"
    followed = {asset.name for asset in dag.timetable.asset_condition.objects}
    assert followed == {dataset.id for dataset in load_catalog().datasets}
    assert dag.timetable.timetable.expression == "47 5 * * *"
    assert [asset.name for asset in dag.get_task("publish").outlets] == ["marts"]


def test_only_what_may_pass_is_tried_again() -> None:
    from airflow.sdk import RetryAction
    from conventions import TASK_DEFAULTS

    from ingestion import errors

    def action(error: type[errors.BrainDrainError]) -> object:
        return TASK_DEFAULTS["retry_policy"].evaluate(error("what", "where", "next"), 1, 3).action

    assert TASK_DEFAULTS["retries"] == 3
    assert action(errors.ProviderUnavailable) is RetryAction.RETRY
    assert action(errors.BudgetExhausted) is RetryAction.RETRY
    assert action(errors.PayloadRejected) is RetryAction.FAIL
    assert action(errors.SeriesWithdrawn) is RetryAction.FAIL
    assert action(errors.BuildRejected) is RetryAction.FAIL


def test_the_nights_have_a_deadline(bag: Any) -> None:
    for dag_id in (INGEST, PUBLISH):
        deadlines = bag.dags[dag_id].deadline
        assert [deadline.interval for deadline in deadlines] == [timedelta(hours=3)]


def test_a_dag_that_is_parsed_by_itself_has_no_deadline(metadata: None) -> None:
    from airflow.utils.cli import get_bagged_dag

    assert not get_bagged_dag(None, PUBLISH).deadline
