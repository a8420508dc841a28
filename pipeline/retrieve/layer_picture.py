"""Picture of a layer with the facilities on it: one SVG file, no network needed.

The raster's preview is turned to longitude and latitude, coloured from pale to dark,
and put into the file as PNG; cells without data are hatched, so that they do not look
like a low value. Facilities are circles: filled where the layer says something.
"""

from __future__ import annotations

import base64
import html
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile
from rasterio.warp import reproject

from pipeline.retrieve.layer_facts import Box, Facts, RasterFacts, VectorFacts

_SIDE: Final = 820
_LEFT: Final = 70
_TOP: Final = 64
_MOST_POINTS: Final = 4000
_RAMP: Final = ("#ffffcc", "#fed976", "#fd8d3c", "#e31a1c", "#800026")
_STYLE: Final = "font-family:sans-serif;font-size:13px;fill:#222"
_MARGIN_FRACTION: Final = 0.06


@dataclass(frozen=True, slots=True)
class Mark:
    """One facility: position, what the layer says there, and whether it does."""

    name: str
    lon_deg: float
    lat_deg: float
    text: str
    has_value: bool


def picture(
    facts: Facts,
    title: str,
    unit: str,
    level: str,
    band: int,
    marks: Sequence[Mark],
    region_deg: Box | None,
) -> str:
    """SVG of one level of a layer.

    Parameters
    ----------
    title, unit, level
        Words for the heading and the legend.
    band
        Band of a raster to show, from 1.
    marks
        Facilities to draw.
    region_deg
        West, south, east, north of the region; the picture is cut to it.
    """
    frame = _Frame.around(_shown_box(facts, marks, region_deg))
    body: list[str] = []
    legend = ""
    if isinstance(facts, RasterFacts):
        body, legend = _raster(facts, band, frame, unit)
    elif isinstance(facts, VectorFacts):
        body = _shapes(facts, frame)
        legend = f"{facts.n_features} shapes"
    head = html.escape(f"{title} - {level}" if level else title)
    second = html.escape(_subtitle(facts, marks))
    width, height = frame.width + 2 * _LEFT, frame.height + _TOP + 90
    return (
        "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} '
                f'{height:.0f}" width="{width:.0f}" role="img" style="{_STYLE}">',
                f"<title>{head}</title>",
                _HATCH,
                f'<rect width="{width:.0f}" height="{height:.0f}" fill="#fff"/>',
                f'<text x="{_LEFT}" y="26" font-size="17">{head}</text>',
                f'<text x="{_LEFT}" y="46">{second}</text>',
                *body,
                *_axes(frame),
                *_facilities(marks, frame),
                legend if legend.startswith("<") else _legend_text(legend, frame),
                "</svg>",
            ]
        )
        + "\n"
    )


_HATCH: Final = (
    '<defs><pattern id="none" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="6" height="6" fill="#fff"/>'
    '<path d="M0 0v6" stroke="#bbb" stroke-width="2"/></pattern></defs>'
)


@dataclass(frozen=True, slots=True)
class _Frame:
    """Box in degrees and its size on paper; a degree of longitude is shortened."""

    west: float
    south: float
    east: float
    north: float
    scale_x: float
    scale_y: float

    @classmethod
    def around(cls, box: Box) -> _Frame:
        west, south, east, north = box
        shrink = max(0.1, math.cos(math.radians((south + north) / 2)))
        scale = _SIDE / max((east - west) * shrink, north - south)
        return cls(west, south, east, north, scale * shrink, scale)

    @property
    def width(self) -> float:
        return (self.east - self.west) * self.scale_x

    @property
    def height(self) -> float:
        return (self.north - self.south) * self.scale_y

    def at(self, lon: Any, lat: Any) -> tuple[Any, Any]:
        return (
            _LEFT + (lon - self.west) * self.scale_x,
            _TOP + (self.north - lat) * self.scale_y,
        )


