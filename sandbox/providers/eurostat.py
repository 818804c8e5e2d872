"""The wire format of Eurostat's dissemination service (https://ec.europa.eu/eurostat/api/dissemination).

It rests on recorded bodies (JSON-stat 2.0, SDMX-CSV with labels, errors as programs quote them) and on
https://ec.europa.eu/eurostat/web/user-guides/data-browser/api-data-access/api-detailed-guidelines. Spoken:

* ``catalogue/toc/txt``: the table of contents; a table stands in every folder that it belongs to.
* ``sdmx/2.1/data/{code}/{key}``: SDMX-CSV, with ``compressed=true`` as a gzip file; with ``labels=name`` in version 2.0
  of the form, where every column is followed by one of names.
* ``statistics/1.0/data/{code}``: JSON-stat 2.0. A code that a dimension does not have gets HTTP 200 without a value.

Everything else gets HTTP 501. An extraction of more than five million rows is refused; answers that come later (413,
asynchronous) are faults, not the rule. The faults in XML are quoted in part only: their envelope is SOAP's.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from sandbox.providers import Answer, Request, not_recorded, sdmx
from sandbox.providers.sdmx import Flow, WrongArity
from sandbox.worlds import Table, World

HOSTS: tuple[str, ...] = ("ec.europa.eu",)
BASE = ("eurostat", "api", "dissemination")
MOST_ROWS = 5_000_000
CSV_FORMAT = "sdmx-csv"
LABELLED = "name"

JSON = {"Content-Type": "application/json;charset=UTF-8"}
XML = {"Content-Type": "text/xml;charset=UTF-8"}
TEXT = {"Content-Type": "text/plain;charset=UTF-8"}
CSV = {"Content-Type": "application/vnd.sdmx.data+csv;version=1.0.0"}
GZIP = {"Content-Type": "application/gzip"}

CONCEPTS = {
    "freq": "Time frequency",
    "citizen": "Country of citizenship",
    "c_birth": "Country of birth",
    "partner": "Geopolitical entity (partner)",
    "agedef": "Age definition",
    "age": "Age class",
    "unit": "Unit of measure",
    "sex": "Sex",
    "reason": "Reason",
    "duration": "Duration",
    "isced11": "International Standard Classification of Education (ISCED 2011)",
    "geo": "Geopolitical entity (reporting)",
    "TIME_PERIOD": "Time",
    "OBS_VALUE": "Observation value",
    "OBS_FLAG": "Observation status (Flag) V2 structure",
    "CONF_STATUS": "Confidentiality status (flag)",
}
TITLES = {
    "lfsa_eoqgan": "Over-qualification rates by citizenship",
    "lfsa_eoqgac": "Over-qualification rates by country of birth",
    "migr_imm1ctz": "Immigration by age group, sex and citizenship",
    "migr_emi1ctz": "Emigration by age group, sex and citizenship",
    "migr_imm5prv": "Immigration by age group, sex and country of previous residence",
    "migr_emi3nxt": "Emigration by age group, sex and country of next usual residence",
    "migr_pop1ctz": "Population on 1 January by age group, sex and citizenship",
    "migr_pop3ctb": "Population on 1 January by age group, sex and country of birth",
    "migr_resfirst": "First permits by reason, length of validity and citizenship",
    "educ_uoe_mobs02": "Mobile students from abroad enrolled by education level, sex and country of origin",
    "edat_lfse_03": "Population by educational attainment level, sex and age (%) - main indicators",
    "edat_lfse_04": "Population by educational attainment level, sex and NUTS 2 region (%)",
    "demo_pjan": "Population on 1 January by age and sex",
}
FLOWS = {code: Flow("ESTAT", code.upper(), "1.0", title, CONCEPTS) for code, title in TITLES.items()}
FOLDERS = {
    "demo": ("Population and demography", ("demo_pjan", "migr_pop1ctz", "migr_pop3ctb")),
    "migr": (
        "Migration and asylum",
        (
            "migr_imm1ctz",
            "migr_imm5prv",
            "migr_emi1ctz",
            "migr_emi3nxt",
            "migr_pop1ctz",
            "migr_pop3ctb",
            "migr_resfirst",
            "lfsa_eoqgan",
            "lfsa_eoqgac",
        ),
    ),
    "lfsi": ("Labour market", ("lfsa_eoqgan", "lfsa_eoqgac")),
    "educ": ("Education and training", ("educ_uoe_mobs02", "edat_lfse_03", "edat_lfse_04")),
    "equality": ("Equality, citizens of other countries", ("lfsa_eoqgan", "lfsa_eoqgac", "edat_lfse_03")),
}
"""Some tables stand in several folders, as they do with the publisher."""
STRUCTURE_CHANGED = "20.01.2026"


def subjects(request: Request) -> frozenset[str]:
    """The service, the code of the table and the codes asked for; faults aim at these."""
    path = request.path[len(BASE) :]
    if path[:1] == ("catalogue",):
        return frozenset({"toc"})
    codes = {code for values in request.repeated.values() for code in values}
    return frozenset({*path[:1], *path[3:4], *codes, *(part for key in path[4:5] for part in key.split(".") if part)})


def answer(world: World, request: Request) -> Answer:
    """Answer a request as the publisher does, errors included."""
    path = request.path[len(BASE) :] if request.path[: len(BASE)] == BASE else ()
    if path == ("catalogue", "toc", "txt"):
        return Answer(200, TEXT, _contents(world))
    if path[:3] == ("statistics", "1.0", "data") and len(path) == 4:
        return _statistics(world, request, path[3].lower())
    if path[:3] == ("sdmx", "2.1", "data") and len(path) in (4, 5):
        return _data(world, request, path[3].lower(), path[4] if len(path) == 5 else "all")
    sentence = "The sandbox does not speak this address. Next: ask for catalogue/toc/txt, statistics/1.0 or sdmx/2.1.\n"
    return Answer(501, TEXT, sentence.encode())


# --- table of contents ---------------------------------------------------------------------------------------


def _contents(world: World) -> bytes:
    """Quoted, separated by tabs; titles are indented by the depth of their folder."""
    header = ("title", "code", "type", "last update of data", "last table structure change")
    lines = [_line(*header, "data start", "data end", "values"), _line("Database by themes", "data", "folder")]
    for folder, (title, codes) in FOLDERS.items():
        lines.append(_line(f"    {title}", folder, "folder"))
        lines += [_entry(code, table) for code in codes if (table := world.table(f"eurostat/{code}")) is not None]
    return "".join(lines).encode()


def _entry(code: str, table: Table) -> str:
    periods = sdmx.codes_of(table.rows, sdmx.TIME)
    updated = datetime.fromisoformat(table.updated).strftime("%d.%m.%Y")
    title, size = f"        {TITLES[code]}", str(table.rows.num_rows)
    return _line(title, code, "dataset", updated, STRUCTURE_CHANGED, *(periods[:1] + periods[-1:] or [" ", " "]), size)


def _line(*cells: str) -> str:
    filled = (*cells, *[" "] * (8 - len(cells)))
    return "\t".join(f'"{cell}"' for cell in filled) + "\r\n"


# --- data ----------------------------------------------------------------------------------------------------


def _data(world: World, request: Request, code: str, key: str) -> Answer:
    """SDMX-CSV of a key."""
    if request.query.get("format", "").lower() != CSV_FORMAT:
        return Answer(501, TEXT, b"The sandbox speaks SDMX-CSV here. Next: ask with format=SDMX-CSV.\n")
    if code not in FLOWS:
        return _fault(404, 100, _unavailable(code))
    table = world.table(f"eurostat/{code}")
    if table is None:
        return not_recorded(world, f"table eurostat/{code}")
    try:
        rows = sdmx.select(table.rows, key, request.query.get("startperiod"), request.query.get("endperiod"))
    except WrongArity as error:
        return _fault(400, 150, f"INVALID_KEY: the key has {error.got} dimensions, and the flow has {error.expected}")
    if not rows.num_rows:
        return _fault(404, 100, "NO_RESULTS: The query did not return any results.")
    if rows.num_rows > MOST_ROWS:
        return _fault(413, 413, _too_big(rows.num_rows))
    body = None
    if request.query.get("labels") == LABELLED:
        if rows.num_rows == table.rows.num_rows:
            body = _recorded(world, request, code, {"labels": LABELLED})
        leading = {"STRUCTURE": "dataflow", "STRUCTURE_ID": FLOWS[code].full_id, "STRUCTURE_NAME": FLOWS[code].name}
        body = body or sdmx.csv_body(rows, leading, table.labels, CONCEPTS)
    else:
        updated = datetime.fromisoformat(table.updated).strftime("%d/%m/%y %H:%M:%S")
        body = sdmx.csv_body(rows, {"DATAFLOW": FLOWS[code].full_id, "LAST UPDATE": updated})
    if request.query.get("compressed", "").lower() == "true":
        return Answer(200, GZIP, gzip.compress(body, 6, mtime=0), is_encoded=True)
    return Answer(200, CSV, body)


def _statistics(world: World, request: Request, code: str) -> Answer:
    """JSON-stat of the codes asked for."""
    if code not in FLOWS:
        return _error(404, 100, _unavailable(code))
    table = world.table(f"eurostat/{code}")
    if table is None:
        return not_recorded(world, f"table eurostat/{code}")
    asked = {name: values for name, values in request.repeated.items() if name not in ("format", "lang")}
    limits = {name: asked.pop(name, ("",))[0] or None for name in ("sincetimeperiod", "untiltimeperiod")}
    wanted = {sdmx.TIME if name == "time" else name: values for name, values in asked.items()}
    unknown = sorted(wanted.keys() - {*sdmx.dimensions(table.rows), sdmx.TIME})
    if unknown:
        return _error(400, 150, f"INVALID_QUERY_DIMENSION: {', '.join(unknown)} is no dimension of {code.upper()}")
    rows = sdmx.restrict(table.rows, wanted, limits["sincetimeperiod"], limits["untiltimeperiod"])
    if rows.num_rows > MOST_ROWS:
        return _error(413, 413, _too_big(rows.num_rows))
    is_whole = rows.num_rows == table.rows.num_rows
    body = _recorded(world, request, code, {} if is_whole else {name: list(asked[name]) for name in sorted(asked)})
    if body is None:
        flags = table.labels.get("OBS_FLAG", {})
        body = sdmx.json_stat_body(FLOWS[code], rows, table.labels, table.updated, flags)
    return Answer(200, JSON, body)


def _recorded(world: World, request: Request, code: str, query: Mapping[str, str | list[str]]) -> bytes | None:
    """A body as the world has it for a question."""
    address = "/".join((request.host, *request.path[: len(BASE) + 3], code))
    found = world.file(f"{address}?{urlencode(query, doseq=True)}" if query else address)
    return None if found is None else found.content


# --- errors --------------------------------------------------------------------------------------------------


def _unavailable(code: str) -> str:
    return f"ERR_NOT_FOUND_4: {code.upper()} is not available for dissemination."


def _too_big(rows: int) -> str:
    return (
        f"EXTRACTION_TOO_BIG: The requested extraction is too big, estimated {rows} rows, max authorised is"
        f" {MOST_ROWS}, please change your filters to reduce the extraction size"
    )


def _error(status: int, number: int, label: str) -> Answer:
    document = {"error": [{"status": status, "id": number, "label": label}]}
    return Answer(status, JSON, json.dumps(document).encode())


def _fault(status: int, number: int, label: str) -> Answer:
    envelope = (
        '<?xml version="1.0" encoding="UTF-8"?><S:Fault xmlns:S="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<faultcode>{number}</faultcode><faultstring>{label}</faultstring></S:Fault>"
    )
    return Answer(status, XML, envelope.encode())
