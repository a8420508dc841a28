"""Stack of every zone with its course: what the plots of a facility show.

The model is the one that the course of the stack names: line, season, and its breaks,
steps or smooth shape, by least squares. The band holds 95 % of single epochs if the
model is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.methods.displacement import DisplacementMethods
from pipeline.core.model import WatchLevel
from pipeline.displacement.courses.course import Course, Kind, find_courses
from pipeline.displacement.fit.fitted import FittedPoints
from pipeline.displacement.fit.noise import for_interpolated, standard_errors
from pipeline.displacement.fit.trend import (
    DAYS_PER_YEAR,
    MINIMUM_SEASONAL_SPAN_D,
    fit_trends,
)
from pipeline.displacement.stacks import (
    stacked,
    without_jumps_from_rest,
    without_line_and_season,
)
from pipeline.displacement.warning.rules import recent_rates
from pipeline.displacement.warning.watch import half_wave_mm

_Z95: Final = 1.959963984540054
_SHARES: Final = (0.03, 0.06, 0.12, 0.25, 0.5)
_FEWEST_EPOCHS: Final = 20


@dataclass(frozen=True, slots=True)
class Model:
    """Fitted values and half width of the band of m epochs, in mm."""

    value_mm: NDArray[np.float64]
    half_mm: NDArray[np.float64]


def zone_rows(
    tmf_id: str, points: FittedPoints, methods: DisplacementMethods
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of ``displacement_zones`` and ``displacement_curves`` of one source."""
    zones: list[dict[str, Any]] = []
    curves: list[dict[str, Any]] = []
    for zone in sorted(set(points.zone.tolist())):
        here = points.zone == zone
        chosen = here & points.usable
        row = _plain_row(tmf_id, points, zone, here, methods)
        if chosen.any():
            stack = stack_of(points, chosen)
            known = np.isfinite(stack)
            time = points.series.time_d[known]
            if known.sum() >= _FEWEST_EPOCHS:
                one = stack[known][None].astype(np.float32)
                course = find_courses(one, time, half_wave_mm=None)
                row |= _fitted_columns(points, stack, course, known, methods)
                model = fitted_model(stack[known], time, course)
                curves += _curve_rows(tmf_id, points, zone, stack, known, model, course)
        zones.append(row)
    return zones, curves


