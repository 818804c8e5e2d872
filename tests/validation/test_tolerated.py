"""What naive checks wrongly fail passes: real anomalies, ordinary revisions, and the recorded figures themselves."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from ingestion.home import Home
from ingestion.validation.bridge import SEEDS, load_bridge
from tests.shared_data import SHARED_DATA, needs_shared_data
from tests.validation.batches import (
    create_archive,
    create_countries,
    create_indicators,
    dataset,
    judged,
    keep_as_previous,
)

WORLD_BANK = SHARED_DATA / "world_bank"
WIDE_FILES = ["wdi_csv/API_*_csv_v2*", "wdi_2013_csv/*_WDI.csv"]


@pytest.mark.parametrize(
    ("part", "value"),
    [
        pytest.param("BX.TRF.PWKR.DT.GD.ZS", 51.3, id="remittances of half of GDP (Tajikistan)"),
        pytest.param("BX.TRF.PWKR.DT.GD.ZS", 106.0, id="remittances above GDP (Lesotho in the 1980s)"),
        pytest.param("SE.TER.ENRR", 168.0, id="gross enrolment above 100 (Greece)"),
        pytest.param("SE.XPD.TERT.PC.ZS", 1290.0, id="a student costs 13 times GDP per head (Lesotho)"),
        pytest.param("SM.POP.TOTL", 12383867.87, id="fractional persons"),
        pytest.param("SM.POP.TOTL.ZS", 88.4, id="nine in ten are migrants (Gulf states)"),
        pytest.param("SM.POP.NETM", -1486000.0, id="a net loss of millions"),
        pytest.param("NY.GDP.MKTP.KD.ZG", 149.9, id="growth of 150 % (Iraq 2004)"),
        pytest.param("NY.GDP.MKTP.KD.ZG", -64.0, id="an economy halves (Liberia 1990)"),
        pytest.param("FP.CPI.TOTL.ZG", 23773.1, id="hyperinflation"),
        pytest.param("SP.DYN.LE00.IN", 11.3, id="life expectancy of a genocide year"),
        pytest.param("SM.POP.RHCR.EO", 0.0, id="a true zero"),
    ],
)
def test_real_extremes_pass(home: Home, connection: duckdb.DuckDBPyConnection, part: str, value: float) -> None:
    create_indicators(connection, [part])
    connection.execute("update batch set value = ? where country_id = 'RS' and year = 2022", [value])
    assert not judged(home, connection).findings


@pytest.mark.parametrize("rate", [89.24, 0.37, 0.0, 100.0])
def test_real_emigration_rates_pass(home: Home, connection: duckdb.DuckDBPyConnection, rate: float) -> None:
    create_archive(connection)
    connection.execute("update batch set value = ? where country_id = 'GUY' and year = 2000", [rate])
    assert not judged(home, connection, "wb_archive").findings


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("select 1", id="nothing changed"),
        pytest.param("delete from batch where country_id = 'F1'", id="an aggregate dropped (FCS in 2026)"),
        pytest.param("delete from previous where country_id in ('SS', 'ME')", id="countries appear (SSD, MNE)"),
        pytest.param("delete from previous where year = 2024", id="a new year with figures"),
        pytest.param("update previous set value = null where year = 2024", id="a year filled"),
        pytest.param("update batch set value = null where year = 2024 and country_id > 'V'", id="a partial last year"),
        pytest.param(
            "update batch set value = value * 1.2 where country_id in ('UA', 'RO', 'BG')", id="a step in three"
        ),
        pytest.param("update batch set value = value * (1 + 1e-14)", id="another 15th digit everywhere"),
        pytest.param("update batch set value = value * 1.02 where year > 2022", id="the last years revised"),
        pytest.param("update batch set obs_status = 'F' where year = 2024", id="forecasts marked"),
        pytest.param("update batch set year = year + 3, obs_status = 'F' where year = 2024", id="forecasts ahead"),
        pytest.param("delete from previous", id="nothing in force"),
        pytest.param("delete from previous where part = 'SH.DYN.MORT'", id="one part new"),
    ],
)
def test_ordinary_change_passes(home: Home, connection: duckdb.DuckDBPyConnection, change: str) -> None:
    create_indicators(connection, ["SP.POP.TOTL", "SH.DYN.MORT"])
    keep_as_previous(connection)
    connection.execute(change)
    if "year + 3" in change:
        connection.execute("update previous set year = year + 3 where year = 2024")
    assert not judged(home, connection).findings


def test_the_country_list_passes(home: Home, connection: duckdb.DuckDBPyConnection) -> None:
    create_countries(connection)
    keep_as_previous(connection)
    connection.execute("update batch set income_level_id = 'HIC' where id in ('ROU', 'SRB', 'UKR')")
    assert not judged(home, connection, "wb_country").findings


@needs_shared_data
def test_the_recorded_country_list_passes(home: Home, connection: duckdb.DuckDBPyConnection) -> None:
    entries = json.loads((WORLD_BANK / "metadata" / "country.element1.json").read_text(encoding="utf-8"))
    create_countries(connection)
    connection.execute("delete from batch")
    for entry in entries:
        groups = (entry[group][field] for group in ("region", "incomeLevel") for field in ("id", "value"))
        optional = (entry["lendingType"]["id"] or None, entry["capitalCity"] or None)
        row = (entry["id"], entry["iso2Code"], entry["name"].strip(), *groups, *optional, "all")
        connection.execute("insert into batch values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    assert not judged(home, connection, "wb_country").findings


@needs_shared_data
def test_every_recorded_indicator_passes(home: Home, connection: duckdb.DuckDBPyConnection) -> None:
    """The publisher's own CSV files, of vintages from 2013 to 2026, as dense rows."""
    parts = {part.id: part for part in dataset("wb_wdi").parts}
    create_indicators(connection, ["SP.POP.TOTL"])
    connection.execute("delete from batch")
    found = set()
    for path in sorted(path for pattern in WIDE_FILES for path in WORLD_BANK.glob(pattern)):
        series, cells = _dense_cells(path)
        if series in parts and series not in found:
            connection.register("cells", cells)
            connection.execute("insert into batch by name select * exclude alpha3 from cells")
            found.add(series)
    assert {"SP.POP.TOTL", "FP.CPI.TOTL.ZG", "BX.TRF.PWKR.DT.GD.ZS", "SE.XPD.TERT.PC.ZS"} <= found
    verdict = judged(home, connection)
    assert not verdict.findings, [str(finding) for finding in verdict.findings]


