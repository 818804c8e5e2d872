"""The wire format of the OECD's SDMX service (https://sdmx.oecd.org/public/rest), errors included.

It rests on recorded bodies (SDMX-CSV, SDMX-JSON 2.0, SDMX-ML 3.0, structure message, content constraint) and on
https://www.oecd.org/en/data/insights/data-explainers/2024/09/api.html. The error bodies are quotations from programs
that met them: the status of a key with a wrong number of parts (422) and the list in a 406 are not recorded.

Spoken: ``data``, ``dataflow`` and ``contentconstraint``. Everything else gets HTTP 501, so that nobody takes silence
for an answer; so do ``firstNObservations`` and ``lastNObservations``. Limits on requests are faults, not the rule.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.providers import Answer, Request, not_recorded, sdmx
from sandbox.providers.sdmx import Codelist, Flow, WrongArity
from sandbox.worlds import Table, World

HOSTS: tuple[str, ...] = ("sdmx.oecd.org",)
BASE = ("public", "rest")
SENDER = "Disseminate_Final_DMZ"
MOST_OBSERVATIONS = 1_000_000
"""What is beyond is left out, and nothing says so."""

CONCEPTS = {
    "AGE": "Age",
    "ATTAINMENT_LEV": "Educational attainment level",
    "BIRTH_COUNTRY": "Country of birth",
    "BIRTH_PLACE": "Place of birth",
    "CITIZENSHIP": "Citizenship",
    "CONF_STATUS": "Confidentiality status",
    "DECIMALS": "Decimals",
    "DESTINATION": "Country of destination",
    "DURATION_UNEMP": "Unemployment duration",
    "EDUCATION_FIELD": "Field of education",
    "EDUCATION_LEV": "Education level",
    "EDU_STATUS": "Education status",
    "FREQ": "Frequency of observation",
    "HEALTH_PROF": "Health profession",
    "INCOME": "Income",
    "LABOUR_FORCE_STATUS": "Labour force status",
    "LOCATION": "Country",
    "MEASURE": "Measure",
    "MIGRATION_AGE": "Age at migration",
    "MIGRATION_TYPE": "Entry category",
    "OBS_STATUS": "Observation status",
    "OBS_VALUE": "Observation value",
    "ORIGIN": "Country of origin",
    "QUESTIONNAIRE": "Questionnaire name",
    "REF_AREA": "Reference area",
    "SEX": "Sex",
    "STATISTICAL_OPERATION": "Statistical operation",
    "TIME_PERIOD": "Time period",
    "TRAINING_PLACE": "Place of training",
    "UNIT_MEASURE": "Unit of measure",
    "UNIT_MULT": "Unit multiplier",
    "VAR": "Variable",
    "WORK_TIME_ARNGMNT": "Work time arrangement",
}


def _flow(agency: str, flow_id: str, version: str, name: str) -> Flow:
    return Flow(agency, flow_id, version, name, CONCEPTS)


_LABOUR = "Labour market outcomes of immigrants - "
_LISTED = (
    _flow("OECD.ELS.IMD", "DSD_MIG@DF_MIG", "1.0", "International migration database"),
    _flow(
        "OECD.ELS.IMD",
        "DSD_MIG_F@DF_MIG_POPF",
        "1.0",
        "International migration database - stocks of foreign-born population",
    ),
    _flow("OECD.ELS.IMD", "DSD_MIG@DF_MIG_EMP_EDU", "1.0", f"{_LABOUR}Employment rates by educational attainment"),
    _flow(
        "OECD.ELS.IMD",
        "DSD_MIG@DF_MIG_NUP_SEX",
        "1.0",
        f"{_LABOUR}Employment, unemployment, and participation rates by sex",
    ),
    _flow("OECD.ELS.IMD", "DSD_MIG_INT@DF_MIG_INT_PER", "1.0", "Standardised inflows of permanent-type migrants"),
    _flow("OECD.ELS.IMD", "DSD_MIG_INT@DF_MIG_INT_TEMP", "1.0", "Standardised inflows of temporary migrants"),
    _flow("OECD.ELS.HD", "DSD_HEALTH_WFMI@DF_HEALTH_WFMI", "1.0", "Health workforce migration"),
    _flow(
        "OECD.EDU.IMEP",
        "DSD_EAG_UOE_NON_FIN_STUD@DF_UOE_NF_RAW_MOB",
        "1.0",
        "Number of mobile students enrolled and graduated by country of origin",
    ),
    _flow("OECD.EDU.IMEP", "DSD_EAG_UOE_MOB@DF_MOB", "1.0", "Number of national tertiary students enrolled abroad"),
    _flow(
        "OECD.EDU.IMEP",
        "DSD_EAG_LSO_EA@DF_LSO_NEAC_DISTR_EA_MIGR",
        "1.0",
        "Adults' educational attainment distribution, by country of birth, age group and gender",
    ),
    _flow("OECD.STI.STP", "DSD_MSTI@DF_MSTI", "1.3", "Main Science and Technology Indicators (MSTI database)"),
    _flow("OECD.STI.STP", "DSD_COMPASS@DF_COMPASS_REITER", "1.0", "REITER.Stat"),
    _flow("OECD.STI.STP", "DSD_SBRD@DF_SBRD", "1.2", "R&D indicators sub-platform"),
)
FLOWS: Mapping[str, Flow] = {flow.id: flow for flow in _LISTED}
AGENCIES = frozenset(flow.agency for flow in _LISTED)

AREAS = ("OECD", "CL_AREA", "1.3")
CODELISTS = {
    "REF_AREA": AREAS,
    "LOCATION": AREAS,
    "CITIZENSHIP": AREAS,
    "BIRTH_COUNTRY": AREAS,
    "ORIGIN": AREAS,
    "DESTINATION": AREAS,
    "SEX": ("OECD", "CL_SEX", "1.0"),
    "EDUCATION_LEV": ("OECD", "CL_EDUCATION_LEV_ISCED11", "1.0"),
    "UNIT_MEASURE": ("OECD", "CL_UNIT_MEASURE", "1.8"),
    "FREQ": ("SDMX", "CL_FREQ", "2.1"),
    "OBS_STATUS": ("SDMX", "CL_OBS_STATUS", "2.2"),
    "UNIT_MULT": ("SDMX", "CL_UNIT_MULT", "1.1"),
    "DECIMALS": ("SDMX", "CL_DECIMALS", "1.0"),
}
"""Codelists that flows share; every other one is the structure's own."""

