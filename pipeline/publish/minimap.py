"""Small maps for profiles: where the facility lies, and the way downstream."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from markupsafe import Markup
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pipeline.publish.basemap import BaseMap
from pipeline.publish.dossiers import Dossier, Row
from pipeline.publish.drawing import Frame, label, path, picture, round_step, svg
from pipeline.publish.labels import place_name
from pipeline.publish.words import Words

WIDTH: Final = 520.0
HEIGHT: Final = 340.0
_LEAST_SPAN_DEG: Final = 0.45
_WIDE_DEG: Final = 5.0
_SMALL_SHARE: Final = 0.5
_METRES_PER_DEG: Final = 111_195.0
_PLACES_SHOWN: Final = 9
_LABEL_HEIGHT: Final = 13.0
_LETTER_WIDTH: Final = 6.1


@dataclass(frozen=True)
class Ground:
    """Base map and river reaches that all small maps of a region share."""

    base: BaseMap
    reach_ids: Mapping[int, int]
    reach_shapes: NDArray[Any]
    reach_weight: NDArray[np.float64]

    @classmethod
    def of(cls, base: BaseMap, reaches: gpd.GeoDataFrame) -> Ground:
        """Index reaches by their id; weight grows with the area upstream."""
        ids = {int(key): i for i, key in enumerate(reaches["reach_id"])}
        area = reaches["upstream_area_km2"].to_numpy(dtype=np.float64)
        weight = 0.5 + 0.5 * np.log10(np.maximum(np.nan_to_num(area, nan=1.0), 1.0))
        return cls(base, ids, np.asarray(reaches.geometry.array), weight)

    def shapes(self, reach_ids: Iterable[int]) -> list[BaseGeometry]:
        """Lines of reaches, in the given order; unknown ids are left out."""
        found = (self.reach_ids.get(int(key)) for key in reach_ids)
        return [self.reach_shapes[i] for i in found if i is not None]


@dataclass(frozen=True)
class Sketch:
    """A small map without words: its frame, what it shows, and the key of its title.

    It is drawn once and labelled in each language.
    """

    frame: Frame
    content: tuple[str, ...]
    title_key: str
    name_of: Row

    def labelled(self, ground: Ground, words: Words) -> Markup:
        """Picture with names, scale and title in one language."""
        frame = self.frame
        title = words(self.title_key, name=facility_name(self.name_of, words))
        content = [
            *self.content,
            *_places(frame, ground.base, words),
            *_scale(frame, words),
            svg("rect", width=frame.width, height=frame.height, class_="m-frame"),
        ]
        return picture(content, frame.width, frame.height, title, "minimap")


def location_sketch(dossier: Dossier, ground: Ground) -> Sketch | None:
    """Surroundings of a facility; None without a position."""
    facility = dossier.facility
    if not dossier.has_position:
        return None
    lon, lat = float(facility["lon_deg"]), float(facility["lat_deg"])
    radius_m = float(facility["position_radius_m"] or 0.0)
    span = max(_LEAST_SPAN_DEG, 3.2 * radius_m / _METRES_PER_DEG)
    frame = Frame.around((lon, lat - span / 2, lon, lat + span / 2), WIDTH, HEIGHT)
    marks = [*_uncertainty(frame, facility), *_entry(frame, dossier)]
    marks.append(_dot(frame, lon, lat))
    content = _ground(frame, dossier, ground, marks)
    return Sketch(frame, content, "map.location_title", facility)


def path_sketch(dossier: Dossier, ground: Ground) -> Sketch | None:
    """Whole way downstream with its border crossings; None without a path."""
    lines = ground.shapes(row["reach_id"] for row in dossier.downstream)
    if not lines or not dossier.has_position:
        return None
    facility = dossier.facility
    lon, lat = float(facility["lon_deg"]), float(facility["lat_deg"])
    west, south, east, north = shapely.total_bounds(lines)
    bounds = (min(west, lon), min(south, lat), max(east, lon), max(north, lat))
    pad = 0.08 * max(bounds[2] - bounds[0], bounds[3] - bounds[1]) + 0.1
    box = (bounds[0] - pad, bounds[1] - pad, bounds[2] + pad, bounds[3] + pad)
    frame = Frame.around(box, WIDTH, HEIGHT)
    marks = [*_crossings(frame, dossier.crossings), _dot(frame, lon, lat)]
    content = _ground(frame, dossier, ground, marks)
    return Sketch(frame, content, "map.path_title", facility)


def facility_name(facility: Row, words: Words) -> str:
    """Name of a facility in the page's language; English where there is none."""
    return str(facility.get(f"name_{words.language}") or facility["name"])


def _ground(
    frame: Frame, dossier: Dossier, ground: Ground, marks: Sequence[str]
) -> tuple[str, ...]:
    own = ground.shapes(row["reach_id"] for row in dossier.downstream)
    return (
        svg("rect", width=frame.width, height=frame.height, class_="m-land"),
        *_lakes(frame, ground.base),
        *_rivers(frame, ground),
        *_lines(frame, own, "m-path"),
        *_borders(frame, ground.base),
        *marks,
    )


def _clip(frame: Frame, shapes: Any) -> NDArray[Any]:
    west, south, east, north = frame.bounds_deg
    tolerance = 0.4 / frame.y_per_deg
    cut = shapely.clip_by_rect(
        np.asarray(shapes, dtype=object), west, south, east, north
    )
    cut = shapely.simplify(cut[~shapely.is_empty(cut)], tolerance)
    return np.asarray(cut)


