"""Scholars, LinkedIn, Barro-Lee, V-Dem, Fragile States Index and DIOC: read as recorded, and what is refused."""

from __future__ import annotations

import csv
import gzip
import io
import math
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas as pd
import pytest

from ingestion import lake, ledger
from ingestion.catalog import Catalog, Dataset, load_catalog
from ingestion.errors import PayloadRejected
from ingestion.home import Home
from ingestion.origin import Origin
from ingestion.pipeline import Pipeline
from ingestion.sources import protocol_of
from sandbox.server import serve
from sandbox.worlds import File, World
from sandbox.worlds.recorded import RecordedWorld
from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.workbooks import archive, xlsx
from tests.ingestion.reading import read
from tests.shared_data import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.slow

SPOTS = 20
SOURCES = ("barro_lee", "fund_for_peace", "lehd", "linkedin", "mpidr", "oecd_dioc", "vdem")
Key = tuple[Any, ...]
Figures = dict[Key, tuple[float | None, ...]]


@cache
def world() -> SyntheticWorld:
    return SyntheticWorld()


def address_of(dataset: Dataset) -> str:
    """The address as a world knows it."""
    address = dataset.endpoint.format_map(dataset.parts[0].parameters)
    return address.replace("inbox:", "inbox/").removeprefix("https://").replace("%20", " ")


def served(dataset_id: str, of: World) -> bytes:
    file = of.file(address_of(load_catalog().dataset(dataset_id)))
    assert file is not None
    return file.content


def taken(dataset_id: str, content: bytes) -> list[dict[str, Any]]:
    """The rows of a file, by the catalog's names."""
    dataset = load_catalog().dataset(dataset_id)
    table = read(protocol_of(dataset), dataset, dataset.parts[0], [content])
    assert table.column_names == [column.name for column in dataset.columns]
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def figures(dataset: Dataset, rows: list[dict[str, Any]]) -> Figures:
    """The measures of each key."""
    found = {tuple(row[name] for name in dataset.key): tuple(row[name] for name in dataset.measures) for row in rows}
    assert len(found) == len(rows)
    return found


# --- independent readings of the recorded files --------------------------------------------------------------


def number(cell: str | None) -> float | None:
    return float(cell) if cell else None


def plain_rows(name: str) -> Iterator[dict[str, str]]:
    """A recorded CSV file by the standard library."""
    with gzip.open(SHARED_DATA / name, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def scholars() -> Figures:
    name = "mpidr_scholarly_migration/scopus_2024_V1_scholarlymigration_country_enriched.csv.gz"
    measures = load_catalog().dataset("mpidr_scholars").measures
    return {
        (row["countrycode"], int(float(row["year"]))): tuple(number(row[measure]) for measure in measures)
        for row in plain_rows(name)
        if row["countrycode"]
    }


def scholar_flows() -> Figures:
    name = "scopus_2024_V1_scholarlymigration_countryflows_enriched.parquet"
    frame = pd.read_parquet(SHARED_DATA / "mpidr_scholarly_migration" / name)
    columns = (frame["iso3codefrom"], frame["iso3codeto"], frame["year"].astype(int), frame["n_migrations"])
    return {(origin, target, year): (float(n),) for origin, target, year, n in zip(*columns, strict=True)}


@cache
def talent_sheet(name: str) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(
        SHARED_DATA / "linkedin_world_bank" / "public_use-talent-migration.xlsx", read_only=True
    )
    return [row for row in book[name].iter_rows(values_only=True) if any(cell is not None for cell in row)]


def talent(name: str, *codes: str) -> Figures:
    header, *rows = talent_sheet(name)
    places = [header.index(code) for code in codes]
    return {
        (*(str(row[place]) for place in places), year): (float(row[header.index(f"net_per_10K_{year}")]),)
        for row in rows
        for year in range(2015, 2020)
    }


def attainment() -> Figures:
    measures = load_catalog().dataset("barro_lee_attainment").measures
    return {
        (row["WBcode"], row["sex"], int(row["agefrom"]), int(row["year"])): tuple(number(row[m]) for m in measures)
        for row in plain_rows("barro_lee/BL_v3_MF.csv.gz")
    }


def democracy() -> Figures:
    measures = load_catalog().dataset("vdem_democracy").measures
    return {
        (row["country_text_id"], int(row["year"])): tuple(number(row[measure]) for measure in measures)
        for row in plain_rows("vdem/vdem_v15_simple.csv.gz")
    }


def fragility() -> Figures:
    return {
        (row["geo"], int(row["t"]), row["code"]): (number(row["v"]), number(row["total"]), number(row["rank"]))
        for row in plain_rows("fragile_states_index/fsi_2006_2023.csv.gz")
        if row["code"] != "Change from Previous Year"
    }


@dataclass(frozen=True)
class Reading:
    """A recorded dataset, its rows, and how it is read independently of the project."""

    dataset_id: str
    rows: int
    read: Callable[[], Figures]


READINGS = (
    Reading("mpidr_scholars", 4539, scholars),
    Reading("mpidr_scholar_flows", 92980, scholar_flows),
    Reading(
        "linkedin_country", 5 * 4148, lambda: talent("Country Migration", "base_country_code", "target_country_code")
    ),
    Reading("linkedin_industry", 5 * 5295, lambda: talent("Industry Migration", "country_code", "industry_id")),
    Reading("linkedin_skill", 5 * 17617, lambda: talent("Skill Migration", "country_code", "skill_group_id")),
    Reading("barro_lee_attainment", 10220, attainment),
    Reading("vdem_democracy", 27913, democracy),
    Reading("fsi_indicators", 38396 - 356, fragility),
)


def assert_same(found: Figures, expected: Figures, rows: int) -> None:
    """The same keys; of every measure as many values and the same sum; the same at twenty places taken at random."""
    assert len(found) == len(expected) == rows
    assert found.keys() == expected.keys()
    width = len(next(iter(expected.values())))
    for place in range(width):
        known, read_as = (
            [figure for cells in of.values() if (figure := cells[place]) is not None] for of in (expected, found)
        )
        assert len(read_as) == len(known)
        assert math.isclose(math.fsum(read_as), math.fsum(known), rel_tol=1e-12, abs_tol=1e-9)
    for key in random.Random(7).sample(sorted(expected), SPOTS):  # noqa: S311 (a choice, no secret)
        assert found[key] == expected[key], key


@needs_shared_data
@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.dataset_id)
def test_a_recorded_file_equals_an_independent_reading(reading: Reading) -> None:
    dataset = load_catalog().dataset(reading.dataset_id)
    found = figures(dataset, taken(dataset.id, served(dataset.id, RecordedWorld(SHARED_DATA))))
    assert_same(found, reading.read(), reading.rows)


