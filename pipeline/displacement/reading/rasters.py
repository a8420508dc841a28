"""GeoTIFF bands as layers, with errors in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.errors import InputError, input_error
from pipeline.displacement.reading.grids import Positions, axis_positions
from pipeline.displacement.reading.hdf import no_file


@dataclass(frozen=True, slots=True)
class Band:
    """One band of an open raster, to be indexed as a layer; no data is NaN.

    Whole numbers that the file says are scaled come out as what they stand for.
    """

    raster: Any
    index: int
    no_data: float | None

    @property
    def dtype(self) -> Any:
        """Type of the values."""
        return np.dtype(np.float32)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self.raster.height), int(self.raster.width)

    def __getitem__(self, window: tuple[slice, slice]) -> Any:
        """Values within a window."""
        from rasterio.windows import Window

        rows = window[0].indices(self.shape[0])
        columns = window[1].indices(self.shape[1])
        area = Window.from_slices(rows[:2], columns[:2])
        values = self.raster.read(self.index, window=area).astype(np.float32)
        no_data = self.raster.nodata if self.no_data is None else self.no_data
        if no_data is not None and not np.isnan(no_data):
            values[values == np.float32(no_data)] = np.nan
        scale = self.raster.scales[self.index - 1]
        offset = self.raster.offsets[self.index - 1]
        if scale != 1.0 or offset != 0.0:
            values = values * np.float32(scale) + np.float32(offset)
        return values


@contextmanager
def open_raster(path: Path) -> Iterator[Any]:
    """Open a raster.

    Raises
    ------
    InputError
        If it is missing, no raster, or damaged.
    """
    import rasterio
    from rasterio.errors import RasterioError

    if not path.is_file():
        raise no_file(path)
    try:
        with rasterio.open(path) as raster:
            yield raster
    except InputError:
        raise
    except RasterioError as error:
        raise input_error(
            path,
            found=f"no readable raster ({str(error)[:80]})",
            expected="a complete GeoTIFF",
            fix="copy or export the file again",
        ) from None


def raster_positions(raster: Any, path: Path) -> Positions:
    """Positions of the cell centres of a raster that is not rotated.

    Raises
    ------
    InputError
        If the CRS is missing or the raster is rotated.
    """
    turn = raster.transform
    if turn.b != 0.0 or turn.d != 0.0:
        raise input_error(
            path,
            field="transform",
            found="a rotated raster",
            expected="rows and columns along the axes of the CRS",
            fix="export it without rotation",
        )
    x = turn.c + (np.arange(raster.width) + 0.5) * turn.a
    y = turn.f + (np.arange(raster.height) + 0.5) * turn.e
    crs = None if raster.crs is None else raster.crs.to_wkt()
    return axis_positions(x, y, crs, path)


def check_same_raster(path: Path, raster: Any, first: Any) -> None:
    """Stop if a raster lies on another grid than the first of its stack.

    Raises
    ------
    InputError
        Names the file.
    """
    same = (
        raster.shape == first.shape
        and raster.crs == first.crs
        and raster.transform.almost_equals(first.transform, 1e-6)
    )
    if not same:
        raise input_error(
            path,
            field="grid",
            found=f"{raster.shape[0]}x{raster.shape[1]} cells from "
            f"{raster.transform.c:g}, {raster.transform.f:g} in {raster.crs}",
            expected=f"{first.shape[0]}x{first.shape[1]} cells from "
            f"{first.transform.c:g}, {first.transform.f:g} in {first.crs}, as in the "
            "other files",
            fix="export all files on one grid; nothing is resampled",
        )
