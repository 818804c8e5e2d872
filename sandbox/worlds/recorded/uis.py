"""Recorded records of the UNESCO Institute for Statistics, under the spelling of today's API.

The total of inbound students (26637) and the net flow (MENF.5T8) are records of 2025. The other indicators are those of
the bulk release of February 2019, which spells ids and countries in lower case (``oe_5t8_40510``, ``aut``) and regions
by number. Its countries and the institute's own regions are served under the API's names; its other groups (of income,
of the Sustainable Development Goals, of the least developed) are left out, because their members have changed since.
The institute's version of neither is known, so the one release that is offered carries the year of the newer files and
a digest of both; each indicator's metadata say which of the two it is from.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from sandbox.worlds import Table

RECORDS = "unesco_uis/records_2025/inbound_and_netflow_records.csv.gz"
BULK = "unesco_uis/bulk_2019_02"
NAMES = f"{BULK}/ddf--concepts--continuous.csv.gz"
GEO_UNITS = "unesco_uis/api_recordings/definitions_geounits.json"
OF_2025 = ("26637", "MENF.5T8")
# The files name their year only; this is its first day.
UPDATED_2025, UPDATED_BULK = "2025-01-01", "2019-02-01"
REGIONS = {
    "40500": "UIS: North America and Western Europe",
    "40505": "UIS: Central Asia",
    "40510": "UIS: World",
    "40515": "UIS: East Asia and the Pacific",
    "40520": "UIS: Latin America and the Caribbean",
    "40525": "UIS: Arab States",
    "40530": "UIS: Central and Eastern Europe",
    "40535": "UIS: South and West Asia",
    "40540": "UIS: Sub-Saharan Africa",
}
Record = tuple[str, str, str, float, str | None, str | None]


def table(folder: Path, name: str) -> Table | None:
    """``versions``, ``geounits``, or an indicator by its id in the API."""
    if not (folder / RECORDS).is_file():
        return None
    if name == "versions":
        return _versions(folder)
    if name == "geounits":
        return _geo_units(folder)
    records = list(_records_of_2025(folder, name) if name in OF_2025 else _records_of_bulk(folder, name))
    if not records:
        return None
    fields = ("indicatorId", "geoUnit", "year", "value", "magnitude", "qualifier")
    rows = pa.table(dict(zip(fields, map(list, zip(*records, strict=True)), strict=True)))
    labels = {"indicatorId": {name: _names(folder)[bulk_id(name)]}}
    return Table(rows, UPDATED_2025 if name in OF_2025 else UPDATED_BULK, labels)


def bulk_id(indicator: str) -> str:
    """How the bulk release spells an id."""
    return indicator.lower().replace(".", "_")


def _csv(path: Path) -> Iterator[dict[str, str]]:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    yield from csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))


def _records_of_2025(folder: Path, indicator: str) -> Iterator[Record]:
    for row in _csv(folder / RECORDS):
        if row["indicatorId"] == indicator:
            value, words = float(row["value"]), (row["magnitude"] or None, row["qualifier"] or None)
            yield (indicator, row["geoUnit"], row["year"], value, *words)


def _records_of_bulk(folder: Path, indicator: str) -> Iterator[Record]:
    path = folder / BULK / f"ddf--datapoints--{bulk_id(indicator)}--by--location--time.csv"
    if not path.is_file():
        return
    for row in _csv(path):
        code = row["location"]
        unit = code.upper() if code.isalpha() else REGIONS.get(code)
        if unit is not None:
            yield indicator, unit, row["time"], float(row[bulk_id(indicator)]), None, None


def _names(folder: Path) -> dict[str, str]:
    return {row["concept"]: row["name"] for row in _csv(folder / NAMES)}


def _versions(folder: Path) -> Table:
    digest = hashlib.sha256()
    for path in [folder / RECORDS, *sorted((folder / BULK).iterdir())]:
        digest.update(path.read_bytes())
    description = "Recordings: 26637 and MENF.5T8 of 2025, the other indicators of the release of February 2019"
    version = f"{UPDATED_2025.replace('-', '')}-{digest.hexdigest()[:8]}"
    rows = pa.table({"version": [version], "published": [UPDATED_2025], "description": [description]})
    return Table(rows, UPDATED_2025)


def _geo_units(folder: Path) -> Table:
    """The units the institute defines, as far as recorded, and those its records name."""
    defined = {entry["id"] for entry in json.loads((folder / GEO_UNITS).read_text(encoding="utf-8"))}
    defined |= {row["geoUnit"] for row in _csv(folder / RECORDS)}
    return Table(pa.table({"id": sorted(defined)}), UPDATED_2025)
