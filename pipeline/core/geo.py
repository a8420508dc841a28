"""CRS guards, geodesic lengths and buffers, boxes and grids.

Distances and areas are computed on the WGS 84 ellipsoid unless the name says
otherwise. Coordinates are longitude first, in degrees.
"""

from __future__ import annotations

import math
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from pipeline.core.errors import input_error

WGS84: Final = Geod(ellps="WGS84")
_CIRCLE_VERTICES: Final = 64


def require_crs(frame: gpd.GeoDataFrame, expected: str, name: str) -> None:
    """Stop when a layer has no CRS or another CRS than ``expected``.

    Raises
    ------
    InputError
        Names the layer, the CRS found and the CRS expected.
    """
    if frame.crs is None:
        raise input_error(
            name,
            field="crs",
            found="no CRS stored in the file",
            expected=expected,
            fix="store the CRS in the file",
        )
    if not frame.crs.equals(expected):
        raise input_error(
            name,
            field="crs",
            found=frame.crs.to_string(),
            expected=expected,
            fix="reproject the layer or correct 'crs' in the registry",
        )


def distance_m(
    lon1_deg: NDArray[np.float64] | float,
    lat1_deg: NDArray[np.float64] | float,
    lon2_deg: NDArray[np.float64] | float,
    lat2_deg: NDArray[np.float64] | float,
) -> NDArray[np.float64]:
    """Geodesic distance between points, elementwise, in metres."""
    lon1, lat1, lon2, lat2 = np.broadcast_arrays(lon1_deg, lat1_deg, lon2_deg, lat2_deg)
    _, _, metres = WGS84.inv(lon1, lat1, lon2, lat2)
    return np.asarray(metres, dtype=np.float64)


def line_length_m(line: BaseGeometry) -> float:
    """Length of a line on the ellipsoid, in metres."""
    return float(abs(WGS84.geometry_length(line)))


def area_m2(polygon: BaseGeometry) -> float:
    """Area of a polygon on the ellipsoid, in square metres, never negative."""
    return float(abs(WGS84.geometry_area_perimeter(polygon)[0]))


def geodesic_circle(
    lon_deg: float, lat_deg: float, radius_m: float, *, vertices: int = _CIRCLE_VERTICES
) -> Polygon:
    """Polygon (EPSG:4326) whose corners lie ``radius_m`` metres from a point.

    The polygon is inscribed: with 64 corners its area is 0.16 % below the circle's.
    """
    azimuth = np.linspace(0.0, 360.0, vertices, endpoint=False)
    lon, lat, _ = WGS84.fwd(
        np.full(vertices, lon_deg),
        np.full(vertices, lat_deg),
        azimuth,
        np.full(vertices, radius_m),
    )
    return Polygon(np.column_stack([lon, lat]))


def same_grid(
    a: tuple[float, ...], b: tuple[float, ...], *, cell_tolerance: float = 1e-3
) -> bool:
    """Tell whether two six-number affine transforms describe one grid.

    Differences are measured in cells, so the answer is the same for a grid in degrees
    and for a grid in metres.
    """
    cell = min(abs(a[0]), abs(a[4]))
    return all(
        math.isclose(x, y, abs_tol=cell_tolerance * cell)
        for x, y in zip(a, b, strict=True)
    )


def local_metric_crs(west: float, south: float, east: float, north: float) -> str:
    """Equal-area metric CRS centred on a box in degrees (Lambert azimuthal)."""
    lon, lat = (west + east) / 2, (south + north) / 2
    return f"+proj=laea +lat_0={lat:.4f} +lon_0={lon:.4f} +datum=WGS84 +units=m"


def on_local_plane(shape: BaseGeometry, lon_deg: float, lat_deg: float) -> BaseGeometry:
    """Shape in metres east and north of a point (azimuthal equidistant, WGS 84).

    Distances from the point are exact; areas and other distances within 50 km of it
    are true to 3 parts in 100,000.
    """

    def on_plane(corners: NDArray[np.float64]) -> NDArray[np.float64]:
        start = np.full(len(corners), lon_deg), np.full(len(corners), lat_deg)
        azimuth, _, metres = WGS84.inv(*start, corners[:, 0], corners[:, 1])
        angle = np.radians(azimuth)
        return np.column_stack([metres * np.sin(angle), metres * np.cos(angle)])

    return shapely.transform(shape, on_plane)


def from_local_plane(
    x_m: NDArray[np.float64], y_m: NDArray[np.float64], lon_deg: float, lat_deg: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude and latitude of points of the plane of `on_local_plane`."""
    count = len(x_m)
    lon, lat, _ = WGS84.fwd(
        np.full(count, lon_deg),
        np.full(count, lat_deg),
        np.degrees(np.arctan2(x_m, y_m)),
        np.hypot(x_m, y_m),
    )
    return np.asarray(lon), np.asarray(lat)


def to_crs(frame: Any, crs: str) -> Any:
    """Reproject a GeoDataFrame or GeoSeries; the argument stays as it was."""
    return frame.to_crs(crs)
