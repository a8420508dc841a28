"""Choices of the assessment stage."""

from __future__ import annotations

from pydantic import Field, field_validator

from pipeline.core.records import Record


class AssessmentMethods(Record):
    """How facilities are classified, indexed and ranked."""

    scheme: str = Field(description="Index scheme: name of a file in its folder.")
    air_limit_m: float = Field(gt=0, description="Location criterion by air, metres.")
    par_distance_m: float = Field(
        gt=0, description="Downstream distance for people at risk, metres."
    )
    bulk_density_t_per_m3: tuple[float, float, float] = Field(
        description="Low, central and high dry density of tailings, t/m3, where only "
        "the mass is known."
    )
    dump_density_t_per_m3: tuple[float, float, float] = Field(
        description="The same for dumps, stacks and slag."
    )
    rank_draws: int = Field(ge=100, description="Draws over the unknowns for the rank.")
    seed: int = Field(ge=0, description="Seed of the draws.")
    main_place_people: float = Field(
        gt=0, description="Settlements with so many people get a contingency sheet."
    )
    border_point_m: float = Field(
        ge=0,
        description="Crossings of one river between the same countries within this "
        "distance are one border point, metres.",
    )

    @field_validator("bulk_density_t_per_m3", "dump_density_t_per_m3")
    @classmethod
    def _is_ordered(
        cls, value: tuple[float, float, float]
    ) -> tuple[float, float, float]:
        if not 0 < value[0] <= value[1] <= value[2]:
            raise ValueError("densities must be above zero and must not decrease")
        return value
