"""The ILO's SDMX service: SDMX-CSV by flow and key. It serves browsers only, others get 403 or an empty body."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from ingestion.catalog import Dataset, Part
from ingestion.http import Body, Client, version_of
from ingestion.sources import Batch, Fetched, Mark, Probe
from ingestion.sources.sdmx import message
from ingestion.sources.sdmx.oecd import PERIODS, address, parameter


def emptied(head: bytes) -> str | None:
    """What is wrong with an empty body; it comes as HTTP 200."""
    return None if head.strip() else "the body is empty, as the service sends to clients it takes for no browser"


class Ilo:
    """``/data/{flow}/{key}``. The service has no catalogue of updates, so each part is asked whether it changed."""

    def probe(self, client: Client, dataset: Dataset, known: Mapping[str, Mark]) -> Probe:
        """One conditional request per known part."""
        unchanged = [
            part
            for part, mark in known.items()
            if mark.version
            and not client.ask_if_changed(
                self._url(dataset, dataset.part(part)), f"{dataset.id}/{part}, probe", mark.version
            )
        ]
        return Probe(None, frozenset(unchanged))

    def fetch(self, client: Client, dataset: Dataset, part: Part, fetched: Fetched) -> None:
        """One request for the whole part; what marks the file marks its version."""
        answer = client.get(self._url(dataset, part), f"{dataset.id}/{part.id}", refusal=emptied)
        fetched.answers.append(answer)
        fetched.version = fetched.edition = version_of(answer)

    def read(self, connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, bodies: list[Body]) -> Batch:
        """One row per observation; see ``message.read``."""
        return message.read(connection, dataset, part, bodies)

    def _url(self, dataset: Dataset, part: Part) -> str:
        periods = {period: part.parameters[period] for period in PERIODS if period in part.parameters}
        return address(dataset.endpoint, parameter(dataset, part, "key"), periods)
