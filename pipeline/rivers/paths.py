"""Paths of all facilities at once: distances and travel times along the river.

Paths are runs of neighbouring reaches (see `reach_below`), written out one after
another; a compiled walk adds up distance, travel time in the river and residence time
in lakes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.core.model import Confidence
from pipeline.core.schemas.rivers import VelocityMethod
from pipeline.rivers.jobson import travel_time_h
from pipeline.rivers.lakes import Residence
from pipeline.rivers.network import Network
from pipeline.rivers.reach_below import links_below, runs_below
from pipeline.rivers.topology import reaches_to_end
from pipeline.rivers.velocity import ReachVelocities

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]

CENTRAL, EARLIEST, LATEST = 0, 1, 2
CONFIDENCES: Final = (
    Confidence.THIRD_PARTY,
    Confidence.MEMORY_HIGH,
    Confidence.PROJECT,
)
"""Labels of the methods that give reaches their times, strongest first."""
_METHOD_LABEL: Final[dict[str, Confidence]] = {
    VelocityMethod.JOBSON_SLOPE: Confidence.THIRD_PARTY,
    VelocityMethod.JOBSON_NO_SLOPE: Confidence.THIRD_PARTY,
    VelocityMethod.OBSERVED: Confidence.MEMORY_HIGH,
    VelocityMethod.MANNING: Confidence.MEMORY_HIGH,
    VelocityMethod.ALLEN: Confidence.MEMORY_HIGH,
}


@dataclass(frozen=True, slots=True)
class Timing:
    """Times of every reach in hours, shape (3, n): central, earliest, latest.

    ``river_h`` is that of the peak from the upstream to the downstream end, zero in
    standing water, NaN where the velocity is unknown. ``lake_h`` is what leaving the
    reach adds (see `lakes.Residence`). ``weakness`` is the place in
    `CONFIDENCES` of the label of the method that gives the reach its time.
    """

    river_h: Numbers
    lake_h: Numbers
    in_lake: Flags
    inside: Flags
    weakness: Indices


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths one after another; path ``k`` has the elements offset[k] to offset[k + 1].

    ``reach`` is the reach of each element. ``start_m``, ``start_river_h`` and
    ``start_lake_h`` hold at the place where the path enters the element, the times
    with shape (3, m). ``start_fraction`` is the share of the reach upstream of that
    place (zero but for the first element). ``start_beyond`` says whether standing water
    lies before it, ``start_weakness`` is the weakest method used on the way to it.
    ``dilution_m3s`` is the largest discharge on the way to the end of the element:
    water taken out of a river takes its load along, so a smaller discharge farther down
    makes no higher concentration.
    """

    offset: Indices
    reach: Indices
    start_m: Numbers
    start_fraction: Numbers
    start_river_h: Numbers
    start_lake_h: Numbers
    start_beyond: Flags
    start_weakness: Indices
    dilution_m3s: Numbers

    def __len__(self) -> int:
        """Return the number of paths."""
        return len(self.offset) - 1

    def owner(self) -> Indices:
        """Path that each element belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.offset))

    def start(self) -> Indices:
        """Reach that each path begins in."""
        return self.reach[self.offset[:-1]]

    def element_at(self, network: Network, path: Indices, reach: Indices) -> Indices:
        """Elements of paths, by the path and a reach that lies on it."""
        steps = reaches_to_end(network.next_index)
        return self.offset[path] + steps[self.start()[path]] - steps[reach]


def reach_timing(
    network: Network, velocities: ReachVelocities, residence: Residence
) -> Timing:
    """Times of every reach at the three flows."""
    in_lake = network.in_lake
    labels = [
        _METHOD_LABEL.get(method, Confidence.PROJECT) for method in velocities.method
    ]
    speeds = (velocities.central, velocities.fastest, velocities.slowest)
    river = np.array([travel_time_h(network.length_m, speed) for speed in speeds])
    river[:, in_lake] = 0.0
    return Timing(
        river_h=river,
        lake_h=np.array(
            [residence.central_h, residence.earliest_h, residence.latest_h]
        ),
        in_lake=in_lake,
        inside=residence.inside,
        weakness=np.array([CONFIDENCES.index(label) for label in labels], np.int64),
    )


def trace(
    network: Network, timing: Timing, start: Indices, start_fraction: Numbers
) -> Paths:
    """Follow the water from entry points to the ends of the rivers.

    Parameters
    ----------
    start
        Shape (k,). Reaches of the entry points.
    start_fraction
        Shape (k,). Share (0 to 1) of each reach upstream of its entry point.
    """
    reach, offset = runs_below(links_below(network.next_index), start).reaches()
    discharge = np.nan_to_num(network.discharge.mean_m3s, nan=0.0)
    start_m, fraction, river, lake, beyond, weakness, dilution = _accumulate(
        reach,
        offset,
        start_fraction,
        network.length_m,
        np.ascontiguousarray(timing.river_h.T),
        np.ascontiguousarray(timing.lake_h.T),
        timing.in_lake,
        timing.weakness,
        discharge,
    )
    return Paths(
        offset, reach, start_m, fraction, river.T, lake.T, beyond, weakness, dilution
    )


@njit(cache=True)
def _accumulate(
    reach: Indices,
    offset: Indices,
    start_fraction: Numbers,
    length_m: Numbers,
    river_h: Numbers,
    lake_h: Numbers,
    in_lake: Flags,
    weakness: Indices,
    discharge_m3s: Numbers,
) -> tuple[Numbers, Numbers, Numbers, Numbers, Flags, Indices, Numbers]:
    """Sum along every path; each element receives the sums at its own start.

    Times have shape (n, 3) here, so that those of one reach lie side by side.
    """
    count = len(reach)
    start_m = np.empty(count)
    fraction = np.empty(count)
    river = np.empty((count, 3))
    lake = np.empty((count, 3))
    beyond = np.empty(count, np.bool_)
    weakest = np.empty(count, np.int64)
    dilution = np.empty(count)
    for k in range(len(offset) - 1):
        metres = 0.0
        largest = 0.0
        wet = False
        worst = 0
        r0, r1, r2, l0, l1, l2 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        share = 1.0 - start_fraction[k]
        for place in range(offset[k], offset[k + 1]):
            i = reach[place]
            fraction[place] = 1.0 - share
            start_m[place] = metres
            river[place, 0], river[place, 1], river[place, 2] = r0, r1, r2
            lake[place, 0], lake[place, 1], lake[place, 2] = l0, l1, l2
            beyond[place] = wet
            weakest[place] = worst
            if share > 0.0:  # nothing of a reach takes no time, known or not
                metres += share * length_m[i]
                r0 += share * river_h[i, 0]
                r1 += share * river_h[i, 1]
                r2 += share * river_h[i, 2]
            l0 += lake_h[i, 0]
            l1 += lake_h[i, 1]
            l2 += lake_h[i, 2]
            wet = wet or in_lake[i]
            if share > 0.0 or in_lake[i]:
                worst = max(worst, weakness[i])
            largest = max(largest, discharge_m3s[i])
            dilution[place] = largest
            share = 1.0
    return start_m, fraction, river, lake, beyond, weakest, dilution
