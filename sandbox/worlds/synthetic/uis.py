"""What the UNESCO Institute for Statistics would show of the simulated students abroad.

Students abroad of an origin study where its tertiary-educated emigrants live (the newest snapshot not after the year).
A host that never reports is missing from every origin's number, as with the institute; one that does not report in a
year has no inbound figure then, while the institute carries its last report into the origins' numbers. Whole persons
are made by pair first, so that every sum over regions, sexes and continents is exact; no host takes more of them than
nine for every ten of its own students.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sandbox.worlds import Table
from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.simulation import FIRST_YEAR, Array

YEARS = np.arange(2000, 2025)
FIRST_YEAR_OF_BREAKDOWNS = 2012
REVISED_YEARS = 2
LARGEST_SHARE_FROM_ABROAD = 0.9
"""Students from abroad, as a share of the host's own."""
LARGEST_SHARE_UNREPORTED = 0.002
"""Hosts with a larger share of the world's students from abroad report sooner or later."""
UNKNOWN_TO_THE_INSTITUTE = frozenset({"CHI", "XKX"})
WITHOUT_UNIVERSITIES = "NRU TUV"
"""Two economies whose inbound students the institute marks as not applicable."""
UNKNOWN_REGION = "99000000"
_ARAB = "ARE BHR DJI DZA EGY IRQ JOR KWT LBN LBY MAR MRT OMN PSE QAT SAU SDN SYR TUN YEM"
_CENTRAL_ASIA = "ARM AZE GEO KAZ KGZ MNG TJK TKM UZB"
_EASTERN_EUROPE = "ALB BGR BIH BLR CZE EST HRV HUN LTU LVA MDA MKD MNE POL ROU RUS SRB SVK SVN TUR UKR"
_SOUTH_AND_WEST_ASIA = "AFG BGD BTN IND IRN LKA MDV NPL PAK"
REGION_NAMES = {
    "40500": "North America and Western Europe",
    "40505": "Central Asia",
    "40515": "East Asia and the Pacific",
    "40520": "Latin America and the Caribbean",
    "40525": "Arab States",
    "40530": "Central and Eastern Europe",
    "40535": "South and West Asia",
    "40540": "Sub-Saharan Africa",
}
OF_WORLD_BANK_REGION = {"EAS": "40515", "LCN": "40520", "SSF": "40540"}
_SOUTH_AMERICA = "ARG BOL BRA CHL COL ECU GUY PER PRY SUR URY VEN"
_OCEANIA = "ASM AUS FJI FSM GUM KIR MHL MNP NCL NRU NZL PLW PNG PYF SLB TON TUV VUT WSM"
_AFRICA_OUTSIDE_SUBSAHARAN = "DJI DZA EGY LBY MAR TUN"
_ASIA_OF_EUROPEAN_REGION = "ARM AZE CYP GEO KAZ KGZ TJK TKM TUR UZB"
CONTINENT_INDICATORS = {
    "26420": ("Africa",),
    "26519": ("Asia",),
    "26571": ("Europe",),
    "26616": ("Oceania",),
    "26505": ("South America",),
    "26648": ("North America",),
    "26650": ("the Caribbean and Central America",),
    "26475": ("North America", "the Caribbean and Central America"),
}
PERSONS, PERCENT = "both sexes (number)", "both sexes (%)"


@dataclass(frozen=True)
class Students:
    """Students of one world, ``[.., year]`` over ``YEARS``; persons are whole."""

    pairs: Array
    """``[origin, host, year]``, hosts that never report left out."""
    unknown: Array
    """``[host, year]``: of these, who came from nobody knows where; they are not in ``pairs``."""
    reports: NDArray[np.bool_]
    """``[host, year]``"""
    women: Array
    """Share of women among those who come, ``[host, 1]``."""
    enrolled: Array
    """Tertiary students at home, ``[economy, year]``."""
    age_group: Array

    @property
    def inbound(self) -> Array:
        """``[host, year]``"""
        total: Array = self.pairs.sum(axis=0) + self.unknown
        return total

    @property
    def outbound(self) -> Array:
        """``[origin, year]``"""
        total: Array = self.pairs.sum(axis=1)
        return total


@dataclass(frozen=True)
class Figures:
    """A published measure of the economies; a region's ratio is the sum of numerators over that of denominators."""

    name: str
    numerator: Array
    denominator: Array
    is_known: NDArray[np.bool_]
    first_year: int = int(YEARS[0])
    has_regions: bool = True
    decimals: int = 0
    """None for persons, some for ratios."""

    @property
    def is_ratio(self) -> bool:
        """Whether regions divide sums, and zero is a number like any other."""
        return self.decimals > 0


