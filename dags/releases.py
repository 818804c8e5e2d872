"""What the tasks of `publish_marts` do, as plain functions."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from conventions import home_in_use
from verdicts import skip

if TYPE_CHECKING:
    from warehouse.release import Release

log = logging.getLogger(__name__)


def build_release(force: bool) -> str:
    """Id of the candidate that waits for its audit; ends the run, green, when there is nothing to publish."""
    from ingestion.catalog import load_catalog
    from ingestion.lake import lake_files
    from warehouse.build import build_candidate
    from warehouse.publish import mend

    home, catalog = home_in_use(), load_catalog()
    if not any(lake_files(home, dataset) for dataset in catalog.datasets):
        skip(f"unchanged: {home.lake} holds no figure yet")
    mend(home)
    built = build_candidate(home, catalog, progress=lambda step, done, of: log.info("%s of %s: %s", done, of, step))
    if built.state == "in force" or (built.state == "rolled back" and not force):
        skip(f"unchanged: {built}")
    for node in built.release.facts["dbt"]:
        log.info("%(kind)s %(name)s: %(status)s, %(seconds).2f s", node)
    return built.release_id


def audit_release(release_id: str) -> str:
    """Judge the candidate; its id."""
    from ingestion.catalog import load_catalog
    from warehouse.audit import audit

    for verdict in audit(home_in_use(), candidate(release_id), load_catalog()).facts["audits"]:
        log.info("%(subject)s: %(observed)s; %(bound)s", verdict)
    return release_id


def publish_release(release_id: str) -> dict[str, Any]:
    """Put the candidate in force; what the event of asset ``marts`` tells about it."""
    from warehouse.publish import publish

    release = publish(home_in_use(), candidate(release_id))
    log.info("In force: release %s, in %s", release.id, release.folder)
    return {"release_id": release.id, "synthetic": release.is_synthetic, "marts": sorted(release.marts)}


def candidate(release_id: str) -> Release:
    """The finished build of that id, in whichever room a killed publication left it."""
    from warehouse.release import read_release

    rooms = (home_in_use().releases, home_in_use().candidates)
    return read_release(next((room for room in rooms if (room / release_id).exists()), rooms[-1]) / release_id)
