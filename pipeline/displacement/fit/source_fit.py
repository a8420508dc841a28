"""Fit every point of a source: outliers, stated steps, trend, errors, course."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from pipeline.core.config import DisplacementStep
from pipeline.core.methods.displacement import DisplacementMethods
from pipeline.displacement.courses.course import Course, find_courses, without_jumps
from pipeline.displacement.fit.noise import (
    Uncertainty,
    for_interpolated,
    standard_errors,
)
from pipeline.displacement.fit.outliers import PulledIn, pull_in
from pipeline.displacement.fit.trend import N_TERMS, TrendFit, fit_trends
from pipeline.displacement.search import SearchArea, points_within
from pipeline.displacement.series import PointSeries


@dataclass(frozen=True, slots=True)
class FittedSource:
    """A source with the fit and the errors of each of its points.

    ``step_dates`` are the dates of the columns of ``fit.step_mm``; ``n_outliers`` (n,)
    counts the epochs that were pulled in.
    """

    series: PointSeries
    fit: TrendFit
    errors: Uncertainty
    usable: NDArray[np.bool_]
    n_outliers: NDArray[np.int64]
    course: Course | None = None
    step_dates: tuple[date, ...] = ()

    def without_steps(self) -> NDArray[np.float32]:
        """Series as if stated steps and unwrapping jumps had not been, shape (n, m).

        ``series`` holds the values as they were read.
        """
        values = _without_steps(self.series, self.fit.step_mm, self.step_dates)
        return values if self.course is None else without_jumps(values, self.course)


@dataclass(frozen=True, slots=True)
class Steps:
    """Stated steps of the points of a source.

    ``dates`` are increasing; ``applies`` (n, dates) tells which points they concern.
    """

    dates: tuple[date, ...] = ()
    applies: NDArray[np.bool_] = field(
        default_factory=lambda: np.empty((0, 0), dtype=bool)
    )

    def groups(
        self, n_points: int
    ) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Points with the same steps: their rows, and the indices of the dates."""
        if not self.dates:
            return [(np.arange(n_points), np.empty(0, dtype=np.int64))]
        patterns, member = np.unique(self.applies, axis=0, return_inverse=True)
        return [
            (np.flatnonzero(member.ravel() == k), np.flatnonzero(pattern))
            for k, pattern in enumerate(patterns)
        ]


def steps_of(
    series: PointSeries,
    stated: Sequence[DisplacementStep],
    areas: Sequence[SearchArea],
) -> Steps:
    """Which stated steps concern which points.

    A step of certain facilities concerns the points in their circles; one that names
    none concerns all points.
    """
    dates = tuple(sorted({step.first_day for step in stated}))
    if not dates or not series.n_points:
        return Steps()
    applies = np.zeros((series.n_points, len(dates)), dtype=bool)
    circle = {area.tmf_id: area for area in areas}
    for step in stated:
        column = dates.index(step.first_day)
        if not step.facilities:
            applies[:, column] = True
        for tmf_id in step.facilities:
            if tmf_id in circle:
                area = circle[tmf_id]
                rows, _ = points_within(area, series.lon_deg, series.lat_deg)
                applies[rows, column] = True
    return Steps(dates, applies)


def fit_source(
    series: PointSeries, methods: DisplacementMethods, steps: Steps | None = None
) -> FittedSource:
    """Fit every point of a source, with the course of each.

    Points with unwrapping jumps are fitted once more without them.
    """
    steps = steps or Steps()
    source = fit_terms(series, methods, steps)
    course = _courses(series, source.without_steps(), source.usable)
    if course is not None and course.n_jumps.any():
        source = _fitted_without_jumps(source, course, methods, steps)
    return replace(source, course=course)


def _fitted_without_jumps(
    source: FittedSource, course: Course, methods: DisplacementMethods, steps: Steps
) -> FittedSource:
    """The fits of points with jumps replaced by those of their mended series."""
    rows = np.flatnonzero(course.n_jumps > 0)
    mended = without_jumps(source.series.displacement_mm, course)
    part = fit_terms(
        subset(source.series, rows, mended),
        methods,
        Steps(steps.dates, steps.applies[rows]) if steps.dates else steps,
    )
    fit = TrendFit(
        **{
            name: _renewed(getattr(source.fit, name), getattr(part.fit, name), rows)
            for name in TrendFit.__slots__
        }
    )
    errors = Uncertainty(
        *(
            _renewed(getattr(source.errors, name), getattr(part.errors, name), rows)
            for name in Uncertainty.__slots__
        )
    )
    usable, n_outliers = source.usable.copy(), source.n_outliers.copy()
    usable[rows], n_outliers[rows] = part.usable, part.n_outliers
    return replace(source, fit=fit, errors=errors, usable=usable, n_outliers=n_outliers)


def _renewed(whole: NDArray, part: NDArray, rows: NDArray[np.int64]) -> NDArray:
    """Copy of an array with some rows replaced."""
    values = whole.copy()
    values[rows] = part
    return values


