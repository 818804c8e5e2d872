"""The sandbox's files of universities and institutes: the publishers' shape, and the simulation behind them."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zipfile
from functools import cache

import numpy as np
import openpyxl
import pandas as pd
import pytest

from sandbox.worlds import File
from sandbox.worlds.recorded import RecordedWorld
from sandbox.worlds.recorded.academic import RECORDED
from sandbox.worlds.synthetic import SyntheticWorld, academic, oecd_dioc
from sandbox.worlds.synthetic.economies import GROUPS, economies, places
from sandbox.worlds.synthetic.simulation import FIRST_YEAR
from tests.shared_data import SHARED_DATA, needs_shared_data

SCHOLARS = f"{academic.SCHOLARS}/scopus_2024_V1_scholarlymigration_country_enriched.csv"
PAIRS = f"{academic.SCHOLARS}/scopus_2024_V1_scholarlymigration_countryflows_enriched.parquet"
ADDRESSES = (*academic._FILES, *oecd_dioc._FILES)


@cache
def world(vintage: int = 1) -> SyntheticWorld:
    return SyntheticWorld(vintage=vintage)


def file(address: str, vintage: int = 1) -> File:
    found = world(vintage).file(address)
    assert found is not None
    return found


@cache
def table(address: str) -> pd.DataFrame:
    content = file(address).content
    if address.endswith(".parquet"):
        return pd.read_parquet(io.BytesIO(content))
    if address.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = archive.read(archive.namelist()[0])
    elif address.endswith(".gz"):
        content = gzip.decompress(content)
    return pd.read_csv(io.BytesIO(content), keep_default_na=False, na_values=[""])


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.rpartition("/")[2])
def test_files_are_frozen_and_made_the_same_again(address: str) -> None:
    assert file(address) == file(address, vintage=2)
    assert SyntheticWorld(seed=7).file(address) != file(address)


@needs_shared_data
@pytest.mark.parametrize("address", RECORDED, ids=lambda address: address.rpartition("/")[2])
def test_files_have_the_recorded_columns(address: str) -> None:
    """Of V-Dem, the recorded table has a few columns of its compilers beside the publisher's."""
    recorded = RecordedWorld(SHARED_DATA).file(address)
    assert recorded is not None
    if address.endswith(".xlsx"):
        theirs, ours = (openpyxl.load_workbook(io.BytesIO(found.content), read_only=True)
                        for found in (recorded, file(address)))  # fmt: skip
        assert ours.sheetnames == theirs.sheetnames
        for name in ours.sheetnames[3:]:
            header, *rows = ours[name].iter_rows(values_only=True)
            expected, *recorded_rows = theirs[name].iter_rows(values_only=True)
            assert header == tuple(cell for cell in expected if cell is not None)
            assert len(rows) == sum(any(cell is not None for cell in row) for row in recorded_rows)
        return
    content = recorded.content
    if address.endswith(".parquet"):
        assert set(table(address).columns) == set(pd.read_parquet(io.BytesIO(content)).columns)
        return
    if address.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = archive.read(archive.namelist()[0])
        expected_columns = set(next(csv.reader(io.StringIO(content.decode()))))
        assert {name for name in table(address).columns if name.startswith("v2x")} <= expected_columns
        return
    content = gzip.decompress(content) if address.endswith(".gz") else content
    assert list(table(address).columns) == next(csv.reader(io.StringIO(content[:10000].decode())))


@needs_shared_data
def test_recorded_files_are_the_publishers_bytes() -> None:
    """Digests of the uncompressed files are kept beside the recordings."""
    with (SHARED_DATA / "PROVENANCE.csv").open(encoding="utf-8", newline="") as lines:
        digests = {row["file"]: row["original_sha256"] or row["sha256"] for row in csv.DictReader(lines)}
    world_of_record = RecordedWorld(SHARED_DATA)
    for address, (name, _, _) in RECORDED.items():
        found = world_of_record.file(address)
        assert found is not None
        content = found.content
        if address.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                content = archive.read("V-Dem-CY-Core-v15.csv")
        elif address.endswith(".gz"):
            content = gzip.decompress(content)
        assert hashlib.sha256(content).hexdigest() == digests[name], name


# --- the simulation behind the figures -----------------------------------------------------------------------


def test_pairs_of_scholars_add_up_to_the_table_of_countries() -> None:
    countries = table(SCHOLARS).dropna(subset="countrycode")
    countries = countries[countries["year"] <= 2018].set_index(["countrycode", "year"])
    pairs = table(PAIRS)
    for side, column in (("from", "number_of_outmigrations"), ("to", "number_of_inmigrations")):
        sums = pairs.groupby([f"iso3code{side}", "year"])["n_migrations"].sum()
        assert (sums == countries[column].loc[sums.index]).all()
        assert sums.sum() == countries[column].sum()


def test_scholars_move_where_graduates_move() -> None:
    told = world().simulation
    at = slice(1998 - FIRST_YEAR, 2021 - FIRST_YEAR)
    graduates = (told.leaving[2] + told.returning[2])[:, at].sum(axis=1)
    left = table(SCHOLARS).groupby("countrycode")["number_of_outmigrations"].sum()
    places = [economies().codes.index(code) for code in left.index]
    assert np.corrcoef(np.log1p(left.to_numpy()), np.log1p(graduates[places]))[0, 1] > 0.8


