"""The recorded bilateral remittance matrix of 2021, as records of Data360's ``WB_KNOMAD_BRE``.

The workbook of December 2022 and the API are two forms of one table: every filled cell of the matrix, the row and the
column WORLD included, is a record of the API, 10,619 in all and 135 of them with the United States as sender. Rows
send, columns receive, figures are millions of US$. Of inflows and outflows by country and year nothing is recorded.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
from python_calamine import CalamineWorkbook

from sandbox.errors import SandboxError
from sandbox.worlds import Table

WORKBOOK = "world_bank/bilateral/bilateral_remittance_matrix_2021.xlsx"
COUNTRIES = "world_bank/metadata/country.element1.json"
BILATERAL = "WB_KNOMAD_BRE"
YEAR = "2021"
UPDATED = "2022-12-01"
"""The workbook names its month only; this is its first day."""
HEADER_ROW = 1
WORLD = "WORLD"
OTHER_NAMES = {
    "Czech Republic": "CZE",
    "Faeroe Islands": "FRO",
    "Korea, Dem. Rep.": "PRK",
    "Turkey": "TUR",
    "Vietnam": "VNM",
    WORLD: "WLD",
}
"""Names that the list of countries spells otherwise today."""


def table(folder: Path, name: str) -> Table | None:
    """The matrix, as one record per filled cell."""
    path = folder / WORKBOOK
    if name != BILATERAL or not path.is_file():
        return None
    codes = _codes(folder)
    grid = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    receivers = [str(cell).strip() for cell in grid[HEADER_ROW][1:]]
    senders: list[str] = []
    records: list[tuple[str, str, float]] = []
    for row in grid[HEADER_ROW + 1 :]:
        sender = str(row[0]).strip()
        senders.append(_code(codes, sender))
        filled = [(receiver, cell) for receiver, cell in zip(receivers, row[1:], strict=True) if cell != ""]
        records += [(senders[-1], f"WB_KNOMAD_{_code(codes, receiver)}", float(str(cell))) for receiver, cell in filled]
        if sender == WORLD:  # foot-notes follow
            break
    reference, counterpart, values = zip(*records, strict=True)
    rows = pa.table(
        {
            "REF_AREA": reference,
            "COMP_BREAKDOWN_1": counterpart,
            "TIME_PERIOD": [YEAR] * len(records),
            "OBS_VALUE": values,
        }
    )
    return Table(rows, UPDATED)


def _codes(folder: Path) -> dict[str, str]:
    entries = json.loads((folder / COUNTRIES).read_text(encoding="utf-8"))
    return {entry["name"].strip(): entry["id"] for entry in entries} | OTHER_NAMES


def _code(codes: dict[str, str], name: str) -> str:
    if name not in codes:
        where = f"recorded figures, file {Path(WORKBOOK).name}"
        raise SandboxError(f"there is no code for '{name}'", where, "add the name to the sandbox's OTHER_NAMES")
    return codes[name]
