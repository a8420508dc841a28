"""Ground acceleration and flood state of a facility, from its hazard rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.assessment.failure import Level
from pipeline.assessment.interval import Interval, known
from pipeline.core.curves import hazard_curve, intensity_at
from pipeline.core.model import Confidence, Hazard, Scenario, Status, weakest

Row = Mapping[str, Any]
PGA: Final = "PGA"
ACCELERATION_UNIT: Final = "g"
DEPTH_UNIT: Final = "m"
SITE: Final = "site"


@dataclass(frozen=True, slots=True)
class Shaking:
    """Levels of the seismic hazard curve of one layer at one facility.

    Empty ``levels`` mean that no layer has a value there.
    """

    levels: tuple[Level, ...] = ()
    demonstration: bool = False
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True)
class FloodState:
    """Whether the facility lies inside a flood; None where that is unknown."""

    inside: bool | None = None
    demonstration: bool = False
    confidence: Confidence | None = None


def _present(rows: Sequence[Row], hazard: Hazard, unit: str) -> list[Row]:
    return [
        row
        for row in rows
        if row["hazard"] == hazard
        and row["unit"] == unit
        and row["scenario"] == Scenario.HISTORICAL
        and known(row["return_period_yr"]) is not None
        and Status(row["intensity_status"]).has_value
    ]


def _interval(row: Row) -> Interval:
    value, low, high = (
        known(row[name]) for name in ("intensity", "intensity_low", "intensity_high")
    )
    if value is None:
        raise ValueError("a row with a value is needed")
    return Interval(
        value if low is None else low, value, value if high is None else high
    )


def shaking(rows: Sequence[Row]) -> Shaking:
    """Seismic hazard curve of a facility.

    Where several layers have values, a study of the site goes first, then one that is
    not a stand-in, then the one with more levels, then the first by name: levels of two
    layers never mix.

    Parameters
    ----------
    rows
        Rows of the table ``hazards`` of one facility.
    """
    layers: dict[str, list[Row]] = {}
    for row in _present(rows, Hazard.EARTHQUAKE, ACCELERATION_UNIT):
        if str(row["intensity_measure"]).upper() == PGA:
            layers.setdefault(str(row["layer_id"]), []).append(row)
    if not layers:
        return Shaking()
    chosen = min(
        layers.items(),
        key=lambda item: (
            item[1][0]["place"] != SITE,
            bool(item[1][0]["demonstration"]),
            -len(item[1]),
            item[0],
        ),
    )[1]
    levels = sorted(
        (Level(float(row["return_period_yr"]), _interval(row)) for row in chosen),
        key=lambda level: level.return_period_yr,
    )
    return Shaking(
        tuple(levels),
        any(bool(row["demonstration"]) for row in chosen),
        weakest(*(Confidence(row["confidence"]) for row in chosen)),
    )


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


def flood_state(rows: Sequence[Row], return_period_yr: float) -> FloodState:
    """Whether the facility lies inside the flood of a return period.

    Inside if even the lower bound of the depth is above zero, outside if the upper
    bound is zero; where the position decides, or without a map, unknown. Of several
    layers a study of the site goes first, then one that is not a stand-in, then the
    first by name.
    """
    found = [
        row
        for row in _present(rows, Hazard.FLOOD, DEPTH_UNIT)
        if known(row["return_period_yr"]) == return_period_yr
    ]
    if not found:
        return FloodState()
    row = min(
        found,
        key=lambda r: (
            r["place"] != SITE,
            bool(r["demonstration"]),
            str(r["layer_id"]),
        ),
    )
    depth = _interval(row)
    inside = None
    if depth.low > 0:
        inside = True
    elif depth.high <= 0:
        inside = False
    return FloodState(inside, bool(row["demonstration"]), Confidence(row["confidence"]))
