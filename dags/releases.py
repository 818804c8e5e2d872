"""What the tasks of `publish_marts` do, as plain functions."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

if TYPE_CHECKING:
    from ingestion.home import Home
    from warehouse.release import Release

log = logging.getLogger(__name__)


def home_in_use() -> Home:
    """``BRAINDRAIN_HOME``, or the home of ``ORIGIN``. Building asks nobody outside, so no origin is opened."""
    from ingestion.home import Home
    from ingestion.pipeline import home_folder

    return Home(home_folder(os.environ.get("ORIGIN") or "sandbox"))


def candidate(home: Home, release_id: str) -> Release:
    """The finished build of that id, in whichever room a killed publication left it."""
    from warehouse.release import read_release

    moved = home.releases / release_id
    return read_release(moved if moved.exists() else home.candidates / release_id)


def build_release(force: bool) -> str:
    """Id of the candidate that waits for its audit; ends the run, green, when there is none."""
    from ingestion.catalog import load_catalog
    from warehouse.build import build_candidate
    from warehouse.publish import mend

    home = home_in_use()
    mend(home)
    built = build_candidate(
        home, load_catalog(), progress=lambda step, *counts: log.info("%s: %s of %s", step, *counts)
    )
    if built.state == "in force" or (built.state == "rolled back" and not force):
        raise AirflowSkipException(f"unchanged: {built}")
    for node in built.release.facts["dbt"]:
        log.info("%(kind)s %(name)s: %(status)s, %(seconds).2f s", node)
    return built.release_id


def audit_release(release_id: str) -> str:
    """Judge the candidate; its id."""
    from ingestion.catalog import load_catalog
    from warehouse.audit import audit

    home = home_in_use()
    for verdict in audit(home, candidate(home, release_id), load_catalog()).facts["audits"]:
        log.info("%(subject)s: %(observed)s; %(bound)s", verdict)
    return release_id


def publish_release(release_id: str) -> dict[str, Any]:
    """Put the candidate in force; what the event of asset ``marts`` tells about it."""
    from warehouse.publish import publish

    home = home_in_use()
    release = publish(home, candidate(home, release_id))
    log.info("In force: release %s, in %s", release.id, release.folder)
    return {"release_id": release.id, "synthetic": release.is_synthetic, "marts": sorted(release.marts)}
