"""ILOSTAT's tables of the synthetic world: employment by occupation and place of birth, employment rates, earnings.

Workers are the adults of the simulation, by education and by whether they live where they were born. Education leads
to occupations; of the highly educated, natives and foreign-born, those in low or medium skilled work are the same as
in Eurostat's over-qualification rates. Europe's surveys come every year, the others' now and then; figures of few
people are flagged unreliable (``U``), some years break a series (``B``).

Occupations stand twice in one column, by ISCO-08 and by skill level, each with a total, as the publisher has them.
Vintage 2 and later revise the two newest years of employment by occupation, and leave the other two tables.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sandbox.worlds import Table
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.eurostat import REPORTERS, adults, overqualification
from sandbox.worlds.synthetic.simulation import FIRST_YEAR, Array

if TYPE_CHECKING:
    from sandbox.worlds.synthetic import SyntheticWorld

ELSEWHERE = (
    "ARG ARM AUS BGD BRA CAN CHL COL CRI EGY GEO GHA IDN IND KEN KOR MEX MKD MNG NZL PAK PER PHL SRB THA TUR USA ZAF"
)
AREAS = (*REPORTERS, *ELSEWHERE.split())
YEARS = np.arange(2017, 2025)
RELEASED = {
    "DF_EMP_TEMP_SEX_OCU_CBR_NB": "2026-01-15",
    "DF_EMP_DWAP_SEX_EDU_CBR_RT": "2026-01-15",
    "DF_EAR_EMTM_SEX_OCU_CUR_NB": "2025-11-20",
}
REVISED = ("DF_EMP_TEMP_SEX_OCU_CBR_NB",)
REVISED_YEARS = 2
EMPLOYED = np.array([0.45, 0.64, 0.8])
"""Share of adults at work, by education."""
OCCUPATIONS = tuple("0123456789")
MANAGERS_AND_PROFESSIONALS = np.array([0.0, 0.16, 0.54, 0.30, 0, 0, 0, 0, 0, 0])
"""Where the highly educated work who are not over-qualified, by ISCO-08 major group."""
OVERQUALIFIED = np.array([0.01, 0, 0, 0, 0.33, 0.33, 0.03, 0.08, 0.08, 0.14])
LOWER = np.array(
    [
        [0.002, 0.02, 0.01, 0.03, 0.04, 0.18, 0.20, 0.15, 0.12, 0.248],
        [0.006, 0.04, 0.05, 0.14, 0.13, 0.25, 0.05, 0.14, 0.11, 0.084],
    ]
)
"""Where the less educated work: up to primary, secondary."""
SKILLS = {"L1": "9", "L2": "45678", "L3-4": "123"}
EARNINGS = np.array([1.0, 1.9, 1.55, 1.2, 0.9, 0.75, 0.6, 0.85, 0.85, 0.6])
"""Mean earnings by occupation, of the mean of all."""
UNKNOWN_BIRTH = 0.004
UNRELIABLE_THOUSANDS = 3.0
NOT_CLASSIFIED = 0.003
SOURCE = "BA: Labour force survey"
BIRTHS = ("CBR_BIR_NATIVE", "CBR_BIR_FOREIGN", "CBR_BIR_X", "CBR_BIR_TOTAL")
FEMALE_SHARE = 0.46
DECIMALS = 3


def table(world: SyntheticWorld, name: str) -> Table | None:
    """The table of a flow."""
    if name not in _MAKERS:
        return None
    rows = _MAKERS[name](world)
    names = rows.column_names
    rows = rows.sort_by([(column, "ascending") for column in names[: names.index("OBS_VALUE")]])
    updated = world.release_date if world.vintage > 1 and name in REVISED else RELEASED[name]
    return Table(rows, updated)


def _rng(world: SyntheticWorld, purpose: str) -> np.random.Generator:
    return np.random.default_rng([world.seed, zlib.crc32(f"ilo {purpose}".encode())])


def _at() -> list[int]:
    listed = {code: place for place, code in enumerate(economies().codes)}
    return [listed[code] for code in AREAS]


def _surveyed(world: SyntheticWorld) -> NDArray[np.bool_]:
    """Which areas have a survey in which year, ``[area, year]``."""
    shown = _rng(world, "surveys").random((len(AREAS), len(YEARS))) < 0.5
    shown[: len(REPORTERS)] = True
    shown[AREAS.index("USA")] = True
    shown[AREAS.index("GBR")] = YEARS <= 2019
    return shown


def _workers(world: SyntheticWorld) -> tuple[Array, Array]:
    """People at work and adults, in thousands: ``[birth, education, area, year]``; natives, then the foreign-born."""
    simulation = world.simulation
    everyone = np.stack([adults(simulation, int(year)) for year in YEARS], axis=-1)[:, _at()]
    foreign = simulation.immigrants[:, _at()][:, :, YEARS - FIRST_YEAR]
    people = np.stack([np.maximum(everyone - foreign, 0.01 * everyone), foreign]) / 1000
    rates = np.stack([EMPLOYED, EMPLOYED - 0.03])[:, :, None, None]
    of_area = _rng(world, "employment").normal(1, 0.05, (len(AREAS), 1))
    return people * np.clip(rates * of_area, 0.05, 0.97), people


def _by_occupation(world: SyntheticWorld) -> Array:
    """People at work in thousands, ``[birth, occupation, area, year]``."""
    workers, _ = _workers(world)
    shares = [[share[_at()] for share in overqualification(world.simulation, int(year))] for year in YEARS]
    over = np.stack(shares, axis=-1).reshape(2, 1, len(AREAS), len(YEARS))
    of_tertiary = (
        over * OVERQUALIFIED[None, :, None, None] + (1 - over) * MANAGERS_AND_PROFESSIONALS[None, :, None, None]
    )
    lower = np.einsum("beay,eo->boay", workers[:, :2], LOWER)
    occupied: Array = lower + workers[:, 2][:, None] * of_tertiary
    return occupied * _revision(world)


def _revision(world: SyntheticWorld) -> Array:
    """Factors near 1 in the newest years of half of the areas, ``[area, year]``; 1 in vintage 1."""
    factors = np.ones((len(AREAS), len(YEARS)))
    for vintage in range(2, world.vintage + 1):
        rng = _rng(world, f"revision {vintage}")
        is_revised = rng.random((len(AREAS), 1)) < 0.5
        factors[:, -REVISED_YEARS:] *= 1 + is_revised * rng.normal(0, 0.006, (len(AREAS), REVISED_YEARS))
    return factors


def _with_total(values: Array, axis: int) -> Array:
    """Rounded values and their sum, which is rounded too lest it show the last bits of the addition."""
    total: Array = np.round(np.concatenate([values, values.sum(axis=axis, keepdims=True)], axis=axis), DECIMALS)
    return total


def _with_births(values: Array) -> Array:
    """Natives, foreign-born, unknown and all, of natives and foreign-born along the first axis."""
    known = values * (1 - UNKNOWN_BIRTH)
    return _with_total(np.round(np.concatenate([known, (values - known).sum(axis=0, keepdims=True)]), DECIMALS), 0)


def _employment(world: SyntheticWorld) -> pa.Table:
    occupied = _by_occupation(world)
    unclassified = NOT_CLASSIFIED * occupied.sum(axis=1, keepdims=True)
    by_code = _with_births(np.concatenate([occupied * (1 - NOT_CLASSIFIED), unclassified], axis=1))
    by_code = _with_total(by_code, 1)
    skills = {code: [OCCUPATIONS.index(each) for each in groups] for code, groups in SKILLS.items()}
    by_skill = np.round(np.stack([by_code[:, places].sum(axis=1) for places in skills.values()], axis=1), DECIMALS)
    total = by_code[:, -1:]
    women = np.round(FEMALE_SHARE * total, DECIMALS)
    shown, status = _surveyed(world), _breaks(world, "employment")
    isco = [f"OCU_ISCO08_{code}" for code in (*OCCUPATIONS, "X", "TOTAL")]

    def rows(sex: str, codes: Sequence[str], values: Array) -> pa.Table:
        unreliable = np.where(values < UNRELIABLE_THOUSANDS * world.scale, "U", status)
        is_shown = shown & ((values > 0) | (np.array(BIRTHS)[:, None, None, None] == BIRTHS[-1]))
        axes = {"CBR": BIRTHS, "OCU": codes, "REF_AREA": AREAS, "TIME_PERIOD": [str(year) for year in YEARS]}
        fixed = {"FREQ": "A", "MEASURE": "EMP_TEMP_NB", "SEX": sex}
        order = ("REF_AREA", "FREQ", "MEASURE", "SEX", "OCU", "CBR")
        return _rows(order, fixed, axes, values, is_shown, unreliable, ("NB", "PS", "3"))

    skilled = [f"OCU_SKILL_{code}" for code in skills]
    return pa.concat_tables(
        [
            rows("SEX_T", isco, by_code),
            rows("SEX_T", skilled, by_skill),
            rows("SEX_F", isco[-1:], women),
            rows("SEX_M", isco[-1:], np.round(total - women, DECIMALS)),
        ]
    )


def _rates(world: SyntheticWorld) -> pa.Table:
    workers, people = _workers(world)
    births = np.stack([np.concatenate([each, each.sum(axis=0, keepdims=True)]) for each in (workers, people)])
    both = np.concatenate([births, births.sum(axis=2, keepdims=True)], axis=2)
    rates = 100 * both[0] / np.maximum(both[1], 1e-9)
    shown, status = _surveyed(world), _breaks(world, "rates")
    levels = [f"EDU_AGGREGATE_{code}" for code in ("BAS", "INT", "ADV", "TOTAL")]

    def rows(sex: str, codes: Sequence[str], values: Array, persons: Array) -> pa.Table:
        unreliable = np.where(persons < UNRELIABLE_THOUSANDS * world.scale, "U", status)
        births_shown = [code for code in BIRTHS if code != "CBR_BIR_X"]
        axes = {"CBR": births_shown, "EDU": codes, "REF_AREA": AREAS, "TIME_PERIOD": [str(year) for year in YEARS]}
        fixed = {"FREQ": "A", "MEASURE": "EMP_DWAP_RT", "SEX": sex}
        order = ("REF_AREA", "FREQ", "MEASURE", "SEX", "EDU", "CBR")
        percent: Array = np.round(values.clip(0, 100), 3)
        return _rows(order, fixed, axes, percent, np.broadcast_to(shown, values.shape), unreliable, ("RT", "PT", "0"))

    return pa.concat_tables(
        [
            rows("SEX_T", levels, rates, both[1]),
            rows("SEX_F", levels, rates * 0.92, both[1] / 2),
            rows("SEX_M", levels, rates * 1.08, both[1] / 2),
        ]
    )


def _earnings(world: SyntheticWorld) -> pa.Table:
    simulation, t = world.simulation, YEARS - FIRST_YEAR
    mean = simulation.income_current[_at()][:, t] / 12 * 1.05
    in_ppp = mean * (simulation.income_ppp / simulation.income)[_at()][:, t]
    rate = np.where(np.isin(AREAS, REPORTERS), 0.9, np.exp(_rng(world, "currencies").normal(2.5, 1.8, len(AREAS))))
    by_currency = np.stack([mean * rate[:, None], in_ppp, mean])
    factors = np.append(EARNINGS, 1.0)[None, :, None, None]
    values = by_currency[:, None] * factors
    shown = _surveyed(world) & (_rng(world, "earnings").random((len(AREAS), len(YEARS))) < 0.8)
    status = _breaks(world, "earnings")
    codes = [f"OCU_ISCO08_{code}" for code in (*OCCUPATIONS, "TOTAL")]
    axes = {
        "CUR": ("CUR_TYPE_LCU", "CUR_TYPE_PPP", "CUR_TYPE_USD"),
        "OCU": codes,
        "REF_AREA": AREAS,
        "TIME_PERIOD": [str(year) for year in YEARS],
    }
    order = ("REF_AREA", "FREQ", "MEASURE", "SEX", "OCU", "CUR")
    tables = []
    for sex, factor in (("SEX_F", 0.88), ("SEX_M", 1.07), ("SEX_T", 1.0)):
        fixed = {"FREQ": "A", "MEASURE": "EAR_EMTM_NB", "SEX": sex}
        paid = np.round(values * factor, DECIMALS)
        # Sexes by occupation are seldom published; their totals are.
        of_sex = np.broadcast_to(shown, paid.shape).copy()
        if sex != "SEX_T":
            of_sex[:, :-1] = False
        tables.append(_rows(order, fixed, axes, paid, of_sex, np.broadcast_to(status, paid.shape), ("NB", "", "0")))
    return pa.concat_tables(tables)


def _breaks(world: SyntheticWorld, about: str) -> NDArray[np.str_]:
    is_break = _rng(world, f"breaks {about}").random((len(AREAS), len(YEARS))) < 0.04
    flags: NDArray[np.str_] = np.where(is_break, "B", "")
    return flags


def _rows(
    order: Sequence[str],
    fixed: Mapping[str, str],
    axes: Mapping[str, Sequence[str]],
    values: Array,
    shown: NDArray[np.bool_],
    status: NDArray[np.str_],
    constants: tuple[str, str, str],
) -> pa.Table:
    """One row per shown cell of a cube: the key in its order, the period, the value, the publisher's attributes.

    Args:
        order: Dimensions of the key.
        fixed: Codes that all rows share.
        axes: Codes along each axis of ``values``; the last one is the period.
        values: Figures.
        shown: Which cells have a row.
        status: Observation status, empty where there is none.
        constants: Kind of unit, unit (of earnings the currency is), power of ten of the unit.
    """
    place = dict(zip(axes, np.nonzero(shown), strict=True))
    at = tuple(place.values())
    n_rows = len(at[0])

    def column(name: str) -> pa.Array:
        if name in fixed:
            return pa.array([fixed[name]] * n_rows, pa.string())
        index, codes = pa.array(place[name].astype(np.int32)), pa.array(list(axes[name]))
        return pa.DictionaryArray.from_arrays(index, codes).cast(pa.string())

    kind, unit, multiplier = constants
    flags = np.broadcast_to(status, values.shape)[at]
    nothing = pa.nulls(n_rows, pa.string())
    units = pc.utf8_slice_codeunits(column("CUR"), len("CUR_TYPE_")) if "CUR" in axes else pa.array([unit] * n_rows)
    return pa.table(
        {
            **{name: column(name) for name in (*order, "TIME_PERIOD")},
            "OBS_VALUE": pa.array(values[at], pa.float64()),
            "OBS_STATUS": pa.array(flags, pa.string(), mask=flags == ""),
            "UNIT_MEASURE_TYPE": pa.array([kind] * n_rows),
            "UNIT_MEASURE": units,
            "UNIT_MULT": pa.array([multiplier] * n_rows),
            "SOURCE": pa.array([SOURCE] * n_rows),
            "NOTE_SOURCE": nothing,
            "NOTE_INDICATOR": nothing,
            "NOTE_CLASSIF": nothing,
            "DECIMALS": pa.array([str(DECIMALS)] * n_rows),
            "UPPER_BOUND": nothing,
            "LOWER_BOUND": nothing,
        }
    )


_MAKERS: dict[str, Callable[[SyntheticWorld], pa.Table]] = {
    "DF_EMP_TEMP_SEX_OCU_CBR_NB": _employment,
    "DF_EMP_DWAP_SEX_EDU_CBR_RT": _rates,
    "DF_EAR_EMTM_SEX_OCU_CUR_NB": _earnings,
}
