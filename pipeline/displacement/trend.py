"""Trend, acceleration and annual terms of many series, in one pass per point.

Model of a series (t in years from the middle of the time span):

    d(t) = b0 + b1 cos(2 pi t) + b2 sin(2 pi t) + b3 t + b4 t^2 + noise

The design matrix X is put in the order [1, cos, sin, t, t^2] and factored once, X = QR.
The projections c = Q'd then hold all nested models at once: the velocity of the model
without t^2 is c3 / R33, the acceleration of the full model is 2 c4 / R44, so one pass
over a series serves both. A series with missing epochs takes the same way with Q
restricted to its epochs and factored again by Cholesky (5 x 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

DAYS_PER_YEAR: Final = 365.25
MINIMUM_SEASONAL_SPAN_D: Final = 548.0  # one and a half years (P)
N_TERMS: Final = 5
_LEAST_PIVOT: Final = 1e-9
_FASTMATH: Final = {"reassoc", "contract", "nsz", "arcp"}  # NaN keeps its meaning
FIT_COLUMNS: Final = ("velocity", "acceleration", "amplitude", "rmse", "n_epochs")


@dataclass(frozen=True, slots=True)
class TrendFit:
    """Fitted quantities of n series; NaN where they cannot be had.

    ``velocity_mm_per_yr`` belongs to the straight line with annual terms (as in the
    EGMS), the others to the model with t^2. ``rmse_mm`` is the root of the mean squared
    residual of the latter. Series too short for annual terms have no acceleration: it
    could not be told from a season.
    """

    velocity_mm_per_yr: NDArray[np.float64]
    acceleration_mm_per_yr2: NDArray[np.float64]
    amplitude_mm: NDArray[np.float64]
    rmse_mm: NDArray[np.float64]
    n_epochs: NDArray[np.int64]


def design_matrix(time_d: NDArray[np.float64]) -> tuple[NDArray[np.float64], bool]:
    """Columns [1, cos, sin, t, t^2] of the model.

    Parameters
    ----------
    time_d
        Shape (m,). Days, increasing.

    Returns
    -------
    tuple
        Matrix (m, 5) and whether the annual terms are in it: a series shorter than
        one and a half years cannot tell a season from a trend, and has zeros there.
    """
    years = (time_d - 0.5 * (time_d[0] + time_d[-1])) / DAYS_PER_YEAR
    seasonal = bool(time_d[-1] - time_d[0] >= MINIMUM_SEASONAL_SPAN_D)
    phase = 2.0 * np.pi * years
    annual = np.column_stack([np.cos(phase), np.sin(phase)]) * float(seasonal)
    columns = [np.ones_like(years), annual, years, years**2]
    return np.column_stack(columns), seasonal


def orthonormal_basis(
    design: NDArray[np.float64], seasonal: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Q' (5, m) and R (5, 5) of the design; unused annual terms are zero.

    Raises
    ------
    ValueError
        If there are fewer epochs than terms.
    """
    used = np.arange(N_TERMS) if seasonal else np.array([0, 3, 4])
    if len(design) <= len(used):
        raise ValueError(f"{len(design)} epochs cannot carry {len(used)} terms")
    q, r = np.linalg.qr(design[:, used])
    signs = np.where(np.diag(r) < 0, -1.0, 1.0)
    basis, triangle = np.zeros((N_TERMS, len(design))), np.eye(N_TERMS)
    basis[used] = (q * signs).T
    triangle[np.ix_(used, used)] = r * signs[:, None]
    return np.ascontiguousarray(basis), triangle


def fit_trends(
    displacement_mm: NDArray[np.float32], time_d: NDArray[np.float64]
) -> TrendFit:
    """Fit the model to every series.

    Parameters
    ----------
    displacement_mm
        Shape (n, m). NaN where there is no value.
    time_d
        Shape (m,). Days, increasing; more epochs than terms.

    Notes
    -----
    Method: docs/methods.md, "Trend of a displacement series".
    """
    design, seasonal = design_matrix(time_d)
    basis, triangle = orthonormal_basis(design, seasonal)
    rows = np.ascontiguousarray(displacement_mm, dtype=np.float32)
    out = np.empty((len(rows), len(FIT_COLUMNS)))
    _fit_rows(rows, basis, triangle, seasonal, out)
    return TrendFit(
        velocity_mm_per_yr=out[:, 0],
        acceleration_mm_per_yr2=out[:, 1],
        amplitude_mm=out[:, 2],
        rmse_mm=out[:, 3],
        n_epochs=out[:, 4].astype(np.int64),
    )


