"""Remittances: against the simulated truth, and no row lost on the way."""

from __future__ import annotations

from tests.marts.warehouse import Warehouse

DATASETS = ("knomad_remittance_inflow", "knomad_remittance_outflow", "knomad_remittance_bilateral")


def test_no_row_is_lost(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        kept = dict(
            warehouse.tuples(
                """
                select dataset_id, sum(n) from (
                    select dataset_id, count(*) as n from fct_remittance group by all
                    union all select dataset_id, count(*) from fct_remittance_aggregate group by all
                ) group by all
                """
            )
        )
        for dataset in DATASETS:
            assert kept.get(dataset, 0) == warehouse.in_force(dataset), dataset
