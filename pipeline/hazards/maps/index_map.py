"""Run over a region's grid block by block, within a stated amount of memory.

Each block of the grid is one task of a dask graph: it places all layers, reads the
cells that they need, and calls the fused kernel. Half of the memory holds decoded
blocks of the sources, which neighbours share; the other half is what the tasks that
run at a time work in. Blocks are visited in strips so narrow that what the next row of
blocks needs is still in the store. So memory does not grow with the map.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import local
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.hazards.maps.fused import N_FIELDS, fused_block
from pipeline.hazards.maps.harmonise import Placement, Source
from pipeline.hazards.maps.region_grid import Block, RegionGrid
from pipeline.hazards.maps.sample_rows import LATTICE, N_FRAME
from pipeline.hazards.maps.shared_lattice import SQUARE_CELLS

DEFAULT_BUDGET_BYTES: Final = 512 << 20
_LARGEST_BLOCK: Final = SQUARE_CELLS
"""A block lies in one square of the lattices."""
_FLOAT_BYTES: Final = 4
_RIM_CELLS: Final = 4
_LIMIT_SLACK: Final = 1e-6
Sink = Callable[[Block, NDArray[np.float32], NDArray[np.float32]], None]
"""Takes a block with its planes (n, height, width) and index (3, height, width)."""


@dataclass(frozen=True, slots=True)
class Scored:
    """How one layer enters the index: its level (from 0), scale, weight and bit.

    ``knots`` has shape (2, n): values that do not decrease, and scores from 0 to 1.
    """

    level: int
    knots: NDArray[np.float64]
    weight: float
    bit: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the maps are made from: sources, and for each how it enters the index.

    ``least_covered`` is the least share of a cell's samples with data,
    ``least_weight`` the least share of all weights that must speak for an index.
    ``extra_planes`` is what the sink works in besides, in planes of a block.
    """

    sources: tuple[Source, ...]
    scored: tuple[Scored | None, ...]
    least_covered: float
    least_weight: float
    extra_planes: int = 0

    @property
    def n_planes(self) -> int:
        """Levels of all layers."""
        return sum(len(source.levels) for source in self.sources)


def make_maps(
    recipe: Recipe,
    grid: RegionGrid,
    sink: Sink,
    *,
    budget_bytes: int = DEFAULT_BUDGET_BYTES,
    threads: int = 1,
    keeps_planes: bool = True,
    keeps_index: bool = True,
) -> NDArray[np.float64]:
    """Make all maps of a region and hand them over block by block.

    Parameters
    ----------
    recipe
        Layers, and how they make the index.
    grid
        Grid of the region.
    sink
        Called for every block once, from several threads and in no promised order; the
        arrays are its own only until it returns.
    budget_bytes
        Memory to work in: store of decoded blocks and all tasks together.
    threads
        Tasks at a time. The maps do not depend on it.
    keeps_planes, keeps_index
        Whether the layers, and the index, are handed over; otherwise they are empty.

    Returns
    -------
    ndarray
        Shape (planes, 3): least and largest value (infinite without any) and number of
        cells with data, for the levels of all layers in their order; not known without
        the planes.
    """
    if not (keeps_planes or keeps_index):
        raise ValueError("neither planes nor index are wanted")
    from dask.threaded import get  # half a second that other stages do not need

    edge = block_edge(recipe, budget_bytes, threads)
    blocks = visiting_order(grid, edge, _strip_width(recipe, grid, edge, budget_bytes))
    most_cells = _task_bytes(budget_bytes, threads) // _FLOAT_BYTES
    bench = local()

    def work(block: Block) -> NDArray[np.float64]:
        if not hasattr(bench, "task"):
            bench.task = _Task(recipe, most_cells)
        task: _Task = bench.task
        result = task.run(block, (keeps_planes, keeps_index))
        sink(block, result.planes, result.index)
        return result.extremes

    graph = {f"block-{i:09d}": (work, block) for i, block in enumerate(blocks)}
    found = get(graph, list(graph), num_workers=threads)
    whole = np.stack(found) if found else _no_extremes(recipe.n_planes)[None]
    return np.stack(
        [
            whole[..., 0].min(axis=0),
            whole[..., 1].max(axis=0),
            whole[..., 2].sum(axis=0),
        ],
        axis=1,
    )


