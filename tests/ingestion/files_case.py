"""A dataset of one file for tests of the file protocol, and the batch it is read into."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from ingestion.catalog import Column, Dataset, load_catalog
from ingestion.errors import PayloadRejected
from ingestion.home import Home
from ingestion.http import Client
from ingestion.origin import Origin
from ingestion.sources import Fetched, protocol_of
from tests.ingestion.reading import read

DEFAULT_COLUMNS = (
    Column(name="iso2", type="VARCHAR", description="Code."),
    Column(name="year", type="INTEGER", unit="year", description="Year."),
    Column(name="value", type="DOUBLE", nullable=True, description="Figure."),
)


def dataset(
    columns: Sequence[Column] = DEFAULT_COLUMNS, endpoint: str = "inbox:made_up/file", /, **said: str
) -> Dataset:
    """A dataset with these parameters; the rest is another's."""
    taken = load_catalog().dataset("gbmd_bilateral")
    changed = {
        "id": "made_up",
        "endpoint": endpoint,
        "parameters": said,
        "columns": tuple(columns),
        "key": tuple(column.name for column in columns[:2]),
        "measures": (columns[-1].name,),
        "expectations": (),
    }
    return taken.model_copy(update=changed)


def rows(made: Dataset, content: bytes) -> list[dict[str, Any]]:
    """The rows of a file, by the catalog's names."""
    table = read(protocol_of(made), made, made.parts[0], [content])
    assert table.column_names == [column.name for column in made.columns]
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def refused(words: str) -> AbstractContextManager[Any]:
    """Expect the file to be refused in these words."""
    return pytest.raises(PayloadRejected, match=words)


def client(home: Path, base_url: str | None, source_id: str = "iab", **changes: Any) -> Client:
    """A client of a catalogued source."""
    source = load_catalog().source(source_id).model_copy(update=changes)
    origin = Origin("stand-in", base_url, base_url) if base_url else Origin("live", "live", None)
    return Client(Home(home), origin, source, home / "drafts")


def arrive(folder: Path, content: bytes, cap: int = 1_000_000) -> Fetched:
    """Fetch a file that was placed in the inbox."""
    placed = folder / "inbox" / "made_up" / "file"
    placed.parent.mkdir(parents=True, exist_ok=True)
    placed.write_bytes(content)
    made = dataset(layout="csv")
    fetched = Fetched()
    protocol_of(made).fetch(client(folder, None, largest_payload_bytes=cap), made, made.parts[0], fetched)
    return fetched
