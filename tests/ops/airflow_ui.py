"""The tool behind `make up` and `make down`, with its state in a folder of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Ui:
    """One UI, up or down. Its figures come from the sandbox."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")},
            "AIRFLOW_HOME": str(folder),
            "BRAINDRAIN_HOME": str(folder / "home"),
            "ORIGIN": "sandbox",
        }

    def call(self, verb: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "tools/airflow_ui.py"), verb, "--port", str(self.port)]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    @property
    def session(self) -> int:
        return int(json.loads((self.folder / "up.json").read_text())["session"])

    def processes(self, session: int) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                if os.getsid(process.pid) == session:
                    found.append(process)
            except ProcessLookupError:
                continue
        return found
