"""What drives people out and draws them in: against the simulated truth, published figures, and no row lost."""

from __future__ import annotations

import csv
from itertools import product

import numpy as np
import pandas as pd
import pytest

from ingestion.origin import PROJECT_ROOT
from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.academic import FRAGILITY_INDICATORS, _freedom
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.ilo import AREAS, EARNINGS
from sandbox.worlds.synthetic.simulation import FIRST_YEAR
from tests.marts.warehouse import Warehouse

PUSH = ["opportunity", "stability", "economy", "health", "religion"]
PULL = ["pay", "career", "freedom", "living"]


def z_scores(values: pd.Series) -> pd.Series:
    """The recipe of decision 0008 on figures by country and year: winsorised per year, standardised on 2010-2019."""
    by_year = values.groupby("year")
    winsorised = values.clip(by_year.transform("quantile", 0.025), by_year.transform("quantile", 0.975))
    reference = winsorised[winsorised.index.get_level_values("year").isin(range(2010, 2020))]
    return (winsorised - reference.mean()) / reference.std(ddof=0)


def test_religion_is_the_freedom_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    founded = dict(
        sandbox.tuples("select iso3, coalesce(year(valid_from), 0) from dim_country where entity_type = 'sovereign'")
    )
    scored = {
        iso3 for (iso3,) in sandbox.tuples("select distinct iso3 from fct_perception where index_code = 'v2clrelig'")
    }
    freedom = _freedom(world)
    # Taiwan is no economy of the simulation: the publisher has the mean of all there
    levels = dict(zip(economies().codes, freedom, strict=True)) | {"TWN": freedom.mean(axis=0)}
    figures = {
        (iso3, year): round(6 * (float(levels[iso3][year - FIRST_YEAR]) - 0.5), 3)
        for iso3, year in product(scored & founded.keys(), range(1980, 2025))
        if year >= founded[iso3]
    }
    index = pd.MultiIndex.from_tuples(figures, names=["iso3", "year"])
    expected = -z_scores(pd.Series(list(figures.values()), index=index))
    found = sandbox.by_key(
        "select iso3, year, z_religion from mart_push_pull_country_year where z_religion is not null", n_key=2
    )
    assert found.keys() == set(expected.index)
    for key, (z_religion,) in found.items():
        assert z_religion == pytest.approx(expected[key], abs=1e-9), key


def test_pay_counts_earnings_of_professionals(sandbox: Warehouse, world: SyntheticWorld) -> None:
    simulation = world.simulation
    at = [economies().codes.index(iso3) for iso3 in AREAS]
    in_ppp = simulation.income_current[at] / 12 * 1.05 * (simulation.income_ppp / simulation.income)[at] * EARNINGS[2]
    found = sandbox.by_key(
        """
        select iso3, year, value from intermediate.int_push_pull_figures
        where indicator_code = 'EAR_EMTM_SEX_OCU_CUR_NB'
        """,
        n_key=2,
    )
    assert len(found) > 200
    for (iso3, year), (earnings,) in found.items():
        assert earnings == pytest.approx(in_ppp[AREAS.index(iso3), year - FIRST_YEAR], abs=1e-3)
    # the mart's factor is the mean of the two logarithms' z-scores, where both are
    rows = sandbox.rows(
        """
        select iso3, year, max(case when indicator_code = 'EAR_EMTM_SEX_OCU_CUR_NB' then z_score end) as earnings,
            max(case when indicator_code = 'NY.GDP.PCAP.PP.KD' then z_score end) as income, any_value(z_pay) as z_pay
        from intermediate.int_push_pull_zscores inner join mart_push_pull_country_year using (iso3, year) group by all
        """
    )
    paid = z_scores(pd.Series({key: np.log(value) for key, (value,) in found.items()}).rename_axis(["iso3", "year"]))
    n_both = 0
    for row in rows:
        if row["earnings"] is not None:
            assert row["earnings"] == pytest.approx(paid[row["iso3"], row["year"]], abs=1e-9)
            n_both += row["income"] is not None
        known = [each for each in (row["earnings"], row["income"]) if each is not None]
        assert row["z_pay"] == (pytest.approx(np.mean(known), abs=1e-9) if known else None)
    assert n_both > 100


