"""All tables of the stage from a network, its surroundings and the facilities."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.core.methods.rivers import RiverMethods
from pipeline.core.tables import empty_table
from pipeline.rivers import frames
from pipeline.rivers.arrivals import Arrivals, arrivals_at, two_day_distance_m
from pipeline.rivers.borders import (
    BorderDistance,
    BoundaryLines,
    Countries,
    border_distance,
    near_disputed,
    stretches_of,
)
from pipeline.rivers.coefficients import formulas
from pipeline.rivers.crossings import Crossing, Crossings, find_crossings
from pipeline.rivers.everywhere import look_downstream
from pipeline.rivers.lakes import Lake, residence_times
from pipeline.rivers.nearest import ReachIndex
from pipeline.rivers.network import Network
from pipeline.rivers.paths import Paths, Timing, reach_timing, trace
from pipeline.rivers.receptors import (
    Places,
    lakes_on_paths,
    near_reaches,
    places_on_paths,
)
from pipeline.rivers.snapping import Site, Snap, snap_sites
from pipeline.rivers.velocity import FlowFactors, ReachVelocities, reach_velocities

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Layers that the network is joined to; None where the region has none."""

    lakes: dict[str, Lake]
    lake_polygons: Any
    countries: Countries | None
    lines: BoundaryLines | None
    places: Places | None


def compute(
    network: Network,
    around: Surroundings,
    facilities: pd.DataFrame,
    methods: RiverMethods,
) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """All five tables from a network, its surroundings and the facilities.

    Returns
    -------
    tuple
        Tables by name, and notes for the provenance records.
    """
    flows = FlowFactors(methods.low_flow_factor, methods.high_flow_factor)
    velocities = _velocities(network, flows)
    residence = residence_times(
        network, around.lakes, flows, methods.short_circuit_fraction
    )
    timing = reach_timing(network, velocities, residence)
    index = ReachIndex(network.lines)
    facilities = facilities.sort_values("tmf_id", kind="stable")
    snaps = snap_sites(network, index, sites_of(facilities), methods.snap_limit_m)
    _report_snaps(snaps)
    joined = [snap for snap in snaps if snap.reach is not None]
    ids = np.array([snap.site.tmf_id for snap in joined], dtype=object)
    paths = trace(
        network,
        timing,
        np.array([snap.reach for snap in joined], dtype=np.int64),
        np.array([snap.fraction for snap in joined], dtype=np.float64),
    )
    country = dict(zip(facilities["tmf_id"], facilities["country"], strict=True))
    found = find_crossings(
        network,
        stretches_of(network, around.countries),
        paths,
        [str(country[key]) for key in ids],
        methods.minimum_crossing_m,
    )
    log.info(
        "%d crossings; %d stays below %g m passed over as slivers",
        len(found.crossings),
        found.n_slivers,
        methods.minimum_crossing_m,
    )
    tables = {
        "reaches": frames.reaches_frame(
            network, velocities, look_downstream(network, timing), around.lakes
        ),
        "snaps": frames.snaps_frame(
            network,
            snaps,
            paths,
            two_day_distance_m(network, timing, paths, methods.two_day_limit_h),
            [_air_distance(snap, country, around) for snap in snaps],
        ),
        "downstream": _downstream(network, timing, paths, ids),
        "crossings": _crossings(network, timing, paths, ids, found, around, methods),
        "receptors": _receptors(network, timing, paths, ids, index, around, methods),
    }
    return tables, _notes(network, velocities, found)


def sites_of(facilities: pd.DataFrame) -> list[Site]:
    """Facilities as the snapping needs them."""
    columns = ("lon_deg", "lat_deg", "position_radius_m")
    numbers = facilities[list(columns)].to_numpy(dtype=np.float64, na_value=np.nan)
    rivers = [None if pd.isna(text) else str(text) for text in facilities["river"]]
    return [
        Site(str(key), float(lon), float(lat), float(radius), river)
        for key, (lon, lat, radius), river in zip(
            facilities["tmf_id"], numbers, rivers, strict=True
        )
    ]


def _velocities(network: Network, flows: FlowFactors) -> ReachVelocities:
    velocities = reach_velocities(
        area_m2=network.area_km2 * 1e6,
        discharge_m3s=network.discharge.mean_m3s,
        slope=network.slope,
        observed_m_per_s=network.observed_m_per_s,
        hydraulic_radius_m=network.hydraulic_radius_m,
        roughness=network.roughness,
        in_lake=network.in_lake,
        flows=flows,
    )
    log.info("velocities: %s", dict(sorted(Counter(velocities.method).items())))
    if velocities.clipped.any():
        log.info("%d velocities clipped to limits", int(velocities.clipped.sum()))
    return velocities


