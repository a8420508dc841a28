"""Standard errors of velocity and acceleration under temporally correlated noise.

Residuals of InSAR series are not independent: what the atmosphere and the processing
leave is correlated over weeks, and formal least squares errors are then too small.
Noise is modelled as white noise plus a first-order autoregressive process, for
irregular epochs

    corr(i, j) = w [i = j] + (1 - w) exp(-|t_i - t_j| / tau).

The share w of white noise and the time tau are not known and a single series tells
little about them. So no single pair is chosen: on a grid of pairs the restricted
likelihood (REML; Patterson and Thompson 1971) of the series is computed, and the
error variance of the least squares estimate is averaged over the grid with the
likelihood as weight (Bayesian model averaging with equal prior weights; Hoeting et al.
1999). Limits: tau beyond the grid cannot be told from motion and is not allowed for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from pipeline.displacement.trend import DAYS_PER_YEAR, N_TERMS, design_matrix

TAU_D: Final = (10.0, 25.0, 60.0, 150.0)  # P: one epoch to five months
WHITE_FRACTION: Final = (0.0, 0.3, 0.6, 0.85)  # P
INTERPOLATION_VARIANCE: Final = 1.5
"""Linear interpolation keeps on average 2/3 of the noise variance: the mean of
w^2 + (1 - w)^2 for w between 0 and 1. Residuals are widened by the inverse."""
UNMODELLED_SEASON_MM: Final = 3.0
"""Annual amplitude (P) allowed for in the velocity of series too short for a season."""


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Standard errors of n series and the number of independent epochs behind them."""

    velocity_std_mm_per_yr: NDArray[np.float64]
    acceleration_std_mm_per_yr2: NDArray[np.float64]
    n_effective: NDArray[np.float64]


class EpochTables(NamedTuple):
    """What depends on the epochs alone, for the pairs of the grid and m epochs.

    ``gain``, ``decay`` and ``scale`` (pairs, m) are the filter that makes noise white,
    ``basis`` (pairs, terms, m) the whitened orthonormal design, ``penalty`` (pairs,)
    the part of minus the log likelihood without residuals. ``factor_v`` and
    ``factor_a`` (pairs,) turn noise variance into error variance of velocity and
    acceleration; ``white_v`` is that of velocity under white noise.
    """

    gain: NDArray[np.float64]
    decay: NDArray[np.float64]
    scale: NDArray[np.float64]
    basis: NDArray[np.float64]
    penalty: NDArray[np.float64]
    factor_v: NDArray[np.float64]
    factor_a: NDArray[np.float64]
    white_v: float


def candidates() -> NDArray[np.float64]:
    """Pairs (tau in days, white share) of the grid; the last one is white noise."""
    pairs = [(tau, white) for tau in TAU_D for white in WHITE_FRACTION]
    return np.array([*pairs, (1.0, 1.0)])


def standard_errors(
    displacement_mm: NDArray[np.float32], time_d: NDArray[np.float64]
) -> Uncertainty:
    """Error of velocity and acceleration of every series.

    Parameters
    ----------
    displacement_mm
        Shape (n, m). NaN where there is no value.
    time_d
        Shape (m,). Days, increasing.

    Returns
    -------
    Uncertainty
        NaN where there are too few epochs, and for accelerations of series that are too
        short to tell them from a season. ``n_effective`` is the number of independent
        epochs, spread alike, that would give the same velocity error.

    Notes
    -----
    Series with the same epochs share the work that depends on epochs alone.
    Method: docs/methods.md, "Error of a displacement velocity".
    """
    n_points, _ = displacement_mm.shape
    out = np.full((n_points, 3), np.nan)
    valid = ~np.isnan(displacement_mm)
    packed = np.packbits(valid, axis=1)
    _, first, pattern = np.unique(
        packed, axis=0, return_index=True, return_inverse=True
    )
    grid = candidates()
    order = np.argsort(pattern.ravel(), kind="stable")
    groups = np.split(order, np.cumsum(np.bincount(pattern.ravel()))[:-1])
    for lead, rows in zip(first, groups, strict=True):
        epochs = valid[lead]
        if epochs.sum() <= N_TERMS + 1:
            continue
        time = time_d[epochs]
        design, seasonal = design_matrix(time)
        used = np.arange(N_TERMS) if seasonal else np.array([0, 3, 4])
        tables = _prepare(time, np.ascontiguousarray(design[:, used]), grid)
        block = displacement_mm[np.ix_(rows, np.flatnonzero(epochs))].astype(np.float64)
        block -= block.mean(axis=1, keepdims=True)
        part = np.empty((len(rows), 3))
        _evaluate(block, tables, part)
        out[rows] = part if seasonal else _without_season(part, time, design)
    return Uncertainty(out[:, 0], out[:, 1], out[:, 2])


