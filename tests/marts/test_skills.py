"""Skilled migrants, their rates and attainment: against the simulated truth, and no row lost on the way."""

from __future__ import annotations

import csv
from collections import defaultdict

import numpy as np
import pytest
from numpy.typing import NDArray

from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.economies import GROUPS, economies
from sandbox.worlds.synthetic.frozen_files import FEMALE_AT_HOME, IAB_DESTINATIONS, IAB_LACKS
from sandbox.worlds.synthetic.oecd_dioc import SHARE_CHILDREN, SHARE_UNKNOWN_EDUCATION, SMALLEST_CORRIDOR
from sandbox.worlds.synthetic.simulation import FIRST_YEAR
from tests.marts.warehouse import Warehouse
from warehouse.inputs import DBT_PROJECT

Array = NDArray[np.float64]
TERTIARY = 2
WOMEN, MEN = 0, 1
SEXES = {"T": (WOMEN, MEN), "F": (WOMEN,), "M": (MEN,)}
EDUCATIONS = {"low": (0,), "medium": (1,), "high": (2,), "total": (0, 1, 2)}
TOGETHER = "SCG"
"""Serbia and Montenegro, one origin of IAB's."""
ORIGINS = [code for code in economies().codes if code not in IAB_LACKS.split()]


def place(code: str) -> int:
    """Position of an economy in the arrays of the simulation."""
    return economies().positions(code)[0]


def test_rates_of_the_authors_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    """DLM counts all destinations, IAB twenty; women and men, each education and all."""
    hosts = economies().positions(IAB_DESTINATIONS)
    found = sandbox.by_key(
        """
        select method_id, origin_iso3, year, sex, rate_low, rate_medium, rate_high, rate_total, openness,
            schooling_gap, selection_ratio, emigrants_low, emigrants_medium, emigrants_high, emigrants_total,
            residents_low, residents_medium, residents_high, residents_total, emigrants_unknown, natives_high
        from mart_skilled_emigration where method_id in ('dlm_2009', 'iab_2013') and rate_total is not null
        """,
        n_key=4,
    )
    assert len(found) == len(ORIGINS) * 3 * (2 + 7) + 3 * 7
    for (method, origin, year, sex), figures in found.items():
        people = economies().positions("MNE SRB XKX" if origin == TOGETHER else origin)
        of_origin = world.simulation.stocks[year][:, list(SEXES[sex])][:, :, people].sum(axis=(1, 2))
        abroad = of_origin.sum(axis=1) if method == "dlm_2009" else of_origin[:, hosts].sum(axis=1)
        share = {"T": 1.0, "F": FEMALE_AT_HOME, "M": 1 - FEMALE_AT_HOME}[sex]
        home = world.simulation.residents[:, people, year - FIRST_YEAR].sum(axis=1) * share
        rates = [abroad[list(group)].sum() / (abroad + home)[list(group)].sum() for group in EDUCATIONS.values()]
        total, openness, gap, ratio = figures[3:7]
        assert figures[:4] == pytest.approx(tuple(rates), rel=1e-3, abs=1e-5), (method, origin, year)
        assert openness == total
        if total:
            assert ratio == pytest.approx(rates[2] / rates[3], rel=0.01, abs=1e-3)
        if method == "dlm_2009":
            counts = [side[list(group)].sum() for side in (abroad, home) for group in EDUCATIONS.values()]
            assert figures[7:] == (*(pytest.approx(people, abs=0.006) for people in counts), None, None)
            assert gap == pytest.approx(
                (abroad[2] / abroad.sum()) / ((abroad + home)[2] / (abroad + home).sum()), rel=1e-3
            )
        else:
            assert (gap, *figures[7:]) == (None,) * 11


def test_the_copy_of_the_world_bank_stands_for_origins_that_the_authors_lack(
    sandbox: Warehouse, world: SyntheticWorld
) -> None:
    truth = world.truth("SM.EMI.TERT.ZS").values / 100
    found = sandbox.by_key(
        """
        select origin_iso3, year, rate_high, rate_low, rate_medium, rate_total, emigrants_total, residents_total
        from mart_skilled_emigration where method_id = 'dlm_2009' and sex = 'T' and rate_total is null
        """,
        n_key=2,
    )
    told = sandbox.tuples(
        "select iso3, year from fct_indicator_value where indicator_code = 'SM.EMI.TERT.ZS' and value is not null"
    )
    assert found.keys() == {(iso3, year) for iso3, year in told if iso3 not in ORIGINS}
    assert found
    for (iso3, year), figures in found.items():
        assert figures == (pytest.approx(truth[place(iso3), year - FIRST_YEAR], rel=1e-12), *(None,) * 5), iso3


