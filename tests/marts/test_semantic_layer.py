"""Metrics and exposures: what they name exists in the built marts, and a metric is what its mart says."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.marts.warehouse import Warehouse
from warehouse.inputs import DBT_PROJECT

MARTS = DBT_PROJECT / "models" / "marts"
AGGREGATES = {"sum": "sum", "average": "avg"}


def declared(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((MARTS / name).read_text(encoding="utf-8"))
    return found


LAYER = declared("_semantic_layer.yml")


def mart_of(model: dict[str, Any]) -> str:
    return str(model["model"]).removeprefix("ref('").removesuffix("')")


@pytest.mark.parametrize("model", LAYER["semantic_models"], ids=lambda model: model["name"])
def test_every_dimension_and_measure_stands_on_the_mart(model: dict[str, Any], recorded: Warehouse) -> None:
    expressions = [entity["expr"] for entity in model["entities"]]
    expressions += [dimension.get("expr", dimension["name"]) for dimension in model["dimensions"]]
    assert recorded.tuples(f"select {', '.join(expressions)} from {mart_of(model)} limit 1")
    for measure in model.get("measures", []):
        aggregate = f"{AGGREGATES[measure['agg']]}({measure['expr']})"
        # not known of any country in the recorded figures, where a publisher was not recorded
        recorded.value(f"select {aggregate} from {mart_of(model)}")


def test_the_skilled_emigration_rate_of_one_country_is_that_of_its_row(sandbox: Warehouse) -> None:
    measures = {
        measure["name"]: measure["expr"] for model in LAYER["semantic_models"] for measure in model.get("measures", [])
    }
    ratio = f"sum({measures['skilled_emigrants']}) / sum({measures['skilled_population']})"
    rows = sandbox.tuples(
        f"""
        select any_value(rate_high), {ratio} from mart_skilled_emigration
        where sex = 'T' and emigrants_high is not null and residents_high is not null
        group by origin_iso3, year, method_id
        """
    )
    assert len(rows) > 100
    for rate, metric in rows:
        assert metric == pytest.approx(rate)


def test_every_mart_is_read_by_somebody() -> None:
    exposures = {exposure["name"]: exposure["depends_on"] for exposure in declared("_exposures.yml")["exposures"]}
    assert {*exposures["bi_door"]} == {f"ref('{path.stem}')" for path in MARTS.rglob("*.sql")}
    pages = (DBT_PROJECT.parent / "docs" / "questions").glob("[0-9]*.md")
    asked = {mart for page in pages for mart in re.findall(r"\bfrom (mart_\w+)", page.read_text("utf-8"))}
    assert {*exposures["question_pages"]} == {f"ref('{mart}')" for mart in asked}
