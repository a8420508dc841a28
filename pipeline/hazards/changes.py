"""Rows of the table ``hazard_changes``: every future value beside its present one.

The shifted return period is the period at which the future reaches what the present
reaches at its level: ``T' = 1 / (1 - F_future(x_T))`` (methodology, section 5). Between
two levels F is the Gumbel distribution through both, so that scaling a Gumbel curve
gives exactly the shift of the scaled distribution. Beyond the levels nothing is
extrapolated: the reason says which period it lies beyond.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pipeline.core.curves import gumbel_return_period_yr
from pipeline.core.model import Hazard, Scenario, Status
from pipeline.core.reasons import joined
from pipeline.core.schemas.hazard_changes import SHIFTS
from pipeline.hazards.rows import FACTOR_LEVEL, Row

_COPIED: Final = (
    "tmf_id",
    "hazard",
    "process",
    "intensity_measure",
    "unit",
    "layer_id",
    "level",
    "return_period_yr",
    "scenario",
    "horizon",
    "percentile",
    "demonstration",
    "provisional",
    "confidence",
    "note",
)
_MELT: Final = frozenset({"fluvial_flood", "glacial_lake_outburst"})
_REGIMES: Final = frozenset({"landslide_mudflow", "snow_avalanche"})
Curve = list[tuple[float, float]]
"""Return period (years) and intensity of every level with a value."""


def change_rows(rows: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """One row for every future row of the hazards table that has a present one.

    Parameters
    ----------
    rows
        Rows of the table ``hazards``. Change factors have no present and no row here.
    """
    present: dict[tuple[str, ...], Mapping[str, Any]] = {}
    curves: dict[tuple[str, ...], Curve] = {}
    futures = []
    for row in rows:
        if row["level"] == FACTOR_LEVEL:
            continue
        if row["scenario"] == Scenario.HISTORICAL:
            present[_place(row)] = row
        else:
            futures.append(row)
        period, value = _number(row["return_period_yr"]), _number(row["intensity"])
        if period is not None and value is not None:
            curves.setdefault(_case(row), []).append((period, value))
    for row in futures:
        before = present.get(_place(row))
        if before is not None:
            yield _change(before, row, curves.get(_case(row), []))


def _place(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (str(row["tmf_id"]), str(row["layer_id"]), str(row["level"]))


def _case(row: Mapping[str, Any]) -> tuple[str, ...]:
    names = ("tmf_id", "layer_id", "scenario", "horizon", "percentile")
    return tuple(str(row[name]) for name in names)


def _number(value: Any) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def _change(before: Mapping[str, Any], after: Mapping[str, Any], curve: Curve) -> Row:
    present, future = _number(before["intensity"]), _number(after["intensity"])
    statuses = Status(before["intensity_status"]), Status(after["intensity_status"])
    difference, status = None, next((s for s in statuses if not s.has_value), None)
    if present is not None and future is not None:
        difference = future - present
    shifted, reason = _shift(after, present, future, curve)
    return {name: after[name] for name in _COPIED} | {
        "present": present,
        "present_status": statuses[0],
        "future": future,
        "future_status": statuses[1],
        "difference": difference,
        "difference_status": status or Status.MEASURED,
        "shifted_period": shifted,
        "shifted_period_status": Status.NOT_PROVIDED
        if shifted is None
        else Status.MEASURED,
        "shift_reason": joined(reason, _left_out(after)),
    }


def _shift(
    row: Mapping[str, Any], present: float | None, future: float | None, curve: Curve
) -> tuple[float | None, str | None]:
    """Future return period of the present intensity, or why there is none."""
    period = _number(row["return_period_yr"])
    if period is None:
        return None, SHIFTS.reason("no_return_period")
    if present is None or future is None:
        return None, SHIFTS.reason("no_both_values")
    if present == 0:
        return None, SHIFTS.reason("nothing_at_present")
    if present == future:
        return period, None
    levels = sorted((t, x) for t, x in curve if t > 1)
    if len(levels) < 2:
        return None, SHIFTS.reason("no_curve")
    periods, values = zip(*levels, strict=True)
    if present < values[0]:
        return None, SHIFTS.reason("more_often_than", period=f"{periods[0]:g}")
    if present > values[-1]:
        return None, SHIFTS.reason("more_rarely_than", period=f"{periods[-1]:g}")
    return gumbel_return_period_yr(periods, values, present), None


def _left_out(row: Mapping[str, Any]) -> str | None:
    """What no change factor covers for this hazard (methodology, section 5)."""
    if row["hazard"] == Hazard.FLOOD and row["process"] in _MELT:
        return SHIFTS.reason("melt_not_covered")
    if row["process"] in _REGIMES:
        return SHIFTS.reason("regime_not_covered")
    return None
