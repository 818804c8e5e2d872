"""How the SDMX services are asked: addresses, versions, refusals in every dress, and few requests."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from ingestion import http
from ingestion.catalog import Dataset, load_catalog
from ingestion.errors import CatalogError, PayloadRejected, ProviderUnavailable, SeriesWithdrawn
from ingestion.sources import Fetched, Mark, Probe, protocol_of
from sandbox.server import Sandbox, serve
from sandbox.worlds.synthetic import SyntheticWorld
from tests.ingestion.asking import broken_expectations, client_of, fetch, load
from tests.ingestion.scripted_server import Reply, scripted_server

OECD = load_catalog().source("oecd").datasets
MOMENT = "2026-03-12T10:00:00.5Z"
CONSTRAINT = (
    '<structure:ContentConstraint id="{id}" agencyID="OECD.ELS.IMD" version="1.0" {valid} type="{type}">'
    "<structure:ConstraintAttachment><structure:Dataflow>"
    '<Ref id="{flow}" version="{version}" agencyID="OECD.ELS.IMD" class="Dataflow"/>'
    "</structure:Dataflow></structure:ConstraintAttachment></structure:ContentConstraint>"
)
ARITY = b"Not enough key values in query, expecting 9 got 1"
LIMIT = b"You have exceeded the number of requests currently permitted in the OECD Data API."
AGENCY = "/sdmx.oecd.org/public/rest/contentconstraint/OECD.ELS.IMD/all/latest"
POPF = "/sdmx.oecd.org/public/rest/data/OECD.ELS.IMD,DSD_MIG_F@DF_MIG_POPF,1.0"
MIG = "/sdmx.oecd.org/public/rest/data/OECD.ELS.IMD,DSD_MIG@DF_MIG,1.0"
ALL_OF_IT = "dimensionAtObservation=AllDimensions&format=csvfile"
DATA = b"STRUCTURE,REF_AREA\nDATAFLOW,DEU\n"

Script = Callable[[str], Reply]


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BACKOFF_SECONDS", 0.01)


def constraint(flow: str, moment: str | None = MOMENT, type_: str = "Actual", version: str = "1.0") -> str:
    valid = f'validFrom="{moment}"' if moment else ""
    return CONSTRAINT.format(id=f"CR_A_{flow}", flow=flow, valid=valid, type=type_, version=version)


def constraints(*each: str) -> Reply:
    content = "".join(each) or constraint("DSD_MIG@DF_MIG") + constraint("DSD_MIG_F@DF_MIG_POPF")
    spaces = 'xmlns:m="urn:m" xmlns:structure="urn:s"'
    return Reply(body=f"<m:Structure {spaces}><m:Structures>{content}</m:Structures></m:Structure>".encode())


def oecd_answers(data: Script, listed: Reply | None = None) -> Callable[[str, int], Reply]:
    """Constraints as given, and whatever the script says to every other address."""
    return lambda path, earlier: (listed or constraints()) if path == AGENCY else data(path)


# OECD


def test_a_part_is_one_request_and_its_version_is_the_flows_last_update(tmp_path: Path) -> None:
    with scripted_server(oecd_answers(lambda path: Reply(body=DATA))) as server:
        fetched = fetch(client_of("oecd_mig", server.base_url, tmp_path), "oecd_mig", "B11")
    assert [unquote(path) for path in server.asked] == [AGENCY, f"{MIG}/..A.B11....?{ALL_OF_IT}"]
    assert (fetched.version, fetched.edition) == (MOMENT, MOMENT)


def test_xml_is_asked_for_by_header_and_in_series(tmp_path: Path) -> None:
    with scripted_server(
        lambda path, earlier: constraints() if "constraint" in path else Reply(body=b"<x/>")
    ) as server:
        fetch(client_of("oecd_scientist_flows", server.base_url, tmp_path), "oecd_scientist_flows", "INFLOW_NB")
    assert unquote(server.asked[-1]).endswith("/data/OECD.STI.STP,DSD_COMPASS@DF_COMPASS_REITER,1.0/.INFLOW_NB")


def test_the_newest_actual_constraint_of_the_pinned_version_counts(tmp_path: Path) -> None:
    flow = "DSD_MIG@DF_MIG"
    listed = constraints(
        constraint(flow, "2025-11-06T13:58:53.34Z"),
        constraint(flow),
        constraint(flow, "2027-01-01T00:00:00Z", version="2.0"),
        constraint(flow, "2028-01-01T00:00:00Z", type_="Allowed"),
        constraint(flow, None),
        constraint("DSD_MIG@DF_OTHER", "2029-01-01T00:00:00Z"),
    )
    with scripted_server(oecd_answers(lambda path: Reply(body=DATA), listed)) as server:
        assert fetch(client_of("oecd_mig", server.base_url, tmp_path), "oecd_mig", "B11").version == MOMENT


def test_an_agency_that_lists_nothing_is_asked_by_flow_and_not_again(tmp_path: Path) -> None:
    def script(path: str) -> Reply:
        if "/contentconstraint/" in path:
            return constraints(constraint(unquote(path).split("CR_A_")[1].rstrip("/")))
        return Reply(body=DATA)

    with scripted_server(oecd_answers(script, Reply(404, b"NoResultsFound"))) as server:
        client = client_of("oecd_mig", server.base_url, tmp_path)
        assert fetch(client, "oecd_mig", "B11").version == MOMENT
        assert fetch(client, "oecd_mig_popf", "B14").version == MOMENT
    assert server.asked.count(AGENCY) == 1
    asked = [unquote(path).rpartition("contentconstraint/")[2] for path in server.asked if "CR_A_" in unquote(path)]
    assert asked == ["OECD.ELS.IMD/CR_A_DSD_MIG@DF_MIG/", "OECD.ELS.IMD/CR_A_DSD_MIG_F@DF_MIG_POPF/"]


def test_where_no_constraint_is_told_the_body_marks_the_version_and_nothing_counts_as_unchanged(tmp_path: Path) -> None:
    def script(path: str, earlier: int) -> Reply:
        return Reply(406, b"Not Acceptable") if "/contentconstraint/" in path else Reply(body=DATA)

    with scripted_server(script) as server:
        client = client_of("oecd_mig", server.base_url, tmp_path)
        version = fetch(client, "oecd_mig", "B11").version
        assert version is not None and version.startswith("sha256:")
        assert probe(client, "oecd_mig", {"B11": version}) == Probe(None, frozenset())


def test_a_probe_that_gets_no_answer_is_no_answer(tmp_path: Path) -> None:
    with scripted_server(lambda path, earlier: Reply(500, b"languageTag1")) as server:
        client = client_of("oecd_mig", server.base_url, tmp_path)
        with pytest.raises(ProviderUnavailable, match="languageTag1"):
            probe(client, "oecd_mig", {"B11": MOMENT})


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"<html>", "the constraints are no XML"),
        (b"not xml at all", "the constraints are no XML"),
        (b"<html><body/></html>", "another XML came instead of the constraints"),
    ],
)
def test_constraints_that_are_none_are_named(tmp_path: Path, body: bytes, sentence: str) -> None:
    with scripted_server(lambda path, earlier: Reply(body=body)) as server:
        client = client_of("oecd_mig", server.base_url, tmp_path)
        with pytest.raises(PayloadRejected, match=sentence):
            probe(client, "oecd_mig", {"B11": MOMENT})


def probe(client: http.Client, dataset_id: str, known: dict[str, str]) -> Probe:
    dataset = load_catalog().dataset(dataset_id)
    marks = {part: Mark(version, version) for part, version in known.items()}
    return protocol_of(dataset).probe(client, dataset, marks)


def test_all_flows_of_an_agency_share_one_question(tmp_path: Path) -> None:
    with scripted_server(oecd_answers(lambda path: Reply(500))) as server:
        client = client_of("oecd_mig", server.base_url, tmp_path)
        assert probe(client, "oecd_mig", {"B11": MOMENT, "B12": "older"}) == Probe(MOMENT, frozenset({"B11"}))
        assert probe(client, "oecd_mig_popf", {"B14": MOMENT}) == Probe(MOMENT, frozenset({"B14"}))
        assert probe(client, "oecd_codelist", {"DSD_MIG@DF_MIG": MOMENT}).unchanged == {"DSD_MIG@DF_MIG"}
        assert probe(client, "oecd_codelist", {}) == probe(client, "oecd_mig", {}) == Probe(None, frozenset())
    assert server.asked == [AGENCY]


@pytest.mark.parametrize("status", [403, 404, 422])
@pytest.mark.parametrize(("dataset_id", "part"), [("oecd_mig", "B11"), ("oecd_mig_popf", "B14")])
def test_a_key_of_wrong_length_says_what_to_mend(tmp_path: Path, status: int, dataset_id: str, part: str) -> None:
    with scripted_server(oecd_answers(lambda path: Reply(status, ARITY))) as server:
        client = client_of(dataset_id, server.base_url, tmp_path)
        with pytest.raises(PayloadRejected, match="the key has 1 parts where the flow has 9") as raised:
            fetch(client, dataset_id, part)
    assert "give parameters.key of the part 9 parts" in raised.value.next_step
    assert raised.value.status == status
    assert raised.value.answer.content() == ARITY
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [200, 404])
def test_no_records_means_withdrawn_until_the_next_edition(tmp_path: Path, status: int) -> None:
    with scripted_server(oecd_answers(lambda path: Reply(status, b"NoRecordsFound"))) as server:
        client = client_of("oecd_mig", server.base_url, tmp_path)
        with pytest.raises(SeriesWithdrawn, match="no records for the key"):
            fetch(client, "oecd_mig", "B21")
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [200, 404])
def test_no_results_may_mean_a_wrong_key(tmp_path: Path, status: int) -> None:
    with scripted_server(oecd_answers(lambda path: Reply(status, b"NoResultsFound"))) as server:
        client = client_of("oecd_mig", server.base_url, tmp_path)
        with pytest.raises(PayloadRejected, match="found nothing of that name"):
            fetch(client, "oecd_mig", "B11")


@pytest.mark.parametrize(("status", "body"), [(404, b"NoRecordsFound"), (404, b"NoResultsFound"), (403, b"")])
def test_a_flow_that_refuses_a_key_of_wildcards_is_asked_for_all(tmp_path: Path, status: int, body: bytes) -> None:
    def script(path: str) -> Reply:
        return Reply(body=DATA) if "/all?" in path else Reply(status, body)

    with scripted_server(oecd_answers(script)) as server:
        fetched = fetch(client_of("oecd_mig_popf", server.base_url, tmp_path), "oecd_mig_popf", "B14")
    assert [unquote(path) for path in server.asked[1:]] == [
        f"{POPF}/.......?{ALL_OF_IT}",
        f"{POPF}/all?{ALL_OF_IT}",
    ]
    assert fetched.version == MOMENT
    assert [answer.content() for answer in fetched.answers] == [DATA]
    assert "/all?" in fetched.answers[0].url


def test_a_flow_that_refuses_both_says_so(tmp_path: Path) -> None:
    with (
        scripted_server(oecd_answers(lambda path: Reply(404, b"NoRecordsFound"))) as server,
        pytest.raises(SeriesWithdrawn),
    ):
        fetch(client_of("oecd_mig_popf", server.base_url, tmp_path), "oecd_mig_popf", "B14")
    assert len(server.asked) == 3


def test_a_limit_said_with_http_200_is_waited_out(tmp_path: Path) -> None:
    said = iter([LIMIT, LIMIT, DATA])
    with scripted_server(oecd_answers(lambda path: Reply(body=next(said)))) as server:
        fetched = fetch(client_of("oecd_mig", server.base_url, tmp_path), "oecd_mig", "B11")
    assert fetched.answers[0].content() == DATA


def test_a_limit_that_lasts_is_no_data(tmp_path: Path) -> None:
    with (
        scripted_server(oecd_answers(lambda path: Reply(body=LIMIT))) as server,
        pytest.raises(ProviderUnavailable, match="its limit of requests is passed"),
    ):
        fetch(client_of("oecd_mig", server.base_url, tmp_path), "oecd_mig", "B11")


def test_a_catalog_without_what_the_protocol_needs_is_named(tmp_path: Path) -> None:
    dataset = load_catalog().dataset("oecd_mig")
    bare = dataset.parts[0].model_copy(update={"parameters": {}})
    with scripted_server(oecd_answers(lambda path: Reply(body=DATA))) as server:
        client = client_of("oecd_mig", server.base_url, tmp_path)
        with pytest.raises(CatalogError, match=r"parameters\.key is missing"):
            protocol_of(dataset).fetch(client, dataset, bare, Fetched())
        nameless = dataset.model_copy(update={"endpoint": "https://sdmx.oecd.org/public/rest/data/DSD_MIG@DF_MIG"})
        with pytest.raises(CatalogError, match="is not agency,flow,version"):
            protocol_of(dataset).fetch(client, nameless, dataset.parts[0], Fetched())
    unread = dataset.model_copy(update={"parameters": {"format": "excel"}})
    with pytest.raises(CatalogError, match="nobody reads format 'excel'"):
        protocol_of(dataset).fetch(client, unread, dataset.parts[0], Fetched())


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve(SyntheticWorld()) as running:
        yield running


@pytest.mark.parametrize("dataset", OECD, ids=lambda dataset: dataset.id)
def test_every_dataset_loads_from_the_sandbox_and_meets_its_expectations(
    sandbox: Sandbox, tmp_path: Path, dataset: Dataset
) -> None:
    client = client_of(dataset.id, sandbox.base_url, tmp_path)
    tables = {part.id: load(client, dataset.id, part.id) for part in dataset.parts}
    for part in dataset.parts:
        assert tables[part.id].column_names == [column.name for column in dataset.columns]
        assert tables[part.id].num_rows >= part.row_floor, part.id
        if dataset.part_column:
            assert set(tables[part.id][dataset.part_column].to_pylist()) == {part.id}
    assert broken_expectations(dataset.id, tables) == set()


def test_a_night_without_news_costs_one_request_an_agency(sandbox: Sandbox, tmp_path: Path) -> None:
    client = client_of("oecd_mig", sandbox.base_url, tmp_path)
    editions = {}
    for dataset in OECD:
        if dataset.id != "oecd_codelist":
            editions[dataset.id] = probe(client, dataset.id, {"x": "older"}).edition
    assert None not in editions.values()
    flows = {dataset.endpoint.rpartition(",")[0].rpartition(",")[2]: editions.get(dataset.id) for dataset in OECD}
    for dataset in OECD:
        known = {part.id: editions.get(dataset.id) or flows[part.id] or "" for part in dataset.parts}
        assert probe(client, dataset.id, known).unchanged == set(known), dataset.id
    assert client.requests_made == 4


# Eurostat

CONTENTS = (
    '"title"\t"code"\t"type"\t"last update of data"\t"last table structure change"'
    '\t"data start"\t"data end"\t"values"\n'
    '"Population"\t"popul"\t"folder"\t" "\t" "\t" "\t" "\t\n'
    '"    Immigration"\t"migr_imm1ctz"\t"dataset"\t"10.08.2026"\t"01.02.2025"\t"1998"\t"2024"\t12200000\n'
    '"    Over-qualification"\t"lfsa_eoqgan"\t"dataset"\t"30.06.2026"\t" "\t"2004"\t"2024"\t5000\n'
    '"    Over-qualification"\t"lfsa_eoqgan"\t"dataset"\t"30.06.2026"\t" "\t"2004"\t"2024"\t5000\n'
)
TOC = "/ec.europa.eu/eurostat/api/dissemination/catalogue/toc/txt?lang=en"
LATER = b'{"warning": {"status": 413, "label": "ASYNCHRONOUS_RESPONSE. Your request will be treated asynchronously."}}'
FOOTER = b'<message:GenericData><footer:Footer><footer:Message code="413" severity="Infomation">'
IMMIGRATION = "eurostat_migr_imm1ctz"
OVERQUALIFIED = "eurostat_lfsa_eoqgan"


def first_part(dataset_id: str) -> str:
    return load_catalog().dataset(dataset_id).parts[0].id


def eurostat_answers(data: Script, contents: str = CONTENTS) -> Callable[[str, int], Reply]:
    return lambda path, earlier: Reply(body=contents.encode()) if path == TOC else data(path)


def test_a_table_is_asked_for_as_a_compressed_csv_of_its_key(tmp_path: Path) -> None:
    with scripted_server(eurostat_answers(lambda path: Reply(body=gzip.compress(b"x")))) as server:
        fetched = fetch(client_of(IMMIGRATION, server.base_url, tmp_path), IMMIGRATION, first_part(IMMIGRATION))
    assert server.asked[0] == TOC
    asked = urlsplit(server.asked[1])
    assert asked.path.startswith("/ec.europa.eu/eurostat/api/dissemination/sdmx/2.1/data/migr_imm1ctz/A.")
    query = parse_qs(asked.query)
    assert (query["format"], query["compressed"]) == (["SDMX-CSV"], ["true"])
    assert (fetched.version, fetched.edition) == ("10.08.2026", "10.08.2026")


def test_a_cube_is_asked_for_by_filters_and_values_are_repeated(tmp_path: Path) -> None:
    dataset = load_catalog().dataset(OVERQUALIFIED)
    part = dataset.parts[0].model_copy(update={"parameters": {"age": "Y20-64", "time": "2014+2024"}})
    with scripted_server(eurostat_answers(lambda path: Reply(body=b"{}"))) as server:
        client = client_of(OVERQUALIFIED, server.base_url, tmp_path)
        protocol_of(dataset).fetch(client, dataset, part, Fetched())
    asked = "format=JSON&lang=EN&age=Y20-64&time=2014&time=2024"
    assert server.asked[1].endswith(f"/statistics/1.0/data/lfsa_eoqgan?{asked}")


def test_the_table_of_contents_is_asked_for_once_for_all_tables(tmp_path: Path) -> None:
    with scripted_server(eurostat_answers(lambda path: Reply(500))) as server:
        client = client_of(IMMIGRATION, server.base_url, tmp_path)
        assert probe(client, IMMIGRATION, {"a": "10.08.2026", "b": "x"}) == Probe("10.08.2026", frozenset({"a"}))
        assert probe(client, OVERQUALIFIED, {"a": "30.06.2026"}) == Probe("30.06.2026", frozenset({"a"}))
        assert probe(client, "eurostat_migr_resfirst", {"a": "30.06.2026"}) == Probe(None, frozenset())
    assert server.asked == [TOC]


def test_a_table_of_contents_with_other_columns_is_named(tmp_path: Path) -> None:
    contents = CONTENTS.replace("last update of data", "updated")
    with scripted_server(eurostat_answers(lambda path: Reply(500), contents)) as server:
        client = client_of(IMMIGRATION, server.base_url, tmp_path)
        with pytest.raises(PayloadRejected, match="the table of contents has no column 'last update of data'"):
            probe(client, IMMIGRATION, {"a": "10.08.2026"})


@pytest.mark.parametrize("later", [Reply(body=LATER), Reply(body=FOOTER), Reply(413, LATER)])
def test_an_answer_put_off_is_asked_for_again(tmp_path: Path, later: Reply) -> None:
    said = iter([later, later, Reply(body=b"figures")])
    with scripted_server(eurostat_answers(lambda path: next(said))) as server:
        fetched = fetch(client_of(IMMIGRATION, server.base_url, tmp_path), IMMIGRATION, first_part(IMMIGRATION))
    assert [answer.content() for answer in fetched.answers] == [b"figures"]


def test_an_answer_put_off_for_good_is_no_data(tmp_path: Path) -> None:
    with (
        scripted_server(eurostat_answers(lambda path: Reply(body=LATER))) as server,
        pytest.raises(ProviderUnavailable, match="wants to answer later"),
    ):
        fetch(client_of(IMMIGRATION, server.base_url, tmp_path), IMMIGRATION, first_part(IMMIGRATION))


@pytest.mark.parametrize("status", [200, 413])
def test_a_table_too_big_says_to_split_it(tmp_path: Path, status: int) -> None:
    fault = b"<S:Fault><faultstring>413 EXTRACTION_TOO_BIG: max authorised is 5000000</faultstring></S:Fault>"
    with (
        scripted_server(eurostat_answers(lambda path: Reply(status, fault))) as server,
        pytest.raises(PayloadRejected, match=r"5,000,000 rows.*split the part"),
    ):
        fetch(client_of(IMMIGRATION, server.base_url, tmp_path), IMMIGRATION, first_part(IMMIGRATION))


def test_a_table_that_is_gone_is_withdrawn(tmp_path: Path) -> None:
    gone = {"error": [{"status": 404, "id": 100, "label": "ERR_NOT_FOUND_4: XYZ is not available for dissemination."}]}
    with (
        scripted_server(eurostat_answers(lambda path: Reply(404, json.dumps(gone).encode()))) as server,
        pytest.raises(SeriesWithdrawn, match="not available"),
    ):
        fetch(client_of(IMMIGRATION, server.base_url, tmp_path), IMMIGRATION, first_part(IMMIGRATION))
    with (
        scripted_server(eurostat_answers(lambda path: Reply(400, b"ERR_SYNTAX"))) as server,
        pytest.raises(PayloadRejected, match="ERR_SYNTAX"),
    ):
        fetch(client_of(IMMIGRATION, server.base_url, tmp_path / "b"), IMMIGRATION, first_part(IMMIGRATION))


# ILO

OCCUPATION = "ilo_employment_by_occupation"


def test_an_ilo_part_is_marked_by_what_marks_its_file(tmp_path: Path) -> None:
    with scripted_server(lambda path, earlier: Reply(body=DATA, headers={"ETag": '"1"'})) as server:
        client = client_of(OCCUPATION, server.base_url, tmp_path)
        assert fetch(client, OCCUPATION, first_part(OCCUPATION)).version == '"1"'
        assert probe(client, OCCUPATION, {first_part(OCCUPATION): '"1"'}).unchanged == {first_part(OCCUPATION)}
    assert len(set(server.asked)) == 1
    assert "/sdmx.ilo.org/rest/data/ILO,DF_EMP_TEMP_SEX_OCU_CBR_NB,1.0/" in unquote(server.asked[0])


@pytest.mark.parametrize(("reply", "is_changed"), [(Reply(304), False), (Reply(body=b"new"), True)])
def test_an_ilo_part_is_asked_whether_it_changed(tmp_path: Path, reply: Reply, is_changed: bool) -> None:
    part = first_part(OCCUPATION)
    with scripted_server(lambda path, earlier: reply) as server:
        client = client_of(OCCUPATION, server.base_url, tmp_path)
        found = probe(client, OCCUPATION, {part: "Mon, 10 Aug 2026 09:00:00 GMT"})
    assert found.unchanged == (frozenset() if is_changed else {part})
    assert len(server.asked) == 1


def test_an_empty_body_of_the_ilo_is_no_data(tmp_path: Path) -> None:
    with (
        scripted_server(lambda path, earlier: Reply(body=b"")) as server,
        pytest.raises(ProviderUnavailable, match="the body is empty"),
    ):
        fetch(client_of(OCCUPATION, server.base_url, tmp_path), OCCUPATION, first_part(OCCUPATION))
