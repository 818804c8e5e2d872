"""The whole house by the command line: everything once, then a night on which nothing moved, then a release.

The publishers are simulated, and the first night is the one that all tests share.
"""

from __future__ import annotations

import csv
import json
import math
import os
import resource
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion import ledger
from ingestion.catalog import load_catalog
from ingestion.home import Home
from ingestion.origin import PROJECT_ROOT, SERVER
from sandbox.server import serve
from sandbox.worlds.synthetic import SyntheticWorld
from tests.whole_origins import sandbox_night

REQUESTS_OF_A_PUBLISHER = 10
CPU_SECONDS = 20
RETIRED = {"SM.POP.REFG", "SM.POP.REFG.OR"}
NAMIBIA = {
    **dict.fromkeys(("wb_wdi", "wb_wgi", "wb_education"), ("country_id", "NA")),
    "wb_country": ("iso2_code", "NA"),
    "linkedin_country": ("base_country_code", "na"),
    "linkedin_industry": ("country_code", "na"),
    "linkedin_skill": ("country_code", "na"),
    "eurostat_migr_imm1ctz": ("citizen", "NA"),
    "eurostat_migr_emi1ctz": ("citizen", "NA"),
    "eurostat_migr_resfirst": ("citizen", "NA"),
    "eurostat_migr_pop3ctb": ("c_birth", "NA"),
    "eurostat_migr_imm5prv": ("partner", "NA"),
    "eurostat_migr_emi3nxt": ("partner", "NA"),
    "eurostat_educ_uoe_mobs02": ("partner", "NA"),
}
"""Where Namibia stands under the letters that many readers take for "not available"."""
REVISED = {
    *("eurostat_lfsa_eoqgan", "eurostat_lfsa_eoqgac", "eurostat_migr_imm1ctz", "eurostat_migr_emi1ctz"),
    *("eurostat_migr_resfirst", "eurostat_demo_pjan", "ilo_employment_by_occupation"),
    *("knomad_remittance_inflow", "knomad_remittance_outflow"),
    *("oecd_mig", "oecd_mig_popf", "oecd_health_wfmi", "oecd_msti", "oecd_rd_scoreboard", "oecd_scientist_flows"),
    *("uis_outbound", "uis_inbound", "uis_mobility_ratios", "uis_net_flow"),
    *("undesa_stock_by_destination", "undesa_stock_by_destination_and_origin", "undesa_stock_by_origin"),
    *("unhcr_population", "unhcr_asylum_applications", "unhcr_asylum_decisions", "unhcr_solutions"),
    *("unhcr_demographics", "unhcr_idmc", "wb_wdi"),
}
"""Datasets of which the second vintage of the simulated world has other figures."""
ONE_MARK_FOR_ALL = ("oecd", "uis")
"""Publishers whose release moves the mark of every table, also of those that it leaves as they are."""


REPORTERS_ONLY = {
    *("eurostat_lfsa_eoqgan", "eurostat_lfsa_eoqgac", "eurostat_migr_pop1ctz"),
    *("eurostat_edat_lfse_03", "eurostat_demo_pjan"),
}
"""Tables of Eurostat by reporting country and group of origin alone; no country of Africa reports to it."""


@dataclass(frozen=True)
class Night:
    """One call of the command line, and what it left behind."""

    code: int
    said: str
    cpu_seconds: float
    """Of the command and all its children, user and system."""
    asked: list[str]
    """Targets of the requests; unknown of the first night."""
    files: Mapping[Path, tuple[int, int]]
    """Size and time of every file that a quiet night must leave alone."""
    events: Mapping[tuple[str, str], ledger.Event]
    """The newest of each part."""

    def room(self, name: str) -> set[tuple[Path, tuple[int, int]]]:
        """The files of a room, with their facts."""
        return {(path, facts) for path, facts in self.files.items() if path.parts[0] == name}

    def new_files(self, earlier: Night, name: str) -> set[Path]:
        """Files of a room that were not there, or were others, after an earlier night."""
        return {path for path, _ in self.room(name) - earlier.room(name)}


@cache
def world(vintage: int) -> SyntheticWorld:
    """The world, simulated once."""
    return SyntheticWorld(vintage=vintage)


