"""Annual maxima of station series: which years count, and what the values are means of.

A year counts where enough of its steps have a value; a maximum of half a year would be
too low. Values of 10 days or a month are means: single days are higher.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

DAYS_PER_YEAR: Final = 365.25


@dataclass(frozen=True, slots=True)
class Maxima:
    """Annual maxima of one station.

    ``years`` are those in which the year (from its first month) begins. ``step_d`` is
    the usual distance of two dates in days; None where there is one value a year.
    ``left_out`` are years with too few values.
    """

    station: str
    years: tuple[int, ...]
    values: tuple[float, ...]
    left_out: tuple[int, ...]
    step_d: float | None


def annual_maxima(
    station: str,
    dates: Sequence[pd.Timestamp],
    values: Sequence[float],
    *,
    first_month: int,
    least_share: float,
) -> Maxima:
    """Largest value of every year that is covered well enough.

    Parameters
    ----------
    dates, values
        One step each; NaN is missing. Dates must not repeat.
    first_month
        Month in which a year begins: 1, or 10 for a hydrological year.
    least_share
        Share (0 to 1) of the steps of a year that must have a value.

    Raises
    ------
    ValueError
        If a date stands twice, or there is no value.
    """
    frame = pd.Series(
        np.asarray(values, dtype=np.float64), pd.DatetimeIndex(list(dates))
    )
    if frame.index.has_duplicates:
        again = frame.index[frame.index.duplicated()][0]
        raise ValueError(f"{station}: the date {again:%Y-%m-%d} stands twice")
    frame = frame.sort_index()
    if not frame.notna().any():
        raise ValueError(f"{station}: there is no value")
    index = pd.DatetimeIndex(frame.index)
    year = index.year - (index.month < first_month).astype(int)
    counted = frame.groupby(np.asarray(year))
    step_d = _step_d(index)
    steps = 1 if step_d is None else max(1, round(DAYS_PER_YEAR / step_d))
    enough = counted.count() >= least_share * steps
    largest = counted.max()
    return Maxima(
        station,
        tuple(int(y) for y in largest.index[enough]),
        tuple(float(x) for x in largest[enough]),
        tuple(int(y) for y in largest.index[~enough]),
        step_d,
    )


def _step_d(dates: pd.DatetimeIndex) -> float | None:
    """Median distance of the dates in days; None from 200 days on."""
    if len(dates) < 2:
        return None
    days = np.diff(dates.to_numpy()) / np.timedelta64(1, "D")
    step = float(np.median(days))
    return None if step > 200 else step
