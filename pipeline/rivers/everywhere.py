"""Questions asked of every reach at once, each by one pass over the arrays.

Reaches are numbered upstream to downstream, so a pass from the last to the first meets
every reach after the one that it flows into.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.rivers.network import Network
from pipeline.rivers.paths import CENTRAL, Timing

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
Small = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What lies downstream of the upstream end of every reach, shape (n,) each.

    ``end`` is the last reach of the river, ``to_end_m`` and ``to_end_h`` the way and
    the time of the peak at mean flow to its end. ``border`` is the first reach on the
    way whose banks belong to other countries, -1 if there is none; ``to_border_m`` and
    ``to_border_h`` lead to its start, NaN without one. Times count residence in lakes
    and are NaN where a velocity or a residence time on the way is unknown.
    """

    end: Indices
    to_end_m: Numbers
    to_end_h: Numbers
    border: Indices
    to_border_m: Numbers
    to_border_h: Numbers


def look_downstream(network: Network, timing: Timing) -> Outlook:
    """Outlook of every reach of a network."""
    hours = timing.river_h[CENTRAL] + timing.lake_h[CENTRAL]
    banks = bank_codes(network)
    return Outlook(*outlook(network.next_index, network.length_m, hours, banks))


def bank_codes(network: Network) -> Indices:
    """Number that two reaches share when their banks belong to the same countries."""
    codes: dict[frozenset[str | None], int] = {}
    pairs = zip(network.country_left, network.country_right, strict=True)
    return np.array(
        [codes.setdefault(frozenset(pair), len(codes)) for pair in pairs],
        dtype=np.int64,
    )


@njit(cache=True)
def outlook(
    next_index: Indices, length_m: Numbers, hours: Numbers, banks: Indices
) -> tuple[Indices, Numbers, Numbers, Indices, Numbers, Numbers]:
    """Fill the arrays of `Outlook`; reaches must be sorted upstream to downstream."""
    count = len(next_index)
    end = np.empty(count, np.int64)
    to_end_m = np.empty(count)
    to_end_h = np.empty(count)
    border = np.empty(count, np.int64)
    to_border_m = np.empty(count)
    to_border_h = np.empty(count)
    for i in range(count - 1, -1, -1):
        j = next_index[i]
        if j < 0:
            end[i], border[i] = i, -1
            to_end_m[i], to_end_h[i] = length_m[i], hours[i]
            to_border_m[i], to_border_h[i] = np.nan, np.nan
            continue
        end[i] = end[j]
        to_end_m[i] = length_m[i] + to_end_m[j]
        to_end_h[i] = hours[i] + to_end_h[j]
        if banks[j] != banks[i]:
            border[i] = j
            to_border_m[i], to_border_h[i] = length_m[i], hours[i]
        else:
            border[i] = border[j]
            to_border_m[i] = length_m[i] + to_border_m[j]
            to_border_h[i] = hours[i] + to_border_h[j]
    return end, to_end_m, to_end_h, border, to_border_m, to_border_h


@dataclass(frozen=True, slots=True)
class Above:
    """Facilities upstream of every reach: ``site[first[i]:last[i]]``.

    ``site`` numbers the facilities in the order of their reaches. Facilities on the
    reach itself count.
    """

    site: Indices
    first: Small
    last: Small


def who_is_above(n_upstream: Indices, reach: Indices) -> Above:
    """Which facilities lie upstream of every reach, for all reaches in one pass."""
    order = np.argsort(reach, kind="stable")
    first, last = _spans(n_upstream, np.bincount(reach, minlength=len(n_upstream)))
    return Above(order, first, last)


@njit(cache=True)
def _spans(n_upstream: Indices, count: Indices) -> tuple[Small, Small]:
    size = len(n_upstream)
    last = np.empty(size, np.int32)
    first = np.empty(size, np.int32)
    total = 0
    for i in range(size):
        total += count[i]
        last[i] = total
        begin = i - n_upstream[i] - 1
        first[i] = 0 if begin < 0 else last[begin]
    return first, last