@needs_shared_data
@pytest.mark.slow
def test_the_lake_holds_what_is_recorded_and_names_what_is_not(tmp_path: Path) -> None:
    catalog = Catalog(sources=tuple(load_catalog().source(source) for source in SOURCES))
    home = Home(tmp_path)
    with serve(RecordedWorld(SHARED_DATA)) as sandbox:
        pipeline = Pipeline(home, Origin("stand-in", sandbox.base_url, sandbox.base_url), catalog)
        events = {(event.dataset, event.part): event for report in pipeline.ingest() for event in report.parts}
        quiet = pipeline.ingest()
    loaded = {place for place, event in events.items() if event.outcome == ledger.LOADED}
    recorded = {(reading.dataset_id, catalog.dataset(reading.dataset_id).parts[0].id) for reading in READINGS}
    assert loaded == recorded | {("lehd_j2j_firm_size", "us"), ("lehd_j2jod_firm_size", "us")}
    assert {event.outcome for place, event in events.items() if place not in loaded} == {ledger.ABSENT}
    assert not any(report.has_accepted_rows for report in quiet)
    with lake.connect(home) as connection:
        for reading in READINGS:
            dataset = catalog.dataset(reading.dataset_id)
            lake.create_in_force(connection, home, dataset, [part.id for part in dataset.parts], "now")
            rows = connection.sql("from now").to_arrow_table().to_pylist()
            assert_same(figures(dataset, rows), reading.read(), reading.rows)


# --- traps of the files --------------------------------------------------------------------------------------


def test_namibia_survives_as_na_in_lower_case() -> None:
    for dataset_id, column in (("linkedin_country", "base_country_code"), ("linkedin_skill", "country_code")):
        codes = {row[column] for row in taken(dataset_id, served(dataset_id, world()))}
        assert "na" in codes
        assert None not in codes


def test_moldova_is_rom_and_romania_rou() -> None:
    codes = {row["WBcode"] for row in taken("barro_lee_attainment", served("barro_lee_attainment", world()))}
    assert {"ROM", "ROU", "SER"} <= codes


