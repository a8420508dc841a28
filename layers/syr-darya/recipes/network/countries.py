"""Countries along lines: labels, slivers, and the two banks.

The river lines and the boundary lines come from different maps and differ by some
kilometres. A stretch in another country that is shorter than ``SLIVER_KM`` and has the
same country before and after it is taken for such a difference and closed. A reach is
a border river where two points ``BANK_KM`` to its left and right lie in two countries
along most of its length.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

SLIVER_KM = 4.0
BANK_KM = 1.5
BANK_SHARE = 0.7
SHORTEST_BORDER_KM = 3.0
LONGEST_GAP_KM = 10.0
KM_PER_DEG = 111.2
SAMPLE_DEG = 0.005


class CountryMap:
    """Lookup of the country at points."""

    def __init__(self, countries: gpd.GeoDataFrame) -> None:
        """Index the polygons of ``borders.gpkg``, layer countries."""
        self.codes: NDArray[np.object_] = countries["iso_a2"].to_numpy(object)
        self.tree = shapely.STRtree(countries.geometry.array)

    def at(self, points: NDArray[np.float64]) -> NDArray[np.object_]:
        """Code at each point, shape (n, 2); empty text outside all polygons."""
        out: NDArray[np.object_] = np.full(len(points), "", dtype=object)
        found = self.tree.query(shapely.points(points), predicate="intersects")
        out[found[0][::-1]] = self.codes[found[1][::-1]]
        return out


def along(
    coords: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Even samples of a line: shares 0 to 1 and points, ends included."""
    line = shapely.LineString(coords)
    count = max(2, int(np.ceil(line.length / SAMPLE_DEG)) + 1)
    share = np.linspace(0, 1, count)
    points = shapely.line_interpolate_point(line, share, normalized=True)
    return share, shapely.get_coordinates(points)


def runs(labels: NDArray[np.object_]) -> list[tuple[int, int]]:
    """First and one-past-last index of each stretch of equal labels."""
    change = np.flatnonzero(labels[1:] != labels[:-1]) + 1
    edges = [0, *change.tolist(), len(labels)]
    return list(pairwise(edges))


def close_slivers(
    labels: NDArray[np.object_], step_km: float
) -> tuple[NDArray[np.object_], int]:
    """Replace short stretches between two of one country; count them too."""
    labels = labels.copy()
    closed = 0
    while True:
        parts = runs(labels)
        short = [
            (last - first, first, last)
            for first, last in parts[1:-1]
            if (last - first) * step_km < SLIVER_KM
            and labels[first - 1] == labels[last]
        ]
        if not short:
            return labels, closed
        _, first, last = min(short)
        labels[first:last] = labels[first - 1]
        closed += 1


def bank_points(
    coords: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points ``BANK_KM`` left and right of a line, looking downstream."""
    _, points = along(coords)
    ahead = np.gradient(points, axis=0)
    scale = np.cos(np.radians(points[:, 1]))
    east, north = ahead[:, 0] * scale, ahead[:, 1]
    size = np.maximum(np.hypot(east, north), 1e-12)
    left = np.stack([-north / size / scale, east / size], axis=1)
    shift = left * (BANK_KM / KM_PER_DEG)
    return points + shift, points - shift


def banks(
    coords: NDArray[np.float64], inside: str, lookup: CountryMap
) -> tuple[str, str]:
    """Country on the left and right bank of a reach that runs in ``inside``."""
    sides = []
    for points in bank_points(coords):
        names, count = np.unique(lookup.at(points).astype(str), return_counts=True)
        best = int(count.argmax())
        clear = count[best] / count.sum() >= BANK_SHARE and names[best] != ""
        sides.append(str(names[best]) if clear else inside)
    left, right = sides
    if left != right and inside in (left, right):
        return left, right
    return inside, inside
