"""Statistics of one raster band in very many polygons.

Polygons are put in groups that lie close together. Each group reads the blocks that
its polygons touch, once, into one array; compiled code then adds up all polygons of
the group. Threads take groups side by side, each with a file handle of its own.
Memory is bounded by the size of a group, whatever the raster or the polygons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pipeline.core.layers import Layer
from pipeline.hazards.blocks import BlockReader, BlockStore
from pipeline.hazards.coverage import zone_sums
from pipeline.hazards.grid import Grid, open_raster
from pipeline.hazards.rings import Rings, rings_of

_GROUP_CELLS: Final = 1 << 22
_STORE_BYTES: Final = 160 << 20


@dataclass(frozen=True, slots=True)
class ZoneStatistics:
    """Statistics of n polygons, each array of shape (n,).

    ``mean`` is weighted by the covered share of each cell; ``minimum`` and ``maximum``
    are over all cells that a polygon touches; all three are NaN where no cell has
    data. ``covered_cells`` is the sum of shares of cells with data, and
    ``covered_fraction`` that sum as a share of the polygon.
    """

    mean: NDArray[np.float64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    covered_cells: NDArray[np.float64]
    covered_fraction: NDArray[np.float64]


def zone_statistics(
    layer: Layer,
    path: Path,
    polygons: Sequence[BaseGeometry],
    *,
    band: int = 1,
    threads: int = 2,
) -> ZoneStatistics:
    """Mean, extremes and coverage of a raster in every polygon.

    Parameters
    ----------
    layer, path
        Row of the registry and file of the raster.
    polygons
        Valid polygons or multipolygons in the CRS of the raster.
    band
        Band from 1.
    threads
        Threads that decode and add up; the result does not depend on them.

    Raises
    ------
    InputError
        If the raster is not what the registry says, or cannot be read.
    ValueError
        If a polygon is empty or not valid.
    """
    with open_raster(layer, path) as (_, grid):
        rings = rings_of(polygons, grid.transform)
    windows = rings.windows(grid.height, grid.width)
    groups = list(_groups(windows, grid))
    out = np.zeros((len(rings), 4))
    out[:, 2], out[:, 3] = np.inf, -np.inf

    store = BlockStore(_STORE_BYTES)
    waiting = iter(groups)
    lock = Lock()

    def work(_: int) -> None:
        with open_raster(layer, path) as (dataset, own_grid):
            reader = BlockReader(dataset, own_grid, (band,), store)
            while True:
                with lock:
                    members = next(waiting, None)
                if members is None:
                    return
                _add_group(reader, rings, windows, members, out)

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, range(threads)):
            pass
    return _statistics(out, rings.area_cells)


def _groups(windows: NDArray[np.int64], grid: Grid) -> Iterator[NDArray[np.int64]]:
    """Polygons that touch the raster, in groups that lie close together.

    The order follows a Z curve over blocks. A group ends where its common window
    would grow beyond `_GROUP_CELLS`; a polygon larger than that is alone.
    """
    touching = np.flatnonzero(windows[:, 2] > windows[:, 0])
    centre = (windows[touching, :2] + windows[touching, 2:]) // 2
    code = _z_order(centre // (grid.block_height, grid.block_width))
    order = touching[np.lexsort((touching, code))]
    first, frame = 0, np.zeros(4, dtype=np.int64)
    for k, p in enumerate(order):
        window = windows[p]
        union = window.copy()
        if k > first:
            union[:2] = np.minimum(frame[:2], window[:2])
            union[2:] = np.maximum(frame[2:], window[2:])
            if np.prod(union[2:] - union[:2]) > _GROUP_CELLS:
                yield order[first:k]
                first, union = k, window.copy()
        frame = union
    if len(order):
        yield order[first:]


def _z_order(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Position of (row, column) pairs on a Z curve: their bits take turns."""
    code = np.zeros(len(cells), dtype=np.int64)
    for bit in range(20):
        for axis in (0, 1):
            code |= ((cells[:, axis] >> bit) & 1) << (2 * bit + 1 - axis)
    return code


def _add_group(
    reader: BlockReader,
    rings: Rings,
    windows: NDArray[np.int64],
    members: NDArray[np.int64],
    out: NDArray[np.float64],
) -> None:
    """Add all polygons of a group, in strips of rows where it is very large."""
    top, left = windows[members, :2].min(axis=0)
    bottom, right = windows[members, 2:].max(axis=0)
    height = reader.grid.block_height
    rows = max(height, _GROUP_CELLS // (right - left) // height * height)
    rows = rows if (bottom - top) * (right - left) > _GROUP_CELLS else bottom - top
    for start in range(top, bottom, rows):
        end = min(start + rows, bottom)
        strip = windows.copy() if rows < bottom - top else windows
        if strip is not windows:
            strip[members, 0] = np.clip(windows[members, 0], start, end)
            strip[members, 2] = np.clip(windows[members, 2], start, end)
        values = _touched(reader, strip[members], (start, left, end, right))
        zone_sums(
            values,
            start,
            left,
            rings.x,
            rings.y,
            rings.start,
            rings.turn,
            rings.first_ring,
            strip,
            members,
            out,
        )


def _touched(
    reader: BlockReader, windows: NDArray[np.int64], frame: tuple[int, int, int, int]
) -> NDArray:
    """Array of a frame in which the blocks under the windows are filled in."""
    grid = reader.grid
    top, left, bottom, right = frame
    size = np.array([grid.block_height, grid.block_width])
    first = windows[:, :2] // size
    last = -(-windows[:, 2:] // size)
    base = first.min(axis=0)
    wanted = np.zeros(tuple(last.max(axis=0) - base), dtype=bool)
    for (r0, c0), (r1, c1) in zip(first - base, last - base, strict=True):
        wanted[r0:r1, c0:c1] = True
    values = np.empty((bottom - top, right - left), reader.dtype)
    for bi, bj in np.argwhere(wanted) + base:
        y0, x0 = bi * size[0], bj * size[1]
        block = reader.block(int(bi), int(bj))[0]
        t, b = max(top, y0), min(bottom, y0 + block.shape[0])
        a, z = max(left, x0), min(right, x0 + block.shape[1])
        values[t - top : b - top, a - left : z - left] = block[
            t - y0 : b - y0, a - x0 : z - x0
        ]
    return values


def _statistics(
    out: NDArray[np.float64], area_cells: NDArray[np.float64]
) -> ZoneStatistics:
    weight = out[:, 0]
    known = weight > 0
    mean = np.full(len(out), np.nan)
    np.divide(out[:, 1], weight, out=mean, where=known)
    return ZoneStatistics(
        mean=mean,
        minimum=np.where(known, out[:, 2], np.nan),
        maximum=np.where(known, out[:, 3], np.nan),
        covered_cells=weight,
        covered_fraction=np.minimum(weight / area_cells, 1.0),
    )
