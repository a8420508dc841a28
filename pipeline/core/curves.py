"""Hazard curves: from return-period levels to annual frequencies, and their integrals.

A map gives intensities at a few return periods. Between them frequency and intensity
are joined by straight lines in log-log space. Below the first level nothing is
invented; beyond the last level the intensity stays at the last value (flat tail), so
frequencies of rarer events are never extrapolated. Method: methodology 3.5 and
docs/methods.md, "Hazard curves".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
_STEPS: Final = 64


@dataclass(frozen=True, slots=True)
class HazardCurve:
    """Annual frequency with which each intensity is exceeded.

    ``intensity`` (n,) is positive and does not decrease; ``frequency_per_yr`` (n,) is
    positive and decreases. A curve of one level is a single-level map: it says nothing
    about any other intensity.
    """

    intensity: tuple[float, ...]
    frequency_per_yr: tuple[float, ...]

    @property
    def is_single_level(self) -> bool:
        """Whether the curve is one point, such as a 475-year map."""
        return len(self.intensity) == 1

    @property
    def return_period_yr(self) -> tuple[float, ...]:
        """Return periods of the levels, years, increasing."""
        return tuple(1.0 / f for f in self.frequency_per_yr)


@dataclass(frozen=True, slots=True)
class FailureFrequency:
    """Annual frequency of failure from one hazard curve.

    ``per_yr`` is ``body_per_yr`` (between the first and the last level) plus
    ``tail_per_yr`` (all rarer events, held at the last intensity). Events more
    frequent than the first level are not in it; ``probability_at_first_level`` tells
    whether they would matter: above 0 the frequency is a lower bound.
    """

    per_yr: float
    body_per_yr: float
    tail_per_yr: float
    probability_at_first_level: float
    is_single_level: bool


def hazard_curve(return_period_yr: ArrayLike, intensity: ArrayLike) -> HazardCurve:
    """Build the curve of one place from the levels of a map.

    Parameters
    ----------
    return_period_yr
        Shape (n,), n >= 1; years, at least 1, strictly increasing.
    intensity
        Shape (n,); any one unit, not negative, finite, not decreasing.

    Returns
    -------
    HazardCurve
        Levels with intensity 0 are left out: no logarithm reaches them, and an
        intensity of zero harms nothing.

    Raises
    ------
    ValueError
        If shapes differ, an ordering rule is broken, or no level is above zero.
    """
    period = np.atleast_1d(np.asarray(return_period_yr, dtype=np.float64))
    value = np.atleast_1d(np.asarray(intensity, dtype=np.float64))
    if period.shape != value.shape or period.ndim != 1 or period.size == 0:
        raise ValueError(f"shapes do not fit: {period.shape} and {value.shape}")
    if not np.all(period >= 1) or not np.all(np.isfinite(period)):
        raise ValueError("return periods must be finite and 1 year or more")
    if np.any(np.diff(period) <= 0):
        raise ValueError("return periods must increase")
    if not np.all(np.isfinite(value)) or np.any(value < 0):
        raise ValueError("intensities must be finite and not negative")
    if np.any(np.diff(value) < 0):
        raise ValueError("intensities must not decrease with the return period")
    above = value > 0
    if not above.any():
        raise ValueError("all intensities are zero: there is no curve")
    return HazardCurve(
        tuple(value[above].tolist()), tuple((1.0 / period[above]).tolist())
    )


def exceedance_per_yr(curve: HazardCurve, intensity: ArrayLike) -> FloatArray:
    """Annual frequency with which intensities are exceeded.

    Log-log interpolation between the levels.

    Returns
    -------
    ndarray
        Shape of ``intensity``. NaN below the first and above the last level, where
        the map says nothing; at two levels of one intensity the smaller frequency.
    """
    x = np.asarray(intensity, dtype=np.float64)
    level = np.asarray(curve.intensity)
    log_level, log_rate = np.log(level), np.log(np.asarray(curve.frequency_per_yr))
    below = np.searchsorted(level, x, side="right") - 1
    lower = np.clip(below, 0, len(level) - 1)
    upper = np.clip(below + 1, 0, len(level) - 1)
    span = log_level[upper] - log_level[lower]
    inside = (x >= level[0]) & (x <= level[-1])
    log_x = np.log(np.where(inside, x, level[0]))
    step = np.where(span > 0, log_x - log_level[lower], 0.0)
    part = step / np.where(span > 0, span, 1.0)
    rate = np.exp(log_rate[lower] + part * (log_rate[upper] - log_rate[lower]))
    return np.asarray(np.where(inside, rate, np.nan), dtype=np.float64)


def intensity_at(curve: HazardCurve, return_period_yr: ArrayLike) -> FloatArray:
    """Intensity with a return period; log-log interpolation, NaN beyond the levels."""
    period = np.asarray(return_period_yr, dtype=np.float64)
    known = np.asarray(curve.return_period_yr)
    slack = 1e-12
    inside = (period >= known[0] * (1 - slack)) & (period <= known[-1] * (1 + slack))
    log_period = np.log(np.where(inside, period, known[0]))
    value = np.exp(np.interp(log_period, np.log(known), np.log(curve.intensity)))
    return np.asarray(np.where(inside, value, np.nan), dtype=np.float64)


def failure_frequency(
    curve: HazardCurve, failure_probability: Callable[[FloatArray], ArrayLike]
) -> FailureFrequency:
    """Integrate a failure probability over a hazard curve.

    ``lambda_f = integral of P(fail | x) |d lambda(x)|`` by the trapezoid rule on nodes
    that are equally spaced in ln x between the levels, plus ``P(fail | x_n)`` times
    the frequency of the last level (flat tail).

    Parameters
    ----------
    curve
        One level gives the tail alone: events at least as rare as the map's level,
        each counted with the map's intensity.
    failure_probability
        Maps intensities (m,) to probabilities 0 to 1, not decreasing.

    Raises
    ------
    ValueError
        If a probability is outside of 0 to 1 or decreases.
    """
    level = np.asarray(curve.intensity)
    rate = np.asarray(curve.frequency_per_yr)
    share = np.linspace(0.0, 1.0, _STEPS + 1)
    nodes = [np.array([level[0]])]
    rates = [np.array([rate[0]])]
    for i in range(len(level) - 1):
        nodes.append(level[i] * (level[i + 1] / level[i]) ** share[1:])
        rates.append(rate[i] * (rate[i + 1] / rate[i]) ** share[1:])
    x, frequency = np.concatenate(nodes), np.concatenate(rates)
    probability = np.asarray(failure_probability(x), dtype=np.float64)
    if not np.all((probability >= 0) & (probability <= 1)):
        raise ValueError("failure probabilities must lie between 0 and 1")
    if np.any(np.diff(probability) < -1e-12):
        raise ValueError("failure probability must not decrease with intensity")
    body = float(-np.trapezoid(probability, frequency))
    tail = float(probability[-1] * frequency[-1])
    return FailureFrequency(
        per_yr=body + tail,
        body_per_yr=body,
        tail_per_yr=tail,
        probability_at_first_level=float(probability[0]),
        is_single_level=curve.is_single_level,
    )


def probability_in_years(frequency_per_yr: float, years: float) -> float:
    """Probability of at least one event: ``P = 1 - exp(-lambda T)`` (Poisson)."""
    if frequency_per_yr < 0 or years < 0:
        raise ValueError("frequency and years must not be negative")
    return -math.expm1(-frequency_per_yr * years)


def gumbel_return_period_yr(
    return_period_yr: ArrayLike, intensity: ArrayLike, value: float
) -> float:
    """Return period of a value, by Gumbel distributions between neighbouring levels.

    The intensity is linear in ``y = -ln(-ln(1 - 1/T))`` between two levels.

    Parameters
    ----------
    return_period_yr, intensity
        Levels, shape (n,), n >= 2; periods above 1 year, increasing; intensities not
        decreasing.
    value
        From the first to the last intensity. Where levels share it, the shortest
        period counts.

    Raises
    ------
    ValueError
        If the levels are not as described, or the value lies beyond them.
    """
    period = np.asarray(return_period_yr, dtype=np.float64)
    x = np.asarray(intensity, dtype=np.float64)
    if period.shape != x.shape or period.ndim != 1 or period.size < 2:
        raise ValueError("two or more levels are needed")
    if np.any(period <= 1) or np.any(np.diff(period) <= 0) or np.any(np.diff(x) < 0):
        raise ValueError("levels must increase, with periods above 1 year")
    if not x[0] <= value <= x[-1]:
        raise ValueError("the value lies beyond the levels")
    upper = int(np.searchsorted(x, value, side="left"))
    if x[upper] == value:
        return float(period[upper])
    y = -np.log(-np.log1p(-1.0 / period[upper - 1 : upper + 1]))
    part = (value - x[upper - 1]) / (x[upper] - x[upper - 1])
    reduced = y[0] + part * (y[1] - y[0])
    return float(-1.0 / math.expm1(-math.exp(-reduced)))
