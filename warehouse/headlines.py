"""Where the other three are at their highest: brain gain, circulation and waste, each in a line out of one mart."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from rich.text import Text

from warehouse.query import run_select
from warehouse.release import Release
from warehouse.tables import number

COUNTRIES_SHOWN = 3
CONCEPT_WIDTH = 13


@dataclass(frozen=True)
class Headline:
    """One question: the countries with the highest ``value`` of ``mart``, in the year that most are known of.

    ``condition`` picks figures that may be compared.
    """

    concept: str
    question: str
    mart: str
    value: str
    condition: str


HEADLINES = (
    Headline(
        "gain", "tertiary educated who came, less those who left", "mart_brain_gain", "net", "sex = 'T' and net > 0"
    ),
    Headline(
        "circulation",
        "those who come and go balance (Grubel-Lloyd, 1: wholly)",
        "mart_circulation_country_year",
        "gl_index",
        "in_total_persons + out_total_persons > 0",
    ),
    Headline(
        "waste",
        "overqualified from outside the EU, points above nationals",
        "mart_brain_waste",
        "oq_gap_pp",
        "sex = 'T' and basis = 'citizenship' and origin_group = 'non_eu' and age_band = 'Y20-64'",
    ),
)

# Written from the constants above alone.
HIGHEST = """
    with figures as (
        select iso3, year, {value} as value from {mart} where {condition} and {value} is not null
    ),
    widest as (
        select year from figures group by year order by count(*) desc, year desc limit 1
    )
    select name_en as country, iso3, year, value
    from figures inner join widest using (year) inner join dim_country using (iso3)
    order by value desc, iso3
"""


def headlines_of(release: Release) -> list[dict[str, Any]]:
    """Every headline with its countries, highest first; those without a figure in this release have none."""
    return [
        asdict(headline)
        | {"countries": run_select(release, HIGHEST.format(**asdict(headline)), COUNTRIES_SHOWN).to_json()}
        for headline in HEADLINES
        if headline.mart in release.marts
    ]


def headlines_told(headlines: list[dict[str, Any]]) -> list[Text]:
    """Two lines per headline that has figures: the question with its year, and its countries."""
    lines = []
    for headline in headlines:
        if countries := headline["countries"]:
            values = " · ".join(f"{row['country']} {number(row['value'])}" for row in countries)
            question = f"{headline['question']}, {countries[0]['year']}"
            lines += [Text.assemble((f"{headline['concept']:{CONCEPT_WIDTH}}", "bold"), question)]
            lines += [Text(f"{'':{CONCEPT_WIDTH}}{values}")]
    return lines
