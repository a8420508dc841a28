"""Compiled pass over all layers of a block: place, interpolate, score, combine.

Row by row of the block: each layer's samples are placed by its lattice, its values
interpolated, and the score of its value added to the index, so that nothing of the
size of the map is kept between the layers. Missing is NaN throughout and becomes the
no-data value at the end.

Every inner loop does one thing and has no branch that depends on a value, so that it
compiles to instructions for many samples at a time. Samples are placed and scored in
float64 and interpolated in float32: an interpolated value is within 5e-7 of the
largest of its four neighbours (eight roundings of half a unit in the last place).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.hazards.maps.sample_rows import (
    BANDS,
    HEIGHT,
    N_SQUARE,
    START,
    SUBCELLS,
    WIDTH,
    has_gap,
    place_row,
    read_row,
)

NODATA: Final = -9999.0
"""No-data value of all maps; no value of a layer may equal it."""

# Whole numbers of a layer in its row of ``fields``, after those of `sample_rows`: its
# first plane; the band that enters the index, or -1; its bit among the missing.
PLANE, SCORED, BIT = range(13, 16)
N_FIELDS: Final = 16
INDEX, SPEAKING, MISSING = range(3)
"""Bands of the index: its value, how many layers speak, which ones are missing."""
_JUST: Final = 1 - 1e-12
"""Weights that are just enough may lack this much by rounding."""


@njit(cache=True, nogil=True)
def fused_block(
    values: NDArray,
    fields: NDArray,
    frames: NDArray,
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
        Shape (layers, N_FIELDS), whole numbers: see the names of the columns.
    frames
        Shape (layers, N_FRAME): see the names of the columns in `sample_rows`.
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
    n_most = width * fields[:, SUBCELLS].max() if n_layers else 0
    bands_most = fields[:, BANDS].max() if n_layers else 0
    squares = np.empty((n_most + 1, N_SQUARE))
    cells = np.empty(n_most, np.int32)
    s, t = np.empty(n_most, np.float32), np.empty(n_most, np.float32)
    samples = np.empty(n_most, np.float32)
    rows = np.empty((bands_most, width), np.float32)
    sums, counts = np.empty((bands_most, width)), np.empty((bands_most, width))
    total, missing = np.empty(width), np.empty(width, np.int32)
    for y in range(height):
        total[:] = 0.0
        missing[:] = 0
        for layer in range(n_layers):
            f, frame = fields[layer], frames[layer]
            k, size = f[SUBCELLS], f[HEIGHT] * f[WIDTH]
            if k > 1:
                sums[:] = 0.0
                counts[:] = 0.0
            for sub in range(k):
                n_squares = place_row(
                    f, frame, node_x, node_y, y, sub, width * k, squares, cells, s, t
                )
                for band in range(f[BANDS]):
                    start = f[START] + band * size
                    read_row(
                        values, start, f, frame, n_squares, squares, cells, s, t,
                        rows[band] if k == 1 else samples[: width * k],
                    )  # fmt: skip
                    if k > 1:
                        _add_samples(samples, k, sums[band], counts[band])
            for band in range(f[BANDS]):
                row, plane = rows[band], f[PLANE] + band
                if k > 1:
                    _means(sums[band], counts[band], least_covered * k * k, row)
                gap = has_gap(row)
                if planes.shape[1] > 0:
                    _keep(row, gap, planes[plane, y], extremes[plane])
                if band == f[SCORED]:
                    _add_score(row, gap, knots[layer], weights[layer], total)
                    if gap:
                        _mark_missing(row, f[BIT], missing)
        if index.shape[1] > 0:
            _finish(total, missing, fields, weights, least_weight, index[:, y])


@njit(cache=True, nogil=True)
def _add_samples(samples: NDArray, k: int, total: NDArray, count: NDArray) -> None:
    """Add the known ones of k samples in each cell."""
    for x in range(len(total)):
        for i in range(x * k, x * k + k):
            a = samples[i]
            total[x] += a if a == a else 0.0
            count[x] += 1.0 if a == a else 0.0


@njit(cache=True, nogil=True)
def _means(total: NDArray, count: NDArray, least: float, out: NDArray) -> None:
    for x in range(len(out)):
        enough = count[x] > 0 and count[x] >= least
        out[x] = total[x] / count[x] if enough else math.nan


@njit(cache=True, nogil=True)
def _keep(row: NDArray, has_gap: bool, plane: NDArray, extremes: NDArray) -> None:
    """Put a row into its map, and note its extremes and number of cells with data."""
    if not has_gap:
        for x in range(len(row)):  # a slice would compile a check of shapes
            plane[x] = row[x]
        low, high = _span(row)
        extremes[0], extremes[1] = min(extremes[0], low), max(extremes[1], high)
        extremes[2] += len(row)
        return
    low, high, n = extremes[0], extremes[1], 0
    for x in range(len(row)):
        a = row[x]
        known = a == a
        plane[x] = a if known else NODATA
        low = a if a < low else low  # noqa: FURB136 (NaN is not below)
        high = a if a > high else high  # noqa: FURB136
        n += 1 if known else 0
    extremes[0], extremes[1] = low, high
    extremes[2] += n


@njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def _span(row: NDArray) -> tuple[float, float]:
    """Least and largest value of a row without NaN."""
    low, high = row[0], row[0]
    for x in range(len(row)):
        low = min(low, row[x])
        high = max(high, row[x])
    return low, high


@njit(cache=True, nogil=True)
def _add_score(
    row: NDArray, has_gap: bool, knots: NDArray, weight: float, total: NDArray
) -> None:
    """Add the weighted score of each cell; nothing where there is no value.

    The score is its first one and what each interval of the scale adds, from none to
    all of its rise: no branch depends on the value.
    """
    value, score = knots[0], knots[1]
    base = weight * score[0]
    if has_gap:
        for x in range(len(row)):
            total[x] += base if row[x] == row[x] else 0.0
    elif base != 0.0:
        for x in range(len(row)):
            total[x] += base
    for j in range(1, len(value)):
        if math.isinf(value[j]):
            break
        before, length = value[j - 1], value[j] - value[j - 1]
        rise = weight * (score[j] - score[j - 1])
        if length > 0:
            slope = rise / length
            for x in range(len(row)):
                a = row[x] - before
                a = a if a > 0.0 else 0.0  # noqa: FURB136 (NaN becomes 0)
                a = a if a < length else length  # noqa: FURB136
                total[x] += slope * a
        else:
            for x in range(len(row)):
                total[x] += rise if row[x] >= before else 0.0


@njit(cache=True, nogil=True)
def _mark_missing(row: NDArray, bit: int, missing: NDArray) -> None:
    code = np.int32(1) << np.int32(bit)
    for x in range(len(row)):
        missing[x] |= np.int32(0) if row[x] == row[x] else code


@njit(cache=True, nogil=True)
def _finish(
    total: NDArray,
    missing: NDArray,
    fields: NDArray,
    weights: NDArray,
    least_weight: float,
    out: NDArray,
) -> None:
    """Divide by the weight that speaks; the same layers mostly speak side by side."""
    least = least_weight * weights.sum() * _JUST
    start, width, any_missing = 0, len(total), np.int32(0)
    for x in range(width):
        any_missing |= missing[x]
    while start < width:
        code = missing[start]
        end = start + 1 if any_missing else width
        while end < width and missing[end] == code:
            end += 1
        weight, n = 0.0, 0
        for layer in range(len(weights)):
            f = fields[layer]
            if f[SCORED] >= 0 and not code >> f[BIT] & 1:
                weight += weights[layer]
                n += 1
        speaks = weight > 0 and weight >= least
        for x in range(start, end):
            out[INDEX, x] = total[x] / weight if speaks else NODATA
            out[SPEAKING, x] = n
            out[MISSING, x] = code
        start = end
