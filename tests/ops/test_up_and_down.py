"""`make up` and `make down`: a password of this start, 127.0.0.1 only, and afterwards no process is left."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from tests.ops.airflow_ui import Ui


@pytest.fixture
def ui(tmp_path: Path) -> Ui:
    return Ui(tmp_path)


@pytest.mark.slow
def test_up_then_down_leaves_nothing(ui: Ui) -> None:
    up = ui.call("up")
    try:
        assert up.returncode == 0, up.stderr
        assert f"http://127.0.0.1:{ui.port}" in up.stdout
        password = re.findall(r"admin, password (\S+)", up.stdout)[0]
        passwords = ui.folder / "simple_auth_manager_passwords.json.generated"
        assert json.loads(passwords.read_text()) == {"admin": password}
        assert passwords.stat().st_mode & 0o077 == 0

        session = ui.session
        running = ui.processes(session)
        names = " ".join(" ".join(process.cmdline()) for process in running)
        for component in ("api_server", "scheduler", "dag-processor", "triggerer"):
            assert component in names
        addresses = {
            connection.laddr.ip
            for process in running
            for connection in process.net_connections()
            if connection.status == psutil.CONN_LISTEN
        }
        assert addresses == {"127.0.0.1"}
        with urlopen(f"http://127.0.0.1:{ui.port}/api/v2/monitor/health") as answer:
            assert {part["status"] for part in json.load(answer).values()} == {"healthy"}

        again = ui.call("up")
        assert again.returncode == 0
        assert "is up already" in again.stdout
        assert ui.session == session
    finally:
        down = ui.call("down")
    assert down.returncode == 0, down.stderr
    assert down.stdout.splitlines()[-1] == "Airflow is down."
    assert ui.processes(session) == []
    assert not (ui.folder / "up.json").exists()
    assert ui.call("down").stdout == "Airflow is not up.\n"


@pytest.mark.slow
def test_down_also_ends_what_a_killed_watcher_left(ui: Ui) -> None:
    assert ui.call("up").returncode == 0
    session = ui.session
    os.kill(session, signal.SIGKILL)
    orphans = [process for process in ui.processes(session) if process.pid != session]
    assert len(orphans) >= 4
    assert ui.call("down").returncode == 0
    assert [process for process in ui.processes(session) if process.status() != psutil.STATUS_ZOMBIE] == []


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
