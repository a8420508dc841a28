"""A raster read as a surface: bilinear between the centres of its cells."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

LATTICE: Final = 16
"""Sub-cells along each side of a place's box on which a surface is averaged."""


def bilinear_lattice(
    values: NDArray, columns: NDArray[np.float64], rows: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Interpolate bands on a lattice of points, bilinearly between cell centres.

    Parameters
    ----------
    values
        Shape (bands, height, width); NaN is no data. Cell (0, 0) spans 0 to 1 in both
        coordinates and has its centre at 0.5.
    columns, rows
        Coordinates of the lattice in cells, shapes (m,) and (n,).

    Returns
    -------
    ndarray
        Shape (bands, n, m). Beyond the outermost centres the surface is flat. A point
        in a cell without data is NaN; neighbours without data are left out and the
        other weights scaled up, so data never spread into cells that lack them.
    """
    _, height, width = values.shape
    c0, c1, tc = _neighbours(columns, width)
    r0, r1, tr = _neighbours(rows, height)
    total = np.zeros((values.shape[0], len(rows), len(columns)))
    weight = np.zeros_like(total)
    for r, wr in ((r0, 1 - tr), (r1, tr)):
        for c, wc in ((c0, 1 - tc), (c1, tc)):
            corner = values[:, r[:, None], c[None, :]].astype(np.float64)
            valid = ~np.isnan(corner)
            share = np.where(valid, wr[:, None] * wc[None, :], 0.0)
            total += share * np.where(valid, corner, 0.0)
            weight += share
    home_row = np.clip(np.floor(rows).astype(np.int64), 0, height - 1)
    home_column = np.clip(np.floor(columns).astype(np.int64), 0, width - 1)
    home = values[:, home_row[:, None], home_column[None, :]]
    known = ~np.isnan(home) & (weight > 0)
    result = np.full(total.shape, np.nan)
    np.divide(total, weight, out=result, where=known)
    return result


def _neighbours(
    position: NDArray[np.float64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    centred = np.clip(position - 0.5, 0.0, size - 1.0)
    first = np.minimum(np.floor(centred).astype(np.int64), max(size - 2, 0))
    second = np.minimum(first + 1, size - 1)
    return first, second, centred - first
