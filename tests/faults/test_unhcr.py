"""Every bad input that UNHCR can send holds back its endpoint alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.ledger import FAILED, QUARANTINED
from sandbox.worlds.synthetic import SyntheticWorld
from tests.faults.held_back import Held, assert_held_back_alone, catalog_of

VICTIM, BYSTANDER = ("unhcr_asylum_decisions", "all"), ("unhcr_idmc", "all")
CATALOG = catalog_of({dataset: [part] for dataset, part in (VICTIM, BYSTANDER)})

HELD = [
    Held("unhcr_empty", QUARANTINED, "holds no sums"),
    Held("value_not_a_number", QUARANTINED, "n/a"),
    Held("out_of_range", QUARANTINED, r"-987,\d{3},\d{3}"),
    Held("future_year", QUARANTINED, "2999|no pairs|no sum|rows in force"),
    Held("duplicate_key", QUARANTINED, r"the key \("),
    Held("unknown_country", QUARANTINED, r"QQQ.*country_code\.csv"),
    Held("rows_halved", QUARANTINED, "rows in force are not in the new batch"),
    Held("renamed_code", QUARANTINED, "_NEW"),
    Held("years_reversed", QUARANTINED, "changed|rows in force|newest year"),
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
    assert_held_back_alone(world, yesterday, tmp_path / "home", CATALOG, held, VICTIM, BYSTANDER, "asylum-decisions")
