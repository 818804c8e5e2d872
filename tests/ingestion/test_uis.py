"""The wire format of the UNESCO Institute for Statistics, read strictly."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ingestion.catalog import Dataset, load_catalog
from ingestion.errors import Absent, PayloadRejected, SeriesWithdrawn
from ingestion.sources import Mark
from ingestion.sources.uis import Indicators
from sandbox.server import Sandbox, serve
from sandbox.worlds.recorded import RecordedWorld
from sandbox.worlds.synthetic import SyntheticWorld
from tests.ingestion.asking import broken_expectations, client_of, fetch, load
from tests.ingestion.reading import read
from tests.ingestion.scripted_server import Reply, scripted_server
from tests.shared_data import SHARED_DATA, needs_shared_data

CATALOG = load_catalog()
INBOUND = CATALOG.dataset("uis_inbound")
TOTAL = INBOUND.part("26637")
RELEASE = b'{"version":"20260507-91260335","publicationDate":"2026-05-08T16:58:36.233Z","themeDataStatus":[]}'
UNKNOWN_INDICATOR = {"code": "UIS::HINT::001", "message": "The indicator could not be found, 26637"}
UNKNOWN_UNIT = {"code": "UIS::HINT::003", "message": "The geoUnit could not be found, XXX"}
DATASETS = ("uis_outbound", "uis_inbound", "uis_mobility_ratios", "uis_net_flow", "uis_enrolment", "uis_spending")
NOT_RECORDED = ("25053",)
REGIONS = ("40500", "40505", "40510", "40515", "40520", "40525", "40530", "40535", "40540")

Record = dict[str, Any]


def record(**changes: Any) -> Record:
    return {
        "indicatorId": "26637",
        "geoUnit": "SRB",
        "year": 2022,
        "value": 11515,
        "magnitude": None,
        "qualifier": None,
    } | changes


def body(*records: Record, announced: int | None = None, hints: tuple[Record, ...] = ()) -> bytes:
    count = len(records) if announced is None else announced
    metadata = [{"indicatorCode": "26637", "name": "x", "dataAvailability": {"totalRecordCount": count}}]
    return json.dumps({"hints": list(hints), "records": list(records), "indicatorMetadata": metadata}).encode()


def test_records_are_typed_and_words_stay_words() -> None:
    nil = record(geoUnit="TUV", value=0, magnitude="NA")
    table = read(
        Indicators(), INBOUND, TOTAL, [body(record(), nil, record(year=2021, value=None, qualifier="UIS_EST"))]
    )
    assert table.column_names == [column.name for column in INBOUND.columns]
    assert table["value"].to_pylist() == [11515.0, 0.0, None]
    assert table["magnitude"].to_pylist() == [None, "NA", None]
    assert table["qualifier"].to_pylist() == [None, None, "UIS_EST"]


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (record(value="n/a"), r"Expected `float \| null`, got `str`.*that is SRB 2022"),
        (record(value=True), r"Expected `float \| null`, got `bool`"),
        (record(year="2022"), r"Expected `int`, got `str`"),
        (record(year=2022.5), r"Expected `int`, got `float`"),
        (record(year=10**11), "column year: a value is no INTEGER"),
        (record(year=10**30), "column year: a value is no INTEGER"),
        (record(value=10**400), "Number out of range"),
        (record(footnotes=[]), "unknown field `footnotes`"),
        ({key: value for key, value in record().items() if key != "qualifier"}, "missing required field `qualifier`"),
        (record(indicatorId="26638"), "records of 26638 came instead"),
    ],
)
def test_a_bad_record_is_named(bad: Record, sentence: str) -> None:
    with pytest.raises(PayloadRejected, match=sentence) as raised:
        read(Indicators(), INBOUND, TOTAL, [body(record(year=2020), bad)])
    assert "uis_inbound/26637" in raised.value.where


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (b"<!DOCTYPE html><html>maintenance</html>", "HTML came instead of JSON"),
        (b"<?xml version='1.0'?><error/>", "XML came instead of JSON"),
        (b"", "the body is empty"),
        (b'{"hints":[],"records":[{"indicatorId"', "truncated"),
        (b'{"message":"Too Many Requests"}', "missing required field `hints`"),
        (body(hints=(UNKNOWN_UNIT,)), "UIS::HINT::003 The geoUnit could not be found, XXX"),
        (body(record(), hints=(UNKNOWN_UNIT,)), "UIS::HINT::003"),
        (body(), "no records, and no hint says why"),
        (body(record(), announced=2), "1 records came where 2 were announced"),
        (json.dumps({"hints": [], "records": [record()], "indicatorMetadata": []}).encode(), "did not come"),
        (body(record()).replace(b'"indicatorCode": "26637"', b'"indicatorCode": "26638"'), "did not come"),
        (body(record()).replace(b"SRB", b"\xff\xfe"), "no UTF-8"),
        (body(record(year="2022"), record())[:-40], "got `str`"),
        (b'{"hints": [], "more": ' + b"[" * 200_000, "recursion"),
    ],
)
def test_a_bad_body_is_named(bad: bytes, sentence: str) -> None:
    with pytest.raises(PayloadRejected, match=sentence):
        read(Indicators(), INBOUND, TOTAL, [bad])


def test_an_unknown_indicator_is_a_withdrawal_of_this_release(tmp_path: Path) -> None:
    def script(path: str, _earlier: int) -> Reply:
        return Reply(body=RELEASE if "versions" in path else body(hints=(UNKNOWN_INDICATOR,)))

    with scripted_server(script) as server:
        client = client_of(INBOUND.id, server.base_url, tmp_path)
        with pytest.raises(SeriesWithdrawn, match="could not be found, 26637"):
            fetch(client, INBOUND.id, "26637")


def test_one_question_probes_every_dataset_and_the_release_is_pinned(tmp_path: Path) -> None:
    def script(path: str, _earlier: int) -> Reply:
        return Reply(body=RELEASE if "versions" in path else body(record()))

    with scripted_server(script) as server:
        client = client_of(INBOUND.id, server.base_url, tmp_path)
        fetched = fetch(client, INBOUND.id, "26637")
        assert fetched.version == fetched.edition == "20260507-91260335"
        assert "indicator=26637&version=20260507-91260335&indicatorMetadata=true" in server.asked[-1]
        for dataset in (INBOUND, CATALOG.dataset("uis_outbound")):
            known = {
                part.id: Mark("20260507-91260335" if i else "20260311-78618c3e", None)
                for i, part in enumerate(dataset.parts)
            }
            probe = Indicators().probe(client, dataset, known)
            assert probe.unchanged == {part.id for part in dataset.parts[1:]}
        assert len(server.asked) == 2


def test_too_many_records_are_an_error_with_the_publishers_words(tmp_path: Path) -> None:
    def script(path: str, _earlier: int) -> Reply:
        if "versions" in path:
            return Reply(body=RELEASE)
        return Reply(400, b'{"statusCode":400,"message":"Too many records requested"}')

    with scripted_server(script) as server, pytest.raises(PayloadRejected, match="Too many records") as raised:
        fetch(client_of(INBOUND.id, server.base_url, tmp_path), INBOUND.id, "26637")
    assert raised.value.status == 400


def scaled(table: pa.Table, factor: float) -> pa.Table:
    """The same records with other figures."""
    position = table.column_names.index("value")
    return table.set_column(position, "value", pc.multiply(table["value"], factor))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dataset_id", "part", "broken"),
    [
        ("uis_outbound", "OE.5T8.40500", {"host_regions_add_up"}),
        ("uis_inbound", "26638", {"sexes_add_up"}),
        ("uis_inbound", "E.5T8.FOREIGN.ORG40535", {"origin_regions_add_up"}),
        ("uis_mobility_ratios", "MOR.5T8.40515", {"host_regions_add_up"}),
        ("uis_net_flow", "MENFR.5T8", {"persons_and_ratio_have_one_sign"}),
        ("uis_enrolment", "GER.5T8", {"total_lies_between_the_sexes"}),
    ],
)
def test_expectations_hold_and_find_a_figure_of_something_else(
    dataset_id: str, part: str, broken: set[str], tmp_path: Path
) -> None:
    with serve(SyntheticWorld()) as sandbox:
        client = client_of(dataset_id, sandbox.base_url, tmp_path)
        tables = {part.id: load(client, dataset_id, part.id) for part in CATALOG.dataset(dataset_id).parts}
    assert broken_expectations(dataset_id, tables) == set()
    assert broken_expectations(dataset_id, tables | {part: scaled(tables[part], -2)}) == broken


def test_an_answer_with_half_the_countries_is_found(tmp_path: Path) -> None:
    with serve(SyntheticWorld()) as sandbox:
        table = load(client_of("uis_outbound", sandbox.base_url, tmp_path), "uis_outbound", "OE.5T8.40510")
    half = {"OE.5T8.40510": table.filter(pc.less(table["geoUnit"].cast(pa.string()), "M"))}
    assert broken_expectations("uis_outbound", half) == {"most_countries_are_there"}


# --- recorded figures ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recorded() -> Iterator[Sandbox]:
    with serve(RecordedWorld(SHARED_DATA)) as running:
        yield running


def cells_of_2025(indicator: str) -> dict[tuple[str, int], tuple[float, str, str]]:
    """Value, magnitude and qualifier by unit and year."""
    packed = (SHARED_DATA / "unesco_uis" / "records_2025" / "inbound_and_netflow_records.csv.gz").read_bytes()
    rows = csv.DictReader(io.StringIO(gzip.decompress(packed).decode()))
    return {
        (row["geoUnit"], int(row["year"])): (float(row["value"]), row["magnitude"], row["qualifier"])
        for row in rows
        if row["indicatorId"] == indicator
    }


def cells_of_2019(indicator: str) -> dict[tuple[str, int], tuple[float, str, str]]:
    """The same of the bulk release: countries, and the institute's own regions by number."""
    name = indicator.lower().replace(".", "_")
    path = SHARED_DATA / "unesco_uis" / "bulk_2019_02" / f"ddf--datapoints--{name}--by--location--time.csv"
    with path.open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["location"].isalpha() or row["location"] in REGIONS]
    return {(row["location"].upper(), int(row["time"])): (float(row[name]), "", "") for row in rows}


