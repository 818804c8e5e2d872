"""Job-to-Job Flows of the US Census Bureau over the synthetic world: main jobs, hires, separations and their origins.

The simulation knows the United States as one economy. Its residents by education make the main jobs of a quarter:
45 % of them hold one, 14 % of the jobs are of workers aged 24 or younger (E5, education not available), the tertiary
educated of the rest are E4. States, industries and firm sizes have fixed shares drawn from the seed, so that every
table tells the same story: educations, industries, firm sizes and states add up, and the flows by origin add up to the
hires of the destination. Published figures are rounded, cells of fewer than 30 jobs suppressed (flag 5), one in a
hundred distorted (flag 9); what needs a later quarter is not computable in the newest one (flag -1).

Files have the columns, names and identifiers of schema V4.6.0, in fewer quarters than the publisher's. The pinned
release never changes; from vintage 2 on ``latest_release`` is a newer one.
"""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from sandbox.worlds import File
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.simulation import FIRST_YEAR

if TYPE_CHECKING:
    from sandbox.worlds.synthetic import SyntheticWorld

Array = NDArray[np.float64]
Flags = NDArray[np.int64]

RELEASE, NEXT_RELEASE = "R2026Q1", "R2026Q2"
RELEASED = "2026-03-12"
NEXT_RELEASED = "2026-06-11"
FIRM_SIZE_CROSS = "inbox/lehd/j2jod_us_firmsize_od_2015on.csv"
QUARTERS = ((2024, 1), (2024, 2), (2024, 3), (2024, 4), (2025, 1))
CROSS_QUARTERS = (*((year, quarter) for year in range(2015, 2025) for quarter in range(1, 5)), (2025, 1))
LAST_CROSS_WITH_CELLS = (2016, 1)
STATES = {
    "al": "01", "ak": "02", "az": "04", "ar": "05", "ca": "06", "co": "08", "ct": "09", "de": "10", "dc": "11",
    "fl": "12", "ga": "13", "hi": "15", "id": "16", "il": "17", "in": "18", "ia": "19", "ks": "20", "ky": "21",
    "la": "22", "me": "23", "md": "24", "ma": "25", "mi": "26", "mn": "27", "ms": "28", "mo": "29", "mt": "30",
    "ne": "31", "nv": "32", "nh": "33", "nj": "34", "nm": "35", "ny": "36", "nc": "37", "nd": "38", "oh": "39",
    "ok": "40", "or": "41", "pa": "42", "ri": "44", "sc": "45", "sd": "46", "tn": "47", "tx": "48", "ut": "49",
    "vt": "50", "va": "51", "wa": "53", "wv": "54", "wi": "55", "wy": "56",
}  # fmt: skip
PLACES = {"us": "00"} | STATES
SECTORS = (
    "11", "21", "22", "23", "31-33", "42", "44-45", "48-49", "51", "52",
    "53", "54", "55", "56", "61", "62", "71", "72", "81", "92",
)  # fmt: skip
SECTOR_SHARES = (1, 0.5, 0.5, 5, 9, 4, 11, 4, 2, 4, 2, 6, 2, 7, 9, 14, 2, 10, 3, 4)
PUBLIC_SECTOR = "92"
EDUCATIONS = ("E1", "E2", "E3", "E4", "E5")
SIZE_SHARES = (0.17, 0.09, 0.18, 0.07, 0.49)
"""Shares of firms with 0-19, 20-49, 50-249, 250-499 and 500 or more employees in the jobs of the private sectors."""
RESTLESSNESS = (1.3, 1.1, 1.0, 0.8, 1.9)
"""How often workers of each education change jobs, against the average."""
SHARE_EMPLOYED = 0.45
SHARE_YOUNG = 0.14
SHARE_SAME_STATE, SHARE_SAME_SECTOR, SHARE_SAME_SIZE = 0.86, 0.42, 0.3
FEWEST_JOBS_SHOWN, FEWEST_MOVES_SHOWN = 30, 1
SHARE_DISTORTED = 0.01
YEARLY_GROWTH = 1.012

