"""Data Docs: every kept judgement as a page a person can read, and one index.

Rendered from the stored results, on demand, because a page takes 0.05 CPU seconds that a load should not pay.
A judgement never changes, so its page is written once; only the newest ``KEPT_RUNS`` of each dataset have a
page, so neither time nor space grows with history. The stored JSON is kept for ever. The library's renderer
makes the tables; the frame around them is ours, because the library's loads scripts and styles from the internet.
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from ingestion.home import Home, write_atomically

KEPT_RUNS = 20
TEMPLATES = Path(__file__).parent / "templates"


def render_data_docs(home: Home) -> Path:
    """Bring ``validations/docs/`` up to date; gives the path of its index.

    Pages of the newest KEPT_RUNS judgements of each dataset are there afterwards, and no others.
    """
    site = home.validations / "docs"
    synthetic = home.is_synthetic
    datasets: dict[str, list[dict[str, Any]]] = {}
    for folder in sorted(path for path in home.validations.glob("*") if path.is_dir() and path != site):
        kept = sorted(folder.glob("*.json"), reverse=True)[:KEPT_RUNS]
        datasets[folder.name] = [json.loads(path.read_text(encoding="utf-8")) for path in kept]
        pages = {site / folder.name / f"{path.stem}.html": path for path in kept}
        for page, verdict in zip(pages, datasets[folder.name], strict=True):
            if not page.exists():
                write_atomically(page, _page(verdict, synthetic).encode())
        for page in (site / folder.name).glob("*.html"):
            if page not in pages:
                page.unlink()
    write_atomically(site / "index.html", _index(datasets, synthetic).encode())
    return site / "index.html"


def _page(verdict: dict[str, Any], synthetic: bool) -> str:
    """One judgement, with what the library says of each expectation."""
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    document = ValidationResultsPageRenderer().render(_suite_result(verdict))
    view = DefaultJinjaPageView(custom_views_directory=str(TEMPLATES))
    page: str = view.render(document, template="judgement.j2", verdict=verdict, synthetic=synthetic)
    return page


def _suite_result(verdict: dict[str, Any]) -> Any:
    """The stored results as the library's own object."""
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
        ExpectationValidationResult,
    )
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    results = [
        ExpectationValidationResult(
            success=stored["success"],
            expectation_config=ExpectationConfiguration(**stored["expectation_config"]),
            result=_escaped(stored["result"]),
            meta=stored["meta"],
            exception_info=stored["exception_info"],
        )
        for stored in verdict["results"]
    ]
    held = sum(bool(result.success) for result in results)
    statistics = {
        "evaluated_expectations": len(results),
        "successful_expectations": held,
        "unsuccessful_expectations": len(results) - held,
        "success_percent": 100 * held / len(results),
    }
    return ExpectationSuiteValidationResult(
        success=held == len(results), results=results, suite_name=verdict["dataset"], statistics=statistics, meta={}
    )


def _escaped(content: Any) -> Any:
    """The content with every text safe in HTML: the library's tables show what the publisher sent as it came."""
    if isinstance(content, dict):
        return {name: _escaped(value) for name, value in content.items()}
    if isinstance(content, list):
        return [_escaped(value) for value in content]
    return escape(content) if isinstance(content, str) else content


def _index(datasets: dict[str, list[dict[str, Any]]], synthetic: bool) -> str:
    from jinja2 import Environment, FileSystemLoader

    # The templates escape by name: they share the setting under which the library's own templates work.
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=False)  # noqa: S701
    return environment.get_template("index.j2").render(datasets=datasets, kept=KEPT_RUNS, synthetic=synthetic)
