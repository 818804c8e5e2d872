"""Which tests a developer waits for after every change, and which only before a push."""

from __future__ import annotations

from pathlib import Path

import pytest

# Whole nights, whole judgements, whole builds, whole Airflow runs, and the worlds of the sandbox. The rest answers
# within a minute.
SLOW_ROOMS = {"crash", "dags", "dbt", "faults", "marts", "nights", "sandbox", "ui", "validation"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of a slow room."""
    tests = Path(__file__).parent
    for item in items:
        if item.path.relative_to(tests).parts[0] in SLOW_ROOMS:
            item.add_marker(pytest.mark.slow)
