"""Statistics of a raster in very many polygons, all its levels in one pass.

The raster is read in groups of polygons (`groups`); compiled code then adds up the
cells of every polygon, and finds quantiles among them where they are asked for. A layer
that says so is a surface between the centres of its cells instead of steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pipeline.core.layers import Layer
from pipeline.core.rings import Rings, rings_of
from pipeline.core.surface_sums import surface_sums
from pipeline.core.zone_sums import zone_sums
from pipeline.hazards.sampling.grid import open_raster
from pipeline.hazards.sampling.groups import THREADS, read_groups

_FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ZoneStatistics:
    """Statistics of n polygons in some bands, arrays of shape (n, bands).

    ``mean`` and ``peak`` are the mean by covered area and the largest value, of the
    cells or, if the layer is a surface, of the surface; ``quantiles`` (n, bands, k) are
    weighted by covered area too. ``minimum`` and ``maximum`` are over all cells that a
    polygon touches. All these are NaN where no cell has data. ``covered_cells`` is the
    sum of shares of cells with data, and ``covered_fraction`` that sum as a share of
    the polygon.
    """

    mean: _FloatArray
    peak: _FloatArray
    minimum: _FloatArray
    maximum: _FloatArray
    covered_cells: _FloatArray
    covered_fraction: _FloatArray
    quantiles: _FloatArray


def zone_statistics(
    layer: Layer,
    path: Path,
    polygons: Sequence[BaseGeometry],
    *,
    bands: Sequence[int] = (1,),
    threads: int = THREADS,
    quantiles: Sequence[float] = (),
) -> ZoneStatistics:
    """Mean, extremes, coverage and, if asked for, quantiles of a raster in polygons.

    Parameters
    ----------
    layer, path
        Row of the registry and file of the raster.
    polygons
        Valid polygons or multipolygons in the CRS of the raster.
    bands
        Bands from 1.
    threads
        Threads that decode and add up; the result does not depend on them.
    quantiles
        Shares from 0 to 1. A quantile q is the smallest value that at least a share q
        of the covered area does not exceed.

    Raises
    ------
    InputError
        If the raster is not what the registry says, or cannot be read, or a polygon
        spans too many cells.
    ValueError
        If a polygon is empty or not valid, or a quantile is not from 0 to 1.
    """
    found = statistics_of_layers(
        [(layer, path)], polygons, bands=bands, threads=threads, quantiles=quantiles
    )
    return found[0]


def statistics_of_layers(
    rasters: Sequence[tuple[Layer, Path]],
    polygons: Sequence[BaseGeometry],
    *,
    bands: Sequence[int] = (1,),
    threads: int = THREADS,
    quantiles: Sequence[float] = (),
) -> list[ZoneStatistics]:
    """Do as `zone_statistics` for several layers in one CRS.

    Polygons are checked and put on the cells once for all layers on one grid.
    """
    on_grid: dict[Affine, Rings] = {}
    found = []
    for layer, path in rasters:
        with open_raster(layer, path) as (_, grid):
            transform = grid.transform
        if transform not in on_grid:
            on_grid[transform] = rings_of(polygons, transform)
        rings = on_grid[transform]
        found.append(
            ring_statistics(
                layer, path, rings, bands=bands, threads=threads, quantiles=quantiles
            )
        )
    return found


def ring_statistics(
    layer: Layer,
    path: Path,
    rings: Rings,
    *,
    bands: Sequence[int],
    threads: int = THREADS,
    quantiles: Sequence[float] = (),
) -> ZoneStatistics:
    """Do as `zone_statistics` for polygons in the cells of the raster."""
    shares = np.asarray(quantiles, dtype=np.float64)
    if not np.all((shares >= 0) & (shares <= 1)):
        raise ValueError(f"quantiles must be from 0 to 1, not {list(quantiles)}")
    with open_raster(layer, path) as (_, grid):
        height, width = grid.height, grid.width
    windows = rings.windows(height, width)
    needed, boxes = windows, None
    if layer.sampling == "bilinear":
        needed = with_neighbours(windows, height, width)
        boxes = np.clip(rings.box, 0, [width, height, width, height])
    cells = np.zeros((len(bands), len(rings), 4))
    cells[:, :, 2:] = np.inf, -np.inf
    sums = np.full((len(bands), len(rings), 4 + len(shares)), np.nan)
    edges = rings.x, rings.y, rings.start, rings.turn, rings.first_ring

    def work(values: NDArray, top: int, left: int, members: NDArray[np.int64]) -> None:
        for k, band in enumerate(values):
            own = windows[members]
            if boxes is None:
                found = zone_sums(band, top, left, *edges, own, members, shares)
                cells[k, members], sums[k, members] = found[:, :4], found
            else:
                cells[k, members] = zone_sums(band, top, left, *edges, own, members)
                sums[k, members] = surface_sums(
                    band, top, left, *edges, boxes[members], members, shares
                )

    read_groups(layer, path, bands, needed, work, threads=threads)
    return _statistics(cells, sums, rings.area_cells)


def with_neighbours(
    windows: NDArray[np.int64], height: int, width: int
) -> NDArray[np.int64]:
    """Windows with one more cell on every side, as far as the raster has it."""
    limits = [height, width, height, width]
    wider = np.clip(windows + np.array([-1, -1, 1, 1]), 0, limits)
    return np.where((windows[:, 2] > windows[:, 0])[:, None], wider, 0)


def _statistics(
    cells: _FloatArray, sums: _FloatArray, area_cells: _FloatArray
) -> ZoneStatistics:
    """Statistics of sums (bands, n, 4 or more) of cells and of what is averaged."""
    cells, sums = cells.transpose(1, 0, 2), sums.transpose(1, 0, 2)
    known = (cells[..., 0] > 0) & (sums[..., 0] > 0)
    mean = np.full(known.shape, np.nan)
    np.divide(sums[..., 1], sums[..., 0], out=mean, where=known)
    # a mean never leaves the range of its values, but its rounding may
    mean = np.clip(mean, sums[..., 2], sums[..., 3])
    weight = cells[..., 0]
    return ZoneStatistics(
        mean=mean,
        peak=np.where(known, sums[..., 3], np.nan),
        minimum=np.where(weight > 0, cells[..., 2], np.nan),
        maximum=np.where(weight > 0, cells[..., 3], np.nan),
        covered_cells=weight,
        covered_fraction=np.minimum(weight / area_cells[:, None], 1.0),
        quantiles=np.where(known[..., None], sums[..., 4:], np.nan),
    )
