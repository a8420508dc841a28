"""Blocks of a raster, decoded once and kept in a small store.

Values leave this module as physical values with NaN for no data: scale and offset
tags are applied; the no-data value, masks and infinities all become NaN. GeoTIFFs of
the usual kinds are decoded by `pipeline.hazards.sampling.tiles`, all others by GDAL.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import RasterioError
from rasterio.windows import Window

from pipeline.core.errors import InputError, input_error
from pipeline.hazards.sampling.block_store import BlockStore
from pipeline.hazards.sampling.grid import Grid
from pipeline.hazards.sampling.tiles import DamagedBlockError, tile_decoder

_STORE_BYTES: Final = 96 << 20


class BlockReader:
    """Reads windows of some bands, decoding each block once while it is stored.

    Parameters
    ----------
    dataset, grid
        As `open_raster` yields them.
    bands
        Band numbers from 1; windows have them in this order.
    store
        Decoded blocks, which the readers of several threads may share; one of its own
        if none is given.
    nodata_is_zero
        Whether a cell without data says that nothing is there.
    """

    def __init__(
        self,
        dataset: Any,
        grid: Grid,
        bands: tuple[int, ...],
        store: BlockStore | None = None,
        *,
        nodata_is_zero: bool = False,
    ) -> None:
        self.grid = grid
        self.bands = bands
        self._dataset = dataset
        self._tiles = tile_decoder(dataset, grid)
        self._store = BlockStore(_STORE_BYTES) if store is None else store
        picked = [b - 1 for b in bands]
        scales = np.array([grid.scales[b] for b in picked])
        offsets = np.array([grid.offsets[b] for b in picked])
        self._scaled = bool(np.any(scales != 1) or np.any(offsets != 0))
        self._scale, self._offset = scales[:, None, None], offsets[:, None, None]
        single = np.result_type(grid.dtype, np.float32)
        self.dtype = np.dtype(np.float64) if self._scaled else single
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
        out = np.empty((len(self.bands), bottom - top, right - left), self.dtype)
        high, wide = self.grid.block_height, self.grid.block_width
        for bi in range(top // high, -(-bottom // high)):
            for bj in range(left // wide, -(-right // wide)):
                self.copy_block(bi, bj, top, left, out)
        return out

    def copy_block(self, bi: int, bj: int, top: int, left: int, out: NDArray) -> None:
        """Copy what a block has of the window ``out``, whose corner is (top, left)."""
        block = self.block(bi, bj)
        y = bi * self.grid.block_height - top
        x = bj * self.grid.block_width - left
        y0, y1 = max(y, 0), min(y + block.shape[1], out.shape[1])
        x0, x1 = max(x, 0), min(x + block.shape[2], out.shape[2])
        out[:, y0:y1, x0:x1] = block[:, y0 - y : y1 - y, x0 - x : x1 - x]

    def block(self, bi: int, bj: int) -> NDArray:
        """One decoded block (bands, rows, columns), from the store where possible."""
        return self._store.get((bi, bj), lambda: self.decode(bi, bj))

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
