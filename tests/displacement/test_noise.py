"""Errors of velocity and acceleration under correlated noise."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.displacement import simulate
from pipeline.displacement.fit import noise, noise_kernel
from pipeline.displacement.fit.trend import fit_trends, series_model

COVERAGE = (0.93, 0.97)


def covered(dates, n_draws, seed):
    """Share of 95 % intervals that hold the truth, for velocity and acceleration."""
    rng = np.random.default_rng(seed)
    time_d = simulate.days_since_first(dates)
    motion = simulate.Motion(velocity_mm_per_yr=-12.0, seasonal_mm=3.0)
    values = np.vstack(
        [
            simulate.series([motion], dates, simulate.noise_of_any_kind(rng), rng)
            for _ in range(n_draws)
        ]
    )
    fit, errors = fit_trends(values, time_d), noise.standard_errors(values, time_d)
    off = np.abs(fit.velocity_mm_per_yr + 12.0) / errors.velocity_std_mm_per_yr
    bent = np.abs(fit.acceleration_mm_per_yr2) / errors.acceleration_std_mm_per_yr2
    return float((off < 1.96).mean()), float((bent < 1.96).mean())


@pytest.mark.parametrize(
    ("first", "repeat_d"), [("2020-01-03", None), ("2021-06-01", 12)]
)
def test_95_percent_intervals_hold_the_truth_in_93_to_97_percent(first, repeat_d):
    rng = np.random.default_rng(5)
    dates = simulate.sentinel1_dates(
        first, "2024-12-25", rng, missing_fraction=0.08, repeat_d=repeat_d
    )
    for share in covered(dates, 1500, seed=11):
        assert COVERAGE[0] <= share <= COVERAGE[1]


def test_formal_errors_would_be_too_small():
    # what this module is for: white-noise errors miss the truth far too often
    rng = np.random.default_rng(3)
    dates = simulate.sentinel1_dates("2020-01-03", "2024-12-25")
    time_d = simulate.days_since_first(dates)
    values = simulate.series(
        [simulate.Motion()] * 800, dates, simulate.Noise(1.0, 2.0, 60.0), rng
    )
    fit = fit_trends(values, time_d)
    row = np.linalg.pinv(series_model(time_d).line)[-1]
    formal = fit.rmse_mm * np.linalg.norm(row)
    errors = noise.standard_errors(values, time_d).velocity_std_mm_per_yr
    assert (np.abs(fit.velocity_mm_per_yr) < 1.96 * formal).mean() < 0.7
    assert (np.abs(fit.velocity_mm_per_yr) < 1.96 * errors).mean() > 0.85


def test_likelihood_of_the_filter_equals_that_of_the_dense_matrix():
    # two routes to the same restricted likelihood: Kalman filter and full covariance
    time_d = np.array([0.0, 6, 12, 30, 36, 60, 66, 72, 84, 90, 96, 120])
    design = np.column_stack([np.ones(12), time_d / 365.25, (time_d / 365.25) ** 2])
    values = np.random.default_rng(2).normal(size=12)
    tables = noise_kernel.prepare(time_d, design, np.array([[25.0, 0.3]]))
    corr = 0.7 * np.exp(-np.abs(time_d[:, None] - time_d) / 25.0) + 0.3 * np.eye(12)
    inverse = np.linalg.inv(corr)
    gram = design.T @ inverse @ design
    project = inverse - inverse @ design @ np.linalg.solve(gram, design.T @ inverse)
    penalty = 0.5 * (np.linalg.slogdet(corr)[1] + np.linalg.slogdet(gram)[1])
    assert tables.penalty[0] == pytest.approx(penalty)
    whitened = np.empty(12)
    noise_kernel.whiten(
        values, tables.gain[0], tables.decay[0], tables.scale[0], whitened
    )
    squares = whitened @ whitened - ((tables.basis[0] @ whitened) ** 2).sum()
    assert squares == pytest.approx(values @ project @ values)
    row = np.linalg.pinv(design[:, :2])[1]
    assert tables.factor_v[0] == pytest.approx(row @ corr @ row)


def test_errors_grow_with_the_scale_of_the_series():
    dates = simulate.sentinel1_dates("2020-01-03", "2024-12-25")
    time_d = simulate.days_since_first(dates)
    rng = np.random.default_rng(8)
    values = simulate.series([simulate.Motion()] * 20, dates, simulate.Noise(), rng)
    one, three = (noise.standard_errors(f * values, time_d) for f in (1, 3))
    assert three.velocity_std_mm_per_yr == pytest.approx(
        3 * one.velocity_std_mm_per_yr, rel=1e-4
    )
    assert three.n_effective == pytest.approx(one.n_effective, rel=1e-4)


def test_gaps_are_handled_point_by_point():
    dates = simulate.sentinel1_dates("2022-01-03", "2024-12-25")
    time_d = simulate.days_since_first(dates)
    rng = np.random.default_rng(9)
    values = simulate.series(
        [simulate.Motion()] * 4, dates, simulate.Noise(), rng, missing_fraction=0.2
    )
    together = noise.standard_errors(values, time_d).velocity_std_mm_per_yr
    for k in range(4):
        seen = ~np.isnan(values[k])
        alone = noise.standard_errors(values[k : k + 1, seen], time_d[seen])
        assert together[k] == pytest.approx(alone.velocity_std_mm_per_yr[0], rel=1e-4)


def test_short_series_allow_for_a_season_that_they_cannot_show():
    rng = np.random.default_rng(4)
    dates = simulate.sentinel1_dates("2023-01-01", "2023-12-25", repeat_d=6)
    time_d = simulate.days_since_first(dates)
    motions = [
        simulate.Motion(seasonal_mm=3.0, seasonal_phase_yr=p)
        for p in np.linspace(0, 1, 200)
    ]
    values = simulate.series(motions, dates, simulate.Noise(), rng)
    rate = fit_trends(values, time_d).velocity_mm_per_yr
    errors = noise.standard_errors(values, time_d)
    assert (np.abs(rate) < 1.96 * errors.velocity_std_mm_per_yr).mean() >= 0.93
    assert np.isnan(errors.acceleration_std_mm_per_yr2).all()


def test_interpolated_epochs_bring_no_more_evidence():
    # the same series with interpolated values between its epochs must not look surer
    rng = np.random.default_rng(6)
    dates = simulate.sentinel1_dates("2020-01-03", "2024-12-25", repeat_d=12)
    time_d = simulate.days_since_first(dates)
    values = simulate.series([simulate.Motion()] * 200, dates, simulate.Noise(), rng)
    fine_d = np.arange(0.0, time_d[-1] + 1, 6.0)
    fine = np.array([np.interp(fine_d, time_d, row) for row in values], np.float32)
    real = noise.standard_errors(values, time_d)
    wide = noise.for_interpolated(
        noise.standard_errors(fine, fine_d), float(fine_d[-1]), 12.0
    )
    assert np.median(wide.velocity_std_mm_per_yr) >= np.median(
        real.velocity_std_mm_per_yr
    )
    assert wide.n_effective.max() <= time_d[-1] / 12.0 + 1


def test_series_with_gaps_of_their_own_are_judged_as_those_with_common_ones():
    dates = simulate.sentinel1_dates("2020-01-03", "2024-12-25")
    time_d = simulate.days_since_first(dates)
    rng = np.random.default_rng(12)
    values = simulate.series([simulate.Motion()] * 20, dates, simulate.Noise(), rng)
    values[:, rng.random(len(dates)) < 0.3] = np.nan
    steps = (700.0, float(time_d[-1]) + 1.0)
    together = noise.standard_errors(values, time_d, steps)
    by_one = noise.standard_errors(values[:2], time_d, steps)
    for name in noise.Uncertainty.__slots__:
        np.testing.assert_allclose(
            getattr(by_one, name), getattr(together, name)[:2], rtol=1e-4
        )


def test_a_step_without_epochs_behind_it_costs_a_gappy_series_nothing():
    dates = simulate.sentinel1_dates("2020-01-03", "2024-12-25")
    time_d = simulate.days_since_first(dates)
    values = simulate.series(
        [simulate.Motion()], dates, simulate.Noise(), np.random.default_rng(13)
    )
    values[0, time_d >= 1200.0] = np.nan
    plain, stepped = (
        noise.standard_errors(values, time_d, steps) for steps in ((), (1200.0,))
    )
    assert stepped.velocity_std_mm_per_yr == pytest.approx(plain.velocity_std_mm_per_yr)
