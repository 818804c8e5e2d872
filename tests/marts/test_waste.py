"""Brain waste: against the simulated truth, against published figures, and no row lost on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest

from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.eurostat import (
    LAST_STOCK_YEAR_OF_LEFT,
    MEMBERS,
    OVERQUALIFICATION_GROUPS,
    RELIABLE_SAMPLE,
    REPORTERS,
    SMALLEST_SAMPLE,
    SURVEY_YEARS,
    _overqualified_by_group,
    _reporting,
    _with_sums,
)
from sandbox.worlds.synthetic.ilo import AREAS, OCCUPATIONS, YEARS, _by_occupation, _rates
from sandbox.worlds.synthetic.ilo import _employment as _workers
from sandbox.worlds.synthetic.oecd import _employment, _rates_by_sex
from tests.marts.warehouse import Warehouse

FACTS = {
    "fct_overqualification": ("eurostat_lfsa_eoqgan", "eurostat_lfsa_eoqgac"),
    "fct_employment_by_birth": ("oecd_mig_emp_edu", "oecd_mig_nup_sex", "ilo_employment_rate_by_education"),
    "fct_employment_by_occupation": ("ilo_employment_by_occupation",),
}
TABLES = {"citizenship": "lfsa_eoqgan", "birth": "lfsa_eoqgac"}
GROUPS = {"EU27_2020_FOR": "eu", "NEU27_2020_FOR": "non_eu", "FOR": "foreign", "TOTAL": "total"}
NATIVE = {"citizenship": "nationals", "birth": "native_born"}
SHIFTS = {"T": 0.0, "F": 1.5, "M": -1.3}
AGES = "Y20-64"
NEW_SURVEY = 2021
EDUCATIONS = {
    "ISCED11_0T2": "low", "ISCED11_3_4": "medium", "ISCED11_5T8": "high", "_Z": "total", "EDU_AGGREGATE_BAS": "basic",
    "EDU_AGGREGATE_INT": "medium", "EDU_AGGREGATE_ADV": "high", "EDU_AGGREGATE_TOTAL": "total",
}  # fmt: skip
MEASURES = {
    "EMP_WAP": "employment_rate", "EMP_DWAP_RT": "employment_rate", "LF_RATE": "participation_rate",
    "UNE_RATE": "unemployment_rate",
}  # fmt: skip
BIRTHS = {"NB": "native", "FB": "foreign", "CBR_BIR_NATIVE": "native", "CBR_BIR_FOREIGN": "foreign"}


@pytest.mark.parametrize("basis", TABLES)
def test_overqualification_is_that_of_the_simulation(basis: str, sandbox: Warehouse, world: SyntheticWorld) -> None:
    rates, people = _with_sums(*_overqualified_by_group(world, TABLES[basis]))
    names = [GROUPS.get(code, NATIVE[basis]) for code in OVERQUALIFICATION_GROUPS]
    found = sandbox.by_key(
        f"""
        select iso3, year, sex, origin_group, age_band, obs_status, reliability_flag,
            oq_rate, oq_rate_native, oq_gap_pp, oq_ratio
        from mart_brain_waste where basis = '{basis}' and contains(source_ids, 'eurostat')
        """,
        n_key=4,
    )
    n_reported = _reporting(world, TABLES[basis], SURVEY_YEARS, LAST_STOCK_YEAR_OF_LEFT).sum()
    assert len(found) == n_reported * (len(GROUPS) + 1) > 1000

    def printed(group: str, iso3: str, year: int, sex: str) -> tuple[float | None, str]:
        """The rate and its flags: b in the year of the new survey, u where few were asked."""
        at = names.index(group), REPORTERS.index(iso3), SURVEY_YEARS.tolist().index(year)
        flags = ("b" if year == NEW_SURVEY else "") + ("u" if people[at] < RELIABLE_SAMPLE * world.scale else "")
        if people[at] < SMALLEST_SAMPLE * world.scale:
            return None, flags
        return float(np.round(np.clip(np.round(rates[at], 1) + SHIFTS[sex], 0, 100), 1)), flags

    for (iso3, year, sex, group), (ages, status, reliability, *figures) in found.items():
        (rate, flags), (native, of_natives) = (printed(each, iso3, year, sex) for each in (group, NATIVE[basis]))
        expected: list[float | None] = [None if each is None else each / 100 for each in (rate, native)]
        both = None if rate is None or native is None else (rate - native, rate / native)
        expected += list(both or (None, None))
        assert figures == [pytest.approx(each) if each is not None else None for each in expected]
        assert (ages, status) == (AGES, flags or None)
        assert reliability == (None if rate is None else _reliability(flags + of_natives))


@pytest.mark.parametrize("basis", TABLES)
def test_the_union_is_the_mean_of_its_people(basis: str, sandbox: Warehouse, world: SyntheticWorld) -> None:
    rates, people = _with_sums(*_overqualified_by_group(world, TABLES[basis]))
    members = slice(len(MEMBERS))
    mean = np.average(rates[:, members], axis=1, weights=people[:, members])
    found = sandbox.by_key(
        f"""
        select origin_group, year, sex, age_band, obs_status, reliability_flag,
            oq_rate, oq_rate_native, oq_gap_pp, oq_ratio
        from mart_brain_waste_aggregate where iso3 = 'EUU' and basis = '{basis}' and contains(source_ids, 'eurostat')
        """,
        n_key=2,
    )
    # the year after the newest stands there before it has a figure; nobody is asked about those who did not answer
    assert len(found) == 5 * len(SURVEY_YEARS)
    for (group, year), (sex, ages, status, reliability, *figures) in found.items():
        t = SURVEY_YEARS.tolist().index(year)
        code = next((code for code, name in GROUPS.items() if name == group), "NAT")
        rate, native = np.round(mean[OVERQUALIFICATION_GROUPS.index(code), t], 1), np.round(mean[0, t], 1)
        assert figures == pytest.approx([rate / 100, native / 100, rate - native, rate / native])
        flags = "b" if year == NEW_SURVEY else ""
        assert (sex, ages, status, reliability) == ("T", AGES, flags or None, _reliability(flags))


def test_waste_is_lost_skill_of_the_foreign_born(sandbox: Warehouse, world: SyntheticWorld) -> None:
    work = _figures(_employment(world))
    found = sandbox.rows(
        """
        select iso3, year, oq_rate, oq_rate_native, emp_rate_tertiary_foreign_born, emp_rate_tertiary_native_born,
            utilisation_rate_foreign_born, utilisation_rate_native_born, waste_index,
            age_band, obs_status, reliability_flag, source_ids
        from mart_brain_waste where basis = 'birth' and origin_group = 'foreign' and sex = 'T'
        """
    )
    n_known = 0
    for row in found:
        used = []
        for birth_place, rate in (("foreign", "oq_rate"), ("native", "oq_rate_native")):
            at_work = work.get((row["iso3"], row["year"], "T", "high", "employment_rate", birth_place))
            _agrees(row[f"emp_rate_tertiary_{birth_place}_born"], None if at_work is None else at_work / 100)
            used.append(None if at_work is None or row[rate] is None else at_work / 100 * (1 - row[rate]))
            _agrees(row[f"utilisation_rate_{birth_place}_born"], used[-1])
        index = None if used[0] is None or used[1] is None else 1 - used[0] / used[1]
        n_known += index is not None
        _agrees(row["waste_index"], index)
        if "eurostat" not in row["source_ids"]:
            assert (row["age_band"], row["obs_status"], row["reliability_flag"]) == (AGES, None, None)
    assert n_known > 200
    assert {"USA", "CAN"} <= {row["iso3"] for row in found}, "employment stands where over-qualification is missing"


@pytest.mark.parametrize(
    ("dataset", "make", "ages"),
    [
        ("oecd_mig_emp_edu", _employment, "Y15-64"),
        ("oecd_mig_nup_sex", _rates_by_sex, "Y15-64"),
        ("ilo_employment_rate_by_education", _rates, "Y_GE15"),
    ],
)
def test_rates_by_birth_are_those_sent(
    dataset: str, make: Any, ages: str, sandbox: Warehouse, world: SyntheticWorld
) -> None:
    table = make(world)
    sent, unreliable = _figures(table), _figures(table.filter(pc.field("OBS_STATUS") == "U"))
    rows_unreliable = {key[:4] for key in unreliable if key[5] in BIRTHS.values()}
    # the OECD calls none so
    assert bool(rows_unreliable) == (dataset == "ilo_employment_rate_by_education")
    found = sandbox.rows(f"select * from mart_employment_by_birth where dataset_id = '{dataset}'")
    assert {(row["iso3"], row["year"], row["sex"], row["education"]) for row in found} == {
        key[:4] for key, value in sent.items() if key[5] in ("native", "foreign") and value is not None
    }
    for row in found:
        for measure in set(MEASURES.values()):
            key = row["iso3"], row["year"], row["sex"], row["education"], measure
            native, foreign = (sent.get((*key, birth_place)) for birth_place in ("native", "foreign"))
            _agrees(row[f"{measure}_native"], None if native is None else native / 100)
            _agrees(row[f"{measure}_foreign"], None if foreign is None else foreign / 100)
            _agrees(row[f"{measure}_gap_pp"], None if native is None or foreign is None else foreign - native)
        assert row["age_group"] == ages
        assert row["is_unreliable"] == ((row["iso3"], row["year"], row["sex"], row["education"]) in rows_unreliable)


def test_occupations_by_birth_are_those_of_the_simulation(sandbox: Warehouse, world: SyntheticWorld) -> None:
    occupied = _by_occupation(world)
    n_compared = 0
    for row in sandbox.rows("select * from mart_occupation_by_birth where sex = 'T'"):
        at_work = occupied[:, :, AREAS.index(row["iso3"]), YEARS.tolist().index(row["year"])]
        everyone = at_work.sum(axis=1)
        if everyone.min() < 20:
            continue  # thousands with three decimals tell little of so few people
        n_compared += 1
        skilled, elementary = at_work[:, 1:4].sum(axis=1) / everyone, at_work[:, 9] / everyone
        assert row["foreign_share"] == pytest.approx(everyone[1] / everyone.sum(), abs=1e-4)
        for place, birth_place in enumerate(("native", "foreign")):
            # of four in a thousand the place of birth is not known, and of three the occupation
            persons = everyone[place] * 1000 * (1 - 0.004) * (1 - 0.003)
            assert row[f"workers_{birth_place}_persons"] == pytest.approx(persons, rel=1e-3)
            assert row[f"skilled_share_{birth_place}"] == pytest.approx(skilled[place], abs=1e-3)
            assert row[f"elementary_share_{birth_place}"] == pytest.approx(elementary[place], abs=1e-3)
        assert row["skilled_gap_pp"] == pytest.approx(100 * (skilled[1] - skilled[0]), abs=0.2)
        assert row["elementary_gap_pp"] == pytest.approx(100 * (elementary[1] - elementary[0]), abs=0.2)
    assert n_compared > 100


def test_occupations_by_birth_are_those_sent(sandbox: Warehouse, world: SyntheticWorld) -> None:
    """Of few people too, and of each sex, of which the occupations are not sent."""
    sent: dict[tuple[Any, ...], dict[str, tuple[float, bool]]] = {}
    for row in _workers(world).to_pylist():
        if row["CBR"] in BIRTHS and not row["OCU"].startswith("OCU_SKILL_"):
            key = row["REF_AREA"], int(row["TIME_PERIOD"]), row["SEX"].removeprefix("SEX_"), BIRTHS[row["CBR"]]
            told = row["OBS_VALUE"], row["OBS_STATUS"] == "U"
            sent.setdefault(key, {})[row["OCU"].removeprefix("OCU_ISCO08_")] = told
    found = sandbox.rows("select * from mart_occupation_by_birth")
    assert {(row["iso3"], row["year"], row["sex"]) for row in found} == {key[:3] for key in sent}
    for row in found:
        flags = []
        for birth_place in ("native", "foreign"):
            by_code = sent.get((row["iso3"], row["year"], row["sex"], birth_place), {})
            # a sum is known where all its groups are
            parts = {
                name: [by_code[code] for code in codes] if all(code in by_code for code in codes) else []
                for name, codes in {"all": ["TOTAL"], "skilled": OCCUPATIONS[1:4], "elementary": OCCUPATIONS[9]}.items()
            }
            flags += [is_unreliable for part in parts.values() for _, is_unreliable in part]
            workers = parts["all"][0][0] - by_code.get("X", (0, False))[0] if parts["all"] else None
            _agrees(row[f"workers_{birth_place}_persons"], None if workers is None else 1000 * workers)
            for name in ("skilled", "elementary"):
                share = sum(value for value, _ in parts[name]) / workers if parts[name] and workers else None
                _agrees(row[f"{name}_share_{birth_place}"], share)
        at_work = row["workers_native_persons"], row["workers_foreign_persons"]
        _agrees(row["foreign_share"], None if None in at_work else at_work[1] / sum(at_work))
        for name in ("skilled", "elementary"):
            native, foreign = row[f"{name}_share_native"], row[f"{name}_share_foreign"]
            _agrees(row[f"{name}_gap_pp"], None if native is None or foreign is None else 100 * (foreign - native))
        assert row["is_unreliable"] == any(flags)
    assert {row["is_unreliable"] for row in found} == {True, False}


def test_the_union_is_as_printed(recorded: Warehouse) -> None:
    found = recorded.by_key(
        """
        select origin_group, round(100 * oq_rate, 1), round(oq_gap_pp, 1) from mart_brain_waste_aggregate
        where iso3 = 'EUU' and year = 2024 and sex = 'T' and basis = 'citizenship'
        """,
        n_key=1,
    )
    assert found[("non_eu",)][0] == 39.8
    assert found[("eu",)][0] == 30.2
    assert found[("nationals",)] == (20.3, 0)
    assert found[("non_eu",)][1] == 19.5


def test_no_row_is_lost(sandbox: Warehouse, recorded: Warehouse) -> None:
    for warehouse in (sandbox, recorded):
        for fact, datasets in FACTS.items():
            kept = warehouse.by_key(
                f"""
                select dataset_id, count(*) from (
                    select dataset_id from {fact} union all select dataset_id from {fact}_aggregate
                ) group by all
                """,
                n_key=1,
            )
            expected = {(each,): (warehouse.in_force(each),) for each in datasets if warehouse.in_force(each)}
            assert kept == expected, fact


def _figures(table: Any) -> dict[tuple[Any, ...], float | None]:
    """What a provider sends: area, year, sex, education, measure and birth to percent."""
    sent = {}
    for row in table.to_pylist():
        education, birth = row.get("EDU") or row["EDUCATION_LEV"], row.get("CBR") or row["BIRTH_PLACE"]
        value = row["OBS_VALUE"]
        key = row["REF_AREA"], int(row["TIME_PERIOD"]), row["SEX"].replace("SEX_", "").replace("_T", "T")
        known = value is not None and value != "" and not np.isnan(float(value))
        sent[(*key, EDUCATIONS[education], MEASURES[row["MEASURE"]], BIRTHS.get(birth, "total"))] = (
            float(value) if known else None
        )
    return sent


def _reliability(flags: str) -> str:
    """What the gravest flag says."""
    return "unreliable" if "u" in flags else "break in series" if "b" in flags else "reliable"


def _agrees(found: float | None, expected: float | None) -> None:
    assert found == (None if expected is None else pytest.approx(expected))
