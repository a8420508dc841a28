"""Reaches: segments cut at borders, lakes and every ten kilometres, with attributes.

Reaches are numbered so that ``next_reach_id`` is always larger than ``reach_id``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from pyproj import Geod
from shapely.ops import substring

from network import countries
from network.flow import NO_RIVER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from network.cells import Surface
    from network.countries import CountryMap
    from network.lines import River
    from network.segments import Segment

GEOD = Geod(ellps="WGS84")
MAX_REACH_KM = 10.0
MIN_PIECE_KM = 0.3
END_SLIVER_KM = 1.5
# At the source of a named river the border mostly follows the divide
HEAD_SLIVER_KM = 8.0
MIN_SLOPE = 1e-5
TERMINALS = {
    "aral": ("aral", "North Aral Sea"),
    "aydar": ("lake", "Aydar-Arnasay lakes"),
    "issyk-kul": ("lake", "Lake Issyk-Kul"),
    "chu-end": ("endorheic", "End of the Chu"),
    "talas-end": ("endorheic", "End of the Talas"),
    "zarafshan-end": ("endorheic", "End of the Zarafshan"),
    "box": ("box_edge", "Edge of the region box"),
}
POSITION_UNCERTAINTY_M = {"wdbii": 2000, "waypoints": 4000, "relief": 8000}
NETWORK_SOURCE = (
    "Derived: ITU-R P.1511 relief, WDBII rivers (GSHHG), way-points; not surveyed"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One reach before numbering."""

    coords: NDArray[np.float64]
    segment: int
    order: int
    first_cell: int
    last_cell: int
    country: str
    lake: str | None
    share: tuple[float, float]


def km_of(coords: NDArray[np.float64]) -> float:
    """Length along the ellipsoid."""
    return float(GEOD.line_length(coords[:, 0], coords[:, 1])) / 1000


def country_cuts(
    coords: NDArray[np.float64], lookup: CountryMap, head_sliver_km: float
) -> tuple[list[float], list[str]]:
    """Shares of a line where the country changes, and the countries between.

    Parameters
    ----------
    coords
        Vertices of the line in flow order.
    lookup
        Country polygons.
    head_sliver_km
        A first stretch in another country shorter than this is taken for a
        difference between the maps; at the end the limit is ``END_SLIVER_KM``.
    """
    share, points = countries.along(coords)
    step_km = km_of(coords) / max(len(share) - 1, 1)
    labels, _ = countries.close_slivers(lookup.at(points), step_km)
    parts = countries.runs(labels)
    first, last = parts[0]
    if len(parts) > 1 and (last - first) * step_km < head_sliver_km:
        labels[first:last] = labels[last]
    first, last = parts[-1]
    if len(parts) > 1 and (last - first) * step_km < END_SLIVER_KM:
        labels[first:last] = labels[first - 1]
    parts = countries.runs(labels)
    cuts = [float(share[first - 1] + share[first]) / 2 for first, _ in parts[1:]]
    return cuts, [str(labels[first]) for first, _ in parts]


class RiverCountries:
    """Country along whole guide lines, so that slivers are closed across nodes."""

    def __init__(self, rivers: Sequence[River], lookup: CountryMap) -> None:
        """Label every guide line once."""
        self.cuts: list[NDArray[np.float64]] = []
        self.names: list[list[str]] = []
        for river in rivers:
            length = shapely.LineString(river.coords).length
            cuts, names = country_cuts(river.coords, lookup, HEAD_SLIVER_KM)
            self.cuts.append(np.array(cuts) * length)
            self.names.append(names)

    def within(
        self, river: int, start: float, end: float
    ) -> tuple[list[float], list[str]]:
        """Cuts (as shares) and countries of a part of a guide line."""
        cuts = self.cuts[river]
        inside = np.flatnonzero((cuts > start) & (cuts < end))
        first = int(np.searchsorted(cuts, start, side="right"))
        names = self.names[river][first : first + len(inside) + 1]
        return ((cuts[inside] - start) / max(end - start, 1e-9)).tolist(), names


def lake_cuts(
    line: shapely.LineString, lakes: gpd.GeoDataFrame, tree: shapely.STRtree
) -> list[float]:
    """Shares of a line where it enters or leaves a lake."""
    out: list[float] = []
    for index in tree.query(line, predicate="crosses"):
        edge = shapely.intersection(lakes.geometry.iloc[index].boundary, line)
        out.extend(
            line.project(shapely.Point(point), normalized=True)
            for point in shapely.get_coordinates(edge)
        )
    return out


