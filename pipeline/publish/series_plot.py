"""Plots of measured motion: points around a facility, and their series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import shapely
from markupsafe import Markup, escape

from pipeline.publish.dossiers import Dossier, Row, Series
from pipeline.publish.drawing import Frame, path, picture, svg
from pipeline.publish.time_axes import HEIGHT, WIDTH, TimeAxes, ordinal
from pipeline.publish.words import Words

POINTS_SIZE: Final = 340.0
_SERIES_SHOWN: Final = 5
_NOT_DRAWN: Final = ("catchment",)
_METRES_PER_DEG: Final = 111_195.0
# Diverging about zero: away from the satellite, still, towards it.
DIVERGING: Final = ("#8c2d19", "#d98b6a", "#f2efe9", "#7ba7c7", "#1f4e79")


def rate_limit(points: Sequence[Row]) -> float:
    """Largest rate in size among points, at least 10 mm/yr, for a centred palette."""
    known = [row["velocity_mm_per_yr"] for row in points]
    sizes = [abs(float(rate)) for rate in known if rate is not None]
    return max([10.0, *sizes])


def rate_colour(rate_mm_per_yr: float, limit: float) -> str:
    """Colour of a rate on the palette centred on zero."""
    position = (rate_mm_per_yr / limit + 1.0) / 2.0
    step = round(position * (len(DIVERGING) - 1))
    return DIVERGING[min(max(step, 0), len(DIVERGING) - 1)]


def points_map(dossier: Dossier, points: Sequence[Row], words: Words) -> Markup:
    """Map of one source's points around a facility that has a position."""
    lon = float(dossier.facility["lon_deg"])
    lat = float(dossier.facility["lat_deg"])
    reach_m = max(float(row["distance_m"]) for row in points)
    half = 1.15 * max(reach_m, 50.0) / _METRES_PER_DEG
    frame = Frame.around((lon, lat - half, lon, lat + half), POINTS_SIZE, POINTS_SIZE)
    limit = rate_limit(points)
    drawn = [svg("rect", width=POINTS_SIZE, height=POINTS_SIZE, class_="m-land")]
    drawn += _outlines(dossier, frame, words)
    for row in points:
        x, y = frame.xy(row["geometry"].x, row["geometry"].y)
        rate = row["velocity_mm_per_yr"]
        fill = "url(#hatch)" if rate is None else rate_colour(float(rate), limit)
        drawn.append(svg("circle", cx=x, cy=y, r=4.0, fill=fill, class_="pt"))
    x, y = frame.xy(lon, lat)
    cross = path([(x - 6, y), (x + 6, y)]) + path([(x, y - 6), (x, y + 6)])
    drawn.append(svg("path", d=cross, class_="a"))
    title = words("motion.points_title")
    return picture(drawn, POINTS_SIZE, POINTS_SIZE, title, "minimap points")


def _outlines(dossier: Dossier, frame: Frame, words: Words) -> list[str]:
    """Outlines of the facility's zones, each with its name for a pointer."""
    drawn = []
    for row in dossier.zones:
        if row["zone"] in _NOT_DRAWN:
            continue
        steps = []
        for polygon in shapely.get_parts(row["geometry"]):
            for ring in (polygon.exterior, *polygon.interiors):
                x, y = frame.xy(*np.asarray(ring.coords)[:, :2].T)
                steps.append(
                    path(list(zip(x.tolist(), y.tolist(), strict=True)), closed=True)
                )
        name = svg("title", str(escape(words(f"code.zone.{row['zone']}"))))
        css = f"zone zone-{row['zone'].replace('_', '-')}"
        drawn.append(svg("path", name, d="".join(steps), class_=css))
    return drawn


def series_plot(series: Sequence[Series], words: Words) -> Markup | None:
    """Displacement over time of some points; None where none has two dates."""
    shown = [item for item in series if len(item.dates) > 1][:_SERIES_SHOWN]
    if not shown:
        return None
    days = [[ordinal(day) for day in item.dates] for item in shown]
    axes = TimeAxes.around(
        [day for some in days for day in some],
        [value for item in shown for value in item.displacement_mm],
    )
    drawn = axes.grid(words)
    for i, (item, when) in enumerate(zip(shown, days, strict=True)):
        line = [
            (axes.x(day), axes.y(value))
            for day, value in zip(when, item.displacement_mm, strict=True)
        ]
        drawn.append(svg("path", d=path(line), class_=f"series s{i}"))
    return picture(
        drawn, WIDTH, HEIGHT, words("motion.series_title"), "strip series-plot"
    )
