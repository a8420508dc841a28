"""What a sampler returns, and the statistics of the cells in one place."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.core.layers import Band, Layer
from pipeline.core.methods.hazards import HazardMethods
from pipeline.core.model import Status
from pipeline.core.schemas.hazards import NOTES
from pipeline.hazards.places import Place


@dataclass(frozen=True, slots=True)
class Sample:
    """Value of one level of one layer at one facility.

    ``value``, ``low`` and ``high`` are in the unit of the layer and None unless the
    status has a value. ``least`` and ``largest`` are the extremes of all valid cells
    that the place touches, whatever the status, for the check of possible values;
    ``peak`` is the largest value that the statistics saw, None where they saw none.
    ``covered_fraction`` is the share (0 to 1) of the place with valid cells.
    """

    tmf_id: str
    band: Band
    status: Status
    value: float | None
    low: float | None
    high: float | None
    covered_fraction: float
    least: float | None = None
    largest: float | None = None
    note: str | None = None
    peak: float | None = None

    def without_value(self, status: Status, note: str) -> Sample:
        """Return the sample as one that has no value, for a reason."""
        return replace(
            self, status=status, value=None, low=None, high=None, note=note, peak=None
        )


@dataclass(frozen=True, slots=True)
class Sampled:
    """All samples of one layer, with remarks that concern the layer as a whole."""

    samples: tuple[Sample, ...]
    remarks: tuple[str, ...] = ()


Sampler = Callable[[Layer, Path, Sequence[Place], HazardMethods], Sampled]
"""What each file in ``pipeline/hazards/samplers`` offers under the name ``sample``."""


def weighted_quantile(
    values: NDArray[np.float64], weights: NDArray[np.float64], quantile: float
) -> float:
    """Smallest value that at least a share ``quantile`` of the weight does not exceed.

    Parameters
    ----------
    values, weights
        Shape (n,), n >= 1; weights positive.
    quantile
        0 to 1; 0 gives the least value, 1 the largest.

    Notes
    -----
    Inverse of the weighted distribution function, without interpolation: the answer
    always is a value that occurs.
    """
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order])
    target = quantile * share[-1] * (1 - 1e-12)
    return float(values[order[min(np.searchsorted(share, target), len(order) - 1)]])


def summarise(
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    choices: HazardMethods,
) -> tuple[float, float, float]:
    """Low, central and high value of the cells of a place.

    The central value is the mean weighted by covered area; low and high are weighted
    quantiles, widened where the distribution is so skewed that the mean lies beyond.
    """
    # a mean never leaves the range of its values, but its rounding may
    central = float(np.average(values, weights=weights))
    central = min(max(central, float(values.min())), float(values.max()))
    low = weighted_quantile(values, weights, choices.low_quantile)
    high = weighted_quantile(values, weights, choices.high_quantile)
    return min(low, central), central, max(high, central)


def sample_of(
    place: Place,
    band: Band,
    bounds: tuple[float, float, float] | None,
    extremes: tuple[float, float] | None,
    covered_fraction: float,
    layer: Layer,
    choices: HazardMethods,
    peak: float | None = None,
) -> Sample:
    """Sample with the status that coverage and value call for.

    Parameters
    ----------
    bounds
        Low, central and high value; None where no valid cell is touched.
    extremes
        Least and largest valid cell; None where there is none.
    peak
        Largest value that the statistics saw.
    """
    least, largest = extremes or (None, None)
    share = min(max(covered_fraction, 0.0), 1.0)
    bare = Sample(
        place.tmf_id,
        band,
        Status.NOT_COVERED,
        None,
        None,
        None,
        share,
        least,
        largest,
        peak=peak,
    )
    if bounds is None or share == 0:
        return replace(bare, note=NOTES.reason("no_data_here"))
    if share < choices.minimum_covered_fraction:
        needed = choices.minimum_covered_fraction
        note = NOTES.reason(
            "covered_too_little", share_fraction=share, needed_fraction=needed
        )
        return replace(bare, note=note)
    nothing = layer.zero_is == "no_hazard" and least == 0 and largest == 0
    low, value, high = bounds
    return Sample(
        place.tmf_id,
        band,
        Status.NO_HAZARD if nothing else Status.MEASURED,
        value,
        low,
        high,
        share,
        least,
        largest,
        None if math.isclose(share, 1.0, abs_tol=1e-6) else _partly(share),
        peak,
    )


def _partly(share: float) -> str:
    return NOTES.reason("partly_covered", share_fraction=share)
