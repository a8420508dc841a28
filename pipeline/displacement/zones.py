"""Zones of a facility's points, by the inventory's polygons or else by distance.

Settlement of the tailings behind a dam is no motion of the dam. Where the inventory
outlines zones, a point belongs to the first zone (in the order of `Zone`) that holds
it. Where it does not, points near the position count as on the facility, and nothing
more is told apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pipeline.core.geo import distance_m
from pipeline.core.methods.displacement import SURROUNDINGS
from pipeline.core.model import WatchLevel, Zone

BY_OUTLINES: Final = "outlines"
BY_DISTANCE: Final = "distance"
SETTLING: Final = (str(Zone.BEACH), str(Zone.POND), str(Zone.POND_RIM))
"""Zones of fresh tailings: settlement is no danger sign there unless it speeds up."""
STABLE: Final = (str(Zone.SLOPE_ABOVE), str(Zone.FOUNDATION), SURROUNDINGS)
"""Zones of natural ground, against which the rest is compared."""
_NOT_OF_THE_FACILITY: Final = (Zone.CATCHMENT,)

Outlines = tuple[tuple[str, BaseGeometry], ...]
"""Zones of a facility in the order of precedence, with their polygons (EPSG:4326)."""


def outlines_by_facility(zones: Iterable[Mapping[str, Any]]) -> dict[str, Outlines]:
    """Outlines of every facility in the table ``zones``; catchments do not count."""
    order = [str(zone) for zone in Zone if zone not in _NOT_OF_THE_FACILITY]
    found: dict[str, dict[str, BaseGeometry]] = {}
    for row in zones:
        if str(row["zone"]) in order:
            found.setdefault(str(row["tmf_id"]), {})[str(row["zone"])] = row["geometry"]
    return {
        tmf_id: tuple((zone, shapes[zone]) for zone in order if zone in shapes)
        for tmf_id, shapes in found.items()
    }


def middle_and_reach(outlines: Outlines) -> tuple[float, float, float]:
    """Longitude and latitude of the middle of all outlines, and their reach in metres.

    All corners lie within the reach of the middle.
    """
    whole = shapely.union_all([shape for _, shape in outlines])
    middle = whole.envelope.centroid
    corners = shapely.get_coordinates(whole)
    away = distance_m(corners[:, 0], corners[:, 1], middle.x, middle.y)
    return float(middle.x), float(middle.y), float(away.max())


def zones_of_points(
    outlines: Outlines,
    lon_deg: NDArray[np.float64],
    lat_deg: NDArray[np.float64],
    from_position_m: NDArray[np.float64],
    facility_radius_m: float,
) -> NDArray[np.str_]:
    """Zone of every point.

    Parameters
    ----------
    outlines
        Polygons; none where the inventory gives none.
    lon_deg, lat_deg
        Shape (n,). WGS 84.
    from_position_m
        Shape (n,). Distance to the facility's position.
    facility_radius_m
        Without outlines, points within it are on the facility.
    """
    zone = np.full(len(lon_deg), SURROUNDINGS, dtype="<U16")
    if not outlines:
        zone[from_position_m <= facility_radius_m] = str(Zone.FACILITY)
        return zone
    for name, shape in reversed(outlines):
        shapely.prepare(shape)
        zone[shapely.intersects_xy(shape, lon_deg, lat_deg)] = name
    return zone


def reach_level(
    zone: NDArray[np.str_], zone_levels: Mapping[str, WatchLevel], level: WatchLevel
) -> NDArray[np.bool_]:
    """Points whose zone can raise a level. Shape as ``zone``."""
    order = list(WatchLevel)
    able = [
        name
        for name, top in zone_levels.items()
        if order.index(top) >= order.index(level)
    ]
    return np.isin(zone, able)