@numba.njit(cache=True, parallel=True, fastmath=_FASTMATH)
def _fit_rows(
    rows: Any, basis: Any, triangle: Any, seasonal: bool, out: Any
) -> None:  # pragma: no cover (compiled)
    n_points, n_epochs = rows.shape
    for k in numba.prange(n_points):
        y = rows[k]
        c0 = c1 = c2 = c3 = c4 = 0.0
        for i in range(n_epochs):
            value = np.float64(y[i])
            c0 += basis[0, i] * value
            c1 += basis[1, i] * value
            c2 += basis[2, i] * value
            c3 += basis[3, i] * value
            c4 += basis[4, i] * value
        if np.isnan(c0):
            _fit_gappy(y, basis, triangle, seasonal, out[k])
            continue
        squares = 0.0
        for i in range(n_epochs):
            rest = y[i] - (
                c0 * basis[0, i]
                + c1 * basis[1, i]
                + c2 * basis[2, i]
                + c3 * basis[3, i]
                + c4 * basis[4, i]
            )
            squares += rest * rest
        c = (c0, c1, c2, c3, c4)
        _solve(c, triangle, seasonal, np.sqrt(squares / n_epochs), n_epochs, out[k])


@numba.njit(cache=True)
def _fit_gappy(
    y: Any, basis: Any, triangle: Any, seasonal: bool, out: Any
) -> None:  # pragma: no cover (compiled)
    """Fit one series with missing epochs; ``out`` gets NaN where it cannot be done."""
    n_epochs = len(y)
    gram, moment = np.zeros((N_TERMS, N_TERMS)), np.zeros(N_TERMS)
    n_valid = 0
    for i in range(n_epochs):
        if np.isnan(y[i]):
            continue
        n_valid += 1
        for a in range(N_TERMS):
            moment[a] += basis[a, i] * y[i]
            for b in range(a, N_TERMS):
                gram[a, b] += basis[a, i] * basis[b, i]
    out[:4] = np.nan
    out[4] = n_valid
    if not seasonal:
        gram[1, 1] = gram[2, 2] = 1.0
    if n_valid <= (N_TERMS if seasonal else 3) or not _cholesky(gram):
        return
    c = np.zeros(N_TERMS)
    for a in range(N_TERMS):
        rest = moment[a]
        for b in range(a):
            rest -= gram[b, a] * c[b]
        c[a] = rest / gram[a, a]
    squares = 0.0
    weights = np.zeros(N_TERMS)
    for a in range(N_TERMS - 1, -1, -1):
        rest = c[a]
        for b in range(a + 1, N_TERMS):
            rest -= gram[a, b] * weights[b]
        weights[a] = rest / gram[a, a]
    for i in range(n_epochs):
        if not np.isnan(y[i]):
            rest = np.float64(y[i])
            for a in range(N_TERMS):
                rest -= weights[a] * basis[a, i]
            squares += rest * rest
    product = np.zeros((N_TERMS, N_TERMS))
    for a in range(N_TERMS):
        for b in range(a, N_TERMS):
            for m in range(a, b + 1):
                product[a, b] += gram[a, m] * triangle[m, b]
    five = (c[0], c[1], c[2], c[3], c[4])
    _solve(five, product, seasonal, np.sqrt(squares / n_valid), n_valid, out)


@numba.njit(cache=True)
def _cholesky(gram: Any) -> bool:  # pragma: no cover (compiled)
    """Turn the upper triangle of a matrix into its factor S with S'S, in place."""
    for a in range(N_TERMS):
        pivot = gram[a, a]
        for m in range(a):
            pivot -= gram[m, a] ** 2
        if pivot < _LEAST_PIVOT:
            return False
        gram[a, a] = np.sqrt(pivot)
        for b in range(a + 1, N_TERMS):
            rest = gram[a, b]
            for m in range(a):
                rest -= gram[m, a] * gram[m, b]
            gram[a, b] = rest / gram[a, a]
    return True


@numba.njit(cache=True)
def _solve(
    c: Any, r: Any, seasonal: bool, rmse: float, n_valid: int, out: Any
) -> None:  # pragma: no cover (compiled)
    """Turn projections into velocity, acceleration, amplitude, RMSE and count."""
    b4 = c[4] / r[4, 4]
    b3 = (c[3] - r[3, 4] * b4) / r[3, 3]
    b2 = (c[2] - r[2, 3] * b3 - r[2, 4] * b4) / r[2, 2]
    b1 = (c[1] - r[1, 2] * b2 - r[1, 3] * b3 - r[1, 4] * b4) / r[1, 1]
    out[0] = c[3] / r[3, 3]
    out[1] = 2.0 * b4 if seasonal else np.nan
    out[2] = np.hypot(b1, b2) if seasonal else np.nan
    out[3] = rmse
    out[4] = n_valid
