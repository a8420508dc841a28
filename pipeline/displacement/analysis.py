"""Sources near facilities: fits, and the two tables made of them.

Imported only when a region has sources, because it brings the compiled kernels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Point

from pipeline.core.geo import geodesic_circle
from pipeline.displacement.courses.course import Kind
from pipeline.displacement.facility import assess
from pipeline.displacement.fit.fitted import FittedPoints
from pipeline.displacement.fit.noise import Uncertainty
from pipeline.displacement.fit.source_fit import FittedSource, fit_source, subset
from pipeline.displacement.fit.trend import TrendFit
from pipeline.displacement.places import Place
from pipeline.displacement.search import SearchArea, local_xy_m, points_within
from pipeline.displacement.zone_curves import zone_rows
from pipeline.displacement.zones import zones_of_points

__all__ = ["analyse", "fit_source", "near_facility", "reaches", "subset"]
Z95 = 1.959963984540054


def near_facility(source: FittedSource, area: SearchArea) -> FittedPoints | None:
    """Points of a source in a facility's circle, None if there are none.

    Their series are without the stated steps, which say nothing about new motion.
    """
    if area.is_coarse:
        return None
    rows, distance = points_within(area, source.series.lon_deg, source.series.lat_deg)
    if len(rows) == 0:
        return None
    series = subset(source.series, rows, source.without_steps())
    fit = TrendFit(*(getattr(source.fit, name)[rows] for name in TrendFit.__slots__))
    errors = Uncertainty(
        *(getattr(source.errors, name)[rows] for name in Uncertainty.__slots__)
    )
    return FittedPoints(
        series=series,
        fit=fit,
        errors=errors,
        xy_m=local_xy_m(area, series.lon_deg, series.lat_deg),
        distance_m=distance,
        usable=source.usable[rows],
        zone=zones_of_points(
            area.outlines,
            series.lon_deg,
            series.lat_deg,
            distance,
            area.facility_radius_m,
        ),
        course=np.full(len(rows), str(Kind.UNKNOWN), dtype="<U16")
        if source.course is None
        else source.course.kind[rows].astype("<U16"),
    )


def reaches(source: FittedSource, area: SearchArea) -> bool:
    """Whether the extent of a source (hull of its points) touches a circle."""
    circle = geodesic_circle(area.lon_deg, area.lat_deg, area.radius_m)
    return bool(source.series.footprint.intersects(circle))


@dataclass(frozen=True, slots=True)
class Tables:
    """Rows of the tables ``displacement``, ``displacement_points`` and so on."""

    facilities: list[dict[str, Any]]
    points: list[dict[str, Any]]
    zones: list[dict[str, Any]]
    curves: list[dict[str, Any]]


def analyse(
    sources: list[FittedSource],
    places: Sequence[Place],
    reference: date | None,
) -> Tables:
    """Rows of all tables.

    Parameters
    ----------
    sources
        Fitted sources.
    places
        Facilities with a place, each with its own methods.
    reference
        Day from which ages are counted.
    """
    tables = Tables([], [], [], [])
    for place in places:
        area, methods = place.area, place.methods
        near = [near_facility(source, area) for source in sources]
        n_covering = sum(reaches(source, area) for source in sources)
        present = [found for found in near if found is not None]
        row = assess(area, present, n_covering, methods, reference)
        tables.facilities.append(row | {"own_thresholds": place.has_own_methods})
        for source, found in zip(sources, near, strict=True):
            if found is not None:
                rows, _ = points_within(area, *_place_of(source))
                columns = [
                    {**course, **further}
                    for course, further in zip(
                        _course_columns(source, rows),
                        _step_columns(source, rows),
                        strict=True,
                    )
                ]
                tables.points.extend(_point_rows(found, area, columns))
                zones, curves = zone_rows(area.tmf_id, found, methods)
                tables.zones.extend(zones)
                tables.curves.extend(curves)
    return tables


def _ends(
    valid: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last epoch with a value of every point; 0 where there is none."""
    if valid.shape[1] == 0:
        nothing = np.zeros(len(valid), dtype=np.int64)
        return nothing, nothing
    last = valid.shape[1] - 1 - valid[:, ::-1].argmax(axis=1)
    return valid.argmax(axis=1), last


def _place_of(source: FittedSource) -> tuple[NDArray[Any], NDArray[Any]]:
    return source.series.lon_deg, source.series.lat_deg


