"""Compiled judgement of the noise behind a series: which pair of the grid is likeliest.

The restricted likelihood (REML; Patterson and Thompson 1971) of white plus first-order
autoregressive noise, computed with the filter that makes it white.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

from pipeline.displacement.courses.prepare import FAST, JIT
from pipeline.displacement.courses.records import Filters, Found, State, Words
from pipeline.displacement.courses.search import MAX_ATOMS

LEAST: Final = 1e-9
FURTHER_COST: Final = 0.8  # parameters more for each atom after the first
_UNLIKELY: Final = 12.0  # in minus twice the logarithm of the likelihood


@numba.njit(**JIT, fastmath=FAST)
def dot(a: Any, b: Any) -> float:  # pragma: no cover (compiled)
    """Inner product."""
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


@numba.njit(**JIT)
def parameter_cost(count: int) -> float:  # pragma: no cover (compiled)
    """Price of a parameter: ln m, and as for 150 epochs where there are fewer."""
    return max(np.log(count), 5.0)


@numba.njit(**JIT)
def price_of(atom: Any, n: int, words: Words) -> float:  # pragma: no cover (compiled)
    """Parameters that ``n`` atoms take."""
    price = FURTHER_COST * (n - 1)
    for s in range(n):
        price += words.atoms.cost[atom[s]]
    return price


@numba.njit(**JIT)
def whiten_one(
    y: Any, keep: Any, take: Any, scale: Any, out: Any
) -> None:  # pragma: no cover (compiled)
    """Filter a series."""
    state = 0.0
    for i in range(len(y)):
        out[i] = (y[i] - state) * scale[i]
        if i + 1 < len(y):
            state = keep[i + 1] * state + take[i + 1] * y[i]


@numba.njit(**JIT, fastmath=FAST)
def _squares(
    y: Any, keep: Any, take: Any, scale2: Any, state: Any, out: Any
) -> None:  # pragma: no cover (compiled)
    """Squared length of a series after the filters of all pairs; filters are (m, q)."""
    for q in range(len(out)):
        state[q] = out[q] = 0.0
    before = 0.0
    for i in range(len(y)):
        value = y[i]
        for q in range(len(out)):
            state[q] = keep[i, q] * state[q] + take[i, q] * before
            off = value - state[q]
            out[q] += off * off * scale2[i, q]
        before = value


@numba.njit(**JIT)
def judge(
    filters: Filters, state: State, found: Found, first_time: bool
) -> None:  # pragma: no cover (compiled)
    """Judge the noise of every series without a search.

    The null model gets its best pair. The first time, the pair and the variance in use
    are those of the base model with knots, which stand for any course.
    """
    n_pairs, n_rich, m = filters.adjoint.shape
    p = filters.n_base
    work, squares, values = np.empty(n_pairs), np.empty(n_pairs), np.empty(n_pairs)
    for k in range(len(state.y)):
        if not first_time and found.n_atoms[k] == 0:
            continue
        y, count, least = state.y[k], state.n_values[k], np.inf
        state.null[k] = np.inf
        share = count / m
        _squares(y, filters.keep_m, filters.take_m, filters.scale2_m, work, squares)
        for q in range(n_pairs):
            left = squares[q]
            for j in range(p):
                left -= dot(filters.adjoint[q, j], y) ** 2
            left = max(left, LEAST)
            value = (count - p) * np.log(left) + share * filters.penalty[q, 0]
            values[q] = value
            if value < state.null[k]:
                state.null[k], state.null_pair[k] = value, q
            if not first_time:
                continue
            for j in range(p, n_rich):
                left -= dot(filters.adjoint[q, j], y) ** 2
            left, free = max(left, LEAST), max(count - n_rich, 1)
            value = free * np.log(left) + share * filters.penalty[q, 1]
            state.judged[k, q] = value
            if value < least:
                least, state.pair[k] = value, q
                state.variance[k] = left / free
        state.null[k] = over_all(values, n_pairs)


@numba.njit(**JIT)
def over_all(values: Any, n: int) -> float:  # pragma: no cover (compiled)
    """Criterion over all ``n`` pairs, each as likely beforehand: their mean likelihood.

    The least one would favour models that let a noise of their choice look good.
    """
    least, total = values[0], 0.0
    for q in range(n):
        least = min(least, values[q])
    for q in range(n):
        total += np.exp(-0.5 * (values[q] - least))
    return least - 2.0 * np.log(total / n)


@numba.njit(**JIT)
def judge_again(
    filters: Filters, words: Words, state: State, found: Found
) -> None:  # pragma: no cover (compiled)
    """Judge the noise of every series with the atoms found for it, and with its rivals.

    Each model gets its own noise: the first choice used one for all, and breaks can
    mimic a slow one. Whatever is not better than no atoms at all is dropped.
    """
    m = filters.adjoint.shape[2]
    space = np.empty((MAX_ATOMS + 1, m))
    parts = np.empty((MAX_ATOMS + 1, filters.n_base))
    best, other = np.empty(3), np.empty(3)
    for k in range(len(state.y)):
        n, limit = found.n_atoms[k], state.judged[k, state.pair[k]] + _UNLIKELY
        best[0], best[1], best[2] = np.inf, state.null_pair[k], state.variance[k]
        if n > 0:
            atom = found.atom[k]
            _weigh(k, atom, n, limit, filters, words, state, space, parts, best)
            for r in range(2):
                n, atom = found.n_rival[k, r], found.rival[k, r]
                if n == 0:
                    continue
                _weigh(k, atom, n, limit, filters, words, state, space, parts, other)
                if other[0] < best[0]:
                    found.n_atoms[k] = n
                    for s in range(n):
                        found.atom[k, s] = atom[s]
                    for s in range(3):
                        best[s] = other[s]
        if best[0] >= state.null[k]:
            found.n_atoms[k], best[1] = 0, state.null_pair[k]
        state.pair[k], state.variance[k] = np.int64(best[1]), best[2]


@numba.njit(**JIT)
def _weigh(
    k: int,
    atom: Any,
    n: int,
    limit: float,
    filters: Filters,
    words: Words,
    state: State,
    space: Any,
    parts: Any,
    out: Any,
) -> None:  # pragma: no cover (compiled)
    """Criterion of a model with its likeliest noise; ``out``: this, pair, variance.

    Pairs that were far less likely at first are left out.
    """
    count, p, m = state.n_values[k], filters.n_base, filters.adjoint.shape[2]
    free, least = max(count - p - n, 1), np.inf
    price = price_of(atom, n, words) * parameter_cost(count)
    values = np.empty(len(filters.white))
    for q in range(len(filters.white)):
        values[q] = np.inf
        if state.judged[k, q] > limit:
            continue
        spread = count / m * filters.penalty[q, 0]
        value, size = spread, 0.0
        for s in range(n + 1):
            raw = words.dictionary[atom[s]] if s < n else state.y[k]
            size = _orthogonal(raw, q, filters, space, parts, s)
            value += free * np.log(size) if s == n else np.log(size)
        if value < least:
            least, out[1], out[2] = value, q, size / free
        values[q] = (count - p) * np.log(size) + spread + price
    out[0] = over_all(values, len(values))


@numba.njit(**JIT, fastmath=FAST)
def _orthogonal(
    raw: Any, q: int, filters: Filters, space: Any, parts: Any, s: int
) -> float:  # pragma: no cover (compiled)
    """Put a filtered row in place ``s``, orthogonal to the base and the rows before.

    ``space`` holds filtered rows, ``parts`` their parts in the base model, which stay
    in the rows. Returns the squared length of what is left; the row gets length 1.
    """
    m, p = len(raw), filters.n_base
    whiten_one(raw, filters.keep[q], filters.take[q], filters.scale[q], space[s])
    size = dot(space[s], space[s])
    for j in range(p):
        parts[s, j] = dot(filters.adjoint[q, j], raw)
        size -= parts[s, j] * parts[s, j]
    for r in range(s):
        shared = dot(space[s], space[r]) - dot(parts[s], parts[r])
        for i in range(m):
            space[s, i] -= shared * space[r, i]
        for j in range(p):
            parts[s, j] -= shared * parts[r, j]
        size -= shared * shared
    size = max(size, LEAST)
    length = 1.0 / np.sqrt(size)
    for i in range(m):
        space[s, i] *= length
    for j in range(p):
        parts[s, j] *= length
    return size