IDENTIFIERS = (
    "periodicity", "seasonadj", "geo_level", "geography", "ind_level", "industry", "ownercode", "sex", "agegrp",
    "race", "ethnicity", "education", "firmage", "firmsize", "year", "quarter", "agg_level",
)  # fmt: skip
ORIGIN_IDENTIFIERS = (
    "geo_level_orig", "geography_orig", "ind_level_orig", "industry_orig", "ownercode_orig", "firmage_orig",
    "firmsize_orig",
)  # fmt: skip
SHARE_OF = {
    "MHire": ("MHire", 1.0), "MSep": ("MSep", 1.0), "MJobStart": ("MHire", 1.1), "MJobEnd": ("MSep", 1.1),
    "EEHire": ("EEHire", 1.0), "EESep": ("EESep", 1.0), "AQHire": ("AQHire", 1.0), "AQSep": ("AQSep", 1.0),
    "J2JHire": ("J2JHire", 1.0), "J2JSep": ("J2JSep", 1.0), "NEHire": ("NEHire", 1.0), "ENSep": ("ENSep", 1.0),
    "NEPersist": ("NEHire", 0.6), "ENPersist": ("ENSep", 0.6), "NEFullQ": ("NEHire", 0.5), "ENFullQ": ("ENSep", 0.5),
    "MainB": ("MainB", 1.0), "MainE": ("MainE", 1.0), "EESepS": ("EESep", 0.55), "EEHireS": ("EEHire", 0.55),
    "AQSepS": ("AQSep", 0.5), "AQHireS": ("AQHire", 0.5), "NEPersistS": ("NEHire", 0.3), "ENPersistS": ("ENSep", 0.3),
    "JobStayS": ("MainB", 0.82), "MainBS": ("MainB", 0.87), "MainES": ("MainE", 0.87),
    "NEHireSEarn_Dest": ("pay", 0.7), "ENSepSEarn_Orig": ("pay", 0.72), "JobStaySEarn_Orig": ("pay", 1.1),
    "JobStaySEarn_Dest": ("pay", 1.12), "EESepSEarn_Orig": ("pay", 0.95), "EEHireSEarn_Dest": ("pay", 1.02),
    "AQSepSEarn_Orig": ("pay", 0.85), "AQHireSEarn_Dest": ("pay", 0.9),
}  # fmt: skip
"""Measures of J2J in the order of the schema, each as a share of a figure that is modelled (pay: dollars a quarter)."""
ORIGIN_SHARE_OF = {
    "EE": ("EE", 1.0), "AQHire": ("AQHire", 1.0), "EES": ("EE", 0.57), "AQHireS": ("AQHire", 0.5),
    "EESEarn_Orig": ("pay", 0.95), "EESEarn_Dest": ("pay", 1.02), "AQHireSEarn_Orig": ("pay", 0.85),
    "AQHireSEarn_Dest": ("pay", 0.9),
}  # fmt: skip
"""Measures of J2JOD likewise."""
NEEDS_LATER_QUARTER = frozenset(
    {"AQSep", "J2JSep", "ENPersist", "ENFullQ", "EESepS", "EEHireS", "AQSepS", "AQHireS", "NEPersistS", "ENPersistS",
     "MainES", "NEHireSEarn_Dest", "ENSepSEarn_Orig", "EESepSEarn_Orig", "EEHireSEarn_Dest", "AQSepSEarn_Orig",
     "AQHireSEarn_Dest", "EES", "EESEarn_Orig", "EESEarn_Dest", "AQHireSEarn_Orig"}
)  # fmt: skip

_ADDRESS = re.compile(
    r"lehd\.ces\.census\.gov/data/j2j/(?P<release>\w+)/(?P<place>[a-z]{2})/(?P<kind>j2j|j2jod)/(?P<name>[^/]+)"
)


