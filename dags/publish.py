"""The lake becomes a release: build, audit, publish. Follows the datasets' assets, and the clock where none moved."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, AssetAny, AssetOrTimeSchedule, CronTriggerTimetable, Param, task
from conventions import COMMON, MARTS, TASK_DEFAULTS, lake_asset
from deadline import nightly_deadline
from releases import audit_release, build_release, publish_release
from wording import words

from ingestion.catalog import load_catalog

datasets = [lake_asset(dataset.id) for dataset in load_catalog().datasets]
force = Param(False, type="boolean", description="Bring back a release that was rolled back.")


@task
def build(**context: Any) -> Any:
    """Make a candidate, or say that the release in force holds these inputs already."""
    return build_release(context["params"]["force"])


@task
def audit(release_id: Any) -> Any:
    """Judge the candidate against the release in force."""
    return audit_release(release_id)


@task(outlets=[MARTS])
def publish(release_id: Any, **context: Any) -> None:
    """Put the candidate in force."""
    context["outlet_events"][MARTS].extra = publish_release(release_id)


with DAG(
    "publish_marts",
    description="Build, audit and publish the marts",
    doc_md=words("publish"),
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("47 5 * * *", timezone="UTC"), assets=AssetAny(*datasets)
    ),
    tags=["publish", "marts"],
    params={"force": force},
    default_args=TASK_DEFAULTS,
    deadline=nightly_deadline(),
    **COMMON,
):
    publish(audit(build()))
