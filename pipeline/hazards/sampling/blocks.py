"""Blocks of a raster, decoded once and kept in a small store.

Values leave this module as physical values with NaN for no data: scale and offset
tags are applied; the no-data value, masks and infinities all become NaN. GeoTIFFs of
the usual kinds are decoded by `pipeline.hazards.sampling.tiles`, all others by GDAL.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import RasterioError
from rasterio.windows import Window

from pipeline.core.errors import InputError, input_error
from pipeline.hazards.sampling.grid import Grid
from pipeline.hazards.sampling.tiles import DamagedBlockError, tile_decoder

_STORE_BYTES: Final = 96 << 20
_BLOCK_ROWS: Final = 4
_LEAST_STORE_BYTES: Final = 16 << 20
_MOST_STORE_BYTES: Final = 256 << 20


def row_store_bytes(grid: Grid) -> int:
    """Size of a store that holds the rows of blocks next to the one being read."""
    row_bytes = grid.width * grid.block_height * grid.dtype.itemsize
    wanted = max(_BLOCK_ROWS * row_bytes, _LEAST_STORE_BYTES)
    return min(wanted, _MOST_STORE_BYTES)


class BlockReader:
    """Reads windows of some bands, decoding each block once while it is stored.

    Parameters
    ----------
    dataset, grid
        As `open_raster` yields them.
    bands
        Band numbers from 1; windows have them in this order.
    store_bytes
        Size of the store of decoded blocks; the least recently used leave first.
    nodata_is_zero
        Whether a cell without data says that nothing is there.
    """

    def __init__(
        self,
        dataset: Any,
        grid: Grid,
        bands: tuple[int, ...],
        store_bytes: int = _STORE_BYTES,
        *,
        nodata_is_zero: bool = False,
    ) -> None:
        self.grid = grid
        self.bands = bands
        self._dataset = dataset
        self._tiles = tile_decoder(dataset, grid)
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
        is_float = grid.dtype.kind == "f" and grid.dtype == self.dtype
        self._nodata_is_zero = nodata_is_zero
        self._is_plain = (
            is_float and not self._masked and not self._scaled and not nodata_is_zero
        )
        self._nodata = math.nan if grid.nodata is None else grid.nodata

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
        self._store[key] = self.decode(bi, bj)
        return self._store[key]

    def decode(self, bi: int, bj: int) -> NDArray:
        """One block (bands, rows, columns), read from the file whatever is stored."""
        grid = self.grid
        y0, x0 = bi * grid.block_height, bj * grid.block_width
        window = Window(
            x0,
            y0,
            min(grid.block_width, grid.width - x0),
            min(grid.block_height, grid.height - y0),
        )
        try:
            raw = self._raw(bi, bj, window)
            if self._is_plain:
                with np.errstate(over="ignore"):
                    _blank(raw.reshape(-1), raw.dtype.type(self._nodata))
                return raw
            invalid = self._invalid(raw, window)
        except (RasterioError, DamagedBlockError) as error:
            reason = str(error.__cause__ or error)
            raise _unreadable(grid, y0, x0, reason) from None
        values = raw.astype(self.dtype, copy=False)
        if self._scaled:
            values = values * self._scale + self._offset
        if invalid is not None:
            values[invalid] = np.nan
        if self._nodata_is_zero:
            values[np.isnan(values)] = 0.0
        values[np.isinf(values)] = np.nan
        return values

    def _raw(self, bi: int, bj: int, window: Window) -> NDArray:
        """Cells of a block as the file has them."""
        if self._tiles is not None:
            block = self._tiles.block(bi, bj, self.bands)
            if block is not None:
                return np.ascontiguousarray(block[:, : window.height, : window.width])
        return self._dataset.read(list(self.bands), window=window)

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


@njit(cache=True, nogil=True)
def _blank(values: NDArray, nodata: float) -> None:
    """Put NaN for the no-data value and for infinities, in one pass."""
    for k in range(len(values)):
        if values[k] == nodata or math.isinf(values[k]):
            values[k] = np.nan


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
