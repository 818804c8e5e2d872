"""Every bad input that UIS can send holds back its indicator alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.ledger import FAILED, QUARANTINED
from sandbox.worlds.synthetic import SyntheticWorld
from tests.faults.held_back import Held, assert_held_back_alone, catalog_of

VICTIM, BYSTANDER = ("uis_outbound", "OE.5T8.40510"), ("uis_net_flow", "MENF.5T8")
CATALOG = catalog_of({dataset: [part] for dataset, part in (VICTIM, BYSTANDER)}, largest_payload_bytes=16_000_000)

HELD = [
    Held("uis_hint", QUARANTINED, "UIS::HINT::003"),
    Held("value_not_a_number", QUARANTINED, "`value`|value.*n/a|float"),
    Held("out_of_range", QUARANTINED, "-987,?654,?321"),
    Held("future_year", QUARANTINED, "2999"),
    Held("duplicate_key", QUARANTINED, "indicatorId, geoUnit, year"),
    Held("unknown_country", QUARANTINED, r"QQQ.*country_code\.csv"),
    Held("rows_halved", QUARANTINED, "rows in force are not in the new batch"),
    Held("years_reversed", QUARANTINED, "changed|rows in force|newest year"),
    Held("new_field", QUARANTINED, "unknown field"),
    Held("missing_field", QUARANTINED, "missing required field"),
    Held("html_instead_of_json", QUARANTINED, "HTML came instead of JSON"),
    Held("truncated_json", QUARANTINED, "truncated"),
    Held("empty_body", QUARANTINED, "the body is empty"),
    Held("http_404", QUARANTINED, "HTTP 404", leaves_payload=False),
    Held("oversized", QUARANTINED, "passes 16,000,000 bytes", leaves_payload=False),
    Held("http_500", FAILED, "HTTP 500", leaves_payload=False),
    Held("truncated_gzip", FAILED, "cut off", leaves_payload=False),
]


@pytest.mark.parametrize("held", HELD, ids=str)
def test_a_bad_answer_is_held_back_alone(held: Held, world: SyntheticWorld, yesterday: Path, tmp_path: Path) -> None:
    assert_held_back_alone(world, yesterday, tmp_path / "home", CATALOG, held, VICTIM, BYSTANDER, VICTIM[1])
