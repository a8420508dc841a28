"""Check that a vector file or a text table holds what the registry says of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError
from pyproj import CRS

from pipeline.core.csv_text import read_csv_rows
from pipeline.core.errors import InputError, input_error
from pipeline.core.layers import Layer, LayerRole
from pipeline.core.point_table import is_point_table, read_point_table
from pipeline.retrieve.check_raster import Bounds, outside, overlaps

_FAMILIES: Final[dict[LayerRole, tuple[str, ...]]] = {
    LayerRole.BORDERS: ("Polygon", "MultiPolygon"),
    LayerRole.BOUNDARY_LINES: ("LineString", "MultiLineString"),
    LayerRole.RIVERS: ("LineString", "MultiLineString"),
    LayerRole.LAKES: ("Polygon", "MultiPolygon"),
    LayerRole.PLACES: ("Point", "MultiPoint"),
    LayerRole.BASIN: ("Polygon", "MultiPolygon"),
}
_FULL_READ_BYTES: Final = 200_000_000
_READ_ERRORS: Final = (DataSourceError, DataLayerError, FeatureError, FieldError)


def check_vector(path: Path, layer: Layer, bbox: Bounds) -> str | None:
    """Check a vector file against its row in the registry.

    Parameters
    ----------
    path
        File to check.
    layer
        Row of the registry.
    bbox
        West, south, east, north of the region in degrees.

    Returns
    -------
    str or None
        A remark that readers of the manifest should see, such as a count of invalid
        polygons.

    Raises
    ------
    InputError
        If the file or its table cannot be read, has no CRS or another one, lacks
        columns, has no features, features without geometry or of another kind than
        the layer's role asks for, or none that reaches into the region.

    Notes
    -----
    Of a file larger than 200 MB only the features in the region's box are read.
    """
    if is_point_table(path):
        return _check_points(path, layer, bbox)
    _check_table(path, layer)
    try:
        info = pyogrio.read_info(path, layer=layer.table)
        _check_crs(info["crs"], path, layer)
        _check_columns(tuple(info["fields"]), path, layer)
        _, _, geometry, _ = pyogrio.raw.read(
            path, layer=layer.table, columns=[], bbox=_window(path, layer, bbox)
        )
    except _READ_ERRORS as error:
        raise _unreadable(path, layer, error) from None
    return _check_shapes(geometry, path, layer, bbox)


def _check_points(path: Path, layer: Layer, bbox: Bounds) -> str | None:
    """Check points in a CSV file; its rows are checked while it is read."""
    how = layer.points
    if how is None or how.lon_column is None or how.lat_column is None:
        raise ValueError(f"layer {layer.id} names no columns of coordinates")
    frame = read_point_table(path, how.lon_column, how.lat_column, layer.columns)
    return _check_shapes(shapely.to_wkb(frame.geometry.array), path, layer, bbox)


def _window(path: Path, layer: Layer, bbox: Bounds) -> Bounds | None:
    """Box to read of a large file; None reads all of it."""
    is_large = path.stat().st_size > _FULL_READ_BYTES
    return bbox if is_large and CRS.from_user_input(layer.crs).is_geographic else None


def _check_table(path: Path, layer: Layer) -> None:
    try:
        tables = [str(name) for name, _ in pyogrio.list_layers(path)]
    except _READ_ERRORS as error:
        raise _unreadable(path, layer, error) from None
    if layer.table is None and len(tables) > 1:
        raise _wrong(
            path,
            layer,
            "table",
            f"the tables {', '.join(tables)}, and none is named",
            "the name of one of them",
            "give 'table' in the registry (natech layers add --table)",
        )
    if layer.table is not None and layer.table not in tables:
        raise _wrong(
            path,
            layer,
            "table",
            f"the tables {', '.join(tables) or 'none'}",
            f"a table {layer.table!r}",
            "correct 'table' in the registry, or use the right file",
        )


def _check_crs(found: str | None, path: Path, layer: Layer) -> None:
    if found is None:
        raise _wrong(
            path,
            layer,
            "crs",
            "no CRS stored in the file",
            str(layer.crs),
            "store the CRS in the file",
        )
    expected = CRS.from_user_input(layer.crs)
    if not CRS.from_user_input(found).equals(expected, ignore_axis_order=True):
        raise _wrong(
            path,
            layer,
            "crs",
            found,
            str(layer.crs),
            "reproject the file, or correct 'crs' in the registry",
        )


def _check_columns(found: tuple[str, ...], path: Path, layer: Layer) -> None:
    lacking = [name for name in layer.columns if name not in found]
    if lacking:
        raise _wrong(
            path,
            layer,
            "columns",
            f"no column {', '.join(map(repr, lacking))} among {', '.join(found)}",
            f"the columns {', '.join(layer.columns)}",
            "add or rename the columns, or correct 'columns' in the registry",
        )


def _check_shapes(geometry: Any, path: Path, layer: Layer, bbox: Bounds) -> str | None:
    if geometry is None or len(geometry) == 0:
        raise _wrong(
            path,
            layer,
            None,
            "no features with a geometry",
            "at least one",
            "check 'table' in the registry and the file",
        )
    try:
        shapes = shapely.from_wkb(geometry)
    except shapely.errors.GEOSException as error:
        raise _unreadable(path, layer, error) from None
    bad = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if bad.any():
        raise _wrong(
            path,
            layer,
            "geometry",
            f"{int(bad.sum())} of {len(shapes)} features without geometry, the first "
            f"is number {int(np.argmax(bad)) + 1}",
            "a geometry in every feature",
            "draw or remove these features",
        )
    _check_family(shapes, path, layer)
    _check_extent(shapes, path, layer, bbox)
    invalid = int((~shapely.is_valid(shapes)).sum())
    if invalid:
        return f"{invalid} of {len(shapes)} geometries are invalid"
    return None


def _check_family(shapes: Any, path: Path, layer: Layer) -> None:
    allowed = _FAMILIES.get(layer.role)
    kinds = sorted({shape.geom_type for shape in shapes})
    if allowed is not None and not set(kinds) <= set(allowed):
        raise _wrong(
            path,
            layer,
            "geometry",
            f"geometries of the kind {', '.join(kinds)}",
            " or ".join(allowed),
            "use the right file or table for this role",
        )


def _check_extent(shapes: Any, path: Path, layer: Layer, bbox: Bounds) -> None:
    if not CRS.from_user_input(layer.crs).is_geographic:
        return
    west, south, east, north = (float(x) for x in shapely.total_bounds(shapes))
    box = (west, south, east, north)
    if not overlaps(box, bbox):
        raise outside(path, layer, box, bbox)


def check_table(path: Path, layer: Layer) -> None:
    """Check a comma separated text table against its row in the registry.

    Raises
    ------
    InputError
        If the file is not UTF-8 or separated by commas, lacks columns or rows, or a
        row has another number of cells than the header.
    """
    header, rows = read_csv_rows(path)
    _check_columns(tuple(header), path, layer)
    if not rows:
        raise _wrong(
            path, layer, None, "no rows", "at least one row", "use a file with data"
        )


def _unreadable(path: Path, layer: Layer, error: Exception) -> InputError:
    lines = str(error).splitlines() or [type(error).__name__]
    return _wrong(
        path,
        layer,
        None,
        f"a file that cannot be read ({lines[0]})",
        "a complete vector file",
        "copy or download the file again",
    )


def _wrong(
    path: Path, layer: Layer, field: str | None, found: str, expected: str, fix: str
) -> InputError:
    name = layer.id if field is None else f"{layer.id}.{field}"
    return input_error(path, field=name, found=found, expected=expected, fix=fix)
