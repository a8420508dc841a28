"""Sampler of rasters: exact shares of cells, windows read on the source grid.

The layer declares how its cells are meant. ``nearest``: a value holds throughout its
cell, and a place is the exact overlay of its circle with the cells. ``bilinear``: the
values are points of a surface, and the circle is overlaid on that surface, read on a
lattice at least as fine as the cells. Either way the central value is the mean over
the circle, because any spot in it may be the facility's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pipeline.core.coverage import cell_shares
from pipeline.core.errors import input_error
from pipeline.core.layers import Band, Layer
from pipeline.core.methods.hazards import HazardMethods
from pipeline.core.model import Status
from pipeline.core.rings import Rings, mapped, rings_of
from pipeline.hazards.levels import raster_levels
from pipeline.hazards.places import Place
from pipeline.hazards.samples import Sample, Sampled, sample_of, summarise
from pipeline.hazards.sampling.blocks import BlockReader
from pipeline.hazards.sampling.grid import Grid, open_raster
from pipeline.hazards.sampling.outlines import Pieces, pieces_on
from pipeline.hazards.sampling.surface import LATTICE, bilinear_lattice

_MAX_WINDOW_CELLS: Final = 50_000_000
_POINT_AREA_CELLS: Final = 1e-6
"""A circle smaller than this is sampled as its centre: rounding would drown it."""


@dataclass(frozen=True, slots=True)
class _Cells:
    """What one place touches.

    ``values`` (bands, n) with ``weights`` (n,) make the statistics, ``native``
    (bands, m) are the raster's own cells, ``covered`` (bands,) is the share with data.
    """

    values: NDArray[np.float64]
    weights: NDArray[np.float64]
    native: NDArray[np.float64]
    covered: NDArray[np.float64]


def sample(
    layer: Layer, path: Path, places: Sequence[Place], choices: HazardMethods
) -> Sampled:
    """Sample all levels of a raster at all places, each touched block decoded once.

    Raises
    ------
    InputError
        If the raster is not what the registry says, or cannot be read.
    """
    with open_raster(layer, path) as (dataset, grid):
        levels = raster_levels(layer, grid)
        reader = BlockReader(
            dataset,
            grid,
            tuple(band.band for band in levels),
            nodata_is_zero=layer.nodata_is == "no_hazard",
        )
        pieces = pieces_on(places, grid)
        found: dict[int, list[_Cells]] = {}
        for index, cells in _cells_of(places, pieces, reader, layer):
            found.setdefault(index, []).append(cells)
    samples: list[Sample] = []
    for index, place in enumerate(places):
        cells = _joined(found.get(index, []), len(levels))
        for number, band in enumerate(levels):
            one = _band_sample(place, band, number, cells, layer, choices)
            if index in pieces.refused:
                one = one.without_value(Status.INVALID, pieces.refused[index])
            samples.append(one)
    return Sampled(tuple(samples))


def _cells_of(
    places: Sequence[Place], pieces: Pieces, reader: BlockReader, layer: Layer
) -> Iterator[tuple[int, _Cells]]:
    """Cells of every piece, in an order in which neighbours share blocks."""
    grid = reader.grid
    circles = [
        k for k, index in enumerate(pieces.owner) if places[index].outline is not None
    ]
    points = {k: pieces.shapes[k] for k in range(len(pieces.owner))}
    if circles:
        rings = rings_of([pieces.shapes[k] for k in circles], grid.transform)
        windows = rings.windows(grid.height, grid.width)
        blocks = windows[:, :2] // (grid.block_height, grid.block_width)
        for p in np.lexsort((blocks[:, 1], blocks[:, 0])):
            k = circles[p]
            if rings.area_cells[p] < _POINT_AREA_CELLS:
                points[k] = shapely.centroid(points[k])
                continue
            del points[k]
            if windows[p, 0] < windows[p, 2]:
                yield (
                    pieces.owner[k],
                    _outline_cells(rings, int(p), windows[p], reader, layer),
                )
    for k, point in points.items():
        cells = _point_cells(point, reader, layer)
        if cells is not None:
            yield pieces.owner[k], cells


def _outline_cells(
    rings: Rings, p: int, window: NDArray[np.int64], reader: BlockReader, layer: Layer
) -> _Cells:
    top, left, bottom, right = (int(v) for v in window)
    _check_size((bottom - top) * (right - left) * len(reader.bands), reader.grid)
    x, y, start, turn = rings.of(p)
    shares = cell_shares(x - left, y - top, start, turn, bottom - top, right - left)
    touched = shares > 0
    native = reader.window(top, left, bottom, right)[:, touched].astype(np.float64)
    covered = np.where(np.isnan(native), 0.0, shares[touched]).sum(axis=1)
    covered = covered / rings.area_cells[p]
    if layer.sampling == "nearest":
        return _Cells(native, shares[touched], native, covered)
    values, weights = _surface_cells(rings, p, window, reader)
    return _Cells(values, weights, native, covered)


def _surface_cells(
    rings: Rings, p: int, window: NDArray[np.int64], reader: BlockReader
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values of the bilinear surface on a lattice over the outline, with weights."""
    grid = reader.grid
    top, left = max(0, int(window[0]) - 1), max(0, int(window[1]) - 1)
    bottom = min(grid.height, int(window[2]) + 1)
    right = min(grid.width, int(window[3]) + 1)
    values = reader.window(top, left, bottom, right)
    limits = [grid.width, grid.height, grid.width, grid.height]
    x0, y0, x1, y1 = np.clip(rings.box[p], 0, limits)
    nx, ny = (max(LATTICE, int(np.ceil(side))) for side in (x1 - x0, y1 - y0))
    columns = x0 + (np.arange(nx) + 0.5) * (x1 - x0) / nx
    rows = y0 + (np.arange(ny) + 0.5) * (y1 - y0) / ny
    surface = bilinear_lattice(values, columns - left, rows - top)
    x, y, start, turn = rings.of(p)
    in_x, in_y = (x - x0) * nx / (x1 - x0), (y - y0) * ny / (y1 - y0)
    shares = cell_shares(in_x, in_y, start, turn, ny, nx)
    touched = shares > 0
    return surface[:, touched], shares[touched]


