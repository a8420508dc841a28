"""Crossings and receptors below many facilities, by jumping from one to the next."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.rivers.reach_below import Below, Links

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
Small = NDArray[np.int32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Met:
    """Places that facilities meet downstream, those of one facility after another.

    Facility k has offset[k] to offset[k + 1]. ``item`` is the reach whose upstream end
    is the border, or the number of the receptor. ``metres`` and ``hours`` (central,
    earliest, latest; shape (m, 3), NaN where a time on the way is unknown) lead from
    the facility to it.
    """

    offset: Indices
    item: Small
    metres: Numbers
    hours: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ReachTimes:
    """What passing every reach takes.

    ``length_m`` has shape (n,). ``hours`` has shape (n, 3): the central, earliest and
    latest time of the peak, in standing water the residence that leaving adds; NaN
    where it is unknown. ``standing`` marks reaches in standing water, inside of which
    no time is known and from any place of which leaving takes the same.
    """

    length_m: Numbers
    hours: Numbers
    standing: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sites:
    """Entries of facilities: reach and the share (0 to 1) of it that lies upstream."""

    reach: Indices
    fraction: Numbers


@dataclass(frozen=True, slots=True)
class Receptors:
    """Receptors by reach: reach i has offset[i] to offset[i + 1], in flow order.

    ``fraction`` is the share of the reach upstream of each.
    """

    offset: Indices
    fraction: Numbers


@njit(cache=True)
def _way(
    sums: Numbers,
    site: np.int64,
    share: float,
    place: np.int64,
    metres: float,
    hours: Numbers,
) -> tuple[float, float, float, float]:
    """Metres and hours from a share of one reach to the upstream end of another."""
    return (
        sums[site, 0] - sums[place, 0] - share * metres,
        sums[site, 1] - sums[place, 1] - share * hours[0],
        sums[site, 2] - sums[place, 2] - share * hours[1],
        sums[site, 3] - sums[place, 3] - share * hours[2],
    )


@njit(cache=True)
def _known(
    sums: Numbers,
    next_index: Indices,
    standing: Flags,
    site: np.int64,
    share: float,
    place: np.int64,
) -> bool:
    """Whether all times between are known; nothing of a reach takes no time."""
    first = site
    if share >= 1.0 and place != site and not standing[site]:
        first = next_index[site]
    return sums[first, 4] == sums[place, 4]


@njit(cache=True, nogil=True)
def _list_borders(border: Small, reach: Indices, offset: Indices, item: Small) -> None:
    for k in range(len(reach)):
        j = border[reach[k]]
        for at in range(offset[k], offset[k + 1]):
            item[at] = j
            j = border[j]


@njit(cache=True, nogil=True)
def _time_borders(
    sums: Numbers,
    next_index: Indices,
    length_m: Numbers,
    hours: Numbers,
    standing: Flags,
    reach: Indices,
    fraction: Numbers,
    offset: Indices,
    item: Small,
    metres: Numbers,
    times: NDArray[np.float32],
) -> None:
    for k in range(len(reach)):
        i = reach[k]
        own = np.zeros(3)
        if not standing[i] and hours[i, 0] + hours[i, 1] + hours[i, 2] < np.inf:
            own[:] = hours[i]
        for at in range(offset[k], offset[k + 1]):
            j = np.int64(item[at])
            m, c, e, s = _way(sums, i, fraction[k], j, length_m[i], own)
            metres[at] = m
            times[at, 0], times[at, 1], times[at, 2] = c, e, s
            if not _known(sums, next_index, standing, i, fraction[k], j):
                times[at, :] = np.nan


@njit(cache=True)
def _first_place(
    fraction: Numbers, receptor_offset: Indices, i: np.int64, share: float
) -> int:
    """First receptor of a reach that does not lie above a share of it."""
    at = receptor_offset[i]
    while at < receptor_offset[i + 1] and fraction[at] < share:
        at += 1
    return at


@njit(cache=True, nogil=True)
def _list_places(
    place: Small,
    next_index: Indices,
    receptor_offset: Indices,
    receptor_fraction: Numbers,
    reach: Indices,
    fraction: Numbers,
    offset: Indices,
    item: Small,
) -> None:
    following = np.full(len(receptor_fraction), -1, np.int32)
    for i in range(len(next_index)):
        for at in range(receptor_offset[i], receptor_offset[i + 1]):
            if at + 1 < receptor_offset[i + 1]:
                following[at] = at + 1
            elif next_index[i] >= 0 and place[next_index[i]] >= 0:
                following[at] = receptor_offset[place[next_index[i]]]
    for k in range(len(reach)):
        if offset[k] == offset[k + 1]:
            continue
        receptor: int = _first_below(
            place, next_index, receptor_offset, receptor_fraction, reach[k], fraction[k]
        )
        for at in range(offset[k], offset[k + 1]):
            item[at] = receptor
            receptor = following[receptor]


@njit(cache=True)
def _rows_of_places(
    sums: Numbers,
    length_m: Numbers,
    hours: Numbers,
    standing: Flags,
    offset: Indices,
    fraction: Numbers,
) -> Numbers:
    """Way from every receptor to the end of its river.

    Rows are those of `reach_below.Below.sums`, NaN where the way from the upstream end
    of the reach to the receptor takes an unknown time.
    """
    rows = np.empty((len(fraction), 5))
    for i in range(len(length_m)):
        for at in range(offset[i], offset[i + 1]):
            f = fraction[at]
            rows[at, 0] = sums[i, 0] - f * length_m[i]
            rows[at, 4] = sums[i, 4]
            for c in range(3):
                used = f * hours[i, c] if f > 0.0 else 0.0
                rows[at, c + 1] = sums[i, c + 1] - used
                if f > 0.0 and standing[i]:
                    rows[at, c + 1] = np.nan
    return rows


@njit(cache=True, nogil=True)
def _time_places(
    sums: Numbers,
    next_index: Indices,
    length_m: Numbers,
    hours: Numbers,
    standing: Flags,
    receptor_offset: Indices,
    receptor_fraction: Numbers,
    reach: Indices,
    fraction: Numbers,
    offset: Indices,
    item: Small,
    metres: Numbers,
    times: NDArray[np.float32],
) -> None:
    rows = _rows_of_places(
        sums, length_m, hours, standing, receptor_offset, receptor_fraction
    )
    for k in range(len(reach)):
        if offset[k] == offset[k + 1]:
            continue
        i, share = reach[k], fraction[k]
        here = np.empty(5)
        here[:] = sums[i]
        here[0] -= share * length_m[i]
        if not standing[i] and hours[i, 0] + hours[i, 1] + hours[i, 2] < np.inf:
            here[1:4] -= share * hours[i]
        if share >= 1.0 and not standing[i] and next_index[i] >= 0:
            here[4] = sums[next_index[i], 4]
        for at in range(offset[k], offset[k + 1]):
            receptor = item[at]
            metres[at] = here[0] - rows[receptor, 0]
            for c in range(3):
                times[at, c] = here[c + 1] - rows[receptor, c + 1]
            on_reach = receptor < receptor_offset[i + 1]
            if on_reach and receptor_fraction[receptor] == share:
                metres[at] = 0.0
                times[at, :] = 0.0
            elif not on_reach and here[4] != rows[receptor, 4]:
                times[at, :] = np.nan


@njit(cache=True)
def _first_below(
    place: Small,
    next_index: Indices,
    offset: Indices,
    fraction: Numbers,
    i: np.int64,
    share: float,
) -> int:
    """First receptor below a share of a reach; there must be one."""
    at = _first_place(fraction, offset, i, share)
    if at < offset[i + 1]:
        return at
    return offset[place[next_index[i]]]


def meet_below(
    below: Below, times: ReachTimes, sites: Sites, receptors: Receptors
) -> tuple[Met, Met]:
    """Crossings and receptors below every facility, by two threads."""
    with ThreadPoolExecutor(1) as other:
        borders = other.submit(crossings_below, below, times, sites)
        places = receptors_below(below, times, sites, receptors)
        return borders.result(), places


def borders_met(links: Links, reach: Indices) -> tuple[Indices, Small]:
    """Reaches below some reaches where other countries begin, in flow order.

    Returns
    -------
    tuple
        Where those of each reach begin, shape (k + 1,), and the reaches.
    """
    offset, item = _room(links.n_borders[reach])
    _list_borders(links.border, reach, offset, item)
    return offset, item


def places_met(
    links: Links, sites: Sites, receptors: Receptors
) -> tuple[Indices, Small]:
    """Receptors below facilities, in flow order (see `borders_met`)."""
    count = links.n_places[sites.reach].astype(np.int64)
    count -= _passed(sites.reach, sites.fraction, receptors.offset, receptors.fraction)
    offset, item = _room(count)
    _list_places(
        links.place,
        links.next_index,
        receptors.offset,
        receptors.fraction,
        sites.reach,
        sites.fraction,
        offset,
        item,
    )
    return offset, item


def crossings_below(below: Below, times: ReachTimes, sites: Sites) -> Met:
    """Border crossings below every facility, in flow order."""
    met = _timed(*borders_met(below.links, sites.reach))
    _time_borders(
        below.sums,
        below.links.next_index,
        times.length_m,
        times.hours,
        times.standing,
        sites.reach,
        sites.fraction,
        met.offset,
        met.item,
        met.metres,
        met.hours,
    )
    return met


def receptors_below(
    below: Below, times: ReachTimes, sites: Sites, receptors: Receptors
) -> Met:
    """Receptors below every facility, in flow order."""
    met = _timed(*places_met(below.links, sites, receptors))
    _time_places(
        below.sums,
        below.links.next_index,
        times.length_m,
        times.hours,
        times.standing,
        receptors.offset,
        receptors.fraction,
        sites.reach,
        sites.fraction,
        met.offset,
        met.item,
        met.metres,
        met.hours,
    )
    return met


@njit(cache=True)
def _passed(
    reach: Indices, share: Numbers, offset: Indices, fraction: Numbers
) -> Indices:
    """Receptors of the facility's own reach that lie above its entry."""
    count = np.empty(len(reach), np.int64)
    for k in range(len(reach)):
        i = reach[k]
        count[k] = _first_place(fraction, offset, i, share[k]) - offset[i]
    return count


def _room(count: NDArray[np.integer]) -> tuple[Indices, Small]:
    offset = np.zeros(len(count) + 1, dtype=np.int64)
    np.cumsum(count, out=offset[1:])
    return offset, np.empty(int(offset[-1]), dtype=np.int32)


def _timed(offset: Indices, item: Small) -> Met:
    size = len(item)
    return Met(offset, item, np.empty(size), np.empty((size, 3), dtype=np.float32))
