"""The smallest real request per dataset, compared with what the catalog says: the first thing to run on a network.

Each dataset is asked through its own protocol and the same client, judged by the same rules as a load, and nothing of
it is kept: answers are cleared, neither landing nor ledger nor lake is touched. Only the provider's budget counts the
requests, because they were made. ``docs/smoke.md`` says which line settles which open question about a publisher.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import requests
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ingestion import clock, lake, ledger
from ingestion.catalog import Catalog, Dataset, Part, Source
from ingestion.errors import Absent, BrainDrainError, PayloadRejected, ProviderUnavailable
from ingestion.home import Home
from ingestion.http import Answer, Client, Refusal
from ingestion.origin import Origin
from ingestion.sources import Fetched, Mark, protocol_of
from warehouse.smoke_questions import Question, questions_of
from warehouse.smoke_slices import Narrow, Slice, looks_wrong, smallest, whole_part

AS_EXPECTED = "as expected"
DIFFERS = "differs"
ABSENT = "absent"
UNAVAILABLE = "unavailable"
MOST_PROBES = 10
NOTHING = re.compile(
    r"\bno (rows?|records?|results?|observations?|items|figures|pairs|sums)\b|\bis empty\b", re.IGNORECASE
)
MARKS = {AS_EXPECTED: ("✓", "green"), DIFFERS: ("✗", "red"), ABSENT: ("·", "dim"), UNAVAILABLE: ("!", "red")}
SUBJECT_WIDTH = 36
Say = Callable[[str], None]


@dataclass(frozen=True)
class Difference:
    """One thing that is not as the catalog says, and what to do about it."""

    what: str
    next_step: str


@dataclass
class Line:
    """What one small request showed. ``subject`` is a dataset, or a question beside the datasets."""

    source: str
    subject: str
    asked: str
    verdict: str = AS_EXPECTED
    found: str = ""
    requests: int = 0
    addresses: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    def differ(self, what: str, next_step: str) -> None:
        """Note a difference."""
        self.verdict = DIFFERS
        self.differences.append(Difference(what, next_step))

    def end(self, verdict: str, error: BrainDrainError) -> None:
        """Note that no more can be found out."""
        self.verdict = verdict
        self.differences.append(Difference(error.what, error.next_step))

    def to_json(self) -> dict[str, Any]:
        """The line as a JSON object."""
        return asdict(self)


class NarrowClient(Client):
    """A client that cuts every address down to a slice."""

    def __init__(self, home: Home, origin: Origin, source: Source, drafts: Path, narrow: Narrow) -> None:
        super().__init__(home, origin, source, drafts)
        self.narrow = narrow

    def get(
        self, url: str, where: str, headers: Mapping[str, str] | None = None, refusal: Refusal | None = None
    ) -> Answer:
        """Download the slice behind an address."""
        return super().get(self.narrow(url), where, headers, refusal)

    def ask(
        self, url: str, where: str, headers: Mapping[str, str] | None = None, refusal: Refusal | None = None
    ) -> bytes:
        """The body of a small question, of the slice too: where a mark is summed up from figures, it is the slice's."""
        return super().ask(self.narrow(url), where, headers, refusal)

    def ask_if_changed(self, url: str, where: str, version: str) -> bool:
        """Whether the slice is another than the one of that version."""
        return super().ask_if_changed(self.narrow(url), where, version)


