"""Rules of the watch levels on simulated facilities with known answers."""

from __future__ import annotations

import datetime
from collections import Counter
from typing import Any

import numba
import numpy as np
import pytest

from pipeline.displacement import simulate
from pipeline.displacement.analysis import analyse, fit_source
from pipeline.displacement.places import Place
from pipeline.displacement.simulate import Motion, Noise
from pipeline.displacement.warning import replay, rules

N = 36
NOISE = Noise(1.5, 1.0, 30.0)


@pytest.fixture
def judge(make_series, area, methods) -> Any:
    """Facility row of simulated points; all points move alike unless told otherwise."""

    def run(
        motions: Any,
        *,
        seed: int = 1,
        first: str = "2022-01-03",
        last: str = "2024-12-25",
        noise: Noise = NOISE,
        gap: float = 0.0,
        **changes: Any,
    ) -> Any:
        rng = np.random.default_rng(seed)
        dates = simulate.sentinel1_dates(first, last)
        moving = [motions] * N if isinstance(motions, Motion) else motions
        values = simulate.series(moving, dates, noise, rng, missing_fraction=gap)
        source = fit_source(make_series(values, dates, **changes), methods)
        day = datetime.date.fromisoformat(last)
        return analyse([source], (Place(area, methods),), day).facilities[0]

    return run


def days_to(first: str, last: str) -> float:
    dates = simulate.sentinel1_dates(first, last)
    return float(simulate.days_since_first(dates)[-1])


def test_a_quiet_place_is_green_and_says_what_green_is_not(judge):
    row = judge(Motion(seasonal_mm=4.0))
    assert row["watch_level"] == "green"
    assert "no_signal_is_no_proof" in row["watch_reason"]
    assert row["status"] == "measured"
    assert row["needs_confirmation"] is False


def test_quiet_places_raise_hardly_any_alarm(judge):
    levels = Counter(
        judge(Motion(seasonal_mm=3.0), seed=seed)["watch_level"] for seed in range(20)
    )
    assert levels["green"] >= 19


@pytest.mark.parametrize(
    ("rate", "level"),
    [(-5.0, "green"), (-25.0, "yellow"), (25.0, "yellow"), (-70, "amber")],
)
def test_steady_creep_has_the_level_of_its_rate(judge, rate, level):
    row = judge(Motion(velocity_mm_per_yr=rate, seasonal_mm=2.0))
    assert row["watch_level"] == level
    assert row["velocity_median_mm_per_yr"] == pytest.approx(rate, abs=0.5)
    assert row["forecast_date"] if level == "red" else "forecast_date" not in row


def test_values_missing_at_random_change_no_level(judge):
    row = judge(Motion(velocity_mm_per_yr=-25.0), gap=0.15)
    assert row["watch_level"] == "yellow"


def test_a_settlement_that_decays_is_no_acceleration(judge):
    motion = Motion(consolidation_mm=60.0, consolidation_yr=1.2)
    row = judge(motion, first="2021-01-03")
    assert "acceleration|" not in row["watch_reason"]
    assert row["watch_level"] in ("green", "yellow")


def test_motion_that_speeds_up_is_amber(judge):
    row = judge(Motion(acceleration_mm_per_yr2=-12.0))
    assert row["watch_level"] == "amber"
    assert "acceleration|" in row["watch_reason"]


def test_a_jump_that_stays_is_yellow_after_three_epochs(judge):
    last = days_to("2022-01-03", "2024-12-25")
    for epochs_after, level in ((2, "green"), (3, "yellow")):
        jump = Motion(step_mm=-12.0, step_d=last - 12.0 * (epochs_after - 1) - 1.0)
        row = judge(jump, noise=Noise(1.0, 0.3, 20.0))
        assert row["watch_level"] == level, row["watch_reason"]


