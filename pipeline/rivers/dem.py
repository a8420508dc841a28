"""From a grid of terrain heights to river reaches: flow directions, areas, links.

Depressions are filled and flow directions found by pyflwdir (Wang and Liu 2006); a
river begins where the drainage area exceeds a threshold, and a reach runs from there,
or from a confluence, to the next confluence. Grids are rows from north to south; cells
are counted along the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
Codes = NDArray[np.uint8]

NODATA_M: Final = -9999.0
PIT: Final = 0
NO_CELL: Final = 247
_OPEN: Final = 0x20
_DONE: Final = 0x40
_COUNT: Final = 0x0F


@dataclass(frozen=True, slots=True)
class Links:
    """Reaches on a grid, one after another, in the order of their first cells.

    Reach ``k`` has the cells offset[k] to offset[k + 1]; the last one is the first of
    the reach ``following[k]``, or the end of the river where that is -1. ``area_m2`` is
    the drainage area of its last own cell. ``is_open`` marks reaches to whose area
    land beyond the grid's frame may belong.
    """

    cell: Indices
    offset: Indices
    following: Indices
    area_m2: Numbers
    is_open: NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of reaches."""
        return len(self.following)


def flow_directions(height_m: NDArray[np.float32], pit_depth_m: float | None) -> Codes:
    """Direction of flow of every cell (D8 codes of ESRI, 0 an end, 247 no data).

    Parameters
    ----------
    height_m
        Shape (rows, columns), `NODATA_M` where there is none.
    pit_depth_m
        Closed basins deeper than this keep a sink at their lowest cell; None fills all.
        Rivers also end at the edge of the valid cells.
    """
    # a second to import, and only reliefs need it
    from pyflwdir import dem as flow_dem

    _, codes = flow_dem.fill_depressions(
        height_m,
        outlets="edge",
        nodata=NODATA_M,
        max_depth=-1.0 if pit_depth_m is None else pit_depth_m,
    )
    return np.asarray(codes, dtype=np.uint8)


def river_links(codes: Codes, cell_area_m2: Numbers, threshold_m2: float) -> Links:
    """Reaches of all rivers whose drainage area exceeds a threshold.

    Parameters
    ----------
    codes
        Shape (rows, columns). Flow directions without a cycle.
    cell_area_m2
        Area of cells on a coarser grid, shape (a, b), a at most rows and b at most
        columns: the grid is divided evenly into blocks with one cell area each.
    threshold_m2
        Drainage area at which a river begins.
    """
    flat = codes.ravel()
    step = _steps(codes.shape[1])
    state = _inflows(codes, step)
    area = _accumulate(flat, step, state, cell_area_m2, codes.shape)
    heads = _heads(flat, step, state, area, threshold_m2)
    length = _follow(flat, step, state, heads, np.empty(0, np.int64), heads)
    offset = np.zeros(len(heads) + 1, dtype=np.int64)
    np.cumsum(length, out=offset[1:])
    cell = np.empty(offset[-1], dtype=np.int64)
    _follow(flat, step, state, heads, cell, offset)
    last = cell[offset[1:] - 1]
    place = np.minimum(np.searchsorted(heads, last), max(len(heads) - 1, 0))
    following = np.where(heads[place] == last, place, -1) if len(heads) else last
    own = cell[offset[1:] - 2] if len(heads) else last
    return Links(
        cell=cell,
        offset=offset,
        following=following.astype(np.int64),
        area_m2=np.where(following < 0, area[last], area[own]),
        is_open=(state[own] & _OPEN) > 0,
    )


def _steps(columns: int) -> Indices:
    """What to add to a cell's number to go where its code points, by code."""
    step = np.zeros(256, dtype=np.int64)
    for code, rows, aside in (
        (1, 0, 1),
        (2, 1, 1),
        (4, 1, 0),
        (8, 1, -1),
        (16, 0, -1),
        (32, -1, -1),
        (64, -1, 0),
        (128, -1, 1),
    ):
        step[code] = rows * columns + aside
    return step


