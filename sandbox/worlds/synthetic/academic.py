"""Files of universities and institutes over the synthetic world; none of them changes with the vintage.

Scholars move as the tertiary educated do, four in a thousand of them, drawn as whole persons, so that the pairs add up
to the table of countries. LinkedIn's rates are the net moves of the tertiary educated per 10,000 of them; it shows the
countries where most of them are and incomes are high. Barro-Lee's attainment is the education of the residents.
Democracy and fragility follow development, human flight the emigration of the tertiary educated. Names of industries
and skill groups are made up; codes of places are the publishers'.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv, parquet

from sandbox.worlds import File
from sandbox.worlds.synthetic.economies import economies, places
from sandbox.worlds.synthetic.simulation import FIRST_YEAR, Array, autoregressive
from sandbox.worlds.synthetic.workbooks import archive, xlsx

if TYPE_CHECKING:
    from sandbox.worlds.synthetic import SyntheticWorld

Cells = list[list[Any]]
Codes = NDArray[np.int64]

NO_ISO_CODE = ("CHI", "XKX")
"""Economies that files with ISO 3166 codes do not have."""


def file(world: SyntheticWorld, address: str) -> File | None:
    """The file of an address."""
    if address not in _FILES:
        return None
    released, make = _FILES[address]
    return File(make(world), released)


# --- scholars ------------------------------------------------------------------------------------------------

SCHOLARS = (
    "raw.githubusercontent.com/MPIDR/Global-flows-and-rates-of-international-migration-of-scholars/HEAD/data_processed"
)
SCHOLAR_YEARS = range(1998, 2021)
LAST_YEAR_OF_PAIRS = 2018
SCHOLARS_PER_GRADUATE = 0.02
MOVES_PER_GRADUATES_MOVE = 0.004
UNKNOWN_PLACES = 9
"""Territories without a code: the publisher has dropped what they are, several rows of one year look alike."""


@lru_cache(maxsize=2)
def _scholar_moves(world: SyntheticWorld) -> NDArray[np.int64]:
    """Scholars who move, ``[year, from, to]``, for the years of the files."""
    rng = np.random.default_rng([world.seed, 2001])
    years = np.array(SCHOLAR_YEARS) - FIRST_YEAR
    moves: NDArray[np.int64] = rng.poisson(_graduate_moves(world)[years] * MOVES_PER_GRADUATES_MOVE)
    absent = economies().positions(" ".join(NO_ISO_CODE))
    moves[:, absent], moves[:, :, absent] = 0, 0
    return moves


@lru_cache(maxsize=2)
def _graduate_moves(world: SyntheticWorld) -> Array:
    """Moves of the tertiary educated in every year, ``[year, from, to]``: departures, and returns the other way."""
    told = world.simulation
    leaving = told.leaving[2] / np.maximum(told.leaving.sum(axis=0), 1e-9)
    returning = told.returning[2] / np.maximum(told.returning.sum(axis=0), 1e-9)
    out = told.departures * leaving.T[:, :, None]
    back = told.returns * returning.T[:, :, None]
    moves: Array = out + back.transpose(0, 2, 1)
    return moves


def _scholars(world: SyntheticWorld) -> bytes:
    moves, told = _scholar_moves(world), world.simulation
    rng = np.random.default_rng([world.seed, 2002])
    listed, names = economies(), _names()
    rows = []
    for i, year in enumerate(SCHOLAR_YEARS):
        t = year - FIRST_YEAR
        scholars = told.residents[2, :, t] * (0.2 + told.development[:, t]) * SCHOLARS_PER_GRADUATE
        arrivals, departures = moves[i].sum(axis=0), moves[i].sum(axis=1)
        for e, code in enumerate(listed.codes):
            if code not in NO_ISO_CODE:
                counts = (int(scholars[e]) + 1, int(arrivals[e]), int(departures[e]))
                place = (names[code].iso2, code, names[code].name, listed.regions[e], world._income_groups[e])
                figures = (told.income_current[e, t], float(round(told.population[e, t])))
                rows.append((f"{year}.0", code, *_rates(*counts), *place, *figures))
        for _ in range(UNKNOWN_PLACES):
            counts = (int(rng.integers(50, 500)), int(rng.integers(0, 20)), int(rng.integers(0, 20)))
            rows.append((f"{year}.0", None, *_rates(*counts), None, None, None, None, None, None, None))
    names_of_columns = (
        "year", "countrycode", "padded_population_of_researchers", "number_of_inmigrations",
        "number_of_outmigrations", "netmigration", "outmigrationrate", "inmigrationrate", "netmigrationrate",
        "iso2code", "iso3code", "countryname", "region", "incomelevel", "gdp_per_capita", "population",
    )  # fmt: skip
    return _lines(names_of_columns, rows)


def _rates(scholars: int, arrivals: int, departures: int) -> tuple[int | str, ...]:
    """Counts, and rates as the publisher writes them (single precision)."""
    net = arrivals - departures
    shares = (str(np.float32(count / scholars)) for count in (departures, arrivals, net))
    return (scholars, arrivals, departures, net, *shares)


def _scholar_flows(world: SyntheticWorld) -> bytes:
    kept = _scholar_moves(world)[: LAST_YEAR_OF_PAIRS - SCHOLAR_YEARS[0] + 1]
    year, origin, target = np.nonzero(kept)
    codes, told = np.array(economies().codes), world.simulation
    names = np.array([_names()[code].name for code in codes])
    regions, incomes = np.array(economies().regions), np.array(world._income_groups)
    at = year + SCHOLAR_YEARS[0] - FIRST_YEAR
    columns: dict[str, Any] = {"n_migrations": kept[year, origin, target], "year": at + float(FIRST_YEAR)}
    for label, of in (("countryname", names), ("region", regions), ("incomelevel", incomes)):
        columns |= {f"{label}from": of[origin], f"{label}to": of[target]}
    for label, figure in (("gdp_per_capita", told.income_current), ("population", np.round(told.population))):
        columns |= {f"{label}from": figure[origin, at], f"{label}to": figure[target, at]}
    columns |= {"iso3codefrom": codes[origin], "iso3codeto": codes[target]}
    scholars = (told.residents[2] * (0.2 + told.development) * SCHOLARS_PER_GRADUATE).astype(np.int64) + 1
    columns |= {"paddedpopfrom": scholars[origin, at], "paddedpopto": scholars[target, at]}
    written = io.BytesIO()
    parquet.write_table(pa.table(columns), written)
    return written.getvalue()


# --- LinkedIn ------------------------------------------------------------------------------------------------

TALENT = "datacatalogfiles.worldbank.org/ddh-published/0038044/DR0046256/public_use-talent-migration.xlsx"
TALENT_YEARS = range(2015, 2020)
COUNTRIES, COUNTRIES_WITH_INDUSTRIES = 140, 137
PAIRS, INDUSTRY_ROWS, SKILL_ROWS = 2074, 5295, 17617
"""Unordered pairs of countries, and rows of the other two sheets: as many as the publisher's."""
INDUSTRIES, SKILL_GROUPS = 143, 249
ISIC_SECTIONS = {
    "B": "Mining and quarrying",
    "C": "Manufacturing",
    "F": "Construction",
    "G": "Wholesale and retail trade; repair of motor vehicles and motorcycles",
    "J": "Information and communication",
    "K": "Financial and insurance activities",
    "M": "Professional scientific and technical activities",
    "P": "Education",
    "Q": "Human health and social work activities",
    "R": "Arts, entertainment and recreation",
}
SKILL_CATEGORIES = (
    "Business Skills", "Disruptive Tech Skills", "Soft Skills", "Specialized Industry Skills", "Tech Skills",
)  # fmt: skip