def file(world: SyntheticWorld, address: str) -> File | None:
    """A file of the pinned release, what ``latest_release`` says of itself, or the cross of firm sizes."""
    if address == FIRM_SIZE_CROSS:
        return File(_lines(_firm_size_cross(_jobs(world))), RELEASED)
    found = _ADDRESS.fullmatch(address)
    if found is None or found["place"] not in PLACES:
        return None
    release, place, kind, name = found.group("release", "place", "kind", "name")
    latest, moment = (NEXT_RELEASE, NEXT_RELEASED) if world.vintage > 1 else (RELEASE, RELEASED)
    if name == f"version_{kind}.txt" and release in (RELEASE, latest, "latest_release"):
        shown, built = (latest, moment) if release == "latest_release" else (release, RELEASED)
        return File(version_line(kind, place, shown, built).encode(), built)
    if release != RELEASE:
        return None
    table = _table(world, place, name)
    return File(gzip.compress(_lines(table), compresslevel=1, mtime=0), RELEASED) if table else None


def version_line(kind: str, place: str, release: str, built: str) -> str:
    """The line of a version file: product, place, its number, first and last quarter, schema, release, build."""
    stamp = f"{kind}pu_{place}_{built.replace('-', '')}_1118"
    return f"{kind.upper()} {place.upper()} {PLACES[place]} 2000:2-2025:1 V4.14.0 {release} {stamp}\n"


def _table(world: SyntheticWorld, place: str, name: str) -> pa.Table | None:
    level = "gn" if place == "us" else "gs"
    makers = {
        f"j2j_{place}_se_f_{level}_ns_oslp_u.csv.gz": _by_education,
        f"j2j_{place}_d_fs_{level}_ns_oslp_u.csv.gz": _by_firm_size,
        f"j2jod_{place}_se_f_{level}_{'ns' if place == 'us' else 'n'}_oslp_u.csv.gz": _by_origin,
        f"j2jod_{place}_avail.csv.gz": _availability,
    }
    return makers[name](_jobs(world), place) if name in makers else None


# --- the jobs ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Jobs:
    """What is behind all files, before rounding: ``[state, sector, education, quarter]``, in jobs or flows."""

    seed: int
    flows: Mapping[str, Array]
    from_state: Array
    """Share of a state's hires that come from a state: ``[destination, origin]``."""
    from_sector: Array
    """Share of a sector's hires that come from a sector: ``[destination, origin]``."""
    pay: Array
    """Dollars a quarter by sector and education."""

    def of(self, place: str) -> dict[str, Array]:
        """Flows of a place, ``[sector, education, quarter]``."""
        if place == "us":
            return {name: flow.sum(axis=0) for name, flow in self.flows.items()}
        return {name: flow[list(STATES).index(place)] for name, flow in self.flows.items()}


