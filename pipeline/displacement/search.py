"""Which points belong to which facility."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.geo import WGS84, distance_m
from pipeline.displacement.zones import Outlines

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
        How uncertain the position is; 0 where the inventory outlines the facility.
    outlines
        Polygons of its zones; none where the inventory gives none.
    """

    tmf_id: str
    lon_deg: float
    lat_deg: float
    radius_m: float
    facility_radius_m: float
    is_coarse: bool = False
    position_radius_m: float = 0.0
    outlines: Outlines = ()


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
    flagged: NDArray[np.bool_],
    candidates: NDArray[np.bool_],
    xy_m: NDArray[np.float64],
    *,
    cell_m: float,
    reach_m: float,
    minimum: int,
) -> NDArray[np.bool_]:
    """Flagged points whose independent neighbours mostly agree.

    Points closer than the resolution of the radar see the same ground and the same
    noise, so they have one vote: the candidates of a square cell vote by majority.
    Among the ``2 minimum - 1`` occupied cells nearest to a flagged cell (itself
    included) and within reach, at least ``minimum`` must be flagged. Asking for a
    majority means the same where points are dense and where they are sparse.

    Parameters
    ----------
    flagged, candidates
        Shape (n,). Points that meet a rule; points that could have met it.
    xy_m
        Shape (n, 2). Metres.
    cell_m
        Side of a cell; about twice the resolution.
    reach_m
        Neighbouring cells (mean of their points) are at most this far away.
    minimum
        Cells that must agree, the cell itself included.

    Returns
    -------
    ndarray
        Shape (n,). Flagged points in cells that have company.
    """
    from scipy.spatial import cKDTree

    kept = np.zeros(len(flagged), dtype=bool)
    able = np.flatnonzero(candidates)
    if not (flagged & candidates).any():
        return kept
    cells = np.floor(xy_m[able] / cell_m).astype(np.int64)
    _, member = np.unique(cells, axis=0, return_inverse=True)
    member = member.ravel()
    size = np.bincount(member)
    share = np.bincount(member, weights=flagged[able]) / size
    centre = np.column_stack(
        [np.bincount(member, weights=xy_m[able, k]) / size for k in range(2)]
    )
    votes = np.append(share > 0.5, False)  # the last stands for "no neighbour"
    chosen = np.flatnonzero(votes)
    if len(chosen) < minimum:
        return kept
    _, nearest = cKDTree(centre).query(
        centre[chosen], k=np.arange(1, 2 * minimum), distance_upper_bound=reach_m
    )
    agreed = np.zeros(len(size), dtype=bool)
    agreed[chosen] = votes[nearest].sum(axis=1) >= minimum
    kept[able] = flagged[able] & agreed[member]
    return kept
