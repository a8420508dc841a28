"""Point tables of the SqueeSAR type, CSV or shapefile, of several providers.

Millimetres, positive towards the satellite; vertical products positive up, east-west
products positive east. The CSV holds no viewing direction except where it has columns
``los_east, los_north, los_up``. Source: provider's description and variants read by
other tools; no real file was seen.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from shapely.geometry import MultiPoint

from pipeline.core.errors import input_error
from pipeline.displacement.checks import parse_epochs
from pipeline.displacement.geometry import (
    GeometryOptions,
    declared_los,
    los_from_parts,
    track_angle_deg,
    wavelength_mm,
)
from pipeline.displacement.readers import Request, point_csv
from pipeline.displacement.reading.csv_file import read_header
from pipeline.displacement.reading.hdf import no_file
from pipeline.displacement.reading.point_table import (
    DATES,
    find_columns,
    find_dates,
    need_column,
)
from pipeline.displacement.recognise import columns_of
from pipeline.displacement.series import (
    COMPONENT_VECTOR,
    UNKNOWN,
    Component,
    PointSeries,
)

NAME: Final = "tre"
DESCRIPTION: Final = "point table of the SqueeSAR type: CSV, zip archive or shapefile"
UNIT: Final = "mm"
SIGN: Final = "positive towards the satellite; VERT: up; EW: east"

ComponentName = Literal["los", "up", "east"]
_SIGN: Final[dict[str, Literal["towards", "up", "east"]]] = {
    "los": "towards",
    "up": "up",
    "east": "east",
}
_TOLD_BY_NAME: Final = {"VEL_V": "up", "VEL_E": "east"}
_DIRECTION: Final = ("los_east", "los_north", "los_up")


class Options(GeometryOptions):
    """Options of the reader of SqueeSAR-type tables."""

    component: ComponentName = Field(
        "los", description="What the table holds: los, up (VERT) or east (EW)."
    )
    crs: str | None = Field(
        None, description="CRS of columns X and Y, such as EPSG:32642."
    )
    delimiter: str = Field(",", min_length=1, max_length=1, description="Separator.")
    reference_point: str = Field(
        UNKNOWN, description="Point or area that displacements are relative to."
    )


def recognises(path: Path) -> bool:
    """Whether a file or folder looks like this format."""
    if path.suffix.lower() == ".shp":
        return path.is_file()
    names = columns_of(path)
    return "CODE" in names and any(DATES["DYYYYMMDD"].match(n) for n in names)


def read(request: Request, options: Options) -> PointSeries:
    """Read one table.

    Raises
    ------
    InputError
        If position, identifier, dates or CRS are missing.
    """
    if request.path.suffix.lower() == ".shp":
        return _read_shapefile(request, options)
    header = read_header(request.path, options.delimiter)
    columns = find_columns(header)
    _check_component(request, columns, options)
    pattern, _ = find_dates(header, request.path)
    in_degrees = "lon" in columns and "lat" in columns
    if not in_degrees and options.crs is None:
        raise input_error(
            request.path,
            field="crs",
            found="no columns LON and LAT, and no CRS",
            expected="longitude and latitude, or the CRS of X and Y",
            fix="set options: {crs: EPSG:...} for this source",
        )
    x, y = ("lon", "lat") if in_degrees else ("x", "y")
    given = all(name in columns for name in _DIRECTION)
    declared = options.los is not None or options.incidence_deg is not None
    table = point_csv.Options(
        unit="mm",
        sign=_SIGN[options.component],
        id=need_column(columns, "id", request.path),
        lon=need_column(columns, x, request.path),
        lat=need_column(columns, y, request.path),
        crs="EPSG:4326" if in_degrees else str(options.crs),
        dates=_date_pattern(pattern),
        delimiter=options.delimiter,
        velocity=columns.get("velocity"),
        coherence=columns.get("coherence"),
        height=columns.get("height"),
        los=options.los,
        los_columns=(columns["los_east"], columns["los_north"], columns["los_up"])
        if given and not declared
        else None,
        incidence_deg=options.incidence_deg,
        heading_deg=options.heading_deg,
        wavelength_m=options.wavelength_m,
        reference_point=options.reference_point,
    )
    series = point_csv.read(request, table)
    return replace(series, reader=NAME, product=_product(request, options))


def _check_component(
    request: Request, columns: dict[str, str], options: Options
) -> None:
    """Stop where the name of the rate tells another component than is declared."""
    name = columns.get("velocity", "")
    told = _TOLD_BY_NAME.get(name.strip().upper())
    if told is not None and told != options.component:
        raise input_error(
            request.path,
            field=name,
            found=f"a rate that is {told}, in a table declared as {options.component}",
            expected="the component that the table holds",
            fix=f"set options: {{component: {told}}} for this source",
        )


def _date_pattern(text: str) -> point_csv.DatePattern:
    known = {name: name for name in get_args(point_csv.DatePattern)}
    pattern: point_csv.DatePattern = known[text]
    return pattern


def _product(request: Request, options: Options) -> str:
    what = "" if options.component == "los" else f", {options.component}"
    return f"SqueeSAR-type table {request.path.name}{what}"


def _read_shapefile(request: Request, options: Options) -> PointSeries:
    frame = _open(request)
    names = [str(name) for name in frame.columns if name != "geometry"]
    columns = find_columns(names)
    _check_component(request, columns, options)
    pattern, epochs = find_dates(names, request.path)
    days = [DATES[pattern].sub(r"\1", name) for name in epochs]
    epoch = parse_epochs(days, request.path, fields=epochs)
    degrees = frame.to_crs("EPSG:4326").geometry
    lon, lat = degrees.x.to_numpy(), degrees.y.to_numpy()
    kept = request.keep(lon, lat)
    component = Component(options.component)
    n = int(kept.sum())
    _check_numbers(request, frame, [*epochs, *_numeric(columns)])

    def column(use: str) -> NDArray[np.float64]:
        if use not in columns:
            return np.full(n, np.nan)
        return np.asarray(frame[columns[use]], dtype=np.float64)[kept]

    identifiers = frame[need_column(columns, "id", request.path)].astype(str)
    return PointSeries(
        source_id=request.source_id,
        reader=NAME,
        product=_product(request, options),
        component=component,
        point_id=identifiers.to_numpy()[kept].astype(np.str_),
        lon_deg=lon[kept],
        lat_deg=lat[kept],
        epoch=epoch,
        displacement_mm=frame[epochs].to_numpy(dtype=np.float32)[kept],
        los=_los(columns, column, options, n),
        track_angle_deg=np.full(n, track_angle_deg(options)),
        coherence=column("coherence"),
        height_m=column("height"),
        provider_velocity_mm_per_yr=column("velocity"),
        is_interpolated=False,
        reference_point=options.reference_point,
        reference_epoch=UNKNOWN,
        footprint=MultiPoint(np.column_stack([lon, lat])).convex_hull,
        unit_in_file=UNIT,
        sign_in_file=_SIGN[options.component],
        wavelength_mm=wavelength_mm(options),
        files=_parts(request),
    )


def _numeric(columns: dict[str, str]) -> list[str]:
    uses = ("velocity", "coherence", "height", *_DIRECTION)
    return [columns[use] for use in uses if use in columns]


def _check_numbers(request: Request, frame: Any, names: list[str]) -> None:
    from pandas.api.types import is_numeric_dtype

    for name in names:
        if not is_numeric_dtype(frame[name]):
            raise input_error(
                request.path,
                field=name,
                found=f"a field of text, such as {frame[name].iloc[0]!r}",
                expected="a numeric field",
                fix="export the table again with numbers as numbers",
            )


def _los(
    columns: dict[str, str], column: Any, options: Options, n: int
) -> NDArray[np.float64]:
    if options.component != "los":
        return np.tile(COMPONENT_VECTOR[Component(options.component)], (n, 1))
    declared = declared_los(options, n)
    if declared is not None:
        return declared
    if all(name in columns for name in _DIRECTION):
        return los_from_parts(*(column(name) for name in _DIRECTION))
    return np.full((n, 3), np.nan)


def _parts(request: Request) -> tuple[Any, ...]:
    parts = (request.path.with_suffix(s) for s in (".shp", ".dbf", ".shx", ".prj"))
    return tuple(part for part in parts if part.is_file())


def _open(request: Request) -> Any:
    import geopandas
    from pyogrio.errors import DataSourceError

    path = request.path
    for part in (path, path.with_suffix(".dbf")):
        if not part.is_file():
            raise no_file(part)
    try:
        frame = geopandas.read_file(path)
    except (DataSourceError, OSError, ValueError) as error:
        raise input_error(
            path,
            found=f"no readable shapefile ({str(error)[:80]})",
            expected="a shapefile with its .dbf and .shx",
            fix="copy all files of the shapefile again",
        ) from None
    if frame.crs is None:
        raise input_error(
            path,
            field="crs",
            found="a shapefile without .prj",
            expected="a CRS",
            fix="copy the .prj file as well",
        )
    if len(frame) == 0 or not (frame.geom_type == "Point").all():
        raise input_error(
            path,
            field="geometry",
            found="no points, or other shapes",
            expected="one point for each row",
            fix="give the layer of measurement points",
        )
    return frame
