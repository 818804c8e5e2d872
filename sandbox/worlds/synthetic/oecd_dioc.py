"""The OECD's Database on Immigrants (DIOC) over the synthetic world; closed rounds do not change with the vintage.

Immigrants are the people abroad in OECD members, by birthplace, sex and education; natives the residents born there.
Education is unknown for 3 % of the persons of every third reporter. Who comes from a birthplace with fewer than 50
persons in a country stands there under an unknown birthplace. The simulation has no ages: large cells are spread over
all age groups, small ones stand in one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import compute

from sandbox.worlds import File
from sandbox.worlds.synthetic.academic import csv_text
from sandbox.worlds.synthetic.economies import GROUPS, economies
from sandbox.worlds.synthetic.simulation import FIRST_YEAR
from sandbox.worlds.synthetic.workbooks import xlsx

if TYPE_CHECKING:
    from sandbox.worlds.synthetic import SyntheticWorld

IMMIGRANTS = (
    "webfs.oecd.org/els-com/Migration/Databases/Database on Immigrants in OECD and non-OECD Countries DIOC/"
    "DIOC database - click here/Reference years "
)
SMALLEST_CORRIDOR = 50
"""Persons; who comes from smaller ones is put under an unknown birthplace, as many reporters do."""
UNKNOWN_PLACE, UNKNOWN = "UNK", 99
SHARE_UNKNOWN_EDUCATION = 0.03
SHARE_CHILDREN = 0.08
LARGE_CELL = 200000
"""Persons from which on a cell is spread over all age groups; smaller ones stand in one."""
REGIONS_OF_BIRTH = {
    "EAS": "ASIA",
    "ECS": "EURO",
    "LCN": "SCAC",
    "MEA": "AFRI",
    "NAC": "NOAM",
    "SAS": "ASIA",
    "SSF": "AFRI",
}


def file(world: SyntheticWorld, address: str) -> File | None:
    """The file of an address."""
    if address not in _FILES:
        return None
    released, make = _FILES[address]
    return File(make(world), released)


@lru_cache(maxsize=8)
def _immigrants(world: SyntheticWorld, year: int) -> pa.Table:
    """Persons by destination, birthplace, sex (1 men, 2 women) and education (1, 2, 3, 99), natives too."""
    codes, told = np.array(economies().codes), world.simulation
    hosts = np.array(economies().positions(GROUPS["OED"]))
    stock = told.stocks[year][:, :, :, hosts]
    home = told.residents[:, hosts, year - FIRST_YEAR] - told.immigrants[:, hosts, year - FIRST_YEAR]
    stock = stock * (stock.sum(axis=(0, 1)) >= SMALLEST_CORRIDOR)
    small = told.stocks[year][:, :, :, hosts].sum(axis=2) - stock.sum(axis=2)
    at_home = np.repeat(home[:, None], 2, axis=1) / 2
    people = np.concatenate([stock, small[:, :, None], at_home[:, :, None]], axis=2)
    is_coarse = (np.arange(len(hosts)) % 3 == 0)[None, None, None, :]
    unknown = (people * SHARE_UNKNOWN_EDUCATION * is_coarse).sum(axis=0, keepdims=True)
    people = np.concatenate([people * (1 - SHARE_UNKNOWN_EDUCATION * is_coarse), unknown])
    counts = np.round(people)
    education, sex, birth, host = np.nonzero(counts)
    births = np.append(codes, [UNKNOWN_PLACE, ""])
    born = births[birth]
    country = codes[hosts][host]
    is_native = born == ""
    return pa.table(
        {
            "country": country,
            "coub": np.where(is_native, country, born),
            "fborn": np.where(is_native, 0, 1),
            "sex": np.where(sex == 1, 1, 2),
            "edu_lfs": np.array([1, 2, 3, UNKNOWN])[education],
            "number": counts[education, sex, birth, host],
        }
    )


def _by_age(table: pa.Table, column: str, bands: Sequence[int], children: int | None) -> pa.Table:
    """The same persons by age group: large cells in every group, small ones in one, children of the least educated."""
    number = table["number"].to_numpy()
    is_large = number >= LARGE_CELL
    place = np.arange(len(number))
    weights = np.linspace(1.5, 0.5, len(bands))
    weights /= weights.sum()
    spread = np.round(number[is_large, None] * weights)
    spread[:, 0] += number[is_large] - spread.sum(axis=1)
    rows = np.concatenate([place[~is_large], np.repeat(place[is_large], len(bands))])
    ages = np.concatenate(
        [np.array(bands)[place[~is_large] % len(bands)], np.tile(np.array(bands), int(is_large.sum()))]
    )
    persons = np.concatenate([number[~is_large], spread.ravel()])
    if children is not None:
        young = np.round(persons * SHARE_CHILDREN) * (table["edu_lfs"].to_numpy()[rows] == 1)
        has_young = young > 0
        persons = persons - young
        rows = np.concatenate([rows, rows[has_young]])
        ages = np.concatenate([ages, np.full(int(has_young.sum()), children)])
        persons = np.concatenate([persons, young[has_young]])
    aged = table.take(pa.array(rows))
    return aged.set_column(aged.column_names.index("number"), "number", pa.array(persons)).append_column(
        column, pa.array(ages)
    )


def _dioc_2000(world: SyntheticWorld) -> bytes:
    return _dioc_with_two_ages(world, 2000, ("reg_oecd",))


def _dioc_2005(world: SyntheticWorld) -> bytes:
    return _dioc_with_two_ages(world, 2005, ("reg_oecd_2000", "reg_oecd_2010"))


def _dioc_with_two_ages(world: SyntheticWorld, year: int, memberships: Sequence[str]) -> bytes:
    """Twelve age groups of the census, and the coarser ones of the labour force survey beside them."""
    table = _by_age(_immigrants(world, year), "age_cen", range(1, 13), None)
    coarse = np.searchsorted([2, 10], table["age_cen"].to_numpy(), side="left") + 1
    table = table.append_column("age_lfs", pa.array(coarse)).append_column("edu_cen", table["edu_lfs"])
    for name in memberships:
        table = table.append_column(name, pa.array([1] * len(table)))
    return csv_text(table.append_column("reg_regions", pa.array(_regions_of_birth(table))))


def _dioc_2010(world: SyntheticWorld) -> bytes:
    table = _by_age(_immigrants(world, 2010), "age", range(2, 8), 1)
    n = len(table)
    for name, values in (
        ("regionb", _regions_of_birth(table)),
        ("birth", [1] * n),
        ("source", ["census"] * n),
        ("oecd", [1] * n),
        ("oecdb", [0] * n),
        ("edu_detailed", table["edu_lfs"]),
    ):
        table = table.append_column(name, values if isinstance(values, pa.ChunkedArray) else pa.array(values))
    return csv_text(table)


def _dioc_2015(world: SyntheticWorld) -> pa.Table:
    table = _by_age(_immigrants(world, 2015), "age_lfs", (1, 2, 3), 0)
    n = len(table)
    for name, values in (
        ("national", [UNKNOWN] * n),
        ("regionb", _regions_of_birth(table)),
        ("oecd", [1] * n),
        ("oecdb", [0] * n),
    ):
        table = table.append_column(name, pa.array(values))
    return table


def _dioc_2015_destinations(world: SyntheticWorld) -> bytes:
    keys = ["country", "national", "sex", "age_lfs", "edu_lfs", "fborn", "regionb", "oecd", "oecdb"]
    return csv_text(_summed(_dioc_2015(world), keys))


def _dioc_2015_origins(world: SyntheticWorld) -> bytes:
    keys = ["coub", "national", "sex", "age_lfs", "edu_lfs", "fborn", "regionb", "oecdb"]
    return csv_text(_summed(_dioc_2015(world), keys))


def _dioc_2020(world: SyntheticWorld) -> bytes:
    """The hundred largest origins only."""
    table = _immigrants(world, 2020)
    abroad = table.filter(compute.equal(table["fborn"], 1)).group_by("coub").aggregate([("number", "sum")])
    largest = abroad.sort_by([("number_sum", "descending")])["coub"][:100]
    kept = compute.or_(compute.is_in(table["coub"], largest.combine_chunks()), compute.equal(table["fborn"], 0))
    aged = _by_age(table.filter(kept), "age", (1, 2, 3), 0)
    columns = ["country", "coub", "fborn", "sex", "age", "edu_lfs", "number"]
    cells = zip(*(aged[name].to_pylist() for name in columns), strict=True)
    return xlsx({"t1_TOP100": [columns, *(list(row) for row in cells)]})


def _summed(table: pa.Table, keys: list[str]) -> pa.Table:
    """Persons by these columns alone."""
    summed = table.group_by(keys).aggregate([("number", "sum")])
    return summed.rename_columns([*keys, "number"])


def _regions_of_birth(table: pa.Table) -> list[str]:
    """The publisher's region of each birthplace."""
    regions = dict(zip(economies().codes, economies().regions, strict=True))
    known = {code: REGIONS_OF_BIRTH[region] for code, region in regions.items()} | {UNKNOWN_PLACE: "UNK"}
    return [known[code] for code in table["coub"].to_pylist()]


_FILES: dict[str, tuple[str, Callable[[SyntheticWorld], bytes]]] = {
    f"{IMMIGRANTS}2000-2001/FILE_A_1_T.csv": ("2024-05-28", _dioc_2000),
    f"{IMMIGRANTS}2005-2006/T1.2_2005.CSV": ("2024-05-28", _dioc_2005),
    f"{IMMIGRANTS}2010-2011/DIOC_2010_11_File_A_quater_REV.csv": ("2024-05-28", _dioc_2010),
    f"{IMMIGRANTS}2015-2016/DIOC_2015_16_File_A_1.csv": ("2024-05-28", _dioc_2015_destinations),
    f"{IMMIGRANTS}2015-2016/DIOC_2015_16_File_A_2.csv": ("2024-05-28", _dioc_2015_origins),
    f"{IMMIGRANTS}2020-2021/t1_TOP100.xlsx": ("2024-10-14", _dioc_2020),
}
"""Address -> date of the release, and what makes the file."""
