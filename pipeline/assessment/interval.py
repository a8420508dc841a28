"""A quantity with bounds whose central value may be unknown."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """Lower and upper bound of a quantity, with a central value where there is one.

    An unknown central value is None: the quantity lies between the bounds, and no
    single number may be printed for it.

    Raises
    ------
    ValueError
        If ``low <= central <= high`` does not hold.
    """

    low: float
    central: float | None
    high: float

    def __post_init__(self) -> None:
        """Refuse bounds that do not enclose the central value."""
        if not self.low <= self.high:
            raise ValueError(f"bounds are not ordered: {self}")
        slack = 1e-9 * (1 + abs(self.low) + abs(self.high))
        if self.central is not None and not (
            self.low - slack <= self.central <= self.high + slack
        ):
            raise ValueError(f"bounds do not enclose the central value: {self}")

    def __add__(self, other: Interval) -> Interval:
        """Sum; its central value is unknown where one of the two is."""
        central = (
            None
            if self.central is None or other.central is None
            else self.central + other.central
        )
        return Interval(self.low + other.low, central, self.high + other.high)

    def map(self, function: Callable[[float], float]) -> Interval:
        """Apply a function that never decreases to all three numbers."""
        return Interval(
            function(self.low),
            None if self.central is None else function(self.central),
            function(self.high),
        )

    def columns(self, name: str) -> dict[str, float | None]:
        """Cells of the three columns that hold the interval in a table."""
        return {
            name: self.central,
            f"{name}_low": self.low,
            f"{name}_high": self.high,
        }


def exactly(value: float) -> Interval:
    """Interval of a number that is known."""
    return Interval(value, value, value)


def absent_columns(name: str) -> dict[str, float | None]:
    """Cells of an estimate of which not even bounds are known."""
    return {name: None, f"{name}_low": None, f"{name}_high": None}


def columns_of(interval: Interval | None, name: str) -> dict[str, float | None]:
    """Cells of the three columns of an estimate that may be absent."""
    return absent_columns(name) if interval is None else interval.columns(name)


def known(value: object) -> float | None:
    """Cell of a table as a number; None where it is empty."""
    if value is None:
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return None if math.isnan(number) else number
