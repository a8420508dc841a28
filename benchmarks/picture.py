"""Reproject eight layers to one grid and combine them to an index, against peers.

Eight rasters of float32 in UTM, tiled and deflated, each on a grid of its own, are laid
on an equal-area grid (bilinear), scored and averaged by weight. Every method writes the
index as a tiled, deflated GeoTIFF; no data stay no data. The score is one straight
line, so that the peers need no more than a weighted sum; that all wrote the same kind
of file is checked. Each method runs in a process of its own, after a small run for
imports and compilation; one that fails or takes too long is named and passed over.
gdalwarp and gdal_calc are Debian's (gdal-bin, python3-gdal) and are passed over, with a
word, where they are not installed. At 20,000 x 20,000 the layers take 3 GB of disk, and
the files between gdalwarp and gdal_calc 13 GB.

Target (5,000 x 5,000 and 20,000 x 20,000): 4 times as fast as the best of gdalwarp with
gdal_calc, odc-geo with dask, and WarpedVRT tiles, memory bounded by the block budget.

    python benchmarks/picture.py [--size 5000] [--methods ours,warpedvrt]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

LAYERS = 8
CELL_M = 30.0
LEFT_M, TOP_M = 300_000.0, 5_000_000.0
SOURCE_CRS = "EPSG:32642"
TARGET_CRS = "+proj=laea +lat_0=43 +lon_0=70 +datum=WGS84 +units=m +no_defs"
NODATA = -9999.0
BLOCK = 512
BUDGET_MB = 512
LOW, HIGH = 0.0, 10.0
WEIGHTS = [1.0 + 0.25 * k for k in range(LAYERS)]
OUTPUT = {
    "driver": "GTiff",
    "dtype": "float32",
    "count": 1,
    "nodata": NODATA,
    "tiled": True,
    "blockxsize": BLOCK,
    "blockysize": BLOCK,
    "compress": "deflate",
    "zlevel": 1,
    "num_threads": 2,
    "BIGTIFF": "IF_SAFER",
}


def sources(folder: Path) -> list[Path]:
    """Files of the layers."""
    return [folder / f"layer{k}.tif" for k in range(LAYERS)]


def make_layers(folder: Path, size: int) -> None:
    """Fields in steps of 0.01 with noise, 1 % without data, on shifted grids."""
    import rasterio
    from affine import Affine
    from rasterio.windows import Window

    across = np.sin(np.arange(size) / 310.0)
    for k, path in enumerate(sources(folder)):
        rng = np.random.default_rng(k)
        corner = LEFT_M + 3.7 * k, TOP_M - 2.3 * k
        transform = Affine(CELL_M, 0, corner[0], 0, -CELL_M, corner[1])
        profile = {**OUTPUT, "zlevel": 6, "crs": SOURCE_CRS, "transform": transform}
        with rasterio.open(path, "w", height=size, width=size, **profile) as out:
            for row in range(0, size, BLOCK):
                rows = np.arange(row, min(row + BLOCK, size))
                field = 5 + k / 4 + across * np.cos(rows / (270.0 + k))[:, None]
                field = (field + 0.01 * rng.integers(0, 20, field.shape)).round(2)
                hole = (rows // 40 % 50 == k)[:, None] & (np.arange(size) % 200 < 80)
                field[hole] = NODATA
                window = Window(0, row, size, len(rows))
                out.write(field.astype("float32"), 1, window=window)


def target_grid(folder: Path) -> tuple[Any, int, int]:
    """Transform, height and width of the grid that covers the first layer."""
    import rasterio
    from affine import Affine
    from pyproj import Transformer

    with rasterio.open(sources(folder)[0]) as first:
        to_target = Transformer.from_crs(first.crs, TARGET_CRS, always_xy=True)
        west, south, east, north = to_target.transform_bounds(*first.bounds)
    height, width = int((north - south) / CELL_M), int((east - west) / CELL_M)
    return Affine(CELL_M, 0, west, 0, -CELL_M, north), height, width


def blocks_of(height: int, width: int, edge: int) -> list[tuple[int, int, int, int]]:
    """First row, first column, rows and columns of square blocks."""
    return [
        (y, x, min(edge, height - y), min(edge, width - x))
        for y in range(0, height, edge)
        for x in range(0, width, edge)
    ]


def ours(folder: Path, out: Path) -> None:
    from contextlib import ExitStack

    import rasterio

    from pipeline.core.layers import Layer
    from pipeline.hazards.maps.harmonise import RasterSource
    from pipeline.hazards.maps.index_map import Recipe, Scored, make_maps, store_bytes
    from pipeline.hazards.maps.region_grid import Block, RegionGrid
    from pipeline.hazards.maps.shared_lattice import SharedLattices
    from pipeline.hazards.maps.tile_file import SPARSE_OPTIONS, TileFile
    from pipeline.hazards.sampling.block_store import BlockStore

    transform, height, width = target_grid(folder)
    crs = rasterio.CRS.from_user_input(TARGET_CRS)
    grid = RegionGrid(crs, transform.c, transform.f, CELL_M, height, width)
    row = {
        "title": {"en": "Bench", "ru": "Замер"},
        "role": "other",
        "kind": "raster",
        "file": "layer.tif",
        "unit": "m",
        "crs": SOURCE_CRS,
        "nodata": NODATA,
        "resolution": "30 m",
        "sampling": "bilinear",
        "bands": [{"level": "value"}],
        "licence": {"name": "CC0-1.0"},
        "citation": "made by the benchmark",
        "version": "1",
    }
    budget, threads = BUDGET_MB << 20, 2
    store, lattices = BlockStore(store_bytes(budget)), SharedLattices(grid)
    with ExitStack() as opened:
        layers = tuple(
            RasterSource(
                Layer.model_validate({"id": f"layer-{k}", **row}),
                path,
                lattices,
                store,
                opened,
                threads,
            )
            for k, path in enumerate(sources(folder))
        )
        line = np.array([[LOW, HIGH], [0.0, 1.0]])
        scored = tuple(Scored(0, line, WEIGHTS[k], k) for k in range(LAYERS))
        profile = {**OUTPUT, **SPARSE_OPTIONS}
        with rasterio.open(
            out, "w", height=height, width=width, crs=crs, transform=transform,
            **profile,
        ):  # fmt: skip
            pass
        file = opened.enter_context(TileFile(out, (1, height, width), BLOCK, NODATA))

        def sink(block: Block, _: Any, index: Any) -> None:
            file.write(block, index[:1])

        make_maps(
            Recipe(layers, scored, 0.5, 0.0),
            grid,
            sink,
            budget_bytes=budget,
            threads=threads,
            keeps_planes=False,
        )
        file.finish()


def weighted(stack: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Index of a stack (layers, rows, columns) by numpy."""
    weights = np.array(WEIGHTS, dtype="float32")[:, None, None]
    score = np.clip((stack - np.float32(LOW)) / np.float32(HIGH - LOW), 0, 1)
    share = np.where(missing, np.float32(0), weights)
    whole = share.sum(axis=0)
    total = (np.where(missing, np.float32(0), score) * share).sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.where(whole > 0, total / whole, np.float32(NODATA)).astype("float32")