def corridors(world: SyntheticWorld, year: int) -> Array:
    """Persons born elsewhere as DIOC shows them, ``[education (and unknown), sex, origin, host]``."""
    hosts = economies().positions(GROUPS["OED"])
    stock = world.simulation.stocks[year][:, :, :, hosts]
    stock = stock * (stock.sum(axis=(0, 1)) >= SMALLEST_CORRIDOR)
    is_coarse = np.arange(len(hosts)) % 3 == 0
    unknown = (stock * SHARE_UNKNOWN_EDUCATION * is_coarse).sum(axis=0, keepdims=True)
    people: Array = np.round(np.concatenate([stock * (1 - SHARE_UNKNOWN_EDUCATION * is_coarse), unknown]))
    return people


def natives(world: SyntheticWorld, year: int) -> Array:
    """Persons born where they live as DIOC shows them, ``[education (and unknown), host]``; both sexes alike."""
    hosts = economies().positions(GROUPS["OED"])
    at = year - FIRST_YEAR
    home = world.simulation.residents[:, hosts, at] - world.simulation.immigrants[:, hosts, at]
    is_coarse = np.arange(len(hosts)) % 3 == 0
    unknown = (home * SHARE_UNKNOWN_EDUCATION * is_coarse).sum(axis=0, keepdims=True)
    people: Array = 2 * np.round(np.concatenate([home * (1 - SHARE_UNKNOWN_EDUCATION * is_coarse), unknown]) / 2)
    return people


@pytest.mark.parametrize("year", [2000, 2005, 2010, 2015, 2020])
def test_emigrants_of_dioc_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld, year: int) -> None:
    """From 15 on, over natives of the same round: emigrants, hosts and concentration of every member of the OECD."""
    people, at_home = corridors(world, year), natives(world, year) / 2
    if year > 2005:  # these rounds tell children, all of low education, from whom all others here are apart
        people[0] -= np.round(SHARE_CHILDREN * people[0])
        at_home[0] -= np.round(SHARE_CHILDREN * at_home[0])
    codes = [economies().codes[host] for host in economies().positions(GROUPS["OED"])]
    found = sandbox.by_key(
        f"""
        select origin_iso3, sex, emigrants_low, emigrants_medium, emigrants_high, emigrants_unknown, emigrants_total,
            residents_low, residents_medium, residents_high, residents_total, natives_high,
            rate_low, rate_medium, rate_high, rate_total, rate_native_denominator,
            top_destination, top_destination_share, hhi, effective_destinations, n_hosts, n_destinations
        from mart_skilled_emigration where method_id = 'dioc_natives' and year = {year}
        """,
        n_key=2,
    )
    largest = np.argsort(-corridors(world, year).sum(axis=(0, 1, 3)), kind="stable")[:100]
    expected = codes if year < 2020 else [code for code in codes if place(code) in largest]
    assert found.keys() == {(code, sex) for code in expected for sex in SEXES}
    for (code, sex), figures in found.items():
        abroad = people[:, list(SEXES[sex]), place(code)].sum(axis=1)
        gone = abroad.sum(axis=1)
        stayed = at_home[:, codes.index(code)] * len(SEXES[sex])
        rates = [*(gone / (gone + stayed))[:3], gone.sum() / (gone.sum() + stayed.sum())]
        counts = (*gone, gone.sum(), *stayed[:3], stayed.sum(), stayed[TERTIARY], *rates, rates[TERTIARY])
        # children are rounded by age group and added up
        assert figures[:15] == pytest.approx(counts, rel=1e-4), (code, sex)
        assert figures[20] == len(codes)
        if year == 2015:
            assert figures[15:20] == (None,) * 5, "this round tells no destination of an origin"
            continue
        shares = abroad[TERTIARY] / gone[TERTIARY]
        assert shares[codes.index(figures[15])] == shares.max()
        concentration = (shares**2).sum()
        assert figures[16:19] == pytest.approx((shares.max(), concentration, 1 / concentration))
        assert figures[19] == np.count_nonzero(shares)


