"""SDMX-ML structure messages, read by sdmx1: the dimensions of a flow and the codes of each."""

from __future__ import annotations

import io
import warnings
from typing import Any

from ingestion.errors import PayloadRejected
from ingestion.sources.sdmx.observations import Observations
from ingestion.sources.typed import LOOK_AT_PUBLISHER


def codes(flow: str, content: bytes, where: str) -> Observations:
    """One row per dimension, or coded attribute, of the flow's data structure and code of its list.

    Raises:
        PayloadRejected: no structure message, or one without the flow, its structure or a list it uses.
    """
    message = _message(content, where)
    definition = message.dataflow.get(flow)
    structure = definition and message.structure.get(definition.structure.id)
    if not structure:
        raise PayloadRejected(f"the message has no flow {flow} with its structure", where, LOOK_AT_PUBLISHER)
    rows = Observations()
    for position, component in _components(structure):
        concept = component.concept_identity
        represented = component.local_representation or (concept and concept.core_representation)
        listed = represented and represented.enumerated
        if listed is None:
            continue
        codelist = message.codelist.get(listed.id)
        # An attribute that is never set may have an empty list; a dimension without codes has no data.
        is_empty = position is not None and codelist is not None and len(codelist) == 0
        if codelist is None or is_empty:
            what = f"the message lacks code list {listed.id} of {component.id}"
            raise PayloadRejected(what, where, LOOK_AT_PUBLISHER)
        name = f"{codelist.maintainer.id}:{codelist.id}({codelist.version})"
        for code in codelist:
            parent = code.parent
            rows.add(
                {
                    "dataflow": flow,
                    "dsd": structure.id,
                    "dimension": component.id,
                    "position": position,
                    "codelist": name,
                    "code": code.id,
                    "name": code.name.localized_default("en"),
                    # The parent of a code on the first level is the list itself.
                    "parent": parent.id if parent is not None and parent is not codelist else None,
                }
            )
    return rows


def _message(content: bytes, where: str) -> Any:
    import sdmx  # takes seconds to import

    # The library reads what it can and warns; a message it cannot read raises what lxml or it has at hand.
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise PayloadRejected("the XML declares a document type", where, LOOK_AT_PUBLISHER)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            message = sdmx.read_sdmx(io.BytesIO(content))
    except Exception as error:
        raise PayloadRejected(f"no structure message ({error})", where, LOOK_AT_PUBLISHER) from error
    if not isinstance(message, sdmx.message.StructureMessage):
        raise PayloadRejected(f"a {type(message).__name__} came instead of structures", where, LOOK_AT_PUBLISHER)
    return message


def _components(structure: Any) -> list[tuple[int | None, Any]]:
    """Dimensions with their place in a key, then attributes without one."""
    dimensions = sorted(structure.dimensions, key=lambda dimension: int(dimension.order))
    return [
        *((position, dimension) for position, dimension in enumerate(dimensions, start=1)),
        *((None, attribute) for attribute in structure.attributes),
    ]
