"""One raster of a hazard layer: opened, checked, and read block by block.

Values leave this module as physical values with NaN for no data: scale and offset
tags are applied, the no-data value (the file's or the registry's), masks and NaN all
become NaN. Every block is decoded once while it stays in the reader's small store.
"""

from __future__ import annotations

import math
import warnings
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from pipeline.core.errors import InputError, input_error
from pipeline.core.layers import Layer
from pipeline.hazards.rings import mapped

_STORE_BYTES: Final = 96 << 20
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
        The open rasterio dataset and its `Grid`.

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
                dataset = rasterio.open(path)
        except RasterioError as error:
            raise input_error(
                path,
                found=f"a file that cannot be opened ({error})",
                expected=f"the raster of layer {layer.id!r}",
                fix="fetch the file again, or correct 'file' in the registry",
            ) from None
        with dataset:
            yield dataset, _checked(dataset, layer, path)


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
    return Grid(
        path=path,
        layer_id=layer.id,
        crs=dataset.crs,
        transform=dataset.transform,
        height=dataset.height,
        width=dataset.width,
        block_height=min(block_height, max(1, _MAX_STRIP_CELLS // dataset.width)),
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


class BlockReader:
    """Reads windows of some bands, decoding each block once while it is stored.

    Parameters
    ----------
    dataset, grid
        As `open_raster` yields them.
    bands
        Band numbers from 1; windows have them in this order.
    store_bytes
        Size of the store of decoded blocks.
    """

    def __init__(
        self,
        dataset: Any,
        grid: Grid,
        bands: tuple[int, ...],
        store_bytes: int = _STORE_BYTES,
    ) -> None:
        self.grid = grid
        self.bands = bands
        self.blocks_decoded = 0
        self._dataset = dataset
        self._store: OrderedDict[tuple[int, int], NDArray] = OrderedDict()
        picked = [b - 1 for b in bands]
        scales = np.array([grid.scales[b] for b in picked])
        offsets = np.array([grid.offsets[b] for b in picked])
        self._scaled = bool(np.any(scales != 1) or np.any(offsets != 0))
        self._scale, self._offset = scales[:, None, None], offsets[:, None, None]
        single = np.result_type(grid.dtype, np.float32)
        self.dtype = np.dtype(np.float64) if self._scaled else single
        block_bytes = grid.block_height * grid.block_width * len(bands)
        block_bytes *= self.dtype.itemsize
        self._stored_blocks = max(1, store_bytes // max(1, block_bytes))
        self._masked = [b for b in bands if _has_mask(dataset, b)]

    def window(self, top: int, left: int, bottom: int, right: int) -> NDArray:
        """Values of the cells [top, bottom) x [left, right), bands first.

        Returns
        -------
        ndarray
            Shape (bands, bottom - top, right - left); NaN is no data.

        Raises
        ------
        InputError
            If a block cannot be read (a truncated or damaged file).
        """
        grid = self.grid
        out = np.empty((len(self.bands), bottom - top, right - left), self.dtype)
        for bi in range(top // grid.block_height, -(-bottom // grid.block_height)):
            for bj in range(left // grid.block_width, -(-right // grid.block_width)):
                block = self.block(bi, bj)
                y0, x0 = bi * grid.block_height, bj * grid.block_width
                t, b = max(top, y0), min(bottom, y0 + block.shape[1])
                a, z = max(left, x0), min(right, x0 + block.shape[2])
                out[:, t - top : b - top, a - left : z - left] = block[
                    :, t - y0 : b - y0, a - x0 : z - x0
                ]
        return out

    def block(self, bi: int, bj: int) -> NDArray:
        """One decoded block (bands, rows, columns), from the store where possible."""
        key = (bi, bj)
        if key in self._store:
            self._store.move_to_end(key)
            return self._store[key]
        while len(self._store) >= self._stored_blocks:
            self._store.popitem(last=False)
        self._store[key] = self._decode(bi, bj)
        self.blocks_decoded += 1
        return self._store[key]

    def _decode(self, bi: int, bj: int) -> NDArray:
        grid = self.grid
        y0, x0 = bi * grid.block_height, bj * grid.block_width
        window = Window(
            x0,
            y0,
            min(grid.block_width, grid.width - x0),
            min(grid.block_height, grid.height - y0),
        )
        try:
            raw = self._dataset.read(list(self.bands), window=window)
            invalid = self._invalid(raw, window)
        except RasterioError as error:
            reason = str(error.__cause__ or error)
            raise _unreadable(grid, y0, x0, reason) from None
        values = raw.astype(self.dtype, copy=False)
        if self._scaled:
            values = values * self._scale + self._offset
        if invalid is not None:
            values[invalid] = np.nan
        values[np.isinf(values)] = np.nan
        return values

    def _invalid(self, raw: NDArray, window: Window) -> NDArray | None:
        nodata = self.grid.nodata
        invalid: NDArray | None = None
        if nodata is not None and not math.isnan(nodata):
            kind = raw.dtype if raw.dtype.kind == "f" else np.dtype(np.float64)
            with np.errstate(over="ignore"):
                invalid = raw == np.asarray(nodata).astype(kind)
        for index, band in enumerate(self.bands):
            if band in self._masked:
                mask = self._dataset.read_masks(band, window=window) == 0
                if invalid is None:
                    invalid = np.zeros(raw.shape, dtype=bool)
                invalid[index] |= mask
        return invalid


def _has_mask(dataset: Any, band: int) -> bool:
    flags = dataset.mask_flag_enums[band - 1]
    has_alpha = ColorInterp.alpha in dataset.colorinterp
    return MaskFlags.per_dataset in flags or (has_alpha and MaskFlags.alpha in flags)


def _unreadable(grid: Grid, row: int, column: int, reason: str) -> InputError:
    return input_error(
        grid.path,
        field=grid.layer_id,
        found=f"a block at row {row}, column {column} that cannot be read ({reason})",
        expected="a whole raster file",
        fix="fetch or make the file again; it is truncated or damaged",
    )
