"""SDMX, as the OECD, Eurostat and the ILO speak it: data in five formats, and the structures behind them.

SDMX-CSV is read lazily by DuckDB; SDMX-JSON 2.0, structure-specific SDMX-ML 3.0 and JSON-stat 2.0 where a publisher
offers only those. Whatever the format, a row is one observation: dimension codes, ``TIME_PERIOD``, ``OBS_VALUE`` and
the attributes under their own names, typed strictly by the catalog.
https://sdmx.org/standards-2/
"""

from ingestion.sources.sdmx.eurostat import Eurostat
from ingestion.sources.sdmx.ilo import Ilo
from ingestion.sources.sdmx.oecd import Codelists, Oecd

__all__ = ["Codelists", "Eurostat", "Ilo", "Oecd"]