def test_corridors_are_the_difference_of_their_ends(sandbox: Warehouse) -> None:
    ends = {
        (row["iso3"], row["year"]): row
        for row in sandbox.rows("select * from mart_push_pull_country_year where year >= 1990")
    }
    stocks = sandbox.tuples(
        """
        select origin_iso3, destination_iso3, dataset_id, basis, year, sex, persons from fct_migrant_stock
        where persons is not null and origin_iso3 <> destination_iso3
        """
    )
    by_sex: dict[tuple[object, ...], dict[str, float]] = {}
    for *key, sex, persons in stocks:
        by_sex.setdefault(tuple(key), {})[sex] = persons
    largest: dict[tuple[object, object], float] = {}
    for (origin, destination, *_), sexes in by_sex.items():
        both = sexes.get("T", sexes["F"] + sexes["M"] if {"F", "M"} <= sexes.keys() else 0)
        largest[origin, destination] = max(largest.get((origin, destination), 0), both)
    pairs = set(sandbox.tuples("select distinct origin_iso3, destination_iso3 from mart_push_pull_corridor"))
    rows = sandbox.rows("select * from mart_push_pull_corridor where year in (1995, 2010, 2023)")
    assert len(rows) > 3000
    corridors = {pair for pair, persons in largest.items() if persons >= 1000}
    known = {
        (iso3, year) for iso3, year in ends if any(ends[iso3, year][f"z_{name}"] is not None for name in PUSH + PULL)
    }
    assert pairs == {
        (o, d) for o, d in corridors if any((o, year) in known and (d, year) in known for year in range(1990, 2026))
    }
    for row in rows:
        origin, destination = (ends[row[f"{end}_iso3"], row["year"]] for end in ("origin", "destination"))
        assert row["largest_stock_persons"] == pytest.approx(largest[row["origin_iso3"], row["destination_iso3"]])
        reasons = {}
        for name in PUSH + PULL:
            here, there = origin[f"z_{name}"], destination[f"z_{name}"]
            difference = None if here is None or there is None else (here - there if name in PUSH else there - here)
            assert row[f"{name}_differential"] == (None if difference is None else pytest.approx(difference, abs=1e-12))
            if difference is not None and difference > 0:
                reasons[name] = difference
        assert row["n_favourable_factors"] == len(reasons)
        assert row["dominant_factor"] == (max(reasons, key=lambda name: reasons[name]) if reasons else None)
        scores = [origin["push_score"], destination["push_score"], origin["pull_score"], destination["pull_score"]]
        push = None if None in scores[:2] else scores[0] - scores[1]
        pull = None if None in scores[2:] else scores[3] - scores[2]
        total = None if push is None or pull is None else push + pull
        for name, expected in (("push", push), ("pull", pull), ("total", total)):
            assert row[f"{name}_differential"] == (None if expected is None else pytest.approx(expected, abs=1e-12))


@pytest.mark.parametrize(
    ("measure", "indicator"), [("life_expectancy_years", "SP.DYN.LE00.IN"), ("physicians_per_1000", "SH.MED.PHYS.ZS")]
)
def test_means_of_groups_are_those_of_what_was_sent(
    measure: str, indicator: str, sandbox: Warehouse, world: SyntheticWorld
) -> None:
    def sent(code: str) -> dict[tuple[str, int], float]:
        series = world.series(code)
        return {
            (place.code, int(year)): float(cell)
            for place, cells in zip(series.places, series.cells, strict=True)
            for year, cell in zip(series.years, cells, strict=True)
            if cell != "null" and not place.is_aggregate
        }

    values, people = sent(indicator), sent("SP.POP.TOTL")
    with (PROJECT_ROOT / "dbt_project" / "seeds" / "country_group_member.csv").open(encoding="utf-8") as handle:
        members = list(csv.DictReader(handle))
    found = sandbox.rows(f"select * from mart_group_comparison where measure = '{measure}' and group_kind <> 'income'")
    n_compared = 0
    for row in found:
        last_day = f"{row['year']}-12-31"
        group = [
            member["iso3"]
            for member in members
            if member["group_code"] == row["group_code"]
            and member["valid_from"] <= last_day
            and (member["valid_to"] or last_day) >= last_day
        ]
        if not group:
            continue  # regions come from the publisher's list
        n_compared += 1
        known = [iso3 for iso3 in group if (iso3, row["year"]) in values]
        figures = np.array([values[iso3, row["year"]] for iso3 in known])
        weights = np.array([people.get((iso3, row["year"]), 0) for iso3 in known])
        everyone = sum(people.get((iso3, row["year"]), 0) for iso3 in group)
        assert (row["n_members"], row["n_with_figure"]) == (len(group), len(known))
        assert row["simple_mean"] == pytest.approx(figures.mean())
        assert row["median"] == pytest.approx(np.median(figures))
        assert (row["smallest"], row["largest"]) == (figures.min(), figures.max())
        assert row["weighted_mean"] == pytest.approx(np.average(figures, weights=weights))
        assert row["population_coverage_share"] == pytest.approx(weights.sum() / everyone)
    assert n_compared > 200


