"""What MintPy's own files and its HDF-EOS5 files have in common.

Attributes are text. ``X_FIRST`` and ``Y_FIRST`` are the upper left corner of the first
cell; files in radar geometry lack them and have layers of latitude and longitude.
Source: MintPy 1.6.4 (attributes, ``enu2los``) and files of one project.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import InputError, input_error
from pipeline.displacement.checks import parse_epochs
from pipeline.displacement.reading.grids import (
    Cells,
    Positions,
    axis_positions,
    check_same_grid,
)
from pipeline.displacement.reading.hdf import text_of
from pipeline.displacement.series import UNKNOWN

Attributes = Mapping[str, str]


def read_attributes(handle: Any) -> dict[str, str]:
    """Root attributes as text."""
    return {name: text_of(value) for name, value in handle.attrs.items()}


def number(attributes: Attributes, name: str, path: Path) -> float:
    """One attribute as a number.

    Raises
    ------
    InputError
        If it is missing or no number.
    """
    try:
        return float(attributes[name])
    except (KeyError, ValueError):
        raise input_error(
            path,
            field=name,
            found=attributes.get(name, "no such attribute"),
            expected="a number",
            fix="give the file as MintPy wrote it",
        ) from None


def is_geocoded(attributes: Attributes) -> bool:
    """Whether the grid has map coordinates."""
    return "X_FIRST" in attributes


def map_positions(
    attributes: Attributes, shape: tuple[int, int], path: Path
) -> Positions:
    """Positions of the cell centres of a geocoded grid.

    Raises
    ------
    InputError
        If a corner or step is missing, or a grid in metres has no CRS.
    """
    x0, dx, y0, dy = (
        number(attributes, name, path)
        for name in ("X_FIRST", "X_STEP", "Y_FIRST", "Y_STEP")
    )
    x = x0 + (np.arange(shape[1]) + 0.5) * dx
    y = y0 + (np.arange(shape[0]) + 0.5) * dy
    return axis_positions(x, y, crs_of(attributes, path), path)


def crs_of(attributes: Attributes, path: Path) -> str:
    """CRS of a geocoded grid.

    Raises
    ------
    InputError
        If a grid in metres names none.
    """
    if attributes.get("X_UNIT", "degrees").lower().startswith("deg"):
        return "EPSG:4326"
    code, zone = attributes.get("EPSG"), attributes.get("UTM_ZONE", "").strip()
    if code:
        return f"EPSG:{code}"
    if zone[:-1].isdigit() and zone[-1:].upper() in ("N", "S"):
        return (
            f"EPSG:{(326 if zone[-1].upper() == 'N' else 327) * 100 + int(zone[:-1])}"
        )
    raise input_error(
        path,
        field="EPSG",
        found=f"a grid in {attributes.get('X_UNIT')} without EPSG or UTM_ZONE",
        expected="the CRS of the grid",
        fix="add the attribute EPSG to the file",
    )


def check_unit(attributes: Attributes, expected: str, path: Path) -> None:
    """Stop where a file says another unit than its format has.

    Raises
    ------
    InputError
        If the attribute UNIT is missing or differs.
    """
    found = attributes.get("UNIT", "no such attribute")
    if found not in (expected, expected.replace("year", "yr")):
        raise input_error(
            path,
            field="UNIT",
            found=found,
            expected=expected,
            fix="give the file as MintPy wrote it",
        )


def read_dates(dates: Any, path: Path) -> NDArray[np.datetime64]:
    """Epochs of a file, in its order."""
    return parse_epochs([text_of(day)[:8] for day in dates[...].tolist()], path)


def los_at(cells: Cells, geometry: Any, path: Path) -> NDArray[np.float64] | None:
    """Viewing directions in a group of geometry layers; None without both angles."""
    from pipeline.displacement.geometry import los_from_azimuth

    names = ("incidenceAngle", "azimuthAngle")
    if any(name not in geometry for name in names):
        return None
    for name in names:
        check_same_grid(path, name, geometry[name].shape, cells.shape)
    incidence, azimuth = (cells.numbers(geometry[name]) for name in names)
    return los_from_azimuth(incidence, azimuth)


def height_at(cells: Cells, geometry: Any) -> NDArray[np.float64] | None:
    """Heights in a group of geometry layers.

    Raises
    ------
    InputError
        If they lie on another grid.
    """
    if "height" not in geometry:
        return None
    layer = geometry["height"]
    check_same_grid(Path(layer.file.filename), "height", layer.shape, cells.shape)
    return cells.numbers(layer)


def heading_deg(attributes: Attributes) -> float:
    """Flight direction clockwise from north; NaN where the file lacks it."""
    try:
        return float(attributes["HEADING"])
    except (KeyError, ValueError):
        return np.nan


def wavelength_mm(attributes: Attributes) -> float | None:
    """Wavelength of the radar; None where the file lacks it."""
    for name in ("WAVELENGTH", "wavelength"):
        try:
            metres = float(attributes[name])
        except (KeyError, ValueError):
            continue
        return 1000.0 * metres if 0.005 < metres < 1.0 else None
    return None


def reference(attributes: Attributes) -> tuple[str, str]:
    """Reference point and epoch as the tables hold them."""
    lat, lon = attributes.get("REF_LAT"), attributes.get("REF_LON")
    point = f"latitude {lat}, longitude {lon}" if lat and lon else UNKNOWN
    if point == UNKNOWN and attributes.get("REF_Y"):
        point = describe(
            f"cell y={attributes['REF_Y']}, x={attributes.get('REF_X')}", attributes
        )
    day = attributes.get("REF_DATE", "")
    epoch = f"{day[:4]}-{day[4:6]}-{day[6:8]}" if len(day) == 8 else UNKNOWN
    return point, epoch


def describe(kind: str, attributes: Attributes) -> str:
    """Name of a product: what it is, its track and direction."""
    track = attributes.get("relative_orbit") or attributes.get("trackNumber")
    way = attributes.get("ORBIT_DIRECTION", "").lower()
    parts = [kind, f"track {track}" if track else "", way]
    return ", ".join(part for part in parts if part)


def not_this_format(path: Path, found: str, expected: str) -> InputError:
    """Error for a file of another kind."""
    return input_error(
        path,
        field="FILE_TYPE",
        found=found,
        expected=expected,
        fix="give that file, or name another reader",
    )
