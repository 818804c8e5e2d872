"""Every bad input that Eurostat can send holds back its table alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingestion.home import Home
from ingestion.ledger import FAILED, QUARANTINED, UNCHANGED
from sandbox.worlds.synthetic import SyntheticWorld
from tests.faults.held_back import Held, assert_held_back_alone, catalog_of, load

VICTIM, BYSTANDER = ("eurostat_migr_imm1ctz", "all"), ("eurostat_edat_lfse_03", "all")
CATALOG = catalog_of({dataset: [part] for dataset, part in (VICTIM, BYSTANDER)})

HELD = [
    Held("value_not_a_number", QUARANTINED, "n/a"),
    Held("out_of_range", QUARANTINED, "-987,?654,?321"),
    Held("future_year", QUARANTINED, "2999"),
    Held("duplicate_key", QUARANTINED, r"the key \("),
    Held("unknown_country", QUARANTINED, r"QQQ.*country_code\.csv"),
    Held("renamed_code", QUARANTINED, "_NEW|rows in force|NO_RESULTS"),
    Held("rows_halved", QUARANTINED, "rows in force are not in the new batch"),
    Held("column_renamed", QUARANTINED, "OBS_VALUE"),
    Held("async_413_in_200", FAILED, "413|asynchronous"),
    Held("async_413", FAILED, "413", leaves_payload=False),
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
    assert_held_back_alone(
        world, yesterday, tmp_path / "home", CATALOG, held, VICTIM, BYSTANDER, VICTIM[0].removeprefix("eurostat_")
    )


@pytest.mark.parametrize("fault", ["async_413_once:migr_imm1ctz", "columns_reordered"])
def test_what_passes_or_means_nothing_is_lived_through(
    fault: str, world: SyntheticWorld, yesterday: Path, tmp_path: Path
) -> None:
    shutil.copytree(yesterday, tmp_path / "home")
    event = load(world, Home(tmp_path / "home"), CATALOG, VICTIM[0], [VICTIM[1]], fault)[VICTIM[1]]
    assert event.outcome == UNCHANGED, event.message
