"""Forecasts from the law of inverse velocity on displacement."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline.displacement.simulate import Motion, Noise
from pipeline.displacement.warning import failure_law as law
from pipeline.displacement.warning.speedup import line_and_season
from tests.displacement.test_speedup import dense

TIME_D = np.arange(0.0, 1081.0, 12.0)


@pytest.fixture
def gates(methods: Any) -> Any:
    return methods.inverse_velocity


def failing(ahead_d: float, lasts_d: float, rate_per_mm: float) -> Any:
    """Series of a way to failure that ends some days after the newest epoch."""
    failure_d = TIME_D[-1] + ahead_d
    onset_d = failure_d - lasts_d
    return Motion(
        velocity_mm_per_yr=-4.0,
        seasonal_mm=2.0,
        failure_d=failure_d,
        failure_onset_d=onset_d,
        failure_rate_per_mm=rate_per_mm,
    ).at(TIME_D)


def noise(sigma_mm: float, n: int, seed: int = 1) -> Any:
    rng = np.random.default_rng(seed)
    return Noise(0.7 * sigma_mm, 0.7 * sigma_mm, 30.0).draw(TIME_D, n, rng)


def test_shapes_are_the_displacement_of_the_law_times_its_rate():
    starts = np.array([60, 80])
    shapes = law.law_shapes(TIME_D, starts)
    assert shapes.shape == (2 * len(law.AHEAD_D), len(TIME_D))
    for row, start, ahead in ((9, 60, 9), (len(law.AHEAD_D) + 30, 80, 30)):
        motion = Motion(
            failure_d=TIME_D[-1] + law.AHEAD_D[ahead],
            failure_onset_d=TIME_D[start],
            failure_rate_per_mm=0.02,
        )
        np.testing.assert_allclose(shapes[row], 0.02 * motion.tertiary_mm(TIME_D))


def test_weights_are_those_of_dense_likelihoods_and_the_stated_weights_beforehand():
    series = failing(30.0, 150.0, 0.05) + noise(1.0, 1)[0]
    starts = np.arange(60, 87)
    shapes = law.law_shapes(TIME_D, starts)
    base, filters = line_and_season(tuple(TIME_D))
    _, weight = law.pair_weights(TIME_D, series, starts, shapes, base, filters)
    found, expected = [], []
    for s, a in ((3, 20), (15, 30), (20, 12)):
        row = s * len(law.AHEAD_D) + a
        found.append(np.log(weight[row]))
        amplitude, _, _, likelihood = dense(series, TIME_D, shapes[row])
        spacing = 0.5 * (law.AHEAD_D[a + 1] - law.AHEAD_D[a - 1])
        lasts = TIME_D[-1] - TIME_D[starts[s]] + law.AHEAD_D[a]
        expected.append(likelihood + np.log(spacing / lasts**2 / abs(amplitude)))
    assert np.diff(found) == pytest.approx(np.diff(expected), abs=1e-5)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_clear_way_to_failure_is_dated_whichever_way_it_goes(gates, side):
    series = side * (failing(30.0, 200.0, 0.05) + noise(0.3, 1)[0])
    found = law.forecast_by_law(TIME_D, series, 0.3, gates)
    assert found.is_valid
    assert found.failure_d - TIME_D[-1] == pytest.approx(30.0, abs=8.0)
    assert found.low_d < TIME_D[-1] + 30.0 < found.high_d


def test_dates_of_a_month_ahead_are_about_right_and_ranges_hold_them(gates):
    rows = failing(30.0, 200.0, 0.1) + noise(0.8, 40)
    found = [law.forecast_by_law(TIME_D, row, 0.8, gates) for row in rows]
    valid = [one for one in found if one.is_valid]
    assert len(valid) >= 25
    ahead = np.array([one.failure_d for one in valid]) - TIME_D[-1]
    assert abs(np.median(ahead) - 30.0) < 8.0
    held = [one.low_d <= TIME_D[-1] + 30.0 <= one.high_d for one in valid]
    assert np.mean(held) >= 0.8


def test_a_new_rate_that_lasts_is_no_failure(gates):
    kink = -0.4 * np.maximum(TIME_D - TIME_D[-14], 0.0)
    found = [
        law.forecast_by_law(TIME_D, kink + row, 0.8, gates) for row in noise(0.8, 20)
    ]
    assert sum(one.is_valid for one in found) <= 1


def test_noise_and_short_series_give_no_date(gates):
    found = [law.forecast_by_law(TIME_D, row, 1.0, gates) for row in noise(1.0, 20)]
    assert not any(one.is_valid for one in found)
    short = law.forecast_by_law(TIME_D[:12], noise(1.0, 1)[0, :12], 1.0, gates)
    assert short.reason == "There are too few epochs."


def test_the_range_of_a_certain_day_is_that_day():
    chance = np.zeros(len(law.AHEAD_D))
    chance[20] = 1.0
    low, middle, high = law.quantiles(chance)
    assert law.AHEAD_D[19] <= low <= middle <= high <= law.AHEAD_D[21]
    assert middle == pytest.approx(law.AHEAD_D[20])
