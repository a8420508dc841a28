"""OPERA DISP-S1: one NetCDF file per pair of dates, chained into one series.

Displacements are relative to a reference date that moves with each ministack. The
viewing direction stands in a static layer of its own. Ionosphere and solid earth tide
are not applied in the files; they are subtracted where an option asks for it. Source:
opera-adt/disp-s1 (commit d1ac6bc0) and opera-utils (commit 19d27011).
"""

from __future__ import annotations

import re
from datetime import datetime
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
from pipeline.displacement.reading.hdf import folder_of, need, open_hdf5, text_of
from pipeline.displacement.reading.ministacks import (
    Gaps,
    Pair,
    chain,
    check_links,
    newest_pairs,
)
from pipeline.displacement.reading.rasters import Band, open_raster
from pipeline.displacement.recognise import names_in
from pipeline.displacement.series import (
    SENTINEL_1_WAVELENGTH_MM,
    UNKNOWN,
    PointSeries,
)

NAME: Final = "opera-disp-s1"
DESCRIPTION: Final = "folder with OPERA DISP-S1 files of one frame"
UNIT: Final = "m"
SIGN: Final = "positive towards the satellite"

_TO_MM: Final = 1000.0
_NAME: Final = re.compile(
    r"OPERA_L3_DISP-S1_IW_(F\d{5})_[VH]{2}_(\d{8})T\d{6}Z_(\d{8})T\d{6}Z_"
    r"v([\d.]+)_(\d{8}T\d{6})Z\.nc"
)
_CORRECTIONS: Final = ("ionospheric_delay", "solid_earth_tide")


class Options(GeometryOptions):
    """Options of the DISP-S1 reader; paths are relative to the folder."""

    los_files: tuple[Path, ...] = Field(
        (),
        max_length=2,
        description="Static layer: one raster with bands east, north (and up), or the "
        "two rasters los_east and los_north, on the grid of the product.",
    )
    frame: str | None = Field(
        None, pattern=r"^F\d{5}$", description="Frame, where a folder holds several."
    )
    gaps: Gaps = Field(
        "propagate",
        description="Cells without a value in a link between ministacks: lost from "
        "there on (propagate), or taken as not having moved meanwhile (omit).",
    )
    recommended_mask: bool = Field(
        True,
        description="Whether values that the product advises against are left out.",
    )
    apply_corrections: bool = Field(
        False, description="Subtract ionospheric delay and solid earth tide."
    )


def recognises(path: Path) -> bool:
    """Whether a file or folder looks like this format."""
    return any(_NAME.fullmatch(name) for name in names_in(path))


def read(request: Request, options: Options) -> PointSeries:
    """Read and chain all files of a folder.

    Raises
    ------
    InputError
        If a link between ministacks is missing, or files differ in grid or unit.
    """
    folder = folder_of(request.path)
    pairs = newest_pairs(find_pairs(folder, options))
    dates = check_links(pairs, folder)
    epoch = parse_epochs([f"{day:%Y%m%d}" for day in dates], folder)
    first = pairs[0].path
    with open_hdf5(first) as handle:
        x, y = (np.asarray(need(handle, name, first)[...]) for name in "xy")
        crs = need(handle, "spatial_ref", first).attrs.get("crs_wkt")
        positions = grids.axis_positions(x, y, _text(crs), first)
        cells = grids.choose_cells((len(y), len(x)), positions, request.keep)
        way, track, place = _about(handle)
    values = chain(
        pairs,
        dates,
        lambda pair: _moved(pair.path, cells, (x, y), options),
        options.gaps,
    )
    los = _static(folder, options, cells, (x, y))
    if los is None:
        los = declared_los(options, len(cells.row))
    if los is not None:
        _check_pass(folder, los, way)
    return grids.cell_series(
        cells,
        source_id=request.source_id,
        reader=NAME,
        product=f"OPERA DISP-S1, track {track}, {way}",
        epoch=epoch,
        values_mm=values * np.float32(_TO_MM),
        unit=UNIT,
        sign="towards the satellite",
        los=los,
        track_angle_deg=track_angle_deg(options),
        coherence=_quality(pairs[-1].path, cells),
        zero_is_empty=True,  # the first epoch is 0 also where nothing follows
        reference_point=place,
        reference_epoch=str(epoch[0]),
        wavelength_mm=wavelength_mm(options) or SENTINEL_1_WAVELENGTH_MM,
        files=(
            *(pair.path for pair in pairs),
            *(folder / f for f in options.los_files),
        ),
    )