def test_rates_after_barro_lee_divide_its_residents(sandbox: Warehouse) -> None:
    """Both sides of working age, each added up from its fact by another way than the mart's."""
    home = sandbox.by_key(
        """
        select share.iso3, share.year, 'T', sum(share.value * persons.value) / 100, sum(persons.value)
        from fct_attainment as share inner join fct_attainment as persons
            on share.iso3 = persons.iso3 and share.year = persons.year and share.age_group = persons.age_group
        where share.education = 'tertiary_completed' and share.measure = 'pct' and persons.measure = 'persons'
            and share.dataset_id = 'barro_lee_attainment' and persons.dataset_id = 'barro_lee_attainment'
        group by all
        """,
        n_key=3,
    )
    abroad, at_home = (
        sandbox.by_key(
            f"""
            with people as ({people})
            select iso3, year, coalesce(sex, 'T'), coalesce(sum(persons) filter (education = 'low'), 0),
                coalesce(sum(persons) filter (education = 'medium'), 0),
                coalesce(sum(persons) filter (education = 'high'), 0),
                coalesce(sum(persons) filter (education = 'unknown'), 0), sum(persons)
            from people where age_group not in ('0-14', '65-69', '70+', '65+')
            group by grouping sets ((iso3, year, sex), (iso3, year))
            """,
            n_key=3,
        )
        for people in (
            """
            select origin_iso3 as iso3, year, sex, education, age_group, persons from fct_skilled_stock
            union all select origin_iso3, year, sex, education, age_group, persons from fct_skilled_stock_aggregate
            where dataset_id = 'oecd_dioc_2015' and birth_place = 'foreign' and origin_iso3 <> 'XXX'
            """,
            """
            select iso3, year, sex, education, age_group, value as persons from fct_attainment
            where birth_place = 'native' and measure = 'persons'
            """,
        )
    )
    found = sandbox.by_key(
        """
        select origin_iso3, year, sex, emigrants_low, emigrants_medium, emigrants_high, emigrants_unknown,
            emigrants_total, residents_high, residents_total, rate_high, rate_total, natives_high,
            rate_native_denominator, residents_low, residents_medium, rate_low, rate_medium
        from mart_skilled_emigration where method_id = 'dioc_barro_lee'
        """,
        n_key=3,
    )
    assert found.keys() == abroad.keys()
    assert len(found.keys() & home.keys()) > 500
    assert len(found.keys() & at_home.keys()) > 500
    for key, figures in found.items():
        gone, all_gone = abroad[key][2], abroad[key][4]
        stayed, all_stayed = home.get(key, (None, None))
        of_all = (None, None)
        if stayed is not None and all_stayed is not None:
            of_all = (gone / (gone + stayed), all_gone / (all_gone + all_stayed))
        native = at_home[key][2] if key in at_home else None
        narrower = None if native is None else gone / (gone + native)
        expected = (*abroad[key], stayed, all_stayed, *of_all, native, narrower, *(None,) * 4)
        assert figures == pytest.approx(expected), key


