"""Find neighbourhoods that speed up now, beyond what their own noise explains.

A parabola over years hardly bends for the last weeks before a failure. Here the series
of neighbouring cells are stacked, and a kink is looked for: a change of slope that
begins some epochs before the newest one, on top of line and season,

    d(t) = line + season + b max(0, t - t_w) + noise.

The error of b comes from the stack itself: white plus first-order autoregressive noise
on a grid of pairs, weighted with the restricted likelihood, so that noise which all
points share (atmosphere) and noise that is correlated in time widen it. ``score`` is b
over its error, at the best of several t_w, and only where the motion gets faster: a
settlement that decays has a kink too.

Method: docs/methods.md, "Watch level".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.displacement.fit.trend import DAYS_PER_YEAR, MINIMUM_SEASONAL_SPAN_D
from pipeline.displacement.warning.kink_kernel import (
    Filters,
    best_likelihoods,
    filters_of,
    weigh,
)

WINDOWS: Final = (3, 5, 8, 12, 18)
"""Epochs since the kink (P)."""
LONGEST_D: Final = 4.0 * DAYS_PER_YEAR
"""Older epochs do not enter (P): a line seldom holds longer."""
FEWEST_EPOCHS: Final = 30
FEWEST_REST: Final = 10
_EVERY: Final = 3  # pairs of noise that are tried for a step
_TAU_D: Final = (15.0, 40.0, 100.0)
_WHITE: Final = (0.0, 0.35, 0.7)


@dataclass(frozen=True, slots=True)
class Kinks:
    """Best kink of n stacks at the newest epoch, and at those before it.

    Attributes
    ----------
    score
        Shape (n, e). Change of rate over its error, signed so that faster is positive;
        column 0 is the newest epoch, column j the one j epochs earlier, with the same
        beginning of the kink.
    change_mm_per_yr, before_mm_per_yr
        Shape (n,). Change of the rate, and the rate before it.
    window
        Shape (n,). Number of epochs since the kink began; 0 where there is no answer.
    excess_mm
        Shape (n,). Displacement of the newest epoch beyond line and season.
    """

    score: NDArray[np.float64]
    change_mm_per_yr: NDArray[np.float64]
    before_mm_per_yr: NDArray[np.float64]
    window: NDArray[np.int64]
    excess_mm: NDArray[np.float64]


def no_kinks(n: int, n_back: int) -> Kinks:
    """Answer where series are too short to tell a kink from a season."""
    zero = np.zeros(n)
    return Kinks(
        np.zeros((n, n_back)), zero, zero.copy(), np.zeros(n, np.int64), zero.copy()
    )


def find_kinks(
    stack_mm: NDArray[np.float64],
    time_d: NDArray[np.float64],
    n_back: int,
    choices: tuple[int, ...] = WINDOWS,
) -> Kinks:
    """Find the best kink of every stack.

    Parameters
    ----------
    stack_mm
        Shape (n, m). No gaps; line and season may or may not have been taken out.
    time_d
        Shape (m,). Days, increasing.
    n_back
        At how many of the newest epochs the score is wanted.
    choices
        Epochs since the kink among which the best is taken.
    """
    recent = time_d >= time_d[-1] - LONGEST_D
    time, rows = time_d[recent], np.ascontiguousarray(stack_mm[:, recent])
    n, m = rows.shape
    if m < FEWEST_EPOCHS or time[-1] - time[0] < MINIMUM_SEASONAL_SPAN_D:
        return no_kinks(n, n_back)
    base, filters = line_and_season(tuple(time))
    windows = np.array([w for w in choices if w + n_back + len(base) + 4 < m])
    if not len(windows) or not n:
        return no_kinks(n, n_back)
    hinge = np.maximum(time - time[m - 1 - windows][:, None], 0.0) / DAYS_PER_YEAR
    weighed = np.empty((4, n_back, len(windows), n))
    weigh(rows, base, hinge, filters, n_back, weighed)
    return _best_of(windows, hinge[:, -1], weighed)


def _best_of(
    windows: NDArray[np.int64], since_yr: NDArray[np.float64], weighed: NDArray
) -> Kinks:
    """Kink with the best score at the newest epoch, for every stack."""
    change, before, error, _ = weighed
    after = before + change
    faster = (change * after > 0.0) & (np.abs(after) > np.abs(before))
    score = np.where(faster, np.abs(change) / error, 0.0)
    score *= np.sign(change) == np.sign(change[:1])
    score *= np.arange(len(score))[:, None, None] < windows[:, None]
    best = score[0].argmax(axis=0)
    chosen = best, np.arange(score.shape[2])
    there = score[0][chosen] > 0.0
    size = np.where(there, change[0][chosen], 0.0)
    return Kinks(
        score[:, *chosen].T,
        size,
        np.where(there, before[0][chosen], 0.0),
        np.where(there, windows[best], 0),
        size * since_yr[best],
    )


def are_rather_steps(
    stack_mm: NDArray[np.float64], time_d: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether one step explains the newest epochs of a stack better than any kink.

    A step that stays is a departure to be looked at, but nothing that speeds up: an
    error of unwrapping, or a movement that came to an end.

    Parameters
    ----------
    stack_mm, time_d
        Shapes (n, m) and (m,). Without gaps.
    """
    recent = time_d >= time_d[-1] - LONGEST_D
    time, rows = time_d[recent], np.ascontiguousarray(stack_mm[:, recent])
    m = len(time)
    hinges = [
        np.maximum(time - time[m - 1 - w], 0.0) for w in WINDOWS if w < m - FEWEST_REST
    ]
    steps = [
        (np.arange(m) >= m - k).astype(np.float64)
        for k in range(1, max(WINDOWS) + 1)
        if k < m - FEWEST_REST
    ]
    base, filters = line_and_season(tuple(time))
    some = Filters(*(np.ascontiguousarray(part[::_EVERY]) for part in filters))
    kink, step = np.empty((2, len(rows)))
    for shapes, found in ((hinges, kink), (steps, step)):
        best_likelihoods(rows, base, np.array(shapes), some, found)
    return np.asarray(step > kink)


@lru_cache(maxsize=64)
def line_and_season(time_d: tuple[float, ...]) -> tuple[NDArray[np.float64], Filters]:
    """Line and season, shape (4, m), and the filters of all pairs of noise."""
    time = np.array(time_d)
    years = (time - time[0]) / DAYS_PER_YEAR
    phase = 2.0 * np.pi * years
    base = np.array([np.ones_like(years), years, np.cos(phase), np.sin(phase)])
    pairs = [(1.0, 1.0)] + [(tau, white) for tau in _TAU_D for white in _WHITE]
    return base, filters_of(time, np.array(pairs))
