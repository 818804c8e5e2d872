"""The one path of every dataset: probe, fetch, land, read, validate, accept or quarantine."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from ingestion import clock, inbox, lake, ledger, quarantine
from ingestion.catalog import Catalog, Dataset, Part, load_catalog
from ingestion.errors import (
    Absent,
    BrainDrainError,
    CatalogError,
    PayloadRejected,
    ProviderUnavailable,
    SeriesWithdrawn,
)
from ingestion.home import Home, open_home
from ingestion.http import Client
from ingestion.landing import Decision, Landing, Receipt, Trouble, keep_what_arrived
from ingestion.ledger import Event
from ingestion.origin import PROJECT_ROOT, Origin, kind_of, open_origin
from ingestion.sources import Fetched, Mark, protocol_of
from ingestion.sources.typed import LOOK_AT_PUBLISHER
from ingestion.unasked import noted
from ingestion.validation.measure import value_column
from ingestion.validation.verdict import Finding

# Each silent part costs all its retries; a provider that is down is not asked for every part.
SILENT_PARTS_BEFORE_GIVING_UP = 3
# Outcomes after which the publisher need not be asked for the part again until its mark moves.
SETTLED = (ledger.LOADED, ledger.UNCHANGED, ledger.QUARANTINED, ledger.ACCEPTED, ledger.DROPPED)


@dataclass(frozen=True)
class DatasetProbe:
    """Which parts of a dataset are to be loaded, and which are as we hold them."""

    dataset: str
    changed: list[str]
    unchanged: list[str]
    requests: int

    def to_json(self) -> dict[str, Any]:
        """A form that travels between Airflow tasks."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> DatasetProbe:
        """The probe that ``to_json`` wrote."""
        return cls(**fields)


@dataclass
class DatasetReport:
    """What one night did to a dataset: one event per part, and how often the publisher was asked.

    ``error`` is set when the dataset as a whole could not be asked about.
    """

    dataset: str
    parts: list[Event] = field(default_factory=list)
    requests: int = 0
    recorded_at: str | None = None
    error: str | None = None

    @property
    def has_accepted_rows(self) -> bool:
        """Whether the lake changed."""
        return any(event.inserted or event.revised or event.withdrawn for event in self.parts)

    @property
    def held_back(self) -> list[Event]:
        """The parts a person must look at."""
        return [event for event in self.parts if event.outcome in ledger.HELD_BACK]

    def to_json(self) -> dict[str, Any]:
        """A form that travels between Airflow tasks."""
        return dataclasses.asdict(self)


@dataclass
class _Landed:
    """One part's fetch, landed."""

    part: Part
    receipt: Receipt


