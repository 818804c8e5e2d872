"""A small lake of made-up figures, in the exact layout that acceptance writes, and dbt run on it."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion import clock
from ingestion.catalog import load_catalog
from ingestion.home import Home
from ingestion.sources.typed import ARROW_TYPES
from warehouse.build import export_marts
from warehouse.inputs import DBT_PROJECT, collect_inputs

FIRST_LOAD = datetime(2026, 1, 1, 4, 0, 0, 123456, tzinfo=UTC)
SECOND_LOAD = datetime(2026, 2, 1, 4, 0, 0, 5, tzinfo=UTC)
SEEDS = DBT_PROJECT / "seeds"
RELEASE_ID = "20260201T040000Z-0badcafe"

# Sovereign states, with the codes that old editions spell otherwise, two territories and two aggregates.
ECONOMIES = (
    *("ROU", "COD", "NAM", "TLS", "XKX", "SRB", "UKR", "GUY", "OMN", "JAM", "HTI", "KEN", "GHA", "MOZ", "WSM", "TON"),
    *("ALB", "BIH", "MKD", "MNE", "HRV", "SVN", "BGR", "HUN", "POL", "CZE", "SVK", "DEU", "FRA", "ITA", "ESP", "PRT"),
    *("GRC", "TUR", "IND", "CHN", "PHL", "MEX"),
)
TERRITORIES = ("HKG", "CHI")
AGGREGATES = ("WLD", "HIC")
OLD_SPELLING = {"ROU": "ROM", "COD": "ZAR", "TLS": "TMP", "XKX": "KSV"}
YEARS = range(2006, 2021)
SKILLED_EMIGRATION = {
    ("ROU", 1990): 8.5, ("ROU", 2000): 11.25, ("COD", 2000): 9.5, ("GUY", 1990): 91.0, ("GUY", 2000): 89.125,
    ("OMN", 2000): 0.375, ("JAM", 2000): 84.75, ("NAM", 2000): None,
}  # fmt: skip


def read_seed(name: str) -> list[dict[str, str]]:
    """The rows of a seed, as text."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


ISO2 = {
    row["iso3"]: row["source_code"] for row in read_seed("country_code") if row["code_system"] == "world_bank_iso2code"
}


@dataclass(frozen=True)
class Build:
    """One finished ``dbt build``: its exit code, what it printed, its database and its exported marts."""

    exit_code: int
    log: str
    database: Path
    marts: Path
    manifest: dict[str, Any]


def figure(indicator: str, iso3: str, year: int, value: float | None, **changed: Any) -> dict[str, Any]:
    """One row of an indicator's change log, as the publisher's codes spell it."""
    row = {
        "part": indicator,
        "indicator_id": indicator,
        "indicator_name": indicator,
        "country_id": ISO2[iso3],
        "countryiso3code": iso3,
        "year": year,
        "value": value,
        "unit": "",
        "obs_status": "",
        "decimal": 1,
        "change": "insert",
        "published": "2025-12-01",
        "receipt": f"receipt of {indicator}",
    }
    return row | changed


def first_vintage() -> dict[str, list[dict[str, Any]]]:
    """Change-log rows by dataset: every component of the push-pull composite, with holes, and the archived rate.

    ``wb_education`` stays without a row, as a dataset does before its first acceptance.
    """
    rng = random.Random(20261121)  # noqa: S311 (a fixed world, not a secret)
    catalog = load_catalog()
    datasets: dict[str, list[dict[str, Any]]] = {"wb_wdi": [], "wb_wgi": [], "wb_country": [], "wb_archive": []}
    for dataset_id in ("wb_wdi", "wb_wgi"):
        for part in catalog.dataset(dataset_id).parts:
            if part.id == "SM.POP.RHCR.EO":  # its predecessor stands in
                continue
            for iso3 in (*ECONOMIES, *TERRITORIES, *AGGREGATES):
                level = rng.gauss(0, 1)
                for year in YEARS:
                    value = _made_up(part.id, level + rng.gauss(0, 0.3))
                    is_hole = part.id != "SP.POP.TOTL" and rng.random() < 0.15
                    datasets[dataset_id].append(figure(part.id, iso3, year, None if is_hole else value))
    for iso3 in (*ECONOMIES, *TERRITORIES, *AGGREGATES):
        datasets["wb_country"].append(_listed(iso3))
    for (iso3, year), rate in SKILLED_EMIGRATION.items():
        datasets["wb_archive"].append(_archived(iso3, year, rate))
    return datasets


def second_vintage() -> list[dict[str, Any]]:
    """What the publisher changed a month later: a figure revised, one emptied, one withdrawn, one year added."""
    later = {"published": "2026-01-20", "receipt": "second receipt"}
    return [
        figure("SP.POP.TOTL", "ROU", 2015, 1_000_000.0, change="revise", **later),
        figure("SP.POP.TOTL", "NAM", 2015, None, change="revise", **later),
        figure("SP.POP.TOTL", "SRB", 2015, None, change="withdraw", **later),
        figure("SP.POP.TOTL", "UKR", 2021, 2_000_000.0, **later),
        figure("SP.POP.TOTL", "WLD", 2015, 9e9, change="revise", **later),
    ]


def _made_up(indicator: str, level: float) -> float:
    """A plausible figure from a standard normal level."""
    if indicator in ("NY.GDP.PCAP.PP.KD", "SH.XPD.CHEX.PC.CD"):
        return float(round(8000 * 2**level, 3))
    if indicator == "SP.POP.TOTL":
        return float(round(5_000_000 * 2**level))
    return round(20 + 5 * level, 6)


