"""Look at a raster: any that GDAL reads, NetCDF and Zarr with CF metadata."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from pipeline.core.cf_raster import CfRaster, is_cf_file
from pipeline.core.errors import input_error
from pipeline.core.rings import mapped
from pipeline.retrieve.check_raster import corner_bounds
from pipeline.retrieve.layer_facts import BandFacts, Box, Preview, RasterFacts

_FULL_READ_BYTES: Final = 400_000_000
_PREVIEW_CELLS: Final = 600
_STORAGE_CRS: Final = "EPSG:4326"


def inspect_raster(
    path: Path, variable: str | None = None, region_deg: Box | None = None
) -> RasterFacts:
    """Read metadata, statistics and a preview of a raster.

    Parameters
    ----------
    path
        File, or folder of a Zarr store.
    variable
        Variable of a NetCDF file or Zarr store.
    region_deg
        West, south, east, north in degrees; the preview of a larger raster is cut to
        it.

    Raises
    ------
    InputError
        If the file is cut off or damaged, or holds no numbers.
    rasterio.errors.RasterioIOError
        If the file is no raster at all.

    Notes
    -----
    Up to 400 MB of cells are counted whole; of a larger raster the preview alone is.
    """
    with opened(path, variable) as raster:
        _check_numbers(raster, path)
        try:
            preview = _preview(raster, region_deg)
            bands, is_whole = _statistics(raster, preview)
        except RasterioError as error:
            raise input_error(
                path,
                found=f"a raster that cannot be read to its end ({_reason(error)})",
                expected="a complete raster",
                fix="copy or download the file again",
            ) from None
        grid = raster.transform
        is_point = not is_cf_file(path) and (
            str(raster.tags().get("AREA_OR_POINT", "")).lower() == "point"
        )
        return RasterFacts(
            path=path,
            driver=str(getattr(raster, "driver", "CF")),
            crs=crs_text(raster.crs),
            cell_x=math.hypot(grid.a, grid.d),
            cell_y=math.hypot(grid.b, grid.e),
            cell_unit=_cell_unit(raster.crs),
            width=raster.width,
            height=raster.height,
            box_deg=_box_deg(raster),
            is_point=is_point,
            is_south_up=grid.e > 0,
            is_rotated=bool(grid.b or grid.d),
            has_side_file=path.with_name(path.name + ".aux.xml").exists(),
            bands=bands,
            is_counted_whole=is_whole,
            preview=preview,
        )


@contextmanager
def opened(path: Path, variable: str | None = None) -> Iterator[Any]:
    """Open a raster the way the stages do: without side files of GDAL."""
    with rasterio.Env(GDAL_PAM_ENABLED=False), warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # said in words
        raster = CfRaster(path, variable) if is_cf_file(path) else rasterio.open(path)
        with raster:
            yield raster


def crs_text(crs: Any) -> str | None:
    """CRS as ``EPSG:...`` where it has such a code, else as WKT; None without."""
    if not crs:
        return None
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt())


def has_place(grid: Affine) -> bool:
    """Whether a transform says where the cells lie."""
    return not grid.is_identity


def _check_numbers(raster: Any, path: Path) -> None:
    odd = sorted({str(d) for d in raster.dtypes if np.dtype(d).kind not in "iuf"})
    if odd:
        raise input_error(
            path,
            found=f"cells of type {', '.join(odd)}",
            expected="whole or decimal numbers",
            fix="convert the raster to float32 (gdal_translate -ot Float32)",
        )


def _box_deg(raster: Any) -> Box | None:
    if not raster.crs or not has_place(raster.transform):
        return None
    box = transform_bounds(raster.crs, _STORAGE_CRS, *corner_bounds(raster))
    west, south, east, north = (float(v) for v in box)
    return west, south, east, north


def _cell_unit(crs: Any) -> str:
    if not crs:
        return "units of unknown kind"
    if crs.is_geographic:
        return "deg"
    unit = str(crs.linear_units)
    return "m" if unit.startswith("met") else unit


def _preview(raster: Any, region_deg: Box | None) -> Preview:
    """Cells of the region, thinned so that no side has more than 600."""
    top, left, rows, columns = _cut(raster, region_deg)
    step = max(1, math.ceil(max(rows, columns) / _PREVIEW_CELLS))
    window = Window(left, top, columns, rows)
    bands = list(range(1, raster.count + 1))
    if isinstance(raster, CfRaster):
        values = raster.read(bands, window=window)[:, ::step, ::step]
        high, wide = values.shape[1:]
        scale_x = scale_y = float(step)
    else:
        high, wide = math.ceil(rows / step), math.ceil(columns / step)
        cells = raster.read(
            bands, window=window, out_shape=(len(bands), high, wide), masked=True
        )
        values = physical(cells, raster)
        scale_x, scale_y = columns / wide, rows / high
    grid = _thinned(raster.transform, left, top, scale_x, scale_y)
    is_whole = (high, wide) == (raster.height, raster.width)
    return Preview(values, grid, is_whole)


def _thinned(
    grid: Affine, left: int, top: int, scale_x: float, scale_y: float
) -> Affine:
    """Transform of a part that begins at a cell and has cells of several of its own."""
    x, y = mapped(grid, left, top)
    return Affine(
        grid.a * scale_x,
        grid.b * scale_y,
        float(x),
        grid.d * scale_x,
        grid.e * scale_y,
        float(y),
    )


def _cut(raster: Any, region_deg: Box | None) -> tuple[int, int, int, int]:
    """First row and column, rows and columns that the region touches, or all."""
    whole = (0, 0, raster.height, raster.width)
    grid = raster.transform
    is_small = raster.height * raster.width <= _PREVIEW_CELLS**2
    if region_deg is None or is_small or not raster.crs or not has_place(grid):
        return whole
    west, south, east, north = transform_bounds(_STORAGE_CRS, raster.crs, *region_deg)
    xs, ys = np.array([west, west, east, east]), np.array([south, north] * 2)
    columns, rows = mapped(~grid, xs, ys)
    left, right = (
        max(0, math.floor(min(columns))),
        min(raster.width, math.ceil(max(columns))),
    )
    top, bottom = (
        max(0, math.floor(min(rows))),
        min(raster.height, math.ceil(max(rows))),
    )
    if right <= left or bottom <= top:
        return whole
    return top, left, bottom - top, right - left


def physical(cells: Any, raster: Any) -> NDArray[np.float64]:
    """Physical values (bands, rows, columns) of masked cells, NaN without data."""
    scales = np.array(raster.scales)[:, None, None]
    offsets = np.array(raster.offsets)[:, None, None]
    values = np.ma.filled(cells.astype(np.float64), np.nan)
    return np.asarray(values * scales + offsets)


@dataclass
class _Count:
    """Running statistics of one band."""

    n_cells: int = 0
    n_valid: int = 0
    n_zero: int = 0
    n_infinite: int = 0
    total: float = 0.0
    low: float = field(default=math.inf)
    high: float = field(default=-math.inf)

    def add(self, values: NDArray[np.float64]) -> None:
        self.n_cells += values.size
        self.n_infinite += int(np.isinf(values).sum())
        known = values[np.isfinite(values)]
        if known.size:
            self.n_valid += known.size
            self.n_zero += int((known == 0).sum())
            self.total += float(known.sum())
            self.low = min(self.low, float(known.min()))
            self.high = max(self.high, float(known.max()))


def _statistics(raster: Any, preview: Preview) -> tuple[tuple[BandFacts, ...], bool]:
    counts = [_Count() for _ in range(raster.count)]
    cell_bytes = sum(np.dtype(name).itemsize for name in raster.dtypes)
    is_whole = raster.width * raster.height * cell_bytes <= _FULL_READ_BYTES
    if is_whole:
        bands = list(range(1, raster.count + 1))
        for _, window in raster.block_windows(1):
            values = raster.read(bands, window=window, masked=True)
            values = physical(values, raster)
            for count, cells in zip(counts, values, strict=True):
                count.add(cells)
    else:
        for count, cells in zip(counts, preview.values, strict=True):
            count.add(cells)
    units = getattr(raster, "units", (None,) * raster.count)
    return tuple(
        BandFacts(
            number=index + 1,
            description=raster.descriptions[index] or "",
            unit=units[index] or "",
            dtype=str(raster.dtypes[index]),
            nodata=raster.nodatavals[index],
            scale=float(raster.scales[index]),
            offset=float(raster.offsets[index]),
            n_cells=count.n_cells,
            n_valid=count.n_valid,
            n_zero=count.n_zero,
            n_infinite=count.n_infinite,
            low=count.low if count.n_valid else None,
            mean=count.total / count.n_valid if count.n_valid else None,
            high=count.high if count.n_valid else None,
        )
        for index, count in enumerate(counts)
    ), is_whole


def _reason(error: Exception) -> str:
    cause = error.__cause__ or error
    lines = str(cause).splitlines()
    return lines[0] if lines else type(cause).__name__
