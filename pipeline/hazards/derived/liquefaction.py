"""Probability of liquefaction, or the share of the ground that liquefies.

Zhu et al. 2017 (general model) with the changes of Rashidian and Baise 2020 and of
Allstadt et al. 2022, and HAZUS. Formulas: `pipeline.core.liquefaction`; method:
docs/methods.md, "Hazards". A screening of natural ground, not of the tailings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from pipeline.core import liquefaction as law
from pipeline.core.layers import Band
from pipeline.core.model import Confidence
from pipeline.core.records import Record
from pipeline.hazards.derivation import (
    Bounds,
    Ingredient,
    Outcome,
    Site,
    Taken,
    Work,
    found,
    spread,
)

_GROUND = ("vs30", "precipitation", "water_distance", "water_table")


class Options(Record):
    """Options of the method."""

    variant: Literal["zhu", "rashidian_baise", "allstadt", "hazus"] = Field(
        description="Which model."
    )
    result: Literal["probability", "extent_percent"] = Field(
        "probability", description="Probability, or share of the area in per cent."
    )
    magnitude: float | None = Field(
        None, ge=4, le=9.5, description="Magnitude (allstadt, hazus)."
    )
    susceptibility: str | None = Field(None, description="Class of HAZUS.")

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if (self.variant in ("allstadt", "hazus")) != (self.magnitude is not None):
            raise ValueError("allstadt and hazus need magnitude, others have none")
        is_hazus = self.variant == "hazus"
        if is_hazus != (self.susceptibility is not None):
            raise ValueError("hazus needs susceptibility, others have none")
        if is_hazus and self.susceptibility not in law.SUSCEPTIBILITIES:
            known = ", ".join(law.SUSCEPTIBILITIES)
            raise ValueError(f"susceptibility must be one of {known}")
        if is_hazus and self.result != "probability":
            raise ValueError("hazus gives a probability, no extent")
        return self


def ingredients(options: Options) -> Mapping[str, Ingredient]:
    """Motion by level, and what the variant wants to know of the ground."""
    pga = Ingredient(Taken.SAME_LEVEL, ("g",))
    water_table = Ingredient(Taken.ONE_LEVEL, ("m",))
    if options.variant == "hazus":
        return {"pga": pga, "water_table": water_table}
    needed = {
        "pgv": Ingredient(Taken.SAME_LEVEL, ("cm/s",)),
        "vs30": Ingredient(Taken.ONE_LEVEL, ("m/s",)),
        "precipitation": Ingredient(
            Taken.ALL_LEVELS, ("mm", "mm/yr", "mm per month"), n_levels=(1, 12)
        ),
        "water_distance": Ingredient(Taken.ONE_LEVEL, ("km",)),
        "water_table": water_table,
    }
    return needed if options.variant == "zhu" else needed | {"pga": pga}


def labels(options: Options) -> tuple[Confidence, ...]:
    """Labels of the formulas of the variant."""
    used = {
        "zhu": (law.ZHU,),
        "rashidian_baise": (law.ZHU, law.RASHIDIAN),
        "allstadt": (law.ZHU, law.ALLSTADT),
        "hazus": (law.HAZUS, law.HAZUS_CORRECTIONS),
    }[options.variant]
    if options.result == "extent_percent":
        used = (*used, law.EXTENT)
    return tuple(one.confidence for one in used)


def derive(site: Site, band: Band, work: Work) -> Outcome:
    """Probability or extent at one level of motion."""
    del band
    options = work.options
    if options.variant == "hazus":
        return found(
            spread(
                lambda a, depth: law.hazus_probability(
                    a, options.magnitude, options.susceptibility, depth
                ),
                site.bounds("pga"),
                site.bounds("water_table"),
            )
        )
    ground = [
        _yearly(site) if role == "precipitation" else site.bounds(role)
        for role in _GROUND
    ]
    motion = [site.bounds("pgv")]
    if options.variant != "zhu":
        motion.append(site.bounds("pga"))
    return found(spread(_model(options), *motion, *ground))


def _model(options: Options) -> Callable[..., float]:
    """Function of the motion and then of the ground."""

    def probability(*inputs: float) -> float:
        motion, ground = inputs[:-4], law.Ground(*inputs[-4:])
        if motion[0] <= 0:
            return 0.0
        if options.variant == "zhu":
            return law.zhu_probability(motion[0], ground)
        if options.variant == "rashidian_baise":
            return law.rashidian_probability(motion[0], motion[1], ground)
        magnitude = options.magnitude or 0.0
        return law.allstadt_probability(motion[0], motion[1], magnitude, ground)

    def extent(*inputs: float) -> float:
        share = probability(*inputs)
        return law.areal_extent_percent(share) if share > 0 else 0.0

    return probability if options.result == "probability" else extent


def _yearly(site: Site) -> Bounds:
    """Precipitation of a year: one level, or the sum of twelve months."""
    count = len(site.given["precipitation"])
    parts = [site.bounds("precipitation", k) for k in range(count)]
    return Bounds(
        sum(part.low for part in parts),
        sum(part.central for part in parts),
        sum(part.high for part in parts),
    )
