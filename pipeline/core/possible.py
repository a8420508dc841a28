"""What a quantity can be on Earth, and values that stand for missing data."""

from __future__ import annotations

import math
from typing import Final

from pipeline.core.layers import Layer
from pipeline.core.model import Hazard

Limits = tuple[float | None, float | None]

BY_UNIT: Final[dict[str, tuple[float, float]]] = {
    "g": (0.0, 5.0),
    "cm/s2": (0.0, 5000.0),
    "m/s2": (0.0, 50.0),
    "cm/s": (0.0, 1000.0),
    "m": (-500.0, 9000.0),
    "mm": (0.0, 30000.0),
    "mm/h": (0.0, 2000.0),
    "mm/day": (0.0, 3000.0),
    "m/s": (0.0, 8000.0),  # winds, and shear waves in rock
    "km/h": (0.0, 550.0),
    "degc": (-100.0, 70.0),
    "k": (150.0, 350.0),
    "%": (0.0, 100.0),
}
"""Least and largest value by unit, where a layer gives none (project choice, P).

They are wide: only what no earthquake, river or storm does lies outside.
"""
_DEPTHS: Final = frozenset({"wd", "depth", "water_depth", "flood_depth"})
_DEPTH_M: Final = (0.0, 200.0)
_SENTINELS: Final = (-99.0, -999.0, -9999.0, -32768.0)
_HUGE: Final = 1e19


def measure_key(intensity_measure: str | None) -> str:
    """Intensity measure without unit and case: ``PGA:g`` becomes ``pga``."""
    return (intensity_measure or "").split(":")[0].strip().lower()


def limits_of(layer: Layer) -> Limits:
    """Least and largest value that a layer can have; None where there is no limit.

    Those of its row come first, then those of its measure and its unit.
    """
    usual: Limits = BY_UNIT.get(layer.unit.strip().lower(), (None, None))
    measure = measure_key(layer.intensity_measure)
    if layer.unit == "m" and (measure in _DEPTHS or layer.hazard is Hazard.FLOOD):
        usual = _DEPTH_M
    low, high = usual
    return (
        layer.minimum if layer.minimum is not None else low,
        layer.maximum if layer.maximum is not None else high,
    )


def is_sentinel(value: float) -> bool:
    """Whether a value is one that files use for cells without data."""
    return abs(value) >= _HUGE or any(
        math.isclose(value, one, rel_tol=1e-6) for one in _SENTINELS
    )


def is_undeclared_nodata(value: float, layer: Layer) -> bool:
    """Whether a value of a layer must stand for missing data.

    It does where it looks so and the row does not say that it is possible.
    """
    if not is_sentinel(value):
        return False
    low, high = layer.minimum, layer.maximum
    stated = (low is not None and low <= value) if value < 0 else high is not None
    return not (stated and (high is None or value <= high))
