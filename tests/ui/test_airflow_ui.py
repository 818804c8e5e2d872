"""A person opens the Airflow UI, logs in, reads a DAG's docs, triggers runs and sees them turn green."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import ElementNotInteractableException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from ingestion.catalog import load_catalog
from tests.ops.airflow_ui import ROOT, Ui

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
SCREENSHOTS = ROOT / "data" / "screenshots"
DAGS = ("ingest_world_bank", "maintain_warehouse", "publish_marts")
SECONDS_FOR_A_PAGE = 60
SECONDS_FOR_A_NIGHT = 400

pytestmark = [
    pytest.mark.ui,
    pytest.mark.skipif(not (CHROMIUM.exists() and DRIVER.exists()), reason="chromium and chromium-driver are not here"),
]


class Person:
    """Somebody in front of the browser."""

    def __init__(self, browser: webdriver.Chrome, address: str) -> None:
        self.browser = browser
        self.address = address

    def open(self, page: str) -> None:
        """Go to a page of the UI."""
        self.browser.get(self.address + page)

    def wait(self, until: Callable[[], object], what: str, seconds: float = SECONDS_FOR_A_PAGE) -> None:
        """Look until it is so; a page that is just being drawn anew is looked at again."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if until():
                    return
            except (StaleElementReferenceException, ElementNotInteractableException):
                pass
            time.sleep(0.5)
        self.keep("missing")
        raise AssertionError(f"after {seconds} s still not seen: {what}\n{self.text()}")

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
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Logged in, with the password that `make up` printed."""
    ui = Ui(tmp_path_factory.mktemp("airflow"))
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
        *("--disable-background-networking", "--disable-component-update", "--window-size=1500,1100"),
        f"--user-data-dir={tmp_path_factory.mktemp('browser')}",
    ):
        options.add_argument(flag)
    up = ui.call("up")
    try:
        assert up.returncode == 0, up.stderr
        with webdriver.Chrome(options=options, service=Service(str(DRIVER))) as browser:
            someone = Person(browser, f"http://127.0.0.1:{ui.port}")
            someone.open("/dags")
            someone.wait(lambda: browser.find_elements(By.NAME, "username"), "the login page")
            browser.find_element(By.NAME, "username").send_keys("admin")
            browser.find_element(By.NAME, "password").send_keys(re.findall(r"admin, password (\S+)", up.stdout)[0])
            browser.find_element(By.CSS_SELECTOR, "button[type=submit]").click()
            someone.wait(lambda: all(someone.sees(dag) for dag in DAGS), "the three DAGs")
            yield someone
    finally:
        down = ui.call("down")
    assert down.returncode == 0, down.stderr


@pytest.mark.parametrize("dag_id", DAGS)
def test_a_dag_shows_its_docs(person: Person, dag_id: str) -> None:
    person.open(f"/dags/{dag_id}")
    person.click("Dag Docs")
    headings = ("What", "From where", "When it is red", "Parameters")
    person.wait(lambda: all(person.sees(heading) for heading in headings), "the headings of the docs")
    person.keep(f"docs_{dag_id}")


def states(person: Person) -> set[str]:
    """States of the runs that the page lists."""
    rows = [row.text for row in person.browser.find_elements(By.CSS_SELECTOR, "tbody tr")]
    return {state for row in rows for state in ("Success", "Failed", "Running", "Queued") if state in row}


def test_triggered_runs_turn_green_and_publish_follows(person: Person) -> None:
    for dag_id in ("maintain_warehouse", "ingest_world_bank"):
        person.open(f"/dags/{dag_id}")
        person.click("Trigger Dag")
        person.wait(lambda: person.sees("Run Parameters"), "the parameters")
        person.keep(f"trigger_{dag_id}")
        person.click("Trigger", inside="[role=dialog]")
        person.wait(
            lambda: person.sees("has been triggered") or not person.sees("Run Parameters"), "the dialog to close"
        )

    def all_green() -> bool:
        person.open("/assets")
        person.wait(lambda: person.sees("marts"), "the asset of the marts")
        rows = [row.text for row in person.browser.find_elements(By.CSS_SELECTOR, "tbody tr")]
        return any(row.startswith("marts") and re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", row) for row in rows)

    person.wait(all_green, "an update of the marts", SECONDS_FOR_A_NIGHT)
    person.keep("assets")
    for dag_id in DAGS:
        person.open(f"/dags/{dag_id}/runs")
        person.wait(
            lambda: person.sees("Success") and not person.sees("Running"), f"green {dag_id}", SECONDS_FOR_A_NIGHT
        )
        person.keep(f"runs_{dag_id}")
        assert not person.sees("Failed")


def test_the_grid_names_every_dataset(person: Person) -> None:
    person.open("/dags/ingest_world_bank/runs")
    person.wait(lambda: person.browser.find_elements(By.CSS_SELECTOR, "tbody tr a"), "a run")
    run = person.browser.find_element(By.CSS_SELECTOR, "tbody tr a").get_attribute("href")
    assert run is not None
    person.browser.get(f"{run}/tasks/group/dataset")
    datasets = load_catalog().datasets
    person.wait(lambda: all(person.sees(f"{dataset.id}: ") for dataset in datasets), "a square of every dataset")
    person.keep("grid")


def test_the_overview_is_green(person: Person) -> None:
    person.open("/dags")
    person.wait(lambda: all(person.sees(dag) for dag in DAGS), "the three DAGs")
    person.keep("dags")
    person.open("/dags?last_dag_run_state=failed")
    person.wait(lambda: person.sees("0 Dags") or person.sees("No Dags found"), "no failed DAG")
