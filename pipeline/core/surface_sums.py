"""Sums and quantiles of a bilinear surface in polygons, in compiled code.

The surface through the centres of a raster's cells is read on a lattice over the box
of each polygon, at least as fine as the cells; the lattice then is a raster of its own,
whose cells the polygon covers by exact shares (`pipeline.core.zone_sums`).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.core.point_values import surface_value
from pipeline.core.weighted_quantiles import weighted_quantiles
from pipeline.core.zone_sums import (
    Edges,
    Kept,
    Room,
    Sums,
    add_zone,
    room_for,
    values_of_ranks,
)

LATTICE: Final = 16
"""Least number of sub-cells along each side of a polygon's box."""
_LARGEST_RANK: Final = np.iinfo(np.int64).max


def surface_sums(
    values: NDArray,
    row0: int,
    col0: int,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    start: NDArray[np.int64],
    turn: NDArray[np.float64],
    first_ring: NDArray[np.int64],
    boxes: NDArray[np.float64],
    members: NDArray[np.int64],
    quantiles: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Sums over the sub-cells of each polygon; as `zone_sums`, for a surface.

    Parameters
    ----------
    boxes
        Shape (n, 4): least x and y, largest x and y of the polygons, as far as they
        lie on the raster; none is empty. ``values`` holds the cells under them and one
        more on every side where the raster has one.

    Returns
    -------
    ndarray
        Shape (n, 4 + k): sum of shares and of share x value in cells of the raster,
        least and largest value, quantiles.
    """
    out = np.empty((len(members), 4 + len(quantiles)))
    ends = np.empty((len(members), 2), np.int64)
    rings = (x, y, start, turn)
    _add_surfaces(
        values, row0, col0, rings, first_ring, boxes, members, quantiles, out, ends
    )
    out[:, 2:4] = values_of_ranks(ends, np.dtype(np.float64))
    return out


def surface_cells(
    values: NDArray, row0: int, col0: int, edges: Edges, box: NDArray[np.float64]
) -> Kept:
    """Values of one polygon's sub-cells with data, and their shares in cells."""
    room = room_for(subcells(box)[0] + 1)
    kept, sums, area = add_surface(values, row0, col0, edges, box, room)
    return kept[0][: sums[4]], area * kept[1][: sums[4]]


@njit(cache=True, nogil=True)
def _add_surfaces(
    values: NDArray,
    row0: int,
    col0: int,
    rings: Edges,
    first_ring: NDArray[np.int64],
    boxes: NDArray[np.float64],
    members: NDArray[np.int64],
    quantiles: NDArray[np.float64],
    out: NDArray[np.float64],
    ends: NDArray[np.int64],
) -> None:
    """Put sums and quantiles of every polygon into ``out``, ranks into ``ends``."""
    x, y, start, turn = rings
    widest = 1
    for k in range(len(members)):
        widest = max(widest, subcells(boxes[k])[0] + 1)
    room = room_for(widest)
    for k in range(len(members)):
        a, b = first_ring[members[k]], first_ring[members[k] + 1]
        edges = x, y, start[a : b + 1], turn[a:b]
        kept, sums, area = add_surface(values, row0, col0, edges, boxes[k], room)
        out[k, 0], out[k, 1] = area * sums[0], area * sums[1]
        ends[k, 0], ends[k, 1] = sums[2], sums[3]
        if len(quantiles) > 0:
            n = sums[4]
            weighted_quantiles(kept[0][:n], kept[1][:n], quantiles, out[k, 4:])


@njit(cache=True, nogil=True)
def subcells(box: NDArray[np.float64]) -> tuple[int, int]:
    """Columns and rows of the lattice over a box."""
    width, height = math.ceil(box[2] - box[0]), math.ceil(box[3] - box[1])
    return max(LATTICE, width), max(LATTICE, height)


@njit(cache=True, nogil=True)
def add_surface(
    values: NDArray,
    row0: int,
    col0: int,
    edges: Edges,
    box: NDArray[np.float64],
    room: Room,
) -> tuple[Kept, Sums, float]:
    """Sub-cells of one polygon, their sums, and the area of one in cells."""
    x, y, start, turn = edges
    x0, y0, x1, y1 = box
    nx, ny = subcells(box)
    dx, dy = (x1 - x0) / nx, (y1 - y0) / ny
    lattice = np.empty((ny, nx))
    for row in range(ny):
        v = y0 + (row + 0.5) * dy - row0
        for column in range(nx):
            u = x0 + (column + 0.5) * dx - col0
            lattice[row, column] = surface_value(values, u, v)
    first = start[0]
    in_x, in_y = (x[first : start[-1]] - x0) / dx, (y[first : start[-1]] - y0) / dy
    kept = np.empty(nx * ny), np.empty(nx * ny)
    start_cell = int(np.int64(0))  # a plain 0 has a type of its own, compiled again
    place = (start_cell, start_cell, int(np.int64(_LARGEST_RANK)))
    sums = add_zone(
        lattice,
        lattice.view(np.int64),
        place,
        (in_x, in_y, start - first, turn),
        np.array([0, 0, ny, nx]),
        room,
        kept,
    )
    return kept, sums, dx * dy
