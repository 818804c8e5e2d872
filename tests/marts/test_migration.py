"""Migrants, moves and displaced people: against the simulated truth, published figures, and no row lost on the way."""

from __future__ import annotations

import csv
import re
from functools import cache

import numpy as np
import pytest

from sandbox.worlds.synthetic import SyntheticWorld, eurostat, frozen_files, oecd, oecd_dioc, un_desa, unhcr
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.simulation import FIRST_YEAR
from tests.marts.warehouse import Row, Warehouse
from tests.shared_data import SHARED_DATA, needs_shared_data
from warehouse.inputs import DBT_PROJECT

LONG_FACTS = {
    "fct_migrant_stock": (
        "oecd_mig_popf",
        "eurostat_migr_pop1ctz",
        "eurostat_migr_pop3ctb",
        "undesa_stock_by_destination",
        "undesa_stock_by_destination_2020",
        "undesa_stock_by_destination_and_origin",
        "undesa_stock_by_origin",
        "iab_bilateral_stock",
        "gbmd_bilateral",
    ),
    "fct_migration_flow": (
        "eurostat_migr_imm1ctz",
        "eurostat_migr_emi1ctz",
        "eurostat_migr_imm5prv",
        "eurostat_migr_emi3nxt",
    ),
    "fct_entry_category": ("oecd_mig_int_per", "oecd_mig_int_temp"),
    "fct_residence_permit": ("eurostat_migr_resfirst",),
}
"""Facts with one row per row of the publisher, and the datasets they hold whole."""

YEARS_OF_B11 = oecd.YEARS_OF_PAIRS["B11"]
AGES = ("0_4", "5_11", "12_17", "18_59", "60", "other", "total")
WIDE_FACTS = {
    "fct_displacement": {
        "unhcr_population": (
            *("refugees", "asylum_seekers", "returned_refugees", "idps", "returned_idps"),
            *("stateless", "ooc", "oip", "hst"),
        ),
        "unhcr_solutions": ("resettlement", "returned_refugees", "naturalisation", "returned_idps"),
        "unhcr_idmc": ("total",),
    },
    "fct_asylum_procedure": {
        "unhcr_asylum_applications": ("applied",),
        "unhcr_asylum_decisions": ("dec_total", "dec_recognized", "dec_other", "dec_rejected", "dec_closed"),
    },
    "fct_displaced_demographic": {
        "unhcr_demographics": ("total", *(f"{sex}_{age}" for sex in "fm" for age in AGES)),
    },
}
"""Facts with one row per reported figure of the publisher's wide rows."""


def rows_of(warehouse: Warehouse, fact: str) -> dict[str, int]:
    """How many rows of each dataset a fact and its aggregates hold."""
    return dict(
        warehouse.tuples(
            f"""
            select dataset_id, count(*) from (
                select dataset_id from {fact} union all select dataset_id from {fact}_aggregate
            ) group by dataset_id
            """
        )
    )


