"""The ledger: what happened to each part of each dataset, and when it was last asked about.

One JSON line per event; nights on which nothing moved only touch ``<dataset>.checked``.
A dataset's ledger is written only by the holder of the dataset's lock.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass

from ingestion.home import Home, write_atomically

LOADED = "loaded"
UNCHANGED = "unchanged"
WITHDRAWN = "withdrawn"
ABSENT = "absent"
QUARANTINED = "quarantined"
FAILED = "failed"
ACCEPTED = "accepted"
DROPPED = "dropped"

HELD_BACK = (QUARANTINED, FAILED)


@dataclass(frozen=True)
class Event:
    """What one load, or one human decision, did to one part.

    ``outcome``: loaded, unchanged (fetched, no figure differs), withdrawn (by the publisher), absent
    (nothing to ask: no recording, or no file in the inbox yet), quarantined, failed (no answer),
    accepted or dropped (a person's decision on quarantine).
    ``version`` is the provider's mark of the part, ``edition`` that of the whole dataset then.
    ``rows`` are the rows of the batch, ``figures`` those of them that hold a value; inserted, revised and
    withdrawn count changed rows.
    """

    at: str
    dataset: str
    part: str
    title: str
    outcome: str
    version: str | None = None
    edition: str | None = None
    receipt: str | None = None
    rows: int = 0
    figures: int = 0
    inserted: int = 0
    revised: int = 0
    withdrawn: int = 0
    message: str | None = None
    next_step: str | None = None


def read_events(home: Home, dataset: str) -> list[Event]:
    """Every event of a dataset, oldest first; none if it was never loaded."""
    path = home.ledger / f"{dataset}.jsonl"
    if not path.exists():
        return []
    return [Event(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def append_events(home: Home, dataset: str, events: Iterable[Event]) -> None:
    """Add events, whole or not at all."""
    lines = [json.dumps(dataclasses.asdict(event)) for event in [*read_events(home, dataset), *events]]
    write_atomically(home.ledger / f"{dataset}.jsonl", ("\n".join(lines) + "\n").encode())


def latest_by_part(home: Home, dataset: str) -> dict[str, Event]:
    """The newest event of each part."""
    return {event.part: event for event in read_events(home, dataset)}


def mark_checked(home: Home, dataset: str, at: str) -> None:
    """Note that the publisher was asked about the dataset."""
    write_atomically(home.ledger / f"{dataset}.checked", at.encode())


def checked_at(home: Home, dataset: str) -> str | None:
    """When the publisher was last asked about the dataset; None if never."""
    path = home.ledger / f"{dataset}.checked"
    return path.read_text() if path.exists() else None
