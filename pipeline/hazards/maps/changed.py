"""Maps under a climate case: changed layers, their index, and both less the present.

Everything is computed from the planes of the present in one block, so that a changed
map never rests on another grid or another rule than the map it is compared with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.core.layers import Layer
from pipeline.hazards.climate import check_factor, is_believable
from pipeline.hazards.maps.fused import INDEX, MISSING, NODATA, SPEAKING
from pipeline.hazards.maps.index_map import Scored

_JUST: Final = 1 - 1e-12
"""Weights that are just enough may lack this much by rounding."""
_FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PlaneChange:
    """How the planes of one layer change.

    ``present`` are the planes of its present levels. With ``kind`` own, ``future`` are
    those of the same levels in the case. Else a factor multiplies (ratio) or is added
    (difference): ``value`` for the whole region, or that of the plane ``factor``, or,
    with ``baseline``, that plane compared with the plane of its own present.
    """

    kind: Literal["ratio", "difference", "own"]
    present: tuple[int, ...]
    future: tuple[int, ...] = ()
    value: float | None = None
    factors: Layer | None = None
    factor: int | None = None
    baseline: int | None = None

    def changed(self, planes: NDArray[np.float32]) -> _FloatArray:
        """Changed levels (n, rows, columns); NaN where one of the two is unknown.

        Raises
        ------
        InputError
            If a cell of a grid of factors cannot be a factor.
        """
        if self.kind == "own":
            return known(planes[list(self.future)])
        now, factor = known(planes[list(self.present)]), self._factor(planes)
        return now + factor if self.kind == "difference" else now * factor

    def _factor(self, planes: NDArray[np.float32]) -> _FloatArray | float:
        if self.factors is None or self.factor is None:
            if self.value is None:
                raise ValueError("neither a factor nor a plane of factors")
            return self.value
        factor = known(planes[self.factor])
        if self.baseline is None:
            for value in _extremes(factor):
                check_factor(value, self.factors, self.factors.id, "a cell of the map")
            return factor
        now = known(planes[self.baseline])
        if self.kind == "difference":
            found = factor - now
        else:
            found = np.full_like(now, np.nan)
            np.divide(factor, now, out=found, where=now != 0)
        if not all(is_believable(value, self.factors) for value in _extremes(found)):
            values, place = np.unique(found, return_inverse=True)
            good = [bool(is_believable(float(v), self.factors)) for v in values]
            found = np.where(np.array(good)[place.reshape(found.shape)], found, np.nan)
        return found


def known(planes: NDArray[np.float32]) -> _FloatArray:
    """Values of maps, NaN where there is no data."""
    return np.where(planes == NODATA, np.nan, planes.astype(np.float64))


def stored(values: _FloatArray) -> NDArray[np.float32]:
    """Values as the maps hold them."""
    return np.where(np.isnan(values), NODATA, values).astype(np.float32)


def _extremes(values: _FloatArray) -> list[float]:
    there = values[~np.isnan(values)]
    return [float(there.min()), float(there.max())] if there.size else []


def scores_of(values: _FloatArray, scored: Scored) -> _FloatArray:
    """Scores of values, straight between the knots and flat beyond; NaN stays NaN.

    A value that stands twice in the scale makes a step: it has the later score.
    """
    value, score = scored.knots
    found = np.where(np.isnan(values), np.nan, score[0])
    for j in range(1, len(value)):
        length, rise = value[j] - value[j - 1], score[j] - score[j - 1]
        if length > 0:
            found += rise / length * np.clip(values - value[j - 1], 0, length)
        else:
            found += np.where(values >= value[j], rise, 0.0)
    return found


def weighted_index(
    layers: Sequence[_FloatArray], scored: Sequence[Scored], least_weight: float
) -> NDArray[np.float32]:
    """Index of some layers in a block, as `fused_block` makes it.

    Parameters
    ----------
    layers
        The level that counts of every layer, (rows, columns) each; NaN is no data.
    scored
        How each enters the index.
    least_weight
        Least share of all weights that must speak.

    Returns
    -------
    ndarray
        Shape (3, rows, columns), float32: index, how many speak, who is missing.
    """
    shape = layers[0].shape
    total, weight = np.zeros(shape), np.zeros(shape)
    out = np.zeros((3, *shape), np.float32)
    for values, one in zip(layers, scored, strict=True):
        there = ~np.isnan(values)
        total += np.where(there, one.weight * scores_of(values, one), 0.0)
        weight += one.weight * there
        out[SPEAKING] += there
        out[MISSING] += ~there * np.float32(2.0**one.bit)
    least = least_weight * sum(one.weight for one in scored) * _JUST
    speaks = (weight > 0) & (weight >= least)
    out[INDEX] = NODATA
    np.divide(total, weight, out=total, where=speaks)
    out[INDEX][speaks] = total[speaks]
    return out


def less_present(
    changed: NDArray[np.float32], present: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Difference of two maps where both have data."""
    return stored(known(changed) - known(present))


def index_change(
    changed: NDArray[np.float32], present: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Difference of two indices (3, rows, columns) where the same layers speak.

    Elsewhere the difference would be that of the layers and not of the climate.
    """
    alike = changed[MISSING] == present[MISSING]
    difference = less_present(changed[INDEX], present[INDEX])
    return np.where(alike, difference, np.float32(NODATA))
