"""What the OECD would publish of the simulation, flow by flow, with its codes, holes and totals.

Which array of the simulation is behind which figure (year t, origin o, destination d):

* B11 ``departures[t, o, d]``, B12 ``returns[t, o, d]``, B14 ``abroad[t, o, d]`` at the beginning of the year,
  B15 ``abroad * citizen_share(d)``, B16 ``NATURALISED`` of B15, B13 ``ASYLUM`` of the refugees of o in proportion to
  where its people live, B21 and B22 fixed shares of all arrivals (total only). Women by their share in the stock.
* Permanent and temporary entries are fixed shares of all arrivals, split by category.
* Doctors, nurses and students: all of an origin abroad, in proportion to where its tertiary-educated live.
* Authors: ``AUTHORS`` of the tertiary-educated who move. Researchers and expenditure on R&D: what the World Bank says.
* Attainment: natives and people born abroad by education. Labour market rates have nothing behind them but
  development, education and chance; employment = participation * (1 - unemployment) holds.

Habits: an origin is listed by itself when at least ``LISTED_SHARE`` of a destination's figure comes from it; the rest
is in ``W`` alone. ``FULL_REPORTERS`` list every origin. ``W`` is the whole, ``W_X`` and ``STLS`` are what the
destination cannot place (taken out of the listed origins, never out of B14). Some members do not report, years differ
from measure to measure, and only totals go back further. From vintage 2 on a tenth of the persons of the two newest
years is revised by some per cent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sandbox.worlds import Table
from sandbox.worlds.synthetic.economies import GROUPS, economies, places
from sandbox.worlds.synthetic.simulation import FIRST_YEAR, SNAPSHOT_YEARS, Array, Simulation, autoregressive

if TYPE_CHECKING:
    from sandbox.worlds.synthetic import SyntheticWorld

Codes = NDArray[np.object_]
Cell = Codes | str | None
"""A column of a block of rows: one code for each, or the same for all."""
Mask = NDArray[np.bool_]

TIME, VALUE = "TIME_PERIOD", "OBS_VALUE"
_STATUS = ("OBS_STATUS", "UNIT_MULT", "DECIMALS")
MIGRATION = (
    *("REF_AREA", "CITIZENSHIP", "FREQ", "MEASURE", "SEX", "BIRTH_PLACE", "EDUCATION_LEV", "UNIT_MEASURE"),
    *(TIME, VALUE, *_STATUS),
)
BIRTHS = ("REF_AREA", "BIRTH_COUNTRY", *MIGRATION[2:])
ENTRIES = ("REF_AREA", "FREQ", "MEASURE", "MIGRATION_TYPE", "UNIT_MEASURE", TIME, VALUE, *_STATUS)
WORKFORCE = (
    *("REF_AREA", "FREQ", "MEASURE", "UNIT_MEASURE", "ORIGIN", "TRAINING_PLACE", "HEALTH_PROF", TIME, VALUE),
    *("OBS_STATUS", "OBS_STATUS2", "OBS_STATUS3", "UNIT_MULT", "DECIMALS"),
)
STUDENTS = (
    *("REF_AREA", "EDUCATION_LEV", "MEASURE", "EDUCATION_TYPE", "INTENSITY", "EDUCATION_FIELD", "GRADE", "FREQ"),
    *("ORIGIN", "DESTINATION", "INST_TYPE_EDU", "MOBILITY", "UNIT_MEASURE", "SEX", "AGE", TIME, VALUE),
    *("REF_YEAR_AGES", "ORIGIN_CRITERION", "REPYEARSTART", "REPYEAREND", "OBS_STATUS", "CONF_STATUS"),
    *("COMMENT_OBS", "DECIMALS", "TIME_PER_COLLECT", "UNIT_MULT"),
)
ATTAINMENT = (
    *("REF_AREA", "SEX", "AGE", "ATTAINMENT_LEV", "EDUCATION_FIELD", "MEASURE", "INCOME", "BIRTH_PLACE"),
    *("MIGRATION_AGE", "EDU_STATUS", "LABOUR_FORCE_STATUS", "DURATION_UNEMP", "UNIT_MEASURE"),
    *("STATISTICAL_OPERATION", "WORK_TIME_ARNGMNT", "QUESTIONNAIRE", "FREQ", TIME, VALUE),
    *("OBS_STATUS", "CONF_STATUS", "UNIT_MULT", "DECIMALS"),
)
INDICATORS = (
    *("REF_AREA", "FREQ", "MEASURE", "UNIT_MEASURE", "PRICE_BASE", "TRANSFORMATION", TIME, VALUE),
    *("OBS_STATUS", "OBS_STATUS_2", "OBS_STATUS_3", "AUX_OBS_STATUS", "CONF_STATUS", "UNIT_MULT", "BASE_PER"),
    "DECIMALS",
)
SCOREBOARD = (
    *("LOCATION", "VAR", TIME, VALUE, "OBS_STATUS", "OBS_STATUS_2", "OBS_STATUS_3"),
    *("AUX_OBS_STATUS", "AUX_OBS_STATUS_2", "CONF_STATUS"),
)
USUAL = {"FREQ": "A", "OBS_STATUS": "A", "UNIT_MULT": "0", "DECIMALS": "0"}
"""What most rows say in these columns; what is not said otherwise is null."""

LISTED_SHARE = 0.004
FULL_REPORTERS = ("DEU", "USA")
SURVEY_COUNTRY = "USA"
"""Its stocks are estimates of a survey, with decimals."""
NOT_IN_THE_LIST_OF_AREAS = frozenset({"CHI", "CUW", "IMN", "MAF", "SXM"})
SETTLEMENT_COUNTRIES = frozenset({"AUS", "CAN", "ISR", "NZL", "USA"})
NATURALISED = 0.03
"""Of the foreign citizens, in a year."""
ASYLUM = 0.04
"""Applications in a year, of the refugees of an origin."""
FOREIGN_WORKERS, SEASONAL_WORKERS = 0.3, 0.08
"""Of all arrivals."""
PERMANENT, TEMPORARY = 0.55, 0.7
"""Standardised entries, of all arrivals; a person may be in both."""
NURSES_PER_DOCTOR = 2.5
GRADUATES = 0.22
"""Of the mobile students enrolled, in a year."""
AUTHORS = 0.01
"""Of the tertiary-educated who move."""
AUTHORS_PER_RESEARCHER = 0.4
FULL_TIME = 0.75
"""Full-time equivalents of a researcher."""

# Members that do not report a measure, and the years of its totals and of its pairs.
NOT_REPORTING = {
    "B11": "COL CRI TUR",
    "B12": "CAN CHL COL CRI FRA ISR USA",
    "B13": "COL CRI",
    "B15": "AUS CAN COL CRI ISR",
    "B16": "COL CRI ISR KOR",
    "B21": "CHL COL CRI EST GRC ISL LVA LTU MEX SVK SVN TUR USA",
    "B22": "CHL COL CRI EST GRC ISL LVA LTU LUX NLD PRT TUR GBR",
}
YEARS_OF_TOTALS = {
    "B11": range(2005, 2024),
    "B12": range(2005, 2024),
    "B13": range(2005, 2025),
    "B15": range(2005, 2025),
    "B16": range(2005, 2024),
    "B21": range(2010, 2024),
    "B22": range(2010, 2024),
}
YEARS_OF_PAIRS = {
    "B11": range(2019, 2024),
    "B12": range(2020, 2024),
    "B13": range(2022, 2025),
    "B15": range(2021, 2025),
    "B16": range(2022, 2024),
}
LATE_WITH_STOCKS = frozenset({"GRC", "IRL", "JPN", "KOR", "MEX", "NZL", "TUR"})
"""Members that have no B15 for the newest year yet."""
YEARS_OF_BIRTHS = (2000, 2005, 2010, 2015, 2018, 2019, 2020, 2021, 2022, 2023, 2024)
YEARS_OF_WOMEN_BORN_ABROAD = (2015, 2020, 2024)
"""Years in which the simulation knows women and men apart."""
MISSING_TOTALS = {("GRC", 2005), ("MEX", 2006), ("GRC", 2006)}
DISSOLVED = ("CSK_F", "SCG_F", "SUN_F", "YUG_F")
LISTING_DISSOLVED = ("AUT", "DEU", "LUX")

NO_STANDARDISED_ENTRIES = "CHL COL CRI GRC HUN ISL LVA POL TUR"
PERMANENT_TYPES = ("WO", "AC", "FA", "HU", "FR", "OT")
TEMPORARY_TYPES = ("STU", "TRA", "WHM", "SEAS", "INTRA", "OTH")
WORKING_HOLIDAYS = frozenset({"AUS", "CAN", "JPN", "KOR", "NZL", "GBR", "IRL"})
DESTINATIONS_OF_DOCTORS = (
    "AUS AUT BEL CAN CHE CHL CZE DEU EST FRA GBR GRC HUN IRL ISR ITA LTU LVA NLD NOR NZL POL SVN SWE USA"
)
OTHER_COUNTRIES_OF_SCIENCE = "ARE ARG BGR BRA CHN EGY HRV IDN IND IRN MLT MYS PAK ROU RUS SAU SGP THA TUN UKR VNM ZAF"
ADDED_TO_INDICATORS = "ARG CHN ROU SGP ZAF"
GROUPS_OF_INDICATORS = {"OECD": "OED", "EU27_2020": "EUU"}
REPORTING_EVERY_SECOND_YEAR = frozenset({"AUS", "CHE", "MEX", "NZL"})
LATEST = "2999"
"""The scoreboard repeats the latest figure under this year."""

PLACES_THAT_ARE_NONE = {
    "A4": "Caribbean",
    "CSK_F": "Former Czechoslovakia",
    "EEA": "EEA",
    "EU15": "European Union (15 countries)",
    "EU27_2020": "European Union (27 countries from 01/02/2020)",
    "OECD": "OECD",
    "SCG_F": "Former Serbia and Montenegro",
    "STLS": "Stateless",
    "SUN_F": "Former USSR",
    "W": "World",
    "W_X": "World unspecified",
    "YUG_F": "Former Yugoslavia",
}
NAMES = {
    "_T": "Total",
    "_Z": "Not applicable",
    "0": "Zero",
    "1": "One",
    "2": "Two",
    "A": "Annual",
    "A3": "Triennial",
    "AC": "Accompanying family of workers",
    "B11": "Inflows of foreign population",
    "B12": "Outflows of foreign population",
    "B13": "Inflows of asylum seekers",
    "B14": "Stocks of foreign-born population",
    "B15": "Stocks of foreign population",
    "B16": "Acquisitions of nationality by country of former nationality",
    "B21": "Inflows of foreign workers",
    "B22": "Inflows of seasonal foreign workers",
    "ED_NED": "In education or not in education",
    "EMP_WAP": "Employment rate",
    "ENRL": "Students enrolled",
    "F": "Female",
    "FA": "Family",
    "FB": "Foreign-born",
    "FR": "Free movements",
    "FT": "Foreign-trained",
    "FTE": "Full time equivalent unit",
    "GRAD": "Graduates",
    "HU": "Humanitarian",
    "INTRA": "Intra-company transfers",
    "ISCED11_0T2": "Pre-primary, primary and lower secondary education",
    "ISCED11_3_4": "Upper secondary and post-secondary non-tertiary all programmes",
    "ISCED11_5T8": "Tertiary education",
    "ISCED11A_0T2": "Below upper secondary education",
    "ISCED11A_3_4": "Upper secondary or post-secondary non-tertiary education",
    "ISCED11A_5T8": "Tertiary education",
    "LF_RATE": "Labour force participation rate",
    "M": "Male",
    "MIG_FLW": "Migration flows by category",
    "MINU": "Nurses",
    "MOB": "Mobile students",
    "NB": "Native-born",
    "OBS": "Observed",
    "OT": "Other",
    "OTH": "Other temporary workers",
    "PHYS": "Physicians",
    "POP": "Population",
    "PS": "Persons",
    "PT_B1GQ": "Percentage of GDP",
    "PT_LF_SUB": "Percentage of labour force in the same subgroup",
    "PT_POP_SEX_AGE": "Percentage of population in the same sex and age",
    "PT_POP_SUB": "Percentage of population in the same subgroup",
    "SEAS": "Seasonal workers",
    "STCK": "Stock",
    "STU": "International students",
    "TRA": "Trainees",
    "UNE_RATE": "Unemployment rate",
    "WHM": "Working holiday makers",
    "WO": "Work",
    "Y25T64": "From 25 to 64 years",
}
NAMES_OF_STATUS = {"A": "Normal value", "B": "Time series break", "E": "Estimated value", "P": "Provisional value"}
NAMES_OF_MULTIPLIERS = {"0": "Units"}
COLUMNS_OF_PLACES = ("REF_AREA", "CITIZENSHIP", "BIRTH_COUNTRY", "ORIGIN", "DESTINATION", "LOCATION")
COLUMNS_WITHOUT_NAMES = frozenset({TIME, VALUE})


def table(world: SyntheticWorld, name: str) -> Table | None:
    """The table of a flow, such as ``DSD_MIG@DF_MIG``."""
    if name not in FLOWS:
        return None
    rows = FLOWS[name](world)
    if name in REVISED and world.vintage > 1:
        rows = _revised(rows, world)
    return Table(rows, world.release_date, _labels(rows))


def citizen_share(code: str) -> float:
    """Which part of the people born abroad who live there have no citizenship of the place."""
    return 0.5 if code in SETTLEMENT_COUNTRIES else 0.75


# --- building ------------------------------------------------------------------------------------------------


class _Sheet:
    """Rows of a flow, block by block."""

    def __init__(self, columns: Sequence[str], **constants: str | None) -> None:
        self._constants: dict[str, Cell] = {**USUAL, **constants}
        self._blocks: dict[str, list[Any]] = {name: [] for name in columns}

    def add(self, values: Array, **cells: Cell) -> None:
        """Add a row for each value (nan is not known); a column that is not named holds its constant."""
        for name, blocks in self._blocks.items():
            cell = values if name == VALUE else cells.get(name, self._constants.get(name))
            blocks.append(cell if isinstance(cell, np.ndarray) else np.full(len(values), cell, dtype=object))

    def table(self) -> pa.Table:
        """All rows; the value is a number and null where not known, every other column text."""
        columns = {}
        for name, blocks in self._blocks.items():
            cells = np.concatenate(blocks).tolist()
            columns[name] = _numbers(cells) if name == VALUE else pa.array(cells, pa.string())
        return pa.table(columns)


def _numbers(cells: list[float]) -> pa.Array:
    """Figures, with null for nan."""
    return pa.array(cells, pa.float64(), from_pandas=True)


@cache
def _areas() -> Codes:
    """The publisher's code of each economy."""
    return np.array(["XKV" if code == "XKX" else code for code in economies().codes], dtype=object)


