"""Quarantine keeps what was rejected, whole, until a person decides and after."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

from ingestion import ledger, quarantine
from ingestion.errors import HomeError, PayloadRejected
from ingestion.home import Home
from ingestion.quarantine import accept_quarantine, drop_quarantine, hold, list_quarantine, show_quarantine
from ingestion.validation import Finding
from tests.validation.batches import dataset

PART, RECEIPT, LATER = "SP.POP.TOTL", "20261121T040000000000Z", "20261122T040000000000Z"
FINDING = Finding(PART, "key_unique", "Serbia (RS) 2022: twice", f"wb_wdi/{PART}", "look")


@dataclass
class Lake:
    """Takes in whatever a person accepts, like the pipeline."""

    home: Home
    refuses: bool = False
    taken: list[tuple[str, str, str, str]] = field(default_factory=list)

    def accept(self, dataset_id: str, part_id: str, receipt_id: str, reason: str) -> None:
        if self.refuses:
            raise PayloadRejected("it is no JSON", f"{dataset_id}/{part_id}", "drop it")
        self.taken.append((dataset_id, part_id, receipt_id, reason))


@pytest.fixture
def rows(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Table ``batch``: two rows of the part and one of another."""
    connection.execute("create table batch as select * from (values ('SP.POP.TOTL', 1), ('SP.POP.TOTL', 2), ('B', 3))")
    connection.execute("alter table batch rename col0 to part")
    return connection


def held(home: Home, rows: duckdb.DuckDBPyConnection, receipt: str = RECEIPT) -> str:
    return hold(home, dataset("wb_wdi"), PART, receipt, [FINDING], rows, "batch")


def quarantined(home: Home, outcome: str = ledger.QUARANTINED, receipt: str = RECEIPT) -> None:
    at = "2026-11-21T04:00:00.000000Z"
    ledger.append_events(
        home, "wb_wdi", [ledger.Event(at, "wb_wdi", PART, "Population, total", outcome, receipt=receipt)]
    )


def test_the_parts_rows_and_findings_are_kept(home: Home, rows: duckdb.DuckDBPyConnection) -> None:
    entry_id = held(home, rows)
    assert entry_id == f"wb_wdi/{PART}/{RECEIPT}"
    entry = show_quarantine(home, entry_id)
    assert (entry.id, entry.title, entry.rows, entry.findings, entry.is_open) == (
        entry_id,
        "Population, total",
        2,
        (FINDING,),
        True,
    )
    assert rows.read_parquet(str(entry.batch)).fetchall() == [(PART, 1), (PART, 2)]
    assert entry.to_json()["findings"][0]["what"] == "Serbia (RS) 2022: twice"


def test_a_payload_without_rows_is_kept_with_its_finding(home: Home) -> None:
    entry = show_quarantine(home, hold(home, dataset("wb_wdi"), PART, RECEIPT, [FINDING]))
    assert (entry.rows, entry.batch, entry.findings) == (None, None, (FINDING,))


def test_holding_twice_changes_nothing(home: Home, rows: duckdb.DuckDBPyConnection) -> None:
    entry_id = held(home, rows)
    drop_quarantine(home, entry_id, "a typing error upstream")
    before = show_quarantine(home, entry_id)
    assert held(home, rows) == entry_id
    assert show_quarantine(home, entry_id) == before
    assert len(list_quarantine(home)) == 1


def test_what_a_killed_process_left_is_no_entry_and_no_hindrance(home: Home, rows: duckdb.DuckDBPyConnection) -> None:
    draft = home.quarantine / "wb_wdi" / PART / f".{RECEIPT}.draft"
    draft.mkdir(parents=True)
    (draft / "verdict.json").write_text("{")
    assert list_quarantine(home) == []
    assert show_quarantine(home, held(home, rows)).rows == 2
    assert not draft.exists()


