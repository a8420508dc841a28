"""The way of the water over land, along a grid of flow directions (D8).

Every cell of the grid drains to one of its eight neighbours, and a second grid on the
same cells says which reach each cell drains to first. The way is walked from cell to
cell until it touches the line of that reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.core.flow import next_cell
from pipeline.core.geo import distance_m
from pipeline.core.model import Status
from pipeline.rivers.nearest import metres_per_degree, nearest_on
from pipeline.rivers.network import Lines

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]

NO_REACH: Final = -1
MOST_CELLS: Final = 20_000
"""Longest way in cells; a longer one runs in a circle."""
_CHUNK: Final = 20_000


@dataclass(frozen=True, slots=True)
class FlowGrid:
    """Flow directions and first reaches, north up, in EPSG:4326.

    ``direction`` holds ESRI D8 codes, shape (rows, columns): 1 east, then clockwise to
    128 north-east; any other value is an end. ``reach`` holds the place of the reach in
    the network, -1 where a cell drains to none. The cell (0, 0) has its north-western
    corner at ``west_deg``, ``north_deg``.
    """

    direction: NDArray[np.uint8]
    reach: Indices
    west_deg: float
    north_deg: float
    cell_lon_deg: float
    cell_lat_deg: float

    def cells(self, lon_deg: Numbers, lat_deg: Numbers) -> tuple[Indices, Indices]:
        """Row and column of points; outside of the grid the row is -1."""
        column = np.floor((lon_deg - self.west_deg) / self.cell_lon_deg)
        row = np.floor((self.north_deg - lat_deg) / self.cell_lat_deg)
        rows, columns = self.direction.shape
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        return (
            np.where(inside, row, -1).astype(np.int64),
            np.where(inside, column, -1).astype(np.int64),
        )

    def centre(self, row: Indices, column: Indices) -> tuple[Numbers, Numbers]:
        """Longitude and latitude of the centres of cells."""
        lon = np.asarray(self.west_deg + (column + 0.5) * self.cell_lon_deg, np.float64)
        lat = np.asarray(self.north_deg - (row + 0.5) * self.cell_lat_deg, np.float64)
        return lon, lat

    def half_diagonal_m(self, lat_deg: Numbers) -> Numbers:
        """Distance from the centre of a cell to its corner."""
        east, north = metres_per_degree(lat_deg)
        return 0.5 * np.hypot(self.cell_lon_deg * east, self.cell_lat_deg * north)


@dataclass(frozen=True, slots=True)
class FlowPaths:
    """Ways over land from points to the river, shape (k,) each.

    ``status`` is measured where the way ends at a reach; not_covered outside of the
    grid and where a cell has no flow (sea, divide, outside of the basin); invalid where
    the directions run in a circle. Elsewhere ``reach`` is -1 and the rest NaN.
    ``fraction``, ``lon_deg`` and ``lat_deg`` give the place where the river is met,
    ``distance_m`` the way to it.
    """

    status: NDArray[np.object_]
    reach: Indices
    distance_m: Numbers
    fraction: Numbers
    lon_deg: Numbers
    lat_deg: Numbers


def follow(
    grid: FlowGrid, lines: Lines, lon_deg: Numbers, lat_deg: Numbers
) -> FlowPaths:
    """Follow the water from points over land to their reach.

    The way runs from the point through the centres of the cells below its own, and ends
    at the nearest place of the reach as soon as the reach touches a cell (its line is
    within half a diagonal of the centre), or at the cell nearest to the reach.
    """
    parts = [
        _follow(grid, lines, lon_deg[k : k + _CHUNK], lat_deg[k : k + _CHUNK])
        for k in range(0, max(len(lon_deg), 1), _CHUNK)
    ]
    return FlowPaths(
        *(np.concatenate(column) for column in zip(*parts, strict=True)),
    )


def _follow(
    grid: FlowGrid, lines: Lines, lon_deg: Numbers, lat_deg: Numbers
) -> tuple[Any, ...]:
    count = len(lon_deg)
    row, column = grid.cells(lon_deg, lat_deg)
    steps = _steps(row, column, grid.direction, grid.reach)
    status = np.full(count, Status.MEASURED.value, dtype=object)
    status[steps == 0] = Status.NOT_COVERED.value
    status[steps < 0] = Status.INVALID.value
    steps = np.maximum(steps, 0)
    offset = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(steps, out=offset[1:])
    rows, columns = _cells_on_ways(row, column, grid.direction, offset)
    owner = np.repeat(np.arange(count), steps)
    reach = np.full(count, NO_REACH, dtype=np.int64)
    found = steps > 0
    reach[found] = grid.reach[row[found], column[found]]
    lon, lat = grid.centre(rows, columns)
    first = offset[:-1][found]
    lon[first], lat[first] = lon_deg[found], lat_deg[found]
    share, x, y, gap = nearest_on(lines, reach[owner], lon, lat)
    at = _ends(offset, gap, grid.half_diagonal_m(lat))[found]
    metres = np.zeros(len(lon))
    if len(lon):
        metres[1:] = distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
        metres[first] = 0.0
    total = np.cumsum(metres)
    numbers = np.full((4, count), np.nan)
    numbers[:, found] = total[at] - total[first] + gap[at], share[at], x[at], y[at]
    return status, reach, *numbers


def _ends(offset: Indices, gap_m: Numbers, touching_m: Numbers) -> Indices:
    """Cell of every way at which it meets the river."""
    ends = np.zeros(len(offset) - 1, dtype=np.int64)
    for k in range(len(ends)):
        part = slice(int(offset[k]), int(offset[k + 1]))
        if part.start == part.stop:
            continue
        touching = np.flatnonzero(gap_m[part] <= touching_m[part])
        inside = touching[0] if len(touching) else np.argmin(gap_m[part])
        ends[k] = part.start + int(inside)
    return ends


@njit(cache=True)
def _steps(
    row: Indices, column: Indices, direction: NDArray[np.uint8], reach: Indices
) -> Indices:
    """Cells from each one to the last that drains to the same reach, itself counted.

    Zero without flow or outside of the grid, -1 where the way runs in a circle.
    """
    rows, columns = direction.shape
    steps = np.zeros(len(row), np.int64)
    for k in range(len(row)):
        r, c = row[k], column[k]
        if r < 0 or reach[r, c] < 0:
            continue
        wanted = reach[r, c]
        while True:
            steps[k] += 1
            if steps[k] > MOST_CELLS:
                steps[k] = -1
                break
            a, b = next_cell(r, c, direction[r, c])
            if (a == r and b == c) or a < 0 or b < 0 or a >= rows or b >= columns:
                break
            if reach[a, b] != wanted:
                break
            r, c = a, b
    return steps


@njit(cache=True)
def _cells_on_ways(
    row: Indices, column: Indices, direction: NDArray[np.uint8], offset: Indices
) -> tuple[Indices, Indices]:
    """Rows and columns of the cells of all ways, one way after another."""
    rows = np.empty(offset[-1], np.int64)
    columns = np.empty(offset[-1], np.int64)
    for k in range(len(row)):
        r, c = row[k], column[k]
        for place in range(offset[k], offset[k + 1]):
            rows[place], columns[place] = r, c
            r, c = next_cell(r, c, direction[r, c])
    return rows, columns
