"""Landing: raw payloads as sent, immutable, content-addressed, each with the facts of its request.

``payloads/<first two of sha256>/<sha256>`` holds the stored bytes once, however often they
are sent. ``receipts/<dataset>/<part>/<receipt id>.json`` says what one fetch asked and got;
a receipt is written last, so a fetch without a receipt did not happen. ``decisions/`` holds
what people decided about quarantined fetches.
"""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.errors import Absent, BrainDrainError, HomeError, PayloadRejected, ProviderUnavailable, SeriesWithdrawn
from ingestion.home import Home, path_of, sync, write_atomically
from ingestion.http import Answer, Body


@dataclass(frozen=True)
class Payload:
    """One landed body and the facts of the request that brought it."""

    url: str
    status: int
    headers: dict[str, str]
    retrieved_at: str
    sha256: str
    size_bytes: int
    encoding: str


@dataclass(frozen=True)
class Trouble:
    """Why a fetch brought no batch: the error's class and its three parts."""

    kind: str
    what: str
    where: str
    next_step: str

    @classmethod
    def of(cls, error: BrainDrainError) -> Trouble:
        """The error, in a form that can be kept."""
        return cls(type(error).__name__, error.what, error.where, error.next_step)

    def to_error(self) -> BrainDrainError:
        """The error again."""
        kinds = {kind.__name__: kind for kind in (Absent, SeriesWithdrawn, PayloadRejected, ProviderUnavailable)}
        return kinds.get(self.kind, ProviderUnavailable)(self.what, self.where, self.next_step)


@dataclass(frozen=True)
class Receipt:
    """One fetch of one part: its payloads in page order, or what went wrong.

    ``load`` is the moment of the load it belongs to (it becomes ``recorded_at``);
    ``version`` the provider's mark of the part, ``edition`` of the whole dataset; ``error`` None for a complete fetch.
    """

    id: str
    dataset: str
    part: str
    load: str
    version: str | None
    edition: str | None
    payloads: tuple[Payload, ...]
    error: Trouble | None

    @property
    def digests(self) -> list[str]:
        """The payloads' sha256, in page order."""
        return [payload.sha256 for payload in self.payloads]


@dataclass(frozen=True)
class Decision:
    """A person took a quarantined fetch into the lake: which, when (``load``), and why."""

    dataset: str
    part: str
    receipt: str
    load: str
    reason: str


class Landing:
    """The landing room of one home."""

    def __init__(self, home: Home) -> None:
        self.root = home.landing

    def keep(self, answer: Answer) -> Payload:
        """Move an answer's bytes to their content address; they are durable when this returns."""
        target = self._payload_path(answer.sha256)
        if target.exists():
            answer.path.unlink()
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            with answer.path.open("rb") as handle:
                os.fsync(handle.fileno())
            answer.path.chmod(0o444)
            answer.path.rename(target)
            sync(target.parent)
        facts = {field.name: getattr(answer, field.name) for field in dataclasses.fields(Payload)}
        return Payload(**{**facts, "headers": dict(answer.headers)})

    def write_receipt(self, receipt: Receipt) -> None:
        """Write the receipt of a fetch, after its payloads."""
        path = self._path("receipts", receipt.dataset, receipt.part, receipt.id)
        write_atomically(path, json.dumps(dataclasses.asdict(receipt), indent=1).encode())

    def receipt(self, dataset: str, part: str, receipt_id: str) -> Receipt:
        """Read a receipt back.

        Raises:
            HomeError: there is none of that id.
        """
        path = self._path("receipts", dataset, part, receipt_id)
        if not path.exists():
            raise HomeError(
                f"no receipt {receipt_id}", f"landing, {dataset}/{part}", "run `braindrain quarantine list`"
            )
        return _receipt(json.loads(path.read_text()))

    def receipts(self, dataset: str) -> list[Receipt]:
        """Every receipt of a dataset, oldest first."""
        paths = (self.root / "receipts" / dataset).glob("*/*.json")
        return [_receipt(json.loads(path.read_text())) for path in sorted(paths, key=lambda path: path.name)]

    def write_decision(self, decision: Decision) -> None:
        """Keep a person's decision beside the receipt: like a payload, nothing else can bring it back."""
        path = self._path("decisions", decision.dataset, decision.part, decision.receipt)
        write_atomically(path, json.dumps(dataclasses.asdict(decision), indent=1).encode())

    def decisions(self, dataset: str) -> list[Decision]:
        """Every decision about a dataset, oldest first."""
        paths = (self.root / "decisions" / dataset).glob("*/*.json")
        return sorted((Decision(**json.loads(path.read_text())) for path in paths), key=lambda known: known.load)

    def body(self, payload: Payload) -> Body:
        """The body of a landed payload.

        Raises:
            HomeError: the payload is missing.
        """
        path = self._payload_path(payload.sha256)
        if not path.exists():
            raise HomeError(f"payload {payload.sha256} is missing", "landing", "restore the folder from a backup")
        return Body(path, payload.encoding)

    def drafts(self, dataset: str) -> Path:
        """Where downloads of a dataset stand until they are whole."""
        return self.root / "drafts" / dataset

    def clear_drafts(self, dataset: str) -> None:
        """Remove what an interrupted load left behind (the caller holds the dataset's lock)."""
        for folder in (self.drafts(dataset), self.root / "receipts" / dataset, self.root / "decisions" / dataset):
            for draft in folder.rglob("*.draft"):
                draft.unlink()

    def _payload_path(self, sha256: str) -> Path:
        return self.root / "payloads" / sha256[:2] / sha256

    def _path(self, shelf: str, dataset: str, part: str, receipt_id: str) -> Path:
        return path_of(self.root / shelf, dataset, part, f"{receipt_id}.json")


def keep_what_arrived(landing: Landing, error: BrainDrainError) -> tuple[Payload, ...]:
    """Land the incomplete answer that an error carries, so that a person can look at it."""
    answer = getattr(error, "answer", None)
    return (landing.keep(answer),) if answer is not None else ()


def _receipt(fields: dict[str, Any]) -> Receipt:
    payloads = tuple(Payload(**payload) for payload in fields["payloads"])
    error = Trouble(**fields["error"]) if fields["error"] else None
    return Receipt(**{**fields, "payloads": payloads, "error": error})
