"""GMTSAR SBAS results: one geocoded grid of cumulative millimetres per scene.

``disp_YYYYDDD_ll.grd``: DDD is the day of the year counted from 000, so 2020002 is
2020-01-03; eight digits are a calendar date. Positions are the grid's own coordinates.
Source: GMTSAR (commit ad6e95df).
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipeline.core.errors import input_error
from pipeline.displacement.checks import parse_epochs
from pipeline.displacement.geometry import (
    GeometryOptions,
    declared_los,
    los_from_parts,
    track_angle_deg,
    wavelength_mm,
)
from pipeline.displacement.readers import Request
from pipeline.displacement.reading import grids
from pipeline.displacement.reading.hdf import folder_of, read_grid
from pipeline.displacement.recognise import names_in
from pipeline.displacement.series import UNKNOWN, PointSeries

NAME: Final = "gmtsar"
DESCRIPTION: Final = "folder with GMTSAR grids disp_YYYYDDD_ll.grd"
UNIT: Final = "mm"
SIGN: Final = "positive towards the satellite"

_NAMES: Final = ("z", "lon", "lat", "x", "y")
_LOOK: Final = tuple(f"look_{part}" for part in "enu")


class Options(GeometryOptions):
    """Options of the GMTSAR reader."""

    pattern: str = Field(
        r"disp_(\d{7,8})_ll\.grd",
        description="Names of the grids, a regular expression with the date in ().",
    )
    reference_point: str = Field(
        UNKNOWN, description="Point or area that displacements are relative to."
    )


def recognises(path: Path) -> bool:
    """Whether a file or folder looks like this format."""
    return any(re.fullmatch(r"disp_\d{7}(_ll)?\.grd", n) for n in names_in(path))


def read(request: Request, options: Options) -> PointSeries:
    """Read all grids of a folder (or of the folder of the grid that is named).

    Raises
    ------
    InputError
        If there are fewer than two grids, they differ in extent, or are not geocoded.
    """
    folder = folder_of(request.path)
    days = find_grids(folder, options.pattern)
    epoch = parse_epochs(
        [day.isoformat() for day, _ in days],
        folder,
        "%Y-%m-%d",
        [p.name for _, p in days],
    )
    x, y, _ = _grid(days[0][1])
    positions = grids.axis_positions(x, y, "EPSG:4326", folder)
    cells = grids.choose_cells((len(y), len(x)), positions, request.keep)
    values = np.empty((len(cells.row), len(days)), dtype=np.float32)
    for j, (_, file) in enumerate(days):
        layer = _layer(file, cells, (x, y))
        values[:, j] = cells.take(layer)
    grids.check_not_blank(days[-1][1], "z", layer)
    rate_file = folder / "vel_ll.grd"
    rate = None
    if rate_file.is_file():
        rate = cells.numbers(_layer(rate_file, cells, (x, y)))
    los = _look(folder, cells, (x, y))
    return grids.cell_series(
        cells,
        source_id=request.source_id,
        reader=NAME,
        product=f"GMTSAR grids of {folder.name}",
        epoch=epoch,
        values_mm=values,
        unit=UNIT,
        sign="towards the satellite",
        los=declared_los(options, len(cells.row)) if los is None else los,
        track_angle_deg=track_angle_deg(options),
        rate_mm_per_yr=rate,
        zero_is_empty=True,
        reference_point=options.reference_point,
        reference_epoch=str(epoch[0]),
        wavelength_mm=wavelength_mm(options),
        files=tuple(file for _, file in days),
    )


def find_grids(folder: Path, pattern: str) -> list[tuple[date, Path]]:
    """Grids with their dates, oldest first.

    Raises
    ------
    InputError
        If the folder holds no grid, or grids in radar coordinates only.
    """
    names = sorted(path.name for path in folder.iterdir())
    found = [(re.fullmatch(pattern, name), name) for name in names]
    days = [(_date(m[1], folder / name), folder / name) for m, name in found if m]
    if not days:
        radar = any(re.fullmatch(r"disp_\d{7}\.grd", name) for name in names)
        raise input_error(
            folder,
            field="disp_YYYYDDD_ll.grd",
            found="grids in radar coordinates" if radar else "no such grid",
            expected="geocoded grids of cumulative displacement",
            fix="geocode them (proj_ra2ll.csh), or set 'pattern' in the options",
        )
    return sorted(days)


def _date(digits: str, file: Path) -> date:
    try:
        if len(digits) == 8:
            return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        first, days = date(int(digits[:4]), 1, 1), int(digits[4:])
        day = first + timedelta(days=days)
        if day.year != first.year:
            raise ValueError
    except ValueError:
        raise input_error(
            file,
            field="date in the name",
            found=digits,
            expected="YYYYDDD with DDD from 000, or YYYYMMDD",
            fix="correct the name",
        ) from None
    return day


def _grid(file: Path) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Axes (x, y) and layer of a grid."""
    found, _ = read_grid(file, _NAMES)
    x, y = found.get("lon", found.get("x")), found.get("lat", found.get("y"))
    if x is None or y is None or "z" not in found:
        raise input_error(
            file,
            field="z",
            found=f"variables {sorted(found)}",
            expected="z with axes lon and lat",
            fix="give grids that GMT wrote",
        )
    if np.abs(x).max() > 360.0 or np.abs(y).max() > 90.0:
        raise input_error(
            file,
            field="lon, lat",
            found=f"coordinates up to {np.abs(x).max():g}, {np.abs(y).max():g}",
            expected="degrees; radar coordinates cannot be mapped",
            fix="geocode the grids (proj_ra2ll.csh)",
        )
    return np.where(x > 180.0, x - 360.0, x), y, found["z"]


def _layer(
    file: Path, cells: grids.Cells, axes: tuple[NDArray[Any], NDArray[Any]]
) -> NDArray[Any]:
    """Values of a grid, which must lie where the first one lies."""
    x, y, layer = _grid(file)
    grids.check_same_grid(file, "z", layer.shape, cells.shape)
    _check_axes(file, (x, y), axes)
    return layer


def _check_axes(
    file: Path,
    found: tuple[NDArray[Any], NDArray[Any]],
    expected: tuple[NDArray[Any], NDArray[Any]],
) -> None:
    for name, own, first in zip(("lon", "lat"), found, expected, strict=True):
        if np.abs(own - first).max() > 0.01 * abs(first[1] - first[0]):
            raise input_error(
                file,
                field=name,
                found=f"an axis from {own[0]:g} to {own[-1]:g}",
                expected=f"{first[0]:g} to {first[-1]:g}, as in the other grids",
                fix="export all grids with one region; nothing is resampled",
            )


def _look(
    folder: Path, cells: grids.Cells, axes: tuple[NDArray[Any], NDArray[Any]]
) -> NDArray[np.float64] | None:
    """Viewing directions of look_e, look_n and look_u, where they are there."""
    for suffix in ("_ll.grd", ".grd"):
        files = [folder / f"{name}{suffix}" for name in _LOOK]
        if all(file.is_file() for file in files):
            parts = (cells.numbers(_layer(file, cells, axes)) for file in files)
            return los_from_parts(*parts)
    return None
