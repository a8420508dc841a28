"""The ground above a facility, from flow directions: its catchment and its slope.

Only where it can be known: the facility's own ground must be outlined, surveyed or a
point, and the cells of the flow directions must be small against a pond.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from pipeline.core.coverage import cell_shares
from pipeline.core.flow import (
    FlowDirections,
    Indices,
    outline_of,
    touches_frame,
    upstream_cells,
)
from pipeline.core.geo import on_local_plane
from pipeline.core.methods.hazards import HazardMethods
from pipeline.core.model import Zone
from pipeline.core.rings import mapped, rings_of
from pipeline.core.schemas.hazards import NOTES
from pipeline.hazards.places import Place

_CIRCLE: Final = "circle"
_M_PER_DEG_MIN: Final = 110_500.0  # shortest degree of latitude, less a margin


def ground_above(
    place: Place, zone: Zone, flow: FlowDirections | None, choices: HazardMethods
) -> BaseGeometry | str:
    """Outline (EPSG:4326) of the ground above a place, or why it is not known.

    The catchment is every cell that drains to a cell which the place touches, these
    included. The slope above is the part of it within ``slope_distance_m`` of the
    place, the place's own cells left out.
    """
    if flow is None:
        return NOTES.reason("no_flow_layer")
    if place.kind == _CIRCLE:
        return NOTES.reason("position_too_uncertain", radius_m=place.radius_m)
    if flow.cell_m > choices.flow_cell_m:
        return NOTES.reason(
            "flow_too_coarse", cell_m=flow.cell_m, limit_m=choices.flow_cell_m
        )
    own = touched_cells(place, flow)
    if own is None:
        return NOTES.reason("outside_flow_layer")
    columns = flow.code.shape[1]
    cells = upstream_cells(flow.code, own // columns, own % columns)
    if zone is Zone.SLOPE_ABOVE:
        cells = _near(cells[len(own) :], place, flow, choices.slope_distance_m)
        if not len(cells):
            return NOTES.reason("nothing_above")
    elif touches_frame(cells, flow.code.shape):
        return NOTES.reason("catchment_left_layer")
    outline = outline_of(cells, flow.code.shape, flow.transform)
    return shapely.transform(outline, flow.to_degrees.transform, interleaved=False)


def touched_cells(place: Place, flow: FlowDirections) -> Indices | None:
    """Numbers of the cells that a place touches; None if it leaves the grid."""
    shape = place.outline or Point(place.lon_deg, place.lat_deg)
    shape = shapely.transform(shape, flow.to_grid.transform, interleaved=False)
    corners = shapely.get_coordinates(shape)
    x, y = mapped(~flow.transform, corners[:, 0], corners[:, 1])
    rows, columns = flow.code.shape
    inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
    if not inside.all():
        return None
    if place.outline is None:
        return np.array([int(y[0]) * columns + int(x[0])], dtype=np.int64)
    rings = rings_of([shape], flow.transform)
    top, left, bottom, right = (int(v) for v in rings.windows(rows, columns)[0])
    px, py, start, turn = rings.of(0)
    shares = cell_shares(px - left, py - top, start, turn, bottom - top, right - left)
    r, c = np.nonzero(shares > 0)
    return ((r + top) * columns + c + left).astype(np.int64)


def _near(
    cells: Indices, place: Place, flow: FlowDirections, reach_m: float
) -> Indices:
    """Cells whose centre lies within a distance of the place's outline."""
    lon, lat = cell_centres(cells, flow)
    within = (reach_m + place.radius_m) / _M_PER_DEG_MIN
    shrink = max(math.cos(math.radians(min(abs(place.lat_deg) + within, 89.9))), 1e-3)
    close = np.abs(lat - place.lat_deg) <= within
    close &= np.abs((lon - place.lon_deg + 180) % 360 - 180) <= within / shrink
    cells, lon, lat = cells[close], lon[close], lat[close]
    if not len(cells):
        return cells
    points = shapely.points(lon, lat)
    centre = (place.lon_deg, place.lat_deg)
    shape = place.outline or Point(*centre)
    flat = on_local_plane(shapely.GeometryCollection(list(points)), *centre)
    away_m = shapely.distance(
        np.array(flat.geoms, dtype=object), on_local_plane(shape, *centre)
    )
    return cells[away_m <= reach_m]


def cell_centres(
    cells: Indices, flow: FlowDirections
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude and latitude of the centres of cells."""
    columns = flow.code.shape[1]
    x, y = mapped(flow.transform, cells % columns + 0.5, cells // columns + 0.5)
    lon, lat = flow.to_degrees.transform(x, y)
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
