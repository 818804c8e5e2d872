"""The questions of docs/questions: each a query on one mart, with the answer that the recorded figures give.

A page holds one block of SQL and, after it, the answer as a table: exactly what the query gives on recorded figures.
`python -m tests.marts.test_questions WAREHOUSE.duckdb [NN ...]` writes the answers anew after a mart changed on
purpose.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ingestion.origin import PROJECT_ROOT
from tests.marts.warehouse import Warehouse

PAGES = sorted((PROJECT_ROOT / "docs" / "questions").glob("[0-9]*.md"))
SQL = re.compile(r"```sql\n(.*?)```", re.DOTALL)
ANSWER = re.compile(r"(?<=```\n)\n(\|.*?\|)\n(?=\n|\Z)", re.DOTALL)
MARTS = re.compile(r"\b(?:from|join)\s+(\w+)")


def query_of(page: Path) -> str:
    """The one block of SQL of a page."""
    (query,) = SQL.findall(page.read_text(encoding="utf-8"))
    return str(query)


def cell(value: Any) -> str:
    """A cell as the pages write it: four significant digits after the point, unknown as a dash."""
    if value is None:
        return "\N{EN DASH}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and abs(value) > 9999 else str(value)


def answer(warehouse: Warehouse, query: str) -> str:
    """The answer as a Markdown table."""
    found = warehouse.connection.execute(query)
    names = [column[0] for column in found.description]
    lines = [names, ["---"] * len(names), *([cell(value) for value in row] for row in found.fetchall())]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_one_mart_answers(page: Path, sandbox: Warehouse) -> None:
    query = query_of(page)
    assert len(set(MARTS.findall(query))) == 1, "a question is answered by one mart in one query"
    assert answer(sandbox, query).count("\n") >= 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_answer_is_what_the_recorded_figures_give(page: Path, recorded: Warehouse) -> None:
    found = ANSWER.search(page.read_text(encoding="utf-8"))
    assert found, "the page has no answer after its query"
    assert found[1] == answer(recorded, query_of(page))


def rewrite(warehouse: Warehouse, numbers: list[str]) -> None:
    """Put the answers of a warehouse into the pages of these numbers, or into all."""
    for page in PAGES:
        if numbers and page.name[:2] not in numbers:
            continue
        text = page.read_text(encoding="utf-8")
        table = answer(warehouse, query_of(page))
        found = ANSWER.search(text)
        page.write_text(
            text[: found.start(1)] + table + text[found.end(1) :] if found else text.rstrip() + f"\n\n{table}\n"
        )


if __name__ == "__main__":
    import sys

    from ingestion.home import Home

    database = Path(sys.argv[1])
    with Warehouse(Home(database.parent), database) as opened:
        rewrite(opened, sys.argv[2:])
