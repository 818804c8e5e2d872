"""JSON-stat 2.0, as Eurostat sends it: a cube whose cells are numbered in row-major order.

``value`` and ``status`` are sparse and in no order; a status may stand where no value does. A table that does not
exist comes as HTTP 200 with an empty cube.
https://json-stat.org/full/
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from ingestion.errors import PayloadRejected
from ingestion.http import Body
from ingestion.sources.sdmx.typed import LOOK_AT_PUBLISHER, Cell, Observations

# Columns have the same names as in the publisher's SDMX-CSV.
TIME, PERIOD, VALUE, STATUS = "time", "TIME_PERIOD", "OBS_VALUE", "OBS_FLAG"


class Category(msgspec.Struct):
    """Positions by code, or codes in order; one code alone may have a label only."""

    index: dict[str, int] | list[str] | None = None
    label: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def codes(self) -> list[str]:
        """The codes in the order of their positions."""
        if isinstance(self.index, dict):
            positions = self.index
            return sorted(positions, key=lambda code: positions[code])
        return list(self.index if self.index is not None else self.label)


class Dimension(msgspec.Struct):
    """An edge of the cube."""

    category: Category


class Complaint(msgspec.Struct):
    """What the publisher says instead of figures."""

    label: str = ""
    status: int | None = None


class Cube(msgspec.Struct):
    """The message; ``error`` and ``warning`` come in place of the rest."""

    id: list[str] = msgspec.field(default_factory=list)
    size: list[int] = msgspec.field(default_factory=list)
    dimension: dict[str, Dimension] = msgspec.field(default_factory=dict)
    value: dict[str, float | None] | list[float | None] = msgspec.field(default_factory=dict)
    status: dict[str, str | None] | list[str | None] = msgspec.field(default_factory=dict)
    error: list[Complaint] | None = None
    warning: Complaint | None = None


CUBE = msgspec.json.Decoder(Cube)


def read(body: Body, where: str) -> Observations:
    """One row per cell that has a value or a status, in the order of the cube.

    Raises:
        PayloadRejected: no JSON-stat, a complaint in place of figures, an empty cube, or a cell outside of it.
    """
    try:
        cube = CUBE.decode(body.content())
    except msgspec.DecodeError as error:
        raise PayloadRejected(f"no JSON-stat 2.0 ({error})", where, LOOK_AT_PUBLISHER) from error
    complaints = [*(cube.error or []), *([cube.warning] if cube.warning else [])]
    if complaints:
        said = "; ".join(f"{complaint.status} {complaint.label}" for complaint in complaints)
        raise PayloadRejected(f"the publisher says {said}", where, LOOK_AT_PUBLISHER)
    edges = _edges(cube, where)
    n_cells = math.prod(cube.size)
    values = _numbered(cube.value, n_cells, "value", where)
    statuses = _numbered(cube.status, n_cells, "status", where)
    if not values and not statuses:
        what = "the cube is empty, as the publisher answers to a table or code it does not have"
        raise PayloadRejected(what, where, "check the endpoint and the parameters in the catalog")
    observations = Observations()
    for number in sorted(values.keys() | statuses.keys()):
        row: dict[str, Cell] = {}
        rest = number
        for name, codes in reversed(edges):
            rest, at = divmod(rest, len(codes))
            row[PERIOD if name == TIME else name] = codes[at]
        observations.add(row | {VALUE: values.get(number), STATUS: statuses.get(number)})
    return observations


def _edges(cube: Cube, where: str) -> list[tuple[str, list[str]]]:
    """Every dimension with its codes, outermost first."""
    edges = []
    for name, size in zip(cube.id, cube.size, strict=False):
        codes = cube.dimension[name].category.codes if name in cube.dimension else []
        if len(codes) != size:
            what = f"dimension {name} has {len(codes)} codes where the cube says {size}"
            raise PayloadRejected(what, where, LOOK_AT_PUBLISHER)
        edges.append((name, codes))
    if len(cube.id) != len(cube.size):
        raise PayloadRejected("the cube has sizes for other dimensions", where, LOOK_AT_PUBLISHER)
    return edges


def _numbered(
    cells: Mapping[str, float | str | None] | Sequence[float | str | None], n_cells: int, what: str, where: str
) -> dict[int, Cell]:
    """Cells by their number in the cube, nulls left out."""
    if isinstance(cells, Mapping):
        pairs = list(cells.items())
    else:
        pairs = [(str(number), cell) for number, cell in enumerate(cells)]
    outside = [key for key, _ in pairs if not key.isdecimal() or int(key) >= n_cells]
    if outside:
        said = f"{what} {outside[0]} lies outside of the cube of {n_cells:,} cells"
        raise PayloadRejected(said, where, LOOK_AT_PUBLISHER)
    return {int(key): cell for key, cell in pairs if cell is not None}
