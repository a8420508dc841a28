"""Tables for the course of a series: what depends on the epochs and the noise alone.

A course is the base model (constant, line, annual and semi-annual terms, steps at given
dates) plus a few atoms of a dictionary: hinges (a change of rate at an epoch), steps
(an offset from an epoch on) and smooth courses. Noise is white plus first-order
autoregressive; its share of white noise w and its time tau come from a grid of pairs.
All series share the epochs, so for each pair the base model and the products of all
atoms under that noise are computed once.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from pipeline.displacement.courses.prepare import FAST, JIT
from pipeline.displacement.courses.records import Atoms, Filters, Pair, Words

DAYS_PER_YEAR: Final = 365.25
GAP_EPOCHS: Final = 6  # shortest segment
STEP_EPOCHS: Final = 4  # fewest epochs on either side of a step
TAU_D: Final = (15.0, 45.0, 130.0)  # P: noise times of the grid
WHITE_FRACTION: Final = (0.15, 0.45, 0.75)  # P
THINNED_EPOCHS: Final = 80  # epochs left in the thinned dictionary
HINGE_COST: Final = 2.2  # parameters; with the search over dates
STEP_COST: Final = 3.2
PARABOLA_COST: Final = 1.6
SMOOTH_COST: Final = 2.2
KNOTS: Final = 8  # hinges that stand for any course while the noise is judged
_EXPONENTIAL: Final = np.geomspace(0.02, 0.6, 14)  # time constants over the span
_SLOW: Final = np.geomspace(0.02, 0.6, 9)
_AHEAD: Final = (0.004, 0.01, 0.025, 0.06, 0.15)  # from the end to a failure


@dataclass(frozen=True)
class Smooth:
    """Smooth courses (s of them, m epochs).

    ``shape`` (s, m), ``cost`` (s,) parameters of each, ``speed`` (s, 2) rates at both
    ends, ``settles`` (s,) whether it is a settlement.
    """

    shape: NDArray[np.float64]
    cost: NDArray[np.float64]
    speed: NDArray[np.float64]
    settles: NDArray[np.bool_]


class CourseTables:
    """Everything that the courses of series with the same epochs share.

    Attributes
    ----------
    smooth
        Smooth courses.
    words
        Dictionary and base model for the kernel.
    filters
        Filters of all pairs.
    """

    def __init__(self, time_d: NDArray[np.float64], steps_d: tuple[float, ...]) -> None:
        years = (time_d - time_d[0]) / DAYS_PER_YEAR
        after = [time_d >= day for day in steps_d]
        inside = [late for late in after if late.any() and not late.all()]
        design = _design(years, inside)
        self.smooth = _smooth(years)
        self.words = _words(years, design, self.smooth)
        self.filters = _filters(years, design)
        self._pairs: dict[int, Pair] = {}
        self._lock = Lock()

    def pair(self, number: int) -> Pair:
        """Tables of one noise; made when first asked for."""
        with self._lock:
            if number not in self._pairs:
                self._pairs[number] = _pair(number, self.filters, self.words)
            return self._pairs[number]


def _design(
    years: NDArray[np.float64], steps: list[NDArray[np.bool_]]
) -> NDArray[np.float64]:
    """Base model (m, p)."""
    columns = [np.ones_like(years), years]
    for n in (1, 2):
        phase = 2.0 * np.pi * n * years
        columns += [np.cos(phase), np.sin(phase)]
    return np.column_stack(columns + [step.astype(np.float64) for step in steps])


def noise_pairs() -> NDArray[np.float64]:
    """Pairs (tau in days, white share) of the grid; the first one is white noise."""
    pairs = [(tau, white) for tau in TAU_D for white in WHITE_FRACTION]
    return np.array([(1.0, 1.0), *pairs])


def _words(
    years: NDArray[np.float64], design: NDArray[np.float64], smooth: Smooth
) -> Words:
    """Dictionary, whole and thinned."""
    m = len(years)
    bend = np.arange(GAP_EPOCHS, m - GAP_EPOCHS)
    hinge = np.maximum(years[None, :] - years[bend, None], 0.0)
    first = np.arange(STEP_EPOCHS, m - STEP_EPOCHS + 1)
    step = (np.arange(m)[None, :] >= first[:, None]).astype(np.float64)
    h, both = len(bend), len(bend) + len(first)
    reach = max(m // THINNED_EPOCHS, 1)
    thin_h, thin_s = np.arange(0, h, reach), np.arange(h, both, reach)
    thin = np.concatenate([thin_h, thin_s, both + np.arange(len(smooth.shape))])
    atoms = Atoms(
        epoch=np.concatenate([bend, first, np.full(len(smooth.shape), -1)]),
        n_hinges=h,
        n_both=both,
        gaps=np.array([GAP_EPOCHS, STEP_EPOCHS]),
        cost=np.concatenate(
            [np.full(h, HINGE_COST), np.full(both - h, STEP_COST), smooth.cost]
        ),
    )
    return Words(
        years=years,
        design=np.ascontiguousarray(design.T),
        dictionary=np.vstack([hinge, step, smooth.shape]),
        atoms=atoms,
        thin=thin,
        atoms_thin=Atoms(
            atoms.epoch[thin],
            len(thin_h),
            len(thin_h) + len(thin_s),
            atoms.gaps,
            atoms.cost[thin],
        ),
        reach=reach,
        n_base=design.shape[1],
    )


def _smooth(years: NDArray[np.float64]) -> Smooth:
    """Parabola, settlements (exponential, logarithmic), growth, approach to failure."""
    span = years[-1]
    shapes, cost = [years**2], [PARABOLA_COST]
    speeds, settles = [(0.0, 2.0 * span)], [False]
    for constant in span * _EXPONENTIAL:
        shapes.append(1.0 - np.exp(-years / constant))
        speeds.append((1.0 / constant, np.exp(-span / constant) / constant))
        settles.append(True)
    for constant in span * _SLOW:
        shapes += [np.log1p(years / constant), np.exp((years - span) / constant)]
        speeds += [
            (1.0 / constant, 1.0 / (constant + span)),
            (np.exp(-span / constant) / constant, 1.0 / constant),
        ]
        settles += [True, False]
    for share in _AHEAD:
        whole = (1.0 + share) * span
        shapes.append(-np.log1p(-years / whole))
        speeds.append((1.0 / whole, 1.0 / (share * span)))
        settles.append(False)
    cost += [SMOOTH_COST] * (len(shapes) - 1)
    return Smooth(np.array(shapes), np.array(cost), np.array(speeds), np.array(settles))


def _filters(years: NDArray[np.float64], design: NDArray[np.float64]) -> Filters:
    """Filters and filtered base models of all pairs; ``design`` is (m, p)."""
    pairs = noise_pairs()
    n_pairs, m, p = len(pairs), *design.shape
    inner = np.linspace(0.0, years[-1], KNOTS + 2)[1:-1]
    knots = np.maximum(years[:, None] - inner[None, :], 0.0)
    rich = np.column_stack([design, knots])
    keep, take, scale = (np.zeros((n_pairs, m)) for _ in range(3))
    adjoint = np.empty((n_pairs, rich.shape[1], m))
    penalty = np.empty((n_pairs, 2))
    for k, (tau, white) in enumerate(pairs):
        one = _filter(years * DAYS_PER_YEAR, tau, white)
        keep[k], take[k], scale[k] = one
        q, r = np.linalg.qr(whiten(rich, *one))
        adjoint[k] = whiten_back(q, *one).T
        size = 2.0 * np.log(np.abs(np.diag(r)))
        spread = -2.0 * np.log(scale[k]).sum()
        penalty[k] = spread + size[:p].sum(), spread + size.sum()
    step = np.diff(years * DAYS_PER_YEAR, prepend=0.0)
    return Filters(
        keep=keep,
        take=take,
        scale=scale,
        keep_m=np.ascontiguousarray(keep.T),
        take_m=np.ascontiguousarray(take.T),
        scale2_m=np.ascontiguousarray(scale.T) ** 2,
        decay=np.exp(-step[None, :] / pairs[:, :1]),
        white=pairs[:, 1].copy(),
        tau=pairs[:, 0].copy(),
        adjoint=adjoint,
        penalty=penalty,
        n_base=p,
    )


@numba.njit(**JIT)
def _filter(
    time_d: Any, tau: float, white: float
) -> tuple[Any, Any, Any]:  # pragma: no cover (compiled)
    """Kalman filter of white plus autoregressive noise of total variance one."""
    m, red = len(time_d), 1.0 - white
    keep, take, scale = np.zeros(m), np.zeros(m), np.zeros(m)
    variance, gain = red, 0.0
    for i in range(m):
        if i > 0:
            decay = np.exp(-(time_d[i] - time_d[i - 1]) / tau)
            keep[i], take[i] = decay * (1.0 - gain), decay * gain
            variance = decay**2 * variance + (1.0 - decay**2) * red
        gain = variance / (variance + white)
        scale[i] = 1.0 / np.sqrt(variance + white)
        variance *= 1.0 - gain
    return keep, take, scale


@numba.njit(**JIT)
def whiten(
    columns: Any, keep: Any, take: Any, scale: Any
) -> Any:  # pragma: no cover (compiled)
    """Filtered columns (m, n)."""
    m, n = columns.shape
    out, state = np.empty((m, n)), np.zeros(n)
    for i in range(m):
        if i > 0:
            for j in range(n):
                state[j] = keep[i] * state[j] + take[i] * columns[i - 1, j]
        for j in range(n):
            out[i, j] = (columns[i, j] - state[j]) * scale[i]
    return out


@numba.njit(**JIT)
def whiten_back(
    columns: Any, keep: Any, take: Any, scale: Any
) -> Any:  # pragma: no cover (compiled)
    """Transposed filter: ``whiten_back(a).T @ b`` equals ``a.T @ whiten(b)``."""
    m, n = columns.shape
    out, carried = np.empty((m, n)), np.zeros(n)
    for i in range(m - 1, -1, -1):
        for j in range(n):
            scaled = scale[i] * columns[i, j]
            out[i, j] = scaled
            if i < m - 1:
                out[i, j] += take[i + 1] * carried[j]
                carried[j] = keep[i + 1] * carried[j]
            carried[j] -= scaled
    return out


def _pair(number: int, filters: Filters, words: Words) -> Pair:
    """Tables of one noise."""
    one = (filters.keep[number], filters.take[number], filters.scale[number])
    q, r = np.linalg.qr(whiten(words.design.T, *one))
    filtered = whiten(np.ascontiguousarray(words.dictionary.T), *one)
    gram = _products(filtered, q)
    return Pair(
        gram=gram,
        gram_thin=np.ascontiguousarray(gram[np.ix_(words.thin, words.thin)]),
        basis=np.ascontiguousarray(q.T),
        solve=np.linalg.solve(r, whiten_back(q, *one).T),
        keep=filters.keep[number],
        take=filters.take[number],
        scale=filters.scale[number],
        decay=filters.decay[number],
        white=float(filters.white[number]),
        spread=float(filters.penalty[number, 0]),
    )


@numba.njit(**JIT, fastmath=FAST)
def _products(filtered: Any, q: Any) -> Any:  # pragma: no cover (compiled)
    """Products of filtered atoms (m, a) less their part in the base q (m, p).

    One thread: for tables of this size the threads of a BLAS wait longer than they
    work.
    """
    m, n = filtered.shape
    rest = np.zeros((-(-m // 4) * 4, n))
    rest[:m] = filtered
    part = np.empty(n)
    for j in range(q.shape[1]):
        part[:] = 0.0
        for i in range(m):
            for a in range(n):
                part[a] += q[i, j] * filtered[i, a]
        for i in range(m):
            for a in range(n):
                rest[i, a] -= q[i, j] * part[a]
    gram = np.zeros((n, n))
    for i in range(0, m, 4):
        r0, r1, r2, r3 = rest[i], rest[i + 1], rest[i + 2], rest[i + 3]
        for a in range(n):
            v0, v1, v2, v3 = r0[a], r1[a], r2[a], r3[a]
            row = gram[a]
            for b in range(a + 1):
                row[b] += v0 * r0[b] + v1 * r1[b] + v2 * r2[b] + v3 * r3[b]
    for a in range(n):
        for b in range(a):
            gram[b, a] = gram[a, b]
    return gram
