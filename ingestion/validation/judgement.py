"""Judges a whole batch before anyone can see it: great-expectations over pictures of it small enough to be cheap."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import duckdb

from ingestion import clock
from ingestion.catalog import Dataset
from ingestion.home import Home, write_atomically
from ingestion.lake import quoted
from ingestion.validation import bridge as country_bridge
from ingestion.validation import measure, rules
from ingestion.validation.engine import Judge, Row, Rule
from ingestion.validation.evidence import Evidence
from ingestion.validation.verdict import Finding, JudgementFailed, Verdict

if TYPE_CHECKING:
    import pandas as pd


def judge(
    home: Home,
    dataset: Dataset,
    connection: duckdb.DuckDBPyConnection,
    batch: str,
    previous: str | None,
    recorded_at: str,
) -> Verdict:
    """Judge every row of a batch and every part as a whole, and keep great-expectations' results.

    ``batch`` names a table of the connection with the catalog's columns and ``part``; it is scanned several
    times, so it should not be a view over raw payloads. ``previous`` names the state in force, with the same
    columns; it may be None, empty, or lack parts. ``recorded_at`` is the moment of the load as ``clock.compact``
    writes it; its year is "this year". A part without a single row in the batch is not there to be judged.

    Raises:
        JudgementFailed: the batch is empty, or great-expectations could not evaluate a rule.
        CatalogError: the batch holds a part that the catalog does not know, or the country bridge is damaged.
    """
    where = f"{dataset.id}, batch of {recorded_at}"
    judgement = _Judgement(dataset, connection, batch, previous, recorded_at, Judge(where))
    judgement.run()
    judged_at = clock.iso(clock.now())
    path = home.validations / dataset.id / f"{recorded_at}.json"
    verdict = Verdict(dataset.id, judged_at, tuple(judgement.findings), path)
    write_atomically(path, judgement.to_json(verdict))
    return verdict


class _Judgement:
    """One batch under judgement: collects results as they come, and findings from those that did not hold."""

    def __init__(
        self,
        dataset: Dataset,
        connection: duckdb.DuckDBPyConnection,
        batch: str,
        previous: str | None,
        recorded_at: str,
        judge: Judge,
    ) -> None:
        self._dataset = dataset
        self._connection = connection
        self._batch = batch
        # Without a state in force the batch's own columns, and no row, stand for it.
        self._in_force = quoted(previous) if previous else f"(from {quoted(batch)} limit 0)"
        self._recorded_at = recorded_at
        self._judge = judge
        self._bridge = country_bridge.load_bridge(country_bridge.SEEDS)
        self._evidence = Evidence(connection, dataset, batch, self._in_force, self._bridge)
        self._results: list[Row] = []
        self._parts: list[str] = []
        self.findings: list[Finding] = []

    def run(self) -> None:
        """Judge the columns, then, where they are as pinned, the parts, the codes, the totals and the values."""
        self._parts = measure.parts_of(self._connection, self._batch)
        if not self._parts:
            raise JudgementFailed(
                "the batch has no row with a part",
                f"{self._dataset.id}, batch of {self._recorded_at}",
                "look at the payloads in landing/; an answer without rows is the source module's to refuse",
            )
        if not self._columns_hold():
            return
        self._parts_hold()
        self._codes_hold()
        self._totals_hold()
        self._values_hold()

    def to_json(self, verdict: Verdict) -> bytes:
        """The whole judgement as a JSON document: the verdict, and great-expectations' own results."""
        import great_expectations

        document = {
            "dataset": verdict.dataset,
            "title": self._dataset.title,
            "recorded_at": self._recorded_at,
            "judged_at": verdict.judged_at,
            "great_expectations": great_expectations.__version__,
            "parts": self._parts,
            "rejected_parts": sorted(verdict.rejected_parts),
            "findings": [finding.to_json() for finding in verdict.findings],
            "results": self._results,
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    def _columns_hold(self) -> bool:
        frame = measure.schema_frame(self._connection, self._dataset, self._batch)
        (rule,) = rules.schema_rules()
        if not self._broken(frame, [rule]):
            return True
        offenders = self._judge.offenders(frame, rule)
        for part in self._parts:
            self._find(rule, part, offenders)
        return False

    def _parts_hold(self) -> None:
        counted, promised = rules.count_rules(self._dataset, self._this_year), rules.promise_rules(self._dataset)
        frame = measure.profile_frame(self._connection, self._dataset, self._batch, self._in_force, counted, promised)
        self._judge_frame(frame, rules.profile_rules(self._dataset, self._evidence, counted, promised))

    def _codes_hold(self) -> None:
        listed = measure.listed_columns(self._dataset)
        if listed:
            frame = measure.listed_frame(self._connection, self._batch, listed)
            self._judge_frame(frame, [rules.listed_rule(listed)])
        for column in measure.mapped_columns(self._dataset):
            beside = rules.said_beside(self._dataset, column)
            frame = measure.codes_frame(self._connection, self._batch, column.name, beside)
            frame = measure.with_meanings(frame, column, self._bridge)
            self._judge_frame(frame, rules.code_rules(self._dataset, column, self._evidence, self._bridge))

    def _totals_hold(self) -> None:
        for expectation in self._dataset.expectations:
            if expectation.compare is None:
                continue
            frame = measure.comparison_frame(self._connection, self._batch, expectation)
            if expectation.parts:
                frame = frame[frame["part"].isin(expectation.parts)]
            if len(frame):
                self._judge_frame(frame, [rules.comparison_rule(expectation)])

    def _values_hold(self) -> None:
        """Every value within the bounds of its part; parts that share bounds are judged together."""
        for rule, condition, parts in rules.bounds_rules(self._dataset, self._evidence, self._parts):
            frames = measure.value_frames(self._connection, self._dataset, self._batch, parts)
            # All slices are judged before the connection is asked for examples: it holds one open result.
            broken = [self._broken(frame, [rule]) for frame in frames]
            if any(broken):
                for part in parts:
                    offenders = self._evidence.rows(part, condition)
                    if offenders:
                        self._find(rule, part, offenders)

    def _judge_frame(self, frame: pd.DataFrame, about: Sequence[Rule]) -> None:
        """Judge a frame as a whole; only where a rule is broken, ask again part by part for the offending rows."""
        for rule in self._broken(frame, about):
            for part in self._parts:
                offenders = self._judge.offenders(frame[frame["part"] == part], rule)
                if offenders:
                    self._find(rule, part, offenders)

    def _broken(self, frame: pd.DataFrame, about: Sequence[Rule]) -> list[Rule]:
        outcomes = self._judge.evaluate(frame, about)
        self._results.extend(outcome.result for outcome in outcomes)
        return [outcome.rule for outcome in outcomes if not outcome.held]

    def _find(self, rule: Rule, part: str, offenders: list[Row]) -> None:
        page = self._dataset.page_of(part)
        advice = f"{rule.advise(offenders)}; " if rule.advise else ""
        self.findings.append(
            Finding(
                part,
                rule.name,
                rule.say(offenders),
                f"{self._dataset.id}/{part}",
                f"{advice}look with `braindrain quarantine show {self._dataset.id}/{part}`, compare with {page},"
                f" then `braindrain quarantine accept` or `drop` it",
            )
        )

    @property
    def _this_year(self) -> int:
        return int(self._recorded_at[:4])
