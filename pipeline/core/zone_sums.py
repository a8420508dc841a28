"""Sums and extremes of a raster's cells in very many polygons, in compiled code.

Rows of cells are added by their stretches of one share (`pipeline.core.coverage`): the
cells that an edge crosses one by one, those between them many at a time.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.core.coverage import LEAST_SHARE, SMALLEST_SHARE, add_rings

_Sums = tuple[float, float, int, int]
_Rings = tuple[
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.int64],
]

_CHUNK_CELLS: Final = 32768
_ONE: Final = np.uint64(1)
_DE_BRUIJN: Final = np.uint64(0x03F79D71B4CB0A89)
_BIT_OF: Final = np.array(
    [(int(_DE_BRUIJN) << k & (1 << 64) - 1) >> 58 for k in range(64)]
).argsort()
"""Number of the lowest bit that is set, by the top six bits of its product."""


def zone_sums(
    values: NDArray,
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
        Shape (rows, columns), float32 or float64; cells of the raster from
        (row0, col0); NaN is no data.
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
    bits = values.view(f"i{values.itemsize}")
    limits = np.iinfo(bits.dtype)
    out = np.empty((len(members), 2))
    ends = np.empty((len(members), 2), np.int64)
    rings = (x, y, start, turn, first_ring)
    place = (row0, col0, limits.max)
    _add_zones(values, bits, place, rings, windows, members, out, ends)
    none = ends[:, 0] > ends[:, 1]
    ends[ends < 0] ^= limits.max
    found = ends.astype(bits.dtype).view(values.dtype).astype(np.float64)
    found[none] = np.inf, -np.inf
    return np.hstack([out, found])


@njit(cache=True, nogil=True, fastmath={"reassoc", "nsz"})
def _add_zones(
    values: NDArray,
    bits: NDArray,
    place: tuple[int, int, int],
    rings: _Rings,
    windows: NDArray[np.int64],
    members: NDArray[np.int64],
    out: NDArray[np.float64],
    ends: NDArray[np.int64],
) -> None:
    """Put the sums of every polygon into ``out``, ranks of its extremes in ``ends``."""
    x, y, start, turn, first_ring = rings
    row0, col0, largest = place
    widest = 1
    for k in range(len(members)):
        widest = max(widest, windows[k, 3] - windows[k, 1] + 1)
    room = max(_CHUNK_CELLS, widest)
    acc_room = np.zeros(room)
    changed_room, crossed_room = np.zeros(room, np.uint64), np.zeros(room, np.uint64)
    for k in range(len(members)):
        top, left, bottom, right = windows[k]
        width = right - left
        words = (width >> 6) + 1
        rows = max(1, min(bottom - top, room // (width + 1)))
        acc = acc_room[: rows * (width + 1)].reshape(rows, width + 1)
        changed = changed_room[: rows * words].reshape(rows, words)
        crossed = crossed_room[: rows * words].reshape(rows, words)
        a, b = first_ring[members[k]], first_ring[members[k] + 1]
        ring_start, ring_turn = start[a : b + 1], turn[a:b]
        sums = (0.0, 0.0, largest, -largest - 1)
        for first in range(top, bottom, rows):
            count = min(rows, bottom - first)
            add_rings(
                acc, changed, crossed, x, y, ring_start, ring_turn, left, first, count
            )
            at = (first - row0, left - col0, width, largest)
            for r in range(count):
                sums = _add_row(values, bits, at, r, acc, changed, crossed, sums)
        out[k, 0], out[k, 1], ends[k, 0], ends[k, 1] = sums


@njit(inline="always")
def _add_row(
    values: NDArray,
    bits: NDArray,
    at: tuple[int, int, int, int],
    r: int,
    acc: NDArray[np.float64],
    changed: NDArray[np.uint64],
    crossed: NDArray[np.uint64],
    sums: _Sums,
) -> _Sums:
    """Add a row of cells by its stretches of one share; leaves it empty again."""
    row0, col0, width, largest = at
    row = row0 + r
    share, done = 0.0, 0
    for word in range(changed.shape[1]):
        waiting, crosses = changed[r, word], crossed[r, word]
        changed[r, word] = crossed[r, word] = np.uint64(0)
        while waiting:
            bit = waiting & (~waiting + _ONE)
            waiting ^= bit
            column = (word << 6) + _BIT_OF[(bit * _DE_BRUIJN) >> np.uint64(58)]
            if share >= SMALLEST_SHARE and column > done:
                a, b = col0 + done, col0 + column
                sums = _add_stretch(values, bits, row, a, b, share, largest, sums)
            share += acc[r, column]
            acc[r, column] = 0.0
            done = column + 1
            if column < width and (share >= SMALLEST_SHARE or crosses & bit):
                kept, c = max(share, LEAST_SHARE), col0 + column
                sums = _add_cell_value(values, bits, row, c, kept, largest, sums)
    if share >= SMALLEST_SHARE and width > done:
        a, b = col0 + done, col0 + width
        sums = _add_stretch(values, bits, row, a, b, share, largest, sums)
    return sums


@njit(inline="always")
def _add_cell_value(
    values: NDArray,
    bits: NDArray,
    row: int,
    column: int,
    share: float,
    largest: int,
    sums: _Sums,
) -> _Sums:
    """Add one cell, if it has data.

    Extremes are those of the bits as whole numbers, turned so that they are in the
    order of the numbers (IEEE 754): a processor compares many of them at a time.
    """
    value = values[row, column]
    if value != value:
        return sums
    rank = int(bits[row, column])
    if rank < 0:
        rank ^= largest
    weight, total, low, high = sums
    return weight + share, total + share * value, min(low, rank), max(high, rank)


@njit(inline="always")
def _add_stretch(
    values: NDArray,
    bits: NDArray,
    row: int,
    a: int,
    b: int,
    share: float,
    largest: int,
    sums: _Sums,
) -> _Sums:
    """Add cells [a, b) of one share."""
    gaps = 0
    line = values[row, a:b]
    for k in range(len(line)):
        gaps += line[k] != line[k]
    if gaps == 0:
        return _add_full(values, bits, row, a, b, share, largest, sums)
    for k in range(a, b):
        sums = _add_cell_value(values, bits, row, k, share, largest, sums)
    return sums


@njit(inline="always")
def _add_full(
    values: NDArray,
    bits: NDArray,
    row: int,
    a: int,
    b: int,
    share: float,
    largest: int,
    sums: _Sums,
) -> _Sums:
    """Add cells [a, b) of one share that all have data, many at a time."""
    weight, total, low, high = sums
    own = 0.0
    line, ranks = values[row, a:b], bits[row, a:b]
    for k in range(len(line)):
        own += line[k]
    for k in range(len(line)):
        rank = ranks[k]
        rank = rank ^ largest if rank < 0 else rank
        low = min(low, rank)
        high = max(high, rank)
    return weight + share * (b - a), total + share * own, low, high
