"""Realistic displacement series with known answers.

Used to test the kernels and to measure what the stage detects. Nothing here is used
when a region is processed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

DAYS_PER_YEAR: Final = 365.25
_SENTINEL_1B_LOST: Final = np.datetime64("2021-12-23", "D")


@dataclass(frozen=True, slots=True)
class Motion:
    """True motion of a point; terms that are zero are absent.

    Attributes
    ----------
    velocity_mm_per_yr, acceleration_mm_per_yr2
        Steady creep and its change; displacement v t + a t^2 / 2 from the first day.
    seasonal_mm, seasonal_phase_yr
        Annual cosine and the time of its maximum after the first day.
    consolidation_mm, consolidation_yr
        Decaying settlement -s (1 - exp(-t / T)).
    step_mm, step_d
        Jump on a day after the first.
    break_d, break_mm_per_yr
        Day of a change of rate, and the change.
    failure_d, failure_rate_per_mm, failure_onset_d
        Tertiary creep from the onset t_0 on: 1/v = A (t_f - t); displacement
        ln((t_f - t_0) / (t_f - t)) / A, away from the satellite (towards it where A is
        negative). Only epochs before t_f are allowed.
    """

    velocity_mm_per_yr: float = 0.0
    acceleration_mm_per_yr2: float = 0.0
    seasonal_mm: float = 0.0
    seasonal_phase_yr: float = 0.0
    consolidation_mm: float = 0.0
    consolidation_yr: float = 1.0
    step_mm: float = 0.0
    step_d: float = 0.0
    break_d: float = 0.0
    break_mm_per_yr: float = 0.0
    failure_d: float | None = None
    failure_rate_per_mm: float = 0.02
    failure_onset_d: float = 0.0

    def at(self, time_d: NDArray[np.float64]) -> NDArray[np.float64]:
        """Displacement in millimetres on days after the first; shape as ``time_d``.

        Raises
        ------
        ValueError
            If an epoch lies on or after the day of failure.
        """
        t = time_d / DAYS_PER_YEAR
        phase = 2.0 * np.pi * (t - self.seasonal_phase_yr)
        start = 2.0 * np.pi * self.seasonal_phase_yr
        total = (
            self.velocity_mm_per_yr * t
            + 0.5 * self.acceleration_mm_per_yr2 * t**2
            + self.seasonal_mm * (np.cos(phase) - np.cos(start))
            - self.consolidation_mm * (1.0 - np.exp(-t / self.consolidation_yr))
            + np.where(time_d >= self.step_d, self.step_mm, 0.0)
            + self.break_mm_per_yr
            * np.maximum(time_d - self.break_d, 0.0)
            / DAYS_PER_YEAR
        )
        if self.failure_d is None:
            return total
        if time_d[-1] >= self.failure_d:
            raise ValueError("epochs must lie before the failure")
        return total - self.tertiary_mm(time_d)

    def tertiary_mm(self, time_d: NDArray[np.float64]) -> NDArray[np.float64]:
        """Part of the displacement that leads to failure, positive away."""
        if self.failure_d is None:
            return np.zeros_like(time_d)
        whole = self.failure_d - self.failure_onset_d
        left = self.failure_d - np.maximum(time_d, self.failure_onset_d)
        return np.log(whole / left) / self.failure_rate_per_mm


@dataclass(frozen=True, slots=True)
class Noise:
    """Noise of a series: white plus first-order autoregressive, both in mm."""

    white_mm: float = 2.0
    red_mm: float = 1.5
    tau_d: float = 40.0

    def draw(
        self, time_d: NDArray[np.float64], n_points: int, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Independent noise of some points, shape (n_points, m)."""
        white = self.white_mm * rng.standard_normal((n_points, len(time_d)))
        step = rng.standard_normal((n_points, len(time_d)))
        red = np.empty_like(white)
        red[:, 0] = step[:, 0]
        decay = np.exp(-np.diff(time_d) / self.tau_d)
        for i, rho in enumerate(decay, start=1):
            red[:, i] = rho * red[:, i - 1] + np.sqrt(1.0 - rho**2) * step[:, i]
        return white + self.red_mm * red


