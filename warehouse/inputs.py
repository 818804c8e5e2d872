"""Everything a release is made from: lake files, the ledger, the catalog, the dbt project; and one checksum over it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion import clock
from ingestion.catalog import Catalog, Column, Dataset
from ingestion.errors import HomeError
from ingestion.home import Home
from ingestion.lake import lake_files
from ingestion.ledger import read_events
from ingestion.origin import PROJECT_ROOT
from ingestion.sources.typed import ARROW_TYPES

DBT_PROJECT = PROJECT_ROOT / "dbt_project"
# What dbt itself writes into a project folder when somebody runs it there by hand.
NOT_OF_THE_PROJECT = ("target", "logs", "dbt_packages", ".user.yml")

TEXT = pa.string()
SOURCES_SCHEMA = pa.schema(
    [
        *((name, TEXT) for name in ("source_id", "publisher", "title", "homepage", "licence", "licence_url")),
        ("is_commercial_use_allowed", pa.bool_()),
        ("is_redistributable", pa.bool_()),
        ("is_share_alike", pa.bool_()),
        ("is_attribution_required", pa.bool_()),
    ]
)
DATASETS_SCHEMA = pa.schema(
    [
        (name, TEXT)
        for name in (
            "dataset_id",
            "source_id",
            "title",
            "description",
            "protocol",
            "endpoint",
            "cadence",
            "release_calendar",
            "citation",
        )
    ]
)
INDICATORS_SCHEMA = pa.schema(
    [
        *((name, TEXT) for name in ("indicator_code", "dataset_id", "source_id", "title", "unit")),
        ("concepts", pa.list_(TEXT)),
        *((name, TEXT) for name in ("direction", "method_id", "estimate_kind", "successor_code")),
        ("valid_min", pa.float64()),
        ("valid_max", pa.float64()),
        ("bounds_reason", TEXT),
    ]
)
LOADS_SCHEMA = pa.schema(
    [
        ("at", pa.timestamp("us")),
        *((name, TEXT) for name in ("dataset", "part", "title", "outcome", "version", "edition", "receipt")),
        *((name, pa.int64()) for name in ("rows", "figures", "inserted", "revised", "withdrawn")),
        *((name, TEXT) for name in ("message", "next_step")),
    ]
)
EXPECTATIONS_SCHEMA = pa.schema(
    [
        ("dataset", TEXT),
        ("recorded_at", pa.timestamp("us")),
        ("nth", pa.int32()),
        *((name, TEXT) for name in ("rule", "parts", "expectation", "subject")),
        ("checked", pa.int64()),
        ("unexpected", pa.int64()),
        ("observed", TEXT),
        ("held", pa.bool_()),
        ("reason", TEXT),
    ]
)
# Judgements of a dataset that a build reads, the newest; all 81 together are then 30,000 rows at most.
JUDGEMENTS_READ = 12
DIRECTIONS = {"higher_is_more_push": "push", "higher_is_more_pull": "pull", "neutral": None}


@dataclass(frozen=True)
class Inputs:
    """What a build reads, pinned.

    ``lake`` and ``dbt_project`` map a path (relative to its root) to a sha256; ``tables`` are
    the catalog and ledger tables by name; ``checksum`` covers all of it and the versions of
    the two programs whose output is the marts.
    """

    lake: dict[str, str]
    dbt_project: dict[str, str]
    tables: dict[str, pa.Table]
    empty: dict[str, pa.Schema]
    as_of: datetime | None
    is_synthetic: bool

    @property
    def checksum(self) -> str:
        """sha256 of everything the marts are made from; the moment asked for is not part of it."""
        rows = {name: table.to_pylist() for name, table in self.tables.items()}
        pinned = [self.lake, self.dbt_project, rows, self.is_synthetic, versions()]
        return hashlib.sha256(json.dumps(pinned, sort_keys=True, default=str).encode()).hexdigest()

    def write(self, folder: Path) -> None:
        """Write the tables, and an empty lake file for every dataset, as dbt's sources expect them."""
        (folder / "empty").mkdir(parents=True, exist_ok=True)
        for name, table in self.tables.items():
            pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
        for dataset, schema in self.empty.items():
            pq.write_table(schema.empty_table(), folder / "empty" / f"{dataset}.parquet")

    def to_json(self) -> dict[str, Any]:
        """What ``release.json`` keeps: checksums and counts."""
        return {
            "lake": self.lake,
            "dbt_project": self.dbt_project,
            "catalog_and_ledger": {name: table.num_rows for name, table in self.tables.items()},
            "versions": versions(),
        }


def versions() -> dict[str, str]:
    """The programs whose output the marts are."""
    return {name: version(name) for name in ("duckdb", "dbt-core", "dbt-duckdb")}


def collect_inputs(home: Home, catalog: Catalog, as_of: datetime | None = None) -> Inputs:
    """Pin what a build of this moment reads, or of ``as_of``: nothing that was recorded later.

    Raises:
        HomeError: the lake holds no figure (up to that moment), or the home has no origin.
    """
    files = {
        f"{dataset.id}/{path.name}": path
        for dataset in catalog.datasets
        for path in lake_files(home, dataset)
        if as_of is None or clock.parse_compact(path.stem) <= as_of
    }
    if not files:
        until = f" recorded by {clock.iso(as_of)}" if as_of else ""
        raise HomeError(f"the lake holds no figure{until}", str(home.lake), "run `braindrain ingest`, then this again")
    return Inputs(
        lake={name: file_checksum(path) for name, path in sorted(files.items())},
        dbt_project=project_checksums(),
        tables=_catalog_tables(catalog)
        | {"loads": _loads(home, catalog, as_of), "expectations": _expectations(home, catalog, as_of)},
        empty={dataset.id: _lake_schema(dataset) for dataset in catalog.datasets},
        as_of=as_of,
        is_synthetic=home.is_synthetic,
    )


