"""Eurostat's tables of the synthetic world.

Reporters are the 27 member states, the four of EFTA and, until it left (2019 for flows and students, 1 January 2020
for stocks), the United Kingdom. Flows are those of the simulation: who was born in a country and arrives is a foreign
citizen, who was born in the reporting country and comes back is a national (``NAT``). Nobody is naturalised on the
way; in the stock by citizenship a part of the foreign-born are nationals. Each reporter counts its own share of the
arrivals and of the departures (``completeness``), the same one in every table of flows, so that two reporters tell
two numbers of one flow; stocks are whole. Every count is rounded before it is added up: parts make their totals.

A table shows all reporting countries as partners, and beside them each reporter's largest origins only, and Namibia,
whose code many readers take for a missing value; the totals hold everybody. Vintage 2 and later revise the two newest
years of ``REVISED`` and leave every other table, and its date of release, as it was.
"""

from __future__ import annotations

import datetime
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sandbox.worlds import Table
from sandbox.worlds.synthetic.economies import economies, iso2_of
from sandbox.worlds.synthetic.simulation import FIRST_YEAR, SNAPSHOT_YEARS, Array, Simulation

if TYPE_CHECKING:
    from sandbox.worlds.synthetic import SyntheticWorld

_MEMBERS = "AUT BEL BGR CYP CZE DEU DNK EST GRC ESP FIN FRA HRV HUN IRL ITA LTU LUX LVA MLT NLD POL PRT ROU SWE SVN SVK"
MEMBERS = tuple(_MEMBERS.split())
NOT_IN_EURO_AREA = ("BGR", "CZE", "DNK", "HUN", "POL", "ROU", "SWE")
EFTA = ("CHE", "ISL", "LIE", "NOR")
LEFT = "GBR"
REPORTERS = (*MEMBERS, *EFTA, LEFT)
EURO_AREA = tuple(code for code in MEMBERS if code not in NOT_IN_EURO_AREA)
PUBLISHERS_CODE = {"GRC": "EL", "GBR": "UK"}
CITIZENSHIP_OF = {
    "ABW": "NLD",
    "ASM": "USA",
    "BMU": "GBR",
    "CHI": "GBR",
    "CUW": "NLD",
    "CYM": "GBR",
    "FRO": "DNK",
    "GIB": "GBR",
    "GRL": "DNK",
    "GUM": "USA",
    "IMN": "GBR",
    "MAF": "FRA",
    "MNP": "USA",
    "NCL": "FRA",
    "PRI": "USA",
    "PYF": "FRA",
    "SXM": "NLD",
    "TCA": "GBR",
    "VGB": "GBR",
    "VIR": "USA",
}
"""Territories whose people are citizens of another state."""
NO_CODE = "CHI"
"""The publisher codes Guernsey and Jersey, not the Channel Islands as one; their people count as unknown."""

FLOW_YEARS = np.arange(2014, 2025)
STOCK_YEARS = np.arange(2014, 2026)
LONG_STOCK_YEARS = np.arange(2010, 2026)
SURVEY_YEARS = np.arange(2010, 2025)
STUDENT_YEARS = np.arange(2013, 2025)
POPULATION_YEARS = np.arange(2000, 2026)
LAST_FLOW_YEAR_OF_LEFT, LAST_STOCK_YEAR_OF_LEFT = 2019, 2020
FIRST_YEAR_WITHOUT_LEFT = 2020
"""From here on there are no groups with 28 members."""
STOPPED_STUDENTS = {"GBR": 2019, "NLD": 2019}
"""Reporters that stopped sending mobile students by origin, and their last year."""
LATE_DEPARTURES_BY_PARTNER = {"DEU": 2020}
"""Reporters that did not know where people leave to before a year."""
LARGEST_ORIGINS, LARGEST_PERMIT_ORIGINS, LARGEST_STUDENT_ORIGINS = 28, 14, 20
ALWAYS_SHOWN = "NAM"
CONFIDENTIAL_SHARE = 0.0005
COMPLETE_YEARS = 0.4
"""Share of the years in which every member reports."""
PERMITS_PER_ARRIVAL = 1.1
REASONS = ("EDUC", "EMP", "FAM", "OTH", "TOTAL")
LEVELS = ("ED5", "ED6", "ED7", "ED8", "ED5-8")
ATTAINMENT = ("ED0-2", "ED3_4", "ED5-8")
ODDS = {"F": 1.1, "M": 0.9, "T": 1.0}
"""How much the odds of a higher education differ by sex."""
OVERQUALIFICATION_GROUPS = ("NAT", "EU27_2020_FOR", "NEU27_2020_FOR", "FOR", "TOTAL", "NRP")
SMALLEST_SAMPLE, RELIABLE_SAMPLE = 600, 2500
"""Highly educated people of a group below which there is no rate, and below which it is flagged."""
REGIONS = {
    "AT": "AT1 AT11 AT12 AT13 AT2 AT21",
    "BE": "BE1 BE10 BE2 BE21",
    "BG": "BG3 BG31 BG4 BG41",
    "CH": "CH0 CH01 CH04",
    "DE": "DE1 DE11 DE2 DE21 DE3 DE30",
    "EL": "EL3 EL30",
    "ES": "ES3 ES30 ES5 ES51",
    "FR": "FR1 FR10 FRL FRL0",
    "IT": "ITC ITC4 ITF ITF3",
    "NL": "NL3 NL32",
    "PL": "PL9 PL91 PL92",
    "RO": "RO1 RO11 RO3 RO32",
    "SE": "SE1 SE11",
}
"""Some of the NUTS regions, of level 1 and 2, of some reporters."""
STATELESS_SHARE = 0.0005
CHILDHOOD = 15
"""Years of births that are not counted among adults."""
REVISED = ("migr_imm1ctz", "migr_emi1ctz", "migr_resfirst", "lfsa_eoqgan", "lfsa_eoqgac", "demo_pjan")
REVISED_YEARS = 2
RELEASED = {
    "lfsa_eoqgan": "2025-09-11",
    "lfsa_eoqgac": "2025-09-11",
    "migr_imm1ctz": "2026-02-20",
    "migr_emi1ctz": "2026-02-20",
    "migr_imm5prv": "2026-02-20",
    "migr_emi3nxt": "2026-02-20",
    "migr_pop1ctz": "2026-01-28",
    "migr_pop3ctb": "2026-01-28",
    "migr_resfirst": "2025-11-06",
    "educ_uoe_mobs02": "2025-12-04",
    "edat_lfse_03": "2025-09-11",
    "edat_lfse_04": "2025-09-11",
    "demo_pjan": "2026-02-12",
}
"""Tables, and the day of the release of vintage 1; the hour is always eleven in Brussels."""

