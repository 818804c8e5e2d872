"""When the OECD last renewed a flow: the content constraints of its agency, one question for all its flows.

The service does not count questions about structures as data downloads, and ``validFrom`` of the actual constraint is
the moment of the last update.
https://www.oecd.org/en/data/insights/data-explainers/2024/11/Api-best-practices-and-recommendations.html
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache

import requests
from lxml import etree

from ingestion.catalog import Dataset
from ingestion.errors import CatalogError, PayloadRejected
from ingestion.http import Client, Refusal
from ingestion.sources.typed import LOOK_AT_PUBLISHER

STRUCTURE_XML = {"Accept": "application/vnd.sdmx.structure+xml; version=2.1"}
ROOT = "Structure"
# The service keeps at most a few agencies' answers in use in one night.
AGENCIES = 8


@dataclass(frozen=True)
class Flow:
    """A dataflow by its full name."""

    agency: str
    id: str
    version: str

    @classmethod
    def named(cls, name: str, separator: str, dataset: Dataset) -> Flow:
        """The flow of an address such as ``OECD.ELS.IMD,DSD_MIG@DF_MIG,1.0``.

        Raises:
            CatalogError: it is not agency, id and version.
        """
        pieces = name.split(separator)
        if len(pieces) != 3 or not all(pieces):
            where = f"catalog, dataset {dataset.id}"
            raise CatalogError(f"'{name}' is not agency{separator}flow{separator}version", where, "name all three")
        return cls(*pieces)


def valid_from(client: Client, service: str, flow: Flow, where: str, refusal: Refusal) -> str | None:
    """The moment of the flow's last update as sent; None where the service tells of none.

    ``service`` is the address before ``/data`` or ``/dataflow``. Where the service refuses to list the constraints of
    the whole agency, it is asked for the one of this flow.

    Raises:
        ProviderUnavailable: no answer this time.
        PayloadRejected: the answer is no structure message.
    """
    whole = f"{service}/contentconstraint/{flow.agency}/all/latest"
    try:
        body = client.ask(whole, where, STRUCTURE_XML, refusal)
    except PayloadRejected as error:
        if not _is_refused(error):
            raise
        # A refusal is remembered as an empty answer: the agency's other flows need not hear it again.
        client.known[whole] = body = b""
    if not body:
        try:
            single = f"{service}/contentconstraint/{flow.agency}/CR_A_{flow.id}/"
            body = client.ask(single, where, STRUCTURE_XML, refusal)
        except PayloadRejected as error:
            if not _is_refused(error):
                raise
            return None
    try:
        updates = _updates(body)
    except etree.XMLSyntaxError as error:
        raise PayloadRejected(f"the constraints are no XML ({error})", where, LOOK_AT_PUBLISHER) from error
    if updates is None:
        raise PayloadRejected("another XML came instead of the constraints", where, LOOK_AT_PUBLISHER)
    return updates.get(flow)


def _is_refused(error: PayloadRejected) -> bool:
    return error.status is not None and error.status < requests.codes.internal_server_error


@lru_cache(maxsize=AGENCIES)
def _updates(message: bytes) -> dict[Flow, str] | None:
    """The last update of each flow that a structure message has actual constraints of; None for another message."""
    updates: dict[Flow, str] = {}
    constraints = etree.iterparse(
        io.BytesIO(message), tag="{*}ContentConstraint", resolve_entities=False, no_network=True
    )
    for _, constraint in constraints:
        moment = constraint.get("validFrom")
        # Other constraints say what may be there, not what is.
        if constraint.get("type") == "Actual" and moment:
            for reference in constraint.iterfind(".//{*}ConstraintAttachment/{*}Dataflow/Ref"):
                flow = Flow(reference.get("agencyID"), reference.get("id"), reference.get("version"))
                updates[flow] = max(moment, updates.get(flow, ""))
        constraint.clear()
    return updates if etree.QName(constraints.root).localname == ROOT else None
