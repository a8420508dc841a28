"""NetCDF files and Zarr stores with CF metadata, read as rasters.

A grid whose coordinates are cell centres becomes the same thing as a GeoTIFF: a
transform of cell corners, bands with descriptions, windows of values. Scale, offset,
fill values and valid ranges of the CF conventions are applied while reading. The class
offers the part of rasterio's dataset that the project uses, under its names.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.coords import BoundingBox
from rasterio.enums import MaskFlags
from rasterio.errors import RasterioIOError
from rasterio.windows import Window

from pipeline.core.errors import InputError, input_error

_SUFFIXES: Final = frozenset({".nc", ".nc4", ".cdf", ".netcdf", ".zarr"})
_X_NAMES: Final = frozenset({"projection_x_coordinate", "longitude", "lon", "x"})
_Y_NAMES: Final = frozenset({"projection_y_coordinate", "latitude", "lat", "y"})
_DEGREES_EAST: Final = frozenset({"degrees_east", "degree_east", "degreese"})
_DEGREES_NORTH: Final = frozenset({"degrees_north", "degree_north", "degreesn"})
_PERIOD_NAMES: Final = frozenset(
    {"return_period", "returnperiod", "return period", "rp", "tr"}
)
_UNEVEN_CELLS: Final = 0.01
_DEFAULT_BLOCK: Final = 512


def is_cf_file(path: Path) -> bool:
    """Whether a path is a NetCDF file or a Zarr store by its name."""
    return path.suffix.lower() in _SUFFIXES


class CfRaster:
    """One gridded variable, or several on one grid, with the air of a raster.

    Values are physical and NaN where there is no data. ``nodata`` is the file's own
    fill value, to compare with the registry; it never occurs in what `read` returns.
    """

    def __init__(self, path: Path, variable: str | None = None) -> None:
        self._path = path
        self._data = _open(path)
        try:
            self._bands, y, x = _bands_of(self._data, path, variable)
            self._names = (y, x)
            first = self._bands[0][0]
            self.crs = _crs_of(self._data, first, y, x, path)
            self.transform = _transform_of(self._data, y, x, path)
        except BaseException:
            self._data.close()
            raise
        self.height, self.width = int(first.sizes[y]), int(first.sizes[x])
        self.count = len(self._bands)
        self.descriptions = tuple(words for _, _, words in self._bands)
        self.dtypes = tuple(_dtype_of(item) for item, _, _ in self._bands)
        self.units = tuple(item.attrs.get("units") for item, _, _ in self._bands)
        self.nodatavals = tuple(_fill_of(item) for item, _, _ in self._bands)
        self.nodata = self.nodatavals[0]
        self.scales = (1.0,) * self.count
        self.offsets = (0.0,) * self.count
        self.block_shapes = [self._block_shape(item) for item, _, _ in self._bands]
        self.mask_flag_enums = ([MaskFlags.nodata],) * self.count
        self.colorinterp = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._data.close()

    @property
    def bounds(self) -> BoundingBox:
        """Left, bottom, right, top of the grid in its CRS."""
        x0, y0 = self.transform.c, self.transform.f
        x1 = x0 + self.width * self.transform.a
        y1 = y0 + self.height * self.transform.e
        return BoundingBox(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))

    def read(
        self,
        bands: int | Sequence[int],
        window: Window | None = None,
        masked: bool = False,
    ) -> Any:
        """Physical values of one band (rows, columns) or several (bands first).

        Raises
        ------
        rasterio.errors.RasterioIOError
            If a chunk cannot be read.
        """
        if isinstance(bands, int):
            values = self._read_one(bands, window)
        else:
            values = np.stack([self._read_one(band, window) for band in bands])
        return np.ma.masked_invalid(values) if masked else values

    def block_windows(self, band: int) -> Iterator[tuple[tuple[int, int], Window]]:
        """Windows of all blocks of a band, row by row."""
        high, wide = self.block_shapes[band - 1]
        for i, top in enumerate(range(0, self.height, high)):
            for j, left in enumerate(range(0, self.width, wide)):
                rows, columns = (
                    min(high, self.height - top),
                    min(wide, self.width - left),
                )
                yield (i, j), Window(left, top, columns, rows)

    def _read_one(self, band: int, window: Window | None) -> NDArray:
        item, selection, _ = self._bands[band - 1]
        y, x = self._names
        picked: dict[Hashable, Any] = dict(selection)
        if window is not None:
            picked[y] = slice(window.row_off, window.row_off + window.height)
            picked[x] = slice(window.col_off, window.col_off + window.width)
        try:
            values = item.isel(picked).transpose(y, x).to_numpy()
        except (OSError, RuntimeError, ValueError) as error:
            raise RasterioIOError(f"{self._path}: {error}") from error
        values = values.astype(self.dtypes[band - 1], copy=True)
        low, high = _valid_range(item)
        values[(values < low) | (values > high)] = np.nan
        return values

    def _block_shape(self, item: Any) -> tuple[int, int]:
        sizes = item.encoding.get("preferred_chunks") or {}
        y, x = self._names
        return (
            int(min(sizes.get(y, _DEFAULT_BLOCK), item.sizes[y])),
            int(min(sizes.get(x, _DEFAULT_BLOCK), item.sizes[x])),
        )


def _open(path: Path) -> Any:
    import xarray as xr  # a second and a half that rasters alone do not need

    engine = "zarr" if path.suffix.lower() == ".zarr" else "h5netcdf"
    try:
        return xr.open_dataset(
            path,
            engine="scipy" if _is_classic(path) else engine,
            decode_times=False,
            decode_coords="all",
            cache=False,
            chunks=None,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        lines = str(error).splitlines() or [type(error).__name__]
        raise RasterioIOError(f"{path}: {lines[0]}") from error


def _is_classic(path: Path) -> bool:
    """Whether a file is NetCDF of version 3, which HDF5 cannot read."""
    if not path.is_file():
        return False
    with path.open("rb") as handle:
        return handle.read(3) == b"CDF"


def _bands_of(
    data: Any, path: Path, variable: str | None
) -> tuple[list[tuple[Any, dict[Hashable, int], str]], Hashable, Hashable]:
    """Variable, place on its further axis and description of every band; y and x."""
    y, x = _axis(data, path, is_x=False), _axis(data, path, is_x=True)
    items = [item for item in data.data_vars.values() if {y, x} <= set(item.dims)]
    numbers = [item for item in items if item.dtype.kind in "iuf"]
    if variable is not None:
        numbers = [item for item in numbers if item.name == variable]
    if not numbers:
        raise _wrong(
            path,
            f"no gridded variable {variable or 'of numbers'}"
            f" among {sorted(map(str, data.data_vars))}",
            f"a variable over {y!r} and {x!r}",
            "name the variable as 'table' of the layer in the registry",
        )
    further = [_further(item, y, x, path) for item in numbers]
    if len(numbers) > 1:
        if any(name is not None for name in further):
            raise _wrong(
                path,
                f"{len(numbers)} variables: {[str(item.name) for item in numbers]}",
                "one variable, or several of one level each",
                "name the variable as 'table' of the layer in the registry",
            )
        return [(item, _single(item, y, x), str(item.name)) for item in numbers], y, x
    item, axis = numbers[0], further[0]
    plain = _single(item, y, x)
    if axis is None:
        return [(item, plain, str(item.attrs.get("long_name", item.name)))], y, x
    bands = [
        (item, plain | {axis: k}, _level_words(item, axis, k))
        for k in range(item.sizes[axis])
    ]
    return bands, y, x


def _single(item: Any, y: Hashable, x: Hashable) -> dict[Hashable, int]:
    return {name: 0 for name in item.dims if name not in (y, x)}


def _further(item: Any, y: Hashable, x: Hashable, path: Path) -> Hashable | None:
    long = [d for d in item.dims if d not in (y, x) and item.sizes[d] > 1]
    if len(long) > 1:
        raise _wrong(
            path,
            f"variable {item.name!r} with the axes {[str(d) for d in item.dims]}",
            "at most one axis besides those of the grid",
            "cut the file to one axis of levels (one time, one model)",
        )
    return long[0] if long else None


def _level_words(item: Any, axis: Hashable, k: int) -> str:
    """Description of one level: ``return period 475 years``, or name and value."""
    if axis not in item.coords:
        return str(k + 1)
    coordinate = item.coords[axis]
    value = coordinate.values[k]
    if coordinate.dtype.kind not in "iuf":
        return value.decode() if isinstance(value, bytes) else str(value)
    names = {str(axis), *(str(coordinate.attrs.get(a, "")) for a in _NAME_ATTRIBUTES)}
    if {name.lower() for name in names} & _PERIOD_NAMES:
        return f"return period {value:g} years"
    return f"{axis}={value:g}"


_NAME_ATTRIBUTES: Final = ("standard_name", "long_name")


def _axis(data: Any, path: Path, *, is_x: bool) -> Hashable:
    names, letter = (_X_NAMES, "X") if is_x else (_Y_NAMES, "Y")
    degrees = _DEGREES_EAST if is_x else _DEGREES_NORTH
    for item in data.variables.values():
        attributes = {key: str(item.attrs.get(key, "")) for key in ("units", "axis")}
        standard = str(item.attrs.get("standard_name", "")).lower()
        is_it = (
            attributes["axis"].upper() == letter
            or standard in names
            or attributes["units"].lower() in degrees
        )
        if is_it and item.ndim == 1:
            return item.dims[0]
        if is_it and item.ndim == 2:
            raise _wrong(
                path,
                "coordinates of two dimensions (a curvilinear grid)",
                "a regular grid with one coordinate per row and per column",
                "resample the file to a regular grid (cdo remapbil, gdalwarp -geoloc)",
            )
    for name in data.dims:
        if str(name).lower() in names and name in data.variables:
            return name
    raise _wrong(
        path,
        f"no {'x or longitude' if is_x else 'y or latitude'} coordinate",
        "coordinates as the CF conventions name them (standard_name, units or axis)",
        "add the attributes, for example with ncatted",
    )


def _transform_of(data: Any, y: Hashable, x: Hashable, path: Path) -> Affine:
    left, step_x = _first_edge(data, x, path)
    top, step_y = _first_edge(data, y, path)
    return Affine(step_x, 0.0, left, 0.0, step_y, top)


def _first_edge(data: Any, name: Hashable, path: Path) -> tuple[float, float]:
    """Outer edge of the first cell and step from cell to cell, with their signs."""
    centres = np.asarray(data[name].values, dtype=np.float64)
    if len(centres) == 1:
        bounds = data.variables.get(data[name].attrs.get("bounds"))
        if bounds is None or bounds.size != 2:
            raise _wrong(
                path,
                f"one cell along {name!r} and no bounds",
                "two or more cells, or CF bounds",
                "add the bounds of the cell to the file",
            )
        first, last = (float(v) for v in np.ravel(bounds.values))
        return first, last - first
    step = float(centres[-1] - centres[0]) / (len(centres) - 1)
    even = centres[0] + step * np.arange(len(centres))
    worst = np.max(np.abs(centres - even)) if np.isfinite(centres).all() else np.inf
    if step == 0 or not worst <= _UNEVEN_CELLS * abs(step):
        raise _wrong(
            path,
            f"uneven steps along {name!r}",
            "a regular grid",
            "resample the file to a regular grid (cdo remapbil)",
        )
    return float(centres[0]) - step / 2, step


def _crs_of(data: Any, item: Any, y: Hashable, x: Hashable, path: Path) -> Any:
    """CRS of the grid mapping; degrees without one are WGS 84; else None."""
    mapping = item.encoding.get("grid_mapping") or item.attrs.get("grid_mapping")
    if mapping in data.variables:
        attributes = data.variables[mapping].attrs
        text = attributes.get("crs_wkt") or attributes.get("spatial_ref")
        try:
            found = CRS.from_wkt(text) if text else CRS.from_cf(attributes)
        except Exception as error:
            raise _wrong(
                path,
                f"a grid mapping {mapping!r} that is no CRS ({error})",
                "a CF grid mapping",
                "correct its attributes, or store 'crs_wkt'",
            ) from None
        epsg = found.to_epsg()
        if epsg is None and found.is_geographic and "crs_wkt" not in attributes:
            return rasterio.CRS.from_epsg(4326) if _is_wgs84(attributes) else found
        return rasterio.CRS.from_user_input(f"EPSG:{epsg}" if epsg else found.to_wkt())
    units = {str(data[name].attrs.get("units", "")).lower() for name in (y, x)}
    if units <= _DEGREES_EAST | _DEGREES_NORTH and units:
        return rasterio.CRS.from_epsg(4326)
    return None


def _is_wgs84(attributes: Any) -> bool:
    axis = float(attributes.get("semi_major_axis", 6378137.0))
    flattening = float(attributes.get("inverse_flattening", 298.257223563))
    return abs(axis - 6378137.0) < 1 and abs(flattening - 298.257223563) < 1e-3


def _dtype_of(item: Any) -> str:
    return "float64" if np.dtype(item.dtype).itemsize > 4 else "float32"


def _fill_of(item: Any) -> float | None:
    for key in ("_FillValue", "missing_value"):
        value = item.encoding.get(key, item.attrs.get(key))
        if value is not None:
            return float(np.ravel(value)[0])
    return None


def _valid_range(item: Any) -> tuple[float, float]:
    """Limits of physical values; CF states them in packed values."""
    low, high = item.attrs.get(
        "valid_range",
        (item.attrs.get("valid_min", -np.inf), item.attrs.get("valid_max", np.inf)),
    )
    scale = float(item.encoding.get("scale_factor", 1.0))
    offset = float(item.encoding.get("add_offset", 0.0))
    ends = sorted((float(low) * scale + offset, float(high) * scale + offset))
    return ends[0], ends[1]


def _wrong(path: Path, found: str, expected: str, fix: str) -> InputError:
    return input_error(path, found=found, expected=expected, fix=fix)
