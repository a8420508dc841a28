"""Series near facilities as a zarr store: one group per source, the file's own dates.

Zarr format 2 with CF attributes, so that xarray and other tools open a group as it is:
``xarray.open_zarr(path, group="<source id>")``. Equal series give equal bytes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import zarr
from numcodecs import Blosc  # type: ignore[import-untyped]
from numpy.typing import NDArray

from pipeline.core.files import whole_folder, write_json
from pipeline.displacement.series import Component, PointSeries

CONVENTIONS: Final = "CF-1.11"
_CHUNK_BYTES: Final = 4 << 20
_COORDINATES: Final = "lon lat point_id"
_PACKED: Final = Blosc(cname="lz4", clevel=1, shuffle=Blosc.BITSHUFFLE)
"""Level 1 works in small blocks, which pack such series better and sooner than 5."""
_EPOCH_ZERO: Final = np.datetime64("1970-01-01", "D")
_LONG_NAME: Final = {
    Component.LINE_OF_SIGHT: "displacement along the line of sight",
    Component.UP: "vertical displacement",
    Component.EAST: "eastward displacement",
}
_POSITIVE: Final = {
    Component.LINE_OF_SIGHT: "towards the satellite",
    Component.UP: "up",
    Component.EAST: "east",
}


def write_series(path: Path, sources: list[PointSeries]) -> None:
    """Write the store, whole or not at all; without sources it is valid and empty."""
    with _store(path) as root:
        for series in sources:
            group = root.create_group(series.source_id)
            _describe(group, series)
            _write_points(
                group, series.point_id, series.lon_deg, series.lat_deg, series.los
            )
            values = series.displacement_mm
            array = _displacement(group, series, values.shape)
            if values.size:
                array[...] = values


@contextmanager
def open_series(path: Path) -> Iterator[SeriesWriter]:
    """Open a store for one source that is written part by part."""
    with _store(path) as root:
        writer = SeriesWriter(root)
        yield writer
        writer.close()


class SeriesWriter:
    """Takes the parts of one source, in the order of its points."""

    def __init__(self, root: zarr.Group) -> None:
        self._root = root
        self._group: zarr.Group | None = None
        self._array: Any = None
        self._points: list[tuple[NDArray[Any], ...]] = []
        self._rest: NDArray[np.float32] | None = None
        self._n_rest = self._n_written = 0

    def append(self, part: PointSeries) -> None:
        """Write what fills whole chunks, and keep the rest for the next part."""
        values = part.displacement_mm
        if self._group is None:
            self._group = self._root.create_group(part.source_id)
            _describe(self._group, part)
            self._array = _displacement(self._group, part, (0, values.shape[1]))
            n_rows = self._array.chunks[0]
            self._rest = np.empty((n_rows, values.shape[1]), dtype=np.float32)
        self._points.append((part.point_id, part.lon_deg, part.lat_deg, part.los))
        if self._n_rest:
            values = values[self._top_up(values) :]
        if self._n_rest == 0:
            n_rows = self._array.chunks[0]
            whole = len(values) // n_rows * n_rows
            self._write(values[:whole])
            self._top_up(values[whole:])

    def close(self) -> None:
        """Write the rest and the positions."""
        if self._group is None or self._rest is None:
            return
        self._write(self._rest[: self._n_rest])
        columns = zip(*self._points, strict=True)
        _write_points(self._group, *(np.concatenate(column) for column in columns))

    def _top_up(self, values: NDArray[np.float32]) -> int:
        """Put rows to the rest, which is written once it fills a chunk; how many."""
        if self._rest is None:
            return 0
        n = min(len(self._rest) - self._n_rest, len(values))
        self._rest[self._n_rest : self._n_rest + n] = values[:n]
        self._n_rest += n
        if self._n_rest == len(self._rest):
            self._write(self._rest)
            self._n_rest = 0
        return n

    def _write(self, block: NDArray[np.float32]) -> None:
        if len(block) == 0:
            return
        stop = self._n_written + len(block)
        self._array.resize((stop, block.shape[1]))
        self._array[self._n_written : stop] = block
        self._n_written = stop


@contextmanager
def _store(path: Path) -> Iterator[zarr.Group]:
    with whole_folder(path) as part:
        root = zarr.open_group(part, mode="w", zarr_format=2)
        root.attrs.update(
            {"Conventions": CONVENTIONS, "title": "Displacement series near facilities"}
        )
        yield root
        zarr.consolidate_metadata(part, zarr_format=2)
        metadata = part / ".zmetadata"
        write_json(metadata, json.loads(metadata.read_text(encoding="utf-8")))


def _describe(group: zarr.Group, series: PointSeries) -> None:
    known = {}
    if series.wavelength_mm is not None:
        known["wavelength_mm"] = series.wavelength_mm
    group.attrs.update(
        {
            "Conventions": CONVENTIONS,
            "source_id": series.source_id,
            "reader": series.reader,
            "product": series.product,
            "is_interpolated": series.is_interpolated,
            "reference_point": series.reference_point,
            "reference_epoch": series.reference_epoch,
            "unit_in_file": series.unit_in_file,
            "sign_in_file": series.sign_in_file,
            **known,
        }
    )
    days = (series.epoch - _EPOCH_ZERO).astype(np.int64).astype(np.int32)
    _array(
        group,
        "time",
        days,
        ("time",),
        "days since 1970-01-01",
        "date of epoch",
        standard_name="time",
        calendar="standard",
    )


def _displacement(
    group: zarr.Group, series: PointSeries, shape: tuple[int, int]
) -> Any:
    """Array of displacements, still empty."""
    return _empty(
        group,
        "displacement",
        shape,
        np.dtype(np.float32),
        ("point", "time"),
        "mm",
        _LONG_NAME[series.component],
        positive=_POSITIVE[series.component],
        comment=f"positive {_POSITIVE[series.component]}; dates as in the file",
        coordinates=_COORDINATES,
    )


def _write_points(
    group: zarr.Group,
    point_id: NDArray[np.str_],
    lon_deg: NDArray[np.float64],
    lat_deg: NDArray[np.float64],
    los: NDArray[np.float64],
) -> None:
    ids = point_id.astype(np.str_)
    _array(group, "point_id", ids, ("point",), None, "identifier in the source")
    for name, values, long_name in (
        ("lon", lon_deg, "longitude"),
        ("lat", lat_deg, "latitude"),
    ):
        units = "degrees_east" if name == "lon" else "degrees_north"
        _array(
            group, name, values, ("point",), units, long_name, standard_name=long_name
        )
    for k, name in enumerate(("east", "north", "up")):
        _array(
            group,
            f"los_{name}",
            np.ascontiguousarray(los[:, k]),
            ("point",),
            "1",
            f"{name} part of the unit vector from ground to satellite",
            coordinates=_COORDINATES,
        )


def _array(
    group: zarr.Group,
    name: str,
    values: NDArray[Any],
    dimensions: tuple[str, ...],
    units: str | None,
    long_name: str,
    **attributes: str,
) -> None:
    array = _empty(
        group,
        name,
        values.shape,
        values.dtype,
        dimensions,
        units,
        long_name,
        **attributes,
    )
    if values.size:
        array[...] = values


def _empty(
    group: zarr.Group,
    name: str,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    dimensions: tuple[str, ...],
    units: str | None,
    long_name: str,
    **attributes: str,
) -> Any:
    row_bytes = max(dtype.itemsize * math.prod(shape[1:]), 1)
    rows = max(_CHUNK_BYTES // row_bytes, 1)
    if shape[0]:
        rows = min(shape[0], rows)
    fill: Any = {"f": np.nan, "U": ""}.get(dtype.kind, 0)
    described: dict[str, Any] = {
        "_ARRAY_DIMENSIONS": list(dimensions),
        "long_name": long_name,
        **({"units": units} if units else {}),
        **attributes,
    }
    return group.create_array(
        name,
        shape=shape,
        dtype=dtype,
        chunks=(rows, *(max(n, 1) for n in shape[1:])),
        compressors=_PACKED,
        fill_value=fill,
        attributes=described,
        config={"write_empty_chunks": True},  # looking for empty ones takes longer
    )
