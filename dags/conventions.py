"""What every DAG of this warehouse shares: its assets, and what it does when a task fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Asset, ExceptionRetryPolicy, RetryAction, RetryRule, conf

# A night that was missed is not made up for: the next one asks for everything that changed since.
COMMON: dict[str, Any] = {"start_date": datetime(2026, 1, 1, tzinfo=UTC), "catchup": False, "max_active_runs": 1}
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
}


def lake_asset(dataset_id: str) -> Asset:
    """The asset that is updated when rows of a dataset were accepted into the lake."""
    return Asset(dataset_id, uri=f"braindrain://lake/{dataset_id}", group="lake")
