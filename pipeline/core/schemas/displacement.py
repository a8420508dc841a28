"""Tables that the displacement stage writes."""

from __future__ import annotations

from pipeline.core.methods.displacement import SURROUNDINGS
from pipeline.core.model import DisplacementStatus, WatchLevel, Zone
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
        "settlement": ("source", "n_points", "median_mm_per_yr"),
        "acceleration": ("source", "n_points", "largest_mm_per_yr2"),
        "speed_up": (
            "source", "n_points", "since_date", "change_mm_per_yr", "excess_mm",
            "score_sigma",
        ),
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
        number(
            "provider_velocity_mm_per_yr",
            _RATE,
            "Median of the rates that this source itself states, in the pipeline's "
            "sign.",
            nullable=True,
        ),
        code(
            "course",
            COURSES,
            "Most frequent course of the points on the facility in that source.",
            nullable=True,
        ),
        code(
            "zone_basis",
            ("outlines", "distance"),
            "How points were told apart: by the inventory's polygons, or by their "
            "distance to the position; empty without points.",
            nullable=True,
        ),
        number(
            "differential_mm_per_yr",
            _RATE,
            "Largest difference of rates between neighbouring sections of the dam, by "
            "its error; empty without an outline of the dam or with too few points.",
            nullable=True,
        ),
        number(
            "differential_std_mm_per_yr",
            _RATE,
            "Standard error of it, from the differenced series.",
            minimum=0,
            nullable=True,
        ),
        number(
            "differential_at_m",
            "m",
            "Place of it along the long axis of the dam, from its western end "
            "(southern, where the axis runs north).",
            minimum=0,
            nullable=True,
        ),
        integer(
            "n_section_pairs",
            "Pairs of neighbouring sections that were compared.",
            minimum=0,
            nullable=True,
        ),
        number(
            "dam_covered_fraction",
            "-",
            "Share of the dam's sections that have points; empty without an outline.",
            minimum=0,
            maximum=1,
            nullable=True,
        ),
        number(
            "dam_gap_m",
            "m",
            "Longest stretch of the dam without a point.",
            minimum=0,
            nullable=True,
        ),
        number(
            "coherent_fraction",
            "-",
            "Share of the cells on the facility that lie in the largest cluster of "
            "neighbours moving to one side, beyond two errors.",
            minimum=0,
            maximum=1,
            nullable=True,
        ),
        integer("n_coherent", "Cells in that cluster.", minimum=0, nullable=True),
        number(
            "coherent_p",
            "-",
            "Chance of a cluster at least as large if no point moved and their errors "
            "were independent; by draws.",
            minimum=0,
            maximum=1,
            nullable=True,
        ),
        number(
            "epoch_interval_d",
            "d",
            "Median interval between acquisitions of the source of the median rate.",
            minimum=0,
            nullable=True,
        ),
        number(
            "epoch_gap_d",
            "d",
            "Longest interval between them.",
            minimum=0,
            nullable=True,
        ),
        number(
            "silent_fraction",
            "-",
            "Share of its points on the facility without a value at the newest "
            "epochs; fast motion, snow, water and works silence points.",
            minimum=0,
            maximum=1,
            nullable=True,
        ),
        flag(
            "own_thresholds",
            "Whether the region's file gives thresholds for this facility.",
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

TABLES = (
    DISPLACEMENT_POINTS,
    DISPLACEMENT,
    DISPLACEMENT_ZONES,
    DISPLACEMENT_CURVES,
)
