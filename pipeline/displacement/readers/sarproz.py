"""SARPROZ point export (CSV): cumulative millimetres, one column per date.

The file holds no viewing direction. Column names come from exports described in public
threads and a third-party script, the sign from general knowledge; no real file was
seen.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from pydantic import Field

from pipeline.displacement.geometry import GeometryOptions
from pipeline.displacement.readers import Request, point_csv
from pipeline.displacement.reading.csv_file import read_header
from pipeline.displacement.recognise import columns_of
from pipeline.displacement.series import UNKNOWN, PointSeries

NAME: Final = "sarproz"
DESCRIPTION: Final = "SARPROZ point table (CSV)"
UNIT: Final = "mm"
SIGN: Final = "positive towards the satellite (not seen in a real file)"


class Options(GeometryOptions):
    """Options of the SARPROZ reader."""

    dates: point_csv.DatePattern = Field(
        "YYYYMMDD", description="How the names of date columns are written."
    )
    reference_point: str = Field(
        UNKNOWN, description="Point or area that displacements are relative to."
    )


def recognises(path: Path) -> bool:
    """Whether a file or folder looks like this format."""
    return {"COHER", "VEL", "ID"} <= set(columns_of(path))


def read(request: Request, options: Options) -> PointSeries:
    """Read one point table.

    Raises
    ------
    InputError
        If columns are missing or a row cannot be read.
    """
    header = read_header(request.path)
    table = point_csv.Options(
        unit="mm",
        sign="towards",
        id="ID",
        lon="LON",
        lat="LAT",
        crs="EPSG:4326",
        dates=options.dates,
        velocity=_if_there("VEL", header),
        coherence=_if_there("COHER", header),
        height=_if_there("HEIGHT", header),
        los=options.los,
        incidence_deg=options.incidence_deg,
        heading_deg=options.heading_deg,
        wavelength_m=options.wavelength_m,
        reference_point=options.reference_point,
    )
    series = point_csv.read(request, table)
    product = f"SARPROZ point table {request.path.name}"
    return replace(series, reader=NAME, product=product)


def _if_there(name: str, header: list[str]) -> str | None:
    return name if name in header else None
