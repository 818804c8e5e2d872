"""What drives people out and draws them in: against the simulated truth, published figures, and no row lost."""

from __future__ import annotations

from tests.marts.warehouse import Warehouse


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
