"""Publishing: one rename puts a release in force, and everything that follows from it can be done twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from ingestion.errors import HomeError
from ingestion.home import Home
from tests.warehouse.made_up import CATALOG, PASSED, RATES, build_and_publish, new_home, record
from warehouse.build import build_candidate, release_lock
from warehouse.doors import pattern_of
from warehouse.publications import read_publications
from warehouse.publish import list_releases, mend, prune, publish, rollback
from warehouse.release import NothingPublished, Release, in_force

pytestmark = pytest.mark.usefixtures("without_dbt")


def publish_days(home: Home, days: range) -> list[Release]:
    """One release per day of January, each with another rate of Guyana."""
    releases = []
    for day in days:
        record(home, day, {**RATES, ("GUY", 2000): 80.0 + day / 10})
        releases.append(build_and_publish(home, f"202601{day:02}T000000Z-{day:08}"))
    return releases


def seen_by(connection: duckdb.DuckDBPyConnection) -> tuple[str, float]:
    """Release and rate of Guyana, as a BI tool sees them."""
    row = connection.execute(
        "select release_id, rate_high_pct from mart_skilled_emigration where origin_iso3 = 'GUY'"
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def test_an_open_connection_sees_the_next_release_and_the_one_before_again(home: Home) -> None:
    first, second = publish_days(home, range(2, 4))
    rollback(home)
    with duckdb.connect(str(home.marts_database)) as connection:
        assert seen_by(connection) == (first.id, 80.2)
        rollback(home, second.id)
        assert seen_by(connection) == (second.id, 80.3)
        (third,) = publish_days(home, range(4, 5))
        assert seen_by(connection) == (third.id, 80.4)


def test_publishing_twice_changes_nothing(home: Home) -> None:
    release = build_and_publish(home)
    file = home.marts_database.stat()
    assert publish(home, release).id == release.id
    assert len(read_publications(home)) == 1
    assert home.marts_database.stat().st_ino == file.st_ino


def test_views_are_rewritten_only_when_marts_changed(home: Home) -> None:
    publish_days(home, range(2, 3))
    before = home.marts_database.stat().st_ino
    publish_days(home, range(3, 5))
    assert home.marts_database.stat().st_ino == before


def test_views_carry_the_descriptions(home: Home) -> None:
    build_and_publish(home)
    with duckdb.connect(str(home.marts_database)) as connection:
        views = dict(connection.execute("select view_name, comment from duckdb_views() where not internal").fetchall())
        columns = dict(
            connection.execute("select column_name, comment from duckdb_columns() where comment <> ''").fetchall()
        )
    assert views["mart_skilled_emigration"] == "Who's abroad."
    assert columns == {"rate_high_pct": "Rate. Unit: percent. Source: catalog."}


def test_synthetic_figures_are_labelled_on_every_view(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home", "sandbox")
    record(home, 1)
    build_and_publish(home)
    with duckdb.connect(str(home.marts_database)) as connection:
        rows = connection.execute("select comment from duckdb_views() where not internal").fetchall()
    assert len(rows) == 4
    assert all(comment.startswith("SYNTHETIC") for (comment,) in rows)


def test_a_home_with_glob_letters_in_its_path_can_be_read(tmp_path: Path) -> None:
    home = new_home(tmp_path / "it's [one] * home, year=2000")
    record(home, 1)
    release = build_and_publish(home)
    with duckdb.connect(str(home.marts_database)) as connection:
        assert seen_by(connection) == (release.id, 89.24)
        columns = [row[0] for row in connection.execute("describe mart_skilled_emigration").fetchall()]
    assert columns == [column["name"] for column in release.marts["mart_skilled_emigration"]["columns"]]


def test_a_changed_column_reaches_new_connections_and_leaves_the_other_marts_of_open_ones(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.warehouse import made_up

    first = build_and_publish(home, "20260101T000000Z-a")
    with duckdb.connect(str(home.marts_database)) as opened:
        changed = made_up.MARTS.replace("value as rate_high_pct", "value::decimal(9, 4) as rate_high_pct")
        monkeypatch.setattr(made_up, "MARTS", changed)
        record(home, 2, {**RATES, ("GUY", 2000): 80.2})
        second = build_and_publish(home, "20260102T000000Z-b")
        assert seen_by(opened)[0] == first.id  # the shape it knows, as long as that publication is near
        assert opened.execute("select distinct release_id from dim_country").fetchall() == [(second.id,)]
    with duckdb.connect(str(home.marts_database)) as connection:
        assert seen_by(connection)[0] == second.id


def test_a_candidate_that_did_not_pass_its_audit_is_refused(home: Home) -> None:
    release = build_candidate(home, CATALOG).release
    with pytest.raises(HomeError, match="has not passed its audit"):
        publish(home, release)
    with pytest.raises(HomeError, match="has not passed its audit"):
        publish(home, release.with_facts(audits=[PASSED, {"check": "keys", "passed": False}]))
    assert not home.current.exists()


def test_rolling_back_goes_one_release_further_each_time(home: Home) -> None:
    releases = publish_days(home, range(2, 5))
    assert rollback(home).id == releases[1].id
    assert rollback(home).id == releases[0].id
    with pytest.raises(HomeError, match="no earlier release is kept"):
        rollback(home)
    assert in_force(home).id == releases[0].id


def test_rolling_back_to_what_is_not_kept_is_refused(home: Home) -> None:
    build_and_publish(home)
    with pytest.raises(HomeError, match=r"no release 'nowhere' is kept.*braindrain releases"):
        rollback(home, "nowhere")


def test_nothing_can_be_rolled_back_before_the_first_publication(home: Home) -> None:
    with pytest.raises(NothingPublished, match="nothing is published here yet"):
        rollback(home)


def test_pruning_keeps_the_newest_and_whatever_is_in_force(home: Home) -> None:
    releases = publish_days(home, range(2, 8))
    rollback(home, releases[0].id)
    gone = prune(home, keep=2)
    # In force is the oldest, before it was the newest, and the newest two are kept.
    assert gone == [release.id for release in releases[1:4]]
    assert [release.id for release in list_releases(home)] == [releases[index].id for index in (0, 4, 5)]
    with duckdb.connect(str(home.marts_database)) as connection:
        assert seen_by(connection)[0] == releases[0].id


def test_pruning_to_nothing_is_refused(home: Home) -> None:
    build_and_publish(home)
    with pytest.raises(HomeError, match="keep at least one"):
        prune(home, keep=0)


def test_old_doors_are_cleared(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    releases = publish_days(home, range(2, 4))
    monkeypatch.setattr("warehouse.doors.KEPT", 4)
    for _ in range(3):
        for release in releases:
            rollback(home, release.id)
    numbers = sorted(int(door.name) for door in (home.root / "doors").iterdir() if door.name.isdigit())
    assert numbers == [5, 6, 7, 8]
    assert len(read_publications(home)) == 8


def test_what_was_in_force_long_ago_is_not_found_and_can_still_be_opened(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.doors.FOUND_FOR", timedelta(0))
    releases = publish_days(home, range(2, 5))
    pattern = pattern_of(home, "mart_large", releases[-1].marts["mart_large"])
    (found,) = duckdb.execute("select file from glob($pattern)", {"pattern": pattern}).fetchall()
    assert found[0].endswith("99999996/" + Path(pattern).name)
    for number, release in enumerate(releases, start=1):
        path = Path(pattern.split("**")[0]) / str(99_999_999 - number) / Path(pattern).name
        assert path.resolve() == release.mart_file("mart_large").resolve()


def test_a_damaged_door_is_mended(home: Home) -> None:
    release = build_and_publish(home)
    (home.root / "doors" / "current").unlink()
    home.marts_database.unlink()
    mend(home)
    with duckdb.connect(str(home.marts_database)) as connection:
        assert seen_by(connection)[0] == release.id


def test_two_processes_cannot_publish_at_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warehouse.build.PATIENCE_SECONDS", 0.1)
    release = build_and_publish(home)
    with release_lock(home), pytest.raises(HomeError, match="another process is working on it"):
        publish(home, release)
