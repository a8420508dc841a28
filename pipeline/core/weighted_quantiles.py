"""Weighted quantiles of many values without sorting them all, in compiled code."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

_SORTED_CELLS: Final = 128
_MOST_BINS: Final = 1024
_CELLS_PER_BIN: Final = 8
_ROUNDING: Final = 1 - 1e-12
"""Keeps a share that is met exactly from being missed by rounding."""


@njit(cache=True, nogil=True)
def weighted_quantiles(
    values: NDArray,
    weights: NDArray[np.float64],
    quantiles: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Put weighted quantiles of values into ``out``; NaN where there are no values.

    A quantile q is the smallest value that at least a share q of the weight does not
    exceed (the inverse distribution function, without interpolation): always a value
    that occurs, 0 gives the least and 1 the largest.

    Parameters
    ----------
    values
        Shape (n,), finite, in any order; not changed.
    weights
        Shape (n,), positive.
    quantiles, out
        Shape (k,), 0 to 1.

    Notes
    -----
    The values are shared out among bins of equal width; only the bin in which a
    quantile lies is looked at again, with finer bins, until few values are left.
    """
    n = len(values)
    if n == 0:
        out[:] = np.nan
        return
    total, low, high = 0.0, np.float64(values[0]), np.float64(values[0])
    for k in range(n):
        value = np.float64(values[k])
        total += weights[k]
        low, high = min(low, value), max(high, value)
    part, share = np.empty(n, values.dtype), np.empty(n)
    heights = np.zeros(_MOST_BINS)
    for at in range(len(quantiles)):
        target = quantiles[at] * total * _ROUNDING
        out[at] = _quantile(values, weights, low, high, target, heights, part, share)


@njit(cache=True, nogil=True)
def _quantile(
    values: NDArray,
    weights: NDArray[np.float64],
    low: float,
    high: float,
    target: float,
    heights: NDArray[np.float64],
    part: NDArray,
    share: NDArray[np.float64],
) -> float:
    """Smallest value whose weight and that of all lesser ones reach ``target``."""
    n, below = len(values), 0.0
    while True:
        if low == high:
            return low
        bins = min(max(n // _CELLS_PER_BIN, 2), _MOST_BINS)
        width = (high - low) / bins
        if n <= _SORTED_CELLS or not (0 < width < math.inf) or 1 / width == math.inf:
            return _by_sorting(values[:n], weights[:n], target - below)
        scale = 1 / width
        heights[:bins] = 0.0
        for k in range(n):
            heights[_bin(values[k], low, scale, bins)] += weights[k]
        wanted, reached = 0, below + heights[0]
        for number in range(1, bins):
            if reached >= target:
                break
            if heights[number] > 0:
                wanted, below = number, reached
                reached += heights[number]
        count, least, largest = 0, math.inf, -math.inf
        for k in range(n):
            if _bin(values[k], low, scale, bins) == wanted:
                value = np.float64(values[k])
                least, largest = min(least, value), max(largest, value)
                part[count], share[count] = values[k], weights[k]
                count += 1
        values, weights, n, low, high = part, share, count, least, largest


@njit(inline="always")
def _bin(value: float, low: float, scale: float, bins: int) -> int:
    return min(int((np.float64(value) - low) * scale), bins - 1)


@njit(cache=True, nogil=True)
def _by_sorting(values: NDArray, weights: NDArray[np.float64], target: float) -> float:
    order = np.argsort(values)
    reached = 0.0
    for k in order:
        reached += weights[k]
        if reached >= target:
            return values[k]
    return values[order[-1]]
