"""Remittances: against the simulated truth, and no row lost on the way."""

from __future__ import annotations

import pytest

from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.knomad import _fitted
from sandbox.worlds.synthetic.simulation import FIRST_YEAR
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


def test_remittances_and_their_cover_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    codes, told = economies().codes, world.simulation
    spent = world.truth("SE.XPD.TERT.PC.ZS").values
    found = sandbox.by_key(
        """
        select iso3, year, method_id, remittance_usd, remittance_knomad_usd, emigrant_stock, per_emigrant_usd,
            skilled_emigrants, cost_year, public_cost_per_tertiary_graduate_usd, embodied_education_cost_usd,
            cover_ratio
        from mart_remittance_vs_loss
        """,
        n_key=3,
    )
    n_covers = 0
    for (iso3, year, _), figures in found.items():
        received, knomad, emigrants, per_head, skilled, cost_year, cost, embodied, cover = figures
        place, t = codes.index(iso3), year - FIRST_YEAR
        truth = float(told.remittances_received[place, t])
        if received is not None:
            assert received == pytest.approx(truth, rel=0.03, abs=1)
        if knomad is not None:
            assert knomad == pytest.approx(truth, rel=0.05, abs=1)
            assert iso3 != "IRN"
        if per_head is not None:
            assert per_head == pytest.approx(received / emigrants)
        if cost is not None:
            share = float(spent[place, cost_year - FIRST_YEAR])
            assert cost == pytest.approx(4 * share / 100 * float(told.income_current[place, t]), rel=0.02)
        if cover is not None:
            n_covers += 1
            assert embodied == pytest.approx(skilled * cost)
            assert cover == pytest.approx(received / embodied)
    assert n_covers > 3000


def test_stocks_of_the_cover_are_the_newest_of_their_method(sandbox: Warehouse) -> None:
    """Each stock is that of the authors, of the newest round not after the year."""
    apart = sandbox.value(
        """
        select count(*) from mart_remittance_vs_loss as mart
        inner join fct_skilled_emigration as fact
            on mart.iso3 = fact.origin_iso3 and mart.skilled_stock_year = fact.year
        where mart.method_id = 'dlm_2009' and fact.method_id = 'dlm_2009' and fact.measure = 'emigrants'
            and fact.education = 'high' and fact.sex = 'T'
            and (
                mart.skilled_emigrants <> fact.value
                or mart.skilled_stock_year <> case when mart.year < 2000 then 1990 else 2000 end
            )
        """
    )
    assert apart == 0
    assert (
        sandbox.value("select count(*) from mart_remittance_vs_loss where method_id = 'dlm_2009' and cover_ratio > 0")
        > 0
    )


def test_pairs_are_those_of_the_fitted_matrix(sandbox: Warehouse, world: SyntheticWorld) -> None:
    codes, matrix = economies().codes, _fitted(world)
    found = sandbox.by_key("select sending_iso3, receiving_iso3, remittances_usd from fct_remittance", n_key=2)
    assert len(found) == int((matrix >= 0.1).sum())
    for (sender, receiver), (dollars,) in found.items():
        assert dollars == pytest.approx(1e6 * matrix[codes.index(sender), codes.index(receiver)], rel=1e-6, abs=2)


def test_the_bilateral_matrix_of_2021(recorded: Warehouse) -> None:
    pairs = dict(
        recorded.tuples("select receiving_iso3, remittances_usd / 1e6 from fct_remittance where sending_iso3 = 'USA'")
    )
    totals = dict(
        recorded.tuples(
            "select sending_iso3, remittances_usd / 1e6 from fct_remittance_aggregate where receiving_iso3 = 'WLD'"
        )
    )
    assert pairs["MEX"] == pytest.approx(52595.34, rel=1e-3)
    assert pairs["IND"] == pytest.approx(15808.03, rel=1e-3)
    assert pairs["PHL"] == pytest.approx(12836.64, rel=1e-3)
    assert totals["USA"] == pytest.approx(200216.09, rel=1e-3)
    assert totals["MEX"] == pytest.approx(3274.9, rel=1e-3)
