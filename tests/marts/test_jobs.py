"""Job flows, talent and regions: against the simulated truth, against published figures, and no row lost on the way."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ingestion.origin import PROJECT_ROOT
from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.academic import (
    COUNTRIES,
    COUNTRIES_WITH_INDUSTRIES,
    INDUSTRIES,
    INDUSTRY_ROWS,
    ISIC_SECTIONS,
    SKILL_CATEGORIES,
    SKILL_GROUPS,
    SKILL_ROWS,
    TALENT_YEARS,
    _group_rows,
    _net_rates,
)
from sandbox.worlds.synthetic.economies import economies, places
from sandbox.worlds.synthetic.eurostat import ODDS, REGIONS, SURVEY_YEARS, _rng, adults
from sandbox.worlds.synthetic.lehd import (
    CROSS_QUARTERS,
    EDUCATIONS,
    FEWEST_JOBS_SHOWN,
    FEWEST_MOVES_SHOWN,
    LAST_CROSS_WITH_CELLS,
    PLACES,
    QUARTERS,
    SECTORS,
    SHARE_DISTORTED,
    SHARE_SAME_SIZE,
    SIZE_SHARES,
    STATES,
    YEARLY_GROWTH,
    _jobs,
)
from tests.marts.warehouse import Warehouse

Array = NDArray[np.float64]

FACTS = {
    "lehd_j2j_education": "fct_job_to_job_margin",
    "lehd_j2j_firm_size": "fct_job_to_job_margin",
    "lehd_j2jod": "fct_job_to_job_od",
    "lehd_j2jod_avail": "fct_job_to_job_window",
    "lehd_j2jod_firm_size": "fct_job_to_job_firm_size_od",
    "linkedin_country": "fct_talent_net",
    "linkedin_industry": "fct_talent_net",
    "linkedin_skill": "fct_talent_net",
}
"""Dataset -> the fact that keeps each of its rows."""

ISO3 = {
    "AT": "AUT", "BE": "BEL", "BG": "BGR", "CH": "CHE", "DE": "DEU", "EL": "GRC", "ES": "ESP", "FR": "FRA",
    "IT": "ITA", "NL": "NLD", "PL": "POL", "RO": "ROU", "SE": "SWE",
}  # fmt: skip
CAPITALS = {"AT13", "BE10", "BG41", "DE30", "EL30", "ES30", "FR10", "NL32", "PL91", "RO32", "SE11"}
LEVELS, INDUSTRY_CODES = ("E0", *EDUCATIONS), ("00", *SECTORS)
WHOLE_YEAR = slice(0, 4)
"""The four quarters of 2024; the fifth of QUARTERS opens a year of which no sum is known."""


# --- the publisher's way with a figure, told anew ------------------------------------------------------------


def fuzz(world: SyntheticWorld, purpose: str, n_rows: int) -> Array:
    """Factor of each row of a file: the few that are distorted are one percent too large."""
    drawn = np.random.default_rng([world.seed, 1003, *purpose.encode()]).random(n_rows)
    return np.where(drawn < SHARE_DISTORTED, 1.01, 1.0)


def with_totals(flow: Array, *axes: int) -> Array:
    """The sum over each of the axes, in front of its parts."""
    for axis in axes:
        flow = np.concatenate([flow.sum(axis=axis, keepdims=True), flow], axis=axis)
    return flow


def year(rounded: Array, shown: NDArray[np.bool_]) -> Array:
    """Sum of the four quarters on the last axis; unknown (NaN) where one of them is not shown."""
    seen: Array = np.where(shown, rounded, np.nan)[..., WHOLE_YEAR].sum(axis=-1)
    return seen


def counted(shown: NDArray[np.bool_], factor: Array, n_figures: int, n_late: int = 0) -> dict[int, Array]:
    """By year, on the last axis: quarters wholly shown, figures withheld and figures distorted.

    The late ones of the figures need a later quarter: of the newest they are neither shown nor withheld nor distorted.
    """
    distorted = shown & (factor > 1)
    on_time = n_figures - n_late
    whole = np.stack([shown, n_figures * ~shown, n_figures * distorted], axis=-1)[..., WHOLE_YEAR, :].sum(axis=-2)
    newest = np.stack([shown & (n_late == 0), on_time * ~shown, on_time * distorted], axis=-1)[..., -1, :]
    return {QUARTERS[0][0]: whole.astype(float), QUARTERS[-1][0]: newest.astype(float)}


def known_in(then: int, figures: Sequence[Any]) -> list[float]:
    """The annual figures; unknown (NaN) in the year of which only one quarter is published."""
    return [float(figure) if then == QUARTERS[0][0] else np.nan for figure in figures]


def sector_titles() -> dict[str, str]:
    """Industry -> its name."""
    with (PROJECT_ROOT / "dbt_project" / "seeds" / "naics_sector.csv").open(encoding="utf-8") as handle:
        return {row["industry"]: row["title"] for row in csv.DictReader(handle)}


def key_of(place: str) -> str:
    """How the marts spell a place of the publisher's."""
    return "USA" if place == "us" else f"US-{place.upper()}"


