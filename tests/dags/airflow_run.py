"""Runs a DAG as `airflow dags test` does, and tells what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Run:
    """One finished run.

    ``states`` holds the state of every task instance by task and the dataset it was for ("" when unmapped);
    ``notes`` the name of its square in the grid; ``updates`` what its asset events tell, by asset.
    """

    state: str
    states: dict[tuple[str, str], str]
    notes: dict[tuple[str, str], str]
    updates: dict[str, Any]


def run_dag(dag_id: str, **params: Any) -> Run:
    """Run a DAG once, in this process, with one attempt per task."""
    from airflow.utils.cli import get_bagged_dag

    dag: Any = get_bagged_dag(None, dag_id)
    for task in dag.tasks:
        if task.is_mapped:
            task.partial_kwargs["retries"] = 0
        else:
            task.retries = 0
    return _told(dag.test(run_conf=params or None))


def newest_run(dag_id: str) -> Run:
    """What became of the newest run of a DAG, whoever ran it."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        newest = select(DagRun).where(DagRun.dag_id == dag_id).order_by(DagRun.id.desc()).limit(1)
        return _told(session.scalars(newest).one())


def _told(dag_run: Any) -> Run:
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    states, notes = {}, {}
    with create_session() as session:
        for instance in session.scalars(select(TaskInstance).where(TaskInstance.run_id == dag_run.run_id)):
            note = instance.rendered_map_index or ""
            key = (instance.task_id.removeprefix("dataset."), note.split(":")[0])
            states[key] = str(instance.state)
            notes[key] = note
        events = session.execute(
            select(AssetModel.name, AssetEvent.extra)
            .join(AssetModel, AssetModel.id == AssetEvent.asset_id)
            .where(AssetEvent.source_run_id == dag_run.run_id)
        )
        updates: dict[str, Any] = {}
        for event in events:
            assert event.name not in updates, f"asset {event.name} was updated twice in one run"
            updates[event.name] = event.extra
    return Run(str(dag_run.state), states, notes, updates)
