"""Eurostat's wire format over both worlds; every form is read by the standard library, not by the sandbox's code."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter, defaultdict
from datetime import datetime
from math import prod
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
import requests

from sandbox.providers import Answer, eurostat, read_request
from sandbox.server import serve
from sandbox.worlds import World
from sandbox.worlds.recorded import RecordedWorld
from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic import eurostat as synthetic
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.simulation import FIRST_YEAR
from tests.shared_data import SHARED_DATA, needs_shared_data

BASE = "ec.europa.eu/eurostat/api/dissemination"
FOLDER = SHARED_DATA / "eurostat"
FIXED = "A..REACH.TOTAL.NR.T."
LABELLED = ("migr_emi1ctz", "migr_imm1ctz", "migr_resfirst")
STORIES = {"imm": "migr_imm5prv", "emi": "migr_emi3nxt"}

Row = dict[str, str]
Cells = dict[tuple[str, ...], tuple[float | None, str | None]]


@pytest.fixture(scope="module")
def world() -> SyntheticWorld:
    return SyntheticWorld()


@pytest.fixture(scope="module")
def later() -> SyntheticWorld:
    return SyntheticWorld(vintage=2)


@pytest.fixture(scope="module")
def recordings() -> RecordedWorld:
    return RecordedWorld(SHARED_DATA)


def ask(world: World, path: str, **parameters: str | list[str]) -> Answer:
    return eurostat.answer(world, read_request(f"/{BASE}/{path}?{urlencode(parameters, doseq=True)}"))


def rows_of(world: World, code: str, key: str, **parameters: str) -> list[Row]:
    answer = ask(world, f"sdmx/2.1/data/{code}/{key}", format="SDMX-CSV", **parameters)
    assert answer.status == 200
    return list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))


def document_of(world: World, code: str, **parameters: str | list[str]) -> Any:
    answer = ask(world, f"statistics/1.0/data/{code}", format="JSON", lang="EN", **parameters)
    assert answer.status == 200
    return json.loads(answer.body)


def contents_of(world: World) -> list[Row]:
    answer = ask(world, "catalogue/toc/txt", lang="en")
    assert answer.status == 200
    return list(csv.DictReader(io.StringIO(answer.body.decode(), newline=""), delimiter="\t"))


def cells_of(document: Any) -> Cells:
    """Cells with a value or a flag by their codes, from the place of each in row-major order."""
    codes = []
    for name in document["id"]:
        index = document["dimension"][name]["category"]["index"]
        codes.append(sorted(index, key=index.__getitem__))
    assert [len(listed) for listed in codes] == document["size"]
    places = {int(place) for place in (*document["value"], *document.get("status", {}))}
    assert not places or max(places) < prod(document["size"])
    cells = {}
    for place in places:
        key = np.unravel_index(place, document["size"])
        value, flag = (document.get(field, {}).get(str(place)) for field in ("value", "status"))
        cells[tuple(listed[i] for listed, i in zip(codes, key, strict=True))] = (value, flag)
    return cells


# --- table of contents ---------------------------------------------------------------------------------------


def test_contents_name_every_table_and_some_of_them_twice(world: SyntheticWorld) -> None:
    contents = contents_of(world)
    assert list(contents[0]) == [
        "title",
        "code",
        "type",
        "last update of data",
        "last table structure change",
        "data start",
        "data end",
        "values",
    ]
    times = Counter(line["code"] for line in contents if line["type"] == "dataset")
    assert times.keys() == synthetic.RELEASED.keys()
    assert times["lfsa_eoqgan"] == 3
    assert times["demo_pjan"] == 1
    assert all(line["last update of data"] == " " for line in contents if line["type"] == "folder")
    assert all(line["title"].startswith("    ") for line in contents[1:])


def test_dates_are_those_of_the_tables_and_only_revised_tables_move(
    world: SyntheticWorld, later: SyntheticWorld
) -> None:
    first, second = ({line["code"]: line for line in contents_of(each)} for each in (world, later))
    for code, released in synthetic.RELEASED.items():
        day = datetime.fromisoformat(released).strftime("%d.%m.%Y")
        assert first[code]["last update of data"] == day
        assert (second[code]["last update of data"] == day) == (code not in synthetic.REVISED)


@pytest.mark.parametrize("code", synthetic.RELEASED)
def test_a_vintage_changes_little_of_revised_tables_and_nothing_of_the_others(
    world: SyntheticWorld, later: SyntheticWorld, code: str
) -> None:
    before, after = (_by_key(each, code) for each in (world, later))
    assert before.keys() == after.keys()
    changed = sum(before[key] != after[key] for key in before)
    assert (0 < changed < 0.2 * len(before)) if code in synthetic.REVISED else changed == 0


def _by_key(world: SyntheticWorld, code: str) -> dict[tuple[str, ...], float | None]:
    table = world.table(f"eurostat/{code}")
    assert table is not None
    names = table.rows.column_names
    columns = [table.rows[name].to_pylist() for name in names[: names.index("OBS_VALUE")]]
    return dict(zip(zip(*columns, strict=True), table.rows["OBS_VALUE"].to_pylist(), strict=True))


# --- SDMX-CSV ------------------------------------------------------------------------------------------------


def test_rows_have_the_dimensions_the_flags_and_the_moment_of_the_release(world: SyntheticWorld) -> None:
    rows = rows_of(world, "migr_imm1ctz", FIXED)
    assert list(rows[0]) == [
        "DATAFLOW",
        "LAST UPDATE",
        "freq",
        "citizen",
        "agedef",
        "age",
        "unit",
        "sex",
        "geo",
        "TIME_PERIOD",
        "OBS_VALUE",
        "OBS_FLAG",
        "CONF_STATUS",
    ]
    assert {row["DATAFLOW"] for row in rows} == {"ESTAT:MIGR_IMM1CTZ(1.0)"}
    assert {row["LAST UPDATE"] for row in rows} == {"20/02/26 11:00:00"}
    assert {"", "b", "e", "p", "ep"} <= {row["OBS_FLAG"] for row in rows}
    hidden = [row for row in rows if row["CONF_STATUS"]]
    assert hidden and all(row["CONF_STATUS"] == "N" and not row["OBS_VALUE"] for row in hidden)
    assert all(row["OBS_VALUE"].isdecimal() for row in rows if not row["CONF_STATUS"])


def test_compressed_is_a_gzip_file(world: SyntheticWorld) -> None:
    plain, packed = (
        ask(world, "sdmx/2.1/data/demo_pjan/A.NR.TOTAL.T.", format="SDMX-CSV", compressed=compressed)
        for compressed in ("false", "true")
    )
    assert packed.is_encoded and "Content-Encoding" not in packed.headers
    assert gzip.decompress(packed.body) == plain.body


def test_labels_follow_their_codes(world: SyntheticWorld) -> None:
    row = rows_of(world, "demo_pjan", "A.NR.TOTAL.F.EL", labels="name")[0]
    assert list(row)[:7] == [
        "STRUCTURE",
        "STRUCTURE_ID",
        "STRUCTURE_NAME",
        "freq",
        "Time frequency",
        "unit",
        "Unit of measure",
    ]
    assert (row["STRUCTURE"], row["geo"], row["Geopolitical entity (reporting)"]) == ("dataflow", "EL", "Greece")
    assert (row["TIME_PERIOD"], row["Time"], row["Sex"]) == ("2000", "", "Females")


def test_groups_come_twice_unless_the_definition_of_age_is_fixed(world: SyntheticWorld) -> None:
    both, one = (
        rows_of(world, "migr_imm1ctz", key) for key in ("A.TOTAL..TOTAL.NR.T.FR", "A.TOTAL.REACH.TOTAL.NR.T.FR")
    )
    assert len(both) == 2 * len(one)
    assert {(row["TIME_PERIOD"], row["OBS_VALUE"]) for row in both} == {
        (row["TIME_PERIOD"], row["OBS_VALUE"]) for row in one
    }


def test_periods_limit_the_rows(world: SyntheticWorld) -> None:
    rows = rows_of(world, "migr_imm1ctz", "A.NAT.REACH.TOTAL.NR.T.", startPeriod="2016", endPeriod="2017")
    assert {row["TIME_PERIOD"] for row in rows} == {"2016", "2017"}


def test_refusals_say_what_was_wrong(world: SyntheticWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusal(path: str, **parameters: str) -> tuple[int, str]:
        answer = ask(world, path, **{"format": "SDMX-CSV", **parameters})
        return answer.status, answer.body.decode()

    assert refusal("sdmx/2.1/data/migr_imm1ctz/A.NAT") == (
        400,
        _fault(150, "INVALID_KEY: the key has 2 dimensions, and the flow has 7"),
    )
    nothing = _fault(100, "NO_RESULTS: The query did not return any results.")
    assert refusal("sdmx/2.1/data/migr_imm1ctz/A.ZZ.....") == (404, nothing)
    missing = "ERR_NOT_FOUND_4: MIGR_POP8CTZ is not available for dissemination."
    assert refusal("sdmx/2.1/data/migr_pop8ctz/A") == (404, _fault(100, missing))
    assert refusal("sdmx/2.1/data/demo_pjan", format="TSV")[0] == 501
    assert refusal("sdmx/2.1/codelist/ESTAT/GEO")[0] == 501
    monkeypatch.setattr(eurostat, "MOST_ROWS", 1000)
    status, body = refusal("sdmx/2.1/data/migr_imm1ctz")
    assert status == 413 and "EXTRACTION_TOO_BIG: The requested extraction is too big, estimated 26" in body


def _fault(number: int, text: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><S:Fault xmlns:S="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<faultcode>{number}</faultcode><faultstring>{text}</faultstring></S:Fault>"
    )


# --- JSON-stat -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("migr_pop1ctz", {"citizen": ["FOR_STLS", "NAT"], "geo": ["DE", "UK"]}),
        ("lfsa_eoqgan", {"age": ["Y20-64"], "sex": ["T"], "unit": ["PC"]}),
    ],
)
def test_both_forms_tell_the_same_figures(world: SyntheticWorld, code: str, asked: dict[str, list[str]]) -> None:
    document = document_of(world, code, **asked)
    dimensions = document["id"][:-1]
    told: Cells = {}
    for row in rows_of(world, code, ".".join("+".join(asked.get(name, [])) for name in dimensions)):
        value, flag = row["OBS_VALUE"], row["OBS_FLAG"]
        if value or flag:
            key = (*(row[name] for name in dimensions), row["TIME_PERIOD"])
            told[key] = (float(value) if value else None, flag or None)
    assert cells_of(document) == told
    assert told


def test_rates_of_small_samples_have_a_flag_and_no_value(world: SyntheticWorld) -> None:
    cells = cells_of(document_of(world, "lfsa_eoqgan", age="Y20-64", sex="T", unit="PC"))
    flagged = {key: flag for key, (value, flag) in cells.items() if value is None}
    assert {"u", "bu"} == set(flagged.values())


def test_the_newest_period_stands_there_without_a_figure(world: SyntheticWorld) -> None:
    document = document_of(world, "lfsa_eoqgan", age="Y20-64", sex="T", unit="PC")
    assert document["dimension"]["time"]["category"]["index"]["2025"] == 15
    assert not any(key[-1] == "2025" for key in cells_of(document))


def test_periods_and_repeated_codes_are_understood(world: SyntheticWorld) -> None:
    document = document_of(world, "migr_pop1ctz", citizen="FOR_STLS", sinceTimePeriod="2020", untilTimePeriod="2021")
    assert list(document["dimension"]["time"]["category"]["index"]) == ["2020", "2021"]
    document = document_of(world, "migr_pop1ctz", citizen="FOR_STLS", time=["2014", "2024"], geo="AT")
    assert document["size"] == [1, 1, 1, 1, 1, 1, 2]


def test_an_unknown_code_is_an_answer_without_values_and_an_unknown_dimension_none(world: SyntheticWorld) -> None:
    assert document_of(world, "lfsa_eoqgan", geo="QQ")["value"] == {}
    answer = ask(world, "statistics/1.0/data/lfsa_eoqgan", colour="red")
    assert answer.status == 400 and json.loads(answer.body)["error"][0]["label"].startswith("INVALID_QUERY_DIMENSION")
    answer = ask(world, "statistics/1.0/data/migr_resid", format="JSON")
    assert answer.status == 404
    assert json.loads(answer.body) == {
        "error": [
            {
                "status": 404,
                "id": 100,
                "label": "ERR_NOT_FOUND_4: MIGR_RESID is not available for dissemination.",
            }
        ]
    }


# --- what the figures say ------------------------------------------------------------------------------------


def test_every_table_is_small() -> None:
    world = SyntheticWorld(seed=4)
    for code in synthetic.RELEASED:
        table = world.table(f"eurostat/{code}")
        assert table is not None and 2000 <= table.rows.num_rows <= 30_000, code


def _figures(rows: list[Row], *names: str) -> dict[tuple[str, ...], float]:
    return {tuple(row[name] for name in names): float(row["OBS_VALUE"]) for row in rows if row["OBS_VALUE"]}


def test_flows_are_those_of_the_simulation_as_each_reporter_counts_them(world: SyntheticWorld) -> None:
    arrivals, departures = synthetic.completeness(world)
    simulation, listed, reporters = world.simulation, economies().codes, synthetic.REPORTERS
    codes = {synthetic.code_of(iso3): iso3 for iso3 in listed}
    for direction, code in STORIES.items():
        seen = _figures(rows_of(world, code, FIXED), "partner", "geo", "TIME_PERIOD")
        for (partner, geo, year), counted in seen.items():
            if partner not in codes:
                continue
            here, there = listed.index(codes[geo]), listed.index(codes[partner])
            come, go = (there, here), (here, there)
            t = int(year) - FIRST_YEAR
            born_there, born_here = (come, go) if direction == "imm" else (go, come)
            true = simulation.departures[t][born_there] + simulation.returns[t][born_here]
            share = (arrivals if direction == "imm" else departures)[reporters.index(codes[geo])]
            assert (1 - 0.015) * share * true - 1 <= counted <= share * true + 1, (code, partner, geo, year)


def test_two_reporters_tell_two_numbers_of_one_flow(world: SyntheticWorld) -> None:
    into, out_of = (_figures(rows_of(world, code, FIXED), "partner", "geo", "TIME_PERIOD") for code in STORIES.values())
    pairs = [
        (count, out_of[geo, partner, year])
        for (partner, geo, year), count in into.items()
        if (geo, partner, year) in out_of
    ]
    larger = [pair for pair in pairs if max(pair) > 1000]
    assert len(larger) > 20
    gaps = [abs(a - b) / max(a, b) for a, b in larger]
    assert 0.1 < float(np.median(gaps)) < 0.6


@pytest.mark.parametrize("code", ["migr_imm1ctz", "migr_emi1ctz"])
def test_groups_of_citizens_make_the_total_to_the_person(world: SyntheticWorld, code: str) -> None:
    groups: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for (citizen, geo, year), persons in _figures(rows_of(world, code, FIXED), "citizen", "geo", "TIME_PERIOD").items():
        groups[geo, year][citizen] = persons
    everywhere = [group for (geo, _), group in groups.items() if geo != "EU27_2020"]
    assert len(everywhere) > 300
    for group in everywhere:
        stateless_and_others = group["NAT"] + group["STLS"] + group["UNK"]
        assert group["TOTAL"] == stateless_and_others + group["EU27_2020_FOR"] + group["NEU27_2020_FOR"]
        if "EU28_FOR" in group:
            assert group["TOTAL"] == stateless_and_others + group["EU28_FOR"] + group["NEU28_FOR"]


def test_stocks_by_birth_and_population_are_whole(world: SyntheticWorld) -> None:
    born = _figures(rows_of(world, "migr_pop3ctb", "A..TOTAL.NR.T."), "c_birth", "geo", "TIME_PERIOD")
    people = _figures(rows_of(world, "demo_pjan", "A.NR.TOTAL.T."), "geo", "TIME_PERIOD")
    simulation, listed = world.simulation, economies().codes
    at = listed.index("DEU"), listed.index("POL")
    for year in ("2014", "2015", "2023"):
        t = int(year) - FIRST_YEAR
        if ("PL", "DE", year) in born:
            assert born["PL", "DE", year] == pytest.approx(simulation.abroad[t, at[1], at[0]], rel=0.02, abs=1)
            assert born["TOTAL", "DE", year] == pytest.approx(people["DE", year], abs=300)
        assert people["DE", year] == pytest.approx(simulation.population[at[0], t], abs=1)
    members = [synthetic.code_of(iso3) for iso3 in synthetic.MEMBERS]
    assert people["EU27_2020", "2020"] == sum(people[code, "2020"] for code in members)


def test_the_united_kingdom_stops(world: SyntheticWorld) -> None:
    flows = {row["TIME_PERIOD"] for row in rows_of(world, "migr_imm1ctz", FIXED) if row["geo"] == "UK"}
    stocks = {row["TIME_PERIOD"] for row in rows_of(world, "demo_pjan", "A.NR.TOTAL.T.UK")}
    students = {row["TIME_PERIOD"] for row in rows_of(world, "educ_uoe_mobs02", "A.NR.TOTAL.T.ED5-8.UK")}
    assert (max(flows), max(stocks), max(students)) == ("2019", "2020", "2019")


def test_over_qualification_rises_with_foreign_origin(world: SyntheticWorld) -> None:
    rates = _figures(rows_of(world, "lfsa_eoqgac", "A..Y20-64.T.PC.EU27_2020"), "c_birth", "TIME_PERIOD")
    for year in map(str, synthetic.SURVEY_YEARS.tolist()):
        assert rates["NAT", year] < rates["EU27_2020_FOR", year] < rates["NEU27_2020_FOR", year] < 100


# --- the recorded world --------------------------------------------------------------------------------------


@needs_shared_data
def test_the_recorded_stock_is_served_byte_for_byte(recordings: RecordedWorld) -> None:
    recorded = (FOLDER / "json_stat" / "migr_pop1ctz.json").read_bytes()
    question = {"age": "TOTAL", "sex": "T", "unit": "NR", "citizen": "FOR_STLS"}
    for limits in ({}, {"sinceTimePeriod": "2010", "untilTimePeriod": "2022"}):
        answer = ask(recordings, "statistics/1.0/data/migr_pop1ctz", format="JSON", lang="EN", **question, **limits)
        assert answer.body == recorded
    with serve(recordings) as sandbox:
        url = f"{sandbox.base_url}/{BASE}/statistics/1.0/data/migr_pop1ctz?format=JSON&lang=EN&{urlencode(question)}"
        assert requests.get(url, timeout=10).content == recorded


@needs_shared_data
def test_each_recorded_question_about_over_qualification_gets_its_recorded_answer(recordings: RecordedWorld) -> None:
    recorded = json.loads((FOLDER / "json_stat" / "lfsa_eoqgan_with_queries.json").read_text(encoding="utf-8"))
    for recording in recorded:
        asked = {name: value for name, value in recording["params"].items() if name not in ("format", "lang")}
        assert document_of(recordings, "lfsa_eoqgan", **asked) == recording["respuesta"]
    merged = cells_of(document_of(recordings, "lfsa_eoqgan", age="Y20-64", sex="T", unit="PC"))
    one, two = (cells_of(recording["respuesta"]) for recording in recorded)
    assert merged == one | two
    assert all(one[key] == two[key] for key in one.keys() & two.keys())


@needs_shared_data
@pytest.mark.parametrize("code", LABELLED)
def test_recorded_downloads_are_served_byte_for_byte_with_labels_and_whole_without(
    recordings: RecordedWorld, code: str
) -> None:
    recorded = gzip.decompress((FOLDER / "sdmx_csv" / f"{code}_AL.csv.gz").read_bytes())
    assert ask(recordings, f"sdmx/2.1/data/{code}", format="SDMX-CSV", labels="name").body == recorded
    labelled = list(csv.DictReader(io.StringIO(recorded.decode(), newline="")))
    plain = rows_of(recordings, code, "all")
    assert [{name: row[name] for name in list(plain[0])[2:]} for row in labelled] == [
        {name: text for name, text in row.items() if name not in ("DATAFLOW", "LAST UPDATE")} for row in plain
    ]
    key = "A.TOTAL.TOTAL.TOTAL.PER.DE" if code == "migr_resfirst" else "A.NAT.REACH.TOTAL.NR.T.DE"
    chosen = ask(recordings, f"sdmx/2.1/data/{code}/{key}", format="SDMX-CSV", labels="name").body.splitlines()
    assert len(chosen) > 5 and set(chosen) <= set(recorded.splitlines())


@needs_shared_data
def test_errors_have_the_recorded_form(world: SyntheticWorld) -> None:
    recorded = (
        (SHARED_DATA / "error_bodies" / "eurostat_404.json").read_text(encoding="utf-8").replace("XYZ", "NO_TABLE")
    )
    assert json.loads(ask(world, "statistics/1.0/data/no_table").body) == json.loads(recorded)


@needs_shared_data
def test_what_is_not_recorded_says_so(recordings: RecordedWorld) -> None:
    for path in ("sdmx/2.1/data/migr_imm5prv/all", "statistics/1.0/data/lfsa_eoqgac"):
        answer = ask(recordings, path, format="SDMX-CSV")
        assert (answer.status, answer.headers["X-Not-Recorded"]) == (404, "true")
    assert {line["code"] for line in contents_of(recordings) if line["type"] == "dataset"} == {
        "lfsa_eoqgan",
        "migr_pop1ctz",
        *LABELLED,
    }
