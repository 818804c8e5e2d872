"""What became of each part of a dataset, said in the log and in the grid."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any, NoReturn

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

log = logging.getLogger(__name__)

# The grid names each mapped square by its dataset, and by what happened once that is known.
NAMED_BY_DATASET = "{{ note or task.op_kwargs['plan']['dataset_id'] }}"


def note(text: str) -> None:
    """Say in a few words what a task did; a mapped task's square in the grid is named so."""
    get_current_context()["note"] = text  # type: ignore[typeddict-unknown-key]  # ours; NAMED_BY_DATASET reads it


def skip(why: str) -> NoReturn:
    """End this task, green for the run, because there is nothing to do."""
    note(why)
    raise AirflowSkipException(why)


def changed_rows(events: list[dict[str, Any]]) -> int:
    """How many rows of the lake the events inserted, revised or withdrew."""
    return sum(event["inserted"] + event["revised"] + event["withdrawn"] for event in events)


def count_outcomes(events: list[dict[str, Any]]) -> str:
    """The events in a few words, e.g. ``40 loaded, 3 withdrawn``; ``unchanged`` for none."""
    counts = Counter(event["outcome"] for event in events)
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common()) or "unchanged"


def sentence(event: dict[str, Any]) -> str:
    """One event as a person reads it; a message names dataset and part itself."""
    if event["message"]:
        return f"{event['outcome']}: {event['message']}. Next: {event['next_step']}."
    name = f"{event['dataset']} {event['part']}"
    return f"{event['outcome']}: {name}, {event['rows']:,} rows, {changed_rows([event]):,} of them changed."


def judge_dataset(dataset_id: str, events: list[dict[str, Any]]) -> None:
    """Say what became of each part; fail, once all is said, when a person must look at one."""
    from ingestion import ledger

    note(f"{dataset_id}: {count_outcomes(events)}")
    for event in events:
        log.log(logging.WARNING if event["message"] else logging.INFO, sentence(event))
    held_back = [event for event in events if event["outcome"] in ledger.HELD_BACK]
    if held_back:
        raise AirflowFailException(
            f"{dataset_id}: {len(held_back)} of {len(events)} parts are held back.\n"
            + "\n".join(sentence(event) for event in held_back)
        )