class Smoke:
    """Asks one origin on behalf of one home."""

    def __init__(self, home: Home, origin: Origin, catalog: Catalog) -> None:
        self.home = home
        self.origin = origin
        self.catalog = catalog
        self.known: dict[str, bytes] = {}

    def run(self, dataset_ids: Sequence[str], say: Say) -> Iterator[Line]:
        """A line per dataset (default: all) and, where all were asked for, per question beside them."""
        chosen = dataset_ids or [dataset.id for dataset in self.catalog.datasets]
        for dataset_id in chosen:
            say(dataset_id)
            yield self._guarded(self._ask_dataset, self.catalog.dataset(dataset_id))
        for question in questions_of(self.catalog) if not dataset_ids else ():
            say(question.subject)
            yield self._guarded(self._ask_question, question)

    def _guarded(self, ask: Callable[[Any, Path, Line], None], subject: Dataset | Question) -> Line:
        """Ask into a folder that is cleared, and turn what goes wrong into a verdict."""
        line = _line_of(self.catalog, subject)
        with tempfile.TemporaryDirectory(prefix="braindrain-smoke-") as folder:
            try:
                ask(subject, Path(folder), line)
            except Absent as error:
                line.end(ABSENT, error)
            except ProviderUnavailable as error:
                line.end(UNAVAILABLE, error)
            except BrainDrainError as error:
                line.end(DIFFERS, error)
        return line

    # --- a dataset ------------------------------------------------------------------------------------------

    def _ask_dataset(self, whole: Dataset, folder: Path, line: Line) -> None:
        piece = smallest(whole)
        client = self._client(whole, piece, folder)
        try:
            fetched = self._fetch(client, piece, line)
            rows = self._compare_rows(piece, fetched, folder, line)
        except PayloadRejected as error:
            # A table that ended long ago has no figure in the newest years; the whole part has.
            if piece.narrow is None or not _is_empty(error):
                raise
            piece = whole_part(piece, whole)
            client = self._client(whole, piece, folder)
            fetched = self._fetch(client, piece, line)
            rows = self._compare_rows(piece, fetched, folder, line)
        self._compare_answers(whole, fetched.answers, line)
        self._compare_version(fetched, line)
        self._compare_probe(client, whole, piece, fetched, line)
        held = self._held(whole, piece.part)
        beside = f", in force {_short(held)}" if held and held != fetched.version and piece.narrow is None else ""
        line.found = f"{rows:,} row{'' if rows == 1 else 's'}, version {_short(fetched.version)}{beside}"

    def _client(self, whole: Dataset, piece: Slice, folder: Path) -> Client:
        source, drafts = self.catalog.source_of(whole.id), folder / "answers"
        if piece.narrow is None:
            return Client(self.home, self.origin, source, drafts, self.known)
        return NarrowClient(self.home, self.origin, source, drafts, piece.narrow)

    def _fetch(self, client: Client, piece: Slice, line: Line) -> Fetched:
        line.asked = piece.says
        fetched = Fetched()
        try:
            protocol_of(piece.dataset).fetch(client, piece.dataset, piece.part, fetched)
        finally:
            line.requests += client.requests_made
            line.addresses += [answer.url for answer in fetched.answers]
        return fetched

    def _held(self, whole: Dataset, part: Part) -> str | None:
        """The version of the part that the home holds."""
        event = ledger.latest_by_part(self.home, whole.id).get(part.id)
        return event.version if event else None

    def _compare_answers(self, dataset: Dataset, answers: list[Answer], line: Line) -> None:
        """Status, content type and the first bytes of each answer."""
        for answer in answers:
            wrong = looks_wrong(answer, dataset)
            if wrong:
                line.differ(f"{answer.url}: {wrong}", "compare with the publisher's documentation of its formats")

    def _compare_rows(self, piece: Slice, fetched: Fetched, folder: Path, line: Line) -> int:
        """Read the bodies as a load does and judge them by the catalog; the number of rows."""
        from ingestion.validation import judge  # great-expectations takes seconds to import

        part, dataset, protocol = piece.part, piece.dataset, protocol_of(piece.dataset)
        private = Home(folder / "home")
        with lake.connect(private) as connection:
            read = protocol.read(connection, dataset, part, [answer.body for answer in fetched.answers])
            relation = read if isinstance(read, duckdb.DuckDBPyRelation) else connection.from_arrow(read)
            stamps = [duckdb.ConstantExpression(part.id).cast(duckdb.sqltypes.VARCHAR).alias("part")]
            try:
                relation.select(duckdb.StarExpression(), *stamps).create("batch")
            except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
                what = " ".join(str(error).split("\n\n")[0].split())
                raise PayloadRejected(what, f"{dataset.id}/{part.id}", "correct the catalog's columns") from error
            rows = int(connection.sql("select count(*) from batch").fetchall()[0][0])
            if not rows:
                next_step = "compare the address with the publisher's documentation"
                raise PayloadRejected("the answer holds no row", f"{dataset.id}/{part.id}", next_step)
            verdict = judge(private, dataset, connection, "batch", None, clock.compact(clock.now()))
        for finding in verdict.findings:
            line.differ(finding.what, _without_quarantine(finding.next_step))
        return rows

    def _compare_version(self, fetched: Fetched, line: Line) -> None:
        if fetched.version is None:
            line.differ(
                "the answer bears no mark of its version",
                "read in the protocol module where it is expected, and in the answer's headers where it is",
            )

    def _compare_probe(self, client: Client, whole: Dataset, piece: Slice, fetched: Fetched, line: Line) -> None:
        """Probe as if what was just fetched were in force: the publisher must say that nothing changed since."""
        if fetched.version is None:
            return
        before = client.requests_made
        mark = Mark(fetched.version, fetched.edition)
        probe = protocol_of(whole).probe(client, whole, {piece.part.id: mark})
        asked = client.requests_made - before
        line.requests += asked
        if piece.part.id not in probe.unchanged:
            line.differ(
                f"right after it was fetched, a probe does not find version {_short(fetched.version)}",
                "every night would download it again; compare the probe's mark with the download's",
            )
        if asked > MOST_PROBES:
            line.differ(f"the probe took {asked} requests", f"a night may take {MOST_PROBES} for the whole provider")

    # --- a question beside the datasets -----------------------------------------------------------------------

    def _ask_question(self, question: Question, folder: Path, line: Line) -> None:
        if question.is_live_only and self.origin.base_url is not None:
            raise Absent("only the publisher itself can tell", question.subject, "run it with ORIGIN=live")
        source = self.catalog.source(question.source)
        asked: Source = source.model_copy(update={"hosts": (*source.hosts, question.host)})
        client = Client(self.home, self.origin, asked, folder, self.known)
        line.addresses = [question.url]
        try:
            answer = client.get(question.url, question.subject, question.headers)
        finally:
            line.requests = client.requests_made
        try:
            line.found = question.judge(answer.content())
        except (LookupError, TypeError, ValueError, AttributeError, zipfile.BadZipFile) as error:
            # Whatever a page nobody has read a body of may hold: it is not what the question expects.
            what = f"the answer has another form than expected ({type(error).__name__}: {error})"
            raise PayloadRejected(what, question.subject, question.next_step) from error
        if not line.found:
            line.differ(question.otherwise, question.next_step)