@pytest.mark.parametrize("fact", LONG_FACTS)
def test_no_row_of_a_table_is_lost(fact: str, sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        kept = rows_of(warehouse, fact)
        for dataset in LONG_FACTS[fact]:
            assert kept.get(dataset, 0) == warehouse.in_force(dataset), dataset
    assert all(rows_of(sandbox, fact).get(dataset) for dataset in LONG_FACTS[fact])


@pytest.mark.parametrize("fact", WIDE_FACTS)
def test_no_reported_figure_is_lost(fact: str, sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        kept = rows_of(warehouse, fact)
        for dataset, measures in WIDE_FACTS[fact].items():
            reported = sum(warehouse.in_force(dataset, measure) for measure in measures)
            assert kept.get(dataset, 0) == reported, dataset


def test_stocks_and_flows_share_the_rows_of_one_table(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        kept = sum(rows_of(warehouse, fact).get("oecd_mig", 0) for fact in ("fct_migrant_stock", "fct_migration_flow"))
        assert kept == warehouse.in_force("oecd_mig") > 0


# --- against the simulation ------------------------------------------------------------------------------------------


def position(iso3: str) -> int:
    """Where an economy stands in the simulation's arrays."""
    return economies().codes.index(iso3)


def class_of_gap(left: float | None, came: float | None) -> str:
    """How far apart two registers are: by how many times the larger is the smaller, in whole persons."""
    if left is None or came is None:
        silent = "origin_silent" if left is None else "destination_silent"
        return "neither_reports" if left is None and came is None else silent
    smaller, larger = sorted((left, came))
    if larger == smaller:
        return "none"
    if 20 * (larger - smaller) <= larger + smaller:
        return "within_a_tenth"
    if larger < 2 * smaller:
        return "within_factor_two"
    return "beyond_factor_two" if larger <= 7 * smaller else "beyond_factor_seven"


def test_two_registers_of_a_move_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    arrivals = eurostat._flow_counts(world, "migr_imm5prv", is_arrival=True, by_citizenship=False)
    departures = eurostat._flow_counts(world, "migr_emi3nxt", is_arrival=False, by_citizenship=False)
    nationals = eurostat._flow_counts(world, "migr_imm1ctz", is_arrival=True, by_citizenship=True)
    by_nationality = np.rint(oecd._figures(world, "B11", YEARS_OF_B11) * (1 - oecd._not_placed(world)))

    def registered(counts: eurostat._Counts, partner: str, reporter: str, year: int) -> float:
        places = counts.codes.index(eurostat.code_of(partner)), eurostat.REPORTERS.index(reporter)
        return float(counts.by_partner[*places, year - int(eurostat.FLOW_YEARS[0])])

    shape = len(eurostat.REPORTERS), len(eurostat.FLOW_YEARS)
    marks = {table: eurostat._flags(world, table, shape) for table in ("migr_imm5prv", "migr_emi3nxt")}

    def described(table: str, reporter: str, year: int) -> tuple[str, str | None]:
        """What the publisher says of a figure: its one definition of age, and the flags of the reporter's year."""
        place = eurostat.REPORTERS.index(reporter), year - int(eurostat.FLOW_YEARS[0])
        return "reached", str(marks[table][place]) or None

    found = sandbox.by_key(
        """
        select origin_iso3, destination_iso3, year, departures_registered_persons, departures_implied_persons,
            arrivals_of_nationals_eurostat_persons, arrivals_of_nationals_oecd_persons,
            absolute_gap_persons, relative_gap, is_wide_gap, gap_class, has_break,
            registered_age_definition, registered_obs_status, implied_age_definition, implied_obs_status
        from mart_mirror_reconciliation
        """,
        n_key=3,
    )
    told = dict.fromkeys(("left", "came", "eurostat", "oecd", "both"), 0)
    classes, flags = set(), set()
    for (origin, destination, year), row in found.items():
        left, came, of_eurostat, of_oecd, gap, relative, is_wide, gap_class, has_break, *descriptions = row
        of_left = (None, None) if left is None else described("migr_emi3nxt", origin, year)
        of_came = (None, None) if came is None else described("migr_imm5prv", destination, year)
        assert descriptions == [*of_left, *of_came], (origin, destination, year)
        assert has_break == ("b" in f"{of_left[1] or ''}{of_came[1] or ''}")
        assert gap_class == class_of_gap(left, came), (origin, destination, year)
        classes.add(gap_class)
        flags |= {of_left[1], of_came[1]}
        if left is not None:
            assert left == registered(departures, destination, origin, year)
            told["left"] += 1
        if came is not None:
            assert came == registered(arrivals, origin, destination, year)
            told["came"] += 1
        if of_eurostat is not None:
            assert of_eurostat == registered(nationals, origin, destination, year)
            told["eurostat"] += 1
        if of_oecd is not None:
            place = YEARS_OF_B11.index(year), position(origin), position(destination)
            assert of_oecd == by_nationality[place]
            told["oecd"] += 1
        if left is None or came is None:
            assert (gap, relative, is_wide) == (None, None, False)
            continue
        told["both"] += 1
        assert gap == abs(left - came)
        assert relative == (pytest.approx(2 * gap / (left + came)) if left + came else None)
        assert is_wide == (left + came > 0 and 2 * gap / (left + came) > 1.5 and min(left, came) > 1000)
    assert min(told.values()) > 1000
    assert len(classes) == 8
    assert flags >= {None, "b", "e", "p"}


def test_floors_are_sums_over_the_destinations_they_name(sandbox: Warehouse) -> None:
    pairs = sandbox.rows("select * from mart_mirror_reconciliation")
    floors = sandbox.rows("select * from mart_departure_floor order by origin_iso3, year")
    of_origin: dict[tuple[str, int], list[Row]] = {}
    for pair in pairs:
        of_origin.setdefault((pair["origin_iso3"], pair["year"]), []).append(pair)
    n_apart = 0
    for floor in floors:
        told = of_origin[floor["origin_iso3"], floor["year"]]
        panel = [pair for pair in told if pair["absolute_gap_persons"] is not None]
        left = [pair["departures_registered_persons"] for pair in told]
        came = [pair["departures_implied_persons"] for pair in told]
        assert floor["n_panel_destinations"] == len(panel)
        assert floor["panel_destinations"] == ("; ".join(sorted(pair["destination_iso3"] for pair in panel)) or None)
        assert floor["n_destinations_registered"] == sum(figure is not None for figure in left)
        assert floor["n_destinations_reporting"] == sum(figure is not None for figure in came)
        assert (floor["departures_registered_persons"] or 0) == sum(figure or 0 for figure in left)
        assert (floor["departures_implied_persons"] or 0) == sum(figure or 0 for figure in came)
        assert (floor["panel_implied_persons"] or 0) == sum(pair["departures_implied_persons"] for pair in panel)
        assert (floor["panel_registered_persons"] or 0) == sum(pair["departures_registered_persons"] for pair in panel)
        registered, implied = floor["panel_registered_persons"] or 0, floor["panel_implied_persons"] or 0
        apart = pytest.approx(2 * abs(registered - implied) / (registered + implied)) if registered + implied else None
        assert floor["panel_relative_gap"] == apart
        n_apart += apart is not None
        assert floor["has_wide_gap"] == any(pair["is_wide_gap"] for pair in told)
        if floor["registered_total_persons"] is not None and floor["departures_registered_persons"] is not None:
            assert floor["registered_total_persons"] >= floor["departures_registered_persons"]
    assert {(floor["origin_iso3"], floor["year"]) for floor in floors} == {
        key
        for key, told in of_origin.items()
        if any(pair[f"departures_{side}_persons"] is not None for pair in told for side in ("registered", "implied"))
    }
    assert n_apart > 100
    same = {(floor["origin_iso3"], floor["year"]): floor["panel_destinations"] for floor in floors}
    for floor in floors:
        before = same.get((floor["origin_iso3"], floor["year"] - 1))
        assert floor["is_panel_of_year_before"] == (before is not None and before == floor["panel_destinations"])


def test_registered_totals_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    departures = eurostat._flow_counts(world, "migr_emi3nxt", is_arrival=False, by_citizenship=False)
    totals = departures.groups(eurostat.FLOW_YEARS)["TOTAL"]
    found = sandbox.tuples(
        """
        select origin_iso3, year, registered_total_persons from mart_departure_floor
        where registered_total_persons is not null
        """
    )
    for origin, year, total in found:
        assert total == totals[eurostat.REPORTERS.index(origin), year - int(eurostat.FLOW_YEARS[0])]
    assert len(found) > 250


def totals_of_countries(world: SyntheticWorld) -> dict[str, dict[tuple[str, int], float]]:
    """What publishers count in whole countries, by component of `mart_immigration_country_year`."""
    codes, truth = economies().codes, dict[str, dict[tuple[str, int], float]]()
    for component, measure in {
        "foreigners_oecd_persons": "B15",
        "foreign_inflow_oecd_persons": "B11",
        "foreign_outflow_oecd_persons": "B12",
        "asylum_inflow_oecd_persons": "B13",
        "naturalisations_oecd_persons": "B16",
        "worker_inflow_oecd_persons": "B21",
        "seasonal_worker_inflow_oecd_persons": "B22",
    }.items():
        years = oecd.YEARS_OF_TOTALS[measure]
        counted = np.rint(oecd._figures(world, measure, years).sum(axis=1))
        truth[component] = {(code, y): counted[t, e] for t, y in enumerate(years) for e, code in enumerate(codes)}
    for component, table, is_arrival, group in (
        ("immigration_eurostat_persons", "migr_imm1ctz", True, "TOTAL"),
        ("emigration_eurostat_persons", "migr_emi1ctz", False, "TOTAL"),
        ("immigration_of_nationals_eurostat_persons", "migr_imm1ctz", True, "NAT"),
        ("emigration_of_nationals_eurostat_persons", "migr_emi1ctz", False, "NAT"),
    ):
        counts = eurostat._flow_counts(world, table, is_arrival, by_citizenship=True).groups(eurostat.FLOW_YEARS)[group]
        truth[component] = {
            (code, int(y)): counts[r, t]
            for r, code in enumerate(eurostat.REPORTERS)
            for t, y in enumerate(eurostat.FLOW_YEARS)
        }
    of_stocks = eurostat.LONG_STOCK_YEARS
    foreign = eurostat._stock_counts(world, of_stocks, by_citizenship=True).groups(of_stocks)["FOR_STLS"]
    truth["foreigners_eurostat_persons"] = {
        (code, int(y)): foreign[r, t] for r, code in enumerate(eurostat.REPORTERS) for t, y in enumerate(of_stocks)
    }
    truth["migrants_undesa_persons"] = {
        (code, year): people[a]
        for year in un_desa.YEARS_2024
        for people in [un_desa._stock(world, year).sum(axis=(0, 1))]
        for a, code in enumerate(un_desa.areas())
    }
    truth["migrants_gbmd_persons"] = {
        (code, year): people[e]
        for year in (1960, 1970, 1980, 1990, 2000)
        for people in [np.rint(world.simulation.stocks[year].sum(axis=0)).sum(axis=(0, 1))]
        for e, code in enumerate(codes)
    }
    return truth


def test_totals_of_countries_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    for component, truth in totals_of_countries(world).items():
        found = sandbox.tuples(
            f"select iso3, year, {component} from mart_immigration_country_year where {component} is not null"
        )
        assert len(found) > 150, component
        for iso3, year, figure in found:
            assert figure == truth[iso3, year], (component, iso3, year)


def test_survey_editions_and_entries_follow_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    """Those that are drawn anew or rounded by another rule: near the truth, and made of their parts."""
    told = world.simulation
    for iso3, year, born, edition, iab in sandbox.tuples(
        """
        select iso3, year, foreign_born_oecd_persons, migrants_undesa_2020_edition_persons, migrants_iab_persons
        from mart_immigration_country_year
        """
    ):
        place = position(iso3)
        if born is not None:
            assert born == pytest.approx(told.abroad[year - FIRST_YEAR, :, place].sum(), abs=0.51)
        if edition is not None and iso3 != "SRB":
            of_sexes = told.stocks[year].sum(axis=(0, 1))[:, place].sum()
            assert edition == pytest.approx(1.02 * of_sexes, rel=0.15, abs=200)
        if iab is not None:
            assert iab == pytest.approx(told.stocks[year].sum(axis=(0, 1))[:, place].sum(), rel=0.03, abs=200)
    parts = sandbox.by_key(
        "select iso3, year, stay, sum(persons), count(persons) from fct_entry_category group by all", 3
    )
    for iso3, year, permanent, temporary, share in sandbox.tuples(
        """
        select iso3, year, permanent_inflow_oecd_persons, temporary_inflow_oecd_persons, temporary_share
        from mart_immigration_country_year where year between 2014 and 2024
        """
    ):
        for stay, figure in (("permanent", permanent), ("temporary", temporary)):
            total, n_known = parts.get((iso3, year, stay), (None, 0))
            assert figure == (pytest.approx(total) if n_known == 6 else None)
        known = permanent is not None and temporary is not None and permanent + temporary > 0
        assert share == (pytest.approx(temporary / (temporary + permanent)) if known else None)


def test_permits_and_the_world_bank_stand_in_the_totals_as_published(sandbox: Warehouse) -> None:
    for component, fact in {
        "first_permits": """
            select reporter_iso3, year, permits from fct_residence_permit_aggregate
            where reason = 'total' and partner_code = 'TOTAL' and reporter_type in ('sovereign', 'territory')
        """,
        "migrants_wdi_persons": """
            select iso3, year, value from fct_indicator_value where indicator_code = 'SM.POP.TOTL'
        """,
    }.items():
        published = {key: figure for key, figure in sandbox.by_key(fact, 2).items() if figure != (None,)}
        shown = f"select iso3, year, {component} from mart_immigration_country_year where {component} is not null"
        assert sandbox.by_key(shown, 2) == published
        assert len(published) > 200


def stock_of(world: SyntheticWorld, dataset: str, row: Row) -> float:
    """What a dataset counts of a corridor, of the simulation by the publisher's rounding."""
    year, sex = row["year"], row["sex"]
    pair = position(row["origin_iso3"]), position(row["destination_iso3"])
    if dataset == "undesa_stock_by_destination_and_origin":
        places = (un_desa.areas().index(row["origin_iso3"]), un_desa.areas().index(row["destination_iso3"]))
        males, females = _undesa_stock(world, year)[:, *places].tolist()
        return float({"T": males + females, "M": males, "F": females}[sex])
    if dataset in ("gbmd_bilateral", "iab_bilateral_stock"):
        females, males = np.rint(world.simulation.stocks[year].sum(axis=0)[:, *pair]).tolist()
        return float({"T": males + females, "M": males, "F": females}[sex])
    if dataset == "eurostat_migr_pop3ctb":
        counts = _eurostat_births(world)
        places = (
            counts.codes.index(eurostat.code_of(row["origin_iso3"])),
            eurostat.REPORTERS.index(row["destination_iso3"]),
        )
        return float(counts.by_partner[*places, year - int(eurostat.STOCK_YEARS[0])])
    if dataset == "oecd_mig":
        women = oecd._women(world)[pair] if sex == "F" else 1.0
        return float(np.rint(_foreigners(world)[year - FIRST_YEAR, *pair] * women))
    born = (
        world.simulation.stocks[year][:, 0].sum(axis=0)[pair]
        if sex == "F"
        else world.simulation.abroad[year - FIRST_YEAR][pair]
    )
    return float(born)


@cache
def _undesa_stock(world: SyntheticWorld, year: int) -> un_desa.Matrix:
    return un_desa._stock(world, year)


@cache
def _eurostat_births(world: SyntheticWorld) -> eurostat._Counts:
    return eurostat._stock_counts(world, eurostat.STOCK_YEARS, by_citizenship=False)


@cache
def _foreigners(world: SyntheticWorld) -> un_desa.Matrix:
    years = range(FIRST_YEAR, FIRST_YEAR + len(world.simulation.abroad))
    foreigners: un_desa.Matrix = oecd._figures(world, "B15", years) * (1 - oecd._not_placed(world))
    return foreigners


def test_stocks_of_corridors_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    told: dict[str, int] = {}
    for row in sandbox.rows(
        """
        select origin_iso3, destination_iso3, year, sex, stock_source, stock_birth, stock_citizenship, stock_mixed
        from mart_corridor_year where stock_source is not null
        """
    ):
        sources = dict(part.split(": ") for part in row["stock_source"].split("; "))
        assert {name for name in ("stock_birth", "stock_citizenship", "stock_mixed") if row[name] is not None} == {
            *sources
        }
        for name, dataset in sources.items():
            if "SCG" in (row["origin_iso3"], row["destination_iso3"]):
                continue  # Two of the simulation's economies, which IAB counts together.
            # The sample survey of one country is shown with two decimals.
            assert row[name] == pytest.approx(stock_of(world, dataset, row), abs=0.51), (name, row)
            told[dataset] = told.get(dataset, 0) + 1
    assert {*told} == {
        *("oecd_mig_popf", "oecd_mig", "eurostat_migr_pop3ctb", "undesa_stock_by_destination_and_origin"),
        *("iab_bilateral_stock", "gbmd_bilateral"),
    }


def test_shares_of_a_diaspora_are_of_one_dataset(sandbox: Warehouse) -> None:
    abroad: dict[tuple[str, str, int, str], float] = {}
    pairs: dict[tuple[str, str, int, str], dict[str, float]] = {}
    datasets = ("undesa_stock_by_destination_and_origin", "gbmd_bilateral")
    for dataset, origin, destination, year, sex, persons in sandbox.tuples(
        """
        select dataset_id, origin_iso3, destination_iso3, year, sex, persons from fct_migrant_stock
        where persons is not null
        """
    ):
        if dataset not in datasets:
            continue
        for of_sex in {sex, "T"} if dataset == "gbmd_bilateral" else {sex}:
            abroad[dataset, origin, year, of_sex] = abroad.get((dataset, origin, year, of_sex), 0) + persons
            of_pair = pairs.setdefault((origin, destination, year, of_sex), {})
            of_pair[dataset] = of_pair.get(dataset, 0) + persons
    n_told = 0
    for origin, destination, year, sex, share in sandbox.tuples(
        """
        select origin_iso3, destination_iso3, year, sex, share_of_origin_diaspora from mart_corridor_year
        where share_of_origin_diaspora is not null
        """
    ):
        of_pair = pairs[origin, destination, year, sex]
        dataset = next(name for name in datasets if name in of_pair and abroad[name, origin, year, sex])
        assert share == pytest.approx(of_pair[dataset] / abroad[dataset, origin, year, sex])
        n_told += 1
    assert n_told > 10_000


def test_moves_of_corridors_are_those_of_their_tables(sandbox: Warehouse) -> None:
    """Each measure has all figures of its fact, in rows where anything is above zero, and no other."""
    for column, fact in {
        "inflow_dest_reported": "select *, departures_implied_persons from mart_mirror_reconciliation",
        "outflow_orig_reported": "select *, departures_registered_persons from mart_mirror_reconciliation",
        "inflow_of_nationals_eurostat": """
            select *, arrivals_of_nationals_eurostat_persons from mart_mirror_reconciliation
        """,
        "inflow_of_nationals_oecd": "select *, arrivals_of_nationals_oecd_persons from mart_mirror_reconciliation",
        "outflow_of_nationals_eurostat": """
            select partner_iso3 as origin_iso3, reporter_iso3 as destination_iso3, year, persons from fct_migration_flow
            where dataset_id = 'eurostat_migr_emi1ctz' and partner_iso3 <> reporter_iso3 and sex = 'T'
        """,
        "outflow_of_nationals_oecd": """
            select partner_iso3 as origin_iso3, reporter_iso3 as destination_iso3, year, persons from fct_migration_flow
            where dataset_id = 'oecd_mig' and measure = 'outflow' and partner_iso3 <> reporter_iso3 and sex = 'T'
        """,
        "students_in_dest": """
            select *, students from fct_student_mobility where dataset_id = 'oecd_mobile_students'
            and measure = 'enrolled' and breakdown = 'none' and origin_iso3 <> destination_iso3
        """,
        "students_in_dest_eurostat": """
            select *, students from fct_student_mobility where dataset_id = 'eurostat_educ_uoe_mobs02'
            and breakdown = 'none' and origin_iso3 <> destination_iso3
        """,
        "doctors_in_dest": """
            select *, value from fct_health_workforce
            where dataset_id = 'oecd_health_wfmi' and profession = 'doctors' and measure = 'stock'
        """,
        "nurses_in_dest": """
            select *, value from fct_health_workforce
            where dataset_id = 'oecd_health_wfmi' and profession = 'nurses' and measure = 'stock'
        """,
        "scholar_moves": "select *, moves from fct_scholar_flow where database = 'mpidr_scopus'",
        "remittance_usd_modelled": """
            select receiving_iso3 as origin_iso3, sending_iso3 as destination_iso3, year, remittances_usd
            from fct_remittance where sending_iso3 <> receiving_iso3
        """,
        "first_permits": """
            select partner_iso3 as origin_iso3, reporter_iso3 as destination_iso3, year, permits
            from fct_residence_permit where reason = 'total'
        """,
    }.items():
        value = re.split(r"\s+from\s", fact)[0].split()[-1]
        differing = sandbox.value(
            f"""
            with published as (
                select origin_iso3, destination_iso3, year, {value} as figure from ({fact}) where {value} is not null
            ),
            shown as (
                select origin_iso3, destination_iso3, year, {column} as figure from mart_corridor_year where sex = 'T'
            )
            select count(*) from published full join shown using (origin_iso3, destination_iso3, year)
            where published.figure is distinct from shown.figure and (published.figure > 0 or shown.figure is not null)
            """
        )
        assert differing == 0, column
        assert sandbox.value(f"select count({column}) from mart_corridor_year") > 500, column


def test_asylum_and_nationality_of_corridors_are_those_of_the_simulation(
    sandbox: Warehouse, world: SyntheticWorld
) -> None:
    applications = unhcr._shown(unhcr._flows(world))
    refugees = unhcr._shown(unhcr._with_nobodys(unhcr._refugees(world)))
    placed = 1 - oecd._not_placed(world)
    years = {name: oecd.YEARS_OF_PAIRS[measure] for name, measure in (("seekers", "B13"), ("citizens", "B16"))}
    seekers = np.rint(oecd._figures(world, "B13", years["seekers"]) * placed)
    citizens = np.rint(oecd._figures(world, "B16", years["citizens"]) * placed)
    told = [0, 0, 0, 0]
    for origin, destination, year, *figures in sandbox.tuples(
        """
        select origin_iso3, destination_iso3, year, asylum_applications, refugees, asylum_inflow_oecd, naturalisations
        from mart_corridor_year where sex = 'T'
            and coalesce(asylum_applications, refugees, asylum_inflow_oecd, naturalisations) is not null
        """
    ):
        pair = position(origin), position(destination)
        truth = (
            lambda pair=pair, year=year: applications[year - unhcr.FIRST_SHOWN_YEAR, *pair],
            lambda pair=pair, year=year: refugees[year - unhcr.FIRST_SHOWN_YEAR, *pair],
            lambda pair=pair, year=year: seekers[years["seekers"].index(year), *pair],
            lambda pair=pair, year=year: citizens[years["citizens"].index(year), *pair],
        )
        for n, figure in enumerate(figures):
            if figure is not None:
                assert figure == truth[n](), (n, origin, destination, year)
                told[n] += 1
    assert min(told) > 1000


@pytest.mark.parametrize("year", [2000, 2005, 2010, 2020])
def test_the_educated_of_corridors_are_those_of_the_simulation(
    year: int, sandbox: Warehouse, world: SyntheticWorld
) -> None:
    people = oecd_dioc._immigrants(world, year)
    truth: dict[tuple[str, str, str, int], float] = {}
    for host, birth, foreign, sex, education, number in zip(
        *(people[name].to_pylist() for name in ("country", "coub", "fborn", "sex", "edu_lfs", "number")), strict=True
    ):
        if foreign:
            for of_sex in ("T", {1: "M", 2: "F"}[sex]):
                truth[birth, host, of_sex, education] = truth.get((birth, host, of_sex, education), 0) + number
    found = sandbox.tuples(
        f"""
        select origin_iso3, destination_iso3, sex, migrants_15_and_over, tertiary_migrants, tertiary_share
        from mart_corridor_year where year = {year} and migrants_15_and_over is not null
        """
    )
    children = {2000: 0.0, 2005: 0.0}.get(year, oecd_dioc.SHARE_CHILDREN)
    for origin, destination, sex, everybody, tertiary, share in found:
        low, medium, high = (truth.get((origin, destination, sex, level), 0) for level in (1, 2, 3))
        assert tertiary == high
        # Children are taken out of every age group of the least educated, each rounded.
        assert everybody == pytest.approx(low * (1 - children) + medium + high, abs=8)
        assert share == (pytest.approx(tertiary / everybody) if everybody else None)
    assert len(found) > 1000


def test_computed_columns_of_corridors_follow_from_their_parts(sandbox: Warehouse) -> None:
    assert (
        sandbox.value(
            """
            select count(*) from mart_corridor_year as there
            left join mart_corridor_year as back
                on there.origin_iso3 = back.destination_iso3 and there.destination_iso3 = back.origin_iso3
                and there.year = back.year and there.sex = back.sex
            where there.reverse_inflow_reported is distinct from back.inflow_dest_reported
                and (there.inflow_dest_reported is not null or there.reverse_inflow_reported is not null)
                or there.health_workers_in_dest is distinct from there.doctors_in_dest + there.nurses_in_dest
                or abs(
                    there.gl_index * (there.inflow_dest_reported + back.inflow_dest_reported)
                    - 2 * least(there.inflow_dest_reported, back.inflow_dest_reported)
                ) > 1e-6
                or there.net_flow is distinct from there.inflow_dest_reported - back.inflow_dest_reported
                or there.mirror_abs_gap is distinct from abs(there.inflow_dest_reported - there.outflow_orig_reported)
                or (there.mirror_rel_gap is null) <> (
                    coalesce(there.inflow_dest_reported + there.outflow_orig_reported, 0) = 0
                )
                or abs(
                    there.mirror_rel_gap * (there.inflow_dest_reported + there.outflow_orig_reported)
                    - 2 * there.mirror_abs_gap
                ) > 1e-6
            """
        )
        == 0
    )
    assert min(sandbox.tuples("select count(gl_index), count(mirror_rel_gap) from mart_corridor_year")[0]) > 1000


def emigrant_stocks(world: SyntheticWorld) -> dict[tuple[str, str], dict[int, float]]:
    """Emigrants in all destinations that a dataset tells of, by dataset and origin, in each of its years."""
    codes = economies().codes
    pairs = {year: np.rint(people.sum(axis=0)).sum(axis=0) for year, people in world.simulation.stocks.items()}
    # The sandbox's matrix of 1960 to 2000 has the largest origins of a destination only, by its newest round.
    largest = np.argsort(-pairs[frozen_files.GBMD_YEARS[-1]], axis=0, kind="stable")
    is_listed = np.zeros(largest.shape, dtype=bool)
    np.put_along_axis(is_listed, largest[: frozen_files.GBMD_ORIGINS_LISTED], values=True, axis=0)
    is_listed[:, position(frozen_files.GBMD_WITHOUT_DATA)] = False
    hosts = [position(code) for code in frozen_files.IAB_DESTINATIONS.split()]
    stocks = {
        ("undesa_stock_by_origin", code): {y: _undesa_stock(world, y)[:, a].sum() for y in un_desa.YEARS_2024}
        for a, code in enumerate(un_desa.areas())
    }
    for e, code in enumerate(codes):
        if is_listed[e].any():
            stocks["gbmd_bilateral", code] = {y: pairs[y][e, is_listed[e]].sum() for y in frozen_files.GBMD_YEARS}
        if code not in frozen_files.IAB_LACKS.split():
            stocks["iab_bilateral_stock", code] = {y: pairs[y][e, hosts].sum() for y in frozen_files.IAB_YEARS}
    return stocks


FIGURES_OF_STOCKS = (
    *("stock_dataset_id", "emigrant_stock_before_year", "emigrant_stock_after_year"),
    *("emigrant_stock_before_persons", "emigrant_stock_after_persons", "emigrant_stock_change_persons"),
)
FIGURES_OF_WAVES = (
    *(*FIGURES_OF_STOCKS, "net_migration_persons", "refugees_peak_year", "refugees_peak_persons"),
    *("skilled_emigration_year", "skilled_emigration_rate"),
)


def test_waves_are_those_of_the_seed_with_the_figures_of_the_simulation(
    sandbox: Warehouse, world: SyntheticWorld
) -> None:
    with (DBT_PROJECT / "seeds" / "historical_wave.csv").open(encoding="utf-8", newline="") as handle:
        waves = list(csv.DictReader(handle))
    stocks = emigrant_stocks(world)
    net_migration = np.rint(world.truth("SM.POP.NETM").values)
    refugees = unhcr._shown(unhcr._with_nobodys(unhcr._refugees(world))).sum(axis=2)
    told: list[Row] = []
    for wave in waves:
        origin, first = wave["origin_iso3"], int(wave["first_year"])
        last = int(wave["last_year"]) if wave["last_year"] else None
        expected: Row = {**wave, "first_year": first, "last_year": last} | dict.fromkeys(FIGURES_OF_WAVES)
        told.append(expected)
        if origin not in economies().codes:
            continue  # a state that is no more, of which no publisher of the sandbox tells
        until = first + 5 if last is None else last
        spans = []
        # Closest to both dates; of those equally close the whole world before twenty destinations, the newer edition.
        for preference, dataset in enumerate(("undesa_stock_by_origin", "gbmd_bilateral", "iab_bilateral_stock")):
            counted = stocks.get((dataset, origin), {})
            before = max((year for year in counted if first - 10 <= year <= first), default=first)
            after = [year for year in counted if until <= year <= until + 10 and year > before]
            if before in counted and after:
                spans.append((min(after) - before, preference, dataset, before, min(after)))
        if spans:
            *_, dataset, before, later = min(spans)
            people = [stocks[dataset, origin][year] for year in (before, later)]
            figures = (dataset, before, later, *people, people[1] - people[0])
            expected |= dict(zip(FIGURES_OF_STOCKS, figures, strict=True))
        years = range(first, until + 1)
        if first >= FIRST_YEAR and until < FIRST_YEAR + net_migration.shape[1]:
            moved = net_migration[position(origin), first - FIRST_YEAR : until + 1 - FIRST_YEAR].sum()
            expected["net_migration_persons"] = None if np.isnan(moved) else moved
        fled = {unhcr.FIRST_SHOWN_YEAR + t: total for t, total in enumerate(refugees[:, position(origin)].tolist())}
        if {*years} & {*fled}:
            peak = max({*years} & {*fled}, key=lambda year: (fled[year], -year))
            expected |= {"refugees_peak_year": peak, "refugees_peak_persons": fled[peak]}
        rounds = [year for year in frozen_files.IAB_YEARS if until <= year <= until + 10]
        if rounds and origin not in frozen_files.IAB_LACKS.split():
            year, place = rounds[0], position(origin)
            gone = frozen_files._in_iab_destinations(world, year)[frozen_files.TERTIARY, :, place].sum()
            stayed = world.simulation.residents[frozen_files.TERTIARY, place, year - FIRST_YEAR]
            rate = pytest.approx(gone / (gone + stayed), rel=1e-6)  # the authors keep single precision
            expected |= {"skilled_emigration_year": year, "skilled_emigration_rate": rate}
    found = {(row["event_id"], row["origin_iso3"]): row for row in sandbox.rows("select * from mart_historical_wave")}
    assert len(found) == len(told)
    for expected in told:
        row = found[expected["event_id"], expected["origin_iso3"]]
        assert {column: row[column] for column in expected} == expected
    assert {name for name in FIGURES_OF_WAVES if any(row[name] is not None for row in told)} == {*FIGURES_OF_WAVES}
    assert len({row["stock_dataset_id"] for row in told}) == 4  # of each of three datasets, or of none


def test_networks_are_those_of_their_hosts(sandbox: Warehouse) -> None:
    hosts: dict[tuple[str, int, str], dict[bool, dict[str, float]]] = {}
    for origin, destination, year, source, is_tertiary, persons in sandbox.tuples(
        """
        select origin_iso3, destination_iso3, year, dataset_id, false, sum(persons) from fct_migrant_stock
        where (sex = 'T' or dataset_id = 'gbmd_bilateral') and persons is not null group by all
        union all
        select origin_iso3, destination_iso3, year, method_id, false, sum(persons) from fct_skilled_stock
        where age_group <> '0-14' and origin_iso3 <> destination_iso3 group by all
        union all
        select origin_iso3, destination_iso3, year, method_id, true, sum(persons) from fct_skilled_stock
        where age_group <> '0-14' and origin_iso3 <> destination_iso3 and education = 'high' group by all
        """
    ):
        if persons > 0:
            hosts.setdefault((origin, year, source), {}).setdefault(is_tertiary, {})[destination] = persons
    scholars = sandbox.by_key(
        "select iso3, year, value from fct_scholar_mobility where database = 'mpidr_scopus' and measure = 'out_moves'",
        2,
    )
    money = sandbox.by_key(
        "select iso3, year, value from fct_indicator_value where indicator_code = 'BX.TRF.PWKR.CD.DT'", 2
    )
    found = sandbox.rows("select * from mart_diaspora_network")
    assert {(row["origin_iso3"], row["year"], row["stock_source"]) for row in found} == {*hosts}
    for row in found:
        of_row = hosts[row["origin_iso3"], row["year"], row["stock_source"]]
        for prefix, is_tertiary, name in (("", False, "diaspora_total"), ("tertiary_", True, "diaspora_tertiary")):
            people = of_row.get(is_tertiary, {})
            total = sum(people.values())
            assert row[name] == (pytest.approx(total) if people else None)
            assert row[f"{prefix}n_destinations"] == (len(people) or None)
            shares = sorted((persons / total for persons in people.values()), reverse=True)
            concentration = sum(share * share for share in shares) if len(people) >= 3 else None
            assert row[f"{prefix}hhi"] == (pytest.approx(concentration) if concentration else None)
            assert row[f"{prefix}effective_destinations"] == (
                pytest.approx(1 / concentration) if concentration else None
            )
            assert row[f"{prefix}top3_share"] == (pytest.approx(sum(shares[:3])) if concentration else None)
            largest = [host for _, host in sorted((-persons, host) for host, persons in people.items())]
            for place in (1, 2, 3):
                assert row[f"{prefix}top_destination_{place}"] == (
                    largest[place - 1] if place <= len(largest) else None
                )
        key = (row["origin_iso3"], row["year"])
        assert row["scholars_abroad_flow"] == scholars.get(key, (None,))[0]
        received = money.get(key, (None,))[0]
        assert row["remittance_usd"] == received
        covers_the_world = row["stock_source"] in ("gbmd_bilateral", "undesa_stock_by_destination_and_origin")
        per_head = received / row["diaspora_total"] if received is not None and covers_the_world else None
        assert row["remittance_per_diaspora"] == (None if per_head is None else pytest.approx(per_head))
        tertiary = row["diaspora_tertiary"]
        assert row["tertiary_share"] == (None if tertiary is None else pytest.approx(tertiary / row["diaspora_total"]))


# --- recorded figures ------------------------------------------------------------------------------------------------


@needs_shared_data
def test_every_decoded_point_of_the_oecd_is_in_its_mart(recorded: Warehouse) -> None:
    columns = {"B14": "foreign_born_oecd_persons", "B15": "foreigners_oecd_persons"}
    with (SHARED_DATA / "acceptance" / "oecd_decoded_points.csv").open(encoding="utf-8", newline="") as handle:
        points = list(csv.DictReader(handle))
    for point in points:
        found = recorded.value(
            f"""
            select {columns[point["measure"]]} from mart_immigration_country_year where iso3 = $iso3 and year = $year
            """,
            iso3=point["ref_area"],
            year=int(point["year"]),
        )
        assert found == pytest.approx(float(point["value"])), point
    assert len(points) > 70


def test_known_figures_of_the_recorded_publishers(recorded: Warehouse) -> None:
    of_the_world = recorded.by_key(
        """
        select dataset_id, year, persons from fct_migrant_stock_aggregate
        where origin_iso3 = 'WLD' and destination_iso3 = 'WLD' and sex = 'T'
        """,
        n_key=2,
    )
    for dataset, year, persons in (
        ("undesa_stock_by_destination", 2024, 304e6),
        ("undesa_stock_by_destination", 2020, 275e6),
        ("undesa_stock_by_destination_2020", 2020, 281e6),
        ("undesa_stock_by_destination", 1990, 154e6),
    ):
        assert of_the_world[dataset, year][0] == pytest.approx(persons, rel=0.005)
    hosts = recorded.by_key(
        "select iso3, migrants_undesa_persons from mart_immigration_country_year where year = 2024", 1
    )
    for iso3, millions in (("USA", 52.4), ("DEU", 16.8), ("SAU", 13.7), ("GBR", 11.8)):
        assert hosts[(iso3,)][0] == pytest.approx(1e6 * millions, abs=5e4)
    refugees = (
        "select sum(persons) from fct_displacement where measure = 'refugees' and dataset_id = 'unhcr_population'"
    )
    assert recorded.value(f"{refugees} and year = 2024 and destination_iso3 = 'TUR'") == pytest.approx(
        2_940_735, rel=0.01
    )
    inside = "select persons from fct_displacement where measure = 'idps' and dataset_id = 'unhcr_population'"
    assert recorded.value(f"{inside} and year = 2016 and origin_iso3 = 'SYR' and destination_iso3 = 'SYR'") == 6_325_978
    world = """
        select sum(persons) from (
            select measure, year, dataset_id, persons from fct_displacement
            union all select measure, year, dataset_id, persons from fct_displacement_aggregate
        ) where dataset_id = 'unhcr_population' and year = 2024
    """
    assert recorded.value(f"{world} and measure = 'refugees'") == pytest.approx(30_958_200, rel=0.01)
    assert recorded.value(f"{world} and measure = 'asylum_seekers'") == pytest.approx(8_352_712, rel=0.01)


def test_a_matrix_of_1960_to_2000_has_its_years_the_right_way(recorded: Warehouse) -> None:
    """Mexicans in the United States were 0.6 million in 1960 and 9.4 million in 2000."""
    found = recorded.by_key(
        """
        select year, stock_mixed from mart_corridor_year
        where origin_iso3 = 'MEX' and destination_iso3 = 'USA' and sex = 'T' and stock_mixed is not null
        """,
        n_key=1,
    )
    assert found[(1960,)] == (610_788.0,)
    assert found[(2000,)] == (9_367_911.0,)
