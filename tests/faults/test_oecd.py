"""Every bad input that the OECD can send holds back its flow alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingestion.home import Home
from ingestion.ledger import FAILED, QUARANTINED, UNCHANGED, WITHDRAWN, Event
from ingestion.sources.sdmx import oecd
from sandbox.worlds.synthetic import SyntheticWorld
from tests.faults.held_back import Held, assert_held_back_alone, catalog_of, load

VICTIM, BYSTANDER = ("oecd_mig", "B11"), ("oecd_mig_emp_edu", "all")
FLOW = "DSD_MIG@DF_MIG"
CATALOG = catalog_of({dataset: [part] for dataset, part in (VICTIM, BYSTANDER)})
SCALED_LIMIT = 2000
"""In place of the 1,000,000 observations at which the service stops without a word."""

HELD = [
    Held("value_not_a_number", QUARANTINED, "n/a"),
    Held("out_of_range", QUARANTINED, "-987,?654,?321"),
    Held("future_year", QUARANTINED, "2999"),
    Held("duplicate_key", QUARANTINED, r"the key \("),
    Held("unknown_country", QUARANTINED, r"QQQ.*country_code\.csv"),
    Held("renamed_code", QUARANTINED, "_NEW|rows in force|no row"),
    Held("rows_halved", QUARANTINED, "rows in force are not in the new batch"),
    Held("column_renamed", QUARANTINED, "OBS_VALUE"),
    Held("total_among_parts", QUARANTINED, "do not add up to the total W"),
    Held("years_reversed", QUARANTINED, "changed|rows in force|newest year"),
    Held("refusal_as_200", FAILED, "limit of requests is passed"),
    Held("wrong_key_arity=8", QUARANTINED, "the key has 1 parts where the flow has 8"),
    Held("no_records", WITHDRAWN, "no records for the key", leaves_payload=False),
    Held("html_instead_of_json", QUARANTINED, "HTML|web page|header|column"),
    Held("empty_body", QUARANTINED, "empty"),
    Held("http_404", QUARANTINED, "HTTP 404", leaves_payload=False),
    Held("http_500", FAILED, "HTTP 500", leaves_payload=False),
    Held("http_429_retry_after_0", FAILED, "HTTP 429", leaves_payload=False),
    Held("truncated_gzip", FAILED, "cut off", leaves_payload=False),
    Held("connection_reset", FAILED, "no whole answer|cannot be reached", leaves_payload=False),
]


@pytest.mark.parametrize("held", HELD, ids=str)
def test_a_bad_answer_is_held_back_alone(held: Held, world: SyntheticWorld, yesterday: Path, tmp_path: Path) -> None:
    assert_held_back_alone(world, yesterday, tmp_path / "home", CATALOG, held, VICTIM, BYSTANDER, FLOW)


def again(world: SyntheticWorld, yesterday: Path, folder: Path, *faults: str) -> Event:
    shutil.copytree(yesterday, folder)
    return load(world, Home(folder), CATALOG, VICTIM[0], [VICTIM[1]], *faults)[VICTIM[1]]


@pytest.mark.parametrize("fault", ["refusal_as_200_once", "http_429_once", "http_500_once"])
def test_a_refusal_that_passes_is_lived_through(
    fault: str, world: SyntheticWorld, yesterday: Path, tmp_path: Path
) -> None:
    assert again(world, yesterday, tmp_path / "home", f"{fault}:{FLOW}").outcome == UNCHANGED


def test_another_order_of_columns_is_no_change(world: SyntheticWorld, yesterday: Path, tmp_path: Path) -> None:
    assert again(world, yesterday, tmp_path / "home", "columns_reordered").outcome == UNCHANGED


def test_an_answer_that_stops_at_the_limit_is_held_back(
    world: SyntheticWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the first night, when nothing in force shows that rows are missing."""
    monkeypatch.setattr(oecd, "OBSERVATIONS_AT_MOST", SCALED_LIMIT)
    event = load(world, Home(tmp_path), CATALOG, VICTIM[0], [VICTIM[1]], f"rows_cut_off={SCALED_LIMIT}")[VICTIM[1]]
    assert event.outcome == QUARANTINED
    assert f"{SCALED_LIMIT:,}" in f"{event.message}"