def warpedvrt(folder: Path, out: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from contextlib import ExitStack
    from threading import Lock, local

    import rasterio
    from rasterio.enums import Resampling
    from rasterio.vrt import WarpedVRT
    from rasterio.windows import Window

    transform, height, width = target_grid(folder)
    mine, lock = local(), Lock()
    with ExitStack() as opened, rasterio.Env(GDAL_CACHEMAX=BUDGET_MB):
        file = opened.enter_context(
            rasterio.open(
                out, "w", height=height, width=width, crs=TARGET_CRS,
                transform=transform, **OUTPUT,
            )
        )  # fmt: skip

        def views() -> list[Any]:
            if not hasattr(mine, "views"):
                mine.views = [
                    WarpedVRT(
                        rasterio.open(path),
                        crs=TARGET_CRS,
                        transform=transform,
                        height=height,
                        width=width,
                        resampling=Resampling.bilinear,
                    )
                    for path in sources(folder)
                ]
            return list(mine.views)

        def work(block: tuple[int, int, int, int]) -> None:
            y, x, rows, columns = block
            window = Window(x, y, columns, rows)
            stack = np.stack([view.read(1, window=window) for view in views()])
            index = weighted(stack, stack == np.float32(NODATA))
            with lock:
                file.write(index, 1, window=window)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(work, blocks_of(height, width, 1024)))


