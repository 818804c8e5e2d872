"""The README is true: its paths, commands, marts, datasets and links exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from ingestion import inbox
from ingestion.catalog import load_catalog
from ingestion.origin import PROJECT_ROOT
from warehouse.cli import app

README = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
CODE = re.findall(r"`([^`\n]+)`", README)
COMMANDS = [line.split("#")[0].strip() for line in re.findall(r"^\$ (braindrain .*)$", README, re.MULTILINE)]
COMMANDS += [code for code in CODE if code.startswith("braindrain ")]
# Rooms of the home and files in a release: they come to be when the warehouse runs.
MADE_BY_RUNNING = ("landing", "quarantine", "lake", "ledger", "candidates", "rejected", "current", "releases", "data")
MARTS = {path.stem for path in (PROJECT_ROOT / "dbt_project" / "models" / "marts").rglob("*.sql")}


def paths_named() -> list[str]:
    """What looks like a path of this repository."""
    named = [code for code in CODE if re.fullmatch(r"[\w.]+(/[\w.*-]*)+|[\w-]+\.(yml|toml|md|py)", code)]
    return [name for name in named if name.split("/")[0] not in MADE_BY_RUNNING and not name.startswith("..")]


def test_every_path_exists() -> None:
    assert len(paths_named()) > 10
    rooms = [PROJECT_ROOT, PROJECT_ROOT / "ingestion", PROJECT_ROOT / "warehouse"]
    missing = [name for name in paths_named() if not any(list(room.glob(name.rstrip("/"))) for room in rooms)]
    assert missing == []


def test_every_link_leads_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if not (PROJECT_ROOT / target).exists()] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_exists(command: str) -> None:
    group = get_command(app)
    words = shlex.split(command)[1:]
    while words and words[0] in getattr(group, "commands", {}):
        group = getattr(group, "commands")[words.pop(0)]  # noqa: B009 (click's groups are untyped here)
    assert not getattr(group, "commands", {}) or words == ["--help"], f"no command '{command}'"
    known = {option for parameter in group.params for option in parameter.opts} | {"--help"}
    assert [word for word in words if word.startswith("--") and word not in known] == []


def test_every_mart_is_named_and_exists() -> None:
    named = {code for code in CODE if re.fullmatch(r"(mart|dim|fct)_\w+", code)}
    assert named <= MARTS
    assert {mart for mart in MARTS if mart.startswith("mart_")} <= named


def test_every_dataset_is_named() -> None:
    assert [dataset.id for dataset in load_catalog().datasets if f"`{dataset.id}`" not in README] == []


def test_every_licence_is_the_one_of_the_catalog() -> None:
    rows = [line for line in README.splitlines() if line.startswith("| ") and line.count("|") == 5]
    for source in load_catalog().sources:
        held = [row for row in rows if any(f"`{dataset.id}`" in row for dataset in source.datasets)]
        assert len(held) == 1, f"{source.id} stands in {len(held)} rows of the table"
        *_, licence, republish = held[0].strip("| ").split(" | ")
        assert licence.lower() in source.licence.name.lower()
        terms = "share alike" if source.licence.share_alike else "yes"
        assert republish == (terms if source.licence.redistributable else "no"), source.id


def test_files_placed_by_hand_are_marked() -> None:
    marked = set(re.findall(r"`(\w+)` ✋", README))
    assert marked == {dataset.id for dataset in load_catalog().datasets if inbox.is_address(dataset.endpoint)}


def test_the_first_screen_has_the_two_commands() -> None:
    first_screen = "\n".join(README.splitlines()[:40])
    assert "$ make run" in first_screen and "$ make test" in first_screen


def test_decisions_are_all_listed() -> None:
    folder = Path(PROJECT_ROOT / "docs" / "decisions")
    listed = (folder / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in folder.glob("0*.md") if f"({path.name})" not in listed] == []
