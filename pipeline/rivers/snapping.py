"""Join facilities to the river network, over land and by geodesic distance.

Where the inventory names the river, the nearest reach of that river is taken, if it
lies no farther off than the radius of the facility's position and the uncertainty of
the line explain together. Else, where there is a grid of flow directions, its way over
land is followed in hills and mountains. In plains, beside a river, where the way over
land is longer than the limit, and without a grid, the nearest reach is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypedDict

import numpy as np
from numpy.typing import NDArray

from pipeline.core.geo import distance_m
from pipeline.core.model import Status
from pipeline.core.reasons import joined
from pipeline.core.schemas.snaps import SNAP_REASONS
from pipeline.rivers import overland
from pipeline.rivers.names import name_forms, stated_rivers
from pipeline.rivers.nearest import Pairs, ReachIndex
from pipeline.rivers.network import Network
from pipeline.rivers.overland import FlowGrid, FlowPaths
from pipeline.rivers.topology import is_upstream

Numbers = NDArray[np.float64]

NEAR_M: Final = 5000.0
FAR_M: Final = 10_000.0
COARSE_LINE_M: Final = 5000.0
PLAIN_SLOPE: Final = 0.002
"""Below this slope of the reach, relief says little about the way of the water (P)."""
NEAREST, NAMED, FLOW_PATH = "nearest", "named_river", "flow_path"


class _OverlandPart(TypedDict):
    overland_status: Status
    overland_reach: int | None
    overland_m: float | None


@dataclass(frozen=True, slots=True)
class Site:
    """A facility to join: NaN coordinates mean that it has no position.

    ``radius_m`` is that within which it lies; NaN where it is unknown. ``river`` is the
    receiving river in the words of the inventory.
    """

    tmf_id: str
    lon_deg: float
    lat_deg: float
    radius_m: float
    river: str | None


@dataclass(frozen=True, slots=True)
class Snap:
    """How a facility is joined; ``reach`` is None where it could not be.

    ``overland_reach`` and ``overland_m`` tell where the way over land leads, and
    ``agrees`` whether it and the nearest or named reach lead the water alike; None
    where one of them is unknown.
    """

    site: Site
    status: Status
    reason: str
    reach: int | None = None
    distance_m: float | None = None
    fraction: float | None = None
    lon_deg: float | None = None
    lat_deg: float | None = None
    rule: str = "none"
    confidence: str = "none"
    n_candidates: int = 0
    overland_status: Status = Status.NOT_PROVIDED
    overland_reach: int | None = None
    overland_m: float | None = None
    agrees: bool | None = None


def prefers_flow_path(
    network: Network,
    grid: FlowGrid,
    flow: FlowPaths,
    lat_deg: Numbers,
    nearest_m: Numbers,
    limit_m: float,
) -> NDArray[np.bool_]:
    """Where the way over land is taken rather than the nearest reach (project choice).

    It must lead to a reach within the limit, the reach must fall by at least
    `PLAIN_SLOPE`, and no reach may lie within half a cell's diagonal of the place.

    Parameters
    ----------
    lat_deg, nearest_m
        Shape (k,), as ``flow``. Latitude of the places and distance to the nearest
        reach, infinite without one.
    """
    slope = np.where(flow.reach >= 0, network.slope[flow.reach], np.nan)
    beside = nearest_m <= grid.half_diagonal_m(lat_deg)
    return (flow.distance_m <= limit_m) & (slope >= PLAIN_SLOPE) & ~beside


def snap_sites(
    network: Network,
    index: ReachIndex,
    sites: Sequence[Site],
    limit_m: float,
    grid: FlowGrid | None = None,
) -> list[Snap]:
    """Join every site, or say why it cannot be joined; one result each, in order."""
    placed = [
        k for k, s in enumerate(sites) if np.isfinite([s.lon_deg, s.lat_deg]).all()
    ]
    lon = np.array([sites[k].lon_deg for k in placed], dtype=np.float64)
    lat = np.array([sites[k].lat_deg for k in placed], dtype=np.float64)
    radius = np.array([radius_or_limit(sites[k], limit_m) for k in placed])
    pairs = index.within(lon, lat, limit_m + 2 * radius)
    bounds = np.searchsorted(pairs.point, np.arange(len(placed) + 1))
    flow = overland.follow(grid, network.lines, lon, lat) if grid else None
    use_flow = np.zeros(len(placed), dtype=bool)
    if grid is not None and flow is not None:
        metres = nearest_m(pairs, len(placed))
        use_flow = prefers_flow_path(network, grid, flow, lat, metres, limit_m)
    place_of = {k: number for number, k in enumerate(placed)}
    snaps = []
    for k, site in enumerate(sites):
        if k not in place_of:
            snaps.append(
                Snap(site, Status.NOT_PROVIDED, SNAP_REASONS.reason("no_position"))
            )
            continue
        at = place_of[k]
        near = slice(bounds[at], bounds[at + 1])
        snap = _snap(
            network, site, pairs, near, limit_m, _way(flow, at, use=bool(use_flow[at]))
        )
        snaps.append(snap)
    return snaps


def nearest_m(pairs: Pairs, count: int) -> Numbers:
    """Distance to the nearest reach for each of ``count`` points; infinite if none."""
    metres = np.full(count, np.inf)
    np.minimum.at(metres, pairs.point, pairs.distance_m)
    return metres


@dataclass(frozen=True, slots=True)
class _Way:
    """The way over land from one site, and whether it decides."""

    status: Status
    reach: int
    distance_m: float
    fraction: float
    lon_deg: float
    lat_deg: float
    decides: bool


def _way(flow: FlowPaths | None, at: int, *, use: bool) -> _Way | None:
    if flow is None:
        return None
    return _Way(
        Status(flow.status[at]),
        int(flow.reach[at]),
        float(flow.distance_m[at]),
        float(flow.fraction[at]),
        float(flow.lon_deg[at]),
        float(flow.lat_deg[at]),
        use,
    )


def radius_or_limit(site: Site, limit_m: float) -> float:
    """Radius of a site's position; the limit where none is stated."""
    return site.radius_m if np.isfinite(site.radius_m) else limit_m