@needs_shared_data
@pytest.mark.parametrize("dataset", [CATALOG.dataset(name) for name in DATASETS], ids=lambda dataset: dataset.id)
def test_recorded_indicators_are_read_cell_for_cell(dataset: Dataset, recorded: Sandbox, tmp_path: Path) -> None:
    client = client_of(dataset.id, recorded.base_url, tmp_path)
    for part in dataset.parts:
        if part.id in NOT_RECORDED:
            with pytest.raises(Absent, match="no recording"):
                load(client, dataset.id, part.id)
            continue
        expected = cells_of_2025(part.id) if part.id in ("26637", "MENF.5T8") else cells_of_2019(part.id)
        rows = load(client, dataset.id, part.id).to_pylist()
        assert len(rows) == len(expected)
        assert sum(row["value"] for row in rows) == pytest.approx(sum(value for value, _, _ in expected.values()))
        national = {(row["geoUnit"], row["year"]): row for row in rows if len(row["geoUnit"]) == 3}
        keys = sorted(key for key in expected if len(key[0]) == 3)
        for key in random.Random(3).sample(keys, 20):  # noqa: S311 (spot cells, not secrets)
            row = national[key]
            assert (row["value"], row["magnitude"] or "", row["qualifier"] or "") == expected[key]


@needs_shared_data
def test_recorded_units_are_not_only_countries(recorded: Sandbox, tmp_path: Path) -> None:
    rows = load(client_of("uis_inbound", recorded.base_url, tmp_path), "uis_inbound", "26637").to_pylist()
    assert len({row["geoUnit"] for row in rows}) == 405
    assert [row["magnitude"] for row in rows].count("NA") == 121
    assert [row["magnitude"] for row in rows].count("NIL") == 66
    world = {row["year"]: row["value"] for row in rows if row["geoUnit"] == "UIS: World"}
    assert (world[2000], world[2022]) == (2110398.5, 6859426.5)


@needs_shared_data
def test_recorded_bodies_are_read() -> None:
    folder = SHARED_DATA / "unesco_uis" / "api_recordings"
    document = json.loads((folder / "data_records.json").read_text())
    document["indicatorMetadata"] = [{"indicatorCode": "CR.1", "dataAvailability": {"totalRecordCount": 14}}]
    part = TOTAL.model_copy(update={"id": "CR.1"})
    table = read(Indicators(), INBOUND, part, [json.dumps(document).encode()])
    assert table["value"].to_pylist() == [entry["value"] for entry in document["records"]]
    with pytest.raises(PayloadRejected, match="UIS::HINT::003 The geoUnit could not be found, XXX"):
        read(Indicators(), INBOUND, part, [(folder / "data_unknown_geounit.json").read_bytes()])
