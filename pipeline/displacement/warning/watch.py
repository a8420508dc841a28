"""Watch level of a facility by the rules of methodology 6.1.

A level is raised only where neighbouring points agree; a satellite alone never settles
anything: red asks for confirmation by a person, and green says that no rule was met,
not that the dam is safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.methods.displacement import DisplacementMethods
from pipeline.core.model import WatchLevel
from pipeline.core.schemas.displacement import WATCH_REASONS
from pipeline.displacement.fit.fitted import FittedPoints
from pipeline.displacement.search import in_company
from pipeline.displacement.series import PointSeries
from pipeline.displacement.warning import rules
from pipeline.displacement.warning.forecasts import forecast_of
from pipeline.displacement.warning.inverse_velocity import Forecast
from pipeline.displacement.warning.neighbourhoods import Grouping, find_speed_up

LEVEL_ORDER: Final = tuple(WatchLevel)


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is met: the level, its reason, and the forecast that made it red."""

    level: WatchLevel
    reason: str
    forecast: Forecast | None = None


def higher(a: WatchLevel, b: WatchLevel) -> WatchLevel:
    """Return the more serious of two levels."""
    return max(a, b, key=LEVEL_ORDER.index)


def findings(
    points: FittedPoints, methods: DisplacementMethods, tmf_id: str
) -> list[Finding]:
    """Rules that the points of one source meet, in the order of the rules.

    A point counts for a level only where its zone can raise it. Series whose epochs
    were interpolated are judged by their rate alone: their epochs are no independent
    evidence of anything recent.
    """
    found = _settlement(points, methods) + _rate_findings(points, methods)
    if points.series.is_interpolated or not points.usable.any():
        return found
    found += _departure_findings(points, methods)
    bent, findings_of_bend = _acceleration_findings(points, methods)
    faster, findings_of_kink = _speed_up_findings(points, methods)
    found += findings_of_bend + findings_of_kink
    fast = (bent | faster) & points.able(methods.zone_levels, WatchLevel.RED)
    if fast.any():
        found += _forecast_findings(points, fast, methods, tmf_id)
    return found + _speed_findings(points, methods)


def _together(
    flagged: NDArray[np.bool_],
    able: NDArray[np.bool_],
    points: FittedPoints,
    methods: DisplacementMethods,
) -> NDArray[np.bool_]:
    return in_company(
        flagged,
        able,
        points.xy_m,
        cell_m=methods.neighbour_cell_m,
        reach_m=methods.neighbour_distance_m,
        minimum=methods.minimum_neighbours,
    )


def _settlement(points: FittedPoints, methods: DisplacementMethods) -> list[Finding]:
    """Say that tailings settle without speeding up, and that this raised nothing."""
    limit = methods.sigma_factor * points.errors.velocity_std_mm_per_yr
    with np.errstate(invalid="ignore"):
        moves = np.abs(points.fit.velocity_mm_per_yr) > limit
    settles = points.settles & points.usable & moves
    if not settles.any():
        return []
    reason = WATCH_REASONS.reason(
        "settlement",
        source=points.series.source_id,
        n_points=int(settles.sum()),
        median_mm_per_yr=float(np.median(points.fit.velocity_mm_per_yr[settles])),
    )
    return [Finding(WatchLevel.GREEN, reason)]


