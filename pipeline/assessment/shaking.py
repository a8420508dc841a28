"""Ground acceleration, flood and inflow of a facility, from its hazard rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.assessment.failure import Level
from pipeline.assessment.interval import Interval, known
from pipeline.assessment.overtopping import Inflow, InflowLevel
from pipeline.core.curves import hazard_curve, intensity_at
from pipeline.core.model import Confidence, Hazard, Scenario, Status, weakest

Row = Mapping[str, Any]
PGA: Final = "PGA"
PGA_GROUND: Final = "PGA_GROUND"
ACCELERATION_UNIT: Final = "g"
DEPTH_UNIT: Final = "m"
INFLOW_UNIT: Final = "m3"
OVERTOPPING: Final = "overtopping_frequency"
PER_YEAR: Final = "1/yr"
SITE: Final = "site"


@dataclass(frozen=True, slots=True)
class When:
    """Climate case of hazard rows: scenario, horizon and percentile."""

    scenario: Scenario
    horizon: str
    percentile: float


PRESENT: Final = When(Scenario.HISTORICAL, "present", 50.0)


@dataclass(frozen=True, slots=True)
class Shaking:
    """Levels of the seismic hazard curve of one layer at one facility.

    Empty ``levels`` mean that no layer has a value there.
    """

    levels: tuple[Level, ...] = ()
    layer_id: str | None = None
    demonstration: bool = False
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True)
class FloodState:
    """Whether the facility lies inside a flood; None where that is unknown."""

    inside: bool | None = None
    demonstration: bool = False
    confidence: Confidence | None = None
    layer_id: str | None = None
    depth_m: Interval | None = None


def case_rows(rows: Sequence[Row], when: When) -> list[Row]:
    """Rows of one climate case, whether they have a value or not.

    The present has one case. A layer that has a single percentile in a scenario and
    horizon lends it to all.
    """
    if when.scenario is Scenario.HISTORICAL:
        return [row for row in rows if row["scenario"] == Scenario.HISTORICAL]
    of_case: dict[str, list[Row]] = {}
    for row in rows:
        if (row["scenario"], row["horizon"]) == (when.scenario, when.horizon):
            of_case.setdefault(str(row["layer_id"]), []).append(row)
    found: list[Row] = []
    for items in of_case.values():
        percentiles = {float(row["percentile"]) for row in items}
        wanted = percentiles if len(percentiles) == 1 else {when.percentile}
        found += [row for row in items if float(row["percentile"]) in wanted]
    return found


def valued(
    rows: Sequence[Row], hazard: Hazard, unit: str, when: When = PRESENT
) -> list[Row]:
    """Rows of a hazard in a unit that have a value and a return period, in one case."""
    return [
        row
        for row in case_rows(rows, when)
        if row["hazard"] == hazard
        and row["unit"] == unit
        and known(row["return_period_yr"]) is not None
        and Status(row["intensity_status"]).has_value
    ]


def interval_of(row: Row) -> Interval:
    """Intensity of a row with its bounds, the value itself where it has none."""
    value, low, high = (
        known(row[name]) for name in ("intensity", "intensity_low", "intensity_high")
    )
    if value is None:
        raise ValueError("a row with a value is needed")
    return Interval(
        value if low is None else low, value, value if high is None else high
    )


def shaking(rows: Sequence[Row], measures: Sequence[str] = (PGA,)) -> Shaking:
    """Seismic hazard curve of a facility.

    Where several layers have values, a study of the site goes first, then one that is
    not a stand-in, then the measure that is named first, then the one with more levels,
    then the first by name: levels of two layers never mix.

    Parameters
    ----------
    rows
        Rows of the table ``hazards`` of one facility.
    measures
        Measures in capitals, the preferred one first; acceleration on rock alone, as
        the index wants it, where nothing is said.
    """
    layers: dict[str, list[Row]] = {}
    for row in valued(rows, Hazard.EARTHQUAKE, ACCELERATION_UNIT):
        if _measure(row) in measures:
            layers.setdefault(str(row["layer_id"]), []).append(row)
    if not layers:
        return Shaking()
    name, chosen = min(
        layers.items(),
        key=lambda item: (
            item[1][0]["place"] != SITE,
            bool(item[1][0]["demonstration"]),
            list(measures).index(_measure(item[1][0])),
            -len(item[1]),
            item[0],
        ),
    )
    levels = sorted(
        (Level(float(row["return_period_yr"]), interval_of(row)) for row in chosen),
        key=lambda level: level.return_period_yr,
    )
    return Shaking(
        tuple(levels),
        name,
        any(bool(row["demonstration"]) for row in chosen),
        weakest(*(Confidence(row["confidence"]) for row in chosen)),
    )


def _measure(row: Row) -> str:
    return str(row["intensity_measure"]).upper()


def pga_at(levels: Sequence[Level], return_period_yr: float) -> Interval | None:
    """Acceleration with a return period, g; None beyond the levels.

    A level of that return period is taken as it is; between two levels the curve is
    interpolated in log-log space.
    """
    for level in levels:
        if level.return_period_yr == return_period_yr:
            return level.pga_g
    periods = [level.return_period_yr for level in levels]
    if not levels or not periods[0] < return_period_yr < periods[-1]:
        return None
    ends: list[float] = []
    for end in ("low", "central", "high"):
        values = [float(getattr(level.pga_g, end)) for level in levels]
        if min(values) <= 0:
            return None
        ends.append(
            float(intensity_at(hazard_curve(periods, values), return_period_yr))
        )
    return Interval(*ends)


def inflow(
    rows: Sequence[Row], when: When = PRESENT, layer_id: str | None = None
) -> Inflow:
    """Levels of inflow (m3) of one layer; the same layers go first as in `shaking`.

    Where no layer has levels, a layer that tells the frequency of overtopping itself.

    Parameters
    ----------
    rows
        Rows of the table ``hazards`` of one facility.
    when, layer_id
        Climate case, and the layer that counts where it is chosen already.
    """
    layers: dict[str, list[Row]] = {}
    for row in valued(rows, Hazard.FLOOD, INFLOW_UNIT, when):
        if layer_id in (None, row["layer_id"]):
            layers.setdefault(str(row["layer_id"]), []).append(row)
    if not layers:
        return _told_overtopping(rows, when, layer_id)
    name, chosen = min(
        layers.items(),
        key=lambda item: (
            item[1][0]["place"] != SITE,
            bool(item[1][0]["demonstration"]),
            -len(item[1]),
            item[0],
        ),
    )
    levels = sorted(
        (
            InflowLevel(float(row["return_period_yr"]), interval_of(row))
            for row in chosen
        ),
        key=lambda level: level.return_period_yr,
    )
    return Inflow(
        tuple(levels),
        name,
        any(bool(row["demonstration"]) for row in chosen),
        weakest(*(Confidence(row["confidence"]) for row in chosen)),
    )


def _told_overtopping(rows: Sequence[Row], when: When, layer_id: str | None) -> Inflow:
    """Frequency of overtopping that a layer tells, the first by place and name."""
    found = [
        row
        for row in case_rows(rows, when)
        if str(row["intensity_measure"]) == OVERTOPPING
        and row["unit"] == PER_YEAR
        and layer_id in (None, row["layer_id"])
        and Status(row["intensity_status"]).has_value
    ]
    if not found:
        return Inflow()
    row = min(found, key=_precedence)
    return Inflow(
        (),
        str(row["layer_id"]),
        bool(row["demonstration"]),
        Confidence(row["confidence"]),
        interval_of(row),
    )


def _precedence(row: Row) -> tuple[bool, bool, str]:
    """A study of the site first, then what is no stand-in, then by name."""
    return row["place"] != SITE, bool(row["demonstration"]), str(row["layer_id"])


def flood_state(
    rows: Sequence[Row],
    return_period_yr: float,
    when: When = PRESENT,
    layer_id: str | None = None,
) -> FloodState:
    """Whether the facility lies inside the flood of a return period.

    Inside if even the lower bound of the depth is above zero, outside if the upper
    bound is zero; where the position decides, or without a map, unknown. Of several
    layers a study of the site goes first, then one that is not a stand-in, then the
    first by name; for a climate case the layer of the present counts.
    """
    found = [
        row
        for row in valued(rows, Hazard.FLOOD, DEPTH_UNIT, when)
        if known(row["return_period_yr"]) == return_period_yr
        and layer_id in (None, row["layer_id"])
    ]
    if not found:
        return FloodState()
    row = min(found, key=_precedence)
    depth = interval_of(row)
    inside = None
    if depth.low > 0:
        inside = True
    elif depth.high <= 0:
        inside = False
    return FloodState(
        inside,
        bool(row["demonstration"]),
        Confidence(row["confidence"]),
        str(row["layer_id"]),
        depth,
    )
