"""Join facilities to the river network by geodesic distance.

The nearest reach within the limit is taken. Where the inventory names the river, the
nearest reach of that river is preferred, if it lies no farther off than the radius of
the facility's position and the uncertainty of the line explain together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.model import Status
from pipeline.rivers.names import name_forms, stated_rivers
from pipeline.rivers.nearest import Pairs, ReachIndex
from pipeline.rivers.network import Network
from pipeline.rivers.topology import is_upstream

Numbers = NDArray[np.float64]

NEAR_M: Final = 5000.0
FAR_M: Final = 10_000.0
COARSE_LINE_M: Final = 5000.0


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
    """How a facility is joined; ``reach`` is None where it could not be."""

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


def snap_sites(
    network: Network, index: ReachIndex, sites: Sequence[Site], limit_m: float
) -> list[Snap]:
    """Join every site, or say why it cannot be joined; one result each, in order."""
    placed = [
        k for k, s in enumerate(sites) if np.isfinite([s.lon_deg, s.lat_deg]).all()
    ]
    radius = np.array([_radius(sites[k], limit_m) for k in placed])
    pairs = index.within(
        np.array([sites[k].lon_deg for k in placed], dtype=np.float64),
        np.array([sites[k].lat_deg for k in placed], dtype=np.float64),
        limit_m + 2 * radius,
    )
    bounds = np.searchsorted(pairs.point, np.arange(len(placed) + 1))
    place_of = {k: number for number, k in enumerate(placed)}
    snaps = []
    for k, site in enumerate(sites):
        if k not in place_of:
            snaps.append(
                Snap(site, Status.NOT_PROVIDED, "The inventory gives no position.")
            )
            continue
        near = slice(bounds[place_of[k]], bounds[place_of[k] + 1])
        snaps.append(_snap(network, site, pairs, near, limit_m))
    return snaps


def _radius(site: Site, limit_m: float) -> float:
    return site.radius_m if np.isfinite(site.radius_m) else limit_m


def _snap(
    network: Network, site: Site, pairs: Pairs, near: slice, limit_m: float
) -> Snap:
    distance = pairs.distance_m[near]
    reach = pairs.reach[near]
    if not len(distance) or distance[0] > limit_m:
        found = (
            f"the nearest is {distance[0] / 1000:.1f} km away"
            if len(distance)
            else "none lies anywhere near"
        )
        return Snap(
            site,
            Status.NOT_COVERED,
            f"No river of the layer lies within {limit_m / 1000:g} km; {found}.",
        )
    radius = _radius(site, limit_m)
    named = _named(network, site, reach, distance, radius, limit_m)
    at = 0 if named is None else named
    chosen = int(reach[at])
    apart = _nearest_apart(network, chosen, reach, distance)
    clear = apart is None or apart - distance[at] > 2 * radius
    confidence = _confidence(
        network,
        chosen,
        float(distance[at]),
        radius,
        clear=clear,
        named=named is not None,
    )
    return Snap(
        site=site,
        status=Status.MEASURED,
        reason=_reason(distance, at, clear=clear),
        reach=chosen,
        distance_m=float(distance[at]),
        fraction=float(np.clip(pairs.fraction[near][at], 0.0, 1.0)),
        lon_deg=float(pairs.lon_deg[near][at]),
        lat_deg=float(pairs.lat_deg[near][at]),
        rule="nearest" if named is None else "named_river",
        confidence=confidence,
        n_candidates=int(np.count_nonzero(distance <= radius)),
    )


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


def _reason(distance: Numbers, at: int, *, clear: bool) -> str:
    far = f"{distance[at] / 1000:.1f} km away"
    if at == 0:
        text = f"Nearest reach, {far}"
    else:
        text = f"Reach of the river that the inventory names, {far}"
        text += f" (another reach is {distance[0] / 1000:.1f} km away)"
    if not clear:
        text += "; another river may be nearer to the true position"
    return text + "."
