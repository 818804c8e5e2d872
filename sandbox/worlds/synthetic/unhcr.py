"""What UNHCR would show of the simulated refugees, by pair of origin and asylum.

The simulation knows refugees by origin and by asylum; the pairs are those that fit both margins and are otherwise
like the people of that origin who already live there (iterative proportional fitting). As UNHCR does, counts below
five become nought or five, Kosovo is counted within Serbia, and a few refugees are of unknown origin or stateless.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sandbox.worlds import Table
from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.economies import economies, places
from sandbox.worlds.synthetic.simulation import FIRST_YEAR, LAST_YEAR, Array

FIRST_SHOWN_YEAR = 2015
REVISED_YEARS = 2
FITTING_STEPS = 12
SMALLEST_SHARE = 0.005
"""Countries of asylum with a smaller share of an origin's refugees are left to nobody; it keeps the tables small."""
UNHCR_CODES = {
    **{"AGO": "ANG", "ARE": "UAE", "AUS": "AUL", "AUT": "AUS", "CHE": "SWI", "CHN": "CHI", "DEU": "GFR", "DZA": "ALG"},
    **{"EGY": "ARE", "LBN": "LEB", "MLT": "MTA", "NGA": "NIG", "NER": "NGR", "ZWE": "ZIM"},
}
"""UNHCR's own codes where they are another country's ISO code or well known; the others are shown as the ISO code."""
COUNTED_WITHIN = {"XKX": "SRB", "CHI": "GBR"}
NOBODYS = (("UNK", "UKN", "Unknown", 0.01), ("XXA", "STA", "Stateless", 0.005))
"""Origins that are no countries: ISO code, UNHCR code, name, and their share of every country's refugees."""
AGE_SHARES = {"0_4": 0.13, "5_11": 0.2, "12_17": 0.15, "18_59": 0.46, "60": 0.05, "other": 0.01}
Columns = dict[str, Array]


def table(world: SyntheticWorld, name: str) -> Table | None:
    """The table behind an endpoint."""
    makers: dict[str, Callable[[SyntheticWorld], pa.Table]] = {
        "population": _population,
        "asylum-applications": _applications,
        "asylum-decisions": _decisions,
        "solutions": _solutions,
        "demographics": _demographics,
        "idmc": _idmc,
    }
    return Table(makers[name](world), world.release_date) if name in makers else None


# --- persons by pair -----------------------------------------------------------------------------------------


def _years(world: SyntheticWorld) -> list[int]:
    """The last year is published with the second vintage."""
    return list(range(FIRST_SHOWN_YEAR, LAST_YEAR + (world.vintage > 1)))


@lru_cache(maxsize=2)
def _refugees(world: SyntheticWorld) -> Array:
    """Refugees at the end of each shown year, ``[year, origin, asylum]``, with the simulation's margins."""
    by_year = np.stack([_fitted(world, year - FIRST_YEAR) for year in _years(world)])
    for vintage in range(2, world.vintage + 1):
        rng = world._rng(f"revision {vintage}", "unhcr")
        factors = 1 + (rng.random(by_year.shape[2]) < 0.5) * rng.normal(0, 0.02, by_year.shape[2])
        by_year[-REVISED_YEARS - 1 : -1] *= factors
    for part, whole in COUNTED_WITHIN.items():
        at, into = (economies().codes.index(code) for code in (part, whole))
        by_year[:, into] += by_year[:, at]
        by_year[:, :, into] += by_year[:, :, at]
        by_year[:, at], by_year[:, :, at] = 0, 0
        by_year[:, into, into] = 0
    return by_year


def _fitted(world: SyntheticWorld, t: int) -> Array:
    simulation = world.simulation
    pairs: Array = simulation.abroad[t] + 1e-3 * simulation.population[:, t] / simulation.population[:, t].sum()
    np.fill_diagonal(pairs, 0)
    by_origin, by_asylum = simulation.refugees_by_origin[:, t], simulation.refugees_by_asylum[:, t]
    pairs = _fit(pairs, by_origin, by_asylum)
    return _fit(np.where(pairs < SMALLEST_SHARE * by_origin[:, None], 0, pairs), by_origin, by_asylum)


