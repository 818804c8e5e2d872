"""The catalog of Eurostat and ILOSTAT: its keys fit the tables, and its expectations hold and can fail.

Batches are made here by the standard library from what the sandbox serves, so that they do not rest on the product's
reading; that reading is compared with them for every recorded body.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from ingestion.catalog import Catalog, Dataset, Expectation, load_catalog
from ingestion.errors import PayloadRejected
from ingestion.home import Home
from ingestion.ledger import ABSENT, LOADED, Event, latest_by_part
from ingestion.origin import Origin
from ingestion.pipeline import Pipeline
from ingestion.sources import protocol_of
from ingestion.validation.bridge import SEEDS, load_bridge
from ingestion.validation.measure import comparison_frame
from sandbox.providers import Provider, Request, eurostat, ilo
from sandbox.server import serve
from sandbox.worlds import World
from sandbox.worlds.recorded import RecordedWorld
from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.eurostat import REVISED
from tests.ingestion.reading import read
from tests.shared_data import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.slow

DATASETS = {dataset.id: dataset for source in ("eurostat", "ilo") for dataset in load_catalog().source(source).datasets}
RECORDED = (
    "eurostat_lfsa_eoqgan",
    "eurostat_migr_imm1ctz",
    "eurostat_migr_emi1ctz",
    "eurostat_migr_pop1ctz",
    "eurostat_migr_resfirst",
)
EXPECTATIONS = [(dataset.id, each.name) for dataset in DATASETS.values() for each in dataset.expectations]
FOLDER = SHARED_DATA / "eurostat"
PLACES = ("geo", "citizen", "c_birth", "partner", "REF_AREA")

Row = dict[str, Any]

BREAKING = {
    "enough_reporters": "delete from batch where length(geo) = 2 and geo between 'A' and 'F'",
    "reporters_stay": "delete from batch where length(geo) = 2 and geo not in ('AT', 'BE') and TIME_PERIOD = 2018",
    "groups_make_total": "update batch set OBS_VALUE = OBS_VALUE * 1.1 where citizen = 'TOTAL' and geo = 'SE'",
    "known_within_total": "update batch set OBS_VALUE = OBS_VALUE / 10 where {group} = 'TOTAL' and geo = 'AT'",
    "groups_of_union": "delete from batch where geo = 'EU27_2020'",
    "foreigners_above_nationals": "update batch set OBS_VALUE = 100 - OBS_VALUE where geo = 'EU27_2020'",
    "union_is_its_members": "update batch set OBS_VALUE = OBS_VALUE * 1.1 where geo = 'EU27_2020'",
    "reasons_within_total": "update batch set OBS_VALUE = OBS_VALUE * 2 where reason = 'EMP'",
    "levels_make_a_hundred": "update batch set OBS_VALUE = OBS_VALUE + 2 where isced11 = 'ED5-8' and sex = 'T'",
    "region_of_a_reporter": "update batch set geo = 'US11' where geo = 'AT11'",
    "sexes_make_all": "update batch set OBS_VALUE = OBS_VALUE * 1.001 where sex = 'F' and geo = 'DE'",
    "unit_multiplier": "update batch set UNIT_MULT = 6 where REF_AREA = 'DEU'",
    "births_make_total": "update batch set OBS_VALUE = 2 * OBS_VALUE where CBR = 'CBR_BIR_NATIVE' and REF_AREA = 'DEU'",
    "occupations_make_total": "delete from batch where OCU in ('OCU_ISCO08_2', 'OCU_ISCO08_5') and REF_AREA = 'DEU'",
}
"""For each expectation a change that it must notice; ``group`` is the column of groups."""


@cache
def synthetic() -> SyntheticWorld:
    return SyntheticWorld()


@cache
def recordings() -> RecordedWorld:
    return RecordedWorld(SHARED_DATA)


def url_of(dataset: Dataset) -> tuple[str, dict[str, str]]:
    """Path behind the scheme and parameters of the question the catalog asks."""
    parameters = dataset.parts[0].parameters
    if dataset.parameters.get("format") == "json-stat":
        return dataset.endpoint.removeprefix("https://"), {"format": "JSON", "lang": "EN", **parameters}
    return f"{dataset.endpoint.removeprefix('https://')}/{parameters['key']}", {"format": "SDMX-CSV"}


def body_of(world: World, dataset: Dataset) -> bytes:
    """What the sandbox answers to the catalog's question."""
    path, query = url_of(dataset)
    host, *segments = path.split("/")
    provider: Provider = eurostat if host in eurostat.HOSTS else ilo
    headers = {"user-agent": "Mozilla/5.0", "accept": "application/vnd.sdmx.data+csv"}
    asked = {name.lower(): value for name, value in query.items()}
    repeated = {name: (value,) for name, value in asked.items()}
    answer = provider.answer(world, Request(host, tuple(segments), asked, repeated, headers))
    assert answer.status == 200, answer.body
    return answer.body


