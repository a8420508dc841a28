"""STAC collection of a region's maps: one file that programs read without opening them.

The maps are assets of the collection itself. Items would need a date, and a map of a
hazard has none. STAC 1.1.0, with the projection extension.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pyproj import CRS, Transformer

from pipeline.core.hazard_maps import (
    RECORD_FILE,
    GridRecord,
    HazardMaps,
    LayerMap,
    LevelMap,
)
from pipeline.core.layers import Layer
from pipeline.hazards.maps.fused import NODATA
from pipeline.hazards.maps.record import band_name

COLLECTION_FILE: Final = "collection.json"
_VERSION: Final = "1.1.0"
_PROJECTION: Final = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
_COG: Final = "image/tiff; application=geotiff; profile=cloud-optimized"
_EDGE_POINTS: Final = 101


def stac_collection(
    maps: HazardMaps, grid: GridRecord, layers: Mapping[str, Layer]
) -> dict[str, Any]:
    """Collection of all maps that were made.

    Parameters
    ----------
    layers
        Rows of the registry by key, of every layer in ``maps``.
    """
    where = _projection(grid)
    assets = {}
    if maps.index is not None:
        assets["multi-hazard-index"] = where | {
            "href": f"./{maps.index.file}",
            "type": _COG,
            "title": "Multi-hazard index (provisional, screening)",
            "description": "Weighted mean of scores from 0 to 1; without data too few "
            "layers speak, which is never a low hazard. " + _label(maps.index),
            "roles": ["data"],
            "bands": [
                _band(name, "1", None)
                for name in ("index", "layers_speaking", "layers_missing")
            ],
        }
    for layer in maps.layers:
        if layer.file is not None:
            assets[layer.layer_id] = where | _asset(layer, layers[layer.layer_id])
    return {
        "type": "Collection",
        "stac_version": _VERSION,
        "stac_extensions": [_PROJECTION],
        "id": f"{maps.region}-hazard-maps",
        "title": f"Regional hazard maps: {maps.region}",
        "description": "Hazard layers on one grid, and an index of them. Screening, no "
        f"verdict on safety. `{RECORD_FILE}` says what was left out and why. Terms and "
        "sources differ from asset to asset.",
        "license": "other",
        "extent": {
            "spatial": {"bbox": [_box_deg(grid)]},
            "temporal": {"interval": [[None, None]]},
        },
        "links": [
            {
                "rel": "describedby",
                "href": f"./{RECORD_FILE}",
                "type": "application/json",
            }
        ],
        "assets": assets,
    }


def _asset(made: LayerMap, layer: Layer) -> dict[str, Any]:
    said = [
        layer.caveat.en if layer.caveat else "",
        f"Rule: {made.rule}.",
        "No data is not covered by the layer, never low.",
        _label(made),
        f"Licence: {layer.licence.name}.",
        f"Source: {layer.citation}",
    ]
    return {
        "href": f"./{made.file}",
        "type": _COG,
        "title": made.title.en,
        "description": " ".join(filter(None, said)),
        "roles": ["data"],
        "bands": _bands(layer, made.levels),
    }


def _bands(layer: Layer, levels: Sequence[LevelMap]) -> list[dict[str, Any]]:
    return [_band(band_name(layer, one.band), layer.unit, one) for one in levels]


def _band(name: str, unit: str, level: LevelMap | None) -> dict[str, Any]:
    band: dict[str, Any] = {
        "name": name,
        "data_type": "float32",
        "nodata": NODATA,
        "unit": "1" if unit == "-" else unit,
    }
    if level is not None and level.minimum is not None:
        band["statistics"] = {
            "minimum": level.minimum,
            "maximum": level.maximum,
            "valid_percent": 100 * level.covered_fraction,
        }
    return band


def _label(made: Any) -> str:
    """Label of the method, and whether a stand-in by the project is in it."""
    text = f"Confidence: {made.confidence}."
    return f"{text} Demonstration by the project." if made.demonstration else text


def _projection(grid: GridRecord) -> dict[str, Any]:
    """Grid in the words of the projection extension."""
    is_code = grid.crs.startswith("EPSG:")
    crs = {} if is_code else {"proj:wkt2": CRS.from_user_input(grid.crs).to_wkt()}
    cell = grid.cell
    return {
        "proj:code": grid.crs if is_code else None,
        **crs,
        "proj:shape": [grid.height, grid.width],
        "proj:transform": [cell, 0.0, grid.left, 0.0, -cell, grid.top],
    }


def _box_deg(grid: GridRecord) -> list[float]:
    """West, south, east, north of the grid, degrees."""
    right = grid.left + grid.width * grid.cell
    bottom = grid.top - grid.height * grid.cell
    to_degrees = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    box = to_degrees.transform_bounds(
        grid.left, bottom, right, grid.top, densify_pts=_EDGE_POINTS
    )
    return [round(side, 6) for side in box]
