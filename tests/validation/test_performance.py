"""780,000 rows are judged within the CPU and memory that a load can spare."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

PREPARE = """
import sys

import duckdb

from tests.validation import batches

batches.YEARS = range(1947, 2026)
with duckdb.connect() as connection:
    batches.create_indicators(connection, [part.id for part in batches.dataset("wb_wdi").parts])
    connection.table("batch").write_parquet(sys.argv[1])
"""

# The batch is an Arrow table with dictionaries for text, and the state in force a DuckDB table, as in the pipeline.
MEASURE = """
import json, sys, time
from pathlib import Path

import great_expectations.expectations, pandas
import pyarrow.parquet

from ingestion import lake
from ingestion.home import Home
from ingestion.validation import judge
from tests.validation import batches

home, rows, kind = Home(Path(sys.argv[1])), sys.argv[2], sys.argv[3]
home.root.mkdir(exist_ok=True)
texts = [column.name for column in batches.dataset("wb_wdi").columns if column.type == "VARCHAR"]
connection = lake.connect(home)
batch = pyarrow.parquet.read_table(rows, read_dictionary=[*texts, "part", "published", "receipt"])
connection.register("batch", batch.unify_dictionaries())
if kind == "revision":
    connection.execute("create table previous as select * exclude (published, receipt) replace (case"
        " when hash(country_id, year) % 3 = 0 then value * 1.001 else value end as value) from batch")
start = time.process_time()
verdict = judge(home, batches.dataset("wb_wdi"), connection, "batch", "previous" if kind == "revision" else None,
    batches.RECORDED_AT)
spent = time.process_time() - start
# ru_maxrss would begin with what the process that started this one held.
peak = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
print(json.dumps({"rows": len(batch), "cpu": spent, "peak_mb": peak, "findings": len(verdict.findings)}))
"""


def run(program: str, *arguments: str) -> str:
    """What a Python program printed."""
    command = [sys.executable, "-c", program, *arguments]
    finished = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True, timeout=300)
    return finished.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "peak_mb"), [("first", 700), ("revision", 700)])
def test_judging_780_000_rows(tmp_path: Path, kind: str, peak_mb: int) -> None:
    """The peak includes the library's 370 MB, the batch and, for a revision, 120 MB of the state in force."""
    rows = str(tmp_path / "rows.parquet")
    run(PREPARE, rows)
    measured = json.loads(run(MEASURE, str(tmp_path / "home"), rows, kind))
    print(measured)
    assert measured["rows"] >= 780_000
    assert measured["findings"] == 0
    assert measured["cpu"] <= 1.5
    assert measured["peak_mb"] <= peak_mb


@pytest.mark.slow
def test_3_000_000_sdmx_rows_from_landing_to_lake() -> None:
    command = [sys.executable, "benchmarks/sdmx_csv_to_lake.py"]
    done = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True, timeout=500)
    measured = json.loads(done.stdout.splitlines()[-1])
    print(measured)
    assert (measured["rows"], measured["columns"]) == (3_000_000, 30)
    assert measured["cpu_seconds"] <= 12
    assert measured["peak_mb"] <= 1200
