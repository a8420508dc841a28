"""Compiled part of the trend: projections, gaps, and what is made of them.

Series stand either as rows (points, epochs) or as columns (epochs, points), as grids do
in their files; each is read once. With the orthonormal basis Q of the design X = QR the
projections c = Q'y hold all nested models, and the sum of squared residuals is
y'y - c'c. Missing epochs leave their rows of Q out: Q'Q is then one minus their
products, and is factored by Cholesky (S'S).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from pipeline.displacement.fit.layout import (
    ACCELERATION,
    ANNUAL,
    FIRST_STEP,
    N_EPOCHS,
    RMSE,
    SEMIANNUAL,
    VELOCITY,
)
from pipeline.displacement.fit.projection_kernel import FASTMATH, project, project_rows

_TILE: Final = 64  # rows that are worked on together
_LEAST_PIVOT: Final = 1e-9


class Room(NamedTuple):
    """Room to work in for one series: values (m,), epochs (m,) and terms (p, m)."""

    value: NDArray[np.float64]
    place: NDArray[np.int64]
    part: NDArray[np.float64]


@numba.njit(cache=True, parallel=True)
def fit_rows(
    rows: Any, basis: Any, triangle: Any, solve: Any, shape: Any, out: Any
) -> None:  # pragma: no cover (compiled)
    """Fit series that stand as rows (n, m).

    ``basis`` is (padded terms, m), its first row constant, ``triangle`` (p, p) R and
    ``solve`` its inverse, ``shape`` the tuple (seasonal terms, steps), ``out``
    (quantities named above and the steps, n).
    """
    n, m = rows.shape
    for tile in numba.prange((n + _TILE - 1) // _TILE):
        start = tile * _TILE
        width = min(_TILE, n - start)
        c, squares = np.empty((len(basis), _TILE)), np.empty(_TILE)
        project_rows(rows[start : start + width], basis, c, squares)
        target = out[:, start : start + width]
        _complete(c, squares, solve, shape, m, target)
        if not np.isnan(squares[:width].sum()):
            continue
        room = Room(np.empty(m), np.empty(m, np.int64), np.empty((len(triangle), m)))
        for k in range(width):
            if np.isnan(squares[k]):
                row = rows[start + k]
                _with_gaps(row, basis, triangle, shape, room, c[:, k], target[:, k])


@numba.njit(cache=True)
def sort_out(y: Any, value: Any, place: Any) -> int:  # pragma: no cover (compiled)
    """Values relative to the first one, 0 for missing ones, and where both stand.

    ``place`` holds the epochs with a value from its start and the others from its end.
    """
    m, n_valid = len(y), 0
    first = 0.0
    for i in range(m):
        there = y[i] == y[i]
        if there and n_valid == 0:
            first = np.float64(y[i])
        value[i] = np.float64(y[i]) - first if there else 0.0
        place[n_valid if there else m - 1 - (i - n_valid)] = i
        n_valid += there
    return n_valid


@numba.njit(cache=True, fastmath=FASTMATH)
def _complete(
    c: Any, squares: Any, solve: Any, shape: Any, m: int, out: Any
) -> None:  # pragma: no cover (compiled)
    """From the projections (terms, points) of series without gaps to their results."""
    p, (n_seasonal, n_steps) = len(solve), shape
    width = out.shape[1]
    terms, rest = np.zeros((p, width)), squares.copy()
    for a in range(p):
        for k in range(width):
            rest[k] -= c[a, k] * c[a, k]
        for b in range(a, p):
            factor = solve[a, b]
            for k in range(width):
                terms[a, k] += factor * c[b, k]
    line = solve[p - 2, p - 2]
    for k in range(width):
        out[VELOCITY, k] = line * c[p - 2, k]
        out[RMSE, k] = np.sqrt(max(rest[k], 0.0) / m)
        out[N_EPOCHS, k] = m
    if n_seasonal:
        for k in range(width):
            out[ACCELERATION, k] = 2.0 * terms[p - 1, k]
            out[ANNUAL, k] = np.sqrt(terms[1, k] ** 2 + terms[2, k] ** 2)
            out[SEMIANNUAL, k] = np.nan
            if n_seasonal == 4:
                out[SEMIANNUAL, k] = np.sqrt(terms[3, k] ** 2 + terms[4, k] ** 2)
    else:
        out[ACCELERATION], out[ANNUAL], out[SEMIANNUAL] = np.nan, np.nan, np.nan
    for s in range(n_steps):
        out[FIRST_STEP + s] = terms[1 + n_seasonal + s]


@numba.njit(cache=True)
def _with_gaps(
    y: Any,
    basis: Any,
    triangle: Any,
    shape: Any,
    room: Any,
    c: Any,
    out: Any,
) -> None:  # pragma: no cover (compiled)
    """From a series with gaps to its results; NaN where they cannot be had."""
    p, (n_seasonal, n_steps) = len(triangle), shape
    value, place, part = room
    n_valid = sort_out(y, value, place)
    out[:] = np.nan
    out[N_EPOCHS] = n_valid
    if n_valid <= p:
        return
    squares = project(value, basis, c)
    factor, lost = np.empty((p, p)), np.zeros(p, dtype=np.bool_)
    _gram(basis, place, part, n_valid, factor)
    if not _cholesky(factor, 1 + n_seasonal, n_steps, lost):
        return
    _solve_lower(factor, lost, c)
    for a in range(p):
        squares -= c[a] * c[a]
    out[RMSE] = np.sqrt(max(squares, 0.0) / n_valid)
    out[VELOCITY] = c[p - 2] / (factor[p - 2, p - 2] * triangle[p - 2, p - 2])
    _solve_upper(factor, c)
    _solve_upper(triangle, c)
    if n_seasonal:
        out[ACCELERATION] = 2.0 * c[p - 1]
        out[ANNUAL] = np.hypot(c[1], c[2])
        if n_seasonal == 4:
            out[SEMIANNUAL] = np.hypot(c[3], c[4])
    for s in range(n_steps):
        at = 1 + n_seasonal + s
        out[FIRST_STEP + s] = np.nan if lost[at] else c[at]


@numba.njit(cache=True)
def factor_of_gaps(
    basis: Any, place: Any, n_valid: int, shape: Any, factor: Any, lost: Any
) -> bool:  # pragma: no cover (compiled)
    """Factor S of the terms over the epochs with a value; false where none is."""
    part = np.empty((len(factor), len(place)))
    _gram(basis, place, part, n_valid, factor)
    return bool(_cholesky(factor, 1 + shape[0], shape[1], lost))


@numba.njit(cache=True)
def solve_gaps(factor: Any, lost: Any, c: Any) -> None:  # pragma: no cover (compiled)
    """From projections over the epochs with a value to weights of the terms."""
    _solve_lower(factor, lost, c)
    _solve_upper(factor, c)


@numba.njit(cache=True)
def _solve_lower(factor: Any, lost: Any, c: Any) -> None:  # pragma: no cover (compiled)
    """Solve factor' x = c in place; lost terms are zero."""
    for a in range(len(factor)):
        rest = c[a]
        for b in range(a):
            rest -= factor[b, a] * c[b]
        c[a] = 0.0 if lost[a] else rest / factor[a, a]


