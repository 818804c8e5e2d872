"""Runs dbt, once, as a child process, and says in sentences what it found."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ingestion.origin import PROJECT_ROOT
from warehouse.inputs import DBT_PROJECT

Progress = Callable[[str, int, int], None]
"""Told the name of the step, how many steps are done, and of how many."""

# "04:17:33  12 of 41 OK created sql table model marts.dim_country ....... [OK in 0.05s]"
STEP_ENDED = re.compile(r"(\d+) of (\d+) (?:OK|PASS|WARN|FAIL|ERROR|SKIP)\b.*? (\S+) +\.* *\[")
TAIL_LINES = 12
GOOD = ("success", "pass")
CONSEQUENCE = "skipped"


@dataclass(frozen=True)
class Node:
    """What dbt found for one model, seed or test.

    ``status`` is dbt's own: success, pass, warn, fail, error, skipped. ``about`` is the
    description of a test or, failing that, the model it is about.
    """

    name: str
    kind: str
    status: str
    seconds: float
    about: str
    message: str | None

    @property
    def is_failure(self) -> bool:
        """Whether it went wrong itself (a skipped node only stands behind one that did)."""
        return self.status not in (*GOOD, "warn", CONSEQUENCE)

    def __str__(self) -> str:
        said = " ".join((self.message or "no message").split())
        return f"{self.kind} {self.name} ({self.about}): {said}"

    def to_json(self) -> dict[str, Any]:
        """The node as ``release.json`` keeps it."""
        return asdict(self)


@dataclass(frozen=True)
class DbtResult:
    """What one dbt process did: its exit code, every node, the key of every mart, the last words of its log.

    ``column_sources`` names, by mart and column, the sources a column may have figures of, where the
    column says so (meta ``sources``).
    """

    exit_code: int
    nodes: list[Node]
    keys: dict[str, list[str]]
    tail: str
    column_sources: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    @property
    def failures(self) -> list[str]:
        """One sentence per thing that went wrong; dbt's own last words when it never came to running."""
        said = [str(node) for node in self.nodes if node.is_failure]
        if self.exit_code and not said:
            said = [f"dbt ended with exit code {self.exit_code}: {self.tail}"]
        return said


def run_dbt(
    work: Path,
    database: Path,
    lake: Path,
    inputs: Path,
    variables: dict[str, Any],
    progress: Progress | None = None,
) -> DbtResult:
    """Run one ``dbt build`` of the project into ``database``.

    ``work`` takes dbt's target folder and ``dbt.log``; ``lake`` and ``inputs`` are what the
    project's sources read.
    """
    target = work / "target"
    command = [
        *(sys.executable, "-m", "warehouse.dbt_child", "build", "--no-use-colors"),
        *("--log-format", "text", "--log-level-file", "none", "--log-path", str(target)),
        *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--target-path", str(target)),
        *("--vars", json.dumps(variables)),
        # They judge formulas, not figures: the project's own tests run them, and a night need not.
        *("--exclude-resource-type", "unit_test"),
        # Who reads the marts is told, not built.
        *("--exclude-resource-type", "exposure"),
    ]
    # What a person's shell says to dbt (DBT_TARGET, DBT_PROFILES_DIR) must not reach a release.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")}
    environment |= {
        "BRAINDRAIN_LAKE": str(lake),
        "BRAINDRAIN_INPUTS": str(inputs),
        "BRAINDRAIN_BUILD": str(database),
        "PYTHONUNBUFFERED": "1",
    }
    with (
        (work / "dbt.log").open("w", encoding="utf-8") as log,
        subprocess.Popen(  # noqa: S603 (the command is this code's own; nothing in it comes from outside)
            command,
            cwd=PROJECT_ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as child,
    ):
        assert child.stdout is not None  # noqa: S101 (typing: it is a pipe)
        for line in child.stdout:
            log.write(line)
            step = STEP_ENDED.search(line)
            if step and progress:
                progress(step[3], int(step[1]), int(step[2]))
    tail = (work / "dbt.log").read_text(encoding="utf-8").strip().splitlines()[-TAIL_LINES:]
    return read_result(target, child.returncode, " | ".join(line.strip() for line in tail if line.strip()))


def read_result(target: Path, exit_code: int, tail: str) -> DbtResult:
    """What ``run_results.json`` and ``manifest.json`` of a target folder say."""
    results, manifest = target / "run_results.json", target / "manifest.json"
    if not results.exists():
        return DbtResult(exit_code or 1, [], {}, tail)
    described = json.loads(manifest.read_text(encoding="utf-8"))
    by_id = described["nodes"] | described["unit_tests"]
    nodes = [_node(result, by_id) for result in json.loads(results.read_text(encoding="utf-8"))["results"]]
    models = [node for node in described["nodes"].values() if node["resource_type"] == "model"]
    keys = {node["name"]: node["config"]["meta"]["key"] for node in models if "key" in node["config"].get("meta", {})}
    sources = {
        node["name"]: {
            name: column["config"]["meta"]["sources"]
            for name, column in node["columns"].items()
            if "sources" in column.get("config", {}).get("meta", {})
        }
        for node in models
    }
    return DbtResult(exit_code, nodes, keys, tail, {name: columns for name, columns in sources.items() if columns})


def _node(result: dict[str, Any], by_id: dict[str, Any]) -> Node:
    described = by_id[result["unique_id"]]
    models = [name.rsplit(".", 1)[-1] for name in described.get("depends_on", {}).get("nodes", [])]
    kind = described["resource_type"].replace("_", " ")
    is_test = kind in ("test", "unit test")
    about = described.get("description") if is_test else ""
    return Node(
        name=described["name"],
        kind=kind,
        status=result["status"],
        seconds=round(result["execution_time"], 3),
        about=" ".join((about or f"{'of' if is_test else 'from'} {', '.join(models) or 'no other'}").split()),
        message=result["message"],
    )
