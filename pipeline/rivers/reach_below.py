"""Answer for many facilities at once what lies below them, without walking their paths.

One pass from the river mouths upwards gives every reach the distance and the times to
the end of its river, the next reach with other countries on its banks, and the next
reach with receptors. What a facility wants to know about a place below it is then a
difference of two sums; its crossings and receptors are met by jumping from one to the
next; and its path is a few runs of neighbouring reaches, because a main stem lies side
by side (see `topology`).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
Small = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Links:
    """What every reach leads to, shape (n,) each.

    ``border`` is the next reach whose banks belong to other countries, ``place`` the
    next reach (itself included) with receptors; -1 where there is none. ``n_borders``,
    ``n_places`` and ``n_runs`` count what is met down to the end. ``run_end`` is the
    last reach of the run of neighbours that the reach belongs to.
    """

    border: Small
    place: Small
    n_borders: Small
    n_places: Small
    run_end: Small
    n_runs: Small
    next_index: Indices


@dataclass(frozen=True, slots=True)
class Below:
    """What lies below the upstream end of every reach.

    ``sums`` has shape (n, 5): metres to the end of the river, hours of the peak
    (central, earliest, latest) and how many reaches on the way have an unknown time;
    unknown times count as zero in the sums.
    """

    sums: Numbers
    links: Links


@njit(cache=True, nogil=True)
def _sum_down(next_index: Indices, length_m: Numbers, hours: Numbers) -> Numbers:
    """Metres, hours and unknown times from every reach to the end."""
    sums = np.empty((len(next_index), 5))
    for i in range(len(next_index) - 1, -1, -1):
        j = next_index[i]
        c, e, s = hours[i, 0], hours[i, 1], hours[i, 2]
        unknown = 0.0
        if not c + e + s < np.inf:
            c, e, s, unknown = 0.0, 0.0, 0.0, 1.0
        if j < 0:
            sums[i, 0], sums[i, 1], sums[i, 2] = length_m[i], c, e
            sums[i, 3], sums[i, 4] = s, unknown
        else:
            sums[i, 0] = length_m[i] + sums[j, 0]
            sums[i, 1] = c + sums[j, 1]
            sums[i, 2] = e + sums[j, 2]
            sums[i, 3] = s + sums[j, 3]
            sums[i, 4] = unknown + sums[j, 4]
    return sums


@njit(cache=True, nogil=True)
def _link_down(
    next_index: Indices, banks: Indices, receptor_offset: Indices
) -> tuple[Small, Small, Small, Small, Small, Small]:
    """Next border, next receptors and run of every reach, and how many follow."""
    size = len(next_index)
    border, n_borders = np.empty(size, np.int32), np.empty(size, np.int32)
    place, n_places = np.empty(size, np.int32), np.empty(size, np.int32)
    run_end, n_runs = np.empty(size, np.int32), np.empty(size, np.int32)
    for i in range(size - 1, -1, -1):
        j = next_index[i]
        count = receptor_offset[i + 1] - receptor_offset[i]
        if j < 0:
            border[i], n_borders[i] = -1, 0
            place[i] = i if count else -1
            n_places[i] = count
            run_end[i], n_runs[i] = i, 1
            continue
        if banks[j] != banks[i]:
            border[i], n_borders[i] = j, n_borders[j] + 1
        else:
            border[i], n_borders[i] = border[j], n_borders[j]
        place[i] = i if count else place[j]
        n_places[i] = count + n_places[j]
        if j == i + 1:
            run_end[i], n_runs[i] = run_end[j], n_runs[j]
        else:
            run_end[i], n_runs[i] = i, n_runs[j] + 1
    return border, place, n_borders, n_places, run_end, n_runs


def links_below(
    next_index: Indices,
    banks: Indices | None = None,
    receptor_offset: Indices | None = None,
) -> Links:
    """One pass over a network that is sorted upstream to downstream.

    Parameters
    ----------
    next_index, banks
        Shape (n,). ``banks`` numbers the countries of the banks; without it no border
        is met.
    receptor_offset
        Shape (n + 1,). Where the receptors of each reach begin; none without it.
    """
    size = len(next_index)
    same = np.zeros(size, np.int64) if banks is None else banks
    nobody = (
        np.zeros(size + 1, np.int64) if receptor_offset is None else receptor_offset
    )
    return Links(*_link_down(next_index, same, nobody), next_index)


def look_below(
    next_index: Indices,
    length_m: Numbers,
    hours: Numbers,
    banks: Indices,
    receptor_offset: Indices,
) -> Below:
    """Links and sums of all reaches, by two threads (see `links_below`).

    Parameters
    ----------
    length_m
        Shape (n,).
    hours
        Shape (n, 3). Hours of the peak through each reach: central, earliest, latest;
        NaN where unknown.
    """
    with ThreadPoolExecutor(1) as other:
        sums = other.submit(_sum_down, next_index, length_m, hours)
        links = links_below(next_index, banks, receptor_offset)
        return Below(sums.result(), links)


@dataclass(frozen=True, slots=True)
class Runs:
    """Paths as runs of neighbouring reaches; path k has offset[k] to offset[k + 1].

    A run leads from ``first`` to ``last``, every number between included.
    """

    offset: Indices
    first: Small
    last: Small

    def reaches(self) -> tuple[Indices, Indices]:
        """All reaches of all paths, one after another, and where each path begins."""
        size = (self.last - self.first + 1).astype(np.int64)
        begin = np.zeros(len(size) + 1, dtype=np.int64)
        np.cumsum(size, out=begin[1:])
        place = np.arange(begin[-1]) - np.repeat(begin[:-1] - self.first, size)
        return place, begin[self.offset]


def runs_below(links: Links, reach: Indices) -> Runs:
    """Path of every facility to the end of its river, as runs of neighbours."""
    offset = np.zeros(len(reach) + 1, dtype=np.int64)
    np.cumsum(links.n_runs[reach], out=offset[1:])
    first = np.empty(offset[-1], dtype=np.int32)
    last = np.empty(offset[-1], dtype=np.int32)
    _collect_runs(links.next_index, links.run_end, reach, offset, first, last)
    return Runs(offset, first, last)


@njit(cache=True)
def _collect_runs(
    next_index: Indices,
    run_end: Small,
    reach: Indices,
    offset: Indices,
    first: Small,
    last: Small,
) -> None:
    for k in range(len(reach)):
        i = reach[k]
        for at in range(offset[k], offset[k + 1]):
            first[at], last[at] = i, run_end[i]
            i = next_index[run_end[i]]