Integers = NDArray[np.int64]
Texts = NDArray[np.str_]
Axes = Mapping[str, Sequence[str] | Integers]
"""Codes by column."""


def table(world: SyntheticWorld, name: str) -> Table | None:
    """A table by its code."""
    if name not in _MAKERS:
        return None
    rows = _MAKERS[name](world)
    names = rows.column_names
    key = names[: names.index("OBS_VALUE")]
    rows = rows.sort_by([(column, "ascending") for column in key])
    day = world.release_date if world.vintage > 1 and name in REVISED else RELEASED[name]
    return Table(rows, _at_eleven(day), _labels(rows, key))


def completeness(world: SyntheticWorld) -> tuple[Array, Array]:
    """The share of arrivals (0.85-1) and of departures (0.4-0.95) that each of ``REPORTERS`` counts."""
    rng = _rng(world, "completeness")
    return rng.uniform(0.85, 1, len(REPORTERS)), rng.uniform(0.4, 0.95, len(REPORTERS))


def overqualification(simulation: Simulation, year: int) -> tuple[Array, Array]:
    """The share (0-1) of the highly educated in low or medium skilled work, of natives and of the foreign-born.

    By economy. Natives: fewer where people are rich. The foreign-born: more, by up to 0.3, the poorer the countries
    they come from.
    """
    development = simulation.development[:, year - FIRST_YEAR]
    natives = 0.14 + 0.16 * (1 - development)
    tertiary = _stock(simulation, year)
    origins = tertiary.sum(axis=0)
    mean_development = (tertiary * development[:, None]).sum(axis=0) / np.maximum(origins, 1e-9)
    return natives, np.minimum(natives + 0.05 + 0.3 * (1 - mean_development), 0.95)


# --- codes and places ----------------------------------------------------------------------------------------


def code_of(iso3: str) -> str:
    """The publisher's code of a country: ISO 3166-1 alpha-2, but EL and UK."""
    return PUBLISHERS_CODE.get(iso3, iso2_of(iso3))


@cache
def _positions(iso3: tuple[str, ...]) -> list[int]:
    listed = {code: place for place, code in enumerate(economies().codes)}
    return [listed[code] for code in iso3]


def _geo() -> list[str]:
    return [code_of(iso3) for iso3 in REPORTERS]


@cache
def _folds(by_citizenship: bool) -> tuple[tuple[str, ...], tuple[int, ...], int]:
    """Codes of origins, for each economy the position of its code, and the position that stands for unknown."""
    owner = [CITIZENSHIP_OF.get(code, code) if by_citizenship else code for code in economies().codes]
    listed = sorted({code_of(iso3) for iso3 in owner if iso3 != NO_CODE})
    unknown = len(listed)
    place = {code: i for i, code in enumerate(listed)}
    return tuple(listed), tuple(unknown if iso3 == NO_CODE else place[code_of(iso3)] for iso3 in owner), unknown


def _rng(world: SyntheticWorld, purpose: str) -> np.random.Generator:
    return np.random.default_rng([world.seed, zlib.crc32(f"eurostat {purpose}".encode())])


def _at_eleven(day: str) -> str:
    moment = datetime.datetime.combine(
        datetime.date.fromisoformat(day), datetime.time(11), tzinfo=ZoneInfo("Europe/Brussels")
    )
    return moment.strftime("%Y-%m-%dT%H:%M:%S%z")


# --- cubes ---------------------------------------------------------------------------------------------------


def _cube(
    shape: str,
    codes: Axes,
    values: Array,
    shown: NDArray[np.bool_],
    flags: Texts,
    hidden: NDArray[np.bool_] | None = None,
) -> pa.Table:
    """One row per shown cell.

    Args:
        shape: Columns before the value, in the table's order: ``name=code`` where all rows have one, else ``name=*``.
        codes: The codes of the latter, in the order of the axes of ``values``.
        values: Figures; a shown cell that is nan is a row without one.
        shown: Which cells have a row; this and the rest are broadcast to ``values``.
        flags: Flags, empty where there is none.
        hidden: Which figures are confidential: their rows have none, and say so.
    """
    place = np.nonzero(np.broadcast_to(shown, values.shape))
    n_rows = len(place[0])
    at = dict(zip(codes, place, strict=True))
    columns = {}
    for pair in shape.split():
        name, _, code = pair.partition("=")
        index, listed = (at[name], [str(each) for each in codes[name]]) if code == "*" else (np.zeros(n_rows), [code])
        columns[name] = pa.DictionaryArray.from_arrays(index.astype(np.int32), pa.array(listed)).cast(pa.string())
    is_hidden = np.broadcast_to(False if hidden is None else hidden, values.shape)[place]
    flag = np.broadcast_to(flags, values.shape)[place]
    return pa.table(
        {
            **columns,
            "OBS_VALUE": pa.array(np.where(is_hidden, np.nan, values[place]), pa.float64(), from_pandas=True),
            "OBS_FLAG": pa.array(flag, pa.string(), mask=flag == ""),
            "CONF_STATUS": pa.array(np.full(n_rows, "N"), pa.string(), mask=~is_hidden),
        }
    )


