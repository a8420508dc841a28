"""Sums, extremes and quantiles of a raster's cells in polygons, in compiled code.

Rows of cells are added by their stretches of one share (`pipeline.core.coverage`): the
cells that an edge crosses one by one, those between them many at a time. Where
quantiles are asked for, cells and shares are kept on the way until the polygon is done.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.core.coverage import LEAST_SHARE, SMALLEST_SHARE, add_rings
from pipeline.core.weighted_quantiles import weighted_quantiles

Sums = tuple[float, float, int, int, int]
"""Sum of shares and of share x value, ranks of least and largest value, cells."""
Kept = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Values of cells and their shares; empty where none are to be kept."""
Room = tuple[NDArray[np.float64], NDArray[np.uint64], NDArray[np.uint64]]
"""Accumulators of rows, with bits for those that changed and cells that are crossed."""
Edges = tuple[
    NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]
]
"""Rings of one polygon: x and y of vertices, offsets and signs of rings."""

NO_QUANTILES: Final = np.empty(0)
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
    quantiles: NDArray[np.float64] = NO_QUANTILES,
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
    quantiles
        Shape (k,), 0 to 1 (`pipeline.core.weighted_quantiles`).

    Returns
    -------
    ndarray
        Shape (n, 4 + k): sum of shares, of share x value, least and largest value,
        quantiles weighted by share. Where no cell has data the extremes are infinite
        and the quantiles NaN.
    """
    bits = bits_of(values)
    out = np.empty((len(members), 4 + len(quantiles)))
    ends = np.empty((len(members), 2), np.int64)
    rings = (x, y, start, turn)
    place = (row0, col0, np.iinfo(bits.dtype).max)
    _add_zones(
        values, bits, place, rings, first_ring, windows, members, quantiles, out, ends
    )
    out[:, 2:4] = values_of_ranks(ends, values.dtype)
    return out


def zone_cells(
    values: NDArray,
    row0: int,
    col0: int,
    edges: Edges,
    window: NDArray[np.int64],
) -> Kept:
    """Values and shares of the cells with data of one polygon; as `zone_sums`."""
    bits = bits_of(values)
    place = (row0, col0, np.iinfo(bits.dtype).max)
    most = int((window[2] - window[0]) * (window[3] - window[1]))
    kept = np.empty(most), np.empty(most)
    room = room_for(int(window[3] - window[1]) + 1)
    n = add_zone(values, bits, place, edges, window, room, kept)[4]
    return kept[0][:n], kept[1][:n]


def bits_of(values: NDArray) -> NDArray:
    """The same memory as whole numbers of the same size."""
    return values.view(f"i{values.itemsize}")


def values_of_ranks(ranks: NDArray[np.int64], dtype: np.dtype) -> NDArray[np.float64]:
    """Least and largest values (n, 2) of their ranks; infinite where there is none."""
    whole = np.dtype(f"i{dtype.itemsize}")
    none = ranks[:, 0] > ranks[:, 1]
    turned = np.where(ranks < 0, ranks ^ np.iinfo(whole).max, ranks)
    found = turned.astype(whole).view(dtype).astype(np.float64)
    found[none] = np.inf, -np.inf
    return found


@njit(cache=True, nogil=True)
def _add_zones(
    values: NDArray,
    bits: NDArray,
    place: tuple[int, int, int],
    rings: Edges,
    first_ring: NDArray[np.int64],
    windows: NDArray[np.int64],
    members: NDArray[np.int64],
    quantiles: NDArray[np.float64],
    out: NDArray[np.float64],
    ends: NDArray[np.int64],
) -> None:
    """Put sums and quantiles of every polygon into ``out``, ranks into ``ends``."""
    x, y, start, turn = rings
    widest, most = 1, 0
    for k in range(len(members)):
        width = windows[k, 3] - windows[k, 1]
        widest = max(widest, width + 1)
        most = max(most, width * (windows[k, 2] - windows[k, 0]))
    room = room_for(widest)
    kept_cells = most if len(quantiles) > 0 else 0
    kept = np.empty(kept_cells), np.empty(kept_cells)
    for k in range(len(members)):
        a, b = first_ring[members[k]], first_ring[members[k] + 1]
        edges = x, y, start[a : b + 1], turn[a:b]
        sums = add_zone(values, bits, place, edges, windows[k], room, kept)
        out[k, 0], out[k, 1] = sums[0], sums[1]
        ends[k, 0], ends[k, 1] = sums[2], sums[3]
        if len(quantiles) > 0:
            n = sums[4]
            weighted_quantiles(kept[0][:n], kept[1][:n], quantiles, out[k, 4:])


@njit(cache=True, nogil=True)
def room_for(width: int) -> Room:
    """Accumulators for polygons of at most ``width`` columns, one more included."""
    cells = max(_CHUNK_CELLS, width)
    return np.zeros(cells), np.zeros(cells, np.uint64), np.zeros(cells, np.uint64)


@njit(cache=True, nogil=True, fastmath={"reassoc", "nsz"})
def add_zone(
    values: NDArray,
    bits: NDArray,
    place: tuple[int, int, int],
    edges: Edges,
    window: NDArray[np.int64],
    room: Room,
    kept: Kept,
) -> Sums:
    """Sums of one polygon; ``place`` is row0, col0 and the largest rank.

    ``bits`` are those of ``values`` (`bits_of`). ``room`` (`room_for`) is left empty.
    """
    x, y, start, turn = edges
    row0, col0, largest = place
    acc_room, changed_room, crossed_room = room
    top, left, bottom, right = window
    width = right - left
    words = (width >> 6) + 1
    rows = max(1, min(bottom - top, len(acc_room) // (width + 1)))
    acc = acc_room[: rows * (width + 1)].reshape(rows, width + 1)
    changed = changed_room[: rows * words].reshape(rows, words)
    crossed = crossed_room[: rows * words].reshape(rows, words)
    sums = (0.0, 0.0, largest, -largest - 1, 0)
    for first in range(top, bottom, rows):
        count = min(rows, bottom - first)
        add_rings(acc, changed, crossed, x, y, start, turn, left, first, count)
        at = (first - row0, left - col0, width, largest)
        for r in range(count):
            sums = _add_row(values, bits, at, r, acc, changed, crossed, kept, sums)
    return sums


@njit(inline="always")
def _add_row(
    values: NDArray,
    bits: NDArray,
    at: tuple[int, int, int, int],
    r: int,
    acc: NDArray[np.float64],
    changed: NDArray[np.uint64],
    crossed: NDArray[np.uint64],
    kept: Kept,
    sums: Sums,
) -> Sums:
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
                sums = _add_stretch(values, bits, row, a, b, share, largest, kept, sums)
            share += acc[r, column]
            acc[r, column] = 0.0
            done = column + 1
            if column < width and (share >= SMALLEST_SHARE or crosses & bit):
                own, c = max(share, LEAST_SHARE), col0 + column
                sums = _add_cell(values, bits, row, c, own, largest, kept, sums)
    if share >= SMALLEST_SHARE and width > done:
        a, b = col0 + done, col0 + width
        sums = _add_stretch(values, bits, row, a, b, share, largest, kept, sums)
    return sums


@njit(inline="always")
def _add_cell(
    values: NDArray,
    bits: NDArray,
    row: int,
    column: int,
    share: float,
    largest: int,
    kept: Kept,
    sums: Sums,
) -> Sums:
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
    weight, total, low, high, n = sums
    cells, shares = kept
    if len(cells) > 0:
        cells[n], shares[n] = value, share
    total += share * value
    return weight + share, total, min(low, rank), max(high, rank), n + 1


@njit(inline="always")
def _add_stretch(
    values: NDArray,
    bits: NDArray,
    row: int,
    a: int,
    b: int,
    share: float,
    largest: int,
    kept: Kept,
    sums: Sums,
) -> Sums:
    """Add cells [a, b) of one share."""
    gaps = 0
    line = values[row, a:b]
    for k in range(len(line)):
        gaps += line[k] != line[k]
    if gaps == 0:
        return _add_full(values, bits, row, a, b, share, largest, kept, sums)
    for k in range(a, b):
        sums = _add_cell(values, bits, row, k, share, largest, kept, sums)
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
    kept: Kept,
    sums: Sums,
) -> Sums:
    """Add cells [a, b) of one share that all have data, many at a time."""
    weight, total, low, high, n = sums
    cells, shares = kept
    own = 0.0
    line, ranks = values[row, a:b], bits[row, a:b]
    for k in range(len(line)):
        own += line[k]
    for k in range(len(line)):
        rank = ranks[k]
        rank = rank ^ largest if rank < 0 else rank
        low = min(low, rank)
        high = max(high, rank)
    if len(cells) > 0:  # loops: slices would compile a check of shapes each
        for k in range(len(line)):
            cells[n + k] = line[k]
            shares[n + k] = share
    return weight + share * (b - a), total + share * own, low, high, n + len(line)
