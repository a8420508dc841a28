"""Countries and their boundaries: air distance, countries of banks, disputed lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.core.geo import WGS84, distance_m
from pipeline.rivers.nearest import metres_per_degree
from pipeline.rivers.network import Network

Numbers = NDArray[np.float64]
Texts = NDArray[np.object_]

DISPUTED: Final = "disputed"
SAMPLE_STEP_M: Final = 1000.0
BANK_OFFSET_M: Final = 500.0
_FAR_EAST_DEG: Final = 90.0
"""From this longitude on, east or west, the way across the antimeridian counts too."""


@dataclass(frozen=True, slots=True)
class Countries:
    """Country polygons in EPSG:4326 with their codes, shape (m,) each."""

    code: Texts
    polygon: Texts


@dataclass(frozen=True, slots=True)
class BoundaryLines:
    """Boundary lines in EPSG:4326; shape (m,) each, None where a country is unknown."""

    line: Texts
    status: Texts
    left: Texts
    right: Texts


@dataclass(frozen=True, slots=True)
class BorderDistance:
    """Distance to the nearest border and the country behind it."""

    distance_m: float
    country: str


def border_distance(
    lon_deg: float,
    lat_deg: float,
    country: str,
    countries: Countries | None,
    lines: BoundaryLines | None,
) -> BorderDistance | None:
    """Geodesic distance from a facility to the nearest border of its country.

    Boundary lines between its country and another are used where there are any;
    otherwise the polygons of the other countries. None where there is neither.
    Leases and boundaries of other countries do not count.
    """
    found: list[tuple[float, str]] = []
    if lines is not None:
        for line, status, left, right in zip(
            lines.line, lines.status, lines.left, lines.right, strict=True
        ):
            pair = {left, right}
            if status == "lease" or country not in pair or None in pair:
                continue
            other = next(iter(pair - {country}), None)
            if other is not None:
                found.append((_distance_m(lon_deg, lat_deg, line), other))
    if not found and countries is not None:
        found = [
            (_distance_m(lon_deg, lat_deg, polygon), code)
            for code, polygon in zip(countries.code, countries.polygon, strict=True)
            if code != country
        ]
    if not found:
        return None
    metres, other = min(found)
    return BorderDistance(metres, other)


def _distance_m(lon_deg: float, lat_deg: float, shape: shapely.Geometry) -> float:
    """Geodesic distance to the nearest place of a shape; zero inside a polygon.

    Shapes on the other side of the antimeridian are looked at across it.
    """
    here = _in_plane_m(lon_deg, lat_deg, shape)
    if abs(lon_deg) < _FAR_EAST_DEG:
        return here
    turn = np.array([np.copysign(360.0, lon_deg), 0.0])
    return min(
        here,
        _in_plane_m(lon_deg, lat_deg, shapely.transform(shape, lambda xy: xy + turn)),
    )


def _in_plane_m(lon_deg: float, lat_deg: float, shape: shapely.Geometry) -> float:
    """Geodesic distance to the nearest place of a shape as it is drawn.

    The place is searched in a plane whose scale is true at the point and refined once
    with the scale half way, so that places some hundred km away come out well.
    """
    scale_at = lat_deg
    best = np.inf
    for _ in range(2):
        east, north = metres_per_degree(np.array([scale_at]))
        scale = np.array([float(east[0]), float(north[0])])
        centre = np.array([lon_deg, lat_deg])

        def flat(xy: Numbers, c: Numbers = centre, s: Numbers = scale) -> Numbers:
            return (xy - c) * s

        plane = shapely.transform(shape, flat)
        nearest = shapely.get_point(
            shapely.shortest_line(shapely.Point(0, 0), plane), 1
        )
        x, y = shapely.get_coordinates(nearest)[0] / scale
        metres = float(distance_m(lon_deg, lat_deg, lon_deg + x, lat_deg + y))
        best = min(best, metres)
        scale_at = lat_deg + y / 2
    return best


def country_at(countries: Countries, lon_deg: Numbers, lat_deg: Numbers) -> Texts:
    """Country of every point, None outside all polygons.

    Where polygons overlap, the code that is first in the alphabet is taken, so that
    the order of the polygons in their file changes nothing.
    """
    tree = shapely.STRtree(countries.polygon)
    which, polygon = tree.query(
        shapely.points(lon_deg, lat_deg), predicate="intersects"
    )
    result = np.full(len(lon_deg), None, dtype=object)
    place = np.empty(len(countries.code), dtype=np.int64)
    place[np.argsort(countries.code.astype(str), kind="stable")] = np.arange(len(place))
    last_first = np.argsort(-place[polygon], kind="stable")
    result[which[last_first]] = countries.code[polygon[last_first]]
    return result


def near_disputed(
    lon_deg: Numbers, lat_deg: Numbers, lines: BoundaryLines, distance_m_limit: float
) -> NDArray[np.bool_]:
    """Whether a disputed boundary line lies within a distance of points."""
    disputed = [
        line
        for line, status in zip(lines.line, lines.status, strict=True)
        if status == DISPUTED
    ]
    result = np.zeros(len(lon_deg), dtype=bool)
    for k in range(len(lon_deg)):
        result[k] = any(
            _distance_m(float(lon_deg[k]), float(lat_deg[k]), line) <= distance_m_limit
            for line in disputed
        )
    return result


@dataclass(frozen=True, slots=True)
class Stretches:
    """Stretches of reaches with one pair of bank countries.

    Reach ``i`` has the stretches offset[i] to offset[i + 1], in flow order, each from
    ``start_fraction`` to that of the next. ``left`` and ``right`` are None where no
    country is known.
    """

    offset: NDArray[np.int64]
    start_fraction: Numbers
    left: Texts
    right: Texts


def stretches_of(network: Network, countries: Countries | None) -> Stretches:
    """Countries of both banks along every reach.

    The river layer's own columns are taken where they are filled; otherwise the banks
    are looked up in the country polygons, 500 m to both sides, every 1 km.
    """
    known = np.array(
        [
            left is not None or right is not None
            for left, right in zip(
                network.country_left, network.country_right, strict=True
            )
        ],
        dtype=bool,
    )
    if known.any() or countries is None:
        return Stretches(
            offset=np.arange(len(network) + 1),
            start_fraction=np.zeros(len(network)),
            left=network.country_left,
            right=network.country_right,
        )
    return _sampled(network, countries)


def _sampled(network: Network, countries: Countries) -> Stretches:
    geodesic = network.lines.length_m()
    count = np.maximum(1, np.ceil(geodesic / SAMPLE_STEP_M)).astype(np.int64)
    reach = np.repeat(np.arange(len(network)), count)
    first = np.cumsum(count) - count
    number = np.arange(len(reach)) - first[reach]
    low, high = number / count[reach], (number + 1) / count[reach]
    lon, lat = network.lines.point_at(reach, (low + high) / 2)
    lon_a, lat_a = network.lines.point_at(reach, low)
    lon_b, lat_b = network.lines.point_at(reach, high)
    azimuth, _, _ = WGS84.inv(lon_a, lat_a, lon_b, lat_b)
    offset_m = np.full(len(reach), BANK_OFFSET_M)
    banks = []
    for turn in (-90.0, 90.0):
        x, y, _ = WGS84.fwd(lon, lat, np.asarray(azimuth) + turn, offset_m)
        banks.append(country_at(countries, np.asarray(x), np.asarray(y)))
    left, right = banks
    new = np.ones(len(reach), dtype=bool)
    same = (left[1:] == left[:-1]) & (right[1:] == right[:-1])
    new[1:] = ~same.astype(bool) | (reach[1:] != reach[:-1])
    kept = np.flatnonzero(new)
    offset = np.searchsorted(reach[kept], np.arange(len(network) + 1))
    return Stretches(
        offset=offset.astype(np.int64),
        start_fraction=low[kept],
        left=left[kept],
        right=right[kept],
    )