def _step_columns(
    source: FittedSource, rows: NDArray[np.int64]
) -> list[dict[str, Any]]:
    """Stated steps of some points, and how many of their epochs were outliers."""
    columns = []
    for k in rows:
        sizes = source.fit.step_mm[k]
        known = [
            (str(day), f"{size:.1f}")
            for day, size in zip(source.step_dates, sizes, strict=True)
            if np.isfinite(size)
        ]
        columns.append(
            {
                "step_dates": "; ".join(day for day, _ in known) or None,
                "step_sizes_mm": "; ".join(size for _, size in known) or None,
                "n_outliers": int(source.n_outliers[k]) if source.usable[k] else None,
            }
        )
    return columns


def _course_columns(
    source: FittedSource, rows: NDArray[np.int64]
) -> list[dict[str, Any]]:
    """Course of some points of a source."""
    course = source.course
    if course is None:
        nothing = dict.fromkeys(_COURSE_COLUMNS) | {"course": str(Kind.UNKNOWN)}
        return [nothing] * len(rows)
    columns = []
    for k in rows:
        known = course.kind[k] != Kind.UNKNOWN
        steps, jumps = slice(course.n_steps[k]), slice(course.n_jumps[k])
        breaks = course.break_epoch[k, : course.n_breaks[k]]
        epoch = source.series.epoch
        values = (
            str(course.kind[k]),
            _listed(epoch[breaks]),
            _listed(epoch[course.step_epoch[k, steps]]),
            _listed(f"{size:.1f}" for size in course.step_mm[k, steps]),
            int(course.n_jumps[k]) if known else None,
            _listed(epoch[course.jump_epoch[k, jumps]]),
            _listed(f"{size:.1f}" for size in course.jump_mm[k, jumps]),
        )
        columns.append(dict(zip(_COURSE_COLUMNS, values, strict=True)))
    return columns


_COURSE_COLUMNS = (
    "course",
    "break_dates",
    "offset_dates",
    "offset_sizes_mm",
    "n_jumps",
    "jump_dates",
    "jump_sizes_mm",
)


def _listed(values: Iterable[object]) -> str | None:
    """Text of values, separated by '; '; None without any."""
    return "; ".join(str(value) for value in values) or None


def _point_rows(
    points: FittedPoints, area: SearchArea, further: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    series, fit, errors = points.series, points.fit, points.errors
    valid = ~np.isnan(series.displacement_mm)
    first, last = _ends(valid)
    speed = np.where(points.usable, fit.velocity_mm_per_yr, np.nan)
    half = Z95 * np.where(points.usable, errors.velocity_std_mm_per_yr, np.nan)
    hidden = ~points.usable
    columns: dict[str, Any] = {
        "velocity_mm_per_yr": speed,
        "velocity_mm_per_yr_low": speed - half,
        "velocity_mm_per_yr_high": speed + half,
        "velocity_std_mm_per_yr": errors.velocity_std_mm_per_yr,
        "acceleration_mm_per_yr2": fit.acceleration_mm_per_yr2,
        "acceleration_std_mm_per_yr2": errors.acceleration_std_mm_per_yr2,
        "seasonal_amplitude_mm": fit.amplitude_mm,
        "semiannual_amplitude_mm": fit.semiannual_mm,
        "rmse_mm": fit.rmse_mm,
        "n_effective": errors.n_effective,
    }
    fitted = {k: np.where(hidden, np.nan, v) for k, v in columns.items()}
    fitted |= {
        "distance_m": points.distance_m,
        "provider_velocity_mm_per_yr": series.provider_velocity_mm_per_yr,
        "coherence": series.coherence,
        "los_east": series.los[:, 0],
        "los_north": series.los[:, 1],
        "los_up": series.los[:, 2],
    }
    rows = []
    for k in range(series.n_points):
        seen = bool(valid[k].any())
        rows.append(
            {
                "tmf_id": area.tmf_id,
                "source_id": series.source_id,
                "point_id": str(series.point_id[k]),
                "zone": str(points.zone[k]),
                "component": str(series.component),
                "n_epochs": int(valid[k].sum()),
                "is_interpolated": series.is_interpolated,
                "first_epoch": str(series.epoch[first[k]]) if seen else None,
                "last_epoch": str(series.epoch[last[k]]) if seen else None,
                "geometry": Point(series.lon_deg[k], series.lat_deg[k]),
            }
            | {name: float(values[k]) for name, values in fitted.items()}
            | further[k]
        )
    return rows
