"""Job-to-Job Flows as recorded: the nation by firm size and industry, and the cross of firm sizes.

The first is an extract of the publisher's file (rows from 2015 on, and fewer columns). The version file is not
recorded; it is written from the release that the two tables are of.
"""

from __future__ import annotations

from pathlib import Path

from sandbox.worlds import File

RELEASED = "2026-03-12"
RECORDED = {
    "lehd.ces.census.gov/data/j2j/R2026Q1/us/j2j/j2j_us_d_fs_gn_ns_oslp_u.csv.gz": (
        "j2j_us_firmsize_sector_2015on.csv.gz"
    ),
    "inbox/lehd/j2jod_us_firmsize_od_2015on.csv": "j2jod_us_firmsize_od_2015on.csv",
}
VERSION_FILE = "lehd.ces.census.gov/data/j2j/latest_release/us/j2j/version_j2j.txt"
VERSION = b"J2J US 00 2000:2-2025:1 V4.14.0 R2026Q1 j2jpu_us_20260312_1118\n"


def file(folder: Path, address: str) -> File | None:
    """The recorded bytes of an address."""
    if address == VERSION_FILE:
        return File(VERSION, RELEASED)
    path = folder / "lehd_j2j" / RECORDED.get(address, "")
    return File(path.read_bytes(), RELEASED) if path.is_file() else None
