"""Axes of a plot of millimetres over years, with their grid and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from pipeline.publish.drawing import label, path, svg, ticks
from pipeline.publish.words import Words

WIDTH: Final = 760.0
HEIGHT: Final = 260.0
_LEFT: Final = 58.0
_RIGHT: Final = 16.0
_TOP: Final = 16.0
_BOTTOM: Final = 34.0
_LEAST_SPAN_MM: Final = 10.0


@dataclass(frozen=True, slots=True)
class TimeAxes:
    """Pixels of days (ordinals) and millimetres in a picture."""

    first: int
    last: int
    low_mm: float
    high_mm: float
    width: float = WIDTH
    height: float = HEIGHT

    @classmethod
    def around(
        cls,
        days: Sequence[int],
        values_mm: Sequence[float],
        width: float = WIDTH,
        height: float = HEIGHT,
    ) -> TimeAxes:
        """Axes that hold all values and zero, with a margin."""
        low, high = min([*values_mm, 0.0]), max([*values_mm, 0.0])
        middle = 0.5 * (low + high)
        half = max(0.5 * (high - low), 0.5 * _LEAST_SPAN_MM) * 1.05
        limits = (min(days), max(days), middle - half, middle + half)
        return cls(*limits, width, height)

    def x(self, day: int) -> float:
        """Pixel of a day."""
        share = (day - self.first) / max(self.last - self.first, 1)
        return _LEFT + share * (self.width - _LEFT - _RIGHT)

    def y(self, value_mm: float) -> float:
        """Pixel of a displacement."""
        share = (self.high_mm - value_mm) / (self.high_mm - self.low_mm)
        return _TOP + share * (self.height - _TOP - _BOTTOM)

    def upright(self, day: int) -> str:
        """Path of a vertical line on a day."""
        return path([(self.x(day), _TOP), (self.x(day), self.height - _BOTTOM)])

    def grid(self, words: Words) -> list[str]:
        """Lines and labels of millimetres and of the beginning of years."""
        drawn = []
        for value in ticks(self.low_mm, self.high_mm, 5):
            ends = [(_LEFT, self.y(value)), (self.width - _RIGHT, self.y(value))]
            css = "a" if value == 0 else "g"
            drawn.append(svg("path", d=path(ends), class_=css))
            text = words.numbers.number(value)
            place = (_LEFT - 7, self.y(value) + 4)
            drawn.append(label(text, *place, text_anchor="end", class_="t"))
        unit = words.unit("mm")
        drawn.append(label(unit, _LEFT - 7, _TOP - 4, text_anchor="end", class_="t"))
        for year in range(
            date.fromordinal(self.first).year + 1,
            date.fromordinal(self.last).year + 1,
        ):
            day = date(year, 1, 1).toordinal()
            place = (self.x(day), self.height - 12)
            drawn.append(label(str(year), *place, text_anchor="middle", class_="t"))
            drawn.append(svg("path", d=self.upright(day), class_="g"))
        return drawn


def ordinal(day: str) -> int:
    """Number of an ISO date."""
    return date.fromisoformat(day).toordinal()
