"""Which tests a developer waits for after every change, and which only before a push; and which begin first."""

from __future__ import annotations

from pathlib import Path

import pytest

# Whole nights, whole judgements, whole builds, whole Airflow runs, the worlds of the sandbox, and questions to its
# publishers. The rest answers within a minute.
SLOW = (
    *("crash", "dags", "dbt", "faults", "marts", "nights", "sandbox", "ui", "validation"),
    *("ingestion/test_sdmx_asking.py", "warehouse/test_readers.py", "warehouse/test_smoke.py"),
)

# Files and rooms that take longest, the longest first: whoever works through the rest is then never far behind. The two
# that take in whole origins come before all others, and what builds on them comes when they have ended.
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


TESTS = Path(__file__).parent


def is_slow(path: Path) -> bool:
    """Whether a file, or a room of files, is only for before a push."""
    return any(path.relative_to(TESTS).is_relative_to(room) for room in SLOW)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even read slow files where nobody asks for them: it takes longer than most tests."""
    return True if "not slow" in config.option.markexpr and is_slow(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of a slow file, and put the longest files first."""
    places = {item.path: item.path.relative_to(TESTS) for item in items}
    for item in items:
        if is_slow(item.path):
            item.add_marker(pytest.mark.slow)
    items.sort(
        key=lambda item: next((n for n, name in enumerate(FIRST) if places[item.path].is_relative_to(name)), len(FIRST))
    )
