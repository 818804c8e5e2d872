"""`python tools/dbt_sources.py`: writes what dbt knows of the lake, one sources file per source of the catalog.

A dataset that is new in the catalog becomes a dbt source by this; its staging model is written by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import yaml

from ingestion.catalog import Dataset, Source, load_catalog
from ingestion.lake import CHANGE_COLUMNS
from warehouse.inputs import DBT_PROJECT

STAGING = DBT_PROJECT / "models" / "staging"
LOCATION = (
    """read_parquet('{{ env_var("BRAINDRAIN_LAKE") | replace("'", "''") }}/{name}/*.parquet', union_by_name = true)"""
)
# What acceptance adds to the publisher's columns.
OWN_COLUMNS = {
    "change": ("varchar", "insert, revise or withdraw; a withdraw row carries the key and null measures."),
    "recorded_at": ("timestamp", "When the batch was accepted, UTC."),
    "published": ("varchar", "The provider's version the figure was read from."),
    "receipt": ("varchar", "Receipt of the payload the row was read from."),
    "part": ("varchar", "What was asked for, judged and accepted on its own: an indicator, a file, or all."),
}
assert list(OWN_COLUMNS) == [*CHANGE_COLUMNS, "part"]  # noqa: S101 (a change log of other columns needs other words)


def main() -> None:
    """Write the sources file of every source of the catalog."""
    for source in load_catalog().sources:
        path = path_of(source)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sources_file(source), encoding="utf-8")


def path_of(source: Source) -> Path:
    """Where the sources file of a source stands."""
    return STAGING / source.id / f"_{source.id}__sources.yml"


def sources_file(source: Source) -> str:
    """The whole sources file of one source, as yamllint likes it."""
    return "\n".join(_lines(source)) + "\n"


def _lines(source: Source) -> Iterator[str]:
    yield "# The lake: one append-only change log per dataset. Written by tools/dbt_sources.py out of"
    yield f"# ingestion/catalog/{source.id}.yml; tests/dbt/test_sources.py compares the two."
    yield "sources:"
    yield f"  - name: {source.id}"
    yield "    schema: lake"
    yield "    description: >-"
    yield f"      {source.publisher}, {source.title}, as accepted into the lake: the publisher's own columns and codes,"
    yield "      then what changed, when it was recorded, under which version and from which payload."
    yield "    config:"
    yield "      meta:"
    yield "        external_location: >-"
    yield f"          {LOCATION}"
    yield "    tables:"
    blocks = [tuple(_column_lines(dataset)) for dataset in source.datasets]
    for dataset, columns in zip(source.datasets, blocks, strict=True):
        yield f"      - name: {dataset.id}"
        yield f"        description: {_quoted(dataset.description)}"
        # columns that several datasets share are written once, and pointed back to
        first = source.datasets[blocks.index(columns)]
        if first is not dataset:
            yield f"        columns: *columns_of_{first.id}"
            continue
        yield f"        columns: &columns_of_{dataset.id}" if blocks.count(columns) > 1 else "        columns:"
        yield from columns


def _column_lines(dataset: Dataset) -> Iterator[str]:
    columns = [(column.name, column.type.lower(), column.description) for column in dataset.columns]
    for name, data_type, description in [*columns, *((name, *said) for name, said in OWN_COLUMNS.items())]:
        yield f"          - name: {_plain(name)}"
        yield f"            data_type: {data_type}"
        yield f"            description: {_quoted(description)}"


def _plain(name: str) -> str:
    """A name as YAML reads it back: in quotes where it would be taken for something else (``NO``, ``2000``)."""
    return name if yaml.safe_load(name) == name else _quoted(name)


def _quoted(text: str) -> str:
    """A YAML double-quoted scalar on one line."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)


if __name__ == "__main__":
    main()
