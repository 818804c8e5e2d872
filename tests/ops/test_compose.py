"""docker-compose.yml and the Dockerfile: valid, without a password, open to this machine only, of one image."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
AIRFLOW = ["api-server", "dag-processor", "migration", "scheduler", "triggerer"]
VARIABLE = re.compile(r"\$\{(\w+)(:-|:\?)([^}]*)\}")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services, with the variables of the shell not yet filled in."""
    found: dict[str, Any] = yaml.safe_load(TEXT)["services"]
    return found


def filled() -> str:
    """The file as compose reads it: variables replaced, YAML merges resolved."""
    text = VARIABLE.sub(lambda match: match[3] if match[2] == ":-" else "given", TEXT)
    return str(yaml.safe_dump(yaml.safe_load(text)))


def test_it_is_valid_by_the_compose_specification() -> None:
    assert sorted(PyCompose.from_yaml(filled()).service_names()) == sorted([*AIRFLOW, "postgres"])


def test_a_mistake_would_be_found() -> None:
    with pytest.raises(ValueError, match="imagee"):
        PyCompose.from_yaml(filled().replace("image:", "imagee:"))


def test_every_secret_must_be_given(services: dict[str, Any]) -> None:
    required = {name for name, kind, _ in VARIABLE.findall(TEXT) if kind == ":?"}
    assert required == {
        "POSTGRES_PASSWORD",
        "AIRFLOW_ADMIN_PASSWORD",
        "AIRFLOW_FERNET_KEY",
        "AIRFLOW_JWT_SECRET",
        "AIRFLOW_SECRET_KEY",
    }
    for name, service in services.items():
        for key, value in service.get("environment", {}).items():
            if re.search("PASSWORD$|SECRET|FERNET|CONN$|CONN_ASYNC$", key):
                assert "${" in value, f"{name} holds a secret of its own in {key}"


def test_make_env_gives_every_secret(tmp_path: Path) -> None:
    lines = subprocess.run(
        [sys.executable, ROOT / "tools/compose_secrets.py"], capture_output=True, text=True, check=True, cwd=tmp_path
    ).stdout.splitlines()
    given = dict(line.split("=", 1) for line in lines)
    assert set(given) == {name for name, kind, _ in VARIABLE.findall(TEXT) if kind == ":?"}
    assert all(len(value) >= 16 for value in given.values())
    assert len(set(given.values())) == len(given)


def test_only_this_machine_can_reach_it(services: dict[str, Any]) -> None:
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert ports == {"api-server": ["127.0.0.1:${PORT:-8080}:8080"]}


def test_all_airflow_components_run_from_one_image_as_no_root(services: dict[str, Any]) -> None:
    assert {services[name]["image"] for name in AIRFLOW} == {"braindrain:0.1.0"}
    assert [line for line in DOCKERFILE.splitlines() if line.startswith("USER ")] == ["USER braindrain"]
    for name in AIRFLOW:
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["environment"]["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
        assert services[name]["environment"]["AIRFLOW__CORE__PARALLELISM"] == "4"


def test_everything_that_runs_on_is_watched_and_waits_for_the_migration(services: dict[str, Any]) -> None:
    for name, service in services.items():
        if name == "migration":
            continue
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"]
        if name != "postgres":
            assert service["depends_on"]["migration"] == {"condition": "service_completed_successfully"}


def test_state_lives_in_named_volumes(services: dict[str, Any]) -> None:
    named = set(yaml.safe_load(TEXT)["volumes"])
    used = {volume.split(":")[0] for service in services.values() for volume in service["volumes"]}
    assert used == named == {"metadata", "warehouse", "logs"}


def test_images_are_pinned_by_version(services: dict[str, Any]) -> None:
    assert re.search(r"^FROM python:3\.1[123]\.\d+-slim-\w+$", DOCKERFILE, re.MULTILINE)
    assert re.fullmatch(r"postgres:\d+\.\d+-\w+", services["postgres"]["image"])


def test_the_image_is_made_from_the_lock_and_holds_no_secret() -> None:
    assert DOCKERFILE.count("uv sync --locked --no-dev --group postgres") == 2
    assert not re.search(r"(?im)^(ARG|ENV)\b.*(password|secret|token|key)", DOCKERFILE)


def test_what_is_copied_exists_and_is_let_in() -> None:
    let_in = set((ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines())
    copied = [word for line in re.findall(r"^COPY (.*) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()]
    assert copied
    for name in copied:
        assert (ROOT / name).exists()
        assert f"!{name}" in let_in
