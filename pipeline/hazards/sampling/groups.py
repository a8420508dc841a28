"""Windows of a raster read in groups, so that each touched block is decoded once.

Windows that begin in one tile of whole blocks are a group, read as one array; a window
larger than a tile is a group of its own. Threads take groups side by side, each with a
file handle of its own, and share a store of decoded blocks: a block that two groups
need is decoded once as long as it is stored. Groups go down the raster in columns, so
narrow that the rows of tiles next to each other fit into the store. Memory is bounded
by the store and the largest group, whatever the size of the raster: groups much larger
than a tile are served one at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import input_error
from pipeline.core.layers import Layer
from pipeline.hazards.sampling.block_store import BlockStore
from pipeline.hazards.sampling.blocks import BlockReader
from pipeline.hazards.sampling.grid import Grid, open_raster

THREADS: Final = 2
"""As many as the stage's rule asks for."""
TILE_CELLS: Final = 1 << 21
_STORE_BYTES: Final = 128 << 20
_LARGE_CELLS: Final = 1 << 23
"""Cells of all bands in a group; of larger ones, one is read at a time."""
_MOST_CELLS: Final = 50_000_000
"""Cells of all bands in one window; the array of a group then stays below 400 MB."""

Work = Callable[[NDArray, int, int, NDArray[np.int64]], None]
"""Given values (bands, rows, columns), their first row and column, and members."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Members (indices of windows) with the box (4,) round their windows."""

    members: NDArray[np.int64]
    box: NDArray[np.int64]

    @property
    def cells(self) -> int:
        """Cells in the box."""
        return int(_cells(self.box[None])[0])


def read_groups(
    layer: Layer,
    path: Path,
    bands: Sequence[int],
    windows: NDArray[np.int64],
    work: Work,
    *,
    threads: int = THREADS,
    tile_cells: int = TILE_CELLS,
) -> None:
    """Read windows of some bands and hand them over group by group.

    Parameters
    ----------
    windows
        Shape (n, 4): first row, first column, one past the last row and column, within
        the raster. Empty windows are left out.
    work
        Called for every group, from several threads and in no promised order. The
        array may reach beyond the windows; what no window needs of it is not set.
    tile_cells
        Cells of all bands in a tile; a tile has one block at least.

    Raises
    ------
    InputError
        If the raster is not what the registry says, or cannot be read, or a window has
        too many cells.
    """
    with open_raster(layer, path) as (_, grid):
        _check_size(windows, len(bands), grid)
        groups = list(_groups(windows, grid, len(bands), tile_cells))
    store = BlockStore(_STORE_BYTES)
    waiting, lock, one_large = iter(groups), Lock(), Lock()

    def serve(group: _Group, room: _Room) -> None:
        values, top, left = room.filled(windows[group.members], group.box)
        work(values, top, left, group.members)

    def worker(_: int) -> None:
        with open_raster(layer, path) as (dataset, own_grid):
            reader = BlockReader(
                dataset,
                own_grid,
                tuple(bands),
                store,
                nodata_is_zero=layer.nodata_is == "no_hazard",
            )
            room = _Room(reader)
            while True:
                with lock:
                    group = next(waiting, None)
                if group is None:
                    return
                is_large = group.cells * len(bands) > _LARGE_CELLS
                with one_large if is_large else nullcontext():
                    serve(group, room)

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(worker, range(min(threads, len(groups)))):
            pass


def _check_size(windows: NDArray[np.int64], n_bands: int, grid: Grid) -> None:
    cells = int(_cells(windows).max(initial=0)) * n_bands
    if cells > _MOST_CELLS:
        raise input_error(
            grid.path,
            field=grid.layer_id,
            found=f"{cells:,} cells at one place",
            expected=f"at most {_MOST_CELLS:,}",
            fix="resample the layer to coarser cells, or state better positions",
        )


def _cells(windows: NDArray[np.int64]) -> NDArray[np.int64]:
    return (windows[:, 2] - windows[:, 0]) * (windows[:, 3] - windows[:, 1])


