"""Read what methods of derived layers take whole: terrain around places, features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import Transformer
from shapely.geometry import Point

from pipeline.core.errors import input_error
from pipeline.core.geo import (
    area_m2,
    from_local_plane,
    on_local_plane,
    require_crs,
)
from pipeline.core.layers import Band, Layer
from pipeline.core.model import Status
from pipeline.core.rings import mapped
from pipeline.hazards.checks import check_possible
from pipeline.hazards.derivation import Features, Heights
from pipeline.hazards.flow_file import cell_size_m
from pipeline.hazards.places import Place
from pipeline.hazards.samples import Sample, Sampled
from pipeline.hazards.sampling.blocks import BlockReader
from pipeline.hazards.sampling.grid import Grid, open_raster

_MAX_CELLS: Final = 20_000_000
_AREA_COLUMN: Final = "area_m2"
_VOLUME_COLUMN: Final = "volume_m3"


def read_heights(
    layer: Layer, path: Path, places: Sequence[Place], reach_m: float
) -> dict[str, Heights]:
    """Terrain around every place, by facility, two cells farther than ``reach_m``.

    Raises
    ------
    InputError
        If the raster is rotated or south-up, holds heights that cannot be, or a place
        needs too many cells.
    """
    with open_raster(layer, path) as (dataset, grid):
        _check_north_up(grid, layer)
        reader = BlockReader(dataset, grid, (1,))
        ways = _Ways(
            Transformer.from_crs("EPSG:4326", grid.crs, always_xy=True),
            Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True),
        )
        cell_m = cell_size_m(grid)
        found = {
            place.tmf_id: _heights(place, reach_m + 2 * cell_m, grid, reader, ways)
            for place in places
        }
    for tmf_id, terrain in found.items():
        _check_heights(layer, tmf_id, terrain)
    return found


def _check_heights(layer: Layer, tmf_id: str, terrain: Heights) -> None:
    """Stop at heights that no ground has."""
    known = terrain.height_m[~np.isnan(terrain.height_m)]
    extremes = (float(known.min()), float(known.max())) if known.size else (None, None)
    band = Band(level="height")
    one = Sample(tmf_id, band, Status.MEASURED, None, None, None, 1.0, *extremes)
    check_possible(layer, Sampled((one,)))


@dataclass(frozen=True, slots=True)
class _Ways:
    """Between longitude and latitude and the CRS of a raster."""

    to_grid: Transformer
    to_degrees: Transformer


def _heights(
    place: Place, reach_m: float, grid: Grid, reader: BlockReader, ways: _Ways
) -> Heights:
    centre = (place.lon_deg, place.lat_deg)
    own = on_local_plane(place.outline or Point(*centre), *centre)
    box_m = shapely.box(*own.buffer(reach_m).bounds)
    top, left, bottom, right = _window(box_m, centre, ways.to_grid, grid)
    if (bottom - top) * (right - left) > _MAX_CELLS:
        raise input_error(
            grid.path,
            field=grid.layer_id,
            found=f"{(bottom - top) * (right - left):,} cells around {place.tmf_id}",
            expected=f"at most {_MAX_CELLS:,}",
            fix="resample the relief to coarser cells, or shorten the distance",
        )
    rows, columns = np.mgrid[top:bottom, left:right]
    lon, lat = ways.to_degrees.transform(
        *mapped(grid.transform, columns + 0.5, rows + 0.5)
    )
    height = np.full(rows.shape, np.nan)
    inner = max(top, 0), max(left, 0), min(bottom, grid.height), min(right, grid.width)
    if inner[0] < inner[2] and inner[1] < inner[3]:
        inside = (
            slice(inner[0] - top, inner[2] - top),
            slice(inner[1] - left, inner[3] - left),
        )
        height[inside] = reader.window(*inner)[0].astype(np.float64)
    x_m, y_m = _local(lon, lat, centre)
    points = shapely.points(x_m, y_m)
    away = shapely.distance(points, own)
    dx_m, dy_m = _sides(x_m, y_m, cell_size_m(grid))
    own_cells = shapely.contains_xy(own, x_m, y_m)
    return Heights(height, dx_m, dy_m, own_cells, away)


def _window(
    box_m: shapely.Polygon,
    centre: tuple[float, float],
    to_grid: Transformer,
    grid: Grid,
) -> tuple[int, int, int, int]:
    """Rows and columns that a box touches, perhaps beyond the raster."""
    ring = shapely.get_coordinates(shapely.segmentize(box_m, box_m.length / 40))
    x, y = mapped(
        ~grid.transform,
        *to_grid.transform(*from_local_plane(ring[:, 0], ring[:, 1], *centre)),
    )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return 0, 0, 0, 0  # the CRS of the raster does not reach the place
    left, right = math.floor(x.min()), math.ceil(x.max())
    top, bottom = math.floor(y.min()), math.ceil(y.max())
    return top, left, bottom, right


def _local(
    lon: NDArray[np.float64], lat: NDArray[np.float64], centre: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    flat = shapely.MultiPoint(np.column_stack([lon.ravel(), lat.ravel()]))
    xy = shapely.get_coordinates(on_local_plane(flat, *centre))
    return xy[:, 0].reshape(lon.shape), xy[:, 1].reshape(lon.shape)


def _sides(
    x_m: NDArray[np.float64], y_m: NDArray[np.float64], cell_m: float
) -> tuple[float, float]:
    """Sides of a cell in the middle of a window, metres."""
    rows, columns = x_m.shape
    if rows < 2 or columns < 2:
        return cell_m, cell_m
    r, c = rows // 2 - 1, columns // 2 - 1
    dx = math.hypot(x_m[r, c + 1] - x_m[r, c], y_m[r, c + 1] - y_m[r, c])
    dy = math.hypot(x_m[r + 1, c] - x_m[r, c], y_m[r + 1, c] - y_m[r, c])
    return dx, dy


def _check_north_up(grid: Grid, layer: Layer) -> None:
    t = grid.transform
    if t.b != 0 or t.d != 0 or t.a <= 0 or t.e >= 0:
        raise input_error(
            grid.path,
            field=layer.id,
            found=f"the transform {tuple(t)[:6]}",
            expected="rows from north to south and columns from west to east",
            fix="warp the raster north up (gdalwarp)",
        )


def read_features(layer: Layer, path: Path) -> Features:
    """Points or polygons; areas and volumes from columns, else areas of polygons.

    Raises
    ------
    InputError
        If the file cannot be read or has another CRS than the registry declares.
    """
    try:
        frame = pyogrio.read_dataframe(path, layer=layer.table)
    except (DataSourceError, DataLayerError, OSError) as error:
        raise input_error(
            path,
            field=layer.id,
            found=f"a file that cannot be read ({error})",
            expected="points or polygons",
            fix="fetch the file again, or correct 'file' and 'table' in the registry",
        ) from None
    if layer.crs is not None:
        require_crs(frame, layer.crs, f"{path} ({layer.id})")
    frame = frame.to_crs("EPSG:4326")
    frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    shapes = frame.geometry.to_numpy()
    points = shapely.point_on_surface(shapes)
    areas = np.array([area_m2(s) if s.area > 0 else np.nan for s in shapes])
    unknown = np.full(len(frame), np.nan)
    return Features(
        shapely.get_x(points),
        shapely.get_y(points),
        _column(frame, _AREA_COLUMN, areas),
        _column(frame, _VOLUME_COLUMN, unknown),
    )


def _column(
    frame: gpd.GeoDataFrame, name: str, usual: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Numbers of a column, or what stands in where there is no such column."""
    if name not in frame.columns:
        return usual
    return frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
