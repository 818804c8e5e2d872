"""Tables: digits that mean something, columns that line up, rows that stay lines."""

from __future__ import annotations

import datetime

import pytest

from warehouse.tables import _bare, _fitted, bar, number, print_rows, said


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (89.24, "89.24"),
        (0.37, "0.3700"),
        (12345.678, "12,346"),
        (0.00312, "0.0031"),
        (0.0, "0.0000"),
        (-3.14159, "-3.14"),
        (float("nan"), "nan"),
    ],
)
def test_a_figure_has_sensible_digits(value: float, written: str) -> None:
    assert number(value) == written


def test_a_column_has_the_digits_of_its_largest_figure(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(["country", "year", "rate", "persons"], [["Guyana", 2000, 89.24, 744000], ["Oman", 2000, 0.37, None]])
    assert capsys.readouterr().out.splitlines() == [
        "country  year   rate  persons",
        "Guyana   2000  89.24  744,000",
        "Oman     2000   0.37",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (["a", "b"], "a, b"),
        ("two\n lines", "two lines"),
        (datetime.datetime(2026, 1, 1, 4, 5, 6), "2026-01-01 04:05:06"),  # noqa: DTZ001 (the marts hold UTC without zone)
        (datetime.date(2026, 1, 1), "2026-01-01"),
    ],
)
def test_values_become_text(value: object, text: str) -> None:
    assert said(value) == text


def test_wide_letters_line_up() -> None:
    lines = _bare(["name", "n"], [["日本", "1"], ["Serbia", "22"]], [False, True])
    assert lines == ["name     n", "日本     1", "Serbia  22"]


def test_long_text_gives_way_before_numbers_and_the_first_column() -> None:
    assert _fitted([10, 50, 30, 8], [False, False, False, True], room=70) == [10, 21, 22, 8]
    assert _fitted([10, 8], [False, True], room=70) == [10, 8]


def test_columns_that_cannot_fit_are_left_out_from_the_end() -> None:
    assert _fitted([10, 12, 12, 12, 12], [False] * 5, room=45) == [10, 12, 12]


def test_a_bar_is_as_long_as_its_share() -> None:
    assert (bar(0, 4), bar(0.5, 4), bar(1, 4), bar(2, 4)) == ("", "██", "████", "████")
    assert bar(0.53, 4) == "██▏"
