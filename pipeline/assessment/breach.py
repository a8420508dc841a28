"""Breach of a dam that holds free water, after Froehlich (methodology 4.2).

The formulas are for water dams. For the pond of a tailings dam they give the flood of
its free water alone; tailings that flow along with it make it larger.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pipeline.assessment.coefficients import formula
from pipeline.assessment.interval import Interval
from pipeline.core.model import Confidence, weakest

PEAK_1995: Final = formula("breach", "froehlich_1995_peak")
TIME_1995: Final = formula("breach", "froehlich_1995_time")
WIDTH_1995: Final = formula("breach", "froehlich_1995_width")
WIDTH_2008: Final = formula("breach", "froehlich_2008_width")
TIME_2008: Final = formula("breach", "froehlich_2008_time")
DEPTH: Final = formula("breach", "breach_depth")
PREDICTION: Final = formula("breach", "prediction_interval")
BREACH_CONFIDENCE: Final = weakest(
    PEAK_1995.confidence,
    TIME_1995.confidence,
    WIDTH_1995.confidence,
    DEPTH.confidence,
    PREDICTION.confidence,
)


class FailureMode(StrEnum):
    """How the dam is eroded."""

    OVERTOPPING = "overtopping"
    PIPING = "piping"


def peak_discharge_m3s(water_volume_m3: float, water_height_m: float) -> float:
    """Peak discharge of the breach, m3/s (1995).

    Parameters
    ----------
    water_volume_m3
        Free water above the breach bottom.
    water_height_m
        Height of the water above the breach bottom.
    """
    law = PEAK_1995
    return law["a"] * water_volume_m3 ** law["b"] * water_height_m ** law["c"]


def formation_time_h(water_volume_m3: float, height_m: float) -> float:
    """Time in which the breach forms, h (1995)."""
    law = TIME_1995
    return law["a"] * water_volume_m3 ** law["b"] * height_m ** -law["c"]


def breach_width_m(water_volume_m3: float, height_m: float, mode: FailureMode) -> float:
    """Mean width of the breach, m (1995)."""
    law = WIDTH_1995
    return (
        law["a"] * law[f"k_{mode}"] * water_volume_m3 ** law["b"] * height_m ** law["c"]
    )


def breach_width_2008_m(
    water_volume_m3: float, height_m: float, mode: FailureMode
) -> float:
    """Mean width of the breach, m (2008)."""
    law = WIDTH_2008
    return (
        law["a"] * law[f"k_{mode}"] * water_volume_m3 ** law["b"] * height_m ** law["c"]
    )


def formation_time_2008_s(water_volume_m3: float, height_m: float) -> float:
    """Time in which the breach forms, s (2008)."""
    law = TIME_2008
    return law["a"] * math.sqrt(
        water_volume_m3 / (law["gravity_m_per_s2"] * height_m**2)
    )


@dataclass(frozen=True, slots=True)
class PondBreach:
    """Flood from the free water of a pond: peak, time and width of the breach."""

    peak_m3s: Interval
    formation_h: Interval
    width_m: Interval
    confidence: Confidence = BREACH_CONFIDENCE


def pond_breach(
    water_volume_m3: float, dam_height_m: float, freeboard_m: float
) -> PondBreach:
    """Breach down to the foundation, with the spread of past breaches.

    The width is that of piping at the lower bound and of overtopping otherwise.

    Parameters
    ----------
    water_volume_m3
        Free water of the pond, above zero.
    dam_height_m, freeboard_m
        The water stands at the height less the freeboard above the bottom.

    Raises
    ------
    ValueError
        If there is no water above the bottom of the breach.
    """
    water_height_m = dam_height_m - freeboard_m
    if water_volume_m3 <= 0 or water_height_m <= 0:
        raise ValueError("no water above the bottom of the breach")
    piped, overtopped = (
        breach_width_m(water_volume_m3, dam_height_m, mode)
        for mode in (FailureMode.PIPING, FailureMode.OVERTOPPING)
    )
    peak = peak_discharge_m3s(water_volume_m3, water_height_m)
    hours = formation_time_h(water_volume_m3, dam_height_m)
    return PondBreach(
        peak_m3s=_predicted("peak", peak, peak),
        formation_h=_predicted("time", hours, hours),
        width_m=_predicted("width", piped, overtopped),
    )


def _predicted(quantity: str, least: float, value: float) -> Interval:
    """Value with the factors that hold about 95 % of past breaches."""
    factors = {str(row[0]): row[1:] for row in PREDICTION.rows}
    low, high = (float(factor) for factor in factors[quantity])
    return Interval(least * low, value, value * high)