def _talent(world: SyntheticWorld) -> bytes:
    """The workbook: three sheets of text, then countries, industries and skills."""
    years = [f"net_per_10K_{year}" for year in TALENT_YEARS]
    net, chosen = _net_rates(world)
    rng = np.random.default_rng([world.seed, 2003])
    industries = {
        number: (section, ISIC_SECTIONS[section], float(number), f"Made-up industry {number}")
        for number in range(1, INDUSTRIES + 1)
        for section in [sorted(ISIC_SECTIONS)[number % len(ISIC_SECTIONS)]]
    }
    skills = {
        number: (float(number), SKILL_CATEGORIES[number % len(SKILL_CATEGORIES)], f"Made-up skill group {number}")
        for number in range(1, SKILL_GROUPS + 1)
    }
    of_country = net.sum(axis=2).T
    return xlsx(
        {
            "Cover": [["Talent migration, SYNTHETIC figures of the sandbox"]],
            "Notes": [["Net moves per 10,000 members; figures of no country."]],
            "Variable List": [["Variable", "Description"]],
            "Country Migration": _pair_rows(world, net, chosen, years),
            "Industry Migration": [
                ["country_code", "country_name", "wb_income", "wb_region", "isic_section_index", "isic_section_name",
                 "industry_id", "industry_name", *years],
                *_group_rows(world, of_country, chosen[:COUNTRIES_WITH_INDUSTRIES], industries, INDUSTRY_ROWS, rng),
            ],
            "Skill Migration": [
                ["country_code", "country_name", "wb_income", "wb_region", "skill_group_id", "skill_group_category",
                 "skill_group_name", *years],
                *_group_rows(world, of_country, chosen, skills, SKILL_ROWS, rng),
            ],
        }
    )  # fmt: skip