def same(found: Sequence[Any], truth: Sequence[float]) -> bool:
    """Whether the figures agree, and are unknown alike."""
    return [None if np.isnan(value) else pytest.approx(float(value), rel=1e-9, abs=1e-9) for value in truth] == list(
        found
    )


# --- job flows -----------------------------------------------------------------------------------------------


def flows_by_firm_size(
    world: SyntheticWorld, place: str, measures: Sequence[str]
) -> Iterator[tuple[str, str, dict[str, Array], dict[int, Array]]]:
    """Industry, firm size, annual sums and counts of a place's table; sizes split the private sectors alike."""
    jobs = _jobs(world).of(place)
    public = SECTORS.index("92")
    cells = [("00", size) for size in "012345N"]
    cells += [(sector, size) for sector in SECTORS for size in ("0N" if sector == "92" else "012345")]
    factors = fuzz(world, f"fs {place}", len(cells) * len(QUARTERS)).reshape(len(cells), len(QUARTERS))
    for (industry, size), factor in zip(cells, factors, strict=True):
        figures = {}
        for measure in measures:
            by_sector = jobs[measure].sum(axis=1)
            if size == "N":
                figures[measure] = by_sector[public]
            elif industry == "00":
                everyone = by_sector.sum(axis=0)
                figures[measure] = (
                    everyone if size == "0" else SIZE_SHARES[int(size) - 1] * (everyone - by_sector[public])
                )
            else:
                of_size = 1.0 if size == "0" else SIZE_SHARES[int(size) - 1]
                figures[measure] = of_size * by_sector[SECTORS.index(industry)]
        shown = figures["MainB"] >= FEWEST_JOBS_SHOWN
        sums = {name: year(np.round(flow * factor), shown) for name, flow in figures.items()}
        # no firm has a size in the newest quarter yet
        shown[-1] &= size in "0N"
        yield industry, size, sums, counted(shown, factor, len(measures), n_late=len({"AQSep", "J2JSep"} & {*measures}))


def test_flows_out_of_firms_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    found = sandbox.by_key(
        """
        select us_state, industry, firm_size, year, geo_level, industry_name, quarters_observed, suppressed_cells,
            distorted_cells, main_jobs_mean, main_separations, ee_separations, aq_separations,
            nonemployment_separations, j2j_hires, j2j_separations, net_moves, outflow_rate, inflow_rate,
            net_moves_per_1000, nonemployment_share
        from mart_job_flow_organisational
        """,
        n_key=4,
    )
    titles = sector_titles()
    measures = ("MainB", "MainE", "MSep", "EESep", "AQSep", "ENSep", "J2JHire", "J2JSep")
    for place in PLACES:
        for industry, size, sums, counts in flows_by_firm_size(world, place, measures):
            begin, end, left, to_job, after_spell, to_none, hired, moved = (sums[name] for name in measures)
            jobs = (begin + end) / 8
            rates = ((to_job + after_spell) / (4 * jobs), hired / (4 * jobs), 1000 * (hired - moved) / jobs)
            truth = (jobs, left, to_job, after_spell, to_none, hired, moved, hired - moved, *rates, to_none / left)
            labels = ("nation" if place == "us" else "state", titles[industry])
            for then, count in counts.items():
                row = found.pop((key_of(place), industry, size, then))
                assert row[:2] == labels, (place, industry, size)
                assert same(row[2:], [*count, *known_in(then, truth)]), (place, industry, size, then)
    assert found == {}
    assert sandbox.tuples(
        """
        select count(*) > 0, max(n_components_present),
            bool_and(missing_components like 'main_jobs_begin: % of 4 quarters observed%')
        from mart_job_flow_organisational where year = 2025
        """
    ) == [(True, 0, True)]


