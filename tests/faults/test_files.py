"""Every bad file, from a publisher's address or from the inbox, holds back its dataset alone."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from ingestion import ledger
from ingestion.home import Home
from ingestion.ledger import FAILED, QUARANTINED
from sandbox.worlds.synthetic import SyntheticWorld
from tests.faults.held_back import GOOD, Held, assert_held_back_alone, catalog_of, load

TABLE, WORKBOOK, ARCHIVE = ("gbmd_bilateral", "all"), ("undesa_stock_by_destination", "all"), ("dlm_emigration", "all")
BYSTANDER = ("iab_emigration_rates", "all")
CATALOG = catalog_of({dataset: [part] for dataset, part in (TABLE, WORKBOOK, ARCHIVE, BYSTANDER)}, 64_000_000)
TARGETS = {
    TABLE: "gbmd_1960_2000.csv.gz",
    WORKBOOK: "undesa_pd_2024_ims_stock_by_sex_and_destination.xlsx",
    ARCHIVE: "docquier_lowell_marfouk_2009.zip",
}

DAMAGE = [
    Held("truncated_file", QUARANTINED, "damaged or cut off"),
    Held("html_instead_of_json", QUARANTINED, "a web page came in place of the file"),
    Held("empty_body", QUARANTINED, "the file is empty"),
    Held("http_404", QUARANTINED, "HTTP 404", leaves_payload=False),
    Held("http_500", FAILED, "HTTP 500", leaves_payload=False),
    Held("oversized", QUARANTINED, "passes 64,000,000 bytes", leaves_payload=False),
]
IN_A_TABLE = [
    Held("value_not_a_number", QUARANTINED, "n/a"),
    Held("out_of_range", QUARANTINED, "-987,?654,?321"),
    Held("duplicate_key", QUARANTINED, r"the key \("),
    Held("rows_halved", QUARANTINED, "rows"),
    Held("unknown_country", QUARANTINED, r"qq.*country_code\.csv"),
    Held("future_year", QUARANTINED, "2999"),
    Held("years_reversed", QUARANTINED, "the world's migrants became fewer"),
    Held("column_renamed", QUARANTINED, "_NEW|column"),
]
IN_A_WORKBOOK = [
    Held("moved_header", QUARANTINED, "header|heading|column|row"),
    Held("zip_bomb=200", QUARANTINED, "bytes"),
    Held("value_not_a_number", QUARANTINED, "n/a"),
    Held("out_of_range", QUARANTINED, "-987,?654,?321"),
    Held("rows_halved", QUARANTINED, "row"),
    Held("years_reversed", QUARANTINED, "years|header|heading|became fewer|changed"),
    Held("future_year", QUARANTINED, "2999"),
    Held("truncated_file", QUARANTINED, "damaged or cut off"),
]
IN_AN_ARCHIVE = [Held("zip_bomb=200", QUARANTINED, "bytes"), Held("truncated_file", QUARANTINED, "damaged or cut off")]
CASES = [
    *((TABLE, held) for held in (*DAMAGE, *IN_A_TABLE)),
    *((WORKBOOK, held) for held in IN_A_WORKBOOK),
    *((ARCHIVE, held) for held in IN_AN_ARCHIVE),
]


@pytest.mark.parametrize(("victim", "held"), CASES, ids=[f"{victim[0]}-{held}" for victim, held in CASES])
def test_a_bad_file_is_held_back_alone(
    victim: tuple[str, str],
    held: Held,
    world: SyntheticWorld,
    yesterday: Path,
    tmp_path: Path,
) -> None:
    assert_held_back_alone(world, yesterday, tmp_path / "home", CATALOG, held, victim, BYSTANDER, TARGETS[victim])


def test_another_order_of_columns_is_no_change(world: SyntheticWorld, yesterday: Path, tmp_path: Path) -> None:
    shutil.copytree(yesterday, tmp_path / "home")
    event = load(world, Home(tmp_path / "home"), CATALOG, TABLE[0], ["all"], "columns_reordered")["all"]
    assert event.outcome in GOOD, event.message
    assert (event.inserted, event.revised, event.withdrawn) == (0, 0, 0)


def test_years_in_reverse_order_are_found_the_first_time(world: SyntheticWorld, tmp_path: Path) -> None:
    """Nothing in force shows it yet: the expectation alone does."""
    event = load(world, Home(tmp_path), CATALOG, TABLE[0], ["all"], f"years_reversed:{TARGETS[TABLE]}")["all"]
    assert event.outcome == ledger.QUARANTINED
    assert re.search("the world's migrants became fewer", f"{event.message}")
