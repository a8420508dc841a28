"""Plots of measured motion: points around a facility, and their series."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from markupsafe import Markup

from pipeline.publish.dossiers import Dossier, Row, Series
from pipeline.publish.drawing import Frame, label, path, picture, svg, ticks
from pipeline.publish.words import Words

WIDTH: Final = 760.0
HEIGHT: Final = 260.0
POINTS_SIZE: Final = 340.0
_LEFT: Final = 58.0
_RIGHT: Final = 16.0
_TOP: Final = 16.0
_BOTTOM: Final = 34.0
_SERIES_SHOWN: Final = 5
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


def series_plot(series: Sequence[Series], words: Words) -> Markup | None:
    """Displacement over time of some points; None where none has two dates."""
    shown = [item for item in series if len(item.dates) > 1][:_SERIES_SHOWN]
    if not shown:
        return None
    days = [[date.fromisoformat(day).toordinal() for day in s.dates] for s in shown]
    first, last = min(d[0] for d in days), max(d[-1] for d in days)
    values = [value for item in shown for value in item.displacement_mm]
    low, high = min([*values, 0.0]), max([*values, 0.0])
    pad = 0.05 * max(high - low, 1.0)
    low, high = low - pad, high + pad

    def x(day: int) -> float:
        return _LEFT + (day - first) / max(last - first, 1) * (WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _TOP + (high - value) / (high - low) * (HEIGHT - _TOP - _BOTTOM)

    drawn = []
    for value in ticks(low, high, 5):
        css = "a" if value == 0 else "g"
        ends = [(_LEFT, y(value)), (WIDTH - _RIGHT, y(value))]
        drawn.append(svg("path", d=path(ends), class_=css))
        text = words.numbers.number(value)
        drawn.append(
            label(text, _LEFT - 7, y(value) + 4, text_anchor="end", class_="t")
        )
    first_year = date.fromordinal(first).year
    for year in range(first_year + 1, date.fromordinal(last).year + 1):
        place = x(date(year, 1, 1).toordinal())
        drawn.append(
            label(str(year), place, HEIGHT - 12, text_anchor="middle", class_="t")
        )
        drawn.append(
            svg("path", d=path([(place, _TOP), (place, HEIGHT - _BOTTOM)]), class_="g")
        )
    for i, (item, when) in enumerate(zip(shown, days, strict=True)):
        line = [(x(d), y(v)) for d, v in zip(when, item.displacement_mm, strict=True)]
        drawn.append(svg("path", d=path(line), class_=f"series s{i}"))
    return picture(
        drawn, WIDTH, HEIGHT, words("motion.series_title"), "strip series-plot"
    )
