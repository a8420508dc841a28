"""Plot of one zone's stack over time: epochs, fitted model, band and breaks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from pipeline.publish.dossiers import Row
from pipeline.publish.drawing import label, path, picture, svg
from pipeline.publish.time_axes import TimeAxes, ordinal
from pipeline.publish.words import Words

WIDTH: Final = 470.0
HEIGHT: Final = 220.0
_GAP_FACTOR: Final = 3.0
_SHORTEST_GAP_D: Final = 40


def zone_plot(rows: Sequence[Row], title: str, words: Words) -> Markup | None:
    """Draw the rows of ``displacement_curves`` of one zone and source.

    The model is not drawn across gaps in time. None with fewer than two epochs.
    """
    if len(rows) < 2:
        return None
    ordered = sorted(rows, key=lambda row: str(row["date"]))
    days = [ordinal(str(row["date"])) for row in ordered]
    names = ("stack_mm", "model_mm_low", "model_mm_high")
    values = [float(r[n]) for r in ordered for n in names if r[n] is not None]
    axes = TimeAxes.around(days, values, WIDTH, HEIGHT)
    drawn = axes.grid(words)
    for part in _parts(days):
        chosen = [ordered[k] for k in part if ordered[k]["model_mm"] is not None]
        at = [axes.x(days[k]) for k in part if ordered[k]["model_mm"] is not None]
        drawn += _model(axes, at, chosen)
    drawn.append(_dots(axes, days, ordered))
    for row, day in zip(ordered, days, strict=True):
        if row["is_break"]:
            drawn.append(svg("path", d=axes.upright(day), class_="break"))
            text = words.numbers.iso_date(str(row["date"]))
            place = (axes.x(day) + 4, 26.0)
            drawn.append(label(text, *place, class_="t break-name"))
    return picture(drawn, WIDTH, HEIGHT, title, "strip zone-plot")


def _model(axes: TimeAxes, at: Sequence[float], rows: Sequence[Row]) -> list[str]:
    if len(at) < 2:
        return []
    upper = [
        (x, axes.y(float(r["model_mm_high"]))) for x, r in zip(at, rows, strict=True)
    ]
    lower = [
        (x, axes.y(float(r["model_mm_low"]))) for x, r in zip(at, rows, strict=True)
    ]
    line = [(x, axes.y(float(r["model_mm"]))) for x, r in zip(at, rows, strict=True)]
    band = path([*upper, *reversed(lower)], closed=True)
    return [
        svg("path", d=band, class_="model-band"),
        svg("path", d=path(line), class_="model"),
    ]


def _dots(axes: TimeAxes, days: Sequence[int], rows: Sequence[Row]) -> str:
    """All epochs as one path of points, which is much shorter than circles."""
    steps = "".join(
        f"M{axes.x(day):.1f},{axes.y(float(row['stack_mm'])):.1f}h0"
        for day, row in zip(days, rows, strict=True)
    )
    return svg("path", d=steps, class_="epochs")


def _parts(days: Sequence[int]) -> list[list[int]]:
    """Runs of epochs without a gap of more than three usual intervals."""
    steps = sorted(b - a for a, b in pairwise(days))
    longest = max(_GAP_FACTOR * steps[len(steps) // 2], _SHORTEST_GAP_D)
    parts: list[list[int]] = [[0]]
    for k in range(1, len(days)):
        if days[k] - days[k - 1] > longest:
            parts.append([])
        parts[-1].append(k)
    return parts
