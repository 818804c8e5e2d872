"""`make up`; a person opens the Airflow UI, reads a DAG's docs, triggers runs, sees them turn green; `make down`.

Airflow is up with a password of this start and on 127.0.0.1 only, and afterwards no process is left.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest
from selenium import webdriver
from selenium.common.exceptions import ElementNotInteractableException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from ingestion import inbox
from ingestion.catalog import load_catalog
from tests.ops.airflow_ui import ROOT, Ui

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
SCREENSHOTS = ROOT / "data" / "screenshots"
SOURCE = load_catalog().source("vdem")  # a small one: two files
INGEST, MAINTAIN, PUBLISH = f"ingest_{SOURCE.id}", "maintain_warehouse", "publish_marts"
DAGS = (INGEST, MAINTAIN, PUBLISH)
EVERY_DAG = {MAINTAIN, PUBLISH, *(f"ingest_{source.id}" for source in load_catalog().sources)}
SECONDS_FOR_A_PAGE = 120
SECONDS_FOR_A_NIGHT = 600
SECONDS_TO_DRAW = 5
SECONDS_OF_REST = 10


def in_the_browser(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that a person takes; it is skipped where there is no browser."""
    is_here = CHROMIUM.exists() and DRIVER.exists()
    # Nothing stands in for a browser; .ci/run installs this one.
    skipped = pytest.mark.skipif(not is_here, reason="chromium and chromium-driver are not here")
    marked: Callable[..., None] = pytest.mark.ui(skipped(test))
    return marked


@dataclass(frozen=True)
class Airflow:
    """The UI, and what `make up` ended with."""

    ui: Ui
    up: subprocess.CompletedProcess[str]

    @property
    def password(self) -> str:
        """The one that was printed."""
        return str(re.findall(r"admin, password (\S+)", self.up.stdout)[0])


class Person:
    """Somebody in front of the browser."""

    def __init__(self, browser: webdriver.Chrome, address: str) -> None:
        self.browser = browser
        self.address = address

    def open(self, page: str) -> None:
        """Go to a page of the UI."""
        self.browser.get(self.address + page)

    def finds(self, until: Callable[[], object], seconds: float) -> bool:
        """Look until it is so, that long; a page that is just being drawn anew is looked at again."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if until():
                    return True
            except (StaleElementReferenceException, ElementNotInteractableException):
                pass
            time.sleep(0.5)
        return False

    def wait(self, until: Callable[[], object], what: str) -> None:
        """Look until it is so."""
        if not self.finds(until, SECONDS_FOR_A_PAGE):
            self.keep("missing")
            raise AssertionError(f"after {SECONDS_FOR_A_PAGE} s still not seen: {what}\n{self.text()}")

    def look_away(self) -> None:
        """Rest a while: drawing what moves on a page takes as much of a core as the run that it shows."""
        self.browser.get("about:blank")
        time.sleep(SECONDS_OF_REST)

    def text(self) -> str:
        """What can be read on the page."""
        return self.browser.find_element(By.TAG_NAME, "body").text

    def sees(self, words: str) -> bool:
        """Whether the words stand on the page."""
        return words in self.text()

    def button(self, name: str, inside: str = "") -> list[WebElement]:
        """Buttons by what they say, or by what a screen reader says for them."""
        found = self.browser.find_elements(By.CSS_SELECTOR, f"{inside} button")
        return [each for each in found if name in (each.text.strip(), each.get_attribute("aria-label"))]

    def click(self, name: str, inside: str = "") -> None:
        """Press the button as soon as it is there."""

        def press() -> bool:
            found = self.button(name, inside)
            if found:
                found[-1].click()
            return bool(found)

        self.wait(press, f"button {name}")

    def keep(self, name: str) -> None:
        """Save what is on the screen."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.browser.save_screenshot(str(SCREENSHOTS / f"{name}.png"))


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    """Airflow, started as `make up` does; some test of this file takes it down, and if not that, this."""
    ui = Ui(tmp_path_factory.mktemp("airflow"))
    try:
        yield Airflow(ui, ui.call("up"))
    finally:
        ui.call("down")


@pytest.fixture(scope="module")
def person(airflow: Airflow, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Logged in, with the password that `make up` printed."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
        *("--disable-background-networking", "--disable-component-update", "--window-size=1500,1100"),
        f"--user-data-dir={tmp_path_factory.mktemp('browser')}",
    ):
        options.add_argument(flag)
    with webdriver.Chrome(options=options, service=Service(str(DRIVER))) as browser:
        someone = Person(browser, f"http://127.0.0.1:{airflow.ui.port}")
        someone.open("/dags")
        someone.wait(lambda: browser.find_elements(By.NAME, "username"), "the login page")
        browser.find_element(By.NAME, "username").send_keys("admin")
        browser.find_element(By.NAME, "password").send_keys(airflow.password)
        browser.find_element(By.CSS_SELECTOR, "button[type=submit]").click()
        someone.wait(lambda: someone.sees(f"{len(EVERY_DAG)} Dags"), "the number of DAGs")
        yield someone


def test_up_listens_on_this_machine_alone_and_gives_a_password(airflow: Airflow) -> None:
    ui, up = airflow.ui, airflow.up
    assert up.returncode == 0, up.stderr
    assert f"http://127.0.0.1:{ui.port}" in up.stdout
    passwords = ui.folder / "simple_auth_manager_passwords.json.generated"
    assert json.loads(passwords.read_text()) == {"admin": airflow.password}
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


