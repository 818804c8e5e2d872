"""UN DESA's migrant stock of the synthetic world: four workbooks that tell one story.

People abroad as the simulation counts them, rounded to persons by sex and pair, so that every total is a sum. As with
the publisher: Kosovo is inside Serbia, Saint Martin has no estimate, groups of countries stand among the countries, and
the 2020 edition rests on older counts. From vintage 2 on, a few destinations of 2024 are corrected.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sandbox.worlds import File
from sandbox.worlds.synthetic import NOTE, SyntheticWorld
from sandbox.worlds.synthetic.economies import economies, iso2_of, places
from sandbox.worlds.synthetic.workbooks import Cell, xlsx

FOLDER = "www.un.org/development/desa/pd/sites/www.un.org.development.desa.pd/files/"
YEARS_2024 = (1990, 1995, 2000, 2005, 2010, 2015, 2020, 2024)
YEARS_2020 = YEARS_2024[:-1]
RELEASE_2020 = "2021-01-20"
TITLES = (
    "International migrant stock at mid-year, both sexes combined",
    "International migrant stock at mid-year, males",
    "International migrant stock at mid-year, females",
)
AREA = "Region, development group, country or area"
ROWS_ABOVE_TITLES, ROWS_BETWEEN = 7, 2
WORLD, OTHERS = 900, 2003
WITHOUT_ESTIMATE = "MAF"
INSIDE = {"XKX": "SRB"}
ORIGINS_LISTED = 6
"""The largest origins of a destination stand alone, the rest under Others; the publisher lists all it knows."""
CORRECTED_SHARE = 0.05
OLDER_COUNTS_SPREAD = 0.03
AFRICAN_MIDDLE_EAST = "DJI DZA EGY LBY MAR TUN"
EUROPEAN_MIDDLE_EAST = "MLT"
ASIAN_EUROPE = "ARM AZE CYP GEO KAZ KGZ TJK TKM TUR UZB"
OCEANIA = "ASM AUS FJI FSM GUM KIR MHL MNP NCL NRU NZL PLW PNG PYF SLB TON TUV VUT WSM"
NORTHERN_AMERICA = "BMU CAN GRL USA"
CONTINENTS = {
    903: "AFRICA",
    935: "ASIA",
    908: "EUROPE",
    904: "LATIN AMERICA AND THE CARIBBEAN",
    905: "NORTHERN AMERICA",
    909: "OCEANIA",
}
_BY_REGION = {"SSF": 903, "MEA": 935, "SAS": 935, "EAS": 935, "ECS": 908, "LCN": 904, "NAC": 905}
_EXCEPTIONS = {
    903: AFRICAN_MIDDLE_EAST,
    908: EUROPEAN_MIDDLE_EAST,
    935: ASIAN_EUROPE,
    909: OCEANIA,
    905: NORTHERN_AMERICA,
}
_NUMBERS = {"CHI": 830, "DEU": 276, "ETH": 231, "FRA": 250, "SDN": 729, "YEM": 887}
"""CLDR has no number for the first, and those of earlier territories beside today's for the others."""

Matrix = NDArray[np.float64]
"""Persons, ``[sex (males, females), origin, destination]``, areas in the order of ``areas()``."""


def file(world: SyntheticWorld, address: str) -> File | None:
    """One of the workbooks of the publisher's download page."""
    makers: dict[str, tuple[Callable[[SyntheticWorld], bytes], str]] = {
        "undesa_pd_2024_ims_stock_by_sex_and_destination.xlsx": (_by_destination, world.release_date),
        "undesa_pd_2024_ims_stock_by_sex_and_origin.xlsx": (_by_origin, world.release_date),
        "undesa_pd_2024_ims_stock_by_sex_destination_and_origin.xlsx": (_by_pair, world.release_date),
        "undesa_pd_2020_ims_stock_by_sex_and_destination.xlsx": (_by_destination_2020, RELEASE_2020),
    }
    found = makers.get(address.removeprefix(FOLDER)) if address.startswith(FOLDER) else None
    return File(found[0](world), found[1]) if found else None


@cache
def areas() -> tuple[str, ...]:
    """ISO codes of the publisher's countries and areas."""
    return tuple(code for code in economies().codes if code not in INSIDE)


@cache
def m49_of(code: str) -> int:
    """Number of an economy by the UN's standard M49, as CLDR knows it."""
    from babel.core import get_global

    if code in _NUMBERS:
        return _NUMBERS[code]
    aliases = get_global("territory_aliases")
    return next(int(alias) for alias, iso2 in aliases.items() if alias.isdecimal() and iso2 == [iso2_of(code)])


def continent_of(code: str) -> int:
    """Number of the continent an economy belongs to."""
    for continent, members in _EXCEPTIONS.items():
        if code in members.split():
            return continent
    listed = economies()
    return _BY_REGION[listed.regions[listed.codes.index(code)]]


def _stock(world: SyntheticWorld, year: int) -> Matrix:
    """Persons by sex and pair as the 2024 edition has them."""
    by_sex = world.simulation.stocks[year].sum(axis=0)[::-1]  # the simulation has females first
    codes = economies().codes
    whole = [codes.index(code) for code in areas()]
    merged = by_sex.copy()
    for part, into in INSIDE.items():
        a, b = codes.index(part), codes.index(into)
        merged[:, b, :] += merged[:, a, :]
        merged[:, :, b] += merged[:, :, a]
        merged[:, b, b] = 0
    people: Matrix = np.rint(merged[:, whole][:, :, whole])
    people[:, :, areas().index(WITHOUT_ESTIMATE)] = 0
    if year == YEARS_2024[-1] and world.vintage > 1:
        rng = np.random.default_rng([world.seed, 49, world.vintage])
        n = len(areas())
        factor = np.where(rng.random(n) < CORRECTED_SHARE, 1 + rng.normal(0, 0.02, n), 1)
        people = np.rint(people * factor)
    return people


