"""Table of the points of displacement products near facilities."""

from __future__ import annotations

from pipeline.core.methods.displacement import SURROUNDINGS
from pipeline.core.model import Zone
from pipeline.core.schema import (
    Table,
    code,
    flag,
    integer,
    number,
    text,
    with_bounds,
)

_RATE = "mm/yr"
_STD = "Standard error with temporally correlated noise."

ZONES_OF_POINTS = (
    *(str(zone) for zone in Zone if zone is not Zone.CATCHMENT), SURROUNDINGS,
)  # fmt: skip
COURSES = (
    "steady", "breaks", "steps", "consolidation", "deceleration", "acceleration",
    "unknown",
)  # fmt: skip

DISPLACEMENT_POINTS = Table(
    name="displacement_points",
    description="One row per measurement point near a facility.",
    key=("tmf_id", "source_id", "point_id"),
    columns=(
        text("tmf_id", "Key of the facility."),
        text("source_id", "Displacement source in the region's configuration."),
        text("point_id", "Identifier in the source; text, never a number."),
        code(
            "zone",
            ZONES_OF_POINTS,
            "Zone of the point; 'facility' where dam, beach and pond are not told "
            "apart because the inventory holds no outline.",
        ),
        code(
            "component",
            ("los", "up", "east"),
            "What the series measures: line of sight (positive towards the "
            "satellite), up or east.",
        ),
        number("distance_m", "m", "Distance to the facility's position.", minimum=0),
        *with_bounds(
            number(
                "velocity_mm_per_yr",
                _RATE,
                "Rate, positive towards the satellite (or up, or east); the bounds "
                "enclose 95 %. Empty with too few epochs.",
            )
        ),
        number("velocity_std_mm_per_yr", _RATE, _STD, minimum=0, nullable=True),
        number(
            "provider_velocity_mm_per_yr",
            _RATE,
            "Rate that the product itself states, in the pipeline's sign; its error is "
            "not known.",
            nullable=True,
        ),
        number(
            "acceleration_mm_per_yr2",
            "mm/yr2",
            "Acceleration: twice the quadratic coefficient.",
            nullable=True,
        ),
        number("acceleration_std_mm_per_yr2", "mm/yr2", _STD, minimum=0, nullable=True),
        number(
            "seasonal_amplitude_mm", "mm", "Annual amplitude.", minimum=0, nullable=True
        ),
        number(
            "semiannual_amplitude_mm",
            "mm",
            "Semi-annual amplitude.",
            minimum=0,
            nullable=True,
        ),
        text(
            "step_dates",
            "Dates at which the region's file states a step (an earthquake, a "
            "remediation) that was fitted, ISO, separated by '; '.",
            nullable=True,
        ),
        text(
            "step_sizes_mm",
            "Sizes of these steps, mm, in the same order and sign; they are not part "
            "of the rate.",
            nullable=True,
        ),
        integer(
            "n_outliers",
            "Epochs that fell out of the series and were pulled in before the fit.",
            minimum=0,
            nullable=True,
        ),
        number("rmse_mm", "mm", "Residual of the model.", minimum=0, nullable=True),
        code(
            "course",
            COURSES,
            "Course of the motion by an information criterion: a line, a line with "
            "breaks, a settlement that decays, other slowing down, or speeding up; "
            "unknown with too few or interpolated epochs.",
            nullable=True,
        ),
        text(
            "break_dates",
            "Dates on which the rate changes, ISO, separated by '; '.",
            nullable=True,
        ),
        text(
            "offset_dates",
            "Dates from which on the series is offset, found and not stated, ISO, "
            "separated by '; '; errors of unwrapping are not among them.",
            nullable=True,
        ),
        text("offset_sizes_mm", "Sizes of these, in their order.", nullable=True),
        integer(
            "n_jumps",
            "Steps of whole half wavelengths, taken as errors of unwrapping and left "
            "out of all fits; 0 also where the wavelength is not known.",
            minimum=0,
            nullable=True,
        ),
        text("jump_dates", "Dates of these, ISO, separated by '; '.", nullable=True),
        text("jump_sizes_mm", "Sizes of these, in their order.", nullable=True),
        number("coherence", "-", "Temporal coherence.", nullable=True),
        number(
            "los_east",
            "-",
            "East part of the unit vector from ground to satellite (or of the "
            "component); empty where the geometry is not known.",
            nullable=True,
        ),
        number("los_north", "-", "North part of it.", nullable=True),
        number("los_up", "-", "Up part of it.", nullable=True),
        integer("n_epochs", "Number of epochs with a value.", minimum=0),
        number(
            "n_effective",
            "-",
            "Independent epochs that would give the same error.",
            minimum=0,
            nullable=True,
        ),
        flag("is_interpolated", "Whether the provider interpolated the epochs."),
        text("first_epoch", "First date, ISO; empty without values.", nullable=True),
        text("last_epoch", "Last date, ISO; empty without values.", nullable=True),
    ),
    geometry="Point",
    estimates=("velocity_mm_per_yr",),
)

TABLES = (DISPLACEMENT_POINTS,)