@in_the_browser
def test_the_list_holds_every_dag_and_tags_those_that_wait_for_a_file(person: Person) -> None:
    person.open("/dags")
    person.wait(lambda: set(person.text().split()) >= EVERY_DAG, "every DAG")
    person.keep("dags_at_first")
    waiting = [dataset.id for dataset in load_catalog().datasets if inbox.is_address(dataset.endpoint)]
    dags = {f"ingest_{load_catalog().source_of(dataset).id}" for dataset in waiting}
    person.open("/dags?tags=inbox")
    person.wait(lambda: person.sees(f"{len(dags)} Dags"), "the DAGs with the tag inbox")
    assert dags <= set(person.text().split())


@in_the_browser
@pytest.mark.parametrize("dag_id", DAGS)
def test_a_dag_shows_its_docs(person: Person, dag_id: str) -> None:
    person.open(f"/dags/{dag_id}")
    person.click("Dag Docs")
    headings = ("What", "From where", "When it is red", "Parameters")
    person.wait(lambda: all(person.sees(heading) for heading in headings), "the headings of the docs")
    person.keep(f"docs_{dag_id}")


def trigger(person: Person, dag_id: str) -> None:
    """Start a run by hand."""
    person.open(f"/dags/{dag_id}")
    person.click("Trigger Dag")
    person.wait(lambda: person.sees("Run Parameters"), "the parameters")
    person.keep(f"trigger_{dag_id}")
    person.click("Trigger", inside="[role=dialog]")
    person.wait(lambda: person.sees("has been triggered") or not person.sees("Run Parameters"), "the dialog to close")


def newest_run(person: Person, dag_id: str, of: int = 1) -> str:
    """Address of the newest of that many runs, as soon as all are green."""

    def rows() -> list[WebElement]:
        return person.browser.find_elements(By.CSS_SELECTOR, "tbody tr")

    def have_ended() -> bool:
        return len(rows()) >= of and all("Success" in row.text or "Failed" in row.text for row in rows())

    deadline = time.monotonic() + SECONDS_FOR_A_NIGHT
    person.open(f"/dags/{dag_id}/runs")
    while not person.finds(have_ended, SECONDS_TO_DRAW) and time.monotonic() < deadline:
        person.look_away()
        person.open(f"/dags/{dag_id}/runs")
    person.wait(have_ended, f"{of} ended runs of {dag_id}")
    person.keep(f"runs_{dag_id}")
    assert not person.sees("Failed")
    address = rows()[0].find_element(By.TAG_NAME, "a").get_attribute("href")
    assert address is not None
    return address


@in_the_browser
def test_triggered_runs_turn_green_and_publish_follows(person: Person) -> None:
    for dag_id in (MAINTAIN, INGEST):
        trigger(person, dag_id)
    for dag_id in (MAINTAIN, INGEST, PUBLISH):
        newest_run(person, dag_id)
    person.open("/assets?name_pattern=marts")
    person.wait(lambda: re.search(r"marts\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", person.text()), "an update of the marts")
    person.keep("assets")


@in_the_browser
def test_every_dataset_that_changed_has_a_square_that_says_what_became_of_it(person: Person) -> None:
    person.browser.get(f"{newest_run(person, INGEST)}/tasks/group/dataset")
    said = [f"{dataset.id}: 1 loaded" for dataset in SOURCE.datasets]
    person.wait(lambda: all(person.sees(name) for name in said), "a square of every dataset")
    person.keep("squares")


@in_the_browser
def test_an_unchanged_night_has_no_square_and_its_probe_says_so(person: Person) -> None:
    trigger(person, INGEST)
    run = newest_run(person, INGEST, of=2)
    person.browser.get(run)
    person.wait(lambda: person.text().count("Skipped") == 2, "a load and a verdict with nothing to do")
    person.keep("run_unchanged")
    person.browser.get(f"{run}/tasks/probe")
    said = [f"{dataset.id}: 1 unchanged" for dataset in SOURCE.datasets]
    person.wait(lambda: all(person.sees(line) for line in said), "a line of the log for each dataset")
    person.keep("probe_unchanged")


@in_the_browser
def test_the_overview_is_green(person: Person) -> None:
    person.open("/dags")
    person.wait(lambda: all(person.sees(dag) for dag in DAGS), "the three DAGs")
    person.keep("dags")
    person.open("/dags?last_dag_run_state=failed")
    person.wait(lambda: person.sees("0 Dags") or person.sees("No Dags found"), "no failed DAG")


def test_down_leaves_nothing(airflow: Airflow) -> None:
    ui = airflow.ui
    session = ui.session
    down = ui.call("down")
    assert down.returncode == 0, down.stderr
    assert down.stdout.splitlines()[-1] == "Airflow is down."
    assert ui.processes(session) == []
    assert not (ui.folder / "up.json").exists()
    assert ui.call("down").stdout == "Airflow is not up.\n"


def test_down_also_ends_what_a_killed_watcher_left(airflow: Airflow) -> None:
    ui = airflow.ui
    assert ui.call("up").returncode == 0
    session = ui.session
    os.kill(session, signal.SIGKILL)
    orphans = [process for process in ui.processes(session) if process.pid != session]
    assert len(orphans) >= 4
    assert ui.call("down").returncode == 0
    assert [process for process in ui.processes(session) if process.status() != psutil.STATUS_ZOMBIE] == []
