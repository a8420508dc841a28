"""Polygons and points drawn on the cells of a region, by the rules of facilities.

A cell has the value of the polygon in which its centre lies, the largest where several
do; or, for points, what the layer's statistic says for the cell's centre.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.features import rasterize
from scipy.spatial import cKDTree

from pipeline.core.layers import Layer, Points
from pipeline.core.rings import mapped
from pipeline.hazards.columns import numbers_of
from pipeline.hazards.levels import declared_levels, value_column
from pipeline.hazards.maps.harmonise import Placement, drawn_placement
from pipeline.hazards.maps.region_grid import Block, RegionGrid
from pipeline.hazards.samplers.vector import read_shapes, whole_polygons
from pipeline.hazards.sampling.points import counted_points, listed_area

_LONGEST_SIDE_DEG: Final = 0.1
_ELLIPSOID_M: Final = (6_378_137.0, 6_356_752.314245)
_MEAN_RADIUS_M: Final = 6_371_008.8
_FloatArray = NDArray[np.float64]
_DRAWING: Final = Lock()
"""rasterio silences a warning while it draws, which threads may not do at a time."""


def vector_source(
    layer: Layer, path: Path, target: RegionGrid
) -> PolygonSource | PointSource:
    """Source of a vector layer.

    Raises
    ------
    InputError
        As for facilities: a wrong CRS, other shapes, a missing column, a class that is
        not listed.
    """
    frame = read_shapes(layer, path)
    if layer.points is not None:
        return PointSource(layer, layer.points, frame, path, target)
    return PolygonSource(layer, frame, path, target)


class _Drawn:
    """What all sources share that draw on the region's own cells."""

    is_smooth = False
    cells_per_cell = 1.0
    subcells = 1
    block_rows = 0
    spans_width = False

    def __init__(self, layer: Layer, target: RegionGrid) -> None:
        self.layer, self._target = layer, target
        self.levels = declared_levels(layer)

    def place(self, block: Block) -> Placement:
        """The block's own cells."""
        return drawn_placement(block)

    def _transform(self, block: Block) -> Affine:
        return self._target.transform @ Affine.translation(block.left, block.top)


class PolygonSource(_Drawn):
    """Polygons whose value or class stands in a column."""

    def __init__(
        self, layer: Layer, frame: gpd.GeoDataFrame, path: Path, target: RegionGrid
    ) -> None:
        super().__init__(layer, target)
        shapes, _ = whole_polygons(frame, layer, path)
        self._shapes = _on_grid(shapes, target)
        self._tree = shapely.STRtree(self._shapes)
        self._numbers = [
            numbers_of(frame, value_column(layer, band), layer, path)
            for band in self.levels
        ]

    def fill(self, place: Placement, out: NDArray[np.float32]) -> None:
        """Values of the polygons at the centres of the cells; NaN outside of all."""
        block = place.block
        transform = self._transform(block)
        x, y = mapped(
            transform, np.array([0, block.width]), np.array([0, block.height])
        )
        near = self._tree.query(shapely.box(x.min(), y.min(), x.max(), y.max()))
        for level, numbers in enumerate(self._numbers):
            out[level] = np.nan
            known = near[~np.isnan(numbers[near])]
            order = known[np.argsort(numbers[known], kind="stable")]
            if order.size:  # the largest value is drawn last
                with _DRAWING:
                    rasterize(
                        zip(self._shapes[order], numbers[order], strict=True),
                        out=out[level],
                        transform=transform,
                    )