def test_hosts_of_working_age_are_those_of_the_fact(sandbox: Warehouse) -> None:
    """Of every origin, beside Barro-Lee's residents; the round of 2015 tells no destination."""
    stocks: dict[tuple[str, int, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for origin, year, sex, destination, persons in sandbox.tuples(
        """
        select origin_iso3, year, sex, destination_iso3, persons from fct_skilled_stock
        where education = 'high' and persons > 0 and age_group not in ('0-14', '65-69', '70+', '65+')
        """
    ):
        stocks[origin, year, sex][destination] += persons
        stocks[origin, year, "T"][destination] += persons
    found = sandbox.by_key(
        """
        select origin_iso3, year, sex, top_destination, top_destination_share, hhi, effective_destinations, n_hosts,
            n_destinations
        from mart_skilled_emigration where method_id = 'dioc_barro_lee'
        """,
        n_key=3,
    )
    assert len(found.keys() & stocks.keys()) > 2000
    for key, figures in found.items():
        hosts = stocks.get(key, {})
        shares = {host: people / sum(hosts.values()) for host, people in hosts.items()}
        expected: tuple[float | str | None, ...] = (None,) * 5
        if hosts:
            top = min(hosts, key=lambda host: (-hosts[host], host))
            concentration = sum(share**2 for share in shares.values())
            expected = (top, shares[top], concentration, 1 / concentration, len(hosts))
        assert figures == pytest.approx((*expected, len(GROUPS["OED"].split()))), key


def test_what_a_rate_says_is_computed_from_the_figures_beside_it(sandbox: Warehouse) -> None:
    rows = sandbox.rows("select * from mart_skilled_emigration")
    assert {row["is_beneficial_range"] for row in rows} == {True, False, None}
    for row in rows:
        rate, percent, of_all = row["rate_high"], row["rate_high_pct"], row["rate_total"]
        assert row["is_beneficial_range"] == (None if rate is None else 0.05 <= rate <= 0.1)
        assert percent == (None if rate is None else pytest.approx(100 * rate, abs=0.005 + 1e-9))
        assert percent is None or percent == round(percent, 2)
        assert row["openness"] == of_all
        assert row["selection_ratio"] == (None if rate is None or not of_all else pytest.approx(rate / of_all))
        gone, all_gone, stayed, all_stayed = (
            row[f"{who}_{education}"] for who in ("emigrants", "residents") for education in ("high", "total")
        )
        gap = None
        if all_stayed is not None and all_gone:
            gap = pytest.approx((gone / all_gone) / ((stayed + gone) / (all_stayed + all_gone)))
        assert row["schooling_gap"] == gap, (row["origin_iso3"], row["year"], row["method_id"])


def test_every_rate_says_its_method_as_the_seed_describes_it(sandbox: Warehouse) -> None:
    columns = ("age_floor", "destination_set", "education_coding", "basis", "residents_source", "citation")
    with (DBT_PROJECT / "seeds" / "method.csv").open(encoding="utf-8", newline="") as handle:
        described = {row["method_id"]: tuple(row[column] for column in columns) for row in csv.DictReader(handle)}
    found = sandbox.tuples(
        f"select distinct method_id, {', '.join(columns)} from mart_skilled_emigration order by method_id"
    )
    methods = ("dioc_barro_lee", "dioc_natives", "dlm_2009", "iab_2013")
    assert [tuple(map(str, row)) for row in found] == [(method, *described[method]) for method in methods]
    # of DIOC, who reports differs by round
    sizes = "select distinct method_id, n_destinations from mart_skilled_emigration where method_id not like 'dioc%'"
    assert {*sandbox.tuples(sizes)} == {("dlm_2009", 30), ("iab_2013", len(IAB_DESTINATIONS.split()))}


@pytest.mark.parametrize("year", [2000, 2005, 2010, 2015, 2020])
def test_gains_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld, year: int) -> None:
    """Stocks of both sexes in the members of the OECD, those of unknown birthplace too."""
    hosts = economies().positions(GROUPS["OED"])
    people, at_home = corridors(world, year), natives(world, year)
    stock = world.simulation.stocks[year][:, :, :, hosts]
    shown = stock * (stock.sum(axis=(0, 1)) >= SMALLEST_CORRIDOR)
    is_coarse = np.arange(len(hosts)) % 3 == 0
    unplaced = np.round((stock - shown).sum(axis=2) * (1 - SHARE_UNKNOWN_EDUCATION * is_coarse))
    largest = np.argsort(-people.sum(axis=(0, 1, 3)), kind="stable")[:100]
    kept = largest if year == 2020 else np.arange(people.shape[2])
    came = people[:3, :, kept].sum(axis=(1, 2)) + (0 if year == 2020 else unplaced.sum(axis=1))
    found = sandbox.by_key(
        f"""
        select iso3, tertiary_immigrants, tertiary_natives, tertiary_emigrants, net, tertiary_residents,
            net_per_resident, immigrant_share, tertiary_share_immigrants, tertiary_share_natives,
            tertiary_share_emigrants, gain_or_drain
        from mart_brain_gain where year = {year} and sex = 'T'
        """,
        n_key=1,
    )
    assert len(found) == len(hosts)
    for (code,), figures in found.items():
        host = hosts.index(place(code))
        # each cell of unknown birthplace is rounded by itself, by sex and education; children are of low education only
        assert figures[0] == pytest.approx(came[TERTIARY, host], abs=3), code
        assert figures[1] == pytest.approx(at_home[TERTIARY, host]), code
        gone = people[TERTIARY, :, place(code)].sum() if place(code) in kept else None
        assert figures[2] == gone
        assert figures[4] == figures[0] + figures[1]
        assert figures[6] == pytest.approx(figures[0] / figures[4])
        if year in (2000, 2005):
            assert figures[7] == pytest.approx(came[TERTIARY, host] / came[:, host].sum(), rel=0.01)
            assert figures[8] == pytest.approx(at_home[TERTIARY, host] / at_home[:3, host].sum())
        if gone is None:
            assert (figures[3], figures[5], figures[9], figures[10]) == (None,) * 4
            continue
        assert figures[3] == figures[0] - gone
        assert figures[5] == pytest.approx(figures[3] / figures[4])
        kind = "balanced" if abs(figures[5]) < 0.01 else "gain" if figures[5] > 0 else "drain"
        assert figures[10] == kind
        if year in (2000, 2005):
            assert figures[9] == pytest.approx(gone / people[:3, :, place(code)].sum())


def test_the_loss_of_labour_supply_is_computed_from_its_parts(sandbox: Warehouse) -> None:
    """Every column anew from the figures beside it, and those from their facts."""
    rows = sandbox.rows(
        """
        select effect.*, employment.rate_pct, unemployment.value as unemployed, enrolment.value as enrolled
        from mart_labour_supply_effect as effect
        left join fct_employment_by_birth as employment
            on effect.iso3 = employment.iso3 and effect.year = employment.year and employment.sex = 'T'
            and employment.education = 'high' and employment.birth_place = 'total'
            and employment.dataset_id = 'ilo_employment_rate_by_education'
        left join fct_indicator_value as unemployment
            on effect.iso3 = unemployment.iso3 and effect.year = unemployment.year
            and unemployment.indicator_code = 'SL.UEM.ADVN.ZS'
        left join fct_indicator_value as enrolment
            on effect.iso3 = enrolment.iso3 and effect.year = enrolment.year
            and enrolment.indicator_code = 'SE.TER.ENRL'
        """
    )
    emigrants = sandbox.by_key(
        """
        select origin_iso3, year, emigrants_high from mart_skilled_emigration
        where method_id = 'dioc_barro_lee' and sex = 'T'
        """,
        n_key=2,
    )
    whole = 0
    for row in rows:
        (abroad,) = emigrants.get((row["iso3"], row["year"]), (None,))
        assert row["skilled_emigrants_working_age"] == (None if abroad is None else pytest.approx(abroad))
        known = (row["employed_advanced_pct"], row["unemployed_advanced_pct"], row["tertiary_enrolment"])
        assert known == (row["rate_pct"], row["unemployed"], row["enrolled"]), row["iso3"]
        employed, unemployed, enrolled = known
        force = None
        if employed is not None and unemployed is not None and row["tertiary_population_working_age"] is not None:
            taking_part = employed / (100 - unemployed)
            force = row["tertiary_population_working_age"] * taking_part
            assert row["participation_advanced_pct"] == pytest.approx(100 * taking_part)
        assert row["tertiary_labour_force"] == (None if force is None else pytest.approx(force))
        if force is not None and abroad is not None:
            whole += 1
            assert row["loss_share"] == pytest.approx(abroad / (force + abroad))
        if enrolled and abroad is not None:
            assert row["annual_tertiary_graduates_estimated"] == enrolled / 4
            assert row["years_of_output"] == pytest.approx(4 * abroad / enrolled)
    assert whole > 4, "members of the OECD that the ILO, the round of 2020 and its hundred origins have"
    sources = {(row["residents_source"], row["year"]) for row in rows}
    assert {("barro_lee", 2015), ("dioc", 2015), ("dioc", 2020)} <= sources and ("barro_lee", 2020) not in sources


def test_every_method_is_a_series_of_its_own(sandbox: Warehouse) -> None:
    """The change is from the round before of the same method, whatever others there are between."""
    rounds = sandbox.tuples(
        """
        select origin_iso3, sex, method_id, year, rate_high, previous_round_year, change_since_prev_round_pp
        from mart_skilled_emigration where rate_high is not null order by all
        """
    )
    before: dict[tuple[str, ...], tuple[int, float]] = {}
    for origin, sex, method, year, rate, previous, change in rounds:
        known = before.get((origin, sex, method))
        assert previous == (known[0] if known else None)
        assert change == (pytest.approx(100 * (rate - known[1]), abs=1e-8) if known else None)
        before[origin, sex, method] = (year, rate)


def test_guyana_stands_by_every_method_side_by_side(recorded: Warehouse) -> None:
    found = recorded.by_key(
        """
        select method_id, year, origin_iso3, rate_high_pct from mart_skilled_emigration
        where sex = 'T' and origin_iso3 in ('GUY', 'OMN', 'HTI', 'JAM', 'IND') and year in (2000, 2010)
        """,
        n_key=3,
    )
    assert found["dlm_2009", 2000, "GUY"] == (89.24,)
    assert found["iab_2013", 2000, "GUY"] == (99.24,)
    assert found["dlm_2009", 2000, "OMN"] == (0.37,)
    of_2010 = {origin: pct for (method, year, origin), (pct,) in found.items() if (method, year) == ("iab_2013", 2010)}
    assert {origin: of_2010[origin] for origin in ("GUY", "HTI", "JAM", "IND")} == {
        "GUY": 99.54, "HTI": 84.89, "JAM": 64.81, "IND": 4.97,
    }  # fmt: skip


def test_the_guineas_stand_under_their_names(recorded: Warehouse) -> None:
    """The authors' codes are swapped: Guinea-Bissau, small and near to Portugal, has the higher rate in 2010."""
    found = recorded.by_key(
        """
        select origin_iso3, round(rate_high, 4) from mart_skilled_emigration
        where method_id = 'iab_2013' and year = 2010 and sex = 'T' and origin_iso3 in ('GIN', 'GNB')
        """,
        n_key=1,
    )
    assert found == {("GIN",): (0.1011,), ("GNB",): (0.2133,)}


KEPT = """
    select dataset_id, sum(n) from (
        select dataset_id, count(*) as n from fct_skilled_stock group by all
        union all select dataset_id, count(*) from fct_skilled_stock_aggregate group by all
        union all select dataset_id, count(*) from fct_skilled_emigration group by all
        union all select dataset_id, count(*) from fct_skilled_emigration_aggregate group by all
        union all select dataset_id, count(*) from fct_attainment group by all
        union all select dataset_id, count(*) from fct_attainment_aggregate group by all
    ) group by all
"""
MEASURES = {"dlm_emigration": 12, "iab_emigration_rates": 4, "barro_lee_attainment": 12}


def test_no_row_is_lost(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        kept = warehouse.by_key(KEPT, n_key=1)
        for dataset in (
            *MEASURES, "oecd_dioc_2000", "oecd_dioc_2005", "oecd_dioc_2010", "oecd_dioc_2015",
            "oecd_dioc_2015_destination", "oecd_dioc_2020", "eurostat_edat_lfse_03", "eurostat_edat_lfse_04",
            "oecd_attainment_by_birthplace",
        ):  # fmt: skip
            expected = MEASURES.get(dataset, 1) * warehouse.in_force(dataset)
            assert kept.get((dataset,), (0,)) == (expected,), dataset


def test_every_rate_of_the_authors_is_in_the_mart(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        for method in ("dlm_2009", "iab_2013"):
            assert warehouse.tuples(
                f"select origin_iso3, year, sex from mart_skilled_emigration where method_id = '{method}' order by all"
            ) == warehouse.tuples(
                f"""
                select origin_iso3, year, sex from fct_skilled_emigration where method_id = '{method}'
                union select iso3, year, 'T' from fct_indicator_value
                where indicator_code = 'SM.EMI.TERT.ZS' and value is not null and method_id = '{method}' order by all
                """
            )
