"""Fixtures of the warehouse's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.home import Home
from tests.warehouse.made_up import new_home, record, without_dbt

__all__ = ["without_dbt"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with one load of four rates."""
    made = new_home(tmp_path / "home")
    record(made, 1)
    return made
