"""Read the region's flow directions for the hazards stage."""

from __future__ import annotations

from typing import Final

import numpy as np

from pipeline.core.errors import input_error
from pipeline.core.flow import FlowDirections
from pipeline.core.geo import distance_m
from pipeline.core.layers import LayerState, LocalLayer
from pipeline.hazards.sampling.grid import Grid, open_raster

_MAX_CELLS: Final = 600_000_000


def read_flow(local: LocalLayer | None) -> FlowDirections | None:
    """Flow directions of an available layer, None without one.

    Raises
    ------
    InputError
        If the raster is rotated or south-up, too large to be held in memory, or holds
        something else than bytes.
    """
    if local is None or local.state is not LayerState.AVAILABLE or local.path is None:
        return None
    with open_raster(local.layer, local.path) as (dataset, grid):
        _check(grid, local)
        code = np.asarray(dataset.read(1), dtype=np.uint8)
    return FlowDirections(code, grid.transform, grid.crs, cell_size_m(grid))


def cell_size_m(grid: Grid) -> float:
    """Longer side of the cell in the middle of a raster, metres."""
    t = grid.transform
    if not grid.is_geographic:
        to_metre = float(grid.crs.linear_units_factor[1])
        return max(abs(t.a), abs(t.e)) * to_metre
    lat = t.f + t.e * grid.height / 2
    east = distance_m(0.0, lat, abs(t.a), lat)
    north = distance_m(0.0, lat, 0.0, min(lat + abs(t.e), 90.0))
    return float(max(east, north))


def _check(grid: Grid, local: LocalLayer) -> None:
    t = grid.transform
    north_up = t.b == 0 and t.d == 0 and t.a > 0 and t.e < 0
    cells = grid.height * grid.width
    if north_up and grid.dtype == np.uint8 and cells <= _MAX_CELLS:
        return
    raise input_error(
        grid.path,
        field=local.layer.id,
        found=f"{cells:,} cells of type {grid.dtype}, transform {tuple(t)[:6]}",
        expected=f"D8 codes as bytes, north up, at most {_MAX_CELLS:,} cells",
        fix="cut the flow directions to the region, or write them north up",
    )
