"""Errors that a person can act on: what was found, where, and what to do next."""

from __future__ import annotations

from typing import Any


class BrainDrainError(Exception):
    """Base of every error this project raises on purpose.

    ``what`` is the finding, ``where`` names dataset, part and place, ``next_step`` is
    the one thing to do now. ``str(error)`` is the whole sentence.
    """

    def __init__(self, what: str, where: str, next_step: str) -> None:
        super().__init__(what, where, next_step)
        self.what = what
        self.where = where
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. Next: {self.next_step}."


class ProviderUnavailable(BrainDrainError):
    """The provider did not answer properly this time; asking again later may help.

    ``answer`` is the incomplete answer that did arrive (an ``ingestion.http.Answer``), if any.
    """

    answer: Any = None


class PayloadRejected(BrainDrainError):
    """The provider answered, and the answer is not what its documentation promises.

    ``answer`` is what came (an ``ingestion.http.Answer``) and ``status`` its HTTP status, where it was an error.
    """

    answer: Any = None
    status: int | None = None


class SeriesWithdrawn(BrainDrainError):
    """The provider says that it no longer has what the catalog asks for."""


class Absent(BrainDrainError):
    """There is nothing to ask: no recording of it, or no file in the inbox yet."""


class BudgetExhausted(ProviderUnavailable):
    """The provider's download budget of this window is used up."""


class CatalogError(BrainDrainError):
    """A catalog entry is wrong or names something that does not exist."""


class HomeError(BrainDrainError):
    """The state folder cannot be used as asked: mixed origins, damage, a lock held elsewhere."""


class BuildRejected(BrainDrainError):
    """A candidate release did not pass its audit; the release in force stays in force."""
