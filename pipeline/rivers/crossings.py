"""Border crossings along paths: where the water changes country.

A stretch of a path lies in one country, or is the border of two. The water crosses
when it leaves a country (``successive``), and when its river becomes the border
(``contiguous``): from then on the bank on the other side may be reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.rivers.borders import Stretches
from pipeline.rivers.network import Network
from pipeline.rivers.paths import Paths

Indices = NDArray[np.int64]
Numbers = NDArray[np.float64]

SUCCESSIVE: Final = "successive"
CONTIGUOUS: Final = "contiguous"


@dataclass(frozen=True, slots=True)
class Stay:
    """A stretch of a path within one country, or along the border of two.

    It begins at ``start_m`` on the path, in the path element ``element`` at the share
    ``fraction`` of its reach.
    """

    countries: frozenset[str]
    element: int
    fraction: float
    start_m: float
    length_m: float


@dataclass(frozen=True, slots=True)
class Crossing:
    """A change of country on a path."""

    path: int
    from_country: str
    to_country: str
    kind: str
    element: int
    fraction: float
    stretch_m: float


@dataclass(frozen=True, slots=True)
class Crossings:
    """Crossings of all paths, and how many slivers were passed over."""

    crossings: tuple[Crossing, ...]
    n_slivers: int


def elements_of(crossings: Sequence[Crossing]) -> Indices:
    """Path elements that crossings lie in, shape (m,)."""
    return np.array([crossing.element for crossing in crossings], dtype=np.int64)


def find_crossings(
    network: Network,
    stretches: Stretches,
    paths: Paths,
    country: Sequence[str],
    minimum_m: float,
) -> Crossings:
    """Crossings of every path, in flow order.

    Parameters
    ----------
    country
        Country of the facility of each path: where the water starts. If the river at
        the entry belongs to another country, that is a crossing at distance zero.
    minimum_m
        Stays shorter than this count as digitising slivers.
    """
    found: list[Crossing] = []
    slivers = 0
    owner, element, fraction, start_m, end_m, pair = path_stretches(
        network, stretches, paths
    )
    new = np.ones(len(pair), dtype=bool)
    new[1:] = (pair[1:] != pair[:-1]) | (owner[1:] != owner[:-1])
    kept = np.flatnonzero(new)
    last = np.append(kept[1:], len(pair)) - 1
    bounds = np.searchsorted(owner[kept], np.arange(len(paths) + 1))
    labels = labels_of(stretches)
    for k in range(len(paths)):
        stays = [
            Stay(
                labels[pair[a]],
                int(element[a]),
                float(fraction[a]),
                float(start_m[a]),
                float(end_m[b] - start_m[a]),
            )
            for a, b in zip(
                kept[bounds[k] : bounds[k + 1]],
                last[bounds[k] : bounds[k + 1]],
                strict=True,
            )
            if labels[pair[a]]
        ]
        whole, dropped = drop_slivers(stays, frozenset({country[k]}), minimum_m)
        slivers += dropped
        found += changes(k, whole, country[k])
    return Crossings(tuple(found), slivers)


def labels_of(stretches: Stretches) -> list[frozenset[str]]:
    """Countries of every stretch of the network; empty where none is known."""
    return [
        frozenset(c for c in (left, right) if c)
        for left, right in zip(stretches.left, stretches.right, strict=True)
    ]


def path_stretches(
    network: Network, stretches: Stretches, paths: Paths
) -> tuple[Indices, Indices, Numbers, Numbers, Numbers, Indices]:
    """All stretches on all paths: owner, element, share, start, end, stretch number.

    Stretches with equal countries share the number of the first one like them.
    """
    same: dict[frozenset[str], int] = {}
    labels = labels_of(stretches)
    canonical = np.array(
        [same.setdefault(label, k) for k, label in enumerate(labels)], dtype=np.int64
    )
    first = stretches.offset[paths.reach]
    count = stretches.offset[paths.reach + 1] - first
    element = np.repeat(np.arange(len(paths.reach)), count)
    begin = np.cumsum(count) - count
    number = first[element] + np.arange(len(element)) - begin[element]
    is_last = np.append(element[1:] != element[:-1], True)
    low = stretches.start_fraction[number]
    high = np.where(is_last, 1.0, np.append(low[1:], 1.0))
    entry = paths.start_fraction[element]
    keep = high > entry
    keep |= is_last & (entry >= 1.0)
    low = np.maximum(low, entry)
    length = network.length_m[paths.reach[element]]
    start_m = paths.start_m[element] + (low - entry) * length
    end_m = paths.start_m[element] + (high - entry) * length
    return (
        paths.owner()[element][keep],
        element[keep],
        low[keep],
        start_m[keep],
        end_m[keep],
        canonical[number][keep],
    )


def drop_slivers(
    stays: Sequence[Stay], home: frozenset[str], minimum_m: float
) -> tuple[list[Stay], int]:
    """Merge stays shorter than ``minimum_m`` into the stay before them.

    The shortest goes first, and neighbours that become equal are joined, so that a
    sliver between two stays in one country leaves no trace. A first stay in the
    facility's own country (``home``) is kept however short: its end is a crossing.

    Returns
    -------
    tuple
        The stays that are left, and how many were dropped.
    """
    rest = _joined(list(stays))
    dropped = 0
    while True:
        short = [
            (stay.length_m, place)
            for place, stay in enumerate(rest)
            if stay.length_m < minimum_m and not (place == 0 and stay.countries == home)
        ]
        if not short or len(rest) == 1:
            return rest, dropped
        _, place = min(short)
        dropped += 1
        if place == 0:
            gone, after = rest[0], rest[1]
            rest[:2] = [
                Stay(
                    after.countries,
                    gone.element,
                    gone.fraction,
                    gone.start_m,
                    gone.length_m + after.length_m,
                )
            ]
        else:
            rest[place - 1 : place + 1] = [_longer(rest[place - 1], rest[place])]
        rest = _joined(rest)


def _longer(stay: Stay, other: Stay) -> Stay:
    return Stay(
        stay.countries,
        stay.element,
        stay.fraction,
        stay.start_m,
        stay.length_m + other.length_m,
    )


def _joined(stays: list[Stay]) -> list[Stay]:
    joined: list[Stay] = []
    for stay in stays:
        if joined and joined[-1].countries == stay.countries:
            joined[-1] = _longer(joined[-1], stay)
        else:
            joined.append(stay)
    return joined


def changes(path: int, stays: Sequence[Stay], country: str) -> list[Crossing]:
    """Crossings between the stays of one path, starting from the facility's country."""
    crossings: list[Crossing] = []
    home = country
    before = frozenset({country})
    for stay in stays:
        entered = sorted(stay.countries - before)
        left = home not in stay.countries
        border = len(stay.countries) > 1
        if border:
            kind, reached = CONTIGUOUS, entered
        else:
            kind, reached = SUCCESSIVE, sorted(stay.countries) if left else []
        crossings += [
            Crossing(path, home, to, kind, stay.element, stay.fraction, stay.length_m)
            for to in reached
        ]
        if left:
            home = _new_home(stay.countries, before)
        before = stay.countries
    return crossings


def _new_home(countries: frozenset[str], before: frozenset[str]) -> str:
    """Country that the water is counted in after it left its former one."""
    shared = sorted(countries & before)
    return shared[0] if shared else min(countries)