def test_pay_steps_out_of_industries_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    typical = _jobs(world).pay.mean()
    steps = sandbox.tuples(
        "select geo_level, min(pay_step_ratio_all_sizes), max(pay_step_ratio_all_sizes), count(*)"
        " from mart_job_flow_organisational where year = 2024 group by all order by all"
    )
    step = pytest.approx(np.round(1.02 * typical) / np.round(0.95 * typical), rel=2e-4)
    assert [row[:3] for row in steps] == [("nation", step, step), ("state", None, None)]


def test_moves_between_firm_sizes_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    jobs, sizes = _jobs(world), np.array(SIZE_SHARES)
    others = np.where(np.eye(5) == 1, 0.0, sizes[None, :])
    arrivals = (1 - SHARE_SAME_SIZE) * others / others.sum(axis=1, keepdims=True) + SHARE_SAME_SIZE * np.eye(5)
    shares = with_totals(sizes[:, None] * arrivals, 0, 1)
    shares[0, 0] = 1.0
    private = [sector != "92" for sector in SECTORS]
    hired = {name: float(jobs.flows[name][:, private, :, -1].sum()) for name in ("EEHire", "AQHire")}
    found = sandbox.by_key(
        """
        select year, origin_firm_size, destination_firm_size, step, quarters_observed, suppressed_cells,
            distorted_cells, moves, ee_moves, aq_moves, reverse_moves, net_moves, origin_moves, share_of_origin_moves
        from mart_job_flow_between_firm_sizes
        """,
        n_key=3,
    )
    for then in sorted({then for then, _ in CROSS_QUARTERS}):
        quarters = [quarter for quarter in CROSS_QUARTERS if quarter[0] == then]
        sums = {}
        for name, total in hired.items():
            rounded = np.round(YEARLY_GROWTH ** (then - QUARTERS[-1][0]) * total * shares)
            hidden = np.zeros((6, 6), dtype=bool)
            hidden[1:, 1:] = max(quarters) > LAST_CROSS_WITH_CELLS
            sums[name] = np.where(hidden | (len(quarters) < 4), np.nan, 4 * rounded)
        moves = sums["EEHire"] + sums["AQHire"]
        n_shown = len([quarter for quarter in quarters if quarter <= LAST_CROSS_WITH_CELLS])
        for target in range(6):
            for origin in range(6):
                is_cell = origin > 0 and target > 0
                observed = n_shown if is_cell else len(quarters)
                # moves of three kinds are withheld together, none is distorted
                counts = (observed, 3 * (len(quarters) - observed), 0)
                there, back, left = moves[target, origin], moves[origin, target], moves[0, origin]
                parts = (there, sums["EEHire"][target, origin], sums["AQHire"][target, origin])
                truth = (*counts, *parts, back, there - back, left, there / left)
                step, *known = found.pop((then, str(origin), str(target)))
                upwards = "larger" if origin < target else "smaller" if origin > target else "same"
                assert step == (upwards if is_cell else "margin"), (origin, target)
                assert same(known, truth), (then, origin, target)
    assert found == {}


