"""SDMX-JSON 2.0 with all dimensions at the observation: keys and attributes are indexes into lists of values.

The lists are in no order (years come shuffled), so everything is decoded by index and nothing by position.
https://github.com/sdmx-twg/sdmx-json/tree/master/data-message
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from ingestion.errors import PayloadRejected
from ingestion.http import Body
from ingestion.sources.json_body import decode
from ingestion.sources.sdmx.observations import Observations
from ingestion.sources.typed import LOOK_AT_PUBLISHER, Cell

ANY_VALUE = "~"
# Six digits are more than any list of codes has.
INDEX = re.compile(r"[0-9]{1,6}")


class Value(msgspec.Struct):
    """One value of a dimension or attribute: a code, or free text."""

    id: str | None = None
    value: str | None = None


class Component(msgspec.Struct):
    """A dimension or attribute with the values that occur."""

    id: str
    values: list[Value] = msgspec.field(default_factory=list)

    def at(self, index: int, where: str) -> str | None:
        """The code at an index.

        Raises:
            PayloadRejected: there is no such index.
        """
        if not 0 <= index < len(self.values):
            raise PayloadRejected(f"{self.id} has no value at index {index}", where, LOOK_AT_PUBLISHER)
        value = self.values[index]
        return value.id if value.id is not None else value.value


class Levels(msgspec.Struct, rename="camel"):
    """Components by the level they are attached to."""

    data_set: list[Component] = msgspec.field(default_factory=list)
    dimension_group: list[Component] = msgspec.field(default_factory=list)
    series: list[Component] = msgspec.field(default_factory=list)
    observation: list[Component] = msgspec.field(default_factory=list)


class Structure(msgspec.Struct):
    """What the indexes mean. Measures are named only where there are several."""

    dimensions: Levels
    attributes: Levels = msgspec.field(default_factory=Levels)
    measures: Levels = msgspec.field(default_factory=Levels)


class DataSet(msgspec.Struct, rename="camel"):
    """Observations by key of indexes: the measures, then an index per attribute."""

    structure: int = 0
    action: str = "Information"
    attributes: list[int | None] = msgspec.field(default_factory=list)
    dimension_group_attributes: dict[str, list[int | None]] = msgspec.field(default_factory=dict)
    observations: dict[str, list[float | int | str | None]] = msgspec.field(default_factory=dict)
    series: dict[str, msgspec.Raw] = msgspec.field(default_factory=dict)


class Data(msgspec.Struct, rename="camel"):
    """The data of a message."""

    data_sets: list[DataSet] = msgspec.field(default_factory=list)
    structures: list[Structure] = msgspec.field(default_factory=list)


class Message(msgspec.Struct):
    """A data message."""

    data: Data


MESSAGE = msgspec.json.Decoder(Message)


def read(body: Body, where: str) -> Observations:
    """One row per observation, in the order sent.

    Raises:
        PayloadRejected: no SDMX-JSON 2.0, an index that leads nowhere, or a form that was not asked for.
    """
    message = decode(body.content(), MESSAGE, where)
    observations = Observations()
    for data_set in message.data.data_sets:
        if data_set.series:
            raise PayloadRejected("observations came by series", where, "ask with dimensionAtObservation=AllDimensions")
        if data_set.action == "Delete":
            raise PayloadRejected("observations are taken back, and none is stated", where, LOOK_AT_PUBLISHER)
        if not 0 <= data_set.structure < len(message.data.structures):
            raise PayloadRejected(f"there is no structure {data_set.structure}", where, LOOK_AT_PUBLISHER)
        _add(data_set, message.data.structures[data_set.structure], observations, where)
    return observations


def _add(data_set: DataSet, structure: Structure, observations: Observations, where: str) -> None:
    dimensions = structure.dimensions.observation
    measures = [component.id for component in structure.measures.observation] or ["OBS_VALUE"]
    fixed: dict[str, Cell] = {component.id: component.at(0, where) for component in structure.dimensions.data_set}
    fixed |= _decoded(structure.attributes.data_set, data_set.attributes, where)
    groups = []
    for key, indexes_of_group in data_set.dimension_group_attributes.items():
        group = key.split(":")
        if len(group) != len(dimensions):
            what = f"the key of group {key} has not {len(dimensions)} parts"
            raise PayloadRejected(what, where, LOOK_AT_PUBLISHER)
        groups.append((group, _decoded(structure.attributes.dimension_group, indexes_of_group, where)))
    # An entry beyond the attributes of the group points to an annotation.
    groups = [(group, attributes) for group, attributes in groups if attributes]
    for key, cells in data_set.observations.items():
        place = f"{where}, observation {key[:80]}"
        indexes = key.split(":")
        if len(indexes) != len(dimensions) or not all(map(INDEX.fullmatch, indexes)):
            raise PayloadRejected(f"its key is not {len(dimensions)} indexes", place, LOOK_AT_PUBLISHER)
        row = dict(fixed)
        for group, attributes in groups:
            if all(wanted in (ANY_VALUE, index) for wanted, index in zip(group, indexes, strict=True)):
                row |= attributes
        row |= {
            dimension.id: dimension.at(int(index), place) for dimension, index in zip(dimensions, indexes, strict=True)
        }
        row |= dict(zip(measures, cells, strict=False))
        row |= _decoded(structure.attributes.observation, cells[len(measures) :], place)
        observations.add(row)


def _decoded(
    components: list[Component], indexes: list[int | None] | list[float | int | str | None], where: str
) -> Mapping[str, Cell]:
    """Codes by attribute; an index that is missing or null means that the attribute is not set."""
    codes: dict[str, Cell] = {}
    for component, index in zip(components, indexes, strict=False):
        if isinstance(index, int):
            codes[component.id] = component.at(index, where)
        elif index is not None:
            raise PayloadRejected(f"{component.id} is {index!r} and no index", where, LOOK_AT_PUBLISHER)
    return codes
