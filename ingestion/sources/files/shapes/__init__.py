"""How a table is read: by the layout that the catalog entry names, or by code of its own where that is not enough."""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from ingestion.catalog import Dataset, Part
from ingestion.errors import CatalogError
from ingestion.http import Body
from ingestion.sources import Batch
from ingestion.sources.files import layouts
from ingestion.sources.files.shapes import fund_for_peace, gbmd, iab, linkedin, mpidr, oecd_dioc, un_desa

Shape = Callable[[duckdb.DuckDBPyConnection, Dataset, Part, Body], Batch]
"""Reads a file into the catalog's columns."""

LAYOUTS: dict[str, Shape] = {
    "csv": layouts.csv,
    "workbook": layouts.workbook,
    "stata": layouts.stata,
    "parquet": layouts.parquet,
}
MODULES = (fund_for_peace, gbmd, iab, linkedin, mpidr, oecd_dioc, un_desa)
SHAPES: dict[str, Shape] = {name: shape for module in MODULES for name, shape in module.SHAPES.items()}


def shape_of(dataset: Dataset) -> Shape:
    """What reads the files of a dataset.

    Raises:
        CatalogError: its entry names neither a shape nor a layout that exists.
    """
    said = dataset.parameters
    found = SHAPES.get(said["shape"]) if "shape" in said else LAYOUTS.get(said.get("layout", ""))
    if found is None:
        raise CatalogError(
            "nobody knows how its files are read",
            f"catalog, dataset {dataset.id}",
            f"set parameters.layout to one of {', '.join(LAYOUTS)}, or shape to one of {', '.join(sorted(SHAPES))}",
        )
    return found
