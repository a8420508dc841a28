"""Statistics of a raster at places: outlines, points, and places in two pieces.

Outlines are read as `zonal` reads polygons, points as `many_points` does. The few
places that a raster in degrees shows at both of its ends are put together from the
cells of their pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final, Self

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.core.layers import Layer
from pipeline.core.methods.hazards import HazardMethods
from pipeline.core.rings import Rings, rings_of
from pipeline.core.surface_sums import surface_cells
from pipeline.core.zone_sums import zone_cells
from pipeline.hazards.samples import summarise
from pipeline.hazards.sampling.blocks import BlockReader
from pipeline.hazards.sampling.grid import Grid, open_raster
from pipeline.hazards.sampling.many_points import values_at_points
from pipeline.hazards.sampling.outlines import Pieces
from pipeline.hazards.sampling.zonal import ring_statistics, with_neighbours

_POINT_AREA_CELLS: Final = 1e-6
"""A circle smaller than this is sampled as its centre: rounding would drown it."""

_FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PlaceStatistics:
    """Statistics of n places in some bands, arrays of shape (n, bands).

    ``mean``, ``low``, ``high`` and ``peak`` are of what the layer means (cells or a
    surface), ``least`` and ``largest`` of the touched cells; NaN where there are none
    with data. ``covered_fraction`` is the share of the place with data.
    """

    low: _FloatArray
    mean: _FloatArray
    high: _FloatArray
    peak: _FloatArray
    least: _FloatArray
    largest: _FloatArray
    covered_fraction: _FloatArray

    @classmethod
    def without_data(cls, n_places: int, n_bands: int) -> Self:
        """Statistics of places where there is nothing, to be filled in."""
        found = cls(*(np.full((n_places, n_bands), np.nan) for _ in fields(cls)))
        found.covered_fraction[:] = 0.0
        return found

    def rows(self) -> list[list[list[float]]]:
        """All numbers as a list by place, by band, in the order of the fields."""
        columns = [getattr(self, field.name) for field in fields(self)]
        rows: list[list[list[float]]] = np.stack(columns, axis=-1).tolist()
        return rows

    def put(self, rows: NDArray[np.int64], *columns: _FloatArray) -> None:
        """Fill in all statistics of some places, in the order of the fields."""
        for field, column in zip(fields(self), columns, strict=True):
            getattr(self, field.name)[rows] = column


def place_statistics(
    layer: Layer,
    path: Path,
    bands: Sequence[int],
    pieces: Pieces,
    n_places: int,
    choices: HazardMethods,
) -> PlaceStatistics:
    """Read some bands of a raster at places that lie on it in pieces.

    Raises
    ------
    InputError
        If the raster is not what the registry says, or cannot be read, or a place
        spans too many cells.
    """
    with open_raster(layer, path) as (_, grid):
        is_area = _are_areas(pieces, grid)
    found = PlaceStatistics.without_data(n_places, len(bands))
    points = pieces.part(~is_area).first_of_each()
    if len(points.owner):
        centres = shapely.centroid(points.shapes)
        x, y = shapely.get_x(centres), shapely.get_y(centres)
        at = values_at_points(layer, path, x, y, bands=bands)
        known = np.where(np.isnan(at.cell), 0.0, 1.0)
        values = (at.value, at.value, at.value, at.value, at.cell, at.cell, known)
        found.put(points.owner, *values)
    areas = pieces.part(is_area)
    if len(areas.owner):
        rings = rings_of(areas.shapes, grid.transform)
        ends = choices.low_quantile, choices.high_quantile
        zones = ring_statistics(layer, path, rings, bands=bands, quantiles=ends)
        found.put(
            areas.owner,
            np.fmin(zones.quantiles[..., 0], zones.mean),
            zones.mean,
            np.fmax(zones.quantiles[..., 1], zones.mean),
            zones.peak,
            zones.minimum,
            zones.maximum,
            zones.covered_fraction,
        )
        for place in np.flatnonzero(np.bincount(areas.owner) > 1):
            own = np.flatnonzero(areas.owner == place)
            joined = _joined(layer, path, bands, rings, own, choices)
            found.put(np.array([place]), *joined)
    return found


def _are_areas(pieces: Pieces, grid: Grid) -> NDArray[np.bool_]:
    """Which pieces are no points, nor so small that they count as such."""
    area_cells = shapely.area(pieces.shapes) / abs(grid.transform.determinant)
    return area_cells >= _POINT_AREA_CELLS


def _joined(
    layer: Layer,
    path: Path,
    bands: Sequence[int],
    rings: Rings,
    own: NDArray[np.int64],
    choices: HazardMethods,
) -> _FloatArray:
    """Statistics (7, bands) of one place from the cells of all its pieces."""
    with open_raster(layer, path) as (dataset, grid):
        is_zero = layer.nodata_is == "no_hazard"
        reader = BlockReader(dataset, grid, tuple(bands), nodata_is_zero=is_zero)
        pieces = [_piece_cells(reader, rings, int(k), layer) for k in own]
    found = np.full((len(bands), 7), np.nan)
    for band, parts in enumerate(zip(*pieces, strict=True)):
        native, shares, values, weights = (
            np.concatenate(column) for column in zip(*parts, strict=True)
        )
        found[band, 6] = min(shares.sum() / rings.area_cells[own[0]], 1.0)
        if native.size and values.size:
            found[band, :3] = summarise(values, weights, choices)
            found[band, 3:6] = values.max(), native.min(), native.max()
    return found.T


def _piece_cells(
    reader: BlockReader, rings: Rings, piece: int, layer: Layer
) -> list[tuple[NDArray, ...]]:
    """For every band the cells of a piece, their shares, and what is averaged."""
    grid, edges = reader.grid, rings.of(piece)
    window = rings.windows(grid.height, grid.width)[piece : piece + 1]
    needed = with_neighbours(window, grid.height, grid.width)
    top, left, bottom, right = (int(v) for v in needed[0])
    limits = [grid.width, grid.height, grid.width, grid.height]
    box = np.clip(rings.box[piece], 0, limits)
    found: list[tuple[NDArray, ...]] = []
    for band in reader.window(top, left, bottom, right):
        native = zone_cells(band, top, left, edges, window[0])
        averaged = native
        if layer.sampling == "bilinear" and window.any():
            averaged = surface_cells(band, top, left, edges, box)
        found.append((*native, *averaged))
    return found