@lru_cache(maxsize=2)
def _net_rates(world: SyntheticWorld) -> tuple[Array, Codes]:
    """Net moves per 10,000 members, ``[year, base, target]``, and the countries with the most members."""
    at = np.array(TALENT_YEARS) - FIRST_YEAR
    moves, told = _graduate_moves(world)[at], world.simulation
    net: Array = (moves.transpose(0, 2, 1) - moves) / told.residents[2][:, at].T[:, :, None] * 10000
    largest = np.argsort(-(told.residents[2] * told.development)[:, at[-1]])
    absent = set(economies().positions(" ".join(NO_ISO_CODE)))
    namibia = economies().codes.index("NAM")
    kept = [int(e) for e in largest if e not in absent and e != namibia][: COUNTRIES - 1]
    # Its code is `na`: the publisher's file has it, and so must this one.
    return net, np.array([namibia, *kept])


def _pair_rows(world: SyntheticWorld, net: Array, chosen: Codes, years: Sequence[str]) -> Cells:
    """Both sides of the pairs with the most moves; every country has its largest pair."""
    at = np.array(TALENT_YEARS) - FIRST_YEAR
    both = _graduate_moves(world)[at].sum(axis=0)[np.ix_(chosen, chosen)]
    both = np.triu(both + both.T, 1)
    first, second = np.unravel_index(np.argsort(-both, axis=None)[:PAIRS], both.shape)
    own = {(min(i, j), max(i, j)) for i, j in enumerate((both + both.T).argmax(axis=1).tolist())}
    pairs = list(own)
    for pair in zip(first.tolist(), second.tolist(), strict=True):
        if len(pairs) < PAIRS and pair not in own:
            pairs.append(pair)
    sides = sorted({(int(chosen[i]), int(chosen[j])) for one, two in pairs for i, j in ((one, two), (two, one))})
    header = [f"{side}_{name}" for side in ("base", "target") for name in ("country_code", "country_name")]
    header = [
        *header[:2], "base_lat", "base_long", "base_country_wb_income", "base_country_wb_region",
        *header[2:], "target_lat", "target_long", "target_country_wb_income", "target_country_wb_region", *years,
    ]  # fmt: skip
    rows: Cells = [header]
    for base, target in sides:
        figures = [round(float(rate), 2) for rate in net[:, base, target]]
        rows.append([*_talent_place(world, base, "Income"), *_talent_place(world, target, "Income"), *figures])
    return rows


def _talent_place(world: SyntheticWorld, economy: int, income: str) -> list[Any]:
    """A country's cells: code, name, a latitude and longitude of nowhere, income group, region."""
    code, name, group, region = _talent_country(world, economy, income)
    return [code, name, 0.0, 0.0, group, region]


def _talent_country(world: SyntheticWorld, economy: int, income: str) -> list[str]:
    """Lower-case code, name, income group (the sheets write ``Income`` and ``income``) and region."""
    place = places()[economy]
    group = {"LIC": "Low", "LMC": "Lower Middle", "UMC": "Upper Middle", "HIC": "High"}[world._income_groups[economy]]
    if income == "income":
        group = group.capitalize()
    return [place.iso2.lower(), place.name, f"{group} {income}", economies().regions[economy]]