def test_net_rates_of_linkedin_are_the_simulations() -> None:
    book = openpyxl.load_workbook(io.BytesIO(file(academic.TALENT).content), read_only=True)
    header, *rows = book["Country Migration"].iter_rows(values_only=True)
    assert len(rows) == 4148
    told, year = world().simulation, 2017 - FIRST_YEAR
    codes = [place.iso2.lower() for place in places()]
    share = told.leaving[2, :, year] / told.leaving[:, :, year].sum(axis=0)
    back = told.returning[2, :, year] / np.maximum(told.returning[:, :, year].sum(axis=0), 1e-9)
    for row in rows[::400]:
        one, two = codes.index(str(row[0])), codes.index(str(row[6]))
        left = told.departures[year, one, two] * share[one] + told.returns[year, two, one] * back[two]
        came = told.departures[year, two, one] * share[two] + told.returns[year, one, two] * back[one]
        rate = (came - left) / told.residents[2, one, year] * 10000
        assert row[header.index("net_per_10K_2017")] == pytest.approx(rate, abs=0.006)


def test_attainment_follows_the_residents_education() -> None:
    found = table(academic.ATTAINMENT)
    assert len(found) == 146 * 14 * 5
    young = found[(found["year"] == 2010) & (found["agefrom"] == 25)].set_index("WBcode")["lh"]
    told = world().simulation.residents[:, :, 2010 - FIRST_YEAR]
    share = told[2] / told.sum(axis=0)
    own = {"ROM": "MDA", "SER": "SRB"}
    compared = [(lh, share[economies().codes.index(own.get(str(code), str(code)))]) for code, lh in young.items()
                if code not in academic.NOT_IN_SIMULATION]  # fmt: skip
    assert len(compared) == 144
    assert np.allclose([lh for lh, _ in compared], [100 * 1.15 * part for _, part in compared], atol=0.01)


def test_human_flight_follows_the_emigration_of_graduates() -> None:
    found = table(academic.FRAGILITY)
    flight = found[(found["code"] == "E3") & (found["t"] == 2015)].set_index("geo")["v"]
    told, year = world().simulation, 2015 - FIRST_YEAR
    rate = told.emigrants[2, :, year] / (told.emigrants + told.residents - told.immigrants)[2, :, year]
    ranked = [rate[economies().codes.index(code)] for code in flight.index]
    assert pd.Series(flight.to_numpy()).rank().corr(pd.Series(ranked).rank()) > 0.95


def test_totals_of_fragility_are_sums() -> None:
    found = table(academic.FRAGILITY).dropna(subset="indicator")
    sums = found.groupby(["geo", "t"])["v"].sum().round(1)
    assert np.allclose(sums, found.groupby(["geo", "t"])["total"].first(), atol=0.051)


@pytest.mark.parametrize(("year", "name"), [
    (2000, "2000-2001/FILE_A_1_T.csv"),
    (2005, "2005-2006/T1.2_2005.CSV"),
    (2010, "2010-2011/DIOC_2010_11_File_A_quater_REV.csv"),
    (2015, "2015-2016/DIOC_2015_16_File_A_2.csv"),
    (2015, "2015-2016/DIOC_2015_16_File_A_1.csv"),
])  # fmt: skip
def test_immigrants_are_the_people_abroad_in_oecd_members(year: int, name: str) -> None:
    found = table(oecd_dioc.IMMIGRANTS + name)
    members = economies().positions(GROUPS["OED"])
    abroad = world().simulation.stocks[year][:, :, :, members].sum()
    assert found.query("fborn == 1")["number"].sum() == pytest.approx(abroad, rel=0.001)


def test_tertiary_emigrants_of_large_corridors_are_found_again() -> None:
    """Corridors of fewer than 50 persons are under an unknown birthplace, 3 % have no education at some reporters."""
    found = table(oecd_dioc.IMMIGRANTS + "2010-2011/DIOC_2010_11_File_A_quater_REV.csv")
    tertiary = found.query("fborn == 1 and edu_lfs == 3").groupby("coub")["number"].sum()
    members = economies().positions(GROUPS["OED"])
    truth = world().simulation.stocks[2010][2][:, :, members].sum(axis=(0, 2))
    for code in ("IND", "CHN", "ROU", "SRB", "UKR", "MEX", "PHL", "NAM"):
        assert tertiary[code] == pytest.approx(truth[economies().codes.index(code)], rel=0.08)


def test_the_round_of_2020_has_the_hundred_largest_origins() -> None:
    content = file(oecd_dioc.IMMIGRANTS + "2020-2021/t1_TOP100.xlsx").content
    header, *rows = (
        openpyxl.load_workbook(io.BytesIO(content), read_only=True).worksheets[0].iter_rows(values_only=True)
    )
    foreign = {row[header.index("coub")] for row in rows if row[header.index("fborn")] == 1}
    assert len(foreign) == 100
