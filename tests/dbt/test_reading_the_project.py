"""The dbt project is read once per version of it; where a build finds its lake is told anew each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse import dbt_child


def test_what_was_parsed_serves_the_next_build_and_another_lake(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(dbt_child, "PARSED", tmp_path / "target" / "parsed")
    monkeypatch.setenv("BRAINDRAIN_INPUTS", "inputs")
    monkeypatch.setenv("BRAINDRAIN_BUILD", str(tmp_path / "warehouse.duckdb"))
    monkeypatch.setenv("BRAINDRAIN_LAKE", "one lake")
    first = dbt_child.read_project()
    assert first is not None
    (kept,) = (tmp_path / "target" / "parsed").iterdir()
    monkeypatch.setattr(dbt_child, "dbtRunner", None)
    monkeypatch.setenv("BRAINDRAIN_LAKE", "another's lake")
    second = dbt_child.read_project()
    assert second is not None
    assert second.nodes.keys() == first.nodes.keys()
    assert second.macros.keys() == first.macros.keys()
    lakes = {source.meta["lake"] for source in second.sources.values() if "lake" in source.meta}
    assert lakes == {"another''s lake"}
    assert [each for each in kept.parent.iterdir() if each != kept] == []


def test_another_version_of_the_project_is_read_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    parsed = tmp_path / "target" / "parsed"
    parsed.mkdir(parents=True)
    (parsed / "of an earlier version").write_bytes(b"")
    fresh = tmp_path / "fresh"
    fresh.write_bytes(b"parsed")
    monkeypatch.setattr(dbt_child, "PARSED", parsed)
    dbt_child.keep(fresh, parsed / "of this version")
    assert [each.name for each in parsed.iterdir()] == ["of this version"]
    assert (parsed / "of this version").read_bytes() == b"parsed"
