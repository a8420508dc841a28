"""Look at polygons, points, lines and tables of text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError

from pipeline.core.csv_text import read_csv_rows
from pipeline.core.errors import input_error
from pipeline.core.point_table import read_point_table
from pipeline.retrieve.layer_facts import (
    Box,
    Facts,
    FieldFacts,
    TableFacts,
    VectorFacts,
)

_READ_ERRORS: Final = (
    DataSourceError,
    DataLayerError,
    FeatureError,
    FieldError,
    shapely.errors.GEOSException,
    UnicodeDecodeError,
)
_MOST_CLASSES: Final = 30
_DATE: Final = re.compile(r"^-?\d{4}(-\d{2}(-\d{2})?)?")
_LON_NAMES: Final = ("longitude", "lon", "long", "lon_deg", "x")
_LAT_NAMES: Final = ("latitude", "lat", "lat_deg", "y")


def inspect_vector(path: Path, table: str | None = None) -> VectorFacts:
    """Read a vector file.

    Parameters
    ----------
    table
        Layer inside the file; may be left out where there is one.

    Raises
    ------
    InputError
        If the file cannot be read as vector either, holds several layers and none is
        named, or has none of that name.
    """
    try:
        tables = tuple(str(name) for name, _ in pyogrio.list_layers(path))
        if table is None and len(tables) == 1:
            table = tables[0]
        if table not in tables:
            raise input_error(
                path,
                field="table",
                found=f"the layers {', '.join(tables) or 'none'}"
                + (f" and no {table!r}" if table else ""),
                expected="one layer to add",
                fix="name it with --table",
            )
        info = pyogrio.read_info(path, layer=table)
        frame = pyogrio.read_dataframe(path, layer=table)
    except _READ_ERRORS as error:
        raise input_error(
            path,
            found=f"a file that cannot be read ({' '.join(str(error).split())[:160]})",
            expected="a raster, vector file or CSV table, complete",
            fix="copy or download the file again, or convert it to GeoTIFF or "
            "GeoPackage",
        ) from None
    if not isinstance(frame, gpd.GeoDataFrame):
        raise input_error(
            path,
            field=str(table),
            found="a layer without geometry",
            expected="polygons or points, or a CSV file",
            fix="name another layer with --table, or save the table as CSV",
        )
    keeps_name = len(tables) > 1 or path.suffix.lower() == ".gpkg"
    return _facts(
        frame,
        path,
        str(info.get("driver", path.suffix)),
        table if keeps_name else None,
        tables,
    )


def inspect_csv(
    path: Path, lon_column: str | None = None, lat_column: str | None = None
) -> Facts:
    """Read a CSV file: points where it has coordinates, else a table of values.

    Raises
    ------
    InputError
        If the file is no UTF-8 CSV, or a coordinate cannot be.
    """
    header, rows = read_csv_rows(path)
    if "tmf_id" not in header or lon_column:
        lon = lon_column or _named(header, _LON_NAMES)
        lat = lat_column or _named(header, _LAT_NAMES)
        if lon and lat:
            frame = read_point_table(path, lon, lat)
            return _facts(frame, path, "CSV", None, (), lon, lat)
    frame = pd.DataFrame([cells for _, cells in rows], columns=header)
    fields = tuple(_field(name, frame[name]) for name in header)
    ids = tuple(frame["tmf_id"]) if "tmf_id" in header else ()
    return TableFacts(path, len(rows), fields, ids)


def _named(header: Sequence[str], names: Sequence[str]) -> str | None:
    lower = {name.lower(): name for name in reversed(header)}
    return next((lower[name] for name in names if name in lower), None)


def _facts(
    frame: gpd.GeoDataFrame,
    path: Path,
    driver: str,
    table: str | None,
    tables: tuple[str, ...],
    lon_column: str | None = None,
    lat_column: str | None = None,
) -> VectorFacts:
    shapes = np.asarray(frame.geometry.array)
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    crossing = ~shapely.is_valid(shapes) & ~empty
    first = ""
    if crossing.any():
        number = int(np.argmax(crossing))
        first = f"number {number + 1}: {shapely.is_valid_reason(shapes[number])}"
    crs = None
    if frame.crs is not None:
        code = frame.crs.to_epsg()
        crs = f"EPSG:{code}" if code else str(frame.crs.to_wkt())
        frame = frame.to_crs("EPSG:4326")
    columns = [name for name in frame.columns if name != frame.geometry.name]
    return VectorFacts(
        path=path,
        driver=driver,
        table=table,
        tables=tables,
        crs=crs,
        kinds=tuple(sorted(frame.geom_type.dropna().unique())),
        n_features=len(frame),
        n_empty=int(empty.sum()),
        n_crossing=int(crossing.sum()),
        first_crossing=first,
        box_deg=_box(frame) if crs and not empty.all() else None,
        fields=tuple(_field(str(name), frame[name]) for name in columns),
        shapes=np.asarray(frame.geometry.array)[~empty],
        lon_column=lon_column,
        lat_column=lat_column,
    )


def _box(frame: gpd.GeoDataFrame) -> Box:
    west, south, east, north = (float(v) for v in frame.total_bounds)
    return west, south, east, north


def _field(name: str, column: Any) -> FieldFacts:
    """What a column holds; text of numbers alone counts as numbers."""
    values = column[column.notna() & (column.astype(str).str.strip() != "")]
    texts = values.astype(str)
    numbers = pd.to_numeric(texts, errors="coerce")
    is_number = len(values) > 0 and not numbers.isna().any()
    is_date = len(values) > 0 and bool(texts.map(lambda t: bool(_DATE.match(t))).all())
    if is_number:
        is_date = is_date and bool(numbers.between(-5000, 2200).all())
    different = sorted(set(texts))
    ordered = numbers if is_number else texts
    low = high = ""
    if len(values):
        low, high = (_short(ordered.min(), is_number), _short(ordered.max(), is_number))
    few = len(different) <= _MOST_CLASSES and len(different) < max(2, len(values))
    return FieldFacts(
        name=name,
        dtype="number" if is_number else str(column.dtype),
        n_blank=len(column) - len(values),
        low=low,
        high=high,
        is_number=is_number,
        is_date=is_date,
        classes=tuple(different) if few else (),
    )


def _short(value: Any, is_number: bool) -> str:
    text = f"{value:g}" if is_number else str(value)
    return text if len(text) <= 40 else text[:37] + "..."
