"""A small catalog over the synthetic world: enough for the whole path, quick to load."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingestion.catalog import Catalog, load_catalog
from ingestion.home import Home
from ingestion.origin import Origin
from ingestion.pipeline import Pipeline
from sandbox.server import Sandbox, serve
from sandbox.worlds.synthetic import SyntheticWorld

INDICATORS = ("SP.DYN.LE00.IN", "SH.DYN.MORT", "SM.POP.REFG")


def small_catalog() -> Catalog:
    """The country list, three indicators (one withdrawn by the publisher) and the archived rate."""
    catalog = load_catalog()
    source = catalog.source("world_bank")
    wdi = catalog.dataset("wb_wdi")
    few = wdi.model_copy(update={"parts": tuple(wdi.part(indicator) for indicator in INDICATORS)})
    datasets = (catalog.dataset("wb_country"), few, catalog.dataset("wb_archive"))
    # A cap that a test can reach.
    return Catalog(sources=(source.model_copy(update={"datasets": datasets, "largest_payload_bytes": 16_000_000}),))


@contextmanager
def night(world: SyntheticWorld, folder: Path, *faults: str) -> Iterator[tuple[Pipeline, Sandbox]]:
    """A pipeline into ``folder`` while the world is served with these faults."""
    with serve(world, faults) as sandbox:
        yield Pipeline(Home(folder), Origin("stand-in", sandbox.base_url, sandbox.base_url), small_catalog()), sandbox