def test_a_failed_write_leaves_no_entry(
    home: Home, rows: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(quarantine, "write_atomically", full)
    with pytest.raises(OSError, match="no space"):
        held(home, rows)
    assert list_quarantine(home) == []


def test_newest_first_and_short_for_the_newest_open_one(home: Home, rows: duckdb.DuckDBPyConnection) -> None:
    first, second = held(home, rows), held(home, rows, LATER)
    assert [entry.id for entry in list_quarantine(home)] == [second, first]
    assert show_quarantine(home, f"wb_wdi/{PART}").id == second
    drop_quarantine(home, second, "wrong")
    assert show_quarantine(home, f"wb_wdi/{PART}").id == first
    drop_quarantine(home, first, "wrong too")
    with pytest.raises(HomeError, match="no entry"):
        show_quarantine(home, f"wb_wdi/{PART}")


def test_dropping_keeps_the_entry_and_tells_the_ledger(home: Home, rows: duckdb.DuckDBPyConnection) -> None:
    entry_id = held(home, rows)
    quarantined(home)
    for _ in range(2):
        entry = drop_quarantine(home, entry_id, "the publisher withdrew it")
        assert entry.decision is not None
        assert (entry.decision.outcome, entry.decision.reason) == ("dropped", "the publisher withdrew it")
    assert [event.outcome for event in ledger.read_events(home, "wb_wdi")] == ["quarantined", "dropped"]
    assert ledger.latest_by_part(home, "wb_wdi")[PART].message == "the publisher withdrew it"
    assert entry.batch is not None
    assert entry.batch.exists()


def test_dropping_an_old_entry_leaves_the_newer_state(home: Home, rows: duckdb.DuckDBPyConnection) -> None:
    entry_id = held(home, rows)
    quarantined(home)
    quarantined(home, ledger.LOADED, LATER)
    drop_quarantine(home, entry_id, "superseded")
    assert ledger.latest_by_part(home, "wb_wdi")[PART].outcome == ledger.LOADED


def test_accepting_goes_through_the_pipeline(home: Home, rows: duckdb.DuckDBPyConnection) -> None:
    lake = Lake(home)
    entry = accept_quarantine(lake, held(home, rows), "confirmed on the publisher's page")
    assert lake.taken == [("wb_wdi", PART, RECEIPT, "confirmed on the publisher's page")]
    assert entry.decision is not None
    assert entry.decision.outcome == "accepted"


def test_what_the_pipeline_cannot_take_stays_open(home: Home, rows: duckdb.DuckDBPyConnection) -> None:
    entry_id = held(home, rows)
    with pytest.raises(PayloadRejected):
        accept_quarantine(Lake(home, refuses=True), entry_id, "why not")
    assert show_quarantine(home, entry_id).is_open


def test_a_decision_is_not_reversed(home: Home, rows: duckdb.DuckDBPyConnection) -> None:
    entry_id = held(home, rows)
    drop_quarantine(home, entry_id, "wrong")
    lake = Lake(home)
    with pytest.raises(HomeError, match=r"it was dropped on .* \(wrong\)"):
        accept_quarantine(lake, entry_id, "right after all")
    assert lake.taken == []


def test_an_older_fetch_does_not_replace_a_newer_one(home: Home, rows: duckdb.DuckDBPyConnection) -> None:
    entry_id = held(home, rows)
    quarantined(home)
    quarantined(home, ledger.LOADED, LATER)
    lake = Lake(home)
    with pytest.raises(HomeError, match="figures fetched later are in force"):
        accept_quarantine(lake, entry_id, "confirmed")
    assert lake.taken == []
    assert show_quarantine(home, entry_id).is_open


@pytest.mark.parametrize("entry_id", ["", "wb_wdi", "wb_wdi/../x", "../../etc/passwd", "wb_wdi/.hidden/x", "a/b/c/d"])
def test_an_id_never_leads_outside(home: Home, entry_id: str, tmp_path: Path) -> None:
    with pytest.raises(HomeError):
        show_quarantine(home, entry_id)
    assert list(tmp_path.iterdir()) == []
