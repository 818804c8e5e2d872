"""One night with every kind of trouble: who has it is held back alone, the others publish, and a person is told.

A small catalog with one dataset of each protocol at least, taken through the command line. dbt is replaced by one mart
that counts what each load brought, so that a release shows whose figures are of which night.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion import http, ledger
from ingestion.catalog import load_catalog
from ingestion.home import Home
from sandbox.server import serve
from sandbox.worlds.synthetic import SyntheticWorld
from tests.faults.held_back import catalog_of
from warehouse import cli
from warehouse.dbt import DbtResult, Node, Progress
from warehouse.release import in_force

CATALOG = catalog_of(
    {
        **dict.fromkeys(("wb_country", "wb_archive", "dlm_emigration", "unhcr_idmc"), ()),
        "wb_wdi": ["SP.POP.TOTL", "SL.UEM.TOTL.ZS"],
        "uis_net_flow": ["MENF.5T8"],
        "lehd_j2j_firm_size": ["de"],
        **dict.fromkeys(("eurostat_demo_pjan", "oecd_mig_popf", "knomad_remittance_inflow"), ()),
        "oecd_codelist": ["DSD_MIG_F@DF_MIG_POPF"],
        **dict.fromkeys(("ilo_employment_by_occupation", "undesa_stock_by_destination", "barro_lee_attainment"), ()),
    }
)
WORKBOOK = "undesa_pd_2024_ims_stock_by_sex_and_destination.xlsx"


@dataclass(frozen=True)
class Trouble:
    """What is wrong with a publisher, whom it holds back, and what a person is told."""

    fault: str
    datasets: tuple[str, ...]
    outcome: str
    publisher: str
    reason: str
    next_step: str

    def __str__(self) -> str:
        return self.fault.partition(":")[0].partition("=")[0]


ASK_LATER = "ask again later"
TROUBLES = (
    Trouble("http_500:ec.europa.eu", ("eurostat_demo_pjan",), ledger.FAILED, "Eurostat", "HTTP 500", ASK_LATER),
    Trouble(
        "slow:data360api.worldbank.org=3",
        ("knomad_remittance_inflow",),
        ledger.FAILED,
        "KNOMAD",
        "timed out",
        ASK_LATER,
    ),
    Trouble(
        "http_429_retry_after_0:sdmx.oecd.org",
        ("oecd_mig_popf", "oecd_codelist"),
        ledger.FAILED,
        "OECD",
        "HTTP 429",
        ASK_LATER,
    ),
    Trouble(
        "column_renamed:BL_v3_MF.csv",
        ("barro_lee_attainment",),
        ledger.QUARANTINED,
        "Robert J. Barro and Jong-Wha Lee",
        "nobody knows",
        "braindrain quarantine show",
    ),
    Trouble(
        f"moved_header:{WORKBOOK}",
        ("undesa_stock_by_destination",),
        ledger.QUARANTINED,
        "United Nations",
        "header",
        "braindrain quarantine show",
    ),
)
HELD_BACK = {dataset for trouble in TROUBLES for dataset in trouble.datasets}
SAME_AS_BEFORE = {"oecd_codelist", "barro_lee_attainment"}
"""Held-back datasets that bring no other figures when their trouble is over."""
REVISED_ELSEWHERE = {"wb_wdi", "uis_net_flow", "unhcr_idmc", "ilo_employment_by_occupation"}


def one_mart(
    work: Path,
    database: Path,
    lake: Path,
    inputs: Path,
    variables: dict[str, Any],
    progress: Progress | None = None,
) -> DbtResult:
    """In place of dbt: ``fct_load``, the rows that each load of each dataset brought."""
    (work / "target").mkdir()
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.fct_load "
            "(dataset_id varchar, recorded_at timestamp, n_rows bigint, release_id varchar, is_synthetic boolean)"
        )
        for path in sorted(lake.glob("*/*.parquet")):
            connection.execute(
                "insert into marts.fct_load select $dataset, recorded_at, count(*), $release, $synthetic "
                "from read_parquet($path) group by recorded_at",
                {
                    "dataset": path.parent.name,
                    "path": str(path),
                    "release": variables["release_id"],
                    "synthetic": variables["is_synthetic"],
                },
            )
    key = ["dataset_id", "recorded_at"]
    return DbtResult(0, [Node("fct_load", "model", "success", 0.1, "of all", "OK")], {"fct_load": key}, "")


@dataclass(frozen=True)
class Night:
    """What one ``braindrain refresh`` ended with, and what the commands that only read said after it."""

    code: int
    said: str
    release: str
    loads: dict[str, list[str]]
    """The moments of the loads of each dataset, as the release in force shows them."""
    parts: dict[str, list[dict[str, Any]]]
    """The parts of each dataset by ``braindrain status --json``."""
    status: str
    """What ``braindrain status`` tells a person, in one line."""


def braindrain(*arguments: str) -> tuple[int, str]:
    """Exit code and output of a command, in this process."""
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(io.StringIO()):
        patch.setattr(sys, "argv", ["braindrain", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    return int(ended.value.code or 0), said.getvalue()


def refresh(home: Home, world: SyntheticWorld, *faults: str) -> Night:
    """One night on which the publishers have these faults."""
    with serve(world, faults) as sandbox, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORIGIN", sandbox.base_url)
        patch.setenv("BRAINDRAIN_HOME", str(home.root))
        code, said = braindrain("refresh")
        rows = json.loads(braindrain("query", "from fct_load order by recorded_at", "--json")[1])
        nights = json.loads(braindrain("status", "--json")[1])["datasets"]
        status = " ".join(braindrain("status")[1].split())
    loads: dict[str, list[str]] = {}
    for row in rows:
        loads.setdefault(row["dataset_id"], []).append(row["recorded_at"])
    parts = {night["dataset"]: night["parts"] for night in nights}
    return Night(code, said, in_force(home).id, loads, parts, status)


@dataclass(frozen=True)
class Nights:
    """Four nights: all is well; a release comes out and five publishers are in trouble; they still are; all is well."""

    first: Night
    troubled: Night
    again: Night
    well: Night


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    home, before, after = Home(tmp_path_factory.mktemp("troubled")), SyntheticWorld(), SyntheticWorld(vintage=2)
    faults = [trouble.fault for trouble in TROUBLES]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http, "BACKOFF_SECONDS", 0.01)
        patch.setattr(http, "RETRY_AFTER_FLOOR_SECONDS", 0.01)
        patch.setattr(http, "READ_SECONDS", 2)
        patch.setattr("ingestion.catalog.load_catalog", lambda: CATALOG)
        patch.setattr("ingestion.pipeline.load_catalog", lambda: CATALOG)
        patch.setattr("warehouse.doors.APART", timedelta(0))
        patch.setattr("warehouse.build.run_dbt", one_mart)
        yield Nights(
            refresh(home, before), refresh(home, after, *faults), refresh(home, after, *faults), refresh(home, after)
        )


def test_every_protocol_is_there() -> None:
    assert {each.protocol for each in CATALOG.datasets} == {each.protocol for each in load_catalog().datasets}


def test_a_good_night_ends_with_zero_and_a_release(nights: Nights) -> None:
    assert nights.first.code == cli.OK
    assert nights.first.loads.keys() == {dataset.id for dataset in CATALOG.datasets}
    assert "since" not in nights.first.status


def test_a_troubled_night_publishes_what_the_others_have_and_ends_with_one(nights: Nights) -> None:
    first, troubled = nights.first, nights.troubled
    assert troubled.code == cli.REJECTED
    assert troubled.release != first.release
    assert f"release {troubled.release} is in force" in troubled.said
    grown = {dataset for dataset, moments in troubled.loads.items() if moments != first.loads[dataset]}
    assert grown == REVISED_ELSEWHERE
    assert all(len(troubled.loads[dataset]) == 2 for dataset in grown)


def test_a_troubled_night_leaves_the_figures_of_the_held_back_in_force(nights: Nights) -> None:
    assert {dataset: nights.troubled.loads[dataset] for dataset in HELD_BACK} == {
        dataset: nights.first.loads[dataset] for dataset in HELD_BACK
    }


def test_nobody_else_is_held_back(nights: Nights) -> None:
    for night in (nights.troubled, nights.again):
        held = {
            dataset: {part["outcome"] for part in parts}
            for dataset, parts in night.parts.items()
            if any(part["outcome"] in ledger.HELD_BACK for part in parts)
        }
        assert held == {dataset: {trouble.outcome} for trouble in TROUBLES for dataset in trouble.datasets}


@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
def test_status_says_who_since_when_and_what_to_do(trouble: Trouble, nights: Nights) -> None:
    parts = [part for dataset in trouble.datasets for part in nights.troubled.parts[dataset]]
    since = min(part["since"] for part in parts)
    assert since.replace("T", " ") > max(moment for moments in nights.first.loads.values() for moment in moments)
    who = f"{re.escape(', '.join(trouble.datasets))} {re.escape(trouble.publisher)}[^→]*"
    minute = since.replace("T", " ")[: len("2026-11-21 04:17")]
    why = f"[^→]*{re.escape(trouble.reason)}[^→]*"
    for night in (nights.troubled, nights.again):
        assert min(part["since"] for dataset in trouble.datasets for part in night.parts[dataset]) == since
        assert re.search(f"{who}, since {minute}{why}→ [^→]*{re.escape(trouble.next_step)}", night.status), night.status


def test_a_second_night_of_the_same_trouble_changes_no_figure_and_still_ends_with_one(nights: Nights) -> None:
    assert nights.again.code == cli.REJECTED
    assert nights.again.loads == nights.troubled.loads


def test_when_the_trouble_is_over_everything_comes_by_itself(nights: Nights) -> None:
    well = nights.well
    assert well.code == cli.OK
    assert well.release != nights.troubled.release
    assert {part["outcome"] for parts in well.parts.values() for part in parts}.isdisjoint(ledger.HELD_BACK)
    loaded = {dataset for dataset in HELD_BACK if well.loads[dataset] != nights.again.loads[dataset]}
    assert loaded == HELD_BACK - SAME_AS_BEFORE
    assert "since" not in well.status
