"""Questions about publishers that no dataset answers by being asked for: file addresses, licences, coverage.

Each is one request. What its answer shows is printed for a person to read; a question without any finding differs.
"""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ingestion.catalog import Catalog

WORLD_BANK = "https://api.worldbank.org/v2/country/all/indicator"
THIN_INDICATORS = ("SE.XPD.TERT.PC.ZS", "SL.UEM.ADVN.ZS", "SP.POP.TECH.RD.P6")
ECONOMIES = 265
FEWEST_ECONOMIES_WITH_A_VALUE = 60
LARGEST_MEMBER_BYTES = 50_000_000
LICENCE = re.compile(r"[^.<>]*(?:licen[cs]e|creative commons|CC BY)[^.<>]*(?:\.\d[^.<>]*)?", re.IGNORECASE)
FIGURES = re.compile(r'href="([^"]+\.(?:xlsx?|dta|csv|zip))"', re.IGNORECASE)
LONGEST_SAID = 300


@dataclass(frozen=True)
class Question:
    """One request to ``url`` and how to read its answer.

    ``judge`` gives what the body shows, in words; nothing if it does not show what is asked for, and then ``otherwise``
    says what is wrong. ``is_live_only`` tells that no stand-in can know. ``headers`` are sent beside the usual ones.
    """

    source: str
    subject: str
    asks: str
    url: str
    judge: Callable[[bytes], str]
    otherwise: str
    next_step: str
    is_live_only: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """The host that is asked."""
        return urlsplit(self.url).hostname or ""


def questions_of(catalog: Catalog) -> list[Question]:
    """The questions about publishers that the catalog has."""
    known = {source.id for source in catalog.sources}
    questions = [question for question in QUESTIONS if question.source in known]
    return [_indicators_of(catalog), *questions] if "world_bank" in known else questions


def _indicators_of(catalog: Catalog) -> Question:
    """One request with every indicator of the main collection: it is refused as a whole if one is gone."""
    dataset = catalog.dataset("wb_wdi")
    ids = ";".join(part.id for part in dataset.parts if part.successor is None)
    return Question(
        "world_bank",
        "indicators known by name",
        "whether every indicator of wb_wdi is served today",
        f"{WORLD_BANK}/{ids}?source={dataset.parameters['source']}&format=json&date=2020&per_page=1",
        _served,
        "one of them is gone: the publisher refuses the request",
        "`braindrain ingest wb_wdi` names it; give it a successor in the catalog",
    )


def _served(body: bytes) -> str:
    total = _world_bank_total(body)
    return f"all, {total} rows for 2020" if total else ""


def _economies(body: bytes) -> str:
    total = _world_bank_total(body)
    return f"{total} economies and aggregates in a year" if total == ECONOMIES else ""


def _coverage(body: bytes) -> str:
    total = _world_bank_total(body)
    enough = FEWEST_ECONOMIES_WITH_A_VALUE * len(THIN_INDICATORS)
    return f"{total} newest values of {len(THIN_INDICATORS)} indicators" if total >= enough else ""


def _world_bank_total(body: bytes) -> int:
    header = json.loads(body)
    return int(header[0].get("total", 0)) if isinstance(header, list) and header else 0


def _uis_fields(body: bytes) -> str:
    records = json.loads(body).get("records", [])
    if not records or not {"magnitude", "qualifier"} <= records[0].keys():
        return ""
    return f"{len(records)} national units; fields {', '.join(sorted(records[0]))}"


def _mobility_tables(body: bytes) -> str:
    codes = sorted(set(re.findall(r"hrst_(?:fl_mob\w+|st_rcat)", body.decode("utf-8", "replace"))))
    return f"in the table of contents: {', '.join(codes)}" if codes else ""


def _links(body: bytes) -> str:
    return ", ".join(dict.fromkeys(FIGURES.findall(body.decode("utf-8", "replace"))))[:LONGEST_SAID]


def _licence(body: bytes) -> str:
    said = LICENCE.findall(html.unescape(_text_of(body)))
    return " … ".join(dict.fromkeys(" ".join(sentence.split()) for sentence in said if sentence.strip()))[:LONGEST_SAID]


