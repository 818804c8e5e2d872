"""The smoke test: a line per dataset, nothing kept, and an exit code that says whether a person must look."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from ingestion import clock, http
from ingestion.catalog import load_catalog
from ingestion.http import Answer
from ingestion.origin import PROJECT_ROOT
from sandbox.server import serve
from sandbox.worlds.synthetic import SyntheticWorld
from tests.ingestion.small_world import night, small_catalog
from warehouse import cli
from warehouse.smoke import ABSENT, AS_EXPECTED, DIFFERS, UNAVAILABLE, Line, Smoke
from warehouse.smoke_questions import QUESTIONS, questions_of
from warehouse.smoke_slices import FILES, FORMS, looks_wrong, smallest

CATALOG = load_catalog()


@pytest.fixture(scope="module")
def world() -> SyntheticWorld:
    return SyntheticWorld()


@pytest.fixture(autouse=True)
def in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BACKOFF_SECONDS", 0.01)


def smoke(world: SyntheticWorld, home: Path, *faults: str, of: list[str] | None = None) -> dict[str, Line]:
    """The lines of a small catalog while the world is served with these faults."""
    with night(world, home, *faults) as (pipeline, _):
        asker = Smoke(pipeline.home, pipeline.origin, small_catalog())
        return {line.subject: line for line in asker.run(of or [], lambda _: None)}


def test_a_good_publisher_is_as_expected_and_nothing_is_kept(world: SyntheticWorld, tmp_path: Path) -> None:
    lines = smoke(world, tmp_path)
    verdicts = {subject: line.verdict for subject, line in lines.items()}
    for question in ("indicators known by name", "coverage of thin indicators", "inventors by nationality (WIPO)"):
        assert verdicts.pop(question) == ABSENT  # only the publisher itself can tell
    assert set(verdicts.values()) == {AS_EXPECTED}
    assert {"wb_country", "wb_wdi", "wb_archive", "265 rows per year"} <= verdicts.keys()
    assert "132 rows" in lines["wb_wdi"].found  # 2 economies, 66 years
    assert "/country/NAM;SRB/" in lines["wb_wdi"].addresses[0]
    assert {path.name for path in tmp_path.iterdir()} == {"budgets"}


@pytest.mark.parametrize(
    "dataset_id", ["ilo_employment_by_occupation", "knomad_remittance_inflow", "oecd_msti", "unhcr_idmc", "wb_wdi"]
)
def test_a_slice_is_asked_for_again_as_a_slice(world: SyntheticWorld, tmp_path: Path, dataset_id: str) -> None:
    """Its mark can be made of its figures, and is then not that of the whole."""
    with night(world, tmp_path) as (pipeline, _):
        (line,) = Smoke(pipeline.home, pipeline.origin, CATALOG).run([dataset_id], lambda _: None)
    assert (line.verdict, line.differences) == (AS_EXPECTED, [])


@pytest.mark.parametrize(
    ("fault", "verdict", "said"),
    [
        ("new_field", DIFFERS, "unknown field"),
        ("missing_field", DIFFERS, "missing required field"),
        ("error_175", DIFFERS, "deleted or archived"),
        ("html_instead_of_json", DIFFERS, "HTML came instead"),
        ("http_404", DIFFERS, "HTTP 404"),
        ("out_of_range", DIFFERS, "-987,654,321"),
        ("http_500", UNAVAILABLE, "HTTP 500"),
        ("truncated_gzip", UNAVAILABLE, "cut off"),
    ],
)
def test_each_difference_is_named_with_its_next_step(
    fault: str, verdict: str, said: str, world: SyntheticWorld, tmp_path: Path
) -> None:
    line = smoke(world, tmp_path, fault, of=["wb_archive"])["wb_archive"]
    assert line.verdict == verdict
    assert said in line.differences[0].what
    assert line.differences[0].next_step
    assert "quarantine" not in line.differences[0].next_step  # nothing is held here


def test_a_question_answered_in_another_form_differs_and_stops_nothing(world: SyntheticWorld, tmp_path: Path) -> None:
    line = smoke(world, tmp_path, "html_instead_of_json:SP.POP.TOTL")["265 rows per year"]
    assert line.verdict == DIFFERS
    assert "another form than expected (JSONDecodeError" in line.differences[0].what


def test_only_the_dataset_that_differs_does(world: SyntheticWorld, tmp_path: Path) -> None:
    lines = smoke(world, tmp_path, "new_field:country", of=["wb_country", "wb_wdi"])
    assert [lines[subject].verdict for subject in ("wb_country", "wb_wdi")] == [DIFFERS, AS_EXPECTED]


def test_the_command_prints_a_line_each_and_ends_with_one_if_any_differs(
    world: SyntheticWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BRAINDRAIN_HOME", str(tmp_path))

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["braindrain", "smoke", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)

    with serve(world) as sandbox:
        monkeypatch.setenv("ORIGIN", sandbox.base_url)
        assert run("wb_country") == cli.OK
        assert "as expected: all, whole; 265 rows" in capsys.readouterr().out
        assert run("wb_country", "--json") == cli.OK
        assert json.loads(capsys.readouterr().out)[0]["verdict"] == AS_EXPECTED
        assert run("nothing") == cli.WRONG_USE
    with serve(world, ["country_list_halved"]) as sandbox:
        monkeypatch.setenv("ORIGIN", sandbox.base_url)
        assert run("wb_country") == cli.REJECTED
    said = capsys.readouterr().out
    assert "1 differs" in said and "→ " in said


@pytest.mark.parametrize("dataset_id", [dataset.id for dataset in CATALOG.datasets])
def test_every_dataset_has_a_smallest_request(dataset_id: str) -> None:
    dataset = CATALOG.dataset(dataset_id)
    piece = smallest(dataset)
    assert piece.dataset.parts == (piece.part,)
    assert piece.part.row_floor <= min(part.row_floor for part in dataset.parts)
    assert dataset.protocol in FILES or dataset.protocol.partition("_")[0] in FORMS


@pytest.mark.parametrize(
    ("protocol", "address", "cut"),
    [
        (
            "oecd",
            "https://sdmx.oecd.org/public/rest/data/A,D@F,1.0/..A.B11....?format=csvfile&startPeriod=1990",
            "https://sdmx.oecd.org/public/rest/data/A,D@F,1.0/..A.B11....?format=csvfile&startPeriod={0}&endPeriod={1}",
        ),
        (
            "eurostat",
            "https://ec.europa.eu/eurostat/api/dissemination/catalogue/toc/txt?lang=en",
            "https://ec.europa.eu/eurostat/api/dissemination/catalogue/toc/txt?lang=en",
        ),
        (
            "unhcr",
            "https://h/population/?limit=9&yearFrom=1951&yearTo=9",
            "https://h/population/?limit=9&yearFrom={0}&yearTo=9",
        ),
        ("data360", "https://h/data?INDICATOR=I&skip=0", "https://h/data?INDICATOR=I&skip=0&REF_AREA=SRB"),
    ],
)
def test_a_slice_is_cut_at_the_address(protocol: str, address: str, cut: str) -> None:
    dataset = CATALOG.dataset("wb_country").model_copy(update={"protocol": protocol})
    narrow = smallest(dataset).narrow
    this_year = clock.now().year
    assert narrow is not None
    assert narrow(address) == cut.format(this_year - 3, this_year - 1)


@pytest.mark.parametrize(
    ("headers", "wrong"),
    [
        ({"Content-Type": "text/csv", "ETag": '"1"'}, None),
        ({"content-type": "text/csv", "last-modified": "Fri, 20 Nov 2026 04:00:00 GMT"}, None),
        ({"Content-Type": "text/csv"}, "neither ETag nor Last-Modified"),
        ({"Content-Type": "text/html; charset=utf-8", "ETag": '"1"'}, "a web page"),
    ],
)
def test_a_file_must_bear_its_mark(headers: dict[str, str], wrong: str | None) -> None:
    dataset = CATALOG.dataset("wb_country").model_copy(update={"protocol": "file"})
    said = looks_wrong(Answer("https://h/f.csv", 200, headers, "", "", 0, "", Path("f")), dataset)
    assert (said is None) if wrong is None else wrong in f"{said}"


def test_the_licence_sentence_is_read_from_a_page_and_from_a_workbook() -> None:
    judge = next(question.judge for question in QUESTIONS if question.subject.startswith("licence of the migrant"))
    page = b"<p>Figures.</p><p>Available under a Creative Commons license (CC BY 3.0 IGO).</p>"
    assert "Creative Commons license (CC BY 3.0 IGO)" in judge(page)
    assert judge(b"<p>Nothing about it.</p>") == ""


def test_every_question_belongs_to_a_source_and_stands_in_the_documentation() -> None:
    documented = (PROJECT_ROOT / "docs" / "smoke.md").read_text(encoding="utf-8")
    for question in questions_of(CATALOG):
        assert f"`{question.subject}`" in documented
        assert question.url.startswith("https://") and question.next_step
    assert len(questions_of(CATALOG)) == len(QUESTIONS) + 1