def _groups(
    windows: NDArray[np.int64], grid: Grid, n_bands: int, tile_cells: int
) -> Iterator[_Group]:
    """Groups in the order in which they are to be read."""
    cells = _cells(windows)
    touching = np.flatnonzero(cells > 0)
    if touching.size == 0:
        return
    high, wide = _tile_shape(grid, tile_cells // n_bands)
    cell_bytes = n_bands * max(grid.dtype.itemsize, 4)
    strip = max(1, _STORE_BYTES // (2 * high * wide * cell_bytes))
    down, across = -(-grid.height // high), -(-grid.width // wide)
    i, j = windows[touching, 0] // high, windows[touching, 1] // wide
    number = ((j // strip) * down + i) * min(strip, across) + j % strip
    alone = cells[touching] * n_bands > max(tile_cells, high * wide * n_bands)
    order = stable_order(number * 2 + alone)
    number, alone, members = number[order], alone[order], touching[order]
    starts = np.flatnonzero(
        np.diff(number, prepend=-1).astype(bool)
        | alone
        | np.concatenate([[False], alone[:-1]])
    )
    low = np.minimum.reduceat(windows[members, :2], starts)
    end = np.maximum.reduceat(windows[members, 2:], starts)
    boxes = np.hstack([low, end])
    for group, box in zip(np.split(members, starts[1:]), boxes, strict=True):
        yield _Group(group, box)


def stable_order(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Indices in the order of whole numbers that are not negative."""
    if key.max(initial=0) < 1 << 16:
        key = key.astype(np.uint16)  # numpy sorts these without comparing
    return np.argsort(key, kind="stable")


def _tile_shape(grid: Grid, cells: int) -> tuple[int, int]:
    """Rows and columns of a tile of whole blocks."""
    blocks_across = max(1, math.isqrt(cells) // grid.block_width)
    width = blocks_across * grid.block_width
    blocks_down = max(1, cells // width // grid.block_height)
    return blocks_down * grid.block_height, width


class _Room:
    """Memory that the groups of one thread use one after the other.

    That of a large group is given back.
    """

    def __init__(self, reader: BlockReader) -> None:
        self._reader = reader
        self._memory = np.empty(0, reader.dtype)

    def filled(
        self, windows: NDArray[np.int64], box: NDArray[np.int64]
    ) -> tuple[NDArray, int, int]:
        """Values of all bands, in which those under windows are set; first cell."""
        reader = self._reader
        size = np.array([reader.grid.block_height, reader.grid.block_width])
        first, last = windows[:, :2] // size, -(-windows[:, 2:] // size)
        origin, end = first.min(axis=0), last.max(axis=0)
        if np.all(end - origin == 1):
            top, left = (int(v) for v in origin * size)
            return reader.block(*(int(v) for v in origin)), top, left
        top, left, bottom, right = (int(v) for v in box)
        shape = len(reader.bands), bottom - top, right - left
        length = math.prod(shape)
        memory = self._memory
        if len(memory) < length:
            memory = np.empty(length, reader.dtype)
            if length <= _LARGE_CELLS:
                self._memory = memory
        values = memory[:length].reshape(shape)
        for step in np.argwhere(_boxes_filled(first - origin, last - origin)):
            bi, bj = (int(v) for v in origin + step)
            reader.copy_block(bi, bj, top, left, values)
        return values, top, left


def _boxes_filled(first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray:
    """Grid of booleans, true in the boxes [first, last) of rows and columns."""
    steps = np.zeros(last.max(axis=0) + 1, dtype=np.int64)
    np.add.at(steps, (first[:, 0], first[:, 1]), 1)
    np.add.at(steps, (last[:, 0], last[:, 1]), 1)
    np.add.at(steps, (first[:, 0], last[:, 1]), -1)
    np.add.at(steps, (last[:, 0], first[:, 1]), -1)
    return steps.cumsum(axis=0).cumsum(axis=1)[:-1, :-1] > 0