@numba.njit(cache=True)
def _solve_upper(factor: Any, c: Any) -> None:  # pragma: no cover (compiled)
    """Solve factor x = c in place."""
    p = len(factor)
    for a in range(p - 1, -1, -1):
        for b in range(a + 1, p):
            c[a] -= factor[a, b] * c[b]
        c[a] /= factor[a, a]


@numba.njit(cache=True)
def _gram(
    basis: Any, place: Any, part: Any, n_valid: int, gram: Any
) -> None:  # pragma: no cover (compiled)
    """Upper triangle of Q'Q over the epochs with a value, by the fewer of both."""
    p, m = part.shape
    by_missing = 2 * n_valid > m
    start, stop = (n_valid, m) if by_missing else (0, n_valid)
    n = stop - start
    for a in range(p):
        for i in range(n):
            part[a, i] = basis[a, place[start + i]]
    for a in range(p):
        for b in range(a, p):
            total = _dot(part[a], part[b], n)
            gram[a, b] = total
            if by_missing:
                gram[a, b] = (1.0 if a == b else 0.0) - total


@numba.njit(cache=True, fastmath=FASTMATH)
def _dot(a: Any, b: Any, n: int) -> float:  # pragma: no cover (compiled)
    total = 0.0
    for i in range(n):
        total += a[i] * b[i]
    return total


@numba.njit(cache=True)
def _cholesky(
    gram: Any, first_step: int, n_steps: int, lost: Any
) -> bool:  # pragma: no cover (compiled)
    """Turn the upper triangle of a matrix into its factor S with S'S, in place.

    A step without epochs on one side cannot be had and is marked as lost; without
    another term the series has no fit.
    """
    p = len(gram)
    for a in range(p):
        pivot = gram[a, a]
        for k in range(a):
            pivot -= gram[k, a] ** 2
        if pivot < _LEAST_PIVOT:
            if not first_step <= a < first_step + n_steps:
                return False
            lost[a] = True
            gram[a, a] = 1.0
            gram[a, a + 1 :] = 0.0
            continue
        gram[a, a] = np.sqrt(pivot)
        for b in range(a + 1, p):
            rest = gram[a, b]
            for k in range(a):
                rest -= gram[k, a] * gram[k, b]
            gram[a, b] = rest / gram[a, a]
    return True
