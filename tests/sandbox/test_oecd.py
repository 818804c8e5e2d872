"""The OECD's wire format over both worlds; every form is read by the standard library, not by the sandbox's code."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import requests
import sdmx
import yaml

from sandbox.providers import Answer, oecd, read_request
from sandbox.providers import sdmx as wire
from sandbox.server import serve
from sandbox.worlds import Table, World
from sandbox.worlds.recorded import RecordedWorld
from sandbox.worlds.recorded import oecd as recorded
from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic import oecd as synthetic
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.simulation import FIRST_YEAR
from tests.shared_data import SHARED_DATA, needs_shared_data

PROJECT_ROOT = Path(__file__).resolve().parent.parent.parent
BASE = "sdmx.oecd.org/public/rest"
MIG = "data/OECD.ELS.IMD,DSD_MIG@DF_MIG,1.0"
POPF = "data/OECD.ELS.IMD,DSD_MIG_F@DF_MIG_POPF,1.0"
WFMI = "data/OECD.ELS.HD,DSD_HEALTH_WFMI@DF_HEALTH_WFMI,1.0"
AUTHORS = "data/OECD.STI.STP,DSD_COMPASS@DF_COMPASS_REITER,1.0"
XML_DATA = "application/vnd.sdmx.data+xml; version=3.0.0"
STRUCTURE = "application/vnd.sdmx.structure+xml; version=2.1"
FOLDER = SHARED_DATA / "oecd"

Row = dict[str, str | None]


@pytest.fixture(scope="module")
def world() -> SyntheticWorld:
    return SyntheticWorld()


@pytest.fixture(scope="module")
def recordings() -> RecordedWorld:
    return RecordedWorld(SHARED_DATA)


def ask(world: World, path: str, **headers: str) -> Answer:
    sent = {"Accept-Language": "en", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return oecd.answer(world, read_request(f"/{BASE}/{path}", sent))


def body(world: World, path: str, **headers: str) -> bytes:
    answer = ask(world, path, **headers)
    assert answer.status == 200, answer.body
    return answer.body


def csv_rows(content: bytes) -> list[Row]:
    return [
        {name: cell or None for name, cell in row.items()}
        for row in csv.DictReader(io.StringIO(content.decode(), newline=""))
    ]


def json_rows(content: bytes) -> list[Row]:
    data = json.loads(content)["data"]
    dimensions = data["structures"][0]["dimensions"]["observation"]
    attributes = data["structures"][0]["attributes"]["observation"]
    rows = []
    for key, (value, *indices) in data["dataSets"][0]["observations"].items():
        row: Row = {d["id"]: d["values"][int(i)]["id"] for d, i in zip(dimensions, key.split(":"), strict=True)}
        row["OBS_VALUE"] = None if value is None else str(value)
        for attribute, index in zip(attributes, indices, strict=True):
            row[attribute["id"]] = None if index is None else attribute["values"][index]["id"]
        rows.append(row)
    return rows


def xml_rows(content: bytes) -> list[Row]:
    root = ElementTree.fromstring(content)  # noqa: S314 (our own sandbox wrote it)
    series = [element for element in root.iter() if element.tag.endswith("}Series")]
    return [{**each.attrib, **observation.attrib} for each in series for observation in each]


def plain(rows: pa.Table) -> list[Row]:
    """Rows of a table with figures as texts, whole ones without a point."""
    return [
        {name: _text(cell) if name == "OBS_VALUE" else cell for name, cell in row.items()} for row in rows.to_pylist()
    ]


def _text(value: float | None) -> str | None:
    if value is None:
        return None
    return str(int(value)) if value == int(value) else repr(value)


def rows_of(world: World, flow: str) -> pa.Table:
    found = world.table(f"oecd/{flow}")
    assert found is not None
    return found.rows


def figures(rows: pa.Table, *names: str) -> dict[tuple[str, ...], float]:
    cells = zip(*[rows[name].to_pylist() for name in names], strict=True)
    return dict(zip(cells, rows["OBS_VALUE"].to_pylist(), strict=True))


def only(rows: pa.Table, **codes: str) -> pa.Table:
    for name, code in codes.items():
        rows = rows.filter(pc.equal(rows[name], code))
    return rows


# --- forms ---------------------------------------------------------------------------------------------------


def test_csv_holds_the_rows_behind_four_columns_of_the_protocol(world: SyntheticWorld) -> None:
    content = body(world, f"{MIG}/..A.B16....?dimensionAtObservation=AllDimensions&format=csvfile")
    header = content.split(b"\r\n", 1)[0].decode()
    assert header == (
        "STRUCTURE,STRUCTURE_ID,ACTION,REF_AREA,CITIZENSHIP,FREQ,MEASURE,SEX,BIRTH_PLACE,EDUCATION_LEV,"
        "UNIT_MEASURE,TIME_PERIOD,OBS_VALUE,OBS_STATUS,UNIT_MULT,DECIMALS"
    )
    rows = csv_rows(content)
    assert {(row.pop("STRUCTURE"), row.pop("STRUCTURE_ID"), row.pop("ACTION")) for row in rows} == {
        ("DATAFLOW", "OECD.ELS.IMD:DSD_MIG@DF_MIG(1.0)", "I")
    }
    assert rows == plain(only(rows_of(world, "DSD_MIG@DF_MIG"), MEASURE="B16"))


def test_csv_with_labels_names_every_code_behind_it(world: SyntheticWorld) -> None:
    content = body(world, f"{MIG}/DEU.XKV.A.B15._T...?format=csvfilewithlabels")
    header, first, *_ = csv.reader(io.StringIO(content.decode(), newline=""))
    assert header[:8] == [
        *("STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION"),
        *("REF_AREA", "Reference area", "CITIZENSHIP", "Citizenship"),
    ]
    assert first[2:8] == ["International migration database", "I", "DEU", "Germany", "XKV", "Kosovo"]
    at_time = header.index("TIME_PERIOD")
    assert header[at_time : at_time + 4] == ["TIME_PERIOD", "Time period", "OBS_VALUE", "Observation value"]
    assert (first[at_time + 1], first[at_time + 3], first[at_time + 5]) == ("", "", "Normal value")


@pytest.mark.parametrize("flow", ["DSD_MSTI@DF_MSTI", "DSD_MIG@DF_MIG_NUP_SEX"])
def test_json_and_xml_hold_the_same_rows_as_the_table(world: SyntheticWorld, flow: str) -> None:
    about = oecd.FLOWS[flow]
    path = f"data/{about.agency},{flow},{about.version}/all"
    expected = plain(rows_of(world, flow))
    assert json_rows(body(world, f"{path}?format=jsondata")) == expected
    without_nulls = [{name: cell for name, cell in row.items() if cell is not None} for row in expected]
    assert xml_rows(body(world, path, Accept=XML_DATA)) == without_nulls


def test_json_says_when_a_year_begins_and_ends(world: SyntheticWorld) -> None:
    document = json.loads(body(world, f"{MIG}/USA.W.A.B15._T._Z._Z.PS?startPeriod=2020&endPeriod=2020&format=jsondata"))
    time = document["data"]["structures"][0]["dimensions"]["observation"][-1]
    assert (time["id"], time["keyPosition"], time["values"][0]["start"]) == ("TIME_PERIOD", 8, "2020-01-01T00:00:00")


def test_json_stat_is_sparse_and_keeps_a_flag_without_a_value() -> None:
    rows = pa.table(
        {
            "geo": ["EL", "AT", "AT", "EL"],
            "TIME_PERIOD": ["2021", "2020", "2021", "2020"],
            "OBS_VALUE": pa.array([1.5, 2.0, None, None], pa.float64()),
            "OBS_FLAG": ["b", None, "u", None],
        }
    )
    flow = wire.Flow("ESTAT", "LFSA_X", "1.0", "Something", {"geo": "Geopolitical entity (reporting)"})
    document = json.loads(wire.json_stat_body(flow, rows, {"geo": {"EL": "Greece"}}, "2026-02-24"))
    assert (document["id"], document["size"]) == (["geo", "time"], [2, 2])
    geo = document["dimension"]["geo"]
    assert geo["category"] == {"index": {"EL": 0, "AT": 1}, "label": {"EL": "Greece", "AT": "AT"}}
    assert document["value"] == {"1": 1.5, "2": 2}
    assert document["status"] == {"1": "b", "3": "u"}


def test_the_form_is_named_by_the_address_or_by_accept(world: SyntheticWorld) -> None:
    key = f"{MIG}/USA.W.A.B15._T._Z._Z.PS?startPeriod=2020"
    as_csv = body(world, f"{key}&format=csvfile", Accept=XML_DATA)
    assert body(world, key, Accept="application/vnd.sdmx.data+csv; version=1.0.0") == as_csv
    assert body(world, key, Accept="*/*").startswith(b"<?xml")
    assert body(world, key, Accept="application/vnd.sdmx.data+json").startswith(b'{"meta"')


# --- keys, periods, errors -----------------------------------------------------------------------------------


def test_a_key_chooses_codes_and_periods(world: SyntheticWorld) -> None:
    chosen = csv_rows(body(world, f"{MIG}/DEU+FRA.W.A.B11._T...?startPeriod=2010&endPeriod=2012&format=csvfile"))
    assert {(row["REF_AREA"], row["TIME_PERIOD"]) for row in chosen} == {
        (area, year) for area in ("DEU", "FRA") for year in ("2010", "2011", "2012")
    }
    assert {row["CITIZENSHIP"] for row in chosen} == {"W"}


def test_all_and_an_empty_key_mean_every_row(world: SyntheticWorld) -> None:
    rows = rows_of(world, "DSD_MIG_INT@DF_MIG_INT_PER")
    flow = "data/OECD.ELS.IMD,DSD_MIG_INT@DF_MIG_INT_PER,1.0"
    assert all(
        len(csv_rows(body(world, f"{flow}/{key}?format=csvfile"))) == rows.num_rows for key in ("all", "....", "")
    )


def test_a_range_of_years_takes_the_quarters_in_it() -> None:
    rows = pa.table(
        {"A": ["x"] * 4, "TIME_PERIOD": ["2019-Q4", "2020-Q1", "2020-Q4", "2021-Q1"], "OBS_VALUE": [1.0, 2.0, 3.0, 4.0]}
    )
    assert wire.select(rows, "x", "2020", "2020")["OBS_VALUE"].to_pylist() == [2.0, 3.0]


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        (f"{MIG}/DEU.SYR?format=csvfile", 422, "Not enough key values in query, expecting 8 got 2"),
        (f"{MIG}/........?format=csvfile", 422, "Not enough key values in query, expecting 8 got 9"),
        (f"{MIG}/QQQ.......?format=csvfile", 404, "NoRecordsFound"),
        (f"{MIG}/...B99....?format=csvfile", 404, "NoRecordsFound"),
        (f"{MIG}/.......?startPeriod=2099&format=csvfile", 404, "NoRecordsFound"),
        ("data/OECD.ELS.IMD,DSD_MIG@DF_NONE,1.0/all?format=csvfile", 404, "NoResultsFound"),
        ("data/OECD.ELS.IMD,DSD_MIG@DF_MIG,9.9/all?format=csvfile", 404, "NoResultsFound"),
        ("data/OECD.ELS.HD,DSD_MIG@DF_MIG,1.0/all?format=csvfile", 404, "NoResultsFound"),
        ("contentconstraint/OECD.NOBODY/all/latest", 404, "NoResultsFound"),
        ("dataflow/OECD.ELS.IMD/DSD_MIG@DF_NONE/1.0?references=all", 404, "NoResultsFound"),
    ],
)
def test_errors_are_plain_sentences(world: SyntheticWorld, path: str, status: int, text: str) -> None:
    answer = ask(world, path)
    assert (answer.status, answer.body.decode()) == (status, text)


def test_without_a_language_nothing_is_answered(world: SyntheticWorld) -> None:
    answer = oecd.answer(world, read_request(f"/{BASE}/{MIG}/..A.B11....?format=csvfile"))
    assert (answer.status, answer.body) == (500, b"languageTag1")


@needs_shared_data
@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"{MIG}/...B99....?format=csvfile", "oecd_404_no_records.txt"),
        ("data/OECD.ELS.IMD,NONE,1.0/all?format=csvfile", "oecd_404_no_results.txt"),
    ],
)
def test_error_bodies_are_those_that_were_met(world: SyntheticWorld, path: str, name: str) -> None:
    assert ask(world, path).body == (SHARED_DATA / "error_bodies" / name).read_bytes()


@pytest.mark.parametrize(
    "path",
    [f"{MIG}/..A.B11....", "contentconstraint/OECD.ELS.IMD/all/latest"],
)
def test_a_form_that_is_not_offered_is_refused_with_a_list(world: SyntheticWorld, path: str) -> None:
    answer = ask(world, path, Accept="text/html")
    assert answer.status == 406
    assert b"application/vnd.sdmx." in answer.body
    assert ask(world, f"{path}?format=sdmx-json").status == 406


def test_structures_are_not_to_be_had_as_jsondata(world: SyntheticWorld) -> None:
    assert ask(world, "dataflow/OECD.ELS.IMD/DSD_MIG@DF_MIG/1.0?format=jsondata").status == 406


@pytest.mark.parametrize("path", [f"{MIG}/all?lastNObservations=1", "conceptscheme/OECD/CS/1.0"])
def test_what_is_not_spoken_says_so(world: SyntheticWorld, path: str) -> None:
    answer = ask(world, path)
    assert answer.status == 501
    assert b"Next: " in answer.body


def test_a_large_answer_is_cut_and_nothing_says_so(world: SyntheticWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oecd, "MOST_OBSERVATIONS", 7)
    assert len(csv_rows(body(world, f"{MIG}/..A.B11....?format=csvfile"))) == 7


def test_faults_find_the_flow_the_agency_and_the_codes_of_a_key() -> None:
    found = oecd.subjects(read_request(f"/{BASE}/{MIG}/DEU+FRA..A.B11....?format=csvfile"))
    assert {"data", "OECD.ELS.IMD", "DSD_MIG@DF_MIG", "DEU", "FRA", "B11", "DEU+FRA..A.B11...."} <= found
    about = oecd.subjects(read_request(f"/{BASE}/contentconstraint/OECD.ELS.IMD/CR_A_DSD_MIG@DF_MIG/"))
    assert about == {"contentconstraint", "OECD.ELS.IMD", "DSD_MIG@DF_MIG"}


def test_the_server_knows_the_host(world: SyntheticWorld) -> None:
    with serve(world) as sandbox:
        address = f"{sandbox.base_url}/{BASE}/{MIG}/USA.W.A.B11._T...?format=csvfile"
        response = requests.get(address, headers={"Accept-Language": "en"}, timeout=10)
    assert response.status_code == 200
    assert response.headers["X-Figures"] == "synthetic"
    assert len(csv_rows(response.content)) == len(synthetic.YEARS_OF_TOTALS["B11"])


# --- structures ----------------------------------------------------------------------------------------------

COMMON = "{http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common}"
IN_STRUCTURE = "{http://www.sdmx.org/resources/sdmxml/schemas/v2_1/structure}"


def constraints(content: bytes) -> dict[str, ElementTree.Element]:
    root = ElementTree.fromstring(content)  # noqa: S314 (our own sandbox wrote it)
    return {element.attrib["id"]: element for element in root.iter(f"{IN_STRUCTURE}ContentConstraint")}


def test_constraints_say_since_when_and_how_many(world: SyntheticWorld) -> None:
    found = constraints(body(world, "contentconstraint/OECD.ELS.IMD/all/latest", Accept=STRUCTURE))
    assert set(found) == {f"CR_A_{flow.id}" for flow in oecd.FLOWS.values() if flow.agency == "OECD.ELS.IMD"}
    about = found["CR_A_DSD_MIG@DF_MIG"]
    assert (about.attrib["validFrom"], about.attrib["type"]) == ("2026-02-24T00:00:00Z", "Actual")
    counted = {note.findtext(f"{COMMON}AnnotationTitle") for note in about.iter(f"{COMMON}Annotation")}
    assert str(rows_of(world, "DSD_MIG@DF_MIG").num_rows) in counted
    codes = {
        values.attrib["id"]: [value.text for value in values.iter(f"{COMMON}Value")]
        for values in about.iter(f"{COMMON}KeyValue")
    }
    assert codes["MEASURE"] == ["B11", "B12", "B13", "B15", "B16", "B21", "B22"]


def test_one_constraint_is_asked_for_by_its_id(world: SyntheticWorld) -> None:
    path = "contentconstraint/OECD.STI.STP/CR_A_DSD_MSTI@DF_MSTI/"
    assert list(constraints(body(world, path))) == ["CR_A_DSD_MSTI@DF_MSTI"]


def test_a_structure_message_is_understood_by_an_sdmx_library(world: SyntheticWorld) -> None:
    path = "dataflow/OECD.ELS.HD/DSD_HEALTH_WFMI@DF_HEALTH_WFMI/1.0?references=all"
    message: Any = sdmx.read_sdmx(io.BytesIO(body(world, path, Accept=STRUCTURE)))
    structure = message.structure["DSD_HEALTH_WFMI"]
    assert [dimension.id for dimension in structure.dimensions] == [
        *("REF_AREA", "FREQ", "MEASURE", "UNIT_MEASURE", "ORIGIN", "TRAINING_PLACE", "HEALTH_PROF", "TIME_PERIOD")
    ]
    areas = message.codelist["CL_AREA"]
    assert str(areas["DEU"].name) == "Germany"
    assert "W" in areas
    assert set(message.codelist["CL_HEALTH_PROF"].items) == {"PHYS", "MINU"}


# --- what the catalog asks for -------------------------------------------------------------------------------


def catalog_parts() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    source = yaml.safe_load((PROJECT_ROOT / "ingestion/catalog/oecd.yml").read_text(encoding="utf-8"))
    for dataset in source["datasets"]:
        if dataset["protocol"] == "oecd":
            for part in dataset["parts"]:
                yield f"{dataset['id']}/{part['id']}", dataset, part


@pytest.mark.parametrize(("name", "dataset", "part"), [pytest.param(*each, id=each[0]) for each in catalog_parts()])
def test_the_catalog_gets_its_columns_codes_and_rows(
    world: SyntheticWorld, name: str, dataset: dict[str, Any], part: dict[str, Any]
) -> None:
    asked, form = dict(part["parameters"]), dataset.get("parameters", {}).get("format", "csv")
    address = f"{dataset['endpoint'].removeprefix(f'https://{BASE}/')}/{asked.pop('key')}"
    query = "&".join(f"{key}={value}" for key, value in asked.items())
    accept = {"xml": XML_DATA, "csv": "application/vnd.sdmx.data+csv"}[form]
    rows = csv_rows(content) if (content := body(world, f"{address}?{query}", Accept=accept))[:1] != b"<" else None
    columns = {column["name"]: column for column in dataset["columns"]}
    if rows is None:
        rows = xml_rows(content)
        assert all(set(row) <= set(columns) for row in rows)
    else:
        assert set(rows[0]) == {"STRUCTURE", "STRUCTURE_ID", "ACTION", *columns}
    assert len(rows) >= part["row_floor"]
    assert sum(row.get("OBS_VALUE") is not None for row in rows) >= part["value_floor"]
    for column in columns.values():
        codes = {row.get(column["name"]) for row in rows}
        assert column.get("nullable") or None not in codes, column["name"]
        assert "codes" not in column or codes - {None} <= set(column["codes"]), column["name"]
    assert not dataset.get("part_column") or {row[dataset["part_column"]] for row in rows} == {part["id"]}
    keys = [tuple(row[key] for key in dataset["key"]) for row in rows]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("flow", sorted(synthetic.FLOWS))
def test_no_table_is_too_large_for_an_inner_loop(world: SyntheticWorld, flow: str) -> None:
    assert 500 < rows_of(world, flow).num_rows < 32_000


# --- figures against the simulation --------------------------------------------------------------------------


def at(code: str) -> int:
    return economies().codes.index(code)


def test_the_stock_by_birth_is_the_stock_of_the_simulation(world: SyntheticWorld) -> None:
    rows = only(rows_of(world, "DSD_MIG_F@DF_MIG_POPF"), SEX="_T")
    abroad = world.simulation.abroad
    found = figures(rows, "REF_AREA", "BIRTH_COUNTRY", "TIME_PERIOD")
    for (area, birth, year), value in found.items():
        truth = abroad[int(year) - FIRST_YEAR, :, at(area)]
        expected = truth.sum() if birth == "W" else truth[at("XKX" if birth == "XKV" else birth)]
        assert value == pytest.approx(expected, abs=0.5 if area != "USA" else 0.005)
    assert any(value != int(value) for (area, _, _), value in found.items() if area == "USA")


@pytest.mark.parametrize("measure", ["B11", "B12", "B13", "B15", "B16"])
def test_the_world_is_more_than_the_sum_of_the_listed(world: SyntheticWorld, measure: str) -> None:
    rows = only(rows_of(world, "DSD_MIG@DF_MIG"), MEASURE=measure, SEX="_T")
    totals: dict[tuple[str, str], float] = {}
    parts: dict[tuple[str, str], float] = {}
    for row in rows.to_pylist():
        place = row["REF_AREA"], row["TIME_PERIOD"]
        (totals if row["CITIZENSHIP"] == "W" else parts).setdefault(place, 0)
        if row["CITIZENSHIP"] == "W":
            totals[place] = row["OBS_VALUE"]
        else:
            parts[place] += row["OBS_VALUE"]
    listing_many = {place: parts[place] / totals[place] for place in parts if totals[place] and totals[place] > 1000}
    assert min(listing_many.values()) > 0.6
    assert max(listing_many.values()) < 1.01
    full = [share for (area, _), share in listing_many.items() if area in synthetic.FULL_REPORTERS]
    assert not full or min(full) > 0.97


def test_flows_are_departures_and_returns_of_the_simulation(world: SyntheticWorld) -> None:
    found = figures(
        only(rows_of(world, "DSD_MIG@DF_MIG"), SEX="_T", CITIZENSHIP="W"), "MEASURE", "REF_AREA", "TIME_PERIOD"
    )
    made = world.simulation
    for measure, flows in (("B11", made.departures), ("B12", made.returns)):
        assert found[measure, "DEU", "2018"] == np.rint(flows[2018 - FIRST_YEAR, :, at("DEU")].sum())


def test_the_newest_stock_by_nationality_is_that_of_its_year(world: SyntheticWorld) -> None:
    rows = only(rows_of(world, "DSD_MIG@DF_MIG"), MEASURE="B15", SEX="_T", TIME_PERIOD="2024")
    found = figures(rows, "REF_AREA", "CITIZENSHIP")
    foreign = world.simulation.abroad[2024 - FIRST_YEAR, :, at("DEU")] * synthetic.citizen_share("DEU")
    assert found["DEU", "W"] == np.rint(foreign.sum())
    assert found["DEU", "POL"] == pytest.approx(foreign[at("POL")], rel=0.009)


def test_women_are_some_of_both(world: SyntheticWorld) -> None:
    for flow, partner in (("DSD_MIG@DF_MIG", "CITIZENSHIP"), ("DSD_MIG_F@DF_MIG_POPF", "BIRTH_COUNTRY")):
        rows = rows_of(world, flow)
        both = figures(only(rows, SEX="_T"), "MEASURE", "REF_AREA", partner, "TIME_PERIOD")
        women = figures(only(rows, SEX="F"), "MEASURE", "REF_AREA", partner, "TIME_PERIOD")
        assert {row for row in women if row[2] in ("W", "DEU", "MEX")} <= set(both)
        assert all(value <= both[row] + 1 for row, value in women.items() if both.get(row) is not None)


def test_years_are_ragged_and_some_members_do_not_report(world: SyntheticWorld) -> None:
    rows = only(rows_of(world, "DSD_MIG@DF_MIG"), CITIZENSHIP="W", SEX="_T").to_pylist()
    newest = {
        measure: max(row["TIME_PERIOD"] for row in rows if row["MEASURE"] == measure)
        for measure in ("B11", "B12", "B13", "B15", "B16")
    }
    assert {measure for measure, year in newest.items() if year == "2024"} == {"B13", "B15"}
    reporters = {(row["MEASURE"], row["REF_AREA"]) for row in rows if row["TIME_PERIOD"] == newest.get(row["MEASURE"])}
    assert sum(measure == "B11" for measure, _ in reporters) == 35
    assert sum(measure == "B15" for measure, _ in reporters) == 26


def test_states_that_are_no_more_have_true_zeros(world: SyntheticWorld) -> None:
    rows = only(rows_of(world, "DSD_MIG@DF_MIG"), CITIZENSHIP="SUN_F").to_pylist()
    assert rows
    assert {(row["OBS_VALUE"], row["OBS_STATUS"]) for row in rows} == {(0.0, "A")}


def test_doctors_abroad_are_those_of_the_simulation(world: SyntheticWorld) -> None:
    rows = only(rows_of(world, "DSD_HEALTH_WFMI@DF_HEALTH_WFMI"), HEALTH_PROF="PHYS")
    made = world.simulation
    shares = synthetic.tertiary_shares(made, 2020)
    persons = figures(only(rows, UNIT_MEASURE="PS", TIME_PERIOD="2020"), "REF_AREA", "ORIGIN")
    abroad = made.physicians_abroad[:, 2020 - FIRST_YEAR]
    assert persons["DEU", "IND"] == np.rint(abroad[at("IND")] * shares[at("IND"), at("DEU")])
    assert persons["DEU", "W"] == pytest.approx((abroad * shares[:, at("DEU")]).sum(), abs=0.5)
    percent = figures(only(rows, UNIT_MEASURE="PT_WR_PRF_HLTH"), "REF_AREA", "TIME_PERIOD")
    assert 0 < min(percent.values()) <= max(percent.values()) < 100


def test_a_pair_of_students_is_the_same_through_both_doors(world: SyntheticWorld) -> None:
    inbound = figures(
        only(rows_of(world, "DSD_EAG_UOE_NON_FIN_STUD@DF_UOE_NF_RAW_MOB"), MEASURE="ENRL", SEX="_T"),
        *("ORIGIN", "REF_AREA", "TIME_PERIOD"),
    )
    outbound = figures(rows_of(world, "DSD_EAG_UOE_MOB@DF_MOB"), "REF_AREA", "DESTINATION", "TIME_PERIOD")
    both = set(inbound) & set(outbound)
    assert len(both) > 500
    assert all(inbound[pair] == outbound[pair] for pair in both)


def test_employment_is_participation_less_unemployment(world: SyntheticWorld) -> None:
    names = ("REF_AREA", "SEX", "BIRTH_PLACE", "TIME_PERIOD")
    rows = rows_of(world, "DSD_MIG@DF_MIG_NUP_SEX")
    rates = {measure: figures(only(rows, MEASURE=measure), *names) for measure in ("EMP_WAP", "LF_RATE", "UNE_RATE")}
    for place, employed in rates["EMP_WAP"].items():
        if employed is not None:
            expected = rates["LF_RATE"][place] * (1 - rates["UNE_RATE"][place] / 100)
            assert employed == pytest.approx(expected, abs=1e-6)


def test_levels_of_attainment_make_a_hundred(world: SyntheticWorld) -> None:
    rows = rows_of(world, "DSD_EAG_LSO_EA@DF_LSO_NEAC_DISTR_EA_MIGR").to_pylist()
    sums: dict[tuple[str, str, str], float] = {}
    for row in rows:
        if row["OBS_VALUE"] is not None:
            place = row["REF_AREA"], row["BIRTH_PLACE"], row["TIME_PERIOD"]
            sums[place] = sums.get(place, 0) + row["OBS_VALUE"]
    assert all(total == pytest.approx(100, abs=1e-6) for total in sums.values())
    made = world.simulation.immigrants[:, at("DEU"), 2020 - FIRST_YEAR]
    tertiary = figures(
        only(rows_of(world, "DSD_EAG_LSO_EA@DF_LSO_NEAC_DISTR_EA_MIGR"), ATTAINMENT_LEV="ISCED11A_5T8"),
        *("REF_AREA", "BIRTH_PLACE", "TIME_PERIOD"),
    )
    assert tertiary["DEU", "FB", "2020"] == pytest.approx(100 * made[2] / made.sum(), abs=1e-6)


def test_authors_come_return_and_leave(world: SyntheticWorld) -> None:
    found = figures(rows_of(world, "DSD_COMPASS@DF_COMPASS_REITER"), "VAR", "LOCATION", "TIME_PERIOD")
    places = {place for variable, place, _ in found if variable == "INFLOW_NB"}
    assert len(places) == 60
    balance = found["INFLOW_NB", "DEU", "2024"] + found["RETURN_NB", "DEU", "2024"] - found["OUTFLOW_NB", "DEU", "2024"]
    assert balance == pytest.approx(found["ANNUAL_FLOWS_NB", "DEU", "2024"], abs=1.5)


def test_the_scoreboard_repeats_the_latest_year_as_2999(world: SyntheticWorld) -> None:
    found = figures(rows_of(world, "DSD_SBRD@DF_SBRD"), "VAR", "LOCATION", "TIME_PERIOD")
    assert found["TP_RS", "DEU", "2999"] == found["TP_RS", "DEU", "2023"]


def test_expenditure_on_research_is_what_the_world_bank_says(world: SyntheticWorld) -> None:
    rows = only(rows_of(world, "DSD_MSTI@DF_MSTI"), MEASURE="G")
    truth = world.truth("GB.XPD.RSDV.GD.ZS").values[at("FRA"), 2020 - FIRST_YEAR]
    assert figures(rows, "REF_AREA", "TIME_PERIOD")["FRA", "2020"] == pytest.approx(truth, abs=1e-6)


def test_a_later_vintage_revises_little_and_moves_the_date() -> None:
    first, second = SyntheticWorld(vintage=1), SyntheticWorld(vintage=2)
    before, after = first.table("oecd/DSD_MIG@DF_MIG"), second.table("oecd/DSD_MIG@DF_MIG")
    assert before is not None and after is not None
    assert before.updated < after.updated
    names = ("MEASURE", "REF_AREA", "CITIZENSHIP", "SEX", "TIME_PERIOD")
    old, new = figures(before.rows, *names), figures(after.rows, *names)
    assert set(old) == set(new)
    changed = {row for row in old if old[row] != new[row]}
    assert 0.002 < len(changed) / len(old) < 0.1
    assert {year for *_, year in changed} <= {"2023", "2024"}
    assert max(abs(new[row] / old[row] - 1) for row in changed) < 0.12


# --- recorded ------------------------------------------------------------------------------------------------


def original(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


@needs_shared_data
@pytest.mark.parametrize(
    ("path", "accept", "file"),
    [
        (f"{MIG}/.W.A.B11....?format=csvfilewithlabels", "*/*", "sdmx_csv/DF_MIG_B11_world_2026-03.csv"),
        (
            "data/OECD.ELS.IMD,DSD_MIG@DF_MIG_NUP_SEX,1.0/.......?format=csvfilewithlabels",
            "*/*",
            "sdmx_csv/DF_MIG_NUP_SEX.csv.gz",
        ),
        (
            "data/OECD.ELS.IMD,DSD_MIG_INT@DF_MIG_INT_PER,1.0/....?format=csvfilewithlabels",
            "*/*",
            "sdmx_csv/DF_MIG_INT_PER.csv.gz",
        ),
        (
            "data/OECD.ELS.IMD,DSD_MIG_INT@DF_MIG_INT_TEMP,1.0/....?format=csvfilewithlabels",
            "*/*",
            "sdmx_csv/DF_MIG_INT_TEMP.csv.gz",
        ),
        (
            "data/OECD.EDU.IMEP,DSD_EAG_LSO_EA@DF_LSO_NEAC_DISTR_EA_MIGR,1.0/all?format=csvfilewithlabels",
            "*/*",
            "sdmx_csv/DF_LSO_NEAC_DISTR_EA_MIGR.csv.gz",
        ),
        *(
            (f"{AUTHORS}/.{name}", XML_DATA, f"sti_scoreboard/{name}.xml")
            for name in ("INFLOW_NB", "OUTFLOW_NB", "RETURN_NB", "STAY_NB", "ANNUAL_FLOWS_NB")
        ),
        *(
            (f"data/OECD.STI.STP,DSD_SBRD@DF_SBRD,1.2/.{name}", XML_DATA, f"sti_scoreboard/{name}.xml")
            for name in ("TP_RS", "G_XGDP")
        ),
        *(
            (
                f"{flow}/{place}.W.A.{measure}._T._Z._Z.PS?startPeriod=2010&endPeriod=2022&format=jsondata"
                "&dimensionAtObservation=AllDimensions",
                "*/*",
                f"sdmx_json/{place}_{measure}.json",
            )
            for flow, measure, places in (
                (MIG, "B15", ("CHL", "JPN", "USA")),
                (POPF, "B14", ("AUS", "CHL", "TUR", "USA")),
            )
            for place in places
        ),
        (
            "dataflow/OECD.ELS.IMD/DSD_MIG@DF_MIG/1.0?references=all",
            STRUCTURE,
            "structures/DSD_MIG_dataflow_metadata.xml",
        ),
    ],
)
def test_what_was_recorded_whole_is_answered_byte_for_byte(
    recordings: RecordedWorld, path: str, accept: str, file: str
) -> None:
    assert body(recordings, path, Accept=accept) == original(FOLDER / file)


@needs_shared_data
def test_rows_of_b15_come_from_the_json_bodies_and_the_excerpt(recordings: RecordedWorld) -> None:
    rows = csv_rows(body(recordings, f"{MIG}/..A.B15....?format=csvfile"))
    found = {(r["REF_AREA"], r["CITIZENSHIP"], r["SEX"], r["TIME_PERIOD"]): r["OBS_VALUE"] for r in rows}
    assert len(rows) == len(found) == 35 + 16
    assert float(found["USA", "W", "_T", "2019"] or 0) == 22518809.52
    assert found["AUT", "CSK_F", "F", "2021"] == "0"
    for place in ("CHL", "JPN", "USA"):
        for row in json_rows((FOLDER / "sdmx_json" / f"{place}_B15.json").read_bytes()):
            value = found[row["REF_AREA"], row["CITIZENSHIP"], row["SEX"], row["TIME_PERIOD"]]
            assert (value and float(value)) == (row["OBS_VALUE"] and float(row["OBS_VALUE"]))


@needs_shared_data
def test_the_scoreboard_can_be_asked_for_some_countries(recordings: RecordedWorld) -> None:
    chosen = xml_rows(body(recordings, f"{AUTHORS}/DEU+FRA.INFLOW_NB", Accept=XML_DATA))
    whole = xml_rows((FOLDER / "sti_scoreboard" / "INFLOW_NB.xml").read_bytes())
    expected = [row for row in whole if row["LOCATION"] in ("DEU", "FRA")]
    assert sorted(chosen, key=str) == sorted(expected, key=str)


@needs_shared_data
def test_foreign_trained_doctors_of_the_old_export(recordings: RecordedWorld) -> None:
    rows = csv_rows(body(recordings, f"{WFMI}/......PHYS?format=csvfile"))
    text = (FOLDER / "health_workforce" / "HEALTH_WFMI_FTDS_2018.csv").read_text(encoding="utf-8-sig")
    export = list(csv.DictReader(io.StringIO(text)))
    assert [(row["REF_AREA"], row["ORIGIN"], row["TIME_PERIOD"], row["OBS_VALUE"]) for row in rows] == [
        (row["COU"], row["CO2"], row["YEA"], row["Value"]) for row in export
    ]


@needs_shared_data
@pytest.mark.parametrize(
    "path",
    [
        f"{MIG}/..A.B12....?format=csvfile",
        f"{WFMI}/......MINU?format=csvfile",
        "data/OECD.STI.STP,DSD_MSTI@DF_MSTI,1.3/.A.G.PT_B1GQ..?format=csvfile",
        "dataflow/OECD.ELS.IMD/DSD_MIG@DF_MIG_EMP_EDU/1.0?references=all",
    ],
)
def test_what_is_not_recorded_says_so(recordings: RecordedWorld, path: str) -> None:
    answer = ask(recordings, path)
    assert (answer.status, answer.headers.get("X-Not-Recorded")) == (404, "true")


@needs_shared_data
def test_constraints_list_what_is_recorded(recordings: RecordedWorld) -> None:
    found = constraints(body(recordings, "contentconstraint/OECD.STI.STP/all/latest", Accept=STRUCTURE))
    assert {name: element.attrib["validFrom"] for name, element in found.items()} == {
        "CR_A_DSD_COMPASS@DF_COMPASS_REITER": "2026-04-20T00:00:00Z",
        "CR_A_DSD_SBRD@DF_SBRD": "2026-04-13T00:00:00Z",
    }


class OlderRecordings(RecordedWorld):
    """The recorded figures as they stood when the older vintage of the inflows was downloaded."""

    def table(self, name: str) -> Table | None:
        """The older vintage of the flow that has one."""
        if name == "oecd/DSD_MIG@DF_MIG":
            return recorded.table(self.root, "DSD_MIG@DF_MIG", vintage=recorded.OLDER_INFLOWS)
        return super().table(name)


@needs_shared_data
def test_the_older_vintage_of_the_inflows(recordings: RecordedWorld) -> None:
    path = f"{MIG}/..A.B11....?format=csvfilewithlabels"
    path_without_labels = f"{MIG}/..A.B11....?format=csvfile"
    older = OlderRecordings(SHARED_DATA)
    assert body(older, path) == original(FOLDER / "sdmx_csv" / "DF_MIG_B11_world_2025-02.csv")
    before, after = (
        {(row["REF_AREA"], row["TIME_PERIOD"]): row["OBS_VALUE"] for row in csv_rows(body(each, path_without_labels))}
        for each in (older, recordings)
    )
    both = set(before) & set(after)
    assert (len(before), len(after), len(both)) == (393, 824, 393)
    assert sum(before[place] != after[place] for place in both) == 53
    valid = constraints(body(older, "contentconstraint/OECD.ELS.IMD/all/latest"))["CR_A_DSD_MIG@DF_MIG"]
    assert valid.attrib["validFrom"] == "2025-02-03T00:00:00Z"
