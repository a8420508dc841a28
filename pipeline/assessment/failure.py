"""Annual frequency of dam failure by earthquake, as bounds (methodology 3.2 and 3.5).

Liquefaction decides most of it and is unknown here, so there is no central value: the
lower bound takes a dam that does not liquefy, the upper one a dam that surely does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.assessment.earthquake import (
    FAILURE_CLASS,
    FLOW,
    MAGNITUDE,
    PELLS_FELL,
    SCATTER,
    SWAISGOOD_2003,
    SWAISGOOD_2014,
    FloatArray,
    failure_probability,
    flow_probability_bounds,
)
from pipeline.assessment.interval import Interval
from pipeline.core.curves import failure_frequency, hazard_curve
from pipeline.core.model import DamType, Status, weakest
from pipeline.core.schemas.assessment import FailureBasis

LAWS: Final = (SWAISGOOD_2003, SWAISGOOD_2014)
FAILURE_CONFIDENCE: Final = weakest(
    *(
        item.confidence
        for item in (*LAWS, PELLS_FELL, SCATTER, FAILURE_CLASS, FLOW, MAGNITUDE)
    )
)


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
    levels: Sequence[Level], dam_type: DamType, *, has_dam: bool
) -> Failure:
    """Bounds of the annual frequency of failure of one dam by earthquake, 1/yr.

    Parameters
    ----------
    levels
        Levels of the hazard curve by increasing return period. The lower bound takes
        the lower accelerations, the upper bound the upper ones.
    has_dam
        Whether the facility has an impounding dam.

    Raises
    ------
    ValueError
        If accelerations decrease with the return period.

    Notes
    -----
    Events more frequent than the first level are not counted, and rarer ones than the
    last are held at the last acceleration, so both bounds are low in the tails.
    """
    if not has_dam:
        return Failure(None, Status.NOT_PROVIDED, FailureBasis.NO_DAM)
    if not levels:
        return Failure(None, Status.NOT_PROVIDED, FailureBasis.NO_CURVE)
    flow_low, flow_high = flow_probability_bounds(dam_type)
    low = min(
        _frequency(levels, [x.pga_g.low for x in levels], law, 0.0, flow_low, "low")
        for law in range(len(LAWS))
    )
    high = max(
        _frequency(
            levels, [x.pga_g.high for x in levels], law, p_liq, flow_high, "high"
        )
        for law in range(len(LAWS))
        for p_liq in (0.0, 1.0)
    )
    return Failure(
        Interval(low, None, high), Status.NOT_PROVIDED, FailureBasis.BOUNDS_ONLY
    )


def _frequency(
    levels: Sequence[Level],
    pga_g: Sequence[float],
    law: int,
    liquefaction: float,
    flow: float,
    magnitude: str,
) -> float:
    """Failure frequency for one choice of everything that is uncertain, 1/yr."""
    if max(pga_g) <= 0:
        return 0.0
    curve = hazard_curve([x.return_period_yr for x in levels], pga_g)

    def probability(x: FloatArray) -> FloatArray:
        return failure_probability(
            x,
            law=LAWS[law],
            magnitude=MAGNITUDE[magnitude],
            liquefaction=liquefaction,
            flow=flow,
        )

    return failure_frequency(curve, probability).per_yr
