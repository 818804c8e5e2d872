"""The registry of faults: what each is called, at which stages it steps in, what it does there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sandbox.errors import SandboxError


@dataclass
class Fault:
    """A fault that is switched on."""

    name: str
    target: str | None
    amount: float
    seen: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def is_first(self) -> bool:
        """Whether this is the first request the fault meets."""
        with self.lock:
            self.seen += 1
            return self.seen == 1

    def hits(self, subjects: frozenset[str]) -> bool:
        """Whether a request about these subjects is its prey."""
        return self.target is None or self.target in subjects


Change = TypeVar("Change", bound=Callable[..., Any])


@dataclass(frozen=True)
class FaultKind:
    """An entry of the registry."""

    name: str
    description: str
    """What it does, in a sentence."""
    default_amount: float
    changes: Mapping[str, Callable[..., Any]]
    """By stage."""


KINDS: dict[str, FaultKind] = {}


def register(stage: str, amount: float = 0) -> Callable[[Change], Change]:
    """Enter a function as what the fault of its name does at a stage.

    Its docstring describes the fault; of a fault that steps in at several stages, the one that is entered first does.
    """

    def enter(change: Change) -> Change:
        name = change.__name__
        known = KINDS.get(name)
        description = known.description if known else " ".join((change.__doc__ or "").split())
        default = known.default_amount if known else amount
        KINDS[name] = FaultKind(name, description, default, {**(known.changes if known else {}), stage: change})
        return change

    return enter


def hitting(faults: Sequence[Fault], stage: str, subjects: frozenset[str]) -> list[tuple[Fault, Callable[..., Any]]]:
    """The faults that step in at a stage for a request about these subjects, and what each does there."""
    return [
        (fault, KINDS[fault.name].changes[stage])
        for fault in faults
        if stage in KINDS[fault.name].changes and fault.hits(subjects)
    ]


def parse_fault(text: str) -> Fault:
    """Read ``NAME[:TARGET][=AMOUNT]``.

    Raises:
        SandboxError: no such fault, or the amount is not a number.
    """
    rest, equals, amount = text.partition("=")
    name, _, target = rest.partition(":")
    if name not in KINDS:
        raise SandboxError(f"there is no fault '{name}'", "sandbox faults", f"use one of {', '.join(sorted(KINDS))}")
    try:
        number = float(amount) if equals else KINDS[name].default_amount
    except ValueError as error:
        next_step = f"write a number, such as {name}=2"
        raise SandboxError(f"'{amount}' is not a number", f"sandbox fault '{text}'", next_step) from error
    return Fault(name, target or None, number)
