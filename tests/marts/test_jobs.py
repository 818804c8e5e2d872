"""Job flows and talent: against the simulated truth, against published figures, and no row lost on the way."""

from __future__ import annotations

from tests.marts.warehouse import Warehouse

FACTS = {
    "lehd_j2j_education": "fct_job_to_job_margin",
    "lehd_j2j_firm_size": "fct_job_to_job_margin",
    "lehd_j2jod": "fct_job_to_job_od",
    "lehd_j2jod_avail": "fct_job_to_job_window",
    "lehd_j2jod_firm_size": "fct_job_to_job_firm_size_od",
    "linkedin_country": "fct_talent_net",
    "linkedin_industry": "fct_talent_net",
    "linkedin_skill": "fct_talent_net",
}
"""Dataset -> the fact that keeps each of its rows."""


def test_no_row_is_lost(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        for dataset, fact in FACTS.items():
            kept = warehouse.value(f"select count(*) from {fact} where dataset_id = $dataset", dataset=dataset)
            assert kept == warehouse.in_force(dataset), dataset
        assert warehouse.in_force("lehd_j2j_firm_size", "AQSep") == warehouse.value(
            "select count(aq_separations) from fct_job_to_job_margin where dataset_id = 'lehd_j2j_firm_size'"
        )


def test_what_is_withheld_is_null_and_says_so(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        shown = warehouse.by_key(
            "select j2j_moves_status, count(*), count(j2j_moves) from fct_job_to_job_firm_size_od group by all", n_key=1
        )
        assert shown[("11",)] == (900, 0), "25 cells of 36 quarters from 2016Q2 on"
        assert all(rows == figures for (status,), (rows, figures) in shown.items() if status != "11")


def test_recorded_figures_of_talent(recorded: Warehouse) -> None:
    by_partner = recorded.by_key(
        "select iso3, partner_iso3, year, net_per_10000 from fct_talent_net where dimension = 'country'", n_key=3
    )
    for pair, printed in {
        ("SRB", "DEU", 2019): -7.12,
        ("DEU", "SRB", 2019): 0.59,
        ("SRB", "USA", 2019): -4.10,
        ("SRB", "AUT", 2019): -2.05,
        ("ROU", "GBR", 2019): -7.12,
        ("ROU", "GBR", 2015): -14.60,
        ("ROU", "DEU", 2019): -3.48,
        ("UKR", "USA", 2019): -6.21,
        ("UKR", "POL", 2019): -5.94,
    }.items():
        assert by_partner[pair] == (printed,), pair
    by_industry = recorded.by_key(
        "select iso3, item_name, net_per_10000 from fct_talent_net where dimension = 'industry' and year = 2019",
        n_key=2,
    )
    for industry, printed in {
        ("SRB", "Research"): -495.57,
        ("SRB", "Hospitality"): -325.06,
        ("SRB", "Internet"): -215.23,
        ("SRB", "Higher Education"): -202.69,
        ("ROU", "International Affairs"): -449.58,
        ("ROU", "Research"): -214.20,
        ("UKR", "Research"): -380.68,
    }.items():
        assert by_industry[industry] == (printed,), industry
    assert recorded.by_key(
        """
        select dimension, count(*), count(distinct iso3), count(distinct item_code), min(net_per_10000),
            max(net_per_10000) from fct_talent_net group by all
        """,
        n_key=1,
    ) == {
        ("country",): (5 * 4148, 140, 140, -56.22, 150.68),
        ("industry",): (5 * 5295, 137, 143, -3367.37, 2280.60),
        ("skill",): (5 * 17617, 140, 249, -6604.67, 2824.97),
    }
    assert ("NAM",) in recorded.tuples("select distinct iso3 from fct_talent_net where dimension = 'country'")


def test_recorded_universes_of_the_two_tables_differ(recorded: Warehouse) -> None:
    assert recorded.tuples(
        """
        select ee_moves, j2j_moves from fct_job_to_job_firm_size_od
        where origin_firm_size = '0' and destination_firm_size = '0' and year = 2015 and quarter = 1
        """
    ) == [(3985308.0, 5924585.0)]