def _shown_box(facts: Facts, marks: Sequence[Mark], region_deg: Box | None) -> Box:
    if region_deg is not None:
        return region_deg
    box = getattr(facts, "box_deg", None)
    if box is None:
        lon = [mark.lon_deg for mark in marks] or [-180.0, 180.0]
        lat = [mark.lat_deg for mark in marks] or [-90.0, 90.0]
        box = (min(lon), min(lat), max(lon), max(lat))
    west, south, east, north = box
    pad = max(east - west, north - south, 0.1) * _MARGIN_FRACTION
    return west - pad, max(south - pad, -90), east + pad, min(north + pad, 90)


def _subtitle(facts: Facts, marks: Sequence[Mark]) -> str:
    said = sum(mark.has_value for mark in marks)
    if not marks:
        return f"{facts.path.name}; no region was named, so no facilities are shown"
    return f"{facts.path.name}; {said} of {len(marks)} facilities have a value"


def _raster(
    facts: RasterFacts, band: int, frame: _Frame, unit: str
) -> tuple[list[str], str]:
    values = _turned(facts, band, frame)
    known = values[np.isfinite(values)]
    x, y = frame.at(frame.west, frame.north)
    place = f'x="{x:.1f}" y="{y:.1f}" width="{frame.width:.1f}"'
    place += f' height="{frame.height:.1f}"'
    body = [f'<rect {place} fill="url(#none)"/>']
    if not known.size:
        return body, "no data in this box"
    low, high = (float(v) for v in np.quantile(known, (0.02, 0.98)))
    if high <= low:
        low, high = float(known.min()), float(known.max())
    png = base64.b64encode(_png(values, low, high)).decode("ascii")
    body.append(
        f'<image {place} preserveAspectRatio="none" style="image-rendering:pixelated" '
        f'href="data:image/png;base64,{png}"/>'
    )
    return body, _legend(low, high, unit, frame)


def _turned(facts: RasterFacts, band: int, frame: _Frame) -> NDArray[np.float64]:
    """Preview of one band on a grid of degrees in the frame, NaN outside."""
    shape = (max(2, round(frame.height / 2)), max(2, round(frame.width / 2)))
    values = np.full(shape, np.nan)
    reproject(
        facts.preview.values[band - 1].astype(np.float64),
        values,
        src_transform=facts.preview.transform,
        src_crs=rasterio.CRS.from_user_input(facts.crs),
        src_nodata=np.nan,
        dst_transform=Affine(
            (frame.east - frame.west) / shape[1],
            0.0,
            frame.west,
            0.0,
            (frame.south - frame.north) / shape[0],
            frame.north,
        ),
        dst_crs="EPSG:4326",
        dst_nodata=np.nan,
        resampling=Resampling.nearest,
    )
    return values


def _png(values: NDArray[np.float64], low: float, high: float) -> bytes:
    share = np.clip((values - low) / (high - low if high > low else 1.0), 0, 1)
    known = np.isfinite(share)
    stops = np.linspace(0, 1, len(_RAMP))
    colours = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in _RAMP])
    image = np.zeros((4, *values.shape), dtype=np.uint8)
    for channel in range(3):
        filled = np.interp(np.where(known, share, 0.0), stops, colours[:, channel])
        image[channel] = filled.astype(np.uint8)
    image[3] = np.where(known, 255, 0)
    with (
        warnings.catch_warnings(),
        rasterio.Env(GDAL_PAM_ENABLED=False),
        MemoryFile() as memory,
    ):
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # a plain picture
        with memory.open(
            driver="PNG",
            width=values.shape[1],
            height=values.shape[0],
            count=4,
            dtype="uint8",
        ) as target:
            target.write(image)
        return bytes(memory.read())


def _shapes(facts: VectorFacts, frame: _Frame) -> list[str]:
    shapes = facts.shapes
    if facts.is_points:
        step = max(1, math.ceil(len(shapes) / _MOST_POINTS))
        x, y = frame.at(shapely.get_x(shapes[::step]), shapely.get_y(shapes[::step]))
        dots = "".join(f"M{a:.1f} {b:.1f}h0" for a, b in zip(x, y, strict=True))
        return [
            f'<path d="{dots}" stroke="#e31a1c" stroke-opacity=".6" stroke-width="5" '
            'stroke-linecap="round" fill="none"/>'
        ]
    tolerance = 1.0 / frame.scale_y
    parts = []
    for shape in shapely.get_parts(shapely.simplify(shapes, tolerance)):
        if shape.geom_type != "Polygon" or shape.is_empty:
            continue
        path = "".join(
            _ring(ring, frame) for ring in (shape.exterior, *shape.interiors)
        )
        parts.append(path)
    return [
        f'<path d="{"".join(parts)}" fill="#fd8d3c" fill-opacity=".35" '
        'stroke="#800026" stroke-width=".6" fill-rule="evenodd"/>'
    ]


