"""Write the grid as a cloud-optimised GeoTIFF."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.io import MemoryFile
from rasterio.shutil import copy as raster_copy

from .geometry import Grid
from .parameters import RETURN_PERIODS_YR, VS30_M_PER_S

NODATA = -9999.0
TITLE = (
    "Demonstration: PGA on rock from smoothed seismicity, computed by this project; "
    "not a published hazard map"
)


def write_grid(path: Path, grid: Grid, pga_g: NDArray[np.float64]) -> None:
    """Write one band per return period, whole or not at all.

    Parameters
    ----------
    path
        GeoTIFF to write; replaced if it exists.
    grid
        Cells of the values, EPSG:4326.
    pga_g
        Shape (n_return_periods, n_rows, n_cols), g, finite, not decreasing along the
        first axis. Rounded to 0.0001 g.

    Raises
    ------
    ValueError
        If a value is missing or a longer return period has a smaller value.
    """
    if not np.all(np.isfinite(pga_g)) or np.any(np.diff(pga_g, axis=0) < 0.0):
        raise ValueError("PGA must be finite and must not decrease with return period")
    part = path.with_name(path.name + ".part")
    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": len(pga_g),
        "height": grid.n_rows,
        "width": grid.n_cols,
        "crs": "EPSG:4326",
        "transform": Affine(
            grid.cell_deg,
            0.0,
            grid.box.west_deg,
            0.0,
            -grid.cell_deg,
            grid.box.north_deg,
        ),
        "nodata": NODATA,
    }
    with MemoryFile() as memory, rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False):
        with memory.open(**profile) as plain:
            plain.write(np.round(pga_g, 4).astype(np.float32))
            plain.update_tags(
                TITLE=TITLE,
                UNITS="g",
                VS30_M_PER_S=str(VS30_M_PER_S),
                DATA_CLASS="demonstration",
                LICENCE="CC BY-SA 4.0",
                RECIPE="layers/syr-darya/recipes/seismic_pga",
            )
            for band, years in enumerate(RETURN_PERIODS_YR, start=1):
                plain.set_band_description(band, str(years))
                plain.set_band_unit(band, "g")
                plain.update_tags(band, RETURN_PERIOD_YR=str(years))
        with memory.open() as plain:
            raster_copy(
                plain, part, driver="COG", compress="DEFLATE", predictor="YES", level=9
            )
    part.replace(path)
