"""Points of one source near one facility, with what was fitted to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.core.model import WatchLevel
from pipeline.displacement.fit.noise import Uncertainty
from pipeline.displacement.fit.trend import TrendFit
from pipeline.displacement.series import PointSeries
from pipeline.displacement.zones import SETTLING, STABLE, reach_level

_SPEEDS_UP = "acceleration"


@dataclass(frozen=True, slots=True)
class FittedPoints:
    """Points of one source near one facility.

    All arrays have the points of ``series`` as rows; ``xy_m`` is (n, 2), metres from
    the middle of the facility's circle; ``usable`` marks points with enough epochs;
    ``zone`` and ``course`` hold codes (`Zone` or surroundings, `course.Kind`).
    """

    series: PointSeries
    fit: TrendFit
    errors: Uncertainty
    xy_m: NDArray[np.float64]
    distance_m: NDArray[np.float64]
    usable: NDArray[np.bool_]
    zone: NDArray[np.str_]
    course: NDArray[np.str_]

    @property
    def settles(self) -> NDArray[np.bool_]:
        """Points on tailings whose motion does not speed up. Shape (n,)."""
        return np.isin(self.zone, SETTLING) & (self.course != _SPEEDS_UP)

    @property
    def is_stable_ground(self) -> NDArray[np.bool_]:
        """Usable points on natural ground. Shape (n,)."""
        return self.usable & np.isin(self.zone, STABLE)

    def able(
        self, zone_levels: dict[str, WatchLevel], level: WatchLevel
    ) -> NDArray[np.bool_]:
        """Usable points that may raise a level. Shape (n,)."""
        there = reach_level(self.zone, zone_levels, level)
        return self.usable & there & ~self.settles
