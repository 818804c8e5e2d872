"""A world of recorded figures: a folder of the publishers' own files.

Expected below the folder: ``world_bank/metadata`` (bodies of the lists), ``world_bank/wdi_csv`` (by-indicator CSV files
and .xls workbooks of recent releases), ``world_bank/wdi_2013_csv`` (release of December 2013, one indicator per file)
and ``world_bank/wgi/wgidataset.xlsx``. An indicator comes from the recent file, else from the one of 2013; in the
latter case the old country codes become today's, and the two aggregates that ended (NOC, OEC) are left out.
The archive (source 57) has one edition, 201312, with that file's own codes.

Not served, because the folder has no readable figures for them:

* retired indicators without a file of 2013, in the archive;
* nine of the 214 economies of the governance workbook that the country list does not have: Anguilla, Cook Islands,
  French Guiana, Jersey, Martinique, Netherlands Antilles, Niue, Réunion, Taiwan;
* every other indicator of the publisher's own list of which there is no file; it is answered as not recorded. (An id
  that the list does not have is answered with error 120, as the publisher does.)

The constant ``decimal`` is recorded for seven indicators; for the others it is 0 when every figure is whole, else 1.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import logging
import threading
from collections.abc import Iterator
from functools import cache, cached_property, lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from sandbox.errors import SandboxError
from sandbox.worlds import Edition, Entry, File, Place, Series, Status, Table, in_wire_order

log = logging.getLogger("sandbox")

OLD_EDITION = Edition("201312", "2013 Dec")
OLD_EDITION_DATE = "2013-12-01"
"""The files of 2013 name their month only; this is its first day."""
TODAYS_CODE = {"ADO": "AND", "IMY": "IMN", "KSV": "XKX", "ROM": "ROU", "TMP": "TLS", "WBG": "PSE", "ZAR": "COD"}
ENDED_AGGREGATES = frozenset({"NOC", "OEC"})
ARCHIVE_DATABASE = "WDI Database Archives"
RECORDED_DECIMALS = {
    "SP.POP.TOTL": 0,
    "SP.DYN.LE00.IN": 0,
    "SH.STA.OWAD.ZS": 0,
    "SL.TLF.CACT.FE.ZS": 0,
    "NY.GDP.MKTP.CD": 0,
    "NY.GDP.PCAP.CD": 1,
    "SH.XPD.CHEX.GD.ZS": 2,
}
GOVERNANCE_PREFIX, GOVERNANCE_SUFFIX = "GOV_WGI_", ".EST"
GOVERNANCE_SOURCE = "3"
GOVERNANCE_INDICATORS = ("cc", "ge", "pv", "rl", "rq", "va")
SERIES_KEPT = 64
# Modules of this package with ``table(folder, name)`` and with ``file(folder, address)``.
TABLES: tuple[str, ...] = ("eurostat", "knomad", "oecd", "uis", "unhcr")
FILES: tuple[str, ...] = ("academic", "eurostat", "frozen_files", "lehd", "oecd")


class RecordedWorld:
    """The figures of a folder; files are read when they are first asked for."""

    figures = "recorded"

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self._folder = folder / "world_bank"
        self._metadata = self._folder / "metadata"
        if not (self._metadata / "country.element1.json").is_file():
            raise SandboxError(
                "there is no world_bank/metadata/country.element1.json",
                f"folder of recorded figures '{folder}'",
                "name a folder that holds the publishers' files, or use --world synthetic",
            )
        self._lock = threading.RLock()
        self._kept_series = lru_cache(maxsize=SERIES_KEPT)(self._read_series)
        self._kept_table = cache(self._table)
        self._kept_file = cache(self._file)

    # --- what there is -----------------------------------------------------------------------------------

    @cached_property
    def _recent_files(self) -> dict[str, Path]:
        files = [path for pattern in ("API_*.xls", "API_*.csv*") for path in (self._folder / "wdi_csv").glob(pattern)]
        return {path.name.removeprefix("API_").partition("_")[0]: path for path in files}

    @cached_property
    def _old_files(self) -> dict[str, Path]:
        files = sorted((self._folder / "wdi_2013_csv").glob("*_WDI.csv"))
        return {path.name.removesuffix("_WDI.csv"): path for path in files}

    @cached_property
    def _governance_ids(self) -> dict[str, str]:
        if not (self._folder / "wgi" / "wgidataset.xlsx").is_file():
            return {}
        return {f"{GOVERNANCE_PREFIX}{key.upper()}{GOVERNANCE_SUFFIX}": key for key in GOVERNANCE_INDICATORS}

    @cached_property
    def _indicator_rows(self) -> list[dict[str, str]]:
        """The publisher's own list of all its indicators; 43 of the 29,500 ids stand there twice."""
        paths = sorted(self._metadata.glob("indicators_all_*.csv.gz"))
        return list(_table(paths[-1], skip=0)) if paths else []

    @cached_property
    def _indicators(self) -> dict[str, dict[str, str]]:
        return {row["indicator"]: row for row in self._indicator_rows}

    def notices(self) -> list[str]:
        """Sentences about what the folder holds and is not served."""
        sentences = []
        from_old = sorted(name for name in self._old_files if self.status(name) == "served" and self._is_old(name))
        if from_old:
            sentences.append(f"served from the release of December 2013, with today's codes: {', '.join(from_old)}")
        return sentences

    def _is_old(self, indicator_id: str) -> bool:
        return indicator_id in self._old_files and indicator_id not in self._recent_files

    # --- the protocol of a world -------------------------------------------------------------------------

    def table(self, name: str) -> Table | None:
        """A table of the module that is named for its publisher; read once."""
        with self._lock:
            return self._kept_table(name)

    def file(self, address: str) -> File | None:
        """A file of whichever module has a recording of it; read once."""
        with self._lock:
            return self._kept_file(address)

    def _table(self, name: str) -> Table | None:
        module, _, wanted = name.partition("/")
        found: Table | None = (
            import_module(f"{__name__}.{module}").table(self.root, wanted) if module in TABLES else None
        )
        return found

    def _file(self, address: str) -> File | None:
        for module in FILES:
            found: File | None = import_module(f"{__name__}.{module}").file(self.root, address)
            if found is not None:
                return found
        return None

    def listing(self, name: str) -> list[Entry] | None:
        """A list as recorded; the list of indicators is rebuilt from the publisher's table of all of them."""
        if name == "indicator":
            return self._indicator_entries
        path = self._metadata / f"{name}.element1.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None

    @cached_property
    def _indicator_entries(self) -> list[Entry]:
        recorded = {entry["id"]: entry for entry in self._recorded_entries("indicator_first_100")}
        sources = {entry["name"].strip(): entry["id"] for entry in self._recorded_entries("source")}
        return [recorded.get(row["indicator"]) or _indicator_entry(row, sources) for row in self._indicator_rows]

    def _recorded_entries(self, name: str) -> list[Entry]:
        return self.listing(name) or []

    def status(self, indicator_id: str) -> Status:
        """Retired is what the publisher's own list files under the archive; unrecorded, what else stands in it only."""
        if self._indicators.get(indicator_id, {}).get("sourceDatabase") == ARCHIVE_DATABASE:
            return "retired"
        if any(indicator_id in files for files in (self._governance_ids, self._recent_files, self._old_files)):
            return "served"
        return "unrecorded" if indicator_id in self._indicators else "unknown"

    def series(self, indicator_id: str) -> Series:
        """The newest figures the folder has."""
        with self._lock:
            return self._kept_series(indicator_id)

    def editions(self) -> tuple[Edition, ...]:
        """The one edition there is."""
        return (OLD_EDITION,) if self._old_files else ()

    def is_archived(self, series_id: str) -> bool:
        """Whether there is a file of 2013."""
        return series_id in self._old_files

    def archived_series(self, series_id: str, edition_id: str) -> Series | None:
        """The file of 2013 as it is, old codes included; places by code as in the file."""
        if edition_id != OLD_EDITION.id or series_id not in self._old_files:
            return None
        rows = list(_table(self._old_files[series_id], skip=0))
        places = [self._old_place(row) for row in rows]
        return _series(series_id, "57", OLD_EDITION_DATE, places, rows, list(range(len(rows))))

    # --- reading -----------------------------------------------------------------------------------------

    @cached_property
    def _places(self) -> dict[str, Place]:
        entries = self._recorded_entries("country")
        return {
            entry["id"]: Place(
                code=entry["id"],
                iso2=entry["iso2Code"],
                name=entry["name"].strip(),
                is_aggregate=entry["region"]["value"] == "Aggregates",
            )
            for entry in entries
        }

    def _place(self, code: str, name: str, path: Path) -> Place:
        """The place of a file's row, under the name the file gives it."""
        if code not in self._places:
            where = f"recorded figures, file {path.name}"
            raise SandboxError(f"code '{code}' ({name}) is not in the country list", where, "mend the country list")
        known = self._places[code]
        return Place(known.code, known.iso2, name, known.is_aggregate)

    def _old_place(self, row: dict[str, str]) -> Place:
        code = row["Country Code"]
        today = self._places.get(TODAYS_CODE.get(code, code))
        iso2, is_aggregate = (today.iso2, today.is_aggregate) if today else ("", code in ENDED_AGGREGATES)
        return Place(code, iso2, row["Country Name"], is_aggregate)

    def _read_series(self, indicator_id: str) -> Series:
        if indicator_id in self._governance_ids:
            return self._governance_series(indicator_id)
        if indicator_id in self._recent_files:
            return self._recent_series(indicator_id)
        return self._old_series(indicator_id)

    def _recent_series(self, indicator_id: str) -> Series:
        path = self._recent_files[indicator_id]
        last_updated, rows = _workbook(path) if path.suffix == ".xls" else _recent_table(path)
        places = [self._place(row["Country Code"], row["Country Name"], path) for row in rows]
        return _series(indicator_id, "2", last_updated, places, rows, in_wire_order(places))

    def _old_series(self, indicator_id: str) -> Series:
        path = self._old_files[indicator_id]
        rows = [row for row in _table(path, skip=0) if row["Country Code"] not in ENDED_AGGREGATES]
        codes = [TODAYS_CODE.get(row["Country Code"], row["Country Code"]) for row in rows]
        places = [self._place(code, row["Country Name"], path) for code, row in zip(codes, rows, strict=True)]
        places = [self._places[place.code] for place in places]
        return _series(indicator_id, "2", OLD_EDITION_DATE, places, rows, in_wire_order(places))

    def _governance_series(self, indicator_id: str) -> Series:
        figures = self._governance_figures
        wanted = figures.cells[self._governance_ids[indicator_id]]
        places = [self._places[code] for code in figures.codes]
        cells = [tuple(wanted.get((place.code, year), "null") for year in figures.years) for place in places]
        order = in_wire_order(places)
        return Series(
            indicator_id=indicator_id,
            indicator_name=self._indicators.get(indicator_id, {}).get("name", indicator_id),
            source_id=GOVERNANCE_SOURCE,
            last_updated=figures.last_updated,
            decimals=1,
            places=tuple(places[i] for i in order),
            years=figures.years,
            cells=tuple(cells[i] for i in order),
        )

    @cached_property
    def _governance_figures(self) -> _GovernanceFigures:
        figures = _GovernanceFigures(self._folder / "wgi" / "wgidataset.xlsx", frozenset(self._places))
        if figures.unmapped:
            log.warning("not served, the country list does not have these economies: %s", ", ".join(figures.unmapped))
        return figures


