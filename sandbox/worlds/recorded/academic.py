"""Files of universities and institutes as recorded: scholars, LinkedIn, Barro-Lee, V-Dem, Fragile States Index.

What was compressed for keeping is served as the publisher does, uncompressed. The table of V-Dem is a part of the
publisher's (the indices of democracy), so it stands in the archive that holds these.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

from sandbox.worlds import File
from sandbox.worlds.synthetic.workbooks import archive

SCHOLARS = (
    "raw.githubusercontent.com/MPIDR/Global-flows-and-rates-of-international-migration-of-scholars/HEAD/data_processed"
)
DEMOCRACY_MEMBER = "V-Dem-CY-Core-v15.csv"


def _as_is(content: bytes) -> bytes:
    return content


def _in_archive(content: bytes) -> bytes:
    return archive({DEMOCRACY_MEMBER: gzip.decompress(content)})


RECORDED: dict[str, tuple[str, str, Callable[[bytes], bytes]]] = {
    f"{SCHOLARS}/scopus_2024_V1_scholarlymigration_country_enriched.csv": (
        "mpidr_scholarly_migration/scopus_2024_V1_scholarlymigration_country_enriched.csv.gz",
        "2024-07-01",
        gzip.decompress,
    ),
    f"{SCHOLARS}/scopus_2024_V1_scholarlymigration_countryflows_enriched.parquet": (
        "mpidr_scholarly_migration/scopus_2024_V1_scholarlymigration_countryflows_enriched.parquet",
        "2024-07-01",
        _as_is,
    ),
    "datacatalogfiles.worldbank.org/ddh-published/0038044/DR0046256/public_use-talent-migration.xlsx": (
        "linkedin_world_bank/public_use-talent-migration.xlsx",
        "2019-12-31",
        _as_is,
    ),
    "barrolee.github.io/BarroLeeDataSet/BLData/BL_v3_MF.csv": (
        "barro_lee/BL_v3_MF.csv.gz",
        "2021-09-01",
        gzip.decompress,
    ),
    "www.v-dem.net/media/datasets/V-Dem-CY-Core-v15_csv.zip": (
        "vdem/vdem_v15_simple.csv.gz",
        "2025-03-04",
        _in_archive,
    ),
    "inbox/fund_for_peace/fsi_2006_2023.csv.gz": (
        "fragile_states_index/fsi_2006_2023.csv.gz",
        "2024-05-15",
        _as_is,
    ),
}
"""Address -> recorded file, date of its release, and what makes the publisher's bytes of it."""


def file(folder: Path, address: str) -> File | None:
    """The publisher's bytes of an address."""
    if address not in RECORDED:
        return None
    name, released, restore = RECORDED[address]
    path = folder / name
    return File(restore(path.read_bytes()), released) if path.is_file() else None
