"""MintPy time series and velocity (HDF5), geocoded or in radar geometry.

Geometry, mask and temporal coherence stand in files of their own; they are taken from
the options, or from the files that MintPy writes beside the series. Source: MintPy
1.6.4 and real velocity and coherence files.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipeline.core.errors import input_error
from pipeline.displacement.geometry import (
    GeometryOptions,
    declared_los,
    track_angle_deg,
    wavelength_mm,
)
from pipeline.displacement.readers import Request
from pipeline.displacement.reading import grids, mintpy_grid
from pipeline.displacement.reading.hdf import need, open_hdf5
from pipeline.displacement.recognise import in_hdf5
from pipeline.displacement.series import NO_EPOCHS, PointSeries

NAME: Final = "mintpy"
DESCRIPTION: Final = "MintPy timeseries*.h5 or velocity*.h5, geocoded or radar-coded"
UNIT: Final = "m"
SIGN: Final = "positive towards the satellite"

_TO_MM: Final = 1000.0
_BESIDE: Final = {
    "geometry": ("geo_geometryRadar.h5", "geometryGeo.h5"),
    "mask": ("geo_maskTempCoh.h5",),
    "coherence": ("geo_temporalCoherence.h5",),
}
_BESIDE_MAP: Final = {  # of interferograms that were geocoded before the inversion
    "geometry": ("geometryGeo.h5", "inputs/geometryGeo.h5"),
    "mask": ("maskTempCoh.h5",),
    "coherence": ("temporalCoherence.h5",),
}
_BESIDE_RADAR: Final = {
    "geometry": ("geometryRadar.h5", "inputs/geometryRadar.h5"),
    "mask": ("maskTempCoh.h5",),
    "coherence": ("temporalCoherence.h5",),
}


class Options(GeometryOptions):
    """Options of the MintPy reader; paths are relative to the product's folder."""

    geometry: Path | None = Field(
        None, description="Geometry file; the one that MintPy names so if left out."
    )
    mask: Path | None = Field(None, description="Mask file (maskTempCoh).")
    coherence: Path | None = Field(None, description="Temporal coherence file.")
    use_files_beside: bool = Field(
        True, description="Whether files of MintPy's names beside the product are used."
    )


def recognises(path: Path) -> bool:
    """Whether a file or folder looks like this format."""
    kinds = ("timeseries", "velocity")
    return in_hdf5(
        path, lambda h: mintpy_grid.read_attributes(h).get("FILE_TYPE") in kinds
    )


def read(request: Request, options: Options) -> PointSeries:
    """Read a series or a velocity file.

    Raises
    ------
    InputError
        If the file is of another type, lacks its unit or dates, or layers of other
        files do not fit its grid.
    """
    path = request.path
    with open_hdf5(path) as handle:
        attributes = mintpy_grid.read_attributes(handle)
        kind = attributes.get("FILE_TYPE", "no such attribute")
        if kind not in ("timeseries", "velocity"):
            expected = "a file of type timeseries or velocity"
            raise mintpy_grid.not_this_format(path, kind, expected)
        layer = need(handle, kind, path)
        shape = tuple(layer.shape[-2:])
        files = _files(path, options, attributes)
        with _geometry(files.get("geometry"), path, attributes) as geometry:
            cells = grids.choose_cells(
                shape, _positions(attributes, shape, path, geometry), request.keep
            )
            cells = _unmasked(cells, files.get("mask"))
            los = declared_los(options, len(cells.row))
            height = None
            if geometry is not None:
                height = mintpy_grid.height_at(cells, geometry)
                if los is None:
                    los = mintpy_grid.los_at(cells, geometry, files["geometry"])
        epoch, values, rate = _measured(handle, kind, cells, attributes, path)
    heading = track_angle_deg(options)
    if np.isnan(heading):
        heading = mintpy_grid.heading_deg(attributes)
    point, day = mintpy_grid.reference(attributes)
    return grids.cell_series(
        cells,
        source_id=request.source_id,
        reader=NAME,
        product=mintpy_grid.describe(f"MintPy {kind}", attributes),
        epoch=epoch,
        values_mm=values,
        unit=attributes["UNIT"],
        sign="towards the satellite",
        los=los,
        track_angle_deg=heading,
        coherence=_layer(cells, files.get("coherence"), "temporalCoherence"),
        height_m=height,
        rate_mm_per_yr=rate,
        zero_is_empty=True,
        reference_point=point,
        reference_epoch=day,
        wavelength_mm=wavelength_mm(options) or mintpy_grid.wavelength_mm(attributes),
        files=(path, *files.values()),
    )


