"""The lake: accepted figures as an append-only log of changes, one Parquet file per load.

A row is a catalog row plus ``part``, ``change`` (insert, revise, withdraw), ``recorded_at``
(UTC, when we accepted it), ``published`` (the provider's version) and ``receipt`` (the way
back to the payload). A withdraw row holds the key and null measures. Files are never
changed: what is in force at a moment is the newest row of each key up to that moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from ingestion import clock
from ingestion.catalog import Dataset
from ingestion.home import Home, sync

MEMORY_BYTES = 250_000_000
# A revision looks every key of a large table up: more rows get more room, up to the most that a load may take.
MEMORY_BYTES_PER_ROW = 45
MOST_MEMORY_BYTES = 1_500_000_000
THREADS = 1
# Wide tables spill when their row groups are as large as DuckDB makes them by itself.
ROW_GROUP_ROWS = 30_720
CHANGE_COLUMNS = ("change", "recorded_at", "published", "receipt")


@dataclass(frozen=True)
class Changes:
    """How many rows of a part a load inserted, revised and withdrew."""

    inserted: int = 0
    revised: int = 0
    withdrawn: int = 0


def connect(home: Home) -> duckdb.DuckDBPyConnection:
    """A private in-memory DuckDB with bounded memory that spills into the home."""
    home.scratch.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute(f"set memory_limit = '{MEMORY_BYTES}B'")
    connection.execute(f"set threads = {THREADS}")
    connection.execute("set enable_progress_bar = false")
    connection.execute("set autoinstall_known_extensions = false")
    connection.execute("set temp_directory = $folder", {"folder": str(home.scratch)})
    return connection


def give_room(connection: duckdb.DuckDBPyConnection, batch: str) -> None:
    """Raise the memory limit for a batch of many rows."""
    counted = connection.execute(f"select count(*) from {quoted(batch)}").fetchone()  # noqa: S608
    wanted = (counted[0] if counted else 0) * MEMORY_BYTES_PER_ROW
    connection.execute(f"set memory_limit = '{min(max(wanted, MEMORY_BYTES), MOST_MEMORY_BYTES)}B'")


def lake_files(home: Home, dataset: Dataset) -> list[Path]:
    """The dataset's change files, oldest first."""
    return sorted((home.lake / dataset.id).glob("*.parquet"))


def create_in_force(
    connection: duckdb.DuckDBPyConnection, home: Home, dataset: Dataset, parts: list[str], name: str
) -> None:
    """Create view ``name``: the rows in force of these parts (catalog columns and ``part``).

    The rows stand in a scratch file, so that a state of any size takes no memory.
    """
    columns = ["part", *(column.name for column in dataset.columns)]
    files = [str(path) for path in lake_files(home, dataset)]
    if not files:
        types = ", ".join(["part varchar", *(f"{quoted(column.name)} {column.type}" for column in dataset.columns)])
        connection.execute(f"create or replace table {quoted(name + '_empty')} ({types})")
        connection.execute(f"create or replace view {quoted(name)} as from {quoted(name + '_empty')}")
        return
    listed = ", ".join(quoted(column) for column in columns)
    if len(files) == 1:
        # A first load holds every key once and withdraws none.
        in_force = f"select {listed} from read_parquet($files) where list_contains($parts, part)"  # noqa: S608
    else:
        key = ", ".join(["part", *map(quoted, dataset.key)])
        # The names come from the catalog and are quoted; paths and parts travel as parameters.
        in_force = f"""
            with newest as (
                select {key}, max(recorded_at) as recorded_at
                from read_parquet($files) where list_contains($parts, part) group by all
            )
            select {listed} from read_parquet($files) as changes
            semi join newest using ({key}, recorded_at)
            where change <> 'withdraw' and list_contains($parts, part)
        """  # noqa: S608
    scratch = scratch_file(home, dataset, name)
    # COPY takes no parameters, and a relation does.
    relation = connection.sql(in_force, params={"files": files, "parts": parts})
    write(relation, scratch)
    connection.read_parquet(str(scratch)).create_view(name, replace=True)


