"""What the folder ``eurostat`` holds of the publisher's dissemination service: five tables, none of them whole.

* ``migr_pop1ctz``: one JSON-stat body, foreigners and stateless people on 1 January, 2010-2022.
* ``lfsa_eoqgan``: two JSON-stat bodies kept in one file with their questions: the union in 2014 and 2024, and every
  place in 2024. The table is both; where both have a cell they agree. The file has them indented anew, so that the
  bodies served are the same documents, not the same bytes.
* ``migr_emi1ctz``, ``migr_imm1ctz``, ``migr_resfirst``: SDMX-CSV with labels, of Albania's citizens and of the groups.

A table is as old as its body says; of the three downloads only the month is known.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa

from sandbox.worlds import File, Table

SERVICE = "ec.europa.eu/eurostat/api/dissemination"
STATISTICS, DATA = f"{SERVICE}/statistics/1.0/data", f"{SERVICE}/sdmx/2.1/data"
CSV_FILES = {code: f"{code}_AL.csv.gz" for code in ("migr_emi1ctz", "migr_imm1ctz", "migr_resfirst")}
DOWNLOADED = "2026-06-01T11:00:00+0200"
CITIZENS = "migr_pop1ctz"
OVERQUALIFIED = "lfsa_eoqgan"
CODES = (OVERQUALIFIED, CITIZENS, *CSV_FILES)
NO_FIGURE = frozenset({"format", "lang"})
"""Parameters of a question that choose no figure."""


def table(folder: Path, name: str) -> Table | None:
    """A table by its code."""
    source = folder / "eurostat"
    if name not in CODES or not source.is_dir():
        return None
    if name in CSV_FILES:
        return _csv_table(_csv_body(source, name))
    documents = [json.loads(body) for body in _json_bodies(source, name).values()]
    return _json_stat_table(documents)


def file(folder: Path, address: str) -> File | None:
    """A recorded body, by the address it answers: path, then the parameters in alphabetical order.

    The path alone stands for the whole of the table; ``labels=name`` for the download with labels.
    """
    source = folder / "eurostat"
    if not address.startswith(SERVICE) or not source.is_dir():
        return None
    path, _, query = address.partition("?")
    code = path.rpartition("/")[2]
    if path == f"{DATA}/{code}" and code in CSV_FILES and query == "labels=name":
        return File(_csv_body(source, code), DOWNLOADED)
    if path == f"{STATISTICS}/{code}" and code in (CITIZENS, OVERQUALIFIED):
        body = _json_bodies(source, code).get(query)
        return None if body is None else File(body, json.loads(body)["updated"])
    return None


def _csv_body(source: Path, code: str) -> bytes:
    return gzip.decompress((source / "sdmx_csv" / CSV_FILES[code]).read_bytes())


def _json_bodies(source: Path, code: str) -> dict[str, bytes]:
    """Question -> body."""
    if code == CITIZENS:
        return {"": (source / "json_stat" / f"{code}.json").read_bytes()}
    recordings = json.loads((source / "json_stat" / f"{code}_with_queries.json").read_text(encoding="utf-8"))
    return {
        _question(recording["params"]): json.dumps(
            recording["respuesta"], ensure_ascii=False, separators=(",", ":")
        ).encode()
        for recording in recordings
    }


def _question(parameters: Mapping[str, str | list[str]]) -> str:
    chosen = {name: value for name, value in sorted(parameters.items()) if name not in NO_FIGURE}
    return urlencode(chosen, doseq=True)


# --- SDMX-CSV ------------------------------------------------------------------------------------------------


def _csv_table(body: bytes) -> Table:
    """Behind the first three columns each column is followed by one of its names."""
    header, *rows = csv.reader(io.StringIO(body.decode(), newline=""))
    columns = {name: [row[place] for row in rows] for place, name in enumerate(header)}
    names = header[3::2]
    labels = {
        name: dict(sorted(zip(columns[name], columns[header[header.index(name) + 1]], strict=True)))
        for name in names
        if name not in ("TIME_PERIOD", "OBS_VALUE")
    }
    return Table(_rows({name: columns[name] for name in names}), DOWNLOADED, labels)


def _rows(columns: Mapping[str, list[str]]) -> pa.Table:
    return pa.table(
        {
            name: pa.array([float(cell) if cell else None for cell in cells], pa.float64())
            if name == "OBS_VALUE"
            else pa.array([cell or None for cell in cells], pa.string())
            for name, cells in columns.items()
        }
    )


# --- JSON-stat -----------------------------------------------------------------------------------------------


def _json_stat_table(documents: list[dict[str, Any]]) -> Table:
    """The cells of every document that have a value or a flag, each once."""
    cells: dict[tuple[str, ...], tuple[float | None, str | None]] = {}
    labels: dict[str, dict[str, str]] = {}
    for document in documents:
        cells.update(_cells(document))
        for name, dimension in document["dimension"].items():
            labels[name] = labels.get(name, {}) | dimension["category"]["label"]
    names = ["TIME_PERIOD" if name == "time" else name for name in documents[0]["id"]]
    columns = dict(zip(names, zip(*cells, strict=True), strict=True))
    values, flags = zip(*cells.values(), strict=True)
    rows = pa.table(
        {
            **{name: pa.array(codes, pa.string()) for name, codes in columns.items()},
            "OBS_VALUE": pa.array(values, pa.float64()),
            "OBS_FLAG": pa.array(flags, pa.string()),
        }
    )
    del labels["time"]
    return Table(rows, max(document["updated"] for document in documents), labels)


def _cells(document: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], tuple[float | None, str | None]]]:
    codes = [_in_order(document["dimension"][name]["category"]["index"]) for name in document["id"]]
    values, flags = document["value"], document.get("status", {})
    for index in sorted(values.keys() | flags.keys(), key=int):
        yield _key(int(index), codes), (values.get(index), flags.get(index))


def _in_order(index: Mapping[str, int]) -> list[str]:
    return sorted(index, key=lambda code: index[code])


def _key(index: int, codes: list[list[str]]) -> tuple[str, ...]:
    """The codes of a cell from its place in row-major order."""
    key = []
    for listed in reversed(codes):
        index, place = divmod(index, len(listed))
        key.append(listed[place])
    return tuple(reversed(key))
