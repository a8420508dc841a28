"""What a file holds by its own account: records that inspection fills.

Nothing here is guessed. What a file does not state (the unit of its numbers, what its
bands are, what a cell without data means) has no place in these records.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affine import Affine
from numpy.typing import NDArray

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class BandFacts:
    """One band, with statistics of its physical values (scale and offset applied).

    ``low``, ``mean`` and ``high`` are None where no cell has a finite value.
    """

    number: int
    description: str
    unit: str
    dtype: str
    nodata: float | None
    scale: float
    offset: float
    n_cells: int
    n_valid: int
    n_zero: int
    n_infinite: int
    low: float | None
    mean: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Preview:
    """Some or all cells of a raster, for pictures and comparisons.

    ``values`` has the shape (bands, rows, columns), NaN without data; ``transform``
    maps its corners to the raster's CRS. ``is_whole`` tells that no cell is left out.
    """

    values: NDArray[Any]
    transform: Affine
    is_whole: bool


@dataclass(frozen=True, slots=True)
class RasterFacts:
    """A raster file. ``box_deg`` is west, south, east, north; None without a CRS."""

    path: Path
    driver: str
    crs: str | None
    cell_x: float
    cell_y: float
    cell_unit: str
    width: int
    height: int
    box_deg: Box | None
    is_point: bool
    is_south_up: bool
    is_rotated: bool
    has_side_file: bool
    bands: tuple[BandFacts, ...]
    is_counted_whole: bool
    preview: Preview


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """One column of a vector file or table.

    ``classes`` are its different values, at most some, where they are few;
    ``low`` and ``high`` are texts of its extremes, of dates as well.
    """

    name: str
    dtype: str
    n_blank: int
    low: str
    high: str
    is_number: bool
    is_date: bool
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VectorFacts:
    """A layer of polygons, points or lines; also a CSV file with coordinates."""

    path: Path
    driver: str
    table: str | None
    tables: tuple[str, ...]
    crs: str | None
    kinds: tuple[str, ...]
    n_features: int
    n_empty: int
    n_crossing: int
    first_crossing: str
    box_deg: Box | None
    fields: tuple[FieldFacts, ...]
    shapes: NDArray[Any]
    lon_column: str | None = None
    lat_column: str | None = None

    @property
    def is_points(self) -> bool:
        """Whether all shapes are points."""
        return set(self.kinds) <= {"Point"} and bool(self.kinds)


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A CSV file without coordinates: a study's values, one row for each site."""

    path: Path
    n_rows: int
    fields: tuple[FieldFacts, ...]
    tmf_ids: tuple[str, ...]


Facts = RasterFacts | VectorFacts | TableFacts
