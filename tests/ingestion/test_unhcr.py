"""UNHCR's wire format, read strictly: mixed types, and pages that must add up."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingestion.catalog import load_catalog
from ingestion.errors import PayloadRejected
from ingestion.sources import Mark
from ingestion.sources.unhcr import Pairs
from sandbox.server import Sandbox, serve
from sandbox.worlds.recorded import RecordedWorld
from tests.ingestion.asking import broken_expectations, client_of, fetch, load
from tests.ingestion.reading import read
from tests.ingestion.scripted_server import Reply, scripted_server
from tests.shared_data import SHARED_DATA, needs_shared_data

CATALOG = load_catalog()
POPULATION = CATALOG.dataset("unhcr_population")
PART = POPULATION.part("all")
COUNTS = ("refugees", "asylum_seekers", "returned_refugees", "idps", "returned_idps", "stateless", "ooc", "oip", "hst")
FILES = {
    "unhcr_population": ("population.csv.gz", ()),
    "unhcr_asylum_applications": (
        "asylum_applications.csv.gz",
        ("procedure_type", "app_type", "dec_level", "app_pc"),
    ),
    "unhcr_asylum_decisions": ("asylum_decisions.csv.gz", ("procedure_type", "dec_level", "dec_pc")),
    "unhcr_solutions": ("solutions.csv.gz", ()),
    "unhcr_demographics": ("demographics.csv.gz", ()),
    "unhcr_idmc": ("idmc.csv", ()),
}

Item = dict[str, Any]


def item(**changes: Any) -> Item:
    countries = {
        **{"coo_id": 185, "coo_name": "Syrian Arab Rep.", "coo": "SYR", "coo_iso": "SYR"},
        **{"coa_id": 75, "coa_name": "Germany", "coa": "GFR", "coa_iso": "DEU"},
    }
    return {"year": 2023, **countries, **dict.fromkeys(COUNTS, "0"), "refugees": 705811, "oip": "-"} | changes


def sums(**changes: Any) -> Item:
    nobody = dict.fromkeys(("coo_id", "coo_name", "coo", "coo_iso", "coa_id", "coa_name", "coa", "coa_iso"), "-")
    return item(**nobody) | changes


def page(*items: Item, number: int = 1, pages: int = 1) -> bytes:
    document = {"page": number, "short-url": "IEdK17", "maxPages": pages, "total": [], "items": list(items)}
    return json.dumps(document).encode()


def test_mixed_types_become_counts() -> None:
    other = item(coo="ARE", coo_iso="EGY", refugees="12", asylum_seekers=5, stateless="-")
    bodies = [page(sums(refugees=705823, asylum_seekers=5)), page(item(), other)]
    table = read(Pairs(), POPULATION, PART, bodies)
    assert table.column_names == [column.name for column in POPULATION.columns]
    assert table["refugees"].to_pylist() == [705811.0, 12.0]
    assert table["idps"].to_pylist() == [0.0, 0.0]
    assert table["stateless"].to_pylist() == [0.0, None]
    assert table["oip"].to_pylist() == [None, None]
    assert table["coo_iso"].to_pylist() == ["SYR", "EGY"]


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (item(refugees="n/a"), "refugees is 'n/a' in 2023, origin SYR, asylum DEU"),
        (item(refugees="-5"), "refugees is '-5'"),
        (item(refugees="1e3"), "refugees is '1e3'"),
        (item(refugees=""), "refugees is ''"),
        (item(refugees=None), r"Expected `int \| str`, got `null`.*that is 2023 SYR DEU"),
        (item(refugees=1.5), r"Expected `int \| str`, got `float`"),
        (item(refugees=True), r"Expected `int \| str`, got `bool`"),
        (item(refugees=10**400), "column refugees: a value is no DOUBLE"),
        (item(refugees="9" * 5000), "inf in row 2, which is no figure"),
        (item(year=10**11), "column year: a value is no INTEGER"),
        (item(year="2023"), r"Expected `int`, got `str`"),
        (item(vda=3), "unknown field `vda`"),
        ({key: value for key, value in item().items() if key != "hst"}, "missing required field `hst`"),
        (sums(), "2 codes of countries are '-': sums over countries came among the pairs"),
    ],
)
def test_a_bad_item_is_named(bad: Item, sentence: str) -> None:
    with pytest.raises(PayloadRejected, match=sentence) as raised:
        read(Pairs(), POPULATION, PART, [page(sums()), page(item(), bad)])
    assert "unhcr_population/all" in raised.value.where


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        ([item(refugees=705810)], "pairs of 2023 add up to 705,810 refugees, and the publisher's sum is 705,811"),
        ([item(), item(coo_iso="IRQ")], "add up to 1,411,622 refugees"),
        ([item(), item(year=2022)], "the publisher has no sum for 2022"),
        ([item(year=2022)], "the publisher has no sum for 2022"),
    ],
)
def test_pairs_that_do_not_add_up_are_refused(pairs: list[Item], sentence: str) -> None:
    with pytest.raises(PayloadRejected, match=sentence):
        read(Pairs(), POPULATION, PART, [page(sums()), page(*pairs)])


def test_a_year_without_pairs_is_refused() -> None:
    with pytest.raises(PayloadRejected, match="no pairs came for 2024"):
        read(Pairs(), POPULATION, PART, [page(sums(), sums(year=2024)), page(item())])


def test_procedures_are_added_up_each_for_itself() -> None:
    dataset = CATALOG.dataset("unhcr_asylum_applications")
    of_whom = {"procedure_type": "G", "app_type": "N", "dec_level": "FI", "app_pc": "P", "applied": 10}
    base = {key: value for key, value in item().items() if key not in COUNTS}
    nobody = {key: value for key, value in sums().items() if key not in COUNTS}
    bodies = [page(nobody | of_whom), page(base | of_whom)]
    assert read(Pairs(), dataset, dataset.part("all"), bodies)["applied"].to_pylist() == [10.0]
    with pytest.raises(PayloadRejected, match="no pairs came for 2023 G N FI P"):
        read(Pairs(), dataset, dataset.part("all"), [bodies[0], page(base | of_whom | {"procedure_type": "U"})])


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (b"<html><body>502</body></html>", "HTML came instead of JSON"),
        (b"", "the body is empty"),
        (b'{"page":1,"maxPages":1,"items":[{"year"', "truncated"),
        (b'{"error":"x"}', "missing required field `items`"),
        (b'{"page":1,"maxPages":1,"total":[],"items":{}}', "Expected `array`"),
    ],
)
def test_a_bad_body_is_named(bad: bytes, sentence: str) -> None:
    with pytest.raises(PayloadRejected, match=sentence):
        read(Pairs(), POPULATION, PART, [page(sums()), bad])


def scripted(pages: list[bytes], of_sums: bytes) -> Any:
    """Answers sums, then these pages in turn."""

    def script(path: str, earlier: int) -> Reply:
        return Reply(body=pages[earlier - 1] if "coo_all=true" in path else of_sums)

    return script


FULL = (item(), item(coo_iso="IRQ"))


@pytest.mark.parametrize(
    ("pages", "sentence"),
    [
        ([page(*FULL, pages=2), page(*FULL, number=1, pages=2)], "page 1 of 2 came where page 2 was asked for"),
        ([page(*FULL, pages=2), page(*FULL, number=2, pages=3)], "changed between pages, from 2 to 3"),
        ([page(*FULL, pages=3), page(item(), number=2, pages=3)], "1 items came on page 2 of 3, and 2 on the first"),
        ([page(*FULL, pages=2), page(number=2, pages=2)], "0 items came on page 2 of 2"),
        ([page(item(), pages=2), page(*FULL, number=2, pages=2)], "2 items came on page 2 of 2, and 1 on the first"),
        ([page(pages=0)], "0 items came on page 1 of 0"),
        ([page(*FULL, number=0, pages=1)], "page 0 of 1 came where page 1"),
    ],
)
def test_a_wrong_page_is_named(pages: list[bytes], sentence: str, tmp_path: Path) -> None:
    with (
        scripted_server(scripted(pages, page(sums()))) as server,
        pytest.raises(PayloadRejected, match=sentence) as raised,
    ):
        fetch(client_of(POPULATION.id, server.base_url, tmp_path), POPULATION.id, "all")
    assert "unhcr_population/all, page" in raised.value.where


def test_the_sums_are_the_version(tmp_path: Path) -> None:
    versions = []
    for of_sums in (page(sums()), page(sums()).replace(b"IEdK17", b"9JK8to"), page(sums(refugees=1))):
        with scripted_server(scripted([page(*FULL)], of_sums)) as server:
            client = client_of(POPULATION.id, server.base_url, tmp_path)
            versions.append(fetch(client, POPULATION.id, "all").version)
            assert "yearFrom=1951" in server.asked[0] and "_all" not in server.asked[0]
            assert "coo_all=true&coa_all=true&cf_type=ISO" in server.asked[1]
            probe = Pairs().probe(client, POPULATION, {"all": Mark(versions[0], None)})
            assert probe.unchanged == ({"all"} if versions[-1] == versions[0] else set())
    assert versions[0] == versions[1] != versions[2]


def test_no_sums_are_no_version(tmp_path: Path) -> None:
    empty = page(pages=0)
    with (
        scripted_server(scripted([page(*FULL)], empty)) as server,
        pytest.raises(PayloadRejected, match="the answer holds no sums"),
    ):
        fetch(client_of(POPULATION.id, server.base_url, tmp_path), POPULATION.id, "all")


def test_a_table_that_was_not_asked_for_by_iso_codes_is_found() -> None:
    pairs = page(item(coa_iso="GFR"))
    table = read(Pairs(), POPULATION, PART, [page(sums()), pairs])
    assert broken_expectations(POPULATION.id, {"all": table}) == {"germany_has_refugees"}
    table = read(Pairs(), POPULATION, PART, [page(sums(idps=7)), page(item(idps=7))])
    assert broken_expectations(POPULATION.id, {"all": table}) == {"displaced_within_their_country"}


def test_kinds_of_decision_must_add_up() -> None:
    dataset = CATALOG.dataset("unhcr_asylum_decisions")
    kinds = dict.fromkeys(("dec_recognized", "dec_other", "dec_rejected", "dec_closed"), 10)
    of_whom = {"procedure_type": "G", "dec_level": "FI", "dec_pc": "P", **kinds}
    base = {key: value for key, value in item().items() if key not in COUNTS}
    nobody = {key: value for key, value in sums().items() if key not in COUNTS}
    for total, broken in ((40, set()), (50, {"decisions_add_up"})):
        decided = of_whom | {"dec_total": total}
        table = read(Pairs(), dataset, dataset.part("all"), [page(nobody | decided), page(base | decided)])
        assert broken_expectations(dataset.id, {"all": table}) == broken


# --- recorded figures ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recorded() -> Iterator[Sandbox]:
    with serve(RecordedWorld(SHARED_DATA)) as running:
        yield running


def recorded_rows(name: str) -> list[dict[str, str]]:
    content = (SHARED_DATA / "unhcr" / name).read_bytes()
    text = (gzip.decompress(content) if name.endswith(".gz") else content).decode()
    return list(csv.DictReader(io.StringIO(text)))


@needs_shared_data
@pytest.mark.slow
@pytest.mark.parametrize("dataset_id", list(FILES))
def test_recorded_tables_are_read_cell_for_cell(dataset_id: str, recorded: Sandbox, tmp_path: Path) -> None:
    name, dimensions = FILES[dataset_id]
    measures = CATALOG.dataset(dataset_id).measures
    expected: dict[tuple[str, ...], dict[str, float | None]] = {}
    for row in recorded_rows(name):
        key = tuple(row[field] for field in ("year", "coo", "coo_iso", "coa", "coa_iso", *dimensions))
        cell = expected.setdefault(key, dict.fromkeys(measures))
        for measure in measures:
            if row[measure]:
                cell[measure] = (cell[measure] or 0) + float(row[measure])
    table = load(client_of(dataset_id, recorded.base_url, tmp_path), dataset_id, "all")
    rows = table.to_pylist()
    assert len(rows) == len(expected)
    for measure in measures:
        total = sum(cell[measure] or 0 for cell in expected.values())
        assert sum(row[measure] or 0 for row in rows) == total
    found = {
        tuple(str(row[field]) for field in ("year", "coo", "coo_iso", "coa", "coa_iso", *dimensions)): row
        for row in rows
    }
    for key in random.Random(7).sample(sorted(expected), 20):  # noqa: S311 (spot cells, not secrets)
        assert {measure: found[key][measure] for measure in measures} == expected[key]


@pytest.mark.slow
@needs_shared_data
def test_recorded_stocks_are_those_that_were_published(recorded: Sandbox, tmp_path: Path) -> None:
    rows = load(client_of(POPULATION.id, recorded.base_url, tmp_path), POPULATION.id, "all").to_pylist()

    def total(year: int, measure: str, **of_whom: str) -> float:
        chosen = (row for row in rows if row["year"] == year and all(row[k] == v for k, v in of_whom.items()))
        return sum(row[measure] or 0 for row in chosen)

    assert total(2025, "refugees") == 28_461_306
    assert total(2025, "asylum_seekers") == 8_998_097
    assert total(2025, "idps") == 64_239_352
    assert total(2025, "stateless") == 4_477_220
    assert total(2024, "refugees") == 30_958_200
    assert total(2024, "refugees", coa_iso="TUR") == 2_940_735
    assert total(2016, "idps", coo_iso="SYR") == 6_325_978
    # UNHCR's ARE is Egypt, and its Germany is GFR.
    assert {row["coa"] for row in rows if row["coa_iso"] == "EGY"} == {"ARE"}
    assert total(2024, "refugees", coa_iso="DEU") == 2_749_266
    assert total(2024, "refugees", coa="DEU") == 0