def test_moves_between_industries_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    jobs = _jobs(world)
    shape = (len(INDUSTRY_CODES), len(INDUSTRY_CODES), len(LEVELS), len(QUARTERS))
    factor = fuzz(world, "od us", int(np.prod(shape))).reshape(shape)
    flows = {
        name: with_totals(np.einsum("ieq,ij->ijeq", jobs.of("us")[name], jobs.from_sector), 0, 1, 2)
        for name in ("EEHire", "AQHire")
    }
    shown = flows["EEHire"] >= FEWEST_MOVES_SHOWN
    ee, aq = (year(np.round(flow * factor), shown) for flow in flows.values())
    pay = np.pad(jobs.pay, ((1, 0), (1, 0)), mode="mean")[:, None, :, None]
    stable = np.round(flows["EEHire"] * 0.57 * factor)
    before, after = (year(stable * np.round(pay * step * factor), shown) / year(stable, shown) for step in (0.95, 1.02))
    main = with_totals(jobs.of("us")["MainB"], 0, 1)
    rows = (len(INDUSTRY_CODES) + 2) * len(LEVELS) * len(QUARTERS)
    main = year(np.round(main * fuzz(world, "se us", rows)[: main.size].reshape(main.shape)), main >= FEWEST_JOBS_SHOWN)
    moves = ee + aq
    found = sandbox.by_key(
        """
        select origin_industry, destination_industry, education, year, us_state, geo_level, origin_industry_name,
            destination_industry_name, is_margin, quarters_observed, suppressed_cells, distorted_cells, moves, ee_moves,
            aq_moves, reverse_moves, net_moves, origin_moves, origin_main_jobs_mean, out_rate, inter_industry_out_rate,
            retention_share, earnings_before_usd, earnings_after_usd, earnings_change_pct
        from mart_job_flow_industrial
        """,
        n_key=4,
    )
    # stable moves and the pay before and after them are known a quarter later than moves of either kind
    counts, titles = counted(shown, factor, 5, n_late=3), sector_titles()
    for (i, target), (j, origin), (e, level) in product(*map(enumerate, (INDUSTRY_CODES, INDUSTRY_CODES, LEVELS))):
        there, back, left = moves[i, j, e], moves[j, i, e], moves[0, j, e]
        kept = moves[j, j, e] if j else np.nan
        pays = (before[i, j, e], after[i, j, e], 100 * (after[i, j, e] / before[i, j, e] - 1))
        truth = (
            there, ee[i, j, e], aq[i, j, e], back, there - back, left, main[j, e] / 4, there / main[j, e],
            (left - kept) / main[j, e], kept / left, *pays,
        )  # fmt: skip
        labels = ("USA", "nation", titles[origin], titles[target], "00" in (origin, target))
        for then, count in counts.items():
            row = found.pop((origin, target, level, then))
            assert row[:5] == labels, (origin, target)
            assert same(row[5:], [*count[i, j, e], *known_in(then, truth)]), (origin, target, level, then)
    assert found == {}


def test_moves_between_states_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    jobs, places = _jobs(world), list(STATES)
    n = len(places)
    moves, parts, main = np.full((n, n + 1, 6), np.nan), np.full((2, n, n + 1, 6), np.nan), np.full((n + 1, 6), np.nan)
    counts = []
    for d, place in enumerate(["us", *places]):
        all_sectors = with_totals(jobs.of(place)["MainB"], 0, 1)
        rows = (len(INDUSTRY_CODES) + 2) * len(LEVELS) * len(QUARTERS)
        factor = fuzz(world, f"se {place}", rows)[: all_sectors.size].reshape(all_sectors.shape)
        main[d] = year(np.round(all_sectors * factor), all_sectors >= FEWEST_JOBS_SHOWN)[0]
    for d, place in enumerate(places):
        flows = [
            with_totals(np.einsum("eq,o->oeq", jobs.of(place)[name].sum(axis=0), jobs.from_state[d]), 0, 1)
            for name in ("EEHire", "AQHire")
        ]
        factor = fuzz(world, f"od {place}", flows[0].size).reshape(flows[0].shape)
        for p, flow in enumerate(flows):
            parts[p, d] = year(np.round(flow * factor), flows[0] >= FEWEST_MOVES_SHOWN)
        moves[d] = parts[:, d].sum(axis=0)
        counts.append(counted(flows[0] >= FEWEST_MOVES_SHOWN, factor, len(parts)))
    found = sandbox.by_key(
        """
        select origin_state, destination_state, education, year, is_margin, quarters_in_window, quarters_observed,
            suppressed_cells, distorted_cells, moves, ee_moves, aq_moves, reverse_moves, net_moves,
            origin_main_jobs_mean, destination_main_jobs_mean, out_rate, net_rate_per_1000
        from mart_job_flow_geographical
        """,
        n_key=4,
    )
    balances = sandbox.by_key(
        """
        select us_state, education, year, partner_states_shown, suppressed_cells, distorted_cells, main_jobs_mean,
            moves_within_state, arrivals_from_states, arrivals_shown, departures_shown, net_moves_shown,
            net_rate_per_1000, retention_share
        from mart_job_flow_state_balance
        """,
        n_key=3,
    )
    for d, place in enumerate(places):
        for e, level in enumerate(LEVELS):
            came, left, n_shown = 0.0, 0.0, 0
            jobs_here = main[d + 1, e] / 4
            for o, origin in enumerate(["us", *places]):
                there, back = moves[d, o, e], moves[o - 1, d + 1, e] if o else np.nan
                truth = (
                    there, *parts[:, d, o, e], back, there - back, main[o, e] / 4, jobs_here, there / main[o, e],
                    1000 * (there - back) / jobs_here,
                )  # fmt: skip
                for then, count in counts[d].items():
                    is_margin, in_window, *row = found.pop((key_of(origin), key_of(place), level, then))
                    assert is_margin == (origin == "us")
                    # the windows of all pairs open by 2003 and end with the newest quarter
                    assert in_window == len([quarter for quarter in QUARTERS if quarter[0] == then])
                    assert same(row, [*count[o, e], *known_in(then, truth)]), (origin, place, level, then)
                if o not in (0, d + 1) and not np.isnan(there - back):
                    came, left, n_shown = came + there, left + back, n_shown + 1
            within = moves[d, d + 1, e]
            retained = within / (within + left) if n_shown == n - 1 else np.nan
            truth = (
                jobs_here, within, moves[d, 0, e] - within, came, left, came - left, 1000 * (came - left) / jobs_here,
                retained,
            )  # fmt: skip
            for then, count in counts[d].items():
                _, suppressed, distorted = count[:, e].sum(axis=0)
                partners = n_shown if then == QUARTERS[0][0] else 0
                balance = balances.pop((key_of(place), level, then))
                assert same(balance, [partners, suppressed, distorted, *known_in(then, truth)]), (place, level, then)
    assert found == {} and balances == {}


