"""What the folder ``oecd`` holds of the publisher's SDMX service: tables of flows, and answers served as they are.

Tables and their files (below ``oecd``):

* ``DSD_MIG@DF_MIG``: ``DF_MIG_B11_world_2026-03.csv`` (inflows, citizenship World), the three SDMX-JSON bodies of B15
  and the excerpt of rows of B15 that are zero. Another vintage of B11 alone is there too (``OLDER_INFLOWS``).
* ``DSD_MIG_F@DF_MIG_POPF``: the excerpt and the four SDMX-JSON bodies of B14.
* ``DSD_MIG@DF_MIG_NUP_SEX``, ``DSD_MIG_INT@DF_MIG_INT_PER`` and ``_TEMP``,
  ``DSD_EAG_LSO_EA@DF_LSO_NEAC_DISTR_EA_MIGR``: one download each.
* ``DSD_COMPASS@DF_COMPASS_REITER`` and ``DSD_SBRD@DF_SBRD``: SDMX-ML of the science scoreboard, a file per variable.
* ``DSD_HEALTH_WFMI@DF_HEALTH_WFMI``: an export in the layout of the retired service. Its columns say destination,
  country of training, year and the variable "foreign-trained doctors, stock"; in the dimensions of the flow that is
  REF_AREA, ORIGIN, TIME_PERIOD and ``WORKFORCE``. The codes of MEASURE and TRAINING_PLACE are those that the catalog
  takes for them, which no recorded body confirms. The export has no flags: OBS_STATUS is A.

A table is as old as its newest file: the date on which it was downloaded.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa

from sandbox.worlds import File, Table

HOST = "sdmx.oecd.org/public/rest"
PROTOCOL_COLUMNS = frozenset({"STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION"})
TIME, VALUE = "TIME_PERIOD", "OBS_VALUE"

OLDER_INFLOWS = "2025-02"
"""The vintage of ``DSD_MIG@DF_MIG`` that has B11 only, from ``DF_MIG_B11_world_2025-02.csv``."""

CSV_FILES = {
    "DSD_MIG@DF_MIG": ("DF_MIG_B11_world_2026-03.csv", "DF_MIG_B15_zero_rows_excerpt.csv"),
    "DSD_MIG_F@DF_MIG_POPF": ("DF_MIG_POPF_excerpt.csv",),
    "DSD_MIG@DF_MIG_NUP_SEX": ("DF_MIG_NUP_SEX.csv.gz",),
    "DSD_MIG_INT@DF_MIG_INT_PER": ("DF_MIG_INT_PER.csv.gz",),
    "DSD_MIG_INT@DF_MIG_INT_TEMP": ("DF_MIG_INT_TEMP.csv.gz",),
    "DSD_EAG_LSO_EA@DF_LSO_NEAC_DISTR_EA_MIGR": ("DF_LSO_NEAC_DISTR_EA_MIGR.csv.gz",),
}
JSON_FILES = {
    "DSD_MIG@DF_MIG": ("CHL_B15.json", "JPN_B15.json", "USA_B15.json"),
    "DSD_MIG_F@DF_MIG_POPF": ("AUS_B14.json", "CHL_B14.json", "TUR_B14.json", "USA_B14.json"),
}
XML_VARIABLES = {
    "DSD_COMPASS@DF_COMPASS_REITER": ("INFLOW_NB", "OUTFLOW_NB", "RETURN_NB", "STAY_NB", "ANNUAL_FLOWS_NB"),
    "DSD_SBRD@DF_SBRD": ("TP_RS", "G_XGDP"),
}
SCOREBOARD_ATTRIBUTES = (
    "OBS_STATUS",
    "OBS_STATUS_2",
    "OBS_STATUS_3",
    "AUX_OBS_STATUS",
    "AUX_OBS_STATUS_2",
    "CONF_STATUS",
)
WORKFORCE = {
    "FREQ": "A",
    "MEASURE": "STCK",
    "UNIT_MEASURE": "PS",
    "TRAINING_PLACE": "FT",
    "HEALTH_PROF": "PHYS",
    "OBS_STATUS": "A",
    "UNIT_MULT": "0",
    "DECIMALS": "0",
}
"""What the old export says of all its rows by its variable FTDS and by its layout."""
UPDATED = {
    "DSD_MIG@DF_MIG": "2026-09-22",
    "DSD_MIG_F@DF_MIG_POPF": "2026-09-22",
    "DSD_MIG@DF_MIG_NUP_SEX": "2026-03-12",
    "DSD_MIG_INT@DF_MIG_INT_PER": "2026-03-12",
    "DSD_MIG_INT@DF_MIG_INT_TEMP": "2026-03-12",
    "DSD_EAG_LSO_EA@DF_LSO_NEAC_DISTR_EA_MIGR": "2026-03-12",
    "DSD_COMPASS@DF_COMPASS_REITER": "2026-04-20",
    "DSD_SBRD@DF_SBRD": "2026-04-13",
    "DSD_HEALTH_WFMI@DF_HEALTH_WFMI": "2018-12-31",
}
OLDER_INFLOWS_UPDATED = "2025-02-03"
STRUCTURE_UPDATED = "2026-08-17"

_Row = dict[str, str | None]
_Names = dict[str, dict[str, str]]


def table(folder: Path, name: str, vintage: str | None = None) -> Table | None:
    """The table of a flow, such as ``DSD_MIG@DF_MIG``.

    Args:
        folder: Root of the recorded files.
        name: Id of the flow.
        vintage: ``OLDER_INFLOWS`` for the older of the two vintages of B11; the newest of everything without it.
    """
    source = folder / "oecd"
    if name not in UPDATED or not source.is_dir():
        return None
    if vintage == OLDER_INFLOWS and name == "DSD_MIG@DF_MIG":
        rows, names = _read_csv(source / "sdmx_csv" / "DF_MIG_B11_world_2025-02.csv")
        return Table(_table(rows), OLDER_INFLOWS_UPDATED, names)
    rows, names = _rows(source, name)
    return Table(_table(rows), UPDATED[name], names)


def file(folder: Path, address: str) -> File | None:
    """A body that was recorded whole, by the address it answers: path, then the parameters in alphabetical order."""
    path = _bodies().get(address)
    if path is None or not (folder / "oecd" / path).is_file():
        return None
    flow = address.removeprefix(f"{HOST}/data/").partition("/")[0].split(",")[1:2]
    return File((folder / "oecd" / path).read_bytes(), UPDATED[flow[0]] if flow else STRUCTURE_UPDATED)


@cache
def _bodies() -> dict[str, str]:
    """Address -> file below ``oecd``."""
    found = {
        f"{HOST}/dataflow/OECD.ELS.IMD/DSD_MIG@DF_MIG/1.0?references=all": "structures/DSD_MIG_dataflow_metadata.xml"
    }
    versions = {"DSD_COMPASS@DF_COMPASS_REITER": "1.0", "DSD_SBRD@DF_SBRD": "1.2"}
    for flow, variables in XML_VARIABLES.items():
        for variable in variables:
            address = f"{HOST}/data/OECD.STI.STP,{flow},{versions[flow]}/.{variable}?format=xml"
            found[address] = f"sti_scoreboard/{variable}.xml"
    for flow, files in JSON_FILES.items():
        for name in files:
            place, measure = name.removesuffix(".json").split("_")
            key = f"{place}.W.A.{measure}._T._Z._Z.PS"
            query = "endPeriod=2022&format=jsondata&startPeriod=2010"
            found[f"{HOST}/data/OECD.ELS.IMD,{flow},1.0/{key}?{query}"] = f"sdmx_json/{name}"
    return found


# --- reading -------------------------------------------------------------------------------------------------


def _rows(source: Path, name: str) -> tuple[list[_Row], _Names]:
    rows: list[_Row] = []
    names: _Names = {}
    for file_name in CSV_FILES.get(name, ()):
        more, their_names = _read_csv(source / "sdmx_csv" / file_name)
        rows += more
        names = {**names, **their_names}
    for file_name in JSON_FILES.get(name, ()):
        rows += _read_json(source / "sdmx_json" / file_name)
    for variable in XML_VARIABLES.get(name, ()):
        rows += _read_xml(source / "sti_scoreboard" / f"{variable}.xml")
    if name == "DSD_HEALTH_WFMI@DF_HEALTH_WFMI":
        rows, names = _read_workforce(source / "health_workforce" / "HEALTH_WFMI_FTDS_2018.csv")
    return rows, names


def _table(rows: list[_Row]) -> pa.Table:
    """The rows as text, the value as a number; columns in the order of the first row."""
    columns: dict[str, pa.Array] = {}
    for name in rows[0]:
        cells = [row[name] for row in rows]
        if name == VALUE:
            columns[name] = pa.array([None if cell is None else float(cell) for cell in cells], pa.float64())
        else:
            columns[name] = pa.array(cells, pa.string())
    return pa.table(columns)


def _read_csv(path: Path) -> tuple[list[_Row], _Names]:
    """Rows of an SDMX-CSV file, and the names of its codes when it has a column of names behind each column."""
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    lines = csv.reader(io.StringIO(text, newline=""))
    header = next(lines)
    step = 2 if "STRUCTURE_NAME" in header else 1
    first = sum(column in PROTOCOL_COLUMNS for column in header)
    places = range(first, len(header), step)
    rows: list[_Row] = []
    names: _Names = {header[place]: {} for place in places} if step == 2 else {}
    for cells in lines:
        rows.append({header[place]: cells[place] or None for place in places})
        for column, codes in names.items():
            place = header.index(column)
            codes.setdefault(cells[place], cells[place + 1])
    return rows, names


def _read_json(path: Path) -> Iterator[_Row]:
    """Rows of a flat SDMX-JSON 2.0 body: codes by their index, never by position."""
    data = json.loads(path.read_bytes())["data"]
    structure = data["structures"][0]
    in_key, at_observation = structure["dimensions"]["observation"], structure["attributes"]["observation"]
    for key, (value, *indices) in data["dataSets"][0]["observations"].items():
        row: _Row = {
            dimension["id"]: dimension["values"][int(place)]["id"]
            for dimension, place in zip(in_key, key.split(":"), strict=True)
        }
        row[VALUE] = None if value is None else str(value)
        for attribute, index in zip(at_observation, indices, strict=True):
            row[attribute["id"]] = None if index is None else attribute["values"][index]["id"]
        yield row


def _read_xml(path: Path) -> Iterator[_Row]:
    """Rows of a structure-specific SDMX-ML body, in the order of the file."""
    for series in ElementTree.parse(path).getroot().iter():  # noqa: S314 (a file of the folder, not of the net)
        if not series.tag.endswith("}Series"):
            continue
        for observation in series:
            said: Mapping[str, str] = observation.attrib
            row: _Row = {**series.attrib, TIME: said[TIME], VALUE: said.get(VALUE)}
            yield row | {name: said.get(name) for name in SCOREBOARD_ATTRIBUTES}


def _read_workforce(path: Path) -> tuple[list[_Row], _Names]:
    """Rows of the export of the retired service, in the dimensions of today's flow."""
    rows: list[_Row] = []
    names: _Names = {"REF_AREA": {}, "ORIGIN": {}}
    for said in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")):
        names["REF_AREA"][said["COU"]], names["ORIGIN"][said["CO2"]] = said["Country"], said["Country of origin"]
        rows.append(
            {
                "REF_AREA": said["COU"],
                "FREQ": WORKFORCE["FREQ"],
                "MEASURE": WORKFORCE["MEASURE"],
                "UNIT_MEASURE": WORKFORCE["UNIT_MEASURE"],
                "ORIGIN": said["CO2"],
                "TRAINING_PLACE": WORKFORCE["TRAINING_PLACE"],
                "HEALTH_PROF": WORKFORCE["HEALTH_PROF"],
                TIME: said["YEA"],
                VALUE: said["Value"] or None,
                "OBS_STATUS": WORKFORCE["OBS_STATUS"],
                "OBS_STATUS2": None,
                "OBS_STATUS3": None,
                "UNIT_MULT": WORKFORCE["UNIT_MULT"],
                "DECIMALS": WORKFORCE["DECIMALS"],
            }
        )
    return rows, names
