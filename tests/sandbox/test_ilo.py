"""ILOSTAT's wire format over the synthetic world, read by the standard library."""

from __future__ import annotations

import csv
import io
from collections import defaultdict

import numpy as np
import pytest

from sandbox.providers import Answer, ilo, read_request
from sandbox.worlds import World
from sandbox.worlds.recorded import RecordedWorld
from sandbox.worlds.synthetic import SyntheticWorld, eurostat
from sandbox.worlds.synthetic import ilo as synthetic
from sandbox.worlds.synthetic.economies import economies
from tests.shared_data import SHARED_DATA, needs_shared_data

BASE = "sdmx.ilo.org/rest/data"
EMPLOYMENT, RATES, EARNINGS = synthetic.RELEASED
BROWSER = {"User-Agent": "Mozilla/5.0 (compatible; test)", "Accept": "application/vnd.sdmx.data+csv"}

Row = dict[str, str]


@pytest.fixture(scope="module")
def world() -> SyntheticWorld:
    return SyntheticWorld()


def ask(world: World, path: str, **headers: str) -> Answer:
    sent = {**BROWSER, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return ilo.answer(world, read_request(f"/{BASE}/{path}", sent))


def rows_of(world: World, flow: str, key: str = "all", query: str = "") -> list[Row]:
    answer = ask(world, f"ILO,{flow},1.0/{key}{query}")
    assert answer.status == 200
    return list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))


def test_programs_are_turned_away(world: SyntheticWorld) -> None:
    assert ask(world, f"ILO,{EMPLOYMENT},1.0", User_Agent="python-requests/2.34").status == 403
    silent = ask(world, f"ILO,{EMPLOYMENT},1.0", User_Agent="")
    assert (silent.status, silent.body) == (200, b"")


def test_rows_carry_their_unit_their_source_and_their_flags(world: SyntheticWorld) -> None:
    rows = rows_of(world, EMPLOYMENT)
    assert list(rows[0]) == [
        "DATAFLOW",
        "REF_AREA",
        "FREQ",
        "MEASURE",
        "SEX",
        "OCU",
        "CBR",
        "TIME_PERIOD",
        "OBS_VALUE",
        "OBS_STATUS",
        "UNIT_MEASURE_TYPE",
        "UNIT_MEASURE",
        "UNIT_MULT",
        "SOURCE",
        "NOTE_SOURCE",
        "NOTE_INDICATOR",
        "NOTE_CLASSIF",
        "DECIMALS",
        "UPPER_BOUND",
        "LOWER_BOUND",
    ]
    assert {row["DATAFLOW"] for row in rows} == {f"ILO:{EMPLOYMENT}(1.0)"}
    assert {row["UNIT_MULT"] for row in rows} == {"3"}
    assert {row["OBS_STATUS"] for row in rows} == {"", "B", "U"}
    assert {"OCU_SKILL_L1", "OCU_ISCO08_X", "OCU_ISCO08_TOTAL"} <= {row["OCU"] for row in rows}


def test_keys_and_periods_choose_rows(world: SyntheticWorld) -> None:
    rows = rows_of(world, RATES, "DEU+FRA.A..SEX_T.EDU_AGGREGATE_ADV.", "?startPeriod=2019&endPeriod=2020")
    assert {(row["REF_AREA"], row["TIME_PERIOD"]) for row in rows} == {
        (area, year) for area in ("DEU", "FRA") for year in ("2019", "2020")
    }


def test_a_known_version_is_not_sent_again(world: SyntheticWorld) -> None:
    path = f"ILO,{EARNINGS},1.0/all"
    first = ask(world, path)
    assert ask(world, path, If_None_Match=first.headers["ETag"]).status == 304
    assert ask(world, path, If_Modified_Since=first.headers["Last-Modified"]).status == 304
    assert ask(world, path, If_None_Match='"other"').status == 200


