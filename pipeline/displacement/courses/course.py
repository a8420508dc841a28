"""Course of displacement series: breaks, consolidation, acceleration, jumps.

Base model: constant, straight line, annual and semi-annual terms, and steps at given
dates. On it some breaks (changes of rate) and steps of the line, or one smooth course
(parabola, exponential or logarithmic settlement, growing exponential) with some steps,
are chosen by the least

    (m - p) ln(SSE) + ln|C| + ln|X' C^-1 X| + parameters * ln(m),

where C is the correlation of white plus first-order autoregressive noise and SSE the
squared residuals filtered by it, so that correlated noise makes no breaks. Method:
docs/methods.md, "Course of a series".
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

from pipeline.displacement.courses.kernel import fit_rows, make_rooms
from pipeline.displacement.courses.noise import judge, judge_again
from pipeline.displacement.courses.prepare import (
    LEAST_EPOCHS,
    MAX_JUMPS,
    MOST_OFF,
    prepare,
)
from pipeline.displacement.courses.records import Found, State
from pipeline.displacement.courses.search import MAX_ATOMS
from pipeline.displacement.courses.tables import (
    CourseTables,
)
from pipeline.displacement.fit.trend import MINIMUM_SEASONAL_SPAN_D

C_BAND_HALF_WAVE_MM: Final = 27.73288
CHUNK: Final = 2048
_CLEAR: Final = 10.0  # half waves over the error of a step that is told by its size
_SURE: Final = 2.5  # errors within which a step equals whole half waves


class Kind(StrEnum):
    """Course of a series."""

    STEADY = "steady"
    BREAKS = "breaks"
    STEPS = "steps"
    CONSOLIDATION = "consolidation"
    DECELERATION = "deceleration"
    ACCELERATION = "acceleration"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Course:
    """Courses of n series with m epochs; unused places hold -1 or NaN.

    Attributes
    ----------
    kind
        Shape (n,). Values of `Kind`; unknown with too few epochs or a span below one
        and a half years, in which a season cannot be told from a change.
    n_breaks, break_epoch, break_low_epoch, break_high_epoch
        Shapes (n,), (n, 4). Number of breaks of the rate; indices of their epochs, and
        of the epochs that hold each with 95 % probability if the model is right.
    slope_mm_per_yr
        Shape (n, 5). Rates from segment to segment.
    n_steps, step_epoch, step_mm, step_error_mm
        Shapes (n,), (n, 4). Offsets that are no unwrapping jumps; the epoch is the
        first one after the step.
    n_jumps, jump_epoch, jump_mm
        Shapes (n,), (n, 12). Steps of whole half wavelengths, in order of time.
    sigma_mm, white_fraction, tau_d
        Shape (n,). Noise of an epoch, its white share and time of the grid.
    """

    kind: NDArray[np.str_]
    n_breaks: NDArray[np.int64]
    break_epoch: NDArray[np.int64]
    break_low_epoch: NDArray[np.int64]
    break_high_epoch: NDArray[np.int64]
    slope_mm_per_yr: NDArray[np.float64]
    n_steps: NDArray[np.int64]
    step_epoch: NDArray[np.int64]
    step_mm: NDArray[np.float64]
    step_error_mm: NDArray[np.float64]
    n_jumps: NDArray[np.int64]
    jump_epoch: NDArray[np.int64]
    jump_mm: NDArray[np.float64]
    sigma_mm: NDArray[np.float64]
    white_fraction: NDArray[np.float64]
    tau_d: NDArray[np.float64]


def find_courses(
    displacement_mm: NDArray[np.float32],
    time_d: NDArray[np.float64],
    *,
    half_wave_mm: float | None,
    steps_d: tuple[float, ...] = (),
    n_threads: int | None = None,
) -> Course:
    """Find the course of every series.

    Parameters
    ----------
    displacement_mm
        Shape (n, m). NaN where there is no value.
    time_d
        Shape (m,). Days, increasing.
    half_wave_mm
        Half the wavelength of the radar: steps by multiples of it are unwrapping
        jumps. None where it is unknown, or where the series is no line of sight: then
        no step is a jump.
    steps_d
        Days at which a step is allowed for (an earthquake, a remediation).
    n_threads
        Threads; by default as many as numba has. The result does not depend on it.
    """
    rows = np.ascontiguousarray(displacement_mm, dtype=np.float32)
    n, m = rows.shape
    span_d = time_d[-1] - time_d[0] if m else 0.0
    if m < LEAST_EPOCHS or span_d < MINIMUM_SEASONAL_SPAN_D or not n:
        return _unknown(n)
    tables = _tables(np.asarray(time_d, dtype=np.float64).tobytes(), steps_d)
    wave = 0.0 if half_wave_mm is None else half_wave_mm
    chunks = [rows[start : start + CHUNK] for start in range(0, n, CHUNK)]
    workers = min(n_threads or numba.get_num_threads(), len(chunks))
    if workers == 1:
        return _joined([_chunk(rows, tables, wave) for rows in chunks])
    with ThreadPoolExecutor(workers) as pool:
        return _joined(list(pool.map(lambda part: _chunk(part, tables, wave), chunks)))


@lru_cache(maxsize=4)
def _tables(time_d: bytes, steps_d: tuple[float, ...]) -> CourseTables:
    """Tables of epochs; those of the newest few are kept."""
    return CourseTables(np.frombuffer(time_d), steps_d)


def without_jumps(
    displacement_mm: NDArray[np.float32], course: Course
) -> NDArray[np.float32]:
    """Copy of the series, shape (n, m), with unwrapping jumps taken out."""
    moved = displacement_mm.astype(np.float32, copy=True)
    for k in np.flatnonzero(course.n_jumps > 0):
        for i in range(course.n_jumps[k]):
            moved[k, course.jump_epoch[k, i] :] -= course.jump_mm[k, i]
    return moved


def _chunk(rows: NDArray[np.float32], tables: CourseTables, wave: float) -> Course:
    """Courses of some series."""
    n, m = rows.shape
    state = State(
        held=np.empty((n, m)),
        y=np.empty((n, m)),
        kept=np.zeros((n, m), dtype=np.uint8),
        n_values=np.zeros(n, dtype=np.int64),
        pair=np.zeros(n, dtype=np.int64),
        judged=np.zeros((n, len(tables.filters.white))),
        null=np.full(n, np.inf),
        null_pair=np.zeros(n, dtype=np.int64),
        variance=np.zeros(n),
    )
    found = Found(
        pair=np.full(n, -1),
        n_atoms=np.zeros(n, dtype=np.int64),
        atom=np.zeros((n, MAX_ATOMS), dtype=np.int64),
        n_rival=np.zeros((n, 2), dtype=np.int64),
        rival=np.zeros((n, 2, MAX_ATOMS), dtype=np.int64),
        amplitude=np.zeros((n, MAX_ATOMS)),
        error=np.zeros((n, MAX_ATOMS)),
        date=np.full((n, MAX_ATOMS, 2), -1),
        rate=np.full(n, np.nan),
    )
    n_jumps = np.zeros(n, dtype=np.int64)
    jump_epoch = np.full((n, MAX_JUMPS), -1)
    jump_turns = np.zeros((n, MAX_JUMPS))
    prepare(
        rows,
        wave,
        state.held,
        state.kept,
        state.n_values,
        n_jumps,
        jump_epoch,
        jump_turns,
    )
    state.y[:] = state.held
    known = state.n_values >= LEAST_EPOCHS
    judge(tables.filters, state, found, True)
    _fit(known, tables, state, found, last_time=False)
    judge(tables.filters, state, found, False)
    judge_again(tables.filters, tables.words, state, found)
    _fit(known, tables, state, found, last_time=True)
    none = known & (found.n_atoms == 0) & (state.pair != state.null_pair)
    state.pair[none] = state.null_pair[none]
    _fit(none, tables, state, found, last_time=True)
    return _course(known, tables, state, found, (n_jumps, jump_epoch, jump_turns), wave)


def _fit(
    known: NDArray[np.bool_],
    tables: CourseTables,
    state: State,
    found: Found,
    *,
    last_time: bool,
) -> None:
    """Fit all known series, by pairs."""
    words = tables.words
    room = make_rooms(words)
    for pair in np.unique(state.pair[known]).tolist():
        index = np.flatnonzero(known & (state.pair == pair))
        fit_rows(index, pair, tables.pair(pair), words, state, found, room, last_time)


def _course(
    known: NDArray[np.bool_],
    tables: CourseTables,
    state: State,
    found: Found,
    taken: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
    wave: float,
) -> Course:
    """Name what was found."""
    words = tables.words.atoms
    both = words.n_both
    used = np.arange(MAX_ATOMS)[None, :] < found.n_atoms[:, None]
    used &= known[:, None]
    is_hinge = used & (found.atom < words.n_hinges)
    is_smooth = used & (found.atom >= both)
    is_step = used & ~is_hinge & ~is_smooth
    epoch = words.epoch[found.atom]
    is_jump = np.zeros_like(is_step)
    turns = np.zeros(found.amplitude.shape)
    if wave > 0.0:
        turns = np.round(found.amplitude / wave)
        off = np.abs(found.amplitude - turns * wave)
        limit = np.minimum(_SURE * found.error, MOST_OFF * wave)
        is_jump = is_step & (turns != 0.0) & (off < limit)
        is_jump &= found.error < wave / _CLEAR
    is_step &= ~is_jump
    at, (low, high, change) = _in_time(
        is_hinge, epoch, found.date[:, :, 0], found.date[:, :, 1], found.amplitude
    )
    slope = np.full((len(known), MAX_ATOMS + 1), np.nan)
    slope[:, 0] = np.where(known, found.rate, np.nan)
    slope[:, 1:] = slope[:, :1] + np.cumsum(change, axis=1)
    step_at, (step, error) = _in_time(is_step, epoch, found.amplitude, found.error)
    n_taken, taken_epoch, taken_turns = taken
    early = np.arange(MAX_JUMPS)[None, :] < n_taken[:, None]
    jump_at, (jump,) = _in_time(
        np.hstack([early, is_jump]),
        np.hstack([taken_epoch, epoch]),
        wave * np.hstack([taken_turns, turns]),
    )
    pair = state.pair
    return Course(
        kind=_kinds(known, is_hinge, is_step, is_smooth, found, tables),
        n_breaks=is_hinge.sum(axis=1),
        break_epoch=at,
        break_low_epoch=np.where(at < 0, -1, np.nan_to_num(low, nan=-1)).astype(int),
        break_high_epoch=np.where(at < 0, -1, np.nan_to_num(high, nan=-1)).astype(int),
        slope_mm_per_yr=slope,
        n_steps=is_step.sum(axis=1),
        step_epoch=step_at,
        step_mm=step,
        step_error_mm=error,
        n_jumps=early.sum(axis=1) + is_jump.sum(axis=1),
        jump_epoch=jump_at,
        jump_mm=jump,
        sigma_mm=np.where(known, np.sqrt(state.variance), np.nan),
        white_fraction=np.where(known, tables.filters.white[pair], np.nan),
        tau_d=np.where(known, tables.filters.tau[pair], np.nan),
    )


def _in_time(
    chosen: NDArray[np.bool_], epoch: NDArray[np.int64], *values: NDArray
) -> tuple[NDArray[np.int64], list[NDArray[np.float64]]]:
    """Epochs and values of the chosen places in order of time, -1 and NaN after."""
    order = np.argsort(np.where(chosen, epoch, np.iinfo(np.int64).max), axis=1)
    there = np.take_along_axis(chosen, order, axis=1)
    at = np.where(there, np.take_along_axis(epoch, order, axis=1), -1)
    sorted_values = [
        np.where(there, np.take_along_axis(value, order, axis=1), np.nan)
        for value in values
    ]
    return at, sorted_values


def _kinds(
    known: NDArray[np.bool_],
    is_hinge: NDArray[np.bool_],
    is_step: NDArray[np.bool_],
    is_smooth: NDArray[np.bool_],
    found: Found,
    tables: CourseTables,
) -> NDArray[np.str_]:
    """Name every course; a smooth one by whether its speed grows or falls."""
    kind = np.full(len(known), str(Kind.STEADY), dtype="<U16")
    kind[is_step.any(axis=1)] = str(Kind.STEPS)
    kind[is_hinge.any(axis=1)] = str(Kind.BREAKS)
    rows = np.flatnonzero(is_smooth.any(axis=1))
    place = is_smooth[rows].argmax(axis=1)
    shape = found.atom[rows, place] - tables.words.atoms.n_both
    speed = found.rate[rows, None] + (
        found.amplitude[rows, place][:, None] * tables.smooth.speed[shape]
    )
    grows = np.abs(speed[:, 1]) > np.abs(speed[:, 0])
    falling = np.where(
        tables.smooth.settles[shape], str(Kind.CONSOLIDATION), str(Kind.DECELERATION)
    )
    kind[rows] = np.where(grows, str(Kind.ACCELERATION), falling)
    kind[~known] = str(Kind.UNKNOWN)
    return kind


def _unknown(n: int) -> Course:
    """Courses of series that are too short."""
    nothing, none = np.full(n, np.nan), np.zeros(n, dtype=np.int64)
    no_epoch, no_value = np.full((n, MAX_ATOMS), -1), np.full((n, MAX_ATOMS), np.nan)
    jumps = MAX_JUMPS + MAX_ATOMS
    return Course(
        kind=np.full(n, str(Kind.UNKNOWN), dtype="<U16"),
        n_breaks=none,
        break_epoch=no_epoch,
        break_low_epoch=no_epoch,
        break_high_epoch=no_epoch,
        slope_mm_per_yr=np.full((n, MAX_ATOMS + 1), np.nan),
        n_steps=none,
        step_epoch=no_epoch,
        step_mm=no_value,
        step_error_mm=no_value,
        n_jumps=none,
        jump_epoch=np.full((n, jumps), -1),
        jump_mm=np.full((n, jumps), np.nan),
        sigma_mm=nothing,
        white_fraction=nothing,
        tau_d=nothing,
    )


def _joined(parts: list[Course]) -> Course:
    """Courses of all parts, one after the other."""
    if len(parts) == 1:
        return parts[0]
    return Course(
        **{
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in Course.__slots__
        }
    )
