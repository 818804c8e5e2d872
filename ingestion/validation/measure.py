"""Small pictures of a batch, computed in DuckDB, that are cheap to judge: never a text column of every row.

Names in the SQL are the catalog's, quoted; whatever the publisher sent travels as an escaped literal.
A batch of n rows becomes: *observations* (n rows: part, key and measured value in small types), *codes* (one row
per part and country code), and *profile* (one row per part). Memory is bounded by taking observations in slices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from ingestion.catalog import Column, Dataset
from ingestion.validation.bridge import Bridge

if TYPE_CHECKING:
    import pandas as pd

JUDGED = "judged_batch"
IN_FORCE = "judged_in_force"
WORDS = "words_of_row"
STAMPS = ("published", "receipt")
"""Columns that a load adds to every row for the lake; they say nothing about the figures."""
SAME_NUMBER = 1e-9
"""Relative difference under which two floats are the same figure: vintages of the publisher differ in the
15th digit (61.2514360156709 and 61.251436015671), and that is no revision."""

# Per protocol: the column that says which part a row belongs to, whether a part's page is below the endpoint,
# and whether every entity has every year.
PART_COLUMN = {"world_bank_indicator": "indicator_id", "world_bank_archive": "series_id"}
PART_IN_ENDPOINT = frozenset({"world_bank_indicator"})
RECTANGULAR = frozenset({"world_bank_indicator"})


@dataclass(frozen=True)
class CountRule:
    """Rows that must not exist: counted per part in DuckDB, judged to be none by great-expectations."""

    name: str
    condition: str
    """SQL over the batch's columns; true for an offending row"""
    says: str
    reason: str

    @property
    def counter(self) -> str:
        """Column of the profile that holds the count."""
        return f"n_{self.name}"


