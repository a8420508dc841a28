"""Volume released when a tailings dam breaches (methodology 4.1).

Published regressions of released on stored volume. They disagree, and real failures
scatter around all of them, so the answer is an ensemble and never a single number.
Volumes are m3 here; papers that use million m3 are converted at the formula.
"""

from __future__ import annotations

import statistics
from typing import Final

from pipeline.assessment.coefficients import formula
from pipeline.core.formulas import Formula
from pipeline.core.model import Bounds, Confidence, weakest

M3_PER_MM3: Final = 1.0e6
RICO: Final = formula("release", "rico_2008")
CONCHA_LARRAURI_LALL: Final = formula("release", "concha_larrauri_lall_2018")
PICIULLO: Final = formula("release", "piciullo_2022")
CAP: Final = formula("release", "cap")
SCATTER: Final = formula("release", "scatter")


def _power_law_mm3(law: Formula, stored_m3: float) -> float:
    return law["a"] * (stored_m3 / M3_PER_MM3) ** law["b"] * M3_PER_MM3


def rico_release_m3(stored_m3: float) -> float:
    """Released volume after Rico et al. 2008, m3, without the cap."""
    return _power_law_mm3(RICO, _positive(stored_m3))


def concha_larrauri_lall_release_m3(stored_m3: float) -> float:
    """Released volume after Concha Larrauri and Lall 2018, m3, without the cap."""
    return _power_law_mm3(CONCHA_LARRAURI_LALL, _positive(stored_m3))


def piciullo_release_m3(stored_m3: float, dam_height_m: float) -> float:
    """Released volume after Piciullo et al. 2022, m3, without the cap."""
    volume, height = _positive(stored_m3), _positive(dam_height_m)
    return 10 ** PICIULLO["c"] * volume ** PICIULLO["b"] * height ** PICIULLO["d"]


def release_members_m3(
    stored_m3: float, dam_height_m: float | None = None
) -> tuple[float, ...]:
    """Released volume of every member of the ensemble, m3, capped by the stored one.

    Parameters
    ----------
    stored_m3
        Stored volume, above zero.
    dam_height_m
        Height of the dam, above zero; None leaves out the member that needs it.

    Raises
    ------
    ValueError
        If a number is not above zero.
    """
    members = [rico_release_m3(stored_m3), concha_larrauri_lall_release_m3(stored_m3)]
    if dam_height_m is not None:
        members.append(piciullo_release_m3(stored_m3, dam_height_m))
    most = CAP["share"] * stored_m3
    return tuple(min(member, most) for member in members)


def release_ensemble(stored_m3: float, dam_height_m: float | None = None) -> Bounds:
    """Smallest, median and largest released volume of the ensemble, m3.

    See `release_members_m3` for parameters and errors. The bounds are the spread of
    the formulas only; `release_bounds` adds the scatter of failures around them.
    """
    members = release_members_m3(stored_m3, dam_height_m)
    return Bounds(min(members), statistics.median(members), max(members))


def release_bounds(
    low_m3: float, high_m3: float, dam_height_m: float | None = None
) -> tuple[float, float]:
    """Bounds of the released volume, m3, for a stored volume between two bounds.

    The ensemble's smallest member at the lower volume is divided, and its largest at
    the upper volume multiplied, by the scatter factor (project choice), then capped by
    the stored volume.

    Raises
    ------
    ValueError
        If a number is not above zero, or the bounds are not ordered.
    """
    if low_m3 > high_m3:
        raise ValueError(f"bounds are not ordered: {low_m3} > {high_m3}")
    factor = SCATTER["factor"]
    low = release_ensemble(low_m3, dam_height_m).low / factor
    high = release_ensemble(high_m3, dam_height_m).high * factor
    return low, min(high, CAP["share"] * high_m3)


def release_confidence(*, with_height: bool) -> Confidence:
    """Weakest label of the formulas behind the bounds."""
    used = [RICO, CONCHA_LARRAURI_LALL, CAP, SCATTER]
    if with_height:
        used.append(PICIULLO)
    return weakest(*(item.confidence for item in used))


def _positive(number: float) -> float:
    if not number > 0:
        raise ValueError(f"{number} must be above zero")
    return number
