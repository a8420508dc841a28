"""Tables that the displacement stage writes."""

from __future__ import annotations

from pipeline.core.model import DisplacementStatus, WatchLevel
from pipeline.core.reasons import Vocabulary
from pipeline.core.schema import (
    Table,
    code,
    flag,
    integer,
    number,
    reasons,
    text,
    with_bounds,
)

_RATE = "mm/yr"
_STD = "Standard error with temporally correlated noise."

STATUS_REASONS = Vocabulary(
    "displacement",
    {
        "no_source": (),
        "not_covered": (),
        "no_position": (),
        "position_too_coarse": ("position_radius_m", "limit_m"),
        "too_few_points": (
            "radius_m", "n_points", "n_of_one_source", "n_epochs", "n_needed",
        ),
        "no_geometry": ("n_points", "radius_m"),
        "stale": (
            "n_points", "radius_m", "last_date", "age_d", "reference_date", "limit_d",
        ),
        "measured": ("n_points", "radius_m", "first_date", "last_date"),
        "may_lie_beside": (),
        "rates_only": ("source", "n_points", "median_mm_per_yr"),
        "source_unreadable": ("source", "file", "field"),
    },
)  # fmt: skip
WATCH_REASONS = Vocabulary(
    "watch",
    {
        "no_series": (),
        "no_rule_met": (),
        "too_old_for_green": (),
        "no_direction_for_green": (),
        "too_uncertain_for_green": (),
        "rate": (
            "source", "n_points", "limit_mm_per_yr", "fastest_mm_per_yr", "n_epochs",
        ),
        "departure": ("source", "n_points", "limit_sigma", "n_epochs"),
        "acceleration": ("source", "n_points", "largest_mm_per_yr2"),
        "speed": ("source", "n_points", "limit_mm_per_d", "n_epochs"),
        "forecast": ("source", "n_points", "ahead_d", "low_d", "high_d"),
        "confirm": (),
        "no_signal_is_no_proof": (),
    },
)  # fmt: skip
UP_EAST_REASONS = Vocabulary(
    "up_east",
    {
        "median": ("n_cells", "cell_m", "sources"),
        "one_direction": (),
        "references_differ": (),
        "too_alike": ("condition", "limit"),
        "no_overlap": (),
        "no_shared_cell": ("cell_m",),
    },
)

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
            (
                "dam",
                "beach",
                "pond_rim",
                "foundation",
                "slope_above",
                "facility",
                "surroundings",
            ),
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
        number("rmse_mm", "mm", "Residual of the model.", minimum=0, nullable=True),
        code(
            "course",
            (
                "steady",
                "breaks",
                "consolidation",
                "deceleration",
                "acceleration",
                "unknown",
            ),
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
        integer(
            "n_jumps",
            "Steps of whole half wavelengths (C band), taken as errors of unwrapping.",
            minimum=0,
            nullable=True,
        ),
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

DISPLACEMENT = Table(
    name="displacement",
    description="Motion status of every facility.",
    key=("tmf_id",),
    columns=(
        text("tmf_id", "Key of the facility."),
        code("status", DisplacementStatus, "What can be said about its motion."),
        reasons("reason", STATUS_REASONS, "Why the status is what it is."),
        code("watch_level", WatchLevel, "Watch level; not_assessed without data."),
        reasons(
            "watch_reason",
            WATCH_REASONS,
            "Rules that set the watch level.",
            nullable=True,
        ),
        flag(
            "needs_confirmation",
            "Whether a person must confirm the level before anyone is notified (red).",
        ),
        number(
            "search_radius_m",
            "m",
            "Distance within which points were taken; empty without a position.",
            minimum=0,
            nullable=True,
        ),
        integer("n_points", "Points within the search radius.", minimum=0),
        integer("n_sources", "Sources that cover the position.", minimum=0),
        text("source_ids", "Sources with points there, by '; '.", nullable=True),
        text(
            "velocity_source_id",
            "Source of the median rate: the one with the most points.",
            nullable=True,
        ),
        number(
            "velocity_median_mm_per_yr",
            _RATE,
            "Median rate of that source, positive towards the satellite (or up, or "
            "east, as the source's component says).",
            nullable=True,
        ),
        number(
            "velocity_std_mm_per_yr",
            _RATE,
            "Median standard error of the rates of that source.",
            minimum=0,
            nullable=True,
        ),
        number(
            "velocity_fastest_mm_per_yr",
            _RATE,
            "Rate of the point with the largest rate in size, over all sources.",
            nullable=True,
        ),
        number(
            "velocity_up_mm_per_yr",
            _RATE,
            "Vertical rate from two viewing directions; up is positive.",
            nullable=True,
        ),
        number(
            "velocity_up_std_mm_per_yr",
            _RATE,
            "Standard error of it within a cell; northward motion is neglected.",
            minimum=0,
            nullable=True,
        ),
        number(
            "velocity_east_mm_per_yr",
            _RATE,
            "Eastward rate from two viewing directions.",
            nullable=True,
        ),
        number(
            "velocity_east_std_mm_per_yr",
            _RATE,
            "Standard error of it within a cell; northward motion is neglected.",
            minimum=0,
            nullable=True,
        ),
        reasons(
            "decomposition_reason",
            UP_EAST_REASONS,
            "How up and east were found, or why they were not.",
            nullable=True,
        ),
        text("forecast_date", "Forecast failure, ISO (red only).", nullable=True),
        text("forecast_low_date", "2.5 % of its draws, ISO.", nullable=True),
        text("forecast_high_date", "97.5 % of its draws, ISO.", nullable=True),
        text("first_epoch", "Date of the oldest acquisition, ISO.", nullable=True),
        text("last_epoch", "Date of the newest acquisition, ISO.", nullable=True),
        number(
            "age_d",
            "d",
            "Days from the newest acquisition to the reference date.",
            nullable=True,
        ),
        text("reference_date", "Day from which ages are counted.", nullable=True),
        flag("provisional", "Whether the watch level rests on project thresholds."),
    ),
)

TABLES = (DISPLACEMENT_POINTS, DISPLACEMENT)
