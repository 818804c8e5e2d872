"""Every bad input the World Bank can send ends in a sentence; nothing is lost and nothing else is held back."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from ingestion import lake, ledger
from ingestion.home import Home
from ingestion.landing import Landing
from ingestion.ledger import Event
from ingestion.quarantine import list_quarantine
from sandbox.worlds.synthetic import SyntheticWorld
from tests.ingestion.small_world import night, small_catalog

VICTIM = "SH.DYN.MORT"
BYSTANDER = "SP.DYN.LE00.IN"


@pytest.fixture(scope="module")
def yesterday(world: SyntheticWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after one good night."""
    folder = tmp_path_factory.mktemp("yesterday")
    with night(world, folder) as (pipeline, _):
        reports = pipeline.ingest()
    loaded = {event.part for report in reports for event in report.parts if event.outcome == ledger.LOADED}
    assert {"all", VICTIM, BYSTANDER} <= loaded
    return folder


@pytest.fixture
def home(yesterday: Path, tmp_path: Path) -> Home:
    shutil.copytree(yesterday, tmp_path / "home")
    return Home(tmp_path / "home")


def figures(home: Home, dataset_id: str, part: str) -> list[tuple[object, ...]]:
    """The rows in force, in a fixed order."""
    with lake.connect(home) as connection:
        lake.create_in_force(connection, home, small_catalog().dataset(dataset_id), [part], "now")
        return connection.sql("select * from now order by all").fetchall()


def load_both(world: SyntheticWorld, home: Home, *faults: str) -> dict[str, Event]:
    """Load the victim and the bystander again while the faults are on."""
    with night(world, home.root, *faults) as (pipeline, _):
        return {event.part: event for event in pipeline.load("wb_wdi", [BYSTANDER, VICTIM]).parts}


HELD = [
    ("html_instead_of_json", ledger.QUARANTINED, "HTML came instead of JSON"),
    ("truncated_json", ledger.QUARANTINED, "truncated"),
    ("empty_body", ledger.QUARANTINED, "the body is empty"),
    ("missing_page_2", ledger.QUARANTINED, "page 2: the answer holds no rows"),
    ("repeated_page", ledger.QUARANTINED, "page 1 of 4 came where page 2 was asked for"),
    ("total_changes", ledger.QUARANTINED, "the total changed between pages"),
    ("value_not_a_number", ledger.QUARANTINED, r"Expected `float \| null`, got `str`.*\([A-Z]{2}\) \d{4}"),
    ("new_field", ledger.QUARANTINED, "unknown field"),
    ("missing_field", ledger.QUARANTINED, "missing required field"),
    ("wrong_indicator", ledger.QUARANTINED, "came instead"),
    ("duplicate_key", ledger.QUARANTINED, "indicator_id, country_id, year"),
    ("unknown_country", ledger.QUARANTINED, r"Q9.*country_code\.csv"),
    ("rows_halved", ledger.QUARANTINED, "rows"),
    ("future_year", ledger.QUARANTINED, "2999"),
    ("out_of_range", ledger.QUARANTINED, "-987,?654,?321"),
    ("oversized", ledger.QUARANTINED, "passes 16,000,000 bytes"),
    ("gzip_bomb", ledger.QUARANTINED, "passes 16,000,000 bytes"),
    ("redirect_elsewhere", ledger.QUARANTINED, "does not lead to a host of the publisher"),
    ("http_404", ledger.QUARANTINED, "HTTP 404"),
    ("http_500", ledger.FAILED, "HTTP 500"),
    ("truncated_gzip", ledger.FAILED, "cut off"),
    ("connection_reset", ledger.FAILED, "no whole answer|cannot be reached"),
    ("error_120", ledger.WITHDRAWN, "the publisher answers: 120"),
    ("error_175", ledger.WITHDRAWN, "the publisher answers: 175"),
]
NEEDS_PAGES = {"missing_page_2", "repeated_page", "total_changes"}
LEAVES_NO_WHOLE_BODY = {"oversized", "gzip_bomb", "redirect_elsewhere", "http_404", "http_500", "connection_reset"}


@pytest.mark.parametrize(("fault", "outcome", "sentence"), HELD, ids=[fault for fault, _, _ in HELD])
def test_a_bad_answer_is_held_back_alone(
    fault: str, outcome: str, sentence: str, world: SyntheticWorld, home: Home
) -> None:
    before = figures(home, "wb_wdi", VICTIM)
    pages = ["page_size_cap=5000"] if fault in NEEDS_PAGES else []
    events = load_both(world, home, f"{fault}:{VICTIM}", *pages)
    victim = events[VICTIM]
    assert victim.outcome == outcome
    said = f"{victim.message}. Next: {victim.next_step}"
    assert re.search(sentence, said, re.IGNORECASE), said
    assert VICTIM in f"{victim.message}" and "wb_wdi" in f"{victim.message}"
    assert figures(home, "wb_wdi", VICTIM) == before
    assert events[BYSTANDER].outcome == ledger.UNCHANGED
    receipt = Landing(home).receipt("wb_wdi", VICTIM, f"{victim.receipt}")
    assert fault in LEAVES_NO_WHOLE_BODY or receipt.payloads
    assert len(list_quarantine(home)) == (1 if outcome == ledger.QUARANTINED else 0)


def test_an_aggregate_that_looks_like_a_country_is_held_back(world: SyntheticWorld, home: Home) -> None:
    before = figures(home, "wb_country", "all")
    with night(world, home.root, "aggregate_like_country") as (pipeline, _):
        (event,) = pipeline.load("wb_country", ["all"]).parts
    assert event.outcome == ledger.QUARANTINED
    assert "aggregate" in f"{event.message}"
    assert figures(home, "wb_country", "all") == before


@pytest.mark.parametrize("fault", ["http_500_once", "http_429_once"])
def test_a_passing_fault_is_lived_through(fault: str, world: SyntheticWorld, home: Home) -> None:
    assert load_both(world, home, f"{fault}:{VICTIM}")[VICTIM].outcome == ledger.UNCHANGED


def test_pages_add_up_to_the_same_figures(world: SyntheticWorld, home: Home) -> None:
    assert load_both(world, home, "page_size_cap=5000")[VICTIM].outcome == ledger.UNCHANGED


def test_a_host_that_is_down_is_a_report_and_not_a_crash(world: SyntheticWorld, home: Home) -> None:
    with night(world, home.root, "server_down") as (pipeline, _):
        reports = pipeline.ingest()
    assert all(report.error and "Next:" in report.error for report in reports)


def test_a_fault_that_passed_is_forgotten_the_next_night(world: SyntheticWorld, home: Home) -> None:
    load_both(world, home, f"http_500:{VICTIM}")
    with night(world, home.root) as (pipeline, _):
        assert pipeline.probe("wb_wdi").changed == [VICTIM]
        (event,) = pipeline.load("wb_wdi", [VICTIM]).parts
    assert event.outcome == ledger.UNCHANGED
