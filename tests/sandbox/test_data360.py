"""The stand-in of Data360: wire format, synthetic and recorded remittances."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox.server import Sandbox, serve
from sandbox.worlds.recorded import RecordedWorld
from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.simulation import FIRST_YEAR
from tests.shared_data import SHARED_DATA, needs_shared_data

FIELDS = (
    *("OBS_VALUE", "TIME_FORMAT", "UNIT_MULT", "COMMENT_OBS", "OBS_STATUS", "OBS_CONF", "AGG_METHOD", "DECIMALS"),
    *("COMMENT_TS", "DATA_SOURCE", "LATEST_DATA", "DATABASE_ID", "INDICATOR", "REF_AREA", "SEX", "AGE"),
    *("URBANISATION", "COMP_BREAKDOWN_1", "COMP_BREAKDOWN_2", "COMP_BREAKDOWN_3", "TIME_PERIOD", "FREQ"),
    *("UNIT_MEASURE", "UNIT_TYPE"),
)


@pytest.fixture(scope="module")
def world() -> SyntheticWorld:
    return SyntheticWorld()


@pytest.fixture(scope="module")
def sandbox(world: SyntheticWorld) -> Iterator[Sandbox]:
    with serve(world) as running:
        yield running


def get(sandbox: Sandbox, **asked: Any) -> requests.Response:
    address = f"{sandbox.base_url}/data360api.worldbank.org/data360/data"
    return requests.get(address, params={"DATABASE_ID": "WB_KNOMAD", **asked}, timeout=30)


def ask(sandbox: Sandbox, **asked: Any) -> Any:
    response = get(sandbox, **asked)
    assert response.status_code == 200
    return json.loads(response.content)


def test_a_record_has_the_publishers_fields_and_its_number_is_a_text(sandbox: Sandbox) -> None:
    document = ask(sandbox, INDICATOR="WB_KNOMAD_BRE", REF_AREA="USA", top=3)
    assert list(document) == ["count", "value"] and len(document["value"]) == 3
    first = document["value"][0]
    assert tuple(first) == FIELDS
    assert isinstance(first["OBS_VALUE"], str) and isinstance(first["LATEST_DATA"], bool)
    assert (first["REF_AREA"], first["UNIT_MULT"], first["TIME_PERIOD"]) == ("USA", 0, "2021")
    assert first["COMP_BREAKDOWN_1"].startswith("WB_KNOMAD_")


def test_at_most_a_thousand_records_at_a_time(sandbox: Sandbox) -> None:
    first = ask(sandbox, INDICATOR="WB_KNOMAD_MRI", top=5000)
    assert len(first["value"]) == 1000 < first["count"]
    second = ask(sandbox, INDICATOR="WB_KNOMAD_MRI", skip=1000)
    assert second["count"] == first["count"] and second["value"][0] not in first["value"]
    assert ask(sandbox, INDICATOR="WB_KNOMAD_MRI", skip=first["count"])["value"] == []


def test_an_unknown_indicator_is_an_empty_answer(sandbox: Sandbox) -> None:
    assert ask(sandbox, INDICATOR="WB_KNOMAD_XXX") == {"count": 0, "value": []}
    assert ask(sandbox, DATABASE_ID="WB_XXX", INDICATOR="WB_KNOMAD_BRE") == {"count": 0, "value": []}
    assert get(sandbox, DATABASE_ID="", INDICATOR="WB_KNOMAD_BRE").status_code == 400


def test_filters_choose_records(sandbox: Sandbox) -> None:
    chosen = ask(sandbox, INDICATOR="WB_KNOMAD_MRI", REF_AREA="SRB,ROU", timePeriodFrom=2020, timePeriodTo=2021)
    assert {(row["REF_AREA"], row["TIME_PERIOD"]) for row in chosen["value"]} == {
        (area, year) for area in ("SRB", "ROU") for year in ("2020", "2021")
    }


def test_iran_is_an_explicit_nought(sandbox: Sandbox) -> None:
    for indicator in ("WB_KNOMAD_MRI", "WB_KNOMAD_MRO"):
        rows = ask(sandbox, INDICATOR=indicator, REF_AREA="IRN")["value"]
        assert len(rows) == 24 and {row["OBS_VALUE"] for row in rows} == {"0"}
    assert ask(sandbox, INDICATOR="WB_KNOMAD_BRE", REF_AREA="IRN")["count"] > 1


def test_the_matrix_fits_the_simulated_inflows_and_outflows(world: SyntheticWorld) -> None:
    table = world.table("knomad/WB_KNOMAD_BRE")
    assert table is not None
    cells = {(row["REF_AREA"], row["COMP_BREAKDOWN_1"]): row["OBS_VALUE"] for row in table.rows.to_pylist()}
    codes, t = economies().codes, 2021 - FIRST_YEAR
    for i in range(0, len(codes), 20):
        simulated = world.simulation.remittances_paid[i, t] / 1e6
        if simulated > 100:
            assert cells[codes[i], "WB_KNOMAD_WLD"] == pytest.approx(simulated, rel=0.02)
    everything = cells["WLD", "WB_KNOMAD_WLD"]
    assert everything == pytest.approx(world.simulation.remittances_received[:, t].sum() / 1e6, rel=0.01)
    assert everything == pytest.approx(sum(value for (_, to), value in cells.items() if to == "WB_KNOMAD_WLD") / 2)


# --- recorded figures ----------------------------------------------------------------------------------------


@needs_shared_data
def test_the_recorded_matrix_has_the_publishers_counts_and_decimals() -> None:
    with serve(RecordedWorld(SHARED_DATA)) as recorded:
        assert ask(recorded, INDICATOR="WB_KNOMAD_BRE")["count"] == 10_619
        from_usa = ask(recorded, INDICATOR="WB_KNOMAD_BRE", REF_AREA="USA")
        assert from_usa["count"] == 135
        values = {row["COMP_BREAKDOWN_1"]: row["OBS_VALUE"] for row in from_usa["value"]}
        assert values["WB_KNOMAD_MEX"] == "52595.342546"
        assert get(recorded, INDICATOR="WB_KNOMAD_MRI").headers["X-Not-Recorded"] == "true"