def rows_of(body: bytes) -> list[Row]:
    """The rows of a body in either form; no text is empty."""
    if not body.startswith(b"{"):
        listed = csv.DictReader(io.StringIO(body.decode(), newline=""))
        return [{name: text or None for name, text in row.items()} for row in listed]
    document = json.loads(body)
    codes = [document["dimension"][name]["category"]["index"] for name in document["id"]]
    names = ["TIME_PERIOD" if name == "time" else name for name in document["id"]]
    cells = []
    for place, key in enumerate(itertools.product(*(sorted(index, key=index.__getitem__) for index in codes))):
        value, flag = (document.get(field, {}).get(str(place)) for field in ("value", "status"))
        if value is not None or flag is not None:
            cells.append({**dict(zip(names, key, strict=True)), "OBS_VALUE": value, "OBS_FLAG": flag})
    return cells


@cache
def batch_of(world_name: str, dataset_id: str) -> pa.Table:
    """The batch as the catalog types it."""
    dataset = DATASETS[dataset_id]
    world = synthetic() if world_name == "synthetic" else recordings()
    return typed(dataset, rows_of(body_of(world, dataset)))


def typed(dataset: Dataset, rows: list[Row]) -> pa.Table:
    converters = {"VARCHAR": str, "DOUBLE": float, "INTEGER": int}
    types = {"VARCHAR": pa.string(), "DOUBLE": pa.float64(), "INTEGER": pa.int32()}
    columns = {}
    for column in dataset.columns:
        convert = converters[column.type]
        cells = [None if row[column.name] is None else convert(row[column.name]) for row in rows]
        columns[column.name] = pa.array(cells, types[column.type])
    return pa.table(columns)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def load(connection: duckdb.DuckDBPyConnection, batch: pa.Table) -> None:
    connection.register("answer", batch)
    connection.execute("create or replace table batch as select 'all' as part, * from answer")


def offends(connection: duckdb.DuckDBPyConnection, expectation: Expectation) -> int:
    """Rows or comparisons of ``batch`` that do not hold."""
    if expectation.compare is not None:
        frame = comparison_frame(connection, "batch", expectation)
        return int((frame["gap"] > expectation.tolerance + 1e-9).sum())
    counted = connection.execute(f"select count(*) from batch where {expectation.no_row_where}").fetchone()
    assert counted is not None
    return int(counted[0])


def in_worlds() -> list[Any]:
    recorded = [pytest.param("recorded", each, marks=needs_shared_data) for each in RECORDED]
    return [pytest.param("synthetic", each) for each in DATASETS] + recorded


