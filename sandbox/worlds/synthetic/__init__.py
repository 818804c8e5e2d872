"""The synthetic world: what a publisher would show of the simulation, with its rounding, holes, lags and releases.

Every figure is SYNTHETIC; codes, names and memberships are real. The world is wholly determined by seed, scale and
vintage. ``scale`` multiplies persons (and what is summed over persons: dollars of remittances, patents); the dense
tables keep their 265 places by 66 years, so more rows come from more indicators, not from scale. Bounds in persons do
not grow with it: from scale 4 on the net migration of the largest regions passes the 30 million of the catalog.

Vintage 1 is the release of 24 February 2026; each later vintage comes 139 days after the one before. From vintage 2
on the indicators of ``NEW_YEAR_IN_LATER_VINTAGES`` have figures for 2025, and those of ``REVISED_IN_LATER_VINTAGES``
are revised in their newest years; every other figure stays the same. As the publisher does, a release dates every
indicator of source 2 anew; sources 3, 12 and 57 do not change.

The archive (source 57) keeps retired indicators in old editions only: SM.EMI.TERT.ZS last in 201312, the two of
refugees last in 202304. Newer editions answer with nulls only, the newest with no rows at all.
Editions up to 201312 spell some codes the old way (ROM, ZAR, TMP, ADO, IMY, KSV, WBG).
"""

from __future__ import annotations

import datetime
import threading
import zlib
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from sandbox.errors import SandboxError
from sandbox.worlds import Edition, Entry, File, Place, Series, Status, Table, in_wire_order
from sandbox.worlds.synthetic.economies import (
    AGGREGATES,
    DEMOGRAPHIC_DIVIDENDS,
    ELIGIBLE_TO_BORROW,
    EXCLUDING_HIGH_INCOME,
    GROUPS,
    INCOME_GROUPS,
    LENDING_TYPES,
    REGIONS,
    TINY_ECONOMIES,
    economies,
    places,
)
from sandbox.worlds.synthetic.indicators import (
    NEW_YEAR_IN_LATER_VINTAGES,
    RETIRED,
    REVISED_IN_LATER_VINTAGES,
    SERVED,
    Indicator,
    Measure,
    sum_over_members,
)
from sandbox.worlds.synthetic.simulation import FIRST_YEAR, LAST_YEAR, YEARS, Array, Simulation, simulate

FIRST_RELEASE = datetime.date(2026, 2, 24)
DAYS_BETWEEN_RELEASES = 139
FIXED_DATES = {"3": "2025-09-26", "12": "2025-10-15", "57": "2026-02-02"}
SOURCES = {
    "2": ("World Development Indicators", "WDI"),
    "3": ("Worldwide Governance Indicators", "WGI"),
    "12": ("Education Statistics", "EDS"),
    "57": ("WDI Database Archives", "WDA"),
}
EDITIONS = (
    Edition("200904", "2009 Apr"),
    Edition("201312", "2013 Dec"),
    Edition("201807", "2018 Jul"),
    Edition("202304", "2023 Apr"),
    Edition("202407", "2024 Jul"),
    Edition("202510", "2025 Oct"),
    Edition("202602", "2026 Feb"),
)
LAST_EDITION_WITH_FIGURES = {"SM.EMI.TERT.ZS": "201312", "SM.POP.REFG": "202304", "SM.POP.REFG.OR": "202304"}
LAST_EDITION_WITH_ROWS = "202407"
LAST_EDITION_WITH_OLD_CODES = "201312"
OLD_CODE = {"AND": "ADO", "IMN": "IMY", "XKX": "KSV", "ROU": "ROM", "TLS": "TMP", "PSE": "WBG", "COD": "ZAR"}
INCOME_BOUNDS = {"LIC": 1145.0, "LMC": 4515.0, "UMC": 14005.0}
"""US$ per head below which an economy falls into the group."""
REVISED_YEARS = 3
# Modules of this package with ``table(world, name)`` and with ``file(world, address)``.
TABLES: tuple[str, ...] = ("eurostat", "ilo", "knomad", "oecd", "uis", "unhcr")
FILES: tuple[str, ...] = ("academic", "frozen_files", "lehd", "oecd_dioc", "un_desa")
NOTE = "SYNTHETIC figures of the sandbox; not a statistic of any country."


