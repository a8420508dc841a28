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
from pipeline.rivers.canals import CanalLayer
from pipeline.rivers.lakes import Lake
from pipeline.rivers.network import lines_from_geometry
from pipeline.rivers.reading import read_lines
from pipeline.rivers.receptors import Places

_COUNTRY_COLUMNS: Final = ("iso_a2", "ISO_A2", "ISO_A2_EH", "iso_a2_eh")
_LAKE_ID: Final = ("lake_id", "Hylak_id")
_LAKE_NAME: Final = ("name_en", "Lake_name", "name")
_PLACE_ID: Final = ("geonameid", "place_id", "id")
_PEOPLE: Final = ("population", "people", "pop_max")
_POINTS: Final = (0, 4)
SETTLEMENT: Final = "settlement"
RECEPTOR_KINDS: Final = ("settlement", "intake", "protected_area", "gauge", "other")


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
        kind=np.full(len(frame), SETTLEMENT, dtype=object),
        receptor_id=_receptor_ids(prefix, keys),
        name=_needed(frame, ("name", "name_en"), local),
        name_ru=_texts(frame, ("name_ru",)),
        country=_texts(frame, ("country", "iso_a2", "country_code")),
        lon_deg=shapely.get_x(points),
        lat_deg=shapely.get_y(points),
        people=np.where(people > 0, people, np.nan),
    )


def _receptor_ids(prefix: str, keys: NDArray[np.object_]) -> NDArray[np.object_]:
    """Keys of places; those that the project added have a negative id in the layer."""
    return np.array(
        [
            f"place:{key[1:]}"
            if prefix == "geonames" and key.startswith("-")
            else f"{prefix}:{key}"
            for key in map(str, keys)
        ],
        dtype=object,
    )


def read_receptors(local: LocalLayer) -> tuple[Places, ...]:
    """Places of a layer of receptors: its points, and its areas and lines.

    The kind of a row stands in the column ``kind``, or for all rows in the registry
    (``receptor_kind``); "other" without both.

    Raises
    ------
    InputError
        If a kind is none of the known ones.
    """
    frame = read_lines(local)
    kinds = _texts(frame, ("kind",))
    usual = local.layer.receptor_kind or "other"
    kinds = np.array([kind or usual for kind in kinds], dtype=object)
    for row, kind in enumerate(kinds):
        if kind not in RECEPTOR_KINDS:
            raise input_error(
                local.path or local.layer.id,
                row=row + 1,
                field="kind",
                found=kind,
                expected=", ".join(RECEPTOR_KINDS),
                fix="correct the kind, or rename the column if it means another thing",
            )
    geometry = frame.geometry.to_numpy()
    keys = _texts(frame, ("receptor_id", *_PLACE_ID))
    numbered = [key or str(row + 1) for row, key in enumerate(keys)]
    names = _texts(frame, ("name", "name_en"))
    points = shapely.point_on_surface(geometry)
    people = _numbers(frame, _PEOPLE)
    found = Places(
        kind=kinds,
        receptor_id=np.array([f"{local.layer.id}:{key}" for key in numbered], object),
        name=np.array(
            [n or k for n, k in zip(names, numbered, strict=True)], dtype=object
        ),
        name_ru=_texts(frame, ("name_ru",)),
        country=_texts(frame, ("country", "iso_a2", "country_code")),
        lon_deg=shapely.get_x(points),
        lat_deg=shapely.get_y(points),
        people=np.where(people > 0, people, np.nan),
        shape=np.asarray(shapely.make_valid(geometry), dtype=object),
    )
    _refuse_repeated(found, local)
    is_point = np.isin(shapely.get_type_id(geometry), _POINTS)
    parts = [found.part(is_point, outlines=False), found.part(~is_point, outlines=True)]
    return tuple(part for part in parts if len(part.kind))


def _refuse_repeated(places: Places, local: LocalLayer) -> None:
    keys, count = np.unique(places.receptor_id.astype(str), return_counts=True)
    if (count > 1).any():
        raise input_error(
            local.path or local.layer.id,
            found=f"the key {str(keys[count > 1][0])!r} more than once",
            expected="one row per place",
            fix="correct the keys",
        )


def read_canals(local: LocalLayer) -> CanalLayer:
    """Canals with the reaches at which they begin and end."""
    frame = read_lines(local)
    return CanalLayer(
        canal_id=_needed(frame, ("canal_id",), local),
        name=_texts(frame, ("name_en", "name")),
        name_ru=_texts(frame, ("name_ru",)),
        from_id=_keys(_needed(frame, ("from_reach_id",), local)),
        to_id=_keys(_texts(frame, ("to_reach_id",))),
        ends_in=_texts(frame, ("ends_in",)),
        share=_numbers(frame, ("share",)),
        lines=lines_from_geometry(frame.geometry.to_numpy()),
    )


def _keys(texts: NDArray[np.object_]) -> NDArray[np.object_]:
    """Keys as the river layer writes them: "936", also where the layer says "936.0"."""
    return np.array(
        [None if t is None else str(t).removesuffix(".0") for t in texts], dtype=object
    )
