"""The command line: what a person and a program read, and the exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingestion import clock, ledger
from ingestion.catalog import Dataset
from ingestion.errors import BuildRejected, CatalogError, HomeError, PayloadRejected, ProviderUnavailable
from ingestion.home import Home
from ingestion.origin import PROJECT_ROOT
from ingestion.quarantine import hold, show_quarantine
from ingestion.validation.verdict import Finding
from tests.warehouse.made_up import CATALOG, DATASET, PART, RATES, build_and_publish, new_home, record
from warehouse import cli
from warehouse.query import WrongQuery
from warehouse.release import NothingPublished, in_force

pytestmark = pytest.mark.usefixtures("without_dbt")
Braindrain = Callable[..., int]
GUYANA = "select origin_iso3, rate_high_pct from mart_skilled_emigration order by 2 desc limit 1"


@pytest.fixture
def braindrain(home: Home, monkeypatch: pytest.MonkeyPatch) -> Braindrain:
    """Runs a command against the test's home; gives its exit code."""
    monkeypatch.setenv("BRAINDRAIN_HOME", str(home.root))
    monkeypatch.delenv("ORIGIN", raising=False)

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["braindrain", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)

    return run


def json_of(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_help_comes_at_once() -> None:
    started = time.monotonic()
    command = [sys.executable, "-X", "importtime", "-c", "import warehouse.cli"]
    imported = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True).stderr
    assert time.monotonic() - started < 5
    for heavy in ("duckdb", "pandas", "pyarrow", "great_expectations", "pydantic", "rich.table", "dbt"):
        assert f" {heavy}\n" not in imported


def test_help_documents_the_exit_codes(braindrain: Braindrain, capsys: pytest.CaptureFixture[str]) -> None:
    assert braindrain("--help") == cli.OK
    said = " ".join(capsys.readouterr().out.split())
    for meaning in ("0 done", "1 data were rejected", "2 wrong use", "3 nothing is published", "4 the home is in use"):
        assert meaning in said


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NothingPublished("a", "b", "c"), 3),
        (HomeError("a", "b", "c"), 4),
        (BuildRejected("a", "b", "c"), 1),
        (PayloadRejected("a", "b", "c"), 1),
        (ProviderUnavailable("a", "b", "c"), 1),
        (CatalogError("a", "b", "c"), 2),
        (WrongQuery("a", "b", "c"), 2),
    ],
)
def test_every_error_has_its_exit_code(error: Any, code: int) -> None:
    assert cli.exit_code_of(error) == code


