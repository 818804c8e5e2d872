"""The sandbox's files of UN DESA and of the frozen data, read without the project's own readers."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
from functools import cache
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
import requests

from sandbox.server import Sandbox, serve
from sandbox.worlds.recorded import RecordedWorld
from sandbox.worlds.synthetic import NOTE, SyntheticWorld, un_desa
from sandbox.worlds.synthetic import frozen_files as frozen
from sandbox.worlds.synthetic.economies import economies
from sandbox.worlds.synthetic.workbooks import xlsx
from tests.shared_data import SHARED_DATA, needs_shared_data

DESA = un_desa.FOLDER + "undesa_pd_2024_ims_stock_by_sex_"
ADDRESSES = (
    f"{DESA}and_destination.xlsx",
    f"{DESA}and_origin.xlsx",
    f"{DESA}destination_and_origin.xlsx",
    f"{un_desa.FOLDER}undesa_pd_2020_ims_stock_by_sex_and_destination.xlsx",
    "inbox/iab/iabbd_8010_v1_emigration.dta",
    "inbox/iab/iabbd_8010_v1_gender.xls",
    "inbox/dlm/docquier_lowell_marfouk_2009.zip",
    "inbox/gbmd/gbmd_1960_2000.csv.gz",
    "inbox/adovor/physicians_1990_2014.csv",
    "www.worldbank.org/content/dam/sites/govindicators/doc/wgidataset.xlsx",
)
BROWSER = {"User-Agent": "Mozilla/5.0"}


@cache
def world(vintage: int = 1) -> SyntheticWorld:
    return SyntheticWorld(vintage=vintage)


def content(address: str, vintage: int = 1) -> bytes:
    file = world(vintage).file(address)
    assert file is not None
    return file.content


def desa(name: str, vintage: int = 1) -> Any:
    return pd.read_excel(io.BytesIO(content(name, vintage)), sheet_name="Table 1", header=10, engine="openpyxl")


def get(sandbox: Sandbox, address: str, **headers: str) -> requests.Response:
    return requests.get(f"{sandbox.base_url}/{address}", headers=BROWSER | headers, timeout=10)


def test_every_file_is_served_with_its_version() -> None:
    with serve(world()) as sandbox:
        for address in ADDRESSES:
            answer = get(sandbox, address)
            assert answer.status_code == 200 and answer.content == content(address)
            assert answer.headers["X-Figures"] == "synthetic"
            assert get(sandbox, address, **{"If-None-Match": answer.headers["ETag"]}).status_code == 304
        missing = get(sandbox, "inbox/iab/other.dta")
        assert missing.status_code == 404 and "X-Not-Recorded" in missing.headers


def test_un_desa_lets_browsers_in_only() -> None:
    with serve(world()) as sandbox:
        assert get(sandbox, ADDRESSES[0], **{"User-Agent": "python-requests/2"}).status_code == 403


def test_equal_worlds_make_equal_files() -> None:
    again = SyntheticWorld()
    for address in ADDRESSES:
        file = again.file(address)
        assert file is not None
        assert hashlib.sha256(file.content).digest() == hashlib.sha256(content(address)).digest(), address


def test_the_workbooks_say_that_they_are_synthetic() -> None:
    book = openpyxl.load_workbook(io.BytesIO(content(ADDRESSES[0])), read_only=True)
    assert NOTE in {cell for row in book["Table 1"].iter_rows(max_row=8, values_only=True) for cell in row}


def test_un_desa_counts_whom_the_simulation_counts() -> None:
    table = desa(ADDRESSES[0]).set_index("Location code")
    there = world().simulation.stocks[2024].sum(axis=(0, 1, 2))
    codes = economies().codes
    for code, number in (("DEU", 276), ("USA", 840), ("NAM", 516)):
        assert abs(table.loc[number, 2024] - there[codes.index(code)]) < 0.02 * there[codes.index(code)] + 120
        assert table.loc[number, 2024] == table.loc[number, "2024.1"] + table.loc[number, "2024.2"]
    countries = table[table.index < 900]
    assert countries[2024].sum() == table.loc[900, 2024]
    assert pd.isna(table.loc[663, 2024]) and 383 not in table.index


def test_the_tables_of_un_desa_tell_one_story() -> None:
    pairs = desa(ADDRESSES[2])
    by_destination = desa(ADDRESSES[0]).set_index("Location code")[1990]
    by_origin = desa(ADDRESSES[1]).set_index("Location code")[1990]
    assert by_destination[900] == by_origin[900]
    for number, rows in pairs.groupby("Location code of destination"):
        totals = rows.set_index("Location code of origin")[1990]
        assert totals[900] == by_destination[number] == totals.drop(900).sum()


def test_a_later_vintage_corrects_few_destinations_of_the_newest_year() -> None:
    before, after = desa(ADDRESSES[0]), desa(ADDRESSES[0], 2)
    changed = [name for name in before.columns if not before[name].equals(after[name])]
    assert set(changed) == {2024, "2024.1", "2024.2"}
    assert 0 < (before[2024] != after[2024]).mean() < 0.15
    assert content(ADDRESSES[3], 2) == content(ADDRESSES[3])


def test_iab_rates_are_shares_in_single_precision() -> None:
    frame = pd.read_stata(io.BytesIO(content("inbox/iab/iabbd_8010_v1_emigration.dta")))
    assert str(frame.high_rate.dtype) == "float32" and frame.high_rate.between(0, 1).all()
    assert {"ROM", "ZAR", "SRB&MNE", "WLD"} <= set(frame.ccode_origin)
    guinea = frame[frame.origin == "Guinea"].ccode_origin.unique().tolist()
    assert guinea == ["GNB"]  # as in the authors' file
    assert len(frame) == frame.ccode_origin.nunique() * 7 * 3


def test_iab_stock_has_a_row_of_shares_under_the_total() -> None:
    book = openpyxl.load_workbook(io.BytesIO(content("inbox/iab/iabbd_8010_v1_gender.xls")))
    assert len(book.sheetnames) == 21
    rows: list[Any] = list(book["DEU"].iter_rows(values_only=True))
    assert rows[1][0] == "Citizenship" and rows[2][0] == "Total immigration stock"
    assert rows[3][0] is None and rows[3][2] + rows[3][3] == pytest.approx(1)
    assert sum(row[19] for row in rows[4:]) == rows[2][19]


def test_dlm_rates_are_those_of_the_archived_indicator() -> None:
    with zipfile.ZipFile(io.BytesIO(content("inbox/dlm/docquier_lowell_marfouk_2009.zip"))) as archive:
        frame = pd.read_excel(io.BytesIO(archive.read(archive.namelist()[0])), engine="openpyxl", na_values=[])
    archived = world().truth("SM.EMI.TERT.ZS").values
    both = frame[(frame.sex == "total") & (frame.year == 2000)].set_index("iso3").rate_high
    codes = list(economies().codes)
    for code, rate in both.items():
        assert rate == pytest.approx(archived[codes.index(str(code)), 40] / 100, abs=1e-5)


def test_gbmd_keeps_the_world_total() -> None:
    table = pd.read_csv(io.BytesIO(gzip.decompress(content("inbox/gbmd/gbmd_1960_2000.csv.gz"))), keep_default_na=False)
    people = pd.to_numeric(table.Y2000)
    there = np.delete(world().simulation.stocks[2000].sum(axis=(0, 1, 2)), economies().codes.index("CHI"))
    assert people.sum() == pytest.approx(there.sum(), rel=0.001)
    assert {"ROM", "KSV", "zzz"} <= set(table.origincode) | set(table.destcode)


def test_governance_workbook_repeats_the_api() -> None:
    frame = pd.read_excel(io.BytesIO(content(ADDRESSES[9])), engine="openpyxl", keep_default_na=False)
    series = world().series("GOV_WGI_PV.EST")
    place = next(i for i, place in enumerate(series.places) if place.code == "ROU")
    mine = frame[(frame.code == "ROM") & (frame.indicator == "pv")].set_index("year").estimate
    for year, cell in zip(series.years, series.cells[place], strict=True):
        if int(year) >= frozen.WGI_FIRST_YEAR:
            assert mine[int(year)] == (".." if cell == "null" else float(cell))


def test_physicians_abroad_add_up() -> None:
    frame = pd.read_csv(io.BytesIO(content("inbox/adovor/physicians_1990_2014.csv")), keep_default_na=False)
    codes = list(economies().codes)
    for code in ("IND", "ROU", "NAM"):
        mine = frame[(frame.origin == code) & (frame.year == 2014)].physicians.sum()
        assert mine == pytest.approx(world().simulation.physicians_abroad[codes.index(code), 54], abs=3)


def test_a_plain_workbook_opens_elsewhere() -> None:
    made = xlsx({"A & B": [["<x>", None, 1.5], [2, "é", -3e-9]], "Other": []})
    book = openpyxl.load_workbook(io.BytesIO(made))
    assert book.sheetnames == ["A & B", "Other"]
    assert list(book["A & B"].iter_rows(values_only=True)) == [("<x>", None, 1.5), (2, "é", -3e-9)]
    wide = xlsx({"W": [list(range(800))]})
    assert openpyxl.load_workbook(io.BytesIO(wide))["W"]["ADT1"].value == 799


# --- the recorded world ------------------------------------------------------------------------------------


@needs_shared_data
def test_recorded_files_are_served_as_they_are() -> None:
    files = {
        ADDRESSES[0]: "un_desa/ims2024_stock_by_sex_and_destination.xlsx",
        ADDRESSES[3]: "un_desa/ims2020_stock_by_sex_and_destination.xlsx",
        ADDRESSES[4]: "iab/iabbd_8010_v1_emigration.dta",
        ADDRESSES[5]: "iab/iabbd_8010_v1_gender.xls",
        ADDRESSES[9]: "world_bank/wgi/wgidataset.xlsx",
    }
    with serve(RecordedWorld(SHARED_DATA)) as sandbox:
        for address, name in files.items():
            assert get(sandbox, address).content == (SHARED_DATA / name).read_bytes()
        for address in (ADDRESSES[1], ADDRESSES[2], ADDRESSES[6], ADDRESSES[8]):
            assert "X-Not-Recorded" in get(sandbox, address).headers


@needs_shared_data
def test_only_the_labels_of_the_reversed_copy_are_changed() -> None:
    file = RecordedWorld(SHARED_DATA).file("inbox/gbmd/gbmd_1960_2000.csv.gz")
    assert file is not None
    header, _, rows = gzip.decompress(file.content).partition(b"\n")
    found = (SHARED_DATA / "world_bank" / "bilateral" / "gbmd_as_found_years_reversed.csv.gz").read_bytes()
    assert header == b"sex,destcode,origincode,Y1960,Y1970,Y1980,Y1990,Y2000"
    assert rows == gzip.decompress(found).partition(b"\n")[2]
