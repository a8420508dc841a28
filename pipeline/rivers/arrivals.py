"""When a spill reaches places along its path, and how diluted it is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.rivers import jobson
from pipeline.rivers.coefficients import formula
from pipeline.rivers.network import Network
from pipeline.rivers.paths import CENTRAL, CONFIDENCES, EARLIEST, LATEST, Paths, Timing

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What is known at some places on paths, shape (m,) each; NaN where unknown.

    Times are hours after the spill entered the river: leading edge and peak, each
    central, earliest (``low``) and latest (``high``), and the tail at mean flow.
    ``weakness`` is the place in `paths.CONFIDENCES` of the weakest method on the way.
    """

    distance_m: Numbers
    lead_h: Numbers
    lead_low_h: Numbers
    lead_high_h: Numbers
    peak_h: Numbers
    peak_low_h: Numbers
    peak_high_h: Numbers
    tail_h: Numbers
    unit_peak: Numbers
    beyond: NDArray[np.bool_]
    weakness: Indices

    def columns(self) -> dict[str, Any]:
        """Columns of the tables, without the distance."""
        label = np.array(CONFIDENCES, dtype=object)[self.weakness]
        provisional = pd.array([c.is_provisional for c in label], dtype="boolean")
        confidence = np.array([c.value for c in label], dtype=object)
        unknown = np.isnan(self.peak_h)
        provisional[unknown] = pd.NA
        confidence[unknown] = None
        return {
            "arrival_lead_h": self.lead_h,
            "arrival_lead_h_low": self.lead_low_h,
            "arrival_lead_h_high": self.lead_high_h,
            "arrival_peak_h": self.peak_h,
            "arrival_peak_h_low": self.peak_low_h,
            "arrival_peak_h_high": self.peak_high_h,
            "arrival_tail_h": self.tail_h,
            "unit_peak_mg_per_l_per_t": self.unit_peak,
            "beyond_standing_water": self.beyond,
            "provisional": provisional,
            "confidence": confidence,
        }


def arrivals_at(
    network: Network,
    timing: Timing,
    paths: Paths,
    element: Indices,
    fraction: Numbers,
    *,
    at_exit: bool = False,
) -> Arrivals:
    """Arrivals at places on paths.

    Parameters
    ----------
    element
        Shape (m,). Elements of ``paths``.
    fraction
        Shape (m,). Share (0 to 1) of the element's reach upstream of the place; values
        above the entry point count as the entry point.
    at_exit
        The places are the downstream ends of the reaches, where the water has left a
        lake if the reach was its last.

    Notes
    -----
    Inside standing water arrivals are unknown, but for the place where the water
    enters it. Below it, the residence time is added where it is known (see `lakes`).
    The leading edge takes 0.89 of the peak's time in rivers; residence times are added
    to both alike. The tail and the concentration are given for rivers only, and from
    the time on at which the water is mixed across the river.
    """
    reach = paths.reach[element]
    first = paths.start_fraction[element]
    share = np.maximum(fraction - first, 0.0)
    in_lake = timing.in_lake[reach]
    moved = in_lake & (share > 0)
    beyond = paths.start_beyond[element] | moved
    within = np.where(share > 0, share * timing.river_h[:, reach], 0.0)
    river = paths.start_river_h[:, element] + within
    lake = paths.start_lake_h[:, element].copy()
    unknown = moved.copy()
    if at_exit:
        lake = lake + timing.lake_h[:, reach]
        beyond |= in_lake
        unknown = timing.inside[reach]
    peak = river + lake
    lead = jobson.leading_edge_h(river) + lake
    missing = np.isnan(peak).any(axis=0) | unknown
    peak[:, missing] = np.nan
    lead[:, missing] = np.nan
    weakness = paths.start_weakness[element].copy()
    counts = (share > 0) | (at_exit & in_lake)
    weakness[counts] = np.maximum(weakness, timing.weakness[reach])[counts]
    tail, unit = _passage(river[CENTRAL], missing | beyond, paths.dilution_m3s[element])
    return Arrivals(
        distance_m=paths.start_m[element] + share * network.length_m[reach],
        lead_h=lead[CENTRAL],
        lead_low_h=lead[EARLIEST],
        lead_high_h=lead[LATEST],
        peak_h=peak[CENTRAL],
        peak_low_h=peak[EARLIEST],
        peak_high_h=peak[LATEST],
        tail_h=tail,
        unit_peak=unit,
        beyond=beyond,
        weakness=weakness,
    )


def peak_within(
    arrivals: Arrivals, paths: Paths, element: Indices, limit_h: float
) -> Any:
    """Whether the peak arrives within a limit at mean flow; empty where unknown.

    An unknown arrival is surely outside the limit where the time in rivers alone
    exceeds it.

    Parameters
    ----------
    arrivals, element
        Shape (m,). Arrivals at places in these path elements.
    """
    at_least = paths.start_river_h[CENTRAL, element]
    unknown = np.isnan(arrivals.peak_h) & ~(at_least > limit_h)
    result = pd.array(arrivals.peak_h <= limit_h, dtype="boolean")
    result[unknown] = pd.NA
    return result


def _passage(
    peak_h: Numbers, without: NDArray[np.bool_], discharge_m3s: Numbers
) -> tuple[Numbers, Numbers]:
    """Tail and peak concentration per tonne at mean flow; NaN outside their range."""
    mixed = peak_h >= formula("mixing-time")["hours"]
    peak = np.where(mixed & ~without, peak_h, np.nan)
    cup = jobson.unit_peak(peak)
    tail = jobson.leading_edge_h(peak) + jobson.passage_h(cup)
    tail = np.where(tail >= peak, tail, np.nan)
    return tail, jobson.peak_concentration_mg_per_l(cup, 1000.0, discharge_m3s)


def two_day_distance_m(
    network: Network, timing: Timing, paths: Paths, limit_h: float
) -> Numbers:
    """How far the peak gets at mean flow within a time limit, for every path.

    The distance ends at the first standing water and at the end of the river. NaN where
    the velocity becomes unknown before.
    """
    result = np.empty(len(paths))
    for k in range(len(paths)):
        part = slice(int(paths.offset[k]), int(paths.offset[k + 1]))
        reach = paths.reach[part]
        share = 1.0 - paths.start_fraction[part]
        step = share * timing.river_h[CENTRAL, reach]
        stops = np.flatnonzero(
            timing.in_lake[reach]
            | np.isnan(step)
            | (paths.start_river_h[CENTRAL, part] + step > limit_h)
        )
        if not len(stops):
            last = int(paths.offset[k + 1]) - 1
            result[k] = paths.start_m[last] + share[-1] * network.length_m[reach[-1]]
            continue
        at = int(stops[0])
        begin = paths.start_m[part][at]
        if timing.in_lake[reach[at]]:
            result[k] = begin
            continue
        left = limit_h - paths.start_river_h[CENTRAL, part][at]
        length = share[at] * network.length_m[reach[at]]
        result[k] = begin + length * left / step[at]
    return result