@lru_cache(maxsize=2)
def _jobs(world: SyntheticWorld) -> _Jobs:
    rng = np.random.default_rng([world.seed, 1001])
    residents = world.simulation.residents[:, economies().codes.index("USA"), 2024 - FIRST_YEAR]
    people = residents * SHARE_EMPLOYED
    grown = people * (1 - SHARE_YOUNG)
    by_education = np.array(
        [grown[0], 0.6 * grown[1], 0.4 * grown[1], grown[2], SHARE_YOUNG * people.sum()],
    )
    states = rng.lognormal(0, 0.9, len(STATES))
    sectors = np.array(SECTOR_SHARES) / sum(SECTOR_SHARES)
    schooled = sectors[:, None] * np.exp(rng.normal(0, 0.4, (len(SECTORS), len(EDUCATIONS))))
    schooled /= schooled.sum(axis=0)
    season = np.array([1 + 0.01 * np.sin(quarter) for _, quarter in QUARTERS])
    growth = np.array([YEARLY_GROWTH ** (year - 2024 + (quarter - 1) / 4) for year, quarter in QUARTERS])
    main = (
        (states / states.sum())[:, None, None, None] * (schooled * by_education)[None, :, :, None] * (season * growth)
    )
    restless = np.exp(rng.normal(0, 0.35, len(SECTORS)))[:, None] * np.array(RESTLESSNESS)
    restless = restless[None, :, :, None]
    hires = {"EEHire": main * 0.03 * restless, "AQHire": main * 0.015 * restless}
    hires["NEHire"] = hires["AQHire"] + main * 0.035 * restless
    from_state = _origins(states / states.sum(), SHARE_SAME_STATE)
    from_sector = _origins(sectors, SHARE_SAME_SECTOR)
    flows = {
        **hires,
        "EESep": _separations(hires["EEHire"], from_state, from_sector),
        "AQSep": _separations(hires["AQHire"], from_state, from_sector),
        "ENSep": hires["NEHire"] * 0.97,
    }
    flows |= {
        "MainB": main,
        "J2JHire": flows["EEHire"] + flows["AQHire"],
        "J2JSep": flows["EESep"] + flows["AQSep"],
        "MHire": flows["EEHire"] + flows["NEHire"],
        "MSep": flows["EESep"] + flows["ENSep"],
    }
    flows["MainE"] = main + flows["MHire"] - flows["MSep"]
    pay = 9000 * np.array([0.7, 0.85, 1.0, 1.7, 0.5]) * np.exp(rng.normal(0, 0.25, len(SECTORS)))[:, None]
    return _Jobs(world.seed, flows, from_state, from_sector, pay)


def _origins(sizes: Array, same: float) -> Array:
    """Where the hires of each group come from: a fixed share from the group itself, the rest by size."""
    others = np.broadcast_to(sizes, (len(sizes), len(sizes))).copy()
    np.fill_diagonal(others, 0)
    shares: Array = (1 - same) * others / others.sum(axis=1, keepdims=True) + same * np.eye(len(sizes))
    return shares


def _separations(hires: Array, from_state: Array, from_sector: Array) -> Array:
    """The same moves seen from the job that was left."""
    seen: Array = np.einsum("sieq,so,ij->ojeq", hires, from_state, from_sector, optimize=True)
    return seen


# --- the files -----------------------------------------------------------------------------------------------


def _by_education(jobs: _Jobs, place: str) -> pa.Table:
    """Sector by education for both sexes; all sectors by education for each sex."""
    figures = {name: _with_total(_with_total(flow, 0), 1) for name, flow in jobs.of(place).items()}
    figures["pay"] = _pay(jobs, figures["MainB"].shape)
    sectors, educations = ("00", *SECTORS), ("E0", *EDUCATIONS)
    cells = [(s, e, "0", 1.0) for s in range(len(sectors)) for e in range(len(educations))]
    cells += [(0, e, sex, share) for sex, share in (("1", 0.52), ("2", 0.48)) for e in range(len(educations))]
    rows = [(s, e, sex, share, q) for s, e, sex, share in cells for q in range(len(QUARTERS))]
    at = tuple(np.array([row[i] for row in rows]) for i in (0, 1, 4))
    share = np.array([row[3] for row in rows])
    chosen = {name: flow[at] * (1 if name == "pay" else share) for name, flow in figures.items()}
    identifiers = _identifiers(
        place,
        at[2],
        industry=[sectors[row[0]] for row in rows],
        education=[educations[row[1]] for row in rows],
        sex=[row[2] for row in rows],
    )
    return _published(jobs, f"se {place}", identifiers, chosen, SHARE_OF, at[2])


