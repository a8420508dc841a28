"""Choices of the regional hazard maps and their index."""

from __future__ import annotations

from itertools import pairwise
from typing import Self

from pydantic import Field, model_validator

from pipeline.core.model import Confidence
from pipeline.core.records import Record


class MapScale(Record):
    """How one intensity measure becomes a score from 0 to 1."""

    measure: str = Field(description="Intensity measure, as the registry names it.")
    unit: str = Field(description="Unit that the layer must have.")
    return_period_yr: float | None = Field(
        None, ge=1, description="Level that counts; empty for layers of one level."
    )
    weight: float = Field(gt=0, description="Weight in the index.")
    values: tuple[float, ...] = Field(
        min_length=2,
        description="Intensities at which a score is stated; a value that stands twice "
        "makes a step.",
    )
    scores: tuple[float, ...] = Field(
        description="Score (0 to 1) at each of them; straight lines between, flat "
        "beyond."
    )
    confidence: Confidence = Field(description="Label of values and scores.")
    source: str = Field(description="Where the values come from.")

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if len(self.values) != len(self.scores):
            raise ValueError("values and scores must be equally many")
        if any(b < a for a, b in pairwise(self.values)):
            raise ValueError("values must not decrease")
        if self.values[0] == self.values[-1]:
            raise ValueError("values must span a range")
        if any(not 0 <= score <= 1 for score in self.scores):
            raise ValueError("scores must lie between 0 and 1")
        return self


class MapMethods(Record):
    """How hazard layers become maps of the region and one index."""

    minimum_weight_fraction: float = Field(
        ge=0,
        le=1,
        description="Share of all weights that must speak at a cell for an index.",
    )
    scales: tuple[MapScale, ...] = Field(
        (), description="Measures that make the index; others are mapped alone."
    )

    @model_validator(mode="after")
    def _is_unique(self) -> Self:
        names = [scale.measure for scale in self.scales]
        if len(set(names)) != len(names):
            raise ValueError("each measure may have one scale")
        return self