def _snap(
    network: Network,
    site: Site,
    pairs: Pairs,
    near: slice,
    limit_m: float,
    way: _Way | None,
) -> Snap:
    distance = pairs.distance_m[near]
    reach = pairs.reach[near]
    if not len(distance) or distance[0] > limit_m:
        return _unjoined(site, distance, limit_m, way)
    radius = radius_or_limit(site, limit_m)
    named = _named(network, site, reach, distance, radius, limit_m)
    at = 0 if named is None else named
    by_flow = way is not None and way.decides and named is None
    if way is not None and by_flow:
        entry = (way.reach, way.fraction, way.lon_deg, way.lat_deg)
        metres = float(distance_m(site.lon_deg, site.lat_deg, way.lon_deg, way.lat_deg))
    else:
        entry = (
            int(reach[at]),
            float(np.clip(pairs.fraction[near][at], 0.0, 1.0)),
            float(pairs.lon_deg[near][at]),
            float(pairs.lat_deg[near][at]),
        )
        metres = float(distance[at])
    chosen = entry[0]
    apart = _nearest_apart(network, chosen, reach, distance)
    clear = apart is None or apart - metres > 2 * radius
    agrees = _agrees(network, chosen, int(reach[0]), way, by_flow=by_flow)
    confidence = _confidence(
        network, chosen, metres, radius, clear=clear, named=named is not None
    )
    if agrees is False and named is None:
        confidence = "low"
    rule = FLOW_PATH if by_flow else NEAREST if named is None else NAMED
    return Snap(
        site=site,
        status=Status.MEASURED,
        reason=_reason(network, distance, metres, rule, way, agrees, clear=clear),
        reach=chosen,
        distance_m=metres,
        fraction=entry[1],
        lon_deg=entry[2],
        lat_deg=entry[3],
        rule=rule,
        confidence=confidence,
        n_candidates=int(np.count_nonzero(distance <= radius)),
        agrees=agrees,
        **_overland(way),
    )


def _overland(way: _Way | None) -> _OverlandPart:
    found = way is not None and way.status.has_value
    return {
        "overland_status": way.status if way is not None else Status.NOT_PROVIDED,
        "overland_reach": way.reach if way is not None and found else None,
        "overland_m": way.distance_m if way is not None and found else None,
    }


def _unjoined(site: Site, distance: Numbers, limit_m: float, way: _Way | None) -> Snap:
    reason = SNAP_REASONS.reason("none_near", limit_m=limit_m)
    if len(distance):
        reason = SNAP_REASONS.reason(
            "none_within", limit_m=limit_m, nearest_m=_tens(distance[0])
        )
    return Snap(site, Status.NOT_COVERED, reason, **_overland(way))


