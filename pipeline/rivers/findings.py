"""Rows of the ledger for lines that were made a network: what was found, what done."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.schemas.network import Finding
from pipeline.rivers.ledger import Entry
from pipeline.rivers.linework import Graph, bare_crossings
from pipeline.rivers.orient import Clues, Directions

Names = NDArray[np.object_]


def split_entries(graph: Graph, keys: NDArray[Any], n_lines: int) -> list[Entry]:
    """Lines that were cut where others join them."""
    parts = Counter(
        int(line)
        for line, part in zip(graph.pieces.line, graph.pieces.part, strict=True)
        if part and line < n_lines
    )
    return [
        Entry(
            str(keys[line]),
            Finding.SPLIT,
            "other lines join along the line",
            f"cut into {count} reaches, each with the values of the whole line",
        )
        for line, count in sorted(parts.items())
        if count > 1
    ]


def gap_entries(
    graph: Graph, names: Names, n_lines: int, gap_limit_m: float
) -> list[Entry]:
    """Straight reaches over gaps; they come after the layer's own lines."""
    return [
        Entry(
            str(names[k]),
            Finding.GAP,
            f"a gap of {graph.length_m[k]:.0f} m below a river's last line "
            f"(limit {gap_limit_m:g} m)",
            "bridged by a straight reach",
        )
        for k in np.flatnonzero(graph.pieces.line >= n_lines).tolist()
    ]


def direction_entries(graph: Graph, found: Directions) -> list[Entry]:
    """What gave the directions, and how many confluences and ends there are."""
    log = [
        Entry(
            None,
            Finding.DIRECTION,
            f"direction of {count} reaches from: {evidence}",
            "used",
        )
        for evidence, count in sorted(Counter(found.evidence.tolist()).items())
    ]
    inflows = np.bincount(found.down, minlength=graph.n_nodes)
    text = f"{int((inflows > 1).sum())} confluences, {len(found.ends)} ends of rivers"
    return [*log, Entry(None, Finding.DIRECTION, text, "used")]


def branch_entries(graph: Graph, found: Directions, names: Names) -> list[Entry]:
    """Branches of divided rivers, and lines that join rivers across a divide."""
    up = graph.first + graph.last - found.down
    basin = np.full(graph.n_nodes, -1)
    basin[found.ends] = found.ends
    main = ~found.side
    basin[up[main]] = found.basin[main]
    log = []
    for k in np.flatnonzero(found.side).tolist():
        if basin[up[k]] == found.basin[k]:
            kind, what = Finding.LOOP, "the river divides, and this branch joins it"
            done = "kept as a side branch that begins where the river divides"
        else:
            kind, what = Finding.DIVIDE, "the line joins two rivers across a divide"
            done = "cut at its upper end; it flows to the lower side"
        log.append(Entry(str(names[k]), kind, what, done))
    return log


def separate_entries(graph: Graph, found: Directions, names: Names) -> list[Entry]:
    """Parts of the layer that join no larger one, and further ends of one part."""
    log: list[Entry] = []
    of_piece = graph.component()[graph.first]
    total = np.bincount(of_piece, weights=graph.length_m)
    largest = int(np.argmax(total))
    order = np.argsort(of_piece, kind="stable")
    bounds = np.searchsorted(of_piece[order], np.arange(len(total) + 1))
    above = np.bincount(found.basin, minlength=graph.n_nodes)
    for number in range(len(total)):
        members = order[bounds[number] : bounds[number + 1]]
        last = members[found.following[members] < 0]
        if number != largest:
            text = (
                f"{len(members)} reaches ({total[number] / 1000:.1f} km) join no other"
            )
            log.append(
                Entry(
                    str(names[last[0]]),
                    Finding.ISOLATED,
                    f"the river of this last reach: {text}",
                    "kept as a river of its own",
                )
            )
        ends = found.down[last]
        main = ends[np.lexsort((ends, -above[ends]))[0]]
        log += [
            Entry(
                str(names[k]),
                Finding.SINK,
                f"{above[found.down[k]]} reaches end here and not at the main end of "
                "the connected lines",
                "kept as an end",
            )
            for k in last[ends != main].tolist()
        ]
    return log


def climb_entries(
    graph: Graph, found: Directions, clues: Clues, names: Names, limit_m: float
) -> list[Entry]:
    """Reaches whose lower end lies higher in the relief than their upper end."""
    up = graph.first + graph.last - found.down
    climb = clues.level_m[found.down] - clues.level_m[up]
    return [
        Entry(
            str(names[k]),
            Finding.WRONG_WAY,
            f"the reach climbs {climb[k]:.0f} m in the relief",
            f"kept; its direction is from: {found.evidence[k]}",
        )
        for k in np.flatnonzero(climb > limit_m).tolist()
    ]


def crossing_entries(graph: Graph, names: Names) -> list[Entry]:
    """Lines that cross and do not join."""
    return [
        Entry(
            str(names[i]),
            Finding.CROSSING,
            f"crosses reach {names[j]} without a common vertex",
            "kept apart (a bridge or a siphon)",
        )
        for i, j in bare_crossings(graph)
    ]
