"""Choices of the hazards stage."""

from __future__ import annotations

from pydantic import Field

from pipeline.core.methods.hazard_maps import MapMethods
from pipeline.core.records import Record


class HazardMethods(Record):
    """How hazard layers are sampled."""

    low_quantile: float = Field(
        ge=0, le=1, description="Quantile of the cells in the circle printed as low."
    )
    high_quantile: float = Field(
        ge=0, le=1, description="Quantile of the cells in the circle printed as high."
    )
    minimum_covered_fraction: float = Field(
        ge=0, le=1, description="Below this share the facility is not covered."
    )
    flow_cell_m: float = Field(
        gt=0,
        description="Coarser flow directions outline no catchment of a facility, m.",
    )
    slope_distance_m: float = Field(
        gt=0,
        description="How far up the slope above a facility reaches where no polygon "
        "outlines it, metres.",
    )
    maps: MapMethods = Field(description="Regional maps and their index.")
