"""Breaks, settlement, acceleration and jumps against simulated truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline.displacement.course import (
    C_BAND_HALF_WAVE_MM,
    Course,
    Kind,
    find_courses,
)
from pipeline.displacement.simulate import (
    Motion,
    Noise,
    days_since_first,
    noise_of_any_kind,
    sentinel1_dates,
    series,
)

DATES = sentinel1_dates(
    "2017-01-01", "2021-12-20", np.random.default_rng(3), missing_fraction=0.05
)
TIME_D = days_since_first(DATES)
YEARS = TIME_D / 365.25
M = len(TIME_D)
N = 200


def simulated(motions: list[Motion], seed: int, missing: float = 0.0) -> Course:
    """Courses of motions, each with noise of the default mix."""
    rng = np.random.default_rng(seed)
    rows = [
        series([one], DATES, noise_of_any_kind(rng), rng, missing_fraction=missing)
        for one in motions
    ]
    return find_courses(np.concatenate(rows), TIME_D)


def broken(change: float, seed: int, missing: float = 0.0) -> tuple[Course, Any]:
    """Courses of lines with one break, and the epochs of these breaks."""
    rng = np.random.default_rng(seed)
    at = rng.integers(40, M - 40, N)
    noise = Noise().draw(TIME_D, N, rng)
    season = 3.0 * np.cos(2 * np.pi * YEARS)
    bend = np.array([np.maximum(TIME_D - TIME_D[k], 0) for k in at]) / 365.25
    rows = noise + season + change * bend
    rows[rng.random(rows.shape) < missing] = np.nan
    return find_courses(rows.astype(np.float32), TIME_D), at


def share(course: Course, kind: Kind) -> float:
    return float((course.kind == str(kind)).mean())


@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_steady_creep_with_a_season_and_correlated_noise_has_no_breaks(missing):
    rng = np.random.default_rng(1)
    motions = [
        Motion(
            velocity_mm_per_yr=rng.normal(0, 15),
            seasonal_mm=rng.uniform(0, 6),
            seasonal_phase_yr=rng.uniform(),
        )
        for _ in range(N)
    ]
    course = simulated(motions, 1, missing)
    assert (course.n_breaks > 0).mean() < 0.03
    assert share(course, Kind.STEADY) > 0.88


@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_dates_of_clear_breaks_are_found_within_two_epochs(missing):
    course, at = broken(80.0, 2, missing)
    off = np.abs(course.break_epoch[:, 0] - at)
    assert ((course.n_breaks == 1) & (off <= 2)).mean() >= 0.9


def test_weaker_breaks_are_found_near_their_dates():
    course, at = broken(30.0, 3)
    off = np.abs(course.break_epoch[:, 0] - at)
    assert (course.n_breaks == 1).mean() > 0.8
    assert np.median(off[course.n_breaks == 1]) <= 3


def test_rates_before_and_after_a_break_are_those_of_the_truth():
    course, _ = broken(80.0, 4)
    one = course.n_breaks == 1
    before, after = np.median(course.slope_mm_per_yr[one, :2], axis=0)
    assert before == pytest.approx(0.0, abs=1.0)
    assert after == pytest.approx(80.0, abs=2.0)


def test_two_breaks_are_told_apart():
    rng = np.random.default_rng(5)
    rest = np.maximum(YEARS - YEARS[90], 0) - np.maximum(YEARS - YEARS[180], 0)
    rows = 60.0 * rest + Noise().draw(TIME_D, 60, rng)
    course = find_courses(rows.astype(np.float32), TIME_D)
    two = course.n_breaks == 2
    assert two.mean() > 0.9
    found = np.median(course.break_epoch[two, :2], axis=0)
    np.testing.assert_allclose(found, [90, 180], atol=1.0)


def test_settlement_is_told_from_creep_and_from_acceleration():
    rng = np.random.default_rng(6)
    settling = [
        Motion(
            consolidation_mm=rng.uniform(30, 100),
            consolidation_yr=rng.uniform(0.3, 1.5),
            seasonal_mm=3,
        )
        for _ in range(N)
    ]
    assert share(simulated(settling, 6), Kind.CONSOLIDATION) > 0.9


def test_acceleration_and_approach_to_failure_are_accelerations():
    rng = np.random.default_rng(7)
    speeding = [
        Motion(velocity_mm_per_yr=-5, acceleration_mm_per_yr2=-rng.uniform(6, 20))
        for _ in range(N)
    ]
    failing = [Motion(failure_d=TIME_D[-1] + rng.uniform(10, 60)) for _ in range(N)]
    assert share(simulated(speeding, 7), Kind.ACCELERATION) > 0.95
    assert share(simulated(failing, 8), Kind.ACCELERATION) > 0.9


def test_jumps_of_half_a_wavelength_are_recognised_and_taken_out():
    rng = np.random.default_rng(9)
    rows = Noise().draw(TIME_D, N, rng)
    for row, k in zip(rows, rng.integers(20, M - 20, N), strict=True):
        row[k:] += C_BAND_HALF_WAVE_MM
    course = find_courses(rows.astype(np.float32), TIME_D)
    assert (course.n_jumps == 1).mean() > 0.95
    assert share(course, Kind.STEADY) > 0.88
    kept = find_courses(rows.astype(np.float32), TIME_D, half_wave_mm=0.0)
    assert kept.n_jumps.sum() == 0


def test_a_step_at_a_given_date_makes_no_breaks():
    rng = np.random.default_rng(10)
    rows = Noise().draw(TIME_D, N, rng) - 15.0 * (TIME_D[150] <= TIME_D)
    rows = rows.astype(np.float32)
    told = find_courses(rows, TIME_D, steps_d=(float(TIME_D[150]),))
    assert share(told, Kind.STEADY) > 0.88
    assert share(find_courses(rows, TIME_D), Kind.STEADY) < 0.5


def test_outliers_do_not_make_breaks():
    rng = np.random.default_rng(11)
    rows = Noise().draw(TIME_D, N, rng)
    rows[rng.random(rows.shape) < 0.03] += 20.0
    course = find_courses(rows.astype(np.float32), TIME_D)
    assert (course.n_breaks > 0).mean() < 0.03
    assert np.median(course.sigma_mm) < 3.5


def test_too_few_values_have_no_known_course():
    rows = np.full((2, M), np.nan, dtype=np.float32)
    rows[1, :12] = 1.0
    assert find_courses(rows, TIME_D).kind.tolist() == ["unknown", "unknown"]
    short = find_courses(np.zeros((1, 10), dtype=np.float32), TIME_D[:10])
    assert short.kind.tolist() == ["unknown"]


def test_the_same_series_always_has_the_same_course():
    one, _ = broken(40.0, 12)
    again, _ = broken(40.0, 12)
    np.testing.assert_array_equal(one.break_epoch, again.break_epoch)
    np.testing.assert_array_equal(one.slope_mm_per_yr, again.slope_mm_per_yr)
