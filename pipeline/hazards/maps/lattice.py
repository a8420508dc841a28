"""Where the cells of one grid lie on another: a coarse lattice, exact and checked.

Transforming the centre of every cell of a map is slow, and between neighbours the
transformation is almost straight. So the corners of squares of cells are transformed
exactly, and what lies between is interpolated bilinearly. The squares are halved until
the interpolation agrees with the exact transformation; where it never does (a seam of
the projection, the edge of its domain), every sample is transformed itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.hazards.maps.region_grid import Block

TOLERANCE_CELLS: Final = 0.01
"""Largest distance from the exact place along either axis, in cells of the source."""
_FIRST_STEP: Final = 128
_FloatArray = NDArray[np.float64]
Exact = Callable[[_FloatArray, _FloatArray], tuple[_FloatArray, _FloatArray]]
"""Columns and rows of one grid to those of another (cell corners are whole numbers)."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """Places of the samples of a block of cells, in cells of another grid.

    With ``step`` above zero, ``x`` and ``y`` (m + 1, n + 1) hold the columns and rows
    of the corners of squares of ``step`` cells, from the block's first corner on; the
    last squares may reach beyond the block. The block begins ``top`` rows and ``left``
    columns of cells after the first corner. With ``step`` zero they hold the places of
    the samples themselves, ``subcells`` along each side of a cell; infinite where there
    is none. ``shift_x`` and ``shift_y`` are added to all of them.
    """

    step: int
    subcells: int
    x: _FloatArray
    y: _FloatArray
    top: int = 0
    left: int = 0
    shift_x: float = 0.0
    shift_y: float = 0.0

    def part(self, top: int, left: int, height: int, width: int) -> Lattice:
        """Lattice of a part of the block, whose samples stay where they are.

        Only for a lattice of squares (``step`` above zero).
        """
        top, left = top + self.top, left + self.left
        j, i = top // self.step, left // self.step
        j_end = -(-(top + height) // self.step) + 1
        i_end = -(-(left + width) // self.step) + 1
        nodes = slice(j, j_end), slice(i, i_end)
        return replace(
            self,
            x=self.x[nodes],
            y=self.y[nodes],
            top=top - j * self.step,
            left=left - i * self.step,
        )

    def box(self) -> tuple[float, float, float, float] | None:
        """Least and largest column and row (x0, y0, x1, y1); None where none is."""
        known = np.isfinite(self.x) & np.isfinite(self.y)
        if not known.any():
            return None
        x, y = self.x[known], self.y[known]
        return (
            float(x.min()) + self.shift_x,
            float(y.min()) + self.shift_y,
            float(x.max()) + self.shift_x,
            float(y.max()) + self.shift_y,
        )

    def places(self, height: int, width: int) -> tuple[_FloatArray, _FloatArray]:
        """Columns and rows of all samples of a block of ``height`` x ``width`` cells.

        Returns
        -------
        tuple of ndarray
            Two arrays of shape (height x subcells, width x subcells).
        """
        if self.step == 0:
            return self.x + self.shift_x, self.y + self.shift_y
        rows = (self.top + _centres(height, self.subcells)) / self.step
        columns = (self.left + _centres(width, self.subcells)) / self.step
        return (
            _between(self.x, rows, columns) + self.shift_x,
            _between(self.y, rows, columns) + self.shift_y,
        )


def lattice_of(
    exact: Exact,
    block: Block,
    *,
    subcells: int = 1,
    tolerance_cells: float = TOLERANCE_CELLS,
) -> Lattice:
    """Lattice of a block whose samples lie within the tolerance of their exact place.

    The lattice is taken from a grid of half its squares: the squares are accepted when
    the interpolation between their corners agrees with the exact transformation at the
    middle of every side and of every square, and then the halved squares, whose corners
    are known by then, are used. For a transformation of second degree the error is
    largest at just those middles, and a quarter of it remains after halving.

    Parameters
    ----------
    exact
        Places of the block's grid on the other grid; infinite where there are none.
    block
        Part of the grid.
    subcells
        Samples along each side of a cell.
    tolerance_cells
        Largest error along either axis, in cells of the other grid.
    """
    step = _FIRST_STEP
    while step > 2 and step // 2 >= max(block.height, block.width):
        step //= 2
    while step > 1:
        half = step // 2
        rows = block.top + half * np.arange(2 * -(-block.height // step) + 1.0)
        columns = block.left + half * np.arange(2 * -(-block.width // step) + 1.0)
        x, y = _evaluated(exact, rows, columns)
        if max(_middle_error(x), _middle_error(y)) <= tolerance_cells:
            return Lattice(half, subcells, x, y)
        step = half
    return exact_lattice(exact, block, subcells=subcells)


def exact_lattice(exact: Exact, block: Block, *, subcells: int = 1) -> Lattice:
    """Lattice of a block in which every sample is transformed itself."""
    rows = block.top + _centres(block.height, subcells)
    columns = block.left + _centres(block.width, subcells)
    x, y = _evaluated(exact, rows, columns)
    return Lattice(0, subcells, x, y)


def identity_lattice(block: Block) -> Lattice:
    """Lattice of values that lie on the block's own cells."""
    corners = np.array([0.0, float(max(block.height, block.width))])
    x, y = np.meshgrid(corners, corners)
    return Lattice(max(block.height, block.width), 1, x, y)


def _centres(count: int, subcells: int) -> _FloatArray:
    """Positions of the samples of ``count`` cells, from the first cell's edge on."""
    return (np.arange(count * subcells) + 0.5) / subcells


def _evaluated(
    exact: Exact, rows: _FloatArray, columns: _FloatArray
) -> tuple[_FloatArray, _FloatArray]:
    c, r = np.meshgrid(columns, rows)
    x, y = exact(c.ravel(), r.ravel())
    return x.reshape(c.shape), y.reshape(c.shape)


def _middle_error(half: _FloatArray) -> float:
    """Largest error of interpolating every second corner, at the corners between."""
    nodes = half[::2, ::2]
    with np.errstate(invalid="ignore"):
        along = np.abs(half[::2, 1::2] - (nodes[:, 1:] + nodes[:, :-1]) / 2)
        down = np.abs(half[1::2, ::2] - (nodes[1:] + nodes[:-1]) / 2)
        centre = (nodes[1:, 1:] + nodes[1:, :-1] + nodes[:-1, 1:] + nodes[:-1, :-1]) / 4
        middle = np.abs(half[1::2, 1::2] - centre)
    worst = max(float(along.max()), float(down.max()), float(middle.max()))
    return worst if np.isfinite(worst) else np.inf


def _between(
    nodes: _FloatArray, rows: _FloatArray, columns: _FloatArray
) -> _FloatArray:
    j = np.minimum(rows.astype(np.int64), nodes.shape[0] - 2)
    i = np.minimum(columns.astype(np.int64), nodes.shape[1] - 2)
    v, u = (rows - j)[:, None], (columns - i)[None, :]
    top = nodes[j][:, i] * (1 - u) + nodes[j][:, i + 1] * u
    bottom = nodes[j + 1][:, i] * (1 - u) + nodes[j + 1][:, i + 1] * u
    return np.asarray(top * (1 - v) + bottom * v)
