"""Brain waste: against the simulated truth, against published figures, and no row lost on the way."""

from __future__ import annotations

from tests.marts.warehouse import Warehouse

FACTS = {
    "fct_overqualification": ("eurostat_lfsa_eoqgan", "eurostat_lfsa_eoqgac"),
    "fct_employment_by_birth": ("oecd_mig_emp_edu", "oecd_mig_nup_sex", "ilo_employment_rate_by_education"),
    "fct_employment_by_occupation": ("ilo_employment_by_occupation",),
}


def test_no_row_is_lost(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        for fact, datasets in FACTS.items():
            kept = warehouse.by_key(
                f"""
                select dataset_id, count(*) from (
                    select dataset_id from {fact} union all select dataset_id from {fact}_aggregate
                ) group by all
                """,
                n_key=1,
            )
            expected = {(each,): (warehouse.in_force(each),) for each in datasets if warehouse.in_force(each)}
            assert kept == expected, fact