def _group_rows(
    world: SyntheticWorld,
    of_country: Array,
    chosen: Codes,
    groups: Mapping[int, Sequence[Any]],
    n_rows: int,
    rng: np.random.Generator,
) -> Cells:
    """Countries by industry or skill group: some groups of each country, around five times the country's own rate."""
    each, more = divmod(n_rows, len(chosen))
    rows: Cells = []
    for i, economy in enumerate(chosen.tolist()):
        numbers = np.sort(rng.choice(list(groups), each + (i < more), replace=False))
        around = rng.normal(0, 60, (len(numbers), 1)) + rng.normal(0, 15, (len(numbers), len(TALENT_YEARS)))
        figures = np.round(5 * of_country[economy] + around, 2) + 0.0
        place = _talent_country(world, economy, "income")
        rows += [[*place, *groups[int(n)], *figures[k].tolist()] for k, n in enumerate(numbers)]
    return rows


# --- attainment ----------------------------------------------------------------------------------------------

ATTAINMENT = "barrolee.github.io/BarroLeeDataSet/BLData/BL_v3_MF.csv"
ATTAINMENT_YEARS = range(1950, 2016, 5)
ATTAINMENT_AGES = ((15, 24), (25, 34), (35, 44), (45, 54), (55, 64))
ATTAINMENT_COUNTRIES = 144
OWN_CODES = {"MDA": "ROM", "SRB": "SER"}
"""The publisher's spelling; ROM is Romania nearly everywhere else."""
NOT_IN_SIMULATION = {"REU": "Reunion", "TWN": "China, Taiwan Province of China"}
"""Places that no economy stands for; they have the education of the world."""


def _attainment(world: SyntheticWorld) -> bytes:
    told = world.simulation
    codes = economies().codes
    largest = np.argsort(-told.population[:, 1990 - FIRST_YEAR])
    always = [codes.index(code) for code in (*OWN_CODES, "NAM", "ROU")]
    others = [int(e) for e in largest if codes[e] not in NO_ISO_CODE and e not in always]
    chosen = sorted([*always, *others[: ATTAINMENT_COUNTRIES - len(always)]])
    rows = []
    described = [
        (
            (places()[economy].name, OWN_CODES.get(codes[economy], codes[economy])),
            REGION_NAMES[economies().regions[economy]],
            told.residents[:, economy],
        )
        for economy in chosen
    ]
    world_mean = told.residents.mean(axis=1)
    described += [((name, code), REGION_NAMES["EAS"], world_mean) for code, name in NOT_IN_SIMULATION.items()]
    for number, (place, region, people) in enumerate(described, start=1):
        for year in ATTAINMENT_YEARS:
            then = people[:, max(year - FIRST_YEAR, 0)]
            rows += [_attained(number, place, region, year, age, then, k) for k, age in enumerate(ATTAINMENT_AGES)]
    columns = (
        "BLcode", "country", "year", "sex", "agefrom", "ageto", "lu", "lp", "lpc", "ls", "lsc", "lh", "lhc", "yr_sch",
        "yr_sch_pri", "yr_sch_sec", "yr_sch_ter", "WBcode", "region_code", "pop",
    )  # fmt: skip
    return _lines(columns, rows)


REGION_NAMES = {
    "EAS": "East Asia and the Pacific",
    "ECS": "Europe and Central Asia",
    "LCN": "Latin America and the Caribbean",
    "MEA": "Middle East and North Africa",
    "NAC": "Advanced Economies",
    "SAS": "South Asia",
    "SSF": "Sub-Saharan Africa",
}


def _attained(
    number: int, place: tuple[str, str], region: str, year: int, age: tuple[int, int], people: Array, band: int
) -> tuple[Any, ...]:
    """One row: the younger the age group, the more schooling, around the education of all residents."""
    total = people.sum()
    higher, secondary = (people[2] / total, people[1] / total) * np.array(1.3 - 0.15 * band)
    primary = 0.75 * max(1 - higher - secondary, 0)
    shares = [100 * share for share in (primary, secondary, higher)]
    lp, ls, lh = (round(share, 2) for share in shares)
    lu = round(100 - lp - ls - lh, 2)
    years = [6 * (primary + secondary + higher), 6 * (secondary + higher), 3.5 * higher]
    pri, sec, ter = (round(float(y), 3) for y in years)
    completed = (round(0.6 * lp, 2), round(0.65 * ls, 2), round(0.7 * lh, 2))
    attained = (lu, lp, completed[0], ls, completed[1], lh, completed[2])
    in_thousands = float(max(round(total / 1000 * (0.19, 0.16, 0.13, 0.1, 0.08)[band]), 1))
    name, code = place
    return (number, name, year, "MF", *age, *attained, round(pri + sec + ter, 3), pri, sec, ter, code, region,
            in_thousands)  # fmt: skip


