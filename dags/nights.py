"""What a night loads of a dataset: what its plan says and this run has not settled yet."""

from __future__ import annotations

import logging
from typing import Any

from conventions import lake_asset
from plans import Plan
from verdicts import changed_rows, count_outcomes, note

log = logging.getLogger(__name__)


def load_dataset(plan: Plan, updates: Any, ti: Any, dag_run: Any) -> list[dict[str, Any]]:
    """Load what this run has not settled yet, and update the dataset's asset if rows were accepted.

    Returns one event per part, over all tries of this run. They are read from the ledger, so that a try that was
    killed after rows were accepted is not forgotten.
    """
    from ingestion import clock, ledger
    from ingestion.errors import ProviderUnavailable
    from ingestion.pipeline import open_pipeline

    dataset_id = plan["dataset_id"]
    with open_pipeline() as pipeline:
        parts = plan["parts"] if plan["parts"] is not None else pipeline.probe(dataset_id).changed
        if not parts:
            note(f"{dataset_id}: unchanged")
            return []

        def of_this_run() -> dict[str, ledger.Event]:
            latest = ledger.latest_by_part(pipeline.home, dataset_id)
            begun = clock.iso(dag_run.start_date)
            return {part: latest[part] for part in parts if part in latest and latest[part].at >= begun}

        settled = {part for part, event in of_this_run().items() if event.outcome != ledger.FAILED}
        pipeline.load(dataset_id, [part for part in parts if part not in settled], log.info)
        events = [vars(event) for event in of_this_run().values()]
    note(f"{dataset_id}: {count_outcomes(events)}")
    missing = [event for event in events if event["outcome"] == ledger.FAILED]
    if missing and ti.try_number <= ti.max_tries:
        what = f"{len(missing)} of {len(parts)} parts did not arrive; {missing[0]['part']}: {missing[0]['message']}"
        raise ProviderUnavailable(what, f"dataset {dataset_id}", "wait: this task tries again by itself")
    if rows := changed_rows(events):
        updates.add(lake_asset(dataset_id), extra={"rows": rows, "outcomes": count_outcomes(events)})
    return events
