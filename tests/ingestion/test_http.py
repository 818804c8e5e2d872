"""The client: polite, bounded, and never content with half an answer."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import urllib3

from ingestion import http
from ingestion.catalog import Budget, Source, load_catalog
from ingestion.errors import BudgetExhausted, PayloadRejected, ProviderUnavailable
from ingestion.home import Home
from ingestion.http import Client, PatientRetry
from ingestion.origin import Origin
from tests.ingestion.scripted_server import Reply, ScriptedServer, scripted_server

URL = "https://api.worldbank.org/v2/country"
WHERE = "wb_country/all"


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BACKOFF_SECONDS", 0.01)


def source(**changes: object) -> Source:
    return load_catalog().source("world_bank").model_copy(update=changes)


def client(tmp_path: Path, server: ScriptedServer, **changes: object) -> Client:
    origin = Origin("stand-in", server.base_url, server.base_url)
    return Client(Home(tmp_path), origin, source(**changes), tmp_path / "drafts")


def always(reply: Reply) -> Callable[[str, int], Reply]:
    return lambda path, earlier: reply


def test_an_answer_is_stored_as_sent_and_decoded_on_demand(tmp_path: Path) -> None:
    body = gzip.compress(b'{"a": 1}')
    with scripted_server(always(Reply(body=body, headers={"Content-Encoding": "gzip"}))) as server:
        answer = client(tmp_path, server).get(URL, WHERE)
    assert answer.path.read_bytes() == body
    assert answer.content() == b'{"a": 1}'
    assert answer.url == URL
    assert server.asked == ["/api.worldbank.org/v2/country"]


def test_a_passing_error_is_asked_again(tmp_path: Path) -> None:
    with scripted_server(lambda path, earlier: Reply(503) if earlier == 0 else Reply(body=b"[]")) as server:
        assert client(tmp_path, server).get(URL, WHERE).content() == b"[]"
    assert len(server.asked) == 2


def test_a_lasting_server_error_says_what_and_where(tmp_path: Path) -> None:
    with (
        scripted_server(always(Reply(502))) as server,
        pytest.raises(ProviderUnavailable, match=r"wb_country/all: HTTP 502 .* Next: ask again later"),
    ):
        client(tmp_path, server).get(URL, WHERE)
    assert len(server.asked) == http.ATTEMPTS


def test_a_client_error_is_not_asked_again(tmp_path: Path) -> None:
    with scripted_server(always(Reply(404))) as server, pytest.raises(PayloadRejected, match="HTTP 404"):
        client(tmp_path, server).get(URL, WHERE)
    assert len(server.asked) == 1


def test_nobody_listening_is_a_sentence(tmp_path: Path) -> None:
    nobody = ScriptedServer("http://127.0.0.1:1", [])
    with pytest.raises(ProviderUnavailable, match="cannot be reached"):
        client(tmp_path, nobody).get(URL, WHERE)


def test_a_cut_off_gzip_is_asked_again_and_what_arrived_is_kept(tmp_path: Path) -> None:
    whole = gzip.compress(bytes(range(256)) * 100)
    cut = Reply(body=whole[:-20], headers={"Content-Encoding": "gzip"})
    with scripted_server(always(cut)) as server, pytest.raises(ProviderUnavailable, match="cut off") as raised:
        client(tmp_path, server).get(URL, WHERE)
    assert len(server.asked) == http.ATTEMPTS
    assert raised.value.answer.path.read_bytes() == whole[:-20]


def test_a_body_shorter_than_announced_is_asked_again(tmp_path: Path) -> None:
    def script(path: str, earlier: int) -> Reply:
        return Reply(body=b"[1, 2, 3]", sent_bytes=4 if earlier == 0 else None)

    with scripted_server(script) as server:
        assert client(tmp_path, server).get(URL, WHERE).content() == b"[1, 2, 3]"
    assert len(server.asked) == 2


def test_a_gzip_bomb_stops_at_the_cap(tmp_path: Path) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    with (
        scripted_server(always(Reply(body=bomb, headers={"Content-Encoding": "gzip"}))) as server,
        pytest.raises(PayloadRejected, match="passes 1,000,000 bytes"),
    ):
        client(tmp_path, server, largest_payload_bytes=1_000_000).get(URL, WHERE)


def test_an_endless_body_stops_at_the_cap(tmp_path: Path) -> None:
    with scripted_server(always(Reply(body=b"0" * 2_000))) as server, pytest.raises(PayloadRejected, match="passes"):
        client(tmp_path, server, largest_payload_bytes=1_000).get(URL, WHERE)


def test_redirects_stay_on_the_providers_hosts(tmp_path: Path) -> None:
    def script(path: str, earlier: int) -> Reply:
        return Reply(body=b"[]") if path.endswith("/moved") else Reply(301, headers={"Location": "moved"})

    with scripted_server(script) as server:
        assert client(tmp_path, server).get(URL, WHERE).content() == b"[]"
    elsewhere = Reply(302, headers={"Location": "https://example.org/v2/country"})
    with (
        scripted_server(always(elsewhere)) as server,
        pytest.raises(PayloadRejected, match=r"example\.org.* does not lead to a host of the publisher"),
    ):
        client(tmp_path, server).get(URL, WHERE)


def test_redirects_in_a_circle_end(tmp_path: Path) -> None:
    circle = Reply(302, headers={"Location": URL})
    with scripted_server(always(circle)) as server, pytest.raises(PayloadRejected):
        client(tmp_path, server).get(URL, WHERE)
    assert len(server.asked) == http.REDIRECTS


def test_a_budget_is_shared_by_all_clients_of_a_home(tmp_path: Path) -> None:
    tight = Budget(requests=2, per_seconds=3600)
    with scripted_server(always(Reply(body=b"[]"))) as server:
        client(tmp_path, server, budget=tight).get(URL, WHERE)
        client(tmp_path, server, budget=tight).get(URL, WHERE)
        with pytest.raises(BudgetExhausted, match=r"2 requests in 3600 s are spent. Next: wait \d+ s"):
            client(tmp_path, server, budget=tight).get(URL, WHERE)
    assert len(server.asked) == 2


@pytest.mark.parametrize(("said", "waited"), [("0", 1), ("7", 7), ("86400", 120)])
def test_retry_after_has_a_floor_and_a_ceiling(said: str, waited: int) -> None:
    response = urllib3.HTTPResponse(headers={"Retry-After": said})
    assert PatientRetry().get_retry_after(response) == waited