def table(world: SyntheticWorld, name: str) -> Table | None:
    """``versions``, ``geounits``, or an indicator by its id."""
    if name == "versions":
        digest = zlib.crc32(f"{world.seed} {world.scale} {world.release_date}".encode())
        version = f"{world.release_date.replace('-', '')}-{digest:08x}"
        row = {"version": [version], "published": [world.release_date], "description": ["Synthetic release"]}
        return Table(pa.table(row), world.release_date)
    if name == "geounits":
        return Table(pa.table({"id": [*_countries(), *(unit for unit, _ in _regional_units())]}), world.release_date)
    figures = _figures(_students(world), world, name)
    return None if figures is None else _table(world, name, figures)


def _countries() -> list[str]:
    return [code for code in economies().codes if code not in UNKNOWN_TO_THE_INSTITUTE]


def region_of(code: str, world_bank_region: str) -> str:
    """The institute's own region of an economy."""
    listed = {
        "40525": _ARAB,
        "40505": _CENTRAL_ASIA,
        "40530": _EASTERN_EUROPE,
        "40535": _SOUTH_AND_WEST_ASIA,
    }
    for region, members in listed.items():
        if code in members.split():
            return region
    return OF_WORLD_BANK_REGION.get(world_bank_region, "40500")


def continent_of(code: str, world_bank_region: str) -> str:
    """The continent by which the institute groups origins."""
    if code in _SOUTH_AMERICA.split():
        return "South America"
    if code in _OCEANIA.split():
        return "Oceania"
    if world_bank_region == "SSF" or code in _AFRICA_OUTSIDE_SUBSAHARAN.split():
        return "Africa"
    if world_bank_region == "LCN":
        return "the Caribbean and Central America"
    if world_bank_region == "NAC" or code == "GRL":
        return "North America"
    is_european = world_bank_region == "ECS" and code not in _ASIA_OF_EUROPEAN_REGION.split()
    return "Europe" if is_european or code == "MLT" else "Asia"


def _members(region: str) -> NDArray[np.bool_]:
    listed = economies()
    return np.array([region_of(*pair) == region for pair in zip(listed.codes, listed.regions, strict=True)])


def _of_continents(continents: tuple[str, ...]) -> NDArray[np.bool_]:
    listed = economies()
    return np.array([continent_of(*pair) in continents for pair in zip(listed.codes, listed.regions, strict=True)])


def _regional_units() -> list[tuple[str, NDArray[np.bool_]]]:
    """Units that are no countries, with their members."""
    everybody = np.array([code not in UNKNOWN_TO_THE_INSTITUTE for code in economies().codes])
    units = [(f"UIS: {name}", _members(region) & everybody) for region, name in REGION_NAMES.items()]
    return [("SDG: World", everybody), *units, ("UIS: World", everybody)]


@lru_cache(maxsize=2)
def _students(world: SyntheticWorld) -> Students:
    """Whole students by pair and year, and who reports them."""
    simulation, columns = world.simulation, YEARS - FIRST_YEAR
    rng = world._rng("students", "uis")
    n = len(economies().codes)
    poverty = 1 - simulation.development[:, 2000 - FIRST_YEAR][:, None]
    never = rng.random((n, 1)) < 0.05 + 0.3 * poverty
    gap = rng.random((n, len(YEARS))) < 0.05 + 0.25 * poverty
    late = rng.random((n, 1)) < 0.3 + 0.6 * poverty
    pairs = np.stack([_by_host(world, int(year)) for year in YEARS], axis=2)
    never &= pairs.sum(axis=(0, 2))[:, None] < LARGEST_SHARE_UNREPORTED * pairs.sum()
    for vintage in range(2, world.vintage + 1):
        pairs[:, :, -REVISED_YEARS:] *= _revision(world, vintage, n)
    enrolled = np.round(simulation.students[:, columns])
    pairs *= np.minimum(1, LARGEST_SHARE_FROM_ABROAD * enrolled / np.maximum(pairs.sum(axis=0), 1))
    pairs = np.floor(pairs) * ~never[None]
    pairs[:, [code in UNKNOWN_TO_THE_INSTITUTE for code in economies().codes]] = 0
    unknown = np.floor(pairs * np.where(rng.random((n, 1)) < 0.2, 0.05, 0.0)[None])
    is_late = np.zeros((n, len(YEARS)), dtype=bool)
    is_late[:, -1:] = late
    return Students(
        pairs=pairs - unknown,
        unknown=unknown.sum(axis=0),
        reports=~never & ~gap & ~is_late,
        women=0.42 + 0.16 * rng.random((n, 1)),
        enrolled=enrolled,
        age_group=np.round(simulation.students_age_group[:, columns]),
    )


