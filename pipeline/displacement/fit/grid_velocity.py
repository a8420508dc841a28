"""Rates of every cell of a MintPy time series, by blocks of rows.

While one block is fitted the next one is read, so memory follows the block and not the
grid. The result is written as MintPy writes a velocity file (metres), or as a GeoTIFF
whose bands name quantity, unit and sign (millimetres).
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import input_error
from pipeline.core.files import whole_file
from pipeline.displacement.fit.noise import standard_errors
from pipeline.displacement.fit.outliers import pull_in
from pipeline.displacement.fit.trend import N_TERMS, TrendFit, fit_trends
from pipeline.displacement.reading import mintpy_grid
from pipeline.displacement.reading.hdf import need, open_hdf5

_BLOCK_BYTES: Final = 64 << 20
_TO_MM: Final = np.float32(1000.0)
_KIND: Final = "timeseries"
_KEPT_ATTRIBUTES: Final = (
    "ALOOKS", "ANTENNA_SIDE", "CENTER_LINE_UTC", "EPSG", "HEADING", "LENGTH",
    "ORBIT_DIRECTION", "PLATFORM", "REF_LAT", "REF_LON", "REF_X", "REF_Y", "RLOOKS",
    "UTM_ZONE", "WAVELENGTH", "WIDTH", "X_FIRST", "X_STEP", "X_UNIT", "Y_FIRST",
    "Y_STEP", "Y_UNIT", "beam_mode", "beam_swath", "relative_orbit",
)  # fmt: skip
"""Attributes that are carried over; others may hold folders of the producer."""

_QUANTITIES: Final = {
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


def fit_grid(
    path: Path,
    steps: tuple[date, ...] = (),
    *,
    outlier_sigma: float | None = None,
    with_errors: bool = True,
) -> GridRates:
    """Fit every cell of a time series.

    Parameters
    ----------
    path
        File of type timeseries, metres.
    steps
        First days behind stated steps.
    outlier_sigma
        Single epochs further out are pulled in; None keeps them.
    with_errors
        Whether standard errors are worked out.

    Raises
    ------
    InputError
        If it is another file, its unit or dates are missing, or no cell has values.
    """
    with open_hdf5(path) as handle:
        attributes = mintpy_grid.read_attributes(handle)
        kind = attributes.get("FILE_TYPE", "no such attribute")
        if kind != _KIND:
            expected = f"a file of type {_KIND}; for other products write a .parquet"
            raise mintpy_grid.not_this_format(path, kind, expected)
        mintpy_grid.check_unit(attributes, "m", path)
        stack = need(handle, _KIND, path)
        epoch = mintpy_grid.read_dates(need(handle, "date", path), path)
        _check_epochs(path, len(epoch), len(stack), len(steps))
        time_d = (epoch - epoch[0]).astype(np.int64).astype(np.float64)
        days = tuple(_day(step, epoch[0]) for step in steps)
        shape = stack.shape[1:]
        names = [n for n in _QUANTITIES if with_errors or n != "velocity_std"]
        layers = {n: np.full(shape, np.nan, dtype=np.float32) for n in names}
        reference = _reference_cell(attributes)
        for rows, block in _blocks(stack):
            found = _fit_block(block, time_d, days, outlier_sigma, with_errors)
            for name in names:
                layers[name][rows] = found[name].reshape(-1, shape[1])
            if reference is not None and rows.start <= reference[0] < rows.stop:
                layers["velocity"][reference] = 0.0  # by definition
    grid = GridRates(layers, attributes, epoch[0], epoch[-1], len(epoch))
    if grid.n_fitted <= (reference is not None):
        raise input_error(
            path,
            field=_KIND,
            found="no cell with values in enough epochs",
            expected="displacement values in some of the cells",
            fix="check the export of the product, and what it writes for no data",
        )
    return grid


def _check_epochs(path: Path, n_dates: int, n_layers: int, n_steps: int) -> None:
    if n_dates != n_layers:
        raise input_error(
            path,
            field="date",
            found=f"{n_dates} dates for {n_layers} epochs",
            expected="one date for each epoch",
            fix="write the file again",
        )
    least = N_TERMS + n_steps + 1
    if n_dates <= least:
        raise input_error(
            path,
            field="date",
            found=f"{n_dates} epochs",
            expected=f"more than {least}, for a rate with its error",
            fix="give a longer series",
        )


def _day(step: date, first: np.datetime64) -> float:
    return float((np.datetime64(step, "D") - first).astype(np.int64))


def _reference_cell(attributes: dict[str, str]) -> tuple[int, int] | None:
    """Row and column of the cell that is zero on all epochs by definition."""
    try:
        return int(attributes["REF_Y"]), int(attributes["REF_X"])
    except (KeyError, ValueError):
        return None


def _blocks(stack: Any) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Blocks (epochs, cells) of whole rows; the next one is read ahead.

    Two buffers are used in turn, so a block is valid until the next but one is asked
    for: fresh memory for each would take longer than reading.
    """
    n_epochs, n_rows, width = stack.shape
    chunk = stack.chunks[1] if stack.chunks else 1
    fitting = _BLOCK_BYTES // (4 * n_epochs * width)
    step = min(max(fitting // chunk * chunk, chunk), n_rows)
    parts = [slice(at, min(at + step, n_rows)) for at in range(0, n_rows, step)]
    buffers = [np.empty(n_epochs * step * width, dtype=np.float32) for _ in parts[:2]]

    def read(k: int) -> NDArray[np.float32]:
        rows = parts[k]
        shape = (n_epochs, rows.stop - rows.start, width)
        block = buffers[k % 2][: n_epochs * shape[1] * width].reshape(shape)
        stack.read_direct(block, np.s_[:, rows, :])
        return block.reshape(n_epochs, -1)

    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(read, 0)
        for k, rows in enumerate(parts):
            block = ahead.result()
            if k + 1 < len(parts):
                ahead = pool.submit(read, k + 1)
            yield rows, block


def _fit_block(
    block: NDArray[np.float32],
    time_d: NDArray[np.float64],
    days: tuple[float, ...],
    outlier_sigma: float | None,
    with_errors: bool,
) -> dict[str, NDArray[np.float64]]:
    """Layers of some cells (epochs, cells), mm; NaN for cells without values."""
    fit = fit_trends(block, time_d, days, epochs_first=True)
    held = np.flatnonzero(np.isfinite(fit.rmse_mm) & (fit.rmse_mm > 0.0))
    rows: NDArray[np.float32] | None = None
    wider = np.ones(len(held))
    if outlier_sigma is not None and len(held):
        moved = pull_in(block.T[held], time_d, outlier_sigma, days)
        rows = moved.displacement_mm
        some = fit_trends(rows, time_d, days)
        wider = moved.widen(some.n_epochs)
        fit = _replaced(fit, some, held)
    layers = {
        "velocity": fit.velocity_mm_per_yr,
        "acceleration": fit.acceleration_mm_per_yr2,
        "annual": fit.amplitude_mm,
        "semiannual": fit.semiannual_mm,
        "rmse": fit.rmse_mm,
    }
    empty = np.ones(block.shape[1], dtype=bool)
    empty[held] = False
    layers = {n: np.where(empty, np.nan, v * _TO_MM) for n, v in layers.items()}
    if with_errors:
        error = np.full(block.shape[1], np.nan)
        if len(held):
            values = block.T[held] if rows is None else rows
            found = standard_errors(values, time_d, days)
            error[held] = found.velocity_std_mm_per_yr * wider * _TO_MM
        layers["velocity_std"] = error
    return layers


def _replaced(fit: TrendFit, some: TrendFit, at: NDArray[np.int64]) -> TrendFit:
    """Fit in which some of the series are replaced."""
    columns = {}
    for name in TrendFit.__slots__:
        column = getattr(fit, name).copy()
        column[at] = getattr(some, name)
        columns[name] = column
    return TrendFit(**columns)


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
            there, unit = _QUANTITIES[name]
            layer = handle.create_dataset(there, data=values / _TO_MM)
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
            unit = _QUANTITIES[name][1].replace("m", "mm", 1).replace("/year", "/yr")
            file.write(values, k)
            file.set_band_description(k, f"{name} ({unit})")
            file.set_band_unit(k, unit)
        file.update_tags(
            positive="towards the satellite",
            first_epoch=str(grid.first_epoch),
            last_epoch=str(grid.last_epoch),
            n_epochs=str(grid.n_epochs),
        )
