"""How far released tailings run, and what area they cover (methodology 4.2).

Regressions over past failures. The distance mixes deposits with transport by rivers in
some cases, so it is capped by the length of the path and reported with and without
that cap. Volumes are m3, heights and distances m; conversion happens at the formula.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from pipeline.assessment.coefficients import formula
from pipeline.assessment.interval import Interval
from pipeline.assessment.release import M3_PER_MM3
from pipeline.core.model import Confidence, weakest

M_PER_KM: Final = 1000.0
RICO: Final = formula("runout", "rico_2008")
CONCHA_LARRAURI_LALL: Final = formula("runout", "concha_larrauri_lall_2018")
GHAHRAMANI: Final = formula("runout", "ghahramani_2020")
INTERVAL: Final = formula("runout", "interval")
ASSUMED_HEIGHT: Final = formula("runout", "assumed_height")
CARRIED: Final = formula("runout", "carried")


@dataclass(frozen=True, slots=True)
class Runout:
    """Runout distance, m, with the prediction interval.

    The central value is None where only bounds can be given. ``cap_m`` is the length
    of the path; None where no path is known, and then nothing is cut off.
    """

    uncapped: Interval
    cap_m: float | None

    @property
    def capped(self) -> Interval:
        """The distance, no longer than the path."""
        cap_m = math.inf if self.cap_m is None else self.cap_m
        return self.uncapped.map(lambda distance_m: min(distance_m, cap_m))


def rico_runout_m(height_m: float, released_m3: float) -> float:
    """Largest distance after Rico et al. 2008, m."""
    product = height_m * released_m3 / M3_PER_MM3
    return RICO["a"] * product ** RICO["b"] * M_PER_KM


def predictor_hf(height_m: float, released_m3: float, stored_m3: float) -> float:
    """Predictor H_f of Concha Larrauri and Lall 2018, m times million m3.

    Raises
    ------
    ValueError
        If more is released than was stored.
    """
    if released_m3 > stored_m3 * (1 + 1e-9):
        raise ValueError(f"released {released_m3} m3 of {stored_m3} m3 stored")
    return height_m * (released_m3 / stored_m3) * (released_m3 / M3_PER_MM3)


def concha_larrauri_lall_runout_m(
    height_m: float, released_m3: float, stored_m3: float
) -> float:
    """Largest distance after Concha Larrauri and Lall 2018, m."""
    predictor = predictor_hf(height_m, released_m3, stored_m3)
    law = CONCHA_LARRAURI_LALL
    return law["a"] * predictor ** law["b"] * M_PER_KM


def _members_m(
    height_m: float, released_m3: float, stored_m3: float
) -> tuple[float, float]:
    return (
        rico_runout_m(height_m, released_m3),
        concha_larrauri_lall_runout_m(height_m, released_m3, stored_m3),
    )


def runout(
    *,
    height_m: float | None,
    released_m3: tuple[float, float | None, float],
    stored_m3: tuple[float, float | None, float],
    path_length_m: float | None,
) -> Runout:
    """Runout distance with its prediction interval (a factor of ten, project choice).

    Around a central value the interval is that factor to both sides, widened where the
    bounds of the release alone reach farther. Without one it is that factor beyond the
    bounds of the release.

    Parameters
    ----------
    height_m
        Height of the dam; None takes the bounds of an assumed range and gives no
        central value.
    released_m3, stored_m3
        Low, central (or None) and high volume.
    path_length_m
        Length of the downstream path, the cap; None for no cap.
    """
    low_h = ASSUMED_HEIGHT["low_m"] if height_m is None else height_m
    high_h = ASSUMED_HEIGHT["high_m"] if height_m is None else height_m
    factor = INTERVAL["distance_factor"]
    # the smallest predictor H_f comes from the least released of the most stored
    low = min(_members_m(low_h, released_m3[0], stored_m3[2]))
    most_stored = max(stored_m3[0], released_m3[2])
    high = max(_members_m(high_h, released_m3[2], most_stored))
    if height_m is None or released_m3[1] is None or stored_m3[1] is None:
        return Runout(Interval(low / factor, None, high * factor), path_length_m)
    members = _members_m(height_m, released_m3[1], stored_m3[1])
    central = math.sqrt(members[0] * members[1])
    around = Interval(min(low, central / factor), central, max(high, central * factor))
    return Runout(around, path_length_m)


def is_carried(distance: Runout) -> bool:
    """Whether the bounds are narrow enough to be told (project choice).

    Bounds around a central value are its prediction interval. Bounds alone that span
    more than two orders of magnitude say nothing that a reader could use.
    """
    told = distance.capped
    return told.central is not None or told.high <= CARRIED["span"] * told.low


def deposit_length_m(stored_m3: float, height_m: float) -> float:
    """Length scale of a deposit, sqrt(V / H), m: nothing runs out over less."""
    return math.sqrt(stored_m3 / height_m)


def inundation_area_m2(released_m3: float) -> float:
    """Area of the main deposit after Ghahramani et al. 2020, m2 (zone 1)."""
    exponent = GHAHRAMANI["exponent_numerator"] / GHAHRAMANI["exponent_denominator"]
    return GHAHRAMANI["c"] * released_m3**exponent


def inundation_bounds_m2(low_m3: float, high_m3: float) -> tuple[float, float]:
    """Bounds of the area, m2, for a release between two bounds (a factor of three)."""
    factor = INTERVAL["area_factor"]
    return inundation_area_m2(low_m3) / factor, inundation_area_m2(high_m3) * factor


def runout_confidence(*, with_height: bool) -> Confidence:
    """Weakest label of the formulas behind distance and area."""
    used = [RICO, CONCHA_LARRAURI_LALL, GHAHRAMANI, INTERVAL, CARRIED]
    if not with_height:
        used.append(ASSUMED_HEIGHT)
    return weakest(*(item.confidence for item in used))