def _by_firm_size(jobs: _Jobs, place: str) -> pa.Table:
    """Sector by firm size; the public sector has no firm size (N), and the newest quarter none at all."""
    totals = {name: flow.sum(axis=1) for name, flow in jobs.of(place).items()}
    public = SECTORS.index(PUBLIC_SECTOR)
    rows = []
    for sector in range(-1, len(SECTORS)):
        sizes = ["0", "N"] if sector == public else ["0", "1", "2", "3", "4", "5"] + (["N"] if sector < 0 else [])
        rows += [(sector, size, q) for size in sizes for q in range(len(QUARTERS))]
    quarters = np.array([row[2] for row in rows])
    chosen = {}
    for name, flow in totals.items():
        private = flow.sum(axis=0) - flow[public]
        chosen[name] = np.array([_of_size(flow, private, public, *row) for row in rows])
    chosen["pay"] = np.array(
        [jobs.pay[max(row[0], 0)].mean() * (1 + 0.08 * int(row[1])) if row[1] != "N" else 9000.0 for row in rows]
    )
    identifiers = _identifiers(
        place,
        quarters,
        industry=["00" if row[0] < 0 else SECTORS[row[0]] for row in rows],
        firmsize=[row[1] for row in rows],
    )
    newest = len(QUARTERS) - 1
    withheld = np.array([row[2] == newest and row[1] in "12345" for row in rows])
    return _published(jobs, f"fs {place}", identifiers, chosen, SHARE_OF, quarters, withheld)


def _of_size(flow: Array, private: Array, public: int, sector: int, size: str, quarter: int) -> float:
    """A flow of one sector (-1: all) and firm size (0: all, N: public) in one quarter."""
    if size == "N":
        return float(flow[public, quarter])
    if size == "0":
        return float(flow[sector, quarter] if sector >= 0 else flow[:, quarter].sum())
    return float(SIZE_SHARES[int(size) - 1] * (flow[sector, quarter] if sector >= 0 else private[quarter]))


def _by_origin(jobs: _Jobs, place: str) -> pa.Table:
    """The nation by sector and sector of origin, or a state by state of origin; each by education."""
    is_nation = place == "us"
    origins = ("00", *SECTORS) if is_nation else ("00", *STATES.values())
    targets = ("00", *SECTORS) if is_nation else ("00",)
    figures = {}
    for name, hires in (("EE", "EEHire"), ("AQHire", "AQHire")):
        flow = jobs.of(place)[hires]
        if is_nation:
            cells = np.einsum("ieq,ij->ijeq", flow, jobs.from_sector)
            figures[name] = _with_total(_with_total(_with_total(cells, 0), 1), 2)
        else:
            shares = jobs.from_state[list(STATES).index(place)]
            figures[name] = _with_total(_with_total(np.einsum("eq,o->oeq", flow.sum(axis=0), shares), 0), 1)[None]
    shape = figures["EE"].shape
    figures["pay"] = np.broadcast_to(_pay(jobs, (len(SECTORS) + 1, shape[2], shape[3]))[: shape[0], None], shape)
    at = tuple(index.ravel() for index in np.indices(shape))
    chosen = {name: flow.ravel() for name, flow in figures.items()}
    origin = [origins[i] for i in at[1]]
    identifiers = _identifiers(
        place,
        at[3],
        industry=[targets[i] for i in at[0]],
        education=[("E0", *EDUCATIONS)[i] for i in at[2]],
        **({"industry_orig": origin} if is_nation else {"geography_orig": origin}),
    )
    return _published(jobs, f"od {place}", identifiers, chosen, ORIGIN_SHARE_OF, at[3])


