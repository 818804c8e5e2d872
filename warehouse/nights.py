"""The last asking of every dataset, and what in it a person must look at, told once where many share it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingestion import ledger
from ingestion.catalog import Catalog, Dataset, Source
from ingestion.home import Home
from ingestion.ledger import Event
from ingestion.unasked import Unasked, unasked

NOT_ASKED = "not asked yet"
# What stays as it is until a person or the publisher does something.
LASTING = (ledger.QUARANTINED, ledger.WITHDRAWN, ledger.FAILED, ledger.ABSENT)
ADDRESS = re.compile(r"(https?://|inbox:)\S+")
NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class PartState:
    """What the last asking did to one part, or found it still to be; ``since`` when it is so, ISO 8601 UTC."""

    dataset: str
    part: str
    title: str
    outcome: str
    message: str | None
    next_step: str | None
    rows_changed: int
    since: str | None = None

    @property
    def what(self) -> str:
        """The message without the name of dataset and part in front of it."""
        said = self.message or self.title
        for place in (f"{self.dataset}/{self.part}", self.dataset):
            if said.startswith(place):
                said = said.removeprefix(place).lstrip(":, ")
        return said


@dataclass(frozen=True)
class Night:
    """The last asking of one dataset: when, and what became of each part."""

    dataset: str
    title: str
    checked_at: str | None
    parts: list[PartState]

    def count(self, outcome: str) -> int:
        """How many parts ended so."""
        return sum(part.outcome == outcome for part in self.parts)

    @property
    def state(self) -> str:
        """What became of its parts, in words: ``unchanged``, or ``1 rejected, 29 unchanged``."""
        words = {ledger.QUARANTINED: "rejected"}
        counts = {outcome: self.count(outcome) for outcome in dict.fromkeys(part.outcome for part in self.parts)}
        if len(counts) == 1:
            return words.get(self.parts[0].outcome, self.parts[0].outcome)
        worst_first = sorted(counts, key=lambda outcome: (outcome not in LASTING, outcome))
        return ", ".join(f"{counts[outcome]} {words.get(outcome, outcome)}" for outcome in worst_first)


@dataclass(frozen=True)
class Trouble:
    """Parts of one source that ended alike for the same reason."""

    source: Source
    outcome: str
    parts: list[PartState]

    @property
    def since(self) -> str | None:
        """When the first of them began to be so."""
        return min((part.since for part in self.parts if part.since), default=None)

    def said_parts(self, nights: Sequence[Night], most: int = 6) -> str:
        """The parts by name: ``wb_wdi/SP.POP.TOTL``; a dataset that is here as a whole by its own name alone."""
        sizes = {night.dataset: len(night.parts) for night in nights}
        by_dataset: dict[str, list[str]] = {}
        for part in self.parts:
            by_dataset.setdefault(part.dataset, []).append(part.part)
        said = []
        for dataset, parts in by_dataset.items():
            if len(parts) == sizes[dataset]:
                said.append(dataset if len(parts) == 1 else f"{dataset} (all {len(parts)} parts)")
            elif len(parts) <= most:
                said += [f"{dataset}/{part}" for part in parts]
            else:
                said.append(f"{dataset}/{parts[0]} and {len(parts) - 1} more of its {sizes[dataset]} parts")
        return ", ".join(said)


def nights_of(home: Home, catalog: Catalog) -> list[Night]:
    """The last asking of every dataset, read from the ledger."""
    return [_night(home, dataset) for dataset in catalog.datasets]


def troubles_of(nights: Sequence[Night], catalog: Catalog, outcomes: Sequence[str]) -> list[Trouble]:
    """Parts that ended in one of these outcomes, by source, outcome and reason, in the catalog's order."""
    found: dict[tuple[str, str, str], list[PartState]] = {}
    for night in nights:
        source = catalog.source_of(night.dataset).id
        for part in night.parts:
            if part.outcome in outcomes:
                found.setdefault((source, part.outcome, _reason(part)), []).append(part)
    return [Trouble(catalog.source(source), outcome, parts) for (source, outcome, _), parts in found.items()]


def _reason(part: PartState) -> str:
    """What happened, without what differs from part to part: names, addresses, numbers."""
    said = ADDRESS.sub("…", part.what).replace(part.part, "…").replace(part.dataset, "…")
    return NUMBER.sub("#", said)


def _night(home: Home, dataset: Dataset) -> Night:
    checked_at, silent = ledger.checked_at(home, dataset.id), unasked(home, dataset.id)
    events: dict[str, list[Event]] = {}
    for event in ledger.read_events(home, dataset.id):
        events.setdefault(event.part, []).append(event)
    parts = [_state(dataset.id, part.id, part.title, events.get(part.id, []), checked_at) for part in dataset.parts]
    if silent is not None:
        parts = [part if part.outcome in LASTING else _silenced(part, silent) for part in parts]
    return Night(dataset.id, dataset.title, checked_at, parts)


def _silenced(part: PartState, silent: Unasked) -> PartState:
    return PartState(part.dataset, part.part, part.title, ledger.FAILED, silent.what, silent.next_step, 0, silent.since)


def _state(dataset: str, part: str, title: str, events: list[Event], checked_at: str | None) -> PartState:
    if not events:
        return PartState(dataset, part, title, NOT_ASKED, None, None, 0)
    event = events[-1]
    outcome, changed = event.outcome, event.inserted + event.revised + event.withdrawn
    happened_before = checked_at is not None and event.at < checked_at
    if outcome in (ledger.ACCEPTED, ledger.DROPPED) or (happened_before and outcome not in LASTING):
        outcome, changed = ledger.UNCHANGED, 0
    since = event.at
    for earlier in reversed(events):
        if earlier.outcome != event.outcome:
            break
        since = earlier.at
    return PartState(dataset, part, title, outcome, event.message, event.next_step, changed, since)
