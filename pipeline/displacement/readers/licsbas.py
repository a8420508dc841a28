"""LiCSBAS: cumulative displacement (cum.h5) and flat velocity files of its results.

``corner_lat`` and ``corner_lon`` are the centre of the first cell. Source: LiCSBAS
(yumorishita, commit 5ca6550) and real flat files.
"""

from __future__ import annotations

import re
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
from pipeline.displacement.reading.hdf import need, no_file, open_hdf5, text_of
from pipeline.displacement.recognise import in_hdf5
from pipeline.displacement.series import (
    NO_EPOCHS,
    SENTINEL_1_WAVELENGTH_MM,
    UNKNOWN,
    PointSeries,
)

NAME: Final = "licsbas"
DESCRIPTION: Final = "LiCSBAS cum.h5, cum_filt.h5 or a flat velocity file (results/vel)"
UNIT: Final = "mm"
SIGN: Final = "positive towards the satellite"

_DIRECTION: Final = ("E.geo", "N.geo", "U.geo")
_FLAT: Final = "<f4"
_PARAMETER: Final = re.compile(
    r"^(\w+):\s*([-+]?\d[\d.]*(?:[eE][-+]?\d+)?)", re.MULTILINE
)
_AREA: Final = re.compile(r"(\d+):(\d+)/(\d+):(\d+)")


class Options(GeometryOptions):
    """Options of the LiCSBAS reader."""

    parameters: Path | None = Field(
        None,
        description="EQA.dem_par of flat files; ../info/EQA.dem_par if left out.",
    )


def recognises(path: Path) -> bool:
    """Whether a file or folder looks like this format."""
    if in_hdf5(path, lambda h: "cum" in h and "imdates" in h):
        return True
    beside = path.parent.parent / "info" / "EQA.dem_par"
    return _is_velocity(path) and path.is_file() and beside.is_file()


def _is_velocity(path: Path) -> bool:
    """Whether a flat file is a velocity by its name: vel, vel.mskd, vel.filt ..."""
    return path.name.split(".")[0] == "vel"


def read(request: Request, options: Options) -> PointSeries:
    """Read a series (HDF5) or a flat velocity file.

    Raises
    ------
    InputError
        If data sets, corner or dates are missing, or sizes do not fit.
    """
    if request.path.suffix in (".h5", ".hdf5"):
        return _read_series(request, options)
    return _read_flat(request, options)


def _read_series(request: Request, options: Options) -> PointSeries:
    path = request.path
    with open_hdf5(path) as handle:
        stack = need(handle, "cum", path)
        dates = [str(day) for day in need(handle, "imdates", path)[...].tolist()]
        epoch = parse_epochs(dates, path)
        grids.check_same_grid(path, "imdates", (len(epoch),), stack.shape[:1])
        corner = {
            name: float(need(handle, name, path)[()])
            for name in ("corner_lat", "corner_lon", "post_lat", "post_lon")
        }
        positions = _positions(corner, stack.shape[1:], path)
        cells = grids.choose_cells(stack.shape[1:], positions, request.keep)
        grids.check_not_blank(path, "cum", grids.Slab(stack, len(epoch) - 1))
        layers = (grids.Slab(stack, k) for k in range(len(epoch)))
        area = text_of(handle["refarea"][()]) if "refarea" in handle else ""
        return grids.cell_series(
            cells,
            source_id=request.source_id,
            reader=NAME,
            product=f"LiCSBAS series {path.name}",
            epoch=epoch,
            values_mm=grids.read_stack(cells, layers, len(epoch), 1.0),
            unit=UNIT,
            sign="towards the satellite",
            los=_los(cells, handle, options, path),
            track_angle_deg=track_angle_deg(options),
            coherence=_optional(cells, handle, "coh_avg", path),
            height_m=_optional(cells, handle, "hgt", path),
            rate_mm_per_yr=_optional(cells, handle, "vel", path),
            reference_point=_reference(area, corner),
            reference_epoch=str(epoch[0]),
            wavelength_mm=wavelength_mm(options) or SENTINEL_1_WAVELENGTH_MM,
        )


def _los(
    cells: grids.Cells, handle: Any, options: Options, path: Path
) -> NDArray[np.float64] | None:
    if all(name in handle for name in _DIRECTION):
        for name in _DIRECTION:
            grids.check_same_grid(path, name, handle[name].shape, cells.shape)
        return los_from_parts(*(cells.numbers(handle[name]) for name in _DIRECTION))
    return declared_los(options, len(cells.row))


