"""``braindrain``: everything the DAGs do, and reading, without Airflow."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer

from ingestion.errors import (
    BrainDrainError,
    BudgetExhausted,
    BuildRejected,
    HomeError,
    PayloadRejected,
    ProviderUnavailable,
    SeriesWithdrawn,
)

if TYPE_CHECKING:
    from ingestion.catalog import Catalog
    from ingestion.home import Home
    from ingestion.pipeline import DatasetReport, Pipeline
    from warehouse.dbt import Progress
    from warehouse.release import Release

OK, REJECTED, WRONG_USE, NOTHING_PUBLISHED, HOME_TROUBLE = 0, 1, 2, 3, 4

EPILOG = """
Exit codes: 0 done · 1 data were rejected or a provider failed · 2 wrong use · 3 nothing is published yet ·
4 the home is in use by another process, or does not have what was asked for.

ORIGIN says where the outside world is (sandbox, live, a folder, http://127.0.0.1:PORT; default sandbox) and
BRAINDRAIN_HOME where state lives (default data/<kind of origin>). Commands that only read what is here take,
where neither is set, the home that was used last.
"""

# rich and everything else is imported where it is used: `braindrain --help` must not wait for it.
app = typer.Typer(
    name="braindrain",
    help="The warehouse of brain drain, brain gain, brain circulation and brain waste.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
quarantine_app = typer.Typer(help="Rejected batches: look at them, take them in, leave them out.", no_args_is_help=True)
sandbox_app = typer.Typer(help="The outside world in a box.", no_args_is_help=True)
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(sandbox_app, name="sandbox")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document, for programs.")]
Force = Annotated[bool, typer.Option("--force", help="Ask for everything, also what seems unchanged.")]
AcceptChange = Annotated[
    str | None,
    typer.Option(metavar="REASON", help="Why a difference to the release in force is meant; kept in release.json."),
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept.")]
EntryId = Annotated[str, typer.Argument(metavar="ID", help="As `quarantine list` prints it.")]


def main() -> None:
    """Entry point: errors raised on purpose become one sentence and an exit code."""
    try:
        app()
    except BrainDrainError as error:
        _end_with(error)
    except BrokenPipeError:
        # The reader of our output (head, less) has seen enough.
        sys.stderr.close()
        sys.exit(OK)


def _end_with(error: BrainDrainError) -> NoReturn:
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(str(error), style="red"))
    sys.exit(exit_code_of(error))


def exit_code_of(error: BrainDrainError) -> int:
    """The exit code that stands for an error."""
    from warehouse.release import NothingPublished

    if isinstance(error, NothingPublished):
        return NOTHING_PUBLISHED
    if isinstance(error, HomeError):
        return HOME_TROUBLE
    trouble = (BuildRejected, PayloadRejected, ProviderUnavailable, BudgetExhausted, SeriesWithdrawn)
    return REJECTED if isinstance(error, trouble) else WRONG_USE


# --- making -----------------------------------------------------------------------------------------


@app.command()
def refresh(force: Force = False, accept_change: AcceptChange = None) -> None:
    """Ask the publishers, take in what changed, build, audit, publish; end with the summary."""
    from warehouse.summary import print_summary
    from warehouse.tables import console_for_pages

    with _pipeline() as pipeline:
        reports = _ingest(pipeline, None, force)
        home, catalog = pipeline.home, pipeline.catalog
    print(_build_and_publish(home, catalog, accept_change))
    print_summary(console_for_pages(), home, catalog)
    raise typer.Exit(_exit_code_of(reports))


@app.command()
def ingest(
    datasets: Annotated[list[str] | None, typer.Argument(metavar="[DATASET]...", help="All, if none is named.")] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Ask the publishers what changed and take it into the lake."""
    with _pipeline() as pipeline:
        for dataset in datasets or []:
            pipeline.catalog.dataset(dataset)
        reports = _ingest(pipeline, datasets or None, force)
    if as_json:
        _print_json([report.to_json() for report in reports])
    else:
        _print_reports(reports)
    raise typer.Exit(_exit_code_of(reports))


@app.command()
def replay(as_json: AsJson = False) -> None:
    """Make a lost lake again from landing alone; datasets that still have theirs are left as they are."""
    with _pipeline() as pipeline:
        reports = pipeline.replay()
    if as_json:
        _print_json([report.to_json() for report in reports])
    else:
        _print_reports(reports)


@app.command()
def smoke(
    datasets: Annotated[list[str] | None, typer.Argument(metavar="[DATASET]...", help="All, if none is named.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make the smallest real request per dataset, compare it with the catalog, keep nothing."""
    from warehouse.smoke import ABSENT, AS_EXPECTED, Smoke, print_end, print_line
    from warehouse.tables import console_for_pages

    console, lines = console_for_pages(), []
    with _pipeline() as pipeline, _spinner("ask the publishers") as say:
        for line in Smoke(pipeline.home, pipeline.origin, pipeline.catalog).run(datasets or [], say):
            lines.append(line)
            if not as_json:
                print_line(console, line)
    if as_json:
        _print_json([line.to_json() for line in lines])
    else:
        print_end(console, lines)
    raise typer.Exit(OK if all(line.verdict in (AS_EXPECTED, ABSENT) for line in lines) else REJECTED)


@app.command()
def build(
    as_json: AsJson = False,
) -> None:
    """Build a candidate release from the lake, unless a release already holds these inputs."""
    from warehouse.build import build_candidate

    with _progress("dbt") as progress:
        candidate = build_candidate(_home(), _catalog(), progress=progress)
    if as_json:
        _print_json({"release_id": candidate.release_id, "state": candidate.state})
    else:
        print(candidate)


@app.command()
def publish(
    release_id: Annotated[
        str | None, typer.Argument(metavar="[RELEASE]", help="A kept release; without it, the candidate that waits.")
    ] = None,
    accept_change: AcceptChange = None,
) -> None:
    """Audit a candidate and put it in force."""
    from warehouse.audit import audit
    from warehouse.publish import mend, waiting_candidate
    from warehouse.publish import publish as put_in_force
    from warehouse.release import find_built

    home = _home()
    mend(home)
    if release_id is None:
        waiting = waiting_candidate(home)
        if waiting is None:
            print("No candidate waits; run `braindrain build`.")
            return
        release = waiting
    else:
        release = find_built(home, release_id)
    with _spinner("audit"):
        audited = audit(home, release, _catalog(), accept_change)
    print(f"release {put_in_force(home, audited).id} is in force")


@app.command()
def rollback(
    release_id: Annotated[
        str | None, typer.Argument(metavar="[RELEASE]", help="A kept release; without it, the one before.")
    ] = None,
) -> None:
    """Put an earlier release in force again."""
    from warehouse.publish import rollback as put_back

    print(f"release {put_back(_home(), release_id).id} is in force")


# --- reading ----------------------------------------------------------------------------------------


@app.command()
def releases(as_json: AsJson = False) -> None:
    """List the kept releases, oldest first."""
    from warehouse.publications import read_publications
    from warehouse.publish import list_releases
    from warehouse.release import find_in_force
    from warehouse.tables import print_rows, said_at

    home = _home()
    kept, current = list_releases(home), find_in_force(home)
    published = {publication.release_id: publication.at for publication in read_publications(home)}
    rows = [
        {
            "release": release.id,
            "in_force": bool(current and current.id == release.id),
            "published_at": published.get(release.id),
            "marts": len(release.marts),
            "rows": sum(mart["rows"] for mart in release.marts.values()),
            "synthetic": release.is_synthetic,
            "accepted_change": release.facts["accepted_change"],
        }
        for release in kept
    ]
    if as_json:
        _print_json(rows)
    elif not rows:
        _nothing_published(home)
    else:
        shown = [[said_at(value) if name == "published_at" else value for name, value in row.items()] for row in rows]
        print_rows(list(rows[0]), shown)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say what this home holds and who is held back: since when, why, what to do."""
    from ingestion.quarantine import list_quarantine
    from warehouse.inputs import origin_of
    from warehouse.nights import nights_of
    from warehouse.release import find_in_force
    from warehouse.summary import print_status
    from warehouse.tables import console_for_pages

    home, catalog = _home(), _catalog()
    origin, release = origin_of(home), find_in_force(home)
    in_quarantine = sum(entry.is_open for entry in list_quarantine(home))
    if not as_json:
        print_status(console_for_pages(), home, catalog, origin, release, in_quarantine)
        return
    from dataclasses import asdict

    _print_json(
        {
            "home": str(home.root),
            "origin": origin,
            "release": release.id if release else None,
            "synthetic": release.is_synthetic if release else origin["kind"] == "sandbox",
            "in_quarantine": in_quarantine,
            "datasets": [asdict(night) for night in nights_of(home, catalog)],
        }
    )


@app.command()
def catalog(
    dataset: Annotated[str | None, typer.Argument(metavar="[DATASET]", help="This one in full.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what is pulled, from whom, under which terms."""
    from warehouse.catalog_page import print_catalog, print_dataset
    from warehouse.tables import console_for_pages

    whole = _catalog()
    chosen = [whole.dataset(dataset)] if dataset else list(whole.datasets)
    if as_json:
        found = [entry.model_dump(mode="json") | {"source": whole.source_of(entry.id).id} for entry in chosen]
        _print_json(found)
    elif dataset:
        print_dataset(console_for_pages(), whole, chosen[0])
    else:
        print_catalog(console_for_pages(), whole)


@app.command()
def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT over the marts.")],
    as_of: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Show what a build at that moment (UTC; a date means its end) would have."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many rows.")] = None,
    as_json: AsJson = False,
) -> None:
    """Ask the marts of the release in force; never straddles two releases."""
    from warehouse.query import refuse_all_but_select, run_select
    from warehouse.tables import print_rows

    refuse_all_but_select(sql)
    release = _release_as_of(as_of)
    answer = run_select(release, sql, limit)
    if as_json:
        _print_json(answer.to_json())
    else:
        print_rows(answer.columns, answer.rows)
    _say_aside(release, f"{len(answer.rows):,} rows{', and there are more' if answer.is_cut else ''}")


@app.command()
def export(
    mart: Annotated[str | None, typer.Argument(metavar="[MART]", help="A mart; or use --sql.")] = None,
    sql: Annotated[str | None, typer.Option(help="One SELECT over the marts.")] = None,
    file_format: Annotated[Literal["csv", "parquet", "xlsx"], typer.Option("--format")] = "csv",
    out: Annotated[Path | None, typer.Option(help="Default exports/<mart>.<format>.")] = None,
    publishable: Annotated[
        bool,
        typer.Option(
            "--publishable", help="Leave out what the licences do not let be passed on: rows, or columns of wide marts."
        ),
    ] = False,
) -> None:
    """Write a mart, or a query, to a file, with its dictionary and its citation."""
    from warehouse.export import export_mart, export_query
    from warehouse.release import in_force

    if (mart is None) == (sql is None):
        raise typer.BadParameter("name a mart, or give --sql; not both")
    release = in_force(_home())
    path = out or Path("exports") / f"{mart or 'query'}.{file_format}"
    with _spinner(f"write {path}"):
        if mart is not None:
            done = export_mart(release, mart, file_format, path, publishable)
        else:
            done = export_query(release, str(sql), file_format, path, publishable)
    print(f"{done.path}: {done.rows:,} rows")
    for path in done.beside:
        print(path)
    _say_aside(release)


@app.command()
def summary(as_json: AsJson = False) -> None:
    """Say what was asked and what came of it, what is in force, and where to look next."""
    from warehouse.release import in_force
    from warehouse.summary import print_summary, summary_facts
    from warehouse.tables import console_for_pages

    home = _home()
    if as_json:
        _print_json(summary_facts(home, _catalog()))
    else:
        print_summary(console_for_pages(), home, _catalog())
    in_force(home)


# --- quarantine and sandbox ---------------------------------------------------------------------------


@quarantine_app.command("list")
def quarantine_list(as_json: AsJson = False) -> None:
    """List what was rejected, newest first."""
    from ingestion.quarantine import list_quarantine
    from warehouse.tables import print_rows

    entries = list_quarantine(_home())
    if as_json:
        _print_json([entry.to_json() for entry in entries])
        return
    if not entries:
        print("Nothing was rejected.")
        return
    rows = [
        [entry.id, entry.decision.outcome if entry.decision else "waits", entry.rows, entry.findings[0].what]
        for entry in entries
    ]
    print_rows(["id", "decision", "rows", "first finding"], rows)


@quarantine_app.command("show")
def quarantine_show(entry_id: EntryId, as_json: AsJson = False) -> None:
    """Show every finding of a rejected batch."""
    from ingestion.quarantine import show_quarantine

    entry = show_quarantine(_home(), entry_id)
    if as_json:
        _print_json(entry.to_json())
        return
    print(f"{entry.id}  {entry.title}")
    print(f"held at {entry.held_at}, {'no rows could be read' if entry.rows is None else f'{entry.rows:,} rows'}")
    if entry.decision:
        print(f"{entry.decision.outcome} at {entry.decision.decided_at}: {entry.decision.reason}")
    for finding in entry.findings:
        print(f"\n{finding.expectation}\n  {finding.what}\n  next: {finding.next_step}")
    if entry.batch:
        print(f"\nrows  {entry.batch}")


@quarantine_app.command("accept")
def quarantine_accept(entry_id: EntryId, reason: Reason) -> None:
    """Take a rejected batch into the lake because you know that it is right."""
    from ingestion.origin import Origin
    from ingestion.pipeline import Pipeline
    from ingestion.quarantine import accept_quarantine
    from warehouse.inputs import origin_of

    home = _home()
    origin = origin_of(home)
    # Nobody outside is asked: what is taken in landed long ago.
    pipeline = Pipeline(home, Origin(origin["kind"], origin["origin"], None), _catalog())  # type: ignore[arg-type]
    print(
        f"{accept_quarantine(pipeline, entry_id, reason).id} is in the lake; `braindrain build` and `publish` show it"
    )


@quarantine_app.command("drop")
def quarantine_drop(entry_id: EntryId, reason: Reason) -> None:
    """Leave a rejected batch out for good; it is kept, with the reason."""
    from ingestion.quarantine import drop_quarantine

    print(f"{drop_quarantine(_home(), entry_id, reason).id} stays out")


@sandbox_app.command(
    "serve", context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)
def sandbox_serve(context: typer.Context) -> None:
    """Serve a synthetic world, or a folder of recorded figures, as the publishers would."""
    import subprocess

    command = [sys.executable, "-m", "sandbox", "serve", *context.args]
    try:
        # The arguments are the caller's own, and no shell reads them.
        served = subprocess.run(command, check=False)  # noqa: S603
    except KeyboardInterrupt:
        raise typer.Exit(OK) from None
    raise typer.Exit(served.returncode)


# --- helpers --------------------------------------------------------------------------------------------


def _catalog() -> Catalog:
    from ingestion.catalog import load_catalog

    return load_catalog()


def _home() -> Home:
    """``BRAINDRAIN_HOME``, the home of ``ORIGIN``, or the home that was used last."""
    import os

    from ingestion.home import Home
    from ingestion.origin import PROJECT_ROOT
    from ingestion.pipeline import home_folder

    origin = os.environ.get("ORIGIN")
    if origin or os.environ.get("BRAINDRAIN_HOME"):
        return Home(home_folder(origin or "sandbox"))
    homes = [stamp.parent for stamp in (PROJECT_ROOT / "data").glob("*/origin.json")]
    return Home(max(homes, key=_last_used, default=home_folder("sandbox")))


def _last_used(home: Path) -> float:
    """When a publisher was last asked for this home, or a release put in force, as seconds since 1970."""
    traces = [*home.glob("ledger/*.checked"), home / "publications.jsonl", home / "origin.json"]
    return max(path.stat().st_mtime for path in traces if path.exists())


@contextmanager
def _pipeline() -> Iterator[Pipeline]:
    from ingestion.pipeline import open_pipeline

    with open_pipeline() as pipeline:
        yield pipeline


def _ingest(pipeline: Pipeline, datasets: list[str] | None, force: bool) -> list[DatasetReport]:
    with _spinner("ask the publishers") as say:
        return pipeline.ingest(datasets, force, progress=say)


def _build_and_publish(home: Home, catalog: Catalog, accept_change: str | None) -> str:
    """Build, audit and publish what the lake holds; what came of it as a sentence."""
    from warehouse.audit import audit
    from warehouse.build import build_candidate
    from warehouse.publish import mend, publish

    mend(home)
    with _progress("dbt") as progress:
        candidate = build_candidate(home, catalog, progress=progress)
    if candidate.state != "new":
        return str(candidate)
    with _spinner("audit"):
        audited = audit(home, candidate.release, catalog, accept_change)
    return f"release {publish(home, audited).id} is in force"


def _release_as_of(text: str | None) -> Release:
    from warehouse.build import build_as_of
    from warehouse.release import in_force

    home = _home()
    if text is None:
        return in_force(home)
    moment = moment_of(text)
    with _progress(f"build as of {moment:%Y-%m-%d %H:%M} UTC") as progress:
        return build_as_of(home, _catalog(), moment, progress)


def moment_of(text: str) -> datetime:
    """A moment from ISO 8601 text: UTC where no zone is given, the end of the day where no time is.

    Raises:
        typer.BadParameter: it is neither a date nor a time.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"'{text}' is no ISO 8601 date or time, such as 2026-11-21T04:00:00") from error
    if len(text) == len("2026-11-21") and moment.time() == time.min:
        moment += timedelta(days=1, microseconds=-1)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _exit_code_of(reports: list[DatasetReport]) -> int:
    return REJECTED if any(report.error or report.held_back for report in reports) else OK


def _print_reports(reports: list[DatasetReport]) -> None:
    from rich.console import Console

    from warehouse.tables import print_rows

    rows = [row for report in reports for row in _report_rows(report)]
    print_rows(["dataset", "part", "outcome", "rows", "new", "revised", "gone", "found"], rows)
    for report in reports:
        if report.error:
            Console(stderr=True).print(f"{report.dataset}: {report.error}", style="red", markup=False)


def _report_rows(report: DatasetReport) -> list[list[Any]]:
    """One row for all parts of which there is nothing to say, and one for each of the others."""
    rows: dict[str, list[Any]] = {}
    for event in report.parts:
        counts = [event.rows, event.inserted, event.revised, event.withdrawn]
        alike = [other for other in report.parts if other.outcome == event.outcome and other.message == event.message]
        if len(alike) == 1 or event.message:
            rows[event.part] = [event.dataset, event.part, event.outcome, *counts, event.message]
        elif event.outcome in rows:
            sums = rows[event.outcome]
            sums[3:7] = [sum(pair) for pair in zip(sums[3:7], counts, strict=True)]
        else:
            rows[event.outcome] = [event.dataset, f"{len(alike)} parts", event.outcome, *counts, None]
    return list(rows.values())


def _nothing_published(home: Home) -> NoReturn:
    from warehouse.release import in_force

    in_force(home)
    raise typer.Exit(NOTHING_PUBLISHED)


def _print_json(content: Any) -> None:
    import json

    print(json.dumps(_plain(content), ensure_ascii=False, indent=2, default=str, allow_nan=False))


def _plain(content: Any) -> Any:
    """JSON has no word for "not a number" and infinity; they become null."""
    import math
    from decimal import Decimal

    if isinstance(content, dict):
        return {key: _plain(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_plain(value) for value in content]
    if isinstance(content, Decimal):
        return float(content)
    return None if isinstance(content, float) and not math.isfinite(content) else content


def _say_aside(release: Release, said: str = "") -> None:
    """What a person should know about the rows, on standard error, out of the way of programs."""
    from rich.console import Console

    from warehouse.release import SYNTHETIC_NOTICE

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    origin = release.facts["origin"]
    parts = [said, f"release {release.id}", f"origin {origin['kind']}"]
    console.print(" · ".join(filter(None, parts)), style="dim", markup=False)
    if release.is_synthetic:
        console.print(SYNTHETIC_NOTICE, style="yellow", markup=False)


@contextmanager
def _progress(title: str) -> Iterator[Progress]:
    """A progress bar on standard error for work whose steps are counted."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    counted = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    named = TextColumn("{task.fields[step]}")
    with Bars(*counted, named, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(title, total=None, step="start")
        yield lambda step, done, total: bars.update(task, completed=done, total=total, step=step)


@contextmanager
def _spinner(title: str) -> Iterator[Any]:
    """A spinner on standard error, for work that is not counted; call it to say what is being done."""
    from rich.console import Console

    with Console(stderr=True).status(title) as shown:
        yield lambda step: shown.update(f"{title}: {step}")


if __name__ == "__main__":
    main()
