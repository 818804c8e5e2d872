"""`make up` and `make down` where there is nothing to start or to stop; tests/ui does both for real."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.ops.airflow_ui import Ui


@pytest.fixture
def ui(tmp_path: Path) -> Ui:
    return Ui(tmp_path)


def test_a_taken_port_ends_in_a_sentence(ui: Ui) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", ui.port))
        other.listen()
        done = ui.call("up")
    assert done.returncode == 1
    assert done.stderr == f"Port {ui.port} of 127.0.0.1 is taken. Next: make up PORT={ui.port + 1}.\n"
    assert not (ui.folder / "up.json").exists()


def test_down_without_up_is_no_mistake(ui: Ui) -> None:
    done = ui.call("down")
    assert (done.returncode, done.stdout) == (0, "Airflow is not up.\n")