def odc_geo(folder: Path, out: Path) -> None:
    import dask
    import dask.array as da
    import rasterio
    import xarray as xr
    from dask.delayed import delayed
    from odc.geo.geobox import GeoBox
    from odc.geo.xr import xr_reproject
    from rasterio.windows import Window

    transform, height, width = target_grid(folder)
    box = GeoBox((height, width), transform, TARGET_CRS)

    def lazy(path: Path) -> xr.DataArray:
        """Raster as a dask array by blocks of 1,024 (odc-geo reads no files itself)."""
        with rasterio.open(path) as source:
            size, own = (
                source.height,
                GeoBox(source.shape, source.transform, source.crs),
            )

        def read(y: int, x: int, rows: int, columns: int) -> np.ndarray:
            with rasterio.open(path) as source:
                return source.read(1, window=Window(x, y, columns, rows))

        edge = 1024
        rows = [
            [
                da.from_delayed(
                    delayed(read)(y, x, min(edge, size - y), min(edge, size - x)),
                    (min(edge, size - y), min(edge, size - x)),
                    "float32",
                )
                for x in range(0, size, edge)
            ]
            for y in range(0, size, edge)
        ]
        from odc.geo.xr import wrap_xr

        return wrap_xr(da.block(rows), own, nodata=NODATA)

    stack = [
        xr_reproject(
            lazy(path), box, resampling="bilinear", chunks=(1024, 1024),
            dst_nodata=NODATA,
        ).data
        for path in sources(folder)
    ]  # fmt: skip
    combined = da.map_blocks(
        lambda *parts: weighted(np.stack(parts), np.stack(parts) == np.float32(NODATA)),
        *stack,
        dtype="float32",
    )
    with (
        rasterio.open(
            out, "w", height=height, width=width, crs=TARGET_CRS, transform=transform,
            **OUTPUT,
        ) as file,
        dask.config.set(scheduler="threads", num_workers=2),
    ):  # fmt: skip

        class Target:
            """What dask stores to: one write of a window for each block."""

            def __setitem__(self, place: tuple[slice, slice], values: Any) -> None:
                rows, columns = place
                window = Window.from_slices(rows, columns)
                file.write(np.asarray(values), 1, window=window)

        da.store(combined, Target(), lock=True)


def gdal_tools(folder: Path, out: Path) -> None:
    transform, height, width = target_grid(folder)
    west, north = transform.c, transform.f
    extent = (west, north - height * CELL_M, west + width * CELL_M, north)
    warped = [folder / f"warped{k}.tif" for k in range(LAYERS)]
    for source, target in zip(sources(folder), warped, strict=True):
        command = [
            *("gdalwarp", "-q", "-overwrite", "-r", "bilinear", "-t_srs", TARGET_CRS),
            *("-te", *map(str, extent), "-ts", str(width), str(height)),
            *("-multi", "-wo", "NUM_THREADS=2", "-wm", str(BUDGET_MB)),
            *("--config", "GDAL_CACHEMAX", str(BUDGET_MB), "-co", "TILED=YES"),
            *("-co", "BIGTIFF=IF_SAFER", str(source), str(target)),
        ]
        subprocess.run(command, check=True)
    letters = "ABCDEFGH"
    known = {c: f"({c}!={NODATA:g})*{WEIGHTS[k]:g}" for k, c in enumerate(letters)}
    scores = [f"{known[c]}*numpy.clip({c}/{HIGH:g},0,1)" for c in letters]
    whole = "+".join(known.values())
    mean = f"({'+'.join(scores)})/numpy.maximum({whole},1e-9)"
    formula = f"numpy.where(({whole})>0,{mean},{NODATA:g})"
    inputs = [
        word
        for c, path in zip(letters, warped, strict=True)
        for word in (f"-{c}", str(path))
    ]
    command = [
        *("gdal_calc.py", "--quiet", "--overwrite", "--hideNoData", *inputs),
        *("--calc", formula, "--outfile", str(out), "--type", "Float32"),
        *(
            "--NoDataValue",
            f"{NODATA:g}",
            "--co",
            "TILED=YES",
            "--co",
            "COMPRESS=DEFLATE",
        ),
        *("--co", f"BLOCKXSIZE={BLOCK}", "--co", f"BLOCKYSIZE={BLOCK}"),
        *("--co", "ZLEVEL=1", "--co", "NUM_THREADS=2", "--co", "BIGTIFF=IF_SAFER"),
    ]
    subprocess.run(command, check=True)
    for path in warped:
        path.unlink()


METHODS: dict[str, Callable[[Path, Path], None]] = {
    "ours": ours,
    "gdalwarp + gdal_calc": gdal_tools,
    "odc-geo with dask": odc_geo,
    "WarpedVRT tiles": warpedvrt,
}


