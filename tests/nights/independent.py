"""Every recorded dataset as the standard library, pandas or openpyxl reads the publisher's own file.

Nothing here asks the product: a reading knows of a dataset the names of its columns, which of them make its key and
which are its measures, and finds them in the file by itself. Readings that the tests of one publisher already have are
taken from there.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pandas as pd

from ingestion.catalog import Dataset, load_catalog
from tests.ingestion import test_data360 as knomad
from tests.ingestion import test_eurostat_catalog as eurostat
from tests.ingestion import test_files_b as academic
from tests.ingestion import test_files_recorded as frozen
from tests.ingestion import test_lehd as lehd
from tests.ingestion import test_sdmx_recorded as sdmx
from tests.ingestion import test_uis as uis
from tests.ingestion import test_unhcr as unhcr
from tests.shared_data import SHARED_DATA

WORLD_BANK = SHARED_DATA / "world_bank"
OECD = SHARED_DATA / "oecd"

Key = tuple[Any, ...]
Cells = tuple[Any, ...]
Figures = dict[Key, Cells]
"""Measures by part and key."""
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Reading:
    """A recorded dataset: its rows, how they are read, and what of them the file tells.

    ``measures`` are those of the catalog unless the file has fewer; ``parts`` those that were recorded where
    others are there too.
    """

    dataset_id: str
    rows: int
    read: Callable[[], Figures]
    measures: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def dataset(self) -> Dataset:
        """The catalog's entry."""
        return load_catalog().dataset(self.dataset_id)

    @property
    def names(self) -> tuple[str, ...]:
        """The measures that are compared."""
        return self.measures or self.dataset.measures

    def __str__(self) -> str:
        return self.dataset_id


def unique(cells: Iterable[tuple[Key, Cells]]) -> Figures:
    """The figures; a key that comes twice is no key."""
    figures: Figures = {}
    for key, measures in cells:
        assert key not in figures, key
        figures[key] = measures
    return figures


def under(part: str, figures: Mapping[Key, Cells]) -> Figures:
    """The figures of one part."""
    return {(part, *key): cells for key, cells in figures.items()}


def of_rows(dataset_id: str, rows_by_part: Mapping[str, Iterable[Row]]) -> Figures:
    """Typed rows by the catalog's names of key and measures."""
    dataset = load_catalog().dataset(dataset_id)
    return unique(
        ((part, *(row[name] for name in dataset.key)), tuple(row[name] for name in dataset.measures))
        for part, rows in rows_by_part.items()
        for row in rows
    )


def number(cell: Any) -> float | None:
    """A figure of a workbook or a CSV; texts such as ``..`` and blanks are not known."""
    if isinstance(cell, str):
        return float(cell) if cell else None
    return None if cell is None or pd.isna(cell) else float(cell)


# --- World Bank ----------------------------------------------------------------------------------------------

INDICATOR = ("value",)
OLD_CODES = {"ADO": "AND", "IMY": "IMN", "KSV": "XKX", "ROM": "ROU", "TMP": "TLS", "WBG": "PSE", "ZAR": "COD"}
"""Codes of the release of 2013 and of the governance workbook, and what they are called today."""
ENDED_GROUPS = {"NOC", "OEC"}
NOT_CLASSIFIED = {"INX": "XY"}
"""The one place of the data that the list of countries does not have."""


@cache
def countries() -> list[dict[str, Any]]:
    """The publisher's list of economies and aggregates."""
    listed: list[dict[str, Any]] = json.loads((WORLD_BANK / "metadata" / "country.element1.json").read_bytes())
    return listed


@cache
def two_letters() -> dict[str, str]:
    """Two-letter code of each three-letter code, as data rows carry it."""
    return {country["id"]: country["iso2Code"] for country in countries()} | NOT_CLASSIFIED


def wide_table(path: Path) -> Iterator[tuple[str, int, float | None]]:
    """Three-letter code, year and figure of a by-indicator file of either release."""
    if path.suffix == ".xls":
        frame = pd.read_excel(path, sheet_name="Data", header=None, keep_default_na=False).astype(str)
        lines = frame.to_numpy().tolist()
    else:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    first = next(place for place, line in enumerate(lines) if "Country Code" in line)
    header = lines[first]
    code = header.index("Country Code")
    years = {place: int(name) for place, name in enumerate(header) if name.isdecimal()}
    for line in lines[first + 1 :]:
        for place, year in years.items():
            yield line[code], year, number(line[place])