def cut_places(forced: list[float], length_km: float) -> list[float]:
    """All cuts of a segment: forced ones and even ones between, as sorted shares."""
    least = MIN_PIECE_KM / max(length_km, 1e-9)
    kept = [0.0]
    for place in sorted(forced):
        if place - kept[-1] >= least and 1 - place >= least:
            kept.append(place)
    kept.append(1.0)
    out: list[float] = []
    for low, high in pairwise(kept):
        count = max(1, int(np.ceil((high - low) * length_km / MAX_REACH_KM)))
        out += np.linspace(low, high, count + 1)[:-1].tolist()
    return [*out, 1.0]


def cut_segment(
    number: int,
    part: Segment,
    names: RiverCountries,
    lookup: CountryMap,
    cells: Surface,
    lakes: gpd.GeoDataFrame,
    tree: shapely.STRtree,
) -> list[Piece]:
    """Cut one segment into reaches."""
    line = shapely.LineString(part.coords)
    if part.river == NO_RIVER:
        borders, labels = country_cuts(part.coords, lookup, END_SLIVER_KM)
    else:
        start = cells.guides.position_deg[part.cells[0]]
        end = start + line.length
        borders, labels = names.within(part.river, start, end)
    places = cut_places(borders + lake_cuts(line, lakes, tree), km_of(part.coords))
    edges = np.array([*borders, 2.0])
    out = []
    for order, (low, high) in enumerate(pairwise(places)):
        piece = substring(line, low, high, normalized=True)
        middle = (low + high) / 2
        inside = tree.query(
            line.interpolate(middle, normalized=True), predicate="within"
        )
        lake = str(lakes["lake_id"].iloc[inside[0]]) if len(inside) else None
        first = int(np.searchsorted(part.cell_share, low, side="left"))
        last = int(np.searchsorted(part.cell_share, high, side="right")) - 1
        top = len(part.cells) - 1
        out.append(
            Piece(
                shapely.get_coordinates(piece),
                number,
                order,
                int(part.cells[min(first, top)]),
                int(part.cells[top if high == 1.0 else max(min(last, top), 0)]),
                labels[int(np.searchsorted(edges, middle))],
                lake,
                (low, high),
            )
        )
    return out


def river_breaks(lakes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Lakes that lie on the rivers: those beside them are left out."""
    beside = lakes["river"].fillna("").str.contains("off-river")
    small_islands = lakes["lake_id"].isin(["aydar-arnasay", "koksaray"])
    return lakes[~beside & ~small_islands].reset_index(drop=True)


def next_of(pieces: list[Piece], parts: list[Segment]) -> NDArray[np.int64]:
    """Index of the reach downstream of each, -1 at an end."""
    first_of_segment = {
        piece.segment: index for index, piece in enumerate(pieces) if piece.order == 0
    }
    segment_at = {int(part.cells[0]): number for number, part in enumerate(parts)}
    out = np.full(len(pieces), -1, dtype=np.int64)
    for index, piece in enumerate(pieces):
        last = index + 1 == len(pieces) or pieces[index + 1].segment != piece.segment
        if not last:
            out[index] = index + 1
        elif parts[piece.segment].end_cell >= 0:
            out[index] = first_of_segment[segment_at[parts[piece.segment].end_cell]]
    return out


def steps_to_end(following: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of reaches to the end of the path.

    Raises
    ------
    ValueError
        If there is a circle.
    """
    steps = np.full(len(following), -1, dtype=np.int64)
    for start in range(len(following)):
        path = []
        here = start
        while here >= 0 and steps[here] < 0:
            path.append(here)
            if len(path) > len(following):
                raise ValueError("reaches flow in a circle")
            here = int(following[here])
        base = steps[here] if here >= 0 else -1
        for back, index in enumerate(reversed(path)):
            steps[index] = base + back + 1
    return steps


def strahler(
    following: NDArray[np.int64], order: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Strahler order; ``order`` lists reaches from upstream to downstream."""
    best = np.zeros(len(following), dtype=np.int32)
    ties = np.zeros(len(following), dtype=np.int32)
    out = np.zeros(len(following), dtype=np.int32)
    for index in order:
        own = 1 if best[index] == 0 else best[index] + (ties[index] > 1)
        out[index] = own
        below = following[index]
        if below >= 0:
            if own > best[below]:
                best[below], ties[below] = own, 1
            elif own == best[below]:
                ties[below] += 1
    return out


def even_heights(cells: Surface, sequence: NDArray[np.int64]) -> NDArray[np.float64]:
    """Heights that never rise downstream: mean of the upper and lower envelope."""
    upper = cells.height_m.copy()
    lower = cells.height_m.copy()
    following = cells.next_cell[sequence]
    for cell, below in zip(sequence.tolist(), following.tolist(), strict=True):
        if below >= 0 and upper[below] > upper[cell]:
            upper[cell] = upper[below]
    for cell, below in zip(
        sequence[::-1].tolist(), following[::-1].tolist(), strict=True
    ):
        if below >= 0 and lower[cell] < lower[below]:
            lower[below] = lower[cell]
    return (upper + lower) / 2