def _text_of(body: bytes) -> str:
    """The text of a page, or all the texts of a workbook."""
    if not body.startswith(b"PK"):
        return body.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(body)) as workbook, workbook.open("xl/sharedStrings.xml") as strings:
        return re.sub(r"<[^>]+>", " ", strings.read(LARGEST_MEMBER_BYTES).decode("utf-8", "replace"))


def _is_there(body: bytes) -> str:
    return "it is there" if body.startswith(b"PK") else ""


QUESTIONS = (
    Question(
        "world_bank",
        "265 rows per year",
        "how many economies and aggregates a year has",
        f"{WORLD_BANK}/SP.POP.TOTL?format=json&date=2020&per_page=1",
        _economies,
        f"a year has another number of rows than {ECONOMIES}",
        "look at what was regrouped (wb_country), then correct whatever counts on 265",
        is_live_only=False,
    ),
    Question(
        "world_bank",
        "coverage of thin indicators",
        f"newest values of {', '.join(THIN_INDICATORS)}",
        f"{WORLD_BANK}/{';'.join(THIN_INDICATORS)}?source=2&format=json&mrnev=1&per_page=1",
        _coverage,
        f"fewer than {FEWEST_ECONOMIES_WITH_A_VALUE} economies each have a value",
        "look at each on the publisher's site; take out of the catalog what is empty",
    ),
    Question(
        "uis",
        "fields and parameters of UIS",
        "whether geoUnitType and footnotes are understood, and records have magnitude and qualifier",
        "https://api.uis.unesco.org/api/public/data/indicators"
        "?indicator=OE.5T8.40510&geoUnitType=NATIONAL&start=2020&end=2020&footnotes=true",
        _uis_fields,
        "no record with magnitude and qualifier came",
        "compare with the schema at https://api.uis.unesco.org/api/public/documentation/",
    ),
    Question(
        "eurostat",
        "HRST mobility tables",
        "codes of hrst_fl_mob* and hrst_st_rcat in the table of contents",
        "https://ec.europa.eu/eurostat/api/dissemination/catalogue/toc/txt?lang=en",
        _mobility_tables,
        "the table of contents names none of them",
        "look for job-to-job mobility in the data browser before adding it to the catalog",
    ),
    Question(
        "un_desa",
        "licence of the migrant stock",
        "the licence sentence in the workbook",
        "https://www.un.org/development/desa/pd/sites/www.un.org.development.desa.pd/files/"
        "undesa_pd_2024_ims_stock_by_sex_and_destination.xlsx",
        _licence,
        "the workbook has no sentence about a licence",
        "read its notes sheet; until it is found, the catalog keeps the stricter of the two readings",
    ),
    Question(
        "unhcr",
        "licence of the UNHCR figures",
        "a licence sentence in the documentation of the API",
        "https://api.unhcr.org/docs/refugee-statistics.html",
        _licence,
        "the documentation says nothing about a licence",
        "read https://www.unhcr.org/refugee-statistics/ and write the licence found there into the catalog",
    ),
    Question(
        "iab",
        "file addresses of IAB",
        "the download page's links to files",
        "https://iab.de/?p=183055",
        _links,
        "the page links to no file",
        "place the files in the inbox by hand; `braindrain status` says where",
    ),
    Question(
        "dlm",
        "file address of DLM 2009",
        "the dataset page's links to files",
        "https://datacatalog.worldbank.org/search/dataset/0042048",
        _links,
        "the page links to no file (it may be drawn by a script)",
        "open it in a browser and place the file in the inbox; `braindrain status` says where",
    ),
    Question(
        "vdem",
        "next edition of V-Dem",
        "whether version 16 stands beside version 15",
        "https://www.v-dem.net/media/datasets/V-Dem-CY-FullOthers-v16_csv.zip",
        _is_there,
        "no file of that name",
        "look at https://v-dem.net/data/ for the newest name; version 15 stays in the catalog",
        headers={"Range": "bytes=0-1023"},
    ),
    Question(
        "world_bank",
        "inventors by nationality (WIPO)",
        "the record's links to files; no dataset of the catalog uses them yet",
        "https://tind.wipo.int/record/28871",
        _links,
        "the record links to no file",
        "look for the aggregated file of Miguelez and Fink on wipo.int before adding it to the catalog",
    ),
)