@cache
def _listable() -> Mask:
    """Economies that the list of areas has."""
    return np.array([code not in NOT_IN_THE_LIST_OF_AREAS for code in economies().codes])


def _members(without: str = "") -> list[int]:
    """Positions of the members that report."""
    return economies().positions(" ".join(sorted(set(GROUPS["OED"].split()) - set(without.split()))))


def _texts(years: Sequence[int]) -> Codes:
    return np.array([str(year) for year in years], dtype=object)


def _indices(years: Sequence[int]) -> list[int]:
    return [year - FIRST_YEAR for year in years]


def _listed(figures: Array, destinations: list[int]) -> Mask:
    """Which pairs a destination lists, ``[origin, destination]``, from figures ``[year, origin, destination]``."""
    mean = figures.mean(axis=0)
    share = mean / np.maximum(mean.sum(axis=0), 1e-9)
    is_listed = share >= LISTED_SHARE
    is_listed[:, economies().positions(" ".join(FULL_REPORTERS))] = True
    is_listed &= _listable()[:, None]
    reports = np.zeros(len(is_listed), dtype=bool)
    reports[destinations] = True
    mask: Mask = is_listed & reports & ~np.eye(len(is_listed), dtype=bool)
    return mask


def _add_pairs(sheet: _Sheet, figures: Array, listed: Mask, years: Sequence[int], partner: str, **cells: Cell) -> None:
    """A row for each listed pair and year, from figures ``[year, origin, destination]``."""
    destination, origin = np.nonzero(listed.T)
    values = figures[:, origin, destination].T.ravel()
    own: dict[str, Cell] = {
        "REF_AREA": np.repeat(_areas()[destination], len(years)),
        partner: np.repeat(_areas()[origin], len(years)),
        TIME: np.tile(_texts(years), len(origin)),
    }
    sheet.add(values, **own, **cells)


