"""Airflow over throw-away metadata. It reads its settings when it is first imported, so they are made here, before."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

DAGS = Path(__file__).resolve().parent.parent.parent / "dags"

airflow_home = tempfile.mkdtemp(prefix="braindrain-tests-")
atexit.register(shutil.rmtree, airflow_home)
os.environ["AIRFLOW_HOME"] = airflow_home
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(DAGS)
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
sys.path.insert(0, str(DAGS))


@pytest.fixture(scope="session")
def metadata() -> None:
    """Airflow's database, empty."""
    from airflow.utils.db import initdb

    initdb()
