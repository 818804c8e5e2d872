"""The page a person reads after a night: what was asked, what came, what is in force, where to look next."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ingestion import ledger
from ingestion.catalog import Catalog
from ingestion.home import Home
from warehouse.catalog_page import by_publisher, publisher_names
from warehouse.headlines import headlines_of, headlines_told
from warehouse.nights import Night, PartState, Trouble, nights_of, troubles_of
from warehouse.query import run_select
from warehouse.release import SYNTHETIC_NOTICE, Release, find_in_force
from warehouse.tables import bar, number, said_at

# Outcomes as columns of the table, in the order in which a person cares.
OUTCOMES = (ledger.LOADED, ledger.UNCHANGED, ledger.WITHDRAWN, ledger.ABSENT, ledger.QUARANTINED, ledger.FAILED)
HEADINGS = ("loaded", "unchanged", "withdrawn", "absent", "rejected", "failed")
PUBLISHER_WIDTH = 30
DATASET_WIDTH = 42
RATES_SHOWN = 10
INDENT = "  "
SKILLED_EMIGRATION = "mart_skilled_emigration"
# One method in one year, since rates of several are not comparable: of those that may be passed on, the one that knows
# most origins, and the newest of equals.
RATES = """
    with rates as (
        select * from mart_skilled_emigration where sex = 'T' and rate_high_pct is not null
    ),
    widest as (
        select method_id, year, count(*) as n_origins from rates
        group by method_id, year
        order by bool_and(is_publishable) desc, n_origins desc, year desc, method_id
        limit 1
    )
    select name_en as country, origin_iso3, year, method_id, rate_high_pct
    from rates inner join widest using (method_id, year) inner join dim_country on origin_iso3 = iso3
    order by rate_high_pct {direction}, origin_iso3
"""


def summary_facts(home: Home, catalog: Catalog) -> dict[str, Any]:
    """The summary as a JSON object; ``release`` is None before the first publication."""
    release = find_in_force(home)
    facts: dict[str, Any] = {
        "home": str(home.root),
        "datasets": [asdict(night) for night in nights_of(home, catalog)],
        "release": None,
        "highest_rates": [],
        "lowest_rates": [],
        "headlines": [],
        "marts_database": str(home.marts_database),
    }
    if release is not None:
        facts["release"] = {
            name: release.facts[name]
            for name in ("release_id", "created_at", "origin", "synthetic", "previous", "inputs_checksum")
        } | {"marts": {name: mart["rows"] for name, mart in release.marts.items()}}
        facts["highest_rates"], facts["lowest_rates"] = _rates(release)
        facts["headlines"] = headlines_of(release)
    return facts


def _rates(release: Release) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The highest and the lowest skilled emigration rates of the method and year that know most origins."""
    if SKILLED_EMIGRATION not in release.marts:
        return [], []
    highest = run_select(release, RATES.format(direction="desc"), RATES_SHOWN).to_json()
    lowest = run_select(release, RATES.format(direction="asc"), RATES_SHOWN).to_json()
    return highest, lowest


def print_summary(console: Console, home: Home, catalog: Catalog) -> None:
    """Print the page."""
    release = find_in_force(home)
    nights = nights_of(home, catalog)
    if release is not None and release.is_synthetic:
        print_synthetic(console)
    console.print(_asked(nights, catalog), "")
    for line in attention(nights, catalog):
        console.print(line)
    if release is None:
        console.print(Text("Nothing is published yet.", style="bold"), "Run `braindrain refresh`.")
        return
    console.print(_in_force(release), "")
    highest, lowest = _rates(release)
    if highest:
        console.print(_rates_table(highest, lowest), "")
    if others := headlines_told(headlines_of(release)):
        console.print(Text("Highest of the others", style="bold"), *others, "", sep="\n")
    # Lines to copy are never broken.
    console.print(_where_next(home), soft_wrap=True)


def print_status(
    console: Console, home: Home, catalog: Catalog, origin: dict[str, str], release: Release | None, in_quarantine: int
) -> None:
    """Print the state of the home: every dataset in a line, then what is held back, since when and what to do."""
    nights = nights_of(home, catalog)
    if release is not None and release.is_synthetic:
        print_synthetic(console)
    for source in by_publisher(catalog):
        console.print(Text.assemble((source.publisher, "bold"), (f"  {source.id}", "dim")))
        ids = [dataset.id for dataset in source.datasets]
        console.print(_datasets_table([night for night in nights if night.dataset in ids]))
    console.print("")
    for line in attention(nights, catalog):
        console.print(line)
    console.print(f"home        {home.root}", f"origin      {origin['kind']} ({origin['origin']})", sep="\n")
    console.print(f"release     {release.id if release else 'nothing is published yet'}")
    console.print(f"quarantine  {in_quarantine} entries wait for a decision")


