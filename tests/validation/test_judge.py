"""Bad batches are rejected, part by part, in a sentence a person can act on."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import duckdb
import pytest

from ingestion.catalog import Column
from ingestion.errors import CatalogError
from ingestion.home import Home
from ingestion.validation import JudgementFailed, measure, rules
from ingestion.validation.engine import Judge
from tests.validation.batches import (
    create_archive,
    create_countries,
    create_indicators,
    judged,
    keep_as_previous,
    only,
)

GOOD, BAD = "SP.POP.TOTL", "SH.DYN.MORT"


@pytest.fixture
def indicators(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Table ``batch`` with one part that stays good and one to spoil."""
    create_indicators(connection, [GOOD, BAD])
    return connection


# What is done to the bad part's rows (nothing in force), which rules catch it, and what the sentence says.
SPOILT = {
    "unknown country code": (
        "update batch set country_id = 'QQ' where part = 'SH.DYN.MORT' and country_id = 'RS'",
        {"known_country_id"},
        "'QQ' on 5 rows",
    ),
    "aggregate that carries a country's code": (
        "update batch set countryiso3code = 'SRB' where part = 'SH.DYN.MORT' and country_id = 'ZH'",
        {"codes_agree"},
        "Africa Eastern and Southern (ZH) is said to be Serbia (SRB) on 5 rows",
    ),
    "duplicate key": (
        "insert into batch select * from batch where part = 'SH.DYN.MORT' and country_id = 'RS' and year = 2022",
        {"key_unique", "rectangular"},
        "Serbia (RS) 2022: the key (indicator_id, country_id, year) comes more than once; 2 such rows",
    ),
    "duplicate key with another value": (
        "insert into batch select * replace (7.0 as value) from batch"
        " where part = 'SH.DYN.MORT' and country_id = 'RS' and year = 2022",
        {"key_unique", "rectangular"},
        "Serbia (RS) 2022",
    ),
    "wrong indicator": (
        "update batch set indicator_id = 'SP.DYN.IMRT.IN' where part = 'SH.DYN.MORT' and country_id = 'RS'",
        {"other_part"},
        "another indicator_id than was asked for (SP.DYN.IMRT.IN); 5 such rows",
    ),
    "above its bounds": (
        "update batch set value = 1240 where part = 'SH.DYN.MORT' and country_id = 'RS' and year = 2022",
        {"within_bounds"},
        "Serbia (RS) 2022: value 1,240 lies above 1,000 (a share of a thousand births); 1 such row",
    ),
    "below its bounds": (
        "update batch set value = -0.5 where part = 'SH.DYN.MORT' and country_id = 'NA' and year = 2022",
        {"within_bounds"},
        "Namibia (NA) 2022: value -0.5 lies below 0",
    ),
    "infinite value": (
        "update batch set value = 'inf' where part = 'SH.DYN.MORT' and country_id = 'RS' and year = 2022",
        {"not_finite", "within_bounds"},
        "Serbia (RS) 2022: a value that is no number; 1 such row",
    ),
    "not a number": (
        "update batch set value = 'nan' where part = 'SH.DYN.MORT' and country_id = 'RS' and year = 2022",
        {"not_finite"},
        "Serbia (RS) 2022: a value that is no number; 1 such row",
    ),
    "year 2999": (
        "update batch set year = 2999 where part = 'SH.DYN.MORT' and year = 2024",
        {"year_plausible"},
        "the year is not between 1789 and 2126",
    ),
    "year 1200": (
        "update batch set year = 1200 where part = 'SH.DYN.MORT' and year = 2024",
        {"year_plausible"},
        "the year is not between 1789 and 2126",
    ),
    "next year without a forecast mark": (
        "update batch set year = 2027 where part = 'SH.DYN.MORT' and year = 2024",
        {"after_this_year"},
        "a year after 2026 that is no forecast",
    ),
    "null country": (
        "update batch set country_id = null where part = 'SH.DYN.MORT' and country_id = 'RS'",
        {"filled", "rectangular"},
        "no country_id; 5 such rows",
    ),
    "blank country": (
        "update batch set country_id = '' where part = 'SH.DYN.MORT' and country_id = 'RS'",
        {"filled", "known_country_id"},
        "no country_id; 5 such rows",
    ),
    "null year": (
        "update batch set year = null where part = 'SH.DYN.MORT' and country_id = 'RS' and year = 2022",
        {"filled"},
        "Serbia (RS) without a year: no year; 1 such row",
    ),
    "null in a column the catalog promises": (
        "update batch set unit = null where part = 'SH.DYN.MORT' and country_id = 'RS' and year = 2022",
        {"filled"},
        "Serbia (RS) 2022: no unit; 1 such row",
    ),
    "missing page": (
        "delete from batch where part = 'SH.DYN.MORT' and (country_id > 'KI' or (country_id = 'KI' and year < 2022))",
        {"rectangular"},
        "years = 760, so a page is missing or came twice; Kiribati (KI) has 3 rows",
    ),
    "too few rows": (
        "delete from batch where part = 'SH.DYN.MORT' and country_id > 'BA'",
        {"row_floor", "value_floor"},
        "a whole answer has at least 200",
    ),
    "hardly a value": (
        "update batch set value = null where part = 'SH.DYN.MORT' and country_id > 'BA'",
        {"value_floor"},
        "rows hold a value, and a whole answer has at least 190",
    ),
}


