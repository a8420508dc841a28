"""Compiled fit of the course of a series: weigh models, date breaks, renew values.

Missing and odd values are replaced by what the model and its noise expect there, and
values far off are pulled in (pseudo-values; Huber 1981). At the optimum this solves the
same equations as leaving them out, and keeps the tables common to all series.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from pipeline.displacement.courses.noise import (
    LEAST,
    dot,
    parameter_cost,
    price_of,
    whiten_one,
)
from pipeline.displacement.courses.prepare import JIT, OBSERVED, middle
from pipeline.displacement.courses.records import Found, Pair, State, Words
from pipeline.displacement.courses.search import (
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
_MARGIN: Final = 8.0  # of the criterion, within which a model gets a second look


class Rooms(NamedTuple):
    """Scratch space of the search, and candidates with their criterion."""

    fine: Room
    coarse: Room
    c0: NDArray[np.float64]
    c_thin: NDArray[np.float64]
    weight: NDArray[np.float64]
    series: NDArray[np.float64]
    chosen: NDArray[np.int64]
    gains: NDArray[np.float64]
    value: NDArray[np.float64]
    least: NDArray[np.float64]
    best: NDArray[np.int64]
    picked: NDArray[np.int64]
    amount: NDArray[np.float64]
    error: NDArray[np.float64]
    date: NDArray[np.int64]


def make_rooms(words: Words) -> Rooms:
    """Scratch space of one thread."""
    a, thin, m = len(words.dictionary), len(words.thin), len(words.years)
    return Rooms(
        fine=make_room(a),
        coarse=make_room(thin),
        c0=np.empty(a),
        c_thin=np.empty(thin),
        weight=np.empty(a),
        series=np.empty((6, m)),
        chosen=np.zeros((3, MAX_ATOMS, MAX_ATOMS), dtype=np.int64),
        gains=np.zeros(MAX_ATOMS),
        value=np.empty((3, MAX_ATOMS)),
        least=np.empty(2),
        best=np.zeros((2, 2), dtype=np.int64),
        picked=np.zeros(MAX_ATOMS, dtype=np.int64),
        amount=np.zeros(MAX_ATOMS),
        error=np.zeros(MAX_ATOMS),
        date=np.zeros(3, dtype=np.int64),
    )


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
def _candidates(
    k: int,
    c0: Any,
    squares: float,
    spread: float,
    pair: Pair,
    words: Words,
    state: State,
    room: Rooms,
) -> None:  # pragma: no cover (compiled)
    """Best models by family and number of atoms, with their criterion, into ``room``.

    Families: hinges; hinges and steps; a smooth course and steps.
    """
    unit, free = parameter_cost(state.n_values[k]), state.n_values[k] - words.n_base
    cost, chosen, value = words.atoms.cost, room.chosen, room.value
    for i in range(len(words.thin)):
        room.c_thin[i] = c0[words.thin[i]]
    for family in range(3):
        for n in range(MAX_ATOMS):
            value[family, n] = np.inf
        n_found = search(
            room.c_thin,
            pair.gram_thin,
            family,
            MAX_ATOMS - family // 2,
            cost[0] * unit * state.variance[k],
            words.atoms_thin,
            room.coarse,
            chosen[family],
            room.gains,
        )
        for n in range(n_found):
            atom = chosen[family, n]
            for s in range(n + 1):
                atom[s] = words.thin[atom[s]]
            price = price_of(atom, n + 1, words)
            if room.gains[n] > 0.5 * price * unit * state.variance[k]:
                gain = move(
                    c0, pair.gram, atom, n + 1, words.reach, words.atoms, room.fine
                )
                left = max(squares - gain, LEAST)
                value[family, n] = free * np.log(left) + spread + price * unit
    parabola = words.atoms.n_both
    left = max(squares - c0[parabola] ** 2 / pair.gram[parabola, parabola], LEAST)
    plain = free * np.log(left) + spread + cost[parabola] * unit
    if plain < value[2, 0]:
        value[2, 0], chosen[2, 0, 0] = plain, parabola


@numba.njit(**JIT)
def _choose(
    k: int, limit: float, room: Rooms, found: Found
) -> int:  # pragma: no cover (compiled)
    """Atoms of the least criterion, below a limit, into ``room.picked``; their number.

    Its rivals, to be weighed again with noises of their own, go to ``found``: the best
    model of the other sort, and the one with an atom less.
    """
    value, best, least = room.value, room.best, room.least
    least[0] = least[1] = np.inf
    for family in range(3):
        sort = family // 2
        for n in range(MAX_ATOMS):
            if value[family, n] < least[sort]:
                least[sort] = value[family, n]
                best[sort, 0], best[sort, 1] = family, n
    sort = 1 if least[1] < least[0] else 0
    found.n_rival[k, 0] = found.n_rival[k, 1] = 0
    if least[sort] >= limit:
        return 0
    family, n = best[sort, 0], best[sort, 1]
    for s in range(n + 1):
        room.picked[s] = room.chosen[family, n, s]
    if n > 0 and value[family, n - 1] < np.inf:
        found.n_rival[k, 0] = n
        for s in range(n):
            found.rival[k, 0, s] = room.chosen[family, n - 1, s]
    if least[1 - sort] < np.inf:
        family, fewer = best[1 - sort, 0], best[1 - sort, 1]
        found.n_rival[k, 1] = fewer + 1
        for s in range(fewer + 1):
            found.rival[k, 1, s] = room.chosen[family, fewer, s]
    return n + 1


@numba.njit(**JIT)
def _hold(
    k: int,
    c0: Any,
    squares: float,
    spread: float,
    pair: Pair,
    words: Words,
    state: State,
    found: Found,
    room: Rooms,
) -> float:  # pragma: no cover (compiled)
    """Move the atoms found before, into ``room.picked``; returns their criterion."""
    unit, free = parameter_cost(state.n_values[k]), state.n_values[k] - words.n_base
    n = found.n_atoms[k]
    for s in range(n):
        room.picked[s] = found.atom[k, s]
    price = price_of(room.picked, n, words)
    gain = move(c0, pair.gram, room.picked, n, words.reach, words.atoms, room.fine)
    return free * np.log(max(squares - gain, LEAST)) + spread + price * unit


@numba.njit(**JIT)
def fit_rows(
    index: Any,
    number: int,
    pair: Pair,
    words: Words,
    state: State,
    found: Found,
    room: Rooms,
    last_time: bool,
) -> None:  # pragma: no cover (compiled)
    """Search, choose and fit the model of the given series, which share a pair.

    The last time, hinges are dated by their posterior; before, pseudo-values are made.
    """
    m, p = len(words.years), words.n_base
    z, u, fit = np.empty(m), np.empty(m), np.empty(m)
    picked, amount, error, date = room.picked, room.amount, room.error, room.date
    c0 = room.c0
    for k in index:
        y = state.y[k]
        whiten_one(y, pair.keep, pair.take, pair.scale, z)
        for j in range(p):
            part = dot(pair.basis[j], z)
            for i in range(m):
                z[i] -= part * pair.basis[j, i]
        squares, n = max(dot(z, z), LEAST), found.n_atoms[k]
        if not last_time or n > 0:
            _back_one(z, pair.keep, pair.take, pair.scale, u)
            _products(u, words, c0)
            spread = pair.spread * state.n_values[k] / m
            limit = state.null[k] + (0.0 if last_time else _MARGIN)
            if n > 0:
                held = _hold(k, c0, squares, spread, pair, words, state, found, room)
                limit = held
            if not last_time or found.pair[k] != number:
                _candidates(k, c0, squares, spread, pair, words, state, room)
                other = _choose(k, limit, room, found)
                n = other if other > 0 else n
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
                    room.fine,
                    room.weight,
                    date,
                )
                picked[s] = date[0]
                found.date[k, s, 0], found.date[k, s, 1] = date[1], date[2]
        gain = solve_atoms(c0, pair.gram, picked, n, room.fine, amount, error)
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
                state.held[k],
                state.kept[k],
                fit,
                pair.decay,
                pair.white,
                y,
                room.series,
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
