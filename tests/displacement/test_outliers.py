"""Outliers are pulled in, motion is not."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.displacement import simulate
from pipeline.displacement.fit.outliers import pull_in
from pipeline.displacement.fit.trend import fit_trends

DATES = simulate.sentinel1_dates("2020-01-03", "2024-12-25")
TIME_D = simulate.days_since_first(DATES)
LIMIT = 3.5


def noisy(n: int, seed: int, **motion: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    truth = simulate.Motion(**motion)
    return simulate.series([truth] * n, DATES, simulate.Noise(), rng)


@pytest.mark.parametrize("missing", [0.0, 0.15])
def test_bad_epochs_no_longer_bend_the_velocity(missing):
    values = noisy(300, 1, velocity_mm_per_yr=-20.0)
    rng = np.random.default_rng(2)
    values[rng.random(values.shape) < missing] = np.nan
    clean = fit_trends(values, TIME_D).velocity_mm_per_yr + 20.0
    hit = rng.random(values.shape) < 0.02
    hit[:, 1:] &= ~hit[:, :-1]
    values[hit] += rng.choice([-40.0, 40.0], int(hit.sum()))
    raw = fit_trends(values, TIME_D).velocity_mm_per_yr + 20.0
    pulled = pull_in(values, TIME_D, LIMIT)
    robust = fit_trends(pulled.displacement_mm, TIME_D).velocity_mm_per_yr + 20.0
    assert np.std(robust) < 1.15 * np.std(clean)
    assert np.std(raw) > 1.3 * np.std(clean)


def test_one_bad_epoch_by_hand_goes_to_the_limit():
    wave = np.where(np.arange(len(TIME_D)) % 2, 1.0, -1.0)
    values = (wave + 0.0)[None].astype(np.float32)
    values[0, 100] = 50.0
    pulled = pull_in(values, TIME_D, LIMIT)
    assert pulled.n_outliers.tolist() == [1]
    assert pulled.displacement_mm[0, 100] == pytest.approx(LIMIT * 1.4826, abs=0.2)
    others = np.delete(pulled.displacement_mm[0], 100)
    assert np.array_equal(others, np.delete(values[0], 100))
    assert pulled.widen(np.array([len(TIME_D)]))[0] > 1.0


def test_motion_at_the_end_of_a_series_is_no_outlier():
    values = noisy(50, 3, failure_d=float(TIME_D[-1]) + 20.0, failure_rate_per_mm=0.03)
    pulled = pull_in(values, TIME_D, LIMIT)
    assert np.array_equal(pulled.displacement_mm[:, -4:], values[:, -4:])


def test_a_lasting_jump_is_no_outlier():
    values = noisy(20, 4, step_mm=28.0, step_d=900.0)
    behind = np.flatnonzero(TIME_D >= 900.0)[:5]
    pulled = pull_in(values, TIME_D, LIMIT)
    np.testing.assert_allclose(
        pulled.displacement_mm[:, behind], values[:, behind], atol=6.0
    )
    assert pulled.n_outliers.mean() < 2.0


def test_noise_alone_has_hardly_an_outlier_and_gaps_stay_gaps():
    values = noisy(200, 5)
    values[:, 7] = np.nan
    pulled = pull_in(values, TIME_D, LIMIT)
    assert pulled.n_outliers.mean() < 0.5
    assert np.array_equal(np.isnan(pulled.displacement_mm), np.isnan(values))
