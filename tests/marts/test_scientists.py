"""Scientists: against the simulated truth, against published figures, and no row lost on the way."""

from __future__ import annotations

import numpy as np
import pytest

from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.academic import NO_ISO_CODE, SCHOLAR_YEARS, _scholar_moves
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.oecd import FULL_TIME, _author_moves, _researchers
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
    found = sandbox.by_key(
        """
        select iso3, year, in_moves, out_moves, net_moves, gl_index, in_moves_per_1000, active_researchers
        from mart_scientist_mobility where database = 'mpidr_scopus'
        """,
        n_key=2,
    )
    assert found.keys() == truth.keys()
    for key, (came, left) in truth.items():
        in_moves, out_moves, net, circulation, in_rate, active = found[key]
        assert (in_moves, out_moves, net) == (came, left, came - left), key
        assert in_rate == pytest.approx(1000 * came / active)
        assert circulation == (pytest.approx(2 * min(came, left) / (came + left)) if came + left else None)


def test_authors_of_the_mart_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    arrivals, departures, returns = (np.rint(moves[0]) for moves in _author_moves(world, [2024]))
    found = sandbox.by_key(
        """
        select iso3, in_moves, return_moves, out_moves, net_moves, return_share
        from mart_scientist_mobility where database = 'oecd_scopus' and year = 2024
        """,
        n_key=1,
    )
    assert len(found) > 40
    for (code,), figures in found.items():
        place = economies().positions(code)[0]
        came, back, left = float(arrivals[place]), float(returns[place]), float(departures[place])
        share = pytest.approx(back / (came + back)) if came + back else None
        assert figures == (came + back, back, left, came + back - left, share), code


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
