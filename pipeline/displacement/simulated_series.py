"""Simulated points as the record that readers make, at a place of their own.

Used by tests and by the benchmark of the watch; nothing here is used when a region is
processed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry import box

from pipeline.displacement.search import SearchArea
from pipeline.displacement.series import (
    SENTINEL_1_WAVELENGTH_MM,
    Component,
    PointSeries,
)
from pipeline.displacement.simulate_facility import SimulatedFacility

LON, LAT = 70.1, 40.2
"""Where simulated points lie, degrees of WGS 84."""
M_PER_DEG_LON, M_PER_DEG_LAT = 85_160.0, 111_040.0
"""Metres in a degree there."""
ASCENDING: Final = (-0.62, -0.10, 0.778)
"""Viewing direction of an ascending track: east, north and up from the ground."""
_AROUND_DEG: Final = 0.05
_ZONES: Final = {"dam": "dam", "beach": "beach", "foundation": "foundation"} | {
    "slope": "slope_above"
}


def point_series(
    displacement_mm: ArrayLike,
    epoch: NDArray[np.datetime64],
    *,
    xy_m: ArrayLike | None = None,
    los: ArrayLike = ASCENDING,
    **changes: Any,
) -> PointSeries:
    """Series of some points of Sentinel-1.

    Parameters
    ----------
    displacement_mm, epoch
        Shapes (n, m) and (m,).
    xy_m
        Shape (n, 2). Metres east and north of the place; a grid of 60 m by default.
    los
        Viewing direction of all points, or of each.
    changes
        Other values for the fields of the record.
    """
    values = np.asarray(displacement_mm, dtype=np.float32)
    n = len(values)
    if xy_m is None:
        side = int(np.ceil(np.sqrt(n)))
        k = np.arange(n)
        xy_m = 60.0 * np.column_stack([k % side, k // side]) - 30.0 * side
    place = np.asarray(xy_m, dtype=np.float64)
    unknown = np.full(n, np.nan)
    series = PointSeries(
        source_id="src",
        reader="egms",
        product="simulated",
        component=Component.LINE_OF_SIGHT,
        point_id=np.array([f"p{k:04d}" for k in range(n)]),
        lon_deg=LON + place[:, 0] / M_PER_DEG_LON,
        lat_deg=LAT + place[:, 1] / M_PER_DEG_LAT,
        epoch=epoch,
        displacement_mm=values,
        los=np.tile(np.asarray(los, dtype=np.float64), (n, 1)),
        track_angle_deg=unknown,
        coherence=unknown,
        height_m=unknown,
        provider_velocity_mm_per_yr=unknown,
        is_interpolated=False,
        reference_point="frame",
        reference_epoch="unknown",
        footprint=box(
            LON - _AROUND_DEG, LAT - _AROUND_DEG, LON + _AROUND_DEG, LAT + _AROUND_DEG
        ),
        unit_in_file="mm",
        sign_in_file="towards the satellite",
        wavelength_mm=SENTINEL_1_WAVELENGTH_MM,
    )
    return replace(series, **changes)


def series_of(facility: SimulatedFacility) -> PointSeries:
    """Series of a simulated facility."""
    return point_series(facility.displacement_mm, facility.epoch, xy_m=facility.xy_m)


def area_of(facility: SimulatedFacility, *, outlined: bool) -> SearchArea:
    """Circle around a simulated facility, with or without the outlines of its zones."""
    series = series_of(facility)
    place = np.column_stack([series.lon_deg, series.lat_deg])
    found = []
    for name, zone in _ZONES.items() if outlined else ():
        points = shapely.multipoints(place[facility.zone == name])
        found.append((zone, points.convex_hull.buffer(1e-5)))
    return SearchArea("sim", LON, LAT, 1500.0, 500.0, outlines=tuple(found))
