"""Memory of a network as large as the planet's: 8,500,000 reaches from a file.

A synthetic layer in the columns of HydroRIVERS (without lines, which tracing does not
need) is written once; a process of its own then reads it, orders it, and traces 10,000
sites to the sea with their crossings. Target: under 4 GB at the peak of that process.

    python benchmarks/planet.py [--reaches 8500000] [--sites 10000]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyogrio
from pyogrio.raw import write_arrow

from pipeline.rivers.meeting import ReachTimes, Sites, crossings_below
from pipeline.rivers.reach_below import look_below, runs_below
from pipeline.rivers.skeleton import read_skeleton

COLUMNS = 4000


def write_layer(path: Path, reaches: int) -> None:
    """Scheidegger's rivers in the columns of HydroRIVERS, rows in random order."""
    rng = np.random.default_rng(3)
    cell = np.arange(reaches)
    aside = (cell % COLUMNS + rng.integers(0, 2, reaches)) % COLUMNS
    following = (cell // COLUMNS + 1) * COLUMNS + aside
    following = np.where(following >= reaches, 0, following + 1)
    row = rng.permutation(reaches)
    table = pa.table(
        {
            "HYRIV_ID": row + 1,
            "NEXT_DOWN": following[row],
            "LENGTH_KM": np.round(rng.uniform(0.5, 5.0, reaches), 2),
            "UPLAND_SKM": rng.uniform(10, 1000, reaches),
            "DIS_AV_CMS": rng.uniform(0.1, 10, reaches),
        }
    )
    write_arrow(table, path, driver="GPKG", layer="rivers", geometry_type="Unknown")


def trace(path: Path, sites: int) -> None:
    """Read, order and trace; print times and the peak of this process."""
    started = time.perf_counter()
    skeleton = read_skeleton(path)
    read = time.perf_counter()
    count = len(skeleton)
    speed = np.clip(0.3 + 0.1 * np.log1p(skeleton.discharge_m3s), 0.1, 4.0)
    hours = np.empty((count, 3))
    hours[:, 0] = skeleton.length_m / speed / 3600
    hours[:, 1] = hours[:, 0] / 2
    hours[:, 2] = hours[:, 0] * 3
    times = ReachTimes(skeleton.length_m, hours, np.zeros(count, dtype=bool))
    banks = np.arange(count) // max(1, count // 200)
    nobody = np.zeros(count + 1, dtype=np.int64)
    ready = time.perf_counter()
    below = look_below(skeleton.next_index, times.length_m, hours, banks, nobody)
    at = np.random.default_rng(5).integers(0, count, sites)
    runs = runs_below(below.links, at)
    met = crossings_below(below, times, Sites(at, np.zeros(sites)))
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    elements = int((runs.last.astype(np.int64) - runs.first + 1).sum())
    print(
        f"{count:,} reaches: read and ordered in {read - started:.1f} s, "
        f"{sites:,} sites traced in {done - ready:.2f} s ({elements:,} "
        f"path elements, {len(met.item):,} crossings); peak memory {peak:.2f} GB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reaches", type=int, default=8_500_000)
    parser.add_argument("--sites", type=int, default=10_000)
    parser.add_argument("--trace", type=Path, help="trace this layer and stop")
    options = parser.parse_args()
    if options.trace:
        trace(options.trace, options.sites)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "planet.gpkg"
        write_layer(path, options.reaches)
        info = pyogrio.read_info(path)
        print(
            f"layer with {info['features']:,} rows, {path.stat().st_size / 1e6:.0f} MB"
        )
        subprocess.run(
            [sys.executable, __file__, f"--trace={path}", f"--sites={options.sites}"],
            check=True,
        )


if __name__ == "__main__":
    main()
