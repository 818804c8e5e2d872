"""Quarantine: rejected batches with the findings, kept until a person decides, and after.

``quarantine/<dataset>/<part>/<receipt>/`` holds ``verdict.json``, ``batch.parquet`` where the payload could
be read at all, and ``decision.json`` once somebody decided. An entry appears by one rename and is never removed.
Its id is that path: ``wb_wdi/SP.POP.TOTL/20261121T040000000000Z``; ``wb_wdi/SP.POP.TOTL`` is short for the
newest open entry of the part.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import duckdb

from ingestion import clock, lake, ledger
from ingestion.catalog import Dataset
from ingestion.errors import HomeError
from ingestion.home import Home, path_of, sync, write_atomically
from ingestion.validation.verdict import Finding

_LIST = "run `braindrain quarantine list` for the ids"


class Accepts(Protocol):
    """What accepting needs of a pipeline: its home, and taking one fetch into the lake unjudged."""

    home: Home

    def accept(self, dataset_id: str, part_id: str, receipt_id: str, reason: str) -> object:
        """Take the fetch into the lake; doing it again changes nothing."""


@dataclass(frozen=True)
class Decision:
    """What a person decided, why and when (ISO 8601, UTC)."""

    outcome: str
    reason: str
    decided_at: str


@dataclass(frozen=True)
class Entry:
    """One rejected fetch of one part. ``rows`` is None where the payload could not be read as rows."""

    dataset: str
    part: str
    receipt: str
    title: str
    held_at: str
    rows: int | None
    findings: tuple[Finding, ...]
    decision: Decision | None
    folder: Path

    @property
    def id(self) -> str:
        """Dataset, part and receipt, as a path."""
        return f"{self.dataset}/{self.part}/{self.receipt}"

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to decide."""
        return self.decision is None

    @property
    def batch(self) -> Path | None:
        """The rejected rows as Parquet."""
        return self.folder / "batch.parquet" if self.rows is not None else None

    def to_json(self) -> dict[str, Any]:
        """The entry as a JSON object."""
        return {
            "id": self.id,
            "dataset": self.dataset,
            "part": self.part,
            "receipt": self.receipt,
            "title": self.title,
            "held_at": self.held_at,
            "rows": self.rows,
            "batch": str(self.batch) if self.batch else None,
            "findings": [finding.to_json() for finding in self.findings],
            "decision": vars(self.decision) if self.decision else None,
        }


def hold(
    home: Home,
    dataset: Dataset,
    part: str,
    receipt: str,
    findings: Sequence[Finding],
    connection: duckdb.DuckDBPyConnection | None = None,
    batch: str | None = None,
) -> str:
    """Keep a rejected fetch: the part's findings and, where there are rows, the part's rows of relation ``batch``.

    Holding the same receipt again leaves the entry, and any decision on it, as it is. Gives the id.

    Raises:
        HomeError: dataset, part or receipt is no safe folder name.
    """
    folder = _folder(home, dataset.id, part, receipt)
    entry_id = f"{dataset.id}/{part}/{receipt}"
    if folder.exists():
        return entry_id
    draft = folder.with_name(f".{receipt}.draft")
    if draft.exists():  # left by a process that was killed while it wrote
        shutil.rmtree(draft)
    draft.mkdir(parents=True)
    rows = _write_batch(connection, batch, part, draft / "batch.parquet") if connection and batch else None
    verdict = {
        "title": dataset.part(part).title,
        "held_at": clock.iso(clock.now()),
        "rows": rows,
        "findings": [finding.to_json() for finding in findings],
    }
    write_atomically(draft / "verdict.json", _json(verdict))
    draft.rename(folder)
    sync(folder.parent)
    return entry_id


def list_quarantine(home: Home) -> list[Entry]:
    """Every entry, decided or not, newest first."""
    folders = [path.parent for path in home.quarantine.glob("*/*/*/verdict.json") if path.parent.name[0] != "."]
    entries = [_read(folder) for folder in folders]
    return sorted(entries, key=lambda entry: (entry.held_at, entry.id), reverse=True)


def show_quarantine(home: Home, entry_id: str) -> Entry:
    """The entry with that id, or the newest open one of ``<dataset>/<part>``.

    Raises:
        HomeError: no such entry.
    """
    segments = entry_id.strip("/").split("/")
    if len(segments) == 2:
        open_ones = [entry for entry in list_quarantine(home) if entry.is_open]
        for entry in open_ones:
            if [entry.dataset, entry.part] == segments:
                return entry
    elif len(segments) == 3:
        folder = _folder(home, *segments)
        if folder.exists():
            return _read(folder)
    raise HomeError(f"no entry '{entry_id}'", "quarantine", _LIST)


