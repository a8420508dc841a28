"""Forecast of failure from the points of a facility that speed up."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from pipeline.core.methods.displacement import DisplacementMethods
from pipeline.displacement.inverse_velocity import Forecast, forecast_failure
from pipeline.displacement.series import PointSeries
from pipeline.displacement.trend import design_matrix


def facility_rng(seed: int, tmf_id: str) -> np.random.Generator:
    """Random generator of one facility, independent of run order and worker count."""
    return np.random.default_rng([seed, zlib.crc32(tmf_id.encode("utf-8"))])


def forecast_of(
    series: PointSeries,
    fast: NDArray[np.bool_],
    methods: DisplacementMethods,
    tmf_id: str,
) -> Forecast | None:
    """Forecast from the stack of some points; None without a viewing direction.

    Parameters
    ----------
    series
        All points of a source near a facility.
    fast
        Shape (n,). Points that speed up.
    """
    if not np.isfinite(series.los[fast]).all():
        return None
    gates = methods.inverse_velocity
    time, stack, noise = stacked_series(
        series.displacement_mm[fast], series.time_d, gates.maximum_epochs
    )
    return forecast_failure(time, stack, noise, gates, facility_rng(gates.seed, tmf_id))


def stacked_series(
    displacement_mm: NDArray[np.float32], time_d: NDArray[np.float64], window: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Median series of some points, without its season, and its noise.

    The season and the noise are those of the epochs before the newest ``window``, so
    that an acceleration is taken for neither. With too few of them the season stays in
    and the noise is that of the differences of neighbouring epochs.

    Returns
    -------
    tuple
        Times in days and displacements in millimetres of the epochs with a value, and
        the 1-sigma noise of one epoch in millimetres.
    """
    valid = ~np.isnan(displacement_mm).all(axis=0)
    time = time_d[valid]
    stack = np.nanmedian(displacement_mm[:, valid], axis=0).astype(np.float64)
    before = len(time) - window
    design, seasonal = design_matrix(time)
    if before <= 2 * design.shape[1] or not seasonal:
        steps = np.diff(stack)
        return time, stack, float(np.median(np.abs(steps - np.median(steps)))) * 1.05
    terms, *_ = np.linalg.lstsq(design[:before], stack[:before], rcond=None)
    rest = stack[:before] - design[:before] @ terms
    noise = float(np.sqrt((rest**2).sum() / (before - design.shape[1])))
    return time, stack - design[:, 1:3] @ terms[1:3], noise
