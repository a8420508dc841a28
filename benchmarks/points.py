"""Values at 1,000,000 points on eight rasters, against GDAL's own decoding and xarray.

Eight different rasters of float32, tiled and deflated. Each method runs in a process of
its own. Targets (20,000 x 20,000): within 1.1 times the time in which GDAL with two
threads reads and decodes the touched blocks once, 4 times as fast as xarray with dask.
Two lines are limits and no methods: decoding by GDAL, and unpacking the touched blocks
by libdeflate without looking at them, below which nobody gets. xarray is measured as
one writes it first (``chunks=True``), and with chunks of whole blocks and no lock round
the file, which is the best that was found. On a shared machine compare the processor's
seconds; xarray's lock costs it time that they do not show.

    python benchmarks/points.py [--size 20000] [--count 1000000] [--predictor 3]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from zonal import (
    CELL_M,
    LAYER,
    LEFT_M,
    TOP_M,
    UNPACKING,
    by_two_threads,
    make_raster,
    unpack,
)

RASTERS = 8
DECODING = "decoding alone (GDAL)"
OURS = "ours, nearest"
PLAIN = "xarray, chunks=True, nearest"
FAIR = "xarray, best chunks, nearest"


def make_points(size: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Points at random over the whole raster, seeded."""
    rng = np.random.default_rng(11)
    extent = size * CELL_M
    return LEFT_M + rng.uniform(0, extent, count), TOP_M - rng.uniform(0, extent, count)


def ours(sampling: str) -> Callable[[list[Path], np.ndarray, np.ndarray], np.ndarray]:
    def run(rasters: list[Path], x: np.ndarray, y: np.ndarray) -> np.ndarray:
        from pipeline.core.layers import Layer
        from pipeline.hazards.sampling.many_points import values_at_points

        layer = Layer.model_validate(LAYER | {"sampling": sampling})
        found = [values_at_points(layer, path, x, y).value for path in rasters]
        return np.concatenate(found, axis=1).T

    return run


def touched_blocks(raster: Path, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Row and column of every block that holds a point."""
    import rasterio

    with rasterio.open(raster) as opened:
        columns, rows = ~opened.transform @ (x, y)
        high, wide = opened.block_shapes[0]
    both = np.column_stack([rows // high, columns // wide]).astype(int)
    return np.unique(both, axis=0)


def limit_of(
    work: Callable[[Path, np.ndarray], None],
) -> Callable[[list[Path], np.ndarray, np.ndarray], np.ndarray]:
    """Do some work with the touched blocks of each raster; there are no values."""

    def run(rasters: list[Path], x: np.ndarray, y: np.ndarray) -> np.ndarray:
        blocks = touched_blocks(rasters[0], x, y)
        for path in rasters:
            by_two_threads(work, path, blocks)
        return np.full((len(rasters), len(x)), np.nan)

    return run


def decode(path: Path, blocks: np.ndarray) -> None:
    """Read blocks by GDAL; keep nothing."""
    import rasterio
    from rasterio.windows import Window

    with rasterio.open(path) as raster:
        high, wide = raster.block_shapes[0]
        for i, j in blocks:
            raster.read(1, window=Window(j * wide, i * high, wide, high))


def xarray_way(
    chunks: Any, *, lock: bool | None, smooth: bool
) -> Callable[[list[Path], np.ndarray, np.ndarray], np.ndarray]:
    """Read by xarray with dask, nearest cell or bilinear."""

    def run(rasters: list[Path], x: np.ndarray, y: np.ndarray) -> np.ndarray:
        import rioxarray
        import xarray as xr

        along = {"x": xr.DataArray(x, dims="p"), "y": xr.DataArray(y, dims="p")}
        found = []
        for path in rasters:
            field = rioxarray.open_rasterio(path, chunks=chunks, lock=lock)[0]
            at = field.interp(along) if smooth else field.sel(along, method="nearest")
            found.append(at.to_numpy())
        return np.stack(found)

    return run


_WHOLE_BLOCKS = {"x": 2048, "y": 2048}
METHODS: dict[str, Callable[[list[Path], np.ndarray, np.ndarray], np.ndarray]] = {
    OURS: ours("nearest"),
    "ours, bilinear": ours("bilinear"),
    UNPACKING: limit_of(unpack),
    DECODING: limit_of(decode),
    PLAIN: xarray_way(True, lock=None, smooth=False),
    FAIR: xarray_way(_WHOLE_BLOCKS, lock=False, smooth=False),
    "xarray, best chunks, bilinear": xarray_way(_WHOLE_BLOCKS, lock=False, smooth=True),
}


def measure(method: str, rasters: list[Path], size: int, count: int) -> None:
    """Run one method in this process; print its figures as JSON."""
    x, y = make_points(size, count)
    run = METHODS[method]
    run(rasters[:1], x[:10], y[:10])  # imports and compilation
    started, worked = time.perf_counter(), time.process_time()
    found = run(rasters, x, y)
    figures = {
        "seconds": time.perf_counter() - started,
        "cpu_s": time.process_time() - worked,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "sum": float(np.nansum(found)),
    }
    print(json.dumps(figures))


def main() -> int:
    """Make the raster, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--predictor", type=int, default=3, choices=[1, 2, 3])
    parser.add_argument("--method", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.method:
        rasters = [options.folder / f"field{k}.tif" for k in range(RASTERS)]
        measure(options.method, rasters, options.size, options.count)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        for k in range(RASTERS):
            path = Path(folder) / f"field{k}.tif"
            make_raster(path, options.size, seed=k, predictor=options.predictor)
        return report(Path(folder), options.size, options.count)


def report(folder: Path, size: int, count: int) -> int:
    """Measure all methods apart and print a table with ratios to GDAL's decoding."""
    print(f"{count:,} points on {RASTERS} rasters of {size:,} x {size:,} cells")
    found = {}
    for name in METHODS:
        task = ["--method", name, "--folder", str(folder), "--size", str(size)]
        answer = subprocess.run(
            [sys.executable, __file__, *task, "--count", str(count)],
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode != 0:
            print(f"{name} failed:\n{answer.stderr}")
            return 1
        found[name] = json.loads(answer.stdout.splitlines()[-1])
    print(f"{'method':32}{'seconds':>9}{'ratio':>7}{'CPU s':>9}{'ratio':>7}", end="")
    print(f"{'RSS MB':>9}{'sum':>18}   (ratios to decoding alone)")
    alone = found[DECODING]
    for name, figures in found.items():
        print(
            f"{name:32}{figures['seconds']:9.2f}"
            f"{figures['seconds'] / alone['seconds']:7.2f}{figures['cpu_s']:9.2f}"
            f"{figures['cpu_s'] / alone['cpu_s']:7.2f}{figures['memory_mb']:9.0f}"
            f"{figures['sum']:18.2f}"
        )
    for unit, name in (("seconds", "time"), ("cpu_s", "processor's time")):
        own, least = found[OURS][unit], found[UNPACKING][unit]
        for peer in (PLAIN, FAIR):
            theirs = found[peer][unit]
            print(
                f"by {name}, {theirs / own:.1f} times as fast as {peer.split(',')[0]}"
                f" with {peer.split(', ')[1]}; unpacking alone is {theirs / least:.1f}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
