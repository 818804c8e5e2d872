"""The catalog as a person reads it: everything by publisher on one page, or one dataset in full."""

from __future__ import annotations

from itertools import groupby

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ingestion.catalog import Bounds, Catalog, Column, Dataset, Expectation, Licence, Source

CODES_SHOWN = 12
FACT_WIDTH = 12
ID_WIDTH = 28
CADENCE_WIDTH = 12


def by_publisher(catalog: Catalog) -> list[Source]:
    """The sources in the order of their publishers' names."""
    return sorted(catalog.sources, key=lambda source: source.publisher.casefold())


def publisher_names(catalog: Catalog) -> dict[str, str]:
    """Source id -> its publisher's name, with the id behind it where a publisher has several sources."""
    publishers = [source.publisher for source in catalog.sources]
    return {
        source.id: source.publisher if publishers.count(source.publisher) == 1 else f"{source.publisher} ({source.id})"
        for source in catalog.sources
    }


def print_catalog(console: Console, catalog: Catalog) -> None:
    """Every dataset, by publisher, with cadence and licence."""
    sources = by_publisher(catalog)
    for publisher, theirs in groupby(sources, key=lambda source: source.publisher):
        console.print(Text(publisher, style="bold"))
        for source in theirs:
            console.print(Padding(_source_line(source), (0, 0, 0, 2)))
            console.print(Padding(_datasets_table(source), (0, 0, 0, 4)))
        console.print("")
    n_parts = sum(len(dataset.parts) for dataset in catalog.datasets)
    publishers = len({source.publisher for source in sources})
    console.print(
        f"{publishers} publishers, {len(catalog.datasets)} datasets, {n_parts} parts."
        " `braindrain catalog DATASET` shows one in full."
    )


def _source_line(source: Source) -> Text:
    style = "green" if source.licence.redistributable else "yellow"
    return Text.assemble(source.title, (f" ({source.id}): ", "dim"), (_licence_said(source.licence), style))


def _licence_said(licence: Licence) -> str:
    terms = ["may be republished" if licence.redistributable else "not to be republished"]
    if not licence.commercial:
        terms.append("non-commercial")
    if licence.share_alike:
        terms.append("share alike")
    return f"{licence.name}; {', '.join(terms)}"


def _datasets_table(source: Source) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0), expand=True)
    widest = max(len(dataset.id) for dataset in source.datasets)
    table.add_column(width=max(ID_WIDTH, widest), no_wrap=True)
    table.add_column(ratio=1)
    table.add_column(width=CADENCE_WIDTH)
    table.add_column(width=len("99 parts"), no_wrap=True, justify="right")
    for dataset in source.datasets:
        count = len(dataset.parts)
        parts = f"{count} part{'' if count == 1 else 's'}"
        table.add_row(Text(dataset.id, style="cyan"), Text(dataset.title), Text(dataset.cadence), Text(parts))
    return table


def print_dataset(console: Console, catalog: Catalog, dataset: Dataset) -> None:
    """One dataset: terms, columns, what is expected and why, parts."""
    source = catalog.source_of(dataset.id)
    console.print(Text.assemble((dataset.id, "bold cyan"), (f"  {dataset.title}", "bold")))
    console.print(Text(dataset.description), "")
    for name, said in _facts(source, dataset):
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True, min_width=FACT_WIDTH)
        table.add_column(overflow="fold")
        table.add_row(Text(name, style="dim"), Text(said))
        console.print(table)
    for heading, shown in (
        ("Columns (* is the key)", _columns_table(dataset)),
        ("Expected of a value, and of the figures beyond what every dataset is held to", _expectations(dataset)),
        (f"Parts ({len(dataset.parts)})", _parts_table(dataset)),
    ):
        console.print("")
        console.print(Text(heading, style="bold"))
        console.print(shown)