_ALL = np.ones(1, dtype=bool)


def _flags(world: SyntheticWorld, table: str, shape: tuple[int, int]) -> Texts:
    """Flags by reporter and year: provisional at the end, here and there a break or an estimate."""
    draw = _rng(world, f"flags {table}").random((3, *shape))
    is_newest = np.zeros(shape, dtype=bool)
    is_newest[:, -1] = True
    pieces = (
        np.where(draw[0] < 0.02, "b", ""),
        np.where(draw[1] < 0.06, "e", ""),
        np.where((draw[2] < 0.55) & is_newest, "p", ""),
    )
    flags: Texts = np.char.add(np.char.add(pieces[0], pieces[1]), pieces[2])
    return flags


def _reporting(world: SyntheticWorld, table: str, years: Integers, last_of_left: int) -> NDArray[np.bool_]:
    """Who reports which year, ``[reporter, year]``: a hole in most years, two reporters late with the newest one."""
    rng = _rng(world, f"holes {table}")
    reports = np.ones((len(REPORTERS), len(years)), dtype=bool)
    absent = rng.integers(0, len(MEMBERS), len(years))
    reports[absent, np.arange(len(years))] = rng.random(len(years)) < COMPLETE_YEARS
    reports[rng.choice(len(MEMBERS), 2, replace=False), -1] = False
    reports[REPORTERS.index(LEFT)] = years <= last_of_left
    return reports


def _revision(world: SyntheticWorld, table: str, years: Integers) -> Array:
    """Factors near 1 in the newest years of half of the reporters, ``[reporter, year]``; 1 in vintage 1."""
    factors = np.ones((len(REPORTERS), len(years)))
    for vintage in range(2, world.vintage + 1) if table in REVISED else ():
        rng = _rng(world, f"revision {vintage} {table}")
        is_revised = rng.random((len(REPORTERS), 1)) < 0.5
        factors[:, -REVISED_YEARS:] *= 1 + is_revised * rng.normal(0, 0.006, (len(REPORTERS), REVISED_YEARS))
    return factors


def _largest(counts: Array, codes: Sequence[str], how_many: int) -> NDArray[np.bool_]:
    """Origins shown, ``[origin, reporter]``: every reporting country, the largest others of each, and Namibia.

    Years that a later vintage may revise do not count, lest it show others.
    """
    of_reporters = np.isin(codes, _geo())
    size = np.where(of_reporters[:, None], -1, counts[..., :-REVISED_YEARS].sum(axis=-1))
    shown: NDArray[np.bool_] = np.argsort(np.argsort(-size, axis=0), axis=0) < how_many
    shown |= of_reporters[:, None] | _always_shown(codes)
    shown[[list(codes).index(code) for code in _geo()], np.arange(len(REPORTERS))] = False
    return shown


def _always_shown(codes: Sequence[str]) -> NDArray[np.bool_]:
    """Whether an origin is shown however few come from there, ``[origin, 1]``."""
    return np.array([[code == code_of(ALWAYS_SHOWN)] for code in codes])


def _summed(counts: Array, codes: Sequence[str], members: Sequence[str]) -> Array:
    """Sum over the origins that are members, without the reporter's own people: ``[reporter, year]``."""
    total: Array = counts[np.isin(codes, [code_of(iso3) for iso3 in members])].sum(axis=0)
    return total


# --- flows ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Counts:
    """Rounded persons: by partner ``[partner, reporter, year]``, and nationals and unknown ``[reporter, year]``."""

    codes: tuple[str, ...]
    by_partner: Array
    nationals: Array
    unknown: Array

    def groups(self, years: Integers) -> dict[str, Array]:
        """The publisher's groups of partners; nan where a group does not exist."""
        stateless = np.round(STATELESS_SHARE * self._outside(MEMBERS))
        outside = self._outside(MEMBERS) - stateless
        inside = _summed(self.by_partner, self.codes, MEMBERS)
        everyone = inside + outside + stateless
        had_28 = np.where(years < FIRST_YEAR_WITHOUT_LEFT, 1.0, np.nan)
        left = _summed(self.by_partner, self.codes, [LEFT])
        return {
            "TOTAL": everyone + self.nationals + self.unknown,
            "NAT": self.nationals,
            "FOR": inside + outside,
            "FOR_STLS": everyone,
            "STLS": stateless,
            "UNK": self.unknown,
            "EU27_2020_FOR": inside,
            "NEU27_2020_FOR": outside,
            "EU28_FOR": (inside + left) * had_28,
            "NEU28_FOR": (outside - left) * had_28,
        }

    def _outside(self, members: Sequence[str]) -> Array:
        outside: Array = self.by_partner.sum(axis=0) - _summed(self.by_partner, self.codes, members)
        return outside


