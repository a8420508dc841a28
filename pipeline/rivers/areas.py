"""Receptors with an outline: where a path first comes near an area or a line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.rivers.lakes import line_coordinates
from pipeline.rivers.nearest import metres_per_degree
from pipeline.rivers.network import Network
from pipeline.rivers.paths import Paths
from pipeline.rivers.receptors import Exposures, Places

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Contacts:
    """Stretches of reaches near outlines, shape (m,) each.

    The reach comes within the distance from the share ``first`` to the share ``last``
    of its length, and ``nearest_m`` near at most; zero where it runs inside.
    """

    place: Indices
    reach: Indices
    first: Numbers
    last: Numbers
    nearest_m: Numbers


def near_areas(network: Network, places: Places, limit_m: float) -> Contacts:
    """Reaches within a distance of the outlines of places.

    Lengths are taken in a plane whose scale is true in the middle of each outline.
    """
    if places.shape is None:
        raise ValueError("places without an outline")
    lines = np.array(
        [shapely.LineString(part) for part in line_coordinates(network)], dtype=object
    )
    tree = shapely.STRtree(lines)
    rows: list[tuple[int, int, float, float, float]] = []
    for k, shape in enumerate(places.shape):
        middle = np.array([places.lat_deg[k]])
        east, north = metres_per_degree(middle)
        scale = np.array([float(east[0]), float(north[0])])
        plane = shapely.transform(shape, lambda xy, s=scale: xy * s)
        around = shapely.buffer(plane, limit_m)
        box = shapely.transform(
            shapely.box(*shapely.bounds(around)), lambda xy, s=scale: xy / s
        )
        for reach in np.sort(tree.query(box)):
            line = shapely.transform(lines[reach], lambda xy, s=scale: xy * s)
            part = shapely.intersection(line, around)
            if shapely.is_empty(part):
                continue
            points = shapely.points(shapely.get_coordinates(part))
            along = shapely.line_locate_point(line, points, normalized=True)
            rows.append(
                (
                    k,
                    int(reach),
                    float(along.min()),
                    float(along.max()),
                    float(shapely.distance(line, plane)),
                )
            )
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    return Contacts(
        place=table[:, 0].astype(np.int64),
        reach=table[:, 1].astype(np.int64),
        first=table[:, 2],
        last=table[:, 3],
        nearest_m=table[:, 4],
    )


def areas_on_paths(network: Network, paths: Paths, contacts: Contacts) -> Exposures:
    """Join areas to paths: each once per path, where the path first comes near it.

    An area near the entry point is reached at once and counts as beside the facility.
    A reach that comes near only upstream of the entry point does not count.
    """
    by_reach = np.argsort(contacts.reach, kind="stable")
    counts = np.bincount(contacts.reach, minlength=len(network))
    begin = np.cumsum(counts) - counts
    per_element = counts[paths.reach]
    element = np.repeat(np.arange(len(paths.reach)), per_element)
    first = np.cumsum(per_element) - per_element
    inside = np.arange(len(element)) - first[element]
    contact = by_reach[begin[paths.reach[element]] + inside]
    entry = paths.start_fraction[element]
    kept = contacts.last[contact] >= entry
    element, contact, entry = element[kept], contact[kept], entry[kept]
    path, place = paths.owner()[element], contacts.place[contact]
    order = np.lexsort((element, place, path))
    once = np.ones(len(order), dtype=bool)
    once[1:] = (np.diff(path[order]) != 0) | (np.diff(place[order]) != 0)
    nearest = contacts.nearest_m[contact]
    group = np.cumsum(once) - 1
    least = np.full(int(once.sum()), np.inf)
    np.minimum.at(least, group, nearest[order])
    chosen = order[once]
    is_first = element[chosen] == paths.offset[path[chosen]]
    at_entry = is_first & (contacts.first[contact[chosen]] <= entry[chosen])
    fraction = np.maximum(contacts.first[contact[chosen]], entry[chosen])
    return Exposures(
        path=path[chosen],
        place=place[chosen],
        element=element[chosen],
        fraction=fraction,
        distance_to_river_m=least,
        beside=at_entry,
        late_element=element[chosen],
        late_fraction=fraction,
    )