def block_edge(recipe: Recipe, budget_bytes: int, threads: int) -> int:
    """Largest side of a block (a power of two) with which a task fits its share."""
    edge = _LARGEST_BLOCK
    while edge > 1 and _work_bytes(recipe, edge) > _task_bytes(budget_bytes, threads):
        edge //= 2
    return edge


def visiting_order(grid: RegionGrid, edge: int, strip: int) -> list[Block]:
    """Blocks of a grid: strips from left to right, each from top to bottom."""
    return [
        Block(top, left, min(edge, grid.height - top), min(edge, grid.width - left))
        for start in range(0, grid.width, strip)
        for top in range(0, grid.height, edge)
        for left in range(start, min(start + strip, grid.width), edge)
    ]


def store_bytes(budget_bytes: int) -> int:
    """Share of the memory that decoded blocks of the sources may take."""
    return budget_bytes // 2


def _task_bytes(budget_bytes: int, threads: int) -> int:
    return (budget_bytes - store_bytes(budget_bytes)) // threads


def _work_bytes(recipe: Recipe, edge: int) -> int:
    """Bytes of the windows of all sources and of the results of one block."""
    cells = (recipe.n_planes + recipe.extra_planes + 3) * edge * edge
    for source in recipe.sources:
        side = math.ceil(edge * source.cells_per_cell * math.sqrt(2)) + _RIM_CELLS
        cells += len(source.levels) * side * side
    return _FLOAT_BYTES * cells


