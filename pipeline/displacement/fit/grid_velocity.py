"""Rates of every cell of a MintPy time series, piece by piece.

Each thread reads a piece and fits it while it lies in the cache; what needs many cells
at once, outliers and errors, follows for batches of pieces. So memory follows the batch
and not the grid.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from queue import SimpleQueue
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import input_error
from pipeline.displacement.fit.grid_rates import QUANTITIES, TO_MM, GridRates
from pipeline.displacement.fit.trend import (
    N_TERMS,
    TrendFit,
    TrendTables,
    fit_tables,
    trend_tables,
)
from pipeline.displacement.reading import mintpy_grid
from pipeline.displacement.reading.epoch_stack import EpochStack, Piece
from pipeline.displacement.reading.hdf import need, open_hdf5

_BATCH_CELLS: Final = 16_384
_KIND: Final = "timeseries"


def fit_grid(
    path: Path,
    steps: tuple[date, ...] = (),
    *,
    outlier_sigma: float | None = None,
    with_errors: bool = True,
) -> GridRates:
    """Fit every cell of a time series.

    Parameters
    ----------
    path
        File of type timeseries, metres.
    steps
        First days behind stated steps.
    outlier_sigma
        Single epochs further out are pulled in; None keeps them.
    with_errors
        Whether standard errors are worked out.

    Raises
    ------
    InputError
        If it is another file, its unit or dates are missing, or no cell has values.
    """
    with open_hdf5(path) as handle:
        attributes = mintpy_grid.read_attributes(handle)
        kind = attributes.get("FILE_TYPE", "no such attribute")
        if kind != _KIND:
            expected = f"a file of type {_KIND}; for other products write a .parquet"
            raise mintpy_grid.not_this_format(path, kind, expected)
        mintpy_grid.check_unit(attributes, "m", path)
        stack = need(handle, _KIND, path)
        epoch = mintpy_grid.read_dates(need(handle, "date", path), path)
        _check_epochs(path, len(epoch), len(stack), len(steps))
        time_d = (epoch - epoch[0]).astype(np.int64).astype(np.float64)
        days = tuple(_day(step, epoch[0]) for step in steps)
        task = _Task(time_d, days, outlier_sigma, with_errors)
        names = [n for n in QUANTITIES if with_errors or n != "velocity_std"]
        layers = {n: np.full(stack.shape[1:], np.nan, dtype=np.float32) for n in names}
        with EpochStack(stack, path) as epochs:
            for piece, found in _fitted(epochs, task):
                for name in names:
                    values = found[name].reshape(piece.shape)
                    layers[name][piece.rows, piece.columns] = values
        reference = _reference_cell(attributes, stack.shape[1:])
        if reference is not None:
            layers["velocity"][reference] = 0.0  # by definition
    grid = GridRates(layers, attributes, epoch[0], epoch[-1], len(epoch))
    if grid.n_fitted <= (reference is not None):
        raise input_error(
            path,
            field=_KIND,
            found="no cell with values in enough epochs",
            expected="displacement values in some of the cells",
            fix="check the export of the product, and what it writes for no data",
        )
    return grid


def _check_epochs(path: Path, n_dates: int, n_layers: int, n_steps: int) -> None:
    if n_dates != n_layers:
        raise input_error(
            path,
            field="date",
            found=f"{n_dates} dates for {n_layers} epochs",
            expected="one date for each epoch",
            fix="write the file again",
        )
    least = N_TERMS + n_steps + 1
    if n_dates <= least:
        raise input_error(
            path,
            field="date",
            found=f"{n_dates} epochs",
            expected=f"more than {least}, for a rate with its error",
            fix="give a longer series",
        )


def _day(step: date, first: np.datetime64) -> float:
    return float((np.datetime64(step, "D") - first).astype(np.int64))


def _reference_cell(
    attributes: dict[str, str], shape: tuple[int, int]
) -> tuple[int, int] | None:
    """Row and column of the cell that is zero on all epochs by definition."""
    try:
        row, column = int(attributes["REF_Y"]), int(attributes["REF_X"])
    except (KeyError, ValueError):
        return None
    return (row, column) if 0 <= row < shape[0] and 0 <= column < shape[1] else None


@dataclass(frozen=True, slots=True)
class _Task:
    """What is asked of each cell; attributes as in `fit_grid`."""

    time_d: NDArray[np.float64]
    days: tuple[float, ...]
    outlier_sigma: float | None
    with_errors: bool

    @property
    def needs_rows(self) -> bool:
        """Whether series are needed once more after the first fit."""
        return self.with_errors or self.outlier_sigma is not None


@dataclass(frozen=True, slots=True)
class _Fitted:
    """A piece: its fit, the cells that hold a series, and these as rows (held, m)."""

    piece: Piece
    fit: TrendFit
    held: NDArray[np.int64]
    rows: NDArray[np.float32]


def _fitted(
    epochs: EpochStack, task: _Task
) -> Iterator[tuple[Piece, dict[str, NDArray[np.float64]]]]:
    """Layers of all pieces; the next batch is read and fitted meanwhile."""
    tables = trend_tables(task.time_d, task.days)
    n_threads = _n_processors()
    rooms: SimpleQueue[NDArray[np.float32]] = SimpleQueue()
    for _ in range(n_threads):
        rooms.put(epochs.room())

    def fit(piece: Piece) -> _Fitted:
        room = rooms.get()
        try:
            return _fit_piece(piece, epochs.read(piece, room), tables, task)
        finally:
            rooms.put(room)

    with ThreadPoolExecutor(n_threads) as pool:
        batches = _batches(epochs.pieces)
        ahead = [pool.submit(fit, piece) for piece in next(batches)]
        while ahead:
            done = [future.result() for future in ahead]
            ahead = [pool.submit(fit, piece) for piece in next(batches, [])]
            found = _layers(done, task, tables)
            yield from zip((part.piece for part in done), found, strict=True)


def _n_processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _batches(pieces: list[Piece]) -> Iterator[list[Piece]]:
    """Pieces together until they have enough cells."""
    batch: list[Piece] = []
    for piece in pieces:
        batch.append(piece)
        if sum(p.n_cells for p in batch) >= _BATCH_CELLS:
            yield batch
            batch = []
    if batch:
        yield batch


def _fit_piece(
    piece: Piece, block: NDArray[np.float32], tables: TrendTables, task: _Task
) -> _Fitted:
    fit = fit_tables(block, tables, epochs_first=True)
    held = np.flatnonzero(np.isfinite(fit.rmse_mm) & (fit.rmse_mm > 0.0))
    rows = np.empty((0, len(block)), dtype=np.float32)
    if task.needs_rows:
        some = block if len(held) == block.shape[1] else block[:, held]
        rows = np.ascontiguousarray(some.T)
    return _Fitted(piece, fit, held, rows)


def _layers(
    parts: list[_Fitted], task: _Task, tables: TrendTables
) -> list[dict[str, NDArray[np.float64]]]:
    """Layers of each piece, mm; NaN for cells without values."""
    errors: list[NDArray[np.float64] | None] = [None] * len(parts)
    if task.needs_rows:
        rows = np.concatenate([part.rows for part in parts])
        ends = np.cumsum([len(part.held) for part in parts])[:-1]
        wider = np.ones(len(rows))
        if task.outlier_sigma is not None and len(rows):
            rows, wider, fits = _without_outliers(rows, task, tables, ends)
            parts = [
                replace(part, fit=_replaced(part.fit, fit, part.held))
                for part, fit in zip(parts, fits, strict=True)
            ]
        if task.with_errors:
            errors = list(np.split(_errors(rows, task) * wider, ends))
    return [_layers_of(part, std) for part, std in zip(parts, errors, strict=True)]


def _layers_of(
    part: _Fitted, velocity_std: NDArray[np.float64] | None
) -> dict[str, NDArray[np.float64]]:
    fit = part.fit
    columns = {
        "velocity": fit.velocity_mm_per_yr,
        "acceleration": fit.acceleration_mm_per_yr2,
        "annual": fit.amplitude_mm,
        "semiannual": fit.semiannual_mm,
        "rmse": fit.rmse_mm,
    }
    layers = {}
    for name, column in columns.items():
        layers[name] = np.full(len(column), np.nan)
        layers[name][part.held] = column[part.held] * TO_MM
    if velocity_std is not None:
        layers["velocity_std"] = np.full(len(fit.rmse_mm), np.nan)
        layers["velocity_std"][part.held] = velocity_std * TO_MM
    return layers


def _without_outliers(
    rows: NDArray[np.float32],
    task: _Task,
    tables: TrendTables,
    ends: NDArray[np.int64],
) -> tuple[NDArray[np.float32], NDArray[np.float64], list[TrendFit]]:
    """Series with outliers pulled in, factors on their errors, fits of each piece."""
    from pipeline.displacement.fit.outliers import pull_in

    if task.outlier_sigma is None:
        raise ValueError("no limit of outliers")
    moved = pull_in(rows, task.time_d, task.outlier_sigma, task.days)
    fit = fit_tables(moved.displacement_mm, tables)
    columns = [np.split(getattr(fit, name), ends) for name in TrendFit.__slots__]
    fits = [TrendFit(*values) for values in zip(*columns, strict=True)]
    return moved.displacement_mm, moved.widen(fit.n_epochs), fits


def _errors(rows: NDArray[np.float32], task: _Task) -> NDArray[np.float64]:
    from pipeline.displacement.fit.noise import standard_errors

    return standard_errors(rows, task.time_d, task.days).velocity_std_mm_per_yr


def _replaced(fit: TrendFit, some: TrendFit, at: NDArray[np.int64]) -> TrendFit:
    """Fit in which some of the series are replaced."""
    columns = {}
    for name in TrendFit.__slots__:
        column = getattr(fit, name).copy()
        column[at] = getattr(some, name)
        columns[name] = column
    return TrendFit(**columns)