class _GovernanceFigures:
    """The governance workbook: one row per economy, year and indicator; ``..`` is not known. Reading takes 1.5 s."""

    def __init__(self, path: Path, known_codes: frozenset[str]) -> None:
        from openpyxl import load_workbook

        book = load_workbook(path, read_only=True)
        self.last_updated = book.properties.modified.date().isoformat()
        self.cells: dict[str, dict[tuple[str, str], str]] = {key: {} for key in GOVERNANCE_INDICATORS}
        codes, years, unmapped = set(), set(), set()
        for row in book.worksheets[0].iter_rows(min_row=2, max_col=6, values_only=True):
            code, year, key, estimate = TODAYS_CODE.get(str(row[1]), str(row[1])), str(row[3]), str(row[4]), row[5]
            if code not in known_codes:
                unmapped.add(f"{code} ({row[2]})")
                continue
            codes.add(code)
            years.add(year)
            self.cells[key][code, year] = repr(float(estimate)) if isinstance(estimate, (int, float)) else "null"
        book.close()
        self.codes = sorted(codes)
        self.years = tuple(sorted(years, reverse=True))
        self.unmapped = sorted(unmapped)


def _open_text(path: Path) -> io.TextIOWrapper:
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(path), encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _table(path: Path, skip: int) -> Iterator[dict[str, str]]:
    """Rows of a wide CSV whose header stands behind ``skip`` lines."""
    with _open_text(path) as lines:
        for _ in range(skip):
            next(lines)
        yield from csv.DictReader(lines)


