"""Read files of zones: polygons that say which part of which facility they outline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from pipeline.core.errors import InputError, input_error
from pipeline.core.model import Zone

_COLUMNS: Final = ("tmf_id", "zone")
_POLYGONS: Final = {"Polygon", "MultiPolygon"}


@dataclass(frozen=True, slots=True)
class RawZone:
    """One feature of a file of zones.

    ``shape`` is a valid polygon or multipolygon in degrees (EPSG:4326, longitude
    first, without heights), or None where the feature has none. ``row`` counts the
    features from 1.
    """

    file: str
    row: int
    tmf_id: str
    zone: Zone
    source: str | None
    shape: BaseGeometry | None


def read_zones(
    path: Path, table: str | None, source: str | None
) -> tuple[RawZone, ...]:
    """Read and check one file; any CRS that the file states is taken to WGS 84.

    Raises
    ------
    InputError
        If the file cannot be read, states no CRS, lacks a column, or a feature has a
        blank id, an unknown zone, another shape than polygons, a polygon that crosses
        itself, or corners that are no places on the globe.
    """
    frame = _read(path, table)
    return tuple(_zones(frame, path, source))


def _read(path: Path, table: str | None) -> gpd.GeoDataFrame:
    if not path.exists():
        raise input_error(
            path,
            found="no file",
            expected="a vector file with the zones of the facilities",
            fix="correct 'zones' in the region's file",
        )
    try:
        frame = pyogrio.read_dataframe(path, layer=table)
    except (DataSourceError, DataLayerError, OSError) as error:
        raise input_error(
            path,
            field="zones",
            found=f"a file that cannot be read ({error})",
            expected=f"polygons{f' in layer {table!r}' if table else ''}",
            fix="write it again as GeoPackage or GeoJSON, or correct 'table'",
        ) from None
    lacking = [name for name in _COLUMNS if name not in frame.columns]
    if lacking or not isinstance(frame, gpd.GeoDataFrame):
        raise input_error(
            path,
            field=", ".join(lacking) or "geometry",
            found=f"the columns {', '.join(map(str, frame.columns)) or 'none'}",
            expected="the columns tmf_id and zone, and polygons",
            fix="add what is missing",
        )
    if frame.crs is None:
        raise input_error(
            path,
            field="crs",
            found="no CRS stored in the file",
            expected="a CRS, such as EPSG:4326",
            fix="store the CRS in the file",
        )
    return frame.to_crs("EPSG:4326")


def _zones(
    frame: gpd.GeoDataFrame, path: Path, source: str | None
) -> Iterator[RawZone]:
    sources = frame["source"] if "source" in frame.columns else [None] * len(frame)
    columns = zip(
        frame["tmf_id"], frame["zone"], sources, frame.geometry.array, strict=True
    )
    for row, (tmf_id, zone, own, shape) in enumerate(columns, start=1):
        key, word = _text(tmf_id), _text(zone)
        if key is None:
            raise _feature_error(
                path, row, "tmf_id", "a blank", "the tmf_id of a facility", "fill it in"
            )
        if word not in set(Zone):
            words = ", ".join(Zone)
            raise _feature_error(
                path, row, "zone", str(word), f"one of {words}", "use one of the words"
            )
        yield RawZone(
            path.name,
            row,
            key,
            Zone(word),
            _text(own) or source,
            _checked(shape, path, row),
        )


def _checked(shape: BaseGeometry | None, path: Path, row: int) -> BaseGeometry | None:
    if shape is None or shape.is_empty:
        return None
    if shape.geom_type not in _POLYGONS:
        raise _feature_error(
            path,
            row,
            "geometry",
            shape.geom_type,
            "a polygon",
            "draw the outline of the zone as a closed polygon",
        )
    flat = shapely.force_2d(shape)
    if not flat.is_valid:
        raise _feature_error(
            path,
            row,
            "geometry",
            f"a polygon that is not valid: {explain_validity(flat)}",
            "an outline that does not cross or touch itself",
            "mend it, for example with 'Fix geometries' in QGIS",
        )
    west, south, east, north = flat.bounds
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise _feature_error(
            path,
            row,
            "geometry",
            f"corners from {west:g}, {south:g} to {east:g}, {north:g} degrees",
            "longitudes within 180 and latitudes within 90 degrees",
            "store the CRS that the coordinates are in",
        )
    return flat


def _text(value: Any) -> str | None:
    return None if pd.isna(value) else str(value).strip() or None


def _feature_error(
    path: Path, row: int, field: str, found: str, expected: str, fix: str
) -> InputError:
    return input_error(
        path, row=row, field=field, found=found, expected=expected, fix=fix
    )
