"""Strip chart of a river path: distance against arrival, with borders and places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from pipeline.publish.dossiers import Dossier, Row
from pipeline.publish.drawing import label, path, picture, svg, ticks
from pipeline.publish.labels import place_name
from pipeline.publish.words import Words

WIDTH: Final = 760.0
HEIGHT: Final = 330.0
_LEFT: Final = 62.0
_RIGHT: Final = 18.0
_TOP: Final = 46.0
_BOTTOM: Final = 58.0
_TWO_DAYS_H: Final = 48.0
_LEAST_GAP: Final = 92.0
_COUNTRY_GAP: Final = 22.0


@dataclass(frozen=True, slots=True)
class _Axes:
    """Distances and hours to pixels."""

    length_m: float
    hours: float

    def x(self, metres: float) -> float:
        return _LEFT + metres / self.length_m * (WIDTH - _LEFT - _RIGHT)

    def y(self, hours: float) -> float:
        return HEIGHT - _BOTTOM - hours / self.hours * (HEIGHT - _TOP - _BOTTOM)


def strip_chart(dossier: Dossier, words: Words) -> Markup | None:
    """Draw the chart; None where the path has no arrival times.

    The line is the arrival of the peak at mean flow, the thin line the leading edge,
    the band their bounds. Water beyond a lake or reservoir is shaded.
    """
    steps = [row for row in dossier.downstream if row["arrival_peak_h"] is not None]
    if not steps:
        return None
    length_m = max(float(row["distance_end_m"]) for row in dossier.downstream)
    hours = max(float(row["arrival_peak_h"]) for row in steps)
    if length_m <= 0 or hours <= 0:
        return None
    axes = _Axes(length_m, 1.05 * hours)
    content = [
        *_standing_water(axes, dossier.downstream),
        *_grid(axes, words),
        *_arrivals(axes, steps),
        *_borders(axes, dossier.crossings, words),
        *_places(axes, dossier.receptors, words),
    ]
    return picture(content, WIDTH, HEIGHT, words("strip.title"), "strip")


def _grid(axes: _Axes, words: Words) -> list[str]:
    numbers = words.numbers
    bottom, top = axes.y(0.0), _TOP
    drawn = []
    in_days = axes.hours > 100.0
    unit_h = 24.0 if in_days else 1.0
    for value in ticks(0.0, axes.hours / unit_h, 5):
        y = axes.y(value * unit_h)
        drawn.append(svg("path", d=path([(_LEFT, y), (WIDTH - _RIGHT, y)]), class_="g"))
        drawn.append(
            label(
                numbers.number(value), _LEFT - 7, y + 4, text_anchor="end", class_="t"
            )
        )
    for value in ticks(0.0, axes.length_m / 1000.0, 7):
        x = axes.x(value * 1000.0)
        drawn.append(svg("path", d=path([(x, bottom), (x, bottom + 4)]), class_="a"))
        drawn.append(
            label(
                numbers.number(value), x, bottom + 17, text_anchor="middle", class_="t"
            )
        )
    drawn.append(
        svg("path", d=path([(_LEFT, bottom), (WIDTH - _RIGHT, bottom)]), class_="a")
    )
    if axes.hours > _TWO_DAYS_H:
        y = axes.y(_TWO_DAYS_H)
        drawn.append(
            svg("path", d=path([(_LEFT, y), (WIDTH - _RIGHT, y)]), class_="two-days")
        )
        drawn.append(
            label(
                words("strip.two_days"),
                WIDTH - _RIGHT,
                y - 4,
                text_anchor="end",
                class_="t",
            )
        )
    time_axis = words("strip.time_days" if in_days else "strip.time_hours")
    drawn.append(
        label(
            words("strip.distance"), WIDTH - _RIGHT, HEIGHT - 8, text_anchor="end",
            class_="t axis",
        )
    )
    drawn.append(
        label(
            time_axis,
            14.0,
            (top + bottom) / 2,
            text_anchor="middle",
            transform=f"rotate(-90 14 {(top + bottom) / 2:.0f})",
            class_="t axis",
        )
    )
    return drawn


def _arrivals(axes: _Axes, steps: Sequence[Row]) -> list[str]:
    def line(field: str) -> list[tuple[float, float]]:
        known = [row for row in steps if row[field] is not None]
        points = [
            (axes.x(float(row["distance_end_m"])), axes.y(float(row[field])))
            for row in known
        ]
        return [(axes.x(0.0), axes.y(0.0)), *points]

    early, late = line("arrival_lead_h_low"), line("arrival_peak_h_high")
    ceiling = _TOP - 4
    late = [(x, max(y, ceiling)) for x, y in late]
    band = path([*early, *reversed(late)], closed=True)
    return [
        svg("path", d=band, class_="band"),
        svg("path", d=path(line("arrival_lead_h")), class_="lead"),
        svg("path", d=path(line("arrival_peak_h")), class_="peak"),
    ]


def _standing_water(axes: _Axes, steps: Sequence[Row]) -> list[str]:
    beyond = [row for row in steps if row["beyond_standing_water"]]
    if not beyond:
        return []
    start = axes.x(float(beyond[0]["distance_start_m"]))
    return [
        svg(
            "rect",
            x=start,
            y=_TOP - 4,
            width=max(WIDTH - _RIGHT - start, 0.0),
            height=axes.y(0.0) - _TOP + 4,
            class_="beyond",
        )
    ]


def _borders(axes: _Axes, crossings: Sequence[Row], words: Words) -> list[str]:
    drawn = []
    last_x, level = -1e9, 0
    for row in crossings:
        x = axes.x(float(row["distance_m"]))
        level = 1 - level if x - last_x < 2 * _COUNTRY_GAP else 0
        css = "border disputed" if row["disputed"] else "border"
        drawn.append(
            svg("path", d=path([(x, _TOP - 6 - 15 * level), (x, axes.y(0))]), class_=css)
        )
        drawn.append(
            label(
                f"{row['from_country']}→{row['to_country']}",
                x,
                _TOP - 12 - 15 * level,
                text_anchor="end" if x > WIDTH - 60 else "middle",
                class_="t border-name",
            )
        )
        last_x = x
    return drawn


def _places(axes: _Axes, receptors: Sequence[Row], words: Words) -> list[str]:
    """Largest places, as many as find room below the axis."""
    ranked = sorted(
        receptors, key=lambda row: (-(row["people"] or 0), row["distance_m"])
    )
    taken: list[float] = []
    drawn = []
    base = axes.y(0.0)
    for row in ranked:
        x = axes.x(float(row["distance_m"]))
        if any(abs(x - other) < _LEAST_GAP for other in taken):
            continue
        taken.append(x)
        anchor = "end" if x > WIDTH - 80 else "start" if x < 90 else "middle"
        drawn.append(svg("path", d=path([(x, base - 5), (x, base + 22)]), class_="tick"))
        drawn.append(
            label(
                place_name(row, words), x, base + 33, text_anchor=anchor, class_="t place"
            )
        )
    return drawn
