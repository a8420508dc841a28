"""Compiled projections of series on an orthonormal basis, and their sums of squares.

The first term of the basis is constant, so its projection is a plain sum.
Rows are worked on by tiles: sums and squares first, which takes the tile from memory as
fast as it can be read, then the products with the other terms, four rows at a time,
from the cache. Everything is relative to the first value of a series, which keeps the
squares small, and is summed in double precision.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

from pipeline.displacement.fit.layout import GROUP

FASTMATH: Final = {"reassoc", "contract", "nsz", "arcp"}  # NaN keeps its meaning


@numba.njit(cache=True)
def project(y: Any, basis: Any, c: Any) -> float:  # pragma: no cover (compiled)
    """Projections of a series and its sum of squares; NaN if a value is missing."""
    first = np.float64(y[0])
    total, squares = _total_and_squares(y, first)
    c[0] = basis[0, 0] * total
    for j in range(1, len(basis), GROUP):
        c[j], c[j + 1] = _two_terms(y, first, basis[j], basis[j + 1])
    return float(squares)


@numba.njit(cache=True)
def project_rows(
    rows: Any, basis: Any, c: Any, squares: Any
) -> None:  # pragma: no cover (compiled)
    """As `project`, for neighbouring rows; ``c`` is (padded terms, rows)."""
    n = len(rows)
    for k in range(n):
        total, squares[k] = _total_and_squares(rows[k], np.float64(rows[k, 0]))
        c[0, k] = basis[0, 0] * total
    for k in range(0, n, 4):
        at = (k, min(k + 1, n - 1), min(k + 2, n - 1), min(k + 3, n - 1))
        four = rows[at[0]], rows[at[1]], rows[at[2]], rows[at[3]]
        for j in range(1, len(basis), GROUP):
            found = _two_terms_of_four(four, basis[j], basis[j + 1])
            for i in range(4):
                c[j, at[i]], c[j + 1, at[i]] = found[2 * i], found[2 * i + 1]


@numba.njit(cache=True, fastmath=FASTMATH)
def _total_and_squares(
    y: Any, first: Any
) -> tuple[Any, Any]:  # pragma: no cover (compiled)
    total = squares = 0.0
    for i in range(len(y)):
        value = np.float64(y[i]) - first
        total += value
        squares += value * value
    return total, squares


@numba.njit(cache=True, fastmath=FASTMATH)
def _two_terms(
    y: Any, first: Any, q: Any, r: Any
) -> tuple[Any, Any]:  # pragma: no cover (compiled)
    c = d = 0.0
    for i in range(len(y)):
        value = np.float64(y[i]) - first
        c += q[i] * value
        d += r[i] * value
    return c, d


@numba.njit(cache=True, fastmath=FASTMATH)
def _two_terms_of_four(
    rows: Any, q: Any, r: Any
) -> tuple[Any, ...]:  # pragma: no cover (compiled)
    """Projections of four series on two terms, whose values are loaded once."""
    y0, y1, y2, y3 = rows
    f0, f1 = np.float64(y0[0]), np.float64(y1[0])
    f2, f3 = np.float64(y2[0]), np.float64(y3[0])
    c0 = c1 = c2 = c3 = d0 = d1 = d2 = d3 = 0.0
    for i in range(len(q)):
        v0, v1 = np.float64(y0[i]) - f0, np.float64(y1[i]) - f1
        v2, v3 = np.float64(y2[i]) - f2, np.float64(y3[i]) - f3
        c0 += q[i] * v0
        c1 += q[i] * v1
        c2 += q[i] * v2
        c3 += q[i] * v3
        d0 += r[i] * v0
        d1 += r[i] * v1
        d2 += r[i] * v2
        d3 += r[i] * v3
    return c0, d0, c1, d1, c2, d2, c3, d3
