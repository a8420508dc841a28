"""Layers on the grid of a region, block by block: where their values come from.

A source says for a block of the region's grid which of its own cells are needed and
how the block's samples lie on them, and then delivers those cells. Rasters deliver
windows of their own grid, so that nothing is resampled twice; polygons and points
deliver values on the cells of the region (see `drawn`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.core.layers import Band, Layer
from pipeline.hazards.levels import raster_levels
from pipeline.hazards.maps.lattice import Lattice, identity_lattice
from pipeline.hazards.maps.region_grid import Block
from pipeline.hazards.maps.shared_lattice import SharedLattices, exact_places
from pipeline.hazards.sampling.block_store import BlockStore
from pipeline.hazards.sampling.blocks import BlockReader
from pipeline.hazards.sampling.grid import open_raster

_PROBES: Final = 17
_FINER: Final = 1.05
"""Source cells per target cell up to which one sample per cell is taken."""
_WIDE_CELLS: Final = 4096
_Borrowed = TypeVar("_Borrowed")


@dataclass(frozen=True, slots=True)
class Placement:
    """Cells that a block needs, and how its samples lie on the whole source.

    The window is [top, bottom) x [left, right) in cells of the source, empty where
    nothing is needed; ``rows`` and ``columns`` are the size of the whole source.
    """

    block: Block
    lattice: Lattice
    top: int
    left: int
    bottom: int
    right: int
    rows: int
    columns: int

    @property
    def n_cells(self) -> int:
        """Number of cells in the window."""
        return (self.bottom - self.top) * (self.right - self.left)


class Source(Protocol):
    """A layer that can be laid on the region's grid."""

    layer: Layer
    levels: tuple[Band, ...]
    is_smooth: bool
    cells_per_cell: float
    subcells: int
    block_rows: int
    spans_width: bool

    def place(self, block: Block) -> Placement:
        """Cells that a block of the region's grid needs."""
        ...

    def fill(self, place: Placement, out: NDArray[np.float32]) -> None:
        """Write the values of a window (levels, rows, columns) into ``out``."""
        ...


def drawn_placement(block: Block) -> Placement:
    """Placement of values that lie on the block's own cells."""
    return Placement(
        block, identity_lattice(block), 0, 0, block.height, block.width, block.height,
        block.width,
    )  # fmt: skip


@contextmanager
def _borrowed(queue: SimpleQueue[_Borrowed]) -> Iterator[_Borrowed]:
    """Take one item of a queue and give it back."""
    item = queue.get()
    try:
        yield item
    finally:
        queue.put(item)


class RasterSource:
    """A raster that delivers windows of its own cells.

    Each thread borrows a file handle; decoded blocks are shared in the store.
    ``cells_per_cell`` is the largest number of its cells along the side of a cell of
    the region; above one, that many samples are averaged along each side.

    Parameters
    ----------
    layer, path
        Row of the registry and file.
    lattices
        Lattices of the region's grid, which all its rasters share.
    store
        Decoded blocks of all sources.
    opened
        Holds the file handles and closes them.
    threads
        How many threads may read at a time.
    """

    def __init__(
        self,
        layer: Layer,
        path: Path,
        lattices: SharedLattices,
        store: BlockStore,
        opened: ExitStack,
        threads: int,
    ) -> None:
        self.layer, self._store, self._target = layer, store, lattices.target
        handles = [
            opened.enter_context(open_raster(layer, path)) for _ in range(threads)
        ]
        self.grid = handles[0][1]
        self.levels = raster_levels(layer, self.grid)
        bands = tuple(band.band for band in self.levels)
        self._readers: SimpleQueue[BlockReader] = SimpleQueue()
        for dataset, grid in handles:
            reader = BlockReader(
                dataset,
                grid,
                bands,
                nodata_is_zero=layer.nodata_is == "no_hazard",
            )
            self._readers.put(reader)
        self.is_smooth = layer.sampling == "bilinear"
        self.block_rows = self.grid.block_height
        self.spans_width = self.grid.block_width >= self.grid.width > _WIDE_CELLS
        self.cells_per_cell = self._cells_per_cell()
        self.subcells = max(1, math.ceil(self.cells_per_cell - (_FINER - 1)))
        self._lattices = lattices.of(self.grid, self.subcells)

    def place(self, block: Block) -> Placement:
        """Window of the raster that a block needs, with one cell around."""
        lattice = self._lattices.lattice(block)
        grid, box = self.grid, lattice.box()
        if box is None:
            return Placement(block, lattice, 0, 0, 0, 0, grid.height, grid.width)
        x0, y0, x1, y1 = box
        top = min(max(math.floor(y0 - 0.5) - 1, 0), grid.height)
        left = min(max(math.floor(x0 - 0.5) - 1, 0), grid.width)
        bottom = max(min(math.ceil(y1 + 0.5) + 1, grid.height), top)
        right = max(min(math.ceil(x1 + 0.5) + 1, grid.width), left)
        if top == bottom or left == right:
            top = left = bottom = right = 0
        return Placement(
            block, lattice, top, left, bottom, right, grid.height, grid.width
        )

    def fill(self, place: Placement, out: NDArray[np.float32]) -> None:
        """Copy the window from decoded blocks; NaN is no data."""
        high, wide = self.grid.block_height, self.grid.block_width
        with _borrowed(self._readers) as reader:
            for bi in range(place.top // high, -(-place.bottom // high)):
                for bj in range(place.left // wide, -(-place.right // wide)):
                    values = self._block(reader, bi, bj)
                    y, x = place.top - bi * high, place.left - bj * wide
                    t, a = max(-y, 0), max(-x, 0)
                    part = values[:, max(y, 0) :, max(x, 0) :][
                        :, : out.shape[1] - t, : out.shape[2] - a
                    ]
                    out[:, t : t + part.shape[1], a : a + part.shape[2]] = part

    def _block(self, reader: BlockReader, bi: int, bj: int) -> NDArray:
        return self._store.get((id(self), bi, bj), lambda: reader.decode(bi, bj))

    def _cells_per_cell(self) -> float:
        """Largest side of a target cell in cells of the raster, where they meet."""
        target = self._target
        rows = np.linspace(0, target.height - 1, _PROBES)
        columns = np.linspace(0, target.width - 1, _PROBES)
        c, r = (v.ravel() for v in np.meshgrid(columns, rows))
        exact = exact_places(target, self.grid)
        x, y = exact(c, r)
        meets = (x >= 0) & (x <= self.grid.width) & (y >= 0) & (y <= self.grid.height)
        if not meets.any():
            meets = np.isfinite(x) & np.isfinite(y)
        sides = []
        for right, down in ((1, 0), (0, 1)):
            x1, y1 = exact(c + right, r + down)
            sides.append(np.hypot(x1 - x, y1 - y)[meets])
        side = np.concatenate(sides) if sides else np.empty(0)
        side = side[np.isfinite(side)]
        if side.size == 0:
            return 1.0
        return float(side[side <= 2 * np.median(side)].max())  # a seam makes jumps
