"""What the DAGs say about themselves in the Airflow UI: ``words/<name>.md``, its places filled."""

from __future__ import annotations

from pathlib import Path

from ingestion.catalog import Source

WORDS = Path(__file__).parent / "words"


def words(name: str, **facts: str) -> str:
    """The documentation of that name."""
    when_red = (WORDS / "when_red.md").read_text(encoding="utf-8").strip()
    return (WORDS / f"{name}.md").read_text(encoding="utf-8").format(when_red=when_red, **facts)


def ingest_words(source: Source) -> str:
    """The documentation of a source's ingest DAG, from the catalog."""
    licence = source.licence
    rows = [f"| `{each.id}` | {each.title} | {each.cadence} | {each.release_calendar} |" for each in source.datasets]
    return words(
        "ingest",
        publisher=source.publisher,
        title=source.title,
        homepage=source.homepage,
        licence=licence.name,
        licence_url=licence.url,
        commercial="yes" if licence.commercial else "no",
        attribution="required" if licence.attribution else "not required",
        datasets="\n".join(rows),
    )