@pytest.mark.parametrize(("world_name", "dataset_id"), in_worlds())
def test_a_whole_answer_passes_its_floors_bounds_codes_and_key(
    connection: duckdb.DuckDBPyConnection, world_name: str, dataset_id: str
) -> None:
    dataset, batch = DATASETS[dataset_id], batch_of(world_name, dataset_id)
    part, values = dataset.parts[0], [value for value in batch["OBS_VALUE"].to_pylist() if value is not None]
    assert batch.num_rows >= part.row_floor
    assert len(values) >= part.value_floor
    assert part.bounds.minimum is not None and part.bounds.maximum is not None
    assert part.bounds.minimum <= min(values) and max(values) <= part.bounds.maximum
    for column in dataset.columns:
        found = set(batch[column.name].unique().to_pylist())
        assert column.nullable or None not in found, column.name
        assert column.codes is None or found <= set(column.codes), column.name
    keys = list(zip(*(batch[name].to_pylist() for name in dataset.key), strict=True))
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(("world_name", "dataset_id"), in_worlds())
def test_every_place_stands_in_the_country_bridge(world_name: str, dataset_id: str) -> None:
    dataset, batch, bridge = DATASETS[dataset_id], batch_of(world_name, dataset_id), load_bridge(SEEDS)
    coded = [column for column in dataset.columns if column.name in PLACES and column.code_system]
    assert coded or dataset_id == "eurostat_edat_lfse_04"
    for column in coded:
        known = bridge.codes(str(column.code_system))
        assert set(batch[column.name].unique().to_pylist()) <= set(known), column.name


@pytest.mark.parametrize(("world_name", "dataset_id"), in_worlds())
def test_expectations_hold(connection: duckdb.DuckDBPyConnection, world_name: str, dataset_id: str) -> None:
    load(connection, batch_of(world_name, dataset_id))
    for expectation in DATASETS[dataset_id].expectations:
        assert offends(connection, expectation) == 0, expectation.name


@pytest.mark.parametrize(("dataset_id", "name"), EXPECTATIONS)
def test_every_expectation_can_fail(connection: duckdb.DuckDBPyConnection, dataset_id: str, name: str) -> None:
    load(connection, batch_of("synthetic", dataset_id))
    group = next((each for each in ("citizen", "c_birth", "partner") if each in DATASETS[dataset_id].key), "")
    connection.execute(BREAKING[name].format(group=group))
    expectation = next(each for each in DATASETS[dataset_id].expectations if each.name == name)
    assert offends(connection, expectation) > 0


# --- reading the recorded bodies -----------------------------------------------------------------------------


def recorded_body(dataset: Dataset) -> bytes:
    """The publisher's own bytes."""
    code = dataset.id.removeprefix("eurostat_")
    if dataset.parameters.get("format") == "json-stat":
        return (FOLDER / "json_stat" / f"{code}.json").read_bytes()
    return gzip.decompress((FOLDER / "sdmx_csv" / f"{code}_AL.csv.gz").read_bytes())


def recorded_bodies() -> list[Any]:
    bodies = [pytest.param(each, None, id=each) for each in RECORDED if each != "eurostat_lfsa_eoqgan"]
    return bodies + [pytest.param("eurostat_lfsa_eoqgan", i, id=f"eurostat_lfsa_eoqgan-{i}") for i in (0, 1)]


def body_and_rows(dataset: Dataset, recording: int | None) -> tuple[bytes, list[Row]]:
    if recording is None:
        body = recorded_body(dataset)
    else:
        listed = json.loads((FOLDER / "json_stat" / "lfsa_eoqgan_with_queries.json").read_text(encoding="utf-8"))
        body = json.dumps(listed[recording]["respuesta"]).encode()
    return body, rows_of(body)


@needs_shared_data
@pytest.mark.parametrize(("dataset_id", "recording"), recorded_bodies())
def test_reading_a_recorded_body_gives_what_stands_in_it(dataset_id: str, recording: int | None) -> None:
    dataset = DATASETS[dataset_id]
    body, rows = body_and_rows(dataset, recording)
    found = read(protocol_of(dataset), dataset, dataset.parts[0], [body])
    expected = typed(dataset, rows)
    assert found.column_names == [column.name for column in dataset.columns]
    assert found.num_rows == len(rows)
    assert dict(_by_key(dataset, found)) == dict(_by_key(dataset, expected))
    total = sum(float(row["OBS_VALUE"]) for row in rows if row["OBS_VALUE"] is not None)
    assert sum(value for value in found["OBS_VALUE"].to_pylist() if value is not None) == pytest.approx(total)


