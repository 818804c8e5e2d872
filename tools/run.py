"""`make run`: real Airflow runs of ingest, then publish, over throw-away metadata; then the summary.

Exit status 0 when this run published a release or found the one in force unchanged, also when a dataset was held
back (the summary names it); 1 when the run itself broke.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context, parent_process
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Any, TextIO

from settings import ROOT, airflow_environment, wrong_origin

from ingestion.catalog import load_catalog
from ingestion.origin import SERVER, open_origin

LOGS = ROOT / "data" / "logs"
LOGS_KEPT = 20
LINES_OF_AN_ERROR = 4
# Processes that ingest at a time: most machines have two cores, and SQLite takes one writer.
HANDS = 2


class Progress:
    """One line per finished task on the terminal. The tasks run in this process, and Airflow calls these hooks.

    https://airflow.apache.org/docs/apache-airflow/3.3.2/administration-and-deployment/listeners.html
    """

    def __init__(self, terminal: TextIO) -> None:
        self.terminal = terminal
        self.begun = time.monotonic()
        self.crashes: list[str] = []

    def say(self, line: str) -> None:
        """Print a line behind the seconds since the beginning."""
        print(f"{time.monotonic() - self.begun:5.1f} s  {line}", file=self.terminal, flush=True)

    def finished(self, mark: str, task_instance: Any) -> None:
        """Print what became of a task, unless an earlier task of the same dataset has said it."""
        task = task_instance.task_id.removeprefix("dataset.")
        note = task_instance.get_template_context().get("note", "")
        # A verdict repeats what the load has said, unless it fails.
        if note and (task != "verdict" or mark == "✗"):
            self.say(f"  {mark} {task:9}{note}".rstrip())


def listen(progress: Progress) -> None:
    """Have the progress told of every task that ends."""
    from airflow.listeners import hookimpl
    from airflow.sdk.exceptions import AirflowFailException
    from airflow.sdk.listener import get_listener_manager

    from ingestion.errors import BrainDrainError

    class Listener:
        @hookimpl
        def on_task_instance_running(self, task_instance: Any) -> None:
            if task_instance.dag_id == "publish_marts":
                progress.say(f"  … {task_instance.task_id}")

        @hookimpl
        def on_task_instance_success(self, task_instance: Any) -> None:
            progress.finished("✓", task_instance)

        @hookimpl
        def on_task_instance_skipped(self, task_instance: Any) -> None:
            progress.finished("-", task_instance)

        @hookimpl
        def on_task_instance_failed(self, task_instance: Any, error: object) -> None:
            progress.finished("✗", task_instance)
            # What is held back ends in one of these two, and is no fault of the run.
            if not isinstance(error, (BrainDrainError, AirflowFailException)):
                progress.crashes.append(f"{task_instance.dag_id}, {task_instance.task_id} crashed: {error!r}")
            said = str(error).splitlines()
            for line in said[:LINES_OF_AN_ERROR]:
                progress.say(f"      {line}")
            if len(said) > LINES_OF_AN_ERROR:
                progress.say(f"      and {len(said) - LINES_OF_AN_ERROR} more; the summary below names all")

    get_listener_manager().add_listener(Listener())  # type: ignore[no-untyped-call]


@contextmanager
def output_into(log: Path) -> Iterator[TextIO]:
    """Send everything this process and its children print into a file; yields the terminal."""
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with log.open("wb") as file, os.fdopen(os.dup(1), "w", encoding="utf-8") as terminal:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield terminal
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(kept[0], 1)
            os.dup2(kept[1], 2)


def wake_airflow(airflow_home: Path) -> None:
    """Make throw-away metadata in this process's own home of Airflow."""
    os.environ.update(airflow_environment(airflow_home), AIRFLOW__BRAINDRAIN__RETRIES="0")
    from airflow.utils.db import initdb

    initdb()


def run_dag(dag_id: str) -> bool:
    """Run a DAG as `airflow dags test` does: by itself, so that it comes without its deadline."""
    from airflow.utils.cli import get_bagged_dag

    return bool(get_bagged_dag(None, dag_id).test().state == "success")


def ingest(progress: Progress, sources: SimpleQueue[str | None], airflow_home: Path) -> None:
    """Run the ingest DAGs of the queue until it is empty.

    One that fails breaks nothing: its other datasets are in the lake, and publish decides.
    """
    wake_airflow(airflow_home)
    listen(progress)
    while source := sources.get():
        run_dag(f"ingest_{source}")
    if progress.crashes and parent_process() is not None:
        sys.exit(1)


def run_dags(progress: Progress, airflow_home: Path) -> str | None:
    """Run every ingest DAG, by two processes with metadata of their own, then publish. Returns what broke, or None."""
    largest_first = sorted(load_catalog().sources, key=lambda source: -sum(len(d.parts) for d in source.datasets))
    fork = get_context("fork")
    sources: SimpleQueue[str | None] = fork.SimpleQueue()
    for source in largest_first:
        sources.put(source.id)
    for _ in range(HANDS):
        sources.put(None)
    others = [
        fork.Process(target=ingest, args=(progress, sources, airflow_home / str(hand))) for hand in range(1, HANDS)
    ]
    for other in others:
        other.start()
    ingest(progress, sources, airflow_home / "0")
    for other in others:
        other.join()
    progress.say("publish_marts")
    if not run_dag("publish_marts"):
        return "publish_marts did not end well"
    if progress.crashes or any(other.exitcode for other in others):
        return "\n".join(
            [*progress.crashes, "not every task that ingests ended as it should; the others are published"]
        )
    return None


def main() -> int:
    """Run, then show the summary."""
    wrong = wrong_origin()
    if wrong:
        print(wrong, file=sys.stderr)
        return 1
    airflow_home = Path(tempfile.mkdtemp(prefix="braindrain-run-"))
    callers_path = os.environ.get("PATH", os.defpath)
    os.environ.update(airflow_environment(airflow_home))
    log = LOGS / f"run-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}.log"
    print(f"Braindrain, origin {os.environ['ORIGIN']}")
    try:
        with output_into(log) as terminal:
            progress = Progress(terminal)
            progress.say("Waking Airflow")
            # One server for all tasks: they would each start their own.
            with open_origin(os.environ["ORIGIN"]) as origin:
                if origin.base_url is not None:
                    os.environ[SERVER] = origin.base_url
                broken = run_dags(progress, airflow_home)
    finally:
        shutil.rmtree(airflow_home)
        for old in sorted(LOGS.glob("run-*.log"))[:-LOGS_KEPT]:
            old.unlink()
    if broken:
        print(f"{broken}\nNext: read {log}", file=sys.stderr)
        return 1
    # With the caller's PATH, so that the commands it names work in the caller's shell.
    environment = os.environ | {"PATH": callers_path}
    return subprocess.run([ROOT / ".venv/bin/braindrain", "summary"], env=environment, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
