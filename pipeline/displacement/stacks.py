"""Stacks of neighbouring points: robust means that stand out of the noise of one.

Points of one cell see the same ground, so cells are what is stacked. Before stacking,
line and season of each point are taken out, so that a point that is missing at an epoch
shifts nothing, and so are steps of half wavelengths out of rest (errors of unwrapping).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.displacement.fit.trend import DAYS_PER_YEAR

_CLIP: Final = 2.5
_REST: Final = 0.3  # P: share of a half wave that the steps before a jump stay below
_STEPS_BEFORE: Final = 3
_AROUND: Final = 4  # values on either side whose medians tell a jump
_SURE: Final = 3.0  # standard deviations of a step within which it is whole half waves
_OFF: Final = 0.2  # P: and the share of a half wave
_RIDGE: Final = 1e-6
_ALMOST_NOTHING_MM: Final = 1e-6


def cells_of(xy_m: NDArray[np.float64], cell_m: float) -> NDArray[np.int64]:
    """Rows of the points in each square cell, shape (cells, most); -1 where fewer."""
    cell = np.floor(xy_m / cell_m).astype(np.int64)
    _, member = np.unique(cell, axis=0, return_inverse=True)
    member = member.ravel()
    order = np.argsort(member, kind="stable")
    size = np.bincount(member)
    rows = np.full((len(size), size.max()), -1)
    column = np.arange(len(order)) - np.repeat(np.cumsum(size) - size, size)
    rows[member[order], column] = order
    return rows


def neighbours_of(
    cells: NDArray[np.int64], xy_m: NDArray[np.float64], reach_m: float, minimum: int
) -> NDArray[np.int64]:
    """Each cell with its nearest cells, ``2 minimum - 1`` at most within reach.

    Returns
    -------
    ndarray
        Shape (k, 2 minimum - 1). Rows of ``cells``, -1 where there are fewer; only
        neighbourhoods of at least ``minimum`` cells, without repetition.
    """
    from scipy.spatial import cKDTree

    most = 2 * minimum - 1
    there = cells >= 0
    padded = np.where(there[:, :, None], xy_m[cells], 0.0)
    centre = padded.sum(axis=1) / there.sum(axis=1)[:, None]
    distance, near = cKDTree(centre).query(
        centre, k=np.arange(1, most + 1), distance_upper_bound=reach_m
    )
    near = np.where(np.isfinite(distance), near, -1)
    near = near[(near >= 0).sum(axis=1) >= minimum]
    if len(near) == 0:
        return near
    _, first = np.unique(np.sort(near, axis=1), axis=0, return_index=True)
    return np.asarray(near[np.sort(first)])


def without_line_and_season(
    displacement_mm: NDArray[np.float64], time_d: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Series (n, m) less their line and annual terms, and the slopes (n,) in mm/yr.

    NaN stays NaN.
    """
    years = (time_d - time_d.mean()) / DAYS_PER_YEAR
    phase = 2.0 * np.pi * years
    design = np.column_stack([np.ones_like(years), years, np.cos(phase), np.sin(phase)])
    valid = np.isfinite(displacement_mm)
    n_terms = design.shape[1]
    squares = (design[:, :, None] * design[:, None, :]).reshape(-1, n_terms**2)
    gram = few_products(valid, squares).reshape(-1, n_terms, n_terms)
    gram += _RIDGE * np.eye(n_terms)
    moment = few_products(np.where(valid, displacement_mm, 0.0), design)
    terms = np.linalg.solve(gram, moment[:, :, None])[:, :, 0]
    rest = displacement_mm - few_products(terms, design.T)
    return rest, np.asarray(terms[:, 1], dtype=np.float64)


def few_products(a: NDArray, b: NDArray) -> NDArray[np.float64]:
    """Matrix product of the points of one facility.

    Not by BLAS, whose threads would wait for each other longer than they work.
    """
    return np.asarray(np.einsum("nm,mk->nk", a.astype(np.float64), b))


