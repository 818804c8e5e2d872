"""What drives people out and draws them in: against the simulated truth, published figures, and no row lost."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ingestion.origin import PROJECT_ROOT
from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.academic import (
    FRAGILITY_INDICATORS,
    _democracy,
    _fragility,
    _freedom,
    _indicators,
)
from sandbox.worlds.synthetic.economies import INCOME_GROUPS, REGIONS, economies
from sandbox.worlds.synthetic.frozen_files import WGI_DIMENSIONS, WGI_FIRST_YEAR, _ranked
from sandbox.worlds.synthetic.ilo import AREAS, EARNINGS
from sandbox.worlds.synthetic.simulation import FIRST_YEAR
from tests.marts.warehouse import Warehouse

PUSH = ["opportunity", "stability", "economy", "health", "religion"]
PULL = ["pay", "career", "freedom", "living"]
SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"
PERCEPTION_KEY = ["iso3", "year", "index_code"]
PERCEPTION = ["score", "score_low", "score_high", "standard_error"]
DEMOCRACY = {"v2x_libdem", "v2x_polyarchy", "v2x_partipdem", "v2x_delibdem", "v2x_egaldem", "v2clrelig"}
WITH_BOUNDS = {"v2x_libdem", "v2clrelig"}
"""Indices of V-Dem whose bounds are loaded."""


def z_scores(values: pd.Series) -> pd.Series:
    """The recipe of decision 0008 on figures by country and year: winsorised per year, standardised on 2010-2019."""
    by_year = values.groupby("year")
    winsorised = values.clip(by_year.transform("quantile", 0.025), by_year.transform("quantile", 0.975))
    reference = winsorised[winsorised.index.get_level_values("year").isin(range(2010, 2020))]
    return (winsorised - reference.mean()) / reference.std(ddof=0)


def seed(name: str) -> list[dict[str, str]]:
    """The rows of a seed."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def sent(world: SyntheticWorld, code: str) -> dict[tuple[str, int], float]:
    """What the World Bank sends of an indicator, by economy and year."""
    series = world.series(code)
    return {
        (place.code, int(year)): float(cell)
        for place, cells in zip(series.places, series.cells, strict=True)
        for year, cell in zip(series.years, cells, strict=True)
        if cell != "null" and not place.is_aggregate
    }


def frame(rows: list[dict[str, Any]], *key: str) -> pd.DataFrame:
    """Rows under their key, in its order; unknown figures are NaN."""
    return pd.DataFrame(rows).set_index([*key]).sort_index()


def transformed(values: pd.Series, transform: str, people: pd.Series) -> pd.Series:
    """Figures of an indicator, in the order of their years, as the composite takes them."""
    if transform == "log":
        return values[values > 0].map(math.log)
    if transform == "per_1000_persons":
        return (1000 * values / people).dropna()
    if transform == "five_year_mean":
        means = values.groupby("iso3").rolling(5).mean().droplevel(0)
        # five figures in a row that are not of five years in a row make no mean
        first = values.index.to_frame(index=False).groupby("iso3")["year"].shift(4)
        of_five_years: pd.Series = means[first.to_numpy() == values.index.get_level_values("year") - 4]
        return of_five_years
    return values


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


