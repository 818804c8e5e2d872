"""Building: only when the inputs changed, never into anybody's way, and rejected in a sentence."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.errors import BuildRejected, HomeError
from ingestion.home import Home
from tests.warehouse.made_up import CATALOG, RATES, build_and_publish, marts_of, new_home, record, small_dbt
from warehouse.build import build_as_of, build_candidate
from warehouse.dbt import DbtResult, Node, run_dbt
from warehouse.inputs import collect_inputs, file_checksum
from warehouse.publish import mend, publish, rollback, waiting_candidate
from warehouse.release import read_release

pytestmark = pytest.mark.usefixtures("without_dbt")
OTHER_RATES = {**RATES, ("GUY", 2000): 89.3}


def test_release_json_says_what_it_was_made_from(home: Home) -> None:
    release = build_candidate(home, CATALOG).release
    facts = json.loads((release.folder / "release.json").read_text())
    (lake_file,) = (home.lake / "wb_archive").glob("*.parquet")
    assert facts["inputs"]["lake"] == {f"wb_archive/{lake_file.name}": file_checksum(lake_file)}
    assert "dbt_project.yml" in facts["inputs"]["dbt_project"]
    assert facts["marts"]["mart_skilled_emigration"]["rows"] == 3
    assert facts["marts"]["dim_country"]["sha256"] == file_checksum(release.mart_file("dim_country"))
    assert (facts["synthetic"], facts["origin"]["kind"], facts["previous"]) == (False, "recorded", None)
    assert release.id.endswith(facts["inputs_checksum"][:8])


def test_marts_stand_in_the_order_of_their_key(home: Home) -> None:
    release = build_candidate(home, CATALOG).release
    rows = duckdb.read_parquet(str(release.mart_file("mart_skilled_emigration"))).fetchall()
    assert [row[0] for row in rows] == ["GUY", "JAM", "OMN"]


def test_the_same_inputs_give_the_same_bytes(home: Home, tmp_path: Path) -> None:
    other = new_home(tmp_path / "other")
    record(other, 1)
    here = build_candidate(home, CATALOG, release_id="a").release
    there = build_candidate(other, CATALOG, release_id="a").release
    assert here.inputs_checksum == there.inputs_checksum
    sums = [{name: mart["sha256"] for name, mart in release.marts.items()} for release in (here, there)]
    assert sums[0] == sums[1]


def test_nothing_is_built_when_a_release_holds_these_inputs(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    release = build_and_publish(home)
    monkeypatch.setattr("warehouse.build.run_dbt", None)
    candidate = build_candidate(home, CATALOG)
    assert (candidate.state, candidate.release_id) == ("in force", release.id)
    assert "already holds these inputs" in str(candidate)


def test_a_finished_candidate_is_not_built_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build_candidate(home, CATALOG)
    monkeypatch.setattr("warehouse.build.run_dbt", None)
    assert build_candidate(home, CATALOG) == first


def test_left_over_candidates_are_cleared(home: Home) -> None:
    first = build_candidate(home, CATALOG).release
    half = home.candidates / "20260101T000000Z-killed00"
    half.mkdir()
    (half / "warehouse.duckdb").touch()
    record(home, 2, OTHER_RATES)
    second = build_candidate(home, CATALOG).release
    assert sorted(home.candidates.iterdir()) == [second.folder]
    assert first.id != second.id


@pytest.mark.parametrize("change", ["lake", "ledger", "kind of origin"])
def test_every_input_moves_the_checksum(home: Home, change: str) -> None:
    before = collect_inputs(home, CATALOG).checksum
    if change == "lake":
        record(home, 2, OTHER_RATES)
    elif change == "ledger":
        record(home, 2, RATES)  # nothing changed in the lake, and the ledger says when it was asked
    else:
        (home.root / "origin.json").write_text('{"kind": "sandbox", "origin": "sandbox"}')
    assert collect_inputs(home, CATALOG).checksum != before


def test_the_dbt_project_moves_the_checksum(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "dbt_project"
    (project / "target").mkdir(parents=True)
    (project / "models.sql").write_text("select 1")
    monkeypatch.setattr("warehouse.inputs.DBT_PROJECT", project)
    before = collect_inputs(home, CATALOG).checksum
    (project / "target" / "manifest.json").write_text("dbt's own")
    assert collect_inputs(home, CATALOG).checksum == before
    (project / "models.sql").write_text("select 2")
    assert collect_inputs(home, CATALOG).checksum != before


def test_an_empty_lake_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match=r"the lake holds no figure.*braindrain ingest"):
        build_candidate(new_home(tmp_path / "empty"), CATALOG)


def test_a_dataset_without_a_file_has_an_empty_one_with_its_columns(home: Home) -> None:
    folder = build_candidate(home, CATALOG).release.folder / "inputs" / "empty"
    empty = duckdb.read_parquet(str(folder / "wb_wdi.parquet"))
    full = duckdb.read_parquet(str(next((home.lake / "wb_archive").glob("*.parquet"))))
    assert len(empty) == 0
    assert empty.columns[-4:] == ["change", "recorded_at", "published", "receipt"]
    archive = duckdb.read_parquet(str(folder / "wb_archive.parquet"))
    assert dict(zip(archive.columns, map(str, archive.types), strict=True)) == dict(
        zip(full.columns, map(str, full.types), strict=True)
    )


def test_a_failing_test_rejects_the_build_in_its_own_words(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    in_force = build_and_publish(home)
    record(home, 2, OTHER_RATES)
    failure = Node("rates_are_shares", "test", "fail", 0.1, "a rate is a share of a whole", "Got 3 results")

    def failing(*arguments: Any, **options: Any) -> DbtResult:
        result = small_dbt(*arguments, **options)
        return DbtResult(1, [*result.nodes, failure], result.keys, "")

    monkeypatch.setattr("warehouse.build.run_dbt", failing)
    with pytest.raises(BuildRejected, match=r"test rates_are_shares \(a rate is a share of a whole\): Got 3 results"):
        build_candidate(home, CATALOG)
    (rejected,) = home.rejected.iterdir()
    assert "rates_are_shares" in json.loads((rejected / "verdict.json").read_text())["what"]
    assert home.current.resolve() == in_force.folder.resolve()
    assert list(home.candidates.iterdir()) == []


def test_a_build_of_the_past_sees_nothing_recorded_later(home: Home) -> None:
    record(home, 2, OTHER_RATES)
    record(home, 3, {**OTHER_RATES, ("OMN", 2000): 0.4})
    past = build_as_of(home, CATALOG, datetime(2026, 1, 2, 12, tzinfo=UTC))
    rows = marts_of(past)["mart_skilled_emigration"]
    assert {row[0]: row[5] for row in rows} == {"GUY": 89.3, "JAM": 84.69, "OMN": 0.37}
    assert not home.current.exists()


def test_a_build_of_the_past_is_kept_and_used_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    record(home, 2, OTHER_RATES)
    first = build_as_of(home, CATALOG, datetime(2026, 1, 1, 12, tzinfo=UTC))
    release = build_and_publish(home)
    monkeypatch.setattr("warehouse.build.run_dbt", None)
    assert build_as_of(home, CATALOG, datetime(2026, 1, 1, 13, tzinfo=UTC)).id == first.id
    assert build_as_of(home, CATALOG, datetime(2026, 1, 5, tzinfo=UTC)).id == release.id


def test_what_was_rolled_back_does_not_come_again_by_itself(home: Home) -> None:
    build_and_publish(home, "20260101T000000Z-a")
    record(home, 2, OTHER_RATES)
    build_and_publish(home, "20260102T000000Z-b")
    rollback(home)
    candidate = build_candidate(home, CATALOG)
    assert (candidate.state, candidate.release_id) == ("rolled back", "20260102T000000Z-b")


def test_what_was_moved_into_place_and_never_put_in_force_still_waits(home: Home) -> None:
    build_and_publish(home, "20260101T000000Z-a")
    record(home, 2, OTHER_RATES)
    release = build_candidate(home, CATALOG, release_id="20260102T000000Z-b").release.with_facts(
        audits=[{"passed": True}]
    )
    release.folder.rename(home.releases / release.id)  # and here the process was killed
    mend(home)
    candidate = build_candidate(home, CATALOG)
    assert (candidate.state, candidate.release_id) == ("new", release.id)
    assert waiting_candidate(home) == candidate.release
    publish(home, candidate.release)
    assert read_release(home.current.resolve()).id == release.id


@pytest.mark.slow
def test_the_real_project_builds_from_one_dataset_alone(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warehouse.build.run_dbt", run_dbt)
    steps: list[tuple[str, int, int]] = []
    release = build_candidate(home, CATALOG, progress=lambda *step: steps.append(step)).release
    rates = {row[0]: row[5] for row in marts_of(release)["mart_skilled_emigration"]}
    assert (rates["GUY"], rates["OMN"]) == (89.24, 0.37)
    assert release.marts["mart_skilled_emigration"]["key"] == ["origin_iso3", "year", "sex", "method_id"]
    assert all(mart["comment"] and mart["key"] for mart in release.marts.values())
    assert steps[-1][2] == len(release.facts["dbt"])
    assert sorted(done for _, done, _ in steps) == list(range(1, steps[-1][2] + 1))