def origin_of(home: Home) -> dict[str, str]:
    """Kind and text of the origin the home was made with.

    Raises:
        HomeError: the home was never stamped.
    """
    stamp = home.origin_stamp
    try:
        found: dict[str, str] = json.loads(stamp.read_text())
    except FileNotFoundError:
        raise HomeError("no figures were ever taken in here", str(home.root), "run `braindrain refresh`") from None
    return found


def project_checksums() -> dict[str, str]:
    """sha256 of every file of the dbt project, by its path inside it."""
    paths = (
        path
        for path in sorted(DBT_PROJECT.rglob("*"))
        if path.is_file() and path.relative_to(DBT_PROJECT).parts[0] not in NOT_OF_THE_PROJECT
    )
    return {path.relative_to(DBT_PROJECT).as_posix(): file_checksum(path) for path in paths}


def file_checksum(path: Path) -> str:
    """sha256 of a file's bytes, as hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _lake_schema(dataset: Dataset) -> pa.Schema:
    """The columns of a dataset's lake file, for a dataset that has none yet."""
    columns: Iterable[Column] = dataset.columns
    return pa.schema(
        [
            ("part", TEXT),
            *((column.name, ARROW_TYPES[column.type]) for column in columns),
            ("change", TEXT),
            ("recorded_at", pa.timestamp("us")),
            ("published", TEXT),
            ("receipt", TEXT),
        ]
    )


def _catalog_tables(catalog: Catalog) -> dict[str, pa.Table]:
    sources = [
        {
            "source_id": source.id,
            "publisher": source.publisher,
            "title": source.title,
            "homepage": source.homepage,
            "licence": source.licence.name,
            "licence_url": source.licence.url,
            "is_commercial_use_allowed": source.licence.commercial,
            "is_redistributable": source.licence.redistributable,
            "is_share_alike": source.licence.share_alike,
            "is_attribution_required": source.licence.attribution,
        }
        for source in catalog.sources
    ]
    datasets = [
        {name: getattr(dataset, name) for name in DATASETS_SCHEMA.names[2:]}
        | {"dataset_id": dataset.id, "source_id": source.id}
        for source in catalog.sources
        for dataset in source.datasets
    ]
    indicators = [
        {
            "indicator_code": part.id,
            "dataset_id": dataset.id,
            "source_id": source.id,
            "title": part.title,
            "unit": part.unit,
            "concepts": list(part.concepts),
            "direction": DIRECTIONS[part.direction],
            "method_id": part.method,
            "estimate_kind": part.estimate_kind,
            "successor_code": part.successor,
            "valid_min": part.bounds.minimum,
            "valid_max": part.bounds.maximum,
            "bounds_reason": part.bounds.reason,
        }
        for source in catalog.sources
        for dataset in source.datasets
        for part in dataset.parts
    ]
    return {
        "sources": pa.Table.from_pylist(sources, SOURCES_SCHEMA),
        "datasets": pa.Table.from_pylist(datasets, DATASETS_SCHEMA),
        "indicators": pa.Table.from_pylist(indicators, INDICATORS_SCHEMA),
    }


def _loads(home: Home, catalog: Catalog, as_of: datetime | None) -> pa.Table:
    """The ledger of all datasets as one table, oldest event first."""
    rows = []
    for dataset in catalog.datasets:
        for event in read_events(home, dataset.id):
            at = datetime.fromisoformat(event.at)
            if as_of is None or at <= as_of:
                rows.append(dataclasses.asdict(event) | {"at": at.replace(tzinfo=None)})
    rows.sort(key=lambda row: (row["at"], row["dataset"], row["part"]))
    return pa.Table.from_pylist(rows, LOADS_SCHEMA)


def _expectations(home: Home, catalog: Catalog, as_of: datetime | None) -> pa.Table:
    """What great-expectations found in the newest batches of every dataset, one row per rule, oldest batch first."""
    rows: list[dict[str, Any]] = []
    for dataset in catalog.datasets:
        kept = sorted((home.validations / dataset.id).glob("*.json"))
        known = [path for path in kept if as_of is None or clock.parse_compact(path.stem) <= as_of]
        for path in known[-JUDGEMENTS_READ:]:
            judgement = json.loads(path.read_text(encoding="utf-8"))
            recorded_at = clock.parse_compact(path.stem).replace(tzinfo=None)
            rows += [
                {"dataset": dataset.id, "recorded_at": recorded_at, "nth": nth} | _found(result)
                for nth, result in enumerate(judgement["results"], start=1)
            ]
    return pa.Table.from_pylist(rows, EXPECTATIONS_SCHEMA)


def _found(result: dict[str, Any]) -> dict[str, Any]:
    """One result of great-expectations, as the columns of the build input."""
    config, found = result["expectation_config"], result["result"]
    arguments = {name: value for name, value in config["kwargs"].items() if name != "batch_id"}
    subject = [arguments[name] for name in ("column", "column_A", "column_B") if name in arguments]
    observed = found.get("observed_value")
    return {
        "rule": config["meta"]["rule"],
        "parts": "; ".join(config["meta"]["parts"]) or None,
        "expectation": config["type"],
        "subject": "; ".join(map(str, subject)) or None,
        "checked": found.get("element_count"),
        "unexpected": found.get("unexpected_count"),
        "observed": None if observed is None else json.dumps(observed, sort_keys=True, default=str),
        "held": result["success"],
        "reason": config["meta"]["reason"],
    }
