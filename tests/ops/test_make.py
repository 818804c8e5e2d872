"""The Makefile and its helpers: help is complete, an origin is found, no fitting Python ends in a sentence."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))


def make(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **variables}
    return subprocess.run(["make", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_help_is_the_default_and_names_every_target() -> None:
    said = make().stdout
    assert said == make("help").stdout
    assert set(re.findall(r"^  make ([a-z-]+)", said, re.MULTILINE)) == TARGETS
    assert {"help", "run", "test", "check", "up", "down", "lint", "format", "clean"} <= TARGETS


def test_every_target_is_phony() -> None:
    phony = set(re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[0].split())
    assert phony == TARGETS


def test_the_readme_names_only_targets_that_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`make ([a-z-]+)", readme)) | set(re.findall(r"^\$ make ([a-z-]+)", readme, re.MULTILINE))
    assert {"run", "test", "up", "down"} <= named <= TARGETS


def test_continuous_integration_checks_form_types_and_every_test() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert re.findall(r"^make (.*)$", script.read_text(encoding="utf-8"), re.MULTILINE) == ["-j 2 lint types", "test"]


@pytest.mark.parametrize("text", ["sandbox", "live", "http://127.0.0.1:8123", "no/such/folder"])
def test_an_origin_that_is_no_folder_stays_as_it_is(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    from settings import resolve_origin

    assert resolve_origin(text) == text


def test_a_relative_folder_counts_from_where_make_was_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    from settings import resolve_origin

    (tmp_path / "figures").mkdir()
    monkeypatch.setenv("CALLED_FROM", str(tmp_path))
    assert resolve_origin("figures") == str(tmp_path / "figures")
    assert resolve_origin("tests") == str(ROOT / "tests")


@pytest.mark.parametrize("tool", [["run.py"], ["airflow_ui.py", "up"]])
def test_an_origin_that_is_none_ends_in_a_sentence_at_once(tool: list[str], tmp_path: Path) -> None:
    environment = {**os.environ, "ORIGIN": "no/such/folder", "AIRFLOW_HOME": str(tmp_path)}
    command = [sys.executable, str(ROOT / "tools" / tool[0]), *tool[1:]]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("ORIGIN: 'no/such/folder' is neither 'sandbox' nor 'live', no folder")
    assert "Next: " in done.stderr


def test_no_fitting_python_ends_in_a_sentence(tmp_path: Path) -> None:
    for name in ("dirname", "sh"):
        found = next(Path(folder) / name for folder in ("/usr/bin", "/bin") if (Path(folder) / name).exists())
        (tmp_path / name).symlink_to(found)
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2"\nexit 1\n')
    old.chmod(0o755)
    done = subprocess.run(
        [tmp_path / "sh", ROOT / "tools/install.sh"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "No Python 3.11, 3.12 or 3.13" in done.stderr
    assert "python3 is: Python 3.9.2" in done.stderr
    assert "Next: install one" in done.stderr
    assert done.stdout == ""
