"""Forecast of failure from the points of a facility that speed up."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from pipeline.core.methods.displacement import (
    DisplacementMethods,
    InverseVelocityMethods,
)
from pipeline.displacement.fit.trend import design_matrix
from pipeline.displacement.series import PointSeries
from pipeline.displacement.stacks import stacked, without_line_and_season
from pipeline.displacement.warning.failure_law import forecast_by_law
from pipeline.displacement.warning.inverse_velocity import Forecast, forecast_failure
from pipeline.displacement.warning.neighbourhoods import FEWEST_STABLE_CELLS


def facility_rng(seed: int, tmf_id: str) -> np.random.Generator:
    """Random generator of one facility, independent of run order and worker count."""
    return np.random.default_rng([seed, zlib.crc32(tmf_id.encode("utf-8"))])


def forecast_of(
    series: PointSeries,
    fast: NDArray[np.bool_],
    stable: NDArray[np.bool_],
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
    stable
        Shape (n,). Points on natural ground.

    Notes
    -----
    The line through inverse speeds is tried first, the law on displacement next; one
    of them must also have held at the epochs before that persistence asks for.
    """
    if not np.isfinite(series.los[fast]).all():
        return None
    gates = methods.inverse_velocity
    ground = ground_series(series, stable)
    time, stack, noise = stacked_series(
        series.displacement_mm[fast] - ground, series.time_d, gates.maximum_epochs
    )
    newest = None
    for back in range(methods.speed_up.persistence_epochs):
        upto = len(time) - back
        forecast = _forecast(
            time[:upto], stack[:upto], noise, gates, facility_rng(gates.seed, tmf_id)
        )
        newest = newest or forecast
        if not forecast.is_valid:
            return forecast
    return newest


def _forecast(
    time_d: NDArray[np.float64],
    stack_mm: NDArray[np.float64],
    noise_mm: float,
    gates: InverseVelocityMethods,
    rng: np.random.Generator,
) -> Forecast:
    """Line through inverse speeds, or else the law on displacement."""
    forecast = forecast_failure(time_d, stack_mm, noise_mm, gates, rng)
    if forecast.is_valid:
        return forecast
    return forecast_by_law(time_d, stack_mm, noise_mm, gates)


def ground_series(
    series: PointSeries, stable: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """What natural ground nearby seems to do, without line and season, shape (m,).

    It is the noise that all points share. Zero with too few points on such ground.
    """
    if stable.sum() < FEWEST_STABLE_CELLS:
        return np.zeros(len(series.epoch))
    values = series.displacement_mm[stable].astype(np.float64)
    rest, _ = without_line_and_season(values, series.time_d)
    stack = stacked(rest, np.arange(len(rest))[None, :])
    return np.asarray(np.nan_to_num(stack[0]))


def stacked_series(
    displacement_mm: NDArray[np.floating], time_d: NDArray[np.float64], window: int
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
