"""Job-to-Job Flows: which rows of a file are taken, what is refused, and how the pinned release is watched."""

from __future__ import annotations

import csv
import gzip
import io
import logging
import math
import random
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.catalog import load_catalog
from ingestion.errors import PayloadRejected
from ingestion.http import Body
from ingestion.sources import Mark, protocol_of
from ingestion.sources.files import arrival
from sandbox.server import Sandbox, serve
from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.lehd import PLACES
from tests.ingestion.asking import client_of, fetch, load
from tests.ingestion.reading import read
from tests.shared_data import SHARED_DATA, needs_shared_data

SPOTS = 20
DATASETS = ("lehd_j2j_education", "lehd_j2j_firm_size", "lehd_j2jod", "lehd_j2jod_avail")
Row = dict[str, str]


@cache
def world(vintage: int = 1) -> SyntheticWorld:
    return SyntheticWorld(vintage=vintage)


@cache
def lines(dataset_id: str, part_id: str = "al") -> str:
    """The synthetic file of a part, as text."""
    dataset = load_catalog().dataset(dataset_id)
    address = dataset.endpoint.format_map(dataset.part(part_id).parameters).removeprefix("https://")
    file = world().file(address)
    assert file is not None
    return gzip.decompress(file.content).decode()


def rows_of(text: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(text)))


def taken(dataset_id: str, text: str, part_id: str = "al") -> list[dict[str, Any]]:
    """What is read of a file with that text."""
    dataset = load_catalog().dataset(dataset_id)
    table = read(protocol_of(dataset), dataset, dataset.part(part_id), [gzip.compress(text.encode())])
    assert table.column_names == [column.name for column in dataset.columns]
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def rewritten(text: str, change: Callable[[Row], Row]) -> str:
    """The same file with every row changed."""
    rows = [change(dict(row)) for row in rows_of(text)]
    written = io.StringIO()
    writer = csv.DictWriter(written, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


# --- which rows ----------------------------------------------------------------------------------------------


def test_both_sexes_are_taken_and_single_ones_left() -> None:
    text = lines("lehd_j2j_education")
    whole = [row for row in rows_of(text) if row["sex"] == "0"]
    assert len(whole) < len(rows_of(text))
    found = taken("lehd_j2j_education", text)
    assert len(found) == len(whole) == 21 * 6 * 5
    assert {row["geography"] for row in found} == {"01"}
    assert sum(row["MainB"] or 0 for row in found) == sum(int(row["MainB"] or 0) for row in whole)


def test_a_suppressed_figure_is_null_beside_its_flag() -> None:
    newest = [row for row in taken("lehd_j2j_firm_size", lines("lehd_j2j_firm_size")) if row["year"] == 2025]
    withheld = [row for row in newest if row["firmsize"] in "12345"]
    assert withheld
    assert {(row["MainB"], row["sMainB"], row["J2JSep"], row["sJ2JSep"]) for row in withheld} == {
        (None, "5", None, "-1")
    }


def test_codes_stay_text() -> None:
    found = taken("lehd_j2j_firm_size", lines("lehd_j2j_firm_size"))
    assert {"00", "31-33", "44-45"} <= {row["industry"] for row in found}
    assert {row["firmsize"] for row in found} == {"0", "1", "2", "3", "4", "5", "N"}


def test_origins_of_a_state_and_of_an_industry() -> None:
    by_state = taken("lehd_j2jod", lines("lehd_j2jod"))
    assert {row["industry_orig"] for row in by_state} == {"00"}
    assert len({row["geography_orig"] for row in by_state}) == 52
    by_industry = taken("lehd_j2jod", lines("lehd_j2jod", "us"), "us")
    assert {row["geography_orig"] for row in by_industry} == {"00"}
    assert len({(row["industry"], row["industry_orig"]) for row in by_industry}) == 21 * 21


def test_a_pair_is_taken_from_the_file_of_its_destination() -> None:
    text = lines("lehd_j2jod_avail")
    assert {row["geography"] for row in rows_of(text)} == {*PLACES.values()}
    found = taken("lehd_j2jod_avail", text)
    assert {row["geography"] for row in found} == {"01"}
    assert len(found) == 52


def test_windows_of_metropolitan_areas_are_left() -> None:
    metropolitan = "S,01,B,33860,2001,2,2025,1\n"
    assert taken("lehd_j2jod_avail", lines("lehd_j2jod_avail") + metropolitan) == taken(
        "lehd_j2jod_avail", lines("lehd_j2jod_avail")
    )


def test_another_column_order_is_the_same_table() -> None:
    text = lines("lehd_j2j_education")
    turned = rewritten(text, lambda row: dict(reversed(row.items())))
    assert turned.splitlines()[0] != text.splitlines()[0]
    assert taken("lehd_j2j_education", turned) == taken("lehd_j2j_education", text)


# --- what is refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["EEHire", "sEEHire", "education", "year", "sex", "seasonadj", "geography"])
def test_a_renamed_column_is_refused_by_name(name: str) -> None:
    text = lines("lehd_j2j_education").replace(f"{name},", f"{name}_new,", 1)
    with pytest.raises(PayloadRejected, match=f"lehd_j2j_education/al: the header has no column '{name}'"):
        taken("lehd_j2j_education", text)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seasonadj": "S"}, "seasonadj 'S' is not U"),
        ({"ownercode": "A05"}, "ownercode 'A05' is not A00"),
        ({"geography": "02"}, "geography '02' is not 01"),
        ({"MainB": "1,5"}, "'1,5'"),
        ({"MainB": "n/a"}, "'n/a'"),
        ({"year": "2024.5"}, "'2024.5' is no whole number of column year"),
        ({"quarter": "Q1"}, "'Q1' is no whole number of column quarter"),
    ],
)
def test_a_row_that_must_not_be_there_is_an_error_and_no_null(change: Row, words: str) -> None:
    text = rewritten(lines("lehd_j2j_education"), lambda row: row | change)
    with pytest.raises(duckdb.Error, match=words):
        taken("lehd_j2j_education", text)