def indicator_file(indicator: str) -> tuple[Path, bool]:
    """The file of an indicator, and whether it is of the release of 2013."""
    recent = list((WORLD_BANK / "wdi_csv").glob(f"API_{indicator}_*"))
    return (recent[0], False) if recent else (WORLD_BANK / "wdi_2013_csv" / f"{indicator}_WDI.csv", True)


def indicator(name: str) -> Iterator[tuple[Key, Cells]]:
    """One indicator under today's codes."""
    path, is_old = indicator_file(name)
    for code, year, value in wide_table(path):
        if not (is_old and code in ENDED_GROUPS):
            today = OLD_CODES.get(code, code) if is_old else code
            yield (name, name, two_letters()[today], year), (value,)


RETIRED = {"SM.POP.REFG", "SM.POP.REFG.OR"}
"""There are files of them, and the publisher does not serve them any more."""


def development_indicators() -> Figures:
    """Every indicator of the catalog that has a file and is not retired."""
    parts = {part.id for part in load_catalog().dataset("wb_wdi").parts} - RETIRED
    return unique(row for part in parts if indicator_file(part)[0].is_file() for row in indicator(part))


@cache
def governance_rows() -> list[dict[str, Any]]:
    """The governance workbook by openpyxl."""
    book = openpyxl.load_workbook(WORLD_BANK / "wgi" / "wgidataset.xlsx", read_only=True)
    header, *rows = book.worksheets[0].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=False)) for row in rows]


def known(cell: Any) -> float | None:
    """A figure of the governance workbook, where ``..`` is not known."""
    return None if cell == ".." else float(cell)


def governance_workbook() -> Figures:
    """All columns of figures of the workbook."""
    measures = ("estimate", "stddev", "nsource", "pctrank", "pctranklower", "pctrankupper")
    return unique(
        (("all", row["code"], row["indicator"], int(row["year"])), tuple(known(row[name]) for name in measures))
        for row in governance_rows()
    )


def governance_indicators() -> Figures:
    """The estimates under the API's ids: every economy of the country list with every year of the workbook."""
    cells = {}
    for row in governance_rows():
        code = OLD_CODES.get(row["code"], row["code"])
        if code in two_letters():
            cells[row["indicator"], two_letters()[code], int(row["year"])] = known(row["estimate"])
    places, years = {place for _, place, _ in cells}, {year for _, _, year in cells}
    ids = {key: f"GOV_WGI_{key.upper()}.EST" for key, _, _ in cells}
    return {
        (name, name, place, year): (cells.get((key, place, year)),)
        for key, name in ids.items()
        for place in places
        for year in years
    }


def country_list() -> Figures:
    """The list of economies, as it was sent."""

    def cells(country: Mapping[str, Any]) -> Cells:
        region, income, lending = country["region"], country["incomeLevel"], country["lendingType"]
        sent = (country["iso2Code"], country["name"], region["id"], region["value"], income["id"], income["value"])
        texts = (*sent, lending["id"], country["capitalCity"])
        return tuple(text.strip() or None for text in texts)

    return unique((("all", country["id"]), cells(country)) for country in countries())


def archived_emigration() -> Figures:
    """The edition of 2013 under its own codes."""
    name = "SM.EMI.TERT.ZS"
    rows = wide_table(WORLD_BANK / "wdi_2013_csv" / f"{name}_WDI.csv")
    return unique(((name, name, code, year), (value,)) for code, year, value in rows)


def remittance_matrix() -> Figures:
    """The workbook's matrix, its names turned into codes and its millions rounded to a dollar, as the wire has them."""
    codes = {name: code for code, name in knomad.names_of_codes().items()}
    part = "WB_KNOMAD_BRE"
    return unique(
        ((part, part, codes[sender], f"WB_KNOMAD_{codes[receiver]}", 2021), (round(value, 6),))
        for (sender, receiver), value in knomad.matrix().items()
    )


def global_bilateral_migration() -> Figures:
    """The long table that others derived from the file, its years put right."""
    rows = academic.plain_rows("world_bank/bilateral/gbmd_1960_2000_long.csv.gz")
    return unique(
        (("all", row["sex"], row["destcode"], row["origincode"], int(row["year"])), (number(row["stock"]),))
        for row in rows
    )


# --- United Nations ------------------------------------------------------------------------------------------


