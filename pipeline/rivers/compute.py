"""All tables of the stage from a network, its surroundings and the facilities."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipeline.core.methods.rivers import RiverMethods
from pipeline.core.tables import empty_table
from pipeline.rivers import frames
from pipeline.rivers.alternatives import Alternatives, follow_candidates
from pipeline.rivers.arrivals import arrivals_at, peak_within, two_day_distance_m
from pipeline.rivers.borders import (
    BorderDistance,
    border_distance,
    near_disputed,
)
from pipeline.rivers.branches import branches_frame, countries_below
from pipeline.rivers.coefficients import formulas
from pipeline.rivers.crossings import Crossings, elements_of, find_crossings
from pipeline.rivers.everywhere import look_downstream
from pipeline.rivers.following import Followed, Surroundings, follow
from pipeline.rivers.lakes import residence_times
from pipeline.rivers.network import Network
from pipeline.rivers.paths import reach_timing
from pipeline.rivers.people import exposure_frame, receptors_frame
from pipeline.rivers.positions import find_candidates
from pipeline.rivers.snapping import Snap
from pipeline.rivers.velocity import (
    FlowFactors,
    ReachVelocities,
    discharge_bounds,
    reach_velocities,
)

log = logging.getLogger(__name__)


def compute(
    network: Network,
    around: Surroundings,
    facilities: pd.DataFrame,
    methods: RiverMethods,
) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """All tables from a network, its surroundings and the facilities.

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
    followed = follow(network, timing, around, facilities, methods)
    crossings = _find_crossings(followed, methods)
    others = _alternatives(followed, around, methods)
    receptors, exposed = receptors_frame(followed, around, methods)
    paths = followed.paths
    tables = {
        "reaches": frames.reaches_frame(
            network,
            velocities,
            look_downstream(network, timing),
            around.lakes,
            around.canals,
        ),
        "snaps": frames.snaps_frame(
            network,
            followed.snaps,
            paths,
            two_day_distance_m(network, timing, paths, methods.two_day_limit_h),
            [air_distance(snap, followed.country, around) for snap in followed.snaps],
            others,
        ),
        "candidates": others.candidates,
        "possible_countries": others.possible_countries,
        "downstream": _downstream(followed),
        "crossings": _crossings(followed, crossings, around, methods),
        "branches": _branches(followed, around),
        "receptors": receptors,
        "exposure": exposure_frame(followed, exposed, around, methods),
    }
    return tables, _notes(network, velocities, crossings)


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
        discharge_bounds_m3s=discharge_bounds(network.discharge),
    )
    log.info("velocities: %s", dict(sorted(Counter(velocities.method).items())))
    if velocities.clipped.any():
        log.info("%d velocities clipped to limits", int(velocities.clipped.sum()))
    return velocities


def _find_crossings(followed: Followed, methods: RiverMethods) -> Crossings:
    found = find_crossings(
        followed.network,
        followed.stretches,
        followed.paths,
        [str(followed.country[key]) for key in followed.ids],
        methods.minimum_crossing_m,
    )
    log.info(
        "%d crossings; %d stays below %g m passed over as slivers",
        len(found.crossings),
        found.n_slivers,
        methods.minimum_crossing_m,
    )
    return found


def _alternatives(
    followed: Followed, around: Surroundings, methods: RiverMethods
) -> Alternatives:
    network, snaps = followed.network, followed.snaps
    found = follow_candidates(
        network,
        followed.timing,
        followed.stretches,
        snaps,
        followed.country,
        find_candidates(
            network, followed.index, snaps, methods.snap_limit_m, around.flow
        ),
        minimum_crossing_m=methods.minimum_crossing_m,
        two_day_limit_h=methods.two_day_limit_h,
    )
    unsure = sum(0 < s.border < 1 for s in found.shares.values())
    log.info(
        "%d reaches that facilities may drain to; for %d facilities it depends on the "
        "position whether the water crosses a border",
        len(found.candidates),
        unsure,
    )
    return found


def air_distance(
    snap: Snap, country: Mapping[str, Any], around: Surroundings
) -> BorderDistance | None:
    """Distance of a facility to the nearest border; None without a position."""
    site = snap.site
    if not np.isfinite([site.lon_deg, site.lat_deg]).all():
        return None
    own = str(country[site.tmf_id])
    return border_distance(
        site.lon_deg, site.lat_deg, own, around.countries, around.lines
    )


def _downstream(followed: Followed) -> pd.DataFrame:
    paths = followed.paths
    element = np.arange(len(paths.reach))
    ends = arrivals_at(
        followed.network,
        followed.timing,
        paths,
        element,
        np.ones(len(element)),
        at_exit=True,
    )
    return frames.downstream_frame(paths, followed.ids, ends)


def _crossings(
    followed: Followed, found: Crossings, around: Surroundings, methods: RiverMethods
) -> pd.DataFrame:
    crossings, paths = found.crossings, followed.paths
    if not crossings:
        return empty_table("crossings")
    element = elements_of(crossings)
    fraction = np.array([c.fraction for c in crossings], dtype=np.float64)
    arrivals = arrivals_at(followed.network, followed.timing, paths, element, fraction)
    frame = frames.crossings_frame(
        followed.network,
        paths,
        followed.ids,
        crossings,
        arrivals,
        peak_within(arrivals, paths, element, methods.two_day_limit_h),
        pd.array([pd.NA] * len(crossings), dtype="boolean"),
    )
    if around.lines is not None:
        frame["disputed"] = near_disputed(
            frame["lon_deg"].to_numpy(),
            frame["lat_deg"].to_numpy(),
            around.lines,
            methods.dispute_distance_m,
        )
    return frame


def _branches(followed: Followed, around: Surroundings) -> pd.DataFrame:
    if not around.canals:
        return empty_table("branches")
    network = followed.network
    below = countries_below(
        network.next_index, network.country_left, network.country_right
    )
    frame = branches_frame(
        network, followed.timing, followed.paths, followed.ids, around.canals, below
    )
    log.info(
        "%d canals begin on the paths of %d facilities",
        frame["canal_id"].nunique(),
        frame["tmf_id"].nunique(),
    )
    return frame


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
