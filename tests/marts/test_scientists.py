"""Scientists: against the simulated truth, against published figures, and no row lost on the way."""

from __future__ import annotations

import numpy as np
import pytest

from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.academic import NO_ISO_CODE, SCHOLAR_YEARS, SCHOLARS_PER_GRADUATE, _scholar_moves
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.oecd import AUTHORS_PER_RESEARCHER, FULL_TIME, _author_moves, _researchers
from sandbox.worlds.synthetic.simulation import FIRST_YEAR
from tests.marts.warehouse import Warehouse


def test_scholars_of_the_mart_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    moves = _scholar_moves(world)
    truth = {
        (code, year): (float(moves[i, :, e].sum()), float(moves[i, e].sum()))
        for i, year in enumerate(SCHOLAR_YEARS)
        for e, code in enumerate(economies().codes)
        if code not in NO_ISO_CODE
    }
    told, listed = world.simulation, economies()
    scholars = told.residents[2] * (0.2 + told.development) * SCHOLARS_PER_GRADUATE
    found = sandbox.by_key(
        """
        select iso3, year, in_moves, out_moves, net_moves, active_researchers, in_moves_per_1000, out_moves_per_1000,
            net_moves_per_1000, gl_index, return_moves, return_share, is_right_censored
        from mart_scientist_mobility where database = 'mpidr_scopus'
        """,
        n_key=2,
    )
    assert found.keys() == truth.keys()
    for key, (came, left) in truth.items():
        active = int(scholars[listed.codes.index(key[0]), key[1] - FIRST_YEAR]) + 1
        rates = (1000 * came / active, 1000 * left / active, 1000 * (came - left) / active)
        circulation = 2 * min(came, left) / (came + left) if came + left else None
        expected = (came, left, came - left, active, *rates, circulation, None, None, key[1] > 2020)
        assert found[key] == pytest.approx(expected), key


def test_authors_of_the_mart_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    """Counts of the newest year; of all years the balance of fractional counts alone."""
    years = range(2011, 2025)
    arrivals, departures, returns = _author_moves(world, years)
    stayed = _researchers(world)[:, years[-1] - FIRST_YEAR] / FULL_TIME * AUTHORS_PER_RESEARCHER
    found = sandbox.by_key(
        """
        select database, iso3, year, in_moves, return_moves, out_moves, net_moves, active_researchers,
            in_moves_per_1000, out_moves_per_1000, net_moves_per_1000, return_share, gl_index, is_right_censored
        from mart_scientist_mobility where database <> 'mpidr_scopus'
        """,
        n_key=3,
    )
    assert {year for database, _, year in found if database == "oecd_scopus"} == {2024}
    assert {year for database, _, year in found if database == "oecd_scopus_fractional"} == {*years}
    for (database, code, year), figures in found.items():
        place, t = economies().positions(code)[0], year - years[0]
        new, left, back = (float(moves[t, place]) for moves in (arrivals, departures, returns))
        expected: tuple[float | None, ...] = (None, None, None, round(new + back - left, 4), *(None,) * 6)
        if database == "oecd_scopus":
            back, left = float(np.rint(back)), float(np.rint(left))
            came = float(np.rint(new)) + back
            active = came + float(np.rint(stayed[place]))
            expected = (
                *(came, back, left, came - left, active),
                *(1000 * moved / active for moved in (came, left, came - left)),
                *((back / came) if came else None, 2 * min(came, left) / (came + left) if came + left else None),
            )
        assert figures == pytest.approx((*expected, False), abs=1e-9), (code, year)


CONDITIONS = {
    "researchers_per_million": ("SP.POP.SCIE.RD.P6", 5),
    "rd_pct_gdp": ("GB.XPD.RSDV.GD.ZS", 5),
    "patents_resident": ("IP.PAT.RESD", 0),
}
"""Indicators of the World Bank, and the decimals it shows."""


@pytest.mark.parametrize("column", CONDITIONS)
def test_conditions_of_research_are_those_of_the_very_year(
    column: str, sandbox: Warehouse, world: SyntheticWorld
) -> None:
    indicator, decimals = CONDITIONS[column]
    truth = np.round(world.truth(indicator).values, decimals)
    told = {
        *sandbox.tuples(
            "select iso3, year from fct_indicator_value where indicator_code = $name and value is not null",
            name=indicator,
        )
    }
    rows = sandbox.tuples(f"select iso3, year, {column} from mart_scientist_mobility")
    assert len(told & {(iso3, year) for iso3, year, _ in rows}) > 1000
    for iso3, year, value in rows:
        expected = truth[economies().codes.index(iso3), year - FIRST_YEAR]
        assert value == (pytest.approx(expected, rel=1e-12) if (iso3, year) in told else None), (iso3, year)


def test_researchers_of_the_oecd_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    spent = world.truth("GB.XPD.RSDV.GD.ZS").values
    found = sandbox.by_key(
        """
        select iso3, year, researchers_persons, rd_pct_gdp_oecd from mart_scientist_mobility
        where database = 'mpidr_scopus' and researchers_persons is not null
        """,
        n_key=2,
    )
    assert len(found) == 21 * 43
    for (iso3, year), (researchers, share) in found.items():
        place, t = economies().codes.index(iso3), year - FIRST_YEAR
        assert researchers == np.rint(_researchers(world)[place, t] / FULL_TIME)
        assert share == pytest.approx(spent[place, t], abs=1e-9)


def test_no_row_is_lost(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        kept = warehouse.by_key(
            """
            select dataset_id, sum(n) from (
                select dataset_id, count(*) as n from fct_scholar_mobility group by all
                union all select dataset_id, count(*) from fct_scholar_mobility_aggregate group by all
                union all select dataset_id, count(*) from fct_scholar_flow group by all
            ) group by all
            """,
            n_key=1,
        )
        assert kept[("mpidr_scholars",)] == (4 * warehouse.in_force("mpidr_scholars"),)
        for dataset in ("mpidr_scholar_flows", "oecd_scientist_flows", "oecd_scientist_annual_flows"):
            assert kept[(dataset,)] == (warehouse.in_force(dataset),), dataset
        indicators = dict(
            warehouse.tuples(
                """
                select dataset_id, sum(n) from (
                    select dataset_id, count(*) as n from fct_science_indicator group by all
                    union all select dataset_id, count(*) from fct_science_indicator_aggregate group by all
                ) group by all
                """
            )
        )
        for dataset in ("oecd_msti", "oecd_rd_scoreboard"):
            assert indicators.get(dataset, 0) == warehouse.in_force(dataset), dataset
        assert warehouse.value("select count(*) from mart_scientist_mobility") == warehouse.value(
            "select count(distinct (iso3, year, database)) from fct_scholar_mobility"
        )
