"""Generic point table (zip or CSV): one row per point, one column per date.

Reads what TRE-type, SARPROZ-type and other exports have in common. Unit and sign are
never guessed: a region's file must declare both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

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
from pipeline.displacement.series import (
    COMPONENT_VECTOR,
    UNKNOWN,
    Component,
    PointSeries,
    los_from_angles,
)

NAME: Final = "point-csv"
DESCRIPTION: Final = "point table with one column per date, zip archive or CSV"
UNIT: Final = "declared in the options"
SIGN: Final = "declared in the options"

_TO_MM: Final = {"mm": 1.0, "cm": 10.0, "m": 1000.0}
_DATES: Final[dict[str, tuple[str, str]]] = {
    "YYYYMMDD": (r"\d{8}", "%Y%m%d"),
    "DYYYYMMDD": (r"D\d{8}", "D%Y%m%d"),
    "D_YYYYMMDD": (r"D_\d{8}", "D_%Y%m%d"),
    "YYYY-MM-DD": (r"\d{4}-\d{2}-\d{2}", "%Y-%m-%d"),
    "YYYY/MM/DD": (r"\d{4}/\d{2}/\d{2}", "%Y/%m/%d"),
    "DD/MM/YYYY": (r"\d{2}/\d{2}/\d{4}", "%d/%m/%Y"),
}
DatePattern = Literal[
    "YYYYMMDD", "DYYYYMMDD", "D_YYYYMMDD", "YYYY-MM-DD", "YYYY/MM/DD", "DD/MM/YYYY"
]


class Options(Record):
    """Options of the generic point reader."""

    unit: Literal["mm", "cm", "m"] = Field(description="Unit of the displacements.")
    sign: Literal["towards", "away", "up", "east"] = Field(
        description="Positive direction: towards or away from the satellite, up, east."
    )
    id: str = Field(description="Column with the identifier.")
    lon: str = Field(description="Column with longitude (or x in 'crs').")
    lat: str = Field(description="Column with latitude (or y in 'crs').")
    crs: str = Field(description="CRS of the position, such as EPSG:4326.")
    dates: DatePattern = Field(description="How the names of date columns are written.")
    delimiter: str = Field(",", min_length=1, max_length=1, description="Separator.")
    no_data: tuple[float, ...] = Field(
        (), description="Numbers that stand for no value; empty cells always do."
    )
    velocity: str | None = Field(
        None, description="Column with the rate, same unit per year and same sign."
    )
    coherence: str | None = Field(None, description="Column with the coherence.")
    height: str | None = Field(None, description="Column with the height, metres.")
    los: tuple[float, float, float] | None = Field(
        None, description="Unit vector ground to satellite (east, north, up), for all."
    )
    los_columns: tuple[str, str, str] | None = Field(
        None, description="Columns with the same vector for each point."
    )
    incidence_deg: float | None = Field(
        None, gt=0, lt=90, description="Incidence angle from the vertical, for all."
    )
    heading_deg: float | None = Field(
        None, ge=-360, le=360, description="Flight direction clockwise from north."
    )
    wavelength_m: float | None = Field(
        None,
        gt=0.005,
        lt=1,
        description="Wavelength of the radar, metres; without it no step is "
        "recognised as an error of unwrapping.",
    )
    is_interpolated: bool = Field(
        False, description="Whether epochs were interpolated between acquisitions."
    )
    reference_point: str = Field(
        UNKNOWN, description="Point, area or frame that displacements are relative to."
    )
    reference_epoch: str = Field(UNKNOWN, description="Date on which they are zero.")

    @model_validator(mode="after")
    def _has_one_geometry(self) -> Self:
        if self.incidence_deg is not None and self.heading_deg is None:
            raise ValueError("incidence_deg and heading_deg go together")
        ways = (self.los, self.los_columns, self.incidence_deg)
        if sum(way is not None for way in ways) > 1:
            raise ValueError("give one of los, los_columns, or the two angles")
        return self


def recognises(_: Path) -> bool:
    """Whether a file or folder looks like this format."""
    return False  # unit and sign of a plain table are declared, never recognised


def read(request: Request, options: Options) -> PointSeries:
    """Read one point table.

    Raises
    ------
    InputError
        If a column that the options name is missing, or the CRS is not known.
    """
    days, layout = _layout(request, options)
    positions = _positions(request, options.crs)
    table = read_wide(request.path, layout, positions, request.keep)
    return _series(request, options, days, table)


def stream(request: Request, options: Options) -> Iterator[PointSeries]:
    """All points of a table, block by block; `keep` is not asked.

    Raises
    ------
    InputError
        As `read`.
    """
    days, layout = _layout(request, options)
    positions = _positions(request, options.crs)
    for block in stream_wide(request.path, layout, positions):
        yield _series(request, options, days, block)


def _layout(
    request: Request, options: Options
) -> tuple[NDArray[np.datetime64], Layout]:
    header = read_header(request.path, options.delimiter)
    pattern, written = _DATES[options.dates]
    epochs = [name for name in header if re.fullmatch(pattern, name)]
    days = parse_epochs(epochs, request.path, written)
    static = _static_columns(request, header, options)
    return days, Layout(header, static, epochs, options.delimiter, options.no_data)


def _series(
    request: Request,
    options: Options,
    days: NDArray[np.datetime64],
    table: WideTable,
) -> PointSeries:
    component = _COMPONENTS[options.sign]
    factor = _TO_MM[options.unit] * (-1.0 if options.sign == "away" else 1.0)
    unknown = np.full(len(table.lon_deg), np.nan)
    return PointSeries(
        source_id=request.source_id,
        reader=NAME,
        product=f"point table {request.path.name}",
        component=component,
        point_id=table.columns["id"],
        lon_deg=table.lon_deg,
        lat_deg=table.lat_deg,
        epoch=days,
        displacement_mm=table.values * np.float32(factor),
        los=_los(table, options, component),
        track_angle_deg=np.full_like(
            unknown, np.nan if options.heading_deg is None else options.heading_deg
        ),
        coherence=table.columns.get("coherence", unknown),
        height_m=table.columns.get("height", unknown),
        provider_velocity_mm_per_yr=table.columns.get("velocity", unknown) * factor,
        is_interpolated=options.is_interpolated,
        reference_point=options.reference_point,
        reference_epoch=options.reference_epoch,
        footprint=table.footprint,
        unit_in_file=options.unit,
        sign_in_file=options.sign,
        wavelength_mm=None
        if options.wavelength_m is None
        else 1000.0 * options.wavelength_m,
    )


_COMPONENTS: Final = {
    "towards": Component.LINE_OF_SIGHT,
    "away": Component.LINE_OF_SIGHT,
    "up": Component.UP,
    "east": Component.EAST,
}


def _static_columns(
    request: Request, header: list[str], options: Options
) -> dict[str, tuple[str, Kind]]:
    static: dict[str, tuple[str, Kind]] = {
        "id": (options.id, "text"),
        "lon": (options.lon, "number"),
        "lat": (options.lat, "number"),
    }
    for key in ("velocity", "coherence", "height"):
        name = getattr(options, key)
        if name is not None:
            static[key] = (name, "number")
    for key, name in zip(_LOS_KEYS, options.los_columns or (), strict=False):
        static[key] = (name, "number")
    for name, _ in static.values():
        if name not in header:
            raise input_error(
                request.path,
                field=name,
                found="no such column",
                expected=f"one of {header[:12]}",
                fix="correct the column names in the options of this source",
            )
    return static


_LOS_KEYS: Final = ("los_east", "los_north", "los_up")


def _positions(request: Request, crs: str) -> Any:
    from pyproj import CRS, Transformer
    from pyproj.exceptions import CRSError

    try:
        known = CRS.from_user_input(crs)
    except CRSError:
        raise input_error(
            request.path,
            field="crs",
            found=crs,
            expected="a known CRS, such as EPSG:4326 or EPSG:32642",
            fix="correct 'crs' in the options of this source",
        ) from None
    turn = Transformer.from_crs(known, "EPSG:4326", always_xy=True)

    def positions(columns: Columns) -> tuple[NDArray[Any], NDArray[Any]]:
        lon, lat = turn.transform(columns["lon"], columns["lat"])
        return np.asarray(lon), np.asarray(lat)

    return positions


def _los(
    table: WideTable, options: Options, component: Component
) -> NDArray[np.float64]:
    n = len(table.lon_deg)
    if component is not Component.LINE_OF_SIGHT:
        return np.tile(COMPONENT_VECTOR[component], (n, 1))
    if options.los is not None:
        return np.tile(options.los, (n, 1))
    if options.los_columns is not None:
        return np.column_stack([table.columns[key] for key in _LOS_KEYS])
    if options.incidence_deg is not None and options.heading_deg is not None:
        angles = np.full(n, options.incidence_deg), np.full(n, options.heading_deg)
        return los_from_angles(*angles)
    return np.full((n, 3), np.nan)
