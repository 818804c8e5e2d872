"""Doctors and nurses: against the simulated truth, against published figures, and no row lost on the way."""

from __future__ import annotations

import numpy as np
import pytest

from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.oecd import DESTINATIONS_OF_DOCTORS, NURSES_PER_DOCTOR, _allocated, _listed
from sandbox.worlds.synthetic.simulation import FIRST_YEAR
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


YEARS = range(2014, 2024)
REVISED = 0.08
"""Registers are corrected by some per cent in the two newest years of the second vintage."""


def test_doctors_abroad_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    codes, reporters = economies().codes, economies().positions(DESTINATIONS_OF_DOCTORS)
    told = _allocated(world, world.simulation.physicians_abroad, YEARS)
    listed = _listed(told, reporters)
    for profession, per_doctor in (("doctors", 1.0), ("nurses", NURSES_PER_DOCTOR)):
        shown = np.where(listed, np.rint(told * per_doctor), 0)
        found = sandbox.by_key(
            f"""
            select origin_iso3, year, abroad_stock, n_destinations_reporting, n_destinations_listing,
                density_lost_per_1000, population, top_destination_iso3, top_destination_share
            from mart_medical_drain where collection = 'oecd' and profession = '{profession}'
            """,
            n_key=2,
        )
        assert len(found) == len(YEARS) * listed.any(axis=1).sum()
        for (iso3, year), (abroad, n_reporting, n_listing, lost, people, top, share) in found.items():
            place, t = codes.index(iso3), year - YEARS[0]
            assert abroad == pytest.approx(shown[t, place].sum(), rel=REVISED if year > 2021 else 0)
            assert (n_reporting, n_listing) == (listed.any(axis=0).sum(), listed[place].sum())
            assert people == pytest.approx(world.simulation.population[place, year - FIRST_YEAR], rel=1e-3)
            assert lost == pytest.approx(1000 * abroad / people)
            if top and year < 2022:
                assert shown[t, place, codes.index(top)] == shown[t, place].max()
                assert share == pytest.approx(shown[t, place].max() / abroad)


def test_doctors_at_home_make_the_rate(sandbox: Warehouse, world: SyntheticWorld) -> None:
    codes, told = economies().codes, world.simulation
    found = sandbox.by_key(
        """
        select origin_iso3, year, abroad_stock, home_stock, home_year, mbd_rate
        from mart_medical_drain where collection = 'adovor' and home_stock is not null
        """,
        n_key=2,
    )
    assert len(found) > 3000
    for (iso3, year), (abroad, home, home_year, rate) in found.items():
        place = codes.index(iso3)
        assert abroad == pytest.approx(told.physicians_abroad[place, year - FIRST_YEAR], abs=3)
        assert year - 5 <= home_year <= year
        assert home == pytest.approx(told.physicians[place, home_year - FIRST_YEAR], rel=0.05, abs=5)
        assert rate == pytest.approx(abroad / (abroad + home))


def test_hosts_show_the_totals_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    codes = economies().codes
    told = _allocated(world, world.simulation.physicians_abroad, YEARS)
    listed = _listed(told, economies().positions(DESTINATIONS_OF_DOCTORS))
    found = sandbox.by_key(
        """
        select destination_iso3, year, foreign_trained_stock, listed_stock, foreign_trained_share_pct, n_origins_listed,
            top_origin_iso3
        from mart_foreign_trained_health_workforce where profession = 'doctors'
        """,
        n_key=2,
    )
    assert len(found) == 25 * len(YEARS)
    for (iso3, year), (total, named, share, n_origins, top) in found.items():
        place, t = codes.index(iso3), year - YEARS[0]
        everybody = told[t, :, place].sum()
        home = world.simulation.physicians[place, year - FIRST_YEAR]
        revised = REVISED if year > 2021 else 0
        assert total == pytest.approx(np.rint(everybody), rel=revised)
        assert named == pytest.approx(np.rint(told[t, :, place])[listed[:, place]].sum(), rel=revised)
        assert share == pytest.approx(100 * everybody / (home + everybody), abs=0.005001)
        assert n_origins == listed[:, place].sum()
        if year < 2022:
            assert np.rint(told[t, codes.index(top), place]) == np.rint(told[t, :, place])[listed[:, place]].max()


def test_destinations_of_romanian_doctors_of_the_recorded_figures(recorded: Warehouse) -> None:
    found = recorded.rows("select * from mart_medical_drain where origin_iso3 = 'ROU' and profession = 'doctors'")
    assert [(row["abroad_stock"], row["top_destinations"]) for row in found] == [
        (16358, "FRA 4764; DEU 3978; HUN 1870")
    ]