def _without_season(
    part: NDArray[np.float64], time_d: NDArray[np.float64], design: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Allow for a season that a short series cannot show; no acceleration error."""
    phase = 2.0 * np.pi * time_d / DAYS_PER_YEAR
    row = np.linalg.pinv(design[:, [0, 3]])[1]
    leak2 = (row @ np.cos(phase)) ** 2 + (row @ np.sin(phase)) ** 2
    widened = part.copy()
    variance = part[:, 0] ** 2 + 0.5 * UNMODELLED_SEASON_MM**2 * leak2
    widened[:, 2] *= part[:, 0] ** 2 / variance
    widened[:, 0] = np.sqrt(variance)
    widened[:, 1] = np.nan
    return widened


def for_interpolated(
    errors: Uncertainty, span_d: float, interval_d: float
) -> Uncertainty:
    """Widen the errors of series whose epochs the provider interpolated.

    Interpolated epochs add no evidence: no more than one independent epoch counts in
    ``interval_d`` days, and the noise that interpolation took away is put back.

    Parameters
    ----------
    errors
        As if all epochs were observed.
    span_d
        Time from the first to the last epoch, days.
    interval_d
        Interval between real acquisitions, days.
    """
    most = span_d / interval_d + 1.0
    excess = np.maximum(errors.n_effective / most, 1.0)
    factor = np.sqrt(INTERPOLATION_VARIANCE * excess)
    return Uncertainty(
        errors.velocity_std_mm_per_yr * factor,
        errors.acceleration_std_mm_per_yr2 * factor,
        np.minimum(errors.n_effective, most),
    )


def _prepare(
    time_d: NDArray[np.float64],
    design: NDArray[np.float64],
    grid: NDArray[np.float64],
) -> EpochTables:
    """Everything that depends on the epochs but not on the values."""
    m, p = design.shape
    n_pairs = len(grid)
    gain, decay, scale = (np.empty((n_pairs, m)) for _ in range(3))
    basis = np.empty((n_pairs, p, m))
    penalty, factor_v, factor_a = (np.empty(n_pairs) for _ in range(3))
    row_v = np.linalg.pinv(design[:, : p - 1])[p - 2]
    row_a = 2.0 * np.linalg.pinv(design)[p - 1]
    for k, (tau, white) in enumerate(grid):
        _filter_terms(time_d, tau, white, gain[k], decay[k], scale[k])
        whitened = np.empty((p, m))
        for j in range(p):
            _whiten(
                np.ascontiguousarray(design[:, j]),
                gain[k],
                decay[k],
                scale[k],
                whitened[j],
            )
        q, r = np.linalg.qr(whitened.T)
        basis[k] = q.T
        penalty[k] = -np.log(scale[k]).sum() + np.log(np.abs(np.diag(r))).sum()
        factor_v[k] = _quadratic_form(row_v, decay[k], white)
        factor_a[k] = _quadratic_form(row_a, decay[k], white)
    white_v = float(row_v @ row_v)
    return EpochTables(gain, decay, scale, basis, penalty, factor_v, factor_a, white_v)


@numba.njit(cache=True)
def _filter_terms(
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
def _whiten(
    y: Any, gain: Any, decay: Any, scale: Any, out: Any
) -> None:  # pragma: no cover (compiled)
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
def _evaluate(rows: Any, tables: Any, out: Any) -> None:  # pragma: no cover (compiled)
    gain, decay, scale = tables.gain, tables.decay, tables.scale
    basis, penalty = tables.basis, tables.penalty
    n_pairs, p, m = basis.shape
    for row in numba.prange(len(rows)):
        likelihood, sigma2 = np.empty(n_pairs), np.empty(n_pairs)
        whitened = np.empty(m)
        for k in range(n_pairs):
            _whiten(rows[row], gain[k], decay[k], scale[k], whitened)
            squares = 0.0
            for i in range(m):
                squares += whitened[i] * whitened[i]
            for j in range(p):
                c = 0.0
                for i in range(m):
                    c += basis[k, j, i] * whitened[i]
                squares -= c * c
            sigma2[k] = max(squares, 1e-12) / (m - p)
            likelihood[k] = -0.5 * (m - p) * np.log(sigma2[k]) - penalty[k]
        best = likelihood.max()
        total = var_v = var_a = 0.0
        for k in range(n_pairs):
            weight = np.exp(likelihood[k] - best)
            total += weight
            var_v += weight * sigma2[k] * tables.factor_v[k]
            var_a += weight * sigma2[k] * tables.factor_a[k]
        out[row, 0] = np.sqrt(var_v / total)
        out[row, 1] = np.sqrt(var_a / total)
        n_effective = m * sigma2[n_pairs - 1] * tables.white_v / (var_v / total)
        out[row, 2] = min(n_effective, np.float64(m))
