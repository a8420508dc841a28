"""From the points near a facility to its status, rates and watch level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from pipeline.core.methods.displacement import DisplacementMethods
from pipeline.core.model import DisplacementStatus, WatchLevel
from pipeline.core.reasons import joined
from pipeline.core.schemas.displacement import STATUS_REASONS, WATCH_REASONS
from pipeline.displacement.decompose import TrackRates, UpEast, combine
from pipeline.displacement.describe import (
    description,
    main_source,
    of_the_facility,
)
from pipeline.displacement.fit.fitted import FittedPoints
from pipeline.displacement.search import SearchArea
from pipeline.displacement.series import PointSeries
from pipeline.displacement.warning.status import CAVEAT, empty_row
from pipeline.displacement.warning.watch import LEVEL_ORDER, Finding, findings, higher


def assess(
    area: SearchArea,
    near: list[FittedPoints],
    n_covering: int,
    methods: DisplacementMethods,
    reference: date | None,
) -> dict[str, Any]:
    """Row of the table ``displacement`` for a facility with a position.

    Parameters
    ----------
    area
        Circle of the facility.
    near
        For each source with points in the circle, these points.
    n_covering
        Sources whose extent reaches into the circle.
    methods
        Thresholds.
    reference
        Day from which ages are counted; None if no source has epochs.
    """
    verdict = judge(area, near, n_covering, methods, reference)
    counted = _counts(area, near, n_covering, reference)
    return verdict.columns | counted | _descriptive(area, verdict.enough, methods)


Met = list[tuple[Finding, np.datetime64]]
"""Rules that are met, each with the first day of its source."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Status and level of a facility on a day, and what they rest on."""

    columns: dict[str, Any]
    enough: list[FittedPoints]
    met: Met


def judge(
    area: SearchArea,
    near: list[FittedPoints],
    n_covering: int,
    methods: DisplacementMethods,
    reference: date | None,
    met: Met | None = None,
) -> Verdict:
    """Status, level and their reasons; parameters as for `assess`.

    ``met`` are the rules that the same points met when they were judged before, for
    another reference day; None judges them.
    """
    counts = [int(points.usable.sum()) for points in near]
    columns = empty_row(area.tmf_id, DisplacementStatus.NOT_COVERED, "not_covered")
    if n_covering == 0:
        return Verdict(columns, [], [])
    if area.is_coarse:
        return Verdict(columns | _too_coarse(area, methods), [], [])
    if reference is None or max(counts, default=0) < methods.minimum_points:
        return Verdict(columns | _too_few(area, near, counts, methods), [], [])
    enough = [
        points
        for points, count in zip(near, counts, strict=True)
        if count >= methods.minimum_points
    ]
    columns |= _epochs(enough, reference) | {"reference_date": reference.isoformat()}
    status, reason = _status(enough, columns, area, methods)
    columns |= {"status": str(status), "reason": reason}
    if met is None:
        met = _met(enough, methods, area.tmf_id)
    return Verdict(columns | _watch(met, status, area, enough, methods), enough, met)


def _met(enough: list[FittedPoints], methods: DisplacementMethods, tmf_id: str) -> Met:
    return [
        (finding, points.series.epoch[0])
        for points in enough
        for finding in findings(points, methods, tmf_id)
    ]


def _counts(
    area: SearchArea,
    near: list[FittedPoints],
    n_covering: int,
    reference: date | None,
) -> dict[str, Any]:
    return {
        "search_radius_m": None if area.is_coarse else area.radius_m,
        "n_points": sum(points.series.n_points for points in near),
        "n_sources": n_covering,
        "source_ids": "; ".join(points.series.source_id for points in near) or None,
        "reference_date": None if reference is None else reference.isoformat(),
    }


