"""The OECD's SDMX service: data by flow and key, code lists by flow.

A refusal may come as HTTP 200, and an answer stops at a million observations without a word.
https://gitlab.algobank.oecd.org/public-documentation/dotstat-migration
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode

import duckdb
import pyarrow as pa
import requests

from ingestion.catalog import Dataset, Part
from ingestion.errors import CatalogError, PayloadRejected, SeriesWithdrawn
from ingestion.http import Answer, Body, Client, version_of
from ingestion.sources import Batch, Fetched, Mark, Probe
from ingestion.sources.sdmx import message, structure
from ingestion.sources.sdmx.constraint import STRUCTURE_XML, Flow, valid_from

OBSERVATIONS_AT_MOST = 1_000_000
DATA_XML = {"Accept": "application/vnd.sdmx.data+xml; version=3.0.0"}
PERIODS = ("startPeriod", "endPeriod")
KEY_ARITY = re.compile(rb"expecting (\d+) got (\d+)")
NO_RECORDS, NO_RESULTS = b"NoRecordsFound", b"NoResultsFound"
# Statuses by which the service has refused a key it does not like.
KEY_REFUSED = (requests.codes.forbidden, requests.codes.not_found)


def overrun(head: bytes) -> str | None:
    """What is wrong with a body that says the limit of requests is passed; it has come as HTTP 200."""
    if head.lstrip().startswith(b"You have exceeded"):
        return "the service says that its limit of requests is passed"
    return None


class Oecd:
    """``/data/{flow}/{key}``: the observations of a flow, or of the part of it that the key names."""

    def probe(self, client: Client, dataset: Dataset, known: Mapping[str, Mark]) -> Probe:
        """The flow's last update; all flows of an agency share the question."""
        if not known:
            return Probe(None, frozenset())
        edition = self._last_update(client, dataset, f"{dataset.id}, probe")
        unchanged = (part for part, mark in known.items() if edition and mark.version == edition)
        return Probe(edition, frozenset(unchanged))

    def fetch(self, client: Client, dataset: Dataset, part: Part, fetched: Fetched) -> None:
        """One request for the whole part. Its version was asked for before, so that an update between is not missed.

        A key of wildcards only asks for what ``/all`` asks for: a flow that refuses the one is asked the other.
        """
        where = f"{dataset.id}/{part.id}"
        fetched.version = fetched.edition = self._last_update(client, dataset, where)
        key = parameter(dataset, part, "key")
        try:
            answer = self._get(client, dataset, part, key, where)
        except PayloadRejected as error:
            if set(key) != {"."} or error.status not in KEY_REFUSED or KEY_ARITY.search(_head(error)):
                raise _as_said(error, _head(error), where) from error
            answer = self._get_all(client, dataset, part, where)
        fetched.answers.append(answer)
        fetched.version = fetched.version or version_of(answer)
        _raise_if_nothing(answer.body.head(), where)

    def read(self, connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, bodies: list[Body]) -> Batch:
        """One row per observation; see ``message.read``."""
        return message.read(connection, dataset, part, bodies, cut_at=OBSERVATIONS_AT_MOST)

    def _get_all(self, client: Client, dataset: Dataset, part: Part, where: str) -> Answer:
        try:
            return self._get(client, dataset, part, "all", where)
        except PayloadRejected as error:
            raise _as_said(error, _head(error), where) from error

    def _get(self, client: Client, dataset: Dataset, part: Part, key: str, where: str) -> Answer:
        name = message.format_of(dataset)
        asked = {period: part.parameters[period] for period in PERIODS if period in part.parameters}
        if name != message.XML:
            asked["dimensionAtObservation"] = "AllDimensions"
            asked["format"] = "jsondata" if name == message.JSON else "csvfile"
        url = address(dataset.endpoint, key, asked)
        return client.get(url, where, DATA_XML if name == message.XML else None, overrun)

    def _last_update(self, client: Client, dataset: Dataset, where: str) -> str | None:
        service, _, name = dataset.endpoint.partition("/data/")
        return valid_from(client, service, Flow.named(name, ",", dataset), where, overrun)