def migrant_stock(name: str, code_column: int, n_years: int) -> Figures:
    """Persons by destination and sex of one edition; a row that repeats another under a second heading counts once."""
    cells = frozen.desa_cells(name, code_column, n_years)
    return {("all", *key): (persons,) for key, persons in cells}


def students(dataset_id: str, *not_recorded: str) -> Figures:
    """Indicators of 2025 and of the bulk release of 2019, which numbers regions and has no words beside a figure."""
    path = SHARED_DATA / "unesco_uis" / "bulk_2019_02" / "ddf--entities--location.csv"
    with path.open(encoding="utf-8-sig", newline="") as lines:
        names = {row["location"]: f"UIS: {row['name']}" for row in csv.DictReader(lines)}
    figures: Figures = {}
    for part in (part.id for part in load_catalog().dataset(dataset_id).parts):
        if part in not_recorded:
            continue
        is_new = part in ("26637", "MENF.5T8")
        cells = uis.cells_of_2025(part) if is_new else uis.cells_of_2019(part)
        for (unit, year), (value, magnitude, qualifier) in cells.items():
            key = (part, part, unit if is_new else names.get(unit, unit), year)
            figures[key] = (value, magnitude or None, qualifier or None)
    return figures


def refugees(dataset_id: str) -> Figures:
    """A table of UNHCR, added up over what the API does not tell apart; a blank is not known."""
    dataset, (name, _) = load_catalog().dataset(dataset_id), unhcr.FILES[dataset_id]
    sums: dict[Key, dict[str, float | None]] = defaultdict(lambda: dict.fromkeys(dataset.measures))
    for row in unhcr.recorded_rows(name):
        key = ("all", *(int(row[column]) if column == "year" else row[column] for column in dataset.key))
        for measure in dataset.measures:
            if row[measure]:
                sums[key][measure] = (sums[key][measure] or 0) + float(row[measure])
    return {key: tuple(cells.values()) for key, cells in sums.items()}


# --- SDMX ----------------------------------------------------------------------------------------------------


def csv_part(dataset_id: str, part: str, *names: str) -> list[Row]:
    """Rows of SDMX-CSV files of the OECD."""
    files = [sdmx.Recording(dataset_id, part, OECD / "sdmx_csv" / name) for name in names]
    return [row for file in files for row in sdmx.csv_rows(file)]


def json_part(dataset_id: str, *names: str) -> list[Row]:
    """Rows of SDMX-JSON bodies of the OECD."""
    dataset = load_catalog().dataset(dataset_id)
    return [row for name in names for row in sdmx.json_rows(OECD / "sdmx_json" / name, dataset)]


def inflows() -> Figures:
    """B11 as downloaded in 2026, B15 as bodies of three countries and an excerpt."""
    return of_rows(
        "oecd_mig",
        {
            "B11": csv_part("oecd_mig", "B11", "DF_MIG_B11_world_2026-03.csv"),
            "B15": [
                *csv_part("oecd_mig", "B15", "DF_MIG_B15_zero_rows_excerpt.csv"),
                *json_part("oecd_mig", "CHL_B15.json", "JPN_B15.json", "USA_B15.json"),
            ],
        },
    )


def foreign_born() -> Figures:
    """B14: an excerpt and bodies of four countries."""
    bodies = json_part("oecd_mig_popf", *(f"{place}_B14.json" for place in ("AUS", "CHL", "TUR", "USA")))
    return of_rows("oecd_mig_popf", {"B14": [*csv_part("oecd_mig_popf", "B14", "DF_MIG_POPF_excerpt.csv"), *bodies]})


def one_download(dataset_id: str, part: str, name: str) -> Callable[[], Figures]:
    """A flow that is one SDMX-CSV file."""
    return lambda: of_rows(dataset_id, {part: csv_part(dataset_id, part, name)})


def messages(dataset_id: str) -> Callable[[], Figures]:
    """A flow with one SDMX-ML body per part; the year 2999 is the publisher's sentinel."""

    def read() -> Figures:
        parts = [part.id for part in load_catalog().dataset(dataset_id).parts]
        files = {part: sdmx.Recording(dataset_id, part, OECD / f"sti_scoreboard/{part}.xml") for part in parts}
        return of_rows(dataset_id, {part: sdmx.xml_rows(file) for part, file in files.items()})

    return read


def physicians() -> Figures:
    """The export of the retired service: foreign-trained doctors, persons, by country of training."""
    path = OECD / "health_workforce" / "HEALTH_WFMI_FTDS_2018.csv"
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["VAR"] == "FTDS"]
    return unique(
        (("PHYS", row["COU"], "STCK", "PS", row["CO2"], "FT", int(row["YEA"])), (number(row["Value"]),)) for row in rows
    )