def _datasets_table(nights: list[Night]) -> RenderableType:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0), expand=True)
    table.add_column(no_wrap=True, width=DATASET_WIDTH)
    table.add_column(ratio=1)
    table.add_column(no_wrap=True, width=len("asked 2026-11-21 04:00"))
    for night in nights:
        asked = f"asked {said_at(night.checked_at)}" if night.checked_at else ""
        table.add_row(Text(f"{INDENT}{night.dataset}"), Text(night.state, style=_state_style(night)), Text(asked))
    return table


def _state_style(night: Night) -> str:
    if any(night.count(outcome) for outcome in ledger.HELD_BACK):
        return "red"
    return "yellow" if any(night.count(outcome) for outcome in (ledger.WITHDRAWN, ledger.ABSENT)) else ""


def print_synthetic(console: Console) -> None:
    """Say, where nobody can miss it, that the figures are made up."""
    console.print(Panel(Text(SYNTHETIC_NOTICE, style="bold"), border_style="yellow", style="yellow"))


def _asked(nights: list[Night], catalog: Catalog) -> RenderableType:
    """One line per source."""
    by_dataset = {night.dataset: night for night in nights}
    times = sorted(night.checked_at for night in nights if night.checked_at)
    when = f", last at {said_at(times[-1])} UTC" if times else ""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), title=f"What was asked{when}", title_justify="left")
    table.title_style = "bold"
    table.add_column("publisher", no_wrap=True, overflow="ellipsis", max_width=PUBLISHER_WIDTH)
    for heading in ("datasets", "parts", *HEADINGS):
        table.add_column(heading, justify="right", no_wrap=True)
    names = publisher_names(catalog)
    for source in by_publisher(catalog):
        asked = [by_dataset[dataset.id] for dataset in source.datasets]
        table.add_row(Text(names[source.id]), str(len(asked)), *_counts(asked))
    table.add_row(f"all {len(catalog.sources)} sources", str(len(nights)), *_counts(nights), style="bold")
    return table


def _counts(nights: list[Night]) -> list[str]:
    counts = [sum(night.count(outcome) for night in nights) for outcome in OUTCOMES]
    return [str(sum(len(night.parts) for night in nights)), *(str(count) if count else "·" for count in counts)]


def attention(nights: list[Night], catalog: Catalog) -> list[RenderableType]:
    """Everything that is not simply there, by name; what many share is said once, what is absent in one list."""
    lines: list[RenderableType] = []
    for outcome, heading in (
        (ledger.WITHDRAWN, "Withdrawn by the publisher, → successor; figures taken earlier stay"),
        (ledger.QUARANTINED, "Rejected; yesterday's figures stay in force"),
        (ledger.FAILED, "Could not be asked; yesterday's figures stay in force"),
    ):
        found = [part for night in nights for part in night.parts if part.outcome == outcome]
        if not found:
            continue
        lines.append(Text(f"{heading} ({len(found)})", style="bold"))
        if outcome == ledger.WITHDRAWN:
            lines.append(_withdrawn_table(found, catalog))
        else:
            lines += [_trouble_lines(trouble, nights) for trouble in troubles_of(nights, catalog, [outcome])]
        lines.append("")
    absent = troubles_of(nights, catalog, [ledger.ABSENT])
    if absent:
        lines += [_absent_lines(absent, nights), ""]
    return lines


def _withdrawn_table(parts: list[PartState], catalog: Catalog) -> RenderableType:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=max(len(part.part) for part in parts) + len(INDENT))
    table.add_column(overflow="ellipsis", no_wrap=True)
    for part in parts:
        successor = catalog.dataset(part.dataset).part(part.part).successor
        table.add_row(Text(f"{INDENT}{part.part}"), Text(f"→ {successor}  {part.title}" if successor else part.title))
    return table


