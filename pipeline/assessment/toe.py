"""How often a flood reaches a dam (methodology 3.4).

A map tells depths at a few return periods. Between the rarest level at which the dam
stays dry and the first at which it is wet lies the flood that just reaches it, so the
frequency has bounds and no central value. What water at the toe does to the dam is not
computed: no fragility for it is known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from pipeline.assessment.interval import Interval
from pipeline.core.model import Confidence

ONCE_A_YEAR: Final = 1.0


@dataclass(frozen=True, slots=True)
class DepthLevel:
    """Depth of the flood at the facility at one return period, m."""

    return_period_yr: float
    depth_m: Interval


@dataclass(frozen=True, slots=True)
class Inundation:
    """Levels of the flood layer that counts at a facility; empty without one."""

    levels: tuple[DepthLevel, ...] = ()
    layer_id: str | None = None
    demonstration: bool = False
    confidence: Confidence | None = None


def flooded_per_yr(levels: Sequence[DepthLevel]) -> Interval:
    """Bounds of the annual frequency with which flood water reaches the dam, 1/yr.

    The lower bound takes the least depth within the uncertainty of the position, the
    upper bound the largest. Dry at all levels: from never to the last level's
    frequency. Wet at the first level: from its frequency to once a year.

    Parameters
    ----------
    levels
        At least one, by increasing return period.

    Raises
    ------
    ValueError
        If there is no level.
    """
    if not levels:
        raise ValueError("no level of flood depth")
    surely_wet = [x.return_period_yr for x in levels if x.depth_m.low > 0]
    surely_dry = [
        x.return_period_yr
        for x in takewhile(lambda level: level.depth_m.high <= 0, levels)
    ]
    least = 1.0 / surely_wet[0] if surely_wet else 0.0
    most = 1.0 / surely_dry[-1] if surely_dry else ONCE_A_YEAR
    return Interval(least, None, most)
