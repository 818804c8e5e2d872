"""``marts.duckdb``: the file of views that BI opens once."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import duckdb

from ingestion.home import Home, sync, write_atomically
from ingestion.lake import literal, quoted
from warehouse.doors import pattern_of
from warehouse.release import SYNTHETIC_NOTICE, Release


def write_views(home: Home, release: Release) -> bool:
    """Make ``marts.duckdb`` fit the release's marts; give whether it had to be written anew.

    A file that BI may hold is never opened: a new one takes its name. It is written only when
    the marts, their columns or their descriptions changed, so that nobody has to reconnect
    on other nights. An open connection keeps the old file, and keeps working for every mart
    whose columns are as they were.
    """
    statements = statements_of(home, release)
    checksum = hashlib.sha256("\n".join(statements).encode()).hexdigest()
    note = home.doors / "views.json"
    if home.marts_database.exists() and note.exists() and json.loads(note.read_text())["sha256"] == checksum:
        return False
    draft = home.marts_database.with_name(".marts.duckdb.draft")
    for left_over in (draft, draft.with_name(f"{draft.name}.wal")):
        left_over.unlink(missing_ok=True)
    with duckdb.connect(str(draft)) as connection:
        for statement in statements:
            connection.execute(statement)
    draft.replace(home.marts_database)
    sync(home.root)
    write_atomically(note, json.dumps({"sha256": checksum, "release_id": release.id}).encode())
    return True


def statements_of(home: Home, release: Release) -> list[str]:
    """The SQL that makes the views, with the descriptions of marts and columns as comments."""
    return [
        statement for name, mart in release.marts.items() for statement in _view(home, name, mart, release.is_synthetic)
    ]


def _view(home: Home, name: str, mart: dict[str, Any], is_synthetic: bool) -> list[str]:
    columns = ", ".join(quoted(column["name"]) for column in mart["columns"])
    source = f"read_parquet({literal(pattern_of(home, name, mart))}, hive_partitioning = false)"
    about = " ".join(filter(None, [SYNTHETIC_NOTICE if is_synthetic else None, mart["comment"]]))
    # Names come from the build's own database, and all text is quoted.
    return [
        f"create view {quoted(name)} as select {columns} from {source} where file_index = 0",  # noqa: S608
        f"comment on view {quoted(name)} is {literal(about)}",
        *(
            f"comment on column {quoted(name)}.{quoted(column['name'])} is {literal(column['comment'])}"
            for column in mart["columns"]
            if column["comment"]
        ),
    ]
