"""Columns that every table with arrival times along a river shares."""

from __future__ import annotations

from pipeline.core.model import (
    Confidence,
)
from pipeline.core.schema import (
    code,
    flag,
    number,
)

LEAD = number("arrival_lead_h", "h", "Arrival of the leading edge.", minimum=0)
PEAK = number("arrival_peak_h", "h", "Arrival of the peak.", minimum=0)
TAIL = number(
    "arrival_tail_h",
    "h",
    "Concentration back at a tenth of its peak, at mean flow; empty where the arrival "
    "is unknown, beyond standing water, and before full mixing.",
    minimum=0,
    nullable=True,
)
UNIT_PEAK = number(
    "unit_peak_mg_per_l_per_t",
    "mg/L per t",
    "Peak concentration at mean flow for each tonne of dissolved load released at "
    "once; empty as for arrival_tail_h.",
    minimum=0,
    nullable=True,
)
DISTANCE = number("distance_m", "m", "Distance along the river.", minimum=0)
BEYOND = flag(
    "beyond_standing_water",
    "Whether the place lies in or below a lake or reservoir on the way.",
)

LABELS = (
    flag(
        "provisional",
        "Whether the arrival rests on a project choice (residence in a lake); empty "
        "without an arrival.",
        nullable=True,
    ),
    code(
        "confidence",
        Confidence,
        "Weakest label of the methods behind the central arrival; empty without one.",
        nullable=True,
    ),
)
