"""Choices of the publish stage."""

from __future__ import annotations

from pydantic import Field

from pipeline.core.records import Record


class PublishMethods(Record):
    """Limits of the pages: above them, a warning names the size."""

    map_budget_bytes: int = Field(gt=0, description="Size of the basin map, bytes.")
    contingency_budget_bytes: int = Field(
        gt=0, description="Size of the contingency sheet, bytes."
    )
    profile_budget_bytes: int = Field(gt=0, description="Size of a profile, bytes.")
