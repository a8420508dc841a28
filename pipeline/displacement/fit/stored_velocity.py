"""Rates of stored series, chunk by chunk, on threads or on a dask.distributed cluster.

A task reads some rows of the store, fits them and hands back rows of a table, so
neither the series nor the work need fit one machine; its workers must see the store.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import zarr
from dask.base import compute
from dask.delayed import delayed
from shapely import box

from pipeline.core.errors import input_error
from pipeline.core.methods.displacement import DisplacementMethods
from pipeline.displacement.fit.point_velocity import table_of_part
from pipeline.displacement.fit.source_fit import Steps, fit_terms
from pipeline.displacement.series import Component, PointSeries

_ROWS_PER_TASK: Final = 20_000
_COMPONENT: Final = {
    "displacement along the line of sight": Component.LINE_OF_SIGHT,
    "vertical displacement": Component.UP,
    "eastward displacement": Component.EAST,
}
_KERNELS: Final = threading.Lock()
"""Compiled kernels use all threads of a process, and not every layer of numba lets two
threads start one at the same time."""


def rates_of_store(
    path: Path,
    methods: DisplacementMethods,
    steps: Steps,
    group: str | None = None,
    *,
    rows_per_task: int = _ROWS_PER_TASK,
) -> pa.Table:
    """Fit all points of one source of a store.

    Runs where dask runs: on the active ``distributed.Client``, or on threads.

    Parameters
    ----------
    path, group
        Store, and the source in it; may be left out if there is only one.
    methods, steps
        As `fit_terms`; steps concern all points.

    Raises
    ------
    InputError
        If there is no such source.
    """
    name = _group_of(path, group)
    root: Any = zarr.open_group(path, mode="r")
    n_points = root[name]["displacement"].shape[0]
    fit = delayed(_fit_rows, pure=True)
    tasks = [
        fit(path, name, at, min(at + rows_per_task, n_points), methods, steps.dates)
        for at in range(0, n_points, rows_per_task)
    ]
    tables: tuple[pa.Table, ...] = compute(*tasks)
    return pa.concat_tables(tables)


def _group_of(path: Path, group: str | None) -> str:
    try:
        names = sorted(zarr.open_group(path, mode="r").group_keys())
    except (FileNotFoundError, KeyError, ValueError):
        names = []
    if group is None and len(names) == 1:
        return names[0]
    if group in names:
        return str(group)
    raise input_error(
        path,
        field="group",
        found=f"sources {names}" if group is None else f"no source {group!r}",
        expected="one source, or the name of one with --option group=NAME",
        fix="name the source",
    )


def _fit_rows(
    path: Path,
    group: str,
    start: int,
    stop: int,
    methods: DisplacementMethods,
    dates: tuple[Any, ...],
) -> pa.Table:
    part = read_rows(path, group, start, stop)
    applies = np.ones((part.n_points, len(dates)), dtype=bool)
    with _KERNELS:
        return table_of_part(fit_terms(part, methods, Steps(dates, applies)))


def read_rows(path: Path, group: str, start: int, stop: int) -> PointSeries:
    """Some points of a stored source."""
    root: Any = zarr.open_group(path, mode="r")
    held = root[group]
    rows = slice(start, stop)
    lon, lat = held["lon"][rows], held["lat"][rows]
    unknown = np.full(len(lon), np.nan)
    about = dict(held.attrs)
    days = held["time"][...].astype("timedelta64[D]")
    return PointSeries(
        source_id=str(about["source_id"]),
        reader=str(about["reader"]),
        product=str(about["product"]),
        component=_COMPONENT[str(held["displacement"].attrs["long_name"])],
        point_id=held["point_id"][rows],
        lon_deg=lon,
        lat_deg=lat,
        epoch=np.datetime64("1970-01-01", "D") + days,
        displacement_mm=held["displacement"][rows],
        los=np.column_stack([held[f"los_{n}"][rows] for n in ("east", "north", "up")]),
        track_angle_deg=unknown,
        coherence=unknown,
        height_m=unknown,
        provider_velocity_mm_per_yr=unknown,
        is_interpolated=bool(about["is_interpolated"]),
        reference_point=str(about["reference_point"]),
        reference_epoch=str(about["reference_epoch"]),
        footprint=box(lon.min(), lat.min(), lon.max(), lat.max()),
        unit_in_file=str(about["unit_in_file"]),
        sign_in_file=str(about["sign_in_file"]),
        wavelength_mm=about.get("wavelength_mm"),
    )
