"""`python tools/dbt_sources.py`: writes what dbt knows of the lake, one sources file per source of the catalog.

A dataset that is new in the catalog becomes a dbt source by this; its staging model is written by hand. What models
that read every change log need to know of each (its key, its figures) is written as one macro.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ingestion.catalog import Dataset, Source, load_catalog
from ingestion.lake import CHANGE_COLUMNS
from warehouse.inputs import DBT_PROJECT

STAGING = DBT_PROJECT / "models" / "staging"
DATASETS_MACRO = DBT_PROJECT / "macros" / "lake_datasets.sql"
# The reporting place stands first where a key names two.
REPORTERS = ("REF_AREA", "geo")
YEARS = ("year", "TIME_PERIOD", "t")
LAKE = r"{{ env_var('BRAINDRAIN_LAKE') | replace(\"'\", \"''\") }}"
LOCATION = "read_parquet('{lake}/{name}/*.parquet', union_by_name = true)"
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
    DATASETS_MACRO.write_text(datasets_macro(), encoding="utf-8")


def datasets_macro() -> str:
    """The whole macro that lists every change log of the lake."""
    lines = [
        "{#",
        "  Every change log of the lake: its key beside `part`, the places and the year in it, its figures with their",
        "  units, and the texts beside them. Written by tools/dbt_sources.py out of ingestion/catalog.",
        "#}",
        "{% macro lake_datasets() -%}",
        "    {{ return([",
    ]
    for source in load_catalog().sources:
        for dataset in source.datasets:
            fields = json.dumps(_known_of(source, dataset), ensure_ascii=False).replace(": null", ": none")
            lines.append(f"        {fields},")
    return "\n".join([*lines, "    ]) }}", "{%- endmacro %}"]) + "\n"


def _known_of(source: Source, dataset: Dataset) -> dict[str, Any]:
    key = [dataset.column(name) for name in dataset.key]
    places = sorted((column for column in key if column.code_system), key=lambda column: column.name not in REPORTERS)
    measures = [dataset.column(name) for name in dataset.measures]
    return {
        "source": source.id,
        "id": dataset.id,
        "key": list(dataset.key),
        "places": [[column.name, column.code_system] for column in places[:2]],
        "year": next((name for name in dataset.key if name in YEARS), None),
        "figures": {column.name: column.unit for column in measures if column.type not in ("VARCHAR", "DATE")},
        "texts": [column.name for column in measures if column.type in ("VARCHAR", "DATE")],
    }


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
    yield f'        lake: "{LAKE}"'
    yield f'        external_location: "{LOCATION}"'
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
