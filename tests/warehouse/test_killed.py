"""kill -9 at every step of build and publish, then an undisturbed run: the same marts as if nothing had happened."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.catalog import Catalog
from ingestion.home import Home
from ingestion.origin import PROJECT_ROOT
from tests.warehouse import made_up
from tests.warehouse.made_up import CATALOG, DATASET, RATES, build_and_publish, marts_of, new_home, record
from warehouse.build import build_candidate
from warehouse.publish import mend, publish
from warehouse.release import Release, in_force

pytestmark = pytest.mark.usefixtures("without_dbt")
SECONDS_OF_A_RUN = 60
# Every dataset adds one and the same step, the writing of an empty table: those of one publisher stand for all.
SMALL_CATALOG = Catalog(sources=(CATALOG.source_of(DATASET.id),))
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
# What Python tells of before it does it: https://docs.python.org/3/library/audit_events.html
STEPS = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.symlink", "shutil.rmtree")


def run_once(home: Home) -> Release:
    """Mend, build and publish, as a night does."""
    mend(home)
    candidate = build_candidate(home, SMALL_CATALOG)
    if candidate.state != "new":
        return candidate.release
    return publish(home, candidate.release.with_facts(audits=[made_up.PASSED]))


def forget_the_project(patch: pytest.MonkeyPatch) -> None:
    """Leave the dbt project out of what a build pins: hundreds of files to read, no step, and not read by these."""
    patch.setattr("warehouse.inputs.project_checksums", dict)


def run_and_be_killed(home: Home, step: int) -> None:
    """In a child: the same run, killed just before its n-th change of the file system."""
    taken = 0

    def notice(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal taken
        if event in STEPS or (event == "open" and arguments[2] & WRITES):
            taken += 1
            if taken == step:
                os.kill(os.getpid(), signal.SIGKILL)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warehouse.build.run_dbt", made_up.small_dbt)
        forget_the_project(patch)
        sys.addaudithook(notice)
        run_once(home)


def assert_readable(home: Home, releases: set[str]) -> None:
    """Whoever reads at this moment sees one whole release, or that there is none yet."""
    if not home.marts_database.exists():
        return
    with duckdb.connect(str(home.marts_database), read_only=True) as connection:
        row = connection.execute(
            "select min(release_id), max(release_id), count(*), min(n_rows) from mart_large"
        ).fetchone()
    assert row is not None
    assert row[0] == row[1]
    assert row[2] == row[3]
    assert row[0] in releases


@pytest.mark.slow
@pytest.mark.parametrize(("publication", "stride"), [("first", 4), ("second", 1)])
def test_a_kill_at_any_step_leaves_nothing_behind(
    tmp_path: Path, publication: str, stride: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_the_project(monkeypatch)
    template = new_home(tmp_path / "template")
    record(template, 1)
    if publication == "second":
        build_and_publish(template, "20260101T000000Z-before")
        record(template, 2, {**RATES, ("GUY", 2000): 61.0})
    shutil.copytree(template.root, tmp_path / "undisturbed", symlinks=True)
    undisturbed = marts_of(run_once(Home(tmp_path / "undisturbed")))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    for step in count(1, stride):
        home = Home(tmp_path / f"killed-{step}")
        shutil.copytree(template.root, home.root, symlinks=True)
        child = context.Process(target=run_and_be_killed, args=(home, step))
        child.start()
        child.join(SECONDS_OF_A_RUN)
        assert child.exitcode in (0, -signal.SIGKILL)
        made = {path.name for path in home.releases.glob("*")}
        assert_readable(home, made)
        release = run_once(home)
        assert marts_of(release) == undisturbed, f"killed before step {step}"
        assert in_force(home).id == release.id
        assert list(home.candidates.glob("*")) == []
        assert_readable(home, {release.id})
        assert run_once(home).id == release.id
        assert len([path for path in home.releases.glob("*") if path.name[0] != "."]) == len(made | {release.id})
        shutil.rmtree(home.root)
        if child.exitcode == 0:
            break
    assert step > 30  # a run takes many steps, and each was the last of one child


@pytest.mark.slow
def test_dbt_does_not_outlive_a_killed_build(tmp_path: Path) -> None:
    """The real dbt, killed with its parent in mid-build; the folder it wrote to can be cleared at once."""
    home = new_home(tmp_path / "home")
    record(home, 1)
    program = (
        "import sys; from pathlib import Path; from ingestion.catalog import load_catalog; "
        "from ingestion.home import Home; from warehouse.build import build_candidate; "
        "build_candidate(Home(Path(sys.argv[1])), load_catalog(), "
        "progress=lambda step, done, total: print(done, flush=True))"
    )
    command = [sys.executable, "-c", program, str(home.root)]
    with subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        while int(child.stdout.readline()) < 10:
            pass
        children = _children_of(child.pid)
        child.kill()
    assert children
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
    (left_over,) = home.candidates.iterdir()
    assert not (left_over / "release.json").exists()
    release = run_once(home)
    assert json.loads((release.folder / "release.json").read_text())["release_id"] == release.id
    assert not left_over.exists()


def _children_of(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        if int(fields[1]) == pid:
            found.append(int(path.parent.name))
    return found