def _add_totals(
    sheet: _Sheet,
    figures: Array,
    chosen: list[int],
    years: Sequence[int],
    column: str = "REF_AREA",
    /,
    **cells: Cell,
) -> None:
    """A row for each chosen economy and year, from figures ``[year, economy]``."""
    values = figures[:, chosen].T.ravel()
    own: dict[str, Cell] = {column: np.repeat(_areas()[chosen], len(years)), TIME: np.tile(_texts(years), len(chosen))}
    sheet.add(values, **own, **cells)


def _status(reporters: Sequence[int], years: Sequence[int], provisional: int) -> Codes:
    """P for every third reporter in the provisional year, B once in each eighth, else A."""
    listed = [[_flag(i, year, provisional) for year in years] for i, _ in enumerate(reporters)]
    return np.array(listed, dtype=object).ravel()


def _flag(place: int, year: int, provisional: int) -> str:
    if year == provisional and place % 3 == 0:
        return "P"
    return "B" if place % 8 == 5 and year == 2012 else "A"


def _labels(rows: pa.Table) -> dict[str, dict[str, str]]:
    """Names of the codes that occur."""
    names_of_places = {"XKV" if place.code == "XKX" else place.code: place.name for place in places()}
    names_of_places |= PLACES_THAT_ARE_NONE
    special = {"OBS_STATUS": NAMES_OF_STATUS, "UNIT_MULT": NAMES_OF_MULTIPLIERS}
    labels = {}
    for column in rows.column_names:
        if column not in COLUMNS_WITHOUT_NAMES:
            names = {**NAMES, **names_of_places} if column in COLUMNS_OF_PLACES else special.get(column, NAMES)
            codes = sorted(code for code in rows[column].unique().to_pylist() if code is not None)
            labels[column] = {code: names.get(code, code) for code in codes}
    return labels


