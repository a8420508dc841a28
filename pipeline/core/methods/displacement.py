"""Choices of the displacement stage."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Self

from pydantic import Field, model_validator

from pipeline.core.model import WatchLevel, Zone
from pipeline.core.records import Record

SURROUNDINGS = "surroundings"
"""Points near a facility that lie in none of its zones."""


class InverseVelocityMethods(Record):
    """Gates that an inverse-velocity forecast must pass (methodology 6.1, P)."""

    minimum_epochs: int = Field(ge=5, description="Fewest epochs in the window.")
    maximum_epochs: int = Field(ge=5, description="Most epochs in the window.")
    p_value: float = Field(
        gt=0, lt=1, description="The fall of 1/v must be significant at this level."
    )
    minimum_r2: float = Field(ge=0, le=1, description="Least R2 of the line 1/v.")
    noise_factor: float = Field(
        gt=0, description="Each speed must exceed its noise by this factor."
    )
    jump_mm: float = Field(
        gt=0,
        description="Steps between epochs above this are left out, mm; a quarter of "
        "the wavelength.",
    )
    bootstrap_draws: int = Field(ge=100, description="Draws of the interval.")
    seed: int = Field(ge=0, description="Seed of the draws.")


class SpeedUpMethods(Record):
    """When a neighbourhood of points speeds up (docs/methods.md, "Watch level")."""

    sigma: float = Field(
        gt=0,
        description="Change of rate over its error that raises amber; calibrated on "
        "simulated facilities.",
    )
    sigma_before: float = Field(
        ge=0,
        description="The same at the epochs before, as persistence asks.",
    )
    sigma_cell: float = Field(
        ge=0,
        description="The same in single cells; so many must agree as neighbours must.",
    )
    persistence_epochs: int = Field(
        ge=1, description="Newest epochs on which it must be seen."
    )
    minimum_excess_mm: float = Field(
        ge=0,
        description="Least displacement beyond line and season: less cannot be told "
        "from rounding, however small the noise of a series is.",
    )


class DisplacementThresholds(Record):
    """Thresholds of one facility in place of those of all; empty ones stay."""

    search_radius_m: float | None = Field(
        None, gt=0, description="Points within this distance belong to it, metres."
    )
    facility_radius_m: float | None = Field(
        None, gt=0, description="Points within this distance are on it, metres."
    )
    minimum_points: int | None = Field(
        None, ge=1, description="Fewer points give no summary."
    )
    stale_after_d: float | None = Field(
        None, gt=0, description="Newest epoch older than this many days is stale."
    )
    yellow_mm_per_yr: float | None = Field(
        None, gt=0, description="Rate for yellow, mm/yr."
    )
    residual_sigma: float | None = Field(
        None, gt=0, description="Departure from trend and season for yellow, in sigma."
    )
    persistence_epochs: int | None = Field(
        None, ge=1, description="Newest epochs on which a rule must hold."
    )
    amber_mm_per_yr: float | None = Field(
        None, gt=0, description="Rate for amber, mm/yr."
    )
    acceleration_p: float | None = Field(
        None, gt=0, lt=1, description="False discovery rate of accelerations."
    )
    minimum_acceleration_mm_per_yr2: float | None = Field(
        None, ge=0, description="Smaller accelerations raise no level, mm/yr2."
    )
    minimum_neighbours: int | None = Field(
        None, ge=1, description="Cells of points that must agree."
    )
    neighbour_distance_m: float | None = Field(
        None, gt=0, description="Cells within this distance are neighbours, metres."
    )
    red_mm_per_d: float | None = Field(None, gt=0, description="Speed for red, mm/d.")
    red_forecast_d: float | None = Field(
        None, gt=0, description="Forecast failure within this many days is red."
    )
    zone_levels: dict[str, WatchLevel] | None = Field(
        None, description="Highest level that points of a zone can raise."
    )
    speed_up: SpeedUpMethods | None = Field(
        None, description="When a neighbourhood of points speeds up."
    )


class DisplacementMethods(Record):
    """How series become a status and a watch level."""

    search_radius_m: float = Field(
        gt=0,
        description="Points within this distance belong to a facility, metres; the "
        "radius of the position is used where it is larger.",
    )
    maximum_position_radius_m: float = Field(
        gt=0, description="Positions less certain than this choose no points, metres."
    )
    facility_radius_m: float = Field(
        gt=0,
        description="Within this distance points count as on the facility, metres.",
    )
    minimum_points: int = Field(ge=1, description="Fewer points give no summary.")
    minimum_epochs: int = Field(ge=8, description="Fewer epochs give no velocity.")
    stale_after_d: float = Field(
        gt=0, description="Newest epoch older than this many days is stale."
    )
    reference_date: date | None = Field(
        None,
        description="Day from which ages are counted; the newest epoch of all sources "
        "if empty.",
    )
    outlier_sigma: float | None = Field(
        gt=1,
        description="Single epochs further than this many robust sigma from the model "
        "are pulled in before the fit; none if null.",
    )
    interpolated_interval_d: float = Field(
        gt=0,
        description="Interpolated series count as one independent value in this many "
        "days.",
    )
    cell_m: float = Field(
        gt=0, description="Cells in which viewing directions are combined, metres."
    )
    maximum_condition: float = Field(
        gt=1, description="Viewing directions with a higher condition are refused."
    )
    sigma_factor: float = Field(
        gt=0, description="A rate is told from zero above this many standard errors."
    )
    yellow_mm_per_yr: float = Field(gt=0, description="Rate for yellow, mm/yr.")
    residual_sigma: float = Field(
        gt=0, description="Departure from trend and season for yellow, in sigma."
    )
    persistence_epochs: int = Field(
        ge=1, description="Newest epochs on which a rule must hold."
    )
    amber_mm_per_yr: float = Field(gt=0, description="Rate for amber, mm/yr.")
    acceleration_p: float = Field(
        gt=0, lt=1, description="False discovery rate of accelerations for amber."
    )
    minimum_acceleration_mm_per_yr2: float = Field(
        ge=0, description="Smaller accelerations raise no level, mm/yr2."
    )
    minimum_neighbours: int = Field(
        ge=1,
        description="Cells of points that must agree before a level is raised, out of "
        "the 2 n - 1 nearest.",
    )
    neighbour_cell_m: float = Field(
        gt=0, description="Points of one cell have one vote, metres."
    )
    neighbour_distance_m: float = Field(
        gt=0, description="Cells within this distance are neighbours, metres."
    )
    red_mm_per_d: float = Field(gt=0, description="Speed for red, mm/d.")
    red_forecast_d: float = Field(
        gt=0, description="Forecast failure within this many days is red."
    )
    zone_levels: dict[str, WatchLevel] = Field(
        description="Highest level that points of a zone can raise; zones that are "
        "not named raise none."
    )
    section_m: float = Field(
        gt=0,
        description="Length of the sections of a dam between which motion is compared, "
        "metres.",
    )
    speed_up: SpeedUpMethods = Field(
        description="When a neighbourhood of points speeds up."
    )
    inverse_velocity: InverseVelocityMethods = Field(
        description="Gates of the inverse-velocity forecast."
    )

    @model_validator(mode="after")
    def _knows_its_zones(self) -> Self:
        known = {*map(str, Zone), SURROUNDINGS}
        unknown = sorted(set(self.zone_levels) - known)
        if unknown:
            raise ValueError(
                f"zone_levels names {', '.join(unknown)}; zones are "
                f"{', '.join(sorted(known))}"
            )
        return self

    def with_thresholds(
        self, thresholds: DisplacementThresholds | None
    ) -> DisplacementMethods:
        """Methods of one facility; zones that it does not name keep their level."""
        if thresholds is None:
            return self
        own: Mapping[str, Any] = {
            name: getattr(thresholds, name)
            for name in type(thresholds).model_fields
            if getattr(thresholds, name) is not None
        }
        levels = {"zone_levels": {**self.zone_levels, **own.get("zone_levels", {})}}
        whole = {name: getattr(self, name) for name in type(self).model_fields}
        return DisplacementMethods.model_validate({**whole, **own, **levels})
