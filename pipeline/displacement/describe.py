"""What is told of a facility's motion beside its level: parts, coverage, coherence."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.methods.displacement import DisplacementMethods
from pipeline.core.model import WatchLevel, Zone
from pipeline.displacement.along_dam import axis_of, coverage, differential
from pipeline.displacement.fit.fitted import FittedPoints
from pipeline.displacement.search import SearchArea
from pipeline.displacement.together import largest_cluster
from pipeline.displacement.warning.forecasts import facility_rng
from pipeline.displacement.zones import BY_DISTANCE, BY_OUTLINES

_FEWEST_GROUND: Final = 5


def description(
    area: SearchArea, enough: list[FittedPoints], methods: DisplacementMethods
) -> dict[str, Any]:
    """Columns of ``displacement`` on zones, dam, coverage and coherence.

    They are those of the source with the most usable points.
    """
    main = main_source(enough)
    on_facility = main.able(methods.zone_levels, WatchLevel.AMBER)
    return (
        {
            "zone_basis": BY_OUTLINES if area.outlines else BY_DISTANCE,
            "provider_velocity_mm_per_yr": _median(
                main.series.provider_velocity_mm_per_yr[of_the_facility(main)]
            ),
            "course": _most_frequent(main.course[on_facility]),
        }
        | _along_dam(area, main, methods)
        | _coherence(area, main, on_facility, methods)
        | _coverage_in_time(main, on_facility, methods.persistence_epochs)
    )


def of_the_facility(points: FittedPoints) -> NDArray[np.bool_]:
    """Usable points that are not on natural ground; all usable ones without any."""
    there = points.usable & ~points.is_stable_ground
    return there if there.any() else points.usable


def main_source(enough: list[FittedPoints]) -> FittedPoints:
    """Source with the most usable points; the first among equals."""
    return max(enough, key=lambda points: int(points.usable.sum()))


def _median(values: NDArray[np.float64]) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else None


def _most_frequent(course: NDArray[np.str_]) -> str | None:
    if course.size == 0:
        return None
    counts = Counter(course.tolist())
    return max(sorted(counts), key=counts.__getitem__)


def _along_dam(
    area: SearchArea, points: FittedPoints, methods: DisplacementMethods
) -> dict[str, Any]:
    """Differences along the dam and its coverage; empty without an outline."""
    dams = [shape for zone, shape in area.outlines if zone == Zone.DAM]
    if not dams:
        return {}
    axis = axis_of(dams[0], area.lon_deg, area.lat_deg)
    rows = points.usable & (points.zone == str(Zone.DAM))
    covered = coverage(axis, points.xy_m[rows], methods.section_m)
    columns: dict[str, Any] = {
        "dam_covered_fraction": covered.covered_fraction,
        "dam_gap_m": covered.gap_m,
        "n_section_pairs": 0,
    }
    if points.series.is_interpolated:
        return columns
    found = differential(
        axis,
        points.xy_m[rows],
        points.series.displacement_mm[rows],
        points.series.time_d,
        methods.section_m,
    )
    if found is None:
        return columns
    return columns | {
        "differential_mm_per_yr": found.velocity_mm_per_yr,
        "differential_std_mm_per_yr": found.std_mm_per_yr,
        "differential_at_m": found.at_m,
        "n_section_pairs": found.n_pairs,
    }


def _coherence(
    area: SearchArea,
    points: FittedPoints,
    on_facility: NDArray[np.bool_],
    methods: DisplacementMethods,
) -> dict[str, Any]:
    """Largest cluster moving alike, against the ground around where there is any."""
    ground = points.is_stable_ground & ~on_facility
    rate = points.fit.velocity_mm_per_yr
    still = float(np.median(rate[ground])) if ground.sum() >= _FEWEST_GROUND else 0.0
    cluster = largest_cluster(
        rate[on_facility] - still,
        points.errors.velocity_std_mm_per_yr[on_facility],
        points.xy_m[on_facility],
        methods.neighbour_cell_m,
        methods.neighbour_distance_m,
        facility_rng(methods.inverse_velocity.seed, area.tmf_id),
    )
    if cluster is None:
        return {}
    return {
        "coherent_fraction": cluster.fraction,
        "n_coherent": cluster.n_in_cluster,
        "coherent_p": cluster.p,
    }


def _coverage_in_time(
    points: FittedPoints, on_facility: NDArray[np.bool_], newest: int
) -> dict[str, Any]:
    """Intervals between epochs, and the share of points that fell silent."""
    interval = np.diff(points.series.time_d)
    columns: dict[str, Any] = {}
    if interval.size:
        columns = {
            "epoch_interval_d": float(np.median(interval)),
            "epoch_gap_d": float(interval.max()),
        }
    if on_facility.any():
        recent = points.series.displacement_mm[on_facility, -newest:]
        columns["silent_fraction"] = float(np.isnan(recent).all(axis=1).mean())
    return columns
