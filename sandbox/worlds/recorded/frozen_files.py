"""Files of the folder that the publishers offer for download or that a person places by hand, as they are.

The bilateral migration database is the one exception: the copy in the folder has its year labels in reverse order, so
its header is put right. Its figures stand as found.
"""

from __future__ import annotations

import gzip
from pathlib import Path

from sandbox.worlds import File

UN_DESA = "www.un.org/development/desa/pd/sites/www.un.org.development.desa.pd/files/"
AS_THEY_ARE = {
    f"{UN_DESA}undesa_pd_2024_ims_stock_by_sex_and_destination.xlsx": (
        "un_desa/ims2024_stock_by_sex_and_destination.xlsx",
        "2025-02-07",
    ),
    f"{UN_DESA}undesa_pd_2020_ims_stock_by_sex_and_destination.xlsx": (
        "un_desa/ims2020_stock_by_sex_and_destination.xlsx",
        "2021-01-20",
    ),
    "inbox/iab/iabbd_8010_v1_emigration.dta": ("iab/iabbd_8010_v1_emigration.dta", "2013-06-01"),
    "inbox/iab/iabbd_8010_v1_gender.xls": ("iab/iabbd_8010_v1_gender.xls", "2013-06-01"),
    "www.worldbank.org/content/dam/sites/govindicators/doc/wgidataset.xlsx": (
        "world_bank/wgi/wgidataset.xlsx",
        "2024-11-05",
    ),
}
"""Address -> file of the folder, and the date it is offered with."""
GBMD_ADDRESS = "inbox/gbmd/gbmd_1960_2000.csv.gz"
GBMD_FILE = "world_bank/bilateral/gbmd_as_found_years_reversed.csv.gz"
GBMD_DATE = "2011-06-01"


def file(folder: Path, address: str) -> File | None:
    """The file recorded for an address."""
    if address == GBMD_ADDRESS and (folder / GBMD_FILE).is_file():
        return File(_relabelled((folder / GBMD_FILE).read_bytes()), GBMD_DATE)
    name, updated = AS_THEY_ARE.get(address, ("", ""))
    path = folder / name
    return File(path.read_bytes(), updated) if name and path.is_file() else None


def _relabelled(compressed: bytes) -> bytes:
    """The table with its year labels in the order of its columns: what is called Y2000 is 1960."""
    header, _, rows = gzip.decompress(compressed).partition(b"\n")
    names = header.split(b",")
    years = [name for name in names if name.startswith(b"Y")]
    turned = iter(reversed(years))
    right = b",".join(next(turned) if name in years else name for name in names)
    return gzip.compress(right + b"\n" + rows, compresslevel=1, mtime=0)
