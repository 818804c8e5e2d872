"""What a night has to load: one probe of a publisher, one plan for each dataset that changed."""

from __future__ import annotations

import logging
from typing import TypedDict

from verdicts import count_outcomes, note

log = logging.getLogger(__name__)


class Plan(TypedDict):
    """A dataset to load: which parts, or None when it could not be asked about."""

    dataset_id: str
    parts: list[str] | None


def probe_datasets(dataset_ids: list[str], force: bool) -> list[Plan]:
    """What is to be loaded: one plan for each dataset that changed. Questions that datasets share are asked once.

    A dataset that could not be asked about gets a plan without parts: its own load asks again, and says why not.
    """
    from ingestion.errors import BrainDrainError
    from ingestion.pipeline import open_pipeline

    plans: list[Plan] = []
    with open_pipeline() as pipeline:
        source = pipeline.catalog.source_of(dataset_ids[0]).id
        for dataset_id in dataset_ids:
            try:
                found = pipeline.probe(dataset_id, force)
            except BrainDrainError as error:
                log.warning("%s", error)
                plans.append({"dataset_id": dataset_id, "parts": None})
                continue
            events = [vars(event) for event in pipeline.unchanged(dataset_id, found)]
            events += [{"outcome": "to load"} for _ in found.changed]
            log.info("%s: %s", dataset_id, count_outcomes(events))
            if found.changed:
                plans.append({"dataset_id": dataset_id, "parts": found.changed})
    unchanged = len(dataset_ids) - len(plans)
    counts = ", ".join(f"{n} {what}" for n, what in ((len(plans), "to load"), (unchanged, "unchanged")) if n)
    note(f"{source}: {counts}")
    return plans
