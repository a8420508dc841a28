"""Check that a raster holds what the registry says of it."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any, Final

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.warp import transform_bounds

from pipeline.core.cf_raster import CfRaster, is_cf_file
from pipeline.core.errors import InputError, input_error
from pipeline.core.layers import Layer
from pipeline.core.rings import mapped

Bounds = tuple[float, float, float, float]
_FULL_READ_BYTES: Final = 200_000_000
_STORAGE_CRS: Final = "EPSG:4326"
_NAMES_OF_UNITS: Final = {
    "g": ("g",),
    "%g": ("%g", "% g", "percent g"),
    "m/s2": ("m/s2", "m/s^2", "m/s**2", "m s-2", "m s^-2"),
    "cm/s2": ("cm/s2", "cm/s^2", "cm/s**2", "cm s-2", "gal"),
    "m": ("m", "metre", "metres", "meter", "meters"),
    "cm": ("cm", "centimetre", "centimetres", "centimeter", "centimeters"),
    "mm": ("mm", "millimetre", "millimetres", "millimeter", "millimeters"),
    "ft": ("ft", "foot", "feet"),
    "km": ("km", "kilometre", "kilometres", "kilometer", "kilometers"),
    "m/s": ("m/s", "m s-1", "m s^-1"),
    "cm/s": ("cm/s", "cm s-1", "cm s^-1"),
    "mm/h": ("mm/h", "mm/hr", "mm h-1"),
    "mm/day": ("mm/day", "mm/d", "mm d-1"),
    "degC": ("degc", "°c", "deg c", "deg_c", "celsius", "degree_celsius"),
    "K": ("k", "kelvin"),
    "deg": ("deg", "degree", "degrees", "°"),
}
_UNITS: Final = {name: key for key, names in _NAMES_OF_UNITS.items() for name in names}


def check_raster(path: Path, layer: Layer, bbox: Bounds) -> None:
    """Check a raster against its row in the registry.

    Parameters
    ----------
    path
        File to check.
    layer
        Row of the registry.
    bbox
        West, south, east, north of the region in degrees.

    Raises
    ------
    InputError
        If the file cannot be read to its end, has no CRS or another one, too few
        bands, another unit or nodata value, values outside the registered limits, or
        does not reach into the region.

    Notes
    -----
    A raster of up to 200 MB is read whole. Of a larger one the last block of every
    band is read, which finds files that were cut off, but not damage in the middle;
    a registered checksum finds both.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # checked below
            raster = (
                CfRaster(path, layer.table) if is_cf_file(path) else rasterio.open(path)
            )
        with raster:
            _check_crs(raster.crs, path, layer)
            _check_bands(raster, path, layer)
            _check_units(raster, path, layer)
            _check_nodata(raster, path, layer)
            _check_place(raster, path, layer, bbox)
            _check_cells(raster, path, layer)
    except RasterioError as error:
        raise _wrong(
            path,
            layer,
            None,
            f"a raster that cannot be read to its end ({_first_line(error)})",
            "a complete raster",
            "copy or download the file again",
        ) from None


def _check_crs(crs: Any, path: Path, layer: Layer) -> None:
    if not crs and is_cf_file(path):
        raise _wrong(
            path,
            layer,
            "crs",
            "coordinates without CF attributes",
            "units degrees_north and degrees_east, or a grid mapping",
            "give the coordinates their units (ncatted), or save a GeoTIFF with a CRS",
        )
    if not crs:
        raise _wrong(
            path,
            layer,
            "crs",
            "no CRS stored in the raster",
            str(layer.crs),
            "copy the file again (one that was cut off loses it), or store it, for "
            f"example with gdal_edit.py -a_srs {layer.crs}",
        )
    found = CRS.from_wkt(crs.to_wkt())
    if not found.equals(CRS.from_user_input(layer.crs), ignore_axis_order=True):
        raise _wrong(
            path,
            layer,
            "crs",
            crs.to_string(),
            str(layer.crs),
            "reproject the raster, or correct 'crs' in the registry",
        )


def _check_bands(raster: Any, path: Path, layer: Layer) -> None:
    highest = max((band.band for band in layer.bands), default=1)
    if raster.count < highest:
        raise _wrong(
            path,
            layer,
            "bands",
            f"{raster.count} band(s)",
            f"at least {highest}",
            "use the whole file, or correct 'bands' in the registry",
        )


def _check_units(raster: Any, path: Path, layer: Layer) -> None:
    """Stop where the file states another unit; names that are not known pass."""
    units = getattr(raster, "units", ()) or ()
    row = _UNITS.get(layer.unit.strip().lower())
    for band in _bands(layer):
        stated = units[band - 1] if band <= len(units) else None
        found = _UNITS.get((stated or "").strip().lower())
        if row is None or found is None or found == row:
            continue
        raise _wrong(
            path,
            layer,
            "unit",
            f"the unit {stated!r} in band {band}",
            f"{layer.unit!r}",
            "convert the values, or correct the unit in the file or the registry",
        )