def test_a_pair_of_two_other_states_is_an_error() -> None:
    with pytest.raises(duckdb.Error, match="geography '02' belongs neither to the origin nor to the destination 01"):
        taken("lehd_j2jod_avail", lines("lehd_j2jod_avail") + "S,02,S,04,2001,2,2025,1\n")


def test_a_short_row_is_an_error() -> None:
    with pytest.raises(duckdb.Error, match="Expected Number of Columns"):
        taken("lehd_j2j_education", lines("lehd_j2j_education") + "Q,U,S,01\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress(b"x" * 100_000, mtime=0)[:60], "damaged or cut off"),
        (b"<!DOCTYPE html><html>Not here</html>", "a web page came in place of the file"),
        (b"", "the file is empty"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_whole_file_is_refused_on_arrival(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_bytes(content)
    with pytest.raises(PayloadRejected, match=words):
        arrival.check(Body(path, ""), 1_000_000, "lehd_j2j_education/al")


# --- the release ---------------------------------------------------------------------------------------------


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with serve(world(getattr(request, "param", 1))) as running:
        yield running


def test_the_release_is_the_edition(sandbox: Sandbox, tmp_path: Path) -> None:
    client = client_of("lehd_j2j_firm_size", sandbox.base_url, tmp_path)
    fetched = fetch(client, "lehd_j2j_firm_size", "de")
    assert fetched.edition == "R2026Q1"
    assert fetched.version is not None
    assert fetched.answers[0].content().startswith(b"\x1f\x8b")
    assert len(load(client, "lehd_j2j_firm_size", "de")) == 615


def known(edition: str) -> dict[str, Mark]:
    return {"al": Mark('"etag"', edition), "us": Mark('"etag"', edition)}


def test_a_quiet_night_is_one_question_for_all_datasets(sandbox: Sandbox, tmp_path: Path) -> None:
    client = client_of("lehd_j2jod", sandbox.base_url, tmp_path)
    for dataset_id in DATASETS:
        dataset = load_catalog().dataset(dataset_id)
        probe = protocol_of(dataset).probe(client, dataset, known("R2026Q1"))
        assert probe.unchanged == {"al", "us"}
        assert probe.edition == "R2026Q1"
    assert client.requests_made == 1


@pytest.mark.parametrize("sandbox", [2], indirect=True)
def test_a_newer_release_is_said_and_not_moved_to(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    dataset = load_catalog().dataset("lehd_j2j_education")
    client = client_of(dataset.id, sandbox.base_url, tmp_path)
    with caplog.at_level(logging.WARNING, logger="ingestion"):
        probe = protocol_of(dataset).probe(client, dataset, known("R2026Q1"))
    assert probe.unchanged == {"al", "us"}
    assert "newest release is R2026Q2, and the catalog pins R2026Q1" in caplog.text


def test_a_moved_pin_loads_everything_anew(sandbox: Sandbox, tmp_path: Path) -> None:
    dataset = load_catalog().dataset("lehd_j2j_education")
    probe = protocol_of(dataset).probe(
        client_of(dataset.id, sandbox.base_url, tmp_path), dataset, known("R2025Q4") | {"de": Mark("x", "R2026Q1")}
    )
    assert probe.unchanged == {"de"}


# --- the recorded files --------------------------------------------------------------------------------------

NATION = SHARED_DATA / "lehd_j2j" / "j2j_us_firmsize_sector_2015on.csv.gz"
CROSS = SHARED_DATA / "lehd_j2j" / "j2jod_us_firmsize_od_2015on.csv"


def assert_same(found: list[dict[str, Any]], expected: list[Row], key: tuple[str, ...], rows: int) -> None:
    """The same rows: keys, counts of values and sums of every figure, and twenty cells taken at random."""
    by_key = {tuple(str(row[name]) for name in key): row for row in found}
    expected_by_key = {tuple(row[name] for name in key): row for row in expected}
    assert len(found) == len(expected) == rows
    assert by_key.keys() == expected_by_key.keys()
    names = [name for name in expected[0] if name in found[0] and name not in key]
    for name in names:
        cells = [row[name] for row in expected]
        if name.startswith("s"):
            assert all(row[name] == expected_by_key[place][name] for place, row in by_key.items())
            continue
        assert sum(row[name] is not None for row in found) == sum(cell != "" for cell in cells)
        assert math.fsum(row[name] or 0 for row in found) == math.fsum(float(cell or 0) for cell in cells)
    spots = [(place, name) for place in sorted(expected_by_key) for name in names]
    for place, name in random.Random(7).sample(spots, SPOTS):  # noqa: S311 (a choice, no secret)
        cell = expected_by_key[place][name]
        assert by_key[place][name] == (cell if name.startswith("s") else float(cell) if cell else None), (place, name)


@needs_shared_data
def test_the_recorded_nation_by_firm_size_equals_an_independent_reading() -> None:
    dataset = load_catalog().dataset("lehd_j2j_firm_size")
    table = read(protocol_of(dataset), dataset, dataset.part("us"), [NATION.read_bytes()])
    expected = rows_of(gzip.decompress(NATION.read_bytes()).decode())
    assert set(table["geography"].to_pylist()) == {"00"}
    assert_same(table.to_pylist(), expected, ("year", "quarter", "industry", "firmsize"), 4100)


@needs_shared_data
def test_the_recorded_cross_of_firm_sizes_equals_an_independent_reading() -> None:
    dataset = load_catalog().dataset("lehd_j2jod_firm_size")
    table = read(protocol_of(dataset), dataset, dataset.part("us"), [CROSS.read_bytes()])
    expected = rows_of(CROSS.read_text())
    assert_same(table.to_pylist(), expected, ("year", "quarter", "firmsize_orig", "firmsize"), 1476)
