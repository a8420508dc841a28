"""Numbers, ranges, dates and places as a reader of one language expects them.

Everything here makes text. Rounding is for the eye alone: tables and files keep their
full precision.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

NO_BREAK_SPACE: Final = "\u00a0"
_SHORT_DISTANCE_M: Final = 1000.0
_HOURS_SHOWN_AS_DAYS: Final = 100.0
_HOURS_PER_DAY: Final = 24.0


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How a language writes numbers; the values stand in its catalogue.

    ``date`` is a pattern with ``day``, ``month`` and ``year``. ``unknown`` is printed
    where there is no value. The unit names are short forms.
    """

    decimal: str
    group: str
    date: str
    unknown: str
    million: str
    billion: str
    metre: str
    kilometre: str
    hour: str
    day: str
    north: str
    south: str
    east: str
    west: str

    def number(self, value: float | None, digits: int = 3) -> str:
        """Write a number with so many significant digits, without exponent.

        Whole numbers that fit into ``digits`` or are years and counts should go
        through `whole`.
        """
        if value is None or math.isnan(value):
            return self.unknown
        return self._localised(_rounded(value, digits))

    def whole(self, value: float | None) -> str:
        """Write a count, rounded to a whole number."""
        if value is None or math.isnan(value):
            return self.unknown
        return self._localised(str(round(value)))

    def year(self, value: int | None) -> str:
        """Write a year: never grouped."""
        return self.unknown if value is None else str(value)

    def quantity(self, value: float | None, unit: str, digits: int = 3) -> str:
        """Write a number with its unit; large ones in millions or billions."""
        if value is None or math.isnan(value):
            return self.unknown
        size = abs(float(_rounded(value, digits)))
        scale, word = 1.0, ""
        if size >= 1e9:
            scale, word = 1e9, self.billion
        elif size >= 1e6:
            scale, word = 1e6, self.million
        parts = [self.number(value / scale, digits), word, unit]
        return NO_BREAK_SPACE.join(part for part in parts if part)

    def bounds(
        self,
        low: float | None,
        value: float | None,
        high: float | None,
        digits: int = 2,
    ) -> str:
        """Write a value with its bounds: ``3.1 (2.4–4.6)``; bounds may be missing."""
        return self._with_range(
            self.number(value, digits),
            self.number(low, digits),
            self.number(high, digits),
        )

    def quantity_bounds(
        self,
        low: float | None,
        value: float | None,
        high: float | None,
        unit: str,
        digits: int = 2,
    ) -> str:
        """Write a quantity with its bounds, each with its own power of ten."""
        if value is None:
            if low is None and high is None:
                return self.unknown
            ends = [self.quantity(end, unit, digits) for end in (low, high)]
            return " – ".join(ends)
        text = self.quantity(value, unit, digits)
        if low is None and high is None:
            return text
        return self._with_range(
            text, self.quantity(low, unit, digits), self.quantity(high, unit, digits)
        )

    def distance(self, metres: float | None) -> str:
        """Write a distance in metres or kilometres."""
        if metres is None or math.isnan(metres):
            return self.unknown
        if abs(metres) < _SHORT_DISTANCE_M:
            return self._joined(self.number(metres, 2), self.metre)
        kilometres = metres / 1000.0
        digits = 2 if kilometres < 10 else 3
        return self._joined(self.number(kilometres, digits), self.kilometre)

    def duration(self, hours: float | None) -> str:
        """Write a duration in hours, above 100 hours in days."""
        if hours is None or math.isnan(hours):
            return self.unknown
        if hours >= _HOURS_SHOWN_AS_DAYS:
            return self._joined(self.number(hours / _HOURS_PER_DAY, 2), self.day)
        return self._joined(self.number(hours, 2), self.hour)

    def duration_bounds(
        self, low: float | None, value: float | None, high: float | None
    ) -> str:
        """Write a duration with its bounds."""
        text = self.duration(value)
        if value is None or (low is None and high is None):
            return text
        return self._with_range(text, self.duration(low), self.duration(high))

    def position(self, lat_deg: float, lon_deg: float, radius_m: float | None) -> str:
        """Write a position with no more digits than its radius deserves."""
        decimals = 2 if radius_m is None or radius_m > 1000 else 4
        lat = self._localised(f"{abs(lat_deg):.{decimals}f}")
        lon = self._localised(f"{abs(lon_deg):.{decimals}f}")
        ns = self.north if lat_deg >= 0 else self.south
        ew = self.east if lon_deg >= 0 else self.west
        gap = NO_BREAK_SPACE
        return f"{lat}°{gap}{ns}, {lon}°{gap}{ew}"

    def iso_date(self, text: str | None) -> str:
        """Write an ISO date as the language does; other text stays as it is."""
        if text is None:
            return self.unknown
        try:
            day = date.fromisoformat(text[:10])
        except ValueError:
            return text
        return self.date.format(
            day=f"{day.day:02d}", month=f"{day.month:02d}", year=day.year
        )

    def percent(self, fraction: float | None) -> str:
        """Write a fraction (0 to 1) in per cent."""
        if fraction is None or math.isnan(fraction):
            return self.unknown
        return self._joined(self.number(100.0 * fraction, 2), "%")

    def _with_range(self, text: str, low: str, high: str) -> str:
        if low == high == text or (low == self.unknown and high == self.unknown):
            return text
        return f"{text} ({low}–{high})"

    def _joined(self, text: str, unit: str) -> str:
        return f"{text}{NO_BREAK_SPACE}{unit}"

    def _localised(self, text: str) -> str:
        minus = "−" if text.startswith("-") else ""
        whole, _, fraction = text.lstrip("-").partition(".")
        start = len(whole) % 3
        groups = [whole[:start]] if start else []
        groups += [whole[i : i + 3] for i in range(start, len(whole), 3)]
        grouped = self.group.join(groups)
        return minus + grouped + (self.decimal + fraction if fraction else "")


def _rounded(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    return format(Decimal(f"{value:.{digits}g}").normalize(), "f")