def _recent_table(path: Path) -> tuple[str, list[dict[str, str]]]:
    """When a by-indicator CSV was last updated, and its rows."""
    with _open_text(path) as lines:
        preamble = [next(lines) for _ in range(3)]
    return preamble[2].split('"')[3], list(_table(path, skip=4))


def _workbook(path: Path) -> tuple[str, list[dict[str, str]]]:
    """The same of a by-indicator workbook, whose sheet Data has the header in its fourth row."""
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_path(path).get_sheet_by_name("Data").to_python()
    header = [str(name) for name in sheet[3]]
    return str(sheet[1][1]), [dict(zip(header, map(str, row), strict=True)) for row in sheet[4:]]


def _cell(text: str) -> str:
    """JSON text of a CSV cell: whole numbers as they stand, others as the shortest float."""
    if not text:
        return "null"
    return text if text.lstrip("-").isdecimal() else repr(float(text))


def _series(
    indicator_id: str,
    source_id: str,
    last_updated: str,
    places: list[Place],
    rows: list[dict[str, str]],
    order: list[int],
) -> Series:
    years = sorted((name for name in rows[0] if name and name.isdecimal()), reverse=True)
    cells = [tuple(_cell(row[year]) for year in years) for row in rows]
    is_whole = all("." not in cell and "e" not in cell for row in cells for cell in row)
    return Series(
        indicator_id=indicator_id,
        indicator_name=rows[0]["Indicator Name"],
        source_id=source_id,
        last_updated=last_updated,
        decimals=RECORDED_DECIMALS.get(indicator_id, 0 if is_whole else 1),
        places=tuple(places[i] for i in order),
        years=tuple(years),
        cells=tuple(cells[i] for i in order),
    )


def _indicator_entry(row: dict[str, str], sources: dict[str, str]) -> dict[str, Any]:
    database = row["sourceDatabase"]
    return {
        "id": row["indicator"],
        "name": row["name"],
        "unit": "",
        "source": {"id": sources.get(database.strip(), ""), "value": database},
        "sourceNote": row["description"],
        "sourceOrganization": row["sourceOrganization"],
        "topics": [],
    }
