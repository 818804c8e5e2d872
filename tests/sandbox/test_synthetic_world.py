"""The synthetic world: the same for the same seed, true to its own identities, revised only where declared."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from ingestion.catalog import Dataset, load_catalog
from sandbox.errors import SandboxError
from sandbox.worlds import Series
from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.economies import AGGREGATES, economies, places
from sandbox.worlds.synthetic.indicators import NEW_YEAR_IN_LATER_VINTAGES, RETIRED, REVISED_IN_LATER_VINTAGES, SERVED
from sandbox.worlds.synthetic.simulation import FIRST_YEAR, YEARS
from sandbox.worlds.synthetic.truth import write_truth

EVERY_ID = [indicator.id for indicator in (*SERVED, *RETIRED)]


@pytest.fixture(scope="module")
def world() -> SyntheticWorld:
    return SyntheticWorld()


@pytest.fixture(scope="module")
def later() -> SyntheticWorld:
    return SyntheticWorld(vintage=2)


def known(series: Series) -> dict[tuple[str, str], float]:
    """Figures that are not null, by (place, year)."""
    return {
        (place.code, year): float(cell)
        for place, row in zip(series.places, series.cells, strict=True)
        for year, cell in zip(series.years, row, strict=True)
        if cell != "null"
    }


def indicator_datasets() -> list[Dataset]:
    """The datasets of the World Bank that hold indicators."""
    return [dataset for dataset in load_catalog().source("world_bank").datasets if dataset.part_column]


def test_it_offers_exactly_what_the_catalog_asks_for(world: SyntheticWorld) -> None:
    asked = {part.id for dataset in indicator_datasets() for part in dataset.parts}
    assert asked == set(EVERY_ID)
    archived = {part.id for part in load_catalog().dataset("wb_archive").parts}
    assert archived <= {indicator for indicator in EVERY_ID if world.status(indicator) == "retired"}


def test_each_indicator_stands_under_the_source_that_the_catalog_names(world: SyntheticWorld) -> None:
    for dataset in indicator_datasets():
        for part in dataset.parts if "source" in dataset.parameters else ():
            if world.status(part.id) == "served":
                assert world.series(part.id).source_id == dataset.parameters["source"], part.id


@pytest.mark.parametrize("seed", [1, 2])
def test_every_figure_is_within_the_bounds_of_the_catalog(seed: int) -> None:
    world = SyntheticWorld(seed)
    for dataset in indicator_datasets():
        for part in dataset.parts:
            values = known(world.series(part.id)).values()
            assert len(values) >= part.value_floor, part.id
            assert part.bounds.minimum is None or min(values) >= part.bounds.minimum, part.id
            assert part.bounds.maximum is None or max(values) <= part.bounds.maximum, part.id


def test_the_same_seed_gives_the_same_world_and_another_seed_another(world: SyntheticWorld) -> None:
    again, other = SyntheticWorld(), SyntheticWorld(seed=2)
    for indicator in EVERY_ID:
        assert again.series(indicator) == world.series(indicator), indicator
        assert other.series(indicator).cells != world.series(indicator).cells, indicator
    assert again.listing("country") == world.listing("country")


def test_a_later_vintage_changes_what_it_declares_and_nothing_else(
    world: SyntheticWorld, later: SyntheticWorld
) -> None:
    for indicator in SERVED:
        before, after = world.series(indicator.id), later.series(indicator.id)
        is_declared = indicator.id in NEW_YEAR_IN_LATER_VINTAGES | REVISED_IN_LATER_VINTAGES
        assert (before.cells != after.cells) == is_declared, indicator.id
        assert (before.last_updated < after.last_updated) == (indicator.source_id == "2"), indicator.id
        assert (before.places, before.years) == (after.places, after.years), indicator.id
    for indicator in RETIRED:
        assert world.series(indicator.id) == later.series(indicator.id), indicator.id


def test_a_revision_touches_the_newest_years_only_and_by_little(world: SyntheticWorld, later: SyntheticWorld) -> None:
    before, after = known(world.series("SH.DYN.MORT")), known(later.series("SH.DYN.MORT"))
    changed = {key for key in before if before[key] != after[key]}
    assert before.keys() == after.keys()
    assert {year for _, year in changed} == {"2021", "2022", "2023"}
    assert all(after[key] == pytest.approx(before[key], rel=0.1, abs=0.11) for key in changed)


def test_a_new_year_keeps_the_past_as_it_was(world: SyntheticWorld, later: SyntheticWorld) -> None:
    before, after = known(world.series("SP.POP.TOTL")), known(later.series("SP.POP.TOTL"))
    assert {year for _, year in after.keys() - before.keys()} == {"2025"}
    assert before.items() <= after.items()


def test_the_source_list_agrees_with_the_series(later: SyntheticWorld) -> None:
    dates = {entry["id"]: entry["lastupdated"] for entry in later.listing("source") or []}
    for indicator in EVERY_ID:
        series = later.series(indicator)
        assert series.last_updated == dates[series.source_id]


def test_population_moves_by_births_deaths_and_migration_alone(world: SyntheticWorld) -> None:
    it = world.simulation
    expected = it.population + it.births - it.deaths + it.net_migration
    np.testing.assert_allclose(it.population[:, 1:], expected[:, :-1], rtol=1e-12)
    np.testing.assert_allclose(it.net_migration.sum(axis=0), 0, atol=1e-3)
    assert it.population.min() > 0 and it.residents.min() > 0


def test_people_are_counted_once(world: SyntheticWorld) -> None:
    it = world.simulation
    np.testing.assert_allclose(it.emigrants.sum(axis=1), it.immigrants.sum(axis=1), rtol=1e-9)
    stock, year = it.stocks[2000], 2000 - FIRST_YEAR
    np.testing.assert_allclose(stock.sum(axis=(1, 3)), it.emigrants[:, :, year], rtol=1e-9)
    np.testing.assert_allclose(stock.sum(axis=(1, 2)), it.immigrants[:, :, year], rtol=1e-9)
    np.testing.assert_allclose(it.refugees_by_origin.sum(axis=0), it.refugees_by_asylum.sum(axis=0), rtol=1e-9)
    np.testing.assert_allclose(it.remittances_paid.sum(axis=0), it.remittances_received.sum(axis=0), rtol=1e-9)


def test_skilled_emigration_is_the_share_of_the_stocks(world: SyntheticWorld) -> None:
    it, year = world.simulation, 2000 - FIRST_YEAR
    abroad, home = it.emigrants[2, :, year], it.residents[2, :, year]
    rates = dict(zip(economies().codes, 100 * abroad / (abroad + home), strict=True))
    published = known(world.series("SM.EMI.TERT.ZS"))
    listed = [code for code in economies().codes if (code, "2000") in published]
    assert len(listed) > 190
    for code in listed:
        assert published[code, "2000"] == pytest.approx(rates[code], rel=1e-12)
    assert {year for _, year in published} == {"1990", "2000"}
    assert min(rates.values()) < 1 and max(rates.values()) > 70


def test_shares_agree_with_what_they_are_shares_of(world: SyntheticWorld) -> None:
    stock, people, share = (known(world.series(name)) for name in ("SM.POP.TOTL", "SP.POP.TOTL", "SM.POP.TOTL.ZS"))
    assert len(share) > 2000
    for key, value in share.items():
        # stock and population are rounded to whole persons, the share is not
        assert value == pytest.approx(100 * stock[key] / people[key], abs=100 / people[key])


def test_remittances_agree_with_their_share_of_the_product(world: SyntheticWorld) -> None:
    names = ("BX.TRF.PWKR.CD.DT", "NY.GDP.PCAP.CD", "SP.POP.TOTL", "BX.TRF.PWKR.DT.GD.ZS")
    dollars, per_head, people, share = (known(world.series(name)) for name in names)
    both = [key for key in share if key in dollars and key in per_head]
    assert len(both) > 5000
    for key in both:
        assert share[key] == pytest.approx(100 * dollars[key] / (per_head[key] * people[key]), rel=1e-4)


def test_aggregates_are_the_sums_of_their_members(world: SyntheticWorld) -> None:
    entries = {entry["id"]: entry for entry in world.listing("country") or []}
    people = known(world.series("SP.POP.TOTL"))
    for group, field in (("SSF", "region"), ("HIC", "incomeLevel"), ("IDX", "lendingType")):
        members = [code for code in economies().codes if entries[code][field]["id"] == group]
        total = sum(people[code, "2015"] for code in members)
        assert people[group, "2015"] == pytest.approx(total, abs=len(members))
    assert people["WLD", "2015"] == pytest.approx(sum(people[code, "2015"] for code in economies().codes), abs=217)
    assert not any(place == "INX" for place, _ in people)


def test_an_aggregate_of_rates_is_weighted(world: SyntheticWorld) -> None:
    truth = world.truth("SH.MED.PHYS.ZS").values
    it = world.simulation
    row = [place.code for place in places()].index("WLD")
    np.testing.assert_allclose(truth[row], 1000 * it.physicians.sum(axis=0) / it.population.sum(axis=0), rtol=1e-12)


def test_poor_economies_have_more_holes_than_rich_ones(world: SyntheticWorld) -> None:
    entries = {entry["id"]: entry["incomeLevel"]["id"] for entry in world.listing("country") or []}
    figures = known(world.series("GB.XPD.RSDV.GD.ZS"))

    def mean(group: str) -> float:
        codes = {code for code in economies().codes if entries[code] == group}
        return sum(code in codes for code, _ in figures) / len(codes)

    assert 0 < mean("LIC") < 0.6 * mean("HIC")


def test_scale_multiplies_persons_and_leaves_rates_and_row_counts(world: SyntheticWorld) -> None:
    tenfold = SyntheticWorld(scale=10)
    before, after = known(world.series("SP.POP.TOTL")), known(tenfold.series("SP.POP.TOTL"))
    assert before.keys() == after.keys()
    assert all(after[key] == pytest.approx(10 * before[key], rel=1e-3) for key in before)
    rates, same = known(world.series("SM.EMI.TERT.ZS")), known(tenfold.series("SM.EMI.TERT.ZS"))
    assert all(same[key] == pytest.approx(rates[key], rel=1e-6) for key in rates)


@pytest.mark.parametrize("asked", [{"vintage": 0}, {"scale": 0}, {"seed": -1}])
def test_a_world_that_cannot_be_is_refused(asked: dict[str, int]) -> None:
    with pytest.raises(SandboxError, match="out of range"):
        SyntheticWorld(**asked)


def test_truth_is_written_in_full_precision(
    world: SyntheticWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two indicators stand for all: writing the 650,000 rows of all of them takes three seconds.
    two = tuple(indicator for indicator in SERVED if indicator.id in ("SP.POP.TOTL", "SH.MED.PHYS.ZS"))
    monkeypatch.setattr("sandbox.worlds.synthetic.truth.SERVED", two)
    monkeypatch.setattr("sandbox.worlds.synthetic.truth.RETIRED", ())
    monkeypatch.setattr("sandbox.worlds.synthetic.truth.SMALLEST_STOCK", 1000.0)
    written = {path.name: path for path in write_truth(world, tmp_path)}
    assert {"SP.POP.TOTL.csv", "SH.MED.PHYS.ZS.csv", "margins.csv", "economies.csv", "stocks_2000.csv"} <= set(written)
    with written["SP.POP.TOTL.csv"].open(encoding="utf-8") as lines:
        rows = {(row["iso3"], row["year"]): row["value"] for row in csv.DictReader(lines)}
    assert len(rows) == (217 + len(AGGREGATES)) * len(YEARS)
    position = economies().codes.index("ROU")
    assert float(rows["ROU", "2000"]) == world.simulation.population[position, 2000 - FIRST_YEAR]
    assert rows["INX", "2000"] == ""
    with written["stocks_2000.csv"].open(encoding="utf-8") as lines:
        stocks = list(csv.DictReader(lines))
    first = stocks[0]
    origin, destination = (economies().codes.index(first[name]) for name in ("origin_iso3", "destination_iso3"))
    assert float(first["persons"]) == world.simulation.stocks[2000][0, 0, origin, destination]
