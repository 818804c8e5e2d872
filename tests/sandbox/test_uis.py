"""The stand-in of the UNESCO Institute for Statistics: wire format, synthetic figures, recorded bodies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import requests

from ingestion.catalog import load_catalog
from sandbox.server import Sandbox, serve
from sandbox.worlds.recorded import RecordedWorld
from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.simulation import FIRST_YEAR
from tests.shared_data import SHARED_DATA, needs_shared_data

RECORDINGS = SHARED_DATA / "unesco_uis" / "api_recordings"
DATASETS = load_catalog().source("uis").datasets
Figures = dict[tuple[str, int], float]


@pytest.fixture(scope="module")
def world() -> SyntheticWorld:
    return SyntheticWorld()


@pytest.fixture(scope="module")
def sandbox(world: SyntheticWorld) -> Iterator[Sandbox]:
    with serve(world) as running:
        yield running


def get(sandbox: Sandbox, path: str) -> requests.Response:
    return requests.get(f"{sandbox.base_url}/api.uis.unesco.org/api/public/{path}", timeout=30)


def ask(sandbox: Sandbox, path: str) -> Any:
    response = get(sandbox, path)
    assert response.status_code == 200
    return json.loads(response.content)


def figures(sandbox: Sandbox, indicator: str) -> Figures:
    records = ask(sandbox, f"data/indicators?indicator={indicator}")["records"]
    return {(record["geoUnit"], record["year"]): record["value"] for record in records}


def test_a_release_has_an_id_that_moves_with_the_vintage(sandbox: Sandbox) -> None:
    release = ask(sandbox, "versions/default")
    assert release["version"].startswith("20260224-")
    assert release["themeDataStatus"][0]["lastUpdate"] == "02/24/2026"
    assert ask(sandbox, "versions") == [release]
    with serve(SyntheticWorld(vintage=2)) as later:
        assert ask(later, "versions/default")["version"] > release["version"]


def test_a_record_has_the_publishers_fields(sandbox: Sandbox) -> None:
    document = ask(sandbox, "data/indicators?indicator=26637&indicatorMetadata=true")
    assert list(document) == ["hints", "records", "indicatorMetadata"]
    assert list(document["records"][0]) == ["indicatorId", "geoUnit", "year", "value", "magnitude", "qualifier"]
    about = document["indicatorMetadata"][0]
    assert about["dataAvailability"]["totalRecordCount"] == len(document["records"])
    assert {record["qualifier"] for record in document["records"]} == {None, "UIS_EST", "NAT_EST"}


@pytest.mark.parametrize(
    ("question", "code", "message"),
    [
        ("indicator=XX.FALSE", "001", "The indicator could not be found, XX.FALSE"),
        ("indicator=26637&geoUnit=XXX", "003", "The geoUnit could not be found, XXX"),
        (
            "indicator=26637&start=2090",
            "004",
            "No data for the given time range, available time range for indicator 26637= start: 2000, end: 2024",
        ),
    ],
)
def test_what_is_wrong_stands_in_hints(sandbox: Sandbox, question: str, code: str, message: str) -> None:
    document = ask(sandbox, f"data/indicators?{question}")
    assert document == {
        "hints": [{"code": f"UIS::HINT::{code}", "message": message}],
        "records": [],
        "indicatorMetadata": [],
    }


def test_only_start_and_end_choose_years(sandbox: Sandbox) -> None:
    every = ask(sandbox, "data/indicators?indicator=26637&geoUnit=DEU")["records"]
    ignored = ask(sandbox, "data/indicators?indicator=26637&geoUnit=DEU&startYear=2020&endYear=2021")["records"]
    chosen = ask(sandbox, "data/indicators?indicator=26637&geoUnit=DEU&start=2020&end=2021")["records"]
    assert ignored == every
    assert chosen == [record for record in every if 2020 <= record["year"] <= 2021]


def test_more_than_a_hundred_thousand_records_are_refused(sandbox: Sandbox) -> None:
    ids = [part.id for dataset in DATASETS for part in dataset.parts]
    response = get(sandbox, "data/indicators?" + "&".join(f"indicator={i}" for i in ids))
    assert response.status_code == 400
    assert "100000" in response.json()["message"]
    assert get(sandbox, "data/indicators").status_code == 400
    assert get(sandbox, "data/indicators?indicator=26637&version=19990101-00000000").status_code == 400


def test_every_catalogued_indicator_is_there(world: SyntheticWorld) -> None:
    for dataset in DATASETS:
        for part in dataset.parts:
            table = world.table(f"uis/{part.id}")
            assert table is not None and table.rows.num_rows >= part.row_floor


def test_pieces_add_up_exactly(sandbox: Sandbox) -> None:
    outbound, inbound = figures(sandbox, "OE.5T8.40510"), figures(sandbox, "26637")
    regions = ("40500", "40505", "40515", "40520", "40525", "40530", "40535", "40540")
    away = [figures(sandbox, f"OE.5T8.{region}") for region in regions]
    arrived = [figures(sandbox, f"E.5T8.FOREIGN.ORG{region}") for region in (*regions, "99000000")]
    women, men = figures(sandbox, "26638"), figures(sandbox, "43188")
    assert all(value == sum(piece[key] for piece in away) for key, value in outbound.items() if key[1] >= 2012)
    assert all(value == sum(piece[key] for piece in arrived) for key, value in inbound.items() if key[1] >= 2012)
    assert all(value == women[key] + men[key] for key, value in inbound.items())
    net = figures(sandbox, "MENF.5T8")
    unknown = arrived[-1]
    for key, value in net.items():
        assert value == inbound[key] - outbound[key]
    assert any(unknown.values())


def test_hosts_and_origins_count_the_same_students(sandbox: Sandbox, world: SyntheticWorld) -> None:
    outbound = figures(sandbox, "OE.5T8.40510")
    simulated = world.simulation.students_abroad[:, 2015 - FIRST_YEAR]
    shown = np.array([outbound.get((code, 2015), np.nan) for code in economies().codes])
    known = np.isfinite(shown)
    assert np.all(shown[known] <= simulated[known] + 1)
    assert shown[known].sum() > 0.8 * simulated.sum()
    assert outbound["UIS: World", 2015] == shown[known].sum()


# --- recorded figures ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recorded() -> Iterator[Sandbox]:
    with serve(RecordedWorld(SHARED_DATA)) as running:
        yield running


@needs_shared_data
def test_an_unknown_unit_is_answered_as_recorded(recorded: Sandbox) -> None:
    expected = json.loads((RECORDINGS / "data_unknown_geounit.json").read_text())
    assert ask(recorded, "data/indicators?indicator=26637&geoUnit=XXX") == expected


@needs_shared_data
def test_a_known_unit_without_records_has_no_hint(recorded: Sandbox) -> None:
    document = ask(recorded, "data/indicators?indicator=26637&geoUnit=ALA")
    assert document == {"hints": [], "records": [], "indicatorMetadata": []}


@needs_shared_data
def test_metadata_say_which_release_a_recording_is_of(recorded: Sandbox) -> None:
    question = "data/indicators?indicator=26637&indicator=OE.5T8.40510&indicatorMetadata=true"
    new, old = ask(recorded, question)["indicatorMetadata"]
    assert (new["lastDataUpdate"], old["lastDataUpdate"]) == ("01/01/2025", "02/01/2019")
    assert old["name"].startswith("Total outbound internationally mobile tertiary students studying abroad")
    assert get(recorded, "data/indicators?indicator=CR.1").headers["X-Not-Recorded"] == "true"
