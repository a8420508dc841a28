"""Flow directions on a 30 arc-second grid that obey the river guide lines.

The relief (5 arc-minutes) is interpolated, lowered towards the guide lines, and flooded
from them, from closed lakes and from the edge of the box upwards; along each guide line
the direction is that of the line. A line that meets itself on the grid is cut short
there, and a tributary ends where it first meets the river that it joins, so that no
circle can arise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyflwdir
from affine import Affine
from pyflwdir import dem as flow_dem
from scipy import ndimage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from network.lines import River

CELLS_PER_DEG = 120
LOWERING_REACH_CELLS = 9.0
MAX_LOWERING_M = 500.0
PLAIN_RANGE_M = 60.0
PLAIN_LOWERING_M = 30.0
PLAIN_REACH_CELLS = 40.0
D8_CODES = {
    (0, 1): 1,
    (1, 1): 2,
    (1, 0): 4,
    (1, -1): 8,
    (0, -1): 16,
    (-1, -1): 32,
    (-1, 0): 64,
    (-1, 1): 128,
}
D8_PIT = 0
NO_RIVER = -1
# A line may join the wrong river where it meets it this near to its own end
NEAR_END_CELLS = 3


@dataclass(frozen=True, slots=True)
class Grid:
    """Even longitude-latitude grid, rows from north to south."""

    west_deg: float
    north_deg: float
    rows: int
    columns: int

    @property
    def transform(self) -> Affine:
        """Corner-based affine transform."""
        size = 1 / CELLS_PER_DEG
        return Affine(size, 0, self.west_deg, 0, -size, self.north_deg)

    def cell(self, coords: NDArray[np.float64]) -> NDArray[np.int64]:
        """Row and column of points, shape (n, 2); outside points are not allowed."""
        column = np.floor((coords[:, 0] - self.west_deg) * CELLS_PER_DEG)
        row = np.floor((self.north_deg - coords[:, 1]) * CELLS_PER_DEG)
        out = np.stack([row, column], axis=1).astype(np.int64)
        if (out < 0).any() or (out >= (self.rows, self.columns)).any():
            raise ValueError("a point lies outside the grid")
        return out

    def centre(self, index: NDArray[np.int64]) -> NDArray[np.float64]:
        """Longitude and latitude of cell centres of flat indices, shape (n, 2)."""
        row, column = np.divmod(index, self.columns)
        lon = self.west_deg + (column + 0.5) / CELLS_PER_DEG
        lat = self.north_deg - (row + 0.5) / CELLS_PER_DEG
        return np.stack([lon, lat], axis=1)


@dataclass(frozen=True, slots=True)
class GuideCells:
    """Guide lines on the grid; flat arrays over all cells of the grid.

    ``river`` is the number of the river or -1, ``next_cell`` the flat index downstream
    (-1 at an end or outside rivers) and ``position_deg`` the place along the line.
    """

    river: NDArray[np.int32]
    next_cell: NDArray[np.int64]
    position_deg: NDArray[np.float64]


def fine_relief(
    relief_m: NDArray[np.float64], transform: Affine, grid: Grid
) -> NDArray[np.float64]:
    """Relief at the cell centres of the fine grid, cubic interpolation, metres."""
    lon = grid.west_deg + (np.arange(grid.columns) + 0.5) / CELLS_PER_DEG
    lat = grid.north_deg - (np.arange(grid.rows) + 0.5) / CELLS_PER_DEG
    column = (lon - transform.c) / transform.a - 0.5
    row = (lat - transform.f) / transform.e - 0.5
    places = np.meshgrid(row, column, indexing="ij")
    return ndimage.map_coordinates(relief_m, places, order=3, mode="nearest")


def line_cells(
    coords: NDArray[np.float64], grid: Grid
) -> tuple[list[int], list[float]]:
    """Flat cells along a line without repeats, and positions along it in degrees.

    A loop of the line within the grid is cut: where a cell comes again, the cells
    since its first visit are dropped.
    """
    step = np.hypot(*np.diff(coords, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(step)])
    sample = np.arange(0.0, along[-1], 0.1 / CELLS_PER_DEG)
    sample = np.append(sample, along[-1])
    points = np.stack(
        [np.interp(sample, along, coords[:, axis]) for axis in (0, 1)], axis=1
    )
    flat = grid.cell(points) @ np.array([grid.columns, 1])
    cells: list[int] = []
    place: list[float] = []
    seen: dict[int, int] = {}
    for index, where in zip(flat.tolist(), sample.tolist(), strict=True):
        if cells and index == cells[-1]:
            place[-1] = where
        elif index in seen:
            for dropped in cells[seen[index] + 1 :]:
                del seen[dropped]
            del cells[seen[index] + 1 :], place[seen[index] + 1 :]
            place[-1] = where
        else:
            seen[index] = len(cells)
            cells.append(index)
            place.append(where)
    return cells, place


def guide_cells(rivers: Sequence[River], grid: Grid) -> GuideCells:
    """Lay the guide lines on the grid, each after the river that it joins.

    Raises
    ------
    ValueError
        If a line starts on, or meets, a river that it does not flow into.
    """
    size = grid.rows * grid.columns
    river = np.full(size, NO_RIVER, dtype=np.int32)
    next_cell = np.full(size, -1, dtype=np.int64)
    position = np.full(size, np.nan)
    number_of = {line.river_id: number for number, line in enumerate(rivers)}
    for number, line in enumerate(rivers):
        target = number_of.get(line.flows_into, NO_RIVER)
        cells, place = line_cells(line.coords, grid)
        if target != NO_RIVER and river[cells[-1]] != target:
            cells, place = extended(cells, place, np.flatnonzero(river == target), grid)
        met = np.flatnonzero(river[cells] != NO_RIVER)
        stop = int(met[0]) if len(met) else len(cells)
        wrong = len(met) > 0 and river[cells[stop]] != target
        if stop == 0 or (wrong and len(cells) - stop > NEAR_END_CELLS):
            other = rivers[int(river[cells[stop]])].river_id
            raise ValueError(f"{line.river_id} meets {other}, not {line.flows_into}")
        own = np.array(cells[:stop])
        river[own] = number
        position[own] = place[:stop]
        next_cell[own[:-1]] = own[1:]
        if stop < len(cells):
            next_cell[own[-1]] = cells[stop]
        else:
            position[own[-1]] = (place[-2] + place[-1]) / 2
    return GuideCells(river, next_cell, position)


def extended(
    cells: list[int], place: list[float], target: NDArray[np.int64], grid: Grid
) -> tuple[list[int], list[float]]:
    """Lengthen a chain of cells straight to the nearest cell of its target."""
    here = grid.centre(np.array(cells[-1:]))
    centre = grid.centre(target)
    nearest = int(np.hypot(*(centre - here).T).argmin())
    bridge, _ = line_cells(np.concatenate([here, centre[[nearest]]]), grid)
    added = [cell for cell in bridge[1:] if cell not in set(cells)]
    return cells + added, place + [place[-1]] * len(added)


def lowered(
    height_m: NDArray[np.float64],
    on_guide: NDArray[np.bool_],
    on_main: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Relief lowered towards the guide lines, most at the lines themselves.

    In hills the lowering is at most the local range of heights (about 20 km across)
    and fades to zero over ``LOWERING_REACH_CELLS``. In plains, where mean heights of
    9 km cells say little, the ground falls gently to the main stem over
    ``PLAIN_REACH_CELLS``, so that the land beside it drains to it.

    Parameters
    ----------
    height_m
        Shape (rows, columns).
    on_guide, on_main
        Cells of all guide lines, and of the main stem.
    """
    distance = ndimage.distance_transform_edt(~on_guide)
    window = 25
    local_range = ndimage.maximum_filter(height_m, window) - ndimage.minimum_filter(
        height_m, window
    )
    local_range = ndimage.gaussian_filter(local_range, 8)
    share = np.clip(1 - distance / LOWERING_REACH_CELLS, 0, 1)
    valley = np.minimum(local_range, MAX_LOWERING_M) * share
    plain = np.clip(1 - local_range / PLAIN_RANGE_M, 0, 1) * PLAIN_LOWERING_M
    far = ndimage.distance_transform_edt(~on_main)
    return height_m - valley - plain * np.clip(1 - far / PLAIN_REACH_CELLS, 0, 1)