def _revised(rows: pa.Table, world: SyntheticWorld) -> pa.Table:
    """A tenth of the persons of the two newest years, each moved by some per cent; totals stay above their parts."""
    rng = np.random.default_rng([world.seed, 43, world.vintage])
    years = np.array(rows[TIME].to_pylist())
    newest = np.isin(years, np.unique(years)[-2:])
    values = np.array(rows[VALUE].to_pylist(), dtype=float)
    is_whole = np.array([unit == "PS" for unit in rows["UNIT_MEASURE"].to_pylist()])
    chosen = newest & is_whole & (values > 200) & (rng.random(len(values)) < 0.1)
    factor = np.where(chosen, 1 + rng.normal(0, 0.02, len(values)), 1)
    moved = np.where(chosen, np.rint(values * factor), values)
    return rows.set_column(rows.column_names.index(VALUE), VALUE, _numbers(moved.tolist()))


# --- migration database --------------------------------------------------------------------------------------


def _figures(world: SyntheticWorld, measure: str, years: Sequence[int]) -> Array:
    """What a measure counts, ``[year, origin, destination]``, at full precision."""
    made, at = world.simulation, _indices(years)
    foreign = np.array([citizen_share(code) for code in economies().codes])
    if measure == "B12":
        return made.returns[at]
    if measure in ("B11", "B21", "B22"):
        return made.departures[at] * {"B21": FOREIGN_WORKERS, "B22": SEASONAL_WORKERS}.get(measure, 1.0)
    if measure == "B13":
        living = made.abroad[at]
        shares = living / np.maximum(living.sum(axis=2, keepdims=True), 1e-9)
        asylum: Array = ASYLUM * made.refugees_by_origin[:, at].T[:, :, None] * shares
        return asylum
    stock: Array = made.abroad[at] * foreign
    return stock * NATURALISED if measure == "B16" else stock


def _women(world: SyntheticWorld) -> Array:
    """Share of women among those of an origin who live at a destination in 2020."""
    people = world.simulation.stocks[2020].sum(axis=0)
    share: Array = people[0] / np.maximum(people.sum(axis=0), 1e-9)
    return share


def _not_placed(world: SyntheticWorld) -> Array:
    """Which part of its foreigners a destination cannot place; none in some."""
    drawn = np.random.default_rng([world.seed, 41]).random(len(economies().codes)) * 0.008
    return np.where(drawn < 0.002, 0, drawn)


def _migration(world: SyntheticWorld) -> pa.Table:
    sheet = _Sheet(MIGRATION, SEX="_T", BIRTH_PLACE="_Z", EDUCATION_LEV="_Z", UNIT_MEASURE="PS")
    women, not_placed = _women(world), _not_placed(world)
    for measure, years in YEARS_OF_TOTALS.items():
        reporters = _members(NOT_REPORTING[measure])
        figures = _figures(world, measure, years)
        _add_measure_totals(sheet, measure, figures, women, reporters)
        if measure in YEARS_OF_PAIRS:
            of_pairs = figures[-len(YEARS_OF_PAIRS[measure]) :]
            _add_measure_pairs(sheet, measure, of_pairs, women, not_placed, reporters)
    _add_zero_rows(sheet)
    return _without_late(sheet.table())


def _add_measure_totals(sheet: _Sheet, measure: str, figures: Array, women: Array, reporters: list[int]) -> None:
    """``W``: both sexes in all years, women from 2015 on."""
    years = YEARS_OF_TOTALS[measure]
    totals = np.rint(figures.sum(axis=1))
    if measure == "B11":
        for code, year in MISSING_TOTALS:
            totals[years.index(year), economies().positions(code)] = np.nan
    status = _status(reporters, years, years[-1])
    _add_totals(sheet, totals, reporters, years, MEASURE=measure, CITIZENSHIP="W", OBS_STATUS=status)
    if measure in YEARS_OF_PAIRS:
        recent = [year for year in years if year >= 2015]
        of_women = np.rint((figures[-len(recent) :] * women).sum(axis=1))
        _add_totals(sheet, of_women, reporters, recent, MEASURE=measure, CITIZENSHIP="W", SEX="F")