def test_factors_scores_and_ranks_follow_the_recipe(sandbox: Warehouse, world: SyntheticWorld) -> None:
    founded = {
        row["iso3"]: int(row["valid_from"][:4] or 0) for row in seed("country") if row["entity_type"] == "sovereign"
    }

    def figures(code: str, source: str) -> pd.Series:
        """Figures of sovereign economies, of V-Dem from the year the state began."""
        if source == "world_bank":
            known = sent(world, code)
        elif source == "vdem":
            query = "select iso3, year, score from fct_perception where index_code = $code and score is not null"
            scores = sandbox.tuples(query, code=code)
            known = {(iso3, year): score for iso3, year, score in scores if year >= founded.get(iso3, 0)}
        else:
            earnings = sandbox.tuples(
                """
                select iso3, year, monthly_earnings from fct_earnings_by_occupation
                where sex = 'T' and occupation = '2' and currency = 'PPP' and monthly_earnings is not null
                """
            )
            known = {(iso3, year): monthly for iso3, year, monthly in earnings}
        of_states = {key: value for key, value in known.items() if key[0] in founded}
        return pd.Series(of_states).rename_axis(["iso3", "year"]).sort_index()

    people = figures("SP.POP.TOTL", "world_bank")
    z: dict[str, pd.Series] = {}
    signed: dict[str, list[pd.Series]] = {}
    for component in seed("push_pull_component"):
        code, factor = component["indicator_code"], component["factor"]
        if code not in z:
            z[code] = z_scores(transformed(figures(code, component["source_id"]), component["transform"], people))
        signed.setdefault(factor, []).append(int(component["sign"]) * z[code])
    factors = pd.DataFrame({factor: pd.concat(parts, axis=1).mean(axis=1) for factor, parts in signed.items()})
    sides = {"push": PUSH, "pull": [*PULL, "religious_freedom"]}
    enough = {side: factors[names].notna().sum(axis=1) >= 3 for side, names in sides.items()}
    scores = {side: factors[names].mean(axis=1).where(enough[side]) for side, names in sides.items()}
    balance = scores["push"] - scores["pull"]

    of_reference = factors[factors.index.get_level_values("year").isin(range(2010, 2020))]
    weighted, geometric = {}, {}
    for side, names in sides.items():
        loadings = np.linalg.eigh(of_reference[names].corr().to_numpy())[1][:, -1]
        weights = pd.Series(loadings**2, index=names)
        weighted[side] = (factors[names] * weights).sum(axis=1) / (factors[names].notna() * weights).sum(axis=1)
        geometric[side] = np.exp(-np.log1p(np.exp(-factors[names].clip(-30, 30))).mean(axis=1))
    balances = {
        "equal": balance,
        "principal component": weighted["push"] - weighted["pull"],
        "geometric": geometric["push"] - geometric["pull"],
    }
    for name in sides["push"]:
        balances[f"without {name}"] = factors[sides["push"]].drop(columns=name).mean(axis=1) - scores["pull"]
    for name in sides["pull"]:
        balances[f"without {name}"] = scores["push"] - factors[sides["pull"]].drop(columns=name).mean(axis=1)
    ranked = pd.DataFrame(balances)[balance.notna()]
    ranks = ranked.groupby("year").rank(method="min", ascending=False)
    n_ranked = ranked.index.get_level_values("year").map(Counter(ranked.index.get_level_values("year")))

    expected = (
        factors[PUSH + PULL]
        .add_prefix("z_")
        .assign(
            push_score=scores["push"],
            pull_score=scores["pull"],
            balance=balance,
            n_indicators_present=pd.concat(z, axis=1).notna().sum(axis=1),
            n_indicators_total=len(z),
            weight_set_id="equal_factors_reference_2010_2019",
            rank=ranks["equal"],
            rank_min=ranks.min(axis=1),
            rank_max=ranks.max(axis=1),
            n_weightings=ranks.count(axis=1),
            n_ranked=pd.Series(n_ranked, index=ranked.index),
        )
    )
    found = frame(
        sandbox.rows(f"select iso3, year, {', '.join(expected.columns)} from mart_push_pull_country_year"),
        "iso3",
        "year",
    )
    assert len(found) > 10000
    pd.testing.assert_frame_equal(found, expected.sort_index(), check_dtype=False, rtol=1e-9, atol=1e-9)


