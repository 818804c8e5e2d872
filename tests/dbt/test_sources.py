"""dbt's sources against the catalog and the build inputs, which they describe a second time."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ingestion.catalog import load_catalog
from ingestion.lake import CHANGE_COLUMNS
from ingestion.origin import PROJECT_ROOT
from tests.dbt.made_up_lake import Build, marts_of
from warehouse.inputs import (
    DATASETS_SCHEMA,
    DBT_PROJECT,
    EXPECTATIONS_SCHEMA,
    INDICATORS_SCHEMA,
    LOADS_SCHEMA,
    SOURCES_SCHEMA,
)

STAGING = DBT_PROJECT / "models" / "staging"


def read_tables(path: str) -> dict[str, dict[str, Any]]:
    """Tables of a sources file by name."""
    (source,) = yaml.safe_load((STAGING / path).read_text(encoding="utf-8"))["sources"]
    return {table["name"]: table for table in source["tables"]}


@pytest.mark.parametrize("source_id", [source.id for source in load_catalog().sources])
def test_the_sources_file_is_that_of_the_catalog(source_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PROJECT_ROOT / "tools"))
    import dbt_sources

    source = load_catalog().source(source_id)
    written = dbt_sources.path_of(source).read_text(encoding="utf-8")
    assert written == dbt_sources.sources_file(source), "run `python tools/dbt_sources.py`"


def test_the_list_of_change_logs_is_that_of_the_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PROJECT_ROOT / "tools"))
    import dbt_sources

    written = dbt_sources.DATASETS_MACRO.read_text(encoding="utf-8")
    assert written == dbt_sources.datasets_macro(), "run `python tools/dbt_sources.py`"


def test_every_dataset_is_a_source_and_is_read(build: Build) -> None:
    declared = {source["name"] for source in build.manifest["sources"].values() if source["schema"] == "lake"}
    assert declared == {dataset.id for dataset in load_catalog().datasets}
    unread = [
        source["name"]
        for name, source in build.manifest["sources"].items()
        if not [child for child in build.manifest["child_map"][name] if child.startswith("model.braindrain.stg_")]
    ]
    assert unread == []


@pytest.mark.parametrize("dataset_id", [dataset.id for dataset in load_catalog().datasets])
def test_columns_are_those_of_the_catalog(dataset_id: str) -> None:
    source = load_catalog().source_of(dataset_id)
    table = read_tables(f"{source.id}/_{source.id}__sources.yml")[dataset_id]
    dataset = load_catalog().dataset(dataset_id)
    assert table["description"] == " ".join(dataset.description.split())
    names = [column["name"] for column in table["columns"]]
    assert names == [*(column.name for column in dataset.columns), *CHANGE_COLUMNS, "part"]
    for column, declared in zip(dataset.columns, table["columns"], strict=False):
        assert declared["data_type"] == column.type.lower(), f"{dataset_id}.{column.name}: another type"
        assert declared["description"] == " ".join(column.description.split()), f"{dataset_id}.{column.name}"


@pytest.mark.parametrize(
    ("path", "table", "columns"),
    [
        ("catalog/_catalog__sources.yml", "sources", SOURCES_SCHEMA.names),
        ("catalog/_catalog__sources.yml", "datasets", DATASETS_SCHEMA.names),
        ("catalog/_catalog__sources.yml", "indicators", INDICATORS_SCHEMA.names),
        ("ledger/_ledger__sources.yml", "loads", LOADS_SCHEMA.names),
        ("ledger/_ledger__sources.yml", "expectations", EXPECTATIONS_SCHEMA.names),
    ],
)
def test_columns_are_those_of_the_build_inputs(path: str, table: str, columns: list[str]) -> None:
    assert [column["name"] for column in read_tables(path)[table]["columns"]] == columns


def test_every_column_of_every_mart_says_what_it_is(build: Build) -> None:
    silent = [
        f"{mart['name']}.{column['name']}"
        for mart in marts_of(build.manifest)
        for column in mart["columns"].values()
        if "unit" not in column["description"].lower()
    ]
    assert silent == []


def test_every_mart_is_contracted_and_every_formula_unit_tested(build: Build) -> None:
    marts = marts_of(build.manifest)
    assert [mart["name"] for mart in marts if not mart["config"]["contract"]["enforced"]] == []
    assert [mart["name"] for mart in marts if not mart["config"]["meta"].get("key")] == []
    tested = {test["model"] for test in build.manifest["unit_tests"].values()}
    assert {mart["name"] for mart in marts if mart["name"].startswith("mart_")} <= tested


def test_no_test_only_warns(build: Build) -> None:
    tests = [node for node in build.manifest["nodes"].values() if node["resource_type"] == "test"]
    assert len(tests) > 50
    assert {test["config"]["severity"].lower() for test in tests} == {"error"}
