"""SDMX messages in every format, read strictly: what is accepted, and what is refused by name."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from ingestion.catalog import Dataset
from ingestion.errors import PayloadRejected
from ingestion.http import Body
from ingestion.sources.sdmx import Oecd, csv_message, oecd
from tests.ingestion.reading import read as read_with

COLUMNS = ("REF_AREA", "SEX", "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS", "UNIT_MULT")
HEADER = "STRUCTURE,STRUCTURE_ID,ACTION," + ",".join(COLUMNS)
START = "DATAFLOW,A:D@F(1.0),I,"
EXPECTED = [
    {"REF_AREA": "NA", "SEX": "_T", "TIME_PERIOD": 2020, "OBS_VALUE": 1.5, "OBS_STATUS": "A", "UNIT_MULT": 0},
    {"REF_AREA": "DEU", "SEX": "F", "TIME_PERIOD": 2021, "OBS_VALUE": None, "OBS_STATUS": None, "UNIT_MULT": 3},
]
CELLS = (("NA", "_T", "2020", "1.5", "A", "0"), ("DEU", "F", "2021", "", "", "3"))


def dataset(**parameters: str) -> Dataset:
    types = {"TIME_PERIOD": "INTEGER", "OBS_VALUE": "DOUBLE", "UNIT_MULT": "INTEGER"}
    columns = [
        {
            "name": name,
            "type": types.get(name, "VARCHAR"),
            "description": name,
            "nullable": name in ("OBS_VALUE", "OBS_STATUS"),
        }
        for name in COLUMNS
    ]
    part = {"id": "all", "title": "all", "unit": "persons", "concepts": ["x"], "row_floor": 1, "value_floor": 1}
    return Dataset.model_validate(
        {
            "id": "made_up",
            "title": "made up",
            "description": "made up",
            "protocol": "oecd",
            "endpoint": "https://sdmx.oecd.org/public/rest/data/A,D@F,1.0",
            "parameters": parameters,
            "country_codes": "oecd_area",
            "key": ["REF_AREA", "SEX", "TIME_PERIOD"],
            "measures": ["OBS_VALUE"],
            "columns": columns,
            "cadence": "yearly",
            "release_calendar": "none",
            "citation": "none",
            "revision_tolerance": {
                "changed_share": 0.2,
                "median_relative_change": 0.1,
                "row_loss_share": 0.1,
                "reason": "x",
            },
            "parts": [part | {"bounds": {"reason": "x"}}],
        }
    )


def read(body: bytes, **parameters: str) -> pa.Table:
    made_up = dataset(**parameters)
    return read_with(Oecd(), made_up, made_up.parts[0], [body])


def rows(*cells: tuple[str, ...], header: str = HEADER, start: str = START) -> bytes:
    return "\n".join([header, *(start + ",".join(row) for row in cells), ""]).encode()


# SDMX-CSV


def test_a_csv_is_typed_and_empty_is_null_and_namibia_stays() -> None:
    table = read(rows(*CELLS))
    assert table.column_names == list(COLUMNS)
    assert table.to_pylist() == EXPECTED


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_marks_do_not_matter(start: bytes, ending: str) -> None:
    assert read(start + rows(*CELLS).decode().replace("\n", ending).encode()).to_pylist() == EXPECTED


def test_the_order_of_columns_is_free() -> None:
    header = "UNIT_MULT,TIME_PERIOD,OBS_STATUS,REF_AREA,OBS_VALUE,SEX"
    body = f"DATAFLOW,LAST UPDATE,{header}\nX,01/01/26,0,2020,A,NA,1.5,_T\nX,01/01/26,3,2021,,DEU,,F\n"
    assert read(body.encode()).to_pylist() == EXPECTED


def test_labels_stand_beside_their_codes_and_may_differ_by_case_only() -> None:
    header = (
        "STRUCTURE,STRUCTURE_ID,STRUCTURE_NAME,ACTION,REF_AREA,Ref_Area,SEX,Sex,TIME_PERIOD,Time period,"
        'OBS_VALUE,Observation value,OBS_STATUS,"Status: of the observation",UNIT_MULT,Unit multiplier'
    )
    body = (
        f"{header}\n"
        'DATAFLOW,A:D@F(1.0),"Flows, all",I,NA,Namibia,_T,Total,2020,,1.5,,A,Normal,0,Units\n'
        'DATAFLOW,A:D@F(1.0),"Flows, all",I,DEU,Germany,F,Female,2021,,,,,,3,Thousands\n'
    )
    assert read(body.encode()).to_pylist() == EXPECTED


def test_semicolons_and_decimal_commas_are_read_when_the_header_shows_them() -> None:
    body = HEADER.replace(",", ";").replace("STRUCTURE;", "STRUCTURE[|];", 1) + "\n"
    body += "DATAFLOW;A:D@F(1.0);I;NA;_T;2020;1,5;A;0\nDATAFLOW;A:D@F(1.0);I;DEU;F;2021;;;3\n"
    assert read(body.encode()).to_pylist() == EXPECTED


@pytest.mark.parametrize("encoding", ["gzip", ""])
def test_a_compressed_csv_is_read_by_transfer_encoding_and_as_a_file(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "body"
    path.write_bytes(gzip.compress(rows(*CELLS)))
    with duckdb.connect() as connection:
        made_up = dataset()
        relation = Oecd().read(connection, made_up, made_up.parts[0], [Body(path, encoding)])
        assert isinstance(relation, duckdb.DuckDBPyRelation)
        assert relation.to_arrow_table().to_pylist() == EXPECTED


def test_a_csv_compressed_twice_is_named(tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_bytes(gzip.compress(gzip.compress(rows(*CELLS))))
    made_up = dataset()
    with duckdb.connect() as connection, pytest.raises(PayloadRejected, match="compressed twice"):
        Oecd().read(connection, made_up, made_up.parts[0], [Body(path, "gzip")])


def test_a_file_that_opens_to_far_more_than_a_table_is_refused() -> None:
    with pytest.raises(PayloadRejected, match="opens to more than 250 times its size"):
        read(gzip.compress(rows(*CELLS) + b"x\n" * 20_000_000))


def test_a_file_cut_off_at_the_end_of_a_line_is_refused() -> None:
    cells = [("DEU", "F", "2021", str(value), "A", "0") for value in range(1000)]
    first, second = gzip.compress(rows(*cells[:500])), gzip.compress(rows(*cells[500:], header="").lstrip())
    assert read(first + second).num_rows == 1000
    with pytest.raises(PayloadRejected, match="the gzip file is damaged"):
        read(first + second[:20])


def test_what_only_looks_like_a_gzip_file_is_refused() -> None:
    with pytest.raises(PayloadRejected, match="the gzip file is damaged"):
        read(b"\x1f\x8bno gzip at all")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "an empty body came instead of SDMX-CSV"),
        (b"<!DOCTYPE html><html>maintenance</html>", "HTML came instead"),
        (b'<?xml version="1.0"?><message:Error/>', "XML came instead"),
        (b'{"errors":[]}', "JSON came instead"),
        (b"languageTag1", "'languageTag1' came instead"),
        (b"\xff\xfeS\x00", "no UTF-8"),
        (rows(), "holds no observations"),
        (rows(*CELLS, header=HEADER.replace("SEX", "GENDER")), "knows no column GENDER"),
        (rows(*CELLS, header=HEADER.replace(",UNIT_MULT", "")), "no column UNIT_MULT"),
        (rows(*CELLS, header=HEADER + ",CONF_STATUS"), "knows no column CONF_STATUS"),
        (rows(*CELLS, header=HEADER.replace("UNIT_MULT", "SEX")), "two columns are called SEX"),
        (rows(*CELLS, header=HEADER.replace("SEX", "SEX: Sex")), "codes and labels came in one column"),
    ],
)
def test_a_csv_that_is_none_or_has_other_columns_is_refused_at_once(body: bytes, sentence: str) -> None:
    with pytest.raises(PayloadRejected, match=sentence) as raised:
        read(body)
    assert raised.value.where == "made_up/all"


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (("DEU", "F", "2021", "n/a", "A", "0"), "n/a"),
        (
            ("DEU", "F", "2021.6", "1", "A", "0"),
            r"TIME_PERIOD holds 2021\.6, which is no whole number \(DEU F 2021\.6\)",
        ),
        (("DEU", "F", "2021-Q1", "1", "A", "0"), "TIME_PERIOD holds 2021-Q1"),
        (("DEU", "F", "0x7E5", "1", "A", "0"), "TIME_PERIOD holds 0x7E5"),
        (("", "F", "2021", "1", "A", "0"), r"REF_AREA is empty \(F 2021\)"),
        (("DEU", "F", "2021", "1", "A", ""), r"UNIT_MULT is empty \(DEU F 2021\)"),
        (("DEU", "F", "2021", "1", "A"), "Columns"),
        (("DEU", "F", "2021", "1", "A", "0", "0"), "Columns"),
    ],
)
def test_a_bad_csv_cell_is_named_when_the_rows_are_read(cells: tuple[str, ...], sentence: str) -> None:
    with pytest.raises((duckdb.InvalidInputException, duckdb.ConversionException), match=sentence):
        read(rows(*CELLS, cells))


def test_a_row_that_takes_an_observation_back_is_named() -> None:
    body = rows(CELLS[0]) + rows(CELLS[1], header="", start=START.replace(",I,", ",D,")).lstrip()
    with pytest.raises(duckdb.InvalidInputException, match="ACTION is D, which states no observation"):
        read(body)


@pytest.mark.parametrize(("n_rows", "is_cut"), [(2, False), (3, True), (4, False)])
@pytest.mark.parametrize("end", ["", "\n"])
def test_an_answer_of_exactly_the_largest_size_was_cut(
    monkeypatch: pytest.MonkeyPatch, n_rows: int, is_cut: bool, end: str
) -> None:
    monkeypatch.setattr(oecd, "OBSERVATIONS_AT_MOST", 3)
    cells = [("DEU", "F", str(2000 + year), "1", "A", "0") for year in range(n_rows)]
    body = rows(*cells).rstrip() + end.encode()
    if is_cut:
        with pytest.raises(PayloadRejected, match=r"exactly 3 observations.*split the part"):
            read(body)
    else:
        assert read(body).num_rows == n_rows


def test_a_header_longer_than_the_head_of_a_body_is_read(tmp_path: Path) -> None:
    label = "x" * 5000
    header = "STRUCTURE,STRUCTURE_NAME," + ",".join(f"{name},{label}" for name in COLUMNS)
    body = f"{header}\nDATAFLOW,Flow,NA,,_T,,2020,,1.5,,A,,0,\n"
    assert len(header) < csv_message.HEADER_BYTES
    assert read(body.encode()).to_pylist() == EXPECTED[:1]


# SDMX-JSON 2.0


def component(name: str, *codes: str) -> dict[str, Any]:
    return {"id": name, "values": [{"id": code} for code in codes]}


def json_message(**changes: Any) -> bytes:
    data_set = {
        "structure": 0,
        "action": "Information",
        "dimensionGroupAttributes": {"0:~:~": [0, 7], "1:~:~": [1], "~:~:~": [None, 7]},
        "observations": {"1:0:1": [1.5, 0], "0:1:0": [None, None]},
    }
    structure = {
        "dimensions": {
            "observation": [
                component("REF_AREA", "DEU", "NA"),
                component("SEX", "_T", "F"),
                component("TIME_PERIOD", "2021", "2020"),
            ]
        },
        "attributes": {
            "dimensionGroup": [component("UNIT_MULT", "3", "0")],
            "observation": [component("OBS_STATUS", "A")],
        },
    }
    return json.dumps({"data": {"dataSets": [data_set | changes], "structures": [structure]}}).encode()


def test_json_is_decoded_by_index_and_not_by_position() -> None:
    assert read(json_message(), format="json").to_pylist() == EXPECTED


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (json_message(observations={"1:0:9": [1.5, 0]}), "TIME_PERIOD has no value at index 9"),
        (json_message(observations={"1:0": [1.5, 0]}), "not 3 indexes"),
        (json_message(observations={"1:0:1": [1.5, "A"]}), "OBS_STATUS is 'A' and no index"),
        (json_message(observations={"1:0:1": ["1.5.0", 0]}), "a value is no DOUBLE"),
        (json_message(observations={"1:0:1": [True, 0]}), "got `bool`"),
        (json_message(observations={"1:0:" + "9" * 5000: [1.5, 0]}), "not 3 indexes"),
        (json_message(observations={"1:0:1": ["1e400", 0]}), "inf in row 1, which is no figure"),
        (json_message(dimensionGroupAttributes={"0:~": [0]}), "group 0:~ has not 3 parts"),
        (json_message().replace(b"NA", b"\xff\xfe"), "no UTF-8"),
        (b"", "the body is empty"),
        (b"<html/>", "HTML came instead of JSON"),
        (json_message(observations={}), "holds no observations"),
        (json_message(series={"0:0": {"observations": {}}}), "by series"),
        (json_message(structure=1), "no structure 1"),
        (json_message(action="Delete"), "taken back"),
        (b'{"header": {}, "dataSets": []}', "missing required field `data`"),
        (b'{"data": {"dataSets": [', "truncated"),
        (b'{"header": ' + b"[" * 200_000, "recursion"),
    ],
)
def test_bad_json_is_named(body: bytes, sentence: str) -> None:
    with pytest.raises(PayloadRejected, match=sentence):
        read(body, format="json")


# SDMX-ML


def xml_message(content: str, prolog: str = "") -> bytes:
    space = 'xmlns:message="http://www.sdmx.org/resources/sdmxml/schemas/v3_0/message" xmlns:ns1="urn:x"'
    root = f"<message:StructureSpecificData {space}>{content}</message:StructureSpecificData>"
    return f'<?xml version="1.0" encoding="utf-8"?>{prolog}{root}'.encode()


SERIES = (
    '<ns1:DataSet action="Information">'
    '<ns1:Series REF_AREA="NA" SEX="_T" UNIT_MULT="0">'
    '<ns1:Obs TIME_PERIOD="2020" OBS_VALUE="1.5" OBS_STATUS="A"/>'
    '<ns1:Obs TIME_PERIOD="2999" OBS_VALUE="1.5"/></ns1:Series>'
    '<ns1:Series REF_AREA="DEU" SEX="F" UNIT_MULT="3"><ns1:Obs TIME_PERIOD="2021"/></ns1:Series></ns1:DataSet>'
)
FLAT = (
    '<ns1:DataSet action="Information" UNIT_MULT="0">'
    '<ns1:Obs REF_AREA="NA" SEX="_T" TIME_PERIOD="2020" OBS_VALUE="1.5" OBS_STATUS="A"/>'
    '<ns1:Obs REF_AREA="DEU" SEX="F" TIME_PERIOD="2021" UNIT_MULT="3"/></ns1:DataSet>'
)


@pytest.mark.parametrize("content", [SERIES, FLAT])
def test_xml_is_read_in_series_and_flat_and_without_the_sentinel(content: str) -> None:
    assert read(xml_message(content), format="xml", sentinel_period="2999").to_pylist() == EXPECTED


def test_the_sentinel_is_a_period_like_any_other_where_the_catalog_names_none() -> None:
    assert read(xml_message(SERIES), format="xml")["TIME_PERIOD"].to_pylist() == [2020, 2999, 2021]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (xml_message(""), "holds no observations"),
        (xml_message(SERIES)[:-40], "the XML is broken"),
        (b"NoRecordsFound", "the XML is broken"),
        (xml_message(SERIES.replace("SEX=", "GENDER=")), "knows no column GENDER"),
        (xml_message(FLAT.replace('SEX="F" ', "")), "nothing in row 2"),
        (xml_message(FLAT.replace('"1.5"', '"1,5"')), "a value is no DOUBLE"),
        (xml_message(FLAT.replace('"1.5"', '"NaN"')), "nan in row"),
        (xml_message(FLAT.replace('"2021"', '"2021-Q1"')), "a value is no INTEGER"),
        (xml_message(FLAT.replace('"Information"', '"Delete"')), "taken back"),
        (xml_message('<ns1:DataSet><ns1:Group REF_AREA="NA" UNIT_MULT="0"/></ns1:DataSet>'), "by group"),
        (xml_message('<footer:Message xmlns:footer="urn:f" code="413"/>'), "message of code 413"),
        (xml_message(SERIES, '<!DOCTYPE a [<!ENTITY x "y">]>'), "declares a document type"),
        (b'<m:Structure xmlns:m="urn:m"/>', "a message Structure came instead"),
    ],
)
def test_bad_xml_is_named(body: bytes, sentence: str) -> None:
    with pytest.raises(PayloadRejected, match=sentence):
        read(body, format="xml")


def test_entities_of_an_xml_lead_nowhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("1.5")
    prolog = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    with pytest.raises(PayloadRejected, match="document type"):
        read(xml_message(FLAT.replace("1.5", "&x;"), prolog), format="xml")


# JSON-stat


def edges(areas: dict[str, int] | list[str]) -> dict[str, Any]:
    return {
        "REF_AREA": {"category": {"index": areas}},
        "SEX": {"category": {"index": ["F", "_T"]}},
        "UNIT_MULT": {"category": {"label": {"0": "Units"}}},
        "time": {"category": {"index": {"2021": 1, "2020": 0}}},
    }


def cube(**changes: Any) -> bytes:
    message = {
        "version": "2.0",
        "class": "dataset",
        "id": ["REF_AREA", "SEX", "UNIT_MULT", "time"],
        "size": [2, 2, 1, 2],
        "dimension": edges({"NA": 1, "DEU": 0}),
        # Number 6 is (NA, _T, 0, 2020), number 1 is (DEU, F, 0, 2021).
        "value": {"6": 1.5, "1": 4},
        "status": {"0": "u"},
    }
    return json.dumps(message | changes).encode()


def json_stat(body: bytes) -> list[dict[str, Any]]:
    made_up = dataset(format="json-stat")
    columns = tuple(
        column.model_copy(update={"name": "OBS_FLAG"}) if column.name == "OBS_STATUS" else column
        for column in made_up.columns
    )
    made_up = made_up.model_copy(update={"columns": columns})
    found: list[dict[str, Any]] = read_with(Oecd(), made_up, made_up.parts[0], [body]).to_pylist()
    return found


def test_a_sparse_cube_is_decoded_by_number_and_a_status_may_stand_alone() -> None:
    assert [
        (row["REF_AREA"], row["SEX"], row["TIME_PERIOD"], row["OBS_VALUE"], row["OBS_FLAG"])
        for row in json_stat(cube())
    ] == [
        ("DEU", "F", 2020, None, "u"),
        ("DEU", "F", 2021, 4.0, None),
        ("NA", "_T", 2020, 1.5, None),
    ]


def test_a_dense_cube_is_read_too() -> None:
    dense = json_stat(cube(value=[None, 4, None, None, None, None, 1.5, None], status=["u", *[None] * 7]))
    assert dense == json_stat(cube())


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (cube(value={}, status={}), "the cube is empty"),
        (cube(dimension=edges(["NA", "NA"])), "the codes of dimension REF_AREA have no clear order"),
        (cube(dimension=edges({"DEU": 0, "NA": 5})), "the codes of dimension REF_AREA have no clear order"),
        (cube(dimension=edges({"DEU": 0, "NA": 0})), "the codes of dimension REF_AREA have no clear order"),
        (cube(value={"8": 1}), "value 8 lies outside of the cube of 8 cells"),
        (cube(status={"-1": "u"}), "status -1 lies outside"),
        (cube(size=[2, 2, 1, 3]), "dimension time has 2 codes where the cube says 3"),
        (cube(size=[2, 2, 1]), "sizes for other dimensions"),
        (cube(value={"6": "1.5"}), "got `str`"),
        (cube(value={"1": 1, "01": 2}), "value 01 lies outside"),
        (cube(value={"9" * 5000: 1}), "lies outside"),
        (cube(value=[1, 2]), "2 cells of value came for a cube of 8 cells"),
        (cube(status=["u"]), "1 cells of status came for a cube of 8 cells"),
        (b'{"error": [{"status": 404, "id": 100, "label": "ERR_NOT_FOUND_4"}]}', "404 ERR_NOT_FOUND_4"),
        (b'{"warning": {"status": 413, "label": "ASYNCHRONOUS_RESPONSE."}}', "413 ASYNCHRONOUS_RESPONSE"),
        (b"[]", "Expected `object`, got `array`"),
    ],
)
def test_a_bad_cube_is_named(body: bytes, sentence: str) -> None:
    with pytest.raises(PayloadRejected, match=sentence):
        json_stat(body)