def _add_measure_pairs(
    sheet: _Sheet, measure: str, figures: Array, women: Array, not_placed: Array, reporters: list[int]
) -> None:
    """Each listed nationality, and what cannot be placed; women in the newest year but one."""
    years = YEARS_OF_PAIRS[measure]
    listed = _listed(figures, reporters)
    placed = figures * (1 - not_placed)
    _add_pairs(sheet, np.rint(placed), listed, years, "CITIZENSHIP", MEASURE=measure)
    unknown = figures.sum(axis=1) * not_placed
    stateless = np.rint(0.2 * unknown)
    _add_totals(sheet, stateless, reporters, years, MEASURE=measure, CITIZENSHIP="STLS")
    _add_totals(sheet, np.rint(unknown) - stateless, reporters, years, MEASURE=measure, CITIZENSHIP="W_X")
    if measure in ("B11", "B15"):
        of_women = np.rint(placed * women)[-2:-1]
        _add_pairs(sheet, of_women, listed, years[-2:-1], "CITIZENSHIP", MEASURE=measure, SEX="F")


def _without_late(rows: pa.Table) -> pa.Table:
    """Without the newest stocks of those that have not reported them yet."""
    columns = [rows[name].to_pylist() for name in ("MEASURE", TIME, "REF_AREA")]
    newest = str(YEARS_OF_TOTALS["B15"][-1])
    late = [
        (measure, year) == ("B15", newest) and area in LATE_WITH_STOCKS
        for measure, year, area in zip(*columns, strict=True)
    ]
    return rows.filter(pa.array([not is_late for is_late in late]))


def _add_zero_rows(sheet: _Sheet) -> None:
    """States that are no more, and a country's own citizens, as true zeros of B15."""
    for sex in ("_T", "F"):
        for area in LISTING_DISSOLVED:
            codes = np.array([*DISSOLVED, area], dtype=object)
            sheet.add(
                np.zeros(len(codes)), REF_AREA=area, CITIZENSHIP=codes, MEASURE="B15", SEX=sex, TIME_PERIOD="2021"
            )


def _births(world: SyntheticWorld) -> pa.Table:
    sheet = _Sheet(BIRTHS, MEASURE="B14", SEX="_T", BIRTH_PLACE="_Z", EDUCATION_LEV="_Z", UNIT_MEASURE="PS")
    made, reporters = world.simulation, _members()
    survey = economies().positions(SURVEY_COUNTRY)
    figures = made.abroad[_indices(YEARS_OF_BIRTHS)]
    counted = np.rint(figures)
    counted[:, :, survey] = figures[:, :, survey].round(2)
    listed = _listed(figures, reporters)
    _add_pairs(sheet, counted, listed, YEARS_OF_BIRTHS, "BIRTH_COUNTRY")
    every = range(2000, 2025)
    totals = made.abroad[_indices(every)].sum(axis=1)
    counted_totals = np.rint(totals)
    counted_totals[:, survey] = totals[:, survey].round(2)
    status = _status(reporters, every, 2024)
    _add_totals(sheet, counted_totals, reporters, every, BIRTH_COUNTRY="W", OBS_STATUS=status)
    women = np.stack([made.stocks[year][:, 0].sum(axis=0) for year in YEARS_OF_WOMEN_BORN_ABROAD])
    _add_pairs(sheet, np.rint(women), listed, YEARS_OF_WOMEN_BORN_ABROAD, "BIRTH_COUNTRY", SEX="F")
    _add_totals(sheet, np.rint(women.sum(axis=1)), reporters, YEARS_OF_WOMEN_BORN_ABROAD, BIRTH_COUNTRY="W", SEX="F")
    groups = np.array(["EEA", "EU15", "A4", "STLS", "W_X", *DISSOLVED], dtype=object)
    sheet.add(np.zeros(len(groups)), REF_AREA="ISL", BIRTH_COUNTRY=groups, SEX="F", TIME_PERIOD="2006")
    return sheet.table()


def _entries(types: Sequence[str], share: float, without: str, purpose: int) -> Callable[[SyntheticWorld], pa.Table]:
    """Standardised entries by category: a share of all arrivals, split anew for each reporter."""

    def made(world: SyntheticWorld) -> pa.Table:
        rng = np.random.default_rng([world.seed, purpose])
        sheet = _Sheet(ENTRIES, MEASURE="MIG_FLW", UNIT_MEASURE="PS", DECIMALS="1")
        years, reporters = range(2014, 2025), _members(without)
        arrivals = world.simulation.departures[_indices(years)].sum(axis=1) * share
        split = rng.dirichlet(np.full(len(types), 1.5), len(arrivals[0]))
        names = economies().codes
        for place, entry in enumerate(types):
            values = (arrivals * split[:, place]).round(4)
            if entry == "WHM":
                values *= np.array([code in WORKING_HOLIDAYS for code in names])
            is_missing = rng.random(values.shape) < 0.01
            values[is_missing] = np.nan
            _add_totals(
                sheet, values, reporters, years, MIGRATION_TYPE=entry, OBS_STATUS=_status(reporters, years, 2024)
            )
        return sheet.table()

    return made


# --- labour market and attainment ----------------------------------------------------------------------------