def _counts(world: SyntheticWorld, persons: Array, own: Array, by_citizenship: bool) -> _Counts:
    """Round persons by origin ``[origin, reporter, year]`` and the reporter's own people ``[reporter, year]``."""
    codes, folds, unknown_place = _folds(by_citizenship)
    folded = np.zeros((unknown_place + 1, *persons.shape[1:]))
    np.add.at(folded, np.array(folds), persons)
    place_of_own = [codes.index(code) for code in _geo()]
    reporters = np.arange(len(REPORTERS))
    # Someone born in a territory of the reporter is its citizen.
    own = own + folded[place_of_own, reporters]
    folded[place_of_own, reporters] = 0
    unknown_share = _rng(world, "unknown").uniform(0, 0.015, (len(REPORTERS), 1))
    known = np.round(folded[:-1] * (1 - unknown_share))
    unknown = np.round((folded[:-1].sum(axis=0) + own) * unknown_share + folded[-1])
    return _Counts(codes, known, np.round(own * (1 - unknown_share)), unknown)


def _flow(simulation: Simulation, is_arrival: bool, by_citizenship: bool) -> tuple[Array, Array]:
    """True flows ``[partner, reporter, year]`` and those of the reporter's own people ``[reporter, year]``.

    By partner (residence before or after) own people stand with the country they come from or go to.
    """
    years, at = FLOW_YEARS - FIRST_YEAR, _positions(REPORTERS)
    departures, returns = simulation.departures[years], simulation.returns[years]
    to_reporter = (departures if is_arrival else returns)[:, :, at].transpose(1, 2, 0)
    # Reporter's people: they come back from where they lived, or leave to where they will.
    own = (returns if is_arrival else departures)[:, at, :].transpose(2, 1, 0)
    if by_citizenship:
        return to_reporter, own.sum(axis=0)
    return to_reporter + own, np.zeros(own.shape[1:])


def _flow_counts(world: SyntheticWorld, table: str, is_arrival: bool, by_citizenship: bool) -> _Counts:
    partners, own = _flow(world.simulation, is_arrival, by_citizenship)
    share = completeness(world)[0 if is_arrival else 1][:, None] * _revision(world, table, FLOW_YEARS)
    return _counts(world, partners * share, own * share, by_citizenship)


def _flows_by_citizenship(world: SyntheticWorld, table: str, is_arrival: bool) -> pa.Table:
    counts = _flow_counts(world, table, is_arrival, by_citizenship=True)
    reports = _reporting(world, table, FLOW_YEARS, LAST_FLOW_YEAR_OF_LEFT)
    flags = _flags(world, table, reports.shape)
    shape = "freq=A citizen=* agedef={} age=TOTAL unit=NR sex=T geo=* TIME_PERIOD=*"
    groups = counts.groups(FLOW_YEARS)
    stacked = np.stack(list(groups.values()))
    axes = _by_reporter("citizen", groups, FLOW_YEARS)
    by_group = [
        # Both definitions of age say the same of all ages together: unless one is chosen, these rows come twice.
        _cube(shape.format(agedef), axes, stacked, reports & ~np.isnan(stacked), flags)
        for agedef in ("COMPLET", "REACH")
    ]
    shape = shape.format("REACH")
    shown = _largest(counts.by_partner, counts.codes, LARGEST_ORIGINS)
    hidden = _rng(world, f"confidential {table}").random(counts.by_partner.shape) < CONFIDENTIAL_SHARE
    axes = _by_reporter("citizen", counts.codes, FLOW_YEARS)
    by_country = _cube(shape, axes, counts.by_partner, reports & shown[:, :, None], flags, hidden)
    # The publisher estimates those that do not report.
    of_union = np.stack([groups[name][: len(MEMBERS)].sum(axis=0, keepdims=True) for name in ("TOTAL", "NAT")])
    axes = {"citizen": ("TOTAL", "NAT"), "geo": ["EU27_2020"], "TIME_PERIOD": FLOW_YEARS}
    return pa.concat_tables([*by_group, by_country, _cube(shape, axes, of_union, _ALL, np.array("ep"))])


def _by_reporter(name: str, codes: Iterable[str], years: Integers) -> Axes:
    return {name: list(codes), "geo": _geo(), "TIME_PERIOD": years}


def _flows_by_partner(world: SyntheticWorld, table: str, is_arrival: bool) -> pa.Table:
    counts = _flow_counts(world, table, is_arrival, by_citizenship=False)
    reports = _reporting(world, table, FLOW_YEARS, LAST_FLOW_YEAR_OF_LEFT)
    knows_partner = reports.copy()
    for iso3, first in LATE_DEPARTURES_BY_PARTNER.items() if not is_arrival else ():
        knows_partner[REPORTERS.index(iso3)] &= first <= FLOW_YEARS
    flags = _flags(world, table, reports.shape)
    shape = "freq=A partner=* agedef=REACH age=TOTAL unit=NR sex=T geo=* TIME_PERIOD=*"
    groups = _places_only(counts.groups(FLOW_YEARS))
    shown = _largest(counts.by_partner, counts.codes, LARGEST_ORIGINS)
    return pa.concat_tables(
        [
            _cube(
                shape,
                _by_reporter("partner", groups, FLOW_YEARS),
                np.stack(list(groups.values())),
                np.stack([reports if name == "TOTAL" else knows_partner for name in groups]),
                flags,
            ),
            _cube(
                shape,
                _by_reporter("partner", counts.codes, FLOW_YEARS),
                counts.by_partner,
                knows_partner & shown[:, :, None],
                flags,
            ),
        ]
    )


