"""What the tasks of `maintain_warehouse` do, as plain functions."""

from __future__ import annotations

import logging

from conventions import home_in_use

log = logging.getLogger(__name__)


def prune_releases(keep: int) -> None:
    """Delete old releases and rejected candidates."""
    from warehouse.publish import prune

    gone = prune(home_in_use(), keep)
    log.info("%s", f"Deleted {', '.join(gone)}." if gone else "Nothing was old enough to delete.")


def render_validations() -> None:
    """Bring the pages of every validation up to date."""
    from ingestion.validation import render_data_docs

    log.info("Open %s", render_data_docs(home_in_use()))
