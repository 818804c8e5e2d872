"""Marts or queries as csv, parquet or xlsx, each with its dictionary and its citation."""

from __future__ import annotations

import csv
import datetime
import glob
import io
import math
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from ingestion.errors import BrainDrainError
from ingestion.home import write_atomically
from ingestion.lake import quoted
from warehouse.query import open_marts, refuse_all_but_select, wrong
from warehouse.release import SYNTHETIC_NOTICE, Release

if TYPE_CHECKING:
    from openpyxl import Workbook

Format = Literal["csv", "parquet", "xlsx"]

# https://support.microsoft.com/office/excel-specifications-and-limits
EXCEL_ROWS = 1_048_576
EXCEL_COLUMNS = 16_384
EXCEL_CELL_CHARACTERS = 32_767
# Excel keeps 15 significant digits; a longer whole number would silently become another one.
EXCEL_EXACT_INTEGER = 10**15
# A spreadsheet runs text that begins with one of these as a formula (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# How the descriptions of the marts state a unit: "Unit: percent."
STATED_UNIT = re.compile(r"\bUnit: ([^.]+)\.")
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
BATCH_ROWS = 50_000

# What the end of a column's name says about its unit (docs: conventions of the marts).
UNITS_BY_ENDING = {
    "_pct": "percent, 0 to 100",
    "_persons": "persons",
    "_usd": "US dollars",
    "_per_1000": "per 1,000",
    "_per_million": "per million people",
    "_pp": "percentage points",
    "_days": "days",
    "_year": "year",
    "_rate": "share, 0 to 1",
    "_share": "share, 0 to 1",
}


class ExportRefused(BrainDrainError):
    """What was asked for cannot be written in that form."""


@dataclass(frozen=True)
class DictionaryEntry:
    """One column of an export."""

    column: str
    type: str
    unit: str
    description: str


@dataclass(frozen=True)
class Exported:
    """What was written: the file, its rows, and the files beside it."""

    path: Path
    rows: int
    beside: list[Path]


def export_mart(release: Release, mart: str, file_format: Format, out: Path) -> Exported:
    """Write a whole mart, in the order of its key.

    Raises:
        ExportRefused: no such mart, or it does not fit the format.
    """
    if mart not in release.marts:
        names = ", ".join(release.marts)
        raise ExportRefused(f"there is no mart '{mart}'", f"release {release.id}", f"choose one of {names}")
    key = release.marts[mart]["key"]
    order = ", ".join(map(quoted, key)) or "all"
    return export_query(release, f"select * from {quoted(mart)} order by {order}", file_format, out)  # noqa: S608


def export_query(release: Release, sql: str, file_format: Format, out: Path) -> Exported:
    """Write the result of one SELECT over the marts.

    Raises:
        WrongQuery: not one SELECT, or it does not run.
        ExportRefused: the result does not fit the format.
    """
    statement = refuse_all_but_select(sql)
    marts = _marts_named(release, statement)
    citation = citation_of(release, marts, statement)
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(f".{out.name}.{os.getpid()}.draft")
    try:
        with open_marts(release) as connection:
            result = connection.sql(statement)
            dictionary = dictionary_of(release, marts, result)
            rows = _write(file_format, result, draft, dictionary, citation)
        draft.replace(out)
    except duckdb.Error as error:
        raise wrong(error) from error
    finally:
        draft.unlink(missing_ok=True)
    beside = [] if file_format == "xlsx" else _write_beside(out, dictionary, citation)
    return Exported(out, rows, beside)


def _write(
    file_format: Format,
    result: duckdb.DuckDBPyRelation,
    path: Path,
    dictionary: list[DictionaryEntry],
    citation: list[str],
) -> int:
    if file_format == "xlsx":
        return _write_xlsx(result, path, dictionary, citation)
    reader = result.to_arrow_reader(BATCH_ROWS)
    return _write_csv(reader, path) if file_format == "csv" else _write_parquet(reader, path, citation)


