"""What the tasks do with what the pipeline says, without Airflow around them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ingestion import clock, ledger
from ingestion.errors import ProviderUnavailable
from ingestion.home import Home
from ingestion.ledger import Event
from ingestion.pipeline import DatasetProbe

DATASET = "wb_wdi"
BEGUN = datetime(2026, 11, 21, 4, tzinfo=UTC)
LATER = BEGUN + timedelta(minutes=1)


def event(part: str, outcome: str, at: datetime = LATER, inserted: int = 0) -> Event:
    message = None if outcome == ledger.LOADED else f"{DATASET}/{part}: something was found"
    return Event(clock.iso(at), DATASET, part, part, outcome, inserted=inserted, message=message, next_step="do this")


class ScriptedPipeline:
    """Writes the given events into the ledger, one list of them per call of ``load``."""

    def __init__(self, home: Home, *loads: list[Event]) -> None:
        self.home = home
        self.loads = list(loads)
        self.asked: list[list[str]] = []

    def probe(self, dataset_id: str) -> DatasetProbe:
        return DatasetProbe(dataset_id, [], ["A", "B"], 1)

    def load(self, dataset_id: str, parts: list[str], _: Any) -> None:
        self.asked.append(parts)
        ledger.append_events(self.home, dataset_id, self.loads.pop(0))


class Updates:
    """Collects what would become asset events."""

    def __init__(self) -> None:
        self.added: list[tuple[str, dict[str, Any]]] = []

    def add(self, asset: Any, extra: dict[str, Any]) -> None:
        self.added.append((asset.name, extra))


@pytest.fixture(autouse=True)
def notes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the tasks say in the grid; there is no task around them here."""
    import nights
    import plans
    import verdicts

    said: list[str] = []
    for module in (nights, plans, verdicts):
        monkeypatch.setattr(module, "note", said.append)
    return said


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def load(
    monkeypatch: pytest.MonkeyPatch,
    pipeline: ScriptedPipeline,
    tries_left: int = 0,
    parts: list[str] | None = ["A", "B"],  # noqa: B006 (never changed)
) -> tuple[Any, Updates]:
    from nights import load_dataset

    @contextmanager
    def opened() -> Iterator[ScriptedPipeline]:
        yield pipeline

    monkeypatch.setattr("ingestion.pipeline.open_pipeline", opened)
    updates = Updates()
    ti = SimpleNamespace(try_number=4 - tries_left, max_tries=3)
    events = load_dataset({"dataset_id": DATASET, "parts": parts}, updates, ti, SimpleNamespace(start_date=BEGUN))
    return events, updates


def test_accepted_rows_update_the_asset(home: Home, monkeypatch: pytest.MonkeyPatch, notes: list[str]) -> None:
    pipeline = ScriptedPipeline(home, [event("A", ledger.LOADED, inserted=3), event("B", ledger.WITHDRAWN)])
    events, updates = load(monkeypatch, pipeline)
    assert updates.added == [(DATASET, {"rows": 3, "outcomes": "1 loaded, 1 withdrawn"})]
    assert [each["part"] for each in events] == ["A", "B"]
    assert notes == [f"{DATASET}: 1 loaded, 1 withdrawn"]


def test_no_accepted_row_updates_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = ScriptedPipeline(home, [event("A", ledger.UNCHANGED), event("B", ledger.QUARANTINED)])
    assert load(monkeypatch, pipeline)[1].added == []


def test_a_dataset_that_could_not_be_asked_about_is_asked_again_by_its_own_load(
    home: Home, monkeypatch: pytest.MonkeyPatch, notes: list[str]
) -> None:
    pipeline = ScriptedPipeline(home)
    assert load(monkeypatch, pipeline, parts=None)[0] == []
    assert pipeline.asked == []
    assert notes == [f"{DATASET}: unchanged"]


def test_a_missing_part_is_tried_again_alone_and_nothing_accepted_is_forgotten(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = ScriptedPipeline(
        home,
        [event("A", ledger.LOADED, inserted=3), event("B", ledger.FAILED)],
        [event("B", ledger.LOADED, inserted=4)],
    )
    with pytest.raises(ProviderUnavailable, match=r"1 of 2 parts did not arrive; B: .*tries again by itself"):
        load(monkeypatch, pipeline, tries_left=1)
    _, updates = load(monkeypatch, pipeline)
    assert pipeline.asked == [["A", "B"], ["B"]]
    assert updates.added == [(DATASET, {"rows": 7, "outcomes": "2 loaded"})]


def test_the_last_try_keeps_what_came(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = ScriptedPipeline(home, [event("A", ledger.LOADED, inserted=3), event("B", ledger.FAILED)])
    assert load(monkeypatch, pipeline)[1].added == [(DATASET, {"rows": 3, "outcomes": "1 loaded, 1 failed"})]


def test_what_an_earlier_night_accepted_is_not_told_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.append_events(home, DATASET, [event("A", ledger.LOADED, BEGUN - timedelta(days=1), inserted=3)])
    pipeline = ScriptedPipeline(home, [event("A", ledger.UNCHANGED), event("B", ledger.UNCHANGED)])
    assert load(monkeypatch, pipeline)[1].added == []
    assert pipeline.asked == [["A", "B"]]


def test_a_withdrawn_part_is_named_and_holds_nothing_back(caplog: pytest.LogCaptureFixture) -> None:
    from verdicts import judge_dataset

    caplog.set_level(logging.INFO, "verdicts")
    judge_dataset(DATASET, [vars(event("A", ledger.LOADED, inserted=3)), vars(event("B", ledger.WITHDRAWN))])
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("INFO", "loaded: wb_wdi A, 0 rows, 3 of them changed."),
        ("WARNING", "withdrawn: wb_wdi/B: something was found. Next: do this."),
    ]


@pytest.mark.parametrize("outcome", [ledger.QUARANTINED, ledger.FAILED])
def test_what_a_person_must_look_at_is_red(outcome: str) -> None:
    from airflow.sdk.exceptions import AirflowFailException
    from verdicts import judge_dataset

    with pytest.raises(
        AirflowFailException, match=rf"1 of 2 parts are held back\.\n{outcome}: wb_wdi/B: .* Next: do this"
    ):
        judge_dataset(DATASET, [vars(event("A", ledger.LOADED)), vars(event("B", outcome))])
