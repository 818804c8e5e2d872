"""Status and summary of a crowded home: who is held back, since when, why, what to do, each told once."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pytest
from rich.console import Console

from ingestion import ledger
from ingestion.catalog import Dataset
from ingestion.errors import PayloadRejected, ProviderUnavailable
from ingestion.home import Home
from ingestion.unasked import noted, unasked
from tests.warehouse.made_up import CATALOG, new_home
from warehouse.nights import NOT_ASKED, nights_of, troubles_of
from warehouse.summary import print_status, print_summary

pytestmark = pytest.mark.slow

MONDAY, TUESDAY, WEDNESDAY = (f"2026-11-{day}T04:17:00.000000Z" for day in (16, 17, 18))
ORIGIN = {"kind": "recorded", "origin": "recorded"}
FEW = 100
"""Characters of a line, and lines of a summary that is still read."""


def note(home: Home, dataset: Dataset, outcome: str, at: str, parts: int | None = None, what: str = "") -> None:
    """One event for each of the first parts (default: all) of a dataset."""
    events = [
        ledger.Event(
            at=at,
            dataset=dataset.id,
            part=part.id,
            title=part.title,
            outcome=outcome,
            message=f"{dataset.id}/{part.id}: {what}".replace("<part>", part.id) if what else None,
            next_step="ask again later" if what else None,
        )
        for part in dataset.parts[:parts]
    ]
    ledger.append_events(home, dataset.id, events)
    ledger.mark_checked(home, dataset.id, at)


@pytest.fixture
def crowded(tmp_path: Path) -> Home:
    """All loaded on Monday; from Tuesday UIS is down, three parts are in quarantine, a fifth was never recorded."""
    home = new_home(tmp_path / "home")
    for position, dataset in enumerate(CATALOG.datasets):
        if position % 5 == 0 and not dataset.id.startswith(("uis_", "wb_")):
            note(home, dataset, ledger.ABSENT, MONDAY, what="no recording of https://example.org/<part>")
        else:
            note(home, dataset, ledger.LOADED, MONDAY)
    for moment in (TUESDAY, WEDNESDAY):
        for dataset in CATALOG.source("uis").datasets:
            silent = "https://api.uis.unesco.org/x?i=<part> sent no whole answer in 4 attempts: too many 503 errors"
            note(home, dataset, ledger.FAILED, moment, what=silent)
    note(home, CATALOG.dataset("wb_wdi"), ledger.QUARANTINED, TUESDAY, 3, "2 rows carry code 'QQ' that nobody knows")
    return home


def printed(home: Home, what: str) -> list[str]:
    console = Console(file=io.StringIO(), width=FEW, highlight=False)
    if what == "status":
        print_status(console, home, CATALOG, ORIGIN, None, in_quarantine=3)
    else:
        print_summary(console, home, CATALOG)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_one_reason_of_many_parts_is_one_trouble_with_its_beginning(crowded: Home) -> None:
    failed, held = troubles_of(nights_of(crowded, CATALOG), CATALOG, [ledger.FAILED, ledger.QUARANTINED])
    assert (failed.source.id, failed.since, held.source.id, held.since) == ("uis", TUESDAY, "world_bank", TUESDAY)
    assert len(failed.parts) == sum(len(dataset.parts) for dataset in CATALOG.source("uis").datasets)
    assert len(held.parts) == 3


@pytest.mark.parametrize("page", ["status", "summary"])
def test_a_person_reads_who_since_when_why_and_what_to_do(page: str, crowded: Home) -> None:
    said = " ".join(" ".join(printed(crowded, page)).split())
    assert said.count("sent no whole answer in 4 attempts") == 1
    assert "UNESCO Institute for Statistics, since 2026-11-17 04:17" in said
    assert "uis_outbound (all 9 parts)" in said
    assert said.count("that nobody knows") == 1
    assert said.count("→ ask again later") == 3  # failed, rejected, absent


@pytest.mark.parametrize("page", ["status", "summary"])
def test_what_is_absent_is_one_short_list(page: str, crowded: Home) -> None:
    lines = printed(crowded, page)
    first = next(i for i, line in enumerate(lines) if line.startswith("Absent"))
    absent = [night.dataset for night in nights_of(crowded, CATALOG) if night.count(ledger.ABSENT)]
    said = " ".join(lines[first : lines.index("", first)])
    assert len(absent) > 10
    assert all(dataset in said for dataset in absent)
    assert lines.index("", first) - first < len(absent) + 3


def test_the_summary_has_a_line_for_each_source(crowded: Home) -> None:
    lines = printed(crowded, "summary")
    assert len(lines) < FEW and max(map(len, lines)) <= FEW
    (uis,) = [line.split() for line in lines if line.startswith("UNESCO")]
    n_parts = str(sum(len(dataset.parts) for dataset in CATALOG.source("uis").datasets))
    assert uis[-8:] == ["6", n_parts, "·", "·", "·", "·", "·", n_parts]
    (everything,) = [line.split() for line in lines if line.startswith("all ")]
    assert everything[1:4] == [str(len(CATALOG.sources)), "sources", str(len(CATALOG.datasets))]


def test_status_has_a_line_for_each_dataset(crowded: Home) -> None:
    lines = printed(crowded, "status")
    shown = {line.split()[0]: line for line in lines if " asked 2026-" in line}
    assert {dataset.id for dataset in CATALOG.datasets} <= shown.keys()
    assert "3 rejected, 27 unchanged" in shown["wb_wdi"]
    assert "2026-11-18 04:17" in shown["uis_outbound"]


def test_a_publisher_that_cannot_even_be_asked_is_named(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    dataset = CATALOG.dataset("wb_archive")
    note(home, dataset, ledger.LOADED, MONDAY)
    silent = ProviderUnavailable("the host is down", dataset.id, "ask again later")
    for _ in range(2):
        with pytest.raises(ProviderUnavailable), noted(home, dataset.id):
            raise silent
    first = unasked(home, dataset.id)
    assert first is not None and first.since < first.at
    night = next(night for night in nights_of(home, CATALOG) if night.dataset == dataset.id)
    (part,) = night.parts
    assert (part.outcome, part.since, part.message) == (ledger.FAILED, first.since, "the host is down")
    with noted(home, dataset.id):
        pass
    assert unasked(home, dataset.id) is None
    night = next(night for night in nights_of(home, CATALOG) if night.dataset == dataset.id)
    assert night.state == ledger.LOADED


def test_an_answer_that_is_no_answer_is_noted_as_well(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    with pytest.raises(PayloadRejected), noted(home, "wb_archive"):
        raise PayloadRejected("HTTP 404", "wb_archive, probe", "check the endpoint")
    found = unasked(home, "wb_archive")
    assert found is not None and dataclasses.astuple(found)[2:] == ("HTTP 404", "check the endpoint")


def test_a_home_that_was_never_asked_says_so(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    assert {night.state for night in nights_of(home, CATALOG)} == {NOT_ASKED}
    assert troubles_of(nights_of(home, CATALOG), CATALOG, [ledger.FAILED]) == []