@needs_shared_data
def test_pairs_of_scholars_add_up_to_at_most_the_table_of_countries() -> None:
    """Pairs with a territory that has lost its code are not in the file of pairs."""
    left: dict[Key, float] = {}
    for (origin, _, year), (moved,) in scholar_flows().items():
        left[origin, year] = left.get((origin, year), 0) + (moved or 0)
    table = {key: cells[2] for key, cells in scholars().items()}
    assert all(moved <= (table[key] or 0) for key, moved in left.items())
    assert sum(moved == table[key] for key, moved in left.items()) > len(left) / 2


@needs_shared_data
def test_published_rates_of_linkedin_are_there() -> None:
    found = figures(
        load_catalog().dataset("linkedin_country"),
        taken("linkedin_country", served("linkedin_country", RecordedWorld(SHARED_DATA))),
    )
    assert found["rs", "de", 2019] == (-7.12,)
    assert found["de", "rs", 2019] == (0.59,)
    assert found["ro", "gb", 2015] == (-14.60,)


def test_a_year_written_as_a_float_is_whole_or_an_error() -> None:
    text = served("mpidr_scholars", world())
    assert {row["year"] for row in taken("mpidr_scholars", text)} == set(range(1998, 2021))
    with pytest.raises(duckdb.Error, match=r"'1998.5' is no whole number of column year"):
        taken("mpidr_scholars", text.replace(b"1998.0", b"1998.5"))


def test_rows_without_a_country_code_are_left() -> None:
    text = served("mpidr_scholars", world())
    without = sum(not row["countrycode"] for row in csv.DictReader(io.StringIO(text.decode())))
    assert without == 9 * 23
    assert len(taken("mpidr_scholars", text)) == text.count(b"\n") - 1 - without


def test_a_change_of_the_total_is_no_indicator() -> None:
    content = served("fsi_indicators", world())
    assert b"Change from Previous Year" in gzip.decompress(content)
    assert {row["code"][0] for row in taken("fsi_indicators", content)} == set("CEPSX")


# --- bad input -----------------------------------------------------------------------------------------------


def talent_book(**sheets: list[list[Any]]) -> bytes:
    return xlsx({name.replace("_", " "): rows for name, rows in sheets.items()})


def pair(base: str, target: str, *rates: Any) -> list[Any]:
    return [base, base, 0.0, 0.0, "x", "x", target, target, 0.0, 0.0, "x", "x", *rates]


PAIR_HEADER = [
    "base_country_code", "base_country_name", "base_lat", "base_long", "base_country_wb_income",
    "base_country_wb_region", "target_country_code", "target_country_name", "target_lat", "target_long",
    "target_country_wb_income", "target_country_wb_region",
    *(f"net_per_10K_{year}" for year in range(2015, 2020)),
]  # fmt: skip


def test_empty_rows_and_columns_of_a_sheet_are_no_part_of_it() -> None:
    book = talent_book(
        Cover=[["x"]],
        Country_Migration=[[*PAIR_HEADER, None, None], pair("na", "za", 1.0, 2.0, 3.0, 4.0, -5.5), [None] * 19, [None]],
    )
    assert [(row["year"], row["net_per_10K"]) for row in taken("linkedin_country", book)] == [
        (2015, 1.0), (2016, 2.0), (2017, 3.0), (2018, 4.0), (2019, -5.5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["A title"], PAIR_HEADER, pair("na", "za", *[1.0] * 5)], "row 1 should hold the header .* it? ?.*row 2"),
        ([[*PAIR_HEADER[:-1], "net_per_10k_2019"], pair("na", "za", *[1.0] * 5)], "no column 'net_per_10K_2019'"),
        ([[*PAIR_HEADER, "net_per_10K_2020"], pair("na", "za", *[1.0] * 6)], "'net_per_10K_2020' that nobody knows"),
        ([PAIR_HEADER, pair("na", "za", 1.0, "n/a", 1.0, 1.0, 1.0)], "row 2, net_per_10K_2016: 'n/a' is no number"),
    ],
)
def test_a_changed_sheet_is_refused(rows: list[list[Any]], words: str) -> None:
    with pytest.raises(PayloadRejected, match=words):
        taken("linkedin_country", talent_book(Country_Migration=rows))


def test_a_missing_sheet_is_refused() -> None:
    with pytest.raises(PayloadRejected, match="no sheet 'Country Migration', but 'Cover'"):
        taken("linkedin_country", talent_book(Cover=[["x"]]))


