"""Breaks, steps, settlement, acceleration and jumps against simulated truth."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from pipeline.displacement.courses.course import (
    C_BAND_HALF_WAVE_MM,
    Course,
    Kind,
    find_courses,
    without_jumps,
)
from pipeline.displacement.courses.tables import CourseTables, whiten, whiten_back
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
FALSE_RATE = 0.03  # of any course but a line, over the default mix (docs/methods.md)


def courses(rows: Any, time_d: Any = TIME_D, **options: Any) -> Course:
    wave = options.pop("half_wave_mm", C_BAND_HALF_WAVE_MM)
    values = np.asarray(rows, dtype=np.float32)
    return find_courses(values, time_d, half_wave_mm=wave, **options)


def simulated(motions: list[Motion], seed: int, missing: float = 0.0) -> Any:
    """Series of motions, each with noise of the default mix."""
    rng = np.random.default_rng(seed)
    rows = [
        series([one], DATES, noise_of_any_kind(rng), rng, missing_fraction=missing)
        for one in motions
    ]
    return np.concatenate(rows)


def broken(change: float, seed: int, missing: float = 0.0) -> tuple[Any, Any]:
    """Lines with a season and one break, and the epochs of these breaks."""
    rng = np.random.default_rng(seed)
    at = rng.integers(40, M - 40, N)
    noise = Noise().draw(TIME_D, N, rng)
    season = 3.0 * np.cos(2 * np.pi * YEARS)
    bend = np.array([np.maximum(TIME_D - TIME_D[k], 0) for k in at]) / 365.25
    rows = noise + season + change * bend
    rows[rng.random(rows.shape) < missing] = np.nan
    return rows.astype(np.float32), at


def share(course: Course, *kinds: Kind) -> float:
    return float(np.isin(course.kind, [str(kind) for kind in kinds]).mean())


@pytest.mark.parametrize("missing", [0.0, 0.1, 0.3])
def test_noise_on_a_line_and_a_season_has_no_other_course(missing):
    rng = np.random.default_rng(1)
    motions = [
        Motion(
            velocity_mm_per_yr=rng.normal(0, 15),
            seasonal_mm=rng.uniform(0, 6),
            seasonal_phase_yr=rng.uniform(),
        )
        for _ in range(2 * N)
    ]
    course = courses(simulated(motions, 1, missing))
    assert 1.0 - share(course, Kind.STEADY) <= FALSE_RATE
    assert (course.n_breaks > 0).mean() <= 0.01


@pytest.mark.parametrize("noise", [Noise(3, 0, 20), Noise(1, 2, 90), Noise(0.5, 1, 30)])
def test_slow_noise_makes_no_breaks(noise):
    rows = noise.draw(TIME_D, 4 * N, np.random.default_rng(21))
    course = courses(rows)
    assert 1.0 - share(course, Kind.STEADY) <= FALSE_RATE


def test_twelve_day_series_of_two_years_have_no_false_course_either():
    dates = sentinel1_dates("2022-01-01", "2024-01-10", repeat_d=12)
    rng = np.random.default_rng(22)
    rows = [series([Motion()], dates, noise_of_any_kind(rng), rng) for _ in range(400)]
    course = courses(np.concatenate(rows), days_since_first(dates))
    assert 1.0 - share(course, Kind.STEADY) <= FALSE_RATE


@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_dates_of_clear_breaks_are_found_within_two_epochs(missing):
    rows, at = broken(80.0, 2, missing)
    course = courses(rows)
    off = np.abs(course.break_epoch[:, 0] - at)
    assert ((course.n_breaks == 1) & (off <= 2)).mean() >= 0.93


def test_dates_of_weaker_breaks_are_near_what_the_noise_allows():
    # known noise, flat prior: 76 % within two epochs (benchmarks/course.py)
    rows, at = broken(40.0, 3)
    course = courses(rows)
    off = np.abs(course.break_epoch[:, 0] - at)
    assert ((course.n_breaks == 1) & (off <= 2)).mean() >= 0.66


def test_the_range_of_a_break_date_holds_it_in_95_percent():
    rows, at = broken(30.0, 4)
    course = courses(rows)
    one = course.n_breaks == 1
    low, high = course.break_low_epoch[one, 0], course.break_high_epoch[one, 0]
    held = (low <= at[one]) & (at[one] <= high)
    assert one.mean() > 0.9
    assert 0.88 <= held.mean() <= 1.0
    best = course.break_epoch[one, 0]
    assert ((low <= best) & (best <= high)).all()


def test_rates_before_and_after_a_break_are_those_of_the_truth():
    course = courses(broken(80.0, 4)[0])
    one = course.n_breaks == 1
    before, after = np.median(course.slope_mm_per_yr[one, :2], axis=0)
    assert before == pytest.approx(0.0, abs=1.0)
    assert after == pytest.approx(80.0, abs=2.0)
    assert np.isnan(course.slope_mm_per_yr[one, 2:]).all()


def test_two_breaks_are_told_apart():
    rng = np.random.default_rng(5)
    rest = np.maximum(YEARS - YEARS[90], 0) - np.maximum(YEARS - YEARS[180], 0)
    course = courses(60.0 * rest + Noise().draw(TIME_D, 60, rng))
    two = course.n_breaks == 2
    assert two.mean() > 0.9
    found = np.median(course.break_epoch[two, :2], axis=0)
    np.testing.assert_allclose(found, [90, 180], atol=1.0)


def test_a_step_is_told_from_a_change_of_rate():
    rng = np.random.default_rng(23)
    at = rng.integers(40, M - 40, N)
    step = -12.0 * (np.arange(M)[None, :] >= at[:, None])
    course = courses(Noise().draw(TIME_D, N, rng) + step)
    assert share(course, Kind.STEPS) > 0.9
    assert (course.n_breaks > 0).mean() < 0.03
    one = course.n_steps == 1
    assert (np.abs(course.step_epoch[one, 0] - at[one]) <= 2).mean() > 0.9
    off = np.abs(course.step_mm[one, 0] + 12.0) / course.step_error_mm[one, 0]
    assert 0.85 < (off < 1.96).mean() <= 1.0
    assert course.n_jumps.sum() == 0


def test_a_break_and_a_step_in_one_series_are_both_found():
    rng = np.random.default_rng(24)
    truth = 60.0 * np.maximum(YEARS - YEARS[100], 0) - 15.0 * (np.arange(M) >= 200)
    course = courses(truth + Noise(1.5, 0.5, 20).draw(TIME_D, 60, rng))
    both = (course.n_breaks == 1) & (course.n_steps == 1)
    assert both.mean() > 0.9
    assert np.median(course.step_epoch[both, 0]) == pytest.approx(200, abs=1)
    assert np.median(course.break_epoch[both, 0]) == pytest.approx(100, abs=1)


def test_settlement_is_told_from_creep_breaks_and_acceleration():
    rng = np.random.default_rng(6)
    settling = [
        Motion(
            consolidation_mm=rng.uniform(30, 100),
            consolidation_yr=rng.uniform(0.3, 1.5),
            seasonal_mm=3,
        )
        for _ in range(N)
    ]
    course = courses(simulated(settling, 6))
    assert share(course, Kind.CONSOLIDATION) > 0.9
    assert share(course, Kind.ACCELERATION, Kind.STEADY) == 0.0


def test_logarithmic_settlement_is_a_settlement():
    noise = simulated([Motion()] * N, 25)
    course = courses(noise - 40.0 * np.log1p(YEARS / 0.3))
    assert share(course, Kind.CONSOLIDATION) > 0.95


def test_a_weak_settlement_is_never_an_acceleration():
    rng = np.random.default_rng(26)
    weak = [
        Motion(
            consolidation_mm=rng.uniform(8, 30), consolidation_yr=rng.uniform(0.3, 1.5)
        )
        for _ in range(N)
    ]
    assert share(courses(simulated(weak, 26)), Kind.ACCELERATION) <= 0.01


def test_acceleration_and_approach_to_failure_are_accelerations():
    rng = np.random.default_rng(7)
    speeding = [
        Motion(velocity_mm_per_yr=-5, acceleration_mm_per_yr2=-rng.uniform(6, 20))
        for _ in range(N)
    ]
    failing = [Motion(failure_d=TIME_D[-1] + rng.uniform(10, 60)) for _ in range(N)]
    late = [
        Motion(
            failure_d=TIME_D[-1] + rng.uniform(5, 12),
            failure_onset_d=TIME_D[-1] - 150.0,
            failure_rate_per_mm=0.05,
        )
        for _ in range(N)
    ]
    assert share(courses(simulated(speeding, 7)), Kind.ACCELERATION) > 0.95
    assert share(courses(simulated(failing, 8)), Kind.ACCELERATION) > 0.95
    assert share(courses(simulated(late, 9)), Kind.ACCELERATION) > 0.95


@pytest.mark.parametrize("span_d", [560.0, 800.0, 1900.0])
@pytest.mark.parametrize("phase_yr", [0.0, 0.25, 0.5, 0.75])
def test_a_season_is_neither_acceleration_nor_break(phase_yr, span_d):
    known = span_d >= TIME_D
    motion = Motion(seasonal_mm=12.0, seasonal_phase_yr=phase_yr)
    rows = simulated([motion] * N, int(span_d))[:, known]
    course = courses(rows, TIME_D[known])
    without = courses(simulated([Motion()] * N, int(span_d))[:, known], TIME_D[known])
    same_places(course, without)
    assert share(course, Kind.STEADY) > 0.9


def test_a_season_of_another_shape_in_each_year_makes_hardly_any_break():
    rng = np.random.default_rng(27)
    size = rng.uniform(3, 8, (N, 6))[:, YEARS.astype(int)]
    thaw = 6.0 * np.clip(np.sin(2 * np.pi * YEARS), 0.3, None)
    noise = simulated([Motion()] * N, 27)
    course = courses(noise + size * np.cos(2 * np.pi * YEARS) + thaw)
    assert 1.0 - share(course, Kind.STEADY) <= 0.06
    assert share(course, Kind.ACCELERATION) <= 0.01


def test_winters_without_values_and_an_outage_make_no_course():
    rng = np.random.default_rng(31)
    dates = sentinel1_dates(
        "2019-01-01", "2023-12-31", rng, missing_fraction=0.1, repeat_d=12, outage_d=120
    )
    motion = Motion(velocity_mm_per_yr=-6.0, seasonal_mm=5.0, seasonal_phase_yr=0.1)
    rows = [
        series([motion], dates, noise_of_any_kind(rng), rng, winter_loss_fraction=0.7)
        for _ in range(2 * N)
    ]
    course = courses(np.concatenate(rows), days_since_first(dates))
    assert 1.0 - share(course, Kind.STEADY) <= FALSE_RATE


def test_in_less_than_a_year_and_a_half_a_course_is_not_known():
    known = TIME_D < 540.0
    rows = np.tile(20.0 * YEARS[known] ** 2, (3, 1))
    assert courses(rows, TIME_D[known]).kind.tolist() == ["unknown"] * 3


@pytest.mark.parametrize("rate", [0.0, -60.0])
def test_jumps_of_half_a_wavelength_are_recognised_and_taken_out(rate):
    rng = np.random.default_rng(9)
    at, turns = rng.integers(20, M - 20, N), rng.choice([-2.0, -1.0, 1.0, 2.0], N)
    clean = Noise().draw(TIME_D, N, rng) + rate * YEARS
    size = turns * C_BAND_HALF_WAVE_MM
    rows = clean + size[:, None] * (np.arange(M)[None, :] >= at[:, None])
    rows = rows.astype(np.float32)
    course = courses(rows)
    one = course.n_jumps == 1
    assert one.mean() > 0.95
    np.testing.assert_array_equal(course.jump_epoch[one, 0], at[one])
    np.testing.assert_allclose(course.jump_mm[one, 0], size[one])
    assert share(course, Kind.STEADY) > 0.95
    mended = without_jumps(rows, course)
    np.testing.assert_allclose(mended[one], clean[one], atol=1e-3)
    assert rows[0, -1] == pytest.approx(clean[0, -1] + size[0], abs=1e-3)


@pytest.mark.parametrize("half_wave_mm", [15.5, 27.73288, 118.0])
def test_jumps_have_the_size_of_the_wavelength_at_hand(half_wave_mm):
    rng = np.random.default_rng(28)
    rows = Noise(1.0, 0.5, 30).draw(TIME_D, 50, rng)
    rows[:, 150:] += half_wave_mm
    course = courses(rows, half_wave_mm=half_wave_mm)
    assert (course.n_jumps == 1).mean() > 0.95
    other = courses(rows, half_wave_mm=1.4 * half_wave_mm)
    assert other.n_jumps.sum() == 0
    assert (other.n_steps >= 1).mean() > 0.95


@pytest.mark.parametrize(
    ("white_mm", "red_mm", "taken_of_18", "taken_of_36"),
    [(1.0, 0.5, 0.0, 0.02), (2.0, 1.0, 0.06, 0.12), (4.0, 1.5, 0.16, 0.27)],
)
def test_a_slip_of_another_size_is_hardly_taken_for_a_jump(
    white_mm, red_mm, taken_of_18, taken_of_36
):
    rng = np.random.default_rng(41)
    noise = Noise(white_mm, red_mm, 40.0)
    for slip, most in ((18.0, taken_of_18), (36.0, taken_of_36)):
        rows = noise.draw(TIME_D, N, rng)
        for row, at in zip(rows, rng.integers(20, M - 20, N), strict=True):
            row[at:] -= slip
        assert (courses(rows).n_jumps > 0).mean() <= most


def test_without_a_wavelength_a_jump_is_a_step_of_unknown_cause():
    rng = np.random.default_rng(29)
    rows = Noise().draw(TIME_D, 50, rng)
    rows[:, 150:] += C_BAND_HALF_WAVE_MM
    course = courses(rows, half_wave_mm=None)
    assert course.n_jumps.sum() == 0
    assert (course.n_steps == 1).mean() > 0.95
    np.testing.assert_array_equal(without_jumps(rows, course), rows.astype(np.float32))


def test_fast_motion_is_no_jump():
    rng = np.random.default_rng(30)
    failing = [
        Motion(
            failure_d=TIME_D[-1] + 6.0,
            failure_onset_d=TIME_D[-1] - rng.uniform(60, 300),
            failure_rate_per_mm=0.03,
        )
        for _ in range(N)
    ]
    assert (courses(simulated(failing, 30)).n_jumps > 0).mean() <= 0.02


def test_a_step_at_a_given_date_is_part_of_the_line():
    rng = np.random.default_rng(10)
    rows = Noise().draw(TIME_D, N, rng) - 15.0 * (TIME_D[150] <= TIME_D)
    told = courses(rows, steps_d=(float(TIME_D[150]),))
    assert share(told, Kind.STEADY) > 0.95
    assert share(courses(rows), Kind.STEPS) > 0.95


@pytest.mark.parametrize("spread_mm", [20.0, 60.0])
def test_outliers_make_no_course(spread_mm):
    rng = np.random.default_rng(11)
    rows = Noise().draw(TIME_D, 2 * N, rng)
    hit = rng.random(rows.shape) < 0.04
    rows[hit] += rng.normal(0.0, spread_mm, hit.sum())
    course = courses(rows)
    assert 1.0 - share(course, Kind.STEADY) <= FALSE_RATE
    assert np.median(course.sigma_mm) == pytest.approx(2.5, abs=0.3)


def test_outliers_do_not_move_a_break():
    rows, at = broken(80.0, 12)
    rng = np.random.default_rng(12)
    rows[rng.random(rows.shape) < 0.03] += 30.0
    course = courses(rows)
    off = np.abs(course.break_epoch[:, 0] - at)
    assert ((course.n_breaks == 1) & (off <= 2)).mean() >= 0.88


def mixed(seed: int, missing: float = 0.05) -> Any:
    """Some series of every kind."""
    rng = np.random.default_rng(seed)
    half = TIME_D[-1] / 2
    motions = [
        Motion(velocity_mm_per_yr=-8),
        Motion(break_d=half, break_mm_per_yr=60),
        Motion(consolidation_mm=70),
        Motion(acceleration_mm_per_yr2=-15),
        Motion(step_mm=-14, step_d=half),
        Motion(failure_d=TIME_D[-1] + 20),
    ]
    noise = Noise(1.5, 0.7, 30)
    return series(motions * 5, DATES, noise, rng, missing_fraction=missing)


def same_places(one: Course, two: Course) -> None:
    np.testing.assert_array_equal(one.kind, two.kind)
    np.testing.assert_array_equal(one.break_epoch, two.break_epoch)
    np.testing.assert_array_equal(one.step_epoch, two.step_epoch)
    np.testing.assert_array_equal(one.jump_epoch, two.jump_epoch)


def test_adding_a_constant_changes_nothing():
    rows = mixed(40)
    one, two = courses(rows), courses(rows + 500.0)
    same_places(one, two)
    np.testing.assert_allclose(one.slope_mm_per_yr, two.slope_mm_per_yr, atol=0.01)


def test_adding_a_season_changes_no_kind_and_no_rate():
    rows = mixed(41)
    one, two = courses(rows), courses(rows + 3.0 * np.sin(2 * np.pi * YEARS + 0.4))
    assert (one.kind == two.kind).mean() > 0.95
    np.testing.assert_array_equal(one.n_breaks, two.n_breaks)


def test_turning_the_sign_turns_the_rates():
    rows = mixed(42)
    one, two = courses(rows), courses(-rows)
    same_places(one, two)
    np.testing.assert_allclose(one.slope_mm_per_yr, -two.slope_mm_per_yr, atol=1e-6)
    np.testing.assert_allclose(one.step_mm, -two.step_mm, atol=1e-6)


def test_scaling_the_values_scales_the_rates():
    rows = mixed(43)
    one = courses(rows, half_wave_mm=None)
    two = courses(3.0 * rows, half_wave_mm=None)
    same_places(one, two)
    np.testing.assert_allclose(
        3.0 * one.slope_mm_per_yr, two.slope_mm_per_yr, rtol=1e-4, atol=1e-3
    )
    np.testing.assert_allclose(3.0 * one.sigma_mm, two.sigma_mm, rtol=1e-4)


def test_the_origin_of_time_does_not_matter():
    rows = mixed(44)
    one, two = courses(rows), courses(rows, TIME_D + 4000.0)
    same_places(one, two)


def test_a_series_does_not_depend_on_its_company_or_on_threads():
    rows = np.concatenate([mixed(45), mixed(46)] * 60)
    whole = courses(rows, n_threads=1)
    pair = courses(rows, n_threads=2)
    some = courses(rows[17:19])
    for field in fields(Course):
        value = getattr(whole, field.name)
        np.testing.assert_array_equal(value, getattr(pair, field.name))
        np.testing.assert_array_equal(value[17:19], getattr(some, field.name))


def test_dask_gives_the_same_courses():
    distributed = pytest.importorskip("distributed")
    rows = np.concatenate([mixed(47)] * 4)
    alone = courses(rows)
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        parts = client.map(courses, [rows[:50], rows[50:]], pure=False)
        found = client.gather(parts)
    for field in fields(Course):
        both = np.concatenate([getattr(part, field.name) for part in found])
        np.testing.assert_array_equal(getattr(alone, field.name), both)


def test_too_few_values_have_no_known_course():
    rows = np.full((3, M), np.nan, dtype=np.float32)
    rows[1, :12] = 1.0
    rows[2, ::11] = 1.0
    assert courses(rows).kind.tolist() == ["unknown"] * 3
    short = courses(np.zeros((1, 10)), TIME_D[:10])
    assert short.kind.tolist() == ["unknown"]
    assert courses(np.zeros((0, M))).kind.shape == (0,)


def test_stated_steps_outside_the_series_and_infinite_values_do_no_harm():
    rows = Noise().draw(TIME_D, 5, np.random.default_rng(50)).astype(np.float32)
    alone = courses(rows)
    far = courses(rows, steps_d=(-50.0, 0.0, 99_999.0))
    np.testing.assert_array_equal(alone.slope_mm_per_yr, far.slope_mm_per_yr)
    gone, infinite = rows.copy(), rows.copy()
    gone[:, 40], infinite[:, 40] = np.nan, np.inf
    np.testing.assert_array_equal(
        courses(gone).slope_mm_per_yr, courses(infinite).slope_mm_per_yr
    )


def test_constant_series_are_steady():
    course = courses(np.zeros((2, M)))
    assert course.kind.tolist() == ["steady", "steady"]
    np.testing.assert_allclose(course.slope_mm_per_yr[:, 0], 0.0, atol=1e-9)


def test_filters_make_their_noise_white():
    tables = CourseTables(TIME_D, ())
    filters, k = tables.filters, 5
    gap = np.abs(TIME_D[:, None] - TIME_D[None, :])
    white = filters.white[k]
    noise = white * np.eye(M) + (1.0 - white) * np.exp(-gap / filters.tau[k])
    one = (filters.keep[k], filters.take[k], filters.scale[k])
    root = whiten(np.eye(M), *one)
    np.testing.assert_allclose(root @ noise @ root.T, np.eye(M), atol=1e-9)
    np.testing.assert_allclose(whiten_back(np.eye(M), *one), root.T, atol=1e-12)
    size = np.linalg.slogdet(noise)[1]
    assert -2.0 * np.log(filters.scale[k]).sum() == pytest.approx(size, abs=1e-8)
