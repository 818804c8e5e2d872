"""What the synthetic publisher publishes: each indicator as a measure of the simulation, with its habits.

A measure is a numerator and, for everything that is not a count, a denominator: economies are their ratio, and an
aggregate is the ratio of the sums over its members. So ``SM.POP.TOTL.ZS = 100 * SM.POP.TOTL / SP.POP.TOTL`` holds
for aggregates too, and a mean of rates is weighted by what the rate is a share of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sandbox.worlds.synthetic.simulation import YEARS, Array, Simulation, autoregressive

Coverage = Literal["full", "modelled", "reported", "survey"]
"""``full``: everyone, every year; ``modelled``: everyone but some tiny economies; ``reported``: late starts, gaps and
lags, the more the poorer; ``survey``: now and then, and some never."""


def sum_over_members(members: Array, values: Array) -> Array:
    """Sums by group, ``[group, year]``, of ``[group, economy]`` zeros and ones and ``[economy, year]`` values.

    Not a matrix product: that one runs in threads, whose number would show in the last digits.
    """
    sums: Array = np.einsum("ge,ey->gy", members, values)
    return sums


@dataclass(frozen=True)
class Measure:
    """``factor * numerator / denominator``, arrays ``[economy, year]``; without a denominator it is a count."""

    numerator: Array
    denominator: Array | None = None
    factor: float = 1

    def values(self) -> Array:
        """Figures of the economies at full precision."""
        return self._ratio(self.numerator, self.denominator)

    def of_groups(self, members: Array) -> Array:
        """Figures of groups at full precision; ``members`` is ``[group, economy]`` of zeros and ones."""
        below = None if self.denominator is None else sum_over_members(members, self.denominator)
        return self._ratio(sum_over_members(members, self.numerator), below)

    def _ratio(self, above: Array, below: Array | None) -> Array:
        if below is None:
            return self.factor * above
        with np.errstate(divide="ignore", invalid="ignore"):  # a group without members is 0/0: not known
            return self.factor * above / below


@dataclass(frozen=True)
class Indicator:
    """An indicator and the habits of its publisher."""

    id: str
    name: str
    measure: Callable[[Simulation, np.random.Generator], Measure]
    coverage: Coverage
    first_year: int
    last_year: int
    round_to: int | None = None
    """Digits behind the point that are sent; None is 15 significant digits."""
    decimals: int = 1
    source_id: str = "2"
    years: tuple[int, ...] | None = None
    """Only these years hold figures."""
    has_aggregates: bool = True


def simple(numerator: Callable[[Simulation], Array]) -> Callable[[Simulation, np.random.Generator], Measure]:
    """A count."""
    return lambda world, _rng: Measure(numerator(world))


def ratio(
    numerator: Callable[[Simulation], Array], denominator: Callable[[Simulation], Array], factor: float = 1
) -> Callable[[Simulation, np.random.Generator], Measure]:
    """A ratio of two things the simulation knows."""
    return lambda world, _rng: Measure(numerator(world), denominator(world), factor)


Rate = Callable[[Simulation, np.random.Generator], Array]


def weighted(rate: Rate, weight: Callable[[Simulation], Array]) -> Callable[[Simulation, np.random.Generator], Measure]:
    """A rate that is drawn rather than counted, with the weight that its aggregates use."""

    def measure(world: Simulation, rng: np.random.Generator) -> Measure:
        weights = weight(world)
        return Measure(rate(world, rng) * weights, weights)

    return measure


def _economy_noise(world: Simulation, rng: np.random.Generator, spread: float) -> Array:
    """A lasting trait of each economy."""
    return rng.normal(0, spread, (len(world.population), 1))


def _logistic(values: Array) -> Array:
    shares: Array = 1 / (1 + np.exp(-values))
    return shares


def _population(world: Simulation) -> Array:
    return world.population


def _tertiary_per_million(world: Simulation) -> Array:
    people: Array = 1e6 * world.residents[2] / world.population
    return people


def _product_current(world: Simulation) -> Array:
    return world.income_current * world.population


def _immigrants(world: Simulation) -> Array:
    people: Array = world.immigrants.sum(axis=0)
    return people


def _labour_force(world: Simulation) -> Array:
    """Persons, a smooth share of the population."""
    return world.population * (0.39 + 0.11 * world.development)


def _labour_force_tertiary(world: Simulation) -> Array:
    people: Array = 0.75 * world.residents[2]
    return people


def _growth(world: Simulation, _rng: np.random.Generator) -> Measure:
    product = world.income * world.population
    before = np.concatenate([product[:, :1], product[:, :-1]], axis=1)
    return Measure(product - before, before, 100)


def _unemployment(world: Simulation, rng: np.random.Generator) -> Array:
    level = -2.6 + _economy_noise(world, rng, 0.6)
    rates: Array = 100 * _logistic(level + autoregressive(rng, len(world.population), 0.85, 0.35))
    return rates


def _unemployment_tertiary(world: Simulation, rng: np.random.Generator) -> Array:
    level = -2.9 + 0.9 * (1 - world.development) + _economy_noise(world, rng, 0.5)
    rates: Array = 100 * _logistic(level + autoregressive(rng, len(world.population), 0.8, 0.3))
    return rates


def _neither_work_nor_school(world: Simulation, rng: np.random.Generator) -> Array:
    level = -0.7 - 1.5 * world.development + _economy_noise(world, rng, 0.45)
    rates: Array = 100 * _logistic(level + autoregressive(rng, len(world.population), 0.9, 0.15))
    return rates


def _child_mortality(world: Simulation, rng: np.random.Generator) -> Array:
    years = (YEARS - 1960) / 65
    level = np.log(300) - 3.6 * world.development - 1.1 * years + _economy_noise(world, rng, 0.2)
    rates: Array = np.exp(level).clip(1.2, 420)
    return rates


def _life_expectancy(world: Simulation, rng: np.random.Generator) -> Array:
    years = (YEARS - 1960) / 65
    level = 44 + 28 * world.development + 9 * years + _economy_noise(world, rng, 1.8)
    return (level + autoregressive(rng, len(world.population), 0.8, 0.5)).clip(20, 86.5)


def _health_expenditure(world: Simulation, rng: np.random.Generator) -> Array:
    share = (0.035 + 0.06 * world.development) * np.exp(_economy_noise(world, rng, 0.25))
    dollars: Array = share * np.exp(autoregressive(rng, len(world.population), 0.9, 0.06)) * world.income_current
    return dollars


def _nurses(world: Simulation, rng: np.random.Generator) -> Array:
    ratio_to_physicians = np.exp(0.8 + _economy_noise(world, rng, 0.35))
    return (1000 * world.physicians / world.population * ratio_to_physicians).clip(0.05, 40)


def _research_expenditure(world: Simulation, rng: np.random.Generator) -> Array:
    level = -2.6 + 3.6 * world.development + _economy_noise(world, rng, 0.55)
    return np.exp(level + autoregressive(rng, len(world.population), 0.95, 0.15)).clip(0.005, 6.5)


def _researchers(world: Simulation, rng: np.random.Generator) -> Array:
    share = (0.004 + 0.03 * world.development**2) * np.exp(_economy_noise(world, rng, 0.5))
    return (_tertiary_per_million(world) * share).clip(5, 12000)


def _technicians(world: Simulation, rng: np.random.Generator) -> Array:
    share = (0.003 + 0.02 * world.development**2) * np.exp(_economy_noise(world, rng, 0.6))
    return (_tertiary_per_million(world) * share).clip(3, 6000)


def _patents(world: Simulation, rng: np.random.Generator) -> Measure:
    level = 2e-3 * world.development**3 * np.exp(_economy_noise(world, rng, 0.9))
    return Measure(level * world.residents[2] * np.exp(autoregressive(rng, len(world.population), 0.9, 0.15)))


def _cost_per_student(world: Simulation, rng: np.random.Generator) -> Array:
    level = 3.1 + 2.6 * (1 - world.development) ** 2 + _economy_noise(world, rng, 0.4)
    return np.exp(level + autoregressive(rng, len(world.population), 0.9, 0.2)).clip(3, 2500)


def _governance(own: float) -> Callable[[Simulation, np.random.Generator], Measure]:
    """Standard normal units: income in common with the other five, and a share of its own."""

    def measure(world: Simulation, rng: np.random.Generator) -> Measure:
        score = 2.6 * world.development + own * _economy_noise(world, rng, 1.0)
        score = score + autoregressive(rng, len(world.population), 0.95, 0.25)
        score = (score - score.mean(axis=0)) / score.std(axis=0)
        return Measure(score.clip(-2.9, 2.6))

    return measure


_STOCK_YEARS = (1990, 1995, 2000, 2005, 2010, 2015, 2020, 2024)
_GOVERNANCE_YEARS = (1996, 1998, 2000, *range(2002, 2025))
_GOVERNANCE = {
    "CC": ("Control of Corruption - Governance estimate (approx. -2.5 to +2.5)", 0.4),
    "GE": ("Government Effectiveness - Governance estimate (approx. -2.5 to +2.5)", 0.35),
    "PV": ("Political Stability - Governance estimate (approx. -2.5 to +2.5)", 0.8),
    "RL": ("Rule of Law - Governance estimate (approx. -2.5 to +2.5)", 0.4),
    "RQ": ("Regulatory Quality - Governance estimate (approx. -2.5 to +2.5)", 0.4),
    "VA": ("Voice and Accountability - Governance estimate (approx. -2.5 to +2.5)", 0.9),
}

SERVED = (
    Indicator("SP.POP.TOTL", "Population, total", simple(_population), "full", 1960, 2024, 0, 0),
    Indicator(
        "SM.POP.TOTL", "International migrant stock, total", simple(_immigrants), "full", 1990, 2024, 0, 0,
        years=_STOCK_YEARS,
    ),
    Indicator(
        "SM.POP.TOTL.ZS", "International migrant stock (% of population)", ratio(_immigrants, _population, 100),
        "full", 1990, 2024, years=_STOCK_YEARS,
    ),
    Indicator("SM.POP.NETM", "Net migration", simple(lambda w: w.net_migration), "full", 1960, 2024, 0, 0),
    Indicator(
        "SM.POP.RHCR.EA", "Refugees under the mandate of the UNHCR by country or territory of asylum",
        simple(lambda w: w.refugees_by_asylum), "modelled", 1975, 2024, 0, 0,
    ),
    Indicator(
        "SM.POP.RHCR.EO", "Refugees under the mandate of the UNHCR by country or territory of origin",
        simple(lambda w: w.refugees_by_origin), "modelled", 1975, 2024, 0, 0,
    ),
    Indicator(
        "BX.TRF.PWKR.CD.DT", "Personal remittances, received (current US$)",
        simple(lambda w: w.remittances_received), "reported", 1970, 2024, 0, 0,
    ),
    Indicator(
        "BX.TRF.PWKR.DT.GD.ZS", "Personal remittances, received (% of GDP)",
        ratio(lambda w: w.remittances_received, _product_current, 100), "reported", 1970, 2024,
    ),
    Indicator(
        "BM.TRF.PWKR.CD.DT", "Personal remittances, paid (current US$)",
        simple(lambda w: w.remittances_paid), "reported", 1970, 2024, 0, 0,
    ),
    Indicator(
        "SE.TER.ENRR", "School enrollment, tertiary (% gross)",
        ratio(lambda w: w.students, lambda w: w.students_age_group, 100), "reported", 1970, 2024, 5,
    ),
    Indicator(
        "SE.TER.ENRL", "Enrolment in tertiary education, all programmes, both sexes (number)",
        simple(lambda w: w.students), "reported", 1970, 2024, 0, 0, source_id="12",
    ),
    Indicator(
        "SE.XPD.TERT.PC.ZS", "Government expenditure per student, tertiary (% of GDP per capita)",
        weighted(_cost_per_student, lambda w: w.students), "survey", 1998, 2023,
    ),
    Indicator(
        "SP.POP.SCIE.RD.P6", "Researchers in R&D (per million people)",
        weighted(_researchers, _population), "survey", 1996, 2023, 5,
    ),
    Indicator(
        "SP.POP.TECH.RD.P6", "Technicians in R&D (per million people)",
        weighted(_technicians, _population), "survey", 1996, 2023, 5,
    ),
    Indicator(
        "GB.XPD.RSDV.GD.ZS", "Research and development expenditure (% of GDP)",
        weighted(_research_expenditure, _product_current), "survey", 1996, 2023, 5, 2,
    ),
    Indicator("IP.PAT.RESD", "Patent applications, residents", _patents, "reported", 1980, 2022, 0, 0),
    Indicator(
        "SH.MED.PHYS.ZS", "Physicians (per 1,000 people)",
        ratio(lambda w: w.physicians, _population, 1000), "reported", 1960, 2023, 4,
    ),
    Indicator(
        "SH.MED.NUMW.P3", "Nurses and midwives (per 1,000 people)", weighted(_nurses, _population),
        "reported", 1990, 2023, 4,
    ),
    Indicator(
        "SH.XPD.CHEX.PC.CD", "Current health expenditure per capita (current US$)",
        weighted(_health_expenditure, _population), "modelled", 2000, 2023, 8,
    ),
    Indicator(
        "SH.DYN.MORT", "Mortality rate, under-5 (per 1,000 live births)",
        weighted(_child_mortality, lambda w: w.births), "modelled", 1960, 2023, 1,
    ),
    Indicator(
        "SP.DYN.LE00.IN", "Life expectancy at birth, total (years)", weighted(_life_expectancy, _population),
        "full", 1960, 2023, 3, 0,
    ),
    Indicator(
        "SL.UEM.TOTL.ZS", "Unemployment, total (% of total labor force) (modeled ILO estimate)",
        weighted(_unemployment, _labour_force), "modelled", 1991, 2024, 3,
    ),
    Indicator(
        "SL.UEM.ADVN.ZS", "Unemployment with advanced education (% of total labor force with advanced education)",
        weighted(_unemployment_tertiary, _labour_force_tertiary), "survey", 1992, 2024, 3,
    ),
    Indicator(
        "SL.UEM.NEET.ZS",
        "Share of youth not in education, employment or training, total (% of youth population)",
        weighted(_neither_work_nor_school, lambda w: w.students_age_group), "survey", 1992, 2024, 3,
    ),
    Indicator("SL.TLF.TOTL.IN", "Labor force, total", simple(_labour_force), "modelled", 1990, 2024, 0, 0),
    Indicator("NY.GDP.MKTP.KD.ZG", "GDP growth (annual %)", _growth, "reported", 1961, 2024),
    Indicator(
        "NY.GDP.PCAP.CD", "GDP per capita (current US$)", ratio(_product_current, _population),
        "modelled", 1960, 2024,
    ),
    Indicator(
        "NY.GDP.PCAP.PP.KD", "GDP per capita, PPP (constant 2021 international $)",
        ratio(lambda w: w.income_ppp * w.population, _population), "modelled", 1990, 2024,
    ),
    Indicator(
        "FP.CPI.TOTL.ZG", "Inflation, consumer prices (annual %)",
        weighted(lambda w, _rng: 100 * w.inflation, _product_current), "reported", 1960, 2024,
    ),
    *(
        Indicator(
            f"GOV_WGI_{key}.EST", name, _governance(own), "modelled", 1996, 2024, 6, 1, source_id="3",
            years=_GOVERNANCE_YEARS, has_aggregates=False,
        )
        for key, (name, own) in _GOVERNANCE.items()
    ),
)  # fmt: skip

RETIRED = (
    Indicator(
        "SM.POP.REFG", "Refugee population by country or territory of asylum",
        simple(lambda w: w.refugees_by_asylum), "modelled", 1990, 2022, 0, 0, source_id="57",
    ),
    Indicator(
        "SM.POP.REFG.OR", "Refugee population by country or territory of origin",
        simple(lambda w: w.refugees_by_origin), "modelled", 1990, 2022, 0, 0, source_id="57",
    ),
    Indicator(
        "SM.EMI.TERT.ZS", "Emigration rate of tertiary educated (% of total tertiary educated population)",
        ratio(lambda w: w.emigrants[2], lambda w: w.emigrants[2] + w.residents[2], 100), "modelled", 1990, 2000,
        source_id="57", years=(1990, 2000),
    ),
)  # fmt: skip

NEW_YEAR_IN_LATER_VINTAGES = frozenset(
    {
        "SP.POP.TOTL",
        "SM.POP.NETM",
        "SP.DYN.LE00.IN",
        "SL.UEM.TOTL.ZS",
        "FP.CPI.TOTL.ZG",
        "NY.GDP.PCAP.CD",
    }
)
"""From vintage 2 on these have figures for 2025 too."""
REVISED_IN_LATER_VINTAGES = frozenset(
    {
        "SL.UEM.TOTL.ZS",
        "SL.UEM.NEET.ZS",
        "SH.DYN.MORT",
        "FP.CPI.TOTL.ZG",
        "IP.PAT.RESD",
        "GB.XPD.RSDV.GD.ZS",
        "SP.POP.SCIE.RD.P6",
        "SH.XPD.CHEX.PC.CD",
    }
)
"""Of these each vintage after the first revises figures of the newest years by about one percent. None of them is
tied to another indicator by an identity, so that all identities survive."""
