"""Compiled search for the atoms of a course: orthogonal matching with exchange.

Works on products alone: ``c0`` (a,) of the series with all atoms, ``gram`` (a, a) of
the atoms, both after filtering and without their part in the base model. Atoms are
added one by one, each the one that explains most, and each is chosen again while the
others stand (Bai and Perron 2003 for breaks). The search runs on a thinned dictionary;
`move` then goes to the best neighbours in the whole one.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from pipeline.displacement.courses.prepare import FAST, JIT
from pipeline.displacement.courses.records import Atoms

MAX_ATOMS: Final = 4
NONE: Final = np.int64(-1)
_LEAST: Final = 1e-9
_COLLINEAR: Final = 1e-4
_EXCHANGES: Final = 2


class Room(NamedTuple):
    """Scratch space of the search in a dictionary of ``a`` atoms."""

    c: NDArray[np.float64]
    g: NDArray[np.float64]
    w: NDArray[np.float64]
    members: NDArray[np.int64]
    lower: NDArray[np.float64]
    z: NDArray[np.float64]
    x: NDArray[np.float64]
    current: NDArray[np.int64]


def make_room(a: int) -> Room:
    """Scratch space."""
    many = MAX_ATOMS + 1
    return Room(
        c=np.empty(a),
        g=np.empty(a),
        w=np.empty((many, a)),
        members=np.zeros(many, dtype=np.int64),
        lower=np.zeros((many, many)),
        z=np.zeros(many),
        x=np.zeros(many),
        current=np.zeros(many, dtype=np.int64),
    )


@numba.njit(**JIT, fastmath=FAST)
def _take(
    j: int, n: int, gram: Any, room: Room
) -> float:  # pragma: no cover (compiled)
    """Make all atoms orthogonal to atom ``j``; returns what it explains."""
    c, g, w = room.c, room.g, room.w
    norm = 1.0 / np.sqrt(max(g[j], _LEAST))
    part = c[j] * norm
    row, made = gram[j], w[n]
    for k in range(len(c)):
        made[k] = row[k]
    for s in range(n):
        before, shared = w[s], w[s, j]
        for k in range(len(c)):
            made[k] -= shared * before[k]
    for k in range(len(c)):
        made[k] *= norm
        c[k] -= made[k] * part
        g[k] -= made[k] * made[k]
    return part * part


@numba.njit(**JIT)
def _stand(
    c0: Any, gram: Any, chosen: Any, n: int, skip: int, room: Room
) -> float:  # pragma: no cover (compiled)
    """Start again and take all chosen atoms but one; returns what they explain."""
    for k in range(len(c0)):
        room.c[k] = c0[k]
        room.g[k] = gram[k, k]
    total, taken = 0.0, np.int64(0)
    for s in range(n):
        if s != skip:
            total += _take(chosen[s], taken, gram, room)
            taken += 1
    return total


@numba.njit(**JIT)
def _is_near(
    k: int, chosen: Any, n: int, skip: int, atoms: Atoms
) -> bool:  # pragma: no cover (compiled)
    """Whether an atom lies too near to a chosen one of its own kind."""
    bends = k < atoms.n_hinges
    for s in range(n):
        j = chosen[s]
        if s == skip or (j < atoms.n_hinges) != bends or j >= atoms.n_both:
            continue
        if abs(atoms.epoch[j] - atoms.epoch[k]) < atoms.gaps[0 if bends else 1]:
            return True
    return False


@numba.njit(**JIT)
def _best(
    low: int,
    high: int,
    gram: Any,
    chosen: Any,
    n: int,
    skip: int,
    atoms: Atoms,
    room: Room,
) -> int:  # pragma: no cover (compiled)
    """Atom of a range that explains most and is not too near; -1 if there is none."""
    c, g = room.c, room.g
    best, most = -1, 0.0
    for k in range(low, high):
        if c[k] * c[k] <= most * g[k] or g[k] <= _COLLINEAR * gram[k, k]:
            continue
        if not _is_near(k, chosen, n, skip, atoms):
            best, most = k, c[k] * c[k] / g[k]
    return best


@numba.njit(**JIT)
def search(
    c0: Any,
    gram: Any,
    family: int,
    most: int,
    worth: float,
    atoms: Atoms,
    room: Room,
    chosen: Any,
    gains: Any,
) -> int:  # pragma: no cover (compiled)
    """Choose 1 to ``most`` atoms, each number refined; returns the largest number.

    In family 0 all are hinges, in family 1 hinges or steps, in family 2 the first is a
    smooth course and the others are steps. No more are looked for where two together
    explain less than they are ``worth``. Row n - 1 of ``chosen`` gets the best n atoms,
    ``gains[n - 1]`` what they explain.
    """
    current = room.current
    first = (0, atoms.n_hinges if family == 0 else atoms.n_both)
    other = first
    if family == 2:
        first, other = (atoms.n_both, len(c0)), (atoms.n_hinges, atoms.n_both)
    for n in range(most):
        _stand(c0, gram, current, n, NONE, room)
        low, high = first if n == 0 else other
        best = _best(low, high, gram, current, n, NONE, atoms, room)
        if best < 0:
            return n
        current[n] = best
        for _ in range(_EXCHANGES if n else 0):
            moved = False
            for s in range(n + 1):
                _stand(c0, gram, current, n + 1, s, room)
                low, high = first if s == 0 else other
                best = _best(low, high, gram, current, n + 1, s, atoms, room)
                if best >= 0 and best != current[s]:
                    current[s] = best
                    moved = True
            if not moved:
                break
        gains[n] = _stand(c0, gram, current, n + 1, NONE, room)
        for s in range(n + 1):
            chosen[n, s] = current[s]
        before = gains[n - 2] if n > 1 else 0.0
        if n > 0 and gains[n] - before < worth:
            return n + 1
    return most


@numba.njit(**JIT)
def _extend(
    j: int, size: int, c0: Any, gram: Any, room: Room
) -> float:  # pragma: no cover (compiled)
    """Add an atom to the factor of some; returns what it adds, -1 if it is a sum."""
    members, lower, z = room.members, room.lower, room.z
    value, amount = gram[j, j], c0[j]
    for r in range(size):
        part = gram[members[r], j]
        for q in range(r):
            part -= lower[r, q] * lower[size, q]
        part /= lower[r, r]
        lower[size, r] = part
        value -= part * part
        amount -= part * z[r]
    if value <= _COLLINEAR * gram[j, j]:
        return -1.0
    members[size] = j
    lower[size, size] = np.sqrt(value)
    z[size] = amount / lower[size, size]
    return z[size] * z[size]


@numba.njit(**JIT)
def move(
    c0: Any, gram: Any, chosen: Any, n: int, reach: int, atoms: Atoms, room: Room
) -> float:  # pragma: no cover (compiled)
    """Move each hinge or step to the best of its neighbours, the others standing.

    ``reach`` atoms to both sides are tried. Returns what all chosen atoms explain.
    """
    total = 0.0
    for s in range(n):
        size, total = np.int64(0), 0.0
        for place in range(n):
            if place != s:
                gain = _extend(chosen[place], size, c0, gram, room)
                if gain >= 0.0:
                    total += gain
                    size += 1
        lead = chosen[s]
        low, high = lead, lead + 1
        if lead < atoms.n_both:
            bends = lead < atoms.n_hinges
            low = max(lead - reach, 0 if bends else atoms.n_hinges)
            high = min(lead + reach + 1, atoms.n_hinges if bends else atoms.n_both)
        most, best = 0.0, lead
        for k in range(low, high):
            gain = _extend(k, size, c0, gram, room)
            if gain > most and not _is_near(k, chosen, n, s, atoms):
                most, best = gain, k
        chosen[s] = best
        total += most
    return total


@numba.njit(**JIT)
def date_hinge(
    slot: int,
    c0: Any,
    gram: Any,
    chosen: Any,
    n: int,
    variance: float,
    atoms: Atoms,
    room: Room,
    weight: Any,
    out: Any,
) -> None:  # pragma: no cover (compiled)
    """Date a hinge by the posterior over all epochs, the other atoms standing.

    The change of rate has a flat prior and is integrated out. ``out`` gets the atom in
    the middle of the five epochs with the largest probability, and the epochs at 2.5
    and 97.5 % of the whole.
    """
    _stand(c0, gram, chosen, n, slot, room)
    c, g, n_hinges = room.c, room.g, atoms.n_hinges
    peak = -np.inf
    for k in range(n_hinges):
        weight[k] = -np.inf
        if g[k] > _COLLINEAR * gram[k, k] and not _is_near(k, chosen, n, slot, atoms):
            weight[k] = 0.5 * c[k] * c[k] / (g[k] * variance) - 0.5 * np.log(g[k])
            peak = max(peak, weight[k])
    total = 0.0
    for k in range(n_hinges):
        weight[k] = np.exp(weight[k] - peak) if weight[k] > peak - 40.0 else 0.0
        total += weight[k]
    best, most, below = chosen[slot], -1.0, 0.0
    out[1] = out[2] = -1
    for k in range(n_hinges):
        mass = 0.0
        for j in range(max(k - 2, 0), min(k + 3, n_hinges)):
            mass += weight[j]
        if mass > most and weight[k] > 0.0:
            best, most = k, mass
        below += weight[k]
        if out[1] < 0 and below >= 0.025 * total:
            out[1] = atoms.epoch[k]
        if out[2] < 0 and below >= 0.975 * total:
            out[2] = atoms.epoch[k]
    out[0] = best


@numba.njit(**JIT)
def solve_atoms(
    c0: Any, gram: Any, chosen: Any, n: int, room: Room, amount: Any, error: Any
) -> float:  # pragma: no cover (compiled)
    """Amplitudes and errors per unit of noise of atoms; returns what they explain.

    An atom that is a sum of the others gets zero.
    """
    size, total = np.int64(0), 0.0
    for s in range(n):
        amount[s] = error[s] = 0.0
        gain = _extend(chosen[s], size, c0, gram, room)
        if gain >= 0.0:
            total += gain
            size += 1
    lower, z, x = room.lower, room.z, room.x
    for i in range(size - 1, -1, -1):
        value = z[i]
        for k in range(i + 1, size):
            value -= lower[k, i] * x[k]
        x[i] = value / lower[i, i]
    place = np.int64(0)
    for s in range(n):
        if place < size and room.members[place] == chosen[s]:
            amount[s] = x[place]
            place += 1
    place = np.int64(0)
    for s in range(n):
        if place < size and room.members[place] == chosen[s]:
            error[s] = _error(lower, size, place, x)
            place += 1
    return total


@numba.njit(**JIT)
def _error(lower: Any, n: int, s: int, x: Any) -> float:  # pragma: no cover (compiled)
    """Root of a diagonal element of the inverse of L L', from a column of 1 / L."""
    total = 0.0
    for i in range(s, n):
        value = 1.0 if i == s else 0.0
        for k in range(s, i):
            value -= lower[i, k] * x[k]
        x[i] = value / lower[i, i]
        total += x[i] * x[i]
    return np.sqrt(total)
