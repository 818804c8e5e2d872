"""Another server that answers as the World Bank does, and knows three indicators only.

It is written from the recorded bodies alone and shares no code with the sandbox, so that the two cannot agree by
accident.
"""

from __future__ import annotations

import csv
import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from ingestion import lake, ledger
from ingestion.catalog import load_catalog
from ingestion.home import Home
from ingestion.origin import open_origin
from ingestion.pipeline import Pipeline
from tests.ingestion.scripted_server import Reply, scripted_server
from tests.shared_data import SHARED_DATA, needs_shared_data

pytestmark = [needs_shared_data, pytest.mark.slow]

WORLD_BANK = SHARED_DATA / "world_bank"
KNOWN = {
    "SP.POP.TOTL": "API_SP.POP.TOTL_DS2_en_csv_v2_33112.csv",
    "SP.DYN.LE00.IN": "API_SP.DYN.LE00.IN_DS2_en_csv_v2_408.csv",
    "SL.UEM.TOTL.ZS": "API_SL.UEM.TOTL.ZS_DS2_en_csv_v2_33398.csv",
}
ARCHIVED = ("SM.POP.REFG", "SM.POP.REFG.OR")
CELLS = dict[tuple[str, int], float | None]


@cache
def recorded(indicator: str) -> tuple[str, CELLS]:
    """Edition and figures of a recorded CSV, by three-letter code and year."""
    with (WORLD_BANK / "wdi_csv" / KNOWN[indicator]).open(encoding="utf-8-sig", newline="") as handle:
        lines = [line for line in csv.reader(handle) if line]
    header = lines[2]
    years = {column: int(name) for column, name in enumerate(header) if name.isdigit()}
    cells = {
        (line[1], year): float(line[column]) if line[column] else None
        for line in lines[3:]
        for column, year in years.items()
    }
    return lines[1][1], cells


def refusal(code: str) -> Reply:
    return Reply(body=json.dumps([{"message": [{"id": code, "key": "Invalid", "value": "not found"}]}]).encode())


def answer(path: str, earlier: int) -> Reply:
    """What such a server says to one request."""
    parts = urlsplit(path)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if parts.path == "/api.worldbank.org/v2/country":
        header = {"page": 1, "pages": 1, "per_page": asked["per_page"], "total": len(countries())}
        return Reply(body=json.dumps([header, countries()]).encode())
    found = re.fullmatch(r"/api\.worldbank\.org/v2/country/all/indicator/([^/]+)", parts.path)
    if not found:
        return Reply(404, b"no such page")
    ids = found[1].split(";")
    if unknown := [name for name in ids if name not in KNOWN]:
        return refusal("175" if unknown[0] in ARCHIVED else "120")
    two_letters = {country["id"]: country["iso2Code"] for country in countries()} | {"INX": "XY"}
    rows = [
        {
            "indicator": {"id": name, "value": name},
            "country": {"id": two_letters[code], "value": code},
            "countryiso3code": "" if code in ("HIC", "LIC", "LMC", "UMC", "INX") else code,
            "date": str(year),
            "value": value,
            "unit": "",
            "obs_status": "",
            "decimal": 0,
        }
        for name in ids
        for (code, year), value in recorded(name)[1].items()
    ]
    size, page = int(asked["per_page"]), int(asked.get("page", 1))
    header = {"page": page, "pages": -(-len(rows) // size), "per_page": size, "total": len(rows)}
    edition = {"sourceid": "2", "lastupdated": max(recorded(name)[0] for name in ids)}
    return Reply(body=json.dumps([header | edition, rows[(page - 1) * size : page * size]]).encode())


def test_it_is_loaded_exactly_and_the_rest_is_named(tmp_path: Path) -> None:
    with scripted_server(answer) as server, open_origin(server.base_url) as origin:
        pipeline = Pipeline(Home(tmp_path), origin)
        of_the_bank = [dataset.id for dataset in load_catalog().source("world_bank").datasets]
        reports = {report.dataset: report for report in pipeline.ingest(of_the_bank)}
        asked_first = len(server.asked)
        again = pipeline.ingest(of_the_bank)
        asked_again = len(server.asked) - asked_first

    outcomes = {event.part: event for report in reports.values() for event in report.parts}
    assert {part for part, event in outcomes.items() if event.outcome == ledger.LOADED} == {"all", *KNOWN}
    for dataset in ("wb_wdi", "wb_wgi", "wb_education"):
        for part in load_catalog().dataset(dataset).parts:
            if part.id not in KNOWN:
                event = outcomes[part.id]
                assert event.outcome == ledger.WITHDRAWN
                assert ("175" if part.id in ARCHIVED else "120") in f"{event.message}"
    assert outcomes["SM.EMI.TERT.ZS"].outcome == ledger.QUARANTINED
    assert "HTTP 404" in f"{outcomes['SM.EMI.TERT.ZS'].message}"

    bridge = {country["iso2Code"]: country["id"] for country in countries()} | {"XY": "INX"}
    with lake.connect(pipeline.home) as connection:
        wdi = load_catalog().dataset("wb_wdi")
        lake.create_in_force(connection, pipeline.home, wdi, list(KNOWN), "now")
        for indicator in KNOWN:
            rows = connection.execute(
                "select country_id, year, value from now where indicator_id = ?", [indicator]
            ).fetchall()
            assert {(bridge[code], year): value for code, year, value in rows} == recorded(indicator)[1]

    assert not any(report.has_accepted_rows for report in again)
    assert asked_again < asked_first


@cache
def countries() -> list[dict[str, str]]:
    entries: list[dict[str, str]] = json.loads((WORLD_BANK / "metadata" / "country.element1.json").read_text())
    return entries
