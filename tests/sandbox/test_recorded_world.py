"""The recorded world answers what the publisher was recorded to answer."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import SandboxError
from sandbox.server import Sandbox, serve
from sandbox.worlds.recorded import RecordedWorld
from tests.sandbox.client import ask, fetch, figures
from tests.shared_data import SHARED_DATA, needs_shared_data

WORLD_BANK = SHARED_DATA / "world_bank"
BODIES = WORLD_BANK / "api_responses"

pytestmark = needs_shared_data


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve(RecordedWorld(SHARED_DATA)) as running:
        yield running


def recorded(name: str) -> Any:
    return json.loads(gzip.decompress((BODIES / name).read_bytes()))


def test_population_body_is_the_recorded_one_byte_for_byte(sandbox: Sandbox) -> None:
    response = fetch(sandbox, "country/all/indicator/SP.POP.TOTL?date=2010:2022&format=json&per_page=20000")
    assert response.content == (BODIES / "wb_SP_POP_TOTL.json").read_bytes()


@pytest.mark.parametrize("number", ["120_invalid_value", "175_indicator_archived"])
def test_error_bodies_are_the_recorded_ones(sandbox: Sandbox, number: str) -> None:
    code, _, name = number.partition("_")
    indicator = {"120": "NO.SUCH.THING", "175": "SM.POP.REFG"}[code]
    response = fetch(sandbox, f"country/all/indicator/{indicator}?format=json")
    assert response.status_code == 200
    body = (SHARED_DATA / "error_bodies" / f"world_bank_200_{name}_{code}.json").read_bytes()
    assert response.content == body.strip()


def test_what_the_publisher_has_and_the_folder_has_not_is_not_recorded(sandbox: Sandbox) -> None:
    response = fetch(sandbox, "country/all/indicator/SH.DYN.MORT?format=json")
    assert (response.status_code, response.headers["X-Not-Recorded"]) == (404, "true")
    assert "no indicator SH.DYN.MORT" in response.text


@pytest.mark.parametrize(
    ("indicators", "said"),
    [
        ("SP.POP.TOTL;SH.DYN.MORT", "no indicator SH.DYN.MORT"),
        ("SH.DYN.MORT;SM.POP.REFG", '"id":"175"'),
        ("SH.DYN.MORT;NO.SUCH.THING", '"id":"120"'),
        ("SP.POP.TOTL;SP.DYN.LE00.IN", '"lastupdated"'),
    ],
)
def test_a_question_about_several_indicators_is_answered_for_the_worst_of_them(
    sandbox: Sandbox, indicators: str, said: str
) -> None:
    assert said in fetch(sandbox, f"country/all/indicator/{indicators}?format=json&per_page=1&source=2").text


# The recorded first pages are of February 2026 and the by-indicator files of another release each (2026-07-13,
# 2023-03-01), so figures, names and the list of economies differ. What must agree is everything else: the fields
# and their order, the order of economies and years, and all figures that no release has touched.
VINTAGES_APART = ["SP.POP.TOTL", "SP.DYN.LE00.IN", "SH.XPD.CHEX.GD.ZS"]


@pytest.mark.parametrize("indicator", VINTAGES_APART)
def test_first_page_has_the_structure_and_order_of_the_recorded_one(sandbox: Sandbox, indicator: str) -> None:
    theirs = recorded(f"{indicator}.page1of2.json.gz")
    ours = ask(sandbox, f"country/all/indicator/{indicator}?per_page=10000")
    assert list(ours[0]) == list(theirs[0])
    assert {name: type(value) for name, value in ours[0].items()} == {
        name: type(value) for name, value in theirs[0].items()
    }
    assert [ours[0][name] for name in ("page", "pages", "per_page", "sourceid")] == [1, 2, 10000, "2"]
    assert json.dumps(shape(ours[1][0])) == json.dumps(shape(theirs[1][0]))
    assert ours[1][0]["decimal"] == theirs[1][0]["decimal"]
    same_places = in_common(ours, theirs)
    newest = min(max(row["date"] for row in page[1]) for page in (ours, theirs))
    assert order(ours, same_places, newest) == order(theirs, same_places, newest)
    assert len(same_places) > 130


def shape(row: dict[str, Any]) -> dict[str, Any]:
    """A row without its figure: fields in their order, and the texts of it that no release changes."""
    return {**row, "value": None, "date": type(row["date"]).__name__}


def in_common(ours: Any, theirs: Any) -> set[tuple[str, str]]:
    """Places (id and name) of both pages, the last of each left out because the page ends inside it."""

    def places(document: Any) -> set[tuple[str, str]]:
        listed = [(row["country"]["id"], row["country"]["value"]) for row in document[1]]
        return set(listed) - {listed[-1]}

    return places(ours) & places(theirs)


def order(document: Any, places: set[tuple[str, str]], newest: str) -> list[tuple[str, str]]:
    rows = [(row["country"]["id"], row["country"]["value"], row["date"]) for row in document[1]]
    return [(code, year) for code, name, year in rows if (code, name) in places and year <= newest]


@pytest.mark.parametrize(("indicator", "share"), [("SP.POP.TOTL", 0.8), ("SP.DYN.LE00.IN", 0.8)])
def test_figures_that_no_release_touched_agree(sandbox: Sandbox, indicator: str, share: float) -> None:
    theirs = figures(recorded(f"{indicator}.page1of2.json.gz"))
    ours = figures(ask(sandbox, f"country/all/indicator/{indicator}?per_page=20000"))
    both = [(ours[key], value) for key, value in theirs.items() if key in ours and None not in (ours[key], value)]
    same = sum(mine == pytest.approx(yours, rel=1e-9) for mine, yours in both)
    assert len(both) > 9000
    assert same / len(both) > share


@pytest.mark.parametrize("indicator", ["NY.GDP.PCAP.CD"])
def test_rows_of_another_release_have_the_same_structure_and_order(sandbox: Sandbox, indicator: str) -> None:
    theirs = [{}, recorded(f"{indicator}.rows.json.gz")]
    ours = ask(sandbox, f"country/all/indicator/{indicator}?per_page=20000&date=2014:2023")
    assert list(ours[1][0]) == list(theirs[1][0])
    assert ours[1][0]["decimal"] == theirs[1][0]["decimal"]
    same_places = in_common(ours, theirs)
    newest = min(max(row["date"] for row in page[1]) for page in (ours, theirs))
    assert order(ours, same_places, newest) == order(theirs, same_places, newest)
    assert len(same_places) > 250


def test_pages_put_together_are_the_whole(sandbox: Sandbox) -> None:
    path = "country/all/indicator/NY.GDP.PCAP.CD"
    whole = ask(sandbox, f"{path}?per_page=20000")
    pages = [ask(sandbox, f"{path}?per_page=5000&page={page}") for page in (1, 2, 3, 4)]
    assert [page[0]["pages"] for page in pages] == [4, 4, 4, 4]
    assert [row for page in pages for row in page[1]] == whole[1]


def test_lists_are_the_recorded_ones(sandbox: Sandbox) -> None:
    for name in ("country", "source", "region", "incomeLevel", "lendingType", "topic"):
        entries = json.loads((WORLD_BANK / "metadata" / f"{name}.element1.json").read_bytes())
        header, ours = ask(sandbox, f"{name}?per_page=400")
        assert ours == entries
        assert header == {"page": 1, "pages": 1, "per_page": "400", "total": len(entries)}


def test_list_of_indicators_has_all_of_them(sandbox: Sandbox) -> None:
    header, entries = ask(sandbox, "indicator?per_page=100")
    first = json.loads((WORLD_BANK / "metadata" / "indicator_first_100.element1.json").read_bytes())
    assert header["total"] == "29500"
    assert entries[:10] == first[:10]
    (entry,) = ask(sandbox, "indicator/SM.EMI.TERT.ZS")[1]
    assert entry["source"] == {"id": "57", "value": "WDI Database Archives"}


def test_figures_of_2013_carry_todays_codes(sandbox: Sandbox) -> None:
    header, rows = ask(sandbox, "country/all/indicator/SM.POP.TOTL?per_page=20000")
    codes = {row["countryiso3code"] for row in rows}
    assert header["lastupdated"].startswith("2013-12")
    assert {"ROU", "COD", "AND", "XKX", "TLS", "PSE", "IMN"} <= codes
    assert not {"ROM", "ZAR", "ADO", "KSV", "TMP", "WBG", "IMY"} & codes
    with (WORLD_BANK / "wdi_2013_csv" / "SM.POP.TOTL_WDI.csv").open(encoding="utf-8") as lines:
        romania = next(row for row in csv.DictReader(lines) if row["Country Code"] == "ROM")
    ours = {row["date"]: row["value"] for row in rows if row["country"]["id"] == "RO"}
    assert ours["2010"] == float(romania["2010"])


def test_the_archive_has_the_edition_of_2013_in_its_own_codes(sandbox: Sandbox) -> None:
    (concept,) = ask(sandbox, "sources/57/versions")["source"][0]["concept"]
    assert concept["variable"] == [{"id": "201312", "value": "2013 Dec"}]
    path = "sources/57/series/SM.EMI.TERT.ZS/country/all/version/201312/time/all?per_page=20000"
    document = ask(sandbox, path)
    rows = document["source"]["data"]
    assert document["total"] == len(rows) == 252 * 54
    assert [variable["concept"] for variable in rows[0]["variable"]] == ["Country", "Version", "Series", "Time"]
    known = {
        (row["variable"][0]["id"], row["variable"][3]["id"]): row["value"] for row in rows if row["value"] is not None
    }
    assert len(known) == 444
    assert known["GUY", "YR2000"] == pytest.approx(89.24, abs=0.01)
    assert {"ROM", "ZAR"} <= {country for country, _ in known}


def test_governance_is_served_from_the_workbook(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    header, rows = ask(sandbox, "country/all/indicator/GOV_WGI_PV.EST?source=3&per_page=20000")
    values = {(row["country"]["id"], row["date"]): row["value"] for row in rows}
    assert header["sourceid"] == "3"
    assert header["total"] == 205 * 25
    assert values["IN", "2023"] == pytest.approx(-0.635077, abs=1e-6)
    assert "XK" in {country for country, _ in values}
    assert "TWN (Taiwan, China)" in caplog.text


def test_a_workbook_is_served_like_a_csv() -> None:
    world = RecordedWorld(SHARED_DATA)
    assert world.status("BX.TRF.PWKR.CD.DT") == "served"
    series = world.series("BX.TRF.PWKR.CD.DT")
    assert series.last_updated == "2023-10-26"
    assert series.years[0] == "2022"
    # The publisher's own count of values in this edition.
    assert sum(cell != "null" for row in series.cells for cell in row) == 9_478


def test_what_comes_from_an_old_release_is_said() -> None:
    assert "SM.POP.TOTL" in " ".join(RecordedWorld(SHARED_DATA).notices())


def test_every_code_of_every_served_file_is_in_the_country_list() -> None:
    world = RecordedWorld(SHARED_DATA)
    files = [path.name.split("_")[1] for path in (WORLD_BANK / "wdi_csv").glob("API_*.csv*")]
    served = [indicator for indicator in files if world.status(indicator) == "served"]
    assert len(served) == 22
    for indicator in served:
        assert len(world.series(indicator).places) in (265, 266)


def test_a_file_with_an_unknown_code_is_answered_with_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "world_bank"
    (folder / "wdi_csv").mkdir(parents=True)
    (folder / "metadata").mkdir()
    (folder / "metadata" / "country.element1.json").write_text("[]", encoding="utf-8")
    header = '"Country Name","Country Code","Indicator Name","Indicator Code","2020",'
    preamble = '"Data Source","WDI",\n\n"Last Updated Date","2026-07-13",\n\n'
    text = f'{preamble}{header}\n"Nowhere","QQQ","A thing","A.THING","1",\n'
    (folder / "wdi_csv" / "API_A.THING_DS2_en_csv_v2_1.csv").write_text(text, encoding="utf-8")
    with serve(RecordedWorld(tmp_path)) as running:
        response = fetch(running, "country/all/indicator/A.THING?format=json")
    assert response.status_code == 500
    assert "code 'QQQ' (Nowhere) is not in the country list" in response.text


def test_a_folder_without_figures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"country\.element1\.json.*Next: name a folder"):
        RecordedWorld(tmp_path)