def test_corridors_are_the_difference_of_their_ends(sandbox: Warehouse) -> None:
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
    ends = pd.DataFrame(sandbox.rows("select * from mart_push_pull_country_year where year >= 1990"))
    corridors = pd.DataFrame(
        [(*pair, persons) for pair, persons in largest.items() if persons >= 1000],
        columns=["origin_iso3", "destination_iso3", "largest_stock_persons"],
    )
    pairs = corridors.merge(ends, left_on="origin_iso3", right_on="iso3").merge(
        ends, left_on=["destination_iso3", "year"], right_on=["iso3", "year"], suffixes=("_here", "_there")
    )
    pairs = pairs.set_index(["origin_iso3", "destination_iso3", "year"]).sort_index()

    def differential(column: str, sign: int) -> pd.Series:
        """What is more in the destination (1) or in the origin (-1)."""
        more: pd.Series = sign * (pairs[f"{column}_there"] - pairs[f"{column}_here"])
        return more

    factors = pd.DataFrame(
        {name: differential(f"z_{name}", -1) for name in PUSH} | {name: differential(f"z_{name}", 1) for name in PULL}
    ).dropna(how="all")
    sides = pd.DataFrame({"push": differential("push_score", -1), "pull": differential("pull_score", 1)})
    expected = factors.join(sides.assign(total=sides["push"] + sides["pull"])).add_suffix("_differential")
    expected["n_favourable_factors"] = (factors > 0).sum(axis=1)
    expected["dominant_factor"] = factors.idxmax(axis=1).where(factors.max(axis=1) > 0, "none")
    expected["largest_stock_persons"] = pairs["largest_stock_persons"]
    found = frame(sandbox.rows("select * from mart_push_pull_corridor"), "origin_iso3", "destination_iso3", "year")[
        [*expected.columns]
    ]
    found["dominant_factor"] = found["dominant_factor"].fillna("none")
    assert len(found) > 3000
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=1e-9, atol=1e-12)


COMPARED = {
    "net_migration_per_1000": ("Net migration per 1000 inhabitants", "per 1000 persons", "SM.POP.NETM"),
    "refugees_from_per_1000": ("Refugees from the country per 1000 inhabitants", "per 1000 persons", "SM.POP.RHCR.EO"),
    "refugees_hosted_per_1000": ("Refugees in the country per 1000 inhabitants", "per 1000 persons", "SM.POP.RHCR.EA"),
    "outbound_mobility_ratio_pct": (
        "Students abroad over tertiary students at home",
        "percent",
        "select iso3, year, value from fct_indicator_value where indicator_code = 'MOR.5T8.40510'",
    ),
    "inbound_mobility_rate_pct": (
        "Students from abroad over tertiary students",
        "percent",
        "select iso3, year, value from fct_indicator_value where indicator_code = 'MSEP.5T8'",
    ),
    "skilled_emigration_iab_2013_pct": (
        "Skilled emigration rate, Brücker, Capuano and Marfouk 2013",
        "percent",
        "select origin_iso3, year, 100 * value from fct_skilled_emigration"
        " where method_id = 'iab_2013' and sex = 'T' and education = 'high' and measure = 'rate'",
    ),
    "scholars_in_per_1000": (
        "Scholars who came per 1000 active",
        "per 1000 scholars",
        "select iso3, year, in_moves_per_1000 from mart_scientist_mobility where database = 'mpidr_scopus'",
    ),
    "scholars_out_per_1000": (
        "Scholars who left per 1000 active",
        "per 1000 scholars",
        "select iso3, year, out_moves_per_1000 from mart_scientist_mobility where database = 'mpidr_scopus'",
    ),
    "scholars_net_per_1000": (
        "Balance of scholars per 1000 active",
        "per 1000 scholars",
        "select iso3, year, net_moves_per_1000 from mart_scientist_mobility where database = 'mpidr_scopus'",
    ),
    **{
        f"medical_drain_{profession}_{collection}_pct": (
            f"Medical brain-drain rate of {profession}, collection {collection}",
            "percent",
            "select origin_iso3, year, 100 * mbd_rate from mart_medical_drain"
            f" where profession = '{profession}' and collection = '{collection}'",
        )
        for profession, collection in (("doctors", "adovor"), ("doctors", "oecd"), ("nurses", "oecd"))
    },
    **{
        f"overqualification_gap_{group}_pp": (
            f"Over-qualification of citizens {whence} less that of nationals",
            "percentage points",
            "select iso3, year, oq_gap_pp from mart_brain_waste where sex = 'T' and age_band = 'Y20-64'"
            f" and basis = 'citizenship' and origin_group = '{group}'",
        )
        for group, whence in (("eu", "of other EU members"), ("non_eu", "from outside the EU"))
    },
    **{
        measure: (
            title,
            "standard deviations of 2010-2019",
            f"select iso3, year, {column} from mart_push_pull_country_year",
        )
        for measure, title, column in (
            ("push_score", "Push score", "push_score"),
            ("pull_score", "Pull score", "pull_score"),
            ("push_pull_balance", "Push score less pull score", "balance"),
        )
    },
}
"""Measure -> its title, its unit, and its figures: of an indicator per 1000 inhabitants, or of another table."""


