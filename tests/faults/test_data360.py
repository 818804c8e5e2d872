"""Every bad input that Data360 can send holds back its indicator alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.ledger import FAILED, QUARANTINED
from sandbox.worlds.synthetic import SyntheticWorld
from tests.faults.held_back import Held, assert_held_back_alone, catalog_of

VICTIM = ("knomad_remittance_bilateral", "WB_KNOMAD_BRE")
BYSTANDER = ("knomad_remittance_inflow", "WB_KNOMAD_MRI")
CATALOG = catalog_of({dataset: [part] for dataset, part in (VICTIM, BYSTANDER)})

HELD = [
    Held("value_not_a_number", QUARANTINED, "OBS_VALUE is 'n/a'"),
    Held("out_of_range", QUARANTINED, "-987,?654,?321"),
    Held("future_year", QUARANTINED, "2999"),
    Held("duplicate_key", QUARANTINED, r"the key \("),
    Held("unknown_country", QUARANTINED, r"QQQ.*country_code\.csv"),
    Held("rows_halved", QUARANTINED, "rows in force are not in the new batch|rows, and a whole answer"),
    Held("total_among_parts", QUARANTINED, "add up|total|sum"),
    Held("new_field", QUARANTINED, "unknown field"),
    Held("missing_field", QUARANTINED, "missing required field"),
    Held("html_instead_of_json", QUARANTINED, "HTML came instead of JSON"),
    Held("truncated_json", QUARANTINED, "truncated"),
    Held("empty_body", QUARANTINED, "the body is empty"),
    Held("http_404", QUARANTINED, "HTTP 404", leaves_payload=False),
    Held("redirect_elsewhere", QUARANTINED, "does not lead to a host of the publisher", leaves_payload=False),
    Held("http_500", FAILED, "HTTP 500", leaves_payload=False),
    Held("http_429_retry_after_0", FAILED, "HTTP 429", leaves_payload=False),
    Held("truncated_gzip", FAILED, "cut off", leaves_payload=False),
    Held("connection_reset", FAILED, "no whole answer|cannot be reached", leaves_payload=False),
]


@pytest.mark.parametrize("held", HELD, ids=str)
def test_a_bad_answer_is_held_back_alone(held: Held, world: SyntheticWorld, yesterday: Path, tmp_path: Path) -> None:
    assert_held_back_alone(world, yesterday, tmp_path / "home", CATALOG, held, VICTIM, BYSTANDER, VICTIM[1])
