"""Values of a raster at very many points, each touched block decoded once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.core.layers import Layer
from pipeline.core.point_values import point_values
from pipeline.core.rings import mapped
from pipeline.hazards.sampling.grid import Grid, open_raster
from pipeline.hazards.sampling.groups import THREADS, read_groups, stable_order

_FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PointValues:
    """Values at n points in some bands, arrays of shape (n, bands).

    ``value`` is read as the layer's ``sampling`` says, ``cell`` is the value of the
    cell that the point lies in; NaN where that cell has no data or the point lies
    outside of the raster.
    """

    value: _FloatArray
    cell: _FloatArray


def values_at_points(
    layer: Layer,
    path: Path,
    x: _FloatArray,
    y: _FloatArray,
    *,
    bands: Sequence[int] = (1,),
    threads: int = THREADS,
) -> PointValues:
    """Read some bands of a raster at points.

    Parameters
    ----------
    layer, path
        Row of the registry and file of the raster.
    x, y
        Coordinates in the CRS of the raster, shape (n,).
    bands
        Bands from 1.
    threads
        Threads that decode and read; the result does not depend on them.

    Raises
    ------
    InputError
        If the raster is not what the registry says, or cannot be read.
    """
    with open_raster(layer, path) as (_, grid):
        columns, rows = mapped(~grid.transform, np.asarray(x), np.asarray(y))
    inside = (columns >= 0) & (columns <= grid.width)
    inside &= (rows >= 0) & (rows <= grid.height)
    order, starts = _by_block(columns, rows, np.flatnonzero(inside), grid)
    columns, rows = columns[order], rows[order]
    smooth = layer.sampling == "bilinear"
    windows = _windows(columns, rows, starts[:-1], grid, 0.5 if smooth else 0.0)
    value = np.empty((len(bands), len(order)))
    cell = np.empty_like(value) if smooth else value

    def work(values: NDArray, top: int, left: int, blocks: NDArray[np.int64]) -> None:
        for block in blocks:
            own = slice(starts[block], starts[block + 1])
            at = columns[own], rows[own]
            for k, band in enumerate(values):
                found = value[k, own], cell[k, own]
                point_values(band, top, left, *at, smooth, *found)

    read_groups(layer, path, bands, windows, work, threads=threads, tile_cells=1)
    everywhere = np.full((2, len(inside), len(bands)), np.nan)
    everywhere[0, order], everywhere[1, order] = value.T, cell.T
    return PointValues(*everywhere)


def _by_block(
    columns: _FloatArray, rows: _FloatArray, inside: NDArray[np.int64], grid: Grid
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Points in the order of their blocks; where each block starts, and the end."""
    across = -(-grid.width // grid.block_width)
    i = np.minimum(rows[inside], grid.height - 1).astype(np.int64) // grid.block_height
    j = np.minimum(columns[inside], grid.width - 1).astype(np.int64) // grid.block_width
    number = i * across + j
    order = stable_order(number)
    first = np.flatnonzero(np.diff(number[order], prepend=-1))
    return inside[order], np.append(first, len(inside))


def _windows(
    columns: _FloatArray,
    rows: _FloatArray,
    first: NDArray[np.int64],
    grid: Grid,
    reach: float,
) -> NDArray[np.int64]:
    """Cells within ``reach`` of the points of each block (n, 4)."""
    if len(first) == 0:
        return np.empty((0, 4), np.int64)
    low = [np.minimum.reduceat(v, first) - reach for v in (rows, columns)]
    high = [np.maximum.reduceat(v, first) + reach for v in (rows, columns)]
    last = np.tile([grid.height - 1, grid.width - 1], 2)
    cells = np.floor(np.column_stack([*low, *high])).astype(np.int64)
    return np.clip(cells, 0, last) + np.array([0, 0, 1, 1])
