"""Tables that the displacement stage writes."""

from __future__ import annotations

from pipeline.core.model import DisplacementStatus, WatchLevel
from pipeline.core.schema import Table, code, flag, integer, number, text

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
            ("dam", "beach", "pond_rim", "foundation", "slope_above", "surroundings"),
            "Zone of the facility that the point lies in.",
        ),
        number("distance_m", "m", "Distance to the facility's position.", minimum=0),
        number("velocity_mm_per_yr", "mm/yr", "Rate, positive towards satellite."),
        number(
            "velocity_std_mm_per_yr",
            "mm/yr",
            "Standard error with temporally correlated noise.",
            minimum=0,
            nullable=True,
        ),
        number("acceleration_mm_per_yr2", "mm/yr2", "Acceleration.", nullable=True),
        number(
            "acceleration_std_mm_per_yr2",
            "mm/yr2",
            "Standard error of the acceleration.",
            minimum=0,
            nullable=True,
        ),
        number(
            "seasonal_amplitude_mm", "mm", "Annual amplitude.", minimum=0, nullable=True
        ),
        number("rmse_mm", "mm", "Residual of the model.", minimum=0, nullable=True),
        number("coherence", "-", "Temporal coherence.", nullable=True),
        number("los_east", "-", "East part of the unit vector to the satellite."),
        number("los_north", "-", "North part of it."),
        number("los_up", "-", "Up part of it."),
        integer("n_epochs", "Number of epochs with a value.", minimum=0),
        text("first_epoch", "First date, ISO."),
        text("last_epoch", "Last date, ISO."),
    ),
    geometry="Point",
)

DISPLACEMENT = Table(
    name="displacement",
    description="Motion status of every facility.",
    key=("tmf_id",),
    columns=(
        text("tmf_id", "Key of the facility."),
        code("status", DisplacementStatus, "What can be said about its motion."),
        text("reason", "Why the status is what it is, in one sentence."),
        code("watch_level", WatchLevel, "Watch level; not_assessed without data."),
        text("watch_reason", "Rule that set the watch level.", nullable=True),
        integer("n_points", "Points within the search radius.", minimum=0),
        integer("n_sources", "Sources that cover the position.", minimum=0),
        number(
            "velocity_median_mm_per_yr",
            "mm/yr",
            "Median line-of-sight rate, positive towards the satellite.",
            nullable=True,
        ),
        number(
            "velocity_fastest_mm_per_yr",
            "mm/yr",
            "Rate of the point with the largest rate in size.",
            nullable=True,
        ),
        number(
            "velocity_std_mm_per_yr",
            "mm/yr",
            "Median standard error of the rates.",
            minimum=0,
            nullable=True,
        ),
        number(
            "velocity_up_mm_per_yr",
            "mm/yr",
            "Vertical rate from two viewing directions; up is positive.",
            nullable=True,
        ),
        number(
            "velocity_east_mm_per_yr",
            "mm/yr",
            "Eastward rate from two viewing directions.",
            nullable=True,
        ),
        text("last_epoch", "Date of the newest acquisition, ISO.", nullable=True),
        number("age_d", "d", "Age of the newest acquisition.", nullable=True),
        flag("provisional", "Whether the watch level rests on project thresholds."),
    ),
)

TABLES = (DISPLACEMENT_POINTS, DISPLACEMENT)
