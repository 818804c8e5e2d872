"""Doctors and nurses: against the simulated truth, against published figures, and no row lost on the way."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.frozen_files import ADOVOR_REST, _adovor
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
PER_DOCTOR = {"doctors": 1.0, "nurses": NURSES_PER_DOCTOR}
DENSITIES = {"doctors": "SH.MED.PHYS.ZS", "nurses": "SH.MED.NUMW.P3"}
"""Those who practise per 1,000 inhabitants, with four decimals."""
Practising = tuple[float | None, int | None, float | None]


def practising(sandbox: Warehouse, world: SyntheticWorld, profession: str) -> dict[tuple[str, int], Practising]:
    """Stock at home, its year and its density: of the newest density not after a year and five years old at most."""
    indicator = DENSITIES[profession]
    told = {
        *sandbox.tuples(
            "select iso3, year from fct_indicator_value where indicator_code = $name and value is not null",
            name=indicator,
        )
    }
    density, people = np.round(world.truth(indicator).values, 4), np.rint(world.simulation.population)
    found: dict[tuple[str, int], Practising] = {}
    for place, iso3 in enumerate(economies().codes):
        for year in range(1990, 2024):
            newest = max((known for known in range(year - 5, year + 1) if (iso3, known) in told), default=None)
            found[iso3, year] = (None, None, None)
            if newest is not None:
                rate = float(density[place, newest - FIRST_YEAR])
                found[iso3, year] = (rate * float(people[place, newest - FIRST_YEAR]) / 1000, newest, rate)
    assert told
    return found


def largest_three(stocks: dict[str, float]) -> str | None:
    """Countries and their stocks as the marts write them: the largest first, of equals the first by code."""
    chosen = sorted(stocks.items(), key=lambda stock: (-stock[1], stock[0]))[:3]
    return "; ".join(f"{code} {people:.0f}" for code, people in chosen if people) or None


def abroad_by_collection(world: SyntheticWorld) -> dict[tuple[str, str], dict[tuple[str, int], dict[str, float]]]:
    """Who works where, by collection and profession, origin and year, destination: as each publisher rounds them."""
    codes = economies().codes
    told = _allocated(world, world.simulation.physicians_abroad, YEARS)
    pairs = np.argwhere(_listed(told, economies().positions(DESTINATIONS_OF_DOCTORS))).tolist()
    found: dict[tuple[str, str], dict[tuple[str, int], dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for profession, per_doctor in PER_DOCTOR.items():
        shown = np.rint(told * per_doctor)
        for t, year in enumerate(YEARS):
            for origin, destination in pairs:
                stock = float(shown[t, origin, destination])
                found["oecd", profession][codes[origin], year][codes[destination]] = stock
    for line in _adovor(world).decode().splitlines()[1:]:
        from_code, to_code, of_year, physicians = line.split(",")
        found["adovor", "doctors"][from_code, int(of_year)][to_code] = float(physicians)
    return found


@pytest.mark.parametrize(
    ("collection", "profession", "basis"),
    [
        ("oecd", "doctors", "country of training"),
        ("oecd", "nurses", "country of training"),
        ("adovor", "doctors", "country of training, of birth where that is not known"),
    ],
)
def test_those_abroad_are_those_of_the_simulation(
    collection: str, profession: str, basis: str, sandbox: Warehouse, world: SyntheticWorld
) -> None:
    told = abroad_by_collection(world)[collection, profession]
    at_home = practising(sandbox, world, profession)
    found = sandbox.by_key(
        f"""
        select origin_iso3, year, basis, abroad_stock, n_destinations_reporting, n_destinations_listing,
            home_stock, home_year, density_home_per_1000, mbd_rate, population, density_lost_per_1000,
            top_destination_iso3, top_destination_stock, top_destination_share, top_destinations
        from mart_medical_drain where collection = '{collection}' and profession = '{profession}'
        """,
        n_key=2,
    )
    reporting: dict[int, set[str]] = defaultdict(set)
    for (_, year), stocks in told.items():
        reporting[year] |= stocks.keys() - {ADOVOR_REST}
    assert found.keys() == told.keys()
    for (iso3, year), figures in found.items():
        everywhere = sum(told[iso3, year].values())
        stocks = {code: people for code, people in told[iso3, year].items() if code != ADOVOR_REST}
        home, home_year, density = at_home[iso3, year]
        people = float(np.rint(world.simulation.population[economies().codes.index(iso3), year - FIRST_YEAR]))
        top, most = min(stocks.items(), key=lambda stock: (-stock[1], stock[0]))
        expected = (
            *(basis, everywhere, len(reporting[year]), len(stocks), home, home_year, density),
            None if home is None else everywhere / (home + everywhere),
            *(people, 1000 * everywhere / people),
            *((top, most, most / everywhere) if most else (None, None, None)),
            largest_three(stocks),
        )
        assert figures == pytest.approx(expected), (iso3, year)


@pytest.mark.parametrize("profession", PER_DOCTOR)
def test_hosts_show_the_totals_of_the_simulation(profession: str, sandbox: Warehouse, world: SyntheticWorld) -> None:
    codes = economies().codes
    told = _allocated(world, world.simulation.physicians_abroad, YEARS)
    by_origin = abroad_by_collection(world)["oecd", profession]
    at_home = practising(sandbox, world, profession)
    found = sandbox.by_key(
        f"""
        select destination_iso3, year, foreign_trained_stock, listed_stock, unlisted_stock, foreign_trained_share_pct,
            practising_stock, practising_year, listed_per_practising, n_origins_listed, top_origin_iso3,
            top_origin_share, top_origins
        from mart_foreign_trained_health_workforce where profession = '{profession}'
        """,
        n_key=2,
    )
    assert found.keys() == {(code, year) for code in DESTINATIONS_OF_DOCTORS.split() for year in YEARS}
    for (iso3, year), figures in found.items():
        place, t = codes.index(iso3), year - YEARS[0]
        doctors = float(told[t, :, place].sum())
        everybody = float(np.rint(doctors * PER_DOCTOR[profession]))
        home = float(world.simulation.physicians[place, year - FIRST_YEAR])
        origins = {key[0]: stocks[iso3] for key, stocks in by_origin.items() if key[1] == year and iso3 in stocks}
        named, (top, most) = sum(origins.values()), min(origins.items(), key=lambda stock: (-stock[1], stock[0]))
        practise, of_year, _ = at_home[iso3, year]
        # Nurses are a multiple of the doctors there, abroad and at home, so that the share is the same.
        share = round(100 * doctors / (home + doctors), 2)
        assert figures == pytest.approx(
            (
                *(everybody, named, everybody - named, share, practise, of_year),
                None if practise is None else named / practise,
                *(len(origins), top, most / named, largest_three(origins)),
            )
        ), (iso3, year)


def test_destinations_of_romanian_doctors_of_the_recorded_figures(recorded: Warehouse) -> None:
    found = recorded.rows("select * from mart_medical_drain where origin_iso3 = 'ROU' and profession = 'doctors'")
    assert [(row["abroad_stock"], row["top_destinations"]) for row in found] == [
        (16358, "FRA 4764; DEU 3978; HUN 1870")
    ]
