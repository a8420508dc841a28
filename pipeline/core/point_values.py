"""Values of a raster's window at many points, in compiled code.

Coordinates are in cells of the raster: x counts columns from its left edge, y rows from
its first edge; the centre of cell (0, 0) lies at (0.5, 0.5). NaN is no data.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def nearest_values(
    values: NDArray[np.float32],
    top: int,
    left: int,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    members: NDArray[np.int64],
    out: NDArray[np.float64],
) -> None:
    """Put the value of the cell that each point lies in into ``out[member]``.

    ``values`` (rows, columns) is the window from (top, left); points on the last edge
    of the window belong to its last cell.
    """
    rows, columns = values.shape
    for k in range(len(members)):
        i = members[k]
        row = min(int(y[i]) - top, rows - 1)
        column = min(int(x[i]) - left, columns - 1)
        out[i] = values[row, column]


@njit(cache=True, nogil=True)
def bilinear_values(
    values: NDArray[np.float32],
    top: int,
    left: int,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    members: NDArray[np.int64],
    out: NDArray[np.float64],
) -> None:
    """Put the bilinear value between the centres round each point into ``out``.

    The window holds all four centres of its points; beyond its outermost centres the
    surface is flat. A point in a cell without data is NaN; neighbours without data are
    left out and the other weights scaled up.
    """
    rows, columns = values.shape
    for k in range(len(members)):
        i = members[k]
        home_row = min(int(y[i]) - top, rows - 1)
        home_column = min(int(x[i]) - left, columns - 1)
        out[i] = np.nan
        if math.isnan(values[home_row, home_column]):
            continue
        v = min(max(y[i] - top - 0.5, 0.0), rows - 1.0)
        u = min(max(x[i] - left - 0.5, 0.0), columns - 1.0)
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
        if weight > 0.0:
            out[i] = total / weight
