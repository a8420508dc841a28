"""Course of displacement series: breaks, consolidation, acceleration, jumps.

Base model: constant, straight line, annual and semi-annual terms, and steps at given
dates. On it either some breaks of the line, or one smooth course (parabola,
exponential or logarithmic settlement, growing exponential) is chosen by the
information criterion

    SSE / (F sigma^2) + parameters * ln(m),

where F is the variance of slow sums relative to white noise, from the autocorrelation
of the residuals: correlated noise must not make breaks. A break counts as three
parameters (its date, the change of slope, and the search over dates; cf. Zhang and
Siegmund 2007, Biometrics 63, 22-32). Method: docs/methods.md, "Course of a series".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.displacement.course_kernel import (
    MAX_BREAKS,
    Results,
    Tables,
    follow,
)
from pipeline.displacement.trend import DAYS_PER_YEAR, MINIMUM_SEASONAL_SPAN_D

BREAK_COST: Final = 3.0
GAP_EPOCHS: Final = 6  # shortest segment
C_BAND_HALF_WAVE_MM: Final = 27.73288
_SHARES: Final = (0.03, 0.06, 0.12, 0.25, 0.5)  # of the time span


class Kind(StrEnum):
    """Course of a series."""

    STEADY = "steady"
    BREAKS = "breaks"
    CONSOLIDATION = "consolidation"
    DECELERATION = "deceleration"
    ACCELERATION = "acceleration"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Course:
    """Courses of n series with m epochs.

    Attributes
    ----------
    kind
        Shape (n,). Values of `Kind`; unknown with too few epochs.
    n_breaks, break_epoch
        Shapes (n,), (n, 4). Number of breaks and the indices of their epochs, -1 where
        there is none.
    slope_mm_per_yr
        Shape (n, 5). Rates from segment to segment; NaN after the last.
    sigma_mm, inflation
        Shape (n,). Noise of an epoch, and F.
    n_jumps
        Shape (n,). Steps of whole half wavelengths, which were taken out.
    """

    kind: NDArray[np.str_]
    n_breaks: NDArray[np.int64]
    break_epoch: NDArray[np.int64]
    slope_mm_per_yr: NDArray[np.float64]
    sigma_mm: NDArray[np.float64]
    inflation: NDArray[np.float64]
    n_jumps: NDArray[np.int64]


def find_courses(
    displacement_mm: NDArray[np.float32],
    time_d: NDArray[np.float64],
    *,
    steps_d: tuple[float, ...] = (),
    half_wave_mm: float = C_BAND_HALF_WAVE_MM,
) -> Course:
    """Find the course of every series.

    Parameters
    ----------
    displacement_mm
        Shape (n, m). NaN where there is no value.
    time_d
        Shape (m,). Days, increasing.
    steps_d
        Days at which a step is allowed for (an earthquake, a remediation).
    half_wave_mm
        Steps by multiples of it are unwrapping jumps; 0 looks for none.
    """
    rows = np.ascontiguousarray(displacement_mm, dtype=np.float32)
    n, m = rows.shape
    out = Results(
        n_breaks=np.full(n, -1),
        at=np.full((n, MAX_BREAKS), -1),
        slope=np.full((n, MAX_BREAKS + 1), np.nan),
        sigma=np.full(n, np.nan),
        inflation=np.full(n, np.nan),
        course=np.full(n, -1),
        amplitude=np.zeros(n),
        n_jumps=np.zeros(n, dtype=np.int64),
    )
    kind = np.full(n, str(Kind.UNKNOWN))
    if m > 4 * GAP_EPOCHS + 6 and n:
        tables, speeds, settles = make_tables(time_d, steps_d)
        follow(rows, tables, half_wave_mm, GAP_EPOCHS, BREAK_COST, out)
        kind = _kinds(out, speeds, settles)
    return Course(
        kind,
        np.maximum(out.n_breaks, 0),
        out.at,
        out.slope,
        out.sigma,
        out.inflation,
        out.n_jumps,
    )


def make_tables(
    time_d: NDArray[np.float64], steps_d: tuple[float, ...]
) -> tuple[Tables, NDArray[np.float64], NDArray[np.bool_]]:
    """Tables of the epochs.

    Returns
    -------
    tuple
        The tables; for each smooth course its speed at both ends per unit of amplitude
        relative to the base slope, shape (s, 2); and which of them are settlements.
    """
    years = (time_d - time_d[0]) / DAYS_PER_YEAR
    columns = [np.ones_like(years), years]
    if time_d[-1] - time_d[0] >= MINIMUM_SEASONAL_SPAN_D:
        for n in (1, 2):
            phase = 2.0 * np.pi * n * years
            columns += [np.cos(phase), np.sin(phase)]
    columns += [(time_d >= day).astype(np.float64) for day in steps_d]
    design = np.column_stack(columns)
    q, _ = np.linalg.qr(design)
    slope = np.linalg.pinv(design)[1]
    candidate = np.arange(GAP_EPOCHS, len(years) - GAP_EPOCHS)
    raw = np.maximum(years[None, :] - years[candidate, None], 0.0)
    hinge = raw - (raw @ q) @ q.T
    shapes, cost, speeds, settles = _smooth(years)
    rest = shapes - (shapes @ q) @ q.T
    length = np.sqrt((rest**2).sum(axis=1))
    ends = (speeds - (shapes @ slope)[:, None]) / length[:, None]
    tables = Tables(
        basis=np.ascontiguousarray(q.T),
        time=years,
        candidate=candidate,
        hinge=np.ascontiguousarray(hinge),
        gram=np.ascontiguousarray(hinge @ hinge.T),
        slope=np.ascontiguousarray(slope),
        smooth=np.ascontiguousarray(rest / length[:, None]),
        smooth_cost=cost,
    )
    return tables, ends, settles


def _smooth(
    years: NDArray[np.float64],
) -> tuple[
    NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]
]:
    """Smooth courses, their parameters, speeds at both ends, and which settle."""
    span = years[-1]
    shapes, cost = [years**2], [1.0]
    speeds, settles = [(0.0, 2.0 * span)], [False]
    for share in _SHARES:
        constant = share * span
        fall, decay = np.exp(-years / constant), np.exp(-span / constant)
        grow = np.exp((years - span) / constant)
        shapes += [1.0 - fall, np.log1p(years / constant), grow]
        speeds += [
            (1.0 / constant, decay / constant),
            (1.0 / constant, 1.0 / (constant + span)),
            (decay / constant, 1.0 / constant),
        ]
        cost += [2.0] * 3
        settles += [True, True, False]
    return np.array(shapes), np.array(cost), np.array(speeds), np.array(settles)


def _kinds(
    out: Results, ends: NDArray[np.float64], settles: NDArray[np.bool_]
) -> NDArray[np.str_]:
    """Name every course; a smooth one by whether its speed grows or falls."""
    kind = np.full(len(out.course), str(Kind.STEADY), dtype="<U16")
    kind[out.n_breaks > 0] = str(Kind.BREAKS)
    kind[out.n_breaks < 0] = str(Kind.UNKNOWN)
    smooth = np.flatnonzero((out.course >= 0) & (out.n_breaks == 0))
    shape = out.course[smooth]
    speed = out.slope[smooth, :1] + out.amplitude[smooth, None] * ends[shape]
    grows = np.abs(speed[:, 1]) > np.abs(speed[:, 0])
    falling = np.where(settles[shape], Kind.CONSOLIDATION, Kind.DECELERATION)
    kind[smooth] = np.where(grows, str(Kind.ACCELERATION), falling.astype(np.str_))
    return kind