# --- talent --------------------------------------------------------------------------------------------------


def test_talent_of_the_marts_is_that_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    net, chosen = _net_rates(world)
    codes = economies().codes
    pairs = sandbox.by_key(
        "select iso3, partner_iso3, year, net_per_10000, partner_net_per_10000, rank_in_country, partners_in_country"
        " from mart_talent_corridor",
        n_key=3,
    )
    assert {base for base, _, _ in pairs} == {codes[e] for e in chosen} and len(chosen) == COUNTRIES
    for (base, partner, then), (own, other, rank, n_partners) in pairs.items():
        i, j, t = codes.index(base), codes.index(partner), then - TALENT_YEARS[0]
        assert (own, other) == (round(float(net[t, i, j]), 2), round(float(net[t, j, i]), 2)), (base, partner, then)
        if rank == 1:
            own_rates = [figures[0] for key, figures in pairs.items() if key[0] == base and key[2] == then]
            assert (max(own_rates), len(own_rates)) == (own, n_partners)
    rng = np.random.default_rng([world.seed, 2003])
    sections = sorted(ISIC_SECTIONS)
    of_country = net.sum(axis=2).T
    industries = {k: (sections[k % len(sections)], k, f"Made-up industry {k}") for k in range(1, INDUSTRIES + 1)}
    skills = {
        k: (SKILL_CATEGORIES[k % len(SKILL_CATEGORIES)], k, f"Made-up skill group {k}")
        for k in range(1, SKILL_GROUPS + 1)
    }
    names = {place.iso2.lower(): place.code for place in places()}
    for dimension, n_countries, groups, n_rows in (
        ("industry", COUNTRIES_WITH_INDUSTRIES, industries, INDUSTRY_ROWS),
        ("skill", COUNTRIES, skills, SKILL_ROWS),
    ):
        found = sandbox.by_key(
            f"""
            select iso3, item_code, year, coalesce(isic_section, skill_category), item_name, net_per_10000,
                rank_in_country, items_in_country, rank_in_item, countries_in_item
            from mart_talent_industry where dimension = '{dimension}'
            """,
            n_key=3,
        )
        rows = _group_rows(world, of_country, chosen[:n_countries], groups, n_rows, rng)
        rates = {
            (names[row[0]], str(row[5]), then): (row[4], row[6], row[7 + t])
            for row in rows
            for t, then in enumerate(TALENT_YEARS)
        }
        assert found.keys() == rates.keys()
        of_year = np.array([rates[key][2] for key in rates])
        country, item, then = (np.array([key[k] for key in rates]) for k in range(3))
        for n, key in enumerate(rates):
            assert found[key][:3] == rates[key], key
            if n % 500 == 0:
                for whose, (rank, count) in ((country, found[key][3:5]), (item, found[key][5:7])):
                    rivals = of_year[(whose == whose[n]) & (then == then[n])]
                    assert (rank, count) == (1 + (rivals > of_year[n]).sum(), len(rivals)), key


# --- regions -------------------------------------------------------------------------------------------------


