"""How often events of each magnitude occur: Weichert's estimate, truncated law."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from .parameters import CompletenessWindow

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Gutenberg-Richter law of a region.

    ``rate_per_yr`` counts events with magnitude ``mw_min`` and above.
    """

    b_value: float
    b_sigma: float
    mw_min: float
    rate_per_yr: float
    n_events: int


def magnitude_edges(mw_min: float, mw_max: float, bin_width: float) -> FloatArray:
    """Edges of equal magnitude bins from ``mw_min`` to ``mw_max``, shape (n + 1,)."""
    n_bins = round((mw_max - mw_min) / bin_width)
    return mw_min + bin_width * np.arange(n_bins + 1, dtype=np.float64)


def observed_years(
    centre_mw: FloatArray, windows: Sequence[CompletenessWindow]
) -> FloatArray:
    """Complete years of each magnitude bin; shape of ``centre_mw``."""
    years = np.zeros(centre_mw.shape)
    for window in windows:
        inside = (centre_mw >= window.mw_min) & (centre_mw < window.mw_max)
        years[inside] += window.duration_yr
    return years


def weichert(
    counts: NDArray[np.int64],
    centre_mw: FloatArray,
    years: FloatArray,
    bin_width: float,
) -> Recurrence:
    """Maximum-likelihood b-value and rate for unequal observation periods.

    Parameters
    ----------
    counts, centre_mw, years
        Shape (n,): events, centre and complete years of each magnitude bin.
    bin_width
        Width of the bins in magnitude units.

    Returns
    -------
    Recurrence
        ``mw_min`` is the lower edge of the first bin.

    Raises
    ------
    ValueError
        If fewer than two bins hold events, or a bin was never observed.

    Notes
    -----
    Weichert 1980, Bull. Seism. Soc. Am. 70, 1337-1346 (M-high): beta solves
    sum(t m exp(-beta m)) / sum(t exp(-beta m)) = sum(n m) / N; the rate is
    N sum(exp(-beta m)) / sum(t exp(-beta m)).
    """
    if np.count_nonzero(counts) < 2 or np.any(years <= 0.0):
        raise ValueError("need events in two bins or more and years above zero")
    total = int(counts.sum())
    mean_mw = float(np.sum(counts * centre_mw) / total)
    shifted = centre_mw - centre_mw[0]

    def weighted(beta: float) -> FloatArray:
        return np.asarray(years * np.exp(-beta * shifted), dtype=np.float64)

    def excess(beta: float) -> float:
        weight = weighted(beta)
        return float(np.sum(weight * centre_mw) / np.sum(weight) - mean_mw)

    beta = float(brentq(excess, 0.05, 10.0, xtol=1e-12))
    weight = weighted(beta)
    model_mean = np.sum(weight * centre_mw) / np.sum(weight)
    variance = np.sum(weight * centre_mw**2) / np.sum(weight) - model_mean**2
    rate = total * np.sum(np.exp(-beta * shifted)) / np.sum(weight)
    return Recurrence(
        b_value=beta / np.log(10.0),
        b_sigma=float(1.0 / np.sqrt(total * variance) / np.log(10.0)),
        mw_min=float(centre_mw[0] - bin_width / 2.0),
        rate_per_yr=float(rate),
        n_events=total,
    )


def bin_fractions(b_value: float, edges: FloatArray) -> FloatArray:
    """Share of events per magnitude bin under a truncated Gutenberg-Richter law.

    The law runs from the first to the last edge; the shares sum to one.
    """
    survival = np.power(10.0, -b_value * (edges - edges[0]))
    return np.asarray(-np.diff(survival) / (1.0 - survival[-1]), dtype=np.float64)
