"""The wire format of the World Bank, over the synthetic world: needs no recorded figures."""

from __future__ import annotations

import gzip
import json
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox.server import Sandbox, serve
from sandbox.worlds.synthetic import SyntheticWorld
from tests.sandbox.client import HOST, ask, fetch

PROJECT_ROOT = Path(__file__).resolve().parent.parent.parent
INVALID = [{"message": [{"id": "120", "key": "Invalid value", "value": "The provided parameter value is not valid"}]}]


@pytest.fixture(scope="module")
def world() -> SyntheticWorld:
    return SyntheticWorld()


@pytest.fixture(scope="module")
def sandbox(world: SyntheticWorld) -> Iterator[Sandbox]:
    with serve(world) as running:
        yield running


def test_fifty_rows_a_page_when_nothing_is_said(sandbox: Sandbox) -> None:
    header, rows = ask(sandbox, "country/all/indicator/SP.POP.TOTL")
    assert header == {
        "page": 1,
        "pages": 350,
        "per_page": 50,
        "total": 265 * 66,
        "sourceid": "2",
        "lastupdated": "2026-02-24",
    }
    assert len(rows) == 50


def test_rows_are_aggregates_first_then_economies_by_name_years_descending(sandbox: Sandbox) -> None:
    rows = ask(sandbox, "country/all/indicator/SP.POP.TOTL?per_page=20000")[1]
    names = list(dict.fromkeys(row["country"]["value"] for row in rows))
    assert names[:48] == sorted(names[:48], key=str.casefold)
    assert names[48:] == sorted(names[48:], key=str.casefold)
    assert (names[0], names[48], names[-1]) == ("Africa Eastern and Southern", "Afghanistan", "Zimbabwe")
    assert [row["date"] for row in rows[:66]] == [str(year) for year in range(2025, 1959, -1)]


def test_exactly_five_places_have_no_iso3(sandbox: Sandbox) -> None:
    rows = ask(sandbox, "country/all/indicator/SP.POP.TOTL?per_page=300&date=2020")[1]
    assert {row["country"]["id"] for row in rows if not row["countryiso3code"]} == {"XD", "XM", "XN", "XT", "XY"}
    assert {row["countryiso3code"] for row in rows if row["country"]["id"] in ("ZH", "NA", "JG")} == {
        "AFE",
        "NAM",
        "CHI",
    }


def test_a_year_without_data_is_no_error(sandbox: Sandbox) -> None:
    empty = {"page": 0, "pages": 0, "per_page": 0, "total": 0, "sourceid": None, "lastupdated": None}
    assert ask(sandbox, "country/all/indicator/SP.POP.TOTL?date=2026") == [empty, None]


def test_a_page_behind_the_last_is_empty(sandbox: Sandbox) -> None:
    header, rows = ask(sandbox, "country/all/indicator/SP.POP.TOTL?per_page=20000&page=2")
    assert (header["page"], header["pages"], header["total"], rows) == (2, 1, 265 * 66, [])


def test_several_indicators_need_their_source(sandbox: Sandbox) -> None:
    path = "country/all/indicator/SP.POP.TOTL;SM.POP.NETM?per_page=1"
    assert ask(sandbox, path) == INVALID
    header, rows = ask(sandbox, f"{path}&source=2")
    assert (header["total"], len(rows)) == (2 * 265 * 66, 1)


def test_several_indicators_come_one_after_the_other(sandbox: Sandbox) -> None:
    rows = ask(sandbox, "country/RO;DE/indicator/SP.POP.TOTL;SM.POP.NETM?source=2&date=2020:2021&per_page=3&page=2")[1]
    assert [(row["indicator"]["id"], row["country"]["id"], row["date"]) for row in rows] == [
        ("SP.POP.TOTL", "RO", "2020"),
        ("SM.POP.NETM", "DE", "2021"),
        ("SM.POP.NETM", "DE", "2020"),
    ]


@pytest.mark.parametrize(
    "path",
    [
        "country/all/indicator/SP.POP.TOTL;NO.SUCH.THING?source=2",
        "country/all/indicator/SP.POP.TOTL?source=3",
        "country/QQQ/indicator/SP.POP.TOTL",
        "country/all/indicator/SP.POP.TOTL?date=soon",
        "country/all/indicator/SP.POP.TOTL?per_page=0",
        "country/all/indicator/" + ";".join(["SP.POP.TOTL"] * 61) + "?source=2",
        "country/QQQ",
        "indicator/NO.SUCH.THING",
        "sources/57/series/SP.POP.TOTL/country/all/version/201312/time/all",
        "sources/57/series/SM.EMI.TERT.ZS/country/all/version/209912/time/all",
        "nonsense",
    ],
)
def test_what_the_publisher_does_not_know_is_error_120_with_http_200(sandbox: Sandbox, path: str) -> None:
    assert ask(sandbox, path) == INVALID


