"""Lake to candidate: one ``dbt build`` into a new DuckDB file, its marts as Parquet, and ``release.json``.

A build never touches a file that anybody else has open, so it can be killed at any
instruction: what is left is a folder without ``release.json`` that the next build clears.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow.parquet as pq

from ingestion import clock
from ingestion.catalog import Catalog
from ingestion.errors import BuildRejected
from ingestion.home import Home, write_atomically
from ingestion.lake import quoted
from warehouse.dbt import DbtResult, Progress, run_dbt
from warehouse.inputs import Inputs, collect_inputs, file_checksum, origin_of
from warehouse.publications import release_ids_published
from warehouse.release import Release, find_in_force, finished_in, read_release, write_facts

LOCK = "release"
MARTS_SCHEMA = "marts"
EXPORT_MEMORY = "1GB"
EXPORT_THREADS = 2
AS_OF_KEPT = 5

State = Literal["new", "in force", "rolled back"]


@dataclass(frozen=True)
class Candidate:
    """A finished build that holds the inputs of now, and where it stands.

    ``new``: waits for audit and publication. ``in force``: the release in force holds these
    inputs already, nothing was built. ``rolled back``: a person took this very release back,
    so it is not brought again by itself.
    """

    release: Release
    state: State

    @property
    def release_id(self) -> str:
        """Id of the release."""
        return self.release.id

    def __str__(self) -> str:
        said = {
            "new": "waits for audit and publication",
            "in force": "already holds these inputs; nothing was built",
            "rolled back": "holds these inputs and was rolled back; `braindrain publish` brings it back",
        }
        return f"release {self.release_id} {said[self.state]}"


# Housekeeping and a publication may begin in the same minute; each takes less than one.
PATIENCE_SECONDS = 300


@contextmanager
def release_lock(home: Home) -> Iterator[None]:
    """Hold the lock of everything that makes, moves or removes releases."""
    with home.lock(LOCK, f"releases of {home.root}", PATIENCE_SECONDS):
        yield


def build_candidate(
    home: Home,
    catalog: Catalog,
    as_of: datetime | None = None,
    release_id: str | None = None,
    progress: Progress | None = None,
) -> Candidate:
    """Build what the lake holds now (or held at ``as_of``), unless a release already holds just that.

    Raises:
        HomeError: nothing was ingested yet, or another process is at it.
        BuildRejected: a model or a test of the dbt project failed.
    """
    with release_lock(home):
        inputs = collect_inputs(home, catalog, as_of)
        known = _already_built(home, inputs.checksum)
        if known is not None:
            return known
        clear_candidates(home)
        chosen = release_id or f"{clock.now():%Y%m%dT%H%M%SZ}-{inputs.checksum[:8]}"
        folder = home.candidates / chosen
        try:
            return Candidate(build_into(folder, chosen, home, inputs, progress), "new")
        except BuildRejected as rejection:
            reject(home, folder, rejection, [])
            raise


def _already_built(home: Home, checksum: str) -> Candidate | None:
    """The newest finished build of these inputs, if any is kept."""
    current = find_in_force(home)
    if current and current.inputs_checksum == checksum:
        return Candidate(current, "in force")
    same = [release for release in finished_in(home.releases) if release.inputs_checksum == checksum]
    if same:
        # Moved into place and never published: the process died in between, so it still waits.
        return Candidate(same[-1], "rolled back" if same[-1].id in release_ids_published(home) else "new")
    waiting = [release for release in finished_in(home.candidates) if release.inputs_checksum == checksum]
    return Candidate(waiting[-1], "new") if waiting else None


def build_as_of(home: Home, catalog: Catalog, as_of: datetime, progress: Progress | None = None) -> Release:
    """What a build at that moment would have shown, from the cache or built now; never published.

    Raises:
        HomeError: nothing was recorded by then, or another process is building.
        BuildRejected: a model or a test of the dbt project failed.
    """
    with home.lock("as_of", f"builds of the past in {home.root}"):
        inputs = collect_inputs(home, catalog, as_of)
        room = home.as_of
        for release in [*finished_in(home.releases), *finished_in(room)]:
            if release.inputs_checksum == inputs.checksum:
                return release
        _clear(room, keep={release.folder for release in finished_in(room)[1 - AS_OF_KEPT :]})
        chosen = f"as-of-{clock.compact(as_of)}-{inputs.checksum[:8]}"
        return build_into(room / chosen, chosen, home, inputs, progress)


def build_into(folder: Path, release_id: str, home: Home, inputs: Inputs, progress: Progress | None) -> Release:
    """Build into a new folder.

    Raises:
        BuildRejected: a model or a test of the dbt project failed.
    """
    started = clock.now()
    folder.mkdir(parents=True)
    inputs.write(folder / "inputs")
    as_of = f"{inputs.as_of:%Y-%m-%dT%H:%M:%S.%f}" if inputs.as_of else None
    variables = {"release_id": release_id, "as_of": as_of, "is_synthetic": inputs.is_synthetic}
    database = folder / "warehouse.duckdb"
    result = run_dbt(folder, database, home.lake, folder / "inputs", variables, progress)
    if result.exit_code or result.failures:
        raise _failed_build(home, release_id, result)
    marts = export_marts(database, folder / "marts", result.keys, result.column_sources)
    shutil.rmtree(folder / "target")
    previous = find_in_force(home)
    write_facts(
        folder,
        {
            "release_id": release_id,
            "created_at": clock.iso(clock.now()),
            "build_seconds": round((clock.now() - started).total_seconds(), 2),
            "as_of": as_of,
            "origin": origin_of(home),
            "synthetic": inputs.is_synthetic,
            "previous": previous.id if previous else None,
            "inputs_checksum": inputs.checksum,
            "inputs": inputs.to_json(),
            "accepted_change": None,
            "marts": marts,
            "dbt": [node.to_json() for node in result.nodes],
            "audits": [],
        },
    )
    return read_release(folder)


def _failed_build(home: Home, release_id: str, result: DbtResult) -> BuildRejected:
    said = result.failures
    more = f" (and {len(said) - 1} more)" if len(said) > 1 else ""
    return BuildRejected(
        f"dbt did not get through: {said[0]}{more}",
        f"release {release_id}",
        f"read {home.rejected / release_id / 'dbt.log'}; the release in force stays in force",
    )


def export_marts(
    database: Path,
    folder: Path,
    keys: dict[str, list[str]],
    column_sources: dict[str, dict[str, list[str]]] | None = None,
) -> dict[str, dict[str, Any]]:
    """Write every table of schema ``marts`` as Parquet, in the order of its key, and describe it.

    The same rows give the same bytes.
    """
    sources = column_sources or {}
    folder.mkdir()
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute(f"set memory_limit = '{EXPORT_MEMORY}'")
        connection.execute(f"set threads = {EXPORT_THREADS}")
        connection.execute("set temp_directory = $folder", {"folder": str(folder.parent / "scratch")})
        tables = connection.execute(
            "select table_name, comment from duckdb_tables() where schema_name = $schema order by table_name",
            {"schema": MARTS_SCHEMA},
        ).fetchall()
        return {
            name: _export_mart(
                connection, name, comment, keys.get(name, []), sources.get(name, {}), folder / f"{name}.parquet"
            )
            for name, comment in tables
        }


def _export_mart(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    comment: str | None,
    key: list[str],
    sources: dict[str, list[str]],
    path: Path,
) -> dict[str, Any]:
    columns = connection.execute(
        """
        select column_name, data_type, is_nullable, comment from duckdb_columns()
        where schema_name = $schema and table_name = $table order by column_index
        """,
        {"schema": MARTS_SCHEMA, "table": name},
    ).fetchall()
    order = ", ".join(quoted(column) for column in key) or "all"
    # Names come from the database's own catalog and are quoted.
    rows = connection.sql(f"select * from {MARTS_SCHEMA}.{quoted(name)} order by {order}")  # noqa: S608
    rows.write_parquet(str(path), compression="zstd")
    return {
        "rows": pq.read_metadata(path).num_rows,
        "bytes": path.stat().st_size,
        "sha256": file_checksum(path),
        "comment": comment,
        "key": key,
        "columns": [
            {"name": column, "type": data_type, "nullable": nullable, "comment": description}
            | ({"sources": sources[column]} if column in sources else {})
            for column, data_type, nullable, description in columns
        ],
    }


def clear_candidates(home: Home) -> None:
    """Remove what killed or superseded builds left. The caller holds the release lock."""
    _clear(home.candidates, keep=set())


def _clear(room: Path, keep: set[Path]) -> None:
    for folder in sorted(room.glob("*")):
        if folder not in keep:
            shutil.rmtree(folder)


def reject(home: Home, folder: Path, rejection: BuildRejected, verdicts: list[dict[str, Any]]) -> None:
    """Move a candidate to the rejected ones, with the verdict. The caller holds the release lock."""
    verdict = {
        "release_id": folder.name,
        "rejected_at": clock.iso(clock.now()),
        "what": rejection.what,
        "next_step": rejection.next_step,
        "verdicts": verdicts,
    }
    text = json.dumps(verdict, indent=2, ensure_ascii=False)
    write_atomically(folder / "verdict.json", (text + "\n").encode())
    home.rejected.mkdir(parents=True, exist_ok=True)
    folder.rename(home.rejected / folder.name)
