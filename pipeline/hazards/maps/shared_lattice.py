"""Lattices that all rasters of one CRS and cell share, each made once.

Rasters whose cells have the same size and direction differ by a shift of the whole
grid, so one lattice serves them all. Lattices are made for fixed squares of the
region's grid: samples lie at the same places however the map is cut into blocks.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from pipeline.core.rings import mapped
from pipeline.hazards.maps.lattice import Exact, Lattice, exact_lattice, lattice_of
from pipeline.hazards.maps.region_grid import Block, RegionGrid
from pipeline.hazards.sampling.grid import Grid

SQUARE_CELLS: Final = 512
"""Side of the squares of the region's grid that lattices are made for."""
_TURN_DEG: Final = 360.0
_KEPT: Final = 16
_ROUNDING: Final = 1e-9
_FloatArray = NDArray[np.float64]


class SharedLattices:
    """Lattices of the rasters that are laid on one grid.

    Parameters
    ----------
    target
        Grid of the region.
    """

    def __init__(self, target: RegionGrid) -> None:
        self.target = target
        self._families: dict[object, _Family] = {}

    def of(self, grid: Grid, subcells: int) -> RasterLattices:
        """Lattices of one raster, of which ``subcells`` samples a side are taken."""
        t = grid.transform
        key: tuple[object, ...] = (grid.crs.to_wkt(), t.a, t.b, t.d, t.e, subcells)
        if _turns(grid):  # where it lies says by how many turns places are moved
            key += (t.c, t.f, grid.width)
        family = self._families.get(key)
        if family is None:
            family = _Family(self.target, grid, subcells)
            self._families[key] = family
        return RasterLattices(family, grid)


class RasterLattices:
    """Lattices of one raster, in its own cells."""

    def __init__(self, family: _Family, grid: Grid) -> None:
        self._family = family
        first, own = family.grid.transform, grid.transform
        column, row = mapped(~own, np.array([first.c]), np.array([first.f]))
        is_first = first == own
        self._shift = (0.0, 0.0) if is_first else (float(column[0]), float(row[0]))

    def lattice(self, block: Block) -> Lattice:
        """Lattice of a block of the region's grid, which lies within one square."""
        shift_x, shift_y = self._shift
        found = self._family.lattice(block)
        return replace(found, shift_x=shift_x, shift_y=shift_y)


class _Family:
    """Lattices in the cells of the first raster of its kind; the last ones are kept."""

    def __init__(self, target: RegionGrid, grid: Grid, subcells: int) -> None:
        self.grid = grid
        self._target, self._subcells = target, subcells
        self._exact = exact_places(target, grid)
        self._kept: OrderedDict[tuple[str, Block], Lattice] = OrderedDict()
        self._lock = Lock()

    def lattice(self, block: Block) -> Lattice:
        """Lattice of a block; the same one whenever it is asked for soon after."""
        return self._once("block", block, self._block)

    def _block(self, block: Block) -> Lattice:
        top, left = (v // SQUARE_CELLS * SQUARE_CELLS for v in (block.top, block.left))
        square = Block(
            top,
            left,
            min(SQUARE_CELLS, self._target.height - top),
            min(SQUARE_CELLS, self._target.width - left),
        )
        whole = self._once("square", square, self._square)
        if whole.step == 0:
            return exact_lattice(self._exact, block, subcells=self._subcells)
        return whole.part(block.top - top, block.left - left, block.height, block.width)

    def _square(self, square: Block) -> Lattice:
        return lattice_of(self._exact, square, subcells=self._subcells)

    def _once(
        self, kind: str, block: Block, make: Callable[[Block], Lattice]
    ) -> Lattice:
        """Keep what was made last; two threads may make the same, which is alike."""
        with self._lock:
            found = self._kept.get((kind, block))
        if found is None:
            found = make(block)
            with self._lock:
                self._kept[kind, block] = found
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return found


@lru_cache(maxsize=64)
def _transformer(from_crs: str, to_crs: str) -> Transformer:
    """Transformer that all layers of a CRS share: every thread sets up its own part."""
    return Transformer.from_crs(from_crs, to_crs, always_xy=True)


def exact_places(target: RegionGrid, grid: Grid) -> Exact:
    """Function from columns and rows of the region's grid to those of a raster.

    On a raster in degrees places are moved by whole turns to where the raster lies;
    the jump is opposite of it. Places that the projection cannot reach are infinite.
    """
    forward, backward = target.transform, ~grid.transform
    is_same = grid.crs == target.crs
    to_grid = None if is_same else _transformer(target.crs.to_wkt(), grid.crs.to_wkt())
    turns = _turns(grid)
    turn = _TURN_DEG / abs(grid.transform.a) if turns else 0.0
    gap = max(0.0, turn - grid.width)

    def exact(
        columns: _FloatArray, rows: _FloatArray
    ) -> tuple[_FloatArray, _FloatArray]:
        x, y = mapped(forward, columns, rows)
        if to_grid is not None:
            x, y = to_grid.transform(x, y)
        x, y = np.asarray(x), np.asarray(y)
        lost = ~(np.isfinite(x) & np.isfinite(y))
        x, y = mapped(backward, np.where(lost, 0.0, x), np.where(lost, 0.0, y))
        if turns:
            x = x - np.floor((x + gap / 2 + _ROUNDING) / turn) * turn
        return np.where(lost, np.inf, x), np.where(lost, np.inf, y)

    return exact


def _turns(grid: Grid) -> bool:
    """Whether columns of the grid are meridians, so that a turn leads back to it."""
    return grid.is_geographic and grid.transform.b == 0 == grid.transform.d
