"""What a judgement says: findings a person can act on, and the verdict they make together."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from ingestion.errors import BrainDrainError


class JudgementFailed(BrainDrainError):
    """The batch could not be judged; that is neither a pass nor a rejection."""


@dataclass(frozen=True)
class Finding:
    """One reason why a part is rejected.

    ``what`` is the sentence with the observed numbers and example places, ``where`` names
    dataset, part and state, ``next_step`` is the one thing to do now.
    """

    part: str
    expectation: str
    what: str
    where: str
    next_step: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. Next: {self.next_step}."

    def to_json(self) -> dict[str, str]:
        """The finding as a JSON object of strings."""
        return asdict(self)


@dataclass(frozen=True)
class Verdict:
    """The judgement of one batch of one dataset; no finding means that every part may be accepted."""

    dataset: str
    judged_at: str
    findings: tuple[Finding, ...]
    results_path: Path | None

    @property
    def rejected_parts(self) -> set[str]:
        """Parts with at least one finding; the others may be accepted."""
        return {finding.part for finding in self.findings}

    def of_part(self, part: str) -> tuple[Finding, ...]:
        """Findings of one part, in the order in which they were found."""
        return tuple(finding for finding in self.findings if finding.part == part)
