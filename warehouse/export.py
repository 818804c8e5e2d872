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
from ingestion.lake import literal, quoted
from warehouse.query import MARTS_SCHEMA, open_marts, refuse_all_but_select, wrong
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


def export_mart(
    release: Release, mart: str, file_format: Format, out: Path, publishable_only: bool = False
) -> Exported:
    """Write a whole mart, in the order of its key; ``publishable_only`` as in ``export_query``.

    Raises:
        ExportRefused: no such mart, or it does not fit the format.
    """
    if mart not in release.marts:
        names = ", ".join(release.marts)
        raise ExportRefused(f"there is no mart '{mart}'", f"release {release.id}", f"choose one of {names}")
    key = release.marts[mart]["key"]
    order = ", ".join(map(quoted, key)) or "all"
    select = f"select * from {quoted(mart)} order by {order}"  # noqa: S608 (a mart of the release, quoted; sources as literals)
    return export_query(release, select, file_format, out, publishable_only)


def export_query(
    release: Release, sql: str, file_format: Format, out: Path, publishable_only: bool = False
) -> Exported:
    """Write the result of one SELECT over the marts.

    ``publishable_only`` lets the query see only what the licences let be passed on: rows whose ``is_publishable`` is
    false are not there. Where every source that forbids it has columns of its own in the mart (meta ``sources``), these
    are blanked instead, and the rest of the row stays, if there is any.

    Raises:
        WrongQuery: not one SELECT, or it does not run.
        ExportRefused: the result does not fit the format, or the query goes round what may be passed on.
    """
    statement = refuse_all_but_select(sql)
    marts = _marts_named(release, statement)
    if publishable_only and re.search(rf"\b{MARTS_SCHEMA}\b\W*\.", statement, re.IGNORECASE):
        raise ExportRefused(
            f"it names a table of schema {MARTS_SCHEMA} itself, with what may not be passed on",
            "export --publishable",
            f"write the names of the marts without '{MARTS_SCHEMA}.'",
        )
    citation = citation_of(release, marts, statement, publishable_only)
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(f".{out.name}.{os.getpid()}.draft")
    try:
        with open_marts(release) as connection:
            if publishable_only:
                _hide_what_stays_here(connection, release, marts)
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


def _hide_what_stays_here(connection: duckdb.DuckDBPyConnection, release: Release, marts: list[str]) -> None:
    """Put before each mart a view of the same name that holds only what may be passed on."""
    closed = _closed_sources(release)
    for mart in marts:
        select = _publishable(mart, release.marts[mart]["columns"], closed)
        connection.execute(f"create temp view {quoted(mart)} as {select}")


def _publishable(mart: str, columns: list[dict[str, Any]], closed: dict[str, str]) -> str:
    """The rows of a mart that may be passed on, as SQL; ``closed`` maps the sources that may not to their licences."""
    names = [column["name"] for column in columns]
    table = f"{MARTS_SCHEMA}.{quoted(mart)}"
    if "is_publishable" not in names:
        return f"select * from {table}"  # noqa: S608 (a mart of the release, quoted; sources as literals)
    own = {column["name"]: {*column.get("sources", [])} & closed.keys() for column in columns}
    separable = set().union(*own.values())
    if "source_ids" not in names or not separable:
        return f"select * from {table} where is_publishable"  # noqa: S608 (a mart of the release, quoted; sources as literals)
    # a licence may have the parting mark in its own name
    licences = [text for licence in closed.values() for text in licence.split("; ")]
    used = "coalesce(string_split(source_ids, '; '), [])"
    others = _texts(closed.keys() - separable)
    blanked = [
        f"case when not list_has_any({used}, {_texts(sources)}) then {quoted(name)} end as {quoted(name)}"
        for name, sources in own.items()
        if sources
    ]
    left = _without("source_ids", closed.keys())
    kept = [
        "true as is_publishable",
        f"{left} as source_ids",
        *([f"{_without('licence', licences)} as licence"] if "licence" in names else []),
    ]
    # A row of which nothing is left would only tell where those sources have figures.
    separated = f"list_has_any({used}, {_texts(separable)}) and not list_has_any({used}, {others})"
    may_stay = f"is_publishable or ({separated} and {left} is not null)"
    return f"select * replace ({', '.join([*blanked, *kept])}) from {table} where {may_stay}"  # noqa: S608 (a mart of the release, quoted; sources as literals)


def _texts(values: Iterable[str]) -> str:
    """Texts as an SQL list."""
    listed = ", ".join(literal(value) for value in sorted(values))
    return f"[{listed}]::varchar[]"


def _without(column: str, values: Iterable[str]) -> str:
    """A column of texts parted by '; ' without some of them, null where nothing is left."""
    left = f"list_filter(string_split({column}, '; '), text -> not list_contains({_texts(values)}, text))"
    return f"nullif(array_to_string({left}, '; '), '')"


def _closed_sources(release: Release) -> dict[str, str]:
    """The sources whose figures may not be passed on, with the names of their licences."""
    with duckdb.connect() as connection:
        return dict(
            connection.execute(
                "select source_id, licence from read_parquet($sources) where not is_redistributable",
                {"sources": f"{glob.escape(str(release.folder / 'inputs'))}/sources.parquet"},
            ).fetchall()
        )


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


def citation_of(release: Release, marts: list[str], sql: str, publishable_only: bool = False) -> list[str]:
    """How to cite the figures, line by line: notice, release, sources with their licences."""
    lines = [SYNTHETIC_NOTICE, ""] if release.is_synthetic else []
    lines += [
        f"Release {release.id}, built {release.facts['created_at']} from origin '{release.facts['origin']['kind']}'.",
        f"From: {' '.join(sql.split())}",
        "",
        "Sources:",
    ]
    if publishable_only:
        lines.insert(-2, "Only what the licences let be passed on; the other figures of these marts are left out.")
    for citation, publisher, title, licence, url, attribution, share_alike, redistributable in _sources_of(
        release, marts
    ):
        if publishable_only and not redistributable:
            continue
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
                is_attribution_required, is_share_alike, is_redistributable
            from read_parquet($datasets) as datasets inner join read_parquet($sources) as sources using (source_id)
            where len($used) = 0 or list_contains($used, dataset_id) order by dataset_id
            """,
            {
                "datasets": f"{inputs}/datasets.parquet",
                "sources": f"{inputs}/sources.parquet",
                "used": used,
            },
        ).fetchall()
