"""Whole nights in real Airflow runs: what is accepted updates assets, what is unchanged does not, each on its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingestion.catalog import load_catalog
from tests.dags.airflow_run import Run, newest_run, run_dag

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("metadata")]

ROOT = Path(__file__).resolve().parent.parent.parent
DATASETS = sorted(dataset.id for dataset in load_catalog().source("world_bank").datasets)
GREEN, SKIPPED, RED = "success", "skipped", "failed"


@dataclass(frozen=True)
class Night:
    """Ingest by this process, then publish by the command line of Airflow, in one home."""

    home: Path
    ingest: Run
    command: subprocess.CompletedProcess[str]
    publish: Run

    @property
    def release(self) -> str:
        """Id of the release in force."""
        return (self.home / "current").resolve().name


@pytest.fixture(scope="module")
def first_night(metadata: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """The first night of a new home that takes its figures from the sandbox."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORIGIN", "sandbox")
        patch.setenv("BRAINDRAIN_HOME", str(home))
        ingest = run_dag("ingest_world_bank")
        command = [str(Path(sys.executable).with_name("airflow")), "dags", "test", "publish_marts"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        yield Night(home, ingest, done, newest_run("publish_marts"))


def test_the_first_night_updates_every_dataset_and_the_marts(first_night: Night) -> None:
    assert (first_night.ingest.state, first_night.publish.state) == (GREEN, GREEN)
    assert sorted(first_night.ingest.updates) == DATASETS
    assert all(facts["rows"] > 0 for facts in first_night.ingest.updates.values())
    assert list(first_night.publish.updates) == ["marts"]
    assert first_night.publish.updates["marts"]["release_id"] == first_night.release
    assert first_night.publish.updates["marts"]["synthetic"] is True


def test_every_square_of_the_grid_is_named_by_its_dataset(first_night: Night) -> None:
    for step in ("load", "verdict"):
        assert sorted(dataset for task, dataset in first_night.ingest.states if task == step) == DATASETS
    assert first_night.ingest.notes["load", "wb_wdi"] == "wb_wdi: 28 loaded, 2 withdrawn"


def test_an_unchanged_night_is_green_says_so_and_updates_nothing(first_night: Night) -> None:
    ingest, publish = run_dag("ingest_world_bank"), run_dag("publish_marts")
    assert (ingest.state, publish.state) == (GREEN, GREEN)
    assert (ingest.updates, publish.updates) == ({}, {})
    assert ingest.states == {("probe", ""): GREEN, ("load", ""): SKIPPED, ("verdict", ""): SKIPPED}
    assert publish.states == {("build", ""): SKIPPED, ("audit", ""): SKIPPED, ("publish", ""): SKIPPED}
    assert (first_night.home / "current").resolve().name == first_night.release


def test_only_the_chosen_dataset_is_loaded_again_and_revises_nothing(first_night: Night) -> None:
    run = run_dag("ingest_world_bank", dataset="wb_country", force=True)
    assert run.state == GREEN
    assert run.notes["load", "wb_country"] == "wb_country: 1 unchanged"
    assert {dataset for task, dataset in run.states if task == "load"} == {"wb_country"}
    assert run.updates == {}


def test_housekeeping_is_green_and_keeps_what_is_in_force(first_night: Night) -> None:
    run = run_dag("maintain_warehouse", keep=1)
    assert run.state == GREEN
    assert (first_night.home / "current" / "release.json").exists()
    assert (first_night.home / "validations" / "docs" / "index.html").exists()


def test_the_command_line_of_airflow_says_how_it_ended(first_night: Night) -> None:
    assert "state=success" in first_night.command.stdout + first_night.command.stderr


def test_nothing_to_publish_is_green(metadata: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRAINDRAIN_HOME", str(tmp_path / "nothing"))
    run = run_dag("publish_marts")
    assert run.state == GREEN
    assert run.states["build", ""] == SKIPPED
    assert run.updates == {}


@pytest.fixture
def faulty_server() -> Iterator[str]:
    """A stand-in for the publisher on which one indicator is broken and one list does not answer."""
    faults = ["--fault", "html_instead_of_json:GOV_WGI_CC.EST", "--fault", "http_500:country"]
    command = [sys.executable, "-m", "sandbox", "serve", "--world", "synthetic", "--exit-with-stdin", *faults]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None and server.stdout is not None
        yield json.loads(server.stdout.readline())["base_url"]
        server.stdin.close()
        server.wait(10)


def test_one_datasets_failure_holds_no_other_back(
    faulty_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORIGIN", faulty_server)
    monkeypatch.setenv("BRAINDRAIN_HOME", str(tmp_path))
    run = run_dag("ingest_world_bank")
    assert run.state == RED
    verdicts = {dataset: state for (task, dataset), state in run.states.items() if task == "verdict"}
    assert verdicts == {dataset: RED if dataset in ("wb_country", "wb_wgi") else GREEN for dataset in DATASETS}
    # Five of six indicators of wb_wgi were accepted, and count; of wb_country nothing was.
    assert sorted(run.updates) == sorted({*DATASETS} - {"wb_country"})
    assert run.notes["verdict", "wb_wgi"] == "wb_wgi: 5 loaded, 1 quarantined"
    assert run.notes["verdict", "wb_country"] == "wb_country: 1 failed"
