"""The ground that maps are drawn on: borders, lakes, places and shaded relief.

Layers come from the manifest. A layer that is missing is named on the page, and the
map is drawn without it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pyogrio
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.io import MemoryFile
from rasterio.warp import reproject

from pipeline.core.errors import input_error
from pipeline.core.geo import require_crs
from pipeline.core.layers import LocalLayer, Manifest
from pipeline.core.tables import STORAGE_CRS

MARGIN_DEG: Final = 2.0
SIMPLIFY_DEG: Final = 0.003
_RELIEF_WIDTH: Final = 1400
_SUN_AZIMUTH_DEG: Final = 315.0
_SUN_HEIGHT_DEG: Final = 45.0
_EXAGGERATION: Final = 8.0
_MERCATOR: Final = "EPSG:3857"
Bounds4 = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Relief:
    """Shaded relief in Web Mercator as a data address, and its box in degrees."""

    address: str
    bounds_deg: Bounds4


@dataclass(frozen=True)
class BaseMap:
    """Vectors (EPSG:4326) and relief; None where the layer is missing.

    ``missing`` lists the uses (keys of the region's ``layers``) without a file.
    """

    countries: gpd.GeoDataFrame | None = None
    boundary_lines: gpd.GeoDataFrame | None = None
    lakes: gpd.GeoDataFrame | None = None
    places: gpd.GeoDataFrame | None = None
    relief: Relief | None = None
    missing: tuple[str, ...] = field(default=())


def read_base_map(manifest: Manifest, bounds_deg: Bounds4) -> BaseMap:
    """Read the base map's layers for a box with a margin around it.

    Parameters
    ----------
    manifest
        Layers of the region on this machine.
    bounds_deg
        West, south, east, north of the region.

    Raises
    ------
    InputError
        If a file cannot be read or has another CRS than EPSG:4326.
    """
    west, south, east, north = bounds_deg
    box = (
        west - MARGIN_DEG,
        south - MARGIN_DEG,
        east + MARGIN_DEG,
        north + MARGIN_DEG,
    )
    missing: list[str] = []

    def layer(use: str, read: Callable[[LocalLayer, Bounds4], Any]) -> Any:
        available = manifest.available(use)
        if not available:
            missing.append(use)
            return None
        return read(available[0], box)

    countries = layer("borders", _vectors)
    lines = layer("boundary_lines", _vectors)
    if lines is None and countries is not None:
        lines = edges_between(countries)
    return BaseMap(
        countries=countries,
        boundary_lines=lines,
        lakes=layer("lakes", _vectors),
        places=layer("places", _vectors),
        relief=layer("relief", _relief),
        missing=tuple(missing),
    )


def edges_between(countries: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Common edges of country polygons, as lines whose status nothing states."""
    shapes = shapely.make_valid(countries.geometry.array)
    tree = shapely.STRtree(shapes)
    first, second = tree.query(shapes, predicate="intersects")
    pairs = first < second
    common = shapely.intersection(
        shapely.boundary(shapes[first[pairs]]), shapely.boundary(shapes[second[pairs]])
    )
    parts = shapely.get_parts(common)
    lines = shapely.line_merge(
        shapely.multilinestrings(parts[shapely.get_dimensions(parts) == 1])
    )
    return gpd.GeoDataFrame(
        {"status": ["not_stated"]}, geometry=[lines], crs=countries.crs
    )


def _vectors(item: LocalLayer, box: Bounds4) -> gpd.GeoDataFrame:
    path = _path(item)
    try:
        frame = pyogrio.read_dataframe(path, layer=item.layer.table, bbox=box)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise _unreadable(path, error) from None
    require_crs(frame, STORAGE_CRS, path.name)
    clipped = frame.set_geometry(shapely.clip_by_rect(frame.geometry.array, *box))
    return clipped[~clipped.geometry.is_empty].reset_index(drop=True)


def _path(item: LocalLayer) -> Path:
    if item.path is None:
        raise ValueError(f"layer {item.layer.id} is available but has no path")
    return item.path


def _unreadable(path: Path, error: Exception) -> Exception:
    return input_error(
        path,
        found=f"a file that cannot be read ({error})",
        expected="a layer of the base map",
        fix="run 'natech retrieve' again",
    )


def simplified(frame: gpd.GeoDataFrame, tolerance_deg: float) -> gpd.GeoDataFrame:
    """Copy with fewer vertices; topology of each shape is kept."""
    shapes = frame.geometry.simplify(tolerance_deg, preserve_topology=True)
    return frame.set_geometry(shapes)


def _relief(item: LocalLayer, box: Bounds4) -> Relief:
    path = _path(item)
    try:
        with rasterio.open(path) as source:
            west, south, east, north = (
                max(box[0], source.bounds.left),
                max(box[1], source.bounds.bottom),
                min(box[2], source.bounds.right),
                min(box[3], source.bounds.top),
            )
            height_m, size_m = _mercator_heights(source, (west, south, east, north))
    except rasterio.errors.RasterioError as error:
        raise _unreadable(path, error) from None
    shade = hillshade(height_m, size_m)
    return Relief(_as_address(shade), (west, south, east, north))


def _mercator_heights(
    source: Any, bounds_deg: Bounds4
) -> tuple[NDArray[np.float64], float]:
    transform = Transformer.from_crs(STORAGE_CRS, _MERCATOR, always_xy=True)
    x0, y0 = transform.transform(bounds_deg[0], bounds_deg[1])
    x1, y1 = transform.transform(bounds_deg[2], bounds_deg[3])
    columns = _RELIEF_WIDTH
    rows = max(2, round(columns * (y1 - y0) / (x1 - x0)))
    heights = np.full((rows, columns), np.nan)
    reproject(
        rasterio.band(source, 1),
        heights,
        dst_transform=Affine((x1 - x0) / columns, 0, x0, 0, -(y1 - y0) / rows, y1),
        dst_crs=_MERCATOR,
        dst_nodata=np.nan,
        resampling=Resampling.cubic_spline,
    )
    return heights, (x1 - x0) / columns


def hillshade(height_m: NDArray[np.float64], cell_m: float) -> NDArray[np.uint8]:
    """Light and shadow of a terrain, sun in the north-west.

    Parameters
    ----------
    height_m
        Shape (rows, columns), rows from north to south. NaN where unknown.
    cell_m
        Size of a cell in metres.

    Returns
    -------
    numpy.ndarray
        Grey values, 0 dark to 255 light, lifted so that vectors stay readable on
        top; flat and unknown ground have one value.
    """
    known = np.nan_to_num(height_m, nan=0.0) * _EXAGGERATION
    d_south, d_east = np.gradient(known, cell_m)
    azimuth, height = np.radians(_SUN_AZIMUTH_DEG), np.radians(_SUN_HEIGHT_DEG)
    sun = (
        np.sin(azimuth) * np.cos(height),
        np.cos(azimuth) * np.cos(height),
        np.sin(height),
    )
    norm = np.sqrt(1.0 + d_east**2 + d_south**2)
    light = (-d_east * sun[0] + d_south * sun[1] + sun[2]) / norm
    light = np.where(np.isnan(height_m), sun[2], light)
    grey = 0.96 + 0.30 * (light - sun[2])
    return np.asarray(np.clip(255.0 * grey, 0, 255), dtype=np.uint8)


def _as_address(grey: NDArray[np.uint8]) -> str:
    rows, columns = grey.shape
    with MemoryFile() as memory:
        profile = {
            "driver": "WEBP",
            "height": rows,
            "width": columns,
            "count": 3,
            "dtype": "uint8",
            "transform": Affine(2, 0, 0, 0, -2, 0),
            "QUALITY": 70,
        }
        with memory.open(**profile) as target:
            for band in (1, 2, 3):
                target.write(grey, band)
        content = bytes(memory.read())
    return "data:image/webp;base64," + base64.b64encode(content).decode("ascii")
