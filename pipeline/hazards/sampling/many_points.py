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
from pipeline.hazards.sampling.grid import open_raster
from pipeline.hazards.sampling.groups import THREADS, read_groups

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
        height, width = grid.height, grid.width
    smooth = layer.sampling == "bilinear"
    windows = _windows(columns, rows, height, width, smooth)
    value = np.full((len(bands), len(columns)), np.nan)
    cell = np.full_like(value, np.nan)

    def work(values: NDArray, top: int, left: int, members: NDArray[np.int64]) -> None:
        for k, band in enumerate(values):
            point_values(
                band, top, left, columns, rows, members, smooth, value[k], cell[k]
            )

    read_groups(layer, path, bands, windows, work, threads=threads, tile_cells=1)
    return PointValues(value.T, cell.T)


def _windows(
    columns: _FloatArray, rows: _FloatArray, height: int, width: int, smooth: bool
) -> NDArray[np.int64]:
    """Cells that each point needs (n, 4); none where it lies outside."""
    inside = (columns >= 0) & (columns <= width) & (rows >= 0) & (rows <= height)
    y, x = np.where(inside, rows, 0), np.where(inside, columns, 0)
    reach = 0.5 if smooth else 0.0
    top = np.clip(np.floor(y - reach), 0, height - 1).astype(np.int64)
    left = np.clip(np.floor(x - reach), 0, width - 1).astype(np.int64)
    bottom = np.clip(np.floor(y + reach), 0, height - 1).astype(np.int64) + 1
    right = np.clip(np.floor(x + reach), 0, width - 1).astype(np.int64) + 1
    windows = np.column_stack([top, left, bottom, right])
    return np.where(inside[:, None], windows, 0)