@needs_shared_data
def test_the_recorded_emigration_rates_pass(home: Home, connection: duckdb.DuckDBPyConnection) -> None:
    series, cells = _dense_cells(WORLD_BANK / "wdi_2013_csv" / "SM.EMI.TERT.ZS_WDI.csv")
    connection.register("cells", cells)
    connection.execute(
        """
        create table batch as
        select indicator_id as series_id, indicator_name as series_name, alpha3 as country_id, year,
            '201312' as version_id, value, part
        from cells
        """
    )
    assert series == "SM.EMI.TERT.ZS"
    assert connection.execute("select max(value), min(value) from batch where year = 2000").fetchone() == (
        pytest.approx(89.24, abs=0.01),
        pytest.approx(0.37, abs=0.01),
    )
    assert not judged(home, connection, "wb_archive").findings


def _dense_cells(path: Path) -> tuple[str, pa.Table]:
    """One of the publisher's wide files as the rows its API sends: every economy with every year."""
    text = gzip.decompress(path.read_bytes()).decode("utf-8-sig") if path.suffix == ".gz" else ""
    lines = (text or path.read_text(encoding="utf-8-sig")).splitlines()
    start = next(number for number, line in enumerate(lines) if "Country Code" in line)
    economies = list(csv.DictReader(lines[start:]))
    years = [name for name in economies[0] if name and name.isdigit()]
    bridge = load_bridge(SEEDS)
    alpha2 = {iso3: code for code, iso3 in bridge.codes("world_bank_iso2code").items()}
    cells = [
        {
            "indicator_id": economy["Indicator Code"],
            "indicator_name": economy["Indicator Name"],
            "country_id": alpha2[bridge.codes("world_bank_id")[economy["Country Code"]]],
            "countryiso3code": economy["Country Code"],
            "alpha3": economy["Country Code"],
            "year": int(year),
            "value": float(economy[year]) if economy[year] else None,
            "unit": "",
            "obs_status": "",
            "decimal": 0,
            "part": economy["Indicator Code"],
            "published": "",
            "receipt": "r1",
        }
        for economy in economies
        for year in years
    ]
    table = pa.Table.from_pylist(cells)
    year = table.column_names.index("year")
    return economies[0]["Indicator Code"], table.set_column(year, "year", table["year"].cast(pa.int32()))