LABOUR_YEARS = range(2000, 2025)
PENALTY_OF_FOREIGN_BORN = (-0.03, 0.02, 0.09)
"""Employment lost by people born abroad, by education: the higher, the more is wasted."""


def _development(world: SyntheticWorld, years: Sequence[int], purpose: int) -> Array:
    """Development with a shock of the labour market, ``[year, economy]``."""
    rng = np.random.default_rng([world.seed, purpose])
    shock = autoregressive(rng, len(economies().codes), 0.8, 0.03)
    at = _indices(years)
    level: Array = (world.simulation.development[:, at] + shock[:, at]).T
    return level


def _employment(world: SyntheticWorld) -> pa.Table:
    sheet = _Sheet(MIGRATION, CITIZENSHIP="_Z", MEASURE="EMP_WAP", SEX="_T", UNIT_MEASURE="PT_POP_SUB", DECIMALS="1")
    years, reporters = range(2005, 2025), _members("COL JPN KOR")
    rng = np.random.default_rng([world.seed, 44])
    level = _development(world, years, 45)
    for place, (education, base) in enumerate((("0T2", 0.38), ("3_4", 0.55), ("5T8", 0.68))):
        for birth_place in ("NB", "FB"):
            loss = PENALTY_OF_FOREIGN_BORN[place] if birth_place == "FB" else 0
            rate = (100 * (base + 0.18 * level - loss)).clip(20, 95) + rng.normal(0, 0.4, level.shape)
            rate[rng.random(rate.shape) < 0.02] = np.nan
            named = {"EDUCATION_LEV": f"ISCED11_{education}", "BIRTH_PLACE": birth_place}
            _add_totals(sheet, rate.round(6), reporters, years, **named)
    return sheet.table()


def _rates_by_sex(world: SyntheticWorld) -> pa.Table:
    sheet = _Sheet(MIGRATION, CITIZENSHIP="_Z", EDUCATION_LEV="_Z", UNIT_MEASURE="PT_POP_SUB", DECIMALS="1")
    reporters = _members()
    rng = np.random.default_rng([world.seed, 46])
    level = _development(world, LABOUR_YEARS, 47)
    for sex, more in (("_T", 0.0), ("F", -0.07), ("M", 0.07)):
        for birth_place, less in (("NB", 0.0), ("FB", 0.015)):
            active = (0.60 + 0.17 * level + more - less + rng.normal(0, 0.005, level.shape)).clip(0.3, 0.95)
            idle = (0.11 - 0.06 * level + 2 * less + rng.normal(0, 0.004, level.shape)).clip(0.01, 0.4)
            known = np.where(rng.random(level.shape) < 0.02, np.nan, 100.0)
            named = {"SEX": sex, "BIRTH_PLACE": birth_place}
            rates = {"LF_RATE": active, "UNE_RATE": idle, "EMP_WAP": active * (1 - idle)}
            for measure, rate in rates.items():
                unit = "PT_LF_SUB" if measure == "UNE_RATE" else "PT_POP_SUB"
                values = (known * rate).round(8)
                _add_totals(sheet, values, reporters, LABOUR_YEARS, MEASURE=measure, UNIT_MEASURE=unit, **named)
    return sheet.table()


def _attainment(world: SyntheticWorld) -> pa.Table:
    sheet = _Sheet(
        ATTAINMENT,
        **{"SEX": "_T", "AGE": "Y25T64", "EDUCATION_FIELD": "_T", "MEASURE": "POP", "INCOME": "_Z"},
        **{"EDU_STATUS": "ED_NED", "LABOUR_FORCE_STATUS": "POP", "DURATION_UNEMP": "_Z", "WORK_TIME_ARNGMNT": "_Z"},
        **{"UNIT_MEASURE": "PT_POP_SEX_AGE", "STATISTICAL_OPERATION": "OBS", "QUESTIONNAIRE": "NEAC_MIGR"},
        **{"FREQ": "A3", "DECIMALS": "1"},
    )
    made, years, reporters = world.simulation, (2017, 2020, 2023), _members("COL JPN KOR")
    at = _indices(years)
    born_abroad = made.immigrants[:, :, at]
    for birth_place, age, people in (
        ("FB", "_T", born_abroad),
        ("NB", "_Z", made.residents[:, :, at] - born_abroad),
    ):
        shares = 100 * people / people.sum(axis=0)
        for place, level in enumerate(("0T2", "3_4", "5T8")):
            named = {"ATTAINMENT_LEV": f"ISCED11A_{level}", "BIRTH_PLACE": birth_place, "MIGRATION_AGE": age}
            _add_totals(sheet, shares[place].T.round(8), reporters, years, **named)
    # A cell too small to be shown is confidential, and its status is normal all the same.
    hidden = np.array(["ISCED11A_0T2", "ISCED11A_3_4", "ISCED11A_5T8"], dtype=object)
    named = {"REF_AREA": "KOR", "BIRTH_PLACE": "FB", "MIGRATION_AGE": "_T", TIME: "2023", "CONF_STATUS": "C"}
    sheet.add(np.full(3, np.nan), ATTAINMENT_LEV=hidden, **named)
    return sheet.table()


# --- health workforce and students ---------------------------------------------------------------------------


def tertiary_shares(made: Simulation, year: int) -> Array:
    """Where the tertiary-educated of an origin live abroad, ``[origin, destination]``: the last snapshot known."""
    snapshot = max(known for known in SNAPSHOT_YEARS if known <= year)
    people = made.stocks[snapshot][2].sum(axis=0)
    shares: Array = people / np.maximum(people.sum(axis=1, keepdims=True), 1e-9)
    return shares