@pytest.mark.parametrize(("spoil", "rules", "says"), SPOILT.values(), ids=SPOILT.keys())
def test_a_spoilt_part_is_rejected_alone(
    home: Home, indicators: duckdb.DuckDBPyConnection, spoil: str, rules: set[str], says: str
) -> None:
    indicators.execute(spoil)
    verdict = judged(home, indicators)
    assert verdict.rejected_parts == {BAD}
    assert {finding.expectation.rstrip("_0123456789") for finding in verdict.findings} == rules
    assert any(says in finding.what for finding in verdict.findings), [finding.what for finding in verdict.findings]
    for finding in verdict.findings:
        assert finding.where == f"wb_wdi/{BAD}"
        assert f"braindrain quarantine show wb_wdi/{BAD}" in finding.next_step


# The same, against an unspoilt state in force.
REVISED = {
    "halved rows": (
        "delete from batch where part = 'SH.DYN.MORT' and year < 2023",
        "lost_rows",
        "rows in force are not in the new batch",
    ),
    "three economies out of twenty gone": (
        "delete from batch where part = 'SH.DYN.MORT' and hash(country_id) % 20 < 3",
        "lost_rows",
        "at most 5 % may go",
    ),
    "a rebase": (
        "update batch set value = value * 0.85 where part = 'SH.DYN.MORT'",
        "median_relative_change",
        "the median figure moved by 15 %, and at most 10 % is tolerated",
    ),
    "nearly every figure another": (
        "update batch set value = value * 1.001 where part = 'SH.DYN.MORT' and hash(country_id) % 10 > 1",
        "changed_share",
        "figures in force changed",
    ),
    "figures emptied": (
        "update batch set value = null where part = 'SH.DYN.MORT' and hash(country_id) % 10 = 0",
        "null_share_rise",
        "and at most 5 more are tolerated",
    ),
    "an older edition": (
        "update batch set value = null where part = 'SH.DYN.MORT' and year = 2024",
        "newest_year",
        "the newest year with a value is 2023, and the state in force reaches 2024",
    ),
}


@pytest.mark.parametrize(("spoil", "rule", "says"), REVISED.values(), ids=REVISED.keys())
def test_a_part_that_moved_too_far_is_rejected_alone(
    home: Home, indicators: duckdb.DuckDBPyConnection, spoil: str, rule: str, says: str
) -> None:
    keep_as_previous(indicators)
    indicators.execute(spoil)
    verdict = judged(home, indicators)
    assert verdict.rejected_parts == {BAD}
    assert says in only(verdict, rule).what


def test_what_was_lost_is_named(home: Home, indicators: duckdb.DuckDBPyConnection) -> None:
    keep_as_previous(indicators)
    indicators.execute("delete from batch where part = 'SH.DYN.MORT' and country_id between 'RO' and 'TZ'")
    finding = only(judged(home, indicators), "lost_rows")
    assert "for example Romania (RO) 2020; Romania (RO) 2021; Romania (RO) 2022" in finding.what


def test_a_changed_word_is_a_change(home: Home, indicators: duckdb.DuckDBPyConnection) -> None:
    keep_as_previous(indicators)
    indicators.execute("update batch set obs_status = 'E' where part = 'SH.DYN.MORT'")
    assert only(judged(home, indicators), "changed_share").part == BAD


def test_a_changed_figure_is_shown_before_and_after(home: Home, indicators: duckdb.DuckDBPyConnection) -> None:
    indicators.execute("update batch set value = 100 where part = 'SH.DYN.MORT'")
    keep_as_previous(indicators)
    indicators.execute("update batch set value = 150 where part = 'SH.DYN.MORT'")
    indicators.execute("update batch set value = 999 where part = 'SH.DYN.MORT' and country_id = 'RS' and year = 2022")
    assert "most of all Serbia (RS) 2022 from 100 to 999" in only(judged(home, indicators), "changed_share").what


