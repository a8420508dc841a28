"""Mean discharge where a layer has none: a regional relation with drainage area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.schemas.rivers import DischargeSource

Numbers = NDArray[np.float64]
MINIMUM_REACHES: Final = 8
_NO_BASIS: Final = ("estimated", "estimated_regional", "estimated_regulated")


@dataclass(frozen=True, slots=True)
class RegionalRelation:
    """Q = factor * A^power (m3/s, km2), fitted on ``n`` reaches in logarithms.

    ``scatter_factor`` is 10 to the standard deviation of the residuals: two thirds of
    the fitted reaches lie within this factor of the relation. ``area_km2`` is the range
    of areas that it was fitted on. A relation that is stated and not fitted has a
    ``source`` and no reaches.
    """

    factor: float
    power: float
    scatter_factor: float
    n: int
    smallest_area_km2: float
    largest_area_km2: float
    source: str | None = None

    def words(self) -> str:
        """Where the relation comes from."""
        if self.source is not None:
            return f"stated relation ({self.source})"
        return f"relation of {self.n} reaches"

    def __call__(self, area_km2: Numbers) -> Numbers:
        """Discharge in m3/s."""
        return np.asarray(self.factor * area_km2**self.power)

    def record(self) -> dict[str, Any]:
        """The relation as plain numbers, for provenance."""
        return {
            "equation": "Q = factor * A^power, m3/s and km2",
            "factor": round(self.factor, 9),
            "power": round(self.power, 6),
            "scatter_factor": round(self.scatter_factor, 4),
            "n": self.n,
            "area_km2": None
            if self.source is not None
            else [self.smallest_area_km2, self.largest_area_km2],
            "source": self.source,
        }


def fit_relation(area_km2: Numbers, discharge_m3s: Numbers) -> RegionalRelation | None:
    """Fit the relation on reaches that have both; None below 8 reaches.

    Least squares on logarithms. None too where all areas are equal, or where discharge
    falls with area, which no relation should carry further.
    """
    known = (area_km2 > 0) & (discharge_m3s > 0)
    if np.count_nonzero(known) < MINIMUM_REACHES:
        return None
    x, y = np.log10(area_km2[known]), np.log10(discharge_m3s[known])
    if np.ptp(x) == 0:
        return None
    power, level = np.polyfit(x, y, 1)
    if power <= 0:
        return None
    scatter = float(np.std(y - (level + power * x), ddof=2))
    return RegionalRelation(
        factor=float(10**level),
        power=float(power),
        scatter_factor=float(10**scatter),
        n=int(np.count_nonzero(known)),
        smallest_area_km2=float(area_km2[known].min()),
        largest_area_km2=float(area_km2[known].max()),
    )


@dataclass(frozen=True, slots=True)
class Discharge:
    """Mean discharge of all reaches, shape (n,) each.

    ``low_m3s`` and ``high_m3s`` divide and multiply by the uncertainty factor, the
    layer's own or the scatter of the relation; NaN where none is known. ``how`` says
    in words where an estimate comes from.
    """

    mean_m3s: Numbers
    low_m3s: Numbers
    high_m3s: Numbers
    source: NDArray[np.object_]
    how: NDArray[np.object_]
    relation: RegionalRelation | None


def fill_discharge(
    area_km2: Numbers,
    discharge_m3s: Numbers,
    factor: Numbers,
    status: NDArray[np.object_],
    how: NDArray[np.object_],
    stated: RegionalRelation | None = None,
) -> Discharge:
    """Estimate the discharge of reaches that have none.

    Parameters
    ----------
    area_km2, discharge_m3s, factor
        Shape (n,), NaN where missing. ``factor`` is the layer's uncertainty factor.
    stated
        Relation to use where none can be fitted.
    status, how
        Shape (n,). The layer's words for its values, None where it has none. Values
        that the layer itself took from a region or changed by regulation are no basis
        for the relation.
    """
    given = np.isfinite(discharge_m3s)
    own = np.array([str(word).startswith("estimated") for word in status], dtype=bool)
    source = np.full(len(given), DischargeSource.MISSING.value, dtype=object)
    source[given] = DischargeSource.GIVEN.value
    source[given & own] = DischargeSource.LAYER_ESTIMATE.value
    mean, spread, words = discharge_m3s.copy(), factor.copy(), how.copy()
    empty = ~given & (area_km2 > 0)
    relation = None
    if empty.any():
        basis = np.array([word not in _NO_BASIS for word in status], dtype=bool)
        relation = fit_relation(area_km2, np.where(basis, discharge_m3s, np.nan))
        relation = relation or stated
    if relation is not None:
        mean[empty] = relation(area_km2[empty])
        spread[empty] = relation.scatter_factor
        source[empty] = DischargeSource.ESTIMATED.value
        words[empty] = f"from the drainage area of the reach, {relation.words()}"
    spread = np.where(spread >= 1, spread, np.nan)
    return Discharge(mean, mean / spread, mean * spread, source, words, relation)
