"""Job-to-Job Flows of the US Census Bureau (LEHD): one gzipped CSV file per place and breakdown, of a pinned release.

Every row names all of the publisher's identifiers, and stands at the total of those that the file does not break down
by: ``sex`` 0, ``industry`` 00 and so on. A file holds breakdowns that a dataset does not: rows that are not at the
total of an identifier without a column in the catalog count the same jobs a second time and are left out, and so are
the rows of a file of origins whose destination is another place (they stand in that place's own file) or whose origin
is a metropolitan area. An extract of a file (rows and columns filtered) holds none of the identifiers that the dataset
has no column for; then its rows are the totals, and the part says which place they are of.

The files of a release stay as they are, so the release is their edition; ``latest_release`` says what is newest.
https://lehd.ces.census.gov/data/schema/j2j_latest/lehd_public_use_schema.html
"""

from __future__ import annotations

import csv
import io
import logging
import re
import zlib
from collections.abc import Mapping

import duckdb

from ingestion.catalog import Dataset, Part
from ingestion.errors import CatalogError, PayloadRejected
from ingestion.http import Body, Client
from ingestion.lake import quoted
from ingestion.sources import Batch, Fetched, Mark, Probe
from ingestion.sources.files import Files
from ingestion.sources.files.arrival import GZIP_MARK, gunzipped, opened
from ingestion.sources.files.tables import COMPARE, text_table, typed, where_of

log = logging.getLogger("ingestion")

ALWAYS = {"periodicity": "Q", "seasonadj": "U", "ownercode": "A00", "ownercode_orig": "A00"}
"""Quarterly, not seasonally adjusted, state and local government plus private: all that the named files hold."""
TOTALS = {
    "sex": "0",
    "agegrp": "A00",
    "race": "A0",
    "ethnicity": "A0",
    "education": "E0",
    "industry": "00",
    "firmage": "0",
    "firmsize": "0",
    "industry_orig": "00",
    "firmage_orig": "0",
    "firmsize_orig": "0",
}
"""Code of each identifier that stands for all."""
PLACE_LEVELS = ("N", "S")
"""The nation and states; other levels of ``geo_level_orig`` are metropolitan areas."""
RELEASE = re.compile(rb"\bR\d{4}Q\d\b")


class JobFlows:
    """The files of one release, as the catalog's endpoint pins it."""

    def probe(self, client: Client, dataset: Dataset, known: Mapping[str, Mark]) -> Probe:
        """What the newest release is, one question for all datasets; the files of the pinned one do not change.

        A newer release is said in the log and not moved to: it revises whole histories, so a person moves the pin.
        """
        if not known:
            return Probe(None, frozenset())
        pinned, url = _pinned_release(dataset), dataset.parameters["newest"]
        where = f"{dataset.id}, probe"
        newest = RELEASE.search(client.ask(url, where))
        if newest is None:
            raise PayloadRejected(f"{url} names no release", where, "look at the publisher's page")
        if newest[0].decode() != pinned:
            log.warning(
                "%s: the publisher's newest release is %s, and the catalog pins %s. Next: move the pin.",
                dataset.id,
                newest[0].decode(),
                pinned,
            )
        return Probe(pinned, frozenset(part for part, mark in known.items() if mark.edition == pinned))

    def fetch(self, client: Client, dataset: Dataset, part: Part, fetched: Fetched) -> None:
        """The file, found whole; its edition is the release."""
        Files().fetch(client, dataset, part, fetched)
        fetched.edition = _pinned_release(dataset)

    def read(self, connection: duckdb.DuckDBPyConnection, dataset: Dataset, part: Part, bodies: list[Body]) -> Batch:
        """The rows that the dataset is about, read when they are asked for.

        Raises:
            PayloadRejected: the file is not the one named, or has other columns.
        """
        (body,) = bodies
        where, place = where_of(dataset, part), part.parameters["geography"]
        names = [column.name for column in dataset.columns]
        beside, header = _identifiers_beside(names), _header(body, where)
        if "geography" not in header and not set(beside) & set(header):
            held = [name for name in names if name != "geography"]
            extract = text_table(connection, body, held, where, ignore_others=True)
            return typed(extract.project(f"*, '{place}' as geography"), dataset, {})
        rows = text_table(connection, body, [*names, *beside], where, ignore_others=True)
        return typed(rows.filter(_condition(names, beside, place)), dataset, {})


def _pinned_release(dataset: Dataset) -> str:
    """The release in the endpoint's path.

    Raises:
        CatalogError: there is none.
    """
    found = RELEASE.search(dataset.endpoint.encode())
    if found is None:
        raise CatalogError(
            f"the endpoint {dataset.endpoint} pins no release", f"catalog, dataset {dataset.id}", "name one (R2026Q1)"
        )
    return found[0].decode()


def _header(body: Body, where: str) -> list[str]:
    """The names of the file's first line."""
    try:
        with opened(body) as stored:
            unpacked = gunzipped(stored) if body.head().startswith(GZIP_MARK) else stored
            with io.TextIOWrapper(unpacked, encoding="utf-8-sig", newline="") as lines:
                return next(csv.reader(lines), [])
    except (UnicodeDecodeError, csv.Error, zlib.error, OSError, EOFError) as error:
        raise PayloadRejected(f"the text cannot be read ({error})", where, COMPARE) from error


def _identifiers_beside(names: list[str]) -> list[str]:
    """Identifiers of such a file that the dataset has no column for but whose codes decide about a row."""
    has_origin = "geography_orig" in names
    levels = ["geo_level_orig"] if has_origin else []
    if "year" not in names:
        return levels  # the windows of observation: one row per pair of places
    others = [name for name in (*ALWAYS, *TOTALS) if name not in names]
    return levels + [name for name in others if has_origin or not name.endswith("_orig")]


def _condition(names: list[str], beside: list[str], place: str) -> str:
    """SQL that is true for a row to take, false for one to leave, and an error for one that must not be there."""
    taken = [f"{quoted(name)} = '{TOTALS[name]}'" for name in beside if name in TOTALS]
    if "geo_level_orig" in beside:
        levels = ", ".join(f"'{level}'" for level in PLACE_LEVELS)
        taken.append(f"geo_level_orig in ({levels})")
    if "geography_orig" in names:
        foreign = _refused("geography", f"belongs neither to the origin nor to the destination {place}")
        taken.append(
            f"case when geography = '{place}' then true when geography_orig = '{place}' then false else {foreign} end"
        )
    else:
        taken.append(f"case when geography = '{place}' then true else {_refused('geography', f'is not {place}')} end")
    for name in (name for name in beside if name in ALWAYS):
        refused = _refused(name, f"is not {ALWAYS[name]}, the only one of these files")
        taken.append(f"case when {quoted(name)} = '{ALWAYS[name]}' then true else {refused} end")
    return " and ".join(taken)


def _refused(name: str, finding: str) -> str:
    return f"error(concat('{name} ''', coalesce({quoted(name)}, ''), ''' {finding}'))"
