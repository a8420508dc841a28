"""The grid that all hazard maps of a region share, and its blocks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import rasterio
from affine import Affine
from pyproj import CRS, Transformer

from pipeline.core.config import Region
from pipeline.core.errors import input_error

_MOST_CELLS: Final = 4_000_000_000
_EDGE_POINTS: Final = 101
_ROUNDING_CELLS: Final = 1e-6


@dataclass(frozen=True, slots=True)
class RegionGrid:
    """A north-up grid.

    ``crs`` is of rasterio. ``cell`` is the side of a cell in the units of the CRS,
    metres or degrees; ``left`` and ``top`` are the corner of the first cell.
    """

    crs: Any
    left: float
    top: float
    cell: float
    height: int
    width: int

    @property
    def transform(self) -> Affine:
        """Map cell corners (column, row) to the CRS."""
        return Affine(self.cell, 0.0, self.left, 0.0, -self.cell, self.top)


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a grid: first row and column, and how many of each."""

    top: int
    left: int
    height: int
    width: int

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return self.height * self.width

    def quarters(self) -> Iterator[Block]:
        """Two to four parts that make up the block; the block must have two cells."""
        rows, columns = _halves(self.top, self.height), _halves(self.left, self.width)
        for top, height in rows:
            for left, width in columns:
                yield Block(top, left, height, width)


def _halves(first: int, count: int) -> list[tuple[int, int]]:
    if count == 1:
        return [(first, 1)]
    return [(first, count // 2), (first + count // 2, count - count // 2)]


def region_grid(region: Region) -> RegionGrid | None:
    """Grid of a region's maps, or None where the region states none.

    Cells in metres lie in the region's metric CRS, cells in degrees in EPSG:4326.
    Edges are whole multiples of the cell, so grids of one CRS and cell fit together.

    Raises
    ------
    InputError
        If the box cannot be laid out in the CRS, or the grid would be too large.
    """
    maps = region.config.maps
    if maps is None:
        return None
    if maps.cell_deg is not None:
        return _covering(
            region, "EPSG:4326", region.config.bbox.bounds, maps.cell_deg, "cell_deg"
        )
    crs = CRS.from_user_input(region.config.metric_crs)
    to_metres = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    bounds = to_metres.transform_bounds(
        *region.config.bbox.bounds, densify_pts=_EDGE_POINTS
    )
    return _covering(region, crs.to_wkt(), bounds, maps.cell_m or math.nan, "cell_m")


def _covering(
    region: Region,
    crs: str,
    bounds: tuple[float, float, float, float],
    cell: float,
    key: str,
) -> RegionGrid:
    if not all(map(math.isfinite, bounds)):
        raise input_error(
            region.path,
            field="metric_crs",
            found=f"a projection in which the box has the limits {bounds}",
            expected="a projection that holds the whole box",
            fix="choose a CRS made for the region, or state maps.cell_deg",
        )
    west, south, east, north = bounds
    slack = _ROUNDING_CELLS
    first, last = math.floor(west / cell + slack), math.ceil(east / cell - slack)
    low, high = math.floor(south / cell + slack), math.ceil(north / cell - slack)
    width, height = last - first, high - low
    if width * height > _MOST_CELLS:
        raise input_error(
            region.path,
            field=f"maps.{key}",
            found=f"{cell:g}, which makes {width:,} x {height:,} cells",
            expected=f"at most {_MOST_CELLS:,} cells",
            fix="state larger cells",
        )
    return RegionGrid(
        rasterio.CRS.from_user_input(crs),
        first * cell,
        high * cell,
        cell,
        height,
        width,
    )
