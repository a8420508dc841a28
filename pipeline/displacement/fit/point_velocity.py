"""Rates of every point of a product, read and fitted part by part.

The table holds one row per point (GeoParquet, positions in WGS 84, units in the
metadata of the columns); the series can be stored beside it. Memory follows the size of
a part, whatever the size of the product.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.core.errors import input_error
from pipeline.core.files import whole_file
from pipeline.core.methods.displacement import DisplacementMethods
from pipeline.displacement.checks import check_not_blank, check_series
from pipeline.displacement.fit.source_fit import FittedSource, Steps, fit_terms
from pipeline.displacement.readers import Request
from pipeline.displacement.series import Component, PointSeries
from pipeline.displacement.store import open_series

_Z95: Final = 1.959963984540054
_WKB_POINT: Final = np.dtype([("order", "u1"), ("kind", "<u4"), ("xy", "<f8", 2)])
_POSITIVE: Final = {
    Component.LINE_OF_SIGHT: "towards the satellite",
    Component.UP: "up",
    Component.EAST: "east",
}


def parts_of(module: ModuleType, request: Request, options: Any) -> Iterator[Any]:
    """Series of a product part by part, where its reader can; else as a whole.

    Raises
    ------
    InputError
        If the product cannot be trusted: as `check_series`, and if an identifier
        stands twice.
    """
    stream: Callable[..., Iterator[PointSeries]] | None = getattr(
        module, "stream", None
    )
    if stream is None:
        yield check_series(module.read(request, options), request.path)
        return
    ids: list[NDArray[np.str_]] = []
    blank: NDArray[np.float32] | None = None
    told = False
    for part in stream(request, options):
        checked = check_series(part, request.path, is_part=True)
        ids.append(checked.point_id)
        values = checked.displacement_mm
        told = told or bool(np.nanmax(np.abs(values), initial=0.0) > 0.0)
        blank = values
        yield checked
    if not told and blank is not None:
        check_not_blank(blank, request.path)
    names = pa.chunked_array([pa.array(part) for part in ids])
    if len(names.unique()) < len(names):
        counts = names.value_counts()
        twice = counts.filter(pa.compute.greater(counts.field("counts"), 1))
        raise input_error(
            request.path,
            field="point id",
            found=f"{twice[0]['values']} more than once",
            expected="one row for each id",
            fix="keep one row for each point",
        )


def write_rates(
    parts: Iterator[PointSeries],
    out: Path,
    series_out: Path | None,
    methods: DisplacementMethods,
    steps: Steps,
) -> int:
    """Fit all parts; write the table, and the series where a place is given.

    Returns the number of points. Nothing is left behind if a part is refused.
    """
    n_points = 0
    with ExitStack() as stack:
        path = stack.enter_context(whole_file(out))
        store = None
        if series_out is not None:
            store = stack.enter_context(open_series(series_out))
        pool = stack.enter_context(ThreadPoolExecutor(1))
        table: pq.ParquetWriter | None = None
        stored: Future[None] | None = None
        for part in parts:
            if stored is not None:
                stored.result()
            if store is not None:
                stored = pool.submit(store.append, part)
            rows = table_of_part(fit_terms(part, methods, _for(part, steps)))
            if table is None:
                table = pq.ParquetWriter(path, rows.schema, use_dictionary=False)
                stack.callback(table.close)
            table.write_table(rows)
            n_points += part.n_points
        if stored is not None:
            stored.result()
    return n_points


def _for(part: PointSeries, steps: Steps) -> Steps:
    """Steps of a command, which concern all points."""
    shape = (part.n_points, len(steps.dates))
    return Steps(steps.dates, np.ones(shape, dtype=bool))


def table_of_part(source: FittedSource) -> pa.Table:
    """Rows of some points, with units in the metadata of the columns."""
    series, fit, errors = source.series, source.fit, source.errors
    rate = np.where(source.usable, fit.velocity_mm_per_yr, np.nan)
    half = _Z95 * errors.velocity_std_mm_per_yr
    fitted = {
        "velocity_mm_per_yr": (rate, "mm/yr"),
        "velocity_mm_per_yr_low": (rate - half, "mm/yr"),
        "velocity_mm_per_yr_high": (rate + half, "mm/yr"),
        "velocity_std_mm_per_yr": (errors.velocity_std_mm_per_yr, "mm/yr"),
        "acceleration_mm_per_yr2": (fit.acceleration_mm_per_yr2, "mm/yr2"),
        "acceleration_std_mm_per_yr2": (errors.acceleration_std_mm_per_yr2, "mm/yr2"),
        "seasonal_amplitude_mm": (fit.amplitude_mm, "mm"),
        "semiannual_amplitude_mm": (fit.semiannual_mm, "mm"),
        "rmse_mm": (fit.rmse_mm, "mm"),
        "n_effective": (errors.n_effective, "1"),
    }
    fitted |= {
        f"step_{day:%Y%m%d}_mm": (fit.step_mm[:, k], "mm")
        for k, day in enumerate(source.step_dates)
    }
    plain = {
        "provider_velocity_mm_per_yr": (series.provider_velocity_mm_per_yr, "mm/yr"),
        "coherence": (series.coherence, "1"),
        "los_east": (series.los[:, 0], "1"),
        "los_north": (series.los[:, 1], "1"),
        "los_up": (series.los[:, 2], "1"),
    }
    hidden = ~source.usable
    n_outliers = pa.array(source.n_outliers.astype(np.int32))
    columns: list[tuple[str, Any, str]] = [
        ("point_id", pa.array(series.point_id), ""),
        ("geometry", _points(series.lon_deg, series.lat_deg), ""),
        *((name, _numbers(v, hidden), unit) for name, (v, unit) in fitted.items()),
        ("n_outliers", n_outliers, "1"),
        ("n_epochs", pa.array(fit.n_epochs.astype(np.int32)), "1"),
        *((name, _numbers(v), unit) for name, (v, unit) in plain.items()),
    ]
    fields = [
        pa.field(name, values.type, metadata={"units": unit} if unit else None)
        for name, values, unit in columns
    ]
    schema = pa.schema(fields, metadata=_metadata(series))
    return pa.table([values for _, values, _ in columns], schema=schema)


def _metadata(series: PointSeries) -> dict[str, str]:
    geo = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
    }
    return {
        "geo": json.dumps(geo),
        "reader": series.reader,
        "product": series.product,
        "component": str(series.component),
        "positive": _POSITIVE[series.component],
        "reference_point": series.reference_point,
        "is_interpolated": str(series.is_interpolated).lower(),
    }


def _numbers(
    values: NDArray[np.float64], hidden: NDArray[np.bool_] | None = None
) -> pa.Array:
    """Column in which what is not known is empty."""
    empty = np.isnan(values) if hidden is None else np.isnan(values) | hidden
    return pa.array(values, mask=empty)


def _points(lon_deg: NDArray[np.float64], lat_deg: NDArray[np.float64]) -> pa.Array:
    """Points as well-known binary."""
    n = len(lon_deg)
    records = np.empty(n, dtype=_WKB_POINT)
    records["order"], records["kind"] = 1, 1
    records["xy"][:, 0], records["xy"][:, 1] = lon_deg, lat_deg
    offsets = (np.arange(n + 1) * _WKB_POINT.itemsize).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(records.tobytes())]
    return pa.Array.from_buffers(pa.binary(), n, buffers)
