"""Nearest places on river lines, and their geodesic distance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numba import njit
from numpy.typing import NDArray

from pipeline.core.geo import distance_m
from pipeline.rivers.network import Lines

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]

_EQUATOR_M: Final = 6_378_137.0
_ECCENTRICITY_2: Final = 6.694379990141e-3
_BOX_MARGIN: Final = 1.01


@dataclass(frozen=True, slots=True)
class Pairs:
    """Points and reaches near them, shape (m,) each, sorted by point, then distance.

    ``fraction`` is the share of the reach's length upstream of its place nearest to
    the point; ``lon_deg`` and ``lat_deg`` give that place.
    """

    point: Indices
    reach: Indices
    distance_m: Numbers
    fraction: Numbers
    lon_deg: Numbers
    lat_deg: Numbers


def metres_per_degree(lat_deg: Numbers) -> tuple[Numbers, Numbers]:
    """Length in m of a degree of longitude and of latitude on the WGS 84 ellipsoid."""
    phi = np.deg2rad(np.asarray(lat_deg, dtype=np.float64))
    w = np.sqrt(1.0 - _ECCENTRICITY_2 * np.sin(phi) ** 2)
    east = _EQUATOR_M * np.cos(phi) / w
    north = _EQUATOR_M * (1.0 - _ECCENTRICITY_2) / w**3
    return np.deg2rad(1.0) * east, np.deg2rad(1.0) * north


class ReachIndex:
    """Search for reaches near points, built once for a network."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        starts = lines.offset[:-1]
        self._tree = shapely.STRtree(
            shapely.box(
                np.minimum.reduceat(lines.lon_deg, starts),
                np.minimum.reduceat(lines.lat_deg, starts),
                np.maximum.reduceat(lines.lon_deg, starts),
                np.maximum.reduceat(lines.lat_deg, starts),
            )
        )

    def within(self, lon_deg: Numbers, lat_deg: Numbers, radius_m: Numbers) -> Pairs:
        """Reaches within a distance of points.

        Parameters
        ----------
        lon_deg, lat_deg, radius_m
            Shape (k,). The geodesic distance is compared with the radius.

        Notes
        -----
        The nearest place is searched in a plane that has the true scale at the point;
        within 50 km it is off by less than a thousandth of the distance. How far it is
        is then measured on the ellipsoid.
        """
        east, north = metres_per_degree(lat_deg)
        dx, dy = _BOX_MARGIN * radius_m / east, _BOX_MARGIN * radius_m / north
        boxes = shapely.box(lon_deg - dx, lat_deg - dy, lon_deg + dx, lat_deg + dy)
        point, reach = self._tree.query(boxes)
        lines = self._lines
        fraction, lon, lat = _nearest_on_lines(
            lon_deg[point],
            lat_deg[point],
            east[point],
            north[point],
            reach.astype(np.int64),
            lines.lon_deg,
            lines.lat_deg,
            lines.along_m,
            lines.offset,
        )
        metres = distance_m(lon_deg[point], lat_deg[point], lon, lat)
        keep = metres <= radius_m[point]
        order = np.lexsort((reach[keep], metres[keep], point[keep]))
        return Pairs(
            point=point[keep][order].astype(np.int64),
            reach=reach[keep][order].astype(np.int64),
            distance_m=metres[keep][order],
            fraction=fraction[keep][order],
            lon_deg=lon[keep][order],
            lat_deg=lat[keep][order],
        )


def nearest_on(
    lines: Lines, reach: Indices, lon_deg: Numbers, lat_deg: Numbers
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Nearest place on one given reach for each point.

    Parameters
    ----------
    reach, lon_deg, lat_deg
        Shape (k,). A reach and a point (EPSG:4326) each.

    Returns
    -------
    tuple
        Shape (k,) each: share of the reach's length upstream of the place, its
        longitude and latitude, and its geodesic distance from the point in m.
    """
    east, north = metres_per_degree(lat_deg)
    fraction, lon, lat = _nearest_on_lines(
        lon_deg,
        lat_deg,
        east,
        north,
        reach,
        lines.lon_deg,
        lines.lat_deg,
        lines.along_m,
        lines.offset,
    )
    return fraction, lon, lat, distance_m(lon_deg, lat_deg, lon, lat)


@njit(cache=True)
def _nearest_on_lines(
    lon: Numbers,
    lat: Numbers,
    east: Numbers,
    north: Numbers,
    reach: Indices,
    line_lon: Numbers,
    line_lat: Numbers,
    along: Numbers,
    offset: Indices,
) -> tuple[Numbers, Numbers, Numbers]:
    """Nearest place on the reach of each pair: share of length, lon, lat."""
    count = len(reach)
    fraction = np.zeros(count)
    out_lon = np.zeros(count)
    out_lat = np.zeros(count)
    for k in range(count):
        first, last = offset[reach[k]], offset[reach[k] + 1] - 1
        best = np.inf
        for v in range(first, last):
            ax = (line_lon[v] - lon[k]) * east[k]
            ay = (line_lat[v] - lat[k]) * north[k]
            ux = (line_lon[v + 1] - line_lon[v]) * east[k]
            uy = (line_lat[v + 1] - line_lat[v]) * north[k]
            size = ux * ux + uy * uy
            t = 0.0
            if size > 0:
                t = min(1.0, max(0.0, -(ax * ux + ay * uy) / size))
            px, py = ax + t * ux, ay + t * uy
            squared = px * px + py * py
            if squared < best:
                best = squared
                metres = along[v] + t * (along[v + 1] - along[v])
                fraction[k] = metres / along[last]
                out_lon[k] = line_lon[v] + t * (line_lon[v + 1] - line_lon[v])
                out_lat[k] = line_lat[v] + t * (line_lat[v + 1] - line_lat[v])
    return fraction, out_lon, out_lat
