"""The table of reaches: numbering and every attribute column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from network import countries
from network.flow import NO_RIVER
from network.reaches import (
    MIN_SLOPE,
    NETWORK_SOURCE,
    POSITION_UNCERTAINTY_M,
    TERMINALS,
    Piece,
    RiverCountries,
    cut_segment,
    even_heights,
    km_of,
    next_of,
    river_breaks,
    steps_to_end,
    strahler,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from network.cells import Surface
    from network.countries import CountryMap
    from network.lines import River
    from network.segments import Segment


def reach_table(
    parts: list[Segment],
    cells: Surface,
    rivers: Sequence[River],
    lookup: CountryMap,
    lakes: gpd.GeoDataFrame,
) -> tuple[gpd.GeoDataFrame, NDArray[np.int64]]:
    """All reaches, upstream to downstream, and the reach of every cell (0 for none)."""
    breaks = river_breaks(lakes)
    tree = shapely.STRtree(breaks.geometry.array)
    names = RiverCountries(rivers, lookup)
    pieces = [
        piece
        for number, part in enumerate(parts)
        for piece in cut_segment(number, part, names, lookup, cells, breaks, tree)
    ]
    following = next_of(pieces, parts)
    steps = steps_to_end(following)
    first = np.array([piece.coords[0] for piece in pieces])
    order = np.lexsort((first[:, 1], first[:, 0], -steps))
    number = np.empty(len(pieces), dtype=np.int64)
    number[order] = np.arange(1, len(pieces) + 1)
    heights = even_heights(cells, cells.sequence)
    lake_names = breaks.set_index("lake_id")
    ranks = strahler(following, order)
    rows = []
    for index in order.tolist():
        piece = pieces[index]
        below = int(following[index])
        rows.append(
            {
                "reach_id": int(number[index]),
                "next_reach_id": int(number[below]) if below >= 0 else None,
                **place_columns(piece, parts, cells, rivers),
                **size_columns(piece, parts, cells, rivers, heights),
                **flow_columns(piece, cells),
                "strahler_order": int(ranks[index]),
                **border_columns(piece, lookup),
                "lake_id": piece.lake,
                "lake_name_en": lake_names["name_en"].get(piece.lake),
                "source": NETWORK_SOURCE,
                "geometry": shapely.LineString(piece.coords),
            }
        )
    table = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs="EPSG:4326")
    table["next_reach_id"] = table["next_reach_id"].astype("Int64")
    table = tidy_banks(table)
    return table, reach_of_cell(pieces, number, parts, cells)


def place_columns(
    piece: Piece, parts: list[Segment], cells: Surface, rivers: Sequence[River]
) -> dict[str, object]:
    """Names, end of the path and what the line rests on."""
    river = parts[piece.segment].river
    end_river = rivers[int(cells.basin[piece.first_cell])]
    kind, name = TERMINALS[end_river.flows_into]
    basis = "relief" if river == NO_RIVER else rivers[river].basis
    return {
        "terminal": kind,
        "terminal_name": name,
        "river_id": None if river == NO_RIVER else rivers[river].river_id,
        "name_en": None if river == NO_RIVER else rivers[river].name_en,
        "name_ru": None if river == NO_RIVER else rivers[river].name_ru,
        "line_basis": basis,
        "position_uncertainty_m": POSITION_UNCERTAINTY_M[basis],
    }


def size_columns(
    piece: Piece,
    parts: list[Segment],
    cells: Surface,
    rivers: Sequence[River],
    heights: NDArray[np.float64],
) -> dict[str, object]:
    """Length, slope and upstream area."""
    length_m = km_of(piece.coords) * 1000
    river = parts[piece.segment].river
    factor = 1.0 if river == NO_RIVER else rivers[river].length_factor
    below = int(cells.next_cell[piece.last_cell])
    fall_m = (
        heights[piece.first_cell] - heights[below if below >= 0 else piece.last_cell]
    )
    slope = float(fall_m) / (length_m * factor)
    return {
        "length_m": round(length_m, 1),
        "length_factor": round(factor, 3),
        "flow_length_m": round(length_m * factor, 1),
        "slope": round(max(slope, MIN_SLOPE), 7),
        "slope_status": "relief_5min" if slope >= MIN_SLOPE else "floor",
        "height_upstream_m": round(float(heights[piece.first_cell]), 1),
        "upstream_area_km2": round(float(cells.upstream_km2[piece.last_cell]), 1),
    }


def flow_columns(piece: Piece, cells: Surface) -> dict[str, object]:
    """Mean discharge, today's and natural, and how it was found."""
    natural = float(cells.natural_m3s[piece.last_cell])
    today = float(cells.today_m3s[piece.last_cell])
    if np.isfinite(today):
        status, how, factor = "estimated_regulated", "natural x stated ratio", 1.5
    elif cells.gauged[piece.last_cell]:
        today, status, how, factor = natural, "estimated_gauged", "scaled to gauge", 1.4
    else:
        today, status, how, factor = (
            natural,
            "estimated_regional",
            "relief and area",
            2.5,
        )
    return {
        "discharge_mean_m3s": round(today, 3),
        "discharge_status": status,
        "discharge_how": how,
        "discharge_uncertainty_factor": factor,
        "discharge_natural_m3s": round(natural, 3),
    }