def _ring(ring: Any, frame: _Frame) -> str:
    corners = np.asarray(ring.coords)
    x, y = frame.at(corners[:, 0], corners[:, 1])
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True)) + "Z"


def _axes(frame: _Frame) -> list[str]:
    x, y = frame.at(frame.west, frame.north)
    parts = [
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{frame.width:.1f}" '
        f'height="{frame.height:.1f}" fill="none" stroke="#444"/>'
    ]
    for lon in np.linspace(frame.west, frame.east, 5):
        at, _ = frame.at(lon, frame.south)
        parts.append(
            f'<text x="{at:.1f}" y="{_TOP + frame.height + 18:.1f}" '
            f'text-anchor="middle">{lon:.2f}</text>'
        )
    for lat in np.linspace(frame.south, frame.north, 5):
        _, at = frame.at(frame.west, lat)
        parts.append(
            f'<text x="{_LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{lat:.2f}</text>'
        )
    return parts


def _facilities(marks: Sequence[Mark], frame: _Frame) -> list[str]:
    parts = []
    for mark in marks:
        x, y = frame.at(mark.lon_deg, mark.lat_deg)
        fill = "#2b83ba" if mark.has_value else "#fff"
        words = html.escape(f"{mark.name}: {mark.text}")
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{fill}" stroke="#08306b" '
            f'stroke-width="1.5"><title>{words}</title></circle>'
        )
    return parts


def _legend(low: float, high: float, unit: str, frame: _Frame) -> str:
    top = _TOP + frame.height + 34
    boxes = "".join(
        f'<rect x="{_LEFT + 44 * k}" y="{top:.0f}" width="44" height="14" '
        f'fill="{colour}" stroke="#888" stroke-width=".5"/>'
        for k, colour in enumerate(_RAMP)
    )
    words = (
        f'<text x="{_LEFT}" y="{top + 32:.0f}">{low:.4g}</text>'
        f'<text x="{_LEFT + 44 * len(_RAMP)}" y="{top + 32:.0f}" text-anchor="end">'
        f"{high:.4g} {html.escape(unit)}</text>"
    )
    return f"<g>{boxes}{words}{_keys(frame)}{_raster_keys(frame)}</g>"


def _legend_text(text: str, frame: _Frame) -> str:
    top = _TOP + frame.height + 46
    return f'<g><text x="{_LEFT}" y="{top:.0f}">{html.escape(text)}</text>' + (
        f"{_keys(frame)}</g>"
    )


def _keys(frame: _Frame) -> str:
    """What circles mean."""
    left, top = _LEFT + 290, _TOP + frame.height + 42
    return (
        f'<circle cx="{left}" cy="{top:.0f}" r="5" fill="#2b83ba" stroke="#08306b"/>'
        f'<text x="{left + 12}" y="{top + 4:.0f}">facility with a value</text>'
        f'<circle cx="{left + 160}" cy="{top:.0f}" r="5" fill="#fff" stroke="#08306b"/>'
        f'<text x="{left + 172}" y="{top + 4:.0f}">without</text>'
    )


def _raster_keys(frame: _Frame) -> str:
    """What hatching and colours of a raster mean."""
    left, top = _LEFT + 290, _TOP + frame.height + 42
    return (
        f'<rect x="{left + 240}" y="{top - 7:.0f}" width="22" height="14" '
        'fill="url(#none)" stroke="#888"/>'
        f'<text x="{left + 270}" y="{top + 4:.0f}">no data</text>'
        f'<text x="{left}" y="{top + 26:.0f}">colours: from the 2 % to the 98 % '
        "quantile of what is shown</text>"
    )
