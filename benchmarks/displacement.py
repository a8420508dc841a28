"""Displacement kernels side by side with peers, in one run.

Fits the same series (white noise, a trend, a season) with our kernel and with peers:
numpy's matrix product in two forms and its least squares, MintPy's estimator, nrt for
series with missing epochs, scikit-learn where it is installed; then from a MintPy file
to a velocity file with MintPy's own command and with ours. Prints wall and processor
times, and ratios of wall times to ours. Every peer fits the terms 1, t, t2, annual
cosine and sine, and so do we in these rows; our default adds semi-annual terms.

    python benchmarks/displacement.py [--points 1000000] [--epochs 300] [--cells 500000]
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from pipeline.displacement.fit.noise import standard_errors
from pipeline.displacement.fit.outliers import pull_in
from pipeline.displacement.fit.trend import fit_trends, series_model

Fit = Callable[[NDArray[np.float32], NDArray[np.float64]], NDArray[np.float64]]
CHUNK = 20_000
REPEATS = 5
FIRST_DAY = np.datetime64("2019-01-03", "D")


def make_series(n_points: int, n_epochs: int) -> tuple[NDArray[np.float32], NDArray]:
    rng = np.random.default_rng(1)
    time_d = np.arange(n_epochs) * 6.0
    years = (time_d / 365.25).astype(np.float32)
    season = 3 * np.cos(2 * np.pi * years)
    values = np.empty((n_points, n_epochs), dtype=np.float32)
    for start in range(0, n_points, CHUNK):
        block = values[start : start + CHUNK]
        rng.standard_normal(out=block, dtype=np.float32)
        block += rng.normal(0, 10, (len(block), 1)).astype(np.float32) * years
        block += season
    return values, time_d


def ours(values: NDArray[np.float32], time_d: NDArray[np.float64]) -> NDArray:
    return fit_trends(values, time_d, n_cycles=1).velocity_mm_per_yr


def design_of(time_d: NDArray[np.float64]) -> NDArray[np.float64]:
    return series_model(time_d, n_cycles=1).design


def numpy_lstsq(values: NDArray[np.float32], time_d: NDArray[np.float64]) -> NDArray:
    design = design_of(time_d)
    line = np.linalg.lstsq(design[:, :-1], values.T, rcond=None)[0]
    terms = np.linalg.lstsq(design, values.T, rcond=None)[0]
    np.sqrt(((values.T - design @ terms) ** 2).mean(axis=0))
    return line[-1]


def product_of_terms(
    values: NDArray[np.float32], time_d: NDArray[np.float64]
) -> NDArray:
    """Terms by the pseudo-inverse, residuals by a second product."""
    design = design_of(time_d)
    single = design.astype(np.float32)
    solve = np.linalg.pinv(design).astype(np.float32)
    solve_line = np.linalg.pinv(design[:, :-1]).astype(np.float32)[-1]
    rates = np.empty(len(values))
    for start in range(0, len(values), CHUNK):
        block = values[start : start + CHUNK]
        rates[start : start + CHUNK] = block @ solve_line
        rest = block - (block @ solve.T) @ single.T
        np.sqrt(np.einsum("ij,ij->i", rest, rest) / rest.shape[1])
    return rates


def product_of_basis(
    values: NDArray[np.float32], time_d: NDArray[np.float64]
) -> NDArray:
    """One product with the orthonormal basis, residuals from sums of squares.

    In single precision the residuals lose digits where the motion is large.
    """
    q, r = np.linalg.qr(design_of(time_d))
    single, back = np.ascontiguousarray(q, dtype=np.float32), np.linalg.inv(r).T
    rates = np.empty(len(values))
    for start in range(0, len(values), CHUNK):
        block = values[start : start + CHUNK]
        c = (block @ single).astype(np.float64)
        rates[start : start + CHUNK] = c[:, -2] / r[-2, -2]
        c @ back
        squares = np.einsum("ij,ij->i", block, block) - (c**2).sum(axis=1)
        np.sqrt(np.maximum(squares, 0.0) / len(time_d))
    return rates


def scikit_learn(values: NDArray[np.float32], time_d: NDArray[np.float64]) -> NDArray:
    from sklearn.linear_model import LinearRegression

    design = design_of(time_d)
    line = LinearRegression(fit_intercept=False).fit(design[:, :-1], values.T)
    full = LinearRegression(fit_intercept=False).fit(design, values.T)
    np.sqrt(((values.T - full.predict(design)) ** 2).mean(axis=0))
    return line.coef_[:, -1]


def mintpy_estimator(
    values: NDArray[np.float32], time_d: NDArray[np.float64]
) -> NDArray:
    """Two models, as in the other rows: the rate is that of the straight line."""
    from mintpy.utils import time_func

    dates = [str(FIRST_DAY + int(day)).replace("-", "") for day in time_d]
    model = {"polynomial": 1, "periodic": [1.0], "stepDate": [], "polyline": []}
    model |= {"exp": {}, "log": {}}
    columns = values.T
    line = time_func.estimate_time_func(model, dates, columns)[1]
    _, _, e2 = time_func.estimate_time_func(model | {"polynomial": 2}, dates, columns)
    np.sqrt(e2 / len(dates))
    return line[1]


def nrt_ols(values: NDArray[np.float32], time_d: NDArray[np.float64]) -> NDArray:
    """One model only (with t2): nrt gives no nested rate."""
    from nrt.fit_methods import ols

    design = design_of(time_d)
    beta, rest = ols(design, values.T.astype(np.float64))
    np.sqrt(np.nanmean(rest**2, axis=0))
    return beta[-2]


@numba.njit(parallel=True, fastmath=True)
def read_once(rows: Any) -> float:
    total = 0.0
    for k in numba.prange(len(rows)):
        part = np.float32(0.0)
        for i in range(rows.shape[1]):
            part += rows[k, i]
        total += part
    return total


def timed(work: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Best wall and processor seconds of some runs."""
    wall = cpu = np.inf
    for _ in range(repeats):
        start, used = time.perf_counter(), time.process_time()
        work()
        wall = min(wall, time.perf_counter() - start)
        cpu = min(cpu, time.process_time() - used)
    return wall, cpu