def noise_of_any_kind(rng: np.random.Generator) -> Noise:
    """Draw a noise from the default mix: white 1 to 3 mm, red 0.5 to 2 mm, 15 to 90 d.

    The range follows the 1-sigma of single epochs in EGMS documentation (4 mm for
    level 2a) and residuals of 2.4 mm in its files; the share of red noise is P.
    """
    return Noise(rng.uniform(1.0, 3.0), rng.uniform(0.5, 2.0), rng.uniform(15.0, 90.0))


def change_of_rate(rng: np.random.Generator, time_d: NDArray[np.float64]) -> Motion:
    """Draw a change of rate from the default mix.

    Between 15 and 80 mm/yr, up or down, at an epoch of the middle 70 %, on a creep of
    some mm/yr with a season of up to 6 mm (P: what a raise, a drained beach or a
    failing toe may do and a watch should notice).
    """
    m = len(time_d)
    return Motion(
        velocity_mm_per_yr=rng.normal(0.0, 5.0),
        seasonal_mm=rng.uniform(0.0, 6.0),
        seasonal_phase_yr=rng.uniform(),
        break_d=float(time_d[rng.integers(int(0.15 * m), int(0.85 * m))]),
        break_mm_per_yr=rng.choice([-1.0, 1.0]) * rng.uniform(15.0, 80.0),
    )


def sentinel1_dates(
    first: str,
    last: str,
    rng: np.random.Generator | None = None,
    *,
    missing_fraction: float = 0.0,
    repeat_d: int | None = None,
    outage_d: float = 0.0,
) -> NDArray[np.datetime64]:
    """Acquisition days of a Sentinel-1 track.

    Parameters
    ----------
    first, last
        ISO dates of the first day and the last possible day.
    rng, missing_fraction
        Share of days left out at random; first and last stay.
    repeat_d
        Repeat cycle in days; by default 6 until Sentinel-1B was lost (2021-12-23)
        and 12 afterwards.
    outage_d
        Length of one gap at a random place, days.
    """
    day, end = np.datetime64(first, "D"), np.datetime64(last, "D")
    days = []
    while day <= end:
        days.append(day)
        cycle = repeat_d or (6 if day < _SENTINEL_1B_LOST else 12)
        day = day + np.timedelta64(cycle, "D")
    dates = np.array(days)
    if rng is None or (missing_fraction == 0.0 and outage_d == 0.0):
        return dates
    kept = rng.random(len(dates)) >= missing_fraction
    if outage_d > 0.0:
        time_d = days_since_first(dates)
        start = rng.uniform(0.0, max(time_d[-1] - outage_d, 0.0))
        kept &= (time_d < start) | (time_d >= start + outage_d)
    kept[[0, -1]] = True
    return dates[kept]


def days_since_first(dates: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """Days after the first date, as numbers."""
    return (dates - dates[0]).astype("timedelta64[D]").astype(np.float64)


def series(
    motions: list[Motion],
    dates: NDArray[np.datetime64],
    noise: Noise,
    rng: np.random.Generator,
    *,
    missing_fraction: float = 0.0,
    common: Noise | None = None,
    winter_loss_fraction: float = 0.0,
) -> NDArray[np.float32]:
    """Series of some points, shape (number of motions, number of dates), millimetres.

    Parameters
    ----------
    motions, dates
        Truth of each point; days of the epochs.
    noise
        Noise of each point, independent between points.
    missing_fraction
        Share of values that are NaN, at random (decorrelation).
    common
        Noise that all points share (residual atmosphere).
    winter_loss_fraction
        Share of points without values from December to February (snow).
    """
    time_d = days_since_first(dates)
    truth = np.array([motion.at(time_d) for motion in motions])
    values = truth + noise.draw(time_d, len(motions), rng)
    if common is not None:
        values = values + common.draw(time_d, 1, rng)
    values[rng.random(values.shape) < missing_fraction] = np.nan
    if winter_loss_fraction > 0.0:
        month = dates.astype("datetime64[M]").astype(np.int64) % 12
        snowy = rng.random(len(motions)) < winter_loss_fraction
        values[np.ix_(snowy, np.isin(month, (11, 0, 1)))] = np.nan
    return values.astype(np.float32)