def test_groups_are_compared_by_the_figures_of_their_members(sandbox: Warehouse, world: SyntheticWorld) -> None:
    people = sent(world, "SP.POP.TOTL")
    measures = {
        row["measure"]: (row["title"], row["unit"], sent(world, row["indicator_code"]))
        for row in seed("ranking_measure")
        # heads, dollars and applications say how large a country is
        if row["indicator_code"] and row["unit"] not in ("persons", "current US$", "applications")
    }
    for measure, (title, unit, source) in COMPARED.items():
        if source.startswith("select"):
            values = {(iso3, year): value for iso3, year, value in sandbox.tuples(source) if value is not None}
        else:
            values = {key: 1000 * value / people[key] for key, value in sent(world, source).items() if people.get(key)}
        measures[measure] = (title, unit, values)

    # each member with its first and its last day; regions and income groups are those of the publisher's newest list
    groups = {
        row["group_code"]: (row["group_name"], row["group_kind"], row["composition"]) for row in seed("country_group")
    }
    members = [
        (row["group_code"], row["iso3"], row["valid_from"], row["valid_to"]) for row in seed("country_group_member")
    ]
    listed = economies()
    for kind, named, of_economy in (
        ("region", REGIONS, listed.regions),
        ("income", INCOME_GROUPS, world._income_groups),
    ):
        groups |= {code: (name, kind, "one_list") for code, (_, name) in named.items()}
        members += [(code, iso3, "", "") for iso3, code in zip(listed.codes, of_economy, strict=True)]
    years = {year for _, _, values in measures.values() for _, year in values}
    of_year: dict[tuple[str, int], list[str]] = {}
    for (group, iso3, first, last), year in product(members, years):
        if first <= (day := f"{year}-12-31") and (last or day) >= day:
            of_year.setdefault((group, year), []).append(iso3)

    found = {
        (row["group_code"], row["year"], row["measure"]): row
        for row in sandbox.rows("select * from mart_group_comparison")
    }
    for (group, year), group_members in of_year.items():
        everyone = sum(people.get((iso3, year), 0) for iso3 in group_members)
        for measure, (title, unit, values) in measures.items():
            known = [iso3 for iso3 in group_members if (iso3, year) in values]
            if not known:
                continue
            row = found.pop((group, year, measure))
            figures = np.array([values[iso3, year] for iso3 in known])
            weights = np.array([people.get((iso3, year), 0) for iso3 in known])
            assert (row["group_name"], row["group_kind"], row["composition"]) == groups[group]
            assert (row["measure_title"], row["unit"]) == (title, unit)
            assert (row["n_members"], row["n_with_figure"]) == (len(group_members), len(known))
            expected = {
                "simple_mean": figures.mean(),
                "median": np.median(figures),
                "smallest": figures.min(),
                "largest": figures.max(),
                "weighted_mean": np.average(figures, weights=weights) if weights.sum() else None,
                "population_coverage_share": weights.sum() / everyone if everyone else None,
            }
            for column, value in expected.items():
                same = None if value is None else pytest.approx(value, abs=1e-9)
                assert row[column] == same, (group, year, measure, column)
    assert found == {}


