"""One raster of a hazard layer: opened, and checked against the registry."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import rasterio
from affine import Affine
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from pipeline.core.cf_raster import CfRaster, is_cf_file
from pipeline.core.errors import input_error
from pipeline.core.layers import Layer
from pipeline.core.rings import mapped

_GDAL_CACHE_BYTES: Final = 32 << 20
_MAX_STRIP_CELLS: Final = 1 << 22


@dataclass(frozen=True, slots=True)
class Grid:
    """What must be known of a raster to sample it.

    ``transform`` maps cell corners (column, row) to the CRS exactly as the file gives
    it: south-up and rotated grids are kept. GDAL moves it by half a cell for files
    that state PixelIsPoint, so corners are corners there too. ``descriptions`` are the
    names of the bands, empty texts where there are none.
    """

    path: Path
    layer_id: str
    crs: Any
    transform: Affine
    height: int
    width: int
    block_height: int
    block_width: int
    descriptions: tuple[str, ...]
    dtype: np.dtype
    nodata: float | None
    scales: tuple[float, ...]
    offsets: tuple[float, ...]

    @property
    def is_geographic(self) -> bool:
        """Whether coordinates are longitude and latitude in degrees."""
        return bool(self.crs.is_geographic)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Least x, least y, largest x, largest y in the CRS, for any rotation."""
        columns = np.array([0, self.width, 0, self.width])
        rows = np.array([0, 0, self.height, self.height])
        xs, ys = mapped(self.transform, columns, rows)
        return float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())


@contextmanager
def open_raster(layer: Layer, path: Path) -> Iterator[tuple[Any, Grid]]:
    """Open a layer's raster and check that it is what the registry says.

    Yields
    ------
    tuple
        The open dataset (of rasterio, or a `CfRaster`) and its `Grid`.

    Raises
    ------
    InputError
        If the file cannot be opened or read, has no CRS or georeference, another CRS
        or another no-data value than the registry declares, or numbers that are not
        real.
    """
    options = {"GDAL_CACHEMAX": _GDAL_CACHE_BYTES, "GDAL_PAM_ENABLED": False}
    with rasterio.Env(**options):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                dataset = (
                    CfRaster(path, layer.table)
                    if is_cf_file(path)
                    else rasterio.open(path)
                )
        except RasterioError as error:
            raise input_error(
                path,
                found=f"a file that cannot be opened ({error})",
                expected=f"the raster of layer {layer.id!r}",
                fix="fetch the file again, or correct 'file' in the registry",
            ) from None
        with dataset:
            grid = _checked(dataset, layer, path)
            if isinstance(dataset, CfRaster) and dataset.nodata is not None:
                grid = replace(grid, nodata=math.nan)  # its values are physical
            yield dataset, grid


def _checked(dataset: Any, layer: Layer, path: Path) -> Grid:
    _check_georeference(dataset, layer, path)
    dtype = np.dtype(dataset.dtypes[0])
    if dtype.kind not in "iuf":
        raise input_error(
            path,
            field=layer.id,
            found=f"cells of type {dtype}",
            expected="whole or decimal numbers",
            fix="convert the raster to float32",
        )
    block_height, block_width = dataset.block_shapes[0]
    if block_width == dataset.width:  # strips, possibly the whole raster in one
        block_height = min(block_height, max(1, _MAX_STRIP_CELLS // block_width))
    return Grid(
        path=path,
        layer_id=layer.id,
        crs=dataset.crs,
        transform=dataset.transform,
        height=dataset.height,
        width=dataset.width,
        block_height=block_height,
        block_width=block_width,
        descriptions=tuple(text or "" for text in dataset.descriptions),
        dtype=dtype,
        nodata=_nodata(dataset, layer, path),
        scales=tuple(dataset.scales),
        offsets=tuple(dataset.offsets),
    )


def _check_georeference(dataset: Any, layer: Layer, path: Path) -> None:
    if dataset.crs is None:
        raise input_error(
            path,
            field=layer.id,
            found="no CRS stored in the raster",
            expected=layer.crs or "a CRS",
            fix="store the CRS in the file (gdal_edit -a_srs)",
        )
    if layer.crs is not None and dataset.crs != rasterio.CRS.from_user_input(layer.crs):
        raise input_error(
            path,
            field=layer.id,
            found=f"CRS {dataset.crs.to_string()}",
            expected=f"{layer.crs}, as the registry declares",
            fix="reproject the raster or correct 'crs' in the registry",
        )
    transform = dataset.transform
    numbers = tuple(transform)[:6]
    singular = not all(map(math.isfinite, numbers)) or transform.determinant == 0
    if singular or transform == Affine.identity():
        raise input_error(
            path,
            field=layer.id,
            found="no place on the ground (no geotransform)",
            expected="origin and cell size in the units of the CRS",
            fix="georeference the raster (gdal_translate -a_ullr, or gdalwarp)",
        )


def _nodata(dataset: Any, layer: Layer, path: Path) -> float | None:
    stored = dataset.nodata
    declared = None if layer.nodata is None else float(layer.nodata)
    if stored is None or declared is None:
        return declared if stored is None else float(stored)
    both_nan = math.isnan(stored) and math.isnan(declared)
    close = math.isclose(stored, declared, rel_tol=1e-6)
    if not both_nan and not close:
        raise input_error(
            path,
            field=layer.id,
            found=f"no-data value {stored:g} in the file",
            expected=f"{declared:g}, as the registry declares",
            fix="correct 'nodata' in the registry after looking at the file",
        )
    return float(stored)