def measure(method: str, folder: Path, out: Path) -> None:
    """Run one method in this process; print its figures as JSON."""
    small = Path(tempfile.mkdtemp(dir=folder))
    make_layers(small, 600)
    METHODS[method](small, small / "index.tif")  # imports and compilation
    shutil.rmtree(small)
    before = _cpu_s()
    started = time.perf_counter()
    METHODS[method](folder, out)
    seconds = time.perf_counter() - started
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    memory_mb = max(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1024
    figures = {"seconds": seconds, "cpu_s": _cpu_s() - before, "memory_mb": memory_mb}
    print(json.dumps(figures))


def _cpu_s() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    usage = [resource.getrusage(kind) for kind in kinds]
    return sum(one.ru_utime + one.ru_stime for one in usage)


def layout(path: Path) -> tuple[Any, ...]:
    """What a file is: size, type, tiles, packing, no-data value."""
    import rasterio

    with rasterio.open(path) as file:
        tags = file.tags(ns="IMAGE_STRUCTURE")
        packing = tags.get("COMPRESSION"), tags.get("PREDICTOR", "1")
        return (
            file.shape, file.dtypes, file.block_shapes, *packing, file.nodata,
        )  # fmt: skip


def bounded() -> None:
    """Let a method end by an error before it takes the memory of the machine."""
    limit = int(0.8 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def measure_apart(method: str, folder: Path, limit_s: float) -> dict[str, Any] | None:
    """Figures of one method in a process of its own; None where there are none."""
    out = folder / f"index-{list(METHODS).index(method)}.tif"
    command = [sys.executable, __file__, "--method", method, "--folder", str(folder)]
    with subprocess.Popen(
        [*command, "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=bounded,
    ) as started:
        try:
            said, complaint = started.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)  # with what it started itself
            print(f"{method}: stopped after {limit_s:g} s")
            return None
    if started.returncode != 0:
        if "No module named 'odc" in complaint:
            print(f"{method}: passed over, odc-geo is not installed")
            return None
        if method == "ours":
            raise SystemExit(f"{method} failed:\n{complaint}")
        last = (complaint.strip().splitlines() or [str(started.returncode)])[-1]
        print(f"{method}: failed ({last})")
        return None
    return {**json.loads(said.splitlines()[-1]), "out": out}


def difference(a: Path, b: Path) -> tuple[float, float]:
    """Median and largest difference of two indices, read by strips."""
    import rasterio
    from rasterio.windows import Window

    worst, middles = 0.0, []
    with rasterio.open(a) as first, rasterio.open(b) as second:
        for row in range(0, first.height, 1024):
            window = Window(0, row, first.width, min(1024, first.height - row))
            x, y = first.read(1, window=window), second.read(1, window=window)
            both = (x != NODATA) & (y != NODATA)
            if both.any():
                apart = np.abs(x - y)[both]
                worst = max(worst, float(apart.max()))
                middles.append(float(np.median(apart)))
    return float(np.median(middles)), worst


def report(folder: Path, size: int, names: list[str], limit_s: float) -> None:
    """Measure the methods and print a table.

    Raises
    ------
    SystemExit
        If ours fails, or a method wrote another kind of file than ours.
    """
    found = {}
    for name in names:
        if name.startswith("gdalwarp") and not (
            shutil.which("gdalwarp") and shutil.which("gdal_calc.py")
        ):
            print(f"{name}: passed over, not installed (apt: gdal-bin python3-gdal)")
            continue
        figures = measure_apart(name, folder, limit_s)
        if figures is not None:
            found[name] = figures
    own = found.get("ours")
    print(f"\n{LAYERS} layers of {size:,} x {size:,} to an index")
    print(
        f"{'method':24}{'seconds':>9}{'ratio':>8}{'CPU s':>8}{'ratio':>8}{'RSS MB':>9}"
        f"{'median':>10}{'largest':>10}   (difference of the index to ours)"
    )
    for name, figures in found.items():
        line = f"{name:24}{figures['seconds']:9.2f}"
        if own is not None and layout(own["out"]) != layout(figures["out"]):
            raise SystemExit(
                f"{name} wrote {layout(figures['out'])}, ours {layout(own['out'])}"
            )
        if own is not None:
            middle, worst = difference(own["out"], figures["out"])
            line += (
                f"{figures['seconds'] / own['seconds']:8.1f}{figures['cpu_s']:8.2f}"
                f"{figures['cpu_s'] / own['cpu_s']:8.1f}{figures['memory_mb']:9.0f}"
                f"{middle:10.1e}{worst:10.1e}"
            )
        print(line, flush=True)


def main() -> int:
    """Make the layers, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=5000)
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--method", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    parser.add_argument(
        "--limit-s", type=float, default=1800, help="longest time of one method"
    )
    options = parser.parse_args()
    if options.method:
        measure(options.method, options.folder, options.out)
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_layers(folder, options.size)
        size_mb = sum(path.stat().st_size for path in sources(folder)) / 1e6
        print(f"layers: {size_mb:.0f} MB in the files; budget of ours {BUDGET_MB} MB")
        report(folder, options.size, options.methods.split(","), options.limit_s)
    return 0


if __name__ == "__main__":
    sys.exit(main())
