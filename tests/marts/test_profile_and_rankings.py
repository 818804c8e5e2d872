"""The profile and the rankings: against the simulated truth, and against the marts they are made from."""

from __future__ import annotations

import csv
import re
from collections import defaultdict

import numpy as np
import pytest

from ingestion.origin import PROJECT_ROOT
from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.economies import INCOME_GROUPS, REGIONS, economies
from sandbox.worlds.synthetic.indicators import SERVED
from tests.marts.warehouse import Warehouse
from warehouse.inputs import DBT_PROJECT

FIRST_YEAR = 1960
ROUND_TO = {indicator.id: indicator.round_to for indicator in SERVED}
WORLD_BANK_COLUMNS = {
    "population_persons": "SP.POP.TOTL", "labour_force_persons": "SL.TLF.TOTL.IN",
    "immigrant_stock_persons": "SM.POP.TOTL", "net_migration_persons": "SM.POP.NETM",
    "refugees_hosted_persons": "SM.POP.RHCR.EA", "refugees_from_persons": "SM.POP.RHCR.EO",
    "tertiary_enrolment_persons": "SE.TER.ENRL", "immigrant_share_pct": "SM.POP.TOTL.ZS",
    "remittance_usd": "BX.TRF.PWKR.CD.DT", "remittance_pct_gdp": "BX.TRF.PWKR.DT.GD.ZS",
    "remittance_paid_usd": "BM.TRF.PWKR.CD.DT", "tertiary_enrolment_gross_pct": "SE.TER.ENRR",
    "researchers_per_million": "SP.POP.SCIE.RD.P6", "technicians_per_million": "SP.POP.TECH.RD.P6",
    "rd_spending_pct_gdp": "GB.XPD.RSDV.GD.ZS", "resident_patent_applications": "IP.PAT.RESD",
    "physicians_per_1000": "SH.MED.PHYS.ZS", "nurses_per_1000": "SH.MED.NUMW.P3",
    "health_spending_per_capita_usd": "SH.XPD.CHEX.PC.CD", "under_5_mortality_per_1000": "SH.DYN.MORT",
    "life_expectancy_years": "SP.DYN.LE00.IN", "unemployment_pct": "SL.UEM.TOTL.ZS",
    "unemployment_advanced_pct": "SL.UEM.ADVN.ZS", "youth_not_in_work_or_training_pct": "SL.UEM.NEET.ZS",
    "gdp_growth_pct": "NY.GDP.MKTP.KD.ZG", "gdp_per_capita_usd": "NY.GDP.PCAP.CD",
    "gdp_per_capita_ppp_2021_usd": "NY.GDP.PCAP.PP.KD", "inflation_pct": "FP.CPI.TOTL.ZG",
    "tertiary_spending_per_student_pct_gdp_per_capita": "SE.XPD.TERT.PC.ZS",
    "control_of_corruption_estimate": "GOV_WGI_CC.EST", "government_effectiveness_estimate": "GOV_WGI_GE.EST",
    "political_stability_estimate": "GOV_WGI_PV.EST", "rule_of_law_estimate": "GOV_WGI_RL.EST",
    "regulatory_quality_estimate": "GOV_WGI_RQ.EST", "voice_and_accountability_estimate": "GOV_WGI_VA.EST",
}  # fmt: skip
OF_THE_YEAR = {
    "return_ratio": "select iso3, year, return_ratio from mart_circulation_country_year",
    "gl_index": "select iso3, year, gl_index from mart_circulation_country_year",
    "scholar_net_per_1000": "select iso3, year, net_moves_per_1000 from mart_scientist_mobility "
    "where database = 'mpidr_scopus'",
    "push_score": "select iso3, year, push_score from mart_push_pull_country_year",
    "pull_score": "select iso3, year, pull_score from mart_push_pull_country_year",
    "fsi_human_flight_score": "select iso3, year, score from fct_perception where index_code = 'fsi_e3'",
    "students_outbound_persons": "select iso3, year, value from fct_indicator_value "
    "where indicator_code = 'OE.5T8.40510'",
    "students_inbound_persons": "select iso3, year, value from fct_indicator_value where indicator_code = '26637'",
    "outbound_mobility_ratio_pct": "select iso3, year, value from fct_indicator_value "
    "where indicator_code = 'MOR.5T8.40510'",
}
OF_ROUNDS: dict[tuple[str, ...], str] = {
    ("skilled_emigration_rate", "rate_year", "rate_method"): "select origin_iso3, year, method_id, rate_high "
    "from mart_skilled_emigration where sex = 'T'",
    (
        "skilled_emigrants_persons",
        "skilled_emigrants_year",
        "skilled_emigrants_method",
    ): "select origin_iso3, year, method_id, emigrants_high from mart_skilled_emigration where sex = 'T'",
    ("openness_rate",): "select origin_iso3, year, method_id, openness from mart_skilled_emigration where sex = 'T'",
    ("schooling_gap",): "select origin_iso3, year, method_id, schooling_gap from mart_skilled_emigration "
    "where sex = 'T'",
    ("emigrant_stock_persons", "emigrant_stock_year"): "select origin_iso3, year, dataset_id, persons "
    "from fct_migrant_stock_aggregate where dataset_id = 'undesa_stock_by_origin' and sex = 'T' "
    "and destination_iso3 = 'WLD'",
    ("net_skilled_stock_persons", "net_skilled_stock_year"): "select iso3, year, 'oecd_dioc', net from mart_brain_gain "
    "where sex = 'T'",
    ("medical_brain_drain_rate", "medical_year", "medical_method"): "select origin_iso3, year, collection, mbd_rate "
    "from mart_medical_drain where profession = 'doctors'",
}
"""The figure, and its year and method where the profile shows them, by the table of all rounds."""


