"""Remittances: against the simulated truth, and no row lost on the way."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from sandbox.worlds.synthetic import SyntheticWorld, knomad, un_desa
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.knomad import _fitted
from sandbox.worlds.synthetic.simulation import FIRST_YEAR
from tests.marts.warehouse import Warehouse

DATASETS = ("knomad_remittance_inflow", "knomad_remittance_outflow", "knomad_remittance_bilateral")
OF_THE_YEAR = {
    "remittance_usd": "BX.TRF.PWKR.CD.DT",
    "remittance_pct_gdp": "BX.TRF.PWKR.DT.GD.ZS",
    "remittance_paid_usd": "BM.TRF.PWKR.CD.DT",
    "gdp_per_capita_usd": "NY.GDP.PCAP.CD",
}
IN_WHOLE_DOLLARS = ("BX.TRF.PWKR.CD.DT", "BM.TRF.PWKR.CD.DT")
SPENDING, SPENDING_COLUMN = "SE.XPD.TERT.PC.ZS", "tertiary_spending_pct_gdp_per_capita"
BASES = {"dlm_2009": "counted", "iab_2013": "implied", "oecd_dioc": "counted"}
"""How each method comes by its stock of the educated."""
ROUNDS = """
    with authors as (
        select * from fct_skilled_emigration where sex = 'T' and education = 'high'
    ),
    residents as (
        select share.iso3, share.year, sum(share.value * persons.value) / 100 as educated
        from fct_attainment as share inner join fct_attainment as persons
            on share.iso3 = persons.iso3 and share.year = persons.year and share.age_group = persons.age_group
        where share.education = 'tertiary' and share.measure = 'pct' and share.dataset_id = 'barro_lee_attainment'
            and persons.education = 'total' and persons.measure = 'persons' and share.age_group <> '15-24'
            and persons.dataset_id = 'barro_lee_attainment'
        group by all
    ),
    adults as (
        select origin_iso3, year, persons from fct_skilled_stock where education = 'high'
        union all select origin_iso3, year, persons from fct_skilled_stock_aggregate
        where education = 'high' and dataset_id = 'oecd_dioc_2015' and birth_place = 'foreign'
    )
    select method_id, origin_iso3, year, value from authors where method_id = 'dlm_2009' and measure = 'emigrants'
    union all select method_id, origin_iso3, year, value / (1 - value) * educated
        from authors inner join residents using (year)
        where origin_iso3 = iso3 and method_id = 'iab_2013' and measure = 'rate'
    union all select 'oecd_dioc', origin_iso3, year, sum(persons) from adults group by all
"""


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


def test_remittances_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    """As both publishers have them, beside the income and the newest cost of a student, the same for every method."""
    codes, truth = economies().codes, {name: world.truth(name).values for name in (*OF_THE_YEAR.values(), SPENDING)}
    told = {
        *sandbox.tuples(
            """
            select indicator_code, iso3, year from fct_indicator_value
            where value is not null and list_contains($names, indicator_code)
            """,
            names=[*truth],
        )
    }
    found = sandbox.by_key(
        f"""
        select iso3, year, method_id, remittance_knomad_usd, cost_year, {SPENDING_COLUMN}, {", ".join(OF_THE_YEAR)}
        from mart_remittance_vs_loss
        """,
        n_key=3,
    )
    received = {(iso3, year) for name, iso3, year in told if name == OF_THE_YEAR["remittance_usd"] and year >= 1980}
    of_knomad = {(iso3, year) for iso3 in codes for year in knomad.YEARS}
    assert len(received - of_knomad) > 1000
    assert found.keys() == {(*key, method) for key in received | of_knomad for method in BASES}
    for (iso3, year, _), (of_source, cost_year, spending, *of_the_year) in found.items():
        place, t = codes.index(iso3), year - FIRST_YEAR
        for name, value in zip(OF_THE_YEAR.values(), of_the_year, strict=True):
            expected = truth[name][place, t] if (name, iso3, year) in told else None
            if name in IN_WHOLE_DOLLARS and expected is not None:
                expected = np.rint(expected)
            assert value == (None if expected is None else pytest.approx(expected, rel=1e-12)), (name, iso3, year)
        is_told = (iso3, year) in of_knomad and iso3 != knomad.NOT_REPORTING
        dollars = float(world.simulation.remittances_received[place, t])
        assert of_source == (pytest.approx(dollars, abs=0.500001) if is_told else None), (iso3, year)
        assert cost_year == max((y for y in range(1998, year + 1) if (SPENDING, iso3, y) in told), default=None)
        expected = None if cost_year is None else pytest.approx(truth[SPENDING][place, cost_year - FIRST_YEAR])
        assert spending == expected, (iso3, year)


def test_stocks_of_the_cover_are_the_newest_of_their_method(sandbox: Warehouse, world: SyntheticWorld) -> None:
    """Emigrants as UN DESA rounds them; the educated of the newest round not after the year, counted or implied."""
    rounds: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    for method, iso3, year, people in sandbox.tuples(ROUNDS):
        rounds[method, iso3][year] = people
    assert {method for method, _ in rounds} == BASES.keys()
    abroad = {year: un_desa._stock(world, year).sum(axis=(0, 2)) for year in un_desa.YEARS_2024}
    rows = sandbox.tuples(
        """
        select iso3, year, method_id, emigrant_stock_year, emigrant_stock, skilled_stock_year, skilled_emigrants,
            stock_basis
        from mart_remittance_vs_loss
        """
    )
    assert len(rows) > 20000
    for iso3, year, method, stock_year, stock, round_year, skilled, basis in rows:
        is_area = iso3 in un_desa.areas()
        assert stock_year == max((known for known in abroad if known <= year and is_area), default=None)
        assert stock == (abroad[stock_year][un_desa.areas().index(iso3)] if stock_year else None), (iso3, year)
        of_method = rounds[method, iso3]
        assert round_year == max((known for known in of_method if known <= year), default=None), (iso3, year, method)
        assert basis == (BASES[method] if round_year else None)
        assert skilled == (pytest.approx(of_method[round_year]) if round_year else None), (iso3, year, method)


def test_the_cover_is_computed_from_its_parts(sandbox: Warehouse) -> None:
    """Four years of study at the income of the year, for each of those who left."""
    n_covers = 0
    for row in sandbox.rows("select * from mart_remittance_vs_loss"):
        received, emigrants = row["remittance_usd"], row["emigrant_stock"]
        spending, income, skilled = row[SPENDING_COLUMN], row["gdp_per_capita_usd"], row["skilled_emigrants"]
        cost = None if None in (spending, income) else 4 * spending / 100 * income
        embodied = None if None in (cost, skilled) else skilled * cost
        expected = {
            "per_emigrant_usd": None if received is None or not emigrants else received / emigrants,
            "public_cost_per_tertiary_graduate_usd": cost,
            "embodied_education_cost_usd": embodied,
            "cover_ratio": None if received is None or not embodied else received / embodied,
            "years_to_cover": None if embodied is None or not received else embodied / received,
        }
        n_covers += expected["years_to_cover"] is not None
        assert {name: row[name] for name in expected} == pytest.approx(expected), (row["iso3"], row["year"])
    assert n_covers > 3000


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
