"""From lines without topology to reaches with a direction and a next reach.

What is found on the way (divided rivers, gaps, double lines, divides, sinks) is mended
by rule and listed; what cannot be mended is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.core.errors import input_error
from pipeline.core.methods.network import NetworkMethods
from pipeline.core.schemas.network import Finding
from pipeline.rivers.findings import (
    branch_entries,
    climb_entries,
    crossing_entries,
    direction_entries,
    gap_entries,
    separate_entries,
    split_entries,
)
from pipeline.rivers.ledger import Entry
from pipeline.rivers.linework import Graph, Pieces, cut_lines, join_ends
from pipeline.rivers.nearest import ReachIndex
from pipeline.rivers.network import lines_from_geometry
from pipeline.rivers.networks import NetworkFormat
from pipeline.rivers.orient import Clues, Directions, Evidence, direct
from pipeline.rivers.reading import RawReaches, attributes

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
Levels = Callable[[Numbers, Numbers], Numbers]

_ROUNDS: Final = 5
_GAP: Final = "gap"


def untangle(
    frame: gpd.GeoDataFrame,
    known: NetworkFormat,
    path: Path,
    levels: Levels | None,
    methods: NetworkMethods,
) -> RawReaches:
    """Reaches from lines without topology (EPSG:4326).

    Parameters
    ----------
    levels
        Terrain height in m at longitudes and latitudes, NaN outside; None without a
        relief.

    Raises
    ------
    InputError
        If there is no line, or nothing tells the direction of some of them.

    Notes
    -----
    The result depends on the lines alone: not on the order of rows, and on the
    direction of drawing only where nothing else tells.
    """
    frame = _tidy(frame, path)
    texts, numbers = attributes(frame, known, path)
    keys = _keys(frame, known)
    size = np.fmax(numbers["area_km2"], 0.0)
    log: list[Entry] = []
    lines, row = (
        np.asarray(frame.geometry.to_numpy(), dtype=object),
        np.arange(len(frame)),
    )
    for _ in range(_ROUNDS):
        log = []
        graph = _graph(lines, row, keys, size, methods, log)
        line = graph.pieces.line
        level = np.full(graph.n_nodes, np.nan)
        if levels is not None:
            level = levels(graph.lon_deg, graph.lat_deg)
        clues = Clues(
            area_km2=numbers["area_km2"][row[line]],
            discharge_m3s=numbers["discharge_m3s"][row[line]],
            level_m=level,
            outlets=_named_ends(graph, texts["terminal"][row[line]], level),
        )
        found = direct(graph, clues, methods.climb_limit_m)
        bridges, owner = _bridges(graph, found, clues, methods)
        if not len(bridges):
            break
        lines = np.concatenate([lines, bridges])
        row = np.concatenate([row, row[line[owner]]])
    names = _names(graph, keys[row], len(frame))
    _refuse_unknown(found, names, path)
    log += split_entries(graph, keys[row], len(frame))
    log += gap_entries(graph, names, len(frame), methods.gap_limit_m)
    log += direction_entries(graph, found)
    log += branch_entries(graph, found, names)
    log += separate_entries(graph, found, names)
    log += climb_entries(graph, found, clues, names, methods.climb_limit_m)
    log += crossing_entries(graph, names)
    return _raw(graph, found, texts, numbers, row, names, path, known.name, log)


def _tidy(frame: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    """Single lines without repeated points, in an order that the file does not set."""
    if frame.empty:
        raise input_error(
            path, found="no reaches", expected="river lines", fix="check the layer"
        )
    parts = frame.set_geometry(shapely.line_merge(shapely.force_2d(frame.geometry)))
    parts = parts[~(parts.geometry.isna() | parts.geometry.is_empty)]
    parts = parts.explode(index_parts=False)
    kinds = set(parts.geom_type)
    if kinds != {"LineString"}:
        raise input_error(
            path,
            field="geometry",
            found=f"geometries {sorted(kinds) or 'without a line'}",
            expected="lines",
            fix="use the line layer of the rivers",
        )
    shapes = shapely.remove_repeated_points(parts.geometry.to_numpy(), 0.0)
    parts = parts.set_geometry(gpd.GeoSeries(shapes, index=parts.index, crs=frame.crs))
    order = np.argsort(shapely.to_wkb(shapely.normalize(shapes)), kind="stable")
    return parts.iloc[order].reset_index(drop=True)


def _keys(frame: gpd.GeoDataFrame, known: NetworkFormat) -> NDArray[np.object_]:
    """Key of every line: the layer's where there is one for each, else its number."""
    names = {str(column).lower(): str(column) for column in frame.columns}
    column = known.column("source_id", names)
    if column is not None and frame[column].notna().all():
        keys = [f"{k:g}" if isinstance(k, float) else str(k) for k in frame[column]]
        if len(set(keys)) == len(keys):
            return np.array(keys, dtype=object)
        counts = Counter(keys)
        seen: Counter[str] = Counter()
        unique = []
        for key in keys:
            seen[key] += 1
            unique.append(f"{key}/{seen[key]}" if counts[key] > 1 else key)
        return np.array(unique, dtype=object)
    return np.array([str(k + 1) for k in range(len(frame))], dtype=object)


