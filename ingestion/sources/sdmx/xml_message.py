"""Structure-specific SDMX-ML 3.0 (and 2.1): observations inside series or flat, codes and values as XML attributes.

A missing value is an observation without OBS_VALUE. The same series may come in several pieces.
https://github.com/sdmx-twg/sdmx-ml
"""

from __future__ import annotations

import gzip
from typing import Any

from lxml import etree

from ingestion.errors import PayloadRejected
from ingestion.http import Body
from ingestion.sources.sdmx.observations import Observations
from ingestion.sources.typed import LOOK_AT_PUBLISHER, Cell

ROOT = "StructureSpecificData"
# What a data set says of itself; every other plain attribute belongs to its observations.
OWN_ATTRIBUTES = frozenset({"action", "setID", "validFromDate", "validToDate", "publicationYear", "publicationPeriod"})


def read(body: Body, where: str, sentinel: str | None) -> Observations:
    """One row per observation, in the order sent.

    Observations of the period ``sentinel`` are left out: they repeat the latest figure of a series under a year that
    is none.

    Raises:
        PayloadRejected: no such message, broken XML, a document type, or attributes of a kind that is not read.
    """
    observations = Observations()
    try:
        with gzip.open(body.path) if body.encoding == "gzip" else body.path.open("rb") as stream:
            events = etree.iterparse(
                stream, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False
            )
            for event, element in events:
                if event == "start":
                    _check(element, where)
                elif etree.QName(element).localname == "Obs":
                    row = _row(element)
                    if sentinel is None or row.get("TIME_PERIOD") != sentinel:
                        observations.add(row)
                    _forget(element)
                elif etree.QName(element).localname == "Series":
                    _forget(element)
    except etree.XMLSyntaxError as error:
        raise PayloadRejected(f"the XML is broken ({error})", where, LOOK_AT_PUBLISHER) from error
    return observations


def _check(element: Any, where: str) -> None:
    """Refuse what must not be passed over."""
    name = etree.QName(element).localname
    if element.getparent() is None:
        # What it would declare are entities, which can be files, or open to any size.
        if element.getroottree().docinfo.doctype:
            raise PayloadRejected("the XML declares a document type", where, LOOK_AT_PUBLISHER)
        if name != ROOT:
            raise PayloadRejected(f"a message {name} came instead of {ROOT}", where, LOOK_AT_PUBLISHER)
    elif name == "DataSet" and element.get("action") == "Delete":
        raise PayloadRejected("observations are taken back, and none is stated", where, LOOK_AT_PUBLISHER)
    elif name == "Group":
        raise PayloadRejected("attributes came by group of series", where, "ask for all dimensions at the observation")
    elif name == "Message":
        code = element.get("code")
        raise PayloadRejected(f"the publisher added a message of code {code}", where, LOOK_AT_PUBLISHER)


def _row(observation: Any) -> dict[str, Cell]:
    """The plain attributes of an observation, and of the series and data set around it."""
    row: dict[str, Cell] = {}
    for element in (*reversed(list(observation.iterancestors("{*}Series", "{*}DataSet"))), observation):
        attributes = element.attrib.items()
        row |= {name: cell for name, cell in attributes if not name.startswith("{") and name not in OWN_ATTRIBUTES}
    return row


def _forget(element: Any) -> None:
    """Free an element that was read, and those before it, so that a large message never stands in memory."""
    element.clear(keep_tail=False)
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