@dataclass(frozen=True)
class Truth:
    """An indicator at full precision, before rounding and holes: ``[place, year]``, nan where nothing can be known."""

    indicator: Indicator
    values: Array


class SyntheticWorld:
    """A seeded world; the simulation runs when the first figure is asked for (about half a second)."""

    figures = "synthetic"

    def __init__(self, seed: int = 1, scale: float = 1, vintage: int = 1) -> None:
        if vintage < 1 or scale <= 0 or seed < 0:
            where = f"synthetic world, seed {seed}, scale {scale}, vintage {vintage}"
            raise SandboxError("one of these is out of range", where, "take seed >= 0, scale > 0 and vintage >= 1")
        self.seed, self.scale, self.vintage = seed, scale, vintage
        self._lock = threading.RLock()
        self._kept_truth = cache(self._truth)
        self._kept_series = cache(self._series)
        self._kept_table = cache(self._table)
        self._kept_file = cache(self._file)

    @cached_property
    def simulation(self) -> Simulation:
        """What is behind all figures."""
        return simulate(self.seed, self.scale)

    @property
    def release_date(self) -> str:
        """ISO date of the release of source 2."""
        return (FIRST_RELEASE + datetime.timedelta(days=DAYS_BETWEEN_RELEASES * (self.vintage - 1))).isoformat()

    # --- the protocol of a world -------------------------------------------------------------------------

    def table(self, name: str) -> Table | None:
        """A table of the module that is named for its publisher; made once."""
        with self._lock:
            return self._kept_table(name)

    def file(self, address: str) -> File | None:
        """A file of whichever module offers one there; made once."""
        with self._lock:
            return self._kept_file(address)

    def _table(self, name: str) -> Table | None:
        module, _, wanted = name.partition("/")
        made: Table | None = import_module(f"{__name__}.{module}").table(self, wanted) if module in TABLES else None
        return made

    def _file(self, address: str) -> File | None:
        for module in FILES:
            made: File | None = import_module(f"{__name__}.{module}").file(self, address)
            if made is not None:
                return made
        return None

    def listing(self, name: str) -> list[Entry] | None:
        """The lists of the publisher; ``topic`` has no entries that anything refers to, so it is not there."""
        with self._lock:
            return {
                "country": lambda: self._country_entries,
                "indicator": self._indicator_entries,
                "source": self._source_entries,
                "region": lambda: [_group_entry(code, *pair) for code, pair in REGIONS.items()],
                "incomeLevel": lambda: [_value_entry(code, *pair) for code, pair in INCOME_GROUPS.items()],
                "lendingType": lambda: [_value_entry(code, *pair) for code, pair in LENDING_TYPES.items()],
            }.get(name, lambda: None)()

    def status(self, indicator_id: str) -> Status:
        """Served, retired, or never heard of."""
        if indicator_id in _BY_ID:
            return "retired" if _BY_ID[indicator_id].source_id == "57" else "served"
        return "unknown"

    def series(self, indicator_id: str) -> Series:
        """The indicator in this vintage."""
        with self._lock:
            return self._kept_series(indicator_id)

    def editions(self) -> tuple[Edition, ...]:
        """The same in every vintage."""
        return EDITIONS

    def is_archived(self, series_id: str) -> bool:
        """The archive holds the retired ones."""
        return series_id in LAST_EDITION_WITH_FIGURES

    def archived_series(self, series_id: str, edition_id: str) -> Series | None:
        """Figures up to the last edition that has them, nulls up to the next limit, then nothing."""
        if series_id not in LAST_EDITION_WITH_FIGURES or edition_id > LAST_EDITION_WITH_ROWS:
            return None
        series = self.series(series_id)
        newest = min(int(edition_id[:4]), LAST_YEAR)
        kept = [i for i, year in enumerate(series.years) if int(year) <= newest]
        has_figures = edition_id <= LAST_EDITION_WITH_FIGURES[series_id]
        cells = (tuple(row[i] if has_figures else "null" for i in kept) for row in series.cells)
        listed = series.places
        if edition_id <= LAST_EDITION_WITH_OLD_CODES:
            listed = tuple(replace(place, code=OLD_CODE.get(place.code, place.code)) for place in listed)
        years = tuple(series.years[i] for i in kept)
        return replace(series, places=listed, years=years, cells=tuple(cells))

    # --- figures -----------------------------------------------------------------------------------------

    def truth(self, indicator_id: str) -> Truth:
        """The indicator before rounding and holes, for all places (economies, then aggregates)."""
        with self._lock:
            return self._kept_truth(indicator_id)

    @cached_property
    def _members(self) -> Array:
        """``[aggregate, economy]`` of zeros and ones."""
        listed = economies()
        matrix = np.zeros((len(AGGREGATES), len(listed.codes)))
        for row, code in enumerate(AGGREGATES):
            matrix[row, self._members_of(code)] = 1
        return matrix

    def _members_of(self, code: str) -> list[int]:
        listed, every = economies(), range(len(economies().codes))
        income, lending = self._income_groups, self._lending_types
        if code in GROUPS:
            return listed.positions(GROUPS[code])
        if code in REGIONS:
            return [i for i in every if listed.regions[i] == code]
        if code in EXCLUDING_HIGH_INCOME:
            return [i for i in every if listed.regions[i] == EXCLUDING_HIGH_INCOME[code] and income[i] != "HIC"]
        if code in ELIGIBLE_TO_BORROW:
            return [i for i in every if listed.regions[i] == ELIGIBLE_TO_BORROW[code] and lending[i] != "LNX"]
        if code in DEMOGRAPHIC_DIVIDENDS:
            return [i for i in every if self._dividends[i] == code]
        incomes = {"LMY": ("LIC", "LMC", "UMC"), "MIC": ("LMC", "UMC")}.get(code, (code,))
        lendings = {"IDA": ("IDX", "IDB"), "IBT": ("IBD", "IDX", "IDB")}.get(code, (code,))
        return [i for i in every if code == "WLD" or income[i] in incomes or lending[i] in lendings]

    @cached_property
    def _income_groups(self) -> list[str]:
        """By the income of 2024, the same in every vintage."""
        income = self.simulation.income_current[:, 2024 - FIRST_YEAR]
        bounds = np.array(list(INCOME_BOUNDS.values()))
        return [(*INCOME_BOUNDS, "HIC")[i] for i in np.searchsorted(bounds, income, side="right")]

    @cached_property
    def _lending_types(self) -> list[str]:
        draw = np.random.default_rng([self.seed, 6]).random(len(self._income_groups))
        of_lower_middle = np.where(draw < 0.35, "IDX", np.where(draw < 0.5, "IDB", "IBD"))
        fixed = {"LIC": "IDX", "UMC": "IBD", "HIC": "LNX"}
        return [fixed.get(group, str(of_lower_middle[i])) for i, group in enumerate(self._income_groups)]

    @cached_property
    def _dividends(self) -> list[str]:
        """Quarters of the economies by natural increase, the fastest first."""
        world, year = self.simulation, 2015 - FIRST_YEAR
        increase = (world.births - world.deaths)[:, year] / world.population[:, year]
        rank = np.argsort(np.argsort(-increase))
        return [DEMOGRAPHIC_DIVIDENDS[min(4 * position // len(rank), 3)] for position in rank]

    def _rng(self, purpose: str, indicator_id: str) -> np.random.Generator:
        """Numbers of their own for every purpose, so that a new indicator moves no other."""
        return np.random.default_rng([self.seed, zlib.crc32(f"{purpose} {indicator_id}".encode())])

    def _measure(self, indicator: Indicator) -> Measure:
        measure = indicator.measure(self.simulation, self._rng("figures", indicator.id))
        for vintage in range(2, self.vintage + 1):
            if indicator.id in REVISED_IN_LATER_VINTAGES:
                measure = replace(measure, numerator=measure.numerator * self._revision(indicator, vintage))
        return measure

    def _revision(self, indicator: Indicator, vintage: int) -> Array:
        """Factors near 1 in the newest years, for about half of the economies; exactly 1 everywhere else."""
        rng = self._rng(f"revision {vintage}", indicator.id)
        factors = np.ones_like(self.simulation.population)
        newest = slice(indicator.last_year - REVISED_YEARS + 1 - FIRST_YEAR, None)
        shape = factors[:, newest].shape
        is_revised = rng.random((shape[0], 1)) < 0.5
        factors[:, newest] *= 1 + is_revised * rng.normal(0, 0.01, shape)
        return factors

    def _truth(self, indicator_id: str) -> Truth:
        indicator = _BY_ID[indicator_id]
        measure = self._measure(indicator)
        groups = measure.of_groups(self._members)
        if not indicator.has_aggregates:
            groups = np.full_like(groups, np.nan)
        groups[self._members.sum(axis=1) == 0] = np.nan  # Not classified (INX) has no members
        return Truth(indicator, np.concatenate([measure.values(), groups]))

    def _is_published(self, indicator: Indicator) -> NDArray[np.bool_]:
        """Which figures are out, ``[place, year]``: an aggregate needs half of its members' people."""
        last = indicator.last_year
        if self.vintage > 1 and indicator.id in NEW_YEAR_IN_LATER_VINTAGES:
            last = max(last, LAST_YEAR)
        in_time = (indicator.first_year <= YEARS) & (last >= YEARS)
        if indicator.years is not None:
            in_time &= np.isin(YEARS, indicator.years)
        of_economies = self._reports(indicator, last) & in_time
        people = self.simulation.population
        reporting = sum_over_members(self._members, people * of_economies)
        share = reporting / np.maximum(sum_over_members(self._members, people), 1)
        return np.concatenate([of_economies, (share >= 0.5) & in_time])

    def _reports(self, indicator: Indicator, last: int) -> NDArray[np.bool_]:
        """Which economies have figures in which years; the poorer, the later, rarer and more seldom.

        Every random number is drawn for all years at once, so that one more year changes no hole of the past.
        """
        rng = self._rng("holes", indicator.id)
        poverty = 1 - self.simulation.development[:, 2000 - FIRST_YEAR][:, None]
        n, years = self.simulation.population.shape
        tiny = np.isin(np.arange(n), economies().positions(TINY_ECONOMIES))[:, None]
        draw_never, draw_start, draw_gap, draw_lag = (rng.random((n, size)) for size in (1, 1, years, 1))
        if indicator.coverage == "full":
            return np.ones((n, years), dtype=bool)
        if indicator.coverage == "modelled":
            return np.broadcast_to(draw_never >= 0.15 * tiny, (n, years))
        is_survey = indicator.coverage == "survey"
        never = 0.3 * poverty + 0.35 * tiny if is_survey else 0.06 * poverty + 0.2 * tiny
        start = indicator.first_year + (draw_start * 30 * poverty).astype(int)
        lag = (draw_lag * (1 + 3 * poverty)).astype(int)
        gap = draw_gap < (0.15 + 0.7 * poverty if is_survey else 0.02 + 0.2 * poverty)
        reports: NDArray[np.bool_] = (draw_never >= never) & (start <= YEARS) & (last - lag >= YEARS) & ~gap
        return reports

    def _series(self, indicator_id: str) -> Series:
        truth = self.truth(indicator_id)
        indicator = truth.indicator
        published = np.where(self._is_published(indicator), truth.values, np.nan)
        if indicator.round_to is not None:
            published = np.round(published, indicator.round_to) + 0.0  # adding zero turns -0 into 0
        shown_years = (
            YEARS[::-1] if indicator.source_id != "3" else np.array(sorted(indicator.years or (), reverse=True))
        )
        columns = shown_years - FIRST_YEAR
        listed = places() if indicator.has_aggregates else places()[: len(economies().codes)]
        order = in_wire_order(listed)
        return Series(
            indicator_id=indicator.id,
            indicator_name=indicator.name,
            source_id=indicator.source_id,
            last_updated=FIXED_DATES.get(indicator.source_id, self.release_date),
            decimals=indicator.decimals,
            places=tuple(listed[i] for i in order),
            years=tuple(str(year) for year in shown_years),
            cells=tuple(_cells(row) for row in published[order][:, columns].tolist()),
        )

    # --- lists -------------------------------------------------------------------------------------------

    @cached_property
    def _country_entries(self) -> list[Entry]:
        n = len(economies().codes)
        entries = [self._economy_entry(i, place) for i, place in enumerate(places()[:n])]
        entries += [_aggregate_entry(place) for place in places()[n:]]
        return sorted(entries, key=lambda entry: str(entry["id"]))

    def _economy_entry(self, position: int, place: Place) -> Entry:
        income, lending = self._income_groups[position], self._lending_types[position]
        region = economies().regions[position]
        is_rich = income == "HIC"
        return {
            "id": place.code,
            "iso2Code": place.iso2,
            "name": place.name,
            "region": _value_entry(region, *REGIONS[region]),
            "adminregion": _value_entry("", "", "") if is_rich else _value_entry(region, *REGIONS[region]),
            "incomeLevel": _value_entry(income, *INCOME_GROUPS[income]),
            "lendingType": _value_entry(lending, *LENDING_TYPES[lending]),
            "capitalCity": "",
            "longitude": "",
            "latitude": "",
        }

    def _source_entries(self) -> list[Entry]:
        return [
            {
                "id": number,
                "lastupdated": FIXED_DATES.get(number, self.release_date),
                "name": name,
                "code": code,
                "description": NOTE,
                "url": "",
                "dataavailability": "Y",
                "metadataavailability": "Y",
                "concepts": "4" if number == "57" else "3",
            }
            for number, (name, code) in SOURCES.items()
        ]

    def _indicator_entries(self) -> list[Entry]:
        return [
            {
                "id": indicator.id,
                "name": indicator.name,
                "unit": "",
                "source": {"id": indicator.source_id, "value": SOURCES[indicator.source_id][0]},
                "sourceNote": NOTE,
                "sourceOrganization": "",
                "topics": [],
            }
            for indicator in sorted(_BY_ID.values(), key=lambda indicator: indicator.id)
        ]


_BY_ID = {indicator.id: indicator for indicator in (*SERVED, *RETIRED)}


def _cells(row: list[float]) -> tuple[str, ...]:
    """JSON text of figures: 15 significant digits, whole numbers without a point; nan is null."""
    return tuple([format(value, ".15g") if value == value else "null" for value in row])


def _value_entry(code: str, iso2: str, name: str) -> Entry:
    return {"id": code, "iso2code": iso2, "value": name}


def _group_entry(code: str, iso2: str, name: str) -> Entry:
    return {"id": "", "code": code, "iso2code": iso2, "name": name}


def _aggregate_entry(place: Place) -> Entry:
    return {
        "id": place.code,
        "iso2Code": place.iso2,
        "name": place.name,
        "region": _value_entry("NA", "NA", "Aggregates"),
        "adminregion": _value_entry("", "", ""),
        "incomeLevel": _value_entry("NA", "NA", "Aggregates"),
        "lendingType": _value_entry("", "", "Aggregates"),
        "capitalCity": "",
        "longitude": "",
        "latitude": "",
    }