def find_pairs(folder: Path, options: Options) -> list[Pair]:
    """Files of a folder by their names.

    Raises
    ------
    InputError
        If there is no such file, or files of several frames.
    """
    matched = [(_NAME.fullmatch(path.name), path) for path in sorted(folder.iterdir())]
    found = [(m, p) for m, p in matched if m and options.frame in (None, m[1])]
    frames = sorted({m[1] for m, _ in found})
    if len(frames) != 1:
        raise input_error(
            folder,
            field="frame",
            found=f"frames {frames}" if frames else "no DISP-S1 file",
            expected="files of one frame, OPERA_L3_DISP-S1_IW_F....nc",
            fix="set options: {frame: F.....}, or correct the path",
        )
    return [
        Pair(
            reference=_day(m[2]),
            secondary=_day(m[3]),
            version=tuple(int(part) for part in m[4].split(".")),
            created=m[5],
            path=path,
        )
        for m, path in found
    ]


def _day(digits: str) -> Any:
    return datetime.strptime(digits, "%Y%m%d").date()


def _text(value: Any) -> str | None:
    return None if value is None else text_of(value)


def _about(handle: Any) -> tuple[str, str, str]:
    """Flight direction, track and reference point as texts."""
    identification = handle.get("identification", {})
    way, track = (
        text_of(identification[name][()]).lower() if name in identification else UNKNOWN
        for name in ("orbit_pass_direction", "track_number")
    )
    point = handle.get("corrections", {}).get("reference_point")
    if point is None or "latitudes" not in point.attrs:
        return way, track, UNKNOWN
    lat, lon = (np.ravel(point.attrs[n])[0] for n in ("latitudes", "longitudes"))
    return way, track, f"latitude {lat:g}, longitude {lon:g}"


def _check_pass(folder: Path, los: NDArray[np.float64], way: str) -> None:
    """Stop where the direction contradicts the pass that the files name."""
    known = los[np.isfinite(los).all(axis=1), 0]
    sides = {"ascending": -1.0, "descending": 1.0}
    if way in sides and known.size and np.mean(known) * sides[way] < 0.0:
        raise input_error(
            folder,
            field="los",
            found=f"an east part of {np.mean(known):+.3f} on {way} passes",
            expected="an east part below 0 on ascending and above 0 on descending "
            "passes (right-looking radar)",
            fix="check the files of the static layer and their order",
        )


def _moved(
    path: Path,
    cells: grids.Cells,
    axes: tuple[NDArray[Any], NDArray[Any]],
    options: Options,
) -> NDArray[np.float32]:
    """Motion of the cells during one pair, metres."""
    with open_hdf5(path) as handle:
        layer = need(handle, "displacement", path)
        grids.check_same_grid(path, "displacement", layer.shape, cells.shape)
        for name, axis in zip("xy", axes, strict=True):
            if np.abs(need(handle, name, path)[...] - axis).max() > 1.0:
                raise _other_grid(path, name)
        unit = text_of(layer.attrs.get("units", "no unit"))
        if unit not in ("meters", "m"):
            raise input_error(
                path,
                field="displacement, units",
                found=unit,
                expected="meters",
                fix="download the file again",
            )
        grids.check_not_blank(path, "displacement", layer)
        moved = cells.take(layer).astype(np.float32)
        if options.apply_corrections:
            for name in _CORRECTIONS:
                moved -= _layer(handle, f"corrections/{name}", path, cells)
        if options.recommended_mask:
            mask = _layer(handle, "recommended_mask", path, cells)
            moved[mask != 1] = np.nan
        return moved


def _layer(handle: Any, name: str, path: Path, cells: grids.Cells) -> NDArray[Any]:
    layer = need(handle, name, path)
    grids.check_same_grid(path, name, layer.shape, cells.shape)
    return cells.take(layer)


def _other_grid(path: Path, name: str) -> Exception:
    return input_error(
        path,
        field=name,
        found="other coordinates than in the first file",
        expected="one grid for all files",
        fix="give files of one frame and version",
    )


def _quality(path: Path, cells: grids.Cells) -> NDArray[np.float64] | None:
    with open_hdf5(path) as handle:
        if "temporal_coherence" not in handle:
            return None
        found = _layer(handle, "temporal_coherence", path, cells)
        return found.astype(np.float64)


def _static(
    folder: Path,
    options: Options,
    cells: grids.Cells,
    axes: tuple[NDArray[Any], NDArray[Any]],
) -> NDArray[np.float64] | None:
    """Viewing directions of the static layer; None without one."""
    parts: list[NDArray[np.float64]] = []
    for name in options.los_files:
        file = folder / name
        with open_raster(file) as raster:
            grids.check_same_grid(file, "los", raster.shape, cells.shape)
            place = raster.transform
            x, y = place.c + 0.5 * place.a, place.f + 0.5 * place.e
            if max(abs(x - axes[0][0]), abs(y - axes[1][0])) > 1.0:
                raise _other_grid(file, "transform")
            bands = range(1, raster.count + 1)
            parts += [cells.numbers(Band(raster, band, None)) for band in bands]
    if not parts:
        return None
    if len(parts) not in (2, 3):
        raise input_error(
            folder,
            field="los_files",
            found=f"{len(parts)} bands",
            expected="east and north, or east, north and up",
            fix="name the static layer of the product",
        )
    return los_from_parts(*parts)
