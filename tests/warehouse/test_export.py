"""Exports: numbers stay numbers, text never runs, and every file says what it holds and whose it is."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow.parquet as pq
import pytest

from ingestion.home import Home
from tests.warehouse.made_up import build_and_publish, new_home, record
from warehouse.export import ExportRefused, Format, export_mart, export_query
from warehouse.query import WrongQuery
from warehouse.release import Release

pytestmark = pytest.mark.usefixtures("without_dbt")
FORMULAS = ["=1+1", "+1", "-1", "@sum(a1)", "\tx", "\rx"]
DANGEROUS = "select * from (values {}) as texts(said)".format(
    ", ".join(
        "('" + text.replace("\t", "' || chr(9) || '").replace("\r", "' || chr(13) || '") + "')" for text in FORMULAS
    )
)


@pytest.fixture
def release(home: Home) -> Release:
    return build_and_publish(home)


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def sheet_rows(path: Path, sheet: str) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True))


def test_csv_holds_the_mart_in_the_order_of_its_key(release: Release, tmp_path: Path) -> None:
    done = export_mart(release, "mart_skilled_emigration", "csv", tmp_path / "out" / "rates.csv")
    rows = csv_rows(done.path)
    assert (done.rows, [row["origin_iso3"] for row in rows]) == (3, ["GUY", "JAM", "OMN"])
    assert [float(row["rate_high_pct"]) for row in rows] == [89.24, 84.69, 0.37]


def test_dictionary_and_citation_stand_beside_a_csv(release: Release, tmp_path: Path) -> None:
    done = export_mart(release, "mart_skilled_emigration", "csv", tmp_path / "rates.csv")
    dictionary, citation = done.beside
    assert (dictionary.name, citation.name) == ("rates.dictionary.csv", "rates.CITATION.txt")
    described = {row["column"]: row for row in csv_rows(dictionary)}
    assert list(described) == [column["name"] for column in release.marts["mart_skilled_emigration"]["columns"]]
    assert described["rate_high_pct"] == {
        "column": "rate_high_pct",
        "type": "DOUBLE",
        "unit": "percent",
        "description": "Rate. Unit: percent. Source: catalog.",
    }
    assert described["rate_high"]["unit"] == "share, 0 to 1"
    text = citation.read_text(encoding="utf-8")
    assert release.id in text
    assert "Docquier, Lowell and Marfouk (2009)" in text
    assert "CC BY 4.0 (https://datacatalog.worldbank.org/public-licenses#cc-by); the publisher must be named" in text
    assert "World Development Indicators." not in text  # no figure of the mart comes from there
    assert "SYNTHETIC" not in text


def test_parquet_keeps_types_and_carries_its_citation(release: Release, tmp_path: Path) -> None:
    done = export_mart(release, "mart_skilled_emigration", "parquet", tmp_path / "rates.parquet")
    exported = duckdb.read_parquet(str(done.path))
    assert exported.fetchall() == duckdb.read_parquet(release.mart_source("mart_skilled_emigration")).fetchall()
    assert release.id in pq.read_schema(done.path).metadata[b"citation"].decode()
    assert [path.name for path in done.beside] == ["rates.dictionary.csv", "rates.CITATION.txt"]


def test_xlsx_has_a_sheet_of_data_of_words_and_of_sources(release: Release, tmp_path: Path) -> None:
    done = export_mart(release, "mart_skilled_emigration", "xlsx", tmp_path / "rates.xlsx")
    assert openpyxl.load_workbook(done.path).sheetnames == ["data", "dictionary", "citation"]
    header, *rows = sheet_rows(done.path, "data")
    found = [dict(zip(header, row, strict=True)) for row in rows]
    assert [(row["origin_iso3"], row["year"], row["rate_high_pct"]) for row in found] == [
        ("GUY", 2000, 89.24),
        ("JAM", 2000, 84.69),
        ("OMN", 2000, 0.37),
    ]
    assert [row["is_synthetic"] for row in found] == [False, False, False]
    assert ("rate_high_pct", "DOUBLE", "percent", "Rate. Unit: percent. Source: catalog.") in sheet_rows(
        done.path, "dictionary"
    )
    assert any(release.id in str(line) for (line,) in sheet_rows(done.path, "citation"))
    assert done.beside == []


@pytest.mark.parametrize("file_format", ["csv", "parquet", "xlsx"])
def test_synthetic_figures_are_labelled(tmp_path: Path, file_format: Format) -> None:
    home = new_home(tmp_path / "home", "sandbox")
    record(home, 1)
    done = export_mart(build_and_publish(home), "dim_country", file_format, tmp_path / f"out.{file_format}")
    if file_format == "xlsx":
        said = str(sheet_rows(done.path, "citation")[0][0])
    else:
        said = done.beside[1].read_text(encoding="utf-8")
    assert said.startswith("SYNTHETIC")


def test_csv_carries_no_live_formula(release: Release, tmp_path: Path) -> None:
    done = export_query(release, DANGEROUS + " union all by name select -1.5 as number", "csv", tmp_path / "out.csv")
    rows = csv_rows(done.path)
    assert [row["said"] for row in rows if row["said"]] == [f"'{text}" for text in FORMULAS]
    assert [row["number"] for row in rows if row["number"]] == ["-1.5"]


def test_xlsx_carries_no_live_formula(release: Release, tmp_path: Path) -> None:
    done = export_query(release, DANGEROUS, "xlsx", tmp_path / "out.xlsx")
    cells = [row[0] for row in openpyxl.load_workbook(done.path)["data"].iter_rows(min_row=2)]
    assert all(cell.data_type != "f" and str(cell.value)[0] == "'" for cell in cells)
    negative = export_query(release, "select -1.5 as number", "xlsx", tmp_path / "negative.xlsx")
    assert sheet_rows(negative.path, "data") == [("number",), (-1.5,)]


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_a_header_carries_no_live_formula(release: Release, tmp_path: Path, file_format: Format) -> None:
    done = export_query(release, 'select 1 as "=cmd"', file_format, tmp_path / f"out.{file_format}")
    header = sheet_rows(done.path, "data")[0] if file_format == "xlsx" else tuple(csv_rows(done.path)[0])
    assert header == ("'=cmd",)


def test_what_a_cell_cannot_hold_becomes_text(release: Release, tmp_path: Path) -> None:
    sql = """
        select ['a', 'b'] as listed, 12345678901234567 as large, 'inf'::double as endless, chr(7) || 'bell' as bell,
        timestamptz '2026-01-01 12:00:00+02' as moment, 1.25::decimal(9, 2) as exact, true as yes, null as nothing
    """
    done = export_query(release, sql, "xlsx", tmp_path / "out.xlsx")
    (row,) = sheet_rows(done.path, "data")[1:]
    assert row[:4] == ("a; b", "12345678901234567", "inf", "bell")
    assert str(row[4]) == "2026-01-01 10:00:00"
    assert row[5:] == (1.25, True, None)


def test_lists_are_joined_in_csv(release: Release, tmp_path: Path) -> None:
    done = export_query(
        release, "select ['a', 'b'] as listed, ['=1'] as bad, null::varchar as nothing", "csv", tmp_path / "out.csv"
    )
    assert csv_rows(done.path) == [{"listed": "a; b", "bad": "'=1", "nothing": ""}]


def test_more_rows_than_a_sheet_takes_are_refused_by_number(release: Release, tmp_path: Path) -> None:
    with pytest.raises(
        ExportRefused, match=r"the result has 1,048,576 rows.*takes 1,048,575 rows under a header.*csv or parquet"
    ):
        export_query(release, "select * from range(1048576)", "xlsx", tmp_path / "out.xlsx")
    assert list(tmp_path.glob("*out.xlsx*")) == []


def test_a_text_longer_than_a_cell_is_refused(release: Release, tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match="a text of 40,000 characters"):
        export_query(release, "select repeat('x', 40000) as long", "xlsx", tmp_path / "out.xlsx")
    assert list(tmp_path.glob(".*draft")) == []


def test_a_failed_export_leaves_the_old_file(release: Release, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    with pytest.raises(WrongQuery, match="Conversion Error"):
        export_query(release, "select iso3::integer from dim_country", "csv", path)
    assert path.read_text() == "old"
    assert list(tmp_path.glob(".*draft")) == []


def test_an_unknown_mart_is_refused_with_the_list(release: Release, tmp_path: Path) -> None:
    with pytest.raises(
        ExportRefused, match=r"there is no mart 'nothing'.*choose one of dim_country, fct_indicator_value"
    ):
        export_mart(release, "nothing", "csv", tmp_path / "out.csv")


WIDE = """
    create schema marts;
    create table marts.mart_wide as
    from (values
        ('ALB', 1.0, 10.0, false, 'fund_for_peace; world_bank', 'CC BY 4.0; No licence stated'),
        ('GUY', 2.0, null, true, 'world_bank', 'CC BY 4.0'),
        ('OMN', null, 30.0, false, 'fund_for_peace', 'No licence stated'),
        ('SRB', 4.0, 40.0, false, 'fund_for_peace; iab', 'No licence stated; No licence stated; cite the authors')
    ) as wide (iso3, population, fsi_score, is_publishable, source_ids, licence);
    create table marts.dim_plain as select 'ALB' as iso3;
