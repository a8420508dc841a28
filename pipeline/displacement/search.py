"""Which points belong to which facility."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.geo import WGS84, distance_m

_M_PER_DEG_MIN: Final = 110_500.0  # shortest degree of latitude, less a margin


@dataclass(frozen=True, slots=True)
class SearchArea:
    """Circle in which points are taken for one facility.

    Attributes
    ----------
    tmf_id, lon_deg, lat_deg
        Facility and its position, WGS 84.
    radius_m
        Points within this distance are taken.
    facility_radius_m
        Points within this distance count as on the facility.
    is_coarse
        Whether the position is too uncertain to choose points: the circle then only
        tells which sources reach the place, and no points are taken.
    position_radius_m
        How uncertain the position is.
    """

    tmf_id: str
    lon_deg: float
    lat_deg: float
    radius_m: float
    facility_radius_m: float
    is_coarse: bool = False
    position_radius_m: float = 0.0


def points_within(
    area: SearchArea, lon_deg: NDArray[np.float64], lat_deg: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the points in a circle, by geodesic distance.

    Returns
    -------
    tuple of ndarray
        Indices of the points, increasing, and their distances in metres.
    """
    reach_lat = area.radius_m / _M_PER_DEG_MIN
    shrink = max(math.cos(math.radians(min(abs(area.lat_deg) + reach_lat, 89.9))), 1e-3)
    reach_lon = reach_lat / shrink
    dlon = np.abs((lon_deg - area.lon_deg + 180.0) % 360.0 - 180.0)
    near = np.flatnonzero(
        (np.abs(lat_deg - area.lat_deg) <= reach_lat) & (dlon <= reach_lon)
    )
    metres = distance_m(lon_deg[near], lat_deg[near], area.lon_deg, area.lat_deg)
    inside = metres <= area.radius_m
    return near[inside], metres[inside]


def points_in_any(
    areas: tuple[SearchArea, ...],
    lon_deg: NDArray[np.float64],
    lat_deg: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Tell which points are taken for at least one facility. Shape as ``lon_deg``."""
    kept = np.zeros(len(lon_deg), dtype=bool)
    for area in areas:
        if area.is_coarse:
            continue
        kept[points_within(area, lon_deg, lat_deg)[0]] = True
    return kept


def local_xy_m(
    area: SearchArea, lon_deg: NDArray[np.float64], lat_deg: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Positions in metres east and north of a circle's centre, shape (n, 2).

    Azimuthal equidistant on the ellipsoid: distances between points a few kilometres
    from the centre are true to a part in a million.
    """
    centre = np.full(len(lon_deg), area.lon_deg), np.full(len(lon_deg), area.lat_deg)
    azimuth, _, metres = WGS84.inv(*centre, lon_deg, lat_deg)
    angle = np.deg2rad(np.asarray(azimuth))
    return np.column_stack([metres * np.sin(angle), metres * np.cos(angle)])


def in_company(
    flagged: NDArray[np.bool_], xy_m: NDArray[np.float64], reach_m: float, minimum: int
) -> NDArray[np.bool_]:
    """Flagged points that have enough flagged neighbours.

    Parameters
    ----------
    flagged
        Shape (n,).
    xy_m
        Shape (n, 2). Metres.
    reach_m
        Points at most this far apart are neighbours.
    minimum
        Points that must agree, the point itself included.

    Returns
    -------
    ndarray
        Shape (n,). True for flagged points with ``minimum`` flagged points in reach,
        and for those flagged neighbours.
    """
    from scipy.spatial import cKDTree

    kept = np.zeros(len(flagged), dtype=bool)
    chosen = np.flatnonzero(flagged)
    if len(chosen) < minimum:
        return kept
    tree = cKDTree(xy_m[chosen])
    for group in tree.query_ball_point(xy_m[chosen], reach_m):
        if len(group) >= minimum:
            kept[chosen[group]] = True
    return kept
