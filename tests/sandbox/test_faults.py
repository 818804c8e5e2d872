"""Each fault does what its description says, to its target and to nothing else."""

from __future__ import annotations

import gzip
import io
import json
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
import requests

from sandbox.errors import SandboxError
from sandbox.faults import KINDS, parse_fault
from sandbox.providers import Answer
from sandbox.server import Sandbox, serve
from sandbox.worlds import File, Table
from sandbox.worlds.synthetic import SyntheticWorld
from tests.sandbox.client import ask, fetch, figures

VICTIM, BYSTANDER = "SM.POP.NETM", "SP.POP.TOTL"
YEARS_ASKED = 11
DATA = f"country/all/indicator/{VICTIM}?format=json&per_page=20000&date=2015:2999"
OTHER_DATA = f"country/all/indicator/{BYSTANDER}?format=json&per_page=20000&date=2015:2999"
ARCHIVED = "sources/57/series/SM.EMI.TERT.ZS/country/all/version/201312/time/all?format=json&per_page=20000"


@pytest.fixture(scope="module")
def world() -> SyntheticWorld:
    return SyntheticWorld()


@pytest.fixture(scope="module")
def good(world: SyntheticWorld) -> Any:
    with serve(world) as sandbox:
        return json.loads(fetch(sandbox, DATA).content)


def spoilt(world: SyntheticWorld, fault: str, path: str = DATA) -> Any:
    with serve(world, [fault]) as sandbox:
        return json.loads(fetch(sandbox, path).content)


def errors_of(document: Any) -> list[str]:
    return [message["id"] for message in document[0].get("message", [])]


def row_fields(document: Any) -> set[str]:
    return {name for row in document[1] for name in row}


def differing(document: Any, good: Any) -> list[Any]:
    """Values that differ from the good ones, by key."""
    before = figures(good)
    return [value for key, value in figures(document).items() if key in before and value != before[key]]


WRONG_JSON: dict[str, Callable[[Any, Any], bool]] = {
    "error_120": lambda bad, _: errors_of(bad) == ["120"],
    "error_175": lambda bad, _: errors_of(bad) == ["175"],
    "value_not_a_number": lambda bad, good: differing(bad, good) == ["n/a"],
    "out_of_range": lambda bad, good: differing(bad, good) == [-987654321],
    "future_year": lambda bad, _: (
        {row["date"] for row in bad[1]} - {str(year) for year in range(1960, 2026)} == {"2999"}
    ),
    "new_field": lambda bad, good: row_fields(bad) - row_fields(good) == {"footnote"},
    "missing_field": lambda bad, good: row_fields(good) - row_fields(bad) == {"value"},
    "duplicate_key": lambda bad, good: len(bad[1]) == len(good[1]) and len(figures(bad)) == len(good[1]) - YEARS_ASKED,
    "unknown_country": lambda bad, good: (
        {row["country"]["id"] for row in bad[1]} - {row["country"]["id"] for row in good[1]} == {"Q9"}
    ),
    "rows_halved": lambda bad, good: (
        bad[0]["total"] == len(bad[1]) == 133 * YEARS_ASKED and len(good[1]) == 265 * YEARS_ASKED
    ),
    "wrong_indicator": lambda bad, _: VICTIM not in {row["indicator"]["id"] for row in bad[1]} and len(bad[1]) > 0,
}


@pytest.mark.parametrize("fault", WRONG_JSON)
def test_the_json_is_wrong_as_described(fault: str, world: SyntheticWorld, good: Any) -> None:
    assert not WRONG_JSON[fault](good, good)
    assert WRONG_JSON[fault](spoilt(world, f"{fault}:{VICTIM}"), good)


@pytest.mark.parametrize("fault", WRONG_JSON)
def test_a_fault_with_a_target_leaves_the_others_alone(fault: str, world: SyntheticWorld) -> None:
    with serve(world) as sandbox:
        untouched = fetch(sandbox, OTHER_DATA).content
    with serve(world, [f"{fault}:{VICTIM}"]) as sandbox:
        assert fetch(sandbox, OTHER_DATA).content == untouched


PAGED = ["page_size_cap=5000"]


def pages(world: SyntheticWorld, *faults: str) -> list[Any]:
    with serve(world, [*PAGED, *faults]) as sandbox:
        return [ask(sandbox, f"country/all/indicator/{VICTIM}?per_page=20000&page={page}") for page in (1, 2, 3, 4)]


