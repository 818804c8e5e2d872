"""How much it costs to take landed World Bank payloads into the lake, judged on the way.

Run: ``python benchmarks/landed_to_lake.py [--indicators 45]``. Prints one JSON object: cells,
CPU seconds beyond imports, and the peak resident memory in MB. 45 indicators are about
780,000 cells.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import random
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

from ingestion import clock
from ingestion.catalog import Catalog, load_catalog
from ingestion.home import Home
from ingestion.http import Answer
from ingestion.landing import Landing, Receipt
from ingestion.origin import PROJECT_ROOT, Origin
from ingestion.pipeline import Pipeline

YEARS = range(2025, 1959, -1)
ECONOMIES = 265
EDITION = "2026-07-13"


def widened_catalog(indicators: int) -> Catalog:
    """The catalog with as many World Development Indicators as asked for."""
    catalog = load_catalog()
    source = catalog.source("world_bank")
    dataset = catalog.dataset("wb_wdi")
    pattern = dataset.part("NY.GDP.PCAP.CD")
    parts = tuple(pattern.model_copy(update={"id": f"BENCH.{number:03d}"}) for number in range(indicators))
    wide = dataset.model_copy(update={"parts": parts})
    return Catalog(sources=(source.model_copy(update={"datasets": (wide,)}),))


def economies() -> list[tuple[str, str]]:
    """Two-letter and three-letter codes that the bridge knows."""
    with (PROJECT_ROOT / "dbt_project" / "seeds" / "country_code.csv").open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["code_system"] == "world_bank_iso2code"]
    return [(row["source_code"], row["iso3"]) for row in rows][:ECONOMIES]


def body_of(indicator: str, codes: list[tuple[str, str]], chance: random.Random) -> bytes:
    """One answer in the publisher's shape: every economy, every year, a third of the cells null."""
    rows = [
        {
            "indicator": {"id": indicator, "value": "GDP per capita (current US$)"},
            "country": {"id": code, "value": f"Economy {iso3}"},
            "countryiso3code": iso3,
            "date": str(year),
            "value": None if chance.random() < 1 / 3 else round(chance.uniform(100, 90000), 6),
            "unit": "",
            "obs_status": "",
            "decimal": 1,
        }
        for code, iso3 in codes
        for year in YEARS
    ]
    header = {"page": 1, "pages": 1, "per_page": 20000, "total": len(rows), "sourceid": "2", "lastupdated": EDITION}
    return json.dumps([header, rows], separators=(",", ":")).encode()


def land(root: Path, indicators: int) -> None:
    """Land one payload per part, as one night would have."""
    home = Home(root)
    dataset = widened_catalog(indicators).dataset("wb_wdi")
    landing = Landing(home)
    landing.drafts(dataset.id).mkdir(parents=True)
    chance = random.Random(1)  # noqa: S311 (a benchmark, not a secret)
    codes = economies()
    night = clock.compact(clock.now())
    for part in dataset.parts:
        stored = gzip.compress(body_of(part.id, codes, chance), 1)
        path = landing.drafts(dataset.id) / f"{part.id}.draft"
        path.write_bytes(stored)
        digest = hashlib.sha256(stored).hexdigest()
        answer = Answer(dataset.endpoint, 200, {}, clock.iso(clock.now()), digest, len(stored), "gzip", path)
        payloads = (landing.keep(answer),)
        landing.write_receipt(Receipt(night, dataset.id, part.id, night, EDITION, EDITION, payloads, None))


def main() -> None:
    """Land in one process, load in this one, print what the load cost."""
    import great_expectations  # noqa: F401 (its import is not what is measured)

    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--indicators", type=int, default=45)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        landing = get_context("spawn").Process(target=land, args=(Path(scratch), asked.indicators))
        landing.start()
        landing.join()
        origin = Origin("stand-in", "nobody", "http://127.0.0.1:1")
        pipeline = Pipeline(Home(Path(scratch)), origin, widened_catalog(asked.indicators))
        started = time.process_time()
        (report,) = pipeline.replay()
        spent = time.process_time() - started
    # ru_maxrss would begin with what the process that started this one held.
    peak = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
    held = [f"{event.message}" for event in report.held_back]
    if held:
        raise SystemExit(f"{len(held)} indicators were held back; the first: {held[0]}")
    cells = sum(event.inserted for event in report.parts)
    print(json.dumps({"cells": cells, "cpu_seconds": round(spent, 2), "peak_mb": round(peak)}))


if __name__ == "__main__":
    main()
