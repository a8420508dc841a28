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
    time, rows = time_d[recent], stack_mm[:, recent]
    n, m = rows.shape
    if m < FEWEST_EPOCHS or time[-1] - time[0] < MINIMUM_SEASONAL_SPAN_D:
        return no_kinks(n, n_back)
    base, factors, log_det = _tables(tuple(time))
    windows = [w for w in choices if w + n_back + base.shape[1] + 4 < m]
    best = no_kinks(n, n_back)
    for window in windows:
        hinge = np.maximum(time - time[m - 1 - window], 0.0) / DAYS_PER_YEAR
        found = _one_window(rows, base, hinge, factors, log_det, n_back, window)
        better = found.score[:, 0] > best.score[:, 0]
        best = Kinks(
            np.where(better[:, None], found.score, best.score),
            *(
                np.where(better, getattr(found, name), getattr(best, name))
                for name in (
                    "change_mm_per_yr", "before_mm_per_yr", "window", "excess_mm",
                )
            ),
        )  # fmt: skip
    return best


def _one_window(
    rows: NDArray[np.float64],
    base: NDArray[np.float64],
    hinge: NDArray[np.float64],
    factors: tuple[NDArray[np.float64], ...],
    log_det: NDArray[np.float64],
    n_back: int,
    window: int,
) -> Kinks:
    n, m = rows.shape
    design = np.column_stack([base, hinge])
    score = np.zeros((n, n_back))
    newest = np.zeros((2, n))
    for back in range(min(n_back, window)):
        upto = m - back
        change, before, error = _estimate(
            rows[:, :upto],
            design[:upto],
            tuple(f[:upto, :upto] for f in factors),
            log_det[:, :upto].sum(axis=1),
        )
        after = before + change
        faster = (change * after > 0.0) & (np.abs(after) > np.abs(before))
        score[:, back] = np.where(faster, np.abs(change) / error, 0.0)
        if back == 0:
            newest = np.stack([change, before])
        else:
            score[:, back] *= np.sign(change) == np.sign(newest[0])
    return Kinks(score, newest[0], newest[1], np.full(n, window), newest[0] * hinge[-1])


def _estimate(
    rows: NDArray[np.float64],
    design: NDArray[np.float64],
    factors: tuple[NDArray[np.float64], ...],
    log_det: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Change of slope, slope before and error of the change, averaged over the pairs.

    ``factors`` are inverse Cholesky factors of the correlation matrices.
    """
    m, p = design.shape
    n_pairs = len(factors)
    change, before, variance, likelihood = np.empty((4, n_pairs, len(rows)))
    for k, factor in enumerate(factors):
        q, r = np.linalg.qr(factor @ design)
        white = factor @ rows.T
        projected = q.T @ white
        squares = (white**2).sum(axis=0) - (projected**2).sum(axis=0)
        sigma2 = np.maximum(squares, 1e-12) / (m - p)
        inverse = np.linalg.inv(r)
        terms = inverse @ projected
        change[k], before[k] = terms[p - 1], terms[1]
        variance[k] = sigma2 * (inverse[p - 1] @ inverse[p - 1])
        penalty = np.log(np.abs(np.diag(r))).sum() - log_det[k]
        likelihood[k] = -0.5 * (m - p) * np.log(sigma2) - penalty
    weight = np.exp(likelihood - likelihood.max(axis=0))
    weight /= weight.sum(axis=0)
    mean = (weight * change).sum(axis=0)
    spread = (weight * (variance + (change - mean) ** 2)).sum(axis=0)
    return mean, (weight * before).sum(axis=0), np.sqrt(spread)


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
    time, rows = time_d[recent], stack_mm[:, recent]
    m = len(time)
    hinges = [
        np.maximum(time - time[m - 1 - w], 0.0) for w in WINDOWS if w < m - FEWEST_REST
    ]
    steps = [
        (np.arange(m) >= m - k).astype(np.float64)
        for k in range(1, max(WINDOWS) + 1)
        if k < m - FEWEST_REST
    ]
    kink, step = (_best_likelihood(rows, tuple(time), kind) for kind in (hinges, steps))
    return np.asarray(step > kink)


def _best_likelihood(
    rows: NDArray[np.float64],
    time_d: tuple[float, ...],
    extras: list[NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Largest log likelihood (up to a constant) over shapes and pairs of the noise."""
    base, factors, log_det = _tables(time_d)
    best = np.full(len(rows), -np.inf)
    for factor, logs in zip(factors[::_EVERY], log_det[::_EVERY], strict=True):
        white, white_base = factor @ rows.T, factor @ base
        total = (white**2).sum(axis=0)
        for extra in extras:
            q, _ = np.linalg.qr(np.column_stack([white_base, factor @ extra]))
            squares = np.maximum(total - ((q.T @ white) ** 2).sum(axis=0), 1e-12)
            found = -0.5 * rows.shape[1] * np.log(squares) + float(logs.sum())
            best = np.maximum(best, found)
    return best


@lru_cache(maxsize=64)
def _tables(
    time_d: tuple[float, ...],
) -> tuple[NDArray[np.float64], tuple[NDArray[np.float64], ...], NDArray[np.float64]]:
    """Design of line and season, inverse Cholesky factors, and their log diagonals."""
    from scipy.linalg import solve_triangular

    time = np.array(time_d)
    years = (time - time[0]) / DAYS_PER_YEAR
    phase = 2.0 * np.pi * years
    base = np.column_stack([np.ones_like(years), years, np.cos(phase), np.sin(phase)])
    apart = np.abs(time[:, None] - time[None, :])
    one = np.eye(len(time))
    factors = [one]
    for tau in _TAU_D:
        for white in _WHITE:
            matrix = white * one + (1.0 - white) * np.exp(-apart / tau)
            lower = np.linalg.cholesky(matrix + 1e-9 * one)
            factors.append(solve_triangular(lower, one, lower=True))
    log_det = np.log(np.array([np.diag(f) for f in factors]))
    return base, tuple(factors), log_det
