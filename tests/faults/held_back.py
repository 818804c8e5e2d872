"""What every fault test asks: the victim is held back alone, by name, with a next step, and nothing is lost."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingestion import lake, ledger
from ingestion.catalog import Catalog, load_catalog
from ingestion.home import Home
from ingestion.landing import Landing
from ingestion.ledger import Event
from ingestion.origin import Origin
from ingestion.pipeline import Pipeline
from ingestion.quarantine import list_quarantine
from sandbox.server import serve
from sandbox.worlds.synthetic import SyntheticWorld

GOOD = (ledger.LOADED, ledger.UNCHANGED)


@dataclass(frozen=True)
class Held:
    """What a fault must end in: the outcome, and a pattern that the message with its next step must show."""

    fault: str
    outcome: str
    sentence: str
    leaves_payload: bool = True

    def __str__(self) -> str:
        return self.fault


def catalog_of(datasets: Mapping[str, Sequence[str]], largest_payload_bytes: int | None = None) -> Catalog:
    """The catalog cut down to these datasets and, where any are named, these parts of each."""
    whole = load_catalog()
    sources = []
    for source in whole.sources:
        kept = []
        for dataset in source.datasets:
            if dataset.id in datasets:
                chosen = datasets[dataset.id] or [part.id for part in dataset.parts]
                parts = tuple(dataset.part(part) for part in chosen)
                kept.append(dataset.model_copy(update={"parts": parts}))
        if kept:
            cap = largest_payload_bytes or source.largest_payload_bytes
            # Budgets are courtesy to real servers; a test asks more often than an hour allows.
            budget = source.budget.model_copy(update={"requests": 10_000})
            changes = {"datasets": tuple(kept), "largest_payload_bytes": cap, "budget": budget}
            sources.append(source.model_copy(update=changes))
    return Catalog(sources=tuple(sources))


@contextmanager
def night(world: SyntheticWorld, folder: Path, catalog: Catalog, *faults: str) -> Iterator[Pipeline]:
    """A pipeline into ``folder`` while the world is served with these faults."""
    with serve(world, faults) as sandbox:
        yield Pipeline(Home(folder), Origin("stand-in", sandbox.base_url, sandbox.base_url), catalog)


def good_night(world: SyntheticWorld, folder: Path, catalog: Catalog) -> Path:
    """The folder after one night on which everything was loaded."""
    with night(world, folder, catalog) as pipeline:
        reports = pipeline.ingest()
    wrong = [report.error for report in reports if report.error]
    wrong += [f"{event.message}" for report in reports for event in report.parts if event.outcome != ledger.LOADED]
    assert wrong == []
    return folder


def figures(home: Home, catalog: Catalog, dataset_id: str, part: str) -> list[tuple[object, ...]]:
    """The rows in force, in a fixed order."""
    with lake.connect(home) as connection:
        lake.create_in_force(connection, home, catalog.dataset(dataset_id), [part], "now")
        return connection.sql("select * from now order by all").fetchall()


def load(
    world: SyntheticWorld, home: Home, catalog: Catalog, dataset_id: str, parts: Sequence[str], *faults: str
) -> dict[str, Event]:
    """The events of one load of these parts, while the faults are on."""
    with night(world, home.root, catalog, *faults) as pipeline:
        return {event.part: event for event in pipeline.load(dataset_id, list(parts)).parts}


def assert_held_back_alone(
    world: SyntheticWorld,
    yesterday: Path,
    folder: Path,
    catalog: Catalog,
    held: Held,
    victim: tuple[str, str],
    bystander: tuple[str, str],
    target: str = "",
) -> None:
    """One more night with the fault: see the module's first sentence.

    ``victim`` and ``bystander`` are dataset and part; ``target`` is what the fault aims at.
    """
    shutil.copytree(yesterday, folder)
    home = Home(folder)
    before = figures(home, catalog, *victim)
    assert before
    name, equals, amount = held.fault.partition("=")
    fault = f"{name}{':' if target else ''}{target}{equals}{amount}"
    event = load(world, home, catalog, victim[0], [victim[1]], fault)[victim[1]]
    said = f"{event.message}. Next: {event.next_step}"
    assert event.outcome == held.outcome, said
    assert re.search(held.sentence, said, re.IGNORECASE), said
    assert f"{victim[0]}/{victim[1]}" in f"{event.message}"
    assert event.next_step
    assert figures(home, catalog, *victim) == before
    receipt = Landing(home).receipt(*victim, f"{event.receipt}")
    assert bool(receipt.payloads) or not held.leaves_payload
    in_quarantine = [entry for entry in list_quarantine(home) if entry.is_open]
    assert len(in_quarantine) == (1 if held.outcome == ledger.QUARANTINED else 0)
    other = load(world, home, catalog, bystander[0], [bystander[1]], fault)[bystander[1]]
    assert other.outcome in GOOD, other.message
