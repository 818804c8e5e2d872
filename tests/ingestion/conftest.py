"""Tests of the product's way from socket to lake."""

from __future__ import annotations

import pytest

from ingestion import http


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries follow each other at once; how long they would wait is told by what the client is set to."""
    monkeypatch.setattr(http, "BACKOFF_SECONDS", 0.01)
