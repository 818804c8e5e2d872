"""The push-pull composite against the same recipe written a second time, in pandas and numpy."""

from __future__ import annotations

import math

import duckdb
import numpy as np
import pandas as pd
import pytest

from ingestion.home import Home
from tests.dbt.made_up_lake import ECONOMIES, ISO2, read_seed

REFERENCE = range(2010, 2020)
PUSH = ["opportunity", "stability", "economy", "health", "religion"]
PULL = ["pay", "career", "freedom", "living", "religious_freedom"]
ISO3 = {code: iso3 for iso3, code in ISO2.items()}


@pytest.fixture(scope="module")
def published(home: Home) -> pd.DataFrame:
    """Figures in force of sovereign economies: index iso3 and year, one column per indicator."""
    files = [str(path) for dataset in ("wb_wdi", "wb_wgi") for path in sorted((home.lake / dataset).glob("*.parquet"))]
    log = pd.concat([pd.read_parquet(path) for path in files]).sort_values("recorded_at", kind="stable")
    newest = log.drop_duplicates(["indicator_id", "country_id", "year"], keep="last")
    newest = newest[newest["change"] != "withdraw"].assign(iso3=lambda rows: rows["country_id"].map(ISO3))
    wide = newest[newest["iso3"].isin(ECONOMIES)].pivot(index=["iso3", "year"], columns="indicator_id", values="value")
    # the publisher has no successor of the refugee series, so the whole series it replaced stands in
    return wide.assign(**{"SM.POP.RHCR.EO": wide["SM.POP.REFG.OR"]})


@pytest.fixture(scope="module")
def factors(published: pd.DataFrame) -> pd.DataFrame:
    """The factors by the recipe: one column per factor, null where no indicator is present."""
    z_scores: dict[str, pd.Series] = {}
    means: dict[str, list[pd.Series]] = {factor: [] for factor in PUSH + PULL}
    for component in read_seed("push_pull_component"):
        code = component["indicator_code"]
        if code not in published:
            continue
        if code not in z_scores:
            z_scores[code] = _z_score(_transformed(published, code, component["transform"]))
        means[component["factor"]].append(int(component["sign"]) * z_scores[code])
    columns = {
        factor: pd.concat(series, axis=1).mean(axis=1) if series else pd.Series(np.nan, index=published.index)
        for factor, series in means.items()
    }
    return pd.DataFrame(columns)


def _transformed(published: pd.DataFrame, code: str, transform: str) -> pd.Series:
    values = published[code]
    if transform == "log":
        return values.map(math.log)
    if transform == "per_1000_persons":
        return 1000 * values / published["SP.POP.TOTL"]
    if transform == "five_year_mean":
        by_country = values.sort_index().groupby("iso3")
        return by_country.rolling(5).mean().droplevel(0)
    return values


def _z_score(values: pd.Series) -> pd.Series:
    by_year = values.groupby("year")
    winsorised = values.clip(by_year.transform("quantile", 0.025), by_year.transform("quantile", 0.975))
    reference = winsorised[winsorised.index.get_level_values("year").isin(REFERENCE)]
    return (winsorised - reference.mean()) / reference.std(ddof=0)


def _score(factors: pd.DataFrame, side: list[str]) -> pd.Series:
    return factors[side].mean(axis=1).where(factors[side].notna().sum(axis=1) >= 0.6 * len(side))


def _weights(factors: pd.DataFrame, side: list[str]) -> pd.Series:
    """Squared loadings of the first principal component over the reference years."""
    known = [factor for factor in side if factors[factor].notna().any()]
    reference = factors.loc[factors.index.get_level_values("year").isin(REFERENCE), known]
    _, vectors = np.linalg.eigh(reference.corr().to_numpy())
    return pd.Series(vectors[:, -1] ** 2, index=known).reindex(side).fillna(0.0)


def _balances(factors: pd.DataFrame) -> pd.DataFrame:
    """Push over pull under each weighting, for economies with both scores."""

    def weighted(side: list[str], weights: pd.Series) -> pd.Series:
        return (scored[side] * weights).sum(axis=1) / (scored[side].notna() * weights).sum(axis=1)

    def geometric(side: list[str]) -> pd.Series:
        logistic = 1 / (1 + np.exp(-scored[side]))
        return pd.Series(np.exp(np.log(logistic).mean(axis=1)), index=scored.index)

    scored = factors[_score(factors, PUSH).notna() & _score(factors, PULL).notna()]
    push, pull = scored[PUSH].mean(axis=1), scored[PULL].mean(axis=1)
    balances = {
        "equal": push - pull,
        "geometric": geometric(PUSH) - geometric(PULL),
        "principal_component": weighted(PUSH, _weights(factors, PUSH)) - weighted(PULL, _weights(factors, PULL)),
    }
    for factor in PUSH:
        balances[f"without_{factor}"] = scored[[name for name in PUSH if name != factor]].mean(axis=1) - pull
    for factor in PULL:
        balances[f"without_{factor}"] = push - scored[[name for name in PULL if name != factor]].mean(axis=1)
    return pd.DataFrame(balances)


def _mart(warehouse: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    return warehouse.sql("select * from mart_push_pull_country_year").df().set_index(["iso3", "year"]).sort_index()


@pytest.mark.parametrize("factor", [*PUSH, *PULL[:-1]])
def test_factor(factor: str, factors: pd.DataFrame, warehouse: duckdb.DuckDBPyConnection) -> None:
    expected = factors[factors.notna().any(axis=1)].sort_index()[factor]
    pd.testing.assert_series_equal(
        _mart(warehouse)[f"z_{factor}"], expected, check_names=False, check_dtype=False, atol=1e-9, rtol=0
    )


def test_scores_and_balance(factors: pd.DataFrame, warehouse: duckdb.DuckDBPyConnection) -> None:
    known = factors[factors.notna().any(axis=1)].sort_index()
    push, pull = _score(known, PUSH), _score(known, PULL)
    mart = _mart(warehouse)
    assert 0 < push.notna().sum() < len(push), "the made-up world must hold scores on both sides of the 60 %"
    for column, expected in {"push_score": push, "pull_score": pull, "balance": push - pull}.items():
        pd.testing.assert_series_equal(mart[column], expected, check_names=False, atol=1e-9, rtol=0)


def test_principal_component_weights(factors: pd.DataFrame, warehouse: duckdb.DuckDBPyConnection) -> None:
    found = dict(warehouse.sql("select factor, weight from intermediate.int_push_pull_pca_weights").fetchall())
    for side in (PUSH, PULL):
        expected = _weights(factors, side)
        assert expected.max() - expected[expected > 0].min() > 0.01, "weights that are all alike test nothing"
        assert {factor: found[factor] for factor in side} == pytest.approx(expected.to_dict(), abs=1e-6)


def test_ranks_under_every_weighting(factors: pd.DataFrame, warehouse: duckdb.DuckDBPyConnection) -> None:
    ranks = _balances(factors).round(9).groupby("year").rank(ascending=False, method="min").sort_index()
    mart = _mart(warehouse).dropna(subset=["rank"])
    assert len(mart) == len(ranks) > 100
    assert (mart["n_weightings"] == ranks.shape[1]).all()
    expected = {"rank": ranks["equal"], "rank_min": ranks.min(axis=1), "rank_max": ranks.max(axis=1)}
    for column, values in expected.items():
        pd.testing.assert_series_equal(mart[column], values, check_names=False, check_dtype=False)
    assert (mart["rank_min"] < mart["rank_max"]).any()