def test_the_profile_names_every_country_and_its_groups(sandbox: Warehouse, world: SyntheticWorld) -> None:
    """Names are those of the seed; region and income group are those that the publisher puts the country into."""
    with (DBT_PROJECT / "seeds" / "country.csv").open(encoding="utf-8", newline="") as handle:
        names = {row["iso3"]: row["name_en"] for row in csv.DictReader(handle)}
    listed = economies()
    expected = {
        (code, names[code], REGIONS[region][1], INCOME_GROUPS[income][1])
        for code, region, income in zip(listed.codes, listed.regions, world._income_groups, strict=True)
    }
    shown = sandbox.tuples(
        "select distinct iso3, country_name, region_name, income_group_name from mart_country_year_profile"
    )
    assert {*shown} == expected


@pytest.mark.parametrize("column", WORLD_BANK_COLUMNS)
def test_the_profile_shows_the_truth_as_the_world_bank_rounds_it(
    column: str, sandbox: Warehouse, world: SyntheticWorld
) -> None:
    indicator = WORLD_BANK_COLUMNS[column]
    truth = world.truth(indicator).values
    rows = sandbox.tuples(f"select iso3, year, {column} from mart_country_year_profile where {column} is not null")
    assert len(rows) > 300
    decimals = ROUND_TO[indicator]
    step = 0.500001 * 10.0 ** -(decimals if decimals is not None else 9)
    if column.endswith("_persons"):
        step = 1.000001  # the publisher rounds, and the mart shows whole people
    for iso3, year, value in rows:
        expected = truth[economies().positions(iso3)[0], year - FIRST_YEAR]
        assert value == pytest.approx(expected, abs=step, rel=1e-12), (iso3, year)


@pytest.mark.parametrize("column", OF_THE_YEAR)
def test_the_profile_shows_the_figure_of_the_very_year(column: str, sandbox: Warehouse) -> None:
    there = {key: value for key, (value,) in sandbox.by_key(OF_THE_YEAR[column], n_key=2).items() if value is not None}
    here = sandbox.by_key(
        f"select iso3, year, {column} from mart_country_year_profile where {column} is not null", n_key=2
    )
    assert here.keys() == there.keys()
    assert there
    for key, (value,) in here.items():
        assert value == pytest.approx(there[key], abs=0.5001 if column.endswith("_persons") else 1e-12), key


