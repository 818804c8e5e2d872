"""Turns rows of a batch into words, and finds example rows for what was only counted."""

from __future__ import annotations

import math
from collections.abc import Sequence

import duckdb

from ingestion.catalog import Dataset
from ingestion.lake import literal, quoted
from ingestion.validation.bridge import Bridge
from ingestion.validation.engine import Row
from ingestion.validation.measure import (
    entity_columns,
    key_columns,
    value_column,
    year_column,
)

EXAMPLES = 3


class Evidence:
    """Puts rows of a batch into words, and finds example rows in DuckDB for what was only counted."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, dataset: Dataset, batch: str, in_force: str, bridge: Bridge
    ) -> None:
        self._connection = connection
        self._dataset = dataset
        self._batch = quoted(batch)
        self._in_force = in_force
        self._bridge = bridge

    def place(self, row: Row) -> str:
        """The place of a row: countries by name and code, then its other key values, then its year."""
        countries, others = [], []
        for name in entity_columns(self._dataset):
            system = self._dataset.column(name).code_system
            if system:
                countries.append(self._bridge.place(system, row[name]))
            else:
                others.append("nothing" if row[name] is None else str(row[name]))
        if not countries and len(others) == 1:
            others = [f"{entity_columns(self._dataset)[0]} {others[0]!r}"]
        said = [" to ".join(countries), "/".join(others)]
        year = year_column(self._dataset)
        if year in row:
            said.append("without a year" if row[year] is None else f"{row[year]:.0f}")
        return " ".join(filter(None, said))

    def code(self, code_system: str, code: str) -> str:
        """What a code means, by name."""
        return self._bridge.place(code_system, code)

    def places(self, rows: Sequence[Row]) -> str:
        """The first few places, as a list in words."""
        return "; ".join(dict.fromkeys(self.place(row) for row in rows[:EXAMPLES]))

    def rows(self, part: str, condition: str) -> list[Row]:
        """A few rows of the part that meet an SQL condition over the batch's columns: the largest values first."""
        value = value_column(self._dataset)
        largest = [f"abs({quoted(value)}) desc nulls last"] if value else []
        order = ", ".join([*largest, *(quoted(name) for name in self._dataset.key)])
        where = f"part = {literal(part)} and ({condition})"
        return self._fetch(f"select * from {self._batch} where {where} order by {order}")  # noqa: S608

    def count(self, part: str, condition: str) -> int:
        """How many rows of the part meet the condition."""
        where = f"part = {literal(part)} and ({condition})"
        found = self._connection.execute(f"select count(*) from {self._batch} where {where}").fetchone()  # noqa: S608
        return int(found[0]) if found else 0

    def twice(self, part: str) -> list[Row]:
        """The first few rows of the part whose key comes more than once."""
        keys = f"select {self._keys} from {self._batch} where part = {literal(part)} group by all having count(*) > 1"  # noqa: S608
        return self._fetch(f"{keys} order by all")

    def lost(self, part: str) -> list[Row]:
        """The first few rows in force that the new batch lacks."""
        missing = f"{self._in_force} as old anti join {self._batch} as new using ({self._keys})"
        return self._fetch(f"select * from {missing} where old.part = {literal(part)} order by {self._keys}")  # noqa: S608

    def moved(self, part: str) -> list[Row]:
        """The rows whose value changed most, relative to what is in force, as ``before`` and ``after``."""
        value = value_column(self._dataset)
        if value is None:
            return []
        before, after = f"old.{quoted(value)}", f"new.{quoted(value)}"
        return self._fetch(
            f"""
            select {self._keys}, {before} as before, {after} as after
            from {self._batch} as new join {self._in_force} as old using ({self._keys})
            where part = {literal(part)} and {before} <> 0 and {after} is distinct from {before}
            order by abs({after} - {before}) / abs({before}) desc nulls last, {self._keys}
            """  # noqa: S608
        )

    def uneven(self, part: str) -> list[Row]:
        """The entities whose number of rows is furthest from the part's number of years, as ``n_rows``."""
        entities = ", ".join(quoted(name) for name in entity_columns(self._dataset))
        year = quoted(year_column(self._dataset) or "")
        n_years = f"(select count(distinct {year}) from rows_of_part)"  # noqa: S608
        return self._fetch(
            f"""
            with rows_of_part as (select * from {self._batch} where part = {literal(part)})
            select {entities}, count(*) as n_rows from rows_of_part
            group by {entities} having n_rows <> {n_years}
            order by abs(n_rows - {n_years}) desc, {entities}
            """  # noqa: S608
        )

    @property
    def _keys(self) -> str:
        return ", ".join(quoted(name) for name in key_columns(self._dataset))

    def _fetch(self, query: str) -> list[Row]:
        cursor = self._connection.execute(f"{query} limit {EXAMPLES}")
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def number(value: float) -> str:
    """A number as a person reads it: thousands apart, no needless digits."""
    if not math.isfinite(value):
        return str(value)
    if value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.3g}"


def share(value: float) -> str:
    """A share as per cent."""
    return f"{number(round(100 * value, 1))} %"


def rows_said(count: float, which: str = "such ") -> str:
    """A number of rows in words: ``1 such row``, ``1,040 such rows``."""
    return f"{number(count)} {which}row{'' if count == 1 else 's'}"