# --- institutions --------------------------------------------------------------------------------------------

DEMOCRACY = "www.v-dem.net/media/datasets/V-Dem-CY-Core-v15_csv.zip"
INDICATORS = "www.v-dem.net/media/datasets/V-Dem-CY-FullOthers-v15_csv.zip"
DEMOCRACY_YEARS = range(1980, 2025)
DEMOCRACY_COUNTRIES = 173
EXTRA_ENTITIES = {
    "DDR": (137, "German Democratic Republic", 1990),
    "PSG": (138, "Palestine/Gaza", 2024),
    "SML": (139, "Somaliland", 2024),
    "TWN": (48, "Taiwan", 2024),
    "YMD": (23, "South Yemen", 1990),
    "ZZB": (236, "Zanzibar", 2024),
}
"""Entities of the publisher that no economy stands for: number, name, last year."""
FRAGILITY = "inbox/fund_for_peace/fsi_2006_2023.csv.gz"
FRAGILITY_COUNTRIES = 179
FRAGILITY_INDICATORS = {
    "C1": "security apparatus",
    "C2": "factionalized elites",
    "C3": "group grievance",
    "E1": "economy",
    "E2": "economic inequality",
    "E3": "human flight and brain drain",
    "P1": "state legitimacy",
    "P2": "public services",
    "P3": "human rights",
    "S1": "demographic pressures",
    "S2": "refugees and idps",
    "X1": "external intervention",
}


@lru_cache(maxsize=2)
def _freedom(world: SyntheticWorld) -> Array:
    """0 (none) to 1, ``[economy, year]``: development, with shocks of its own."""
    development = world.simulation.development
    shocks = autoregressive(np.random.default_rng([world.seed, 2004]), len(development), 0.9, 0.12)
    freedom: Array = np.clip(0.1 + 0.75 * development + shocks, 0.01, 0.95)
    return freedom


def _entities(world: SyntheticWorld) -> list[tuple[str, str, int, NDArray[np.float64], int]]:
    """Code, name, number, freedom by year, and last year of each entity."""
    largest = np.argsort(-world.simulation.population[:, 2010 - FIRST_YEAR])[:DEMOCRACY_COUNTRIES]
    listed, freedom = places(), _freedom(world)
    known = [(listed[e].code, listed[e].name, 1000 + int(e), freedom[e], 2024) for e in sorted(largest.tolist())
             if listed[e].code not in ("CHI", *EXTRA_ENTITIES)]  # fmt: skip
    middle = freedom.mean(axis=0)
    extra = [(code, name, number, middle, last) for code, (number, name, last) in EXTRA_ENTITIES.items()]
    return [*known, *extra]


def _democracy(world: SyntheticWorld) -> bytes:
    """The indices with their bounds; an index of the newest entity can be missing."""
    rows = []
    for code, name, number, freedom, last in _entities(world):
        for year in range(DEMOCRACY_YEARS[0], last + 1):
            index = float(freedom[year - FIRST_YEAR])
            figures: list[float | None] = []
            for share in (1.15, 1.0, 0.65, 0.9, 0.85):
                level = round(min(index * share, 0.97), 3)
                spread = round(0.05 * min(level, 1 - level) + 0.004, 3)
                figures += [level, max(round(level - spread, 3), 0), round(level + spread, 3), round(spread / 2, 3)]
            if code == "SML" and year < 1991:
                figures = [None] * len(figures)
            rows.append((name, code, number, year, f"{year}-12-31", 0, 0, name, *figures))
    identifiers = ("country_name", "country_text_id", "country_id", "year", "historical_date", "project", "historical",
                   "histname")  # fmt: skip
    indices = ("v2x_polyarchy", "v2x_libdem", "v2x_partipdem", "v2x_delibdem", "v2x_egaldem")
    columns = [f"{index}{end}" for index in indices for end in ("", "_codelow", "_codehigh", "_sd")]
    return archive({"V-Dem-CY-Core-v15.csv": _lines((*identifiers, *columns), rows)})


