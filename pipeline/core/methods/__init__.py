"""Typed choices common to all regions (``configs/methods.yaml``), one file a stage."""

from __future__ import annotations

from pydantic import Field

from pipeline.core.methods.assessment import AssessmentMethods
from pipeline.core.methods.displacement import DisplacementMethods
from pipeline.core.methods.hazards import HazardMethods
from pipeline.core.methods.inventory import InventoryMethods
from pipeline.core.methods.publish import PublishMethods
from pipeline.core.methods.rivers import RiverMethods
from pipeline.core.records import Record

__all__ = ["MethodsConfig"]


class MethodsConfig(Record):
    """Choices of method, by stage."""

    inventory: InventoryMethods = Field(description="Cleaning of inventories.")
    hazards: HazardMethods = Field(description="Sampling of hazard layers.")
    displacement: DisplacementMethods = Field(description="Motion of facilities.")
    rivers: RiverMethods = Field(description="Downstream paths and travel times.")
    assessment: AssessmentMethods = Field(description="Indices and consequences.")
    publish: PublishMethods = Field(description="Pages and files.")
