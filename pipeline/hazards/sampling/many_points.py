"""Values of rasters at very many points, each touched block decoded once.

Points are put in the order of the blocks that hold them; runs of blocks are shared out
among threads, each with a file handle and a small store of blocks of its own. Memory is
bounded by the stores and the points, whatever the raster.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.core.layers import Layer
from pipeline.core.point_values import bilinear_values, nearest_values
from pipeline.core.rings import mapped
from pipeline.hazards.sampling.blocks import BlockReader, row_store_bytes
from pipeline.hazards.sampling.grid import Grid, open_raster

_FloatArray = NDArray[np.float64]


def values_at_points(
    layer: Layer,
    path: Path,
    x: _FloatArray,
    y: _FloatArray,
    *,
    band: int = 1,
    threads: int = 2,
) -> _FloatArray:
    """Read one band of a raster at points, as the layer's ``sampling`` says.

    Parameters
    ----------
    layer, path
        Row of the registry and file of the raster.
    x, y
        Coordinates in the CRS of the raster, shape (n,).
    band
        Band from 1.
    threads
        Threads that decode and read; the result does not depend on them.

    Returns
    -------
    ndarray
        Shape (n,), in the unit of the layer; NaN where there is no data or the point
        lies outside of the raster.

    Raises
    ------
    InputError
        If the raster is not what the registry says, or cannot be read.
    """
    with open_raster(layer, path) as (_, grid):
        columns, rows = mapped(~grid.transform, np.asarray(x), np.asarray(y))
    out = np.full(len(columns), np.nan)
    inside = (columns >= 0) & (columns <= grid.width)
    inside &= (rows >= 0) & (rows <= grid.height)
    order, starts, blocks = _by_block(rows, columns, np.flatnonzero(inside), grid)
    runs = np.array_split(np.arange(len(blocks)), threads)

    def work(run: NDArray[np.int64]) -> None:
        with open_raster(layer, path) as (dataset, own_grid):
            store_bytes = row_store_bytes(own_grid)
            reader = BlockReader(dataset, own_grid, (band,), store_bytes)
            for k in run:
                members = order[starts[k] : starts[k + 1]]
                _read_block(reader, blocks[k], columns, rows, members, out, layer)

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, [run for run in runs if run.size]):
            pass
    return out


def _by_block(
    rows: _FloatArray, columns: _FloatArray, inside: NDArray[np.int64], grid: Grid
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Points in the order of their blocks, where each block starts, and the blocks."""
    bi = np.minimum(rows[inside], grid.height - 1).astype(np.int64) // grid.block_height
    bj = np.minimum(columns[inside], grid.width - 1).astype(np.int64)
    bj //= grid.block_width
    across = -(-grid.width // grid.block_width)
    number = bi * across + bj
    sorting = np.argsort(number, kind="stable")
    found, first = np.unique(number[sorting], return_index=True)
    starts = np.append(first, len(inside))
    blocks = np.column_stack([found // across, found % across])
    return inside[sorting], starts, blocks


def _read_block(
    reader: BlockReader,
    block: NDArray[np.int64],
    columns: _FloatArray,
    rows: _FloatArray,
    members: NDArray[np.int64],
    out: _FloatArray,
    layer: Layer,
) -> None:
    grid = reader.grid
    top, left = int(block[0]) * grid.block_height, int(block[1]) * grid.block_width
    if layer.sampling == "nearest":
        values = reader.block(int(block[0]), int(block[1]))[0]
        nearest_values(values, top, left, columns, rows, members, out)
        return
    y, x = rows[members], columns[members]
    top = max(int(np.floor(y.min() - 0.5)), 0)
    left = max(int(np.floor(x.min() - 0.5)), 0)
    bottom = min(int(np.floor(y.max() + 0.5)) + 1, grid.height)
    right = min(int(np.floor(x.max() + 0.5)) + 1, grid.width)
    values = reader.window(top, left, bottom, right)[0]
    bilinear_values(values, top, left, columns, rows, members, out)
