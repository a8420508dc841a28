"""Choices of the inventory stage."""

from __future__ import annotations

from pydantic import Field

from pipeline.core.model import FacilityType
from pipeline.core.records import Record


class InventoryMethods(Record):
    """How inventories are cleaned."""

    position_radius_m: dict[str, float] = Field(
        description="Radius of uncertainty by position quality, metres, where a row "
        "states none."
    )
    zone_distance_m: float = Field(
        ge=0,
        description="A zone whose nearest edge lies farther from the facility's "
        "position than the position's radius and this, metres, is left out.",
    )
    zone_overlap_fraction: float = Field(
        ge=0,
        le=1,
        description="Zones that share more than this part of the smaller one's area "
        "are flagged, where they cannot both be right.",
    )
    excluded_types: tuple[FacilityType, ...] = Field(
        description="Facility types that hold no deposit to assess; their rows go to "
        "the ledger."
    )
