"""Where a facility is sampled: a point, its footprint, or the circle it lies in."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from shapely.geometry import Polygon

from pipeline.core.geo import geodesic_circle
from pipeline.core.model import PositionQuality


@dataclass(frozen=True, slots=True)
class Place:
    """The place at which one facility is sampled.

    ``outline`` is the geodesic circle of ``radius_m`` metres in degrees (EPSG:4326),
    with continuous longitudes: it may pass 180 degrees where the circle spans the
    antimeridian. It is None for a point, whose radius is 0. A footprint is the circle
    of the facility's own area, which counts where its position was surveyed.
    """

    tmf_id: str
    lon_deg: float
    lat_deg: float
    radius_m: float
    outline: Polygon | None
    is_footprint: bool = False

    @property
    def kind(self) -> Literal["point", "circle", "footprint"]:
        """Word for the table's column ``place``."""
        if self.is_footprint:
            return "footprint"
        return "point" if self.outline is None else "circle"


def places_of(facilities: pd.DataFrame) -> tuple[Place, ...]:
    """Places of all facilities that have a position, in the table's order."""
    rows: Any = facilities[
        facilities["lon_deg"].notna() & facilities["lat_deg"].notna()
    ]
    return tuple(_place_of(row) for row in rows.itertuples())


def _place_of(row: Any) -> Place:
    """Circle of the facility's area if its position was surveyed, else where it may be.

    An outline is not in the inventory, so the area alone decides the circle.
    """
    where = (row.tmf_id, row.lon_deg, row.lat_deg)
    if row.position_quality == PositionQuality.SURVEYED and row.area_m2 > 0:
        footprint_m = math.sqrt(row.area_m2 / math.pi)
        if not footprint_m < row.position_radius_m:
            return replace(place_at(*where, footprint_m), is_footprint=True)
    return place_at(*where, row.position_radius_m)


def place_at(
    tmf_id: str, lon_deg: float, lat_deg: float, radius_m: float | None
) -> Place:
    """Place of one facility; without a radius, or with 0, it is a point."""
    if radius_m is None or not radius_m > 0:
        return Place(tmf_id, float(lon_deg), float(lat_deg), 0.0, None)
    circle = geodesic_circle(lon_deg, lat_deg, radius_m)
    return Place(
        tmf_id,
        float(lon_deg),
        float(lat_deg),
        float(radius_m),
        continuous(circle, float(lon_deg)),
    )


def continuous(outline: Polygon, lon_deg: float) -> Polygon:
    """Move corners by whole turns so that they lie within 180 degrees of a meridian."""
    corners = np.asarray(outline.exterior.coords)
    turns = np.round((lon_deg - corners[:, 0]) / 360.0)
    if not turns.any():
        return outline
    return Polygon(np.column_stack([corners[:, 0] + 360.0 * turns, corners[:, 1]]))
