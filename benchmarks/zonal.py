"""Zonal statistics (mean, max, covered cells) against exactextract and rasterstats.

One raster of float32, tiled and deflated, is made; footprints of 100 m to 10 km lie on
it at random. Each method runs in a process of its own, which reports seconds of the
call alone (wall and processor), footprints a second, peak memory of the process, and
its results. "ours" are the kernels for what the peers are asked for; "sampler" is what
the hazards stage runs on the same outlines as places of facilities in degrees: brought
to the raster's CRS, with quantiles, and one record for each place. rasterstats takes
cell centres only, so its difference is one of method, as that of a surface is.
Unpacking the blocks by libdeflate without looking at them is a limit and no method.
Target (20,000 x 20,000): 6 times as fast as the best peer at 10,000 footprints, 12
times at 100,000, equal to exactextract within 1e-6, memory under 1 GB.

    python benchmarks/zonal.py [--size 20000] [--counts 1000,10000] [--predictor 3]
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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

PROJECT = Path(__file__).resolve().parent.parent
CELL_M = 30.0
LEFT_M, TOP_M = 300_000.0, 5_000_000.0
CRS = "EPSG:32642"
UNPACKING = "unpacking alone (libdeflate)"
SLOW = {"rasterstats": 1_000, "exactextract, by feature": 10_000}
"""Most footprints that a slow peer is asked for (more take it many minutes)."""


@njit(cache=True)
def scatter(row: int, column: int, layer: int, seed: int) -> float:
    """Number between -1 and 1 that belongs to a place (splitmix64 of its indices)."""
    key = np.uint64(row * 0x1F123BB5 + column * 0x5C2B3E79 + layer * 0x2545F491 + seed)
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    key ^= key >> np.uint64(31)
    return float(key >> np.uint64(11)) / 2.0**52 - 1.0


@njit(cache=True)
def relief(out: np.ndarray, row0: int, seed: int) -> None:
    """Fill rows from ``row0`` on with heights in metres that look like mountains.

    Random lattices of 4,096 to 4 cells, interpolated, whose heights fall as the power
    0.9 of their width, and noise of 5 cm, so that every height has all its digits.
    """
    rows, columns = out.shape
    line = np.empty(columns // 4 + 3)
    for r in range(rows):
        for c in range(columns):
            out[r, c] = 1500.0 + 0.05 * scatter(row0 + r, c, 0, seed)
        for layer in range(2, 13):
            width = 1 << layer
            height = 600.0 * (width / 4096) ** 0.9
            top, down = (row0 + r) // width, (row0 + r) % width / width
            for k in range(columns // width + 2):
                a, b = scatter(top, k, layer, seed), scatter(top + 1, k, layer, seed)
                line[k] = height * (a + down * (b - a))
            for c in range(columns):
                k, along = c // width, c % width / width
                out[r, c] += line[k] + along * (line[k + 1] - line[k])


def make_raster(path: Path, size: int, seed: int = 7, predictor: int = 3) -> None:
    """Write relief in strips, so that memory stays small; tiled as a COG is."""
    import rasterio
    from affine import Affine

    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": 1,
        "width": size,
        "height": size,
        "crs": CRS,
        "transform": Affine(CELL_M, 0, LEFT_M, 0, -CELL_M, TOP_M),
        "nodata": -9999.0,
        "tiled": True,
        "blockxsize": 512,
        "blockysize": 512,
        "compress": "deflate",
        "predictor": predictor,
    }
    with rasterio.open(path, "w", **profile) as out:
        for row in range(0, size, 512):
            strip = np.empty((min(512, size - row), size), np.float32)
            relief(strip, row, seed)
            window = rasterio.windows.Window(0, row, size, len(strip))
            out.write(strip, 1, window=window)


def make_footprints(size: int, count: int) -> list[Any]:
    """Star-shaped polygons of 24 corners, 100 m to 10 km across, seeded."""
    import shapely

    rng = np.random.default_rng(count)
    radius = 0.5 * 10 ** rng.uniform(2, 4, count)
    margin = 5_000.0
    extent = size * CELL_M
    x = LEFT_M + rng.uniform(margin, extent - margin, count)
    y = TOP_M - rng.uniform(margin, extent - margin, count)
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    reach = radius[:, None] * rng.uniform(0.6, 1.0, (count, 24))
    corners = np.stack(
        [x[:, None] + reach * np.cos(angle), y[:, None] + reach * np.sin(angle)], axis=2
    )
    return list(shapely.polygons(corners))


LAYER = {
    "id": "bench",
    "title": {"en": "Bench", "ru": "Замер"},
    "role": "other",
    "kind": "raster",
    "file": "field.tif",
    "unit": "m",
    "crs": CRS,
    "nodata": -9999,
    "resolution": "30 m",
    "licence": {"name": "CC0-1.0"},
    "citation": "made by the benchmark",
    "version": "1",
}


def ours_on(count: int) -> Callable[[Path, list[Any]], np.ndarray]:
    """Our way, for ``count`` layers on one grid."""

    def run(raster: Path, footprints: list[Any]) -> np.ndarray:
        from pipeline.core.layers import Layer
        from pipeline.hazards.sampling.zonal import statistics_of_layers

        layer = Layer.model_validate(LAYER)
        found = statistics_of_layers([(layer, raster)] * count, footprints)[-1]
        return np.hstack([found.mean, found.maximum, found.covered_cells])

    return run


def sampler_of(sampling: str) -> Callable[[Path, list[Any]], np.ndarray]:
    """Sampler of the hazards stage, for layers of cells or of a surface."""

    def run(raster: Path, places: list[Any]) -> np.ndarray:
        from pipeline.core.config import read_methods
        from pipeline.core.layers import Layer
        from pipeline.hazards.samplers.raster import sample

        layer = Layer.model_validate(LAYER | {"sampling": sampling})
        choices = read_methods(PROJECT / "configs" / "methods.yaml").hazards
        samples = sample(layer, raster, places, choices).samples
        return np.array([[s.value, s.largest, s.covered_fraction] for s in samples])

    return run


def places_of(footprints: list[Any]) -> list[Any]:
    """Places of facilities, in degrees, whose outlines are the footprints."""
    import shapely
    from pyproj import Transformer

    from pipeline.hazards.places import Place

    to_degrees = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    outlines = shapely.transform(
        np.array(footprints), to_degrees.transform, interleaved=False
    )
    centres = shapely.get_coordinates(shapely.centroid(outlines)).tolist()
    return [
        Place(f"tmf-{k}", lon, lat, 5_000.0, outline)
        for k, ((lon, lat), outline) in enumerate(zip(centres, outlines, strict=True))
    ]


def by_two_threads(
    work: Callable[[Path, np.ndarray], None], path: Path, blocks: np.ndarray
) -> None:
    """Hand half of the blocks of a raster to either thread."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, [path] * 2, np.array_split(blocks, 2)))