def _optional(
    cells: grids.Cells, handle: Any, name: str, path: Path
) -> NDArray[np.float64] | None:
    if name not in handle:
        return None
    grids.check_same_grid(path, name, handle[name].shape, cells.shape)
    return cells.numbers(handle[name])


def _reference(area: str, corner: dict[str, float]) -> str:
    """Reference area with its place, because cells of two frames may count alike."""
    found = _AREA.fullmatch(area.strip())
    if not found:
        return UNKNOWN
    x0, x1, y0, y1 = (int(digits) for digits in found.groups())
    lon = corner["corner_lon"] + 0.5 * (x0 + x1 - 1) * corner["post_lon"]
    lat = corner["corner_lat"] + 0.5 * (y0 + y1 - 1) * corner["post_lat"]
    return f"cells {area.strip()}, latitude {lat:.5f}, longitude {lon:.5f}"


def _positions(
    corner: dict[str, float], shape: tuple[int, int], path: Path
) -> grids.Positions:
    lon = corner["corner_lon"] + np.arange(shape[1]) * corner["post_lon"]
    lat = corner["corner_lat"] + np.arange(shape[0]) * corner["post_lat"]
    return grids.axis_positions(lon, lat, "EPSG:4326", path)


def _read_flat(request: Request, options: Options) -> PointSeries:
    path = request.path
    if not _is_velocity(path):
        raise input_error(
            path,
            field="name",
            found=f"'{path.name}'",
            expected="a velocity (vel, vel.mskd, vel.filt, vel.filt.mskd); the other "
            "files of results hold other quantities",
            fix="name one of these, or cum.h5 for the series",
        )
    info = path.parent.parent / "info"
    parameters = (
        info / "EQA.dem_par"
        if options.parameters is None
        else path.parent / options.parameters
    )
    corner = _parameters(parameters)
    shape = int(corner["nlines"]), int(corner["width"])
    rate = _flat(path, shape)
    cells = grids.choose_cells(shape, _positions(corner, shape, path), request.keep)
    grids.check_not_blank(path, "velocity", rate)
    layers: dict[str, NDArray[np.float64] | None] = {"coh_avg": None, "hgt": None}
    files = [path, parameters]
    for name in layers:
        file = path.parent / name
        if file.is_file():
            layers[name] = cells.numbers(_flat(file, shape))
            files.append(file)
    step = "16" if ".filt" in path.name else "13"
    area = info / f"{step}ref.txt"
    known = area.read_text(encoding="utf-8").strip() if area.is_file() else ""
    return grids.cell_series(
        cells,
        source_id=request.source_id,
        reader=NAME,
        product=f"LiCSBAS velocity {path.name}",
        epoch=NO_EPOCHS,
        values_mm=np.empty((len(cells.row), 0), dtype=np.float32),
        unit="mm/yr",
        sign="towards the satellite",
        los=declared_los(options, len(cells.row)),
        track_angle_deg=track_angle_deg(options),
        coherence=layers["coh_avg"],
        height_m=layers["hgt"],
        rate_mm_per_yr=cells.numbers(rate),
        reference_point=_reference(known, corner),
        files=tuple(files),
    )


def _parameters(path: Path) -> dict[str, float]:
    if not path.is_file():
        raise no_file(path)
    text = path.read_text(encoding="utf-8", errors="replace")
    found = {name: float(value) for name, value in _PARAMETER.findall(text)}
    for name in ("width", "nlines", "corner_lat", "corner_lon", "post_lat", "post_lon"):
        if name not in found:
            raise input_error(
                path,
                field=name,
                found="no such line",
                expected=f"a line '{name}: number'",
                fix="give the file that LiCSBAS wrote",
            )
    return found


def _flat(path: Path, shape: tuple[int, int]) -> NDArray[np.float32]:
    if not path.is_file():
        raise no_file(path)
    size, expected = path.stat().st_size, shape[0] * shape[1] * 4
    if size != expected:
        raise input_error(
            path,
            field="size",
            found=f"{size} bytes",
            expected=f"{expected} bytes ({shape[0]} x {shape[1]} float32)",
            fix="copy the file again, or name its own EQA.dem_par in 'parameters'",
        )
    return np.memmap(path, dtype=_FLAT, mode="r", shape=shape)
