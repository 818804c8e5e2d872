"""Circulation: against the simulated truth, and no country that a register speaks of is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from sandbox.worlds.synthetic import SyntheticWorld, oecd, uis
from sandbox.worlds.synthetic.academic import NO_ISO_CODE, SCHOLAR_YEARS, _scholar_moves
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.eurostat import (
    FLOW_YEARS,
    LAST_FLOW_YEAR_OF_LEFT,
    REPORTERS,
    _flow_counts,
    _reporting,
)
from tests.marts.warehouse import Row, Warehouse


@pytest.fixture(scope="module")
def registered(sandbox: Warehouse) -> dict[tuple[str, int], Row]:
    """The rows of the mart that say anything of a register, be it of earlier years: those of the pooled ratio."""
    rows = sandbox.rows(
        """
        select * from mart_circulation_country_year
        where coalesce(has_break::varchar, age_definition) is not null or coalesce(
            emigration_nationals_persons, immigration_nationals_persons, in_total_persons, out_total_persons,
            net_total_persons, return_ratio, return_ratio_5y, gl_index, turnover_per_1000
        ) is not null
        """
    )
    return {(row["iso3"], row["year"]): row for row in rows}


def test_registers_show_what_the_simulation_lets_them_count(
    registered: dict[tuple[str, int], Row], world: SyntheticWorld
) -> None:
    """Everybody and nationals, both ways, where and as far as they register; counts are rounded by the publisher."""
    told: dict[str, Any] = {}
    for table, is_arrival, own, everybody in (
        ("migr_emi1ctz", False, "emigration_nationals_persons", "out_total_persons"),
        ("migr_imm1ctz", True, "immigration_nationals_persons", "in_total_persons"),
    ):
        groups = _flow_counts(world, table, is_arrival, by_citizenship=True).groups(FLOW_YEARS)
        reports = _reporting(world, table, FLOW_YEARS, LAST_FLOW_YEAR_OF_LEFT)
        told[own], told[everybody] = (np.where(reports, groups[code], np.nan) for code in ("NAT", "TOTAL"))
    known: Any = ~np.isnan(list(told.values())).all(axis=0)
    assert registered.keys() >= {(REPORTERS[place], int(FLOW_YEARS[t])) for place, t in np.argwhere(known)}
    assert len(registered) > 300
    for (iso3, year), row in registered.items():
        at = (REPORTERS.index(iso3), FLOW_YEARS.tolist().index(year))
        for column, figures in told.items():
            expected = None if np.isnan(figures[at]) else pytest.approx(figures[at], abs=0.5001)
            assert row[column] == expected, (iso3, year, column)
        # both definitions of age say the same of all ages; the catalog asks for one
        assert row["age_definition"] == ("reached" if known[at] else None)


def test_ratios_follow_from_the_counts_they_stand_beside(
    registered: dict[tuple[str, int], Row], world: SyntheticWorld
) -> None:
    population = world.truth("SP.POP.TOTL").values
    for (iso3, year), row in registered.items():
        out, back = row["emigration_nationals_persons"], row["immigration_nationals_persons"]
        if out and back is not None:
            assert row["return_ratio"] == pytest.approx(back / out)
        came, left = row["in_total_persons"], row["out_total_persons"]
        assert row["net_total_persons"] == (None if came is None or left is None else came - left)
        if came is None or left is None or came + left < 100:
            assert row["gl_index"] is None and row["circulation_class"] is None
            continue
        assert row["gl_index"] == pytest.approx(2 * min(came, left) / (came + left))
        people = population[economies().positions(iso3)[0], year - 1960]
        assert row["turnover_per_1000"] == pytest.approx(1000 * (came + left) / round(people), rel=1e-6)
        expected = "mixed"
        if row["gl_index"] >= 0.6:
            expected = "circulation"
        elif row["gl_index"] < 0.4:
            expected = "drain" if came < left else "gain"
        assert row["circulation_class"] == expected


def test_the_pooled_ratio_leaves_broken_years_out(registered: dict[tuple[str, int], Row]) -> None:
    n_pooled = 0
    for (iso3, year), row in registered.items():
        years = [registered.get((iso3, year - back)) for back in range(5)]
        whole = [
            other
            for other in years
            if other
            and not other["has_break"]
            and other["emigration_nationals_persons"] is not None
            and other["immigration_nationals_persons"] is not None
        ]
        left = sum(other["emigration_nationals_persons"] for other in whole)
        if not whole or left == 0:
            assert row["return_ratio_5y"] is None
            continue
        back = sum(other["immigration_nationals_persons"] for other in whole)
        assert (row["return_ratio_5y"], row["n_years_pooled"]) == (pytest.approx(back / left), len(whole))
        n_pooled += len(whole) > 1
    assert n_pooled > 200
    assert any(row["has_break"] for row in registered.values())


def test_foreigners_scholars_and_students_circulate_as_simulated(sandbox: Warehouse, world: SyntheticWorld) -> None:
    codes = economies().codes
    coded = [place for place, code in enumerate(codes) if code not in NO_ISO_CODE]

    def cells(figures: Any, years: Sequence[int], places: list[int]) -> dict[tuple[str, int], float]:
        """The known ones of figures by year and economy."""
        every = {(codes[place], year): float(figures[t, place]) for t, year in enumerate(years) for place in places}
        return {at: figure for at, figure in every.items() if not np.isnan(figure)}

    told = {}
    for measure, column in (("B11", "foreign_in_persons"), ("B12", "foreign_out_persons")):
        years, reporters = oecd.YEARS_OF_TOTALS[measure], oecd._members(oecd.NOT_REPORTING[measure])
        told[column] = cells(np.rint(oecd._figures(world, measure, years).sum(axis=1)), years, reporters)
    for at in oecd.MISSING_TOTALS:
        del told["foreign_in_persons"][at]
    moves, students, years_of_students = _scholar_moves(world), uis._students(world), uis.YEARS.tolist()
    told["scholars_in"] = cells(moves.sum(axis=1), SCHOLAR_YEARS, coded)
    told["scholars_out"] = cells(moves.sum(axis=2), SCHOLAR_YEARS, coded)
    told["students_in"] = cells(np.where(students.reports, students.inbound, np.nan).T, years_of_students, coded)
    told["students_out"] = cells(students.outbound.T, years_of_students, coded)

    found = {(row["iso3"], row["year"]): row for row in sandbox.rows("select * from mart_circulation_country_year")}
    assert all(len(figures) > 500 and figures.keys() <= found.keys() for figures in told.values())
    for at, row in found.items():
        for into, out, index, least in (
            ("foreign_in_persons", "foreign_out_persons", "foreign_gl_index", 100),
            ("scholars_in", "scholars_out", "scholar_gl_index", 1),
            ("students_in", "students_out", "student_gl_index", 1),
        ):
            came, left = told[into].get(at), told[out].get(at)
            assert (row[into], row[out]) == (came, left), (at, into)
            expected = None
            if came is not None and left is not None and came + left >= least:
                expected = pytest.approx(2 * min(came, left) / (came + left))
            assert row[index] == expected, (at, index)


def test_temporary_share_is_of_the_categories_that_are_reported(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        sums = warehouse.by_key(
            """
            select iso3, year, sum(persons) filter (stay = 'temporary'), sum(persons) filter (stay = 'permanent')
            from fct_entry_category group by all
            """,
            n_key=2,
        )
        found = warehouse.by_key(
            """
            select iso3, year, temporary_inflow_persons, permanent_inflow_persons, temporary_share
            from mart_circulation_country_year
            """,
            n_key=2,
        )
        assert len(sums) > 250
        for key, (temporary, permanent) in sums.items():
            assert found[key][:2] == (pytest.approx(temporary), pytest.approx(permanent)), key
            if temporary is not None and permanent:
                assert found[key][2] == pytest.approx(temporary / (temporary + permanent)), key


def test_every_country_and_year_of_a_register_has_its_row(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        lost = warehouse.tuples(
            """
            select reporter_iso3, year from fct_migration_flow
            where concept = 'citizenship' and partner_iso3 = reporter_iso3 and dataset_id like 'eurostat_%'
                and persons is not null
            except
            select iso3, year from mart_circulation_country_year
            """
        )
        assert lost == []
    assert recorded.value("select count(return_ratio) from mart_circulation_country_year") > 0


def test_recorded_scholars_show_circulation(recorded: Warehouse) -> None:
    """Serbia's 222 in and 235 out of 2019 nearly even out; Ukraine lost more than it took in."""
    found = recorded.by_key(
        """
        select iso3, scholar_gl_index from mart_circulation_country_year
        where year = 2019 and iso3 in ('SRB', 'ROU', 'UKR')
        """,
        n_key=1,
    )
    expected = {("SRB",): (222, 235), ("ROU",): (261, 219), ("UKR",): (242, 374)}
    for key, (came, left) in expected.items():
        assert found[key][0] == pytest.approx(1 - abs(came - left) / (came + left))
        assert np.isfinite(found[key][0])