def _agrees(
    network: Network, chosen: int, nearest: int, way: _Way | None, *, by_flow: bool
) -> bool | None:
    """Whether the nearest or named reach and the way over land lead the water alike.

    They do if they end at one reach, or if one reach lies below the other.
    """
    if way is None or not way.status.has_value:
        return None
    other = nearest if by_flow else way.reach
    above = is_upstream(network.n_upstream, chosen, np.array([other]))
    below = is_upstream(network.n_upstream, other, np.array([chosen]))
    return bool(above[0] or below[0])


def _named(
    network: Network,
    site: Site,
    reach: NDArray[np.int64],
    distance: Numbers,
    radius_m: float,
    limit_m: float,
) -> int | None:
    """Place in the list of the nearest reach of the named river, if one fits."""
    wanted = stated_rivers(site.river)
    if not wanted:
        return None
    for place, index in enumerate(reach):
        off = network.position_m[index]
        allowed = min(limit_m, radius_m + (off if np.isfinite(off) else 0.0))
        name = network.name[index]
        if distance[place] <= allowed and name and wanted & name_forms(name):
            return place
    return None


def _nearest_apart(
    network: Network, chosen: int, reach: NDArray[np.int64], distance: Numbers
) -> float | None:
    """Distance to the nearest reach that is neither above nor below the chosen one."""
    above = is_upstream(network.n_upstream, chosen, reach)
    below = (reach >= chosen) & (chosen >= reach - network.n_upstream[reach])
    apart = np.flatnonzero(~above & ~below)
    return float(distance[apart[0]]) if len(apart) else None


def _confidence(
    network: Network,
    chosen: int,
    distance_m: float,
    radius_m: float,
    *,
    clear: bool,
    named: bool,
) -> str:
    """How sure the river is (project choice).

    High: wherever the facility lies within its radius, this river stays the nearest; it
    is near (5 km) and its line is better than 5 km. Low: farther than 10 km, or another
    river may be nearer and neither the position (5 km) nor a name decides.
    """
    coarse = network.position_m[chosen] >= COARSE_LINE_M
    if distance_m > FAR_M or (not clear and radius_m > NEAR_M and not named):
        return "low"
    if clear and distance_m <= NEAR_M and not coarse:
        return "high"
    return "medium"


def _reason(
    network: Network,
    distance: Numbers,
    metres: float,
    rule: str,
    way: _Way | None,
    agrees: bool | None,
    *,
    clear: bool,
) -> str:
    nearest_m, way_m = _tens(distance[0]), _tens(way.distance_m if way else 0.0)
    said: list[str | None] = []
    if rule == FLOW_PATH:
        said.append(SNAP_REASONS.reason("flow_path", way_m=way_m))
        if agrees is False:
            said.append(
                SNAP_REASONS.reason("nearest_leads_elsewhere", nearest_m=nearest_m)
            )
    elif rule == NEAREST:
        said.append(SNAP_REASONS.reason("nearest", distance_m=_tens(metres)))
    else:
        said.append(SNAP_REASONS.reason("named_river", distance_m=_tens(metres)))
        if distance[0] < metres:
            said.append(SNAP_REASONS.reason("another_is_nearer", nearest_m=nearest_m))
    if rule != FLOW_PATH and way is not None:
        said.append(_way_reason(network, way, agrees))
    if not clear:
        said.append(SNAP_REASONS.reason("another_may_be_nearer"))
    return str(joined(*said))


def _tens(metres: float) -> float:
    """Distance as a reason tells it, to ten metres: no layer is more exact."""
    return float(round(metres, -1))


def _way_reason(network: Network, way: _Way, agrees: bool | None) -> str | None:
    if way.status is Status.INVALID:
        return SNAP_REASONS.reason("flow_runs_in_a_circle")
    if not way.status.has_value:
        return SNAP_REASONS.reason("no_flow_here")
    if agrees:
        return None
    name, way_m = network.name[way.reach], _tens(way.distance_m)
    if not name:
        return SNAP_REASONS.reason("flows_to_unnamed", way_m=way_m)
    return SNAP_REASONS.reason("flows_elsewhere", river=name, way_m=way_m)
