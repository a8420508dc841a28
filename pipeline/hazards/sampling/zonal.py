"""Statistics of one raster band in very many polygons.

The raster is cut into tiles of whole blocks. Each tile decodes the blocks that any
polygon touches, once, into one array; compiled code then adds up the parts of all
polygons that lie in the tile, and the parts are added in the order of the tiles.
Threads take tiles side by side, each with a file handle of its own. Memory is bounded
by the size of a tile, whatever the raster or the polygons.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pipeline.core.layers import Layer
from pipeline.core.rings import Rings, rings_of
from pipeline.core.zone_sums import zone_sums
from pipeline.hazards.sampling.blocks import BlockReader
from pipeline.hazards.sampling.grid import Grid, open_raster
from pipeline.hazards.sampling.quantiles import zone_quantiles

_TILE_CELLS: Final = 1 << 21
_NEAR_CELLS: Final = 128


@dataclass(frozen=True, slots=True)
class ZoneStatistics:
    """Statistics of n polygons, each array of shape (n,).

    ``mean`` is weighted by the covered share of each cell; ``minimum`` and ``maximum``
    are over all cells that a polygon touches; all three are NaN where no cell has
    data. ``covered_cells`` is the sum of shares of cells with data, and
    ``covered_fraction`` that sum as a share of the polygon. ``quantiles`` (n, k) are
    weighted by the covered share too, in the order in which they were asked for.
    """

    mean: NDArray[np.float64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    covered_cells: NDArray[np.float64]
    covered_fraction: NDArray[np.float64]
    quantiles: NDArray[np.float64]


def zone_statistics(
    layer: Layer,
    path: Path,
    polygons: Sequence[BaseGeometry],
    *,
    band: int = 1,
    threads: int = 2,
    quantiles: Sequence[float] = (),
) -> ZoneStatistics:
    """Mean, extremes, coverage and, if asked for, quantiles of a raster in polygons.

    Parameters
    ----------
    layer, path
        Row of the registry and file of the raster.
    polygons
        Valid polygons or multipolygons in the CRS of the raster.
    band
        Band from 1.
    threads
        Threads that decode and add up; the result does not depend on them.
    quantiles
        Shares from 0 to 1; they take a second pass (`quantiles`).

    Raises
    ------
    InputError
        If the raster is not what the registry says, or cannot be read.
    ValueError
        If a polygon is empty or not valid, or a quantile is not from 0 to 1.
    """
    found = statistics_of_layers(
        [(layer, path)], polygons, band=band, threads=threads, quantiles=quantiles
    )
    return found[0]


def statistics_of_layers(
    rasters: Sequence[tuple[Layer, Path]],
    polygons: Sequence[BaseGeometry],
    *,
    band: int = 1,
    threads: int = 2,
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
        sums = _sums_in(layer, path, grid, rings, band, threads)
        ranked = zone_quantiles(
            layer, path, rings, quantiles, band=band, threads=threads
        )
        found.append(_statistics(sums, rings.area_cells, ranked))
    return found


def _sums_in(
    layer: Layer, path: Path, grid: Grid, rings: Rings, band: int, threads: int
) -> NDArray[np.float64]:
    """Sum of shares, of share x value, least and largest value of every polygon."""
    tiles = list(_tiles(rings.windows(grid.height, grid.width), grid))
    parts: list[NDArray[np.float64]] = [np.empty(0)] * len(tiles)
    waiting = iter(range(len(tiles)))
    lock = Lock()

    def work(_: int) -> None:
        with open_raster(layer, path) as (dataset, own_grid):
            reader = BlockReader(dataset, own_grid, (band,))
            room = np.empty(_tile_shape(own_grid), reader.dtype)
            while True:
                with lock:
                    number = next(waiting, None)
                if number is None:
                    return
                parts[number] = _tile_sums(reader, rings, tiles[number], room)

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, range(threads)):
            pass
    out = np.zeros((len(rings), 4))
    out[:, 2], out[:, 3] = np.inf, -np.inf
    for tile, part in zip(tiles, parts, strict=True):
        out[tile.members, :2] += part[:, :2]
        out[tile.members, 2] = np.minimum(out[tile.members, 2], part[:, 2])
        out[tile.members, 3] = np.maximum(out[tile.members, 3], part[:, 3])
    return out


@dataclass(frozen=True, slots=True)
class _Tile:
    """Part of a raster with the polygons that touch it.

    ``top`` and ``left`` are its first row and column. ``windows`` (n, 4) are the parts
    of the polygons' windows in the tile, ``members`` (n,) the polygons.
    """

    top: int
    left: int
    members: NDArray[np.int64]
    windows: NDArray[np.int64]


def _tiles(windows: NDArray[np.int64], grid: Grid) -> Iterator[_Tile]:
    """Tiles that some polygon touches, row by row."""
    size = np.array(_tile_shape(grid))
    touching = np.flatnonzero(windows[:, 2] > windows[:, 0])
    near = windows[touching, :2] // _NEAR_CELLS  # neighbours find cells in the cache
    touching = touching[np.lexsort((near[:, 1], near[:, 0]))]
    first = windows[touching, :2] // size
    count = -(-windows[touching, 2:] // size) - first
    pairs = count.prod(axis=1)
    owner = np.repeat(np.arange(len(touching)), pairs)
    index = np.arange(pairs.sum()) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    place = first[owner]
    place[:, 0] += index // count[owner, 1]
    place[:, 1] += index % count[owner, 1]
    order = np.lexsort((owner, place[:, 1], place[:, 0]))
    owner, place = owner[order], place[order]
    starts = np.flatnonzero(np.any(np.diff(place, axis=0, prepend=-1), axis=1))
    for a, b in pairwise([*starts, len(owner)]):
        members = touching[owner[a:b]]
        origin = place[a] * size
        limits = np.concatenate([origin, origin + size])
        low, high = np.tile(limits[:2], 2), np.tile(limits[2:], 2)
        clipped = np.clip(windows[members], low, high)
        yield _Tile(int(origin[0]), int(origin[1]), members, clipped)


def _tile_shape(grid: Grid) -> tuple[int, int]:
    """Rows and columns of a tile of whole blocks."""
    blocks_across = max(1, math.isqrt(_TILE_CELLS) // grid.block_width)
    width = blocks_across * grid.block_width
    blocks_down = max(1, _TILE_CELLS // width // grid.block_height)
    return blocks_down * grid.block_height, width


def _tile_sums(
    reader: BlockReader, rings: Rings, tile: _Tile, room: NDArray
) -> NDArray[np.float64]:
    """Sums of all polygons of a tile, in the order of its members."""
    _fill(room, reader, tile)
    return zone_sums(
        room,
        tile.top,
        tile.left,
        rings.x,
        rings.y,
        rings.start,
        rings.turn,
        rings.first_ring,
        tile.windows,
        tile.members,
    )


def _fill(room: NDArray, reader: BlockReader, tile: _Tile) -> None:
    """Fill in the blocks of a tile that lie under its polygons."""
    size = np.array([reader.grid.block_height, reader.grid.block_width])
    origin = np.array([tile.top, tile.left])
    first = (tile.windows[:, :2] - origin) // size
    last = -(-(tile.windows[:, 2:] - origin) // size)
    wanted = _boxes_filled(first, last)
    for bi, bj in np.argwhere(wanted):
        at = origin // size + (bi, bj)
        block = reader.decode(int(at[0]), int(at[1]))[0]
        y, x = bi * size[0], bj * size[1]
        room[y : y + block.shape[0], x : x + block.shape[1]] = block


def _boxes_filled(first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray:
    """Grid of booleans, true in the boxes [first, last) of rows and columns."""
    steps = np.zeros(last.max(axis=0) + 1, dtype=np.int64)
    np.add.at(steps, (first[:, 0], first[:, 1]), 1)
    np.add.at(steps, (last[:, 0], last[:, 1]), 1)
    np.add.at(steps, (first[:, 0], last[:, 1]), -1)
    np.add.at(steps, (last[:, 0], first[:, 1]), -1)
    return steps.cumsum(axis=0).cumsum(axis=1)[:-1, :-1] > 0


def _statistics(
    out: NDArray[np.float64],
    area_cells: NDArray[np.float64],
    quantiles: NDArray[np.float64],
) -> ZoneStatistics:
    weight = out[:, 0]
    known = weight > 0
    mean = np.full(len(out), np.nan)
    np.divide(out[:, 1], weight, out=mean, where=known)
    return ZoneStatistics(
        mean=mean,
        minimum=np.where(known, out[:, 2], np.nan),
        maximum=np.where(known, out[:, 3], np.nan),
        covered_cells=weight,
        covered_fraction=np.minimum(weight / area_cells, 1.0),
        quantiles=quantiles,
    )
