"""What holds for every mart of the synthetic world, whatever it is about."""

from __future__ import annotations

from ingestion import ledger
from ingestion.catalog import load_catalog
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

KINDS = {"observed", "estimated", "modelled", "extrapolated", "imputed", "forecast"}
"""How a figure can have come about."""


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


def test_licences_vintage_and_kinds_follow_from_the_sources_of_a_row(sandbox: Warehouse) -> None:
    sources = {source.id: source for source in load_catalog().sources}
    loaded = {
        source.id: {
            event.at[:10]
            for dataset in source.datasets
            for event in ledger.read_events(sandbox.home, dataset.id)
            if event.outcome == ledger.LOADED
        }
        for source in sources.values()
    }
    for mart, columns in columns_of_marts(sandbox).items():
        names = "source_ids" if "source_ids" in columns else "source_id"
        dated, kinds = ("vintage_max" in columns), ("estimate_kind" in columns)
        found = sandbox.tuples(
            f"select distinct {names}, licence, is_publishable, {'vintage_max' if dated else 'null'},"
            f" {'estimate_kind' if kinds else 'null'} from {mart}"
        )
        assert found or mart in EMPTY, mart
        for source_ids, licence, is_publishable, vintage, kind in found:
            used = parts(source_ids)
            days = {day for source in used for day in loaded[source]}
            assert parts(licence) == sorted({part for name in used for part in parts(sources[name].licence.name)}), mart
            assert is_publishable == all(sources[name].licence.redistributable for name in used), mart
            assert not dated or (str(vintage) in days if used else vintage is None), mart
            assert not kinds or {*parts(kind)} <= KINDS, mart
            assert not (kinds and used and "source_ids" in columns) or kind, mart


def test_components_are_there_or_missing_with_a_reason(sandbox: Warehouse) -> None:
    counted = {mart: columns for mart, columns in columns_of_marts(sandbox).items() if "n_components_total" in columns}
    assert len(counted) > 30
    for mart, columns in counted.items():
        found = sandbox.tuples(
            f"select distinct n_components_present, n_components_total, missing_components, oldest_component_year,"
            f" {'year' if 'year' in columns else 'extract(year from vintage_max)'} as latest from {mart}"
        )
        for n_present, n_total, missing, oldest, latest in found:
            missed = parts(missing)
            assert all(": " in reason for reason in missed), mart
            if mart == "mart_group_comparison":
                # whose components are the members of the group: 5 members: no figure
                assert n_present + (int(missed[0].split()[0]) if missed else 0) == n_total, mart
            else:
                assert n_present + len(missed) == n_total, mart
            assert oldest is None if n_present == 0 else oldest <= latest, mart


def test_what_is_called_missing_has_no_figure_and_what_is_not_has(sandbox: Warehouse) -> None:
    checked = 0
    for mart, columns in columns_of_marts(sandbox).items():
        if "missing_components" not in columns:
            continue
        told = sandbox.tuples(f"select distinct missing_components from {mart}")
        # what a mart does not show for itself, such as the parts of a share, is told as well
        for column in columns & {reason.split(": ")[0] for (reasons,) in told for reason in parts(reasons)}:
            wrong = sandbox.value(
                f"select count(*) from {mart} where ({column} is null)"
                f" <> contains('; ' || coalesce(missing_components, ''), '; {column}: ')"
            )
            assert wrong == 0, (mart, column)
            checked += 1
    assert checked > 100


def columns_of_marts(warehouse: Warehouse) -> dict[str, set[str]]:
    """The columns of every mart."""
    columns: dict[str, set[str]] = {}
    for mart, column in warehouse.tuples(
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts' and table_name like 'mart_%'"
    ):
        columns.setdefault(mart, set()).add(column)
    return columns


def parts(text: str | None) -> list[str]:
    """What a text is parted into."""
    return text.split("; ") if text else []
