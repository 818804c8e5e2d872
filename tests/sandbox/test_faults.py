"""Each fault does what its description says, to its target and to nothing else."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.errors import SandboxError
from sandbox.faults import KINDS, parse_fault
from sandbox.server import Sandbox, serve
from sandbox.worlds.synthetic import SyntheticWorld
from tests.sandbox.client import ask, fetch, figures

VICTIM, BYSTANDER = "SM.POP.NETM", "SP.POP.TOTL"
YEARS_ASKED = 11
DATA = f"country/all/indicator/{VICTIM}?format=json&per_page=20000&date=2015:2999"
OTHER_DATA = f"country/all/indicator/{BYSTANDER}?format=json&per_page=20000&date=2015:2999"
ARCHIVED = "sources/57/series/SM.EMI.TERT.ZS/country/all/version/201312/time/all?format=json&per_page=20000"


@pytest.fixture(scope="module")
def world() -> SyntheticWorld:
    return SyntheticWorld()


@pytest.fixture(scope="module")
def good(world: SyntheticWorld) -> Any:
    with serve(world) as sandbox:
        return json.loads(fetch(sandbox, DATA).content)


def spoilt(world: SyntheticWorld, fault: str, path: str = DATA) -> Any:
    with serve(world, [fault]) as sandbox:
        return json.loads(fetch(sandbox, path).content)


def errors_of(document: Any) -> list[str]:
    return [message["id"] for message in document[0].get("message", [])]


def row_fields(document: Any) -> set[str]:
    return {name for row in document[1] for name in row}


def differing(document: Any, good: Any) -> list[Any]:
    """Values that differ from the good ones, by key."""
    before = figures(good)
    return [value for key, value in figures(document).items() if key in before and value != before[key]]


WRONG_JSON: dict[str, Callable[[Any, Any], bool]] = {
    "error_120": lambda bad, _: errors_of(bad) == ["120"],
    "error_175": lambda bad, _: errors_of(bad) == ["175"],
    "value_not_a_number": lambda bad, good: differing(bad, good) == ["n/a"],
    "out_of_range": lambda bad, good: differing(bad, good) == [-987654321],
    "future_year": lambda bad, _: (
        {row["date"] for row in bad[1]} - {str(year) for year in range(1960, 2026)} == {"2999"}
    ),
    "new_field": lambda bad, good: row_fields(bad) - row_fields(good) == {"footnote"},
    "missing_field": lambda bad, good: row_fields(good) - row_fields(bad) == {"value"},
    "duplicate_key": lambda bad, good: len(bad[1]) == len(good[1]) and len(figures(bad)) == len(good[1]) - YEARS_ASKED,
    "unknown_country": lambda bad, good: (
        {row["country"]["id"] for row in bad[1]} - {row["country"]["id"] for row in good[1]} == {"Q9"}
    ),
    "rows_halved": lambda bad, good: (
        bad[0]["total"] == len(bad[1]) == 133 * YEARS_ASKED and len(good[1]) == 265 * YEARS_ASKED
    ),
    "wrong_indicator": lambda bad, _: VICTIM not in {row["indicator"]["id"] for row in bad[1]} and len(bad[1]) > 0,
}


@pytest.mark.parametrize("fault", WRONG_JSON)
def test_the_json_is_wrong_as_described(fault: str, world: SyntheticWorld, good: Any) -> None:
    assert not WRONG_JSON[fault](good, good)
    assert WRONG_JSON[fault](spoilt(world, f"{fault}:{VICTIM}"), good)


@pytest.mark.parametrize("fault", WRONG_JSON)
def test_a_fault_with_a_target_leaves_the_others_alone(fault: str, world: SyntheticWorld) -> None:
    with serve(world) as sandbox:
        untouched = fetch(sandbox, OTHER_DATA).content
    with serve(world, [f"{fault}:{VICTIM}"]) as sandbox:
        assert fetch(sandbox, OTHER_DATA).content == untouched


PAGED = ["page_size_cap=5000"]


def pages(world: SyntheticWorld, *faults: str) -> list[Any]:
    with serve(world, [*PAGED, *faults]) as sandbox:
        return [ask(sandbox, f"country/all/indicator/{VICTIM}?per_page=20000&page={page}") for page in (1, 2, 3, 4)]


def test_page_size_cap_makes_pages(world: SyntheticWorld) -> None:
    capped = pages(world)
    assert [(page[0]["page"], page[0]["pages"], page[0]["per_page"]) for page in capped] == [
        (number, 4, 5000) for number in (1, 2, 3, 4)
    ]
    keys = {(row["country"]["id"], row["date"]) for page in capped for row in page[1]}
    assert len(keys) == capped[0][0]["total"] == 265 * 66


def test_missing_page_2(world: SyntheticWorld) -> None:
    first, second, third, _ = pages(world, "missing_page_2")
    assert second[0]["pages"] == 0 and second[1] is None
    assert len(first[1]) == len(third[1]) == 5000


def test_repeated_page(world: SyntheticWorld) -> None:
    first, second, third, _ = pages(world, "repeated_page")
    assert second == first != third


def test_total_changes(world: SyntheticWorld) -> None:
    totals = [page[0]["total"] for page in pages(world, "total_changes")]
    assert totals == [265 * 66 + extra for extra in range(4)]


def test_page_faults_reach_the_archive(world: SyntheticWorld) -> None:
    with serve(world, ["page_size_cap=9000", "missing_page_2"]) as sandbox:
        first, second = (ask(sandbox, f"{ARCHIVED}&page={page}") for page in (1, 2))
    assert (first["pages"], second["pages"], second["source"]) == (2, 0, None)


@pytest.mark.parametrize("fault", ["value_not_a_number", "unknown_country", "wrong_indicator", "new_field"])
def test_faults_of_figures_reach_the_archive(fault: str, world: SyntheticWorld) -> None:
    with serve(world) as sandbox:
        untouched = fetch(sandbox, ARCHIVED).content
    with serve(world, [f"{fault}:SM.EMI.TERT.ZS"]) as sandbox:
        assert fetch(sandbox, ARCHIVED).content != untouched


def test_aggregate_like_country(world: SyntheticWorld) -> None:
    document = spoilt(world, "aggregate_like_country", "country?format=json&per_page=400")
    (entry,) = [entry for entry in document[1] if entry["id"] == "AFE"]
    assert entry["region"]["id"] == "SSF" and entry["incomeLevel"]["value"] != "Aggregates"
    assert len(document[1]) == 265


def test_country_list_halved(world: SyntheticWorld) -> None:
    document = spoilt(world, "country_list_halved", "country?format=json&per_page=400")
    assert document[0]["total"] == len(document[1]) == 133


def test_document_faults_reach_lists(world: SyntheticWorld) -> None:
    document = spoilt(world, "missing_field:country", "country?format=json&per_page=400")
    assert not any("name" in entry for entry in document[1])


@pytest.mark.parametrize(("fault", "status"), [("http_500", 500), ("http_404", 404)])
def test_statuses(fault: str, status: int, world: SyntheticWorld) -> None:
    with serve(world, [fault]) as sandbox:
        assert [fetch(sandbox, DATA).status_code for _ in range(2)] == [status, status]


def test_passing_faults(world: SyntheticWorld) -> None:
    with serve(world, ["http_500_once"]) as sandbox:
        assert [fetch(sandbox, DATA).status_code for _ in range(3)] == [500, 200, 200]
    with serve(world, ["http_429_once"]) as sandbox:
        first, second = fetch(sandbox, DATA), fetch(sandbox, DATA)
    assert (first.status_code, first.headers["Retry-After"], second.status_code) == (429, "1", 200)


def test_html_and_empty_bodies(world: SyntheticWorld) -> None:
    with serve(world, ["html_instead_of_json"]) as sandbox:
        response = fetch(sandbox, DATA)
    assert response.status_code == 200 and response.text.startswith("<!DOCTYPE html>")
    with serve(world, ["empty_body"]) as sandbox:
        response = fetch(sandbox, DATA)
    assert response.status_code == 200 and response.content == b""


def test_truncated_json(world: SyntheticWorld, good: Any) -> None:
    with serve(world, ["truncated_json"]) as sandbox:
        body = fetch(sandbox, DATA).content
    whole = json.dumps(good, ensure_ascii=False, separators=(",", ":")).encode()
    assert body == whole[: len(whole) // 2]


def test_truncated_gzip(world: SyntheticWorld) -> None:
    with serve(world, ["truncated_gzip"]) as sandbox:
        response = fetch(sandbox, DATA, stream=True)
        packed = response.raw.read(decode_content=False)
    assert response.headers["Content-Encoding"] == "gzip"
    assert int(response.headers["Content-Length"]) == len(packed)
    unpacker = zlib.decompressobj(31)
    assert unpacker.decompress(packed).startswith(b'[{"page":1')
    assert not unpacker.eof


def test_redirect_elsewhere(world: SyntheticWorld) -> None:
    with serve(world, ["redirect_elsewhere"]) as sandbox:
        response = fetch(sandbox, DATA, allow_redirects=False)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("https://elsewhere.invalid/")


def test_slow(world: SyntheticWorld) -> None:
    with serve(world, ["slow=0.3"]) as sandbox:
        started = time.monotonic()
        fetch(sandbox, DATA)
    assert time.monotonic() - started >= 0.3


def test_connection_reset(world: SyntheticWorld) -> None:
    with serve(world, ["connection_reset"]) as sandbox, pytest.raises(requests.RequestException, match="reset by peer"):
        fetch(sandbox, DATA)


@pytest.mark.parametrize("target", ["", ":api.worldbank.org"])
def test_server_down(target: str, world: SyntheticWorld) -> None:
    with serve(world, [f"server_down{target}"]) as sandbox, pytest.raises(requests.ConnectionError):
        fetch(sandbox, DATA)


def test_another_host_that_is_down_does_not_matter(world: SyntheticWorld) -> None:
    with serve(world, ["server_down:example.org"]) as sandbox:
        assert fetch(sandbox, DATA).status_code == 200


def read_until(sandbox: Sandbox, enough: int, decode: bool) -> tuple[int, int]:
    """Bytes read as sent, and bytes they unpack to, until there are enough of the latter."""
    unpacker = zlib.decompressobj(31)
    sent = unpacked = 0
    with fetch(sandbox, DATA, stream=True) as response:
        for block in response.raw.stream(65536, decode_content=False):
            sent += len(block)
            unpacked += len(unpacker.decompress(block)) if decode else len(block)
            if unpacked > enough:
                return sent, unpacked
    return sent, unpacked


def test_oversized(world: SyntheticWorld) -> None:
    with serve(world, ["oversized"]) as sandbox:
        assert read_until(sandbox, 20_000_000, decode=False)[0] > 20_000_000


def test_gzip_bomb(world: SyntheticWorld) -> None:
    with serve(world, ["gzip_bomb"]) as sandbox:
        sent, unpacked = read_until(sandbox, 100_000_000, decode=True)
    assert unpacked > 100_000_000 and unpacked > 500 * sent


def test_every_fault_is_described_and_tested() -> None:
    this_file = Path(__file__).read_text(encoding="utf-8")
    for name, kind in KINDS.items():
        assert len(kind.description) > 20, name
        assert name in this_file, f"no test names the fault {name}"


@pytest.mark.parametrize(("text", "complaint"), [("nonsense", "there is no fault"), ("slow=soon", "not a number")])
def test_a_fault_that_cannot_be_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(SandboxError, match=complaint):
        parse_fault(text)
