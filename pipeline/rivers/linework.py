"""Cut lines where they meet, and join their ends to nodes.

Lines may come without any topology: drawn in any direction, as one line through many
confluences, or in parts. Here they become pieces between nodes, with no direction yet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from pipeline.rivers.nearest import ReachIndex
from pipeline.rivers.network import Lines, lines_from_geometry

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
Shapes = NDArray[np.object_]

_EARTH_M = 6_378_137.0
_ECCENTRICITY_2 = 6.694379990141e-3
_SAME_VERTEX_PER_DEG = 1e7
_SAME_PLACE_M = 0.1


@dataclass(frozen=True, slots=True)
class Pieces:
    """Parts of lines that meet others at their ends alone, shape (m,) each.

    ``line`` is the row of the line, ``part`` counts its parts from 1 in the direction
    in which it is drawn, 0 where it stayed whole.
    """

    line: Indices
    part: Indices
    geometry: Shapes

    def __len__(self) -> int:
        """Return the number of pieces."""
        return len(self.line)

    def take(self, which: Indices) -> Pieces:
        """Some of the pieces, in the given order."""
        return Pieces(self.line[which], self.part[which], self.geometry[which])


@dataclass(frozen=True, slots=True)
class Graph:
    """Pieces between nodes: from ``first`` to ``last`` as they are drawn, shape (m,).

    ``lon_deg`` and ``lat_deg`` give the place of every node.
    """

    pieces: Pieces
    first: Indices
    last: Indices
    length_m: Numbers
    lon_deg: Numbers
    lat_deg: Numbers

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.lon_deg)

    def degree(self) -> Indices:
        """Number of pieces that end at every node."""
        ends = np.concatenate([self.first, self.last])
        return np.bincount(ends, minlength=self.n_nodes).astype(np.int64)

    def component(self) -> Indices:
        """Number of the connected part that every node belongs to."""
        return _groups(self.n_nodes, self.first, self.last)


def cut_lines(geometry: Shapes, tolerance_m: float) -> Pieces:
    """Cut lines where the end of another touches them and where they share a vertex.

    Lines that cross without a common vertex are no confluence (a bridge, a siphon) and
    stay whole.

    Parameters
    ----------
    geometry
        Shape (n,). LineStrings in EPSG:4326 without repeated points.
    tolerance_m
        An end within this geodesic distance of a line touches it.
    """
    lines = lines_from_geometry(geometry)
    rows, along = _touches(lines, tolerance_m)
    more_rows, more_along = _shared_vertices(lines)
    rows = np.concatenate([rows, more_rows])
    along = np.concatenate([along, more_along])
    length = lines.length_m()
    inside = (along > tolerance_m) & (along < length[rows] - tolerance_m)
    rows, along = rows[inside], along[inside]
    order = np.lexsort((along, rows))
    rows, along = rows[order], along[order]
    apart = np.ones(len(rows), dtype=bool)
    apart[1:] = (rows[1:] != rows[:-1]) | (np.diff(along) > tolerance_m)
    rows, along = rows[apart], along[apart]
    bounds = np.searchsorted(rows, np.arange(len(geometry) + 1))
    owner: list[int] = []
    part: list[int] = []
    shapes: list[shapely.LineString] = []
    for row in range(len(geometry)):
        cuts = along[bounds[row] : bounds[row + 1]]
        parts = _cut(lines, row, cuts) if len(cuts) else [geometry[row]]
        owner += [row] * len(parts)
        part += [0] if len(parts) == 1 else list(range(1, len(parts) + 1))
        shapes += parts
    whole = np.empty(len(shapes), dtype=object)
    whole[:] = shapes
    return Pieces(np.array(owner, np.int64), np.array(part, np.int64), whole)


def _touches(lines: Lines, tolerance_m: float) -> tuple[Indices, Numbers]:
    """Lines that the end of another touches, and where along them."""
    ends = np.concatenate([lines.offset[:-1], lines.offset[1:] - 1])
    own = np.tile(np.arange(len(lines.offset) - 1), 2)
    near = ReachIndex(lines).within(
        lines.lon_deg[ends], lines.lat_deg[ends], np.full(len(ends), tolerance_m)
    )
    other = near.reach != own[near.point]
    rows = near.reach[other]
    return rows, near.fraction[other] * lines.length_m()[rows]


def _shared_vertices(lines: Lines) -> tuple[Indices, Numbers]:
    """Lines with a vertex that comes twice among all lines, and where along them."""
    x = np.round(lines.lon_deg * _SAME_VERTEX_PER_DEG).astype(np.int64)
    y = np.round(lines.lat_deg * _SAME_VERTEX_PER_DEG).astype(np.int64)
    order = np.lexsort((y, x))
    same = (np.diff(x[order]) == 0) & (np.diff(y[order]) == 0)
    shared = np.zeros(len(x), dtype=bool)
    shared[order[1:][same]] = True
    shared[order[:-1][same]] = True
    vertex = np.flatnonzero(shared)
    rows = np.searchsorted(lines.offset, vertex, side="right") - 1
    return rows.astype(np.int64), lines.along_m[vertex]


def _cut(lines: Lines, row: int, cuts_m: Numbers) -> list[shapely.LineString]:
    """Parts of a line between distances along it."""
    span = slice(lines.offset[row], lines.offset[row + 1])
    along, lon, lat = lines.along_m[span], lines.lon_deg[span], lines.lat_deg[span]
    limits = np.concatenate([[along[0]], cuts_m, [along[-1]]])
    x, y = np.interp(limits, along, lon), np.interp(limits, along, lat)
    x[0], y[0], x[-1], y[-1] = lon[0], lat[0], lon[-1], lat[-1]
    parts = []
    for k in range(len(limits) - 1):
        within = (along > limits[k]) & (along < limits[k + 1])
        parts.append(
            shapely.LineString(
                np.column_stack(
                    [
                        np.concatenate([[x[k]], lon[within], [x[k + 1]]]),
                        np.concatenate([[y[k]], lat[within], [y[k + 1]]]),
                    ]
                )
            )
        )
    return parts


def join_ends(pieces: Pieces, tolerance_m: float) -> Graph:
    """Join ends of pieces to nodes.

    Ends in one place are one node. A free end is joined to whatever lies within the
    tolerance, but for the other end of its own piece, so that a short last piece stays.
    Nodes are numbered by the pieces that meet there, in their order.
    """
    lines = lines_from_geometry(pieces.geometry)
    ends = np.concatenate([lines.offset[:-1], lines.offset[1:] - 1])
    lon, lat = lines.lon_deg[ends], lines.lat_deg[ends]
    tree = cKDTree(_geocentric_m(lon, lat))
    same = tree.query_pairs(_SAME_PLACE_M, output_type="ndarray")
    node = _groups(len(ends), same[:, 0], same[:, 1])
    pairs = tree.query_pairs(tolerance_m, output_type="ndarray")
    a, b = node[pairs[:, 0]], node[pairs[:, 1]]
    free = np.bincount(node) == 1
    count = int(node.max()) + 1
    own = np.unique(_pair_codes(node[: len(pieces)], node[len(pieces) :], count))
    wanted = (free[a] | free[b]) & ~np.isin(_pair_codes(a, b, count), own)
    group = _groups(count, a[wanted], b[wanted])[node]
    _, first = np.unique(group, return_index=True)
    return Graph(
        pieces=pieces,
        first=group[: len(pieces)],
        last=group[len(pieces) :],
        length_m=lines.length_m(),
        lon_deg=lon[first],
        lat_deg=lat[first],
    )


def _pair_codes(a: Indices, b: Indices, count: int) -> Indices:
    """One number for every pair of nodes, whatever their order."""
    return np.minimum(a, b) * count + np.maximum(a, b)


def _groups(count: int, a: Indices, b: Indices) -> Indices:
    """Number of the connected group of each of ``count`` things, by first member."""
    links = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(count, count))
    _, label = connected_components(links, directed=False)
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def _geocentric_m(lon_deg: Numbers, lat_deg: Numbers) -> Numbers:
    """Places on the ellipsoid in space, where near is near across the date line too."""
    lam, phi = np.deg2rad(lon_deg), np.deg2rad(lat_deg)
    normal = _EARTH_M / np.sqrt(1 - _ECCENTRICITY_2 * np.sin(phi) ** 2)
    return np.column_stack(
        [
            normal * np.cos(phi) * np.cos(lam),
            normal * np.cos(phi) * np.sin(lam),
            normal * (1 - _ECCENTRICITY_2) * np.sin(phi),
        ]
    )


def bare_crossings(graph: Graph) -> list[tuple[int, int]]:
    """Pairs of pieces that cross where neither has an end."""
    shapes = graph.pieces.geometry
    a, b = shapely.STRtree(shapes).query(shapes, predicate="crosses")
    found = []
    for i, j in zip(a.tolist(), b.tolist(), strict=True):
        if i < j and not {graph.first[i], graph.last[i]} & {
            graph.first[j],
            graph.last[j],
        }:
            found.append((i, j))
    return found