def test_the_way_to_failure_goes_from_green_over_amber_to_red(judge):
    failure_d = days_to("2022-01-03", "2024-12-25") + 30.0
    motion = Motion(failure_d=failure_d, failure_rate_per_mm=0.06)
    quiet = Noise(0.3, 0.1, 20.0)
    levels = [
        judge(motion, last=last, noise=quiet)["watch_level"]
        for last in ("2023-02-01", "2024-10-20", "2024-12-25")
    ]
    assert levels[0] == "green"
    assert levels[1] in ("yellow", "amber")
    assert levels[2] == "red"


def test_red_asks_for_a_person_and_gives_the_date_with_its_range(judge):
    failure_d = days_to("2022-01-03", "2024-12-25") + 30.0
    row = judge(
        Motion(failure_d=failure_d, failure_rate_per_mm=0.06),
        noise=Noise(0.3, 0.1, 20.0),
    )
    true_day = np.datetime64("2022-01-03") + np.timedelta64(int(failure_d), "D")
    off = abs((np.datetime64(row["forecast_date"]) - true_day).astype(int))
    assert row["needs_confirmation"] is True
    assert ";confirm;" in row["watch_reason"]
    assert row["forecast_low_date"] <= row["forecast_date"] <= row["forecast_high_date"]
    assert off <= 15


def test_very_fast_motion_is_red_by_its_speed(judge):
    failure_d = days_to("2022-01-03", "2024-12-25") + 5.0
    row = judge(Motion(failure_d=failure_d, failure_rate_per_mm=0.006))
    assert row["watch_level"] == "red"
    assert "|limit_mm_per_d=5|n_epochs=5" in row["watch_reason"]


def test_recent_speed_is_the_slope_of_the_newest_epochs():
    time_d = np.arange(30) * 12.0
    ramp = -8.0 * np.maximum(time_d - time_d[-1] + 60.0, 0.0)
    speed, error = rules.recent_speeds(ramp[None].astype(np.float32), time_d, 5)
    assert speed == pytest.approx([-8.0], abs=1e-4)
    assert error == pytest.approx([0.0], abs=1e-4)


def test_a_few_odd_points_raise_nothing(judge):
    motions = [Motion()] * N
    for k in (3, 17, 32):
        motions[k] = Motion(velocity_mm_per_yr=-40.0)
    assert judge(motions)["watch_level"] == "green"


def test_a_moving_patch_among_quiet_points_is_seen(judge):
    motions = [Motion()] * N
    for k in (14, 15, 20, 21, 22, 16):
        motions[k] = Motion(velocity_mm_per_yr=-30.0)
    assert judge(motions)["watch_level"] == "yellow"


def test_epochs_taken_apart_are_the_newest_and_no_nearer_than_asked():
    time_d = np.array([0.0, 6.0, 12.0, 18.0, 30.0, 36.0])
    assert rules.apart(time_d, 12.0).tolist() == [1, 3, 5]
    assert np.diff(time_d[rules.apart(time_d, 12.0)]).min() >= 12.0
    assert rules.apart(time_d, 1.0).tolist() == list(range(6))


def test_interpolated_series_are_judged_by_their_rate_alone(judge):
    row = judge(Motion(acceleration_mm_per_yr2=-5.0), is_interpolated=True)
    assert "acceleration|" not in row["watch_reason"]
    assert "departure|" not in row["watch_reason"]


def test_unknown_direction_is_no_geometry_and_never_green(judge):
    los = (np.nan, np.nan, np.nan)
    quiet = judge(Motion(), los=los)
    assert (quiet["status"], quiet["watch_level"]) == ("no_geometry", "not_assessed")
    fast = judge(Motion(velocity_mm_per_yr=-25.0), los=los)
    assert (fast["status"], fast["watch_level"]) == ("no_geometry", "yellow")


def test_benjamini_and_hochberg_by_hand():
    p = np.array([0.01, 0.04, 0.03, 0.005, 0.5])
    # sorted 0.005, 0.01, 0.03, 0.04, 0.5 against 0.01, 0.02, 0.03, 0.04, 0.05
    assert rules.benjamini_hochberg(p, 0.05).tolist() == [True] * 4 + [False]
    assert not rules.benjamini_hochberg(np.array([0.2, 0.9]), 0.05).any()
    assert rules.benjamini_hochberg(np.array([]), 0.05).tolist() == []


