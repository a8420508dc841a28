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
from pipeline.rivers.meeting import borders_met
from pipeline.rivers.network import Network
from pipeline.rivers.paths import Paths
from pipeline.rivers.reach_below import links_below

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
    code, labels = codes_of(stretches)
    owner, element, fraction, start_m, _, number = path_stretches(
        network,
        stretches,
        paths,
        _elements_that_change(network, stretches, code, paths),
    )
    label = code[number]
    new = np.ones(len(label), dtype=bool)
    new[1:] = (label[1:] != label[:-1]) | (owner[1:] != owner[:-1])
    owner, label = owner[new], label[new]
    element, fraction, start_m = element[new], fraction[new], start_m[new]
    end_m = np.append(start_m[1:], 0.0)
    is_last = np.append(owner[1:] != owner[:-1], True)
    end_m[is_last] = _length_m(network, paths)[owner[is_last]]
    bounds = np.searchsorted(owner, np.arange(len(paths) + 1))
    for k in range(len(paths)):
        stays = [
            Stay(
                labels[label[at]],
                int(element[at]),
                float(fraction[at]),
                float(start_m[at]),
                float(end_m[at] - start_m[at]),
            )
            for at in range(bounds[k], bounds[k + 1])
            if labels[label[at]]
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


def codes_of(stretches: Stretches) -> tuple[Indices, list[frozenset[str]]]:
    """Number of every stretch that stretches with equal countries share.

    Returns
    -------
    tuple
        The numbers, and the countries of each number.
    """
    numbers: dict[frozenset[str], int] = {}
    code = [numbers.setdefault(label, len(numbers)) for label in labels_of(stretches)]
    return np.array(code, dtype=np.int64), list(numbers)


def _elements_that_change(
    network: Network, stretches: Stretches, code: Indices, paths: Paths
) -> Indices:
    """First element of every path, and all in which the countries may change.

    They are found by jumping from one reach with other countries to the next. A reach
    with more than one stretch counts as different from all others.
    """
    first = stretches.offset[:-1]
    several = np.diff(stretches.offset) > 1
    banks = np.where(several, -1 - np.arange(len(first)), code[first])
    offset, reach = borders_met(links_below(network.next_index, banks), paths.start())
    path = np.repeat(np.arange(len(paths)), np.diff(offset))
    element = paths.element_at(network, path, reach.astype(np.int64))
    return np.union1d(paths.offset[:-1], element)


def _length_m(network: Network, paths: Paths) -> Numbers:
    """Length of every path from its entry point."""
    last = paths.offset[1:] - 1
    share = 1.0 - paths.start_fraction[last]
    return np.asarray(paths.start_m[last] + share * network.length_m[paths.reach[last]])


def path_stretches(
    network: Network,
    stretches: Stretches,
    paths: Paths,
    elements: Indices | None = None,
) -> tuple[Indices, Indices, Numbers, Numbers, Numbers, Indices]:
    """Stretches on paths: owner, element, share, start, end, number of the stretch.

    Parameters
    ----------
    elements
        Elements of the paths to look at, ascending; all where it is left out.
    """
    wanted = np.arange(len(paths.reach)) if elements is None else elements
    first = stretches.offset[paths.reach[wanted]]
    count = stretches.offset[paths.reach[wanted] + 1] - first
    element = np.repeat(wanted, count)
    begin = np.cumsum(count) - count
    within = np.arange(len(element)) - np.repeat(begin, count)
    number = np.repeat(first, count) + within
    is_last = within == np.repeat(count, count) - 1
    low = stretches.start_fraction[number]
    high = np.where(is_last, 1.0, np.append(low[1:], 1.0))
    entry = paths.start_fraction[element]
    keep = high > entry
    keep |= is_last & (entry >= 1.0)
    low = np.maximum(low, entry)
    length = network.length_m[paths.reach[element]]
    start_m = paths.start_m[element] + (low - entry) * length
    end_m = paths.start_m[element] + (high - entry) * length
    owner = np.searchsorted(paths.offset, element, side="right") - 1
    return (
        owner[keep],
        element[keep],
        low[keep],
        start_m[keep],
        end_m[keep],
        number[keep],
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
