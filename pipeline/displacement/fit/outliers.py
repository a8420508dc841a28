"""Single epochs that fall out of a series are pulled in before it is fitted.

An epoch whose residual exceeds a limit, in robust sigma (1.4826 times the median of
the residuals' sizes), is moved to the limit and the series is fitted again until
nothing moves: Huber's estimate by pseudo-values (Huber 1981, Robust Statistics,
section 7.8). Only an epoch that stands alone is moved: where a neighbour departs to the
same side by half as much, or beyond the limit too, the ground may move, and the newest
epoch has no neighbour to tell. Both stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from pipeline.displacement.fit.projection_kernel import project
from pipeline.displacement.fit.trend import NO_STEPS, orthonormal_basis, series_model
from pipeline.displacement.fit.trend_kernel import (
    factor_of_gaps,
    solve_gaps,
    sort_out,
)

_ROUNDS: Final = 20
_STILL: Final = 1e-3  # of sigma
_TO_SIGMA: Final = 1.4826
_BINS: Final = 256


@dataclass(frozen=True, slots=True)
class PulledIn:
    """Series with outliers pulled in.

    ``displacement_mm`` is (n, m), as given but for the outliers; ``n_outliers`` (n,)
    how many epochs were moved.
    """

    displacement_mm: NDArray[np.float32]
    n_outliers: NDArray[np.int64]

    def widen(self, n_epochs: NDArray[np.int64]) -> NDArray[np.float64]:
        """Factor on standard errors of fits to these series, shape (n,).

        One over the share of epochs that still move the estimate (Huber 1981).
        """
        share = 1.0 - self.n_outliers / np.maximum(n_epochs, 1)
        return 1.0 / np.maximum(share, 0.5)


def pull_in(
    displacement_mm: NDArray[np.float32],
    time_d: NDArray[np.float64],
    limit_sigma: float,
    steps_d: tuple[float, ...] = NO_STEPS,
) -> PulledIn:
    """Pull in the outliers of every series.

    Parameters
    ----------
    displacement_mm
        Shape (n, m). NaN where there is no value.
    time_d
        Shape (m,). Days, increasing; more epochs than terms of the model.
    limit_sigma
        Residuals above it are outliers.
    steps_d
        Days at which the model allows for a step.
    """
    model = series_model(time_d, steps_d)
    basis, triangle = orthonormal_basis(model.design)
    moved = np.array(displacement_mm, dtype=np.float32, order="C")
    count = np.zeros(len(moved), dtype=np.int64)
    shape = (model.n_seasonal, len(model.step_at))
    _pull_rows(moved, basis, len(triangle), shape, limit_sigma, count)
    return PulledIn(moved, count)


@numba.njit(cache=True, parallel=True)
def _pull_rows(
    rows: Any, basis: Any, p: int, shape: Any, limit: float, count: Any
) -> None:  # pragma: no cover (compiled)
    m = rows.shape[1]
    for k in numba.prange(len(rows)):
        value, place = np.empty(m), np.empty(m, np.int64)
        n_valid = sort_out(rows[k], value, place)
        if n_valid <= p + 1:
            continue
        factor, lost = np.zeros((p, p)), np.zeros(p, dtype=np.bool_)
        if n_valid < m and not factor_of_gaps(
            basis, place, n_valid, shape, factor, lost
        ):
            continue
        moved, c = value.copy(), np.empty(len(basis))
        rest, ahead, room = np.empty(n_valid), np.empty(n_valid), np.empty(m)
        limit_mm, out = 0.0, np.zeros(n_valid, dtype=np.bool_)
        for _ in range(_ROUNDS):
            project(moved, basis, c)
            if n_valid < m:
                solve_gaps(factor, lost, c)
            _residuals(value, basis, c, p, place, room, rest)
            limit_mm = limit * _TO_SIGMA * _median_size(rest)
            if limit_mm == 0.0 or not _find(rest, limit_mm, out):
                break
            if not _move(value, rest, limit_mm, out, place, moved, ahead):
                break
        first = np.float64(rows[k, place[0]])
        for i in range(n_valid):
            at = place[i]
            if out[i] and moved[at] != value[at]:
                rows[k, at] = first + moved[at]
                count[k] += 1


@numba.njit(cache=True, fastmath={"contract", "nsz"})
def _residuals(
    value: Any, basis: Any, c: Any, p: int, place: Any, room: Any, rest: Any
) -> None:  # pragma: no cover (compiled)
    room[:] = value
    for a in range(p):
        weight, q = c[a], basis[a]
        for i in range(len(room)):
            room[i] -= weight * q[i]
    for i in range(len(rest)):
        rest[i] = room[place[i]]


@numba.njit(cache=True)
def _median_size(rest: Any) -> float:  # pragma: no cover (compiled)
    """Median of the sizes, from counts in bins of 1/64 of their root mean square."""
    n, squares = len(rest), 0.0
    for i in range(n):
        squares += rest[i] * rest[i]
    width = np.sqrt(squares / n) / 64.0
    if width == 0.0:
        return 0.0
    counts = np.zeros(_BINS, dtype=np.int64)
    for i in range(n):
        counts[min(int(abs(rest[i]) / width), _BINS - 1)] += 1
    below, half = 0, 0.5 * n
    for k in range(_BINS):
        if below + counts[k] >= half:
            return (k + (half - below) / counts[k]) * width
        below += counts[k]
    return width * _BINS


@numba.njit(cache=True)
def _find(rest: Any, limit_mm: float, out: Any) -> bool:  # pragma: no cover (compiled)
    """Mark residuals that stand alone beyond the limit."""
    n, found = len(rest), False
    for i in range(n):
        out[i] = False
        if abs(rest[i]) <= limit_mm or i == n - 1:
            continue
        side = np.sign(rest[i])
        company = min(0.5 * abs(rest[i]), limit_mm)
        before = i > 0 and rest[i - 1] * side > company
        after = rest[i + 1] * side > company
        out[i] = not (before or after)
        found = found or out[i]
    return found


@numba.njit(cache=True)
def _move(
    value: Any,
    rest: Any,
    limit_mm: float,
    out: Any,
    place: Any,
    moved: Any,
    ahead: Any,
) -> bool:  # pragma: no cover (compiled)
    """Set the pseudo-values; whether one of them moved by more than a trifle."""
    largest = 0.0
    for i in range(len(rest)):
        at = place[i]
        ahead[i] = value[at]
        if out[i]:
            ahead[i] -= rest[i] - np.sign(rest[i]) * limit_mm
        largest = max(largest, abs(ahead[i] - moved[at]))
        moved[at] = ahead[i]
    return largest > _STILL * limit_mm
