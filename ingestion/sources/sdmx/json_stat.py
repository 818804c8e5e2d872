"""JSON-stat 2.0, as Eurostat sends it: a cube whose cells are numbered in row-major order.

``value`` and ``status`` are sparse and in no order; a status may stand where no value does. A table that does not
exist comes as HTTP 200 with an empty cube.
https://json-stat.org/full/
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

import msgspec

from ingestion.errors import PayloadRejected
from ingestion.http import Body
from ingestion.sources.json_body import decode
from ingestion.sources.sdmx.observations import Observations
from ingestion.sources.typed import LOOK_AT_PUBLISHER, Cell

# Columns have the same names as in the publisher's SDMX-CSV.
TIME, PERIOD, VALUE, STATUS = "time", "TIME_PERIOD", "OBS_VALUE", "OBS_FLAG"

# No leading noughts, so that no cell has two names; no cube is of more cells than this has digits.
NUMBER = re.compile(r"0|[1-9][0-9]{0,11}")


class Category(msgspec.Struct):
    """Positions by code, or codes in order; one code alone may have a label only."""

    index: dict[str, int] | list[str] | None = None
    label: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def codes(self) -> list[str] | None:
        """The codes in the order of their positions; None where these are not 0, 1, 2 and so on, each once."""
        if self.index is None:
            return list(self.label) if len(self.label) == 1 else None
        if isinstance(self.index, list):
            return self.index if len(set(self.index)) == len(self.index) else None
        codes = {position: code for code, position in self.index.items()}
        return [codes[at] for at in range(len(codes))] if set(codes) == set(range(len(self.index))) else None


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
    cube = decode(body.content(), CUBE, where)
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
        if codes is None:
            raise PayloadRejected(f"the codes of dimension {name} have no clear order", where, LOOK_AT_PUBLISHER)
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
    """Cells by their number in the cube, nulls left out; a list must name them all, or none."""
    if isinstance(cells, Mapping):
        outside = [key for key in cells if not NUMBER.fullmatch(key) or int(key) >= n_cells]
        if outside:
            said = f"{what} {outside[0][:80]} lies outside of the cube of {n_cells:,} cells"
            raise PayloadRejected(said, where, LOOK_AT_PUBLISHER)
        return {int(key): cell for key, cell in cells.items() if cell is not None}
    if len(cells) not in (0, n_cells):
        said = f"{len(cells):,} cells of {what} came for a cube of {n_cells:,} cells"
        raise PayloadRejected(said, where, LOOK_AT_PUBLISHER)
    return {number: cell for number, cell in enumerate(cells) if cell is not None}
