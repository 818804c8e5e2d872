"""Students: against the simulated truth, and no row lost on the way."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.eurostat import code_of
from sandbox.worlds.synthetic.oecd import _allocated, _listed, _members
from sandbox.worlds.synthetic.uis import (
    FIRST_YEAR_OF_BREAKDOWNS,
    UNKNOWN_TO_THE_INSTITUTE,
    YEARS,
    _students,
    region_of,
)
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
    came_by_host, left_by_origin = told.inbound, told.outbound
    found = sandbox.by_key(
        """
        select iso3, year, isced, outbound, inbound, net_flow, published_net_flow, implied_outbound, home_enrolment,
            outbound_ratio_pct, inbound_rate_pct, gl_index
        from mart_student_mobility where collection = 'unesco'
        """,
        n_key=2,
    )
    codes = economies().codes
    for (iso3, year), (isced, *figures) in found.items():
        place, t = codes.index(iso3), year - int(YEARS[0])
        left, came = float(left_by_origin[place, t]), float(came_by_host[place, t])
        enrolled = float(told.enrolled[place, t])
        assert (isced, figures[0]) == ("5-8", left)
        assert figures[5] == enrolled
        assert figures[6] == pytest.approx(100 * left / enrolled, abs=1e-5)
        if told.reports[place, t]:
            assert figures[1:5] == [came, came - left, came - left, left]
            assert figures[7] == pytest.approx(100 * came / enrolled, abs=1e-5)
            assert figures[8] == (pytest.approx(2 * min(came, left) / (came + left)) if came + left else None)
        else:
            assert figures[1:5] == [None] * 4
            assert figures[7:] == [None] * 2
    assert len(found) > 5000


REGIONS = {
    "north_america_western_europe": "40500",
    "central_asia": "40505",
    "east_asia_pacific": "40515",
    "latin_america_caribbean": "40520",
    "arab_states": "40525",
    "central_eastern_europe": "40530",
    "south_west_asia": "40535",
    "sub_saharan_africa": "40540",
}


@pytest.mark.parametrize("region", REGIONS)
def test_regions_of_study_are_those_of_the_simulation(region: str, sandbox: Warehouse, world: SyntheticWorld) -> None:
    told, listed = _students(world), economies()
    is_there = [region_of(*place) == REGIONS[region] for place in zip(listed.codes, listed.regions, strict=True)]
    to_region = told.pairs[:, is_there].sum(axis=1)
    found = sandbox.tuples(f"select iso3, year, collection, outbound_to_{region} from mart_student_mobility")
    assert sum(collection == "unesco" and year >= 2012 for _, year, collection, _ in found) > 2500
    for iso3, year, collection, students in found:
        is_told = collection == "unesco" and year >= FIRST_YEAR_OF_BREAKDOWNS
        expected = to_region[listed.codes.index(iso3), year - int(YEARS[0])] if is_told else None
        assert students == expected, (iso3, year, collection)


def test_students_of_the_oecd_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    years, codes = range(2016, 2024), economies().codes
    told = _allocated(world, world.simulation.students_abroad, years)
    hosts = _members("MEX USA")
    listed = _listed(told, hosts)
    shown = np.where(listed, np.rint(told), 0)
    found = sandbox.by_key(
        """
        select iso3, year, outbound, inbound from mart_student_mobility where collection = 'oecd_by_host'
        """,
        n_key=2,
    )
    assert len(found) == 8 * len({*np.flatnonzero(listed.any(axis=1)).tolist(), *hosts})
    for (iso3, year), (outbound, inbound) in found.items():
        place, t = codes.index(iso3), year - years[0]
        assert outbound == (shown[t, place].sum() if listed[place].any() else None)
        assert inbound == (np.rint(told[t, :, place].sum()) if place in hosts else None)


Pairs = dict[tuple[str, str, int], float]
TABLES = {
    "oecd_by_host": ("oecd/DSD_EAG_UOE_NON_FIN_STUD@DF_UOE_NF_RAW_MOB", "ORIGIN", "REF_AREA", "SEX _T MEASURE ENRL"),
    "oecd_by_origin": ("oecd/DSD_EAG_UOE_MOB@DF_MOB", "REF_AREA", "DESTINATION", "SEX _T MEASURE ENRL"),
    "eurostat_by_host": ("eurostat/educ_uoe_mobs02", "partner", "geo", "sex T isced11 ED5-8"),
}
"""Of each collection the table, its columns of origins and of hosts, and the rows that count all students."""
EVERYBODY = "WLD"


def published(world: SyntheticWorld, collection: str) -> Pairs:
    """Students as the publisher shows them, by origin, host and year; on either side, everybody is a country too."""
    name, origin, host, wanted = TABLES[collection]
    table, words = world.table(name), wanted.split()
    assert table is not None
    iso3 = {(code_of(code) if "eurostat" in collection else code): code for code in economies().codes}
    iso3 |= {"XKV": "XKX", "W": EVERYBODY, "TOTAL": EVERYBODY}
    columns = (origin, host, "TIME_PERIOD", "OBS_VALUE", *words[::2])
    return {
        (iso3[left], iso3[right], int(year)): students
        for left, right, year, students, *kind in zip(*(table.rows[c].to_pylist() for c in columns), strict=True)
        if kind == words[1::2] and left in iso3 and right in iso3
    }


@pytest.mark.parametrize("collection", TABLES)
def test_hosts_of_students_are_those_the_publisher_shows(
    collection: str, sandbox: Warehouse, world: SyntheticWorld
) -> None:
    enrolled, told = _students(world).enrolled, published(world, collection)
    hosts: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    reporting: dict[int, set[str]] = defaultdict(set)
    for (origin, host, year), students in told.items():
        if EVERYBODY not in (origin, host):
            hosts[origin, year][host] = students
            reporting[year].add(host)
    found = sandbox.by_key(
        f"""
        select iso3, year, isced, outbound, inbound, net_flow, gl_index, home_enrolment, outbound_ratio_pct,
            inbound_rate_pct, n_hosts_reporting, n_hosts_listing, top_host_iso3, top_host_students, top_hosts,
            top_hosts_share
        from mart_student_mobility where collection = '{collection}'
        """,
        n_key=2,
    )
    of_hosts = {(host, year) for origin, host, year in told if origin == EVERYBODY}
    assert found.keys() == hosts.keys() | of_hosts
    for (iso3, year), figures in found.items():
        listing = hosts.get((iso3, year), {})
        left = told.get((iso3, EVERYBODY, year), sum(listing.values()) if listing else None)
        came = told.get((EVERYBODY, iso3, year))
        home = None
        if iso3 not in UNKNOWN_TO_THE_INSTITUTE:
            home = float(enrolled[economies().codes.index(iso3), year - int(YEARS[0])])
        both = None if left is None or came is None else (came - left, 2 * min(came, left) / (came + left))
        largest = sorted(listing.items(), key=lambda place: (-place[1], place[0]))[:3]
        at_top = [(host, students) for host, students in largest if students]
        expected = (
            *("5-8", left, came, *(both or (None, None)), home),
            *(None if moved is None or home is None else 100 * moved / home for moved in (left, came)),
            *(len(reporting[year]), len(listing) or None, *(at_top[0] if at_top else (None, None))),
            "; ".join(f"{host} {students:.0f}" for host, students in at_top) or None,
            sum(students for _, students in at_top) / left if left else None,
        )
        assert figures == pytest.approx(expected), (iso3, year)


@pytest.mark.parametrize("collection", TABLES)
def test_corridors_are_those_the_publisher_shows(collection: str, sandbox: Warehouse, world: SyntheticWorld) -> None:
    """From both sides; equals share a place among the hosts of an origin."""
    told = {key: students for key, students in published(world, collection).items() if EVERYBODY not in key}
    of_origin: dict[tuple[str, int], list[float]] = defaultdict(list)
    for (origin, _, year), students in told.items():
        of_origin[origin, year].append(students)
    found = sandbox.by_key(
        f"""
        select origin_iso3, destination_iso3, year, outbound, inbound, net_flow, gl_index, share_of_outbound, host_rank
        from mart_student_corridor where collection = '{collection}'
        """,
        n_key=3,
    )
    assert found.keys() == told.keys() | {(host, origin, year) for origin, host, year in told}
    for (origin, host, year), figures in found.items():
        there, back = told.get((origin, host, year)), told.get((host, origin, year))
        net, circulation = None, None
        if there is not None and back is not None:
            net, circulation = back - there, 1 - abs(back - there) / (back + there) if back + there else None
        share, rank = None, None
        if there is not None:
            everywhere: float = sum(of_origin[origin, year])
            share = there / everywhere if everywhere else None
            rank = 1 + sum(students > there for students in of_origin[origin, year])
        assert figures == pytest.approx((there, back, net, circulation, share, rank)), (origin, host, year)


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
