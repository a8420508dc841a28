"""Hazard curves against exact solutions and published vectors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.curves import (
    exceedance_per_yr,
    failure_frequency,
    hazard_curve,
    intensity_at,
    probability_in_years,
)

levels = st.lists(st.floats(0.01, 3.0), min_size=1, max_size=6).map(sorted)


def some_curve(values):
    periods = np.geomspace(50, 50 * 3.0 ** (len(values) - 1), len(values))
    return hazard_curve(periods, values)


@pytest.mark.parametrize(
    ("return_period_yr", "expected"), [(475, 0.0999124), (2475, 0.0199993)]
)
def test_probability_in_50_years_gives_the_published_vectors(
    return_period_yr, expected
):
    found = probability_in_years(1 / return_period_yr, 50)
    assert found == pytest.approx(expected, abs=5e-8)


def test_frequency_between_two_levels_lies_on_the_line_in_log_log_space():
    # ln rate falls by ln 5 while ln x grows by ln 4: at x = 2 half of both
    curve = hazard_curve([100, 500], [1.0, 4.0])
    assert exceedance_per_yr(curve, 2.0) == pytest.approx(0.01 / math.sqrt(5))


def test_levels_themselves_are_met():
    curve = hazard_curve([475, 975, 2475], [0.2, 0.28, 0.41])
    rates = exceedance_per_yr(curve, [0.2, 0.28, 0.41])
    assert rates == pytest.approx([1 / 475, 1 / 975, 1 / 2475])
    assert intensity_at(curve, [475, 975, 2475]) == pytest.approx([0.2, 0.28, 0.41])


def test_nothing_is_invented_outside_of_the_levels():
    curve = hazard_curve([475, 2475], [0.2, 0.4])
    assert np.isnan(exceedance_per_yr(curve, [0.1999, 0.4001])).all()
    assert np.isnan(intensity_at(curve, [474, 2476])).all()


def test_one_level_stays_one_level():
    curve = hazard_curve(475, 0.2)
    assert curve.is_single_level
    assert exceedance_per_yr(curve, 0.2) == pytest.approx(1 / 475)
    assert np.isnan(exceedance_per_yr(curve, 0.21))


def test_two_levels_of_one_intensity_give_the_rarer_frequency():
    curve = hazard_curve([10, 100, 1000], [1.0, 1.0, 2.0])
    assert exceedance_per_yr(curve, 1.0) == pytest.approx(0.01)


def test_zero_levels_are_left_out():
    curve = hazard_curve([10, 100, 500], [0.0, 0.5, 1.5])
    assert curve.return_period_yr == pytest.approx((100, 500))


def test_certain_failure_happens_as_often_as_the_first_level():
    curve = hazard_curve([475, 975, 2475], [0.2, 0.28, 0.41])
    result = failure_frequency(curve, np.ones_like)
    assert result.per_yr == pytest.approx(1 / 475, rel=1e-12)
    assert result.tail_per_yr == pytest.approx(1 / 2475)
    assert result.probability_at_first_level == 1


def test_linear_probability_gives_the_exact_integral():
    # rate = x^-2 / 100 on [1, 3], P = x / 3: body = integral of 2 / 300 x^-2 dx
    curve = hazard_curve([100, 900], [1.0, 3.0])
    result = failure_frequency(curve, lambda x: x / 3)
    assert result.body_per_yr == pytest.approx(2 / 300 * (1 - 1 / 3), rel=1e-4)
    assert result.tail_per_yr == pytest.approx(1 / 900)


def test_single_level_counts_the_tail_alone():
    result = failure_frequency(hazard_curve(475, 0.3), lambda x: np.full_like(x, 0.2))
    assert result.is_single_level
    assert result.body_per_yr == 0
    assert result.per_yr == pytest.approx(0.2 / 475)


@given(levels, st.floats(0.05, 2.0))
def test_failure_lies_between_none_and_the_first_level(values, median):
    curve = some_curve(values)
    result = failure_frequency(curve, lambda x: x**2 / (x**2 + median**2))
    assert 0 <= result.per_yr <= curve.frequency_per_yr[0] * (1 + 1e-12)


@given(levels, st.floats(1.0, 3.0))
def test_stronger_shaking_never_lowers_the_failure_frequency(values, factor):
    def fails(x):
        return x / (1 + x)

    weak = failure_frequency(some_curve(values), fails).per_yr
    strong = failure_frequency(some_curve(np.multiply(values, factor)), fails).per_yr
    assert strong >= weak * (1 - 1e-12)


@pytest.mark.parametrize(
    ("periods", "values", "message"),
    [
        ([475, 975], [0.3, 0.2], "must not decrease"),
        ([975, 475], [0.2, 0.3], "must increase"),
        ([0.5, 475], [0.2, 0.3], "1 year or more"),
        ([475, 975], [0.2], "shapes"),
        ([475], [math.nan], "finite"),
        ([475], [-0.1], "not negative"),
        ([10, 100], [0.0, 0.0], "no curve"),
    ],
)
def test_broken_levels_are_refused(periods, values, message):
    with pytest.raises(ValueError, match=message):
        hazard_curve(periods, values)


@pytest.mark.parametrize("wrong", [lambda x: 1 - x / 10, lambda x: x * 10])
def test_impossible_failure_probabilities_are_refused(wrong):
    with pytest.raises(ValueError, match="probabilit"):
        failure_frequency(hazard_curve([100, 500], [1.0, 4.0]), wrong)