@pytest.mark.parametrize(
    ("dataset_id", "old", "new", "words"),
    [
        ("barro_lee_attainment", b"lhc,", b"lh_completed,", "no column 'lhc'.*'lh_completed' that nobody knows"),
        ("barro_lee_attainment", b"pop\n", b"pop,note\n", "a column 'note' that nobody knows"),
        ("mpidr_scholars", b"netmigration,", b"net,", "no column 'netmigration'"),
        ("oecd_dioc_2000", b"edu_lfs,", b"edu,", "no column 'edu_lfs'"),
        ("oecd_dioc_2015", b"coub,", b"birthplace,", "no column 'coub'"),
    ],
)
def test_a_renamed_or_new_column_is_refused(dataset_id: str, old: bytes, new: bytes, words: str) -> None:
    content = served(dataset_id, world()).replace(old, new, 1)
    with pytest.raises(PayloadRejected, match=words):
        taken(dataset_id, content)


@pytest.mark.parametrize("dataset_id", ["barro_lee_attainment", "mpidr_scholars", "oecd_dioc_2010"])
def test_a_changed_column_order_is_accepted(dataset_id: str) -> None:
    content = served(dataset_id, world())
    frame = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
    turned = frame[frame.columns[::-1]].to_csv(index=False).encode()
    dataset = load_catalog().dataset(dataset_id)
    assert figures(dataset, taken(dataset_id, turned)) == figures(dataset, taken(dataset_id, content))


def test_text_in_place_of_a_number_is_an_error_and_no_null() -> None:
    text = served("barro_lee_attainment", world())
    first = text.splitlines()[1]
    for bad in (b"..", b"NA", b"1,5"):
        cells = first.split(b",")
        cells[6] = b'"' + bad + b'"'
        with pytest.raises(duckdb.Error, match=bad.decode().replace(".", r"\.")):
            taken("barro_lee_attainment", text.replace(first, b",".join(cells), 1))


def test_the_archive_must_hold_the_member_of_the_catalog() -> None:
    with pytest.raises(PayloadRejected, match=r"no member 'V-Dem-CY-Core-v15.csv', but 'V-Dem-CY-Core-v16.csv'"):
        taken("vdem_democracy", archive({"V-Dem-CY-Core-v16.csv": b"country_text_id,year\n"}))


def test_a_table_of_one_index_less_is_refused() -> None:
    with zipfile.ZipFile(io.BytesIO(served("vdem_democracy", world()))) as opened:
        text = opened.read("V-Dem-CY-Core-v15.csv").replace(b"v2x_egaldem,", b"v2x_egal,", 1)
    with pytest.raises(PayloadRejected, match="no column 'v2x_egaldem'"):
        taken("vdem_democracy", archive({"V-Dem-CY-Core-v15.csv": text}))


# --- DIOC ----------------------------------------------------------------------------------------------------

ROUNDS = (
    "oecd_dioc_2000", "oecd_dioc_2005", "oecd_dioc_2010", "oecd_dioc_2015", "oecd_dioc_2015_destination",
    "oecd_dioc_2020",
)  # fmt: skip


@pytest.mark.parametrize("dataset_id", ROUNDS)
def test_the_persons_of_the_file_are_the_persons_of_the_table(dataset_id: str) -> None:
    content = served(dataset_id, world())
    if content.startswith(b"PK"):
        header, *rows = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True)
        persons = sum(float(str(row[header.index("number")])) for row in rows)
    else:
        persons = float(pd.read_csv(io.BytesIO(content), keep_default_na=False)["number"].sum())
    assert sum(row["number"] for row in taken(dataset_id, content)) == persons


HEADER_2010 = b"country,coub,fborn,sex,edu_lfs,number,age,birth,source,edu_detailed\n"


def test_what_the_dataset_has_no_column_for_is_summed() -> None:
    text = HEADER_2010 + b"DEU,NAM,1,2,3,10.5,4,1,census,6\nDEU,NAM,1,2,3,2,4,1,survey,7\n"
    assert taken("oecd_dioc_2010", text) == [
        {"country": "DEU", "coub": "NAM", "fborn": "1", "sex": "2", "edu_lfs": "3", "age": "4", "number": 12.5}
    ]


def test_a_code_left_empty_is_a_code() -> None:
    (row,) = taken("oecd_dioc_2010", HEADER_2010 + b"DEU,NAM,1,2,3,10,,1,census,6\n")
    assert row["age"] == "-"


@pytest.mark.parametrize("cell", [b"", b"ten", b"1 000"])
def test_a_row_without_a_number_of_persons_is_an_error(cell: bytes) -> None:
    with pytest.raises(duckdb.Error, match="number"):
        taken("oecd_dioc_2010", HEADER_2010 + b"DEU,NAM,1,2,3," + cell + b",4,1,census,6\n")


