"""Inverse-velocity forecast and its gates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline.displacement import simulate
from pipeline.displacement.warning import inverse_velocity as iv

TIME_D = np.arange(0.0, 61.0, 12.0)  # the test of methodology 6.1
SPEED = np.array([0.69444, 0.83333, 1.04167, 1.38889, 2.08333, 4.16667])


@pytest.fixture
def gates(methods: Any) -> Any:
    return methods.inverse_velocity


def forecast(motion_d, displacement, noise_mm, gates):
    rng = np.random.default_rng(1)
    return iv.forecast_failure(motion_d, displacement, noise_mm, gates, rng)


def test_the_line_through_the_methodology_test_meets_zero_on_day_72():
    slope, intercept, r2, p_value = iv.inverse_velocity_line(TIME_D, SPEED)
    assert slope == pytest.approx(-0.02, abs=1e-6)
    assert intercept == pytest.approx(1.44, abs=1e-4)
    assert -intercept / slope == pytest.approx(72.0, abs=1e-2)
    assert r2 == pytest.approx(1.0)
    assert p_value < 1e-6


def test_finite_differences_over_12_days_forecast_within_three_days(gates):
    moved = -simulate.Motion(failure_d=72.0, failure_rate_per_mm=0.02).at(TIME_D)
    open_gate = gates.model_copy(update={"jump_mm": 100.0})
    found = forecast(TIME_D, moved, 0.5, open_gate)
    assert found.is_valid
    assert found.failure_d == pytest.approx(72.0, abs=3.0)
    assert found.low_d <= found.failure_d <= found.high_d


def test_motion_away_from_the_satellite_gives_the_same_forecast(gates):
    moved = simulate.Motion(failure_d=200.0, failure_rate_per_mm=0.04)
    away = moved.at(np.arange(0.0, 181.0, 12.0))
    time_d = np.arange(0.0, 181.0, 12.0)
    there, back = (forecast(time_d, s * away, 0.1, gates) for s in (1, -1))
    assert there.is_valid
    assert there == back


def test_steady_motion_is_no_failure(gates):
    time_d = np.arange(0.0, 200.0, 12.0)
    rng = np.random.default_rng(0)
    found = forecast(time_d, 0.5 * time_d + rng.normal(0, 0.1, 17), 0.1, gates)
    assert not found.is_valid
    assert np.isnan(found.failure_d)


def test_motion_within_the_noise_is_not_judged(gates):
    moved = -simulate.Motion(failure_d=72.0, failure_rate_per_mm=0.02).at(TIME_D)
    found = forecast(TIME_D, moved, 5.0, gates.model_copy(update={"jump_mm": 100.0}))
    assert not found.is_valid
    assert "noise" in found.reason


def test_steps_above_a_quarter_wavelength_are_left_out(gates):
    moved = -simulate.Motion(failure_d=72.0, failure_rate_per_mm=0.02).at(TIME_D)
    found = forecast(TIME_D, moved, 0.1, gates)
    assert not found.is_valid
    assert found.n_speeds == 1  # of the last four steps, three exceed 13.9 mm


def test_too_few_epochs_are_said(gates):
    assert forecast(TIME_D[:3], TIME_D[:3], 0.1, gates).reason == (
        "There are too few epochs."
    )


@pytest.mark.parametrize("seed", range(5))
def test_noisy_quiet_series_never_give_a_date(gates, seed):
    dates = simulate.sentinel1_dates("2022-01-01", "2024-12-25")
    rng = np.random.default_rng(seed)
    quiet = simulate.series([simulate.Motion()], dates, simulate.Noise(), rng)[0]
    time_d = simulate.days_since_first(dates)
    assert not forecast(time_d, quiet.astype(float), 2.0, gates).is_valid
