"""The seeds against CLDR, the catalog and, where they are, the recorded figures."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import yaml
from babel import Locale

from ingestion.catalog import load_catalog
from tests.dbt.made_up_lake import read_seed
from tests.shared_data import SHARED_DATA, needs_shared_data
from warehouse.inputs import DBT_PROJECT

LOCALES = {"name_en": "en", "name_ro": "ro", "name_sr": "sr", "name_sr_latn": "sr_Latn", "name_uk": "uk"}
# What CLDR has no name for: the publisher's joint row of two islands, dissolved states, residuals.
NOT_IN_CLDR = {"CHI", "SUN", "YUG", "SCG", "CSK", "DDR", "ANT", "YMD", "XXA", "XXX", "XOT"}
# Aggregates for which CLDR has a name of the very same group.
CLDR_GROUPS = {"WLD": "001", "AFR": "002", "EUU": "EU", "EMU": "EZ"}
COUNTRIES = read_seed("country")


@pytest.mark.parametrize("column", LOCALES)
def test_names_are_those_of_cldr(column: str) -> None:
    territories = Locale.parse(LOCALES[column]).territories
    codes = {row["iso3"]: CLDR_GROUPS.get(row["iso3"]) or row["iso2"] for row in COUNTRIES}
    named = [row for row in COUNTRIES if codes[row["iso3"]] and row["iso3"] not in NOT_IN_CLDR]
    assert len(named) == 249 + 1 + len(CLDR_GROUPS)
    differing = {
        row["iso3"]: (row[column], territories[codes[row["iso3"]]])
        for row in named
        if row[column] != territories[codes[row["iso3"]]]
    }
    assert differing == {}


def test_every_country_has_a_name_in_every_language() -> None:
    countries = [row for row in COUNTRIES if row["entity_type"] != "aggregate"]
    assert [row["iso3"] for row in countries if not all(row[column] for column in LOCALES)] == []


def test_entities_are_counted() -> None:
    by_type: dict[str, int] = {}
    for row in COUNTRIES:
        by_type[row["entity_type"]] = by_type.get(row["entity_type"], 0) + 1
    # 193 members of the United Nations, its two observers, Kosovo and Taiwan
    assert by_type["sovereign"] == 197
    assert by_type["sovereign"] + by_type["territory"] == 249 + 2
    assert by_type["dissolved"] == 7
    assert by_type["residual"] == 3


@pytest.mark.parametrize("column", ["iso3", "iso2", "m49"])
def test_codes_of_countries_are_unique(column: str) -> None:
    # ISO gave CS to Czechoslovakia, then again to Serbia and Montenegro
    codes = [
        row[column] for row in COUNTRIES if row[column] and (column != "iso2" or row["entity_type"] != "dissolved")
    ]
    assert sorted({code for code in codes if codes.count(code) > 1}) == []


def test_seeds_name_only_countries_there_are() -> None:
    known = {row["iso3"] for row in COUNTRIES}
    assert {row["iso3"] for row in read_seed("country_code")} <= known
    for row in read_seed("country_succession"):
        assert {row["predecessor_iso3"], row["successor_iso3"]} <= known


def test_dissolved_states_have_an_end_and_successors() -> None:
    succeeded = {row["predecessor_iso3"]: row["succeeded_on"] for row in read_seed("country_succession")}
    for row in COUNTRIES:
        assert bool(row["valid_to"]) == (row["entity_type"] == "dissolved"), row["iso3"]
        if row["valid_to"]:
            assert succeeded[row["iso3"]] == row["valid_to"]


def test_methods_components_and_measures_are_those_of_the_catalog() -> None:
    parts = {part.id: part for dataset in load_catalog().datasets for part in dataset.parts}
    components = read_seed("push_pull_component")
    assert {row["indicator_code"] for row in components if row["source_id"] == "world_bank"} <= set(parts)
    assert {row["indicator_code"] for row in read_seed("ranking_measure") if row["indicator_code"]} <= set(parts)
    assert {part.method for part in parts.values() if part.method} == {row["method_id"] for row in read_seed("method")}


def test_factors_are_those_the_models_compute() -> None:
    variables = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    components = read_seed("push_pull_component")
    for side in ("push", "pull"):
        assert {row["factor"] for row in components if row["side"] == side} == set(variables[f"{side}_factors"])


@needs_shared_data
def test_every_recorded_code_is_mapped() -> None:
    mapped = {(row["code_system"], row["source_code"]) for row in read_seed("country_code")}
    folder = SHARED_DATA / "world_bank"
    listed = json.loads((folder / "metadata" / "country.element1.json").read_text(encoding="utf-8"))
    found = {("world_bank_id", entry["id"]) for entry in listed}
    found |= {("world_bank_iso2code", entry["iso2Code"]) for entry in listed}
    for path in (*(folder / "wdi_2013_csv").glob("*.csv"), *(folder / "wdi_csv").glob("*.csv")):
        found |= {("world_bank_id", code) for code in _country_codes(path)}
    assert len(found) > 2 * 296
    assert sorted(found - mapped) == []


def _country_codes(path: Path) -> set[str]:
    """The values of column Country Code, which stands below a preamble in newer files."""
    with path.open(encoding="utf-8-sig", newline="") as handle:
        lines = list(csv.reader(handle))
    start = next(index for index, line in enumerate(lines) if line[:1] == ["Country Name"])
    return {line[1] for line in lines[start + 1 :] if len(line) > 1}
