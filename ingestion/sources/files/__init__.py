"""Bulk files: one file holds a whole table, its ETag, date or digest is its version.

A file is at an address of the publisher, or a person places it in the inbox (``ingestion.inbox``). The catalog entry
says how its table is read (``layouts``); tables that need unfolding have code (``shapes``).
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from ingestion import inbox
from ingestion.catalog import Dataset, Part
from ingestion.errors import CatalogError
from ingestion.http import Body, Client, version_of
from ingestion.sources import Batch, Fetched, Mark, Probe
from ingestion.sources.files import arrival
from ingestion.sources.files.shapes import shape_of
from ingestion.sources.files.tables import where_of


class Files:
    """The protocol of bulk files."""

    def probe(self, client: Client, dataset: Dataset, known: Mapping[str, Mark]) -> Probe:
        """One conditional request per file; a file that several datasets read is asked for once a night."""
        unchanged = {part for part, mark in known.items() if not _is_changed(client, dataset, part, mark.version)}
        return Probe(None, frozenset(unchanged))

    def fetch(self, client: Client, dataset: Dataset, part: Part, fetched: Fetched) -> None:
        """The file, found whole and of bearable size, inside too.

        Raises:
            Absent: it is neither in the inbox nor with a local origin.
            PayloadRejected: it is no such file.
            ProviderUnavailable: it did not come whole this time.
        """
        where, address = where_of(dataset, part), _address(dataset, part)
        answer = inbox.take(client, address, where) if inbox.is_address(address) else client.get(address, where)
        fetched.answers.append(answer)
        fetched.version = fetched.edition = version_of(answer)
        arrival.check(answer.body, client.source.largest_payload_bytes, where)

    def read(self, connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, bodies: list[Body]) -> Batch:
        """The table of the file, as its layout or shape reads it."""
        return shape_of(dataset)(connection, dataset, part, bodies[0])


def _is_changed(client: Client, dataset: Dataset, part_id: str, version: str | None) -> bool:
    if version is None:
        return True
    where, address = f"{dataset.id}, probe", _address(dataset, dataset.part(part_id))
    if inbox.is_address(address):
        return inbox.is_changed(client, address, where, version)
    return client.ask_if_changed(address, where, version)


def _address(dataset: Dataset, part: Part) -> str:
    """Where the file of a part is: the endpoint, with the part's parameters in its gaps.

    Raises:
        CatalogError: a gap has no parameter.
    """
    try:
        return dataset.endpoint.format_map(part.parameters)
    except KeyError as error:
        raise CatalogError(
            f"part '{part.id}' has no parameter {error} for the endpoint {dataset.endpoint}",
            f"catalog, dataset {dataset.id}",
            "add it to the part's parameters",
        ) from error
