"""From a wide EGMS file to arrays, and to a fitted table, beside polars and pyarrow.

Writes a made-up EGMS L2b file and reads every value of it as float32 with each reader
in a process of its own; then fits every point and stores the series and the table, part
by part. Prints wall time, processor time and peak memory.

    python benchmarks/egms_csv.py [--points 200000] [--epochs 300]
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

NAME = "EGMS_L2b_022_0001_IW1_VV_2019_2023_1.csv"
LEAD = ("pid", "latitude", "longitude", "temporal_coherence", "los_east", "los_north",
        "los_up", "mean_velocity")  # fmt: skip
BLOCK = 5_000


def write_file(path: Path, n_points: int, n_epochs: int) -> None:
    rng = np.random.default_rng(1)
    first = np.datetime64("2019-01-03", "D")
    days = [str(first + 6 * k).replace("-", "") for k in range(n_epochs)]
    with path.open("w", encoding="utf-8") as handle:
        handle.write(",".join((*LEAD, *days)) + "\n")
        for start in range(0, n_points, BLOCK):
            values = rng.normal(0, 4, (min(BLOCK, n_points - start), n_epochs))
            texts = np.char.mod("%.1f", values)
            for k, row in enumerate(texts, start=start):
                lead = f"{k:010d},{40 + k * 1e-6:.6f},70.1,0.8,0.594,-0.12,0.7954,-1.0"
                handle.write(f"{lead},{','.join(row)}\n")


def ours(path: Path) -> Any:
    from pipeline.displacement.readers import Request, egms

    request = Request("b", path, lambda lon, _: np.ones(len(lon), dtype=bool))
    return egms.read(request, egms.Options()).displacement_mm


def to_rates(path: Path) -> Any:
    """Stored series and a table of rates with correlated errors."""
    return fitted(path, keep_outliers=True)


def to_robust_rates(path: Path) -> Any:
    """The same, with single outliers pulled in before the fit."""
    return fitted(path, keep_outliers=False)


def fitted(path: Path, *, keep_outliers: bool) -> Any:
    import pyarrow.parquet as pq

    from pipeline.cli import main as natech

    out, store = path.with_suffix(".parquet"), path.with_suffix(".zarr")
    options = ["--keep-outliers"] if keep_outliers else []
    command = ["displacement", "velocity", str(path), "--out", str(out)]
    natech([*command, "--series", str(store), *options])
    rate = pq.read_table(out, columns=["velocity_mm_per_yr"])[0].to_numpy()
    return rate[:, None]


def with_polars(path: Path) -> Any:
    import polars as pl

    frame = pl.read_csv(path, schema_overrides={"pid": pl.String})
    days = [name for name in frame.columns if name.isdigit()]
    return frame.select(pl.col(days).cast(pl.Float32)).to_numpy()


def with_pyarrow(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.csv as pacsv

    options = pacsv.ConvertOptions(column_types={"pid": pa.string()})
    table = pacsv.read_csv(path, convert_options=options)
    days = [name for name in table.column_names if name.isdigit()]
    values = np.empty((table.num_rows, len(days)), dtype=np.float32)
    for j, day in enumerate(days):
        values[:, j] = table.column(day).to_numpy()
    return values


def measured(read: Callable[[Path], Any], path: Path, back: Any) -> None:
    import polars  # noqa: F401 (imports are not part of the work)

    import pipeline.displacement.readers.egms  # noqa: F401

    start = time.perf_counter()
    values = read(path)
    seconds = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime
    back.send(
        (
            seconds,
            cpu,
            used.ru_maxrss / 1024,
            values.shape,
            float(values.sum(dtype=np.float64)),
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=200_000)
    parser.add_argument("--epochs", type=int, default=300)
    arguments = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        write_file(path, arguments.points, arguments.epochs)
        size = path.stat().st_size / 1e6
        print(f"{arguments.points:,} points x {arguments.epochs} epochs, {size:.0f} MB")
        to_rates_once = Path(folder) / NAME.replace("0001", "0002")
        write_file(to_rates_once, 500, arguments.epochs)
        fitted(to_rates_once, keep_outliers=False)  # once for the compiled kernels
        for read in (ours, to_rates, to_robust_rates, with_polars, with_pyarrow):
            receiver, sender = context.Pipe(duplex=False)
            work = context.Process(target=measured, args=(read, path, sender))
            work.start()
            seconds, cpu, peak, shape, total = receiver.recv()
            work.join()
            print(
                f"{read.__name__:<16}{seconds:>8.2f} s{cpu:>9.2f} s processor"
                f"{peak:>8.0f} MB  "
                f"{shape[0]} x {shape[1]}, sum {total:.1f}"
            )


if __name__ == "__main__":
    main()