def fit_terms(
    series: PointSeries, methods: DisplacementMethods, steps: Steps | None = None
) -> FittedSource:
    """Fit every point of a source; points with too few epochs are not usable."""
    steps = steps or Steps()
    n_terms = N_TERMS + len(steps.dates)
    if len(series.epoch) - methods.persistence_epochs <= n_terms or not series.n_points:
        return _unfitted(series, steps)
    values: dict[str, NDArray[np.float64]] = {}
    step_mm = np.full((series.n_points, len(steps.dates)), np.nan)
    n_outliers = np.zeros(series.n_points, dtype=np.int64)
    n_epochs = np.zeros(series.n_points, dtype=np.int64)
    for rows, chosen in steps.groups(series.n_points):
        days = tuple(_day(series, steps.dates[k]) for k in chosen)
        part = series.displacement_mm
        if len(rows) < series.n_points:
            part = part[rows]
        moved = _pulled_in(part, series, methods, days)
        fit = fit_trends(moved.displacement_mm, series.time_d, days)
        errors = standard_errors(moved.displacement_mm, series.time_d, days)
        if series.is_interpolated:
            errors = for_interpolated(
                errors, float(series.time_d[-1]), methods.interpolated_interval_d
            )
        step_mm[np.ix_(rows, chosen)] = fit.step_mm
        n_outliers[rows] = moved.n_outliers
        n_epochs[rows] = fit.n_epochs
        wider = moved.widen(fit.n_epochs)
        found = {name: getattr(fit, name) for name in _FIT_COLUMNS}
        found |= {name: wider * getattr(errors, name) for name in _ERROR_COLUMNS}
        found["n_effective"] = errors.n_effective
        for name, column in found.items():
            whole = values.setdefault(name, np.full(series.n_points, np.nan))
            whole[rows] = column
    fit = TrendFit(
        **{k: values[k] for k in _FIT_COLUMNS}, n_epochs=n_epochs, step_mm=step_mm
    )
    errors = Uncertainty(*(values[name] for name in Uncertainty.__slots__))
    usable = (
        (_independent(series, n_epochs, methods) >= methods.minimum_epochs)
        & np.isfinite(fit.velocity_mm_per_yr)
        & np.isfinite(errors.velocity_std_mm_per_yr)
    )
    return FittedSource(series, fit, errors, usable, n_outliers, step_dates=steps.dates)


_FIT_COLUMNS = (
    "velocity_mm_per_yr",
    "acceleration_mm_per_yr2",
    "amplitude_mm",
    "semiannual_mm",
    "rmse_mm",
)
_ERROR_COLUMNS = ("velocity_std_mm_per_yr", "acceleration_std_mm_per_yr2")


def _independent(
    series: PointSeries, n_epochs: NDArray[np.int64], methods: DisplacementMethods
) -> NDArray[np.float64]:
    """Epochs that count: interpolated ones no more often than acquisitions can be."""
    if not series.is_interpolated:
        return n_epochs.astype(np.float64)
    most = float(series.time_d[-1]) / methods.interpolated_interval_d + 1.0
    return np.minimum(n_epochs, most)


def _unfitted(series: PointSeries, steps: Steps) -> FittedSource:
    n_epochs = (~np.isnan(series.displacement_mm)).sum(axis=1)
    nothing = np.full(series.n_points, np.nan)
    no_steps = np.full((series.n_points, len(steps.dates)), np.nan)
    return FittedSource(
        series,
        TrendFit(nothing, nothing, nothing, nothing, nothing, n_epochs, no_steps),
        Uncertainty(nothing, nothing, nothing),
        usable=np.zeros(series.n_points, dtype=bool),
        n_outliers=np.zeros(series.n_points, dtype=np.int64),
        step_dates=steps.dates,
    )


def _day(series: PointSeries, day: date) -> float:
    """Days from the first epoch to a date."""
    since = np.datetime64(day, "D") - series.epoch[0]
    return float(since.astype("timedelta64[D]").astype(np.int64))


def _pulled_in(
    values: NDArray[np.float32],
    series: PointSeries,
    methods: DisplacementMethods,
    days: tuple[float, ...],
) -> PulledIn:
    """Values without outliers; interpolated epochs do not stand alone, and stay."""
    if methods.outlier_sigma is None or series.is_interpolated:
        return PulledIn(values, np.zeros(len(values), dtype=np.int64))
    return pull_in(values, series.time_d, methods.outlier_sigma, days)


def _without_steps(
    series: PointSeries, step_mm: NDArray[np.float64], dates: tuple[date, ...]
) -> NDArray[np.float32]:
    if not dates:
        return series.displacement_mm
    behind = np.array([series.epoch >= np.datetime64(day, "D") for day in dates])
    taken = np.nan_to_num(step_mm) @ behind.astype(np.float64)
    return (series.displacement_mm - taken).astype(np.float32)


def _courses(
    series: PointSeries, values: NDArray[np.float32], usable: NDArray[np.bool_]
) -> Course | None:
    """Courses of the usable points; none of interpolated series, which prove nothing.

    Points that are not usable have no values there, and so an unknown course.
    """
    if series.is_interpolated or not usable.any():
        return None
    rows = np.where(usable[:, None], values, np.float32(np.nan))
    return find_courses(rows, series.time_d, half_wave_mm=series.half_wave_mm)


def subset(
    series: PointSeries,
    rows: NDArray[np.int64],
    displacement_mm: NDArray[np.float32] | None = None,
) -> PointSeries:
    """Series of some of the points, with these displacements in place of their own."""
    some = {name: getattr(series, name)[rows] for name in _POINT_ARRAYS}
    values = series.displacement_mm if displacement_mm is None else displacement_mm
    return replace(series, **some, displacement_mm=values[rows])


_POINT_ARRAYS = (
    "point_id",
    "lon_deg",
    "lat_deg",
    "los",
    "track_angle_deg",
    "coherence",
    "height_m",
    "provider_velocity_mm_per_yr",
)
