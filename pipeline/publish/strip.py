"""Strip chart of a river path: distance against arrival, with borders and places."""

from __future__ import annotations

import math
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
_LEFT: Final = 74.0
_RIGHT: Final = 18.0
_TOP: Final = 46.0
_BOTTOM: Final = 58.0
_TWO_DAYS_H: Final = 48.0
_LEAST_GAP: Final = 92.0
_LEAST_HOURS: Final = 0.5
_LEAST_LENGTH_M: Final = 60_000.0
_AFTER_LAST_BORDER: Final = 1.12
_TICK_GAP: Final = 19.0
_FAMILIAR_H: Final = (
    1.0, 3.0, 6.0, 12.0, 24.0, 48.0, 96.0, 168.0, 336.0, 720.0, 2160.0, 4320.0,
    8640.0, 25920.0,
)  # fmt: skip
_COUNTRY_GAP: Final = 22.0


@dataclass(frozen=True, slots=True)
class _Axes:
    """Distances (linear) and hours (logarithmic) to pixels."""

    length_m: float
    least_h: float
    most_h: float

    def x(self, metres: float) -> float:
        return _LEFT + metres / self.length_m * (WIDTH - _LEFT - _RIGHT)

    def y(self, hours: float) -> float:
        inside = min(max(hours, self.least_h), self.most_h)
        span = math.log(self.most_h / self.least_h)
        share = math.log(inside / self.least_h) / span
        return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)


def shown_length_m(dossier: Dossier) -> float:
    """Length of the path that the chart shows, in metres.

    It ends a little after the last border, or after the last receptor where there is
    no border: the rest of a long path would squeeze what matters.
    """
    whole = max(float(row["distance_end_m"]) for row in dossier.downstream)
    if not dossier.crossings:
        return whole
    last = max(float(row["distance_m"]) for row in dossier.crossings)
    return min(whole, max(_AFTER_LAST_BORDER * last, _LEAST_LENGTH_M))


def strip_chart(dossier: Dossier, words: Words) -> Markup | None:
    """Draw the chart; None where the path has no arrival times.

    The thick line is the arrival of the peak at mean flow, the thin line the leading
    edge, the band their bounds. Water beyond a lake or reservoir is hatched.
    """
    if not dossier.downstream:
        return None
    length_m = shown_length_m(dossier)
    steps = [
        row
        for row in dossier.downstream
        if row["arrival_peak_h"] is not None and row["distance_start_m"] <= length_m
    ]
    if not steps or length_m <= 0:
        return None
    latest = [row["arrival_peak_h_high"] or row["arrival_peak_h"] for row in steps]
    axes = _Axes(length_m, _LEAST_HOURS, max(1.1 * max(latest), 2 * _LEAST_HOURS))
    clip = svg(
        "clipPath",
        svg("rect", x=_LEFT, y=0.0, width=WIDTH - _LEFT - _RIGHT, height=HEIGHT),
        id=f"strip-{words.language}",
    )
    lines = [*_standing_water(axes, dossier.downstream), *_arrivals(axes, steps)]
    content = [
        clip,
        svg("g", "".join(lines), clip_path=f"url(#strip-{words.language})"),
        *_grid(axes, words),
        *_borders(axes, dossier.crossings),
        *_places(axes, dossier.receptors, words),
    ]
    return picture(content, WIDTH, HEIGHT, words("strip.title"), "strip")


def _hour_ticks(axes: _Axes) -> list[float]:
    """Hours to label, from a list of familiar spans, not too close together."""
    chosen: list[float] = []
    for hours in _FAMILIAR_H:
        inside = axes.least_h <= hours <= axes.most_h
        if inside and (not chosen or axes.y(chosen[-1]) - axes.y(hours) >= _TICK_GAP):
            chosen.append(hours)
    return chosen


def _grid(axes: _Axes, words: Words) -> list[str]:
    bottom, right = axes.y(0.0), WIDTH - _RIGHT
    drawn = []
    for hours in _hour_ticks(axes):
        y = axes.y(hours)
        css = "two-days" if hours == _TWO_DAYS_H else "g"
        drawn.append(svg("path", d=path([(_LEFT, y), (right, y)]), class_=css))
        text = words.numbers.span(hours)
        drawn.append(label(text, _LEFT - 7, y + 4, text_anchor="end", class_="t"))
    for value in ticks(0.0, axes.length_m / 1000.0, 7):
        x = axes.x(value * 1000.0)
        drawn.append(svg("path", d=path([(x, bottom), (x, bottom + 4)]), class_="a"))
        text = words.numbers.number(value)
        drawn.append(label(text, x, bottom + 17, text_anchor="middle", class_="t"))
    drawn.append(svg("path", d=path([(_LEFT, bottom), (right, bottom)]), class_="a"))
    distance, time = words("strip.distance"), words("strip.time")
    drawn.append(label(distance, right, HEIGHT - 8, text_anchor="end", class_="t axis"))
    drawn.append(label(time, 4.0, 12.0, class_="t axis"))
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


def _borders(axes: _Axes, crossings: Sequence[Row]) -> list[str]:
    drawn = []
    last_x, level = -1e9, 0
    for row in crossings:
        x = axes.x(float(row["distance_m"]))
        level = 1 - level if x - last_x < 2 * _COUNTRY_GAP else 0
        css = "border disputed" if row["disputed"] else "border"
        drawn.append(
            svg(
                "path", d=path([(x, _TOP - 6 - 15 * level), (x, axes.y(0))]), class_=css
            )
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
        if float(row["distance_m"]) > axes.length_m:
            continue
        x = axes.x(float(row["distance_m"]))
        if any(abs(x - other) < _LEAST_GAP for other in taken):
            continue
        taken.append(x)
        anchor = "end" if x > WIDTH - 80 else "start" if x < 90 else "middle"
        drawn.append(
            svg("path", d=path([(x, base - 5), (x, base + 22)]), class_="tick")
        )
        drawn.append(
            label(
                place_name(row, words),
                x,
                base + 33,
                text_anchor=anchor,
                class_="t place",
            )
        )
    return drawn