def _places_only(groups: Mapping[str, Array]) -> dict[str, Array]:
    """The groups that speak of places; a place knows neither the stateless nor the union of 28."""
    inside, unknown, nationals = groups["EU27_2020_FOR"], groups["UNK"], groups["NAT"]
    return {
        "TOTAL": groups["TOTAL"],
        "NAT": nationals,
        "UNK": unknown,
        "FOR": groups["FOR_STLS"],
        "EU27_2020_FOR": inside,
        "NEU27_2020_FOR": groups["FOR_STLS"] - inside,
    }


# --- stocks --------------------------------------------------------------------------------------------------


def _stock_counts(world: SyntheticWorld, years: Integers, by_citizenship: bool) -> _Counts:
    """People living with each reporter on 1 January; by citizenship some of the foreign-born are nationals."""
    simulation, at = world.simulation, _positions(REPORTERS)
    born_abroad = simulation.abroad[years - FIRST_YEAR][:, :, at].transpose(1, 2, 0)
    everyone = simulation.population[at][:, years - FIRST_YEAR]
    if by_citizenship:
        naturalised = _rng(world, "naturalised").uniform(0.05, 0.35, (len(REPORTERS), 1))
        born_abroad = born_abroad * (1 - naturalised)
    return _counts(world, born_abroad, everyone - born_abroad.sum(axis=0), by_citizenship)


def _stock_by_citizenship(world: SyntheticWorld) -> pa.Table:
    table, years = "migr_pop1ctz", LONG_STOCK_YEARS
    groups = _stock_counts(world, years, by_citizenship=True).groups(years)
    reports = _reporting(world, table, years, LAST_STOCK_YEAR_OF_LEFT)
    shape = "freq=A citizen=* age=TOTAL unit=NR sex=T geo=* TIME_PERIOD=*"
    stacked = np.stack(list(groups.values()))
    shown, flags = reports & ~np.isnan(stacked), _flags(world, table, reports.shape)
    rows = _cube(shape, _by_reporter("citizen", groups, years), stacked, shown, flags)
    foreign = groups["FOR_STLS"][: len(MEMBERS)].sum(axis=0)[None, None]
    of_union: Axes = {"citizen": ["FOR_STLS"], "geo": ["EU27_2020"], "TIME_PERIOD": years}
    return pa.concat_tables([rows, _cube(shape, of_union, foreign, _ALL, np.array("e"))])


def _stock_by_birth(world: SyntheticWorld) -> pa.Table:
    table, years = "migr_pop3ctb", STOCK_YEARS
    counts = _stock_counts(world, years, by_citizenship=False)
    reports = _reporting(world, table, years, LAST_STOCK_YEAR_OF_LEFT)
    flags = _flags(world, table, reports.shape)
    shape = "freq=A c_birth=* age=TOTAL unit=NR sex=T geo=* TIME_PERIOD=*"
    groups = _places_only(counts.groups(years))
    shown = reports & _largest(counts.by_partner, counts.codes, LARGEST_ORIGINS)[:, :, None]
    by_group = _cube(shape, _by_reporter("c_birth", groups, years), np.stack(list(groups.values())), reports, flags)
    by_country = _cube(shape, _by_reporter("c_birth", counts.codes, years), counts.by_partner, shown, flags)
    return pa.concat_tables([by_group, by_country])


def _population(world: SyntheticWorld) -> pa.Table:
    """By sex, for all ages and the newborn; women are half of the people, give or take two in a hundred."""
    table, years = "demo_pjan", POPULATION_YEARS
    simulation, at = world.simulation, _positions(REPORTERS)
    everyone = simulation.population[at][:, years - FIRST_YEAR] * _revision(world, table, years)
    newborn = simulation.births[at][:, years - 1 - FIRST_YEAR] * 0.995
    share_of_women = _rng(world, "women").uniform(0.49, 0.525, (len(REPORTERS), 1))
    total = np.round(np.stack([everyone, newborn]))
    women = np.round(np.stack([everyone * share_of_women, newborn * 0.488]))
    by_sex = np.stack([women, total - women, total], axis=1)
    reports = np.ones(everyone.shape, dtype=bool)
    reports[REPORTERS.index(LEFT)] = years <= LAST_STOCK_YEAR_OF_LEFT
    groups = {"EU27_2020": MEMBERS, "EA20": EURO_AREA}
    sums = [by_sex[:, :, [REPORTERS.index(iso3) for iso3 in members]].sum(axis=2) for members in groups.values()]
    every_year = np.ones((len(groups), len(years)), dtype=bool)
    axes: Axes = {"age": ["TOTAL", "Y_LT1"], "sex": ["F", "M", "T"], "geo": [*_geo(), *groups], "TIME_PERIOD": years}
    return _cube(
        "freq=A unit=NR age=* sex=* geo=* TIME_PERIOD=*",
        axes,
        np.concatenate([by_sex, np.stack(sums, axis=2)], axis=2),
        np.concatenate([reports, every_year]),
        np.concatenate([_flags(world, table, everyone.shape), np.where(every_year, "e", "")]),
    )


# --- permits and students ------------------------------------------------------------------------------------


