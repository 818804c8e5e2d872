"""A data message in whatever format it came, read into the catalog's columns."""

from __future__ import annotations

import duckdb

from ingestion.catalog import Dataset, Part
from ingestion.errors import CatalogError, PayloadRejected
from ingestion.http import Body
from ingestion.sources import Batch
from ingestion.sources.sdmx import csv_message, json_message, json_stat, xml_message
from ingestion.sources.typed import LOOK_AT_PUBLISHER

CSV, JSON, XML, JSON_STAT = "csv", "json", "xml", "json-stat"
FORMATS = (CSV, JSON, XML, JSON_STAT)


def format_of(dataset: Dataset) -> str:
    """The format the catalog asks for: CSV where it names none.

    Raises:
        CatalogError: nobody reads that format.
    """
    name = dataset.parameters.get("format", CSV)
    if name not in FORMATS:
        where = f"catalog, dataset {dataset.id}"
        raise CatalogError(f"nobody reads format '{name}'", where, f"use one of {', '.join(FORMATS)}")
    return name


def read(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, bodies: list[Body], cut_at: int | None = None
) -> Batch:
    """One row per observation: the catalog's columns, in order, of the catalog's types.

    ``cut_at`` is the number of observations at which the publisher cuts an answer without a word.

    Raises:
        PayloadRejected: the message is not of the format, or a value, name or row is not what the catalog promises.
    """
    where = f"{dataset.id}/{part.id}"
    body = only(bodies, where)
    name = format_of(dataset)
    if name == CSV:
        return csv_message.read(connection, dataset, body, where, cut_at)
    if name == XML:
        observations = xml_message.read(body, where, dataset.parameters.get("sentinel_period"))
    else:
        observations = (json_message if name == JSON else json_stat).read(body, where)
    if observations.n_rows == cut_at:
        raise csv_message.cut(observations.n_rows, where)
    return observations.table(dataset, where)


def only(bodies: list[Body], where: str) -> Body:
    """The body of a part that is one message.

    Raises:
        PayloadRejected: there are more of them, or none.
    """
    if len(bodies) != 1:
        raise PayloadRejected(f"{len(bodies)} bodies came where one was asked for", where, LOOK_AT_PUBLISHER)
    return bodies[0]
