"""Compiled weighing of added motions under correlated noise.

Stacks are looked at for motions of given shapes (kinks, steps) on top of common base
terms. Noise is white plus first-order autoregressive; a Kalman filter makes that of a
pair (tau, white share) white, after which all fits are plain least squares. The filter
runs forward in time, so epochs before the newest one cost hardly more.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from pipeline.displacement.fit.noise_kernel import filter_terms, whiten

JIT: Final[dict[str, Any]] = {"cache": True, "nogil": True, "error_model": "numpy"}
_FAST: Final = {"reassoc", "contract", "nsz"}
_LEAST: Final = 1e-12


class Filters(NamedTuple):
    """Filters of q pairs of noise for m epochs, each (q, m).

    ``gain``, ``decay`` and ``scale`` as in `fit.noise_kernel`; noise of the pair has
    variance one.
    """

    gain: NDArray[np.float64]
    decay: NDArray[np.float64]
    scale: NDArray[np.float64]


def filters_of(time_d: NDArray[np.float64], pairs: NDArray[np.float64]) -> Filters:
    """Filters of pairs (tau in days, white share), shape (q, 2)."""
    shape = (len(pairs), len(time_d))
    filters = Filters(np.empty(shape), np.empty(shape), np.empty(shape))
    for k, (tau, white) in enumerate(pairs):
        filter_terms(
            time_d, tau, white, filters.gain[k], filters.decay[k], filters.scale[k]
        )
    return filters


@numba.njit(**JIT, fastmath=_FAST)
def _dot(a: Any, b: Any, n: int) -> float:  # pragma: no cover (compiled)
    total = 0.0
    for i in range(n):
        total += a[i] * b[i]
    return total


@numba.njit(**JIT, fastmath=_FAST)
def _orthonormal(
    white: Any, p: int, upto: int, basis: Any, slope: Any
) -> float:  # pragma: no cover (compiled)
    """Gram-Schmidt on the first ``upto`` epochs of p filtered terms, into ``basis``.

    ``slope`` gets the vector whose product with a filtered series is the second
    coefficient of its fit to the terms. Returns the log of the terms' volume.
    """
    volume = 0.0
    upper = np.zeros((p, p))
    for j in range(p):
        for i in range(upto):
            basis[j, i] = white[j, i]
        for _ in range(2):
            for k in range(j):
                part = _dot(basis[k], basis[j], upto)
                upper[k, j] += part
                for i in range(upto):
                    basis[j, i] -= part * basis[k, i]
        length = np.sqrt(_dot(basis[j], basis[j], upto))
        upper[j, j] = length
        volume += np.log(length)
        for i in range(upto):
            basis[j, i] /= length
    row = np.zeros(p)  # second row of the inverse of ``upper``
    row[1] = 1.0 / upper[1, 1]
    for j in range(2, p):
        for k in range(1, j):
            row[j] -= row[k] * upper[k, j]
        row[j] /= upper[j, j]
    for i in range(upto):
        slope[i] = 0.0
    for j in range(1, p):
        for i in range(upto):
            slope[i] += row[j] * basis[j, i]
    return volume


@numba.njit(**JIT)
def _reduced(
    white: Any, basis: Any, p: int, upto: int, out: Any
) -> float:  # pragma: no cover (compiled)
    """Unit vector of a filtered shape less the base terms, into ``out``; its length."""
    for i in range(upto):
        out[i] = white[i]
    for _ in range(2):
        for j in range(p):
            part = _dot(basis[j], out, upto)
            for i in range(upto):
                out[i] -= part * basis[j, i]
    length = np.sqrt(_dot(out, out, upto))
    if length < 1e-9:
        return 0.0
    for i in range(upto):
        out[i] /= length
    return length


@numba.njit(**JIT)
def weigh(
    rows: Any, base: Any, shapes: Any, filters: Any, n_back: int, out: Any
) -> None:  # pragma: no cover (compiled)
    """Fit every shape to every stack, at the newest epoch and some before it.

    Parameters
    ----------
    rows, base, shapes
        Stacks (n, m) without gaps, base terms (p, m), shapes (k, m). The second base
        term is the line.
    filters
        Pairs of noise; the answers are averaged over them, with the restricted
        likelihood of each as weight.
    n_back
        Newest epochs that are left out, one after the other, less one.
    out
        Shape (4, n_back, k, n). Amplitude of the shape, slope of the line beside it,
        standard error of the amplitude, log of the mean restricted likelihood.
    """
    n, m = rows.shape
    p, n_shapes, n_pairs = len(base), len(shapes), len(filters.gain)
    white = np.empty((n, m))
    white_base, basis = np.empty((p, m)), np.empty((p, m))
    shape, unit, slope = np.empty(m), np.empty(m), np.empty(m)
    found = np.empty((4, n_back, n_shapes, n, n_pairs))
    squares, plain = np.empty(n), np.empty(n)
    for q in range(n_pairs):
        gain, decay, scale = filters.gain[q], filters.decay[q], filters.scale[q]
        for j in range(p):
            whiten(base[j], gain, decay, scale, white_base[j])
        for r in range(n):
            whiten(rows[r], gain, decay, scale, white[r])
        for back in range(n_back):
            upto, logs = m - back, 0.0
            for i in range(upto):
                logs += np.log(scale[i])
            volume = _orthonormal(white_base, p, upto, basis, slope)
            for r in range(n):
                left = _dot(white[r], white[r], upto)
                for j in range(p):
                    left -= _dot(basis[j], white[r], upto) ** 2
                squares[r], plain[r] = left, _dot(slope, white[r], upto)
            free = upto - p - 1
            for k in range(n_shapes):
                whiten(shapes[k], gain, decay, scale, shape)
                along = _dot(slope, shape, upto)
                length = _reduced(shape, basis, p, upto, unit)
                for r in range(n):
                    if length == 0.0:
                        found[0, back, k, r, q] = found[1, back, k, r, q] = 0.0
                        found[2, back, k, r, q] = np.inf
                        found[3, back, k, r, q] = 0.0
                        continue
                    part = _dot(unit, white[r], upto)
                    sigma2 = max(squares[r] - part * part, _LEAST) / free
                    change = part / length
                    found[0, back, k, r, q] = change
                    found[1, back, k, r, q] = plain[r] - change * along
                    found[2, back, k, r, q] = sigma2 / (length * length)
                    found[3, back, k, r, q] = (
                        logs - volume - np.log(length) - 0.5 * free * np.log(sigma2)
                    )
    _averages(found, out)


@numba.njit(**JIT)
def _averages(found: Any, out: Any) -> None:  # pragma: no cover (compiled)
    """Mean over the pairs, and the error with their disagreement."""
    _, n_back, n_shapes, n, n_pairs = found.shape
    for back in range(n_back):
        for k in range(n_shapes):
            for r in range(n):
                one = found[:, back, k, r]
                best = one[3].max()
                total = change = before = spread = 0.0
                for q in range(n_pairs):
                    weight = np.exp(one[3, q] - best)
                    total += weight
                    change += weight * one[0, q]
                    before += weight * one[1, q]
                change /= total
                for q in range(n_pairs):
                    weight = np.exp(one[3, q] - best)
                    spread += weight * (one[2, q] + (one[0, q] - change) ** 2)
                out[0, back, k, r] = change
                out[1, back, k, r] = before / total
                out[2, back, k, r] = np.sqrt(spread / total)
                out[3, back, k, r] = best + np.log(total / n_pairs)


@numba.njit(**JIT)
def best_likelihoods(
    rows: Any, base: Any, shapes: Any, filters: Any, out: Any
) -> None:  # pragma: no cover (compiled)
    """Largest log likelihood of every stack over shapes and pairs, into ``out`` (n,).

    Up to a constant that is the same for all shapes. Parameters as for `weigh`.
    """
    n, m = rows.shape
    p = len(base)
    white, white_base, basis = np.empty((n, m)), np.empty((p, m)), np.empty((p, m))
    shape, unit, slope, squares = np.empty(m), np.empty(m), np.empty(m), np.empty(n)
    for r in range(n):
        out[r] = -np.inf
    for q in range(len(filters.gain)):
        gain, decay, scale = filters.gain[q], filters.decay[q], filters.scale[q]
        logs = np.log(scale).sum()
        for j in range(p):
            whiten(base[j], gain, decay, scale, white_base[j])
        _orthonormal(white_base, p, m, basis, slope)
        for r in range(n):
            whiten(rows[r], gain, decay, scale, white[r])
            squares[r] = _dot(white[r], white[r], m)
            for j in range(p):
                squares[r] -= _dot(basis[j], white[r], m) ** 2
        for k in range(len(shapes)):
            whiten(shapes[k], gain, decay, scale, shape)
            if _reduced(shape, basis, p, m, unit) == 0.0:
                continue
            for r in range(n):
                left = squares[r] - _dot(unit, white[r], m) ** 2
                out[r] = max(out[r], logs - 0.5 * m * np.log(max(left, _LEAST)))