def _descriptive(
    area: SearchArea, enough: list[FittedPoints], methods: DisplacementMethods
) -> dict[str, Any]:
    """Rates, decomposition, zones and coverage; empty without enough points."""
    if not enough:
        return {}
    up_east = _up_east_columns(_up_east(enough, methods))
    return _rates(enough) | up_east | description(area, enough, methods)


def _too_coarse(area: SearchArea, methods: DisplacementMethods) -> dict[str, Any]:
    reason = STATUS_REASONS.reason(
        "position_too_coarse",
        position_radius_m=area.position_radius_m,
        limit_m=methods.maximum_position_radius_m,
    )
    return {"status": str(DisplacementStatus.NO_POSITION), "reason": reason}


def _too_few(
    area: SearchArea,
    near: list[FittedPoints],
    counts: list[int],
    methods: DisplacementMethods,
) -> dict[str, Any]:
    reason = STATUS_REASONS.reason(
        "too_few_points",
        radius_m=area.radius_m,
        n_points=sum(points.series.n_points for points in near),
        n_of_one_source=max(counts, default=0),
        n_epochs=methods.minimum_epochs,
        n_needed=methods.minimum_points,
    )
    rates = (_rates_only(points.series) for points in near)
    return {
        "status": str(DisplacementStatus.TOO_FEW_POINTS),
        "reason": joined(reason, *rates),
    }


def _rates_only(series: PointSeries) -> str | None:
    """Reason for a product of rates without series: they show, but are not judged."""
    if series.epoch.size or not series.n_points:
        return None
    return STATUS_REASONS.reason(
        "rates_only",
        source=series.source_id,
        n_points=series.n_points,
        median_mm_per_yr=float(np.median(series.provider_velocity_mm_per_yr)),
    )


def _rates(enough: list[FittedPoints]) -> dict[str, Any]:
    main = main_source(enough)
    chosen = of_the_facility(main)
    rates = main.fit.velocity_mm_per_yr[chosen]
    every = np.concatenate([p.fit.velocity_mm_per_yr[p.usable] for p in enough])
    return {
        "velocity_source_id": main.series.source_id,
        "velocity_median_mm_per_yr": float(np.median(rates)),
        "velocity_std_mm_per_yr": float(
            np.median(main.errors.velocity_std_mm_per_yr[chosen])
        ),
        "velocity_fastest_mm_per_yr": float(every[np.argmax(np.abs(every))]),
    }


def _epochs(enough: list[FittedPoints], reference: date) -> dict[str, Any]:
    first = min(points.series.epoch[0] for points in enough)
    last = max(points.series.epoch[-1] for points in enough)
    age = np.datetime64(reference, "D") - last
    return {
        "first_epoch": str(first),
        "last_epoch": str(last),
        "age_d": float(age.astype("timedelta64[D]").astype(np.int64)),
    }


def _status(
    enough: list[FittedPoints],
    row: Mapping[str, Any],
    area: SearchArea,
    methods: DisplacementMethods,
) -> tuple[DisplacementStatus, str]:
    n_points = sum(int(points.usable.sum()) for points in enough)
    where = {"n_points": n_points, "radius_m": area.radius_m}
    if not any(points.series.has_geometry for points in enough):
        status = DisplacementStatus.NO_GEOMETRY
        return status, STATUS_REASONS.reason("no_geometry", **where)
    if row["age_d"] > methods.stale_after_d:
        return DisplacementStatus.STALE, STATUS_REASONS.reason(
            "stale",
            **where,
            last_date=row["last_epoch"],
            age_d=row["age_d"],
            reference_date=row["reference_date"],
            limit_d=methods.stale_after_d,
        )
    reason = STATUS_REASONS.reason(
        "measured", **where, first_date=row["first_epoch"], last_date=row["last_epoch"]
    )
    if area.radius_m > methods.search_radius_m:
        reason = f"{joined(reason, STATUS_REASONS.reason('may_lie_beside'))}"
    return DisplacementStatus.MEASURED, reason


