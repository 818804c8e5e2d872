"""Eurostat's dissemination service: SDMX-CSV by key, or JSON-stat by filters; one table of contents tells what is new.

A heavy query is answered "later" with HTTP 413, or with HTTP 200 and a 413 inside.
https://ec.europa.eu/eurostat/web/user-guides/data-browser/api-data-access
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlencode

import duckdb
import requests

from ingestion.catalog import Dataset, Part
from ingestion.errors import PayloadRejected, ProviderUnavailable, SeriesWithdrawn
from ingestion.http import Body, Client, version_of
from ingestion.sources import Batch, Fetched, Mark, Probe
from ingestion.sources.sdmx import message
from ingestion.sources.sdmx.oecd import PERIODS, address, parameter
from ingestion.sources.typed import LOOK_AT_PUBLISHER

CONTENTS = "/catalogue/toc/txt?lang=en"
CODE, UPDATED = "code", "last update of data"
TOO_BIG = "EXTRACTION_TOO_BIG"
# As JSON, and as the footer of an SDMX-ML message.
ASYNCHRONOUS = re.compile(rb"ASYNCHRONOUS_RESPONSE|<[A-Za-z0-9_]*:?Message\s[^>]*code=\"413\"")


def deferred(head: bytes) -> str | None:
    """What is wrong with a body that puts the answer off; it comes as HTTP 200."""
    if ASYNCHRONOUS.search(head):
        return "the service wants to answer later (413 inside the answer)"
    return None


class Eurostat:
    """``/sdmx/2.1/data/{code}/{key}`` or ``/statistics/1.0/data/{code}``: one table, or the part the filters leave."""

    def probe(self, client: Client, dataset: Dataset, known: Mapping[str, Mark]) -> Probe:
        """The table's last update in the table of contents, which is one question for all tables."""
        if not known:
            return Probe(None, frozenset())
        edition = self._last_update(client, dataset, f"{dataset.id}, table of contents")
        unchanged = (part for part, mark in known.items() if edition and mark.version == edition)
        return Probe(edition, frozenset(unchanged))

    def fetch(self, client: Client, dataset: Dataset, part: Part, fetched: Fetched) -> None:
        """One request for the whole part. Its version was asked for before, so that an update between is not missed."""
        where = f"{dataset.id}/{part.id}"
        fetched.version = fetched.edition = self._last_update(client, dataset, where)
        try:
            answer = client.get(self._url(dataset, part), where, refusal=deferred)
        except PayloadRejected as error:
            if error.status == requests.codes.not_found and b"ERR_NOT_FOUND" in error.answer.body.head():
                next_step = "look the code up in the publisher's table of contents, and mend the catalog"
                raise SeriesWithdrawn(f"the table is not available ({error.what})", where, next_step) from error
            raise
        except ProviderUnavailable as error:
            if TOO_BIG in error.what:
                raise self._too_big(where) from error
            raise
        fetched.answers.append(answer)
        fetched.version = fetched.version or version_of(answer)
        if TOO_BIG.encode() in answer.body.head():
            raise self._too_big(where)

    def read(self, connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, bodies: list[Body]) -> Batch:
        """One row per observation; see ``message.read``."""
        return message.read(connection, dataset, part, bodies)

    def _url(self, dataset: Dataset, part: Part) -> str:
        if message.format_of(dataset) == message.JSON_STAT:
            asked = [("format", "JSON"), ("lang", "EN")]
            asked += [(name, code) for name, codes in part.parameters.items() for code in codes.split("+")]
            return f"{dataset.endpoint}?{urlencode(asked)}"
        periods = {period: part.parameters[period] for period in PERIODS if period in part.parameters}
        # A table of ten million rows is 38 MB compressed.
        return address(
            dataset.endpoint,
            parameter(dataset, part, "key"),
            {"format": "SDMX-CSV", "compressed": "true", **periods},
        )

    def _last_update(self, client: Client, dataset: Dataset, where: str) -> str | None:
        """The mark of the table as the table of contents writes it; None if it is not listed."""
        service = re.split("/sdmx/|/statistics/", dataset.endpoint)[0]
        code = dataset.endpoint.rpartition("/")[2].lower()
        try:
            return _updates(client.ask(service + CONTENTS, where)).get(code)
        except KeyError as error:
            what = f"the table of contents has no column {error}"
            raise PayloadRejected(what, where, LOOK_AT_PUBLISHER) from error
        except csv.Error as error:
            what = f"the table of contents cannot be read ({error})"
            raise PayloadRejected(what, where, LOOK_AT_PUBLISHER) from error

    def _too_big(self, where: str) -> PayloadRejected:
        return PayloadRejected(
            "the extraction passes the 5,000,000 rows the service gives at once",
            where,
            "split the part in the catalog, by a narrower key or by startPeriod and endPeriod",
        )


@lru_cache(maxsize=1)
def _updates(contents: bytes) -> dict[str, str]:
    """The last update by table code. A table stands in several places of the contents, with one date."""
    rows = csv.DictReader(io.StringIO(contents.decode("utf-8-sig", "replace")), delimiter="\t")
    for name in (CODE, UPDATED):
        if name not in (rows.fieldnames or ()):
            raise KeyError(name)
    return {row[CODE].strip().lower(): row[UPDATED].strip() for row in rows if row[CODE] and row[UPDATED]}