class PointSource(_Drawn):
    """Points, such as past events, that become a number at the centre of a cell."""

    def __init__(
        self,
        layer: Layer,
        how: Points,
        frame: gpd.GeoDataFrame,
        path: Path,
        target: RegionGrid,
    ) -> None:
        super().__init__(layer, target)
        self._how = how
        frame = counted_points(frame, how, layer, path)
        spots = _in_space(frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy())
        self._trees: list[tuple[cKDTree, _FloatArray]] = []
        for band in self.levels:
            values = np.ones(len(frame))
            if how.statistic == "largest":
                values = numbers_of(frame, value_column(layer, band), layer, path)
            known = ~np.isnan(values)
            self._trees.append((cKDTree(spots[known]), values[known]))

    def fill(self, place: Placement, out: NDArray[np.float32]) -> None:
        """The statistic at the centres of the cells; NaN where the list lists none."""
        lon, lat = self._centres(place.block)
        spots = _in_space(lon, lat)
        listed = np.isfinite(spots).all(axis=1)
        area = listed_area(self.layer)
        if area is not None:
            shapely.prepare(area)
            listed &= shapely.intersects_xy(area, lon, lat)
        for level, (tree, values) in enumerate(self._trees):
            found = np.full(len(lon), np.nan)
            found[listed] = self._statistic(tree, values, spots[listed])
            out[level] = found.reshape(out[level].shape)

    def _statistic(
        self, tree: cKDTree, values: _FloatArray, spots: _FloatArray
    ) -> _FloatArray:
        if self._how.radius_m is None:
            if tree.n == 0:
                return np.full(len(spots), np.nan)
            return np.asarray(_along_ground_m(tree.query(spots)[0]) / 1000)
        reach_m = _chord_m(self._how.radius_m)
        if self._how.statistic == "count":
            near = tree.query_ball_point(spots, reach_m, return_length=True)
            return np.asarray(near, dtype=np.float64)
        lists = tree.query_ball_point(spots, reach_m)
        return np.array([values[near].max(initial=0.0) for near in lists])

    def _centres(self, block: Block) -> tuple[_FloatArray, _FloatArray]:
        columns = np.arange(block.width) + 0.5
        rows = np.arange(block.height) + 0.5
        c, r = np.meshgrid(columns, rows)
        x, y = mapped(self._transform(block), c.ravel(), r.ravel())
        to_degrees = Transformer.from_crs(
            self._target.crs.to_wkt(), "EPSG:4326", always_xy=True
        )
        lon, lat = to_degrees.transform(x, y)
        return np.asarray(lon), np.asarray(lat)


def _on_grid(shapes: NDArray[Any], target: RegionGrid) -> NDArray[Any]:
    """Polygons in the CRS of the grid; long sides get more corners, so they stay put.

    A side of 0.1 degrees is straight to 2 m in any projection made for a region.
    """
    if target.crs.to_epsg() == 4326:
        return shapes
    to_grid = Transformer.from_crs("EPSG:4326", target.crs.to_wkt(), always_xy=True)
    fine = shapely.segmentize(shapes, _LONGEST_SIDE_DEG)
    moved = shapely.transform(fine, to_grid.transform, interleaved=False)
    return np.asarray(moved)


def _in_space(lon_deg: _FloatArray, lat_deg: _FloatArray) -> _FloatArray:
    """Points on the ellipsoid (WGS 84) in metres from its centre, shape (n, 3)."""
    a, b = _ELLIPSOID_M
    with np.errstate(invalid="ignore"):
        lon, lat = np.radians(lon_deg), np.radians(lat_deg)
        n = a**2 / np.sqrt((a * np.cos(lat)) ** 2 + (b * np.sin(lat)) ** 2)
        return np.column_stack(
            [
                n * np.cos(lat) * np.cos(lon),
                n * np.cos(lat) * np.sin(lon),
                n * (b / a) ** 2 * np.sin(lat),
            ]
        )


def _chord_m(ground_m: float) -> float:
    """Straight distance through the ground; right to 0.1 m at 200 km."""
    return float(2 * _MEAN_RADIUS_M * np.sin(ground_m / (2 * _MEAN_RADIUS_M)))


def _along_ground_m(chord_m: _FloatArray) -> _FloatArray:
    share = np.clip(chord_m / (2 * _MEAN_RADIUS_M), 0.0, 1.0)
    return np.asarray(2 * _MEAN_RADIUS_M * np.arcsin(share))
