"""Natural runoff from relief and gauges, and today's flow after withdrawals.

Natural runoff of a cell is a base depth that rises with height, times a factor. Inside
a gauged catchment the factor makes the sum equal to the published mean (less the
gauges upstream); elsewhere it is the mean of the gauges around, weighted by distance.
Today's flow is the natural flow times a ratio that is set at stated points of a river
(``flow_today.csv``) and runs evenly between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import pyflwdir
    from numpy.typing import NDArray

    from network.flow import Grid, GuideCells
    from network.lines import River

BASE_RUNOFF_MM_PER_M = 0.15
BASE_RUNOFF_FROM_M = 600.0
FACTOR_LIMITS = (0.1, 6.0)
SECONDS_PER_YEAR = 365.25 * 86400
KM2_MM_TO_M3 = 1000.0
NEAREST_GAUGES = 4


@dataclass(frozen=True, slots=True)
class Runoff:
    """Natural runoff, flat over the grid, and where it comes from a gauge."""

    depth_mm: NDArray[np.float64]
    gauged: NDArray[np.bool_]


def base_runoff_mm(height_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Yearly runoff depth before scaling to gauges, mm."""
    return BASE_RUNOFF_MM_PER_M * np.maximum(height_m - BASE_RUNOFF_FROM_M, 0.0)


def site_cells(
    table: pd.DataFrame, rivers: Sequence[River], guides: GuideCells, grid: Grid
) -> NDArray[np.int64]:
    """Nearest cell of the named river for every row, flat indices."""
    numbers = {river.river_id: number for number, river in enumerate(rivers)}
    out = []
    for row in table.itertuples(index=False):
        own = np.flatnonzero(guides.river == numbers[row.river_id])
        place = np.array([row.lon_deg, row.lat_deg])
        far = np.hypot(*(grid.centre(own) - place).T)
        out.append(int(own[far.argmin()]))
    return np.array(out, dtype=np.int64)


def natural_runoff(
    height_m: NDArray[np.float64],
    cell_area_km2: NDArray[np.float64],
    flow: pyflwdir.FlwdirRaster,
    gauge_cell: NDArray[np.int64],
    gauge_m3s: NDArray[np.float64],
    grid: Grid,
) -> Runoff:
    """Runoff depth of every cell, mm a year (flat).

    Parameters
    ----------
    height_m, cell_area_km2
        Flat over the grid.
    flow
        Flow network of the grid.
    gauge_cell, gauge_m3s
        Cell and natural mean discharge of each gauge.
    """
    base = base_runoff_mm(height_m)
    zone = np.full(base.size, -1, dtype=np.int64)
    upstream = flow.upstream_area("cell").ravel()
    order = np.argsort(-upstream[gauge_cell], kind="stable")
    for number in order:
        basin = flow.basins(idxs=gauge_cell[[number]], ids=np.array([1], np.uint32))
        zone[basin.ravel() == 1] = number
    volume_m3 = base * cell_area_km2 * KM2_MM_TO_M3
    own_m3 = np.bincount(zone[zone >= 0], volume_m3[zone >= 0], len(gauge_cell))
    target_m3 = gauge_m3s * SECONDS_PER_YEAR
    net_m3 = target_m3 - inner_gauges(zone, gauge_cell, target_m3, flow)
    factor = np.clip(net_m3 / np.maximum(own_m3, 1.0), *FACTOR_LIMITS)
    field = np.where(zone >= 0, factor[np.maximum(zone, 0)], 0.0)
    open_cells = np.flatnonzero((zone < 0) & (base > 0))
    sites = grid.centre(gauge_cell)
    field[open_cells] = by_distance(grid.centre(open_cells), sites, factor)
    return Runoff(base * field, zone >= 0)


def inner_gauges(
    zone: NDArray[np.int64],
    gauge_cell: NDArray[np.int64],
    target_m3: NDArray[np.float64],
    flow: pyflwdir.FlwdirRaster,
) -> NDArray[np.float64]:
    """Yearly volume of the gauges directly upstream of each gauge."""
    inner = np.zeros(len(gauge_cell))
    next_cell = flow.idxs_ds
    for number, cell in enumerate(gauge_cell):
        here = int(cell)
        while True:
            following = int(next_cell[here])
            if following in (here, -1):
                break
            here = following
            if zone[here] not in (number, -1):
                inner[zone[here]] += target_m3[number]
                break
            if zone[here] == -1:
                break
    return inner


def by_distance(
    places: NDArray[np.float64],
    sites: NDArray[np.float64],
    values: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Mean of the nearest sites, weighted by inverse squared distance."""
    out = np.empty(len(places))
    for first in range(0, len(places), 100_000):
        part = places[first : first + 100_000]
        far = np.hypot(
            part[:, None, 0] - sites[None, :, 0], part[:, None, 1] - sites[None, :, 1]
        )
        near = np.argpartition(far, NEAREST_GAUGES, axis=1)[:, :NEAREST_GAUGES]
        weight = 1 / np.maximum(np.take_along_axis(far, near, 1), 0.05) ** 2
        out[first : first + 100_000] = (weight * values[near]).sum(1) / weight.sum(1)
    return out


def ratio_today(
    table: pd.DataFrame,
    natural_m3s: NDArray[np.float64],
    rivers: Sequence[River],
    guides: GuideCells,
    grid: Grid,
) -> NDArray[np.float64]:
    """Ratio of today's to natural flow, flat; NaN where no point is stated.

    A point states a discharge or a share of the natural flow. Upstream of the first
    stated point of a river the flow is natural.
    """
    ratio = np.full(natural_m3s.size, np.nan)
    cells = site_cells(table, rivers, guides, grid)
    for river_id, rows in table.groupby("river_id").indices.items():
        number = next(n for n, r in enumerate(rivers) if r.river_id == river_id)
        own = np.flatnonzero(guides.river == number)
        at = cells[rows]
        place = guides.position_deg[at]
        stated = table["discharge_m3s"].to_numpy(float)[rows] / natural_m3s[at]
        share = table["natural_share"].to_numpy(float)[rows]
        known = np.where(np.isnan(share), stated, share)
        order = np.argsort(place)
        value = np.interp(guides.position_deg[own], place[order], known[order])
        first = guides.position_deg[own] < place.min()
        starts_river = place.min() < 0.05
        ratio[own] = np.where(first & (not starts_river), np.nan, value)
    return ratio
