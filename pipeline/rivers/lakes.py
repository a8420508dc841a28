"""Standing water: where a river stops being a river, and how long it holds the water.

Jobson's equations are made for rivers. A reach in a lake has no travel time of its own;
leaving the lake adds its residence time V / Q at the outlet where the volume is known.
Where it is unknown, every arrival below is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.rivers.network import Network
from pipeline.rivers.velocity import FlowFactors, discharge_bounds

Numbers = NDArray[np.float64]

LAKE_SHARE: Final = 0.5
LAKE_LENGTH_M: Final = 1000.0
_S_PER_H: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Lake:
    """A lake or reservoir; names and volume are None where unknown."""

    lake_id: str
    name: str | None
    name_ru: str | None
    volume_m3: float | None


@dataclass(frozen=True, slots=True)
class Residence:
    """Hours that leaving a reach adds, shape (n,) each.

    Zero outside lakes and inside them, the residence time at the last reach of a lake;
    NaN there where volume or discharge is unknown. ``inside`` marks the reaches of a
    lake whose downstream end still lies in it.
    """

    central_h: Numbers
    earliest_h: Numbers
    latest_h: Numbers
    inside: NDArray[np.bool_]


def residence_times(
    network: Network,
    lakes: Mapping[str, Lake],
    flows: FlowFactors,
    short_circuit_fraction: float,
) -> Residence:
    """Residence time of every lake at the reach by which the water leaves it.

    The central time is V / Q at mean flow, the latest V / Q at low flow of the lower
    bound of the discharge. A front can cross standing water much faster than the mean
    water does: the earliest time is ``short_circuit_fraction`` of V / Q at high flow of
    the upper bound. Where the discharge has no bounds, its mean is used.
    """
    in_lake = network.in_lake
    following = network.next_index
    same = np.zeros(len(network), dtype=bool)
    rows = np.flatnonzero(in_lake & (following >= 0))
    same[rows] = network.lake[rows] == network.lake[following[rows]]
    leaving = in_lake & ~same
    volume = np.array(
        [_volume(lakes.get(key)) if key is not None else np.nan for key in network.lake]
    )
    flow = network.discharge
    mean, low, high = (
        np.where(leaving, _turnover_h(volume, discharge), 0.0)
        for discharge in (flow.mean_m3s, *discharge_bounds(flow))
    )
    return Residence(
        central_h=mean,
        earliest_h=high * short_circuit_fraction / flows.high,
        latest_h=low / flows.low,
        inside=same,
    )


def _turnover_h(volume_m3: Numbers, discharge_m3s: Numbers) -> Numbers:
    known = np.where(discharge_m3s > 0, discharge_m3s, np.nan)
    return np.asarray(volume_m3 / known / _S_PER_H)


def _volume(lake: Lake | None) -> float:
    if lake is None or lake.volume_m3 is None or not lake.volume_m3 > 0:
        return np.nan
    return lake.volume_m3


def lakes_from_polygons(
    network: Network, polygons: NDArray[np.object_], keys: NDArray[np.object_]
) -> Network:
    """Mark reaches in lakes, for a river layer that knows none itself.

    A reach runs in a lake when half of its line, or 1 km of it, lies inside.

    Parameters
    ----------
    network
        Its ``lake`` is empty everywhere.
    polygons, keys
        Shape (m,). Lakes in EPSG:4326 and their keys.
    """
    lines = np.array(
        [shapely.LineString(part) for part in line_coordinates(network)], dtype=object
    )
    tree = shapely.STRtree(lines)
    which, reach = tree.query(polygons, predicate="intersects")
    inside = shapely.length(shapely.intersection(lines[reach], polygons[which]))
    share = inside / shapely.length(lines[reach])
    wet = (share >= LAKE_SHARE) | (share * network.length_m[reach] >= LAKE_LENGTH_M)
    lake = network.lake.copy()
    order = np.argsort(share[wet], kind="stable")
    lake[reach[wet][order]] = keys[which[wet][order]]
    return replace(network, lake=lake)


def line_coordinates(network: Network) -> list[NDArray[np.float64]]:
    """Vertices of every reach, shape (k, 2) each, longitude first."""
    lines = network.lines
    points = np.column_stack([lines.lon_deg, lines.lat_deg])
    return np.split(points, lines.offset[1:-1])