def _by_host(world: SyntheticWorld, year: int) -> Array:
    """Students abroad in a year, ``[origin, host]``, where the tertiary-educated of their origin live."""
    simulation = world.simulation
    snapshot = max(known for known in simulation.stocks if known <= year)
    stock = simulation.stocks[snapshot][2].sum(axis=0)
    share = stock / np.maximum(stock.sum(axis=1, keepdims=True), 1e-9)
    students: Array = simulation.students_abroad[:, year - FIRST_YEAR][:, None] * share
    return students


def _revision(world: SyntheticWorld, vintage: int, n: int) -> Array:
    """Factors near 1 for about half of the hosts, ``[1, host, 1]``."""
    rng = world._rng(f"revision {vintage}", "uis")
    factors: Array = 1 + (rng.random((1, n, 1)) < 0.5) * rng.normal(0, 0.02, (1, n, 1))
    return factors


def _figures(students: Students, world: SyntheticWorld, indicator: str) -> Figures | None:
    stem, _, breakdown = indicator.rpartition(".")
    ones, always = np.ones_like(students.enrolled), np.ones_like(students.reports)
    if stem == "OE.5T8":
        return _outbound(students, breakdown, "Outbound internationally mobile tertiary students", ones, always)
    if stem == "MOR.5T8":
        return _outbound(students, breakdown, "Outbound mobility ratio", students.enrolled / 100, always)
    if stem == "E.5T8.FOREIGN" and breakdown.startswith("ORG"):
        return _inbound_of_region(students, breakdown.removeprefix("ORG"))
    if indicator in CONTINENT_INDICATORS:
        continents = CONTINENT_INDICATORS[indicator]
        arrived = students.pairs[_of_continents(continents)].sum(axis=0)
        return _breakdown(students, f"from {', '.join(continents)}", arrived)
    if indicator == "26631":
        return _breakdown(students, "from unknown continents", students.unknown)
    return _others(students, world, indicator)


def _outbound(
    students: Students, region: str, what: str, denominator: Array, is_known: NDArray[np.bool_]
) -> Figures | None:
    decimals, unit = (5, PERCENT) if what.endswith("ratio") else (0, PERSONS)
    if region == "40510":
        name = f"{what}, all regions, {unit}"
        return Figures(name, students.outbound, denominator, is_known, decimals=decimals)
    if region not in REGION_NAMES:
        return None
    away = students.pairs[:, _members(region)].sum(axis=1)
    name = f"{what} to {REGION_NAMES[region]}, {unit}"
    return Figures(name, away, denominator, is_known, FIRST_YEAR_OF_BREAKDOWNS, decimals=decimals)


def _inbound_of_region(students: Students, region: str) -> Figures | None:
    if region == UNKNOWN_REGION:
        return _breakdown(students, "from unknown regions", students.unknown)
    if region not in REGION_NAMES:
        return None
    return _breakdown(students, f"from {REGION_NAMES[region]}", students.pairs[_members(region)].sum(axis=0))


def _breakdown(students: Students, of_whom: str, arrived: Array) -> Figures:
    name = f"Inbound internationally mobile students {of_whom}, {PERSONS}"
    return Figures(name, arrived, np.ones_like(arrived), students.reports, FIRST_YEAR_OF_BREAKDOWNS)