def quoted(name: str) -> str:
    """The name as an SQL identifier."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def literal(text: str) -> str:
    """The text as an SQL string."""
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


def literals(texts: Sequence[str]) -> str:
    """The texts as a list of SQL strings."""
    return ", ".join(literal(text) for text in texts)


def value_column(dataset: Dataset) -> str | None:
    """The measured number of a row; None for a list of names."""
    numbers = (name for name in dataset.measures if dataset.column(name).type == "DOUBLE")
    return next(numbers, None)


def year_column(dataset: Dataset) -> str | None:
    """The key column that holds the year; None where rows have no period."""
    return next((name for name in dataset.key if dataset.column(name).unit == "year"), None)


def coded_columns(dataset: Dataset) -> tuple[Column, ...]:
    """Columns that hold a country code of a known system."""
    return tuple(column for column in dataset.columns if column.code_system)


def entity_columns(dataset: Dataset) -> tuple[str, ...]:
    """Key columns that say whom a row is about: neither the part nor the year."""
    others = {PART_COLUMN.get(dataset.protocol), year_column(dataset)}
    return tuple(name for name in dataset.key if name not in others)


def parts_of(connection: duckdb.DuckDBPyConnection, batch: str) -> list[str]:
    """The parts that have a row in the batch, sorted."""
    return _distinct(connection, quoted(batch), "part")


def members_of(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, sources: Sequence[str], parts: Sequence[str]
) -> dict[str, list[str]]:
    """For each column of few different texts (the part, country codes): those texts, over all sources (SQL)."""
    codes = [column.name for column in coded_columns(dataset)]
    return {"part": list(parts)} | {
        name: sorted({text for source in sources for text in _distinct(connection, source, name)}) for name in codes
    }


@contextmanager
def compacted(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    source: str,
    members: dict[str, list[str]],
    table: str,
) -> Iterator[None]:
    """The rows of a source (SQL) of the parts under judgement, as a temporary table of small types.

    Columns of few different texts become ENUMs (2 bytes a row), which DuckDB hands to pandas as categoricals;
    measures in words become one hash, because all that matters of them is whether they changed.
    """
    columns = ", ".join([*(_small(name, members) for name in _needed(dataset)), f"{_words(dataset)} as {WORDS}"])
    query = f"select {columns} from {source} where part in ({literals(members['part'])})"  # noqa: S608
    connection.execute(f"create or replace temp table {table} as {query}")
    try:
        yield
    finally:
        connection.execute(f"drop table {table}")


def _needed(dataset: Dataset) -> tuple[str, ...]:
    """Columns of the small tables that are kept as they are: part, key, codes, measured numbers."""
    coded = (column.name for column in coded_columns(dataset))
    numbers = (name for name in dataset.measures if dataset.column(name).type != "VARCHAR")
    named = dict.fromkeys(("part", *dataset.key, *coded, *numbers))
    return tuple(name for name in named if name != PART_COLUMN.get(dataset.protocol))


def _words(dataset: Dataset) -> str:
    words = [quoted(name) for name in dataset.measures if dataset.column(name).type == "VARCHAR"]
    return f"hash({', '.join(words)})" if words else "0"


def _small(name: str, members: dict[str, list[str]]) -> str:
    if name not in members:
        return quoted(name)
    known = literals(members[name] or [""])
    return f"cast({quoted(name)} as enum({known})) as {quoted(name)}"


def _distinct(connection: duckdb.DuckDBPyConnection, source: str, column: str) -> list[str]:
    name = quoted(column)
    query = f"select distinct {name} from {source} where {name} is not null order by 1"  # noqa: S608
    return [str(row[0]) for row in connection.execute(query).fetchall()]


def schema_frame(connection: duckdb.DuckDBPyConnection, dataset: Dataset, batch: str) -> pd.DataFrame:
    """One row per column of the batch or the catalog: its name, the type found and the type pinned."""
    import pandas as pd

    described = connection.execute(f"describe {quoted(batch)}").fetchall()
    found = {row[0]: row[1] for row in described}
    pinned = {column.name: str(column.type) for column in dataset.columns} | {"part": "VARCHAR"}
    found = {name: kind for name, kind in found.items() if name not in STAMPS}
    names = list(dict.fromkeys((*pinned, *found)))
    return pd.DataFrame(
        {
            "column": names,
            "found": [found.get(name, "missing") for name in names],
            "pinned": [pinned.get(name, "unknown") for name in names],
        }
    )


def observations_frame(connection: duckdb.DuckDBPyConnection, dataset: Dataset, parts: Sequence[str]) -> pd.DataFrame:
    """One row per row of these parts: part, key, measured value; codes as categoricals, about 20 bytes a row."""
    value = value_column(dataset)
    names = [name for name in _needed(dataset) if name in ("part", value) or name in dataset.key]
    # great-expectations compares 64-bit numbers by vector, and any other type by a Python call per row.
    whole = {column.name for column in dataset.columns if column.type == "INTEGER"}
    columns = ", ".join(f"{quoted(n)}::bigint as {quoted(n)}" if n in whole else quoted(n) for n in names)
    query = f"select {columns} from {JUDGED} where part in ({literals(parts)})"  # noqa: S608
    return connection.execute(query).df()


def codes_frame(connection: duckdb.DuckDBPyConnection, dataset: Dataset, batch: str, bridge: Bridge) -> pd.DataFrame:
    """One row per part and combination of codes: how many rows carry it, and what the bridge says it means.

    Adds ``means`` and ``also_means`` (what two codes of one data row stand for) or ``listed_as`` and
    ``typed_as`` (what a list of economies and the bridge call the same entry), after the dataset's protocol.
    """
    names = [column.name for column in coded_columns(dataset)]
    extra = {"world_bank_indicator": ["countryiso3code"], "world_bank_country": ["region_id", "name"]}
    grouped = ", ".join(quoted(name) for name in ["part", *names, *extra.get(dataset.protocol, [])])
    query = f"select {grouped}, count(*) as n_rows from {quoted(batch)} group by all order by all"  # noqa: S608
    frame = connection.execute(query).df()
    frame = frame.astype({name: "object" for name in frame.columns if name != "n_rows"})
    if dataset.protocol == "world_bank_indicator":
        frame["means"] = frame["country_id"].map(bridge.codes("world_bank_iso2code"))
        frame["also_means"] = frame["countryiso3code"].map(bridge.codes("world_bank_id"))
    if dataset.protocol == "world_bank_country":
        # In a region_id, NA is the publisher's mark of an aggregate, not Namibia.
        frame["listed_as"] = frame["region_id"].map(lambda region: "aggregate" if region == "NA" else "country")
        meanings = frame["id"].map(bridge.codes("world_bank_id"))
        frame["typed_as"] = [
            ("country" if bridge.is_country(iso3) else "aggregate") if isinstance(iso3, str) else None
            for iso3 in meanings
        ]
    return frame


def profile_frame(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, batch: str, counted: Sequence[CountRule]
) -> pd.DataFrame:
    """One row per part: its size, its rectangle, its floors, its counts of forbidden rows, and what changed.

    Shares are 0-1; whatever compares with the state in force is null where nothing is in force.
    """
    profile = connection.execute(_size_query(dataset, batch, counted)).df()
    before = connection.execute(_size_query(dataset, IN_FORCE, ())).df().add_prefix("previous_")
    change = connection.execute(_change_query(dataset)).df()
    profile = profile.merge(before, left_on="part", right_on="previous_part", how="left").merge(
        change, on="part", how="left"
    )
    profile["part"] = profile["part"].astype("object")
    catalogued = [dataset.part(part) for part in profile["part"]]
    profile["row_floor"] = [part.row_floor for part in catalogued]
    profile["value_floor"] = [part.value_floor for part in catalogued]
    profile["n_cells"] = profile["n_entities"] * profile["n_years"]
    known_before = profile["previous_n_rows"].notna()
    kept = profile["n_kept"].fillna(0)
    profile["n_lost"] = (profile["previous_n_rows"] - kept).where(known_before)
    profile["lost_share"] = profile["n_lost"] / profile["previous_n_rows"]
    profile["changed_share"] = profile["n_changed"] / profile["n_comparable"]
    profile["null_share"] = 1 - profile["n_values"] / profile["n_rows"]
    profile["null_share_rise"] = profile["null_share"] - (1 - profile["previous_n_values"] / profile["previous_n_rows"])
    return profile


def _size_query(dataset: Dataset, relation: str, counted: Sequence[CountRule]) -> str:
    value, year, entities = value_column(dataset), year_column(dataset), entity_columns(dataset)
    with_value = f"{quoted(value)} is not null" if value else "true"
    entity = quoted(entities[0]) if len(entities) == 1 else f"({', '.join(quoted(name) for name in entities)})"
    measures = [
        "cast(part as varchar) as part",
        "count(*) as n_rows",
        f"count(*) filter ({with_value}) as n_values",
        f"count(distinct {entity}) as n_entities",
        f"count(distinct {quoted(year)}) as n_years" if year else "1 as n_years",
        f"max({quoted(year)}) filter ({with_value}) as newest_year" if year else "null::integer as newest_year",
        *(f"count(*) filter ({rule.condition}) as {quoted(rule.counter)}" for rule in counted),
    ]
    return f"select {', '.join(measures)} from {quoted(relation)} group by part order by part"  # noqa: S608


def _change_query(dataset: Dataset) -> str:
    """Per part: rows in force found again, those that said something, those changed, and by how much."""
    value = value_column(dataset)
    keys = ", ".join(quoted(name) for name in ("part", *dataset.key) if name != PART_COLUMN.get(dataset.protocol))
    said = f"old.{quoted(value)} is not null" if value else "true"
    numbers = [name for name in dataset.measures if dataset.column(name).type != "VARCHAR"]
    changed = " or ".join([f"new.{WORDS} <> old.{WORDS}", *(_differs(dataset, name) for name in numbers)])
    relative = f"abs(new.{quoted(value)} - old.{quoted(value)}) / abs(old.{quoted(value)})" if value else "null::double"
    comparable = f"old.{quoted(value)} <> 0" if value else "false"
    return f"""
        select cast(part as varchar) as part, count(*) as n_kept, count(*) filter ({said}) as n_comparable,
            count(*) filter ({said} and ({changed})) as n_changed,
            median({relative}) filter ({comparable}) as median_relative_change
        from {JUDGED} as new join {IN_FORCE} as old using ({keys})
        group by part
    """  # noqa: S608


def _differs(dataset: Dataset, name: str) -> str:
    new, old = f"new.{quoted(name)}", f"old.{quoted(name)}"
    different = f"{new} is distinct from {old}"
    if dataset.column(name).type != "DOUBLE":
        return f"({different})"
    return f"({different} and coalesce(abs({new} - {old}) > {SAME_NUMBER} * abs({old}), true))"
