"""Choices of the rivers stage."""

from __future__ import annotations

from pydantic import Field

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
    network: NetworkMethods = Field(
        default_factory=NetworkMethods,
        description="Making a network out of lines or of a relief.",
    )
