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
    excluded_types: tuple[FacilityType, ...] = Field(
        description="Facility types that hold no deposit to assess; their rows go to "
        "the ledger."
    )