def test_an_unmapped_code_comes_with_the_line_to_add(home: Home, indicators: duckdb.DuckDBPyConnection) -> None:
    indicators.execute("update batch set country_id = 'QQ' where part = 'SH.DYN.MORT' and country_id = 'RS'")
    finding = only(judged(home, indicators), "known_country_id")
    assert "add to dbt_project/seeds/country_code.csv: `world_bank_iso2code,QQ,SRB,`;" in finding.next_step
    assert "code 'QQ'" not in finding.next_step


def test_an_unmapped_code_without_a_hint_leaves_the_country_to_a_person(
    home: Home, indicators: duckdb.DuckDBPyConnection
) -> None:
    indicators.execute(
        "update batch set country_id = 'Q,', countryiso3code = '' where part = 'SH.DYN.MORT' and country_id = 'RS'"
    )
    finding = only(judged(home, indicators), "known_country_id")
    assert '`world_bank_iso2code,"Q,",???,`' in finding.next_step


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        ("alter table batch drop column decimal", "column decimal is missing and the catalog says INTEGER"),
        ("alter table batch add column footnote varchar", "column footnote is VARCHAR and the catalog says unknown"),
        ("alter table batch alter value type varchar", "column value is VARCHAR and the catalog says DOUBLE"),
    ],
    ids=["missing", "new", "retyped"],
)
def test_another_schema_rejects_every_part(
    home: Home, indicators: duckdb.DuckDBPyConnection, spoil: str, says: str
) -> None:
    indicators.execute(spoil)
    verdict = judged(home, indicators)
    assert verdict.rejected_parts == {GOOD, BAD}
    assert {finding.what for finding in verdict.findings} == {says}


def test_every_row_wrong_is_one_finding_per_rule(home: Home, indicators: duckdb.DuckDBPyConnection) -> None:
    indicators.execute("update batch set value = -1 where part = 'SH.DYN.MORT'")
    (finding,) = judged(home, indicators).findings
    assert " such rows" in finding.what
    assert len(finding.what) < 400


def test_an_aggregate_listed_under_a_region_is_found(home: Home, connection: duckdb.DuckDBPyConnection) -> None:
    create_countries(connection)
    connection.execute("update batch set region_id = 'SSF', region_name = 'Sub-Saharan Africa' where id = 'AFE'")
    finding = only(judged(home, connection, "wb_country"), "aggregates_typed")
    assert "Africa Eastern and Southern (AFE) is listed as a country (region_id 'SSF')" in finding.what
    assert "knows it as an aggregate" in finding.what
    assert "correct entity_type of AFE in dbt_project/seeds/country.csv" in finding.next_step


def test_a_country_listed_as_an_aggregate_is_found(home: Home, connection: duckdb.DuckDBPyConnection) -> None:
    create_countries(connection)
    connection.execute("update batch set region_id = 'NA', region_name = 'Aggregates' where id = 'SRB'")
    assert (
        "Serbia (SRB) is listed as an aggregate"
        in only(judged(home, connection, "wb_country"), "aggregates_typed").what
    )


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        ("update batch set id = 'QQQ' where id = 'SRB'", "known_id"),
        ("update batch set name = ' ' where id = 'SRB'", "filled"),
        ("update batch set income_level_id = null where id = 'SRB'", "filled"),
        ("insert into batch select * from batch where id = 'SRB'", "key_unique"),
        ("delete from batch where id > 'D'", "row_floor"),
    ],
)
def test_a_spoilt_country_list_is_rejected(
    home: Home, connection: duckdb.DuckDBPyConnection, spoil: str, rule: str
) -> None:
    create_countries(connection)
    connection.execute(spoil)
    assert rule in {finding.expectation for finding in judged(home, connection, "wb_country").findings}


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        ("update batch set value = 100.5 where country_id = 'GUY' and year = 2000", "within_bounds_1"),
        ("update batch set series_id = 'SM.EMI.TERT.FE.ZS' where country_id = 'GUY'", "other_part"),
        ("update batch set country_id = 'QQQ' where country_id = 'GUY'", "known_country_id"),
        ("update batch set value = null where year = 2000", "newest_year"),
        ("update batch set value = value + 1 where year = 2000", "changed_share"),
    ],
)
def test_a_spoilt_archive_is_rejected(home: Home, connection: duckdb.DuckDBPyConnection, spoil: str, rule: str) -> None:
    create_archive(connection)
    keep_as_previous(connection)
    connection.execute(spoil)
    assert rule in {finding.expectation for finding in judged(home, connection, "wb_archive").findings}