# --- csv and parquet ------------------------------------------------------------------------


def harmless(text: str) -> str:
    """A text that a spreadsheet shows instead of running it: an apostrophe stands before what begins a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _write_csv(reader: pa.RecordBatchReader, path: Path) -> int:
    rows = 0
    names = [harmless(name) for name in reader.schema.names]
    with path.open("wb") as handle:
        handle.write(_csv_line(names))
        for batch in reader:
            columns = [_csv_column(column) for column in batch.columns]
            flat = pa.RecordBatch.from_arrays(columns, [str(index) for index in range(len(columns))])
            pa_csv.write_csv(flat, handle, pa_csv.WriteOptions(include_header=False, quoting_style="needed"))
            rows += batch.num_rows
    return rows


def _csv_column(column: pa.Array) -> pa.Array:
    """A column as csv can hold it: lists joined by "; ", text made harmless."""
    if pa.types.is_nested(column.type):
        column = pa.array([_cell_text(value) for value in column.to_pylist()], pa.string())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.replace_substring_regex(column, r"^([=+\-@\t\r])", r"'\1")
    return column


def _csv_line(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


def _write_parquet(reader: pa.RecordBatchReader, path: Path, citation: list[str]) -> int:
    rows = 0
    schema = reader.schema.with_metadata({"citation": "\n".join(citation)})
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch.replace_schema_metadata(schema.metadata))
            rows += batch.num_rows
    return rows


def _write_beside(out: Path, dictionary: list[DictionaryEntry], citation: list[str]) -> list[Path]:
    """Dictionary and citation as files beside the export."""
    dictionary_path = out.with_name(f"{out.stem}.dictionary.csv")
    citation_path = out.with_name(f"{out.stem}.CITATION.txt")
    lines = [("column", "type", "unit", "description")]
    lines += [(entry.column, entry.type, entry.unit, entry.description) for entry in dictionary]
    write_atomically(dictionary_path, b"".join(_csv_line(map(harmless, line)) for line in lines))
    write_atomically(citation_path, ("\n".join(citation) + "\n").encode())
    return [dictionary_path, citation_path]


# --- xlsx -------------------------------------------------------------------------------------


def _write_xlsx(
    result: duckdb.DuckDBPyRelation, path: Path, dictionary: list[DictionaryEntry], citation: list[str]
) -> int:
    from openpyxl import Workbook

    _refuse_beyond_excel(result)
    book = Workbook(write_only=True)
    try:
        rows = _write_sheet(book, "data", result.columns, _rows_of(result))
        words = ([entry.column, entry.type, entry.unit, entry.description] for entry in dictionary)
        _write_sheet(book, "dictionary", ["column", "type", "unit", "description"], words)
        _write_sheet(book, "citation", citation[:1], ([line] for line in citation[1:]))
    finally:
        # Also after a failure: saving is what removes openpyxl's temporary files; the caller drops the draft.
        book.save(path)
    return rows


def _write_sheet(book: Workbook, title: str, header: list[str], rows: Iterable[Iterable[Any]]) -> int:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    sheet.append([_cell(name) for name in header])
    written = 0
    for row in rows:
        sheet.append([_cell(value) for value in row])
        written += 1
    return written


def _rows_of(result: duckdb.DuckDBPyRelation) -> Iterator[tuple[Any, ...]]:
    for batch in result.to_arrow_reader(BATCH_ROWS):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _refuse_beyond_excel(result: duckdb.DuckDBPyRelation) -> None:
    counted = result.count("*").fetchone()
    rows = counted[0] if counted else 0
    if rows >= EXCEL_ROWS or len(result.columns) > EXCEL_COLUMNS:
        raise ExportRefused(
            f"the result has {rows:,} rows and {len(result.columns):,} columns, and a sheet of Excel takes"
            f" {EXCEL_ROWS - 1:,} rows under a header and {EXCEL_COLUMNS:,} columns",
            "export to xlsx",
            "export to csv or parquet, or ask for less with --sql",
        )


def _cell(value: Any) -> Any:
    """A value as a cell: numbers stay numbers, text is never a formula, what Excel cannot hold becomes text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < EXCEL_EXACT_INTEGER else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        return value
    text = harmless(NOT_IN_XML.sub("", _cell_text(value) or ""))
    if len(text) > EXCEL_CELL_CHARACTERS:
        raise ExportRefused(
            f"a text of {len(text):,} characters begins '{text[:40]}', and a cell of Excel takes"
            f" {EXCEL_CELL_CHARACTERS:,}",
            "export to xlsx",
            "export to csv or parquet",
        )
    return text


