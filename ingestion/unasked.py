"""Datasets that could not even be asked about: since when, why, and what to do.

A probe that fails leaves no event in the ledger, because no part was loaded. The note stands beside the ledger until
the publisher can be asked again, so that `braindrain status` names who is silent.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingestion import clock
from ingestion.errors import PayloadRejected, ProviderUnavailable
from ingestion.home import Home, write_atomically


@dataclass(frozen=True)
class Unasked:
    """A dataset whose last probe failed. ``since`` is the first failure in a row, ``at`` the last; ISO 8601, UTC."""

    since: str
    at: str
    what: str
    next_step: str


@contextmanager
def noted(home: Home, dataset: str) -> Iterator[None]:
    """Note that the probe inside failed, or forget it when it went well."""
    try:
        yield
    except (ProviderUnavailable, PayloadRejected) as error:
        now = clock.iso(clock.now())
        earlier = unasked(home, dataset)
        found = Unasked(earlier.since if earlier else now, now, error.what, error.next_step)
        write_atomically(_path(home, dataset), json.dumps(dataclasses.asdict(found)).encode())
        raise
    _path(home, dataset).unlink(missing_ok=True)


def unasked(home: Home, dataset: str) -> Unasked | None:
    """The note about a dataset, if its last probe failed."""
    try:
        text = _path(home, dataset).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return Unasked(**json.loads(text))


def _path(home: Home, dataset: str) -> Path:
    return home.ledger / f"{dataset}.unasked"
