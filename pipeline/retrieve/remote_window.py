"""The region's part of a large remote GeoTIFF, cell by cell as it is there.

Nothing is resampled: the file in the cache has the cells, type, nodata value, scale
and names of the source, and lies on its grid. Only the blocks that the region touches
are fetched.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import rasterio
from affine import Affine
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import RasterioError
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from pipeline.core.errors import InputError, input_error
from pipeline.core.files import whole_file
from pipeline.core.layers import Layer
from pipeline.core.rings import mapped
from pipeline.retrieve.check_raster import Bounds
from pipeline.retrieve.download import (
    GiveUpError,
    Patience,
    no_room,
    short_reason,
)
from pipeline.retrieve.lock import one_at_a_time
from pipeline.retrieve.progress import progress
from pipeline.retrieve.remote_file import ChangedError, Handle, RemoteFile

log = logging.getLogger(__name__)

_STORAGE_CRS: Final = "EPSG:4326"
_TILE: Final = 256
_STRIP_ROWS: Final = 1024
_FRESH_STARTS: Final = 2
_REMOTE_NAME: Final = "remote.tif"


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a part came from; what the server did not say is None."""

    address: str
    etag: str | None
    last_modified: str | None
    size_bytes: int
    fetched_bytes: int
    first_row: int
    first_column: int
    rows: int
    columns: int


class OutsideError(Exception):
    """The remote raster does not reach into the box."""


def cut_remote(
    layer: Layer,
    addresses: Sequence[str],
    target: Path,
    box_deg: Bounds,
    patience: Patience | None = None,
) -> Cut:
    """Bring the part of a remote GeoTIFF that a box touches into the cache.

    Parameters
    ----------
    layer
        Row of the registry, for its bands and for messages.
    addresses
        Primary address first, then the archive.
    target
        GeoTIFF to write, whole or not at all.
    box_deg
        West, south, east, north in degrees, margin included.

    Raises
    ------
    OutsideError
        If the raster does not reach into the box.
    InputError
        If no address gives the part; says why for each.
    """
    patience = patience or Patience()
    store = target.with_name(target.name + ".ranges")
    reasons = []
    try:
        with one_at_a_time(target):
            for address in addresses:
                try:
                    return _from_address(
                        layer, address, target, store, box_deg, patience
                    )
                except GiveUpError as error:
                    log.warning("%s: %s", address, error)
                    reasons.append(f"{address}: {error}")
    except OSError as error:
        raise no_room(target, error) from error
    raise _no_part(target, reasons)


def _no_part(target: Path, reasons: Sequence[str]) -> InputError:
    return input_error(
        target.name,
        found=f"no usable part of the remote raster ({'; '.join(reasons)})",
        expected="a GeoTIFF on a server that answers range requests",
        fix="try again later (what came is kept), correct the registry, put the file "
        "into a data root, or go on without it with --offline",
    )


def _from_address(
    layer: Layer,
    address: str,
    target: Path,
    store: Path,
    box_deg: Bounds,
    patience: Patience,
) -> Cut:
    for start in range(1, _FRESH_STARTS + 1):
        with progress(target.stem, 0, None) as advance:
            try:
                remote = RemoteFile(address, store, patience, advance)
            except ChangedError as error:
                raise GiveUpError(short_reason(error)) from error
            try:
                cut = _cut(layer, remote, target, box_deg)
            except ChangedError as error:
                remote.forget()
                if start == _FRESH_STARTS:
                    raise GiveUpError(f"{error}, again and again") from error
                log.info("%s: %s; once more from the start", address, error)
                continue
            except BaseException:
                remote.close()
                raise
            remote.forget()
            return cut
    raise ValueError("no start is allowed")


