"""Records that the compiled parts of the course of a series work on.

Arrays of one record share their first axis unless told otherwise; the kernels fill
`State` and `Found` in place.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Atoms(NamedTuple):
    """Order of a dictionary: hinges, steps, smooth courses.

    ``epoch`` (a,) of the atoms, ``n_hinges``, ``n_both`` where steps and where smooth
    ones begin, ``gaps`` (2,) least epochs between hinges and between steps, ``cost``
    (a,) parameters that each atom takes.
    """

    epoch: NDArray[np.int64]
    n_hinges: int
    n_both: int
    gaps: NDArray[np.int64]
    cost: NDArray[np.float64]


class State(NamedTuple):
    """Series of a chunk while they are judged (n series, m epochs).

    ``held`` (n, m) the values with gaps filled, ``y`` (n, m) the same with pseudo
    values, ``kept`` (n, m) what each value is, ``n_values`` (n,) how many are observed,
    ``pair`` (n,) the noise in use, ``judged`` (n, q) how unlikely each noise is,
    ``null`` and ``null_pair`` (n,) the criterion without atoms and its noise,
    ``variance`` (n,) of the noise.
    """

    held: NDArray[np.float64]
    y: NDArray[np.float64]
    kept: NDArray[np.uint8]
    n_values: NDArray[np.int64]
    pair: NDArray[np.int64]
    judged: NDArray[np.float64]
    null: NDArray[np.float64]
    null_pair: NDArray[np.int64]
    variance: NDArray[np.float64]


class Found(NamedTuple):
    """Models of n series: noise, atoms with amplitude, error and date, base rate.

    ``rival`` (n, 2, .) holds the atoms of two models that came near.
    """

    pair: NDArray[np.int64]
    n_atoms: NDArray[np.int64]
    atom: NDArray[np.int64]
    n_rival: NDArray[np.int64]
    rival: NDArray[np.int64]
    amplitude: NDArray[np.float64]
    error: NDArray[np.float64]
    date: NDArray[np.int64]
    rate: NDArray[np.float64]


class Filters(NamedTuple):
    """Filters that make the noise of each pair white (q pairs, m epochs).

    The state of the red part is forecast as ``s[i+1] = keep[i+1] s[i] + take[i+1]
    y[i]``; ``(y[i] - s[i]) scale[i]`` is white. The names with ``_m`` hold the same as
    (m, q), the scale squared. ``decay`` is the correlation of the red parts of an epoch
    and the one before, ``white`` and ``tau`` (q,) tell the pair. ``adjoint``
    (q, p + r, m) gives the products of unfiltered values with the filtered orthonormal
    base model of ``n_base`` terms, then with r knots; ``penalty`` (q, 2) is minus twice
    the likelihood's parts without residuals, for the base model and with the knots.
    """

    keep: NDArray[np.float64]
    take: NDArray[np.float64]
    scale: NDArray[np.float64]
    keep_m: NDArray[np.float64]
    take_m: NDArray[np.float64]
    scale2_m: NDArray[np.float64]
    decay: NDArray[np.float64]
    white: NDArray[np.float64]
    tau: NDArray[np.float64]
    adjoint: NDArray[np.float64]
    penalty: NDArray[np.float64]
    n_base: int


class Words(NamedTuple):
    """Dictionary and base model of the epochs (a atoms, t of them thinned out).

    ``dictionary`` (a, m), ``design`` (p, m), ``thin`` (t,) the atoms of the thinned
    dictionary, ``reach`` atoms between two of them.
    """

    years: NDArray[np.float64]
    design: NDArray[np.float64]
    dictionary: NDArray[np.float64]
    atoms: Atoms
    thin: NDArray[np.int64]
    atoms_thin: Atoms
    reach: int
    n_base: int


class Pair(NamedTuple):
    """Tables of one noise, with its filter (a atoms, t thinned, p base terms).

    ``gram`` (a, a) products of the atoms, filtered and without their part in the base
    model, ``gram_thin`` (t, t) of the thinned ones; ``basis`` (p, m) filtered
    orthonormal base model, ``solve`` (p, m) turns values into base coefficients.
    """

    gram: NDArray[np.float64]
    gram_thin: NDArray[np.float64]
    basis: NDArray[np.float64]
    solve: NDArray[np.float64]
    keep: NDArray[np.float64]
    take: NDArray[np.float64]
    scale: NDArray[np.float64]
    decay: NDArray[np.float64]
    white: float
    spread: float