def _permits(world: SyntheticWorld) -> pa.Table:
    """Arrivals of people from outside the union and EFTA, somewhat more than one permit each, by reason."""
    table, years = "migr_resfirst", FLOW_YEARS
    codes, folds, unknown_place = _folds(True)
    arrivals, _ = _flow(world.simulation, is_arrival=True, by_citizenship=True)
    folded = np.zeros((unknown_place + 1, *arrivals.shape[1:]))
    np.add.at(folded, np.array(folds), arrivals)
    folded = folded[:-1]
    folded[np.isin(codes, _geo())] = 0
    rng = _rng(world, table)
    shares = rng.dirichlet((2, 5, 5, 2), folded.shape[:2]).transpose(2, 0, 1)[..., None]
    permits = np.round(PERMITS_PER_ARRIVAL * folded * shares * _revision(world, table, years))
    permits = np.concatenate([permits, permits.sum(axis=0, keepdims=True)])
    reports = _reporting(world, table, years, LAST_FLOW_YEAR_OF_LEFT)
    draw = rng.random(reports.shape)
    flags = np.where(draw < 0.015, "d", np.where(draw > 0.99, "b", ""))
    shape = "freq=A reason=* citizen=* duration=TOTAL unit=PER geo=* TIME_PERIOD=*"
    size = permits[-1, ..., :-REVISED_YEARS].sum(axis=-1)
    shown = (np.argsort(np.argsort(-size, axis=0), axis=0) < LARGEST_PERMIT_ORIGINS) | _always_shown(codes)
    everyone = permits.sum(axis=1, keepdims=True)
    of_union = everyone[:, :, : len(MEMBERS)].sum(axis=2, keepdims=True)

    def axes(citizens: Sequence[str], geo: Sequence[str]) -> Axes:
        return {"reason": REASONS, "citizen": citizens, "geo": geo, "TIME_PERIOD": years}

    return pa.concat_tables(
        [
            _cube(shape, axes(codes, _geo()), permits, reports & shown[:, :, None], flags),
            _cube(shape, axes(["TOTAL"], _geo()), everyone, reports, flags),
            _cube(shape, axes(["TOTAL"], ["EU27_2020"]), of_union, _ALL, np.array("")),
        ]
    )


def _stock(simulation: Simulation, year: int) -> Array:
    """Highly educated people abroad in a year, ``[origin, residence]``, between the two nearest known years."""
    known = [each for each in SNAPSHOT_YEARS if each <= year]
    before, after = known[-1], next((each for each in SNAPSHOT_YEARS if each > year), known[-1])
    weight = (year - before) / (after - before) if after > before else 0.0
    low, high = (simulation.stocks[each][2].sum(axis=0) for each in (before, after))
    stock: Array = low + weight * (high - low)
    return stock


def _students(world: SyntheticWorld) -> pa.Table:
    """Students abroad, by origin, live where the highly educated of their origin live."""
    table, years, simulation = "educ_uoe_mobs02", STUDENT_YEARS, world.simulation
    stocks = np.stack([_stock(simulation, int(year)) for year in years], axis=-1)
    shares = stocks / np.maximum(stocks.sum(axis=1, keepdims=True), 1e-9)
    persons = simulation.students_abroad[:, None, years - FIRST_YEAR] * shares[:, _positions(REPORTERS)]
    counts = _counts(world, persons, np.zeros(persons.shape[1:]), by_citizenship=False)
    total = counts.by_partner.sum(axis=0) + counts.unknown
    reports = _reporting(world, table, years, STOPPED_STUDENTS[LEFT])
    for iso3, last in STOPPED_STUDENTS.items():
        reports[REPORTERS.index(iso3)] &= years <= last
    draw = _rng(world, table)
    flags = np.where(draw.random(reports.shape) < 0.08, "d", "")
    shown = reports & _largest(counts.by_partner, counts.codes, LARGEST_STUDENT_ORIGINS)[:, :, None]
    shape = "freq=A unit=NR partner=* sex=T isced11=ED5-8 geo=* TIME_PERIOD=*"
    by_country = _cube(shape, _by_reporter("partner", counts.codes, years), counts.by_partner, shown, flags)
    unknown = _cube(shape, _by_reporter("partner", ["UNK"], years), counts.unknown[None], reports, flags)
    levels = np.cumsum(draw.dirichlet((1, 9, 8, 3), len(REPORTERS)), axis=1).T
    by_level = np.concatenate([np.diff(np.round(total * levels[..., None]), axis=0, prepend=0), total[None]])
    women = np.round(by_level * draw.uniform(0.45, 0.55, (len(REPORTERS), 1)))
    of_all = _cube(
        "freq=A unit=NR partner=TOTAL sex=* isced11=* geo=* TIME_PERIOD=*",
        {"sex": ["F", "M", "T"], "isced11": LEVELS, "geo": _geo(), "TIME_PERIOD": years},
        np.stack([women, by_level - women, by_level]),
        reports,
        flags,
    )
    return pa.concat_tables([by_country, unknown, of_all])


# --- surveys -------------------------------------------------------------------------------------------------


