"""Location criteria of the Convention (methodology 2.5), each true, false or unknown.

All three are reported side by side, because the text in force on the water path was
not verified. They concern the place alone; the condition on substances is apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.assessment.coefficients import formula
from pipeline.core.model import Confidence
from pipeline.core.schemas.assessment import AirBasis, CatchmentBasis, TwoDayBasis

LOCATION: Final = formula("classification", "location")
M_PER_KM: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Crossing:
    """A border on the downstream path.

    ``lead_h`` is the arrival of the leading edge, None where it is unknown.
    ``within_two_days`` tells whether mean flow reaches it within two days, None where
    that is unknown. ``beyond_standing_water`` says that a lake or reservoir lies
    before it. ``confidence`` is the label of ``lead_h``.
    """

    from_country: str
    to_country: str
    lead_h: float | None
    within_two_days: bool | None
    beyond_standing_water: bool
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """Downstream path of a facility.

    ``is_joined`` tells whether there is one, ``is_sure`` whether the join to the
    network leaves no real doubt about which river it is.
    """

    is_joined: bool
    is_sure: bool
    crossings: Sequence[Crossing] = ()


def air_criterion(
    distance_m: float | None, radius_m: float | None, limit_m: float
) -> tuple[bool | None, AirBasis]:
    """Whether the facility lies within ``limit_m`` of a border.

    Parameters
    ----------
    distance_m
        Geodesic distance from the stated position to the nearest border.
    radius_m
        Radius around the stated position within which the facility lies.
    limit_m
        Limit of the criterion; a distance equal to it counts as within.

    Returns
    -------
    tuple
        True if the whole circle lies within, False if all of it lies outside, None
        otherwise; and why.
    """
    if radius_m is None:
        return None, AirBasis.NO_POSITION
    if distance_m is None:
        return None, AirBasis.NO_DISTANCE
    if distance_m + radius_m <= limit_m:
        return True, AirBasis.WITHIN
    if distance_m - radius_m > limit_m:
        return False, AirBasis.OUTSIDE
    return None, AirBasis.UNCERTAIN_POSITION


def catchment_criterion(path: Path) -> tuple[bool | None, CatchmentBasis]:
    """Whether the downstream path crosses or follows a border.

    No border on an uncertain path is unknown, not false.
    """
    if not path.is_joined:
        return None, CatchmentBasis.NOT_JOINED
    if path.crossings:
        return True, CatchmentBasis.CROSSES
    if not path.is_sure:
        return None, CatchmentBasis.UNCERTAIN_JOIN
    return False, CatchmentBasis.NO_CROSSING


def two_day_criterion(path: Path) -> tuple[bool | None, TwoDayBasis]:
    """Whether mean flow reaches a border within two days.

    Only the first border decides, for no other is reached earlier. Where a lake or
    reservoir lies before it, or no time is known, the answer is unknown.
    """
    in_catchment, why = catchment_criterion(path)
    if not path.crossings:
        return in_catchment, TwoDayBasis(why.value)
    first = path.crossings[0]
    if first.within_two_days is None:
        if first.beyond_standing_water:
            return None, TwoDayBasis.STANDING_WATER
        return None, TwoDayBasis.NO_TIME
    if first.within_two_days:
        return True, TwoDayBasis.WITHIN
    return False, TwoDayBasis.LATER


def two_day_distance_km(velocity_m_per_s: float) -> float:
    """Distance of two days of flow at a velocity, km."""
    seconds = LOCATION["two_days_h"] * LOCATION["seconds_per_hour"]
    return velocity_m_per_s * seconds / M_PER_KM


def countries_downstream(path: Path, own_country: str) -> tuple[str, ...]:
    """Other countries that the path reaches or touches, in their order, once each."""
    reached = (
        country
        for crossing in path.crossings
        for country in (crossing.from_country, crossing.to_country)
    )
    return tuple(dict.fromkeys(c for c in reached if c and c != own_country))
