"""Every bad input that ILOSTAT can send holds back its flow alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.ledger import FAILED, QUARANTINED
from sandbox.worlds.synthetic import SyntheticWorld
from tests.faults.held_back import Held, assert_held_back_alone, catalog_of

VICTIM, BYSTANDER = ("ilo_employment_rate_by_education", "all"), ("ilo_earnings_by_occupation", "all")
FLOW = "DF_EMP_DWAP_SEX_EDU_CBR_RT"
CATALOG = catalog_of({dataset: [part] for dataset, part in (VICTIM, BYSTANDER)})

HELD = [
    Held("value_not_a_number", QUARANTINED, "n/a"),
    Held("out_of_range", QUARANTINED, "-987,?654,?321"),
    Held("future_year", QUARANTINED, "2999"),
    Held("duplicate_key", QUARANTINED, r"the key \("),
    Held("unknown_country", QUARANTINED, r"QQQ.*country_code\.csv"),
    Held("renamed_code", QUARANTINED, "_NEW|rows in force|no row"),
    Held("rows_halved", QUARANTINED, "rows in force are not in the new batch"),
    Held("column_renamed", QUARANTINED, "OBS_VALUE"),
    Held("html_instead_of_json", QUARANTINED, "HTML|web page|header|column"),
    Held("empty_body", FAILED, "the body is empty", leaves_payload=False),
    Held("http_404", QUARANTINED, "HTTP 404", leaves_payload=False),
    Held("http_500", FAILED, "HTTP 500", leaves_payload=False),
    Held("http_429_retry_after_0", FAILED, "HTTP 429", leaves_payload=False),
    Held("truncated_gzip", FAILED, "cut off", leaves_payload=False),
    Held("connection_reset", FAILED, "no whole answer|cannot be reached", leaves_payload=False),
]


@pytest.mark.parametrize("held", HELD, ids=str)
def test_a_bad_answer_is_held_back_alone(held: Held, world: SyntheticWorld, yesterday: Path, tmp_path: Path) -> None:
    assert_held_back_alone(world, yesterday, tmp_path / "home", CATALOG, held, VICTIM, BYSTANDER, FLOW)
