"""Staging models against the catalog: every row of a change log, under the project's names, in units, documented."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.catalog import Column, Dataset, load_catalog
from ingestion.home import Home
from tests.dbt.made_up_lake import FIRST_LOAD, write_changes
from warehouse.inputs import DBT_PROJECT, collect_inputs

CHANGE_LOG = ("change", "recorded_at", "published", "receipt", "part")
# O is other, U unknown.
SEXES = {"T", "F", "M", "O", "U"}
FIGURE = 7.0


@dataclass(frozen=True)
class Model:
    """A staging model: its SQL with the sources filled in, its documented columns, the datasets it reads."""

    sql: str
    documented: list[str]
    dataset_ids: list[str]


def made_up(column: Column, nth: int) -> Any:
    """A cell of that column; a column of few codes runs through all of them."""
    if column.codes:
        return column.codes[nth % len(column.codes)]
    if column.type == "DOUBLE":
        return FIGURE
    if column.type in ("INTEGER", "BIGINT"):
        return 3 if column.name.upper() == "UNIT_MULT" else 2020
    return "2020-01-01" if column.type == "DATE" else f"code {nth}"


def rows_of(dataset: Dataset) -> list[dict[str, Any]]:
    """As many rows as the longest list of codes has, and one that withdraws."""
    n_rows = max([2, *(len(column.codes) for column in dataset.columns if column.codes)])
    said = {"part": dataset.parts[0].id, "change": "insert", "published": "v1", "receipt": "r"}
    rows = [{column.name: made_up(column, nth) for column in dataset.columns} | said for nth in range(n_rows)]
    key = {name: rows[0][name] for name in dataset.key}
    return [*rows, dict.fromkeys(column.name for column in dataset.columns) | key | said | {"change": "withdraw"}]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Model]:
    """Every staging model of the catalog's sources, compiled on a lake with a few rows in every dataset."""
    folder = tmp_path_factory.mktemp("staging")
    home = Home(folder / "home")
    home.root.mkdir()
    (home.root / "origin.json").write_text(json.dumps({"kind": "sandbox", "origin": "sandbox"}))
    for dataset in load_catalog().datasets:
        write_changes(home, dataset.id, rows_of(dataset), FIRST_LOAD)
    collect_inputs(home, load_catalog()).write(folder / "inputs")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")} | {
        "BRAINDRAIN_LAKE": str(home.lake),
        "BRAINDRAIN_INPUTS": str(folder / "inputs"),
        "BRAINDRAIN_BUILD": str(folder / "warehouse.duckdb"),
    }
    command = [
        *(str(Path(sys.executable).with_name("dbt")), "compile", "--select", "path:models/staging", "--quiet"),
        *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
        *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    manifest = json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    lake = {name: source["name"] for name, source in manifest["sources"].items() if source["schema"] == "lake"}
    found = {}
    for node in manifest["nodes"].values():
        dataset_ids = [lake[name] for name in node.get("depends_on", {}).get("nodes", []) if name in lake]
        if node["resource_type"] == "model" and node["path"].startswith("staging/") and dataset_ids:
            sql = (folder / "target" / "compiled" / "braindrain" / node["original_file_path"]).read_text("utf-8")
            found[node["name"]] = Model(sql, list(node["columns"]), dataset_ids)
    return found


def read(model: Model) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Names of the columns, and all rows."""
    relation = duckdb.connect().sql(model.sql)
    return relation.columns, relation.fetchall()


def of_source(models: dict[str, Model], source_id: str) -> dict[str, Model]:
    return {name: model for name, model in models.items() if name.startswith(f"stg_{source_id}__")}


@pytest.mark.parametrize("source_id", [source.id for source in load_catalog().sources])
def test_no_row_is_lost_or_doubled_and_the_change_log_stays(models: dict[str, Model], source_id: str) -> None:
    staged = of_source(models, source_id)
    expected = {dataset.id: len(rows_of(dataset)) for dataset in load_catalog().source(source_id).datasets}
    assert {dataset_id for model in staged.values() for dataset_id in model.dataset_ids} == set(expected)
    for name, model in staged.items():
        columns, rows = read(model)
        assert columns[0] == "dataset_id", name
        assert tuple(columns[-len(CHANGE_LOG) :]) == CHANGE_LOG, name
        counted = {dataset_id: [row[0] for row in rows].count(dataset_id) for dataset_id in model.dataset_ids}
        assert counted == {dataset_id: expected[dataset_id] for dataset_id in model.dataset_ids}, name
        assert [column for column in columns if column != column.lower()] == [], name


@pytest.mark.parametrize("source_id", [source.id for source in load_catalog().sources if source.id != "world_bank"])
def test_every_column_is_documented(models: dict[str, Model], source_id: str) -> None:
    for name, model in of_source(models, source_id).items():
        assert model.documented == read(model)[0], name


@pytest.mark.parametrize("source_id", [source.id for source in load_catalog().sources])
def test_sexes_are_spelled_alike(models: dict[str, Model], source_id: str) -> None:
    for name, model in of_source(models, source_id).items():
        columns, rows = read(model)
        if "sex" in columns:
            position = columns.index("sex")
            assert {row[position] for row in rows} - {None} <= SEXES, name


def figures(model: Model, column: str) -> list[float]:
    """The figures of rows that do not withdraw."""
    columns, rows = read(model)
    return [row[columns.index(column)] for row in rows if row[columns.index("change")] == "insert"]


@pytest.mark.parametrize(
    ("model", "column", "factor"),
    [
        ("stg_oecd__migration_by_citizenship", "persons", 1000),
        ("stg_oecd__foreign_born_stocks", "persons", 1000),
        ("stg_oecd__employment_by_education", "rate_pct", 1000),
        ("stg_ilo__employment_by_occupation", "persons", 1000),
        ("stg_barro_lee__attainment", "persons", 1000),
        ("stg_knomad__remittance_inflow", "remittances_usd", 1_000_000),
        ("stg_knomad__remittance_bilateral", "remittances_usd", 1_000_000),
        ("stg_iab__emigration_rates", "rate_high", 1),
        ("stg_eurostat__overqualification_by_citizenship", "rate_pct", 1),
    ],
)
def test_figures_are_in_units(models: dict[str, Model], model: str, column: str, factor: int) -> None:
    found = figures(models[model], column)
    assert set(found) == {FIGURE * factor}


def test_withdrawn_figures_are_not_known(models: dict[str, Model]) -> None:
    columns, rows = read(models["stg_oecd__migration_by_citizenship"])
    withdrawn = [row for row in rows if row[columns.index("change")] == "withdraw"]
    assert [row[columns.index("persons")] for row in withdrawn] == [None]


def with_column(sql: str, column: str, value: str) -> str:
    """The model on a change log whose column holds that value (SQL) throughout."""
    changed = sql.replace("from changes", f"from (select * replace ({value} as {column}) from changes)")
    assert changed != sql
    return changed


@pytest.mark.parametrize(
    ("geo", "country", "region"),
    [
        ("AT11", "AT", "AT11"), ("EL3", "EL", "EL3"), ("EE00", "EE", "EE00"), ("CH01", "CH", "CH01"),
        ("AT", "AT", None), ("EA20", "EA20", None), ("EU28", "EU28", None), ("EU27_2020", "EU27_2020", None),
        ("EEA", "EEA", None), ("EFTA", "EFTA", None), ("DE_TOT", "DE_TOT", None),
    ],
)  # fmt: skip
def test_a_region_is_told_from_its_country(
    models: dict[str, Model], geo: str, country: str, region: str | None
) -> None:
    sql = with_column(models["stg_eurostat__attainment_by_region"].sql, "geo", f"'{geo}'")
    found = duckdb.connect().sql(sql).project("reference_area_code, region_code").distinct().fetchall()
    assert found == [(country, region)]


def test_a_multiplier_that_is_no_power_of_ten_stops_the_build(models: dict[str, Model]) -> None:
    sql = with_column(models["stg_oecd__migration_by_citizenship"].sql, "unit_mult", "9999")
    with pytest.raises(duckdb.InvalidInputException, match="no power of ten: unit multiplier 9999"):
        duckdb.connect().sql(sql).fetchall()