def drop_quarantine(home: Home, entry_id: str, reason: str) -> Entry:
    """Decide that the fetch stays out; the entry is kept with the reason, and the ledger says so.

    Raises:
        HomeError: no such entry, it was decided otherwise, or the dataset is being loaded right now.
    """
    entry = show_quarantine(home, entry_id)
    _refuse_if_decided(entry, ledger.DROPPED)
    with home.lock(f"ingest-{entry.dataset}", f"dataset {entry.dataset}"):
        latest = ledger.latest_by_part(home, entry.dataset).get(entry.part)
        if latest and (latest.receipt, latest.outcome) == (entry.receipt, ledger.QUARANTINED):
            dropped = dataclasses.replace(
                latest, at=clock.iso(clock.now()), outcome=ledger.DROPPED, message=reason, next_step=None
            )
            ledger.append_events(home, entry.dataset, [dropped])
        return _decide(entry, ledger.DROPPED, reason)


def accept_quarantine(pipeline: Accepts, entry_id: str, reason: str) -> Entry:
    """Take the fetch into the lake because a person says so, and keep the reason.

    The lake comes first: killed in between, the entry is still open and accepting again changes nothing there.

    Raises:
        HomeError: no such entry, it was decided otherwise, or newer figures are in force.
        BrainDrainError: the pipeline cannot take it in; the entry stays open.
    """
    entry = show_quarantine(pipeline.home, entry_id)
    _refuse_if_decided(entry, ledger.ACCEPTED)
    _refuse_if_superseded(pipeline.home, entry)
    pipeline.accept(entry.dataset, entry.part, entry.receipt, reason)
    return _decide(entry, ledger.ACCEPTED, reason)


def _decide(entry: Entry, outcome: str, reason: str) -> Entry:
    _refuse_if_decided(entry, outcome)
    if entry.decision is None:
        decision = Decision(outcome, reason, clock.iso(clock.now()))
        write_atomically(entry.folder / "decision.json", _json(vars(decision)))
    return _read(entry.folder)


def _refuse_if_decided(entry: Entry, outcome: str) -> None:
    if entry.decision is not None and entry.decision.outcome != outcome:
        raise HomeError(
            f"it was {entry.decision.outcome} on {entry.decision.decided_at} ({entry.decision.reason})",
            f"quarantine, {entry.id}",
            "run `braindrain ingest --force` to fetch and judge the part anew",
        )


def _refuse_if_superseded(home: Home, entry: Entry) -> None:
    """Receipts sort by time: an older fetch must not replace the figures of a newer one."""
    in_force = (ledger.LOADED, ledger.UNCHANGED, ledger.ACCEPTED)
    for event in ledger.read_events(home, entry.dataset):
        newer = event.receipt is not None and event.receipt > entry.receipt
        if event.part == entry.part and event.outcome in in_force and newer:
            raise HomeError(
                f"figures fetched later are in force since {event.at}",
                f"quarantine, {entry.id}",
                f"close the entry with `braindrain quarantine drop {entry.id}`",
            )


def _read(folder: Path) -> Entry:
    verdict = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    decided = folder / "decision.json"
    decision = Decision(**json.loads(decided.read_text(encoding="utf-8"))) if decided.exists() else None
    dataset, part, receipt = folder.parts[-3:]
    return Entry(
        dataset=dataset,
        part=part,
        receipt=receipt,
        title=verdict["title"],
        held_at=verdict["held_at"],
        rows=verdict["rows"],
        findings=tuple(Finding(**finding) for finding in verdict["findings"]),
        decision=decision,
        folder=folder,
    )


def _write_batch(connection: duckdb.DuckDBPyConnection, batch: str, part: str, path: Path) -> int:
    """Write the part's rows, durably; gives their number."""
    rows = connection.table(batch).filter(duckdb.ColumnExpression("part") == duckdb.ConstantExpression(part))
    lake.write(rows, path)
    sync(path)
    return len(rows)


def _folder(home: Home, dataset: str, part: str, receipt: str) -> Path:
    return path_of(home.quarantine, dataset, part, receipt)


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode()
