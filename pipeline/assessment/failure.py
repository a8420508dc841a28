"""Annual frequency of dam failure by earthquake, as bounds (methodology 3.2 and 3.5).

Liquefaction decides most of it. Where it is unknown the lower bound takes a dam that
does not liquefy, the upper one a dam that surely does. A layer of natural ground raises
the lower bound; a study of the site narrows both and gives a central value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.assessment.earthquake import (
    FAILURE_CLASS,
    FLOW,
    GROUND,
    LIQUEFIED,
    MAGNITUDE,
    PELLS_FELL,
    SCATTER,
    SWAISGOOD_2003,
    SWAISGOOD_2014,
    FloatArray,
    failure_probability,
    flow_probability,
    flow_probability_bounds,
)
from pipeline.assessment.interval import Interval
from pipeline.assessment.triggering import (
    Liquefaction,
    Probability,
    at_least,
    at_most,
    central,
)
from pipeline.core.curves import HazardCurve, failure_frequency, hazard_curve
from pipeline.core.formulas import Formula
from pipeline.core.model import DamType, Status, weakest
from pipeline.core.schemas.assessment import FailureBasis

LAWS: Final = (SWAISGOOD_2003, SWAISGOOD_2014)
FAILURE_CONFIDENCE: Final = weakest(
    *(
        item.confidence
        for item in (
            *LAWS,
            PELLS_FELL,
            SCATTER,
            FAILURE_CLASS,
            FLOW,
            MAGNITUDE,
            LIQUEFIED,
            GROUND,
        )
    )
)
UNKNOWN: Final = Liquefaction()


@dataclass(frozen=True, slots=True)
class Level:
    """Ground acceleration at one return period, with its bounds."""

    return_period_yr: float
    pga_g: Interval


@dataclass(frozen=True, slots=True)
class Failure:
    """Annual frequency of failure, with status and reason."""

    interval: Interval | None
    status: Status
    basis: FailureBasis


def seismic_failure(
    levels: Sequence[Level],
    dam_type: DamType,
    *,
    has_dam: bool,
    liquefaction: Liquefaction = UNKNOWN,
) -> Failure:
    """Bounds of the annual frequency of failure of one dam by earthquake, 1/yr.

    Parameters
    ----------
    levels
        Levels of the hazard curve by increasing return period. The lower bound takes
        the lower accelerations, the upper bound the upper ones.
    has_dam
        Whether the facility has an impounding dam.
    liquefaction
        What is known of it; without any, from not at all to surely.

    Raises
    ------
    ValueError
        If accelerations or probabilities of liquefaction decrease with the return
        period.

    Notes
    -----
    Events more frequent than the first level are not counted, and rarer ones than the
    last are held at the last acceleration, so both bounds are low in the tails. The
    central value is the mean of the two laws of settlement.
    """
    if not has_dam:
        return Failure(None, Status.NOT_PROVIDED, FailureBasis.NO_DAM)
    if not levels:
        return Failure(None, Status.NOT_PROVIDED, FailureBasis.NO_CURVE)
    if max(level.pga_g.high for level in levels) <= 0:
        return Failure(Interval(0.0, None, 0.0), Status.NOT_PROVIDED, _basis_of(None))
    flow_low, flow_high = flow_probability_bounds(dam_type)
    low = min(_by_laws(levels, "low", at_least, liquefaction, flow_low))
    high = max(_by_laws(levels, "high", at_most, liquefaction, flow_high))
    middle = _by_laws(
        levels, "central", central, liquefaction, flow_probability(dam_type)
    )
    if not middle:
        basis = _basis_of(liquefaction)
        return Failure(Interval(low, None, high), Status.NOT_PROVIDED, basis)
    value = sum(middle) / len(middle)
    return Failure(Interval(low, value, high), Status.MEASURED, FailureBasis.CURVE)


def _basis_of(liquefaction: Liquefaction | None) -> FailureBasis:
    if liquefaction is None or not liquefaction.levels:
        return FailureBasis.BOUNDS_ONLY
    if liquefaction.is_study:
        return FailureBasis.STUDY_BOUNDS
    return FailureBasis.GROUND_LIQUEFACTION


def _by_laws(
    levels: Sequence[Level],
    end: str,
    triggering: Callable[[Liquefaction, HazardCurve], Probability | None],
    liquefaction: Liquefaction,
    flow: float,
) -> list[float]:
    """Failure frequency after each law of settlement, 1/yr.

    None at all where an acceleration or the probability of liquefaction is unknown.
    """
    pga_g = [getattr(level.pga_g, end) for level in levels]
    if None in pga_g:
        return []
    if max(pga_g) <= 0:
        return [0.0]
    curve = hazard_curve([level.return_period_yr for level in levels], pga_g)
    probability = triggering(liquefaction, curve)
    if probability is None:
        return []
    return [_frequency(curve, law, probability, flow, end) for law in LAWS]


def _frequency(
    curve: HazardCurve,
    law: Formula,
    liquefaction: Probability,
    flow: float,
    magnitude: str,
) -> float:
    """Failure frequency for one choice of everything that is uncertain, 1/yr."""

    def probability(x: FloatArray) -> FloatArray:
        return failure_probability(
            x,
            law=law,
            magnitude=MAGNITUDE[magnitude],
            liquefaction=liquefaction(x),
            flow=flow,
        )

    return failure_frequency(curve, probability).per_yr
