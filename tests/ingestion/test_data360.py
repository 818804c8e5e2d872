"""Data360's wire format, read strictly: numbers are texts, and totals stand among the parts."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from openpyxl import load_workbook

from ingestion.catalog import load_catalog
from ingestion.errors import Absent, PayloadRejected
from ingestion.sources import Mark
from ingestion.sources.data360 import Observations
from sandbox.server import Sandbox, serve
from sandbox.worlds.recorded import RecordedWorld
from tests.ingestion.asking import broken_expectations, client_of, fetch, load
from tests.ingestion.reading import read
from tests.ingestion.scripted_server import Reply, scripted_server
from tests.shared_data import SHARED_DATA, needs_shared_data

CATALOG = load_catalog()
BILATERAL = CATALOG.dataset("knomad_remittance_bilateral")
PART = BILATERAL.part("WB_KNOMAD_BRE")

Row = dict[str, Any]


def row(**changes: Any) -> Row:
    unsaid = ("TIME_FORMAT", "COMMENT_OBS", "AGG_METHOD", "DECIMALS", "COMMENT_TS", "DATA_SOURCE", "UNIT_TYPE")
    breakdowns = {"COMP_BREAKDOWN_1": "WB_KNOMAD_MEX", "COMP_BREAKDOWN_2": "_Z", "COMP_BREAKDOWN_3": "_Z"}
    return {
        **dict.fromkeys(unsaid),
        **{"OBS_VALUE": "52595.342546", "UNIT_MULT": 0, "OBS_STATUS": "A", "OBS_CONF": "PU", "LATEST_DATA": True},
        **{"DATABASE_ID": "WB_KNOMAD", "INDICATOR": "WB_KNOMAD_BRE", "REF_AREA": "USA", "TIME_PERIOD": "2021"},
        **{"SEX": "_T", "AGE": "_T", "URBANISATION": "_T", **breakdowns, "FREQ": "A", "UNIT_MEASURE": "USD_CUR"},
    } | changes


def body(*rows: Row, count: int | None = None) -> bytes:
    return json.dumps({"count": len(rows) if count is None else count, "value": list(rows)}).encode()


def test_texts_become_numbers_and_null_stays_null() -> None:
    rows = [row(), row(REF_AREA="NAM", OBS_VALUE="0"), row(REF_AREA="IND", OBS_VALUE=None), row(OBS_VALUE="6.4e+010")]
    table = read(Observations(), BILATERAL, PART, [body(*rows)])
    assert table.column_names == [column.name for column in BILATERAL.columns]
    assert table["OBS_VALUE"].to_pylist() == [52595.342546, 0.0, None, 6.4e10]
    assert table["TIME_PERIOD"].to_pylist() == [2021] * 4
    assert table["UNIT_MULT"].to_pylist() == [0] * 4


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (row(OBS_VALUE="n/a"), "OBS_VALUE is 'n/a' in USA WB_KNOMAD_MEX 2021"),
        (row(OBS_VALUE=""), "OBS_VALUE is ''"),
        (row(OBS_VALUE="nan"), "OBS_VALUE is 'nan'"),
        (row(OBS_VALUE="1,844.7"), "OBS_VALUE is '1,844.7'"),
        (row(OBS_VALUE=52595.3), r"Expected `str \| null`, got `float`.*that is USA WB_KNOMAD_MEX 2021"),
        (row(TIME_PERIOD="2021-Q1"), "a period is no year: '2021-Q1' in USA WB_KNOMAD_MEX"),
        (row(TIME_PERIOD="٢٠٢١"), "a period is no year"),
        (row(OBS_VALUE="1e400"), "inf in row 2, which is no figure"),
        (row(UNIT_MULT=2**40), "column UNIT_MULT: a value is no INTEGER"),
        (row(UNIT_MULT="6"), r"Expected `int`, got `str`"),
        (row(REF_AREA=None), r"Expected `str`, got `null`"),
        (row(COMP_BREAKDOWN_4="_Z"), "unknown field `COMP_BREAKDOWN_4`"),
        ({key: value for key, value in row().items() if key != "FREQ"}, "missing required field `FREQ`"),
        (row(INDICATOR="WB_KNOMAD_MIG"), "records of WB_KNOMAD WB_KNOMAD_BRE, WB_KNOMAD WB_KNOMAD_MIG came instead"),
        (row(DATABASE_ID="WB_WDI"), "came instead"),
    ],
)
def test_a_bad_record_is_named(bad: Row, sentence: str) -> None:
    with pytest.raises(PayloadRejected, match=sentence) as raised:
        read(Observations(), BILATERAL, PART, [body(row(REF_AREA="SRB"), bad)])
    assert "knomad_remittance_bilateral/WB_KNOMAD_BRE" in raised.value.where


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (b"<html>gateway</html>", "HTML came instead of JSON"),
        (b"", "the body is empty"),
        (b'{"count":1,"value":[{"OBS_VALUE"', "truncated"),
        (b'{"statusCode":404,"message":"Resource not found"}', "missing required field `count`"),
        (body(row()).replace(b"SRB", b"\xff").replace(b"USA", b"\xff"), "no UTF-8"),
        (body(row(UNIT_MULT="6"), row())[:-40], "got `str`"),
        (body(row(), count=2), "1 records came where 2 were announced"),
    ],
)
def test_a_bad_body_is_named(bad: bytes, sentence: str) -> None:
    with pytest.raises(PayloadRejected, match=sentence):
        read(Observations(), BILATERAL, PART, [bad])


def paged(pages: dict[int, bytes]) -> Any:
    """Answers by the number of records that are to be skipped."""

    def script(path: str, _earlier: int) -> Reply:
        return Reply(body=pages[int(parse_qs(urlsplit(path).query)["skip"][0])])

    return script


@pytest.mark.parametrize(
    ("pages", "sentence"),
    [
        ({0: body(count=0)}, "no records came, and 0 are announced"),
        ({0: body(row(), count=3), 1: body(count=3)}, "no records came, and 3 are announced"),
        ({0: body(row(), count=3), 1: body(row(), count=4)}, "the count changed between pages, from 3 to 4"),
    ],
)
def test_a_lost_page_is_named(pages: dict[int, bytes], sentence: str, tmp_path: Path) -> None:
    with scripted_server(paged(pages)) as server, pytest.raises(PayloadRejected, match=sentence) as raised:
        fetch(client_of(BILATERAL.id, server.base_url, tmp_path), BILATERAL.id, PART.id)
    assert "WB_KNOMAD_BRE, records from" in raised.value.where


def test_the_first_page_is_the_version(tmp_path: Path) -> None:
    versions = []
    for value in ("1", "1", "2"):
        pages = {0: body(row(OBS_VALUE=value), count=2), 1: body(row(REF_AREA="CAN"), count=2)}
        with scripted_server(paged(pages)) as server:
            client = client_of(BILATERAL.id, server.base_url, tmp_path)
            fetched = fetch(client, BILATERAL.id, PART.id)
            versions.append(fetched.version)
            assert len(fetched.answers) == 2
            probe = Observations().probe(client, BILATERAL, {PART.id: Mark(versions[0], None)})
            assert probe.unchanged == ({PART.id} if versions[-1] == versions[0] else set())
            assert len(server.asked) == 3
    assert versions[0] == versions[1] != versions[2]


def test_expectations_find_a_total_among_the_parts() -> None:
    mexico, canada = row(OBS_VALUE="60"), row(COMP_BREAKDOWN_1="WB_KNOMAD_CAN", OBS_VALUE="40")
    world = row(COMP_BREAKDOWN_1="WB_KNOMAD_WLD", OBS_VALUE="100")

    def broken(*rows: Row) -> set[str]:
        return broken_expectations(BILATERAL.id, {PART.id: read(Observations(), BILATERAL, PART, [body(*rows)])})

    assert broken(mexico, canada, world) == set()
    assert broken(mexico, world) == {"receivers_add_up_to_the_world"}
    region = row(COMP_BREAKDOWN_1="WB_KNOMAD_NAC", OBS_VALUE="100")
    assert broken(mexico, canada, world, region) == {"receivers_add_up_to_the_world"}
    assert broken(mexico, canada) == {"every_sender_has_a_world_row"}
    assert broken(row(OBS_VALUE="60", UNIT_MULT=6), canada, world) == {"multiplier_is_sent_as_ever"}
    another_year = (row(OBS_VALUE="0", TIME_PERIOD="2024"), mexico, canada, world)
    assert broken(*another_year) == {"one_year"}


# --- recorded figures ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recorded() -> Iterator[Sandbox]:
    with serve(RecordedWorld(SHARED_DATA)) as running:
        yield running


def matrix() -> dict[tuple[str, str], float]:
    """The recorded workbook by names of sender and receiver."""
    path = SHARED_DATA / "world_bank" / "bilateral" / "bilateral_remittance_matrix_2021.xlsx"
    sheet = load_workbook(path, read_only=True).worksheets[0]
    lines = list(sheet.iter_rows(min_row=2, max_row=217, values_only=True))
    names = [str(name) for name in lines[0]]
    return {
        (str(line[0]), names[i]): float(str(cell))
        for line in lines[1:]
        for i, cell in enumerate(line)
        if i and cell is not None
    }


def names_of_codes() -> dict[str, str]:
    path = SHARED_DATA / "world_bank" / "metadata" / "country.element1.json"
    listed = {entry["id"]: entry["name"].strip() for entry in json.loads(path.read_text())}
    changed = {"CZE": "Czech Republic", "FRO": "Faeroe Islands", "PRK": "Korea, Dem. Rep.", "TUR": "Turkey"}
    return listed | changed | {"VNM": "Vietnam", "WLD": "WORLD"}


@needs_shared_data
def test_the_recorded_matrix_is_read_cell_for_cell(recorded: Sandbox, tmp_path: Path) -> None:
    client = client_of(BILATERAL.id, recorded.base_url, tmp_path)
    rows = load(client, BILATERAL.id, PART.id).to_pylist()
    assert client.requests_made == 11
    expected, names = matrix(), names_of_codes()
    assert len(rows) == len(expected) == 10_619
    assert sum(row["REF_AREA"] == "USA" for row in rows) == 135
    assert sum(row["OBS_VALUE"] for row in rows) == pytest.approx(sum(expected.values()), rel=1e-9)
    found = {
        (names[row["REF_AREA"]], names[row["COMP_BREAKDOWN_1"].removeprefix("WB_KNOMAD_")]): row["OBS_VALUE"]
        for row in rows
    }
    assert found.keys() == expected.keys()
    for key in random.Random(11).sample(sorted(expected), 20):  # noqa: S311 (spot cells, not secrets)
        assert found[key] == pytest.approx(expected[key], abs=5e-7)
    by_code = {(row["REF_AREA"], row["COMP_BREAKDOWN_1"]): row["OBS_VALUE"] for row in rows}
    published = {"WLD": 200216.09, "MEX": 52595.34, "IND": 15808.03, "PHL": 12836.64}
    for receiver, value in published.items():
        assert by_code["USA", f"WB_KNOMAD_{receiver}"] == pytest.approx(value, abs=0.01)
    assert by_code["MEX", "WB_KNOMAD_WLD"] == pytest.approx(3274.880339)


@needs_shared_data
@pytest.mark.parametrize("dataset_id", ["knomad_remittance_inflow", "knomad_remittance_outflow"])
def test_inflows_and_outflows_are_not_recorded(dataset_id: str, recorded: Sandbox, tmp_path: Path) -> None:
    part = CATALOG.dataset(dataset_id).parts[0]
    with pytest.raises(Absent, match="no recording"):
        load(client_of(dataset_id, recorded.base_url, tmp_path), dataset_id, part.id)