def _overqualified(world: SyntheticWorld, table: str, dimension: str) -> pa.Table:
    """Rates by group, of all and of each sex; the union's are means over its people."""
    years = SURVEY_YEARS
    rates, people = _overqualified_by_group(world, table)
    rates, people = _with_sums(rates, people)
    is_small, is_unreliable = people < SMALLEST_SAMPLE * world.scale, people < RELIABLE_SAMPLE * world.scale
    is_break = years == 2021
    flags = np.char.add(np.where(is_break, "b", ""), np.where(is_unreliable, "u", ""))
    values: Array = np.where(is_small, np.nan, np.round(rates, 1))
    reports = _reporting(world, table, years, LAST_STOCK_YEAR_OF_LEFT)
    axes = _by_reporter(dimension, OVERQUALIFICATION_GROUPS, years)
    shape = f"freq=A {dimension}=* age=Y20-64 sex={{}} unit=PC geo=* TIME_PERIOD=*"
    by_sex = []
    for sex, shift in (("F", 1.5), ("M", -1.3), ("T", 0.0)):
        shifted: Array = np.round((values + shift).clip(0, 100), 1)
        by_sex.append(_cube(shape.format(sex), axes, shifted, reports, flags))
    members = slice(len(MEMBERS))
    mean: Array = np.average(rates[:, members], axis=1, weights=people[:, members])
    # The newest year stands there before it has a figure.
    union: Array = np.pad(np.round(mean, 1), ((0, 0), (0, 1)), constant_values=np.nan)[:, None]
    of_union = {dimension: OVERQUALIFICATION_GROUPS, "geo": ["EU27_2020"], "TIME_PERIOD": [*years, years[-1] + 1]}
    union_flags = np.where(np.append(is_break, False), "b", "")
    return pa.concat_tables([*by_sex, _cube(shape.format("T"), of_union, union, _ALL, union_flags)])


def _overqualified_by_group(world: SyntheticWorld, table: str) -> tuple[Array, Array]:
    """Rates (percent) and highly educated people of nationals, people of the union and others.

    ``[group, reporter, year]``. People of the union have half of the disadvantage of all the foreign-born.
    """
    simulation, years, at = world.simulation, SURVEY_YEARS, _positions(REPORTERS)
    rates, people = np.zeros((2, 3, len(REPORTERS), len(years)))
    for t, year in enumerate(years.tolist()):
        natives, foreign = (share[at] for share in overqualification(simulation, year))
        tertiary = _stock(simulation, year)[:, at]
        everyone, union = tertiary.sum(axis=0), tertiary[_positions(MEMBERS)].sum(axis=0)
        people[:, :, t] = simulation.residents[2, at, year - FIRST_YEAR] - everyone, union, everyone - union
        of_union = natives + 0.5 * (foreign - natives)
        share = union / np.maximum(everyone, 1e-9)
        of_others = np.clip((foreign - share * of_union) / np.maximum(1 - share, 0.05), of_union, 0.95)
        rates[:, :, t] = natives, of_union, of_others
    rates = 100 * rates + _rng(world, "survey").normal(0, 0.5, rates.shape)
    # A revision of half a percent of a count is one of 0.1 points of a rate.
    return np.clip(rates + 20 * (_revision(world, table, years) - 1), 0.1, 99), people


def _with_sums(rates: Array, people: Array) -> tuple[Array, Array]:
    """The groups of ``OVERQUALIFICATION_GROUPS``: foreigners and all are means over their people.

    Hardly anybody gives no answer: too few for a rate.
    """
    weights = np.maximum(people, 1e-9)
    foreign, everyone = (np.average(rates[i:], axis=0, weights=weights[i:]) for i in (1, 0))
    silent = np.ones_like(foreign)
    all_rates = np.stack([*rates, foreign, everyone, 25 * silent])
    return all_rates, np.stack([*people, people[1:].sum(axis=0), people.sum(axis=0), silent])


def adults(simulation: Simulation, year: int) -> Array:
    """People of fifteen and more by education, ``[education, economy]``: without the births of fifteen years."""
    t = year - FIRST_YEAR
    people = simulation.residents[:, :, t].copy()
    children = simulation.births[:, t - CHILDHOOD : t].sum(axis=1) * 0.97
    people[0] = np.maximum(people[0] - children, 0.05 * people.sum(axis=0))
    return people


def _attained(simulation: Simulation) -> Array:
    """Shares (percent) of adults by education, ``[education, reporter, year]``."""
    people = np.stack([adults(simulation, int(year)) for year in SURVEY_YEARS], axis=-1)[:, _positions(REPORTERS)]
    shares: Array = 100 * people / people.sum(axis=0)
    return shares


def _shifted(shares: Array, factor: Array | float) -> Array:
    """Shares by education when the odds of the highest are multiplied; rounded, and together a hundred."""
    low, middle, high = shares
    odds = high / np.maximum(100 - high, 1e-9) * factor
    tertiary = np.round(100 * odds / (1 + odds), 1)
    secondary = np.round((100 - tertiary) * middle / np.maximum(low + middle, 1e-9), 1)
    return np.stack([np.round(100 - tertiary - secondary, 1), secondary, tertiary])


def _attainment(world: SyntheticWorld) -> pa.Table:
    """Shares by education, for three age groups and both sexes; more of the young and of the women study."""
    table, years = "edat_lfse_03", SURVEY_YEARS
    shares = _attained(world.simulation)
    ages = {"Y25-34": 1.5, "Y25-64": 1.0, "Y30-34": 1.4}
    rates = np.array([[_shifted(shares, of_age * of_sex) for of_age in ages.values()] for of_sex in ODDS.values()])
    reports = _reporting(world, table, years, LAST_STOCK_YEAR_OF_LEFT)
    return _cube(
        "freq=A sex=* age=* unit=PC isced11=* geo=* TIME_PERIOD=*",
        {"sex": list(ODDS), "age": list(ages), "isced11": ATTAINMENT, "geo": _geo(), "TIME_PERIOD": years},
        rates,
        reports,
        np.where(_rng(world, table).random(reports.shape) < 0.05, "b", ""),
    )