def _graph(
    lines: NDArray[np.object_],
    row: Indices,
    keys: NDArray[np.object_],
    size: Numbers,
    methods: NetworkMethods,
    log: list[Entry],
) -> Graph:
    """Pieces between nodes, without double and closed ones."""
    tolerance = methods.snap_tolerance_m
    _, first = np.unique(shapely.to_wkb(shapely.normalize(lines)), return_index=True)
    kept = np.sort(first)
    log += [
        Entry(str(keys[row[k]]), Finding.DUPLICATE, "line is drawn twice", "left out")
        for k in sorted(set(range(len(lines))) - set(kept.tolist()))
    ]
    pieces = cut_lines(lines[kept], tolerance)
    pieces = replace(pieces, line=kept[pieces.line])
    pieces = _once(pieces, keys[row], size[row], log)
    graph = join_ends(pieces, tolerance)
    closed = graph.first == graph.last
    for k in np.flatnonzero(closed).tolist():
        long = graph.length_m[k] > 2 * tolerance
        what = "a closed ring" if long else f"{graph.length_m[k]:.0f} m short"
        log.append(
            Entry(
                str(keys[row[pieces.line[k]]]),
                Finding.LOOP if long else Finding.SHORT,
                f"a part of the line is {what}",
                "left out",
            )
        )
    return join_ends(pieces.take(np.flatnonzero(~closed)), tolerance)


def _once(
    pieces: Pieces, keys: NDArray[np.object_], size: Numbers, log: list[Entry]
) -> Pieces:
    """Each stretch once, where two rivers are drawn along it as the larger one."""
    shapes = shapely.to_wkb(shapely.normalize(pieces.geometry))
    _, stretch = np.unique(shapes, return_inverse=True)
    order = np.lexsort((np.arange(len(pieces)), -size[pieces.line], stretch))
    again = np.zeros(len(pieces), dtype=bool)
    again[order[1:]] = np.diff(stretch[order]) == 0
    log += [
        Entry(
            str(keys[line]),
            Finding.DUPLICATE,
            "a part of the line is drawn along another line",
            "left out",
        )
        for line in np.unique(pieces.line[again]).tolist()
    ]
    return pieces.take(np.flatnonzero(~again))


def _named_ends(
    graph: Graph, terminal: NDArray[np.object_], level_m: Numbers
) -> Indices:
    """Free end of every line for which the layer names where the river ends.

    Where both of its ends are free, it is the lower one, or without a relief that at
    which the drawing of the line ends.
    """
    degree = graph.degree()
    pieces = graph.pieces
    named = np.flatnonzero([text is not None for text in terminal])
    ends = []
    for line in np.unique(pieces.line[named]):
        parts = named[pieces.line[named] == line]
        parts = parts[np.argsort(pieces.part[parts])]
        free = [
            int(node)
            for node in (graph.last[parts[-1]], graph.first[parts[0]])
            if degree[node] == 1
        ]
        if len(free) == 2 and level_m[free[1]] < level_m[free[0]]:
            free.reverse()
        ends += free[:1]
    return np.array(sorted(set(ends)), dtype=np.int64)