def _by_destination(world: SyntheticWorld) -> bytes:
    figures = {year: _stock(world, year).sum(axis=1) for year in YEARS_2024}
    header = [None, AREA, "Coverage", "Data type", "Location code"]
    rows = [
        [number, name, None, _data_type(code), code, *cells]
        for number, (name, code, cells) in enumerate(_areas_with_groups(figures, unknown=None), start=1)
    ]
    return _workbook("International Migrant Stock 2024: Destination", header, YEARS_2024, rows)


def _by_destination_2020(world: SyntheticWorld) -> bytes:
    rng = np.random.default_rng([world.seed, 2020])
    older = 1.02 + rng.normal(0, OLDER_COUNTS_SPREAD, len(areas()))
    figures = {year: np.rint(_stock(world, year).sum(axis=1) * older) for year in YEARS_2020}
    header = [None, AREA, "Notes", "Location code", "Type of data"]
    listed = _areas_with_groups(figures, unknown="..")
    # The region stands under two headings, as in the publisher's table.
    listed.append(next(entry for entry in listed if entry[1] == 909))
    rows = [
        [number, f"  {name}", None, code, _data_type(code), *cells]
        for number, (name, code, cells) in enumerate(listed, start=1)
    ]
    return _workbook("International Migrant Stock 2020: Destination", header, YEARS_2020, rows)


def _by_origin(world: SyntheticWorld) -> bytes:
    figures = {year: _stock(world, year).sum(axis=2) for year in YEARS_2024}
    header = [None, AREA, "Coverage", "Location code"]
    rows = [
        [number, name, None, code, *cells]
        for number, (name, code, cells) in enumerate(_areas_with_groups(figures), start=1)
    ]
    return _workbook("International Migrant Stock 2024: Origin", header, YEARS_2024, rows)


def _by_pair(world: SyntheticWorld) -> bytes:
    """The largest origins of each destination, Others and World; destinations without estimate are not there."""
    people = np.stack([_stock(world, year) for year in YEARS_2024])  # [year, sex, origin, destination]
    names, numbers = _names(), [m49_of(code) for code in areas()]
    rows: list[list[Cell]] = []
    for d, destination in enumerate(areas()):
        if destination == WITHOUT_ESTIMATE:
            continue
        here = people[:, :, :, d]
        largest = np.argsort(-here[-1].sum(axis=0), kind="stable")[:ORIGINS_LISTED]
        total = here.sum(axis=2)
        origins = [("World", WORLD, total), ("Others", OTHERS, total - here[:, :, largest].sum(axis=2))]
        origins += [(names[o], numbers[o], here[:, :, o]) for o in largest.tolist()]
        for name, code, counted in origins:
            left: list[Cell] = [len(rows) + 1, names[d], None, _data_type(numbers[d]), numbers[d], name, code]
            rows.append([*left, *_cells(counted.T)])
    header = [
        None,
        f"{AREA} of destination",
        "Coverage",
        "Data type",
        "Location code of destination",
        f"{AREA} of origin",
        "Location code of origin",
    ]
    return _workbook("International Migrant Stock 2024: Destination and origin", header, YEARS_2024, rows)


def _areas_with_groups(
    figures: dict[int, NDArray[np.float64]], unknown: str | None = ""
) -> list[tuple[str, int, list[Cell]]]:
    """Name, code and cells of the world, the continents and the areas; ``figures[year]`` is ``[sex, area]``.

    An area of the destinations that has no estimate shows ``unknown``; origins (``""``) have no such area.
    """
    stacked = np.stack(list(figures.values()), axis=2)  # [sex, area, year]
    continents = np.array([continent_of(code) for code in areas()])
    listed = [("World", WORLD, _cells(stacked.sum(axis=1)))]
    for code, name in CONTINENTS.items():
        listed.append((name, code, _cells(stacked[:, continents == code].sum(axis=1))))
    for place, (area, name) in enumerate(zip(areas(), _names(), strict=True)):
        cells = _cells(stacked[:, place])
        if area == WITHOUT_ESTIMATE and unknown != "":
            cells = [unknown for _ in cells]
        listed.append((name, m49_of(area), cells))
    return listed


def _cells(by_sex: NDArray[np.float64]) -> list[Cell]:
    """Both sexes, males, females over the years, of ``[sex, year]``."""
    males, females = by_sex.astype(int)
    return [*(males + females).tolist(), *males.tolist(), *females.tolist()]


def _names() -> list[str]:
    names = {place.code: place.name for place in places()}
    return [names[code] for code in areas()]


def _data_type(code: int) -> str | None:
    """What an estimate rests on, the same in every edition: mostly birth, sometimes citizenship, refugees added."""
    if code >= WORLD:
        return None
    return ("B", "B R", "B R", "C R")[code % 4]


def _workbook(title: str, header: Sequence[Cell], years: Sequence[int], rows: Sequence[Sequence[Cell]]) -> bytes:
    left = len(header)
    above: list[list[Cell]] = [[] for _ in range(ROWS_ABOVE_TITLES)]
    above[1], above[2] = [*[None] * left, title], [*[None] * left, NOTE]
    titles: list[Cell] = [None] * left
    for block in TITLES:
        titles += [block, *[None] * (len(years) - 1)]
    sheet = [*above, titles, *[[] for _ in range(ROWS_BETWEEN)], [*header, *years, *years, *years], *rows]
    return xlsx({"Table of contents": [[title], [NOTE]], "Table 1": sheet})
