"""Cells of a grid as points: which are wanted, where they lie, and what they hold.

Positions are asked for by blocks of rows and layers are read within the smallest window
that holds the wanted cells, so the memory needed follows the cells kept and not the
size of the grid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import GeometryCollection, MultiPoint
from shapely.geometry.base import BaseGeometry

from pipeline.core.errors import InputError, input_error
from pipeline.displacement.series import (
    COMPONENT_VECTOR,
    UNKNOWN,
    Component,
    PointSeries,
)

if TYPE_CHECKING:
    from pipeline.displacement.reading.wide_csv import Keep

Position = tuple[NDArray[np.float64], NDArray[np.float64]]
Positions = Callable[[slice], Position]
_BLOCK_CELLS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Cells:
    """Wanted cells of a grid (k cells).

    Attributes
    ----------
    shape
        Rows and columns of the whole grid.
    row, column
        Shape (k,). Where the cells stand in it.
    lon_deg, lat_deg
        Shape (k,). Centres of the cells, WGS 84.
    footprint
        Hull of the positions of the whole grid (EPSG:4326).
    """

    shape: tuple[int, int]
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    lon_deg: NDArray[np.float64]
    lat_deg: NDArray[np.float64]
    footprint: BaseGeometry

    def take(self, layer: Any) -> NDArray[Any]:
        """Values of a layer (rows, columns) at the cells, shape (k,)."""
        if len(self.row) == 0:
            return np.empty(0, dtype=layer.dtype)
        top, left = int(self.row.min()), int(self.column.min())
        bottom, right = int(self.row.max()) + 1, int(self.column.max()) + 1
        window = np.asarray(layer[top:bottom, left:right])
        return window[self.row - top, self.column - left]

    def numbers(self, layer: Any) -> NDArray[np.float64]:
        """Values of a layer as float64, shape (k,)."""
        return self.take(layer).astype(np.float64)

    def part(self, chosen: NDArray[np.bool_]) -> Cells:
        """Only some of the cells."""
        return Cells(
            self.shape,
            self.row[chosen],
            self.column[chosen],
            self.lon_deg[chosen],
            self.lat_deg[chosen],
            self.footprint,
        )


@dataclass(frozen=True, slots=True)
class Slab:
    """One epoch of a stack (epochs, rows, columns), to be indexed as a layer."""

    stack: Any
    index: int

    @property
    def dtype(self) -> Any:
        """Type of the values."""
        return self.stack.dtype

    def __getitem__(self, window: tuple[slice, slice]) -> Any:
        """Values within a window."""
        return self.stack[(self.index, *window)]


def choose_cells(shape: tuple[int, int], positions: Positions, keep: Keep) -> Cells:
    """Find the cells that are wanted.

    Parameters
    ----------
    shape
        Rows and columns.
    positions
        Gives longitude and latitude (rows of the slice, columns); NaN where unknown.
    keep
        Tells from longitude and latitude which cells are wanted.
    """
    step = max(_BLOCK_CELLS // max(shape[1], 1), 1)
    rows, columns, lons, lats = [], [], [], []
    hull: BaseGeometry = GeometryCollection()
    for start in range(0, shape[0], step):
        lon, lat = positions(slice(start, min(start + step, shape[0])))
        finite = np.isfinite(lon) & np.isfinite(lat)
        hull = hull.union(_outline(lon, lat, finite)).convex_hull
        row, column = np.nonzero(finite)
        wanted = keep(lon[row, column], lat[row, column])
        row, column = row[wanted], column[wanted]
        lons.append(lon[row, column])
        lats.append(lat[row, column])
        rows.append(row + start)
        columns.append(column)
    return Cells(
        shape,
        np.concatenate(rows),
        np.concatenate(columns),
        np.concatenate(lons),
        np.concatenate(lats),
        hull,
    )


def _outline(
    lon: NDArray[np.float64], lat: NDArray[np.float64], finite: NDArray[np.bool_]
) -> BaseGeometry:
    """Hull of the first and last known position of every row."""
    rows = np.flatnonzero(finite.any(axis=1))
    first = finite[rows].argmax(axis=1)
    last = finite.shape[1] - 1 - finite[rows][:, ::-1].argmax(axis=1)
    ends = [
        np.column_stack([lon[rows, column], lat[rows, column]])
        for column in (first, last)
    ]
    return MultiPoint(np.concatenate(ends)).convex_hull


def axis_positions(x: NDArray[Any], y: NDArray[Any], crs: Any, path: Path) -> Positions:
    """Positions of a grid with axes of cell centres in some CRS.

    Raises
    ------
    InputError
        If the CRS is missing or not known.
    """
    from pyproj import CRS, Transformer
    from pyproj.exceptions import CRSError

    try:
        known = CRS.from_user_input(crs)
    except CRSError:
        raise input_error(
            path,
            field="crs",
            found="no CRS" if crs is None else str(crs)[:60],
            expected="a known CRS, such as EPSG:4326 or EPSG:32642",
            fix="export the product with its CRS",
        ) from None
    turn = Transformer.from_crs(known, "EPSG:4326", always_xy=True)

    def positions(rows: slice) -> Position:
        grid_x, grid_y = np.meshgrid(x, y[rows])
        if known.to_epsg() == 4326:
            return grid_x, grid_y
        lon, lat = turn.transform(grid_x, grid_y)
        return np.asarray(lon), np.asarray(lat)

    return positions


def layer_positions(lon: Any, lat: Any) -> Positions:
    """Positions that stand in two layers; 0 and NaN are no position."""

    def positions(rows: slice) -> Position:
        east = np.asarray(lon[rows], dtype=np.float64)
        north = np.asarray(lat[rows], dtype=np.float64)
        nowhere = (east == 0.0) & (north == 0.0)
        return np.where(nowhere, np.nan, east), np.where(nowhere, np.nan, north)

    return positions


def read_stack(
    cells: Cells, layers: Iterable[Any], n_layers: int, to_mm: float
) -> NDArray[np.float32]:
    """Displacement of the cells, shape (k, layers), millimetres, layer by layer."""
    values = np.empty((len(cells.row), n_layers), dtype=np.float32)
    for j, layer in enumerate(layers):
        values[:, j] = cells.take(layer).astype(np.float32) * np.float32(to_mm)
    return values


def with_values(
    values: NDArray[np.float32], *, zero_is_empty: bool
) -> NDArray[np.bool_]:
    """Cells that hold a series at all, shape (k,).

    A cell is empty if every epoch is NaN or, where a format writes 0 for no data, 0.
    """
    if values.shape[1] == 0:
        return np.ones(len(values), dtype=bool)
    held = ~np.isnan(values)
    if zero_is_empty:
        held &= values != 0.0
    return np.asarray(held.any(axis=1))


def check_not_blank(path: Path, field: str, layer: Any) -> None:
    """Stop if a whole layer holds nothing but NaN or zeros.

    Raises
    ------
    InputError
        Names the file and the layer.
    """
    values = np.asarray(layer[:, :])
    finite = np.isfinite(values)
    if finite.any() and values[finite].any():
        return
    raise blank(path, field, "zeros only" if finite.any() else "no value at all")


def blank(path: Path, field: str, what: str) -> InputError:
    """Error for a layer without values."""
    return input_error(
        path,
        field=field,
        found=what,
        expected="displacement values in some of the cells",
        fix="check the export of the product, and what it writes for no data",
    )


def check_same_grid(
    path: Path, field: str, found: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    """Stop if two layers of one stack differ in extent.

    Raises
    ------
    InputError
        Names the file and the layer.
    """
    if tuple(found) != tuple(expected):
        raise input_error(
            path,
            field=field,
            found=f"{'x'.join(map(str, found))} cells",
            expected=f"{'x'.join(map(str, expected))} cells, as in the other layers",
            fix="export all layers on one grid; nothing is resampled",
        )


def cell_series(
    cells: Cells,
    *,
    source_id: str,
    reader: str,
    product: str,
    epoch: NDArray[np.datetime64],
    values_mm: NDArray[np.float32],
    unit: str,
    sign: str,
    component: Component = Component.LINE_OF_SIGHT,
    los: NDArray[np.float64] | None = None,
    track_angle_deg: float = np.nan,
    coherence: NDArray[np.float64] | None = None,
    height_m: NDArray[np.float64] | None = None,
    rate_mm_per_yr: NDArray[np.float64] | None = None,
    is_interpolated: bool = False,
    zero_is_empty: bool = False,
    reference_point: str = UNKNOWN,
    reference_epoch: str = UNKNOWN,
    files: tuple[Path, ...] = (),
    wavelength_mm: float | None = None,
) -> PointSeries:
    """Series of the cells that hold one; parameters as in `PointSeries`.

    Without epochs a cell is kept where it has a rate.
    """
    n = len(cells.row)
    unknown = np.full(n, np.nan)
    rate = unknown if rate_mm_per_yr is None else rate_mm_per_yr
    held = with_values(values_mm, zero_is_empty=zero_is_empty)
    if values_mm.shape[1] == 0:
        held = np.isfinite(rate) & ((rate != 0.0) | (not zero_is_empty))
    if component is not Component.LINE_OF_SIGHT:
        los = np.tile(COMPONENT_VECTOR[component], (n, 1))
    ids = [
        f"r{r}c{c}" for r, c in zip(cells.row[held], cells.column[held], strict=True)
    ]
    return PointSeries(
        source_id=source_id,
        reader=reader,
        product=product,
        component=component,
        point_id=np.array(ids, dtype=np.str_),
        lon_deg=cells.lon_deg[held],
        lat_deg=cells.lat_deg[held],
        epoch=epoch,
        displacement_mm=values_mm[held],
        los=(np.full((n, 3), np.nan) if los is None else los)[held],
        track_angle_deg=np.full(int(held.sum()), track_angle_deg),
        coherence=(unknown if coherence is None else coherence)[held],
        height_m=(unknown if height_m is None else height_m)[held],
        provider_velocity_mm_per_yr=rate[held],
        is_interpolated=is_interpolated,
        reference_point=reference_point,
        reference_epoch=reference_epoch,
        footprint=cells.footprint,
        unit_in_file=unit,
        sign_in_file=sign,
        files=files,
        wavelength_mm=wavelength_mm,
    )