def _point_cells(
    point: BaseGeometry, reader: BlockReader, layer: Layer
) -> _Cells | None:
    """Value at a point; None where the point lies outside of the raster."""
    grid = reader.grid
    x, y = mapped(~grid.transform, point.x, point.y)
    if not (0 <= x <= grid.width and 0 <= y <= grid.height):
        return None
    column, row = min(int(x), grid.width - 1), min(int(y), grid.height - 1)
    top, left = max(0, row - 1), max(0, column - 1)
    bottom, right = min(grid.height, row + 2), min(grid.width, column + 2)
    around = reader.window(top, left, bottom, right).astype(np.float64)
    native = around[:, row - top, column - left][:, None]
    values = native
    if layer.sampling == "bilinear":
        lattice = bilinear_lattice(around, np.array([x - left]), np.array([y - top]))
        values = lattice[:, 0]
    covered = np.where(np.isnan(native[:, 0]), 0.0, 1.0)
    return _Cells(values, np.ones(1), native, covered)


def _joined(parts: Sequence[_Cells], n_bands: int) -> _Cells:
    if not parts:
        nothing = np.empty((n_bands, 0))
        return _Cells(nothing, np.empty(0), nothing, np.zeros(n_bands))
    return _Cells(
        np.concatenate([part.values for part in parts], axis=1),
        np.concatenate([part.weights for part in parts]),
        np.concatenate([part.native for part in parts], axis=1),
        np.minimum(np.sum([part.covered for part in parts], axis=0), 1.0),
    )


def _band_sample(
    place: Place,
    band: Band,
    number: int,
    cells: _Cells,
    layer: Layer,
    choices: HazardMethods,
) -> Sample:
    known = ~np.isnan(cells.values[number])
    native = cells.native[number]
    native = native[~np.isnan(native)]
    bounds = extremes = peak = None
    if known.any() and native.size:
        values, weights = cells.values[number][known], cells.weights[known]
        bounds = summarise(values, weights, choices)
        extremes = (float(native.min()), float(native.max()))
        peak = float(values.max())
    covered = float(cells.covered[number])
    one = sample_of(place, band, bounds, extremes, covered, layer, choices)
    return replace(one, peak=peak)


def _check_size(cells: int, grid: Grid) -> None:
    if cells > _MAX_WINDOW_CELLS:
        raise input_error(
            grid.path,
            field=grid.layer_id,
            found=f"{cells:,} cells in the circle of one facility",
            expected=f"at most {_MAX_WINDOW_CELLS:,}",
            fix="resample the layer to coarser cells, or state better positions",
        )
