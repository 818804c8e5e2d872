"""The page a person reads after a night: what was asked, what came, what is in force, where to look next."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ingestion import ledger
from ingestion.catalog import Catalog, Dataset
from ingestion.home import Home
from ingestion.ledger import Event
from warehouse.query import run_select
from warehouse.release import SYNTHETIC_NOTICE, Release, find_in_force
from warehouse.tables import bar, number, said_at

NOT_ASKED = "not asked yet"
# Outcomes as columns of the table, in the order in which a person cares.
OUTCOMES = (ledger.LOADED, ledger.UNCHANGED, ledger.WITHDRAWN, ledger.QUARANTINED, ledger.FAILED)
HEADINGS = ("loaded", "unchanged", "withdrawn", "rejected", "failed")
RATES_SHOWN = 10
INDENT = "  "
SKILLED_EMIGRATION = "mart_skilled_emigration"
RATES = """
    select name_en as country, origin_iso3, year, method_id, rate_high_pct
    from mart_skilled_emigration inner join dim_country on origin_iso3 = iso3
    where year = (select max(year) from mart_skilled_emigration) and sex = 'T'
    order by rate_high_pct {direction}, origin_iso3
"""


@dataclass(frozen=True)
class PartState:
    """What the last asking did to one part, or found it still to be."""

    dataset: str
    part: str
    title: str
    outcome: str
    message: str | None
    next_step: str | None
    rows_changed: int


@dataclass(frozen=True)
class Night:
    """The last asking of one dataset: when, and what became of each part."""

    dataset: str
    title: str
    checked_at: str | None
    parts: list[PartState]

    def count(self, outcome: str) -> int:
        """How many parts ended so."""
        return sum(part.outcome == outcome for part in self.parts)


def nights_of(home: Home, catalog: Catalog) -> list[Night]:
    """The last asking of every dataset, read from the ledger."""
    return [_night(home, dataset) for dataset in catalog.datasets]


def _night(home: Home, dataset: Dataset) -> Night:
    checked_at = ledger.checked_at(home, dataset.id)
    latest = ledger.latest_by_part(home, dataset.id)
    parts = [_state(dataset.id, part.id, part.title, latest.get(part.id), checked_at) for part in dataset.parts]
    return Night(dataset.id, dataset.title, checked_at, parts)


def _state(dataset: str, part: str, title: str, event: Event | None, checked_at: str | None) -> PartState:
    if event is None:
        return PartState(dataset, part, title, NOT_ASKED, None, None, 0)
    outcome, changed = event.outcome, event.inserted + event.revised + event.withdrawn
    lasting = (ledger.QUARANTINED, ledger.WITHDRAWN, ledger.FAILED)
    happened_before = checked_at is not None and event.at < checked_at
    if outcome in (ledger.ACCEPTED, ledger.DROPPED) or (happened_before and outcome not in lasting):
        outcome, changed = ledger.UNCHANGED, 0
    return PartState(dataset, part, title, outcome, event.message, event.next_step, changed)


def summary_facts(home: Home, catalog: Catalog) -> dict[str, Any]:
    """The summary as a JSON object; ``release`` is None before the first publication."""
    release = find_in_force(home)
    facts: dict[str, Any] = {
        "home": str(home.root),
        "datasets": [asdict(night) for night in nights_of(home, catalog)],
        "release": None,
        "highest_rates": [],
        "lowest_rates": [],
        "marts_database": str(home.marts_database),
    }
    if release is not None:
        facts["release"] = {
            name: release.facts[name]
            for name in ("release_id", "created_at", "origin", "synthetic", "previous", "inputs_checksum")
        } | {"marts": {name: mart["rows"] for name, mart in release.marts.items()}}
        facts["highest_rates"], facts["lowest_rates"] = _rates(release)
    return facts


def _rates(release: Release) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The highest and the lowest skilled emigration rates of the newest year that has any."""
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
    console.print(_asked(nights), "")
    for line in _attention(nights, catalog):
        console.print(line)
    if release is None:
        console.print(Text("Nothing is published yet.", style="bold"), "Run `braindrain refresh`.")
        return
    console.print(_in_force(release), "")
    highest, lowest = _rates(release)
    if highest:
        console.print(_rates_table(highest, lowest), "")
    # Lines to copy are never broken.
    console.print(_where_next(home), soft_wrap=True)


def print_synthetic(console: Console) -> None:
    """Say, where nobody can miss it, that the figures are made up."""
    console.print(Panel(Text(SYNTHETIC_NOTICE, style="bold"), border_style="yellow", style="yellow"))


def _asked(nights: list[Night]) -> RenderableType:
    table = Table(box=None, pad_edge=False, title="What was asked", title_justify="left", title_style="bold")
    table.add_column("dataset", no_wrap=True)
    table.add_column("asked at (UTC)", no_wrap=True)
    for heading in ("parts", *HEADINGS):
        table.add_column(heading, justify="right", no_wrap=True)
    for night in nights:
        asked = said_at(night.checked_at) or NOT_ASKED
        counts = [night.count(outcome) for outcome in OUTCOMES]
        table.add_row(night.dataset, asked, str(len(night.parts)), *(_count(count) for count in counts))
    totals = [sum(night.count(outcome) for night in nights) for outcome in OUTCOMES]
    all_parts = sum(len(night.parts) for night in nights)
    table.add_row("all", "", str(all_parts), *(_count(count) for count in totals), style="bold")
    return table


def _count(count: int) -> str:
    return str(count) if count else "·"


def _attention(nights: list[Night], catalog: Catalog) -> list[RenderableType]:
    """Everything that is not simply there, by name."""
    lines: list[RenderableType] = []
    parts = [part for night in nights for part in night.parts]
    for outcome, heading in (
        (ledger.WITHDRAWN, "Withdrawn by the publisher, → successor; figures taken earlier stay"),
        (ledger.QUARANTINED, "Rejected; yesterday's figures stay in force"),
        (ledger.FAILED, "Could not be asked; yesterday's figures stay in force"),
    ):
        found = [part for part in parts if part.outcome == outcome]
        if found:
            table = _withdrawn_table(found, catalog) if outcome == ledger.WITHDRAWN else _held_back_table(found)
            lines += [Text(f"{heading} ({len(found)})", style="bold"), table, ""]
    return lines


def _parts_table(parts: list[PartState]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=max(len(part.part) for part in parts) + len(INDENT))
    table.add_column(overflow="ellipsis")
    return table


def _withdrawn_table(parts: list[PartState], catalog: Catalog) -> RenderableType:
    table = _parts_table(parts)
    table.columns[-1].no_wrap = True
    for part in parts:
        successor = catalog.dataset(part.dataset).part(part.part).successor
        table.add_row(Text(f"{INDENT}{part.part}"), Text(f"→ {successor}  {part.title}" if successor else part.title))
    return table


def _held_back_table(parts: list[PartState]) -> RenderableType:
    table = _parts_table(parts)
    for part in parts:
        about = Text.assemble(
            (part.message or part.title, "red"), (f"\n→ {part.next_step}" if part.next_step else "", "dim")
        )
        table.add_row(Text(f"{INDENT}{part.part}"), about)
    return table


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
