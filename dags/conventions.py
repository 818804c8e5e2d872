"""What every DAG of this warehouse shares: its assets, its home, and what it does when a task fails."""

from __future__ import annotations

import logging
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, ExceptionRetryPolicy, RetryAction, RetryRule, conf

if TYPE_CHECKING:
    from ingestion.home import Home

# It tells in two hundred lines how it registers itself, before the one line that a person looks for.
logging.getLogger("great_expectations").setLevel(logging.WARNING)

# A night that was missed is not made up for: the next one asks for everything that changed since. There is no
# start date, because with one the newest night before the first start would be run at once, and be reported as late.
COMMON: dict[str, Any] = {"catchup": False, "max_active_runs": 1}
MARTS = Asset("marts", uri="braindrain://warehouse/marts", group="warehouse")

# Only an unavailable provider is asked again; whatever else stops a task needs a person, who has its sentence.
RETRY_WHAT_MAY_PASS = ExceptionRetryPolicy(
    rules=[
        RetryRule("ingestion.errors.ProviderUnavailable", RetryAction.RETRY, reason="the provider may answer later"),
        RetryRule("ingestion.errors.BrainDrainError", RetryAction.FAIL, reason="trying again changes nothing"),
    ]
)

# Three more tries, 5, 15 and 45 minutes apart: a provider's bad hour passes, its bad day is reported the same night.
# AIRFLOW__BRAINDRAIN__RETRIES changes it: who watches a run (`make run`) wants to know at once.
TASK_DEFAULTS: dict[str, Any] = {
    "owner": "data-engineering",
    "retries": conf.getint("braindrain", "retries", fallback=3),
    "retry_delay": timedelta(minutes=5),
    "retry_exponential_backoff": 3,
    "retry_policy": RETRY_WHAT_MAY_PASS,
    "show_return_value_in_logs": False,  # pages of it, where the task has said what a person wants to know
}


def lake_asset(dataset_id: str) -> Asset:
    """The asset that is updated when rows of a dataset were accepted into the lake."""
    return Asset(dataset_id, uri=f"braindrain://lake/{dataset_id}", group="lake")


def home_in_use() -> Home:
    """``BRAINDRAIN_HOME``, or the home of ``ORIGIN``. Building asks nobody outside, so no origin is opened."""
    from ingestion.home import Home
    from ingestion.pipeline import home_folder

    return Home(home_folder(os.environ.get("ORIGIN") or "sandbox"))
