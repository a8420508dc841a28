"""Walks on a grid of flow directions (D8): down with the water, and up to its sources.

Directions are ESRI codes: 1 east, then clockwise to 128 north-east; any other value is
an end. Cells are rows and columns from the grid's first corner.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from affine import Affine
from numba import njit
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.features import shapes
from shapely.geometry import MultiPolygon, shape

Indices = NDArray[np.int64]
Codes = NDArray[np.uint8]


@dataclass(frozen=True)
class FlowDirections:
    """Flow directions of a raster.

    ``code`` has shape (rows, columns); ``transform`` maps cell corners to ``crs``, in
    which the first row is the northernmost and columns run east. ``cell_m`` is the
    length of a cell's longer side in metres, at the middle of the raster.
    """

    code: Codes
    transform: Affine
    crs: Any
    cell_m: float

    @cached_property
    def to_grid(self) -> Any:
        """Transformer of longitude and latitude into the CRS of the grid."""
        return Transformer.from_crs("EPSG:4326", self.crs, always_xy=True)

    @cached_property
    def to_degrees(self) -> Any:
        """Transformer of the CRS of the grid into longitude and latitude."""
        return Transformer.from_crs(self.crs, "EPSG:4326", always_xy=True)


@njit(cache=True)
def next_cell(row: int, column: int, code: int) -> tuple[int, int]:
    """Neighbour that a D8 code points to; the cell itself at an end."""
    if code == 1:
        return row, column + 1
    if code == 2:
        return row + 1, column + 1
    if code == 4:
        return row + 1, column
    if code == 8:
        return row + 1, column - 1
    if code == 16:
        return row, column - 1
    if code == 32:
        return row - 1, column - 1
    if code == 64:
        return row - 1, column
    if code == 128:
        return row - 1, column + 1
    return row, column


@njit(cache=True)
def upstream_cells(code: Codes, row: Indices, column: Indices) -> Indices:
    """Cells that drain through any of some cells, these included.

    Parameters
    ----------
    code
        Shape (rows, columns).
    row, column
        Shape (n,). Cells to start from, inside of the grid.

    Returns
    -------
    ndarray
        Numbers of the cells, counted along the rows, each once, in the order in which
        they are found: the cells to start from first, then against the water.

    Notes
    -----
    A cell drains to one neighbour, so going up meets no cell twice; only a start may
    lie above another one, or on a circle of directions, and is passed over there.
    """
    rows, columns = code.shape
    found = np.empty(max(1024, 2 * len(row)), np.int64)
    is_start = {np.int64(-1)}
    filled = 0
    for k in range(len(row)):
        number = row[k] * columns + column[k]
        if number not in is_start:
            is_start.add(number)
            found[filled] = number
            filled += 1
    done = 0
    while done < filled:
        r, c = found[done] // columns, found[done] % columns
        done += 1
        for a in range(max(r - 1, 0), min(r + 2, rows)):
            for b in range(max(c - 1, 0), min(c + 2, columns)):
                if a == r and b == c:
                    continue
                x, y = next_cell(a, b, code[a, b])
                number = a * columns + b
                if x != r or y != c or number in is_start:
                    continue
                if filled == len(found):
                    larger = np.empty(2 * filled, np.int64)
                    for k in range(filled):  # a slice would compile a check of shapes
                        larger[k] = found[k]
                    found = larger
                found[filled] = number
                filled += 1
    return found[:filled].copy()


@njit(cache=True)
def path_down(code: Codes, row: int, column: int) -> Indices:
    """Numbers of the cells from one down to the end of its way, itself the first.

    The way ends where a cell has no direction, at the frame of the grid, or where it
    would run in a circle.
    """
    rows, columns = code.shape
    found = np.empty(1024, np.int64)
    filled = 0
    seen = {np.int64(-1)}
    r, c = row, column
    while 0 <= r < rows and 0 <= c < columns:
        number = np.int64(r * columns + c)
        if number in seen:
            break
        seen.add(number)
        if filled == len(found):
            larger = np.empty(2 * filled, np.int64)
            for k in range(filled):  # a slice would compile a check of shapes
                larger[k] = found[k]
            found = larger
        found[filled] = number
        filled += 1
        r, c = next_cell(r, c, code[r, c])
    return found[:filled].copy()


def touches_frame(cells: Indices, grid_shape: tuple[int, int]) -> bool:
    """Whether any cell lies at the frame of the grid: land beyond may drain to it."""
    rows, columns = grid_shape
    r, c = cells // columns, cells % columns
    at_edge = (r == 0) | (c == 0) | (r == rows - 1) | (c == columns - 1)
    return bool(at_edge.any())


def outline_of(
    cells: Indices, grid_shape: tuple[int, int], transform: Affine
) -> MultiPolygon:
    """Outline of some cells, in the CRS of the transform."""
    columns = grid_shape[1]
    r, c = cells // columns, cells % columns
    top, left = int(r.min()), int(c.min())
    mask = np.zeros((int(r.max()) - top + 1, int(c.max()) - left + 1), dtype=np.uint8)
    mask[r - top, c - left] = 1
    moved = transform @ Affine.translation(left, top)
    found = shapes(mask, mask=mask.astype(bool), connectivity=4, transform=moved)
    return MultiPolygon([shape(polygon) for polygon, _ in found])
