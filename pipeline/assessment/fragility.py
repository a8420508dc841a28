"""Log-normal fragility sets (methodology 3.1).

A set holds the probability of reaching or passing each damage state at an intensity.
Curves of unequal spread cross somewhere; where they do, the probability of a single
state would be negative, so a crossing set must be refitted before use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from pipeline.assessment.coefficients import formula
from pipeline.core.model import Confidence

FloatArray = NDArray[np.float64]
_GRID: Final = 400
_TINY: Final = 1e-9


@dataclass(frozen=True, slots=True)
class FragilitySet:
    """Fragility of one kind of unit, damage states from light to heavy.

    ``theta`` are the medians in the unit of the intensity, ``beta`` the standard
    deviations of their logarithm, one for each state.

    Raises
    ------
    ValueError
        If lengths differ, a number is not above zero or medians decrease.
    """

    states: tuple[str, ...]
    theta: tuple[float, ...]
    beta: tuple[float, ...]
    confidence: Confidence

    def __post_init__(self) -> None:
        """Refuse a set that cannot be one."""
        if not len(self.states) == len(self.theta) == len(self.beta) > 0:
            raise ValueError("states, theta and beta must have one length above zero")
        if min(self.theta) <= 0 or min(self.beta) <= 0:
            raise ValueError("theta and beta must be above zero")
        if np.any(np.diff(self.theta) < 0):
            raise ValueError("theta must not decrease from state to state")


def fragility_set(key: str) -> FragilitySet:
    """Fragility set of the data file; KeyError if there is none of that key."""
    record = formula("fragility", key)
    theta, beta = zip(*record.numbers, strict=True)
    states = tuple(str(row[0]) for row in record.rows)
    return FragilitySet(states, theta, beta, record.confidence)


def exceedance(curves: FragilitySet, intensity: FloatArray) -> FloatArray:
    """Probability of each state or worse, Phi(ln(x / theta) / beta).

    Parameters
    ----------
    intensity
        Shape (n,), zero or above, in the unit of ``theta``.

    Returns
    -------
    ndarray
        Shape (states, n); 0 at intensity 0.
    """
    x = np.asarray(intensity, dtype=np.float64)
    if np.any(~(x >= 0)):
        raise ValueError("intensity must be zero or above")
    theta, beta = np.array(curves.theta)[:, None], np.array(curves.beta)[:, None]
    with np.errstate(divide="ignore"):
        return ndtr(np.log(x[None, :] / theta) / beta)


def crossings(curves: FragilitySet) -> list[tuple[str, str, float]]:
    """Neighbouring states that cross, with the intensity of the crossing.

    Two log-normal curves of unequal beta meet at exactly one intensity,
    ln x = (ln theta_a / beta_a - ln theta_b / beta_b) / (1 / beta_a - 1 / beta_b).
    With equal beta and theta that does not decrease, they never cross.
    """
    found = []
    for i in range(len(curves.states) - 1):
        inverse_a, inverse_b = 1 / curves.beta[i], 1 / curves.beta[i + 1]
        if abs(inverse_a - inverse_b) < _TINY:
            continue
        log_a = np.log(curves.theta[i]) * inverse_a
        log_b = np.log(curves.theta[i + 1]) * inverse_b
        at = float(np.exp((log_a - log_b) / (inverse_a - inverse_b)))
        found.append((curves.states[i], curves.states[i + 1], at))
    return found


def crosses_within(curves: FragilitySet, low: float, high: float) -> bool:
    """Whether any two states cross at an intensity from ``low`` to ``high``."""
    x = np.geomspace(low, high, _GRID)
    return bool(np.any(np.diff(exceedance(curves, x), axis=0) > _TINY))


def with_common_beta(curves: FragilitySet) -> FragilitySet:
    """Refit with the largest beta for all states; the medians stay (project choice)."""
    beta = max(curves.beta)
    return FragilitySet(
        curves.states,
        curves.theta,
        (beta,) * len(curves.beta),
        max(curves.confidence, Confidence.PROJECT, key=list(Confidence).index),
    )


def state_probabilities(curves: FragilitySet, intensity: FloatArray) -> FloatArray:
    """Probability of no damage and of each state alone.

    Returns
    -------
    ndarray
        Shape (states + 1, n); the columns sum to 1, first row is "no damage".

    Raises
    ------
    ValueError
        If states cross at one of the intensities; refit the set first.
    """
    reached = exceedance(curves, intensity)
    ones, zeros = np.ones((1, reached.shape[1])), np.zeros((1, reached.shape[1]))
    alone = -np.diff(np.concatenate([ones, reached, zeros]), axis=0)
    if np.any(alone < -_TINY):
        raise ValueError("states cross at these intensities; refit the set first")
    return np.clip(alone, 0.0, 1.0)
