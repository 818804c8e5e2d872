"""Time as the warehouse writes it: UTC, to the microsecond."""

from __future__ import annotations

from datetime import UTC, datetime

COMPACT = "%Y%m%dT%H%M%S%fZ"
ISO = "%Y-%m-%dT%H:%M:%S.%fZ"


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def compact(moment: datetime) -> str:
    """A moment as a file name that sorts by time, e.g. ``20261121T040000000000Z``."""
    return moment.astimezone(UTC).strftime(COMPACT)


def iso(moment: datetime) -> str:
    """A moment as ISO 8601 text, e.g. ``2026-11-21T04:00:00.000000Z``."""
    return moment.astimezone(UTC).strftime(ISO)


def parse_compact(text: str) -> datetime:
    """The moment that ``compact`` wrote."""
    return datetime.strptime(text, COMPACT).replace(tzinfo=UTC)