def test_departures_are_measured_in_sigma_of_the_forecast():
    rng = np.random.default_rng(3)
    time_d = np.arange(100) * 12.0
    values = rng.normal(0, 2.0, (400, 100)).astype(np.float32)
    z = rules.departures_sigma(values, time_d, 3)
    assert z.std() == pytest.approx(1.0, abs=0.06)
    values[:, -3:] += 20.0
    assert rules.departed(rules.departures_sigma(values, time_d, 3), 3.0).mean() > 0.99


def test_departures_are_those_of_a_least_squares_fit_to_each_series():
    rng = np.random.default_rng(4)
    time_d = np.cumsum(rng.choice([6.0, 12.0, 24.0], 90))
    time_d -= time_d[0]
    values = rng.normal(300.0, 2.0, (20, 90)).astype(np.float32)
    values[rng.random(values.shape) < 0.1] = np.nan
    values[0, 5:] = np.nan  # no degree of freedom is left
    values[1, :-1] = np.nan
    z = rules.departures_sigma(values, time_d, 3)
    assert np.isnan(z[:2]).all()
    years = (time_d - 0.5 * time_d[-1]) / 365.25
    phase = 2.0 * np.pi * years
    design = np.column_stack([np.ones(90), np.cos(phase), np.sin(phase), years])
    for row, found in zip(values[2:].astype(float), z[2:], strict=True):
        old = np.flatnonzero(~np.isnan(row[:-3]))
        terms, squares, _, _ = np.linalg.lstsq(design[old], row[old], rcond=None)
        inverse = np.linalg.inv(design[old].T @ design[old])
        for back in range(3):
            x = design[87 + back]
            error = np.sqrt(squares[0] / (len(old) - 4) * (1.0 + x @ inverse @ x))
            expected = (row[87 + back] - x @ terms) / error
            assert found[back] == pytest.approx(expected, rel=1e-9, nan_ok=True)


def test_a_missing_newest_epoch_is_no_departure():
    values = np.random.default_rng(3).normal(0, 1, (2, 60)).astype(np.float32)
    values[:, -3:] += 50.0
    values[0, -1] = np.nan
    z = rules.departures_sigma(values, np.arange(60) * 12.0, 3)
    assert rules.departed(z, 3.0).tolist() == [False, True]


@pytest.mark.parametrize(
    ("mean", "acceleration", "recent", "expected"),
    [
        (-10.0, -5.0, -20.0, True),
        (-10.0, 5.0, -3.0, False),  # slows down
        (-10.0, 5.0, 2.0, False),  # came to rest and creeps back
        (-10.0, -1.0, -11.0, False),  # below the least acceleration
        (0.0, 5.0, 6.0, True),
    ],
)
def test_speeding_up_means_faster_than_before(mean, acceleration, recent, expected):
    found = rules.speeding_up(
        np.array([mean]),
        np.array([acceleration]),
        np.array([0.2]),
        np.array([recent]),
        0.05,
        2.0,
    )
    assert found.tolist() == [expected]


def test_few_points_are_judged_on_one_thread_and_the_others_are_given_back(
    make_series, area, methods, monkeypatch
):
    before, inside = numba.get_num_threads(), []

    def fails(*_: Any) -> None:
        inside.append(numba.get_num_threads())
        raise RuntimeError

    monkeypatch.setattr(replay, "_judged", fails)
    dates = simulate.sentinel1_dates("2024-01-01", "2024-06-01")
    series = make_series(np.zeros((4, len(dates))), dates)
    with pytest.raises(RuntimeError):
        replay.judge_days(Place(area, methods), [series], [], None)
    assert inside == [1]
    assert numba.get_num_threads() == before
