"""Doctors and nurses: against the simulated truth, against published figures, and no row lost on the way."""

from __future__ import annotations

from tests.marts.warehouse import Warehouse

DATASETS = ("oecd_health_wfmi", "adovor_physicians")


def test_no_row_is_lost(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        kept = dict(
            warehouse.tuples(
                """
                select dataset_id, sum(n) from (
                    select dataset_id, count(*) as n from fct_health_workforce group by all
                    union all select dataset_id, count(*) from fct_health_workforce_aggregate group by all
                ) group by all
                """
            )
        )
        for dataset in DATASETS:
            assert kept.get(dataset, 0) == warehouse.in_force(dataset), dataset
