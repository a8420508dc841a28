"""Compiled parts of the course of a series: choose breaks, tell jumps, weigh models.

All series share the epochs, so what depends on epochs alone comes in tables. Missing
and outlying values are replaced by what the current fit expects (for outliers: plus
the clipped residual), which solves the same equations as leaving them out or weighing
them after Huber (1981), and keeps the tables common to all series.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

MAX_BREAKS: Final = 4
ROUNDS: Final = 3
_CLIP_SIGMA: Final = 2.5
_LAGS: Final = 8
_MOST_INFLATION: Final = 12.0
_FIRST_BREAKS: Final = 2  # before the noise is known
_LEAST: Final = 1e-9
_MAD_TO_SIGMA: Final = 1.4826
_AROUND: Final = 4  # epochs before and after a jump


class Tables(NamedTuple):
    """What depends on the epochs alone (m epochs, p base terms, c candidate breaks).

    ``basis`` (p, m) is the orthonormal base model, ``time`` (m,) years, ``candidate``
    (c,) the epochs at which a break may lie, ``hinge`` (c, m) the hinges
    max(0, t - t_k) without their part in the base model, ``gram`` (c, c) their
    products, ``slope`` (m,) the row that gives the slope of the base model, ``smooth``
    (s, m) smooth courses without their part in the base model, of length 1,
    ``smooth_cost`` (s,) parameters that each of them takes.
    """

    basis: NDArray[np.float64]
    time: NDArray[np.float64]
    candidate: NDArray[np.int64]
    hinge: NDArray[np.float64]
    gram: NDArray[np.float64]
    slope: NDArray[np.float64]
    smooth: NDArray[np.float64]
    smooth_cost: NDArray[np.float64]


class Results(NamedTuple):
    """Results of n series, filled in place."""

    n_breaks: NDArray[np.int64]
    at: NDArray[np.int64]
    slope: NDArray[np.float64]
    sigma: NDArray[np.float64]
    inflation: NDArray[np.float64]
    course: NDArray[np.int64]
    amplitude: NDArray[np.float64]
    n_jumps: NDArray[np.int64]


@numba.njit(cache=True)
def _fill(y: Any, out: Any) -> int:  # pragma: no cover (compiled)
    """Copy a series with gaps filled on straight lines; returns the values it has."""
    count, last = 0, -1
    for i in range(len(y)):
        if np.isnan(y[i]):
            continue
        count += 1
        out[i] = y[i]
        for j in range(last + 1, i):
            share = (j - last) / (i - last)
            out[j] = y[i] if last < 0 else out[last] + share * (y[i] - out[last])
        last = i
    for j in range(last + 1, len(y)):
        out[j] = out[last]
    return count


@numba.njit(cache=True)
def _remove_jumps(y: Any, half_wave: float) -> int:  # pragma: no cover (compiled)
    """Take steps by whole half wavelengths out of a filled series, in place."""
    m = len(y)
    steps = np.abs(np.diff(y))
    noise = max(_MAD_TO_SIGMA * np.median(steps) / np.sqrt(2.0), _LEAST)
    if not noise < half_wave / 6.0:
        return 0
    found = 0
    for i in range(_AROUND, m - _AROUND):
        step = y[i] - y[i - 1]
        if abs(step) < 0.7 * half_wave:
            continue
        level = np.median(y[i : i + _AROUND]) - np.median(y[i - _AROUND : i])
        turns = np.round(level / half_wave)
        if turns != 0.0 and abs(level - turns * half_wave) < 2.5 * noise:
            for j in range(i, m):
                y[j] -= turns * half_wave
            found += 1
    return found


@numba.njit(cache=True)
def _next(
    c: Any, g: Any, whole: Any, chosen: Any, n: int, skip: int, gap: int
) -> int:  # pragma: no cover (compiled)
    """Candidate with the largest gain, not near a chosen one; -1 if there is none."""
    best, most = -1, 0.0
    for k in range(len(c)):
        if g[k] <= 1e-4 * whole[k, k]:
            continue
        near = False
        for s in range(n):
            if s != skip and abs(chosen[s] - k) < gap:
                near = True
        gain = c[k] * c[k] / g[k]
        if not near and gain > most:
            best, most = k, gain
    return best


@numba.njit(cache=True)
def _take(
    j: int, n: int, c: Any, g: Any, gram: Any, w: Any
) -> float:  # pragma: no cover (compiled)
    """Make all candidates orthogonal to candidate ``j``; returns its projection."""
    norm = np.sqrt(max(g[j], _LEAST))
    part = c[j] / norm
    for k in range(len(c)):
        value = gram[k, j]
        for s in range(n):
            value -= w[s, k] * w[s, j]
        w[n, k] = value / norm
    for k in range(len(c)):
        c[k] -= w[n, k] * part
        g[k] -= w[n, k] * w[n, k]
    return part


@numba.njit(cache=True)
def _gain(
    c0: Any, gram: Any, chosen: Any, n: int, skip: int, c: Any, g: Any, w: Any
) -> float:  # pragma: no cover (compiled)
    """Restart and take all chosen candidates but one; returns the sum of squares."""
    for k in range(len(c0)):
        c[k], g[k] = c0[k], gram[k, k]
    total, taken = 0.0, 0
    for s in range(n):
        if s != skip:
            part = _take(chosen[s], taken, c, g, gram, w)
            total += part * part
            taken += 1
    return total


@numba.njit(cache=True)
def _search(
    c0: Any, gram: Any, gap: int, most: int, worth: float, chosen: Any, gains: Any
) -> int:  # pragma: no cover (compiled)
    """Choose 1 to ``most`` breaks, each number refined; returns the largest number.

    A further break is not looked for where two together gain less than they are
    ``worth``. Row n - 1 of ``chosen`` holds the best n candidates, ``gains[n - 1]``
    their sum of squares.
    """
    c, g = np.empty(len(c0)), np.empty(len(c0))
    w = np.empty((MAX_BREAKS + 1, len(c0)))
    current = np.empty(MAX_BREAKS, dtype=np.int64)
    for n in range(most):
        _gain(c0, gram, current, n, -1, c, g, w)
        best = _next(c, g, gram, current, n, -1, gap)
        if best < 0:
            return n
        current[n] = best
        for _ in range(2 if n else 0):
            moved = False
            for s in range(n + 1):
                _gain(c0, gram, current, n + 1, s, c, g, w)
                best = _next(c, g, gram, current, n + 1, s, gap)
                if best >= 0 and best != current[s]:
                    current[s] = best
                    moved = True
            if not moved:
                break
        gains[n] = _gain(c0, gram, current, n + 1, -1, c, g, w)
        chosen[n, : n + 1] = current[: n + 1]
        before = gains[n - 2] if n > 1 else 0.0
        if n > 0 and gains[n] - before < worth:
            return n + 1
    return most


@numba.njit(cache=True)
def _coefficients(
    c0: Any, gram: Any, chosen: Any, n: int, out: Any
) -> None:  # pragma: no cover (compiled)
    """Solve for the slope changes at the chosen breaks (n x n)."""
    a = np.empty((n, n))
    b = np.empty(n)
    for i in range(n):
        b[i] = c0[chosen[i]]
        for j in range(n):
            a[i, j] = gram[chosen[i], chosen[j]]
    out[:n] = np.linalg.solve(a, b)


@numba.njit(cache=True)
def _inflation(rest: Any, terms: int) -> float:  # pragma: no cover (compiled)
    """Variance of slow sums relative to white noise, from autocorrelations.

    A fit takes slow noise away: each autocorrelation is too small by about
    F terms / m, which is put back.
    """
    squares, m = 0.0, len(rest)
    for i in range(m):
        squares += rest[i] * rest[i]
    total = 1.0
    for lag in range(1, _LAGS + 1):
        product = 0.0
        for i in range(m - lag):
            product += rest[i] * rest[i + lag]
        total += 2.0 * product / max(squares, _LEAST)
    kept = 1.0 - 2.0 * _LAGS * terms / m
    return min(max(total / max(kept, 0.25), 1.0), _MOST_INFLATION)


@numba.njit(cache=True)
def _project(
    y: Any, tables: Tables, c0: Any, base: Any
) -> None:  # pragma: no cover (compiled)
    """Base model of a series and products of the rest with all hinges, by sums."""
    m = len(y)
    for i in range(m):
        base[i] = 0.0
    for j in range(len(tables.basis)):
        part = 0.0
        for i in range(m):
            part += tables.basis[j, i] * y[i]
        for i in range(m):
            base[i] += part * tables.basis[j, i]
    k = len(c0) - 1
    plain = weighted = 0.0
    for i in range(m - 1, -1, -1):
        while k >= 0 and tables.candidate[k] == i:
            c0[k] = weighted - tables.time[i] * plain
            k -= 1
        rest = y[i] - base[i]
        plain += rest
        weighted += rest * tables.time[i]


@numba.njit(cache=True)
def _choose(
    y: Any, base: Any, tables: Tables, gains: Any, found: int, unit: float, cost: float
) -> tuple[int, int, float]:  # pragma: no cover (compiled)
    """Number of breaks, or smooth course and its amplitude, of the least criterion."""
    m = len(y)
    least, n_fit, course, amplitude = 0.0, 0, -1, 0.0
    for n in range(found):
        value = -gains[n] / unit + cost * (n + 1) * np.log(m)
        if value < least:
            least, n_fit = value, n + 1
    for s in range(len(tables.smooth)):
        part = 0.0
        for i in range(m):
            part += tables.smooth[s, i] * (y[i] - base[i])
        value = -part * part / unit + tables.smooth_cost[s] * np.log(m)
        if value < least:
            least, n_fit, course, amplitude = value, 0, s, part
    return n_fit, course, amplitude


@numba.njit(cache=True)
def _rest(
    row: Any, held: Any, fit: Any, count: int, y: Any
) -> Any:  # pragma: no cover (compiled)
    """Clipped residuals of the values; ``y`` gets what is fitted next."""
    rest = np.empty(count)
    k = 0
    for i in range(len(row)):
        if not np.isnan(row[i]):
            rest[k] = held[i] - fit[i]
            k += 1
    clip = _CLIP_SIGMA * max(_MAD_TO_SIGMA * np.median(np.abs(rest)), 1e-3)
    for i in range(len(row)):
        off = 0.0 if np.isnan(row[i]) else held[i] - fit[i]
        y[i] = fit[i] + min(max(off, -clip), clip)
    return np.minimum(np.maximum(rest, -clip), clip)


@numba.njit(cache=True)
def _slopes(
    y: Any, tables: Tables, chosen: Any, change: Any, at: Any, out: Any
) -> None:  # pragma: no cover (compiled)
    """Rates of the segments in their order in time, and the epochs of the breaks."""
    m, n = len(y), len(chosen)
    slope = 0.0
    for i in range(m):
        slope += tables.slope[i] * y[i]
    for s in range(n):
        first = tables.candidate[chosen[s]]
        for i in range(first, m):
            late = tables.time[i] - tables.time[first]
            slope -= tables.slope[i] * change[s] * late
    out[0] = slope
    order = np.argsort(chosen)
    for place in range(n):
        s = order[place]
        slope += change[s]
        at[place] = tables.candidate[chosen[s]]
        out[place + 1] = slope


@numba.njit(cache=True)
def _follow_one(
    row: Any, k: int, tables: Tables, half_wave: float, gap: int, cost: float, out: Any
) -> None:  # pragma: no cover (compiled)
    """Find the course of one series and write it to place ``k`` of the results."""
    m, n_candidates = len(row), len(tables.candidate)
    held, base, fit = np.empty(m), np.empty(m), np.empty(m)
    count = _fill(row, held)
    if count < len(tables.basis) + 2 * gap:
        return
    if half_wave > 0.0:
        out.n_jumps[k] = _remove_jumps(held, half_wave)
    y, c0 = held.copy(), np.empty(n_candidates)
    chosen = np.zeros((MAX_BREAKS, MAX_BREAKS), dtype=np.int64)
    gains, change = np.zeros(MAX_BREAKS), np.zeros(MAX_BREAKS)
    sigma2, inflation, n_fit, course = 0.0, 1.0, 0, -1
    for turn in range(ROUNDS):
        _project(y, tables, c0, base)
        unit = sigma2 * inflation
        most = MAX_BREAKS if turn else _FIRST_BREAKS
        worth = cost * unit * np.log(m)
        found = _search(c0, tables.gram, gap, most, worth, chosen, gains)
        n_fit = found
        if turn > 0:
            n_fit, course, part = _choose(y, base, tables, gains, found, unit, cost)
            out.amplitude[k] = part
        fit[:] = base
        if n_fit:
            _coefficients(c0, tables.gram, chosen[n_fit - 1], n_fit, change)
        for s in range(n_fit):
            fit += change[s] * tables.hinge[chosen[n_fit - 1, s]]
        if course >= 0:
            fit += out.amplitude[k] * tables.smooth[course]
        rest = _rest(row, held, fit, count, y)
        if turn < ROUNDS - 1:
            free = count - len(tables.basis) - 2 * n_fit
            sigma2 = max((rest * rest).sum() / max(free, 1), _LEAST) * m / count
            inflation = _inflation(rest, len(tables.basis) + 2 * n_fit)
    out.n_breaks[k] = n_fit
    out.course[k] = course
    out.sigma[k] = np.sqrt(sigma2)
    out.inflation[k] = inflation
    picked = chosen[max(n_fit - 1, 0), :n_fit]
    _slopes(y, tables, picked, change, out.at[k], out.slope[k])


@numba.njit(cache=True, parallel=True)
def follow(
    rows: Any, tables: Tables, half_wave: float, gap: int, cost: float, out: Results
) -> None:  # pragma: no cover (compiled)
    """Find the course of every row; a row with too few values keeps -1 breaks."""
    for k in numba.prange(len(rows)):
        _follow_one(rows[k], k, tables, half_wave, gap, cost, out)
