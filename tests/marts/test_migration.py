"""Migrants, moves and displaced people: against the simulated truth, published figures, and no row lost on the way."""

from __future__ import annotations

import pytest

from tests.marts.warehouse import Warehouse

LONG_FACTS = {
    "fct_migrant_stock": (
        "oecd_mig_popf",
        "eurostat_migr_pop1ctz",
        "eurostat_migr_pop3ctb",
        "undesa_stock_by_destination",
        "undesa_stock_by_destination_2020",
        "undesa_stock_by_destination_and_origin",
        "undesa_stock_by_origin",
        "iab_bilateral_stock",
        "gbmd_bilateral",
    ),
    "fct_migration_flow": (
        "eurostat_migr_imm1ctz",
        "eurostat_migr_emi1ctz",
        "eurostat_migr_imm5prv",
        "eurostat_migr_emi3nxt",
    ),
    "fct_entry_category": ("oecd_mig_int_per", "oecd_mig_int_temp"),
    "fct_residence_permit": ("eurostat_migr_resfirst",),
}
"""Facts with one row per row of the publisher, and the datasets they hold whole."""

AGES = ("0_4", "5_11", "12_17", "18_59", "60", "other", "total")
WIDE_FACTS = {
    "fct_displacement": {
        "unhcr_population": (
            *("refugees", "asylum_seekers", "returned_refugees", "idps", "returned_idps"),
            *("stateless", "ooc", "oip", "hst"),
        ),
        "unhcr_solutions": ("resettlement", "returned_refugees", "naturalisation", "returned_idps"),
        "unhcr_idmc": ("total",),
    },
    "fct_asylum_procedure": {
        "unhcr_asylum_applications": ("applied",),
        "unhcr_asylum_decisions": ("dec_total", "dec_recognized", "dec_other", "dec_rejected", "dec_closed"),
    },
    "fct_displaced_demographic": {
        "unhcr_demographics": ("total", *(f"{sex}_{age}" for sex in "fm" for age in AGES)),
    },
}
"""Facts with one row per reported figure of the publisher's wide rows."""


def rows_of(warehouse: Warehouse, fact: str) -> dict[str, int]:
    """How many rows of each dataset a fact and its aggregates hold."""
    return dict(
        warehouse.tuples(
            f"""
            select dataset_id, count(*) from (
                select dataset_id from {fact} union all select dataset_id from {fact}_aggregate
            ) group by dataset_id
            """
        )
    )


@pytest.mark.parametrize("fact", LONG_FACTS)
def test_no_row_of_a_table_is_lost(fact: str, sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        kept = rows_of(warehouse, fact)
        for dataset in LONG_FACTS[fact]:
            assert kept.get(dataset, 0) == warehouse.in_force(dataset), dataset
    assert all(rows_of(sandbox, fact).get(dataset) for dataset in LONG_FACTS[fact])


@pytest.mark.parametrize("fact", WIDE_FACTS)
def test_no_reported_figure_is_lost(fact: str, sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        kept = rows_of(warehouse, fact)
        for dataset, measures in WIDE_FACTS[fact].items():
            reported = sum(warehouse.in_force(dataset, measure) for measure in measures)
            assert kept.get(dataset, 0) == reported, dataset


def test_stocks_and_flows_share_the_rows_of_one_table(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        kept = sum(rows_of(warehouse, fact).get("oecd_mig", 0) for fact in ("fct_migrant_stock", "fct_migration_flow"))
        assert kept == warehouse.in_force("oecd_mig") > 0