def _check_nodata(raster: Any, path: Path, layer: Layer) -> None:
    expected = math.nan if layer.nodata == "nan" else layer.nodata
    for band in _bands(layer):
        found = raster.nodatavals[band - 1]
        if _same_nodata(found, expected):
            continue
        raise _wrong(
            path,
            layer,
            "nodata",
            f"nodata {_text(found)} in band {band} of type {raster.dtypes[band - 1]}",
            f"{_text(expected)}",
            "correct 'nodata' in the registry, or store the value in the file with "
            "gdal_edit.py -a_nodata, so that no cell without data counts as a value",
        )


def _same_nodata(found: float | None, expected: float | None) -> bool:
    if found is None or expected is None:
        return found is None and expected is None
    if math.isnan(found) or math.isnan(expected):
        return math.isnan(found) and math.isnan(expected)
    return math.isclose(found, expected, rel_tol=1e-6)


def _check_place(raster: Any, path: Path, layer: Layer, bbox: Bounds) -> None:
    if raster.transform.is_identity:
        raise _wrong(
            path,
            layer,
            "extent",
            "no position stored in the raster",
            "the transform from cells to coordinates",
            "georeference the raster",
        )
    found = transform_bounds(raster.crs, _STORAGE_CRS, *corner_bounds(raster))
    west, south, east, north = found
    turns = (-360.0, 0.0, 360.0)  # longitudes may count from 0 or from -180
    if any(overlaps((west + t, south, east + t, north), bbox) for t in turns):
        return
    raise outside(path, layer, found, bbox)


def corner_bounds(raster: Any) -> Bounds:
    """Least x, least y, largest x, largest y of the corners, for any rotation."""
    columns = np.array([0, raster.width, 0, raster.width])
    rows = np.array([0, 0, raster.height, raster.height])
    xs, ys = mapped(raster.transform, columns, rows)
    return float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())


def overlaps(a: Bounds, b: Bounds) -> bool:
    """Whether two boxes (west, south, east, north) share an area."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def outside(path: Path, layer: Layer, found: Bounds, bbox: Bounds) -> InputError:
    """Build the error for a layer that does not reach into the region."""
    return _wrong(
        path,
        layer,
        "extent",
        f"data in {_box(found)}",
        f"data that reaches into the region's box {_box(bbox)}",
        "name a layer that covers the region, or correct its bbox",
    )


def _check_cells(raster: Any, path: Path, layer: Layer) -> None:
    """Read blocks; decoding fails where a file was cut off or damaged."""
    cell_bytes = sum(np.dtype(name).itemsize for name in raster.dtypes)
    is_small = raster.width * raster.height * cell_bytes <= _FULL_READ_BYTES
    any_value = False
    for band in _bands(layer):
        scale, offset = raster.scales[band - 1], raster.offsets[band - 1]
        windows = [window for _, window in raster.block_windows(band)]
        for window in windows if is_small else windows[-1:]:
            cells = raster.read(band, window=window, masked=True)
            values = cells.compressed().astype(np.float64)
            values = values[np.isfinite(values)] * scale + offset
            any_value = any_value or values.size > 0
            _check_limits(values, path, layer, band)
    if is_small and not any_value:
        raise _wrong(
            path,
            layer,
            None,
            "no cell with a value",
            "cells with values",
            "check 'nodata' and the file",
        )


def _check_limits(
    values: NDArray[np.float64], path: Path, layer: Layer, band: int
) -> None:
    if values.size == 0:
        return
    low, high = float(values.min()), float(values.max())
    too_low = layer.minimum is not None and low < layer.minimum
    too_high = layer.maximum is not None and high > layer.maximum
    if too_low or too_high:
        limits = f"{_text(layer.minimum)} to {_text(layer.maximum)} {layer.unit}"
        raise _wrong(
            path,
            layer,
            f"band {band}",
            f"the value {low if too_low else high:g}",
            f"values from {limits}",
            "check the unit and the nodata value of the file",
        )


def _bands(layer: Layer) -> list[int]:
    return sorted({band.band for band in layer.bands}) or [1]


def _wrong(
    path: Path, layer: Layer, field: str | None, found: str, expected: str, fix: str
) -> InputError:
    name = layer.id if field is None else f"{layer.id}.{field}"
    return input_error(path, field=name, found=found, expected=expected, fix=fix)


def _text(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


def _box(bounds: Bounds) -> str:
    west, south, east, north = bounds
    return f"lon {west:g} to {east:g}, lat {south:g} to {north:g}"


def _first_line(error: Exception) -> str:
    cause = error.__cause__ or error
    return str(cause).splitlines()[0] if str(cause) else type(cause).__name__