def _bridges(
    graph: Graph, found: Directions, clues: Clues, methods: NetworkMethods
) -> tuple[NDArray[np.object_], Indices]:
    """Straight lines over narrow gaps below rivers that end beside a larger one.

    Returns
    -------
    tuple
        The lines, and the piece above each of them.
    """
    component = graph.component()
    total = np.bincount(component[graph.first], weights=graph.length_m)
    named = set(clues.outlets.tolist())
    ends = [int(n) for n in found.ends if int(n) not in named]
    nothing = (np.empty(0, dtype=object), np.empty(0, dtype=np.int64))
    if not ends or methods.gap_limit_m == 0 or len(total) == 1:
        return nothing
    lines = lines_from_geometry(graph.pieces.geometry)
    at = np.array(ends, dtype=np.int64)
    near = ReachIndex(lines).within(
        graph.lon_deg[at], graph.lat_deg[at], np.full(len(at), methods.gap_limit_m)
    )
    shapes, above = [], []
    for k, node in enumerate(ends):
        own = component[node]
        for place in np.flatnonzero(near.point == k).tolist():
            other = component[graph.first[near.reach[place]]]
            if (total[other], -other) <= (total[own], -own):
                continue
            piece = np.flatnonzero((found.down == node) & (found.following < 0))
            if len(piece):
                start = (graph.lon_deg[node], graph.lat_deg[node])
                end = (near.lon_deg[place], near.lat_deg[place])
                shapes.append(shapely.LineString([start, end]))
                above.append(int(piece[0]))
            break
    if not shapes:
        return nothing
    result = np.empty(len(shapes), dtype=object)
    result[:] = shapes
    return result, np.array(above, dtype=np.int64)


def _names(
    graph: Graph, keys: NDArray[np.object_], n_lines: int
) -> NDArray[np.object_]:
    """Key of every reach: that of its line, with the number of its part."""
    return np.array(
        [
            f"{keys[line]}{'' if line < n_lines else f'-{_GAP}'}"
            + (f".{part}" if part else "")
            for line, part in zip(graph.pieces.line, graph.pieces.part, strict=True)
        ],
        dtype=object,
    )


def _refuse_unknown(found: Directions, names: NDArray[np.object_], path: Path) -> None:
    unknown = np.flatnonzero(found.evidence == Evidence.NONE)
    if len(unknown):
        shown = ", ".join(str(names[k]) for k in unknown[:5])
        raise input_error(
            path,
            field="direction",
            found=f"{len(unknown)} reaches that nothing gives a direction: {shown}",
            expected="drainage areas, discharges, a relief, a named end, or lines that "
            "are all drawn towards one end",
            fix="name a relief under 'layers: relief', or fill the column "
            "'terminal_name' at the last reach of every river",
        )


def _raw(
    graph: Graph,
    found: Directions,
    texts: dict[str, NDArray[np.object_]],
    numbers: dict[str, Numbers],
    row: Indices,
    names: NDArray[np.object_],
    path: Path,
    format_name: str,
    log: list[Entry],
) -> RawReaches:
    at = row[graph.pieces.line]
    geometry = graph.pieces.geometry.copy()
    turned = found.down == graph.first
    geometry[turned] = shapely.reverse(geometry[turned])
    next_id: NDArray[Any] = np.full(len(names), None, dtype=object)
    onward = found.following >= 0
    next_id[onward] = names[found.following[onward]]
    reach_texts = {field: values[at].copy() for field, values in texts.items()}
    reach_texts["terminal"][onward] = None
    remarks: dict[str, list[str]] = {}
    for entry in log:
        if entry.reach is not None:
            remarks.setdefault(entry.reach, []).append(f"{entry.found}: {entry.done}")
    told = found.evidence == Evidence.DRAWN
    for k in np.flatnonzero(told).tolist():
        remarks.setdefault(str(names[k]), []).append("direction as it is drawn")
    reach_numbers = {field: values[at].copy() for field, values in numbers.items()}
    reach_numbers["length_m"][graph.pieces.part > 0] = np.nan
    return RawReaches(
        source_id=names,
        next_id=next_id,
        texts=reach_texts,
        numbers=reach_numbers,
        geometry=geometry,
        source=str(path),
        format_name=format_name,
        entries=tuple(log),
        remarks=np.array(
            ["; ".join(remarks[n]) if n in remarks else None for n in names],
            dtype=object,
        ),
    )
