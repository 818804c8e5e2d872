"""Every published figure whose dataset is loaded stands in a mart: what was printed, found again by a query.

The rules beside this file (`published/*.yml`) say per dataset and measure which query shows it, how far the two may be
apart and why, or why it cannot be loaded. A printed row that no rule covers fails the test.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests.marts.warehouse import Warehouse
from tests.shared_data import SHARED_DATA, needs_shared_data

pytestmark = needs_shared_data

RULES = Path(__file__).with_name("published")
PRINTED = SHARED_DATA / "acceptance" / "published_figures.csv"
SEXES = {"both": "T", "female": "F", "male": "M", "": "T"}
ONE_DIGIT_MORE = 0.501
"""A printed figure is rounded: it may be half of its last digit off, and a thousandth of that for the float."""


@dataclass(frozen=True)
class Rule:
    """What to do with the printed rows of one dataset and measure."""

    dataset: str
    measure: str = ""
    origin: str = ""
    query: str = ""
    tolerance: float | None = None
    """How far the mart may be from the printed figure, absolute; without it, half of the last printed digit."""
    reason: str = ""
    not_loadable: str = ""

    def covers(self, row: dict[str, str]) -> bool:
        """Whether the printed row is of that dataset and, if the rule names them, measure and origin."""
        return (
            row["dataset"] == self.dataset
            and row["measure"].startswith(self.measure)
            and self.origin in ("", row["origin"])
        )


def rules() -> list[Rule]:
    """All rules of the folder."""
    return [Rule(**rule) for path in sorted(RULES.glob("*.yml")) for rule in yaml.safe_load(path.read_text("utf-8"))]


def values_of(row: dict[str, str]) -> dict[str, Any]:
    """The parameters a query may use."""
    year = re.search(r"\d{4}", row["year"])
    return {
        "origin": row["origin"],
        "destination": row["destination"],
        "year": int(year[0]) if year else None,
        "sex": SEXES[row["sex"]],
        "skill": row["skill"],
    }


def found_in(warehouse: Warehouse, rule: Rule, row: dict[str, str]) -> float | None:
    """The one cell the rule's query gives for a printed row."""
    values = {name: value for name, value in values_of(row).items() if f"${name}" in rule.query}
    try:
        cells = warehouse.tuples(rule.query, **values)
    except duckdb.Error as error:
        raise AssertionError(f"{rule.dataset}, {rule.measure}: {error}") from error
    assert len(cells) <= 1, f"{rule.dataset}, {rule.measure}: {len(cells)} rows for {values}"
    return cells[0][0] if cells else None


def allowed(rule: Rule, printed: str) -> float:
    """How far the mart may be from the printed figure."""
    if rule.tolerance is not None:
        return rule.tolerance
    decimals = len(printed.partition(".")[2])
    return float(ONE_DIGIT_MORE * 10**-decimals)


def test_every_printed_figure_is_found_or_cannot_be_loaded(
    recorded: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    told: dict[str, list[str]] = {"matched": [], "tolerated": [], "not loadable": [], "wrong": []}
    known = rules()
    with PRINTED.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            words = f"{row['dataset']}, {row['measure']}, {row['entity']} {row['year']} {row['sex']} {row['skill']}"
            rule = next((rule for rule in known if rule.covers(row)), None)
            if rule is None:
                told["wrong"].append(f"{words}: no rule of {RULES.name}/ covers it")
            elif rule.not_loadable:
                told["not loadable"].append(f"{words}: {rule.not_loadable}")
            else:
                found, printed = found_in(recorded, rule, row), float(row["value"])
                if found is None or abs(found - printed) > allowed(rule, row["value"]):
                    told["wrong"].append(f"{words}: printed {row['value']}, the mart has {found}")
                else:
                    told["tolerated" if rule.tolerance else "matched"].append(
                        f"{words}: {row['value']}" + (f", {found} ({rule.reason})" if rule.tolerance else "")
                    )
    with capsys.disabled():
        print(f"\npublished figures: {', '.join(f'{len(rows)} {name}' for name, rows in told.items())}")
        for line in sorted({f"  {name}: {row}" for name in ("tolerated", "not loadable") for row in told[name]}):
            print(line)
    assert told["wrong"] == []


def test_every_rule_covers_something_and_says_why() -> None:
    with PRINTED.open(encoding="utf-8", newline="") as handle:
        printed = list(csv.DictReader(handle))
    for rule in rules():
        assert any(rule.covers(row) for row in printed), rule
        assert bool(rule.query) != bool(rule.not_loadable), rule
        assert (rule.tolerance is None) == (rule.reason == ""), rule