def _measured(
    handle: Any,
    kind: str,
    cells: grids.Cells,
    attributes: mintpy_grid.Attributes,
    path: Path,
) -> tuple[NDArray[np.datetime64], NDArray[np.float32], NDArray[np.float64] | None]:
    """Epochs, displacement and rate: a file holds the one or the other."""
    layer = handle[kind]
    if kind == "velocity":
        mintpy_grid.check_unit(attributes, "m/year", path)
        grids.check_not_blank(path, kind, layer)
        nothing = np.empty((len(cells.row), 0), dtype=np.float32)
        return NO_EPOCHS, nothing, cells.numbers(layer) * _TO_MM
    mintpy_grid.check_unit(attributes, "m", path)
    epoch = mintpy_grid.read_dates(need(handle, "date", path), path)
    if len(epoch) != len(layer):
        raise input_error(
            path,
            field="date",
            found=f"{len(epoch)} dates for {len(layer)} epochs",
            expected="one date for each epoch",
            fix="write the file again",
        )
    grids.check_not_blank(path, kind, grids.Slab(layer, len(layer) - 1))
    layers = (grids.Slab(layer, k) for k in range(len(layer)))
    return epoch, grids.read_stack(cells, layers, len(layer), _TO_MM), None


def _either(names: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """These names first, then those that begin with geo_."""
    return {use: (*found, *_BESIDE[use]) for use, found in names.items()}


def _files(
    path: Path, options: Options, attributes: mintpy_grid.Attributes
) -> dict[str, Path]:
    """Further files by what they hold: named in the options, or found beside."""
    usual = _BESIDE_RADAR
    if mintpy_grid.is_geocoded(attributes):
        usual = _BESIDE if path.name.startswith("geo_") else _either(_BESIDE_MAP)
    found = {}
    for use, names in usual.items():
        named = getattr(options, use)
        if named is not None:
            found[use] = path.parent / named
        elif options.use_files_beside:
            beside = (path.parent / name for name in names)
            present = next((file for file in beside if file.is_file()), None)
            if present is not None:
                found[use] = present
    return found


@contextmanager
def _geometry(
    file: Path | None, path: Path, attributes: mintpy_grid.Attributes
) -> Iterator[Any]:
    if file is None:
        if not mintpy_grid.is_geocoded(attributes):
            raise input_error(
                path,
                field="geometry",
                found="a product in radar geometry without a geometry file",
                expected="the file geometryRadar.h5 with latitude and longitude",
                fix="set options: {geometry: geometryRadar.h5} for this source",
            )
        yield None
        return
    with open_hdf5(file) as handle:
        yield handle


def _positions(
    attributes: mintpy_grid.Attributes,
    shape: tuple[int, int],
    path: Path,
    geometry: Any,
) -> grids.Positions:
    if mintpy_grid.is_geocoded(attributes):
        return mintpy_grid.map_positions(attributes, shape, path)
    layers = [need(geometry, name, path) for name in ("longitude", "latitude")]
    for name, layer in zip(("longitude", "latitude"), layers, strict=True):
        grids.check_same_grid(path, name, layer.shape, shape)
    return grids.layer_positions(*layers)


def _unmasked(cells: grids.Cells, file: Path | None) -> grids.Cells:
    mask = _layer(cells, file, "mask")
    return cells if mask is None else cells.part(mask != 0.0)


def _layer(
    cells: grids.Cells, file: Path | None, name: str
) -> NDArray[np.float64] | None:
    if file is None:
        return None
    with open_hdf5(file) as handle:
        layer = need(handle, name, file)
        grids.check_same_grid(file, name, layer.shape, cells.shape)
        return cells.numbers(layer)