# --- what only the whole batch shows -------------------------------------------------------------------------


class Altered:
    """The synthetic world with some files changed."""

    figures = "synthetic"

    def __init__(self, changes: dict[str, Callable[[bytes], bytes]]) -> None:
        self._changes = changes

    def __getattr__(self, name: str) -> Any:
        return getattr(world(), name)

    def file(self, address: str) -> File | None:
        file = world().file(address)
        change = self._changes.get(address)
        return replace(file, content=change(file.content)) if file and change else file


def in_gzip(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda content: gzip.compress(gzip.decompress(content).replace(old, new))


def without_reverse(content: bytes) -> bytes:
    """The sheet of countries with one pair more, from one side only."""
    header, *rows = openpyxl.load_workbook(io.BytesIO(content))["Country Migration"].iter_rows(values_only=True)
    invented = [*rows[0][:6], *rows[-1][:6], *rows[0][12:]]
    lines: list[list[Any]] = [list(row) for row in (header, *rows, invented)]
    return xlsx({"Cover": [["x"]], "Country Migration": lines})


def with_total_row(content: bytes) -> bytes:
    """A row of all ages among the age groups."""
    first = content.splitlines()[1].split(b",")
    first[4], first[5] = b"15", b"64"
    return content + b",".join(first) + b"\n"


def with_hires_lost(content: bytes) -> bytes:
    """Job-to-job hires twice as many as their two kinds."""
    frame = pd.read_csv(io.BytesIO(gzip.decompress(content)), dtype=str, keep_default_na=False)
    frame["J2JHire"] = [str(2 * int(cell)) if cell else "" for cell in frame["J2JHire"]]
    return gzip.compress(frame.to_csv(index=False).encode())


def net_turned(content: bytes) -> bytes:
    frame = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
    frame["netmigration"] = [str(-int(cell)) for cell in frame["netmigration"]]
    return frame.to_csv(index=False).encode()


def with_few_destinations(content: bytes) -> bytes:
    """Twenty of the countries of residence."""
    frame = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
    kept = sorted(frame["country"].unique())[:20]
    return frame[frame["country"].isin(kept)].to_csv(index=False).encode()


BROKEN = {
    "mpidr_scholars": (net_turned, "a net migration that is not those who came less those who left"),
    "linkedin_country": (without_reverse, "pairs that stand there from one side only"),
    "barro_lee_attainment": (with_total_row, "an age group that the publisher does not have"),
    "fsi_indicators": (in_gzip(b'"E3"', b'"E9"'), "code holds codes that the catalog does not list: 'E9'"),
    "vdem_religion": (
        lambda content: archive({"V-Dem-CY-Full+Others-v15.csv": zipfile.ZipFile(io.BytesIO(content))
                                 .read("V-Dem-CY-Full+Others-v15.csv").replace(b",2001,", b",2999,")}),
        "2999",
    ),
    "oecd_dioc_2000": (with_few_destinations, "fewer than 28 countries of residence"),
    "lehd_j2j_education": (with_hires_lost, "job-to-job hires that are not the hires with and without nonemployment"),
    "lehd_j2jod_avail": (in_gzip(b"2025,1", b"1999,1"), "a window that ends before it begins"),
}  # fmt: skip


@pytest.mark.slow
def test_what_only_the_whole_batch_shows_is_held_back_and_said(tmp_path: Path) -> None:
    datasets = {dataset_id: load_catalog().dataset(dataset_id) for dataset_id in BROKEN}
    few = {key: dataset.model_copy(update={"parts": dataset.parts[:1]}) for key, dataset in datasets.items()}
    sources = [load_catalog().source_of(dataset_id) for dataset_id in BROKEN]
    chosen = {source.id: source for source in sources}.values()
    catalog = Catalog(
        sources=tuple(
            source.model_copy(update={"datasets": tuple(few[d.id] for d in source.datasets if d.id in few)})
            for source in chosen
        )
    )
    altered = Altered({address_of(few[dataset_id]): change for dataset_id, (change, _) in BROKEN.items()})
    with serve(altered) as sandbox:
        pipeline = Pipeline(Home(tmp_path), Origin("stand-in", sandbox.base_url, sandbox.base_url), catalog)
        events = {report.dataset: report.parts[0] for report in pipeline.ingest()}
    for dataset_id, (_, words) in BROKEN.items():
        event = events[dataset_id]
        assert event.outcome == ledger.QUARANTINED, dataset_id
        assert words in (event.message or ""), event.message
        assert event.next_step
