"""Choices for making a river network out of lines or of terrain heights."""

from __future__ import annotations

from pydantic import Field

from pipeline.core.records import Record


class DischargeRelation(Record):
    """Mean discharge from drainage area, Q = factor * A^power (m3/s, km2)."""

    factor: float = Field(gt=0, description="Discharge of one square kilometre, m3/s.")
    power: float = Field(gt=0, le=2, description="Power of the drainage area.")
    scatter_factor: float = Field(
        ge=1, description="Two thirds of the rivers lie within this factor of it."
    )
    source: str = Field(min_length=1, description="Where the relation comes from.")


class NetworkMethods(Record):
    """How lines are joined to rivers, and rivers found in a relief (all P)."""

    snap_tolerance_m: float = Field(
        30, gt=0, le=500, description="Ends of lines this near are one place, metres."
    )
    gap_limit_m: float = Field(
        500,
        ge=0,
        le=1000,
        description="Widest gap below a river's last line that is bridged, metres.",
    )
    climb_limit_m: float = Field(
        100,
        gt=0,
        description="A line that climbs more than this in the relief crosses a divide, "
        "metres.",
    )
    min_area_km2: float = Field(
        10, gt=0, description="Drainage area at which a river begins in a relief, km2."
    )
    burn_depth_m: float = Field(
        50, gt=0, description="How deep given rivers are cut into a relief, metres."
    )
    pit_depth_m: float | None = Field(
        None,
        gt=0,
        description="Closed basins deeper than this keep their own sink, metres; "
        "null: all are filled up to where they spill.",
    )
    discharge_relation: DischargeRelation | None = Field(
        None,
        description="Stated relation for layers without any discharge; null: discharge "
        "stays missing there.",
    )
