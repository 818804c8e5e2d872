"""Tables that a person enjoys: numbers to the right with sensible digits, plain when piped."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

PAGE_WIDTH = 100
BAR_WIDTH = 14
# Between two columns of rich's SIMPLE_HEAD.
GAP = 3
SHORTEST_TEXT = 12
SMALL = 0.01
WHOLE_FROM = 10_000


def console_for_pages() -> Console:
    """Standard output for a page of text and tables: the window's width, or 100 columns when piped."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PAGE_WIDTH)


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows as a table: drawn and fitted to a window, bare columns as wide as they need when piped."""
    formats = [_format_of(name, [row[index] for row in rows]) for index, name in enumerate(columns)]
    cells = [[say(value) for (_, say), value in zip(formats, row, strict=True)] for row in rows]
    numeric = [is_number for is_number, _ in formats]
    console = Console(highlight=False)
    if not console.is_terminal:
        print("\n".join(_bare(columns, cells, numeric)))
        return
    widths = _fitted(_widths(columns, cells), numeric, console.width)
    console.print(_drawn(columns, cells, numeric, widths))
    if len(widths) < len(columns):
        hidden = ", ".join(columns[len(widths) :])
        console.print(f"not shown for lack of room: {hidden}", style="dim", markup=False)


def _widths(columns: Sequence[str], cells: list[list[str]]) -> list[int]:
    return [max(map(cell_len, column)) for column in zip(columns, *cells, strict=True)]


def _fitted(widths: list[int], numeric: list[bool], room: int) -> list[int]:
    """Widths that fit: long text gives way down to a few letters, then the last columns do.

    The first column names the row, so it stays whole as far as half the room.
    """
    fitted = [min(widths[0], room // 2), *widths[1:]]
    while sum(fitted) + GAP * (len(fitted) - 1) > room and len(fitted) > 1:
        text = [index for index in range(1, len(fitted)) if fitted[index] > SHORTEST_TEXT and not numeric[index]]
        if text:
            longest = max(text, key=lambda index: fitted[index])
            fitted[longest] -= 1
        else:
            fitted = [fitted[0], *widths[1 : len(fitted) - 1]]
    return fitted


def _drawn(columns: Sequence[str], cells: list[list[str]], numeric: list[bool], widths: list[int]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name, is_number, width in zip(columns, numeric, widths, strict=False):
        # Text is cut rather than wrapped, so that a row stays a line.
        justify: Literal["left", "right"] = "right" if is_number else "left"
        table.add_column(Text(name), justify=justify, no_wrap=True, overflow="ellipsis", width=width)
    for row in cells:
        table.add_row(*map(Text, row[: len(widths)]))
    return table


def _bare(columns: Sequence[str], cells: list[list[str]], numeric: list[bool]) -> list[str]:
    widths = _widths(columns, cells)
    lines = [list(columns), *cells]
    return ["  ".join(map(_padded, line, widths, numeric)).rstrip() for line in lines]


def _padded(text: str, width: int, is_number: bool) -> str:
    gap = " " * (width - cell_len(text))
    return gap + text if is_number else text + gap


def _format_of(name: str, values: list[Any]) -> tuple[bool, Any]:
    """Whether a column holds numbers, and how its values are written."""
    known = [value for value in values if value is not None]
    numbers = [value for value in known if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)]
    if not known or len(numbers) < len(known):
        return False, said
    if all(isinstance(value, int) for value in numbers):
        is_label = name.endswith(("year", "_id", "number"))
        return True, said if is_label else (lambda value: "" if value is None else f"{value:,}")
    largest = max((abs(float(value)) for value in numbers if math.isfinite(value)), default=0.0)
    return True, lambda value: number(value, largest)


def said(value: Any) -> str:
    """A value as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime.datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, list):
        return ", ".join(map(said, value))
    return " ".join(str(value).split())


def said_at(moment: str | None) -> str:
    """An ISO 8601 moment to the minute, as text; empty for none."""
    return moment[:16].replace("T", " ") if moment else ""


def number(value: float | Decimal | None, largest: float | None = None) -> str:
    """A figure with digits that mean something: 89.24, 0.0031, 12,346."""
    if value is None:
        return ""
    figure = float(value)
    size = abs(figure) if largest is None else largest
    if not math.isfinite(figure):
        return str(figure)
    if figure and abs(figure) < SMALL:
        return f"{figure:.2g}"
    if size >= WHOLE_FROM:
        return f"{figure:,.0f}"
    return f"{figure:,.2f}" if size >= 1 else f"{figure:.4f}"


def bar(share: float, width: int = BAR_WIDTH) -> str:
    """A share of a whole, 0 to 1, as a bar of eighths of a block."""
    eighths = round(max(0.0, min(share, 1.0)) * width * 8)
    return "█" * (eighths // 8) + ("▏▎▍▌▋▊▉"[eighths % 8 - 1] if eighths % 8 else "")
