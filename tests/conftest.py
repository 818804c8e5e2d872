"""Which tests a developer waits for after every change, and which only before a push; and which begin first."""

from __future__ import annotations

from pathlib import Path

import pytest

# Whole nights, whole judgements, whole builds, whole Airflow runs, and the worlds of the sandbox. The rest answers
# within a minute.
SLOW_ROOMS = {"crash", "dags", "dbt", "faults", "marts", "nights", "sandbox", "ui", "validation"}

# Files and rooms that take longest, the longest first: whoever works through the rest is then never far behind. The two
# that take in whole origins come before all others, one for each of two workers, and build on them come next.
FIRST = (
    "nights/test_second_night.py",
    "nights/test_recorded_lake.py",
    "ui",
    "marts/test_every_mart.py",
    "dags/test_runs.py",
    "warehouse/test_killed.py",
    "dbt/test_marts.py",
    "crash",
    "ingestion/test_files_b.py",
    "nights",
    "marts",
    "faults",
    "ingestion/test_stand_in.py",
    "ingestion/test_unhcr.py",
    "ingestion/test_eurostat_catalog.py",
    "warehouse/test_readers.py",
    "dbt",
    "warehouse/test_build.py",
    "ingestion",
    "sandbox",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of a slow room, and put the longest files first."""
    tests = Path(__file__).parent
    places = {item.path: item.path.relative_to(tests) for item in items}
    for item in items:
        if places[item.path].parts[0] in SLOW_ROOMS:
            item.add_marker(pytest.mark.slow)
    items.sort(
        key=lambda item: next((n for n, name in enumerate(FIRST) if places[item.path].is_relative_to(name)), len(FIRST))
    )