class Codelists:
    """``/dataflow/{flow}?references=all``: the dimensions of a flow and their codes, one part per flow.

    Codes change with the data that use them, so the flow's last update marks the version of its lists too.
    """

    def probe(self, client: Client, dataset: Dataset, known: Mapping[str, Mark]) -> Probe:
        """The last update of each flow, from the questions that the data ask anyway."""
        now = {part: self._last_update(client, dataset, dataset.part(part), f"{dataset.id}, probe") for part in known}
        return Probe(None, frozenset(part for part, mark in known.items() if now[part] and mark.version == now[part]))

    def fetch(self, client: Client, dataset: Dataset, part: Part, fetched: Fetched) -> None:
        """The flow with all that it refers to, in one message."""
        where = f"{dataset.id}/{part.id}"
        fetched.version = fetched.edition = self._last_update(client, dataset, part, where)
        url = f"{dataset.endpoint}/{parameter(dataset, part, 'path')}?{urlencode({'references': 'all'})}"
        try:
            answer = client.get(url, where, STRUCTURE_XML, overrun)
        except PayloadRejected as error:
            raise _as_said(error, _head(error), where) from error
        fetched.answers.append(answer)
        fetched.version = fetched.version or version_of(answer)
        _raise_if_nothing(answer.body.head(), where)

    def read(
        self,
        connection: duckdb.DuckDBPyConnection,  # noqa: ARG002 (the lists are small)
        dataset: Dataset,
        part: Part,
        bodies: list[Body],
    ) -> pa.Table:
        """One row per dimension (or coded attribute) and code."""
        where = f"{dataset.id}/{part.id}"
        return structure.codes(part.id, message.only(bodies, where).content(), where).table(dataset, where)

    def _last_update(self, client: Client, dataset: Dataset, part: Part, where: str) -> str | None:
        service = dataset.endpoint.removesuffix("/dataflow")
        flow = Flow.named(parameter(dataset, part, "path"), "/", dataset)
        return valid_from(client, service, flow, where, overrun)


def parameter(dataset: Dataset, part: Part, name: str) -> str:
    """What the catalog says about a part for its protocol.

    Raises:
        CatalogError: it says nothing.
    """
    if name not in part.parameters:
        where = f"catalog, dataset {dataset.id}, part {part.id}"
        raise CatalogError(f"parameters.{name} is missing", where, "add it")
    return part.parameters[name]


def address(endpoint: str, key: str, asked: Mapping[str, str]) -> str:
    """The address of a data query; codes of a key are joined by + as they are."""
    query = f"?{urlencode(asked)}" if asked else ""
    return f"{endpoint}/{quote(key, safe='+.,@:*')}{query}"


def _head(error: PayloadRejected) -> bytes:
    """The first bytes of what came with an error status."""
    return error.answer.body.head() if error.answer is not None else b""


def _as_said(error: PayloadRejected, head: bytes, where: str) -> PayloadRejected | SeriesWithdrawn:
    """The refusal in words that say what to mend, with the answer that came."""
    arity = KEY_ARITY.search(head)
    if arity:
        expected, sent = (number.decode() for number in arity.groups())
        mended = PayloadRejected(
            f"the key has {sent} parts where the flow has {expected}",
            where,
            f"give parameters.key of the part {expected} parts in the catalog, in the order of the flow's dimensions",
        )
        mended.answer, mended.status = error.answer, error.status
        return mended
    if NO_RECORDS in head:
        return _withdrawn(where)
    if NO_RESULTS in head:
        mended = PayloadRejected(
            f"the service found nothing of that name (HTTP {error.status}, NoResultsFound), as it also says to a key "
            "with a wrong number of parts",
            where,
            "compare flow, version and number of key parts in the catalog with the publisher's structure",
        )
        mended.answer, mended.status = error.answer, error.status
        return mended
    return error


def _raise_if_nothing(head: bytes, where: str) -> None:
    """An answer with HTTP 200 may say that there is nothing."""
    words = head.strip()
    if words.startswith(NO_RECORDS):
        raise _withdrawn(where)
    if words.startswith(NO_RESULTS):
        raise PayloadRejected("the service found nothing of that name", where, "check flow and version in the catalog")


def _withdrawn(where: str) -> SeriesWithdrawn:
    return SeriesWithdrawn(
        "the service has no records for the key",
        where,
        "compare parameters.key with the codes of the flow; if it is right, take the part out of the catalog",
    )
