"""Read the layers that the stage joins to the network: borders, lakes, places."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from pipeline.core.errors import input_error
from pipeline.core.layers import LocalLayer, Manifest
from pipeline.rivers.borders import BoundaryLines, Countries
from pipeline.rivers.lakes import Lake
from pipeline.rivers.reading import read_lines
from pipeline.rivers.receptors import Places

_COUNTRY_COLUMNS: Final = ("iso_a2", "ISO_A2", "ISO_A2_EH", "iso_a2_eh")
_LAKE_ID: Final = ("lake_id", "Hylak_id")
_LAKE_NAME: Final = ("name_en", "Lake_name", "name")
_PLACE_ID: Final = ("geonameid", "place_id", "id")
_PEOPLE: Final = ("population", "people", "pop_max")


def first_available(manifest: Manifest, use: str) -> LocalLayer | None:
    """Layer that the region names for a use, None if it has no file."""
    found = manifest.available(use)
    return found[0] if found else None


def _texts(frame: gpd.GeoDataFrame, names: tuple[str, ...]) -> NDArray[np.object_]:
    for name in names:
        if name in frame.columns:
            column = frame[name].astype("string")
            values = column.to_numpy(dtype=object, na_value=None)
            return np.array([v or None for v in values], dtype=object)
    return np.full(len(frame), None, dtype=object)


def _needed(
    frame: gpd.GeoDataFrame, names: tuple[str, ...], local: LocalLayer
) -> NDArray[np.object_]:
    if not any(name in frame.columns for name in names):
        raise input_error(
            local.path or local.layer.id,
            field=names[0],
            found=f"columns {sorted(map(str, frame.columns))}",
            expected=f"one of the columns {', '.join(names)}",
            fix="rename the column or use another layer",
        )
    return _texts(frame, names)


def _numbers(frame: gpd.GeoDataFrame, names: tuple[str, ...]) -> NDArray[np.float64]:
    for name in names:
        if name in frame.columns:
            values = pd.to_numeric(frame[name], errors="coerce")
            return values.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.full(len(frame), np.nan)


def read_countries(local: LocalLayer) -> Countries:
    """Country polygons; rows without a code (ISO 3166-1 alpha-2) are left out."""
    frame = read_lines(local)
    code = _needed(frame, _COUNTRY_COLUMNS, local)
    known = np.array(
        [bool(c) and len(c) == 2 and c.isalpha() for c in code], dtype=bool
    )
    polygon = shapely.make_valid(frame.geometry.to_numpy()[known])
    return Countries(code=code[known], polygon=np.asarray(polygon, dtype=object))


def read_boundary_lines(local: LocalLayer) -> BoundaryLines:
    """Boundary lines with their status and the countries on both sides."""
    frame = read_lines(local)
    return BoundaryLines(
        line=frame.geometry.to_numpy().astype(object),
        status=_needed(frame, ("status",), local),
        left=_texts(frame, ("country_left",)),
        right=_texts(frame, ("country_right",)),
    )


def read_lakes(local: LocalLayer) -> tuple[dict[str, Lake], NDArray[np.object_]]:
    """Lakes by key, and their polygons in the same order."""
    frame = read_lines(local)
    key = _needed(frame, _LAKE_ID, local)
    name, name_ru = _texts(frame, _LAKE_NAME), _texts(frame, ("name_ru",))
    volume = _numbers(frame, ("volume_m3",))
    if "volume_m3" not in frame.columns:
        volume = _numbers(frame, ("Vol_total",)) * 1e6  # HydroLAKES: million m3
    lakes = {
        key[k]: Lake(
            key[k], name[k], name_ru[k], float(volume[k]) if volume[k] > 0 else None
        )
        for k in range(len(frame))
    }
    return lakes, shapely.make_valid(frame.geometry.to_numpy())


def read_places(local: LocalLayer) -> Places:
    """Settlements; a population of zero means that none is known."""
    frame = read_lines(local)
    points = shapely.point_on_surface(frame.geometry.to_numpy())
    people = _numbers(frame, _PEOPLE)
    prefix = "geonames" if "geonameid" in frame.columns else local.layer.id
    keys = _needed(frame, _PLACE_ID, local)
    return Places(
        kind="settlement",
        receptor_id=np.array([f"{prefix}:{key}" for key in keys], dtype=object),
        name=_needed(frame, ("name", "name_en"), local),
        name_ru=_texts(frame, ("name_ru",)),
        country=_texts(frame, ("country", "iso_a2", "country_code")),
        lon_deg=shapely.get_x(points),
        lat_deg=shapely.get_y(points),
        people=np.where(people > 0, people, np.nan),
    )