def test_codes_that_no_list_has_are_named_by_column(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create table batch (part varchar, sex varchar, education varchar)")
    connection.execute(
        "insert into batch values ('p', 'F', 'low'), ('p', 'X', 'low'), ('p', 'X', 'huge'), ('q', 'F', null)"
    )
    columns = (
        Column(name="sex", type="VARCHAR", description="Sex.", codes=("F", "M")),
        Column(name="education", type="VARCHAR", description="Level.", codes=("low", "high")),
    )
    frame = measure.listed_frame(connection, "batch", columns)
    rule, judge = rules.listed_rule(columns), Judge("batch")
    assert [outcome.held for outcome in judge.evaluate(frame, [rule])] == [False]
    assert judge.offenders(frame[frame["part"] == "q"], rule) == []
    broken = judge.offenders(frame, rule)
    assert rule.say(broken) == (
        "sex holds codes that the catalog does not list: 'X' on 2 rows;"
        " education holds codes that the catalog does not list: 'huge' on 1 row"
    )
    assert rule.advise is not None
    assert "`codes` of education, sex in the catalog" in rule.advise(broken)


def test_slices_change_nothing(
    home: Home, indicators: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    indicators.execute("update batch set value = -1 where country_id = 'RS'")
    whole = judged(home, indicators)
    monkeypatch.setattr(measure, "SLICE_ROWS", 10)
    sliced = judged(home, indicators)
    assert len(whole.findings) == 2
    assert {(f.part, f.what) for f in sliced.findings} == {(f.part, f.what) for f in whole.findings}


def test_results_are_kept_with_reasons(home: Home, indicators: duckdb.DuckDBPyConnection) -> None:
    indicators.execute("update batch set value = -1 where part = 'SH.DYN.MORT' and country_id = 'RS'")
    verdict = judged(home, indicators)
    assert verdict.results_path == home.validations / "wb_wdi" / "20261121T040000000000Z.json"
    kept = json.loads(verdict.results_path.read_text())
    assert kept["rejected_parts"] == [BAD]
    assert kept["findings"] == [finding.to_json() for finding in verdict.findings]
    (failed,) = (result for result in kept["results"] if not result["success"])
    assert failed["expectation_config"]["meta"]["reason"] == "a share of a thousand births"
    assert failed["result"]["unexpected_count"] == 5


def test_nothing_is_left_in_the_connection(home: Home, indicators: duckdb.DuckDBPyConnection) -> None:
    before = indicators.execute("show tables").fetchall()
    judged(home, indicators)
    assert indicators.execute("show tables").fetchall() == before


def test_judging_needs_no_network_and_prints_nothing(
    home: Home,
    indicators: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("judging opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert not judged(home, indicators).findings
    assert capfd.readouterr() == ("", "")


def test_an_error_inside_the_library_is_neither_pass_nor_rejection(
    home: Home, indicators: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from great_expectations.expectations.metrics.column_map_metrics.column_values_between import ColumnValuesBetween

    def explode(*_: object, **__: object) -> None:
        raise IndexError("list index out of range")

    monkeypatch.setattr(ColumnValuesBetween, "_pandas_vectorized", explode)
    with pytest.raises(JudgementFailed, match="list index out of range") as failure:
        judged(home, indicators)
    assert "wb_wdi" in failure.value.where
    assert not home.validations.exists()


def test_an_empty_batch_is_not_judged(home: Home, indicators: duckdb.DuckDBPyConnection) -> None:
    indicators.execute("delete from batch")
    with pytest.raises(JudgementFailed, match="no row"):
        judged(home, indicators)


def test_a_part_outside_the_catalog_is_our_own_mistake(home: Home, indicators: duckdb.DuckDBPyConnection) -> None:
    indicators.execute("update batch set part = 'NOT.OURS', indicator_id = 'NOT.OURS' where part = 'SH.DYN.MORT'")
    with pytest.raises(CatalogError, match=r"NOT\.OURS"):
        judged(home, indicators)


def test_a_bridge_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    from ingestion.validation.bridge import load_bridge

    (tmp_path / "country.csv").write_text("iso3,entity_type,name_en\nSRB,sovereign,Serbia\n")
    (tmp_path / "country_code.csv").write_text("code_system,source_code,iso3,note\nworld_bank_id,XKX,XKX,\n")
    with pytest.raises(CatalogError, match="leads to 'XKX', which no country has"):
        load_bridge(tmp_path)
