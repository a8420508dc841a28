"""Stack of GeoTIFFs: one file with a band per date, or one file per date.

Nothing in such a stack tells its unit or sign, so the region's file must declare them,
and how the date is written in the band's description or the file's name. Different
grids are an error; nothing is resampled.
"""

from __future__ import annotations

import math
import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

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
from pipeline.displacement.reading.hdf import folder_of, no_file
from pipeline.displacement.reading.rasters import (
    Band,
    check_same_raster,
    open_raster,
    raster_positions,
)
from pipeline.displacement.recognise import names_in
from pipeline.displacement.series import UNKNOWN, Component, PointSeries

NAME: Final = "geotiff"
DESCRIPTION: Final = "GeoTIFF stack: a band per date, or a folder with a file per date"
UNIT: Final = "declared in the options"
SIGN: Final = "declared in the options"

_TO_MM: Final = {"mm": 1.0, "cm": 10.0, "m": 1000.0}
_DATES: Final = {
    "YYYYMMDD": (r"(?<!\d)(\d{8})(?!\d)", "%Y%m%d"),
    "YYYY-MM-DD": (r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)", "%Y-%m-%d"),
    "YYYY_MM_DD": (r"(?<!\d)(\d{4}_\d{2}_\d{2})(?!\d)", "%Y_%m_%d"),
}
_COMPONENT: Final = {
    "towards": Component.LINE_OF_SIGHT,
    "away": Component.LINE_OF_SIGHT,
    "up": Component.UP,
    "east": Component.EAST,
}
_OTHER_FORMATS: Final = (".nc", ".grd", ".h5", ".he5")
Layer = tuple[str, Path, int]  # date as text, file, band


class Options(GeometryOptions):
    """Options of the GeoTIFF reader; paths are relative to the stack's folder."""

    unit: Literal["mm", "cm", "m", "rad"] = Field(description="Unit of the values.")
    sign: Literal["towards", "away", "up", "east"] = Field(
        description="Positive direction: towards or away from the satellite, up, east."
    )
    date_pattern: Literal["YYYYMMDD", "YYYY-MM-DD", "YYYY_MM_DD"] = Field(
        "YYYYMMDD", description="How dates are written in descriptions or names."
    )
    files: str = Field("*.tif", description="Names of the files of a folder.")
    no_data: float | None = Field(
        None, description="Number for no data, where the files do not say it."
    )
    los_files: tuple[Path, Path, Path] | None = Field(
        None, description="Rasters of the vector's east, north and up part."
    )
    is_interpolated: bool = Field(
        False, description="Whether epochs were interpolated between acquisitions."
    )
    reference_point: str = Field(
        UNKNOWN, description="Point, area or frame that displacements are relative to."
    )
    reference_epoch: str = Field(UNKNOWN, description="Date on which they are zero.")

    @model_validator(mode="after")
    def _has_wavelength(self) -> Self:
        if self.unit == "rad" and self.wavelength_m is None:
            raise ValueError("the unit rad needs wavelength_m")
        if self.los_files and (self.los or self.incidence_deg):
            raise ValueError("give one of los, los_files, or the two angles")
        return self


def recognises(path: Path) -> bool:
    """Whether a file or folder looks like this format.

    A folder of grids of another format may hold rasters beside them.
    """
    names = [name.lower() for name in names_in(path)]
    return any(name.endswith((".tif", ".tiff")) for name in names) and not any(
        name.endswith(_OTHER_FORMATS) for name in names
    )