class Pipeline:
    """Takes datasets from an origin into a home."""

    def __init__(self, home: Home, origin: Origin, catalog: Catalog | None = None) -> None:
        self.home = home
        self.origin = origin
        self.catalog = catalog or load_catalog()
        self.landing = Landing(home)
        # Answers to this night's probes, by address: datasets of one publisher share them.
        self.known: dict[str, bytes] = {}

    def probe(self, dataset_id: str, force: bool = False) -> DatasetProbe:
        """Ask the publisher which parts changed; with ``force``, take all as changed.

        Raises:
            BrainDrainError: the publisher cannot be asked, or the dataset is unknown.
        """
        dataset = self.catalog.dataset(dataset_id)
        with self._locked(dataset_id), noted(self.home, dataset_id):
            return self._probe(dataset, force)

    def _probe(self, dataset: Dataset, force: bool) -> DatasetProbe:
        dataset_id, parts = dataset.id, [part.id for part in dataset.parts]
        if force:
            return DatasetProbe(dataset_id, parts, [], 0)
        latest = ledger.latest_by_part(self.home, dataset_id)
        marks = {part: Mark(latest[part].version, latest[part].edition) for part in parts if part in latest}
        known = {part: mark for part, mark in marks.items() if latest[part].outcome in SETTLED and mark.version}
        client = self._client(dataset)
        probe = protocol_of(dataset).probe(client, dataset, known)
        gone = {
            part
            for part, mark in marks.items()
            if (latest[part].outcome == ledger.WITHDRAWN and mark.edition and mark.edition == probe.edition)
            or (latest[part].outcome == ledger.ABSENT and not inbox.holds(self.home, dataset.endpoint))
        }
        changed = [part for part in parts if part not in probe.unchanged and part not in gone]
        ledger.mark_checked(self.home, dataset_id, clock.iso(clock.now()))
        return DatasetProbe(dataset_id, changed, [part for part in parts if part not in changed], client.requests_made)

    def load(self, dataset_id: str, parts: list[str], progress: Callable[[str], None] | None = None) -> DatasetReport:
        """Fetch, read, judge and accept these parts; each fails alone.

        Raises:
            HomeError: another process is loading the dataset.
            CatalogError: no such dataset or part.
        """
        dataset = self.catalog.dataset(dataset_id)
        with self._locked(dataset_id):
            return _Load(self, dataset, self._moment(dataset)).run([dataset.part(part) for part in parts], progress)

    def ingest(
        self,
        dataset_ids: list[str] | None = None,
        force: bool = False,
        progress: Callable[[str], None] | None = None,
    ) -> list[DatasetReport]:
        """Probe and load datasets (default: all), one report each; one's failure never stops the others."""
        ids = dataset_ids or [dataset.id for dataset in self.catalog.datasets]
        self.known.clear()
        return [self._ingest_one(dataset_id, force, progress) for dataset_id in ids]

    def _ingest_one(self, dataset_id: str, force: bool, progress: Callable[[str], None] | None) -> DatasetReport:
        try:
            probe = self.probe(dataset_id, force)
            report = self.load(dataset_id, probe.changed, progress) if probe.changed else DatasetReport(dataset_id)
        except CatalogError:
            raise  # ours to mend, and no publisher's fault
        except BrainDrainError as error:
            return DatasetReport(dataset_id, error=str(error))
        report.requests += probe.requests
        report.parts.extend(self.unchanged(dataset_id, probe))
        return report

    def unchanged(self, dataset_id: str, probe: DatasetProbe) -> list[Event]:
        """For each part that was not asked for: what it last was, as an event of now.

        A part still in quarantine, or still withdrawn, says so again.
        """
        latest = ledger.latest_by_part(self.home, dataset_id)
        lasting = (ledger.QUARANTINED, ledger.WITHDRAWN, ledger.ABSENT)
        return [
            dataclasses.replace(
                latest[part],
                outcome=latest[part].outcome if latest[part].outcome in lasting else ledger.UNCHANGED,
                inserted=0,
                revised=0,
                withdrawn=0,
            )
            for part in probe.unchanged
        ]

    def accept(self, dataset_id: str, part_id: str, receipt_id: str, reason: str) -> Event:
        """Take a quarantined fetch into the lake because a person says so; the reason is kept.

        Raises:
            PayloadRejected: the payload cannot even be read.
        """
        dataset = self.catalog.dataset(dataset_id)
        with self._locked(dataset_id):
            moment = self._moment(dataset)
            decision = Decision(dataset.id, dataset.part(part_id).id, receipt_id, clock.compact(moment), reason)
            event = _Load(self, dataset, moment).accept(decision)
            self.landing.write_decision(decision)
            return event

    def replay(self) -> list[DatasetReport]:
        """Make the lake and the ledger anew from landing alone: every load, in its order, judged again."""
        return [self._replay_dataset(dataset) for dataset in self.catalog.datasets]

    def _replay_dataset(self, dataset: Dataset) -> DatasetReport:
        report = DatasetReport(dataset.id)
        with self._locked(dataset.id):
            if lake.lake_files(self.home, dataset):
                return report
            receipts = self.landing.receipts(dataset.id)
            decisions = {decision.load: decision for decision in self.landing.decisions(dataset.id)}
            for moment in sorted({receipt.load for receipt in receipts} | decisions.keys()):
                load = _Load(self, dataset, clock.parse_compact(moment))
                if moment in decisions:
                    report.parts.append(load.accept(decisions[moment]))
                else:
                    report.parts.extend(load.replay([receipt for receipt in receipts if receipt.load == moment]))
        return report

    @contextmanager
    def _locked(self, dataset_id: str) -> Iterator[None]:
        """Work on a dataset alone, on a swept floor."""
        with self.home.lock(f"ingest-{dataset_id}", f"dataset {dataset_id}"):
            self.landing.clear_drafts(dataset_id)
            self._clear_scratch(dataset_id)
            try:
                yield
            finally:
                self._clear_scratch(dataset_id)

    def _clear_scratch(self, dataset_id: str) -> None:
        shutil.rmtree(lake.scratch_folder(self.home, self.catalog.dataset(dataset_id)), ignore_errors=True)

    def _moment(self, dataset: Dataset) -> datetime:
        """Now, but always after the newest load: a clock that was set back must not make news look old."""
        files = lake.lake_files(self.home, dataset)
        if not files:
            return clock.now()
        return max(clock.now(), clock.parse_compact(files[-1].stem) + timedelta(microseconds=1))

    def _client(self, dataset: Dataset) -> Client:
        source = self.catalog.source_of(dataset.id)
        return Client(self.home, self.origin, source, self.landing.drafts(dataset.id), self.known)


