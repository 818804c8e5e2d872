"""The file protocol: tables of every format, what a file must be to be let in, and the inbox."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from ingestion.catalog import Column, load_catalog
from ingestion.errors import Absent, CatalogError, PayloadRejected
from ingestion.http import Body
from ingestion.sources import Fetched, Mark, protocol_of
from ingestion.sources.files import tables
from sandbox.server import serve
from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.workbooks import Cell, archive, xlsx
from tests.ingestion.files_case import DEFAULT_COLUMNS, arrive, client, dataset, refused, rows

TEXT = b"iso2,year,value\nNA,2015,1.5\nnull,2016,\n"
AS_ROWS = [{"iso2": "NA", "year": 2015, "value": 1.5}, {"iso2": "null", "year": 2016, "value": None}]


def sheet(*lines: Sequence[Cell], name: str = "Data") -> bytes:
    return xlsx({"Cover": [["A cover"]], name: lines})


# --- text --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (TEXT, {}),
        (b"\xef\xbb\xbf" + TEXT, {}),
        (TEXT.replace(b"\n", b"\r\n"), {}),
        (b'value,iso2,year\n1.5,"NA",2015.0\n,null,2016\n', {}),
        (gzip.compress(TEXT), {}),
        (archive({"read me.txt": b"!", "t.csv": TEXT}), {"member": "t.csv"}),
        (TEXT.replace(b"year", b"t"), {"rename": "year=t"}),
        (b"iso2,year,value,note\nNA,2015,1.5,x\nnull,2016,,\n", {"ignored": "note, other"}),
        (b"iso2,year,value,a,A,b\nNA,2015,1.5,x,x,x\nnull,2016,,,,\n", {"ignore_others": "true"}),
        (b'iso2,year,value,"a, b"\nNA,2015,1.5,x\nnull,2016,..,\n', {"ignored": "a, b|c", "not_known": ".."}),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else None,
)
def test_text_is_read_however_it_is_written(content: bytes, said: dict[str, str]) -> None:
    assert rows(dataset(layout="csv", **said), content) == AS_ROWS


def test_a_file_that_was_compressed_once_more_for_transfer(tmp_path: Path) -> None:
    made, path = dataset(layout="csv"), tmp_path / "twice.gz"
    for content in (TEXT, gzip.compress(TEXT)):
        path.write_bytes(gzip.compress(content))
        with duckdb.connect() as connection:
            batch = protocol_of(made).read(connection, made, made.parts[0], [Body(path, "gzip")])
            assert isinstance(batch, duckdb.DuckDBPyRelation)
            assert batch.to_arrow_table().to_pylist() == AS_ROWS


def test_text_of_another_encoding_is_refused() -> None:
    content = "iso2,year,value\nCôte d'Ivoire,2015,1\n".encode("latin-1")
    with pytest.raises((PayloadRejected, duckdb.InvalidInputException), match="utf-8"):
        rows(dataset(layout="csv"), content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (TEXT.replace(b"value", b"val"), "no column 'value'; .*'val' that nobody knows"),
        (b"iso2,year,value,more\nNA,2015,1,2\n", "'more' that nobody knows"),
        (b"iso2,year,value,value\nNA,2015,1,2\n", "twice 'value'"),
        (b"", "the file is empty"),
        (b"iso2,year,value\n\n", "there is no row below the header"),
        (b"iso2,year,value,\nNA,2015,1,\n", "a column '' that nobody knows"),
        (b"i" * 200_000, "field larger than field limit"),
        (archive({"other.csv": TEXT}), "no member 't.csv', but 'other.csv'"),
        (b"no archive", "no zip archive"),
    ],
)
def test_another_header_is_refused(content: bytes, words: str) -> None:
    said = {"member": "t.csv"} if b"other.csv" in content or content == b"no archive" else {}
    with refused(words):
        rows(dataset(layout="csv", **said), content)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"NA,2015,n/a", "Could not convert string 'n/a'"),
        (b"NA,2015,1;5", "Could not convert"),
        (b"NA,2015,nan", "'nan' is no number of column value"),
        (b"NA,2015.7,1", "'2015.7' is no whole number of column year"),
        (b"NA,2015-Q1,1", "'2015-Q1' is no whole number"),
        (b"NA,2015", "Expected Number of Columns"),
        (b"NA,2015,1,2", "Expected Number of Columns"),
    ],
)
def test_a_cell_that_is_no_figure_stops_the_reading(line: bytes, words: str) -> None:
    with pytest.raises((duckdb.InvalidInputException, duckdb.ConversionException), match=words):
        rows(dataset(layout="csv"), TEXT + line + b"\n")


# --- workbooks, Stata, Parquet -----------------------------------------------------------------------------


def test_a_sheet_is_found_by_name_and_its_columns_by_header() -> None:
    made = dataset(layout="workbook", sheet="Data", header_row="2", not_known="..")
    content = sheet(
        ["A title"], ["value", "iso2", None, "year"], ["..", "NA", None, 2015], [2.5, 4.0, None, 2016], [None, None, ""]
    )
    assert rows(made, content) == [
        {"iso2": "NA", "year": 2015, "value": None},
        {"iso2": "4", "year": 2016, "value": 2.5},
    ]


HEADER = ("iso2", "year", "value")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (sheet(HEADER, name="data"), "no sheet 'Data', but 'Cover', 'data'"),
        (sheet(["x"], HEADER, ["NA", 2015, 1]), r"row 1 should hold the header .*'x'; the header is in row 2"),
        (sheet(["iso2", "year", "Value"], ["NA", 2015, 1]), "row 1: .*no column 'value'; .*'Value' that nobody knows"),
        (sheet([*HEADER, None], ["NA", 2015, 1, 7]), "column '' that nobody knows"),
        (sheet(HEADER, ["NA", 2015, "n/a"]), "column 'value', row 2: 'n/a' is no number"),
        (sheet(HEADER, ["NA", 2015.5, 1]), "column 'year', row 2: '2015.5' is no whole number"),
        (sheet(HEADER, ["NA", "2015", 1]), "column 'year', row 2: '2015' is no number"),
        (TEXT, "no whole workbook"),
        (tables.LEGACY_MARK + bytes(4096), "no whole workbook"),
        (sheet(HEADER, ["NA", 2015, 1])[:-30], "no whole workbook"),
    ],
)
def test_a_workbook_that_is_another_is_refused(content: bytes, words: str) -> None:
    with refused(words):
        rows(dataset(layout="workbook", sheet="Data"), content)


def test_a_workbook_inside_a_zip() -> None:
    inner = sheet(HEADER, ["NA", 2015, 1.5], ["null", 2016, None])
    made = dataset(layout="workbook", sheet="Data", member="a/b.xlsx")
    assert rows(made, archive({"a/b.xlsx": inner})) == AS_ROWS


def frame(**changes: Any) -> pd.DataFrame:
    columns = {"iso2": ["NA", "null"], "year": [2015, 2016], "value": pd.Series([1.5, None], dtype="float32")}
    return pd.DataFrame(columns | changes)


def stored(table: pd.DataFrame, layout: str) -> bytes:
    buffer = io.BytesIO()
    if layout == "stata":
        table.to_stata(buffer, write_index=False)
    else:
        table.to_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("layout", ["stata", "parquet"])
def test_stored_tables(layout: str) -> None:
    made = dataset(layout=layout)
    assert rows(made, stored(frame()[["value", "year", "iso2"]], layout)) == AS_ROWS
    with refused("no column 'year'; .*'t' that nobody knows"):
        rows(made, stored(frame().rename(columns={"year": "t"}), layout))
    with refused("no whole"):
        rows(made, stored(frame(), layout)[:-40])
    with refused("no whole"):
        rows(made, TEXT)
    with pytest.raises(duckdb.InvalidInputException, match="is no whole number"):
        rows(made, stored(frame(year=[2015.0, 2016.5]), layout))


def test_cells() -> None:
    def place() -> str:
        return "here"

    assert tables.text(4.0) == "4" and tables.text(" NA ") == "NA"
    assert tables.number("..", place, "..") is None and tables.number("", place) is None
    for wrong in (True, float("nan"), ".."):
        with refused("is no number"):
            tables.number(wrong, place)


def test_a_dataset_must_say_how_it_is_read() -> None:
    with pytest.raises(CatalogError, match="nobody knows how its files are read"):
        rows(dataset(layout="html"), TEXT)
    with pytest.raises(CatalogError, match="nobody knows how its files are read"):
        rows(dataset(), TEXT)


# --- arrival -----------------------------------------------------------------------------------------------


def lying_archive(content: bytes, declared: int) -> bytes:
    """An archive whose headers declare another size than the member has."""
    made = bytearray(archive({"t.csv": content}))
    true = len(content).to_bytes(4, "little")
    for _ in range(2):
        at = made.index(true)
        made[at : at + 4] = declared.to_bytes(4, "little")
    return bytes(made)


def stray_cell(corner: bytes) -> bytes:
    """A workbook with one cell in the last corner of the sheet."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sheet(HEADER))) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet2.xml"):
                content = content.replace(b"</sheetData>", corner + b"</sheetData>")
            new.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n <!DOCTYPE html><html>Not here</html>", "a web page came"),
        (b"<html><body>503</body></html>", "a web page came"),
        (gzip.compress(TEXT * 99)[:-9], "damaged or cut off"),
        (archive({"t.csv": TEXT * 99})[:-30], "damaged or cut off"),
        (gzip.compress(bytes(2_000_000)), "opens to more than 1,000,000 bytes"),
        (archive({"t.csv": bytes(2_000_000)}), "declares 2,000,000 bytes, beyond 1,000,000"),
        (archive({f"{i}.csv": bytes(400_000) for i in range(3)}), "declares 1,200,000 bytes"),
        (lying_archive(bytes(300_003), 1_000), "declares 1,000 bytes and holds 300,003 or more"),
        (archive({"more.zip": archive({"t.csv": TEXT})}), "more.zip: it is an archive inside an archive"),
        (gzip.compress(gzip.compress(TEXT)), "it is an archive inside an archive"),
        (archive({"t.csv": gzip.compress(TEXT)}), "t.csv: it is an archive inside an archive"),
        (archive({"b.xlsx": archive({"xl/media.zip": archive({"t.csv": TEXT})})}), "archive inside an archive"),
        (stray_cell(b'<row><c r="XFD1048576"><v>1</v></c></row>'), "its cells span 1,048,576 rows and 16,384 columns"),
        (stray_cell(b"<row><c s='1' r='XFD1048576'/></row>"), "its cells span 1,048,576 rows and 16,384 columns"),
        (stray_cell(b'<row><c r="B7" t="e"><v>#N/A</v></c></row>'), "cell B7 holds an error"),
        (stray_cell(b'<row><c r="B7"><f>1+1</f></c></row>'), "cell B7 holds a formula without its result"),
        (stray_cell(b'<row><c r="B7"><f t="shared" si="0"/><v/></c></row>'), "cell B7 holds a formula without"),
        (stray_cell(b'<row r="9999999"><c><v>1</v></c></row>'), "its cells span 9,999,999 rows and 3 columns"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_file_of_figures_is_not_let_in(tmp_path: Path, content: bytes, words: str) -> None:
    with refused(words):
        arrive(tmp_path, content)


def test_a_sheet_may_stand_anywhere_in_a_workbook(tmp_path: Path) -> None:
    content = stray_cell(b'<row><c r="XFD1048576"><v>1</v></c></row>')
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        moved = {name.replace("worksheets/sheet2.xml", "cells.bin"): old.read(name) for name in old.namelist()}
    with refused("xl/cells.bin: its cells span"):
        arrive(tmp_path, archive(moved))


def test_two_members_of_one_name_are_not_let_in(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as written, pytest.warns(UserWarning, match="Duplicate name"):
        written.writestr("t.csv", TEXT)
        written.writestr("t.csv", TEXT)
    with refused("two files of the archive have one name"):
        arrive(tmp_path, made.getvalue())


def test_a_formula_with_its_result_is_a_figure(tmp_path: Path) -> None:
    computed = b'<row><c r="A2"><f>1+1</f><v>2</v></c><c r="B2" t="str"><f>""</f><v></v></c></row>'
    assert len(arrive(tmp_path, stray_cell(computed)).answers) == 1


def test_a_sound_file_is_let_in_as_it_is(tmp_path: Path) -> None:
    for content in (TEXT, gzip.compress(TEXT), archive({"b.xlsx": sheet(HEADER)}), sheet(HEADER)):
        fetched = arrive(tmp_path, content)
        (answer,) = fetched.answers
        assert answer.content() == content and answer.url == "inbox:made_up/file"
        assert fetched.version == f"sha256:{answer.sha256[:16]}"


# --- the inbox and the night -------------------------------------------------------------------------------


def test_an_empty_inbox_says_what_to_do(tmp_path: Path) -> None:
    made = load_catalog().dataset("iab_emigration_rates")
    with pytest.raises(Absent) as caught:
        protocol_of(made).fetch(client(tmp_path, None), made, made.parts[0], Fetched())
    placed = tmp_path / "inbox" / "iab" / "iabbd_8010_v1_emigration.dta"
    assert caught.value.next_step == f"download it from https://iab.de/?p=183055 and place it at {placed}"
    assert protocol_of(made).probe(client(tmp_path, None), made, {"all": Mark("sha256:0", None)}).unchanged == {"all"}


def test_a_placed_file_beyond_the_cap_is_refused(tmp_path: Path) -> None:
    with refused("passes 10 bytes"):
        arrive(tmp_path, TEXT, cap=10)


def test_an_inbox_address_leads_nowhere_else(tmp_path: Path) -> None:
    for address in ("inbox:../passwd", "inbox:a/../b", "inbox:a", "inbox:a//b"):
        made = dataset(DEFAULT_COLUMNS, address, layout="csv")
        with pytest.raises(CatalogError, match="names no file of the inbox"):
            protocol_of(made).fetch(client(tmp_path, None), made, made.parts[0], Fetched())


def test_a_placed_file_goes_before_the_hand_of_the_sandbox(tmp_path: Path) -> None:
    made = load_catalog().dataset("iab_emigration_rates")
    protocol, part = protocol_of(made), made.parts[0]
    with serve(SyntheticWorld()) as sandbox:
        by_hand, fetched = client(tmp_path, sandbox.base_url), Fetched()
        protocol.fetch(by_hand, made, part, fetched)
        assert fetched.answers[0].url == "https://inbox/iab/iabbd_8010_v1_emigration.dta"
        mark = Mark(fetched.version, fetched.edition)
        assert protocol.probe(by_hand, made, {"all": mark}).unchanged == {"all"}
        assert by_hand.requests_made == 2

        placed = tmp_path / "inbox" / "iab" / "iabbd_8010_v1_emigration.dta"
        placed.parent.mkdir(parents=True)
        placed.write_bytes(fetched.answers[0].content() + b"\0")
        again, taken = client(tmp_path, sandbox.base_url), Fetched()
        assert protocol.probe(again, made, {"all": mark}).unchanged == frozenset()
        protocol.fetch(again, made, part, taken)
        mark = Mark(taken.version, taken.edition)
        assert protocol.probe(client(tmp_path, None), made, {"all": mark}).unchanged == {"all"}
        assert again.requests_made == 0


def test_an_unchanged_file_is_asked_for_once_a_night(tmp_path: Path) -> None:
    made = load_catalog().dataset("undesa_stock_by_destination")
    protocol, part = protocol_of(made), made.parts[0]
    with serve(SyntheticWorld()) as sandbox:
        first, fetched = client(tmp_path, sandbox.base_url, "un_desa"), Fetched()
        protocol.fetch(first, made, part, fetched)
        second = client(tmp_path, sandbox.base_url, "un_desa")
        for _ in range(3):
            mark = Mark(fetched.version, fetched.edition)
            assert protocol.probe(second, made, {"all": mark}).unchanged == {"all"}
        assert second.requests_made == 1
    with serve(SyntheticWorld(vintage=2)) as sandbox:
        later = client(tmp_path, sandbox.base_url, "un_desa")
        assert protocol.probe(later, made, {"all": mark}).unchanged == frozenset()


def test_a_publisher_that_wants_a_browser_turns_others_away(tmp_path: Path) -> None:
    made = load_catalog().dataset("undesa_stock_by_destination")
    with serve(SyntheticWorld()) as sandbox:
        plain = client(tmp_path, sandbox.base_url, "un_desa", headers={})
        with refused("HTTP 403"):
            protocol_of(made).fetch(plain, made, made.parts[0], Fetched())


def test_a_part_fills_the_gaps_of_the_endpoint(tmp_path: Path) -> None:
    made = dataset(DEFAULT_COLUMNS, "inbox:made_up/{file}", layout="csv")
    part = made.parts[0].model_copy(update={"parameters": {"file": "t.csv"}})
    placed = tmp_path / "inbox" / "made_up" / "t.csv"
    placed.parent.mkdir(parents=True)
    placed.write_bytes(TEXT)
    fetched = Fetched()
    protocol_of(made).fetch(client(tmp_path, None), made, part, fetched)
    assert fetched.answers[0].url == "inbox:made_up/t.csv"
    with pytest.raises(CatalogError, match="no parameter 'file'"):
        protocol_of(made).fetch(client(tmp_path, None), made, made.parts[0], fetched)


def test_dates_and_large_numbers() -> None:
    columns = [
        *DEFAULT_COLUMNS[:1],
        Column(name="day", type="DATE", description="Day."),
        Column(name="count", type="BIGINT", description="Count."),
    ]
    (row,) = rows(dataset(columns, layout="csv"), b"iso2,day,count\nNA,2024-02-29,9007199254740993\n")
    assert (str(row["day"]), row["count"]) == ("2024-02-29", 9007199254740993)