def read(request: Request, options: Options) -> PointSeries:
    """Read one stack.

    Raises
    ------
    InputError
        If a band or file has no date, or files lie on different grids.
    """
    layers = find_layers(request.path, options)
    texts = [day for day, _, _ in layers]
    names = [f"{file.name}, band {band}" for _, file, band in layers]
    written = _DATES[options.date_pattern][1]
    epoch = parse_epochs(texts, request.path, written, names)
    with ExitStack() as opened:
        first = opened.enter_context(open_raster(layers[0][1]))
        positions = raster_positions(first, layers[0][1])
        cells = grids.choose_cells(first.shape, positions, request.keep)
        values = np.empty((len(cells.row), len(layers)), dtype=np.float32)
        _fill(values, layers, cells, first, options)
        los = _los(request, cells, options, first)
    folder = folder_of(request.path)
    angles = tuple(folder / file for file in options.los_files or ())
    return grids.cell_series(
        cells,
        source_id=request.source_id,
        reader=NAME,
        product=f"GeoTIFF stack {request.path.name}",
        epoch=epoch,
        values_mm=values * np.float32(to_mm(options)),
        unit=options.unit,
        sign=options.sign,
        component=_COMPONENT[options.sign],
        zero_is_empty=True,
        los=los,
        track_angle_deg=track_angle_deg(options),
        is_interpolated=options.is_interpolated,
        reference_point=options.reference_point,
        reference_epoch=options.reference_epoch,
        wavelength_mm=wavelength_mm(options),
        files=(*dict.fromkeys(file for _, file, _ in layers), *angles),
    )


def to_mm(options: Options) -> float:
    """Factor to millimetres, towards the satellite (or up, or east)."""
    if options.unit == "rad" and options.wavelength_m is not None:
        size = options.wavelength_m / (4.0 * math.pi) * 1000.0
    else:
        size = _TO_MM[options.unit]
    return -size if options.sign == "away" else size


def find_layers(path: Path, options: Options) -> list[Layer]:
    """Bands with their dates, oldest first in a folder, in its order in a file.

    Raises
    ------
    InputError
        If there is no file, or a band or file has no date.
    """
    if path.is_dir():
        files = sorted(path.glob(options.files))
        if not files:
            raise input_error(
                path,
                field="files",
                found=f"no file {options.files}",
                expected="one GeoTIFF for each date",
                fix="correct 'files' in the options of this source",
            )
        named = [(_date(file.name, file, options), file, 1) for file in files]
        return sorted(named, key=lambda layer: layer[0])
    if not path.is_file():
        raise no_file(path)
    with open_raster(path) as raster:
        texts = raster.descriptions
    return [
        (_date(text or "", path, options, band), path, band)
        for band, text in enumerate(texts, start=1)
    ]


def _date(text: str, file: Path, options: Options, band: int | None = None) -> str:
    found = re.findall(_DATES[options.date_pattern][0], text)
    if len(found) == 1:
        return str(found[0])
    raise input_error(
        file,
        field="file name" if band is None else f"description of band {band}",
        found=text or "none",
        expected=f"one date written as {options.date_pattern}",
        fix="write the date there, or correct 'date_pattern' in the options",
    )


def _fill(
    values: NDArray[np.float32],
    layers: list[Layer],
    cells: grids.Cells,
    first: Any,
    options: Options,
) -> None:
    """Read every band into its column; stop at another grid or a blank newest band."""
    opened: tuple[Path, Any] = (layers[0][1], first)
    with ExitStack() as stack:
        for j, (_, file, band) in enumerate(layers):
            if file != opened[0]:
                stack.close()
                opened = (file, stack.enter_context(open_raster(file)))
                check_same_raster(file, opened[1], first)
            _check_bands(layers, opened, band)
            layer = Band(opened[1], band, options.no_data)
            values[:, j] = cells.take(layer)
        grids.check_not_blank(file, f"band {band}", layer)


def _check_bands(layers: list[Layer], opened: tuple[Path, Any], band: int) -> None:
    """Stop where a file of a folder holds bands that no date would name."""
    file, raster = opened
    if raster.count > 1 and band == 1 and layers[-1][1] != layers[0][1]:
        raise input_error(
            file,
            field="bands",
            found=f"{raster.count} bands",
            expected="one band in each file of a folder",
            fix="name one file with all dates as bands, or split this one",
        )


def _los(
    request: Request, cells: grids.Cells, options: Options, first: Any
) -> NDArray[np.float64] | None:
    if options.los_files is None:
        return declared_los(options, len(cells.row))
    folder = folder_of(request.path)
    parts = []
    for name in options.los_files:
        with open_raster(folder / name) as raster:
            check_same_raster(folder / name, raster, first)
            parts.append(cells.numbers(Band(raster, 1, None)))
    return los_from_parts(*parts)