def braindrain(home: Home, vintage: int, *arguments: str) -> Night:
    """Call ``braindrain`` on a night on which the publishers have that vintage."""
    with serve(world(vintage)) as sandbox:
        environment = os.environ | {"BRAINDRAIN_HOME": str(home.root), "ORIGIN": "sandbox", SERVER: sandbox.base_url}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ended = subprocess.run(
            [sys.executable, "-m", "warehouse.cli", *arguments],
            cwd=PROJECT_ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    said = ended.stdout + ended.stderr
    return Night(ended.returncode, said, spent, sandbox.requests, files_of(home), events_of(home))


def events_of(home: Home) -> Mapping[tuple[str, str], ledger.Event]:
    """The newest event of each part."""
    return {
        (dataset.id, part): event
        for dataset in load_catalog().datasets
        for part, event in ledger.latest_by_part(home, dataset.id).items()
    }


def files_of(home: Home) -> Mapping[Path, tuple[int, int]]:
    """Every file of the lasting rooms; of the ledger the events, not the notes of when a publisher was asked."""
    rooms = (home.landing, home.lake, home.quarantine, home.validations, home.candidates, home.releases)
    files = [path for room in rooms for path in room.rglob("*") if path.is_file()]
    facts = {path: path.stat() for path in [*files, *home.ledger.glob("*.jsonl"), *home.root.glob("*.jsonl")]}
    return {path.relative_to(home.root): (stat.st_size, stat.st_mtime_ns) for path, stat in facts.items()}


@dataclass(frozen=True)
class Nights:
    """Three nights of one home."""

    home: Home
    first: Night
    quiet: Night
    released: Night


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    shared = sandbox_night(tmp_path_factory)
    home = Home(tmp_path_factory.mktemp("house") / "home")
    shutil.copytree(shared.home.root, home.root, symlinks=True)
    first = Night(shared.code, shared.said, math.nan, [], files_of(home), events_of(home))
    quiet = braindrain(home, 1, "refresh")
    # By the next night the hour is over in which a publisher counts requests.
    shutil.rmtree(home.budgets)
    return Nights(home, first, quiet, braindrain(home, 2, "ingest"))


def test_the_first_night_loads_everything_and_publishes(nights: Nights) -> None:
    first = nights.first
    assert first.code == 0, first.said
    parts = {(dataset.id, part.id) for dataset in load_catalog().datasets for part in dataset.parts}
    assert first.events.keys() == parts
    not_loaded = {place: event for place, event in first.events.items() if event.outcome != ledger.LOADED}
    assert {part for _, part in not_loaded} == RETIRED
    assert {event.outcome for event in not_loaded.values()} == {ledger.WITHDRAWN}
    assert {path.parts[1] for path in first.files if path.parts[0] == "lake"} == {dataset for dataset, _ in parts}
    (release,) = nights.home.releases.iterdir()
    assert f"release {release.name} is in force" in first.said
    assert "SYNTHETIC" in first.said


def test_what_was_published_answers_and_says_that_it_is_synthetic(nights: Nights) -> None:
    def answer(*arguments: str) -> Any:
        environment = os.environ | {"BRAINDRAIN_HOME": str(nights.home.root)}
        command = [sys.executable, "-m", "warehouse.cli", *arguments, "--json"]
        return json.loads(subprocess.check_output(command, cwd=PROJECT_ROOT, env=environment))

    ((rates,),) = (row.values() for row in answer("query", "select count(*) from mart_skilled_emigration"))
    assert rates > 100
    assert [release["synthetic"] for release in answer("releases")] == [True]


def test_a_quiet_night_asks_every_publisher_at_most_ten_times(nights: Nights) -> None:
    hosts = {host: source.id for source in load_catalog().sources for host in source.hosts if host != "inbox"}
    asked = Counter(
        place if host == "inbox" else hosts[host]
        for _, host, place, *_ in (each.split("/") for each in nights.quiet.asked)
    )
    assert asked.keys() == {source.id for source in load_catalog().sources}
    assert {source: times for source, times in asked.items() if times > REQUESTS_OF_A_PUBLISHER} == {}


@pytest.mark.parametrize("room", ["landing", "lake", "ledger", "quarantine", "validations"])
def test_a_quiet_night_leaves_every_room_as_it_was(room: str, nights: Nights) -> None:
    assert nights.quiet.room(room) == nights.first.room(room)
    assert nights.quiet.events == nights.first.events


def test_a_quiet_night_publishes_nothing_and_says_so(nights: Nights) -> None:
    assert nights.quiet.code == 0
    (release,) = nights.home.releases.iterdir()
    assert f"release {release.name} already holds these inputs; nothing was built" in nights.quiet.said
    for room in ("candidates", "releases", "publications.jsonl"):
        assert nights.quiet.room(room) == nights.first.room(room)


def test_a_quiet_night_costs_little(nights: Nights) -> None:
    assert nights.quiet.cpu_seconds < CPU_SECONDS


def test_a_release_is_taken_in_without_a_rejection(nights: Nights) -> None:
    released = nights.released
    said = [event.message for event in released.events.values() if event.outcome in ledger.HELD_BACK]
    assert said == []
    assert released.new_files(nights.quiet, "quarantine") == set()
    assert released.code == 0, released.said


def test_a_release_loads_what_it_revised(nights: Nights) -> None:
    released, quiet = nights.released, nights.quiet
    assert {path.parts[1] for path in released.new_files(quiet, "lake")} == REVISED
    changed = [event for place, event in released.events.items() if event != quiet.events[place]]
    assert {event.dataset for event in changed if event.inserted or event.revised} == REVISED
    receipts = [path for path in released.new_files(quiet, "landing") if path.parts[1] == "receipts"]
    marked = {dataset.id for source in ONE_MARK_FOR_ALL for dataset in load_catalog().source(source).datasets}
    assert {path.parts[2] for path in receipts} == REVISED | marked


@pytest.mark.parametrize("dataset_id", NAMIBIA)
def test_na_is_namibia_in_every_dataset_that_spells_it_so(dataset_id: str, nights: Nights) -> None:
    column, code = NAMIBIA[dataset_id]
    files = [str(path) for path in (nights.home.lake / dataset_id).glob("*.parquet")]
    with duckdb.connect() as connection:
        counts = f'count(*) filter ("{column}" = $code), count(*) filter ("{column}" is null)'
        query = f"select {counts} from read_parquet($files)"
        counted = connection.execute(query, {"code": code, "files": files}).fetchone()
    assert counted is not None
    assert counted[0] > 0
    assert counted[1] == 0


def test_every_dataset_that_can_spell_namibia_so_is_listed() -> None:
    with (PROJECT_ROOT / "dbt_project" / "seeds" / "country_code.csv").open(encoding="utf-8", newline="") as lines:
        systems = {row["code_system"] for row in csv.DictReader(lines) if row["source_code"].upper() == "NA"}
    can = {
        dataset.id
        for dataset in load_catalog().datasets
        if any(column.code_system in systems for column in dataset.columns)
    }
    assert can - NAMIBIA.keys() == REPORTERS_ONLY
    assert NAMIBIA.keys() - can == {"wb_country"}
