"""The law of inverse velocity fitted to displacement instead of to speeds.

1/v = A (t_f - t) from an onset t_0 on says that displacement beyond the motion before
is ln((t_f - t_0) / (t_f - t)) / A. Speeds between two radar images carry the noise of
both over a short time, so that hardly any stands out of it; displacement carries the
noise of one. The law is the same (Fukuzono 1985), and so are the gates: enough epochs
since the onset, a speed above its noise that grows significantly more than any one
change of rate explains, a good fit since the onset, and draws that agree on a failure
ahead. Onset and failure are taken from a grid, because a fit that starts before the
onset forecasts a failure too early.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.methods.displacement import InverseVelocityMethods
from pipeline.displacement.warning.inverse_velocity import Forecast, no_forecast

_AHEAD_D: Final = np.geomspace(2.0, 500.0, 40)
_LONGEST_ONSET: Final = 40
_LEAST_AGREEING: Final = 0.9
_LEAST_BASELINE: Final = 10
_TERMS: Final = 5  # level, line, onset, failure, amplitude


def forecast_by_law(
    time_d: NDArray[np.float64],
    displacement_mm: NDArray[np.float64],
    noise_mm: float,
    gates: InverseVelocityMethods,
    rng: np.random.Generator,
) -> Forecast:
    """Forecast the failure of one series, if it passes the gates.

    Parameters as for `inverse_velocity.forecast_failure`.
    """
    from scipy.stats import f as f_distribution

    n = len(time_d)
    starts = np.arange(
        max(n - _LONGEST_ONSET, _LEAST_BASELINE), n - gates.minimum_epochs + 1
    )
    if len(starts) == 0:
        return no_forecast("There are too few epochs.", n)
    line = np.linalg.qr(np.column_stack([np.ones(n), time_d]))[0]
    bases, start, ahead = law_bases(time_d, starts, line)
    rest = displacement_mm - line @ (line.T @ displacement_mm)
    along = bases @ rest
    best = int(np.argmax(along**2))
    squares = float(rest @ rest - along[best] ** 2)
    variance = max(squares / (n - _TERMS), noise_mm**2)
    window = slice(int(start[best]), None)
    n_window = n - int(start[best])
    of_kink = float(((kink_bases(time_d, line) @ rest) ** 2).max())
    gain = max(float(along[best] ** 2) - of_kink, 0.0)
    chance = float(f_distribution.sf(gain / variance, 1, n - _TERMS))
    fitted = displacement_mm - rest + along[best] * bases[best]
    moved = fitted[-1] - fitted[window][0]
    if chance >= gates.p_value or along[best] * bases[best][-1] * moved <= 0.0:
        return no_forecast(
            "The motion does not accelerate towards a failure.", n_window
        )
    if abs(moved) < gates.noise_factor * noise_mm:
        return no_forecast("The speed does not stand out of the noise.", n_window)
    if _r2(displacement_mm[window], fitted[window]) < gates.minimum_r2:
        return no_forecast("The displacement does not follow the law.", n_window)
    noise = np.sqrt(variance) * rng.standard_normal((gates.bootstrap_draws, n))
    drawn = along[best] * bases[best] + noise - (noise @ line) @ line.T
    days = ahead[np.argmax((drawn @ bases.T) ** 2, axis=1)]
    agreeing = days[days < _AHEAD_D[-1]]
    if len(agreeing) < _LEAST_AGREEING * gates.bootstrap_draws:
        return no_forecast("The draws do not agree on a failure ahead.", n_window)
    low, median, high = time_d[-1] + np.quantile(agreeing, [0.025, 0.5, 0.975])
    return Forecast(True, "", float(median), float(low), float(high), n_window)


def _r2(values: NDArray[np.float64], fitted: NDArray[np.float64]) -> float:
    total = float(((values - values.mean()) ** 2).sum())
    return 1.0 - float(((values - fitted) ** 2).sum()) / max(total, 1e-12)


def kink_bases(
    time_d: NDArray[np.float64], line: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Unit vectors of one change of rate at every epoch, less level and line.

    Motion that only got faster, and keeps its new rate, leads to no failure: the law
    must explain more than any such change.
    """
    first = max(len(time_d) - _LONGEST_ONSET, _LEAST_BASELINE)
    start = time_d[first : len(time_d) - 1]
    kink = np.maximum(time_d - start[:, None], 0.0)
    kink -= (kink @ line) @ line.T
    length = np.sqrt((kink**2).sum(axis=1, keepdims=True))
    return np.asarray(kink / np.maximum(length, 1e-12))


def law_bases(
    time_d: NDArray[np.float64],
    starts: NDArray[np.int64],
    line: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Unit vectors of the law for every onset and failure, less level and line.

    Parameters
    ----------
    time_d
        Shape (n,). Days.
    starts
        Shape (s,). Epochs at which the motion may begin to accelerate.
    line
        Shape (n, 2). Orthonormal columns that span level and line.

    Returns
    -------
    tuple
        Vectors (k, n), epoch of the onset (k,), and days from the newest epoch to the
        failure (k,). ``along = vectors @ series`` are the amplitudes of the fits.
    """
    start = np.repeat(starts, len(_AHEAD_D))
    ahead = np.tile(_AHEAD_D, len(starts))
    left = time_d[-1] + ahead[:, None] - np.maximum(time_d, time_d[start][:, None])
    law = np.log(left[:, :1] / left)
    law -= (law @ line) @ line.T
    length = np.sqrt((law**2).sum(axis=1, keepdims=True))
    return law / np.maximum(length, 1e-12), start, ahead
