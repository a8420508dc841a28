"""What a method that derives a hazard from other layers is given, and what it returns.

A method is one file in ``pipeline/hazards/derived`` with

- ``Options``: record of the options that a registry row may give;
- ``ingredients(options)``: what it needs, by role, as the row's ``inputs`` name it;
- ``labels(options)``: confidence of its formulas;
- ``derive(site, band, work)``: the value of one level at one facility.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.core.flow import FlowDirections
from pipeline.core.layers import Band
from pipeline.core.model import Confidence, Status, Zone
from pipeline.core.reasons import joined
from pipeline.core.records import Record
from pipeline.core.schemas.hazards import NOTES
from pipeline.hazards.places import Place
from pipeline.hazards.samples import Sample


class Taken(StrEnum):
    """How an input is taken."""

    SAME_LEVEL = "same_level"  # the level with the return period or name of the band
    ONE_LEVEL = "one_level"  # the only level
    ALL_LEVELS = "all_levels"  # every level, in the order of the registry
    HEIGHTS = "heights"  # terrain around the place
    FLOW = "flow"  # flow directions, whole
    FEATURES = "features"  # vector features, whole


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One input of a method: how it is taken, its possible units, numbers of levels.

    No units or numbers mean that any will do.
    """

    taken: Taken
    units: tuple[str, ...] = ()
    n_levels: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounds:
    """Low, central and high value of an input at a place."""

    low: float
    central: float
    high: float


@dataclass(frozen=True, slots=True)
class Heights:
    """Terrain around a place, on the layer's own cells.

    ``height_m`` (rows, columns), NaN without data, from north to south; ``dx_m`` and
    ``dy_m`` are the sides of a cell; ``inside`` marks cells whose centre lies in the
    place, ``away_m`` is the distance of every centre from the place.
    """

    height_m: NDArray[np.float64]
    dx_m: float
    dy_m: float
    inside: NDArray[np.bool_]
    away_m: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Features:
    """Vector features: representative points, areas, and a number for each.

    ``volume_m3`` is NaN where none is known.
    """

    lon_deg: NDArray[np.float64]
    lat_deg: NDArray[np.float64]
    area_m2: NDArray[np.float64]
    volume_m3: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Site:
    """One facility: its place, its measured columns, areas of its zones, its inputs.

    ``given`` holds the samples of every input that is taken by levels; they all have a
    value. ``heights`` is there where the method asks for it.
    """

    tmf_id: str
    place: Place
    measured: Mapping[str, float] = field(default_factory=dict)
    zone_area_m2: Mapping[Zone, float] = field(default_factory=dict)
    given: Mapping[str, tuple[Sample, ...]] = field(default_factory=dict)
    heights: Mapping[str, Heights] = field(default_factory=dict)

    def bounds(self, role: str, level: int = 0) -> Bounds:
        """Bounds of one level of an input."""
        one = self.given[role][level]
        if one.value is None:
            raise ValueError(f"{role} has no value at {self.tmf_id}")
        low = one.value if one.low is None else one.low
        high = one.value if one.high is None else one.high
        return Bounds(low, one.value, high)


@dataclass(frozen=True, slots=True)
class Work:
    """What is the same for all facilities: options and inputs that are taken whole.

    ``least_share`` is the share of the ground looked at that must have data.
    """

    options: Any
    flow: Mapping[str, FlowDirections] = field(default_factory=dict)
    features: Mapping[str, Features] = field(default_factory=dict)
    least_share: float = 0.5
    kept: dict[str, Any] = field(default_factory=dict)

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        """Result that all facilities share, computed when it is first asked for."""
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Value of one level at one facility, or why there is none.

    ``covered_fraction`` is the share (0 to 1) of what a method looked at that has data;
    None where its inputs are taken by levels, which tell it themselves.
    """

    status: Status
    bounds: Bounds | None = None
    note: str | None = None
    covered_fraction: float | None = None


class Method(Protocol):
    """What a file in ``pipeline/hazards/derived`` offers."""

    Options: type[Record]

    def ingredients(self, options: Any) -> Mapping[str, Ingredient]:
        """Inputs by role."""
        ...

    def labels(self, options: Any) -> tuple[Confidence, ...]:
        """Labels of the formulas used."""
        ...

    def derive(self, site: Site, band: Band, work: Work) -> Outcome:
        """Value of one level at one facility."""
        ...


def found(
    bounds: Bounds, note: str | None = None, covered_fraction: float | None = None
) -> Outcome:
    """Outcome with a value; zero and nothing but zero is marked by the caller's row."""
    return Outcome(Status.MEASURED, bounds, note, covered_fraction)


def lacking(status: Status, code: str, **values: object) -> Outcome:
    """Outcome without a value, for one reason."""
    return Outcome(status, None, NOTES.reason(code, **values))


def spread(function: Callable[..., float], *inputs: Bounds) -> Bounds:
    """Bounds of a function that rises or falls throughout in each of its inputs.

    The extremes then lie at corners of the box of inputs; the central value is that of
    the central inputs, and widens the bounds where it lies outside of them.
    """
    ends = [sorted({one.low, one.high}) for one in inputs]
    corners = [function(*corner) for corner in product(*ends)]
    central = function(*(one.central for one in inputs))
    return Bounds(min(central, *corners), central, max(central, *corners))


def level_of(samples: Mapping[Band, Sample], band: Band) -> Sample | None:
    """Sample of the level that has the band's return period, else its name."""
    for other, one in samples.items():
        case = (other.scenario, other.horizon, other.percentile)
        if case != (band.scenario, band.horizon, band.percentile):
            continue
        if band.return_period_yr is not None:
            if other.return_period_yr == band.return_period_yr:
                return one
        elif other.level == band.level:
            return one
    return None


def notes_of(*samples: Sample) -> str | None:
    """Notes of some samples, each once."""
    return joined(*dict.fromkeys(one.note for one in samples))