def border_columns(piece: Piece, lookup: CountryMap) -> dict[str, object]:
    """Countries on the two banks, looking downstream."""
    left, right = countries.banks(piece.coords, piece.country, lookup)
    return {
        "country_left": left,
        "country_right": right,
        "is_border": left != right,
        "inside": piece.country,
    }


def tidy_banks(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Even out banks along each named river, from source to mouth.

    A head reach, or a border stretch shorter than ``SHORTEST_BORDER_KM``, is where
    the line starts beside or crosses a border at a slant: it gets one country. A gap
    shorter than ``LONGEST_GAP_KM`` in a border river comes from lines that do not
    match: it gets the banks of the border river.
    """
    left = table["country_left"].to_numpy(object).copy()
    right = table["country_right"].to_numpy(object).copy()
    km = table["length_m"].to_numpy() / 1000
    inside = table["inside"].to_numpy(object)
    for rows in table.groupby("river_id").indices.values():
        border = left[rows] != right[rows]
        if border[0]:
            first = int(np.argmin(border)) if not border.all() else len(rows)
            left[rows[:first]] = right[rows[:first]] = inside[rows[:first]]
        pair = left[rows] + "|" + right[rows]
        for low, high in countries.runs(pair):
            part = rows[low:high]
            is_border = left[part[0]] != right[part[0]]
            if is_border and km[part].sum() < countries.SHORTEST_BORDER_KM:
                left[part] = right[part] = inside[part]
        pair = left[rows] + "|" + right[rows]
        spans = countries.runs(pair)
        for (a, _), (low, high), (c, _) in zip(
            spans[:-2], spans[1:-1], spans[2:], strict=True
        ):
            same = pair[a] == pair[c] and left[rows[a]] != right[rows[a]]
            if same and km[rows[low:high]].sum() < countries.LONGEST_GAP_KM:
                left[rows[low:high]] = left[rows[a]]
                right[rows[low:high]] = right[rows[a]]
    return table.assign(
        country_left=left, country_right=right, is_border=left != right
    ).drop(columns="inside")


def reach_of_cell(
    pieces: list[Piece],
    number: NDArray[np.int64],
    parts: list[Segment],
    cells: Surface,
) -> NDArray[np.int64]:
    """Reach that each cell drains to first, flat, 0 where there is none."""
    out = np.zeros(cells.next_cell.size, dtype=np.int64)
    for index, piece in enumerate(pieces):
        part = parts[piece.segment]
        low, high = piece.share
        upper = part.cell_share <= high if high == 1.0 else part.cell_share < high
        out[part.cells[(part.cell_share >= low) & upper]] = number[index]
    for cell, below in zip(
        cells.sequence.tolist(), cells.next_cell[cells.sequence].tolist(), strict=True
    ):
        if out[cell] == 0 and below >= 0:
            out[cell] = out[below]
    return out
