"""STAC collection of a region's maps: one file that programs read without opening them.

The maps are assets of the collection itself. Items would need a date, and a map of a
hazard has none. STAC 1.1.0, with the projection extension.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pyproj import CRS, Transformer

from pipeline.core.hazard_maps import (
    RECORD_FILE,
    CaseMaps,
    GridRecord,
    HazardMaps,
    LayerMap,
    LevelMap,
)
from pipeline.core.layers import Layer
from pipeline.hazards.maps.fused import NODATA

COLLECTION_FILE: Final = "collection.json"
_VERSION: Final = "1.1.0"
_PROJECTION: Final = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
_COG: Final = "image/tiff; application=geotiff; profile=cloud-optimized"
_EDGE_POINTS: Final = 101
BandNames = Sequence[tuple[str, str]]
"""Name and unit of every band of a file."""


def stac_collection(
    maps: HazardMaps,
    grid: GridRecord,
    layers: Mapping[str, Layer],
    bands: Mapping[str, BandNames],
) -> dict[str, Any]:
    """Collection of all maps that were made.

    Parameters
    ----------
    layers
        Rows of the registry by key, of every layer in ``maps``.
    bands
        Names and units of the bands of every map, by file.
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
            "bands": _bands(bands[maps.index.file]),
        }
    for layer in maps.layers:
        if layer.file is not None:
            row = layers[layer.layer_id]
            found = _asset(layer, row, bands[layer.file])
            assets[layer.layer_id] = where | found
    for case in maps.cases:
        for asset in _case_assets(case, layers, bands):
            key = asset["href"].removeprefix("./").removesuffix(".tif")
            assets[key] = where | asset
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


def _case_assets(
    case: CaseMaps, layers: Mapping[str, Layer], bands: Mapping[str, BandNames]
) -> Iterator[dict[str, Any]]:
    """Maps of one climate case: the index, and every layer that changes."""
    years = f"{case.scenario}, {case.horizon}"
    if case.file is not None:
        yield {
            "href": f"./{case.file}",
            "type": _COG,
            "title": f"Multi-hazard index (provisional, screening), {years}",
            "description": "The index with the changed layers, and its difference from "
            f"the present. {_label(case)}",
            "roles": ["data"],
            "bands": _bands(bands[case.file]),
        }
    for one in case.changed:
        layer = layers[one.layer_id]
        yield {
            "href": f"./{one.file}",
            "type": _COG,
            "title": f"{layer.title.en}, {years}",
            "description": "Changed levels, then each less the present. "
            f"{_label(one)} Licence: {layer.licence.name}. Source: {layer.citation}",
            "roles": ["data"],
            "bands": _bands(bands[one.file]),
        }


def _asset(made: LayerMap, layer: Layer, names: BandNames) -> dict[str, Any]:
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
        "bands": _bands(names, made.levels),
    }


def _bands(
    names: BandNames, levels: Sequence[LevelMap | None] = ()
) -> list[dict[str, Any]]:
    known = [*levels, *([None] * (len(names) - len(levels)))]
    pairs = zip(names, known, strict=True)
    return [_band(name, unit, level) for (name, unit), level in pairs]


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