def test_refusals(world: SyntheticWorld) -> None:
    def refusal(path: str) -> tuple[int, str]:
        answer = ask(world, path)
        return answer.status, answer.body.decode().partition("<mes:ErrorMessage ")[2].partition("</com:Text>")[0]

    assert refusal(f"ILO,{RATES},1.0/A.B") == (
        400,
        'code="140"><com:Text>Not enough key values in query, expecting 6 got 2',
    )
    assert refusal(f"ILO,{RATES},1.0/QQQ.....") == (404, 'code="100"><com:Text>No Results Found')
    assert refusal("ILO,DF_NOTHING,1.0")[0] == 404
    assert ask(world, f"ILO,{RATES},1.0", Accept="application/xml").status == 501


@pytest.mark.parametrize("flow", synthetic.RELEASED)
def test_tables_are_small_and_only_a_revised_one_changes(flow: str) -> None:
    first, second = (SyntheticWorld(vintage=n).table(f"ilo/{flow}") for n in (1, 2))
    assert first is not None and second is not None
    assert 2000 <= first.rows.num_rows <= 30_000
    assert (first.updated == second.updated) == (flow not in synthetic.REVISED)
    before, after = (np.array(table.rows["OBS_VALUE"].to_pylist()) for table in (first, second))
    changed = float((before != after).mean())
    assert (0 < changed < 0.2) if flow in synthetic.REVISED else changed == 0


def test_births_and_occupations_make_all_workers(world: SyntheticWorld) -> None:
    workers: dict[tuple[str, str], dict[tuple[str, str], float]] = defaultdict(dict)
    for row in rows_of(world, EMPLOYMENT, "...SEX_T.."):
        if "SKILL" not in row["OCU"]:
            workers[row["REF_AREA"], row["TIME_PERIOD"]][row["OCU"], row["CBR"]] = float(row["OBS_VALUE"])
    assert len(workers) > 200
    for cells in workers.values():
        everybody = cells["OCU_ISCO08_TOTAL", "CBR_BIR_TOTAL"]
        births = [cells["OCU_ISCO08_TOTAL", f"CBR_BIR_{birth}"] for birth in ("NATIVE", "FOREIGN", "X")]
        occupations = [
            count for (code, birth), count in cells.items() if birth == "CBR_BIR_TOTAL" and not code.endswith("TOTAL")
        ]
        assert sum(births) == pytest.approx(everybody, abs=0.01)
        assert sum(occupations) == pytest.approx(everybody, abs=0.01)


def test_workers_are_adults_of_the_simulation(world: SyntheticWorld) -> None:
    place = economies().codes.index("DEU")
    adults = eurostat.adults(world.simulation, 2020)[:, place].sum() / 1000
    workers = rows_of(
        world, EMPLOYMENT, "DEU...SEX_T.OCU_ISCO08_TOTAL.CBR_BIR_TOTAL", "?startPeriod=2020&endPeriod=2020"
    )
    rates = rows_of(world, RATES, "DEU...SEX_T.EDU_AGGREGATE_TOTAL.CBR_BIR_TOTAL", "?startPeriod=2020&endPeriod=2020")
    assert float(workers[0]["OBS_VALUE"]) == pytest.approx(adults * float(rates[0]["OBS_VALUE"]) / 100, rel=0.02)


def test_earnings_come_in_three_currencies(world: SyntheticWorld) -> None:
    rows = rows_of(world, EARNINGS)
    assert {(row["CUR"], row["UNIT_MEASURE"]) for row in rows} == {(f"CUR_TYPE_{c}", c) for c in ("LCU", "PPP", "USD")}
    assert all(float(row["OBS_VALUE"]) > 0 for row in rows)


@needs_shared_data
def test_nothing_is_recorded() -> None:
    answer = ask(RecordedWorld(SHARED_DATA), f"ILO,{RATES},1.0")
    assert (answer.status, answer.headers["X-Not-Recorded"]) == (404, "true")
