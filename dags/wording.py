"""What the DAGs say about themselves in the Airflow UI: ``words/<name>.md``, its places filled, and tags."""

from __future__ import annotations

from pathlib import Path

from ingestion.catalog import Dataset, Source

WORDS = Path(__file__).parent / "words"
BY_HAND = "inbox:"  # as in ingestion.inbox, which brings more than a file of DAGs may import


def words(name: str, **facts: str) -> str:
    """The documentation of that name."""
    when_red = (WORDS / "when_red.md").read_text(encoding="utf-8").strip()
    return (WORDS / f"{name}.md").read_text(encoding="utf-8").format(when_red=when_red, **facts)


def ingest_words(source: Source) -> str:
    """The documentation of a source's ingest DAG, from the catalog."""
    licence = source.licence
    return words(
        "ingest",
        publisher=source.publisher,
        title=source.title,
        homepage=source.homepage,
        licence=licence.name,
        licence_url=licence.url,
        commercial="yes" if licence.commercial else "no",
        redistribution="yes" if licence.redistributable else "no",
        attribution="required" if licence.attribution else "not required",
        datasets=_released(source),
    )


def ingest_tags(source: Source) -> list[str]:
    """How often the source is asked, and whether a person brings a file of it."""
    *_, month, weekday = source.schedule.split()
    often = "weekly" if weekday != "*" else "nightly" if month == "*" else "quarterly"
    is_by_hand = any(dataset.endpoint.startswith(BY_HAND) for dataset in source.datasets)
    return ["ingest", often, *(["inbox"] if is_by_hand else [])]


def _released(source: Source) -> str:
    """The datasets, those that are released together in one list."""
    together: dict[str, list[str]] = {}
    for dataset in source.datasets:
        together.setdefault(f"**{dataset.cadence}**: {dataset.release_calendar}", []).append(_line(dataset))
    return "\n\n".join("\n".join([heading, "", *lines]) for heading, lines in together.items())


def _line(dataset: Dataset) -> str:
    place = dataset.endpoint.removeprefix(BY_HAND)
    by_hand = f", placed by hand as `inbox/{place}`" if place != dataset.endpoint else ""
    return f"- `{dataset.id}` {dataset.title}{by_hand}"
