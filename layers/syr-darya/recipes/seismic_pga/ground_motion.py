"""The ground-motion models of the recipe, and how often a level is exceeded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from . import bssa14, cb14, cy14
from .geometry import FloatArray, Rupture, SiteDistances

Term = Callable[[Rupture, SiteDistances], FloatArray]


@dataclass(frozen=True, slots=True)
class GroundMotionModel:
    """Median and scatter of PGA on rock (Vs30 = 760 m/s), natural logarithm of g."""

    ln_median_g: Term
    sigma_ln: Term


MODELS: Mapping[str, GroundMotionModel] = {
    "bssa14": GroundMotionModel(bssa14.ln_median_g, bssa14.sigma_ln),
    "cb14": GroundMotionModel(cb14.ln_median_g, cb14.sigma_ln),
    "cy14": GroundMotionModel(cy14.ln_median_g, cy14.sigma_ln),
}


def exceedance_probability(
    level_g: FloatArray,
    ln_median_g: FloatArray,
    sigma_ln: FloatArray,
    truncation_sigma: float,
) -> FloatArray:
    """Probability that a lognormal ground motion exceeds levels.

    The normal distribution is cut at plus and minus ``truncation_sigma`` standard
    deviations and scaled back to one.

    Parameters
    ----------
    level_g
        Shape (n_levels,), g, positive.
    ln_median_g, sigma_ln
        One shape; the result has a last axis of n_levels in addition.
    truncation_sigma
        Positive; ``numpy.inf`` for no truncation.
    """
    epsilon = (np.log(level_g) - ln_median_g[..., None]) / sigma_ln[..., None]
    below = ndtr(-truncation_sigma)
    raw = ndtr(-np.asarray(epsilon)) - below
    return np.asarray(np.clip(raw / (1.0 - 2.0 * below), 0.0, 1.0), dtype=np.float64)


def mean_exceedance(
    level_g: NDArray[np.float64],
    rupture: Rupture,
    site: SiteDistances,
    weights: Mapping[str, float],
    truncation_sigma: float,
) -> FloatArray:
    """Mean exceedance probability over the weighted models.

    Returns
    -------
    numpy.ndarray
        Shape of the distances plus a last axis of n_levels.

    Raises
    ------
    ValueError
        If the weights do not sum to one.
    """
    if not np.isclose(sum(weights.values()), 1.0):
        raise ValueError(f"weights of the models sum to {sum(weights.values())}, not 1")
    total = np.zeros((*site.rjb_km.shape, len(level_g)))
    for name, weight in weights.items():
        model = MODELS[name]
        total += weight * exceedance_probability(
            level_g,
            model.ln_median_g(rupture, site),
            model.sigma_ln(rupture, site),
            truncation_sigma,
        )
    return total
