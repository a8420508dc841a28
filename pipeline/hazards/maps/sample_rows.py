"""Compiled reading of one row of samples from a window of a raster.

A row of samples crosses squares of a lattice. Within one of them places are a straight
line, so cells and shares are computed for many samples at a time. Samples with a
neighbour beyond the window or without data are put right one by one afterwards.
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

# Numbers of a square on a row: place of its first sample, less the rim, and difference
# between samples; number of that sample, of the first one that is wanted and of the one
# after the last; and of the first one with all neighbours in the window and the one
# after the last such.
_X, _Y, _DX, _DY, _CORNER, _FIRST, _LAST, _BEGIN, _END = range(9)
N_SQUARE: Final = 9
_RIM: Final = 0.5
"""Cells from a place to the upper left of its bilinear neighbours."""


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
        Shape (more than samples, N_SQUARE), to fill.
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
    shift_x, shift_y = frame[SHIFT_X], frame[SHIFT_Y]
    rim = _RIM if f[SMOOTH] else 0.0
    if step == 0:
        start = f[LATTICE] + (y * k + sub) * across
        for i in range(count):
            squares[i, _X] = node_x[start + i] + shift_x - rim
            squares[i, _Y] = node_y[start + i] + shift_y - rim
            squares[i, _DX], squares[i, _DY] = 0.0, 0.0
            squares[i, _CORNER], squares[i, _FIRST], squares[i, _LAST] = i, i, i + 1
            squares[i, _BEGIN], squares[i, _END] = i, i
        return count
    down = (y + f[DOWN] + (sub + 0.5) / k) / step
    j = int(down)
    share = down - j
    above = f[LATTICE] + j * across
    n, before = step * k, f[RIGHT] * k
    top, left, height, width = f[TOP], f[LEFT], f[HEIGHT], f[WIDTH]
    right, bottom = left + width - 2 * rim, top + height - 2 * rim
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
        x0, y0 = x0 + 0.5 * dx - rim, y0 + 0.5 * dy - rim  # place of the first sample
        begin, end = first, last
        x2, y2 = x0 + (n - 1) * dx, y0 + (n - 1) * dy
        if min(x0, x2) < left or max(x0, x2) >= right:
            begin, end = _inside(x0, dx, corner, begin, end, left, right)
        if min(y0, y2) < top or max(y0, y2) >= bottom:
            begin, end = _inside(y0, dy, corner, begin, end, top, bottom)
        (
            squares[number, _X],
            squares[number, _Y],
            squares[number, _DX],
            squares[number, _DY],
        ) = x0, y0, dx, dy
        squares[number, _CORNER], squares[number, _FIRST], squares[number, _LAST] = (
            corner,
            first,
            last,
        )
        squares[number, _BEGIN], squares[number, _END] = begin, end
        for i in range(first, begin):
            cells[i] = 0
        for i in range(end, last):
            cells[i] = 0
        offset = begin - corner
        for i in range(end - begin):
            x, y_ = x0 + (i + offset) * dx, y0 + (i + offset) * dy
            c, r = np.floor(x), np.floor(y_)
            at = np.uint64(begin) + np.uint64(i)
            s[at], t[at] = x - c, y_ - r
            cells[at] = np.int32(r * wide + c - start)
    return n_squares


@njit(cache=True, nogil=True)
def _inside(
    x0: float,
    dx: float,
    corner: int,
    first: int,
    last: int,
    low: float,
    high: float,
) -> tuple[int, int]:
    """Samples [first, last) of a square whose place is in [low, high), as a range.

    Places are taken as the loop over the samples takes them, so that no rounding leads
    out of the window.
    """
    if dx == 0.0:
        return (first, last) if low <= x0 < high else (first, first)
    a, b = (low - x0) / dx, (high - x0) / dx
    nearest = min(max(math.floor(min(a, b)) - 1.0, first - corner), last - corner)
    farthest = min(max(math.ceil(max(a, b)) + 1.0, first - corner), last - corner)
    begin, end = corner + int(nearest), corner + int(farthest)
    while begin < end and not low <= x0 + (begin - corner) * dx < high:
        begin += 1
    while begin < end and not low <= x0 + (end - 1 - corner) * dx < high:
        end -= 1
    return begin, end


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
        n_inside = squares[number, _END] - squares[number, _BEGIN]
        any_inside = any_inside or n_inside > 0
        all_inside = (
            all_inside and n_inside == squares[number, _LAST] - squares[number, _FIRST]
        )
    if any_inside and f[SMOOTH]:
        _interpolate(values, start, f[WIDTH], cells, s, t, out)
    elif any_inside:
        _pick(values, start, cells, out)
    if all_inside and not (f[SMOOTH] and has_gap(out)):
        return
    window = values[start : start + f[HEIGHT] * f[WIDTH]]
    for number in range(n_squares):
        first, last = int(squares[number, _FIRST]), int(squares[number, _LAST])
        begin, end = int(squares[number, _BEGIN]), int(squares[number, _END])
        if first < begin:
            _mend(window, f, frame, squares, number, out, first, begin, False)
        if end < last:
            _mend(window, f, frame, squares, number, out, end, last, False)
        gaps = 0
        for i in range(end - begin):
            value = out[np.uint64(begin) + np.uint64(i)]
            gaps += 1 if value != value else 0
        if f[SMOOTH] and gaps > 0:
            _mend(window, f, frame, squares, number, out, begin, end, True)


@njit(cache=True, nogil=True)
def _mend(
    window: NDArray,
    f: NDArray,
    frame: NDArray,
    squares: NDArray,
    number: int,
    out: NDArray,
    first: int,
    last: int,
    only_gaps: bool,
) -> None:
    """Put right samples [first, last) of a square: all, or those without data."""
    corner, rim = int(squares[number, _CORNER]), _RIM if f[SMOOTH] else 0.0
    x0, y0, dx, dy = (
        squares[number, _X],
        squares[number, _Y],
        squares[number, _DX],
        squares[number, _DY],
    )
    least_x, most_x = frame[LEAST_X] - rim, frame[MOST_X] - rim
    least_y, most_y = frame[LEAST_Y] - rim, frame[MOST_Y] - rim
    for i in range(first, last):
        x, y = x0 + (i - corner) * dx, y0 + (i - corner) * dy
        if not (least_x <= x <= most_x and least_y <= y <= most_y):
            out[i] = math.nan
        elif not only_gaps or out[i] != out[i]:
            out[i] = _careful(window, f, x, y)


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
def _careful(window: NDArray, f: NDArray, x: float, y: float) -> np.float32:
    """Value at the rim of a raster or of its data; places are less the rim.

    A place in a cell without data has none; elsewhere neighbours without data are left
    out and the other weights scaled up.
    """
    rim = _RIM if f[SMOOTH] else 0.0
    home_x, home_y = x + rim, y + rim
    height, width = f[HEIGHT], f[WIDTH]
    row = _within(math.floor(home_y) - f[TOP], height)
    home = window[row * width + _within(math.floor(home_x) - f[LEFT], width)]
    if home != home or not f[SMOOTH]:
        return home
    c, r = math.floor(x), math.floor(y)
    s, t = x - c, y - r
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
