"""EGMS levels 2a, 2b and 3 of the European Ground Motion Service (zip or CSV).

Columns are matched by name with the names of all generations (2015-2021, 2018-2022,
2019-2023 and 2020-2024); unknown columns are left alone. Source: EGMS Product
Description Document v3, Tables 5 and 6, and files of the 2020-2024 generation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipeline.core.errors import input_error
from pipeline.core.records import Record
from pipeline.displacement.checks import parse_epochs
from pipeline.displacement.readers import Request
from pipeline.displacement.reading.csv_file import read_header
from pipeline.displacement.reading.wide_csv import (
    Columns,
    Kind,
    Layout,
    WideTable,
    read_wide,
    stream_wide,
)
from pipeline.displacement.recognise import columns_of
from pipeline.displacement.series import (
    COMPONENT_VECTOR,
    SENTINEL_1_WAVELENGTH_MM,
    UNKNOWN,
    Component,
    PointSeries,
    los_from_angles,
)

NAME: Final = "egms"
DESCRIPTION: Final = "EGMS L2a, L2b and L3, zip archive or CSV"
UNIT: Final = "mm"
SIGN: Final = "positive towards the satellite; L3: up and east"

_EPOCH = re.compile(r"^\d{8}$")
_LEVEL = re.compile(r"EGMS_(L2a|L2b|L3)_", re.IGNORECASE)
_TRACK = re.compile(r"EGMS_L2[ab]_(\d{3})_(\d{4})_(IW\d)", re.IGNORECASE)
_COMPONENT = re.compile(r"EGMS_L3_\w+?_100km_([UE])(?:_|\.|$)", re.IGNORECASE)
_GRID_CRS: Final = "EPSG:3035"
_GNSS_FRAME: Final = "GNSS frame of the EGMS"
_DAYS_PER_YEAR: Final = 365.25

_NUMBERS: Final[dict[str, tuple[str, ...]]] = {
    "lon": ("longitude",),
    "lat": ("latitude",),
    "easting": ("easting",),
    "northing": ("northing",),
    "height": ("height", "height_ortho"),
    "coherence": ("temporal_coherence",),
    "incidence": ("incidence_angle",),
    "track": ("track_angle",),
    "los_east": ("los_east",),
    "los_north": ("los_north",),
    "los_up": ("los_up",),
    "velocity": ("mean_velocity",),
}
_GNSS_COLUMN: Final = {
    Component.LINE_OF_SIGHT: "gnss_velocity",
    Component.UP: "gnss_velocity_u",
    Component.EAST: "gnss_velocity_e",
}


class Options(Record):
    """Options of the EGMS reader; the file's name tells what is left out here."""

    level: Literal["L2a", "L2b", "L3"] | None = Field(
        None, description="Product level, where the file was renamed."
    )
    component: Literal["U", "E"] | None = Field(
        None, description="Component of a level 3 file, where it was renamed."
    )
    subtract_gnss_velocity: bool = Field(
        False, description="Take the motion of the GNSS frame out of L2b and L3."
    )


def recognises(path: Path) -> bool:
    """Whether a file or folder looks like this format."""
    return bool(_LEVEL.search(path.name)) and "pid" in columns_of(path)


def read(request: Request, options: Options) -> PointSeries:
    """Read one EGMS product.

    Raises
    ------
    InputError
        If level or component cannot be told, or a needed column is missing.
    """
    product = _product_of(request, options)
    table = read_wide(request.path, product.layout, _positions, request.keep)
    return _series(request, options, product, table)


def stream(request: Request, options: Options) -> Iterator[PointSeries]:
    """All points of a product, block by block; `keep` is not asked.

    Raises
    ------
    InputError
        As `read`.
    """
    product = _product_of(request, options)
    for block in stream_wide(request.path, product.layout, _positions):
        yield _series(request, options, product, block)


@dataclass(frozen=True, slots=True)
class _Product:
    """What name, header and options tell of a file."""

    level: str
    kind: Component
    days: NDArray[np.datetime64]
    layout: Layout


def _product_of(request: Request, options: Options) -> _Product:
    level = _level(request, options)
    component = _component(request, options) if level == "L3" else None
    kind = component or Component.LINE_OF_SIGHT
    header = read_header(request.path)
    epochs = [name for name in header if _EPOCH.match(name)]
    days = parse_epochs(epochs, request.path)
    static = _static_columns(request, header, level, kind, options)
    return _Product(level, kind, days, Layout(header, static, epochs))


