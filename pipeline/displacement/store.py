"""Series near facilities as a zarr store: one group per source, the file's own dates.

Zarr format 2 with CF attributes, so that xarray and other tools open a group as it is:
``xarray.open_zarr(path, group="<source id>")``. Equal series give equal bytes.
"""

from __future__ import annotations

import json
import math
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
    with whole_folder(path) as part:
        root = zarr.open_group(part, mode="w", zarr_format=2)
        root.attrs.update(
            {"Conventions": CONVENTIONS, "title": "Displacement series near facilities"}
        )
        for series in sources:
            _write_group(root.create_group(series.source_id), series)
        zarr.consolidate_metadata(part, zarr_format=2)
        metadata = part / ".zmetadata"
        write_json(metadata, json.loads(metadata.read_text(encoding="utf-8")))


def _write_group(group: zarr.Group, series: PointSeries) -> None:
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
        }
    )
    days = (series.epoch - _EPOCH_ZERO).astype(np.int64).astype(np.int32)
    coordinates = "lon lat point_id"
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
    _array(
        group,
        "point_id",
        series.point_id.astype(np.str_),
        ("point",),
        None,
        "identifier in the source",
    )
    _array(
        group,
        "lon",
        series.lon_deg,
        ("point",),
        "degrees_east",
        "longitude",
        standard_name="longitude",
    )
    _array(
        group,
        "lat",
        series.lat_deg,
        ("point",),
        "degrees_north",
        "latitude",
        standard_name="latitude",
    )
    for k, name in enumerate(("east", "north", "up")):
        _array(
            group,
            f"los_{name}",
            np.ascontiguousarray(series.los[:, k]),
            ("point",),
            "1",
            f"{name} part of the unit vector from ground to satellite",
            coordinates=coordinates,
        )
    _array(
        group,
        "displacement",
        series.displacement_mm,
        ("point", "time"),
        "mm",
        _LONG_NAME[series.component],
        positive=_POSITIVE[series.component],
        comment=f"positive {_POSITIVE[series.component]}; dates as in the file",
        coordinates=coordinates,
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
    row_bytes = max(values.itemsize * math.prod(values.shape[1:]), 1)
    rows = max(min(len(values), _CHUNK_BYTES // row_bytes), 1)
    fill: Any = {"f": np.nan, "U": ""}.get(values.dtype.kind, 0)
    described: dict[str, Any] = {
        "_ARRAY_DIMENSIONS": list(dimensions),
        "long_name": long_name,
        **({"units": units} if units else {}),
        **attributes,
    }
    array = group.create_array(
        name,
        shape=values.shape,
        dtype=values.dtype,
        chunks=(rows, *(max(n, 1) for n in values.shape[1:])),
        compressors=Blosc(cname="zstd", clevel=5, shuffle=Blosc.SHUFFLE),
        fill_value=fill,
        attributes=described,
    )
    if values.size:
        array[...] = values