def test_educated_of_regions_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    geo = [code for country, regions in REGIONS.items() for code in (country, *regions.split())]
    rng = _rng(world, "edat_lfse_04")
    unlike = rng.lognormal(0, 0.25, len(geo))
    draws = rng.random((2, len(geo), len(SURVEY_YEARS)))
    people = np.stack([adults(world.simulation, int(year)) for year in SURVEY_YEARS], axis=-1)
    shares = 100 * people[2] / people.sum(axis=0)

    def share_of(place: str, year: int, sex: str) -> float:
        """Rounded share of the educated, NaN where it is not sent: odds of the country, of the sex, of the region."""
        n, t = geo.index(place), year - int(SURVEY_YEARS[0])
        if year < SURVEY_YEARS[0] or (len(place) > 2 and draws[0, n, t] < 0.03):
            return np.nan
        share = shares[economies().codes.index(ISO3[place[:2]]), t]
        odds = share / (100 - share) * ODDS[sex] * (unlike[n] if len(place) > 2 else 1)
        return float(np.round(100 * odds / (1 + odds), 1))

    found = sandbox.by_key(
        """
        select region_code, year, sex, iso3, nuts_level, tertiary_pct, national_tertiary_pct, gap_pp,
            gap_change_10_years_pp, rank_in_country, regions_in_country, is_capital_region
        from mart_tertiary_region
        """,
        n_key=3,
    )
    expected = [
        (place, int(year), sex)
        for place, year, sex in product(geo, SURVEY_YEARS, ODDS)
        if len(place) > 2 and not np.isnan(share_of(place, int(year), sex))
    ]
    assert found.keys() == set(expected)
    for place, year, sex in expected:
        iso3, level, own, national, gap, change, *ranks, is_capital = found[place, year, sex]
        truth, whole = share_of(place, year, sex), share_of(place[:2], year, sex)
        before = share_of(place, year - 10, sex) - share_of(place[:2], year - 10, sex)
        assert (iso3, level) == (ISO3[place[:2]], len(place) - 2), place
        assert same((own, national, gap, change), (truth, whole, truth - whole, truth - whole - before)), (place, year)
        rivals = [share_of(other, year, sex) for other in geo if other[:2] == place[:2] and len(other) == len(place)]
        assert ranks == [1 + sum(rival > truth for rival in rivals), sum(rival >= 0 for rival in rivals)], place
        assert is_capital == (place in CAPITALS), place


# --- no row is lost, and what was printed --------------------------------------------------------------------