def print_line(console: Console, line: Line) -> None:
    """One line, as soon as it is known; what differs stands under it with the next step."""
    mark, style = MARKS[line.verdict]
    said = f"{line.verdict}: {line.asked}" if line.asked else line.verdict
    found = f"; {line.found}" if line.found else ""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(width=1)
    table.add_column(width=SUBJECT_WIDTH, overflow="fold")
    table.add_column(overflow="fold")
    about = [Text.assemble((line.verdict, style), said.removeprefix(line.verdict), found)]
    for difference in line.differences:
        about += [Text(difference.what, style=style), Text(f"→ {difference.next_step}", style="dim")]
    table.add_row(Text(mark, style=style), Text(line.subject, style="bold"), Text("\n").join(about))
    console.print(table)


def print_end(console: Console, lines: Sequence[Line]) -> None:
    """How many ended how, and what it cost."""
    counts = {verdict: sum(line.verdict == verdict for line in lines) for verdict in MARKS}
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    console.print("")
    console.print(Text.assemble((said, "bold"), f"; {sum(line.requests for line in lines)} requests; nothing was kept"))


def _line_of(catalog: Catalog, subject: Dataset | Question) -> Line:
    if isinstance(subject, Question):
        return Line(subject.source, subject.subject, subject.asks)
    return Line(catalog.source_of(subject.id).id, subject.id, "")


def _is_empty(error: PayloadRejected) -> bool:
    """Whether an answer was refused only because nothing is in it."""
    return error.status == requests.codes.not_found or NOTHING.search(error.what) is not None


def _short(version: str | None) -> str:
    """A version as it fits into a table."""
    return (version or "unknown").removeprefix("sha256:").strip('"')[:20]


def _without_quarantine(next_step: str) -> str:
    """The advice of a finding, save for the commands about a batch that is not held anywhere here."""
    advice = [piece for piece in next_step.split("; ") if "quarantine" not in piece]
    return "; ".join(advice) or "compare with the publisher's page, then correct the catalog"