def test_page_size_cap_makes_pages(world: SyntheticWorld) -> None:
    capped = pages(world)
    assert [(page[0]["page"], page[0]["pages"], page[0]["per_page"]) for page in capped] == [
        (number, 4, 5000) for number in (1, 2, 3, 4)
    ]
    keys = {(row["country"]["id"], row["date"]) for page in capped for row in page[1]}
    assert len(keys) == capped[0][0]["total"] == 265 * 66


def test_missing_page_2(world: SyntheticWorld) -> None:
    first, second, third, _ = pages(world, "missing_page_2")
    assert second[0]["pages"] == 0 and second[1] is None
    assert len(first[1]) == len(third[1]) == 5000


def test_repeated_page(world: SyntheticWorld) -> None:
    first, second, third, _ = pages(world, "repeated_page")
    assert second == first != third


def test_total_changes(world: SyntheticWorld) -> None:
    totals = [page[0]["total"] for page in pages(world, "total_changes")]
    assert totals == [265 * 66 + extra for extra in range(4)]


def test_page_faults_reach_the_archive(world: SyntheticWorld) -> None:
    with serve(world, ["page_size_cap=9000", "missing_page_2"]) as sandbox:
        first, second = (ask(sandbox, f"{ARCHIVED}&page={page}") for page in (1, 2))
    assert (first["pages"], second["pages"], second["source"]) == (2, 0, None)


@pytest.mark.parametrize("fault", ["value_not_a_number", "unknown_country", "wrong_indicator", "new_field"])
def test_faults_of_figures_reach_the_archive(fault: str, world: SyntheticWorld) -> None:
    with serve(world) as sandbox:
        untouched = fetch(sandbox, ARCHIVED).content
    with serve(world, [f"{fault}:SM.EMI.TERT.ZS"]) as sandbox:
        assert fetch(sandbox, ARCHIVED).content != untouched


def test_aggregate_like_country(world: SyntheticWorld) -> None:
    document = spoilt(world, "aggregate_like_country", "country?format=json&per_page=400")
    (entry,) = [entry for entry in document[1] if entry["id"] == "AFE"]
    assert entry["region"]["id"] == "SSF" and entry["incomeLevel"]["value"] != "Aggregates"
    assert len(document[1]) == 265


def test_country_list_halved(world: SyntheticWorld) -> None:
    document = spoilt(world, "country_list_halved", "country?format=json&per_page=400")
    assert document[0]["total"] == len(document[1]) == 133


def test_document_faults_reach_lists(world: SyntheticWorld) -> None:
    document = spoilt(world, "missing_field:country", "country?format=json&per_page=400")
    assert not any("name" in entry for entry in document[1])


@pytest.mark.parametrize(("fault", "status"), [("http_500", 500), ("http_404", 404)])
def test_statuses(fault: str, status: int, world: SyntheticWorld) -> None:
    with serve(world, [fault]) as sandbox:
        assert [fetch(sandbox, DATA).status_code for _ in range(2)] == [status, status]


def test_passing_faults(world: SyntheticWorld) -> None:
    with serve(world, ["http_500_once"]) as sandbox:
        assert [fetch(sandbox, DATA).status_code for _ in range(3)] == [500, 200, 200]
    with serve(world, ["http_429_once"]) as sandbox:
        first, second = fetch(sandbox, DATA), fetch(sandbox, DATA)
    assert (first.status_code, first.headers["Retry-After"], second.status_code) == (429, "1", 200)


def test_html_and_empty_bodies(world: SyntheticWorld) -> None:
    with serve(world, ["html_instead_of_json"]) as sandbox:
        response = fetch(sandbox, DATA)
    assert response.status_code == 200 and response.text.startswith("<!DOCTYPE html>")
    with serve(world, ["empty_body"]) as sandbox:
        response = fetch(sandbox, DATA)
    assert response.status_code == 200 and response.content == b""


