"""Students: against the simulated truth, and no row lost on the way."""

from __future__ import annotations

import numpy as np
import pytest

from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.oecd import _allocated, _listed, _members
from sandbox.worlds.synthetic.uis import YEARS, _students, region_of
from tests.marts.warehouse import Warehouse

DATASETS = ("oecd_mobile_students", "oecd_students_abroad", "eurostat_educ_uoe_mobs02")


def test_no_row_is_lost(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        kept = dict(
            warehouse.tuples(
                """
                select dataset_id, sum(n) from (
                    select dataset_id, count(*) as n from fct_student_mobility group by all
                    union all select dataset_id, count(*) from fct_student_mobility_aggregate group by all
                ) group by all
                """
            )
        )
        for dataset in DATASETS:
            assert kept.get(dataset, 0) == warehouse.in_force(dataset), dataset


def test_students_of_unesco_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    told = _students(world)
    found = sandbox.by_key(
        """
        select iso3, year, outbound, inbound, net_flow, published_net_flow, implied_outbound, home_enrolment,
            outbound_ratio_pct, inbound_rate_pct, gl_index
        from mart_student_mobility where collection = 'unesco'
        """,
        n_key=2,
    )
    codes = economies().codes
    for (iso3, year), figures in found.items():
        place, t = codes.index(iso3), year - int(YEARS[0])
        left, came = float(told.outbound[place, t]), float(told.inbound[place, t])
        enrolled = float(told.enrolled[place, t])
        assert figures[0] == left
        assert figures[5] == enrolled
        assert figures[6] == pytest.approx(100 * left / enrolled, abs=1e-5)
        if told.reports[place, t]:
            assert figures[1:5] == (came, came - left, came - left, left)
            assert figures[7] == pytest.approx(100 * came / enrolled, abs=1e-5)
            assert figures[8] == (pytest.approx(2 * min(came, left) / (came + left)) if came + left else None)
        else:
            assert figures[1:5] == (None, None, None, None)
            assert figures[7:] == (None, None)
    assert len(found) > 5000


def test_regions_of_study_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    told, listed = _students(world), economies()
    in_europe = [region_of(*place) == "40530" for place in zip(listed.codes, listed.regions, strict=True)]
    to_europe = told.pairs[:, in_europe].sum(axis=1)
    found = sandbox.by_key(
        """
        select iso3, year, outbound_to_central_eastern_europe
        from mart_student_mobility where collection = 'unesco' and year >= 2012
        """,
        n_key=2,
    )
    for (iso3, year), (students,) in found.items():
        assert students == to_europe[listed.codes.index(iso3), year - int(YEARS[0])], (iso3, year)


def test_students_of_the_oecd_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    years, codes = range(2016, 2024), economies().codes
    told = _allocated(world, world.simulation.students_abroad, years)
    hosts = _members("MEX USA")
    listed = _listed(told, hosts)
    shown = np.where(listed, np.rint(told), 0)
    found = sandbox.by_key(
        """
        select iso3, year, outbound, inbound, n_hosts_reporting, n_hosts_listing, top_host_iso3, top_host_students
        from mart_student_mobility where collection = 'oecd_by_host'
        """,
        n_key=2,
    )
    assert len(found) == 8 * len({*np.flatnonzero(listed.any(axis=1)).tolist(), *hosts})
    for (iso3, year), (outbound, inbound, n_reporting, n_listing, top, at_top) in found.items():
        place, t = codes.index(iso3), year - years[0]
        assert outbound == (shown[t, place].sum() if listed[place].any() else None)
        assert inbound == (np.rint(told[t, :, place].sum()) if place in hosts else None)
        assert n_reporting == listed.any(axis=0).sum()
        assert n_listing == (listed[place].sum() or None)
        if at_top is not None:
            assert at_top == shown[t, place].max() == shown[t, place, codes.index(top)]


def test_corridors_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    years, codes = range(2016, 2024), economies().codes
    told = np.rint(_allocated(world, world.simulation.students_abroad, years))
    found = sandbox.by_key(
        """
        select origin_iso3, destination_iso3, year, outbound, inbound, net_flow, gl_index
        from mart_student_corridor where collection = 'oecd_by_host'
        """,
        n_key=3,
    )
    assert len(found) > 10000
    for (origin, destination, year), (outbound, inbound, net, circulation) in found.items():
        there, back = (
            told[year - years[0], codes.index(a), codes.index(b)]
            for a, b in ((origin, destination), (destination, origin))
        )
        assert outbound in (None, there)
        assert inbound in (None, back)
        if outbound is not None and inbound is not None:
            assert net == back - there
            assert circulation == (pytest.approx(1 - abs(back - there) / (back + there)) if back + there else None)


def test_every_collection_keeps_its_countries(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        assert warehouse.value(
            "select count(*) from mart_student_mobility where collection = 'unesco'"
        ) == warehouse.value(
            """
            select count(distinct (iso3, year)) from fct_indicator_value
            where value is not null
                and indicator_code in ('OE.5T8.40510', '26637', 'MENF.5T8', 'MOR.5T8.40510', 'MSEP.5T8')
            """
        )


def test_serbia_romania_and_ukraine_of_the_recorded_figures(recorded: Warehouse) -> None:
    found = recorded.by_key(
        "select iso3, outbound, inbound from mart_student_mobility where year = 2017 and iso3 in ('SRB', 'ROU', 'UKR')",
        1,
    )
    assert found == {("SRB",): (14631, 11624), ("ROU",): (34320, 27510), ("UKR",): (77219, 52768)}


def test_students_of_the_world_of_the_recorded_figures(recorded: Warehouse) -> None:
    found = dict(
        recorded.tuples(
            """
            select year, value / 1e6 from fct_indicator_value_aggregate
            where indicator_code = '26637' and source_code = 'SDG: World'
            """
        )
    )
    assert {year: round(found[year], 1) for year in (2000, 2019, 2022)} == {2000: 2.1, 2019: 6.1, 2022: 6.9}
