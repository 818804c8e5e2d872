"""Small pictures of a batch, computed in DuckDB, that are cheap to judge: never a text column of every row.

Names and conditions in the SQL are the catalog's; whatever the publisher sent travels as data or as an escaped literal.
A batch of n rows becomes: *profile* (one row per part: sizes, counts of rows that must not be, changes), *codes*
(one row per part and code of a column), *comparisons* (one row per total that must fit), *values* (n numbers, sliced).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from ingestion.catalog import Column, Dataset, Expectation
from ingestion.lake import literal, quoted
from ingestion.validation.bridge import Bridge

if TYPE_CHECKING:
    import pandas as pd

STAMPS = ("change", "recorded_at", "published", "receipt")
"""Columns that a load adds to every row for the lake; they say nothing about the figures."""
SAME_NUMBER = 1e-9
"""Relative difference under which two floats are the same figure: vintages of the publisher differ in the
15th digit (61.2514360156709 and 61.251436015671), and that is no revision."""
SLICE_ROWS = 1_000_000
"""Numbers held in memory at once."""
KEYS_AT_ONCE = 3_000_000
"""Keys counted, or numbers sorted, at once."""
PROMISES_BROKEN = "n_promises_broken"
"""Column of the profile: how often its rows lack what the catalog promises of them."""


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


def status_column(dataset: Dataset) -> str | None:
    """The column of observation statuses, by the names publishers give it."""
    return next((c.name for c in dataset.columns if c.name.lower() in ("obs_status", "obs_flag")), None)


def listed_columns(dataset: Dataset) -> tuple[Column, ...]:
    """Columns whose codes the catalog lists."""
    return tuple(column for column in dataset.columns if column.codes)


def mapped_columns(dataset: Dataset) -> tuple[Column, ...]:
    """Columns whose codes the country bridge knows."""
    return tuple(column for column in dataset.columns if column.code_system and not column.codes)


def entity_columns(dataset: Dataset) -> tuple[str, ...]:
    """Key columns that say whom a row is about: neither the part nor the year."""
    others = {dataset.part_column, year_column(dataset)}
    return tuple(name for name in dataset.key if name not in others)


def key_columns(dataset: Dataset) -> tuple[str, ...]:
    """What identifies a row: the part, and the key but for the column that repeats the part."""
    return ("part", *(name for name in dataset.key if name != dataset.part_column))


def parts_of(connection: duckdb.DuckDBPyConnection, batch: str) -> list[str]:
    """The parts that have a row in the batch, sorted."""
    query = f"select distinct part from {quoted(batch)} where part is not null order by 1"  # noqa: S608 (names of the catalog, quoted)
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


def value_frames(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, batch: str, parts: Sequence[str]
) -> Iterator[pd.DataFrame]:
    """Every value of these parts that is known, in slices."""
    value = quoted(value_column(dataset) or "")
    # The parser of the batch has made it a double; great-expectations compares 64-bit numbers by vector.
    query = f"select {value} from {quoted(batch)} where part in ({literals(parts)}) and {value} is not null"  # noqa: S608 (names of the catalog, quoted)
    reader = connection.execute(query).to_arrow_reader(SLICE_ROWS)
    for slice_ in reader:
        yield slice_.to_pandas()


def codes_frame(
    connection: duckdb.DuckDBPyConnection, batch: str, column: str, beside: Sequence[str] = ()
) -> pd.DataFrame:
    """One row per part and code of a column (with the columns beside it): how many rows carry it, as ``n_rows``."""
    grouped = ", ".join(quoted(name) for name in ["part", column, *beside])
    query = f"select {grouped}, count(*) as n_rows from {quoted(batch)} group by all order by all"  # noqa: S608 (names of the catalog, quoted)
    frame = connection.execute(query).df()
    return frame.astype({name: "object" for name in frame.columns if name != "n_rows"})


def listed_frame(connection: duckdb.DuckDBPyConnection, batch: str, columns: Sequence[Column]) -> pd.DataFrame:
    """One row per part, column and code of these columns: how many rows carry it, and whether the catalog lists it."""
    of_columns = [
        f"select part, {literal(column.name)} as column_name, {quoted(column.name)} as code, count(*) as n_rows"  # noqa: S608 (names of the catalog, quoted)
        f" from {quoted(batch)} where {quoted(column.name)} is not null group by all"
        for column in columns
    ]
    frame = connection.execute(f"{' union all '.join(of_columns)} order by all").df()
    frame = frame.astype(dict.fromkeys(("part", "column_name", "code"), "object"))
    codes = {column.name: set(column.codes or ()) for column in columns}
    frame["is_listed"] = [code in codes[name] for name, code in zip(frame["column_name"], frame["code"], strict=True)]
    return frame


def with_meanings(frame: pd.DataFrame, column: Column, bridge: Bridge) -> pd.DataFrame:
    """Adds what the codes of places stand for.

    ``stands_for`` is the country key of the code, null where nobody mapped it; ``means`` and ``also_means`` for rows
    with two codes, ``listed_as`` and ``typed_as`` (what a list of economies and the bridge call the same entry) for
    the list.
    """
    codes = frame[column.name]
    # No code at all is another rule's to refuse.
    frame["stands_for"] = codes.map(bridge.codes(str(column.code_system))).where(codes.notna(), "")
    if "countryiso3code" in frame:
        frame["means"] = frame["country_id"].map(bridge.codes("world_bank_iso2code"))
        frame["also_means"] = frame["countryiso3code"].map(bridge.codes("world_bank_id"))
    if "region_id" in frame:
        # In a region_id, NA is the publisher's mark of an aggregate, not Namibia.
        frame["listed_as"] = frame["region_id"].map(lambda region: "aggregate" if region == "NA" else "country")
        meanings = frame["id"].map(bridge.codes("world_bank_id"))
        frame["typed_as"] = [
            ("country" if bridge.is_country(iso3) else "aggregate") if isinstance(iso3, str) else None
            for iso3 in meanings
        ]
    return frame


def comparison_frame(connection: duckdb.DuckDBPyConnection, batch: str, expectation: Expectation) -> pd.DataFrame:
    """One row per comparison of a catalogued expectation: part, place, found, expected, and ``gap``.

    The gap is the difference as a share of what is expected; where nothing is expected, anything found is a gap of 1.
    """
    query = f"""
        with batch as (from {quoted(batch)}),
        compared as ({expectation.compare})
        select
            part, cast(place as varchar) as place, cast(found as double) as found, cast(expected as double) as expected,
            case when expected = 0 then least(abs(found), 1) else abs(found - expected) / abs(expected) end as gap
        from compared
    """  # noqa: S608 (names of the catalog, quoted)
    return connection.execute(query).df()


def profile_frame(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    batch: str,
    in_force: str,
    counted: Sequence[CountRule],
    promised: Sequence[CountRule],
) -> pd.DataFrame:
    """One row per part: its size, its rectangle, its floors, its counts of forbidden rows, and what changed.

    The counts of ``promised`` stand there singly and summed up.

    Shares are 0-1; whatever compares with the state in force is null where nothing is in force.
    """
    profile = connection.execute(_size_query(dataset, quoted(batch), [*counted, *promised])).df()
    profile[PROMISES_BROKEN] = profile[[rule.counter for rule in promised]].sum(axis=1)
    n_rows = int(profile["n_rows"].sum())
    twice = _rows_with_a_key_twice(connection, dataset, batch, n_rows)
    profile["n_key_unique"] = [twice.get(part, 0) for part in profile["part"]]
    before = connection.execute(_size_query(dataset, in_force, ())).df().add_prefix("previous_")
    before = before[before["previous_part"].isin(profile["part"])]
    change = connection.execute(_change_query(dataset, batch, in_force, n_rows)).df()
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
    rectangle = dataset.is_rectangular and year
    measures = [
        "cast(part as varchar) as part",
        "count(*) as n_rows",
        f"count(*) filter ({with_value}) as n_values",
        f"count(distinct {entity}) as n_entities" if rectangle else "1 as n_entities",
        f"count(distinct {quoted(year or '')}) as n_years" if rectangle else "1 as n_years",
        f"max({quoted(year)}) filter ({with_value}) as newest_year" if year else "null::integer as newest_year",
        *(f"count(*) filter ({rule.condition}) as {quoted(rule.counter)}" for rule in counted),
    ]
    return f"select {', '.join(measures)} from {relation} group by part order by part"  # noqa: S608 (names of the catalog, quoted)


def _rows_with_a_key_twice(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, batch: str, n_rows: int
) -> dict[str, int]:
    """Per part: rows whose key another row has too. A hash stands for the key: a collision can only cry wolf.

    The keys are counted in shares of at most ``KEYS_AT_ONCE``, so that they fit into memory whatever their number.
    """
    hashed = f"hash({', '.join(quoted(name) for name in key_columns(dataset)[1:])})"
    shares = -(-n_rows // KEYS_AT_ONCE)
    found: dict[str, int] = {}
    for share in range(shares):
        query = f"""
            select cast(part as varchar), cast(sum(n_rows) as bigint)
            from (
                select part, {hashed} as of_key, count(*) as n_rows from {quoted(batch)}
                where {hashed} % {shares} = {share}
                group by all having count(*) > 1
            )
            group by 1
        """  # noqa: S608 (names of the catalog, quoted)
        for part, count in connection.execute(query).fetchall():
            found[part] = found.get(part, 0) + count
    return found


def _change_query(dataset: Dataset, batch: str, in_force: str, n_rows: int) -> str:
    """Per part: rows in force found again, those that said something, those changed, and by how much.

    The exact median holds every number, which a very large table has no room for: there it is estimated.
    """
    middle = "median({})" if n_rows <= KEYS_AT_ONCE else "approx_quantile({}, 0.5)"
    value = value_column(dataset)
    keys = ", ".join(quoted(name) for name in key_columns(dataset))
    said = f"old.{quoted(value)} is not null" if value else "true"
    changed = " or ".join(_differs(dataset, name) for name in dataset.measures)
    relative = f"abs(new.{quoted(value)} - old.{quoted(value)}) / abs(old.{quoted(value)})" if value else "null::double"
    comparable = f"old.{quoted(value)} <> 0" if value else "false"
    return f"""
        select cast(part as varchar) as part, count(*) as n_kept, count(*) filter ({said}) as n_comparable,
            count(*) filter ({said} and ({changed})) as n_changed,
            {middle.format(relative)} filter ({comparable}) as median_relative_change
        from {quoted(batch)} as new join {in_force} as old using ({keys})
        group by part
    """  # noqa: S608 (names of the catalog, quoted)


def _differs(dataset: Dataset, name: str) -> str:
    new, old = f"new.{quoted(name)}", f"old.{quoted(name)}"
    different = f"{new} is distinct from {old}"
    if dataset.column(name).type != "DOUBLE":
        return f"({different})"
    return f"({different} and coalesce(abs({new} - {old}) > {SAME_NUMBER} * abs({old}), true))"
