"""Choices of the displacement stage."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from pipeline.core.records import Record


class DisplacementMethods(Record):
    """How series become a status and a watch level."""

    search_radius_m: float = Field(
        gt=0, description="Points within this distance belong to a facility, metres."
    )
    minimum_points: int = Field(ge=1, description="Fewer points give no summary.")
    minimum_epochs: int = Field(ge=4, description="Fewer epochs give no velocity.")
    stale_after_d: float = Field(
        gt=0, description="Newest epoch older than this many days is stale."
    )
    reference_date: date | None = Field(
        None, description="Day from which ages are counted; the newest epoch if empty."
    )
    yellow_mm_per_yr: float = Field(gt=0, description="Rate for yellow, mm/yr.")
    amber_mm_per_yr: float = Field(
        gt=0, description="Rate on the dam for amber, mm/yr."
    )
    minimum_neighbours: int = Field(
        ge=1, description="Points that must agree before a level is raised."
    )