def test_truncated_json(world: SyntheticWorld, good: Any) -> None:
    with serve(world, ["truncated_json"]) as sandbox:
        body = fetch(sandbox, DATA).content
    whole = json.dumps(good, ensure_ascii=False, separators=(",", ":")).encode()
    assert body == whole[: len(whole) // 2]


def test_truncated_gzip(world: SyntheticWorld) -> None:
    with serve(world, ["truncated_gzip"]) as sandbox:
        response = fetch(sandbox, DATA, stream=True)
        packed = response.raw.read(decode_content=False)
    assert response.headers["Content-Encoding"] == "gzip"
    assert int(response.headers["Content-Length"]) == len(packed)
    unpacker = zlib.decompressobj(31)
    assert unpacker.decompress(packed).startswith(b'[{"page":1')
    assert not unpacker.eof


def test_redirect_elsewhere(world: SyntheticWorld) -> None:
    with serve(world, ["redirect_elsewhere"]) as sandbox:
        response = fetch(sandbox, DATA, allow_redirects=False)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("https://elsewhere.invalid/")


def test_slow(world: SyntheticWorld) -> None:
    with serve(world, ["slow=0.3"]) as sandbox:
        started = time.monotonic()
        fetch(sandbox, DATA)
    assert time.monotonic() - started >= 0.3


def test_connection_reset(world: SyntheticWorld) -> None:
    with serve(world, ["connection_reset"]) as sandbox, pytest.raises(requests.RequestException, match="reset by peer"):
        fetch(sandbox, DATA)


@pytest.mark.parametrize("target", ["", ":api.worldbank.org"])
def test_server_down(target: str, world: SyntheticWorld) -> None:
    with serve(world, [f"server_down{target}"]) as sandbox, pytest.raises(requests.ConnectionError):
        fetch(sandbox, DATA)


def test_another_host_that_is_down_does_not_matter(world: SyntheticWorld) -> None:
    with serve(world, ["server_down:example.org"]) as sandbox:
        assert fetch(sandbox, DATA).status_code == 200


def read_until(sandbox: Sandbox, enough: int, decode: bool) -> tuple[int, int]:
    """Bytes read as sent, and bytes they unpack to, until there are enough of the latter."""
    unpacker = zlib.decompressobj(31)
    sent = unpacked = 0
    with fetch(sandbox, DATA, stream=True) as response:
        for block in response.raw.stream(65536, decode_content=False):
            sent += len(block)
            unpacked += len(unpacker.decompress(block)) if decode else len(block)
            if unpacked > enough:
                return sent, unpacked
    return sent, unpacked


def test_oversized(world: SyntheticWorld) -> None:
    with serve(world, ["oversized"]) as sandbox:
        assert read_until(sandbox, 20_000_000, decode=False)[0] > 20_000_000


def test_gzip_bomb(world: SyntheticWorld) -> None:
    with serve(world, ["gzip_bomb"]) as sandbox:
        sent, unpacked = read_until(sandbox, 100_000_000, decode=True)
    assert unpacked > 100_000_000 and unpacked > 500 * sent


# --- tables ----------------------------------------------------------------------------------------------------


TABLE = Table(
    pa.table(
        {
            "REF_AREA": ["FRA", "FRA", "FRA", "FRA", "DEU", "DEU", "DEU", "DEU"],
            "CITIZENSHIP": ["W", "MAR", "PRT", "MAR", "W", "MAR", "PRT", "MAR"],
            "SEX": ["_T", "_T", "_T", "F", "_T", "_T", "_T", "F"],
            "TIME_PERIOD": ["2022", "2022", "2022", "2022", "2023", "2023", "2023", "2023"],
            "OBS_VALUE": [30.0, 10.0, 20.0, 4.0, 7.0, 3.0, None, 1.0],
        }
    ),
    "2026-02-24",
)
VERSIONS = Table(pa.table({"version": ["20260224-a"], "published": ["2026-02-24"]}), "2026-02-24")


def spoilt_table(name: str, table: Table = TABLE) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = KINDS[name].changes["table"](parse_fault(name), table).rows.to_pylist()
    return rows


def column(rows: list[dict[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in rows]


GOOD_ROWS = TABLE.rows.to_pylist()
WRONG_TABLES: dict[str, Callable[[list[dict[str, Any]]], bool]] = {
    "out_of_range": lambda rows: column(rows, "OBS_VALUE")[:2] == [-987654321, 10],
    "future_year": lambda rows: column(rows, "TIME_PERIOD") == ["2999"] * 4 + ["2023"] * 4,
    "duplicate_key": lambda rows: rows == [*GOOD_ROWS, GOOD_ROWS[0]],
    "unknown_country": lambda rows: column(rows, "REF_AREA") == ["FRA"] * 4 + ["QQQ"] * 4,
    "renamed_code": lambda rows: set(column(rows, "SEX")) == {"_T_NEW", "F"},
    "rows_halved": lambda rows: rows == GOOD_ROWS[::2],
    "total_among_parts": lambda rows: column(rows, "OBS_VALUE") == [30, 30, 20, 4, 7, 3, None, 1],
    "years_reversed": lambda rows: column(rows, "TIME_PERIOD") == ["2023"] * 4 + ["2022"] * 4,
}


@pytest.mark.parametrize("fault", WRONG_TABLES)
def test_the_table_is_wrong_as_described(fault: str) -> None:
    assert not WRONG_TABLES[fault](GOOD_ROWS)
    assert WRONG_TABLES[fault](spoilt_table(fault))


@pytest.mark.parametrize("fault", [*WRONG_TABLES, "value_not_a_number"])
def test_a_table_without_figures_stays_as_it_is(fault: str) -> None:
    assert spoilt_table(fault, VERSIONS) == VERSIONS.rows.to_pylist()


# --- files -----------------------------------------------------------------------------------------------------

COUNTRIES = ("ABW", "AFG", "AGO", "ALB", "AND", "ARE", "ARG", "ARM", "AUS", "AUT", "AZE", "BDI", "BEL", "BEN", "BFA",
             "BGD", "BGR", "BHR", "BHS", "BIH", "BLR", "BLZ")  # fmt: skip
CSV = "code,year,stock\n" + "".join(f"{code},{2000 + i % 2},{i + 7}\n" for i, code in enumerate(COUNTRIES))
LAST = len(COUNTRIES)


def packed(text: str) -> bytes:
    return gzip.compress(text.encode(), mtime=0)


def workbook_of(text: str) -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    for number, line in enumerate(text.splitlines()):
        sheet.append([int(cell) if number and cell.isdigit() else cell for cell in line.split(",")])
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def archive_of(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "read me")
        archive.writestr("table.csv", text)
    return out.getvalue()


def lines_of(content: bytes) -> list[list[str]]:
    """The table in a file of any of these kinds."""
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    if not content.startswith(b"PK"):
        return [line.split(",") for line in content.decode().splitlines()]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if "table.csv" in archive.namelist():
            return lines_of(archive.read("table.csv"))
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


def spoilt_file(fault: str, content: bytes) -> bytes:
    asked = parse_fault(fault)
    changed: File = KINDS[asked.name].changes["file"](asked, File(content, "2026-02-24"))
    return changed.content


GOOD_LINES = lines_of(CSV.encode())
FORMS: dict[str, Callable[[str], bytes]] = {
    "csv": str.encode,
    "csv.gz": packed,
    "xlsx": workbook_of,
    "zip": archive_of,
}
WRONG_FILES: dict[str, Callable[[list[list[str]]], bool]] = {
    "value_not_a_number": lambda lines: lines[LAST][2] == "n/a",
    "out_of_range": lambda lines: lines[LAST][2] == "-987654321",
    "duplicate_key": lambda lines: lines[1] == lines[2] and len(lines) == LAST + 2,
    "rows_halved": lambda lines: lines == [GOOD_LINES[0], *GOOD_LINES[1::2]],
    "unknown_country": lambda lines: [line[0] for line in lines[-2:]] == ["BLR", "QQQ"],
    "future_year": lambda lines: {line[1] for line in lines[1:]} == {"2000", "2999"},
    "years_reversed": lambda lines: [line[1] for line in lines[1:3]] == ["2001", "2000"],
    "column_renamed": lambda lines: lines[0] == ["code", "year", "stock_NEW"],
    "moved_header": lambda lines: lines[3][:2] == ["", "code"] and len(lines) == LAST + 4,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("fault", WRONG_FILES)
def test_the_table_in_a_file_is_wrong_as_described(fault: str, form: str) -> None:
    good = FORMS[form](CSV)
    assert lines_of(good) == GOOD_LINES
    assert WRONG_FILES[fault](lines_of(spoilt_file(fault, good)))


def test_columns_reordered_moves_columns_and_changes_nothing_else() -> None:
    assert lines_of(spoilt_file("columns_reordered", packed(CSV))) == [line[::-1] for line in GOOD_LINES]
    workbook = workbook_of(CSV)
    assert spoilt_file("columns_reordered", workbook) == workbook


def test_years_that_are_headings() -> None:
    wide = b"code,Y1960,Y1970\nFRA,1,2\nDEU,3,4\n"
    assert lines_of(spoilt_file("years_reversed", wide))[0] == ["code", "Y1970", "Y1960"]
    assert lines_of(spoilt_file("future_year", wide))[0] == ["code", "Y1960", "Y2999"]


@pytest.mark.parametrize("fault", ["value_not_a_number", "moved_header", "years_reversed"])
def test_a_file_that_is_no_table_stays_as_it_is(fault: str) -> None:
    for content in (b"", b"no table", bytes(range(256))):
        assert spoilt_file(fault, content) == content


def test_truncated_file() -> None:
    assert spoilt_file("truncated_file", b"0123456789") == b"01234"


def test_zip_bomb_unpacks_to_what_was_asked_for() -> None:
    with zipfile.ZipFile(io.BytesIO(spoilt_file("zip_bomb=30", workbook_of(CSV)))) as bomb:
        assert bomb.namelist()[0] == "xl/worksheets/sheet1.xml"
        assert bomb.infolist()[0].file_size > 30_000_000 > 100 * bomb.infolist()[0].compress_size


# --- answers of single publishers --------------------------------------------------------------------------------

SDMX = b"STRUCTURE,REF_AREA,OBS_VALUE,OBS_STATUS\r\nDATAFLOW,FRA,123454321,A\r\nDATAFLOW,DEU,2,A\r\n"
AS_CSV = {"Content-Type": "application/vnd.sdmx.data+csv; charset=utf-8; version=1.0"}
AS_JSON = {"Content-Type": "application/json; charset=utf-8"}


def spoilt_answer(fault: str, answer: Answer) -> Answer:
    asked = parse_fault(fault)
    changed: Answer = KINDS[asked.name].changes["answer"](asked, answer)
    return changed


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        ("refusal_as_200", 200, b"You have exceeded the number of requests"),
        ("refusal_as_200_once", 200, b"You have exceeded the number of requests"),
        ("http_429_retry_after_0", 429, b"You have exceeded"),
        ("wrong_key_arity=8", 422, b"expecting 8 got 1"),
        ("no_records", 404, b"NoRecordsFound"),
        ("async_413_in_200", 200, b"ASYNCHRONOUS_RESPONSE"),
        ("async_413", 413, b"ASYNCHRONOUS_RESPONSE"),
        ("async_413_once", 413, b"ASYNCHRONOUS_RESPONSE"),
    ],
)
def test_refusals(fault: str, status: int, said: bytes) -> None:
    answer = spoilt_answer(fault, Answer(200, AS_CSV, SDMX))
    assert (answer.status, said in answer.body) == (status, True)
    if "retry_after" in fault:
        assert answer.headers["Retry-After"] == "0"


@pytest.mark.parametrize("fault", ["refusal_as_200_once", "async_413_once"])
def test_a_refusal_that_passes(fault: str) -> None:
    asked, good = parse_fault(fault), Answer(200, AS_CSV, SDMX)
    answers = [KINDS[fault].changes["answer"](asked, good) for _ in range(3)]
    assert answers[0] != good and answers[1:] == [good, good]


def test_hints_and_empty_answers_keep_their_envelope() -> None:
    of_uis = Answer(200, AS_JSON, b'{"hints":[],"records":[{"value":1}],"indicatorMetadata":[]}')
    hinted = json.loads(spoilt_answer("uis_hint", of_uis).body)
    assert (hinted["records"], hinted["hints"][0]["code"]) == ([], "UIS::HINT::003")
    of_unhcr = Answer(200, AS_JSON, b'{"page":1,"maxPages":3,"items":[{"year":2023}]}')
    assert json.loads(spoilt_answer("unhcr_empty", of_unhcr).body) == {"page": 1, "maxPages": 0, "items": []}
    assert spoilt_answer("unhcr_empty", of_uis) == of_uis
    assert spoilt_answer("uis_hint", Answer(200, AS_CSV, SDMX)) == Answer(200, AS_CSV, SDMX)


@pytest.mark.parametrize("is_packed", [False, True])
def test_sdmx_csv_is_wrong_as_described(is_packed: bool) -> None:
    def spoil(fault: str) -> list[list[str]]:
        body = gzip.compress(SDMX, mtime=0) if is_packed else SDMX
        return lines_of(spoilt_answer(fault, Answer(200, AS_CSV, body)).body)

    good = lines_of(SDMX)
    assert spoil("rows_cut_off=1") == good[:2]
    assert spoil("rows_cut_off") == good
    assert spoil("columns_reordered") == [[first, *rest[::-1]] for first, *rest in good]
    assert spoil("column_renamed")[0] == ["STRUCTURE", "REF_AREA", "OBS_VALUE_NEW", "OBS_STATUS"]
    assert spoil("value_not_a_number")[1] == ["DATAFLOW", "FRA", "n/a", "A"]


def test_a_marked_figure_is_a_text_in_json_too() -> None:
    for body in (b'{"value":123454321}', b'{"value":123454321.0}', b'{"value":"123454321"}'):
        assert json.loads(spoilt_answer("value_not_a_number", Answer(200, AS_JSON, body)).body) == {"value": "n/a"}


def test_every_fault_is_described_and_tested() -> None:
    this_file = Path(__file__).read_text(encoding="utf-8")
    for name, kind in KINDS.items():
        assert len(kind.description) > 20, name
        assert name in this_file, f"no test names the fault {name}"


@pytest.mark.parametrize(("text", "complaint"), [("nonsense", "there is no fault"), ("slow=soon", "not a number")])
def test_a_fault_that_cannot_be_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(SandboxError, match=complaint):
        parse_fault(text)
