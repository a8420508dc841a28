"""What every product must pass before anything is computed from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.errors import InputError
from pipeline.displacement.checks import check_series
from tests.displacement.conftest import point_series

DATES = np.datetime64("2022-01-01") + 12 * np.arange(4)
VALUES = [[0.0, 1.0, -2.0, 3.0], [0.0, 0.0, 0.0, 0.0], [0.0, np.nan, 0.0, 0.0]]


def test_points_of_zeros_alone_have_no_value():
    series = point_series(VALUES, DATES)
    checked = check_series(series, Path("p.csv"))
    assert checked.n_points == 3
    assert checked.displacement_mm[0].tolist() == VALUES[0]
    assert np.isnan(checked.displacement_mm[1:]).all()
    assert series.displacement_mm[1].tolist() == VALUES[1]  # the argument is as it was


@pytest.mark.parametrize(("n_zeros", "is_left"), [(12, True), (13, False)])
def test_points_of_mostly_zeros_have_no_value(n_zeros, is_left):
    dates = np.datetime64("2022-01-01") + 12 * np.arange(25)
    values = np.arange(1.0, 26.0)
    values[25 - n_zeros :] = 0.0  # values that stop, and 0 for none from then on
    values[3] = np.nan  # 24 values
    checked = check_series(point_series([values, np.arange(25.0)], dates), Path("p"))
    assert np.isfinite(checked.displacement_mm[0]).any() == is_left
    assert np.isfinite(checked.displacement_mm[1]).all()


def test_a_product_of_mostly_zeros_is_refused():
    dates = np.datetime64("2022-01-01") + 12 * np.arange(25)
    values = np.zeros((3, 25))
    values[:, 1:4] = 1.5
    with pytest.raises(InputError, match="points of mostly zeros alone"):
        check_series(point_series(values, dates), Path("p.csv"))


def test_zeros_at_the_first_and_last_epoch_alone_are_values():
    values = [[0.0, 1.0, -2.0, 0.0], [0.0, np.nan, 0.5, 0.0]]
    checked = check_series(point_series(values, DATES), Path("p.csv"))
    np.testing.assert_array_equal(checked.displacement_mm, np.float32(values))


def test_epochs_that_have_not_been_yet_are_refused():
    tomorrow = np.datetime64((datetime.now(UTC) + timedelta(days=2)).date())
    dates = np.append(DATES[:3], tomorrow)
    with pytest.raises(InputError, match=rf"p\.csv, field '{tomorrow}': found a date"):
        check_series(point_series(VALUES, dates), Path("p.csv"))


@pytest.mark.parametrize("number", [-9999.0, -32768.0, 1e20])
def test_numbers_that_stand_for_no_value_are_refused(number):
    values = [VALUES[0], [0.0, np.nan, number, 1.0]]
    with pytest.raises(InputError, match=r"'displacement': found .* at point p0001"):
        check_series(point_series(values, DATES), Path("p.csv"))
    series = point_series([VALUES[0]] * 2, DATES)
    rates = replace(series, provider_velocity_mm_per_yr=np.array([np.nan, number]))
    with pytest.raises(InputError, match=r"'rate': found .* at point p0001"):
        check_series(rates, Path("p.csv"))


@pytest.mark.parametrize(
    ("coherence", "is_right"), [(1.0, True), (230.0, False), (-1.0, False)]
)
def test_a_coherence_lies_within_0_and_1(coherence, is_right):
    series = point_series([VALUES[0]] * 2, DATES)
    series = replace(series, coherence=np.array([np.nan, coherence]))
    if is_right:
        assert check_series(series, Path("p.csv")).coherence[1] == coherence
        return
    with pytest.raises(InputError, match=r"'coherence': found .* expected 0 to 1"):
        check_series(series, Path("p.csv"))


def test_a_product_of_rates_passes_without_epochs():
    series = point_series(np.empty((2, 0)), DATES[:0])
    rates = np.array([1.0, np.nan])
    series = replace(series, provider_velocity_mm_per_yr=rates)
    assert check_series(series, Path("velocity.h5")).n_points == 2
