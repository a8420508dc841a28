"""Small grids and whole maps in memory, for the tests of the regional maps."""

from __future__ import annotations

from contextlib import ExitStack

import numpy as np
import rasterio

from pipeline.hazards.maps.drawn import vector_source
from pipeline.hazards.maps.harmonise import RasterSource
from pipeline.hazards.maps.index_map import Recipe, Scored, make_maps
from pipeline.hazards.maps.region_grid import RegionGrid
from pipeline.hazards.maps.shared_lattice import SharedLattices
from pipeline.hazards.sampling.block_store import BlockStore


def grid_of(height, width, cell=1.0, left=70.0, top=43.0, crs="EPSG:4326"):
    return RegionGrid(rasterio.CRS.from_user_input(crs), left, top, cell, height, width)


def scored(values, scores, weight=1.0, level=0, bit=0):
    return Scored(level, np.array([values, scores], dtype=float), weight, bit)


def maps_of(
    layers,
    grid,
    scores=None,
    *,
    least_covered=0.5,
    least_weight=0.0,
    budget=64 << 20,
    threads=1,
):
    """Planes, index (no data as NaN) and extremes of some (layer, path) pairs."""
    store, lattices = BlockStore(budget // 2), SharedLattices(grid)
    with ExitStack() as opened:
        sources = tuple(
            RasterSource(layer, path, lattices, store, opened, threads)
            if layer.kind == "raster"
            else vector_source(layer, path, grid)
            for layer, path in layers
        )
        given = tuple(scores) if scores else (None,) * len(sources)
        recipe = Recipe(sources, given, least_covered, least_weight)
        planes = np.full((recipe.n_planes, grid.height, grid.width), np.nan, "f4")
        index = np.full((3, grid.height, grid.width), np.nan, "f4")

        def sink(block, part, part_index):
            rows = slice(block.top, block.top + block.height)
            columns = slice(block.left, block.left + block.width)
            planes[:, rows, columns] = part
            index[:, rows, columns] = part_index

        extremes = make_maps(recipe, grid, sink, budget_bytes=budget, threads=threads)
    planes[planes == -9999] = np.nan
    index[0][index[0] == -9999] = np.nan
    return planes, index, extremes