def _cut(layer: Layer, remote: RemoteFile, target: Path, box_deg: Bounds) -> Cut:
    """Write the part; a failure of the transfer goes before what GDAL makes of it."""

    def opener(name: str, mode: str = "rb") -> Handle:
        del mode
        if Path(name).name != _REMOTE_NAME:
            raise FileNotFoundError(name)
        return Handle(remote)

    options = {
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "GDAL_PAM_ENABLED": False,
        "GDAL_TIFF_INTERNAL_MASK": True,
        "GDAL_NUM_THREADS": 1,
    }
    try:
        with (
            rasterio.Env(**options),
            rasterio.open(_REMOTE_NAME, driver="GTiff", opener=opener) as source,
        ):
            window = window_of(source, box_deg, layer.id)
            with whole_file(target) as part:
                _copy(layer, source, window, part)
                if remote.failure is not None:
                    raise remote.failure
    except (RasterioError, FileNotFoundError) as error:
        if remote.failure is not None:
            raise remote.failure from error
        raise GiveUpError(f"no readable GeoTIFF ({short_reason(error)})") from error
    return Cut(
        address=remote.address,
        etag=remote.etag,
        last_modified=remote.last_modified,
        size_bytes=remote.size_bytes,
        fetched_bytes=remote.fetched_bytes,
        first_row=int(window.row_off),
        first_column=int(window.col_off),
        rows=int(window.height),
        columns=int(window.width),
    )


def window_of(source: Any, box_deg: Bounds, layer_id: str) -> Window:
    """Window of all cells that a box of degrees touches.

    Longitudes may count from -180 or from 0; rotated and south-up grids are allowed.

    Raises
    ------
    OutsideError
        If there is no such cell.
    InputError
        If the raster has no CRS.
    """
    if not source.crs:
        raise input_error(
            f"layer {layer_id!r}",
            found="a remote raster without CRS",
            expected="a georeferenced raster",
            fix="correct the address in the registry",
        )
    turns = (0.0, 360.0, -360.0) if source.crs.is_geographic else (0.0,)
    for turn in turns:
        west, south, east, north = transform_bounds(
            _STORAGE_CRS, source.crs, *box_deg, densify_pts=41
        )
        xs = np.array([west, west, east, east]) + turn
        ys = np.array([south, north, south, north])
        columns, rows = mapped(~source.transform, xs, ys)
        left, right = max(0, math.floor(columns.min())), math.ceil(columns.max())
        top, bottom = max(0, math.floor(rows.min())), math.ceil(rows.max())
        right, bottom = min(right, source.width), min(bottom, source.height)
        if left < right and top < bottom:
            return Window(left, top, right - left, bottom - top)
    raise OutsideError(f"layer {layer_id}: no cell of the remote raster in the box")


def _copy(layer: Layer, source: Any, window: Window, part: Path) -> None:
    """Copy the cells strip by strip, so that memory stays bounded."""
    count = max((band.band for band in layer.bands), default=1)
    bands = list(range(1, min(count, source.count) + 1))
    x, y = mapped(source.transform, window.col_off, window.row_off)
    grid = source.transform
    has_mask = MaskFlags.per_dataset in source.mask_flag_enums[0] and (
        ColorInterp.alpha not in source.colorinterp
    )
    profile = {
        "driver": "GTiff",
        "width": int(window.width),
        "height": int(window.height),
        "count": len(bands),
        "dtype": source.dtypes[0],
        "crs": source.crs,
        "transform": Affine(grid.a, grid.b, float(x), grid.d, grid.e, float(y)),
        "nodata": source.nodata,
        "tiled": True,
        "blockxsize": _TILE,
        "blockysize": _TILE,
        "compress": "deflate",
        "bigtiff": "if_safer",
    }
    with rasterio.open(part, "w", **profile) as target:
        target.scales = tuple(source.scales[b - 1] for b in bands)
        target.offsets = tuple(source.offsets[b - 1] for b in bands)
        target.descriptions = tuple(source.descriptions[b - 1] for b in bands)
        target.units = tuple(source.units[b - 1] or "" for b in bands)
        for row in range(0, int(window.height), _STRIP_ROWS):
            rows = min(_STRIP_ROWS, int(window.height) - row)
            there = Window(window.col_off, window.row_off + row, window.width, rows)
            here = Window(0, row, window.width, rows)
            target.write(source.read(bands, window=there), window=here)
            if has_mask:
                target.write_mask(source.dataset_mask(window=there), window=here)