def _others(students: Students, world: SyntheticWorld, indicator: str) -> Figures | None:
    ones, reports = np.ones_like(students.enrolled), students.reports
    always = np.ones_like(reports)
    inbound, net = students.inbound, students.inbound - students.outbound
    women = np.round(inbound * students.women)
    per_hundred, half = students.enrolled / 100, students.age_group / 200
    enrolled_women = np.round(students.enrolled * students.women)
    enrolled_men = students.enrolled - enrolled_women
    spent = world.truth("SE.XPD.TERT.PC.ZS").values[: len(ones), YEARS - FIRST_YEAR] / 100 * students.enrolled
    people = world.simulation.population[:, YEARS - FIRST_YEAR] / 100
    made = {
        "26637": Figures(f"Total inbound internationally mobile students, {PERSONS}", inbound, ones, reports),
        "26638": Figures("Total inbound internationally mobile students, female (number)", women, ones, reports),
        "43188": Figures(
            "Total inbound internationally mobile students, male (number)", inbound - women, ones, reports
        ),
        "MENF.5T8": Figures(
            f"Net flow of internationally mobile students (inbound - outbound), {PERSONS}",
            net,
            ones,
            reports,
            has_regions=False,
        ),
        "MENFR.5T8": Figures(
            f"Net flow ratio of internationally mobile students (inbound - outbound), {PERCENT}",
            net,
            per_hundred,
            reports,
            has_regions=False,
            decimals=5,
        ),
        "FEP.5T8.FOREIGN": Figures(
            "Percentage of all inbound internationally mobile students in tertiary education who are female (%)",
            women,
            inbound / 100,
            reports,
            decimals=5,
        ),
        "MSEP.5T8": Figures(f"Inbound mobility rate, {PERCENT}", inbound, per_hundred, reports, decimals=5),
        "MSEP.5T8.F": Figures("Inbound mobility rate, female (%)", women, enrolled_women / 100, reports, decimals=5),
        "MSEP.5T8.M": Figures(
            "Inbound mobility rate, male (%)", inbound - women, enrolled_men / 100, reports, decimals=5
        ),
        "GER.5T8": Figures(
            f"Gross enrolment ratio, tertiary, {PERCENT}",
            students.enrolled,
            students.age_group / 100,
            always,
            decimals=5,
        ),
        "GER.5T8.F": Figures("Gross enrolment ratio, tertiary, female (%)", enrolled_women, half, always, decimals=5),
        "GER.5T8.M": Figures("Gross enrolment ratio, tertiary, male (%)", enrolled_men, half, always, decimals=5),
        "25053": Figures(
            f"Enrolment in tertiary education, all programmes, {PERSONS}", students.enrolled, ones, always
        ),
        "XGDP.5T8.FSGOV": Figures(
            "Government expenditure on tertiary education as a percentage of GDP (%)",
            spent,
            people,
            always,
            has_regions=False,
            decimals=5,
        ),
    }
    return made.get(indicator)


def _table(world: SyntheticWorld, indicator: str, figures: Figures) -> Table:
    """Records by unit and year; a unit without a figure in a year has no record then."""
    rng = world._rng("marks", indicator)
    codes, countries = economies().codes, set(_countries())
    draws = rng.random((len(codes), len(YEARS)))
    records: list[tuple[str, str, float, str | None, str | None]] = []
    wanted = figures.first_year <= YEARS
    for i, code in enumerate(codes):
        if code in countries:
            known = figures.is_known[i] & wanted & (figures.denominator[i] > 0)
            values = _rounded(figures.numerator[i], figures.denominator[i], figures.decimals)
            for t in np.flatnonzero(known):
                words = _words(code, values[t], figures.is_ratio, float(draws[i, t]))
                records.append((code, str(YEARS[t]), float(values[t]), *words))
    for unit, members in _regional_units() if figures.has_regions else []:
        known = figures.is_known & members[:, None]
        above, below = (figures.numerator * known).sum(axis=0), (figures.denominator * known).sum(axis=0)
        values = _rounded(above, below if figures.is_ratio else np.ones_like(below), figures.decimals)
        for t in np.flatnonzero(wanted & known.any(axis=0)):
            records.append((unit, str(YEARS[t]), float(values[t]), None, "UIS_EST"))
    records.sort(key=lambda record: record[:2])
    units, years, values_, magnitudes, qualifiers = zip(*records, strict=True)
    rows = pa.table(
        {
            "indicatorId": [indicator] * len(records),
            "geoUnit": units,
            "year": years,
            "value": values_,
            "magnitude": pa.array(magnitudes, pa.string()),
            "qualifier": pa.array(qualifiers, pa.string()),
        }
    )
    return Table(rows, world.release_date, {"indicatorId": {indicator: figures.name}})


def _rounded(numerator: Array, denominator: Array, decimals: int) -> Array:
    ratio: Array = np.round(numerator / np.maximum(denominator, 1e-9), decimals) + 0.0
    return ratio


def _words(code: str, value: float, is_ratio: bool, draw: float) -> tuple[str | None, str | None]:
    """Magnitude and qualifier: a count of zero is nil, or not applicable where nobody can study."""
    if value == 0 and not is_ratio:
        return ("NA" if code in WITHOUT_UNIVERSITIES.split() else "NIL"), None
    return None, "NAT_EST" if draw < 0.02 else None
