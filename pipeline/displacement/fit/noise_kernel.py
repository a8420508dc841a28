"""Compiled part of the noise model: whitening filters and restricted likelihoods.

Points are worked on side by side in lanes, since the filter of one series cannot be
spread over its epochs. What is whitened are least squares residuals: the restricted
likelihood is the same for them, and single precision is then enough.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

LANES: Final = 64
_GROUP: Final = 4
"""Epochs that are projected together; tables are padded with zeros to a multiple."""
_FASTMATH: Final = {"reassoc", "contract", "nsz", "arcp"}
_NOTHING: Final = 1e-9


class EpochTables(NamedTuple):
    """What depends on the epochs alone, for the pairs of the grid and m epochs.

    ``gain``, ``decay`` and ``scale`` (pairs, m) are the filter that makes noise white,
    ``basis`` (pairs, terms, m) the whitened orthonormal design, ``plain`` (terms, m)
    the orthonormal design itself, ``penalty`` (pairs,) the part of minus the log
    likelihood without residuals. ``factor_v`` and ``factor_a`` (pairs,) turn noise
    variance into error variance of velocity and acceleration; ``white_v`` is that of
    velocity under white noise.
    """

    gain: NDArray[np.float64]
    decay: NDArray[np.float64]
    scale: NDArray[np.float64]
    basis: NDArray[np.float64]
    plain: NDArray[np.float64]
    penalty: NDArray[np.float64]
    factor_v: NDArray[np.float64]
    factor_a: NDArray[np.float64]
    white_v: float


def prepare(
    time_d: NDArray[np.float64],
    design: NDArray[np.float64],
    grid: NDArray[np.float64],
) -> EpochTables:
    """Everything that depends on the epochs but not on the values.

    ``design`` (m, p) ends with the columns t and t^2; ``grid`` has rows (tau in days,
    white share), the last one white noise.
    """
    m, p = design.shape
    q, r = np.linalg.qr(design)
    plain = np.ascontiguousarray(q.T)
    row_v, row_a = plain[p - 2] / r[p - 2, p - 2], 2.0 * plain[p - 1] / r[p - 1, p - 1]
    n = len(grid)
    tables = EpochTables(
        gain=np.empty((n, m)),
        decay=np.empty((n, m)),
        scale=np.empty((n, m)),
        basis=np.empty((n, p, m)),
        plain=plain,
        penalty=np.empty(n),
        factor_v=np.empty(n),
        factor_a=np.empty(n),
        white_v=float(row_v @ row_v),
    )
    _fill(time_d, grid, row_v, row_a, tables)
    size = float(np.log(np.abs(np.diag(r))).sum())
    return tables._replace(penalty=tables.penalty + size)


@numba.njit(cache=True)
def _fill(
    time_d: Any, grid: Any, row_v: Any, row_a: Any, tables: Any
) -> None:  # pragma: no cover (compiled)
    plain = tables.plain
    p = len(plain)
    for k in range(len(grid)):
        gain, decay, scale = tables.gain[k], tables.decay[k], tables.scale[k]
        filter_terms(time_d, grid[k, 0], grid[k, 1], gain, decay, scale)
        white = tables.basis[k]
        for j in range(p):
            whiten(plain[j], gain, decay, scale, white[j])
        tables.penalty[k] = -np.log(scale).sum() + _orthonormalise(white)
        tables.factor_v[k] = _quadratic_form(row_v, decay, grid[k, 1])
        tables.factor_a[k] = _quadratic_form(row_a, decay, grid[k, 1])


@numba.njit(cache=True, fastmath=_FASTMATH)
def _orthonormalise(rows: Any) -> float:  # pragma: no cover (compiled)
    """Gram-Schmidt on rows, twice for each, in place; the log of their volume."""
    volume = 0.0
    for j in range(len(rows)):
        for _ in range(2):
            for i in range(j):
                dot = 0.0
                for t in range(rows.shape[1]):
                    dot += rows[i, t] * rows[j, t]
                for t in range(rows.shape[1]):
                    rows[j, t] -= dot * rows[i, t]
        length = 0.0
        for t in range(rows.shape[1]):
            length += rows[j, t] * rows[j, t]
        length = np.sqrt(length)
        if length < _NOTHING:  # a step without epochs on one side
            rows[j] = 0.0
            continue
        for t in range(rows.shape[1]):
            rows[j, t] /= length
        volume += np.log(length)
    return volume


@numba.njit(cache=True)
def filter_terms(
    time_d: Any, tau: float, white: float, gain: Any, decay: Any, scale: Any
) -> None:  # pragma: no cover (compiled)
    """Kalman gains of white plus autoregressive noise of total variance one.

    ``decay[i]`` is the correlation of the red part of epochs i - 1 and i,
    ``scale[i]`` one over the root of the variance of the innovation.
    """
    red = 1.0 - white
    variance = red
    decay[0] = 0.0
    for i in range(len(time_d)):
        if i > 0:
            decay[i] = np.exp(-(time_d[i] - time_d[i - 1]) / tau)
            variance = decay[i] ** 2 * variance + (1.0 - decay[i] ** 2) * red
        total = variance + white
        gain[i] = variance / total
        scale[i] = 1.0 / np.sqrt(total)
        variance = variance * (1.0 - gain[i])


@numba.njit(cache=True)
def whiten(
    y: Any, gain: Any, decay: Any, scale: Any, out: Any
) -> None:  # pragma: no cover (compiled)
    """Innovations of a series under the filter, each of variance one."""
    state = 0.0
    for i in range(len(y)):
        state *= decay[i]
        innovation = y[i] - state
        state += gain[i] * innovation
        out[i] = innovation * scale[i]


@numba.njit(cache=True)
def _quadratic_form(
    a: Any, decay: Any, white: float
) -> float:  # pragma: no cover (compiled)
    """Value of a' C a for the correlation C of white plus autoregressive noise."""
    total, carried = 0.0, 0.0
    for i in range(len(a)):
        carried *= decay[i]
        total += a[i] * a[i] + 2.0 * (1.0 - white) * a[i] * carried
        carried += a[i]
    return total