CSV, CSV_WITH_LABELS, JSON, XML = "csvfile", "csvfilewithlabels", "jsondata", "xml"
FORMATS = {
    CSV: "application/vnd.sdmx.data+csv; charset=utf-8; version=1.0",
    CSV_WITH_LABELS: "application/vnd.sdmx.data+csv; charset=utf-8; version=1.0; labels=both",
    JSON: "application/vnd.sdmx.data+json; charset=utf-8; version=2.0",
    XML: "application/vnd.sdmx.data+xml; charset=utf-8; version=3.0.0",
}
STRUCTURE = "application/vnd.sdmx.structure+xml"
ANYTHING = frozenset({"", "*/*", "application/*"})
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}


class NotAcceptable(Exception):
    """The request asks for a form in which the publisher does not offer the resource."""


def subjects(request: Request) -> frozenset[str]:
    """The resource, the agency, the flow, the key and the codes in it; faults aim at these."""
    path = request.path[len(BASE) :]
    named = set(path[:1])
    if path[:1] == ("data",) and len(path) > 1:
        agency, _, rest = path[1].partition(",")
        named |= {agency, rest.partition(",")[0]}
        named |= {part for key in path[2:3] for part in (key, *key.replace("+", ".").split(".")) if part}
    elif len(path) > 2:
        named |= {path[1], path[2].removeprefix("CR_A_")}
    return frozenset(named)


def answer(world: World, request: Request) -> Answer:
    """Answer a request as the publisher does, errors included."""
    if request.path[: len(BASE)] != BASE:
        return _plain(404, "")
    if "accept-language" not in request.headers:
        return _plain(500, "languageTag1")
    resource, first, second = (*request.path[len(BASE) :], "", "", "")[:3]
    try:
        if resource == "data":
            return _data(world, request, first, second)
        if resource == "dataflow":
            return _dataflow(world, request, first, second)
        if resource == "contentconstraint":
            return _constraint(world, request, first, second)
    except NotAcceptable as error:
        return _plain(406, f"Not acceptable. Supported media types: {error}")
    except WrongArity as error:
        return _plain(422, f"Not enough key values in query, expecting {error.expected} got {error.got}")
    return _plain(501, f"The sandbox does not speak '{resource}'. Next: ask for data, dataflow or contentconstraint.")


def _plain(status: int, text: str) -> Answer:
    return Answer(status, PLAIN, text.encode())


# --- data ----------------------------------------------------------------------------------------------------


def _data(world: World, request: Request, about: str, key: str) -> Answer:
    if {"firstnobservations", "lastnobservations"} & set(request.query):
        sentence = "The sandbox does not speak firstNObservations and lastNObservations. Next: ask for periods."
        return _plain(501, sentence)
    form = _data_form(request)
    agency, flow_id, version = (*about.split(","), "", "")[:3]
    flow = FLOWS.get(flow_id)
    if flow is None or agency not in ("", flow.agency) or version not in ("", "latest", flow.version):
        return _plain(404, "NoResultsFound")
    start, end = request.query.get("startperiod"), request.query.get("endperiod")
    recorded = _recorded(world, request, {"startPeriod": start, "endPeriod": end, "format": form})
    if recorded is not None:
        return Answer(200, {"Content-Type": FORMATS[form]}, recorded)
    table = world.table(f"oecd/{flow.id}")
    if table is None:
        return not_recorded(world, f"table oecd/{flow.id}")
    rows = sdmx.select(table.rows, key or "all", start, end)
    if not rows.num_rows and world.figures == "recorded":
        return not_recorded(world, f"row of oecd/{flow.id} for the key '{key}'")
    if not rows.num_rows:
        return _plain(404, "NoRecordsFound")
    part = Table(rows.slice(0, MOST_OBSERVATIONS), table.updated, table.labels)
    return Answer(200, {"Content-Type": FORMATS[form]}, _body(flow, part, form))


