"""Probability that a dam liquefies when it is shaken, as bounds.

A layer of natural ground says nothing of the tailings, so it gives a lower bound alone:
dam and foundation liquefy at least as probably as the ground. A study of the site
bounds it from both sides. Method: docs/methods.md, "Failure by earthquake".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.assessment.interval import Interval
from pipeline.core.curves import HazardCurve, intensity_at
from pipeline.core.model import Confidence

FloatArray = NDArray[np.float64]
Probability = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class TriggeringLevel:
    """Probability of liquefaction under the shaking of one return period.

    Raises
    ------
    ValueError
        If a probability is not 0 to 1.
    """

    return_period_yr: float
    probability: Interval

    def __post_init__(self) -> None:
        """Refuse what is no probability."""
        if not 0 <= self.probability.low <= self.probability.high <= 1:
            raise ValueError(f"probability of liquefaction {self.probability}")


@dataclass(frozen=True, slots=True)
class Liquefaction:
    """Levels of one layer of liquefaction at a facility; empty without one."""

    levels: tuple[TriggeringLevel, ...] = ()
    layer_id: str | None = None
    is_study: bool = False
    demonstration: bool = False
    confidence: Confidence | None = None


def at_least(found: Liquefaction, curve: HazardCurve) -> Probability:
    """Lower bound of the probability by acceleration, g; 0 where nothing is known."""
    return _by_acceleration(found.levels, "low", curve, below=0.0)


def at_most(found: Liquefaction, curve: HazardCurve) -> Probability:
    """Upper bound: 1, unless a study of the site says less."""
    levels = found.levels if found.is_study else ()
    if not levels:
        return lambda pga_g: np.ones_like(pga_g)
    return _by_acceleration(levels, "high", curve, below=None, beyond=1.0)


def central(found: Liquefaction, curve: HazardCurve) -> Probability | None:
    """Central probability of a study; None unless one spans the whole curve."""
    known = [x for x in found.levels if x.probability.central is not None]
    if not found.is_study or not known:
        return None
    periods, shaken = [x.return_period_yr for x in known], curve.return_period_yr
    slack = 1 + 1e-9
    if min(periods) > shaken[0] * slack or max(periods) * slack < shaken[-1]:
        return None
    return _by_acceleration(known, "central", curve, below=None)


def _by_acceleration(
    levels: Sequence[TriggeringLevel],
    end: str,
    curve: HazardCurve,
    *,
    below: float | None,
    beyond: float | None = None,
) -> Probability:
    """Probability by acceleration: straight in ln PGA between return periods.

    Each level stands at the acceleration of its return period on the curve; levels
    outside of the curve are left out. ``below`` and ``beyond`` are the probabilities
    outside of the levels; None holds that of the nearest level.

    Raises
    ------
    ValueError
        If a probability decreases with the return period.
    """
    at = intensity_at(curve, [level.return_period_yr for level in levels])
    value = np.array([getattr(level.probability, end) for level in levels], float)
    order = np.argsort([level.return_period_yr for level in levels])
    at, value = at[order], value[order]
    inside = np.isfinite(at)
    at, value = np.log(at[inside]), value[inside]
    if np.any(np.diff(value) < 0):
        raise ValueError("probability of liquefaction decreases with return period")

    def probability(pga_g: FloatArray) -> FloatArray:
        if not len(at):
            return np.full_like(pga_g, beyond if below is None else below)
        log_pga = np.log(np.maximum(pga_g, np.finfo(float).tiny))
        slack = 1e-9
        found = np.interp(log_pga, at, value)
        if below is not None:
            found = np.where(log_pga < at[0] - slack, below, found)
        if beyond is not None:
            found = np.where(log_pga > at[-1] + slack, beyond, found)
        return np.asarray(found, dtype=np.float64)

    return probability
