"""Breach of a dam that holds free water, after Froehlich (methodology 4.2)."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Final

from pipeline.assessment.coefficients import formula

PEAK_1995: Final = formula("breach", "froehlich_1995_peak")
TIME_1995: Final = formula("breach", "froehlich_1995_time")
WIDTH_1995: Final = formula("breach", "froehlich_1995_width")
WIDTH_2008: Final = formula("breach", "froehlich_2008_width")
TIME_2008: Final = formula("breach", "froehlich_2008_time")


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