def codes_of_inflows() -> Figures:
    """Every code of every dimension and attribute of the one recorded structure, with its English name."""
    part, english = "DSD_MIG@DF_MIG", "{http://www.w3.org/XML/1998/namespace}lang"
    root = ElementTree.parse(OECD / "structures" / "DSD_MIG_dataflow_metadata.xml").getroot()  # noqa: S314 (ours)
    lists = {each.get("id"): each for each in root.iterfind(".//{*}Codelist")}
    figures: Figures = {}
    for component in [*root.iterfind(".//{*}Dimension"), *root.iterfind(".//{*}Attribute")]:
        reference = component.find("{*}LocalRepresentation/{*}Enumeration/Ref")
        if reference is None:
            continue
        for code in lists[reference.get("id")].iterfind("{*}Code"):
            parent = code.find("{*}Parent/Ref")
            name = next(each.text for each in code.iterfind("{*}Name") if each.get(english) == "en")
            figures[part, component.get("id"), code.get("id")] = (name, None if parent is None else parent.get("id"))
    return figures


def european_table(dataset_id: str, *recordings: int | None) -> Callable[[], Figures]:
    """A table of Eurostat from all its bodies; where two have a cell, they agree."""

    def read() -> Figures:
        dataset = load_catalog().dataset(dataset_id)
        figures: Figures = {}
        for recording in recordings:
            _, rows = eurostat.body_and_rows(dataset, recording)
            found = of_rows(dataset_id, {"all": eurostat.typed(dataset, rows).to_pylist()})
            assert all(figures[key] == found[key] for key in figures.keys() & found.keys())
            figures |= found
        return figures

    return read


# --- others --------------------------------------------------------------------------------------------------


def emigration_rates() -> Figures:
    """The Stata file by pandas."""
    frame = pd.read_stata(SHARED_DATA / "iab" / "iabbd_8010_v1_emigration.dta")
    measures = ("high_rate", "med_rate", "low_rate", "tot_rate")
    return unique(
        (("all", row["ccode_origin"], row["gender"], int(row["year"])), tuple(float(row[name]) for name in measures))
        for row in frame.to_dict("records")
    )


def immigrants() -> Figures:
    """The sheets of the old binary workbook by pandas: destination by destination, origins down, years across."""
    sheets = pd.read_excel(SHARED_DATA / "iab" / "iabbd_8010_v1_gender.xls", sheet_name=None, header=None)
    figures: Figures = {}
    for destination, frame in sheets.items():
        if destination == "Explanatory note":
            continue
        years = frame.iloc[0, 1:].ffill()
        for row in frame.iloc[2:].to_numpy().tolist():
            for place in range(1, 22) if isinstance(row[0], str) else ():
                figures["all", destination, row[0], frame.iat[1, place], int(years[place])] = (float(row[place]),)
    return figures


def job_flows(dataset_id: str, path: Path) -> Callable[[], Figures]:
    """A table of flows: codes and flags are text, counts of jobs are numbers, an empty cell is suppressed."""

    def read() -> Figures:
        dataset = load_catalog().dataset(dataset_id)
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        makers: dict[str, Callable[[str], Any]] = {"VARCHAR": str, "INTEGER": int, "DOUBLE": number}
        types = {column.name: makers[column.type] for column in dataset.columns}

        def typed(row: Row) -> Row:
            return {name: types[name](cell) for name, cell in row.items() if name in types}

        return of_rows(dataset_id, {"us": [typed({"geography": "00"} | row) for row in lehd.rows_of(content.decode())]})

    return read


def _academic(dataset_id: str) -> Reading:
    """A reading that the tests of that file have."""
    reading = next(each for each in academic.READINGS if each.dataset_id == dataset_id)
    (part,) = load_catalog().dataset(dataset_id).parts
    return Reading(dataset_id, reading.rows, lambda: under(part.id, reading.read()))


