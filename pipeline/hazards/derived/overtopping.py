"""Extreme rain on the facility's own catchment against the storage below the crest.

``V_in = C P24(T) A_catch`` against ``V_fb = freeboard A_pond`` (methodology 3.4, label
P): all water of the rarest day that the catchment does not keep runs into the pond, and
nothing runs out. Method: docs/methods.md, "Hazards".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from pipeline.core.curves import exceedance_per_yr, hazard_curve
from pipeline.core.geo import area_m2
from pipeline.core.layers import Band
from pipeline.core.model import Confidence, Status, Zone
from pipeline.core.records import Record
from pipeline.core.schemas.hazards import NOTES
from pipeline.hazards.derivation import (
    Bounds,
    Ingredient,
    Outcome,
    Site,
    Taken,
    Work,
    found,
    lacking,
    spread,
)

_MM_PER_M = 1000.0


class Options(Record):
    """Options of the method."""

    quantity: Literal["inflow_m3", "fill_ratio", "frequency_per_yr"] = Field(
        description="Inflow of the day, its ratio to the storage below the crest (both "
        "by return period), or how often a year the storage is exceeded."
    )
    runoff: tuple[float, float, float] = Field(
        description="Runoff coefficient C, low, central and high, 0 to 1."
    )

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        low, central, high = self.runoff
        if not 0 < low <= central <= high <= 1:
            raise ValueError("runoff must be ordered and lie between 0 and 1")
        return self


def ingredients(options: Options) -> Mapping[str, Ingredient]:
    """Rain of a day, by return period."""
    every = options.quantity == "frequency_per_yr"
    taken = Taken.ALL_LEVELS if every else Taken.SAME_LEVEL
    return {"rain": Ingredient(taken, ("mm", "mm/d"))}


def labels(options: Options) -> tuple[Confidence, ...]:
    """Label of the balance (project choice)."""
    del options
    return (Confidence.PROJECT,)


def derive(site: Site, band: Band, work: Work) -> Outcome:
    """Inflow, ratio or frequency; without a catchment, pond or freeboard the reason."""
    options = work.options
    if site.place.zone != Zone.CATCHMENT or site.place.outline is None:
        return lacking(Status.NOT_PROVIDED, "zone_not_given", zone=Zone.CATCHMENT)
    area = area_m2(site.place.outline)
    runoff = Bounds(*options.runoff)
    inflow = [
        spread(lambda p, c: c * p / _MM_PER_M * area, site.bounds("rain", k), runoff)
        for k in range(len(site.given["rain"]))
    ]
    if options.quantity == "inflow_m3":
        return found(inflow[0])
    storage_m3 = storage(site)
    if isinstance(storage_m3, Outcome):
        return storage_m3
    if options.quantity == "fill_ratio":
        if storage_m3 <= 0:
            return lacking(Status.INVALID, "no_storage")
        return found(spread(lambda volume: volume / storage_m3, inflow[0]))
    del band
    periods = [one.band.return_period_yr for one in site.given["rain"]]
    return frequency([p for p in periods if p is not None], inflow, storage_m3)


def storage(site: Site) -> float | Outcome:
    """Volume below the crest, m3: freeboard times the pond's area; or what lacks."""
    freeboard_m = site.measured.get("freeboard_m")
    pond_m2 = site.zone_area_m2.get(Zone.POND)
    if freeboard_m is None:
        return lacking(Status.NOT_PROVIDED, "no_freeboard")
    if pond_m2 is None:
        return lacking(Status.NOT_PROVIDED, "zone_not_given", zone=Zone.POND)
    return freeboard_m * pond_m2


def frequency(
    return_period_yr: Sequence[float], inflow_m3: Sequence[Bounds], storage_m3: float
) -> Outcome:
    """How often a year the inflow exceeds the storage, log-log between the levels.

    More often than the first level only a lower bound is known, so there is no value.
    Beyond the last level the curve is flat (nothing is exceeded): the value is 0 and
    the high bound is the frequency of the last level.
    """
    if len(return_period_yr) != len(inflow_m3) or len(inflow_m3) < 2:
        return lacking(Status.NOT_PROVIDED, "too_few_levels")
    rates = [
        _rate(return_period_yr, [getattr(one, end) for one in inflow_m3], storage_m3)
        for end in ("low", "central", "high")
    ]
    first, last = 1 / return_period_yr[0], 1 / return_period_yr[-1]
    if rates[1] > first:
        return lacking(
            Status.NOT_PROVIDED,
            "more_often_than_levels",
            return_period=f"{return_period_yr[0]:g}",
        )
    low, central, high = (min(rate, first) for rate in rates)
    if high == 0:
        high = last
    note = None
    if rates[2] > first:
        note = NOTES.reason(
            "high_bound_is_first_level", return_period=f"{return_period_yr[0]:g}"
        )
    elif central == 0:
        note = NOTES.reason(
            "rarer_than_levels", return_period=f"{return_period_yr[-1]:g}"
        )
    return found(Bounds(low, central, high), note)


def _rate(
    return_period_yr: Sequence[float], inflow_m3: Sequence[float], storage_m3: float
) -> float:
    """Annual frequency of more inflow than storage; infinite beyond the first level."""
    if storage_m3 >= inflow_m3[-1]:
        return 0.0
    if storage_m3 < inflow_m3[0]:
        return float("inf")
    curve = hazard_curve(return_period_yr, inflow_m3)
    if storage_m3 < curve.intensity[0]:  # levels of zero inflow are left out
        return float(curve.frequency_per_yr[0])
    return float(exceedance_per_yr(curve, storage_m3))
