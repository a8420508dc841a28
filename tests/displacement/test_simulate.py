"""The simulator gives what it promises, so that tests can lean on it."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.displacement import simulate


def test_sentinel_dates_go_from_six_to_twelve_days_when_1b_is_lost():
    steps = np.diff(simulate.sentinel1_dates("2021-11-01", "2022-02-28"))
    days = steps.astype(int)
    assert set(days.tolist()) == {6, 12}
    assert np.all(np.diff(days) >= 0)


def test_missing_dates_keep_the_first_and_the_last():
    rng = np.random.default_rng(0)
    whole = simulate.sentinel1_dates("2022-01-01", "2023-12-31")
    some = simulate.sentinel1_dates(
        "2022-01-01", "2023-12-31", rng, missing_fraction=0.5
    )
    assert (some[0], some[-1]) == (whole[0], whole[-1])
    assert len(some) < 0.7 * len(whole)
    assert np.isin(some, whole).all()


def test_tertiary_creep_follows_the_formula_of_the_methodology():
    motion = simulate.Motion(failure_d=72.0, failure_rate_per_mm=0.02)
    moved = -motion.at(np.arange(0.0, 61.0, 12.0))
    assert moved == pytest.approx([0, 9.116, 20.273, 34.657, 54.931, 89.588], abs=1e-3)


def test_epochs_after_the_failure_are_refused():
    with pytest.raises(ValueError, match="before the failure"):
        simulate.Motion(failure_d=50.0).at(np.array([0.0, 50.0]))


def test_noise_has_the_variance_and_correlation_that_were_asked_for():
    time_d = np.arange(400) * 10.0
    drawn = simulate.Noise(1.0, 2.0, 50.0).draw(time_d, 500, np.random.default_rng(1))
    assert drawn.var() == pytest.approx(5.0, rel=0.03)
    lag = (drawn[:, 1:] * drawn[:, :-1]).mean() / drawn.var()
    assert lag == pytest.approx(4.0 / 5.0 * np.exp(-10 / 50), abs=0.02)


def test_a_jump_and_a_consolidation_have_their_size():
    time_d = np.array([0.0, 100.0, 200.0, 4000.0])
    jump = simulate.Motion(step_mm=-20.0, step_d=150.0).at(time_d)
    assert jump.tolist() == [0.0, 0.0, -20.0, -20.0]
    settled = simulate.Motion(consolidation_mm=60.0, consolidation_yr=1.0).at(time_d)
    assert settled[0] == 0.0
    assert settled[-1] == pytest.approx(-60.0, abs=0.01)


def test_an_outage_leaves_one_gap_of_its_length():
    rng = np.random.default_rng(4)
    dates = simulate.sentinel1_dates(
        "2022-01-01", "2023-12-31", rng, outage_d=90.0, repeat_d=12
    )
    steps = np.diff(dates).astype(int)
    assert steps.min() == 12
    assert (steps > 12).sum() == 1
    assert 90 <= steps.max() <= 114


def test_snow_takes_the_winters_of_some_points():
    rng = np.random.default_rng(5)
    dates = simulate.sentinel1_dates("2020-01-01", "2023-12-31", repeat_d=12)
    values = simulate.series(
        [simulate.Motion()] * 200,
        dates,
        simulate.Noise(),
        rng,
        winter_loss_fraction=0.5,
    )
    month = dates.astype("datetime64[M]").astype(int) % 12 + 1
    winter = np.isin(month, (12, 1, 2))
    lost = np.isnan(values[:, winter]).all(axis=1)
    assert lost.mean() == pytest.approx(0.5, abs=0.12)
    assert not np.isnan(values[:, ~winter]).any()


def test_changes_of_rate_come_from_the_default_mix():
    time_d = np.arange(100) * 12.0
    rng = np.random.default_rng(6)
    drawn = [simulate.change_of_rate(rng, time_d) for _ in range(300)]
    size = np.abs([one.break_mm_per_yr for one in drawn])
    assert size.min() >= 15.0
    assert size.max() <= 80.0
    at = np.array([one.break_d for one in drawn])
    assert np.isin(at, time_d).all()
    assert at.min() >= 15 * 12.0
    assert at.max() < 85 * 12.0
