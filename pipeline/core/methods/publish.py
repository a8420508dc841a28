"""Choices of the publish stage."""

from __future__ import annotations

from pydantic import Field

from pipeline.core.records import Record


class PublishMethods(Record):
    """Limits of the pages."""

    map_budget_bytes: int = Field(gt=0, description="Largest basin map, bytes.")
    contingency_budget_bytes: int = Field(
        gt=0, description="Largest contingency page, bytes."
    )
    profile_budget_bytes: int = Field(gt=0, description="Largest profile, bytes.")
