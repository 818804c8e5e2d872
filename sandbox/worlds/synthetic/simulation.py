"""The seeded simulation behind the synthetic world: people by origin, residence, sex and education, and economies.

One step is a year. People stand in two arrays: ``home`` (origin by sex by education, living where they were born) and
``abroad`` (education by sex by origin by residence). A share of each home group leaves every year, the more the poorer
and smaller the economy and the higher the education; where to is a gravity model (income, size, distance, common
region, people of the same origin already there). A share of those abroad returns. Population moves by births, deaths
and these flows alone, so that ``population[t+1] = population[t] + births[t] - deaths[t] + net_migration[t]`` holds.

All figures are synthetic. Units: persons (floats, never rounded here), current or constant US$, years, shares 0-1.
Every array that depends on time is ``[economy, year]``, with economies in the order of ``economies()``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sandbox.worlds.synthetic.economies import (
    GIANT_ECONOMIES,
    GROUPS,
    LARGE_ECONOMIES,
    TINY_ECONOMIES,
    Economies,
    economies,
)

Array = NDArray[np.float64]

FIRST_YEAR, LAST_YEAR = 1960, 2025
YEARS = np.arange(FIRST_YEAR, LAST_YEAR + 1)
EDUCATIONS = ("primary_or_less", "secondary", "tertiary")
SEXES = ("female", "male")
SNAPSHOT_YEARS = (1960, 1970, 1980, 1985, 1990, 1995, 2000, 2005, 2010, 2015, 2020, 2024)
"""Years whose whole array of people abroad is kept."""
LONGEST_SHARE_LEAVING = 0.3
"""No group loses a larger share in a year; it keeps a rate of 90 % reachable and a group from running dry."""

REGION_CENTRES = {
    "EAS": (115, 15),
    "ECS": (20, 50),
    "LCN": (-70, 5),
    "MEA": (40, 30),
    "NAC": (-90, 45),
    "SAS": (80, 22),
    "SSF": (20, -3),
}
REGION_INCOME_1960 = {"EAS": 7.1, "ECS": 8.2, "LCN": 7.7, "MEA": 7.5, "NAC": 9.4, "SAS": 6.6, "SSF": 6.6}
"""Natural logarithm of income per head in constant US$."""
REGION_GROWTH = {"EAS": 0.034, "ECS": 0.024, "LCN": 0.017, "MEA": 0.018, "NAC": 0.018, "SAS": 0.026, "SSF": 0.009}


@dataclass(frozen=True)
class Simulation:
    """What the synthetic world knows, before anything is rounded or left out."""

    scale: float
    population: Array
    births: Array
    deaths: Array
    residents: NDArray[np.float64]
    """People living there, wherever born: ``[education, economy, year]``."""
    emigrants: NDArray[np.float64]
    """People born there, living abroad: ``[education, economy, year]``."""
    immigrants: NDArray[np.float64]
    """People born abroad, living there: ``[education, economy, year]``."""
    leaving: NDArray[np.float64]
    """First departures during the year, by origin: ``[education, economy, year]``."""
    returning: NDArray[np.float64]
    """Returns during the year, by origin: ``[education, economy, year]``."""
    immigration: Array
    """Arrivals of people born abroad and of returning natives, during the year."""
    emigration: Array
    """Departures of natives and of people going back to their origin, during the year."""
    remittances_received: Array
    """Current US$."""
    remittances_paid: Array
    """Current US$."""
    stocks: dict[int, NDArray[np.float64]]
    """People abroad in the snapshot years: ``[education, sex, origin, residence]``."""
    abroad: NDArray[np.float64]
    """People abroad at the beginning of the year: ``[year, origin, residence]``."""
    departures: NDArray[np.float64]
    """First departures during the year, by birthplace and where to: ``[year, origin, residence]``."""
    returns: NDArray[np.float64]
    """Returns to the birthplace during the year, by where from: ``[year, origin, residence]``."""
    income: Array
    """Gross domestic product per head, constant US$."""
    income_current: Array
    """Gross domestic product per head, current US$."""
    income_ppp: Array
    """Gross domestic product per head, constant international $."""
    inflation: Array
    """Consumer prices, share per year."""
    development: Array
    """0 (poorest) to 1 (richest), from income per head; drives everything that has no cohort of its own."""
    refugees_by_origin: Array
    refugees_by_asylum: Array
    physicians: Array
    physicians_abroad: Array
    """By origin of training."""
    students: Array
    students_age_group: Array
    students_abroad: Array
    """By origin."""

    @property
    def net_migration(self) -> Array:
        """Persons during the year."""
        return self.immigration - self.emigration


@dataclass(frozen=True)
class _Macro:
    income: Array
    income_current: Array
    income_ppp: Array
    inflation: Array
    development: Array


def simulate(seed: int, scale: float) -> Simulation:
    """Run the whole history; about half a second. Same seed and scale, same figures."""
    listed = economies()
    macro = _macro(np.random.default_rng([seed, 1]), listed)
    people = _People(np.random.default_rng([seed, 2]), listed, macro, scale)
    people.run()
    refugees = _refugees(np.random.default_rng([seed, 3]), people, macro)
    physicians = _physicians(np.random.default_rng([seed, 4]), people, macro)
    students = _students(np.random.default_rng([seed, 5]), people, macro)
    return Simulation(
        scale=scale,
        population=people.population,
        births=people.births,
        deaths=people.deaths,
        residents=people.residents,
        emigrants=people.emigrants,
        immigrants=people.immigrants,
        leaving=people.leaving,
        returning=people.returning,
        immigration=people.immigration,
        emigration=people.emigration,
        remittances_received=people.remittances_received,
        remittances_paid=people.remittances_paid,
        stocks=people.stocks,
        abroad=people.abroad_by_pair,
        departures=people.departures,
        returns=people.returns,
        income=macro.income,
        income_current=macro.income_current,
        income_ppp=macro.income_ppp,
        inflation=macro.inflation,
        development=macro.development,
        refugees_by_origin=refugees[0],
        refugees_by_asylum=refugees[1],
        physicians=physicians[0],
        physicians_abroad=physicians[1],
        students=students[0],
        students_age_group=students[1],
        students_abroad=students[2],
    )


def autoregressive(rng: np.random.Generator, size: int, persistence: float, spread: float) -> Array:
    """Shocks that fade: ``[size, year]``, stationary with standard deviation ``spread``."""
    shocks = rng.normal(0, spread * np.sqrt(1 - persistence**2), (size, len(YEARS)))
    shocks[:, 0] = rng.normal(0, spread, size)
    for t in range(1, len(YEARS)):
        shocks[:, t] += persistence * shocks[:, t - 1]
    return shocks


def _macro(rng: np.random.Generator, listed: Economies) -> _Macro:
    n = len(listed.codes)
    start = np.array([REGION_INCOME_1960[region] for region in listed.regions]) + rng.normal(0, 0.55, n)
    start[listed.positions(GROUPS["OED"])] += 0.8
    start[listed.positions(GROUPS["LDC"])] -= 0.5
    trend = np.array([REGION_GROWTH[region] for region in listed.regions]) + rng.normal(0, 0.007, n)
    trend[listed.positions(GROUPS["LDC"])] -= 0.006
    cycle = autoregressive(rng, n, 0.8, 0.08)
    cycle[:, YEARS == 2020] -= 0.06
    logarithm = start[:, None] + trend[:, None] * (YEARS - FIRST_YEAR) + cycle
    income = np.exp(np.clip(logarithm, 5.3, 11.6))
    development = 1 / (1 + np.exp(-(np.log(income) - 8.6) / 0.9))
    dollar_prices = np.exp(0.032 * (YEARS - 2015))
    exchange = np.exp(autoregressive(rng, n, 0.85, 0.09) * (1.3 - development))
    income_current = income * dollar_prices * exchange
    income_ppp = income * np.exp(0.15 + 1.15 * (1 - development))
    usual = 0.02 + 0.07 * (1 - development)
    inflation = usual * np.exp(autoregressive(rng, n, 0.7, 0.55)) + rng.normal(0, 0.012, income.shape)
    hyperinflation = rng.random(income.shape) < 0.003 * (1 - development)
    inflation += hyperinflation * rng.lognormal(1.2, 1.2, income.shape)
    return _Macro(income, income_current, income_ppp, inflation, development)


class _People:
    """The cohorts; ``run`` fills the histories."""

    def __init__(self, rng: np.random.Generator, listed: Economies, macro: _Macro, scale: float) -> None:
        n, years = len(listed.codes), len(YEARS)
        self.macro = macro
        self.rng = rng
        self.tiny = np.zeros(n, dtype=bool)
        self.tiny[listed.positions(TINY_ECONOMIES)] = True
        self.scale = scale
        self.nearness = _nearness(rng, listed)
        self.home = self._first_homes(listed)
        self.abroad = np.zeros((3, 2, n, n))
        self.openness = np.exp(rng.normal(0, 1.05, n)) * np.where(self.tiny, 4.0, 0.8)
        self.fertility = rng.normal(0, 0.003, n)
        self.schooling = np.exp(rng.normal(0, 0.3, n))
        flat = {name: np.zeros((n, years)) for name in ("population", "births", "deaths", "immigration", "emigration")}
        self.population, self.births, self.deaths = flat["population"], flat["births"], flat["deaths"]
        self.immigration, self.emigration = flat["immigration"], flat["emigration"]
        self.remittances_received, self.remittances_paid = np.zeros((n, years)), np.zeros((n, years))
        self.residents, self.emigrants, self.immigrants, self.leaving, self.returning = (
            np.zeros((3, n, years)) for _ in range(5)
        )
        self.stocks: dict[int, NDArray[np.float64]] = {}
        self.abroad_by_pair, self.departures, self.returns = (np.zeros((years, n, n)) for _ in range(3))

    def _first_homes(self, listed: Economies) -> NDArray[np.float64]:
        n = len(listed.codes)
        size = self.rng.lognormal(np.log(3.2e6), 0.8, n)
        size[self.tiny] = self.rng.lognormal(np.log(6e4), 0.9, int(self.tiny.sum()))
        for group, median in ((LARGE_ECONOMIES, 4.2e7), (GIANT_ECONOMIES, 5e8)):
            chosen = listed.positions(group)
            size[chosen] = self.rng.lognormal(np.log(median), 0.25, len(chosen))
        development = self.macro.development[:, 0]
        tertiary = 0.004 + 0.035 * development**1.5
        secondary = 0.04 + 0.25 * development
        shares = np.stack([1 - secondary - tertiary, secondary, tertiary])
        by_sex = np.array([0.497, 0.503])
        people: NDArray[np.float64] = shares[:, None, :] * by_sex[None, :, None] * size * self.scale
        return people

    def run(self) -> None:
        """Settle the first migrants, then live through all years."""
        self._settle(years=12)
        for t in range(len(YEARS)):
            self._record_stocks(t)
            self._live_through(t)

    def _settle(self, years: int) -> None:
        """Migration before the first year, with the incomes of the first year; nobody is born or dies."""
        for _ in range(years):
            leaving, returning = self._flows(0)
            self.home += returning.sum(axis=3) - leaving.sum(axis=3)
            self.abroad += leaving - returning

    def _record_stocks(self, t: int) -> None:
        by_residence, by_origin = self.abroad.sum(axis=(1, 2)), self.abroad.sum(axis=(1, 3))
        self.immigrants[:, :, t], self.emigrants[:, :, t] = by_residence, by_origin
        self.residents[:, :, t] = self.home.sum(axis=1) + by_residence
        self.population[:, t] = self.residents[:, :, t].sum(axis=0)
        sent = np.array([0.6, 0.9, 1.0])[:, None, None] * self.abroad.sum(axis=1)
        dollars = sent.sum(axis=0) * self._sent_per_migrant(t)
        self.remittances_received[:, t], self.remittances_paid[:, t] = dollars.sum(axis=1), dollars.sum(axis=0)
        self.abroad_by_pair[t] = self.abroad.sum(axis=(0, 1))
        if YEARS[t] in SNAPSHOT_YEARS:
            self.stocks[int(YEARS[t])] = self.abroad.copy()

    def _sent_per_migrant(self, t: int) -> Array:
        """US$ a year by origin and residence: a share of what is earned there, less the richer the origin."""
        earned = self.macro.income_current[:, t]
        generosity = 0.16 * (1 - 0.75 * self.macro.development[:, t])
        sent: Array = generosity[:, None] * np.minimum(earned[None, :], 4 * earned[:, None] + 2000)
        return sent

    def _live_through(self, t: int) -> None:
        leaving, returning = self._flows(t)
        development = self.macro.development[:, t]
        births = self.population[:, t] * (0.043 - 0.032 * development + self.fertility)
        death_rate = (0.021 - 0.012 * development - 0.00012 * t).clip(0.006)
        deaths_at_home = self.home * death_rate
        deaths_abroad = self.abroad * death_rate
        self.births[:, t] = births
        self.deaths[:, t] = deaths_at_home.sum(axis=(0, 1)) + deaths_abroad.sum(axis=(0, 1, 2))
        out_by_origin, back_by_origin = leaving.sum(axis=(1, 3)), returning.sum(axis=(1, 3))
        self.leaving[:, :, t], self.returning[:, :, t] = out_by_origin, back_by_origin
        self.departures[t], self.returns[t] = leaving.sum(axis=(0, 1)), returning.sum(axis=(0, 1))
        self.immigration[:, t] = leaving.sum(axis=(0, 1, 2)) + back_by_origin.sum(axis=0)
        self.emigration[:, t] = out_by_origin.sum(axis=0) + returning.sum(axis=(0, 1, 2))
        self.home += returning.sum(axis=3) - leaving.sum(axis=3) - deaths_at_home
        self.home[0] += births * np.array([[0.488], [0.512]])
        self.abroad += leaving - returning - deaths_abroad
        self._learn(development)

    def _learn(self, development: Array) -> None:
        """A share of each home group reaches the next education; more where people are richer."""
        to_secondary = self.home[0] * (0.006 + 0.022 * development)
        to_tertiary = self.home[1] * (0.004 + 0.022 * development**1.2) * self.schooling
        self.home[0] -= to_secondary
        self.home[1] += to_secondary - to_tertiary
        self.home[2] += to_tertiary

    def _flows(self, t: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Departures and returns of a year, both ``[education, sex, origin, residence]``."""
        development = self.macro.development[:, t]
        hump = 0.35 + 1.5 * np.exp(-(((development - 0.3) / 0.3) ** 2))
        by_education = np.array([0.0007, 0.0016, 0.0030])[:, None]
        share = np.minimum(by_education * hump * self.openness, LONGEST_SHARE_LEAVING)
        share[2] = np.minimum(share[2] * (1 + 5.5 * (1 - development)), LONGEST_SHARE_LEAVING)
        leaving = (self.home * share[:, None, :])[:, :, :, None] * self._destinations(t)[:, None]
        return_rate = np.array([0.035, 0.03, 0.014])[:, None] * (0.5 + development)
        returning = self.abroad * return_rate[:, None, :, None]
        return leaving, returning

    def _destinations(self, t: int) -> NDArray[np.float64]:
        """Where those who leave go: ``[education, origin, residence]``, each row sums to 1."""
        income = np.log(self.macro.income[:, t])
        size = np.log(self.home.sum(axis=(0, 1)) / self.scale)
        stock = self.abroad.sum(axis=(0, 1))
        of_origin = stock / np.maximum(stock.sum(axis=1, keepdims=True), 1e-9)
        pull = self.nearness + 0.6 * np.log(0.002 + of_origin) + 0.5 * size
        towards_income = np.array([0.8, 1.0, 1.3])[:, None, None] * income
        weights = np.exp(pull + towards_income - (pull + towards_income).max(axis=2, keepdims=True))
        weights[:, np.arange(len(size)), np.arange(len(size))] = 0
        shares: NDArray[np.float64] = weights / weights.sum(axis=2, keepdims=True)
        return shares


