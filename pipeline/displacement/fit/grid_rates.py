"""Rates of a grid, and how they are written.

As MintPy writes a velocity file (metres), or as a GeoTIFF whose bands name quantity,
unit and sign (millimetres).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import input_error
from pipeline.core.files import whole_file
from pipeline.displacement.reading import mintpy_grid

TO_MM: Final = np.float32(1000.0)
_KEPT_ATTRIBUTES: Final = (
    "ALOOKS", "ANTENNA_SIDE", "CENTER_LINE_UTC", "EPSG", "HEADING", "LENGTH",
    "ORBIT_DIRECTION", "PLATFORM", "REF_LAT", "REF_LON", "REF_X", "REF_Y", "RLOOKS",
    "UTM_ZONE", "WAVELENGTH", "WIDTH", "X_FIRST", "X_STEP", "X_UNIT", "Y_FIRST",
    "Y_STEP", "Y_UNIT", "beam_mode", "beam_swath", "relative_orbit",
)  # fmt: skip
"""Attributes that are carried over; others may hold folders of the producer."""

QUANTITIES: Final = {
    "velocity": ("velocity", "m/year"),
    "velocity_std": ("velocityStd", "m/year"),
    "acceleration": ("acceleration", "m/year^2"),
    "annual": ("annualAmplitude", "m"),
    "semiannual": ("semiAnnualAmplitude", "m"),
    "rmse": ("residue", "m"),
}
"""Layers by their name here: the name in a MintPy file and the unit there."""


@dataclass(frozen=True, slots=True)
class GridRates:
    """Fitted layers of a grid.

    ``layers`` are float32 (rows, columns), mm, mm/yr or mm/yr2, positive towards the
    satellite; NaN where the cell has no fit. ``attributes`` are those of the series.
    """

    layers: dict[str, NDArray[np.float32]]
    attributes: dict[str, str]
    first_epoch: np.datetime64
    last_epoch: np.datetime64
    n_epochs: int

    @property
    def n_cells(self) -> int:
        """All cells."""
        return int(self.layers["velocity"].size)

    @property
    def n_fitted(self) -> int:
        """Cells with a rate."""
        return int(np.isfinite(self.layers["velocity"]).sum())


def write_grid(grid: GridRates, out: Path) -> None:
    """Write the layers; the suffix says how (``.h5`` or ``.tif``)."""
    with whole_file(out) as part:
        if out.suffix.lower() == ".tif":
            _write_geotiff(grid, part)
        else:
            _write_mintpy(grid, part)


def _write_mintpy(grid: GridRates, path: Path) -> None:
    import h5py  # type: ignore[import-untyped]

    kept = {k: v for k, v in grid.attributes.items() if k in _KEPT_ATTRIBUTES}
    first, last = (str(d).replace("-", "") for d in (grid.first_epoch, grid.last_epoch))
    kept |= {
        "FILE_TYPE": "velocity",
        "UNIT": "m/year",
        "START_DATE": first,
        "END_DATE": last,
        "REF_DATE": grid.attributes.get("REF_DATE", first),
        "NO_DATA_VALUE": "nan",
        "DATA_TYPE": "float32",
    }
    with h5py.File(path, "w") as handle:
        for name, values in grid.layers.items():
            there, unit = QUANTITIES[name]
            layer = handle.create_dataset(there, data=values / TO_MM)
            layer.attrs["UNIT"] = unit
        for name, text in kept.items():
            handle.attrs[name] = text


def _write_geotiff(grid: GridRates, path: Path) -> None:
    import rasterio
    from rasterio.transform import Affine

    a = grid.attributes
    if not mintpy_grid.is_geocoded(a):
        raise input_error(
            path.name,
            found="a series in radar geometry",
            expected="a geocoded series, for a GeoTIFF",
            fix="write .h5 or .parquet, or geocode the series first",
        )
    x0, dx, y0, dy = (
        mintpy_grid.number(a, name, path)
        for name in ("X_FIRST", "X_STEP", "Y_FIRST", "Y_STEP")
    )
    height, width = grid.layers["velocity"].shape
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=height,
        width=width,
        count=len(grid.layers),
        dtype="float32",
        nodata=np.nan,
        crs=mintpy_grid.crs_of(a, path),
        transform=Affine(dx, 0.0, x0, 0.0, dy, y0),
        tiled=height >= 16 and width >= 16,
        compress="deflate",
    ) as file:
        for k, (name, values) in enumerate(grid.layers.items(), start=1):
            unit = QUANTITIES[name][1].replace("m", "mm", 1).replace("/year", "/yr")
            file.write(values, k)
            file.set_band_description(k, f"{name} ({unit})")
            file.set_band_unit(k, unit)
        file.update_tags(
            positive="towards the satellite",
            first_epoch=str(grid.first_epoch),
            last_epoch=str(grid.last_epoch),
            n_epochs=str(grid.n_epochs),
        )
