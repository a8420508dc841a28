"""Forecast of failure from accelerating motion (inverse velocity).

Before a failure by tertiary creep the inverse of the speed often falls on a straight
line, 1/v = A (t_f - t), that meets zero at the time of failure (Fukuzono 1985; used
with satellite data on Brumadinho by Grebby et al. 2021). The fit is believed only when
it passes every gate of methodology 6.1; a slope with more noise than motion can give
any date.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.methods.displacement import InverseVelocityMethods

_LEAST_FALLING_DRAWS: Final = 0.9


@dataclass(frozen=True, slots=True)
class Forecast:
    """Result of an inverse-velocity fit.

    Times are days on the axis of the input. ``failure_d`` is the median of the
    bootstrap, ``low_d`` and ``high_d`` its 2.5 and 97.5 %; all NaN unless ``is_valid``.
    ``reason`` names the gate that failed.
    """

    is_valid: bool
    reason: str
    failure_d: float
    low_d: float
    high_d: float
    n_speeds: int


def inverse_velocity_line(
    time_d: NDArray[np.float64], speed_mm_per_d: NDArray[np.float64]
) -> tuple[float, float, float, float]:
    """Least squares line of 1/v on time.

    Parameters
    ----------
    time_d, speed_mm_per_d
        Shape (n,), n >= 3. Days; speeds above zero.

    Returns
    -------
    tuple of float
        Slope (1/mm), intercept (d/mm), R2, and p of a slope that is not below zero
        (one-sided). The line meets zero at ``-intercept / slope``.
    """
    from scipy.stats import linregress

    line = linregress(time_d, 1.0 / speed_mm_per_d, alternative="less")
    return (
        float(line.slope),
        float(line.intercept),
        float(line.rvalue**2),
        float(line.pvalue),
    )


def interval_speeds(
    time_d: NDArray[np.float64], displacement_mm: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Middles, speeds in mm/d and steps in mm of the intervals between epochs.

    Speeds are positive in the direction of the motion over the whole series.
    """
    direction = 1.0 if displacement_mm[-1] >= displacement_mm[0] else -1.0
    step = direction * np.diff(displacement_mm)
    return 0.5 * (time_d[1:] + time_d[:-1]), step / np.diff(time_d), step


def forecast_failure(
    time_d: NDArray[np.float64],
    displacement_mm: NDArray[np.float64],
    noise_mm: float,
    gates: InverseVelocityMethods,
    rng: np.random.Generator,
) -> Forecast:
    """Forecast the failure of one series, if it passes the gates.

    The longest window that ends at the newest epoch and passes is used.

    Parameters
    ----------
    time_d, displacement_mm
        Shape (m,). Days; displacement without its season, no gaps.
    noise_mm
        1-sigma of a single epoch.
    gates
        Limits.
    rng
        Generator of the facility, for the bootstrap.

    Returns
    -------
    Forecast
        Not valid, with the reason of the shortest window, where no window passes.
    """
    last = no_forecast("There are too few epochs.", 0)
    longest = min(gates.maximum_epochs, len(time_d))
    for n_epochs in range(longest, gates.minimum_epochs - 1, -1):
        window = slice(-n_epochs, None)
        last = _window_forecast(
            time_d[window], displacement_mm[window], noise_mm, gates, rng
        )
        if last.is_valid:
            return last
    return last


def _window_forecast(
    time_d: NDArray[np.float64],
    displacement_mm: NDArray[np.float64],
    noise_mm: float,
    gates: InverseVelocityMethods,
    rng: np.random.Generator,
) -> Forecast:
    middle, speed, step = interval_speeds(time_d, displacement_mm)
    clean = np.abs(step) <= gates.jump_mm
    noise = np.sqrt(2.0) * noise_mm / np.diff(time_d)
    middle, speed, noise = middle[clean], speed[clean], noise[clean]
    n_speeds = len(speed)
    if n_speeds < gates.minimum_epochs - 1:
        return no_forecast(
            "Steps too large to be sure of leave too few epochs.", n_speeds
        )
    if not (speed > gates.noise_factor * noise).all():
        return no_forecast("The speed does not stand out of the noise.", n_speeds)
    slope, intercept, r2, p_value = inverse_velocity_line(middle, speed)
    if slope >= 0 or p_value >= gates.p_value:
        return no_forecast(
            "The motion does not accelerate towards a failure.", n_speeds
        )
    if r2 < gates.minimum_r2:
        return no_forecast("The inverse speed does not follow a line.", n_speeds)
    draws = _bootstrap(middle, speed, slope, intercept, gates.bootstrap_draws, rng)
    later = draws[draws > time_d[-1]]
    if len(later) < _LEAST_FALLING_DRAWS * gates.bootstrap_draws:
        return no_forecast("The bootstrap does not agree on a failure ahead.", n_speeds)
    low, median, high = np.quantile(later, [0.025, 0.5, 0.975])
    return Forecast(True, "", float(median), float(low), float(high), n_speeds)


def _bootstrap(
    time_d: NDArray[np.float64],
    speed_mm_per_d: NDArray[np.float64],
    slope: float,
    intercept: float,
    n_draws: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Failure times of lines through resampled residuals; NaN for rising lines."""
    fitted = intercept + slope * time_d
    residual = 1.0 / speed_mm_per_d - fitted
    n = len(time_d)
    residual = (residual - residual.mean()) * np.sqrt(n / (n - 2))
    inverse = fitted + residual[rng.integers(0, n, size=(n_draws, n))]
    centred = time_d - time_d.mean()
    slopes = inverse @ centred / (centred @ centred)
    with np.errstate(divide="ignore", invalid="ignore"):
        zero = time_d.mean() - inverse.mean(axis=1) / slopes
    return np.where(slopes < 0, zero, np.nan)


def no_forecast(reason: str, n_speeds: int) -> Forecast:
    """Say that there is no forecast, and why."""
    return Forecast(False, reason, np.nan, np.nan, np.nan, n_speeds)
