"""StaMPS series as exported for its visualizer (CSV).

The header says nothing. The first row holds the reference longitude and latitude, NaN,
and day numbers; each further row longitude, latitude, rate and displacement per day.
The exporter writes MATLAB's day numbers minus one. Source: thho/StaMPS_Visualizer and
its sample; the sign (towards the satellite) is from general knowledge.
"""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from shapely.geometry import MultiPoint

from pipeline.core.errors import input_error
from pipeline.displacement.checks import parse_epochs
from pipeline.displacement.geometry import (
    GeometryOptions,
    declared_los,
    track_angle_deg,
    wavelength_mm,
)
from pipeline.displacement.readers import Request
from pipeline.displacement.reading.csv_file import open_csv
from pipeline.displacement.recognise import columns_of
from pipeline.displacement.series import UNKNOWN, Component, PointSeries

NAME: Final = "stamps"
DESCRIPTION: Final = "StaMPS export for the StaMPS visualizer (CSV)"
UNIT: Final = "mm"
SIGN: Final = "positive towards the satellite (general knowledge)"

_MATLAB_DAY_OF_ORDINAL_0: Final = 366
_LEAD: Final = 3  # longitude, latitude, rate


class Options(GeometryOptions):
    """Options of the StaMPS reader."""

    day_numbers: Literal["exporter", "matlab"] = Field(
        "exporter",
        description="Day numbers: MATLAB's minus one (exporter), or MATLAB's own.",
    )


def recognises(path: Path) -> bool:
    """Whether a file or folder looks like this format."""
    return columns_of(path)[:1] == ["export_res_ 1"]


def read(request: Request, options: Options) -> PointSeries:
    """Read one export.

    Raises
    ------
    InputError
        If the first row holds no day numbers, or a row cannot be read.
    """
    rows = _rows(request)
    path = request.path
    days = [_iso_day(number, options, request) for number in rows[0][_LEAD:]]
    epoch = parse_epochs(days, path, "%Y-%m-%d")
    numbers = np.array(rows[1:]).reshape(-1, len(rows[0]))
    lon, lat = numbers[:, 0], numbers[:, 1]
    finite = np.isfinite(lon) & np.isfinite(lat)
    if not finite.any() or not finite.all():
        raise input_error(
            path,
            field="position",
            found=f"{int((~finite).sum())} of {len(lon)} rows without a position",
            expected="longitude and latitude in every row after the first",
            fix="remove these rows or add their coordinates",
        )
    kept = request.keep(lon, lat)
    n = int(kept.sum())
    unknown = np.full(n, np.nan)
    los = declared_los(options, n)
    return PointSeries(
        source_id=request.source_id,
        reader=NAME,
        product=f"StaMPS export {path.name}",
        component=Component.LINE_OF_SIGHT,
        point_id=np.array([f"row{k + 3}" for k in np.flatnonzero(kept)], dtype=np.str_),
        lon_deg=lon[kept],
        lat_deg=lat[kept],
        epoch=epoch,
        displacement_mm=numbers[kept, _LEAD:].astype(np.float32),
        los=np.full((n, 3), np.nan) if los is None else los,
        track_angle_deg=np.full(n, track_angle_deg(options)),
        coherence=unknown,
        height_m=unknown,
        provider_velocity_mm_per_yr=numbers[kept, 2],
        is_interpolated=False,
        reference_point=_reference(rows[0]),
        reference_epoch=UNKNOWN,
        footprint=MultiPoint(np.column_stack([lon, lat])).convex_hull,
        unit_in_file=UNIT,
        sign_in_file="towards the satellite",
        wavelength_mm=wavelength_mm(options),
    )


def _rows(request: Request) -> list[NDArray[np.float64]]:
    """All rows after the header as numbers, each as long as the header."""
    rows: list[NDArray[np.float64]] = []
    with open_csv(request.path) as handle:
        text = io.TextIOWrapper(handle, encoding="utf-8-sig", errors="replace")
        reader = csv.reader(text)
        header = next(reader, [])
        for row in reader:
            if not row:
                continue
            if len(row) != len(header) or len(row) <= _LEAD:
                raise input_error(
                    request.path,
                    row=reader.line_num,
                    found=f"{len(row)} fields",
                    expected=f"{max(len(header), _LEAD + 1)} fields, as in the header",
                    fix="export the file again",
                )
            rows.append(_numbers(row, reader.line_num, request))
    if len(rows) < 2:
        raise input_error(
            request.path,
            found=f"{len(rows)} rows after the header",
            expected="a row with day numbers, and one for each point",
            fix="export the file again",
        )
    return rows


def _numbers(row: list[str], line: int, request: Request) -> NDArray[np.float64]:
    try:
        return np.array([float(text or "nan") for text in row])
    except ValueError as error:
        raise input_error(
            request.path,
            row=line,
            found=str(error).rpartition(": ")[2],
            expected="numbers, or NaN where there is none",
            fix="export the file again",
        ) from None


def _iso_day(number: float, options: Options, request: Request) -> str:
    ordinal = number - _MATLAB_DAY_OF_ORDINAL_0
    if options.day_numbers == "exporter":
        ordinal += 1
    try:
        return date.fromordinal(int(ordinal)).isoformat()
    except (ValueError, OverflowError):
        raise input_error(
            request.path,
            row=2,
            field="day numbers",
            found=str(number),
            expected="MATLAB day numbers, about 735000 to 740000",
            fix="give an export with the day numbers in its first row",
        ) from None


def _reference(first: NDArray[np.float64]) -> str:
    lon, lat = first[:2]
    if np.isnan(lon) or np.isnan(lat):
        return UNKNOWN
    return f"latitude {lat:g}, longitude {lon:g}"
