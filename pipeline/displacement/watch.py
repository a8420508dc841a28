"""Watch level of a facility by the rules of methodology 6.1.

A level is raised only where neighbouring points agree; a satellite alone never settles
anything: red asks for confirmation by a person, and green says that no rule was met,
not that the dam is safe.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.methods.displacement import DisplacementMethods
from pipeline.core.model import WatchLevel
from pipeline.core.schemas.displacement import WATCH_REASONS
from pipeline.displacement import rules
from pipeline.displacement.inverse_velocity import Forecast, forecast_failure
from pipeline.displacement.noise import Uncertainty
from pipeline.displacement.search import in_company
from pipeline.displacement.series import PointSeries
from pipeline.displacement.trend import TrendFit, design_matrix

LEVEL_ORDER: Final = tuple(WatchLevel)


@dataclass(frozen=True, slots=True)
class FittedPoints:
    """Points of one source near one facility, with what was fitted to them.

    All arrays have the points of ``series`` as rows; ``xy_m`` is (n, 2); ``usable``
    marks points with enough epochs.
    """

    series: PointSeries
    fit: TrendFit
    errors: Uncertainty
    xy_m: NDArray[np.float64]
    distance_m: NDArray[np.float64]
    usable: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is met: the level, its reason, and the forecast that made it red."""

    level: WatchLevel
    reason: str
    forecast: Forecast | None = None


def higher(a: WatchLevel, b: WatchLevel) -> WatchLevel:
    """Return the more serious of two levels."""
    return max(a, b, key=LEVEL_ORDER.index)


def facility_rng(seed: int, tmf_id: str) -> np.random.Generator:
    """Random generator of one facility, independent of run order and worker count."""
    return np.random.default_rng([seed, zlib.crc32(tmf_id.encode("utf-8"))])


def findings(
    points: FittedPoints, methods: DisplacementMethods, tmf_id: str
) -> list[Finding]:
    """Rules that the points of one source meet, in the order of the rules.

    Series whose epochs were interpolated are judged by their rate alone: their epochs
    are no independent evidence of anything recent.
    """
    found = _rate_findings(points, methods)
    if points.series.is_interpolated or not points.usable.any():
        return found
    found += _departure_findings(points, methods)
    fast = _speeding_up(points, methods)
    if fast.any():
        size = np.abs(points.fit.acceleration_mm_per_yr2[fast]).max()
        found.append(
            Finding(
                WatchLevel.AMBER,
                WATCH_REASONS.reason(
                    "acceleration",
                    source=points.series.source_id,
                    n_points=int(fast.sum()),
                    largest_mm_per_yr2=float(size),
                ),
            )
        )
        found += _forecast_findings(points, fast, methods, tmf_id)
    return found + _speed_findings(points, methods)


def _together(
    flagged: NDArray[np.bool_], points: FittedPoints, methods: DisplacementMethods
) -> NDArray[np.bool_]:
    return in_company(
        flagged,
        points.usable,
        points.xy_m,
        cell_m=methods.neighbour_cell_m,
        reach_m=methods.neighbour_distance_m,
        minimum=methods.minimum_neighbours,
    )


def _rate_findings(points: FittedPoints, methods: DisplacementMethods) -> list[Finding]:
    for level, limit in (
        (WatchLevel.AMBER, methods.amber_mm_per_yr),
        (WatchLevel.YELLOW, methods.yellow_mm_per_yr),
    ):
        flagged = rules.sustained_rate(
            points.series.displacement_mm,
            points.series.time_d,
            points.errors.velocity_std_mm_per_yr,
            limit,
            methods.sigma_factor,
            methods.persistence_epochs,
        )
        moving = _together(flagged, points, methods)
        if moving.any():
            rates = points.fit.velocity_mm_per_yr[moving]
            fastest = rates[np.argmax(np.abs(rates))]
            reason = WATCH_REASONS.reason(
                "rate",
                source=points.series.source_id,
                n_points=int(moving.sum()),
                limit_mm_per_yr=limit,
                fastest_mm_per_yr=float(fastest),
                n_epochs=methods.persistence_epochs,
            )
            return [Finding(level, reason)]
    return []


def _departure_findings(
    points: FittedPoints, methods: DisplacementMethods
) -> list[Finding]:
    z = rules.departures_sigma(
        points.series.displacement_mm,
        points.series.time_d,
        methods.persistence_epochs,
    )
    off = _together(rules.departed(z, methods.residual_sigma), points, methods)
    if not off.any():
        return []
    return [
        Finding(
            WatchLevel.YELLOW,
            WATCH_REASONS.reason(
                "departure",
                source=points.series.source_id,
                n_points=int(off.sum()),
                limit_sigma=methods.residual_sigma,
                n_epochs=methods.persistence_epochs,
            ),
        )
    ]


def _speeding_up(
    points: FittedPoints, methods: DisplacementMethods
) -> NDArray[np.bool_]:
    chosen = np.flatnonzero(points.usable)
    flagged = np.zeros(len(points.usable), dtype=bool)
    flagged[chosen] = rules.speeding_up(
        points.fit.velocity_mm_per_yr[chosen],
        points.fit.acceleration_mm_per_yr2[chosen],
        points.errors.acceleration_std_mm_per_yr2[chosen],
        rules.recent_rates(points.series.displacement_mm, points.series.time_d)[chosen],
        methods.acceleration_p,
        methods.minimum_acceleration_mm_per_yr2,
    )
    return _together(flagged, points, methods)


def _speed_findings(
    points: FittedPoints, methods: DisplacementMethods
) -> list[Finding]:
    gates = methods.inverse_velocity
    speed, error = rules.recent_speeds(
        points.series.displacement_mm, points.series.time_d, gates.minimum_epochs
    )
    with np.errstate(invalid="ignore"):
        fast = np.abs(speed) > np.maximum(
            methods.red_mm_per_d, gates.noise_factor * error
        )
    racing = _together(fast, points, methods)
    if not racing.any():
        return []
    return [
        Finding(
            WatchLevel.RED,
            WATCH_REASONS.reason(
                "speed",
                source=points.series.source_id,
                n_points=int(racing.sum()),
                limit_mm_per_d=methods.red_mm_per_d,
                n_epochs=gates.minimum_epochs,
            ),
        )
    ]


def _forecast_findings(
    points: FittedPoints,
    fast: NDArray[np.bool_],
    methods: DisplacementMethods,
    tmf_id: str,
) -> list[Finding]:
    if not np.isfinite(points.series.los[fast]).all():
        return []
    time, stack, noise = stacked_series(
        points.series.displacement_mm[fast],
        points.series.time_d,
        methods.inverse_velocity.maximum_epochs,
    )
    gates = methods.inverse_velocity
    forecast = forecast_failure(
        time, stack, noise, gates, facility_rng(gates.seed, tmf_id)
    )
    ahead = forecast.failure_d - points.series.time_d[-1]
    if not forecast.is_valid or ahead > methods.red_forecast_d:
        return []
    low, high = (
        d - points.series.time_d[-1] for d in (forecast.low_d, forecast.high_d)
    )
    return [
        Finding(
            WatchLevel.RED,
            WATCH_REASONS.reason(
                "forecast",
                source=points.series.source_id,
                n_points=int(fast.sum()),
                ahead_d=round(ahead),
                low_d=round(low),
                high_d=round(high),
            ),
            forecast,
        )
    ]


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
