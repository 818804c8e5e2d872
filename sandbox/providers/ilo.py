"""The wire format of ILOSTAT's SDMX service (https://sdmx.ilo.org/rest), as programs that use it describe it.

No body of it is recorded. The columns are those of SDMX-CSV 1.0 answers that programs quote; the errors are SDMX's own
(https://github.com/sdmx-twg/sdmx-rest, codes 100, 140 and 150); that a file has an ETag is not confirmed. The
publisher turns away programs: without the name of a browser in ``User-Agent`` the answer is 403, without any such
header HTTP 200 and an empty body. Spoken: ``data/ILO,{flow},1.0/{key}`` as SDMX-CSV. Everything else gets HTTP 501.
"""

from __future__ import annotations

from sandbox.providers import Answer, Request, files, not_recorded, sdmx
from sandbox.providers.sdmx import Flow, WrongArity
from sandbox.worlds import File, World

HOSTS: tuple[str, ...] = ("sdmx.ilo.org",)
BROWSER = "mozilla/"
CSV = "application/vnd.sdmx.data+csv"
NO_RESULTS, SYNTAX, SEMANTICS = 100, 140, 150

_LISTED = (
    Flow("ILO", "DF_EMP_TEMP_SEX_OCU_CBR_NB", "1.0", "Employment by sex, occupation and place of birth (thousands)"),
    Flow(
        "ILO",
        "DF_EMP_DWAP_SEX_EDU_CBR_RT",
        "1.0",
        "Employment-to-population ratio by sex, education and place of birth (%)",
    ),
    Flow("ILO", "DF_EAR_EMTM_SEX_OCU_CUR_NB", "1.0", "Average monthly earnings of employees by sex and occupation"),
)
FLOWS = {flow.id: flow for flow in _LISTED}


def subjects(request: Request) -> frozenset[str]:
    """The flow, the key and the codes in it; faults aim at these."""
    flow = {part for about in request.path[2:3] for part in about.split(",")[1:2]}
    return frozenset(flow | {part for key in request.path[3:4] for part in (key, *key.split(".")) if part})


def answer(world: World, request: Request) -> Answer:
    """Answer a request as the publisher does, errors included."""
    agent = request.headers.get("user-agent", "")
    if not agent:
        return Answer(200, {"Content-Type": CSV})
    if BROWSER not in agent.lower():
        return Answer(403, {"Content-Type": "text/html"}, b"<html><body><h1>403 Forbidden</h1></body></html>")
    accepts_csv = CSV in request.headers.get("accept", "") or request.query.get("format", "").lower() == "csv"
    if request.path[:2] != ("rest", "data") or len(request.path) not in (3, 4) or not accepts_csv:
        sentence = f"The sandbox speaks data/ILO,FLOW,1.0/KEY as {CSV} alone. Next: ask for that.\n"
        return Answer(501, {"Content-Type": "text/plain; charset=utf-8"}, sentence.encode())
    return _data(world, request, *(*request.path[2:], "all")[:2])


def _data(world: World, request: Request, about: str, key: str) -> Answer:
    agency, flow_id, version = (*about.split(","), "", "")[:3]
    flow = FLOWS.get(flow_id)
    if flow is None or agency != flow.agency or version not in ("", flow.version):
        return _error(404, NO_RESULTS, f"Could not find requested structures: {about}")
    table = world.table(f"ilo/{flow.id}")
    if table is None:
        return not_recorded(world, f"table ilo/{flow.id}")
    try:
        rows = sdmx.select(table.rows, key, request.query.get("startperiod"), request.query.get("endperiod"))
    except WrongArity as error:
        return _error(400, SYNTAX, f"Not enough key values in query, expecting {error.expected} got {error.got}")
    if not rows.num_rows:
        return _error(404, NO_RESULTS, "No Results Found")
    body = sdmx.csv_body(rows, {"DATAFLOW": flow.full_id})
    marks = files.validators(File(body, table.updated))
    if request.headers.get("if-none-match") == marks["ETag"]:
        return Answer(304, marks)
    if request.headers.get("if-modified-since") == marks["Last-Modified"]:
        return Answer(304, marks)
    return Answer(200, {"Content-Type": f"{CSV};version=1.0.0", **marks}, body)


def _error(status: int, code: int, text: str) -> Answer:
    message = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<mes:Error xmlns:mes="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"'
        ' xmlns:com="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common">'
        f'<mes:ErrorMessage code="{code}"><com:Text>{text}</com:Text></mes:ErrorMessage></mes:Error>'
    )
    return Answer(status, {"Content-Type": "application/xml"}, message.encode())
