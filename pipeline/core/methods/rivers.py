"""Choices of the rivers stage."""

from __future__ import annotations

from itertools import pairwise
from typing import Self

from pydantic import Field, PositiveFloat, model_validator

from pipeline.core.methods.network import NetworkMethods
from pipeline.core.records import Record


class RiverMethods(Record):
    """How facilities are joined to rivers and spills are timed."""

    snap_limit_m: float = Field(gt=0, description="Farthest reach to snap to, metres.")
    receptor_distance_m: float = Field(
        gt=0, description="Settlements within this distance of the river, metres."
    )
    two_day_limit_h: float = Field(gt=0, description="Two days of flow, hours.")
    low_flow_factor: float = Field(
        gt=0, le=1, description="Low flow as a share of mean discharge."
    )
    high_flow_factor: float = Field(
        ge=1, description="High flow as a multiple of mean discharge."
    )
    minimum_crossing_m: float = Field(
        ge=0, description="Stays in a country shorter than this are digitising slivers."
    )
    short_circuit_fraction: float = Field(
        gt=0,
        le=1,
        description="Earliest passage of a lake as a share of its residence time.",
    )
    dispute_distance_m: float = Field(
        ge=0, description="Crossings this near to a disputed line are disputed, metres."
    )
    follow_canals: bool = Field(
        description="Whether canals are followed as branches of the way downstream."
    )
    corridor_m: float = Field(
        gt=0,
        description="People within this distance on both sides of the river, metres.",
    )
    exposure_distances_m: tuple[PositiveFloat, ...] = Field(
        min_length=1, description="Upper limits of distance bands, metres, increasing."
    )
    exposure_hours: tuple[PositiveFloat, ...] = Field(
        min_length=1, description="Upper limits of arrival bands, hours, increasing."
    )
    network: NetworkMethods = Field(
        default_factory=NetworkMethods,
        description="Making a network out of lines or of a relief.",
    )

    @model_validator(mode="after")
    def _bands_increase(self) -> Self:
        for limits in (self.exposure_distances_m, self.exposure_hours):
            if any(b <= a for a, b in pairwise(limits)):
                raise ValueError(f"limits of bands must increase: {limits}")
        return self