def _rate_findings(points: FittedPoints, methods: DisplacementMethods) -> list[Finding]:
    series = points.series
    kept: slice | NDArray[np.int64] = slice(None)
    if series.is_interpolated:
        kept = rules.apart(series.time_d, methods.interpolated_interval_d)
    for level, limit in (
        (WatchLevel.AMBER, methods.amber_mm_per_yr),
        (WatchLevel.YELLOW, methods.yellow_mm_per_yr),
    ):
        flagged = rules.sustained_rate(
            series.displacement_mm[:, kept],
            series.time_d[kept],
            points.errors.velocity_std_mm_per_yr,
            limit,
            methods.sigma_factor,
            methods.persistence_epochs,
        )
        able = points.able(methods.zone_levels, level)
        moving = _together(flagged, able, points, methods)
        if moving.any():
            rates = points.fit.velocity_mm_per_yr[moving]
            fastest = rates[np.argmax(np.abs(rates))]
            reason = WATCH_REASONS.reason(
                "rate",
                source=series.source_id,
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
    able = points.able(methods.zone_levels, WatchLevel.YELLOW)
    off = _together(rules.departed(z, methods.residual_sigma), able, points, methods)
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


def _acceleration_findings(
    points: FittedPoints, methods: DisplacementMethods
) -> tuple[NDArray[np.bool_], list[Finding]]:
    """Points whose whole series bends, in company, and what is said of them."""
    able = points.able(methods.zone_levels, WatchLevel.AMBER)
    chosen = np.flatnonzero(able)
    flagged = np.zeros(len(able), dtype=bool)
    flagged[chosen] = rules.speeding_up(
        points.fit.velocity_mm_per_yr[chosen],
        points.fit.acceleration_mm_per_yr2[chosen],
        points.errors.acceleration_std_mm_per_yr2[chosen],
        rules.recent_rates(points.series.displacement_mm, points.series.time_d)[chosen],
        methods.acceleration_p,
        methods.minimum_acceleration_mm_per_yr2,
    )
    fast = _together(flagged, able, points, methods)
    if not fast.any():
        return fast, []
    size = np.abs(points.fit.acceleration_mm_per_yr2[fast]).max()
    reason = WATCH_REASONS.reason(
        "acceleration",
        source=points.series.source_id,
        n_points=int(fast.sum()),
        largest_mm_per_yr2=float(size),
    )
    return fast, [Finding(WatchLevel.AMBER, reason)]


def _speed_up_findings(
    points: FittedPoints, methods: DisplacementMethods
) -> tuple[NDArray[np.bool_], list[Finding]]:
    """Points whose neighbourhood speeds up now, and what is said of them."""
    series = points.series
    found = find_speed_up(
        series.displacement_mm,
        series.time_d,
        points.xy_m,
        points.able(methods.zone_levels, WatchLevel.AMBER),
        points.is_stable_ground,
        half_wave_mm(series),
        Grouping(
            methods.neighbour_cell_m,
            methods.neighbour_distance_m,
            methods.minimum_neighbours,
        ),
        methods.speed_up,
    )
    if not found.flagged.any():
        return found.flagged, []
    reason = WATCH_REASONS.reason(
        "speed_up",
        source=series.source_id,
        n_points=int(found.flagged.sum()),
        since_date=str(series.epoch[-1 - found.since_epochs]),
        change_mm_per_yr=found.change_mm_per_yr,
        excess_mm=found.excess_mm,
        score_sigma=found.score,
    )
    return found.flagged, [Finding(WatchLevel.AMBER, reason)]


def half_wave_mm(series: PointSeries) -> float:
    """Size of an error of unwrapping of a series; 0 where it is not known."""
    return series.half_wave_mm or 0.0


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
    able = points.able(methods.zone_levels, WatchLevel.RED)
    racing = _together(fast, able, points, methods)
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
    forecast = forecast_of(
        points.series, fast, points.is_stable_ground & ~fast, methods, tmf_id
    )
    if forecast is None or not forecast.is_valid:
        return []
    last_d = points.series.time_d[-1]
    ahead, low, high = (
        day - last_d for day in (forecast.failure_d, forecast.low_d, forecast.high_d)
    )
    if ahead > methods.red_forecast_d:
        return []
    reason = WATCH_REASONS.reason(
        "forecast",
        source=points.series.source_id,
        n_points=int(fast.sum()),
        ahead_d=round(ahead),
        low_d=round(low),
        high_d=round(high),
    )
    return [Finding(WatchLevel.RED, reason, forecast)]