@pytest.mark.parametrize("indicator", ["SM.EMI.TERT.ZS", "SM.POP.REFG", "SM.POP.REFG.OR", "SP.POP.TOTL;SM.POP.REFG"])
def test_retired_indicators_are_error_175_with_http_200(sandbox: Sandbox, indicator: str) -> None:
    (document,) = ask(sandbox, f"country/all/indicator/{indicator}?source=2")
    assert document["message"][0]["id"] == "175"


def test_without_a_format_the_answer_is_xml(sandbox: Sandbox) -> None:
    response = fetch(sandbox, "country/all/indicator/SP.POP.TOTL")
    assert response.headers["Content-Type"].startswith("text/xml")
    assert response.text.startswith("<?xml")


def test_newest_values_are_refused_and_not_ignored(sandbox: Sandbox) -> None:
    response = fetch(sandbox, "country/all/indicator/SP.POP.TOTL?format=json&mrv=1")
    assert response.status_code == 501
    assert "Next:" in response.text


def test_country_list_and_single_countries(sandbox: Sandbox) -> None:
    header, entries = ask(sandbox, "country?per_page=400")
    assert header == {"page": 1, "pages": 1, "per_page": "400", "total": 265}
    economies = [entry for entry in entries if entry["region"]["value"] != "Aggregates"]
    assert len(economies) == 217
    for code in ("NA", "nam", "NAM"):
        assert [entry["id"] for entry in ask(sandbox, f"country/{code}")[1]] == ["NAM"]


def test_archive_pages_and_probing_from_newest_to_oldest(sandbox: Sandbox) -> None:
    (concept,) = ask(sandbox, "sources/57/version?per_page=300")["source"][0]["concept"]
    documents, known = {}, {}
    for edition in [variable["id"] for variable in concept["variable"]]:
        path = f"sources/57/series/SM.EMI.TERT.ZS/country/all/version/{edition}/time/all?per_page=20000"
        document = ask(sandbox, path)
        documents[edition] = document
        assert document["total"] == len(document["source"]["data"])
        known[edition] = [row for row in document["source"]["data"] if row["value"] is not None]
    newest = max(edition for edition, rows in known.items() if rows)
    assert newest == "201312"
    assert len(known[newest]) > 300
    assert {row["variable"][3]["id"] for row in known[newest]} == {"YR1990", "YR2000"}
    assert {"ROM", "ZAR"} <= {row["variable"][0]["id"] for row in known[newest]}
    assert "202602" in known
    path = "sources/57/series/SM.EMI.TERT.ZS/country/all/version/201312/time/all"
    pages = [ask(sandbox, f"{path}?per_page=6000&page={page}") for page in (1, 2, 3)]
    assert [row for page in pages for row in page["source"]["data"]] == documents["201312"]["source"]["data"]


def test_bodies_travel_as_gzip_only_when_the_client_takes_it(sandbox: Sandbox) -> None:
    path = "country/all/indicator/SP.POP.TOTL?format=json&per_page=20000"
    packed = fetch(sandbox, path, headers={"Accept-Encoding": "gzip"}, stream=True)
    plain = fetch(sandbox, path, headers={"Accept-Encoding": "identity"}, stream=True)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.raw.read()) == plain.raw.read()


def test_one_connection_serves_many_requests(sandbox: Sandbox) -> None:
    target = f"GET /{HOST}/v2/country/NA?format=json HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    port = int(sandbox.base_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for _ in range(3):
            connection.sendall(target)
            answer = connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200 ")


def test_an_unknown_host_is_said_and_requests_are_kept(world: SyntheticWorld) -> None:
    with serve(world) as running:
        ask(running, "source?per_page=5")
        response = requests.get(f"{running.base_url}/example.org/v2/country", timeout=10)
    assert response.status_code == 404
    assert "no host 'example.org'" in response.text and HOST in response.text
    assert running.requests == [f"/{HOST}/v2/source?per_page=5&format=json", "/example.org/v2/country"]


def test_the_command_listens_at_once_and_ends_with_its_parent() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "sandbox", "serve", "--exit-with-stdin", "--fault", "http_404"]
    with subprocess.Popen(command, cwd=PROJECT_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None and child.stdout is not None
        base_url = json.loads(child.stdout.readline())["base_url"]
        assert fetch(Sandbox(base_url), "nonsense").status_code == 404
        child.stdin.close()
        assert child.wait(timeout=10) == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Processor time, because a busy machine says nothing about the sandbox; it takes 0.2 s.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1


def test_the_command_says_what_is_wrong() -> None:
    command = [sys.executable, "-m", "sandbox", "serve", "--fault", "no_such_fault"]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert "there is no fault 'no_such_fault'" in done.stderr and "Next: use one of" in done.stderr