@njit(cache=True)
def _inflows(codes: Codes, step: Indices) -> Codes:
    """Number of cells that flow into each, marked open at the frame of the grid."""
    rows, columns = codes.shape
    state = np.zeros(rows * columns, np.uint8)
    for r in range(rows):
        for c in range(columns):
            code = codes[r, c]
            if code in (NO_CELL, PIT):
                continue
            here = r * columns + c
            state[here + step[code]] += 1
            if r == 0 or c == 0 or r == rows - 1 or c == columns - 1:
                state[here] |= _OPEN
    return state


@njit(cache=True)
def _accumulate(
    code: Codes,
    step: Indices,
    state: Codes,
    cell_area_m2: Numbers,
    shape: tuple[int, int],
) -> Numbers:
    """Drainage area of every cell; leaves the open marks and no counts in ``state``.

    Every way down is followed until it meets a cell that still waits for water.
    """
    rows, columns = shape
    blocks, aside = cell_area_m2.shape
    area = np.zeros(rows * columns)
    for r in range(rows):
        at = r * blocks // rows
        for c in range(columns):
            if code[r * columns + c] != NO_CELL:
                area[r * columns + c] += cell_area_m2[at, c * aside // columns]
    for first in range(rows * columns):
        if code[first] == NO_CELL or state[first] & (_COUNT | _DONE):
            continue
        here = first
        while True:
            state[here] |= _DONE
            if code[here] == PIT:
                break
            below = here + step[code[here]]
            area[below] += area[here]
            state[below] = (state[below] - 1) | (state[here] & _OPEN)
            if state[below] & _COUNT:
                break
            here = below
    for here in range(rows * columns):
        state[here] &= _OPEN
    return area


@njit(cache=True)
def _heads(
    code: Codes, step: Indices, state: Codes, area: Numbers, threshold: float
) -> Indices:
    """First cells of reaches; leaves the number of river inflows in ``state``."""
    count = len(code)
    rivers = 0
    for here in range(count):
        if area[here] >= threshold and code[here] != PIT:
            state[here + step[code[here]]] += 1
            rivers += 1
    heads = np.empty(rivers, np.int64)
    found = 0
    for here in range(count):
        is_river = area[here] >= threshold and code[here] != PIT
        if is_river and (state[here] & _COUNT) != 1:
            heads[found] = here
            found += 1
    return heads[:found].copy()


@njit(cache=True)
def _follow(
    code: Codes,
    step: Indices,
    state: Codes,
    heads: Indices,
    cell: Indices,
    offset: Indices,
) -> Indices:
    """Count the cells of every reach, and note them in ``cell`` if it has room."""
    length = np.zeros(len(heads), np.int64)
    for k in range(len(heads)):
        here = heads[k]
        count = 1
        if len(cell):
            cell[offset[k]] = here
        while code[here] != PIT:
            here += step[code[here]]
            if len(cell):
                cell[offset[k] + count] = here
            count += 1
            if (state[here] & _COUNT) > 1:
                break
        length[k] = count
    return length


@njit(cache=True)
def strahler_orders(following: Indices) -> Indices:
    """Strahler's order of every reach; ``following`` must be free of cycles."""
    count = len(following)
    waiting = np.zeros(count, np.int64)
    for k in range(count):
        if following[k] >= 0:
            waiting[following[k]] += 1
    order = np.ones(count, np.int64)
    highest = np.zeros(count, np.int64)
    twice = np.zeros(count, np.bool_)
    stack = np.empty(count, np.int64)
    filled = 0
    for k in range(count):
        if waiting[k] == 0:
            stack[filled] = k
            filled += 1
    done = 0
    while done < filled:
        k = stack[done]
        done += 1
        if highest[k] > 0:
            order[k] = highest[k] + (1 if twice[k] else 0)
        j = following[k]
        if j < 0:
            continue
        if order[k] > highest[j]:
            highest[j] = order[k]
            twice[j] = False
        elif order[k] == highest[j]:
            twice[j] = True
        waiting[j] -= 1
        if waiting[j] == 0:
            stack[filled] = j
            filled += 1
    return order
