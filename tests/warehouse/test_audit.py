"""The audit: what is wrong by itself, what went missing since the release in force, and who may say it is meant."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ingestion import clock, ledger
from ingestion.errors import BuildRejected
from ingestion.home import Home
from tests.warehouse import made_up
from tests.warehouse.made_up import CATALOG, DATASET, PART, RATES, build_and_publish, record
from warehouse.audit import audit
from warehouse.build import build_candidate
from warehouse.publish import publish
from warehouse.release import Release, read_release

pytestmark = pytest.mark.usefixtures("without_dbt")
ONE_MORE = {**RATES, ("GUY", 1990): 80.1}
MANY = {(f"{letter}{other}A", 2000): 10.0 + index for index, letter in enumerate("ABCDE") for other in "BCDEFGHI"}


def build(home: Home) -> Release:
    return build_candidate(home, CATALOG).release


def verdicts_of(release: Release) -> dict[tuple[str, str], dict[str, Any]]:
    return {(verdict["check"], verdict["subject"]): verdict for verdict in release.facts["audits"]}


def change_marts(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    """Build other marts from now on."""
    assert old in made_up.MARTS
    monkeypatch.setattr(made_up, "MARTS", made_up.MARTS.replace(old, new))


def refused(home: Home, match: str, accept_change: str | None = None) -> list[dict[str, Any]]:
    """Audit a new candidate, which must be rejected with the words ``match``; give the failed verdicts."""
    in_force = home.current.resolve()
    candidate = build(home)
    with pytest.raises(BuildRejected, match=match):
        audit(home, candidate, CATALOG, accept_change)
    assert home.current.resolve() == in_force
    assert not candidate.folder.exists()
    verdict = json.loads((home.rejected / candidate.id / "verdict.json").read_text())
    return [found for found in verdict["verdicts"] if not found["passed"]]


def test_good_marts_pass_and_every_verdict_is_kept(home: Home) -> None:
    audited = audit(home, build(home), CATALOG)
    assert audited.is_audited
    assert read_release(audited.folder).facts["audits"] == audited.facts["audits"]
    verdicts = verdicts_of(audited)
    assert verdicts["key_unique", "mart_skilled_emigration"]["observed"] == "0 of 3 rows break it"
    assert verdicts["rate_high_is_share", "mart_skilled_emigration"]["passed"]
    assert ("rate_high_pct_is_share", "mart_skilled_emigration") not in verdicts
    assert verdicts["no_aggregates", "fct_indicator_value"]["passed"]
    assert all(verdict["reason"] and verdict["bound"] for verdict in verdicts.values())


def test_an_audit_is_not_repeated(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    audited = audit(home, build(home), CATALOG)
    monkeypatch.setattr("warehouse.audit._judge", None)
    assert audit(home, audited, CATALOG) == audited


def test_a_rate_beyond_one_is_rejected(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    change_marts(monkeypatch, "value / 100 as rate_high,", "value as rate_high,")
    (failed,) = refused(home, "mart_skilled_emigration: 2 of 3 rows break it.*a share of a whole, 0 to 1")
    assert failed["check"] == "rate_high_is_share"


def test_a_key_that_comes_twice_is_rejected(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    change_marts(monkeypatch, "('OMN', 'Oman', 'sovereign'),", "('GUY', 'Guyana again', 'sovereign'),")
    (failed,) = refused(home, "dim_country: 2 of 5 rows break it, for example GUY")
    assert failed["check"] == "key_unique"


def test_a_row_of_another_release_is_rejected(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    change_marts(
        monkeypatch,
        "$release as release_id, $synthetic as is_synthetic\n    from size",
        "'another' as release_id, $synthetic as is_synthetic\n    from size",
    )
    (failed,) = refused(home, "mart_large: .*another")
    assert failed["check"] == "one_release"


def test_an_aggregate_among_countries_is_rejected_and_no_reason_waives_it(home: Home) -> None:
    record(home, 2, {**RATES, ("WLD", 2000): 5.0})
    failed = refused(home, r"1 codes that are no country \(WLD\)", accept_change="I like it")
    assert {verdict["check"] for verdict in failed} == {"no_aggregates"}
    assert {verdict["subject"] for verdict in failed} == {"fct_indicator_value", "mart_skilled_emigration"}


def test_a_mart_that_disappears_is_rejected(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    build_and_publish(home)
    change_marts(monkeypatch, "create table marts.mart_skilled_emigration", "create table mart_skilled_emigration")
    change_marts(monkeypatch, "comment on table marts.", "comment on table ")
    change_marts(monkeypatch, "comment on column marts.", "comment on column ")
    record(home, 2, ONE_MORE)
    failed = refused(home, r"1 marts of .* are gone \(mart_skilled_emigration\).*--accept-change REASON")
    assert [verdict["check"] for verdict in failed] == ["marts_kept"]


def test_a_changed_column_is_rejected_unless_a_person_says_that_it_is_meant(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_and_publish(home, "20260101T000000Z-a")
    change_marts(monkeypatch, "'T' as sex", "0 as sex")
    record(home, 2, ONE_MORE)
    (failed,) = refused(home, "sex was VARCHAR and is INTEGER")
    assert (failed["check"], failed["subject"]) == ("columns_kept", "mart_skilled_emigration")
    audited = audit(home, build(home), CATALOG, accept_change="sex is a code now")
    assert verdicts_of(audited)["columns_kept", "mart_skilled_emigration"]["accepted"] == "sex is a code now"
    assert publish(home, audited).facts["accepted_change"] == "sex is a code now"


def test_a_column_more_passes(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    build_and_publish(home)
    change_marts(monkeypatch, "'T' as sex", "'T' as sex, 1 as one_more")
    record(home, 2, ONE_MORE)
    assert audit(home, build(home), CATALOG).is_audited


def test_rows_and_economies_that_go_missing_are_rejected(home: Home) -> None:
    record(home, 2, MANY)
    build_and_publish(home)
    few = {key: value for key, value in MANY.items() if key[0] < "DBA"}
    record(home, 3, few)
    failed = refused(home, "rows")
    found = {(verdict["check"], verdict["subject"]): verdict["observed"] for verdict in failed}
    assert found["rows_kept", "mart_skilled_emigration"] == "24 rows, 40 in force (40.0% fewer)"
    assert found["economies_kept", PART].startswith(
        "16 of 40 economies lost all figures (DBA, DCA, DDA, DEA, DFA and 11 more)"
    )


@pytest.mark.parametrize(
    ("revise", "check", "observed"),
    [
        (lambda value: value * 1.001, "changed_share", "40 of 40 figures in force changed (100.0%)"),
        (lambda value: value * 1.5, "median_relative_change", "the median figure moved by 50.00%"),
    ],
)
def test_a_history_that_is_rewritten_is_rejected(
    home: Home, revise: Callable[[float], float], check: str, observed: str
) -> None:
    record(home, 2, MANY)
    build_and_publish(home)
    record(home, 3, {key: revise(value) for key, value in MANY.items()})
    found = {verdict["check"]: verdict["observed"] for verdict in refused(home, "frozen series that changes")}
    assert found[check] == observed


def test_what_a_person_took_out_of_quarantine_is_not_judged_again(home: Home) -> None:
    record(home, 2, MANY)
    previous = build_and_publish(home)
    record(home, 3, {key: value * 1.5 for key, value in MANY.items()})
    after = clock.iso(clock.now() + timedelta(seconds=1))
    assert after > previous.facts["created_at"]
    accepted = ledger.Event(after, DATASET.id, PART, "rate", ledger.ACCEPTED, message="rebased, says the publisher")
    ledger.append_events(home, DATASET.id, [accepted])
    assert audit(home, build(home), CATALOG).is_audited
