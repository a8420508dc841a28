"""Tables of the motion of the zones of a facility, and of its curves."""

from __future__ import annotations

from pipeline.core.model import WatchLevel
from pipeline.core.schema import (
    Table,
    code,
    flag,
    integer,
    number,
    text,
    with_bounds,
)
from pipeline.core.schemas.displacement_points import COURSES, ZONES_OF_POINTS

_RATE = "mm/yr"

DISPLACEMENT_ZONES = Table(
    name="displacement_zones",
    description="Motion of every zone of a facility in every source: the stack of the "
    "zone's points.",
    key=("tmf_id", "source_id", "zone"),
    columns=(
        text("tmf_id", "Key of the facility."),
        text("source_id", "Displacement source in the region's configuration."),
        code("zone", ZONES_OF_POINTS, "Zone of the points."),
        code("component", ("los", "up", "east"), "What the series measure."),
        integer("n_points", "Points in the zone.", minimum=0),
        integer("n_usable", "Points with enough epochs.", minimum=0),
        *with_bounds(
            number(
                "velocity_mm_per_yr",
                _RATE,
                "Rate of the stack (robust mean of the usable points); the bounds "
                "enclose 95 %. Empty with no usable point.",
            )
        ),
        number(
            "velocity_fastest_mm_per_yr",
            _RATE,
            "Rate of the fastest point in size.",
            nullable=True,
        ),
        number(
            "provider_velocity_mm_per_yr",
            _RATE,
            "Median of the rates that the product states, in the pipeline's sign.",
            nullable=True,
        ),
        number(
            "recent_velocity_mm_per_yr",
            _RATE,
            "Rate of the stack in the newer half, at least one and a half years.",
            nullable=True,
        ),
        code("course", COURSES, "Course of the stack.", nullable=True),
        text("break_dates", "Dates on which its rate changes, ISO.", nullable=True),
        code(
            "highest_level",
            WatchLevel,
            "Highest watch level that points of this zone can raise.",
        ),
    ),
    estimates=("velocity_mm_per_yr",),
)

DISPLACEMENT_CURVES = Table(
    name="displacement_curves",
    description="Stack of every zone over time, with the fitted model and its band.",
    key=("tmf_id", "source_id", "zone", "date"),
    columns=(
        text("tmf_id", "Key of the facility."),
        text("source_id", "Displacement source in the region's configuration."),
        code("zone", ZONES_OF_POINTS, "Zone of the points."),
        text("date", "Day of the acquisition, ISO."),
        number("stack_mm", "mm", "Stack of the zone's points, 0 at the first epoch."),
        number("model_mm", "mm", "Fitted course with season.", nullable=True),
        number(
            "model_mm_low",
            "mm",
            "Lower bound of the band that holds 95 % of single epochs.",
            nullable=True,
        ),
        number("model_mm_high", "mm", "Upper bound of it.", nullable=True),
        flag("is_break", "Whether the rate changes, or a step lies, on this day."),
    ),
)

TABLES = (DISPLACEMENT_ZONES, DISPLACEMENT_CURVES)
