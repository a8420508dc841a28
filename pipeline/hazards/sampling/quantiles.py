"""Area-weighted quantiles of one raster band in very many polygons.

A quantile needs all cells of a polygon at once. Polygons are taken in the order of the
blocks they begin in, so that each thread reads most blocks once, from a small store.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.core.coverage import cell_shares
from pipeline.core.layers import Layer
from pipeline.core.rings import Rings
from pipeline.hazards.sampling.blocks import BlockReader, row_store_bytes
from pipeline.hazards.sampling.grid import open_raster

_MOST_CELLS: Final = 1 << 24
"""Cells in the window of one polygon; two threads then stay under 1 GB."""


def zone_quantiles(
    layer: Layer,
    path: Path,
    rings: Rings,
    quantiles: Sequence[float],
    *,
    band: int = 1,
    threads: int = 2,
) -> NDArray[np.float64]:
    """Quantiles of a raster in every polygon, weighted by the covered share of cells.

    A quantile q is the smallest value that at least a share q of the covered area does
    not exceed: always a value that occurs, 0 gives the least and 1 the largest.

    Parameters
    ----------
    layer, path
        Row of the registry and file of the raster.
    rings
        The polygons in the cells of the raster.
    quantiles
        Shares from 0 to 1.
    band
        Band from 1.
    threads
        Threads that decode and sort; the result does not depend on them.

    Returns
    -------
    ndarray
        Shape (polygons, quantiles); NaN where no cell has data.

    Raises
    ------
    InputError
        If the raster is not what the registry says, or cannot be read.
    ValueError
        If a quantile is not from 0 to 1, or a polygon spans too many cells.
    """
    shares = np.asarray(quantiles, dtype=np.float64)
    if not np.all((shares >= 0) & (shares <= 1)):
        raise ValueError(f"quantiles must be from 0 to 1, not {list(quantiles)}")
    out = np.full((len(rings), len(shares)), np.nan)
    if len(shares) == 0:
        return out
    with open_raster(layer, path) as (_, grid):
        windows = rings.windows(grid.height, grid.width)
    cells = (windows[:, 2] - windows[:, 0]) * (windows[:, 3] - windows[:, 1])
    if cells.max(initial=0) > _MOST_CELLS:
        raise ValueError(
            f"a polygon spans {cells.max():,} cells; quantiles need all of them at "
            f"once, at most {_MOST_CELLS:,}"
        )
    blocks = windows[:, :2] // (grid.block_height, grid.block_width)
    order = np.lexsort((blocks[:, 1], blocks[:, 0]))
    runs = np.array_split(order[cells[order] > 0], threads)

    def work(run: NDArray[np.int64]) -> None:
        with open_raster(layer, path) as (dataset, own_grid):
            reader = BlockReader(dataset, own_grid, (band,), row_store_bytes(own_grid))
            for p in run:
                top, left, bottom, right = (int(v) for v in windows[p])
                x, y, start, turn = rings.of(int(p))
                covered = cell_shares(
                    x - left, y - top, start, turn, bottom - top, right - left
                )
                values = reader.window(top, left, bottom, right)[0]
                weighted_quantiles(values, covered, shares, out[p])

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, [run for run in runs if run.size]):
            pass
    return out


@njit(cache=True, nogil=True)
def weighted_quantiles(
    values: NDArray,
    weights: NDArray[np.float64],
    quantiles: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Put weighted quantiles of the cells that have data and a weight into ``out``."""
    rows, columns = values.shape
    found = np.empty(rows * columns, values.dtype)
    weight = np.empty(rows * columns)
    count = 0
    for row in range(rows):
        for column in range(columns):
            value = values[row, column]
            if weights[row, column] > 0 and value == value:
                found[count], weight[count] = value, weights[row, column]
                count += 1
    if count == 0:
        return
    order = np.argsort(found[:count])
    total = np.cumsum(weight[:count][order])
    for k in range(len(quantiles)):
        target = quantiles[k] * total[-1] * (1 - 1e-12)
        at = min(np.searchsorted(total, target), count - 1)
        out[k] = found[order[at]]
