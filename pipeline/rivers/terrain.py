"""Read a relief: heights at places, and a river layer made of the whole grid."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Proj, Transformer
from rasterio.features import rasterize

from pipeline.core.errors import input_error
from pipeline.core.geo import WGS84
from pipeline.core.methods.network import NetworkMethods
from pipeline.core.tables import STORAGE_CRS
from pipeline.rivers import dem
from pipeline.rivers.network import Lines, measured_lines

log = logging.getLogger(__name__)

Numbers = NDArray[np.float64]
SMALLEST_DROP_M: Final = 1.0
_BLOCKS: Final = 64
_M_PER_DEG: Final = 111_195.0
_OPEN_REMARK: Final = (
    "drainage area may be incomplete: it reaches the frame of the relief"
)


@dataclass(frozen=True, slots=True)
class Relief:
    """Terrain heights in m on a grid, rows from north to south (north up).

    ``height_m`` is `dem.NODATA_M` where there is none; ``crs`` is that of the
    transform, geographic or projected in metres.
    """

    height_m: NDArray[np.float32]
    transform: Affine
    crs: CRS
    source: str

    def to_degrees(self, cell: NDArray[np.int64]) -> tuple[Numbers, Numbers]:
        """Longitude and latitude of the centres of cells."""
        row, column = np.divmod(cell, self.height_m.shape[1])
        x = self.transform.c + (column + 0.5) * self.transform.a
        y = self.transform.f + (row + 0.5) * self.transform.e
        if self.crs.is_geographic:
            return x, y
        turn = Transformer.from_crs(self.crs, STORAGE_CRS, always_xy=True)
        lon, lat = turn.transform(x, y)
        return np.asarray(lon), np.asarray(lat)

    def cell_area_m2(self) -> Numbers:
        """Area of a cell on the ellipsoid, by row (degrees) or by block (metres)."""
        rows, columns = self.height_m.shape
        if self.crs.is_geographic:
            return row_areas_m2(self.transform, rows)[:, None]
        tall, wide = min(rows, _BLOCKS), min(columns, _BLOCKS)
        row = ((np.arange(tall) + 0.5) * rows / tall).astype(np.int64)
        column = ((np.arange(wide) + 0.5) * columns / wide).astype(np.int64)
        lon, lat = self.to_degrees((row[:, None] * columns + column).ravel())
        scale = Proj(self.crs).get_factors(lon, lat).areal_scale
        plane = abs(self.transform.a * self.transform.e)
        return np.asarray(plane / np.asarray(scale)).reshape(tall, wide)


def row_areas_m2(transform: Affine, rows: int) -> Numbers:
    """Area of one cell of every row of a grid in degrees, on the ellipsoid."""
    edge = np.deg2rad(transform.f + np.arange(rows + 1) * transform.e)
    e = np.sqrt(WGS84.es)
    sine = np.sin(edge)
    zone = sine / (1 - WGS84.es * sine**2) + np.arctanh(e * sine) / e
    width = np.deg2rad(abs(transform.a))
    return np.asarray(np.abs(np.diff(zone)) * width * WGS84.b**2 / 2)


def read_relief(path: Path) -> Relief:
    """Read a single-band raster of terrain heights in metres.

    Raises
    ------
    InputError
        If it cannot be read, has no CRS, is turned, not north up, or in feet.
    """
    try:
        with rasterio.open(path) as source:
            band = source.read(1, out_dtype=np.float32, masked=True)
            transform, stored = source.transform, source.crs
    except rasterio.errors.RasterioIOError as error:
        raise input_error(
            path,
            found=f"a file that cannot be read ({error})",
            expected="a raster of terrain heights",
            fix="fetch the file again",
        ) from None
    crs = CRS.from_user_input(stored) if stored else None
    metric = crs is not None and (
        crs.is_geographic or crs.axis_info[0].unit_name in ("metre", "meter")
    )
    upright = transform.b == 0 and transform.d == 0 and transform.e < 0 < transform.a
    if crs is None or not metric or not upright:
        raise input_error(
            path,
            field="crs" if not metric else "transform",
            found=f"CRS {crs}, transform {tuple(transform)[:6]}",
            expected="a CRS in degrees or metres, rows from north to south",
            fix="warp the raster to such a CRS, north up",
        )
    height = band.filled(dem.NODATA_M)
    height[~np.isfinite(height)] = dem.NODATA_M
    return Relief(height, transform, crs, str(path))


def heights_at(path: Path, lon_deg: Numbers, lat_deg: Numbers) -> Numbers:
    """Heights of a raster at places, NaN outside it and where it has no data."""
    with rasterio.open(path) as source:
        turn = Transformer.from_crs(STORAGE_CRS, source.crs, always_xy=True)
        x, y = turn.transform(lon_deg, lat_deg)
        values = source.sample(zip(x, y, strict=True), indexes=1, masked=True)
        found = [np.nan if v.mask.any() else float(v[0]) for v in values]
    return np.array(found, dtype=np.float64)


def cell_size_m(path: Path) -> float:
    """Height of a raster's cells on the ground in m, roughly."""
    with rasterio.open(path) as source:
        size = abs(source.transform.e)
        return float(size * _M_PER_DEG if source.crs.is_geographic else size)


