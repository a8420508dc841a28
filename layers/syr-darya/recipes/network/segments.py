"""Stream segments between confluences, as lines with the cells under them.

A stream cell is a cell of a guide line, or a cell whose upstream area and natural
discharge both pass a threshold. Segments run from one node cell to the next: heads,
confluences, first cells of guide lines, and ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from shapely import LineString, get_coordinates
from shapely.ops import substring

from network.flow import NO_RIVER
from network.lines import drop_repeats, rounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from network.flow import Grid, GuideCells
    from network.lines import River


SHORTEST_DEG = 1e-6


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch between nodes, in flow order.

    ``cells`` starts at the first node and leaves out the node it ends in;
    ``cell_share`` is the place of each cell along the line, 0 to 1. ``river`` is the
    number of the guide line or -1. ``end_cell`` is -1 where the water ends.
    """

    coords: NDArray[np.float64]
    cells: NDArray[np.int64]
    cell_share: NDArray[np.float64]
    river: int
    end_cell: int


def stream_cells(
    guides: GuideCells,
    next_cell: NDArray[np.int64],
    wanted: NDArray[np.bool_],
    large: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Mark stream cells, flat: guide cells and large cells of the wanted basins.

    Every cell downstream of a stream cell is a stream cell too.
    """
    stream = (large | (guides.river != NO_RIVER)) & wanted
    front = next_cell[stream]
    while True:
        front = np.unique(front[front >= 0])
        front = front[~stream[front] & wanted[front]]
        if len(front) == 0:
            return stream
        stream[front] = True
        front = next_cell[front]


def node_cells(
    stream: NDArray[np.bool_], next_cell: NDArray[np.int64], guides: GuideCells
) -> NDArray[np.bool_]:
    """Heads, confluences and first cells of guide lines, flat."""
    here = np.flatnonzero(stream)
    following = next_cell[here]
    inside = (following >= 0) & stream[np.maximum(following, 0)]
    above = np.bincount(following[inside], minlength=len(stream))
    same = guides.river[here[inside]] == guides.river[following[inside]]
    changes = np.zeros(len(stream), dtype=bool)
    changes[following[inside][~same]] = True
    return stream & ((above != 1) | changes)


def river_line(river: River) -> LineString:
    """Guide line as geometry."""
    return LineString(river.coords)


def segment_of(
    cells: list[int],
    end_cell: int,
    guides: GuideCells,
    lines: Sequence[LineString],
    grid: Grid,
) -> Segment:
    """Make one segment of the cells between two nodes."""
    own = np.array(cells, dtype=np.int64)
    river = int(guides.river[own[0]])
    if river != NO_RIVER:
        coords, place = guide_part(own, end_cell, river, guides, lines)
    else:
        coords, place = free_part(own, end_cell, guides, lines, grid)
    if len(coords) < 2:
        coords = np.concatenate([coords - SHORTEST_DEG, coords])
    return Segment(coords, own, place, river, end_cell)


def guide_part(
    own: NDArray[np.int64],
    end_cell: int,
    river: int,
    guides: GuideCells,
    lines: Sequence[LineString],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Part of a guide line under the cells, ended on the node downstream."""
    line = lines[river]
    position = guides.position_deg
    start = position[own[0]]
    if end_cell < 0:
        last = line.length
    elif guides.river[end_cell] == river:
        last = position[end_cell]
    else:
        last = position[own[-1]]
    coords = get_coordinates(substring(line, start, last))
    if end_cell >= 0 and guides.river[end_cell] not in (river, NO_RIVER):
        coords = np.concatenate([coords, end_point(end_cell, guides, lines)])
    length = float(np.hypot(*np.diff(coords, axis=0).T).sum())
    share = (position[own] - start) / max(length, 1e-9)
    return drop_repeats(coords), np.clip(share, 0, 1)


def end_point(
    cell: int, guides: GuideCells, lines: Sequence[LineString]
) -> NDArray[np.float64]:
    """Point of a guide line in a cell, shape (1, 2)."""
    point = lines[guides.river[cell]].interpolate(guides.position_deg[cell])
    return get_coordinates(point)


def free_part(
    own: NDArray[np.int64],
    end_cell: int,
    guides: GuideCells,
    lines: Sequence[LineString],
    grid: Grid,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Smoothed line through cell centres, ended on the node downstream."""
    coords = grid.centre(own)
    if end_cell >= 0 and guides.river[end_cell] != NO_RIVER:
        coords = np.concatenate([coords, end_point(end_cell, guides, lines)])
    elif end_cell >= 0:
        coords = np.concatenate([coords, grid.centre(np.array([end_cell]))])
    share = np.linspace(0, 1, max(len(coords), 2))[: len(own)]
    if len(coords) == 1:
        coords = np.concatenate([coords, coords + 1e-4])
    thin = LineString(coords).simplify(0.6 / 120, preserve_topology=False)
    return drop_repeats(rounded(get_coordinates(thin))), share


def segments(
    stream: NDArray[np.bool_],
    next_cell: NDArray[np.int64],
    guides: GuideCells,
    lines: Sequence[LineString],
    grid: Grid,
) -> list[Segment]:
    """All segments of a stream mask (flat arrays over the grid)."""
    nodes = node_cells(stream, next_cell, guides)
    out = []
    for first in np.flatnonzero(nodes).tolist():
        cells = [first]
        following = int(next_cell[first])
        while following >= 0 and stream[following] and not nodes[following]:
            cells.append(following)
            following = int(next_cell[following])
        end = following if following >= 0 and stream[following] else -1
        out.append(segment_of(cells, end, guides, lines, grid))
    return out
