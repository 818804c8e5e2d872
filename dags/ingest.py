"""One DAG per source of the catalog: one probe asks what changed; then every such dataset goes its own way."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, AssetAlias, CronTriggerTimetable, Param, task, task_group
from conventions import COMMON, TASK_DEFAULTS
from deadline import nightly_deadline
from nights import load_dataset
from plans import probe_datasets
from verdicts import NAMED_BY_DATASET, judge_dataset
from wording import ingest_tags, ingest_words

from ingestion.catalog import Source, load_catalog


def make_dag(source: Source) -> None:
    """Register the ingest DAG of a source, on the source's own schedule."""
    ids = [dataset.id for dataset in source.datasets]
    chosen = Param("all", type="string", enum=["all", *ids], description="All datasets, or only this one.")
    force = Param(False, type="boolean", description="Download again although nothing changed.")
    lake = AssetAlias(f"lake_{source.id}", group="lake")  # a plain outlet is updated by every success, of any dataset

    @task
    def probe(**context: Any) -> Any:
        chosen_dataset, force = context["params"]["dataset"], context["params"]["force"]
        return probe_datasets(ids if chosen_dataset == "all" else [chosen_dataset], force)

    @task(map_index_template=NAMED_BY_DATASET, outlets=[lake])
    def load(plan: Any, **context: Any) -> Any:
        return load_dataset(plan, context["outlet_events"][lake], context["ti"], context["dag_run"])

    @task(map_index_template=NAMED_BY_DATASET)
    def verdict(plan: Any, events: Any) -> None:
        judge_dataset(plan["dataset_id"], events)

    @task_group
    def dataset(plan: Any) -> None:
        verdict(plan, load(plan))

    with DAG(
        f"ingest_{source.id}",
        description=f"Take in what changed: {source.publisher}, {source.title}",
        doc_md=ingest_words(source),
        schedule=CronTriggerTimetable(source.schedule, timezone="UTC"),
        tags=ingest_tags(source),
        params={"dataset": chosen, "force": force},
        default_args={**TASK_DEFAULTS, "owner": source.owner},
        deadline=nightly_deadline(),
        **COMMON,
    ):
        dataset.expand(plan=probe())


for each in load_catalog().sources:
    make_dag(each)
