"""Extreme value distributions: fits to annual maxima, levels, and their change.

The generalised extreme value (GEV) distribution is fitted by L-moments (Hosking, Wallis
and Wood 1985; Hosking 1990): its first three sample L-moments are those of the
distribution. Method: methodology, section 5, and docs/methods.md, "Hazard curves".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

FloatArray = NDArray[np.float64]
EULER_GAMMA: Final = float(np.euler_gamma)
LEAST_YEARS: Final = 10
_NO_SHAPE: Final = 1e-9
_SHAPES: Final = (-0.99, 0.99)
"""Range of xi that a fit may take; the mean is finite below 1."""


@dataclass(frozen=True, slots=True)
class ExtremeValues:
    """Generalised extreme value distribution of annual maxima.

    ``location`` and ``scale`` are in the unit of the maxima, ``shape`` is xi: positive
    for heavy tails, 0 for the Gumbel distribution.
    """

    location: float
    scale: float
    shape: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a scale that is not positive."""
        if not self.scale > 0:
            raise ValueError(f"scale must be positive, not {self.scale}")

    def level(self, return_period_yr: float) -> float:
        """Value exceeded once in ``return_period_yr`` years on average (above 1)."""
        if not return_period_yr > 1:
            raise ValueError("the return period must be above 1 year")
        reduced = -math.log(-math.log1p(-1.0 / return_period_yr))
        if abs(self.shape) < _NO_SHAPE:
            return self.location + self.scale * reduced
        growth = math.expm1(self.shape * reduced) / self.shape
        return self.location + self.scale * growth

    def return_period_yr(self, value: float) -> float:
        """Return period of a value: ``1 / (1 - F(value))``, years.

        Infinity above the upper limit of a distribution that has one.
        """
        z = (value - self.location) / self.scale
        if abs(self.shape) >= _NO_SHAPE:
            inner = self.shape * z
            if inner <= -1:
                return math.inf if self.shape < 0 else 1.0
            z = math.log1p(inner) / self.shape
        exceeded = -math.expm1(-math.exp(-z))
        return 1.0 / exceeded if exceeded > 0 else math.inf

    def scaled(self, factor: float) -> ExtremeValues:
        """Distribution with location and scale times a climate change factor."""
        if not factor > 0:
            raise ValueError("a change factor must be positive")
        return ExtremeValues(self.location * factor, self.scale * factor, self.shape)


def shifted_return_period_yr(
    present: ExtremeValues, factor: float, return_period_yr: float = 100.0
) -> float:
    """Future return period of the present T-year level (methodology 5).

    Location and scale are multiplied by the change factor; the shape stays.
    """
    level = present.level(return_period_yr)
    return present.scaled(factor).return_period_yr(level)


def sample_l_moments(values: ArrayLike) -> tuple[float, float, float]:
    """First two L-moments and the L-skewness of a sample.

    Unbiased probability weighted moments ``b_r`` (Landwehr et al. 1979):
    ``l1 = b0, l2 = 2 b1 - b0, l3 = 6 b2 - 6 b1 + b0, t3 = l3 / l2``.

    Raises
    ------
    ValueError
        With fewer than 3 values, values that are not finite, or all equal.
    """
    x = np.sort(np.asarray(values, dtype=np.float64))
    n = x.size
    if x.ndim != 1 or n < 3 or not np.all(np.isfinite(x)) or x[0] == x[-1]:
        raise ValueError("at least 3 finite annual maxima that differ are needed")
    j = np.arange(n)
    b0 = float(x.mean())
    b1 = float((j / (n - 1) * x).mean())
    b2 = float((j * (j - 1) / ((n - 1) * (n - 2)) * x).mean())
    l2 = 2 * b1 - b0
    return b0, l2, (6 * b2 - 6 * b1 + b0) / l2


def gumbel_from_maxima(annual_maxima: ArrayLike) -> ExtremeValues:
    """Fit a Gumbel distribution to annual maxima by L-moments.

    ``scale = l2 / ln 2``, ``location = l1 - gamma x scale`` (Hosking 1990; M-high).

    Raises
    ------
    ValueError
        With fewer than 3 values, values that are not finite, or all equal.
    """
    first, second, _ = sample_l_moments(annual_maxima)
    scale = second / math.log(2.0)
    return ExtremeValues(first - EULER_GAMMA * scale, scale)


def gev_skewness(shape: float) -> float:
    """L-skewness of the GEV distribution with shape xi below 1.

    ``t3 = 2 (1 - 3^xi) / (1 - 2^xi) - 3``; 0.169925 for the Gumbel distribution.
    """
    if abs(shape) < _NO_SHAPE:
        return 2 * math.log(3) / math.log(2) - 3
    return 2 * math.expm1(shape * math.log(3)) / math.expm1(shape * math.log(2)) - 3


def gev_from_l_moments(first: float, second: float, skewness: float) -> ExtremeValues:
    """GEV distribution with given L-moments, solved for the shape.

    ``l2 = -sigma (1 - 2^xi) Gamma(1 - xi) / xi``,
    ``l1 = mu + sigma (Gamma(1 - xi) - 1) / xi``.

    Raises
    ------
    ValueError
        If the L-skewness is beyond that of shapes from -0.99 to 0.99.
    """
    low, high = (gev_skewness(shape) for shape in _SHAPES)
    if not low < skewness < high or not second > 0:
        raise ValueError(
            f"L-skewness {skewness:.3f} lies beyond {low:.3f} to {high:.3f}"
        )
    shape = float(brentq(lambda xi: gev_skewness(xi) - skewness, *_SHAPES, xtol=1e-12))
    if abs(shape) < _NO_SHAPE:
        scale = second / math.log(2)
        return ExtremeValues(first - EULER_GAMMA * scale, scale)
    gamma = math.gamma(1 - shape)
    scale = second * shape / (math.expm1(shape * math.log(2)) * gamma)
    return ExtremeValues(first - scale * (gamma - 1) / shape, scale, shape)


def gev_from_maxima(annual_maxima: ArrayLike) -> ExtremeValues:
    """Fit a GEV distribution to annual maxima by L-moments.

    Raises
    ------
    ValueError
        As `sample_l_moments` and `gev_from_l_moments` do.
    """
    return gev_from_l_moments(*sample_l_moments(annual_maxima))


def bootstrap_levels(
    annual_maxima: ArrayLike,
    return_period_yr: ArrayLike,
    *,
    draws: int,
    rng: np.random.Generator,
    is_gumbel: bool = False,
) -> FloatArray:
    """Levels of fits to years drawn with replacement.

    Parameters
    ----------
    annual_maxima
        Shape (n,).
    return_period_yr
        Shape (m,), years above 1.
    draws
        Number of resamples. Those that no distribution fits are drawn anew, at most
        ten times as many in all.

    Returns
    -------
    ndarray
        Shape (draws, m), in the unit of the maxima.

    Raises
    ------
    ValueError
        If too many resamples cannot be fitted.
    """
    x = np.asarray(annual_maxima, dtype=np.float64)
    periods = [float(t) for t in np.atleast_1d(np.asarray(return_period_yr))]
    fit = gumbel_from_maxima if is_gumbel else gev_from_maxima
    found: list[list[float]] = []
    for _ in range(10 * draws):
        if len(found) == draws:
            break
        try:
            fitted = fit(rng.choice(x, size=x.size))
        except ValueError:
            continue
        found.append([fitted.level(t) for t in periods])
    if len(found) < draws:
        raise ValueError("too few resamples could be fitted; the record is too short")
    return np.asarray(found, dtype=np.float64)