class _Load:
    """One load of one dataset. Its moment becomes ``recorded_at`` of every row it changes."""

    def __init__(self, pipeline: Pipeline, dataset: Dataset, moment: datetime) -> None:
        self.home = pipeline.home
        self.landing = pipeline.landing
        self.dataset = dataset
        self.protocol = protocol_of(dataset)
        self.client = pipeline._client(dataset)
        self.moment = moment
        self.events: dict[str, Event] = {}

    def run(self, parts: list[Part], progress: Callable[[str], None] | None) -> DatasetReport:
        """Fetch and take in the parts."""
        landed = []
        silent_in_a_row = 0
        for part in parts:
            if silent_in_a_row == SILENT_PARTS_BEFORE_GIVING_UP:
                self._note_unasked(part)
                continue
            if progress:
                progress(f"{self.dataset.id} {part.id}")
            fetch = self._fetch(part)
            if fetch is not None:
                landed.append(fetch)
            is_silent = fetch is None and self.events[part.id].outcome == ledger.FAILED
            silent_in_a_row = silent_in_a_row + 1 if is_silent else 0
        self._take_in(landed)
        self._mark_withdrawn_with_edition(landed)
        self._write_ledger()
        return DatasetReport(
            self.dataset.id, list(self.events.values()), self.client.requests_made, clock.iso(self.moment)
        )

    def replay(self, receipts: list[Receipt]) -> list[Event]:
        """Take in fetches that landed earlier."""
        for receipt in receipts:
            if receipt.error:
                self._give_up(self.dataset.part(receipt.part), receipt, receipt.error.to_error())
        landed = [self._landed(receipt) for receipt in receipts if receipt.error is None]
        self._take_in(landed)
        self._mark_withdrawn_with_edition(landed)
        self._write_ledger()
        return list(self.events.values())

    def accept(self, decision: Decision) -> Event:
        """Take in one fetch without judging it."""
        part = self.dataset.part(decision.part)
        landed = self._landed(self.landing.receipt(self.dataset.id, part.id, decision.receipt))
        with lake.connect(self.home) as connection:
            paths = [self._read(connection, landed)]
            self._create_batch(connection, paths)
            lake.create_in_force(connection, self.home, self.dataset, [part.id], "previous")
            self._accept(connection, [landed], paths)
        event = dataclasses.replace(self.events[part.id], outcome=ledger.ACCEPTED, message=decision.reason)
        ledger.append_events(self.home, self.dataset.id, [event])
        return event

    def _fetch(self, part: Part) -> _Landed | None:
        """Download and land one part; None when that ended in an event instead."""
        fetched = Fetched()
        error: BrainDrainError | None = None
        try:
            self.protocol.fetch(self.client, self.dataset, part, fetched)
        except (Absent, SeriesWithdrawn, PayloadRejected, ProviderUnavailable) as trouble:
            error = trouble
        payloads = tuple(self.landing.keep(answer) for answer in fetched.answers)
        if error:
            payloads += keep_what_arrived(self.landing, error)
        if any(payload.headers.get("X-Figures") == "synthetic" for payload in payloads):
            self.home.mark_synthetic()
        receipt = Receipt(
            id=clock.compact(clock.now()),
            dataset=self.dataset.id,
            part=part.id,
            load=clock.compact(self.moment),
            version=fetched.version,
            edition=fetched.edition,
            payloads=payloads,
            error=Trouble.of(error) if error else None,
        )
        self.landing.write_receipt(receipt)
        if error:
            self._give_up(part, receipt, error)
            return None
        return self._landed(receipt)

    def _landed(self, receipt: Receipt) -> _Landed:
        return _Landed(self.dataset.part(receipt.part), receipt)

    def _read(self, connection: duckdb.DuckDBPyConnection, landed: _Landed) -> Path:
        """Write one part's batch, typed and stamped as the lake has its rows, into a scratch file.

        Raises:
            PayloadRejected: the payload cannot be read as the catalog says.
        """
        receipt, part = landed.receipt, landed.part
        bodies = [self.landing.body(payload) for payload in receipt.payloads]
        rows = self.protocol.read(connection, self.dataset, part, bodies)
        relation = rows if isinstance(rows, duckdb.DuckDBPyRelation) else connection.from_arrow(rows)
        moment = self.moment.replace(tzinfo=None)
        stamped = relation.select(
            _constant(part.id, "part"),
            duckdb.StarExpression(),
            _constant("insert", "change"),
            duckdb.ConstantExpression(moment).cast(duckdb.sqltypes.TIMESTAMP).alias("recorded_at"),
            _constant(receipt.version, "published"),
            _constant(receipt.id, "receipt"),
        )
        target = lake.scratch_file(self.home, self.dataset, f"batch-{part.id}")
        try:
            lake.write(stamped, target)
        except (duckdb.InvalidInputException, duckdb.DataError) as error:
            what = " ".join(str(error).split("\n\n")[0].split())
            raise PayloadRejected(what, f"{self.dataset.id}/{part.id}", LOOK_AT_PUBLISHER) from error
        if not pq.read_metadata(target).num_rows:
            raise PayloadRejected("the answer holds no rows", f"{self.dataset.id}/{part.id}", LOOK_AT_PUBLISHER)
        return target

    def _give_up(self, part: Part, receipt: Receipt, error: BrainDrainError) -> None:
        """Note why a part has no batch; an answer that is wrong (not merely absent) goes to quarantine."""
        outcome = ledger.QUARANTINED
        if isinstance(error, SeriesWithdrawn):
            outcome = ledger.WITHDRAWN
        elif isinstance(error, Absent):
            outcome = ledger.ABSENT
        elif isinstance(error, ProviderUnavailable):
            outcome = ledger.FAILED
        if outcome == ledger.QUARANTINED:
            self._hold(part, receipt, [self._finding(part, error)])
            return
        has_successor = outcome == ledger.WITHDRAWN and part.successor
        next_step = f"use its successor {part.successor}" if has_successor else error.next_step
        self._note(part, outcome, receipt, message=f"{error.where}: {error.what}", next_step=next_step)

    def _hold(
        self,
        part: Part,
        receipt: Receipt,
        findings: list[Finding],
        connection: duckdb.DuckDBPyConnection | None = None,
        batch: str | None = None,
    ) -> None:
        """Put a fetch into quarantine, unless the same payload is there already or a person dropped it."""
        earlier = ledger.latest_by_part(self.home, self.dataset.id).get(part.id)
        if earlier and earlier.outcome in (ledger.QUARANTINED, ledger.DROPPED) and earlier.receipt:
            known = self.landing.receipt(self.dataset.id, part.id, earlier.receipt)
            if receipt.payloads and known.digests == receipt.digests:
                self.events[part.id] = earlier
                return
        quarantine.hold(self.home, self.dataset, part.id, receipt.id, findings, connection, batch)
        message = f"{findings[0].where}: {'; and '.join(finding.what for finding in findings)}"
        self._note(part, ledger.QUARANTINED, receipt, message=message, next_step=findings[0].next_step)

    def _take_in(self, landed: list[_Landed]) -> None:
        """Read, judge, and accept or quarantine."""
        if not landed:
            return
        with lake.connect(self.home) as connection:
            read: list[tuple[_Landed, Path]] = []
            for fetch in landed:
                try:
                    read.append((fetch, self._read(connection, fetch)))
                except PayloadRejected as error:
                    self._give_up(fetch.part, fetch.receipt, error)
            if read:
                self._judge_and_accept(connection, read)

    def _judge_and_accept(self, connection: duckdb.DuckDBPyConnection, read: list[tuple[_Landed, Path]]) -> None:
        from ingestion.validation import judge  # great-expectations takes seconds to import

        self._create_batch(connection, [path for _, path in read])
        lake.create_in_force(connection, self.home, self.dataset, [fetch.part.id for fetch, _ in read], "previous")
        verdict = judge(self.home, self.dataset, connection, "batch", "previous", clock.compact(self.moment))
        for fetch, _ in read:
            findings = [finding for finding in verdict.findings if finding.part == fetch.part.id]
            if findings:
                self._hold(fetch.part, fetch.receipt, findings, connection, "batch")
        good = [(fetch, path) for fetch, path in read if fetch.part.id not in verdict.rejected_parts]
        if good:
            paths = [path for _, path in good]
            self._create_batch(connection, paths)
            self._accept(connection, [fetch for fetch, _ in good], paths)

    def _create_batch(self, connection: duckdb.DuckDBPyConnection, paths: list[Path]) -> None:
        """Create view ``batch``: the rows of these parts as the lake has them."""
        connection.read_parquet([str(path) for path in paths]).create_view("batch", replace=True)
        lake.give_room(connection, "batch")

    def _accept(self, connection: duckdb.DuckDBPyConnection, landed: list[_Landed], paths: list[Path]) -> None:
        """Append to the lake what ``batch`` changes against ``previous``, and note it."""
        file = paths[0] if len(paths) == 1 else None
        value = value_column(self.dataset)
        figures = f"count({lake.quoted(value)})" if value else "0"
        sizes = connection.execute(f"select part, count(*), {figures} from batch group by part").fetchall()  # noqa: S608
        counted = {part: (rows, figures) for part, rows, figures in sizes}
        changes = lake.accept(connection, self.home, self.dataset, "batch", "previous", self.moment, file)
        for fetch in landed:
            change = changes.get(fetch.part.id, lake.Changes())
            rows, n_figures = counted[fetch.part.id]
            self._note(
                fetch.part,
                ledger.LOADED if fetch.part.id in changes else ledger.UNCHANGED,
                fetch.receipt,
                rows=rows,
                figures=n_figures,
                **dataclasses.asdict(change),
            )

    def _mark_withdrawn_with_edition(self, landed: list[_Landed]) -> None:
        """Give withdrawn parts the edition they are missing from, so that they are asked for again in the next."""
        known = [event.edition for event in ledger.latest_by_part(self.home, self.dataset.id).values()]
        editions = [edition for edition in [*known, *(fetch.receipt.edition for fetch in landed)] if edition]
        for part, event in self.events.items():
            if event.outcome == ledger.WITHDRAWN and event.edition is None:
                self.events[part] = dataclasses.replace(event, edition=max(editions, default=None))

    def _note_unasked(self, part: Part) -> None:
        """Note a part that was not asked for, because the provider does not answer."""
        self.events[part.id] = Event(
            at=clock.iso(self.moment),
            dataset=self.dataset.id,
            part=part.id,
            title=part.title,
            outcome=ledger.FAILED,
            message=f"{self.dataset.id}/{part.id}: not asked for, because the provider did not answer for the "
            f"{SILENT_PARTS_BEFORE_GIVING_UP} parts before it",
            next_step="ask again later; if it stays, look at the publisher's status page",
        )

    def _finding(self, part: Part, error: BrainDrainError) -> Finding:
        """A fetch or read error as a finding of quarantine."""
        look = f"look with `braindrain quarantine show {self.dataset.id}/{part.id}`"
        return Finding(
            part=part.id,
            expectation=type(error).__name__,
            what=error.what,
            where=error.where,
            next_step=f"{look}; {error.next_step}",
        )

    def _write_ledger(self) -> None:
        """Append what is new; a fetch that was held back before is no event of this night."""
        moment = clock.iso(self.moment)
        ledger.append_events(self.home, self.dataset.id, [e for e in self.events.values() if e.at == moment])

    def _note(self, part: Part, outcome: str, receipt: Receipt, **facts: Any) -> None:
        self.events[part.id] = Event(
            at=clock.iso(self.moment),
            dataset=self.dataset.id,
            part=part.id,
            title=part.title,
            outcome=outcome,
            version=receipt.version,
            edition=receipt.edition,
            receipt=receipt.id,
            **facts,
        )


def _constant(text: str | None, name: str) -> duckdb.Expression:
    """The same text in every row, under a name; it never enters any SQL."""
    return duckdb.ConstantExpression(text).cast(duckdb.sqltypes.VARCHAR).alias(name)


@contextmanager
def open_pipeline(origin_text: str | None = None, home: Path | None = None) -> Iterator[Pipeline]:
    """Open the home and make the origin answer; ``ORIGIN`` and ``BRAINDRAIN_HOME`` where not given.

    Raises:
        CatalogError: ORIGIN names no origin.
        HomeError: the home belongs to another origin.
    """
    text = origin_text or os.environ.get("ORIGIN") or "sandbox"
    opened = open_home(home or home_folder(text), kind_of(text), text)
    with open_origin(text) as origin:
        yield Pipeline(opened, origin)


def home_folder(origin_text: str) -> Path:
    """``BRAINDRAIN_HOME``, or ``data/<kind of origin>`` in the project."""
    chosen = os.environ.get("BRAINDRAIN_HOME")
    return Path(chosen) if chosen else PROJECT_ROOT / "data" / kind_of(origin_text)
