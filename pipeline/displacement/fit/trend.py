"""Trend, acceleration, seasons and steps of many series, in one pass over the data.

Model of a series (t in years from the middle of the time span, H the unit step):

    d(t) = b0 + annual + semi-annual cosine and sine + sum of s_k H(t - t_k)
         + b1 t + b2 t^2 + noise

The design matrix X is factored once for all series with the same epochs, X = QR, and a
series is read once (`trend_kernel`). The velocity belongs to the model without t^2, the
other quantities to the whole model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.displacement.fit import layout

DAYS_PER_YEAR: Final = 365.25
MINIMUM_SEASONAL_SPAN_D: Final = 548.0  # one and a half years (P)
N_SEASONAL: Final = 4
N_TERMS: Final = 3 + N_SEASONAL
"""Terms of a series that is long enough for seasons, without steps."""
NO_STEPS: Final[tuple[float, ...]] = ()
_WIDE: Final = 256  # columns that fit the cache in double precision


@dataclass(frozen=True, slots=True)
class TrendFit:
    """Fitted quantities of n series; NaN where they cannot be had.

    ``velocity_mm_per_yr`` belongs to the straight line with seasons and steps (as in
    the EGMS, which has no semi-annual term), the others to the model with t^2.
    ``rmse_mm`` is the root of the mean squared residual of the latter. Series too short
    for seasons have no acceleration: it could not be told from a season. ``step_mm`` is
    (n, steps), in the order of the dates given.
    """

    velocity_mm_per_yr: NDArray[np.float64]
    acceleration_mm_per_yr2: NDArray[np.float64]
    amplitude_mm: NDArray[np.float64]
    semiannual_mm: NDArray[np.float64]
    rmse_mm: NDArray[np.float64]
    n_epochs: NDArray[np.int64]
    step_mm: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Model:
    """Terms that some epochs can tell apart.

    Attributes
    ----------
    design
        Shape (m, p). Columns: one; annual cosine and sine and semi-annual ones (none
        in series shorter than one and a half years); steps; t; t^2.
    n_seasonal
        4, 2 without semi-annual terms, or 0 where the series is too short.
    step_at
        Which of the dates given have a column: those with epochs on both sides, and
        one of several between the same epochs.
    """

    design: NDArray[np.float64]
    n_seasonal: int
    step_at: tuple[int, ...]

    @property
    def line(self) -> NDArray[np.float64]:
        """Design without t^2, shape (m, p - 1)."""
        return self.design[:, :-1]

    @property
    def is_seasonal(self) -> bool:
        """Whether seasons are told from the trend."""
        return self.n_seasonal > 0


def series_model(
    time_d: NDArray[np.float64],
    steps_d: tuple[float, ...] = NO_STEPS,
    n_cycles: int = 2,
) -> Model:
    """Terms for some epochs.

    Parameters
    ----------
    time_d
        Shape (m,). Days, increasing.
    steps_d
        Days (same origin) from which on a step counts: the first epoch on or after it
        is the first behind the step.
    n_cycles
        2 for annual and semi-annual terms, 1 for annual ones alone (as in the EGMS).
    """
    years = (time_d - 0.5 * (time_d[0] + time_d[-1])) / DAYS_PER_YEAR
    columns = [np.ones_like(years)]
    n_seasonal = 0
    if time_d[-1] - time_d[0] >= MINIMUM_SEASONAL_SPAN_D:
        n_seasonal = 2 * n_cycles
        for cycles in range(1, n_cycles + 1):
            phase = 2.0 * np.pi * cycles * years
            columns += [np.cos(phase), np.sin(phase)]
    step_at: list[int] = []
    splits = {0, len(time_d)}
    for k, day in enumerate(steps_d):
        split = int(np.searchsorted(time_d, day))
        if split not in splits:
            splits.add(split)
            step_at.append(k)
            columns.append((time_d >= day).astype(np.float64))
    columns += [years, years**2]
    return Model(np.column_stack(columns), n_seasonal, tuple(step_at))


def design_matrix(time_d: NDArray[np.float64]) -> tuple[NDArray[np.float64], bool]:
    """Columns [1, annual cosine, annual sine, t, t^2], and whether the season counts.

    A series shorter than one and a half years has zeros in the annual columns.
    """
    years = (time_d - 0.5 * (time_d[0] + time_d[-1])) / DAYS_PER_YEAR
    seasonal = bool(time_d[-1] - time_d[0] >= MINIMUM_SEASONAL_SPAN_D)
    phase = 2.0 * np.pi * years
    annual = np.column_stack([np.cos(phase), np.sin(phase)]) * float(seasonal)
    columns = [np.ones_like(years), annual, years, years**2]
    return np.column_stack(columns), seasonal


def orthonormal_basis(
    design: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Q', padded to whole groups of rows, and R (p, p) of a design.

    The first column of the design is constant, and so is the first row of Q'.

    Raises
    ------
    ValueError
        If there are no more epochs than terms.
    """
    m, p = design.shape
    if m <= p:
        raise ValueError(f"{m} epochs cannot carry {p} terms")
    q, r = np.linalg.qr(design)
    signs = np.where(np.diag(r) < 0, -1.0, 1.0)
    n_rows = 1 + -(-(p - 1) // layout.GROUP) * layout.GROUP
    basis = np.zeros((n_rows, m))
    basis[:p] = (q * signs).T
    return basis, np.ascontiguousarray(r * signs[:, None])


@dataclass(frozen=True, slots=True)
class TrendTables:
    """What a fit takes from the epochs alone.

    ``basis`` and ``triangle`` are those of `orthonormal_basis`, ``solve`` is the
    inverse of the latter; ``n_steps`` counts the dates given.
    """

    model: Model
    basis: NDArray[np.float64]
    triangle: NDArray[np.float64]
    solve: NDArray[np.float64]
    n_steps: int


def trend_tables(
    time_d: NDArray[np.float64],
    steps_d: tuple[float, ...] = NO_STEPS,
    n_cycles: int = 2,
) -> TrendTables:
    """Tables for some epochs; parameters as in `fit_trends`."""
    model = series_model(time_d, steps_d, n_cycles)
    basis, triangle = orthonormal_basis(model.design)
    solve = np.asarray(np.linalg.inv(triangle), dtype=np.float64)
    return TrendTables(model, basis, triangle, solve, len(steps_d))


def fit_trends(
    displacement_mm: NDArray[np.float32],
    time_d: NDArray[np.float64],
    steps_d: tuple[float, ...] = NO_STEPS,
    *,
    n_cycles: int = 2,
    epochs_first: bool = False,
) -> TrendFit:
    """Fit the model to every series.

    Parameters
    ----------
    displacement_mm
        Shape (n, m), or (m, n) with ``epochs_first``. NaN where there is no value.
    time_d
        Shape (m,). Days, increasing; more epochs than terms.
    steps_d
        Days at which a step of unknown size is allowed for.
    n_cycles
        2 for annual and semi-annual terms, 1 for annual ones alone.

    Notes
    -----
    Method: docs/methods.md, "Trend of a displacement series".
    """
    tables = trend_tables(time_d, steps_d, n_cycles)
    return fit_tables(displacement_mm, tables, epochs_first=epochs_first)


def fit_tables(
    displacement_mm: NDArray[np.float32],
    tables: TrendTables,
    *,
    epochs_first: bool = False,
) -> TrendFit:
    """As `fit_trends`, for epochs whose tables are at hand.

    Rows are spread over all threads; columns are fitted on the thread that asks, so
    that several can fit parts of a grid at once.
    """
    values = np.ascontiguousarray(displacement_mm)
    out = _of_columns(values, tables) if epochs_first else _of_rows(values, tables)
    step_mm = np.full((out.shape[1], tables.n_steps), np.nan)
    step_mm[:, list(tables.model.step_at)] = out[layout.FIRST_STEP :].T
    return TrendFit(
        velocity_mm_per_yr=out[layout.VELOCITY],
        acceleration_mm_per_yr2=out[layout.ACCELERATION],
        amplitude_mm=out[layout.ANNUAL],
        semiannual_mm=out[layout.SEMIANNUAL],
        rmse_mm=out[layout.RMSE],
        n_epochs=out[layout.N_EPOCHS].astype(np.int64),
        step_mm=step_mm,
    )


def _of_rows(rows: NDArray[np.float32], tables: TrendTables) -> NDArray[np.float64]:
    """Results of series that stand as rows, by the compiled kernel."""
    from pipeline.displacement.fit.trend_kernel import fit_rows

    n_steps = len(tables.model.step_at)
    out = np.empty((layout.FIRST_STEP + n_steps, len(rows)))
    shape = (tables.model.n_seasonal, n_steps)
    fit_rows(rows, tables.basis, tables.triangle, tables.solve, shape, out)
    return out


def _of_columns(
    columns: NDArray[np.float32], tables: TrendTables
) -> NDArray[np.float64]:
    """Results of series that stand as columns, as grids do in their files.

    Matrix products of numpy: they take twice as long as a compiled kernel, but the
    start of the compiler's library takes as long as they need for a million cells.
    Series with gaps go to the kernel of rows, which also says what has no fit.
    """
    p, m, n = len(tables.solve), len(columns), columns.shape[1]
    c, squares = np.empty((p, n)), np.empty(n)
    room = np.empty((m, min(_WIDE, n)))
    with np.errstate(invalid="ignore"):  # gaps
        for start in range(0, n, _WIDE):
            some = slice(start, min(start + _WIDE, n))
            value = room[:, : some.stop - start]
            np.copyto(value, columns[:, some])
            value -= value[0].copy()  # keeps the squares small
            np.matmul(tables.basis[:p], value, out=c[:, some])
            np.einsum("ij,ij->j", value, value, out=squares[some])
        out = _from_projections(c, squares, m, tables)
    gaps = np.flatnonzero(np.isnan(squares))
    out[:, gaps] = np.nan
    out[layout.N_EPOCHS, gaps] = 0
    gaps = gaps[~np.isnan(columns[:, gaps]).all(axis=0)]
    if len(gaps):
        out[:, gaps] = _of_rows(np.ascontiguousarray(columns[:, gaps].T), tables)
    return out


def _from_projections(
    c: NDArray[np.float64],
    squares: NDArray[np.float64],
    n_epochs: int,
    tables: TrendTables,
) -> NDArray[np.float64]:
    """From projections (terms, n) and sums of squares of whole series to results."""
    n_seasonal, n_steps = tables.model.n_seasonal, len(tables.model.step_at)
    out = np.full((layout.FIRST_STEP + n_steps, len(squares)), np.nan)
    terms = tables.solve @ c
    rest = squares - np.einsum("ij,ij->j", c, c)
    out[layout.VELOCITY] = tables.solve[-2, -2] * c[-2]
    out[layout.RMSE] = np.sqrt(np.maximum(rest, 0.0) / n_epochs)
    out[layout.N_EPOCHS] = n_epochs
    if n_seasonal:
        out[layout.ACCELERATION] = 2.0 * terms[-1]
        out[layout.ANNUAL] = np.hypot(terms[1], terms[2])
    if n_seasonal == N_SEASONAL:
        out[layout.SEMIANNUAL] = np.hypot(terms[3], terms[4])
    first = 1 + n_seasonal
    out[layout.FIRST_STEP :] = terms[first : first + n_steps]
    return out
