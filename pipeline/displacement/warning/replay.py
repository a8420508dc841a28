"""What a run on the day of each epoch would have said of a facility.

A level is a function of the epochs up to a day, never of later ones and never of the
level before. So it does not matter whether epochs are judged one by one as they arrive
or all at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from pipeline.core.config import DisplacementStep
from pipeline.displacement.analysis import fit_source, near_facility, reaches, subset
from pipeline.displacement.facility import judge
from pipeline.displacement.fit.source_fit import steps_of
from pipeline.displacement.places import Place
from pipeline.displacement.search import points_within
from pipeline.displacement.series import PointSeries

_MANY_POINTS: Final = 1000


@dataclass(frozen=True, slots=True)
class Judged:
    """Columns of status and level of a facility, judged with the epochs up to a day."""

    day: str
    columns: dict[str, Any]


def days_to_judge(
    place: Place, series: Sequence[PointSeries], after: str | None, since: str | None
) -> list[np.datetime64]:
    """Days of epochs of any source near a place that are still to be judged.

    Parameters
    ----------
    after
        Day that was judged last; None if none was.
    since
        Where none was judged before, the first day that is wanted; the newest alone
        if None.
    """
    near = [one.epoch for one in series if _points_near(one, place).size]
    days = np.unique(np.concatenate(near)) if near else np.empty(0, "datetime64[D]")
    if after is not None:
        return list(days[days > np.datetime64(after)])
    if since is not None:
        return list(days[days >= np.datetime64(since)])
    return list(days[-1:])


def judge_days(
    place: Place,
    series: Sequence[PointSeries],
    days: Sequence[np.datetime64],
    reference: date | None,
    stated: Sequence[DisplacementStep] = (),
) -> tuple[list[Judged], Judged]:
    """Judge a facility on some days, and on the reference day with all epochs.

    Parameters
    ----------
    stated
        Steps of known cause, which are no motion; those after a day do not count yet.

    Returns
    -------
    tuple
        One result for each of ``days``, with ages counted from that day; and the
        result for the reference day.
    """
    near = [subset(one, _points_near(one, place)) for one in series]
    with _threads_for(sum(one.n_points for one in near)):
        if not days:
            return [], _judged(place, near, None, (reference,), stated)[0]
        found = [
            _judged(place, near, day, (_date(day),), stated)[0] for day in days[:-1]
        ]
        newest = days[-1]
        own_day, now = _judged(place, near, newest, (_date(newest), reference), stated)
        return [*found, own_day], now


@contextmanager
def _threads_for(n_points: int) -> Iterator[None]:
    """One thread for the compiled kernels where there are few points.

    Threads that wait for work of a hundred points take more time than the work.
    """
    before = numba.get_num_threads()
    numba.set_num_threads(1 if n_points < _MANY_POINTS else before)
    try:
        yield
    finally:
        numba.set_num_threads(before)


def _judged(
    place: Place,
    series: Sequence[PointSeries],
    day: np.datetime64 | None,
    references: tuple[date | None, ...],
    stated: Sequence[DisplacementStep],
) -> list[Judged]:
    """Result of the epochs up to a day (None: all) for some reference days."""
    area, methods = place.area, place.methods
    known = [until(one, day) for one in series]
    known = [one for one in known if one.epoch.size or not _has_epochs(one, series)]
    near = []
    n_covering = 0
    for own in known:
        source = fit_source(own, methods, steps_of(own, stated, [area]))
        n_covering += reaches(source, area)
        found = near_facility(source, area)
        if found is not None:
            near.append(found)
    judged: list[Judged] = []
    met = None
    for reference in references:
        verdict = judge(area, near, n_covering, methods, reference, met)
        met = verdict.met
        name = "" if day is None else str(day)
        special = {"own_thresholds": place.has_own_methods}
        judged.append(Judged(name, verdict.columns | special))
    return judged


def until(series: PointSeries, day: np.datetime64 | None) -> PointSeries:
    """Series as known on a day: the epochs up to it."""
    if day is None:
        return series
    known = series.epoch <= day
    return replace(
        series,
        epoch=series.epoch[known],
        displacement_mm=series.displacement_mm[:, known],
    )


def _has_epochs(one: PointSeries, series: Sequence[PointSeries]) -> bool:
    return any(
        other.source_id == one.source_id and other.epoch.size for other in series
    )


def _points_near(series: PointSeries, place: Place) -> NDArray[np.int64]:
    if place.area.is_coarse:
        return np.empty(0, dtype=np.int64)
    return points_within(place.area, series.lon_deg, series.lat_deg)[0]


def _date(day: np.datetime64) -> date:
    return date.fromisoformat(str(day))
