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

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.displacement.fit import noise_kernel
from pipeline.displacement.fit.trend import (
    DAYS_PER_YEAR,
    MINIMUM_SEASONAL_SPAN_D,
    NO_STEPS,
    Model,
    series_model,
)

TAU_D: Final = (10.0, 25.0, 60.0, 150.0)  # P: one epoch to five months
WHITE_FRACTION: Final = (0.0, 0.3, 0.6, 0.85)  # P
INTERPOLATION_VARIANCE: Final = 1.5
"""Linear interpolation keeps on average 2/3 of the noise variance: the mean of
w^2 + (1 - w)^2 for w between 0 and 1. Residuals are widened by the inverse."""
_FEW: Final = 8
"""Series with the same epochs; fewer are worked out one by one."""
UNMODELLED_SEASON_MM: Final = 3.0
"""Annual amplitude (P) allowed for in the velocity of series too short for a season."""


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Standard errors of n series and the number of independent epochs behind them."""

    velocity_std_mm_per_yr: NDArray[np.float64]
    acceleration_std_mm_per_yr2: NDArray[np.float64]
    n_effective: NDArray[np.float64]


def candidates() -> NDArray[np.float64]:
    """Pairs (tau in days, white share) of the grid; the last one is white noise."""
    pairs = [(tau, white) for tau in TAU_D for white in WHITE_FRACTION]
    return np.array([*pairs, (1.0, 1.0)])


def standard_errors(
    displacement_mm: NDArray[np.float32],
    time_d: NDArray[np.float64],
    steps_d: tuple[float, ...] = NO_STEPS,
) -> Uncertainty:
    """Error of velocity and acceleration of every series.

    Parameters
    ----------
    displacement_mm
        Shape (n, m). NaN where there is no value.
    time_d
        Shape (m,). Days, increasing.
    steps_d
        Days at which the fit allows for a step.

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
    out = np.full((len(displacement_mm), 3), np.nan)
    grid = candidates()
    single: list[NDArray[np.int64]] = []
    for epochs, rows in _alike(displacement_mm):
        time = time_d[epochs]
        if len(rows) < _FEW and _is_long(time):
            single.append(rows)
            continue
        model = series_model(time, steps_d) if len(time) > 1 else None
        if model is None or len(time) <= model.design.shape[1] + 1:
            continue
        tables = _tables(time.astype(np.float64).tobytes(), steps_d)
        block = displacement_mm
        if len(rows) < len(displacement_mm) or len(time) < len(time_d):
            block = displacement_mm[np.ix_(rows, np.flatnonzero(epochs))]
        part = np.empty((len(rows), 3))
        noise_kernel.evaluate(np.ascontiguousarray(block), tables, part)
        out[rows] = part if model.is_seasonal else _without_season(part, time, model)
    if single:
        rows = np.concatenate(single)
        whole = np.ascontiguousarray(series_model(time_d, steps_d).design.T)
        part = np.empty((len(rows), 3))
        noise_kernel.evaluate_gappy(displacement_mm[rows], time_d, whole, grid, part)
        out[rows] = part
    return Uncertainty(out[:, 0], out[:, 1], out[:, 2])


@lru_cache(maxsize=4)
def _tables(epochs: bytes, steps_d: tuple[float, ...]) -> noise_kernel.EpochTables:
    """What depends on the epochs (float64 as bytes) alone.

    Kept, because the parts of a product have the same epochs.
    """
    time_d = np.frombuffer(epochs)
    design = series_model(time_d, steps_d).design
    return noise_kernel.prepare(time_d, design, candidates())


def _is_long(time_d: NDArray[np.float64]) -> bool:
    """Whether a series is long enough for seasons."""
    return len(time_d) > 1 and bool(time_d[-1] - time_d[0] >= MINIMUM_SEASONAL_SPAN_D)


def _alike(
    displacement_mm: NDArray[np.float32],
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.int64]]]:
    """Epochs with a value, and the series that have just these."""
    n, m = displacement_mm.shape
    if not n:
        return
    if np.isfinite(displacement_mm.sum(dtype=np.float64)):
        yield np.ones(m, dtype=bool), np.arange(n)
        return
    valid = ~np.isnan(displacement_mm)
    packed = np.packbits(valid, axis=1)
    _, first, pattern = np.unique(
        packed, axis=0, return_index=True, return_inverse=True
    )
    order = np.argsort(pattern.ravel(), kind="stable")
    groups = np.split(order, np.cumsum(np.bincount(pattern.ravel()))[:-1])
    for lead, rows in zip(first, groups, strict=True):
        yield valid[lead], rows


def _without_season(
    part: NDArray[np.float64], time_d: NDArray[np.float64], model: Model
) -> NDArray[np.float64]:
    """Allow for a season that a short series cannot show; no acceleration error."""
    phase = 2.0 * np.pi * time_d / DAYS_PER_YEAR
    row = np.linalg.pinv(model.line)[-1]
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
