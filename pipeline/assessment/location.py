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
SURE_SHARE: Final = 0.999
"""Share of the positions from which on a criterion holds for all of them."""


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
class Shares:
    """Shares (0 to 1) of the positions at which the facility may lie.

    ``border``: the water reaches another country; ``two_days``: within two days of
    mean flow; ``two_days_unknown``: whether so is unknown; ``no_reach``: no river is
    found. ``countries`` are those that it may reach, each with its share.
    """

    border: float
    two_days: float
    two_days_unknown: float
    no_reach: float
    countries: str | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """Downstream path of a facility.

    ``is_joined`` tells whether there is one, ``is_sure`` whether the join to the
    network leaves no real doubt about which river it is. ``crossings`` are those of
    the chosen path; ``shares`` are over all places at which the facility may lie,
    None without a position.
    """

    is_joined: bool
    is_sure: bool
    crossings: Sequence[Crossing] = ()
    shares: Shares | None = None


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
    """Whether the water reaches another country, wherever the facility lies.

    Returns
    -------
    tuple
        True if it does so from practically all positions, False if from none and a
        river is found for each, None otherwise; and why.
    """
    shares = path.shares
    if shares is None:
        return None, _no_shares(path)
    if shares.border >= SURE_SHARE:
        return True, CatchmentBasis.CROSSES
    if shares.border > 0:
        return None, CatchmentBasis.SOME_POSITIONS
    if shares.no_reach > 0:
        return None, _no_river(path)
    return False, CatchmentBasis.NO_CROSSING


def two_day_criterion(path: Path) -> tuple[bool | None, TwoDayBasis]:
    """Whether mean flow reaches a border within two days, wherever it lies.

    Returns
    -------
    tuple
        True if it does so from practically all positions, False if surely from none
        and a river is found for each, None otherwise; and why.
    """
    shares = path.shares
    if shares is None:
        return None, TwoDayBasis(_no_shares(path).value)
    if shares.two_days >= SURE_SHARE:
        return True, TwoDayBasis.WITHIN
    if shares.two_days > 0:
        return None, TwoDayBasis.SOME_POSITIONS
    if shares.two_days_unknown > 0:
        return None, _no_time(path)
    if shares.no_reach > 0:
        return None, TwoDayBasis(_no_river(path).value)
    if shares.border > 0:
        return False, TwoDayBasis.LATER
    return False, TwoDayBasis.NO_CROSSING


def _no_shares(path: Path) -> CatchmentBasis:
    return CatchmentBasis.NO_SHARES if path.is_joined else CatchmentBasis.NOT_JOINED


def _no_river(path: Path) -> CatchmentBasis:
    if path.is_joined:
        return CatchmentBasis.RIVER_NOT_FOUND
    return CatchmentBasis.NOT_JOINED


def _no_time(path: Path) -> TwoDayBasis:
    """Why the time to the first border is unknown, as far as the path tells."""
    first = path.crossings[0] if path.crossings else None
    if first is None or first.within_two_days is not None:
        return TwoDayBasis.SOME_POSITIONS
    if first.beyond_standing_water:
        return TwoDayBasis.STANDING_WATER
    return TwoDayBasis.NO_TIME


def two_day_distance_km(velocity_m_per_s: float) -> float:
    """Distance of two days of flow at a velocity, km."""
    seconds = LOCATION["two_days_h"] * LOCATION["seconds_per_hour"]
    return velocity_m_per_s * seconds / M_PER_KM


def countries_downstream(path: Path, own_country: str) -> tuple[str, ...]:
    """Other countries that the chosen path reaches or touches, in order, once each."""
    reached = (
        country
        for crossing in path.crossings
        for country in (crossing.from_country, crossing.to_country)
    )
    return tuple(dict.fromkeys(c for c in reached if c and c != own_country))
