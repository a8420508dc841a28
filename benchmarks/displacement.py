"""Displacement kernels side by side with peers, in one run.

Fits the same series (white and correlated noise, a trend, a season) with our kernel,
with numpy's least squares and with a matrix product by chunks, and with statsmodels and
scikit-learn where they are installed. Prints wall times and ratios to ours.

    python benchmarks/displacement.py [--points 200000] [--epochs 300]
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.displacement.noise import standard_errors
from pipeline.displacement.trend import design_matrix, fit_trends

Fit = Callable[[NDArray[np.float32], NDArray[np.float64]], NDArray[np.float64]]
CHUNK = 20_000
REPEATS = 5


def make_series(n_points: int, n_epochs: int) -> tuple[NDArray[np.float32], NDArray]:
    rng = np.random.default_rng(1)
    time_d = np.arange(n_epochs) * 6.0
    rate = rng.normal(0, 10, (n_points, 1)).astype(np.float32)
    years = (time_d / 365.25).astype(np.float32)
    values = rng.standard_normal((n_points, n_epochs), dtype=np.float32)
    return values + rate * years + 3 * np.cos(2 * np.pi * years), time_d


def ours(values: NDArray[np.float32], time_d: NDArray[np.float64]) -> NDArray:
    return fit_trends(values, time_d).velocity_mm_per_yr


def numpy_lstsq(values: NDArray[np.float32], time_d: NDArray[np.float64]) -> NDArray:
    design, _ = design_matrix(time_d)
    line = np.linalg.lstsq(design[:, :4], values.T, rcond=None)[0]
    terms = np.linalg.lstsq(design, values.T, rcond=None)[0]
    np.sqrt(((values.T - design @ terms) ** 2).mean(axis=0))
    return line[3]


def chunked_product(
    values: NDArray[np.float32], time_d: NDArray[np.float64]
) -> NDArray:
    design, _ = design_matrix(time_d)
    single = design.astype(np.float32)
    solve = np.linalg.pinv(design).astype(np.float32)
    solve_line = np.linalg.pinv(design[:, :4]).astype(np.float32)[3]
    rates = np.empty(len(values))
    for start in range(0, len(values), CHUNK):
        block = values[start : start + CHUNK]
        rates[start : start + CHUNK] = block @ solve_line
        rest = block - (block @ solve.T) @ single.T
        np.sqrt(np.einsum("ij,ij->i", rest, rest) / rest.shape[1])
    return rates


def scikit_learn(values: NDArray[np.float32], time_d: NDArray[np.float64]) -> NDArray:
    from sklearn.linear_model import LinearRegression

    design, _ = design_matrix(time_d)
    line = LinearRegression(fit_intercept=False).fit(design[:, :4], values.T)
    full = LinearRegression(fit_intercept=False).fit(design, values.T)
    np.sqrt(((values.T - full.predict(design)) ** 2).mean(axis=0))
    return line.coef_[:, 3]


def wall_s(work: Callable[[], object], repeats: int) -> float:
    """Best of some runs, seconds."""
    best = np.inf
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def row(name: str, seconds: float, reference_s: float, note: str = "") -> None:
    print(f"{name:<44}{seconds:>9.3f} s{seconds / reference_s:>9.1f} x  {note}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=200_000)
    parser.add_argument("--epochs", type=int, default=300)
    arguments = parser.parse_args()
    values, time_d = make_series(arguments.points, arguments.epochs)
    print(f"{arguments.points:,} points x {arguments.epochs} epochs, float32")
    start = time.perf_counter()
    ours(values[:100], time_d)
    first_s = time.perf_counter() - start
    own_s = wall_s(lambda: ours(values, time_d), REPEATS)
    row("ours: one pass, compiled", own_s, own_s, f"first call {first_s:.2f} s")
    row("read the data once (sum)", wall_s(lambda: values.sum(), REPEATS), own_s)
    peers: dict[str, tuple[Fit, int]] = {
        "numpy matrix product by chunks": (chunked_product, 3),
        "numpy lstsq": (numpy_lstsq, 1),
    }
    if importlib.util.find_spec("sklearn"):
        peers["scikit-learn LinearRegression"] = (scikit_learn, 1)
    expected = ours(values, time_d)
    for name, (peer, repeats) in peers.items():
        off = np.abs(peer(values, time_d) - expected).max()
        seconds = wall_s(lambda peer=peer: peer(values, time_d), repeats)
        row(name, seconds, own_s, f"largest difference {off:.1e} mm/yr")
    gappy = values.copy()
    gappy[np.random.default_rng(2).random(gappy.shape) < 0.1] = np.nan
    row("ours with 10 % missing", wall_s(lambda: ours(gappy, time_d), 3), own_s)
    some = values[: max(arguments.points // 10, 1)]
    standard_errors(some[:10], time_d)
    seconds = wall_s(lambda: standard_errors(some, time_d), 1)
    row(f"ours: correlated errors of {len(some):,}", seconds, own_s, "1/10 of points")


if __name__ == "__main__":
    main()
