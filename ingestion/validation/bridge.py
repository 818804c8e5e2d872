"""The country bridge: which publisher's code means which country or aggregate.

It is kept as two seeds of the dbt project, because the marts need the same rows:
``country.csv`` (one row per country, territory, dissolved state, aggregate) and
``country_code.csv`` (one row per publisher's code).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingestion.errors import CatalogError

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
NOT_A_COUNTRY = frozenset({"aggregate", "residual", "subnational"})


@dataclass(frozen=True)
class Bridge:
    """Codes by code system, and the type and English name of what they mean."""

    iso3_by_code: dict[str, dict[str, str]]
    """code system -> publisher's code -> key of the country (ISO 3166 alpha-3, or the publisher's for an aggregate)"""
    entity_type_by_iso3: dict[str, str]
    name_by_iso3: dict[str, str]

    def codes(self, code_system: str) -> dict[str, str]:
        """Every known code of the system with the country key it stands for.

        Raises:
            CatalogError: the bridge knows no code of that system.
        """
        if code_system not in self.iso3_by_code:
            raise CatalogError(
                f"no code of the code system '{code_system}'",
                "country bridge, dbt_project/seeds/country_code.csv",
                "add its codes, or correct the code system in the catalog",
            )
        return self.iso3_by_code[code_system]

    def is_country(self, iso3: str) -> bool:
        """Whether the key is a country or territory, not an aggregate, a residual or a part of a country."""
        return self.entity_type_by_iso3[iso3] not in NOT_A_COUNTRY

    def place(self, code_system: str, code: str | None) -> str:
        """The place as a person reads it: ``Serbia (RS)``, or ``code 'QQ'`` when nobody knows it."""
        iso3 = self.iso3_by_code.get(code_system, {}).get(code or "")
        if iso3 is None:
            return f"code '{code}'" if code is not None else "no place"
        return f"{self.name_by_iso3[iso3]} ({code})"


@cache
def load_bridge(folder: Path) -> Bridge:
    """Read the two seeds of the folder.

    Every field is text: ``NA`` is Namibia, not a missing value.

    Raises:
        CatalogError: a seed is missing, or a code leads to a country that country.csv does not have.
    """
    countries = _rows(folder / "country.csv")
    types = {row["iso3"]: row["entity_type"] for row in countries}
    iso3_by_code: dict[str, dict[str, str]] = {}
    for row in _rows(folder / "country_code.csv"):
        if row["iso3"] not in types:
            raise CatalogError(
                f"code '{row['source_code']}' of {row['code_system']} leads to '{row['iso3']}', which no country has",
                "country bridge, dbt_project/seeds/country_code.csv",
                "correct the line, or add the country to country.csv",
            )
        iso3_by_code.setdefault(row["code_system"], {})[row["source_code"]] = row["iso3"]
    return Bridge(iso3_by_code, types, {row["iso3"]: row["name_en"] for row in countries})


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))
    except FileNotFoundError as error:
        where = f"country bridge, {path.name}"
        raise CatalogError("the file is missing", where, "restore it in dbt_project/seeds") from error