def _up_east(enough: list[FittedPoints], methods: DisplacementMethods) -> UpEast:
    origin = min(points.series.epoch[0] for points in enough)
    tracks = []
    for points in enough:
        rows = of_the_facility(points) & np.isfinite(points.series.los).all(axis=1)
        if not rows.any():
            continue
        start = float((points.series.epoch[0] - origin).astype(np.int64))
        tracks.append(
            TrackRates(
                source_id=points.series.source_id,
                xy_m=points.xy_m[rows],
                velocity_mm_per_yr=points.fit.velocity_mm_per_yr[rows],
                velocity_std_mm_per_yr=points.errors.velocity_std_mm_per_yr[rows],
                los=points.series.los[rows],
                reference_point=points.series.reference_point,
                is_interpolated=points.series.is_interpolated,
                first_d=start,
                last_d=start + float(points.series.time_d[-1]),
            )
        )
    return combine(tracks, methods.cell_m, methods.maximum_condition)


def _up_east_columns(result: UpEast) -> dict[str, Any]:
    return {
        "velocity_up_mm_per_yr": result.up_mm_per_yr,
        "velocity_up_std_mm_per_yr": result.up_std_mm_per_yr,
        "velocity_east_mm_per_yr": result.east_mm_per_yr,
        "velocity_east_std_mm_per_yr": result.east_std_mm_per_yr,
        "decomposition_reason": result.reason,
    }


def _doubt(
    status: DisplacementStatus,
    area: SearchArea,
    enough: list[FittedPoints],
    methods: DisplacementMethods,
) -> str:
    """Why quiet series are no reason for green; empty where they are."""
    if status is DisplacementStatus.STALE:
        return WATCH_REASONS.reason("too_old_for_green")
    if status is DisplacementStatus.NO_GEOMETRY:
        return WATCH_REASONS.reason("no_direction_for_green")
    if area.position_radius_m > methods.search_radius_m:
        return WATCH_REASONS.reason("too_uncertain_for_green")
    on_facility = max(
        int((points.usable & ~points.is_stable_ground).sum()) for points in enough
    )
    if on_facility < methods.minimum_points:
        return WATCH_REASONS.reason(
            "too_few_on_facility_for_green",
            n_points=on_facility,
            n_needed=methods.minimum_points,
        )
    return ""


def _watch(
    met: Met,
    status: DisplacementStatus,
    area: SearchArea,
    enough: list[FittedPoints],
    methods: DisplacementMethods,
) -> dict[str, Any]:
    """Level, its reasons and the forecast, over all sources.

    Green needs recent series of known direction at points on a facility of known place:
    what is old, of unknown direction or somewhere near can raise a level, but not
    reassure.
    """
    level = WatchLevel.GREEN
    for finding, _ in met:
        level = higher(level, finding.level)
    doubt = _doubt(status, area, enough, methods)
    if level is WatchLevel.GREEN and doubt:
        level = WatchLevel.NOT_ASSESSED
    met = sorted(met, key=lambda pair: -LEVEL_ORDER.index(pair[0].level))
    stated = [finding.reason for finding, _ in met]
    if all(finding.level is WatchLevel.GREEN for finding, _ in met):
        stated = [WATCH_REASONS.reason("no_rule_met"), doubt, *stated]
    if level is WatchLevel.RED:
        stated.append(WATCH_REASONS.reason("confirm"))
    columns: dict[str, Any] = {
        "watch_level": str(level),
        "watch_reason": joined(*stated, CAVEAT),
        "needs_confirmation": level is WatchLevel.RED,
    }
    for finding, day in met:
        if finding.forecast is not None:
            ends = {
                "forecast_date": finding.forecast.failure_d,
                "forecast_low_date": finding.forecast.low_d,
                "forecast_high_date": finding.forecast.high_d,
            }
            dates = {
                k: str(day + np.timedelta64(round(v), "D")) for k, v in ends.items()
            }
            return columns | dates
    return columns