def _strip_width(recipe: Recipe, grid: RegionGrid, edge: int, budget_bytes: int) -> int:
    """Width of strips whose two rows of source blocks fit into the store."""
    if any(source.spans_width for source in recipe.sources):
        return -(-grid.width // edge) * edge
    per_cell = 0.0
    for source in recipe.sources:
        rows = edge * source.cells_per_cell + 2 * source.block_rows
        per_cell += _FLOAT_BYTES * len(source.levels) * source.cells_per_cell * rows
    fitting = int(store_bytes(budget_bytes) / per_cell) if per_cell else grid.width
    return max(1, fitting // edge) * edge


@dataclass(frozen=True, slots=True)
class Result:
    """Maps of one block, and extremes (planes, 3) as `make_maps` returns them."""

    planes: NDArray[np.float32]
    index: NDArray[np.float32]
    extremes: NDArray[np.float64]

    @classmethod
    def empty(cls, n_planes: int, block: Block, wanted: tuple[bool, bool]) -> Result:
        """Room for the maps that are wanted: planes, index."""
        sizes = [(block.height, block.width) if want else (0, 0) for want in wanted]
        return cls(
            np.empty((n_planes, *sizes[0]), np.float32),
            np.empty((3, *sizes[1]), np.float32),
            _no_extremes(n_planes),
        )

    def take(self, part: Result, where: Block, whole: Block) -> None:
        """Write the maps of a part of the block into their place."""
        rows = slice(where.top - whole.top, where.top - whole.top + where.height)
        columns = slice(where.left - whole.left, where.left - whole.left + where.width)
        for mine, its in ((self.planes, part.planes), (self.index, part.index)):
            if mine.size:
                mine[:, rows, columns] = its
        extremes, its_own = self.extremes, part.extremes
        extremes[:, 0] = np.minimum(extremes[:, 0], its_own[:, 0])
        extremes[:, 1] = np.maximum(extremes[:, 1], its_own[:, 1])
        extremes[:, 2] += its_own[:, 2]


def _no_extremes(n_planes: int) -> NDArray[np.float64]:
    empty = np.zeros((n_planes, 3))
    empty[:, 0], empty[:, 1] = np.inf, -np.inf
    return empty


class _Task:
    """One thread's bench: its arrays are used again for every block."""

    def __init__(self, recipe: Recipe, most_cells: int) -> None:
        self._recipe, self._most_cells = recipe, most_cells
        self._values = np.empty(0, np.float32)
        self._room = np.empty(0, np.float32)
        n_knots = max((s.knots.shape[1] for s in recipe.scored if s), default=1)
        self._knots = np.full((len(recipe.sources), 2, n_knots), np.inf)
        self._weights = np.zeros(len(recipe.sources))
        for k, scored in enumerate(recipe.scored):
            if scored is not None:
                self._knots[k, :, : scored.knots.shape[1]] = scored.knots
                self._weights[k] = scored.weight

    def run(self, block: Block, wanted: tuple[bool, bool]) -> Result:
        """Planes, index and extremes of one block.

        A block whose cells lie scattered over a source (across a seam of its grid)
        needs too much of it at a time, and is made from its quarters.
        """
        places = [source.place(block) for source in self._recipe.sources]
        if self._needed_cells(places) > self._most_cells and block.n_cells > 1:
            whole = Result.empty(self._recipe.n_planes, block, wanted)
            for part in block.quarters():
                whole.take(self.run(part, wanted), part, block)
            return whole
        result = self._result(block, wanted)
        windows = self._windows(places)
        for source, place, window in zip(
            self._recipe.sources, places, windows, strict=True
        ):
            if place.n_cells:
                source.fill(place, window)
        self._compute(places, result)
        return result

    def _result(self, block: Block, wanted: tuple[bool, bool]) -> Result:
        """Room for the maps of a block, where those of the block before it were."""
        n_planes, shape = self._recipe.n_planes, (block.height, block.width)
        needed = (wanted[0] * n_planes + wanted[1] * 3) * block.n_cells
        if needed > self._room.size:
            self._room = np.empty(needed, np.float32)
        first = wanted[0] * n_planes * block.n_cells
        planes, index = self._room[:first], self._room[first:needed]
        none = (0, 0)
        return Result(
            planes.reshape(n_planes, *(shape if wanted[0] else none)),
            index.reshape(3, *(shape if wanted[1] else none)),
            _no_extremes(n_planes),
        )

    def _needed_cells(self, places: Sequence[Placement]) -> int:
        return sum(
            len(source.levels) * place.n_cells
            for source, place in zip(self._recipe.sources, places, strict=True)
        )

    def _windows(self, places: Sequence[Placement]) -> list[NDArray[np.float32]]:
        """Room for the windows of all layers, one after the other."""
        needed = self._needed_cells(places)
        if needed > self._values.size:
            self._values = np.empty(needed, np.float32)
        windows, start = [], 0
        for source, place in zip(self._recipe.sources, places, strict=True):
            shape = (
                len(source.levels),
                place.bottom - place.top,
                place.right - place.left,
            )
            end = start + shape[0] * place.n_cells
            windows.append(self._values[start:end].reshape(shape))
            start = end
        return windows

    def _compute(self, places: Sequence[Placement], result: Result) -> None:
        fields, frames = self._described(places)
        node_x, node_y = self._nodes(places, fields)
        fused_block(
            self._values,
            fields,
            frames,
            node_x,
            node_y,
            self._knots,
            self._weights,
            self._recipe.least_covered,
            self._recipe.least_weight,
            result.planes,
            result.index,
            result.extremes,
        )

    def _described(
        self, places: Sequence[Placement]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Windows of all layers as the kernel wants them, without their lattices."""
        fields, frames = [], []
        start = plane = 0
        for source, place, scored in zip(
            self._recipe.sources, places, self._recipe.scored, strict=True
        ):
            lattice, n_levels = place.lattice, len(source.levels)
            fields.append((
                start, n_levels, place.bottom - place.top, place.right - place.left,
                0, lattice.x.shape[1], lattice.step, lattice.subcells,
                int(source.is_smooth), lattice.top, lattice.left, place.top, place.left,
                plane, -1 if scored is None else scored.level,
                0 if scored is None else scored.bit,
            ))  # fmt: skip
            frames.append((
                -_LIMIT_SLACK, place.columns + _LIMIT_SLACK,
                -_LIMIT_SLACK, place.rows + _LIMIT_SLACK,
                lattice.shift_x, lattice.shift_y,
            ))  # fmt: skip
            start += n_levels * place.n_cells
            plane += n_levels
        n = len(places)
        return (
            np.array(fields, np.int64).reshape(n, N_FIELDS),
            np.array(frames).reshape(n, N_FRAME),
        )

    def _nodes(
        self, places: Sequence[Placement], fields: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Nodes of all lattices, each once; writes into ``fields`` where they begin."""
        starts: dict[int, int] = {}
        x, y, n_nodes = [np.empty(0)], [np.empty(0)], 0
        for k, place in enumerate(places):
            lattice = place.lattice
            if id(lattice.x) not in starts:
                starts[id(lattice.x)] = n_nodes
                x.append(lattice.x.ravel())
                y.append(lattice.y.ravel())
                n_nodes += lattice.x.size
            fields[k, LATTICE] = starts[id(lattice.x)]
        return np.concatenate(x), np.concatenate(y)
