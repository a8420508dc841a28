"""Neighbourhoods of points that speed up, alone or against the ground around them.

Noise that all points share (atmosphere) stays in the stack of a neighbourhood; the
same stack less that of natural ground nearby is free of most of it. Both are judged:
the first sees motion of everything, the second motion of the dam.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.methods.displacement import SpeedUpMethods
from pipeline.displacement.fit.trend import DAYS_PER_YEAR
from pipeline.displacement.stacks import (
    carried_on,
    cells_of,
    neighbours_of,
    stacked,
    without_jumps_from_rest,
    without_line_and_season,
)
from pipeline.displacement.warning.speedup import (
    LONGEST_D,
    Kinks,
    are_rather_steps,
    find_kinks,
)

FEWEST_VALUES: Final = 20
FEWEST_STABLE_CELLS: Final = 5


@dataclass(frozen=True, slots=True)
class Grouping:
    """How points are grouped: side of a cell, reach of neighbours, how many agree."""

    cell_m: float
    reach_m: float
    minimum: int


@dataclass(frozen=True, slots=True)
class SpeedUp:
    """Points (n,) whose neighbourhood speeds up, and what is seen in the clearest one.

    ``score`` is the change of rate over its error, ``change_mm_per_yr`` the change,
    ``excess_mm`` the displacement beyond line and season, ``since_epochs`` the epochs
    since it began.
    """

    flagged: NDArray[np.bool_]
    score: float
    change_mm_per_yr: float
    excess_mm: float
    since_epochs: int


def find_speed_up(
    displacement_mm: NDArray[np.float32],
    time_d: NDArray[np.float64],
    xy_m: NDArray[np.float64],
    able: NDArray[np.bool_],
    stable: NDArray[np.bool_],
    half_wave_mm: float,
    grouping: Grouping,
    choices: SpeedUpMethods,
) -> SpeedUp:
    """Find the neighbourhoods that speed up now.

    Parameters
    ----------
    displacement_mm, time_d, xy_m
        Shapes (n, m), (m,), (n, 2).
    able, stable
        Shape (n,). Points that are judged; points on natural ground.
    half_wave_mm
        Size of an error of unwrapping; 0 where it is not known.
    grouping, choices
        What is a neighbourhood; when it counts.
    """
    nothing = SpeedUp(np.zeros(len(able), dtype=bool), 0.0, 0.0, 0.0, 0)
    recent = time_d >= time_d[-1] - LONGEST_D
    time = time_d[recent]
    values = displacement_mm[:, recent].astype(np.float64)
    enough = np.isfinite(values).sum(axis=1) >= FEWEST_VALUES
    rows = np.flatnonzero(able & enough)
    if len(rows) == 0:
        return nothing
    cells = cells_of(xy_m[rows], grouping.cell_m)
    near = neighbours_of(cells, xy_m[rows], grouping.reach_m, grouping.minimum)
    if len(near) == 0:
        return nothing
    cell = _cell_series(values[rows], time, cells, half_wave_mm)
    ground = _ground(values, time, xy_m, stable & enough, half_wave_mm, grouping.cell_m)
    best = nothing
    for reference in (np.zeros(len(time)), ground):
        if reference is None:
            continue
        found, clearest = _judged(cell - reference, near, time, grouping, choices)
        if clearest is None:
            continue
        flagged = np.zeros(len(able), dtype=bool)
        members = cells[found].ravel()
        flagged[rows[members[members >= 0]]] = True
        best = _clearest(best, flagged, *clearest)
    return best


def _cell_series(
    values: NDArray[np.float64],
    time_d: NDArray[np.float64],
    cells: NDArray[np.int64],
    half_wave_mm: float,
) -> NDArray[np.float64]:
    """Stack of each cell, shape (c, m), with the mean slope of its points put back.

    Without its slope a settlement that decays would look like one that starts.
    """
    mended = without_jumps_from_rest(values, half_wave_mm)
    rest, slope = without_line_and_season(mended, time_d)
    mean_slope = stacked(slope[:, None], cells)
    years = (time_d - time_d[-1]) / DAYS_PER_YEAR
    return stacked(rest, cells) + mean_slope * years


def _ground(
    values: NDArray[np.float64],
    time_d: NDArray[np.float64],
    xy_m: NDArray[np.float64],
    stable: NDArray[np.bool_],
    half_wave_mm: float,
    cell_m: float,
) -> NDArray[np.float64] | None:
    """Stack of the natural ground, shape (m,); None where there is too little."""
    rows = np.flatnonzero(stable)
    if len(rows) == 0:
        return None
    cells = cells_of(xy_m[rows], cell_m)
    if len(cells) < FEWEST_STABLE_CELLS:
        return None
    each = _cell_series(values[rows], time_d, cells, half_wave_mm)
    whole = stacked(each, np.arange(len(each))[None, :])
    return np.asarray(carried_on(whole)[0])


def _judged(
    cell_mm: NDArray[np.float64],
    near: NDArray[np.int64],
    time_d: NDArray[np.float64],
    grouping: Grouping,
    choices: SpeedUpMethods,
) -> tuple[NDArray[np.int64], tuple[Kinks, int] | None]:
    """Cells that speed up with their neighbours, and the clearest neighbourhood."""
    stack = carried_on(stacked(cell_mm, near))
    kinks = find_kinks(stack, time_d, choices.persistence_epochs)
    chosen = np.flatnonzero(
        (kinks.score[:, 0] > choices.sigma)
        & (kinks.score[:, 1:] > choices.sigma_before).all(axis=1)
        & (np.abs(kinks.excess_mm) >= choices.minimum_excess_mm)
    )
    if chosen.size:
        chosen = chosen[~are_rather_steps(stack[chosen], time_d)]
    agreeing: list[NDArray[np.int64]] = []
    clearest: tuple[Kinks, int] | None = None
    for k in chosen[np.argsort(-kinks.score[chosen, 0], kind="stable")]:
        members = near[k][near[k] >= 0]
        one = find_kinks(
            carried_on(cell_mm[members]), time_d, 1, (int(kinks.window[k]),)
        )
        same = one.change_mm_per_yr * kinks.change_mm_per_yr[k] > 0.0
        agree = same & (one.score[:, 0] > choices.sigma_cell)
        if agree.sum() >= grouping.minimum:
            agreeing.append(members[agree])
            clearest = clearest or (kinks, int(k))
    if not agreeing:
        return np.empty(0, dtype=np.int64), None
    return np.unique(np.concatenate(agreeing)), clearest


def _clearest(
    best: SpeedUp, flagged: NDArray[np.bool_], kinks: Kinks, k: int
) -> SpeedUp:
    """Union of the points; the figures are those of the higher score."""
    either = best.flagged | flagged
    score = float(kinks.score[k, 0])
    if score <= best.score:
        return SpeedUp(
            either,
            best.score,
            best.change_mm_per_yr,
            best.excess_mm,
            best.since_epochs,
        )
    return SpeedUp(
        either,
        score,
        float(kinks.change_mm_per_yr[k]),
        float(kinks.excess_mm[k]),
        int(kinks.window[k]),
    )
