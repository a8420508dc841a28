"""People at risk below a facility, and their consequence class (methodology 4.3).

A gazetteer of settlements shows who is near the river; it never shows that nobody is,
for whole towns can be missing from it. So "none listed" is unknown and not zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.assessment.coefficients import formula
from pipeline.assessment.consequence import class_by_people
from pipeline.assessment.interval import Interval
from pipeline.core.model import ConsequenceClass, Status
from pipeline.core.schemas.assessment import PeopleBasis

M_PER_KM: Final = 1000.0
NEAR: Final = formula("consequence", "people_near_river")


@dataclass(frozen=True, slots=True)
class Settlement:
    """A settlement along the path; ``people`` is None where the number is unknown."""

    distance_m: float
    distance_to_river_m: float
    people: float | None

    @property
    def nearest_to_river_m(self) -> float:
        """Distance at which it begins, taking it as a circle of usual density."""
        area_km2 = (self.people or 0.0) / NEAR["density_per_km2"]
        radius_m = math.sqrt(area_km2 / math.pi) * M_PER_KM
        return max(self.distance_to_river_m - radius_m, 0.0)


@dataclass(frozen=True, slots=True)
class PeopleAtRisk:
    """People at risk, with status and reason."""

    interval: Interval | None
    status: Status
    basis: PeopleBasis


def people_at_risk(
    settlements: Sequence[Settlement],
    *,
    is_joined: bool,
    reach_m: float,
    radius_m: float | None,
) -> PeopleAtRisk:
    """People within reach along the river.

    Parameters
    ----------
    settlements
        Settlements along the downstream path.
    is_joined
        Whether the facility has a downstream path.
    reach_m
        Distance along the river that counts.
    radius_m
        Uncertainty of the position. Settlements nearer than it may lie upstream of the
        facility, those farther than ``reach_m`` less it may lie out of reach.

    Notes
    -----
    Where a settlement has no figure, the sum of the others is a least number
    (`PeopleBasis.AT_LEAST`); the upper bound counts people that no list knows.
    Distances from the river and shares are project choices
    (``data/consequence.yaml``, people_near_river).
    """
    if not is_joined or radius_m is None:
        return PeopleAtRisk(None, Status.NOT_PROVIDED, PeopleBasis.NOT_JOINED)
    within = [s for s in settlements if s.distance_m <= reach_m]
    central = [s for s in within if s.nearest_to_river_m <= NEAR["central_m"]]
    surely = [
        s
        for s in central
        if s.nearest_to_river_m <= NEAR["low_m"]
        and radius_m <= s.distance_m <= reach_m - radius_m
    ]
    possible = [
        s
        for s in settlements
        if s.distance_m <= reach_m + radius_m and s.nearest_to_river_m <= NEAR["high_m"]
    ]
    low = NEAR["low_share"] * _sum(surely)
    high = _sum(possible) + NEAR["unlisted_people"]
    if not central:
        return PeopleAtRisk(None, Status.NOT_COVERED, PeopleBasis.NONE_LISTED)
    if _sum(central) <= 0:
        return PeopleAtRisk(None, Status.NOT_PROVIDED, PeopleBasis.PEOPLE_MISSING)
    interval = Interval(low, _sum(central), high)
    basis = PeopleBasis.AT_LEAST if _has_gap(possible) else PeopleBasis.SETTLEMENTS
    return PeopleAtRisk(interval, Status.MEASURED, basis)


def _sum(settlements: Sequence[Settlement]) -> float:
    return sum(s.people or 0.0 for s in settlements)


def _has_gap(settlements: Sequence[Settlement]) -> bool:
    return any(s.people is None for s in settlements)


@dataclass(frozen=True, slots=True)
class ConsequenceRange:
    """Consequence class with the classes of the bounds; None where unknown."""

    low: ConsequenceClass | None
    central: ConsequenceClass | None
    high: ConsequenceClass | None


def consequence_range(people: Interval | None) -> ConsequenceRange:
    """Classes of the people at risk and of their bounds.

    Without a central number there is no class: missing data must not read as "low".
    Where no settlement surely lies below the facility, the lower bound of the people
    is zero and says nothing, so that there is no lower class either.
    """
    if people is None or people.central is None:
        return ConsequenceRange(None, None, None)
    return ConsequenceRange(
        class_by_people(max(people.low, 1.0)) if people.low > 0 else None,
        class_by_people(people.central),
        class_by_people(people.high),
    )
