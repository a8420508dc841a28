"""Trend, acceleration and annual terms of series."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.displacement import simulate
from pipeline.displacement.fit.trend import fit_trends, orthonormal_basis, series_model

DATES = simulate.sentinel1_dates("2020-01-03", "2024-12-25")
TIME_D = simulate.days_since_first(DATES)


def test_noise_free_motion_is_returned_exactly():
    motion = simulate.Motion(
        velocity_mm_per_yr=-20.0, acceleration_mm_per_yr2=3.0, seasonal_mm=4.0
    )
    fit = fit_trends(motion.at(TIME_D)[None].astype(np.float32), TIME_D)
    assert fit.acceleration_mm_per_yr2[0] == pytest.approx(3.0, abs=1e-4)
    assert fit.amplitude_mm[0] == pytest.approx(4.0, abs=1e-4)
    assert fit.rmse_mm[0] < 1e-4
    assert fit.n_epochs[0] == len(TIME_D)


def test_straight_line_by_hand_has_its_slope():
    time_d = np.arange(8) * 36.525  # a tenth of a year
    fit = fit_trends(np.float32(2.0 * np.arange(8))[None], time_d)
    assert fit.velocity_mm_per_yr[0] == pytest.approx(20.0, rel=1e-6)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), missing=st.sampled_from([0.0, 0.1, 0.5]))
def test_kernel_agrees_with_least_squares_with_and_without_gaps(seed, missing):
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 5, (3, len(TIME_D))) + rng.normal(0, 30, (3, 1))
    values[rng.random(values.shape) < missing] = np.nan
    single = values.astype(np.float32)
    fit = fit_trends(single, TIME_D)
    for k in range(3):
        valid = ~np.isnan(single[k])
        design = series_model(TIME_D).design
        y, x = single[k][valid].astype(float), design[valid]
        line = np.linalg.lstsq(x[:, :-1], y, rcond=None)[0]
        full = np.linalg.lstsq(x, y, rcond=None)[0]
        assert fit.velocity_mm_per_yr[k] == pytest.approx(line[-1], abs=1e-6)
        assert fit.acceleration_mm_per_yr2[k] == pytest.approx(2 * full[-1], abs=1e-6)
        assert fit.amplitude_mm[k] == pytest.approx(np.hypot(*full[1:3]), abs=1e-6)
        assert fit.semiannual_mm[k] == pytest.approx(np.hypot(*full[3:5]), abs=1e-6)
        rest = y - x @ full
        assert fit.rmse_mm[k] == pytest.approx(np.sqrt(np.mean(rest**2)), abs=1e-6)
        assert fit.n_epochs[k] == valid.sum()


@settings(deadline=None, max_examples=20)
@given(slope=st.floats(-50, 50), offset=st.floats(-100, 100))
def test_adding_a_line_adds_its_slope_and_nothing_else(slope, offset):
    rng = np.random.default_rng(1)
    values = rng.normal(0, 2, (1, len(TIME_D)))
    line = offset + slope * TIME_D / 365.25
    before = fit_trends(values.astype(np.float32), TIME_D)
    after = fit_trends((values + line).astype(np.float32), TIME_D)
    gained = after.velocity_mm_per_yr[0] - before.velocity_mm_per_yr[0]
    assert gained == pytest.approx(slope, abs=1e-4)
    assert after.acceleration_mm_per_yr2[0] == pytest.approx(
        before.acceleration_mm_per_yr2[0], abs=1e-4
    )


def test_series_shorter_than_a_season_and_a_half_has_no_acceleration():
    time_d = np.arange(40) * 12.0
    fit = fit_trends(np.random.default_rng(0).normal(size=(2, 40)), time_d)
    assert np.isfinite(fit.velocity_mm_per_yr).all()
    assert np.isnan(fit.acceleration_mm_per_yr2).all()
    assert np.isnan(fit.amplitude_mm).all()


def test_point_without_values_has_no_fit_and_leaves_its_neighbours_alone():
    values = np.random.default_rng(0).normal(size=(3, len(TIME_D))).astype(np.float32)
    alone = fit_trends(values[[0, 2]], TIME_D).velocity_mm_per_yr
    values[1] = np.nan
    fit = fit_trends(values, TIME_D)
    assert np.isnan(fit.velocity_mm_per_yr[1])
    assert fit.n_epochs[1] == 0
    assert fit.velocity_mm_per_yr[[0, 2]] == pytest.approx(alone)


def test_more_terms_than_epochs_is_a_broken_promise():
    model = series_model(np.arange(4) * 200.0)
    with pytest.raises(ValueError, match="cannot carry"):
        orthonormal_basis(model.design)


def test_the_arguments_stay_as_they_were():
    values = np.random.default_rng(0).normal(size=(2, len(TIME_D))).astype(np.float32)
    copy = values.copy()
    fit_trends(values, TIME_D)
    assert np.array_equal(values, copy)


STEP_D = float(TIME_D[150]) - 1.0
YEARS = TIME_D / 365.25
JUMP = 20.0 * (TIME_D >= STEP_D)


def test_a_stated_step_does_not_enter_the_velocity():
    line = (-8.0 * YEARS + JUMP).astype(np.float32)[None]
    fit = fit_trends(line, TIME_D, (STEP_D,))
    assert fit.velocity_mm_per_yr[0] == pytest.approx(-8.0, abs=1e-4)
    assert fit.step_mm[0, 0] == pytest.approx(20.0, abs=1e-3)
    assert fit.acceleration_mm_per_yr2[0] == pytest.approx(0.0, abs=1e-3)
    # and the test has teeth: unstated, the step is taken for motion
    assert abs(fit_trends(line, TIME_D).velocity_mm_per_yr[0] + 8.0) > 2.0


def test_a_semi_annual_cycle_enters_neither_velocity_nor_acceleration():
    cycle = 6.0 * np.cos(4 * np.pi * (YEARS - 0.1))
    fit = fit_trends((cycle - 5.0 * YEARS).astype(np.float32)[None], TIME_D)
    assert fit.velocity_mm_per_yr[0] == pytest.approx(-5.0, abs=1e-4)
    assert fit.acceleration_mm_per_yr2[0] == pytest.approx(0.0, abs=1e-3)
    assert fit.semiannual_mm[0] == pytest.approx(6.0, abs=1e-4)
    assert fit.amplitude_mm[0] == pytest.approx(0.0, abs=1e-4)


def test_several_steps_and_gaps_are_fitted_together():
    rng = np.random.default_rng(3)
    days = (STEP_D, float(TIME_D[60]), float(TIME_D[200]))
    sizes = (20.0, -7.0, 3.0)
    motion = 4.0 * YEARS + sum(
        size * (day <= TIME_D) for size, day in zip(sizes, days, strict=True)
    )
    values = np.tile(motion, (4, 1)).astype(np.float32)
    values[1:, rng.random(len(TIME_D)) < 0.3] = np.nan
    fit = fit_trends(values, TIME_D, days)
    np.testing.assert_allclose(fit.velocity_mm_per_yr, 4.0, atol=1e-3)
    np.testing.assert_allclose(fit.step_mm, np.tile(sizes, (4, 1)), atol=2e-3)


def test_a_step_without_epochs_behind_it_is_unknown_and_spoils_nothing():
    values = np.tile(3.0 * YEARS, (2, 1)).astype(np.float32)
    values[1, TIME_D >= STEP_D] = np.nan
    before, behind = -10.0, float(TIME_D[-1]) + 1.0
    fit = fit_trends(values, TIME_D, (before, STEP_D, STEP_D + 0.5, behind))
    np.testing.assert_allclose(fit.velocity_mm_per_yr, 3.0, atol=1e-4)
    assert np.isfinite(fit.step_mm).tolist() == [
        [False, True, False, False],
        [False, False, False, False],
    ]


def test_series_as_columns_give_what_they_give_as_rows():
    rng = np.random.default_rng(7)
    values = rng.normal(0, 5, (300, len(TIME_D))).astype(np.float32)
    values[::7, rng.random(len(TIME_D)) < 0.2] = np.nan
    values[5] = np.nan
    rows = fit_trends(values, TIME_D, (STEP_D,))
    columns = fit_trends(values.T, TIME_D, (STEP_D,), epochs_first=True)
    for name in rows.__slots__:
        np.testing.assert_allclose(
            getattr(rows, name), getattr(columns, name), atol=1e-9, err_msg=name
        )


@pytest.mark.parametrize("n_epochs", [120, 121, 122, 123])
@pytest.mark.parametrize("n_series", [1, 6, 70, 1100])
@pytest.mark.parametrize("epochs_first", [False, True])
def test_blocks_of_any_size_agree_with_numpy(n_epochs, n_series, epochs_first):
    # sizes that fill whole tiles of the kernels, and such that leave a rest
    rng = np.random.default_rng([n_epochs, n_series])
    time_d = 12.0 * np.arange(n_epochs)
    values = rng.normal(0, 5, (n_series, n_epochs)) + rng.normal(0, 80, (n_series, 1))
    values = values.astype(np.float32)
    given = np.ascontiguousarray(values.T) if epochs_first else values
    fit = fit_trends(given, time_d, epochs_first=epochs_first)
    design = series_model(time_d).design
    y = values.astype(float).T
    line = np.linalg.lstsq(design[:, :-1], y, rcond=None)[0]
    full = np.linalg.lstsq(design, y, rcond=None)[0]
    rmse = np.sqrt(((y - design @ full) ** 2).mean(axis=0))
    np.testing.assert_allclose(fit.velocity_mm_per_yr, line[-1], atol=1e-8)
    np.testing.assert_allclose(fit.acceleration_mm_per_yr2, 2 * full[-1], atol=1e-8)
    np.testing.assert_allclose(fit.amplitude_mm, np.hypot(*full[1:3]), atol=1e-8)
    np.testing.assert_allclose(fit.semiannual_mm, np.hypot(*full[3:5]), atol=1e-8)
    np.testing.assert_allclose(fit.rmse_mm, rmse, atol=1e-8)


@pytest.mark.parametrize("gap_at", [0, 1, 119, 122])
def test_a_gap_in_a_grid_concerns_its_cell_alone(gap_at):
    rng = np.random.default_rng(gap_at)
    time_d = 12.0 * np.arange(123)
    values = rng.normal(0, 5, (123, 600)).astype(np.float32)
    whole = fit_trends(values, time_d, epochs_first=True)
    values[gap_at, 7] = np.nan
    fit = fit_trends(values, time_d, epochs_first=True)
    others = np.arange(600) != 7
    np.testing.assert_array_equal(
        fit.velocity_mm_per_yr[others], whole.velocity_mm_per_yr[others]
    )
    valid = ~np.isnan(values[:, 7])
    line = series_model(time_d).line[valid]
    expected = np.linalg.lstsq(line, values[valid, 7].astype(float), rcond=None)[0][-1]
    assert fit.velocity_mm_per_yr[7] == pytest.approx(expected, abs=1e-8)
    assert fit.n_epochs[7] == 122
