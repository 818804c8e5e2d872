"""Weekly housekeeping, away from the nightly runs."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, Param, task
from conventions import COMMON, TASK_DEFAULTS
from upkeep import prune_releases, render_validations
from wording import words


@task
def prune(**context: Any) -> None:
    """Delete old releases and abandoned candidates."""
    prune_releases(context["params"]["keep"])


@task
def data_docs() -> None:
    """Render what every validation found, as pages."""
    render_validations()


with DAG(
    "maintain_warehouse",
    description="Delete old releases, render the pages of validations",
    doc_md=words("maintain"),
    schedule=CronTriggerTimetable("23 7 * * 0", timezone="UTC"),
    tags=["maintain"],
    params={"keep": Param(7, type="integer", minimum=1, description="Releases that stay.")},
    default_args=TASK_DEFAULTS,
    **COMMON,
):
    prune()
    data_docs()
