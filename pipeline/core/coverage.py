"""Exact share of every grid cell that a polygon covers, in compiled code.

Coordinates are in cells: x counts columns from the left edge of the window, y counts
rows from its first edge, whatever direction the raster's rows have on the ground. An
affine map keeps shares of area, so south-up and rotated grids need nothing special.

Method: each edge adds the signed area between itself and the right end of its row to
one accumulator per row; a running sum along the row then is the covered share. Only
cells that an edge crosses need arithmetic with fractions. Exact for straight edges up
to rounding; rings must not cross themselves or each other.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

SMALLEST_SHARE: Final = 1e-9
"""Cells covered by less than this share count as not covered (rounding)."""
_CHUNK_CELLS: Final = 32768


@njit(cache=True, nogil=True)
def _add_piece(
    acc: NDArray[np.float64], row: int, xa: float, xb: float, dy: float
) -> None:
    """Add the part of an edge inside one row; ``dy`` is its signed height."""
    width = acc.shape[1] - 1
    left, right = (xa, xb) if xa < xb else (xb, xa)
    if right <= 0.0:
        acc[row, 0] += dy
        return
    if left >= width:
        return
    if left < 0.0:
        outside = dy * (-left / (right - left))
        acc[row, 0] += outside
        dy -= outside
        left = 0.0
    if right > width:
        dy -= dy * ((right - width) / (right - left))
        right = float(width)
    column = int(left)
    if right <= column + 1:
        inside = dy * (0.5 * (left + right) - column)
        acc[row, column] += dy - inside
        acc[row, column + 1] += inside
        return
    rate = dy / (right - left)
    while left < right:
        end = min(column + 1.0, right)
        part = rate * (end - left)
        inside = part * (0.5 * (left + end) - column)
        acc[row, column] += part - inside
        acc[row, column + 1] += inside
        left = end
        column += 1


@njit(cache=True, nogil=True)
def _add_rings(
    acc: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    start: NDArray[np.int64],
    turn: NDArray[np.float64],
    x0: float,
    y0: float,
) -> None:
    """Add all edges of closed rings, moved by (-x0, -y0), to the accumulators."""
    rows = acc.shape[0]
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
                _add_piece(acc, row, xa, xb, sign * (bottom - top))
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
        Shape (height, width), 0 to 1; below `SMALLEST_SHARE` exactly 0.
    """
    acc = np.zeros((height, width + 1))
    _add_rings(acc, x, y, start, turn, 0.0, 0.0)
    for row in range(height):
        share = 0.0
        for column in range(width):
            share += acc[row, column]
            kept = share if share >= SMALLEST_SHARE else 0.0
            acc[row, column] = min(kept, 1.0)
    return acc[:, :width]


@njit(cache=True, nogil=True)
def zone_sums(
    values: NDArray[np.float32],
    row0: int,
    col0: int,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    start: NDArray[np.int64],
    turn: NDArray[np.float64],
    first_ring: NDArray[np.int64],
    windows: NDArray[np.int64],
    members: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Sums over the cells of each polygon that lie in ``values``.

    Parameters
    ----------
    values
        Shape (rows, columns); cells of the raster from (row0, col0); NaN is no data.
    x, y, start, turn, first_ring
        Rings of all polygons in raster cells (`pipeline.core.rings.Rings`).
    windows
        Shape (n, 4): first row, first column, one past the last row and column of the
        part of each polygon to add; they lie in ``values``.
    members
        Shape (n,): the polygons, indices into ``first_ring``.

    Returns
    -------
    ndarray
        Shape (n, 4): sum of shares, of share x value, least and largest value; the
        last two are infinite where no cell has data.
    """
    out = np.empty((len(members), 4))
    for k in range(len(members)):
        p = members[k]
        top, left, bottom, right = windows[k]
        width = right - left
        rows = max(1, min(bottom - top, _CHUNK_CELLS // (width + 1)))
        acc = np.zeros((rows, width + 1))
        a, b = first_ring[p], first_ring[p + 1]
        weight, total = 0.0, 0.0
        least, largest = np.inf, -np.inf
        for chunk in range(top, bottom, rows):
            acc[:] = 0.0
            _add_rings(acc, x, y, start[a : b + 1], turn[a:b], left, chunk)
            for r in range(min(rows, bottom - chunk)):
                share = 0.0
                line = values[chunk + r - row0]
                for c in range(width):
                    share += acc[r, c]
                    value = line[left + c - col0]
                    if share >= SMALLEST_SHARE and value == value:
                        weight += share
                        total += share * value
                        least = min(least, value)
                        largest = max(largest, value)
        out[k, 0] = weight
        out[k, 1] = total
        out[k, 2] = least
        out[k, 3] = largest
    return out
