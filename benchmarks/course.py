"""Courses of displacement series: speed beside ruptures, and what is found.

Speed: 100,000 series x 300 epochs (half steady creep with a season, the rest with one
or two changes of rate or a settlement, 5 % missing), ours with all cores, the peer on
some of the series, one by one. The peer gets its easier question: no season, white
noise of known variance, a penalty like ours.

What is found: dates of changes of rate of the generator's default mix, beside what
anyone could find, and false courses of series that only creep. Seeds and the second
mix of noises are not those that the penalties were chosen on.

    python benchmarks/course.py [--points 100000] [--series 600]
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from pipeline.displacement.courses.course import (
    C_BAND_HALF_WAVE_MM,
    Course,
    find_courses,
)
from pipeline.displacement.fit.noise import standard_errors
from pipeline.displacement.fit.trend import fit_trends
from pipeline.displacement.simulate import (
    Motion,
    Noise,
    change_of_rate,
    days_since_first,
    noise_of_any_kind,
    sentinel1_dates,
    series,
)
from pipeline.displacement.simulate_facility import Scenario, Zone, simulate_facility

EPOCHS = 300
NEAR_EPOCHS = 2
EDGES = (15, 25, 40, 60, 80)


def other_noise(rng: np.random.Generator) -> Noise:
    """A noise of a wider mix than the default one."""
    return Noise(rng.uniform(0.5, 4.0), rng.uniform(0.2, 3.0), rng.uniform(8.0, 200.0))


def many(n: int) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Series for the speed, and their days."""
    rng = np.random.default_rng(11)
    time_d = np.arange(EPOCHS) * 6.0
    years = time_d / 365.25
    rows = Noise().draw(time_d, n, rng)
    rows += rng.normal(0, 10, (n, 1)) * years + 3 * np.cos(2 * np.pi * years)
    for start, breaks in ((0, 1), (1, 2)):
        some = np.arange(start, n, 6)
        for _ in range(breaks):
            at = rng.integers(40, EPOCHS - 40, (len(some), 1))
            change = rng.choice([-1, 1], (len(some), 1)) * rng.uniform(
                15, 80, (len(some), 1)
            )
            rows[some] += change * np.maximum(years - years[at], 0)
    some = np.arange(2, n, 6)
    rows[some] -= rng.uniform(20, 100, (len(some), 1)) * (1 - np.exp(-years / 0.8))
    rows[rng.random(rows.shape) < 0.05] = np.nan
    return rows.astype(np.float32), time_d