def scratch_file(home: Home, dataset: Dataset, name: str) -> Path:
    """Where rows of a dataset stand between payload and lake; cleared when the next load begins."""
    folder = scratch_folder(home, dataset)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.parquet"


def scratch_folder(home: Home, dataset: Dataset) -> Path:
    """The scratch room of a dataset."""
    return home.scratch / dataset.id


def accept(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    dataset: Dataset,
    batch: str,
    previous: str,
    recorded_at: datetime,
    file: Path | None = None,
) -> dict[str, Changes]:
    """Append what ``batch`` changes against ``previous`` to the lake; give the changes by part.

    ``batch`` has the columns of the lake, every row an insert; every part in it is whole. Nothing is written when
    nothing changed. The file appears by one rename; ``file``, where the batch is one file, is itself the change
    log of a first load, and is moved.
    """
    target = home.lake / dataset.id / f"{clock.compact(recorded_at)}.parquet"
    known = connection.execute(f"select count(*) from {quoted(previous)}").fetchone()  # noqa: S608
    if known == (0,):
        # A first load has nothing to compare with: no join, and no second copy of the batch in memory.
        connection.execute(f"create or replace temp view changes as from {quoted(batch)}")
    else:
        _create_changes(connection, dataset, batch, previous, recorded_at)
    counts = connection.execute(
        """
        select
            part,
            count(*) filter (where change = 'insert'),
            count(*) filter (where change = 'revise'),
            count(*) filter (where change = 'withdraw')
        from changes group by part
        """
    ).fetchall()
    if counts and known == (0,) and file is not None:
        publish_file(file, target)
    elif counts:
        draft = target.with_name(f".{target.name}.draft")
        draft.parent.mkdir(parents=True, exist_ok=True)
        write(connection.table("changes"), draft)
        publish_file(draft, target)
    return {part: Changes(*numbers) for part, *numbers in counts}


def _create_changes(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, batch: str, previous: str, recorded_at: datetime
) -> None:
    """Create view ``changes``: the change log rows of this load against the state in force."""
    names = [column.name for column in dataset.columns]
    key = ["part", *dataset.key]
    same_key = " and ".join(f"new.{quoted(name)} = old.{quoted(name)}" for name in key)
    differs = " or ".join(f"new.{quoted(name)} is distinct from old.{quoted(name)}" for name in dataset.measures)
    new_row = ", ".join(["new.part", *(f"new.{quoted(name)}" for name in names)])
    gone_row = ", ".join(
        ["old.part", *(f"old.{quoted(name)}" if name not in dataset.measures else "null" for name in names)]
    )
    stamp = f"timestamp '{recorded_at:%Y-%m-%d %H:%M:%S.%f}'"
    compared = f"""
        select
            {new_row},
            case when old.part is null then 'insert' else 'revise' end as change,
            {stamp} as recorded_at, new.published, new.receipt
        from {quoted(batch)} as new
        left join {quoted(previous)} as old on {same_key}
        where old.part is null or {differs}
        union all
        select {gone_row}, 'withdraw', {stamp}, fetched.published, fetched.receipt
        from {quoted(previous)} as old
        inner join (select distinct part, published, receipt from {quoted(batch)}) as fetched using (part)
        anti join {quoted(batch)} as new on {same_key}
        order by {", ".join(quoted(name) for name in key)}
    """  # noqa: S608
    connection.execute(f"create or replace temp table compared as {compared}")
    connection.execute("create or replace temp view changes as from compared")


def write(rows: duckdb.DuckDBPyRelation, path: Path) -> None:
    """Write rows as Parquet, in little memory."""
    rows.write_parquet(str(path), compression="zstd", row_group_size=ROW_GROUP_ROWS)


def publish_file(draft: Path, target: Path) -> None:
    """Put a whole file into the lake: durable, visible by one rename."""
    target.parent.mkdir(parents=True, exist_ok=True)
    sync(draft)
    draft.replace(target)
    sync(target.parent)


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
