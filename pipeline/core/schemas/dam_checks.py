"""Table of what shaking, water and ice could do to a dam, check by check."""

from __future__ import annotations

from enum import StrEnum

from pipeline.core.model import Confidence
from pipeline.core.reasons import Vocabulary
from pipeline.core.schema import (
    Table,
    code,
    flag,
    number,
    reasons,
    text,
    with_bounds,
    with_status,
)


class Mechanism(StrEnum):
    """What acts on the dam; the pond is what its water does once it breaches."""

    EARTHQUAKE = "earthquake"
    RAIN = "rain"
    FLOOD = "flood"
    SLOPE = "slope"
    GLACIAL_LAKE = "glacial_lake"
    FROST = "frost"
    POND = "pond"


class Check(StrEnum):
    """One quantity that is computed for a dam, or cannot be."""

    SHAKING_FAILURE = "failure_per_yr"
    YIELD_ACCELERATION = "yield_acceleration_g"
    NEWMARK = "newmark_displacement_m"
    SLIDE_PROBABILITY = "slide_probability"
    SLIDING = "sliding_per_yr"
    OVERTOPPING = "overtopping_per_yr"
    OVERTOPPING_FAILURE = "overtopping_failure_per_yr"
    TOE_FLOODED = "toe_flooded_per_yr"
    FLOOD_FAILURE = "flood_failure_per_yr"
    SLOPE_FAILURE = "slope_failure_per_yr"
    LAKE_FAILURE = "lake_outburst_failure_per_yr"
    FROST_FAILURE = "frost_failure_per_yr"
    BREACH_PEAK = "breach_peak_m3s"
    BREACH_TIME = "breach_formation_h"
    BREACH_WIDTH = "breach_width_m"


CHECKS = Vocabulary(
    "dam_check",
    {
        "no_dam": (),
        "no_curve": (),
        "liquefaction_unknown": (),
        "ground_liquefies": ("layer",),
        "liquefaction_studied": ("layer",),
        "tails_left_out": (),
        "no_yield": (),
        "yield_stated": (),
        "yield_from_fos": ("fos", "slope_deg"),
        "unstable_at_rest": (),
        "below_yield": (),
        "no_inflow": (),
        "no_freeboard": (),
        "no_pond_area": (),
        "beyond_levels": (),
        "layer_tells": ("layer",),
        "no_flood_map": (),
        "between_levels": (),
        "dry_at_all_levels": ("return_period_yr",),
        "wet_at_first_level": ("return_period_yr",),
        "no_method": (),
        "group_total": (),
        "no_pond_volume": (),
        "no_water": (),
        "no_dam_height": (),
        "freeboard_over_height": (),
        "breach_to_foundation": (),
        "freeboard_taken_as_zero": (),
    },
)

DAM_CHECKS = Table(
    name="dam_checks",
    description="What earthquakes, rain, floods, slopes, glacial lakes and frost could "
    "do to the dam of a facility, and what the water of its pond would do: one row for "
    "each check and level. A check without a number says why; none of them is added.",
    key=("tmf_id", "check", "level"),
    columns=(
        text("tmf_id", "Key of the facility."),
        code("mechanism", Mechanism, "What acts on the dam."),
        code("check", Check, "What is computed; the end of its name tells the unit."),
        text("level", "Level of the hazard, such as 475; '-' for all levels."),
        number(
            "return_period_yr", "yr", "Return period of the level.", nullable=True
        ),
        text("unit", "Unit of the numbers; '-' where there is none."),
        *with_bounds(number("value", "see unit", "Central value.", minimum=0)),
        with_status(number("value", "see unit", "Central value."))[1],
        reasons("reason", CHECKS, "What it rests on, caveats, or why there is none.",
                nullable=True),
        text("layers", "Layers of hazards that went in, by '; '.", nullable=True),
        text("source", "Where the formula comes from; empty without a formula.",
             nullable=True),
        flag("demonstration", "Whether the number rests on a stand-in layer."),
        flag("provisional", "Whether it rests on a provisional method."),
        code("confidence", Confidence, "Weakest label of what it rests on."),
    ),
    measured=("value",),
    estimates=("value",),
)  # fmt: skip

TABLES = (DAM_CHECKS,)
