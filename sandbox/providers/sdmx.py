"""What publishers that speak SDMX have in common: keys, and tables in the forms of the standard.

A table of a flow stands as ``sandbox.worlds.Table`` has it: the dimensions of the key in their order, ``TIME_PERIOD``,
``OBS_VALUE`` (floats), then the attributes. Codes, periods and attributes are text; null is not there.

* ``select(rows, key, start, end)``: the rows of a key such as ``DEU+FRA..A.B11`` within a range of periods.
* ``csv_body``, ``json_body``, ``xml_body``, ``json_stat_body``: the rows as SDMX-CSV (with or without labels),
  SDMX-JSON 2.0, SDMX-ML 3.0 structure-specific, JSON-stat 2.0.
* ``constraint_message``, ``structure_message``: SDMX-ML 2.1 about the flows themselves.

Specifications: https://github.com/sdmx-twg (CSV, JSON, ML), https://json-stat.org/full; the order of elements and
the spelling of headers follow recorded bodies.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
import pyarrow.compute as pc

TIME, VALUE = "TIME_PERIOD", "OBS_VALUE"

Labels = Mapping[str, Mapping[str, str]]
"""Column -> code -> English name."""


@dataclass(frozen=True)
class Flow:
    """A dataflow, and what its columns are called."""

    agency: str
    id: str
    """With the structure in front where the publisher writes it so: ``DSD_MIG@DF_MIG``."""
    version: str
    name: str
    concepts: Mapping[str, str] = field(default_factory=dict)
    """Column -> English name, such as ``Reference area``."""

    @property
    def structure(self) -> str:
        """Id of the data structure: what stands before the at sign, else the id of the flow."""
        return self.id.partition("@")[0]

    @property
    def full_id(self) -> str:
        """``AGENCY:ID(VERSION)``, as the column STRUCTURE_ID has it."""
        return f"{self.agency}:{self.id}({self.version})"


@dataclass(frozen=True)
class Codelist:
    """A list of codes; dimensions may share one."""

    agency: str
    id: str
    version: str
    codes: Mapping[str, str]
    """Code -> English name."""


class WrongArity(Exception):
    """A key has another number of parts than the flow has dimensions."""

    def __init__(self, expected: int, got: int) -> None:
        super().__init__(f"expected {expected}, got {got}")
        self.expected, self.got = expected, got


# --- choosing rows -------------------------------------------------------------------------------------------


def dimensions(rows: pa.Table) -> tuple[str, ...]:
    """The dimensions of the key: every column before the period."""
    names = rows.column_names
    return tuple(names[: names.index(TIME)])


def attributes(rows: pa.Table) -> tuple[str, ...]:
    """Every column behind the value."""
    names = rows.column_names
    return tuple(names[names.index(VALUE) + 1 :])


def parse_key(key: str, names: Sequence[str]) -> dict[str, list[str]]:
    """The codes a key asks for, by dimension; a dimension that is left empty, or ``*``, is not there.

    Raises:
        WrongArity: the key has not one part for each dimension; ``all`` and the empty key fit every flow.
    """
    if key in ("", "all", "ALL"):
        return {}
    parts = key.split(".")
    if len(parts) != len(names):
        raise WrongArity(len(names), len(parts))
    return {name: part.split("+") for name, part in zip(names, parts, strict=True) if part not in ("", "*")}


def select(rows: pa.Table, key: str = "all", start: str | None = None, end: str | None = None) -> pa.Table:
    """The rows of a key from period to period, both included; ``2010`` includes every period of that year.

    Raises:
        WrongArity: as ``parse_key``.
    """
    return restrict(rows, parse_key(key, dimensions(rows)), start, end)


def restrict(
    rows: pa.Table, codes: Mapping[str, Sequence[str]], start: str | None = None, end: str | None = None
) -> pa.Table:
    """The rows with one of the codes in each named column, from period to period, both included."""
    for name, wanted in codes.items():
        rows = rows.filter(pc.is_in(rows[name].cast(pa.string()), pa.array(list(wanted), pa.string())))
    if start:
        rows = rows.filter(pc.greater_equal(rows[TIME], pa.scalar(start)))
    if end:
        rows = rows.filter(pc.less_equal(pc.utf8_slice_codeunits(rows[TIME], 0, len(end)), pa.scalar(end)))
    return rows


def codes_of(rows: pa.Table, column: str) -> list[str]:
    """Every code of a column once, sorted."""
    return sorted(code for code in pc.unique(rows[column]).to_pylist() if code is not None)


# --- SDMX-CSV ------------------------------------------------------------------------------------------------


def number_text(value: float | None) -> str:
    """A figure as publishers write it: whole numbers without a point, nothing for what is not known."""
    if value is None:
        return ""
    return str(int(value)) if value == int(value) else repr(value)


def csv_body(
    rows: pa.Table, leading: Mapping[str, str], labels: Labels | None = None, concepts: Mapping[str, str] | None = None
) -> bytes:
    """The rows as SDMX-CSV, lines ended by CRLF.

    Args:
        rows: Table of a flow.
        leading: Columns in front that are the same in every row (``STRUCTURE``, ``STRUCTURE_ID``, …).
        labels: With them every column is followed by one of names; a code without a name is its own name, and the
            names of the period and the value stay empty.
        concepts: Headers of the columns of names.
    """
    names, columns = list(leading), [[text] * rows.num_rows for text in leading.values()]
    for name in rows.column_names:
        cells = rows[name].to_pylist()
        names.append(name)
        columns.append([number_text(cell) for cell in cells] if name == VALUE else [cell or "" for cell in cells])
        if labels is not None:
            of_column = labels.get(name, {})
            has_names = name not in (TIME, VALUE)
            names.append((concepts or {}).get(name, name))
            columns.append([of_column.get(cell, cell or "") if has_names else "" for cell in cells])
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue().encode()


# --- SDMX-JSON 2.0 -------------------------------------------------------------------------------------------

JSON_SCHEMA = (
    "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master/data-message/tools/schemas/2.0.0/"
    "sdmx-json-data-schema.json"
)


def json_body(flow: Flow, rows: pa.Table, labels: Labels, prepared: str, sender: str) -> bytes:
    """The rows as SDMX-JSON 2.0, flat: every dimension and the period at the observation.

    Codes stand in the order in which they first occur; periods are in no order of time, as with the publishers.
    """
    keys = (*dimensions(rows), TIME)
    codes, columns = {}, []
    for name in (*keys, *attributes(rows)):
        indices, values = _indexed(rows[name])
        codes[name] = values
        columns.append(indices)
    by_row = zip(*columns, strict=True)
    observations = {
        ":".join(map(str, row[: len(keys)])): [_whole(value), *row[len(keys) :]]
        for row, value in zip(by_row, rows[VALUE].to_pylist(), strict=True)
    }
    components = {name: _component(flow, name, codes[name], labels.get(name, {})) for name in codes}
    in_key = [{**components[name], "keyPosition": i, "roles": [name]} for i, name in enumerate(keys)]
    at_observation = [
        {**components[name], "roles": [name], "relationship": {"observation": {}}} for name in attributes(rows)
    ]
    urn = f"urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure={flow.agency}:{flow.structure}({flow.version})"
    data_set = {
        "structure": 0,
        "action": "Information",
        "links": [{"urn": urn, "rel": "DataStructure"}],
        "observations": observations,
    }
    structure = {
        "name": flow.name,
        "names": {"en": flow.name},
        "dimensions": {"dataSet": [], "series": [], "observation": in_key},
        "attributes": {"dataSet": [], "dimensionGroup": [], "series": [], "observation": at_observation},
        "annotations": [],
        "dataSets": [0],
    }
    meta = {
        "schema": JSON_SCHEMA,
        "id": "IREF000001",
        "prepared": prepared,
        "test": False,
        "contentLanguages": ["en"],
        "sender": {"id": sender, "name": "unknown", "names": {"en": "unknown"}},
    }
    return _json({"meta": meta, "data": {"dataSets": [data_set], "structures": [structure]}, "errors": []})


def _indexed(column: pa.ChunkedArray) -> tuple[list[int | None], list[str]]:
    """For each row the position of its code among the codes, None where there is none; and the codes."""
    encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    return encoded.indices.to_pylist(), encoded.dictionary.to_pylist()


def _component(flow: Flow, name: str, codes: list[str], names: Mapping[str, str]) -> dict[str, Any]:
    title = flow.concepts.get(name, name)
    values = [
        {
            "id": code,
            "order": position,
            "name": names.get(code, code),
            "names": {"en": names.get(code, code)},
            **(_span(code) if name == TIME else {}),
        }
        for position, code in enumerate(codes)
    ]
    return {"id": name, "name": title, "names": {"en": title}, "values": values}


def _span(period: str) -> dict[str, str]:
    if not period.isdecimal():
        return {}
    return {"start": f"{period}-01-01T00:00:00", "end": f"{period}-12-31T23:59:59"}


def _whole(value: float | None) -> float | int | None:
    return int(value) if value is not None and value == int(value) else value


def _json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


# --- SDMX-ML 3.0, structure-specific -------------------------------------------------------------------------

DATA_30 = "http://www.sdmx.org/resources/sdmxml/schemas/v3_0"


def xml_body(flow: Flow, rows: pa.Table, prepared: str, sender: str) -> bytes:
    """The rows as structure-specific SDMX-ML 3.0: a series for each run of rows of the same key."""
    space = f"urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure={flow.agency}:{flow.structure}({flow.version})"
    head = (
        '<?xml version="1.0" encoding="utf-8"?><message:StructureSpecificData'
        f' xmlns:ss="{DATA_30}/data/structurespecific" xmlns:footer="{DATA_30}/message/footer"'
        f' xmlns:ns1={quoteattr(space + ":compact")} xmlns:message="{DATA_30}/message"'
        f' xmlns:common="{DATA_30}/common" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:xml="http://www.w3.org/XML/1998/namespace"><message:Header><message:ID>IREF000001</message:ID>'
        f"<message:Test>false</message:Test><message:Prepared>{escape(prepared)}</message:Prepared>"
        f"<message:Sender id={quoteattr(sender)} /><message:DataSetID>{escape(flow.structure)}</message:DataSetID>"
        '<message:DataSetAction>Information</message:DataSetAction></message:Header><ns1:DataSet action="Information">'
    )
    foot = "</ns1:DataSet></message:StructureSpecificData>"
    return "".join((head, *_series(rows), foot)).encode()


def _series(rows: pa.Table) -> Iterator[str]:
    keys, at_observation = dimensions(rows), attributes(rows)
    listed = rows.to_pylist()
    before: str | None = None
    for row in listed:
        series = _xml_attributes((name, row[name]) for name in keys)
        if series != before:
            yield f"{'</ns1:Series>' if before is not None else ''}<ns1:Series{series}>"
            before = series
        value = None if row[VALUE] is None else number_text(row[VALUE])
        pairs = [(TIME, row[TIME]), (VALUE, value), *((name, row[name]) for name in at_observation)]
        yield f"<ns1:Obs{_xml_attributes(pairs)} />"
    if before is not None:
        yield "</ns1:Series>"


def _xml_attributes(pairs: Iterable[tuple[str, str | None]]) -> str:
    return "".join(f" {name}={quoteattr(text)}" for name, text in pairs if text is not None)


# --- JSON-stat 2.0 -------------------------------------------------------------------------------------------


def json_stat_body(
    flow: Flow, rows: pa.Table, labels: Labels, updated: str, flags: Mapping[str, str] | None = None
) -> bytes:
    """The rows as a JSON-stat 2.0 data set: sparse values by row-major index, ``time`` last, periods ascending.

    Categories stand in the order of ``labels``, those without a name behind them. A row whose value is null leaves
    no value; its flag (column ``OBS_FLAG``) stands in ``status`` all the same.

    Args:
        flow: The flow; its name becomes the label.
        rows: Table of the flow.
        labels: Names of the codes.
        updated: As the publisher writes it.
        flags: Names of the flags, for ``extension.status``.
    """
    keys = (*dimensions(rows), TIME)
    positions, categories = [], {}
    for name in keys:
        order = list(labels.get(name, {})) if name != TIME else []
        indices, codes = _indexed(rows[name])
        rank = {code: place for place, code in enumerate(order)}
        ranked = sorted(codes, key=lambda code: (rank.get(code, len(rank)), code))
        new = {code: place for place, code in enumerate(ranked)}
        positions.append([new[codes[i]] for i in indices if i is not None])
        categories[name] = ranked
    sizes = [len(categories[name]) for name in keys]
    index = _row_major(positions, sizes)
    values = {str(i): _whole(v) for i, v in zip(index, rows[VALUE].to_pylist(), strict=True) if v is not None}
    wire_name = {name: "time" if name == TIME else name for name in keys}
    document: dict[str, Any] = {
        "version": "2.0",
        "class": "dataset",
        "label": flow.name,
        "source": flow.agency,
        "updated": updated,
        "value": values,
    }
    if "OBS_FLAG" in rows.column_names:
        status = {str(i): flag for i, flag in zip(index, rows["OBS_FLAG"].to_pylist(), strict=True) if flag}
        document |= {"status": status} if status else {}
    document |= {
        "id": [wire_name[name] for name in keys],
        "size": sizes,
        "dimension": {wire_name[name]: _dimension(flow, name, categories[name], labels.get(name, {})) for name in keys},
        "extension": {
            "lang": "EN",
            "id": flow.id,
            "agencyId": flow.agency,
            "version": flow.version,
            "status": {"label": dict(flags or {})},
        },
    }
    return _json(document)


def _dimension(flow: Flow, name: str, codes: list[str], names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "label": flow.concepts.get(name, name),
        "category": {
            "index": {code: place for place, code in enumerate(codes)},
            "label": {code: names.get(code, code) for code in codes},
        },
    }


def _row_major(positions: list[list[int]], sizes: list[int]) -> list[int]:
    index = [0] * (len(positions[0]) if positions else 0)
    for column, size in zip(positions, sizes, strict=True):
        index = [so_far * size + place for so_far, place in zip(index, column, strict=True)]
    return index


# --- SDMX-ML 2.1 about the flows -----------------------------------------------------------------------------

STRUCTURE_21 = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"


def constraint_message(about: Sequence[tuple[Flow, pa.Table, str]], prepared: str) -> bytes:
    """Actual content constraints: since when each flow has which codes, and how many observations.

    Args:
        about: Flow, its rows, and the moment from which they are valid.
        prepared: Moment of the message.
    """
    return _message(f"<structure:Constraints>{''.join(map(_constraint, about))}</structure:Constraints>", prepared)


def _constraint(about: tuple[Flow, pa.Table, str]) -> str:
    flow, rows, updated = about
    values = "".join(_key_value(name, codes_of(rows, name)) for name in dimensions(rows))
    years = sorted(period[:4] for period in codes_of(rows, TIME))
    if years:
        values += (
            f'<common:KeyValue id="{TIME}"><common:TimeRange>'
            f'<common:StartPeriod isInclusive="true">{years[0]}-01-01T00:00:00</common:StartPeriod>'
            f'<common:EndPeriod isInclusive="true">{years[-1]}-12-31T23:59:59</common:EndPeriod>'
            "</common:TimeRange></common:KeyValue>"
        )
    return (
        f'<structure:ContentConstraint id="CR_A_{flow.id}" agencyID="{flow.agency}" version="{flow.version}"'
        f' validFrom="{moment(updated)}" isFinal="false" type="Actual"><common:Annotations><common:Annotation>'
        "<common:AnnotationTitle>A</common:AnnotationTitle><common:AnnotationType>ReleaseVersion</common:AnnotationType>"
        '</common:Annotation><common:Annotation id="obs_count">'
        f"<common:AnnotationTitle>{rows.num_rows}</common:AnnotationTitle>"
        "<common:AnnotationType>sdmx_metrics</common:AnnotationType></common:Annotation></common:Annotations>"
        f'<common:Name xml:lang="en">Availability (A) for {escape(flow.id)}</common:Name>'
        f"<structure:ConstraintAttachment><structure:Dataflow>{_reference(flow)}</structure:Dataflow>"
        f'</structure:ConstraintAttachment><structure:CubeRegion include="true">{values}</structure:CubeRegion>'
        "</structure:ContentConstraint>"
    )


def _key_value(name: str, codes: Sequence[str]) -> str:
    listed = "".join(f"<common:Value>{escape(code)}</common:Value>" for code in codes)
    return f'<common:KeyValue id="{name}">{listed}</common:KeyValue>'


def _reference(flow: Flow) -> str:
    return (
        f'<Ref id="{flow.id}" version="{flow.version}" agencyID="{flow.agency}" package="datastructure"'
        ' class="Dataflow" />'
    )


def moment(updated: str) -> str:
    """A date or moment as SDMX-ML writes moments, in UTC."""
    at = datetime.fromisoformat(updated)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def structure_message(
    flow: Flow, rows: pa.Table, codelists: Mapping[str, Codelist], updated: str, prepared: str
) -> bytes:
    """A flow with everything it refers to: codelists, concepts, data structure, actual content constraint.

    Args:
        flow: The flow.
        rows: Its rows; they give the order of the dimensions and the attributes.
        codelists: For each dimension and attribute that has one.
        updated: As in ``constraint_message``.
        prepared: Moment of the message.
    """
    listed = {(each.agency, each.id): each for each in codelists.values()}
    body = (
        f"<structure:Dataflows>{_dataflow(flow)}</structure:Dataflows>"
        f"<structure:Codelists>{''.join(map(_codelist, listed.values()))}</structure:Codelists>"
        f"<structure:Concepts>{_concepts(flow, rows)}</structure:Concepts>"
        f"<structure:DataStructures>{_data_structure(flow, rows, codelists)}</structure:DataStructures>"
        f"<structure:Constraints>{_constraint((flow, rows, updated))}</structure:Constraints>"
    )
    return _message(body, prepared)


def dataflow_message(flows: Sequence[Flow], prepared: str) -> bytes:
    """The flows alone."""
    return _message(f"<structure:Dataflows>{''.join(map(_dataflow, flows))}</structure:Dataflows>", prepared)


def _message(structures: str, prepared: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<message:Structure'
        f' xmlns:message="{STRUCTURE_21}/message" xmlns:structure="{STRUCTURE_21}/structure"'
        f' xmlns:common="{STRUCTURE_21}/common"><message:Header><message:ID>IDREF000001</message:ID>'
        f"<message:Test>false</message:Test><message:Prepared>{escape(prepared)}</message:Prepared>"
        '<message:Sender id="Unknown" /><message:Receiver id="Unknown" /></message:Header>'
        f"<message:Structures>{structures}</message:Structures></message:Structure>"
    ).encode()


def _named(name: str) -> str:
    return f'<common:Name xml:lang="en">{escape(name)}</common:Name>'


def _dataflow(flow: Flow) -> str:
    return (
        f'<structure:Dataflow id="{flow.id}" agencyID="{flow.agency}" version="{flow.version}" isFinal="true">'
        f'{_named(flow.name)}<structure:Structure><Ref id="{flow.structure}" version="{flow.version}"'
        f' agencyID="{flow.agency}" package="datastructure" class="DataStructure" /></structure:Structure>'
        "</structure:Dataflow>"
    )


def _codelist(codelist: Codelist) -> str:
    codes = "".join(
        f"<structure:Code id={quoteattr(code)}>{_named(name)}</structure:Code>" for code, name in codelist.codes.items()
    )
    return (
        f'<structure:Codelist id="{codelist.id}" agencyID="{codelist.agency}" version="{codelist.version}"'
        f' isFinal="true">{_named(codelist.id)}{codes}</structure:Codelist>'
    )


def _concepts(flow: Flow, rows: pa.Table) -> str:
    concepts = "".join(
        f'<structure:Concept id="{name}">{_named(flow.concepts.get(name, name))}</structure:Concept>'
        for name in rows.column_names
    )
    return (
        f'<structure:ConceptScheme id="CS_{flow.structure}" agencyID="{flow.agency}" version="{flow.version}"'
        f' isFinal="true">{_named(flow.name)}{concepts}</structure:ConceptScheme>'
    )


def _data_structure(flow: Flow, rows: pa.Table, codelists: Mapping[str, Codelist]) -> str:
    def identity(name: str) -> str:
        return (
            f'<structure:ConceptIdentity><Ref id="{name}" maintainableParentID="CS_{flow.structure}"'
            f' maintainableParentVersion="{flow.version}" agencyID="{flow.agency}" package="conceptscheme"'
            ' class="Concept" /></structure:ConceptIdentity>'
        )

    def component(name: str) -> str:
        if name not in codelists:
            return identity(name)
        listed = codelists[name]
        return (
            f'{identity(name)}<structure:LocalRepresentation><structure:Enumeration><Ref id="{listed.id}"'
            f' version="{listed.version}" agencyID="{listed.agency}" package="codelist" class="Codelist" />'
            "</structure:Enumeration></structure:LocalRepresentation>"
        )

    in_key = "".join(
        f'<structure:Dimension id="{name}" position="{place}">{component(name)}</structure:Dimension>'
        for place, name in enumerate(dimensions(rows), start=1)
    )
    at_observation = "".join(
        f'<structure:Attribute id="{name}" assignmentStatus="Conditional">{component(name)}'
        f'<structure:AttributeRelationship><structure:PrimaryMeasure><Ref id="{VALUE}" /></structure:PrimaryMeasure>'
        "</structure:AttributeRelationship></structure:Attribute>"
        for name in attributes(rows)
    )
    return (
        f'<structure:DataStructure id="{flow.structure}" agencyID="{flow.agency}" version="{flow.version}"'
        f' isFinal="true">{_named(flow.structure)}<structure:DataStructureComponents>'
        f'<structure:DimensionList id="DimensionDescriptor">{in_key}<structure:TimeDimension id="{TIME}"'
        f' position="{len(dimensions(rows)) + 1}">{identity(TIME)}<structure:LocalRepresentation>'
        '<structure:TextFormat textType="ObservationalTimePeriod" /></structure:LocalRepresentation>'
        "</structure:TimeDimension></structure:DimensionList>"
        f'<structure:AttributeList id="AttributeDescriptor">{at_observation}</structure:AttributeList>'
        f'<structure:MeasureList id="MeasureDescriptor"><structure:PrimaryMeasure id="{VALUE}">{identity(VALUE)}'
        "</structure:PrimaryMeasure></structure:MeasureList></structure:DataStructureComponents>"
        "</structure:DataStructure>"
    )