@numba.njit(cache=True, parallel=True)
def evaluate(rows: Any, tables: Any, out: Any) -> None:  # pragma: no cover (compiled)
    """Errors of velocity and acceleration and the effective epochs, out (n, 3).

    ``rows`` (n, m) holds series without gaps.
    """
    n, m = rows.shape
    n_pairs, p, _ = tables.basis.shape
    padded = (m + _GROUP - 1) // _GROUP * _GROUP
    for tile in numba.prange((n + LANES - 1) // LANES):
        start = tile * LANES
        width = min(LANES, n - start)
        rest = np.zeros((m, LANES), dtype=np.float32)
        _residuals(rows[start : start + width], tables.plain, rest)
        white = np.zeros((padded, LANES), dtype=np.float32)
        weights = np.zeros((_GROUP,), dtype=np.float32)
        sigma2 = np.empty((n_pairs, LANES))
        for k in range(n_pairs):
            squares = np.zeros(LANES, dtype=np.float32)
            _whiten_lanes(
                rest, tables.gain[k], tables.decay[k], tables.scale[k], white, squares
            )
            for j in range(p):
                c = np.zeros(LANES, dtype=np.float32)
                _project_lanes(tables.basis[k, j], white, weights, c)
                for i in range(LANES):
                    squares[i] -= c[i] * c[i]
            for i in range(LANES):
                sigma2[k, i] = max(np.float64(squares[i]), 1e-12) / (m - p)
        for i in range(width):
            _average(
                sigma2[:, i],
                tables.penalty,
                tables.factor_v,
                tables.factor_a,
                tables.white_v,
                m - p,
                m,
                out[start + i],
            )


@numba.njit(cache=True, parallel=True)
def evaluate_gappy(
    rows: Any, time_d: Any, design: Any, grid: Any, out: Any
) -> None:  # pragma: no cover (compiled)
    """As `evaluate`, for series (n, m) that each lack epochs of their own.

    ``design`` is (p, m), for all epochs; ``out`` gets NaN where too few are left.
    """
    p = len(design)
    for k in numba.prange(len(rows)):
        out[k] = np.nan
        epochs = np.flatnonzero(~np.isnan(rows[k]))
        n = len(epochs)
        if n <= p + 1:
            continue
        time, y = time_d[epochs], rows[k][epochs].astype(np.float64)
        plain = np.empty((p, n))
        for j in range(p):
            plain[j] = design[j][epochs]
        raw_v, raw_a = plain[p - 2].copy(), plain[p - 1].copy()
        _orthonormalise(plain)
        if np.abs(plain[p - 2]).sum() == 0.0 or np.abs(plain[p - 1]).sum() == 0.0:
            continue
        row_v = plain[p - 2] / (raw_v * plain[p - 2]).sum()
        row_a = 2.0 * plain[p - 1] / (raw_a * plain[p - 1]).sum()
        y -= y[0]
        for j in range(p):
            y -= (plain[j] * y).sum() * plain[j]
        terms = 0
        for j in range(p):
            terms += np.abs(plain[j]).sum() > 0.0
        out[k] = _one_series(y, time, plain, terms, row_v, row_a, grid)


@numba.njit(cache=True)
def _one_series(
    y: Any, time_d: Any, plain: Any, terms: int, row_v: Any, row_a: Any, grid: Any
) -> Any:  # pragma: no cover (compiled)
    """Row of results of one series of residuals."""
    n, n_pairs, p = len(y), len(grid), len(plain)
    gain, decay, scale = np.empty(n), np.empty(n), np.empty(n)
    columns = np.empty((n, p + 1))
    for i in range(n):
        for j in range(p):
            columns[i, j] = plain[j, i]
        columns[i, p] = y[i]
    normal = np.empty((p + 1, p + 1))
    sigma2, penalty = np.empty(n_pairs), np.empty(n_pairs)
    factor_v, factor_a = np.empty(n_pairs), np.empty(n_pairs)
    for pair in range(n_pairs):
        filter_terms(time_d, grid[pair, 0], grid[pair, 1], gain, decay, scale)
        _normal_matrix(columns, gain, decay, scale, normal)
        penalty[pair] = -np.log(scale).sum() + _eliminate(normal)
        sigma2[pair] = max(normal[p, p], 1e-12) / (n - terms)
        factor_v[pair] = _quadratic_form(row_v, decay, grid[pair, 1])
        factor_a[pair] = _quadratic_form(row_a, decay, grid[pair, 1])
    found = np.empty(3)
    white_v = (row_v * row_v).sum()
    _average(sigma2, penalty, factor_v, factor_a, white_v, n - terms, n, found)
    return found


@numba.njit(cache=True, fastmath=_FASTMATH)
def _normal_matrix(
    columns: Any, gain: Any, decay: Any, scale: Any, normal: Any
) -> None:  # pragma: no cover (compiled)
    """Products of all columns (n, c) with each other, whitened."""
    n, c = columns.shape
    state, white = np.zeros(c), np.empty(c)
    normal[:] = 0.0
    for i in range(n):
        g, d, s = gain[i], decay[i], scale[i]
        for j in range(c):
            before = state[j] * d
            innovation = columns[i, j] - before
            state[j] = before + g * innovation
            white[j] = innovation * s
        for j in range(c):
            value = white[j]
            for k in range(c):  # the upper half too: whole rows are faster
                normal[j, k] += value * white[k]


@numba.njit(cache=True)
def _eliminate(normal: Any) -> float:  # pragma: no cover (compiled)
    """Take all columns but the last out of a matrix of products (its lower half).

    What is left in its last place is the squared rest of the last column. Returns the
    log of the volume of the others; those that vanish (steps without epochs on one
    side) do not count.
    """
    last, volume = len(normal) - 1, 0.0
    for k in range(last):
        pivot = normal[k, k]
        if pivot < _NOTHING**2:
            continue
        volume += 0.5 * np.log(pivot)
        for j in range(k + 1, last + 1):
            share = normal[j, k] / pivot
            for i in range(k + 1, j + 1):
                normal[j, i] -= share * normal[i, k]
    return volume


@numba.njit(cache=True, fastmath=_FASTMATH)
def _residuals(rows: Any, plain: Any, rest: Any) -> None:  # pragma: no cover (compiled)
    """Least squares residuals of some series, as columns."""
    m = rows.shape[1]
    left = np.empty(m)
    for k in range(len(rows)):
        first = np.float64(rows[k, 0])
        for i in range(m):
            left[i] = np.float64(rows[k, i]) - first
        for j in range(len(plain)):
            c = 0.0
            for i in range(m):
                c += plain[j, i] * left[i]
            for i in range(m):
                left[i] -= c * plain[j, i]
        for i in range(m):
            rest[i, k] = left[i]


@numba.njit(cache=True, fastmath=_FASTMATH)
def _whiten_lanes(
    rest: Any, gain: Any, decay: Any, scale: Any, white: Any, squares: Any
) -> None:  # pragma: no cover (compiled)
    """As `whiten`, for all lanes, with their sums of squares."""
    state = np.zeros(LANES, dtype=np.float32)
    for i in range(len(rest)):
        g, d, s = np.float32(gain[i]), np.float32(decay[i]), np.float32(scale[i])
        y, w = rest[i], white[i]
        for lane in range(LANES):
            before = state[lane] * d
            innovation = y[lane] - before
            state[lane] = before + g * innovation
            value = innovation * s
            w[lane] = value
            squares[lane] += value * value


@numba.njit(cache=True, fastmath=_FASTMATH)
def _project_lanes(
    basis: Any, white: Any, weight: Any, c: Any
) -> None:  # pragma: no cover (compiled)
    """Projection of all lanes on one term."""
    m = len(basis)
    for i in range(0, len(white), _GROUP):
        for t in range(_GROUP):
            weight[t] = np.float32(basis[i + t]) if i + t < m else np.float32(0.0)
        w0, w1, w2, w3 = white[i], white[i + 1], white[i + 2], white[i + 3]
        b0, b1, b2, b3 = weight[0], weight[1], weight[2], weight[3]
        for lane in range(LANES):
            c[lane] += b0 * w0[lane] + b1 * w1[lane] + b2 * w2[lane] + b3 * w3[lane]


@numba.njit(cache=True)
def _average(
    sigma2: Any,
    penalty: Any,
    factor_v: Any,
    factor_a: Any,
    white_v: float,
    freedom: int,
    m: int,
    out: Any,
) -> None:  # pragma: no cover (compiled)
    """Mean error variances over the grid, with the likelihood as weight."""
    likelihood = -0.5 * freedom * np.log(sigma2) - penalty
    best = likelihood.max()
    total = var_v = var_a = 0.0
    for k in range(len(sigma2)):
        weight = np.exp(likelihood[k] - best)
        total += weight
        var_v += weight * sigma2[k] * factor_v[k]
        var_a += weight * sigma2[k] * factor_a[k]
    out[0] = np.sqrt(var_v / total)
    out[1] = np.sqrt(var_a / total)
    n_effective = m * sigma2[-1] * white_v / (var_v / total)
    out[2] = min(n_effective, np.float64(m))