def _lines(frame: Frame, shapes: Any, css: str) -> list[str]:
    if len(shapes) == 0:
        return []
    pieces = shapely.get_parts(_clip(frame, shapes))
    coordinates, piece = shapely.get_coordinates(pieces, return_index=True)
    x, y = frame.xy(coordinates[:, 0], coordinates[:, 1])
    starts = np.flatnonzero(np.diff(piece, prepend=-1))
    steps = [
        f"{px:.1f},{py:.1f}" for px, py in zip(x.tolist(), y.tolist(), strict=True)
    ]
    for start in starts.tolist():
        steps[start] = f"M{steps[start]}"
    return [svg("path", d=" ".join(steps), class_=css)] if steps else []


def _rivers(frame: Frame, ground: Ground) -> list[str]:
    """Rivers by width; on a wide map the smaller ones are left out."""
    west, south, east, north = frame.bounds_deg
    box = shapely.box(west, south, east, north)
    inside = shapely.intersects(ground.reach_shapes, box)
    thin = 1.0
    if east - west > _WIDE_DEG:
        thin = 0.45
        inside &= ground.reach_weight >= np.quantile(ground.reach_weight, _SMALL_SHARE)
    rounded = np.round(ground.reach_weight * 2) / 2
    drawn = []
    for weight in np.unique(rounded[inside]):
        band = ground.reach_shapes[inside & (rounded == weight)]
        width = float(weight) * thin
        drawn += [
            svg("g", line, stroke_width=width)
            for line in _lines(frame, band, "m-river")
        ]
    return drawn


def _lakes(frame: Frame, base: BaseMap) -> list[str]:
    if base.lakes is None:
        return []
    pieces = shapely.get_parts(_clip(frame, base.lakes.geometry.array))
    data = "".join(
        path([frame.xy(x, y) for x, y in ring.coords], closed=True)
        for piece in pieces
        if piece.geom_type == "Polygon"
        for ring in (piece.exterior, *piece.interiors)
    )
    return [svg("path", d=data, class_="m-lake")] if data else []


def _borders(frame: Frame, base: BaseMap) -> list[str]:
    lines = base.boundary_lines
    if lines is None:
        return []
    drawn = []
    for status in ("recognised", "not_stated", "lease", "disputed"):
        kind = lines[lines["status"] == status].geometry.array
        drawn += _lines(frame, kind, f"m-border m-border-{status}")
    return drawn


def _uncertainty(frame: Frame, facility: Row) -> list[str]:
    radius_m = facility["position_radius_m"]
    if radius_m is None:
        return []
    x, y = frame.xy(float(facility["lon_deg"]), float(facility["lat_deg"]))
    return [svg("circle", cx=x, cy=y, r=frame.pixels(float(radius_m)), class_="m-unc")]


def _entry(frame: Frame, dossier: Dossier) -> list[str]:
    snap = dossier.snap
    if snap is None or snap["entry_lon_deg"] is None:
        return []
    facility = dossier.facility
    start = frame.xy(float(facility["lon_deg"]), float(facility["lat_deg"]))
    end = frame.xy(float(snap["entry_lon_deg"]), float(snap["entry_lat_deg"]))
    return [svg("path", d=path([start, end]), class_="m-entry")]


def _dot(frame: Frame, lon: float, lat: float) -> str:
    x, y = frame.xy(lon, lat)
    return svg("circle", cx=x, cy=y, r=5.0, class_="m-dot")


def _crossings(frame: Frame, crossings: Sequence[Row]) -> list[str]:
    drawn = []
    for row in crossings:
        x, y = frame.xy(float(row["lon_deg"]), float(row["lat_deg"]))
        square = [(x - 5, y), (x, y - 5), (x + 5, y), (x, y + 5)]
        drawn.append(svg("path", d=path(square, closed=True), class_="m-crossing"))
        drawn.append(
            label(
                str(row["crossing"]), x, y - 8, text_anchor="middle", class_="m-number"
            )
        )
    return drawn


def _places(frame: Frame, base: BaseMap, words: Words) -> list[str]:
    if base.places is None:
        return []
    west, south, east, north = frame.bounds_deg
    inside = base.places.cx[west:east, south:north]
    if "population" in inside:
        inside = inside.sort_values("population", ascending=False, kind="stable")
    drawn: list[str] = []
    taken: list[tuple[float, float, float, float]] = []
    for row in inside.to_dict("records"):
        x, y = frame.xy(row["geometry"].x, row["geometry"].y)
        name = place_name(row, words)
        box = (x + 4, y - _LABEL_HEIGHT, x + 8 + _LETTER_WIDTH * len(name), y + 4)
        outside = box[2] > frame.width - 4 or box[1] < 4 or y > frame.height - 26
        if outside or any(_overlap(box, other) for other in taken):
            continue
        taken.append(box)
        drawn.append(svg("circle", cx=x, cy=y, r=2.2, class_="m-place"))
        drawn.append(label(name, x + 5, y + 3.5, class_="m-place-name"))
        if len(taken) == _PLACES_SHOWN:
            break
    return drawn


def _overlap(
    a: tuple[float, float, float, float], b: tuple[float, float, float, float]
) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _scale(frame: Frame, words: Words) -> list[str]:
    metres = round_step(frame.width / frame.y_per_deg * _METRES_PER_DEG, 5)
    length = frame.pixels(metres)
    x, y = 12.0, frame.height - 12.0
    bar = path([(x, y - 5), (x, y), (x + length, y), (x + length, y - 5)])
    return [
        svg("path", d=bar, class_="m-scale"),
        label(
            words.numbers.distance(metres),
            x + length / 2,
            y - 5,
            text_anchor="middle",
            class_="m-scale-text",
        ),
    ]
