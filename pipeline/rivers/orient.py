"""Give pieces of rivers a direction: by drainage area, discharge, relief or outlets.

Within each connected part the first kind of evidence that can tell is used. It says
where the rivers end; from there the search goes upstream (the largest river first, or
the lowest ground, or the shortest way), and every piece flows towards the end from
which it was reached. So no cycle can arise: a loop is cut where it divides, and a line
that joins two rivers across a divide starts at the divide.
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.rivers.linework import Graph

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]

SAME_SIZE: Final = 0.95
_BY_SIZE, _BY_LEVEL, _BY_WAY = 0, 1, 2


class Evidence(StrEnum):
    """What tells the direction of a river, best first."""

    AREA = "drainage area"
    DISCHARGE = "discharge"
    RELIEF = "relief"
    OUTLET = "distance to the outlet"
    DRAWN = "direction of drawing"
    NONE = "nothing"


@dataclass(frozen=True, slots=True)
class Clues:
    """What is known about pieces and nodes; NaN where it is not.

    ``area_km2`` and ``discharge_m3s`` have shape (m,), for pieces. ``level_m`` has the
    relief at every node. ``outlets`` are nodes that the layer names as ends.
    """

    area_km2: Numbers
    discharge_m3s: Numbers
    level_m: Numbers
    outlets: Indices


@dataclass(frozen=True, slots=True)
class Directions:
    """Direction of every piece, shape (m,) each unless said otherwise.

    ``down`` is the node that the piece flows to, ``following`` the piece below it, -1
    at an end. ``basin`` is the node at which the water ends. ``evidence`` says for each
    piece what told. ``side`` marks pieces that divide from a river whose water takes
    another piece; ``ends`` are the nodes where rivers end.
    """

    down: Indices
    following: Indices
    basin: Indices
    evidence: NDArray[np.object_]
    side: NDArray[np.bool_]
    ends: Indices


def direct(graph: Graph, clues: Clues, climb_limit_m: float) -> Directions:
    """Find the direction of every piece.

    Parts for which there is no evidence at all get `Evidence.NONE` and no direction
    that may be used.
    """
    component = graph.component()
    of_piece = component[graph.first]
    order = np.argsort(of_piece, kind="stable")
    bounds = np.searchsorted(of_piece[order], np.arange(component.max() + 2))
    count = len(graph.pieces)
    evidence = np.full(count, Evidence.NONE, dtype=object)
    mode = np.full(count, _BY_WAY, dtype=np.int64)
    size = np.zeros(count)
    ends: list[int] = []
    for number in range(int(component.max()) + 1):
        members = order[bounds[number] : bounds[number + 1]]
        found, at = _judge(graph, clues, members, climb_limit_m)
        evidence[members] = found
        ends += at
        if found in (Evidence.AREA, Evidence.DISCHARGE):
            mode[members] = _BY_SIZE
            known = clues.area_km2 if found is Evidence.AREA else clues.discharge_m3s
            size[members] = known[members]
        elif found is Evidence.RELIEF:
            mode[members] = _BY_LEVEL
    outlets = np.array(sorted(ends), dtype=np.int64)
    offset, incident = _incidence(graph)
    parent, rank, basin = _search(
        graph.first,
        graph.last,
        offset,
        incident,
        outlets,
        mode,
        size,
        np.nan_to_num(clues.level_m),
        graph.length_m,
    )
    down = np.where(rank[graph.first] < rank[graph.last], graph.first, graph.last)
    up = graph.first + graph.last - down
    return Directions(
        down=down,
        following=parent[down],
        basin=basin[down],
        evidence=evidence,
        side=parent[up] != np.arange(count),
        ends=outlets,
    )


def _incidence(graph: Graph) -> tuple[Indices, Indices]:
    """Pieces at every node, one node after another."""
    count = len(graph.pieces)
    node = np.concatenate([graph.first, graph.last])
    piece = np.tile(np.arange(count), 2)
    order = np.lexsort((piece, node))
    offset = np.searchsorted(node[order], np.arange(graph.n_nodes + 1))
    return offset.astype(np.int64), piece[order]


def _judge(
    graph: Graph, clues: Clues, members: Indices, climb_limit_m: float
) -> tuple[Evidence, list[int]]:
    """Evidence that tells where one connected part ends, and its ends."""
    nodes = np.unique(np.concatenate([graph.first[members], graph.last[members]]))
    given = [int(n) for n in clues.outlets if n in set(nodes.tolist())]
    for evidence, size in (
        (Evidence.AREA, clues.area_km2),
        (Evidence.DISCHARGE, clues.discharge_m3s),
    ):
        ends = _ends_by_size(graph, size, members)
        if ends:
            return evidence, sorted({*ends, *given})
    if np.isfinite(clues.level_m[nodes]).all():
        ends = _ends_by_level(graph, clues.level_m, members, nodes, climb_limit_m)
        return Evidence.RELIEF, sorted({*ends, *given})
    if given:
        return Evidence.OUTLET, given
    ends = _ends_as_drawn(graph, members)
    return (Evidence.DRAWN, ends) if ends else (Evidence.NONE, [int(nodes[0])])


def _ends_by_size(graph: Graph, size: Numbers, members: Indices) -> list[int]:
    """Free end of the largest river, and of pieces larger than all that they join.

    Empty where sizes are missing or cannot tell: where no free end, or more than one,
    is that of the largest river.
    """
    if not (size[members] > 0).all() or np.ptp(size[members]) == 0:
        return []
    at: dict[int, list[int]] = {}
    for piece in members.tolist():
        for node in (int(graph.first[piece]), int(graph.last[piece])):
            at.setdefault(node, []).append(piece)
    free = [pieces[0] for pieces in at.values() if len(pieces) == 1]
    largest = max((size[piece] for piece in free), default=0.0)
    if largest < size[members].max() * SAME_SIZE:
        return []
    tops, others = [], []
    for node, pieces in at.items():
        if len(pieces) > 1:
            continue
        piece = pieces[0]
        inner = int(graph.first[piece] + graph.last[piece]) - node
        beside = [size[p] for p in at[inner] if p != piece]
        if size[piece] == largest:
            tops.append(node)
        elif len(beside) > 1 and size[piece] > max(beside):
            others.append(node)
    return [*tops, *others] if len(tops) == 1 else []


def _ends_by_level(
    graph: Graph, level: Numbers, members: Indices, nodes: Indices, limit: float
) -> list[int]:
    """Free ends that lie lower than ``limit`` below every way out of their basin.

    Nodes are raised from the lowest one; where two basins meet, the one whose end is
    higher stays a basin of its own if its end lies that far below the meeting point.
    """
    rank = {int(n): k for k, n in enumerate(nodes.tolist())}
    height = level[nodes]
    near: list[list[int]] = [[] for _ in nodes]
    for piece in members.tolist():
        a, b = rank[int(graph.first[piece])], rank[int(graph.last[piece])]
        near[a].append(b)
        near[b].append(a)
    free = [len(set(n)) == 1 for n in near]
    root = list(range(len(nodes)))
    best: list[int] = [k if free[k] else -1 for k in range(len(nodes))]

    def find(k: int) -> int:
        while root[k] != k:
            root[k] = root[root[k]]
            k = root[k]
        return k

    seen = [False] * len(nodes)
    ends: list[int] = []
    for k in np.lexsort((nodes, height)).tolist():
        seen[k] = True
        for other in near[k]:
            a, b = find(k), find(other)
            if not seen[other] or a == b:
                continue
            low, high = best[a], best[b]
            if low < 0 or (high >= 0 and (height[high], high) < (height[low], low)):
                low, high = high, low
            if high >= 0 and height[k] - height[high] >= limit:
                ends.append(high)
            root[b] = a
            best[a] = low
    lowest = int(np.lexsort((nodes, height))[0])
    last = best[find(lowest)]
    if last < 0 or height[lowest] + limit <= height[last]:
        last = lowest
    return [int(nodes[k]) for k in {*ends, last}]


def _ends_as_drawn(graph: Graph, members: Indices) -> list[int]:
    """The one free end without outflow, if all is drawn towards it; else nothing."""
    leaving: dict[int, int] = {}
    for node in graph.first[members].tolist():
        leaving[node] = leaving.get(node, 0) + 1
    arriving = Counter(graph.last[members].tolist())
    ends = sorted(set(arriving) - set(leaving))
    if len(ends) != 1 or arriving[ends[0]] > 1 or max(leaving.values()) > 1:
        return []
    return ends


@njit(cache=True)
def _search(
    first: Indices,
    last: Indices,
    offset: Indices,
    incident: Indices,
    outlets: Indices,
    mode: Indices,
    size: Numbers,
    level: Numbers,
    length_m: Numbers,
) -> tuple[Indices, Indices, Indices]:
    """Go upstream from all outlets: piece below each node, rank, end of its water."""
    count = len(offset) - 1
    parent = np.full(count, -1, np.int64)
    rank = np.full(count, -1, np.int64)
    basin = np.full(count, -1, np.int64)
    heap = [(0.0, np.int64(0), np.int64(-1), np.int64(0), 0.0)]
    heap.pop()
    for node in outlets:
        by_level = mode[incident[offset[node]]] == 1
        start = level[node] if by_level else 0.0
        heapq.heappush(heap, (-np.inf, node, np.int64(-1), node, start))
    done = 0
    while len(heap) > 0:
        _, node, through, end, reached = heapq.heappop(heap)
        if rank[node] >= 0:
            continue
        rank[node] = done
        done += 1
        parent[node] = through
        basin[node] = end
        for k in range(offset[node], offset[node + 1]):
            piece = incident[k]
            other = first[piece] + last[piece] - node
            if rank[other] >= 0:
                continue
            if mode[piece] == 0:
                heapq.heappush(heap, (-size[piece], other, piece, end, 0.0))
            elif mode[piece] == 1:
                raised = max(reached, level[other])
                heapq.heappush(heap, (raised, other, piece, end, raised))
            else:
                way = reached + length_m[piece]
                heapq.heappush(heap, (way, other, piece, end, way))
    return parent, rank, basin
