"""The stand-in of UNHCR: wire format, synthetic figures, recorded bodies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import requests

from sandbox.server import Sandbox, serve
from sandbox.worlds.recorded import RecordedWorld
from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.simulation import FIRST_YEAR
from tests.shared_data import SHARED_DATA, needs_shared_data

BODIES = SHARED_DATA / "unhcr" / "api_shape"
EVERY_PAIR = "coo_all=true&coa_all=true&cf_type=ISO"
ENDPOINTS = ("population", "asylum-applications", "asylum-decisions", "solutions", "demographics", "idmc")


@pytest.fixture(scope="module")
def world() -> SyntheticWorld:
    return SyntheticWorld()


@pytest.fixture(scope="module")
def sandbox(world: SyntheticWorld) -> Iterator[Sandbox]:
    with serve(world) as running:
        yield running


def get(sandbox: Sandbox, path: str) -> requests.Response:
    return requests.get(f"{sandbox.base_url}/api.unhcr.org/population/v1/{path}", timeout=60)


def ask(sandbox: Sandbox, path: str) -> Any:
    response = get(sandbox, path)
    assert response.status_code == 200
    return json.loads(response.content)


def number(value: int | str) -> int:
    return 0 if value == "-" else int(value)


def test_zero_is_a_text_and_missing_a_dash(sandbox: Sandbox) -> None:
    document = ask(sandbox, f"population/?limit=500&yearFrom=2020&yearTo=2020&{EVERY_PAIR}")
    assert list(document) == ["page", "short-url", "maxPages", "total", "items"]
    assert document["total"] == []
    first = document["items"][0]
    assert list(first)[:9] == ["year", "coo_id", "coo_name", "coo", "coo_iso", "coa_id", "coa_name", "coa", "coa_iso"]
    kinds = {(type(item["refugees"]), item["refugees"] == "0") for item in document["items"]}
    assert kinds <= {(int, False), (str, True)}
    assert {item["oip"] for item in document["items"]} == {"-"}
    assert {item["stateless"] for item in document["items"]} == {"0"}


def test_pages_depend_on_the_limit_and_cover_everything(sandbox: Sandbox) -> None:
    question = f"population/?yearFrom=2020&yearTo=2020&{EVERY_PAIR}"
    whole = ask(sandbox, f"{question}&limit=20000")
    count = len(whole["items"])
    assert whole["maxPages"] == 1
    pages = [ask(sandbox, f"{question}&limit=1000&page={page}") for page in range(1, -(-count // 1000) + 1)]
    assert {page["maxPages"] for page in pages} == {len(pages)}
    assert [item for page in pages for item in page["items"]] == whole["items"]
    assert len(ask(sandbox, question)["items"]) == 100


def test_without_every_pair_the_answer_is_a_sum(sandbox: Sandbox) -> None:
    (world_sum,) = ask(sandbox, "population/?yearFrom=2020&yearTo=2020&cf_type=ISO")["items"]
    pairs = ask(sandbox, f"population/?limit=20000&yearFrom=2020&yearTo=2020&{EVERY_PAIR}")["items"]
    assert {world_sum[name] for name in ("coo_id", "coo", "coo_iso", "coa", "coa_iso")} == {"-"}
    assert world_sum["refugees"] == sum(number(item["refugees"]) for item in pairs)


def test_codes_are_unhcrs_own_unless_iso_is_asked_for(sandbox: Sandbox) -> None:
    assert ask(sandbox, "population/?coa=DEU&year=2020")["items"] == []
    (by_iso,) = ask(sandbox, "population/?coa=DEU&year=2020&cf_type=ISO")["items"]
    (by_own,) = ask(sandbox, "population/?coa=GFR&year=2020")["items"]
    assert by_iso == by_own
    assert (by_iso["coa"], by_iso["coa_iso"], by_iso["coo"]) == ("GFR", "DEU", "-")
    assert by_iso["refugees"] > 0


def test_totals_span_all_pages_where_there_are_any(sandbox: Sandbox) -> None:
    question = f"asylum-applications/?yearFrom=2020&yearTo=2020&{EVERY_PAIR}"
    whole, first = ask(sandbox, f"{question}&limit=20000"), ask(sandbox, f"{question}&limit=10")
    assert first["total"] == whole["total"] == {"applied": sum(number(item["applied"]) for item in whole["items"])}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_key_is_there_once(endpoint: str, sandbox: Sandbox) -> None:
    document = ask(sandbox, f"{endpoint}/?limit=100000&{EVERY_PAIR}")
    dimensions = ("year", "coo_iso", "coa_iso", "procedure_type", "app_type", "dec_level")
    keys = {tuple(item.get(name) for name in dimensions) for item in document["items"]}
    assert len(keys) == len(document["items"]) < 35_000
    by_own_code = {(item["coo"], item["coo_iso"]) for item in document["items"]}
    assert len({own for own, _ in by_own_code}) == len(by_own_code)


def test_unknown_endpoints_are_not_there(sandbox: Sandbox) -> None:
    assert get(sandbox, "nowcasting/").headers["X-Not-Recorded"] == "true"
    assert get(sandbox, "population/2020/x").status_code == 404


def test_refugees_are_those_of_the_simulation(sandbox: Sandbox, world: SyntheticWorld) -> None:
    pairs = ask(sandbox, f"population/?limit=20000&yearFrom=2020&yearTo=2020&{EVERY_PAIR}")["items"]
    shown = sum(number(item["refugees"]) for item in pairs)
    simulated = world.simulation.refugees_by_origin[:, 2020 - FIRST_YEAR]
    assert shown == pytest.approx(simulated.sum(), rel=0.02)
    assert {item["coo_iso"] for item in pairs} >= {"UNK", "XXA"}
    assert not {"XKX", "CHI"} & {item[side] for item in pairs for side in ("coo_iso", "coa_iso")}
    origin = economies().codes[int(np.argmax(simulated))]
    of_origin = sum(number(item["refugees"]) for item in pairs if item["coo_iso"] == origin)
    assert of_origin == pytest.approx(simulated.max(), rel=0.05)


def test_a_later_vintage_adds_a_year_and_revises_two(world: SyntheticWorld) -> None:
    later = SyntheticWorld(vintage=2)
    old, new = world.table("unhcr/population"), later.table("unhcr/population")
    assert old is not None and new is not None and new.updated > old.updated
    assert set(new.rows["year"].to_pylist()) - set(old.rows["year"].to_pylist()) == {"2025"}


# --- recorded figures ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recorded() -> Iterator[Sandbox]:
    with serve(RecordedWorld(SHARED_DATA)) as running:
        yield running


@needs_shared_data
@pytest.mark.parametrize(
    ("question", "body"),
    [
        ("population/?coa=EGY&year=2023&cf_type=ISO", "population-egypt-2023"),
        ("population/?coo=SYR&year=2023&cf_type=ISO", "population-syria-origin-2023"),
        ("demographics/?coa=EGY&year=2025&cf_type=ISO", "demographics-egypt-latest"),
        ("asylum-applications/?coa=EGY&year=2023&cf_type=ISO", "asylum-applications-egypt-2023"),
        ("asylum-decisions/?coa=EGY&year=2023&cf_type=ISO", "asylum-decisions-egypt-2023"),
    ],
)
def test_sums_are_the_recorded_ones(question: str, body: str, recorded: Sandbox) -> None:
    """The recorded lists are shortened, and a number that the tables lack is not reported there."""
    expected, found = json.loads((BODIES / f"{body}.json").read_text()), ask(recorded, question)
    assert list(found) == list(expected)
    assert found["total"] == expected["total"]
    by_key = {(item.get("app_type"), item.get("dec_level")): item for item in found["items"]}
    for item in expected["items"]:
        assert by_key[item.get("app_type"), item.get("dec_level")] == item


@needs_shared_data
def test_a_full_load_of_the_recorded_table_is_seven_pages(recorded: Sandbox) -> None:
    document = ask(recorded, f"population/?limit=20000&page=7&{EVERY_PAIR}")
    assert document["maxPages"] == 7
    assert len(document["items"]) == 138_893 - 6 * 20_000
