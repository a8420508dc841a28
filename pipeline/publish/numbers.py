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


def between(low: str, high: str) -> str:
    """Range of two numbers that are written already; dots where a minus is near."""
    return f"{low} … {high}" if "−" in low + high else f"{low}–{high}"


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
        value = _known(value)
        if value is None:
            return self.unknown
        return self._localised(_rounded(value, digits))

    def whole(self, value: float | None) -> str:
        """Write a count, rounded to a whole number."""
        value = _known(value)
        if value is None:
            return self.unknown
        return self._localised(str(round(value)))

    def year(self, value: int | None) -> str:
        """Write a year: never grouped."""
        return self.unknown if value is None else str(value)

    def quantity(self, value: float | None, unit: str, digits: int = 3) -> str:
        """Write a number with its unit; large ones in millions or billions."""
        return _join(*self._quantity(value, unit, digits))

    def bounds(
        self,
        low: float | None,
        value: float | None,
        high: float | None,
        digits: int = 2,
    ) -> str:
        """Write a value with its bounds: ``3.1 (2.4–4.6)``; bounds may be missing."""
        return self.quantity_bounds(low, value, high, "", digits)

    def quantity_bounds(
        self,
        low: float | None,
        value: float | None,
        high: float | None,
        unit: str,
        digits: int = 2,
    ) -> str:
        """Write a quantity with its bounds; a unit that all share stands once."""
        return self._range(
            *(self._quantity(number, unit, digits) for number in (low, value, high))
        )

    def distance(self, metres: float | None) -> str:
        """Write a distance in metres or kilometres."""
        return _join(*self._distance(metres))

    def distance_bounds(
        self, low: float | None, value: float | None, high: float | None
    ) -> str:
        """Write a distance with its bounds."""
        return self._range(*(self._distance(number) for number in (low, value, high)))

    def duration(self, hours: float | None) -> str:
        """Write a duration in hours, from 100 hours in days."""
        hours = _known(hours)
        in_days = hours is not None and hours >= _HOURS_SHOWN_AS_DAYS
        return _join(*self._duration(hours, in_days))

    def span(self, hours: float) -> str:
        """Write a familiar span of an axis: hours below two days, else whole days."""
        if hours < 2 * _HOURS_PER_DAY:
            return _join(self.number(hours), self.hour)
        return _join(self.number(hours / _HOURS_PER_DAY), self.day)

    def duration_bounds(
        self, low: float | None, value: float | None, high: float | None
    ) -> str:
        """Write a duration with its bounds, all in the unit of the value."""
        known = [n for n in map(_known, (value, high, low)) if n is not None]
        in_days = bool(known) and known[0] >= _HOURS_SHOWN_AS_DAYS
        return self._range(
            *(self._duration(number, in_days) for number in (low, value, high))
        )

    def position(self, lat_deg: float, lon_deg: float, radius_m: float | None) -> str:
        """Write a position with no more digits than its radius deserves."""
        decimals = 2 if radius_m is None or radius_m > _SHORT_DISTANCE_M else 4
        lat = self._localised(f"{abs(lat_deg):.{decimals}f}")
        lon = self._localised(f"{abs(lon_deg):.{decimals}f}")
        ns = self.north if lat_deg >= 0 else self.south
        ew = self.east if lon_deg >= 0 else self.west
        return f"{_join(f'{lat}°', ns)}, {_join(f'{lon}°', ew)}"

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
        fraction = _known(fraction)
        if fraction is None:
            return self.unknown
        return _join(self.number(100.0 * fraction, 2), "%")

    def _quantity(self, value: float | None, unit: str, digits: int) -> tuple[str, str]:
        value = _known(value)
        if value is None:
            return (self.unknown, "")
        size = abs(float(_rounded(value, digits)))
        scale, word = 1.0, ""
        if size >= 1e9:
            scale, word = 1e9, self.billion
        elif size >= 1e6:
            scale, word = 1e6, self.million
        return (self.number(value / scale, digits), _join(word, unit))

    def _distance(self, metres: float | None) -> tuple[str, str]:
        metres = _known(metres)
        if metres is None:
            return (self.unknown, "")
        if abs(metres) < _SHORT_DISTANCE_M:
            return (self.number(metres, 2), self.metre)
        kilometres = metres / 1000.0
        return (self.number(kilometres, 2 if kilometres < 10 else 3), self.kilometre)

    def _duration(self, hours: float | None, in_days: bool) -> tuple[str, str]:
        hours = _known(hours)
        if hours is None:
            return (self.unknown, "")
        if in_days:
            return (self.number(hours / _HOURS_PER_DAY, 2), self.day)
        return (self.number(hours, 2), self.hour)

    def _range(
        self, low: tuple[str, str], value: tuple[str, str], high: tuple[str, str]
    ) -> str:
        """Join texts of three numbers; a missing end is printed as "?"."""
        no_value, no_ends = (
            value[0] == self.unknown,
            low[0] == high[0] == self.unknown,
        )
        if no_ends or (low == value == high):
            return _join(*value)
        low, high = (
            ("?", value[1] or other[1]) if end[0] == self.unknown else end
            for end, other in ((low, high), (high, low))
        )
        same_ends = low[1] == high[1]
        if no_value:
            if same_ends:
                return _join(between(low[0], high[0]), high[1])
            return f"{_join(*low)} – {_join(*high)}"
        if same_ends and low[1] == value[1]:
            return f"{_join(*value)} ({between(low[0], high[0])})"
        ends = f"{_join(*low)} – {_join(*high)}"
        if same_ends:
            ends = _join(between(low[0], high[0]), high[1])
        return f"{_join(*value)} ({ends})"

    def _localised(self, text: str) -> str:
        minus = "−" if text.startswith("-") else ""
        whole, _, fraction = text.lstrip("-").partition(".")
        start = len(whole) % 3
        groups = [whole[:start]] if start else []
        groups += [whole[i : i + 3] for i in range(start, len(whole), 3)]
        grouped = self.group.join(groups)
        return minus + grouped + (self.decimal + fraction if fraction else "")


def _known(value: float | None) -> float | None:
    """Give the value; None where it is missing in either way (None or NaN)."""
    return None if value is None or math.isnan(value) else value


def _join(text: str, unit: str) -> str:
    return NO_BREAK_SPACE.join(part for part in (text, unit) if part)


def _rounded(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    return format(Decimal(f"{value:.{digits}g}").normalize(), "f")