READINGS = (
    Reading("wb_country", 296, country_list),
    Reading("wb_wdi", 342_548, development_indicators, INDICATOR),
    Reading("wb_wgi", 6 * 205 * 25, governance_indicators, INDICATOR),
    Reading("wb_archive", 252 * 54, archived_emigration),
    Reading("wgi_workbook", 32_100, governance_workbook),
    Reading("knomad_remittance_bilateral", 10_619, remittance_matrix, ("OBS_VALUE",)),
    Reading("gbmd_bilateral", 535_920, global_bilateral_migration),
    Reading(
        "undesa_stock_by_destination",
        287 * 8 * 3,
        lambda: migrant_stock("ims2024_stock_by_sex_and_destination.xlsx", 4, 8),
        ("persons",),
    ),
    Reading(
        "undesa_stock_by_destination_2020",
        282 * 7 * 3,
        lambda: migrant_stock("ims2020_stock_by_sex_and_destination.xlsx", 3, 7),
        ("persons",),
    ),
    Reading("uis_outbound", 9_482, lambda: students("uis_outbound")),
    Reading("uis_inbound", 15_259, lambda: students("uis_inbound")),
    Reading("uis_mobility_ratios", 6_951, lambda: students("uis_mobility_ratios")),
    Reading("uis_net_flow", 2_858, lambda: students("uis_net_flow")),
    Reading("uis_enrolment", 2_216, lambda: students("uis_enrolment", *uis.NOT_RECORDED)),
    Reading("uis_spending", 513, lambda: students("uis_spending")),
    Reading("unhcr_population", 138_893, lambda: refugees("unhcr_population")),
    Reading("unhcr_asylum_applications", 120_597, lambda: refugees("unhcr_asylum_applications")),
    Reading("unhcr_asylum_decisions", 113_929, lambda: refugees("unhcr_asylum_decisions")),
    Reading("unhcr_solutions", 21_258, lambda: refugees("unhcr_solutions")),
    Reading("unhcr_demographics", 6_293, lambda: refugees("unhcr_demographics")),
    Reading("unhcr_idmc", 934, lambda: refugees("unhcr_idmc")),
    Reading("oecd_mig", 824 + 51, inflows),
    Reading("oecd_mig_popf", 212, foreign_born),
    Reading("oecd_mig_nup_sex", 1_590, one_download("oecd_mig_nup_sex", "all", "DF_MIG_NUP_SEX.csv.gz")),
    Reading("oecd_mig_int_per", 1_882, one_download("oecd_mig_int_per", "MIG_FLW", "DF_MIG_INT_PER.csv.gz")),
    Reading("oecd_mig_int_temp", 2_232, one_download("oecd_mig_int_temp", "MIG_FLW", "DF_MIG_INT_TEMP.csv.gz")),
    Reading(
        "oecd_attainment_by_birthplace",
        552,
        one_download("oecd_attainment_by_birthplace", "all", "DF_LSO_NEAC_DISTR_EA_MIGR.csv.gz"),
    ),
    Reading("oecd_scientist_flows", 240, messages("oecd_scientist_flows")),
    Reading("oecd_scientist_annual_flows", 742, messages("oecd_scientist_annual_flows")),
    Reading("oecd_rd_scoreboard", 3_433, messages("oecd_rd_scoreboard")),
    Reading("oecd_health_wfmi", 1_576, physicians, ("OBS_VALUE",)),
    # Of the two other flows no structure is recorded: the stand-in writes one from the codes of their tables.
    Reading("oecd_codelist", 2_087, codes_of_inflows, ("name", "parent"), ("DSD_MIG@DF_MIG",)),
    Reading("eurostat_lfsa_eoqgan", 194, european_table("eurostat_lfsa_eoqgan", 0, 1)),
    Reading("eurostat_migr_imm1ctz", 1_999, european_table("eurostat_migr_imm1ctz", None)),
    Reading("eurostat_migr_emi1ctz", 1_963, european_table("eurostat_migr_emi1ctz", None)),
    Reading("eurostat_migr_pop1ctz", 417, european_table("eurostat_migr_pop1ctz", None)),
    Reading("eurostat_migr_resfirst", 2_302, european_table("eurostat_migr_resfirst", None)),
    Reading("iab_emigration_rates", 4_116, emigration_rates, ("high_rate", "med_rate", "low_rate", "tot_rate")),
    Reading("iab_bilateral_stock", 20 * 197 * 21, immigrants, ("persons",)),
    Reading("lehd_j2j_firm_size", 4_100, job_flows("lehd_j2j_firm_size", lehd.NATION)),
    Reading("lehd_j2jod_firm_size", 1_476, job_flows("lehd_j2jod_firm_size", lehd.CROSS)),
    *(_academic(reading.dataset_id) for reading in academic.READINGS),
)