def _facts(source: Source, dataset: Dataset) -> list[tuple[str, str]]:
    budget = source.budget
    parameters = "; ".join(f"{name} = {value}" for name, value in dataset.parameters.items())
    tolerance = dataset.revision_tolerance
    return [
        ("publisher", f"{source.publisher}, {source.title} ({source.homepage})"),
        ("asked at", dataset.endpoint + (f" with {parameters}" if parameters else "")),
        ("protocol", dataset.protocol),
        ("renewed", f"{dataset.cadence}: {dataset.release_calendar}"),
        ("asked", f"by DAG ingest_{source.id}, schedule {source.schedule}"),
        ("budget", f"{budget.requests:,} requests in {budget.per_seconds:,} s, shared by all of {source.id}"),
        ("licence", f"{_licence_said(source.licence)}, {source.licence.url}"),
        ("citation", dataset.citation),
        ("concepts", ", ".join(dict.fromkeys(concept for part in dataset.parts for concept in part.concepts))),
        (
            "revisions",
            f"a load waits for a person when more than {_share(tolerance.changed_share)} of the figures change, the"
            f" median moves by more than {_share(tolerance.median_relative_change)}, or more than"
            f" {_share(tolerance.row_loss_share)} of the rows go: {tolerance.reason}",
        ),
    ]


def _share(share: float) -> str:
    return f"{100 * share:g} %"


def _columns_table(dataset: Dataset) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("column", "type", "null"):
        table.add_column(heading, no_wrap=True)
    table.add_column("what it holds", overflow="fold")
    for column in dataset.columns:
        name = f"{column.name}{' *' if column.name in dataset.key else ''}"
        table.add_row(Text(name), column.type, "may be" if column.nullable else "", Text(_column_said(column)))
    return Padding(table, (0, 0, 0, 2))


def _column_said(column: Column) -> str:
    said = column.description
    if column.unit:
        said += f" Unit: {column.unit}."
    if column.code_system:
        said += f" Codes: country bridge, {column.code_system}."
    if column.codes:
        more = len(column.codes) - CODES_SHOWN
        said += f" Codes: {', '.join(column.codes[:CODES_SHOWN])}{f' and {more} more' if more > 0 else ''}."
    return said


def _expectations(dataset: Dataset) -> RenderableType:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(overflow="fold")
    table.add_column(overflow="fold", style="dim")
    for bounds, parts in _by_bounds(dataset):
        about = "every value" if len(parts) == len(dataset.parts) else ", ".join(parts)
        table.add_row(Text(f"{_bounds_said(bounds)}: {about}"), Text(bounds.reason))
    for expectation in dataset.expectations:
        table.add_row(Text(_expectation_said(expectation)), Text(expectation.reason))
    return Padding(table, (0, 0, 0, 2))


def _by_bounds(dataset: Dataset) -> list[tuple[Bounds, list[str]]]:
    found: dict[Bounds, list[str]] = {}
    for part in dataset.parts:
        found.setdefault(part.bounds, []).append(part.id)
    return list(found.items())


def _bounds_said(bounds: Bounds) -> str:
    low, high = (None if bound is None else f"{bound:,.10g}" for bound in (bounds.minimum, bounds.maximum))
    if low is None and high is None:
        return "any value"
    if high is None:
        return f"at least {low}"
    return f"at most {high}" if low is None else f"{low} to {high}"


def _expectation_said(expectation: Expectation) -> str:
    tolerance = f" (by more than {_share(expectation.tolerance)})" if expectation.tolerance else ""
    about = f" ({', '.join(expectation.parts)})" if expectation.parts else ""
    return f"{expectation.name}{about}: a finding when {expectation.says}{tolerance}"


def _parts_table(dataset: Dataset) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("part", no_wrap=True)
    table.add_column("title", overflow="fold")
    table.add_column("unit", overflow="fold")
    table.add_column("rows at least", justify="right", no_wrap=True)
    for part in dataset.parts:
        table.add_row(Text(part.id), Text(part.title), Text(part.unit), f"{part.row_floor:,}")
    return Padding(table, (0, 0, 0, 2))
