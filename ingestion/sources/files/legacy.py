"""Reads a workbook of the old binary format (``.xls``) from standard input and prints its cells as JSON.

Run as a process of its own, with a bound on its memory: a position in that format may lie far outside any sheet, the
reader then asks for a hundred gigabytes, and the process ends there and then. This must not be the pipeline's.
"""

from __future__ import annotations

import io
import json
import resource
import sys

MOST_BYTES = 4 << 30


def main() -> None:
    """Print ``{sheet: [[cell, …], …]}``; dates become text."""
    from python_calamine import CalamineWorkbook

    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    json.dump(sheets, sys.stdout, default=str)


if __name__ == "__main__":
    main()