def _allocated(world: SyntheticWorld, abroad: Array, years: Sequence[int]) -> Array:
    """People abroad by origin ``[economy, year]``, laid over the destinations: ``[year, origin, destination]``."""
    made = world.simulation
    return np.stack([abroad[:, year - FIRST_YEAR, None] * tertiary_shares(made, year) for year in years])


def _workforce(world: SyntheticWorld) -> pa.Table:
    sheet = _Sheet(WORKFORCE, MEASURE="STCK", TRAINING_PLACE="FT", UNIT_MEASURE="PS")
    years, reporters = range(2014, 2024), economies().positions(DESTINATIONS_OF_DOCTORS)
    made = world.simulation
    doctors = _allocated(world, made.physicians_abroad, years)
    at_home = made.physicians[:, _indices(years)].T
    listed = _listed(doctors, reporters)
    for profession, per_doctor in (("PHYS", 1.0), ("MINU", NURSES_PER_DOCTOR)):
        figures = np.rint(doctors * per_doctor)
        _add_pairs(sheet, figures, listed, years, "ORIGIN", HEALTH_PROF=profession)
        trained_abroad = doctors.sum(axis=1)
        status = _status(reporters, years, years[-1])
        named: dict[str, Cell] = {"HEALTH_PROF": profession, "ORIGIN": "W", "OBS_STATUS": status}
        _add_totals(sheet, np.rint(trained_abroad * per_doctor), reporters, years, **named)
        share = 100 * trained_abroad / (at_home + trained_abroad)
        unit: dict[str, Cell] = {"UNIT_MEASURE": "PT_WR_PRF_HLTH", "DECIMALS": "2"}
        _add_totals(sheet, share.round(2), reporters, years, **named, **unit)
    return sheet.table()


_ALL_PROGRAMMES = {
    **{"EDUCATION_LEV": "ISCED11_5T8", "EDUCATION_TYPE": "_T", "INTENSITY": "_T", "EDUCATION_FIELD": "_T"},
    **{"GRADE": "_T", "INST_TYPE_EDU": "_T", "MOBILITY": "MOB", "UNIT_MEASURE": "PS", "SEX": "_T", "AGE": "_T"},
}


def _mobile_students(world: SyntheticWorld) -> pa.Table:
    sheet = _Sheet(STUDENTS, DESTINATION="_Z", **_ALL_PROGRAMMES)
    years, hosts = range(2016, 2024), _members("MEX USA")
    students = _allocated(world, world.simulation.students_abroad, years)
    listed = _listed(students, hosts)
    for measure, share, from_year in (("ENRL", 1.0, 2016), ("GRAD", GRADUATES, 2019)):
        wanted = [year for year in years if year >= from_year]
        figures = students[-len(wanted) :] * share
        _add_pairs(sheet, np.rint(figures), listed, wanted, "ORIGIN", MEASURE=measure)
        totals = np.rint(figures.sum(axis=1))
        status = _status(hosts, wanted, wanted[-1])
        _add_totals(sheet, totals, hosts, wanted, MEASURE=measure, ORIGIN="W", OBS_STATUS=status)
        women = np.rint(totals / 2)
        for sex, counted in (("F", women), ("M", totals - women)):
            _add_totals(sheet, counted, hosts, wanted, MEASURE=measure, ORIGIN="W", SEX=sex)
    return sheet.table()


def _students_abroad(world: SyntheticWorld) -> pa.Table:
    sheet = _Sheet(STUDENTS, MEASURE="ENRL", ORIGIN="_Z", **_ALL_PROGRAMMES)
    years, origins = range(2013, 2024), _members()
    # Counted where they study, and only hosts of the organisation count: the others' students are not known.
    students = _allocated(world, world.simulation.students_abroad, years)
    to_members = np.zeros(students.shape[1:], dtype=bool)
    to_members[np.ix_(origins, _members("MEX USA"))] = True
    counted = students * to_members
    mean = counted.mean(axis=0)
    listed = mean >= LISTED_SHARE * np.maximum(mean.sum(axis=1, keepdims=True), 1e-9)
    # Here the reporting country is where they come from.
    by_destination = counted.transpose(0, 2, 1)
    _add_pairs(sheet, np.rint(by_destination), listed.T, years, "DESTINATION")
    _add_totals(sheet, np.rint(counted.sum(axis=2)), origins, years, DESTINATION="W")
    return sheet.table()


# --- science -------------------------------------------------------------------------------------------------


def _of_world_bank(world: SyntheticWorld, indicator_id: str) -> Array:
    """Figures of the economies as the World Bank has them, ``[economy, year]``."""
    return world.truth(indicator_id).values[: len(economies().codes)]


def _researchers(world: SyntheticWorld) -> Array:
    """Full-time equivalents, ``[economy, year]``."""
    return _of_world_bank(world, "SP.POP.SCIE.RD.P6") * world.simulation.population / 1e6


def _indicators(world: SyntheticWorld) -> pa.Table:
    sheet = _Sheet(INDICATORS, PRICE_BASE="_Z", TRANSFORMATION="_Z")
    years = range(1996, 2024)
    at = _indices(years)
    made, listed = world.simulation, economies()
    reporters = [*_members(), *listed.positions(ADDED_TO_INDICATORS)]
    spent, researchers = _of_world_bank(world, "GB.XPD.RSDV.GD.ZS")[:, at].T, _researchers(world)[:, at].T
    product = (made.income_current * made.population)[:, at].T
    _add_indicator(sheet, spent.round(6), reporters, years, MEASURE="G", UNIT_MEASURE="PT_B1GQ", DECIMALS="2")
    _add_indicator(sheet, np.rint(researchers), reporters, years, MEASURE="T_RS", UNIT_MEASURE="FTE")
    _add_indicator(sheet, np.rint(researchers / FULL_TIME), reporters, years, MEASURE="T_RS", UNIT_MEASURE="PS")
    for code, group in GROUPS_OF_INDICATORS.items():
        members = listed.positions(GROUPS[group])
        share = (spent * product)[:, members].sum(axis=1) / product[:, members].sum(axis=1)
        named: dict[str, Cell] = {"REF_AREA": code, TIME: _texts(years), "OBS_STATUS": "E"}
        sheet.add(share.round(6), MEASURE="G", UNIT_MEASURE="PT_B1GQ", DECIMALS="2", **named)
        sheet.add(np.rint(researchers[:, members].sum(axis=1)), MEASURE="T_RS", UNIT_MEASURE="FTE", **named)
    return sheet.table()


