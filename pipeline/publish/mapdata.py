"""Data that the basin map's script draws: facilities, paths, crossings and names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from markupsafe import Markup

from pipeline.publish.basemap import SIMPLIFY_DEG, BaseMap
from pipeline.publish.dossiers import Dossier
from pipeline.publish.drawing import symbol
from pipeline.publish.labels import least_zoom, place_name
from pipeline.publish.minimap import facility_name
from pipeline.publish.standing import crossing_text
from pipeline.publish.themes import Theme
from pipeline.publish.words import Words

_DECIMALS = 4
_SYMBOL_PIXELS = 22.0


def embedded_json(content: Any) -> Markup:
    """JSON that can stand inside a script element whatever its texts hold."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 (nothing in it can end the element)


def map_data(
    dossiers: Sequence[Dossier],
    themes: Mapping[str, Sequence[Theme]],
    reaches: gpd.GeoDataFrame,
    base: BaseMap,
    countries: Sequence[str],
    catalogues: Sequence[Words],
) -> dict[str, Any]:
    """Gather what the script needs; texts are given per language.

    What a facility is by each theme stands in the order of ``themes``.
    """
    main = themes[catalogues[0].language]
    return {
        "facilities": [
            _facility(dossier, main, catalogues)
            for dossier in dossiers
            if dossier.has_position
        ],
        "themes": [theme.id for theme in main],
        "symbols": {
            theme.id: [str(symbol(look, _SYMBOL_PIXELS)) for look, _ in theme.classes]
            for theme in main
        },
        "dark": {
            theme.id: [_needs_light_text(look.fill) for look, _ in theme.classes]
            for theme in main
        },
        "reaches": _reaches(reaches),
        "crossings": _crossings(dossiers, catalogues),
        "places": _places(base, catalogues),
        "countries": _countries(base, countries, catalogues),
    }


def _needs_light_text(fill: str) -> bool:
    if not fill.startswith("#"):
        return False
    return sum(int(fill[i : i + 2], 16) for i in (1, 3, 5)) < 380


def _facility(
    dossier: Dossier, themes: Sequence[Theme], catalogues: Sequence[Words]
) -> dict[str, Any]:
    facility = dossier.facility
    snap = dossier.snap
    entry = None
    if snap is not None and snap["entry_lat_deg"] is not None:
        entry = _point(snap["entry_lon_deg"], snap["entry_lat_deg"])
    return {
        "id": dossier.tmf_id,
        "at": _point(facility["lon_deg"], facility["lat_deg"]),
        "radius_m": facility["position_radius_m"],
        "part": facility["role"] == "part",
        "name": {w.language: facility_name(facility, w) for w in catalogues},
        "entry": entry,
        "path": [int(row["reach_id"]) for row in dossier.downstream],
        "themes": [
            [
                theme.members[dossier.tmf_id].position,
                theme.members[dossier.tmf_id].glyph,
                int(theme.members[dossier.tmf_id].is_loose),
            ]
            for theme in themes
        ],
    }


def _point(lon_deg: Any, lat_deg: Any) -> list[float]:
    return [round(float(lat_deg), _DECIMALS), round(float(lon_deg), _DECIMALS)]


def _reaches(reaches: gpd.GeoDataFrame) -> dict[str, Any]:
    shapes = shapely.simplify(reaches.geometry.array, SIMPLIFY_DEG)
    area = reaches["upstream_area_km2"].to_numpy(dtype=np.float64)
    weight = np.round(
        0.4 + 0.55 * np.log10(np.maximum(np.nan_to_num(area, nan=1.0), 1.0)), 1
    )
    return {
        str(int(key)): {
            "w": float(w),
            "l": [[round(y, _DECIMALS), round(x, _DECIMALS)] for x, y in line.coords],
        }
        for key, w, line in zip(reaches["reach_id"], weight, shapes, strict=True)
    }


def _crossings(
    dossiers: Sequence[Dossier], catalogues: Sequence[Words]
) -> list[dict[str, Any]]:
    """Places where rivers cross borders, each once, with who reaches it.

    ``sheet`` is the anchor of the border point on the contingency sheet, None where
    the sheet has none.
    """
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for dossier in dossiers:
        points = {_crossing_key(row): row["place_id"] for row in dossier.border_points}
        for row in dossier.crossings:
            key = (row["from_country"], row["to_country"], row["reach_id"])
            entry = found.setdefault(
                key,
                {
                    "at": _point(row["lon_deg"], row["lat_deg"]),
                    "label": {w.language: _crossing_label(row, w) for w in catalogues},
                    "disputed": bool(row["disputed"]),
                    "sheet": None,
                    "reached": {},
                },
            )
            entry["sheet"] = entry["sheet"] or points.get(_crossing_key(row))
            entry["reached"][dossier.tmf_id] = {
                "number": int(row["crossing"]),
                "text": {w.language: crossing_text(row, w) for w in catalogues},
            }
    return [found[key] for key in sorted(found, key=str)]


def _crossing_key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells the crossings of one facility apart, here and on the sheet."""
    return row["from_country"], row["to_country"], row["distance_m"]


def _crossing_label(row: Mapping[str, Any], words: Words) -> str:
    return words(
        f"crossing.{row['kind']}",
        from_country=words.country(row["from_country"]),
        to_country=words.country(row["to_country"]),
    )


def _places(base: BaseMap, catalogues: Sequence[Words]) -> list[dict[str, Any]]:
    if base.places is None:
        return []
    rows = base.places.to_dict("records")
    names = [{w.language: place_name(row, w) for w in catalogues} for row in rows]
    room = [
        (
            float(row["geometry"].x),
            float(row["geometry"].y),
            _people(row.get("population")),
            max(len(text) for text in name.values()),
        )
        for row, name in zip(rows, names, strict=True)
    ]
    zooms = least_zoom(room)
    return [
        {"at": _point(lon, lat), "name": name, "zoom": zoom}
        for (lon, lat, _, _), name, zoom in zip(room, names, zooms, strict=True)
        if zoom is not None
    ]


def _people(population: Any) -> float:
    """People of a place for the order of names alone; unknown comes last."""
    return 0.0 if pd.isna(population) else float(population)


def _countries(
    base: BaseMap, inside: Sequence[str], catalogues: Sequence[Words]
) -> list[dict[str, Any]]:
    if base.countries is None:
        return []
    named = []
    for row in base.countries.to_dict("records"):
        spot = shapely.point_on_surface(row["geometry"])
        named.append(
            {
                "at": _point(spot.x, spot.y),
                "inside": row["iso_a2"] in inside,
                "name": {w.language: w.country(row["iso_a2"]) for w in catalogues},
            }
        )
    return named
