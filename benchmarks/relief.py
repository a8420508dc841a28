"""From a relief to a river network: the project beside pyflwdir alone.

The relief is a rough surface that falls to one side, so that it has depressions,
plains and long rivers. Both start from the heights in memory. pyflwdir fills, finds
flow directions, accumulates areas and makes stream vectors; the project does the same
with pyflwdir's filling and its own accumulation and links, and adds keys, geodesic
lengths, slopes, orders, and the marks of areas that may be incomplete. Target: at most
1.2 times pyflwdir's time.

    python benchmarks/relief.py [--size 4000] [--min-area-km2 10]
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from pipeline.core.methods.network import NetworkMethods
from pipeline.rivers.dem import NODATA_M
from pipeline.rivers.terrain import Relief, river_layer

CELL_DEG = 1 / 1200


def surface(size: int) -> NDArray[np.float32]:
    """Rough heights in m on a square grid, falling to the south."""
    rng = np.random.default_rng(1)
    height = np.zeros((size, size), dtype=np.float32)
    step, rough = max(2, size // 8), 1500.0
    while step >= 1:
        count = size // step + 2
        coarse = rng.normal(0, rough, (count, count)).astype(np.float32)
        place = np.linspace(0, count - 1.001, size, dtype=np.float32)
        k = place.astype(np.int64)
        f = (place - k).astype(np.float32)
        lines = coarse[k] * (1 - f[:, None]) + coarse[k + 1] * f[:, None]
        height += lines[:, k] * (1 - f) + lines[:, k + 1] * f
        step, rough = step // 3, rough / 3
    height += np.linspace(6000, 0, size, dtype=np.float32)[:, None]
    return height


def relief_of(size: int) -> Relief:
    """Relief in degrees, three seconds of arc per cell."""
    transform = Affine(CELL_DEG, 0, 70, 0, -CELL_DEG, 45)
    return Relief(surface(size), transform, CRS.from_epsg(4326), "synthetic")


def natech(relief: Relief, min_area_km2: float) -> tuple[float, float]:
    """Whole layer; gives the number of reaches and the largest area."""
    layer = river_layer(relief, NetworkMethods(min_area_km2=min_area_km2))
    return len(layer), float(layer["upstream_area_km2"].max())


def with_pyflwdir(relief: Relief, min_area_km2: float) -> tuple[float, float]:
    """The same by pyflwdir alone."""
    import pyflwdir

    transform = tuple(relief.transform)[:6]
    flow = pyflwdir.from_dem(
        relief.height_m, nodata=NODATA_M, transform=transform, latlon=True
    )
    area = flow.upstream_area("km2")
    streams = flow.streams(mask=area >= min_area_km2)
    return len(streams), float(area.max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=4000)
    parser.add_argument("--min-area-km2", type=float, default=10.0)
    options = parser.parse_args()
    tiny = relief_of(200)
    relief = relief_of(options.size)
    print(f"{options.size:,} x {options.size:,} cells")
    seconds = {}
    for name, method in (("natech", natech), ("pyflwdir alone", with_pyflwdir)):
        method(tiny, 1.0)
        best = float("inf")
        for _ in range(2 if options.size <= 4000 else 1):
            started = time.perf_counter()
            reaches, largest = method(relief, options.min_area_km2)
            best = min(best, time.perf_counter() - started)
        seconds[name] = best
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        print(
            f"{name:<16}{best:>9.2f} s  {reaches:,} vectors, largest area "
            f"{largest:,.0f} km2; peak memory so far {peak:.1f} GB"
        )
    ratio = seconds["natech"] / seconds["pyflwdir alone"]
    print(f"natech takes {ratio:.2f} times as long")


if __name__ == "__main__":
    main()
