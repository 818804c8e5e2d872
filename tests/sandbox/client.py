"""Asks a sandbox of this process, as plainly as possible."""

from __future__ import annotations

import json
from typing import Any

import requests

from sandbox.server import Sandbox

HOST = "api.worldbank.org"
TIMEOUT_SECONDS = 10


def fetch(sandbox: Sandbox, path: str, **options: Any) -> requests.Response:
    """GET ``/v2/<path>`` of the World Bank."""
    return requests.get(f"{sandbox.base_url}/{HOST}/v2/{path}", timeout=TIMEOUT_SECONDS, **options)


def ask(sandbox: Sandbox, path: str) -> Any:
    """The decoded JSON of ``/v2/<path>``, asked for with format=json."""
    response = fetch(sandbox, f"{path}{'&' if '?' in path else '?'}format=json")
    assert response.status_code == 200
    return json.loads(response.content)


def figures(document: Any) -> dict[tuple[str, str], float | None]:
    """Values of a data page by (country id, year)."""
    return {(row["country"]["id"], row["date"]): row["value"] for row in document[1]}
