"""Every bad input that LEHD can send holds back its file alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.ledger import FAILED, QUARANTINED
from sandbox.worlds.synthetic import SyntheticWorld
from tests.faults.held_back import Held, assert_held_back_alone, catalog_of

VICTIM, BYSTANDER = ("lehd_j2j_education", "us"), ("lehd_j2j_firm_size", "us")
TARGET = "j2j_us_se_f_gn_ns_oslp_u.csv.gz"
CATALOG = catalog_of({dataset: [part] for dataset, part in (VICTIM, BYSTANDER)})

HELD = [
    Held("value_not_a_number", QUARANTINED, "n/a"),
    Held("out_of_range", QUARANTINED, "a negative count; 1 such row"),
    Held("duplicate_key", QUARANTINED, r"the key \("),
    Held("rows_halved", QUARANTINED, "rows"),
    Held("column_renamed", QUARANTINED, "_NEW|column"),
    Held("truncated_file", QUARANTINED, "damaged or cut off"),
    Held("html_instead_of_json", QUARANTINED, "a web page came in place of the file"),
    Held("empty_body", QUARANTINED, "the file is empty"),
    Held("http_404", QUARANTINED, "HTTP 404", leaves_payload=False),
    Held("http_500", FAILED, "HTTP 500", leaves_payload=False),
    Held("connection_reset", FAILED, "no whole answer|cannot be reached", leaves_payload=False),
]


@pytest.mark.parametrize("held", HELD, ids=str)
def test_a_bad_answer_is_held_back_alone(held: Held, world: SyntheticWorld, yesterday: Path, tmp_path: Path) -> None:
    assert_held_back_alone(world, yesterday, tmp_path / "home", CATALOG, held, VICTIM, BYSTANDER, TARGET)
