"""The one path: what a first night, a quiet night, a revision and a person's decision leave behind."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingestion import lake, ledger, quarantine
from ingestion.errors import CatalogError, HomeError
from ingestion.home import Home, open_home
from ingestion.landing import Landing
from ingestion.origin import Origin, kind_of, open_origin
from ingestion.pipeline import SILENT_PARTS_BEFORE_GIVING_UP, Pipeline
from sandbox.worlds.synthetic import SyntheticWorld
from tests.ingestion.small_world import INDICATORS, night, small_catalog

pytestmark = pytest.mark.slow

Rows = list[tuple[object, ...]]


@pytest.fixture(scope="module")
def world() -> SyntheticWorld:
    return SyntheticWorld()


@pytest.fixture(scope="module")
def later_world() -> SyntheticWorld:
    return SyntheticWorld(vintage=2)


@pytest.fixture(scope="module")
def first_night(world: SyntheticWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("first")
    with night(world, folder) as (pipeline, _):
        pipeline.ingest()
    return folder


@pytest.fixture
def home(first_night: Path, tmp_path: Path) -> Home:
    shutil.copytree(first_night, tmp_path / "home")
    return Home(tmp_path / "home")


def in_force(home: Home) -> dict[str, Rows]:
    found = {}
    with lake.connect(home) as connection:
        for dataset in small_catalog().datasets:
            lake.create_in_force(connection, home, dataset, [part.id for part in dataset.parts], "now")
            found[dataset.id] = connection.sql("select * from now order by all").fetchall()
    return found


def log(home: Home) -> Rows:
    with lake.connect(home) as connection:
        files = [str(path) for path in sorted(home.lake.glob("*/*.parquet"))]
        return connection.execute(
            "select * from read_parquet($files, union_by_name := true) order by all",
            {"files": files},
        ).fetchall()


def figures_of_ledger(home: Home) -> dict[str, list[ledger.Event]]:
    return {dataset.id: ledger.read_events(home, dataset.id) for dataset in small_catalog().datasets}


def outcomes(home: Home, dataset: str) -> dict[str, str]:
    return {part: event.outcome for part, event in ledger.latest_by_part(home, dataset).items()}


def test_a_first_night_loads_what_there_is_and_names_what_is_gone(home: Home) -> None:
    assert outcomes(home, "wb_wdi") == {
        "SP.DYN.LE00.IN": ledger.LOADED,
        "SH.DYN.MORT": ledger.LOADED,
        "SM.POP.REFG": ledger.WITHDRAWN,
    }
    gone = ledger.latest_by_part(home, "wb_wdi")["SM.POP.REFG"]
    assert "175" in f"{gone.message}" and gone.next_step == "use its successor SM.POP.RHCR.EA"
    assert len(in_force(home)["wb_wdi"]) == 2 * 17_490
    assert outcomes(home, "wb_archive") == {"SM.EMI.TERT.ZS": ledger.LOADED}


def test_a_quiet_night_only_probes(world: SyntheticWorld, home: Home) -> None:
    landed = sorted(home.landing.rglob("*"))
    events = {path: path.read_bytes() for path in home.ledger.glob("*.jsonl")}
    with night(world, home.root) as (pipeline, sandbox):
        reports = pipeline.ingest()
        assert len(sandbox.requests) == len(reports)
    assert all(event.outcome in (ledger.UNCHANGED, ledger.WITHDRAWN) for report in reports for event in report.parts)
    assert not any(report.has_accepted_rows for report in reports)
    assert sorted(home.landing.rglob("*")) == landed
    assert {path: path.read_bytes() for path in home.ledger.glob("*.jsonl")} == events
    assert ledger.checked_at(home, "wb_wdi")


def test_a_later_edition_is_logged_as_its_differences(
    world: SyntheticWorld, later_world: SyntheticWorld, home: Home, tmp_path: Path
) -> None:
    before = in_force(home)
    with night(later_world, home.root) as (pipeline, _):
        pipeline.ingest()
    with night(later_world, tmp_path / "fresh") as (pipeline, _):
        pipeline.ingest()
    after = in_force(Home(tmp_path / "fresh"))
    assert in_force(home) == after
    old, new = ({row[:6]: row for row in rows["wb_wdi"]} for rows in (before, after))
    revised = sum(old[key] != new[key] for key in old.keys() & new.keys())
    counted = [
        event for event in ledger.read_events(home, "wb_wdi") if event.at != ledger.read_events(home, "wb_wdi")[0].at
    ]
    assert revised > 0
    assert sum(event.revised for event in counted) == revised
    assert sum(event.inserted for event in counted) == len(new.keys() - old.keys())


def test_force_asks_again_and_finds_nothing_new(world: SyntheticWorld, home: Home) -> None:
    before = log(home)
    with night(world, home.root) as (pipeline, _):
        (report,) = pipeline.ingest(["wb_wdi"], force=True)
    assert {event.part: event.outcome for event in report.parts}["SH.DYN.MORT"] == ledger.UNCHANGED
    assert log(home) == before


def test_the_lake_can_be_made_again_from_landing_alone(
    world: SyntheticWorld, later_world: SyntheticWorld, home: Home
) -> None:
    with night(later_world, home.root, "out_of_range:SH.DYN.MORT") as (pipeline, _):
        pipeline.ingest()
    (entry,) = quarantine.list_quarantine(home)
    with night(later_world, home.root) as (pipeline, _):
        quarantine.accept_quarantine(pipeline, entry.id, "seen on the publisher's page")
    before = log(home), in_force(home), figures_of_ledger(home)
    for room in (home.lake, home.ledger, home.quarantine):
        shutil.rmtree(room)
    with night(world, home.root) as (pipeline, sandbox):
        pipeline.replay()
        assert sandbox.requests == []
    assert (log(home), in_force(home), figures_of_ledger(home)) == before


def test_a_person_can_accept_what_was_held_back(world: SyntheticWorld, home: Home) -> None:
    with night(world, home.root, "out_of_range:SH.DYN.MORT") as (pipeline, _):
        pipeline.load("wb_wdi", ["SH.DYN.MORT"])
        (entry,) = quarantine.list_quarantine(home)
        quarantine.accept_quarantine(pipeline, entry.id, "the publisher confirmed it")
    event = ledger.latest_by_part(home, "wb_wdi")["SH.DYN.MORT"]
    assert (event.outcome, event.message) == (ledger.ACCEPTED, "the publisher confirmed it")
    assert event.revised >= 1
    assert any(-987654321.0 in row for row in in_force(home)["wb_wdi"])


def test_a_clock_that_was_set_back_does_not_make_news_look_old(
    world: SyntheticWorld, later_world: SyntheticWorld, home: Home
) -> None:
    (newest,) = (home.lake / "wb_wdi").glob("*.parquet")
    newest.rename(newest.with_name("20990101T000000000000Z.parquet"))
    with night(later_world, home.root) as (pipeline, _):
        report = pipeline.load("wb_wdi", ["SH.DYN.MORT"])
    assert report.has_accepted_rows
    assert f"{report.recorded_at}" == "2099-01-01T00:00:00.000001Z"


def test_the_same_bad_payload_is_held_once(world: SyntheticWorld, home: Home) -> None:
    for _ in range(2):
        with night(world, home.root, "value_not_a_number:SH.DYN.MORT") as (pipeline, _sandbox):
            (event,) = pipeline.load("wb_wdi", ["SH.DYN.MORT"]).parts
            assert event.outcome == ledger.QUARANTINED
    assert len(quarantine.list_quarantine(home)) == 1


def test_a_dataset_is_loaded_by_one_process_at_a_time(world: SyntheticWorld, home: Home) -> None:
    with (
        night(world, home.root) as (pipeline, _),
        home.lock("ingest-wb_wdi", "elsewhere"),
        pytest.raises(HomeError, match="dataset wb_wdi: another process is working on it"),
    ):
        pipeline.load("wb_wdi", ["SH.DYN.MORT"])


def test_a_provider_that_is_down_is_not_asked_for_every_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.http.BACKOFF_SECONDS", 0.01)
    nobody = Origin("stand-in", "nobody", "http://127.0.0.1:1")
    pipeline = Pipeline(Home(tmp_path), nobody)
    parts = [part.id for part in pipeline.catalog.dataset("wb_wdi").parts]
    report = pipeline.load("wb_wdi", parts)
    assert [event.part for event in report.parts] == parts
    assert {event.outcome for event in report.parts} == {ledger.FAILED}
    assert report.requests == SILENT_PARTS_BEFORE_GIVING_UP
    assert "not asked for, because the provider did not answer" in f"{report.parts[-1].message}"


def test_a_lock_is_waited_for_within_patience(home: Home) -> None:
    with home.lock("room", "here"), pytest.raises(HomeError), home.lock("room", "here", patience_seconds=0.3):
        pass
    with home.lock("room", "here", patience_seconds=0.3):
        pass


def test_two_origins_never_share_a_home(tmp_path: Path) -> None:
    open_home(tmp_path, "sandbox", "sandbox")
    with pytest.raises(HomeError, match="holds figures of origin 'sandbox'"):
        open_home(tmp_path, "live", "live")


def test_synthetic_figures_are_known_by_any_door(world: SyntheticWorld, tmp_path: Path) -> None:
    home = open_home(tmp_path, "stand-in", "http://127.0.0.1:1")
    assert not home.is_synthetic
    with night(world, tmp_path) as (pipeline, _):
        pipeline.load("wb_country", ["all"])
    assert home.is_synthetic


def test_an_origin_that_is_none_is_named() -> None:
    with pytest.raises(CatalogError, match="ORIGIN: 'nowhere' is neither"):
        kind_of("nowhere")


def test_every_payload_leads_back_from_its_rows(home: Home) -> None:
    with lake.connect(home) as connection:
        receipts = connection.sql(
            f"select distinct part, receipt from read_parquet('{home.lake}/wb_wdi/*.parquet')"
        ).fetchall()
    landing = Landing(home)
    assert sorted(part for part, _ in receipts) == sorted(set(INDICATORS) - {"SM.POP.REFG"})
    for part, receipt in receipts:
        (payload,) = landing.receipt("wb_wdi", part, receipt).payloads
        assert f'"id":"{part}"'.encode() in landing.body(payload).content()


@pytest.mark.slow
def test_the_sandbox_ends_with_its_opener() -> None:
    import requests

    with open_origin("sandbox") as origin:
        assert requests.get(origin.locate("https://api.worldbank.org/v2/country?format=json"), timeout=30).ok
    with pytest.raises(requests.ConnectionError):
        requests.get(origin.locate("https://api.worldbank.org/v2/country?format=json"), timeout=5)