def flow_directions(
    height_m: NDArray[np.float64],
    guides: GuideCells,
    sinks: NDArray[np.bool_],
) -> NDArray[np.uint8]:
    """D8 directions (1 east, clockwise doubling, 0 pit).

    Parameters
    ----------
    height_m
        Shape (rows, columns), lowered relief.
    guides
        Guide lines on the same grid.
    sinks
        True where water ends: closed lakes. Edge cells of the grid end too.
    """
    rows, columns = height_m.shape
    edge = np.ones((rows, columns), dtype=bool)
    edge[1:-1, 1:-1] = False
    ends = sinks | edge
    seeds = np.flatnonzero(ends.ravel() | (guides.river != NO_RIVER))
    surface = np.where(ends, height_m.min() - 1, height_m).astype(np.float32)
    _, d8 = flow_dem.fill_depressions(
        surface, outlets="idxs_pit", idxs_pit=seeds, nodata=-32768.0
    )
    flat = d8.ravel()
    flat[ends.ravel()] = D8_PIT
    own = np.flatnonzero(guides.river != NO_RIVER)
    following = guides.next_cell[own]
    flat[own[following < 0]] = D8_PIT
    own, following = own[following >= 0], following[following >= 0]
    delta_row = following // columns - own // columns
    delta_column = following % columns - own % columns
    codes = [
        D8_CODES[int(dr), int(dc)]
        for dr, dc in zip(delta_row, delta_column, strict=True)
    ]
    flat[own] = np.array(codes, dtype=np.uint8)
    return flat.reshape(rows, columns)


def flow_network(d8: NDArray[np.uint8], grid: Grid) -> pyflwdir.FlwdirRaster:
    """Flow network object of D8 directions."""
    return pyflwdir.from_array(d8, ftype="d8", transform=grid.transform, latlon=True)
