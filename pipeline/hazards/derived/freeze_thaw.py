"""Frost of the ground from the mean temperatures of the twelve months: screening only.

Months below 0 degC, the freezing index in degree-days, the frost number of Nelson and
Outcalt 1987, and whether the year's mean is below 0 degC. Monthly means hide short
frosts and thaws, so the freezing index is a lower bound. Method: docs/methods.md,
"Hazards".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from pydantic import Field

from pipeline.core.layers import Band
from pipeline.core.model import Confidence
from pipeline.core.records import Record
from pipeline.hazards.derivation import (
    Bounds,
    Ingredient,
    Outcome,
    Site,
    Taken,
    Work,
    found,
)

DAYS: Final = (31, 28.2425, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Mean lengths of the months in the Gregorian calendar, days."""


class Options(Record):
    """Options of the method."""

    quantity: Literal[
        "months_below_zero", "freezing_index", "frost_number", "mean_below_zero"
    ] = Field(description="What is computed.")


def ingredients(options: Options) -> Mapping[str, Ingredient]:
    """Mean temperatures of January to December."""
    del options
    return {"temperature": Ingredient(Taken.ALL_LEVELS, ("degC",), n_levels=(12,))}


def labels(options: Options) -> tuple[Confidence, ...]:
    """The frost number is published; what the others stand for is our choice."""
    published = options.quantity == "frost_number"
    return (Confidence.MEMORY_HIGH if published else Confidence.PROJECT,)


def derive(site: Site, band: Band, work: Work) -> Outcome:
    """Quantity of the months; the coldest spot of the place gives the high bound."""
    del band
    months = [site.bounds("temperature", k) for k in range(12)]
    quantity = _QUANTITIES[work.options.quantity]
    central = quantity([m.central for m in months])
    warm = quantity([m.high for m in months])
    cold = quantity([m.low for m in months])
    return found(Bounds(min(warm, central), central, max(cold, central)))


def months_below_zero(temperature_degc: Sequence[float]) -> float:
    """Number of months with a mean below 0 degC; 1 to 11 mean that ground thaws."""
    return float(sum(t < 0 for t in temperature_degc))


def freezing_index(temperature_degc: Sequence[float]) -> float:
    """Degree-days below 0 degC of the monthly means, degC d."""
    return sum(
        max(-t, 0.0) * days for t, days in zip(temperature_degc, DAYS, strict=True)
    )


def thawing_index(temperature_degc: Sequence[float]) -> float:
    """Degree-days above 0 degC of the monthly means, degC d."""
    return freezing_index([-t for t in temperature_degc])


def frost_number(temperature_degc: Sequence[float]) -> float:
    """``sqrt(F) / (sqrt(F) + sqrt(T))`` of the two indices; 0.5 where frost balances.

    Permafrost is thought possible from 0.5 on (Nelson and Outcalt 1987, air frost
    number).
    """
    frozen = math.sqrt(freezing_index(temperature_degc))
    thawed = math.sqrt(thawing_index(temperature_degc))
    return frozen / (frozen + thawed) if frozen + thawed > 0 else 0.5


def mean_below_zero(temperature_degc: Sequence[float]) -> float:
    """1 where the mean of the year, months by their days, is below 0 degC, else 0."""
    total = sum(t * days for t, days in zip(temperature_degc, DAYS, strict=True))
    return float(total < 0)


_QUANTITIES: Final = {
    "months_below_zero": months_below_zero,
    "freezing_index": freezing_index,
    "frost_number": frost_number,
    "mean_below_zero": mean_below_zero,
}