"""


@pytest.fixture
def wide(release: Release) -> Release:
    """A release whose wide mart says which column comes from a source that may not be passed on."""
    release.database.unlink()
    with duckdb.connect(str(release.database)) as connection:
        connection.execute(WIDE)
    columns = ["iso3", "population", "fsi_score", "is_publishable", "source_ids", "licence"]
    described: list[dict[str, Any]] = [
        {"name": name, "type": "VARCHAR", "nullable": True, "comment": None} for name in columns
    ]
    described[2]["sources"] = ["fund_for_peace"]
    mart = {"key": ["iso3"], "columns": described}
    marts = {"mart_wide": mart, "dim_plain": {"key": ["iso3"], "columns": described[:1]}}
    undeclared = {**mart, "columns": [{**column, "sources": []} for column in described]}
    return dataclasses.replace(release, facts={**release.facts, "marts": marts, "undeclared": undeclared})


def test_publishable_blanks_columns_of_closed_sources_and_drops_rows_it_cannot_part(
    wide: Release, tmp_path: Path
) -> None:
    done = export_mart(wide, "mart_wide", "csv", tmp_path / "wide.csv", publishable_only=True)
    assert [list(row.values()) for row in csv_rows(done.path)] == [
        ["ALB", "1.0", "", "true", "world_bank", "CC BY 4.0"],
        ["GUY", "2.0", "", "true", "world_bank", "CC BY 4.0"],
        # nothing of Oman would be left, and Serbia also rests on a source that no column is told of
    ]
    citation = done.beside[1].read_text(encoding="utf-8")
    assert "Only what the licences let be passed on" in citation
    assert "Fund for Peace" not in citation


def test_publishable_drops_a_row_that_no_source_of_it_forbids(wide: Release, tmp_path: Path) -> None:
    """What forbids it is then something that no column can be told of, such as one part of an open source."""
    with duckdb.connect(str(wide.database)) as connection:
        connection.execute("insert into marts.mart_wide values ('XKX', 5.0, null, false, 'world_bank', 'CC BY 4.0')")
    done = export_mart(wide, "mart_wide", "csv", tmp_path / "wide.csv", publishable_only=True)
    assert [row["iso3"] for row in csv_rows(done.path)] == ["ALB", "GUY"]


def test_publishable_drops_whole_rows_where_no_column_tells_its_source(wide: Release, tmp_path: Path) -> None:
    narrow = dataclasses.replace(wide, facts={**wide.facts, "marts": {"mart_wide": wide.facts["undeclared"]}})
    done = export_mart(narrow, "mart_wide", "csv", tmp_path / "narrow.csv", publishable_only=True)
    assert [row["iso3"] for row in csv_rows(done.path)] == ["GUY"]


def test_publishable_holds_for_queries_and_leaves_tables_without_figures(wide: Release, tmp_path: Path) -> None:
    joined = "select count(*) as n, count(fsi_score) as n_scores from mart_wide full join dim_plain using (iso3)"
    done = export_query(wide, joined, "csv", tmp_path / "counted.csv", publishable_only=True)
    assert csv_rows(done.path) == [{"n": "2", "n_scores": "0"}]
    whole = export_query(wide, joined, "csv", tmp_path / "whole.csv")
    assert csv_rows(whole.path) == [{"n": "4", "n_scores": "3"}]
    for way_round in ("select * from marts.mart_wide", 'select * from "marts" . mart_wide'):
        with pytest.raises(ExportRefused, match="may not be passed on"):
            export_query(wide, way_round, "csv", tmp_path / "no.csv", publishable_only=True)