def row(
    name: str,
    spent: tuple[float, float],
    reference: tuple[float, float],
    note: str,
    share: float = 1.0,
) -> None:
    """Print a line; ``share`` of the reference's points were worked on."""
    wall, cpu = (a / share / b for a, b in zip(spent, reference, strict=True))
    print(
        f"{name:<40}{spent[0]:>8.3f} s{wall:>7.1f} x   processor {spent[1]:>7.2f} s"
        f"{cpu:>7.1f} x   {note}",
        flush=True,
    )


def is_there(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def in_memory(n_points: int, n_epochs: int) -> None:
    values, time_d = make_series(n_points, n_epochs)
    print(f"{n_points:,} points x {n_epochs} epochs, float32, in memory")
    start = time.perf_counter()
    ours(values[:100], time_d)
    first_s = time.perf_counter() - start
    own = timed(lambda: ours(values, time_d), REPEATS)
    row("ours", own, own, f"first call {first_s:.2f} s")
    with_six_months = timed(lambda: fit_trends(values, time_d), REPEATS)
    row("ours, with semi-annual terms", with_six_months, own, "")
    read_once(values)
    row("read the data once", timed(lambda: read_once(values), REPEATS), own, "")
    some = values[: max(n_points // 10, 1)]
    peers: dict[str, tuple[Fit, NDArray[np.float32], int]] = {
        "numpy product with the basis": (product_of_basis, values, REPEATS),
        "numpy product, residuals by a second": (product_of_terms, values, 3),
        "numpy lstsq": (numpy_lstsq, some, 1),
    }
    if is_there("mintpy"):
        peers["MintPy estimator (single precision)"] = (mintpy_estimator, some, 2)
    if is_there("sklearn"):
        peers["scikit-learn LinearRegression"] = (scikit_learn, some, 1)
    expected = ours(values, time_d)
    for name, (peer, part, repeats) in peers.items():
        off = np.abs(peer(part, time_d) - expected[: len(part)]).max()
        spent = timed(lambda peer=peer, part=part: peer(part, time_d), repeats)
        note = f"largest difference {off:.1e} mm/yr"
        row(name, spent, own, note, len(part) / n_points)
    with_gaps(some, time_d)
    standard_errors(some[:10], time_d)
    spent = timed(lambda: standard_errors(some, time_d), 2)
    share = len(some) / n_points
    row(f"ours: correlated errors of {len(some):,}", spent, own, "", share)
    pull_in(some[:10], time_d, 3.5)
    spent = timed(lambda: pull_in(some, time_d, 3.5), 2)
    row(f"ours: outliers of {len(some):,}", spent, own, "", share)


def with_gaps(values: NDArray[np.float32], time_d: NDArray[np.float64]) -> None:
    gappy = values.copy()
    gappy[np.random.default_rng(2).random(gappy.shape) < 0.1] = np.nan
    print(f"{len(values):,} of them with 10 % missing")
    ours(gappy[:100], time_d)
    own = timed(lambda: ours(gappy, time_d), 3)
    row("ours", own, own, "")
    if not is_there("nrt"):
        return
    design = design_of(time_d)
    nrt_ols(gappy[:100], time_d)
    spent = timed(lambda: nrt_ols(gappy, time_d), 2)
    k = int(np.argmax(np.isnan(gappy).sum(axis=1)))
    seen = ~np.isnan(gappy[k])
    exact = np.linalg.lstsq(design[seen, :-1], gappy[k, seen], rcond=None)[0][-1]
    off = abs(ours(gappy[k : k + 1], time_d)[0] - exact)
    row("nrt OLS", spent, own, f"ours against numpy on the gappiest: {off:.0e} mm/yr")


def mintpy_file(path: Path, n_cells: int, n_epochs: int) -> None:
    """Write a time series as MintPy does: float32 metres, chunks as h5py chooses."""
    import h5py

    side = int(np.sqrt(n_cells))
    days = [str(FIRST_DAY + 6 * k).replace("-", "") for k in range(n_epochs)]
    attributes = {
        "FILE_TYPE": "timeseries", "UNIT": "m", "LENGTH": side, "WIDTH": side,
        "X_FIRST": 70.0, "Y_FIRST": 40.0, "X_STEP": 0.001, "Y_STEP": -0.001,
        "X_UNIT": "degrees", "Y_UNIT": "degrees", "REF_DATE": days[0], "REF_Y": 0,
        "REF_X": 0, "START_DATE": days[0], "END_DATE": days[-1], "DATA_TYPE": "float32",
        "CENTER_LINE_UTC": 0.0, "WAVELENGTH": 0.05546576, "PLATFORM": "Sen",
    }  # fmt: skip
    rng = np.random.default_rng(3)
    rate = rng.normal(0, 10, (side, side)).astype(np.float32)
    shape = (n_epochs, side, side)
    with h5py.File(path, "w") as handle:
        stack = handle.create_dataset("timeseries", shape, "f4", chunks=True)
        for k in range(n_epochs):
            layer = rng.standard_normal((side, side), dtype=np.float32)
            layer = (layer + rate * np.float32(6 * k / 365.25)) / 1000 * (k > 0)
            layer[0, 0] = 0.0  # the reference point
            stack[k] = layer
        handle["date"] = np.array(days, dtype="S8")
        handle["bperp"] = np.zeros(n_epochs, dtype="f4")
        for name, value in attributes.items():
            handle.attrs[name] = str(value)


def command(arguments: list[str | Path], folder: Path) -> tuple[float, float]:
    """Wall and processor seconds of a command, with the start of Python."""
    start = time.perf_counter()
    before = os.times()
    subprocess.run(
        [sys.executable, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    after = os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    return time.perf_counter() - start, used


def file_to_file(n_cells: int, n_epochs: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        series = folder / "timeseries.h5"
        mintpy_file(series, n_cells, n_epochs)
        size = series.stat().st_size / 1e6
        print(f"from a MintPy file of {size:.0f} MB to a velocity file, as commands")
        fit: list[str | Path] = ["-m", "pipeline", "displacement", "velocity", series]
        fit += ["--out", folder / "ours.h5", "--keep-outliers"]
        for extra in ([], ["--without-errors"]):
            command([*fit, *extra], folder)  # once for the compiled kernels
        own = min(command([*fit, "--without-errors"], folder) for _ in range(2))
        row("ours, without errors", own, own, "")
        row("ours, with correlated errors", command(fit, folder), own, "")
        if not is_there("mintpy"):
            return
        theirs = shutil.which(
            "timeseries2velocity.py", path=Path(sys.executable).parent
        )
        if theirs is None:
            return
        base: list[str | Path] = [theirs, series, "-o", folder / "theirs.h5"]
        spent = command([*base, "--periodic", "1.0", "0.5"], folder)
        note = f"largest difference {difference(folder):.1e} mm/yr"
        row("MintPy, line and seasons", spent, own, note)
        row("MintPy, its default (a line)", command(base, folder), own, "fewer terms")


def difference(folder: Path) -> float:
    import h5py

    with h5py.File(folder / "ours.h5") as a, h5py.File(folder / "theirs.h5") as b:
        return float(np.nanmax(np.abs(a["velocity"][:] - b["velocity"][:])) * 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--cells", type=int, default=500_000)
    arguments = parser.parse_args()
    if arguments.points:
        in_memory(arguments.points, arguments.epochs)
    if arguments.cells:
        file_to_file(arguments.cells, arguments.epochs)


if __name__ == "__main__":
    main()