def _air_distance(
    snap: Snap, country: Mapping[str, Any], around: Surroundings
) -> BorderDistance | None:
    site = snap.site
    if not np.isfinite([site.lon_deg, site.lat_deg]).all():
        return None
    own = str(country[site.tmf_id])
    return border_distance(
        site.lon_deg, site.lat_deg, own, around.countries, around.lines
    )


def _downstream(
    network: Network, timing: Timing, paths: Paths, ids: Any
) -> pd.DataFrame:
    element = np.arange(len(paths.reach))
    ends = arrivals_at(
        network, timing, paths, element, np.ones(len(element)), at_exit=True
    )
    return frames.downstream_frame(paths, ids, ends)


def _crossings(
    network: Network,
    timing: Timing,
    paths: Paths,
    ids: Any,
    found: Crossings,
    around: Surroundings,
    methods: RiverMethods,
) -> pd.DataFrame:
    if not found.crossings:
        return empty_table("crossings")
    arrivals = _at_crossings(network, timing, paths, found.crossings)
    frame = frames.crossings_frame(
        network,
        paths,
        ids,
        found.crossings,
        arrivals,
        _within(arrivals, found.crossings, paths, methods.two_day_limit_h),
        pd.array([pd.NA] * len(found.crossings), dtype="boolean"),
    )
    if around.lines is not None:
        frame["disputed"] = near_disputed(
            frame["lon_deg"].to_numpy(),
            frame["lat_deg"].to_numpy(),
            around.lines,
            methods.dispute_distance_m,
        )
    return frame


def _at_crossings(
    network: Network, timing: Timing, paths: Paths, crossings: tuple[Crossing, ...]
) -> Arrivals:
    element = np.array([c.element for c in crossings], dtype=np.int64)
    fraction = np.array([c.fraction for c in crossings], dtype=np.float64)
    return arrivals_at(network, timing, paths, element, fraction)


def _within(
    arrivals: Arrivals,
    crossings: tuple[Crossing, ...],
    paths: Paths,
    limit_h: float,
) -> Any:
    """Whether the peak arrives within the limit; empty where that is unknown.

    An unknown arrival is surely outside the limit where the time in rivers alone
    exceeds it.
    """
    element = np.array([c.element for c in crossings], dtype=np.int64)
    at_least = paths.start_river_h[0, element]
    unknown = np.isnan(arrivals.peak_h) & ~(at_least > limit_h)
    result = pd.array(arrivals.peak_h <= limit_h, dtype="boolean")
    result[unknown] = pd.NA
    return result


def _receptors(
    network: Network,
    timing: Timing,
    paths: Paths,
    ids: Any,
    index: ReachIndex,
    around: Surroundings,
    methods: RiverMethods,
) -> pd.DataFrame:
    parts = []
    exposed, keys = lakes_on_paths(network, paths, timing)
    lakes = frames.entered_lakes(network, paths, around.lakes, exposed, keys)
    kinds = [(lakes, exposed)]
    if around.places is not None:
        near = near_reaches(index, around.places, methods.receptor_distance_m)
        exposed = places_on_paths(
            network, paths, around.places, near, methods.receptor_distance_m
        )
        kinds.append((around.places, exposed))
    for places, rows in kinds:
        arrivals = arrivals_at(network, timing, paths, rows.element, rows.fraction)
        log.info("%d %s rows on the paths", len(rows.path), places.kind)
        if len(rows.path):
            parts.append(frames.places_frame(paths, ids, places, rows, arrivals))
    return pd.concat(parts) if parts else empty_table("receptors")


def _report_snaps(snaps: list[Snap]) -> None:
    counts = Counter(snap.status.value for snap in snaps)
    log.info("%d facilities: %s", len(snaps), dict(sorted(counts.items())))
    for snap in snaps:
        if snap.reach is None:
            log.warning("%s: %s", snap.site.tmf_id, snap.reason)


def _notes(
    network: Network, velocities: ReachVelocities, found: Crossings
) -> dict[str, Any]:
    relation = network.discharge.relation
    return {
        "formulas": {
            key: {"source": f.source, "confidence": f.confidence.value}
            for key, f in formulas().items()
        },
        "discharge_relation": relation.record() if relation else None,
        "velocity_methods": dict(sorted(Counter(velocities.method).items())),
        "n_velocities_clipped": int(velocities.clipped.sum()),
        "n_reaches_with_note": sum(note is not None for note in network.note),
        "n_slivers_passed_over": found.n_slivers,
    }