def _indicators(world: SyntheticWorld) -> bytes:
    """Freedom of religion among the thousands of indicators, on the scale of the measurement model."""
    rows = []
    for code, name, number, freedom, last in _entities(world):
        for year in range(DEMOCRACY_YEARS[0], last + 1):
            level = round(6 * (float(freedom[year - FIRST_YEAR]) - 0.5), 3)
            bounds = (round(level - 0.5, 3), round(level + 0.5, 3), 0.25)
            rows.append((name, code, number, year, f"{year}-12-31", level, *bounds))
    columns = ("country_name", "country_text_id", "country_id", "year", "historical_date", "v2clrelig",
               "v2clrelig_codelow", "v2clrelig_codehigh", "v2clrelig_sd")  # fmt: skip
    return archive({"V-Dem-CY-Full+Others-v15.csv": _lines(columns, rows)})


def _fragility(world: SyntheticWorld) -> bytes:
    """Twelve scores of 0 to 10 (worst), their total and its rank; human flight follows skilled emigration."""
    told, listed = world.simulation, places()
    largest = np.argsort(-told.population[:, 2010 - FIRST_YEAR]).tolist()
    chosen = sorted([e for e in largest if listed[e].code not in (*NO_ISO_CODE, "HKG", "MAC", "PRI")][
        :FRAGILITY_COUNTRIES])  # fmt: skip
    rng = np.random.default_rng([world.seed, 2005])
    own = rng.normal(0, 0.6, (len(chosen), len(FRAGILITY_INDICATORS), 1))
    at = np.arange(2006, 2024) - FIRST_YEAR
    scores = np.clip(1 + 8 * (1 - _freedom(world)[chosen][:, None, at]) + own, 0.3, 10)
    rate = told.emigrants[2] / np.maximum(told.emigrants[2] + told.residents[2] - told.immigrants[2], 1)
    scores[:, list(FRAGILITY_INDICATORS).index("E3")] = np.clip(1 + 14 * np.sqrt(rate[chosen][:, at]), 0.3, 10)
    scores = np.round(scores, 1)
    totals = np.round(scores.sum(axis=1), 1)
    ranks = np.argsort(np.argsort(-totals, axis=0, kind="stable"), axis=0) + 1
    rows: list[tuple[Any, ...]] = []
    for i, year in enumerate(range(2006, 2024)):
        for k, economy in enumerate(chosen):
            beside = (listed[economy].code, year, int(ranks[k, i]), float(totals[k, i]))
            rows += [
                (*beside, code, FRAGILITY_INDICATORS[code], float(scores[k, j, i]))
                for j, code in enumerate(FRAGILITY_INDICATORS)
            ]
            if year in (2019, 2020):
                change = round(float(totals[k, i] - totals[k, i - 1]), 1)
                rows.append((*beside, "Change from Previous Year", None, change))
    table = _lines(("geo", "t", "rank", "total", "code", "indicator", "v"), rows)
    return gzip.compress(table, compresslevel=1, mtime=0)


# --- bricks --------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _names() -> dict[str, Any]:
    return {place.code: place for place in places()}


def _lines(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """A table as CSV, from rows; None is an empty cell."""
    return csv_text(pa.table({name: [row[i] for row in rows] for i, name in enumerate(columns)}))


def csv_text(table: pa.Table) -> bytes:
    """A table as CSV; text is quoted."""
    written = io.BytesIO()
    written.write((",".join(table.column_names) + "\n").encode())
    csv.write_csv(table, written, csv.WriteOptions(include_header=False))
    return written.getvalue()


_FILES: dict[str, tuple[str, Callable[[SyntheticWorld], bytes]]] = {
    f"{SCHOLARS}/scopus_2024_V1_scholarlymigration_country_enriched.csv": ("2024-07-01", _scholars),
    f"{SCHOLARS}/scopus_2024_V1_scholarlymigration_countryflows_enriched.parquet": ("2024-07-01", _scholar_flows),
    TALENT: ("2019-12-31", _talent),
    ATTAINMENT: ("2021-09-01", _attainment),
    DEMOCRACY: ("2025-03-04", _democracy),
    INDICATORS: ("2025-03-04", _indicators),
    FRAGILITY: ("2024-05-15", _fragility),
}
"""Address -> date of the release, and what makes the file."""