def _add_indicator(sheet: _Sheet, figures: Array, reporters: list[int], years: Sequence[int], **cells: Cell) -> None:
    """Figures ``[year, economy]``; some reporters count every second year only, and the years between are missing."""
    shown = figures.copy()
    status = _status(reporters, years, years[-1]).reshape(len(reporters), len(years))
    for place, reporter in enumerate(reporters):
        if economies().codes[reporter] in REPORTING_EVERY_SECOND_YEAR:
            shown[1::2, reporter] = np.nan
            status[place, 1::2] = "O"
    _add_totals(sheet, shown, reporters, years, OBS_STATUS=status.ravel(), **cells)


def _scoreboard(world: SyntheticWorld) -> pa.Table:
    sheet = _Sheet(SCOREBOARD, OBS_STATUS=None)
    years, chosen = range(2000, 2024), [*_members(), *economies().positions(ADDED_TO_INDICATORS)]
    at = _indices(years)
    spent, researchers = _of_world_bank(world, "GB.XPD.RSDV.GD.ZS")[:, at].T, _researchers(world)[:, at].T
    for variable, figures in (("TP_RS", np.rint(researchers / FULL_TIME)), ("G_XGDP", spent.round(9))):
        status = _status(chosen, years, years[-1])
        status[status == "A"] = None
        _add_totals(sheet, figures, chosen, years, "LOCATION", VAR=variable, OBS_STATUS=status)
        sheet.add(figures[-1, chosen], LOCATION=_areas()[chosen], VAR=variable, TIME_PERIOD=LATEST)
    return sheet.table()


def _author_moves(world: SyntheticWorld, years: Sequence[int]) -> tuple[Array, Array, Array]:
    """New arrivals, departures of all kinds, returns home: authors, each ``[year, economy]``."""
    made, at = world.simulation, _indices(years)
    people = made.stocks[2020].sum(axis=1)
    authors = AUTHORS * people[2] / np.maximum(people.sum(axis=0), 1e-9)
    leaving, returning = made.departures[at] * authors, made.returns[at] * authors
    return leaving.sum(axis=1), leaving.sum(axis=2) + returning.sum(axis=1), returning.sum(axis=2)


def _author_flows(world: SyntheticWorld) -> pa.Table:
    sheet = _Sheet(SCOREBOARD, OBS_STATUS=None)
    listed = economies()
    chosen = [*_members(), *listed.positions(OTHER_COUNTRIES_OF_SCIENCE)]
    years = range(2011, 2025)
    arrivals, departures, returns = _author_moves(world, years)
    stayed = _researchers(world)[:, _indices(years)].T / FULL_TIME * AUTHORS_PER_RESEARCHER
    newest = {"INFLOW_NB": arrivals, "OUTFLOW_NB": departures, "RETURN_NB": returns, "STAY_NB": stayed}
    for variable, figures in newest.items():
        _add_totals(sheet, np.rint(figures[-1:]), chosen, years[-1:], "LOCATION", VAR=variable)
    balance = (arrivals + returns - departures).round(4)
    some = [*_members(), *listed.positions("ARG BRA CHN IDN IND RUS SAU SGP ZAF")]
    _add_totals(sheet, balance, some, years, "LOCATION", VAR="ANNUAL_FLOWS_NB")
    return sheet.table()


FLOWS: Mapping[str, Callable[[SyntheticWorld], pa.Table]] = {
    "DSD_MIG@DF_MIG": _migration,
    "DSD_MIG_F@DF_MIG_POPF": _births,
    "DSD_MIG@DF_MIG_EMP_EDU": _employment,
    "DSD_MIG@DF_MIG_NUP_SEX": _rates_by_sex,
    "DSD_MIG_INT@DF_MIG_INT_PER": _entries(PERMANENT_TYPES, PERMANENT, NO_STANDARDISED_ENTRIES, 48),
    "DSD_MIG_INT@DF_MIG_INT_TEMP": _entries(TEMPORARY_TYPES, TEMPORARY, "CHL COL CRI ISL", 49),
    "DSD_HEALTH_WFMI@DF_HEALTH_WFMI": _workforce,
    "DSD_EAG_UOE_NON_FIN_STUD@DF_UOE_NF_RAW_MOB": _mobile_students,
    "DSD_EAG_UOE_MOB@DF_MOB": _students_abroad,
    "DSD_EAG_LSO_EA@DF_LSO_NEAC_DISTR_EA_MIGR": _attainment,
    "DSD_MSTI@DF_MSTI": _indicators,
    "DSD_COMPASS@DF_COMPASS_REITER": _author_flows,
    "DSD_SBRD@DF_SBRD": _scoreboard,
}
REVISED = frozenset({"DSD_MIG@DF_MIG", "DSD_MIG_F@DF_MIG_POPF", "DSD_HEALTH_WFMI@DF_HEALTH_WFMI"})
