"""Kinks under correlated noise, against dense generalised least squares."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.displacement import simulate
from pipeline.displacement.simulate import Noise
from pipeline.displacement.warning.speedup import (
    WINDOWS,
    are_rather_steps,
    find_kinks,
)

PAIRS = [(1.0, 1.0)] + [(t, w) for t in (15.0, 40.0, 100.0) for w in (0.0, 0.35, 0.7)]
YEAR = 365.25


@pytest.fixture
def series() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Twelve stacks of irregular epochs, every other one with a kink at its end."""
    rng = np.random.default_rng(3)
    dates = simulate.sentinel1_dates(
        "2021-01-03", "2023-12-25", rng, missing_fraction=0.1
    )
    time = simulate.days_since_first(dates)
    rows = Noise(1.0, 1.0, 40.0).draw(time, 12, rng)
    rows[::2] -= 0.15 * np.maximum(time - time[-9], 0.0)
    return rows, time


def dense(
    y: NDArray[np.float64], time: NDArray[np.float64], shape: NDArray[np.float64]
) -> tuple[float, float, float, float]:
    """Change, rate before, error, log of the mean likelihood, by covariances."""
    t = (time - time[0]) / YEAR
    season = [np.cos(2 * np.pi * t), np.sin(2 * np.pi * t)]
    design = np.column_stack([np.ones_like(t), t, *season, shape])
    n, p = design.shape
    apart = np.abs(time[:, None] - time)
    answers = []
    for tau, white in PAIRS:
        matrix = white * np.eye(n) + (1.0 - white) * np.exp(-apart / tau)
        inverse = np.linalg.inv(matrix)
        normal = design.T @ inverse @ design
        terms = np.linalg.solve(normal, design.T @ inverse @ y)
        rest = y - design @ terms
        sigma2 = rest @ inverse @ rest / (n - p)
        likelihood = -0.5 * (
            (n - p) * np.log(sigma2)
            + np.linalg.slogdet(matrix)[1]
            + np.linalg.slogdet(normal)[1]
        )
        error2 = sigma2 * np.linalg.inv(normal)[-1, -1]
        answers.append((terms[-1], terms[1], error2, likelihood))
    change, before, error2, likelihood = np.array(answers).T
    weight = np.exp(likelihood - likelihood.max())
    weight /= weight.sum()
    mean = weight @ change
    error = np.sqrt(weight @ (error2 + (change - mean) ** 2))
    mean_likelihood = np.logaddexp.reduce(likelihood) - np.log(len(PAIRS))
    return mean, weight @ before, error, float(mean_likelihood)


def test_kinks_are_those_of_dense_generalised_least_squares(series):
    rows, time = series
    found = find_kinks(rows, time, 2)
    for k, y in enumerate(rows):
        scores = {}
        for window in WINDOWS:
            start = time[len(time) - 1 - window]
            hinge = np.maximum(time - start, 0.0) / YEAR
            change, before, error, _ = dense(y, time, hinge)
            after = before + change
            faster = change * after > 0 and abs(after) > abs(before)
            scores[window] = abs(change) / error * faster, change, before, start
        window = max(scores, key=lambda w: scores[w][0])
        score, change, before, start = scores[window]
        assert found.score[k, 0] == pytest.approx(score, rel=1e-6)
        if score == 0.0:
            assert found.window[k] == 0
            continue
        assert found.window[k] == window
        assert found.change_mm_per_yr[k] == pytest.approx(change, rel=1e-6)
        assert found.before_mm_per_yr[k] == pytest.approx(before, rel=1e-6)
        assert found.excess_mm[k] == pytest.approx(change * (time[-1] - start) / YEAR)
        hinge = np.maximum(time[:-1] - start, 0.0) / YEAR
        earlier, before, error, _ = dense(y[:-1], time[:-1], hinge)
        after = before + earlier
        same = earlier * change > 0 and earlier * after > 0
        same = same and abs(after) > abs(before)
        assert found.score[k, 1] == pytest.approx(abs(earlier) / error * same)


def test_the_epoch_before_is_judged_as_if_it_were_the_newest(series):
    rows, time = series
    both = find_kinks(rows, time, 2, (8,))
    before = find_kinks(rows[:, :-1], time[:-1], 1, (7,))
    same = both.change_mm_per_yr * before.change_mm_per_yr > 0.0
    assert same.sum() >= 6
    np.testing.assert_allclose(both.score[same, 1], before.score[same, 0], rtol=1e-9)


def test_the_clearest_of_few_windows_is_one_of_them(series):
    rows, time = series
    found = find_kinks(rows, time, 1, (5, 12))
    assert set(found.window.tolist()) <= {0, 5, 12}
    single = [find_kinks(rows, time, 1, (w,)).score[:, 0] for w in (5, 12)]
    np.testing.assert_allclose(found.score[:, 0], np.max(single, axis=0), rtol=1e-12)


def test_short_series_and_no_stacks_have_no_kinks(series):
    rows, time = series
    assert not find_kinks(rows[:, :29], time[:29], 2).score.any()
    assert find_kinks(rows[:0], time, 2).score.shape == (0, 2)


def test_steps_and_kinks_are_told_by_their_likelihood_alone(series):
    rows, time = series
    step = rows[1::2] + 12.0 * (time >= time[-5])
    kink = rows[1::2] + 0.25 * np.maximum(time - time[-9], 0.0)
    assert are_rather_steps(step, time).all()
    assert not are_rather_steps(kink, time).any()
