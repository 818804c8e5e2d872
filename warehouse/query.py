"""Read-only SQL over the marts of one release."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from ingestion.errors import BrainDrainError
from warehouse.release import Release

MARTS_SCHEMA = "marts"


class WrongQuery(BrainDrainError):
    """The SQL is not one SELECT over the marts, or does not run."""


@dataclass(frozen=True)
class Answer:
    """The result of a query: column names, DuckDB types, rows; ``is_cut`` when there are more rows than asked for."""

    columns: list[str]
    types: list[str]
    rows: list[tuple[Any, ...]]
    is_cut: bool

    def to_json(self) -> list[dict[str, Any]]:
        """The rows as JSON objects."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@contextmanager
def open_marts(release: Release) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection on one release, whole, whatever is published meanwhile.

    It can read the release and nothing else: no other file, no network, no setting.
    """
    with duckdb.connect(str(release.database), read_only=True) as connection:
        connection.execute(f"set schema = '{MARTS_SCHEMA}'")
        connection.execute("set enable_external_access = false")
        # Without this a table name that does not exist would find a variable of this program.
        connection.execute("set python_enable_replacements = false")
        connection.execute("set lock_configuration = true")
        yield connection


def refuse_all_but_select(sql: str) -> str:
    """The statement, if the text is one SELECT (WITH, FROM, VALUES, DESCRIBE and SUMMARIZE are SELECTs too).

    Raises:
        WrongQuery: it is something else.
    """
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise wrong(error) from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        kinds = ", ".join(statement.type.name for statement in statements) or "nothing"
        raise WrongQuery(f"it is {kinds}, and marts are only read", "query", "ask with one SELECT")
    return statements[0].query


def run_select(release: Release, sql: str, limit: int | None = None) -> Answer:
    """Run one SELECT over the marts; at most ``limit`` rows.

    Raises:
        WrongQuery: not one SELECT, or it does not run.
    """
    statement = refuse_all_but_select(sql)
    with open_marts(release) as connection:
        try:
            cursor = connection.execute(statement)
            columns = [(str(column[0]), str(column[1])) for column in cursor.description or []]
            rows = cursor.fetchall() if limit is None else cursor.fetchmany(limit + 1)
        except duckdb.Error as error:
            raise wrong(error) from error
    kept = rows if limit is None else rows[:limit]
    return Answer([name for name, _ in columns], [kind for _, kind in columns], kept, len(rows) > len(kept))


def wrong(error: duckdb.Error) -> WrongQuery:
    """DuckDB's complaint as a sentence: its first lines, without the drawing of the place."""
    said = " ".join(line.strip() for line in str(error).split("\n\nLINE")[0].splitlines() if line.strip())
    next_step = 'mend the SQL; `braindrain query "show tables"` and `"describe MART"` say what there is'
    return WrongQuery(said, "query", next_step)
