"""Places that a spill could reach: settlements near the river, lakes on its way.

A place is a point, such as a settlement or an intake, or an area, such as a protected
area, which is reached where the path first comes near it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.core.geo import distance_m
from pipeline.rivers.lakes import Lake
from pipeline.rivers.meeting import Receptors, Sites, places_met
from pipeline.rivers.nearest import Pairs, ReachIndex, metres_per_degree
from pipeline.rivers.network import Network
from pipeline.rivers.paths import Paths, Timing
from pipeline.rivers.reach_below import links_below

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Places:
    """Places, shape (m,) each; people NaN and texts None where unknown.

    ``kind`` is one of the kinds of the table ``receptors``. ``shape`` has the outline
    (EPSG:4326) where the places are areas or lines, None where they are points.
    """

    kind: NDArray[np.object_]
    receptor_id: NDArray[np.object_]
    name: NDArray[np.object_]
    name_ru: NDArray[np.object_]
    country: NDArray[np.object_]
    lon_deg: Numbers
    lat_deg: Numbers
    people: Numbers
    shape: NDArray[np.object_] | None = None

    def part(self, wanted: NDArray[np.bool_], *, outlines: bool) -> Places:
        """Some of the places, with their outlines or as points."""
        kept = {
            f.name: getattr(self, f.name)[wanted]
            for f in fields(self)
            if f.name != "shape"
        }
        shape = self.shape[wanted] if outlines and self.shape is not None else None
        return Places(**kept, shape=shape)


@dataclass(frozen=True, slots=True)
class Exposures:
    """Places on paths, shape (m,) each.

    ``place`` counts in the places (or lakes), ``element`` in the elements of the paths,
    ``fraction`` is the share of the element's reach upstream of the place. ``beside``
    marks places beside the facility rather than downstream of it. The latest arrival is
    that at ``late_element`` and ``late_fraction``: farther down where a place beside
    the facility also lies downstream of the entry point.
    """

    path: Indices
    place: Indices
    element: Indices
    fraction: Numbers
    distance_to_river_m: Numbers
    beside: NDArray[np.bool_]
    late_element: Indices
    late_fraction: Numbers


def near_reaches(index: ReachIndex, places: Places, distance_m: float) -> Pairs:
    """All reaches within a distance of every place, found once for a network."""
    limit = np.full(len(places.lon_deg), distance_m)
    return index.within(places.lon_deg, places.lat_deg, limit)


def places_on_paths(
    network: Network,
    paths: Paths,
    places: Places,
    near: Pairs,
    limit_m: float,
    radius_m: Numbers | None = None,
) -> Exposures:
    """Join places to paths: each place once per path, at its nearest reach of the path.

    A place whose nearest point lies upstream of the entry point is measured to the
    entry point instead, and left out if that is farther than the limit. A place within
    ``radius_m`` of the entry point counts as beside the facility, wherever its nearest
    river is: the facility may lie next to it.

    Parameters
    ----------
    radius_m
        Shape (paths,). Radius of the position of each facility; none without it.
    """
    element, pair = _pairs_on_paths(network, paths, near)
    path = np.searchsorted(paths.offset, element, side="right") - 1
    fraction, metres = near.fraction[pair].copy(), near.distance_m[pair].copy()
    place = near.point[pair]
    above = np.flatnonzero(fraction < paths.start_fraction[element])
    fraction[above] = paths.start_fraction[element[above]]
    entry = network.lines.point_at(paths.reach[element[above]], fraction[above])
    metres[above] = distance_m(
        places.lon_deg[place[above]], places.lat_deg[place[above]], *entry
    )
    beside = np.zeros(len(element), dtype=bool)
    beside[above] = True
    order = np.lexsort((element, metres, place, path))
    order = order[metres[order] <= limit_m]
    once = np.ones(len(order), dtype=bool)
    once[1:] = (np.diff(path[order]) != 0) | (np.diff(place[order]) != 0)
    kept = order[once]
    found = Exposures(
        path[kept],
        place[kept],
        element[kept],
        fraction[kept],
        metres[kept],
        beside[kept],
        element[kept],
        fraction[kept],
    )
    if radius_m is None:
        return found
    return _joined(beside_entries(network, paths, places, radius_m), found)


def beside_entries(
    network: Network, paths: Paths, places: Places, radius_m: Numbers
) -> Exposures:
    """Places within a radius of the entry points of paths, at distance zero."""
    first = paths.offset[:-1]
    lon, lat = network.lines.point_at(paths.reach[first], paths.start_fraction[first])
    east, north = metres_per_degree(lat)
    dx, dy = 1.01 * radius_m / east, 1.01 * radius_m / north
    tree = shapely.STRtree(shapely.points(places.lon_deg, places.lat_deg))
    path, place = tree.query(shapely.box(lon - dx, lat - dy, lon + dx, lat + dy))
    metres = distance_m(
        lon[path], lat[path], places.lon_deg[place], places.lat_deg[place]
    )
    kept = metres <= radius_m[path]
    path, place = path[kept].astype(np.int64), place[kept].astype(np.int64)
    element = first[path]
    return Exposures(
        path,
        place,
        element,
        paths.start_fraction[element],
        metres[kept],
        np.ones(len(path), dtype=bool),
        element,
        paths.start_fraction[element],
    )


def _joined(beside: Exposures, found: Exposures) -> Exposures:
    """Places beside facilities and places on paths, each once per path."""
    number = {
        pair: k
        for k, pair in enumerate(
            zip(found.path.tolist(), found.place.tolist(), strict=True)
        )
    }
    late_element, late_fraction = beside.element.copy(), beside.fraction.copy()
    new = np.ones(len(found.path), dtype=bool)
    for k, pair in enumerate(
        zip(beside.path.tolist(), beside.place.tolist(), strict=True)
    ):
        if (at := number.get(pair)) is not None:
            late_element[k], late_fraction[k] = found.element[at], found.fraction[at]
            new[at] = False
    both = replace(beside, late_element=late_element, late_fraction=late_fraction)
    parts = [
        np.concatenate([getattr(both, f.name), getattr(found, f.name)[new]])
        for f in fields(Exposures)
    ]
    order = np.lexsort((parts[1], parts[0]))
    return Exposures(*(part[order] for part in parts))


def _pairs_on_paths(
    network: Network, paths: Paths, near: Pairs
) -> tuple[Indices, Indices]:
    """Every element of a path with every place near its reach.

    They are found by jumping from one reach with places near it to the next.
    """
    by_reach = np.argsort(near.reach, kind="stable")
    size = len(network.next_index)
    offset = np.zeros(size + 1, dtype=np.int64)
    np.cumsum(np.bincount(near.reach, minlength=size), out=offset[1:])
    everyone = np.zeros(len(near.reach))
    start = paths.start()
    begin, item = places_met(
        links_below(network.next_index, receptor_offset=offset),
        Sites(start, np.zeros(len(start))),
        Receptors(offset, everyone),
    )
    path = np.repeat(np.arange(len(paths)), np.diff(begin))
    pair = by_reach[item]
    return paths.element_at(network, path, near.reach[pair]), pair


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
            beside=np.zeros(len(element), dtype=bool),
            late_element=element,
            late_fraction=paths.start_fraction[element],
        ),
        key[element],
    )


def lake_words(lakes: Mapping[str, Lake], key: str) -> tuple[str, str | None]:
    """Name of a lake in English and Russian; its key where it has no name."""
    lake = lakes.get(key)
    if lake is None:
        return key, None
    return lake.name or key, lake.name_ru
