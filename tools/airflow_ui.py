"""`make up` and `make down`: the real Airflow UI on 127.0.0.1, in a session of its own that ends without a rest.

`airflow standalone` is not used: a SIGTERM to it leaves its children behind, and its log servers listen on every
address. The four components run here under one watcher, whose process id is the id of their session.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil
from settings import ROOT, airflow_environment, wrong_origin

HOME = Path(os.environ.get("AIRFLOW_HOME") or ROOT / "data" / "airflow").resolve()
PID_FILE = HOME / "up.json"
PASSWORDS = HOME / "simple_auth_manager_passwords.json.generated"
LOGS = HOME / "logs"
# Logs are read from the files themselves, so nobody needs to serve them.
COMPONENTS = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
SECONDS_TO_RISE = 120
SECONDS_OF_PATIENCE = 10
SECONDS_TO_END = 20
SECONDS_TO_DIE = 10


def stop(what: str, next_step: str) -> int:
    """Say what is wrong and what to do; the exit status of failure."""
    print(f"{what} Next: {next_step}.", file=sys.stderr)
    return 1


def environment(port: int) -> dict[str, str]:
    """Airflow's settings for the UI."""
    address = f"http://127.0.0.1:{port}"
    return {
        **airflow_environment(HOME),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(64),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(PASSWORDS),
    }


def members(session: int) -> list[psutil.Process]:
    """Every process of the session that `make up` began, the watcher among them."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session:
                found.append(process)
        except (ProcessLookupError, PermissionError):
            continue  # it ended meanwhile, or is another user's and so none of ours
    return found


def session_up() -> tuple[int, int] | None:
    """Session and port of what `make up` started, if any of it still runs."""
    if not PID_FILE.exists():
        return None
    facts = json.loads(PID_FILE.read_text())
    # A process id is given again some day: a session that is younger than its note is somebody else's.
    ours = [process for process in members(facts["session"]) if process.create_time() >= facts["begun"] - 1]
    return (facts["session"], facts["port"]) if ours else None


def make_password() -> str:
    """A new password of the admin, written where only this user can read it."""
    password = secrets.token_urlsafe(12)
    PASSWORDS.unlink(missing_ok=True)
    with os.fdopen(os.open(PASSWORDS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"admin": password}, file)
    return password


def is_healthy(port: int) -> bool:
    """Whether every component says that it is well."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=5) as answer:
            health = json.load(answer)
    except (URLError, OSError, ValueError):
        return False
    return all(part["status"] == "healthy" for part in health.values())


def up(port: int) -> int:
    """Start everything, wait until it is well, and say where it is."""
    running = session_up()
    if running:
        print(f"Airflow is up already: http://127.0.0.1:{running[1]} (make down stops it)")
        return 0
    wrong = wrong_origin()
    if wrong:
        print(wrong, file=sys.stderr)
        return 1
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return stop(f"Port {port} of 127.0.0.1 is taken.", f"make up PORT={port + 1}")
    LOGS.mkdir(parents=True, exist_ok=True)
    HOME.chmod(0o700)
    password = make_password()
    print(f"Starting Airflow on 127.0.0.1:{port}; logs in {LOGS}", flush=True)
    log = LOGS / "up.log"
    with log.open("ab") as file:
        watcher = subprocess.Popen(  # noqa: S603 (this very file)
            [sys.executable, __file__, "watch", "--port", str(port)],
            env=environment(port),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    PID_FILE.write_text(json.dumps({"session": watcher.pid, "port": port, "begun": time.time()}))
    deadline = time.monotonic() + SECONDS_TO_RISE
    while not is_healthy(port):
        if watcher.poll() is not None or time.monotonic() > deadline:
            down()
            return stop("Airflow did not come up.", f"read {log} and the other logs beside it")
        time.sleep(0.5)
    print(f"Airflow is up:  http://127.0.0.1:{port}")
    print(f"Log in as       admin, password {password} (made for this start)")
    print("Stop it with    make down")
    return 0


def down() -> int:
    """Stop everything that `make up` started, and see that it is gone."""
    running = session_up()
    if not running:
        PID_FILE.unlink(missing_ok=True)
        print("Airflow is not up.")
        return 0
    session = running[0]
    for process in members(session):
        if process.pid == session:
            process.send_signal(signal.SIGINT)
    rest = wait_for_end(session, SECONDS_OF_PATIENCE)
    if rest:
        print(f"Tasks are running; they have {SECONDS_TO_END} s to end ...", flush=True)
        rest = wait_for_end(session, SECONDS_TO_END)
    for process in rest:  # a kill at any instruction loses nothing that was accepted
        process.kill()
    rest = wait_for_end(session, SECONDS_TO_DIE)
    if rest:
        return stop(f"Still running: {', '.join(str(process.pid) for process in rest)}.", "run make down again")
    PID_FILE.unlink(missing_ok=True)
    print("Airflow is down.")
    return 0


def wait_for_end(session: int, seconds: float) -> list[psutil.Process]:
    """Wait until the session has no process; those that it still has afterwards."""
    deadline = time.monotonic() + seconds
    while (rest := members(session)) and time.monotonic() < deadline:
        # Without the watcher nobody tells the others.
        if all(process.pid != session for process in rest):
            for process in rest:
                process.terminate()
        time.sleep(0.2)
    return rest


def watch(port: int) -> int:
    """Run the components until told to end, or until one of them ends by itself."""
    ending = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: ending.append(received))
    airflow = str(ROOT / ".venv/bin/airflow")
    subprocess.run([airflow, "db", "migrate"], check=True)  # noqa: S603 (our own)
    running = {}
    for name, arguments in COMPONENTS.items():
        with (LOGS / f"{name}.log").open("ab") as file:
            running[name] = subprocess.Popen([airflow, *arguments], stdout=file, stderr=file)  # noqa: S603 (our own)
    print(f"Started {', '.join(running)} on port {port}", flush=True)
    while not ending:
        time.sleep(0.2)
        for name, process in running.items():
            if process.poll() is not None and not ending:
                print(f"{name} ended with status {process.returncode}; ending the others", flush=True)
                ending.append(signal.SIGTERM)
    for process in running.values():
        process.send_signal(signal.SIGINT)
    for process in running.values():
        process.wait()
    return 0


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=["up", "down", "watch"])
    parser.add_argument("--port", type=int, default=8080)
    arguments = parser.parse_args()
    if arguments.verb == "down":
        return down()
    return up(arguments.port) if arguments.verb == "up" else watch(arguments.port)


if __name__ == "__main__":
    sys.exit(main())