def _fit(pairs: Array, by_origin: Array, by_asylum: Array) -> Array:
    """The same pairs, scaled in turns until they add up to both."""
    for _ in range(FITTING_STEPS):
        pairs = pairs * (by_origin / np.maximum(pairs.sum(axis=1), 1e-12))[:, None]
        pairs = pairs * (by_asylum / np.maximum(pairs.sum(axis=0), 1e-12))
    return pairs


def _shown(persons: Array) -> Array:
    """Whole persons, with those below five moved to nought or five."""
    whole = np.round(persons)
    shown: Array = np.where(whole < 5, np.where(whole < 2.5, 0, 5), whole)
    return shown


class _Rows:
    """Pairs of a year that have anybody, with the columns that every table begins with."""

    def __init__(self, world: SyntheticWorld, persons: Array) -> None:
        self.year, self.origin, self.asylum = np.nonzero(_shown(persons))
        self.persons: Array = persons[self.year, self.origin, self.asylum]
        self._first_year = _years(world)[0]

    def head(self) -> dict[str, list[str]]:
        """Years, countries and their codes as texts."""
        years = [str(self._first_year + year) for year in self.year.tolist()]
        return {"year": years} | _countries("coo", self.origin) | _countries("coa", self.asylum)


def _countries(side: str, positions: NDArray[np.intp]) -> dict[str, list[str]]:
    listed = _listed()
    at = positions.tolist()
    return {
        f"{side}_id": [str(i + 1) for i in at],
        f"{side}_name": [listed[i][2] for i in at],
        side: [listed[i][1] for i in at],
        f"{side}_iso": [listed[i][0] for i in at],
    }


def _listed() -> list[tuple[str, str, str]]:
    """ISO code, UNHCR's code and name of every country, then of the origins that are none."""
    countries = places()[: len(economies().codes)]
    listed = [(place.code, UNHCR_CODES.get(place.code, place.code), place.name) for place in countries]
    return [*listed, *((iso, code, name) for iso, code, name, _ in NOBODYS)]


def _with_nobodys(refugees: Array) -> Array:
    """Adds the origins that are no countries; their share is taken from everybody in that country of asylum."""
    share = sum(entry[3] for entry in NOBODYS)
    extra = [refugees.sum(axis=1, keepdims=True) * entry[3] for entry in NOBODYS]
    return np.concatenate([refugees * (1 - share), *extra], axis=1)


# --- tables --------------------------------------------------------------------------------------------------


def _table(head: dict[str, list[str]], measures: Columns, unknown: frozenset[str] = frozenset()) -> pa.Table:
    """Text columns, then counts; a zero of an ``unknown`` column is not reported."""
    counts = {
        name: pa.array(values, pa.float64(), mask=(values == 0) if name in unknown else None)
        for name, values in measures.items()
    }
    return pa.table({**{name: pa.array(values, pa.string()) for name, values in head.items()}, **counts})


def _population(world: SyntheticWorld) -> pa.Table:
    """Stocks at the end of the year; the displaced inside a country stand in the row of that country with itself."""
    refugees = _with_nobodys(_refugees(world))
    everyone = refugees.copy()
    n = refugees.shape[2]
    displaced = _displaced(world)
    everyone[:, np.arange(n), np.arange(n)] += displaced
    rows = _Rows(world, everyone)
    is_inside = rows.origin == rows.asylum
    of_pair = np.where(is_inside, 0, refugees[rows.year, rows.origin, rows.asylum])
    inside = np.where(is_inside, rows.persons, 0)
    rich = world.simulation.development[:, LAST_YEAR - FIRST_YEAR][rows.asylum]
    zero = np.zeros_like(of_pair)
    measures = {
        "refugees": _shown(of_pair),
        "asylum_seekers": _shown(of_pair * 0.35 * rich),
        "returned_refugees": _shown(of_pair * 0.02),
        "idps": _shown(inside),
        "returned_idps": _shown(inside * 0.05),
        "stateless": zero,
        "ooc": zero,
        "oip": zero,
        "hst": zero,
    }
    return _table(rows.head(), measures, frozenset({"oip"}))


