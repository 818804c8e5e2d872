"""The World Bank's wire format, read strictly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingestion.catalog import load_catalog
from ingestion.errors import PayloadRejected, SeriesWithdrawn
from ingestion.sources import Mark
from ingestion.sources.world_bank import Archive, CountryList, Indicators
from tests.ingestion.asking import client_of, fetch
from tests.ingestion.reading import read
from tests.ingestion.scripted_server import Reply, scripted_server
from tests.shared_data import SHARED_DATA, needs_shared_data

CATALOG = load_catalog()
WDI = CATALOG.dataset("wb_wdi")
POPULATION = WDI.part("SP.POP.TOTL")

Row = dict[str, Any]


def row(**changes: Any) -> Row:
    return {
        "indicator": {"id": "SP.POP.TOTL", "value": "Population, total"},
        "country": {"id": "RS", "value": "Serbia"},
        "countryiso3code": "SRB",
        "date": "2022",
        "value": 6664449,
        "unit": "",
        "obs_status": "",
        "decimal": 0,
    } | changes


def body(*rows: Row, total: int | None = None) -> bytes:
    header = {"page": 1, "pages": 1, "per_page": 20000, "total": len(rows) if total is None else total}
    return json.dumps([header | {"sourceid": "2", "lastupdated": "2026-07-13"}, list(rows)]).encode()


def test_rows_are_typed_and_null_stays_null() -> None:
    table = read(Indicators(), WDI, POPULATION, [body(row(), row(date="2021", value=None))])
    assert table.column_names == [column.name for column in WDI.columns]
    assert table["year"].to_pylist() == [2022, 2021]
    assert table["value"].to_pylist() == [6664449.0, None]


def test_namibia_is_not_a_missing_value() -> None:
    table = read(Indicators(), WDI, POPULATION, [body(row(country={"id": "NA", "value": "Namibia"}))])
    assert table["country_id"].to_pylist() == ["NA"]


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (row(value="n/a"), r"Expected `float \| null`, got `str`.*Serbia \(RS\) 2022"),
        (row(value=True), r"Expected `float \| null`, got `bool`"),
        (row(footnote="new"), "unknown field `footnote`"),
        ({key: value for key, value in row().items() if key != "unit"}, "missing required field `unit`"),
        (row(date="2022Q1"), "a period is no year: '2022Q1' in Serbia"),
        (row(date="2_022"), "a period is no year"),
        (row(date="9" * 40), "a period is no year"),
        (row(decimal=2**40), "column decimal: a value is no INTEGER"),
        (row(indicator={"id": "SP.POP.GROW", "value": "x"}), r"rows of SP\.POP\.GROW came instead"),
    ],
)
def test_a_bad_row_is_named(bad: Row, sentence: str) -> None:
    with pytest.raises(PayloadRejected, match=sentence) as raised:
        read(Indicators(), WDI, POPULATION, [body(row(), bad)])
    assert "wb_wdi/SP.POP.TOTL" in raised.value.where


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (b"<!DOCTYPE html><html>maintenance</html>", "HTML came instead of JSON"),
        (b'<?xml version="1.0"?><wb:data/>', "XML came instead of JSON"),
        (b"", "the body is empty"),
        (b'[{"page":1,"pages":1,"total":1},[{"indicator"', "truncated"),
        (b'[{"message":[{"id":"150","key":"x","value":"Language not available"}]}]', "150 Language not available"),
        (body(row()).replace(b'"total": 1', b'"total": "one"'), "Expected `str` matching regex"),
        (body(row()).replace(b'"total": 1, ', b""), "missing required field `total`"),
        (body(row()).replace(b"Serbia", b"\xff\xfe"), "no UTF-8"),
        (body(row(value="n/a"), row())[:-40], "got `str`"),
        (body(row(), total=2), "1 rows came where 2 were announced"),
    ],
)
def test_a_bad_body_is_named(bad: bytes, sentence: str) -> None:
    with pytest.raises(PayloadRejected, match=sentence):
        read(Indicators(), WDI, POPULATION, [bad])


@pytest.mark.parametrize("code", ["120", "175"])
def test_a_refusal_with_http_200_is_a_withdrawal(code: str) -> None:
    refusal = [{"message": [{"id": code, "key": "Invalid", "value": "not found"}]}]
    with pytest.raises(SeriesWithdrawn, match=f"{code} not found"):
        read(Indicators(), WDI, POPULATION, [json.dumps(refusal).encode()])


def test_a_refused_list_of_editions_says_nothing_about_a_series(tmp_path: Path) -> None:
    refusal = json.dumps([{"message": [{"id": "120", "key": "Invalid value", "value": "not valid"}]}]).encode()
    with scripted_server(lambda path, earlier: Reply(body=refusal)) as server:
        client = client_of("wb_archive", server.base_url, tmp_path)
        dataset = CATALOG.dataset("wb_archive")
        with pytest.raises(PayloadRejected, match="120 not valid"):
            Archive().probe(client, dataset, {dataset.parts[0].id: Mark("201312", "202607")})
        with pytest.raises(PayloadRejected, match="120 not valid"):
            fetch(client, dataset.id, dataset.parts[0].id)


def test_an_answer_without_an_edition_is_refused(tmp_path: Path) -> None:
    content = body(row()).replace(b', "lastupdated": "2026-07-13"', b"")
    with scripted_server(lambda path, earlier: Reply(body=content)) as server:
        client = client_of(WDI.id, server.base_url, tmp_path)
        with pytest.raises(PayloadRejected, match="does not say lastupdated"):
            fetch(client, WDI.id, POPULATION.id)


def test_an_indicator_whose_recording_is_gone_does_not_stop_the_probe(tmp_path: Path) -> None:
    def script(path: str, _earlier: int) -> Reply:
        if "SP.DYN.LE00.IN" in path:
            return Reply(404, b"no indicator", {"X-Not-Recorded": "true"})
        return Reply(body=body(row()))

    known = {part: Mark("2026-07-13", "2026-07-13") for part in ("SP.POP.TOTL", "SP.DYN.LE00.IN")}
    with scripted_server(script) as server:
        probe = Indicators().probe(client_of(WDI.id, server.base_url, tmp_path), WDI, known)
    assert probe.unchanged == {"SP.POP.TOTL"}


def archive_body(wrapped: bool, **changes: Any) -> bytes:
    coordinates = [
        {"concept": "Country", "id": "ROM", "value": "Romania"},
        {"concept": "Series", "id": "SM.EMI.TERT.ZS", "value": "Emigration rate"},
        {"concept": "Time", "id": "YR2000", "value": "2000"},
        {"concept": "Version", "id": "201312", "value": "2013 Dec"},
    ]
    source = {"id": "57", "name": "WDI Database Archives", "data": [{"variable": coordinates, "value": 11.8} | changes]}
    return json.dumps({"page": 1, "pages": 1, "total": 1, "source": [source] if wrapped else source}).encode()


@pytest.mark.parametrize("wrapped", [True, False])
def test_the_archive_is_read_in_both_its_wrappings(wrapped: bool) -> None:
    dataset = CATALOG.dataset("wb_archive")
    table = read(Archive(), dataset, dataset.parts[0], [archive_body(wrapped)])
    assert table.to_pylist() == [
        {
            "series_id": "SM.EMI.TERT.ZS",
            "series_name": "Emigration rate",
            "country_id": "ROM",
            "year": 2000,
            "version_id": "201312",
            "value": 11.8,
        }
    ]


def test_an_archived_cell_without_a_dimension_is_named() -> None:
    dataset = CATALOG.dataset("wb_archive")
    with pytest.raises(PayloadRejected, match="no dimension 'series'"):
        read(Archive(), dataset, dataset.parts[0], [archive_body(True, variable=[])])


@needs_shared_data
def test_the_recorded_body_is_read_value_for_value() -> None:
    recorded = (SHARED_DATA / "world_bank" / "api_responses" / "wb_SP_POP_TOTL.json").read_bytes()
    table = read(Indicators(), WDI, POPULATION, [recorded])
    rows = json.loads(recorded)[1]
    assert table["value"].to_pylist() == [row["value"] for row in rows]
    assert table["country_id"].to_pylist() == [row["country"]["id"] for row in rows]


@needs_shared_data
def test_the_recorded_country_list_is_read_entry_for_entry() -> None:
    dataset = CATALOG.dataset("wb_country")
    entries = json.loads((SHARED_DATA / "world_bank" / "metadata" / "country.element1.json").read_text())
    header = {"page": 1, "pages": 1, "per_page": "400", "total": len(entries)}
    table = read(CountryList(), dataset, dataset.parts[0], [json.dumps([header, entries]).encode()])
    assert table["id"].to_pylist() == [entry["id"] for entry in entries]
    assert "NA" in table["iso2_code"].to_pylist()


@needs_shared_data
@pytest.mark.parametrize("name", ["world_bank_200_indicator_archived_175", "world_bank_200_invalid_value_120"])
def test_recorded_refusals_are_withdrawals(name: str) -> None:
    with pytest.raises(SeriesWithdrawn):
        read(Indicators(), WDI, POPULATION, [(SHARED_DATA / "error_bodies" / f"{name}.json").read_bytes()])