def ours(rows: NDArray[np.float32], time_d: NDArray[np.float64]) -> Course:
    return find_courses(rows, time_d, half_wave_mm=C_BAND_HALF_WAVE_MM)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor time of a call, seconds."""
    wall, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - used


def speed(n: int) -> float:
    """Print the times; returns the processor time of a series, seconds."""
    rows, time_d = many(n)
    wall, used = timed(lambda: ours(rows[:100], time_d))
    print(f"first call {wall:.1f} s (processor {used:.1f} s; compiled code is kept)")
    each = 0.0
    for part in (n // 4, n // 2, n):
        wall, used = timed(lambda part=part: ours(rows[:part], time_d))
        each = used / part
        print(
            f"ours, {part:>7,} x {EPOCHS}: {wall:6.2f} s"
            f" (processor {1e6 * each:.0f} us each, on {os.cpu_count()} cores)"
        )
    return each


def beside_ruptures(each_s: float) -> None:
    """Times and hits of the peer's methods on changes of rate of 60 mm/yr.

    Both in processor time, so that the load of the machine does not matter; ours uses
    all cores, the peer one.
    """
    if not importlib.util.find_spec("ruptures"):
        print("ruptures is not installed")
        return
    import ruptures

    rng = np.random.default_rng(12)
    time_d = np.arange(EPOCHS) * 6.0
    years = time_d / 365.25
    at = rng.integers(45, EPOCHS - 45, 200)
    noise = Noise()
    bend = np.maximum(years[None, :] - years[at][:, None], 0.0)
    rows = noise.draw(time_d, len(at), rng) + 60.0 * bend
    found = ours(rows.astype(np.float32), time_d)
    print(f"one change by 60 mm/yr: ours right in {hits(found, at):.0%}; processor:")
    line = np.column_stack([np.ones(EPOCHS), years])
    variance = noise.white_mm**2 + noise.red_mm**2
    for method, jump, n in (
        (ruptures.Pelt, 1, 4),
        (ruptures.Binseg, 1, 40),
        (ruptures.BottomUp, 1, 100),
        (ruptures.BottomUp, 5, 100),
    ):
        for model in ("linear", "clinear"):
            right, start = 0, time.process_time()
            for k in range(n):
                signal = rows[k][:, None]
                if model == "linear":
                    signal = np.hstack([signal, line])
                search = method(model=model, min_size=6, jump=jump).fit(signal)
                breaks = search.predict(pen=12 * np.log(EPOCHS) * variance)[:-1]
                right += len(breaks) == 1 and abs(breaks[0] - at[k]) <= NEAR_EPOCHS
            peer_s = (time.process_time() - start) / n
            print(
                f"ruptures {method.__name__:<9}{model:<8} every {jump} epochs:"
                f"{1e3 * peer_s:9.1f} ms each = {peer_s / each_s:7.0f} x ours;"
                f" right in {right} of {n}"
            )


def hits(found: Course, at: NDArray[np.int64] | np.int64) -> float:
    """Share with one break, within two epochs of the truth."""
    off = np.abs(found.break_epoch[:, 0] - at)
    return float(((found.n_breaks == 1) & (off <= NEAR_EPOCHS)).mean())


def distributed(n: int) -> None:
    """The same on a cluster of dask.distributed, in this process."""
    if not importlib.util.find_spec("distributed"):
        print("dask.distributed is not installed")
        return
    from distributed import Client, LocalCluster

    rows, time_d = many(n)
    alone = ours(rows, time_d)
    cores = os.cpu_count() or 1
    with (
        LocalCluster(
            n_workers=1,
            threads_per_worker=cores,
            processes=False,
            dashboard_address=None,
        ) as cluster,
        Client(cluster) as client,
    ):
        parts = np.array_split(rows, 2 * cores)

        def work() -> list[Course]:
            futures = [
                client.submit(
                    find_courses,
                    part,
                    time_d,
                    half_wave_mm=C_BAND_HALF_WAVE_MM,
                    n_threads=1,
                    pure=False,
                )
                for part in parts
            ]
            return client.gather(futures)

        start = time.perf_counter()
        found = work()
        wall = time.perf_counter() - start
    same = all(
        np.array_equal(
            getattr(alone, field.name),
            np.concatenate([getattr(part, field.name) for part in found]),
            equal_nan=field.name != "kind",
        )
        for field in fields(Course)
    )
    print(f"dask.distributed, {n:,}: {wall:.2f} s, same answers: {same}")


def best_possible(
    row: NDArray[np.float64], time_d: NDArray[np.float64], motion: Motion, noise: Noise
) -> tuple[bool, bool, float]:
    """What could be found of one break if its noise were known.

    Returns
    -------
    tuple
        Whether the five epochs with the largest posterior probability hold the break,
        without and with knowledge of its size, and the Cramer-Rao bound of its date in
        days. Both know that there is exactly one, and the latter where it may lie: no
        method does better on average.
    """
    m, years = len(time_d), time_d / 365.25
    true = int(np.searchsorted(time_d, motion.break_d))
    place = np.arange(6, m - 6)
    season = [f(2 * np.pi * k * years) for k in (1, 2) for f in (np.cos, np.sin)]
    base = np.column_stack([np.ones(m), years, *season])
    bend = np.maximum(years[:, None] - years[None, place], 0.0)
    late = (time_d > motion.break_d).astype(float)
    gap = np.abs(time_d[:, None] - time_d[None, :])
    cover = noise.white_mm**2 * np.eye(m)
    cover += noise.red_mm**2 * np.exp(-gap / noise.tau_d)
    root = np.linalg.cholesky(cover)
    white = np.linalg.solve(root, np.column_stack([base, bend, row, late]))
    q, _ = np.linalg.qr(white[:, : base.shape[1]])
    rest = white[:, base.shape[1] :]
    rest = rest - q @ (q.T @ rest)
    hinge, z, shift = rest[:, :-2], rest[:, -2], rest[:, -1]
    own = hinge[:, true - 6]
    shift = shift - own * (own @ shift) / (own @ own)
    change = motion.break_mm_per_yr
    bound_d = 365.25 / (abs(change) * np.sqrt(shift @ shift))
    c, g = hinge.T @ z, (hinge**2).sum(axis=0)
    inside = (place >= int(0.15 * m)) & (place < int(0.85 * m))
    right = []
    for log_p in (
        0.5 * c**2 / g - 0.5 * np.log(g),
        np.where(inside, change * c - 0.5 * change**2 * g, -np.inf),
    ):
        mass = np.convolve(np.exp(log_p - log_p.max()), np.ones(5), "same")
        right.append(abs(place[mass.argmax()] - true) <= NEAR_EPOCHS)
    return right[0], right[1], bound_d


def dates(
    name: str, repeat_d: int, n: int, seed: int, draw: Callable[..., Noise]
) -> None:
    """Print how many break dates are right, by strength, beside the bounds."""
    rng = np.random.default_rng(seed)
    table = []
    for _ in range(n):
        last = np.datetime64("2018-01-01") + int(365.25 * rng.uniform(2.5, 5.0))
        days = sentinel1_dates(
            "2018-01-01", str(last), rng, missing_fraction=0.05, repeat_d=repeat_d
        )
        time_d = days_since_first(days)
        motion, noise = change_of_rate(rng, time_d), draw(rng)
        row = series([motion], days, noise, rng)
        bounds = best_possible(row[0].astype(np.float64), time_d, motion, noise)
        found = ours(row, time_d)
        true = int(np.searchsorted(time_d, motion.break_d))
        held = found.break_low_epoch[0, 0] <= true <= found.break_high_epoch[0, 0]
        one = found.n_breaks[0] == 1
        right = one and abs(found.break_epoch[0, 0] - true) <= NEAR_EPOCHS
        table.append((abs(motion.break_mm_per_yr), *bounds, right, one, held))
    values = np.array(table, dtype=float)
    print(f"{name}, every {repeat_d} d, {n} series; dates within two epochs")
    print("  mm/yr    bound of date   known noise, and size   ours   one break")
    parts = [(15, 80), *itertools.pairwise(EDGES)]
    for low, high in parts:
        some = values[(values[:, 0] >= low) & (values[:, 0] <= high)]
        mean = some.mean(axis=0)
        print(
            f"  {low:>2}-{high:<5}{np.median(some[:, 3]):>10.1f} d"
            f"{mean[1]:>15.0%}{mean[2]:>10.0%}{mean[4]:>9.0%}{mean[5]:>10.0%}"
        )
    one = values[:, 5] > 0
    print(f"  ranges of 95 % hold {values[one, 6].mean():.0%} of the dates")


def sections(n: int, seed: int) -> None:
    """Print how many dates are right for a dam section: mean of points less ground."""
    found_point, found_section = [], []
    for k in range(n):
        facility = simulate_facility(
            np.random.default_rng([seed, k]), Scenario.RATE_CHANGE
        )
        values = facility.displacement_mm
        true = np.searchsorted(facility.time_d, facility.onset_d)
        ground = values[facility.zone == str(Zone.SLOPE)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            moved = np.nanmean(values[facility.failing], axis=0)
            section = moved - np.nanmean(ground, axis=0)
        each = ours(values[facility.failing], facility.time_d)
        whole = ours(section[None, :], facility.time_d)
        found_point.append(hits(each, true))
        found_section.append(hits(whole, true))
    print(
        f"default mix of facilities, {n}: a point of the section is right in"
        f" {np.mean(found_point):.0%}, the section in {np.mean(found_section):.0%}"
    )


def velocities(n: int, seed: int) -> None:
    """Print how often the 95 % interval of a velocity holds the truth."""
    rng = np.random.default_rng(seed)
    days = sentinel1_dates("2021-01-01", "2024-12-31", rng, missing_fraction=0.05)
    rate = rng.normal(0.0, 10.0, n)
    rows = np.concatenate(
        [
            series(
                [Motion(velocity_mm_per_yr=v, seasonal_mm=rng.uniform(0, 6))],
                days,
                noise_of_any_kind(rng),
                rng,
            )
            for v in rate
        ]
    )
    time_d = days_since_first(days)
    fitted = fit_trends(rows, time_d).velocity_mm_per_yr
    error = standard_errors(rows, time_d).velocity_std_mm_per_yr
    held = np.abs(fitted - rate) <= 1.96 * error
    print(f"95 % interval of the velocity holds the truth in {held.mean():.1%} of {n}")


def false_courses(name: str, n: int, seed: int, draw: Callable[..., Noise]) -> None:
    """Print the share of creeping series with a season that get another course."""
    rng = np.random.default_rng(seed)
    days = sentinel1_dates("2020-01-01", "2024-06-30", rng, missing_fraction=0.05)
    rows = [
        series(
            [Motion(velocity_mm_per_yr=rng.normal(0, 10), seasonal_mm=4.0)],
            days,
            draw(rng),
            rng,
        )
        for _ in range(n)
    ]
    found = ours(np.concatenate(rows), days_since_first(days))
    kinds = {str(k): float((found.kind == k).mean()) for k in np.unique(found.kind)}
    wrong = ", ".join(f"{k} {v:.1%}" for k, v in kinds.items() if k != "steady")
    print(f"{name}: not steady {1 - kinds['steady']:.1%} ({wrong})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--series", type=int, default=600)
    arguments = parser.parse_args()
    beside_ruptures(speed(arguments.points))
    distributed(arguments.points // 4)
    n = arguments.series
    sections(n // 2, 4001)
    velocities(2 * n, 5001)
    for name, draw in (("default mix", noise_of_any_kind), ("wider mix", other_noise)):
        for repeat_d in (12, 6):
            dates(name, repeat_d, n, 2001 + repeat_d, draw)
        false_courses(name, 4 * n, 3001, draw)


if __name__ == "__main__":
    main()