def test_build_publish_query(braindrain: Braindrain, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert braindrain("build") == 0
    assert "waits for audit and publication" in capsys.readouterr().out
    assert braindrain("query", GUYANA) == cli.NOTHING_PUBLISHED
    assert "nothing is published here yet. Next: run `braindrain refresh`." in capsys.readouterr().err
    assert braindrain("publish") == 0
    assert f"release {in_force(home).id} is in force" in capsys.readouterr().out
    assert braindrain("query", GUYANA) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines() == ["origin_iso3  rate_high_pct", "GUY                  89.24"]
    assert f"1 rows · release {in_force(home).id} · origin recorded" in printed.err
    assert braindrain("build", "--json") == 0
    assert json_of(capsys)["state"] == "in force"
    assert braindrain("publish") == 0
    assert "No candidate waits" in capsys.readouterr().out


def test_query_as_of_shows_what_was_known_then(
    braindrain: Braindrain, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    record(home, 2, {**RATES, ("GUY", 2000): 89.3})
    build_and_publish(home)
    for moment, rate in (("2026-01-01", 89.24), ("2026-01-02T00:00:00", 89.3), ("2026-01-02T00:30:00+01:00", 89.24)):
        assert braindrain("query", GUYANA, "--as-of", moment, "--json") == 0
        assert json_of(capsys) == [{"origin_iso3": "GUY", "rate_high_pct": rate}]
    assert braindrain("query", GUYANA, "--as-of", "2025-12-31") == cli.HOME_TROUBLE
    assert "the lake holds no figure recorded by 2025-12-31T23:59:59" in capsys.readouterr().err
    assert braindrain("query", GUYANA, "--as-of", "yesterday") == cli.WRONG_USE


def test_query_refuses_what_is_no_select(
    braindrain: Braindrain, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    build_and_publish(home)
    assert braindrain("query", "drop table dim_country") == cli.WRONG_USE
    printed = capsys.readouterr()
    assert (printed.out, "Traceback" in printed.err) == ("", False)
    assert "it is DROP, and marts are only read" in printed.err
    assert braindrain("query") == cli.WRONG_USE


def test_json_has_null_for_what_json_cannot_say(
    braindrain: Braindrain, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    build_and_publish(home)
    sql = "select 'nan'::double as n, [1.5, 'inf'::double] as l, date '2026-01-02' as d, 1.25::decimal(4, 2) as x"
    assert braindrain("query", sql, "--json") == 0
    assert json_of(capsys) == [{"n": None, "l": [1.5, None], "d": "2026-01-02", "x": 1.25}]


def test_a_limit_is_said(braindrain: Braindrain, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    build_and_publish(home)
    assert braindrain("query", "from dim_country", "--limit", "2") == 0
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 3
    assert "2 rows, and there are more" in printed.err


def test_rollback_and_releases(braindrain: Braindrain, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert braindrain("releases") == cli.NOTHING_PUBLISHED
    first = build_and_publish(home, "20260101T000000Z-a")
    record(home, 2, {**RATES, ("GUY", 2000): 89.3})
    build_and_publish(home, "20260102T000000Z-b")
    assert braindrain("rollback") == 0
    assert f"release {first.id} is in force" in capsys.readouterr().out
    assert braindrain("releases", "--json") == 0
    assert [(row["release"], row["in_force"]) for row in json_of(capsys)] == [
        ("20260101T000000Z-a", True),
        ("20260102T000000Z-b", False),
    ]
    assert braindrain("build") == 0
    assert "was rolled back" in capsys.readouterr().out
    assert braindrain("publish", "20260102T000000Z-b") == 0
    assert in_force(home).id == "20260102T000000Z-b"
    assert braindrain("rollback", "nowhere") == cli.HOME_TROUBLE


def test_a_rejected_candidate_ends_with_one(
    braindrain: Braindrain, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    record(home, 2, {**RATES, ("GUY", 2000): 8924.0})
    assert braindrain("build") == 0
    assert braindrain("publish") == cli.REJECTED
    assert "1 of 3 rows break it" in capsys.readouterr().err
    assert not home.current.exists()


def test_status_tells_the_state_of_every_part(
    braindrain: Braindrain, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert braindrain("status", "--json") == 0
    facts = json_of(capsys)
    assert (facts["release"], facts["origin"]["kind"], facts["in_quarantine"]) == (None, "recorded", 0)
    outcomes = {part["part"]: part["outcome"] for night in facts["datasets"] for part in night["parts"]}
    assert outcomes[PART] == "loaded"
    assert outcomes["SP.POP.TOTL"] == "not asked yet"
    build_and_publish(home)
    assert braindrain("status") == 0
    assert in_force(home).id in capsys.readouterr().out


def test_catalog_tells_parts_and_terms(braindrain: Braindrain, capsys: pytest.CaptureFixture[str]) -> None:
    assert braindrain("catalog", "wb_archive") == 0
    said = capsys.readouterr().out
    assert "SM.EMI.TERT.ZS" in said
    assert "CC BY 4.0" in said
    assert braindrain("catalog", "--json") == 0
    assert [entry["id"] for entry in json_of(capsys)] == [dataset.id for dataset in CATALOG.datasets]
    assert braindrain("catalog", "nothing") == cli.WRONG_USE


def test_the_whole_catalog_stands_on_readable_lines(braindrain: Braindrain, capsys: pytest.CaptureFixture[str]) -> None:
    assert braindrain("catalog") == 0
    said = capsys.readouterr().out
    lines = [line.rstrip() for line in said.splitlines()]
    assert max(len(line) for line in lines) <= 100
    for source in CATALOG.sources:
        assert source.publisher in lines
        assert f"({source.id}):" in said
    shown = {line.split()[0]: line for line in lines if line.startswith("    ")}
    for dataset in CATALOG.datasets:
        assert dataset.cadence.split()[0] in shown[dataset.id], dataset.id
    assert "CC BY 4.0; may be republished" in said
    assert f"{len(CATALOG.datasets)} datasets" in lines[-1]


@pytest.mark.parametrize("dataset", [source.datasets[0] for source in CATALOG.sources], ids=lambda dataset: dataset.id)
def test_a_dataset_in_full_says_everything_of_it(
    dataset: Dataset, braindrain: Braindrain, capsys: pytest.CaptureFixture[str]
) -> None:
    assert braindrain("catalog", dataset.id) == 0
    said = capsys.readouterr().out
    assert max(len(line.rstrip()) for line in said.splitlines()) <= 100
    in_one_line = "".join(said.split())
    tables = (*(column.name for column in dataset.columns), *(e.name for e in dataset.expectations))
    for wanted in (dataset.endpoint, dataset.citation, dataset.revision_tolerance.reason, *tables):
        assert "".join(wanted.split())[:20] in in_one_line


def test_export_writes_a_file_and_says_where(
    braindrain: Braindrain, home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build_and_publish(home)
    out = tmp_path / "rates.csv"
    assert braindrain("export", "mart_skilled_emigration", "--out", str(out)) == 0
    assert f"{out}: 3 rows" in capsys.readouterr().out
    assert braindrain("export", "--sql", GUYANA, "--format", "xlsx", "--out", str(tmp_path / "one.xlsx")) == 0
    assert (tmp_path / "one.xlsx").exists()
    assert braindrain("export", "mart_skilled_emigration", "--publishable", "--out", str(out)) == 0
    assert braindrain("export") == cli.WRONG_USE
    assert braindrain("export", "dim_country", "--sql", "select 1") == cli.WRONG_USE
    assert braindrain("export", "dim_country", "--format", "docx") == cli.WRONG_USE


def test_summary_names_everything(braindrain: Braindrain, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert braindrain("summary") == cli.NOTHING_PUBLISHED
    assert "Nothing is published yet." in capsys.readouterr().out
    now = clock.iso(clock.now())
    events = [
        ledger.Event(now, "wb_wdi", "SM.POP.REFG", "Refugees", ledger.WITHDRAWN, message="gone", next_step="look"),
        ledger.Event(now, "wb_wdi", "SP.POP.TOTL", "Population", ledger.QUARANTINED, message="a page is missing"),
    ]
    ledger.append_events(home, "wb_wdi", events)
    ledger.mark_checked(home, "wb_wdi", now)
    build_and_publish(home)
    assert braindrain("summary") == 0
    said = capsys.readouterr().out
    lines = {line.split()[0]: line for line in said.splitlines() if line.strip()}
    (of_source,) = [line for line in said.splitlines() if line.startswith("World Bank (world_bank)")]
    # datasets, parts, loaded, unchanged, withdrawn, absent, rejected, failed
    assert of_source.split()[-8:] == ["5", "39", "1", "·", "1", "·", "1", "·"]
    assert "→ SM.POP.RHCR.EA" in lines["SM.POP.REFG"]
    assert "wb_wdi/SP.POP.TOTL  World Bank, since" in said
    assert "a page is missing" in said
    assert lines["Guyana"].split()[:2] == ["Guyana", "89.24"]
    assert [word for word in lines["Guyana"].split() if word in ("Oman", "0.37")] == ["Oman", "0.37"]
    assert str(home.marts_database) in said.replace("\n", "")
    assert "SYNTHETIC" not in said


def test_summary_as_json(braindrain: Braindrain, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    build_and_publish(home)
    assert braindrain("summary", "--json") == 0
    facts = json_of(capsys)
    assert facts["highest_rates"][0]["country"] == "Guyana"
    assert facts["lowest_rates"][0]["rate_high_pct"] == 0.37
    assert facts["release"]["marts"]["dim_country"] == 5


def test_a_part_is_unchanged_once_the_publisher_was_asked_again(
    braindrain: Braindrain, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger.mark_checked(home, DATASET.id, clock.iso(clock.now()))
    build_and_publish(home)
    assert braindrain("summary", "--json") == 0
    parts = {part["part"]: part for night in json_of(capsys)["datasets"] for part in night["parts"]}
    assert parts[PART]["outcome"] == "unchanged"


@pytest.mark.parametrize("command", [["query", GUYANA], ["summary"], ["status"], ["export", "dim_country"]])
def test_synthetic_figures_are_labelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    home = new_home(tmp_path / "made_up", "sandbox")
    record(home, 1)
    build_and_publish(home)
    monkeypatch.setenv("BRAINDRAIN_HOME", str(home.root))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["braindrain", *command])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    printed = capsys.readouterr()
    assert "SYNTHETIC" in printed.out + printed.err


def test_quarantine_list_show_drop(braindrain: Braindrain, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert braindrain("quarantine", "list") == 0
    assert capsys.readouterr().out == "Nothing was rejected.\n"
    finding = Finding(PART, "key_unique", "the key comes twice", "wb_archive", "compare with the publisher's page")
    held = hold(home, DATASET, PART, "20260101T000000000000Z", [finding])
    assert braindrain("quarantine", "list") == 0
    assert "the key comes twice" in capsys.readouterr().out
    assert braindrain("quarantine", "show", held) == 0
    assert "compare with the publisher's page" in capsys.readouterr().out
    assert braindrain("quarantine", "drop", held) == cli.WRONG_USE  # a decision needs its reason
    assert braindrain("quarantine", "drop", held, "--reason", "the publisher says so") == 0
    decision = show_quarantine(home, held).decision
    assert decision is not None
    assert (decision.outcome, decision.reason) == ("dropped", "the publisher says so")
    assert braindrain("quarantine", "show", "nothing/here") == cli.HOME_TROUBLE


def test_reading_commands_take_the_home_that_was_used_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ingestion.origin.PROJECT_ROOT", tmp_path)
    monkeypatch.delenv("BRAINDRAIN_HOME", raising=False)
    monkeypatch.delenv("ORIGIN", raising=False)
    for day, kind in ((1, "sandbox"), (2, "recorded")):
        home = new_home(tmp_path / "data" / kind, kind)
        record(home, day)
        for trace in (home.root / "origin.json", home.ledger / "wb_archive.checked"):
            os.utime(trace, (1_767_225_600 + day, 1_767_225_600 + day))
    assert cli._home().root == tmp_path / "data" / "recorded"
    (tmp_path / "data" / "sandbox" / "ledger" / "wb_archive.checked").touch()
    assert cli._home().root == tmp_path / "data" / "sandbox"
    assert capsys.readouterr().out == ""


def test_sandbox_serve_passes_everything_on(braindrain: Braindrain, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[list[str]] = []

    def run(command: list[str], check: bool) -> subprocess.CompletedProcess[str]:
        assert not check
        served.append(command)
        return subprocess.CompletedProcess(command, 7)

    monkeypatch.setattr(subprocess, "run", run)
    assert braindrain("sandbox", "serve", "--world", "synthetic", "--port", "0", "--help") == 7
    assert served == [[sys.executable, "-m", "sandbox", "serve", "--world", "synthetic", "--port", "0", "--help"]]
