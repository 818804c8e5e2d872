"""One module per protocol; a source is three verbs: probe, fetch, read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import duckdb
import pyarrow as pa

from ingestion.catalog import Dataset, Part
from ingestion.errors import CatalogError
from ingestion.http import Answer, Body, Client

Batch: TypeAlias = pa.Table | duckdb.DuckDBPyRelation
"""Rows of one part. A relation of the connection given is read only when its rows are wanted, and an error of
DuckDB about the text it reads then counts as the protocol's own ``PayloadRejected``."""


@dataclass(frozen=True)
class Mark:
    """What we last settled of a part: its ``version``, and the ``edition`` of the whole dataset then."""

    version: str | None
    edition: str | None


@dataclass(frozen=True)
class Probe:
    """What the cheapest question showed: the edition of the whole dataset now (None if it
    cannot be known), and which of the known parts are as we settled them."""

    edition: str | None
    unchanged: frozenset[str]


@dataclass
class Fetched:
    """The answers to one part's download, in page order, growing while pages arrive."""

    version: str | None = None
    edition: str | None = None
    answers: list[Answer] = field(default_factory=list)

    def discard(self) -> None:
        """Forget answers that turned out to be none of the part's payloads."""
        for answer in self.answers:
            answer.path.unlink()
        self.answers.clear()


class SourceProtocol(Protocol):
    """How a protocol is spoken. Everything else (retries, budgets, landing, acceptance) is written once."""

    def probe(self, client: Client, dataset: Dataset, known: Mapping[str, Mark]) -> Probe:
        """Ask whether known parts changed, as cheaply as the provider allows."""
        ...

    def fetch(self, client: Client, dataset: Dataset, part: Part, fetched: Fetched) -> None:
        """Download one part into ``fetched``, which keeps what arrived when this raises.

        Raises:
            SeriesWithdrawn: the provider no longer has the part.
            PayloadRejected: the answer is not what the protocol promises.
            ProviderUnavailable: no whole answer this time.
        """
        ...

    def read(self, connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, bodies: list[Body]) -> Batch:
        """Type the bodies strictly: the catalog's columns, in order.

        Raises:
            PayloadRejected: a value, field or row is not what the protocol promises.
        """
        ...


def protocol_of(dataset: Dataset) -> SourceProtocol:
    """The module object that speaks a dataset's protocol.

    Raises:
        CatalogError: nobody speaks it.
    """
    from ingestion.sources import data360, files, lehd, sdmx, uis, unhcr, world_bank

    speakers: dict[str, SourceProtocol] = {
        "data360": data360.Observations(),
        "uis": uis.Indicators(),
        "unhcr": unhcr.Pairs(),
        "file": files.Files(),
        "lehd": lehd.JobFlows(),
        "oecd": sdmx.Oecd(),
        "eurostat": sdmx.Eurostat(),
        "ilo": sdmx.Ilo(),
        "sdmx_codelist": sdmx.Codelists(),
        "world_bank_country": world_bank.CountryList(),
        "world_bank_indicator": world_bank.Indicators(),
        "world_bank_archive": world_bank.Archive(),
    }
    if dataset.protocol not in speakers:
        raise CatalogError(
            f"nobody speaks protocol '{dataset.protocol}'",
            f"catalog, dataset {dataset.id}",
            "use one of " + ", ".join(sorted(speakers)),
        )
    return speakers[dataset.protocol]
