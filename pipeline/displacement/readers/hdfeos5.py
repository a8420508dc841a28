"""HDF-EOS5 time series as MintPy's save_hdfeos5 writes them.

One file holds series, mask, coherence and geometry. Its fill value 0 stands beside NaN
cells; the mask tells what is measured, and zeros of the reference epoch stay. Source:
MintPy 1.6.4, ``save_hdfeos5``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
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
from pipeline.displacement.reading.hdf import need, open_hdf5, text_of
from pipeline.displacement.recognise import in_hdf5
from pipeline.displacement.series import PointSeries

NAME: Final = "mintpy-hdfeos5"
DESCRIPTION: Final = "HDF-EOS5 time series of MintPy (.he5)"
UNIT: Final = "m"
SIGN: Final = "positive towards the satellite"

_TO_MM: Final = 1000.0
_ROOT: Final = "HDFEOS/GRIDS/timeseries"


class Options(GeometryOptions):
    """Options of the HDF-EOS5 reader; a declared direction precedes that of the file.

    The layer azimuthAngle is optional in the format.
    """

    apply_mask: bool = Field(
        True, description="Whether cells outside the mask of the file are left out."
    )


def recognises(path: Path) -> bool:
    """Whether a file or folder looks like this format."""
    return in_hdf5(path, lambda h: _ROOT in h)


def read(request: Request, options: Options) -> PointSeries:
    """Read one file.

    Raises
    ------
    InputError
        If groups, unit or dates are missing, or layers differ in extent.
    """
    path = request.path
    with open_hdf5(path) as handle:
        attributes = mintpy_grid.read_attributes(handle)
        root = need(handle, _ROOT, path)
        stack = need(root, "observation/displacement", path)
        unit = text_of(stack.attrs.get("Units", attributes.get("UNIT", "")))
        if unit not in ("meters", "m"):
            raise input_error(
                path,
                field="observation/displacement, Units",
                found=unit or "no unit",
                expected="meters",
                fix="give the file as MintPy wrote it",
            )
        epoch = mintpy_grid.read_dates(need(root, "observation/date", path), path)
        grids.check_same_grid(path, "date", (len(epoch),), stack.shape[:1])
        cells = _cells(request, root, stack.shape[1:], attributes, options)
        grids.check_not_blank(path, "displacement", grids.Slab(stack, len(epoch) - 1))
        layers = (grids.Slab(stack, k) for k in range(len(epoch)))
        values = grids.read_stack(cells, layers, len(epoch), _TO_MM)
        geometry = need(root, "geometry", path)
        los = declared_los(options, len(cells.row))
        if los is None:
            los = mintpy_grid.los_at(cells, geometry, path)
        heading = track_angle_deg(options)
        if np.isnan(heading):
            heading = mintpy_grid.heading_deg(attributes)
        point, day = mintpy_grid.reference(attributes)
        quality = root.get("quality", {})
        coherence = None
        if "temporalCoherence" in quality:
            layer = quality["temporalCoherence"]
            grids.check_same_grid(path, "temporalCoherence", layer.shape, cells.shape)
            coherence = cells.numbers(layer)
        return grids.cell_series(
            cells,
            source_id=request.source_id,
            reader=NAME,
            product=mintpy_grid.describe("MintPy HDF-EOS5 series", attributes),
            epoch=epoch,
            values_mm=values,
            unit=unit,
            sign="towards the satellite",
            los=los,
            track_angle_deg=heading,
            coherence=coherence,
            height_m=mintpy_grid.height_at(cells, geometry),
            zero_is_empty=True,
            reference_point=point,
            reference_epoch=day,
            wavelength_mm=wavelength_mm(options)
            or mintpy_grid.wavelength_mm(attributes),
        )


def _cells(
    request: Request,
    root: Any,
    shape: tuple[int, int],
    attributes: mintpy_grid.Attributes,
    options: Options,
) -> grids.Cells:
    if mintpy_grid.is_geocoded(attributes):
        positions = mintpy_grid.map_positions(attributes, shape, request.path)
    else:
        names = ("geometry/longitude", "geometry/latitude")
        layers = [need(root, name, request.path) for name in names]
        positions = grids.layer_positions(*layers)
    cells = grids.choose_cells(shape, positions, request.keep)
    if not options.apply_mask or "quality/mask" not in root:
        return cells
    mask = root["quality/mask"]
    grids.check_same_grid(request.path, "quality/mask", mask.shape, shape)
    return cells.part(cells.take(mask).astype(np.bool_))