def _trouble_lines(trouble: Trouble, nights: list[Night]) -> RenderableType:
    """Who, since when, why, and what to do."""
    first = trouble.parts[0]
    since = f"since {said_at(trouble.since)}" if trouble.since else ""
    who = Text.assemble((trouble.said_parts(nights), "bold"), (f"  {trouble.source.publisher}, {since}", "dim"))
    about = [Text(first.what, style="red")]
    if first.next_step:
        about.append(Text(f"→ {first.next_step}", style="dim"))
    return Group(Padding(who, (0, 0, 0, 2)), Padding(Group(*about), (0, 0, 0, 4)))


def _absent_lines(absent: list[Trouble], nights: list[Night]) -> RenderableType:
    """One list of what there was nothing to ask for; it is no one's fault and fails nothing."""
    n_parts = sum(len(trouble.parts) for trouble in absent)
    heading = Text(f"Absent, so not asked for: no recording, or no file in the inbox ({n_parts})", style="bold")
    by_source: dict[str, list[PartState]] = {}
    for trouble in absent:
        by_source.setdefault(trouble.source.id, []).extend(trouble.parts)
    sources = {trouble.source.id: trouble.source for trouble in absent}
    who = [
        Text.assemble((f"{source}  ", "dim"), Trouble(sources[source], ledger.ABSENT, parts).said_parts(nights, most=2))
        for source, parts in by_source.items()
    ]
    steps = dict.fromkeys(part.next_step for trouble in absent for part in trouble.parts if part.next_step)
    return Group(heading, Padding(Group(*who, *(Text(f"→ {step}", style="dim") for step in steps)), (0, 0, 0, 2)))


def _in_force(release: Release) -> RenderableType:
    rows = sum(mart["rows"] for mart in release.marts.values())
    audits = release.facts["audits"]
    tests = sum(node["kind"] in ("test", "unit test") for node in release.facts["dbt"])
    origin = release.facts["origin"]
    accepted = release.facts["accepted_change"]
    lines = [
        Text.assemble(("Release in force  ", "bold"), (release.id, "bold green")),
        Text(f"  origin {origin['kind']} ({origin['origin']}), built {said_at(release.facts['created_at'])} UTC"),
        Text(f"  {len(release.marts)} marts, {rows:,} rows; {tests} dbt tests and {len(audits)} audits passed"),
    ]
    if accepted:
        lines.append(Text(f"  a change was accepted: {accepted}", style="yellow"))
    return Group(*lines)


def _rates_table(highest: list[dict[str, Any]], lowest: list[dict[str, Any]]) -> RenderableType:
    year, method = highest[0]["year"], highest[0]["method_id"]
    table = Table(
        box=None,
        pad_edge=False,
        title=f"Of an origin's tertiary educated, % who live abroad, {year} (method {method})",
        title_justify="left",
        title_style="bold",
    )
    for heading in ("highest", "lowest"):
        table.add_column(heading, no_wrap=True, overflow="ellipsis", max_width=26)
        table.add_column("", justify="right", no_wrap=True)
        table.add_column("", no_wrap=True, min_width=14)
    for index in range(max(len(highest), len(lowest))):
        cells: list[RenderableType] = []
        for side, style in ((highest, "red"), (lowest, "green")):
            row = side[index] if index < len(side) else None
            cells += _rate_cells(row, style) if row else ["", "", ""]
        table.add_row(*cells)
    return table


def _rate_cells(row: dict[str, Any], style: str) -> list[RenderableType]:
    rate = row["rate_high_pct"]
    return [Text(row["country"]), Text(number(rate, 100)), Text(bar(rate / 100), style=style)]


def _where_next(home: Home) -> RenderableType:
    """Paths and commands as they work from here."""
    marts, command = _from_here(home.marts_database), _command()
    rows = [
        ("BI, notebooks", f'duckdb.connect("{marts}", read_only=True): open it once, it shows every new release'),
        ("SQL", f'{command} query "show tables"'),
        ("A file", f"{command} export {SKILLED_EMIGRATION} --format xlsx"),
        ("State", f"{command} status (or releases, catalog)"),
        ("Rejected data", f"{command} quarantine list"),
        ("Airflow", "make up"),
    ]
    lines = [Text("Where to look next", style="bold"), *(Text(f"{name:15}{what}") for name, what in rows)]
    return Text("\n").join(lines)


def _command() -> str:
    """How to call the command line from here."""
    return "braindrain" if shutil.which("braindrain") else _from_here(Path(sys.executable).with_name("braindrain"))


def _from_here(path: Path) -> str:
    shown = os.path.relpath(path)
    return str(path) if shown.startswith("..") else Path(shown).as_posix()
