"""Sliding of a dam's slope under earthquake after Newmark (methodology 3.2).

A block begins to slide where the acceleration passes the yield acceleration, which a
study states or the static factor of safety and the slope give. Displacement and
probability of a slide follow for every level of the seismic hazard, and their frequency
from all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.assessment.earthquake import (
    CRITICAL,
    JIBSON,
    JIBSON_PROBABILITY,
    MAGNITUDE,
    NEWMARK_PLANE,
    critical_acceleration_g,
    newmark_displacement_m,
    slide_probability,
)
from pipeline.assessment.failure import Level
from pipeline.assessment.interval import Interval
from pipeline.core.curves import failure_frequency, hazard_curve
from pipeline.core.model import Confidence, weakest

FloatArray = NDArray[np.float64]
ENDS: Final = ("low", "central", "high")


@dataclass(frozen=True, slots=True)
class Strength:
    """What is known of the strength of the outer slope; None where it is not."""

    stated_yield_g: float | None = None
    factor_of_safety: float | None = None
    slope_deg: float | None = None

    @property
    def yield_g(self) -> float | None:
        """Yield acceleration, g; 0 for a slope that is unstable at rest."""
        if self.stated_yield_g is not None:
            return self.stated_yield_g
        if self.factor_of_safety is None or not self.slope_deg:
            return None
        return critical_acceleration_g(self.factor_of_safety, self.slope_deg)

    @property
    def yield_confidence(self) -> Confidence:
        """Label of the yield acceleration: one that is stated needs no formula."""
        if self.stated_yield_g is not None:
            return Confidence.VERIFIED
        return weakest(CRITICAL.confidence, NEWMARK_PLANE.confidence)


def displacement_m(level: Level, yield_g: float) -> Interval:
    """Newmark displacement at one level, m.

    The bounds take the bounds of acceleration and magnitude together; without a
    central acceleration there is no central displacement.
    """
    found = [
        None
        if (pga_g := getattr(level.pga_g, end)) is None
        else newmark_displacement_m(pga_g, yield_g, MAGNITUDE[end])
        for end in ENDS
    ]
    low, central, high = found
    return Interval(low or 0.0, central, high or 0.0)


def probability(displacement: Interval) -> Interval:
    """Probability of a slide for a displacement with its bounds."""
    return displacement.map(slide_probability)


def sliding_per_yr(levels: Sequence[Level], yield_g: float) -> Interval:
    """Annual frequency of a slide, integrated over the seismic hazard, 1/yr.

    Raises
    ------
    ValueError
        If accelerations decrease with the return period.
    """
    found: list[float | None] = []
    for end in ENDS:
        pga_g = [getattr(level.pga_g, end) for level in levels]
        if None in pga_g:
            found.append(None)
            continue
        if max(pga_g) <= 0:
            found.append(0.0)
            continue
        curve = hazard_curve([level.return_period_yr for level in levels], pga_g)

        def slides(x: FloatArray, magnitude: float = MAGNITUDE[end]) -> FloatArray:
            return np.array(
                [
                    slide_probability(newmark_displacement_m(pga, yield_g, magnitude))
                    for pga in x.tolist()
                ]
            )

        found.append(failure_frequency(curve, slides).per_yr)
    low, central, high = found
    return Interval(low or 0.0, central, high or 0.0)


def sliding_confidence(strength: Strength, *, with_probability: bool) -> Confidence:
    """Weakest label of what goes into the displacement, or the probability too."""
    used = [JIBSON.confidence, MAGNITUDE.confidence, strength.yield_confidence]
    if with_probability:
        used.append(JIBSON_PROBABILITY.confidence)
    return weakest(*used)