def _listed(iso3: str) -> dict[str, Any]:
    is_aggregate = iso3 in AGGREGATES
    return {
        "part": "all",
        "id": iso3,
        "iso2_code": ISO2[iso3],
        "name": iso3,
        "region_id": "NA" if is_aggregate else "ECS",
        "region_name": "Aggregates" if is_aggregate else "Europe & Central Asia ",
        "income_level_id": "NA" if is_aggregate else "UMC",
        "income_level_name": "Aggregates" if is_aggregate else "Upper middle income",
        "lending_type_id": None,
        "capital_city": None,
        "change": "insert",
        "published": "2025-07-01",
        "receipt": "receipt of the list",
    }


def _archived(iso3: str, year: int, rate: float | None) -> dict[str, Any]:
    return {
        "part": "SM.EMI.TERT.ZS",
        "series_id": "SM.EMI.TERT.ZS",
        "series_name": "Emigration rate of tertiary educated",
        "country_id": OLD_SPELLING.get(iso3, iso3),
        "year": year,
        "version_id": "201312",
        "value": rate,
        "change": "insert",
        "published": "201312",
        "receipt": "receipt of the archive",
    }


def write_changes(home: Home, dataset_id: str, rows: Iterable[dict[str, Any]], recorded_at: datetime) -> None:
    """One lake file, as acceptance writes it."""
    dataset = load_catalog().dataset(dataset_id)
    schema = pa.schema(
        [
            ("part", pa.string()),
            *((column.name, ARROW_TYPES[column.type]) for column in dataset.columns),
            ("change", pa.string()),
            ("recorded_at", pa.timestamp("us")),
            ("published", pa.string()),
            ("receipt", pa.string()),
        ]
    )
    moment = recorded_at.replace(tzinfo=None)
    path = home.lake / dataset_id / f"{clock.compact(recorded_at)}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([row | {"recorded_at": moment} for row in rows], schema), path)


def write_event(home: Home, dataset_id: str, part: str, outcome: str, at: datetime, **said: str | int) -> None:
    """One line of the ledger."""
    path = home.ledger / f"{dataset_id}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    event = {"at": clock.iso(at), "dataset": dataset_id, "part": part, "title": part, "outcome": outcome} | said
    with path.open("a", encoding="utf-8") as handle:
        handle.write(json.dumps(event) + "\n")


def made_up_home(root: Path, *, second_load: bool) -> Home:
    """A home whose lake holds the first vintage and, if asked, the second."""
    home = Home(root)
    root.mkdir(parents=True)
    (root / "origin.json").write_text(json.dumps({"kind": "sandbox", "origin": "sandbox"}))
    for dataset_id, rows in first_vintage().items():
        write_changes(home, dataset_id, rows, FIRST_LOAD)
        for part in sorted({row["part"] for row in rows}):
            of_part = [row for row in rows if row["part"] == part]
            figures = sum(row.get("value") is not None for row in of_part)
            version = of_part[0]["published"]
            write_event(
                home, dataset_id, part, "loaded", FIRST_LOAD, version=version, rows=len(of_part), figures=figures
            )
    write_event(home, "wb_wdi", "SM.POP.RHCR.EO", "withdrawn", FIRST_LOAD, message="it is gone", next_step="wait")
    if second_load:
        write_changes(home, "wb_wdi", second_vintage(), SECOND_LOAD)
        write_event(home, "wb_wdi", "SP.POP.TOTL", "loaded", SECOND_LOAD, version="2026-01-20", rows=600, figures=599)
        write_event(
            home, "wb_wgi", "GOV_WGI_RL.EST", "quarantined", SECOND_LOAD, message="half the rows", next_step="look"
        )
    return home


# As a build runs it, with the project as it was read once for all.
RUN_DBT = "import sys; from warehouse.dbt_child import main; sys.exit(main(sys.argv[1:]))"


def run_dbt_build(home: Home, folder: Path, *options: str, as_of: datetime | None = None) -> Build:
    """Run ``dbt build`` on a home into ``folder`` and export its marts, if it gets through."""
    inputs = collect_inputs(home, load_catalog(), as_of)
    inputs.write(folder / "inputs")
    variables = {
        "release_id": RELEASE_ID,
        "as_of": clock.iso(as_of) if as_of else None,
        "is_synthetic": inputs.is_synthetic,
    }
    database = folder / "warehouse.duckdb"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")} | {
        "BRAINDRAIN_LAKE": str(home.lake),
        "BRAINDRAIN_INPUTS": str(folder / "inputs"),
        "BRAINDRAIN_BUILD": str(database),
    }
    command = [
        *(sys.executable, "-c", RUN_DBT, "build", *options, "--vars", json.dumps(variables)),
        *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
        *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    build = read_build(folder, done.returncode, done.stdout + done.stderr)
    if done.returncode == 0:
        keys = {node["name"]: node["config"]["meta"]["key"] for node in marts_of(build.manifest)}
        export_marts(build.database, build.marts, keys)
    return build


def read_build(folder: Path, exit_code: int, log: str) -> Build:
    """What a finished ``dbt build`` left in its folder."""
    manifest = json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    return Build(exit_code, log, folder / "warehouse.duckdb", folder / "marts", manifest)


def marts_of(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """The manifest's nodes of the marts."""
    nodes = manifest["nodes"].values()
    return [node for node in nodes if node["resource_type"] == "model" and node["schema"] == "marts"]
