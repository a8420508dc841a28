"""Velocity of every reach at low, mean and high flow (methodology 4.5 and 4.6).

The best that a reach has data for is used: an observed velocity, then Manning's
equation with a surveyed section, then Jobson's regression with and without slope, then
Allen's hydraulic geometry. Standing water has no velocity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.core.schemas.rivers import VelocityMethod
from pipeline.rivers import jobson
from pipeline.rivers.coefficients import formula
from pipeline.rivers.discharge import Discharge

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FlowFactors:
    """Low and high flow as multiples of mean discharge."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ReachVelocities:
    """Velocities of the peak in m/s, shape (n,) each; NaN where there is none.

    ``fastest`` is the highest probable velocity at high flow, ``slowest`` the expected
    velocity at low flow. ``clipped`` marks reaches whose expected velocity at mean flow
    lay outside the limits.
    """

    central: Numbers
    fastest: Numbers
    slowest: Numbers
    method: NDArray[np.object_]
    clipped: NDArray[np.bool_]


def manning_velocity(
    hydraulic_radius_m: ArrayLike, slope: ArrayLike, roughness: ArrayLike
) -> Numbers:
    """Mean velocity v = R^(2/3) S^(1/2) / n in m/s; NaN where an input is missing."""
    c = formula("manning")
    radius = np.asarray(hydraulic_radius_m, dtype=np.float64)
    fall = np.asarray(slope, dtype=np.float64)
    n = np.asarray(roughness, dtype=np.float64)
    known = (radius > 0) & (fall > 0) & (n > 0)
    safe = [np.where(known, part, np.nan) for part in (radius, fall, n)]
    return np.asarray(safe[0] ** c["radius"] * safe[1] ** c["slope"] / safe[2])


def allen_width_m(discharge_m3s: ArrayLike) -> Numbers:
    """Width of the river in m from its discharge."""
    c = formula("allen")
    discharge = np.asarray(discharge_m3s, dtype=np.float64)
    return np.asarray(c["width"] * discharge ** c["width_power"])


def allen_depth_m(discharge_m3s: ArrayLike) -> Numbers:
    """Depth of the river in m from its discharge."""
    c = formula("allen")
    discharge = np.asarray(discharge_m3s, dtype=np.float64)
    return np.asarray(c["depth"] * discharge ** c["depth_power"])


def allen_velocity(discharge_m3s: ArrayLike) -> Numbers:
    """Mean velocity in m/s from discharge alone; NaN where it is not above zero."""
    discharge = np.asarray(discharge_m3s, dtype=np.float64)
    known = np.where(discharge > 0, discharge, np.nan)
    return np.asarray(known / (allen_width_m(known) * allen_depth_m(known)))


def two_day_length_m(velocity_m_per_s: ArrayLike, limit_h: float = 48.0) -> Numbers:
    """River length that a velocity covers in two days (methodology 2.5)."""
    return np.asarray(np.asarray(velocity_m_per_s) * limit_h * 3600.0)


def reach_velocities(
    *,
    area_m2: Numbers,
    discharge_m3s: Numbers,
    slope: Numbers,
    observed_m_per_s: Numbers,
    hydraulic_radius_m: Numbers,
    roughness: Numbers,
    in_lake: NDArray[np.bool_],
    flows: FlowFactors,
    discharge_bounds_m3s: tuple[Numbers, Numbers] | None = None,
) -> ReachVelocities:
    """Choose and compute the velocities of all reaches.

    Parameters
    ----------
    area_m2, discharge_m3s, slope, observed_m_per_s, hydraulic_radius_m, roughness
        Shape (n,), NaN where unknown. The discharge is the mean one.
    in_lake
        Shape (n,). Reaches in standing water.
    flows
        Low and high flow.
    discharge_bounds_m3s
        Lower and upper bound of the mean discharge, shape (n,) each: the slowest
        velocity is that at low flow of the lower bound, the fastest that at high flow
        of the upper one. Without them the mean serves for both.

    Notes
    -----
    Jobson's equations are evaluated at each flow. Velocities by other methods hold at
    mean flow and go with the power 0.34 of the discharge (Leopold and Maddock 1953).
    All are clipped to the limits of methodology 4.6.
    """
    count = len(area_m2)
    central, fastest, slowest = (np.full(count, np.nan) for _ in range(3))
    method = np.full(count, VelocityMethod.UNKNOWN.value, dtype=object)
    free = ~in_lake
    low, high = discharge_bounds_m3s or (discharge_m3s, discharge_m3s)
    discharges = (discharge_m3s, high, low)
    choices = (
        _scaled(VelocityMethod.OBSERVED, observed_m_per_s, flows),
        _scaled(
            VelocityMethod.MANNING,
            manning_velocity(hydraulic_radius_m, slope, roughness),
            flows,
        ),
        _jobson(area_m2, discharges, slope, flows),
        _jobson(area_m2, discharges, None, flows),
        _allen(discharges, flows),
    )
    for name, (mean, fast, slow) in choices:
        use = free & np.isfinite(mean) & (mean > 0)
        central[use], fastest[use], slowest[use] = mean[use], fast[use], slow[use]
        method[use] = name.value
        free &= ~use
    method[in_lake] = VelocityMethod.STANDING_WATER.value
    limits = formula("velocity-limits")
    least, most = limits["lowest"], limits["highest"]
    clipped = (central < least) | (central > most)
    return ReachVelocities(
        central=np.clip(central, least, most),
        fastest=np.clip(fastest, least, most),
        slowest=np.clip(slowest, least, most),
        method=method,
        clipped=clipped,
    )


_Choice = tuple[VelocityMethod, tuple[Numbers, Numbers, Numbers]]


def _scaled(name: VelocityMethod, velocity: Numbers, flows: FlowFactors) -> _Choice:
    power = formula("at-a-station")["power"]
    return name, (velocity, velocity * flows.high**power, velocity * flows.low**power)


def _allen(
    discharges_m3s: tuple[Numbers, Numbers, Numbers], flows: FlowFactors
) -> _Choice:
    power = formula("at-a-station")["power"]
    mean, high, low = (allen_velocity(discharge) for discharge in discharges_m3s)
    return VelocityMethod.ALLEN, (
        mean,
        high * flows.high**power,
        low * flows.low**power,
    )


def _jobson(
    area_m2: Numbers,
    discharges_m3s: tuple[Numbers, Numbers, Numbers],
    slope: Numbers | None,
    flows: FlowFactors,
) -> _Choice:
    """Velocities at mean flow, at high flow of the upper and low flow of the lower."""
    mean, upper, lower = discharges_m3s
    high, low = upper * flows.high, lower * flows.low
    if slope is None:
        return VelocityMethod.JOBSON_NO_SLOPE, (
            jobson.peak_velocity_without_slope(area_m2, mean, mean),
            jobson.highest_velocity_without_slope(area_m2, high, upper),
            jobson.peak_velocity_without_slope(area_m2, low, lower),
        )
    return VelocityMethod.JOBSON_SLOPE, (
        jobson.peak_velocity(area_m2, mean, mean, slope),
        jobson.highest_velocity(area_m2, high, upper, slope),
        jobson.peak_velocity(area_m2, low, lower, slope),
    )


def discharge_bounds(discharge: Discharge) -> tuple[Numbers, Numbers]:
    """Lower and upper bound of the mean discharge; the mean where none is known."""
    mean = discharge.mean_m3s
    return (
        np.where(np.isfinite(discharge.low_m3s), discharge.low_m3s, mean),
        np.where(np.isfinite(discharge.high_m3s), discharge.high_m3s, mean),
    )
