"""mart_revisions over every dataset of the catalog: two loads of a few rows each, and what moved between them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from ingestion.catalog import Column, Dataset, load_catalog
from ingestion.home import Home
from tests.dbt.made_up_lake import FIRST_LOAD, SECOND_LOAD, run_dbt_build, write_changes

DATASETS = load_catalog().datasets


def is_figure(column: Column) -> bool:
    return column.type not in ("VARCHAR", "DATE")


def cell(column: Column, nth: int, vintage: int) -> Any:
    """A cell of the nth row; figures and texts that are no key differ from vintage to vintage."""
    if column.type == "DATE":
        return f"20{20 + vintage}-01-01"
    return 2000 + nth + vintage if is_figure(column) else f"{column.name} {nth} {vintage}"


def row(dataset: Dataset, nth: int, vintage: int, change: str) -> dict[str, Any]:
    said = {"part": dataset.parts[0].id, "change": change, "published": f"v{vintage}", "receipt": f"r{vintage}"}
    key = {name: cell(dataset.column(name), nth, 0) for name in dataset.key}
    if change == "withdraw":
        return dict.fromkeys(column.name for column in dataset.columns) | key | said
    return {column.name: cell(column, nth, vintage) for column in dataset.columns} | key | said


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Row 0 of every dataset is revised, row 1 withdrawn, row 2 stays, row 3 comes with the second load."""
    folder = tmp_path_factory.mktemp("revisions")
    home = Home(folder / "home")
    home.root.mkdir()
    (home.root / "origin.json").write_text(json.dumps({"kind": "sandbox", "origin": "sandbox"}))
    for dataset in DATASETS:
        write_changes(home, dataset.id, [row(dataset, nth, 1, "insert") for nth in range(3)], FIRST_LOAD)
        later = [row(dataset, 0, 2, "revise"), row(dataset, 1, 2, "withdraw"), row(dataset, 3, 2, "insert")]
        write_changes(home, dataset.id, later, SECOND_LOAD)
    selected = ("--select", "+mart_revisions", "--exclude-resource-type", "test", "unit_test")
    done = run_dbt_build(home, folder / "build", *selected)
    assert done.exit_code == 0, done.log
    with duckdb.connect(str(done.database), read_only=True) as connection:
        connection.execute("set schema = 'marts'")
        yield connection


def test_every_column_of_every_dataset_tells_what_moved(warehouse: duckdb.DuckDBPyConnection) -> None:
    expected: Counter[tuple[str, str]] = Counter()
    for dataset in DATASETS:
        measures = [dataset.column(name) for name in dataset.measures]
        n_figures = sum(map(is_figure, measures))
        kinds = {"revised": n_figures, "relabelled": len(measures) - n_figures}
        kinds |= {"withdrawn": len(measures), "added": len(measures)}
        expected.update({(dataset.id, kind): n for kind, n in kinds.items() if n})
    found = warehouse.sql("select dataset_id, change_kind, count(*) from mart_revisions group by all").fetchall()
    assert {(dataset, kind): n for dataset, kind, n in found} == dict(expected)


def test_figures_texts_and_times_stand_beside_those_before(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.sql(
        """
        select distinct change_kind, old_value, new_value, published_old, published_new, recorded_at_old, recorded_at
        from mart_revisions where dataset_id = 'unhcr_population' order by change_kind
        """
    ).fetchall()
    first, second = FIRST_LOAD.replace(tzinfo=None), SECOND_LOAD.replace(tzinfo=None)
    assert found == [
        ("added", None, 2005.0, None, "v2", None, second),
        ("revised", 2001.0, 2002.0, "v1", "v2", first, second),
        ("withdrawn", 2002.0, None, "v1", "v2", first, second),
    ]
    texts = warehouse.sql(
        """
        select key_text, column_name, old_text, new_text from mart_revisions
        where dataset_id = 'eurostat_migr_imm5prv' and change_kind = 'relabelled' order by column_name
        """
    ).fetchall()
    key = "partner partner 0 0; geo geo 0 0; TIME_PERIOD 2000"
    assert texts == [
        (key, "CONF_STATUS", "CONF_STATUS 0 1", "CONF_STATUS 0 2"),
        (key, "OBS_FLAG", "OBS_FLAG 0 1", "OBS_FLAG 0 2"),
    ]
