"""What KNOMAD would show of the simulated remittances, in millions of US$.

Inflows and outflows are the simulation's own; the bilateral matrix of 2021 is fitted to both (iterative proportional
fitting from the people of each origin and what they can send). As in the publisher's tables, Iran's inflows and
outflows are an explicit nought although the matrix has figures, and the totals stand among the parts under ``WLD``.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.worlds import Table
from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.simulation import FIRST_YEAR, Array

YEARS = range(2000, 2024)
YEAR_OF_MATRIX = 2021
NOT_REPORTING = "IRN"
FITTING_STEPS = 30
SMALLEST_CELL = 0.1
"""Million US$; smaller cells are left blank, and the totals are those of the cells shown."""
MILLION = 1e6
Record = tuple[str, str, str, float]


def table(world: SyntheticWorld, name: str) -> Table | None:
    """An indicator of the database WB_KNOMAD."""
    simulation = world.simulation
    if name == "WB_KNOMAD_MRI":
        return _table(world, _by_country(world, simulation.remittances_received))
    if name == "WB_KNOMAD_MRO":
        return _table(world, _by_country(world, simulation.remittances_paid))
    return _table(world, _bilateral(world)) if name == "WB_KNOMAD_BRE" else None


def _table(world: SyntheticWorld, records: list[Record]) -> Table:
    reference, counterpart, years, values = zip(*records, strict=True)
    rows = pa.table({"REF_AREA": reference, "COMP_BREAKDOWN_1": counterpart, "TIME_PERIOD": years, "OBS_VALUE": values})
    return Table(rows, world.release_date)


def _by_country(world: SyntheticWorld, dollars: Array) -> list[Record]:
    """Every country and year; from the second vintage on, the newest two years are revised a little."""
    millions = dollars / MILLION
    for vintage in range(2, world.vintage + 1):
        rng = world._rng(f"revision {vintage}", "knomad")
        newest = slice(YEARS[-2] - FIRST_YEAR, YEARS[-1] - FIRST_YEAR + 1)
        millions[:, newest] *= 1 + rng.normal(0, 0.01, (len(millions), 1))
    return [
        (code, "_Z", str(year), 0.0 if code == NOT_REPORTING else round(float(millions[i, year - FIRST_YEAR]), 6))
        for i, code in enumerate(economies().codes)
        for year in YEARS
    ]


def _bilateral(world: SyntheticWorld) -> list[Record]:
    """Filled cells by sender, then receiver; the world is the last of both."""
    sent = _fitted(world)
    sent = np.where(sent < SMALLEST_CELL, 0, np.round(sent, 6))
    totals = np.append(sent, sent.sum(axis=0, keepdims=True), axis=0)
    totals = np.append(totals, totals.sum(axis=1, keepdims=True), axis=1)
    codes = [*economies().codes, "WLD"]
    return [
        (codes[sender], f"WB_KNOMAD_{codes[receiver]}", str(YEAR_OF_MATRIX), float(totals[sender, receiver]))
        for sender, receiver in np.argwhere(totals > 0).tolist()
    ]


def _fitted(world: SyntheticWorld) -> Array:
    """Millions of US$, ``[sender, receiver]``; who receives is the origin of those who send."""
    simulation, t = world.simulation, YEAR_OF_MATRIX - FIRST_YEAR
    earned = simulation.income_current[:, t]
    by_pair: Array = (simulation.abroad[t] * np.minimum(earned[None, :], 4 * earned[:, None] + 2000)).T
    paid, received = simulation.remittances_paid[:, t] / MILLION, simulation.remittances_received[:, t] / MILLION
    for _ in range(FITTING_STEPS):
        by_pair = by_pair * (paid / np.maximum(by_pair.sum(axis=1), 1e-12))[:, None]
        by_pair = by_pair * (received / np.maximum(by_pair.sum(axis=0), 1e-12))
    return by_pair
