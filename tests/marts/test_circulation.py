"""Circulation: against the simulated truth, and no country that a register speaks of is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.academic import NO_ISO_CODE, SCHOLAR_YEARS, _scholar_moves
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.eurostat import FLOW_YEARS, REPORTERS, _flow_counts
from tests.marts.warehouse import Row, Warehouse


@pytest.fixture(scope="module")
def registered(sandbox: Warehouse) -> dict[tuple[str, int], Row]:
    """The rows of the mart that rest on a register."""
    rows = sandbox.rows("select * from mart_circulation_country_year where has_break is not null")
    return {(row["iso3"], row["year"]): row for row in rows}


def test_registers_show_what_the_simulation_lets_them_count(
    registered: dict[tuple[str, int], Row], world: SyntheticWorld
) -> None:
    """Everybody and nationals, both ways, as far as the register is complete; counts are rounded by the publisher."""
    told: dict[str, Any] = {}
    for table, is_arrival, own, everybody in (
        ("migr_emi1ctz", False, "emigration_nationals_persons", "out_total_persons"),
        ("migr_imm1ctz", True, "immigration_nationals_persons", "in_total_persons"),
    ):
        groups = _flow_counts(world, table, is_arrival, by_citizenship=True).groups(FLOW_YEARS)
        told[own], told[everybody] = groups["NAT"], groups["TOTAL"]
    assert len(registered) > 300
    compared = 0
    for (iso3, year), row in registered.items():
        at = (REPORTERS.index(iso3), FLOW_YEARS.tolist().index(year))
        for column, figures in told.items():
            if row[column] is not None:
                assert row[column] == pytest.approx(figures[at], abs=0.5001), (iso3, year, column)
                compared += 1
    assert compared > 3 * len(registered)


def test_ratios_follow_from_the_counts_they_stand_beside(
    registered: dict[tuple[str, int], Row], world: SyntheticWorld
) -> None:
    population = world.truth("SP.POP.TOTL").values
    for (iso3, year), row in registered.items():
        out, back = row["emigration_nationals_persons"], row["immigration_nationals_persons"]
        if out and back is not None:
            assert row["return_ratio"] == pytest.approx(back / out)
        came, left = row["in_total_persons"], row["out_total_persons"]
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


def test_scholars_and_students_circulate_as_simulated(sandbox: Warehouse, world: SyntheticWorld) -> None:
    moves = _scholar_moves(world)
    found = sandbox.by_key("select iso3, year, scholars_in, scholars_out from mart_circulation_country_year", n_key=2)
    for i, year in enumerate(SCHOLAR_YEARS):
        for e, code in enumerate(economies().codes):
            if code not in NO_ISO_CODE:
                assert found[code, year] == (float(moves[i, :, e].sum()), float(moves[i, e].sum())), (code, year)
    wrong = sandbox.tuples(
        """
        select iso3, year from mart_circulation_country_year as circulation
        where students_out is distinct from (
            select value from fct_indicator_value as facts
            where facts.iso3 = circulation.iso3 and facts.year = circulation.year
                and indicator_code = 'OE.5T8.40510'
        )
        """
    )
    assert wrong == []


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
