"""Places in the CRS of a raster, whole turns of longitude included."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.affinity import translate
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from pipeline.core.geo import on_local_plane
from pipeline.core.schemas.hazards import NOTES
from pipeline.hazards.places import Place, continuous
from pipeline.hazards.sampling.grid import Grid

_JUMP: Final = 50.0
OUTSIDE_CRS: Final = NOTES.reason("outside_projection")
ON_SEAM: Final = NOTES.reason("on_seam")


@dataclass(frozen=True, slots=True)
class Pieces:
    """Shapes that touch a raster, in its CRS.

    ``owner[k]`` is the place (its index) that ``shapes[k]`` belongs to. On geographic
    grids a place may have two pieces, one at each end of the raster. ``refused`` says
    for a place's index why it cannot be laid on this grid.
    """

    owner: tuple[int, ...]
    shapes: tuple[BaseGeometry, ...]
    refused: dict[int, str]


def pieces_on(places: Sequence[Place], grid: Grid) -> Pieces:
    """Lay points and circles on a raster.

    Rasters in degrees may count longitudes from -180 or from 0: pieces are moved by
    whole turns to where the raster lies. In other CRSs a circle that spans a seam of
    the projection is refused, with a reason, rather than torn apart.
    """
    to_grid = None
    if grid.crs.to_epsg() != 4326:
        to_grid = Transformer.from_crs("EPSG:4326", grid.crs.to_wkt(), always_xy=True)
    frame = shapely.box(*grid.bounds)
    owner: list[int] = []
    shapes: list[BaseGeometry] = []
    refused: dict[int, str] = {}
    for index, place in enumerate(places):
        shape = _projected(place, grid, to_grid)
        reason = _problem(shape, place)
        if reason is not None:
            refused[index] = reason
            continue
        moved = (
            translate(shape, 360.0 * n) if n else shape for n in _turns(shape, grid)
        )
        touching = [piece for piece in moved if piece.intersects(frame)]
        owner += [index] * len(touching)
        shapes += touching
    return Pieces(tuple(owner), tuple(shapes), refused)


def _turns(shape: BaseGeometry, grid: Grid) -> range:
    """Whole turns that can bring a shape onto a geographic grid; none elsewhere."""
    if not grid.is_geographic:
        return range(1)
    west, _, east, _ = grid.bounds
    left, _, right, _ = shape.bounds
    return range(math.ceil((west - right) / 360), math.floor((east - left) / 360) + 1)


def _projected(place: Place, grid: Grid, to_grid: Transformer | None) -> BaseGeometry:
    shape: BaseGeometry = place.outline or Point(place.lon_deg, place.lat_deg)
    if to_grid is None:
        return shape
    shape = shapely.transform(shape, to_grid.transform, interleaved=False)
    corners = shapely.get_coordinates(shape)
    if grid.is_geographic and place.outline is not None and np.isfinite(corners).all():
        centre_deg = to_grid.transform(place.lon_deg, place.lat_deg)[0]
        return continuous(shape, float(centre_deg))
    return shape


def _problem(shape: BaseGeometry, place: Place) -> str | None:
    corners = shapely.get_coordinates(shape)
    if not np.isfinite(corners).all():
        return OUTSIDE_CRS
    if place.outline is None:
        return None
    stretch = _edges(shape)
    if place.zone is not None:  # its edges are of any length on the ground
        stretch = stretch / _edges(on_local_plane(place.outline, *_centre(place)))
    return ON_SEAM if stretch.max() > _JUMP * np.median(stretch) else None


def _edges(shape: BaseGeometry) -> NDArray[np.float64]:
    """Lengths of all edges of the rings of a shape."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    corners = [np.diff(shapely.get_coordinates(ring), axis=0) for ring in rings]
    return np.hypot(*np.concatenate(corners).T)


def _centre(place: Place) -> tuple[float, float]:
    return place.lon_deg, place.lat_deg
