"""The basin map's ground as a folium map whose parts stand inside the page.

folium lays out the map, the shaded relief and the base vectors. The facilities, the
paths and everything that reacts to the reader are added by ``assets/map.js`` from the
data that `mapdata` prepares.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import folium
import geopandas as gpd
import shapely
from folium.map import CustomPane
from markupsafe import Markup

from pipeline.publish.basemap import SIMPLIFY_DEG, BaseMap, Bounds4, simplified
from pipeline.publish.hazardindex import IndexPicture

MAP_ID: Final = "basin"
_DECIMALS: Final = 4
_PANES: Final = (
    ("relief", 205),
    ("land", 210),
    ("hazard_index", 215),
    ("water", 220),
    ("borders", 230),
    ("paths", 420),
    ("leaders", 590),
)
_LAKE_STYLE: Final = {
    "color": "#6f9fc4",
    "weight": 0.7,
    "fillColor": "#c5dcec",
    "fillOpacity": 1.0,
}
_LINE_STYLES: Final[dict[str, dict[str, Any]]] = {
    "recognised": {"color": "#5d4a66", "weight": 1.5, "opacity": 0.9},
    "not_stated": {"color": "#5d4a66", "weight": 0.8, "opacity": 0.9},
    "lease": {"color": "#5d4a66", "weight": 1.0, "opacity": 0.7, "dashArray": "1 5"},
    "disputed": {"color": "#5d4a66", "weight": 1.5, "opacity": 0.9, "dashArray": "6 5"},
}


class OfflineMap(folium.Map):
    """Folium map without links to scripts and styles: the page holds them itself."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 (as folium declares it)
    default_css: list[tuple[str, str]] = []  # noqa: RUF012


@dataclass(frozen=True, slots=True)
class MapParts:
    """What the page embeds: the map's element and the script that fills it."""

    html: Markup
    script: str


def ground_map(
    base: BaseMap,
    bounds_deg: Bounds4,
    countries: Sequence[str],
    index: IndexPicture | None = None,
) -> MapParts:
    """Build the map's ground.

    Parameters
    ----------
    base
        Borders, lakes and relief; what is missing is left out.
    bounds_deg
        West, south, east, north of the first view.
    countries
        Countries of the region (ISO 3166-1 alpha-2); others are toned down.
    index
        Picture of the multi-hazard index, below water and borders; None: without.
    """
    west, south, east, north = bounds_deg
    chart = OfflineMap(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        zoom_start=6,
        control_scale=False,
        zoom_control=False,
        attributionControl=False,
        zoomSnap=0.25,
        minZoom=4,
        maxZoom=12,
    )
    chart._id = MAP_ID
    for name, z_index in _PANES:
        pane = CustomPane(name, z_index=z_index)
        pane._id = name
        chart.add_child(pane)
    for child in _layers(base, countries):
        chart.add_child(child)
    if index is not None:
        chart.add_child(_image("hazard_index", index.address, index.bounds_deg))
    figure: Any = chart.get_root()
    figure.render()
    return MapParts(
        html=Markup(figure.html.render()),  # noqa: S704 (folium's element alone)
        script=figure.script.render(),
    )


def _layers(base: BaseMap, countries: Sequence[str]) -> list[folium.map.Layer]:
    layers: list[folium.map.Layer] = []
    if base.relief is not None:
        layers.append(_image("relief", base.relief.address, base.relief.bounds_deg))
    if base.countries is not None:
        inside = base.countries["iso_a2"].isin(list(countries))
        outside = base.countries[~inside]
        style = {"stroke": False, "fillColor": "#e9ebee", "fillOpacity": 0.55}
        layers += _vectors("outside", outside, style, "land")
    if base.lakes is not None:
        style = _LAKE_STYLE
        layers += _vectors("lakes", base.lakes, style, "water")
    if base.boundary_lines is not None:
        for status, style in _LINE_STYLES.items():
            lines = base.boundary_lines
            kind = lines[lines["status"] == status]
            line = {**style, "fill": False}
            layers += _vectors(f"border_{status}", kind, line, "borders")
    return layers


def _image(pane: str, address: str, bounds_deg: Bounds4) -> Any:
    """Picture in Web Mercator in a pane of its own name."""
    west, south, east, north = bounds_deg
    image = folium.raster_layers.ImageOverlay(
        address, bounds=[[south, west], [north, east]], pane=pane, alt=""
    )
    return _named(image, f"{pane}_image")


def _vectors(
    name: str, frame: gpd.GeoDataFrame, style: dict[str, Any], pane: str
) -> list[folium.GeoJson]:
    if frame.empty:
        return []
    collection = feature_collection(simplified(frame, SIMPLIFY_DEG))
    layer = folium.GeoJson(
        collection,
        style_function=lambda _: style,
        interactive=False,
        pane=pane,
        smooth_factor=1.0,
    )
    return [_named(layer, name)]


def _named(layer: Any, name: str) -> Any:
    layer._id = name
    return layer


def feature_collection(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """Shapes alone as GeoJSON, rounded to 1e-4 degrees (about 10 m)."""
    rounded = shapely.set_precision(frame.geometry.array, 10.0**-_DECIMALS)
    features = [
        {
            "type": "Feature",
            "id": str(i),
            "properties": {},
            "geometry": _short(json.loads(shapely.to_geojson(shape))),
        }
        for i, shape in enumerate(rounded)
        if not shape.is_empty
    ]
    return {"type": "FeatureCollection", "features": features}


def _short(geometry: dict[str, Any]) -> dict[str, Any]:
    def cut(item: Any) -> Any:
        return (
            round(item, _DECIMALS)
            if isinstance(item, float)
            else [cut(part) for part in item]
        )

    return {**geometry, "coordinates": cut(geometry["coordinates"])}