def _nearness(rng: np.random.Generator, listed: Economies) -> Array:
    """Log nearness of each pair: synthetic places around the region's centre, a bonus for the same region."""
    centres = np.array([REGION_CENTRES[region] for region in listed.regions], dtype=float)
    spots = centres + rng.normal(0, 11, centres.shape)
    distance = np.hypot(*(spots[:, None, :] - spots[None, :, :]).transpose(2, 0, 1))
    regions = np.array(listed.regions)
    nearness: Array = 0.5 * (regions[:, None] == regions[None, :]) - 0.8 * np.log(3 + distance)
    return nearness


def _refugees(rng: np.random.Generator, people: _People, macro: _Macro) -> tuple[Array, Array]:
    """Refugees by origin and by asylum: wars begin at random, more often where people are poor, and fade."""
    n, years = people.population.shape
    intensity = np.zeros((n, years))
    begins = rng.random((n, years)) < 0.02 * (1 - macro.development) ** 1.5
    weight = rng.lognormal(np.log(0.02), 1.1, (n, years)).clip(0, 0.22)
    intensity[:, 0] = begins[:, 0] * weight[:, 0]
    for t in range(1, years):
        intensity[:, t] = np.minimum(0.86 * intensity[:, t - 1] + begins[:, t] * weight[:, t], 0.35)
    by_origin = people.population * (intensity + 2e-6)
    towards = np.exp(2.2 * people.nearness + 0.9 * np.log(people.population[:, 30] / people.scale))
    np.fill_diagonal(towards, 0)
    shares = towards / towards.sum(axis=1, keepdims=True)
    by_asylum: Array = np.einsum("od,oy->dy", shares, by_origin)
    return by_origin, by_asylum


