"""The sandbox's Job-to-Job Flows: files of the publisher's shape that tell one story."""

from __future__ import annotations

import gzip
import io
from functools import cache

import pandas as pd
import pytest
import requests

from sandbox.server import serve
from sandbox.worlds.recorded import RecordedWorld
from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.lehd import FIRM_SIZE_CROSS, IDENTIFIERS, ORIGIN_IDENTIFIERS, PLACES, STATES
from sandbox.worlds.synthetic.simulation import FIRST_YEAR
from tests.shared_data import SHARED_DATA, needs_shared_data

ROOT = "lehd.ces.census.gov/data/j2j"
COUNTS = ["MainB", "EEHire", "AQHire", "J2JHire", "NEHire", "MHire"]


@cache
def world(vintage: int = 1) -> SyntheticWorld:
    return SyntheticWorld(vintage=vintage)


@cache
def table(place: str, name: str) -> pd.DataFrame:
    kind = name.partition("_")[0]
    level = "gn" if place == "us" else "gs"
    file = world().file(f"{ROOT}/R2026Q1/{place}/{kind}/{name.format(place=place, level=level)}.csv.gz")
    assert file is not None
    return pd.read_csv(io.BytesIO(gzip.decompress(file.content)), dtype={"industry": str, "geography": str,
        "industry_orig": str, "geography_orig": str, "firmsize": str, "sex": str})  # fmt: skip


def by_education(place: str) -> pd.DataFrame:
    found = table(place, "j2j_{place}_se_f_{level}_ns_oslp_u")
    return found[found["sex"] == "0"]


def by_firm_size(place: str) -> pd.DataFrame:
    return table(place, "j2j_{place}_d_fs_{level}_ns_oslp_u")


def by_origin(place: str) -> pd.DataFrame:
    industries = "ns" if place == "us" else "n"
    return table(place, f"j2jod_{{place}}_se_f_{{level}}_{industries}_oslp_u")


def shown(found: pd.DataFrame) -> pd.DataFrame:
    """Cells whose figures are neither suppressed nor distorted."""
    return found[(found["sMainB"] == 1)]


def test_columns_are_those_of_the_schema() -> None:
    found = by_education("al")
    assert tuple(found.columns[:17]) == IDENTIFIERS
    assert len(found.columns) == 17 + 2 * 35
    assert [f"s{name}" for name in found.columns[17:52]] == list(found.columns[52:])
    assert set(ORIGIN_IDENTIFIERS) <= set(by_origin("al").columns)


def test_main_jobs_are_the_employed_of_the_simulation() -> None:
    usa = economies().codes.index("USA")
    residents = world().simulation.residents[:, usa, 2024 - FIRST_YEAR]
    nation = by_education("us")
    newest = nation[(nation["year"] == 2024) & (nation["quarter"] == 1) & (nation["industry"] == "00")]
    jobs = newest.set_index("education")["MainB"]
    assert jobs["E0"] == pytest.approx(0.45 * residents.sum(), rel=0.02)
    assert jobs["E4"] == pytest.approx(0.45 * 0.86 * residents[2], rel=0.02)


def test_states_add_up_to_the_nation() -> None:
    every = pd.concat([shown(by_education(place)) for place in STATES])
    every = every[(every["industry"] == "00") & (every["education"] == "E4")]
    nation = by_education("us")
    nation = nation[(nation["industry"] == "00") & (nation["education"] == "E4")]
    sums = every.groupby(["year", "quarter"])[COUNTS].sum()
    ratio = sums / nation.set_index(["year", "quarter"])[COUNTS]
    assert ((ratio > 0.9) & (ratio < 1.001)).all().all()


@pytest.mark.parametrize("place", ["us", "ca", "wy"])
def test_educations_industries_and_firm_sizes_add_up(place: str) -> None:
    schooled, sized = by_education(place), by_firm_size(place)
    for found, column, total in (
        (schooled, "education", "E0"),
        (schooled, "industry", "00"),
        (sized, "industry", "00"),
    ):
        other = schooled if found is schooled else sized
        fixed = {"education": "E0", "industry": "00", "firmsize": "0"}
        for name in ("education", "industry", "firmsize"):
            if name != column:
                other = other[other[name].astype(str) == fixed[name]]
        parts = other[other[column] != total].groupby(["year", "quarter"])["MainB"].sum()
        whole = other[other[column] == total].set_index(["year", "quarter"])["MainB"]
        assert (abs(parts / whole - 1) < 0.03).all()


