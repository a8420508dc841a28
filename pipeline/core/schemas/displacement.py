"""Table of the motion of facilities, and the reasons that it gives."""

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
)
from pipeline.core.schemas.displacement_points import COURSES

_RATE = "mm/yr"

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
        "too_few_on_facility_for_green": ("n_points", "n_needed"),
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
            "Median rate of that source over its points on the facility (over all "
            "where it has none there), positive towards the satellite (or up, or east, "
            "as the source's component says).",
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
            "Vertical rate from two viewing directions, of the same points; up is "
            "positive.",
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

TABLES = (DISPLACEMENT,)
