"""Exact share of every grid cell that a polygon covers, in compiled code.

Coordinates are in cells: x counts columns from the left edge of the window, y counts
rows from its first edge, whatever direction the raster's rows have on the ground. An
affine map keeps shares of area, so south-up and rotated grids need nothing special.

Method: each edge adds the signed area between itself and the right end of its row to
one accumulator per row; a running sum along the row then is the covered share. Only
cells that an edge crosses need arithmetic with fractions; the stretches between them
have one share. Exact for straight edges up to rounding; rings must not cross themselves
or each other.

A cell counts as covered if its share is at least `SMALLEST_SHARE`, or if an edge runs
through its inside, however small the part that it cuts off (a corner cut by a hundred
thousandth of a cell has a share of 5e-11, and its value may be the largest).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

SMALLEST_SHARE: Final = 1e-9
"""Cells covered by less than this share, that no edge crosses, count as not covered."""
SMALLEST_DEPTH: Final = 1e-9
"""Cells; an edge crosses a cell if it gets farther into it than this (rounding)."""
LEAST_SHARE: Final = 1e-18
"""Share of a cell that an edge crosses where rounding leaves less."""
_ONE: Final = np.uint64(1)


@njit(inline="always")
def _mark(bits: NDArray[np.uint64], row: int, column: int) -> None:
    bits[row, column >> 6] |= _ONE << np.uint64(column & 63)


@njit(inline="always")
def _is_marked(bits: NDArray[np.uint64], row: int, column: int) -> bool:
    return bits[row, column >> 6] >> np.uint64(column & 63) & _ONE != 0


@njit(inline="always")
def _add_cell(
    acc: NDArray[np.float64],
    changed: NDArray[np.uint64],
    crossed: NDArray[np.uint64],
    row: int,
    column: int,
    middle: float,
    dy: float,
    height: float,
) -> None:
    """Add the part of an edge inside one cell, whose middle lies at x = ``middle``."""
    depth = middle - column
    acc[row, column] += dy - dy * depth
    acc[row, column + 1] += dy * depth
    _mark(changed, row, column)
    _mark(changed, row, column + 1)
    is_inside = SMALLEST_DEPTH < depth < 1.0 - SMALLEST_DEPTH
    if is_inside and abs(height) > SMALLEST_DEPTH:
        _mark(crossed, row, column)


@njit(inline="always")
def _add_piece(
    acc: NDArray[np.float64],
    changed: NDArray[np.uint64],
    crossed: NDArray[np.uint64],
    row: int,
    xa: float,
    xb: float,
    dy: float,
) -> None:
    """Add the part of an edge inside one row; ``dy`` is its signed height."""
    width = acc.shape[1] - 1
    left, right = (xa, xb) if xa < xb else (xb, xa)
    height = dy
    if left >= width:
        return
    if right <= 0.0:
        acc[row, 0] += dy
        _mark(changed, row, 0)
        return
    if left < 0.0:
        outside = dy * (-left / (right - left))
        acc[row, 0] += outside
        _mark(changed, row, 0)
        dy -= outside
        left = 0.0
    if right > width:
        dy -= dy * ((right - width) / (right - left))
        right = float(width)
    column = int(left)
    if right <= column + 1:
        _add_cell(acc, changed, crossed, row, column, 0.5 * (left + right), dy, height)
        return
    rate = dy / (right - left)
    while left < right:
        end = min(column + 1.0, right)
        middle, part = 0.5 * (left + end), rate * (end - left)
        _add_cell(acc, changed, crossed, row, column, middle, part, height)
        left = end
        column += 1


@njit(cache=True, nogil=True)
def add_rings(
    acc: NDArray[np.float64],
    changed: NDArray[np.uint64],
    crossed: NDArray[np.uint64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    start: NDArray[np.int64],
    turn: NDArray[np.float64],
    x0: float,
    y0: float,
    rows: int,
) -> None:
    """Add all edges of closed rings, moved by (-x0, -y0), to the accumulators.

    Bits of ``changed`` mark the columns whose accumulator changed, bits of ``crossed``
    the cells that an edge crosses.
    """
    for ring in range(len(turn)):
        for i in range(start[ring], start[ring + 1] - 1):
            ax, ay, bx, by = x[i] - x0, y[i] - y0, x[i + 1] - x0, y[i + 1] - y0
            sign = turn[ring]
            if ay > by:
                ax, ay, bx, by = bx, by, ax, ay
                sign = -sign
            if ay == by or by <= 0.0 or ay >= rows:
                continue
            slope = (bx - ax) / (by - ay)
            top, end = max(ay, 0.0), min(by, float(rows))
            xa = ax + slope * (top - ay)
            row = int(top)
            while top < end:
                bottom = min(row + 1.0, end)
                xb = bx if bottom == by else ax + slope * (bottom - ay)
                _add_piece(acc, changed, crossed, row, xa, xb, sign * (bottom - top))
                xa, top = xb, bottom
                row += 1


@njit(cache=True, nogil=True)
def cell_shares(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    start: NDArray[np.int64],
    turn: NDArray[np.float64],
    height: int,
    width: int,
) -> NDArray[np.float64]:
    """Covered share of every cell of a window.

    Parameters
    ----------
    x, y
        Vertices of all rings, shape (n,), in cells from the window's corner; each
        ring ends with its first vertex. They may lie outside of the window.
    start
        First vertex of each ring and one past the last, shape (rings + 1,).
    turn
        +1 or -1 for each ring, as `pipeline.core.rings.rings_of` gives it, so that
        outer rings add and holes take away.
    height, width
        Rows and columns of the window.

    Returns
    -------
    ndarray
        Shape (height, width), 0 to 1; exactly 0 where a cell is not covered, and more
        where an edge crosses a cell, however little it cuts off.
    """
    acc = np.zeros((height, width + 1))
    words = (width >> 6) + 1
    changed = np.zeros((height, words), np.uint64)
    crossed = np.zeros((height, words), np.uint64)
    add_rings(acc, changed, crossed, x, y, start, turn, 0.0, 0.0, height)
    for row in range(height):
        share = 0.0
        for column in range(width):
            share += acc[row, column]
            kept = share if share >= SMALLEST_SHARE else 0.0
            if _is_marked(crossed, row, column):
                kept = max(share, LEAST_SHARE)
            acc[row, column] = min(kept, 1.0)
    return acc[:, :width]
