"""Compiled fit of the course of a series: weigh models, date breaks, renew values.

Missing and odd values are replaced by what the model and its noise expect there, and
values far off are pulled in (pseudo-values; Huber 1981). At the optimum this solves the
same equations as leaving them out, and keeps the tables common to all series.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

from pipeline.displacement.course_noise import LEAST, dot, parameter_cost, whiten_one
from pipeline.displacement.course_prepare import JIT, OBSERVED, middle
from pipeline.displacement.course_records import Found, Pair, State, Words
from pipeline.displacement.course_search import (
    MAX_ATOMS,
    Room,
    date_hinge,
    make_room,
    move,
    search,
    solve_atoms,
)

_MAD_TO_SIGMA: Final = 1.4826
_CLIP_SIGMA: Final = 3.5


@numba.njit(**JIT)
def _back_one(
    z: Any, keep: Any, take: Any, scale: Any, out: Any
) -> None:  # pragma: no cover (compiled)
    """Transposed filter."""
    carried = 0.0
    for i in range(len(z) - 1, -1, -1):
        scaled = scale[i] * z[i]
        out[i] = scaled
        if i + 1 < len(z):
            out[i] += take[i + 1] * carried
            carried = keep[i + 1] * carried
        carried -= scaled


@numba.njit(**JIT)
def _products(u: Any, words: Words, c0: Any) -> None:  # pragma: no cover (compiled)
    """Products with all atoms: hinges and steps by sums from the end."""
    epoch, years = words.atoms.epoch, words.years
    h, both = words.atoms.n_hinges, words.atoms.n_both
    bend, step = h - 1, both - 1
    plain = weighted = 0.0
    for i in range(len(u) - 1, -1, -1):
        if bend >= 0 and epoch[bend] == i:
            c0[bend] = weighted - years[i] * plain
            bend -= 1
        plain += u[i]
        weighted += u[i] * years[i]
        if step >= h and epoch[step] == i:
            c0[step] = plain
            step -= 1
    for s in range(both, len(c0)):
        c0[s] = dot(words.dictionary[s], u)


@numba.njit(**JIT)
def _smooth_out(
    rest: Any, kept: Any, decay: Any, white: float, out: Any, room: Any
) -> None:  # pragma: no cover (compiled)
    """Red part of the residuals, from the observed ones before and after."""
    red, m = 1.0 - white, len(rest)
    x, p = 0.0, red
    for i in range(m):
        if i > 0:
            x *= decay[i]
            p = decay[i] ** 2 * p + (1.0 - decay[i] ** 2) * red
        room[0, i], room[1, i] = x, p
        if kept[i] == OBSERVED:
            gain = p / (p + white)
            x += gain * (rest[i] - x)
            p *= 1.0 - gain
        room[2, i], room[3, i] = x, p
    out[m - 1] = room[2, m - 1]
    for i in range(m - 2, -1, -1):
        back = room[3, i] * decay[i + 1] / max(room[1, i + 1], LEAST)
        out[i] = room[2, i] + back * (out[i + 1] - room[0, i + 1])


@numba.njit(**JIT)
def _renew(
    held: Any, kept: Any, fit: Any, decay: Any, white: float, y: Any, room: Any
) -> None:  # pragma: no cover (compiled)
    """Pseudo-values: pull far values in, put what is expected where none is."""
    m, n = len(y), 0
    rest, work = room[4], room[5]
    for i in range(m):
        rest[i] = held[i] - fit[i]
        if kept[i] == OBSERVED:
            work[n] = abs(rest[i])
            n += 1
    clip = _CLIP_SIGMA * max(_MAD_TO_SIGMA * middle(work, n), 1e-3)
    for i in range(m):
        rest[i] = min(max(rest[i], -clip), clip)
        y[i] = fit[i] + rest[i]
    if n < m:
        _smooth_out(rest, kept, decay, white, work, room)
        for i in range(m):
            if kept[i] != OBSERVED:
                y[i] = fit[i] + work[i]


@numba.njit(**JIT)
def _choose(
    k: int,
    c0: Any,
    squares: float,
    spread: float,
    pair: Pair,
    words: Words,
    state: State,
    fine: Room,
    coarse: Room,
    chosen: Any,
    gains: Any,
    found: Found,
    only_kept: bool,
    kept: Any,
) -> int:  # pragma: no cover (compiled)
    """Atoms of the least criterion, into ``chosen[0, 0]``; returns their number.

    Atoms found before are moved and weighed again; with ``only_kept`` no others are
    looked for. ``kept`` is scratch.
    """
    unit, free = parameter_cost(state.n_values[k]), state.n_values[k] - words.n_base
    c_thin = np.empty(len(words.thin))
    for i in range(len(words.thin)):
        c_thin[i] = c0[words.thin[i]]
    cost, null = words.atoms.cost, state.null[k]
    least, best = np.array([null, null, null]), np.zeros(3, dtype=np.int64)
    if found.n_atoms[k] > 0:
        price, n = 0.0, found.n_atoms[k]
        for s in range(n):
            kept[s] = found.atom[k, s]
            price += cost[kept[s]]
        gain = move(c0, pair.gram, kept, n, words.reach, words.atoms, fine)
        before = free * np.log(max(squares - gain, LEAST)) + spread + price * unit
        if only_kept:
            for s in range(n):
                chosen[0, 0, s] = kept[s]
            return n if before < null else 0
        if before < null:
            least[:], best[0] = before, -n
    for family in range(3):
        worth = cost[0] * unit * state.variance[k]
        n_found = search(
            c_thin,
            pair.gram_thin,
            family,
            MAX_ATOMS - family // 2,
            worth,
            words.atoms_thin,
            coarse,
            chosen[family],
            gains,
        )
        for n in range(n_found):
            price = 0.0
            for s in range(n + 1):
                j = words.thin[chosen[family, n, s]]
                chosen[family, n, s] = j
                price += cost[j]
            if gains[n] < 0.5 * price * unit * state.variance[k]:
                continue
            gain = move(
                c0, pair.gram, chosen[family, n], n + 1, words.reach, words.atoms, fine
            )
            left = max(squares - gain, LEAST)
            value = free * np.log(left) + spread + price * unit
            if value < least[family]:
                least[family], best[family] = value, n + 1
    parabola = words.atoms.n_both
    gain = c0[parabola] ** 2 / pair.gram[parabola, parabola]
    left = max(squares - gain, LEAST)
    value = free * np.log(left) + spread + cost[parabola] * unit
    if value < least[2]:
        least[2], best[2] = value, 1
        chosen[2, 0, 0] = parabola
    breaks = 1 if least[1] < least[0] else 0
    family = 2 if least[2] < least[breaks] else breaks
    found.n_other[k] = best[2] if family < 2 else 0
    for s in range(best[2]):
        found.other[k, s] = chosen[2, best[2] - 1, s]
    if best[family] < 0:
        for s in range(-best[family]):
            chosen[0, 0, s] = kept[s]
        return -best[family]
    for s in range(best[family]):
        chosen[0, 0, s] = chosen[family, best[family] - 1, s]
    return best[family]


@numba.njit(**JIT)
def fit_rows(
    index: Any,
    number: int,
    pair: Pair,
    words: Words,
    state: State,
    found: Found,
    last_time: bool,
) -> None:  # pragma: no cover (compiled)
    """Search, choose and fit the model of the given series, which share a pair.

    The last time, hinges are dated by their posterior; before, pseudo-values are made.
    """
    m, p, a = len(words.years), words.n_base, len(words.dictionary)
    z, u, fit = np.empty(m), np.empty(m), np.empty(m)
    c0, weight, scratch = np.empty(a), np.empty(a), np.empty((6, m))
    fine, coarse = make_room(a), make_room(len(words.thin))
    chosen = np.zeros((3, MAX_ATOMS, MAX_ATOMS), dtype=np.int64)
    kept = np.zeros(MAX_ATOMS, dtype=np.int64)
    gains, amount, error = np.zeros(MAX_ATOMS), np.zeros(MAX_ATOMS), np.zeros(MAX_ATOMS)
    date = np.zeros(3, dtype=np.int64)
    for k in index:
        y, picked = state.y[k], chosen[0, 0]
        whiten_one(y, pair.keep, pair.take, pair.scale, z)
        for j in range(p):
            part = dot(pair.basis[j], z)
            for i in range(m):
                z[i] -= part * pair.basis[j, i]
        squares, n = max(dot(z, z), LEAST), 0
        if not last_time or found.n_atoms[k] > 0:
            _back_one(z, pair.keep, pair.take, pair.scale, u)
            _products(u, words, c0)
            spread = pair.spread * state.n_values[k] / m
            n = _choose(
                k,
                c0,
                squares,
                spread,
                pair,
                words,
                state,
                fine,
                coarse,
                chosen,
                gains,
                found,
                last_time and found.pair[k] == number,
                kept,
            )
        for s in range(n if last_time else 0):
            found.date[k, s, 0] = found.date[k, s, 1] = -1
            if picked[s] < words.atoms.n_hinges:
                variance = state.variance[k]
                date_hinge(
                    s,
                    c0,
                    pair.gram,
                    picked,
                    n,
                    variance,
                    words.atoms,
                    fine,
                    weight,
                    date,
                )
                picked[s] = date[0]
                found.date[k, s, 0], found.date[k, s, 1] = date[1], date[2]
        gain = solve_atoms(c0, pair.gram, picked, n, fine, amount, error)
        state.variance[k] = max(squares - gain, LEAST) / max(
            state.n_values[k] - p - 2 * n, 1
        )
        found.n_atoms[k], found.pair[k] = n, number
        for s in range(n):
            found.atom[k, s], found.amplitude[k, s] = picked[s], amount[s]
            found.error[k, s] = error[s] * np.sqrt(state.variance[k])
        found.rate[k] = _fitted(y, picked, amount, n, pair, words, u, fit)
        if not last_time:
            _renew(
                state.held[k], state.kept[k], fit, pair.decay, pair.white, y, scratch
            )


@numba.njit(**JIT)
def _fitted(
    y: Any, picked: Any, amount: Any, n: int, pair: Pair, words: Words, u: Any, fit: Any
) -> float:  # pragma: no cover (compiled)
    """Fitted values, into ``fit``; returns the rate of the base model."""
    m, rate = len(y), 0.0
    for i in range(m):
        u[i], fit[i] = y[i], 0.0
    for s in range(n):
        for i in range(m):
            part = amount[s] * words.dictionary[picked[s], i]
            u[i] -= part
            fit[i] += part
    for j in range(words.n_base):
        part = dot(pair.solve[j], u)
        if j == 1:
            rate = part
        for i in range(m):
            fit[i] += part * words.design[j, i]
    return rate
