"""Relief, rain and temperature grids from the ITU-R maps in the package ``itur``.

Run: ``python -m base.grids --out layers/syr-darya`` (from this recipes folder's
parent path, see README). Needs ``itur`` 0.4.0.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from affine import Affine

from base.shared import Raster, arguments, region_box, write_cog

if TYPE_CHECKING:
    from numpy.typing import NDArray

KELVIN_AT_0_DEGC = 273.15
FLOAT_NODATA = -9999.0
RELIEF_NODATA = -32768


def itur_map(folder: str, name: str) -> NDArray[np.float64]:
    """One array of the package, shape (rows, columns), as stored."""
    with (files("itur") / "data" / folder / f"{name}.npz").open("rb") as stream:
        return np.asarray(np.load(stream)["arr_0"], dtype=np.float64)


def clip(
    values: NDArray[np.float64],
    lat_deg: NDArray[np.float64],
    lon_deg: NDArray[np.float64],
    box: tuple[float, float, float, float],
) -> tuple[NDArray[np.float64], Affine]:
    """Cut a regular latitude-longitude grid to the cells that touch a box.

    Parameters
    ----------
    values, lat_deg, lon_deg
        Shape (rows, columns); positions are cell centres. Rows may run either way;
        the result runs from north to south.
    box
        West, south, east, north in degrees.

    Raises
    ------
    ValueError
        If the spacing inside the box is not even.
    """
    lat, lon = lat_deg[:, 0], lon_deg[0, :]
    step = abs(float(lon[2] - lon[1]))
    west, south, east, north = box
    row = np.flatnonzero(
        (lat + step / 2 > south + 1e-9) & (lat - step / 2 < north - 1e-9)
    )
    col = np.flatnonzero(
        (lon + step / 2 > west + 1e-9) & (lon - step / 2 < east - 1e-9)
    )
    if not np.allclose(np.abs(np.diff(lat[row])), step, atol=1e-5) or not np.allclose(
        np.diff(lon[col]), step, atol=1e-5
    ):
        raise ValueError("grid spacing is not even inside the box")
    if lat[row[0]] < lat[row[-1]]:
        row = row[::-1]
    cells_per_deg = round(1 / step * 3) / 3 if step < 1 else 1 / step
    size = 1 / cells_per_deg
    left = round((lon[col[0]] - size / 2) / size * 2) * size / 2
    top = round((lat[row[0]] + size / 2) / size * 2) * size / 2
    return values[np.ix_(row, col)], Affine(size, 0, left, 0, -size, top)


def relief() -> Raster:
    """Mean height of 1/12 degree cells, metres, int16 (ITU-R P.1511-2)."""
    values, transform = clip(
        itur_map("1511", "v2_topo"),
        itur_map("1511", "v2_lat"),
        itur_map("1511", "v2_lon"),
        region_box(),
    )
    return Raster(
        np.rint(values).astype(np.int16)[np.newaxis],
        transform,
        RELIEF_NODATA,
        ("elevation_m",),
        {"TITLE": "Mean height above sea level, ITU-R P.1511-2", "UNITS": "m"},
    )


def rain_rate() -> Raster:
    """Rain rate exceeded 0.01 % of an average year, mm/h (ITU-R P.837-7)."""
    values, transform = clip(
        itur_map("837", "v7_r001"),
        itur_map("837", "v7_lat_r001"),
        itur_map("837", "v7_lon_r001"),
        region_box(),
    )
    return Raster(
        values.astype(np.float32)[np.newaxis],
        transform,
        FLOAT_NODATA,
        ("rain_rate_mm_per_h",),
        {
            "TITLE": "Rain rate exceeded 0.01 % of an average year, ITU-R P.837-7",
            "UNITS": "mm/h",
        },
    )


def monthly_rain() -> Raster:
    """Mean rain of each month, mm, 12 bands January to December (P.837-7)."""
    lat, lon = itur_map("837", "v7_lat_mt"), itur_map("837", "v7_lon_mt")
    bands = [
        clip(itur_map("837", f"v7_mt_month{m:02d}"), lat, lon, region_box())
        for m in range(1, 13)
    ]
    return Raster(
        np.stack([values for values, _ in bands]).astype(np.float32),
        bands[0][1],
        FLOAT_NODATA,
        tuple(f"rain_mm_month_{m:02d}" for m in range(1, 13)),
        {"TITLE": "Mean monthly rain, ITU-R P.837-7", "UNITS": "mm"},
    )


def surface_temperature() -> Raster:
    """Mean yearly air temperature at 2 m, degrees Celsius (ITU-R P.1510-1)."""
    values, transform = clip(
        itur_map("1510", "v1_t_annual"),
        itur_map("1510", "v1_lat"),
        itur_map("1510", "v1_lon"),
        region_box(),
    )
    return Raster(
        (values - KELVIN_AT_0_DEGC).astype(np.float32)[np.newaxis],
        transform,
        FLOAT_NODATA,
        ("temperature_annual_mean_degc",),
        {"TITLE": "Mean annual surface temperature, ITU-R P.1510-1", "UNITS": "degC"},
    )


def monthly_temperature() -> Raster:
    """Mean air temperature at 2 m of each month, degrees Celsius (P.1510-1)."""
    lat, lon = itur_map("1510", "v1_lat"), itur_map("1510", "v1_lon")
    bands = [
        clip(itur_map("1510", f"v1_t_month{m:02d}"), lat, lon, region_box())
        for m in range(1, 13)
    ]
    return Raster(
        np.stack([values - KELVIN_AT_0_DEGC for values, _ in bands]).astype(np.float32),
        bands[0][1],
        FLOAT_NODATA,
        tuple(f"temperature_degc_month_{m:02d}" for m in range(1, 13)),
        {"TITLE": "Mean monthly surface temperature, ITU-R P.1510-1", "UNITS": "degC"},
    )


def main() -> None:
    """Write the five grids."""
    out: Path = arguments(__doc__, ()).out
    write_cog(out / "relief.tif", relief())
    write_cog(out / "rain_rate_001.tif", rain_rate())
    write_cog(out / "monthly_rain.tif", monthly_rain())
    write_cog(out / "surface_temperature.tif", surface_temperature())
    write_cog(out / "monthly_temperature.tif", monthly_temperature())


if __name__ == "__main__":
    main()
