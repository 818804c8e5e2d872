"""SDMX-CSV 1.0 and 2.0: one row per observation, read lazily by DuckDB, so that no table is ever held in memory.

The order of columns is free. Columns that speak of the message and not of the observation (STRUCTURE, ACTION …) are
left out, and so are labels: with ``labels=name`` every code column is followed directly by the column of its labels,
whose name may differ from it in case only (SEX, Sex).
https://github.com/sdmx-twg/sdmx-csv
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from ingestion.catalog import Column, Dataset
from ingestion.errors import PayloadRejected
from ingestion.http import Body
from ingestion.lake import quoted
from ingestion.sources.sdmx.observations import MEND_CATALOG, refuse_unknown
from ingestion.sources.typed import LOOK_AT_PUBLISHER

# What a row says of the message, and not of the observation.
MESSAGE_COLUMNS = frozenset(
    {"STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION", "DATAFLOW", "LAST UPDATE", "SERIES_KEY", "OBS_KEY"}
)
HEADER_START = re.compile(r'"?(?:STRUCTURE|DATAFLOW)(?:\[[^\]]*\])?"?(?P<separator>[,;])')
# Information, append, replace and merge all state an observation; only D takes one back.
STATING_ACTIONS = ("I", "A", "R", "M")
GZIP_MAGIC = b"\x1f\x8b"
# The client knows of a gzipped transfer that it is whole and how far it opens; of a gzip file inside, it does not.
# Tables open to 10 to 60 times their size.
OPENS_AT_MOST = 250
HEADER_BYTES = 1 << 16
CHUNK_BYTES = 1 << 20
# Twice the longest line DuckDB takes: with its own choice of 32 MB, thirty million rows pass a limit of 120 MB.
BUFFER_BYTES = 1 << 22


@dataclass(frozen=True)
class Layout:
    """Where the columns stand: the separator, how many there are, and the position of each that is wanted."""

    separator: str
    n_columns: int
    positions: dict[str, int]
    action: int | None


def read(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, body: Body, where: str, cut_at: int | None
) -> duckdb.DuckDBPyRelation:
    """The catalog's columns, in order, as a relation that reads the file when its rows are wanted.

    ``cut_at`` is the number of observations at which the publisher cuts an answer without a word. An empty cell is
    null; where the catalog does not allow null, and where a cell is not of its type, the relation raises a DuckDB
    error that names the column and the row's key.

    Raises:
        PayloadRejected: no SDMX-CSV, a column too many or too few, no rows, or an answer that was cut.
    """
    with _opened(body, where) as lines:
        layout = _layout(lines.readline(HEADER_BYTES), dataset, where)
        n_rows = _count(lines, cut_at)
    if n_rows == 0:
        raise PayloadRejected("the answer holds no observations", where, LOOK_AT_PUBLISHER)
    if cut_at is not None and n_rows == cut_at:
        raise cut(cut_at, where)
    file = connection.read_csv(
        str(body.path),
        header=True,
        auto_detect=False,
        columns=_types(layout, dataset),
        delimiter=layout.separator,
        quotechar='"',
        escapechar='"',
        na_values="",
        compression="gzip" if _is_gzip(body) else "none",
        buffer_size=BUFFER_BYTES,
    )
    if layout.action is not None:
        action = f"c{layout.action}"
        allowed = ", ".join(f"'{code}'" for code in STATING_ACTIONS)
        said = f"error('ACTION is ' || coalesce({action}, 'empty') || ', which states no observation')"
        file = file.filter(f"case when {action} in ({allowed}) then true else {said} end")
    return file.project(", ".join(_expression(column, layout, dataset) for column in dataset.columns))


def cut(at: int, where: str) -> PayloadRejected:
    """What to say of an answer of exactly as many observations as the publisher sends at most."""
    return PayloadRejected(
        f"exactly {at:,} observations came, at which the publisher cuts an answer without a word",
        where,
        "split the part in the catalog, by a narrower key or by startPeriod and endPeriod",
    )


def _is_gzip(body: Body) -> bool:
    return body.encoding == "gzip" or body.head().startswith(GZIP_MAGIC)


@contextmanager
def _opened(body: Body, where: str) -> Iterator[io.BufferedIOBase]:
    """The decoded bytes, whether the transfer was gzipped or the file is a gzip file."""
    if body.encoding == "gzip" and body.head().startswith(GZIP_MAGIC):
        raise PayloadRejected("the answer is compressed twice", where, "ask for it uncompressed")
    if body.encoding != "gzip" and _is_gzip(body):
        _check_file(body, where)
    with gzip.open(body.path) if _is_gzip(body) else body.path.open("rb") as stream:
        yield stream


def _check_file(body: Body, where: str) -> None:
    """Open a gzip file once to its end: DuckDB takes one that is cut off for a shorter table, and opens any bomb."""
    most = OPENS_AT_MOST * body.path.stat().st_size
    opened = 0
    try:
        with gzip.open(body.path) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                opened += len(chunk)
                if opened > most:
                    what = f"the gzip file opens to more than {OPENS_AT_MOST} times its size"
                    raise PayloadRejected(what, where, LOOK_AT_PUBLISHER)
    except (EOFError, OSError, zlib.error) as error:
        raise PayloadRejected(f"the gzip file is damaged ({error})", where, LOOK_AT_PUBLISHER) from error


def _count(lines: io.BufferedIOBase, cut_at: int | None) -> int:
    """How many lines follow: 0 or at least 1, and exactly up to one more than ``cut_at``."""
    if cut_at is None:
        return 1 if lines.readline(HEADER_BYTES).strip() else 0
    n_rows, ends_in_newline = 0, True
    while n_rows <= cut_at and (chunk := lines.read(CHUNK_BYTES)):
        n_rows += chunk.count(b"\n")
        ends_in_newline = chunk.endswith(b"\n")
    return n_rows if ends_in_newline else n_rows + 1


def _layout(line: bytes, dataset: Dataset, where: str) -> Layout:
    try:
        text = line.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise PayloadRejected(f"the header is no UTF-8 ({error})", where, LOOK_AT_PUBLISHER) from error
    start = HEADER_START.match(text)
    if start is None:
        raise PayloadRejected(f"{_kind(line)} came instead of SDMX-CSV", where, LOOK_AT_PUBLISHER)
    separator = start["separator"]
    # Brackets behind a name tell the separator inside a cell of several values.
    try:
        cells = next(csv.reader([text], delimiter=separator))
    except csv.Error as error:
        raise PayloadRejected(f"the header cannot be read ({error})", where, LOOK_AT_PUBLISHER) from error
    names = [re.sub(r"\[[^\]]*\]$", "", name) for name in cells]
    is_labelled = "STRUCTURE_NAME" in names
    joined = [name for name in names if ": " in name]
    if joined and not is_labelled:
        what = f"codes and labels came in one column ({joined[0]})"
        raise PayloadRejected(what, where, "ask for codes only, or for labels in columns of their own")
    positions = _positions(names, 2 if is_labelled else 1, where)
    refuse_unknown(positions, dataset, where)
    missing = [column.name for column in dataset.columns if column.name not in positions]
    if missing:
        raise PayloadRejected(f"the answer has no column {', '.join(missing)}", where, MEND_CATALOG)
    action = names.index("ACTION") if "ACTION" in names else None
    return Layout(separator, len(names), positions, action)


def _positions(names: list[str], step: int, where: str) -> dict[str, int]:
    """Where each code column stands; every ``step`` columns comes the next."""
    positions: dict[str, int] = {}
    at = 0
    while at < len(names):
        name = names[at]
        if name in MESSAGE_COLUMNS:
            at += 1
            continue
        if name in positions:
            raise PayloadRejected(f"two columns are called {name}", where, LOOK_AT_PUBLISHER)
        positions[name] = at
        at += step
    return positions


def _kind(line: bytes) -> str:
    start = line.lstrip().lower()
    if not start:
        return "an empty body"
    if start.startswith(b"<"):
        return "HTML" if b"html" in start else "XML"
    if start.startswith((b"{", b"[")):
        return "JSON"
    return "'" + " ".join(line[:80].decode("utf-8", "replace").split()) + "'"


def _types(layout: Layout, dataset: Dataset) -> dict[str, str]:
    """DuckDB types by position. Names are positions, since DuckDB takes SEX and Sex for one."""
    wanted = {layout.positions[column.name]: _wire_type(column, layout) for column in dataset.columns}
    return {f"c{at}": wanted.get(at, "VARCHAR") for at in range(layout.n_columns)}


def _wire_type(column: Column, layout: Layout) -> str:
    # DuckDB rounds 2015.6 to a year, and files with semicolons may write a comma in numbers: both are read as text.
    is_whole = column.type in ("INTEGER", "BIGINT")
    has_comma = column.type == "DOUBLE" and layout.separator == ";"
    return "VARCHAR" if is_whole or has_comma else column.type


def _expression(column: Column, layout: Layout, dataset: Dataset) -> str:
    """SQL of one column of the catalog. Only positions and catalog names enter it."""
    cell = f"c{layout.positions[column.name]}"
    typed = cell
    if column.type in ("INTEGER", "BIGINT"):
        # Written back, a whole number is what was read: no rounding, no sign, no exponent.
        is_whole = f"cast(try_cast({cell} as {column.type}) as varchar) = {cell}"
        refused = _error(column, layout, dataset, f"' holds ' || {cell} || ', which is no whole number'")
        typed = (
            f"case when {cell} is null then null when {is_whole} then cast({cell} as {column.type}) else {refused} end"
        )
    elif column.type == "DOUBLE" and layout.separator == ";":
        typed = f"cast(replace({cell}, ',', '.') as double)"
    if not column.nullable:
        missing = _error(column, layout, dataset, "' is empty'")
        typed = f"coalesce({typed}, {missing})"
    return f"{typed} as {quoted(column.name)}"


def _error(column: Column, layout: Layout, dataset: Dataset, says: str) -> str:
    """SQL that raises an error about one cell and names its row by the key."""
    key = ", ".join(f"c{layout.positions[name]}" for name in dataset.key)
    name = column.name.replace("'", "''")
    return f"error('{name}' || {says} || ' (' || concat_ws(' ', {key}) || ')')"
