"""Data Docs: readable without a network, and no slower for a long history."""

from __future__ import annotations

import json

import duckdb
import pytest

from ingestion.home import Home, open_home
from ingestion.validation import docs, render_data_docs
from tests.validation.batches import RECORDED_AT, create_indicators, judged


@pytest.fixture
def judged_home(home: Home, connection: duckdb.DuckDBPyConnection) -> Home:
    """A home with one judgement that rejects one of two parts."""
    create_indicators(connection, ["SP.POP.TOTL", "SH.DYN.MORT"])
    connection.execute(
        "update batch set country_id = '<b>' where part = 'SH.DYN.MORT' and country_id = 'RS';"
        "update batch set value = -1 where part = 'SH.DYN.MORT' and country_id = 'RO'"
    )
    judged(home, connection)
    return home


def copy_judgement(home: Home, recorded_at: str) -> None:
    folder = home.validations / "wb_wdi"
    verdict = json.loads((folder / f"{RECORDED_AT}.json").read_text()) | {"recorded_at": recorded_at}
    (folder / f"{recorded_at}.json").write_text(json.dumps(verdict))


def test_a_page_says_what_was_found_and_why(judged_home: Home) -> None:
    index = render_data_docs(judged_home)
    page = (index.parent / "wb_wdi" / f"{RECORDED_AT}.html").read_text(encoding="utf-8")
    assert "1 of 2 parts rejected" in page
    assert "Romania (RO) 2020: value -1 lies below 0; Romania (RO) 2021: value -1 lies below 0;" in page
    assert "(a share of a thousand births); 5 such rows" in page
    assert "must be greater than or equal to" in page  # great-expectations' own words
    assert f'href="wb_wdi/{RECORDED_AT}.html"' in index.read_text(encoding="utf-8")


def test_pages_load_nothing_and_run_nothing(judged_home: Home) -> None:
    index = render_data_docs(judged_home)
    for page in index.parent.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text
        assert "<link" not in text
        assert "src=" not in text
        assert "url(" not in text
        assert "<b>" not in text  # a code the publisher sent


def test_only_the_newest_have_pages_and_each_is_written_once(
    judged_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docs, "KEPT_RUNS", 2)
    index = render_data_docs(judged_home)
    first = index.parent / "wb_wdi" / f"{RECORDED_AT}.html"
    written = first.stat().st_mtime_ns
    copy_judgement(judged_home, "20261122T040000000000Z")
    render_data_docs(judged_home)
    assert first.stat().st_mtime_ns == written
    copy_judgement(judged_home, "20261123T040000000000Z")
    render_data_docs(judged_home)
    pages = sorted(page.stem for page in first.parent.glob("*.html"))
    assert pages == ["20261122T040000000000Z", "20261123T040000000000Z"]
    assert RECORDED_AT not in index.read_text(encoding="utf-8")
    assert len(list((judged_home.validations / "wb_wdi").glob("*.json"))) == 3


@pytest.mark.parametrize(("kind", "labels"), [("sandbox", 1), ("recorded", 0)])
def test_synthetic_figures_are_labelled(judged_home: Home, kind: str, labels: int) -> None:
    open_home(judged_home.root, kind, kind)
    for page in render_data_docs(judged_home).parent.rglob("*.html"):
        assert page.read_text(encoding="utf-8").count("SYNTHETIC") == labels


def test_a_home_that_judged_nothing_has_an_index(home: Home) -> None:
    assert "Judgements of batches" in render_data_docs(home).read_text(encoding="utf-8")
