"""Places that a spill could reach: settlements near the river, lakes on its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.core.geo import distance_m
from pipeline.rivers.lakes import Lake
from pipeline.rivers.nearest import Pairs, ReachIndex
from pipeline.rivers.network import Network
from pipeline.rivers.paths import Paths, Timing

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Places:
    """Places of one kind, shape (m,) each; people NaN and texts None where unknown."""

    kind: str
    receptor_id: NDArray[np.object_]
    name: NDArray[np.object_]
    name_ru: NDArray[np.object_]
    country: NDArray[np.object_]
    lon_deg: Numbers
    lat_deg: Numbers
    people: Numbers


@dataclass(frozen=True, slots=True)
class Exposures:
    """Places on paths, shape (m,) each.

    ``place`` counts in the places (or lakes), ``element`` in the elements of the paths,
    ``fraction`` is the share of the element's reach upstream of the place.
    """

    path: Indices
    place: Indices
    element: Indices
    fraction: Numbers
    distance_to_river_m: Numbers


def near_reaches(index: ReachIndex, places: Places, distance_m: float) -> Pairs:
    """All reaches within a distance of every place, found once for a network."""
    limit = np.full(len(places.lon_deg), distance_m)
    return index.within(places.lon_deg, places.lat_deg, limit)


def places_on_paths(
    network: Network, paths: Paths, places: Places, near: Pairs, limit_m: float
) -> Exposures:
    """Join places to paths: each place once per path, at its nearest reach of the path.

    A place whose nearest point lies upstream of the entry point is measured to the
    entry point instead, and left out if that is farther than the limit.
    """
    element, pair = _pairs_on_paths(network, paths, near)
    path = paths.owner()[element]
    fraction, metres = near.fraction[pair].copy(), near.distance_m[pair].copy()
    above = np.flatnonzero(fraction < paths.start_fraction[element])
    fraction[above] = paths.start_fraction[element[above]]
    entry = network.lines.point_at(paths.reach[element[above]], fraction[above])
    place = near.point[pair]
    metres[above] = distance_m(
        places.lon_deg[place[above]], places.lat_deg[place[above]], *entry
    )
    order = np.lexsort((element, metres, place, path))
    order = order[metres[order] <= limit_m]
    once = np.ones(len(order), dtype=bool)
    once[1:] = (np.diff(path[order]) != 0) | (np.diff(place[order]) != 0)
    kept = order[once]
    return Exposures(
        path[kept], place[kept], element[kept], fraction[kept], metres[kept]
    )


def _pairs_on_paths(
    network: Network, paths: Paths, near: Pairs
) -> tuple[Indices, Indices]:
    """Every element of a path with every place near its reach."""
    by_reach = np.argsort(near.reach, kind="stable")
    counts = np.bincount(near.reach, minlength=len(network))
    first = np.cumsum(counts) - counts
    per_element = counts[paths.reach]
    element = np.repeat(np.arange(len(paths.reach)), per_element)
    begin = np.cumsum(per_element) - per_element
    within = np.arange(len(element)) - begin[element]
    return element, by_reach[first[paths.reach[element]] + within]


def lakes_on_paths(
    network: Network, paths: Paths, timing: Timing
) -> tuple[Exposures, NDArray[np.object_]]:
    """Lakes that paths enter, at the place where they do, and the key of each."""
    wet = timing.in_lake[paths.reach]
    key = network.lake[paths.reach]
    entering = wet.copy()
    owner = paths.owner()
    entering[1:] &= ~((key[1:] == key[:-1]) & (owner[1:] == owner[:-1])).astype(bool)
    element = np.flatnonzero(entering)
    seen: set[tuple[int, str]] = set()
    first = np.zeros(len(element), dtype=bool)
    for number, at in enumerate(element):
        pair = (int(owner[at]), str(key[at]))
        first[number] = pair not in seen
        seen.add(pair)
    element = element[first]
    return (
        Exposures(
            path=owner[element],
            place=np.arange(len(element)),
            element=element,
            fraction=paths.start_fraction[element],
            distance_to_river_m=np.zeros(len(element)),
        ),
        key[element],
    )


def lake_words(lakes: Mapping[str, Lake], key: str) -> tuple[str, str | None]:
    """Name of a lake in English and Russian; its key where it has no name."""
    lake = lakes.get(key)
    if lake is None:
        return key, None
    return lake.name or key, lake.name_ru