@pytest.mark.parametrize("columns", OF_ROUNDS, ids=[columns[0] for columns in OF_ROUNDS])
def test_the_profile_carries_the_newest_round_and_says_its_year_and_method(
    columns: tuple[str, ...], sandbox: Warehouse
) -> None:
    rounds: dict[str, list[tuple[int, str, float]]] = defaultdict(list)
    for iso3, year, method, value in sandbox.tuples(OF_ROUNDS[columns]):
        if value is not None:
            rounds[iso3].append((-year, method, value))
    step = 0.5001 if columns[0].endswith("_persons") else 1e-12
    n_carried = 0
    for iso3, year, *shown in sandbox.tuples(f"select iso3, year, {', '.join(columns)} from mart_country_year_profile"):
        so_far = [known for known in rounds[iso3] if -known[0] <= year]
        if not so_far:
            assert shown == [None] * len(columns), (iso3, year)
            continue
        # Of several methods in one year the first by name.
        negative_year, method, value = min(so_far)
        expected = [pytest.approx(value, abs=step, rel=1e-12), -negative_year, method]
        assert shown == expected[: len(columns)], (iso3, year)
        n_carried += -negative_year < year
    assert n_carried > 100


def test_shares_and_the_rate_in_per_cent_follow(sandbox: Warehouse) -> None:
    rows = sandbox.rows("select * from mart_country_year_profile")
    for row in rows:
        stock, people = row["emigrant_stock_persons"], row["population_persons"]
        if stock is None or not people:
            assert row["emigrant_share"] is None
        else:
            assert row["emigrant_share"] == pytest.approx(stock / (stock + people), rel=1e-6)
        rate = row["skilled_emigration_rate"]
        assert row["skilled_emigration_rate_pct"] == (None if rate is None else pytest.approx(100 * rate, abs=0.00501))
        net = row["net_migration_persons"]
        if net is not None and people:
            assert row["net_migration_per_1000"] == pytest.approx(1000 * net / people, rel=1e-5, abs=1e-6)


def test_ranks_are_those_of_the_figures_that_are_eligible(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        groups: dict[tuple[str, int], list[tuple[float, int, float]]] = defaultdict(list)
        ranked = "select measure, year, value, rank_desc, percentile from mart_rankings where is_ranked"
        for measure, year, value, rank, percentile in warehouse.tuples(ranked):
            groups[measure, year].append((value, rank, percentile))
        assert len(groups) > 300
        for key, members in groups.items():
            values = np.array([value for value, _, _ in members])
            for value, rank, percentile in members:
                assert rank == 1 + int((values > value).sum()), key
                if len(values) > 1:
                    assert percentile == pytest.approx(100 * (values < value).sum() / (len(values) - 1)), key


def test_every_measure_keeps_every_figure_and_says_why_one_is_not_ranked(sandbox: Warehouse) -> None:
    lost = sandbox.tuples(
        """
        select measure, iso3, year from intermediate.int_compared_measures
        except select measure, iso3, year from mart_rankings
        """
    )
    assert lost == []
    reasons = {reason for (reason,) in sandbox.tuples("select distinct eligibility_reason from mart_rankings")}
    assert reasons == {
        "eligible",
        "population below 100,000",
        "population of the year is not known",
        "fewer than 30 countries have a figure for the year",
    }


def test_which_share_and_how_many_left_are_both_ranked(sandbox: Warehouse) -> None:
    measures = {measure for (measure,) in sandbox.tuples("select distinct measure from mart_rankings")}
    assert {"skilled_emigration_dlm_2009_pct", "skilled_emigrants_dlm_2009_persons"} <= measures
    assert any(re.fullmatch(r"medical_.*_pct", measure) for measure in measures)
    assert (PROJECT_ROOT / "docs" / "questions" / "02-rankings.md").exists()