def _availability(jobs: _Jobs, place: str) -> pa.Table | None:
    """Since when and until when each pair with this state can be observed; both directions."""
    if place == "us":
        return None
    here, rng = STATES[place], np.random.default_rng([jobs.seed, 1002])
    first = dict(zip(STATES.values(), (2000 + rng.integers(0, 4, len(STATES))).tolist(), strict=True)) | {"00": 2000}
    pairs = [(here, other) for other in ("00", *STATES.values())]
    pairs += [(other, here) for other in ("00", *STATES.values()) if other != here]
    start = [max(first[one], first[other]) for one, other in pairs]
    return pa.table(
        {
            "geo_level": [_level(one) for one, _ in pairs],
            "geography": [one for one, _ in pairs],
            "geo_level_orig": [_level(other) for _, other in pairs],
            "geography_orig": [other for _, other in pairs],
            "start_year": start,
            "start_quarter": [2] * len(pairs),
            "end_year": [2025] * len(pairs),
            "end_quarter": [1] * len(pairs),
        }
    )


def _firm_size_cross(jobs: _Jobs) -> pa.Table:
    """Origin by destination firm size of the nation, as the extraction tool gives it: cells only until 2016Q1."""
    labels = (
        "All Firm Sizes", "0-19 Employees", "20-49 Employees", "50-249 Employees", "250-499 Employees",
        "500+ Employees",
    )  # fmt: skip
    public = SECTORS.index(PUBLIC_SECTOR)
    sizes = np.array(SIZE_SHARES)
    shares = np.zeros((6, 6))
    shares[1:, 1:] = sizes[:, None] * _origins(sizes, SHARE_SAME_SIZE)
    shares[0], shares[:, 0] = shares.sum(axis=0), shares.sum(axis=1)
    shares[0, 0] = 1
    rows = []
    for year, quarter in CROSS_QUARTERS:
        trend = YEARLY_GROWTH ** (year - QUARTERS[-1][0])
        moves = {
            name: trend * float(np.delete(jobs.flows[hires][:, :, :, -1].sum(axis=0), public, axis=0).sum())
            for name, hires in (("EE", "EEHire"), ("AQHire", "AQHire"))
        }
        for origin in range(6):
            for target in range(6):
                ee, aq = (round(shares[target, origin] * moves[name]) for name in ("EE", "AQHire"))
                figures: list[int | None] = [ee, aq, ee + aq, round(0.57 * ee), round(0.5 * aq)]
                figures.append(sum(number or 0 for number in figures[3:5]))
                is_cell = origin > 0 and target > 0
                if is_cell and (year, quarter) > LAST_CROSS_WITH_CELLS:
                    figures, flags = [None] * 6, [11] * 6
                else:
                    flags = [10] * 6 if is_cell else [1, 1, 10, 1, 1, 10]
                rows.append((year, quarter, origin, target, labels[origin], labels[target], *figures, *flags))
    measures = ("EE", "AQHire", "J2J", "EES", "AQHireS", "J2JS")
    names = ("year", "quarter", "firmsize_orig", "firmsize", "firmsize_orig_label", "firmsize_label")
    columns = [*names, *measures, *(f"s{name}" for name in measures)]
    return pa.table({name: [row[i] for row in rows] for i, name in enumerate(columns)})


# --- bricks --------------------------------------------------------------------------------------------------


def _with_total(flow: Array, axis: int) -> Array:
    """The total in front of the parts."""
    return np.concatenate([flow.sum(axis=axis, keepdims=True), flow], axis=axis)


def _pay(jobs: _Jobs, shape: tuple[int, ...]) -> Array:
    """Dollars a quarter, ``[sector, education, quarter]`` with totals in front (plain means)."""
    pay = np.pad(jobs.pay, ((1, 0), (1, 0)), mode="mean")
    return np.broadcast_to(pay[:, :, None], shape)


def _level(geography: str) -> str:
    return "N" if geography == "00" else "S"