def test_no_row_is_lost(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        for dataset, fact in FACTS.items():
            kept = warehouse.value(f"select count(*) from {fact} where dataset_id = $dataset", dataset=dataset)
            assert kept == warehouse.in_force(dataset), dataset
        assert warehouse.in_force("lehd_j2j_firm_size", "AQSep") == warehouse.value(
            "select count(aq_separations) from fct_job_to_job_margin where dataset_id = 'lehd_j2j_firm_size'"
        )


def test_what_is_withheld_is_null_and_says_so(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        shown = warehouse.by_key(
            "select j2j_moves_status, count(*), count(j2j_moves) from fct_job_to_job_firm_size_od group by all", n_key=1
        )
        assert shown[("11",)] == (900, 0), "25 cells of 36 quarters from 2016Q2 on"
        assert all(rows == figures for (status,), (rows, figures) in shown.items() if status != "11")


def test_recorded_figures_of_talent(recorded: Warehouse) -> None:
    by_partner = recorded.by_key(
        "select iso3, partner_iso3, year, net_per_10000 from fct_talent_net where dimension = 'country'", n_key=3
    )
    for pair, printed in {
        ("SRB", "DEU", 2019): -7.12,
        ("DEU", "SRB", 2019): 0.59,
        ("SRB", "USA", 2019): -4.10,
        ("SRB", "AUT", 2019): -2.05,
        ("ROU", "GBR", 2019): -7.12,
        ("ROU", "GBR", 2015): -14.60,
        ("ROU", "DEU", 2019): -3.48,
        ("UKR", "USA", 2019): -6.21,
        ("UKR", "POL", 2019): -5.94,
    }.items():
        assert by_partner[pair] == (printed,), pair
    by_industry = recorded.by_key(
        "select iso3, item_name, net_per_10000 from fct_talent_net where dimension = 'industry' and year = 2019",
        n_key=2,
    )
    for industry, printed in {
        ("SRB", "Research"): -495.57,
        ("SRB", "Hospitality"): -325.06,
        ("SRB", "Internet"): -215.23,
        ("SRB", "Higher Education"): -202.69,
        ("ROU", "International Affairs"): -449.58,
        ("ROU", "Research"): -214.20,
        ("UKR", "Research"): -380.68,
    }.items():
        assert by_industry[industry] == (printed,), industry
    assert recorded.by_key(
        """
        select dimension, count(*), count(distinct iso3), count(distinct item_code), min(net_per_10000),
            max(net_per_10000) from fct_talent_net group by all
        """,
        n_key=1,
    ) == {
        ("country",): (5 * 4148, 140, 140, -56.22, 150.68),
        ("industry",): (5 * 5295, 137, 143, -3367.37, 2280.60),
        ("skill",): (5 * 17617, 140, 249, -6604.67, 2824.97),
    }
    assert ("NAM",) in recorded.tuples("select distinct iso3 from fct_talent_net where dimension = 'country'")


def test_recorded_universes_of_the_two_tables_differ(recorded: Warehouse) -> None:
    assert recorded.tuples(
        """
        select ee_moves, j2j_moves from fct_job_to_job_firm_size_od
        where origin_firm_size = '0' and destination_firm_size = '0' and year = 2015 and quarter = 1
        """
    ) == [(3985308.0, 5924585.0)]


def test_rows_of_the_marts_are_those_of_the_facts(sandbox: Warehouse, recorded: Warehouse) -> None:
    margins, moves = "fct_job_to_job_margin where breakdown = 'firm_size'", "fct_job_to_job_od where geo_level"
    talent = "fct_talent_net where dimension"
    for warehouse in (sandbox, recorded):
        for mart, key, facts in (
            ("mart_job_flow_organisational", "us_state, industry, firm_size, year", margins),
            (
                "mart_job_flow_between_firm_sizes",
                "origin_firm_size, destination_firm_size, year",
                "fct_job_to_job_firm_size_od",
            ),
            (
                "mart_job_flow_industrial",
                "origin_industry, destination_industry, education, year",
                f"{moves} = 'nation'",
            ),
            (
                "mart_job_flow_geographical",
                "origin_state, destination_state, education, year",
                f"{moves} = 'state'",
            ),
            ("mart_job_flow_state_balance", "destination_state, education, year", f"{moves} = 'state'"),
            ("mart_talent_industry", "iso3, dimension, item_code, year", f"{talent} <> 'country'"),
            ("mart_talent_corridor", "iso3, partner_iso3, year", f"{talent} = 'country'"),
            (
                "mart_tertiary_region",
                "region_code, year, sex",
                "fct_attainment_aggregate where region_code is not null and education = 'high'",
            ),
        ):
            expected = warehouse.value(f"select count(distinct ({key})) from {facts}")
            assert warehouse.value(f"select count(*) from {mart}") == expected, mart


def test_recorded_years_of_large_firms(recorded: Warehouse) -> None:
    """By hand from the quarters as published: 2015 and 2024 of all sectors and 500 employees or more."""
    assert recorded.tuples(
        """
        select moves, reverse_moves, quarters_observed, suppressed_cells from mart_job_flow_between_firm_sizes
        where origin_firm_size = '5' and destination_firm_size = '1' and year in (2015, 2016, 2024) order by year
        """
    ) == [(1387564.0, 1280487.0, 4, 0), (None, None, 1, 9), (None, None, 0, 12)]
    quarters = recorded.rows(
        """
        select sum(ee_separations + aq_separations) as left_for_a_job, sum(main_jobs_begin + main_jobs_end) / 8 as jobs
        from fct_job_to_job_margin
        where us_state = 'USA' and industry = '00' and firm_size = '5' and year = 2024
        """
    )
    found = recorded.rows(
        """
        select outflow_rate, main_jobs_mean, net_moves, quarters_observed from mart_job_flow_organisational
        where us_state = 'USA' and industry = '00' and firm_size = '5' and year = 2024
        """
    )
    assert found[0]["outflow_rate"] == pytest.approx(quarters[0]["left_for_a_job"] / 4 / quarters[0]["jobs"])
    assert (found[0]["main_jobs_mean"], found[0]["net_moves"]) == (64131844.875, -125762.0)
    assert recorded.tuples(
        "select bool_and(main_jobs_mean is null), min(suppressed_cells) from mart_job_flow_organisational"
        " where year = 2025"
    ) == [(True, 6)]
