"""Compiled pass over all layers of a block: place, interpolate, score, combine.

Row by row of the block: each layer's samples are placed by its lattice, its values
interpolated, and the score of its value added to the index, so that nothing of the
size of the map is kept between the layers. Missing is NaN throughout and becomes the
no-data value at the end.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

NODATA: Final = -9999.0
"""No-data value of all maps; no value of a layer may equal it."""

# Fields of a layer's row in ``fields``.
START, BANDS, HEIGHT, WIDTH, LATTICE, ACROSS = range(6)
STEP, SUBCELLS, SMOOTH, PLANE, SCORED, BIT, DOWN, RIGHT, TOP, LEFT = range(6, 16)
N_FIELDS: Final = 16
INDEX, SPEAKING, MISSING = range(3)
"""Bands of the index: its value, how many layers speak, which ones are missing."""


@njit(cache=True, nogil=True)
def fused_block(
    values: NDArray,
    fields: NDArray,
    limits: NDArray,
    node_x: NDArray,
    node_y: NDArray,
    knots: NDArray,
    weights: NDArray,
    least_covered: float,
    least_weight: float,
    planes: NDArray,
    index: NDArray,
    extremes: NDArray,
) -> None:
    """Fill one block of every map.

    Parameters
    ----------
    values
        Windows of all layers one after the other, each (bands, height, width),
        float32; NaN is no data.
    fields
        Shape (layers, N_FIELDS), whole numbers: start, bands, height and width of the
        window in ``values``; start and row length of the lattice in ``node_x``; its
        step; samples along a cell's side; 1 for bilinear, 0 for nearest; first plane;
        the band that enters the index, or -1; the layer's bit among the missing; how
        many cells after the lattice's first corner the block begins; and the window's
        first row and column on its raster.
    limits
        Shape (layers, 4): left, right, top and bottom edge of the whole raster, in its
        cells. Beyond them there is no data.
    node_x, node_y
        Nodes of all lattices, in cells of the rasters.
    knots
        Shape (layers, 2, n): values and scores. Values must not decrease, a value that
        stands twice makes a step; the rest is infinity.
    weights
        Shape (layers,); 0 for layers that are not in the index.
    least_covered
        Least share of a cell's samples with data.
    least_weight
        Least share of all weights that must speak for an index.
    planes
        Shape (planes, height, width), float32, to fill; or (planes, 0, 0): not wanted.
    index
        Shape (3, height, width), float32, to fill; or (3, 0, 0): not wanted.
    extremes
        Shape (planes, 3), to update: least, largest value, and cells with data; only
        where the planes are wanted.
    """
    n_layers = fields.shape[0]
    height = max(planes.shape[1], index.shape[1])
    width = max(planes.shape[2], index.shape[2])
    keeps_planes = planes.shape[1] > 0
    most = 1
    for layer in range(n_layers):
        most = max(most, fields[layer, SUBCELLS])
    u, v = np.empty(width * most), np.empty(width * most)
    row = np.empty(width)
    total, count = np.empty(width), np.empty(width)
    sums = np.empty((4, width))
    whole = weights.sum()
    for y in range(height):
        sums[:] = 0.0
        for layer in range(n_layers):
            f = fields[layer]
            size = f[HEIGHT] * f[WIDTH]
            k = f[SUBCELLS]
            box = (0.0, 0.0, 0.0, 0.0)
            for band in range(f[BANDS]):
                first = f[START] + band * size
                window = values[first : first + size].reshape(f[HEIGHT], f[WIDTH])
                plane = f[PLANE] + band
                if k == 1:
                    if band == 0:
                        box = _places(f, node_x, node_y, y, 0, u, v, width)
                    _read_row(window, f, limits[layer], box, u, v, row)
                else:
                    _read_mean(
                        window, f, limits[layer], node_x, node_y, y, u, v,
                        total, count, row, least_covered,
                    )  # fmt: skip
                if keeps_planes:
                    _note(row, extremes[plane])
                    for x in range(width):
                        a = row[x]
                        planes[plane, y, x] = a if a == a else NODATA
                if band == f[SCORED]:
                    _add_score(row, knots[layer], weights[layer], f[BIT], sums)
        if index.shape[1] > 0:
            _finish(sums, whole, least_weight, index[:, y])


@njit(cache=True, nogil=True)
def _places(
    f: NDArray,
    node_x: NDArray,
    node_y: NDArray,
    y: int,
    sub: int,
    u: NDArray,
    v: NDArray,
    width: int,
) -> tuple[float, float, float, float]:
    """Places of the samples of one row, in cells of the raster.

    Returns least and largest column and row; infinite ones where they are not known.
    """
    k, step, across = f[SUBCELLS], f[STEP], f[ACROSS]
    u_min, u_max, v_min, v_max = math.inf, -math.inf, math.inf, -math.inf
    if step == 0:
        start = f[LATTICE] + (y * k + sub) * across
        for i in range(width * k):
            u[i], v[i] = node_x[start + i], node_y[start + i]
        return -math.inf, math.inf, -math.inf, math.inf
    down = (y + f[DOWN] + (sub + 0.5) / k) / step
    j = int(down)
    t = down - j
    top = f[LATTICE] + j * across
    n, before = step * k, f[RIGHT] * k
    for square in range((before + width * k + n - 1) // n):
        a, b = top + square, top + across + square
        x0 = node_x[a] + t * (node_x[b] - node_x[a])
        y0 = node_y[a] + t * (node_y[b] - node_y[a])
        x1 = node_x[a + 1] + t * (node_x[b + 1] - node_x[a + 1])
        y1 = node_y[a + 1] + t * (node_y[b + 1] - node_y[a + 1])
        u_min, u_max = min(u_min, x0, x1), max(u_max, x0, x1)
        v_min, v_max = min(v_min, y0, y1), max(v_max, y0, y1)
        dx, dy = (x1 - x0) / n, (y1 - y0) / n
        first = square * n - before
        for i in range(max(first, 0), min(first + n, width * k)):
            u[i] = x0 + (i - first + 0.5) * dx
            v[i] = y0 + (i - first + 0.5) * dy
    return u_min, u_max, v_min, v_max


@njit(cache=True, nogil=True)
def _read_row(
    window: NDArray,
    f: NDArray,
    limit: NDArray,
    box: tuple[float, float, float, float],
    u: NDArray,
    v: NDArray,
    out: NDArray,
) -> None:
    """Values at the samples of one row; ``box`` are the limits of their places."""
    height, width = window.shape
    first_row, first_column = f[TOP], f[LEFT]
    inside = box[0] - first_column >= 0.5 and box[1] - first_column < width - 0.5
    inside = inside and box[2] - first_row >= 0.5 and box[3] - first_row < height - 0.5
    if f[SMOOTH] and inside:
        _read_inside(window, first_row, first_column, u, v, out)
        return
    for i in range(len(out)):
        x, y = u[i], v[i]
        here = limit[0] <= x <= limit[1] and limit[2] <= y <= limit[3]
        if not here or height == 0:
            out[i] = math.nan
        elif f[SMOOTH] == 0:
            row, column = math.floor(y) - first_row, math.floor(x) - first_column
            out[i] = window[_within(row, height), _within(column, width)]
        else:
            out[i] = _careful(window, first_row, first_column, x, y)


@njit(cache=True, nogil=True)
def _read_inside(
    window: NDArray,
    first_row: int,
    first_column: int,
    u: NDArray,
    v: NDArray,
    out: NDArray,
) -> None:
    """Bilinear values where all four neighbours lie in the window."""
    width = window.shape[1]
    wide, start = np.uint64(width), first_row * width + first_column
    flat = window.reshape(window.size)
    for i in range(len(out)):
        x, y = u[i] - 0.5, v[i] - 0.5
        c, r = np.int32(x), np.int32(y)
        s, t = x - c, y - r
        first = np.uint64(r * width + c - start)  # unsigned: never from the end
        below = first + wide
        top = flat[first] * (1.0 - s) + flat[first + np.uint64(1)] * s
        bottom = flat[below] * (1.0 - s) + flat[below + np.uint64(1)] * s
        out[i] = top * (1.0 - t) + bottom * t
    for i in range(len(out)):
        if out[i] != out[i]:
            out[i] = _careful(window, first_row, first_column, u[i], v[i])


@njit(cache=True, nogil=True)
def _within(place: int, size: int) -> int:
    return min(max(place, 0), size - 1)


@njit(cache=True, nogil=True)
def _careful(
    window: NDArray, first_row: int, first_column: int, x: float, y: float
) -> float:
    """Value at the rim of a raster or of its data.

    A place in a cell without data has none; elsewhere neighbours without data are left
    out and the other weights scaled up.
    """
    height, width = window.shape
    row, column = math.floor(y) - first_row, math.floor(x) - first_column
    home = window[_within(row, height), _within(column, width)]
    if home != home:
        return math.nan
    c, r = math.floor(x - 0.5), math.floor(y - 0.5)
    s, t = x - 0.5 - c, y - 0.5 - r
    c, r = c - first_column, r - first_row
    total, weight = 0.0, 0.0
    for down in range(2):
        for right in range(2):
            share = (s if right else 1.0 - s) * (t if down else 1.0 - t)
            value = window[_within(r + down, height), _within(c + right, width)]
            if value == value:
                total += share * value
                weight += share
    return total / weight


@njit(cache=True, nogil=True)
def _read_mean(
    window: NDArray,
    f: NDArray,
    limit: NDArray,
    node_x: NDArray,
    node_y: NDArray,
    y: int,
    u: NDArray,
    v: NDArray,
    total: NDArray,
    count: NDArray,
    out: NDArray,
    least_covered: float,
) -> None:
    """Means of the samples in each cell of a row."""
    k, width = f[SUBCELLS], len(out)
    total[:] = 0.0
    count[:] = 0.0
    samples = np.empty(width * k)
    for sub in range(k):
        box = _places(f, node_x, node_y, y, sub, u, v, width)
        _read_row(window, f, limit, box, u, v, samples)
        for i in range(width * k):
            if samples[i] == samples[i]:
                total[i // k] += samples[i]
                count[i // k] += 1.0
    for x in range(width):
        enough = count[x] > 0 and count[x] >= least_covered * k * k
        out[x] = total[x] / count[x] if enough else math.nan


@njit(cache=True, nogil=True)
def _note(row: NDArray, extremes: NDArray) -> None:
    low, high, n = extremes[0], extremes[1], 0
    for x in range(len(row)):
        a = float(np.float32(row[x]))  # as the map holds it
        low = a if a < low else low  # noqa: FURB136 (NaN is not below)
        high = a if a > high else high  # noqa: FURB136
        n += 1 if a == a else 0
    extremes[0], extremes[1] = low, high
    extremes[2] += n


@njit(cache=True, nogil=True)
def _add_score(
    row: NDArray, knots: NDArray, weight: float, bit: int, sums: NDArray
) -> None:
    """Add weighted score, weight, number and code of the missing, for each cell.

    The score is summed over the intervals of the scale, each of which adds from none
    to all of its rise: no branch depends on the value.
    """
    value, score = knots[0], knots[1]
    width, code = len(row), 2.0**bit
    found = np.full(width, score[0])
    for j in range(1, len(value)):
        if math.isinf(value[j]):
            break
        before, length, rise = (
            value[j - 1],
            value[j] - value[j - 1],
            score[j] - score[j - 1],
        )
        if length > 0:
            slope = rise / length
            for x in range(width):
                a = row[x] - before
                a = a if a > 0.0 else 0.0  # noqa: FURB136 (NaN becomes 0)
                found[x] += slope * min(a, length)
        else:
            for x in range(width):
                found[x] += rise if row[x] >= before else 0.0
    total, whole, count, codes = sums[0], sums[1], sums[2], sums[3]
    for x in range(width):
        known = 1.0 if row[x] == row[x] else 0.0
        total[x] += known * weight * found[x]
        whole[x] += known * weight
        count[x] += known
        codes[x] += (1.0 - known) * code


@njit(cache=True, nogil=True)
def _finish(sums: NDArray, whole: float, least_weight: float, out: NDArray) -> None:
    for x in range(sums.shape[1]):
        weight = sums[1, x]
        speaks = weight > 0 and weight >= least_weight * whole * (1 - 1e-12)
        out[INDEX, x] = sums[0, x] / weight if speaks else NODATA
        out[SPEAKING, x] = sums[2, x]
        out[MISSING, x] = sums[3, x]