def _identifiers(place: str, quarters: NDArray[np.int64], **given: Sequence[str]) -> dict[str, list[str] | list[int]]:
    """Every identifier of every row; those not given stand at their total."""
    n = len(quarters)
    totals = {"sex": "0", "agegrp": "A00", "race": "A0", "ethnicity": "A0", "education": "E0", "firmage": "0"}
    fixed = {"periodicity": "Q", "seasonadj": "U", "geo_level": _level(PLACES[place]), "geography": PLACES[place]}
    filled: dict[str, list[str] | list[int]] = {
        name: [value] * n for name, value in (fixed | totals | {"firmsize": "0", "industry": "00"}).items()
    }
    filled |= {name: list(values) for name, values in given.items()}
    filled["ownercode"] = ["A00"] * n
    filled["ind_level"] = ["A" if code == "00" else "S" for code in filled["industry"]]
    filled["year"] = [QUARTERS[q][0] for q in quarters]
    filled["quarter"] = [QUARTERS[q][1] for q in quarters]
    if "industry_orig" in given or "geography_orig" in given:
        for name, value in (("geography_orig", "00"), ("industry_orig", "00"), ("firmage_orig", "0")):
            filled.setdefault(name, [value] * n)
        filled |= {"firmsize_orig": ["0"] * n, "ownercode_orig": ["A00"] * n}
        filled["geo_level_orig"] = [_level(str(code)) for code in filled["geography_orig"]]
        filled["ind_level_orig"] = ["A" if code == "00" else "S" for code in filled["industry_orig"]]
    filled["agg_level"] = _aggregation_levels(filled)
    return filled


def _aggregation_levels(filled: Mapping[str, Sequence[str | int]]) -> list[int]:
    """The publisher's number of a row's breakdown: a sum over what it is broken down by."""
    weights = (
        ("sex", "0", 1), ("education", "E0", 16), ("firmsize", "0", 128), ("industry", "00", 256),
        ("geography", "00", 1024), ("industry_orig", "00", 49152), ("geography_orig", "00", 196608),
    )  # fmt: skip
    present = [(filled[name], total, weight) for name, total, weight in weights if name in filled]
    return [
        1 + sum(weight for values, total, weight in present if values[i] != total)
        for i in range(len(filled["industry"]))
    ]


def _published(
    jobs: _Jobs,
    purpose: str,
    identifiers: Mapping[str, Sequence[str | int]],
    figures: Mapping[str, Array],
    measures: Mapping[str, tuple[str, float]],
    quarters: NDArray[np.int64],
    withheld: NDArray[np.bool_] | None = None,
) -> pa.Table:
    """Rounded figures with the status flag of each, in the column order of the schema."""
    rng = np.random.default_rng([jobs.seed, 1003, *purpose.encode()])
    is_small = figures["MainB"] < FEWEST_JOBS_SHOWN if "MainB" in figures else figures["EE"] < FEWEST_MOVES_SHOWN
    is_distorted = rng.random(len(quarters)) < SHARE_DISTORTED
    fuzz = np.where(is_distorted, 1.01, 1.0)
    is_newest = quarters == len(QUARTERS) - 1
    columns: dict[str, pa.Array | Sequence[str | int]] = {}
    flags: dict[str, pa.Array] = {}
    names = IDENTIFIERS + (ORIGIN_IDENTIFIERS if "industry_orig" in identifiers else ())
    for name in names:
        columns[name] = identifiers[name]
    for name, (figure, share) in measures.items():
        flag = np.where(is_distorted, 9, 1)
        flag = np.where(is_small if withheld is None else is_small | withheld, 5, flag)
        if name in NEEDS_LATER_QUARTER:
            flag = np.where(is_newest, -1, flag)
        rounded = np.round(figures[figure] * share * fuzz).astype(np.int64)
        columns[name] = pa.array(rounded, mask=(flag == 5) | (flag == -1))
        flags[f"s{name}"] = pa.array(flag)
    return pa.table(columns | flags)


def _lines(table: pa.Table) -> bytes:
    """The table as CSV, header unquoted; a figure that is not published is an empty cell."""
    written = io.BytesIO()
    written.write((",".join(table.column_names) + "\n").encode())
    csv.write_csv(table, written, csv.WriteOptions(include_header=False, quoting_style="none"))
    return written.getvalue()
