from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.publish.words import read_words

EN = read_words("en").numbers
RU = read_words("ru").numbers
GAP = "\u00a0"


@pytest.mark.parametrize(
    ("value", "english", "russian"),
    [
        (0.0, "0", "0"),
        (1234.5, "1,230", f"1{GAP}230"),
        (0.000123456, "0.000123", "0,000123"),
        (-12.34567, "−12.3", "−12,3"),
        (128374.6, "128,000", f"128{GAP}000"),
        (None, "–", "–"),
        (math.nan, "–", "–"),
    ],
)
def test_numbers_follow_the_language(value, english, russian):
    assert EN.number(value) == english
    assert RU.number(value) == russian


def test_four_digits_keep_a_decimal():
    assert RU.number(1234.5, 5) == f"1{GAP}234,5"


@pytest.mark.parametrize(
    ("metres", "text"),
    [(0, "0 m"), (460, "460 m"), (999.9, "1,000 m"), (3421, "3.4 km"),
     (128374.6, "128 km"), (None, "–")],
)  # fmt: skip
def test_distances_switch_to_kilometres(metres, text):
    assert EN.distance(metres) == text.replace(" ", GAP)


@pytest.mark.parametrize(
    ("hours", "text"),
    [(0.4, "0.4 h"), (13.26, "13 h"), (99, "99 h"), (103.2, "4.3 days")],
)
def test_durations_switch_to_days(hours, text):
    assert EN.duration(hours) == text.replace(" ", GAP)


def test_bounds_of_a_duration_use_the_unit_of_the_value():
    assert EN.duration_bounds(41, 103.2, 170) == f"4.3{GAP}days (1.7–7.1)"


def test_unit_that_bounds_share_stands_once():
    assert EN.quantity_bounds(0.281, 0.292, 0.311, "g") == f"0.29{GAP}g (0.28–0.31)"


def test_unit_that_bounds_do_not_share_stands_with_each():
    text = EN.quantity_bounds(9300.0, 240_000.0, 4.9e6, "m²")
    assert text == f"240,000{GAP}m² (9,300{GAP}m² – 4.9{GAP}million{GAP}m²)"


def test_bounds_without_a_value_are_a_range():
    assert EN.bounds(0.0, None, 1000.0) == "0–1,000"


def test_equal_bounds_are_not_repeated():
    assert EN.bounds(1.0, 1.0, 1.0) == "1"


def test_one_missing_bound_is_shown_as_unknown():
    assert EN.bounds(1.0, 2.0, None) == "2 (1–?)"


def test_large_amounts_use_words():
    assert RU.quantity(1_960_000, "м³") == f"1,96{GAP}млн{GAP}м³"
    assert EN.quantity(2.5e9, "t") == f"2.5{GAP}billion{GAP}t"


def test_amount_that_rounds_up_to_a_million_says_million():
    assert EN.quantity(999_999, "t") == f"1{GAP}million{GAP}t"


def test_position_shows_no_more_digits_than_its_radius_deserves():
    assert EN.position(41.26, 72.44972, 8000) == f"41.26°{GAP}N, 72.45°{GAP}E"
    assert EN.position(41.28222, 72.47611, 200) == f"41.2822°{GAP}N, 72.4761°{GAP}E"
    assert RU.position(-1.5, -2.25, None) == f"1,50°{GAP}ю. ш., 2,25°{GAP}з. д."


def test_dates_follow_the_language():
    assert RU.iso_date("2024-02-29") == "29.02.2024"
    assert EN.iso_date("2024-02-29") == "2024-02-29"  # 03.04. is read both ways
    assert EN.iso_date("spring 2024") == "spring 2024"
    assert EN.iso_date(None) == "–"


def test_years_are_not_grouped():
    assert EN.year(1958) == "1958"


def test_fraction_becomes_per_cent():
    assert RU.percent(0.375) == f"38{GAP}%"


@given(
    st.floats(min_value=1e-9, max_value=1e12, allow_nan=False),
    st.integers(min_value=1, max_value=6),
)
def test_rounding_stays_within_half_a_unit_of_the_last_digit(value, digits):
    text = EN.number(value, digits).replace(",", "")
    assert float(text) == pytest.approx(value, rel=0.51 * 10.0 ** (1 - digits))


@given(st.floats(min_value=0, max_value=1e7, allow_nan=False))
def test_distance_never_changes_by_more_than_its_rounding(metres):
    text, unit = EN.distance(metres).split(GAP)
    shown = float(text.replace(",", "")) * (1000.0 if unit == "km" else 1.0)
    assert shown == pytest.approx(metres, rel=0.051, abs=1e-9)


@pytest.mark.parametrize(
    ("low", "value", "high", "text"),
    [
        (-4.5, -3.9, -3.5, "−3.9 °C (−4.5 … −3.5)"),
        (-1.0, None, 2.0, "−1 … 2 °C"),
        (1.0, 1.5, 2.0, "1.5 °C (1–2)"),
    ],
)
def test_a_range_with_a_minus_has_no_dash_beside_it(low, value, high, text):
    said = EN.quantity_bounds(low, value, high, "°C")
    assert said.replace(GAP, " ") == text
