"""HDF5 and NetCDF files, opened so that damage is told in one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import InputError, input_error

_CLASSIC: Final = b"CDF"


@contextmanager
def open_hdf5(path: Path) -> Iterator[Any]:
    """Open an HDF5 (or NetCDF-4) file for reading.

    Raises
    ------
    InputError
        If the file is missing, no HDF5 file, truncated or damaged, also where that
        shows only while it is read.
    """
    import h5py  # type: ignore[import-untyped]

    if not path.is_file():
        raise no_file(path)
    try:
        with h5py.File(path, "r") as handle:
            yield handle
    except InputError:
        raise
    except (OSError, RuntimeError) as error:
        raise input_error(
            path,
            found=f"a damaged or truncated HDF5 file ({str(error)[:80]})",
            expected="a complete HDF5 file",
            fix="copy or download the file again",
        ) from None


def no_file(path: Path) -> InputError:
    """Error for a file that is not there."""
    return input_error(
        path,
        found="no such file",
        expected="a displacement product",
        fix="check the path, which is relative to the region's file",
    )


def folder_of(path: Path) -> Path:
    """Folder that a product is, or lies in.

    Raises
    ------
    InputError
        If nothing is there.
    """
    if not path.exists():
        raise no_file(path)
    return path if path.is_dir() else path.parent


def need(handle: Any, name: str, path: Path) -> Any:
    """Return a data set of a file.

    Raises
    ------
    InputError
        If the file does not hold it.
    """
    if name in handle:
        return handle[name]
    raise input_error(
        path,
        field=name,
        found=f"data sets {sorted(handle)[:8]}",
        expected=f"the data set {name!r}",
        fix="give a file of the format that the reader names",
    )


def text_of(value: Any) -> str:
    """Text of an attribute or scalar, which may be bytes."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def read_grid(
    path: Path, names: tuple[str, ...]
) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Variables of a small NetCDF file, classic or version 4, and units of them.

    ``names`` may hold variables that the file lacks. No-data numbers become NaN.
    """
    if not path.is_file():
        raise no_file(path)
    with path.open("rb") as handle:
        is_classic = handle.read(3) == _CLASSIC
    if is_classic:
        return _read_classic(path, names)
    found, units = {}, {}
    with open_hdf5(path) as file:
        for name in names:
            if name in file:
                attributes = file[name].attrs
                found[name] = _unpacked(file[name][...], attributes)
                units[name] = text_of(attributes.get("units", ""))
    return found, units


def _read_classic(
    path: Path, names: tuple[str, ...]
) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    from scipy.io import netcdf_file

    found, units = {}, {}
    try:
        with netcdf_file(path, "r", mmap=False) as file:
            for name in names:
                if name in file.variables:
                    variable = file.variables[name]
                    values = np.array(variable[...]).astype(
                        variable.data.dtype.newbyteorder("=")
                    )
                    found[name] = _unpacked(values, variable._attributes)
                    units[name] = text_of(getattr(variable, "units", ""))
    except (OSError, ValueError, TypeError, IndexError) as error:
        raise input_error(
            path,
            found=f"a damaged or truncated NetCDF file ({str(error)[:80]})",
            expected="a complete NetCDF file",
            fix="copy the file again",
        ) from None
    return found, units


def _unpacked(values: Any, attributes: Mapping[str, Any]) -> NDArray[Any]:
    """Values with NaN for no data, scaled as the attributes say (CF conventions)."""
    values = np.asarray(values)
    fill, scale, offset = (
        None if found is None else np.asarray(found).ravel()[0]
        for found in map(attributes.get, ("_FillValue", "scale_factor", "add_offset"))
    )
    empty = None if fill is None or np.isnan(fill) else values == fill
    if scale is not None or offset is not None:
        factor, start = (1.0 if scale is None else scale), offset or 0.0
        values = values.astype(np.float64) * factor + start
    if empty is None or values.dtype.kind != "f":
        return values
    return np.where(empty, np.nan, values)
