"""Faults of tables: the publisher's rows are wrong before any wire format sees them.

A table says which of its columns holds figures (the first of floats); periods, countries and small dimensions are
told by name and content. A table without figures, such as a list of versions, stays as it is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace

import pyarrow as pa

from sandbox.faults.registry import Fault, register
from sandbox.worlds import Table

SPOILT = 123454321
"""A figure that becomes the text n/a on the wire, because a column of floats cannot hold it."""
OUTSIDE_EVERY_BOUND = -987654321.0
FAR_FUTURE = "2999"
NOBODYS_CODE = "QQQ"
PERIODS = ("TIME_PERIOD", "year", "time")
COUNTRIES = ("REF_AREA", "LOCATION", "geo", "geoUnit", "ref_area", "coa_iso", "DESTINATION")
PARTNERS = ("CITIZENSHIP", "BIRTH_COUNTRY", "ORIGIN", "citizen", "c_birth", "partner", "COMP_BREAKDOWN_1")
TOTALS = frozenset({"_T", "T", "W", "TOTAL", "WLD", "WB_KNOMAD_WLD", "_Z", "-"})
LARGEST_SMALL_DIMENSION = 12


def _figures(rows: pa.Table) -> list[str]:
    return [column.name for column in rows.schema if pa.types.is_floating(column.type)]


def _named(rows: pa.Table, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in rows.column_names), None)


def _with_column(table: Table, name: str, values: pa.Array | pa.ChunkedArray | list[object]) -> Table:
    column = values if isinstance(values, (pa.Array, pa.ChunkedArray)) else pa.array(values, table.rows[name].type)
    position = table.rows.column_names.index(name)
    field = table.rows.schema.field(name)
    return replace(table, rows=table.rows.set_column(position, field, column.cast(field.type)))


def _with_first_figure(table: Table, figure: float) -> Table:
    for name in _figures(table.rows)[:1]:
        values = table.rows[name].to_pylist()
        known = next((row for row, value in enumerate(values) if value is not None), None)
        if known is not None:
            values[known] = figure
            return _with_column(table, name, values)
    return table


def _recoded(table: Table, name: str, codes: dict[str, str]) -> Table:
    return _with_column(table, name, [codes.get(code, code) for code in table.rows[name].to_pylist()])


@register("table")
def value_not_a_number(_fault: Fault, table: Table) -> Table:
    """The first known figure is the text "n/a"."""
    return _with_first_figure(table, float(SPOILT))


@register("table")
def out_of_range(_fault: Fault, table: Table) -> Table:
    """The first known figure is far below every plausible bound."""
    return _with_first_figure(table, OUTSIDE_EVERY_BOUND)


@register("table")
def future_year(_fault: Fault, table: Table) -> Table:
    """The year with the most rows is called 2999."""
    name = _named(table.rows, PERIODS)
    if name is None or not _figures(table.rows):
        return table
    ((period, _),) = Counter(table.rows[name].to_pylist()).most_common(1)
    return _recoded(table, name, {period: period.replace(period[:4], FAR_FUTURE)})


@register("table")
def duplicate_key(_fault: Fault, table: Table) -> Table:
    """Every hundredth row, from the first on, comes twice."""
    rows = table.rows
    twice = rows.take(pa.array(range(0, rows.num_rows, 100)))
    return replace(table, rows=pa.concat_tables([rows, twice])) if _figures(rows) else table


@register("table")
def unknown_country(_fault: Fault, table: Table) -> Table:
    """The country of the last row carries a code that nobody knows (QQQ)."""
    name = _named(table.rows, COUNTRIES)
    if name is None or not _figures(table.rows):
        return table
    return _recoded(table, name, {table.rows[name][-1].as_py(): NOBODYS_CODE})


@register("table")
def renamed_code(_fault: Fault, table: Table) -> Table:
    """The commonest code of a small dimension (sex, or else the first of age, unit, qualifier …) has a new name."""
    for field in sorted(table.rows.schema, key=lambda field: field.name.lower() != "sex"):
        if field.name in (*PERIODS, *COUNTRIES, *PARTNERS) or pa.types.is_floating(field.type):
            continue
        counts = Counter(code for code in table.rows[field.name].to_pylist() if code)
        if 1 < len(counts) <= LARGEST_SMALL_DIMENSION and _figures(table.rows):
            commonest = counts.most_common(1)[0][0]
            return _recoded(table, field.name, {commonest: f"{commonest}_NEW"})
    return table


@register("table")
def rows_halved(_fault: Fault, table: Table) -> Table:
    """Every second row is gone, and whatever announces their number agrees."""
    rows = table.rows
    return replace(table, rows=rows.take(pa.array(range(0, rows.num_rows, 2)))) if _figures(rows) else table


@register("table")
def total_among_parts(_fault: Fault, table: Table) -> Table:
    """The commonest partner country carries the sums over all partners, as when a total is read as one of its parts."""
    rows, partner = table.rows, _named(table.rows, PARTNERS)
    if partner is None or not _figures(rows):
        return table
    figure = _figures(rows)[0]
    behind = rows.column_names.index(figure)
    keys = [name for name in rows.column_names[:behind] if name != partner]
    places = list(zip(*(rows[name].to_pylist() for name in keys), strict=True))
    partners, values = rows[partner].to_pylist(), rows[figure].to_pylist()
    sums: dict[tuple[object, ...], float] = defaultdict(float)
    for place, code, value in zip(places, partners, values, strict=True):
        sums[place] += 0 if code in TOTALS or value is None else value
    commonest = Counter(code for code in partners if code not in TOTALS).most_common(1)[0][0]
    spoilt = [
        sums[place] if code == commonest else value for place, code, value in zip(places, partners, values, strict=True)
    ]
    return _with_column(table, figure, spoilt)


@register("table")
def years_reversed(_fault: Fault, table: Table) -> Table:
    """The periods of every series stand in reverse order: the newest figure under the oldest year."""
    name = _named(table.rows, PERIODS)
    if name is None or not _figures(table.rows):
        return table
    periods = sorted(set(table.rows[name].to_pylist()))
    return _recoded(table, name, dict(zip(periods, reversed(periods), strict=True)))