def perceived(world: SyntheticWorld) -> pd.DataFrame:
    """Every score of every index as its publisher sends it, with bounds and standard error where they are loaded."""
    rows: list[tuple[Any, ...]] = []
    fragility = pd.read_csv(io.BytesIO(_fragility(world)), compression="gzip")
    for iso3, year, rank, total, code, _, score in fragility.itertuples(index=False):
        if code in FRAGILITY_INDICATORS:
            rows.append((iso3, year, f"fsi_{code.lower()}", score, np.nan, np.nan, np.nan))
        if code == "C1":
            rows.append((iso3, year, "fsi_total", total, np.nan, np.nan, np.nan))
            rows.append((iso3, year, "fsi_rank", rank, np.nan, np.nan, np.nan))
    for table in (_democracy(world), _indicators(world)):
        scores = pd.read_csv(io.BytesIO(table), compression="zip").rename(columns={"country_text_id": "iso3"})
        for index in DEMOCRACY & {*scores.columns}:
            bounds = [f"{index}_codelow", f"{index}_codehigh"]
            loaded = scores[bounds] if index in WITH_BOUNDS else scores[bounds] * np.nan
            columns = (scores["iso3"], scores["year"], scores[index], loaded[bounds[0]], loaded[bounds[1]])
            rows += [(iso3, year, index, *figures, np.nan) for iso3, year, *figures in zip(*columns, strict=True)]
    for dimension in WGI_DIMENSIONS:
        indicator = f"GOV_WGI_{dimension.upper()}.EST"
        estimates = sent(world, indicator)
        codes = [place.code for place in world.series(indicator).places if not place.is_aggregate]
        for year in sorted({year for _, year in estimates if year >= WGI_FIRST_YEAR}):
            published = _ranked([estimates.get((iso3, year)) for iso3 in codes])
            for iso3, (estimate, error, _, *ranks) in zip(codes, published, strict=True):
                if estimate != "..":
                    rows.append((iso3, year, f"wgi_{dimension}", estimate, np.nan, np.nan, error))
                    rows.append((iso3, year, f"wgi_{dimension}_rank", *ranks, np.nan))
    scores = pd.DataFrame(rows, columns=[*PERCEPTION_KEY, *PERCEPTION]).dropna(subset="score")
    kinds = ("sovereign", "territory", "dissolved")
    countries = [row["iso3"] for row in seed("country") if row["entity_type"] in kinds]
    return scores[scores["iso3"].isin(countries)]


def test_perception_is_what_the_publishers_of_the_simulation_send(sandbox: Warehouse, world: SyntheticWorld) -> None:
    expected = perceived(world)
    indices = pd.read_csv(SEEDS / "perception_index.csv", index_col="index_code")
    expected = expected.join(indices, on="index_code")
    expected["goodness"] = expected["score"].where(expected["is_higher_better"], -expected["score"])
    of_year = expected.groupby(["index_code", "year"])["goodness"]
    expected = expected.assign(rank_from_worst=of_year.rank(method="min"), n_scored=of_year.transform("size"))
    scores = expected.set_index(PERCEPTION_KEY)["score"]
    before = [(iso3, year - 5, index) for iso3, year, index in scores.index]
    expected["change_5y"] = expected["score"] - scores.reindex(before).to_numpy()
    expected = expected.drop(columns="goodness").set_index(PERCEPTION_KEY).sort_index()
    columns = [*PERCEPTION_KEY, *expected.columns]
    found = frame(sandbox.rows(f"select {', '.join(columns)} from mart_perception"), *PERCEPTION_KEY)
    assert set(indices.index) == set(found.index.get_level_values("index_code"))
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=1e-9, atol=1e-9)


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