def burn(relief: Relief, lines: gpd.GeoDataFrame, depth_m: float) -> NDArray[Any]:
    """Heights with the cells that lines touch lowered by a depth."""
    shapes = lines.to_crs(relief.crs).geometry
    shapes = [shape for shape in shapes if shape is not None and not shape.is_empty]
    if not shapes:
        return relief.height_m
    touched = rasterize(
        shapes,
        out_shape=relief.height_m.shape,
        transform=relief.transform,
        all_touched=True,
        dtype="uint8",
    )
    lowered = relief.height_m.copy()
    lowered[(touched == 1) & (lowered != dem.NODATA_M)] -= np.float32(depth_m)
    return lowered


def river_layer(
    relief: Relief, methods: NetworkMethods, lines: gpd.GeoDataFrame | None = None
) -> gpd.GeoDataFrame:
    """River layer in the project's columns, from a relief.

    Parameters
    ----------
    lines
        Rivers to burn in; None leaves the relief as it is.

    Raises
    ------
    InputError
        If no cell drains the smallest area of a river.

    Notes
    -----
    Slopes come from the relief as it is (neither filled nor lowered) and stay empty
    where a reach falls less than 1 m, which heights in whole metres cannot tell.
    """
    height = relief.height_m
    if lines is not None:
        height = burn(relief, lines, methods.burn_depth_m)
    codes = dem.flow_directions(height, methods.pit_depth_m)
    links = dem.river_links(codes, relief.cell_area_m2(), methods.min_area_km2 * 1e6)
    if not len(links):
        raise input_error(
            relief.source,
            found=f"no cell that drains {methods.min_area_km2:g} km2",
            expected="a relief that holds rivers",
            fix="lower 'min_area_km2', or use a larger relief",
        )
    log.info("%d reaches from %s", len(links), Path(relief.source).name)
    lon, lat = relief.to_degrees(links.cell)
    course = measured_lines(lon, lat, links.offset)
    return _frame(relief, links, course, methods)


def _frame(
    relief: Relief, links: dem.Links, course: Lines, methods: NetworkMethods
) -> gpd.GeoDataFrame:
    length = course.length_m()
    flat = relief.height_m.ravel()
    top = flat[links.cell[links.offset[:-1]]].astype(np.float64)
    bottom = flat[links.cell[links.offset[1:] - 1]].astype(np.float64)
    drop = np.where(top - bottom >= SMALLEST_DROP_M, top - bottom, np.nan)
    area_km2 = links.area_m2 / 1e6
    relation = methods.discharge_relation
    estimated = relation is not None
    count = len(links)
    discharge = np.full(count, np.nan)
    if relation is not None:
        discharge = relation.factor * area_km2**relation.power
    owner = np.repeat(np.arange(count), np.diff(links.offset))
    points = np.column_stack([course.lon_deg, course.lat_deg])
    following = [None if k < 0 else int(k) + 1 for k in links.following]
    return gpd.GeoDataFrame(
        {
            "reach_id": np.arange(1, count + 1),
            "next_reach_id": np.array(following, dtype=np.float64),
            "terminal_name": _words(
                links.following < 0, "end of the relief, or a sink in it"
            ),
            "flow_length_m": length,
            "slope": np.minimum(drop / length, 1.0),
            "upstream_area_km2": area_km2,
            "discharge_mean_m3s": discharge,
            "discharge_uncertainty_factor": relation.scatter_factor
            if relation is not None
            else np.nan,
            "discharge_status": ["estimated_regional" if estimated else None] * count,
            "discharge_how": [
                f"from the drainage area, stated relation ({relation.source})"
                if relation is not None
                else None
            ]
            * count,
            "strahler_order": dem.strahler_orders(links.following),
            "remark": _words(links.is_open, _OPEN_REMARK),
        },
        geometry=shapely.linestrings(points, indices=owner),
        crs=STORAGE_CRS,
    )


def _words(where: NDArray[np.bool_], text: str) -> NDArray[np.object_]:
    """One text at some places, None at all others."""
    result = np.full(len(where), None, dtype=object)
    result[where] = text
    return result