def _displaced(world: SyntheticWorld) -> Array:
    """People displaced inside their country, ``[year, country]``: half as many again as fled abroad, from wars only."""
    years = np.array(_years(world)) - FIRST_YEAR
    abroad, people = world.simulation.refugees_by_origin[:, years], world.simulation.population[:, years]
    inside: Array = np.where(abroad > 0.005 * people, 1.5 * abroad, 0).T
    return inside


def _flows(world: SyntheticWorld) -> Array:
    """Applications of a year: a share of the refugees of the pair."""
    return _with_nobodys(_refugees(world)) * 0.12


def _procedures(world: SyntheticWorld, rows: _Rows) -> dict[str, list[str]]:
    """Rich countries run their own procedure, in the others UNHCR does."""
    rich = world.simulation.development[:, LAST_YEAR - FIRST_YEAR][rows.asylum] > 0.5
    return {"procedure_type": np.where(rich, "G", "U").tolist()}


def _applications(world: SyntheticWorld) -> pa.Table:
    """First applications, and appeals where there are many."""
    parts = []
    for app_type, dec_level, share in (("N", "FI", 1.0), ("A", "AR", 0.1)):
        rows = _Rows(world, _flows(world) * share)
        kinds = {"app_type": app_type, "dec_level": dec_level, "app_pc": "P"}
        head = rows.head() | _procedures(world, rows) | _constant(kinds, rows)
        parts.append(_table(head, {"applied": _shown(rows.persons)}))
    return pa.concat_tables(parts)


def _constant(values: dict[str, str], rows: _Rows) -> dict[str, list[str]]:
    return {name: [value] * len(rows.year) for name, value in values.items()}


def _decisions(world: SyntheticWorld) -> pa.Table:
    """Decisions in the first instance; the total is the sum of what was decided."""
    rows = _Rows(world, _flows(world) * 0.8)
    head = rows.head() | _procedures(world, rows) | _constant({"dec_level": "FI", "dec_pc": "P"}, rows)
    shares = {"dec_recognized": 0.35, "dec_other": 0.1, "dec_rejected": 0.4, "dec_closed": 0.15}
    measures = {name: _shown(rows.persons * share) for name, share in shares.items()}
    total = np.sum(list(measures.values()), axis=0)
    return _table(head, {**measures, "dec_total": total})


def _solutions(world: SyntheticWorld) -> pa.Table:
    """Durable solutions of the year; a pair without any of a kind does not report it."""
    rows = _Rows(world, _with_nobodys(_refugees(world)) * 0.05)
    rich = world.simulation.development[:, LAST_YEAR - FIRST_YEAR][rows.asylum] > 0.5
    measures = {
        "returned_refugees": np.where(rich, 0, _shown(rows.persons * 0.4)),
        "resettlement": np.where(rich, _shown(rows.persons * 0.6), 0),
        "naturalisation": np.where(rich, _shown(rows.persons * 0.2), 0),
        "returned_idps": np.zeros_like(rows.persons),
    }
    return _table(rows.head(), measures, frozenset(measures))


def _demographics(world: SyntheticWorld) -> pa.Table:
    """Refugees by sex and age; every sum is exact."""
    rows = _Rows(world, _with_nobodys(_refugees(world)))
    measures: Columns = {}
    for sex, share in (("f", 0.49), ("m", 0.51)):
        ages = {f"{sex}_{age}": np.round(rows.persons * share * of_age) for age, of_age in AGE_SHARES.items()}
        measures |= {**ages, f"{sex}_total": np.sum(list(ages.values()), axis=0)}
    return _table(rows.head(), {**measures, "total": measures["f_total"] + measures["m_total"]})


def _idmc(world: SyntheticWorld) -> pa.Table:
    """People displaced inside their country, as the Internal Displacement Monitoring Centre counts them."""
    displaced = _displaced(world)
    n = displaced.shape[1]
    square = np.zeros((displaced.shape[0], n, n))
    square[:, np.arange(n), np.arange(n)] = np.round(displaced, -2)
    rows = _Rows(world, square)
    return _table(rows.head(), {"total": rows.persons})