def _data_form(request: Request) -> str:
    """What ``format`` says, else what ``Accept`` says."""
    named = request.query.get("format", "").lower()
    if named in FORMATS:
        return named
    accepted = request.headers.get("accept", "").lower().replace(" ", "")
    if named and named not in ("structurespecific", "structurespecificdata"):
        raise NotAcceptable(", ".join(FORMATS.values()))
    if named or accepted in ANYTHING or "sdmx.data+xml" in accepted:
        return XML
    if "sdmx.data+csv" in accepted:
        return CSV_WITH_LABELS if "labels=both" in accepted else CSV
    if "sdmx.data+json" in accepted or "application/json" in accepted:
        return JSON
    raise NotAcceptable(", ".join(FORMATS.values()))


def _recorded(world: World, request: Request, query: Mapping[str, str | None]) -> bytes | None:
    """The whole body as a recorded world has it for this address, parameters in alphabetical order."""
    if world.figures != "recorded":
        return None
    pairs = "&".join(f"{name}={value}" for name, value in sorted(query.items()) if value is not None)
    found = world.file(f"{'/'.join((request.host, *request.path))}?{pairs}")
    return None if found is None else found.content


def _body(flow: Flow, table: Table, form: str) -> bytes:
    prepared = sdmx.moment(table.updated)
    if form == JSON:
        return sdmx.json_body(flow, table.rows, table.labels, prepared, SENDER)
    if form == XML:
        return sdmx.xml_body(flow, table.rows, prepared, SENDER)
    leading = {"STRUCTURE": "DATAFLOW", "STRUCTURE_ID": flow.full_id}
    if form == CSV:
        return sdmx.csv_body(table.rows, {**leading, "ACTION": "I"})
    return sdmx.csv_body(
        table.rows, {**leading, "STRUCTURE_NAME": flow.name, "ACTION": "I"}, table.labels, flow.concepts
    )


# --- structures ----------------------------------------------------------------------------------------------


def _check_structure_form(request: Request) -> str:
    """The media type of a structure message; structures are not to be had as ``jsondata``."""
    named, accepted = request.query.get("format", "").lower(), request.headers.get("accept", "").lower()
    is_named = named in ("structure", "structure-2.1")
    if named and not is_named:
        raise NotAcceptable(STRUCTURE)
    if not is_named and accepted not in ANYTHING and STRUCTURE not in accepted:
        raise NotAcceptable(STRUCTURE)
    return f"{STRUCTURE}; charset=utf-8; version=2.1"


def _dataflow(world: World, request: Request, agency: str, flow_id: str) -> Answer:
    headers = {"Content-Type": _check_structure_form(request)}
    flow = FLOWS.get(flow_id)
    if flow is None or flow.agency != agency:
        return _plain(404, "NoResultsFound")
    references = request.query.get("references", "none").lower()
    recorded = _recorded(world, request, {"references": references})
    if recorded is not None:
        return Answer(200, headers, recorded)
    table = world.table(f"oecd/{flow.id}")
    if table is None:
        return not_recorded(world, f"table oecd/{flow.id}")
    prepared = sdmx.moment(table.updated)
    if references == "none":
        return Answer(200, headers, sdmx.dataflow_message([flow], prepared))
    codelists = _codelists(flow, table)
    return Answer(200, headers, sdmx.structure_message(flow, table.rows, codelists, table.updated, prepared))


def _codelists(flow: Flow, table: Table) -> dict[str, Codelist]:
    """For every column of codes its codelist: the codes that occur and those that have a name."""
    columns = [*sdmx.dimensions(table.rows), *sdmx.attributes(table.rows)]
    ids = {name: CODELISTS.get(name, (flow.agency, f"CL_{name}", "1.0")) for name in columns}
    codes: dict[tuple[str, str, str], dict[str, str]] = {}
    for name in columns:
        names = table.labels.get(name, {})
        known = {code: names.get(code, code) for code in sdmx.codes_of(table.rows, name)}
        codes[ids[name]] = {**codes.get(ids[name], {}), **known, **names}
    return {name: Codelist(*ids[name], codes[ids[name]]) for name in columns}


def _constraint(world: World, request: Request, agency: str, constraint_id: str) -> Answer:
    headers = {"Content-Type": _check_structure_form(request)}
    wanted = [flow for flow in _LISTED if flow.agency == agency and constraint_id in ("all", f"CR_A_{flow.id}")]
    if not wanted:
        return _plain(404, "NoResultsFound")
    tables = [(flow, world.table(f"oecd/{flow.id}")) for flow in wanted]
    about = [(flow, table.rows, table.updated) for flow, table in tables if table is not None]
    if not about:
        return not_recorded(world, f"table for {constraint_id} of {agency}")
    prepared = sdmx.moment(max(updated for _, _, updated in about))
    return Answer(200, headers, sdmx.constraint_message(about, prepared))