def _series(
    request: Request, options: Options, product: _Product, table: WideTable
) -> PointSeries:
    level, kind, days = product.level, product.kind, product.days
    values = table.values
    velocity = _column(table, "velocity")
    reference = _reference(request, level, options)
    if options.subtract_gnss_velocity:
        gnss = table.columns["gnss"]
        years = (days - days[0]).astype(np.float64) / _DAYS_PER_YEAR
        values = (values - np.outer(gnss, years)).astype(np.float32)
        velocity = velocity - gnss
    return PointSeries(
        source_id=request.source_id,
        reader=NAME,
        product=_product(request, level, kind),
        component=kind,
        point_id=table.columns["pid"],
        lon_deg=table.lon_deg,
        lat_deg=table.lat_deg,
        epoch=days,
        displacement_mm=values,
        los=_los(table, kind),
        track_angle_deg=_column(table, "track"),
        coherence=_column(table, "coherence"),
        height_m=_column(table, "height"),
        provider_velocity_mm_per_yr=velocity,
        is_interpolated=level == "L3",
        reference_point=reference,
        reference_epoch=UNKNOWN,
        footprint=table.footprint,
        unit_in_file=UNIT,
        sign_in_file="up"
        if kind is Component.UP
        else "east"
        if kind is Component.EAST
        else "towards the satellite",
        wavelength_mm=SENTINEL_1_WAVELENGTH_MM,
    )


def _level(request: Request, options: Options) -> str:
    named = _LEVEL.search(request.path.name)
    if options.level:
        return options.level
    if not named:
        raise input_error(
            request.path,
            field="level",
            found="a file name without a product level",
            expected="a name such as EGMS_L2b_... or the option 'level'",
            fix="set options: {level: L2b} (or L2a, L3) for this source",
        )
    return named[1].upper()[:2] + named[1].lower()[2:]


def _component(request: Request, options: Options) -> Component:
    named = _COMPONENT.search(request.path.name)
    letter = options.component or (named[1].upper() if named else None)
    if letter is None:
        raise input_error(
            request.path,
            field="component",
            found="a file name that does not tell the component",
            expected="..._100km_U... or ..._100km_E..., or the option 'component'",
            fix="set options: {component: U} (or E) for this source",
        )
    return Component.UP if letter == "U" else Component.EAST


def _static_columns(
    request: Request, header: list[str], level: str, kind: Component, options: Options
) -> dict[str, tuple[str, Kind]]:
    needed = ("easting", "northing") if level == "L3" else ("lon", "lat")
    static: dict[str, tuple[str, Kind]] = {"pid": ("pid", "text")}
    for key, names in _NUMBERS.items():
        present = next((name for name in names if name in header), None)
        if present is not None:
            static[key] = (present, "number")
        elif key in needed:
            raise _missing(request, names[0], level)
    if "pid" not in header:
        raise _missing(request, "pid", level)
    if options.subtract_gnss_velocity:
        name = _GNSS_COLUMN[kind]
        if name not in header:
            raise _missing(request, name, level)
        static["gnss"] = (name, "number")
    if level != "L3":
        static = {k: v for k, v in static.items() if k not in ("easting", "northing")}
    return static


def _missing(request: Request, column: str, level: str) -> Exception:
    return input_error(
        request.path,
        field=column,
        found="no such column",
        expected=f"the columns of an EGMS {level} file",
        fix="give the file as it was downloaded, or correct the level",
    )


def _positions(columns: Columns) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if "lon" in columns and "lat" in columns:
        return columns["lon"], columns["lat"]
    from pyproj import Transformer

    turn = Transformer.from_crs(_GRID_CRS, "EPSG:4326", always_xy=True)
    lon, lat = turn.transform(columns["easting"], columns["northing"])
    return np.asarray(lon), np.asarray(lat)


def _los(table: WideTable, kind: Component) -> NDArray[np.float64]:
    n = len(table.lon_deg)
    if kind is not Component.LINE_OF_SIGHT:
        return np.tile(COMPONENT_VECTOR[kind], (n, 1))
    names = ("los_east", "los_north", "los_up")
    if all(name in table.columns for name in names):
        return np.column_stack([table.columns[name] for name in names])
    return los_from_angles(_column(table, "incidence"), _column(table, "track"))


def _column(table: WideTable, key: str) -> NDArray[Any]:
    unknown = np.full(len(table.lon_deg), np.nan)
    return table.columns.get(key, unknown)


def _reference(request: Request, level: str, options: Options) -> str:
    if level == "L2a":
        return f"burst of {request.path.stem}"
    frame = _GNSS_FRAME
    return f"{frame}, its motion taken out" if options.subtract_gnss_velocity else frame


def _product(request: Request, level: str, kind: Component) -> str:
    track = _TRACK.search(request.path.name)
    where = f", track {track[1]}, burst {track[2]} {track[3]}" if track else ""
    what = "" if kind is Component.LINE_OF_SIGHT else f", {kind}"
    return f"EGMS {level}{where}{what}"
