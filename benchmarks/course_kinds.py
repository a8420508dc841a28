"""Courses of simulated series: the true kind against the kind that is told.

Every row is a kind of motion (sizes in mm or mm/yr), every column a told course, in
percent; the last column is the share with an unwrapping jump. Each series also has a
season of up to 6 mm, and, unless it is still, fails, or settles, a creep of some mm/yr.
A second table holds slips of several sizes, and how many are taken for jumps; a third
how values that are missing at random change what is found.

    python benchmarks/course_kinds.py [--series 400] [--seed 20260707]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.displacement.courses.course import (
    C_BAND_HALF_WAVE_MM,
    Course,
    Kind,
    find_courses,
)
from pipeline.displacement.simulate import Noise

NOISES = {
    "low": Noise(1.0, 0.5, 30.0),
    "middle": Noise(2.0, 1.0, 45.0),
    "high": Noise(3.0, 2.0, 60.0),
    "EGMS L2a": Noise(4.0, 1.5, 40.0),
    "slow": Noise(2.0, 2.0, 150.0),
}
SLIPS_MM = (12.0, 15.0, 18.0, 20.0, 22.0, 24.0, 27.73, 32.0, 36.0, 45.0)
MISSING = (0.0, 0.05, 0.10, 0.20, 0.30)
NEAR_EPOCHS = 2


class Draw:
    """Random sizes, one for each series (n, 1)."""

    def __init__(self, seed: list[int], n: int) -> None:
        """Start the generator of one table."""
        self.rng, self.n = np.random.default_rng(seed), n

    def between(self, low: float, high: float) -> Any:
        """Sizes within a range."""
        return self.rng.uniform(low, high, (self.n, 1))

    def sign(self) -> Any:
        """Towards or away from the satellite."""
        return self.rng.choice([-1.0, 1.0], (self.n, 1))

    def season(self, y: Any, low: float, high: float) -> Any:
        """An annual cosine."""
        phase = self.between(0.0, 1.0)
        return self.between(low, high) * np.cos(2 * np.pi * (y - phase))

    def creep(self, y: Any) -> Any:
        """Some mm/yr, either way."""
        return self.rng.normal(0.0, 5.0, (self.n, 1)) * y

    def failure(self, y: Any) -> Any:
        """Speed as one over the time to a failure 5 to 40 d after the last epoch."""
        onset = y[-1] - self.between(0.4, 1.0)
        fails = y[-1] + self.between(5.0, 40.0) / 365.25
        left = (fails - np.maximum(y, onset)) / (fails - onset)
        return np.log(left) / self.between(0.02, 0.08)


TRUTHS: dict[str, Callable[[Draw, Any], Any]] = {
    "still": lambda d, y: d.season(y, 0, 6),
    "creep 10-60": lambda d, y: d.season(y, 0, 6) + d.sign() * d.between(10, 60) * y,
    "season 6-15": lambda d, y: (
        d.creep(y) + d.season(y, 6, 15) + 0.3 * d.season(2 * y, 0, 12)
    ),
    "break 15-80": lambda d, y: (
        d.season(y, 0, 6)
        + d.creep(y)
        + d.sign()
        * d.between(15, 80)
        * np.maximum(y - d.between(0.2, 0.8) * y[-1], 0.0)
    ),
    "slip 10-22": lambda d, y: (
        d.season(y, 0, 6)
        + d.creep(y)
        + d.sign() * d.between(10, 22) * (y >= d.between(0.1, 0.9) * y[-1])
    ),
    "jump 27.7": lambda d, y: (
        d.season(y, 0, 6)
        + d.creep(y)
        + d.sign() * C_BAND_HALF_WAVE_MM * (y >= d.between(0.1, 0.9) * y[-1])
    ),
    "settling 30-100": lambda d, y: (
        d.season(y, 0, 6) - d.between(30, 100) * (1 - np.exp(-y / d.between(0.3, 1.5)))
    ),
    "settling 10-30": lambda d, y: (
        d.season(y, 0, 6) - d.between(10, 30) * (1 - np.exp(-y / d.between(0.3, 1.5)))
    ),
    "settling, log": lambda d, y: (
        d.season(y, 0, 6) - d.between(8, 30) * np.log1p(y / d.between(0.1, 0.5))
    ),
    "faster by 6-20": lambda d, y: (
        d.season(y, 0, 6) - 5 * y - 0.5 * d.between(6, 20) * y**2
    ),
    "slower by 6-20": lambda d, y: (
        d.season(y, 0, 6) - d.between(6, 20) * (y[-1] * y - 0.5 * y**2)
    ),
    "near failure": lambda d, y: d.season(y, 0, 6) + d.failure(y),
}


def days(step_d: float, span_yr: float, rng: np.random.Generator) -> Any:
    """Days of the epochs, 5 % of them left out."""
    every = np.arange(0.0, span_yr * 365.25, step_d)
    kept = rng.random(len(every)) >= 0.05
    kept[[0, -1]] = True
    return every[kept]


def found(truth: Any, time_d: Any, noise: Noise, missing: float, draw: Draw) -> Course:
    """Courses of the truth with noise and gaps."""
    rows = truth + noise.draw(time_d, draw.n, draw.rng)
    rows[draw.rng.random(rows.shape) < missing] = np.nan
    wave = C_BAND_HALF_WAVE_MM
    return find_courses(rows.astype(np.float32), time_d, half_wave_mm=wave)


def kinds(n: int, seed: int) -> None:
    """Print the matrix for every noise and two repeat cycles."""
    for step_d, span_yr in ((12.0, 4.0), (6.0, 5.0)):
        for k, (name, noise) in enumerate(NOISES.items()):
            draw = Draw([seed, int(step_d), k], n)
            time_d = days(step_d, span_yr, draw.rng)
            print(f"\nevery {step_d:g} d, {span_yr:g} yr, noise {name}: {noise}")
            heads = [str(kind)[:9] for kind in Kind] + ["jump"]
            print(f"{'':16}" + "".join(f"{head:>10}" for head in heads))
            for truth, motion in TRUTHS.items():
                course = found(motion(draw, time_d / 365.25), time_d, noise, 0.03, draw)
                shares = [(course.kind == str(kind)).mean() for kind in Kind]
                shares.append((course.n_jumps > 0).mean())
                print(f"{truth:16}" + "".join(f"{100 * s:10.1f}" for s in shares))


def slips(n: int, seed: int) -> None:
    """Print how many slips of each size are taken for jumps."""
    print("\nslips taken for jumps, percent; every 12 d, 4 yr")
    print(f"{'':10}" + "".join(f"{size:8.1f}" for size in SLIPS_MM))
    for k, (name, noise) in enumerate(NOISES.items()):
        draw = Draw([seed, 1000, k], n)
        time_d = days(12.0, 4.0, draw.rng)
        shares = []
        for size in SLIPS_MM:
            at = draw.rng.integers(15, len(time_d) - 15, (n, 1))
            truth = -size * (np.arange(len(time_d)) >= at)
            course = found(truth, time_d, noise, 0.0, draw)
            shares.append((course.n_jumps > 0).mean())
        print(f"{name:10}" + "".join(f"{100 * s:8.1f}" for s in shares))


def gaps(n: int, seed: int) -> None:
    """Print how missing values change what is found."""
    print("\nvalues missing at random; noise middle, every 12 d, 4 yr; percent")
    print("missing  still: another course   break: date right   settling 30-100 right")
    for missing in MISSING:
        draw = Draw([seed, 2000, round(100 * missing)], n)
        time_d = days(12.0, 4.0, draw.rng)
        years, noise = time_d / 365.25, NOISES["middle"]
        still = found(TRUTHS["still"](draw, years), time_d, noise, missing, draw)
        at = draw.rng.integers(20, len(time_d) - 20, n)
        bend = np.maximum(years - years[at][:, None], 0.0)
        change = draw.sign() * draw.between(15, 80)
        broken = found(
            draw.season(years, 0, 6) + change * bend, time_d, noise, missing, draw
        )
        near = np.abs(broken.break_epoch[:, 0] - at) <= NEAR_EPOCHS
        right = (broken.n_breaks == 1) & near
        settled = TRUTHS["settling 30-100"](draw, years)
        course = found(settled, time_d, noise, missing, draw)
        print(
            f"{missing:6.0%}{100 * (still.kind != str(Kind.STEADY)).mean():17.1f}"
            f"{100 * right.mean():22.1f}"
            f"{100 * (course.kind == str(Kind.CONSOLIDATION)).mean():22.1f}"
        )


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=400)
    parser.add_argument("--seed", type=int, default=20260707)
    asked = parser.parse_args()
    kinds(asked.series, asked.seed)
    slips(asked.series, asked.seed)
    gaps(asked.series, asked.seed)


if __name__ == "__main__":
    main()