def stack_of(points: FittedPoints, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Robust mean of some points, shape (m,), 0 at the first epoch with a value."""
    values = points.series.displacement_mm[chosen].astype(np.float64)
    mended = without_jumps_from_rest(values, half_wave_mm(points.series))
    rest, _ = without_line_and_season(mended, points.series.time_d)
    level = stacked(mended - rest, np.arange(len(rest))[None, :])
    stack = (stacked(rest, np.arange(len(rest))[None, :]) + level)[0]
    first = np.flatnonzero(np.isfinite(stack))
    return np.asarray(stack - stack[first[0]]) if first.size else stack


def fitted_model(
    stack_mm: NDArray[np.float64], time_d: NDArray[np.float64], course: Course
) -> Model:
    """Least squares fit of what a course (of one series) names.

    Parameters
    ----------
    stack_mm, time_d
        Shape (m,). Without gaps.
    """
    years = (time_d - time_d[0]) / DAYS_PER_YEAR
    columns = [np.ones_like(years), years]
    if time_d[-1] - time_d[0] >= MINIMUM_SEASONAL_SPAN_D:
        phase = 2.0 * np.pi * years
        columns += [np.cos(phase), np.sin(phase)]
    columns += [
        np.maximum(years - years[k], 0.0) for k in _breaks(course) if 0 < k < len(years)
    ]
    columns += [
        (np.arange(len(years)) >= k).astype(np.float64)
        for k in _steps(course)
        if 0 < k < len(years)
    ]
    shapes: list[NDArray[np.float64] | None] = [None]
    kind = str(course.kind[0])
    if kind in (Kind.CONSOLIDATION, Kind.DECELERATION, Kind.ACCELERATION):
        shapes = list(_shapes(years))
    best = None
    for shape in shapes:
        design = np.column_stack(columns if shape is None else [*columns, shape])
        terms, *_ = np.linalg.lstsq(design, stack_mm, rcond=None)
        squares = float(((stack_mm - design @ terms) ** 2).sum())
        if best is None or squares < best[0]:
            best = (squares, design, terms)
    if best is None:  # there is always one shape
        raise ValueError("no shape to fit")
    squares, design, terms = best
    freedom = max(len(stack_mm) - design.shape[1], 1)
    lever = np.einsum("ia,ab,ib->i", design, np.linalg.pinv(design.T @ design), design)
    half = _Z95 * np.sqrt(squares / freedom * (1.0 + lever))
    return Model(design @ terms, half)


def _breaks(course: Course) -> list[int]:
    return [int(k) for k in course.break_epoch[0, : course.n_breaks[0]]]


def _steps(course: Course) -> list[int]:
    return [int(k) for k in course.step_epoch[0, : course.n_steps[0]]]


def _shapes(years: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Smooth courses: parabola, settlements and growth of several time constants."""
    span = years[-1]
    found = [years**2]
    for share in _SHARES:
        constant = share * span
        found += [
            1.0 - np.exp(-years / constant),
            np.log1p(years / constant),
            np.exp((years - span) / constant),
        ]
    return found


def _plain_row(
    tmf_id: str,
    points: FittedPoints,
    zone: str,
    here: NDArray[np.bool_],
    methods: DisplacementMethods,
) -> dict[str, Any]:
    usable = here & points.usable
    rates = points.fit.velocity_mm_per_yr[usable]
    stated = points.series.provider_velocity_mm_per_yr[here]
    stated = stated[np.isfinite(stated)]
    level = methods.zone_levels.get(zone, WatchLevel.GREEN)
    return {
        "tmf_id": tmf_id,
        "source_id": points.series.source_id,
        "zone": zone,
        "component": str(points.series.component),
        "n_points": int(here.sum()),
        "n_usable": int(usable.sum()),
        "velocity_fastest_mm_per_yr": float(rates[np.argmax(np.abs(rates))])
        if rates.size
        else None,
        "provider_velocity_mm_per_yr": float(np.median(stated))
        if stated.size
        else None,
        "highest_level": str(level),
    }


def _fitted_columns(
    points: FittedPoints,
    stack: NDArray[np.float64],
    course: Course,
    known: NDArray[np.bool_],
    methods: DisplacementMethods,
) -> dict[str, Any]:
    series = points.series
    rows = stack[None].astype(np.float32)
    velocity = float(fit_trends(rows, series.time_d).velocity_mm_per_yr[0])
    errors = standard_errors(rows, series.time_d)
    if series.is_interpolated:
        span_d = float(series.time_d[-1])
        errors = for_interpolated(errors, span_d, methods.interpolated_interval_d)
    half = _Z95 * float(errors.velocity_std_mm_per_yr[0])
    dates = [str(day) for day in series.epoch[known][_breaks(course)]]
    kind = str(Kind.UNKNOWN) if series.is_interpolated else str(course.kind[0])
    return {
        "velocity_mm_per_yr": velocity,
        "velocity_mm_per_yr_low": velocity - half,
        "velocity_mm_per_yr_high": velocity + half,
        "recent_velocity_mm_per_yr": float(recent_rates(rows, series.time_d)[0]),
        "course": kind,
        "break_dates": "; ".join(dates) or None,
    }


def _curve_rows(
    tmf_id: str,
    points: FittedPoints,
    zone: str,
    stack: NDArray[np.float64],
    known: NDArray[np.bool_],
    model: Model,
    course: Course,
) -> list[dict[str, Any]]:
    breaks = {*_breaks(course), *_steps(course)}
    days, values = points.series.epoch[known], stack[known]
    return [
        {
            "tmf_id": tmf_id,
            "source_id": points.series.source_id,
            "zone": zone,
            "date": str(day),
            "stack_mm": float(values[k]),
            "model_mm": float(model.value_mm[k]),
            "model_mm_low": float(model.value_mm[k] - model.half_mm[k]),
            "model_mm_high": float(model.value_mm[k] + model.half_mm[k]),
            "is_break": k in breaks,
        }
        for k, day in enumerate(days)
    ]
