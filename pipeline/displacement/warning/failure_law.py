"""The law of inverse velocity fitted to displacement instead of to speeds.

1/v = A (t_f - t) from an onset t_0 on says that displacement beyond line and season is
ln((t_f - t_0) / (t_f - t)) / A. Speeds between two radar images carry the noise of both
over a short time, so that hardly any stands out of it; displacement carries the noise
of one. The law is the same (Fukuzono 1985), and so are the gates: enough epochs since
the onset, a movement above its noise that grows significantly more than any one change
of rate explains, and a good fit since the onset.

Onset and failure are told badly by the few epochs since the onset: many pairs fit about
as well, and the best of them is often a failure too soon. So no pair is chosen. Each
pair of a grid has the likelihood of the series under white plus autoregressive noise,
with amplitude, line, season and variance integrated out, and a weight beforehand: how
long the way to failure lasts is not known to its order of magnitude, and today is any
day of it. The date is the median of what results, the range its 95 %.

Method: docs/methods.md, "Watch level".
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.methods.displacement import InverseVelocityMethods
from pipeline.displacement.warning.inverse_velocity import Forecast, no_forecast
from pipeline.displacement.warning.kink_kernel import Filters, best_likelihoods, weigh
from pipeline.displacement.warning.speedup import LONGEST_D, line_and_season

AHEAD_D: Final = np.geomspace(1.0, 3000.0, 56)
"""Days from the newest epoch to the failure; at its end the law is a new rate."""
LIMIT_D: Final = 500.0
"""A failure later than this is none that is forecast (P)."""
_LONGEST_ONSET: Final = 40
_LEAST_AGREEING: Final = 0.975  # the whole range lies before that
_LEAST_BASELINE: Final = 10


def forecast_by_law(
    time_d: NDArray[np.float64],
    displacement_mm: NDArray[np.float64],
    noise_mm: float,
    gates: InverseVelocityMethods,
) -> Forecast:
    """Forecast the failure of one series, if it passes the gates.

    Parameters as for `inverse_velocity.forecast_failure`.
    """
    from scipy.stats import chi2

    recent = time_d >= time_d[-1] - LONGEST_D
    time, series = time_d[recent], displacement_mm[recent]
    n = len(time)
    starts = np.arange(
        max(n - _LONGEST_ONSET, _LEAST_BASELINE), n - gates.minimum_epochs + 1
    )
    if len(starts) == 0:
        return no_forecast("There are too few epochs.", n)
    base, filters = line_and_season(tuple(time))
    laws = law_shapes(time, starts)
    kinks = np.maximum(time - time[starts[0] : n - 1, None], 0.0)
    gain = _likelihood(series, base, laws, filters)
    gain -= _likelihood(series, base, kinks, filters)
    amplitude, weight = pair_weights(time, series, starts, laws, base, filters)
    best = int(np.argmax(weight))
    n_window = n - int(starts[best // len(AHEAD_D)])
    design = np.vstack([base, laws[best]]).T
    fitted = design @ np.linalg.lstsq(design, series, rcond=None)[0]
    moved = amplitude[best] * laws[best, -1]
    window = slice(-n_window, None)
    drift = fitted[-1] - fitted[window][0]
    if gain < 0.5 * chi2.isf(gates.p_value, 1) or moved * drift <= 0.0:
        return no_forecast(
            "The motion does not accelerate towards a failure.", n_window
        )
    if abs(moved) < gates.noise_factor * noise_mm:
        return no_forecast("The speed does not stand out of the noise.", n_window)
    if _r2(series[window], fitted[window]) < gates.minimum_r2:
        return no_forecast("The displacement does not follow the law.", n_window)
    chance = weight.reshape(len(starts), -1).sum(axis=0)
    if chance[AHEAD_D <= LIMIT_D].sum() < _LEAST_AGREEING:
        return no_forecast("The onsets do not agree on a failure ahead.", n_window)
    low, middle, high = time[-1] + quantiles(chance)
    return Forecast(True, "", float(middle), float(low), float(high), n_window)


def law_shapes(
    time_d: NDArray[np.float64], starts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Displacement times A for every onset and failure, shape (starts x ahead, n).

    Parameters
    ----------
    time_d
        Shape (n,). Days.
    starts
        Shape (s,). Epochs at which the motion may begin to accelerate; the failure of
        each row is `AHEAD_D` after the newest epoch, faster than the onset.
    """
    onset = np.repeat(time_d[starts], len(AHEAD_D))[:, None]
    failure = time_d[-1] + np.tile(AHEAD_D, len(starts))[:, None]
    left = failure - np.maximum(time_d, onset)
    return np.asarray(np.log((failure - onset) / left))


def pair_weights(
    time_d: NDArray[np.float64],
    series_mm: NDArray[np.float64],
    starts: NDArray[np.int64],
    laws: NDArray[np.float64],
    base: NDArray[np.float64],
    filters: Filters,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Amplitude and probability of every pair of onset and failure.

    Beforehand the duration D from onset to failure is log-uniform, the newest epoch
    lies anywhere in it (together 1 / D**2 for onset and failure), and so is the size of
    the amplitude (1 / its size).
    """
    out = np.empty((4, 1, len(laws), 1))
    weigh(series_mm[None], base, laws, filters, 1, out)
    amplitude, likelihood = out[0, 0, :, 0], out[3, 0, :, 0]
    ahead = np.tile(AHEAD_D, len(starts))
    so_far = np.repeat(time_d[-1] - time_d[starts], len(AHEAD_D))
    share = np.repeat(np.gradient(time_d)[starts], len(AHEAD_D))
    share = share * np.tile(np.gradient(AHEAD_D), len(starts))
    beforehand = np.log(share) - 2.0 * np.log(so_far + ahead)
    beforehand -= np.log(np.maximum(np.abs(amplitude), 1e-12))
    weight = np.exp(likelihood + beforehand - (likelihood + beforehand).max())
    return amplitude, weight / weight.sum()


def quantiles(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """2.5, 50 and 97.5 % of the days to the failure, from the chance of `AHEAD_D`."""
    below = np.cumsum(chance) - 0.5 * chance
    return np.asarray(np.exp(np.interp((0.025, 0.5, 0.975), below, np.log(AHEAD_D))))


def _likelihood(
    series_mm: NDArray[np.float64],
    base: NDArray[np.float64],
    shapes: NDArray[np.float64],
    filters: Filters,
) -> float:
    """Largest log likelihood over shapes and pairs of noise."""
    found = np.empty(1)
    best_likelihoods(series_mm[None], base, shapes, filters, found)
    return float(found[0])


def _r2(values: NDArray[np.float64], fitted: NDArray[np.float64]) -> float:
    total = float(((values - values.mean()) ** 2).sum())
    return 1.0 - float(((values - fitted) ** 2).sum()) / max(total, 1e-12)