def unpack(path: Path, blocks: np.ndarray) -> None:
    """Unpack blocks (row, column), and undo no predictor; keep nothing."""
    import deflate

    from pipeline.core.layers import Layer
    from pipeline.hazards.sampling.grid import open_raster
    from pipeline.hazards.sampling.tiff import tiff_layout

    with open_raster(Layer.model_validate(LAYER), path) as (dataset, grid):
        layout = tiff_layout(dataset, grid)
    if layout is None:
        raise ValueError(f"{path} is not of the kind that is unpacked here")
    length = grid.block_height * grid.block_width * grid.dtype.itemsize
    with path.open("rb", buffering=0) as file:
        for i, j in blocks:
            block = layout.index(int(i), int(j), 1)
            file.seek(int(layout.offsets[block]))
            deflate.zlib_decompress(file.read(int(layout.sizes[block])), length)


def unpacking_alone(raster: Path, footprints: list[Any]) -> np.ndarray:
    """Unpack the blocks under the boxes of footprints once; there are no values."""
    import rasterio
    import shapely

    with rasterio.open(raster) as opened:
        high, wide = opened.block_shapes[0]
    box = (shapely.bounds(footprints) - [LEFT_M, TOP_M, LEFT_M, TOP_M]) / CELL_M
    touched = {
        (i, j)
        for x0, y0, x1, y1 in box.tolist()
        for i in range(int(-y1 // high), int(-y0 // high) + 1)
        for j in range(int(x0 // wide), int(x1 // wide) + 1)
    }
    by_two_threads(unpack, raster, np.array(sorted(touched)))
    return np.full((len(footprints), 3), np.nan)


def exactextract_by(strategy: str) -> Callable[[Path, list[Any]], np.ndarray]:
    def run(raster: Path, footprints: list[Any]) -> np.ndarray:
        import geopandas as gpd
        from exactextract import exact_extract

        frame = gpd.GeoDataFrame(geometry=footprints, crs=CRS)
        found = exact_extract(
            str(raster),
            frame,
            ["mean", "max", "count"],
            strategy=strategy,
            output="pandas",
        )
        return found[["mean", "max", "count"]].to_numpy(dtype=float)

    return run


def rasterstats(raster: Path, footprints: list[Any]) -> np.ndarray:
    from rasterstats import zonal_stats

    found = zonal_stats(footprints, str(raster), stats=["mean", "max", "count"])
    keys = ("mean", "max", "count")
    return np.array([[row[k] for k in keys] for row in found], dtype=float)


METHODS: dict[str, Callable[[Path, list[Any]], np.ndarray]] = {
    "ours": ours_on(1),
    "ours, eight layers": ours_on(8),
    "sampler": sampler_of("nearest"),
    "sampler, bilinear": sampler_of("bilinear"),
    UNPACKING: unpacking_alone,
    "exactextract, by feature": exactextract_by("feature-sequential"),
    "exactextract, by raster": exactextract_by("raster-sequential"),
    "rasterstats": rasterstats,
}


def measure(method: str, raster: Path, size: int, count: int, out: Path) -> None:
    """Run one method in this process; print its figures as JSON."""
    import shapely

    footprints = make_footprints(size, count)
    is_sampler = method.startswith("sampler")
    given = places_of(footprints) if is_sampler else footprints
    run = METHODS[method]
    run(raster, given[:1])  # imports and compilation
    started, worked = time.perf_counter(), time.process_time()
    result = run(raster, given)
    seconds, cpu_s = time.perf_counter() - started, time.process_time() - worked
    if is_sampler:
        result[:, 2] *= shapely.area(footprints) / CELL_M**2
    np.save(out, result)
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu_s": cpu_s, "memory_mb": memory_mb}))


def measure_apart(method: str, raster: Path, size: int, count: int) -> dict[str, Any]:
    """Figures and results of one method in a process of its own."""
    out = raster.with_name("result.npy")
    task = ["--method", method, "--raster", str(raster), "--out", str(out)]
    answer = subprocess.run(
        [sys.executable, __file__, "--size", str(size), "--counts", str(count), *task],
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        raise SystemExit(f"{method} failed:\n{answer.stderr}")
    figures = json.loads(answer.stdout.splitlines()[-1])
    return {**figures, "result": np.load(out)}


def report(raster: Path, size: int, count: int) -> None:
    """Measure all methods on ``count`` footprints and print a table."""
    names = [n for n in METHODS if count <= SLOW.get(n, count)]
    found = {name: measure_apart(name, raster, size, count) for name in names}
    own = found["ours"]
    print(f"\n{count:,} footprints on {size:,} x {size:,} cells")
    print(
        f"{'method':30}{'seconds':>9}{'ratio':>8}{'CPU s':>8}{'ratio':>8}"
        f"{'per s':>10}{'RSS MB':>9}{'mean':>10}{'max':>10}{'cells':>10}"
        "   (largest relative difference to ours)"
    )
    for name, figures in found.items():
        difference = np.abs(figures["result"] / own["result"] - 1)
        worst = np.fmax.reduce(difference, axis=0)
        print(
            f"{name:30}{figures['seconds']:9.2f}"
            f"{figures['seconds'] / own['seconds']:8.1f}{figures['cpu_s']:8.2f}"
            f"{figures['cpu_s'] / own['cpu_s']:8.1f}"
            f"{count / figures['seconds']:10,.0f}{figures['memory_mb']:9.0f}"
            f"{worst[0]:10.1e}{worst[1]:10.1e}{worst[2]:10.1e}",
            flush=True,
        )
    peers = [f for n, f in found.items() if n.startswith(("exact", "rasterstats"))]
    for unit, name in (("seconds", "time"), ("cpu_s", "processor's time")):
        best = min(figures[unit] for figures in peers)
        whole = found["sampler"][unit]
        print(
            f"by {name}, {best / own[unit]:.1f} times as fast as the best peer, the "
            f"whole sampler {best / whole:.1f} times, unpacking alone "
            f"{best / found[UNPACKING][unit]:.1f} times"
        )


def main() -> int:
    """Make the raster, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--counts", default="1000,10000,100000")
    parser.add_argument("--predictor", type=int, default=3, choices=[1, 2, 3])
    parser.add_argument("--method", help=argparse.SUPPRESS)
    parser.add_argument("--raster", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    counts = [int(n) for n in options.counts.split(",")]
    if options.method:
        measure(options.method, options.raster, options.size, counts[0], options.out)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        raster = Path(folder) / "field.tif"
        make_raster(raster, options.size, predictor=options.predictor)
        print(f"raster: {raster.stat().st_size / 1e6:.0f} MB in the file")
        for count in counts:
            report(raster, options.size, count)
    return 0


if __name__ == "__main__":
    sys.exit(main())
