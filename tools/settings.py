"""What `make run` and `make up` share: where the outside world is, and Airflow's settings."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def resolve_origin(text: str) -> str:
    """ORIGIN with a relative folder made absolute, counted from where make was called."""
    if text in ("sandbox", "live") or "://" in text:
        return text
    places = [ROOT, Path(os.environ.get("CALLED_FROM") or ROOT)]
    found = [place / text for place in places if (place / text).is_dir()]
    return str(found[0].resolve()) if found else text


def wrong_origin() -> str | None:
    """What is wrong with ORIGIN, as a sentence; None if nothing is."""
    from ingestion.errors import CatalogError
    from ingestion.origin import kind_of

    try:
        kind_of(resolve_origin(os.environ.get("ORIGIN") or "sandbox"))
    except CatalogError as error:
        return str(error)
    return None


def airflow_environment(airflow_home: Path) -> dict[str, str]:
    """The environment of every Airflow process of ours."""
    return {
        **os.environ,
        "PATH": f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "ORIGIN": resolve_origin(os.environ.get("ORIGIN") or "sandbox"),
        "AIRFLOW_HOME": str(airflow_home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",  # the default forks 32 workers, 5.6 GB of them
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
        "GX_ANALYTICS_ENABLED": "False",
        "DO_NOT_TRACK": "1",
    }
