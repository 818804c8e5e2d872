"""The seeds against CLDR, the catalog and, where they are, the recorded figures."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import duckdb
import pytest
import yaml
from babel import Locale
from python_calamine import CalamineWorkbook

from ingestion.catalog import load_catalog
from tests.dbt.made_up_lake import read_seed
from tests.shared_data import SHARED_DATA, needs_shared_data
from warehouse.inputs import DBT_PROJECT

LOCALES = {"name_en": "en", "name_ro": "ro", "name_sr": "sr", "name_sr_latn": "sr_Latn", "name_uk": "uk"}
# What CLDR has no name for: the publisher's joint row of two islands, dissolved states, residuals, a joint region.
NOT_IN_CLDR = {"CHI", "SUN", "YUG", "SCG", "CSK", "DDR", "ANT", "YMD", "XXA", "XXX", "XOT", "M49:062"}
COUNTRIES = read_seed("country")
# Aggregates for which CLDR has a name of the very same group: regions of UN M49, the Union, its euro area.
CLDR_GROUPS = {"WLD": "001", "AFR": "002", "EUU": "EU", "EMU": "EZ"} | {
    row["iso3"]: row["m49"] for row in COUNTRIES if row["iso3"].startswith("M49:")
}
CODES = {(row["code_system"], row["source_code"]): row["iso3"] for row in read_seed("country_code")}


@pytest.mark.parametrize("column", LOCALES)
def test_names_are_those_of_cldr(column: str) -> None:
    territories = Locale.parse(LOCALES[column]).territories
    codes = {row["iso3"]: CLDR_GROUPS.get(row["iso3"]) or row["iso2"] for row in COUNTRIES}
    named = [row for row in COUNTRIES if codes[row["iso3"]] and row["iso3"] not in NOT_IN_CLDR]
    assert len(named) == 249 + 1 + len(CLDR_GROUPS.keys() - NOT_IN_CLDR)
    differing = {
        row["iso3"]: (row[column], territories[codes[row["iso3"]]])
        for row in named
        if row[column] != territories[codes[row["iso3"]]]
    }
    assert differing == {}


def test_every_country_has_a_name_in_every_language() -> None:
    # a publisher's own groups and parts of countries, marked by its name before a colon, are named in English
    countries = [row for row in COUNTRIES if row["entity_type"] in ("sovereign", "territory", "dissolved", "residual")]
    own = [row for row in countries if row["entity_type"] == "residual" and ":" in row["iso3"]]
    assert [row["iso3"] for row in countries if row not in own and not all(row[column] for column in LOCALES)] == []
    assert [row["iso3"] for row in COUNTRIES if not row["name_en"]] == []


def test_entities_are_counted() -> None:
    by_type: dict[str, int] = {}
    for row in COUNTRIES:
        by_type[row["entity_type"]] = by_type.get(row["entity_type"], 0) + 1
    # 193 members of the United Nations, its two observers, Kosovo and Taiwan
    assert by_type["sovereign"] == 197
    assert by_type["sovereign"] + by_type["territory"] == 249 + 2
    # those of ISO 3166-3 that publishers count, and the historical states of V-Dem
    assert by_type["dissolved"] == 7 + 21
    assert [row["iso3"] for row in COUNTRIES if row["entity_type"] == "residual" and ":" not in row["iso3"]] == [
        *("XOT", "XXA", "XXX", "XZZ")
    ]
    # the states of the United States with its capital; Abyei, Gaza, Somaliland, Zanzibar and Metropolitan France
    assert by_type["subnational"] == 51 + 5


@pytest.mark.parametrize("column", ["iso3", "iso2", "m49"])
def test_codes_of_countries_are_unique(column: str) -> None:
    # ISO gave CS to Czechoslovakia, then again to Serbia and Montenegro
    codes = [
        row[column] for row in COUNTRIES if row[column] and (column != "iso2" or row["entity_type"] != "dissolved")
    ]
    assert sorted({code for code in codes if codes.count(code) > 1}) == []


def test_seeds_name_only_countries_there_are() -> None:
    known = {row["iso3"] for row in COUNTRIES}
    assert {row["iso3"] for row in read_seed("country_code")} <= known
    for row in read_seed("country_succession"):
        assert {row["predecessor_iso3"], row["successor_iso3"]} <= known


def test_dissolved_states_have_an_end_and_successors() -> None:
    succeeded = {row["predecessor_iso3"]: row["succeeded_on"] for row in read_seed("country_succession")}
    for row in COUNTRIES:
        assert bool(row["valid_to"]) == (row["entity_type"] == "dissolved"), row["iso3"]
        if row["valid_to"]:
            assert succeeded[row["iso3"]] == row["valid_to"]


# The OECD gives emigrants by education; whom they are set against is said by a method of our own.
MADE_HERE = {"dioc_barro_lee", "dioc_natives"}


def test_methods_components_and_measures_are_those_of_the_catalog() -> None:
    catalog = load_catalog()
    indicators = {part.id for dataset in catalog.source("world_bank").datasets for part in dataset.parts}
    components = read_seed("push_pull_component")
    assert {row["indicator_code"] for row in components if row["source_id"] == "world_bank"} <= indicators
    assert {row["indicator_code"] for row in read_seed("ranking_measure") if row["indicator_code"]} <= indicators
    methods = {part.method for dataset in catalog.datasets for part in dataset.parts if part.method}
    assert methods | MADE_HERE == {row["method_id"] for row in read_seed("method")}


def test_factors_are_those_the_models_compute() -> None:
    variables = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    components = read_seed("push_pull_component")
    for side in ("push", "pull"):
        assert {row["factor"] for row in components if row["side"] == side} == set(variables[f"{side}_factors"])


def test_codes_are_in_order_and_lead_to_one_country() -> None:
    keys = [(row["code_system"], row["source_code"]) for row in read_seed("country_code")]
    assert keys == sorted(set(keys))


def test_code_systems_of_the_catalog_are_in_the_bridge() -> None:
    systems = {system for system, _ in CODES}
    for dataset in load_catalog().datasets:
        named = {dataset.country_codes} | {column.code_system for column in dataset.columns if column.code_system}
        assert named <= systems, dataset.id


@pytest.mark.parametrize(
    ("code_system", "source_code", "iso3"),
    [
        ("barro_lee", "ROM", "MDA"), ("barro_lee", "ROU", "ROU"), ("barro_lee", "SER", "SRB"),
        ("iab", "ROM", "ROU"), ("iab", "SIN", "SGP"), ("iab", "NAU", "NRU"), ("iab", "UAE", "ARE"),
        ("iab", "SRB&MNE", "SCG"), ("wgi", "ZAR", "COD"), ("wgi", "TMP", "TLS"), ("wgi", "WBG", "PSE"),
        ("gbmd", "KSV", "XKX"), ("oecd_area", "XKV", "XKX"), ("eurostat_geo", "XK", "XKX"), ("ilo_area", "KOS", "XKX"),
        ("eurostat_geo", "EL", "GRC"), ("eurostat_geo", "UK", "GBR"), ("eurostat_geo", "NA", "NAM"),
        ("iso2_lower", "na", "NAM"), ("unhcr_code", "GFR", "DEU"), ("unhcr_code", "ARE", "EGY"),
        ("unhcr_iso3", "UNK", "XXX"), ("unhcr_iso3", "XXA", "XXA"), ("oecd_area", "STLS", "XXA"),
        ("oecd_area", "SUN_F", "SUN"), ("oecd_area", "SCG_F", "SCG"), ("undesa_m49", "900", "WLD"),
        ("undesa_m49", "4", "AFG"), ("lehd_state", "10", "US-DE"), ("lehd_state", "de", "US-DE"),
    ],
)  # fmt: skip
def test_codes_that_mislead(code_system: str, source_code: str, iso3: str) -> None:
    assert CODES[code_system, source_code] == iso3


def test_totals_and_groups_are_never_countries() -> None:
    kinds = {row["iso3"]: row["entity_type"] for row in COUNTRIES}
    groups = {
        "oecd_area": ("W", "W_X", "EEA", "EU15", "A4", "STLS", "OECD", "EU27_2020", "_Z"),
        "eurostat_geo": ("TOTAL", "NAT", "FOR", "EU27_2020", "EA20", "EU28_FOR", "NEU27_2020_FOR", "STLS", "UNK"),
        "knomad_area": ("WLD", "WB_KNOMAD_WLD", "_T", "_Z"),
        "uis_geounit": ("SDG: World", "WB: World", "40510"),
        "undesa_m49": ("900", "903", "2003"),
        "iab": ("WLD", "World", "Unknown"),
        "gbmd": ("zzz",),
        "unhcr_iso3": ("UNK", "XXA", "TIB"),
    }
    for code_system, codes in groups.items():
        assert {kinds[CODES[code_system, code]] for code in codes} <= {"aggregate", "residual"}, code_system


# Columns of codes in the recorded files, by code system. A name of two columns is read as one set.
RECORDED = (
    ("barro_lee", "barro_lee/BL_v3_MF.csv.gz", ("WBcode",)),
    ("fsi_geo", "fragile_states_index/fsi_2006_2023.csv.gz", ("geo",)),
    ("vdem", "vdem/vdem_v15_simple.csv.gz", ("country_text_id",)),
    ("gbmd", "world_bank/bilateral/gbmd_1960_2000_long.csv.gz", ("origincode", "destcode")),
    (
        "mpidr_iso3",
        "mpidr_scholarly_migration/scopus_2024_V1_scholarlymigration_country_enriched.csv.gz",
        ("iso3code",),
    ),
    (
        "mpidr_iso3",
        "mpidr_scholarly_migration/scopus_2024_V1_scholarlymigration_countryflows_enriched.parquet",
        ("iso3codefrom", "iso3codeto"),
    ),
    *(
        (system, f"unhcr/{name}", (f"coo{suffix}", f"coa{suffix}"))
        for name in (
            *("population.csv.gz", "asylum_applications.csv.gz", "asylum_decisions.csv.gz", "solutions.csv.gz"),
            *("demographics.csv.gz", "flows.csv.gz", "idmc.csv", "unrwa.csv"),
        )
        for system, suffix in (("unhcr_iso3", "_iso"), ("unhcr_code", ""))
    ),
    ("uis_geounit", "unesco_uis/records_2025/inbound_and_netflow_records.csv.gz", ("geoUnit",)),
    ("uis_geounit", "unesco_uis/records_2025/country_names.csv", ("COUNTRY_ID",)),
    ("oecd_area", "oecd/health_workforce/HEALTH_WFMI_FTDS_2018.csv", ("COU", "CO2")),
    ("oecd_area", "oecd/sdmx_csv/DF_MIG_NUP_SEX.csv.gz", ("REF_AREA", "CITIZENSHIP")),
    ("oecd_area", "oecd/sdmx_csv/DF_MIG_INT_PER.csv.gz", ("REF_AREA",)),
    ("oecd_area", "oecd/sdmx_csv/DF_MIG_INT_TEMP.csv.gz", ("REF_AREA",)),
    ("oecd_area", "oecd/sdmx_csv/DF_LSO_NEAC_DISTR_EA_MIGR.csv.gz", ("REF_AREA",)),
    ("oecd_area", "oecd/sdmx_csv/DF_MIG_POPF_excerpt.csv", ("REF_AREA", "BIRTH_COUNTRY")),
    ("oecd_area", "oecd/sdmx_csv/DF_MIG_B15_zero_rows_excerpt.csv", ("REF_AREA", "CITIZENSHIP")),
    ("oecd_area", "oecd/sdmx_csv/DF_MIG_B11_world_2026-03.csv", ("REF_AREA", "CITIZENSHIP")),
    ("oecd_area", "oecd/sdmx_csv/DF_MIG_B11_world_2025-02.csv", ("REF_AREA", "CITIZENSHIP")),
    ("eurostat_geo", "eurostat/sdmx_csv/migr_imm1ctz_AL.csv.gz", ("geo", "citizen")),
    ("eurostat_geo", "eurostat/sdmx_csv/migr_emi1ctz_AL.csv.gz", ("geo", "citizen")),
    ("eurostat_geo", "eurostat/sdmx_csv/migr_resfirst_AL.csv.gz", ("geo", "citizen")),
)
WORKBOOKS = (
    ("wgi", "world_bank/wgi/wgidataset.xlsx", "Sheet1", 0, "code"),
    ("undesa_m49", "un_desa/ims2020_stock_by_sex_and_destination.xlsx", "Table 1", 10, "Location code"),
    ("undesa_m49", "un_desa/ims2024_stock_by_sex_and_destination.xlsx", "Table 1", 10, "Location code"),
    *(
        ("iso2_lower", "linkedin_world_bank/public_use-talent-migration.xlsx", sheet, 0, header)
        for sheet, header in (
            ("Country Migration", "base_country_code"),
            ("Country Migration", "target_country_code"),
            ("Industry Migration", "country_code"),
            ("Skill Migration", "country_code"),
        )
    ),
)


@needs_shared_data
@pytest.mark.parametrize(("code_system", "path", "columns"), RECORDED)
def test_every_recorded_code_is_mapped(code_system: str, path: str, columns: tuple[str, ...]) -> None:
    reader = "read_parquet($path)" if path.endswith(".parquet") else "read_csv($path, all_varchar = true)"
    found = {
        code
        for column in columns
        for (code,) in duckdb.execute(
            f'select distinct "{column}" from {reader} where "{column}" <> \'\'', {"path": str(SHARED_DATA / path)}
        ).fetchall()
    }
    assert found
    assert sorted(code for code in found if (code_system, code) not in CODES) == []


@needs_shared_data
@pytest.mark.parametrize(("code_system", "path", "sheet", "header_row", "header"), WORKBOOKS)
def test_every_recorded_code_of_a_workbook_is_mapped(
    code_system: str, path: str, sheet: str, header_row: int, header: str
) -> None:
    rows = CalamineWorkbook.from_path(str(SHARED_DATA / path)).get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    column = rows[header_row].index(header)
    cells = [row[column] for row in rows[header_row + 1 :] if row[column] != ""]
    found = {str(int(cell)) if isinstance(cell, float) else str(cell) for cell in cells}
    assert len(found) > 100
    assert sorted(code for code in found if (code_system, code) not in CODES) == []


@needs_shared_data
def test_every_recorded_code_of_the_scoreboard_and_of_iab_is_mapped() -> None:
    found = {
        ("oecd_area", code)
        for path in (SHARED_DATA / "oecd" / "sti_scoreboard").glob("*.xml")
        for code in re.findall(r'(?:REF_AREA|LOCATION)="([^"]*)"', path.read_text(encoding="utf-8"))
    }
    workbook = CalamineWorkbook.from_path(str(SHARED_DATA / "iab" / "iabbd_8010_v1_gender.xls"))
    for sheet in workbook.sheet_names[1:]:
        names = [str(row[0]) for row in workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)[4:]]
        found |= {("iab", name) for name in names if name}
        found.add(("iab", sheet))
    assert len(found) > 50 + 195
    assert sorted(found - set(CODES)) == []


@needs_shared_data
def test_every_recorded_code_of_the_world_bank_is_mapped() -> None:
    folder = SHARED_DATA / "world_bank"
    listed = json.loads((folder / "metadata" / "country.element1.json").read_text(encoding="utf-8"))
    found = {("world_bank_id", entry["id"]) for entry in listed}
    found |= {("world_bank_iso2code", entry["iso2Code"]) for entry in listed}
    for path in (*(folder / "wdi_2013_csv").glob("*.csv"), *(folder / "wdi_csv").glob("*.csv")):
        found |= {("world_bank_id", code) for code in _country_codes(path)}
    assert len(found) > 2 * 296
    assert sorted(found - set(CODES)) == []


def _country_codes(path: Path) -> set[str]:
    """The values of column Country Code, which stands below a preamble in newer files."""
    with path.open(encoding="utf-8-sig", newline="") as handle:
        lines = list(csv.reader(handle))
    start = next(index for index, line in enumerate(lines) if line[:1] == ["Country Name"])
    return {line[1] for line in lines[start + 1 :] if len(line) > 1}