def _attainment_by_region(world: SyntheticWorld) -> pa.Table:
    """A few regions around the figure of their country."""
    table, years = "edat_lfse_04", SURVEY_YEARS
    geo = [code for country, regions in REGIONS.items() for code in (country, *regions.split())]
    is_region = np.array([len(code) > 2 for code in geo])[:, None]
    rng = _rng(world, table)
    factor = np.where(is_region, rng.lognormal(0, 0.25, (len(geo), 1)), 1.0)
    of_country = _attained(world.simulation)[:, [_geo().index(code[:2]) for code in geo]]
    draw = rng.random((2, len(geo), len(years)))
    return _cube(
        "freq=A sex=* isced11=* age=Y25-64 unit=PC geo=* TIME_PERIOD=*",
        {"sex": list(ODDS), "isced11": ATTAINMENT, "geo": geo, "TIME_PERIOD": years},
        np.array([_shifted(of_country, of_sex * factor) for of_sex in ODDS.values()]),
        ~(is_region & (draw[0] < 0.03)),
        np.where(is_region & (draw[1] < 0.03), "u", ""),
    )


_MAKERS: dict[str, Callable[[SyntheticWorld], pa.Table]] = {
    "lfsa_eoqgan": lambda world: _overqualified(world, "lfsa_eoqgan", "citizen"),
    "lfsa_eoqgac": lambda world: _overqualified(world, "lfsa_eoqgac", "c_birth"),
    "migr_imm1ctz": lambda world: _flows_by_citizenship(world, "migr_imm1ctz", is_arrival=True),
    "migr_emi1ctz": lambda world: _flows_by_citizenship(world, "migr_emi1ctz", is_arrival=False),
    "migr_imm5prv": lambda world: _flows_by_partner(world, "migr_imm5prv", is_arrival=True),
    "migr_emi3nxt": lambda world: _flows_by_partner(world, "migr_emi3nxt", is_arrival=False),
    "migr_pop1ctz": _stock_by_citizenship,
    "migr_pop3ctb": _stock_by_birth,
    "migr_resfirst": _permits,
    "educ_uoe_mobs02": _students,
    "edat_lfse_03": _attainment,
    "edat_lfse_04": _attainment_by_region,
    "demo_pjan": _population,
}

# --- names of codes ------------------------------------------------------------------------------------------

NAMES = {
    "freq": {"A": "Annual"},
    "agedef": {"COMPLET": "Age in completed years", "REACH": "Age reached during the year"},
    "age": {
        "TOTAL": "Total",
        "Y_LT1": "Less than 1 year",
        "Y20-64": "From 20 to 64 years",
        "Y25-34": "From 25 to 34 years",
        "Y25-64": "From 25 to 64 years",
        "Y30-34": "From 30 to 34 years",
    },
    "unit": {"NR": "Number", "PC": "Percentage", "PER": "Person"},
    "sex": {"F": "Females", "M": "Males", "T": "Total"},
    "duration": {"TOTAL": "Total"},
    "reason": {
        "EDUC": "Education reasons",
        "EMP": "Employment reasons",
        "FAM": "Family reasons",
        "OTH": "Other reasons",
        "TOTAL": "Total",
    },
    "isced11": {
        "ED0-2": "Less than primary, primary and lower secondary education (levels 0-2)",
        "ED3_4": "Upper secondary and post-secondary non-tertiary education (levels 3 and 4)",
        "ED5": "Short-cycle tertiary education",
        "ED6": "Bachelor's or equivalent level",
        "ED7": "Master's or equivalent level",
        "ED8": "Doctoral or equivalent level",
        "ED5-8": "Tertiary education (levels 5-8)",
    },
    "OBS_FLAG": {
        "b": "break in time series",
        "d": "definition differs (see metadata)",
        "e": "estimated",
        "p": "provisional",
        "u": "low reliability",
    },
    "CONF_STATUS": {"N": "not for publication"},
}
GROUPS_OF_PLACES = {
    "TOTAL": "Total",
    "NAT": "Reporting country",
    "FOR": "Foreign country",
    "FOR_STLS": "Foreign country and stateless",
    "STLS": "Stateless",
    "UNK": "Unknown",
    "NRP": "No response",
    "EU27_2020": "European Union - 27 countries (from 2020)",
    "EA20": "Euro area - 20 countries (2023-2025)",
    "EU27_2020_FOR": "EU27 countries (from 2020) except reporting country",
    "NEU27_2020_FOR": "Non-EU27 countries (from 2020) nor reporting country",
    "EU28_FOR": "EU28 countries (2013-2020) except reporting country",
    "NEU28_FOR": "Non-EU28 countries (2013-2020) nor reporting country",
}
PLACES = ("geo", "citizen", "c_birth", "partner")


def _labels(rows: pa.Table, key: Sequence[str]) -> dict[str, dict[str, str]]:
    labels = {}
    for column in (*key, "OBS_FLAG", "CONF_STATUS"):
        codes = sorted(code for code in rows[column].unique().to_pylist() if code is not None)
        named = _place_names() if column in PLACES else NAMES.get(column, {})
        labels[column] = {code: _name(named, code, column) for code in codes}
    return labels


def _name(named: Mapping[str, str], code: str, column: str) -> str:
    if code in named or column != "OBS_FLAG":
        return named.get(code, code)
    return ", ".join(named[letter] for letter in code)


@cache
def _place_names() -> dict[str, str]:
    from babel import Locale

    territories = Locale("en").territories
    names = {code_of(iso3): str(territories[iso2_of(iso3)]) for iso3 in economies().codes if iso3 != NO_CODE}
    return names | GROUPS_OF_PLACES
