"""What a world must be able to tell, whoever it is: the recorded one or the synthetic one.

A world knows figures and names; how they look on the wire is the business of ``sandbox.providers``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import pyarrow as pa

Status = Literal["served", "retired", "unrecorded", "unknown"]
"""``retired``: the publisher once had it and answers error 175 now; ``unrecorded``: the publisher has it and this world
does not; ``unknown``: error 120."""

CODES_WITHOUT_ISO3_ON_THE_WIRE = frozenset({"HIC", "LIC", "LMC", "UMC", "INX"})
"""The five aggregates whose ``countryiso3code`` is empty, while other aggregates have one, in every recorded body."""


@dataclass(frozen=True)
class Place:
    """An economy or an aggregate, as data rows name it."""

    code: str
    """Three-letter code of the publisher, in the spelling of the edition."""
    iso2: str
    name: str
    is_aggregate: bool

    @property
    def iso3_on_the_wire(self) -> str:
        """What stands in ``countryiso3code``."""
        return "" if self.code in CODES_WITHOUT_ISO3_ON_THE_WIRE else self.code


def in_wire_order(places: Sequence[Place]) -> list[int]:
    """Positions of the places in the order of data rows: aggregates first, then economies, each by name."""
    return sorted(range(len(places)), key=lambda i: (not places[i].is_aggregate, places[i].name.casefold()))


@dataclass(frozen=True)
class Series:
    """One indicator over all its places and years, dense: what is not known is the text ``null``."""

    indicator_id: str
    indicator_name: str
    source_id: str
    last_updated: str
    """ISO date of the release."""
    decimals: int
    """The constant ``decimal`` of every row; it says nothing about the digits sent."""
    places: tuple[Place, ...]
    """In the order of the wire."""
    years: tuple[str, ...]
    """Newest first."""
    cells: tuple[tuple[str, ...], ...]
    """JSON text of each figure, ``cells[place][year]``, in the unit of the indicator."""


@dataclass(frozen=True)
class Edition:
    """One edition of the publisher's archive."""

    id: str
    """YYYYMM."""
    label: str


Entry = dict[str, Any]
"""One entry of a list (country, source, …), exactly as the publisher serialises it."""


@dataclass(frozen=True)
class Table:
    """A publisher's table in the publisher's own column names and codes.

    Codes are text, periods text as on the wire, figures floats; null is not known. Rows stand in the order of the wire.
    """

    rows: pa.Table
    updated: str
    """ISO date or moment of the release; it moves when the figures do."""
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Column -> code -> English name."""


@dataclass(frozen=True)
class File:
    """A file as the publisher offers it for download."""

    content: bytes
    updated: str
    """ISO date of the release."""


class World(Protocol):
    """Everything the wire formats ask of a world."""

    def table(self, name: str) -> Table | None:
        """The table ``<module>/<publisher's id>``, e.g. ``oecd/DSD_MIG@DF_MIG``; None when the world lacks it."""

    def file(self, address: str) -> File | None:
        """The file at an address without scheme, e.g. ``www.example.org/a/b.csv`` or ``inbox/c.csv``; None as above."""

    @property
    def figures(self) -> str:
        """``synthetic`` or ``recorded``: every answer says so in its header ``X-Figures``."""

    def listing(self, name: str) -> list[Entry] | None:
        """A list by the publisher's name of it (``country``, ``indicator``, …); None when the world lacks it."""

    def status(self, indicator_id: str) -> Status:
        """What the publisher, or this world in its place, has to say of the indicator today."""

    def series(self, indicator_id: str) -> Series:
        """The indicator as it stands today; ask ``status`` first."""

    def editions(self) -> tuple[Edition, ...]:
        """The editions of the archive, oldest first."""

    def is_archived(self, series_id: str) -> bool:
        """Whether any edition of the archive ever held the series."""

    def archived_series(self, series_id: str, edition_id: str) -> Series | None:
        """The series as that edition has it; None when it left the collection before that edition."""
