"""How much it costs to take a large landed SDMX-CSV table into the lake, judged on the way.

Run: ``python benchmarks/sdmx_csv_to_lake.py [--rows 3000000] [--gzip]``. Prints one JSON object: rows, columns, CPU
seconds beyond imports, what a bare copy of the same payload to Parquet took beside it, and the peak resident memory in
MB. Of the 30 columns on the wire only the three about the message are left out.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import shutil
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import duckdb

from ingestion import clock
from ingestion.catalog import Bounds, Catalog, Column, Dataset, load_catalog
from ingestion.home import Home
from ingestion.http import Answer
from ingestion.landing import Landing, Receipt
from ingestion.origin import Origin
from ingestion.pipeline import Pipeline

VERSION = "2026-09-01T00:00:00Z"
PART = "B11"
DIMENSIONS = {"REF_AREA": 25, "CITIZENSHIP": 200, "SEX": 3, "AGE": 10, "EDUCATION_LEV": 5, "BIRTH_PLACE": 4}
FIXED = ("FREQ", "MEASURE", "UNIT_MEASURE", "DURATION", "METHODOLOGY", "ACTIVITY", "OCCUPATION", "TRANSFORMATION")
ATTRIBUTES = tuple(f"ATTRIBUTE_{number:02d}" for number in range(1, 10))
MESSAGE = {"STRUCTURE": "DATAFLOW", "STRUCTURE_ID": "OECD.ELS.IMD:DSD_WIDE@DF_WIDE(1.0)", "ACTION": "I"}


def wide_catalog(rows: int) -> Catalog:
    """The catalog with one table of 30 columns, all kept."""
    catalog = load_catalog()
    source = next(s for s in catalog.sources if any(d.protocol == "oecd" for d in s.datasets))
    pattern = next(d for d in source.datasets if d.protocol == "oecd" and d.parameters.get("format", "csv") == "csv")

    def text(name: str, nullable: bool = False) -> Column:
        return Column(name=name, type="VARCHAR", description=name, nullable=nullable)

    columns = (
        *(text(name) for name in (*DIMENSIONS, *FIXED)),
        Column(name="TIME_PERIOD", type="INTEGER", description="Period."),
        Column(name="OBS_VALUE", type="DOUBLE", description="Figure.", nullable=True),
        text("OBS_STATUS"),
        Column(name="UNIT_MULT", type="INTEGER", description="Exponent."),
        *(text(name, nullable=True) for name in ATTRIBUTES),
    )
    part = pattern.parts[0].model_copy(
        update={"id": PART, "bounds": Bounds(minimum=0, reason="persons"), "row_floor": rows, "value_floor": rows // 2}
    )
    dataset = pattern.model_copy(
        update={
            "id": "wide",
            "columns": columns,
            "key": (*DIMENSIONS, *FIXED, "TIME_PERIOD"),
            "measures": ("OBS_VALUE", "OBS_STATUS", *ATTRIBUTES),
            "part_column": "MEASURE",
            "expectations": (),
            "parts": (part,),
        }
    )
    return Catalog(sources=(source.model_copy(update={"datasets": (Dataset.model_validate(dataset),)}),))


def write_table(path: Path, rows: int) -> None:
    """A table in the publisher's shape: every key once, a twentieth of the values missing."""
    step, dimensions = 1, []
    for name, size in DIMENSIONS.items():
        dimensions.append(f"'C' || lpad(cast((i // {step}) % {size} as varchar), 3, '0') as {name}")
        step *= size
    fixed = [f"'{PART if name == 'MEASURE' else 'A'}' as {name}" for name in FIXED]
    attributes = [f"case when i % {n} = 0 then 'X' end as {name}" for n, name in enumerate(ATTRIBUTES, start=2)]
    columns = ", ".join(
        [
            *(f"'{value}' as {name}" for name, value in MESSAGE.items()),
            *dimensions,
            *fixed,
            f"2000 + i // {step} as TIME_PERIOD",
            "case when i % 20 > 0 then round(hash(i) % 100000000 / 100.0, 2) end as OBS_VALUE",
            "'A' as OBS_STATUS",
            "0 as UNIT_MULT",
            *attributes,
        ]
    )
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        query = f"select {columns} from range({rows}) as numbers (i)"  # noqa: S608 (made of the texts above)
        connection.sql(query).write_csv(str(path), header=True)


def land(root: Path, rows: int, zipped: bool) -> float:
    """Land the table as one payload; the CPU seconds of a bare copy of it."""
    home = Home(root)
    landing = Landing(home)
    drafts = landing.drafts("wide")
    drafts.mkdir(parents=True)
    path = drafts / "table.draft"
    write_table(path, rows)
    if zipped:
        packed = drafts / "packed.draft"
        with path.open("rb") as plain, gzip.open(packed, "wb", 1) as target:
            shutil.copyfileobj(plain, target, 1 << 20)
        path.unlink()
        path = packed
    with path.open("rb") as stored:
        digest = hashlib.file_digest(stored, "sha256").hexdigest()
    encoding, size = "gzip" if zipped else "", path.stat().st_size
    answer = Answer("https://sdmx.oecd.org/", 200, {}, clock.iso(clock.now()), digest, size, encoding, path)
    night = clock.compact(clock.now())
    copied = copy(path, zipped)
    landing.write_receipt(Receipt(night, "wide", PART, night, VERSION, VERSION, (landing.keep(answer),), None))
    return copied


def copy(payload: Path, zipped: bool) -> float:
    """CPU seconds of a bare copy, typed and judged by nothing: how fast the machine is at this hour."""
    started = time.process_time()
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set enable_progress_bar = false")
        rows = connection.read_csv(
            str(payload), header=True, all_varchar=True, compression="gzip" if zipped else "none"
        )
        rows.write_parquet(str(payload.with_suffix(".parquet")))
    return time.process_time() - started


def main() -> None:
    """Land in one process, load in this one, print what the load cost."""
    import great_expectations.expectations  # noqa: F401 (its import is not what is measured)

    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=3_000_000)
    arguments.add_argument("--gzip", action="store_true", help="the body was sent compressed")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        # In a process of its own: what it holds is not held by the load.
        with ProcessPoolExecutor(1, get_context("spawn")) as other:
            copied = other.submit(land, Path(scratch), asked.rows, asked.gzip).result()
        catalog = wide_catalog(asked.rows)
        pipeline = Pipeline(Home(Path(scratch)), Origin("stand-in", "nobody", "http://127.0.0.1:1"), catalog)
        started = time.process_time()
        (report,) = pipeline.replay()
        spent = time.process_time() - started
    # ru_maxrss would begin with what the process that started this one held.
    peak = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
    if report.held_back:
        raise SystemExit(str(report.held_back[0].message))
    rows = sum(event.inserted for event in report.parts)
    columns = len(MESSAGE) + len(catalog.dataset("wide").columns)
    measured = {"cpu_seconds": round(spent, 2), "copy_cpu_seconds": round(copied, 2), "peak_mb": round(peak)}
    print(json.dumps({"rows": rows, "columns": columns, **measured}))


if __name__ == "__main__":
    main()
