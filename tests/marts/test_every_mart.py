"""What holds for every mart of the synthetic world, whatever it is about."""

from __future__ import annotations

from tests.marts.warehouse import Warehouse

# Nothing was revised in a single night; the synthetic OECD and ILO give no figures of groups of countries.
EMPTY = {
    "mart_revisions",
    "fct_scholar_mobility_aggregate",
    "fct_employment_by_birth_aggregate",
    "fct_employment_by_occupation_aggregate",
    "fct_earnings_by_occupation_aggregate",
    "fct_entry_category_aggregate",
}


def marts(warehouse: Warehouse) -> list[str]:
    """Names of all tables that readers see."""
    return [name for (name,) in warehouse.tuples("select table_name from duckdb_tables() where schema_name = 'marts'")]


def test_it_holds_rows_says_its_release_and_that_they_are_synthetic(sandbox: Warehouse) -> None:
    for name in {*marts(sandbox)} - EMPTY:
        found = sandbox.tuples(f"select count(distinct release_id), bool_and(is_synthetic) from {name}")
        assert found == [(1, True)], name


def test_recorded_figures_are_not_called_synthetic(recorded: Warehouse) -> None:
    for name in marts(recorded):
        assert recorded.tuples(f"select count(*) from {name} where is_synthetic") == [(0,)], name