def test_perception_is_that_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    told = world.simulation
    at = np.arange(2006, 2024) - FIRST_YEAR
    rate = told.emigrants[2] / np.maximum(told.emigrants[2] + told.residents[2] - told.immigrants[2], 1)
    flight = np.round(np.clip(1 + 14 * np.sqrt(rate[:, at]), 0.3, 10), 1)
    codes = economies().codes
    found = sandbox.by_key(
        """
        select iso3, year, score, change_5y, rank_from_worst, n_scored from mart_perception where index_code = 'fsi_e3'
        """,
        n_key=2,
    )
    assert len({iso3 for iso3, _ in found}) == 179
    of_year = {
        year: np.array([figures[0] for (_, each), figures in found.items() if each == year]) for _, year in found
    }
    for (iso3, year), (score, change, rank, n_scored) in found.items():
        e, t = codes.index(iso3), year - 2006
        assert score == flight[e, t]
        assert change == (pytest.approx(flight[e, t] - flight[e, t - 5]) if t >= 5 else None)
        assert (rank, n_scored) == (1 + int((of_year[year] > score).sum()), len(of_year[year]))
    n_indices = sandbox.value("select count(distinct index_code) from mart_perception where index_code like 'fsi_%'")
    assert n_indices == len(FRAGILITY_INDICATORS) + 2


def test_no_row_is_lost(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        kept = warehouse.by_key(
            """
            select dataset_id, count(*) from (
                select dataset_id from fct_perception union all select dataset_id from fct_perception_aggregate
                union all select dataset_id from fct_earnings_by_occupation
                union all select dataset_id from fct_earnings_by_occupation_aggregate
            ) group by all
            """,
            n_key=1,
        )
        fragility = warehouse.in_force("fsi_indicators")
        # twelve scores a country and year, each row with the same total and rank, which stand once in the fact
        expected = {"fsi_indicators": fragility + 2 * fragility // 12}
        expected |= {"vdem_democracy": 5 * warehouse.in_force("vdem_democracy")}
        expected |= {"wgi_workbook": 2 * warehouse.in_force("wgi_workbook")}
        expected |= {each: warehouse.in_force(each) for each in ("vdem_religion", "ilo_earnings_by_occupation")}
        assert kept == {(dataset,): (n,) for dataset, n in expected.items() if n}


def test_perception_is_what_was_published(recorded: Warehouse) -> None:
    for iso3, index, year, score in (("ALB", "fsi_e3", 2023, 8.5), ("WSM", "fsi_e3", 2023, 10.0)):
        found = recorded.tuples(
            "select score from fct_perception where iso3 = $iso3 and index_code = $index and year = $year",
            **{"iso3": iso3, "index": index, "year": year},
        )
        assert found == [(score,)]


def test_members_of_groups_are_counted(recorded: Warehouse) -> None:
    def members(group: str, year: int) -> int:
        return int(
            recorded.value(
                """
                select count(*) from bridge_country_group
                where group_code = $group and (valid_from is null or year(valid_from) <= $year)
                and (valid_to is null or valid_to >= make_date($year, 12, 31))
                """,
                group=group,
                year=year,
            )
        )

    union = {1957: 0, 1972: 6, 1973: 9, 1986: 12, 1995: 15, 2004: 25, 2007: 27, 2013: 28, 2020: 27}
    assert {year: members("EU", year) for year in union} == union
    assert {year: members("OECD", year) for year in (1961, 1995, 2009, 2021)} == {
        1961: 19,
        1995: 26,
        2009: 30,
        2021: 38,
    }
    assert members("EU27_2020", 1990) == 27
    # parties other than the Union's members: Iceland, Liechtenstein, Norway
    assert members("EEA", 2024) == 27 + 3
    economies = recorded.value("select count(*) from dim_country where entity_type in ('sovereign', 'territory')")
    assert members("UN_DEVELOPED", 2024) + members("UN_DEVELOPING", 2024) == economies


def test_marts_keep_every_figure(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        assert warehouse.value("select count(*) from mart_perception") == warehouse.value(
            "select count(*) from fct_perception where score is not null"
        )
        # a country in a group and year is counted once for each measure
        assert warehouse.value("select sum(n_with_figure) from mart_group_comparison where group_code like 'UN_%'") == (
            warehouse.value(
                """
                select count(*) from intermediate.int_compared_measures inner join bridge_country_group using (iso3)
                where group_code like 'UN_%' and (valid_to is null or valid_to >= make_date(year, 12, 31))
                """
            )
        )


def test_ukraine_is_pushed_harder_towards_germany(recorded: Warehouse) -> None:
    found = recorded.by_key(
        """
        select destination_iso3, push_differential, pull_differential, religion_differential, dominant_factor
        from mart_push_pull_corridor
        where origin_iso3 = 'UKR' and destination_iso3 in ('DEU', 'POL') and year = 2023
        """,
        n_key=1,
    )
    assert found[("DEU",)][0] > found[("POL",)][0] > 1
    assert found[("DEU",)][1] > found[("POL",)][1] > 1
    assert found[("POL",)][2] is None, "freedom of religion is not among the recorded figures"
