"""Where a facility is sampled: a zone, its footprint, or the circle it lies in."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.core.geo import distance_m, geodesic_circle
from pipeline.core.model import PositionQuality, Zone
from pipeline.core.reasons import joined
from pipeline.core.schemas.hazards import NOTES

OWN_GROUND: Final = (Zone.DAM, Zone.POND_RIM, Zone.POND, Zone.BEACH)
"""Zones that together are the facility, as far as they are known."""
ABOVE: Final = (Zone.SLOPE_ABOVE, Zone.CATCHMENT)
"""Zones that lie above the facility and may be computed from flow directions."""
PARTS: Final = "parts"
NO_POSITION: Final = NOTES.reason("no_position")


@dataclass(frozen=True, slots=True)
class Place:
    """The place at which one facility is sampled.

    ``outline`` is a polygon or multipolygon in degrees (EPSG:4326) with continuous
    longitudes: it may pass 180 degrees where it spans the antimeridian. For a facility
    without polygons it is the geodesic circle of ``radius_m`` metres; None for a point,
    whose radius is 0. A footprint is the circle of the facility's own area, which
    counts where its position was surveyed. For a zone, the position is the centre of
    its outline and ``radius_m`` reaches its farthest corner. ``note`` says what is not
    as the layer asks for.
    """

    tmf_id: str
    lon_deg: float
    lat_deg: float
    radius_m: float
    outline: BaseGeometry | None
    is_footprint: bool = False
    zone: str | None = None
    note: str | None = None

    @property
    def kind(self) -> str:
        """Word for the table's column ``place``."""
        if self.zone is not None:
            return self.zone
        if self.is_footprint:
            return "footprint"
        return "point" if self.outline is None else "circle"


Shapes = Mapping[str, Mapping[Zone, BaseGeometry]]
"""Polygons by facility and zone."""
Above = Callable[[Place, Zone], "BaseGeometry | str"]
"""Ground above a facility's place, or the reason why it is not known."""


@dataclass(frozen=True, slots=True)
class Spots:
    """Places of one layer, and by ``tmf_id`` why other facilities have none."""

    places: tuple[Place, ...]
    absent: Mapping[str, str]

    def by_id(self) -> dict[str, Place]:
        """Places by facility."""
        return {place.tmf_id: place for place in self.places}


def shapes_of(zones: pd.DataFrame) -> Shapes:
    """Polygons of the table ``zones``, by facility and zone."""
    found: dict[str, dict[Zone, BaseGeometry]] = {}
    for tmf_id, zone, outline in zip(
        zones["tmf_id"], zones["zone"], zones["geometry"], strict=True
    ):
        found.setdefault(str(tmf_id), {})[Zone(zone)] = outline
    return found


def spots_at(
    wanted: Sequence[Zone], facilities: pd.DataFrame, shapes: Shapes, above: Above
) -> Spots:
    """Place of every facility for layers that ask for some zones, best first.

    The first zone that is known counts. Without any, a layer that asks for a part of
    the facility gets the facility itself, with a note; a layer that asks only for
    ground above it gets nothing, with the reason.
    """
    places: list[Place] = []
    absent: dict[str, str] = {}
    for row in facilities.itertuples():
        own = shapes.get(str(row.tmf_id), {})
        found = _spot(wanted, own, _facility_place(row, own), above, str(row.tmf_id))
        if isinstance(found, Place):
            places.append(found)
        else:
            absent[str(row.tmf_id)] = found
    return Spots(tuple(places), absent)


def _spot(
    wanted: Sequence[Zone],
    own: Mapping[Zone, BaseGeometry],
    usual: Place | None,
    above: Above,
    tmf_id: str,
) -> Place | str:
    lacking: list[str] = []
    for zone in wanted:
        if zone in own:
            return zone_place(tmf_id, own[zone], zone, joined(*lacking))
        if zone is Zone.FACILITY:
            if usual is not None:
                return replace(usual, note=joined(*lacking))
            lacking.append(NO_POSITION)
        elif zone in ABOVE:
            ground = NO_POSITION if usual is None else above(usual, zone)
            if not isinstance(ground, str):
                return zone_place(tmf_id, ground, zone, joined(*lacking))
            lacking.append(ground)
        else:
            lacking.append(NOTES.reason("zone_not_given", zone=zone))
    if any(zone not in ABOVE for zone in wanted):
        if usual is not None:
            return replace(usual, note=joined(*lacking))
        lacking.append(NO_POSITION)
    return joined(*dict.fromkeys(lacking)) or NO_POSITION


def zone_place(
    tmf_id: str, outline: BaseGeometry, zone: str, note: str | None = None
) -> Place:
    """Place that is a zone of a facility."""
    lon_deg, lat_deg = outline.centroid.coords[0]
    corners = shapely.get_coordinates(outline)
    reach_m = distance_m(lon_deg, lat_deg, corners[:, 0], corners[:, 1]).max()
    whole = continuous(outline, lon_deg)
    return Place(
        tmf_id, lon_deg, lat_deg, float(reach_m), whole, zone=str(zone), note=note
    )


def sites_of(tmf_ids: Sequence[str]) -> tuple[Place, ...]:
    """Places of a study, which names its sites by key: no position is needed."""
    return tuple(Place(key, math.nan, math.nan, 0.0, None) for key in tmf_ids)


def places_of(facilities: pd.DataFrame) -> tuple[Place, ...]:
    """Places of all facilities that have a position, in the table's order."""
    found = (_facility_place(row, {}) for row in facilities.itertuples())
    return tuple(place for place in found if place is not None)


def _facility_place(row: Any, own: Mapping[Zone, BaseGeometry]) -> Place | None:
    """Outline of the facility if it is known, else where it may be."""
    tmf_id = str(row.tmf_id)
    if Zone.FACILITY in own:
        return zone_place(tmf_id, own[Zone.FACILITY], Zone.FACILITY)
    parts = [own[zone] for zone in OWN_GROUND if zone in own]
    if parts:
        return zone_place(tmf_id, shapely.union_all(parts), PARTS)
    if math.isnan(row.lon_deg) or math.isnan(row.lat_deg):
        return None
    return _circle_of(row)


def _circle_of(row: Any) -> Place:
    """Circle of the facility's area if its position was surveyed, else where it may be.

    Without polygons the area alone decides the circle.
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


def continuous(outline: BaseGeometry, lon_deg: float) -> BaseGeometry:
    """Move corners by whole turns so that they lie within 180 degrees of a meridian."""
    corners = shapely.get_coordinates(outline)
    turns = np.round((lon_deg - corners[:, 0]) / 360.0)
    if not turns.any():
        return outline
    moved = np.column_stack([corners[:, 0] + 360.0 * turns, corners[:, 1]])
    return shapely.transform(outline, lambda _: moved)
