"""The one place that touches great-expectations: evaluates rules over data frames, and never lets an error pass.

Data-frame batches only: the SQL engine of great-expectations 1.24.1 fails on DuckDB and reports that as
failed expectations (great_expectations #10738, #11579). Importing the library costs 4-6 CPU seconds and
about 240 MB, so it is imported when the first batch is judged, not with this module.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingestion.validation.verdict import JudgementFailed

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.expectations.expectation import Expectation

Row = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """One expectation, why it is held, and how its failure is said.

    ``expectation`` is the class name in ``great_expectations.expectations``; ``identity`` names the
    columns of the frame that a sentence needs; ``say`` turns the offending rows of one part into the finding.
    """

    name: str
    expectation: str
    arguments: Mapping[str, Any]
    reason: str
    identity: tuple[str, ...]
    say: Callable[[list[Row]], str]
    advise: Callable[[list[Row]], str] | None = None
    """What to do first about such rows, where it is not to compare with the publisher's page."""
    parts: tuple[str, ...] = ()
    """Parts the rule is about, where it is not about all of them."""


@dataclass(frozen=True)
class Outcome:
    """What great-expectations found for one rule: its own result as JSON, and whether the rule held."""

    rule: Rule
    held: bool
    result: Row


class Judge:
    """Evaluates rules over data frames, in one throw-away context without network, telemetry or progress bars."""

    def __init__(self, where: str) -> None:
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        context = gx.get_context(mode="ephemeral")
        context.enable_analytics(False)
        context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
        asset = context.data_sources.add_pandas("judgement").add_dataframe_asset("batch")
        self._batches: BatchDefinition[Any] = asset.add_batch_definition_whole_dataframe("whole")
        self._where = where

    def evaluate(self, frame: pd.DataFrame, rules: Sequence[Rule]) -> list[Outcome]:
        """Whether each rule holds over the whole frame, with counts but without the offending rows.

        Raises:
            JudgementFailed: great-expectations could not evaluate a rule.
        """
        from great_expectations import ExpectationSuite

        if not rules:
            return []
        suite = ExpectationSuite(name="rules", expectations=[_expectation(rule) for rule in rules])
        batch = self._batches.get_batch({"dataframe": frame})
        found = batch.validate(suite, result_format="BASIC").to_json_dict()["results"]
        # The library returns results in an order of its own, so each is matched by the name it carries.
        by_name = {result["expectation_config"]["meta"]["rule"]: result for result in found}
        return [self._outcome(rule, by_name.get(rule.name)) for rule in rules]

    def offenders(self, frame: pd.DataFrame, rule: Rule) -> list[Row]:
        """The rows of the frame that break the rule, each with the columns of its identity.

        Raises:
            JudgementFailed: great-expectations could not evaluate the rule.
        """
        batch = self._batches.get_batch({"dataframe": frame})
        complete = {
            "result_format": "COMPLETE",
            "unexpected_index_column_names": list(rule.identity),
            "return_unexpected_index_query": False,
        }
        outcome = self._outcome(rule, batch.validate(_expectation(rule), result_format=complete).to_json_dict())
        if outcome.held:
            return []
        rows: list[Row] = [
            {name: _known(value) for name, value in row.items()}
            for row in outcome.result["result"]["unexpected_index_list"]
        ]
        return rows

    def _outcome(self, rule: Rule, result: Row | None) -> Outcome:
        if result is None:
            raise self._failed(rule, "great-expectations returned no result")
        message = _exception_message(result.get("exception_info"))
        if message is not None:
            raise self._failed(rule, f"great-expectations could not evaluate it ({message})")
        if not isinstance(result.get("success"), bool):
            raise self._failed(rule, f"great-expectations answered neither yes nor no but {result.get('success')!r}")
        return Outcome(rule, result["success"], result)

    def _failed(self, rule: Rule, what: str) -> JudgementFailed:
        return JudgementFailed(
            f"{what}, so nothing of this batch is accepted or rejected",
            f"{self._where}, rule {rule.name}",
            "run the load again; if it says the same, mend the rule in ingestion/validation",
        )


def _expectation(rule: Rule) -> Expectation:
    import great_expectations.expectations as gxe

    make = getattr(gxe, rule.expectation)
    meta = {"rule": rule.name, "reason": rule.reason, "parts": list(rule.parts)}
    made: Expectation = make(**rule.arguments, meta=meta)
    return made


def _exception_message(information: Row | None) -> str | None:
    """The message of an exception inside the library, which comes either flat or once per failed metric."""
    entries = [information] if information and "raised_exception" in information else list((information or {}).values())
    for entry in entries:
        if entry["raised_exception"]:
            return str(entry["exception_message"])
    return None


def _known(value: Any) -> Any:
    """None for every spelling of missing that a data frame has."""
    return None if isinstance(value, float) and math.isnan(value) else value