def _cell_text(value: Any) -> str | None:
    if isinstance(value, list):
        return "; ".join(str(item) for item in value if item is not None)
    return None if value is None else str(value)


# --- what the figures are, and whose ------------------------------------------------------------


def _marts_named(release: Release, sql: str) -> list[str]:
    """The marts whose names stand in the SQL."""
    words = set(re.findall(r"\w+", sql.lower()))
    return [name for name in release.marts if name.lower() in words]


def dictionary_of(release: Release, marts: list[str], result: duckdb.DuckDBPyRelation) -> list[DictionaryEntry]:
    """Type, unit and description of each column of the result; a column is known by the name it has in a mart."""
    known = {column["name"]: column["comment"] for mart in reversed(marts) for column in release.marts[mart]["columns"]}
    entries = []
    for name, kind in zip(result.columns, result.types, strict=True):
        description = " ".join((known.get(name) or "Computed by the query; see the citation.").split())
        stated = STATED_UNIT.search(description)
        entries.append(DictionaryEntry(name, str(kind), stated[1] if stated else unit_of(name), description))
    return entries


def unit_of(column: str) -> str:
    """The unit that a column's name tells; empty where the name tells none."""
    if column == "year":
        return "year"
    for ending, unit in UNITS_BY_ENDING.items():
        if column.endswith(ending):
            return unit
    return "share, 0 to 1" if column.startswith("rate_") else ""


def citation_of(release: Release, marts: list[str], sql: str) -> list[str]:
    """How to cite the figures, line by line: notice, release, sources with their licences."""
    lines = [SYNTHETIC_NOTICE, ""] if release.is_synthetic else []
    lines += [
        f"Release {release.id}, built {release.facts['created_at']} from origin '{release.facts['origin']['kind']}'.",
        f"From: {' '.join(sql.split())}",
        "",
        "Sources:",
    ]
    for citation, publisher, title, licence, url, attribution, share_alike in _sources_of(release, marts):
        terms = [f"Licence: {licence} ({url})"]
        terms += ["the publisher must be named"] if attribution else []
        terms += ["what is made of it must carry the same licence"] if share_alike else []
        lines.append(f"- {citation} Published by {publisher}, {title}. {'; '.join(terms)}.")
    return lines


def _sources_of(release: Release, marts: list[str]) -> list[tuple[Any, ...]]:
    """Citation, publisher, service and terms of every dataset that the marts draw on."""
    inputs = glob.escape(str(release.folder / "inputs"))
    with duckdb.connect() as connection:
        used = [
            dataset
            for mart in marts
            if any(column["name"] == "dataset_id" for column in release.marts[mart]["columns"])
            for (dataset,) in connection.execute(
                "select distinct dataset_id from read_parquet($mart)", {"mart": release.mart_source(mart)}
            ).fetchall()
        ]
        return connection.execute(
            """
            select
                datasets.citation, publisher, sources.title, licence, licence_url,
                is_attribution_required, is_share_alike
            from read_parquet($datasets) as datasets inner join read_parquet($sources) as sources using (source_id)
            where len($used) = 0 or list_contains($used, dataset_id) order by dataset_id
            """,
            {
                "datasets": f"{inputs}/datasets.parquet",
                "sources": f"{inputs}/sources.parquet",
                "used": used,
            },
        ).fetchall()