def _physicians(rng: np.random.Generator, people: _People, macro: _Macro) -> tuple[Array, Array]:
    """Physicians at home and abroad, by where they were trained; they leave as the highly educated do."""
    n, years = people.population.shape
    home, abroad = np.zeros((n, years)), np.zeros((n, years))
    wanted = people.population / 1000 * np.exp(-2.3 + 3.8 * macro.development + rng.normal(0, 0.3, (n, 1)))
    home[:, 0], abroad[:, 0] = wanted[:, 0], 0.05 * wanted[:, 0]
    tertiary = np.maximum(people.residents[2] - people.immigrants[2], 1)
    propensity = np.minimum(people.leaving[2] / tertiary, 0.12)
    for t in range(1, years):
        trained = np.maximum(wanted[:, t] - home[:, t - 1], 0) * 0.25 + home[:, t - 1] * 0.03
        gone, back = home[:, t - 1] * propensity[:, t - 1], abroad[:, t - 1] * 0.02
        home[:, t] = home[:, t - 1] * 0.97 + trained - gone + back
        abroad[:, t] = abroad[:, t - 1] * 0.97 + gone - back
    return home, abroad


def _students(rng: np.random.Generator, people: _People, macro: _Macro) -> tuple[Array, Array, Array]:
    """Tertiary students at home, people of the five-year age group, students abroad by origin."""
    n = len(people.population)
    age_group = people.population * (0.098 - 0.035 * macro.development)
    trend = 0.25 + 0.75 * (YEARS - FIRST_YEAR) / (LAST_YEAR - FIRST_YEAR)
    ratio = (0.02 + 0.85 * macro.development**1.2) * trend * np.exp(rng.normal(0, 0.2, (n, 1)))
    home = age_group * np.minimum(ratio, 1.5)
    share_abroad = (0.015 + 0.05 * (1 - macro.development)) * people.openness[:, None] ** 1.5
    return home, age_group, home * np.minimum(share_abroad, 4.0)
