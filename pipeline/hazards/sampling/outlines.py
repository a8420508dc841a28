"""Places in the CRS of a raster, whole turns of longitude included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from pipeline.core.geo import on_local_plane
from pipeline.core.schemas.hazards import NOTES
from pipeline.hazards.places import Place, continuous
from pipeline.hazards.sampling.grid import Grid

_JUMP: Final = 50.0
"""Times the median edge; a circle torn apart has a longer one."""
_TURN_DEG: Final = 360.0
OUTSIDE_CRS: Final = NOTES.reason("outside_projection")
ON_SEAM: Final = NOTES.reason("on_seam")


_FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Shapes that touch a raster, in its CRS.

    ``owner[k]`` is the place (its index) that ``shapes[k]`` belongs to, in the order of
    the places. On geographic grids a place may have two pieces, one at each end of the
    raster, the western one first. ``refused`` says for a place's index why it cannot be
    laid on this grid.
    """

    owner: NDArray[np.int64]
    shapes: NDArray[np.object_]
    refused: dict[int, str]

    def part(self, wanted: NDArray[np.bool_]) -> Pieces:
        """Some of the pieces."""
        return Pieces(self.owner[wanted], self.shapes[wanted], self.refused)

    def first_of_each(self) -> Pieces:
        """One piece of every place.

        A point on the seam lies in the cell to the east of it, as a point between any
        two cells does.
        """
        return self.part(np.diff(self.owner, prepend=-1) > 0)


def pieces_on(places: Sequence[Place], grid: Grid) -> Pieces:
    """Lay points and circles on a raster.

    Rasters in degrees may count longitudes from -180 or from 0: pieces are moved by
    whole turns to where the raster lies. In other CRSs a circle that spans a seam of
    the projection is refused, with a reason, rather than torn apart.
    """
    shapes = _projected(places, grid)
    refused = _problems(shapes, places)
    kept = np.setdiff1d(np.arange(len(places)), list(refused)).astype(np.int64)
    shapes, frame = shapes[kept], shapely.box(*grid.bounds)
    first, last = _turns(shapes, grid)
    owner, moved = [np.empty(0, np.int64)], [np.empty(0, object)]
    for n in range(first.min(initial=0), last.max(initial=0) + 1):
        here = np.flatnonzero((first <= n) & (n <= last))
        pieces = shapes[here]
        if n != 0:
            pieces = shapely.transform(pieces, _turned_by(n))
        touching = shapely.intersects(pieces, frame)
        owner.append(kept[here[touching]])
        moved.append(pieces[touching])
    whose = np.concatenate(owner)
    order = np.argsort(whose, kind="stable")
    return Pieces(whose[order], np.concatenate(moved)[order], refused)


def _turned_by(n: int) -> Callable[[_FloatArray], _FloatArray]:
    step = np.array([_TURN_DEG * n, 0.0])
    return lambda corners: corners + step


def _turns(shapes: NDArray[np.object_], grid: Grid) -> tuple[NDArray, NDArray]:
    """First and last whole turn that can bring each shape on a geographic grid."""
    if not grid.is_geographic:
        nothing = np.zeros(len(shapes), np.int64)
        return nothing, nothing
    west, _, east, _ = grid.bounds
    bounds = shapely.bounds(shapes)
    first = np.ceil((west - bounds[:, 2]) / _TURN_DEG).astype(np.int64)
    last = np.floor((east - bounds[:, 0]) / _TURN_DEG).astype(np.int64)
    return first, last


def _projected(places: Sequence[Place], grid: Grid) -> NDArray[np.object_]:
    """Shapes of all places in the CRS of a grid."""
    lon = np.array([place.lon_deg for place in places])
    lat = np.array([place.lat_deg for place in places])
    shapes = np.array([place.outline for place in places], dtype=object)
    is_point = shapely.is_missing(shapes)
    shapes[is_point] = shapely.points(lon[is_point], lat[is_point])
    if grid.crs.to_epsg() == 4326:
        return shapes
    to_grid = Transformer.from_crs("EPSG:4326", grid.crs.to_wkt(), always_xy=True)
    shapes = shapely.transform(shapes, to_grid.transform, interleaved=False)
    if grid.is_geographic:
        centres_deg = to_grid.transform(lon, lat)[0]
        for k in np.flatnonzero(~is_point):
            if np.isfinite(shapely.get_coordinates(shapes[k])).all():
                shapes[k] = continuous(shapes[k], float(centres_deg[k]))
    return shapes


def _problems(shapes: NDArray[np.object_], places: Sequence[Place]) -> dict[int, str]:
    """Why places cannot be laid on a grid, by their index."""
    corners, whose = shapely.get_coordinates(shapes, return_index=True)
    lost = np.zeros(len(shapes), dtype=bool)
    lost[whose[~np.isfinite(corners).all(axis=1)]] = True
    refused = dict.fromkeys(np.flatnonzero(lost).tolist(), OUTSIDE_CRS)
    areas = np.flatnonzero(~lost & (shapely.get_dimensions(shapes) == 2))
    lengths, whose = _edges(shapes[areas])
    first = np.searchsorted(whose, np.arange(len(areas) + 1))
    for k, place in enumerate(places[at] for at in areas.tolist()):
        if place.zone is not None:  # its edges are of any length on the ground
            on_ground = on_local_plane(place.outline, place.lon_deg, place.lat_deg)
            lengths[first[k] : first[k + 1]] /= _edges(np.array([on_ground]))[0]
    torn = _longest_to_median(lengths, whose) > _JUMP
    refused |= dict.fromkeys(areas[torn].tolist(), ON_SEAM)
    return refused


def _edges(shapes: NDArray[np.object_]) -> tuple[_FloatArray, NDArray[np.int64]]:
    """Lengths of all edges of polygons, and the index of each one's polygon."""
    parts, shape_of = shapely.get_parts(shapes, return_index=True)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    corners, ring_of = shapely.get_coordinates(rings, return_index=True)
    inside = ring_of[1:] == ring_of[:-1]
    steps = np.diff(corners, axis=0)[inside]
    return np.hypot(*steps.T), shape_of[part_of[ring_of[:-1][inside]]]


def _longest_to_median(lengths: _FloatArray, whose: NDArray[np.int64]) -> _FloatArray:
    """Longest edge of every polygon by the median of its edges."""
    lengths = lengths[np.lexsort((lengths, whose))]
    first = np.flatnonzero(np.diff(whose, prepend=-1))
    end = np.append(first, len(whose))[1:]
    lower, upper = (first + end - 1) // 2, (first + end) // 2
    return lengths[end - 1] / (0.5 * (lengths[lower] + lengths[upper]))
