"""Recorded tables of UNHCR, June 2026, by the names of the API's endpoints.

The tables are those of the package kept by UNHCR's own staff. They hold zero where the API says zero and also where it
says nothing, and blanks in a few columns only; a blank is not known. The table of demographics is finer than the API's
answer (by kind of population and location), so it is added up, and then equals a recorded body of Egypt to the person.
The numbers of countries come from the API's own list; the one code it lacks (AB9, Abyei) has no number.
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow as pa

from sandbox.worlds import Table

FILES = {
    "population": "population.csv.gz",
    "asylum-applications": "asylum_applications.csv.gz",
    "asylum-decisions": "asylum_decisions.csv.gz",
    "solutions": "solutions.csv.gz",
    "demographics": "demographics.csv.gz",
    "idmc": "idmc.csv",
}
FINER_THAN_THE_API = ("pop_type", "location", "loc_type", "acc_type")
TEXTS = (
    *("year", "coo_name", "coo", "coo_iso", "coa_name", "coa", "coa_iso"),
    *("procedure_type", "app_type", "dec_level", "app_pc", "dec_pc"),
)
UPDATED = "2026-06-01"
"""The tables name their month only; this is its first day."""


def table(folder: Path, name: str) -> Table | None:
    """The table behind an endpoint."""
    path = folder / "unhcr" / FILES.get(name, "")
    if not path.is_file():
        return None
    numbers = _numbers(folder)
    with duckdb.connect() as connection:
        connection.execute("create table numbers (code varchar, id varchar)")
        connection.executemany("insert into numbers values (?, ?)", numbers)
        # No text of the file stands for null but the empty one, so that nothing but a blank is not known.
        sent = connection.read_csv(str(path), all_varchar=True, header=True)
        names = [column for column in sent.columns if column not in FINER_THAN_THE_API]
        texts = [column for column in names if column in TEXTS]
        measures = [column for column in names if column not in TEXTS]
        # Names are the file's own header, quoted; the order of the file is that of the wire.
        kept = ", ".join(f'"{column}"' for column in texts)
        sums = ", ".join(f'sum(cast("{column}" as double)) as "{column}"' for column in measures)
        query = f"""
            with sent as (select *, row_number() over () as position from sent),
            added as (select {kept}, {sums}, min(position) as position from sent group by {kept})
            select coalesce(origin.id, '-') as coo_id, coalesce(asylum.id, '-') as coa_id, added.* exclude (position)
            from added
            left join numbers as origin on origin.code = added.coo
            left join numbers as asylum on asylum.code = added.coa
            order by position
        """  # noqa: S608
        rows = connection.execute(query).to_arrow_table()
    return Table(_in_wire_order(rows), UPDATED)


def _numbers(folder: Path) -> list[tuple[str, str]]:
    listed = json.loads((folder / "unhcr" / "api_shape" / "countries.json").read_text(encoding="utf-8"))
    return [(entry["code"], str(entry["id"])) for entry in listed["items"]]


def _in_wire_order(rows: pa.Table) -> pa.Table:
    """The year, the countries with their numbers first, then everything else."""
    first = ["year", "coo_id", "coo_name", "coo", "coo_iso", "coa_id", "coa_name", "coa", "coa_iso"]
    return rows.select([*first, *(name for name in rows.column_names if name not in first)])
