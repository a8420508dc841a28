"""Compiled reading of one row of samples from a window of a raster.

A row of samples crosses squares of a lattice. Within one of them places are a straight
line, so cells and shares are computed for many samples at a time. Samples in squares
that reach beyond the window, and those with a neighbour without data, are put right
one by one afterwards.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Whole numbers of a layer, in its row of ``fields``: start, bands, height and width of
# its window in the values; start and row length of the lattice in the nodes; its step
# in cells (0: a node for every sample); samples along a cell's side; 1 for bilinear, 0
# for nearest; how many cells after the lattice's first corner the block begins; and
# the window's first row and column on its raster.
START, BANDS, HEIGHT, WIDTH, LATTICE, ACROSS = range(6)
STEP, SUBCELLS, SMOOTH, DOWN, RIGHT, TOP, LEFT = range(6, 13)

# Numbers of a layer in its row of ``frames``: edges of the whole raster in its cells,
# beyond which there is no data; what is added to the nodes' columns and rows.
LEAST_X, MOST_X, LEAST_Y, MOST_Y, SHIFT_X, SHIFT_Y = range(6)
N_FRAME: Final = 6

# Numbers of a square on a row: place of its first corner and difference between
# samples; sample at that corner, first and last sample that are wanted; 1 where all
# neighbours of all samples lie in the window.
_X, _Y, _DX, _DY, _CORNER, _FIRST, _LAST, _INSIDE = range(8)
N_SQUARE: Final = 8


@njit(cache=True, nogil=True)
def place_row(
    f: NDArray,
    frame: NDArray,
    node_x: NDArray,
    node_y: NDArray,
    y: int,
    sub: int,
    count: int,
    squares: NDArray,
    cells: NDArray,
    s: NDArray,
    t: NDArray,
) -> int:
    """Place the samples of row ``sub`` of the cells of row ``y``.

    Parameters
    ----------
    f, frame
        The layer's rows of ``fields`` and ``frames``.
    node_x, node_y
        Nodes of all lattices, in cells of the raster.
    y, sub, count
        Row of the block, row of samples in it, and number of samples in that.
    squares
        Shape (samples or more, N_SQUARE), to fill.
    cells, s, t
        One per sample, to fill: upper left of the four neighbours as its place in the
        window (the cell itself for nearest), and the shares of the right and of the
        lower ones.

    Returns
    -------
    int
        How many squares there are.
    """
    k, step, across = f[SUBCELLS], f[STEP], f[ACROSS]
    if step == 0:
        start = f[LATTICE] + (y * k + sub) * across
        for i in range(count):
            square = squares[i]
            square[:] = 0.0
            square[_X] = node_x[start + i] + frame[SHIFT_X]
            square[_Y] = node_y[start + i] + frame[SHIFT_Y]
            square[_CORNER], square[_FIRST], square[_LAST] = i, i, i + 1
        return count
    down = (y + f[DOWN] + (sub + 0.5) / k) / step
    j = int(down)
    share = down - j
    above = f[LATTICE] + j * across
    n, before = step * k, f[RIGHT] * k
    shift_x, shift_y = frame[SHIFT_X], frame[SHIFT_Y]
    top, left, height, width = f[TOP], f[LEFT], f[HEIGHT], f[WIDTH]
    rim = 0.5 if f[SMOOTH] else 0.0
    wide, start = float(width), float(top * width + left)
    n_squares = (before + count + n - 1) // n
    for number in range(n_squares):
        a, b = above + number, above + across + number
        x0 = node_x[a] + share * (node_x[b] - node_x[a]) + shift_x
        y0 = node_y[a] + share * (node_y[b] - node_y[a]) + shift_y
        x1 = node_x[a + 1] + share * (node_x[b + 1] - node_x[a + 1]) + shift_x
        y1 = node_y[a + 1] + share * (node_y[b + 1] - node_y[a + 1]) + shift_y
        dx, dy = (x1 - x0) / n, (y1 - y0) / n
        corner = number * n - before
        first, last = max(corner, 0), min(corner + n, count)
        inside = min(x0, x1) - left >= rim and max(x0, x1) - left < width - rim
        inside = (
            inside and min(y0, y1) - top >= rim and max(y0, y1) - top < height - rim
        )
        square = squares[number]
        square[_X], square[_Y], square[_DX], square[_DY] = x0, y0, dx, dy
        square[_CORNER], square[_FIRST], square[_LAST] = corner, first, last
        square[_INSIDE] = 1.0 if inside else 0.0
        if not inside:
            for i in range(first, last):
                cells[i] = 0
            continue
        x0, y0, offset = x0 - rim, y0 - rim, first - corner + 0.5
        for i in range(last - first):
            x, y_ = x0 + (i + offset) * dx, y0 + (i + offset) * dy
            c, r = np.floor(x), np.floor(y_)
            at = np.uint64(first) + np.uint64(i)
            s[at], t[at] = x - c, y_ - r
            cells[at] = np.int32(r * wide + c - start)
    return n_squares


@njit(cache=True, nogil=True)
def read_row(
    values: NDArray,
    start: int,
    f: NDArray,
    frame: NDArray,
    n_squares: int,
    squares: NDArray,
    cells: NDArray,
    s: NDArray,
    t: NDArray,
    out: NDArray,
) -> None:
    """Values of one band at the samples of a row, as `place_row` placed them.

    The window of the band begins at ``start`` of the values. NaN is no data.
    """
    if f[HEIGHT] * f[WIDTH] == 0:
        out[:] = math.nan
        return
    any_inside, all_inside = False, True
    for number in range(n_squares):
        inside = squares[number, _INSIDE] > 0
        any_inside, all_inside = any_inside or inside, all_inside and inside
    if any_inside and f[SMOOTH]:
        _interpolate(values, start, f[WIDTH], cells, s, t, out)
    elif any_inside:
        _pick(values, start, cells, out)
    if all_inside and not (f[SMOOTH] and has_gap(out)):
        return
    window = values[start : start + f[HEIGHT] * f[WIDTH]]
    for number in range(n_squares):
        square = squares[number]
        inside = square[_INSIDE] > 0
        if inside and not f[SMOOTH]:
            continue
        for i in range(int(square[_FIRST]), int(square[_LAST])):
            if inside and out[i] == out[i]:
                continue
            x = square[_X] + (i - square[_CORNER] + 0.5) * square[_DX]
            y = square[_Y] + (i - square[_CORNER] + 0.5) * square[_DY]
            out[i] = _careful(window, f, frame, x, y)


@njit(cache=True, nogil=True)
def has_gap(row: NDArray) -> bool:
    """Whether any value is NaN."""
    gaps = 0
    for x in range(len(row)):
        gaps += 1 if row[x] != row[x] else 0
    return gaps > 0


@njit(cache=True, nogil=True)
def _interpolate(
    values: NDArray,
    start: int,
    width: int,
    cells: NDArray,
    s: NDArray,
    t: NDArray,
    out: NDArray,
) -> None:
    """Bilinear values; equal neighbours give exactly their value."""
    right, below = np.uint64(1), np.uint64(width)
    for i in range(len(out)):
        # unsigned numbers never count from the end, which saves asking
        here = np.uint64(start) + np.uint64(np.uint32(cells[i]))
        a, b = values[here], values[here + right]
        c, d = values[here + below], values[here + below + right]
        out[i] = _between(a, b, c, d, s[i], t[i])


@njit(cache=True, nogil=True)
def _between(
    a: np.float32,
    b: np.float32,
    c: np.float32,
    d: np.float32,
    s: np.float32,
    t: np.float32,
) -> np.float32:
    upper, lower = a + s * (b - a), c + s * (d - c)
    return upper + t * (lower - upper)


@njit(cache=True, nogil=True)
def _pick(values: NDArray, start: int, cells: NDArray, out: NDArray) -> None:
    for i in range(len(out)):
        out[i] = values[np.uint64(start) + np.uint64(np.uint32(cells[i]))]


@njit(cache=True, nogil=True)
def _within(place: int, size: int) -> int:
    return min(max(place, 0), size - 1)


@njit(cache=True, nogil=True)
def _careful(
    window: NDArray, f: NDArray, frame: NDArray, x: float, y: float
) -> np.float32:
    """Value at the rim of a raster or of its data.

    A place in a cell without data has none; elsewhere neighbours without data are left
    out and the other weights scaled up.
    """
    here = frame[LEAST_X] <= x <= frame[MOST_X] and frame[LEAST_Y] <= y <= frame[MOST_Y]
    if not here:
        return np.float32(math.nan)
    height, width = f[HEIGHT], f[WIDTH]
    row, column = math.floor(y) - f[TOP], math.floor(x) - f[LEFT]
    home = window[_within(row, height) * width + _within(column, width)]
    if home != home or not f[SMOOTH]:
        return home
    c, r = math.floor(x - 0.5), math.floor(y - 0.5)
    s, t = x - 0.5 - c, y - 0.5 - r
    upper = _within(r - f[TOP], height) * width
    lower = _within(r + 1 - f[TOP], height) * width
    left, right = _within(c - f[LEFT], width), _within(c + 1 - f[LEFT], width)
    four = (
        window[upper + left],
        window[upper + right],
        window[lower + left],
        window[lower + right],
    )
    value = _between(*four, np.float32(s), np.float32(t))
    if value == value:
        return value
    shares = ((1.0 - s) * (1.0 - t), s * (1.0 - t), (1.0 - s) * t, s * t)
    total, weight = 0.0, 0.0
    for k in range(4):
        if four[k] == four[k]:
            total += shares[k] * four[k]
            weight += shares[k]
    return np.float32(total / weight)
