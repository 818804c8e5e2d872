"""The vocabulary and the historical waves: each concept leads to a column that exists, each event to its dates."""

from __future__ import annotations

import csv
from collections import Counter
from typing import Any

import yaml

from tests.marts.warehouse import Warehouse
from warehouse.inputs import DBT_PROJECT

LATIN = dict(zip("абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš", strict=True))
LATIN |= {"љ": "lj", "њ": "nj", "џ": "dž"}
# What the accounts of the field name; a concept that is dropped fails here by its name.
TOLD = {
    *("brain_drain", "organisational_brain_drain", "geographical_brain_drain", "industrial_brain_drain", "brain_gain"),
    *("brain_circulation", "brain_waste", "return_migration", "lack_of_opportunity", "political_instability"),
    *("economic_depression", "health_risk", "religious_persecution", "pay", "career", "freedom", "political_stability"),
    *(
        "standard_of_living",
        "religious_freedom",
        "family_abroad",
        "preferences",
        "physicians",
        "scientists",
        "students",
    ),
    *("remittances", "diaspora", "labour_supply", "historical_waves", "perception"),
}


def seed(name: str) -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def columns_of_marts() -> set[tuple[str, str]]:
    """Every mart with every column, as the contracts declare them."""
    models: list[dict[str, Any]] = [
        model
        for path in (DBT_PROJECT / "models" / "marts").rglob("*.yml")
        for model in yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader).get("models", [])
    ]
    return {(model["name"], column["name"]) for model in models for column in model["columns"]}


def test_every_concept_leads_to_a_column_that_exists() -> None:
    concepts = {row["concept_id"]: (row["mart"], row["column_name"]) for row in seed("concept")}
    columns = columns_of_marts()
    assert {concept: place for concept, place in concepts.items() if place not in columns} == {}


def test_every_concept_of_the_field_is_there_in_every_language() -> None:
    concepts = seed("concept")
    assert {row["concept_id"] for row in concepts} >= TOLD
    assert [row["concept_id"] for row in concepts if not all(row.values())] == []
    for column in ("term_en", "term_ro", "term_sr", "term_uk"):
        assert [term for term, n in Counter(row[column] for row in concepts).items() if n > 1] == [], column


def test_both_serbian_scripts_say_the_same() -> None:
    pairs = [(row[f"{kind}_sr"], row[f"{kind}_sr_latn"]) for row in seed("concept") for kind in ("term", "definition")]
    pairs += [(row["event_name_sr"], row["event_name_sr_latn"]) for row in seed("historical_wave")]
    for cyrillic, latin in pairs:
        assert "".join(LATIN.get(letter, letter) for letter in cyrillic.lower()) == latin.lower()


def test_destinations_of_the_waves_are_countries() -> None:
    countries = {row["iso3"] for row in seed("country") if row["entity_type"] in ("sovereign", "territory")}
    for row in seed("historical_wave"):
        assert {*row["destinations"].split("; ")} <= countries, row["event_id"]


def test_waves_show_the_figures_around_their_dates(recorded: Warehouse) -> None:
    """Jamaica's stock is counted here a second way, from the pairs of the Global Bilateral Migration Database."""
    before, after = (
        recorded.value(
            "select sum(persons) from fct_migrant_stock"
            f" where dataset_id = 'gbmd_bilateral' and origin_iso3 = 'JAM' and year = {year}"
        )
        for year in (1960, 1990)
    )
    found = recorded.rows("select * from mart_historical_wave where event_id = 'caribbean_after_1962'")
    jamaica = next(row for row in found if row["origin_iso3"] == "JAM")
    assert (jamaica["emigrant_stock_before_year"], jamaica["emigrant_stock_after_year"]) == (1960, 1990)
    assert (jamaica["emigrant_stock_before_persons"], jamaica["emigrant_stock_after_persons"]) == (before, after)
    assert len(seed("historical_wave")) == recorded.value("select count(*) from mart_historical_wave")


def test_refugees_of_ukraine_are_those_of_unhcr(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        largest = warehouse.value(
            """
            select max(persons) from (
                select sum(persons) as persons from fct_displacement
                where measure = 'refugees' and origin_iso3 = 'UKR' and year between 2022 and 2027 group by year
            )
            """
        )
        found = warehouse.value(
            "select refugees_peak_persons from mart_historical_wave where event_id = 'ukraine_2022'"
        )
        assert found == largest
