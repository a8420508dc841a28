"""Compiled preparation of series for their course: gaps, odd values, unwrapping jumps.

Works on single series without a model, so that one odd value or a lost half wavelength
reaches no fit. What is left is for the model: steps are among its atoms.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

JIT: Final[dict[str, Any]] = {"cache": True, "nogil": True, "error_model": "numpy"}
FAST: Final = {"reassoc", "contract", "nsz"}
OBSERVED: Final = 0
MISSING: Final = 1
ODD: Final = 2
MAX_JUMPS: Final = 8
LEAST_EPOCHS: Final = 31  # fewer tell no course
_MAD_TO_SIGMA: Final = 1.4826
_ODD_SIGMA: Final = 5.0
_LEAST: Final = 1e-9
_AROUND: Final = 4  # epochs before and after a jump
_JUMP_SIGMA: Final = 2.5
MOST_OFF: Final = 0.2  # P: share of a half wave that a jump may be off
_CLEAR: Final = 6.0  # half waves over noise that a jump needs to be told by its size


@numba.njit(**JIT)
def middle(values: Any, n: int) -> float:  # pragma: no cover (compiled)
    """Median (the upper one of two) of the first ``n`` values, which are reordered."""
    low, high, k = 0, n - 1, n // 2
    while low < high:
        pivot = values[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while pivot < values[j]:
                j -= 1
            if i <= j:
                kept = values[i]
                values[i] = values[j]
                values[j] = kept
                i += 1
                j -= 1
        if k <= j:
            high = j
        elif k >= i:
            low = i
        else:
            break
    return values[k]


@numba.njit(**JIT)
def _of_five(
    a: float, b: float, c: float, d: float, e: float
) -> float:  # pragma: no cover (compiled)
    """Median of five numbers."""
    f = max(min(a, b), min(c, d))
    g = min(max(a, b), max(c, d))
    return max(min(e, f), min(max(e, f), g))


@numba.njit(**JIT)
def fill_gaps(y: Any, state: Any) -> int:  # pragma: no cover (compiled)
    """Fill what is not observed on straight lines, in place; returns what is."""
    count, last = 0, -1
    for i in range(len(y)):
        if state[i] != OBSERVED:
            continue
        count += 1
        for j in range(last + 1, i):
            share = (j - last) / (i - last)
            y[j] = y[i] if last < 0 else y[last] + share * (y[i] - y[last])
        last = i
    for j in range(last + 1, len(y)):
        y[j] = y[last] if last >= 0 else 0.0
    return count


@numba.njit(**JIT)
def scatter(y: Any, work: Any) -> float:  # pragma: no cover (compiled)
    """Noise of an epoch from the differences of neighbours."""
    for i in range(len(y) - 1):
        work[i] = abs(y[i + 1] - y[i])
    return max(_MAD_TO_SIGMA * middle(work, len(y) - 1) / np.sqrt(2.0), _LEAST)


@numba.njit(**JIT)
def _mark_odd(y: Any, state: Any, noise: float) -> int:  # pragma: no cover (compiled)
    """Mark values far off the median of five neighbours; returns how many.

    A monotone course, however fast, is its own median, and is kept. The two values at
    each end are held against the five next to them, unless both are off together.
    """
    found = 0
    for i in range(2, len(y) - 2):
        usual = _of_five(y[i - 2], y[i - 1], y[i], y[i + 1], y[i + 2])
        if state[i] == OBSERVED and abs(y[i] - usual) > _ODD_SIGMA * noise:
            state[i] = ODD
            found += 1
    m = len(y)
    for end, way in ((0, 1), (m - 1, -1)):
        near = _around(y, end + 4 * way)
        drift = abs(near - _around(y, end + 9 * way))
        limit = _ODD_SIGMA * noise + 2.0 * drift
        first, second = y[end] - near, y[end + way] - near
        if first * second > 0.0 and min(abs(first), abs(second)) > limit:
            continue
        for i, off in ((end, first), (end + way, second)):
            if state[i] == OBSERVED and abs(off) > limit:
                state[i] = ODD
                found += 1
    return found


@numba.njit(**JIT)
def _around(y: Any, i: int) -> float:  # pragma: no cover (compiled)
    """Median of a value and the two on either side."""
    return _of_five(y[i - 2], y[i - 1], y[i], y[i + 1], y[i + 2])


@numba.njit(**JIT)
def _level(y: Any, first: int, work: Any) -> float:  # pragma: no cover (compiled)
    """Median of a few values, the mean of the two in the middle."""
    for j in range(_AROUND):
        work[j] = y[first + j]
    for i in range(1, _AROUND):
        for j in range(i, 0, -1):
            if work[j] < work[j - 1]:
                kept = work[j]
                work[j] = work[j - 1]
                work[j - 1] = kept
    return 0.5 * (work[_AROUND // 2 - 1] + work[_AROUND // 2])


@numba.njit(**JIT)
def _take_jumps_out(
    y: Any, half_wave: float, noise: float, epoch: Any, turns: Any, work: Any
) -> int:  # pragma: no cover (compiled)
    """Take lasting steps by whole half wavelengths out, in place; returns how many."""
    found = 0
    if not noise < half_wave / _CLEAR:
        return 0
    limit = min(_JUMP_SIGMA * noise, MOST_OFF * half_wave)
    for i in range(_AROUND, len(y) - _AROUND + 1):
        if abs(y[i] - y[i - 1]) < 0.7 * half_wave or found == MAX_JUMPS:
            continue
        level = _level(y, i, work) - _level(y, i - _AROUND, work)
        whole = np.round(level / half_wave)
        if whole != 0.0 and abs(level - whole * half_wave) < limit:
            for j in range(i, len(y)):
                y[j] -= whole * half_wave
            epoch[found], turns[found] = i, whole
            found += 1
    return found


@numba.njit(**JIT)
def prepare(
    rows: Any,
    half_wave: float,
    y: Any,
    state: Any,
    count: Any,
    n_jumps: Any,
    jump_epoch: Any,
    jump_turns: Any,
) -> None:  # pragma: no cover (compiled)
    """Prepare all rows: values, their states, and the jumps that were taken out."""
    n, m = rows.shape
    work = np.empty(m)
    for k in range(n):
        for i in range(m):
            state[k, i] = OBSERVED if np.isfinite(rows[k, i]) else MISSING
            y[k, i] = rows[k, i]
        count[k] = fill_gaps(y[k], state[k])
        if count[k] < LEAST_EPOCHS:
            continue
        noise = scatter(y[k], work)
        if _mark_odd(y[k], state[k], noise):
            count[k] = fill_gaps(y[k], state[k])
        if half_wave > 0.0:
            n_jumps[k] = _take_jumps_out(
                y[k], half_wave, noise, jump_epoch[k], jump_turns[k], work
            )
