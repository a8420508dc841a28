"""Polygons as flat arrays of rings, in the cell coordinates of one raster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True)
class Rings:
    """Rings of n polygons in cell coordinates (columns, rows).

    ``x`` and ``y`` hold the vertices of all rings one after the other, each ring
    closed. ``start`` (rings + 1) and ``first_ring`` (n + 1) are offsets. ``turn`` is
    the sign that makes a ring add (outer) or take away (hole). ``area_cells`` is each
    polygon's area and ``box`` (n, 4) its least x, least y, largest x, largest y.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    start: NDArray[np.int64]
    turn: NDArray[np.float64]
    first_ring: NDArray[np.int64]
    area_cells: NDArray[np.float64]
    box: NDArray[np.float64]

    def __len__(self) -> int:
        """Number of polygons."""
        return len(self.area_cells)

    def of(self, polygon: int) -> tuple[NDArray, NDArray, NDArray, NDArray]:
        """Vertices, offsets and signs (x, y, start, turn) of one polygon."""
        a, b = self.first_ring[polygon], self.first_ring[polygon + 1]
        v, w = self.start[a], self.start[b]
        return self.x[v:w], self.y[v:w], self.start[a : b + 1] - v, self.turn[a:b]

    def windows(self, height: int, width: int) -> NDArray[np.int64]:
        """Cells that each polygon can touch on a raster of ``height`` x ``width``.

        Returns
        -------
        ndarray
            Shape (n, 4): first row, first column, one past the last row and column.
            Empty (equal limits) where the polygon lies outside of the raster.
        """
        limit = np.array([height, width, height, width])
        cells = np.column_stack(
            [
                np.floor(self.box[:, 1]),
                np.floor(self.box[:, 0]),
                np.ceil(self.box[:, 3]),
                np.ceil(self.box[:, 2]),
            ]
        )
        cells = np.clip(cells, 0, limit).astype(np.int64)
        outside = (cells[:, 0] >= cells[:, 2]) | (cells[:, 1] >= cells[:, 3])
        cells[outside] = 0
        return cells


def rings_of(
    polygons: Sequence[BaseGeometry] | NDArray[np.object_], transform: Affine
) -> Rings:
    """Flatten polygons and multipolygons into the cell coordinates of a raster.

    Parameters
    ----------
    polygons
        Valid, not empty, in the CRS of the raster.
    transform
        The raster's transform from cell corners to its CRS, as given by the file.

    Raises
    ------
    ValueError
        If a polygon is empty, crosses itself or is no polygon.
    """
    shapes = np.asarray(polygons, dtype=object)
    kinds = shapely.get_type_id(shapes)
    if not np.all(np.isin(kinds, [3, 6])) or shapely.is_empty(shapes).any():
        raise ValueError("polygons and multipolygons that are not empty are expected")
    if not shapely.is_valid(shapes).all():
        bad = shapes[~shapely.is_valid(shapes)][0]
        raise ValueError(f"a polygon is not valid: {shapely.is_valid_reason(bad)}")
    parts, owner = shapely.get_parts(shapes, return_index=True)
    _, points, (start, part_ring) = shapely.to_ragged_array(parts)
    x, y = mapped(~transform, points[:, 0], points[:, 1])
    start = np.asarray(start, dtype=np.int64)
    signed = _signed_areas(x, y, start)
    is_outer = np.zeros(len(signed), dtype=bool)
    is_outer[part_ring[:-1]] = True
    part_count = np.bincount(owner, minlength=len(shapes))
    first_part = np.concatenate([[0], np.cumsum(part_count)])
    first_ring = np.asarray(part_ring, dtype=np.int64)[first_part]
    share = np.where(is_outer, np.abs(signed), -np.abs(signed))
    first_vertex = start[first_ring[:-1]]
    box = np.column_stack(
        [
            np.minimum.reduceat(x, first_vertex),
            np.minimum.reduceat(y, first_vertex),
            np.maximum.reduceat(x, first_vertex),
            np.maximum.reduceat(y, first_vertex),
        ]
    )
    return Rings(
        x=x,
        y=y,
        start=start,
        turn=np.where(is_outer, -1.0, 1.0) * np.where(signed < 0, -1.0, 1.0),
        first_ring=first_ring,
        area_cells=np.add.reduceat(share, first_ring[:-1]),
        box=box,
    )


def mapped(transform: Affine, x: Any, y: Any) -> tuple[Any, Any]:
    """Apply an affine transform to numbers or arrays."""
    return (
        transform.a * x + transform.b * y + transform.c,
        transform.d * x + transform.e * y + transform.f,
    )


def _signed_areas(x: NDArray, y: NDArray, start: NDArray[np.int64]) -> NDArray:
    """Shoelace area of each closed ring, taken about its first vertex."""
    count = np.diff(start)
    dx = x - np.repeat(x[start[:-1]], count)
    dy = y - np.repeat(y[start[:-1]], count)
    cross = np.zeros(len(x))
    cross[:-1] = dx[:-1] * dy[1:] - dx[1:] * dy[:-1]
    cross[start[1:] - 1] = 0.0
    return np.add.reduceat(cross, start[:-1]) / 2
