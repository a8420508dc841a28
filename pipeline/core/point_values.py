"""Values of a raster's window at points, in compiled code.

Coordinates are in cells of the raster: x counts columns from its left edge, y rows from
its first edge; the centre of cell (0, 0) lies at (0.5, 0.5). NaN is no data.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def point_values(
    values: NDArray,
    top: int,
    left: int,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    smooth: bool,
    out: NDArray[np.float64],
    cell: NDArray[np.float64],
) -> None:
    """Put the values at points into ``out``, those of their cells into ``cell``.

    ``values`` (rows, columns) is the window from (top, left). Points on the last edge
    of the window belong to its last cell. With ``smooth`` the value is that of
    `surface_value`, and the window holds all four centres round each point; otherwise
    it is that of the cell.
    """
    rows, columns = values.shape
    for k in range(len(x)):
        u, v = x[k] - left, y[k] - top
        cell[k] = values[min(int(v), rows - 1), min(int(u), columns - 1)]
        out[k] = surface_value(values, u, v) if smooth else cell[k]


@njit(inline="always")
def surface_value(values: NDArray, x: float, y: float) -> float:
    """Value at a point of the surface through the cells' centres, bilinear.

    ``x`` and ``y`` are in cells from the corner of ``values``. Beyond the outermost
    centres the surface is flat. A point in a cell without data is NaN; neighbours
    without data are left out and the other weights scaled up, so data never spread
    into cells that lack them.
    """
    rows, columns = values.shape
    if math.isnan(values[min(int(y), rows - 1), min(int(x), columns - 1)]):
        return math.nan
    v = min(max(y - 0.5, 0.0), rows - 1.0)
    u = min(max(x - 0.5, 0.0), columns - 1.0)
    r = min(int(v), max(rows - 2, 0))
    c = min(int(u), max(columns - 2, 0))
    total, weight = 0.0, 0.0
    for dr in range(2):
        share_row = v - r if dr else 1.0 - (v - r)
        for dc in range(2):
            share = share_row * (u - c if dc else 1.0 - (u - c))
            if share > 0.0:
                value = values[r + dr, c + dc]
                if not math.isnan(value):
                    total += share * value
                    weight += share
    return total / weight if weight > 0.0 else math.nan