def _by_key(dataset: Dataset, batch: pa.Table) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    for row in batch.to_pylist():
        yield tuple(row[name] for name in dataset.key), tuple(row[name] for name in dataset.measures)


@needs_shared_data
def test_figures_of_recorded_cells_by_hand() -> None:
    def value(dataset_id: str, **codes: Any) -> list[tuple[Any, ...]]:
        dataset = DATASETS[dataset_id]
        body, _ = body_and_rows(dataset, 1 if dataset_id == "eurostat_lfsa_eoqgan" else None)
        rows = read(protocol_of(dataset), dataset, dataset.parts[0], [body]).to_pylist()
        chosen = [row for row in rows if all(row[name] == code for name, code in codes.items())]
        return [(row["OBS_VALUE"], row["OBS_FLAG"]) for row in chosen]

    assert value("eurostat_migr_pop1ctz", geo="EU27_2020", TIME_PERIOD=2014) == [(28740222, "be")]
    assert value("eurostat_migr_emi1ctz", citizen="AL", geo="ES", TIME_PERIOD=2021) == [(None, "b")]
    assert value("eurostat_lfsa_eoqgan", geo="EU27_2020", citizen="NEU27_2020_FOR") == [(39.8, None)]
    assert value("eurostat_lfsa_eoqgan", geo="BG", citizen="EU27_2020_FOR") == [(None, "bu")]


@pytest.mark.parametrize("dataset_id", [each for each in DATASETS if each.startswith("eurostat")])
def test_an_answer_without_values_is_refused(dataset_id: str) -> None:
    dataset = DATASETS[dataset_id]
    if dataset.parameters.get("format") == "json-stat":
        empty = json.dumps({"version": "2.0", "class": "dataset", "value": {}, "id": [], "size": [], "dimension": {}})
    else:
        empty = ""
    with pytest.raises(PayloadRejected):
        read(protocol_of(dataset), dataset, dataset.parts[0], [empty.encode()])


# --- the whole path ------------------------------------------------------------------------------------------


def night(world: World, home: Home) -> tuple[dict[str, Event], list[str]]:
    """Ingest everything of both sources; what became of each dataset, and the requests."""
    sources = tuple(load_catalog().source(each) for each in ("eurostat", "ilo"))
    with serve(world) as sandbox:
        origin = Origin("stand-in", sandbox.base_url, sandbox.base_url)
        Pipeline(home, origin, Catalog(sources=sources)).ingest()
        asked = [target.split("/")[1] for target in sandbox.requests]
    return {each: latest_by_part(home, each)["all"] for each in DATASETS}, asked


@pytest.mark.slow
def test_a_quiet_night_asks_once_for_all_tables_and_a_release_loads_what_it_revised(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first, _ = night(synthetic(), home)
    assert {event.outcome for event in first.values()} == {LOADED}
    assert all(event.rows == batch_of("synthetic", each).num_rows for each, event in first.items())
    quiet, asked = night(synthetic(), home)
    assert quiet == first
    assert Counter(asked) == {"ec.europa.eu": 1, "sdmx.ilo.org": 3}
    later, _ = night(SyntheticWorld(vintage=2), home)
    tables = {each.endpoint.rpartition("/")[2]: each.id for each in DATASETS.values()}
    revised = {tables[code] for code in REVISED} | {"ilo_employment_by_occupation"}
    assert {each for each, event in later.items() if event.receipt != first[each].receipt} == revised
    assert all(later[each].revised and not later[each].inserted and not later[each].withdrawn for each in revised)


@pytest.mark.slow
@needs_shared_data
def test_recorded_tables_load_and_the_others_are_named_as_absent(tmp_path: Path) -> None:
    found, _ = night(recordings(), Home(tmp_path))
    assert {each for each, event in found.items() if event.outcome == LOADED} == set(RECORDED)
    assert {event.outcome for each, event in found.items() if each not in RECORDED} == {ABSENT}
