"""Writes what the synthetic world knows before its publisher rounds and leaves out, as CSV files.

``indicators/<id>.csv`` (indicator_code, iso3, year, value): every place and year, full precision; an empty value is
what nobody could know. ``margins.csv`` (iso3, year, education, residents, immigrants, emigrants, leaving, returning):
persons; stocks at the beginning of the year, flows during it. ``stocks_<year>.csv`` (origin_iso3, destination_iso3,
sex, education, persons): people abroad in the snapshot years, pairs below a thousandth of a person left out.
``economies.csv`` (iso3, year, population, births, deaths, immigration, emigration, physicians, physicians_abroad,
students, students_abroad). Codes of economies are ISO 3166 (Channel Islands: CHI), of aggregates the publisher's.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.economies import economies, places
from sandbox.worlds.synthetic.indicators import RETIRED, SERVED
from sandbox.worlds.synthetic.simulation import EDUCATIONS, SEXES, YEARS

SMALLEST_STOCK = 1e-3
PEOPLE = ("population", "births", "deaths", "immigration", "emigration")
PROFESSIONS = ("physicians", "physicians_abroad", "students", "students_abroad")


def write_truth(world: SyntheticWorld, folder: Path) -> list[Path]:
    """Write everything below the folder (made when missing); about 650,000 indicator rows in all."""
    (folder / "indicators").mkdir(parents=True, exist_ok=True)
    written = []
    for indicator in (*SERVED, *RETIRED):
        path = folder / "indicators" / f"{indicator.id}.csv"
        written.append(_write(path, ("indicator_code", "iso3", "year", "value"), _indicator_rows(world, indicator.id)))
    flows = ("residents", "immigrants", "emigrants", "leaving", "returning")
    written.append(_write(folder / "margins.csv", ("iso3", "year", "education", *flows), _margin_rows(world, flows)))
    measures = (*PEOPLE, *PROFESSIONS)
    written.append(_write(folder / "economies.csv", ("iso3", "year", *measures), _economy_rows(world, measures)))
    for year in world.simulation.stocks:
        columns = ("origin_iso3", "destination_iso3", "sex", "education", "persons")
        written.append(_write(folder / f"stocks_{year}.csv", columns, _stock_rows(world, year)))
    return written


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def _indicator_rows(world: SyntheticWorld, indicator_id: str) -> Iterator[tuple[object, ...]]:
    years = YEARS.tolist()
    for place, row in zip(places(), world.truth(indicator_id).values.tolist(), strict=True):
        for year, value in zip(years, row, strict=True):
            yield indicator_id, place.code, year, value if np.isfinite(value) else None


def _margin_rows(world: SyntheticWorld, names: Sequence[str]) -> Iterator[tuple[object, ...]]:
    tables = np.stack([getattr(world.simulation, name) for name in names], axis=-1)
    for e, education in enumerate(EDUCATIONS):
        for i, code in enumerate(economies().codes):
            for year, values in zip(YEARS.tolist(), tables[e, i].tolist(), strict=True):
                yield code, year, education, *values


def _economy_rows(world: SyntheticWorld, names: Sequence[str]) -> Iterator[tuple[object, ...]]:
    tables = np.stack([getattr(world.simulation, name) for name in names], axis=-1)
    for i, code in enumerate(economies().codes):
        for year, values in zip(YEARS.tolist(), tables[i].tolist(), strict=True):
            yield code, year, *values


def _stock_rows(world: SyntheticWorld, year: int) -> Iterator[tuple[object, ...]]:
    stock = world.simulation.stocks[year]
    codes = economies().codes
    chosen = np.argwhere(stock >= SMALLEST_STOCK)
    for (e, s, o, d), persons in zip(chosen.tolist(), stock[tuple(chosen.T)].tolist(), strict=True):
        yield codes[o], codes[d], SEXES[s], EDUCATIONS[e], persons
