"""What the publishers really sent, read by the product and by the standard library: the same rows and cells."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest

from ingestion.catalog import Dataset, load_catalog
from ingestion.errors import PayloadRejected
from ingestion.http import Body
from ingestion.sources import protocol_of
from ingestion.sources.sdmx import json_message, json_stat
from tests.ingestion.asking import broken_expectations
from tests.ingestion.reading import read
from tests.shared_data import SHARED_DATA, needs_shared_data

pytestmark = [needs_shared_data, pytest.mark.slow]

OECD = SHARED_DATA / "oecd"
EUROSTAT = SHARED_DATA / "eurostat"
SPOTS = 20
# Columns of a row that speak of the message, and no label.
MESSAGE = ("STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION")

Row = dict[str, Any]


@dataclass(frozen=True)
class Recording:
    """A recorded file and the part it is an answer to."""

    dataset: str
    part: str
    path: Path

    def __str__(self) -> str:
        return f"{self.dataset}-{self.path.name}"

    def content(self) -> bytes:
        stored = self.path.read_bytes()
        return gzip.decompress(stored) if self.path.suffix == ".gz" else stored


TABLES = (
    Recording("oecd_mig", "B11", OECD / "sdmx_csv/DF_MIG_B11_world_2026-03.csv"),
    Recording("oecd_mig", "B11", OECD / "sdmx_csv/DF_MIG_B11_world_2025-02.csv"),
    Recording("oecd_mig", "B15", OECD / "sdmx_csv/DF_MIG_B15_zero_rows_excerpt.csv"),
    Recording("oecd_mig_popf", "B14", OECD / "sdmx_csv/DF_MIG_POPF_excerpt.csv"),
    Recording("oecd_mig_nup_sex", "all", OECD / "sdmx_csv/DF_MIG_NUP_SEX.csv.gz"),
    Recording("oecd_mig_int_per", "MIG_FLW", OECD / "sdmx_csv/DF_MIG_INT_PER.csv.gz"),
    Recording("oecd_mig_int_temp", "MIG_FLW", OECD / "sdmx_csv/DF_MIG_INT_TEMP.csv.gz"),
    Recording("oecd_attainment_by_birthplace", "all", OECD / "sdmx_csv/DF_LSO_NEAC_DISTR_EA_MIGR.csv.gz"),
    Recording("eurostat_migr_emi1ctz", "", EUROSTAT / "sdmx_csv/migr_emi1ctz_AL.csv.gz"),
    Recording("eurostat_migr_imm1ctz", "", EUROSTAT / "sdmx_csv/migr_imm1ctz_AL.csv.gz"),
    Recording("eurostat_migr_resfirst", "", EUROSTAT / "sdmx_csv/migr_resfirst_AL.csv.gz"),
)
MESSAGES = (
    *(
        Recording("oecd_scientist_flows", name, OECD / f"sti_scoreboard/{name}.xml")
        for name in ("INFLOW_NB", "OUTFLOW_NB", "RETURN_NB", "STAY_NB")
    ),
    Recording("oecd_scientist_annual_flows", "ANNUAL_FLOWS_NB", OECD / "sti_scoreboard/ANNUAL_FLOWS_NB.xml"),
    Recording("oecd_rd_scoreboard", "TP_RS", OECD / "sti_scoreboard/TP_RS.xml"),
    Recording("oecd_rd_scoreboard", "G_XGDP", OECD / "sti_scoreboard/G_XGDP.xml"),
)


def product_rows(recording: Recording) -> list[Row]:
    dataset = load_catalog().dataset(recording.dataset)
    part = dataset.part(recording.part) if recording.part else dataset.parts[0]
    found: list[Row] = read(protocol_of(dataset), dataset, part, [recording.content()]).to_pylist()
    return found


def typed(row: Row, dataset: Dataset) -> Row:
    """Cells by the standard library: text as sent, numbers by Python, empty is null."""
    makers = {"DOUBLE": float, "INTEGER": int}
    cells = {column.name: row.get(column.name) or None for column in dataset.columns}
    return {
        column.name: makers.get(column.type, str)(cells[column.name]) if cells[column.name] is not None else None
        for column in dataset.columns
    }


def csv_rows(recording: Recording) -> list[Row]:
    lines = csv.reader(io.StringIO(recording.content().decode("utf-8-sig")))
    header = next(lines)
    dataset = load_catalog().dataset(recording.dataset)
    wanted = {name: header.index(name) for name in (column.name for column in dataset.columns)}
    return [typed({name: line[at] for name, at in wanted.items()}, dataset) for line in lines]


def xml_rows(recording: Recording) -> list[Row]:
    dataset = load_catalog().dataset(recording.dataset)
    rows = []
    for series in ElementTree.fromstring(recording.content()).iter():  # noqa: S314 (a file of ours)
        if series.tag.endswith("}Series"):
            rows += [typed({**series.attrib, **observation.attrib}, dataset) for observation in series]
    return [row for row in rows if row["TIME_PERIOD"] != 2999]


def assert_same(found: list[Row], expected: list[Row], seed: str) -> None:
    """The same number of rows, sum of values and nulls, twenty cells, and then every row."""
    assert len(found) == len(expected)
    values = [[row["OBS_VALUE"] for row in rows if row["OBS_VALUE"] is not None] for rows in (found, expected)]
    assert len(values[0]) == len(values[1])
    assert sum(values[0]) == pytest.approx(sum(values[1]), rel=1e-12)
    spots = random.Random(seed)  # noqa: S311 (a choice of cells)
    for _ in range(SPOTS):
        row, column = spots.randrange(len(found)), spots.choice(list(found[0]))
        assert found[row][column] == expected[row][column]
    assert found == expected


@pytest.mark.parametrize("recording", TABLES, ids=str)
def test_a_recorded_csv_is_read_whole(recording: Recording) -> None:
    assert_same(product_rows(recording), csv_rows(recording), str(recording))


@pytest.mark.parametrize("recording", MESSAGES, ids=str)
def test_a_recorded_xml_is_read_whole_but_for_the_sentinel(recording: Recording) -> None:
    assert_same(product_rows(recording), xml_rows(recording), str(recording))


@pytest.mark.parametrize("recording", [*TABLES, *MESSAGES], ids=str)
def test_the_catalogued_key_is_unique_and_codes_and_bounds_hold(recording: Recording) -> None:
    dataset = load_catalog().dataset(recording.dataset)
    part = dataset.part(recording.part) if recording.part else dataset.parts[0]
    rows = product_rows(recording)
    assert len({tuple(row[name] for name in dataset.key) for row in rows}) == len(rows)
    for column in dataset.columns:
        if column.codes:
            assert {row[column.name] for row in rows} <= {*column.codes, None}
    values = [row["OBS_VALUE"] for row in rows if row["OBS_VALUE"] is not None]
    assert part.bounds.minimum is None or min(values) >= part.bounds.minimum
    assert part.bounds.maximum is None or max(values) <= part.bounds.maximum


@pytest.mark.parametrize("recording", [one for one in (*TABLES, *MESSAGES) if one.dataset.startswith("oecd")], ids=str)
def test_the_expectations_hold_for_what_was_recorded(recording: Recording) -> None:
    dataset = load_catalog().dataset(recording.dataset)
    table = read(protocol_of(dataset), dataset, dataset.part(recording.part), [recording.content()])
    assert broken_expectations(recording.dataset, {recording.part: table}) == set()


def test_two_editions_differ_by_the_53_revised_totals() -> None:
    old, new = (
        {(row["REF_AREA"], row["CITIZENSHIP"], row["TIME_PERIOD"]): row["OBS_VALUE"] for row in product_rows(recording)}
        for recording in (TABLES[1], TABLES[0])
    )
    shared = old.keys() & new.keys()
    assert len(shared) == 393
    assert sum(old[key] != new[key] for key in shared) == 53


def json_rows(path: Path, dataset: Dataset) -> Iterator[Row]:
    """SDMX-JSON by the standard library."""
    message = json.loads(path.read_text())["data"]
    dimensions = message["structures"][0]["dimensions"]["observation"]
    attributes = message["structures"][0]["attributes"]["observation"]
    for key, (value, *indexes) in message["dataSets"][0]["observations"].items():
        row = {each["id"]: each["values"][int(at)]["id"] for each, at in zip(dimensions, key.split(":"), strict=True)}
        row |= {each["id"]: each["values"][at]["id"] for each, at in zip(attributes, indexes, strict=True)}
        yield typed(row, dataset) | {"OBS_VALUE": value}


@pytest.mark.parametrize("path", sorted(OECD.glob("sdmx_json/*_B1?.json")), ids=lambda path: path.name)
def test_recorded_sdmx_json_is_read_whole(path: Path) -> None:
    dataset = load_catalog().dataset("oecd_mig_popf" if "B14" in path.name else "oecd_mig")
    found = json_message.read(Body(path, ""), path.name).table(dataset, path.name).to_pylist()
    assert_same(found, list(json_rows(path, dataset)), path.name)
    with (SHARED_DATA / "acceptance/oecd_decoded_points.csv").open() as points:
        expected = {
            row["year"]: float(row["value"]) for row in csv.DictReader(points) if path.name in row["response_file"]
        }
    decoded = {str(row["TIME_PERIOD"]): row["OBS_VALUE"] for row in found if row["OBS_VALUE"] is not None}
    assert expected.items() <= decoded.items()


def test_the_older_sdmx_json_is_refused() -> None:
    with pytest.raises(PayloadRejected, match="missing required field `data`"):
        json_message.read(Body(OECD / "sdmx_json/legacy_sdmx_json_1_0_QNA.json", ""), "old")


def cubes() -> Iterator[tuple[str, Any]]:
    yield "migr_pop1ctz", json.loads((EUROSTAT / "json_stat/migr_pop1ctz.json").read_text())
    for answer in json.loads((EUROSTAT / "json_stat/lfsa_eoqgan_with_queries.json").read_text()):
        yield answer["consulta"], answer["respuesta"]


def cube_rows(cube: Any) -> list[Row]:
    """JSON-stat by the standard library: the cell of each combination of codes, by its number."""
    rows = []
    for number in range(len(json.dumps(cube))):
        if str(number) in cube["value"] or str(number) in cube.get("status", {}):
            rest, row = number, {}
            for name, size in reversed(list(zip(cube["id"], cube["size"], strict=True))):
                rest, at = divmod(rest, size)
                index = cube["dimension"][name]["category"]["index"]
                row["TIME_PERIOD" if name == "time" else name] = next(
                    c for c, position in index.items() if position == at
                )
            value, flag = cube["value"].get(str(number)), cube.get("status", {}).get(str(number))
            rows.append(row | {"OBS_VALUE": value, "OBS_FLAG": flag})
    return rows


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="no recorded figures")
def test_recorded_json_stat_is_read_whole(tmp_path: Path) -> None:
    for name, cube in cubes():
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(cube))
        observations = json_stat.read(Body(path, ""), name)
        found = [
            {column: cells[row] for column, cells in observations.columns.items()} for row in range(observations.n_rows)
        ]
        assert_same(found, cube_rows(cube), name)
        assert sum(row["OBS_VALUE"] is not None for row in found) == len(cube["value"])


def test_the_publishers_examples_of_sdmx_csv_are_read_or_refused_for_their_joined_labels(tmp_path: Path) -> None:
    for path in sorted((OECD / "sdmx_csv/format_examples_v2").glob("*.csv")):
        content = path.read_text(encoding="utf-8-sig")
        separator = ";" if re.match(r"STRUCTURE(\[.\])?;", content) else ","
        header, *lines = [line for line in csv.reader(io.StringIO(content), delimiter=separator) if line]
        names = [re.sub(r"\[.*\]$", "", name) for name in header]
        wanted = [name for name in names if re.fullmatch(r"(DIM|ATTR)_\d|OBS_VALUE\d?|UPDATED", name.split(": ")[0])]
        dataset = example_dataset([name.split(": ")[0] for name in wanted])
        protocol, part = protocol_of(dataset), dataset.parts[0]
        if any(": " in name for name in wanted):
            with pytest.raises(PayloadRejected, match="codes and labels came in one column"):
                read(protocol, dataset, part, [path.read_bytes()])
            continue
        found = [list(row.values()) for row in read(protocol, dataset, part, [path.read_bytes()]).to_pylist()]
        expected: list[list[Any]] = [[line[names.index(name)] for name in wanted] for line in lines]
        for row in expected:
            for at, name in enumerate(wanted):
                row[at] = float(row[at]) if name.startswith("OBS_VALUE") else row[at] or None
        assert found == expected, path.name


def example_dataset(names: list[str]) -> Dataset:
    """A dataset with the columns of an example."""
    model = load_catalog().dataset("oecd_mig_popf")
    text, number = model.column("REF_AREA"), model.column("OBS_VALUE")
    columns = tuple(
        (number if name.startswith("OBS_VALUE") else text).model_copy(update={"name": name, "nullable": True})
        for name in names
    )
    return model.model_copy(update={"columns": columns, "key": ("DIM_1",), "part_column": None})


@pytest.mark.parametrize(
    "name",
    [
        "oecd_404_no_records.txt",
        "oecd_404_no_results.txt",
        "oecd_422_key_arity.txt",
        "oecd_429_downloads.txt",
        "oecd_429_requests.txt",
        "oecd_500_no_accept_language.txt",
        "eurostat_200_async_413.json",
        "eurostat_404.json",
        "eurostat_sdmx_ml_footer_413.xml",
    ],
)
@pytest.mark.parametrize(
    "dataset_id", ["oecd_mig", "oecd_scientist_flows", "eurostat_migr_imm1ctz", "eurostat_lfsa_eoqgan", "oecd_codelist"]
)
def test_an_error_body_never_passes_for_data(name: str, dataset_id: str) -> None:
    dataset = load_catalog().dataset(dataset_id)
    with pytest.raises(PayloadRejected):
        read(protocol_of(dataset), dataset, dataset.parts[0], [(SHARED_DATA / "error_bodies" / name).read_bytes()])


def test_recorded_structures_give_every_code_of_every_dimension() -> None:
    path = OECD / "structures/DSD_MIG_dataflow_metadata.xml"
    dataset = load_catalog().dataset("oecd_codelist")
    table = read(protocol_of(dataset), dataset, dataset.part("DSD_MIG@DF_MIG"), [path.read_bytes()])
    rows: list[Row] = table.to_pylist()
    space = "{http://www.sdmx.org/resources/sdmxml/schemas/v2_1/structure}"
    names = "{http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common}Name"
    english = "{http://www.w3.org/XML/1998/namespace}lang"
    root = ElementTree.parse(path).getroot()  # noqa: S314 (a file of ours)
    lists = {each.get("id"): each for each in root.iter(f"{space}Codelist")}
    expected = []
    components = [*root.iter(f"{space}Dimension"), *root.iter(f"{space}Attribute")]
    for component in components:
        reference = component.find(f"{space}LocalRepresentation/{space}Enumeration/Ref")
        if reference is None:
            continue
        for code in lists[reference.get("id")].iter(f"{space}Code"):
            parent = code.find(f"{space}Parent/Ref")
            name = next(each.text for each in code.iter(names) if each.get(english) == "en")
            above = parent.get("id") if parent is not None else None
            expected.append((component.get("id"), code.get("id"), name, above))
    found = [(row["dimension"], row["code"], row["name"], row["parent"]) for row in rows]
    assert len(found) == 2087
    assert sorted(found, key=str) == sorted(expected, key=str)
    positions = {row["dimension"]: row["position"] for row in rows}
    assert positions == {
        "REF_AREA": 1,
        "CITIZENSHIP": 2,
        "FREQ": 3,
        "MEASURE": 4,
        "SEX": 5,
        "BIRTH_PLACE": 6,
        "EDUCATION_LEV": 7,
        "UNIT_MEASURE": 8,
        "OBS_STATUS": None,
        "UNIT_MULT": None,
        "DECIMALS": None,
    }
    assert {row["codelist"] for row in rows if row["dimension"] == "REF_AREA"} == {"OECD:CL_AREA(1.3)"}
    assert len({(row["dimension"], row["code"]) for row in rows}) == len(rows)


def test_a_structure_message_of_another_flow_is_refused() -> None:
    path = OECD / "sdmx_ml/metadata_structure_2023-08-14.xml"
    dataset = load_catalog().dataset("oecd_codelist")
    with pytest.raises(PayloadRejected):
        read(protocol_of(dataset), dataset, dataset.part("DSD_MIG@DF_MIG"), [path.read_bytes()])


def test_a_recorded_table_is_never_read_into_memory_by_opening_it() -> None:
    recording = TABLES[0]
    dataset = load_catalog().dataset(recording.dataset)
    with duckdb.connect() as connection:
        rows = protocol_of(dataset).read(connection, dataset, dataset.part("B11"), [Body(recording.path, "")])
        assert isinstance(rows, duckdb.DuckDBPyRelation)