def without_jumps_from_rest(
    displacement_mm: NDArray[np.float64], half_wave_mm: float
) -> NDArray[np.float64]:
    """Series less steps of whole half wavelengths that come out of rest.

    A failure gathers speed; a step of a half wavelength between epochs that hardly
    moved is an error of unwrapping. The step and the levels of up to four values on
    either side must both tell it, so that neither single noisy values nor slips of
    another size are taken for one. Steps out of motion or into it stay.

    Parameters
    ----------
    displacement_mm
        Shape (n, m). NaN where there is no value.
    half_wave_mm
        0 where the wavelength is not known: nothing is then taken out.
    """
    mended = displacement_mm.copy()
    if half_wave_mm <= 0.0:
        return mended
    large = 0.5 * half_wave_mm
    steps = np.abs(np.diff(carried_on(mended), axis=1))
    for k in np.flatnonzero((steps > large).any(axis=1)):
        known = np.flatnonzero(np.isfinite(mended[k]))
        step = np.diff(mended[k, known])
        found = np.flatnonzero(np.abs(step) > large)
        if found.size == 0:
            continue
        noise = 1.4826 * float(np.median(np.abs(step)))
        limit = min(_SURE * noise, _OFF * half_wave_mm)
        for j in found:
            jump = np.round(step[j] / half_wave_mm) * half_wave_mm
            before = step[max(j - _STEPS_BEFORE, 0) : j]
            if (np.abs(before) >= _REST * half_wave_mm).any():
                continue
            held = mended[k, known]
            level = np.median(held[j + 1 : j + 1 + _AROUND]) - np.median(
                held[max(j + 1 - _AROUND, 0) : j + 1]
            )
            if abs(level - jump) < limit:
                mended[k, known[j + 1] :] -= jump
    return mended


def mean_of(series_mm: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean of some series at every epoch, their offsets aligned. Shapes (n, m), (m,).

    NaN where no series has a value.
    """
    values = series_mm.astype(np.float64)
    middle = nan_median(values, 1)
    return nan_mean(values - middle[:, None], 0)


def stacked(
    residual_mm: NDArray[np.float64], members: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Mean of some rows at every epoch, odd values pulled in to 2.5 robust sigma.

    Parameters
    ----------
    residual_mm
        Shape (c, m). NaN where there is no value.
    members
        Shape (n, k). Rows of each stack; -1 where it has fewer.

    Returns
    -------
    ndarray
        Shape (n, m). NaN where no row has a value.
    """
    padded = np.vstack([residual_mm, np.full(residual_mm.shape[1], np.nan)])
    values = padded[members]
    middle = nan_median(values, 1)
    off = values - middle[:, None]
    scale = 1.4826 * nan_median(np.abs(off).reshape(len(values), -1), 1)
    limit = (_CLIP * np.maximum(np.nan_to_num(scale), _ALMOST_NOTHING_MM))[
        :, None, None
    ]
    with np.errstate(invalid="ignore"):
        clipped = np.clip(off, -limit, limit)
    return np.asarray(middle + nan_mean(clipped, 1))


def nan_mean(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Mean of the values that are there; NaN where there is none."""
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def nan_median(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Median of the values that are there; NaN where there is none."""
    ordered = np.sort(values, axis=axis)
    count = np.isfinite(values).sum(axis=axis, keepdims=True)
    low = np.maximum((count - 1) // 2, 0)
    high = np.minimum(np.maximum(count // 2, 0), values.shape[axis] - 1)
    pair = [np.take_along_axis(ordered, k, axis=axis) for k in (low, high)]
    return np.asarray(0.5 * (pair[0] + pair[1]).squeeze(axis))


def carried_on(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows whose gaps take the value before them, 0 at the beginning. Shape kept."""
    known = np.isfinite(values)
    place = np.maximum.accumulate(
        np.where(known, np.arange(values.shape[1]), 0), axis=1
    )
    filled = np.take_along_axis(values, place, axis=1)
    return np.where(np.isfinite(filled), filled, 0.0)