@pytest.mark.parametrize("place", ["us", "ca"])
def test_flows_by_origin_are_the_hires_of_the_destination(place: str) -> None:
    origins = by_origin(place)
    totals = origins[(origins["geography_orig"] == "00") & (origins["industry_orig"] == "00")]
    keys = ["industry", "education", "year", "quarter"]
    hires = by_education(place).set_index(keys)["EEHire"]
    flows = totals.set_index(keys)["EE"]
    assert (abs(flows / hires.loc[flows.index] - 1).dropna() < 0.02).all()
    parts = origins[(origins["geography_orig"] != "00") | (origins["industry_orig"] != "00")]
    assert (abs(parts.groupby(keys)["EE"].sum() / flows - 1).dropna() < 0.05).all()


def test_every_figure_has_a_flag_that_says_why_it_is_not_there() -> None:
    for found in (by_education("wy"), by_firm_size("wy"), by_origin("wy")):
        for name in (column for column in found.columns if f"s{column}" in found.columns):
            assert (found[name].isna() == found[f"s{name}"].isin([-1, 5])).all(), name
    newest = by_firm_size("us").query("year == 2025 and firmsize in ['1', '2', '3', '4', '5']")
    assert set(newest["sMainB"]) == {5}
    assert set(by_firm_size("us").query("firmsize == 'N'")["industry"]) == {"00", "92"}


def test_the_cross_of_firm_sizes_has_cells_until_2016_only() -> None:
    file = world().file(FIRM_SIZE_CROSS)
    assert file is not None
    found = pd.read_csv(io.BytesIO(file.content))
    assert len(found) == 41 * 36
    cells = found[(found["firmsize"] > 0) & (found["firmsize_orig"] > 0)]
    assert cells["EE"].notna().sum() == 5 * 25
    assert set(cells[cells["EE"].isna()]["sEE"]) == {11}
    assert found[found["firmsize"] == 0]["EE"].notna().all()


@pytest.mark.parametrize(("vintage", "newest"), [(1, "R2026Q1"), (2, "R2026Q2")])
def test_latest_release_moves_and_the_pinned_one_stays(vintage: int, newest: str) -> None:
    latest = world(vintage).file(f"{ROOT}/latest_release/us/j2j/version_j2j.txt")
    assert latest is not None
    assert newest in latest.content.decode()
    name = "al/j2j/j2j_al_d_fs_gs_ns_oslp_u.csv.gz"
    assert world(vintage).file(f"{ROOT}/R2026Q1/{name}") == world().file(f"{ROOT}/R2026Q1/{name}")
    assert world(vintage).file(f"{ROOT}/{newest}/us/j2j/version_j2j.txt") is not None
    assert world(vintage).file(f"{ROOT}/R2025Q4/{name}") is None


def test_all_places_have_all_files_over_the_wire() -> None:
    with serve(world()) as sandbox:
        for place in PLACES:
            level = "gn" if place == "us" else "gs"
            url = f"{sandbox.base_url}/{ROOT}/R2026Q1/{place}/j2j/j2j_{place}_se_f_{level}_ns_oslp_u.csv.gz"
            answer = requests.get(url, timeout=20)
            assert answer.status_code == 200
            again = requests.get(url, headers={"If-None-Match": answer.headers["ETag"]}, timeout=20)
            assert again.status_code == 304
        missing = requests.get(f"{sandbox.base_url}/{ROOT}/R2026Q1/pr/j2j/j2j_pr_se_f_gs_ns_oslp_u.csv.gz", timeout=20)
        assert missing.status_code == 404


@needs_shared_data
def test_recorded_bytes_are_served_as_they_are() -> None:
    recorded = RecordedWorld(SHARED_DATA)
    for address, name in (
        (f"{ROOT}/R2026Q1/us/j2j/j2j_us_d_fs_gn_ns_oslp_u.csv.gz", "j2j_us_firmsize_sector_2015on.csv.gz"),
        (FIRM_SIZE_CROSS, "j2jod_us_firmsize_od_2015on.csv"),
    ):
        file = recorded.file(address)
        assert file is not None
        assert file.content == (SHARED_DATA / "lehd_j2j" / name).read_bytes()
    assert recorded.file(f"{ROOT}/R2026Q1/al/j2j/j2j_al_d_fs_gs_ns_oslp_u.csv.gz") is None
