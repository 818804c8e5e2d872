"""The log of publications: which release was put in force when, and whether by publishing or rolling back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from ingestion.home import Home, write_atomically


@dataclass(frozen=True)
class Publication:
    """One turn of ``current``. ``number`` counts from 1 in this home."""

    number: int
    at: str
    release_id: str


def read_publications(home: Home) -> list[Publication]:
    """Every publication, oldest first."""
    path = home.publications
    if not path.exists():
        return []
    return [Publication(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def append_publication(home: Home, publication: Publication) -> None:
    """Add one, whole or not at all."""
    lines = [json.dumps(asdict(entry)) for entry in [*read_publications(home), publication]]
    write_atomically(home.publications, ("\n".join(lines) + "\n").encode())


def release_ids_published(home: Home) -> set[str]:
    """Ids of every release that was ever in force."""
    return {publication.release_id for publication in read_publications(home)}
