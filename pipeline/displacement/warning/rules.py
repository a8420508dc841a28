"""Flags that watch levels are made of: pure functions on arrays of points."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.displacement.fit.trend import (
    MINIMUM_SEASONAL_SPAN_D,
    N_TERMS,
    design_matrix,
    fit_trends,
)
from pipeline.displacement.stacks import few_products

_TREND_AND_SEASON: Final = 4  # terms of the straight line with annual terms
_SINGULAR: Final = 1e-13  # of the largest eigenvalue: epochs that tell no terms apart


def apart(time_d: NDArray[np.float64], interval_d: float) -> NDArray[np.int64]:
    """Epochs at least an interval apart, the newest first of all.

    Interpolated epochs come more often than acquisitions can; taken so far apart, none
    of them repeats another.

    Parameters
    ----------
    time_d
        Shape (m,). Days, increasing.
    interval_d
        Least distance in days.

    Returns
    -------
    numpy.ndarray
        Indices of the epochs kept, increasing; the last is m - 1.
    """
    kept: list[int] = []
    for at in range(len(time_d) - 1, -1, -1):
        if not kept or time_d[kept[-1]] - time_d[at] >= interval_d:
            kept.append(at)
    return np.array(kept[::-1], dtype=np.int64)


def sustained_rate(
    displacement_mm: NDArray[np.float32],
    time_d: NDArray[np.float64],
    std_mm_per_yr: NDArray[np.float64],
    threshold_mm_per_yr: float,
    sigma_factor: float,
    persistence: int,
) -> NDArray[np.bool_]:
    """Points whose rate exceeds a threshold and its error, at each of the last epochs.

    The rate is fitted again without the newest epoch, without the newest two, and so
    on, as it would have been seen at those epochs.

    Parameters
    ----------
    displacement_mm, time_d
        Shapes (n, m) and (m,).
    std_mm_per_yr
        Shape (n,). Standard error of the rate of the whole series.
    threshold_mm_per_yr, sigma_factor
        The rate must exceed the threshold and this many standard errors.
    persistence
        Number of newest epochs.
    """
    limit = np.maximum(threshold_mm_per_yr, sigma_factor * std_mm_per_yr)
    held = np.isfinite(std_mm_per_yr)
    sign: NDArray[np.float64] | None = None
    for left_out in range(persistence):
        upto = len(time_d) - left_out
        rate = fit_trends(displacement_mm[:, :upto], time_d[:upto]).velocity_mm_per_yr
        with np.errstate(invalid="ignore"):
            held = held & (np.abs(rate) > limit)
            sign = np.sign(rate) if sign is None else sign
            held = held & (np.sign(rate) == sign)
    return held


def departures_sigma(
    displacement_mm: NDArray[np.float32], time_d: NDArray[np.float64], persistence: int
) -> NDArray[np.float64]:
    """How far the newest epochs lie off the trend and season before them.

    Returns
    -------
    ndarray
        Shape (n, persistence). Difference from the value that the straight line with
        annual terms, fitted to all older epochs, forecasts, in units of the standard
        deviation of that forecast. NaN where there is no value or no fit.
    """
    design, seasonal = design_matrix(time_d)
    used = design[:, :_TREND_AND_SEASON] if seasonal else design[:, [0, 3]]
    n_terms = used.shape[1]
    old, new = slice(None, -persistence), slice(-persistence, None)
    values = displacement_mm.astype(np.float64)
    known = ~np.isnan(values[:, old])
    squares = (used[old, :, None] * used[old, None, :]).reshape(-1, n_terms**2)
    normal = few_products(known, squares).reshape(-1, n_terms, n_terms)
    freedom = known.sum(axis=1) - n_terms
    spread = np.linalg.eigvalsh(normal)
    solved = (freedom >= 1) & (spread[:, 0] > _SINGULAR * spread[:, -1])
    result = np.full((len(values), persistence), np.nan)
    inverse = np.linalg.inv(normal[solved])
    level = np.nanmean(values[solved][:, old], axis=1, keepdims=True)
    history = np.where(known[solved], values[solved][:, old] - level, 0.0)
    terms = (few_products(history, used[old])[:, None, :] @ inverse)[:, 0]
    fitted = few_products(terms, used[old].T)
    rest = np.where(known[solved], history - fitted, 0.0)
    sigma = np.sqrt((rest**2).sum(axis=1) / freedom[solved])
    lever = np.einsum("ia,nab,ib->ni", used[new], inverse, used[new])
    error = np.maximum(sigma, 1e-6)[:, None] * np.sqrt(1.0 + lever)
    forecast = level + terms @ used[new].T
    result[solved] = (values[solved][:, new] - forecast) / error
    return result


def departed(z: NDArray[np.float64], limit: float) -> NDArray[np.bool_]:
    """Points whose newest epochs all depart to one side by more than ``limit``."""
    with np.errstate(invalid="ignore"):
        return np.asarray((z > limit).all(axis=1) | (z < -limit).all(axis=1))


def speeding_up(
    velocity_mm_per_yr: NDArray[np.float64],
    acceleration_mm_per_yr2: NDArray[np.float64],
    acceleration_std_mm_per_yr2: NDArray[np.float64],
    recent_mm_per_yr: NDArray[np.float64],
    false_discovery_rate: float,
    least_mm_per_yr2: float,
) -> NDArray[np.bool_]:
    """Points whose motion gets faster, beyond what chance gives among so many points.

    The acceleration must be significant at the false discovery rate over all points
    (Benjamini and Hochberg 1995), exceed ``least_mm_per_yr2``, and be seen in the newer
    half of the series: the rate there must be larger in size than the mean rate and go
    the way of the acceleration. A settlement that decays also has a significant second
    derivative, and is no acceleration.

    Parameters
    ----------
    velocity_mm_per_yr, acceleration_mm_per_yr2, acceleration_std_mm_per_yr2
        Shape (n,). Mean rate of the series, its change, and the error of the change.
    recent_mm_per_yr
        Shape (n,). Rate of the newer half (`recent_rates`).
    """
    from scipy.stats import norm

    known = np.isfinite(acceleration_std_mm_per_yr2) & (acceleration_std_mm_per_yr2 > 0)
    p = np.ones(len(known))
    ratio = acceleration_mm_per_yr2[known] / acceleration_std_mm_per_yr2[known]
    p[known] = 2.0 * norm.sf(np.abs(ratio))
    significant = benjamini_hochberg(p, false_discovery_rate) & known
    with np.errstate(invalid="ignore"):
        large = np.abs(acceleration_mm_per_yr2) >= least_mm_per_yr2
        along = acceleration_mm_per_yr2 * recent_mm_per_yr > 0
        faster = np.abs(recent_mm_per_yr) > np.abs(velocity_mm_per_yr)
    return significant & large & along & faster


def recent_rates(
    displacement_mm: NDArray[np.float32], time_d: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Rate of the newer half of every series, mm/yr; NaN where there is none.

    The half is lengthened to one and a half years where the series allows, so that a
    season is told from a trend.
    """
    window_d = max(0.5 * time_d[-1], min(MINIMUM_SEASONAL_SPAN_D + 1.0, time_d[-1]))
    newer = time_d >= time_d[-1] - window_d
    if newer.sum() <= N_TERMS:
        return np.full(len(displacement_mm), np.nan)
    return fit_trends(displacement_mm[:, newer], time_d[newer]).velocity_mm_per_yr


def benjamini_hochberg(p: NDArray[np.float64], rate: float) -> NDArray[np.bool_]:
    """Hypotheses that are rejected at a false discovery rate. Shape as ``p``."""
    order = np.argsort(p, kind="stable")
    limit = rate * np.arange(1, len(p) + 1) / max(len(p), 1)
    below = np.flatnonzero(p[order] <= limit)
    rejected = np.zeros(len(p), dtype=bool)
    if len(below):
        rejected[order[: below[-1] + 1]] = True
    return rejected


def recent_speeds(
    displacement_mm: NDArray[np.float32], time_d: NDArray[np.float64], n_epochs: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Slope over the newest epochs and its standard error, mm/d; NaN with gaps."""
    recent = displacement_mm[:, -n_epochs:].astype(np.float64)
    time = time_d[-n_epochs:] - time_d[-n_epochs:].mean()
    weight = time / (time @ time)
    slope = recent @ weight
    rest = recent - recent.mean(axis=1, keepdims=True) - np.outer(slope, time)
    variance = (rest**2).sum(axis=1) / max(len(time) - 2, 1)
    return slope, np.sqrt(variance / (time @ time))
