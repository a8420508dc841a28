"""Where the water goes from every place at which a facility may lie.

A position is known within a radius only. Points of equal area in that circle are
joined to the network by the rule that joins the facility itself; the share of points
that end in a reach is the share of the circle's area that drains to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.geo import WGS84
from pipeline.rivers import overland
from pipeline.rivers.names import name_forms, stated_rivers
from pipeline.rivers.nearest import Pairs, ReachIndex
from pipeline.rivers.network import Network
from pipeline.rivers.overland import FlowGrid
from pipeline.rivers.snapping import (
    NAMED,
    Snap,
    nearest_m,
    prefers_flow_path,
    radius_or_limit,
)

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]

N_POSITIONS: Final = 200
"""Points in a circle: shares are known to about one percent."""
_GOLDEN_ANGLE_DEG: Final = 180.0 * (3.0 - 5.0**0.5)
_SITES_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Candidates:
    """Reaches that facilities may drain to, shape (m,) each, by site, largest first.

    ``site`` counts in the snaps, ``share`` is that of the circle's area. The entries
    lie between ``first_fraction`` (farthest upstream) and ``last_fraction`` of the
    reach; half of the area lies on either side of ``fraction``. ``unjoined`` has the
    share of each circle from which no reach is found, NaN without a position.
    """

    site: Indices
    reach: Indices
    share: Numbers
    fraction: Numbers
    first_fraction: Numbers
    last_fraction: Numbers
    unjoined: Numbers


def circle_points(
    lon_deg: float, lat_deg: float, radius_m: float, count: int = N_POSITIONS
) -> tuple[Numbers, Numbers]:
    """Points that share a geodesic circle out in parts of equal area (a spiral)."""
    number = np.arange(count)
    metres = radius_m * np.sqrt((number + 0.5) / count)
    azimuth = number * _GOLDEN_ANGLE_DEG % 360.0
    lon, lat, _ = WGS84.fwd(
        np.full(count, lon_deg), np.full(count, lat_deg), azimuth, metres
    )
    return np.asarray(lon), np.asarray(lat)


def find_candidates(
    network: Network,
    index: ReachIndex,
    snaps: Sequence[Snap],
    limit_m: float,
    grid: FlowGrid | None = None,
) -> Candidates:
    """Reaches that every facility with a position may drain to, with their shares.

    Where the facility was joined to the river that the inventory names, every position
    is joined to the nearest reach of that river.
    """
    placed = [
        k
        for k, snap in enumerate(snaps)
        if np.isfinite([snap.site.lon_deg, snap.site.lat_deg]).all()
    ]
    unjoined = np.full(len(snaps), np.nan)
    parts: list[tuple[Indices, Indices, Numbers, Numbers, Numbers, Numbers]] = []
    for start in range(0, len(placed), _SITES_AT_ONCE):
        chunk = placed[start : start + _SITES_AT_ONCE]
        reach, fraction = _join(
            network, index, [snaps[k] for k in chunk], limit_m, grid
        )
        for at, k in enumerate(chunk):
            unjoined[k] = np.mean(reach[at] < 0)
            parts.append(_grouped(k, reach[at], fraction[at]))
    nothing, none = np.empty(0), np.empty(0, dtype=np.int64)
    parts.append((none, none, nothing, nothing, nothing, nothing))
    site, ids, share, middle, first, last = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    return Candidates(
        site.astype(np.int64),
        ids.astype(np.int64),
        share,
        middle,
        first,
        last,
        unjoined,
    )


def _grouped(
    site: int, reach: Indices, fraction: Numbers
) -> tuple[Indices, Indices, Numbers, Numbers, Numbers, Numbers]:
    """Reaches of one site with share and entries, largest share first."""
    found = reach >= 0
    ids, which, count = np.unique(reach[found], return_inverse=True, return_counts=True)
    order = np.lexsort((ids, -count))
    entries = [np.sort(fraction[found][which == k]) for k in order]
    return (
        np.full(len(ids), site, dtype=np.int64),
        ids[order],
        count[order] / len(reach),
        np.array([e[(len(e) - 1) // 2] for e in entries], dtype=np.float64),
        np.array([e[0] for e in entries], dtype=np.float64),
        np.array([e[-1] for e in entries], dtype=np.float64),
    )


def _join(
    network: Network,
    index: ReachIndex,
    snaps: Sequence[Snap],
    limit_m: float,
    grid: FlowGrid | None,
) -> tuple[Indices, Numbers]:
    """Reach (-1 if none) and share upstream of the entry for every position.

    Shape (sites, positions) each.
    """
    points = [
        circle_points(
            snap.site.lon_deg,
            snap.site.lat_deg,
            radius_or_limit(snap.site, limit_m),
        )
        for snap in snaps
    ]
    lon = np.concatenate([p[0] for p in points])
    lat = np.concatenate([p[1] for p in points])
    owner = np.repeat(np.arange(len(snaps)), N_POSITIONS)
    named = np.array([snap.rule == NAMED for snap in snaps], dtype=bool)
    radius = np.array([radius_or_limit(snap.site, limit_m) for snap in snaps])
    search = np.where(named[owner], limit_m + radius[owner], limit_m)
    pairs = index.within(lon, lat, search)
    keep = _right_name(network, snaps, pairs, owner, named)
    keep &= named[owner[pairs.point]] | (pairs.distance_m <= limit_m)
    reach = np.full(len(lon), -1, dtype=np.int64)
    fraction = np.full(len(lon), np.nan)
    point, first = np.unique(pairs.point[keep], return_index=True)
    reach[point] = pairs.reach[keep][first]
    fraction[point] = np.clip(pairs.fraction[keep][first], 0.0, 1.0)
    if grid is not None:
        flow = overland.follow(grid, network.lines, lon, lat)
        metres = nearest_m(pairs, len(lon))
        use = prefers_flow_path(network, grid, flow, lat, metres, limit_m)
        use &= ~named[owner]
        reach[use], fraction[use] = flow.reach[use], flow.fraction[use]
    shape = (len(snaps), N_POSITIONS)
    return reach.reshape(shape), fraction.reshape(shape)


def _right_name(
    network: Network,
    snaps: Sequence[Snap],
    pairs: Pairs,
    owner: Indices,
    named: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Pairs whose reach bears the name that the site's inventory states, if it does."""
    right = np.ones(len(pairs.point), dtype=bool)
    site = owner[pairs.point]
    for k in np.flatnonzero(named).tolist():
        wanted = stated_rivers(snaps[k].site.river)
        mine = np.flatnonzero(site == k)
        fits = {
            int(r): bool(name) and bool(wanted & name_forms(name))
            for r in np.unique(pairs.reach[mine])
            for name in [network.name[r]]
        }
        right[mine] = [fits[int(r)] for r in pairs.reach[mine]]
    return right
